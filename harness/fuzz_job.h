/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One of the processes of "vmafuzz fuzz": it takes case numbers from a counter that all share, so
 * that a run of N cases is the same N programs however many processes work on it.
 */
#ifndef HARNESS_FUZZ_JOB_H
#define HARNESS_FUZZ_JOB_H

#include <stdatomic.h>

#include "harness/cmd.h"
#include "model/generate.h"

struct fuzz_options {
	struct cmd_backend backend;
	struct generate_options generate;
	u64 seed;
	u64 runs;        /* cases; 0: no limit */
	u64 seconds;     /* 0: no limit */
	u32 jobs;
	const char *out; /* directory of the findings */
	bool minimise;
	bool one_case;   /* only the program of case_seed */
	u64 case_seed;
	const char *only; /* the text behind --only, or NULL */
};

#define FUZZ_KINDS_MAX 128

/* A kind of finding that a job met. */
struct fuzz_kind {
	char name[200]; /* of its directory */
	u64 count;
	bool known;     /* a known bug */
	bool fresh;     /* was not in the directory before this run */
};

/* What a job has done so far; written by it alone, read by the parent. */
struct fuzz_tally {
	_Atomic u64 cases, ops;
	_Atomic u64 skipped, errors;
	_Atomic u64 divergences; /* of all kinds */
	_Atomic u64 log_lines;
	_Atomic u32 quirks_met;  /* tolerated known bugs that changed what happened */
	_Atomic u32 kind_count;
	struct fuzz_kind kinds[FUZZ_KINDS_MAX];
};

#define FUZZ_JOBS_MAX 256

/* In memory that all the processes share. */
struct fuzz_shared {
	volatile int stop;     /* not 0: end after the current case */
	_Atomic u64 next_case;
	int print_lock;        /* a file, locked by who prints, so that lines stay whole */
	struct fuzz_tally tally[];
};

/* The seed of the @number-th program of a run. 48 bits, so that every reader of JSON keeps it. */
u64 fuzz_case_seed(u64 run_seed, u64 number);

/* Fuzzes until shared->stop or the last case. An enum cmd_status. */
int fuzz_job(const struct fuzz_options *options, struct fuzz_shared *shared, u32 job);
/* Runs the program of one case seed and prints its report. An enum cmd_status. */
int fuzz_one(const struct fuzz_options *options);

/* Between these two nobody else prints. */
void fuzz_print_begin(const struct fuzz_shared *shared);
bool fuzz_print_try(const struct fuzz_shared *shared); /* false: somebody else prints */
void fuzz_print_end(const struct fuzz_shared *shared);

#endif
