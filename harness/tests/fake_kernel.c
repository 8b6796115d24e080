/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for a kernel in vmafuzz-kernel-fake, which is made of this and of the program that every
 * other is made of: the model, but for what fake_kernel.h says.
 */
#include "harness/tests/fake_kernel.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/kernel/kernel.h"
#include "harness/kernel/trap.h"

/* As a kernel, there is one in a process. */
static struct {
	struct backend base;
	struct backend *inner;
	kernel_end_fn *end;
	void *arg;
	const struct prog *prog;
	u32 act[3]; /* enum fake_act, by enum fake_when */
} fake;

void kernel_catch(kernel_end_fn *fn, void *arg)
{
	fake.end = fn;
	fake.arg = arg;
}

static _Noreturn void report(const char *text)
{
	fputs(text, stderr);
	fflush(stderr);
	_exit(1);
}

static void act(enum fake_when when)
{
	u32 i;

	switch (fake.act[when]) {
	case FAKE_COMPLAIN:
		fake.end(fake.arg, KERNEL_COMPLAINED, "mm/vma.c:123",
			 "WARNING at mm/vma.c:123\nbad map");
		break;
	case FAKE_LACK:
		fake.end(fake.arg, KERNEL_LACKS, "swap_in", "the kernel code reached swap_in");
		break;
	case FAKE_HANG:
		for (;;)
			pause();
	case FAKE_ABORT:
		abort();
	case FAKE_EXIT:
		report("no more\nof this\n");
	case FAKE_SANITIZER:
		report("==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x6 at pc 0\n"
		       "READ of size 8 at 0x60200 thread T0\n"
		       "    #0 0x4f12 in vma_merge /a/tree/mm/vma.c:45:6\n");
	case FAKE_TALK:
		for (i = 0; i < 100000; i++)
			fprintf(stderr, "line %u\n", i);
		abort();
	default:
		break;
	}
}

static int fake_reset(struct backend *b, const struct prog *prog, bool pages_each,
		      struct diag *diag)
{
	(void)b;
	fake.prog = prog;
	memset(fake.act, 0, sizeof(fake.act));
	return fake.inner->type->reset(fake.inner, prog, pages_each, diag);
}

static int fake_exec(struct backend *b, u32 index, struct op_result *result, struct diag *diag)
{
	const struct op *op = &fake.prog->ops[index];

	(void)b;
	if (op->kind == OP_MUNMAP && op->arg[1] >= FAKE_LEN && op->arg[1] < FAKE_LEN + FAKE_ACTS)
		fake.act[addr_offset(op->arg[0]) / (s64)PAGE_BYTES] = (u32)op->arg[1] - FAKE_LEN;
	act(FAKE_IN_EXEC);
	return fake.inner->type->exec(fake.inner, index, result, diag);
}

static int fake_snapshot(struct backend *b, struct snapshot *snap, struct diag *diag)
{
	int err = fake.inner->type->snapshot(fake.inner, snap, diag);

	(void)b;
	act(FAKE_IN_SNAPSHOT);
	if (fake.act[FAKE_IN_SNAPSHOT] == FAKE_SPOIL)
		snap->vma_count = ~0u;
	return err;
}

static int fake_finish(struct backend *b, struct diag *diag)
{
	(void)b;
	(void)diag;
	act(FAKE_IN_FINISH);
	return 0;
}

static int fake_open(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	int err = backend_model.open(&fake.inner, opts, diag);

	if (err)
		return err;
	fake.base = *fake.inner;
	fake.base.type = &backend_kernel_direct;
	snprintf(fake.base.kernel, sizeof(fake.base.kernel), "%s", program_invocation_short_name);
	*out = &fake.base;
	return 0;
}

const struct backend_type backend_kernel_direct = {
	.name = "kernel-direct",
	.what = "for tests",
	.open = fake_open,
	.reset = fake_reset,
	.exec = fake_exec,
	.snapshot = fake_snapshot,
	.finish = fake_finish,
};
