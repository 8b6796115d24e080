/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * remap_file_pages(): what it refuses, and that what it maps is a new mapping.
 */
#include "testing.h"

#define M0 "mmap(@0, +6, rw, shared|fixed, m0, 0)\n"

static void test_rfp_errors(void **state)
{
	struct testing *t = *state;

	run(t, M0 "mmap(@8, +2" RW "mmap(@10, +2, r, shared|fixed, m0ro, 0)\n"
	       "remap_file_pages(@0, +1, 0x1, 0) = EINVAL\n"
	       "remap_file_pages(@0, 0, 0, 0) = EINVAL\n"
	       "remap_file_pages(@0, 0xfff, 0, 0) = EINVAL\n"
	       "remap_file_pages(@0, 0xfffffffffffff000, 0, 0) = EINVAL\n"
	       "remap_file_pages(@8, +1, 0, 0) = EINVAL\n"  /* private */
	       "remap_file_pages(@10, +1, 0, 0) = EINVAL\n" /* not shared any more */
	       "remap_file_pages(@7, +1, 0, 0) = EINVAL\n"
	       "remap_file_pages(@5, +2, 0, 0) = EINVAL\n"); /* a hole */
	expect_areas(t, "p0 @0 +6 rw sh f1+0\np0 @8 +2 rw ac\np0 @10 +2 r mayshare -mw f2+0");
	run(t, "mprotect(@2, +2, r)\nremap_file_pages(@1, +2, 0, 0) = EINVAL\n"
	       "remap_file_pages(@0, +2, 0, 0x7fffffffffffe000) = EOVERFLOW\n");
}

static void test_rfp_maps_anew_and_fills(void **state)
{
	struct testing *t = *state;

	run(t, M0 "write(@1)\nremap_file_pages(@2+0x8, 0x2008, 0, +1) = 0\nread(@2) = 2\n");
	expect_areas(t, "p0 @0 +2 rw sh f1+0\np0 @2 +2 rw sh f1+1\np0 @4 +2 rw sh f1+4");
	/* Back to where it was it merges with both. */
	run(t, "remap_file_pages(@2, +2, 0, +2) = 0\n");
	expect_merge(t, MERGE_OK, MERGE_OK);
	expect_areas(t, "p0 @0 +6 rw sh f1+0");
	expect_counters(t, "p0 map_count=+1 total_vm=+6");
	assert_int_equal(page(t, 0, 3)->state, PAGE_FILE);
}

static void test_rfp_keeps_access_and_lock_alone(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4, r, shared|anonymous|fixed, none, 0)\nmadvise(@0, +4, dontdump)\n"
	       "mlock2(@0, +4, onfault)\nremap_file_pages(@0, +2, 0, +2) = 0\n");
	expect_areas(t, "p0 @0 +2 r sh lo f1+2\np0 @2 +2 r sh lo lf dd f1+2");
	expect_counters(t, "p0 map_count=+2 total_vm=+4 locked_vm=+4");
}

static void test_rfp_of_sealed_memory_is_refused(void **state)
{
	static const char program[] = M0 "mseal(@0, +6, 0)\n";
	struct testing *t = *state;

	run_with(t, NULL, program);
	run(t, "remap_file_pages(@0, +2, 0, +2) = EPERM\n");
	run_with(t, "mmap_fixed_atomic=no", program);
	run(t, "remap_file_pages(@0, +2, 0, +2) = ENOMEM\n");
	expect_areas(t, "p0 @0 +6 rw sh sl f1+0");
}

static void test_rfp_across_areas_with_close(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6, rw, shared|fixed, dev, 0)\nmprotect(@2, +2, r)\n"
	       "mprotect(@2, +2, rw)\nremap_file_pages(@1, +4, 0, +1) = 0\n");
	expect_areas(t, "p0 @0 +5 rw sh f1+0 close\np0 @5 +1 rw sh f1+5 close");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rfp_errors),
		TEST(test_rfp_maps_anew_and_fills),
		TEST(test_rfp_keeps_access_and_lock_alone),
		TEST(test_rfp_of_sealed_memory_is_refused),
		TEST(test_rfp_across_areas_with_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
