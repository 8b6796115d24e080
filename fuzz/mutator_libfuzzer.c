/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mutator as libFuzzer's hooks, linked into each target that runs programs. FUZZ_PREFIX_BYTES
 * is how many bytes such a target takes before its program.
 *
 * A hook gets no context, so it makes a mutator for each call, which costs little beside what a
 * target does with the input.
 */
#include "fuzz/engine.h"
#include "fuzz/mutate.h"

/* One in so many mutations is libFuzzer's own: it may find what we did not think of. */
#define BYTES_ONE_IN 8

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed)
{
	const struct mutate_input in = { data, size }, none = { NULL, 0 };
	struct mutator *mu = NULL;
	struct rng rng;
	size_t out = 0;

	rng_seed(&rng, seed);
	if (!rng_one_in(&rng, BYTES_ONE_IN))
		mu = mutator_new(&mutate_weights_default);
	if (mu)
		out = mutate_bytes(mu, in, none, FUZZ_PREFIX_BYTES, data, max_size, rng_next(&rng));
	mutator_free(mu);
	return out ? out : LLVMFuzzerMutate(data, size, max_size);
}

size_t LLVMFuzzerCustomCrossOver(const u8 *data1, size_t size1, const u8 *data2, size_t size2,
				 u8 *out, size_t max_out_size, unsigned int seed)
{
	const struct mutate_input a = { data1, size1 }, b = { data2, size2 };
	struct mutator *mu = mutator_new(&mutate_weights_default);
	size_t size;

	if (!mu)
		return 0;
	size = mutate_cross_bytes(mu, a, b, FUZZ_PREFIX_BYTES, out, max_out_size, seed);
	mutator_free(mu);
	return size;
}
