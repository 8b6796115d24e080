/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * madvise(addr, len, advice) - madvise(2), mm/madvise.c.
 *
 * Rules, in the order in which they decide
 *  1. Unknown advice EINVAL (so is one that the kernel was built without); addr not aligned, a
 *     length or a range that wraps EINVAL; an empty range: success.
 *  2. Each area in address order. A hole is passed over, and gives ENOMEM in the end; an error of
 *     an area ends the call, what was done before stays (madvise_walk_vmas()).
 *  3. Sealed, private anonymous and not writable: EPERM for all that discards: FREE, DONTNEED,
 *     DONTNEED_LOCKED, REMOVE, DONTFORK, WIPEONFORK, GUARD_INSTALL (can_madvise_modify()).
 *  4. Advice that sets flags: table below; flags that stay the same change nothing, else merge or
 *     split (merge.c). ENOMEM of a split becomes EAGAIN (madvise_vma_behavior()).
 *  5. DONTNEED, FREE: EINVAL if locked (DONTNEED_LOCKED does not mind); FREE wants anonymous
 *     memory. Pages go; of FREE at the kernel's leisure, unless they are written again. The area
 *     stays faulted.
 *  6. REMOVE: EINVAL if locked or without a file, EACCES unless shared and possibly writable; an
 *     offset from 2^63 on EINVAL, an end from there on EFBIG; a hole in the file.
 *  7. COLD, PAGEOUT: EINVAL if locked. What becomes of the pages is the kernel's business. WILLNEED
 *     does nothing; of memory without a file it is EBADF in a kernel built without swap.
 *  8. POPULATE_READ, POPULATE_WRITE are no walk of areas: a hole ends them with ENOMEM (rule
 *     populate_hole_stops; before, it was passed over), missing READ or WRITE with EINVAL, a page
 *     that cannot be had with EFAULT (madvise_populate()). No memory: ENOMEM. A failure behind the
 *     first page of a walk is dropped, since pages were done (__get_user_pages()), and that page is
 *     tried again (with populate_hole_stops the whole range is one walk, before each area was).
 *  9. GUARD_INSTALL: EINVAL if locked. The area becomes faulted (rule guard_prepares_anon says
 *     which), gets MAYBE_GUARD as a whole (rule guard_flag), and every page of the range becomes a
 *     guard marker. GUARD_REMOVE takes the markers away and nothing else. No memory for page tables
 *     ends it with ENOMEM, and the markers so far stand.
 * 10. COLLAPSE: EINVAL where no huge page fits.
 */
#include <errno.h>

#include "internal.h"

#define PAGES_PER_TABLE 512ull

/* Rule 4. What each advice clears and sets, and what it refuses with EINVAL. */
struct flag_advice {
	u64 advice, clear, set, refuse;
	bool refuse_file; /* EINVAL if the area has a file */
};
static const struct flag_advice flag_advices[] = {
	{ ABI_MADV_NORMAL, VMF_RAND_READ | VMF_SEQ_READ, 0, 0, false },
	{ ABI_MADV_RANDOM, VMF_SEQ_READ, VMF_RAND_READ, 0, false },
	{ ABI_MADV_SEQUENTIAL, VMF_RAND_READ, VMF_SEQ_READ, 0, false },
	{ ABI_MADV_DONTFORK, 0, VMF_DONTCOPY, 0, false },
	{ ABI_MADV_DOFORK, VMF_DONTCOPY, 0, 0, false },
	{ ABI_MADV_WIPEONFORK, 0, VMF_WIPEONFORK, VMF_SHARED, true },
	{ ABI_MADV_KEEPONFORK, VMF_WIPEONFORK, 0, VMF_DROPPABLE, false },
	{ ABI_MADV_DONTDUMP, 0, VMF_DONTDUMP, 0, false },
	{ ABI_MADV_DODUMP, VMF_DONTDUMP, 0, VMF_DROPPABLE, false },
	{ ABI_MADV_MERGEABLE, 0, VMF_MERGEABLE, 0, false },
	{ ABI_MADV_UNMERGEABLE, VMF_MERGEABLE, 0, 0, false },
	{ ABI_MADV_HUGEPAGE, VMF_NOHUGEPAGE, VMF_HUGEPAGE, 0, false },
	{ ABI_MADV_NOHUGEPAGE, VMF_HUGEPAGE, VMF_NOHUGEPAGE, 0, false },
};

static const struct flag_advice *find_flag_advice(u64 advice)
{
	for (u32 k = 0; k < ARRAY_SIZE(flag_advices); k++)
		if (flag_advices[k].advice == advice)
			return &flag_advices[k];
	return NULL;
}

/* Rule 1: does the kernel know the advice (madvise_behavior_valid())? */
static bool advice_valid(const struct model *m, u64 advice)
{
	switch (advice) {
	case ABI_MADV_MERGEABLE:
	case ABI_MADV_UNMERGEABLE:
		return m->config.ksm;
	case ABI_MADV_HUGEPAGE:
	case ABI_MADV_NOHUGEPAGE:
	case ABI_MADV_COLLAPSE:
		return m->config.thp;
	case ABI_MADV_GUARD_INSTALL:
	case ABI_MADV_GUARD_REMOVE:
		return m->config.rules.guard != GUARD_NONE;
	default:
		return advice <= ABI_MADV_COLLAPSE &&
		       (advice <= ABI_MADV_DONTNEED || advice >= ABI_MADV_FREE);
	}
}

/* Rule 3. */
static bool seal_forbids(const struct model *m, const struct model_vma *v, u64 advice)
{
	if (!(v->flags & VMF_SEALED) || !v->anonymous || (v->flags & VMF_WRITE))
		return false;
	if (v->file && !m->config.rules.mseal_dev_zero)
		return false;
	switch (advice) {
	case ABI_MADV_FREE:
	case ABI_MADV_DONTNEED:
	case ABI_MADV_DONTNEED_LOCKED:
	case ABI_MADV_REMOVE:
	case ABI_MADV_DONTFORK:
	case ABI_MADV_WIPEONFORK:
	case ABI_MADV_GUARD_INSTALL:
		return true;
	default:
		return false;
	}
}

/* Rule 4. */
static int advise_flags(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end,
			const struct flag_advice *a)
{
	const struct model_vma *v = &mm->vmas[*i];
	u64 flags = (v->flags & ~a->clear) | a->set;
	int err;

	if ((v->flags & a->refuse) || (a->refuse_file && v->file))
		return -EINVAL;
	/* Memory that KSM cannot merge is left as it is, without an error (ksm_madvise()). */
	if (a->set == VMF_MERGEABLE && (v->flags & (VMF_SHARED | VMF_MAYSHARE | VMF_DROPPABLE)))
		return 0;
	if (flags == v->flags)
		return 0;
	if (a->set == VMF_MERGEABLE && alloc_fails(m, ALLOC_KSM_ENTER))
		return -EAGAIN;
	err = vma_modify(m, mm, i, start, end, flags);
	return err == -ENOMEM ? -EAGAIN : err;
}

/* Rule 5. */
static int advise_discard(struct model_mm *mm, const struct model_vma *v, u64 start, u64 end,
			  u64 advice)
{
	if ((v->flags & VMF_LOCKED) && advice != ABI_MADV_DONTNEED_LOCKED)
		return -EINVAL;
	if (advice != ABI_MADV_FREE) {
		page_zap_keep_guards(mm, start, end);
		return 0;
	}
	if (!v->anonymous)
		return -EINVAL;
	for (u32 p = page_lower(mm, start); p < mm->page_count && mm->pages[p].addr < end; p++)
		mm->pages[p].lazyfree = mm->pages[p].state == PAGE_ANON;
	return 0;
}

/* Rule 6. */
static int advise_remove(struct model *m, const struct model_vma *v, u64 start, u64 end)
{
	u64 offset = (v->pgoff + (start - v->start)) << PAGE_SHIFT;
	u64 len = (end - start) << PAGE_SHIFT;

	if (v->flags & VMF_LOCKED || !v->file)
		return -EINVAL;
	if ((v->flags & (VMF_SHARED | VMF_MAYWRITE)) != (VMF_SHARED | VMF_MAYWRITE))
		return -EACCES;
	/* Offsets are signed, and wrap where an area grew behind the last one (vfs_fallocate()). */
	if (offset >> 63)
		return -EINVAL;
	if ((offset + len) >> 63)
		return -EFBIG;
	file_punch(m, v->file, offset >> PAGE_SHIFT, end - start);
	return 0;
}

/* Rule 7: pages of files may have been taken out, and may come back. */
static int advise_reclaim(struct model *m, struct model_mm *mm, const struct model_vma *v,
			  u64 start, u64 end)
{
	if (v->flags & VMF_LOCKED)
		return -EINVAL;
	for (u32 p = page_lower(mm, start); p < mm->page_count && mm->pages[p].addr < end; p++) {
		if (mm->pages[p].state != PAGE_FILE && mm->pages[p].state != PAGE_FILE_MAY)
			continue;
		mm->pages[p].state = PAGE_FILE_MAY;
		file_reclaim(m, v->file, v->pgoff + (mm->pages[p].addr - v->start));
	}
	return 0;
}

/* Is there perhaps nothing that the page table of @addr maps, so that there may be none? */
static bool table_may_be_missing(const struct model_mm *mm, u64 addr)
{
	u64 first = addr & ~(PAGES_PER_TABLE - 1);

	for (u32 p = page_lower(mm, first);
	     p < mm->page_count && mm->pages[p].addr < first + PAGES_PER_TABLE; p++)
		if (mm->pages[p].state != PAGE_FILE_MAY)
			return false;
	return true;
}

/* Rule 9. */
static int guard_install(struct model *m, struct model_mm *mm, u32 i, u64 start, u64 end)
{
	struct model_vma *v = &mm->vmas[i];

	if (v->flags & VMF_LOCKED)
		return -EINVAL;
	if (m->config.rules.guard == GUARD_ANON && (!v->anonymous || !(v->flags & VMF_MAYWRITE)))
		return -EINVAL;
	if (m->config.rules.guard_flag)
		v->flags |= VMF_MAYBE_GUARD;
	if (v->anonymous || m->config.rules.guard_prepares_anon == GUARD_PREPARES_ALL) {
		if (!v->anon_vma && alloc_fails(m, ALLOC_GUARD_ANON_VMA))
			return -ENOMEM;
		anon_vma_prepare(m, mm, i);
	}
	for (u64 a = start; a < end && !m->limit; a++) {
		struct model_page *p;

		if ((a == start || a % PAGES_PER_TABLE == 0) && table_may_be_missing(mm, a) &&
		    alloc_fails(m, ALLOC_GUARD_PAGES))
			return -ENOMEM;
		p = page_make(m, mm, a);
		if (p)
			p->state = PAGE_GUARD;
	}
	return 0;
}

static int guard_remove(struct model_mm *mm, u64 start, u64 end)
{
	for (u64 a = start; a < end; a++) {
		const struct model_page *p = page_at(mm, a);

		if (p && p->state == PAGE_GUARD)
			page_zap(mm, a, a + 1);
	}
	return 0;
}

/* Rule 10: could a huge page lie inside the area? Then the outcome is the kernel's. */
static int advise_collapse(struct model *m, const struct model_vma *v)
{
	const u64 huge = 512;

	if (((v->start + huge - 1) & ~(huge - 1)) + huge <= v->end)
		limit(m, "MADV_COLLAPSE of an area that has room for a huge page");
	return -EINVAL;
}

/* Rules 3 to 7, 9 and 10 for [start, end) of area *@i, which is then the area that holds the
 * end. */
static int advise_vma(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 advice)
{
	const struct model_vma *v = &mm->vmas[*i];
	const struct flag_advice *a = find_flag_advice(advice);

	if (seal_forbids(m, v, advice))
		return -EPERM;
	if (a)
		return advise_flags(m, mm, i, start, end, a);
	switch (advice) {
	case ABI_MADV_DONTNEED:
	case ABI_MADV_DONTNEED_LOCKED:
	case ABI_MADV_FREE:
		return advise_discard(mm, v, start, end, advice);
	case ABI_MADV_REMOVE:
		return advise_remove(m, v, start, end);
	case ABI_MADV_COLD:
	case ABI_MADV_PAGEOUT:
		return advise_reclaim(m, mm, v, start, end);
	case ABI_MADV_GUARD_INSTALL:
		return guard_install(m, mm, *i, start, end);
	case ABI_MADV_GUARD_REMOVE:
		return guard_remove(mm, start, end);
	case ABI_MADV_COLLAPSE:
		return advise_collapse(m, v);
	default: /* WILLNEED */
		return v->file || m->config.swap_support ? 0 : -EBADF;
	}
}

/* Rule 8, for one area. @first is the page that the kernel's own walk began with. */
static int populate_area(struct model *m, struct model_mm *mm, u32 i, u64 start, u64 end,
			 u64 first, bool write)
{
	if (!(mm->vmas[i].flags & (write ? VMF_WRITE : VMF_READ)))
		return -EINVAL;
	for (u64 a = start; a < end && !m->limit; a++) {
		int err = fault_in(m, mm, i, a, write ? ACCESS_WRITE : ACCESS_READ);

		/* Tried again, which may fail in another way. */
		if (err && a != first)
			err = fault_in(m, mm, i, a, write ? ACCESS_WRITE : ACCESS_READ);
		if (err)
			return err == -ENOMEM ? err : -EFAULT;
	}
	return 0;
}

/* Rule 2, and for POPULATE_* rule 8. */
static int walk(struct model *m, struct model_mm *mm, u64 start, u64 end, u64 advice)
{
	bool fill = advice == ABI_MADV_POPULATE_READ || advice == ABI_MADV_POPULATE_WRITE;
	int err = 0, hole = 0;
	u64 at = start;

	for (u32 i = vma_find(mm, start); at < end; i++) {
		u64 first, last;

		if (i == mm->vma_count || mm->vmas[i].start >= end)
			return -ENOMEM;
		first = mm->vmas[i].start > at ? mm->vmas[i].start : at;
		last = mm->vmas[i].end < end ? mm->vmas[i].end : end;
		if (first > at)
			hole = -ENOMEM;
		if (hole && fill && m->config.rules.populate_hole_stops)
			return hole;
		if (fill)
			err = populate_area(m, mm, i, first, last,
					    m->config.rules.populate_hole_stops ? start : first,
					    advice == ABI_MADV_POPULATE_WRITE);
		else
			err = advise_vma(m, mm, &i, first, last, advice);
		if (err || m->limit)
			return err;
		at = mm->vmas[i].end;
	}
	return hole;
}

void model_madvise(struct model *m, struct step *s)
{
	u64 addr = op_addr(s->op->arg[0], s->mm->last), len = page_align(s->op->arg[1]);
	u64 advice = s->op->arg[2];

	if (!advice_valid(m, advice) || addr % PAGE_BYTES || (s->op->arg[1] && !len) ||
	    addr + len < addr) {
		s->result->err = -EINVAL;
		return;
	}
	if (len)
		s->result->err =
			walk(m, s->mm, addr >> PAGE_SHIFT, (addr + len) >> PAGE_SHIFT, advice);
}
