/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small seedable generator of random numbers (splitmix64). A value, not a global: whoever has the
 * same seed gets the same numbers.
 */
#ifndef MODEL_RNG_H
#define MODEL_RNG_H

#include "types.h"

struct rng {
	u64 state;
};

static inline void rng_seed(struct rng *rng, u64 seed)
{
	rng->state = seed;
}
static inline u64 rng_next(struct rng *rng)
{
	u64 z = rng->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}
/* A number below @n (0 if @n is 0). */
static inline u32 rng_below(struct rng *rng, u32 n)
{
	return (u32)((rng_next(rng) >> 32) * n >> 32);
}
/* True once in @n times. */
static inline bool rng_one_in(struct rng *rng, u32 n)
{
	return rng_below(rng, n) == 0;
}

#endif
