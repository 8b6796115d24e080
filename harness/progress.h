/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How far long work has come: one line, rewritten, on a terminal; otherwise a line every ten
 * seconds, or a JSON object.
 */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include <stdio.h>

#include "model/types.h"

struct progress_now {
	u64 cases, ops;
	u64 skipped, errors;
	u64 findings, known; /* different ones */
};

struct progress {
	FILE *out;
	bool tty, json;
	u64 start_ms, last_ms; /* of the clock: begin, last line */
	u64 last_cases, last_ops;
};

/* Milliseconds of a clock that only goes forward. */
u64 progress_clock_ms(void);

/* To standard error, or to standard output if @json. */
void progress_init(struct progress *p, bool json);
/* Shows @now if it is time. */
void progress_show(struct progress *p, const struct progress_now *now);
/* Removes the line, so that something else can be printed. */
void progress_clear(const struct progress *p);

#endif
