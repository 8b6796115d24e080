/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls the program as a user does, by a shell, in a directory of its own.
 */
#ifndef HARNESS_TESTS_CLI_FIXTURE_H
#define HARNESS_TESTS_CLI_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_MAX 262144

struct fixture {
	char dir[64];
	char known[128]; /* a program that shows a known bug of v6.18.44 */
	char out[OUTPUT_MAX];
};

static const char *const self_merge = "vma 1\n"
				      "write(@9)\n"
				      "mmap(@0, +2, rw, private|anonymous|fixed, none, 0)\n"
				      "mremap(@0, +2, +2, maymove|fixed|dontunmap, @2)\n";

static inline int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void write_file(const char *path, const char *text, size_t len)
{
	FILE *out = fopen(path, "we");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

static inline int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/vmafuzz-test-cli-%d", (int)getpid());
	if (mkdir(f->dir, 0700))
		return -1;
	snprintf(f->known, sizeof(f->known), "%s/known.vma", f->dir);
	write_file(f->known, self_merge, strlen(self_merge));
	*state = f;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	nftw(f->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/*
 * Gives @words to a shell, in the fixture's directory: redirections are part of what is tested. Its
 * status; what it wrote to standard output is then in f->out.
 */
static inline int shell(struct fixture *f, const char *words)
{
	char command[2048];
	char *argv[] = {(char *)"sh", (char *)"-c", command, NULL};
	int fds[2], status;
	pid_t pid;
	size_t n;
	FILE *in;

	snprintf(command, sizeof(command), "cd %s && %s", f->dir, words);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv("/bin/sh", argv);
		_exit(127);
	}
	close(fds[1]);
	in = fdopen(fds[0], "re");
	assert_non_null(in);
	n = fread(f->out, 1, sizeof(f->out) - 1, in);
	f->out[n] = '\0';
	fclose(in);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Calls vmafuzz with @args, in the words of a shell. */
static inline int call(struct fixture *f, const char *args)
{
	char words[1024];

	snprintf(words, sizeof(words), "'%s' %s", VMAFUZZ_PATH, args);
	return shell(f, words);
}

static inline void assert_has(const struct fixture *f, const char *part)
{
	if (!strstr(f->out, part))
		fail_msg("\"%s\" is missing in:\n%s", part, f->out);
}

#endif
