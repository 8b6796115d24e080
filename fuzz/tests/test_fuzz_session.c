/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The body of the targets: a divergence ends the process in the function of its aspect, a broken
 * backend in its own, and neither known bugs nor what a backend lacks end anything.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <execinfo.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/fuzz_session.h"
#include "harness/tests/tamper.h"

#define RW ", rw, private|anonymous|fixed, none, 0)\n"
#define SELF_MERGE "mmap(@0, +2" RW "mremap(@0, +2, +2, maymove|fixed|dontunmap, @2)\n"

/* A program in bytes, at most so long. */
struct bytes {
	u8 byte[16 * OP_BYTES];
	size_t size;
};

static struct bytes encoded(const char *lines)
{
	struct prog *prog = malloc(sizeof(*prog));
	struct bytes bytes;

	assert_non_null(prog);
	program(prog, lines);
	bytes.size = prog_encode(prog, bytes.byte, sizeof(bytes.byte));
	assert_true(bytes.size > 0);
	free(prog);
	return bytes;
}

static enum verdict run(const struct fuzz_config *config, const char *lines)
{
	const struct bytes bytes = encoded(lines);
	struct diag diag = {.text = ""};
	struct fuzz_session *fs = fuzz_session_open(config, &diag);
	enum verdict verdict;

	if (!fs)
		fail_msg("%s", diag.text);
	verdict = fuzz_session_run(fs, bytes.byte, bytes.size);
	fuzz_session_close(fs);
	return verdict;
}

/* ---- how a process ends ---- */

static void on_abort(int number)
{
	void *frames[64];

	(void)number;
	backtrace_symbols_fd(frames, backtrace(frames, ARRAY_SIZE(frames)), STDERR_FILENO);
}

/* Runs the program in a child; what it wrote to standard error, and how it ended. */
static int run_in_child(const struct fuzz_config *config, const char *lines, char *text,
			size_t size)
{
	size_t len = 0;
	int fd[2], status = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGABRT, on_abort);
		dup2(fd[1], STDERR_FILENO);
		close(fd[0]);
		run(config, lines);
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

static int open_complaining(struct backend **out, const struct backend_opts *opts,
			    struct diag *diag)
{
	(void)opts;
	(void)diag;
	*out = tamper_open(TAMPER_COMPLAIN, OP_MPROTECT, 1);
	return 0;
}

static int open_broken(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	(void)opts;
	(void)diag;
	*out = tamper_open(TAMPER_EXEC, OP_MPROTECT, 1);
	return 0;
}

static const struct backend_type complaining = {.name = "complaining", .open = open_complaining};
static const struct backend_type broken = {.name = "broken", .open = open_broken};

struct canary {
	const struct backend_type *type;
	const char *spec;
	const char *lines;
	const char *function; /* that the process must end in */
};

static const struct canary canaries[] = {
	{&backend_mutant, "SEAL_IGNORED",
	 "mmap(@0, +1" RW "mseal(@0, +1, 0)\nmprotect(@0, +1, r)\n",
	 "vmafuzz_divergence_result"},
	{&backend_mutant, "NO_ACCOUNT", "mmap(@0, +1" RW, "vmafuzz_divergence_attribute"},
	{&backend_mutant, "MERGE_EXCLUDED", SELF_MERGE, "vmafuzz_divergence_boundary"},
	{&backend_mutant, "READ_FAULTS", "mmap(@0, +1" RW "read(@0)\n",
	 "vmafuzz_divergence_anon_vma"},
	{&backend_mutant, "FORK_LOSES_GUARDS",
	 "mmap(@0, +1, rw, private|fixed, m0, 0)\nmadvise(@0, +1, guard_install)\nfork()\n",
	 "vmafuzz_divergence_populated"},
	{&backend_mutant, "WRITE_LOST",
	 "mmap(@0, +3" RW "write(@0)\nwrite(@0)\nwrite(@1)\nwrite(@0)\nwrite(@1)\nwrite(@2)\n"
	 "write(@2)\nwrite(@1)\nwrite(@0)\nwrite(@1)\nwrite(@2)\nwrite(@2)\n",
	 "vmafuzz_divergence_content"},
	{&backend_mutant, "LOCKED_LEAK",
	 "mmap(@0, +1, rw, private|anonymous|fixed|locked, none, 0)\nmunmap(@0, +1)\n",
	 "vmafuzz_divergence_counter"},
	{&complaining, NULL, "mmap(@0, +1" RW "mprotect(@0, +1, r)\n",
	 "vmafuzz_divergence_kernel"},
	{&broken, NULL, "mmap(@0, +1" RW "mprotect(@0, +1, r)\n", "vmafuzz_backend_error"},
};

static void test_divergence_ends_in_the_function_of_its_aspect(void **state)
{
	static char text[65536];
	char frame[64];
	u32 i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(canaries); i++) {
		const struct fuzz_config config = {
			.type = canaries[i].type, .spec = canaries[i].spec, .pages_each = true};
		int status = run_in_child(&config, canaries[i].lines, text, sizeof(text));

		if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
			fail_msg("%s: status %#x", canaries[i].function, status);
		/* As a frame of the stack, and as what is printed. */
		for (k = 0; k < ARRAY_SIZE(canaries); k++) {
			snprintf(frame, sizeof(frame), "%s+0x", canaries[k].function);
			if ((strstr(text, frame) != NULL) != (i == k))
				fail_msg("canary %u, %s: %s", i, frame, text);
		}
		snprintf(frame, sizeof(frame), "\n%s\n", canaries[i].function);
		assert_non_null(strstr(text, frame));
		if (canaries[i].type == &backend_mutant)
			assert_non_null(strstr(text, "Program, up to the operation at fault"));
	}
}

/* One row for each aspect there is, in their order. */
static void test_divergence_functions_are_named_as_the_aspects(void **state)
{
	static const char *const names[] = {
		[ASPECT_NONE] = NULL,
#define X(ID, name) [ASPECT_##ID] = #name,
		FUZZ_ASPECTS(X)
#undef X
	};
	u32 i;

	(void)state;
	assert_int_equal(ARRAY_SIZE(names), ASPECT_COUNT);
	for (i = 1; i < ASPECT_COUNT; i++)
		assert_string_equal(names[i], aspect_names[i]);
}

/* ---- what ends nothing ---- */

static void test_run_agreement_is_told(void **state)
{
	const struct fuzz_config config = {.type = &backend_model, .pages_each = true};

	(void)state;
	assert_int_equal(run(&config, SELF_MERGE), VERDICT_AGREE);
}

static void test_run_known_bug_of_an_exact_kernel_agrees(void **state)
{
	const struct fuzz_config config = {.type = &backend_model, .spec = "v6.18.44"};

	(void)state;
	assert_int_equal(run(&config, SELF_MERGE), VERDICT_AGREE);
}

static int open_inexact(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	int err = backend_model.open(out, opts, diag);

	if (!err)
		(*out)->profile_exact = false;
	return err;
}

static void test_run_known_bug_of_another_kernel_is_no_finding(void **state)
{
	static const struct backend_type inexact = {.name = "inexact", .open = open_inexact};
	const struct fuzz_config config = {.type = &inexact, .spec = "v6.18.44"};

	(void)state;
	assert_int_equal(run(&config, SELF_MERGE), VERDICT_DIVERGE);
}

static u32 *finished(void)
{
	static u32 count;

	return &count;
}

static int count_finish(struct backend *b, struct diag *diag)
{
	(void)b;
	(void)diag;
	++*finished();
	return 0;
}

static int open_counting(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	static struct backend_type counting;
	int err = open_inexact(out, opts, diag);

	counting = backend_model;
	counting.finish = count_finish;
	if (!err)
		(*out)->type = &counting;
	return err;
}

static void test_run_ends_a_case_that_stopped_early(void **state)
{
	static const struct backend_type type = {.name = "counting", .open = open_counting};
	const struct fuzz_config config = {.type = &type, .spec = "v6.18.44"};

	(void)state;
	*finished() = 0;
	assert_int_equal(run(&config, SELF_MERGE), VERDICT_DIVERGE);
	assert_int_equal(*finished(), 1);
}

static int open_poor(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	int err = backend_model.open(out, opts, diag);

	if (!err) {
		(*out)->ops = OPS_ALL & ~(1ull << OP_MPROTECT | 1ull << OP_MSEAL);
		(*out)->can_fail_alloc = false;
	}
	return err;
}

static void test_run_leaves_out_what_the_backend_lacks(void **state)
{
	static const struct backend_type poor = {.name = "poor", .open = open_poor};
	const struct fuzz_config config = {.type = &poor};
	struct bytes bytes = encoded("mseal(@0, +1, 0)\nmmap(@0, +1" RW
				     "mprotect(@0, +1, r)\nmprotect(@0, +1, rw)\n"
				     "write(@0)\nmseal(@0, +1, 0)\n");
	struct prog prog;
	struct diag diag;
	struct fuzz_session *fs = fuzz_session_open(&config, &diag);

	(void)state;
	assert_non_null(fs);
	prog_decode(&prog, bytes.byte, bytes.size);
	prog.ops[1].fail_nth = 1;
	bytes.size = prog_encode(&prog, bytes.byte, sizeof(bytes.byte));
	assert_int_equal(fuzz_session_run(fs, bytes.byte, bytes.size), VERDICT_AGREE);
	assert_int_equal(fuzz_session_prog(fs)->count, 2);
	assert_int_equal(fuzz_session_prog(fs)->ops[0].fail_nth, 0);
	assert_int_equal(fuzz_session_prog(fs)->ops[0].kind, OP_MMAP);
	assert_int_equal(fuzz_session_prog(fs)->ops[1].kind, OP_WRITE);
	fuzz_session_close(fs);
}

static void test_open_of_what_is_not_there_says_so(void **state)
{
	const struct fuzz_config config = {.type = &backend_model, .spec = "v0.1"};
	struct diag diag = {.text = ""};

	(void)state;
	assert_null(fuzz_session_open(&config, &diag));
	assert_non_null(strstr(diag.text, "v0.1"));
	fuzz_session_close(NULL);
}

static void test_session_of_the_process_is_one(void **state)
{
	const struct fuzz_config config = {.type = &backend_model};
	struct fuzz_session *fs = fuzz_session_of_process(&config);

	(void)state;
	assert_non_null(fs);
	assert_ptr_equal(fuzz_session_of_process(&config), fs);
}

static void test_session_of_the_process_that_is_not_there_exits_as_skipped(void **state)
{
	const struct fuzz_config config = {.type = &backend_model, .spec = "v0.1"};
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		dup2(STDOUT_FILENO, STDERR_FILENO);
		fuzz_session_of_process(&config);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_divergence_ends_in_the_function_of_its_aspect),
		cmocka_unit_test(test_divergence_functions_are_named_as_the_aspects),
		cmocka_unit_test(test_run_agreement_is_told),
		cmocka_unit_test(test_run_known_bug_of_an_exact_kernel_agrees),
		cmocka_unit_test(test_run_known_bug_of_another_kernel_is_no_finding),
		cmocka_unit_test(test_run_ends_a_case_that_stopped_early),
		cmocka_unit_test(test_run_leaves_out_what_the_backend_lacks),
		cmocka_unit_test(test_open_of_what_is_not_there_says_so),
		cmocka_unit_test(test_session_of_the_process_that_is_not_there_exits_as_skipped),
		cmocka_unit_test(test_session_of_the_process_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
