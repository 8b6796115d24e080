/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every check of the kernel backend notices what it is there for. A kernel runs a small program,
 * one thing in it is broken (break.def), and the complaint must be the expected one, at the
 * expected time; unbroken it must have none. Each break has a process of its own, which it ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/kernel/kernel.h"
#include "harness/kernel/tests/break.h"
#include "harness/kernel/trap.h"

/* Areas of each kind that break.c looks for, a child, and an operation for after the break, which
 * changes the tree. */
static const char program_text[] =
	"vma 1\n"
	"mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
	"write(@1)\n"
	"mlock(@2, +1)\n"
	"mmap(@8, +4, rw, private|anonymous|fixed, none, 0)\n"
	"write(@8)\n"
	"mmap(@16, +4, rw, shared|fixed, m0, 0)\n"
	"write(@16)\n"
	"mmap(@24, +4, rw, shared|fixed, dev, 0)\n"
	"uffd_open(event_fork|event_remap)\n"
	"mmap(@32, +4, rw, private|anonymous|fixed, none, 0)\n"
	"uffd_register(u0, @32, +4, missing)\n"
	"mmap(@48, +2, r, private|fixed, m1, 0)\n"
	"fork()\n"
	"p1: write(@2)\n"
	"mmap(@40, +4, r, private|anonymous|fixed, none, 0)\n";

enum when { NOW, SETTLE, CHECK, END, LACKS, NEVER };

static const struct {
	const char *name, *site, *text;
	enum when when;
} breaks[BREAK_COUNT] = {
#define B(name, when, site, text) [BREAK_##name] = { #name, site, text, when },
	BREAK_TABLE(B)
#undef B
};

/* What came of a break: written by the child, read by the parent. */
struct said {
	enum when when;
	bool complained, not_here;
	enum kernel_end why;
	unsigned int line;
	char site[128], text[1024];
};

struct child {
	int out;
	struct said said;
};

static _Noreturn void tell(struct child *c)
{
	_exit(write(c->out, &c->said, sizeof(c->said)) != sizeof(c->said));
}

static void on_end(void *arg, enum kernel_end why, const char *site, const char *text)
{
	struct child *c = arg;

	c->said.complained = true;
	c->said.why = why;
	c->said.line = kernel_break_line;
	snprintf(c->said.site, sizeof(c->said.site), "%s", site);
	snprintf(c->said.text, sizeof(c->said.text), "%s", text);
	tell(c);
}

static struct backend *run_program(struct prog_file *file, struct snapshot *snap)
{
	const struct backend_opts opts = { .spec = NULL };
	struct op_result result;
	struct backend *b;
	struct diag diag;
	u32 i;

	if (prog_parse(file, "program", program_text, &diag) ||
	    backend_kernel_direct.open(&b, &opts, &diag) ||
	    b->type->reset(b, &file->prog, true, &diag)) {
		fprintf(stderr, "%s\n", diag.text);
		_exit(3);
	}
	for (i = 0; i + 1 < file->prog.count; i++) {
		if (b->type->exec(b, i, &result, &diag) || result.err ||
		    b->type->snapshot(b, snap, &diag)) {
			fprintf(stderr, "operation %u failed: %d\n", i + 1, result.err);
			_exit(4);
		}
	}
	return b;
}

/* @which, or none if that is BREAK_COUNT. */
static _Noreturn void in_child(enum break_id which, int out)
{
	struct child c = { .out = out };
	enum when when = which == BREAK_COUNT ? END : breaks[which].when;
	struct prog_file *file = malloc(sizeof(*file));
	struct snapshot *snap = malloc(sizeof(*snap));
	struct op_result result;
	struct backend *b;
	struct diag diag;

	kernel_catch(on_end, &c);
	b = run_program(file, snap);
	c.said.when = NOW;
	c.said.not_here = which != BREAK_COUNT && kernel_break(which);
	if (c.said.not_here)
		tell(&c);
	if (when == SETTLE || which == BREAK_COUNT) {
		c.said.when = SETTLE;
		b->type->exec(b, file->prog.count - 1, &result, &diag);
	}
	if (when != END || which == BREAK_COUNT) {
		c.said.when = CHECK;
		b->type->snapshot(b, snap, &diag);
	}
	c.said.when = END;
	b->type->finish(b, &diag);
	c.said.when = NEVER;
	tell(&c);
}

/* Runs it and takes what it said, and what it wrote to standard error. */
static void run(enum break_id which, struct said *said, char *err, size_t size)
{
	int out[2], errors[2];
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	memset(said, 0, sizeof(*said));
	assert_int_equal(pipe(out), 0);
	assert_int_equal(pipe(errors), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(errors[1], 2);
		close(errors[0]);
		in_child(which, out[1]);
	}
	close(out[1]);
	close(errors[1]);
	while (len + 1 < size && (got = read(errors[0], err + len, size - 1 - len)) > 0)
		len += (size_t)got;
	err[len] = '\0';
	if (read(out[0], said, sizeof(*said)) != sizeof(*said))
		said->when = NEVER;
	close(out[0]);
	close(errors[0]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static bool site_fits(const char *want, const struct said *said)
{
	size_t len = strlen(want);
	char site[160];

	if (want[len - 1] == ':') {
		snprintf(site, sizeof(site), "%s%u", want, said->line);
		return strcmp(site, said->site) == 0;
	}
	if (strchr(want, '/'))
		return strncmp(want, said->site, len) == 0;
	return strcmp(want, said->site) == 0;
}

/* True: noticed as it should be. */
static bool noticed(enum break_id which, const struct said *said, const char *err)
{
	enum when when = breaks[which].when;

	if (strcmp(breaks[which].site, "asan") == 0 || strcmp(breaks[which].site, "ubsan") == 0)
		return strstr(err, breaks[which].text) != NULL;
	return said->complained && site_fits(breaks[which].site, said) &&
	       strstr(said->text, breaks[which].text) &&
	       said->when == (when == LACKS ? NOW : when) &&
	       said->why == (when == LACKS ? KERNEL_LACKS : KERNEL_COMPLAINED);
}

static void test_checks_each_break_is_noticed(void **state)
{
	static const char *const when_names[] = { "at once", "after an operation", "by a check",
						  "at the end", "lacks", "never" };
	static char err[65536];
	struct said said;
	unsigned int failed = 0;
	int i;

	(void)state;
	for (i = 0; i < BREAK_COUNT; i++) {
		run((enum break_id)i, &said, err, sizeof(err));
		if (said.not_here) {
			print_message("not in this build: %s\n", breaks[i].name);
			continue;
		}
		if (noticed((enum break_id)i, &said, err))
			continue;
		failed++;
		print_error("%s: wanted %s, %s: %s; got %s, %s: %s\n%.400s\n", breaks[i].name,
			    when_names[breaks[i].when], breaks[i].site, breaks[i].text,
			    when_names[said.when], said.site, said.text, err);
	}
	assert_int_equal(failed, 0);
}

static void test_checks_nothing_broken_is_no_complaint(void **state)
{
	static char err[4096];
	struct said said;

	(void)state;
	run(BREAK_COUNT, &said, err, sizeof(err));
	if (said.complained || said.when != NEVER || err[0])
		fail_msg("%s: %s\n%s", said.site, said.text, err);
}

/* What is committed too much is no complaint: it is compared with the model. */
static void test_checks_committed_memory_is_in_the_snapshot(void **state)
{
	struct prog_file *file = malloc(sizeof(*file));
	struct snapshot *snap = malloc(sizeof(*snap));
	struct backend *b;
	struct diag diag;
	int status;
	pid_t pid;

	(void)state;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		b = run_program(file, snap);
		if (snap->committed_extra != 0)
			_exit(5);
		kernel_break_committed();
		if (b->type->snapshot(b, snap, &diag) || snap->committed_extra != 1)
			_exit(6);
		_exit(0);
	}
	free(file);
	free(snap);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks_nothing_broken_is_no_complaint),
		cmocka_unit_test(test_checks_each_break_is_noticed),
		cmocka_unit_test(test_checks_committed_memory_is_in_the_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
