/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two backends that are compared with each other, without a model between them. The left one is
 * what is "expected", the right one what is "seen"; where one of them is the model it must be the
 * left one, since what is open to a kernel is open on that side alone.
 *
 * Compared are results, then states in the fields that both observe, soft-dirty flags only if both
 * kernels have such. A program is compared as far
 * as that can be: where a kernel may choose (the address of a mapping without MAP_FIXED) and the
 * two have chosen differently, all later addresses differ and no more is looked at. It is the same
 * when both complain of an operation, or a model knows that its kernel may.
 */
#ifndef HARNESS_PAIR_H
#define HARNESS_PAIR_H

#include "harness/json.h"
#include "harness/session.h"

#define PAIR_LEFT 0
#define PAIR_RIGHT 1

struct pair {
	struct backend *backend[2];
	const char *name[2]; /* "kernel:7.3" */
	u32 ended_early;     /* programs that were not compared to their end */
	/* of the last program, as far as it was compared */
	struct op_result result[2][PROG_OPS_MAX];
	struct snapshot snap[2];
};

/*
 * Runs @prog on both. VERDICT_SKIP: one of them lacks what it needs, or it makes allocations fail,
 * which each kernel has others of. VERDICT_DIVERGE: outcome->want and ->seen are the results,
 * p->snap the states behind the operation, as far as they were looked at. The signature has no
 * merge rule.
 */
void pair_run(struct pair *p, const struct prog *prog, bool pages_each, struct outcome *outcome);

/* What makes the difference, as far as the model knows. */
struct pair_reason {
	bool as_specified[2]; /* it does what is specified for it, its known bugs included */
	u64 rules;	      /* bit mask: the model of the right one is wrong with the left's */
	u32 quirks;	      /* the same for known bugs that one of them has */
	/* Rules and known bugs make no difference: it is the configuration, limits, what processes
	 * have mapped besides, or something that a kernel is free to do (which pages of a file are
	 * mapped ahead, which that may be dropped are). */
	bool set_up;
};

/* Runs @prog, for which pair_run() says VERDICT_DIVERGE, on each beside models. -ENOMEM. */
int pair_explain(struct pair *p, const struct prog *prog, struct pair_reason *reason);

/* After pair_run() and perhaps pair_explain() (@reason may be NULL): for people and machines. */
void pair_report(FILE *out, const struct pair *p, const struct prog *prog,
		 const struct outcome *outcome, const struct pair_reason *reason);
void pair_json(struct json *j, const struct pair *p, const struct prog *prog,
	       const struct outcome *outcome, const struct pair_reason *reason);

#endif
