/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail, swept: in each program of the corpus each operation is run with its first
 * allocation failing, its second, and so on until it makes no more. The kernel must not complain,
 * nothing may leak, and the model must permit what happened, up to the end of the program.
 *
 *	test_kernel_alloc_NAME			the corpus, and some that the generator makes
 *	test_kernel_alloc_NAME PATH...		these programs
 *	test_kernel_alloc_NAME --generated N	so many that the generator makes
 *
 * Each program is run in a process of its own, since a complaint ends it.
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
#include "model/generate.h"

#define GENERATED_OPS 12
#define GENERATED 300 /* programs, where nothing else is asked for */

struct sweep {
	const char *const *paths;
	u32 path_count;
	u32 generated; /* so many programs instead of files */
	struct prog_file file;
	const char *name; /* of the file */
	struct prog prog; /* as it is run now */
	u32 failed;       /* programs in which something did not agree */
};

static void on_end(void *arg, enum kernel_end why, const char *site, const char *text)
{
	struct sweep *s = arg;

	fprintf(stderr, "%s: %s: %s: %s\n", s->name,
		why == KERNEL_LACKS ? "the backend is broken" : "the kernel complained", site,
		text);
	prog_print(stderr, &s->prog);
	_exit(2);
}

static void report(const struct sweep *s, const struct outcome *outcome)
{
	char signature[160];

	signature_print(signature, sizeof(signature), &outcome->signature);
	fprintf(stderr, "%s: %s %s, operation %u: %s%s\n", s->name,
		verdict_names[outcome->verdict], signature, outcome->op + 1, outcome->diff.text,
		outcome->diag.text);
	prog_print(stderr, &s->prog);
}

/* Sweeps s->file. The number of runs that did not agree. */
static u32 sweep_program(struct sweep *s, struct session *session)
{
	const struct session_opts opts = { .pages_each = true, .check = true };
	struct outcome outcome;
	u32 i, failed = 0;

	s->prog = s->file.prog;
	session_run(session, &s->prog, &opts, &outcome);
	if (outcome.verdict == VERDICT_SKIP)
		return 0;
	if (outcome.verdict != VERDICT_AGREE) {
		report(s, &outcome);
		return 1;
	}
	for (i = 0; i < s->prog.count; i++) {
		s->prog = s->file.prog;
		do {
			s->prog.ops[i].fail_nth++;
			session_run(session, &s->prog, &opts, &outcome);
			if (outcome.verdict != VERDICT_AGREE && outcome.verdict != VERDICT_SKIP) {
				failed++;
				report(s, &outcome);
			}
		} while (session_results(session)[i].alloc_failed &&
			 s->prog.ops[i].fail_nth < OP_FAIL_MAX);
	}
	return failed;
}

/* Makes s->file.prog; what the kernel is like says what it may hold. */
static void make_program(struct sweep *s, const struct backend *b,
			 const struct model_config *config, u64 seed)
{
	struct model *m = malloc(sizeof(*m));
	struct generate_options options;

	generate_options_default(&options);
	options.ops = GENERATED_OPS;
	options.available = b->ops;
	options.files = b->files;
	CHECK(m);
	model_init(m, config);
	generate(&s->file.prog, m, &options, seed);
	free(m);
}

/* @seed: of the program that is to be generated; 0: it is in s->file. */
static _Noreturn void in_child(struct sweep *s, u64 seed)
{
	const struct backend_opts opts = { .spec = NULL };
	struct model_config config;
	struct session *session;
	struct backend *b;
	struct diag diag;

	kernel_catch(on_end, s);
	if (backend_kernel_direct.open(&b, &opts, &diag))
		_exit(3);
	config = b->config;
	config.quirks = profile_find(b->profile)->quirks;
	session = session_new(b, &config);
	if (seed)
		make_program(s, b, &config, seed);
	_exit(!session || sweep_program(s, session));
}

static void sweep(struct sweep *s, u64 seed)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		in_child(s, seed);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	s->failed += status != 0;
}

static int visit(void *arg, const char *path)
{
	struct sweep *s = arg;
	struct diag diag;

	s->name = path;
	if (input_load(&s->file, path, &diag))
		fail_msg("%s", diag.text);
	sweep(s, 0);
	return 0;
}

static void test_alloc_every_failure_is_as_specified(void **state)
{
	struct sweep *s = *state;
	struct diag diag;
	u32 i;

	s->name = "generated";
	for (i = 1; i <= s->generated; i++)
		sweep(s, i);
	for (i = 0; i < s->path_count; i++)
		assert_int_equal(input_visit(s->paths[i], visit, s, &diag), 0);
	assert_int_equal(s->failed, 0);
}

int main(int argc, char **argv)
{
	static const char *const corpus[] = { CORPUS_DIR };
	struct sweep *s = calloc(1, sizeof(*s));
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_alloc_every_failure_is_as_specified, s),
	};
	int failed;

	if (!s)
		return 1;
	if (argc == 3 && strcmp(argv[1], "--generated") == 0) {
		s->generated = (u32)strtoul(argv[2], NULL, 0);
	} else {
		s->paths = argc > 1 ? (const char *const *)argv + 1 : corpus;
		s->path_count = argc > 1 ? (u32)argc - 1 : 1;
		s->generated = argc > 1 ? 0 : GENERATED;
	}
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(s);
	return failed;
}
