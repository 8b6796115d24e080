/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches the kernel's log while cases run, and finds out which program made it speak.
 */
#ifndef HARNESS_FUZZ_LOG_H
#define HARNESS_FUZZ_LOG_H

#include "harness/findings.h"
#include "harness/fuzz_job.h"

struct fuzz_log;

/* NULL: the log cannot be read, and @diag says why. */
struct fuzz_log *fuzz_log_open(struct session *s, struct findings *f,
			       const struct fuzz_shared *shared, struct diag *diag);
void fuzz_log_close(struct fuzz_log *log);
/* Remembers that @prog ran. */
void fuzz_log_ran(struct fuzz_log *log, const struct prog *prog);
/* Looks at the log now and then, or @now. New lines are told and saved with the programs that ran.
 * Returns their number. */
u32 fuzz_log_look(struct fuzz_log *log, bool now);

#endif
