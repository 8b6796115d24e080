/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mlock(addr, len), mlock2(addr, len, flags), munlock(addr, len), mlockall(flags), munlockall()
 * - mlock(2), mm/mlock.c: do_mlock(), apply_vma_lock_flags(), apply_mlockall_flags().
 *
 * Rules
 *  1. Ranges are rounded outwards. mlock2 with another flag than ONFAULT: EINVAL. No right to lock:
 *     EPERM; more than RLIMIT_MEMLOCK, pages of the range that are locked already not counted
 *     twice: ENOMEM.
 *  2. A range that wraps: EINVAL; empty: success; its start not mapped: ENOMEM.
 *  3. Each area in address order gets LOCKED (and LOCKONFAULT) in place of what it had of the two;
 *     areas that have it already or are droppable are left alone. A hole ends it with ENOMEM; what
 *     was done stays.
 *  4. locked_vm counts the pages of areas that became LOCKED and no longer are.
 *  5. mlock and mlock2 then fill the range (fault.c); what cannot be filled gives ENOMEM with the
 *     flags kept, or EAGAIN if there was no memory (__mlock_posix_error_return()).
 *  6. mlockall: no flag, unknown flags or ONFAULT alone EINVAL. FUTURE sets the flags that new
 *     mappings get; CURRENT without FUTURE clears them. CURRENT does rule 3 for all areas, ignoring
 *     errors, and fills them. It locks what lies outside of the program as well.
 *  7. munlockall undoes both.
 */
#include <errno.h>

#include "internal.h"

/* Rules 3 and 4 for [start, end) of area *@i. */
static int mlock_fixup(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 lock)
{
	u64 old = mm->vmas[*i].flags, flags = (old & ~VMF_LOCKED_MASK) | lock;
	s64 pages = (s64)(end - start);
	int err;

	if (flags == old || (old & VMF_DROPPABLE))
		return 0;
	err = vma_modify(m, mm, i, start, end, flags);
	if ((err && !mutant(m, MUTANT_FAILED_LOCK_COUNTS)) || m->limit)
		return err;
	if ((lock & VMF_LOCKED) && !(old & VMF_LOCKED))
		mm->counter[COUNT_LOCKED_VM] += pages;
	else if (!(lock & VMF_LOCKED) && (old & VMF_LOCKED))
		mm->counter[COUNT_LOCKED_VM] -= pages;
	return err;
}

/* Rules 2 and 3. */
static int apply_lock(struct model *m, struct model_mm *mm, u64 start, u64 end, u64 lock)
{
	u32 i = vma_find(mm, start);
	int err = 0;

	if (end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	for (u64 at = start; !err && at < end && !m->limit; i++) {
		if (i == mm->vma_count || mm->vmas[i].start > at)
			return -ENOMEM;
		err = mlock_fixup(m, mm, &i, at, mm->vmas[i].end < end ? mm->vmas[i].end : end,
				  lock);
		at = mm->vmas[i].end;
	}
	return err;
}

/* The range, rounded outwards; wraps to end < start as the kernel's does. */
static void lock_range(const struct step *s, u64 *start, u64 *end)
{
	u64 addr = op_addr(s->op->arg[0], s->mm->last);
	u64 len = page_align(s->op->arg[1] + addr % PAGE_BYTES);

	*start = addr >> PAGE_SHIFT;
	*end = ((*start << PAGE_SHIFT) + len) >> PAGE_SHIFT;
}

static u64 locked_pages(const struct model_mm *mm, u64 start, u64 end)
{
	u64 pages = 0;

	for (u32 i = vma_find(mm, start); i < mm->vma_count && mm->vmas[i].start < end; i++) {
		const struct model_vma *v = &mm->vmas[i];

		if (v->flags & VMF_LOCKED)
			pages += (v->end < end ? v->end : end) -
				 (v->start > start ? v->start : start);
	}
	return pages;
}

/* Rules 1 to 5. */
static void do_mlock(struct model *m, struct step *s, u64 lock)
{
	u64 start, end, pages;
	int err;

	if (!may_lock_at_all(m, s->mm)) {
		s->result->err = -EPERM;
		return;
	}
	lock_range(s, &start, &end);
	pages = (page_align(s->op->arg[1] + op_addr(s->op->arg[0], s->mm->last) % PAGE_BYTES)) >>
		PAGE_SHIFT;
	if (!mm_may_lock(m, s->mm, pages) &&
	    !mm_may_lock(m, s->mm, pages - locked_pages(s->mm, start, start + pages))) {
		s->result->err = -ENOMEM;
		return;
	}
	s->result->err = apply_lock(m, s->mm, start, end, lock);
	if (s->result->err || end <= start)
		return;
	err = populate(m, s->mm, start, end, false);
	if (err)
		s->result->err = err == -ENOMEM ? -EAGAIN : -ENOMEM;
}

void model_mlock(struct model *m, struct step *s)
{
	do_mlock(m, s, VMF_LOCKED);
}

void model_mlock2(struct model *m, struct step *s)
{
	if (s->op->arg[2] & ~(u64)ABI_MLOCK_ONFAULT)
		s->result->err = -EINVAL;
	else
		do_mlock(m, s, s->op->arg[2] ? VMF_LOCKED_MASK : VMF_LOCKED);
}

void model_munlock(struct model *m, struct step *s)
{
	u64 start, end;

	lock_range(s, &start, &end);
	s->result->err = apply_lock(m, s->mm, start, end, 0);
}

/* Rule 6, the part of CURRENT; and rule 7. */
static void lock_all(struct model *m, struct model_mm *mm, u64 lock)
{
	bool lock_base = lock & VMF_LOCKED;

	for (u32 i = 0; i < mm->vma_count && !m->limit; i++)
		mlock_fixup(m, mm, &i, mm->vmas[i].start, mm->vmas[i].end, lock);
	if (mm->base_locked != lock_base)
		mm->counter[COUNT_LOCKED_VM] += (lock_base ? 1 : -1) * (s64)m->config.base_lockable;
	mm->base_locked = lock_base;
}

void model_mlockall(struct model *m, struct step *s)
{
	u64 flags = s->op->arg[0], lock = flags & ABI_MCL_ONFAULT ? VMF_LOCKED_MASK : VMF_LOCKED;
	u64 total = m->config.base_total_vm + (u64)s->mm->counter[COUNT_TOTAL_VM];

	if (!flags || (flags & ~7ull) || flags == ABI_MCL_ONFAULT)
		s->result->err = -EINVAL;
	else if (!may_lock_at_all(m, s->mm))
		s->result->err = -EPERM;
	else if ((flags & ABI_MCL_CURRENT) && !m->config.cap_ipc_lock &&
		 total > mm_limit(m, s->mm, LIMIT_MEMLOCK))
		s->result->err = -ENOMEM;
	if (s->result->err)
		return;
	s->mm->def_flags = flags & ABI_MCL_FUTURE ? lock : 0;
	if (!(flags & ABI_MCL_CURRENT))
		return;
	lock_all(m, s->mm, lock);
	populate(m, s->mm, 0, ABI_TASK_SIZE >> PAGE_SHIFT, true);
}

void model_munlockall(struct model *m, struct step *s)
{
	s->mm->def_flags = 0;
	lock_all(m, s->mm, 0);
}
