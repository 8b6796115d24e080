/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel backend when all goes well and when things go wrong: whatever the kernel does or is
 * done to it, the case has one verdict, the next case runs, and no process is left behind. The
 * kernel is a fake (fake_kernel.c), so that nothing here needs kernel sources.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/kernel/kernel.h"
#include "harness/tests/fake_kernel.h"
#include "harness/tests/tamper.h"

#define TIMEOUT_MS 300
#define KILL_DELAY_MS 50

struct fixture {
	struct backend *backend;
	struct session *session;
	struct prog prog;
	struct outcome outcome;
};

static int setup(void **state)
{
	const struct backend_opts opts = { .timeout_ms = TIMEOUT_MS };
	struct fixture *f = calloc(1, sizeof(*f));
	struct diag diag;

	if (!f)
		return -1;
	if (backend_kernel.open(&f->backend, &opts, &diag)) {
		print_message("%s\n", diag.text);
		return -1;
	}
	f->session = session_new(f->backend, &f->backend->config);
	*state = f;
	return f->session ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	pid_t pid = (pid_t)kernel_pid(f->backend);

	session_free(f->session);
	f->backend->type->close(f->backend);
	/* Neither it nor a zombie, neither this one nor one before. */
	if (pid && kill(pid, 0) == 0)
		return -1;
	free(f);
	return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

static enum verdict run(struct fixture *f, const char *lines)
{
	const struct session_opts opts = { .pages_each = true, .check = true };

	program(&f->prog, lines);
	session_run(f->session, &f->prog, &opts, &f->outcome);
	return f->outcome.verdict;
}

static const char *const good = "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
				"write(@1)\n"
				"fork()\n"
				"p1: write(@1)\n";

static void assert_works(struct fixture *f)
{
	if (run(f, good) != VERDICT_AGREE)
		fail_msg("%s: %s %s", verdict_names[f->outcome.verdict], f->outcome.diag.text,
			 f->outcome.diff.text);
	assert_int_equal(f->outcome.ops_done, 4);
}

/* The third of four operations has the kernel do @what. */
static enum verdict provoke(struct fixture *f, enum fake_act what, enum fake_when when)
{
	char lines[256];

	snprintf(lines, sizeof(lines),
		 "mmap(@0, +1, r, private|anonymous|fixed, none, 0)\nread(@0)\nmunmap(@%u, 0x%x)\n"
		 "read(@3)\n",
		 (u32)when, FAKE_LEN + (u32)what);
	return run(f, lines);
}

/* A complaint with @text, at @site, after @op operations. */
static void assert_complaint(const struct fixture *f, u32 op, const char *site, const char *text)
{
	assert_int_equal(f->outcome.verdict, VERDICT_DIVERGE);
	assert_int_equal(f->outcome.signature.aspect, ASPECT_KERNEL);
	assert_string_equal(f->outcome.signature.site, site);
	assert_int_equal(f->outcome.op, op);
	if (!strstr(f->backend->complaint, text))
		fail_msg("\"%s\" is not in \"%s\"", text, f->backend->complaint);
}

static void assert_error(const struct fixture *f, const char *text)
{
	assert_int_equal(f->outcome.verdict, VERDICT_ERROR);
	if (!strstr(f->outcome.diag.text, text))
		fail_msg("\"%s\" is not in \"%s\"", text, f->outcome.diag.text);
}

static void test_kernel_program_agrees_and_the_process_stays(void **state)
{
	struct fixture *f = *state;
	u32 pid = kernel_pid(f->backend);

	assert_true(f->backend->profile_exact);
	assert_true(f->backend->can_fail_alloc);
	assert_works(f);
	assert_works(f);
	assert_int_equal(run(f, ""), VERDICT_AGREE);
	assert_int_equal(kernel_pid(f->backend), pid);
}

static void test_kernel_complaint_is_of_its_operation_wherever_it_comes(void **state)
{
	static const struct {
		enum fake_when when;
		u32 op;
	} rows[] = { { FAKE_IN_EXEC, 2 }, { FAKE_IN_SNAPSHOT, 2 }, { FAKE_IN_FINISH, 3 } };
	struct fixture *f = *state;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		provoke(f, FAKE_COMPLAIN, rows[i].when);
		assert_complaint(f, rows[i].op, "mm/vma.c:123", "WARNING at mm/vma.c:123\nbad map");
		assert_int_equal(kernel_pid(f->backend), 0);
		assert_works(f);
	}
}

static void test_kernel_that_hangs_is_a_complaint(void **state)
{
	struct fixture *f = *state;

	provoke(f, FAKE_HANG, FAKE_IN_EXEC);
	assert_complaint(f, 2, "hang", "munmap did not come back within 300 ms");
	assert_works(f);
	provoke(f, FAKE_HANG, FAKE_IN_FINISH);
	assert_complaint(f, 3, "hang", "the end of all processes did not come back");
	assert_works(f);
}

static void test_kernel_that_dies_is_a_complaint(void **state)
{
	struct fixture *f = *state;

	provoke(f, FAKE_ABORT, FAKE_IN_EXEC);
	assert_complaint(f, 2, "SIGABRT", "died of SIGABRT");
	provoke(f, FAKE_TALK, FAKE_IN_SNAPSHOT);
	assert_complaint(f, 2, "SIGABRT", "died of SIGABRT");
	assert_works(f);
}

static void test_kernel_report_of_a_sanitizer_is_a_complaint(void **state)
{
	struct fixture *f = *state;

	provoke(f, FAKE_SANITIZER, FAKE_IN_EXEC);
	assert_complaint(f, 2, "mm/vma.c:45",
			 "heap-use-after-free\nREAD of size 8\nin vma_merge mm/vma.c:45");
	assert_works(f);
}

static void test_kernel_that_lacks_something_is_an_error(void **state)
{
	struct fixture *f = *state;

	provoke(f, FAKE_LACK, FAKE_IN_EXEC);
	assert_error(f, "the kernel code reached swap_in");
	provoke(f, FAKE_EXIT, FAKE_IN_EXEC);
	assert_error(f, "ended with status 1: no more");
	provoke(f, FAKE_SPOIL, FAKE_IN_SNAPSHOT);
	assert_error(f, "shared memory");
	assert_works(f);
}

static void sleep_ms(u32 ms)
{
	const struct timespec t = { ms / 1000, (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static void test_kernel_killed_while_idle_is_started_again(void **state)
{
	struct fixture *f = *state;
	u32 pid = kernel_pid(f->backend);

	assert_works(f);
	kill((pid_t)pid, SIGKILL);
	sleep_ms(KILL_DELAY_MS);
	assert_works(f);
	assert_int_not_equal(kernel_pid(f->backend), pid);
}

static void test_kernel_killed_at_work_is_an_error(void **state)
{
	struct fixture *f = *state;
	u32 pid = kernel_pid(f->backend);
	pid_t helper;

	assert_works(f);
	helper = fork();
	assert_true(helper >= 0);
	if (helper == 0) {
		sleep_ms(KILL_DELAY_MS);
		kill((pid_t)pid, SIGKILL);
		_exit(0);
	}
	provoke(f, FAKE_HANG, FAKE_IN_EXEC);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	assert_error(f, "was killed by signal 9");
	assert_works(f);
}

static void test_kernel_stopped_from_outside_hangs(void **state)
{
	struct fixture *f = *state;

	kill((pid_t)kernel_pid(f->backend), SIGSTOP);
	run(f, good);
	assert_complaint(f, 0, "hang", "mmap did not come back");
	assert_works(f);
}

/* The path of the kernel @name beside this program. */
static void kernel_path(char *buf, size_t size, const char *name)
{
	char exe[4096];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	assert_true(len > 0);
	exe[len] = '\0';
	snprintf(buf, size, "%.*s/vmafuzz-kernel-%s", (int)(strrchr(exe, '/') - exe), exe, name);
}

static void assert_opens(const char *spec, const char *kernel)
{
	const struct backend_opts opts = { .spec = spec };
	struct backend *b;
	struct diag diag;

	if (backend_kernel.open(&b, &opts, &diag))
		fail_msg("%s", diag.text);
	assert_string_equal(b->kernel, kernel);
	b->type->close(b);
}

static void test_kernel_default_is_6_12_or_else_the_newest(void **state)
{
	static const char *const names[] = { "6.9", "7.10", "6.12" };
	char fake[4096], path[4096];
	u32 i;

	(void)state;
	kernel_path(fake, sizeof(fake), "fake");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		kernel_path(path, sizeof(path), names[i]);
		unlink(path);
	}
	assert_opens(NULL, "vmafuzz-kernel-fake");
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		kernel_path(path, sizeof(path), names[i]);
		assert_int_equal(symlink(fake, path), 0);
		assert_opens(NULL, i == 0   ? "vmafuzz-kernel-6.9"
				   : i == 1 ? "vmafuzz-kernel-7.10"
					    : "vmafuzz-kernel-6.12");
		assert_opens("fake", "vmafuzz-kernel-fake");
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		kernel_path(path, sizeof(path), names[i]);
		unlink(path);
	}
}

static void test_kernel_unknown_name_lists_those_that_there_are(void **state)
{
	const struct backend_opts opts = { .spec = "../6.12" };
	struct backend *b;
	struct diag diag;

	(void)state;
	assert_int_equal(backend_kernel.open(&b, &opts, &diag), -EINVAL);
	assert_null(b);
	assert_non_null(strstr(diag.text, "\"../6.12\""));
	assert_non_null(strstr(diag.text, "there is fake"));
}

#define KERNEL_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		KERNEL_TEST(test_kernel_program_agrees_and_the_process_stays),
		KERNEL_TEST(test_kernel_complaint_is_of_its_operation_wherever_it_comes),
		KERNEL_TEST(test_kernel_that_hangs_is_a_complaint),
		KERNEL_TEST(test_kernel_that_dies_is_a_complaint),
		KERNEL_TEST(test_kernel_report_of_a_sanitizer_is_a_complaint),
		KERNEL_TEST(test_kernel_that_lacks_something_is_an_error),
		KERNEL_TEST(test_kernel_killed_while_idle_is_started_again),
		KERNEL_TEST(test_kernel_killed_at_work_is_an_error),
		KERNEL_TEST(test_kernel_stopped_from_outside_hangs),
		cmocka_unit_test(test_kernel_default_is_6_12_or_else_the_newest),
		cmocka_unit_test(test_kernel_unknown_name_lists_those_that_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
