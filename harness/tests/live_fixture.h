/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A live backend and room for a program and a snapshot, for the tests of the live backend. A test
 * calls live_need_bpf() if it can say nothing without; that skips it.
 */
#ifndef HARNESS_TESTS_LIVE_FIXTURE_H
#define HARNESS_TESTS_LIVE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/live/live.h"
#include "model/abi.h"

#define LIVE_TIMEOUT_MS 1000

struct live_fixture {
	struct backend *backend;
	struct diag diag;
	struct prog_file file;
	struct snapshot snap;
	struct op_result result[PROG_OPS_MAX];
};

static inline struct live_fixture *live_fixture_new(bool no_bpf)
{
	const struct backend_opts opts = { .timeout_ms = LIVE_TIMEOUT_MS, .no_bpf = no_bpf };
	struct live_fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	if (backend_live.open(&f->backend, &opts, &f->diag))
		fail_msg("%s", f->diag.text);
	return f;
}

static inline int live_setup(void **state)
{
	*state = live_fixture_new(false);
	return 0;
}

static inline int live_setup_no_bpf(void **state)
{
	*state = live_fixture_new(true);
	return 0;
}

static inline int live_teardown(void **state)
{
	struct live_fixture *f = *state;

	f->backend->type->close(f->backend);
	free(f);
	return 0;
}

static inline void live_need_bpf(const struct live_fixture *f)
{
	if (f->backend->observes & SNAP_ANON_VMA)
		return;
	print_message("needs BPF: %s\n", f->backend->observation);
	skip();
}

static inline void live_parse(struct live_fixture *f, const char *lines)
{
	char text[16384];

	snprintf(text, sizeof(text), "vma 1\n%s", lines);
	if (prog_parse(&f->file, "test", text, &f->diag))
		fail_msg("%s", f->diag.text);
}

/* Begins a case with the parsed program. */
static inline int live_begin(struct live_fixture *f, bool pages_each)
{
	return f->backend->type->reset(f->backend, &f->file.prog, pages_each, &f->diag);
}

/* Runs the parsed program: all results, and the snapshot after the last operation. */
static inline void live_rerun(struct live_fixture *f)
{
	u32 i;

	if (live_begin(f, false))
		fail_msg("%s", f->diag.text);
	for (i = 0; i < f->file.prog.count; i++)
		assert_int_equal(
			f->backend->type->exec(f->backend, i, &f->result[i], &f->diag), 0);
	if (i && f->backend->type->snapshot(f->backend, &f->snap, &f->diag))
		fail_msg("%s", f->diag.text);
}

static inline void live_run_text(struct live_fixture *f, const char *lines)
{
	live_parse(f, lines);
	live_rerun(f);
}

/* The snapshot is printed as exactly @want, soft-dirty apart, which not every kernel has. */
static inline void live_expect(struct live_fixture *f, const char *want)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	u32 i;

	assert_non_null(out);
	for (i = 0; i < f->snap.vma_count; i++)
		f->snap.vmas[i].flags &= ~VMF_SOFTDIRTY;
	snap_print(out, &f->snap, "");
	fclose(out);
	assert_string_equal(text, want);
	free(text);
}

#endif
