/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * max_map_count, and what each operation does that meets it. The numbers are those of the rules in
 * op_max_map_count.c.
 */
#include "testing.h"

/* Rule 3: one more than the limit is possible for mmap, not for a split. */
static void test_max_map_count_of_mmap_and_splits(void **state)
{
	struct testing *t = *state;

	run(t, "max_map_count(+2) = 0\nmmap(@0, +4" RW "mmap(@8, +1" RW
	       "mprotect(@1, +1, r) = ENOMEM\nmunmap(@1, +1) = ENOMEM\nmunmap(@3, +1) = 0\n"
	       "mmap(@10, +1, rw, private|anonymous|fixed, none, 0) = @10\n"
	       "mmap(@12, +1, rw, private|anonymous|fixed, none, 0) = ENOMEM\n"
	       "mmap(@9, +1, rw, private|anonymous|fixed, none, 0) = ENOMEM\n"
	       "max_map_count(+3) = 0\nmmap(@9, +1, rw, private|anonymous|fixed, none, 0) = @9\n"
	       "max_map_count(unlimited) = 0\nmprotect(@1, +1, r) = 0");
	expect_areas(t, "p0 @0 +1 rw ac\n"
			"p0 @1 +1 r\n"
			"p0 @2 +1 rw ac\n"
			"p0 @8 +3 rw ac");
}

/* The first split of two stays. */
static void test_max_map_count_in_the_middle_of_a_split(void **state)
{
	run(*state, "mmap(@0, +4" RW "max_map_count(+2)\nmprotect(@1, +1, r) = ENOMEM");
	expect_areas(*state, "p0 @0 +1 rw ac\n"
			     "p0 @1 +3 rw ac");
}

static void test_max_map_count_of_mremap(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1" RW "max_map_count(+4)\nmremap(@0, +1, +1, 0, @0) = ENOMEM\n"
	       "max_map_count(+5)\nmremap(@0, +1, +1, 0, @0) = @0");
	run_with(t, "v6.12", "mmap(@0, +1" RW "max_map_count(+4)\nmremap(@0, +1, +1, 0, @0) = @0");
	run(t, "max_map_count(+6)\nmremap(@0, +1, +1, maymove|fixed, @20) = ENOMEM\n"
	       "max_map_count(+7)\nmremap(@0, +1, +1, maymove|fixed, @20) = @20");
}

/* Rules 1 and 2. */
static void test_max_map_count_is_of_all_processes_and_never_raised(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 3;
	t->model.config.base_map_count = 1;
	run(t,
	    "mmap(@0, +1" RW "fork() = p1\np1: max_map_count(+64)\n"
	    "mmap(@2, +1, rw, private|anonymous|fixed, none, 0) = @2\n"
	    "p1: max_map_count(+1)\nmmap(@4, +1, rw, private|anonymous|fixed, none, 0) = ENOMEM\n"
	    "p1: max_map_count(unlimited)\n"
	    "mmap(@4, +1, rw, private|anonymous|fixed, none, 0) = @4\n"
	    "mmap(@6, +1, rw, private|anonymous|fixed, none, 0) = ENOMEM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_max_map_count_of_mmap_and_splits),
		TEST(test_max_map_count_in_the_middle_of_a_split),
		TEST(test_max_map_count_of_mremap),
		TEST(test_max_map_count_is_of_all_processes_and_never_raised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
