/* SPDX-License-Identifier: GPL-2.0-only */
#include "fuzz/fuzz_session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz/novelty.h"
#include "harness/report.h"

struct fuzz_session {
	struct backend *backend;
	struct session *session;
	bool pages_each;
	u64 cases, ops; /* run so far, and operations that were compared */
	struct prog prog;
	struct outcome outcome;
};

/*
 * Each prints its own name: so none has the code of another, for which the linker might take it,
 * and a log without symbols tells them apart too. abort() is called as a function that may return,
 * so that the address behind the call, which is what a stack has, still lies in this function.
 */
#define END(name)                                           \
	__attribute__((noinline)) _Noreturn void name(void) \
	{                                                   \
		void (*volatile stop)(void) = abort;        \
                                                            \
		fputs(#name "\n", stderr);                  \
		for (;;)                                    \
			stop();                             \
	}
#define X(ID, name) END(vmafuzz_divergence_##name)
FUZZ_ASPECTS(X)
#undef X
END(vmafuzz_backend_error)

static _Noreturn void end(enum aspect aspect)
{
	static void (*const ends[])(void) = {
#define X(ID, name) [ASPECT_##ID] = vmafuzz_divergence_##name,
		FUZZ_ASPECTS(X)
#undef X
	};
	_Static_assert(ARRAY_SIZE(ends) == ASPECT_COUNT, "an end for each aspect");

	CHECK(ends[aspect]);
	ends[aspect]();
	/* Also keeps the call above from being a jump, which would leave this frame out. */
	check_failed(__FILE__, __LINE__, "an end returned");
}

struct fuzz_session *fuzz_session_open(const struct fuzz_config *config, struct diag *diag)
{
	const struct backend_opts opts = { .spec = config->spec };
	struct fuzz_session *fs = calloc(1, sizeof(*fs));
	const struct model_profile *profile;
	struct model_config model;

	if (!fs || config->type->open(&fs->backend, &opts, diag)) {
		if (!fs)
			diag_set(diag, 0, "no memory");
		free(fs);
		return NULL;
	}
	fs->pages_each = config->pages_each;
	model = fs->backend->config;
	profile = fs->backend->profile ? profile_find(fs->backend->profile) : NULL;
	/* Of a kernel that was observed exactly the bugs are known, and the model follows them. A
	 * mutant has its one mistake, and none of those. */
	if (profile && fs->backend->profile_exact && config->type != &backend_mutant)
		model.quirks.on |= profile->quirks.on;
	fs->session = session_new(fs->backend, &model);
	if (fs->session)
		return fs;
	diag_set(diag, 0, "no memory");
	fuzz_session_close(fs);
	return NULL;
}

void fuzz_session_close(struct fuzz_session *fs)
{
	if (!fs)
		return;
	session_free(fs->session);
	fs->backend->type->close(fs->backend);
	free(fs);
}

struct session *fuzz_session_session(struct fuzz_session *fs)
{
	return fs->session;
}

const struct prog *fuzz_session_prog(const struct fuzz_session *fs)
{
	return &fs->prog;
}

/* Takes out what the backend cannot do, so that the rest is not skipped for it. */
static void fit(const struct backend *b, struct prog *prog)
{
	u32 i = 0;

	while (i < prog->count) {
		if (!b->can_fail_alloc)
			prog->ops[i].fail_nth = 0;
		if (b->ops >> prog->ops[i].kind & 1)
			i++;
		else
			prog_remove(prog, i, 1);
	}
}

static _Noreturn void diverged(struct fuzz_session *fs)
{
	const struct origin origin = { .file = NULL };

	report_print(stderr, fs->session, &fs->prog, &fs->outcome, &origin);
	end(fs->outcome.signature.aspect);
}

enum verdict fuzz_session_run(struct fuzz_session *fs, const u8 *bytes, size_t size)
{
	const struct session_opts opts = {
		.pages_each = fs->pages_each,
		.check = true,
		.after_op = novelty_after_op,
	};

	prog_decode(&fs->prog, bytes, size);
	fit(fs->backend, &fs->prog);
	session_run(fs->session, &fs->prog, &opts, &fs->outcome);
	fs->cases++;
	fs->ops += fs->outcome.ops_done;
	if (fs->outcome.verdict == VERDICT_DIVERGE && fs->outcome.quirks_explain == 0)
		diverged(fs);
	if (fs->outcome.verdict == VERDICT_ERROR) {
		fprintf(stderr, "the backend is broken: %s\n", fs->outcome.diag.text);
		vmafuzz_backend_error();
	}
	/* A case that stopped early ends here too, else the next input would begin with that. */
	if (fs->outcome.verdict != VERDICT_AGREE && fs->backend->type->finish)
		fs->backend->type->finish(fs->backend, &fs->outcome.diag);
	return fs->outcome.verdict;
}

static struct fuzz_session **process_session(void)
{
	/* The exception to having no mutable globals: an engine calls LLVMFuzzerTestOneInput() with
	 * an input and nothing else, and opening a backend for each input would cost far more than
	 * running it. */
	static struct fuzz_session *session;

	return &session;
}

/* Engines count inputs, not operations. */
static void close_process_session(void)
{
	const struct fuzz_session *fs = *process_session();

	fprintf(stderr, "%" PRIu64 " cases, %" PRIu64 " operations compared\n", fs->cases, fs->ops);
	fuzz_session_close(*process_session());
	*process_session() = NULL;
}

struct fuzz_session *fuzz_session_of_process(const struct fuzz_config *config)
{
	struct fuzz_session **fs = process_session();
	struct diag diag;

	if (*fs)
		return *fs;
	*fs = fuzz_session_open(config, &diag);
	if (!*fs) {
		fprintf(stderr, "%s: %s\n", config->type->name, diag.text);
		exit(77);
	}
	atexit(close_process_session);
	return *fs;
}
