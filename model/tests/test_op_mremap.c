/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mremap: which arguments are refused when, what stays after an error, growing and shrinking, and
 * moving several areas. The numbers are those of the rules in op_mremap.c; what a move does to an
 * area is tested in test_op_mremap_move.c.
 */
#include "testing.h"

/* ---- rule 1 ---- */

static void test_mremap_bad_arguments_are_einval(void **state)
{
	static const char *const rules[] = { "v6.1", "v6.12", "v6.16", "v6.17", NULL };
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		run_with(t, rules[i], "mmap(@0, +4" RW);
		run(t, "mremap(@0, +2, +3, maymove|0x8, @10) = EINVAL\n"
		       "mremap(@0+0x1, +2, +2, maymove, @10) = EINVAL\n"
		       "mremap(@0, +2, 0, maymove, @10) = EINVAL\n"
		       "mremap(@0, +2, 0xffffffffffffffff, maymove, @10) = EINVAL\n"
		       "mremap(@0, +2, +2, fixed, @10) = EINVAL\n"
		       "mremap(@0, +2, +2, dontunmap, @10) = EINVAL\n"
		       "mremap(@0, +2, +1, maymove|dontunmap, @10) = EINVAL\n"
		       "mremap(@0, +2, +2, maymove|fixed, @10+0x1) = EINVAL\n"
		       "mremap(@0, +2, +2, maymove|dontunmap, @10+0x1) = EINVAL\n"
		       "mremap(@0, +2, +2, maymove|fixed, 0x7fffffffe000) = EINVAL\n"
		       "mremap(@0, +2, +2, maymove|fixed, 0xfffffffffffff000) = EINVAL\n"
		       "mremap(@0, +2, +2, maymove|fixed, @1) = EINVAL\n"
		       "mremap(@1, +2, +2, maymove|fixed, @0) = EINVAL\n"
		       "mremap(@0, +2, +2, maymove|fixed, @0) = EINVAL\n"
		       /* the new address matters only if it is asked for */
		       "mremap(@0, +2, +2, maymove, @0+0x1) = @0");
		expect_areas(t, "p0 @0 +4 rw ac");
	}
}

/* No kernel ever had these together, but a rule set by hand must not open a gap. */
static void test_mremap_new_address_is_checked_by_any_combination_of_rules(void **state)
{
	struct testing *t = *state;

	run_with(t, "mremap_params=legacy,mremap_multi=yes",
		 "mmap(@0, +4" RW "mremap(@0, +2, +2, maymove|fixed, @10+0x1) = EINVAL\n"
		 "mremap(@0, +2, +2, maymove|fixed, @1) = EINVAL\n"
		 "mremap(@0, +2, +2, maymove|fixed, 0x7fffffffe000) = EINVAL");
}

/* Nothing is mapped at the source: what was looked at before that is EINVAL, the rest EFAULT. */
static void test_mremap_which_arguments_come_before_the_area(void **state)
{
	static const struct {
		const char *op, *legacy, *mid, *upfront;
	} rows[] = {
		{ "mremap(@0, +2, +2, maymove|0x8, @10)", "EINVAL", "EINVAL", "EINVAL" },
		{ "mremap(@0, +2, 0, maymove, @10)", "EINVAL", "EINVAL", "EINVAL" },
		{ "mremap(@0, +2, +2, fixed, @10)", "EINVAL", "EINVAL", "EINVAL" },
		{ "mremap(@0, +2, +2, maymove|fixed, @10+0x1)", "EFAULT", "EINVAL", "EINVAL" },
		{ "mremap(@0, +2, +2, maymove|fixed, 0x7fffffffe000)", "EFAULT", "EFAULT",
		  "EINVAL" },
		{ "mremap(@0, +2, +2, maymove|fixed, @1)", "EFAULT", "EFAULT", "EINVAL" },
		{ "mremap(@0, +2, 0x800000000000, maymove, @10)", "EFAULT", "EFAULT", "EINVAL" },
		{ "mremap(@0, +2, +2, maymove|fixed, @10)", "EFAULT", "EFAULT", "EFAULT" },
		/* lengths that are equal once they are rounded up */
		{ "mremap(@0, 0xfff, +1, maymove|dontunmap, @10)", "EINVAL", "EINVAL", "EFAULT" },
	};
	struct testing *t = *state;
	char program[128];

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(program, sizeof(program), "%s = %s", rows[i].op, rows[i].legacy);
		run_with(t, "mremap_params=legacy", program);
		snprintf(program, sizeof(program), "%s = %s", rows[i].op, rows[i].mid);
		run_with(t, "mremap_params=mid", program);
		snprintf(program, sizeof(program), "%s = %s", rows[i].op, rows[i].upfront);
		run_with(t, "mremap_params=upfront", program);
	}
}

static void test_mremap_lengths_are_rounded_up(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mremap(@0, 0x3001, 0x1001, 0, @0) = @0");
	expect_areas(t, "p0 @0 +2 rw ac");
	run(t, "mremap(@0, 0x1fff, +2, maymove|dontunmap|fixed, @10) = @10");
}

/* ---- rule 2 ---- */

/* Runs one mremap with @room areas less than the limit, the mapped one included. */
static void with_room(struct testing *t, const char *rules, u32 room, const char *op)
{
	restart(t, rules);
	t->model.config.base_map_count = 100;
	t->model.config.max_map_count = 101 + room;
	run(t, "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)");
	run(t, op);
}

static void test_mremap_minus3_asks_only_when_moving(void **state)
{
	static const char *const rules[] = { "v6.12", "v6.16", "v6.17" };
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		const char *r = rules[i];

		with_room(t, r, 6, "mremap(@0, +2, +2, maymove|fixed, @10) = @10");
		with_room(t, r, 5, "mremap(@0, +2, +2, maymove|fixed, @10) = ENOMEM");
		with_room(t, r, 6, "mremap(@0, +4, +4, maymove|dontunmap, @10) = @10");
		with_room(t, r, 5, "mremap(@0, +4, +4, maymove|dontunmap, @10) = ENOMEM");
		/* what names no address is asked when it moves; in the middle it cannot grow */
		with_room(t, r, 4, "mremap(@0, +2, +3, maymove, @0)");
		assert_int_equal(t->model.mm[0].vma_count, 2);
		with_room(t, r, 3, "mremap(@0, +2, +3, maymove, @0) = ENOMEM");
		with_room(t, r, 0, "mremap(@0, +4, +6, maymove, @0) = @0");
		with_room(t, r, 0,
			  "mremap(@0, +4, +2, 0, @0) = @0\n"
			  "mremap(@0, +2, +2, 0, @0) = @0");
	}
}

static void test_mremap_headroom_asks_always(void **state)
{
	static const char *const ops[] = { "mremap(@0, +4, +4, 0, @0)", "mremap(@0, +4, +2, 0, @0)",
					   "mremap(@0, +4, +6, 0, @0)",
					   "mremap(@0, +4, +4, maymove|fixed, @10)" };
	static const char *const results[] = { "@0", "@0", "@0", "@10" };
	struct testing *t = *state;
	char program[128];

	for (u32 i = 0; i < ARRAY_SIZE(ops); i++) {
		snprintf(program, sizeof(program), "%s = %s", ops[i], results[i]);
		with_room(t, "mremap_mapcount=headroom", 4, program);
		with_room(t, "mremap_mapcount=headroom0", 4, program);
		snprintf(program, sizeof(program), "%s = ENOMEM", ops[i]);
		with_room(t, "mremap_mapcount=headroom", 3, program);
		with_room(t, "mremap_mapcount=headroom0", 3, program);
	}
}

static void test_mremap_headroom_dontunmap_needs_one_more(void **state)
{
	static const char op[] = "mremap(@0, +4, +4, maymove|fixed|dontunmap, @10)";
	struct testing *t = *state;
	char program[128];

	snprintf(program, sizeof(program), "%s = @10", op);
	with_room(t, "mremap_mapcount=headroom", 5, program);
	with_room(t, "mremap_mapcount=headroom0", 4, program);
	snprintf(program, sizeof(program), "%s = ENOMEM", op);
	with_room(t, "mremap_mapcount=headroom", 4, program);
	with_room(t, "mremap_mapcount=headroom0", 3, program);
}

/* ---- rule 3 ---- */

static void test_mremap_source(void **state)
{
	struct testing *t = *state;

	run(t, "mremap(@0, +1, +1, 0, @0) = EFAULT\nmmap(@2, +2" RW
	       "mremap(@0, +4, +4, maymove|fixed, @20) = EFAULT\n"
	       "mremap(@4, +1, +2, maymove, @0) = EFAULT\nmseal(@2, +2, 0)\n"
	       "mremap(@2, +2, +2, 0, @0) = EPERM\nmremap(@2, +2, +1, 0, @0) = EPERM\n"
	       "mremap(@2, +2, +3, 0, @0) = EPERM\n"
	       "mremap(@2, +2, +2, maymove|fixed, @20) = EPERM\n"
	       "mremap(@2, 0, +2, maymove, @20) = EPERM");
	expect_areas(t, "p0 @2 +2 rw ac sl");
}

/* Old length 0 makes a second mapping of the same object. */
static void test_mremap_old_length_zero(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mremap(@0, 0, +2, maymove|fixed, @20) = EINVAL\n"
	       "mmap(@4, +3, rw, shared|fixed, m0, +5)\nwrite(@5)\n"
	       "mremap(@5, 0, +2, 0, @0) = ENOMEM\n"
	       "mremap(@5, 0, +2, maymove|fixed, @20) = @20\nread(@20) = 4\n"
	       "mmap(@8, +1, r, shared|fixed, m0ro, 0)\n"
	       "mremap(@8, 0, +1, maymove|fixed, @30) = @30");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @4 +3 rw sh f1+5\n"
			"p0 @8 +1 r mayshare -mw f2+0\n"
			"p0 @20 +2 rw sh f1+6\n"
			"p0 @30 +1 r mayshare -mw f2+0");
}

static void test_mremap_range_beyond_the_area_is_efault(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +2" RO "mremap(@0, +3, +5, maymove, @0) = EFAULT\n"
	       "mremap(@1, +3, +5, maymove|fixed, @20) = EFAULT\n"
	       /* of shrinking, what stays counts */
	       "mremap(@0, +4, +3, maymove|fixed, @20) = EFAULT\n"
	       "mremap(@0, +4, +2, maymove|fixed, @20) = @20");
	expect_areas(t, "p0 @20 +2 rw ac");
}

static void test_mremap_growing_locked_needs_room(void **state)
{
	struct testing *t = *state;

	t->model.config.cap_ipc_lock = false;
	t->model.config.rlimit_memlock = 4;
	run(t,
	    "mmap(@0, +3, rw, private|anonymous|fixed|locked, none, 0)\n"
	    "mremap(@0, +3, +5, 0, @0) = EAGAIN\nmremap(@0, +3, +5, maymove|fixed, @20) = EAGAIN\n"
	    "mremap(@0, +3, +4, 0, @0) = @0");
	expect_counters(t, "p0 map_count=+1 total_vm=+4 data_vm=+4 locked_vm=+4");
}

static void test_mremap_growing_over_the_last_offset_is_einval(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, r, private|fixed, zero, 0xffffffffffffe000)");
	area(t, 0, 0)->pgoff = ~0ull;
	run(t,
	    "mremap(@0, +1, +2, maymove|fixed, @20) = EINVAL\nmremap(@0, +1, +2, 0, @0) = EINVAL");
}

/* ---- rule 4 ---- */

static void test_mremap_same_length_is_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@4, +2" RO "mremap(@0, +9, +9, 0, @0) = @0\n"
	       "mremap(@1, +1, +1, maymove, @0) = @1");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @4 +2 r");
}

static void test_mremap_shrinking_unmaps_what_is_too_long(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mmap(@6, +4" RO "write(@3)\nmremap(@0, +8, +2, 0, @0) = @0");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @8 +2 r");
	expect_pages(t, "");
}

/* An old length that cannot be is only found out when what is too long is unmapped. */
static void test_mremap_shrinking_from_a_length_that_cannot_be_is_einval(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mremap(@0, 0xfffffffffffff000, +2, 0, @0) = EINVAL\n"
	       "mremap(@0, 0x800000000000, +2, 0, @0) = EINVAL");
	expect_areas(t, "p0 @0 +4 rw ac");
}

/* Unmapping asks for what munmap asks for. */
static void test_mremap_shrinking_over_sealed_is_eperm(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mmap(@4, +4" RO "mseal(@4, +4, 0)\n"
	       "mremap(@0, +8, +2, 0, @0) = EPERM");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw ac\n"
			"p0 @4 +4 r sl");
}

static void test_mremap_grows_in_place_into_free_space(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@0)\nmremap(@2, +2, +4, 0, @0) = @2");
	expect_state(t, "p0 @0 +6 rw ac av=A\n"
			"p0 map_count=+1 total_vm=+6 data_vm=+6\n"
			"A root=A parent=A children=1 active=1 refs=1");
}

static void test_mremap_grows_up_to_a_neighbour_and_joins_it(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mmap(@6, +2" RW "mremap(@0, +4, +6, 0, @0) = @0");
	expect_areas(t, "p0 @0 +8 rw ac");
	run_with(t, NULL, "mmap(@0, +4" RW "mmap(@6, +2" RO "mremap(@0, +4, +6, 0, @0) = @0");
	expect_areas(t, "p0 @0 +6 rw ac\n"
			"p0 @6 +2 r");
}

/* The new pages come from the faulted child: they join only that. */
static void test_mremap_grows_a_fork_child_without_its_neighbour(void **state)
{
	static const char program[] = "mmap(@0, +4" RW "write(@0)\nfork() = p1\n"
				      "p1: mmap(@6, +2" RW "p1: mremap(@0, +4, +6, 0, @0) = @0";
	struct testing *t = *state;

	run(t, program);
	expect_areas(t, "p0 @0 +4 rw ac av=A\n"
			"p1 @0 +6 rw ac av=B chain=B,A\n"
			"p1 @6 +2 rw ac");
	run_with(t, "grow_forklimit=on", program);
	expect_areas(t, "p0 @0 +4 rw ac av=A\n"
			"p1 @0 +8 rw ac av=B chain=B,A");
	assert_int_equal(t->model.quirks_met, 1u << QUIRK_GROW_FORKLIMIT);
}

static void test_mremap_grows_not_in_place_if_taken_or_in_the_middle(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mmap(@5, +2" RO "mremap(@0, +4, +6, 0, @0) = ENOMEM\n"
	       "mremap(@0, +2, +3, 0, @0) = ENOMEM\nmremap(@0, +4, +5, 0, @0) = @0");
	expect_areas(t, "p0 @0 +5 rw ac\n"
			"p0 @5 +2 r");
}

static void test_mremap_grows_by_moving(void **state)
{
	const struct op_result seen = { .err = 0, .value = ARENA_BASE + 20 * PAGE_BYTES };
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mmap(@4, +2" RO "write(@3)");
	assert_int_equal(run_seen(t, "mremap(@0, +4, +6, maymove, @0)", seen).value, seen.value);
	run(t, "read(@23) = 3\nread(@24) = 0");
	expect_areas(t, "p0 @4 +2 r\n"
			"p0 @20 +6 rw ac pgoff=@0 av=A");
	expect_counters(t, "p0 map_count=+2 total_vm=+8 data_vm=+6");
}

static void test_mremap_grows_locked_and_fills(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, r, private|anonymous|fixed|locked, none, 0)\n"
	       "mremap(@0, +1, +2, 0, @0) = @0\n"
	       "mmap(@8, +1, rw, private|anonymous|fixed|locked, none, 0)\n"
	       "mremap(@8, +1, +2, maymove|fixed, @20) = @20");
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @1 tag=0\n"
			"p0 page @20 tag=0\n"
			"p0 page @21 tag=0");
	expect_counters(t, "p0 map_count=+2 total_vm=+4 data_vm=+2 locked_vm=+4");
}

/* ---- rule 5 ---- */

static void test_mremap_fixed_replaces_the_destination(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nmmap(@20, +6" RO
	       "mremap(@0, +2, +2, maymove|fixed, @22) = @22\nread(@22) = 2");
	expect_areas(t, "p0 @20 +2 r\n"
			"p0 @22 +2 rw ac pgoff=@0 av=A\n"
			"p0 @24 +2 r");
}

static void test_mremap_fixed_shrinks_before_it_moves(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +5" RW "mremap(@0, +4, +2, maymove|fixed, @20) = @20");
	expect_areas(t, "p0 @4 +1 rw ac\n"
			"p0 @20 +2 rw ac");
}

static void test_mremap_fixed_grows_while_it_moves(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mremap(@0, +2, +4, maymove|fixed, @20) = @20");
	expect_areas(t, "p0 @20 +4 rw ac");
}

static void test_mremap_fixed_efault_and_the_destination(void **state)
{
	static const char program[] = "mmap(@0, +2" RW "mmap(@20, +6" RO
				      "mremap(@0, +3, +4, maymove|fixed, @20) = EFAULT";
	struct testing *t = *state;

	run_with(t, "v6.17", program);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @20 +6 r");
	run_with(t, "v6.16", program);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @24 +2 r");
	/* neither takes what it would have had to check first: the seal of the source */
	run_with(t, "v6.16",
		 "mmap(@0, +2" RW "mmap(@20, +6" RO "mseal(@0, +2, 0)\n"
		 "mremap(@0, +2, +2, maymove|fixed, @20) = EPERM");
	expect_areas(t, "p0 @0 +2 rw ac sl\n"
			"p0 @20 +6 r");
}

static void test_mremap_fixed_sealed_destination_is_eperm(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@20, +6" RO "mseal(@20, +6, 0)\n"
	       "mremap(@0, +2, +2, maymove|fixed, @22) = EPERM");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @20 +6 r sl");
}

static void test_mremap_below_the_minimum_needs_a_right(void **state)
{
	struct testing *t = *state;

	t->model.config.cap_rawio = false;
	run(t, "mmap(@0, +2" RW "mremap(@0, +2, +2, maymove|fixed, 0xf000) = EPERM\n"
	       "mremap(@0, +2, +2, maymove|fixed, 0x10000) = 0x10000");
}

static void test_mremap_dontunmap_without_fixed_takes_a_free_hint(void **state)
{
	const struct op_result seen = { .err = 0, .value = ARENA_BASE + 30 * PAGE_BYTES };
	static const char taken[] = "mremap(@0, +2, +2, maymove|dontunmap, @1)";
	struct testing *t = *state;

	run(t,
	    "mmap(@0, +1" RW "mmap(@10, +2" RO "mremap(@10, +2, +2, maymove|dontunmap, @20) = @20");
	expect_areas(t, "p0 @0 +1 rw ac\n"
			"p0 @10 +2 r\n"
			"p0 @20 +2 r");
	/* a taken one makes the kernel free */
	assert_int_equal(run_seen(t, "mremap(@10, +2, +2, maymove|dontunmap, @20)", seen).value,
			 seen.value);
	assert_int_equal(run_seen(t, taken, seen).err, -EINVAL);
}

/* ---- rule 6 ---- */

#define THREE "mmap(@0, +2" RW "mmap(@2, +2" RO "mmap(@6, +2" RWX "write(@1)\nread(@3)\n"

static void test_mremap_several_move_one_by_one(void **state)
{
	struct testing *t = *state;

	run_with(t, "mremap_multi=yes",
		 THREE "mmap(@24, +2, r, shared|fixed, m0, 0)\n"
		       "mremap(@1, +6, +6, maymove|fixed, @21) = @21\nread(@21) = 4");
	/* the gap stays a gap, and keeps what was there */
	expect_areas(t, "p0 @0 +1 rw ac av=A\n"
			"p0 @7 +1 rwx ac\n"
			"p0 @21 +1 rw ac pgoff=@1 av=A\n"
			"p0 @22 +2 r\n"
			"p0 @24 +2 r sh f1+0\n"
			"p0 @26 +1 rwx ac");
}

static void test_mremap_several_before_it_was_possible_is_efault(void **state)
{
	struct testing *t = *state;

	run_with(t, "mremap_multi=no", THREE "mremap(@1, +6, +6, maymove|fixed, @21) = EFAULT");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @2 +2 r\n"
			"p0 @6 +2 rwx ac");
	/* resizing is none of it */
	run_with(t, "mremap_multi=yes",
		 THREE "mremap(@0, +4, +5, maymove|fixed, @21) = EFAULT\n"
		       "mremap(@0, +4, +4, maymove|dontunmap, @21) = EFAULT");
}

static void test_mremap_several_with_dontunmap(void **state)
{
	struct testing *t = *state;

	run(t, THREE "mremap(@0, +4, +4, maymove|fixed|dontunmap, @20) = @20");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 r\n"
			"p0 @6 +2 rwx ac\n"
			"p0 @20 +2 rw ac pgoff=@0 av=A\n"
			"p0 @22 +2 r");
}

static void test_mremap_several_the_first_must_hold_the_address(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@2, +2" RW "mremap(@0, +6, +6, maymove|fixed, @20) = EFAULT\n"
	       "mremap(@8, +6, +6, maymove|fixed, @20) = EFAULT\n"
	       /* a hole behind it does not matter */
	       "mremap(@3, +6, +6, maymove|fixed, @20) = @20");
	expect_areas(t, "p0 @2 +1 rw ac\n"
			"p0 @20 +1 rw ac");
}

static void test_mremap_several_stop_at_a_seal(void **state)
{
	struct testing *t = *state;

	run(t, THREE "mseal(@2, +2, 0)\nmremap(@0, +8, +8, maymove|fixed, @20) = EPERM");
	expect_areas(t, "p0 @2 +2 r sl\n"
			"p0 @6 +2 rwx ac\n"
			"p0 @20 +2 rw ac pgoff=@0 av=A");
}

static void test_mremap_several_private_zero_moves_alone(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, private|fixed, zero, 0)\n"
	       "mremap(@0, +3, +3, maymove|fixed, @20) = EFAULT\n"
	       "mremap(@0, +2, +2, maymove|fixed, @20) = @20\n"
	       "mmap(@18, +2" RW "mremap(@18, +4, +4, maymove|fixed, @30) = EFAULT");
	/* 4294967284 is the page number of @20: unfaulted, it is indexed by its address now */
	expect_areas(t, "p0 @20 +2 rw ac f1+4294967284\n"
			"p0 @30 +2 rw ac");
}

static void test_mremap_success_moves_last(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mremap(@0, +2, +2, maymove|fixed, @20) = @20\n"
	       "mmap(last+2, +1" RO "mremap(@2, +2, +1, 0, @0) = @2\n"
	       "mremap(@50, +2, +1, 0, @0) = EFAULT\nread(last) = 0\nread(last+1) = SIGSEGV");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mremap_bad_arguments_are_einval),
		TEST(test_mremap_new_address_is_checked_by_any_combination_of_rules),
		TEST(test_mremap_which_arguments_come_before_the_area),
		TEST(test_mremap_lengths_are_rounded_up),
		TEST(test_mremap_minus3_asks_only_when_moving),
		TEST(test_mremap_headroom_asks_always),
		TEST(test_mremap_headroom_dontunmap_needs_one_more),
		TEST(test_mremap_source),
		TEST(test_mremap_old_length_zero),
		TEST(test_mremap_range_beyond_the_area_is_efault),
		TEST(test_mremap_growing_locked_needs_room),
		TEST(test_mremap_growing_over_the_last_offset_is_einval),
		TEST(test_mremap_same_length_is_nothing),
		TEST(test_mremap_shrinking_unmaps_what_is_too_long),
		TEST(test_mremap_shrinking_from_a_length_that_cannot_be_is_einval),
		TEST(test_mremap_shrinking_over_sealed_is_eperm),
		TEST(test_mremap_grows_in_place_into_free_space),
		TEST(test_mremap_grows_up_to_a_neighbour_and_joins_it),
		TEST(test_mremap_grows_a_fork_child_without_its_neighbour),
		TEST(test_mremap_grows_not_in_place_if_taken_or_in_the_middle),
		TEST(test_mremap_grows_by_moving),
		TEST(test_mremap_grows_locked_and_fills),
		TEST(test_mremap_fixed_replaces_the_destination),
		TEST(test_mremap_fixed_shrinks_before_it_moves),
		TEST(test_mremap_fixed_grows_while_it_moves),
		TEST(test_mremap_fixed_efault_and_the_destination),
		TEST(test_mremap_fixed_sealed_destination_is_eperm),
		TEST(test_mremap_below_the_minimum_needs_a_right),
		TEST(test_mremap_dontunmap_without_fixed_takes_a_free_hint),
		TEST(test_mremap_several_move_one_by_one),
		TEST(test_mremap_several_before_it_was_possible_is_efault),
		TEST(test_mremap_several_with_dontunmap),
		TEST(test_mremap_several_the_first_must_hold_the_address),
		TEST(test_mremap_several_stop_at_a_seal),
		TEST(test_mremap_several_private_zero_moves_alone),
		TEST(test_mremap_success_moves_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
