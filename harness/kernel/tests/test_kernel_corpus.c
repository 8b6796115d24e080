/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The corpus on a kernel: it agrees with what is specified for it, but for the witnesses of those
 * known bugs that it has (corpus/known/QUIRK.vma), each of which shows its bug. Where an allocation
 * fails in one, fail_nth counts as the model does, and kernels count otherwise: one of theirs must
 * show it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/input.h"
#include "harness/kernel/kernel.h"
#include "harness/kernel/trap.h"
#include "harness/session.h"

#define FAIL_NTH_MAX 20 /* more allocations than any witness makes */

struct corpus {
	struct backend *backend;
	struct session *session;
	struct prog_file file;
	const char *name;
	u32 quirk; /* bit of the known bug that it is the witness of, if this kernel has that */
	u32 failed, known;
};

/* What a program must not do, and what a witness may. */
static void on_end(void *arg, enum kernel_end why, const char *site, const char *text)
{
	const struct corpus *c = arg;

	if (why == KERNEL_COMPLAINED && c->quirk)
		_exit(0);
	fprintf(stderr, "%s: %s: %s\n", c->name, site, text);
	_exit(1);
}

static u32 quirk_of(const struct corpus *c, const char *path)
{
	u32 on = profile_find(c->backend->profile)->quirks.on, i;
	const char *base = strrchr(path, '/') + 1;

	for (i = 0; i < QUIRK_COUNT; i++) {
		size_t len = strlen(quirk_descs[i].name);

		if ((on >> i & 1) && strncmp(base, quirk_descs[i].name, len) == 0 &&
		    strcmp(base + len, ".vma") == 0)
			return 1u << i;
	}
	return 0;
}

/* The operation in which an allocation fails, or NULL. */
static struct op *failing(struct prog *prog)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (prog->ops[i].fail_nth)
			return &prog->ops[i];
	return NULL;
}

/* Is it as it should be? What is no witness of this kernel's may meet a known bug too. */
static bool run(struct corpus *c)
{
	const struct session_opts opts = { .pages_each = true, .check = true };
	struct op *op = c->quirk ? failing(&c->file.prog) : NULL;
	struct outcome outcome;

	if (op)
		op->fail_nth = 0;
	do {
		if (op)
			op->fail_nth++;
		session_run(c->session, &c->file.prog, &opts, &outcome);
		if (outcome.verdict == VERDICT_SKIP)
			return true;
		if (c->quirk ? outcome.verdict == VERDICT_DIVERGE &&
				       outcome.quirks_explain == c->quirk :
			       outcome.verdict == VERDICT_AGREE || outcome.quirks_explain)
			return true;
	} while (op && op->fail_nth < FAIL_NTH_MAX);
	fprintf(stderr, "%s: %s, operation %u: %s%s\n", c->name, verdict_names[outcome.verdict],
		outcome.op + 1, outcome.diff.text, outcome.diag.text);
	return false;
}

static int visit(void *arg, const char *path)
{
	struct corpus *c = arg;
	struct diag diag;
	int status;
	pid_t pid;

	c->name = path;
	c->quirk = quirk_of(c, path);
	c->known += c->quirk != 0;
	if (input_load(&c->file, path, &diag))
		fail_msg("%s", diag.text);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		kernel_catch(on_end, c);
		_exit(!run(c));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	c->failed += status != 0;
	return 0;
}

static void test_corpus_kernel_does_what_is_specified_for_it(void **state)
{
	const struct backend_opts opts = { .spec = NULL };
	struct corpus *c = calloc(1, sizeof(*c));
	struct diag diag;

	(void)state;
	assert_non_null(c);
	assert_int_equal(backend_kernel_direct.open(&c->backend, &opts, &diag), 0);
	assert_true(c->backend->profile_exact);
	c->session = session_new(c->backend, &c->backend->config);
	assert_non_null(c->session);
	assert_int_equal(input_visit(CORPUS_DIR, visit, c, &diag), 0);
	assert_int_equal(c->failed, 0);
	assert_true(c->known > 0);
	session_free(c->session);
	c->backend->type->close(c->backend);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus_kernel_does_what_is_specified_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
