/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The function that an address of this program's own code is in. dladdr() does not know static
 * functions, which most of a kernel's are.
 */
#ifndef HARNESS_KERNEL_SYMBOL_H
#define HARNESS_KERNEL_SYMBOL_H

#include <stddef.h>

/* Its name, cut to @size with the '\0'; "" if it is not known. May be called where the process is
 * about to end by a signal. */
void symbol_at(unsigned long address, char *name, size_t size);

#endif
