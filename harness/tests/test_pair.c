/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two backends compared with each other: what is a difference, what is none, and what makes it.
 * They are models, whose answers may be falsified.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/pair.h"
#include "harness/tests/tamper.h"

struct fixture {
	struct pair pair;
	struct prog prog;
	struct outcome outcome;
	struct pair_reason reason;
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static void set_side(struct fixture *f, u32 side, const char *name, struct backend *b)
{
	if (f->pair.backend[side])
		f->pair.backend[side]->type->close(f->pair.backend[side]);
	f->pair.name[side] = name;
	f->pair.backend[side] = b;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	set_side(f, PAIR_LEFT, NULL, NULL);
	set_side(f, PAIR_RIGHT, NULL, NULL);
	free(f);
	return 0;
}

static struct backend *model(const char *profile, const struct model_config *machine)
{
	const struct backend_opts opts = {.spec = profile, .machine = machine};
	struct backend *b;
	struct diag diag;

	assert_int_equal(backend_model.open(&b, &opts, &diag), 0);
	return b;
}

static void set_models(struct fixture *f, const char *left, const char *right)
{
	set_side(f, PAIR_LEFT, left, model(left, NULL));
	set_side(f, PAIR_RIGHT, right, model(right, NULL));
}

/* The newest model on both sides, falsified. */
static void set_tampered(struct fixture *f, enum tamper_how left, enum tamper_how right,
			 enum op_kind kind)
{
	set_side(f, PAIR_LEFT, "left", tamper_open(left, kind, 1));
	set_side(f, PAIR_RIGHT, "right", tamper_open(right, kind, 1));
}

static enum verdict run(struct fixture *f, const char *lines)
{
	program(&f->prog, lines);
	pair_run(&f->pair, &f->prog, true, &f->outcome);
	return f->outcome.verdict;
}

static void assert_differs(const struct fixture *f, u32 op, const char *signature)
{
	char text[128];

	assert_int_equal(f->outcome.verdict, VERDICT_DIVERGE);
	signature_print(text, sizeof(text), &f->outcome.signature);
	assert_string_equal(text, signature);
	assert_int_equal(f->outcome.op, op);
	assert_int_equal(f->outcome.ops_done, op);
}

static const char *const lines = "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
				 "write(@1)\n"
				 "mprotect(@1, +1, r)\n"
				 "fork()\n";
static const char *const guard = "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n"
				 "madvise(@0, +1, guard_install)\n";
/* On 7.3 the munmap warns, as it is known to (wiped_pgoff_warn). */
static const char *const stopping = "mmap(@0, +2, rw, droppable|anonymous|fixed, none, 0)\n"
				    "write(@0)\n"
				    "mremap(@0, +2, +2, maymove|dontunmap|fixed, @2)\n"
				    "fork()\n"
				    "p1: munmap(@2, +1)\n";
static const char *const placed = "mmap(0x0, +4, rw, private|anonymous, none, 0)\n"
				  "write(last)\n";

static void test_pair_of_equals_agrees(void **state)
{
	struct fixture *f = *state;

	set_models(f, "v7.3.4", "v7.3.4");
	assert_int_equal(run(f, lines), VERDICT_AGREE);
	assert_int_equal(f->outcome.ops_done, 4);
	assert_int_equal(run(f, placed), VERDICT_AGREE);
	assert_int_equal(run(f, ""), VERDICT_AGREE);
	assert_int_equal(f->pair.ended_early, 0);
}

static void test_pair_rule_is_the_reason(void **state)
{
	struct fixture *f = *state;
	u32 i;

	set_models(f, "v7.3.4", "v6.12.117");
	run(f, guard);
	assert_differs(f, 1, "madvise/result");
	assert_int_equal(pair_explain(&f->pair, &f->prog, &f->reason), 0);
	assert_true(f->reason.as_specified[PAIR_LEFT]);
	assert_true(f->reason.as_specified[PAIR_RIGHT]);
	assert_false(f->reason.set_up);
	assert_int_equal(f->reason.quirks, 0);
	for (i = 0; i < rule_count; i++)
		assert_int_equal(f->reason.rules >> i & 1,
				 strcmp(rule_descs[i].name, "guard") == 0);
}

static void test_pair_known_bug_is_the_reason(void **state)
{
	struct fixture *f = *state;

	set_models(f, "v6.18.44", "v7.3.4");
	run(f, "mmap(@0, +2, rw, private|anonymous|fixed, none, 0)\n"
	       "mremap(@0, +2, +2, maymove|fixed|dontunmap, @2)\n");
	assert_differs(f, 1, "mremap/boundary");
	assert_int_equal(pair_explain(&f->pair, &f->prog, &f->reason), 0);
	assert_int_equal(f->reason.quirks, 1u << QUIRK_DONTUNMAP_SELF_MERGE);
}

static void test_pair_set_up_is_the_reason(void **state)
{
	struct fixture *f = *state;
	struct model_config machine;

	set_models(f, "v7.3.4", "v7.3.4");
	machine = f->pair.backend[PAIR_LEFT]->config;
	machine.anon_name = !machine.anon_name;
	set_side(f, PAIR_LEFT, "other", model("v7.3.4", &machine));
	run(f, "mmap(@0, +2, rw, private|anonymous|fixed, none, 0)\nset_vma_name(@0, +1, a)\n");
	assert_differs(f, 1, "set_vma_name/result");
	assert_int_equal(pair_explain(&f->pair, &f->prog, &f->reason), 0);
	assert_true(f->reason.set_up);
	assert_int_equal(f->reason.rules | f->reason.quirks, 0);
}

static void test_pair_soft_dirty_counts_if_both_have_it(void **state)
{
	struct fixture *f = *state;
	struct model_config machine;

	set_models(f, "v7.3.4", "v7.3.4");
	machine = f->pair.backend[PAIR_LEFT]->config;
	machine.soft_dirty = !machine.soft_dirty;
	set_side(f, PAIR_LEFT, "other", model("v7.3.4", &machine));
	assert_int_equal(run(f, lines), VERDICT_AGREE);
	f->pair.backend[PAIR_LEFT]->config.soft_dirty = true;
	f->pair.backend[PAIR_RIGHT]->config.soft_dirty = true;
	run(f, lines);
	assert_differs(f, 0, "mmap/attribute");
}

static void test_pair_finds_each_difference(void **state)
{
	static const struct {
		enum tamper_how how;
		const char *signature;
	} rows[] = {
		{TAMPER_RESULT, "mprotect/result"},
		{TAMPER_FLAGS, "mprotect/attribute"},
		{TAMPER_COUNTER, "mprotect/counter"},
		{TAMPER_CONTENT, "mprotect/content"},
		{TAMPER_COMPLAIN, "mprotect/kernel/mm-vma.c-123"},
	};
	struct fixture *f = *state;
	u32 i, side;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (side = 0; side < 2; side++) {
			set_tampered(f, side ? TAMPER_NONE : rows[i].how,
				     side ? rows[i].how : TAMPER_NONE, OP_MPROTECT);
			run(f, lines);
			assert_differs(f, 2, rows[i].signature);
			if (rows[i].how == TAMPER_COMPLAIN)
				assert_ptr_equal(strstr(f->outcome.diff.text,
							side ? "right complains: WARNING" :
							       "left complains: WARNING"),
						 f->outcome.diff.text);
		}
	}
}

static void test_pair_leak_is_a_difference(void **state)
{
	struct fixture *f = *state;

	set_tampered(f, TAMPER_NONE, TAMPER_LEAK, OP_MPROTECT);
	assert_int_equal(run(f, lines), VERDICT_DIVERGE);
	assert_int_equal(f->outcome.signature.aspect, ASPECT_KERNEL);
	assert_int_equal(f->outcome.op, 3);
}

static void test_pair_same_complaint_is_no_difference(void **state)
{
	struct fixture *f = *state;

	set_tampered(f, TAMPER_COMPLAIN, TAMPER_COMPLAIN, OP_MPROTECT);
	assert_int_equal(run(f, lines), VERDICT_AGREE);
	assert_int_equal(f->outcome.ops_done, 2);
	assert_int_equal(f->pair.ended_early, 1);
}

static void test_pair_model_that_may_stop_ends_the_comparison(void **state)
{
	struct fixture *f = *state;

	set_models(f, "v7.3.4", "v6.12.117");
	assert_int_equal(run(f, stopping), VERDICT_AGREE);
	assert_int_equal(f->outcome.ops_done, 4);
	assert_int_equal(f->pair.ended_early, 1);
	assert_int_equal(pair_explain(&f->pair, &f->prog, &f->reason), 0);
	assert_true(f->reason.as_specified[PAIR_LEFT]);
	assert_true(f->reason.as_specified[PAIR_RIGHT]);
	assert_true(f->reason.quirks >> QUIRK_WIPED_PGOFF_WARN & 1);
}

static void test_pair_other_address_is_a_difference_only_with_fixed(void **state)
{
	struct fixture *f = *state;

	set_tampered(f, TAMPER_NONE, TAMPER_VALUE, OP_MMAP);
	assert_int_equal(run(f, placed), VERDICT_AGREE);
	assert_int_equal(f->outcome.ops_done, 0);
	assert_int_equal(f->pair.ended_early, 1);
	run(f, lines);
	assert_differs(f, 0, "mmap/result");
}

static void test_pair_what_one_cannot_run_is_skipped(void **state)
{
	struct fixture *f = *state;

	set_tampered(f, TAMPER_NONE, TAMPER_REFUSE, OP_MPROTECT);
	assert_int_equal(run(f, lines), VERDICT_SKIP);
	assert_int_equal(run(f, "mmap(@0, +4, rw, private|anonymous|fixed, none, 0) fail_nth=1\n"),
			 VERDICT_SKIP);
	f->pair.backend[PAIR_RIGHT]->ops &= ~(1ull << OP_FORK);
	assert_int_equal(run(f, lines), VERDICT_SKIP);
	assert_string_equal(f->outcome.diag.text, "operation 4: right has no fork");
}

static void test_pair_broken_backend_is_an_error(void **state)
{
	static const enum tamper_how rows[] = {TAMPER_RESET, TAMPER_EXEC, TAMPER_SNAPSHOT};
	struct fixture *f = *state;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		set_tampered(f, TAMPER_NONE, rows[i], OP_MPROTECT);
		assert_int_equal(run(f, lines), VERDICT_ERROR);
		assert_non_null(strstr(f->outcome.diag.text, "is broken"));
	}
}

static void test_pair_report_names_both_and_the_reason(void **state)
{
	static const char *const parts[] = {
		"madvise/result: madvise returns 0, and EINVAL\n",
		"  >   2  madvise(@0, +1, guard_install) = 0   and EINVAL\n",
		"v7.3.4 left (expected), v6.12.117 right (seen)",
		"rule guard (any, and none)",
		"Left:  v7.3.4: ",
		"Right: v6.12.117: ",
	};
	struct fixture *f = *state;
	char *text = NULL, *at;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	u32 i;

	set_models(f, "v7.3.4", "v6.12.117");
	run(f, guard);
	assert_int_equal(pair_explain(&f->pair, &f->prog, &f->reason), 0);
	pair_report(out, &f->pair, &f->prog, &f->outcome, &f->reason);
	fclose(out);
	for (at = text, i = 0; i < ARRAY_SIZE(parts); i++) {
		at = strstr(at, parts[i]);
		if (!at)
			fail_msg("\"%s\" is missing or too early in:\n%s", parts[i], text);
	}
	free(text);
}

#define PAIR_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR_TEST(test_pair_of_equals_agrees),
		PAIR_TEST(test_pair_rule_is_the_reason),
		PAIR_TEST(test_pair_known_bug_is_the_reason),
		PAIR_TEST(test_pair_set_up_is_the_reason),
		PAIR_TEST(test_pair_soft_dirty_counts_if_both_have_it),
		PAIR_TEST(test_pair_finds_each_difference),
		PAIR_TEST(test_pair_leak_is_a_difference),
		PAIR_TEST(test_pair_same_complaint_is_no_difference),
		PAIR_TEST(test_pair_model_that_may_stop_ends_the_comparison),
		PAIR_TEST(test_pair_other_address_is_a_difference_only_with_fixed),
		PAIR_TEST(test_pair_what_one_cannot_run_is_skipped),
		PAIR_TEST(test_pair_broken_backend_is_an_error),
		PAIR_TEST(test_pair_report_names_both_and_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
