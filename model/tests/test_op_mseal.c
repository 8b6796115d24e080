/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mseal: its errors and what it leaves. What a seal forbids is tested with the operation that it
 * forbids. The numbers are those of the rules in op_mseal.c.
 */
#include "testing.h"

/* Rule 1. */
static void test_mseal_before_it_existed_is_enosys(void **state)
{
	run_with(*state, "mseal=no",
		 "mmap(@0, +2" RW "mseal(@0, +2, 0) = ENOSYS\n"
		 "mseal(@0+0x1, +2, 0x1) = ENOSYS\nmseal(@0, 0, 0) = ENOSYS");
	expect_areas(*state, "p0 @0 +2 rw ac");
}

/* Rule 1. */
static void test_mseal_bad_arguments_are_einval(void **state)
{
	run(*state, "mmap(@0, +2" RW "mseal(@0, +2, 0x1) = EINVAL\nmseal(@0+0x1, +2, 0) = EINVAL\n"
		    "mseal(@0, 0xffffffffffffffff, 0) = EINVAL\n"
		    "mseal(@0, 0xfffffffffffff000, 0) = EINVAL\n"
		    "mseal(@0, 0, 0x1) = EINVAL\nmseal(@0+0x1, 0, 0) = EINVAL\n"
		    "mseal(@40, 0, 0) = 0");
	expect_areas(*state, "p0 @0 +2 rw ac");
}

/* Rule 2. */
static void test_mseal_hole_seals_nothing(void **state)
{
	run(*state, "mmap(@0, +2" RW "mmap(@3, +2" RW "mseal(@0, +5, 0) = ENOMEM\n"
		    "mseal(@1, +2, 0) = ENOMEM\nmseal(@2, +2, 0) = ENOMEM\n"
		    "mseal(@4, +2, 0) = ENOMEM\nmseal(@40, +1, 0) = ENOMEM");
	expect_areas(*state, "p0 @0 +2 rw ac\n"
			     "p0 @3 +2 rw ac");
}

/* Rule 3. */
static void test_mseal_splits_and_merges(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "mseal(@2, 0x1001, 0) = 0");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw ac sl\n"
			"p0 @4 +2 rw ac");
	run(t, "mseal(@3, +2, 0) = 0");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +3 rw ac sl\n"
			"p0 @5 +1 rw ac");
	run(t, "mseal(@0, +6, 0) = 0");
	expect_areas(t, "p0 @0 +6 rw ac sl");
}

static void test_mseal_several_areas_of_any_kind(void **state)
{
	run(*state, "mmap(@0, +2" RW "mmap(@2, +2, r, shared|fixed, m0, 0)\n"
		    "mmap(@4, +2, none, private|anonymous|fixed, none, 0)\nmseal(@1, +4, 0) = 0");
	expect_areas(*state, "p0 @0 +1 rw ac\n"
			     "p0 @1 +1 rw ac sl\n"
			     "p0 @2 +2 r sh sl f1+0\n"
			     "p0 @4 +1 none sl\n"
			     "p0 @5 +1 none");
}

/* Rule 3: what is sealed already is left alone. */
static void test_mseal_twice_merges_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mseal(@0, +4, 0) = 0\nmseal(@1, +2, 0) = 0");
	assert_int_equal(t->model.merge_count, 0);
	expect_areas(t, "p0 @0 +4 rw ac sl");
}

static void test_mseal_without_room_is_enomem(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 1;
	run(t, "mmap(@0, +4" RW "mseal(@1, +2, 0) = ENOMEM\nmseal(@0, +4, 0) = 0");
	expect_areas(t, "p0 @0 +4 rw ac sl");
}

/* No way back: neither the operations that are refused nor those that are not undo it (F19). */
static void test_mseal_is_for_good(void **state)
{
	struct testing *t = *state;

	run(t,
	    "mmap(@0, +4" RW "mseal(@0, +4, 0)\nmunmap(@0, +4) = EPERM\n"
	    "mprotect(@0, +4, r) = EPERM\nmremap(@0, +4, +4, maymove|fixed, @20) = EPERM\n"
	    "mmap(@0, +4, rw, private|anonymous|fixed, none, 0) = EPERM\n"
	    "madvise(@0, +4, dontdump) = 0\nmlock(@0, +4) = 0\nmunlock(@0, +4) = 0\nfork() = p1\n"
	    "p1: munmap(@0, +4) = EPERM");
	expect_areas(t, "p0 @0 +4 rw ac dd sl av=A\n"
			"p1 @0 +4 rw ac dd sl av=B chain=B,A");
	run(t, "p1: exit() = 0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mseal_before_it_existed_is_enosys),
		TEST(test_mseal_bad_arguments_are_einval),
		TEST(test_mseal_hole_seals_nothing),
		TEST(test_mseal_splits_and_merges),
		TEST(test_mseal_several_areas_of_any_kind),
		TEST(test_mseal_twice_merges_nothing),
		TEST(test_mseal_without_room_is_enomem),
		TEST(test_mseal_is_for_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
