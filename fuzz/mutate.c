/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Arguments are changed through the codes of the byte form, in which neighbours are near to each
 * other and flags are bits: so a new kind of argument needs no line here.
 */
#include "fuzz/mutate.h"

#include <stdlib.h>
#include <string.h>

#include "model/argkind.h"
#include "model/generate.h"

#define RUN_MAX 6     /* operations that are removed, duplicated, spliced or appended at once */
#define CHANGES_MAX 6 /* of one mutation */

_Static_assert(OP_FAIL_MAX == 1 << 5, "change_fail() draws numbers up to it");

struct mutator {
	struct mutate_weights weights;
	struct model model; /* what a part of the program leads to */
	struct prog scratch;
	struct prog a, b, child; /* of what is given in bytes */
	struct rng rng;
	u32 ops_max;
};

/* fail is rare: few backends can make an allocation fail. */
const struct mutate_weights mutate_weights_default = {
	.insert = 24,
	.remove = 12,
	.duplicate = 6,
	.swap = 6,
	.splice = 10,
	.tweak = 28,
	.process = 3,
	.fail = 3,
	.tail = 8,
};

struct mutator *mutator_new(const struct mutate_weights *weights)
{
	struct mutator *mu = malloc(sizeof(*mu));
	struct model_config config;

	if (!mu)
		return NULL;
	mu->weights = *weights;
	model_config_default(&config);
	model_init(&mu->model, &config);
	mu->ops_max = PROG_OPS_MAX;
	return mu;
}

void mutator_free(struct mutator *mu)
{
	free(mu);
}

/* The model becomes what the first @count operations lead to; false if they outgrow it, and then it
 * is as at the start of a program. */
static bool run_prefix(struct mutator *mu, const struct prog *prog, u32 count)
{
	struct op_result result;

	model_reset(&mu->model);
	for (u32 i = 0; i < count; i++) {
		if (model_step(&mu->model, i, &prog->ops[i], NULL, &result) == 0)
			continue;
		model_reset(&mu->model);
		return false;
	}
	return true;
}

/* Lets @prog, which ends where the model is, grow by up to @count operations. */
static void grow(struct mutator *mu, struct prog *prog, u32 count)
{
	struct generate_options options;

	generate_options_default(&options);
	options.ops = prog->count + count < mu->ops_max ? prog->count + count : mu->ops_max;
	/* What outgrows the model is not added. */
	(void)generate_tail(prog, &mu->model, &options, rng_next(&mu->rng));
}

/* ---- the ways of changing a program ---- */

static bool change_insert(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	u32 at = rng_below(&mu->rng, prog->count + 1);
	struct prog *head = &mu->scratch;

	(void)other;
	if (prog->count >= mu->ops_max)
		return false;
	run_prefix(mu, prog, at);
	/* The operation is made as the end of the program before it. */
	head->count = at;
	grow(mu, head, 1);
	return head->count > at && prog_insert(prog, at, &head->ops[at]) == 0;
}

static bool change_remove(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	u32 at = rng_below(&mu->rng, prog->count);
	u32 most = prog->count - at < RUN_MAX ? prog->count - at : RUN_MAX;

	(void)other;
	if (prog->count < 2)
		return false;
	if (most == prog->count)
		most--;
	/* Mostly a single one, so that what depends on the others still works. */
	prog_remove(prog, at, rng_one_in(&mu->rng, 3) ? 1 + rng_below(&mu->rng, most) : 1);
	return true;
}

/* Puts a run of @from's operations anywhere into @prog; the two are not the same. */
static bool insert_run(struct mutator *mu, struct prog *prog, const struct prog *from)
{
	u32 first = rng_below(&mu->rng, from->count), at = rng_below(&mu->rng, prog->count + 1);
	u32 count = 1 + rng_below(&mu->rng, RUN_MAX), done = 0;

	for (; done < count && first + done < from->count && prog->count < mu->ops_max; done++)
		prog_insert(prog, at + done, &from->ops[first + done]);
	return done > 0;
}

static bool change_duplicate(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	(void)other;
	mu->scratch = *prog;
	return insert_run(mu, prog, &mu->scratch);
}

static bool change_splice(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	return other && insert_run(mu, prog, other);
}

static bool change_swap(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	u32 a = rng_below(&mu->rng, prog->count), b = rng_below(&mu->rng, prog->count);
	struct op op;

	(void)other;
	/* Neighbours as often as any two: their order is what matters most. */
	if (rng_one_in(&mu->rng, 2))
		b = a + 1;
	if (b >= prog->count || a == b)
		return false;
	op = prog->ops[a];
	prog->ops[a] = prog->ops[b];
	prog->ops[b] = op;
	return true;
}

/* The argument of another operation that is of the same kind; @value if there is none. */
static u64 borrow(struct mutator *mu, const struct prog *prog, enum arg_kind kind, u64 value)
{
	const struct op *op = &prog->ops[rng_below(&mu->rng, prog->count)];

	for (u32 k = 0; k < op_descs[op->kind].arg_count; k++)
		if (op_descs[op->kind].arg[k].kind == kind)
			return op->arg[k];
	return value;
}

/* A page number at an edge of an area of the process that executes @op. */
static bool edge(struct mutator *mu, const struct op *op, u64 *page)
{
	const struct model_mm *mm = &mu->model.mm[op_proc(op, mu->model.live)];
	const struct model_vma *v;

	if (mm->vma_count == 0)
		return false;
	v = &mm->vmas[rng_below(&mu->rng, mm->vma_count)];
	*page = rng_one_in(&mu->rng, 2) ? v->start : v->end;
	return true;
}

/* An address in the arena, or else from the process's last mapping. */
static u64 addr_of(u64 page, u64 last)
{
	u64 addr = page << PAGE_SHIFT;

	if (addr >= ARENA_BASE && addr <= ARENA_END)
		return addr_make(ADDR_ARENA, (s64)(addr - ARENA_BASE));
	return addr_make(ADDR_LAST, (s64)(addr - last));
}

/* Lets an address be the edge of an area, or a length reach one from the address before it. */
static u64 to_edge(struct mutator *mu, const struct prog *prog, u32 at, u32 k)
{
	const struct op *op = &prog->ops[at];
	const struct op_desc *desc = &op_descs[op->kind];
	u64 page, start, last;
	u32 from = k;

	if (!run_prefix(mu, prog, at) || !edge(mu, op, &page))
		return op->arg[k];
	last = mu->model.mm[op_proc(op, mu->model.live)].last;
	while (from > 0 && desc->arg[from].kind != ARG_ADDR)
		from--;
	if (from == k)
		return addr_of(page, last);
	start = op_addr(op->arg[from], last);
	return page << PAGE_SHIFT > start ? (page << PAGE_SHIFT) - start : op->arg[k];
}

static bool change_tweak(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	u32 at = rng_below(&mu->rng, prog->count);
	struct op *op = &prog->ops[at];
	const struct op_desc *desc = &op_descs[op->kind];
	u32 k = rng_below(&mu->rng, desc->arg_count);
	enum arg_kind kind;
	u64 value;
	u16 code;

	(void)other;
	if (desc->arg_count == 0)
		return false;
	kind = desc->arg[k].kind;
	value = op->arg[k];
	code = argkinds[kind].encode(value);
	switch (rng_below(&mu->rng, 5)) {
	case 0:
		value = argkinds[kind].decode((u16)(code + 1));
		break;
	case 1:
		value = argkinds[kind].decode((u16)(code - 1));
		break;
	case 2:
		value = argkinds[kind].decode((u16)(code ^ 1u << rng_below(&mu->rng, 16)));
		break;
	case 3:
		value = borrow(mu, prog, kind, value);
		break;
	default:
		if (kind == ARG_ADDR || kind == ARG_LEN)
			value = to_edge(mu, prog, at, k);
	}
	/* Only what the byte form can say. */
	value = argkinds[kind].decode(argkinds[kind].encode(value));
	if (value == op->arg[k])
		return false;
	op->arg[k] = value;
	return true;
}

static bool change_process(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	struct op *op = &prog->ops[rng_below(&mu->rng, prog->count)];
	u8 before = op->proc;

	(void)other;
	op->proc = (u8)rng_below(&mu->rng, PROCS_MAX);
	return op->proc != before;
}

static bool change_fail(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	struct op *op = &prog->ops[rng_below(&mu->rng, prog->count)];
	u8 before = op->fail_nth;

	(void)other;
	/* Low numbers more often: few operations allocate much. */
	op->fail_nth = before && rng_one_in(&mu->rng, 2)
			       ? 0
			       : (u8)(1 + rng_below(&mu->rng, 1u << rng_below(&mu->rng, 6)));
	return op->fail_nth != before;
}

static bool change_tail(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	u32 before = prog->count;

	(void)other;
	if (!run_prefix(mu, prog, prog->count))
		return false;
	grow(mu, prog, 1 + rng_below(&mu->rng, RUN_MAX));
	return prog->count > before;
}

static bool change(struct mutator *mu, struct prog *prog, const struct prog *other)
{
	const struct mutate_weights *w = &mu->weights;
	const struct {
		u32 weight;
		bool (*change)(struct mutator *mu, struct prog *prog, const struct prog *other);
	} ways[] = {
		{ w->insert, change_insert },	    { w->remove, change_remove },
		{ w->duplicate, change_duplicate }, { w->swap, change_swap },
		{ w->splice, change_splice },	    { w->tweak, change_tweak },
		{ w->process, change_process },	    { w->fail, change_fail },
		{ w->tail, change_tail },
	};
	u32 sum = 0, at;

	for (u32 i = 0; i < ARRAY_SIZE(ways); i++)
		sum += ways[i].weight;
	at = rng_below(&mu->rng, sum);
	for (u32 i = 0; i < ARRAY_SIZE(ways); i++) {
		if (at < ways[i].weight)
			return ways[i].change(mu, prog, other);
		at -= ways[i].weight;
	}
	return false;
}

/* ---- programs ---- */

static void begin(struct mutator *mu, struct prog *prog, u32 ops_max, u64 seed)
{
	CHECK(ops_max >= 1 && ops_max <= PROG_OPS_MAX);
	rng_seed(&mu->rng, seed);
	mu->ops_max = ops_max;
	if (prog->count > ops_max)
		prog->count = ops_max;
	if (prog->count > 0)
		return;
	model_reset(&mu->model);
	grow(mu, prog, 1);
	CHECK(prog->count == 1);
}

void mutate_prog(struct mutator *mu, struct prog *prog, const struct prog *other, u32 ops_max,
		 u64 seed)
{
	u32 changes = 1, tries = 0;

	begin(mu, prog, ops_max, seed);
	if (other && other->count == 0)
		other = NULL;
	while (changes < CHANGES_MAX && rng_one_in(&mu->rng, 2))
		changes++;
	/* Not every way can change every program; those that are weighed at all may all fail. */
	while (changes > 0 && tries++ < 32)
		changes -= change(mu, prog, other);
}

void mutate_cross(struct mutator *mu, struct prog *prog, const struct prog *a, const struct prog *b,
		  u32 ops_max, u64 seed)
{
	u32 from;

	CHECK(prog != a && prog != b);
	rng_seed(&mu->rng, seed);
	mu->ops_max = ops_max;
	*prog = *a;
	if (b->count && rng_one_in(&mu->rng, 3)) {
		/* all of one with a run of the other in it */
		insert_run(mu, prog, b);
	} else {
		/* the begin of one, the end of the other */
		prog->count = rng_below(&mu->rng, a->count + 1);
		from = rng_below(&mu->rng, b->count + 1);
		for (; from < b->count && prog->count < ops_max; from++)
			prog->ops[prog->count++] = b->ops[from];
	}
	begin(mu, prog, ops_max, rng_next(&mu->rng));
}

/* ---- bytes ---- */

static void decode(struct prog *prog, struct mutate_input in, size_t prefix)
{
	prog_decode(prog, in.size > prefix ? in.bytes + prefix : NULL,
		    in.size > prefix ? in.size - prefix : 0);
}

/* How many operations fit behind the prefix. */
static u32 ops_room(size_t prefix, size_t room)
{
	size_t ops = room > prefix ? (room - prefix) / OP_BYTES : 0;

	return ops < PROG_OPS_MAX ? (u32)ops : PROG_OPS_MAX;
}

/* Writes the prefix of @in and behind it @prog. */
static size_t encode(const struct prog *prog, struct mutate_input in, size_t prefix, u8 *out,
		     size_t room)
{
	size_t have = in.size < prefix ? in.size : prefix;

	if (have)
		memmove(out, in.bytes, have);
	memset(out + have, 0, prefix - have);
	return prefix + prog_encode(prog, out + prefix, room - prefix);
}

size_t mutate_bytes(struct mutator *mu, struct mutate_input in, struct mutate_input other,
		    size_t prefix, u8 *out, size_t room, u64 seed)
{
	u32 ops_max = ops_room(prefix, room);
	size_t size;

	if (!ops_max)
		return 0;
	decode(&mu->child, in, prefix);
	decode(&mu->b, other, prefix);
	mutate_prog(mu, &mu->child, &mu->b, ops_max, seed);
	size = encode(&mu->child, in, prefix, out, room);
	if (prefix && rng_one_in(&mu->rng, 32))
		out[rng_below(&mu->rng, (u32)prefix)] = (u8)rng_next(&mu->rng);
	return size;
}

size_t mutate_cross_bytes(struct mutator *mu, struct mutate_input a, struct mutate_input b,
			  size_t prefix, u8 *out, size_t room, u64 seed)
{
	u32 ops_max = ops_room(prefix, room);

	if (!ops_max)
		return 0;
	decode(&mu->a, a, prefix);
	decode(&mu->b, b, prefix);
	mutate_cross(mu, &mu->child, &mu->a, &mu->b, ops_max, seed);
	return encode(&mu->child, a, prefix, out, room);
}
