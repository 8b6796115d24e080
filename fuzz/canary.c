/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A target that must fail: it takes the model with a deliberate mistake for a kernel. Its test
 * proves that a divergence is found and reported under each engine.
 */
#include "fuzz/engine.h"
#include "fuzz/fuzz_session.h"

_Static_assert(FUZZ_PREFIX_BYTES == 0, "all is program");

static struct fuzz_session *session(void)
{
	const struct fuzz_config config = { .type = &backend_mutant, .spec = "MERGE_EXCLUDED" };

	return fuzz_session_of_process(&config);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	session();
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	fuzz_session_run(session(), data, size);
	return 0;
}
