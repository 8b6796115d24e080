/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: the memory management of one version of Linux, as it is and in this process, does what
 * is specified for that version, its known bugs aside. Engines see its branches, so they are guided
 * by the kernel's own code.
 */
#include "fuzz/engine.h"
#include "fuzz/fuzz_session.h"
#include "harness/kernel/kernel.h"

_Static_assert(FUZZ_PREFIX_BYTES == 0, "all is program");

static struct fuzz_session *session(void)
{
	const struct fuzz_config config = { .type = &backend_kernel_direct, .pages_each = true };

	return fuzz_session_of_process(&config);
}

/* Before the first input, so that AFL++ starts every process with a kernel that is ready. */
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
