/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutation and crossover of programs at the level of operations, for all fuzzing engines.
 *
 * What is inserted is drawn for the state that the operations before it lead to, so that most of it
 * finds memory to work on. The same seed and input give the same output. Programs in bytes may have
 * a prefix, with which a target chooses what it runs them on.
 */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "model/prog.h"
#include "model/rng.h"

/* How often each way of changing a program is chosen, in relation to the others. */
struct mutate_weights {
	u32 insert;    /* one operation, drawn for the state that the program before it leads to */
	u32 remove;    /* a run of operations */
	u32 duplicate; /* a run of operations, to anywhere */
	u32 swap;      /* two operations */
	u32 splice;    /* a run of another program's operations, to anywhere */
	u32 tweak;     /* one argument: near to it, at an edge of an area, another flag */
	u32 process;   /* another process executes the operation */
	u32 fail;      /* another allocation fails during the operation, or none */
	u32 tail;      /* some operations at the end, drawn for the state there */
};
extern const struct mutate_weights mutate_weights_default;

/* Owns a model and four programs (about 0.4 MiB); what it does depends on nothing that it did. */
struct mutator;
/* NULL if there is no memory. @weights is copied. */
struct mutator *mutator_new(const struct mutate_weights *weights);
void mutator_free(struct mutator *mu);

/*
 * Changes @prog once or a few times. It has from 1 to @ops_max operations afterwards (@ops_max is
 * at least 1 and at most PROG_OPS_MAX). @other: where a splice comes from, or NULL.
 */
void mutate_prog(struct mutator *mu, struct prog *prog, const struct prog *other, u32 ops_max,
		 u64 seed);
/* Makes @prog a child of @a and @b, with from 1 to @ops_max operations; both may be empty. */
void mutate_cross(struct mutator *mu, struct prog *prog, const struct prog *a, const struct prog *b,
		  u32 ops_max, u64 seed);

/* What a target is given: a prefix, then a program in bytes. Missing bytes are zeros. */
struct mutate_input {
	const u8 *bytes;
	size_t size;
};

/*
 * The same in bytes: @out gets at most @room bytes, and may be the bytes of an input. The size of
 * what it got, or 0 if there is no room for the prefix and one operation. Of a mutation the prefix
 * changes now and then; of a crossover it is that of @a.
 */
size_t mutate_bytes(struct mutator *mu, struct mutate_input in, struct mutate_input other,
		    size_t prefix, u8 *out, size_t room, u64 seed);
size_t mutate_cross_bytes(struct mutator *mu, struct mutate_input a, struct mutate_input b,
			  size_t prefix, u8 *out, size_t room, u64 seed);

#endif
