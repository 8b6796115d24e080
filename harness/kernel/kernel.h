/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own mm code, compiled from a tree into a userspace process, as a backend. Two ways
 * in:
 *
 *	backend_kernel_direct	in this process, which is linked with one kernel (vmafuzz_kernel_*):
 *				for fuzzing engines, coverage, measuring
 *	backend_kernel		in a process of its own for each kernel ("kernel:6.12"): for vmafuzz
 *
 * In this process a kernel that complains or crashes ends the process: kernel_catch() (trap.h) says
 * how. In a process of its own it is a finding like any other, and the next case starts a new one.
 */
#ifndef HARNESS_KERNEL_KERNEL_H
#define HARNESS_KERNEL_KERNEL_H

#include "harness/backend.h"

extern const struct backend_type backend_kernel_direct;

/* The process id of the kernel of a backend_kernel; 0 if it does not run. */
u32 kernel_pid(const struct backend *b);

#endif
