/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings on disk: what is written, what is counted, and what a second process or a refusing disk
 * does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/findings.h"
#include "harness/tests/tamper.h"

static const char *const lines = "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
				 "write(@1)\n"
				 "mprotect(@1, +1, r)\n";

struct fixture {
	char dir[64];
	struct backend *backend;
	struct session *session;
	struct prog prog;
	struct outcome outcome;
	struct origin origin;
};

static int setup(void **state)
{
	const struct session_opts opts = {.pages_each = true, .check = true};
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/vmafuzz-test-findings-%d", (int)getpid());
	if (mkdir(f->dir, 0700))
		return -1;
	f->backend = tamper_open(TAMPER_COUNTER, OP_MPROTECT, 1);
	f->session = session_new(f->backend, &f->backend->config);
	f->origin.generated = true;
	f->origin.case_seed = 42;
	program(&f->prog, lines);
	session_run(f->session, &f->prog, &opts, &f->outcome);
	*state = f;
	return f->outcome.verdict == VERDICT_DIVERGE ? 0 : -1;
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

	nftw(f->dir, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	session_free(f->session);
	f->backend->type->close(f->backend);
	free(f);
	return 0;
}

/* The file @name of the finding, or "" if it is not there; valid until the next call. */
static const char *content(const struct fixture *f, const char *name)
{
	static char text[65536];
	char path[256];
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "%s/mprotect-counter/%s", f->dir, name);
	in = fopen(path, "re");
	n = in ? fread(text, 1, sizeof(text) - 1, in) : 0;
	text[n] = '\0';
	if (in)
		fclose(in);
	return text;
}

static void test_findings_new_one_is_written_whole(void **state)
{
	struct fixture *f = *state;
	struct prog_file *file = malloc(sizeof(*file));
	struct diag diag;
	struct findings *findings = findings_open(f->dir, &diag);

	assert_non_null(file);
	assert_non_null(findings);
	assert_false(findings_known(findings, &f->outcome));
	assert_int_equal(findings_save(findings, f->session, &f->prog, &f->outcome, &f->origin,
				       &diag), 0);
	assert_int_equal(prog_parse(file, "original.vma", content(f, "original.vma"), &diag), 0);
	assert_true(prog_equal(&file->prog, &f->prog));
	assert_non_null(strstr(content(f, "original.vma"), "case 42"));
	assert_non_null(strstr(content(f, "report.txt"), "mprotect/counter"));
	assert_int_equal(content(f, "report.json")[0], '{');
	findings_close(findings);
	assert_string_equal(content(f, "count"), "1\n");
	free(file);
}

static void test_findings_seen_again_is_counted_by_every_run(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct findings *findings = findings_open(f->dir, &diag);
	u32 i;

	assert_non_null(findings);
	assert_false(findings_known(findings, &f->outcome));
	assert_int_equal(findings_save(findings, f->session, &f->prog, &f->outcome, &f->origin,
				       &diag), 0);
	for (i = 0; i < 99; i++)
		assert_true(findings_known(findings, &f->outcome));
	findings_close(findings);
	assert_string_equal(content(f, "count"), "100\n");

	findings = findings_open(f->dir, &diag);
	assert_non_null(findings);
	assert_true(findings_known(findings, &f->outcome));
	findings_close(findings);
	assert_string_equal(content(f, "count"), "101\n");
}

static void test_findings_slower_process_keeps_out(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct findings *a = findings_open(f->dir, &diag), *b = findings_open(f->dir, &diag);

	assert_non_null(a);
	assert_non_null(b);
	assert_false(findings_known(a, &f->outcome));
	assert_false(findings_known(b, &f->outcome));
	assert_int_equal(findings_save(a, f->session, &f->prog, &f->outcome, &f->origin, &diag),
			 0);
	assert_int_equal(findings_save(b, f->session, &f->prog, &f->outcome, &f->origin, &diag),
			 -EEXIST);
	findings_close(a);
	findings_close(b);
	assert_string_equal(content(f, "count"), "2\n");
}

static void test_findings_minimised_is_replaced_by_shorter_only(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct findings *findings = findings_open(f->dir, &diag);
	struct prog shorter = f->prog, longer = f->prog;

	assert_non_null(findings);
	shorter.count = 1;
	f->outcome.op = 0;
	assert_int_equal(findings_save_minimised(findings, f->session, &longer, &f->outcome,
						 &f->origin, &diag), 0);
	assert_non_null(strstr(content(f, "program.vma"), "mprotect(@1"));
	assert_int_equal(findings_save_minimised(findings, f->session, &shorter, &f->outcome,
						 &f->origin, &diag), 0);
	assert_null(strstr(content(f, "program.vma"), "mprotect(@1"));
	assert_int_equal(findings_save_minimised(findings, f->session, &longer, &f->outcome,
						 &f->origin, &diag), 0);
	assert_null(strstr(content(f, "program.vma"), "mprotect(@1"));
	findings_close(findings);
}

static void test_findings_known_bug_has_a_directory_of_its_own(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct findings *findings = findings_open(f->dir, &diag);
	char path[256];

	assert_non_null(findings);
	assert_false(findings_known(findings, &f->outcome));
	f->outcome.quirks_explain = 1u << QUIRK_GROW_FORKLIMIT | 1u << QUIRK_DONTUNMAP_SELF_MERGE;
	assert_false(findings_known(findings, &f->outcome));
	findings_path(findings, &f->outcome, path, sizeof(path));
	assert_non_null(strstr(path, "/known-grow_forklimit-dontunmap_self_merge"));
	findings_close(findings);
}

static void test_findings_directory_that_cannot_be_is_told(void **state)
{
	struct fixture *f = *state;
	char path[256];
	struct diag diag;

	snprintf(path, sizeof(path), "%s/not/there", f->dir);
	assert_null(findings_open(path, &diag));
	assert_non_null(strstr(diag.text, path));
}

static void test_findings_refusing_disk_is_told(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct findings *findings = findings_open(f->dir, &diag);
	char path[256];
	FILE *file;

	assert_non_null(findings);
	/* A file stands where the directory must go: this refuses root as well. */
	findings_path(findings, &f->outcome, path, sizeof(path));
	file = fopen(path, "we");
	assert_non_null(file);
	fclose(file);
	assert_false(findings_known(findings, &f->outcome));
	assert_true(findings_save(findings, f->session, &f->prog, &f->outcome, &f->origin, &diag) <
		    0);
	assert_non_null(strstr(diag.text, path));
	/* It is not told again for each further sighting. */
	assert_true(findings_known(findings, &f->outcome));
	findings_close(findings);
}

static void test_findings_kernel_log_is_saved_by_its_text(void **state)
{
	struct fixture *f = *state;
	struct diag diag;
	struct findings *findings = findings_open(f->dir, &diag);
	struct stat st;
	char path[256];

	assert_non_null(findings);
	assert_int_equal(findings_save_kernel_log(findings, &f->prog, "WARNING: CPU: 1 PID: 2",
						  &diag), 0);
	assert_int_equal(findings_save_kernel_log(findings, &f->prog, "WARNING: CPU: 0 PID: 99",
						  &diag), 0);
	findings_close(findings);
	/* Both have one directory: ".", ".." and it make three links. */
	snprintf(path, sizeof(path), "%s", f->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_nlink, 3);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_findings_new_one_is_written_whole),
		T(test_findings_seen_again_is_counted_by_every_run),
		T(test_findings_slower_process_keeps_out),
		T(test_findings_minimised_is_replaced_by_shorter_only),
		T(test_findings_known_bug_has_a_directory_of_its_own),
		T(test_findings_directory_that_cannot_be_is_told),
		T(test_findings_refusing_disk_is_told),
		T(test_findings_kernel_log_is_saved_by_its_text),
	};
#undef T

	return cmocka_run_group_tests(tests, NULL, NULL);
}
