/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the generator share: generate.c has programs as a whole, the ranges that calls
 * are made on, and the oldest operations; generate_attrs.c those that give areas other attributes
 * than flags, and those that are much like them; generate_process.c those that are about what a
 * whole process has.
 */
#ifndef MODEL_GENERATE_IMPL_H
#define MODEL_GENERATE_IMPL_H

#include "generate.h"

struct gen {
	struct rng rng;
	struct model *m;
	const struct generate_options *options;
	u32 weight[OP_COUNT], weight_sum;
	u32 proc;	  /* of the operation being made */
	bool plain;	  /* nearly all is private anonymous memory, readable and writable */
	u32 first, pages; /* part of the arena that the program keeps to */
	u64 moved_from, moved_to, moved_pages; /* of the last mremap, page numbers */
};

/* A range of pages. */
struct range {
	u64 start, pages;
};

/* The process of the operation being made. */
static inline const struct model_mm *gen_mm(const struct gen *g)
{
	return &g->m->mm[g->proc];
}

/* Bit mask of the operations that may be used. */
static inline u64 gen_usable(const struct gen *g)
{
	return g->options->only ? g->options->only & g->options->available : g->options->available;
}

/* Any area, NULL if there is none. */
const struct model_vma *gen_draw_vma(struct gen *g);
/* A part of area @v, or all of it. */
struct range gen_draw_part(struct gen *g, const struct model_vma *v);
/* A range to do something to. */
struct range gen_draw_target(struct gen *g);
/* The first two arguments of @op, an address and a length. */
void gen_set_range(struct gen *g, struct op *op, struct range r);

/* generate_attrs.c */

/* Draws the arguments of @op, if it is an operation of that file. */
bool gen_attr_args(struct gen *g, struct op *op);
/* @kind, or another where @kind could only fail, mostly. */
enum op_kind gen_worth_trying(struct gen *g, enum op_kind kind);

/* generate_process.c */

/* Draws the arguments of @op, if it is an operation of that file. */
bool gen_process_args(struct gen *g, struct op *op);
/* @kind, or another if the process lacks the userfaultfd that it needs, or has enough of them. */
enum op_kind gen_uffd_kind(struct gen *g, enum op_kind kind);

#endif
