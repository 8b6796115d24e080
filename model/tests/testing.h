/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the model share: a model that is driven by programs in text form, and whose
 * state is compared as text, so that a test reads like a corpus file.
 *
 * Every operation that is run is followed by a check of all invariants. All of it belongs to one
 * struct testing, which setup() makes anew for each test.
 */
#ifndef MODEL_TESTS_TESTING_H
#define MODEL_TESTS_TESTING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/internal.h"
#include "model/prog.h"

#define ARENA_PAGE (ARENA_BASE >> PAGE_SHIFT)

/* One row of the table of tests, each with a model of its own. */
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
/* "mmap(@0, +2" RW: what most programs map. */
#define RW ", rw, private|anonymous|fixed, none, 0)\n"
#define RO ", r, private|anonymous|fixed, none, 0)\n"
#define RWX ", rwx, private|anonymous|fixed, none, 0)\n"

struct testing {
	struct model model;
	struct prog_file file;
	struct snapshot snap;
	u32 index;	    /* of the next operation; a store's tag is one more */
	char program[4096]; /* what was run since restart(), to show when a test fails */
};

/* Begins anew with the default configuration and, over it, @rules (NULL: the newest). */
static inline void restart(struct testing *t, const char *rules)
{
	struct model_config config;
	struct diag diag;

	model_config_default(&config);
	if (rules && rules_parse(rules, &config.rules, &config.quirks, &diag))
		fail_msg("%s", diag.text);
	model_init(&t->model, &config);
	t->index = 0;
	t->program[0] = '\0';
}

/* Fails the test with a sentence, having shown the program. */
static inline void refuse(const struct testing *t, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline void refuse(const struct testing *t, const char *format, ...)
{
	struct diag what;
	va_list args;

	va_start(args, format);
	vsnprintf(what.text, sizeof(what.text), format, args);
	va_end(args);
	print_error("%s", t->program);
	fail_msg("%s", what.text);
}

static inline int setup(void **state)
{
	struct testing *t = calloc(1, sizeof(*t));

	if (!t)
		return -1;
	*state = t;
	restart(t, NULL);
	return 0;
}

static inline int teardown(void **state)
{
	free(*state);
	return 0;
}

static inline void parse(struct testing *t, const char *text)
{
	struct diag diag;
	char *whole = NULL;
	size_t used = strlen(t->program);

	snprintf(t->program + used, sizeof(t->program) - used, "%s\n", text);
	assert_true(asprintf(&whole, "vma 1\n%s", text) > 0);
	if (prog_parse(&t->file, "test", whole, &diag)) {
		free(whole);
		refuse(t, "%s", diag.text);
	}
	free(whole);
}

/* Fails unless the result of the @i-th operation of the parsed text is what stands behind it. */
static inline void expect_result(const struct testing *t, u32 i, const struct op_result *got)
{
	const struct op *op = &t->file.prog.ops[i];
	char line[256], want[64], seen[64];

	if (!t->file.has_result[i] || (got->err == t->file.result[i].err &&
				       (got->err || got->value == t->file.result[i].value)))
		return;
	op_print(line, sizeof(line), op);
	result_print(want, sizeof(want), op, &t->file.result[i]);
	result_print(seen, sizeof(seen), op, got);
	refuse(t, "%s: expected %s, got %s", line, want, seen);
}

/*
 * Executes the operations in @text (the text form without its first line), going on from where
 * the last call ended. Results behind "=" must be so. fail_nth=N: the N-th of the model's own
 * allocation points fails.
 */
static inline void run(struct testing *t, const char *text)
{
	parse(t, text);
	for (u32 i = 0; i < t->file.prog.count; i++) {
		struct op_result got;
		struct diag diag;

		t->model.fail_at = t->file.prog.ops[i].fail_nth;
		if (model_step(&t->model, t->index++, &t->file.prog.ops[i], NULL, &got))
			refuse(t, "operation %u: %s", i, t->model.limit);
		expect_result(t, i, &got);
		if (!model_check(&t->model, &diag))
			refuse(t, "after operation %u: %s", i, diag.text);
	}
}

/* Executes the one operation in @text as if a kernel had been seen to answer @seen. */
static inline struct op_result run_seen(struct testing *t, const char *text, struct op_result seen)
{
	struct op_result got;

	parse(t, text);
	assert_int_equal(t->file.prog.count, 1);
	assert_int_equal(model_step(&t->model, t->index++, &t->file.prog.ops[0], &seen, &got), 0);
	return got;
}

/* Begins anew with @rules and executes @text. */
static inline void run_with(struct testing *t, const char *rules, const char *text)
{
	restart(t, rules);
	run(t, text);
}

/* The same for a row of a table: @why is shown if anything fails. */
static inline void run_row(struct testing *t, const char *rules, const char *text, const char *why)
{
	restart(t, rules);
	snprintf(t->program, sizeof(t->program), "# %s\n", why);
	run(t, text);
}

/* The state as text, as far as @fields say; of areas and processes only, if @areas_only. */
static inline char *state_text(struct testing *t, u32 fields, bool areas_only)
{
	char *text = NULL, *kept = NULL, *line, *save = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	model_snapshot(&t->model, &t->snap, true);
	t->snap.fields = fields;
	snap_print(out, &t->snap, "");
	fclose(out);
	if (!areas_only)
		return text;
	out = open_memstream(&kept, &size);
	assert_non_null(out);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (*line == 'p')
			fprintf(out, "%s\n", line);
	fclose(out);
	free(text);
	return kept;
}

static inline void expect_fields(struct testing *t, u32 fields, bool areas_only, const char *want)
{
	char *got = state_text(t, fields, areas_only);
	size_t len = strlen(got);
	bool same;

	if (len && got[len - 1] == '\n')
		got[len - 1] = '\0';
	same = strcmp(want, got) == 0;
	if (!same)
		print_error("expected\n%s\ngot\n%s\n", want, got);
	free(got);
	if (!same)
		refuse(t, "the state is not as expected");
}

/* Each line of the state must be as in @text, but for pages. */
static inline void expect_state(struct testing *t, const char *text)
{
	expect_fields(t, SNAP_ALL & ~(u32)SNAP_PAGES, false, text);
}
/* What is known of areas. */
#define SNAP_AREAS (SNAP_ALL & ~(u32)(SNAP_COUNTERS | SNAP_DEF_FLAGS | SNAP_PAGES))
/* The lines of the areas alone: "p0 @0 +4 rw ac av=A"; "p0 nothing" without any. */
static inline void expect_areas(struct testing *t, const char *text)
{
	expect_fields(t, SNAP_AREAS, true, text);
}
/* The lines of the anon_vmas alone: "A root=A parent=A children=1 active=1 refs=1". */
static inline void expect_graph(struct testing *t, const char *text)
{
	expect_fields(t, SNAP_ANON_VMA, false, text);
}
/* The lines of the counters alone: "p0 map_count=+1 total_vm=+4 data_vm=+4". */
static inline void expect_counters(struct testing *t, const char *text)
{
	expect_fields(t, SNAP_COUNTERS | SNAP_DEF_FLAGS, false, text);
}
/* The lines of the populated pages alone: "p0 page @0 tag=2". */
static inline void expect_pages(struct testing *t, const char *text)
{
	expect_fields(t, SNAP_PAGES, false, text);
}

static inline void expect_rule(const struct testing *t, const char *what, enum merge_rule want,
			       enum merge_rule got)
{
	if (want != got)
		refuse(t, "%s: expected %s, got %s", what, merge_rule_names[want],
		       merge_rule_names[got]);
}

/* The last merge that the last operation considered. */
static inline void expect_merge(const struct testing *t, enum merge_rule prev, enum merge_rule next)
{
	const struct model *m = &t->model;

	assert_true(m->merge_count > 0);
	expect_rule(t, "prev", prev, m->merges[m->merge_count - 1].prev);
	expect_rule(t, "next", next, m->merges[m->merge_count - 1].next);
}
static inline void expect_why(const struct testing *t, enum merge_rule want)
{
	expect_rule(t, "why", want, model_why(&t->model));
}

/* The area that holds page @page of the arena, in process @proc; there must be one. */
static inline struct model_vma *area(struct testing *t, u32 proc, u64 page)
{
	const struct model_vma *v = model_vma_at(&t->model, proc, ARENA_PAGE + page);

	assert_non_null(v);
	return &t->model.mm[proc].vmas[v - t->model.mm[proc].vmas];
}

/* What is known of page @page of the arena, in process @proc; there must be something. */
static inline struct model_page *page(struct testing *t, u32 proc, u64 n)
{
	struct model_page *p = page_at(&t->model.mm[proc], ARENA_PAGE + n);

	assert_non_null(p);
	return p;
}

#endif
