/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tactics of the minimiser.
 *
 * Whoever removes operations must think of processes: their numbers count the forks, so without the
 * first fork the second process would silently take the place of the first.
 */
#include "harness/tactics.h"

#include <string.h>

#include "model/argkind.h"

#define NO_PROC 0xffu

/* Who makes and runs what, if every fork succeeds. */
struct procs {
	u32 count;              /* processes ever made */
	u32 parent[PROCS_MAX];
	u32 fork_op[PROCS_MAX]; /* the operation that makes it; of the first: none */
	u8 of_op[PROG_OPS_MAX]; /* the process that an operation really runs in */
};

static void procs_trace(const struct prog *prog, struct procs *procs)
{
	u32 live = 1, i;

	procs->count = 1;
	procs->parent[0] = NO_PROC;
	procs->fork_op[0] = PROG_OPS_MAX;
	for (i = 0; i < prog->count; i++) {
		u32 proc = op_proc(&prog->ops[i], live);

		procs->of_op[i] = (u8)proc;
		if (prog->ops[i].kind == OP_FORK && procs->count < PROCS_MAX) {
			procs->parent[procs->count] = proc;
			procs->fork_op[procs->count] = i;
			live |= 1u << procs->count++;
		} else if (prog->ops[i].kind == OP_EXIT && __builtin_popcount(live) > 1) {
			live &= ~(1u << proc);
		}
	}
}

/* Removes what @gone says, and renumbers. */
static void remove_ops(struct prog *prog, const bool *gone)
{
	struct procs procs;
	u32 number[PROCS_MAX];
	u32 i, p, next = 1, kept = 0;

	procs_trace(prog, &procs);
	number[0] = 0;
	for (p = 1; p < procs.count; p++)
		number[p] = gone[procs.fork_op[p]] ? number[procs.parent[p]] : next++;
	for (i = 0; i < prog->count; i++) {
		if (gone[i])
			continue;
		prog->ops[kept] = prog->ops[i];
		prog->ops[kept++].proc = (u8)number[procs.of_op[i]];
	}
	prog->count = kept;
}

void tactic_remove(struct prog *prog, u32 first, u32 count)
{
	bool gone[PROG_OPS_MAX] = {false};
	u32 i;

	for (i = first; i < first + count && i < prog->count; i++)
		gone[i] = true;
	remove_ops(prog, gone);
}

static bool tail(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	if (step > 0 || fault + 1 >= best->count)
		return false;
	*out = *best;
	out->count = fault + 1;
	return true;
}

/* Without one half, then one quarter, ... then one operation, from the end. */
static bool chunks(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	u32 size;

	(void)fault;
	for (size = best->count / 2; size > 0; size /= 2) {
		u32 n = (best->count + size - 1) / size;

		if (step < n) {
			*out = *best;
			tactic_remove(out, (n - 1 - step) * size, size);
			return true;
		}
		step -= n;
	}
	return false;
}

/* Without any two operations: what only makes sense together, such as a fork and its exit. */
static bool pairs(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	bool gone[PROG_OPS_MAX] = {false};
	u32 first = 0, rest;

	(void)fault;
	if (best->count > 24)
		return false;
	for (rest = step; first + 1 < best->count && rest >= best->count - 1 - first; first++)
		rest -= best->count - 1 - first;
	if (first + 1 >= best->count)
		return false;
	gone[first] = true;
	gone[first + 1 + rest] = true;
	*out = *best;
	remove_ops(out, gone);
	return true;
}

/* Without one process, the last first, and all that runs in it. */
static bool drop_process(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	bool gone[PROG_OPS_MAX] = {false};
	struct procs procs;
	u32 i, victim;

	(void)fault;
	procs_trace(best, &procs);
	if (step + 1 >= procs.count)
		return false;
	victim = procs.count - 1 - step;
	for (i = 0; i < best->count; i++)
		gone[i] = procs.of_op[i] == victim || procs.fork_op[victim] == i;
	*out = *best;
	remove_ops(out, gone);
	return true;
}

/* Operations of other processes to the first: those of one process, then one operation. */
static bool merge_processes(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	struct procs procs;
	u32 i;

	(void)fault;
	procs_trace(best, &procs);
	if (procs.count == 1)
		return false;
	*out = *best;
	if (step + 1 < procs.count) {
		for (i = 0; i < out->count; i++)
			if (procs.of_op[i] == step + 1)
				out->ops[i].proc = 0;
		return true;
	}
	step -= procs.count - 1;
	if (step >= out->count)
		return false;
	out->ops[step].proc = 0;
	return true;
}

/* One argument of one operation, from the last operation, as its kind knows how. */
static bool arguments(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	u32 i, a, k;
	u64 value;

	(void)fault;
	for (i = best->count; i-- > 0;) {
		const struct op *op = &best->ops[i];
		const struct op_desc *desc = &op_descs[op->kind];

		for (a = 0; a < desc->arg_count; a++) {
			const struct argkind *kind = &argkinds[desc->arg[a].kind];

			for (k = 0; kind->simpler(op->arg[a], k, &value); k++) {
				if (step-- > 0)
					continue;
				*out = *best;
				out->ops[i].arg[a] = value;
				return true;
			}
		}
	}
	return false;
}

/* One operation, from the last, without a failing allocation, or with the failure of an earlier
 * one. */
static bool failures(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	u32 i;

	(void)fault;
	for (i = best->count; i-- > 0;) {
		if (step < best->ops[i].fail_nth) {
			*out = *best;
			out->ops[i].fail_nth = (u8)step;
			return true;
		}
		step -= best->ops[i].fail_nth;
	}
	return false;
}

/* Is argument @a of @op an address in the arena, not before its begin? */
static bool is_arena(const struct op *op, u32 a)
{
	return op_descs[op->kind].arg[a].kind == ARG_ADDR &&
	       addr_base(op->arg[a]) == ADDR_ARENA && addr_offset(op->arg[a]) >= 0;
}

/*
 * Takes page @page out of the arena of one operation:
 *
 *	 0 1 2 3 4 5       0 1 2 3 4
 *	     AAAAA     ->      AAA      page 3 taken out of [2, 5), and what is behind it moves down
 */
static void fold_op(struct op *op, s64 page)
{
	const struct op_desc *desc = &op_descs[op->kind];
	s64 cut = page * (s64)PAGE_BYTES, begin = -1;
	u32 a;

	for (a = 0; a < desc->arg_count; a++) {
		if (desc->arg[a].kind == ARG_ADDR) {
			begin = is_arena(op, a) ? addr_offset(op->arg[a]) : -1;
			if (begin >= cut + (s64)PAGE_BYTES)
				op->arg[a] = addr_make(ADDR_ARENA, begin - (s64)PAGE_BYTES);
		} else if (desc->arg[a].kind == ARG_LEN && begin >= 0 && begin <= cut) {
			/* In an arena of 64 pages no sum of the two that matters overflows. */
			if (op->arg[a] > PAGE_BYTES && op->arg[a] < 1ull << 40 &&
			    begin + (s64)op->arg[a] > cut)
				op->arg[a] -= PAGE_BYTES;
		}
	}
}

static bool fold_pages(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	u32 i;

	(void)fault;
	if (step >= ARENA_PAGES)
		return false;
	*out = *best;
	for (i = 0; i < out->count; i++)
		fold_op(&out->ops[i], (s64)(ARENA_PAGES - 1 - step));
	return true;
}

/* All addresses of the arena down, so that the lowest is its first page, or the one behind. */
static bool shift_down(const struct prog *best, u32 fault, u32 step, struct prog *out)
{
	s64 lowest = INT64_MAX, by;
	u32 i, a;

	(void)fault;
	for (i = 0; i < best->count; i++)
		for (a = 0; a < op_descs[best->ops[i].kind].arg_count; a++)
			if (is_arena(&best->ops[i], a) && addr_offset(best->ops[i].arg[a]) < lowest)
				lowest = addr_offset(best->ops[i].arg[a]);
	if (lowest == INT64_MAX || step > 1)
		return false;
	by = (lowest >> PAGE_SHIFT) - (s64)step;
	*out = *best;
	for (i = 0; i < out->count; i++)
		for (a = 0; a < op_descs[out->ops[i].kind].arg_count; a++)
			if (by > 0 && is_arena(&out->ops[i], a))
				out->ops[i].arg[a] = addr_make(
					ADDR_ARENA, addr_offset(out->ops[i].arg[a]) -
							    by * (s64)PAGE_BYTES);
	return true;
}

const struct tactic tactics[] = {
	{"tail", tail},
	{"chunks", chunks},
	{"drop_process", drop_process},
	{"merge_processes", merge_processes},
	{"failures", failures},
	{"shift_down", shift_down},
	{"arguments", arguments},
	{"fold_pages", fold_pages},
	{"pairs", pairs},
	{NULL, NULL},
};
