/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz-bench: how fast the parts are. A time alone says more about the machine than about the
 * program, so each figure stands beside a floor that is measured in the same rounds: one step of a
 * random number generator for the model and the generator, the bare system calls of the same
 * programs for the live backend. Figures are medians of several rounds. Nothing passes or fails.
 */
#include <stdlib.h>
#include <string.h>

#include "harness/bench.h"
#include "harness/live/live.h"
#include "harness/session.h"
#include "model/generate.h"

#define PROGRAM_OPS 20u

enum figure {
	FLOOR,
	MODEL_STEP,
	MODEL_CHECKED,
	GENERATE,
	BARE,
	BPF_BACKEND, /* the figures of a live backend: executed, */
	BPF_SESSION, /* compared, */
	BPF_WHOLE,   /* generated */
	PLAIN_BACKEND,
	PLAIN_SESSION,
	PLAIN_WHOLE,
	FIGURE_COUNT
};

static const struct bench_figure figures[FIGURE_COUNT] = {
	[FLOOR] = { "floor", "floor: one step of a random number generator", FLOOR },
	[MODEL_STEP] = { "model_step", "model: an operation", FLOOR },
	[MODEL_CHECKED] = { "model_checked", "model: an operation, invariants checked", FLOOR },
	[GENERATE] = { "generate", "generator: a program", FLOOR },
	[BARE] = { "bare", "floor: the bare system calls of a program", BARE },
	[BPF_BACKEND] = { "bpf_backend", "live, BPF: executed and observed", BARE },
	[BPF_SESSION] = { "bpf_session", "live, BPF: and compared with the model", BARE },
	[BPF_WHOLE] = { "bpf_whole", "live, BPF: and generated", BARE },
	[PLAIN_BACKEND] = { "plain_backend", "live, no BPF: executed and observed", BARE },
	[PLAIN_SESSION] = { "plain_session", "live, no BPF: and compared with the model", BARE },
	[PLAIN_WHOLE] = { "plain_whole", "live, no BPF: and generated", BARE },
};

struct live {
	struct backend *backend;
	struct session *session;
};

struct bench {
	struct bench_options options;
	struct generate_options generate;
	struct model_config config;
	struct model *model;
	struct snapshot *snap;
	struct prog *progs; /* made before any clock is started */
	u32 ops;            /* of all of them */
	struct live bpf, plain; /* without a session: not available, and said */
	bench_rounds ns[FIGURE_COUNT];
	struct diag diag;
};

static double measure_model(struct bench *b, bool checked)
{
	u64 begin = now_ns();

	for (u32 p = 0; p < b->options.programs; p++) {
		const struct prog *prog = &b->progs[p];

		model_reset(b->model);
		for (u32 i = 0; i < prog->count; i++) {
			struct op_result want;

			if (model_step(b->model, i, &prog->ops[i], NULL, &want))
				break;
			CHECK(!checked || model_check(b->model, &b->diag));
		}
	}
	return each(begin, b->ops);
}

static double measure_generate(struct bench *b)
{
	struct prog prog;
	u64 begin = now_ns();

	for (u32 p = 0; p < b->options.programs; p++)
		generate(&prog, b->model, &b->generate, b->options.seed + p);
	return each(begin, b->options.programs);
}

/* Executes @prog and fetches what was observed after each operation, without a model. */
static int execute(struct bench *b, struct backend *backend, const struct prog *prog)
{
	int err = backend->type->reset(backend, prog, false, &b->diag);

	for (u32 i = 0; i < prog->count && !err; i++) {
		struct op_result result;

		err = backend->type->exec(backend, i, &result, &b->diag);
		if (!err)
			err = backend->type->snapshot(backend, b->snap, &b->diag);
	}
	return err;
}

static int compare(struct bench *b, struct session *session, const struct prog *prog)
{
	const struct session_opts opts = { .check = true };
	struct outcome outcome;

	session_run(session, prog, &opts, &outcome);
	/* A divergence ends a case early, but known bugs are tolerated here: the rest may do so. */
	b->diag = outcome.diag;
	return outcome.verdict == VERDICT_ERROR ? -1 : 0;
}

static int measure_bare(struct bench *b, struct backend *backend, double *ns)
{
	u32 count = b->options.programs;
	u64 one_ns, sum_ns = 0;
	int err = 0;

	for (u32 p = 0; p < count && !err; p++) {
		err = live_bare_ns(backend, &b->progs[p], &one_ns, &b->diag);
		sum_ns += one_ns;
	}
	*ns = (double)sum_ns / count;
	return err;
}

/* @ns: where the figures of this backend are. */
static int measure_live(struct bench *b, struct live *live, bench_rounds *ns, u32 round)
{
	u32 count = b->options.programs;
	u64 begin = now_ns();
	struct prog prog;
	int err = 0;

	for (u32 p = 0; p < count && !err; p++)
		err = execute(b, live->backend, &b->progs[p]);
	ns[0][round] = each(begin, count);

	begin = now_ns();
	for (u32 p = 0; p < count && !err; p++)
		err = compare(b, live->session, &b->progs[p]);
	ns[1][round] = each(begin, count);

	begin = now_ns();
	for (u32 p = 0; p < count && !err; p++) {
		generate(&prog, b->model, &b->generate, b->options.seed + p);
		err = compare(b, live->session, &prog);
	}
	ns[2][round] = each(begin, count);
	return err;
}

static int measure(struct bench *b, u32 round)
{
	int err = 0;

	b->ns[FLOOR][round] = measure_floor();
	b->ns[MODEL_STEP][round] = measure_model(b, false);
	b->ns[MODEL_CHECKED][round] = measure_model(b, true);
	b->ns[GENERATE][round] = measure_generate(b);
	if (b->plain.session)
		err = measure_bare(b, b->plain.backend, &b->ns[BARE][round]);
	if (b->plain.session && !err)
		err = measure_live(b, &b->plain, &b->ns[PLAIN_BACKEND], round);
	if (b->bpf.session && !err)
		err = measure_live(b, &b->bpf, &b->ns[BPF_BACKEND], round);
	return err;
}

/* Known bugs of this kernel are tolerated: a case that diverges would be measured only in part. */
static void open_live(struct bench *b, struct live *live, bool no_bpf)
{
	const struct backend_opts opts = {
		.cpu = b->options.cpu, .timeout_ms = 10000, .no_bpf = no_bpf,
	};

	if (backend_live.open(&live->backend, &opts, &b->diag)) {
		live->backend = NULL;
		fprintf(stderr, "no live backend: %s\n", b->diag.text);
		return;
	}
	if (!no_bpf && !(live->backend->observes & SNAP_ANON_VMA)) {
		fprintf(stderr, "no figures with BPF: %s\n", live->backend->observation);
		return;
	}
	b->config = live->backend->config;
	b->generate.available = live->backend->ops;
	b->generate.files = live->backend->files;
	b->config.quirks = profile_find(live->backend->profile)->quirks;
	live->session = session_new(live->backend, &b->config);
	CHECK(live->session);
	if (!b->options.json)
		printf("%s\n", live->backend->observation);
}

static void close_live(struct live *live)
{
	if (live->session)
		session_free(live->session);
	if (live->backend)
		live->backend->type->close(live->backend);
}

static void generate_programs(struct bench *b)
{
	b->generate.ops = PROGRAM_OPS;
	b->generate.no_fork = true;
	model_init(b->model, &b->config);
	for (u32 p = 0; p < b->options.programs; p++) {
		generate(&b->progs[p], b->model, &b->generate, b->options.seed + p);
		b->ops += b->progs[p].count;
	}
}

static int run(struct bench *b)
{
	double median[FIGURE_COUNT];
	int err = 0;

	if (bench_pin(b->options.cpu)) {
		fprintf(stderr, "vmafuzz-bench: there is no CPU %u to run on\n", b->options.cpu);
		return 2;
	}
	model_config_default(&b->config);
	generate_options_default(&b->generate);
	open_live(b, &b->plain, true);
	open_live(b, &b->bpf, false);
	generate_programs(b);
	for (u32 round = 0; round < b->options.rounds && !err; round++)
		err = measure(b, round);
	if (err)
		fprintf(stderr, "vmafuzz-bench: %s\n", b->diag.text);
	else
		bench_print(figures, FIGURE_COUNT, b->ns, b->options.rounds, b->options.json,
			    median);
	close_live(&b->bpf);
	close_live(&b->plain);
	return err ? 3 : 0;
}

static const char usage[] =
	"vmafuzz-bench [--cpu N] [--rounds N] [--programs N] [--seed N] [--json]\n"
	"\n"
	"Programs of 20 operations without fork. --cpu: where everything runs (0); --rounds: the\n"
	"medians of so many (7); --programs: in each round (500).\n";

int main(int argc, char **argv)
{
	struct bench *b = calloc(1, sizeof(*b));
	int status = 2;

	CHECK(b);
	b->options = (struct bench_options){ .rounds = 7, .programs = 500, .seed = 1 };
	if (bench_options_parse(argc, argv, &b->options)) {
		fputs(usage, stderr);
	} else if (b->options.help) {
		fputs(usage, stdout);
		status = 0;
	} else {
		b->model = malloc(sizeof(*b->model));
		b->snap = malloc(sizeof(*b->snap));
		b->progs = calloc(b->options.programs, sizeof(*b->progs));
		CHECK(b->model && b->snap && b->progs);
		status = run(b);
	}
	free(b->progs);
	free(b->snap);
	free(b->model);
	free(b);
	return status;
}
