/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz run: replays programs. One line for each, and the report of each that diverges. What a
 * file says about results and the end state is checked as well.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cmd.h"
#include "harness/expect.h"
#include "harness/input.h"
#include "harness/json.h"
#include "harness/report.h"

static const struct cmd_option options[] = {
	CMD_BACKEND_OPTIONS,
	{NULL, 0, NULL, NULL},
};

struct run {
	struct cmd_backend backend;
	struct cmd_session cs;
	struct prog_file file;
	struct outcome outcome;
	/* The machine that files expect: the usual one, whatever the limits of this one are. */
	struct model usual;
	struct snapshot final;
	struct op_result results[PROG_OPS_MAX];
	char options_text[1024];
	u32 files, agree, diverge, known, tolerated, skip, error, unreadable;
};

static int take(void *arg, int id, const char *text, struct diag *diag)
{
	struct run *run = arg;

	return cmd_backend_take(&run->backend, id, text, diag);
}

/* One line for a file that did not diverge. */
static void print_line(const struct run *run, const char *verdict, const char *path,
		       const char *text)
{
	struct json j;

	if (!run->backend.json) {
		if (text)
			printf("%s %s: %s\n", verdict, path, text);
		else
			printf("%s %s (%u ops)\n", verdict, path, run->outcome.ops_done);
		return;
	}
	json_begin(&j, stdout);
	json_string(&j, "type", verdict);
	json_string(&j, "file", path);
	json_u64(&j, "ops", run->outcome.ops_done);
	if (text)
		json_string(&j, "text", text);
	json_end(&j);
}

/* Runs the program on the usual machine, with the addresses that the backend chose. */
static void run_usual(struct run *run)
{
	const struct op_result *seen = session_results(run->cs.session);
	struct model_config config;
	u32 i;

	expect_config(&config, &run->file.prog);
	config.rules = run->cs.config.rules;
	config.quirks = run->cs.config.quirks;
	model_init(&run->usual, &config);
	for (i = 0; i < run->file.prog.count; i++)
		if (model_step(&run->usual, i, &run->file.prog.ops[i], &seen[i], &run->results[i]))
			break;
	model_snapshot(&run->usual, &run->final, false);
}

/* What the file itself expects. True: that is what happened. */
static bool check_expectations(struct run *run, struct diag *diag)
{
	const struct op_result *results = session_results(run->cs.session);
	const char *profile = run->cs.backend->profile;
	bool quirks_on = run->cs.config.quirks.on != 0;
	const struct prog_expect *block = NULL;

	if (!expect_applies(&run->file.prog, &run->cs.config))
		return true;
	if (!run->cs.rules_changed)
		block = expect_find(&run->file, profile, quirks_on);
	if (block) {
		run_usual(run);
		if (expect_check(&run->file, profile, quirks_on, &run->final, run->results, diag))
			return false;
		/* A block with results of its own overrides those behind the operations. */
		if (block->line_count > 0 && block->line[0][0] == '=')
			return true;
	}
	return expect_results(&run->file, results, run->file.prog.count, diag) ==
	       run->file.prog.count;
}

static void on_agree(struct run *run, const char *path)
{
	struct diag diag;

	if (check_expectations(run, &diag)) {
		run->agree++;
		print_line(run, "agree", path, NULL);
		return;
	}
	run->diverge++;
	print_line(run, run->backend.json ? "unexpected" : "DIVERGE", path, diag.text);
}

static void on_diverge(struct run *run, const char *path)
{
	const struct origin origin = {.file = path, .options = run->options_text};
	const struct outcome *outcome = &run->outcome;
	char sig[128];

	run->diverge++;
	if (outcome->quirks_explain)
		run->known++;
	if (cmd_tolerated(&run->backend, outcome))
		run->tolerated++;
	if (run->backend.json) {
		report_json(stdout, run->cs.session, &run->file.prog, outcome, &origin);
		return;
	}
	signature_print(sig, sizeof(sig), &outcome->signature);
	printf("DIVERGE %s %s: %s\n\n", path, sig, outcome->diff.text);
	report_print(stdout, run->cs.session, &run->file.prog, outcome, &origin);
	putchar('\n');
}

static int run_file(void *arg, const char *path)
{
	const struct session_opts opts = {.pages_each = true, .check = true};
	struct run *run = arg;
	struct diag diag;

	run->files++;
	if (input_load(&run->file, path, &diag)) {
		run->unreadable++;
		fprintf(stderr, "vmafuzz run: %s\n", diag.text);
		return 0;
	}
	session_run(run->cs.session, &run->file.prog, &opts, &run->outcome);
	switch (run->outcome.verdict) {
	case VERDICT_AGREE:
		on_agree(run, path);
		break;
	case VERDICT_DIVERGE:
		on_diverge(run, path);
		break;
	case VERDICT_SKIP:
		run->skip++;
		print_line(run, "skip", path, run->outcome.diag.text);
		break;
	case VERDICT_ERROR:
		run->error++;
		print_line(run, "error", path, run->outcome.diag.text);
		break;
	}
	fflush(stdout);
	return 0;
}

static void summary(const struct run *run)
{
	struct json j;

	if (run->backend.json) {
		json_begin(&j, stdout);
		json_string(&j, "type", "summary");
		json_u64(&j, "files", run->files);
		json_u64(&j, "agree", run->agree);
		json_u64(&j, "diverge", run->diverge);
		json_u64(&j, "known", run->known);
		json_u64(&j, "skip", run->skip);
		json_u64(&j, "error", run->error);
		json_u64(&j, "unreadable", run->unreadable);
		json_end(&j);
		return;
	}
	if (run->files < 2)
		return;
	printf("%u files: %u agree, %u diverge (%u of them known bugs), %u skipped, %u errors, "
	       "%u not readable\n",
	       run->files, run->agree, run->diverge, run->known, run->skip, run->error,
	       run->unreadable);
}

static int run_all(struct run *run, char **paths, int count)
{
	struct diag diag;
	int i, status;

	status = cmd_session_open(&run->cs, &run->backend, cmd_cpu(0), &diag);
	if (status != STATUS_AGREE) {
		fprintf(stderr, "vmafuzz run: %s\n", diag.text);
		return status;
	}
	cmd_backend_print(&run->backend, run->options_text, sizeof(run->options_text));
	if (!run->backend.json)
		cmd_session_print(stdout, &run->cs, "# ");
	for (i = 0; i < count; i++) {
		if (input_visit(paths[i], run_file, run, &diag)) {
			fprintf(stderr, "vmafuzz run: %s\n", diag.text);
			run->unreadable++;
		}
	}
	summary(run);
	cmd_session_close(&run->cs);
	if (run->diverge > run->tolerated)
		return STATUS_DIVERGE;
	if (run->error)
		return STATUS_BACKEND;
	return run->unreadable ? STATUS_USAGE : STATUS_AGREE;
}

int cmd_run(int argc, char **argv)
{
	struct run *run = calloc(1, sizeof(*run));
	const struct cmd_verb verb = {
		.usage = "run [OPTION]... FILE...",
		.what = "Replays programs: text files, crash files of a fuzzing engine, or\n"
			"directories (every *.vma below them); - is standard input.\n",
		.options = options,
		.take = take,
		.arg = run,
	};
	int first, status;

	CHECK(run);
	if (cmd_parse(&verb, argc, argv, &first, &status)) {
		if (first < argc) {
			status = run_all(run, argv + first, argc - first);
		} else {
			fprintf(stderr, "vmafuzz run: which files? See 'vmafuzz run --help'\n");
			status = STATUS_USAGE;
		}
	}
	free(run);
	return cmd_finish(status);
}
