/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz fuzz: starts the jobs, shows how far they are, and sums up. The work is in fuzz_job.c.
 *
 * Signals come through a descriptor, since a handler would need a global. They are blocked in the
 * jobs too, whose terminal's Ctrl-C must not kill the test processes in the middle of a case.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/findings.h"
#include "harness/fuzz_job.h"
#include "harness/json.h"
#include "harness/progress.h"

enum {
	OPT_TIME = OPT_VERB,
	OPT_RUNS,
	OPT_SEED,
	OPT_JOBS,
	OPT_OUT,
	OPT_OPS,
	OPT_ONLY,
	OPT_NO_MINIMISE,
	OPT_CASE,
};

static const struct cmd_option options[] = {
	{"time", OPT_TIME, "TIME", "stop after 30s, 10m, 1h, ... (default: never)"},
	{"runs", OPT_RUNS, "N", "stop after N programs (default: never)"},
	{"seed", OPT_SEED, "N", "the same seed gives the same programs (default: random)"},
	{"jobs", OPT_JOBS, "N", "processes that work at once, each on its own CPU (1)"},
	{"out", OPT_OUT, "DIR", "where findings are kept (./vmafuzz-findings)"},
	{"ops", OPT_OPS, "N", "operations of a program (20)"},
	{"only", OPT_ONLY, "OP,...", "use these operations only; 'vmafuzz ops' lists them"},
	{"no-minimise", OPT_NO_MINIMISE, NULL, "keep what diverges as it is"},
	{"case", OPT_CASE, "SEED", "run the one program with this case seed and print its report"},
	CMD_BACKEND_OPTIONS,
	{NULL, 0, NULL, NULL},
};

static int take(void *arg, int id, const char *text, struct diag *diag)
{
	struct fuzz_options *o = arg;
	u64 value = 0;
	int err;

	switch (id) {
	case OPT_TIME:
		err = cmd_seconds(text, &o->seconds, diag);
		return err || o->seconds ? err : diag_set(diag, -EINVAL, "at least 1s is needed");
	case OPT_RUNS:
		err = cmd_number(text, UINT64_MAX, &o->runs, diag);
		return err || o->runs ? err : diag_set(diag, -EINVAL, "at least one is needed");
	case OPT_SEED:
		return cmd_number(text, UINT64_MAX, &o->seed, diag);
	case OPT_CASE:
		o->one_case = true;
		return cmd_number(text, UINT64_MAX, &o->case_seed, diag);
	case OPT_JOBS:
		err = cmd_number(text, FUZZ_JOBS_MAX, &value, diag);
		if (!err && value == 0)
			err = diag_set(diag, -EINVAL, "at least one is needed");
		o->jobs = (u32)value;
		return err;
	case OPT_OPS:
		err = cmd_number(text, PROG_OPS_MAX, &value, diag);
		if (!err && value == 0)
			err = diag_set(diag, -EINVAL, "at least one is needed");
		o->generate.ops = (u32)value;
		return err;
	case OPT_OUT:
		o->out = text;
		return 0;
	case OPT_ONLY:
		o->only = text;
		return cmd_operations(text, &o->generate.only, diag);
	case OPT_NO_MINIMISE:
		o->minimise = false;
		return 0;
	default:
		return cmd_backend_take(&o->backend, id, text, diag);
	}
}

struct fuzz {
	struct fuzz_options options;
	struct fuzz_shared *shared;
	size_t shared_size;
	struct progress progress;
	pid_t pid[FUZZ_JOBS_MAX];
	u32 running;
	int signals; /* descriptor */
	int status;
};

/* All the kinds that the jobs met, joined. */
struct kinds {
	u32 count;
	struct fuzz_kind kinds[FUZZ_KINDS_MAX];
};

static void kinds_join(const struct fuzz *f, struct kinds *all)
{
	u32 job, i, k;

	all->count = 0;
	for (job = 0; job < f->options.jobs; job++) {
		const struct fuzz_tally *t = &f->shared->tally[job];

		for (i = 0; i < t->kind_count; i++) {
			const struct fuzz_kind *kind = &t->kinds[i];

			for (k = 0; k < all->count; k++)
				if (strcmp(all->kinds[k].name, kind->name) == 0)
					break;
			if (k == FUZZ_KINDS_MAX)
				continue;
			if (k == all->count) {
				all->kinds[all->count++] = *kind;
			} else {
				all->kinds[k].count += kind->count;
				all->kinds[k].fresh |= kind->fresh;
			}
		}
	}
}

static void totals(const struct fuzz *f, struct progress_now *now, const struct kinds *all)
{
	u32 job, i;

	memset(now, 0, sizeof(*now));
	for (job = 0; job < f->options.jobs; job++) {
		const struct fuzz_tally *t = &f->shared->tally[job];

		now->cases += t->cases;
		now->ops += t->ops;
		now->skipped += t->skipped;
		now->errors += t->errors;
	}
	for (i = 0; i < all->count; i++)
		if (all->kinds[i].known)
			now->known++;
		else
			now->findings++;
}

/* The jobs do not outlive the parent: PDEATHSIG, and a look for the race before it was set. */
static void start_job(struct fuzz *f, u32 job)
{
	pid_t parent = getpid();
	pid_t pid = fork();
	int status;

	if (pid < 0) {
		fprintf(stderr, "vmafuzz fuzz: cannot start job %u: %s\n", job, strerror(errno));
		f->status = STATUS_BACKEND;
		f->shared->stop = 1;
		return;
	}
	if (pid > 0) {
		f->pid[job] = pid;
		f->running++;
		return;
	}
	close(f->signals);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(STATUS_BACKEND);
	status = fuzz_job(&f->options, f->shared, job);
	fflush(stdout);
	_exit(status);
}

/* A divergence weighs more than a backend that broke on the way. */
static void merge_status(struct fuzz *f, int status)
{
	if (f->status != STATUS_DIVERGE && status != STATUS_AGREE)
		f->status = status;
}

static void reap(struct fuzz *f)
{
	int wait_status;
	u32 job;

	for (job = 0; job < f->options.jobs; job++) {
		if (!f->pid[job] || waitpid(f->pid[job], &wait_status, WNOHANG) != f->pid[job])
			continue;
		f->pid[job] = 0;
		f->running--;
		if (WIFEXITED(wait_status)) {
			merge_status(f, WEXITSTATUS(wait_status));
			continue;
		}
		fprintf(stderr, "vmafuzz fuzz: job %u died of %s; this is a bug of vmafuzz\n", job,
			strsignal(WTERMSIG(wait_status)));
		merge_status(f, STATUS_BACKEND);
	}
}

/* The first signal stops cleanly; from then on they do what they always do. */
static void take_signal(struct fuzz *f, sigset_t *set)
{
	struct signalfd_siginfo info;

	if (read(f->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	progress_clear(&f->progress);
	fprintf(stderr, "%s: stopping after the current case; once more to stop at once\n",
		strsignal((int)info.ssi_signo));
	f->shared->stop = 1;
	sigprocmask(SIG_UNBLOCK, set, NULL);
}

/*
 * Whoever prints may be stuck on a pipe that nobody reads: to wait for that would be to miss
 * Ctrl-C. Once the reader is gone there is nobody to fuzz for.
 */
static void show_progress(struct fuzz *f, const struct progress_now *now)
{
	struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
	int ready = poll(&out, 1, 0);

	if (ready > 0 && (out.revents & POLLERR))
		f->shared->stop = 1;
	if (ready <= 0 || !(out.revents & POLLOUT) || !fuzz_print_try(f->shared))
		return;
	progress_show(&f->progress, now);
	fuzz_print_end(f->shared);
}

static void watch(struct fuzz *f, sigset_t *set)
{
	struct pollfd pfd = {.fd = f->signals, .events = POLLIN};
	struct progress_now now;
	struct kinds *all = malloc(sizeof(*all));

	CHECK(all);
	while (f->running) {
		u64 ms = progress_clock_ms() - f->progress.start_ms;

		if (poll(&pfd, 1, ms < 1000 ? 10 : 100) > 0)
			take_signal(f, set);
		reap(f);
		if (f->options.seconds && ms >= f->options.seconds * 1000)
			f->shared->stop = 1;
		kinds_join(f, all);
		totals(f, &now, all);
		show_progress(f, &now);
	}
	free(all);
	progress_clear(&f->progress);
}

static void summary_json(const struct fuzz *f, const struct progress_now *now,
			 const struct kinds *all, u64 ms, u64 lines, u32 met)
{
	struct json j;
	u32 i;

	json_begin(&j, stdout);
	json_string(&j, "type", "summary");
	json_u64(&j, "seed", f->options.seed);
	json_u64(&j, "ms", ms);
	json_u64(&j, "cases", now->cases);
	json_u64(&j, "ops", now->ops);
	json_u64(&j, "skipped", now->skipped);
	json_u64(&j, "errors", now->errors);
	json_u64(&j, "kernel_log_lines", lines);
	json_array(&j, "known_bugs_met");
	for (i = 0; i < QUIRK_COUNT; i++)
		if (met >> i & 1)
			json_string(&j, NULL, quirk_descs[i].name);
	json_close(&j);
	json_array(&j, "findings");
	for (i = 0; i < all->count; i++) {
		json_object(&j, NULL);
		json_string(&j, "name", all->kinds[i].name);
		json_u64(&j, "count", all->kinds[i].count);
		json_bool(&j, "known", all->kinds[i].known);
		json_bool(&j, "new", all->kinds[i].fresh);
		json_close(&j);
	}
	json_close(&j);
	json_string(&j, "directory", f->options.out);
	json_end(&j);
}

static void summary_kinds(const struct kinds *all, bool known, const char *title)
{
	bool any = false;
	u32 i;

	for (i = 0; i < all->count; i++) {
		if (all->kinds[i].known != known)
			continue;
		if (!any)
			printf("%s\n", title);
		any = true;
		printf("  %8" PRIu64 " times  %s%s\n", all->kinds[i].count, all->kinds[i].name,
		       all->kinds[i].fresh ? "" : " (found by an earlier run)");
	}
}

static void summary_text(const struct fuzz *f, const struct progress_now *now,
			 const struct kinds *all, u64 ms, u64 lines, u32 met)
{
	char names[512];

	printf("%s: %" PRIu64 " cases, %" PRIu64 " operations in %" PRIu64 ".%" PRIu64
	       " s (%" PRIu64 " cases/s, %" PRIu64 " ops/s), seed %" PRIu64 "\n",
	       f->status == STATUS_BACKEND ? "the backend failed" :
	       lines                       ? "THE KERNEL COMPLAINED" :
	       now->findings               ? "DIVERGED" :
	       now->known                  ? "diverged by known bugs only" :
					     "all agreed",
	       now->cases, now->ops, ms / 1000, ms / 100 % 10, now->cases * 1000 / ms,
	       now->ops * 1000 / ms, f->options.seed);
	if (now->skipped)
		printf("skipped, since too large for the model or not possible here: %" PRIu64 "\n",
		       now->skipped);
	if (now->errors)
		printf("cases in which the backend failed: %" PRIu64 "\n", now->errors);
	if (lines)
		printf("lines of warning in the kernel's log: %" PRIu64 "\n", lines);
	if (met) {
		quirks_print(names, sizeof(names), met);
		printf("known bugs that were tolerated: %s\n", names);
	}
	summary_kinds(all, false, "findings:");
	summary_kinds(all, true, "known bugs:");
	if (all->count)
		printf("they are in %s\n", f->options.out);
}

static void summary(const struct fuzz *f)
{
	u64 ms = progress_clock_ms() - f->progress.start_ms, lines = 0;
	struct kinds *all = malloc(sizeof(*all));
	struct progress_now now;
	u32 job, met = 0;

	CHECK(all);
	for (job = 0; job < f->options.jobs; job++) {
		lines += f->shared->tally[job].log_lines;
		met |= f->shared->tally[job].quirks_met;
	}
	kinds_join(f, all);
	totals(f, &now, all);
	if (f->options.backend.json)
		summary_json(f, &now, all, ms ? ms : 1, lines, met);
	else
		summary_text(f, &now, all, ms ? ms : 1, lines, met);
	free(all);
}

static int share(struct fuzz *f)
{
	f->shared_size = sizeof(*f->shared) + f->options.jobs * sizeof(f->shared->tally[0]);
	f->shared = mmap(NULL, f->shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	if (f->shared == MAP_FAILED)
		return -errno;
	f->shared->print_lock = memfd_create("vmafuzz-print", MFD_CLOEXEC);
	return f->shared->print_lock < 0 ? -errno : 0;
}

static int fuzz_all(struct fuzz *f)
{
	sigset_t set;
	u32 job;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	f->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (f->signals < 0 || share(f)) {
		fprintf(stderr, "vmafuzz fuzz: %s\n", strerror(errno));
		return STATUS_BACKEND;
	}
	progress_init(&f->progress, f->options.backend.json);
	fflush(NULL);
	for (job = 0; job < f->options.jobs; job++)
		start_job(f, job);
	watch(f, &set);
	close(f->signals);
	/* Without a single case the reason has been said, and there is nothing to sum up. */
	if (f->status == STATUS_AGREE || f->shared->next_case)
		summary(f);
	close(f->shared->print_lock);
	munmap(f->shared, f->shared_size);
	return f->status;
}

static int check_out(const char *out)
{
	struct diag diag;
	struct findings *findings = findings_open(out, &diag);

	if (!findings)
		fprintf(stderr, "vmafuzz fuzz: %s\n", diag.text);
	findings_close(findings);
	return findings ? 0 : -EINVAL;
}

int cmd_fuzz(int argc, char **argv)
{
	struct fuzz *f = calloc(1, sizeof(*f));
	const struct cmd_verb verb = {
		.usage = "fuzz [OPTION]...",
		.what = "Generates programs, runs them on the backend and on the model, and keeps\n"
			"what diverges, minimised, until the time is over or Ctrl-C.\n",
		.options = options,
		.take = take,
		.arg = &f->options,
	};
	int first, status = STATUS_BACKEND;
	u32 seed = 0;

	CHECK(f && getrandom(&seed, sizeof(seed), 0) == (ssize_t)sizeof(seed));
	f->options.seed = seed;
	f->options.jobs = 1;
	f->options.out = "./vmafuzz-findings";
	f->options.minimise = true;
	generate_options_default(&f->options.generate);
	if (!cmd_parse(&verb, argc, argv, &first, &status)) {
		free(f);
		return status;
	}
	if (first < argc) {
		fprintf(stderr, "vmafuzz fuzz: \"%s\": takes no files; 'vmafuzz run' does\n",
			argv[first]);
		status = STATUS_USAGE;
	} else if (f->options.one_case) {
		status = fuzz_one(&f->options);
	} else {
		status = check_out(f->options.out) ? STATUS_USAGE : fuzz_all(f);
	}
	free(f);
	return cmd_finish(status);
}
