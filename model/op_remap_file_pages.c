/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * remap_file_pages(addr, size, prot, offset), without flags - remap_file_pages(2), mm/mmap.c.
 *
 * Rules, in the order in which they decide
 *  1. prot not 0 EINVAL. addr and size are rounded down to pages; nothing left, or a range that
 *     wraps: EINVAL.
 *  2. The range must be mapped without a hole, by areas that have the same open file and exactly
 *     the same flags, of which SHARED: EINVAL.
 *  3. Then it is an mmap of that file at that offset in place of what is there: MAP_SHARED,
 *     MAP_FIXED, MAP_POPULATE, with the access that the first area has, locked if it is. Other
 *     flags (those of madvise, say) are not kept. It merges as a new mapping does. The result is 0.
 */
#include <errno.h>

#include "internal.h"

/* Rule 2. Page numbers. The area at the start, or NULL. */
static const struct model_vma *find_shared(const struct model_mm *mm, u64 start, u64 end)
{
	u32 i = vma_find(mm, start);
	const struct model_vma *v = &mm->vmas[i];
	u64 at;

	if (i == mm->vma_count || v->start > start || !(v->flags & VMF_SHARED))
		return NULL;
	for (at = v->end; at < end; at = mm->vmas[i].end) {
		i++;
		if (i == mm->vma_count || mm->vmas[i].start != at ||
		    mm->vmas[i].file != v->file || mm->vmas[i].flags != v->flags)
			return NULL;
	}
	return v;
}

void model_remap_file_pages(struct model *m, struct step *s)
{
	u64 start = op_addr(s->op->arg[0], s->mm->last) >> PAGE_SHIFT;
	u64 pages = s->op->arg[1] >> PAGE_SHIFT;
	const struct model_vma *v = NULL;

	if (!s->op->arg[2] && pages && start + pages <= 1ull << (64 - PAGE_SHIFT))
		v = find_shared(s->mm, start, start + pages);
	if (v)
		s->result->err = mmap_again(m, s->mm, v, start, pages,
					    s->op->arg[3] >> PAGE_SHIFT);
	else
		s->result->err = -EINVAL;
}
