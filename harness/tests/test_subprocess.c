/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that are run: what comes back of them, and that they end when we are told to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

#include "harness/progress.h"
#include "harness/subprocess.h"

/* Runs @script in a shell; what it writes is in @out and @err. */
static int run(const char *script, char *out, size_t out_size, char *err, size_t err_size)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct subprocess p = {
		.argv = argv,
		.out = out,
		.out_size = out_size,
		.err = err,
		.err_size = err_size,
		.signals = -1,
	};

	return subprocess_run(&p);
}

static void test_subprocess_output_is_captured_apart(void **state)
{
	char out[64], err[64];

	(void)state;
	assert_int_equal(run("echo one; echo two >&2; exit 7", out, sizeof(out), err, sizeof(err)),
			 7);
	assert_string_equal(out, "one\n");
	assert_string_equal(err, "two\n");
}

static void test_subprocess_much_output_keeps_beginning_and_end(void **state)
{
	char out[16], err[16];

	(void)state;
	assert_int_equal(run("seq 100000; seq 100000 >&2", out, sizeof(out), err, sizeof(err)), 0);
	assert_string_equal(out, "1\n2\n3\n4\n5\n6\n7\n8");
	assert_string_equal(err, "8\n99999\n100000\n");
}

/* What is not captured goes to standard error, both of it: standard output is for results. */
static void test_subprocess_uncaptured_goes_to_standard_error(void **state)
{
	int saved = dup(STDERR_FILENO), fds[2], status;
	char text[64];
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	dup2(fds[1], STDERR_FILENO);
	status = run("echo one; echo two >&2", NULL, 0, NULL, 0);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	assert_int_equal(status, 0);
	n = read(fds[0], text, sizeof(text) - 1);
	close(fds[0]);
	assert_true(n > 0);
	text[n] = '\0';
	assert_string_equal(text, "one\ntwo\n");
}

static void test_subprocess_surroundings_are_plain(void **state)
{
	const char *const argv[] = { "sh", "-c", "pwd; echo $LC_ALL; wc -c", NULL };
	char out[64];
	const struct subprocess p = {
		.argv = argv,
		.dir = "/",
		.out = out,
		.out_size = sizeof(out),
		.signals = -1,
	};

	(void)state;
	assert_int_equal(subprocess_run(&p), 0);
	assert_string_equal(out, "/\nC\n0\n");
}

static void test_subprocess_arguments_reach_no_shell(void **state)
{
	const char *const argv[] = { "printf", "%s|", "$HOME", "; exit 3", "*", NULL };
	char out[64];
	const struct subprocess p = {
		.argv = argv,
		.out = out,
		.out_size = sizeof(out),
		.signals = -1,
	};

	(void)state;
	assert_int_equal(subprocess_run(&p), 0);
	assert_string_equal(out, "$HOME|; exit 3|*|");
}

static void test_subprocess_absent_program_is_enoent(void **state)
{
	const char *const argv[] = { "no-such-program-of-vmafuzz", NULL };
	const struct subprocess p = { .argv = argv, .signals = -1 };

	(void)state;
	assert_int_equal(subprocess_run(&p), -ENOENT);
}

static void test_subprocess_killed_program_tells_the_signal(void **state)
{
	char err[16];

	(void)state;
	assert_int_equal(run("kill -9 $$", NULL, 0, err, sizeof(err)), 128 + 9);
}

/* A signal that is ignored here, as vmafuzz ignores SIGPIPE, is not ignored there. */
static void test_subprocess_signals_are_the_default(void **state)
{
	char err[16];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(run("kill -PIPE $$", NULL, 0, err, sizeof(err)), 128 + SIGPIPE);
	signal(SIGPIPE, SIG_DFL);
}

/* A process in the background, with our pipe open, is not waited for. */
static void test_subprocess_daemon_that_holds_the_pipe_is_left(void **state)
{
	u64 start = progress_clock_ms();
	char out[64];
	int pid;

	(void)state;
	assert_int_equal(run("sleep 30 & echo $!", out, sizeof(out), NULL, 0), 0);
	assert_true(progress_clock_ms() - start < 20000);
	assert_int_equal(sscanf(out, "%d", &pid), 1);
	assert_int_equal(kill(pid, SIGKILL), 0);
}

/* Is there no process @pid, or only what is left of it until its new parent looks? */
static bool is_dead(int pid)
{
	char path[64], text[256] = "";
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	in = fopen(path, "re");
	if (!in)
		return true;
	if (!fgets(text, sizeof(text), in))
		text[0] = '\0';
	fclose(in);
	return !*text || strstr(text, ") Z ");
}

/* The signal comes while it runs: from its own script. */
static void test_subprocess_signal_kills_it_and_its_children(void **state)
{
	char script[128], out[64];
	const char *const argv[] = { "sh", "-c", script, NULL };
	u64 start = progress_clock_ms();
	struct subprocess p = { .argv = argv, .out = out, .out_size = sizeof(out) };
	int pid, tries;
	sigset_t old;

	(void)state;
	snprintf(script, sizeof(script), "sleep 30 & echo $!; sleep 0.3; kill -INT %d; wait",
		 (int)getpid());
	p.signals = subprocess_signals_open(&old);
	assert_true(p.signals >= 0);
	assert_int_equal(subprocess_run(&p), -EINTR);
	subprocess_signals_close(p.signals, &old);
	assert_true(progress_clock_ms() - start < 20000);
	assert_int_equal(sscanf(out, "%d", &pid), 1);
	for (tries = 0; tries < 100 && !is_dead(pid); tries++)
		usleep(20000);
	assert_true(is_dead(pid));
}

static void count_tick(void *arg)
{
	u32 *ticks = arg;

	(*ticks)++;
}

static void test_subprocess_ticks_while_it_runs(void **state)
{
	const char *const argv[] = { "sleep", "1.3", NULL };
	u32 ticks = 0;
	const struct subprocess p = {
		.argv = argv,
		.signals = -1,
		.tick = count_tick,
		.tick_arg = &ticks,
	};

	(void)state;
	assert_int_equal(subprocess_run(&p), 0);
	assert_in_range(ticks, 1, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subprocess_output_is_captured_apart),
		cmocka_unit_test(test_subprocess_much_output_keeps_beginning_and_end),
		cmocka_unit_test(test_subprocess_uncaptured_goes_to_standard_error),
		cmocka_unit_test(test_subprocess_surroundings_are_plain),
		cmocka_unit_test(test_subprocess_arguments_reach_no_shell),
		cmocka_unit_test(test_subprocess_absent_program_is_enoent),
		cmocka_unit_test(test_subprocess_killed_program_tells_the_signal),
		cmocka_unit_test(test_subprocess_signals_are_the_default),
		cmocka_unit_test(test_subprocess_daemon_that_holds_the_pipe_is_left),
		cmocka_unit_test(test_subprocess_signal_kills_it_and_its_children),
		cmocka_unit_test(test_subprocess_ticks_while_it_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
