/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a move of mremap does: offsets, merging at the destination, pages, MREMAP_DONTUNMAP and its
 * known bugs. The numbers are those of the rules in op_mremap_move.c.
 */
#include "testing.h"

#define MOVE(from, pages, to) \
	"mremap(@" #from ", +" #pages ", +" #pages ", maymove|fixed, @" #to ") = @" #to "\n"
#define DONTUNMAP(from, pages, to)                                                                \
	"mremap(@" #from ", +" #pages ", +" #pages ", maymove|fixed|dontunmap, @" #to ") = @" #to \
	"\n"
#define LOCKED ", rw, private|anonymous|fixed|locked, none, 0)\n"

struct move {
	const char *program, *areas, *why;
};

static void check_moves(struct testing *t, const char *rules, const struct move *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		run_row(t, rules, rows[i].program, rows[i].why);
		expect_areas(t, rows[i].areas);
	}
}

/* ---- rule 3 ---- */

static void test_move_offset(void **state)
{
	static const struct move rows[] = {
		{ "mmap(@0, +4" RW MOVE(0, 4, 20), "p0 @20 +4 rw ac", "unfaulted: starts anew" },
		{ "mmap(@0, +4" RW "write(@0)\n" MOVE(0, 4, 20), "p0 @20 +4 rw ac pgoff=@0 av=A",
		  "faulted: keeps it" },
		{ "mmap(@0, +4" RW "write(@0)\n" MOVE(2, 2, 20),
		  "p0 @0 +2 rw ac av=A\np0 @20 +2 rw ac pgoff=@2 av=A",
		  "a part: what it was there, faulted though nothing of it was touched" },
		{ "mmap(@0, +4, rw, private|fixed, m0, +3)\n" MOVE(1, 3, 20),
		  "p0 @0 +1 rw ac f1+3\np0 @20 +3 rw ac f1+4", "a file: always keeps it" },
		{ "mmap(@0, +4, rw, shared|fixed, m0, +3)\n" MOVE(0, 4, 20), "p0 @20 +4 rw sh f1+3",
		  "shared too" },
		{ "mmap(@0, +1, rw, private|fixed, zero, +3)\nwrite(@0)\n" MOVE(0, 1, 20),
		  "p0 @20 +1 rw ac f1+3 apgoff=@0 av=A", "faulted /dev/zero" },
	};

	check_moves(*state, NULL, rows, ARRAY_SIZE(rows));
}

/* The offset stays stale for ever, whatever is mapped there first; moved back, it fits again. */
static void test_move_back_fits_again(void **state)
{
	static const struct move rows[] = {
		{ "mmap(@0, +9" RW "write(@4)\n" MOVE(3, 3, 20) MOVE(20, 3, 3),
		  "p0 @0 +9 rw ac av=A", "into both halves" },
		{ "mmap(@0, +4" RW "write(@0)\n" MOVE(0, 4, 20) "mmap(@24, +4" RW,
		  "p0 @20 +4 rw ac pgoff=@0 av=A\np0 @24 +4 rw ac", "not with what is beside it" },
	};

	check_moves(*state, NULL, rows, ARRAY_SIZE(rows));
}

static void test_move_anonymous_offset_of_a_file(void **state)
{
	static const char unfaulted[] = "mmap(@0, +2, rw, private|fixed, m0, +3)\n" MOVE(0, 2, 20);
	static const char faulted[] =
		"mmap(@0, +2, rw, private|fixed, m0, +3)\nwrite(@0)\n" MOVE(0, 2, 20);
	struct testing *t = *state;

	run_with(t, "cow_file_index=virtual", unfaulted);
	expect_areas(t, "p0 @20 +2 rw ac f1+3");
	run_with(t, "cow_file_index=virtual", faulted);
	expect_areas(t, "p0 @20 +2 rw ac f1+3 apgoff=@0 av=A");
	run_with(t, "cow_file_index=file", faulted);
	expect_areas(t, "p0 @20 +2 rw ac f1+3 av=A");
}

/* ---- rule 4 ---- */

static void test_move_merges_at_the_destination(void **state)
{
	static const struct move rows[] = {
		{ "mmap(@0, +2" RW "mmap(@18, +2" RW MOVE(0, 2, 20), "p0 @18 +4 rw ac", "left" },
		{ "mmap(@0, +2" RW "mmap(@22, +2" RW MOVE(0, 2, 20), "p0 @20 +4 rw ac", "right" },
		{ "mmap(@0, +2" RW "mmap(@18, +2" RW "mmap(@22, +2" RW MOVE(0, 2, 20),
		  "p0 @18 +6 rw ac", "both" },
		{ "mmap(@0, +2" RW "mmap(@18, +2" RW "write(@18)\n" MOVE(0, 2, 20),
		  "p0 @18 +4 rw ac av=A", "unfaulted into faulted" },
		{ "mmap(@0, +8" RW MOVE(0, 2, 8), "p0 @2 +8 rw ac", "with the rest of itself" },
		{ "mmap(@0, +8" RW "write(@0)\n" MOVE(0, 2, 8),
		  "p0 @2 +6 rw ac av=A\np0 @8 +2 rw ac pgoff=@0 av=A", "but not if faulted" },
	};

	check_moves(*state, NULL, rows, ARRAY_SIZE(rows));
}

/* A faulted area moves back beside the rest of where it was cut from, which is unfaulted. */
#define FAULTED_BESIDE_UNFAULTED                           \
	"mmap(@0, +6" RW "munmap(@3, +3)\nmmap(@3, +3" RWX \
	"write(@3)\n" MOVE(3, 3, 30) "mprotect(@30, +3, rw)\n"

static void test_move_faulted_beside_unfaulted(void **state)
{
	struct testing *t = *state;

	run(t, FAULTED_BESIDE_UNFAULTED MOVE(30, 3, 3) "read(@3) = 4\nfork() = p1\n"
						       "p1: read(@3) = 4");
	expect_areas(t, "p0 @0 +6 rw ac av=A\n"
			"p1 @0 +6 rw ac av=B chain=B,A");
	run_with(t, "anon_merge=legacy", FAULTED_BESIDE_UNFAULTED MOVE(30, 3, 3));
	expect_areas(t, "p0 @0 +3 rw ac\n"
			"p0 @3 +3 rw ac av=A");
}

/* The bug: a merged area without anon_vma, whose pages a child does not get. */
static void test_move_faulted_loses_its_anon_vma_by_a_known_bug(void **state)
{
	struct testing *t = *state;

	run_with(t, "copy_loses_anon=on",
		 FAULTED_BESIDE_UNFAULTED MOVE(30, 3, 3) "fork() = p1\n"
							 "p1: read(@3) = 0\nread(@3) = 4");
	expect_areas(t, "p0 @0 +6 rw ac\n"
			"p1 @0 +6 rw ac");
	assert_true(t->model.quirks_met & 1u << QUIRK_COPY_LOSES_ANON);
}

static void test_move_fork_child_joins_nothing_unfaulted(void **state)
{
	static const char program[] = FAULTED_BESIDE_UNFAULTED
		"fork() = p1\n"
		"p1: mremap(@30, +3, +3, maymove|fixed, @3) = @3";
	struct testing *t = *state;

	run(t, program);
	expect_areas(t, "p0 @0 +3 rw ac\n"
			"p0 @30 +3 rw ac pgoff=@3 av=A\n"
			"p1 @0 +3 rw ac\n"
			"p1 @3 +3 rw ac av=B chain=A,B");
	run_with(t, "copy_forklimit=on", program);
	assert_int_equal(t->model.mm[1].vma_count, 1);
	assert_int_equal(t->model.quirks_met, 1u << QUIRK_COPY_FORKLIMIT);
}

static void test_dontunmap_does_not_merge_with_itself(void **state)
{
	static const struct {
		const char *rules, *areas;
	} rows[] = {
		{ "dontunmap_skip_merge=no", "p0 @0 +4 rw ac\np0 @4 +8 rw ac" },
		{ "dontunmap_skip_merge=yes", "p0 @0 +4 rw ac\np0 @4 +4 rw ac\np0 @8 +4 rw ac" },
		{ "dontunmap_self_merge=on", "p0 @0 +12 rw ac" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_with(t, rows[i].rules, "mmap(@0, +4" RW "mmap(@8, +4" RW DONTUNMAP(0, 4, 4));
		expect_areas(t, rows[i].areas);
	}
	assert_int_equal(t->model.quirks_met, 1u << QUIRK_DONTUNMAP_SELF_MERGE);
}

/* Files continue their own offsets, so nothing has to be excluded. */
static void test_dontunmap_of_a_file_beside_itself(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4, rw, shared|fixed, m0, 0)\n" DONTUNMAP(0, 4, 4));
	expect_areas(t, "p0 @0 +4 rw sh f1+0\n"
			"p0 @4 +4 rw sh f1+0");
}

/* ---- rule 5 ---- */

static void test_move_takes_pages_and_guards_along(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@0)\nmadvise(@1, +1, guard_install)\nread(@2) = 0\n" MOVE(
		       0, 4, 20) "read(@20) = 2\nread(@21) = SIGSEGV");
	expect_pages(t, "p0 page @20 tag=2\n"
			"p0 page @21 guard\n"
			"p0 page @22 tag=0");
	assert_int_equal(page(t, 0, 20)->index, ARENA_PAGE);
	assert_int_equal(page(t, 0, 20)->owner, area(t, 0, 20)->anon_vma);
}

/* ---- rule 6 ---- */

static void test_dontunmap_whole_leaves_an_unfaulted_area(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@0)\n" DONTUNMAP(0, 4, 20) "read(@0) = 0\nread(@20) = 2");
	expect_state(t, "p0 @0 +4 rw ac\n"
			"p0 @20 +4 rw ac pgoff=@0 av=A\n"
			"p0 map_count=+2 total_vm=+8 data_vm=+8\n"
			"A root=A parent=A children=1 active=1 refs=1");
}

static void test_dontunmap_part_stays_faulted(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "write(@2)\n" DONTUNMAP(2, 2, 40));
	expect_state(t, "p0 @0 +6 rw ac av=A\n"
			"p0 @40 +2 rw ac pgoff=@2 av=A\n"
			"p0 map_count=+2 total_vm=+8 data_vm=+8\n"
			"A root=A parent=A children=1 active=2 refs=1");
}

/* Moved before, it has a stale offset; with its pages gone, it is indexed by its address again. */
static void test_dontunmap_whole_resets_the_offset(void **state)
{
	static const char program[] = "mmap(@0, +4" RW "write(@0)\n" MOVE(0, 4, 20)
		DONTUNMAP(20, 4, 40);
	struct testing *t = *state;

	run(t, program);
	expect_areas(t, "p0 @20 +4 rw ac\n"
			"p0 @40 +4 rw ac pgoff=@0 av=A");
	run_with(t, "dontunmap_stale_pgoff=on,cow_file_index=file", program);
	expect_areas(t, "p0 @20 +4 rw ac pgoff=@0\n"
			"p0 @40 +4 rw ac pgoff=@0 av=A");
	assert_int_equal(t->model.quirks_met, 1u << QUIRK_DONTUNMAP_STALE_PGOFF);
}

/* Purely anonymous memory alone: files, and /dev/zero, keep their offset. */
static void test_dontunmap_whole_keeps_the_offset_of_files(void **state)
{
	struct testing *t = *state;

	run(t,
	    "mmap(@0, +1, rw, private|fixed, zero, +3)\nwrite(@0)\n" DONTUNMAP(
		    0, 1, 20) "mmap(@4, +1, rw, private|fixed, m0, +3)\nwrite(@4)\n" DONTUNMAP(4, 1,
											       24));
	assert_int_equal(area(t, 0, 0)->pgoff, 3);
	assert_int_equal(area(t, 0, 4)->pgoff, 3);
	assert_int_equal(area(t, 0, 0)->anon_vma, 0);
	assert_int_equal(area(t, 0, 4)->anon_pgoff, ARENA_PAGE + 4);
}

static void test_dontunmap_unaccounts_by_a_known_bug(void **state)
{
	static const char program[] = "mmap(@0, +4" RW DONTUNMAP(0, 4, 20);
	struct testing *t = *state;

	run(t, program);
	expect_areas(t, "p0 @0 +4 rw ac\n"
			"p0 @20 +4 rw ac");
	run_with(t, "dontunmap_unaccounts=on", program);
	expect_areas(t, "p0 @0 +4 rw\n"
			"p0 @20 +4 rw ac");
}

/* ---- rules 2 and 7 ---- */

static void test_dontunmap_locked_part_is_split_off(void **state)
{
	static const char program[] = "mmap(@0, +6" LOCKED DONTUNMAP(2, 2, 40);
	struct testing *t = *state;

	run(t, program);
	expect_state(t, "p0 @0 +2 rw lo ac av=A\n"
			"p0 @2 +2 rw ac\n"
			"p0 @4 +2 rw lo ac av=A\n"
			"p0 @40 +2 rw lo ac pgoff=@2 av=A\n"
			"p0 map_count=+4 total_vm=+8 data_vm=+8 locked_vm=+6\n"
			"A root=A parent=A children=1 active=3 refs=1");
	run_with(t, "dontunmap_locked_leak=on", program);
	expect_areas(t, "p0 @0 +6 rw ac av=A\n"
			"p0 @40 +2 rw lo ac pgoff=@2 av=A");
	expect_counters(t, "p0 map_count=+2 total_vm=+8 data_vm=+8 locked_vm=+8");
	run_with(t, "dontunmap_locked_nocharge=on", program);
	expect_areas(t, "p0 @0 +6 rw ac av=A\n"
			"p0 @40 +2 rw lo ac pgoff=@2 av=A");
	expect_counters(t, "p0 map_count=+2 total_vm=+8 data_vm=+8 locked_vm=+6");
}

static void test_dontunmap_locked_whole(void **state)
{
	static const char program[] = "mmap(@0, +4" LOCKED DONTUNMAP(0, 4, 40);
	struct testing *t = *state;

	run(t, program);
	expect_areas(t, "p0 @0 +4 rw ac\n"
			"p0 @40 +4 rw lo ac pgoff=@0 av=A");
	expect_counters(t, "p0 map_count=+2 total_vm=+8 data_vm=+8 locked_vm=+4");
	run_with(t, "dontunmap_locked_leak=on", program);
	expect_counters(t, "p0 map_count=+2 total_vm=+8 data_vm=+8 locked_vm=+8");
	/* only parts are affected by this one */
	run_with(t, "dontunmap_locked_nocharge=on", program);
	expect_counters(t, "p0 map_count=+2 total_vm=+8 data_vm=+8 locked_vm=+4");
	assert_int_equal(t->model.quirks_met, 0);
}

static void test_dontunmap_locked_without_room_to_split(void **state)
{
	struct testing *t = *state;

	/* rule 1 of the move asks for one more if the area is locked */
	t->model.config.max_map_count = 6;
	run(t, "mmap(@0, +6" LOCKED "mremap(@2, +2, +2, maymove|fixed|dontunmap, @40) = @40");
	restart(t, NULL);
	t->model.config.max_map_count = 5;
	run(t, "mmap(@0, +6" LOCKED "mremap(@2, +2, +2, maymove|fixed|dontunmap, @40) = ENOMEM");
	expect_areas(t, "p0 @0 +6 rw lo ac av=A");
}

static void test_move_counts_nothing_twice(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" LOCKED MOVE(1, 2, 20));
	expect_counters(t, "p0 map_count=+3 total_vm=+6 data_vm=+6 locked_vm=+6");
	run(t, "mremap(@20, +2, +5, maymove|fixed, @30) = @30");
	expect_counters(t, "p0 map_count=+3 total_vm=+9 data_vm=+9 locked_vm=+9");
	run(t, "mremap(@30, +5, +1, maymove|fixed, @50) = @50");
	expect_counters(t, "p0 map_count=+3 total_vm=+5 data_vm=+5 locked_vm=+5");
}

/* Locked only when touched: nothing is filled. */
static void test_move_growing_lock_on_fault_is_not_filled(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mlock2(@0, +2, onfault)\nmremap(@0, +2, +4, maymove|fixed, @20)");
	expect_areas(t, "p0 @20 +4 rw lo lf ac");
	expect_pages(t, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_move_offset),
		TEST(test_move_back_fits_again),
		TEST(test_move_anonymous_offset_of_a_file),
		TEST(test_move_merges_at_the_destination),
		TEST(test_move_faulted_beside_unfaulted),
		TEST(test_move_faulted_loses_its_anon_vma_by_a_known_bug),
		TEST(test_move_fork_child_joins_nothing_unfaulted),
		TEST(test_dontunmap_does_not_merge_with_itself),
		TEST(test_dontunmap_of_a_file_beside_itself),
		TEST(test_move_takes_pages_and_guards_along),
		TEST(test_dontunmap_whole_leaves_an_unfaulted_area),
		TEST(test_dontunmap_part_stays_faulted),
		TEST(test_dontunmap_whole_resets_the_offset),
		TEST(test_dontunmap_whole_keeps_the_offset_of_files),
		TEST(test_dontunmap_unaccounts_by_a_known_bug),
		TEST(test_dontunmap_locked_part_is_split_off),
		TEST(test_dontunmap_locked_whole),
		TEST(test_dontunmap_locked_without_room_to_split),
		TEST(test_move_counts_nothing_twice),
		TEST(test_move_growing_lock_on_fault_is_not_filled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
