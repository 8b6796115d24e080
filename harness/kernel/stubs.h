/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Symbols that kernel code refers to and that nothing provides. Each has an address of its own in a
 * range where nothing is ever mapped (combine.sh), so that calling it, reading it or writing it is
 * a fault that tells its name, and a kernel that needs more than the last one still links.
 */
#ifndef HARNESS_KERNEL_STUBS_H
#define HARNESS_KERNEL_STUBS_H

#define STUB_BASE 0x10000ul /* vm.mmap_min_addr; the program is linked above them all */
#define STUB_BYTES 512ul    /* for each: a field of a structure is still told by its name */

struct stub_table {
	unsigned int count;
	const char *const *names;
};
extern const struct stub_table stub_table; /* generated */

/* The symbol that @address is in, or NULL. */
static inline const char *stub_at(unsigned long address)
{
	unsigned long i = (address - STUB_BASE) / STUB_BYTES;

	return address >= STUB_BASE && i < stub_table.count ? stub_table.names[i] : 0;
}

#endif
