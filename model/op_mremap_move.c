/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The move of mremap: move_vma(), copy_vma(), dontunmap_complete().
 *
 * Rules
 *  1. Room below max_map_count, ENOMEM (rule mremap_mapcount).
 *  2. MREMAP_DONTUNMAP of a locked area: the part that moves is split off first, so that only it is
 *     unlocked.
 *  3. The destination is a new range with the area's flags. Its page offset: an unfaulted anonymous
 *     area's starts anew from the new address; all others keep theirs, so that pages are found by
 *     the same index.
 *  4. It may merge at the destination (merge.c), also with the area that it comes from (which only
 *     an unfaulted anonymous one can), but with DONTUNMAP never with that: the area that is left
 *     would vanish. Rule dontunmap_skip_merge: then not with any other either. Whoever it merges
 *     with becomes faulted if the area was.
 *     What is registered with a userfaultfd that is not told of mremap (event_remap) merges with
 *     nothing, since it is not registered at its new place (mremap_userfaultfd_prep()).
 *  5. Pages and guard markers move; their index and owner stay.
 *  6. Without DONTUNMAP the old range is unmapped. With it the old area stays, unlocked; if all of
 *     it moved, it is unfaulted from now on and, if purely anonymous, indexed by its own address.
 *  7. total_vm grows by what was added; locked_vm too if the area is locked. What was added to a
 *     locked area is filled.
 *  8. No memory for the new area: ENOMEM. None for page tables: the pages go back, the destination
 *     is unmapped, ENOMEM; an area that had taken it in stays as the merge made it. Quirk
 *     move_undo_charges: what it would have grown by stays charged.
 *  9. No memory for unmapping the old range: success all the same. It stays mapped, and accounted,
 *     without pages. Quirk move_unaccounts: the whole area that it is part of loses ACCOUNT and
 *     stays charged; quirk move_charges: one without ACCOUNT is charged (unmap_source_vma()).
 */
#include <errno.h>

#include "mremap.h"

int remap_choose(struct model *m, struct step *s, struct remap *r, u64 hint)
{
	u64 pages = r->new_len >> PAGE_SHIFT, addr;

	if (r->flags & ABI_MREMAP_FIXED)
		addr = r->new_addr;
	else if (hint && hint_is_free(s->mm, hint >> PAGE_SHIFT, pages))
		addr = hint;
	else if (s->seen && !s->seen->err && model_may_place(m, s->mm, s->seen->value, r->new_len))
		addr = s->seen->value;
	else
		addr = choose_place(s->mm, pages) << PAGE_SHIFT;
	if (addr < m->config.mmap_min_addr && !m->config.cap_rawio)
		return -EPERM;
	r->new_addr = addr;
	return 0;
}

/* Rule 1. */
static int check_room(const struct model *m, const struct model_mm *mm, const struct remap *r,
		      const struct model_vma *v)
{
	s64 count = mm_map_count(m, mm), max = max_map_count(m);
	bool one_more = (r->flags & ABI_MREMAP_DONTUNMAP) && (v->flags & VMF_LOCKED);

	if (m->config.rules.mremap_mapcount == MREMAP_MAPCOUNT_MINUS3)
		return count >= max - 3 ? -ENOMEM : 0;
	return count + 2 + one_more > max ? -ENOMEM : 0;
}

/* Rule 2. Area *@i is then the part that moves. */
static int split_locked(struct model *m, struct model_mm *mm, u32 *i, u64 from, u64 pages)
{
	if (from > mm->vmas[*i].start) {
		if (!vma_may_split(m, mm) || vma_split(m, mm, *i, from, true))
			return -ENOMEM;
		if (m->limit)
			return 0;
		++*i;
	}
	if (from + pages < mm->vmas[*i].end)
		if (!vma_may_split(m, mm) || vma_split(m, mm, *i, from + pages, false))
			return -ENOMEM;
	return 0;
}

/* Rule 4: how the destination may merge. */
static void exclude_source(struct model *m, struct merge_range *range, const struct model_vma *v,
			   bool dontunmap)
{
	bool touches = range->start == v->end || range->end == v->start;

	if (!dontunmap || v->anon_vma || !v->anonymous || !touches)
		return;
	if (quirk(m, QUIRK_DONTUNMAP_SELF_MERGE) || mutant(m, MUTANT_MERGE_EXCLUDED))
		return;
	if (m->config.rules.dontunmap_skip_merge)
		range->alone = true;
	else
		range->copied_survives = true;
}

/* Rule 4: is it registered here, and will not be there? */
static bool drops_uffd(const struct model *m, const struct model_vma *v)
{
	return v->uffd && !uffd_follows(m, v);
}

/* Looked up without being met: it makes a difference only if something merges. */
static bool merges_before_drop(const struct model *m)
{
	return m->config.quirks.on >> QUIRK_UFFD_COPY_MERGE & 1;
}

/* Rules 3 and 4. @v is a copy of the area that moves; its index and that of the result may differ
 * after. 0 or -ENOMEM. */
static int copy_area(struct model *m, struct model_mm *mm, const struct remap *r, u32 i)
{
	struct model_vma v = mm->vmas[i], copy = v;
	u64 delta = (r->addr >> PAGE_SHIFT) - v.start;
	u64 dirty = r->new_len > r->old_len ? grown_soft_dirty(m, &v) : 0;
	struct merge_range range = { .start = r->new_addr >> PAGE_SHIFT,
				     .flags = v.flags | dirty,
				     .fresh = dirty != 0,
				     .file = v.file,
				     .policy = v.policy,
				     .name = v.name,
				     .uffd = v.uffd,
				     .anon_vma = v.anon_vma,
				     .fork_child = vma_is_fork_child(&v),
				     .fork_quirk = QUIRK_COPY_FORKLIMIT,
				     .copied_from = &mm->vmas[i] };
	int target;

	range.end = range.start + (r->new_len >> PAGE_SHIFT);
	range.pgoff = v.anonymous && !v.anon_vma ? range.start : v.pgoff + delta;
	range.anon_pgoff = v.anon_vma ? v.anon_pgoff + delta : range.start;
	if (mutant(m, MUTANT_MOVE_REBASES))
		range.pgoff = v.anonymous ? range.start : range.pgoff;
	exclude_source(m, &range, &mm->vmas[i], r->flags & ABI_MREMAP_DONTUNMAP);
	range.alone |= drops_uffd(m, &v) && !merges_before_drop(m);
	target = merge_new(m, mm, &range);
	if (target >= 0) {
		if (drops_uffd(m, &v))
			quirk(m, QUIRK_UFFD_COPY_MERGE);
		bool loses = v.anon_vma && !mm->vmas[target].anon_vma;

		if (!loses || !quirk(m, QUIRK_COPY_LOSES_ANON))
			anon_vma_dup(m, &mm->vmas[target], &v);
		return 0;
	}
	if (alloc_fails(m, ALLOC_COPY_AREA))
		return -ENOMEM;
	copy.flags = range.flags;
	copy.start = range.start;
	copy.end = range.end;
	copy.pgoff = range.pgoff;
	copy.anon_pgoff = range.anon_pgoff;
	copy.anon_vma = 0;
	copy.chain_len = 0;
	anon_vma_dup(m, &copy, &v);
	vma_insert(m, mm, &copy);
	return 0;
}

/* Rule 8: the pages could not be moved, and are where they were. */
static int undo_copy(struct model *m, struct model_mm *mm, const struct remap *r, u64 flags)
{
	u64 to = r->new_addr >> PAGE_SHIFT, pages = r->new_len >> PAGE_SHIFT;
	bool charged = (flags & VMF_ACCOUNT) && !(r->flags & ABI_MREMAP_DONTUNMAP);

	/* Unmapping takes off again what was never added. */
	mm_account(mm, flags, (s64)pages);
	if (flags & VMF_LOCKED)
		mm->counter[COUNT_LOCKED_VM] += (s64)pages;
	unmap_range(m, mm, to, to + pages);
	if (charged && r->new_len > r->old_len && quirk(m, QUIRK_MOVE_UNDO_CHARGES))
		m->committed_extra += (s64)((r->new_len - r->old_len) >> PAGE_SHIFT);
	return -ENOMEM;
}

/* Rules 6 and 9, without DONTUNMAP. */
static void unmap_source(struct model *m, struct model_mm *mm, u64 from, u64 pages)
{
	const struct model_vma *v = &mm->vmas[vma_find(mm, from)];
	bool accounted = v->flags & VMF_ACCOUNT;
	u64 start = v->start, end = v->end;

	if (!unmap_range(m, mm, from, from + pages))
		return;
	if (!accounted) {
		if (quirk(m, QUIRK_MOVE_CHARGES))
			m->committed_extra += (s64)pages;
		return;
	}
	if (quirk(m, QUIRK_MOVE_UNACCOUNTS))
		m->committed_extra += (s64)(end - start);
	else if (!mutant(m, MUTANT_FAILED_MOVE_UNACCOUNTS))
		return;
	for (u32 i = vma_find(mm, start); i < mm->vma_count && mm->vmas[i].start < end; i++)
		mm->vmas[i].flags &= ~VMF_ACCOUNT;
}

/* Rule 6, with DONTUNMAP. The area has kept its place, though not its index. */
static void leave_behind(struct model *m, struct model_mm *mm, u64 from, u64 pages)
{
	struct model_vma *v = &mm->vmas[vma_find(mm, from)];

	v->flags &= ~VMF_LOCKED_MASK;
	if ((v->flags & VMF_ACCOUNT) && quirk(m, QUIRK_DONTUNMAP_UNACCOUNTS))
		v->flags &= ~VMF_ACCOUNT;
	if (v->start != from || vma_pages(v) != pages)
		return;
	anon_vma_unlink(m, v);
	v->anon_pgoff = v->start;
	if (v->anonymous && !v->file && v->pgoff != v->start &&
	    !quirk(m, QUIRK_DONTUNMAP_STALE_PGOFF))
		v->pgoff = v->start;
}

int remap_move_area(struct model *m, struct model_mm *mm, struct remap *r, u32 i)
{
	u64 from = r->addr >> PAGE_SHIFT, to = r->new_addr >> PAGE_SHIFT;
	u64 old_pages = r->old_len >> PAGE_SHIFT, new_pages = r->new_len >> PAGE_SHIFT;
	bool dontunmap = r->flags & ABI_MREMAP_DONTUNMAP;
	bool locked = mm->vmas[i].flags & VMF_LOCKED, leak = false;
	bool uffd_drops = drops_uffd(m, &mm->vmas[i]);
	u64 flags = mm->vmas[i].flags;
	int err = check_room(m, mm, r, &mm->vmas[i]);

	if (!err && dontunmap && locked) {
		bool partial = vma_pages(&mm->vmas[i]) != old_pages;

		leak = quirk(m, QUIRK_DONTUNMAP_LOCKED_LEAK);
		if (!leak && partial && !quirk(m, QUIRK_DONTUNMAP_LOCKED_NOCHARGE))
			err = split_locked(m, mm, &i, from, old_pages);
	}
	if (err)
		return err;
	err = copy_area(m, mm, r, i);
	if (err || m->limit)
		return err;
	if (old_pages && alloc_fails(m, ALLOC_MOVE_PAGES))
		return undo_copy(m, mm, r, flags);
	page_move(m, mm, from, to, old_pages);
	if (uffd_drops) {
		struct model_vma *moved = &mm->vmas[vma_find(mm, to)];

		moved->uffd = 0;
		moved->flags &= ~VMF_UFFD_MASK;
	}
	mm_account(mm, flags, (s64)new_pages);
	if (dontunmap) {
		leave_behind(m, mm, from, old_pages);
		if (leak)
			mm->counter[COUNT_LOCKED_VM] += (s64)new_pages;
		return 0;
	}
	if (old_pages)
		unmap_source(m, mm, from, old_pages);
	if (locked) {
		mm->counter[COUNT_LOCKED_VM] += (s64)new_pages;
		if (new_pages > old_pages)
			populate(m, mm, to + old_pages, to + new_pages, true);
	}
	return 0;
}
