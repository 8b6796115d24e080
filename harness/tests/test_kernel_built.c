/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernels that this build has, by the kernel backend: they do what is specified for the corpus,
 * several live side by side, and the verbs work with them. Without any there is nothing to test.
 */
#include "harness/tests/cli_fixture.h"

#include <dirent.h>
#include <signal.h>

#include "harness/kernel/kernel.h"
#include "harness/session.h"

#define NAMES_MAX 8

struct built {
	struct fixture *cli;
	u32 count;
	char name[NAMES_MAX][64];
	struct prog_file file;
};

/* The programs beside this one. */
static void find_kernels(struct built *b)
{
	static const char prefix[] = "vmafuzz-kernel-";
	char dir[4096];
	ssize_t len = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	struct dirent *entry;
	DIR *d;

	assert_true(len > 0);
	dir[len] = '\0';
	*strrchr(dir, '/') = '\0';
	d = opendir(dir);
	assert_non_null(d);
	while ((entry = readdir(d)) && b->count < NAMES_MAX)
		if (strncmp(entry->d_name, prefix, sizeof(prefix) - 1) == 0)
			snprintf(b->name[b->count++], sizeof(b->name[0]), "%.63s",
				 entry->d_name + sizeof(prefix) - 1);
	closedir(d);
}

static int group_setup(void **state)
{
	struct built *b = calloc(1, sizeof(*b));

	if (!b || setup((void **)&b->cli))
		return -1;
	find_kernels(b);
	*state = b;
	return 0;
}

static int group_teardown(void **state)
{
	struct built *b = *state;

	teardown((void **)&b->cli);
	free(b);
	return 0;
}

static struct backend *open_kernel(const char *name)
{
	const struct backend_opts opts = { .spec = name, .timeout_ms = 5000 };
	struct backend *b;
	struct diag diag;

	if (backend_kernel.open(&b, &opts, &diag))
		fail_msg("%s: %s", name, diag.text);
	return b;
}

static const char *const lines = "vma 1\n"
				 "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
				 "write(@1)\n"
				 "mprotect(@1, +1, r)\n"
				 "fork()\n"
				 "p1: munmap(@0, +2)\n";

static void run(struct built *b, struct session *s, struct outcome *outcome)
{
	const struct session_opts opts = { .pages_each = true, .check = true };
	struct diag diag;

	assert_int_equal(prog_parse(&b->file, "test", lines, &diag), 0);
	session_run(s, &b->file.prog, &opts, outcome);
}

static void test_built_kernels_live_side_by_side(void **state)
{
	struct built *b = *state;
	struct backend *backend[NAMES_MAX];
	struct session *session[NAMES_MAX];
	struct outcome outcome;
	u32 round, i;

	for (i = 0; i < b->count; i++) {
		backend[i] = open_kernel(b->name[i]);
		session[i] = session_new(backend[i], &backend[i]->config);
		assert_non_null(session[i]);
		assert_non_null(strstr(backend[i]->kernel, "mm code in userspace"));
	}
	for (round = 0; round < 3; round++) {
		for (i = 0; i < b->count; i++) {
			run(b, session[i], &outcome);
			if (outcome.verdict != VERDICT_AGREE)
				fail_msg("%s: %s %s", b->name[i], outcome.diag.text,
					 outcome.diff.text);
		}
	}
	for (i = 0; i < b->count; i++) {
		session_free(session[i]);
		backend[i]->type->close(backend[i]);
	}
}

/* A fault in the middle of the work is one of the kernel code. */
static void test_built_kernel_that_faults_complains(void **state)
{
	struct built *b = *state;
	struct backend *backend = open_kernel(b->name[0]);
	struct session *s = session_new(backend, &backend->config);
	pid_t pid = (pid_t)kernel_pid(backend), helper;
	struct outcome outcome;

	assert_non_null(s);
	kill(pid, SIGSTOP);
	kill(pid, SIGSEGV);
	helper = fork();
	assert_true(helper >= 0);
	if (helper == 0) {
		usleep(100000);
		kill(pid, SIGCONT);
		_exit(0);
	}
	run(b, s, &outcome);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	assert_int_equal(outcome.verdict, VERDICT_DIVERGE);
	assert_int_equal(outcome.signature.aspect, ASPECT_KERNEL);
	run(b, s, &outcome);
	assert_int_equal(outcome.verdict, VERDICT_AGREE);
	session_free(s);
	backend->type->close(backend);
}

static void test_built_kernels_do_what_the_corpus_says(void **state)
{
	struct built *b = *state;
	char args[256];
	u32 i;

	for (i = 0; i < b->count; i++) {
		snprintf(args, sizeof(args),
			 "run --tolerate-known --backend kernel:%s " CORPUS_DIR
			 "/seed | grep -v '^agree'",
			 b->name[i]);
		assert_int_equal(call(b->cli, args), 0);
		assert_null(strstr(b->cli->out, "error "));
		assert_null(strstr(b->cli->out, "DIVERGE"));
	}
}

static void test_built_kernel_is_fuzzed_by_several_jobs(void **state)
{
	struct built *b = *state;
	char args[256];

	snprintf(args, sizeof(args),
		 "fuzz --backend kernel:%s --runs 400 --jobs 2 --seed 1 "
		 "--out o 2>&1",
		 b->name[0]);
	assert_true(call(b->cli, args) <= 1);
	assert_has(b->cli, " 400 cases");
	assert_null(strstr(b->cli->out, "kernel's log"));
	/* It lets allocations fail. */
	snprintf(args, sizeof(args),
		 "fuzz --backend kernel:%s --case 12 --ops 200 | "
		 "grep -c fail_nth=",
		 b->name[0]);
	assert_int_equal(call(b->cli, args), 0);
}

static void test_built_kernel_differs_from_none_of_itself(void **state)
{
	struct built *b = *state;
	char args[256];

	snprintf(args, sizeof(args), "diff kernel:%s kernel:%s --runs 300 --seed 1", b->name[0],
		 b->name[0]);
	assert_int_equal(call(b->cli, args), 0);
	/* A model is what is expected, wherever it stands. */
	snprintf(args, sizeof(args), "diff kernel:%s model known.vma", b->name[0]);
	call(b->cli, args);
	assert_ptr_equal(strstr(b->cli->out, "# model: "), b->cli->out);
	snprintf(args, sizeof(args), "diff live kernel:none known.vma 2>&1");
	assert_int_equal(call(b->cli, args), 2);
	assert_has(b->cli, "no kernel \"none\" is built here: there is ");
	assert_has(b->cli, b->name[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_built_kernels_live_side_by_side),
		cmocka_unit_test(test_built_kernel_that_faults_complains),
		cmocka_unit_test(test_built_kernels_do_what_the_corpus_says),
		cmocka_unit_test(test_built_kernel_is_fuzzed_by_several_jobs),
		cmocka_unit_test(test_built_kernel_differs_from_none_of_itself),
	};
	struct built b = { .count = 0 };

	find_kernels(&b);
	if (b.count == 0) {
		print_message("no kernel is built here\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
