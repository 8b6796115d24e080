/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: the running kernel does what is specified for it, its known bugs aside.
 *
 * The kernel is not instrumented, so an engine is guided by the code of the model that the program
 * runs through, and by what it does in terms of the specification (novelty.h).
 */
#include "fuzz/engine.h"
#include "fuzz/fuzz_session.h"

_Static_assert(FUZZ_PREFIX_BYTES == 0, "all is program");

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	/* Opened by the first input and not before: AFL++ forks in between, and the processes that
	 * execute programs belong to who opened them. */
	const struct fuzz_config config = { .type = &backend_live };

	fuzz_session_run(fuzz_session_of_process(&config), data, size);
	return 0;
}
