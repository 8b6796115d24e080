/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares what a program led to with what its file says that it leads to, so that a regression
 * guards the model as well as the kernel.
 */
#ifndef HARNESS_EXPECT_H
#define HARNESS_EXPECT_H

#include "model/model.h"
#include "model/prog.h"

/* The machine that expectations of @prog are written for: the usual one, with soft-dirty flags only
 * if the program clears them; the profile is left to the caller. */
void expect_config(struct model_config *config, const struct prog *prog);

/* Is a machine of @config one that the results behind the operations are expected of? Not if it was
 * built without what one of them is about: memory policies, names, soft-dirty flags; nor where an
 * allocation fails, for kernels differ in which is the n-th; nor where processes have no memory of
 * their own, if a rule makes something of that. */
bool expect_applies(const struct prog *prog, const struct model_config *config);

/* The block of @file that holds for @profile: an "observed" block that names it if @quirks_on, else
 * the "expect" block that names it, else "expect all"; NULL if there is none. */
const struct prog_expect *expect_find(const struct prog_file *file, const char *profile,
				      bool quirks_on);

/*
 * Compares that block with the end state and the results of every operation. @final's pages are not
 * looked at. 0 if all is as the file says or the file says nothing; -EINVAL with "line N: expected
 * .., got .." in @diag.
 */
int expect_check(const struct prog_file *file, const char *profile, bool quirks_on,
		 const struct snapshot *final, const struct op_result *results, struct diag *diag);

/*
 * Compares the results with those behind the operations ("= ..."). Returns the index of the first
 * operation below @count whose result is another one, or @count.
 */
u32 expect_results(const struct prog_file *file, const struct op_result *results, u32 count,
		   struct diag *diag);

#endif
