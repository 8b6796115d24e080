/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mbind(): which errors come first, what an area has afterwards, and with what the policy goes.
 */
#include "testing.h"

static void test_mbind_without_numa_does_not_exist(void **state)
{
	struct testing *t = *state;

	t->model.config.numa = false;
	run(t, "mbind(@0, +1, bind) = ENOSYS\nmbind(@0+0x8, +1, bad) = ENOSYS\n");
}

static void test_mbind_errors_in_order(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW
	       "mbind(@0, 0, bad) = EINVAL\n"
	       "mbind(@0+0x8, 0, bind) = EINVAL\n"
	       "mbind(@0, 0xfffffffffffff000, bind) = EINVAL\n"
	       "mbind(@0, 0xffffffffffffffff, bind) = 0\n" /* rounded up to 0 */
	       "mbind(@9, 0, bind_none) = 0\n"
	       "mbind(@9, +1, bind_none) = EINVAL\n"
	       "mbind(@9, +1, bind) = EFAULT\n"
	       "mbind(@9, +1, default) = EFAULT\n");
	expect_areas(t, "p0 @0 +2 rw ac");
}

static void test_mbind_of_a_range_with_a_hole_changes_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@4, +2" RW
	       "mbind(@0, +6, local) = EFAULT\nmbind(@3, +2, local) = EFAULT\n"
	       "mbind(@5, +2, local) = EFAULT\n");
	expect_areas(t, "p0 @0 +2 rw ac\np0 @4 +2 rw ac");
	run(t, "mbind(@0, +2, bind) = 0\nmbind(@4, +1, bind) = 0\n");
	expect_areas(t, "p0 @0 +2 rw ac pol=bind\np0 @4 +1 rw ac pol=bind\np0 @5 +1 rw ac");
	run(t, "mbind(@-1, +9, default) = 0\n");
	expect_areas(t, "p0 @0 +2 rw ac\np0 @4 +2 rw ac");
}

static void test_mbind_splits_and_merges_by_value(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "mbind(@2, +2, bind) = 0\n");
	expect_merge(t, MERGE_NOT_AT_EDGE, MERGE_NOT_AT_EDGE);
	run(t, "mbind(@0, +2, bind_static) = 0\n");
	expect_merge(t, MERGE_NO_NEIGHBOUR, MERGE_POLICY);
	expect_why(t, MERGE_POLICY);
	expect_areas(t, "p0 @0 +2 rw ac pol=bind_static\np0 @2 +2 rw ac pol=bind\np0 @4 +2 rw ac");
	run(t, "mbind(@0, +2, local) = 0\nmbind(@2, +2, preferred_none) = 0\n");
	expect_merge(t, MERGE_OK, MERGE_POLICY);
	expect_areas(t, "p0 @0 +4 rw ac pol=local\np0 @4 +2 rw ac");
	run(t, "mbind(@0, +6, default) = 0\n");
	expect_areas(t, "p0 @0 +6 rw ac");
}

static void test_mbind_of_what_has_it_already_merges_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mbind(@0, +4, bind)\nfork() = p1\n"
	       "mbind(@0, +4, bind) = 0\n");
	assert_int_equal(t->model.merge_count, 0);
	expect_areas(t, "p0 @0 +4 rw ac pol=bind\np1 @0 +4 rw ac pol=bind");
}

/* There is no rule by which a seal forbids it. */
static void test_mbind_of_sealed_memory_splits_it(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mseal(@0, +4, 0)\nmbind(@0, +1, interleave) = 0\n");
	expect_areas(t, "p0 @0 +1 rw ac sl pol=interleave\np0 @1 +3 rw ac sl");
}

static void test_mbind_stops_where_there_is_no_room_to_split(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +4" RO);
	t->model.config.max_map_count = 2;
	run(t, "mbind(@0, +4, bind) = ENOMEM\n");
	expect_areas(t, "p0 @0 +2 rw ac pol=bind\np0 @2 +4 r");
}

static void test_policy_goes_with_the_area(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nmbind(@0, +2, bind)\n"
	       "mremap(@0, +2, +2, maymove|fixed, @10)\nmremap(@10, +2, +3, 0, @0)\n");
	expect_areas(t, "p0 @10 +3 rw ac pol=bind pgoff=@0 av=A");
	/* New mappings have none: of anonymous memory, of files, of the heap. */
	run(t, "mmap(@13, +2" RW "mmap(@20, +2, rw, shared|fixed, m0, 0)\nmbind(@20, +2, bind)\n"
	       "mmap(@22, +2, rw, shared|fixed, m0, +2)\n"
	       "brk(@41)\nmbind(@40, +1, bind)\nbrk(@42)\n");
	expect_areas(t, "p0 @10 +3 rw ac pol=bind pgoff=@0 av=A\np0 @13 +2 rw ac\n"
			"p0 @20 +2 rw sh f1+0 pol=bind\np0 @22 +2 rw sh f1+2\n"
			"p0 @40 +1 rw ac pol=bind\np0 @41 +1 rw ac");
}

static void test_policy_of_a_neighbour_decides_whose_anon_vma_is_taken(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mbind(@0, +2, bind)\nwrite(@0)\nwrite(@2)\n");
	expect_areas(t, "p0 @0 +2 rw ac pol=bind av=A\np0 @2 +2 rw ac av=B");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mbind_without_numa_does_not_exist),
		TEST(test_mbind_errors_in_order),
		TEST(test_mbind_of_a_range_with_a_hole_changes_nothing),
		TEST(test_mbind_splits_and_merges_by_value),
		TEST(test_mbind_of_what_has_it_already_merges_nothing),
		TEST(test_mbind_of_sealed_memory_splits_it),
		TEST(test_mbind_stops_where_there_is_no_room_to_split),
		TEST(test_policy_goes_with_the_area),
		TEST(test_policy_of_a_neighbour_decides_whose_anon_vma_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
