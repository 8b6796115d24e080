/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz diff as a user calls it, and what a user without kernel sources is told. The backends are
 * models.
 */
#include "harness/tests/cli_fixture.h"

static void test_cli_diff_of_equals_is_status_0(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "diff model:v7.3.4 model:v7.3.4 --runs 500 --seed 1"), 0);
	assert_has(f, "model:v7.3.4 and model:v7.3.4 agree: 500 cases");
	assert_int_equal(call(f, "diff model:v7.3.4 model:v7.3.4 known.vma"), 0);
	assert_has(f, "agree known.vma\n");
}

static void test_cli_diff_of_files_has_a_line_and_a_report_each(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(shell(f, "printf 'vma 1\\nmunmap(@0, +1)\\n' >same.vma"), 0);
	assert_int_equal(call(f, "diff model:v7.3.4 model:v6.18.44 known.vma same.vma"), 1);
	assert_has(f, "DIFFER known.vma mremap/boundary: ");
	assert_has(f, "model:v7.3.4 left (expected), model:v6.18.44 right (seen)");
	assert_has(f, "known bug dontunmap_self_merge");
	assert_has(f, "agree same.vma\n");
	assert_has(f, "2 files: 1 agree, 1 differ");
}

static void test_cli_diff_search_minimises_and_keeps_one_of_each(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "diff model:v7.3.4 model:v6.12.117 --runs 300 --seed 1 --out d"),
			 1);
	assert_has(f, "DIFFER: 300 cases");
	assert_has(f, "mremap/result: mremap returns ");
	assert_int_equal(shell(f, "ls d | sort | uniq -d; cat d/mremap-result.vma"), 0);
	assert_has(f, "# model:v7.3.4, and model:v6.12.117: mremap returns ");
	/* What was kept differs in the same way. */
	assert_int_equal(call(f, "diff model:v7.3.4 model:v6.12.117 d/mremap-result.vma"), 1);
	assert_has(f, "DIFFER d/mremap-result.vma mremap/result: ");
	assert_int_equal(call(f, "diff model:v7.3.4 model:v6.12.117 --runs 20 --only munmap"), 0);
}

static void test_cli_diff_same_seed_gives_the_same(void **state)
{
	static const char *const args =
		"diff model:v7.3.4 model:v6.12.117 --runs 100 --seed 5 --json | sed '$d'";
	struct fixture *f = *state;
	char *first = malloc(OUTPUT_MAX);

	assert_non_null(first);
	call(f, args);
	memcpy(first, f->out, OUTPUT_MAX);
	assert_has(f, "{\"type\":\"difference\",\"case\":\"");
	assert_has(f, "\"left_as_specified\":true");
	call(f, args);
	assert_string_equal(first, f->out);
	free(first);
}

static void test_cli_diff_mutant_is_not_as_specified(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "diff model mutant:SPLIT_OFFSET --runs 50 --seed 1"), 1);
	assert_has(f, "model left (expected), mutant:SPLIT_OFFSET right (seen)");
	assert_has(f, "mutant:SPLIT_OFFSET does not do what is specified for it");
}

static void test_cli_diff_stops_at_a_signal_with_a_summary(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "diff model:v7.3.4 model:v7.3.4 --seed 1 2>&1 & pid=$!; "
				 "sleep 0.5; kill -TERM $pid; wait $pid"), 0);
	assert_has(f, "agree: ");
}

/* Alone in a directory, the program finds none. */
static void test_cli_kernel_not_built_says_what_to_do(void **state)
{
	struct fixture *f = *state;
	char words[1024];

	snprintf(words, sizeof(words),
		 "cp '%s' alone && ./alone run --backend kernel known.vma 2>&1", VMAFUZZ_PATH);
	assert_int_equal(shell(f, words), 3);
	assert_has(f, "vmafuzz run: built without kernel sources: 'vmafuzz kernels get source");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cli_diff_of_equals_is_status_0),
		cmocka_unit_test(test_cli_diff_of_files_has_a_line_and_a_report_each),
		cmocka_unit_test(test_cli_diff_search_minimises_and_keeps_one_of_each),
		cmocka_unit_test(test_cli_diff_same_seed_gives_the_same),
		cmocka_unit_test(test_cli_diff_mutant_is_not_as_specified),
		cmocka_unit_test(test_cli_diff_stops_at_a_signal_with_a_summary),
		cmocka_unit_test(test_cli_kernel_not_built_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
