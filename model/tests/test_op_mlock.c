/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mlock, mlock2, munlock, mlockall and munlockall. The numbers are those of the rules in
 * op_mlock.c.
 */
#include "testing.h"

/* Makes the limits apply: @pages may be locked. */
static void limit_to(struct testing *t, u64 pages)
{
	t->model.config.cap_ipc_lock = false;
	t->model.config.rlimit_memlock = pages;
}

/* ---- rule 1 ---- */

static void test_mlock_range_is_rounded_outwards(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "mlock(@1+0xfff, 0x2) = 0");
	expect_areas(t, "p0 @0 +1 rw ac\n"
			"p0 @1 +2 rw lo ac av=A\n"
			"p0 @3 +3 rw ac");
	run(t, "munlock(@1+0x800, 0x1) = 0");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @2 +1 rw lo ac av=A\n"
			"p0 @3 +3 rw ac");
}

static void test_mlock2_unknown_flag_is_einval(void **state)
{
	struct testing *t = *state;

	limit_to(t, 0);
	run(t,
	    "mmap(@0, +2" RW "mlock2(@0, +2, 0x2) = EINVAL\nmlock2(@0, 0, onfault|0x4) = EINVAL\n"
	    "mlock2(@0, 0, onfault) = EPERM");
}

static void test_mlock_needs_a_right(void **state)
{
	struct testing *t = *state;

	limit_to(t, 0);
	run(t, "mlock(@0, 0) = EPERM\nmlock(@0, +1) = EPERM\n"
	       "mlockall(future) = EPERM\nmlockall(0) = EINVAL\n"
	       /* unlocking does not */
	       "mmap(@0, +1" RW "munlock(@0, +1) = 0\nmunlockall() = 0");
}

static void test_mlock_more_than_the_limit_is_enomem(void **state)
{
	struct testing *t = *state;

	limit_to(t, 4);
	run(t, "mmap(@0, +8" RW "mlock(@0, +5) = ENOMEM\nmlock(@0, +4) = 0\n"
	       "mlock(@4, +1) = ENOMEM\n"
	       /* what is locked already is not counted twice */
	       "mlock(@1, +3) = 0\nmlock(@1, +4) = ENOMEM\nmunlock(@0, +1) = 0\n"
	       "mlock(@1, +4) = 0");
	expect_counters(t, "p0 map_count=+3 total_vm=+8 data_vm=+8 locked_vm=+4");
	/* without a limit */
	run_with(t, NULL, "mmap(@0, +8" RW);
	t->model.config.rlimit_memlock = 4;
	run(t, "mlock(@0, +8) = 0");
}

/* ---- rule 2 ---- */

static void test_mlock_range_that_wraps_is_einval(void **state)
{
	struct testing *t = *state;

	run(t, "mlock(0xfffffffffffff000, +2) = EINVAL\nmunlock(0xfffffffffffff000, +2) = EINVAL\n"
	       "mlock2(0xffff800000000000, 0x8000000000000000, 0) = EINVAL");
}

static void test_mlock_empty_range_succeeds(void **state)
{
	run(*state, "mlock(@0, 0) = 0\nmunlock(@0, 0) = 0\nmlock2(@0, 0, onfault) = 0\n"
		    /* a length that is rounded to nothing */
		    "mlock(@0, 0xffffffffffffffff) = 0");
}

static void test_mlock_of_nothing_is_enomem(void **state)
{
	run(*state, "mlock(@0, +1) = ENOMEM\nmmap(@2, +1" RW "mlock(@0, +4) = ENOMEM\n"
		    "munlock(@1, +4) = ENOMEM\nmlock(@3, +4) = ENOMEM");
	expect_areas(*state, "p0 @2 +1 rw ac");
}

/* ---- rule 3 ---- */

static void test_mlock_hole_the_prefix_stays_locked_and_empty(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@3, +2" RW "mlock(@0, +5) = ENOMEM");
	expect_areas(t, "p0 @0 +2 rw lo ac\n"
			"p0 @3 +2 rw ac");
	expect_counters(t, "p0 map_count=+2 total_vm=+4 data_vm=+4 locked_vm=+2");
	expect_pages(t, "");
	run(t, "munlock(@0, +5) = ENOMEM");
	expect_counters(t, "p0 map_count=+2 total_vm=+4 data_vm=+4");
}

static void test_mlock_replaces_lock_on_fault(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mlock2(@0, +2, onfault) = 0");
	expect_areas(t, "p0 @0 +2 rw lo lf ac");
	run(t, "mlock(@0, +1) = 0");
	expect_areas(t, "p0 @0 +1 rw lo ac av=A\n"
			"p0 @1 +1 rw lo lf ac");
	run(t, "mlock2(@0, +1, onfault) = 0");
	expect_areas(t, "p0 @0 +2 rw lo lf ac av=A");
	expect_counters(t, "p0 map_count=+1 total_vm=+2 data_vm=+2 locked_vm=+2");
	run(t, "munlock(@0, +2) = 0");
	expect_areas(t, "p0 @0 +2 rw ac av=A");
}

static void test_mlock_same_again_changes_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mlock(@0, +2)\nmlock(@0, +2) = 0");
	assert_int_equal(t->model.merge_count, 0);
	run(t, "munlock(@0, +2)\nmunlock(@0, +2) = 0");
	assert_int_equal(t->model.merge_count, 0);
	expect_counters(t, "p0 map_count=+1 total_vm=+2 data_vm=+2");
}

/* Left alone, and filled all the same. */
static void test_mlock_droppable_is_left_alone(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, droppable|anonymous|fixed, none, 0)\nmlock(@0, +1) = 0");
	expect_areas(t, "p0 @0 +2 rw nr wf dd dp av=A");
	expect_counters(t, "p0 map_count=+1 total_vm=+2 data_vm=+2");
	expect_pages(t, "p0 page @0 may");
}

static void test_mlock_sealed_is_permitted(void **state)
{
	run(*state, "mmap(@0, +4" RW "mseal(@0, +4, 0)\nmlock(@1, +1) = 0\nmunlock(@1, +1) = 0");
	expect_areas(*state, "p0 @0 +4 rw ac sl av=A");
}

static void test_mlock_without_room_is_enomem(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 2;
	run(t, "mmap(@0, +6" RW "mlock(@2, +2) = ENOMEM");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +4 rw ac");
	expect_counters(t, "p0 map_count=+2 total_vm=+6 data_vm=+6");
}

/* ---- rule 4 ---- */

static void test_mlock_counts_pages_once(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mmap(@4, +4" RO "mlock(@2, +4) = 0");
	expect_counters(t, "p0 map_count=+4 total_vm=+8 data_vm=+4 locked_vm=+4");
	run(t, "mlock(@0, +8) = 0");
	expect_counters(t, "p0 map_count=+2 total_vm=+8 data_vm=+4 locked_vm=+8");
	run(t, "munlock(@3, +2) = 0");
	expect_counters(t, "p0 map_count=+4 total_vm=+8 data_vm=+4 locked_vm=+6");
}

/* ---- rule 5 ---- */

static void test_mlock_fills(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +2" RO "mlock(@0, +4) = 0");
	expect_areas(t, "p0 @0 +2 rw lo ac av=A\n"
			"p0 @2 +2 r lo");
	assert_int_equal(page(t, 0, 1)->state, PAGE_ANON);
	assert_int_equal(page(t, 0, 3)->state, PAGE_ZERO);
	run_with(t, NULL, "mmap(@0, +2" RW "mlock2(@0, +2, onfault) = 0\nmlock2(@0, +1, 0) = 0");
	expect_pages(t, "p0 page @0 tag=0");
}

static void test_mlock_what_cannot_be_filled_is_enomem_and_locked(void **state)
{
	static const struct {
		const char *program, *areas, *why;
	} rows[] = {
		{ "mmap(@0, +2, none, private|anonymous|fixed, none, 0)\nmlock(@0, +2) = ENOMEM",
		  "p0 @0 +2 none lo", "no access" },
		{ "mmap(@0, +2" RW "madvise(@0, +1, guard_install)\nmlock(@0, +2) = ENOMEM",
		  "p0 @0 +2 rw gu lo ac av=A", "a guard marker" },
		{ "mmap(@0, +2, r, shared|fixed, m0, +23)\nmlock(@0, +2) = ENOMEM",
		  "p0 @0 +2 r sh lo f1+23", "behind the end of the file" },
		{ "mmap(@0, +2, none, private|anonymous|fixed, none, 0)\n"
		  "mlock2(@0, +2, onfault) = 0",
		  "p0 @0 +2 none lo lf", "nothing is filled" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_row(t, NULL, rows[i].program, rows[i].why);
		expect_areas(t, rows[i].areas);
		assert_int_equal(t->model.mm[0].counter[COUNT_LOCKED_VM], 2);
	}
}

/* ---- rule 6 ---- */

static void test_mlockall_bad_flags_are_einval(void **state)
{
	run(*state, "mlockall(0) = EINVAL\nmlockall(onfault) = EINVAL\n"
		    "mlockall(current|0x8) = EINVAL\nmlockall(0x10) = EINVAL\n"
		    "mlockall(current) = 0\nmlockall(current|onfault) = 0\n"
		    "mlockall(current|future|onfault) = 0");
}

static void test_mlockall_current_needs_room_for_all(void **state)
{
	struct testing *t = *state;

	limit_to(t, 10);
	t->model.config.base_total_vm = 7;
	run(t, "mmap(@0, +4" RW "mlockall(current) = ENOMEM\nmlockall(future) = 0\n"
	       "munmap(@0, +1)\nmlockall(current|future) = 0");
	expect_areas(t, "p0 @1 +3 rw lo ac av=A");
}

static void test_mlockall_future_is_for_what_comes(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mlockall(future) = 0\nmmap(@2, +2" RW);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw lo ac av=A");
	expect_counters(t, "p0 map_count=+2 total_vm=+4 data_vm=+4 locked_vm=+2 def=lo");
	run(t, "mlockall(future|onfault) = 0\nmmap(@4, +2" RW);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw lo ac av=A\n"
			"p0 @4 +2 rw lo lf ac");
}

static void test_mlockall_current_clears_future(void **state)
{
	struct testing *t = *state;

	run(t, "mlockall(future) = 0\nmlockall(current) = 0\nmmap(@0, +2" RW);
	expect_counters(t, "p0 map_count=+1 total_vm=+2 data_vm=+2");
}

static void test_mlockall_current_locks_and_fills_all(void **state)
{
	struct testing *t = *state;

	t->model.config.base_lockable = 100;
	run(t, "mmap(@0, +2" RW "mmap(@2, +2" RO
	       "mmap(@8, +1, none, private|anonymous|fixed, none, 0)\n"
	       "mmap(@10, +1, rw, droppable|anonymous|fixed, none, 0)\nmlockall(current) = 0");
	expect_areas(t, "p0 @0 +2 rw lo ac av=A\n"
			"p0 @2 +2 r lo\n"
			"p0 @8 +1 none lo\n"
			"p0 @10 +1 rw nr wf dd dp av=B");
	expect_counters(t, "p0 map_count=+4 total_vm=+6 data_vm=+3 locked_vm=+105");
	/* once, not twice */
	run(t, "mlockall(current) = 0");
	expect_counters(t, "p0 map_count=+4 total_vm=+6 data_vm=+3 locked_vm=+105");
	run_with(t, NULL, "mmap(@0, +2" RW "mlockall(current|onfault) = 0");
	expect_areas(t, "p0 @0 +2 rw lo lf ac");
	expect_pages(t, "");
}

/* Areas that become equal merge, as by any other operation. */
static void test_mlockall_merges_what_becomes_equal(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "mlock(@2, +2)\nmlockall(current|onfault) = 0\nmunlockall() = 0");
	expect_areas(t, "p0 @0 +6 rw ac av=A");
}

/* ---- rule 7 ---- */

static void test_munlockall_undoes_both(void **state)
{
	struct testing *t = *state;

	t->model.config.base_lockable = 100;
	run(t, "mmap(@0, +2" RW "mlockall(current|future) = 0\nmunlockall() = 0\nmmap(@4, +2" RW);
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @4 +2 rw ac");
	expect_counters(t, "p0 map_count=+2 total_vm=+4 data_vm=+4");
}

static void test_mlock_limit_below_a_page_is_no_lack_of_right(void **state)
{
	struct testing *t = *state;

	restart(t, NULL);
	t->model.config.cap_ipc_lock = false;
	t->model.config.rlimit_memlock = 0;
	run(t, "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\nmlock(@0, +1) = EPERM");
	t->model.config.memlock_below_page = true;
	run(t, "mlock(@0, +1) = ENOMEM\nmlockall(current) = ENOMEM\n"
	       "mmap(@1, +1, rw, private|anonymous|fixed|locked, none, 0) = EAGAIN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mlock_limit_below_a_page_is_no_lack_of_right),
		TEST(test_mlock_range_is_rounded_outwards),
		TEST(test_mlock2_unknown_flag_is_einval),
		TEST(test_mlock_needs_a_right),
		TEST(test_mlock_more_than_the_limit_is_enomem),
		TEST(test_mlock_range_that_wraps_is_einval),
		TEST(test_mlock_empty_range_succeeds),
		TEST(test_mlock_of_nothing_is_enomem),
		TEST(test_mlock_hole_the_prefix_stays_locked_and_empty),
		TEST(test_mlock_replaces_lock_on_fault),
		TEST(test_mlock_same_again_changes_nothing),
		TEST(test_mlock_droppable_is_left_alone),
		TEST(test_mlock_sealed_is_permitted),
		TEST(test_mlock_without_room_is_enomem),
		TEST(test_mlock_counts_pages_once),
		TEST(test_mlock_fills),
		TEST(test_mlock_what_cannot_be_filled_is_enomem_and_locked),
		TEST(test_mlockall_bad_flags_are_einval),
		TEST(test_mlockall_current_needs_room_for_all),
		TEST(test_mlockall_future_is_for_what_comes),
		TEST(test_mlockall_current_clears_future),
		TEST(test_mlockall_current_locks_and_fills_all),
		TEST(test_mlockall_merges_what_becomes_equal),
		TEST(test_munlockall_undoes_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
