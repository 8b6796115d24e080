/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend for tests: the newest model, whose answers are falsified after every operation of one
 * kind. So a test says which difference there is, and must find exactly that.
 */
#ifndef HARNESS_TESTS_TAMPER_H
#define HARNESS_TESTS_TAMPER_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/session.h"

enum tamper_how {
	TAMPER_NONE,
	TAMPER_RESET,    /* the backend breaks in reset */
	TAMPER_EXEC,     /* the backend breaks in exec */
	TAMPER_SNAPSHOT, /* the backend breaks in snapshot */
	TAMPER_REFUSE,
	TAMPER_RESULT,   /* the operation fails with EIO */
	TAMPER_VALUE,    /* the operation gives one more than it should */
	TAMPER_FLAGS,    /* the first area is locked */
	TAMPER_COUNTER,  /* map_count is one too high */
	TAMPER_CONTENT,  /* the first page with a tag has another one */
	TAMPER_COMPLAIN, /* the kernel complains in exec */
	TAMPER_LEAK,     /* the kernel complains at the end of the case */
	TAMPER_HIDE,     /* an allocation failed, but nobody says so */
	TAMPER_BLIND,    /* map_count is one too high, but counters are not observed */
};

struct tamper {
	struct backend base;
	struct backend *inner;
	const struct prog *prog;
	enum tamper_how how;
	u8 kind;       /* of the operations whose answer is falsified */
	u32 every;     /* only in every so many cases */
	u32 cases;
	u32 index;
};

static bool tamper_now(const struct tamper *t)
{
	return t->cases % t->every == 0 && t->prog->ops[t->index].kind == t->kind;
}

static int tamper_reset(struct backend *b, const struct prog *prog, bool pages_each,
			struct diag *diag)
{
	struct tamper *t = (struct tamper *)b;

	t->prog = prog;
	t->cases++;
	if (t->how == TAMPER_RESET)
		return diag_set(diag, -EIO, "reset is broken");
	return t->inner->type->reset(t->inner, prog, pages_each, diag);
}

static int tamper_exec(struct backend *b, u32 index, struct op_result *result, struct diag *diag)
{
	struct tamper *t = (struct tamper *)b;
	int err = t->inner->type->exec(t->inner, index, result, diag);

	t->index = index;
	if (err || !tamper_now(t))
		return err;
	if (t->how == TAMPER_EXEC)
		return diag_set(diag, -EIO, "exec is broken");
	if (t->how == TAMPER_COMPLAIN) {
		snprintf(b->complaint, sizeof(b->complaint), "WARNING: at mm/vma.c:123\nbad map\n");
		snprintf(b->complaint_site, sizeof(b->complaint_site), "mm/vma.c:123");
	}
	if (t->how == TAMPER_REFUSE)
		result->err = RESULT_REFUSED;
	if (t->how == TAMPER_VALUE)
		result->value++;
	if (t->how == TAMPER_HIDE)
		result->alloc_failed = false;
	if (t->how == TAMPER_RESULT)
		result->err = -EIO;
	return 0;
}

static int tamper_snapshot(struct backend *b, struct snapshot *snap, struct diag *diag)
{
	struct tamper *t = (struct tamper *)b;
	int err = t->inner->type->snapshot(t->inner, snap, diag);
	u32 i;

	if (t->how == TAMPER_BLIND)
		snap->fields &= ~(u32)SNAP_COUNTERS;
	if (err || !tamper_now(t))
		return err;
	if (t->how == TAMPER_SNAPSHOT)
		return diag_set(diag, -EIO, "snapshot is broken");
	if (t->how == TAMPER_FLAGS && snap->vma_count > 0)
		snap->vmas[0].flags ^= VMF_LOCKED;
	if (t->how == TAMPER_COUNTER || t->how == TAMPER_BLIND)
		snap->proc[0].counter[COUNT_MAP]++;
	for (i = 0; t->how == TAMPER_CONTENT && i < snap->page_count; i++) {
		if (!snap->pages[i].has_tag)
			continue;
		snap->pages[i].tag += 1000;
		break;
	}
	return 0;
}

static int tamper_finish(struct backend *b, struct diag *diag)
{
	const struct tamper *t = (const struct tamper *)b;

	(void)diag;
	if (t->how == TAMPER_LEAK)
		snprintf(b->complaint, sizeof(b->complaint), "an object leaked");
	return 0;
}

static void tamper_close(struct backend *b)
{
	struct tamper *t = (struct tamper *)b;

	t->inner->type->close(t->inner);
	free(t);
}

static const struct backend_type tamper_type = {
	.name = "tamper",
	.what = "for tests",
	.reset = tamper_reset,
	.exec = tamper_exec,
	.snapshot = tamper_snapshot,
	.finish = tamper_finish,
	.close = tamper_close,
};

/* Falsifies operations of @kind as @how says, in every @every-th case. */
static inline struct backend *tamper_open(enum tamper_how how, enum op_kind kind, u32 every)
{
	const struct backend_opts opts = {.spec = NULL};
	struct tamper *t = calloc(1, sizeof(*t));
	struct diag diag;

	CHECK(t && backend_model.open(&t->inner, &opts, &diag) == 0);
	t->base = *t->inner;
	t->base.type = &tamper_type;
	t->how = how;
	t->kind = (u8)kind;
	t->every = every;
	return &t->base;
}

/* A program from its lines, without the version line. */
static inline void program(struct prog *prog, const char *text)
{
	struct prog_file *file = malloc(sizeof(*file));
	char whole[4096];
	struct diag diag;
	int err;

	CHECK(file);
	snprintf(whole, sizeof(whole), "vma 1\n%s", text);
	err = prog_parse(file, "test", whole, &diag);
	if (err)
		fprintf(stderr, "%s\n", diag.text);
	CHECK(!err);
	*prog = file->prog;
	free(file);
}

#endif
