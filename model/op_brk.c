/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * brk(addr) - brk(2), SYSCALL_DEFINE1(brk), do_brk_flags().
 *
 * The heap begins at HEAP_BASE, empty. The result is the break as it then is, never an error:
 * whatever is refused leaves it, and what is mapped, as they were.
 *
 * Rules, in the order in which they decide
 *  1. Below the heap's begin, or a heap that is larger than RLIMIT_DATA by itself, as there is no
 *     data segment before it (check_data_rlimit()): refused. In the page up to which the heap
 *     reaches already: only the break moves.
 *  2. Lower: whatever is mapped between the new and the old break, rounded up to pages, goes, heap
 *     or not. Refused if nothing is, or if unmapping is (a sealed area; no room to split, though a
 *     split made so far stays).
 *  3. Higher: refused if it does not fit below TASK_SIZE, beyond RLIMIT_MEMLOCK after
 *     mlockall(MCL_FUTURE), or if less than a page would stay free up to the next area, less than
 *     the guard gap and a page up to one that grows down; with more than max_map_count areas.
 *  4. What is new is private, anonymous, rw, accounted, with what mlockall(MCL_FUTURE) and
 *     memory_merge (op_memory_merge.c, rule 4) asked for.
 *     It may merge with the area that ends at the old break, never with what follows, and never
 *     with an area that ends where the heap begins.
 *  5. It counts as data, and as locked if it is; then it is filled.
 *  6. No memory: refused. What finds none for merging is not mapped by itself instead (quirk
 *     brk_nomem_charges: and stays charged).
 */
#include "internal.h"

#define STACK_GUARD_GAP 256

/* Rule 3. Page numbers. */
static bool may_grow(struct model *m, const struct model_mm *mm, u64 start, u64 end)
{
	const u64 task_pages = ABI_TASK_SIZE >> PAGE_SHIFT;
	u32 i = vma_find(mm, start);
	u64 limit_page;

	if (end <= start || end > task_pages)
		return false;
	if (end - start > MAPPING_PAGES_MAX) {
		limit(m, "a mapping of more than 4 GiB");
		return false;
	}
	if ((mm->def_flags & VMF_LOCKED) && !mm_may_lock(m, mm, end - start))
		return false;
	if (i < mm->vma_count) {
		limit_page = mm->vmas[i].start;
		if (mm->vmas[i].flags & VMF_GROWSDOWN)
			limit_page -= STACK_GUARD_GAP;
		if (end + 1 > limit_page)
			return false;
	}
	return mm_map_count(m, mm) <= max_map_count(m) &&
	       mm_may_expand(m, mm, VMF_READ | VMF_WRITE, end - start);
}

/* Rules 4 to 6. False: no memory. */
static bool grow(struct model *m, struct model_mm *mm, u64 start, u64 end)
{
	u64 flags = VMF_READ | VMF_WRITE | VMF_MAYREAD | VMF_MAYWRITE | VMF_MAYEXEC | VMF_ACCOUNT |
		    mm->def_flags;
	struct merge_range r = { .start = start,
				 .end = end,
				 .pgoff = start,
				 .anon_pgoff = start,
				 .fork_quirk = QUIRK_COUNT,
				 .fresh = true,
				 .brk = true };

	if (m->config.soft_dirty)
		flags |= VMF_SOFTDIRTY;
	flags = ksm_flags(m, mm, flags, 0, false);
	r.flags = flags;
	if (merge_new(m, mm, &r) < 0) {
		struct model_vma v = { .start = start,
				       .end = end,
				       .pgoff = start,
				       .anon_pgoff = start,
				       .flags = ksm_flags(m, mm, flags, 0, true),
				       .anonymous = true };

		if (m->failed == ALLOC_MERGE_NEW && quirk(m, QUIRK_BRK_NOMEM_CHARGES))
			m->committed_extra += (s64)(end - start);
		if (m->failed == ALLOC_MERGE_NEW || alloc_fails(m, ALLOC_NEW_AREA))
			return false;
		vma_insert(m, mm, &v);
	}
	mm_account(mm, flags, (s64)(end - start));
	if (!(flags & VMF_LOCKED))
		return true;
	mm->counter[COUNT_LOCKED_VM] += (s64)(end - start);
	populate(m, mm, start, end, true);
	return true;
}

/* Rule 2. Page numbers. */
static bool shrink(struct model *m, struct model_mm *mm, u64 start, u64 end)
{
	return vma_intersects(mm, start, end) && unmap_range(m, mm, start, end) == 0;
}

/* Rule 1: how large the heap may be, bytes. */
static u64 heap_limit(const struct model *m, const struct model_mm *mm)
{
	u64 pages = mm->limit[LIMIT_DATA];

	return pages == LIMIT_NONE ? LIMIT_NONE :
				     (m->config.base_data_vm + pages) << PAGE_SHIFT;
}

void model_brk(struct model *m, struct step *s)
{
	struct model_mm *mm = s->mm;
	u64 brk = op_addr(s->op->arg[0], mm->last);
	u64 to = page_align(brk) >> PAGE_SHIFT, from = page_align(mm->brk) >> PAGE_SHIFT;

	if (brk >= HEAP_BASE && brk - HEAP_BASE <= heap_limit(m, mm)) {
		if (to == from || (brk < mm->brk && shrink(m, mm, to, from))) {
			mm->brk = brk;
		} else if (brk > mm->brk && may_grow(m, mm, from, to) && grow(m, mm, from, to)) {
			mm->brk = brk;
		}
	}
	s->result->value = mm->brk;
}
