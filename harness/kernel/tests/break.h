/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Breaking a kernel in one place, for the proof that somebody notices. As entry.h this is read on
 * both sides of the line, and includes no header of either.
 */
#ifndef HARNESS_KERNEL_TESTS_BREAK_H
#define HARNESS_KERNEL_TESTS_BREAK_H

#include "harness/kernel/tests/break.def"

enum break_id {
#define B(name, ...) BREAK_##name,
	BREAK_TABLE(B)
#undef B
	BREAK_COUNT
};

/* One function for each, on the kernel's side. */
#define B(name, ...) int break_##name(void);
BREAK_TABLE(B)
#undef B

/* Does it. 1: this kernel, built as it is, cannot notice, so nothing was done. */
int kernel_break(enum break_id which);
/* One page more is committed, which nothing accounts for. */
void kernel_break_committed(void);
/* Where in break_code.c the last break was that names a line. */
extern unsigned int kernel_break_line;

#endif
