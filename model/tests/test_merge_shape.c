/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shapes that merges and splits have: who takes in whom, where the anon_vma goes, which flags
 * come out, and what stays when there is no room for the second of two splits.
 */
#include "testing.h"

/* ---- an empty range is mapped ---- */

static void test_new_joins_left(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +3" RW "write(@0)\nmmap(@3, +3" RW);
	expect_merge(t, MERGE_OK, MERGE_NO_NEIGHBOUR);
	expect_why(t, MERGE_OK);
	expect_state(t, "p0 @0 +6 rw ac av=A\n"
			"p0 map_count=+1 total_vm=+6 data_vm=+6\n"
			"A root=A parent=A children=1 active=1 refs=1");
}

static void test_new_joins_right(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@3, +3" RW "write(@3)\nmmap(@0, +3" RW);
	expect_merge(t, MERGE_NO_NEIGHBOUR, MERGE_OK);
	expect_areas(t, "p0 @0 +6 rw ac av=A");
}

static void test_new_joins_right_offset_goes_down(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@3, +3, rw, private|fixed, m0, +8)\nmmap(@0, +3, rw, private|fixed, m0, +5)");
	expect_areas(t, "p0 @0 +6 rw ac f1+5");
}

static void test_new_joins_both(void **state)
{
	static const struct {
		const char *touch, *areas, *why;
	} rows[] = {
		{ "", "p0 @0 +9 rw ac", "nobody is faulted" },
		{ "write(@0)\n", "p0 @0 +9 rw ac av=A", "left is" },
		{ "write(@6)\n", "p0 @0 +9 rw ac av=A", "right is, and hands it over" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		char program[256];

		snprintf(program, sizeof(program),
			 "mmap(@0, +3" RW "mmap(@6, +3" RW "%smmap(@3, +3" RW, rows[i].touch);
		run_row(t, "new_merge=cross", program, rows[i].why);
		expect_merge(t, MERGE_OK, MERGE_OK);
		expect_areas(t, rows[i].areas);
		expect_graph(t,
			     *rows[i].touch ? "A root=A parent=A children=1 active=1 refs=1" : "");
	}
}

static void test_new_joins_both_of_one_anon_vma(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +9" RW "write(@0)\nmunmap(@3, +3)\nmmap(@3, +3" RW);
	expect_areas(t, "p0 @0 +9 rw ac av=A");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1");
}

static void test_new_between_two_anon_vmas_left_or_right_wins(void **state)
{
	static const char program[] = "mmap(@0, +3" RW "mmap(@6, +3" RW "write(@0)\nwrite(@6)\n"
				      "mmap(@3, +3" RW;
	struct testing *t = *state;

	run_with(t, "new_merge=cross", program);
	expect_areas(t, "p0 @0 +6 rw ac av=A\n"
			"p0 @6 +3 rw ac av=B");
	run_with(t, "new_merge=chained", program);
	expect_areas(t, "p0 @0 +3 rw ac av=A\n"
			"p0 @3 +6 rw ac av=B");
}

/* Chained: next is decided first and then stands for the range when prev is asked. */
static void test_new_chained_by_who_is_faulted(void **state)
{
	static const struct {
		const char *rules, *touch, *areas, *why;
	} rows[] = {
		{ "v6.1", "", "p0 @0 +9 rw ac", "nobody" },
		{ "v6.1", "write(@0)\n", "p0 @0 +9 rw ac av=A", "left takes in an unfaulted one" },
		{ "v6.1", "write(@6)\n", "p0 @0 +3 rw ac\np0 @3 +6 rw ac av=A",
		  "an unfaulted left does not take in a faulted right" },
		{ "new_merge=chained", "write(@6)\n", "p0 @0 +9 rw ac av=A",
		  "unless the rule about anon_vmas is symmetric" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		char program[256];

		snprintf(program, sizeof(program),
			 "mmap(@0, +3" RW "mmap(@6, +3" RW "%smmap(@3, +3" RW, rows[i].touch);
		run_row(t, rows[i].rules, program, rows[i].why);
		expect_areas(t, rows[i].areas);
	}
}

static void test_new_chained_joins_one_side(void **state)
{
	struct testing *t = *state;

	run_with(t, "new_merge=chained", "mmap(@0, +3" RW "mmap(@3, +3" RW);
	expect_merge(t, MERGE_OK, MERGE_NO_NEIGHBOUR);
	expect_areas(t, "p0 @0 +6 rw ac");
	run_with(t, "new_merge=chained", "mmap(@3, +3" RW "mmap(@0, +3" RW);
	expect_merge(t, MERGE_NO_NEIGHBOUR, MERGE_OK);
	expect_areas(t, "p0 @0 +6 rw ac");
	run_with(t, "new_merge=chained", "mmap(@0, +3" RO "mmap(@3, +3" RW);
	expect_merge(t, MERGE_FLAGS, MERGE_NO_NEIGHBOUR);
	expect_areas(t, "p0 @0 +3 r\np0 @3 +3 rw ac");
}

/* ---- an area gets other flags ---- */

/* Three areas, rw, rwx and rw; the operation makes some of the middle rw. */
#define THREE "mmap(@0, +3" RW "mmap(@3, +3" RWX "mmap(@6, +3" RW

struct shape {
	const char *program, *areas, *counters;
};

static void check_shapes(struct testing *t, const struct shape *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		run_with(t, NULL, rows[i].program);
		expect_areas(t, rows[i].areas);
		if (rows[i].counters)
			expect_counters(t, rows[i].counters);
	}
}

static void test_modify_whole(void **state)
{
	static const struct shape rows[] = {
		/* both */
		{ THREE "mprotect(@3, +3, rw)", "p0 @0 +9 rw ac",
		  "p0 map_count=+1 total_vm=+9 data_vm=+9" },
		{ THREE "write(@3)\nmprotect(@3, +3, rw)", "p0 @0 +9 rw ac av=A", NULL },
		{ THREE "write(@6)\nmprotect(@3, +3, rw)", "p0 @0 +9 rw ac av=A", NULL },
		{ THREE "write(@0)\nmprotect(@3, +3, rw)", "p0 @0 +9 rw ac av=A", NULL },
		/* left whole */
		{ "mmap(@0, +3" RW "mmap(@3, +3" RWX "mprotect(@3, +3, rw)", "p0 @0 +6 rw ac",
		  "p0 map_count=+1 total_vm=+6 data_vm=+6" },
		{ "mmap(@0, +3" RW "mmap(@3, +3" RWX "write(@3)\nmprotect(@3, +3, rw)",
		  "p0 @0 +6 rw ac av=A", NULL },
		/* right whole */
		{ "mmap(@0, +3" RWX "mmap(@3, +3" RW "mprotect(@0, +3, rw)", "p0 @0 +6 rw ac",
		  "p0 map_count=+1 total_vm=+6 data_vm=+6" },
		{ "mmap(@0, +3" RWX "mmap(@3, +3" RW "write(@0)\nmprotect(@0, +3, rw)",
		  "p0 @0 +6 rw ac av=A", NULL },
		{ "mmap(@0, +3, rwx, private|fixed, m0, +4)\n"
		  "mmap(@3, +3, rw, private|fixed, m0, +7)\n"
		  "mprotect(@0, +3, rw)",
		  "p0 @0 +6 rw ac f1+4", NULL },
		/* neither: nothing to cut, only the flags change */
		{ "mmap(@0, +3" RW "mprotect(@0, +3, rwx)", "p0 @0 +3 rwx ac",
		  "p0 map_count=+1 total_vm=+3 data_vm=+3" },
	};

	check_shapes(*state, rows, ARRAY_SIZE(rows));
}

static void test_modify_part(void **state)
{
	static const struct shape rows[] = {
		/* left part: the boundary moves up */
		{ THREE "mprotect(@3, +2, rw)", "p0 @0 +5 rw ac\np0 @5 +1 rwx ac\np0 @6 +3 rw ac",
		  "p0 map_count=+3 total_vm=+9 data_vm=+9" },
		{ "mmap(@0, +2" RW "mmap(@2, +4" RWX "write(@5)\nmprotect(@2, +2, rw)",
		  "p0 @0 +4 rw ac av=A\np0 @4 +2 rwx ac av=A", NULL },
		{ "mmap(@0, +2, rw, private|fixed, m0, +3)\n"
		  "mmap(@2, +4, rwx, private|fixed, m0, +5)\n"
		  "mprotect(@2, +2, rw)",
		  "p0 @0 +4 rw ac f1+3\np0 @4 +2 rwx ac f1+7", NULL },
		/* right part: it moves down */
		{ THREE "mprotect(@4, +2, rw)", "p0 @0 +3 rw ac\np0 @3 +1 rwx ac\np0 @4 +5 rw ac",
		  "p0 map_count=+3 total_vm=+9 data_vm=+9" },
		{ "mmap(@0, +4" RWX "mmap(@4, +2" RW "write(@0)\nmprotect(@2, +2, rw)",
		  "p0 @0 +2 rwx ac av=A\np0 @2 +4 rw ac av=A", NULL },
		{ "mmap(@0, +4, rwx, private|fixed, m0, +3)\n"
		  "mmap(@4, +2, rw, private|fixed, m0, +7)\n"
		  "mprotect(@2, +2, rw)",
		  "p0 @0 +2 rwx ac f1+3\np0 @2 +4 rw ac f1+5", NULL },
	};

	check_shapes(*state, rows, ARRAY_SIZE(rows));
}

static void test_modify_split(void **state)
{
	static const struct shape rows[] = {
		{ "mmap(@0, +9" RW "mprotect(@3, +3, r)",
		  "p0 @0 +3 rw ac\np0 @3 +3 r\np0 @6 +3 rw ac",
		  "p0 map_count=+3 total_vm=+9 data_vm=+6" },
		{ "mmap(@0, +9" RW "mprotect(@0, +3, r)", "p0 @0 +3 r\np0 @3 +6 rw ac",
		  "p0 map_count=+2 total_vm=+9 data_vm=+6" },
		{ "mmap(@0, +9" RW "mprotect(@6, +3, r)", "p0 @0 +6 rw ac\np0 @6 +3 r",
		  "p0 map_count=+2 total_vm=+9 data_vm=+6" },
		{ "mmap(@0, +9" RW "write(@0)\nmprotect(@3, +3, r)",
		  "p0 @0 +3 rw ac av=A\np0 @3 +3 r ac av=A\np0 @6 +3 rw ac av=A", NULL },
		{ "mmap(@0, +9" RW "write(@0)\nmprotect(@3, +3, r)\nmprotect(@3, +3, rw)",
		  "p0 @0 +9 rw ac av=A", "p0 map_count=+1 total_vm=+9 data_vm=+9" },
	};

	check_shapes(*state, rows, ARRAY_SIZE(rows));
}

/* With two faulted sides the left one wins, and the right one stays as it was. */
static void test_modify_between_two_anon_vmas_left_wins(void **state)
{
	static const char program[] = "mmap(@0, +3" RW "mmap(@6, +3" RW "write(@0)\nwrite(@6)\n"
				      "mmap(@3, +3" RO "mprotect(@3, +3, rw)";
	static const char *const rules[] = { NULL, "v6.1" };
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		run_with(t, rules[i], program);
		expect_areas(t, "p0 @0 +6 rw ac av=A\n"
				"p0 @6 +3 rw ac av=B");
	}
}

/*
 * Which of two areas stays shows in the order of its chain, if clones are reversed: the upper part
 * of a split at its end is the copy, and it is the one that stays when the lower joins it.
 */
static void test_modify_right_whole_the_upper_stays(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=yes",
		 "mmap(@0, +2" RW "write(@0)\nfork() = p1\np1: fork() = p2\np1: exit()\n");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p2 @0 +2 rw ac av=B chain=B,A,C");
	run(t, "p2: mprotect(@0, +1, r)\np2: mprotect(@0, +1, rw)");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p2 @0 +2 rw ac av=B chain=C,A,B");
}

static void test_modify_left_whole_the_lower_stays(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=yes",
		 "mmap(@0, +2" RW "write(@0)\nfork() = p1\np1: fork() = p2\np1: exit()\n"
		 "p2: mprotect(@0, +1, r)\np2: mprotect(@1, +1, r)");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p2 @0 +2 r ac av=B chain=B,A,C");
}

/* ---- rule 9: sticky flags ---- */

static void test_sticky_guard_of_a_neighbour_stays(void **state)
{
	static const struct shape rows[] = {
		{ "mmap(@0, +4" RW "madvise(@0, +1, guard_install)\nmmap(@4, +2" RW,
		  "p0 @0 +6 rw gu ac av=A", NULL },
		{ "mmap(@2, +4" RW "madvise(@2, +1, guard_install)\nmmap(@0, +2" RW,
		  "p0 @0 +6 rw gu ac av=A", NULL },
		{ "mmap(@0, +2" RW "mmap(@2, +2" RO "madvise(@0, +1, guard_install)\n"
		  "mprotect(@2, +2, rw)",
		  "p0 @0 +4 rw gu ac av=A", NULL },
		{ "mmap(@0, +2" RO "mmap(@2, +2" RW "madvise(@2, +1, guard_install)\n"
		  "mprotect(@0, +2, rw)",
		  "p0 @0 +4 rw gu ac av=A", NULL },
		/* of the part that changes, too */
		{ "mmap(@0, +2" RW "mmap(@2, +2" RWX "madvise(@2, +1, guard_install)\n"
		  "mprotect(@2, +2, rw)",
		  "p0 @0 +4 rw gu ac av=A", NULL },
		/* of what arrives */
		{ "mmap(@0, +2, r, shared|fixed, m0, 0)\nmmap(@20, +2, r, shared|fixed, m0, +2)\n"
		  "madvise(@20, +1, guard_install)\nmremap(@20, +2, +2, maymove|fixed, @2)",
		  "p0 @0 +4 r sh gu f1+0", NULL },
		/* and of growing in place up to it */
		{ "mmap(@0, +2" RW "mmap(@4, +2" RW "madvise(@4, +1, guard_install)\n"
		  "mremap(@0, +2, +4, 0, @0)",
		  "p0 @0 +6 rw gu ac av=A", NULL },
	};

	check_shapes(*state, rows, ARRAY_SIZE(rows));
}

/* Without the flag it is the anon_vma that shows that there are guard markers. */
static void test_sticky_guard_without_the_flag_is_nothing(void **state)
{
	struct testing *t = *state;

	run_with(t, "guard_flag=no,guard_prepares_anon=all",
		 "mmap(@0, +4" RW "madvise(@0, +1, guard_install)\nmmap(@4, +2" RW);
	expect_areas(t, "p0 @0 +6 rw ac av=A");
}

/* A split copies the flag to both, and it goes with no later operation. */
static void test_sticky_guard_is_copied_by_a_split(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "madvise(@0, +1, guard_install)\nmunmap(@0, +1)\n"
	       "mprotect(@3, +1, r)");
	expect_areas(t, "p0 @1 +2 rw gu ac av=A\n"
			"p0 @3 +1 r gu ac av=A");
}

/* @clean: the area whose soft-dirty bit was cleared before @program. */
static void soft_dirty(struct testing *t, const char *maps, u64 clean, const char *program)
{
	restart(t, NULL);
	t->model.config.soft_dirty = true;
	run(t, maps);
	area(t, 0, clean)->flags &= ~VMF_SOFTDIRTY;
	run(t, program);
}

static void test_sticky_soft_dirty_of_either_part(void **state)
{
	struct testing *t = *state;

	soft_dirty(t, "mmap(@0, +2" RW "mmap(@2, +2" RO, 0, "mprotect(@2, +2, rw)");
	expect_areas(t, "p0 @0 +4 rw ac sd");
	soft_dirty(t, "mmap(@0, +2" RW "mmap(@2, +2" RO, 2, "mprotect(@2, +2, rw)");
	expect_areas(t, "p0 @0 +4 rw ac sd");
	soft_dirty(t, "mmap(@0, +2" RW, 0, "mmap(@2, +2" RW);
	expect_areas(t, "p0 @0 +4 rw ac sd");
	/* no part: it is not invented */
	soft_dirty(t, "mmap(@0, +2" RW "mmap(@2, +2" RO, 0, "");
	area(t, 0, 2)->flags &= ~VMF_SOFTDIRTY;
	run(t, "mprotect(@2, +2, rw)");
	expect_areas(t, "p0 @0 +4 rw ac");
}

/* ---- rule 10: no room for a split ---- */

static void limited(struct testing *t, u32 max, const char *program)
{
	restart(t, NULL);
	t->model.config.max_map_count = max;
	run(t, program);
}

static void test_split_without_room_is_refused(void **state)
{
	struct testing *t = *state;

	limited(t, 1, "mmap(@0, +9" RW "mprotect(@3, +3, r) = ENOMEM");
	expect_areas(t, "p0 @0 +9 rw ac");
}

static void test_split_without_room_for_the_second_the_first_stays(void **state)
{
	struct testing *t = *state;

	limited(t, 2, "mmap(@0, +9" RW "mprotect(@3, +3, r) = ENOMEM");
	expect_areas(t, "p0 @0 +3 rw ac\n"
			"p0 @3 +6 rw ac");
	limited(t, 3, "mmap(@0, +9" RW "mprotect(@3, +3, r) = 0");
	expect_areas(t, "p0 @0 +3 rw ac\n"
			"p0 @3 +3 r\n"
			"p0 @6 +3 rw ac");
}

/* Moving a boundary needs no room. */
static void test_merge_of_a_part_needs_no_room(void **state)
{
	struct testing *t = *state;

	limited(t, 2, "mmap(@0, +3" RW "mmap(@3, +3" RO "mprotect(@3, +1, rw) = 0");
	expect_areas(t, "p0 @0 +4 rw ac\n"
			"p0 @4 +2 r");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_new_joins_left),
		TEST(test_new_joins_right),
		TEST(test_new_joins_right_offset_goes_down),
		TEST(test_new_joins_both),
		TEST(test_new_joins_both_of_one_anon_vma),
		TEST(test_new_between_two_anon_vmas_left_or_right_wins),
		TEST(test_new_chained_by_who_is_faulted),
		TEST(test_new_chained_joins_one_side),
		TEST(test_modify_whole),
		TEST(test_modify_part),
		TEST(test_modify_split),
		TEST(test_modify_between_two_anon_vmas_left_wins),
		TEST(test_modify_right_whole_the_upper_stays),
		TEST(test_modify_left_whole_the_lower_stays),
		TEST(test_sticky_guard_of_a_neighbour_stays),
		TEST(test_sticky_guard_without_the_flag_is_nothing),
		TEST(test_sticky_guard_is_copied_by_a_split),
		TEST(test_sticky_soft_dirty_of_either_part),
		TEST(test_split_without_room_is_refused),
		TEST(test_split_without_room_for_the_second_the_first_stays),
		TEST(test_merge_of_a_part_needs_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
