/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A pair of equal snapshots of two processes, which the tests of comparing and of printing change.
 */
#ifndef MODEL_TESTS_SNAP_FIXTURE_H
#define MODEL_TESTS_SNAP_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "model/abi.h"
#include "model/snapshot.h"

#define ARENA_PAGE (ARENA_BASE / PAGE_BYTES)
#define PAGE(n) (ARENA_PAGE + (u64)(n))
#define USUAL (VMF_READ | VMF_WRITE | VMF_MAYREAD | VMF_MAYWRITE | VMF_MAYEXEC | VMF_ACCOUNT)

struct pair {
	struct snapshot want, seen;
};

/* Adds an anonymous area of the process that comes last. */
static inline struct snap_vma *add_vma(struct snapshot *s, u32 proc, u64 page, u64 pages, u64 flags)
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
static inline void add_chain(struct snapshot *s, u16 id)
{
	struct snap_vma *v = &s->vmas[s->vma_count - 1];

	if (!v->chain_len)
		v->anon_vma = id;
	s->chain[s->chain_count++] = id;
	v->chain_len++;
}

static inline void add_page(struct snapshot *s, u8 proc, u64 page, u8 state, u64 tag)
{
	s->pages[s->page_count++] = (struct snap_page){ .addr = ARENA_PAGE + page, .proc = proc,
							.state = state, .tag = tag,
							.has_tag = tag != 0 };
}

/*
 * p0 @0 +4 rw ac av=A, @4 +2 r ac, @8 +3 r f1+2; p1 @0 +4 rw ac av=B chain=B,A
 */
static inline void fill(struct snapshot *s)
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
	/* One more that is not counted, for a test that wants it. */
	add_page(s, 1, 2, SNAP_PAGE_PRESENT, 0);
	s->page_count--;
}

static inline int setup(void **state)
{
	struct pair *pair = calloc(1, sizeof(*pair));

	if (!pair)
		return -1;
	fill(&pair->want);
	fill(&pair->seen);
	*state = pair;
	return 0;
}

static inline int teardown(void **state)
{
	free(*state);
	return 0;
}

/* Cuts the first area in two at @2, everything else unchanged. */
static inline void split_first(struct snapshot *s)
{
	memmove(&s->vmas[1], &s->vmas[0], s->vma_count * sizeof(s->vmas[0]));
	s->vma_count++;
	s->proc[0].vma_count++;
	s->proc[1].vma++;
	s->vmas[0].end = ARENA_PAGE + 2;
	s->vmas[1].start = s->vmas[1].pgoff = s->vmas[1].anon_pgoff = ARENA_PAGE + 2;
}

#define PAIR_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
