/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the page tables of a process, which are the kernel's own.
 */
#ifndef HARNESS_KERNEL_PAGES_H
#define HARNESS_KERNEL_PAGES_H

#include <linux/pgtable.h>

#include "shim.h"

/* The page table that holds @addr, or NULL; then *@skip is where to go on, an address. */
static inline pmd_t *shim_pmd(struct mm_struct *mm, unsigned long addr, unsigned long *skip)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	*skip = (addr | (PGDIR_SIZE - 1)) + 1;
	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return NULL;
	*skip = (addr | (PUD_SIZE - 1)) + 1;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return NULL;
	*skip = (addr | (PMD_SIZE - 1)) + 1;
	pmd = pmd_offset(pud, addr);
	return pmd_none(*pmd) ? NULL : pmd;
}

/* The entry for @addr, or NULL if there is no page table for it. */
static inline pte_t *shim_pte(struct mm_struct *mm, unsigned long addr)
{
	unsigned long skip;
	pmd_t *pmd = shim_pmd(mm, addr, &skip);

	return pmd ? pte_offset_kernel(pmd, addr) : NULL;
}

/* Calls @visit for every entry of [start, end) that is not none. */
static inline void shim_walk(struct mm_struct *mm, unsigned long start, unsigned long end,
			     void (*visit)(void *arg, unsigned long addr, pte_t pte), void *arg)
{
	unsigned long addr = start, skip;

	while (addr < end) {
		pmd_t *pmd = shim_pmd(mm, addr, &skip);

		if (!pmd) {
			addr = skip;
			continue;
		}
		for (; addr < end && addr != skip; addr += PAGE_SIZE) {
			pte_t pte = *pte_offset_kernel(pmd, addr);

			if (!pte_none(pte))
				visit(arg, addr, pte);
		}
	}
}

#endif
