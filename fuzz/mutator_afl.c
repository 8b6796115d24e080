/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mutator as a shared library for AFL++ (AFL_CUSTOM_MUTATOR_LIBRARY), one for each target that
 * runs programs, since FUZZ_PREFIX_BYTES differs. It also trims by operations: AFL++'s own trimming
 * takes out bytes, after which all that stands behind them would mean something else.
 *
 * The interface is AFL++'s (custom_mutators.md, seen with 4.04c). What afl_custom_init() returns is
 * handed to every other function.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate.h"

/* Programs longer than this are not made: they cost more time than they find. */
#define OPS_MAX 64
#define OUT_BYTES (FUZZ_PREFIX_BYTES + OPS_MAX * OP_BYTES)

/* Taking out runs of @chunk operations, from @at on; the runs become shorter, down to one. */
struct trim {
	struct prog prog; /* as far as it is trimmed */
	u32 at, chunk;
	s32 step, steps;
	u8 prefix[FUZZ_PREFIX_BYTES + 1];
	/* Room for what the queue holds, which may be longer than what is made here. */
	u8 out[FUZZ_PREFIX_BYTES + PROG_OPS_MAX * OP_BYTES];
};

struct afl_mutator {
	struct mutator *mutator;
	struct rng rng;
	struct trim trim;
	u8 out[OUT_BYTES];
};

struct afl_mutator *afl_custom_init(void *afl, unsigned int seed);
void afl_custom_deinit(struct afl_mutator *am);
unsigned int afl_custom_fuzz_count(struct afl_mutator *am, const u8 *buf, size_t size);
size_t afl_custom_fuzz(struct afl_mutator *am, u8 *buf, size_t size, u8 **out, u8 *add_buf,
		       size_t add_size, size_t max_size);
s32 afl_custom_init_trim(struct afl_mutator *am, u8 *buf, size_t size);
size_t afl_custom_trim(struct afl_mutator *am, u8 **out);
s32 afl_custom_post_trim(struct afl_mutator *am, u8 success);

struct afl_mutator *afl_custom_init(void *afl, unsigned int seed)
{
	struct afl_mutator *am = calloc(1, sizeof(*am));

	(void)afl;
	if (!am)
		return NULL;
	am->mutator = mutator_new(&mutate_weights_default);
	if (!am->mutator) {
		free(am);
		return NULL;
	}
	rng_seed(&am->rng, seed);
	return am;
}

void afl_custom_deinit(struct afl_mutator *am)
{
	mutator_free(am->mutator);
	free(am);
}

/* The longer a program, the more there is to change in it. */
unsigned int afl_custom_fuzz_count(struct afl_mutator *am, const u8 *buf, size_t size)
{
	(void)am;
	(void)buf;
	return 64 + 4 * (unsigned int)(size / OP_BYTES < OPS_MAX ? size / OP_BYTES : OPS_MAX);
}

size_t afl_custom_fuzz(struct afl_mutator *am, u8 *buf, size_t size, u8 **out, u8 *add_buf,
		       size_t add_size, size_t max_size)
{
	const struct mutate_input in = { buf, size }, other = { add_buf, add_size };
	size_t room = max_size < OUT_BYTES ? max_size : OUT_BYTES;
	u64 seed = rng_next(&am->rng);

	*out = am->out;
	if (add_size > FUZZ_PREFIX_BYTES && rng_one_in(&am->rng, 8))
		return mutate_cross_bytes(am->mutator, in, other, FUZZ_PREFIX_BYTES, am->out, room,
					  seed);
	return mutate_bytes(am->mutator, in, other, FUZZ_PREFIX_BYTES, am->out, room, seed);
}

/* The number of steps is not known before: fewer if runs can be taken out. */
s32 afl_custom_init_trim(struct afl_mutator *am, u8 *buf, size_t size)
{
	struct trim *t = &am->trim;

	if (size <= FUZZ_PREFIX_BYTES)
		return 0;
	memcpy(t->prefix, buf, FUZZ_PREFIX_BYTES);
	prog_decode(&t->prog, buf + FUZZ_PREFIX_BYTES, size - FUZZ_PREFIX_BYTES);
	if (t->prog.count < 2)
		return 0;
	t->at = 0;
	t->step = 0;
	t->steps = 0;
	t->chunk = t->prog.count / 2;
	for (u32 chunk = t->chunk; chunk > 0; chunk /= 2)
		t->steps += (s32)((t->prog.count + chunk - 1) / chunk);
	return t->steps;
}

static u32 trim_length(const struct trim *t)
{
	u32 rest = t->prog.count - t->at;

	return rest < t->chunk ? rest : t->chunk;
}

size_t afl_custom_trim(struct afl_mutator *am, u8 **out)
{
	struct trim *t = &am->trim;
	u32 end = t->at + trim_length(t);
	size_t head;

	memcpy(t->out, t->prefix, FUZZ_PREFIX_BYTES);
	prog_encode(&t->prog, t->out + FUZZ_PREFIX_BYTES, sizeof(t->out) - FUZZ_PREFIX_BYTES);
	head = FUZZ_PREFIX_BYTES + t->at * (size_t)OP_BYTES;
	memmove(t->out + head, t->out + FUZZ_PREFIX_BYTES + end * (size_t)OP_BYTES,
		(t->prog.count - end) * (size_t)OP_BYTES);
	*out = t->out;
	return head + (t->prog.count - end) * (size_t)OP_BYTES;
}

/* @success: without the run the program does the same. The next step, or the number of steps. */
s32 afl_custom_post_trim(struct afl_mutator *am, u8 success)
{
	struct trim *t = &am->trim;

	if (success)
		prog_remove(&t->prog, t->at, trim_length(t));
	else
		t->at += trim_length(t);
	while (t->at >= t->prog.count || t->prog.count < 2) {
		t->at = 0;
		t->chunk /= 2;
		if (t->chunk == 0 || t->prog.count < 2)
			return t->steps;
	}
	if (t->step < t->steps - 1)
		t->step++;
	return t->step;
}
