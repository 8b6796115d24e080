/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mprotect: the order of its errors, what stays after one, when memory is charged, and filling. The
 * numbers are those of the rules in op_mprotect.c.
 */
#include "testing.h"

/* ---- rule 1 ---- */

static void test_mprotect_errors_come_in_order(void **state)
{
	struct testing *t = *state;

	/* each call has all of the faults of those behind it */
	run(t, "mprotect(@0+0x1, 0, rw|growsdown|growsup|0x10) = EINVAL\n"
	       "mprotect(@0+0x1, 0, rw|0x10) = EINVAL\n"
	       "mprotect(@0, 0, rw|0x10) = 0\n"
	       "mprotect(@0, 0xfffffffffffff000, rw|0x10) = ENOMEM\n"
	       "mprotect(@0, 0xffffffffffffffff, rw|0x10) = ENOMEM\n"
	       "mprotect(@0, +1, rw|0x10) = EINVAL\n"
	       "mprotect(@0, +1, rw) = ENOMEM\n"
	       "mmap(@1, +1" RW "mprotect(@0, +2, r) = ENOMEM\n"
	       "mprotect(@0, +2, r|growsup) = ENOMEM\n"
	       "mprotect(@1, +1, r|growsup) = EINVAL\n"
	       "mprotect(@1, +1, r|sem) = 0");
	expect_areas(t, "p0 @1 +1 r");
}

static void test_mprotect_length_is_rounded_up(void **state)
{
	run(*state, "mmap(@0, +3" RW "mprotect(@0, 0x1001, r) = 0");
	expect_areas(*state, "p0 @0 +2 r\n"
			     "p0 @2 +1 rw ac");
}

/* The range begins where the area does, which must grow down. */
static void test_mprotect_growsdown_begins_with_the_area(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +6, rw, private|anonymous|fixed|growsdown, none, 0)\n"
	       "mprotect(@7, +1, r|growsdown) = 0");
	expect_areas(t, "p0 @4 +4 r gd\n"
			"p0 @8 +2 rw gd ac");
}

static void test_mprotect_growsdown_errors(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +6" RW "mprotect(@5, +1, r|growsdown) = EINVAL\n"
	       /* nothing in the range */
	       "mprotect(@0, +4, r|growsdown) = ENOMEM\n"
	       "mprotect(@10, +4, r|growsdown) = ENOMEM\n"
	       /* the first area may start inside of it */
	       "mmap(@20, +6, rw, private|anonymous|fixed|growsdown, none, 0)\n"
	       "mprotect(@18, +3, r|growsdown) = 0");
	expect_areas(t, "p0 @4 +6 rw ac\n"
			"p0 @20 +1 r gd\n"
			"p0 @21 +5 rw gd ac");
}

/* ---- rule 2 ---- */

static void test_mprotect_hole_the_prefix_stays_changed(void **state)
{
	run(*state, "mmap(@0, +2" RW "mmap(@3, +2" RW "mprotect(@0, +5, r) = ENOMEM");
	expect_areas(*state, "p0 @0 +2 r\n"
			     "p0 @3 +2 rw ac");
	run(*state, "mprotect(@3, +9, r) = ENOMEM");
	expect_areas(*state, "p0 @0 +2 r\n"
			     "p0 @3 +2 r");
}

static void test_mprotect_forbidden_access_is_eacces(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RO "mmap(@2, +2, r, shared|fixed, m0ro, 0)\n"
	       "mprotect(@0, +4, rw) = EACCES");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 r mayshare -mw f1+0");
	run(t,
	    "mprotect(@2, +2, rx) = 0\nmprotect(@2, +2, none) = 0\nmprotect(@2, +2, w) = EACCES");
}

static void test_mprotect_sealed_is_eperm_even_without_change(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +2" RWX "mseal(@2, +2, 0)\n"
	       "mprotect(@0, +4, r) = EPERM\nmprotect(@2, +2, rwx) = EPERM");
	expect_areas(t, "p0 @0 +2 r\n"
			"p0 @2 +2 rwx ac sl");
}

/* What the file forbids is seen before the seal. */
static void test_mprotect_forbidden_goes_before_sealed(void **state)
{
	run(*state, "mmap(@2, +2, r, shared|fixed, m0ro, 0)\nmseal(@2, +2, 0)\n"
		    "mprotect(@2, +2, rw) = EACCES\nmprotect(@2, +2, none) = EPERM");
}

/* Nothing changes, so nothing merges, though all of it is equal. */
static void test_mprotect_without_change_merges_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +2" RW);
	vma_split(&t->model, &t->model.mm[0], 0, ARENA_PAGE + 2, false);
	run(t, "mprotect(@0, +4, rw) = 0");
	assert_int_equal(t->model.merge_count, 0);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw ac");
}

/* Each area merges with what the one before it has become; what lies behind is still as it was. */
static void test_mprotect_several_areas_merge_one_by_one(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +2" RWX "mmap(@4, +2" RO "mmap(@6, +2" RW
	       "mprotect(@2, +4, rw) = 0");
	assert_int_equal(t->model.merge_count, 2);
	expect_areas(t, "p0 @0 +8 rw ac");
}

static void test_mprotect_legacy_merge_by_one_call_or_two(void **state)
{
	struct testing *t = *state;

	/* the first merges to the left, so it is one faulted area when the second comes */
	run_with(t, "v6.1",
		 "mmap(@0, +2" RW "mmap(@2, +2" RWX "mmap(@4, +2" RWX "write(@0)\n"
		 "mprotect(@2, +4, rw) = 0");
	expect_areas(t, "p0 @0 +6 rw ac av=A");
}

static void test_mprotect_without_room_is_enomem(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 1;
	run(t, "mmap(@0, +4" RW "mprotect(@1, +1, r) = ENOMEM\nmprotect(@0, +4, r) = 0");
	expect_areas(t, "p0 @0 +4 r");
}

/* ---- rule 3 ---- */

static void test_mprotect_becoming_writable_is_charged(void **state)
{
	static const struct {
		const char *program, *areas, *why;
	} rows[] = {
		{ "mmap(@0, +2" RO "mprotect(@0, +2, rw)", "p0 @0 +2 rw ac", "private" },
		{ "mmap(@0, +2, none, private|anonymous|fixed, none, 0)\nmprotect(@0, +2, w)",
		  "p0 @0 +2 w ac", "from nothing" },
		{ "mmap(@0, +2, r, private|fixed, m0, 0)\nmprotect(@0, +2, rw)",
		  "p0 @0 +2 rw ac f1+0", "a private file" },
		{ "mmap(@0, +2, r, shared|fixed, m0, 0)\nmprotect(@0, +2, rw)",
		  "p0 @0 +2 rw sh f1+0", "not if shared" },
		{ "mmap(@0, +2, r, private|anonymous|fixed|noreserve, none, 0)\n"
		  "mprotect(@0, +2, rw)",
		  "p0 @0 +2 rw nr", "not if NORESERVE" },
		{ "mmap(@0, +2, rw, droppable|anonymous|fixed, none, 0)\nmprotect(@0, +2, r)\n"
		  "mprotect(@0, +2, rw)",
		  "p0 @0 +2 rw nr wf dd dp", "nor droppable" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_row(t, NULL, rows[i].program, rows[i].why);
		expect_areas(t, rows[i].areas);
	}
}

static void test_mprotect_becoming_read_only_gives_back(void **state)
{
	static const char program[] = "mmap(@0, +2" RW "mprotect(@0, +2, r)";
	struct testing *t = *state;

	run_with(t, "acct_drop_on_ro=yes", program);
	expect_areas(t, "p0 @0 +2 r");
	run_with(t, "acct_drop_on_ro=no", program);
	expect_areas(t, "p0 @0 +2 r ac");
	/* not if it is faulted: there may be pages to be copied */
	run_with(t, "acct_drop_on_ro=yes", "mmap(@0, +2" RW "write(@0)\nmprotect(@0, +2, r)");
	expect_areas(t, "p0 @0 +2 r ac av=A");
	/* nor if it has a file, but for /dev/zero */
	run_with(t, "acct_drop_on_ro=yes",
		 "mmap(@0, +2, rw, private|fixed, m0, 0)\nmprotect(@0, +2, r)\n"
		 "mmap(@4, +2, rw, private|fixed, zero, 0)\nmprotect(@4, +2, r)");
	expect_areas(t, "p0 @0 +2 r ac f1+0\n"
			"p0 @4 +2 r f2+0");
}

/* The charge keeps apart what has the same access otherwise. */
static void test_mprotect_read_only_twins_differ_by_their_charge(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nmmap(@2, +2" RO "mprotect(@0, +2, r)");
	expect_areas(t, "p0 @0 +2 r ac av=A\n"
			"p0 @2 +2 r");
}

/* ---- rule 4 ---- */

static void test_mprotect_pages_change_their_class(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "mprotect(@2, +3, rx)");
	expect_counters(t, "p0 map_count=+3 total_vm=+6 data_vm=+3 exec_vm=+3");
	run(t, "mprotect(@0, +6, none)");
	expect_counters(t, "p0 map_count=+1 total_vm=+6");
	run(t, "mprotect(@5, +1, rwx)");
	expect_counters(t, "p0 map_count=+2 total_vm=+6 data_vm=+1");
}

/* ---- rule 5 ---- */

static void test_mprotect_locked_becoming_writable_is_filled(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, r, private|anonymous|fixed|locked, none, 0)");
	expect_areas(t, "p0 @0 +2 r lo");
	run(t, "mprotect(@1, +1, rw)");
	expect_areas(t, "p0 @0 +1 r lo\n"
			"p0 @1 +1 rw lo ac av=A");
	assert_int_equal(page(t, 0, 0)->state, PAGE_ZERO);
	assert_int_equal(page(t, 0, 1)->state, PAGE_ANON);
}

static void test_mprotect_others_are_not_filled(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, none, private|anonymous|fixed|locked, none, 0)\nmprotect(@0, +2, r)\n"
	       "mmap(@4, +2, r, shared|fixed, m0, 0)\nmlock2(@4, +2, onfault)\n"
	       "mprotect(@4, +2, rw)\nmmap(@8, +2" RO "mprotect(@8, +2, rw)");
	expect_pages(t, "");
	/* what is locked as it is touched stays so */
	run(t, "mmap(@12, +2" RO "mlock2(@12, +2, onfault)\nmprotect(@12, +2, rw)");
	expect_pages(t, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mprotect_errors_come_in_order),
		TEST(test_mprotect_length_is_rounded_up),
		TEST(test_mprotect_growsdown_begins_with_the_area),
		TEST(test_mprotect_growsdown_errors),
		TEST(test_mprotect_hole_the_prefix_stays_changed),
		TEST(test_mprotect_forbidden_access_is_eacces),
		TEST(test_mprotect_sealed_is_eperm_even_without_change),
		TEST(test_mprotect_forbidden_goes_before_sealed),
		TEST(test_mprotect_without_change_merges_nothing),
		TEST(test_mprotect_several_areas_merge_one_by_one),
		TEST(test_mprotect_legacy_merge_by_one_call_or_two),
		TEST(test_mprotect_without_room_is_enomem),
		TEST(test_mprotect_becoming_writable_is_charged),
		TEST(test_mprotect_becoming_read_only_gives_back),
		TEST(test_mprotect_read_only_twins_differ_by_their_charge),
		TEST(test_mprotect_pages_change_their_class),
		TEST(test_mprotect_locked_becoming_writable_is_filled),
		TEST(test_mprotect_others_are_not_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
