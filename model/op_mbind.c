/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mbind(addr, len, policy) - mbind(2) without flags, kernel_mbind(), do_mbind(), mbind_range().
 *
 * Rules, in the order in which they decide
 *  1. A kernel without NUMA: ENOSYS. No such mode EINVAL; addr not aligned EINVAL. The length is
 *     rounded up to pages and may wrap to 0. A range that wraps EINVAL; empty: success. A policy
 *     that wants nodes and has none EINVAL.
 *  2. Holes: the default policy minds only if nothing at all is mapped in the range, all others
 *     mind any hole: EFAULT, and nothing is changed (queue_pages_test_walk()).
 *  3. Each area in address order that has another policy gets the new one, by merge or split
 *     (merge.c); by value, so that "preferred" without a node is "local". ENOMEM of a split ends
 *     it, what was done stays; ENOMEM of the copy of the policy that each area gets ends it too,
 *     and the area is cut but has the old one (vma_replace_policy()). Nothing protects an area from
 *     it: sealed ones get a policy too.
 *
 * A policy goes with the area wherever it is split, moved by mremap or inherited by fork. New
 * mappings and what brk adds have none, whatever the file that they map was given.
 */
#include <errno.h>

#include "internal.h"

/* What an area has that was given @arg. */
static u8 policy_of(u64 arg)
{
	return arg == POLICY_PREFERRED_NONE ? POLICY_LOCAL : (u8)arg;
}

/* Rule 2. Page numbers. */
static bool holes_allow(const struct model_mm *mm, u64 start, u64 end, u8 policy)
{
	u32 i = vma_find(mm, start);

	if (policy == POLICY_DEFAULT)
		return vma_intersects(mm, start, end);
	while (start < end && i < mm->vma_count && mm->vmas[i].start <= start)
		start = mm->vmas[i++].end;
	return start >= end;
}

/* Rule 3. */
static int bind_areas(struct model *m, struct model_mm *mm, u64 start, u64 end, u8 policy)
{
	int err = 0;

	for (u32 i = vma_find(mm, start); !err && i < mm->vma_count && mm->vmas[i].start < end;
	     i++) {
		const struct model_vma *v = &mm->vmas[i];

		if (v->policy != policy)
			err = vma_modify_policy(m, mm, &i, v->start > start ? v->start : start,
						v->end < end ? v->end : end, policy);
		if (m->limit)
			break;
	}
	return err;
}

void model_mbind(struct model *m, struct step *s)
{
	u64 addr = op_addr(s->op->arg[0], s->mm->last), len = page_align(s->op->arg[1]);
	u64 start = addr >> PAGE_SHIFT, end = (addr + len) >> PAGE_SHIFT, arg = s->op->arg[2];
	u8 policy = policy_of(arg);

	if (!m->config.numa)
		s->result->err = -ENOSYS;
	else if (arg == POLICY_BAD || addr % PAGE_BYTES || addr + len < addr)
		s->result->err = -EINVAL;
	else if (start == end)
		return;
	else if (arg == POLICY_BIND_NONE)
		s->result->err = -EINVAL;
	else if (policy != POLICY_DEFAULT && alloc_fails(m, ALLOC_POLICY))
		s->result->err = -ENOMEM;
	else if (!holes_allow(s->mm, start, end, policy))
		s->result->err = -EFAULT;
	else
		s->result->err = bind_areas(m, s->mm, start, end, policy);
}
