/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports of sanitizers: what is kept of them is the same each time, and names the kernel's line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "harness/kernel/sanitizer.h"

static const struct {
	const char *text, *site, *complaint;
} rows[] = {
	/* The first frames are not of the kernel; the stack of free() is another. */
	{ "some line\n"
	  "=================================================================\n"
	  "==77==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000 at pc 0x4\n"
	  "WRITE of size 16 at 0x602000 thread T0\n"
	  "    #0 0x49d1 in __asan_memcpy (/b/vmafuzz-kernel-7.3+0x49d1)\n"
	  "    #1 0x4aaa in shim_copy /s/harness/kernel/shim/file.c:12:3\n"
	  "    #2 0x4f12 in vma_merge /trees/7.3/mm/vma.c:456:7\n"
	  "    #3 0x4f13 in do_brk /trees/7.3/mm/mmap.c:1:7\n"
	  "\n"
	  "freed by thread T0 here:\n"
	  "    #0 0x49d2 in other /trees/7.3/mm/rmap.c:5:1\n",
	  "mm/vma.c:456",
	  "ERROR: AddressSanitizer: heap-use-after-free\n"
	  "WRITE of size 16\n"
	  "in __asan_memcpy\n"
	  "in shim_copy\n"
	  "in vma_merge mm/vma.c:456\n"
	  "in do_brk mm/mmap.c:1" },
	/* Nobody knew the lines. */
	{ "==77==ERROR: AddressSanitizer: stack-overflow on address 0x7ffc (pc 0x4f bp 0x7f)\n"
	  "    #0 0x4f12  (/b/vmafuzz-kernel-7.3+0x4f12)\n",
	  "stack-overflow", "ERROR: AddressSanitizer: stack-overflow" },
	{ "x\n/trees/kernel/7.3/lib/maple_tree.c:88:12: runtime error: index 9 out of bounds\ny\n",
	  "lib/maple_tree.c:88", "runtime error: index 9 out of bounds" },
	{ "mm/vma.c:5:12: runtime error: shift exponent 64 is too large", "mm/vma.c:5",
	  "runtime error: shift exponent 64 is too large" },
	{ "/s/harness/kernel/shim/page.c:8:1: runtime error: null pointer", "undefined-behaviour",
	  "runtime error: null pointer" },
};

static void test_sanitizer_report_is_kept_without_what_differs_each_time(void **state)
{
	char site[64], text[1024];
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_true(sanitizer_report(rows[i].text, site, sizeof(site), text, sizeof(text)));
		assert_string_equal(site, rows[i].site);
		assert_string_equal(text, rows[i].complaint);
	}
}

static void test_sanitizer_report_fits_any_room(void **state)
{
	char site[64], text[1024];
	size_t size;

	(void)state;
	for (size = 1; size < sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		assert_true(sanitizer_report(rows[0].text, site, sizeof(site), text, size));
		assert_true(strlen(text) < size);
	}
}

static void test_sanitizer_other_text_is_no_report(void **state)
{
	char site[64], text[64];

	(void)state;
	assert_false(sanitizer_report("", site, sizeof(site), text, sizeof(text)));
	assert_false(sanitizer_report("error: Address\n", site, sizeof(site), text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sanitizer_report_is_kept_without_what_differs_each_time),
		cmocka_unit_test(test_sanitizer_report_fits_any_room),
		cmocka_unit_test(test_sanitizer_other_text_is_no_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
