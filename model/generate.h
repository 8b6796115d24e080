/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random programs that know the state that they lead to: a model is stepped while the program
 * grows, and arguments are drawn from what it holds (edges of areas and the pages beside them,
 * holes, where the last move came from and went to, the attributes of a neighbour). Which
 * operations a program prefers is drawn anew for each program ("swarm"), so that some go deep into
 * a few operations.
 */
#ifndef MODEL_GENERATE_H
#define MODEL_GENERATE_H

#include "model.h"
#include "prog.h"
#include "rng.h"

struct generate_options {
	u32 ops;	/* operations of a program, at most PROG_OPS_MAX */
	u32 bad_permil; /* chance in a thousand that an argument is a bad one */
	/* chance in a thousand that an allocation of an operation fails; only for backends that can
	 * make one fail */
	u32 fail_permil;
	bool no_fork;	/* never fork nor exit (for measuring) */
	u64 only;	/* not 0: bit mask of the operations that may be used */
	u64 available;	/* bit mask of the operations that there are at all (backend.ops) */
	u32 files;	/* bit mask of enum file_arg: what there is to map (backend.files) */
};

/* 20 operations, 30 permil of bad arguments, no allocation fails, everything that there is. */
void generate_options_default(struct generate_options *options);

/*
 * Makes a program from @seed: the same seed, options and model configuration give the same program.
 * @m is a scratch model, already set up by model_init(); its state afterwards is what the program
 * leads to if the kernel chooses the addresses that the model would.
 */
void generate(struct prog *prog, struct model *m, const struct generate_options *options, u64 seed);

/*
 * Lets @prog grow to options->ops operations (none if it has as many). @m is what its operations
 * so far lead to, and afterwards what all of them do; -E2BIG if that outgrew the model, whose last
 * operation is then not in @prog.
 */
int generate_tail(struct prog *prog, struct model *m, const struct generate_options *options,
		  u64 seed);

#endif
