/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the kernel code ends a case by itself: a WARN, BUG, lock misuse, leak, or a crash; or by
 * touching a part of the kernel that is not there, which is no fault of the kernel's.
 */
#ifndef HARNESS_KERNEL_TRAP_H
#define HARNESS_KERNEL_TRAP_H

enum kernel_end {
	KERNEL_COMPLAINED, /* a finding */
	KERNEL_LACKS,	   /* "symbol": nothing provides it, so nothing can be said */
};

/*
 * What is called then: @site is where, for recognising it ("mm/vma.c:123"), @text a sentence, then
 * the last lines that the kernel printed. It must not return: the kernel's state is of no more use.
 */
typedef void kernel_end_fn(void *arg, enum kernel_end why, const char *site, const char *text);

/* Catches the signals that kernel code can cause, from now on. Without a function of one's own
 * (NULL) the text goes to standard error and the process aborts. */
void kernel_catch(kernel_end_fn *fn, void *arg);

#endif
