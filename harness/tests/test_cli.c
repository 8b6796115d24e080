/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program as a user calls it: exit status, what is on which stream, JSON, and that a run can be
 * repeated. Nothing here needs a kernel: the backends are the model and its mutants.
 */
#include "harness/tests/cli_fixture.h"
#include "model/prog.h"

static void test_cli_alone_shows_what_matters_first(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "2>&1"), 2);
	assert_has(f, "vmafuzz fuzz");
	assert_has(f, "vmafuzz run");
	assert_has(f, "vmafuzz min");
	assert_null(strstr(f->out, "vmafuzz quirks"));
	assert_int_equal(call(f, "--help"), 0);
	assert_has(f, "vmafuzz quirks");
	assert_int_equal(call(f, "--version"), 0);
}

static void test_cli_wrong_usage_is_status_2(void **state)
{
	static const char *const rows[][2] = {
		{"frobnicate 2>&1", "no verb \"frobnicate\""},
		{"fuzz --frobnicate 2>&1", "--frobnicate is no option"},
		{"fuzz --seed 2>&1", "needs an argument"},
		{"fuzz --runs x 2>&1", "a number"},
		{"fuzz --time 5x 2>&1", "such as 30s"},
		{"fuzz --jobs 0 2>&1", "at least one"},
		{"fuzz --runs 0 2>&1", "at least one"},
		{"fuzz --time 0 2>&1", "at least 1s"},
		{"ops surplus 2>&1", "takes no arguments"},
		{"rules surplus 2>&1", "takes no arguments"},
		{"quirks surplus 2>&1", "takes no arguments"},
		{"fuzz --ops 257 2>&1", "0 to 256"},
		{"fuzz --only mmap,mnap 2>&1", "no operation named \"mnap\""},
		{"fuzz --backend nothing 2>&1", "no backend named \"nothing\""},
		{"fuzz --backend model:v9 2>&1", "no profile named \"v9\""},
		{"fuzz --backend mutant:9999 2>&1", "no mutant"},
		{"fuzz --backend model --rules no_such=1 2>&1", "no_such"},
		{"fuzz --backend model --out no/such/dir 2>&1", "no/such/dir"},
		{"fuzz --backend model file 2>&1", "takes no files"},
		{"run --backend model 2>&1", "which files"},
		{"run --backend model no-such-file 2>&1", "no-such-file"},
		{"min --backend model 2>&1", "one file"},
		{"min --backend model no-such-file 2>&1", "no-such-file"},
		{"diff model 2>&1", "which two backends"},
		{"diff model nothing 2>&1", "no backend named \"nothing\""},
		{"diff model model no-such-file 2>&1", "no-such-file"},
		{"diff model model --only munmap,nothing 2>&1", "no operation named \"nothing\""},
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int status = call(f, rows[i][0]);

		if (status != 2)
			fail_msg("vmafuzz %s: status %d\n%s", rows[i][0], status, f->out);
		assert_has(f, rows[i][1]);
	}
}

static void test_cli_each_verb_has_help(void **state)
{
	static const char *const verbs[] = {"fuzz", "run", "min", "diff", "kernels", "ops",
					    "rules", "quirks"};
	struct fixture *f = *state;
	char args[64];
	size_t i;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		snprintf(args, sizeof(args), "%s --help", verbs[i]);
		assert_int_equal(call(f, args), 0);
		snprintf(args, sizeof(args), "Usage: vmafuzz %s", verbs[i]);
		assert_has(f, args);
	}
}

static void test_cli_fuzz_agreeing_is_status_0_and_leaves_no_finding(void **state)
{
	struct fixture *f = *state;
	char path[128];

	assert_int_equal(call(f, "fuzz --backend model --tolerate-known --runs 200 --seed 3 "
				 "--out o 2>&1"), 0);
	assert_has(f, "seed: 3");
	assert_has(f, "all agreed: 200 cases");
	snprintf(path, sizeof(path), "%s/o", f->dir);
	/* The directory is there, and empty. */
	assert_int_equal(rmdir(path), 0);
}

static void test_cli_fuzz_mutant_is_found_saved_and_replayed(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "fuzz --backend mutant:SPLIT_OFFSET --runs 20 --seed 1 --out o "
				 "2>&1"), 1);
	assert_has(f, "FINDING ");
	assert_has(f, "in o/");
	assert_int_equal(call(f, "run o --backend mutant:SPLIT_OFFSET"), 1);
	assert_has(f, "DIVERGE o/");
	assert_has(f, "program.vma");
	assert_int_equal(call(f, "run o --backend model"), 0);
}

/* The directories of the findings of a run, without the counts of each. */
static void names(struct fixture *f, char *to)
{
	assert_int_equal(shell(f, "ls o; rm -r o"), 0);
	memcpy(to, f->out, OUTPUT_MAX);
}

/* A mutant, since which known bugs a signature is filed under depends on who is first. */
static void test_cli_fuzz_same_seed_finds_the_same_with_any_jobs(void **state)
{
	struct fixture *f = *state;
	char *first = malloc(OUTPUT_MAX), *second = malloc(OUTPUT_MAX);

	assert_non_null(first);
	assert_non_null(second);
	assert_int_equal(call(f, "fuzz --backend mutant:SPLIT_OFFSET --runs 500 --seed 9 --out o "
				 "--no-minimise 2>&1"), 1);
	names(f, first);
	assert_int_equal(call(f, "fuzz --backend mutant:SPLIT_OFFSET --runs 500 --seed 9 --out o "
				 "--no-minimise --jobs 2 2>&1"), 1);
	assert_has(f, "500 cases");
	names(f, second);
	assert_non_null(strstr(first, "\n"));
	assert_string_equal(first, second);
	free(first);
	free(second);
}

static void test_cli_fuzz_case_runs_the_same_program_again(void **state)
{
	struct fixture *f = *state;
	char command[256], *at, *end;

	assert_int_equal(call(f, "fuzz --backend mutant:SPLIT_OFFSET --runs 20 --seed 1 --out o "
				 "--no-minimise --ops 12 2>&1"), 1);
	assert_int_equal(shell(f, "cat o/*/report.txt"), 0);
	at = strstr(f->out, "vmafuzz fuzz --case ");
	assert_non_null(at);
	end = strchr(at, '\n');
	assert_non_null(end);
	snprintf(command, sizeof(command), "%.*s", (int)(end - at) - 8, at + 8);
	assert_non_null(strstr(command, "--ops 12"));
	assert_int_equal(call(f, command), 1);
	assert_has(f, "Program, up to the operation at fault");
}

static void test_cli_fuzz_json_lines_are_objects(void **state)
{
	struct fixture *f = *state;
	char *line, *save = NULL;
	bool summary = false;

	assert_int_equal(call(f, "fuzz --backend mutant:SPLIT_OFFSET --runs 50 --seed 1 --json"),
			 1);
	for (line = strtok_r(f->out, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		assert_int_equal(strncmp(line, "{\"type\":\"", 9), 0);
		assert_int_equal(line[strlen(line) - 1], '}');
		summary |= strncmp(line, "{\"type\":\"summary\"", 17) == 0;
	}
	assert_true(summary);
}

static void test_cli_known_bug_is_labelled_or_tolerated(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "run known.vma --backend model:v6.18.44"), 1);
	assert_has(f, "known: dontunmap_self_merge");
	assert_int_equal(call(f, "run known.vma --backend model:v6.18.44 --tolerate-known"), 0);
	assert_has(f, "agree known.vma (3 ops)");
	assert_int_equal(call(f, "run known.vma --backend model:v6.18.44 "
				 "--rules dontunmap_self_merge=on"), 0);
}

static void test_cli_min_writes_the_program_alone_to_stdout(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "min known.vma --backend model:v6.18.44 2>/dev/null >small.vma"),
			 1);
	assert_int_equal(call(f, "run small.vma --backend model:v6.18.44"), 1);
	assert_has(f, "(2 of 2)");
	assert_int_equal(call(f, "min known.vma --backend model 2>&1"), 0);
	assert_has(f, "does not diverge");
	assert_int_equal(call(f, "min known.vma --backend model:v6.18.44 --out other.vma "
				 "2>/dev/null"), 1);
	assert_string_equal(f->out, "");
	assert_int_equal(shell(f, "cmp small.vma other.vma"), 0);
}

static void test_cli_run_reads_bytes_and_standard_input(void **state)
{
	static const char bytes[2 * OP_BYTES] = {0};
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/crash-1", f->dir);
	write_file(path, bytes, sizeof(bytes));
	assert_int_equal(call(f, "run crash-1 --backend model"), 0);
	assert_has(f, "agree crash-1 (2 ops)");
	assert_int_equal(call(f, "run - --backend model <known.vma"), 0);
	assert_has(f, "agree - (3 ops)");
}

static void test_cli_run_checks_what_the_file_expects(void **state)
{
	static const char text[] = "vma 1\n"
				   "mmap(@0, +1, rw, private|anonymous|fixed, none, 0) = @0\n"
				   "munmap(@0, +1) = EINVAL\n";
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/wrong.vma", f->dir);
	write_file(path, text, strlen(text));
	assert_int_equal(call(f, "run wrong.vma --backend model"), 1);
	assert_has(f, "the file expects munmap to return EINVAL, it returned 0");
}

static void test_cli_run_unreadable_text_tells_the_line(void **state)
{
	static const char text[] = "vma 1\nmunmap(@0)\n";
	struct fixture *f = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/bad.vma", f->dir);
	write_file(path, text, strlen(text));
	assert_int_equal(call(f, "run bad.vma --backend model 2>&1"), 2);
	assert_has(f, "bad.vma:2:");
}

static void test_cli_tables_print(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "ops"), 0);
	assert_has(f, "mremap ");
	assert_int_equal(call(f, "rules"), 0);
	assert_has(f, "anon_merge = legacy symmetric");
	assert_int_equal(call(f, "rules --profiles"), 0);
	assert_has(f, "v6.18.44");
	assert_int_equal(call(f, "quirks"), 0);
	assert_has(f, "dontunmap_self_merge");
	assert_int_equal(call(f, "quirks --json"), 0);
	assert_has(f, "{\"name\":\"dontunmap_self_merge\"");
}

static void test_cli_output_that_cannot_be_written_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "ops 2>&1 >/dev/full"), 3);
	assert_has(f, "cannot write to standard output: No space left");
}

static void test_cli_fuzz_stops_at_a_signal_with_a_summary(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(call(f, "fuzz --backend model --tolerate-known --out o --seed 1 --jobs 2 "
				 "2>&1 & pid=$!; sleep 0.5; kill -TERM $pid; wait $pid"), 0);
	assert_has(f, "stopping after the current case");
	assert_has(f, "all agreed: ");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_cli_alone_shows_what_matters_first),
		T(test_cli_wrong_usage_is_status_2),
		T(test_cli_each_verb_has_help),
		T(test_cli_fuzz_agreeing_is_status_0_and_leaves_no_finding),
		T(test_cli_fuzz_mutant_is_found_saved_and_replayed),
		T(test_cli_fuzz_same_seed_finds_the_same_with_any_jobs),
		T(test_cli_fuzz_case_runs_the_same_program_again),
		T(test_cli_fuzz_json_lines_are_objects),
		T(test_cli_known_bug_is_labelled_or_tolerated),
		T(test_cli_min_writes_the_program_alone_to_stdout),
		T(test_cli_run_reads_bytes_and_standard_input),
		T(test_cli_run_checks_what_the_file_expects),
		T(test_cli_run_unreadable_text_tells_the_line),
		T(test_cli_tables_print),
		T(test_cli_output_that_cannot_be_written_is_an_error),
		T(test_cli_fuzz_stops_at_a_signal_with_a_summary),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
