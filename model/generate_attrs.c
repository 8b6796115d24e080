/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments of the operations that give areas other attributes than flags, and of brk,
 * remap_file_pages and clear_refs.
 */
#include "generate_impl.h"

#define HEAP_BASE_PAGE ((HEAP_BASE - ARENA_BASE) >> PAGE_SHIFT) /* of the arena */

/* Mostly one that an area can have. */
static u64 draw_policy(struct gen *g)
{
	u32 usual = POLICY_BIND_STATIC + 1;

	return rng_below(&g->rng, rng_one_in(&g->rng, 16) ? POLICY_ARG_COUNT : usual);
}

/* Mostly one of few, so that areas have the same. */
static u64 draw_name(struct gen *g)
{
	u32 usual = NAME_B + 1;

	return rng_below(&g->rng, rng_one_in(&g->rng, 8) ? NAME_ARG_COUNT : usual);
}

/* Mostly anonymous memory, which alone can be named. */
static struct range draw_nameable(struct gen *g)
{
	const struct model_vma *v = gen_draw_vma(g);

	if (v && v->anonymous && rng_below(&g->rng, 2))
		return gen_draw_part(g, v);
	return gen_draw_target(g);
}

/* Mostly shared memory, the whole of an area or a part. */
static struct range draw_shared(struct gen *g)
{
	const struct model_mm *mm = gen_mm(g);
	u32 i = rng_below(&g->rng, mm->vma_count + !mm->vma_count);

	for (u32 n = 0; n < mm->vma_count; n++, i = i + 1 < mm->vma_count ? i + 1 : 0)
		if (mm->vmas[i].flags & VMF_SHARED)
			return gen_draw_part(g, &mm->vmas[i]);
	return gen_draw_target(g);
}

/* Mostly some pages up or down; now and then what is not the end of a page. */
static u64 draw_break(struct gen *g)
{
	u64 from = (gen_mm(g)->brk - ARENA_BASE) >> PAGE_SHIFT, to = HEAP_BASE_PAGE;

	if (rng_below(&g->rng, 8))
		to = from + rng_below(&g->rng, 5) - (from > HEAP_BASE_PAGE + 2 ? 2 : 0);
	return addr_make(ADDR_ARENA, (s64)(to * PAGE_BYTES) - (rng_one_in(&g->rng, 8) ? 8 : 0));
}

/* What can only fail for want of shared memory becomes a mapping, mostly. */
enum op_kind gen_worth_trying(struct gen *g, enum op_kind kind)
{
	const struct model_mm *mm = gen_mm(g);

	if (kind != OP_REMAP_FILE_PAGES || !g->weight[OP_MMAP] || rng_one_in(&g->rng, 8))
		return kind;
	for (u32 i = 0; i < mm->vma_count; i++)
		if (mm->vmas[i].flags & VMF_SHARED)
			return kind;
	return OP_MMAP;
}

bool gen_attr_args(struct gen *g, struct op *op)
{
	switch (op->kind) {
	case OP_MBIND:
		gen_set_range(g, op, gen_draw_target(g));
		op->arg[2] = draw_policy(g);
		return true;
	case OP_SET_VMA_NAME:
		gen_set_range(g, op, draw_nameable(g));
		op->arg[2] = draw_name(g);
		return true;
	case OP_REMAP_FILE_PAGES:
		gen_set_range(g, op, draw_shared(g));
		op->arg[3] = rng_below(&g->rng, 12) * PAGE_BYTES;
		return true;
	case OP_BRK:
		op->arg[0] = draw_break(g);
		return true;
	case OP_CLEAR_REFS:
		op->arg[0] = rng_below(&g->rng, 4) ? CLEAR_SOFT_DIRTY :
						     rng_below(&g->rng, CLEAR_ARG_COUNT);
		return true;
	default:
		return false;
	}
}
