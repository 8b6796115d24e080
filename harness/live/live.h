/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the live backend (backend_live) offers besides struct backend_type: for measuring it and for
 * testing that it survives.
 *
 * The thread that opens a live backend must be the one that uses and closes it, and is bound to the
 * CPU of the test processes until then: they work by turns, and a switch on one CPU is cheaper than
 * waking another. The executor ends with that thread.
 */
#ifndef HARNESS_LIVE_LIVE_H
#define HARNESS_LIVE_LIVE_H

#include "harness/backend.h"

/*
 * Runs @prog once in process 0 with nothing looked at, and tells how long its operations took:
 * the floor of what executing it can cost. fork, exit and mseal are left out. 0 or a negative
 * errno.
 */
int live_bare_ns(struct backend *b, const struct prog *prog, u64 *ns, struct diag *diag);

/* The process id of the executor's master; 0 if it does not run. */
u32 live_pid(const struct backend *b);
/*
 * The process id of process @proc of the last program, or 0 if there is no such process (any
 * more).
 */
u32 live_proc_pid(const struct backend *b, u32 proc);

#endif
