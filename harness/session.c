/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop in which model and backend take turns. The path on which they agree runs for every
 * operation of every case: it allocates, clears and prints nothing.
 *
 *	1. The backend goes first: where the kernel is free to choose, the model must know the
 *	   choice.
 *	2. The model says what was to be returned, and adopts the choice if it was permitted.
 *	3. Results, then states, are compared. The first difference ends the case.
 *	   If an allocation failed, it is not known which of the model's allocation points it was:
 *	   each is tried, and the first that leads to what was seen is taken for what happened. Two
 *	   may look the same and lead to different ends (a page that is there or not reads as 0), so
 *	   before anything is reported the others are tried too.
 *	4. A difference is tried against the known bugs of the backend's kernel: the model is run
 *	   again over the recorded results with them switched on.
 */
#include "harness/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More than any program has: filling areas meets two points a page at most, the most frequent. */
#define POINTS_MAX (2 * MODEL_PAGES_MAX)

struct session {
	struct backend *backend;
	struct model_config config;
	struct model *model;  /* in step with the backend */
	/* for trying known bugs; and, while allocation points are tried, what to go back to */
	struct model *spare;
	struct snapshot want, seen;
	struct snapshot quirky; /* what the replay ends with */
	struct op_result results[PROG_OPS_MAX];
	u32 fail_at[PROG_OPS_MAX]; /* the allocation point that explains each result; 0: none */
	u64 agree[PROG_OPS_MAX];   /* bit mask: the points below 64 that explain it as well */
	u64 near; /* bit mask: those that come nearest to what the operation at fault did */
	const char *beyond; /* what no model can hold of what may have come of it, or NULL */
	bool any_failed; /* an allocation, in this case */
	bool diverged; /* want, seen and model are of an operation at fault */
};

const char *const verdict_names[] = {
	[VERDICT_AGREE] = "agree",
	[VERDICT_DIVERGE] = "diverge",
	[VERDICT_SKIP] = "skip",
	[VERDICT_ERROR] = "error",
};

/* A file's name may hold it, so there is no "/" and no ":" in it. */
static int print_site(char *buf, size_t size, const struct signature *sig)
{
	int len = snprintf(buf, size, "%s/%s/%s", op_descs[sig->op].name, aspect_names[sig->aspect],
			   sig->site);
	size_t site = strlen(op_descs[sig->op].name) + strlen(aspect_names[sig->aspect]) + 2;

	for (; site < size && buf[site]; site++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			    buf[site]))
			buf[site] = '-';
	return len;
}

int signature_print(char *buf, size_t size, const struct signature *sig)
{
	if (sig->site[0])
		return print_site(buf, size, sig);
	if (sig->rule == MERGE_NOT_TRIED)
		return snprintf(buf, size, "%s/%s", op_descs[sig->op].name,
				aspect_names[sig->aspect]);
	return snprintf(buf, size, "%s/%s/%s", op_descs[sig->op].name, aspect_names[sig->aspect],
			merge_rule_names[sig->rule]);
}

bool signature_equal(const struct signature *a, const struct signature *b)
{
	return a->op == b->op && a->aspect == b->aspect && a->rule == b->rule &&
	       strcmp(a->site, b->site) == 0;
}

struct session *session_new(struct backend *b, const struct model_config *config)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->model = malloc(sizeof(*s->model));
	s->spare = malloc(sizeof(*s->spare));
	if (!s->model || !s->spare) {
		session_free(s);
		return NULL;
	}
	s->backend = b;
	s->config = *config;
	model_init(s->model, config);
	return s;
}

void session_free(struct session *s)
{
	if (!s)
		return;
	free(s->model);
	free(s->spare);
	free(s);
}

struct backend *session_backend(struct session *s)
{
	return s->backend;
}

const struct model_config *session_config(const struct session *s)
{
	return &s->config;
}

const struct snapshot *session_want(const struct session *s)
{
	return s->diverged ? &s->want : NULL;
}

const struct snapshot *session_seen(const struct session *s)
{
	return s->diverged ? &s->seen : NULL;
}

const struct model *session_model(const struct session *s)
{
	return s->model;
}

const struct op_result *session_results(const struct session *s)
{
	return s->results;
}

static bool result_equal(const struct op_result *a, const struct op_result *b)
{
	return a->err == b->err && (a->err != 0 || a->value == b->value);
}

/*
 * Does the model with these quirks agree with all that was seen up to operation @last: every
 * result, and the state at the end? Earlier states need no look, since the case went on after them.
 */
static bool quirks_agree(struct session *s, const struct prog *prog, u32 last, u32 quirks)
{
	struct model_config config = s->config;
	struct snap_diff diff;
	struct op_result want;
	u32 i;

	config.quirks.on |= quirks;
	model_init(s->spare, &config);
	for (i = 0; i <= last; i++) {
		s->spare->fail_at = s->fail_at[i];
		if (model_step(s->spare, i, &prog->ops[i], &s->results[i], &want))
			return false;
		if (!result_equal(&want, &s->results[i]))
			return false;
	}
	model_snapshot(s->spare, &s->quirky, (s->seen.fields & SNAP_PAGES) != 0);
	snap_compare(&s->quirky, &s->seen, &diff);
	return diff.aspect == ASPECT_NONE;
}

/* The known bugs that the backend's kernel may have. Of a kernel that was observed exactly it is
 * known which; of another one any is possible, and better named than reported as new. */
static u32 quirks_possible(const struct backend *b)
{
	const struct model_profile *profile = b->profile ? profile_find(b->profile) : NULL;

	if (profile && b->profile_exact)
		return profile->quirks.on;
	return (1u << QUIRK_COUNT) - 1;
}

/* Two known bugs that together explain what was seen, or 0. */
static u32 quirk_pair(struct session *s, const struct prog *prog, u32 last, u32 possible)
{
	u32 i, k;

	for (i = 0; i < QUIRK_COUNT; i++) {
		for (k = i + 1; k < QUIRK_COUNT; k++) {
			u32 pair = 1u << i | 1u << k;

			if ((possible & pair) == pair && quirks_agree(s, prog, last, pair))
				return pair;
		}
	}
	return 0;
}

/*
 * A smallest set of known bugs that explains what was seen, or 0. Pairs are tried before all at
 * once, since not all go together: of a kernel that is not in the table any is possible.
 */
static u32 quirks_explain(struct session *s, const struct prog *prog, u32 last)
{
	u32 possible = quirks_possible(s->backend) & ~s->config.quirks.on;
	u32 set, i;

	for (i = 0; i < QUIRK_COUNT; i++)
		if ((possible >> i & 1) && quirks_agree(s, prog, last, 1u << i))
			return 1u << i;
	set = quirk_pair(s, prog, last, possible);
	if (set || __builtin_popcount(possible) < 3 || !quirks_agree(s, prog, last, possible))
		return set;
	set = possible;
	for (i = 0; i < QUIRK_COUNT; i++)
		if ((set >> i & 1) && quirks_agree(s, prog, last, set & ~(1u << i)))
			set &= ~(1u << i);
	return set;
}

/* The rule belongs to differences of layout; elsewhere it would split one bug into many
 * findings. */
static enum merge_rule rule_of(const struct session *s, enum aspect aspect)
{
	if (aspect == ASPECT_ATTRIBUTE || aspect == ASPECT_BOUNDARY || aspect == ASPECT_ANON_VMA)
		return model_why(s->model);
	return MERGE_NOT_TRIED;
}

/* As quirks_explain() if an allocation failed in operation @last, and none of the model's points
 * leads to what was seen: with a known bug one of the nearest may. */
static u32 quirks_explain_failing(struct session *s, const struct prog *prog, u32 last)
{
	u32 taken = s->fail_at[last], point, set;

	for (point = 0; point < 64; point++) {
		if (!(s->near >> point & 1))
			continue;
		s->fail_at[last] = point;
		set = quirks_explain(s, prog, last);
		if (set)
			return set;
	}
	s->fail_at[last] = taken;
	return 0;
}

static void diverge(struct session *s, const struct prog *prog, struct outcome *outcome)
{
	enum aspect aspect = outcome->diff.aspect;

	outcome->verdict = VERDICT_DIVERGE;
	outcome->signature.op = prog->ops[outcome->op].kind;
	outcome->signature.aspect = aspect;
	outcome->signature.rule = rule_of(s, aspect);
	snprintf(outcome->signature.site, sizeof(outcome->signature.site), "%s",
		 aspect == ASPECT_KERNEL ? s->backend->complaint_site : "");
	s->diverged = true;
	/* Where the kernel stopped there is nothing to replay. */
	if (aspect == ASPECT_KERNEL)
		outcome->quirks_explain = model_fatal(s->model, &prog->ops[outcome->op]) &
					  quirks_possible(s->backend);
	else if (aspect != ASPECT_INVARIANT && s->results[outcome->op].alloc_failed)
		outcome->quirks_explain = quirks_explain_failing(s, prog, outcome->op);
	else if (aspect != ASPECT_INVARIANT)
		outcome->quirks_explain = quirks_explain(s, prog, outcome->op);
}

static void result_diff(const struct op *op, struct outcome *outcome)
{
	char want[64], seen[64];

	result_print(want, sizeof(want), op, &outcome->want);
	result_print(seen, sizeof(seen), op, &outcome->seen);
	outcome->diff.aspect = ASPECT_RESULT;
	outcome->diff.proc = op->proc;
	outcome->diff.page = 0;
	snprintf(outcome->diff.text, sizeof(outcome->diff.text),
		 "%s is specified to return %s, it returned %s", op_descs[op->kind].name, want,
		 seen);
}

/* The states behind a differing result: not compared, but the report shows them. */
static void show_states(struct session *s)
{
	struct diag ignored;

	if (s->backend->type->snapshot(s->backend, &s->seen, &ignored))
		snap_reset(&s->seen);
	model_snapshot(s->model, &s->want, (s->seen.fields & SNAP_PAGES) != 0);
}

/* Did the kernel itself complain? Then the case is over, and the outcome says so. */
static bool complained(struct session *s, const struct prog *prog, struct outcome *outcome)
{
	const struct backend *b = s->backend;
	size_t len;

	if (!b->complaint[0])
		return false;
	outcome->diff.aspect = ASPECT_KERNEL;
	outcome->diff.proc = prog->ops[outcome->op].proc;
	outcome->diff.page = 0;
	/* The sentence; lines may follow, which the report has. */
	len = strcspn(b->complaint, "\n");
	snprintf(outcome->diff.text, sizeof(outcome->diff.text), "%.*s",
		 (int)(len < sizeof(outcome->diff.text) ? len : sizeof(outcome->diff.text) - 1),
		 b->complaint);
	snap_reset(&s->seen);
	model_snapshot(s->model, &s->want, false);
	diverge(s, prog, outcome);
	return true;
}

/* How near a candidate is to what was seen: not even the result is the same; or the aspect of the
 * first difference, of which the later ones say that more is the same; or all is. */
#define RESULT_DIFFERS 0u
#define AGREES ((u32)ASPECT_COUNT)

/* The model executes operation @i with its @point-th allocation failing: how near is that? */
static u32 candidate(struct session *s, const struct prog *prog, u32 i, u32 point)
{
	struct snap_diff diff;
	struct op_result want;

	s->model->fail_at = point;
	if (model_step(s->model, i, &prog->ops[i], &s->results[i], &want)) {
		s->beyond = s->model->limit;
		return RESULT_DIFFERS;
	}
	if (!result_equal(&want, &s->results[i]))
		return RESULT_DIFFERS;
	model_snapshot(s->model, &s->want, (s->seen.fields & SNAP_PAGES) != 0);
	snap_compare(&s->want, &s->seen, &diff);
	return diff.aspect == ASPECT_NONE ? AGREES : diff.aspect;
}

/*
 * If an allocation failed in operation @i, and s->seen is the state behind it: which of the model's
 * points was it? Failures that nobody notices come first: then the outcome is the ordinary one.
 * Sets s->fail_at to the first that agrees, else the nearest. The model is as before afterwards.
 */
static void find_point(struct session *s, const struct prog *prog, u32 i, struct outcome *outcome)
{
	enum alloc_point failed = ALLOC_NONE;
	u32 best = RESULT_DIFFERS, how, point;

	s->fail_at[i] = 0;
	s->agree[i] = 0;
	s->near = 0;
	s->beyond = NULL;
	memset(outcome->tried, 0, sizeof(outcome->tried));
	if (!s->results[i].alloc_failed)
		return;
	model_copy(s->spare, s->model);
	for (point = 0; point < POINTS_MAX && (best != AGREES || point < 64); point++) {
		how = candidate(s, prog, i, point);
		failed = s->model->failed;
		model_copy(s->model, s->spare);
		if (point && failed == ALLOC_NONE)
			return;
		outcome->tried[failed]++;
		if (how == AGREES && point < 64)
			s->agree[i] |= 1ull << point;
		if (how >= best && point < 64)
			s->near = (how > best ? 0 : s->near) | 1ull << point;
		if (how <= best)
			continue;
		best = how;
		s->fail_at[i] = point;
	}
}

/* Brings the model to the state before operation @end, from the start, by what s->fail_at says.
 * False: a result on the way is another. */
static bool replay(struct session *s, const struct prog *prog, u32 end)
{
	struct op_result want;
	u32 i;

	model_reset(s->model);
	for (i = 0; i < end; i++) {
		s->model->fail_at = s->fail_at[i];
		if (model_step(s->model, i, &prog->ops[i], &s->results[i], &want) ||
		    !result_equal(&want, &s->results[i]))
			return false;
	}
	return true;
}

/*
 * Operation @i differs, and s->seen is the state behind it. Did an earlier allocation fail at
 * another point that looked the same then, with which all agrees? True: the model is now where that
 * leads. Else it is before operation @i, as it was taken at first.
 */
static bool reconsider(struct session *s, const struct prog *prog, u32 i, struct outcome *outcome)
{
	u32 k, taken, at = s->fail_at[i];

	for (k = i; k-- > 0;) {
		taken = s->fail_at[k];
		while (++s->fail_at[k] < 64) {
			if (!(s->agree[k] >> s->fail_at[k] & 1) || !replay(s, prog, i))
				continue;
			find_point(s, prog, i, outcome);
			if (candidate(s, prog, i, s->fail_at[i]) == AGREES)
				return true;
		}
		s->fail_at[k] = taken;
	}
	replay(s, prog, i);
	s->fail_at[i] = at;
	return false;
}

/* Compares operation @i, whose result is s->results[i]: outcome->diff. 0, or an errno with
 * outcome->verdict and outcome->diag. */
static int compare(struct session *s, const struct prog *prog, u32 i, struct outcome *outcome)
{
	struct backend *b = s->backend;

	outcome->verdict = VERDICT_SKIP;
	s->model->fail_at = s->fail_at[i];
	if (model_step(s->model, i, &prog->ops[i], &s->results[i], &outcome->want))
		return diag_set(&outcome->diag, -E2BIG, "too large for the model: %s",
				s->model->limit);
	if (!result_equal(&outcome->want, &s->results[i])) {
		result_diff(&prog->ops[i], outcome);
		show_states(s);
		return 0;
	}
	outcome->verdict = VERDICT_ERROR;
	if (b->type->snapshot(b, &s->seen, &outcome->diag))
		return -EIO;
	model_snapshot(s->model, &s->want, (s->seen.fields & SNAP_PAGES) != 0);
	snap_compare(&s->want, &s->seen, &outcome->diff);
	return 0;
}

/* As compare(), for an operation whose effect may depend on which allocation failed, in it or
 * before. */
static int compare_failing(struct session *s, const struct prog *prog, u32 i,
			   struct outcome *outcome)
{
	struct backend *b = s->backend;

	outcome->verdict = VERDICT_ERROR;
	if (b->type->snapshot(b, &s->seen, &outcome->diag))
		return -EIO;
	find_point(s, prog, i, outcome);
	if (candidate(s, prog, i, s->fail_at[i]) == AGREES || reconsider(s, prog, i, outcome)) {
		outcome->want = s->results[i];
		return 0;
	}
	find_point(s, prog, i, outcome);
	/* What the model cannot follow may be just what happened. */
	if (s->beyond) {
		outcome->verdict = VERDICT_SKIP;
		return diag_set(&outcome->diag, -E2BIG, "too large for the model: %s", s->beyond);
	}
	return compare(s, prog, i, outcome);
}

/* A known bug that is tolerated would stop the kernel in @op: then it is not executed. */
static bool is_fatal(struct session *s, const struct op *op, struct outcome *outcome)
{
	u32 fatal = model_fatal(s->model, op) & s->config.quirks.on;

	if (!fatal)
		return false;
	outcome->verdict = VERDICT_SKIP;
	diag_set(&outcome->diag, 0, "operation %u would stop the kernel, by its known bug %s",
		 outcome->op + 1, quirk_descs[__builtin_ctz(fatal)].name);
	return true;
}


/* Operation @i on both sides. True: they agree so far. Else @outcome says it all. */
static bool step(struct session *s, const struct prog *prog, u32 i, const struct session_opts *opts,
		 struct outcome *outcome)
{
	struct backend *b = s->backend;
	struct op_result *seen = &s->results[i];
	int err;

	outcome->op = i;
	if (is_fatal(s, &prog->ops[i], outcome))
		return false;
	outcome->verdict = VERDICT_ERROR;
	if (b->type->exec(b, i, seen, &outcome->diag))
		return false;
	outcome->seen = *seen;
	if (complained(s, prog, outcome))
		return false;
	if (seen->err == RESULT_REFUSED) {
		outcome->verdict = VERDICT_SKIP;
		diag_set(&outcome->diag, 0, "operation %u would hit the executor's own memory",
			 i + 1);
		return false;
	}
	s->any_failed |= seen->alloc_failed;
	s->fail_at[i] = 0;
	s->agree[i] = 0;
	err = s->any_failed ? compare_failing(s, prog, i, outcome) : compare(s, prog, i, outcome);
	if (err || complained(s, prog, outcome))
		return false;
	if (outcome->diff.aspect == ASPECT_NONE && opts->check &&
	    !model_check(s->model, &outcome->diag)) {
		outcome->diff.aspect = ASPECT_INVARIANT;
		snprintf(outcome->diff.text, sizeof(outcome->diff.text), "%.*s",
			 (int)sizeof(outcome->diff.text) - 1, outcome->diag.text);
	}
	if (outcome->diff.aspect == ASPECT_NONE)
		return true;
	diverge(s, prog, outcome);
	return false;
}

/* The end of a case in which all agreed: True if it still does. */
static bool finish(struct session *s, const struct prog *prog, struct outcome *outcome)
{
	struct backend *b = s->backend;

	if (!b->type->finish)
		return true;
	outcome->op = prog->count ? prog->count - 1 : 0;
	outcome->verdict = VERDICT_ERROR;
	return b->type->finish(b, &outcome->diag) == 0 && !complained(s, prog, outcome);
}

/* Which allocation failed is told by pages too, so that they must be seen after every operation. */
static bool fails_alloc(const struct prog *prog)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (prog->ops[i].fail_nth)
			return true;
	return false;
}

/* What the test processes are before a program: of a backend that had to be started anew it may be
 * something else than before. */
static void take_base(struct session *s)
{
	const struct model_config *base = &s->backend->config;
	struct model_config *configs[] = {&s->config, &s->model->config};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(configs); i++) {
		configs[i]->base_map_count = base->base_map_count;
		configs[i]->base_total_vm = base->base_total_vm;
		configs[i]->base_data_vm = base->base_data_vm;
		configs[i]->base_locked_vm = base->base_locked_vm;
		configs[i]->base_lockable = base->base_lockable;
		configs[i]->base_end = base->base_end;
	}
}

void session_run(struct session *s, const struct prog *prog, const struct session_opts *opts,
		 struct outcome *outcome)
{
	struct backend *b = s->backend;
	const char *lacking;
	u32 i;

	s->diverged = false;
	s->any_failed = false;
	outcome->op = 0;
	memset(outcome->tried, 0, sizeof(outcome->tried));
	outcome->ops_done = 0;
	outcome->quirks_explain = 0;
	outcome->quirks_met = 0;
	outcome->diff.aspect = ASPECT_NONE;
	outcome->diff.text[0] = '\0';
	outcome->diag.text[0] = '\0';
	b->complaint[0] = '\0';
	lacking = backend_lacks(b, prog, &i);
	if (lacking) {
		outcome->verdict = VERDICT_SKIP;
		diag_set(&outcome->diag, 0, "operation %u: this backend has no %s", i + 1, lacking);
		return;
	}
	outcome->verdict = VERDICT_ERROR;
	if (b->type->reset(b, prog, opts->pages_each || fails_alloc(prog), &outcome->diag))
		return;
	take_base(s);
	model_reset(s->model);
	for (i = 0; i < prog->count; i++) {
		if (!step(s, prog, i, opts, outcome))
			break;
		outcome->ops_done++;
		if (opts->after_op)
			opts->after_op(opts->after_op_arg, s->model, &prog->ops[i], &s->results[i]);
	}
	outcome->quirks_met = s->model->quirks_met;
	if (i == prog->count && finish(s, prog, outcome))
		outcome->verdict = VERDICT_AGREE;
}
