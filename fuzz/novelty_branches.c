/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Novelty for engines that see nothing but the branches of instrumented code (AFL++, honggfuzz): a
 * function for each case, whose entry is an edge of its own.
 */
#include "fuzz/novelty.h"

#define HEX1(X, hi, mid)								\
	X(hi, mid, 0) X(hi, mid, 1) X(hi, mid, 2) X(hi, mid, 3)				\
	X(hi, mid, 4) X(hi, mid, 5) X(hi, mid, 6) X(hi, mid, 7)				\
	X(hi, mid, 8) X(hi, mid, 9) X(hi, mid, a) X(hi, mid, b)				\
	X(hi, mid, c) X(hi, mid, d) X(hi, mid, e) X(hi, mid, f)
#define HEX2(X, hi)									\
	HEX1(X, hi, 0) HEX1(X, hi, 1) HEX1(X, hi, 2) HEX1(X, hi, 3)			\
	HEX1(X, hi, 4) HEX1(X, hi, 5) HEX1(X, hi, 6) HEX1(X, hi, 7)			\
	HEX1(X, hi, 8) HEX1(X, hi, 9) HEX1(X, hi, a) HEX1(X, hi, b)			\
	HEX1(X, hi, c) HEX1(X, hi, d) HEX1(X, hi, e) HEX1(X, hi, f)
#define HEX3(X)										\
	HEX2(X, 0) HEX2(X, 1) HEX2(X, 2) HEX2(X, 3)					\
	HEX2(X, 4) HEX2(X, 5) HEX2(X, 6) HEX2(X, 7)					\
	HEX2(X, 8) HEX2(X, 9) HEX2(X, a) HEX2(X, b)					\
	HEX2(X, c) HEX2(X, d) HEX2(X, e) HEX2(X, f)

/* The statement has a number of its own, so that no two functions become one. */
#define CASE(hi, mid, lo)								\
	static __attribute__((noinline)) void case_##hi##mid##lo(void)			\
	{										\
		__asm__ volatile("" : : "i"(0x##hi##mid##lo));				\
	}
HEX3(CASE)
#undef CASE

void novelty_tell(u32 number)
{
#define CASE(hi, mid, lo) case_##hi##mid##lo,
	static void (*const cases[])(void) = { HEX3(CASE) };
#undef CASE
	_Static_assert(ARRAY_SIZE(cases) == NOVELTY_COUNTERS, "a branch for each case");

	cases[number]();
}
