/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random programs: what a whole process has. A program that registers something with a userfaultfd
 * needs one of the process first, and most calls should be of one that the process has.
 */
#include "generate_impl.h"

static bool is_mine(const struct gen *g, u32 index)
{
	return g->m->uffds[index].open && g->m->uffds[index].proc == g->proc;
}

/* A descriptor that the process has; UFFDS_MAX if it has none. */
static u32 draw_mine(struct gen *g)
{
	u32 count = 0, skip, k;

	for (k = 0; k < g->m->uffd_count; k++)
		count += is_mine(g, k);
	if (!count)
		return UFFDS_MAX;
	skip = rng_below(&g->rng, count);
	for (k = 0; !is_mine(g, k) || skip--; k++)
		;
	return k;
}

enum op_kind gen_uffd_kind(struct gen *g, enum op_kind kind)
{
	enum op_kind instead = kind;

	if (kind == OP_UFFD_OPEN && g->m->uffd_opened == UFFD_OPENS_MAX)
		instead = OP_UFFD_REGISTER;
	else if ((kind == OP_UFFD_REGISTER || kind == OP_UFFD_UNREGISTER ||
		  kind == OP_UFFD_CLOSE) &&
		 draw_mine(g) == UFFDS_MAX && g->m->uffd_opened < UFFD_OPENS_MAX)
		instead = OP_UFFD_OPEN;
	return gen_usable(g) >> instead & 1 ? instead : kind;
}

static u64 draw_features(struct gen *g)
{
	u64 features = 0;

	if (rng_one_in(&g->rng, 4) && g->m->config.rules.uffd_wp_async)
		features = ABI_UFFD_WP_ASYNC;
	if (!g->m->config.uffd_events)
		return features;
	if (rng_one_in(&g->rng, 2))
		features |= ABI_UFFD_EVENT_FORK;
	if (rng_one_in(&g->rng, 2))
		features |= ABI_UFFD_EVENT_REMAP;
	return features;
}

/* Write-protection more often than missing, as that memory can be used. */
static u64 draw_mode(struct gen *g)
{
	static const u8 modes[8] = { ABI_UFFD_MODE_MISSING,
				     ABI_UFFD_MODE_WP,
				     ABI_UFFD_MODE_WP,
				     ABI_UFFD_MODE_WP,
				     ABI_UFFD_MODE_MISSING | ABI_UFFD_MODE_WP,
				     ABI_UFFD_MODE_MINOR,
				     ABI_UFFD_MODE_MINOR | ABI_UFFD_MODE_WP,
				     ABI_UFFD_MODE_MISSING };

	return modes[rng_below(&g->rng, ARRAY_SIZE(modes))];
}

/* A descriptor, and a range behind it. */
static void draw_uffd(struct gen *g, struct op *op)
{
	u32 mine = draw_mine(g);

	gen_set_range(g, op, gen_draw_target(g));
	op->arg[2] = op->arg[1];
	op->arg[1] = op->arg[0];
	op->arg[0] = mine;
	if (mine == UFFDS_MAX || rng_one_in(&g->rng, 16))
		op->arg[0] = rng_below(&g->rng, UFFD_OPENS_MAX);
}

/* Close above what is used, so that it decides about something. */
static void draw_limit(struct gen *g, struct op *op)
{
	static const enum snap_counter used[LIMIT_COUNT] = {
		[LIMIT_AS] = COUNT_TOTAL_VM,
		[LIMIT_DATA] = COUNT_DATA_VM,
		[LIMIT_MEMLOCK] = COUNT_LOCKED_VM,
	};
	u64 which = rng_below(&g->rng, LIMIT_COUNT);
	s64 pages = which == LIMIT_STACK ? 0 : gen_mm(g)->counter[used[which]];

	op->arg[0] = which;
	op->arg[1] = (u64)(pages < 0 ? 0 : pages) + 1 + rng_below(&g->rng, 8);
	if (rng_one_in(&g->rng, 3) || op->arg[1] > ARENA_PAGES)
		op->arg[1] = LIMIT_NONE;
}

bool gen_process_args(struct gen *g, struct op *op)
{
	switch (op->kind) {
	case OP_UFFD_OPEN:
		op->arg[0] = draw_features(g);
		return true;
	case OP_UFFD_REGISTER:
		draw_uffd(g, op);
		op->arg[3] = draw_mode(g);
		return true;
	case OP_UFFD_UNREGISTER:
		draw_uffd(g, op);
		return true;
	case OP_UFFD_CLOSE:
		draw_uffd(g, op);
		op->arg[1] = op->arg[2] = 0;
		return true;
	case OP_MAX_MAP_COUNT:
		op->arg[0] = gen_mm(g)->vma_count + 1 + rng_below(&g->rng, 7);
		if (rng_one_in(&g->rng, 3) || op->arg[0] > ARENA_PAGES)
			op->arg[0] = LIMIT_NONE;
		return true;
	case OP_SET_RLIMIT:
		draw_limit(g, op);
		return true;
	case OP_MEMORY_MERGE:
		op->arg[0] = !gen_mm(g)->merge_any;
		return true;
	default:
		return false;
	}
}
