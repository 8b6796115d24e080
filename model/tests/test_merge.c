/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Merging and splitting: each rule that refuses and is recorded, each shape that a merge can have,
 * the flags of what comes out, and the split that stays although the next one failed.
 */
#include "testing.h"

#define M0 ", rw, private|fixed, m0, "
#define TWO_FAULTED "mmap(@0, +3" RW "mmap(@6, +3" RW "write(@0)\nwrite(@6)\n"
#define CHILD "mmap(@0, +4" RW "write(@0)\nfork() = p1\n"

/* A program whose last operation considers a merge, and what is recorded of that. */
struct refusal {
	const char *rules, *program;
	enum merge_rule prev, next, why;
};

static void check_refusals(struct testing *t, const struct refusal *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		run_with(t, rows[i].rules, rows[i].program);
		expect_merge(t, rows[i].prev, rows[i].next);
		expect_why(t, rows[i].why);
	}
}

static void test_refused_geometry(void **state)
{
	static const struct refusal rows[] = {
		{ NULL, "mmap(@0, +2" RW, MERGE_NO_NEIGHBOUR, MERGE_NO_NEIGHBOUR,
		  MERGE_NO_NEIGHBOUR },
		{ NULL, "mmap(@0, +2" RW "mmap(@8, +2" RW "mmap(@4, +2" RW, MERGE_NO_NEIGHBOUR,
		  MERGE_NO_NEIGHBOUR, MERGE_NO_NEIGHBOUR },
		{ NULL, "mmap(@0, +6" RW "mprotect(@2, +2, r)", MERGE_NOT_AT_EDGE,
		  MERGE_NOT_AT_EDGE, MERGE_NOT_AT_EDGE },
		{ NULL, "mmap(@0, +6" RW "mprotect(@0, +2, r)", MERGE_NO_NEIGHBOUR,
		  MERGE_NOT_AT_EDGE, MERGE_NOT_AT_EDGE },
		{ NULL, "mmap(@0, +6" RW "mprotect(@4, +2, r)", MERGE_NOT_AT_EDGE,
		  MERGE_NO_NEIGHBOUR, MERGE_NOT_AT_EDGE },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

#define DEV ", rw, shared|fixed, dev, "
#define CLOSE_AREA "mmap(@0, +8" DEV "0)\n"

static void test_refused_by_close(void **state)
{
	static const char split_left[] = CLOSE_AREA "mprotect(@2, +2, r)\nmprotect(@2, +1, rw)";
	static const char split_right[] = CLOSE_AREA "mprotect(@2, +2, r)\nmprotect(@3, +1, rw)";
	static const char whole[] = CLOSE_AREA "mprotect(@2, +4, r)\nmprotect(@2, +4, rw)";
	static const char between[] = CLOSE_AREA "munmap(@2, +2)\nmmap(@2, +2" DEV "+2)";
	static const char behind[] = CLOSE_AREA "munmap(@0, +2)\nmmap(@0, +2" DEV "0)";
	static const struct refusal rows[] = {
		/* The boundary shifts, and nothing goes. */
		{ NULL, split_left, MERGE_OK, MERGE_NOT_AT_EDGE, MERGE_OK },
		{ "close_blocks=next_or_removed", split_left, MERGE_OK, MERGE_NOT_AT_EDGE,
		  MERGE_OK },
		{ "close_blocks=any", split_left, MERGE_CLOSE, MERGE_NOT_AT_EDGE, MERGE_CLOSE },
		{ NULL, split_right, MERGE_NOT_AT_EDGE, MERGE_OK, MERGE_OK },
		{ "close_blocks=next_or_removed", split_right, MERGE_NOT_AT_EDGE, MERGE_CLOSE,
		  MERGE_CLOSE },
		{ "close_blocks=any", split_right, MERGE_NOT_AT_EDGE, MERGE_CLOSE, MERGE_CLOSE },
		/* The area in the middle would go. */
		{ NULL, whole, MERGE_CLOSE, MERGE_CLOSE, MERGE_CLOSE },
		{ "close_blocks=next_or_removed", whole, MERGE_CLOSE, MERGE_CLOSE, MERGE_CLOSE },
		{ "close_blocks=any", whole, MERGE_CLOSE, MERGE_CLOSE, MERGE_CLOSE },
		/* Of a new range's neighbours the right one would go, if both joined it. */
		{ NULL, between, MERGE_OK, MERGE_CLOSE, MERGE_CLOSE },
		{ "close_blocks=next_or_removed", between, MERGE_OK, MERGE_CLOSE, MERGE_CLOSE },
		{ "close_blocks=any", between, MERGE_CLOSE, MERGE_CLOSE, MERGE_CLOSE },
		{ NULL, behind, MERGE_NO_NEIGHBOUR, MERGE_OK, MERGE_OK },
		{ "close_blocks=next_or_removed", behind, MERGE_NO_NEIGHBOUR, MERGE_CLOSE,
		  MERGE_CLOSE },
		{ "close_blocks=any", behind, MERGE_NO_NEIGHBOUR, MERGE_CLOSE, MERGE_CLOSE },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

static void test_device_has_no_largest_offset(void **state)
{
	run(*state, "mmap(@0, +2, rw, shared|fixed, dev, 0x7ffffffffffff000) = @0\n"
		    "mmap(@4, +2, rw, shared|fixed, m0, 0x7ffffffffffff000) = EOVERFLOW\n");
}

static void test_growing_in_place_with_close_joins_nothing_behind(void **state)
{
	static const char program[] = CLOSE_AREA "munmap(@2, +2)\nmremap(@0, +2, +4, 0, @0) = @0";
	struct testing *t = *state;

	run_with(t, NULL, program);
	expect_areas(t, "p0 @0 +4 rw sh f1+0 close\np0 @4 +4 rw sh f1+4 close");
	expect_merge(t, MERGE_OK, MERGE_CLOSE);
	run_with(t, "close_blocks=any", program);
	expect_areas(t, "p0 @0 +4 rw sh f1+0 close\np0 @4 +4 rw sh f1+4 close");
	expect_counters(t, "p0 map_count=+2 total_vm=+8");
}

static void test_refused_by_flags(void **state)
{
	static const struct refusal rows[] = {
		{ NULL, "mmap(@0, +2" RO "mmap(@2, +2" RW, MERGE_FLAGS, MERGE_NO_NEIGHBOUR,
		  MERGE_FLAGS },
		{ NULL, "mmap(@2, +2" RW "madvise(@2, +2, dontdump)\nmmap(@0, +2" RW,
		  MERGE_NO_NEIGHBOUR, MERGE_FLAGS, MERGE_FLAGS },
		{ NULL,
		  "mmap(@0, +2, rw, private|anonymous|fixed|noreserve, none, 0)\n"
		  "mmap(@2, +2" RW,
		  MERGE_FLAGS, MERGE_NO_NEIGHBOUR, MERGE_FLAGS },
		{ NULL, "mmap(@0, +2" RW "mseal(@0, +2, 0)\nmmap(@2, +2" RW, MERGE_FLAGS,
		  MERGE_NO_NEIGHBOUR, MERGE_FLAGS },
		{ NULL, "mmap(@0, +2, rw, shared|fixed, m0, 0)\nmmap(@2, +2" M0 "+2)", MERGE_FLAGS,
		  MERGE_NO_NEIGHBOUR, MERGE_FLAGS },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

static void test_refused_by_file(void **state)
{
	static const struct refusal rows[] = {
		{ NULL, "mmap(@0, +2" M0 "0)\nmmap(@2, +2, rw, private|fixed, m1, +2)", MERGE_FILE,
		  MERGE_NO_NEIGHBOUR, MERGE_FILE },
		/* the same inode, opened twice */
		{ NULL, "mmap(@0, +2" M0 "0)\nmmap(@2, +2, rw, private|fixed, m0b, +2)", MERGE_FILE,
		  MERGE_NO_NEIGHBOUR, MERGE_FILE },
		{ NULL, "mmap(@2, +2" M0 "+2)\nmmap(@0, +2" RW, MERGE_NO_NEIGHBOUR, MERGE_FILE,
		  MERGE_FILE },
		/* each shared anonymous mapping is a file of its own */
		{ NULL,
		  "mmap(@0, +2, rw, shared|anonymous|fixed, none, 0)\n"
		  "mmap(@2, +2, rw, shared|anonymous|fixed, none, 0)",
		  MERGE_FILE, MERGE_NO_NEIGHBOUR, MERGE_FILE },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

static void test_refused_by_anon_vma(void **state)
{
	static const struct refusal rows[] = {
		{ NULL,
		  "mmap(@0, +6" RW "madvise(@3, +3, dontdump)\nwrite(@0)\nwrite(@3)\n"
		  "madvise(@3, +3, dodump)",
		  MERGE_ANON_VMA, MERGE_NO_NEIGHBOUR, MERGE_ANON_VMA },
		{ "anon_merge=legacy",
		  "mmap(@0, +6" RW "madvise(@3, +3, dontdump)\nwrite(@0)\nwrite(@3)\n"
		  "madvise(@0, +3, dontdump)",
		  MERGE_NO_NEIGHBOUR, MERGE_ANON_VMA, MERGE_ANON_VMA },
		/* a child's parts of what was one anon_vma */
		{ NULL,
		  "mmap(@0, +4" RW "write(@0)\nmprotect(@2, +2, r)\nfork() = p1\n"
		  "p1: mprotect(@2, +2, rw)",
		  MERGE_ANON_VMA, MERGE_NO_NEIGHBOUR, MERGE_ANON_VMA },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

static void test_refused_by_anon_legacy(void **state)
{
	static const char program[] = "mmap(@0, +3" RW "mmap(@3, +3" RWX "write(@3)\n"
				      "mprotect(@3, +3, rw) = 0";
	static const struct refusal rows[] = {
		{ "anon_merge=legacy", program, MERGE_ANON_LEGACY, MERGE_NO_NEIGHBOUR,
		  MERGE_ANON_LEGACY },
		{ "anon_merge=symmetric", program, MERGE_OK, MERGE_NO_NEIGHBOUR, MERGE_OK },
	};
	struct testing *t = *state;

	check_refusals(t, rows, ARRAY_SIZE(rows));
	run_with(t, "anon_merge=legacy", program);
	expect_areas(t, "p0 @0 +3 rw ac\np0 @3 +3 rw ac av=A");
	run_with(t, "anon_merge=symmetric", program);
	expect_areas(t, "p0 @0 +6 rw ac av=A");
}

/* An unfaulted range may join a faulted area by either rule. */
static void test_legacy_unfaulted_joins_faulted(void **state)
{
	static const char program[] = "mmap(@0, +3" RW "mmap(@3, +3" RO "write(@0)\n"
				      "mprotect(@3, +3, rw) = 0";
	struct testing *t = *state;

	run_with(t, "anon_merge=legacy", program);
	expect_merge(t, MERGE_OK, MERGE_NO_NEIGHBOUR);
	expect_areas(t, "p0 @0 +6 rw ac av=A");
	run_with(t, "anon_merge=symmetric", program);
	expect_areas(t, "p0 @0 +6 rw ac av=A");
}

static void test_refused_by_fork_limit(void **state)
{
	static const struct refusal rows[] = {
		{ NULL, CHILD "p1: mmap(@4, +2" RW, MERGE_FORK_LIMIT, MERGE_NO_NEIGHBOUR,
		  MERGE_FORK_LIMIT },
		{ "anon_merge=legacy", CHILD "p1: mmap(@4, +2" RW, MERGE_FORK_LIMIT,
		  MERGE_NO_NEIGHBOUR, MERGE_FORK_LIMIT },
		/* the range that changes is the child's */
		{ NULL, CHILD "p1: mmap(@4, +2" RO "p1: mprotect(@0, +4, r)", MERGE_NO_NEIGHBOUR,
		  MERGE_FLAGS, MERGE_FLAGS },
		{ NULL, CHILD "p1: mmap(@4, +2" RWX "p1: mprotect(@0, +4, rwx)", MERGE_NO_NEIGHBOUR,
		  MERGE_FORK_LIMIT, MERGE_FORK_LIMIT },
		{ "anon_merge=legacy", CHILD "p1: mmap(@4, +2" RWX "p1: mprotect(@0, +4, rwx)",
		  MERGE_NO_NEIGHBOUR, MERGE_ANON_LEGACY, MERGE_ANON_LEGACY },
		/* growing in place: the new pages would join both */
		{ NULL, CHILD "p1: mmap(@6, +2" RW "p1: mremap(@0, +4, +6, 0, @0) = @0", MERGE_OK,
		  MERGE_FORK_LIMIT, MERGE_FORK_LIMIT },
		/* moving beside an unfaulted area */
		{ NULL,
		  CHILD "p1: mremap(@0, +4, +4, maymove|fixed, @20)\np1: mmap(@4, +2" RW
			"p1: mremap(@20, +4, +4, maymove|fixed, @0) = @0",
		  MERGE_NO_NEIGHBOUR, MERGE_FORK_LIMIT, MERGE_FORK_LIMIT },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

/* The parent's chain is single, and what a child maps for itself is no fork child. */
static void test_fork_limit_only_for_inherited(void **state)
{
	struct testing *t = *state;

	run(t, CHILD "mmap(@4, +2" RW "p1: mmap(@10, +2" RW "p1: write(@10)\np1: mmap(@12, +2" RW);
	expect_areas(t, "p0 @0 +6 rw ac av=A\n"
			"p1 @0 +4 rw ac av=B chain=B,A\n"
			"p1 @10 +4 rw ac av=C");
}

static void test_refused_by_offset(void **state)
{
	static const struct refusal rows[] = {
		{ NULL, "mmap(@0, +2" M0 "0)\nmmap(@2, +2" M0 "+3)", MERGE_OFFSET,
		  MERGE_NO_NEIGHBOUR, MERGE_OFFSET },
		{ NULL, "mmap(@2, +2" M0 "+3)\nmmap(@0, +2" M0 "0)", MERGE_NO_NEIGHBOUR,
		  MERGE_OFFSET, MERGE_OFFSET },
		/* moved memory keeps the index of its pages */
		{ NULL,
		  "mmap(@0, +4" RW "write(@0)\nmremap(@0, +4, +4, maymove|fixed, @20)\n"
		  "mmap(@24, +4" RW,
		  MERGE_OFFSET, MERGE_NO_NEIGHBOUR, MERGE_OFFSET },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

static void test_refused_by_anonymous_offset_of_a_file(void **state)
{
	static const char program[] = "mmap(@0, +2" M0 "0)\nwrite(@0)\n"
				      "mremap(@0, +2, +2, maymove|fixed, @20)\nmmap(@22, +2" M0
				      "+2)";
	struct testing *t = *state;

	run_with(t, "cow_file_index=file", program);
	expect_merge(t, MERGE_OK, MERGE_NO_NEIGHBOUR);
	expect_areas(t, "p0 @20 +4 rw ac f1+0 av=A");
	run_with(t, "cow_file_index=virtual", program);
	expect_merge(t, MERGE_OFFSET, MERGE_NO_NEIGHBOUR);
	expect_why(t, MERGE_OFFSET);
	expect_areas(t, "p0 @20 +2 rw ac f1+0 apgoff=@0 av=A\n"
			"p0 @22 +2 rw ac f1+2");
}

/* Shared mappings of files have no anonymous memory: there the rule does not apply. */
static void test_anonymous_offset_of_shared_file_does_not_matter(void **state)
{
	struct testing *t = *state;

	run_with(t, "cow_file_index=virtual",
		 "mmap(@0, +2, rw, shared|fixed, m0, 0)\nmremap(@0, +2, +2, maymove|fixed, @20)\n"
		 "mmap(@22, +2, rw, shared|fixed, m0, +2)");
	expect_merge(t, MERGE_OK, MERGE_NO_NEIGHBOUR);
}

static void test_refused_by_cross(void **state)
{
	static const struct refusal rows[] = {
		{ "new_merge=cross", TWO_FAULTED "mmap(@3, +3" RW, MERGE_OK, MERGE_CROSS,
		  MERGE_CROSS },
		{ NULL, TWO_FAULTED "mmap(@3, +3" RO "mprotect(@3, +3, rw)", MERGE_OK, MERGE_CROSS,
		  MERGE_CROSS },
		/* next was decided first */
		{ "new_merge=chained", TWO_FAULTED "mmap(@3, +3" RW, MERGE_ANON_VMA, MERGE_OK,
		  MERGE_ANON_VMA },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

static void test_refused_as_excluded(void **state)
{
	static const struct refusal rows[] = {
		{ "dontunmap_skip_merge=no",
		  "mmap(@0, +4" RW "mremap(@0, +4, +4, maymove|fixed|dontunmap, @4)",
		  MERGE_EXCLUDED, MERGE_NO_NEIGHBOUR, MERGE_EXCLUDED },
		{ "dontunmap_skip_merge=no",
		  "mmap(@0, +4" RW "mmap(@8, +4" RW
		  "mremap(@0, +4, +4, maymove|fixed|dontunmap, @4)",
		  MERGE_EXCLUDED, MERGE_OK, MERGE_EXCLUDED },
		{ "dontunmap_skip_merge=yes",
		  "mmap(@0, +4" RW "mmap(@8, +4" RW
		  "mremap(@0, +4, +4, maymove|fixed|dontunmap, @4)",
		  MERGE_EXCLUDED, MERGE_EXCLUDED, MERGE_EXCLUDED },
		/* not beside itself: nothing is special */
		{ "dontunmap_skip_merge=yes",
		  "mmap(@0, +4" RW "mmap(@12, +4" RW
		  "mremap(@0, +4, +4, maymove|fixed|dontunmap, @8)",
		  MERGE_NO_NEIGHBOUR, MERGE_OK, MERGE_OK },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

/* Where several rules refuse, the first of the list is named. */
static void test_refused_by_several_the_first_is_recorded(void **state)
{
	static const struct refusal rows[] = {
		/* flags before file */
		{ NULL, "mmap(@0, +2" M0 "0)\nmmap(@2, +2" RO, MERGE_FLAGS, MERGE_NO_NEIGHBOUR,
		  MERGE_FLAGS },
		/* file before offset */
		{ NULL, "mmap(@0, +2" M0 "0)\nmmap(@2, +2, rw, private|fixed, m1, +9)", MERGE_FILE,
		  MERGE_NO_NEIGHBOUR, MERGE_FILE },
		/* offset before anon_vma */
		{ NULL,
		  "mmap(@0, +3" RW "write(@0)\nmmap(@10, +3" RWX "write(@10)\n"
		  "mremap(@10, +3, +3, maymove|fixed, @3)\nmprotect(@3, +3, rw)",
		  MERGE_OFFSET, MERGE_NO_NEIGHBOUR, MERGE_OFFSET },
		/* offset before fork limit */
		{ NULL, CHILD "p1: mremap(@0, +4, +4, maymove|fixed, @20)\np1: mmap(@24, +2" RW,
		  MERGE_OFFSET, MERGE_NO_NEIGHBOUR, MERGE_OFFSET },
	};

	check_refusals(*state, rows, ARRAY_SIZE(rows));
}

/* ---- what is cited of an operation ---- */

static void test_why_nothing_changed_is_not_tried(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mprotect(@0, +2, rw) = 0");
	assert_int_equal(t->model.merge_count, 0);
	expect_why(t, MERGE_NOT_TRIED);
}

static void test_why_refusal_goes_before_merge(void **state)
{
	struct testing *t = *state;

	/* left: merged, right: flags */
	run(t, "mmap(@0, +2" RW "mmap(@4, +2" RO "mmap(@2, +2" RW);
	expect_merge(t, MERGE_OK, MERGE_FLAGS);
	expect_why(t, MERGE_FLAGS);
}

static void test_why_the_last_refusal_is_cited(void **state)
{
	struct testing *t = *state;

	/* two areas change: flags refuse the first, the file the second */
	run(t, "mmap(@0, +2" RO "mmap(@2, +2" RWX "mmap(@4, +2, rwx, private|fixed, m0, 0)\n"
	       "mprotect(@2, +4, rw)");
	assert_int_equal(t->model.merge_count, 2);
	expect_rule(t, "first", MERGE_FLAGS, t->model.merges[0].prev);
	expect_merge(t, MERGE_FILE, MERGE_NO_NEIGHBOUR);
	expect_why(t, MERGE_FILE);
}

static void test_records_name_the_range(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "mprotect(@2, +3, r)");
	assert_int_equal(t->model.merge_count, 1);
	assert_int_equal(t->model.merges[0].start, ARENA_PAGE + 2);
	assert_int_equal(t->model.merges[0].end, ARENA_PAGE + 5);
}

static void test_records_every_rule_has_a_name_and_a_meaning(void **state)
{
	(void)state;
	for (u32 i = 0; i < MERGE_RULE_COUNT; i++) {
		assert_true(strlen(merge_rule_names[i]) > 0);
		assert_true(strlen(merge_rule_meanings[i]) > 0);
		for (u32 j = 0; j < i; j++)
			assert_string_not_equal(merge_rule_names[i], merge_rule_names[j]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refused_geometry),
		TEST(test_refused_by_close),
		TEST(test_device_has_no_largest_offset),
		TEST(test_growing_in_place_with_close_joins_nothing_behind),
		TEST(test_refused_by_flags),
		TEST(test_refused_by_file),
		TEST(test_refused_by_anon_vma),
		TEST(test_refused_by_anon_legacy),
		TEST(test_legacy_unfaulted_joins_faulted),
		TEST(test_refused_by_fork_limit),
		TEST(test_fork_limit_only_for_inherited),
		TEST(test_refused_by_offset),
		TEST(test_refused_by_anonymous_offset_of_a_file),
		TEST(test_anonymous_offset_of_shared_file_does_not_matter),
		TEST(test_refused_by_cross),
		TEST(test_refused_as_excluded),
		TEST(test_refused_by_several_the_first_is_recorded),
		TEST(test_why_nothing_changed_is_not_tried),
		TEST(test_why_refusal_goes_before_merge),
		TEST(test_why_the_last_refusal_is_cited),
		TEST(test_records_name_the_range),
		TEST(test_records_every_rule_has_a_name_and_a_meaning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
