/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz min: minimises one program. The program goes to standard output, or to --out; all else to
 * standard error, so that the output can be redirected.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "harness/cmd.h"
#include "harness/input.h"
#include "harness/minimise.h"
#include "harness/progress.h"
#include "harness/report.h"

enum { OPT_OUT = OPT_VERB, OPT_RUNS };

static const struct cmd_option options[] = {
	{"out", OPT_OUT, "FILE", "write the program there, not to standard output"},
	{"runs", OPT_RUNS, "N", "programs to try at most (20000)"},
	CMD_BACKEND_OPTIONS,
	{NULL, 0, NULL, NULL},
};

struct min {
	struct cmd_backend backend;
	const char *out;
	u64 runs;
	struct cmd_session cs;
	struct prog_file file;
	struct prog prog;
	struct minimise_result result;
	u64 last_ms; /* of the last line of progress */
	int signals; /* descriptor: Ctrl-C ends it with what there is */
	volatile int stop;
};

static int take(void *arg, int id, const char *text, struct diag *diag)
{
	struct min *min = arg;

	switch (id) {
	case OPT_OUT:
		min->out = text;
		return 0;
	case OPT_RUNS:
		return cmd_number(text, UINT32_MAX, &min->runs, diag);
	default:
		return cmd_backend_take(&min->backend, id, text, diag);
	}
}

static void progress(void *arg, u32 runs, u32 ops)
{
	struct min *min = arg;
	bool tty = isatty(STDERR_FILENO);
	u64 now = progress_clock_ms();
	struct signalfd_siginfo info;

	if (read(min->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		min->stop = 1;
	if (now - min->last_ms < (tty ? 200u : 10000u))
		return;
	min->last_ms = now;
	fprintf(stderr, "%s%u runs, %u operations%s", tty ? "\r\033[K" : "", runs, ops,
		tty ? "" : "\n");
}

/* Writes the program. 0, or a negative errno. */
static int write_program(const struct min *min)
{
	const struct outcome *outcome = &min->result.outcome;
	FILE *out = min->out ? fopen(min->out, "we") : stdout;
	char sig[128];
	int err, lost = 0;

	if (!out) {
		lost = -errno;
		fprintf(stderr, "vmafuzz min: cannot write %s: %s; the program is:\n", min->out,
			strerror(-lost));
		out = stderr;
	}
	signature_print(sig, sizeof(sig), &outcome->signature);
	fprintf(out, "# %s at operation %u: %s\n", sig, outcome->op + 1, outcome->diff.text);
	fprintf(out, "# on %s\n", min->cs.backend->kernel);
	err = prog_print(out, &min->prog);
	if (lost)
		return lost;
	if (min->out && fclose(out) && !err)
		err = -errno;
	return err;
}

/* With --json standard output gets the report instead of the program, which is part of it. */
static void print_json(struct min *min)
{
	const struct origin origin = {.file = min->out};

	report_json(stdout, min->cs.session, &min->prog, &min->result.outcome, &origin);
}

static int finish(struct min *min, const char *path, int err)
{
	const struct minimise_result *r = &min->result;

	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	if (err == -EINVAL) {
		fprintf(stderr, "vmafuzz min: %s does not diverge: there is nothing to minimise\n",
			path);
		return STATUS_AGREE;
	}
	if (err) {
		fprintf(stderr, "vmafuzz min: the backend failed: %s\n", r->outcome.diag.text);
		return STATUS_BACKEND;
	}
	if (r->flaky)
		fprintf(stderr,
			"vmafuzz min: %s is flaky, it diverged in %u of %u runs: left as it is\n",
			path, r->seen, r->tried);
	if (min->backend.json)
		print_json(min);
	err = min->backend.json && !min->out ? 0 : write_program(min);
	if (err) {
		fprintf(stderr, "vmafuzz min: cannot write the program: %s\n", strerror(-err));
		return STATUS_USAGE;
	}
	fprintf(stderr, "%u operations, from %u, in %u runs%s\n", min->prog.count,
		min->file.prog.count, r->runs, min->stop ? " (interrupted)" : "");
	return STATUS_DIVERGE;
}

static int run(struct min *min, const char *path)
{
	const struct minimise_opts opts = {
		.runs_max = (u32)min->runs,
		.confirm = 3,
		.stop = &min->stop,
		.progress = progress,
		.progress_arg = min,
	};
	struct diag diag;
	sigset_t set;
	int status;

	if (input_load(&min->file, path, &diag)) {
		fprintf(stderr, "vmafuzz min: %s\n", diag.text);
		return STATUS_USAGE;
	}
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	min->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	status = cmd_session_open(&min->cs, &min->backend, cmd_cpu(0), &diag);
	if (status != STATUS_AGREE) {
		fprintf(stderr, "vmafuzz min: %s\n", diag.text);
		return status;
	}
	min->prog = min->file.prog;
	min->last_ms = progress_clock_ms();
	status = finish(min, path, minimise(min->cs.session, &min->prog, &opts, &min->result));
	cmd_session_close(&min->cs);
	close(min->signals);
	return status;
}

int cmd_min(int argc, char **argv)
{
	struct min *min = calloc(1, sizeof(*min));
	const struct cmd_verb verb = {
		.usage = "min [OPTION]... FILE",
		.what = "Makes a program that diverges as small as possible. The operation, the\n"
			"aspect and the rule of the divergence remain the same. Exit status 1: it\n"
			"diverges.\n",
		.options = options,
		.take = take,
		.arg = min,
	};
	int first, status;

	CHECK(min);
	min->runs = 20000;
	if (cmd_parse(&verb, argc, argv, &first, &status)) {
		if (first + 1 == argc) {
			status = run(min, argv[first]);
		} else {
			fprintf(stderr,
				"vmafuzz min: one file is needed; see 'vmafuzz min --help'\n");
			status = STATUS_USAGE;
		}
	}
	free(min);
	return cmd_finish(status);
}
