/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail: what the session accepts, and what it does not. The backend is the model,
 * of whose operations the fail_nth-th allocation point fails; the session is not told which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/report.h"
#include "harness/tests/tamper.h"

struct fixture {
	struct backend *backend;
	struct session *session;
	struct prog prog;
	struct outcome outcome;
};

static void open_fixture(struct fixture *f, enum tamper_how how, enum op_kind kind)
{
	struct model_config config;

	f->backend = tamper_open(how, kind, 1);
	config = f->backend->config;
	config.quirks = profile_find(f->backend->profile)->quirks;
	f->session = session_new(f->backend, &config);
	assert_non_null(f->session);
}

static void run(struct fixture *f)
{
	const struct session_opts opts = {.pages_each = false, .check = true};

	session_run(f->session, &f->prog, &opts, &f->outcome);
}

static void finish(struct fixture *f)
{
	session_free(f->session);
	f->backend->type->close(f->backend);
}

/* Programs whose operations meet every kind of point; the last but the look afterwards fails. */
static const char *const programs[] = {
	"mmap(@0, +9, rw, private|anonymous|fixed, none, 0)\nwrite(@4)\nmunmap(@2, +4)\n",
	"mmap(@0, +9, rw, private|anonymous|fixed, none, 0)\n"
	"mmap(@2, +4, r, private|anonymous|fixed, none, 0)\n",
	"mmap(@0, +3, rw, private|anonymous|fixed, none, 0)\n"
	"mmap(@3, +3, r, private|anonymous|fixed, none, 0)\n"
	"mprotect(@3, +2, rw)\n",
	"mmap(@0, +9, rw, private|anonymous|fixed, none, 0)\nwrite(@4)\n"
	"mremap(@3, +3, +3, maymove|fixed, @20)\n",
	"mmap(@0, +9, rw, private|anonymous|fixed|locked, none, 0)\n"
	"mremap(@3, +3, +3, maymove|dontunmap|fixed, @20)\n",
	"mmap(@0, +3, rw, private|anonymous|fixed, none, 0)\nmremap(@0, +3, +6, maymove, @0)\n",
	"mmap(@0, +9, rw, private|anonymous|fixed, none, 0)\nmadvise(@3, +3, mergeable)\n",
	"mmap(@0, +9, rw, private|anonymous|fixed, none, 0)\nmlock(@3, +3)\n",
	"mmap(@30, +4, rw, private|anonymous|fixed, none, 0)\nmadvise(@30, +4, guard_install)\n",
	"mmap(@8, +2, rw, private|anonymous|fixed|growsdown, none, 0)\nwrite(@7)\n",
	"mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\nwrite(@1)\nfork()\n",
	"mmap(@0, +9, rw, private|fixed, m0, 0)\nwrite(@4)\n",
	"mmap(@0, +2, r, private|anonymous|fixed|locked, none, 0)\nmprotect(@0, +2, rw)\n",
};

static void test_session_accepts_each_failure_of_the_model(void **state)
{
	struct fixture f;
	u32 i, nth, failed = 0;

	(void)state;
	open_fixture(&f, TAMPER_NONE, OP_MMAP);
	for (i = 0; i < ARRAY_SIZE(programs); i++) {
		for (nth = 1; nth <= OP_FAIL_MAX; nth++) {
			u32 last;

			program(&f.prog, programs[i]);
			last = f.prog.count - 1;
			f.prog.ops[last].fail_nth = (u8)nth;
			run(&f);
			if (f.outcome.verdict != VERDICT_AGREE)
				fail_msg("program %u, fail_nth=%u: %s", i, nth,
					 f.outcome.diff.text);
			if (!session_results(f.session)[last].alloc_failed)
				break;
			failed++;
		}
	}
	assert_true(failed > 2 * ARRAY_SIZE(programs));
	finish(&f);
}

/* Only who says that an allocation failed may do what a failure would lead to. */
static void test_session_refuses_a_failure_that_is_not_told(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, TAMPER_HIDE, OP_MUNMAP);
	program(&f.prog, "mmap(@0, +9, rw, private|anonymous|fixed, none, 0)\n"
			 "munmap(@2, +4) fail_nth=1\n");
	run(&f);
	assert_int_equal(f.outcome.verdict, VERDICT_DIVERGE);
	assert_int_equal(f.outcome.signature.aspect, ASPECT_RESULT);
	finish(&f);
}

static void test_session_refuses_what_no_failure_leads_to(void **state)
{
	static const struct {
		enum tamper_how how;
		enum aspect aspect;
	} rows[] = {
		{TAMPER_RESULT, ASPECT_RESULT},
		{TAMPER_FLAGS, ASPECT_ATTRIBUTE},
		{TAMPER_COUNTER, ASPECT_COUNTER},
	};
	struct fixture f;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		open_fixture(&f, rows[i].how, OP_MUNMAP);
		program(&f.prog, "mmap(@0, +9, rw, private|anonymous|fixed, none, 0)\n"
				 "munmap(@2, +4) fail_nth=2\n");
		run(&f);
		assert_int_equal(f.outcome.verdict, VERDICT_DIVERGE);
		assert_int_equal(f.outcome.signature.aspect, rows[i].aspect);
		/* none noticed, two cuts, and the area between them */
		assert_int_equal(f.outcome.tried[ALLOC_NONE], 1);
		assert_int_equal(f.outcome.tried[ALLOC_SPLIT], 2);
		assert_int_equal(f.outcome.tried[ALLOC_DETACH], 1);
		/* the nearest: the second cut, except that nothing gives EIO */
		if (rows[i].how != TAMPER_RESULT)
			assert_int_equal(session_model(f.session)->failed, ALLOC_SPLIT);
		finish(&f);
	}
}

/*
 * After the mprotect, page 1 reads as 0 whether its store found no memory or no failure was
 * noticed: only the mlock tells, which finds memory to allocate or not.
 */
static void test_session_changes_its_mind_about_an_earlier_failure(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, TAMPER_NONE, OP_MMAP);
	program(&f.prog, "mmap(@0, +2, rw, private|anonymous|fixed, none, 0)\n"
			 "mlock(@0, +3)\n"
			 "read(@1)\n"
			 "mprotect(@0, +2, r)\n"
			 "mprotect(@1, +1, rw) fail_nth=3\n"
			 "read(@0)\n"
			 "mlock(@0, +2) fail_nth=1\n"
			 "read(@1)\n");
	run(&f);
	assert_int_equal(f.outcome.verdict, VERDICT_AGREE);
	assert_int_equal(session_results(f.session)[6].err, -EAGAIN);
	finish(&f);
}

/* And when that does not help, what is told is what was thought first. */
static void test_session_tells_the_first_thought_when_none_agrees(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, TAMPER_FLAGS, OP_MLOCK);
	program(&f.prog, "mmap(@0, +2, rw, private|anonymous|fixed, none, 0)\n"
			 "read(@1)\n"
			 "mprotect(@0, +2, r)\n"
			 "mprotect(@1, +1, rw) fail_nth=3\n"
			 "mlock(@0, +2) fail_nth=1\n");
	run(&f);
	assert_int_equal(f.outcome.verdict, VERDICT_DIVERGE);
	assert_int_equal(f.outcome.op, 4);
	assert_int_equal(f.outcome.ops_done, 4);
	assert_int_equal(f.outcome.signature.aspect, ASPECT_ATTRIBUTE);
	finish(&f);
}

static char *report(const struct fixture *f, bool json)
{
	const struct origin origin = {.file = "x"};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	if (json)
		report_json(out, f->session, &f->prog, &f->outcome, &origin);
	else
		report_print(out, f->session, &f->prog, &f->outcome, &origin);
	fclose(out);
	return text;
}

static void test_report_names_the_points_that_were_tried(void **state)
{
	struct fixture f;
	char *text, *json;

	(void)state;
	open_fixture(&f, TAMPER_FLAGS, OP_MUNMAP);
	program(&f.prog, "mmap(@0, +9, rw, private|anonymous|fixed, none, 0)\n"
			 "munmap(@2, +4) fail_nth=2\n");
	run(&f);
	text = report(&f, false);
	json = report(&f, true);
	assert_non_null(strstr(text, "munmap(@2, +4) fail_nth=2 = ENOMEM"));
	assert_non_null(strstr(text, "An allocation failed"));
	assert_non_null(strstr(text, "* split (2): "));
	assert_non_null(strstr(text, "  detach (1): "));
	assert_null(strstr(text, "fork (0)"));
	assert_non_null(strstr(json, "\"alloc_failed_nearest\":\"split\""));
	assert_non_null(strstr(json, "\"detach\":1"));
	free(text);
	free(json);
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session_accepts_each_failure_of_the_model),
		cmocka_unit_test(test_session_refuses_a_failure_that_is_not_told),
		cmocka_unit_test(test_session_refuses_what_no_failure_leads_to),
		cmocka_unit_test(test_session_changes_its_mind_about_an_earlier_failure),
		cmocka_unit_test(test_session_tells_the_first_thought_when_none_agrees),
		cmocka_unit_test(test_report_names_the_points_that_were_tried),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
