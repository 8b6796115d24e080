/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The session: each verdict, each aspect, and what known bugs explain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/tests/tamper.h"

/* Both areas are written to; the lock and the split give the tampering something to falsify. */
static const char *const lines = "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
				 "write(@1)\n"
				 "mprotect(@1, +1, r)\n"
				 "read(@1)\n";

struct fixture {
	struct backend *backend;
	struct session *session;
	struct prog prog;
	struct outcome outcome;
};

static void run(struct fixture *f, enum tamper_how how, enum op_kind kind, bool pages_each)
{
	const struct session_opts opts = {.pages_each = pages_each, .check = true};

	f->backend = tamper_open(how, kind, 1);
	f->session = session_new(f->backend, &f->backend->config);
	assert_non_null(f->session);
	program(&f->prog, lines);
	session_run(f->session, &f->prog, &opts, &f->outcome);
}

static void finish(struct fixture *f)
{
	session_free(f->session);
	f->backend->type->close(f->backend);
}

static void test_session_same_model_agrees(void **state)
{
	struct fixture f;

	(void)state;
	run(&f, TAMPER_NONE, OP_MMAP, true);
	assert_int_equal(f.outcome.verdict, VERDICT_AGREE);
	assert_int_equal(f.outcome.ops_done, 4);
	assert_null(session_want(f.session));
	assert_null(session_seen(f.session));
	assert_int_equal(session_results(f.session)[3].value, op_tag(1));
	finish(&f);
}

static void test_session_falsified_answer_diverges_in_its_aspect(void **state)
{
	static const struct {
		enum tamper_how how;
		enum op_kind kind;
		bool pages_each;
		enum aspect aspect;
		u32 op;
	} rows[] = {
		{TAMPER_RESULT, OP_MPROTECT, false, ASPECT_RESULT, 2},
		{TAMPER_VALUE, OP_READ, false, ASPECT_RESULT, 3},
		{TAMPER_FLAGS, OP_WRITE, false, ASPECT_ATTRIBUTE, 1},
		{TAMPER_COUNTER, OP_MPROTECT, false, ASPECT_COUNTER, 2},
		{TAMPER_CONTENT, OP_MPROTECT, true, ASPECT_CONTENT, 2},
		{TAMPER_COMPLAIN, OP_MPROTECT, false, ASPECT_KERNEL, 2},
		{TAMPER_CONTENT, OP_READ, false, ASPECT_CONTENT, 3},
	};
	struct fixture f;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		run(&f, rows[i].how, rows[i].kind, rows[i].pages_each);
		assert_int_equal(f.outcome.verdict, VERDICT_DIVERGE);
		assert_int_equal(f.outcome.signature.aspect, rows[i].aspect);
		assert_int_equal(f.outcome.signature.op, rows[i].kind);
		assert_int_equal(f.outcome.op, rows[i].op);
		assert_int_equal(f.outcome.ops_done, rows[i].op);
		assert_int_equal(f.outcome.quirks_explain, 0);
		assert_true(f.outcome.diff.text[0] != '\0');
		assert_non_null(session_want(f.session));
		finish(&f);
	}
}

static void test_session_leak_diverges_at_last_operation(void **state)
{
	struct fixture f;

	(void)state;
	run(&f, TAMPER_LEAK, OP_MPROTECT, false);
	assert_int_equal(f.outcome.verdict, VERDICT_DIVERGE);
	assert_int_equal(f.outcome.signature.aspect, ASPECT_KERNEL);
	assert_int_equal(f.outcome.op, f.prog.count - 1);
	assert_string_equal(f.outcome.diff.text, "an object leaked");
	finish(&f);
}

static void test_session_leak_of_no_operation_diverges(void **state)
{
	const struct session_opts opts = { .check = true };
	struct fixture f;

	(void)state;
	run(&f, TAMPER_LEAK, OP_MPROTECT, false);
	f.prog.count = 0;
	session_run(f.session, &f.prog, &opts, &f.outcome);
	assert_int_equal(f.outcome.verdict, VERDICT_DIVERGE);
	assert_int_equal(f.outcome.signature.aspect, ASPECT_KERNEL);
	assert_int_equal(f.outcome.op, 0);
	finish(&f);
}

static void test_session_unsupported_operation_skips(void **state)
{
	struct fixture f;
	const struct session_opts how = {.pages_each = false};

	(void)state;
	run(&f, TAMPER_NONE, OP_MPROTECT, false);
	f.backend->ops = OPS_ALL & ~(1ull << OP_MPROTECT);
	session_run(f.session, &f.prog, &how, &f.outcome);
	assert_int_equal(f.outcome.verdict, VERDICT_SKIP);
	assert_non_null(strstr(f.outcome.diag.text, "no mprotect"));
	f.backend->ops = OPS_ALL;
	f.backend->can_fail_alloc = false;
	f.prog.ops[0].fail_nth = 1;
	session_run(f.session, &f.prog, &how, &f.outcome);
	assert_int_equal(f.outcome.verdict, VERDICT_SKIP);
	assert_non_null(strstr(f.outcome.diag.text, "allocation"));
	f.prog.ops[0].fail_nth = 0;
	f.prog.ops[0].arg[4] = FILE_DEV;
	f.backend->files = FILES_ALL & ~(1u << FILE_DEV);
	session_run(f.session, &f.prog, &how, &f.outcome);
	assert_int_equal(f.outcome.verdict, VERDICT_SKIP);
	assert_non_null(strstr(f.outcome.diag.text, "no such file"));
	finish(&f);
}

static void test_session_complaint_has_site_in_signature(void **state)
{
	struct fixture f;
	char text[96];

	(void)state;
	run(&f, TAMPER_COMPLAIN, OP_MPROTECT, false);
	signature_print(text, sizeof(text), &f.outcome.signature);
	assert_string_equal(text, "mprotect/kernel/mm-vma.c-123");
	assert_string_equal(f.outcome.diff.text, "WARNING: at mm/vma.c:123");
	finish(&f);
}

/* Model and backend make the same mistake, so that only the invariant tells. */
static void test_session_broken_invariant_diverges(void **state)
{
	const struct backend_opts opts = {.spec = "LOCKED_LEAK"};
	struct session_opts how = {.pages_each = false, .check = true};
	struct model_config config;
	struct fixture f;
	struct diag diag;

	(void)state;
	assert_int_equal(backend_mutant.open(&f.backend, &opts, &diag), 0);
	config = f.backend->config;
	while (strcmp(mutant_descs[++config.mutant].name, opts.spec) != 0)
		;
	f.session = session_new(f.backend, &config);
	assert_non_null(f.session);
	program(&f.prog, "mmap(@0, +1, rw, private|anonymous|fixed|locked, none, 0)\n"
			 "munmap(@0, +1)\n");
	session_run(f.session, &f.prog, &how, &f.outcome);
	assert_int_equal(f.outcome.verdict, VERDICT_DIVERGE);
	assert_int_equal(f.outcome.signature.aspect, ASPECT_INVARIANT);
	assert_int_equal(f.outcome.op, 1);
	how.check = false;
	session_run(f.session, &f.prog, &how, &f.outcome);
	assert_int_equal(f.outcome.verdict, VERDICT_AGREE);
	finish(&f);
}

static void test_session_pages_at_end_only_are_not_compared_before(void **state)
{
	struct fixture f;

	(void)state;
	run(&f, TAMPER_CONTENT, OP_MPROTECT, false);
	assert_int_equal(f.outcome.verdict, VERDICT_AGREE);
	finish(&f);
}

static void test_session_unobserved_field_is_not_compared(void **state)
{
	struct fixture f;

	(void)state;
	run(&f, TAMPER_BLIND, OP_MPROTECT, false);
	assert_int_equal(f.outcome.verdict, VERDICT_AGREE);
	finish(&f);
}

static void test_session_broken_backend_is_an_error(void **state)
{
	static const enum tamper_how rows[] = {TAMPER_RESET, TAMPER_EXEC, TAMPER_SNAPSHOT};
	struct fixture f;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		run(&f, rows[i], OP_WRITE, false);
		assert_int_equal(f.outcome.verdict, VERDICT_ERROR);
		assert_non_null(strstr(f.outcome.diag.text, "is broken"));
		finish(&f);
	}
}

static void test_session_refused_operation_skips(void **state)
{
	struct fixture f;

	(void)state;
	run(&f, TAMPER_REFUSE, OP_MPROTECT, false);
	assert_int_equal(f.outcome.verdict, VERDICT_SKIP);
	assert_int_equal(f.outcome.ops_done, 2);
	finish(&f);
}

static void test_signature_prints_without_addresses(void **state)
{
	const struct signature sig = {OP_MREMAP, ASPECT_BOUNDARY, MERGE_ANON_VMA, ""};
	const struct signature other = {OP_MREMAP, ASPECT_BOUNDARY, MERGE_FLAGS, ""};
	const struct signature ruleless = {OP_MREMAP, ASPECT_CONTENT, MERGE_NOT_TRIED, ""};
	char text[64];

	(void)state;
	signature_print(text, sizeof(text), &sig);
	assert_string_equal(text, "mremap/boundary/anon_vma");
	signature_print(text, sizeof(text), &ruleless);
	assert_string_equal(text, "mremap/content");
	assert_true(signature_equal(&sig, &sig));
	assert_false(signature_equal(&sig, &other));
}

/* A kernel with known bugs, and a program that shows one. */
static const char *const self_merge = "mmap(@0, +2, rw, private|anonymous|fixed, none, 0)\n"
				      "mremap(@0, +2, +2, maymove|fixed|dontunmap, @2)\n";

static void known(struct fixture *f, u32 tolerated)
{
	const struct session_opts opts = {.pages_each = true, .check = true};
	const struct backend_opts backend_opts = {.spec = "v6.18.44"};
	struct model_config config;
	struct diag diag;

	assert_int_equal(backend_model.open(&f->backend, &backend_opts, &diag), 0);
	config = f->backend->config;
	config.quirks.on = tolerated;
	f->session = session_new(f->backend, &config);
	program(&f->prog, self_merge);
	session_run(f->session, &f->prog, &opts, &f->outcome);
}

static void test_session_known_bug_is_explained(void **state)
{
	struct fixture f;

	(void)state;
	known(&f, 0);
	assert_int_equal(f.outcome.verdict, VERDICT_DIVERGE);
	assert_int_equal(f.outcome.quirks_explain, 1u << QUIRK_DONTUNMAP_SELF_MERGE);
	finish(&f);
}

static void test_session_tolerated_bug_agrees_and_is_told(void **state)
{
	struct fixture f;

	(void)state;
	known(&f, 1u << QUIRK_DONTUNMAP_SELF_MERGE);
	assert_int_equal(f.outcome.verdict, VERDICT_AGREE);
	assert_int_equal(f.outcome.quirks_met, 1u << QUIRK_DONTUNMAP_SELF_MERGE);
	finish(&f);
}

static void test_session_second_run_knows_nothing_of_the_first(void **state)
{
	const struct session_opts opts = {.pages_each = true, .check = true};
	struct fixture f;

	(void)state;
	known(&f, 0);
	program(&f.prog, lines);
	session_run(f.session, &f.prog, &opts, &f.outcome);
	assert_int_equal(f.outcome.verdict, VERDICT_AGREE);
	assert_int_equal(f.outcome.quirks_explain, 0);
	assert_null(session_want(f.session));
	finish(&f);
}

/* What the hook of a session is called with. */
struct heard {
	u32 count;
	u8 kinds[4];
	u32 areas[4]; /* of the first process, when it was called */
	s32 last_err;
};

static void hear(void *arg, const struct model *m, const struct op *op,
		 const struct op_result *result)
{
	struct heard *heard = arg;

	assert_true(heard->count < ARRAY_SIZE(heard->kinds));
	heard->kinds[heard->count] = op->kind;
	heard->areas[heard->count++] = m->mm[0].vma_count;
	heard->last_err = result->err;
}

static void test_session_after_op_hears_each_agreed_operation(void **state)
{
	static const u8 kinds[] = {OP_MMAP, OP_WRITE, OP_MPROTECT, OP_READ};
	static const u32 areas[] = {1, 1, 3, 3};
	struct heard heard = {0};
	const struct session_opts opts = {.after_op = hear, .after_op_arg = &heard};
	struct fixture f;

	(void)state;
	run(&f, TAMPER_NONE, OP_MMAP, false);
	session_run(f.session, &f.prog, &opts, &f.outcome);
	assert_int_equal(heard.count, 4);
	assert_memory_equal(heard.kinds, kinds, sizeof(kinds));
	assert_memory_equal(heard.areas, areas, sizeof(areas));
	assert_int_equal(heard.last_err, 0);
	finish(&f);
}

static void test_session_after_op_hears_nothing_of_the_operation_at_fault(void **state)
{
	struct heard heard = {0};
	const struct session_opts opts = {.after_op = hear, .after_op_arg = &heard};
	struct fixture f;

	(void)state;
	run(&f, TAMPER_RESULT, OP_MPROTECT, false);
	session_run(f.session, &f.prog, &opts, &f.outcome);
	assert_int_equal(f.outcome.op, 2);
	assert_int_equal(heard.count, 2);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_after_op_hears_each_agreed_operation),
		cmocka_unit_test(test_session_after_op_hears_nothing_of_the_operation_at_fault),
		cmocka_unit_test(test_session_same_model_agrees),
		cmocka_unit_test(test_session_falsified_answer_diverges_in_its_aspect),
		cmocka_unit_test(test_session_leak_diverges_at_last_operation),
		cmocka_unit_test(test_session_leak_of_no_operation_diverges),
		cmocka_unit_test(test_session_unsupported_operation_skips),
		cmocka_unit_test(test_session_complaint_has_site_in_signature),
		cmocka_unit_test(test_session_broken_invariant_diverges),
		cmocka_unit_test(test_session_pages_at_end_only_are_not_compared_before),
		cmocka_unit_test(test_session_unobserved_field_is_not_compared),
		cmocka_unit_test(test_session_broken_backend_is_an_error),
		cmocka_unit_test(test_session_refused_operation_skips),
		cmocka_unit_test(test_signature_prints_without_addresses),
		cmocka_unit_test(test_session_known_bug_is_explained),
		cmocka_unit_test(test_session_tolerated_bug_agrees_and_is_told),
		cmocka_unit_test(test_session_second_run_knows_nothing_of_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
