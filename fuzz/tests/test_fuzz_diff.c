/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The property of fuzz_diff can fail: with a table in which a rule is about no operation, a program
 * that shows the rule ends the process, and one that does not show it goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FUZZ_PREFIX_BYTES 2
#include "fuzz/fuzz_diff.c"
#include "harness/tests/tamper.h"

/* Takes the place of the one in rule_ops.c: no other rule is about any operation. */
const u64 rule_ops[sizeof(struct model_rules)] = {
	[offsetof(struct model_rules, acct_drop_on_ro)] = 1ull << OP_MPROTECT,
};

static u8 profile_index(const char *name)
{
	return (u8)(profile_find(name) - model_profiles);
}

/* How a process ends that is given the program with these two profiles; @text gets its words. */
static int run(const char *a, const char *b, const char *lines, char *text, size_t size)
{
	u8 bytes[2 + 16 * OP_BYTES] = {profile_index(a), profile_index(b)};
	struct prog *prog = malloc(sizeof(*prog));
	size_t len = 0, bytes_size;
	int fd[2], status = 0;
	ssize_t n;
	pid_t pid;

	assert_non_null(prog);
	program(prog, lines);
	bytes_size = 2 + prog_encode(prog, bytes + 2, sizeof(bytes) - 2);
	free(prog);
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		dup2(fd[1], STDERR_FILENO);
		close(fd[0]);
		LLVMFuzzerTestOneInput(bytes, bytes_size);
		_exit(0);
	}
	close(fd[1]);
	while (len < size - 1 && (n = read(fd[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static const char *const stack = "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n"
				 "mmap(@1, +1, rw, private|anonymous|fixed|stack, none, 0)\n";

static void test_diff_unexplained_difference_ends_the_process(void **state)
{
	char text[4096];
	int status = run("v6.1", "v6.12", stack, text, sizeof(text));

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(text, "operation 2: map_stack_nohuge"));
}

static void test_diff_explained_difference_goes_on(void **state)
{
	char text[4096];

	(void)state;
	/* acct_drop_on_ro shows. */
	assert_int_equal(run("v6.1", "v6.12", "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n"
			     "mprotect(@0, +1, r)\n", text, sizeof(text)), 0);
	/* Both have the rule. */
	assert_int_equal(run("v6.12", "v7.3", stack, text, sizeof(text)), 0);
}

static void test_diff_equal_profiles_go_on(void **state)
{
	char text[4096];

	(void)state;
	assert_int_equal(run("v6.1", "v6.1", stack, text, sizeof(text)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_unexplained_difference_ends_the_process),
		cmocka_unit_test(test_diff_explained_difference_goes_on),
		cmocka_unit_test(test_diff_equal_profiles_go_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
