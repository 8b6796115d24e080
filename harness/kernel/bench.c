/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz-bench-kernel-NAME: how fast programs run on the kernel code in this process, and what
 * takes the time. Beginning with the kernel code alone one part after the other is added, up to the
 * loop that a fuzzing engine runs (session_run()). As in vmafuzz-bench figures are medians beside a
 * floor, and nothing passes or fails.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "harness/bench.h"
#include "harness/kernel/entry.h"
#include "harness/kernel/kernel.h"
#include "harness/kernel/trap.h"
#include "harness/session.h"
#include "model/generate.h"

enum figure { FLOOR, EXECUTE, CHECKED, OBSERVED, MODEL, SESSION, GENERATE, FIGURE_COUNT };

static const struct bench_figure figures[FIGURE_COUNT] = {
	[FLOOR] = { "floor", "floor: one step of a random number generator", FLOOR },
	[EXECUTE] = { "execute", "kernel code alone", FLOOR },
	[CHECKED] = { "checked", "and checked after every operation", EXECUTE },
	[OBSERVED] = { "observed", "and observed", EXECUTE },
	[MODEL] = { "model", "the model alone", EXECUTE },
	[SESSION] = { "session", "all of it, and compared", EXECUTE },
	[GENERATE] = { "generate", "the generator alone", EXECUTE },
};

struct recorded {
	struct prog prog;
	struct op_result results[PROG_OPS_MAX]; /* what the kernel answered */
};

struct bench {
	struct bench_options options;
	struct generate_options generate;
	struct model_config config;
	struct model *model;
	struct snapshot *snap;
	struct backend *backend;
	struct session *session;
	struct recorded *programs;
	u32 ops; /* of all of them */
	u32 left_out; /* programs on which kernel and model do not agree, or that are too short */
	bench_rounds ns[FIGURE_COUNT];
	struct diag diag;
};

static void make(struct bench *b, struct prog *prog, u64 seed)
{
	b->generate.ops = 20 + (u32)(seed % 6);
	generate(prog, b->model, &b->generate, seed);
}

static void in_silence(void *arg, enum kernel_end why, const char *site, const char *text)
{
	(void)arg, (void)why, (void)site, (void)text;
	_exit(1);
}

/* In a process of its own: does all agree, so that all of it is measured? A known bug of the kernel
 * may end the process. */
static bool agrees(struct bench *b, const struct prog *prog)
{
	const struct session_opts opts = { .pages_each = true };
	struct outcome outcome;
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		kernel_catch(in_silence, NULL);
		session_run(b->session, prog, &opts, &outcome);
		_exit(outcome.verdict != VERDICT_AGREE);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	return status == 0;
}

static void make_programs(struct bench *b)
{
	u64 seed = b->options.seed;

	for (u32 p = 0; p < b->options.programs; seed++) {
		struct prog *prog = &b->programs[p].prog;

		make(b, prog, seed);
		if (prog->count < 20 || !agrees(b, prog)) {
			b->left_out++;
			continue;
		}
		b->ops += prog->count;
		p++;
	}
}

enum how { ALONE, CHECKING, OBSERVING };

static int execute(struct bench *b, struct recorded *r, enum how how)
{
	const struct backend_type *type = b->backend->type;
	int err = type->reset(b->backend, &r->prog, true, &b->diag);

	for (u32 i = 0; i < r->prog.count && !err; i++) {
		err = type->exec(b->backend, i, &r->results[i], &b->diag);
		if (how == CHECKING)
			kernel_check();
		if (how == OBSERVING && !err)
			err = type->snapshot(b->backend, b->snap, &b->diag);
	}
	return err ? err : type->finish(b->backend, &b->diag);
}

static int measure_execute(struct bench *b, enum how how, double *ns)
{
	u64 begin = now_ns();
	int err = 0;

	for (u32 p = 0; p < b->options.programs && !err; p++)
		err = execute(b, &b->programs[p], how);
	*ns = each(begin, b->options.programs);
	return err;
}

static double measure_model(struct bench *b)
{
	u64 begin = now_ns();

	for (u32 p = 0; p < b->options.programs; p++) {
		const struct recorded *r = &b->programs[p];
		struct op_result want;

		model_reset(b->model);
		for (u32 i = 0; i < r->prog.count; i++)
			model_step(b->model, i, &r->prog.ops[i], &r->results[i], &want);
	}
	return each(begin, b->options.programs);
}

static double measure_session(struct bench *b)
{
	const struct session_opts opts = { .pages_each = true };
	struct outcome outcome;
	u64 begin = now_ns();

	for (u32 p = 0; p < b->options.programs; p++) {
		session_run(b->session, &b->programs[p].prog, &opts, &outcome);
		CHECK(outcome.verdict == VERDICT_AGREE);
	}
	return each(begin, b->options.programs);
}

static double measure_generate(struct bench *b)
{
	u64 begin = now_ns();
	struct prog prog;

	for (u32 p = 0; p < b->options.programs; p++)
		make(b, &prog, b->options.seed + p);
	return each(begin, b->options.programs);
}

static int measure(struct bench *b, u32 round)
{
	int err = measure_execute(b, ALONE, &b->ns[EXECUTE][round]);

	if (!err)
		err = measure_execute(b, CHECKING, &b->ns[CHECKED][round]);
	if (!err)
		err = measure_execute(b, OBSERVING, &b->ns[OBSERVED][round]);
	b->ns[FLOOR][round] = measure_floor();
	b->ns[MODEL][round] = measure_model(b);
	b->ns[SESSION][round] = measure_session(b);
	b->ns[GENERATE][round] = measure_generate(b);
	return err;
}

static void print_shares(const double *median)
{
	const double whole = median[SESSION];

	printf("of all: kernel code %.0f %%, checks %.0f %%, observing %.0f %%, model %.0f %%, "
	       "comparison %.0f %%\n",
	       100 * median[EXECUTE] / whole, 100 * (median[CHECKED] - median[EXECUTE]) / whole,
	       100 * (median[OBSERVED] - median[CHECKED]) / whole, 100 * median[MODEL] / whole,
	       100 * (whole - median[OBSERVED] - median[MODEL]) / whole);
}

static int run(struct bench *b)
{
	const struct backend_opts opts = { .spec = NULL };
	double median[FIGURE_COUNT];
	int err = 0;

	if (bench_pin(b->options.cpu)) {
		fprintf(stderr, "there is no CPU %u to run on\n", b->options.cpu);
		return 2;
	}
	kernel_catch(NULL, NULL);
	CHECK(backend_kernel_direct.open(&b->backend, &opts, &b->diag) == 0);
	b->config = b->backend->config;
	b->config.quirks = profile_find(b->backend->profile)->quirks;
	generate_options_default(&b->generate);
	b->generate.available = b->backend->ops;
	b->generate.files = b->backend->files;
	model_init(b->model, &b->config);
	b->session = session_new(b->backend, &b->config);
	CHECK(b->session);
	make_programs(b);
	for (u32 round = 0; round < b->options.rounds && !err; round++)
		err = measure(b, round);
	if (err) {
		fprintf(stderr, "%s\n", b->diag.text);
	} else {
		if (!b->options.json)
			printf("%s: %u programs, %.1f operations each; %u others left out\n",
			       b->backend->kernel, b->options.programs,
			       (double)b->ops / b->options.programs, b->left_out);
		bench_print(figures, FIGURE_COUNT, b->ns, b->options.rounds, b->options.json,
			    median);
		if (!b->options.json)
			print_shares(median);
	}
	session_free(b->session);
	b->backend->type->close(b->backend);
	return err ? 3 : 0;
}

static const char usage[] =
	"vmafuzz-bench-kernel-NAME [--cpu N] [--rounds N] [--programs N] [--seed N] [--json]\n"
	"\n"
	"Generated programs of 20 to 25 operations on which kernel and model agree, known bugs\n"
	"aside. --cpu: where to run (0); --rounds: the medians of so many (7); --programs: in\n"
	"each round (1000).\n";

int main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof(*b));
	int status = 2;

	CHECK(b);
	b->options = (struct bench_options){ .rounds = 7, .programs = 1000, .seed = 1 };
	if (bench_options_parse(argc, argv, &b->options)) {
		fputs(usage, stderr);
	} else if (b->options.help) {
		fputs(usage, stdout);
		status = 0;
	} else {
		b->model = malloc(sizeof(*b->model));
		b->snap = malloc(sizeof(*b->snap));
		b->programs = calloc(b->options.programs, sizeof(*b->programs));
		CHECK(b->model && b->snap && b->programs);
		status = run(b);
	}
	free(b->programs);
	free(b->snap);
	free(b->model);
	free(b);
	return status;
}
