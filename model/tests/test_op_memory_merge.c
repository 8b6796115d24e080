/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_merge. The numbers are those of the rules in op_memory_merge.c.
 */
#include "testing.h"

/* Rule 1. */
static void test_memory_merge_where_it_is_not_is_einval(void **state)
{
	struct testing *t = *state;

	run_with(t, "ksm_prctl=absent",
		 "memory_merge(on) = EINVAL\nmemory_merge(off) = EINVAL\nmmap(@0, +1" RW);
	expect_areas(t, "p0 @0 +1 rw ac");
	restart(t, NULL);
	t->model.config.ksm = false;
	run(t, "memory_merge(on) = EINVAL\nmmap(@0, +1" RW);
	expect_areas(t, "p0 @0 +1 rw ac");
}

/* Rules 2 and 3. */
static void test_memory_merge_sets_and_clears_what_there_is(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +2" RW "madvise(@0, +1, mergeable)\n"
	       "mmap(@6, +1, rw, shared|anonymous|fixed, none, 0)\n"
	       "mmap(@8, +1, rw, droppable|anonymous|fixed, none, 0)\n"
	       "mmap(@10, +1, r, shared|fixed, m0ro, 0)\nmmap(@12, +1, r, private|fixed, m0ro, 0)\n"
	       "memory_merge(on) = 0");
	assert_int_equal(t->model.merge_count, 0);
	expect_areas(t, "p0 @0 +1 rw ac mg\n"
			"p0 @1 +3 rw ac mg\n"
			"p0 @6 +1 rw sh f1+0\n"
			"p0 @8 +1 rw nr wf dd dp\n"
			"p0 @10 +1 r mayshare -mw f2+0\n"
			"p0 @12 +1 r mg f2+0");
	run(t, "munmap(@6, +7)\nmadvise(@2, +1, unmergeable)\nmemory_merge(on) = 0");
	expect_areas(t, "p0 @0 +1 rw ac mg\n"
			"p0 @1 +1 rw ac mg\n"
			"p0 @2 +1 rw ac\n"
			"p0 @3 +1 rw ac mg");
	run(t, "memory_merge(off) = 0\nmadvise(@0, +1, mergeable)\nmemory_merge(off) = 0");
	expect_areas(t, "p0 @0 +1 rw ac mg\n"
			"p0 @1 +1 rw ac\n"
			"p0 @2 +1 rw ac\n"
			"p0 @3 +1 rw ac");
}

/* Rule 4. */
static void test_memory_merge_new_memory_early(void **state)
{
	struct testing *t = *state;

	run(t, "memory_merge(on)\nmmap(@0, +1" RW "mmap(@1, +1" RW "brk(@41)\nbrk(@42)\n"
	       "mmap(@4, +1, rw, shared|anonymous|fixed, none, 0)\n"
	       "mmap(@6, +1, rw, private|fixed, m0, 0)\nmmap(@7, +1, rw, private|fixed, m0, +1)\n"
	       "mmap(@10, +1, rw, private|fixed, zero, 0)\n"
	       "mmap(@11, +1, rw, private|fixed, zero, +1)");
	expect_areas(t, "p0 @0 +2 rw ac mg\n"
			"p0 @4 +1 rw sh f1+0\n"
			"p0 @6 +2 rw ac mg f2+0\n"
			"p0 @10 +2 rw ac mg f3+0\n"
			"p0 @40 +2 rw ac mg");
}

static void test_memory_merge_of_drivers_is_late(void **state)
{
	struct testing *t = *state;

	run_with(t, "ksm_zero_early=no",
		 "memory_merge(on)\nmmap(@10, +1, rw, private|fixed, zero, 0)\n"
		 "mmap(@11, +1, rw, private|fixed, zero, +1)");
	expect_areas(t, "p0 @10 +1 rw ac mg f1+0\n"
			"p0 @11 +1 rw ac mg f1+1");
	run_with(t, "ksm_zero_early=no",
		 "memory_merge(on)\nmmap(@10, +1, rw, private|fixed, dev, 0)\n"
		 "mmap(@11, +1, rw, private|fixed, dev, +1)");
	expect_areas(t, "p0 @10 +1 rw ac mg f1+0 close\n"
			"p0 @11 +1 rw ac mg f1+1 close");
	run_with(t, NULL,
		 "memory_merge(on)\nmmap(@10, +1, rw, private|fixed, dev, 0)\n"
		 "mmap(@11, +1, rw, private|fixed, dev, +1)");
	expect_areas(t, "p0 @10 +2 rw ac mg f1+0 close");
}

static void test_memory_merge_new_memory_late(void **state)
{
	struct testing *t = *state;

	run_with(t, "ksm_prctl=late",
		 "memory_merge(on)\nmmap(@0, +1" RW "mmap(@1, +1" RW "brk(@41)\nbrk(@42)");
	expect_areas(t, "p0 @0 +1 rw ac mg\n"
			"p0 @1 +1 rw ac mg\n"
			"p0 @40 +1 rw ac mg\n"
			"p0 @41 +1 rw ac mg");
	/* What merges keeps the flags of what it merges with. */
	run(t, "madvise(@1, +1, unmergeable)\nmmap(@2, +1" RW);
	expect_areas(t, "p0 @0 +1 rw ac mg\n"
			"p0 @1 +2 rw ac\n"
			"p0 @40 +1 rw ac mg\n"
			"p0 @41 +1 rw ac mg");
}

/* Rule 5. */
static void test_memory_merge_is_inherited(void **state)
{
	struct testing *t = *state;

	run(t, "memory_merge(on)\nfork() = p1\nmemory_merge(off)\np1: mmap(@0, +1" RW
	       "mmap(@0, +1" RW);
	expect_areas(t, "p0 @0 +1 rw ac\n"
			"p1 @0 +1 rw ac mg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_memory_merge_where_it_is_not_is_einval),
		TEST(test_memory_merge_sets_and_clears_what_there_is),
		TEST(test_memory_merge_new_memory_early),
		TEST(test_memory_merge_of_drivers_is_late),
		TEST(test_memory_merge_new_memory_late),
		TEST(test_memory_merge_is_inherited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
