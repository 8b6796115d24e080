/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What tests of persistent mode share: the corpus run in other orders in one process, and a digest
 * of all that a program led to.
 *
 * Everything is in the header because each test is a program of one source file.
 */
#ifndef HARNESS_TESTS_PERSISTENT_H
#define HARNESS_TESTS_PERSISTENT_H

#include <stdlib.h>

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

static inline int persistent_add(void *arg, const char *path)
{
	struct corpus *c = arg;
	struct diag diag;

	if (input_load(&c->file, path, &diag))
		fail_msg("%s", diag.text);
	assert_true(c->count < FILES_MAX);
	c->progs[c->count++] = c->file.prog;
	return 0;
}

static inline u64 persistent_mix(u64 hash, u64 more)
{
	return (hash ^ more) * 1099511628211ull;
}

/* A digest of all results and states of a program on the backend alone. */
static inline u64 persistent_backend(struct corpus *c, const struct prog *prog)
{
	struct backend *b = c->backend;
	struct op_result result;
	struct diag diag;
	u64 hash = 0;
	u32 i;

	assert_int_equal(b->type->reset(b, prog, true, &diag), 0);
	for (i = 0; i < prog->count; i++) {
		assert_int_equal(b->type->exec(b, i, &result, &diag), 0);
		hash = persistent_mix(hash, (u64)(u32)result.err ^ result.value << 17 ^
						    (u64)result.alloc_failed << 33);
		if (result.err == RESULT_REFUSED || b->type->snapshot(b, &c->snap, &diag))
			break;
		hash = persistent_mix(hash, snap_digest(&c->snap));
	}
	if (b->type->finish)
		assert_int_equal(b->type->finish(b, &diag), 0);
	return hash;
}

/* And of what the session makes of it. */
static inline u64 persistent_digest(struct corpus *c, u32 i)
{
	const struct session_opts opts = { .pages_each = true, .check = true };
	const struct op_result *results = session_results(c->session);
	struct outcome outcome;
	u64 hash;
	u32 k;

	session_run(c->session, &c->progs[i], &opts, &outcome);
	model_snapshot(session_model(c->session), &c->snap, true);
	hash = snap_digest(&c->snap) ^ outcome.verdict;
	for (k = 0; k < outcome.ops_done; k++)
		hash = persistent_mix(hash, (u64)(u32)results[k].err ^ results[k].value << 17);
	return persistent_mix(hash, persistent_backend(c, &c->progs[i]));
}

static inline void test_persistent_order_of_cases_changes_nothing(void **state)
{
	struct corpus *c = *state;
	u32 i;

	assert_true(c->count > 0);
	for (i = 0; i < c->count; i++)
		c->first[i] = persistent_digest(c, i);
	for (i = c->count; i-- > 0;)
		assert_int_equal(persistent_digest(c, i), c->first[i]);
	for (i = 0; i < c->count; i++) {
		assert_int_equal(persistent_digest(c, i), c->first[i]);
		assert_int_equal(persistent_digest(c, i), c->first[i]);
	}
}

/* @state becomes the corpus on a backend of @type. */
static inline int persistent_setup(void **state, const struct backend_type *type)
{
	const struct backend_opts opts = { .spec = NULL };
	struct corpus *c = calloc(1, sizeof(*c));
	struct diag diag;

	if (!c)
		return -1;
	*state = c;
	c->progs = calloc(FILES_MAX, sizeof(*c->progs));
	if (!c->progs || type->open(&c->backend, &opts, &diag))
		return -1;
	c->session = session_new(c->backend, &c->backend->config);
	if (!c->session)
		return -1;
	return input_visit(CORPUS_DIR, persistent_add, c, &diag);
}

static inline int persistent_teardown(void **state)
{
	struct corpus *c = *state;

	session_free(c->session);
	c->backend->type->close(c->backend);
	free(c->progs);
	free(c);
	return 0;
}

#endif
