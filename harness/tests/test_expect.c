/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which block of a file is chosen, and that each line of it is compared.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#undef expect_check /* a macro of cmocka, which this test does not use */
#include "harness/expect.h"
#include "model/model.h"

static const char *const program = "vma 1\n"
				   "mmap(@0, +2, rw, private|anonymous|fixed, none, 0) = @0\n"
				   "munmap(@1, +1) = ?\n"
				   "read(@0) = 0\n";

struct fixture {
	struct prog_file file;
	struct model model;
	struct snapshot final;
	struct op_result results[PROG_OPS_MAX];
	struct diag diag;
	char text[4096];
};

/* Parses the program with @blocks behind it, and runs it on the newest model. */
static void run(struct fixture *f, const char *blocks)
{
	struct model_config config;
	u32 i;

	snprintf(f->text, sizeof(f->text), "%s\n%s", program, blocks);
	if (prog_parse(&f->file, "test", f->text, &f->diag))
		fail_msg("%s", f->diag.text);
	model_config_default(&config);
	model_init(&f->model, &config);
	for (i = 0; i < f->file.prog.count; i++)
		assert_int_equal(model_step(&f->model, i, &f->file.prog.ops[i], NULL,
					    &f->results[i]), 0);
	model_snapshot(&f->model, &f->final, true);
}

static int check(struct fixture *f, const char *profile, bool quirks_on)
{
	f->diag.text[0] = '\0';
	return expect_check(&f->file, profile, quirks_on, &f->final, f->results, &f->diag);
}

/* The right lines, as snap_print() writes them, behind @head; the caller frees it. */
static char *right(struct fixture *f, const char *head)
{
	char *state = NULL, *block = NULL;
	size_t size = 0;
	FILE *out;

	run(f, "");
	model_snapshot(&f->model, &f->final, false);
	out = open_memstream(&state, &size);
	assert_non_null(out);
	snap_print(out, &f->final, "| ");
	fclose(out);
	out = open_memstream(&block, &size);
	assert_non_null(out);
	fprintf(out, "%s\n%s", head, state);
	fclose(out);
	free(state);
	return block;
}

static void test_expect_right_block_passes_without_its_pages(void **state)
{
	struct fixture *f = *state;
	char *block = right(f, "expect all:");

	run(f, block);
	assert_int_equal(check(f, "v7.3", false), 0);
	free(block);
}

static void test_expect_line_more_or_less_or_other_fails(void **state)
{
	struct fixture *f = *state;
	char *block = right(f, "expect all:");
	char *last, text[2048];

	snprintf(text, sizeof(text), "%s| p0 @9 +1 rw\n", block);
	run(f, text);
	assert_int_equal(check(f, "v7.3", false), -EINVAL);
	assert_non_null(strstr(f->diag.text, "expects \"p0 @9 +1 rw\""));

	snprintf(text, sizeof(text), "%s", block);
	last = strrchr(text, '|');
	*last = '\0';
	run(f, text);
	assert_int_equal(check(f, "v7.3", false), -EINVAL);
	assert_non_null(strstr(f->diag.text, "no more lines"));

	snprintf(text, sizeof(text), "%s", block);
	*strchr(text, '+') = '-';
	run(f, text);
	assert_int_equal(check(f, "v7.3", false), -EINVAL);
	free(block);
}

static void test_expect_results_of_a_block_are_compared(void **state)
{
	struct fixture *f = *state;
	char *good = right(f, "expect all:\n| = @0 0 0");
	char *bad = right(f, "expect all:\n| = @0 0 1");

	run(f, good);
	assert_int_equal(check(f, "v7.3", false), 0);
	run(f, bad);
	assert_int_equal(check(f, "v7.3", false), -EINVAL);
	assert_non_null(strstr(f->diag.text, "= @0 0 1"));
	free(good);
	free(bad);
}

static void test_expect_block_is_chosen_by_profile_and_quirks(void **state)
{
	static const struct {
		const char *profile;
		bool quirks_on;
		const char *line; /* of the block; NULL: the one for all */
	} rows[] = {
		{"v6.12", false, "| twelve"},
		{"v6.12", true, "| observed"},
		{"v6.16", true, "| observed"},
		{"v6.16", false, "| all"},
		{"v7.3", false, "| all"},
		{"v7.3", true, "| all"},
	};
	struct fixture *f = *state;
	u32 i;

	run(f, "expect all:\n| all\nobserved v6.12 v6.16:\n| observed\nexpect v6.12:\n| twelve\n");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct prog_expect *block = expect_find(&f->file, rows[i].profile,
							      rows[i].quirks_on);

		assert_non_null(block);
		assert_string_equal(block->line[0], rows[i].line + 2);
	}
	run(f, "expect v6.12:\n| twelve\n");
	assert_null(expect_find(&f->file, "v7.3", false));
	assert_int_equal(check(f, "v7.3", false), 0);
}

static void test_expect_result_behind_an_operation_is_compared(void **state)
{
	struct fixture *f = *state;
	u32 count;

	run(f, "");
	count = f->file.prog.count;
	assert_int_equal(expect_results(&f->file, f->results, count, &f->diag), count);
	/* "?" is any. */
	f->results[1].err = -ENOMEM;
	assert_int_equal(expect_results(&f->file, f->results, count, &f->diag), count);
	f->results[2].value = 5;
	assert_int_equal(expect_results(&f->file, f->results, count, &f->diag), 2);
	assert_string_equal(f->diag.text, "the file expects read to return 0, it returned 5");
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_expect_right_block_passes_without_its_pages),
		cmocka_unit_test(test_expect_line_more_or_less_or_other_fails),
		cmocka_unit_test(test_expect_results_of_a_block_are_compared),
		cmocka_unit_test(test_expect_block_is_chosen_by_profile_and_quirks),
		cmocka_unit_test(test_expect_result_behind_an_operation_is_compared),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
