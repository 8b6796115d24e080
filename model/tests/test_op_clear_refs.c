/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clear_refs, and what becomes of soft-dirty flags when areas merge, split, move and grow.
 */
#include "testing.h"

#define CLEAR "clear_refs(soft_dirty) = 0\n"

/* Runs @program with @rules in a kernel with soft-dirty flags; the areas are then @areas. */
static void check(struct testing *t, const char *rules, const char *program, const char *areas)
{
	restart(t, rules);
	t->model.config.soft_dirty = true;
	run(t, program);
	expect_areas(t, areas);
}

static void test_clear_refs_of_other_kinds_changes_nothing(void **state)
{
	check(*state, NULL,
	      "mmap(@0, +2" RW "write(@0)\nclear_refs(all) = 0\nclear_refs(anonymous) = 0\n"
	      "clear_refs(mapped) = 0\nclear_refs(peak) = 0\nclear_refs(bad) = EINVAL\n",
	      "p0 @0 +2 rw ac sd av=A");
}

static void test_clear_refs_without_soft_dirty_succeeds(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW CLEAR);
	expect_areas(t, "p0 @0 +2 rw ac");
}

static void test_clear_refs_merges_nothing_and_concerns_one_process(void **state)
{
	check(*state, NULL,
	      "mmap(@0, +2" RW "mmap(@2, +2" RO "mprotect(@2, +2, rwx)\nfork() = p1\n"
	      "p1: " CLEAR,
	      "p0 @0 +2 rw ac sd\np0 @2 +2 rwx ac sd\np1 @0 +2 rw ac\np1 @2 +2 rwx ac");
}

static void test_new_memory_makes_what_it_joins_soft_dirty(void **state)
{
	static const char *const rules[] = { NULL, "soft_dirty_lost=on,grow_not_soft_dirty=on" };

	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		check(*state, rules[i], "mmap(@0, +2" RW CLEAR "mmap(@2, +2" RW,
		      "p0 @0 +4 rw ac sd");
		check(*state, rules[i], "brk(@41)\n" CLEAR "brk(@42)\n", "p0 @40 +2 rw ac sd");
		assert_int_equal(((struct testing *)*state)->model.quirks_met, 0);
	}
}

/* An operation that merges a clean area [2, 4) with a soft-dirty [0, 2), or the reverse. */
static const struct row {
	const char *what, *program, *areas; /* as is specified */
	const char *buggy;                  /* with soft_dirty_lost */
} rows[] = {
	{ "mprotect, soft-dirty neighbour",
	  "mmap(@2, +2" RO CLEAR "mmap(@0, +2" RW "mprotect(@2, +2, rw)\n", "p0 @0 +4 rw ac sd",
	  "p0 @0 +4 rw ac" },
	{ "mprotect, soft-dirty range",
	  "mmap(@0, +2" RW CLEAR "mmap(@2, +2" RO "mprotect(@2, +2, rw)\n", "p0 @0 +4 rw ac sd",
	  "p0 @0 +4 rw ac sd" },
	{ "mprotect of a part",
	  "mmap(@2, +4" RO CLEAR "mmap(@0, +2" RW "mprotect(@2, +2, rw)\n",
	  "p0 @0 +4 rw ac sd\np0 @4 +2 r", "p0 @0 +4 rw ac\np0 @4 +2 r" },
	{ "mseal, soft-dirty area that stays",
	  "mmap(@2, +2" RW "madvise(@2, +2, dontdump)\n" CLEAR "mmap(@0, +2" RW
	  "mseal(@0, +2, 0)\nmadvise(@2, +2, dodump)\nmseal(@2, +2, 0)\n",
	  "p0 @0 +4 rw ac sd sl", "p0 @0 +4 rw ac sd sl" },
	{ "mbind, soft-dirty range that goes",
	  "mmap(@0, +2" RW CLEAR "mmap(@2, +2" RO "mbind(@2, +2, bind)\nmprotect(@2, +2, rw)\n"
	  "mbind(@2, +2, default)\n", "p0 @0 +4 rw ac sd", "p0 @0 +4 rw ac" },
	{ "mbind, soft-dirty area that stays",
	  "mmap(@2, +2" RW "mbind(@2, +2, bind)\n" CLEAR "mmap(@0, +2" RW
	  "mbind(@2, +2, default)\n", "p0 @0 +4 rw ac sd", "p0 @0 +4 rw ac sd" },
	{ "naming, soft-dirty neighbour",
	  "mmap(@2, +2" RW "set_vma_name(@2, +2, a)\n" CLEAR "mmap(@0, +2" RW
	  "set_vma_name(@2, +2, none)\n", "p0 @0 +4 rw ac sd", "p0 @0 +4 rw ac" },
	{ "mremap of something soft-dirty",
	  "mmap(@0, +2" RW CLEAR "mmap(@20, +2" RW "mremap(@20, +2, +2, maymove|fixed, @2)\n",
	  "p0 @0 +4 rw ac sd", "p0 @0 +4 rw ac" },
	{ "mremap to something soft-dirty",
	  "mmap(@20, +2" RW CLEAR "mmap(@0, +2" RW "mremap(@20, +2, +2, maymove|fixed, @2)\n",
	  "p0 @0 +4 rw ac sd", "p0 @0 +4 rw ac sd" },
};

static void test_merged_areas_are_soft_dirty_if_either_was(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		check(*state, NULL, rows[i].program, rows[i].areas);
		check(*state, "soft_dirty_lost=on", rows[i].program, rows[i].buggy);
		assert_int_equal(((struct testing *)*state)->model.quirks_met != 0,
				 strcmp(rows[i].areas, rows[i].buggy) != 0);
	}
}

static void test_split_and_moved_areas_are_what_they_were(void **state)
{
	check(*state, NULL,
	      "mmap(@0, +4" RW "write(@0)\n" CLEAR "mmap(@8, +2" RW "mprotect(@2, +1, r)\n"
	      "mremap(@0, +2, +2, maymove|fixed, @20)\n",
	      "p0 @2 +1 r ac av=A\np0 @3 +1 rw ac av=A\np0 @8 +2 rw ac sd\n"
	      "p0 @20 +2 rw ac pgoff=@0 av=A");
}

/* Ways of growing, and what they lead to without the bug. */
static void test_what_grows_is_soft_dirty_but_for_the_bug(void **state)
{
	static const struct {
		const char *program, *areas, *buggy;
	} grows[] = {
		{ "mmap(@0, +2" RW CLEAR "mremap(@0, +2, +3, 0, @0)\n", "p0 @0 +3 rw ac sd",
		  "p0 @0 +3 rw ac" },
		{ "mmap(@0, +2" RW CLEAR "mremap(@0, +2, +3, maymove|fixed, @9)\n",
		  "p0 @9 +3 rw ac sd", "p0 @9 +3 rw ac" },
		{ "mmap(@9, +2, rw, private|anonymous|fixed|growsdown, none, 0)\n" CLEAR
		  "write(@8) = 0\n", "p0 @8 +3 rw gd ac sd av=A", "p0 @8 +3 rw gd ac av=A" },
		{ "mmap(@0, +2, rw, shared|fixed, dev, 0)\n" CLEAR "mremap(@0, +2, +3, 0, @0)\n",
		  "p0 @0 +3 rw sh sd f1+0 close", "p0 @0 +3 rw sh f1+0 close" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(grows); i++) {
		check(*state, NULL, grows[i].program, grows[i].areas);
		check(*state, "close_blocks=any", grows[i].program, grows[i].areas);
		check(*state, "grow_not_soft_dirty=on", grows[i].program, grows[i].buggy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_clear_refs_of_other_kinds_changes_nothing),
		TEST(test_clear_refs_without_soft_dirty_succeeds),
		TEST(test_clear_refs_merges_nothing_and_concerns_one_process),
		TEST(test_new_memory_makes_what_it_joins_soft_dirty),
		TEST(test_merged_areas_are_soft_dirty_if_either_was),
		TEST(test_split_and_moved_areas_are_what_they_were),
		TEST(test_what_grows_is_soft_dirty_but_for_the_bug),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
