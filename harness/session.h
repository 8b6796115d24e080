/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs one program on a backend and on the model, operation by operation, and says whether they
 * agree.
 */
#ifndef HARNESS_SESSION_H
#define HARNESS_SESSION_H

#include "harness/backend.h"

enum verdict {
	VERDICT_AGREE,
	VERDICT_DIVERGE, /* see outcome.signature */
	VERDICT_SKIP,    /* too large for the model, or the backend lacks an operation */
	VERDICT_ERROR,   /* the backend is broken */
};
extern const char *const verdict_names[]; /* "agree", "diverge", ... */

/* What duplicates are recognised by and what the minimiser preserves: no address in it. */
struct signature {
	u8 op;            /* enum op_kind */
	enum aspect aspect;
	enum merge_rule rule;
	char site[64]; /* ASPECT_KERNEL: where the kernel complained; else "" */
};

/* Prints "mremap/boundary/anon_vma", or "mremap/content" where no rule for merging is involved. */
int signature_print(char *buf, size_t size, const struct signature *sig);
bool signature_equal(const struct signature *a, const struct signature *b);

struct outcome {
	enum verdict verdict;
	u32 op;                      /* operation at fault */
	struct signature signature;
	struct snap_diff diff;       /* in words */
	struct op_result want, seen; /* of the operation at fault */
	u32 quirks_explain;          /* bit mask: quirks that together make the model agree */
	u32 quirks_met;              /* quirks that were on and changed what happened */
	u32 ops_done;                /* operations compared */
	/* If an allocation failed in that operation (seen.alloc_failed): how many candidates there
	 * were, by what fails in them; [ALLOC_NONE] is that it is not noticed. None agreed. */
	u16 tried[ALLOC_POINT_COUNT];
	struct diag diag;            /* for SKIP and ERROR */
};

struct session_opts {
	bool pages_each; /* compare page states after every operation, not only after the last */
	bool check;      /* check the model's invariants after every operation */
	/* Not NULL: called with @after_op_arg after each operation that both sides agree on, with
	 * the model as it is then; m->merges are those of the operation. */
	void (*after_op)(void *arg, const struct model *m, const struct op *op,
			 const struct op_result *result);
	void *after_op_arg;
};

/*
 * A session owns two models and three snapshots (about 1.3 MiB), so that nothing is allocated for a
 * case. @config is copied: usually backend->config with the user's rules applied.
 */
struct session;
struct session *session_new(struct backend *b, const struct model_config *config);
void session_free(struct session *s);
struct backend *session_backend(struct session *s);
const struct model_config *session_config(const struct session *s);

void session_run(struct session *s, const struct prog *prog, const struct session_opts *opts,
		 struct outcome *outcome);

/* For the report: the states of the last case at the operation at fault. Valid until the next run;
 * NULL unless the last run ended in VERDICT_DIVERGE. */
const struct snapshot *session_want(const struct session *s);
const struct snapshot *session_seen(const struct session *s);
/* The model as the last case left it, and what the backend returned for each operation of that case
 * (outcome.ops_done of them are meaningful, and that of the operation at fault). */
const struct model *session_model(const struct session *s);
const struct op_result *session_results(const struct session *s);

#endif
