/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is written about a divergence: for people (report_print), for machines (report_json).
 *
 * Of a report a maintainer sees, in this order: what differs in one sentence; whether it is a known
 * bug; the program up to the operation at fault; expected and actual state side by side, lines that
 * differ marked; which merges the model considered and the rule that decided; kernel, rules, seed,
 * and the command that runs it again.
 */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

#include "harness/json.h"
#include "harness/session.h"

/* Where a program came from, and how to run it again. */
struct origin {
	const char *file;     /* where it can be read, or NULL */
	bool generated;       /* the seeds are known */
	u64 seed;             /* of the run */
	u64 case_seed;        /* of the program before minimising, for --case */
	const char *options;  /* "--backend live --rules v6.12", or NULL: for any verb */
	const char *fuzz_options; /* "--ops 30", or NULL: that --case needs besides */
};

/* The last session_run() of @s must have been of @prog and given @outcome (VERDICT_DIVERGE). */
void report_print(FILE *out, struct session *s, const struct prog *prog,
		  const struct outcome *outcome, const struct origin *origin);
/* The same as one line of JSON. */
void report_json(FILE *out, struct session *s, const struct prog *prog,
		 const struct outcome *outcome, const struct origin *origin);
/* A state as an array of lines. */
void report_json_state(struct json *j, const char *key, const struct snapshot *snap);
/* "dontunmap_stale_pgoff, grow_forklimit" for a bit mask of quirks. */
int quirks_print(char *buf, size_t size, u32 quirks);
/* "dontunmap_self_merge (6.12.y, 6.16 to 7.1)", joined by ", ". */
int quirks_print_affected(char *buf, size_t size, u32 quirks);

#endif
