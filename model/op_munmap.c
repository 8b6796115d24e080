/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * munmap(addr, len) - munmap(2), do_vmi_munmap(), vms_gather_munmap_vmas().
 *
 * Rules
 *  1. addr not aligned, beyond TASK_SIZE, or len beyond what is left: EINVAL; len 0: EINVAL.
 *     Nothing mapped: success.
 *  2. The first area is cut at addr, the last one at addr + len. Cutting a hole into one area needs
 *     room below max_map_count: ENOMEM. 3. Any sealed area in the range: EPERM; no memory: ENOMEM.
 *     The areas then stay, but cuts made so far stay too.
 *  4. The areas go with their pages; locked_vm and the size counters shrink. Nothing merges.
 * The same code unmaps for mmap with MAP_FIXED, for mremap and for its shrinking.
 */
#include <errno.h>

#include "internal.h"

void unmap_complete(struct model *m, struct model_mm *mm, u64 start, u64 end)
{
	u32 i = vma_find(mm, start);

	while (i < mm->vma_count && mm->vmas[i].start < end) {
		const struct model_vma *v = &mm->vmas[i];

		mm_account(mm, v->flags, -(s64)vma_pages(v));
		if (v->flags & VMF_LOCKED && !mutant(m, MUTANT_LOCKED_LEAK))
			mm->counter[COUNT_LOCKED_VM] -= (s64)vma_pages(v);
		vma_delete(m, mm, i);
	}
	page_zap(mm, start, end);
}

int unmap_prepare(struct model *m, struct model_mm *mm, u64 start, u64 end)
{
	u32 i = vma_find(mm, start);

	if (i == mm->vma_count || mm->vmas[i].start >= end)
		return 0;
	if (mm->vmas[i].start < start) {
		if (end < mm->vmas[i].end && !vma_may_split(m, mm))
			return -ENOMEM;
		if (mm->vmas[i].flags & VMF_SEALED)
			return -EPERM;
		if (vma_split(m, mm, i, start, true))
			return -ENOMEM;
		if (m->limit)
			return 0;
		i++;
	}
	for (; i < mm->vma_count && mm->vmas[i].start < end && !m->limit; i++) {
		if (mm->vmas[i].flags & VMF_SEALED)
			return -EPERM;
		if (end < mm->vmas[i].end && vma_split(m, mm, i, end, false))
			return -ENOMEM;
		if (alloc_fails(m, ALLOC_DETACH))
			return -ENOMEM;
	}
	return 0;
}

int unmap_range(struct model *m, struct model_mm *mm, u64 start, u64 end)
{
	int err = unmap_prepare(m, mm, start, end);

	if (!err && !m->limit)
		unmap_complete(m, mm, start, end);
	return err;
}

void model_munmap(struct model *m, struct step *s)
{
	u64 addr = op_addr(s->op->arg[0], s->mm->last), len = s->op->arg[1];

	/* Rule 1. */
	if (addr % PAGE_BYTES || addr > ABI_TASK_SIZE || len > ABI_TASK_SIZE - addr || !len) {
		s->result->err = -EINVAL;
		return;
	}
	s->result->err =
		unmap_range(m, s->mm, addr >> PAGE_SHIFT, (addr + page_align(len)) >> PAGE_SHIFT);
}
