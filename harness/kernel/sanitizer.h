/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads reports of AddressSanitizer and UndefinedBehaviorSanitizer about kernel code.
 */
#ifndef HARNESS_KERNEL_SANITIZER_H
#define HARNESS_KERNEL_SANITIZER_H

#include "model/types.h"

/*
 * Is there a report in @text? Then @complaint is what it is about and the stack, in lines, without
 * anything that differs from run to run; @site is where in the kernel ("mm/vma.c:123"), or where no
 * frame names a file, the kind of error ("heap-use-after-free").
 */
bool sanitizer_report(const char *text, char *site, size_t site_size, char *complaint,
		      size_t complaint_size);

#endif
