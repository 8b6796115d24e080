/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random programs. The argument of an operation is drawn from the state that the program has led
 * to:
 *
 *	ranges		all, the head, the tail or the middle of an area; several areas; the gap
 *			between two; a page beside an edge; where the last move came from or went
 *			to; anywhere
 *	mappings	as often as not with the attributes of a neighbour, so that they merge
 *	bad ones	now and then an argument is drawn from all that its kind can express
 */
#include <string.h>

#include "argkind.h"
#include "flagnames.h"
#include "generate_impl.h"

void generate_options_default(struct generate_options *options)
{
	*options = (struct generate_options){
		.ops = 20, .bad_permil = 30, .available = OPS_ALL, .files = FILES_ALL
	};
}

/*
 * Each program likes some operations and leaves out others. Those that make a program slow
 * (processes that have to be made) or end its liveliness (sealing, locking all, userfaultfd, whose
 * memory cannot be touched) are left out more often.
 */
static void draw_weights(struct gen *g)
{
	static const u8 factors[8] = { 0, 0, 0, 1, 1, 2, 4, 8 };
	bool family = !g->options->no_fork && rng_one_in(&g->rng, 5);
	bool uffd = rng_one_in(&g->rng, 4);
	u64 only = g->options->only;

	g->weight_sum = 0;
	for (u32 k = 0; k < OP_COUNT; k++) {
		u32 factor = factors[rng_below(&g->rng, ARRAY_SIZE(factors))];

		if ((k == OP_MSEAL || k == OP_MLOCKALL) && rng_below(&g->rng, 4))
			factor = 0;
		if (k == OP_FORK || k == OP_EXIT)
			factor = family ? 8 : 0;
		if (k >= OP_UFFD_OPEN && k <= OP_UFFD_CLOSE)
			factor = uffd ? 4 : 0;
		if ((k == OP_MEMORY_MERGE || k == OP_SET_RLIMIT || k == OP_MAX_MAP_COUNT) &&
		    rng_below(&g->rng, 4))
			factor = 0;
		/* Who asks for few operations wants all of them. */
		if (!factor && (k == OP_MMAP || only))
			factor = 1;
		if (g->options->no_fork && (k == OP_FORK || k == OP_EXIT))
			factor = 0;
		if (!(gen_usable(g) >> k & 1))
			factor = 0;
		g->weight[k] = op_descs[k].weight * factor;
		g->weight_sum += g->weight[k];
	}
}

static enum op_kind draw_kind(struct gen *g)
{
	u32 at = rng_below(&g->rng, g->weight_sum);

	for (u32 k = 0; k < OP_COUNT; k++) {
		if (at < g->weight[k])
			return (enum op_kind)k;
		at -= g->weight[k];
	}
	return OP_MMAP;
}

const struct model_vma *gen_draw_vma(struct gen *g)
{
	const struct model_mm *mm = gen_mm(g);

	return mm->vma_count ? &mm->vmas[rng_below(&g->rng, mm->vma_count)] : NULL;
}

static struct range range_make(u64 start, u64 end)
{
	return (struct range){ start, end > start ? end - start : 1 };
}

/* How much of the arena a program uses: areas that have neighbours are what it is about. */
static void draw_window(struct gen *g)
{
	static const u8 sizes[4] = { 8, 12, 24, ARENA_PAGES };

	g->pages = sizes[rng_below(&g->rng, ARRAY_SIZE(sizes))];
	g->first = rng_below(&g->rng, (u32)ARENA_PAGES - g->pages + 1);
}

/* Anywhere in the program's part of the arena; short ones more often. */
static struct range draw_anywhere(struct gen *g)
{
	u64 first = (ARENA_BASE >> PAGE_SHIFT) + g->first;
	u32 longest = rng_one_in(&g->rng, 4) ? g->pages / 2 : g->pages < 16 ? 3 : 6;
	u32 pages = 1 + rng_below(&g->rng, longest);

	return (struct range){ first + rng_below(&g->rng, g->pages - pages + 1), pages };
}

/* A part of area @v, or all of it. */
struct range gen_draw_part(struct gen *g, const struct model_vma *v)
{
	u64 pages = v->end - v->start;
	u64 cut = v->start + 1 + rng_below(&g->rng, (u32)(pages > 1 ? pages - 1 : 1));
	u64 cut2 = cut + 1 + rng_below(&g->rng, (u32)(v->end > cut + 1 ? v->end - cut - 1 : 1));

	switch (rng_below(&g->rng, 5)) {
	case 0:
	case 1:
		return range_make(v->start, v->end);
	case 2:
		return range_make(v->start, cut < v->end ? cut : v->end);
	case 3:
		return range_make(cut < v->end ? cut : v->start, v->end);
	default:
		return range_make(cut < v->end ? cut : v->start, cut2 < v->end ? cut2 : v->end);
	}
}

/* From somewhere in one area to somewhere in one behind it. */
static struct range draw_several(struct gen *g)
{
	const struct model_mm *mm = gen_mm(g);
	u32 i, j;
	struct range from, to;

	if (mm->vma_count < 2)
		return draw_anywhere(g);
	i = rng_below(&g->rng, mm->vma_count - 1);
	j = i + 1 + rng_below(&g->rng, mm->vma_count - i - 1 < 3 ? mm->vma_count - i - 1 : 3);
	from = gen_draw_part(g, &mm->vmas[i]);
	to = gen_draw_part(g, &mm->vmas[j]);
	if (to.start + to.pages - from.start > 2 * ARENA_PAGES)
		return from;
	return range_make(from.start, to.start + to.pages);
}

/* Directly beside an area: the gap to its neighbour, or some pages of it. */
static struct range draw_beside(struct gen *g)
{
	const struct model_vma *v = gen_draw_vma(g);
	const struct model_mm *mm = gen_mm(g);
	u64 pages = 1 + rng_below(&g->rng, 4), i;

	if (!v)
		return draw_anywhere(g);
	i = (u64)(v - mm->vmas);
	if (rng_one_in(&g->rng, 2)) {
		if (i + 1 < mm->vma_count && v[1].start > v->end && v[1].start - v->end <= 8 &&
		    rng_one_in(&g->rng, 2))
			return range_make(v->end, v[1].start);
		return (struct range){ v->end, pages };
	}
	if (i > 0 && v->start > v[-1].end && v->start - v[-1].end <= 8 && rng_one_in(&g->rng, 2))
		return range_make(v[-1].end, v->start);
	return (struct range){ v->start - pages, pages };
}

/* What the last mremap moved, or where it went. */
static struct range draw_moved(struct gen *g)
{
	if (!g->moved_pages)
		return draw_beside(g);
	return (struct range){ rng_one_in(&g->rng, 2) ? g->moved_from : g->moved_to,
			       g->moved_pages };
}

/* A range to do something to. */
struct range gen_draw_target(struct gen *g)
{
	const struct model_vma *v = gen_draw_vma(g);
	struct range r;

	switch (rng_below(&g->rng, 16)) {
	case 0:
	case 1:
		r = draw_several(g);
		break;
	case 2:
		r = draw_moved(g);
		break;
	case 3:
		r = draw_beside(g);
		break;
	case 4:
		r = draw_anywhere(g);
		break;
	default:
		r = v ? gen_draw_part(g, v) : draw_anywhere(g);
	}
	/* One page too far, or too short, on either side. */
	if (rng_one_in(&g->rng, 12))
		r.start -= 1;
	if (rng_one_in(&g->rng, 12))
		r.pages += 1;
	return r;
}

/* A range to put something at. */
static struct range draw_place(struct gen *g)
{
	switch (rng_below(&g->rng, 8)) {
	case 0:
	case 1:
		return draw_anywhere(g);
	case 2:
		return draw_moved(g);
	case 3:
		return gen_draw_target(g);
	default:
		return draw_beside(g);
	}
}

/* The address argument for a page: of the arena, or from the last mapping when that is near. */
static u64 addr_of(const struct gen *g, u64 page)
{
	s64 in_arena = (s64)(page - (ARENA_BASE >> PAGE_SHIFT));
	s64 from_last = (s64)(page - (gen_mm(g)->last >> PAGE_SHIFT));

	if (in_arena >= -2 && in_arena <= (s64)ARENA_PAGES + 2)
		return addr_make(ADDR_ARENA, in_arena * (s64)PAGE_BYTES);
	if (from_last >= -4 && from_last <= 60)
		return addr_make(ADDR_LAST, from_last * (s64)PAGE_BYTES);
	return addr_make(ADDR_ARENA, (in_arena & 31) * (s64)PAGE_BYTES);
}

void gen_set_range(struct gen *g, struct op *op, struct range r)
{
	op->arg[0] = addr_of(g, r.start);
	op->arg[1] = r.pages * PAGE_BYTES;
}

static u64 draw_prot(struct gen *g)
{
	static const u8 prots[8] = { 3, 3, 3, 1, 1, 7, 0, 5 };

	return rng_one_in(&g->rng, 8) ? rng_below(&g->rng, 8) : prots[rng_below(&g->rng, 8)];
}

/* Makes the mapping continue area @v, so that it may merge with it. */
static void imitate(struct op *op, const struct model_vma *v, u64 start)
{
	u64 flags = op->arg[3] & ABI_MAP_FIXED;

	op->arg[2] = v->flags & VMF_ACCESS;
	flags |= v->flags & VMF_DROPPABLE  ? ABI_MAP_DROPPABLE
		 : v->flags & VMF_MAYSHARE ? ABI_MAP_SHARED
					   : ABI_MAP_PRIVATE;
	if ((v->flags & VMF_NORESERVE) && !(v->flags & VMF_DROPPABLE))
		flags |= ABI_MAP_NORESERVE;
	if (v->flags & VMF_LOCKED)
		flags |= ABI_MAP_LOCKED;
	if (v->flags & VMF_NOHUGEPAGE)
		flags |= ABI_MAP_STACK;
	if (v->flags & VMF_GROWSDOWN)
		flags |= ABI_MAP_GROWSDOWN;
	if (v->file && v->file < FILE_ARG_COUNT) {
		op->arg[4] = v->file;
		op->arg[5] = (v->pgoff + (start - v->start)) << PAGE_SHIFT;
	} else {
		flags |= ABI_MAP_ANONYMOUS;
		op->arg[4] = FILE_NONE;
		op->arg[5] = 0;
	}
	op->arg[3] = flags;
}

static void draw_map_kind(struct gen *g, struct op *op)
{
	static const u64 extras[] = { ABI_MAP_NORESERVE, ABI_MAP_LOCKED,    ABI_MAP_POPULATE,
				      ABI_MAP_STACK,	 ABI_MAP_GROWSDOWN, ABI_MAP_NONBLOCK,
				      ABI_MAP_32BIT };
	u64 type = ABI_MAP_PRIVATE;

	if (g->plain && rng_below(&g->rng, 8)) {
		op->arg[2] = ABI_PROT_READ | ABI_PROT_WRITE;
		op->arg[3] |= ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS;
		return;
	}
	op->arg[2] = draw_prot(g);
	op->arg[4] = rng_below(&g->rng, 3) ? FILE_NONE : rng_below(&g->rng, FILE_ARG_COUNT);
	op->arg[5] = op->arg[4] == FILE_NONE ? 0 : rng_below(&g->rng, 12) * PAGE_BYTES;
	if (rng_one_in(&g->rng, 4))
		type = rng_one_in(&g->rng, 4) ? ABI_MAP_SHARED_VALIDATE : ABI_MAP_SHARED;
	else if (rng_one_in(&g->rng, 12))
		type = ABI_MAP_DROPPABLE;
	op->arg[3] |= type;
	if (op->arg[4] == FILE_NONE)
		op->arg[3] |= ABI_MAP_ANONYMOUS;
	if (rng_one_in(&g->rng, 5))
		op->arg[3] |= extras[rng_below(&g->rng, ARRAY_SIZE(extras))];
}

static void draw_mmap(struct gen *g, struct op *op)
{
	struct range r = draw_place(g);
	const struct model_vma *v = gen_draw_vma(g);

	gen_set_range(g, op, r);
	draw_map_kind(g, op);
	for (u32 i = 0; i < gen_mm(g)->vma_count; i++)
		if (gen_mm(g)->vmas[i].end == r.start ||
		    gen_mm(g)->vmas[i].start == r.start + r.pages)
			v = &gen_mm(g)->vmas[i];
	if (v && rng_below(&g->rng, 3))
		imitate(op, v, r.start);
	switch (rng_below(&g->rng, 16)) {
	case 0: /* a hint, or none */
		break;
	case 1:
		op->arg[0] = addr_make(ADDR_ABSOLUTE, 0);
		break;
	case 2:
		op->arg[3] |= ABI_MAP_FIXED_NOREPLACE;
		break;
	default:
		op->arg[3] |= ABI_MAP_FIXED;
	}
}

/*
 * An area that has room behind it, and the length that fills the room up to the next; better one
 * that is like the next. False: there is none.
 */
static bool draw_growth(struct gen *g, struct range *from, u64 *new_pages)
{
	const struct model_mm *mm = gen_mm(g);
	bool found = false;

	for (u32 i = 0; i + 1 < mm->vma_count; i++) {
		const struct model_vma *v = &mm->vmas[i];
		u64 gap = v[1].start - v->end;

		if (!gap || gap > 16 || (found && v->flags != v[1].flags))
			continue;
		*from = range_make(v->start, v->end);
		*new_pages = from->pages + gap;
		found = true;
	}
	return found;
}

/* Where the pages of the range were when they were first touched: back there they may merge. */
static bool draw_home(struct gen *g, struct range from, struct range *to)
{
	const struct model_vma *v = model_vma_at(g->m, g->proc, from.start);

	if (!v || !v->anonymous || v->pgoff == v->start)
		return false;
	*to = (struct range){ v->pgoff + (from.start - v->start), from.pages };
	return to->start >= ARENA_BASE >> PAGE_SHIFT && to->start < ARENA_END >> PAGE_SHIFT;
}

static void draw_mremap(struct gen *g, struct op *op)
{
	struct range from = gen_draw_target(g), to = draw_place(g), home;
	u64 new_pages = from.pages;

	if (rng_one_in(&g->rng, 8) && draw_growth(g, &from, &new_pages)) {
		gen_set_range(g, op, from);
		op->arg[2] = new_pages * PAGE_BYTES;
		op->arg[3] = rng_below(&g->rng, 2) ? ABI_MREMAP_MAYMOVE : 0;
		op->arg[4] = addr_make(ADDR_ARENA, 0);
		return;
	}
	if (rng_one_in(&g->rng, 3))
		new_pages = 1 + rng_below(&g->rng, (u32)from.pages + 4);
	if (rng_below(&g->rng, 3) || !draw_home(g, from, &home))
		home = to;
	to = home;
	op->arg[0] = addr_of(g, from.start);
	op->arg[1] = rng_one_in(&g->rng, 24) ? 0 : from.pages * PAGE_BYTES;
	op->arg[2] = new_pages * PAGE_BYTES;
	switch (rng_below(&g->rng, 8)) {
	case 0:
		break;
	case 1:
		op->arg[3] = ABI_MREMAP_MAYMOVE;
		break;
	case 2:
		op->arg[3] = ABI_MREMAP_MAYMOVE | ABI_MREMAP_DONTUNMAP;
		op->arg[2] = op->arg[1];
		break;
	case 3:
		op->arg[3] = ABI_MREMAP_MAYMOVE | ABI_MREMAP_DONTUNMAP | ABI_MREMAP_FIXED;
		op->arg[2] = op->arg[1];
		break;
	default:
		op->arg[3] = ABI_MREMAP_MAYMOVE | ABI_MREMAP_FIXED;
	}
	if (op->arg[3] > ABI_MREMAP_MAYMOVE)
		op->arg[4] = addr_of(g, to.start);
	else
		op->arg[4] = addr_make(ADDR_ARENA, 0);
	g->moved_from = from.start;
	g->moved_to = to.start;
	g->moved_pages = from.pages;
}

static u64 draw_advice(struct gen *g)
{
	u32 count = 0;

	while (names_advice[count].name)
		count++;
	return names_advice[rng_below(&g->rng, count)].value;
}

/* Mostly where the access is allowed. */
static struct range draw_touch(struct gen *g, u64 access)
{
	const struct model_mm *mm = gen_mm(g);
	u32 i = rng_below(&g->rng, mm->vma_count + !mm->vma_count);

	if (rng_one_in(&g->rng, 4))
		return gen_draw_target(g);
	for (u32 n = 0; n < mm->vma_count; n++, i = i + 1 < mm->vma_count ? i + 1 : 0)
		if (mm->vmas[i].flags & access)
			return range_make(mm->vmas[i].start, mm->vmas[i].end);
	return gen_draw_target(g);
}

static void draw_args(struct gen *g, struct op *op)
{
	static const u8 mcl[4] = { ABI_MCL_CURRENT, ABI_MCL_FUTURE,
				   ABI_MCL_CURRENT | ABI_MCL_FUTURE,
				   ABI_MCL_FUTURE | ABI_MCL_ONFAULT };
	struct range r;

	if (gen_attr_args(g, op) || gen_process_args(g, op))
		return;
	switch (op->kind) {
	case OP_MMAP:
		draw_mmap(g, op);
		return;
	case OP_MREMAP:
		draw_mremap(g, op);
		return;
	case OP_MLOCKALL:
		op->arg[0] = mcl[rng_below(&g->rng, ARRAY_SIZE(mcl))];
		return;
	case OP_READ:
	case OP_WRITE:
		r = draw_touch(g, op->kind == OP_WRITE ? VMF_WRITE : VMF_ACCESS);
		op->arg[0] = addr_of(g, r.start + rng_below(&g->rng, (u32)r.pages));
		return;
	case OP_MUNLOCKALL:
	case OP_FORK:
	case OP_EXIT:
		return;
	default:
		gen_set_range(g, op, gen_draw_target(g));
	}
	if (op->kind == OP_MPROTECT)
		op->arg[2] = draw_prot(g);
	else if (op->kind == OP_MADVISE)
		op->arg[2] = draw_advice(g);
	else if (op->kind == OP_MLOCK2)
		op->arg[2] = rng_below(&g->rng, 2);
}

/* An argument that anything can be: unaligned, zero, overflowing, unknown; of a reserved one only
 * what is bad. */
static void spoil(struct gen *g, struct op *op)
{
	const struct op_desc *desc = &op_descs[op->kind];
	u32 k;

	if (!desc->arg_count)
		return;
	k = rng_below(&g->rng, desc->arg_count);
	op->arg[k] = desc->arg[k].kind == ARG_ZERO ?
			     1 :
			     argkinds[desc->arg[k].kind].decode((u16)rng_next(&g->rng));
}

/* An argument as the byte form can say it, and of what there is. */
static u64 canonical(const struct gen *g, enum arg_kind kind, u64 value)
{
	value = argkinds[kind].decode(argkinds[kind].encode(value));
	return kind == ARG_FILE && !(g->options->files >> value & 1) ? FILE_MEM0 : value;
}

/* Which allocation fails, if any: most operations make few. Who wants none to fail gets the same
 * programs as if there were no such thing. */
static u8 draw_fail(struct gen *g)
{
	if (!g->options->fail_permil || rng_below(&g->rng, 1000) >= g->options->fail_permil)
		return 0;
	return (u8)(1 + rng_below(&g->rng, 2u << rng_below(&g->rng, 5)));
}
_Static_assert(2u << 4 == OP_FAIL_MAX, "draw_fail() draws any of them");

static void draw_op(struct gen *g, struct op *op)
{
	memset(op, 0, sizeof(*op));
	op->kind = (u8)draw_kind(g);
	if (rng_below(&g->rng, 4) == 0)
		g->proc = rng_below(&g->rng, PROCS_MAX);
	op->proc = (u8)g->proc;
	g->proc = op_proc(op, g->m->live);
	op->proc = (u8)g->proc;
	op->kind = (u8)gen_uffd_kind(g, gen_worth_trying(g, (enum op_kind)op->kind));
	draw_args(g, op);
	if (rng_below(&g->rng, 1000) < g->options->bad_permil)
		spoil(g, op);
	op->fail_nth = draw_fail(g);
	for (u32 k = 0; k < op_descs[op->kind].arg_count; k++)
		op->arg[k] = canonical(g, op_descs[op->kind].arg[k].kind, op->arg[k]);
}

int generate_tail(struct prog *prog, struct model *m, const struct generate_options *options,
		  u64 seed)
{
	struct gen g = { .m = m, .options = options };
	struct op_result result;

	CHECK(options->ops <= PROG_OPS_MAX);
	rng_seed(&g.rng, seed);
	draw_weights(&g);
	draw_window(&g);
	g.plain = rng_one_in(&g.rng, 3);
	for (; prog->count < options->ops; prog->count++) {
		int err;

		draw_op(&g, &prog->ops[prog->count]);
		/* Which of the model's points a kernel's allocation is, nobody knows: a guess. */
		m->fail_at = prog->ops[prog->count].fail_nth;
		err = model_step(m, prog->count, &prog->ops[prog->count], NULL, &result);
		if (err)
			return err;
	}
	return 0;
}

void generate(struct prog *prog, struct model *m, const struct generate_options *options, u64 seed)
{
	model_reset(m);
	prog->count = 0;
	/* A program that outgrew the model ends before the operation that did it. */
	(void)generate_tail(prog, m, options, seed);
}
