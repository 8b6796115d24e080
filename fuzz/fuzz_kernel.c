/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: the memory management of one version of Linux, as it is and in this process, does what
 * is specified for that version, its known bugs aside. Engines see its branches, so they are guided
 * by the kernel's own code.
 */
#include "fuzz/engine.h"
#include "fuzz/fuzz_session.h"
#include "harness/kernel/kernel.h"
#include "harness/kernel/trap.h"

_Static_assert(FUZZ_PREFIX_BYTES == 0, "all is program");

static struct fuzz_session *session(void)
{
	const struct fuzz_config config = { .type = &backend_kernel_direct, .pages_each = true };

	return fuzz_session_of_process(&config);
}

/* The kernel code complained or crashed in the middle of an operation: there is no outcome, but the
 * program. */
static void on_end(void *arg, enum kernel_end why, const char *site, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s: %s\n%s\n\nProgram:\n\n",
		why == KERNEL_LACKS ? "the kernel backend is broken" : "the kernel complained",
		site, text);
	prog_print(stderr, fuzz_session_prog(session()));
	if (why == KERNEL_LACKS)
		vmafuzz_backend_error();
	vmafuzz_divergence_kernel();
}

/* Before the first input, so that AFL++ starts every process with a kernel that is ready. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	kernel_catch(on_end, NULL);
	session();
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	fuzz_session_run(session(), data, size);
	return 0;
}
