/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways in which a program can be made smaller: pure functions of the program, so that each can
 * be tested by itself. minimise.c decides which results are kept.
 */
#ifndef HARNESS_TACTICS_H
#define HARNESS_TACTICS_H

#include "model/prog.h"

struct tactic {
	const char *name;
	/*
	 * The @step-th candidate (0, 1, ...) made from @best, whose operation @fault is at fault.
	 * False: there are no more. A candidate may equal @best.
	 */
	bool (*candidate)(const struct prog *best, u32 fault, u32 step, struct prog *out);
};

/* In the order in which they are worth trying; the end has a NULL name. */
extern const struct tactic tactics[];

/* Removes operations [first, first + count). Processes are renumbered to those that are still made;
 * operations of one that is no longer made move to the process that would have made it. */
void tactic_remove(struct prog *prog, u32 first, u32 count);

#endif
