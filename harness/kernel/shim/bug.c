/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a WARN or BUG says: the table that lib/bug.c reads, and the trampoline for formatted ones.
 */
#include "shim.h"

#include <linux/bug.h>

extern struct bug_entry __start___bug_table[], __stop___bug_table[];

#ifdef CONFIG_GENERIC_BUG_RELATIVE_POINTERS
#define POINTER(entry, field) ((void *)((char *)&(entry)->field##_disp + (entry)->field##_disp))
#else
#define POINTER(entry, field) ((void *)(entry)->field)
#endif

int kernel_bug_at(unsigned long ip, struct kernel_bug *bug)
{
	const struct bug_entry *entry;

	for (entry = __start___bug_table; entry < __stop___bug_table; entry++) {
		if ((unsigned long)POINTER(entry, bug_addr) != ip)
			continue;
		bug->file = POINTER(entry, file);
		bug->line = entry->line;
		bug->warning = entry->flags & BUGFLAG_WARNING;
		return 1;
	}
	return 0;
}

#if SINCE(6, 19)
/* Prints its text, then is a WARN like others. */
void shim_warn_trap(struct bug_entry *bug, ...) asm("__SCT__WARN_trap");
void shim_warn_trap(struct bug_entry *bug, ...)
{
	const char *format = POINTER(bug, format);
	char site[96];
	va_list args;

	va_start(args, bug);
	kernel_print(format, args);
	va_end(args);
	snprintf(site, sizeof(site), "%s:%u", (const char *)POINTER(bug, file), bug->line);
	kernel_complain(site, "WARNING at %s", site);
}
#endif

void __warn_printk(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	kernel_print(format, args);
	va_end(args);
}
