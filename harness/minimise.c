/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A greedy descent: every tactic is asked for one candidate after the other, a candidate that still
 * shows the same divergence becomes the program, and it ends when no tactic has one that does.
 *
 * "The same" is the signature and the known bugs that explain it: else it would slide from a new
 * bug to one that is easier to have. What a program has shown once is remembered by its hash.
 */
#include "harness/minimise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tactics.h"

#define RUNS_LIMIT (1u << 22) /* 64 MiB of hashes */
/* What comes down page by page from 2^52 is to leave runs for the rest. */
#define IN_A_ROW_MAX 64
#define ROUNDS_MAX 16

struct minimiser {
	minimise_run_fn *run;
	void *run_arg;
	const struct minimise_opts *opts;
	struct minimise_result *result;
	struct prog best, candidate;
	struct outcome outcome;     /* of the last run */
	struct signature signature; /* that must remain */
	u32 quirks_explain;         /* and what explains it */
	u32 fault;                  /* operation at fault of best */
	u32 runs_max;
	u64 *tried;                 /* hashes, open addressing; 0: free. One a run: never full */
	u32 tried_mask;
	bool closely;               /* look at everything after each operation */
	int err;                    /* the backend broke */
};

static bool over(const struct minimiser *m)
{
	return m->err || m->result->runs >= m->runs_max ||
	       (m->opts->stop && *m->opts->stop);
}

/* True the first time that @hash is shown. */
static bool first_time(struct minimiser *m, u64 hash)
{
	u32 at = (u32)hash & m->tried_mask;

	if (hash == 0)
		hash = 1;
	while (m->tried[at]) {
		if (m->tried[at] == hash)
			return false;
		at = (at + 1) & m->tried_mask;
	}
	m->tried[at] = hash;
	return true;
}

/* Runs @prog. Does it diverge? */
static bool diverges(struct minimiser *m, const struct prog *prog)
{
	m->run(m->run_arg, prog, m->closely, &m->outcome);
	if (m->outcome.verdict == VERDICT_ERROR)
		m->err = -EIO;
	return m->outcome.verdict == VERDICT_DIVERGE;
}

static bool same(const struct minimiser *m)
{
	return signature_equal(&m->outcome.signature, &m->signature) &&
	       m->outcome.quirks_explain == m->quirks_explain;
}

/* Tries m->candidate and keeps it if it is as good as the best. */
static bool attempt(struct minimiser *m)
{
	if (m->candidate.count == 0 || !first_time(m, prog_hash(&m->candidate)))
		return false;
	m->result->runs++;
	if (m->opts->progress)
		m->opts->progress(m->opts->progress_arg, m->result->runs, m->best.count);
	if (!diverges(m, &m->candidate) || !same(m))
		return false;
	m->best = m->candidate;
	m->fault = m->outcome.op;
	return true;
}

/* One round of all tactics. True if it got smaller. */
static bool descend(struct minimiser *m)
{
	bool smaller = false;
	const struct tactic *t;
	u32 step, in_a_row;

	for (t = tactics; t->name; t++) {
		step = 0;
		in_a_row = 0;
		while (!over(m) && t->candidate(&m->best, m->fault, step, &m->candidate)) {
			/* The list of candidates changes with the best: this step is another
			 * now. */
			if (attempt(m)) {
				smaller = true;
				if (++in_a_row < IN_A_ROW_MAX)
					continue;
			}
			step++;
			in_a_row = 0;
		}
	}
	return smaller && !over(m);
}

/* Runs @prog as often as is asked for; does it show the same each time? Then the session holds the
 * states of the last run. */
static bool confirm(struct minimiser *m, const struct prog *prog)
{
	u32 n = m->opts->confirm ? m->opts->confirm : 1;

	m->result->seen = 0;
	for (m->result->tried = 0; m->result->tried < n && !m->err; m->result->tried++)
		if (diverges(m, prog) && same(m))
			m->result->seen++;
	return m->result->seen == n;
}

static int start(struct minimiser *m, const struct prog *prog)
{
	u32 n = 0;

	/*
	 * One that diverges now and then is to be called flaky, not fine. And looking at something
	 * may change it, or be done by other means than the quick look: so every other time
	 * without.
	 */
	m->closely = true;
	while (!diverges(m, prog)) {
		if (m->err || ++n >= 2 * m->opts->confirm)
			return m->err ? m->err : -EINVAL;
		m->closely = !m->closely;
	}
	m->signature = m->outcome.signature;
	m->quirks_explain = m->outcome.quirks_explain;
	m->fault = m->outcome.op;
	m->best = *prog;
	m->result->flaky = !confirm(m, prog);
	m->result->outcome = m->outcome;
	first_time(m, prog_hash(prog));
	return m->err;
}

static void run(struct minimiser *m, struct prog *prog)
{
	u32 round = 0;

	while (descend(m) && ++round < ROUNDS_MAX)
		continue;
	if (m->err) {
		*prog = m->best;
		return;
	}
	if (confirm(m, &m->best)) {
		*prog = m->best;
	} else {
		m->result->flaky = true;
		diverges(m, prog);
	}
	m->result->outcome = m->outcome;
}

static void run_session(void *arg, const struct prog *prog, bool closely,
			struct outcome *outcome)
{
	const struct session_opts opts = {.pages_each = closely, .check = true};

	session_run(arg, prog, &opts, outcome);
}

int minimise(struct session *s, struct prog *prog, const struct minimise_opts *opts,
	     struct minimise_result *result)
{
	return minimise_by(run_session, s, prog, opts, result);
}

int minimise_by(minimise_run_fn *run_fn, void *run_arg, struct prog *prog,
		const struct minimise_opts *opts, struct minimise_result *result)
{
	struct minimiser *m = calloc(1, sizeof(*m));
	u32 slots = 1024;
	int err = -ENOMEM;

	memset(result, 0, sizeof(*result));
	if (!m)
		return -ENOMEM;
	m->runs_max = opts->runs_max < RUNS_LIMIT ? opts->runs_max : RUNS_LIMIT;
	while (slots / 2 <= m->runs_max)
		slots *= 2;
	m->run = run_fn;
	m->run_arg = run_arg;
	m->opts = opts;
	m->result = result;
	m->tried_mask = slots - 1;
	m->tried = calloc(slots, sizeof(*m->tried));
	if (!m->tried)
		goto out;
	err = start(m, prog);
	if (!err && !result->flaky) {
		run(m, prog);
		err = m->err;
	}
	if (err == -EIO)
		result->outcome.diag = m->outcome.diag;
out:
	free(m->tried);
	free(m);
	return err;
}
