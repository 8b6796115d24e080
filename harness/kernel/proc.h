/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that holds a kernel, as a process: found, started, given turns, ended.
 */
#ifndef HARNESS_KERNEL_PROC_H
#define HARNESS_KERNEL_PROC_H

#include <limits.h>

#include "harness/kernel/shared.h"

struct kernel_proc {
	char path[PATH_MAX];
	struct kernel_shared *sh;
	int shared_fd, turn_fd, err_fd; /* -1: closed */
	s32 pid;			/* 0: it does not run */
};

/*
 * Finds the program of kernel @name, or of the one to take if that is NULL (the only one that is
 * built, else 6.12 if it is, else the newest), and makes the shared memory. Starts nothing.
 * -ENOENT: none is built; -EINVAL: there is none of this name, @diag lists those that there are.
 */
int kernel_proc_init(struct kernel_proc *p, const char *name, struct diag *diag);
/* Ends the program, if it runs, and frees all that kernel_proc_init() made. */
void kernel_proc_free(struct kernel_proc *p);

/* Starts it, and waits until it has taken its first turn. */
int kernel_proc_start(struct kernel_proc *p, struct diag *diag);
/* Ends it; it need not run. */
void kernel_proc_stop(struct kernel_proc *p);
/* Does it run? Not if it ended while nobody looked. */
bool kernel_proc_runs(const struct kernel_proc *p);

/*
 * Gives it the turn and waits at most @ms until it comes back: 0. -ETIMEDOUT: it did not, and was
 * ended. -ECHILD: it has ended, *@status is as waitpid() has it.
 */
int kernel_proc_turn(struct kernel_proc *p, u32 ms, int *status);
/* The beginning of what the program has written to standard error since it was started. */
void kernel_proc_stderr(const struct kernel_proc *p, char *buf, size_t size);

#endif
