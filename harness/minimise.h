/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a diverging program smaller: tail, halves, single operations, processes, then arguments
 * towards the simplest of their kind. The signature must stay the same throughout; no candidate is
 * run twice.
 */
#ifndef HARNESS_MINIMISE_H
#define HARNESS_MINIMISE_H

#include "harness/session.h"

struct minimise_opts {
	u32 runs_max;         /* candidates to try at most */
	u32 confirm;          /* original and result must diverge this many times in a row */
	const volatile int *stop; /* becomes not 0: stop with what there is; may be NULL */
	void (*progress)(void *arg, u32 runs, u32 ops); /* may be NULL */
	void *progress_arg;
};

struct minimise_result {
	u32 runs;        /* candidates tried */
	bool flaky;      /* the original did not diverge every time: @prog is unchanged */
	u32 seen, tried; /* if flaky: diverged in @seen of @tried runs */
	struct outcome outcome; /* of the minimised program, run last */
};

/* Runs @prog, with a look at everything after each operation if @closely. */
typedef void minimise_run_fn(void *arg, const struct prog *prog, bool closely,
			     struct outcome *outcome);

/* @prog is replaced by the smallest that was found. 0, or a negative errno when the backend broke
 * (then @prog is the smallest up to there). -EINVAL: it does not diverge at all. */
int minimise(struct session *s, struct prog *prog, const struct minimise_opts *opts,
	     struct minimise_result *result);
/* The same for what @run says of a program. */
int minimise_by(minimise_run_fn *run, void *arg, struct prog *prog,
		const struct minimise_opts *opts, struct minimise_result *result);

#endif
