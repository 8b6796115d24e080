/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs as data: inserting and removing operations, comparing, recognising. Nothing allocates:
 * the fuzzing loop and the minimiser call these for every candidate.
 */
#include "prog.h"

#include <errno.h>
#include <string.h>

void prog_remove(struct prog *prog, u32 first, u32 count)
{
	CHECK(first <= prog->count && count <= prog->count - first);
	memmove(&prog->ops[first], &prog->ops[first + count],
		(prog->count - first - count) * sizeof(prog->ops[0]));
	prog->count -= count;
}

int prog_insert(struct prog *prog, u32 at, const struct op *op)
{
	struct op copy = *op; /* @op may be one of @prog's own, which is about to move */

	CHECK(at <= prog->count);
	if (prog->count >= PROG_OPS_MAX)
		return -ENOSPC;
	memmove(&prog->ops[at + 1], &prog->ops[at], (prog->count - at) * sizeof(prog->ops[0]));
	prog->ops[at] = copy;
	prog->count++;
	return 0;
}

static bool op_equal(const struct op *a, const struct op *b)
{
	if (a->kind != b->kind || a->proc != b->proc || a->fail_nth != b->fail_nth)
		return false;
	for (u32 i = 0; i < op_descs[a->kind].arg_count; i++)
		if (a->arg[i] != b->arg[i])
			return false;
	return true;
}

bool prog_equal(const struct prog *a, const struct prog *b)
{
	if (a->count != b->count)
		return false;
	for (u32 i = 0; i < a->count; i++)
		if (!op_equal(&a->ops[i], &b->ops[i]))
			return false;
	return true;
}

static u64 fnv1a(u64 hash, const char *text)
{
	for (; *text; text++)
		hash = (hash ^ (u8)*text) * 0x100000001b3ull;
	return hash;
}

u64 prog_hash(const struct prog *prog)
{
	u64 hash = fnv1a(0xcbf29ce484222325ull, "vma 1\n");
	char line[512];

	for (u32 i = 0; i < prog->count; i++) {
		op_print(line, sizeof(line), &prog->ops[i]);
		hash = fnv1a(fnv1a(hash, line), "\n");
	}
	return hash;
}
