/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop that generates, runs, and keeps what diverges.
 *
 *	1. A program that diverged only in its pages, which are looked at after the last operation,
 *	   is run again with a look after each, so that the right operation is named.
 *	2. A divergence that was seen before is counted and no more.
 *	3. A new one is saved first; then it is run again, minimised, saved again, and told.
 */
#include "harness/fuzz_job.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/findings.h"
#include "harness/fuzz_log.h"
#include "harness/json.h"
#include "harness/minimise.h"
#include "harness/progress.h"

#define ERRORS_IN_A_ROW_MAX 10
#define MINIMISE_RUNS 20000
#define MINIMISE_RUNS_KNOWN 2000
/* Of a thousand operations so many have an allocation that fails, if the backend can do that: every
 * second program has one, and most operations are still seen to work. */
#define FAIL_PERMIL 30

struct job {
	const struct fuzz_options *options;
	struct fuzz_shared *shared;
	struct fuzz_tally *tally;
	struct cmd_session cs;
	struct model *scratch; /* of the generator */
	struct generate_options generate; /* of what was asked for, what the backend can */
	struct findings *findings;
	struct fuzz_log *log;  /* NULL: the kernel's log is not looked at */
	struct prog prog, small;
	struct outcome outcome;
	struct minimise_result minimised;
	struct origin origin;
	char options_text[1024], fuzz_options_text[512];
	u32 errors_in_a_row;
	int status;
};

u64 fuzz_case_seed(u64 run_seed, u64 number)
{
	struct rng rng;

	rng_seed(&rng, run_seed ^ number * 0x9e3779b97f4a7c15ull);
	rng_next(&rng);
	return rng_next(&rng) >> 16;
}

void fuzz_print_begin(const struct fuzz_shared *shared)
{
	/* A record lock: it goes with the process, should that die while it prints. */
	if (lockf(shared->print_lock, F_LOCK, 0))
		return;
}

bool fuzz_print_try(const struct fuzz_shared *shared)
{
	return lockf(shared->print_lock, F_TLOCK, 0) == 0;
}

void fuzz_print_end(const struct fuzz_shared *shared)
{
	fflush(stdout);
	if (lockf(shared->print_lock, F_ULOCK, 0))
		return;
}

/* Makes room for a paragraph where the progress line may stand. */
static void print_begin(const struct job *j)
{
	fuzz_print_begin(j->shared);
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
}

static void complain(const struct job *j, const char *what)
{
	print_begin(j);
	fprintf(stderr, "vmafuzz: %s\n", what);
	fuzz_print_end(j->shared);
}

/* Counts one sighting of this kind. */
static void tally_kind(struct job *j, bool fresh)
{
	u32 count = j->tally->kind_count, i;
	struct fuzz_kind *kind;
	char path[4096];
	const char *name;

	findings_path(j->findings, &j->outcome, path, sizeof(path));
	name = strrchr(path, '/') + 1;
	for (i = 0; i < count; i++) {
		if (strcmp(j->tally->kinds[i].name, name) != 0)
			continue;
		j->tally->kinds[i].count++;
		j->tally->kinds[i].fresh |= fresh;
		return;
	}
	if (count == FUZZ_KINDS_MAX)
		return;
	kind = &j->tally->kinds[count];
	snprintf(kind->name, sizeof(kind->name), "%.199s", name);
	kind->count = 1;
	kind->known = j->outcome.quirks_explain != 0;
	kind->fresh = fresh;
	j->tally->kind_count = count + 1;
}

/* Runs @prog with all looks. True: it diverges. */
static bool run_closely(struct job *j, const struct prog *prog)
{
	const struct session_opts closely = {.pages_each = true, .check = true};

	session_run(j->cs.session, prog, &closely, &j->outcome);
	return j->outcome.verdict == VERDICT_DIVERGE;
}

/*
 * The difference is in pages and was seen at the end only: finds the operation at fault. False: it
 * does not show again, and j->outcome is what was seen first, without the states.
 */
static bool locate(struct job *j)
{
	struct outcome first = j->outcome;
	u32 i;

	for (i = 0; i < 3; i++)
		if (run_closely(j, &j->prog))
			return true;
	j->outcome = first;
	return false;
}

/* Tells about a new finding: in JSON the report, else a paragraph. @note: what is odd about it. */
static void tell(struct job *j, const struct prog *prog, const char *note)
{
	const struct outcome *outcome = &j->outcome;
	char text[512], path[4096];
	u32 i;

	print_begin(j);
	findings_path(j->findings, outcome, path, sizeof(path));
	if (j->options->backend.json) {
		report_json(stdout, j->cs.session, prog, outcome, &j->origin);
		fuzz_print_end(j->shared);
		return;
	}
	signature_print(text, sizeof(text), &outcome->signature);
	printf("%s %s: %s\n", outcome->quirks_explain ? "known  " : "FINDING", text,
	       outcome->diff.text);
	if (outcome->quirks_explain) {
		quirks_print_affected(text, sizeof(text), outcome->quirks_explain);
		printf("    known: %s\n", text);
	}
	for (i = 0; i < prog->count && i <= outcome->op; i++) {
		op_print(text, sizeof(text), &prog->ops[i]);
		printf("      %c %s\n", i == outcome->op ? '>' : ' ', text);
	}
	printf("    case %" PRIu64 ", %s; in %s\n", j->origin.case_seed, note, path);
	fuzz_print_end(j->shared);
}

/* Follows shared->stop while minimising. */
static int reduce(struct job *j)
{
	const struct minimise_opts opts = {
		.runs_max = j->outcome.quirks_explain ? MINIMISE_RUNS_KNOWN : MINIMISE_RUNS,
		.confirm = 3,
		.stop = &j->shared->stop,
	};

	j->small = j->prog;
	return minimise(j->cs.session, &j->small, &opts, &j->minimised);
}

/*
 * Looked at more closely the program diverges earlier, in another way, which j->outcome now is.
 * True: that is a new finding too.
 */
static bool adopt_other(struct job *j)
{
	bool old = findings_known(j->findings, &j->outcome);
	struct diag diag;

	tally_kind(j, !old);
	return !old && findings_save(j->findings, j->cs.session, &j->small, &j->outcome, &j->origin,
				     &diag) != -EEXIST;
}

static void minimise_and_tell(struct job *j)
{
	char note[160], first[4096], path[4096];
	struct diag diag;
	int err = reduce(j);

	if (err || j->minimised.flaky) {
		snprintf(note, sizeof(note), "FLAKY, %u of %u runs again showed the same",
			 err ? 0 : j->minimised.seen, err ? 3 : j->minimised.tried);
		tell(j, &j->prog, err == -EIO ? "not minimised, the backend broke" : note);
		return;
	}
	findings_path(j->findings, &j->outcome, first, sizeof(first));
	j->outcome = j->minimised.outcome;
	findings_path(j->findings, &j->outcome, path, sizeof(path));
	if (strcmp(path, first) != 0 && !adopt_other(j))
		return;
	if (findings_save_minimised(j->findings, j->cs.session, &j->small, &j->outcome, &j->origin,
				    &diag))
		complain(j, diag.text);
	snprintf(note, sizeof(note), "%u operations, minimised from %u in %u runs%s",
		 j->small.count, j->prog.count, j->minimised.runs,
		 j->shared->stop ? " (interrupted)" : "");
	tell(j, &j->small, note);
}

/*
 * Several known bugs at once say nothing new when each has been told by itself: then it counts as a
 * sighting of each, and this is true.
 */
static bool told_singly(struct job *j)
{
	u32 set = j->outcome.quirks_explain, i;
	struct outcome whole = j->outcome;
	char path[4096], file[4200];

	if (!(set & (set - 1)))
		return false;
	for (i = 0; i < QUIRK_COUNT; i++) {
		if (!(set >> i & 1))
			continue;
		whole.quirks_explain = 1u << i;
		findings_path(j->findings, &whole, path, sizeof(path));
		snprintf(file, sizeof(file), "%s/original.vma", path);
		if (access(file, F_OK))
			return false;
	}
	for (i = 0; i < QUIRK_COUNT; i++) {
		if (!(set >> i & 1))
			continue;
		j->outcome.quirks_explain = 1u << i;
		findings_known(j->findings, &j->outcome);
		tally_kind(j, false);
	}
	j->outcome.quirks_explain = set;
	return true;
}

static void on_diverge(struct job *j)
{
	enum aspect aspect = j->outcome.signature.aspect;
	const char *note = "not minimised";
	struct diag diag;
	bool old;
	int err;

	if (!cmd_tolerated(&j->options->backend, &j->outcome))
		j->status = STATUS_DIVERGE;
	j->tally->divergences++;
	if ((aspect == ASPECT_POPULATED || aspect == ASPECT_CONTENT) && !locate(j))
		note = "FLAKY, did not show again";
	if (told_singly(j))
		return;
	old = findings_known(j->findings, &j->outcome);
	tally_kind(j, !old);
	if (old)
		return;
	err = findings_save(j->findings, j->cs.session, &j->prog, &j->outcome, &j->origin, &diag);
	if (err == -EEXIST)
		return;
	if (err)
		complain(j, diag.text);
	if (j->options->minimise && note[0] == 'n')
		minimise_and_tell(j);
	else
		tell(j, &j->prog, note);
}

static void on_error(struct job *j)
{
	char text[640];

	j->tally->errors++;
	j->errors_in_a_row++;
	snprintf(text, sizeof(text), "case %" PRIu64 ": the backend failed: %s",
		 j->origin.case_seed, j->outcome.diag.text);
	complain(j, text);
	if (j->errors_in_a_row < ERRORS_IN_A_ROW_MAX)
		return;
	complain(j, "the backend failed ten times in a row: giving up");
	j->shared->stop = 1;
	if (j->status == STATUS_AGREE)
		j->status = STATUS_BACKEND;
}

/* What the kernel complains about is a finding, even if every comparison agreed. */
static void look_at_log(struct job *j, bool now)
{
	u32 lines = j->log ? fuzz_log_look(j->log, now) : 0;

	j->tally->log_lines += lines;
	if (lines)
		j->status = STATUS_DIVERGE;
}

static void run_case(struct job *j, u64 case_seed)
{
	const struct session_opts opts = {.pages_each = false, .check = true};
	enum verdict verdict;

	j->origin.case_seed = case_seed;
	generate(&j->prog, j->scratch, &j->generate, case_seed);
	session_run(j->cs.session, &j->prog, &opts, &j->outcome);
	j->tally->cases++;
	j->tally->ops += j->outcome.ops_done;
	if (j->outcome.quirks_met & ~j->tally->quirks_met)
		j->tally->quirks_met |= j->outcome.quirks_met;
	verdict = j->outcome.verdict;
	/* An oops kills the process that met it: of all programs that one must not be missing. */
	if (j->log)
		fuzz_log_ran(j->log, &j->prog);
	if (verdict == VERDICT_ERROR)
		on_error(j);
	else
		j->errors_in_a_row = 0;
	if (verdict == VERDICT_SKIP)
		j->tally->skipped++;
	if (verdict == VERDICT_DIVERGE)
		on_diverge(j);
	look_at_log(j, verdict == VERDICT_DIVERGE || verdict == VERDICT_ERROR);
}

/* The text that regenerates a case: what stands behind "vmafuzz fuzz --case N". */
static void describe(struct job *j)
{
	const struct fuzz_options *o = j->options;

	cmd_backend_print(&o->backend, j->options_text, sizeof(j->options_text));
	snprintf(j->fuzz_options_text, sizeof(j->fuzz_options_text), "--ops %u%s%s",
		 o->generate.ops, o->only ? " --only " : "", o->only ? o->only : "");
	j->origin.generated = true;
	j->origin.seed = o->seed;
	j->origin.options = j->options_text;
	j->origin.fuzz_options = j->fuzz_options_text;
}

/* A process that stays where its test processes are wakes them without a trip to another
 * processor. */
static u32 pin(u32 job)
{
	u32 cpu = cmd_cpu(job);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	return cpu;
}

static void job_close(struct job *j)
{
	fuzz_log_close(j->log);
	findings_close(j->findings);
	cmd_session_close(&j->cs);
	free(j->scratch);
	free(j);
}

/* Programs are to have only what the backend has. False: that leaves no operation. */
static bool take_available(struct job *j, struct diag *diag)
{
	const struct backend *b = j->cs.backend;

	j->generate = j->options->generate;
	j->generate.available &= b->ops;
	j->generate.files &= b->files;
	j->generate.fail_permil = b->can_fail_alloc ? FAIL_PERMIL : 0;
	if (!j->generate.only || j->generate.only & b->ops)
		return true;
	diag_set(diag, 0, "the backend %s has none of the operations of --only", b->type->name);
	return false;
}

/* NULL: @status says why, and the user was told. */
static struct job *job_open(const struct fuzz_options *options, u32 number, int *status)
{
	struct job *j = calloc(1, sizeof(*j));
	struct diag diag;

	*status = STATUS_BACKEND;
	if (!j)
		return NULL;
	j->options = options;
	describe(j);
	j->scratch = malloc(sizeof(*j->scratch));
	diag_set(&diag, 0, "out of memory");
	if (j->scratch)
		*status = cmd_session_open(&j->cs, &options->backend, pin(number), &diag);
	if (*status == STATUS_AGREE && !take_available(j, &diag)) {
		cmd_session_close(&j->cs);
		*status = STATUS_USAGE;
	}
	if (*status == STATUS_AGREE) {
		model_init(j->scratch, &j->cs.config);
		return j;
	}
	if (options->jobs == 1)
		fprintf(stderr, "vmafuzz fuzz: %s\n", diag.text);
	else
		fprintf(stderr, "vmafuzz fuzz: job %u: %s\n", number, diag.text);
	free(j->scratch);
	free(j);
	return NULL;
}

static void announce_json(const struct job *j)
{
	const struct backend *b = j->cs.backend;
	struct json json;

	json_begin(&json, stdout);
	json_string(&json, "type", "start");
	json_string(&json, "backend", b->type->name);
	json_string(&json, "kernel", b->kernel);
	json_string(&json, "profile", b->profile);
	json_bool(&json, "profile_exact", b->profile_exact);
	json_string(&json, "observed", b->observation);
	json_u64(&json, "seed", j->options->seed);
	json_u64(&json, "jobs", j->options->jobs);
	json_string(&json, "directory", j->options->out);
	json_end(&json);
}

static void job_announce(const struct job *j, const struct diag *log_diag)
{
	fuzz_print_begin(j->shared);
	if (j->options->backend.json) {
		announce_json(j);
		fuzz_print_end(j->shared);
		return;
	}
	cmd_session_print(stdout, &j->cs, "");
	printf("seed: %" PRIu64 ", %u operations a program, %u %s, findings in %s\n",
	       j->options->seed, j->options->generate.ops, j->options->jobs,
	       j->options->jobs == 1 ? "process" : "processes", j->options->out);
	if (log_diag->text[0])
		printf("the kernel's log is not watched: %s\n", log_diag->text);
	fuzz_print_end(j->shared);
}

int fuzz_job(const struct fuzz_options *options, struct fuzz_shared *shared, u32 number)
{
	struct diag diag = {""};
	u64 n;
	int status;
	struct job *j = job_open(options, number, &status);

	if (!j)
		return status;
	j->shared = shared;
	j->tally = &shared->tally[number];
	j->findings = findings_open(options->out, &diag);
	if (!j->findings) {
		complain(j, diag.text);
		job_close(j);
		return STATUS_USAGE;
	}
	if (j->cs.backend->type == &backend_live)
		j->log = fuzz_log_open(j->cs.session, j->findings, shared, &diag);
	if (number == 0)
		job_announce(j, &diag);
	while (!shared->stop) {
		n = shared->next_case++;
		if (options->runs && n >= options->runs)
			break;
		run_case(j, fuzz_case_seed(options->seed, n));
	}
	look_at_log(j, true);
	status = j->status;
	if (status == STATUS_AGREE && j->tally->errors && j->tally->errors == j->tally->cases)
		status = STATUS_BACKEND;
	job_close(j);
	return status;
}

/* Prints what the run of one case gave: its report, or else the program with the verdict. */
static int one_verdict(struct job *j)
{
	const struct outcome *outcome = &j->outcome;
	struct json json;

	if (outcome->verdict == VERDICT_DIVERGE) {
		if (j->options->backend.json)
			report_json(stdout, j->cs.session, &j->prog, outcome, &j->origin);
		else
			report_print(stdout, j->cs.session, &j->prog, outcome, &j->origin);
		return cmd_tolerated(&j->options->backend, outcome) ? STATUS_AGREE : STATUS_DIVERGE;
	}
	if (j->options->backend.json) {
		json_begin(&json, stdout);
		json_string(&json, "type", verdict_names[outcome->verdict]);
		json_u64(&json, "case", j->origin.case_seed);
		json_u64(&json, "ops", outcome->ops_done);
		json_string(&json, "text", outcome->diag.text);
		json_end(&json);
	} else {
		prog_print(stdout, &j->prog);
		printf("# %s after %u operations%s%s\n", verdict_names[outcome->verdict],
		       outcome->ops_done, outcome->diag.text[0] ? ": " : "", outcome->diag.text);
	}
	return outcome->verdict == VERDICT_ERROR ? STATUS_BACKEND : STATUS_AGREE;
}

int fuzz_one(const struct fuzz_options *options)
{
	int status;
	struct job *j = job_open(options, 0, &status);

	if (!j)
		return status;
	j->origin.case_seed = options->case_seed;
	generate(&j->prog, j->scratch, &j->generate, options->case_seed);
	run_closely(j, &j->prog);
	status = one_verdict(j);
	job_close(j);
	return status;
}
