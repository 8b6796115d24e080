/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both go through the program in step, an operation at a time. What one complains of and the other
 * does not is a difference like any other.
 */
#include "harness/pair.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(struct model_rules) <= 64, "a mask of rules");

static bool fails_alloc(const struct prog *prog)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (prog->ops[i].fail_nth)
			return true;
	return false;
}

/* True: at least one of them cannot run it, and @outcome says so. */
static bool skipped(struct pair *p, const struct prog *prog, struct outcome *outcome)
{
	const char *lacking;
	u32 side, op;

	outcome->verdict = VERDICT_SKIP;
	for (side = 0; side < 2; side++) {
		lacking = backend_lacks(p->backend[side], prog, &op);
		if (lacking) {
			diag_set(&outcome->diag, 0, "operation %u: %s has no %s", op + 1,
				 p->name[side], lacking);
			return true;
		}
	}
	if (fails_alloc(prog)) {
		diag_set(&outcome->diag, 0, "which allocation fails depends on the kernel");
		return true;
	}
	return false;
}

/* May the kernel choose what a successful @op gives? */
static bool chooses(const struct op *op)
{
	if (op->kind == OP_MMAP)
		return !(op->arg[3] & (ABI_MAP_FIXED | ABI_MAP_FIXED_NOREPLACE));
	return op->kind == OP_MREMAP && !(op->arg[3] & ABI_MREMAP_FIXED);
}

static void differ(struct outcome *outcome, const struct op *op, enum aspect aspect)
{
	outcome->verdict = VERDICT_DIVERGE;
	outcome->diff.aspect = aspect;
	outcome->signature.op = op->kind;
	outcome->signature.aspect = aspect;
}

static void end_early(struct pair *p, struct outcome *outcome)
{
	p->ended_early++;
	outcome->verdict = VERDICT_AGREE;
}

/* Whether and how one of them complains. False: the comparison is over. */
static bool compare_complaints(struct pair *p, const struct op *op, struct outcome *outcome)
{
	const char *left = p->backend[PAIR_LEFT]->complaint;
	const char *right = p->backend[PAIR_RIGHT]->complaint;
	u32 side = left[0] ? PAIR_LEFT : PAIR_RIGHT;
	const char *text = p->backend[side]->complaint;

	if (!left[0] && !right[0])
		return true;
	if (left[0] && right[0]) {
		end_early(p, outcome);
		return false;
	}
	differ(outcome, op, ASPECT_KERNEL);
	snprintf(outcome->signature.site, sizeof(outcome->signature.site), "%s",
		 p->backend[side]->complaint_site);
	snprintf(outcome->diff.text, sizeof(outcome->diff.text), "%s complains: %.*s",
		 p->name[side], (int)strcspn(text, "\n"), text);
	return false;
}

/* False: the comparison is over. */
static bool compare_results(struct pair *p, const struct op *op, struct outcome *outcome)
{
	const struct op_result *want = &outcome->want, *seen = &outcome->seen;
	char left[64], right[64];

	if (want->err == RESULT_REFUSED || seen->err == RESULT_REFUSED) {
		outcome->verdict = VERDICT_SKIP;
		diag_set(&outcome->diag, 0, "operation %u cannot be done there", outcome->op + 1);
		return false;
	}
	if (want->err == seen->err && (want->err || want->value == seen->value))
		return true;
	if (!want->err && !seen->err && chooses(op)) {
		end_early(p, outcome);
		return false;
	}
	differ(outcome, op, ASPECT_RESULT);
	result_print(left, sizeof(left), op, want);
	result_print(right, sizeof(right), op, seen);
	snprintf(outcome->diff.text, sizeof(outcome->diff.text), "%s returns %s, and %s",
		 op_descs[op->kind].name, left, right);
	return false;
}

/* Of a kernel without CONFIG_MEM_SOFT_DIRTY no area has the flag. */
static void forget_soft_dirty(struct snapshot *snap)
{
	u32 i;

	for (i = 0; i < snap->vma_count; i++)
		snap->vmas[i].flags &= ~VMF_SOFTDIRTY;
}

/* Reads both states. False: one of them could not be read. */
static bool observe(struct pair *p, struct diag *diag)
{
	u32 side;

	for (side = 0; side < 2; side++) {
		struct backend *b = p->backend[side];

		snap_reset(&p->snap[side]);
		if (!b->complaint[0] && b->type->snapshot(b, &p->snap[side], diag))
			return false;
	}
	for (side = 0; side < 2; side++)
		if (!p->backend[side]->config.soft_dirty)
			forget_soft_dirty(&p->snap[PAIR_RIGHT - side]);
	return true;
}

/* Operation @i on both. True: they agree, and the next can follow. */
static bool step(struct pair *p, const struct prog *prog, u32 i, struct outcome *outcome)
{
	const struct op *op = &prog->ops[i];
	struct diag ignored;
	u32 side;

	outcome->op = i;
	outcome->verdict = VERDICT_ERROR;
	for (side = 0; side < 2; side++) {
		struct backend *b = p->backend[side];

		if (b->type->exec(b, i, &p->result[side][i], &outcome->diag))
			return false;
	}
	outcome->want = p->result[PAIR_LEFT][i];
	outcome->seen = p->result[PAIR_RIGHT][i];
	/* A model knows that its kernel may stop here, not that it does. */
	if (outcome->want.err == RESULT_OOPS || outcome->seen.err == RESULT_OOPS) {
		end_early(p, outcome);
		return false;
	}
	if (!compare_complaints(p, op, outcome))
		return false;
	if (!compare_results(p, op, outcome)) {
		if (outcome->verdict == VERDICT_DIVERGE)
			observe(p, &ignored); /* for the report */
		return false;
	}
	if (!observe(p, &outcome->diag) || !compare_complaints(p, op, outcome))
		return false;
	snap_compare(&p->snap[PAIR_LEFT], &p->snap[PAIR_RIGHT], &outcome->diff);
	if (outcome->diff.aspect == ASPECT_NONE)
		return true;
	differ(outcome, op, outcome->diff.aspect);
	return false;
}

static void finish(struct pair *p, const struct prog *prog, struct outcome *outcome)
{
	u32 side;

	outcome->verdict = VERDICT_ERROR;
	for (side = 0; side < 2 && prog->count; side++) {
		struct backend *b = p->backend[side];

		if (b->type->finish && b->type->finish(b, &outcome->diag))
			return;
	}
	if (!prog->count || compare_complaints(p, &prog->ops[prog->count - 1], outcome))
		outcome->verdict = VERDICT_AGREE;
}

void pair_run(struct pair *p, const struct prog *prog, bool pages_each, struct outcome *outcome)
{
	u32 side, i;

	memset(outcome, 0, sizeof(*outcome));
	if (skipped(p, prog, outcome))
		return;
	outcome->verdict = VERDICT_ERROR;
	for (side = 0; side < 2; side++) {
		struct backend *b = p->backend[side];

		snap_reset(&p->snap[side]);
		b->complaint[0] = '\0';
		if (b->type->reset(b, prog, pages_each, &outcome->diag))
			return;
	}
	for (i = 0; i < prog->count; i++) {
		if (!step(p, prog, i, outcome))
			return;
		outcome->ops_done++;
	}
	finish(p, prog, outcome);
}

/* Does @b stop in the operation that the session has left out? */
static bool stops(struct backend *b, u32 op)
{
	struct op_result result;
	struct diag ignored;

	b->complaint[0] = '\0';
	return b->type->exec(b, op, &result, &ignored) == 0 &&
	       (b->complaint[0] || result.err == RESULT_OOPS);
}

/* Does the backend of @side do what @config specifies? */
static int follows(struct pair *p, u32 side, const struct model_config *config,
		   const struct prog *prog, bool *does)
{
	const struct session_opts opts = { .pages_each = true };
	struct session *s = session_new(p->backend[side], config);
	struct outcome *outcome = malloc(sizeof(*outcome));
	u32 fatal;

	if (s && outcome) {
		session_run(s, prog, &opts, outcome);
		fatal = outcome->verdict == VERDICT_SKIP
				? model_fatal(session_model(s), &prog->ops[outcome->op]) &
					  config->quirks.on
				: 0;
		*does = outcome->verdict == VERDICT_AGREE ||
			(fatal && stops(p->backend[side], outcome->op));
	}
	free(outcome);
	session_free(s);
	return s && outcome ? 0 : -ENOMEM;
}

/* What is specified for the backend of @side, known bugs included. */
static void specified(const struct pair *p, u32 side, struct model_config *config)
{
	const struct model_profile *profile = profile_find(p->backend[side]->profile);

	*config = p->backend[side]->config;
	config->quirks.on = profile ? profile->quirks.on : 0;
}

int pair_explain(struct pair *p, const struct prog *prog, struct pair_reason *reason)
{
	struct model_config left, right, other;
	u32 i, quirks;
	bool does = true;
	int err;

	memset(reason, 0, sizeof(*reason));
	specified(p, PAIR_LEFT, &left);
	specified(p, PAIR_RIGHT, &right);
	err = follows(p, PAIR_LEFT, &left, prog, &reason->as_specified[PAIR_LEFT]);
	if (!err)
		err = follows(p, PAIR_RIGHT, &right, prog, &reason->as_specified[PAIR_RIGHT]);
	if (err || !reason->as_specified[PAIR_RIGHT])
		return err;
	for (i = 0; i < rule_count && !err; i++) {
		size_t at = rule_descs[i].offset;

		other = right;
		((u8 *)&other.rules)[at] = ((const u8 *)&left.rules)[at];
		if (memcmp(&other.rules, &right.rules, sizeof(right.rules)) == 0)
			continue;
		err = follows(p, PAIR_RIGHT, &other, prog, &does);
		reason->rules |= (u64)!does << i;
	}
	quirks = left.quirks.on ^ right.quirks.on;
	for (i = 0; i < QUIRK_COUNT && !err; i++) {
		if (!(quirks >> i & 1))
			continue;
		other = right;
		other.quirks.on ^= 1u << i;
		err = follows(p, PAIR_RIGHT, &other, prog, &does);
		reason->quirks |= (u32)!does << i;
	}
	other = right;
	other.rules = left.rules;
	other.quirks = left.quirks;
	if (!err)
		err = follows(p, PAIR_RIGHT, &other, prog, &reason->set_up);
	reason->set_up &= reason->as_specified[PAIR_LEFT];
	return err;
}
