/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Known bugs by which a kernel stops, or complains of itself, so that nothing can be said of what
 * comes after. Each is a condition on the state before the operation, and rather too wide than too
 * narrow: what it covers is not executed where the bug is tolerated.
 *
 *  1. uffd_unregister_oops: an area that would merge with prev, but may not go, since it has
 *     vm_ops->close, leaves the iterator at prev (vma_merge_existing_range()). The loop of
 *     userfaultfd_unregister() then meets the area once more, without its userfaultfd, and a
 *     BUG_ON() says that such cannot have one.
 *  2. wiped_pgoff_warn: an area that was touched, moved, and wiped by a fork (MADV_WIPEONFORK,
 *     MAP_DROPPABLE) is unfaulted in the child, but has the page offset that it had. Whatever gives
 *     it another one meets the VM_WARN_ON_ONCE() of assert_sane_pgoff(), which takes the offset of
 *     unfaulted anonymous memory for its address.
 *  3. merge_nomem_warn: mmap wants to join an unfaulted prev with a faulted next, finds no memory
 *     for the anon_vma of both (dup_anon_vma()) and maps the range by itself, with the iterator
 *     still at prev (vma_merge_new_range()): __mas_set_range() warns.
 */
#include "internal.h"

/* Bug 1. */
static bool unregister_oops(const struct model_mm *mm, const struct op *op)
{
	u64 start = op_addr(op->arg[1], mm->last) >> PAGE_SHIFT;
	u64 end = start + (op->arg[2] >> PAGE_SHIFT);

	for (u32 i = vma_find(mm, start); i < mm->vma_count && mm->vmas[i].start < end; i++) {
		const struct model_vma *v = &mm->vmas[i];

		if (i > 0 && v->uffd && v->has_close && v->start >= start && v->end <= end &&
		    v[-1].end == v->start && v[-1].file == v->file)
			return true;
	}
	return false;
}

/* Bug 2. */
static bool has_wiped(const struct model_mm *mm)
{
	for (u32 i = 0; i < mm->vma_count; i++) {
		const struct model_vma *v = &mm->vmas[i];

		if (v->anonymous && !v->file && !v->anon_vma && v->pgoff != v->start)
			return true;
	}
	return false;
}

/* Bug 2: what leaves all areas as they are. */
static bool keeps_areas(const struct op *op)
{
	return op->kind == OP_READ || op->kind == OP_WRITE || op->kind == OP_FORK ||
	       op->kind == OP_EXIT;
}

/* Bug 3. Without MAP_FIXED nobody knows yet where the range will be. */
static bool joins_by_clone(const struct model_mm *mm, const struct op *op)
{
	u64 start = op_addr(op->arg[0], mm->last) >> PAGE_SHIFT;
	u64 end = start + (page_align(op->arg[1]) >> PAGE_SHIFT);
	bool fixed = op->arg[3] & ABI_MAP_FIXED, prev = !fixed, next = false;

	for (u32 i = 0; i < mm->vma_count; i++) {
		const struct model_vma *v = &mm->vmas[i];

		prev |= !v->anon_vma && v->start < start && v->end >= start;
		next |= v->anon_vma && (!fixed || (v->start <= end && v->end > end));
	}
	return prev && next;
}

u32 model_fatal(const struct model *m, const struct op *op)
{
	const struct model_mm *mm = &m->mm[op_proc(op, m->live)];
	u32 fatal = 0;

	if (op->kind == OP_UFFD_UNREGISTER && unregister_oops(mm, op))
		fatal |= 1u << QUIRK_UFFD_UNREGISTER_OOPS;
	if (!keeps_areas(op) && has_wiped(mm))
		fatal |= 1u << QUIRK_WIPED_PGOFF_WARN;
	if (op->kind == OP_MMAP && op->fail_nth && joins_by_clone(mm, op))
		fatal |= 1u << QUIRK_MERGE_NOMEM_WARN;
	return fatal;
}
