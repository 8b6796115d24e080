/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live backend when things go wrong: whatever is killed or hangs, the case is an error with a
 * sentence, the next case runs, and no process is left behind.
 */
#include "harness/tests/live_fixture.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define WAIT_MS 5000
#define KILL_DELAY_MS 100

static const char *const some_program = "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
					"write(@1)\n"
					"fork()\n"
					"p1: read(@1)\n";

static void sleep_ms(u32 ms)
{
	const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

/* Is the process gone, or dead and only not reaped yet by whoever inherited it? */
static bool gone(u32 pid)
{
	char path[32], line[256], *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return true;
	state = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	return !state || state[2] == 'Z' || state[2] == 'X';
}

static void assert_gone(u32 pid)
{
	u32 ms;

	for (ms = 0; ms < WAIT_MS && !gone(pid); ms += 10)
		sleep_ms(10);
	if (!gone(pid))
		fail_msg("process %u is still there", pid);
}

/* The backend works, whatever was before. */
static void assert_works(struct live_fixture *f)
{
	live_run_text(f, some_program);
	assert_int_equal(f->result[3].err, 0);
	assert_int_equal(f->result[3].value, op_tag(1));
	assert_true(f->snap.proc[1].alive);
}

/* Sends @sig to @pid a moment from now; the helper's process id. */
static pid_t kill_soon(u32 pid, int sig)
{
	pid_t helper = fork();

	if (helper == 0) {
		sleep_ms(KILL_DELAY_MS);
		kill((pid_t)pid, sig);
		_exit(0);
	}
	return helper;
}

/* Begins a case with process 0 stopped: it hangs until something happens to it. */
static int begin_hanging(struct live_fixture *f, u32 victim, int sig)
{
	u32 proc = live_proc_pid(f->backend, 0);
	pid_t helper = 0;
	int err;

	live_parse(f, some_program);
	kill((pid_t)proc, SIGSTOP);
	if (victim)
		helper = kill_soon(victim, sig);
	err = live_begin(f, false);
	if (helper)
		waitpid(helper, NULL, 0);
	return err;
}

static void test_live_killed_process_is_an_error_and_the_next_case_runs(void **state)
{
	struct live_fixture *f = *state;
	u32 proc, master;

	assert_works(f);
	proc = live_proc_pid(f->backend, 0);
	master = live_pid(f->backend);
	assert_int_equal(begin_hanging(f, proc, SIGKILL), -EIO);
	assert_non_null(strstr(f->diag.text, "process 0"));
	assert_non_null(strstr(f->diag.text, "killed by signal 9"));
	assert_works(f);
	assert_gone(proc);
	assert_gone(master);
}

static void test_live_killed_master_is_an_error_and_the_next_case_runs(void **state)
{
	struct live_fixture *f = *state;
	u32 proc, master;

	assert_works(f);
	proc = live_proc_pid(f->backend, 0);
	master = live_pid(f->backend);
	assert_int_equal(begin_hanging(f, master, SIGKILL), -EIO);
	assert_non_null(strstr(f->diag.text, "executor was killed by signal 9"));
	assert_works(f);
	assert_gone(proc);
	assert_gone(master);
}

static void test_live_hanging_process_is_a_timeout_and_the_next_case_runs(void **state)
{
	struct live_fixture *f = *state;
	struct op_result result;
	u32 proc;

	assert_works(f);
	proc = live_proc_pid(f->backend, 0);
	assert_int_equal(begin_hanging(f, 0, 0), -ETIMEDOUT);
	assert_non_null(strstr(f->diag.text, "mmap"));
	assert_int_equal(f->backend->type->exec(f->backend, 0, &result, &f->diag), -EIO);
	assert_int_equal(f->backend->type->snapshot(f->backend, &f->snap, &f->diag), -EIO);
	assert_works(f);
	assert_gone(proc);
}

static void test_live_hanging_master_is_killed(void **state)
{
	struct live_fixture *f = *state;
	u32 master;

	assert_works(f);
	master = live_pid(f->backend);
	kill((pid_t)master, SIGSTOP);
	live_parse(f, some_program); /* its end needs the master, to reap process 1 */
	assert_int_equal(live_begin(f, false), -ETIMEDOUT);
	assert_works(f);
	assert_gone(master);
}

/* What dies between two cases has cost nothing, so nobody is told. */
static void test_live_killed_while_idle_is_started_again(void **state)
{
	struct live_fixture *f = *state;
	u32 i;

	for (i = 0; i < 2; i++) {
		u32 pid;

		assert_works(f);
		pid = i ? live_pid(f->backend) : live_proc_pid(f->backend, 0);
		kill((pid_t)pid, SIGKILL);
		sleep_ms(KILL_DELAY_MS);
		assert_works(f);
		assert_gone(pid);
	}
}

static void test_live_close_leaves_no_process(void **state)
{
	struct live_fixture *f = live_fixture_new(false);
	u32 proc, master;

	(void)state;
	assert_works(f);
	proc = live_proc_pid(f->backend, 0);
	master = live_pid(f->backend);
	f->backend->type->close(f->backend);
	assert_true(gone(proc));
	assert_true(gone(master));
	free(f);
}

/* A process of a running program, its master and its owner: only the last is killed. */
static void test_live_killed_owner_takes_all_with_it(void **state)
{
	u32 *pids = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	u32 ms;
	pid_t owner;

	(void)state;
	owner = fork();
	if (owner == 0) {
		struct live_fixture *f = live_fixture_new(false);

		assert_works(f);
		pids[1] = live_pid(f->backend);
		__atomic_store_n(&pids[0], live_proc_pid(f->backend, 0), __ATOMIC_RELEASE);
		for (;;)
			live_rerun(f);
	}
	for (ms = 0; ms < WAIT_MS && !__atomic_load_n(&pids[0], __ATOMIC_ACQUIRE); ms += 10)
		sleep_ms(10);
	assert_int_not_equal(pids[0], 0);
	sleep_ms(KILL_DELAY_MS);
	kill(owner, SIGKILL);
	waitpid(owner, NULL, 0);
	assert_gone(pids[1]);
	assert_gone(pids[0]);
	munmap(pids, 4096);
}

/* Ctrl-C goes to the whole foreground group of the terminal: the executor must not be in it. */
static void test_live_executor_is_no_part_of_the_terminals_session(void **state)
{
	struct live_fixture *f = *state;
	u32 master = live_pid(f->backend);

	assert_int_equal(getsid((pid_t)master), master);
	assert_int_equal(getsid((pid_t)live_proc_pid(f->backend, 0)), master);
	assert_int_not_equal(getsid(0), master);
}

static void test_live_two_backends_do_not_disturb_each_other(void **state)
{
	struct live_fixture *a = *state, *b = live_fixture_new(false);
	u32 i;

	for (i = 0; i < 3; i++) {
		live_parse(a, "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\nwrite(@0)\n");
		assert_int_equal(live_begin(a, false), 0);
		live_run_text(b, "mmap(@9, +1, r, shared|fixed, m0, 0)\n");
		assert_int_equal(b->snap.vma_count, 1);
		a->backend->type->exec(a->backend, 1, &a->result[1], &a->diag);
		a->backend->type->snapshot(a->backend, &a->snap, &a->diag);
		assert_int_equal(a->snap.vmas[0].start, ARENA_BASE >> PAGE_SHIFT);
		assert_int_equal(a->snap.vmas[0].end - a->snap.vmas[0].start, 4);
	}
	b->backend->type->close(b->backend);
	free(b);
}

#define ONE(test) cmocka_unit_test_setup_teardown(test, live_setup, live_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(test_live_killed_process_is_an_error_and_the_next_case_runs),
		ONE(test_live_killed_master_is_an_error_and_the_next_case_runs),
		ONE(test_live_hanging_process_is_a_timeout_and_the_next_case_runs),
		ONE(test_live_hanging_master_is_killed),
		ONE(test_live_killed_while_idle_is_started_again),
		cmocka_unit_test(test_live_close_leaves_no_process),
		cmocka_unit_test(test_live_killed_owner_takes_all_with_it),
		ONE(test_live_executor_is_no_part_of_the_terminals_session),
		ONE(test_live_two_backends_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
