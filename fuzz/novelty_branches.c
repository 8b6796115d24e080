/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Novelty for engines that see nothing but the branches of instrumented code (AFL++, honggfuzz): a
 * function for each case, whose entry is an edge of its own.
 */
#include "fuzz/novelty.h"

#define HEX1(X, p)									\
	X(p##0) X(p##1) X(p##2) X(p##3)							\
	X(p##4) X(p##5) X(p##6) X(p##7)							\
	X(p##8) X(p##9) X(p##a) X(p##b)							\
	X(p##c) X(p##d) X(p##e) X(p##f)
#define HEX2(X, p)									\
	HEX1(X, p##0) HEX1(X, p##1) HEX1(X, p##2) HEX1(X, p##3)				\
	HEX1(X, p##4) HEX1(X, p##5) HEX1(X, p##6) HEX1(X, p##7)				\
	HEX1(X, p##8) HEX1(X, p##9) HEX1(X, p##a) HEX1(X, p##b)				\
	HEX1(X, p##c) HEX1(X, p##d) HEX1(X, p##e) HEX1(X, p##f)
#define HEX3(X, p)									\
	HEX2(X, p##0) HEX2(X, p##1) HEX2(X, p##2) HEX2(X, p##3)				\
	HEX2(X, p##4) HEX2(X, p##5) HEX2(X, p##6) HEX2(X, p##7)				\
	HEX2(X, p##8) HEX2(X, p##9) HEX2(X, p##a) HEX2(X, p##b)				\
	HEX2(X, p##c) HEX2(X, p##d) HEX2(X, p##e) HEX2(X, p##f)
/* 0x0000 to 0x3fff */
#define ALL(X) HEX3(X, 0x0) HEX3(X, 0x1) HEX3(X, 0x2) HEX3(X, 0x3)

/* The statement has a number of its own, so that no two functions become one. */
#define CASE(n)										\
	static __attribute__((noinline)) void case_##n(void)				\
	{										\
		__asm__ volatile("" : : "i"(n));					\
	}
ALL(CASE)
#undef CASE

void novelty_tell(u32 number)
{
#define CASE(n) case_##n,
	static void (*const cases[])(void) = { ALL(CASE) };
#undef CASE
	_Static_assert(ARRAY_SIZE(cases) == NOVELTY_COUNTERS, "a branch for each case");

	cases[number]();
}
