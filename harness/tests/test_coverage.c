/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harness/kernel/coverage.sh, on a kernel of two little files and a program that is made of them:
 * the table has the right numbers, and a program that aborts loses no more than its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/subprocess.h"

#define OUTPUT_MAX 16384

struct fixture {
	char dir[64];
	char out[OUTPUT_MAX], err[OUTPUT_MAX];
};

/*
 * A program that aborts for "bad" and for directories that have it, as a fuzz target does for a
 * divergence. The kernel of it: two functions in mm/vma.c, of which one is reached by "good", one
 * of two in mm/rmap.c, and the same names elsewhere, which do not count.
 */
static const char *const make_kernel =
	"set -e; tree=$PWD/cache/vmafuzz/source/9.9.9\n"
	"mkdir -p $tree/mm $tree/arch/x86/mm corpus; touch corpus/good corpus/bad\n"
	"echo 'int vma(int x)' >$tree/mm/vma.c; echo '{ return x + 1; }' >>$tree/mm/vma.c\n"
	"echo 'int vmb(int x)' >>$tree/mm/vma.c; echo '{ return x + 2; }' >>$tree/mm/vma.c\n"
	"echo 'int anon_vma_fork(int x)' >$tree/mm/rmap.c; echo '{ return x; }' >>$tree/mm/rmap.c\n"
	"echo 'int anon_vma_clone(int x)' >>$tree/mm/rmap.c\n"
	"echo '{ return x; }' >>$tree/mm/rmap.c\n"
	"echo 'int other(int x)' >>$tree/mm/rmap.c; echo '{ return x; }' >>$tree/mm/rmap.c\n"
	"echo 'int arch(void) { return 1; }' >$tree/arch/x86/mm/vma.c\n"
	"printf '%s\\n' '#include <stdlib.h>' '#include <string.h>' 'int vma(int), arch(void),'"
	" 'anon_vma_fork(int); int main(int argc, char **argv) {'"
	" 'if (!strstr(argv[argc - 1], \"good\")) abort();'"
	" 'return vma(-1) + anon_vma_fork(0) + 1 - arch(); }' >main.c\n"
	"clang -fprofile-instr-generate -fcoverage-mapping -w main.c $tree/mm/vma.c "
	"$tree/mm/rmap.c $tree/arch/x86/mm/vma.c -o program\n";

static int shell(struct fixture *f, const char *words)
{
	char script[4096];
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct subprocess p = {
		.argv = argv,
		.dir = f->dir,
		.out = f->out,
		.out_size = sizeof(f->out),
		.err = f->err,
		.err_size = sizeof(f->err),
		.signals = -1,
	};

	snprintf(script, sizeof(script), "export VMAFUZZ='%s' XDG_CACHE_HOME=%s/cache; %s",
		 VMAFUZZ_PATH, f->dir, words);
	return subprocess_run(&p);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/vmafuzz-test-coverage-%d", (int)getpid());
	*state = f;
	return mkdir(f->dir, 0700);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	shell(f, "rm -rf \"$PWD\"");
	free(f);
	return 0;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is missing in:\n%s", part, text);
}

static int coverage(struct fixture *f, const char *args)
{
	char words[1024];

	snprintf(words, sizeof(words), "'%s/../harness/kernel/coverage.sh' %s", CORPUS_DIR, args);
	return shell(f, words);
}

static void test_coverage_table_counts_what_was_reached(void **state)
{
	struct fixture *f = *state;
	int status;

	/* No clang, or none with its runtime, or no llvm-cov. */
	if (shell(f, make_kernel) || shell(f, "$(clang -print-prog-name=llvm-cov) --version"))
		skip();
	status = coverage(f, "--program $PWD/program 9.9 $PWD/corpus");
	if (status)
		fail_msg("status %d: %s%s", status, f->out, f->err);
	assert_has(f->out, "Coverage of Linux 9.9.9");
	assert_has(f->out, "mm/vma.c             -                    -                    -     "
			   "    50.0 % 1/2          -                    1/2\n");
	assert_has(f->out, " 33.3 % 1/3          -                    1/3\n");
	assert_has(f->out, "tools/testing/vma: this tree has none");
	assert_has(f->out, "anon_vma_fork                                yes\n");
	assert_has(f->out, "anon_vma_clone                               no\n");
	assert_null(strstr(f->out, "other"));
	assert_has(f->err, "1 of 2 files do not run to their end");
}

static void test_coverage_nothing_measured_is_status_3(void **state)
{
	struct fixture *f = *state;

	if (shell(f, make_kernel) || shell(f, "$(clang -print-prog-name=llvm-cov) --version"))
		skip();
	assert_int_equal(coverage(f, "--program $PWD/program 9.9 $PWD/corpus/bad"), 3);
	assert_has(f->out, "fuzz_kernel: no profile");
	assert_int_equal(coverage(f, "--program /bin/true 9.9 $PWD/corpus/good"), 3);
	assert_has(f->out, "fuzz_kernel: no profile");
}

static void test_coverage_wrong_usage_is_status_2(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(coverage(f, ""), 2);
	assert_int_equal(coverage(f, "--program"), 2);
	assert_int_equal(coverage(f, "corpus"), 2);
	assert_has(f->err, "usage: ");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_coverage_table_counts_what_was_reached),
		T(test_coverage_nothing_measured_is_status_3),
		T(test_coverage_wrong_usage_is_status_2),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
