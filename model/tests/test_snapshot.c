/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing and printing snapshots. Each row of the first table changes one thing of a snapshot and says
 * which difference must be found, so that no part of the comparison can go missing unnoticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model/abi.h"
#include "model/snapshot.h"

#define ARENA_PAGE (ARENA_BASE / PAGE_BYTES)
#define USUAL (VMF_READ | VMF_WRITE | VMF_MAYREAD | VMF_MAYWRITE | VMF_MAYEXEC | VMF_ACCOUNT)

struct pair {
	struct snapshot want, seen;
};

/* Adds an anonymous area of the process that comes last. */
static struct snap_vma *add_vma(struct snapshot *s, u32 proc, u64 page, u64 pages, u64 flags)
{
	struct snap_vma *v = &s->vmas[s->vma_count];

	if (!s->proc[proc].vma_count++)
		s->proc[proc].vma = s->vma_count;
	s->proc[proc].alive = true;
	s->vma_count++;
	*v = (struct snap_vma){ .start = ARENA_PAGE + page, .end = ARENA_PAGE + page + pages,
				.pgoff = ARENA_PAGE + page, .anon_pgoff = ARENA_PAGE + page,
				.flags = flags, .chain = (u16)s->chain_count };
	return v;
}

/* The newest area's chain; the first is its anon_vma. */
static void add_chain(struct snapshot *s, u16 id)
{
	struct snap_vma *v = &s->vmas[s->vma_count - 1];

	if (!v->chain_len)
		v->anon_vma = id;
	s->chain[s->chain_count++] = id;
	v->chain_len++;
}

static void add_page(struct snapshot *s, u8 proc, u64 page, u8 state, u64 tag)
{
	s->pages[s->page_count++] = (struct snap_page){ .addr = ARENA_PAGE + page, .proc = proc,
							.state = state, .tag = tag,
							.has_tag = tag != 0 };
}

/*
 * p0 @0 +4 rw ac av=A, @4 +2 r ac, @8 +3 r f1+2; p1 @0 +4 rw ac av=B chain=B,A
 */
static void fill(struct snapshot *s)
{
	struct snap_vma *v;

	snap_reset(s);
	s->fields = SNAP_ALL;
	add_vma(s, 0, 0, 4, USUAL);
	add_chain(s, 1);
	add_vma(s, 0, 4, 2, USUAL & ~VMF_WRITE);
	v = add_vma(s, 0, 8, 3, USUAL & ~(VMF_WRITE | VMF_ACCOUNT));
	v->file = 1;
	v->pgoff = v->anon_pgoff = 2;
	add_vma(s, 1, 0, 4, USUAL);
	add_chain(s, 2);
	add_chain(s, 1);
	s->anon_vma_count = 2;
	s->anon_vmas[0] = (struct snap_anon_vma){ 1, 1, 2, 1, 2 };
	s->anon_vmas[1] = (struct snap_anon_vma){ 1, 1, 0, 1, 1 };
	s->proc[0].counter[COUNT_MAP] = 3;
	s->proc[0].counter[COUNT_TOTAL_VM] = 9;
	s->proc[0].def_flags = VMF_LOCKED;
	s->proc[1].counter[COUNT_LOCKED_VM] = -4;
	add_page(s, 0, 1, SNAP_PAGE_PRESENT, 4);
	add_page(s, 0, 3, SNAP_PAGE_GUARD, 0);
	add_page(s, 0, 8, SNAP_PAGE_MAY, 0);
	add_page(s, 1, 1, SNAP_PAGE_PRESENT, 0);
}

static int setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return -1;
	fill(&pair->want);
	fill(&pair->seen);
	*state = pair;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

/* Takes page @at and what follows out of the list. */
static void cut_pages(struct snapshot *s, u32 at)
{
	s->page_count = at;
}

/* Cuts the first area in two at @2, everything else unchanged. */
static void split_first(struct snapshot *s)
{
	memmove(&s->vmas[1], &s->vmas[0], s->vma_count * sizeof(s->vmas[0]));
	s->vma_count++;
	s->proc[0].vma_count++;
	s->proc[1].vma++;
	s->vmas[0].end = ARENA_PAGE + 2;
	s->vmas[1].start = s->vmas[1].pgoff = s->vmas[1].anon_pgoff = ARENA_PAGE + 2;
}

enum change {
	CHANGE_ALIVE,
	CHANGE_ACCESS,
	CHANGE_FLAG,
	CHANGE_MAY,
	CHANGE_END,
	CHANGE_LAST_GONE,
	CHANGE_PGOFF,
	CHANGE_FILE_OFFSET,
	CHANGE_FILE,
	CHANGE_ANON_PGOFF,
	CHANGE_SPLIT,
	CHANGE_ANON_VMA,
	CHANGE_CHAIN_ORDER,
	CHANGE_CHAIN_SHORT,
	CHANGE_CHILDREN,
	CHANGE_ACTIVE,
	CHANGE_REFCOUNT,
	CHANGE_PARENT,
	CHANGE_GRAPH_SHORT,
	CHANGE_PAGE_GONE,
	CHANGE_PAGE_NEW,
	CHANGE_PAGE_GUARD,
	CHANGE_TAG,
	CHANGE_COUNTER,
	CHANGE_DEF_FLAGS,
	CHANGE_COUNT
};

static void change(struct snapshot *s, enum change what)
{
	switch (what) {
	case CHANGE_ALIVE: s->proc[1].alive = false; break;
	case CHANGE_ACCESS: s->vmas[1].flags |= VMF_WRITE; break;
	case CHANGE_FLAG: s->vmas[0].flags |= VMF_DONTCOPY; break;
	case CHANGE_MAY: s->vmas[0].flags &= ~VMF_MAYEXEC; break;
	case CHANGE_END: s->vmas[1].end++; break;
	case CHANGE_LAST_GONE: s->proc[0].vma_count--; break;
	case CHANGE_PGOFF: s->vmas[1].pgoff = s->vmas[1].anon_pgoff = ARENA_PAGE + 17; break;
	case CHANGE_FILE_OFFSET: s->vmas[2].pgoff = s->vmas[2].anon_pgoff = 5; break;
	case CHANGE_FILE: s->vmas[2].file = 2; break;
	case CHANGE_ANON_PGOFF: s->vmas[2].anon_pgoff = s->vmas[2].start; break;
	case CHANGE_SPLIT: split_first(s); break;
	case CHANGE_ANON_VMA: s->vmas[0].anon_vma = 0; break;
	case CHANGE_CHAIN_ORDER: s->chain[1] = 1, s->chain[2] = 2; break;
	case CHANGE_CHAIN_SHORT: s->vmas[3].chain_len = 1; break;
	case CHANGE_CHILDREN: s->anon_vmas[0].num_children = 1; break;
	case CHANGE_ACTIVE: s->anon_vmas[1].num_active_vmas = 2; break;
	case CHANGE_REFCOUNT: s->anon_vmas[0].refcount = 3; break;
	case CHANGE_PARENT: s->anon_vmas[1].parent = 2; break;
	case CHANGE_GRAPH_SHORT: s->anon_vma_count = 1; break;
	case CHANGE_PAGE_GONE: cut_pages(s, 3); break;
	case CHANGE_PAGE_NEW: add_page(s, 1, 2, SNAP_PAGE_PRESENT, 0); break;
	case CHANGE_PAGE_GUARD: s->pages[1].state = SNAP_PAGE_PRESENT; break;
	case CHANGE_TAG: s->pages[0].tag = 5; break;
	case CHANGE_COUNTER: s->proc[1].counter[COUNT_LOCKED_VM] = 8; break;
	case CHANGE_DEF_FLAGS: s->proc[0].def_flags |= VMF_LOCKONFAULT; break;
	case CHANGE_COUNT: break;
	}
}

static const struct {
	enum aspect aspect;
	u32 field; /* without which it is not seen; 0: always */
	const char *text;
} changes[CHANGE_COUNT] = {
	[CHANGE_ALIVE] = { ASPECT_ATTRIBUTE, 0, "p1: expected alive, seen no such process" },
	[CHANGE_ACCESS] = { ASPECT_ATTRIBUTE, SNAP_LAYOUT,
			    "p0 page @4: expected r ac, seen rw ac" },
	[CHANGE_FLAG] = { ASPECT_ATTRIBUTE, SNAP_FLAGS,
			  "p0 page @0: expected rw ac, seen rw dc ac" },
	[CHANGE_MAY] = { ASPECT_ATTRIBUTE, SNAP_FLAGS,
			 "p0 page @0: expected rw ac, seen rw ac -me" },
	[CHANGE_END] = { ASPECT_ATTRIBUTE, SNAP_LAYOUT,
			 "p0 page @6: expected nothing mapped, seen r ac" },
	[CHANGE_LAST_GONE] = { ASPECT_ATTRIBUTE, SNAP_LAYOUT,
			       "p0 page @8: expected r f1+2, seen nothing mapped" },
	[CHANGE_PGOFF] = { ASPECT_ATTRIBUTE, SNAP_PGOFF,
			   "p0 page @4: expected r ac, seen r ac pgoff=@17" },
	[CHANGE_FILE_OFFSET] = { ASPECT_ATTRIBUTE, SNAP_LAYOUT,
				 "p0 page @8: expected r f1+2, seen r f1+5" },
	[CHANGE_FILE] = { ASPECT_ATTRIBUTE, SNAP_PGOFF,
			  "p0 page @8: expected r f1+2, seen r f2+2" },
	[CHANGE_ANON_PGOFF] = { ASPECT_ATTRIBUTE, SNAP_PGOFF,
				"p0 page @8: expected apgoff=@-4294967262, seen apgoff=@8" },
	[CHANGE_SPLIT] = { ASPECT_BOUNDARY, SNAP_LAYOUT,
			   "p0: expected one area @0..@4, seen a boundary at @2" },
	[CHANGE_ANON_VMA] = { ASPECT_ANON_VMA, SNAP_ANON_VMA,
			      "p0 area @0..@4: expected anon_vma A, seen none" },
	[CHANGE_CHAIN_ORDER] = { ASPECT_ANON_VMA, SNAP_ANON_VMA,
				 "p1 area @0..@4: expected chain B,A, seen A,B" },
	[CHANGE_CHAIN_SHORT] = { ASPECT_ANON_VMA, SNAP_ANON_VMA,
				 "p1 area @0..@4: expected chain B,A, seen B" },
	[CHANGE_CHILDREN] = { ASPECT_ANON_VMA, SNAP_ANON_VMA,
			      "anon_vma A: expected root=A parent=A children=2 active=1 refs=2, "
			      "seen root=A parent=A children=1 active=1 refs=2" },
	[CHANGE_ACTIVE] = { ASPECT_ANON_VMA, SNAP_ANON_VMA, "anon_vma B: expected root=A" },
	[CHANGE_REFCOUNT] = { ASPECT_ANON_VMA, SNAP_ANON_VMA, "anon_vma A: expected root=A" },
	[CHANGE_PARENT] = { ASPECT_ANON_VMA, SNAP_ANON_VMA, "anon_vma B: expected root=A" },
	[CHANGE_GRAPH_SHORT] = { ASPECT_ANON_VMA, SNAP_ANON_VMA,
				 "anon_vma B: expected root=A parent=A children=0 active=1 refs=1, "
				 "seen none" },
	[CHANGE_PAGE_GONE] = { ASPECT_POPULATED, SNAP_PAGES,
			       "p1 page @1: expected present, seen nothing" },
	[CHANGE_PAGE_NEW] = { ASPECT_POPULATED, SNAP_PAGES,
			      "p1 page @2: expected nothing, seen present" },
	[CHANGE_PAGE_GUARD] = { ASPECT_POPULATED, SNAP_PAGES,
				"p0 page @3: expected guard, seen present" },
	[CHANGE_TAG] = { ASPECT_CONTENT, SNAP_PAGES, "p0 page @1: expected tag=4, seen tag=5" },
	[CHANGE_COUNTER] = { ASPECT_COUNTER, SNAP_COUNTERS,
			     "p1: locked_vm expected -4, seen +8" },
	[CHANGE_DEF_FLAGS] = { ASPECT_COUNTER, SNAP_DEF_FLAGS,
			       "p0: def_flags expected lo, seen lo|lf" },
};

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

	for (u32 i = 0; i < CHANGE_COUNT; i++) {
		fill(&p->seen);
		change(&p->seen, (enum change)i);
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

	for (u32 i = 0; i < CHANGE_COUNT; i++) {
		if (!changes[i].field)
			continue;
		fill(&p->seen);
		change(&p->seen, (enum change)i);
		p->seen.fields &= ~changes[i].field;
		snap_compare(&p->want, &p->seen, &diff);
		/* The offset of a file mapping is seen with either of two fields. */
		if (i == CHANGE_FILE_OFFSET) {
			assert_int_equal(diff.aspect, ASPECT_NONE);
			p->seen.fields = SNAP_ALL & ~(u32)SNAP_PGOFF;
			snap_compare(&p->want, &p->seen, &diff);
			assert_int_equal(diff.aspect, ASPECT_ATTRIBUTE);
		} else {
			assert_int_equal(diff.aspect, ASPECT_NONE);
		}
	}
}

/* What is looked at first wins, whatever else differs. */
static void test_compare_reports_the_first_aspect_in_order(void **state)
{
	static const enum change order[] = { CHANGE_ACCESS, CHANGE_SPLIT, CHANGE_REFCOUNT,
					     CHANGE_PAGE_GONE, CHANGE_TAG, CHANGE_COUNTER };
	struct pair *p = *state;
	struct snap_diff diff;

	for (u32 first = 0; first < ARRAY_SIZE(order); first++) {
		fill(&p->seen);
		for (u32 i = first; i < ARRAY_SIZE(order); i++)
			change(&p->seen, order[i]);
		snap_compare(&p->want, &p->seen, &diff);
		assert_int_equal(diff.aspect, changes[order[first]].aspect);
	}
}

static void test_compare_boundary_missing_is_said_the_other_way(void **state)
{
	struct pair *p = *state;
	struct snap_diff diff;

	change(&p->want, CHANGE_SPLIT);
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

	for (u32 i = 0; i < CHANGE_COUNT; i++) {
		if (!changes[i].field || changes[i].field == SNAP_LAYOUT)
			continue;
		fill(&p->seen);
		change(&p->seen, (enum change)i);
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

/* ---- printing ---- */

static void expect_printed(const struct snapshot *s, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	snap_print(out, s, "| ");
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_print_of_everything(void **state)
{
	struct pair *p = *state;

	p->want.proc[2].alive = true;
	expect_printed(&p->want, "| p0 @0 +4 rw ac av=A\n"
				 "| p0 @4 +2 r ac\n"
				 "| p0 @8 +3 r f1+2\n"
				 "| p1 @0 +4 rw ac av=B chain=B,A\n"
				 "| p0 map_count=+3 total_vm=+9 def=lo\n"
				 "| p1 locked_vm=-4\n"
				 "| p2 nothing\n"
				 "| A root=A parent=A children=2 active=1 refs=2\n"
				 "| B root=A parent=A children=0 active=1 refs=1\n"
				 "| p0 page @1 tag=4\n"
				 "| p0 page @3 guard\n"
				 "| p0 page @8 may\n"
				 "| p1 page @1 present\n");
}

static void test_print_leaves_out_what_is_not_known(void **state)
{
	struct pair *p = *state;

	p->want.vmas[0].flags |= VMF_LOCKED;
	p->want.fields = SNAP_LAYOUT;
	expect_printed(&p->want, "| p0 @0 +4 rw\n"
				 "| p0 @4 +2 r\n"
				 "| p0 @8 +3 r file+2\n"
				 "| p1 @0 +4 rw\n");
	p->want.fields = 0;
	expect_printed(&p->want, "");
}

static void test_print_of_an_area_with_unusual_fields(void **state)
{
	static const struct {
		struct snap_vma vma;
		const char *text;
	} rows[] = {
		{ { 0, 2, 0, 0, VMF_SHARED, 0, 0, 0, 0 },
		  "p3 0 +2 none sh -ms -mr -mw -me" },
		{ { ARENA_PAGE + 64, ARENA_PAGE + 65, 0, 0, USUAL | VMF_MAYSHARE | VMF_EXEC, 0, 0, 0,
		    0 }, "p3 @64 +1 rwx ac mayshare pgoff=@-4294967264" },
		{ { 0x7f0000000, 0x7f0000001, ARENA_PAGE + 17, ARENA_PAGE + 18, USUAL, 0, 0, 0, 0 },
		  "p3 0x7f0000000000 +1 rw ac pgoff=@17 apgoff=@18" },
		{ { ARENA_PAGE + 5, ARENA_PAGE + 6, 3, ARENA_PAGE + 5, USUAL, 12, 0, 0, 0 },
		  "p3 @5 +1 rw ac f12+3" },
		{ { ARENA_PAGE + 5, ARENA_PAGE + 6, 3, ARENA_PAGE + 4, USUAL, 12, 0, 0, 0 },
		  "p3 @5 +1 rw ac f12+3 apgoff=@4" },
		{ { ARENA_PAGE, ARENA_PAGE + 1, ARENA_PAGE + 1, ARENA_PAGE + 1, USUAL, 1, 0, 0, 0 },
		  "p3 @0 +1 rw ac f1+4294967265" },
		{ { ARENA_PAGE, ARENA_PAGE + 1, ARENA_PAGE, ARENA_PAGE, USUAL | VMF_SOFTDIRTY, 0, 26,
		    0, 1 }, "p3 @0 +1 rw ac sd av=Z chain=B" },
		{ { ARENA_PAGE, ARENA_PAGE + 1, ARENA_PAGE, ARENA_PAGE, USUAL | 1ull << 60, 0, 27, 0,
		    0 }, "p3 @0 +1 rw ac 0x1000000000000000 av=a1 chain=none" },
		{ { ARENA_PAGE - 1, ARENA_PAGE, ARENA_PAGE - 1, ARENA_PAGE - 1, USUAL, 0, 2, 0, 1 },
		  "p3 @-1 +1 rw ac av=B" },
	};
	struct pair *p = *state;
	char text[200], cut[8];

	p->want.chain[0] = 2;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		p->want.vmas[7] = rows[i].vma;
		assert_int_equal(snap_vma_print(text, sizeof(text), &p->want, 3, 7),
				 strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
		snap_vma_print(cut, sizeof(cut), &p->want, 3, 7);
		assert_memory_equal(cut, text, sizeof(cut) - 1);
		assert_int_equal(cut[sizeof(cut) - 1], '\0');
	}
}

static void expect_both(const struct pair *p, const char *expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	snap_print_both(out, &p->want, &p->seen);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

static void test_print_both_marks_what_differs(void **state)
{
	struct pair *p = *state;

	p->want.fields = SNAP_LAYOUT | SNAP_PAGES;
	change(&p->seen, CHANGE_SPLIT);
	p->seen.proc[1].vma_count = 0;
	p->seen.pages[0].tag = 5;
	p->seen.pages[2] = p->seen.pages[3];
	p->seen.page_count = 3;
	expect_both(p, "expected                                   seen\n"
		       "p0 @0 +4 rw                              ! p0 @0 +2 rw\n"
		       "                                         > p0 @2 +2 rw\n"
		       "p0 @4 +2 r                                 p0 @4 +2 r\n"
		       "p0 @8 +3 r file+2                          p0 @8 +3 r file+2\n"
		       "p1 @0 +4 rw                              <\n"
		       "                                         > p1 nothing\n"
		       "p0 page @1 tag=4                         ! p0 page @1 tag=5\n"
		       "p0 page @3 guard                           p0 page @3 guard\n"
		       "p0 page @8 may\n"
		       "p1 page @1 present                         p1 page @1 present\n");
}

static void test_print_both_marks_a_difference_that_the_text_hides(void **state)
{
	struct pair *p = *state;

	p->want.fields = SNAP_LAYOUT | SNAP_PGOFF;
	p->want.proc[1].alive = p->seen.proc[1].alive = false;
	p->want.proc[0].vma_count = p->seen.proc[0].vma_count = 1;
	p->want.proc[0].vma = p->seen.proc[0].vma = 2;
	change(&p->seen, CHANGE_ANON_PGOFF);
	expect_both(p, "expected                                   seen\n"
		       "p0 @8 +3 r f1+2                          ! p0 @8 +3 r f1+2\n");
}

static void test_names_exist_for_every_aspect_and_counter(void **state)
{
	(void)state;
	for (u32 i = 0; i < ASPECT_COUNT; i++)
		assert_non_null(aspect_names[i]);
	for (u32 i = 0; i < COUNT_COUNTERS; i++)
		assert_non_null(snap_counter_names[i]);
}

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(test_compare_of_equal_snapshots_finds_nothing),
		PAIR_TEST(test_compare_finds_each_change_and_digest_sees_it),
		PAIR_TEST(test_compare_without_the_field_does_not_see_the_change),
		PAIR_TEST(test_compare_reports_the_first_aspect_in_order),
		PAIR_TEST(test_compare_boundary_missing_is_said_the_other_way),
		PAIR_TEST(test_compare_an_area_without_pages_is_a_boundary),
		PAIR_TEST(test_compare_may_on_the_want_side_matches_any_page),
		PAIR_TEST(test_compare_content_only_where_both_know_it),
		PAIR_TEST(test_compare_exited_processes_are_not_looked_at),
		PAIR_TEST(test_digest_ignores_what_is_not_known),
		PAIR_TEST(test_reset_leaves_nothing),
		PAIR_TEST(test_print_of_everything),
		PAIR_TEST(test_print_leaves_out_what_is_not_known),
		PAIR_TEST(test_print_of_an_area_with_unusual_fields),
		PAIR_TEST(test_print_both_marks_what_differs),
		PAIR_TEST(test_print_both_marks_a_difference_that_the_text_hides),
		cmocka_unit_test(test_names_exist_for_every_aspect_and_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
