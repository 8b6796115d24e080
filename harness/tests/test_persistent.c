/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One process may run any number of programs: the corpus forwards, backwards, and each file twice
 * gives the same digests. So nothing is left over from one case to the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/input.h"
#include "harness/session.h"

#define FILES_MAX 2048

struct corpus {
	struct backend *backend;
	struct session *session;
	struct snapshot snap;
	struct prog_file file;
	u32 count;
	struct prog *progs;
	u64 first[FILES_MAX]; /* digests of the first round */
};

static int add(void *arg, const char *path)
{
	struct corpus *c = arg;
	struct diag diag;

	if (input_load(&c->file, path, &diag))
		fail_msg("%s", diag.text);
	assert_true(c->count < FILES_MAX);
	c->progs[c->count++] = c->file.prog;
	return 0;
}

/* A digest of all results and the end state of a program. */
static u64 digest(struct corpus *c, u32 i)
{
	const struct session_opts opts = {.pages_each = true, .check = true};
	const struct op_result *results = session_results(c->session);
	struct outcome outcome;
	u64 hash;
	u32 k;

	session_run(c->session, &c->progs[i], &opts, &outcome);
	model_snapshot(session_model(c->session), &c->snap, true);
	hash = snap_digest(&c->snap) ^ outcome.verdict;
	for (k = 0; k < outcome.ops_done; k++)
		hash = (hash ^ (u64)(u32)results[k].err ^ results[k].value << 17) *
		       1099511628211ull;
	return hash;
}

static void test_persistent_order_of_cases_changes_nothing(void **state)
{
	struct corpus *c = *state;
	u32 i;

	assert_true(c->count > 0);
	for (i = 0; i < c->count; i++)
		c->first[i] = digest(c, i);
	for (i = c->count; i-- > 0;)
		assert_int_equal(digest(c, i), c->first[i]);
	for (i = 0; i < c->count; i++) {
		assert_int_equal(digest(c, i), c->first[i]);
		assert_int_equal(digest(c, i), c->first[i]);
	}
}

static void test_persistent_new_process_state_gives_the_same(void **state)
{
	struct corpus *c = *state;
	u64 used = digest(c, 0);

	session_free(c->session);
	c->session = session_new(c->backend, &c->backend->config);
	assert_non_null(c->session);
	assert_int_equal(digest(c, 0), used);
}

static int setup(void **state)
{
	const struct backend_opts opts = {.spec = NULL};
	struct corpus *c = calloc(1, sizeof(*c));
	struct diag diag;

	if (!c)
		return -1;
	*state = c;
	c->progs = calloc(FILES_MAX, sizeof(*c->progs));
	if (!c->progs || backend_model.open(&c->backend, &opts, &diag))
		return -1;
	c->session = session_new(c->backend, &c->backend->config);
	if (!c->session)
		return -1;
	return input_visit(CORPUS_DIR, add, c, &diag);
}

static int teardown(void **state)
{
	struct corpus *c = *state;

	session_free(c->session);
	c->backend->type->close(c->backend);
	free(c->progs);
	free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_persistent_order_of_cases_changes_nothing),
		cmocka_unit_test(test_persistent_new_process_state_gives_the_same),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
