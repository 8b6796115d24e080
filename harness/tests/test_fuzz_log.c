/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Following up what the kernel says. The log here is a false one, which speaks whenever a program
 * with mlockall has run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/fuzz_log.h"
#include "harness/tests/tamper.h"

/* Takes the place of the one that reads /dev/kmsg. */
struct kernel_log {
	const struct tamper *backend;
	u32 cases; /* of the backend, at the last look */
	bool once; /* speaks a single time */
	u32 spoken;
};

/* What kernel_log_open() has no argument for. */
static struct kernel_log *the_log(void)
{
	static struct kernel_log log;

	return &log;
}

struct kernel_log *kernel_log_open(struct diag *diag)
{
	if (the_log()->backend)
		return the_log();
	diag_set(diag, -EPERM, "no log");
	return NULL;
}

void kernel_log_close(struct kernel_log *log)
{
	(void)log;
}

u32 kernel_log_poll(struct kernel_log *log, char *line, size_t size)
{
	const struct prog *prog = log->backend->prog;
	u32 i, lines = 0;

	if (log->cases == log->backend->cases || (log->once && log->spoken))
		return 0;
	log->cases = log->backend->cases;
	for (i = 0; i < prog->count; i++)
		lines += prog->ops[i].kind == OP_MLOCKALL;
	/* While cases run the loud one is not the last: what is pending stays. */
	if (!lines && !log->spoken)
		lines = 1;
	log->spoken += lines;
	snprintf(line, size, "WARNING: CPU: 0 PID: %u", log->spoken);
	return lines;
}

struct fixture {
	char dir[64];
	struct backend *backend;
	struct session *session;
	struct findings *findings;
	struct fuzz_shared *shared;
	struct fuzz_log *log;
	struct prog quiet, loud;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct diag diag;

	if (!f)
		return -1;
	*state = f;
	snprintf(f->dir, sizeof(f->dir), "/tmp/vmafuzz-test-log-%d", (int)getpid());
	f->shared = calloc(1, sizeof(*f->shared));
	f->backend = tamper_open(TAMPER_NONE, OP_MMAP, 1);
	f->session = session_new(f->backend, &f->backend->config);
	f->findings = findings_open(f->dir, &diag);
	memset(the_log(), 0, sizeof(*the_log()));
	the_log()->backend = (struct tamper *)f->backend;
	f->log = fuzz_log_open(f->session, f->findings, f->shared, &diag);
	program(&f->quiet, "write(@0)\n");
	program(&f->loud, "mlockall(current)\n");
	return f->shared && f->session && f->findings && f->log ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	fuzz_log_close(f->log);
	findings_close(f->findings);
	session_free(f->session);
	f->backend->type->close(f->backend);
	nftw(f->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(f->shared);
	free(f);
	return 0;
}

/* Runs loud between two quiet ones. */
static void run_three(struct fixture *f)
{
	const struct session_opts opts = {.pages_each = false, .check = false};
	const struct prog *const progs[] = {&f->quiet, &f->loud, &f->quiet};
	struct outcome outcome;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(progs); i++) {
		session_run(f->session, progs[i], &opts, &outcome);
		fuzz_log_ran(f->log, progs[i]);
	}
}

/* Is the program saved? */
static bool saved(const struct fixture *f, const struct prog *prog)
{
	char path[256];

	/* The line is known, and with it the name of the directory: there is one only. */
	snprintf(path, sizeof(path), "%s/kernel-log-%08x/%016llx.vma", f->dir,
		 findings_line_hash("WARNING: CPU: 0 PID: 1"),
		 (unsigned long long)prog_hash(prog));
	return access(path, F_OK) == 0;
}

static void test_fuzz_log_culprit_alone_is_saved(void **state)
{
	struct fixture *f = *state;

	run_three(f);
	assert_int_equal(fuzz_log_look(f->log, true), 1);
	assert_true(saved(f, &f->loud));
	assert_false(saved(f, &f->quiet));
}

static void test_fuzz_log_said_once_saves_all_that_ran(void **state)
{
	struct fixture *f = *state;

	the_log()->once = true;
	run_three(f);
	assert_int_equal(fuzz_log_look(f->log, true), 1);
	assert_true(saved(f, &f->loud));
	assert_true(saved(f, &f->quiet));
}

static void test_fuzz_log_is_not_read_after_every_case(void **state)
{
	struct fixture *f = *state;

	run_three(f);
	assert_int_equal(fuzz_log_look(f->log, false), 0);
	assert_int_equal(the_log()->spoken, 0);
}

static void test_fuzz_log_unreadable_is_told(void **state)
{
	struct fixture *f = *state;
	struct diag diag;

	the_log()->backend = NULL;
	assert_null(fuzz_log_open(f->session, f->findings, f->shared, &diag));
	assert_string_equal(diag.text, "no log");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_fuzz_log_culprit_alone_is_saved),
		T(test_fuzz_log_said_once_saves_all_that_ran),
		T(test_fuzz_log_is_not_read_after_every_case),
		T(test_fuzz_log_unreadable_is_told),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
