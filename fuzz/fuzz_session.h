/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The body of the targets that run a program on a backend and on the model.
 *
 * A divergence prints the report and ends the process in a function that is named after its aspect,
 * vmafuzz_divergence_boundary() for one, so that engines, which tell crashes apart by their stacks,
 * keep different ones apart. A broken backend ends in vmafuzz_backend_error(). Known bugs of the
 * backend's kernel are no divergence.
 */
#ifndef FUZZ_FUZZ_SESSION_H
#define FUZZ_FUZZ_SESSION_H

#include "harness/session.h"

struct fuzz_config {
	const struct backend_type *type;
	const char *spec; /* what stands behind the colon of a backend's name, or NULL */
	bool pages_each;  /* compare page states after every operation: slower */
};

struct fuzz_session;
/* NULL with a sentence in @diag if the backend is not available here. */
struct fuzz_session *fuzz_session_open(const struct fuzz_config *config, struct diag *diag);
void fuzz_session_close(struct fuzz_session *fs);

/*
 * Runs the program that @bytes are, without the operations that the backend lacks. Returns
 * VERDICT_AGREE, VERDICT_SKIP, or VERDICT_DIVERGE for what known bugs explain; else it does not
 * return.
 */
enum verdict fuzz_session_run(struct fuzz_session *fs, const u8 *bytes, size_t size);
/* The session below, as the last run left it. */
struct session *fuzz_session_session(struct fuzz_session *fs);
/* What was run last. */
const struct prog *fuzz_session_prog(const struct fuzz_session *fs);

/*
 * For the entry points, which are handed no context: the one session of this process, opened by the
 * first call and closed at exit. If the backend is not available here, says so and exits with 77,
 * which tests take as "skipped".
 */
struct fuzz_session *fuzz_session_of_process(const struct fuzz_config *config);

/* The ends of a process: for each aspect, and for a backend that is broken. */
#define FUZZ_ASPECTS(X)         \
	X(RESULT, result)       \
	X(ATTRIBUTE, attribute) \
	X(BOUNDARY, boundary)   \
	X(ANON_VMA, anon_vma)   \
	X(POPULATED, populated) \
	X(CONTENT, content)     \
	X(COUNTER, counter)     \
	X(KERNEL, kernel)       \
	X(INVARIANT, invariant)
#define X(ID, name) _Noreturn void vmafuzz_divergence_##name(void);
FUZZ_ASPECTS(X)
#undef X
_Noreturn void vmafuzz_backend_error(void);

#endif
