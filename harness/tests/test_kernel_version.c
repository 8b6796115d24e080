/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions of kernels, in their three notations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

#include "harness/kernel_version.h"

static void test_kernel_version_valid_refuses_what_is_no_version(void **state)
{
	static const char *const good[] = { "6.12", "6.12.117", "7.3.0-rc5", "6.1.0-foo.1+b" };
	static const char *const bad[] = { "",	       "6",	     "6.",	  "6.12.",  ".work",
					   "6.12-rc1", "6.12/..",    "6.12.1/..", "6.12.x", "-6.12",
					   "6.12.1-/", "6.12.117.1", "v6.12",	  "6.12 " };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(good); i++)
		if (!kernel_version_valid(good[i]))
			fail_msg("\"%s\" was refused", good[i]);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		if (kernel_version_valid(bad[i]))
			fail_msg("\"%s\" was taken", bad[i]);
}

static void test_kernel_version_matches_series_or_exact(void **state)
{
	(void)state;
	assert_true(kernel_version_matches("6.12", "6.12.117"));
	assert_true(kernel_version_matches("7.3", "7.3.0-rc5"));
	assert_true(kernel_version_matches("6.12.117", "6.12.117"));
	assert_false(kernel_version_matches("6.1", "6.12.117"));
	assert_false(kernel_version_matches("6.12.11", "6.12.117"));
	assert_false(kernel_version_matches("7.3.0", "7.3.0-rc5"));
}

static void test_kernel_version_compare_orders_by_age(void **state)
{
	static const char *const ages[] = { "6.1.192",	 "6.12.9",     "6.12.117", "6.18.0",
					    "7.3.0-rc5", "7.3.0-rc10", "7.3.0",	   "7.3.4" };
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ages); i++)
		for (j = 0; j < ARRAY_SIZE(ages); j++) {
			int order = kernel_version_compare(ages[i], ages[j]);

			if ((order < 0) != (i < j) || (order > 0) != (i > j))
				fail_msg("%s and %s: %d", ages[i], ages[j], order);
		}
}

static void test_kernel_version_from_package_drops_the_revision(void **state)
{
	static const char *const rows[][2] = {
		{ "6.12.117-1~deb12u1", "6.12.117" },
		{ "7.3.4-1~bpo13+1", "7.3.4" },
		{ "7.3~rc5-1~exp1", "7.3.0-rc5" },
		{ "7.3-1~exp1", "7.3.0" },
	};
	char version[KERNEL_VERSION_MAX], series[KERNEL_VERSION_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(kernel_version_from_package(rows[i][0], version), 0);
		assert_string_equal(version, rows[i][1]);
	}
	assert_int_equal(kernel_version_from_package("nonsense", version), -EINVAL);
	kernel_version_series("6.12.117", series, sizeof(series));
	assert_string_equal(series, "6.12");
}

static int from_text(const char *text, char *version)
{
	char path[64];
	FILE *out;
	int err;

	snprintf(path, sizeof(path), "/tmp/vmafuzz-test-makefile-%d", (int)getpid());
	out = fopen(path, "we");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	err = kernel_version_from_makefile(path, version);
	unlink(path);
	return err;
}

static void test_kernel_version_from_makefile_reads_the_four_lines(void **state)
{
	char version[KERNEL_VERSION_MAX];

	(void)state;
	assert_int_equal(from_text("# a comment\nVERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 117\n"
				   "EXTRAVERSION =\nNAME = VERSION\nVERSION = 9\n",
				   version),
			 0);
	assert_string_equal(version, "6.12.117");
	assert_int_equal(from_text("VERSION = 7\nPATCHLEVEL = 3\nSUBLEVEL = 0\n"
				   "EXTRAVERSION = -rc5\n",
				   version),
			 0);
	assert_string_equal(version, "7.3.0-rc5");
	assert_int_equal(from_text("all:\n", version), -EINVAL);
	assert_int_equal(from_text("VERSION = ..\nPATCHLEVEL = /\n", version), -EINVAL);
	assert_int_equal(kernel_version_from_makefile("/no/such/Makefile", version), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_version_valid_refuses_what_is_no_version),
		cmocka_unit_test(test_kernel_version_matches_series_or_exact),
		cmocka_unit_test(test_kernel_version_compare_orders_by_age),
		cmocka_unit_test(test_kernel_version_from_package_drops_the_revision),
		cmocka_unit_test(test_kernel_version_from_makefile_reads_the_four_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
