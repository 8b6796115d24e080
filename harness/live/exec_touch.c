/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads and stores that may fault: the real instructions, since that is the path through the kernel
 * which programs take. A fault moves the instruction pointer to the end of the function.
 */
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

#include "harness/live/exec.h"

/* Both return 0 in eax; the handler makes that the RESULT_* of the signal. */
__asm__(".text\n"
	".globl touch_load\n"
	"touch_load:\n"
	"	xor %eax, %eax\n"
	"touch_load_insn:\n"
	"	mov (%rdi), %rdx\n"
	"	mov %rdx, (%rsi)\n"
	"	ret\n"
	".globl touch_store\n"
	"touch_store:\n"
	"	xor %eax, %eax\n"
	"touch_store_insn:\n"
	"	mov %rsi, (%rdi)\n"
	"touch_done:\n"
	"	ret\n");

extern const char touch_load_insn[], touch_store_insn[], touch_done[];

static void handle_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	greg_t *regs = uc->uc_mcontext.gregs;
	const char *at = (const char *)regs[REG_RIP];

	(void)info;
	if (at != touch_load_insn && at != touch_store_insn) {
		/* A fault of our own: die of it when the instruction is run again. */
		signal(sig, SIG_DFL);
		return;
	}
	regs[REG_RAX] = (u32)(sig == SIGBUS ? RESULT_SIGBUS : RESULT_SIGSEGV);
	regs[REG_RIP] = (greg_t)touch_done;
}

int touch_init(void)
{
	struct sigaction action = { .sa_sigaction = handle_fault, .sa_flags = SA_SIGINFO };

	if (sigaction(SIGSEGV, &action, NULL) || sigaction(SIGBUS, &action, NULL))
		return -errno;
	return 0;
}
