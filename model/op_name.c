/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set_vma_name(addr, len, name): prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, addr, len, name)
 * - PR_SET_VMA(2const), set_anon_vma_name(), madvise_update_vma().
 *
 * Rules, in the order in which they decide
 *  1. A kernel without CONFIG_ANON_VMA_NAME: EINVAL. A name of 80 characters or more: EINVAL; no
 *     memory for a copy of it: ENOMEM; one with a character that is not printable or among
 *     \ ` $ [ ]: EINVAL. addr not aligned, a length or a range that
 *     wraps EINVAL; an empty range: success.
 *  2. Each area in address order. A hole is passed over, and gives ENOMEM in the end; an error of
 *     an area ends the call, what was done before stays (madvise_walk_vmas()).
 *  3. Only anonymous memory can be named: EBADF if the area has a file, also private /dev/zero.
 *     With rule name_anon_shmem shared anonymous memory can be named too, and with it whatever maps
 *     a memfd, also privately, since that is an unlinked file of the same kind (shmem_mmap()).
 *  4. An area that has the name is left alone; else it gets it, or loses its name to NULL, by merge
 *     or split (merge.c), which compares names as strings. ENOMEM of a split becomes EAGAIN.
 *     Nothing protects an area from it: sealed ones can be named.
 *  5. Quirk name_drops_sticky: what merging gave the area of sticky flags is lost again.
 *
 * A name goes with the area wherever it is split, moved by mremap or inherited by fork. New
 * mappings have none.
 */
#include <errno.h>

#include "internal.h"

/* Rule 3. */
static bool can_be_named(const struct model *m, const struct model_vma *v)
{
	bool shmem = v->file && !v->anonymous && !v->has_close;

	return !v->file || (m->config.rules.name_anon_shmem && shmem);
}

/* Rules 3 and 4 for [start, end) of area *@i, which is then the area that holds the end. */
static int name_area(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u8 name)
{
	int err;

	if (!can_be_named(m, &mm->vmas[*i]))
		return -EBADF;
	if (mm->vmas[*i].name == name)
		return 0;
	err = vma_modify_name(m, mm, i, start, end, name);
	return err == -ENOMEM ? -EAGAIN : err;
}

/* Rule 2. Page numbers. */
static int name_areas(struct model *m, struct model_mm *mm, u64 start, u64 end, u8 name)
{
	u64 at = start;
	int hole = 0;

	for (u32 i = vma_find(mm, start); at < end; i++) {
		u64 first;
		int err;

		if (i == mm->vma_count || mm->vmas[i].start >= end)
			return -ENOMEM;
		first = mm->vmas[i].start > at ? mm->vmas[i].start : at;
		if (first > at)
			hole = -ENOMEM;
		err = name_area(m, mm, &i, first, mm->vmas[i].end < end ? mm->vmas[i].end : end,
				name);
		if (err || m->limit)
			return err;
		at = mm->vmas[i].end;
	}
	return hole;
}

void model_set_vma_name(struct model *m, struct step *s)
{
	u64 addr = op_addr(s->op->arg[0], s->mm->last), len = page_align(s->op->arg[1]);
	u64 name = s->op->arg[2];

	/* Rule 1. */
	if (!m->config.anon_name || name == NAME_TOO_LONG)
		s->result->err = -EINVAL;
	else if (name != NAME_NONE && alloc_fails(m, ALLOC_NAME))
		s->result->err = -ENOMEM;
	else if (name == NAME_BAD || addr % PAGE_BYTES || (s->op->arg[1] && !len) ||
		 addr + len < addr)
		s->result->err = -EINVAL;
	else if (len)
		s->result->err = name_areas(m, s->mm, addr >> PAGE_SHIFT,
					    (addr + len) >> PAGE_SHIFT, (u8)name);
}
