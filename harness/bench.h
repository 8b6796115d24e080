/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the programs that measure have in common: the clock, the floor, medians of several rounds,
 * and the table that is printed.
 */
#ifndef HARNESS_BENCH_H
#define HARNESS_BENCH_H

#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/rng.h"
#include "model/types.h"

#define ROUNDS_MAX 101
#define FLOOR_STEPS 10000000u

struct bench_figure {
	const char *name, *what;
	u32 floor; /* index of the figure that it is compared with */
};

/* For one operation or program, in each round; 0: not measured. */
typedef double bench_rounds[ROUNDS_MAX];

static inline u64 now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000u + (u64)t.tv_nsec;
}

static inline double each(u64 begin_ns, u32 count)
{
	return (double)(now_ns() - begin_ns) / count;
}

/* One step of a random number generator, ns: what everything else is compared with in the end. */
static inline double measure_floor(void)
{
	struct rng rng;
	volatile u64 sink;
	u64 begin, sum = 0;

	rng_seed(&rng, 1);
	begin = now_ns();
	for (u32 i = 0; i < FLOOR_STEPS; i++) {
		sum ^= rng_next(&rng);
		rng.state ^= sum;
	}
	sink = sum;
	(void)sink;
	return each(begin, FLOOR_STEPS);
}

static inline int bench_by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static inline double bench_median(bench_rounds ns, u32 rounds)
{
	qsort(ns, rounds, sizeof(ns[0]), bench_by_value);
	return ns[rounds / 2];
}

/* Prints all that were measured; @median is filled for @count figures. */
static inline void bench_print(const struct bench_figure *figures, u32 count, bench_rounds *ns,
			       u32 rounds, bool json, double *median)
{
	for (u32 f = 0; f < count; f++)
		median[f] = bench_median(ns[f], rounds);
	if (!json)
		printf("%-46s %12s %12s %12s\n", "", "per second", "ns each", "times floor");
	for (u32 f = 0; f < count; f++) {
		double ratio = median[f] / median[figures[f].floor];

		if (median[f] <= 0)
			continue;
		if (json)
			printf("{\"figure\":\"%s\",\"ns\":%.1f,\"floor\":\"%s\",\"ratio\":%.3f}\n",
			       figures[f].name, median[f], figures[figures[f].floor].name, ratio);
		else
			printf("%-46s %12.0f %12.1f %12.2f\n", figures[f].what, 1e9 / median[f],
			       median[f], ratio);
	}
}

/* This process, and those that it starts, on one CPU. 0, or -1 if there is no such. */
static inline int bench_pin(u32 cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

struct bench_options {
	u32 cpu, rounds, programs;
	u64 seed;
	bool json, help;
};

static inline int bench_options_parse(int argc, char **argv, struct bench_options *o)
{
	static const struct option known[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "programs", required_argument, NULL, 'p' },
		{ "seed", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		unsigned long number = optarg ? strtoul(optarg, NULL, 0) : 0;

		if (c == 'h')
			o->help = true;
		else if (c == 'c' && number < CPU_SETSIZE)
			o->cpu = (u32)number;
		else if (c == 'r' && number >= 1 && number <= ROUNDS_MAX)
			o->rounds = (u32)number;
		else if (c == 'p' && number >= 1 && number <= 100000)
			o->programs = (u32)number;
		else if (c == 's')
			o->seed = number;
		else if (c == 'j')
			o->json = true;
		else
			return -1;
	}
	return optind == argc ? 0 : -1;
}

#endif
