/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process holds one kernel and signals know no context, so what is kept here is kept for the
 * process: whom to tell, and the last lines that the kernel printed.
 */
#include "harness/kernel/trap.h"

#include <errno.h>
#include <execinfo.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "harness/kernel/entry.h"
#include "harness/kernel/stubs.h"
#include "harness/kernel/symbol.h"

#define LOG_BYTES 2048

static struct {
	kernel_end_fn *fn;
	void *arg;
	struct sigaction before[NSIG]; /* who handled the signal: a sanitizer or an engine */
	char log[LOG_BYTES];
	size_t log_len;
} trap;

_Noreturn static void end(enum kernel_end why, const char *site, const char *text)
{
	char all[LOG_BYTES + 1024];

	snprintf(all, sizeof(all), "%s%s%s", text, trap.log_len ? "\n" : "", trap.log);
	trap.log_len = 0;
	trap.log[0] = '\0';
	if (trap.fn)
		trap.fn(trap.arg, why, site, all);
	fprintf(stderr, "%s: %s: %s\n", why == KERNEL_LACKS ? "vmafuzz" : "kernel", site, all);
	abort();
}

/* A path of the tree, whoever compiled it from where. */
static const char *in_tree(const char *path)
{
	static const char *const tops[] = { "/mm/",  "/kernel/",  "/fs/",
					    "/lib/", "/include/", "/arch/" };
	size_t i;

	for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		const char *at = strstr(path, tops[i]);

		if (at)
			return at + 1;
	}
	return path;
}

_Noreturn void kernel_complain(const char *site, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	end(KERNEL_COMPLAINED, in_tree(site), text);
}

/* A line begins with SOH and its level. What begins with BUG or WARN is a complaint of its own. */
void kernel_print(const char *format, va_list args)
{
	size_t room;
	char *line;

	if (trap.log_len > LOG_BYTES / 2) {
		memmove(trap.log, trap.log + LOG_BYTES / 2, trap.log_len - LOG_BYTES / 2 + 1);
		trap.log_len -= LOG_BYTES / 2;
	}
	if (format[0] == '\001')
		format += 2;
	line = trap.log + trap.log_len;
	room = sizeof(trap.log) - trap.log_len;
	vsnprintf(line, room, format, args);
	trap.log_len += strlen(line);
	if (strncmp(line, "BUG", 3) == 0 || strncmp(line, "WARN", 4) == 0)
		kernel_complain("printk", "%.*s", (int)strcspn(line, "\n"), line);
}

/* The functions on the stack, for a crash that no sanitizer explains. */
static void add_backtrace(void)
{
	void *frames[24];
	int count = backtrace(frames, 24);

	backtrace_symbols_fd(frames + 2, count > 2 ? count - 2 : 0, 2);
}

/* Hands the signal on to who had it before, or ends. */
static void pass_on(int signal, siginfo_t *info, void *context, const char *site, const char *text)
{
	const struct sigaction *before = &trap.before[signal];

	if ((before->sa_flags & SA_SIGINFO) && before->sa_sigaction)
		before->sa_sigaction(signal, info, context);
	add_backtrace();
	end(KERNEL_COMPLAINED, site, text);
}

static void on_trap(int signal, siginfo_t *info, void *context)
{
	unsigned long ip = (unsigned long)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	struct kernel_bug bug;
	char site[128], text[256];

	if (!kernel_bug_at(ip, &bug)) {
		snprintf(text, sizeof(text), "illegal instruction at %#lx", ip);
		pass_on(signal, info, context, "SIGILL", text);
		return;
	}
	snprintf(site, sizeof(site), "%s:%u", in_tree(bug.file), bug.line);
	snprintf(text, sizeof(text), "%s at %s", bug.warning ? "WARNING" : "BUG", site);
	end(KERNEL_COMPLAINED, site, text);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
	unsigned long ip = (unsigned long)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
	const char *symbol = stub_at((unsigned long)info->si_addr);
	char text[256], function[64];

	if (symbol) {
		snprintf(text, sizeof(text),
			 "the kernel code reached \"%s\", which is not among the files that are "
			 "compiled, and for which there is no stand-in",
			 symbol);
		end(KERNEL_LACKS, symbol, text);
	}
	symbol_at(ip, function, sizeof(function));
	snprintf(text, sizeof(text), "kernel code touched the address %p%s%s", info->si_addr,
		 function[0] ? " in " : "", function);
	pass_on(signal, info, context, function[0] ? function : "page-fault", text);
}

void kernel_catch(kernel_end_fn *fn, void *arg)
{
	static const struct {
		int signal;
		void (*handler)(int, siginfo_t *, void *);
	} signals[] = { { SIGILL, on_trap }, { SIGSEGV, on_fault }, { SIGBUS, on_fault } };
	size_t i;

	trap.fn = fn;
	trap.arg = arg;
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction now, action = { .sa_sigaction = signals[i].handler,
						 .sa_flags = SA_SIGINFO | SA_NODEFER };

		/* Not twice: the handler before would be ourselves. */
		sigaction(signals[i].signal, NULL, &now);
		if (now.sa_sigaction == signals[i].handler)
			continue;
		trap.before[signals[i].signal] = now;
		sigaction(signals[i].signal, &action, NULL);
	}
}
