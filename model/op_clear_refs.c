/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clear_refs(what): a number written to /proc/self/clear_refs - proc_pid_clear_refs(5),
 * clear_refs_write().
 *
 * Rules
 *  1. 1 to 3 forget that pages were accessed, 5 forgets how large the process ever was: no area
 *     changes. Another number: EINVAL.
 *  2. 4 clears SOFTDIRTY of every area, and of all pages. Nothing merges, though areas may now be
 *     equal that were not; in a kernel without CONFIG_MEM_SOFT_DIRTY nothing has the flag.
 *
 * An area is soft-dirty from its making until then; so is one that a mapping was merged into or
 * that grew, since nobody has looked at what is new in it: the kernel is documented to mark new and
 * expanded regions (Documentation/admin-guide/mm/soft-dirty.rst). merge.c says what merging makes
 * of it.
 */
#include <errno.h>

#include "internal.h"

void model_clear_refs(struct model *m, struct step *s)
{
	(void)m;
	if (s->op->arg[0] == CLEAR_BAD)
		s->result->err = -EINVAL;
	if (s->op->arg[0] != CLEAR_SOFT_DIRTY)
		return;
	for (u32 i = 0; i < s->mm->vma_count; i++)
		s->mm->vmas[i].flags &= ~VMF_SOFTDIRTY;
}
