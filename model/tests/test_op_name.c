/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set_vma_name(): which errors come first, what can be named, and with what the name goes.
 */
#include "testing.h"

#define SHARED ", rw, shared|anonymous|fixed, none, 0)\n"

static void test_name_without_names_in_the_kernel_is_refused(void **state)
{
	struct testing *t = *state;

	t->model.config.anon_name = false;
	run(t, "mmap(@0, +1" RW "set_vma_name(@0, +1, a) = EINVAL\n"
	       "set_vma_name(@0, 0, a) = EINVAL\n");
}

static void test_name_errors_in_order(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW
	       "set_vma_name(@0, 0, bad) = EINVAL\n"
	       "set_vma_name(@0, 0, too_long) = EINVAL\n"
	       "set_vma_name(@0, 0, longest) = 0\n"
	       "set_vma_name(@0+0x8, 0, a) = EINVAL\n"
	       "set_vma_name(@0, 0xffffffffffffffff, a) = EINVAL\n"
	       "set_vma_name(@0, 0xfffffffffffff000, a) = EINVAL\n"
	       "set_vma_name(@9, 0, none) = 0\n"
	       "set_vma_name(@9, +1, none) = ENOMEM\n");
	expect_areas(t, "p0 @0 +2 rw ac");
}

static void test_name_splits_and_merges_by_string(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "set_vma_name(@2, +2, a) = 0\n");
	expect_merge(t, MERGE_NOT_AT_EDGE, MERGE_NOT_AT_EDGE);
	run(t, "set_vma_name(@0, +2, empty) = 0\n");
	expect_merge(t, MERGE_NO_NEIGHBOUR, MERGE_NAME);
	expect_why(t, MERGE_NAME);
	expect_areas(t, "p0 @0 +2 rw ac name=empty\np0 @2 +2 rw ac name=a\np0 @4 +2 rw ac");
	run(t, "set_vma_name(@0, +2, a) = 0\n");
	expect_areas(t, "p0 @0 +4 rw ac name=a\np0 @4 +2 rw ac");
	run(t, "set_vma_name(@0, +5, none) = 0\n");
	expect_areas(t, "p0 @0 +6 rw ac");
}

static void test_name_passes_over_holes_and_tells(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@4, +2" RW "set_vma_name(@0, +5, b) = ENOMEM\n");
	expect_areas(t, "p0 @0 +2 rw ac name=b\np0 @4 +1 rw ac name=b\np0 @5 +1 rw ac");
}

static void test_name_of_files_is_refused(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +2, rw, private|fixed, dev, 0)\nmmap(@4, +2" RW
	       "set_vma_name(@0, +6, a) = EBADF\n"
	       "mmap(@6, +2, rw, private|fixed, zero, 0)\nset_vma_name(@6, +1, a) = EBADF\n"
	       "mmap(@8, +2, rw, shared|fixed, zero, 0)\nset_vma_name(@8, +1, a) = 0\n");
	expect_areas(t, "p0 @0 +2 rw ac name=a\np0 @2 +2 rw ac f1+0 close\np0 @4 +2 rw ac\n"
			"p0 @6 +2 rw ac f2+0\np0 @8 +1 rw sh f3+0 name=a\np0 @9 +1 rw sh f3+1");
}

static void test_name_of_shared_anonymous_memory_by_rule(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" SHARED "set_vma_name(@0, +2, a) = 0\n");
	expect_areas(t, "p0 @0 +2 rw sh f1+0 name=a");
	run_with(t, "name_anon_shmem=no", "mmap(@0, +2" SHARED "set_vma_name(@0, +2, a) = EBADF\n");
	expect_areas(t, "p0 @0 +2 rw sh f1+0");
	/* A memfd is of the same kind, however it is mapped. */
	run_with(t, NULL, "mmap(@0, +2, rw, private|fixed, m0, 0)\nset_vma_name(@0, +2, a) = 0\n"
			  "mmap(@2, +2, r, shared|fixed, m0ro, 0)\nset_vma_name(@2, +2, a) = 0\n");
	run_with(t, "name_anon_shmem=no",
		 "mmap(@0, +2, rw, shared|fixed, m0, 0)\nset_vma_name(@0, +2, a) = EBADF\n");
}

static void test_name_of_sealed_memory_splits_it(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mseal(@0, +4, 0)\nset_vma_name(@0, +1, a) = 0\n");
	expect_areas(t, "p0 @0 +1 rw ac sl name=a\np0 @1 +3 rw ac sl");
}

static void test_name_without_room_to_split_is_eagain(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW);
	t->model.config.max_map_count = 2;
	run(t, "set_vma_name(@1, +2, a) = EAGAIN\n");
	expect_areas(t, "p0 @0 +1 rw ac\np0 @1 +3 rw ac");
}

static void test_name_goes_with_the_area(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "set_vma_name(@0, +2, a)\nmremap(@0, +2, +3, maymove|fixed, @10)\n"
	       "mremap(@10, +3, +4, 0, @0)\nmmap(@14, +2" RW "fork() = p1\n");
	expect_areas(t, "p0 @10 +4 rw ac name=a\np0 @14 +2 rw ac\n"
			"p1 @10 +4 rw ac name=a\np1 @14 +2 rw ac");
}

/* Which anon_vma is taken does not depend on it. */
static void test_name_does_not_matter_for_sharing_an_anon_vma(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "set_vma_name(@0, +2, a)\nwrite(@0)\nwrite(@2)\n");
	expect_areas(t, "p0 @0 +2 rw ac name=a av=A\np0 @2 +2 rw ac av=A");
}

static void test_name_keeps_sticky_flags_but_for_the_bug(void **state)
{
	static const char program[] = "mmap(@0, +1" RW "madvise(@0, +1, guard_install)\n"
				      "set_vma_name(@0, +1, a)\nmmap(@1, +1" RW
				      "set_vma_name(@1, +1, a)\n";
	struct testing *t = *state;

	run_with(t, NULL, program);
	expect_areas(t, "p0 @0 +2 rw gu ac name=a av=A");
	run_with(t, "name_drops_sticky=on", program);
	expect_areas(t, "p0 @0 +2 rw ac name=a av=A");
	assert_int_equal(t->model.quirks_met, 1u << QUIRK_NAME_DROPS_STICKY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_name_without_names_in_the_kernel_is_refused),
		TEST(test_name_errors_in_order),
		TEST(test_name_splits_and_merges_by_string),
		TEST(test_name_passes_over_holes_and_tells),
		TEST(test_name_of_files_is_refused),
		TEST(test_name_of_shared_anonymous_memory_by_rule),
		TEST(test_name_of_sealed_memory_splits_it),
		TEST(test_name_without_room_to_split_is_eagain),
		TEST(test_name_goes_with_the_area),
		TEST(test_name_does_not_matter_for_sharing_an_anon_vma),
		TEST(test_name_keeps_sticky_flags_but_for_the_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
