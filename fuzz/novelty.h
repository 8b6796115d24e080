/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program did, in terms of the specification, told to the engine as if it were coverage: so
 * an input is kept that leads an operation to a new combination of merge rules or a new error, even
 * where the code that did it was executed before. This is all that guides the fuzzing of a kernel
 * that is not instrumented.
 */
#ifndef FUZZ_NOVELTY_H
#define FUZZ_NOVELTY_H

#include "model/model.h"

#define NOVELTY_COUNTERS 16384

/*
 * Tells of an operation of which @m is the model afterwards: its kind and error, and for each merge
 * that was considered the rule that decided on either side (which says too where the range was cut
 * out of an area). Has the form of session_opts.after_op; @arg is not used.
 */
void novelty_after_op(void *arg, const struct model *m, const struct op *op,
		      const struct op_result *result);

/* Tells the engine of case @number, below NOVELTY_COUNTERS: novelty_counters.c for libFuzzer, or
 * novelty_branches.c for engines that see nothing but branches. */
void novelty_tell(u32 number);

/* Of novelty_counters.c: for each case 1 if it was told of since the engine (or a test) cleared
 * them. */
u8 *novelty_counters(void);

#endif
