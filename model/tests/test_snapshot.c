/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing snapshots. Each row of the table changes one thing and says which difference must be
 * found, so that no part of the comparison can go missing unnoticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model/tests/snap_fixture.h"

/* One thing that differs: up to two fields of the snapshot that get another value. */
#define SET(field, value)                                                                  \
	{                                                                                  \
		offsetof(struct snapshot, field), sizeof(((struct snapshot *)NULL)->field), value \
	}
#define SPLIT_FIRST { 0, 0, 1 }

static const struct change {
	enum aspect aspect;
	u32 field; /* without which it is not seen; 0: always */
	const char *text;
	struct {
		size_t offset, size;
		u64 value;
	} set[2];
} changes[] = {
	{ ASPECT_ATTRIBUTE, 0,
	  "p1: expected alive, seen no such process",
	  { SET(proc[1].alive, 0) } },
	{ ASPECT_ATTRIBUTE, SNAP_LAYOUT,
	  "p0 page @4: expected r ac, seen rw ac",
	  { SET(vmas[1].flags, USUAL) } },
	{ ASPECT_ATTRIBUTE, SNAP_FLAGS,
	  "p0 page @0: expected rw ac, seen rw dc ac",
	  { SET(vmas[0].flags, USUAL | VMF_DONTCOPY) } },
	{ ASPECT_ATTRIBUTE, SNAP_FLAGS,
	  "p0 page @0: expected rw ac, seen rw ac -me",
	  { SET(vmas[0].flags, USUAL & ~VMF_MAYEXEC) } },
	{ ASPECT_ATTRIBUTE, SNAP_LAYOUT,
	  "p0 page @6: expected nothing mapped, seen r ac",
	  { SET(vmas[1].end, PAGE(7)) } },
	{ ASPECT_ATTRIBUTE, SNAP_LAYOUT,
	  "p0 page @8: expected r f1+2, seen nothing mapped",
	  { SET(proc[0].vma_count, 2) } },
	{ ASPECT_ATTRIBUTE, SNAP_PGOFF,
	  "p0 page @4: expected r ac, seen r ac pgoff=@17",
	  { SET(vmas[1].pgoff, PAGE(17)),
	    SET(vmas[1].anon_pgoff, PAGE(17)) } },
	{ ASPECT_ATTRIBUTE, SNAP_LAYOUT,
	  "p0 page @8: expected r f1+2, seen r f1+5",
	  { SET(vmas[2].pgoff, 5),
	    SET(vmas[2].anon_pgoff, 5) } },
	{ ASPECT_ATTRIBUTE, SNAP_PGOFF,
	  "p0 page @8: expected r f1+2, seen r f2+2",
	  { SET(vmas[2].file, 2) } },
	{ ASPECT_ATTRIBUTE, SNAP_PGOFF,
	  "p0 page @8: expected apgoff=@-4294967262, seen apgoff=@8",
	  { SET(vmas[2].anon_pgoff, PAGE(8)) } },
	{ ASPECT_ATTRIBUTE, SNAP_NAME,
	  "p0 page @4: expected r ac, seen r ac name=a",
	  { SET(vmas[1].name, NAME_A) } },
	{ ASPECT_ATTRIBUTE, SNAP_POLICY,
	  "p0 page @4: expected r ac, seen r ac pol=bind",
	  { SET(vmas[1].policy, POLICY_BIND) } },
	{ ASPECT_ATTRIBUTE, SNAP_CLOSE,
	  "p0 page @8: expected r f1+2, seen r f1+2 close",
	  { SET(vmas[2].has_close, true) } },
	{ ASPECT_ATTRIBUTE, SNAP_UFFD,
	  "p0 page @4: expected r ac, seen r ac uffd=2",
	  { SET(vmas[1].uffd, 2) } },
	{ ASPECT_BOUNDARY, SNAP_LAYOUT,
	  "p0: expected one area @0..@4, seen a boundary at @2",
	  { SPLIT_FIRST } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "p0 area @0..@4: expected anon_vma A, seen none",
	  { SET(vmas[0].anon_vma, 0) } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "p1 area @0..@4: expected chain B,A, seen A,B",
	  { SET(chain[1], 1),
	    SET(chain[2], 2) } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "p1 area @0..@4: expected chain B,A, seen B",
	  { SET(vmas[3].chain_len, 1) } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "anon_vma A: expected root=A parent=A children=2 active=1 refs=2, "
	  "seen root=A parent=A children=1 active=1 refs=2",
	  { SET(anon_vmas[0].num_children, 1) } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "anon_vma B: expected root=A",
	  { SET(anon_vmas[1].num_active_vmas, 2) } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "anon_vma A: expected root=A",
	  { SET(anon_vmas[0].refcount, 3) } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "anon_vma B: expected root=A",
	  { SET(anon_vmas[1].parent, 2) } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "anon_vma B: expected root=A",
	  { SET(anon_vmas[1].root, 2) } },
	{ ASPECT_ANON_VMA, SNAP_ANON_VMA,
	  "anon_vma B: expected root=A parent=A children=0 active=1 refs=1, "
	  "seen none",
	  { SET(anon_vma_count, 1) } },
	{ ASPECT_POPULATED, SNAP_PAGES,
	  "p1 page @1: expected present, seen nothing",
	  { SET(page_count, 3) } },
	{ ASPECT_POPULATED, SNAP_PAGES,
	  "p1 page @2: expected nothing, seen present",
	  { SET(page_count, 5) } },
	{ ASPECT_POPULATED, SNAP_PAGES,
	  "p0 page @3: expected guard, seen present",
	  { SET(pages[1].state, SNAP_PAGE_PRESENT) } },
	{ ASPECT_CONTENT, SNAP_PAGES,
	  "p0 page @1: expected tag=4, seen tag=5",
	  { SET(pages[0].tag, 5) } },
	{ ASPECT_COUNTER, SNAP_COUNTERS,
	  "p1: locked_vm expected -4, seen +8",
	  { SET(proc[1].counter[COUNT_LOCKED_VM], 8) } },
	{ ASPECT_COUNTER, SNAP_DEF_FLAGS,
	  "p0: def_flags expected lo, seen lo|lf",
	  { SET(proc[0].def_flags, VMF_LOCKED_MASK) } },
};

static void apply(struct snapshot *s, const struct change *change)
{
	for (u32 i = 0; i < ARRAY_SIZE(change->set); i++) {
		if (!change->set[i].size && change->set[i].value)
			split_first(s);
		/* Little endian: the low bytes of the value come first. */
		memcpy((char *)s + change->set[i].offset, &change->set[i].value,
		       change->set[i].size);
	}
}

static void test_compare_of_equal_snapshots_finds_nothing(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	snap_compare(&p->want, &p->seen, &diff);
	assert_int_equal(diff.aspect, ASPECT_NONE);
	assert_string_equal(diff.text, "");
	assert_int_equal(snap_digest(&p->want), snap_digest(&p->seen));
}

static void test_compare_finds_each_change_and_digest_sees_it(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	for (u32 i = 0; i < ARRAY_SIZE(changes); i++) {
		fill(&p->seen);
		apply(&p->seen, &changes[i]);
		snap_compare(&p->want, &p->seen, &diff);
		if (strncmp(diff.text, changes[i].text, strlen(changes[i].text)) != 0)
			fail_msg("change %u: expected \"%s\", got \"%s\"", i, changes[i].text,
				 diff.text);
		assert_int_equal(diff.aspect, changes[i].aspect);
		assert_int_not_equal(snap_digest(&p->want), snap_digest(&p->seen));
	}
}

static void test_compare_without_the_field_does_not_see_the_change(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	for (u32 i = 0; i < ARRAY_SIZE(changes); i++) {
		if (!changes[i].field)
			continue;
		fill(&p->seen);
		apply(&p->seen, &changes[i]);
		p->seen.fields &= ~changes[i].field;
		snap_compare(&p->want, &p->seen, &diff);
		assert_int_equal(diff.aspect, ASPECT_NONE);
	}
}

/* That there is a file and the offset into it is known without SNAP_PGOFF too. */
static void test_compare_file_offset_needs_only_the_layout(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	p->want.fields = SNAP_LAYOUT;
	p->seen.vmas[2].pgoff = 5;
	snap_compare(&p->want, &p->seen, &diff);
	assert_int_equal(diff.aspect, ASPECT_ATTRIBUTE);
	assert_string_equal(diff.text, "p0 page @8: expected r file+2, seen r file+5");
	p->seen.vmas[2].file = 0;
	snap_compare(&p->want, &p->seen, &diff);
	assert_string_equal(diff.text, "p0 page @8: expected r file+2, seen r");
}

/* What is looked at first wins, whatever else differs. */
static void test_compare_reports_the_first_aspect_in_order(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;
	u32 ranks = 0;

	for (enum aspect first = ASPECT_ATTRIBUTE; first <= ASPECT_COUNTER; first++) {
		fill(&p->seen);
		/* From the last to the first: splitting moves what other changes point at. */
		for (u32 i = ARRAY_SIZE(changes); i-- > 0;)
			if (changes[i].aspect >= first && changes[i].field)
				apply(&p->seen, &changes[i]);
		snap_compare(&p->want, &p->seen, &diff);
		assert_int_equal(diff.aspect, first);
		ranks++;
	}
	assert_int_equal(ranks, 6);
}

static void test_compare_boundary_missing_is_said_the_other_way(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	split_first(&p->want);
	snap_compare(&p->want, &p->seen, &diff);
	assert_int_equal(diff.aspect, ASPECT_BOUNDARY);
	assert_int_equal(diff.page, ARENA_PAGE + 2);
	assert_string_equal(diff.text, "p0: expected a boundary at @2, seen one area @0..@4");
}

static void test_compare_an_area_without_pages_is_a_boundary(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	add_vma(&p->seen, 1, 9, 0, USUAL);
	snap_compare(&p->want, &p->seen, &diff);
	assert_int_equal(diff.aspect, ASPECT_BOUNDARY);
	assert_string_equal(diff.text, "p1: expected 1 areas, seen 2");
}

static void test_compare_may_on_the_want_side_matches_any_page(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	for (u8 s = SNAP_PAGE_PRESENT; s <= SNAP_PAGE_MAY; s++) {
		p->seen.pages[2].state = s;
		snap_compare(&p->want, &p->seen, &diff);
		assert_int_equal(diff.aspect, ASPECT_NONE);
	}
	p->seen.pages[2] = p->seen.pages[3];
	p->seen.page_count = 3;
	snap_compare(&p->want, &p->seen, &diff);
	assert_int_equal(diff.aspect, ASPECT_NONE);
	snap_compare(&p->seen, &p->want, &diff);
	assert_int_equal(diff.aspect, ASPECT_POPULATED);
}

static void test_compare_content_only_where_both_know_it(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	p->seen.pages[0].tag = 9;
	p->seen.pages[0].has_tag = false;
	snap_compare(&p->want, &p->seen, &diff);
	assert_int_equal(diff.aspect, ASPECT_NONE);
}

static void test_compare_exited_processes_are_not_looked_at(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	p->want.proc[1].alive = p->seen.proc[1].alive = false;
	p->seen.proc[1].counter[COUNT_MAP] = 7;
	p->seen.proc[1].vma_count = 0;
	snap_compare(&p->want, &p->seen, &diff);
	assert_int_equal(diff.aspect, ASPECT_NONE);
	assert_int_equal(snap_digest(&p->want), snap_digest(&p->seen));
}

static void test_digest_ignores_what_is_not_known(void **state)
{
	struct pair *p = *state;

	for (u32 i = 0; i < ARRAY_SIZE(changes); i++) {
		if (!changes[i].field || changes[i].field == SNAP_LAYOUT)
			continue;
		fill(&p->seen);
		apply(&p->seen, &changes[i]);
		p->seen.fields &= ~changes[i].field;
		fill(&p->want);
		p->want.fields = p->seen.fields;
		assert_int_equal(snap_digest(&p->want), snap_digest(&p->seen));
	}
}

static void test_reset_leaves_nothing(void **state)
{
	struct pair *p = *state;

	snap_reset(&p->want);
	assert_int_equal(p->want.fields, 0);
	assert_int_equal(p->want.vma_count + p->want.chain_count + p->want.anon_vma_count +
				 p->want.page_count, 0);
	for (u32 i = 0; i < PROCS_MAX; i++)
		assert_false(p->want.proc[i].alive);
}

static void test_copy_is_equal(void **state)
{
	struct pair *p = *state;

	memset(&p->want, 0xff, sizeof(p->want));
	snap_copy(&p->want, &p->seen);
	assert_int_equal(p->want.page_count, p->seen.page_count);
	assert_int_equal(snap_digest(&p->want), snap_digest(&p->seen));
}

static void test_names_exist_for_every_aspect_and_counter(void **state)
{
	(void)state;
	for (u32 i = 0; i < ASPECT_COUNT; i++)
		assert_non_null(aspect_names[i]);
	for (u32 i = 0; i < COUNT_COUNTERS; i++)
		assert_non_null(snap_counter_names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(test_compare_of_equal_snapshots_finds_nothing),
		PAIR_TEST(test_compare_finds_each_change_and_digest_sees_it),
		PAIR_TEST(test_compare_without_the_field_does_not_see_the_change),
		PAIR_TEST(test_compare_file_offset_needs_only_the_layout),
		PAIR_TEST(test_compare_reports_the_first_aspect_in_order),
		PAIR_TEST(test_compare_boundary_missing_is_said_the_other_way),
		PAIR_TEST(test_compare_an_area_without_pages_is_a_boundary),
		PAIR_TEST(test_compare_may_on_the_want_side_matches_any_page),
		PAIR_TEST(test_compare_content_only_where_both_know_it),
		PAIR_TEST(test_compare_exited_processes_are_not_looked_at),
		PAIR_TEST(test_digest_ignores_what_is_not_known),
		PAIR_TEST(test_reset_leaves_nothing),
		PAIR_TEST(test_copy_is_equal),
		cmocka_unit_test(test_names_exist_for_every_aspect_and_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
