/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The corpus on the running kernel: in lock step with the model that has this kernel's rules and
 * known bugs, it must agree; and where exactly this kernel was observed before, what it leads to
 * must be what the files say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/session.h"
#include "harness/tests/corpus.h"

#define EXIT_SKIPPED 77

/* What the layout lines of a file speak of. */
#define LAYOUT_FIELDS (SNAP_ALL & ~(SNAP_PAGES | SNAP_NAME))

struct live {
	struct corpus *corpus;
	struct backend *backend;
	struct session *session;
};

/* Lock step, with the bugs that this kernel is known to have. */
static bool agrees(struct live *live, u32 index)
{
	const struct session_opts opts = { .pages_each = true, .check = true };
	struct outcome outcome;

	session_run(live->session, &live->corpus->file.prog, &opts, &outcome);
	if (outcome.verdict == VERDICT_AGREE)
		return true;
	fprintf(stderr, "%-34s %s at operation %u: %s%s\n", live->corpus->name[index].text,
		verdict_names[outcome.verdict], outcome.op, outcome.diff.text, outcome.diag.text);
	return false;
}

/* No allocation of the running kernel can be made to fail. */
static bool fails_alloc(const struct prog *prog)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (prog->ops[i].fail_nth)
			return true;
	return false;
}

static void test_live_corpus_kernel_and_model_agree(void **state)
{
	struct live *live = *state;
	struct diag diag;
	u32 i, op, failures = 0;

	for (i = 0; i < live->corpus->count; i++) {
		if (corpus_load(live->corpus, i, &diag))
			fail_msg("%s", diag.text);
		if (backend_lacks(live->backend, &live->corpus->file.prog, &op))
			continue;
		if (!fails_alloc(&live->corpus->file.prog))
			failures += !agrees(live, i);
	}
	assert_int_equal(failures, 0);
}

/* mlockall counts what is mapped outside of the program too, which no file can foresee. */
static bool depends_on_image(const struct prog *prog)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (prog->ops[i].kind == OP_MLOCKALL)
			return true;
	return false;
}

/* A name that was set is not seen, and so not printed. */
static bool sets_name(const struct prog *prog)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (prog->ops[i].kind == OP_SET_VMA_NAME)
			return true;
	return false;
}

/* What was observed of committed memory cannot be seen here, since it is the whole machine's. */
static bool is_about_committed(const struct prog_file *file)
{
	u32 i, k;

	for (i = 0; i < file->expect_count; i++)
		for (k = 0; k < file->expect[i].line_count; k++)
			if (strstr(file->expect[i].line[k], "committed_extra"))
				return true;
	return false;
}

/* Runs the loaded file on the kernel alone; the end state without what belongs to the machine. */
static int run_live(struct live *live, struct diag *diag)
{
	struct backend *b = live->backend;
	struct corpus *c = live->corpus;
	int err = b->type->reset(b, &c->file.prog, false, diag);
	struct model_config config;
	u32 i;

	for (i = 0; !err && i < c->file.prog.count; i++)
		err = b->type->exec(b, i, &c->results[i], diag);
	if (!err)
		err = b->type->snapshot(b, &c->final, diag);
	expect_config(&config, &c->file.prog);
	for (i = 0; !err && !config.soft_dirty && i < c->final.vma_count; i++)
		c->final.vmas[i].flags &= ~VMF_SOFTDIRTY;
	return err;
}

static void test_live_corpus_kernel_does_what_it_was_observed_to_do(void **state)
{
	struct live *live = *state;
	struct corpus *c = live->corpus;
	struct diag diag;
	u32 i, op, failures = 0;

	if (!live->backend->profile_exact ||
	    (live->backend->observes & LAYOUT_FIELDS) != LAYOUT_FIELDS)
		skip();
	for (i = 0; i < c->count; i++) {
		if (corpus_load(c, i, &diag))
			fail_msg("%s", diag.text);
		if (depends_on_image(&c->file.prog) || sets_name(&c->file.prog) ||
		    is_about_committed(&c->file) ||
		    !expect_applies(&c->file.prog, &live->backend->config) ||
		    backend_lacks(live->backend, &c->file.prog, &op))
			continue;
		if (run_live(live, &diag) == 0 &&
		    corpus_check(c, live->backend->profile, true, &diag) == 0)
			continue;
		fprintf(stderr, "%-34s %s\n", c->name[i].text, diag.text);
		failures++;
	}
	assert_int_equal(failures, 0);
}

/* Opens the kernel and a session whose model has the bugs of its profile. */
static int live_open(struct live *live, struct diag *diag)
{
	const struct backend_opts opts = { .timeout_ms = 10000 };
	struct model_config config;
	int err = backend_live.open(&live->backend, &opts, diag);

	if (err)
		return err;
	config = live->backend->config;
	config.quirks = profile_find(live->backend->profile)->quirks;
	live->session = session_new(live->backend, &config);
	live->corpus = corpus_new();
	CHECK(live->session && live->corpus);
	return 0;
}

static void live_close(struct live *live)
{
	session_free(live->session);
	free(live->corpus);
	live->backend->type->close(live->backend);
}

/* cmocka hands this to every test. */
static int setup(void **state)
{
	struct live *live = calloc(1, sizeof(*live));
	struct diag diag;

	CHECK(live);
	if (live_open(live, &diag)) {
		fprintf(stderr, "the running kernel cannot be tested here: %s\n", diag.text);
		exit(EXIT_SKIPPED);
	}
	*state = live;
	return 0;
}

static int teardown(void **state)
{
	live_close(*state);
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_live_corpus_kernel_and_model_agree),
		cmocka_unit_test(test_live_corpus_kernel_does_what_it_was_observed_to_do),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
