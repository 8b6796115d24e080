/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz diff: compares two backends with each other. Of given programs each has its line;
 * without, programs are generated, and the first of each signature is minimised and told.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "harness/cmd.h"
#include "harness/fuzz_job.h"
#include "harness/input.h"
#include "harness/minimise.h"
#include "harness/pair.h"
#include "harness/progress.h"
#include "harness/subprocess.h"

#define MINIMISE_RUNS 20000
#define ERRORS_IN_A_ROW_MAX 10
#define KINDS_MAX 256

enum {
	OPT_TIME = OPT_VERB,
	OPT_RUNS,
	OPT_SEED,
	OPT_OPS,
	OPT_ONLY,
	OPT_OUT,
};

static const struct cmd_option options[] = {
	{"time", OPT_TIME, "TIME", "stop after 30s, 10m, 1h, ... (default: never)"},
	{"runs", OPT_RUNS, "N", "stop after N programs (default: never)"},
	{"seed", OPT_SEED, "N", "the same seed gives the same programs (default: random)"},
	{"ops", OPT_OPS, "N", "operations of a program (20)"},
	{"only", OPT_ONLY, "OP,...", "use these operations only; 'vmafuzz ops' lists them"},
	{"out", OPT_OUT, "DIR", "keep the minimised programs there (default: nowhere)"},
	{"no-bpf", OPT_NO_BPF, NULL, "live: observe without BPF"},
	{"timeout", OPT_TIMEOUT, "MS",
	 "live, kernel: milliseconds that a program may take (2000)"},
	{"json", OPT_JSON, NULL, "one JSON object a line"},
	{NULL, 0, NULL, NULL},
};

/* A signature that was met. */
struct kind {
	struct signature signature;
	u64 count;
};

struct diff {
	struct cmd_backend backend; /* what is common to both; the name is not used */
	struct generate_options generate;
	u64 seed, runs, seconds;
	const char *out;
	struct pair pair;
	struct prog_file file;
	struct prog prog, small;
	struct outcome outcome;
	struct minimise_result minimised;
	struct pair_reason reason;
	struct model scratch; /* of the generator */
	struct progress progress;
	struct progress_now now;
	u32 kind_count;
	struct kind kinds[KINDS_MAX];
	u32 errors_in_a_row;
	int signals; /* descriptor: Ctrl-C ends it with what there is; -1: none */
	volatile int stop;
	u32 files, agree, differ, skip, error, unreadable;
};

static int take(void *arg, int id, const char *text, struct diag *diag)
{
	struct diff *d = arg;
	u64 value = 0;
	int err;

	switch (id) {
	case OPT_TIME:
		return cmd_seconds(text, &d->seconds, diag);
	case OPT_RUNS:
		return cmd_number(text, UINT64_MAX, &d->runs, diag);
	case OPT_SEED:
		return cmd_number(text, UINT64_MAX, &d->seed, diag);
	case OPT_OPS:
		err = cmd_number(text, PROG_OPS_MAX, &value, diag);
		if (!err && value == 0)
			err = diag_set(diag, -EINVAL, "at least one is needed");
		d->generate.ops = (u32)value;
		return err;
	case OPT_ONLY:
		return cmd_operations(text, &d->generate.only, diag);
	case OPT_OUT:
		d->out = text;
		return 0;
	default:
		return cmd_backend_take(&d->backend, id, text, diag);
	}
}

static bool is_model(const struct backend_type *type)
{
	return type == &backend_model || type == &backend_mutant;
}

static int open_one(struct diff *d, u32 side, struct diag *diag)
{
	const u32 other = PAIR_RIGHT - side;
	struct backend_opts opts = {
		.cpu = cmd_cpu(0),
		.timeout_ms = d->backend.timeout_ms,
		.no_bpf = d->backend.no_bpf,
	};
	const struct backend_type *type = backend_find(d->pair.name[side], &opts, diag);
	int err;

	if (!type)
		return STATUS_USAGE;
	if (d->pair.backend[other])
		opts.machine = &d->pair.backend[other]->config;
	err = type->open(&d->pair.backend[side], &opts, diag);
	if (!err)
		return STATUS_AGREE;
	return err == -EINVAL ? STATUS_USAGE : STATUS_BACKEND;
}

/* A model is the left one, and stands for the machine of the other, which is opened first. */
static int open_both(struct diff *d, struct diag *diag)
{
	const char *first = d->pair.name[PAIR_LEFT], *second = d->pair.name[PAIR_RIGHT];
	struct backend_opts opts = {.cpu = 0};
	const struct backend_type *left = backend_find(first, &opts, diag), *right;
	int status;

	right = left ? backend_find(second, &opts, diag) : NULL;
	if (!right)
		return STATUS_USAGE;
	if (is_model(right) && !is_model(left)) {
		d->pair.name[PAIR_LEFT] = second;
		d->pair.name[PAIR_RIGHT] = first;
	}
	status = open_one(d, PAIR_RIGHT, diag);
	return status == STATUS_AGREE ? open_one(d, PAIR_LEFT, diag) : status;
}

static void close_both(struct diff *d)
{
	u32 side;

	for (side = 0; side < 2; side++)
		if (d->pair.backend[side])
			d->pair.backend[side]->type->close(d->pair.backend[side]);
}

/* Prints a report of d->outcome, the last run of @prog; @key and @value say where it is from. */
static void tell(struct diff *d, const struct prog *prog, const char *key, const char *value)
{
	bool explained;
	struct json j;

	progress_clear(&d->progress);
	/* What it runs is of other models: the states for the report are read again behind it. */
	explained = pair_explain(&d->pair, prog, &d->reason) == 0;
	pair_run(&d->pair, prog, true, &d->outcome);
	if (d->backend.json) {
		json_begin(&j, stdout);
		json_string(&j, "type", "difference");
		json_string(&j, key, value);
		pair_json(&j, &d->pair, prog, &d->outcome, explained ? &d->reason : NULL);
		json_end(&j);
	} else {
		pair_report(stdout, &d->pair, prog, &d->outcome, explained ? &d->reason : NULL);
		putchar('\n');
	}
	fflush(stdout);
}

static void print_line(const struct diff *d, const char *verdict, const char *path)
{
	struct json j;

	if (!d->backend.json) {
		printf("%s %s%s%s\n", verdict, path, d->outcome.diag.text[0] ? ": " : "",
		       d->outcome.diag.text);
		return;
	}
	json_begin(&j, stdout);
	json_string(&j, "type", verdict);
	json_string(&j, "file", path);
	json_string(&j, "text", d->outcome.diag.text);
	json_end(&j);
}

static int run_file(void *arg, const char *path)
{
	struct diff *d = arg;
	struct diag diag;
	char sig[128];

	d->files++;
	if (input_load(&d->file, path, &diag)) {
		d->unreadable++;
		fprintf(stderr, "vmafuzz diff: %s\n", diag.text);
		return 0;
	}
	pair_run(&d->pair, &d->file.prog, true, &d->outcome);
	switch (d->outcome.verdict) {
	case VERDICT_DIVERGE:
		d->differ++;
		signature_print(sig, sizeof(sig), &d->outcome.signature);
		if (!d->backend.json)
			printf("DIFFER %s %s: %s\n\n", path, sig, d->outcome.diff.text);
		tell(d, &d->file.prog, "file", path);
		return 0;
	case VERDICT_AGREE:
		d->agree++;
		break;
	case VERDICT_SKIP:
		d->skip++;
		break;
	case VERDICT_ERROR:
		d->error++;
		break;
	}
	print_line(d, verdict_names[d->outcome.verdict], path);
	fflush(stdout);
	return 0;
}

static int run_files(struct diff *d, char **paths, int count)
{
	struct diag diag;
	int i;

	for (i = 0; i < count; i++) {
		if (input_visit(paths[i], run_file, d, &diag)) {
			fprintf(stderr, "vmafuzz diff: %s\n", diag.text);
			d->unreadable++;
		}
	}
	if (d->files > 1 && !d->backend.json)
		printf("%u files: %u agree, %u differ, %u skipped, %u errors, %u not readable\n",
		       d->files, d->agree, d->differ, d->skip, d->error, d->unreadable);
	if (d->differ)
		return STATUS_DIVERGE;
	if (d->error)
		return STATUS_BACKEND;
	return d->unreadable ? STATUS_USAGE : STATUS_AGREE;
}

static void run_pair(void *arg, const struct prog *prog, bool closely, struct outcome *outcome)
{
	pair_run(arg, prog, closely, outcome);
}

/* Looks for Ctrl-C while a program is minimised, and at the time. */
static void look(void *arg, u32 runs, u32 ops)
{
	struct diff *d = arg;

	(void)runs;
	(void)ops;
	if (d->signals >= 0 && subprocess_signals_wait(d->signals, 0))
		d->stop = 1;
}

/* Counts it. True: the first of its signature. */
static bool first_of_kind(struct diff *d)
{
	u32 i;

	for (i = 0; i < d->kind_count; i++) {
		if (!signature_equal(&d->kinds[i].signature, &d->outcome.signature))
			continue;
		d->kinds[i].count++;
		return false;
	}
	if (i == KINDS_MAX)
		return false;
	d->kinds[i].signature = d->outcome.signature;
	d->kinds[i].count = 1;
	d->kind_count++;
	return true;
}

/* The file of a signature in --out. */
static void save(const struct diff *d, const struct prog *prog)
{
	char sig[128], path[4096];
	FILE *out;
	size_t i;

	signature_print(sig, sizeof(sig), &d->outcome.signature);
	for (i = 0; sig[i]; i++)
		if (sig[i] == '/')
			sig[i] = '-';
	snprintf(path, sizeof(path), "%s/%s.vma", d->out, sig);
	out = fopen(path, "we");
	if (out) {
		fprintf(out, "# %s, and %s: %s\n", d->pair.name[PAIR_LEFT],
			d->pair.name[PAIR_RIGHT], d->outcome.diff.text);
		if (prog_print(out, prog) | fclose(out))
			out = NULL;
	}
	if (!out)
		fprintf(stderr, "vmafuzz diff: cannot write %s: %s\n", path, strerror(errno));
}

static void on_difference(struct diff *d, u64 case_seed)
{
	const struct minimise_opts opts = {
		.runs_max = MINIMISE_RUNS,
		.confirm = 3,
		.stop = &d->stop,
		.progress = look,
		.progress_arg = d,
	};
	char number[32];

	if (!first_of_kind(d))
		return;
	d->now.findings++;
	d->small = d->prog;
	if (minimise_by(run_pair, &d->pair, &d->small, &opts, &d->minimised)) {
		fprintf(stderr, "vmafuzz diff: case %" PRIu64 " differed once, and not again\n",
			case_seed);
		return;
	}
	d->outcome = d->minimised.outcome;
	snprintf(number, sizeof(number), "%" PRIu64, case_seed);
	tell(d, &d->small, "case", number);
	if (d->out)
		save(d, &d->small);
}

static void run_case(struct diff *d, u64 case_seed)
{
	generate(&d->prog, &d->scratch, &d->generate, case_seed);
	pair_run(&d->pair, &d->prog, false, &d->outcome);
	d->now.cases++;
	d->now.ops += d->outcome.ops_done;
	if (d->outcome.verdict != VERDICT_ERROR)
		d->errors_in_a_row = 0;
	switch (d->outcome.verdict) {
	case VERDICT_DIVERGE:
		on_difference(d, case_seed);
		break;
	case VERDICT_SKIP:
		d->now.skipped++;
		break;
	case VERDICT_ERROR:
		d->now.errors++;
		progress_clear(&d->progress);
		fprintf(stderr, "vmafuzz diff: case %" PRIu64 ": %s\n", case_seed,
			d->outcome.diag.text);
		if (++d->errors_in_a_row == ERRORS_IN_A_ROW_MAX)
			d->stop = 1;
		break;
	case VERDICT_AGREE:
		break;
	}
}

static void summary(const struct diff *d, u64 ms)
{
	char sig[128];
	struct json j;
	u32 i;

	if (d->backend.json) {
		json_begin(&j, stdout);
		json_string(&j, "type", "summary");
		json_u64(&j, "seed", d->seed);
		json_u64(&j, "ms", ms);
		json_u64(&j, "cases", d->now.cases);
		json_u64(&j, "skipped", d->now.skipped);
		json_u64(&j, "ended_early", d->pair.ended_early);
		json_u64(&j, "errors", d->now.errors);
		json_array(&j, "differences");
		for (i = 0; i < d->kind_count; i++) {
			signature_print(sig, sizeof(sig), &d->kinds[i].signature);
			json_object(&j, NULL);
			json_string(&j, "signature", sig);
			json_u64(&j, "count", d->kinds[i].count);
			json_close(&j);
		}
		json_end(&j);
		return;
	}
	printf("%s and %s %s: %" PRIu64 " cases in %" PRIu64 ".%" PRIu64 " s, seed %" PRIu64
	       "; skipped %" PRIu64 ", compared in part %u, errors %" PRIu64 "\n",
	       d->pair.name[PAIR_LEFT], d->pair.name[PAIR_RIGHT],
	       d->kind_count ? "DIFFER" : "agree", d->now.cases, ms / 1000, ms / 100 % 10, d->seed,
	       d->now.skipped, d->pair.ended_early, d->now.errors);
	for (i = 0; i < d->kind_count; i++) {
		signature_print(sig, sizeof(sig), &d->kinds[i].signature);
		printf("  %8" PRIu64 " times  %s\n", d->kinds[i].count, sig);
	}
}

static int search(struct diff *d)
{
	const struct backend *left = d->pair.backend[PAIR_LEFT];
	const struct backend *right = d->pair.backend[PAIR_RIGHT];
	struct model_config config = left->config;
	sigset_t old;
	u64 n;

	d->generate.available &= left->ops & right->ops;
	d->generate.files &= left->files & right->files;
	if (left->config.anon_name != right->config.anon_name)
		d->generate.available &= ~(1ull << OP_SET_VMA_NAME);
	config.uffd_events &= right->config.uffd_events;
	if (d->generate.only && !(d->generate.only & d->generate.available)) {
		fprintf(stderr, "vmafuzz diff: the two have none of the operations of --only\n");
		return STATUS_USAGE;
	}
	if (d->out && mkdir(d->out, 0777) && errno != EEXIST) {
		fprintf(stderr, "vmafuzz diff: %s: %s\n", d->out, strerror(errno));
		return STATUS_USAGE;
	}
	model_init(&d->scratch, &config);
	d->signals = subprocess_signals_open(&old);
	progress_init(&d->progress, d->backend.json);
	for (n = 0; !d->stop && (!d->runs || n < d->runs); n++) {
		run_case(d, fuzz_case_seed(d->seed, n));
		look(d, 0, 0);
		if (d->seconds &&
		    progress_clock_ms() - d->progress.start_ms >= d->seconds * 1000)
			break;
		progress_show(&d->progress, &d->now);
	}
	progress_clear(&d->progress);
	summary(d, progress_clock_ms() - d->progress.start_ms);
	subprocess_signals_close(d->signals, &old);
	if (d->kind_count)
		return STATUS_DIVERGE;
	if (d->errors_in_a_row >= ERRORS_IN_A_ROW_MAX)
		return STATUS_BACKEND;
	return d->now.errors && d->now.errors == d->now.cases ? STATUS_BACKEND : STATUS_AGREE;
}

static int diff_all(struct diff *d, char **argv, int argc)
{
	struct diag diag;
	u32 side;
	int status;

	d->pair.name[PAIR_LEFT] = argv[0];
	d->pair.name[PAIR_RIGHT] = argv[1];
	status = open_both(d, &diag);
	if (status != STATUS_AGREE) {
		fprintf(stderr, "vmafuzz diff: %s\n", diag.text);
		close_both(d);
		return status;
	}
	for (side = 0; side < 2 && !d->backend.json; side++)
		printf("# %s: %s\n# observed: %s\n", d->pair.name[side],
		       d->pair.backend[side]->kernel, d->pair.backend[side]->observation);
	fflush(stdout);
	status = argc > 2 ? run_files(d, argv + 2, argc - 2) : search(d);
	close_both(d);
	return status;
}

int cmd_diff(int argc, char **argv)
{
	struct diff *d = calloc(1, sizeof(*d));
	const struct cmd_verb verb = {
		.usage = "diff [OPTION]... A B [FILE]...",
		.what = "Compares two backends with each other: on the programs of files or\n"
			"directories, else on generated ones, of which the first of each kind of\n"
			"difference is minimised. Says which rules and known bugs account for a\n"
			"difference. Exit status 1: they differ.\n",
		.options = options,
		.take = take,
		.arg = d,
	};
	int first, status;
	u32 seed = 0;

	CHECK(d && getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
	d->seed = seed;
	d->signals = -1;
	generate_options_default(&d->generate);
	if (cmd_parse(&verb, argc, argv, &first, &status)) {
		if (argc - first >= 2) {
			status = diff_all(d, argv + first, argc - first);
		} else {
			fprintf(stderr, "vmafuzz diff: which two backends? See 'vmafuzz diff "
					"--help'\n");
			status = STATUS_USAGE;
		}
	}
	free(d);
	return cmd_finish(status);
}
