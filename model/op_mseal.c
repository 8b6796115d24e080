/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mseal(addr, len, flags) - mseal(2), mm/mseal.c.
 *
 * Rules
 *  1. Absent before 6.10 (rule mseal): ENOSYS. flags not 0 EINVAL; addr not aligned EINVAL; a
 *     length that wraps when rounded up EINVAL; a range that wraps EINVAL; empty: success.
 *  2. Any hole in the range: ENOMEM, and nothing is sealed. 3. Each area that is not sealed yet
 *     gets SEALED, by merge or split (merge.c). There is no way back but the end of the process.
 */
#include <errno.h>

#include "internal.h"

static bool has_hole(const struct model_mm *mm, u64 start, u64 end)
{
	u32 i = vma_find(mm, start);

	while (start < end && i < mm->vma_count && mm->vmas[i].start <= start)
		start = mm->vmas[i++].end;
	return start < end;
}

/* Rule 3, for the part of area *@i that lies in the range. */
static int seal_vma(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end)
{
	const struct model_vma *v = &mm->vmas[*i];
	u64 first = v->start > start ? v->start : start, last = v->end < end ? v->end : end;
	int err;

	if (v->flags & VMF_SEALED)
		return 0;
	err = vma_add_flags(m, mm, i, first, last, VMF_SEALED);
	if (!err)
		mm->sealed_pages += last - first;
	return err;
}

void model_mseal(struct model *m, struct step *s)
{
	struct model_mm *mm = s->mm;
	u64 addr = op_addr(s->op->arg[0], mm->last), len = page_align(s->op->arg[1]);
	u64 start = addr >> PAGE_SHIFT, end = (addr + len) >> PAGE_SHIFT;
	int err = 0;

	if (!m->config.rules.mseal) {
		s->result->err = -ENOSYS;
		return;
	}
	/* Rule 1. */
	if (s->op->arg[2] || addr % PAGE_BYTES || (s->op->arg[1] && !len) || addr + len < addr) {
		s->result->err = -EINVAL;
		return;
	}
	if (start == end)
		return;
	if (has_hole(mm, start, end)) {
		s->result->err = -ENOMEM;
		return;
	}
	for (u32 i = vma_find(mm, start); !err && i < mm->vma_count && mm->vmas[i].start < end; i++)
		err = seal_vma(m, mm, &i, start, end);
	s->result->err = err;
}
