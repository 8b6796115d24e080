/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text form: what is written is read back, and what is not understood is refused with the
 * place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/abi.h"
#include "model/prog.h"
#include "model/rng.h"

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct prog_file));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void parse(struct prog_file *file, const char *text)
{
	struct diag diag = { "" };

	if (prog_parse(file, "t.vma", text, &diag))
		fail_msg("%s", diag.text);
}

static void refuse(struct prog_file *file, const char *text, const char *where_and_what)
{
	struct diag diag = { "" };

	if (prog_parse(file, "t.vma", text, &diag) != -EINVAL)
		fail_msg("understood: %s", text);
	if (strncmp(diag.text, where_and_what, strlen(where_and_what)) != 0)
		fail_msg("expected \"%s...\", got \"%s\"", where_and_what, diag.text);
}

/* The canonical text of @prog; the caller frees it. */
static char *printed(const struct prog *prog)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(prog_print(out, prog), 0);
	fclose(out);
	return text;
}

static void expect_canonical(struct prog_file *file, const char *text, const char *canonical)
{
	char *again;

	parse(file, text);
	again = printed(&file->prog);
	assert_string_equal(again, canonical);
	free(again);
}

static void test_print_of_any_decoded_program_is_read_back(void **state)
{
	struct prog_file *file = *state;
	static struct prog prog;
	u8 bytes[30 * OP_BYTES];
	struct rng rng;

	rng_seed(&rng, 4);
	for (u32 round = 0; round < 300; round++) {
		char *text;

		for (u32 i = 0; i < sizeof(bytes); i++)
			bytes[i] = (u8)rng_next(&rng);
		prog_decode(&prog, bytes, sizeof(bytes));
		text = printed(&prog);
		parse(file, text);
		assert_true(prog_equal(&prog, &file->prog));
		expect_canonical(file, text, text);
		free(text);
	}
}

static void test_parse_of_the_example_understands_every_part(void **state)
{
	struct prog_file *file = *state;
	const struct op *op = file->prog.ops;

	parse(file, "# why\n"
		    "\n"
		    "vma 1 # the version\n"
		    "mmap(@0, +4, rw, private|anonymous|fixed, none, 0) = @0\n"
		    "write(@1)\n"
		    "fork() = p1\n"
		    "  p1:\tmprotect( @0 ,+2,r ) = 0 # spaces do not matter\n"
		    "read(@1) = 2\n"
		    "mremap(last, +2, +4, maymove, @8) = ?\n"
		    "madvise(0x1000, 0x10, 0x5) = EINVAL\n"
		    "read(@60)=SIGSEGV");
	assert_int_equal(file->prog.count, 8);
	assert_int_equal(op[0].kind, OP_MMAP);
	assert_int_equal(op[0].arg[1], 4 * PAGE_BYTES);
	assert_int_equal(op[0].arg[2], ABI_PROT_READ | ABI_PROT_WRITE);
	assert_true(file->has_result[0]);
	assert_int_equal(file->result[0].value, ARENA_BASE);
	assert_false(file->has_result[1]);
	assert_int_equal(file->result[2].value, 1);
	assert_int_equal(op[3].proc, 1);
	assert_int_equal(file->result[4].value, 2);
	assert_false(file->has_result[5]);
	assert_int_equal(file->result[6].err, -EINVAL);
	assert_int_equal(file->result[7].err, RESULT_SIGSEGV);
}

static void test_canonical_text_has_no_comment_result_or_expectation(void **state)
{
	expect_canonical(*state,
			 "vma 1\n\n# c\np0: munmap( @0,0x2000 )=0 # d\n\n"
			 "expect all:\n| p0 nothing\n",
			 "vma 1\nmunmap(@0, +2)\n");
	expect_canonical(*state, "vma 1", "vma 1\n");
	expect_canonical(*state, "vma 1\np1:fork()\tfail_nth=03 =ENOMEM # c\n",
			 "vma 1\np1: fork() fail_nth=3\n");
	expect_canonical(*state, "vma 1\nwrite(@1)fail_nth=32", "vma 1\nwrite(@1) fail_nth=32\n");
}

static void test_result_of_each_operation_is_read_as_printed(void **state)
{
	static const char *const lines[] = {
		"mmap(@0, +1, rw, private|anonymous, none, 0) = @-1",
		"mmap(@0, +1, rw, private|anonymous, none, 0) = 0x7f0000000000",
		"mmap(0, +1, rw, private|anonymous|fixed, none, 0) = 0",
		"mremap(@0, +1, +1, 0, @0) = @5",
		"mremap(@0, +1, +1, 0, @0) = EFAULT",
		"munmap(@0, +1) = 0",
		"brk(@44) = @40",
		"brk(@40+0x8) = 0x100000008008",
		"read(@0) = 18446744073709551615",
		"read(@0) = 0",
		"write(@0) = SIGBUS",
		"fork() = p5",
		"exit() = EBUSY",
		"mlock(@0, +1) = EAGAIN",
	};
	struct prog_file *file = *state;
	char text[300], op[150], result[50];

	for (u32 i = 0; i < ARRAY_SIZE(lines); i++) {
		snprintf(text, sizeof(text), "vma 1\n%s\n", lines[i]);
		parse(file, text);
		assert_true(file->has_result[0]);
		op_print(op, sizeof(op), &file->prog.ops[0]);
		result_print(result, sizeof(result), &file->prog.ops[0], &file->result[0]);
		snprintf(text, sizeof(text), "%s = %s", op, result);
		assert_string_equal(text, lines[i]);
	}
}

static void test_err_name_of_errors_and_signals(void **state)
{
	(void)state;
	assert_string_equal(err_name(0), "0");
	assert_string_equal(err_name(-ENOMEM), "ENOMEM");
	assert_string_equal(err_name(-EOPNOTSUPP), "EOPNOTSUPP");
	assert_string_equal(err_name(RESULT_SIGBUS), "SIGBUS");
	assert_string_equal(err_name(RESULT_REFUSED), "REFUSED");
	assert_string_equal(err_name(-4000), "unknown error");
}

static void test_expect_blocks_keep_profiles_and_lines(void **state)
{
	struct prog_file *file = *state;

	parse(file, "vma 1\n"
		    "fork()\n"
		    "expect v6.12 v6.16:\n"
		    "| = 0\n"
		    "  |  p0 @0 +4 rw ac # trailing\n"
		    "\n"
		    "| p1 nothing\n"
		    "observed v6.16 :\n"
		    "|\n"
		    "expect  all:\n"
		    "|\tp0 nothing\n");
	assert_int_equal(file->expect_count, 3);
	assert_false(file->expect[0].observed);
	assert_int_equal(file->expect[0].profile_count, 2);
	assert_string_equal(file->expect[0].profile[0], "v6.12");
	assert_string_equal(file->expect[0].profile[1], "v6.16");
	assert_int_equal(file->expect[0].line_count, 3);
	assert_string_equal(file->expect[0].line[0], "= 0");
	assert_string_equal(file->expect[0].line[1], "p0 @0 +4 rw ac");
	assert_string_equal(file->expect[0].line[2], "p1 nothing");
	assert_true(file->expect[1].observed);
	assert_string_equal(file->expect[1].line[0], "");
	assert_int_equal(file->expect[2].profile_count, 0);
	assert_string_equal(file->expect[2].line[0], "p0 nothing");
}

static void test_refused_text_names_line_and_column(void **state)
{
	static const struct {
		const char *text, *where_and_what;
	} rows[] = {
		{ "", "t.vma:1:1: the file is empty" },
		{ "# only\n\n", "t.vma:3:1: the file is empty" },
		{ "fork()\n", "t.vma:1:1: the first line must be \"vma 1\"" },
		{ "\n vma\n", "t.vma:2:2: the first line must be \"vma 1\"" },
		{ "vma 2\n", "t.vma:1:5: version \"2\"" },
		{ "vma 1 2\n", "t.vma:1:5: version \"1 2\"" },
		{ "vma 1\nvma 1\n", "t.vma:2:1: unknown operation \"vma\"" },
		{ "vma 1\nmunmpa(@0, +1)\n", "t.vma:2:1: unknown operation \"munmpa\"; the" },
		{ "vma 1\n(@0)\n", "t.vma:2:1: unknown operation \"\"" },
		{ "vma 1\np6: fork()\n", "t.vma:2:1: expected p0: to p5:" },
		{ "vma 1\np1 fork()\n", "t.vma:2:1: expected p0: to p5:" },
		{ "vma 1\nfork\n", "t.vma:2:5: expected fork(...)" },
		{ "vma 1\nfork(\n", "t.vma:2:5: expected fork(...)" },
		{ "vma 1\nfork)(\n", "t.vma:2:1: unknown operation \"fork)\"" },
		{ "vma 1\nfork(@0)\n", "t.vma:2:6: fork has 0 arguments: fork()" },
		{ "vma 1\nread()\n", "t.vma:2:6: read has 1 argument: read(addr)" },
		{ "vma 1\nmunmap(@0)\n", "t.vma:2:8: munmap has 2 arguments: munmap(addr, len)" },
		{ "vma 1\nmunmap(@0, +1, +2)\n", "t.vma:2:15: munmap has 2 arguments" },
		{ "vma 1\nmunmap(@0, )\n", "t.vma:2:12: len: \"\" is not a number of bytes" },
		{ "vma 1\n  munmap(@0,  1)\n", "t.vma:2:15: len: \"1\" is not" },
		{ "vma 1\nmunmap(@0, +1) 0\n", "t.vma:2:16: expected fail_nth=N, \"= result\"" },
		{ "vma 1\nfork() fail_nth\n", "t.vma:2:8: expected fail_nth=1 to fail_nth=32" },
		{ "vma 1\nfork() fail_nth=\n", "t.vma:2:8: expected fail_nth=1 to" },
		{ "vma 1\nfork() fail_nth=0\n", "t.vma:2:8: expected fail_nth=1 to" },
		{ "vma 1\nfork() fail_nth=33\n", "t.vma:2:8: expected fail_nth=1 to" },
		{ "vma 1\nfork() fail_nth=3x\n", "t.vma:2:8: expected fail_nth=1 to" },
		{ "vma 1\nfork() fail_nth=3=p1\n", "t.vma:2:8: expected fail_nth=1 to" },
		{ "vma 1\nfork() fail_nth=3 p1\n", "t.vma:2:19: expected fail_nth=N" },
		{ "vma 1\nfork() fail_nth=3 fail_nth=4\n", "t.vma:2:19: expected fail_nth=N" },
		{ "vma 1\nfork() = p1 fail_nth=3\n", "t.vma:2:10: \"p1 fail_nth=3\" is not" },
		{ "vma 1\nmunmap(@0, +1) =\n", "t.vma:2:17: \"\" is not a result of munmap: 0," },
		{ "vma 1\nmunmap(@0, +1) = @0\n", "t.vma:2:18: \"@0\" is not a result of munmap" },
		{ "vma 1\nmunmap(@0, +1) = EFOO\n", "t.vma:2:18: \"EFOO\" is not" },
		{ "vma 1\nfork() = 1\n", "t.vma:2:10: \"1\" is not a result of fork: a process" },
		{ "vma 1\nfork() = p6\n", "t.vma:2:10: \"p6\" is not a result of fork" },
		{ "vma 1\nread(@0) = 0x1\n", "t.vma:2:12: \"0x1\" is not a result of read: a tag" },
		{ "vma 1\nmremap(@0, +1, +1, 0, @0) = last\n", "t.vma:2:29: \"last\" is not" },
		{ "vma 1\n| p0\n", "t.vma:2:1: a line beginning with \"|\"" },
		{ "vma 1\nexpect\n", "t.vma:2:7: expected \":\"" },
		{ "vma 1\nexpect v6.1\n| p0\n", "t.vma:2:12: expected \":\"" },
		{ "vma 1\nexpect:\n| p0\n", "t.vma:2:7: \"\" is not the name of a profile" },
		{ "vma 1\nexpect 6.1:\n| p0\n", "t.vma:2:8: \"6.1\" is not the name" },
		{ "vma 1\nexpect v:\n| p0\n", "t.vma:2:8: \"v\" is not the name" },
		{ "vma 1\nexpect v6.1 all:\n| p0\n", "t.vma:2:13: \"all\" is not the name" },
		{ "vma 1\nexpect v6 v6:\n| p0\n", "t.vma:2:11: v6 is named by two expect" },
		{ "vma 1\nexpect all:\n| a\nexpect all:\n| b\n", "t.vma:4:8: there are two" },
		{ "vma 1\nexpect all:\nobserved v6:\n| a\n", "t.vma:3:1: the block above" },
		{ "vma 1\nexpect all:\n", "t.vma:3:1: the block above is empty" },
		{ "vma 1\nexpect all:\n|a\n", "t.vma:3:2: expected a blank" },
		{ "vma 1\nexpect all:\n| a\nfork()\n", "t.vma:4:1: operations stand before" },
		{ "vma 1\nexpected all:\n", "t.vma:2:1: unknown operation \"expected\"" },
		{ "vma 1\n\x1b[31m\xff(\n", "t.vma:2:1: unknown operation \"?[31m?\"" },
		{ "vma 1\r\n", "t.vma:1:5: version \"1?\"" },
	};

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		refuse(*state, rows[i].text, rows[i].where_and_what);
}

/* "vma 1", then @line @count times. The caller frees it. */
static char *repeated(const char *line, u32 count)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs("vma 1\n", out);
	for (u32 i = 0; i < count; i++)
		fputs(line, out);
	fclose(out);
	return text;
}

static void test_too_much_of_anything_is_refused(void **state)
{
	struct prog_file *file = *state;
	char *text;

	text = repeated("fork()\n", PROG_OPS_MAX);
	parse(file, text);
	free(text);
	text = repeated("fork()\n", PROG_OPS_MAX + 1);
	refuse(file, text, "t.vma:258:1: a program has at most 256 operations");
	free(text);
	text = repeated("expect v1 v2 v3 v4 v5 v6 v7 v8 v9 v10 v11 v12 v13 v14 v15 v16 v17:\n", 1);
	refuse(file, text, "t.vma:2:63: a block names at most 16 profiles");
	free(text);
	text = repeated("| x\n", 70);
	memcpy(text, "vma 1\nexpect all:", 17);
	memset(text + 17, ' ', 5);
	text[21] = '\n';
	refuse(file, text, "t.vma:67:1: a block has at most 64 lines");
	free(text);
}

static void test_too_many_blocks_are_refused(void **state)
{
	char text[2000] = "vma 1\n";
	size_t len = strlen(text);

	for (u32 i = 0; i <= EXPECT_BLOCKS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "expect v%u:\n| x\n", i);
	refuse(*state, text, "t.vma:34:1: a file has at most 16 expect and observed blocks");
}

static void test_text_of_64_kib_is_too_long(void **state)
{
	struct prog_file *file = *state;
	char *text = malloc(sizeof(file->text) + 1);
	struct diag diag;

	assert_non_null(text);
	memset(text, '\n', sizeof(file->text));
	memcpy(text, "vma 1", 5);
	text[sizeof(file->text)] = '\0';
	assert_int_equal(prog_parse(file, "t.vma", text, &diag), -EFBIG);
	assert_non_null(strstr(diag.text, "t.vma"));
	text[sizeof(file->text) - 1] = '\0';
	assert_int_equal(prog_parse(file, "t.vma", text, &diag), 0);
	free(text);
}

/* Damages a good text in a few places: most results are refused, none may crash. */
static void test_parse_of_damaged_text_always_returns(void **state)
{
	static const char good[] =
		"vma 1\nmmap(@0, +4, rw, private|anonymous|fixed, none, 0) = @0\n"
		"p1: mremap(last+1, +2, 0x10, maymove|fixed, @-3+0x8) = ?\n"
		"read(@1) = 12\nfork() = p1 # c\nexpect v6.1 v7:\n| p0 nothing\n";
	static const char alphabet[] = "\n\n |,()=#:@+-?0x9vplast\t\x80\xff";
	struct prog_file *file = *state;
	char text[sizeof(good)], *canonical;
	u32 understood = 0;
	struct diag diag;
	struct rng rng;

	rng_seed(&rng, 5);
	for (u32 round = 0; round < 20000; round++) {
		memcpy(text, good, sizeof(good));
		for (u32 n = 1 + rng_below(&rng, 4); n; n--)
			text[rng_below(&rng, sizeof(good) - 1)] =
				alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
		if (prog_parse(file, "t.vma", text, &diag))
			continue;
		understood++;
		canonical = printed(&file->prog);
		expect_canonical(file, canonical, canonical);
		free(canonical);
	}
	assert_true(understood > 100);
}

static void test_load_reads_a_file_and_says_what_is_wrong_with_it(void **state)
{
	struct prog_file *file = *state;
	char path[] = "test_prog_text.XX" "XX" "XX";
	int fd = mkstemp(path);
	struct diag diag;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "vma 1\nfork()\n", 13), 13);
	assert_int_equal(prog_load(file, path, &diag), 0);
	assert_int_equal(file->prog.count, 1);
	assert_int_equal(write(fd, "fork(\0)", 7), 7);
	assert_int_equal(prog_load(file, path, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "a byte 0"));
	assert_int_equal(ftruncate(fd, 65536), 0);
	assert_int_equal(prog_load(file, path, &diag), -EFBIG);
	close(fd);
	unlink(path);
	assert_int_equal(prog_load(file, path, &diag), -ENOENT);
	assert_non_null(strstr(diag.text, path));
	assert_true(prog_load(file, "/", &diag) < 0);
}

static void test_print_to_a_broken_stream_fails(void **state)
{
	static struct prog prog;
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	if (!out)
		skip();
	assert_int_equal(prog_print(out, &prog), -ENOSPC);
	fclose(out);
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_print_of_any_decoded_program_is_read_back),
		FILE_TEST(test_parse_of_the_example_understands_every_part),
		FILE_TEST(test_canonical_text_has_no_comment_result_or_expectation),
		FILE_TEST(test_result_of_each_operation_is_read_as_printed),
		FILE_TEST(test_expect_blocks_keep_profiles_and_lines),
		FILE_TEST(test_refused_text_names_line_and_column),
		FILE_TEST(test_too_much_of_anything_is_refused),
		FILE_TEST(test_too_many_blocks_are_refused),
		FILE_TEST(test_text_of_64_kib_is_too_long),
		FILE_TEST(test_parse_of_damaged_text_always_returns),
		FILE_TEST(test_load_reads_a_file_and_says_what_is_wrong_with_it),
		cmocka_unit_test(test_err_name_of_errors_and_signals),
		cmocka_unit_test(test_print_to_a_broken_stream_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
