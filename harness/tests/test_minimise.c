/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The minimiser and its tactics.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/minimise.h"
#include "harness/tactics.h"
#include "harness/tests/tamper.h"
#include "model/generate.h"

static const char *const long_program =
	"fork() = p1\n"
	"mmap(@8, +4, rw, private|anonymous|fixed, none, 0)\n"
	"p1: mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
	"write(@9)\n"
	"munmap(@2, +1)\n"
	"p1: write(@1)\n"
	"madvise(@8, +2, dontfork)\n"
	"mprotect(@9, +2, r)\n"
	"munmap(@8, +1)\n"
	"write(@11)\n";

struct fixture {
	struct backend *backend;
	struct session *session;
	struct prog prog;
	struct minimise_result result;
	struct minimise_opts opts;
};

static int start(struct fixture *f, enum tamper_how how, enum op_kind kind, u32 every)
{
	memset(f, 0, sizeof(*f));
	f->backend = tamper_open(how, kind, every);
	f->session = session_new(f->backend, &f->backend->config);
	assert_non_null(f->session);
	f->opts.runs_max = 10000;
	f->opts.confirm = 3;
	program(&f->prog, long_program);
	return 0;
}

static void finish(struct fixture *f)
{
	session_free(f->session);
	f->backend->type->close(f->backend);
}

static void test_minimise_one_operation_suffices_gives_one(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, TAMPER_COUNTER, OP_MPROTECT, 1);
	assert_int_equal(minimise(f.session, &f.prog, &f.opts, &f.result), 0);
	assert_false(f.result.flaky);
	assert_int_equal(f.prog.count, 1);
	assert_int_equal(f.prog.ops[0].kind, OP_MPROTECT);
	assert_int_equal(f.prog.ops[0].proc, 0);
	assert_int_equal(f.result.outcome.signature.aspect, ASPECT_COUNTER);
	assert_non_null(session_want(f.session));
	finish(&f);
}

static void test_minimise_needed_operations_stay(void **state)
{
	struct fixture f;

	(void)state;
	/* An area must be there whose flags can be falsified. */
	start(&f, TAMPER_FLAGS, OP_MPROTECT, 1);
	assert_int_equal(minimise(f.session, &f.prog, &f.opts, &f.result), 0);
	/* The rule of the signature, flags, needs two areas that differ in them. */
	assert_int_equal(f.prog.count, 3);
	assert_int_equal(f.prog.ops[0].kind, OP_MMAP);
	assert_int_equal(f.prog.ops[2].kind, OP_MPROTECT);
	assert_int_equal(addr_offset(f.prog.ops[0].arg[0]), 0);
	finish(&f);
}

static void test_minimise_agreeing_program_is_refused(void **state)
{
	struct fixture f;
	struct prog before;

	(void)state;
	start(&f, TAMPER_NONE, OP_MMAP, 1);
	before = f.prog;
	assert_int_equal(minimise(f.session, &f.prog, &f.opts, &f.result), -EINVAL);
	assert_true(prog_equal(&before, &f.prog));
	finish(&f);
}

static void test_minimise_flaky_program_stays_and_is_told(void **state)
{
	struct fixture f;
	struct prog before;

	(void)state;
	start(&f, TAMPER_COUNTER, OP_MPROTECT, 2);
	before = f.prog;
	assert_int_equal(minimise(f.session, &f.prog, &f.opts, &f.result), 0);
	assert_true(f.result.flaky);
	assert_true(f.result.seen < f.result.tried);
	assert_true(prog_equal(&before, &f.prog));
	finish(&f);
}

static void test_minimise_broken_backend_is_an_error(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, TAMPER_EXEC, OP_MPROTECT, 1);
	assert_int_equal(minimise(f.session, &f.prog, &f.opts, &f.result), -EIO);
	finish(&f);
}

static void test_minimise_budget_is_kept(void **state)
{
	struct fixture f;

	(void)state;
	start(&f, TAMPER_COUNTER, OP_MPROTECT, 1);
	f.opts.runs_max = 2;
	assert_int_equal(minimise(f.session, &f.prog, &f.opts, &f.result), 0);
	assert_int_equal(f.result.runs, 2);
	finish(&f);
}

static void test_minimise_stop_ends_at_once(void **state)
{
	const volatile int stop = 1;
	struct fixture f;

	(void)state;
	start(&f, TAMPER_COUNTER, OP_MPROTECT, 1);
	f.opts.stop = &stop;
	assert_int_equal(minimise(f.session, &f.prog, &f.opts, &f.result), 0);
	assert_int_equal(f.result.runs, 0);
	assert_int_equal(f.prog.count, 10);
	finish(&f);
}

/* What every tactic must keep: each candidate of each is a program that can be written and read. */
static void test_tactics_candidates_are_programs(void **state)
{
	struct model *m = malloc(sizeof(*m));
	struct generate_options options;
	struct model_config config;
	struct prog prog, out;
	const struct tactic *t;
	u32 seed, step, i;

	(void)state;
	assert_non_null(m);
	generate_options_default(&options);
	options.fail_permil = 200;
	model_config_default(&config);
	model_init(m, &config);
	for (seed = 0; seed < 20; seed++) {
		generate(&prog, m, &options, seed);
		for (t = tactics; t->name; t++) {
			for (step = 0; t->candidate(&prog, prog.count / 2, step, &out); step++) {
				assert_true(out.count <= prog.count);
				assert_true(step < 100000);
				for (i = 0; i < out.count; i++)
					assert_true(out.ops[i].kind < OP_COUNT &&
						    out.ops[i].proc < PROCS_MAX);
			}
		}
	}
	free(m);
}

static void test_remove_without_fork_moves_its_operations_to_the_parent(void **state)
{
	struct prog prog;

	(void)state;
	program(&prog, "fork()\n"
		       "p1: fork()\n"
		       "p1: write(@1)\n"
		       "p2: write(@2)\n");
	tactic_remove(&prog, 0, 1);
	assert_int_equal(prog.count, 3);
	assert_int_equal(prog.ops[0].kind, OP_FORK);
	assert_int_equal(prog.ops[0].proc, 0);
	assert_int_equal(prog.ops[1].proc, 0);
	/* What was the second child is the first now. */
	assert_int_equal(prog.ops[2].proc, 1);
}

static void test_remove_resolves_processes_that_are_gone(void **state)
{
	struct prog prog;

	(void)state;
	/* Process 1 has ended, so that the write runs in process 0, and still does afterwards. */
	program(&prog, "fork()\n"
		       "p1: exit()\n"
		       "p1: write(@1)\n"
		       "read(@1)\n");
	tactic_remove(&prog, 3, 1);
	assert_int_equal(prog.ops[2].proc, 0);
}

static const struct tactic *tactic_named(const char *name)
{
	const struct tactic *t = tactics;

	while (strcmp(t->name, name) != 0)
		t++;
	return t;
}

static void test_shift_down_keeps_distances(void **state)
{
	struct prog prog, out;

	(void)state;
	program(&prog, "mmap(@8, +4, rw, private|anonymous|fixed, none, 0)\n"
		       "write(@10)\n");
	assert_true(tactic_named("shift_down")->candidate(&prog, 0, 0, &out));
	assert_int_equal(addr_offset(out.ops[0].arg[0]), 0);
	assert_int_equal(addr_offset(out.ops[1].arg[0]), 2 * PAGE_BYTES);
}

static void test_fold_pages_shortens_what_spans_the_page(void **state)
{
	struct prog prog, out;

	(void)state;
	program(&prog, "mmap(@2, +3, rw, private|anonymous|fixed, none, 0)\n"
		       "munmap(@4, +1)\n"
		       "munmap(@0, +2)\n");
	/* Step 0 takes out the last page of the arena; this one page 3. */
	assert_true(tactic_named("fold_pages")->candidate(&prog, 0, (u32)ARENA_PAGES - 4, &out));
	assert_int_equal(addr_offset(out.ops[0].arg[0]), 2 * PAGE_BYTES);
	assert_int_equal(out.ops[0].arg[1], 2 * PAGE_BYTES);
	assert_int_equal(addr_offset(out.ops[1].arg[0]), 3 * PAGE_BYTES);
	assert_int_equal(out.ops[1].arg[1], PAGE_BYTES);
	assert_int_equal(addr_offset(out.ops[2].arg[0]), 0);
	assert_int_equal(out.ops[2].arg[1], 2 * PAGE_BYTES);
}

static void test_failures_are_taken_out_or_made_earlier(void **state)
{
	const struct tactic *t = tactic_named("failures");
	struct prog prog, out;
	u32 step;

	(void)state;
	program(&prog, "write(@0) fail_nth=2\n"
		       "fork()\n"
		       "write(@1) fail_nth=3\n");
	for (step = 0; step < 3; step++) {
		assert_true(t->candidate(&prog, 2, step, &out));
		assert_int_equal(out.ops[2].fail_nth, step);
		assert_int_equal(out.ops[0].fail_nth, 2);
	}
	for (; step < 5; step++) {
		assert_true(t->candidate(&prog, 2, step, &out));
		assert_int_equal(out.ops[2].fail_nth, 3);
		assert_int_equal(out.ops[0].fail_nth, step - 3);
	}
	assert_false(t->candidate(&prog, 2, step, &out));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_minimise_one_operation_suffices_gives_one),
		cmocka_unit_test(test_minimise_needed_operations_stay),
		cmocka_unit_test(test_minimise_agreeing_program_is_refused),
		cmocka_unit_test(test_minimise_flaky_program_stays_and_is_told),
		cmocka_unit_test(test_minimise_broken_backend_is_an_error),
		cmocka_unit_test(test_minimise_budget_is_kept),
		cmocka_unit_test(test_minimise_stop_ends_at_once),
		cmocka_unit_test(test_tactics_candidates_are_programs),
		cmocka_unit_test(test_failures_are_taken_out_or_made_earlier),
		cmocka_unit_test(test_remove_without_fork_moves_its_operations_to_the_parent),
		cmocka_unit_test(test_remove_resolves_processes_that_are_gone),
		cmocka_unit_test(test_shift_down_keeps_distances),
		cmocka_unit_test(test_fold_pages_shortens_what_spans_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
