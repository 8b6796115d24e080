/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mremap(addr, old_len, new_len, flags, new_addr) - mremap(2), mm/mremap.c: do_mremap().
 *
 * Rules, in the order in which they decide; moving itself is in op_mremap_move.c
 *  1. Arguments (check_mremap_params()). Flags, alignment, lengths and addresses that cannot be
 *     right: EINVAL. Rule mremap_params says which of them are looked at before the area is:
 *     upfront, lengths are rounded up first and everything is; legacy, the new address is not; mid,
 *     of the new address only the alignment.
 *  2. Room below max_map_count, ENOMEM (rule mremap_mapcount): minus3 asks when a new address is
 *     given, and again when moving; headroom asks always.
 *  3. The area at addr (check_prep_vma()): none EFAULT, sealed EPERM. If the call grows the area or
 *     names a new address: old length 0 needs a shared area (EINVAL); the old range must end within
 *     the area (EFAULT), of shrinking only what stays; growing must not wrap the page offset
 *     (EINVAL) nor break RLIMIT_MEMLOCK (EAGAIN) or the limits of memory (ENOMEM). So resizing to
 *     the same length succeeds although the range runs over holes.
 *  4. No new address. Same length: nothing. Shorter: what is too long is unmapped. Longer: in place
 *     if the range ends where the area does and what follows is free; else it moves if MAYMOVE
 *     allows it, else ENOMEM. What grows in place may merge with what follows (merge.c); with rule
 *     close_blocks=any an area that has close() grows all the same, but merges with nothing. What
 *     grows, in place or moving, is soft-dirty, for what is new in it (op_clear_refs.c).
 *  5. New address (mremap_to()): FIXED unmaps the destination first, then what is too long; then,
 *     with DONTUNMAP, the limits must allow as much again (ENOMEM); then it moves. With rule
 *     mremap_fixed_check_first rule 3 comes before that; without it, EFAULT leaves the destination
 *     unmapped.
 *  6. Several areas (rule mremap_multi; remap_move()): FIXED, same length. Each area of the range
 *     moves by itself, gaps stay gaps, and what lies at the destination of a gap stays. The first
 *     area must hold addr: EFAULT. What has a get_unmapped_area() of its own, a private mapping of
 *     /dev/zero or one of FILE_DEV, and what is registered with a userfaultfd, may only be moved
 *     alone: EFAULT. Areas moved before an error stay moved.
 */
#include <errno.h>

#include "mremap.h"

static bool names_address(const struct remap *r)
{
	return r->flags & (ABI_MREMAP_FIXED | ABI_MREMAP_DONTUNMAP);
}

static bool overlaps(const struct remap *r)
{
	return r->addr + r->old_len > r->new_addr && r->new_addr + r->new_len > r->addr;
}

/* Rule 2, before anything is done. */
static int check_map_count(const struct model *m, const struct model_mm *mm, const struct remap *r)
{
	s64 count = mm_map_count(m, mm), max = max_map_count(m);

	switch (m->config.rules.mremap_mapcount) {
	case MREMAP_MAPCOUNT_MINUS3:
		return names_address(r) && count + 2 >= max - 3 ? -ENOMEM : 0;
	case MREMAP_MAPCOUNT_HEADROOM0:
		return count + 4 > max ? -ENOMEM : 0;
	default:
		return count + 4 + !!(r->flags & ABI_MREMAP_DONTUNMAP) > max ? -ENOMEM : 0;
	}
}

/* Rule 1, what concerns the new address only. */
static int check_new_address(const struct remap *r)
{
	if (r->new_len > ABI_TASK_SIZE || r->new_addr > ABI_TASK_SIZE - r->new_len)
		return -EINVAL;
	return r->new_addr % PAGE_BYTES ? -EINVAL : 0;
}

/* Rule 1, upfront; and rule 2. */
static int check_params_upfront(const struct model *m, const struct model_mm *mm,
				const struct remap *r)
{
	bool dontunmap = r->flags & ABI_MREMAP_DONTUNMAP;

	if (r->flags & ~7ull || r->addr % PAGE_BYTES || !r->new_len || r->new_len > ABI_TASK_SIZE)
		return -EINVAL;
	if (names_address(r) && (check_new_address(r) || !(r->flags & ABI_MREMAP_MAYMOVE) ||
				 (dontunmap && r->old_len != r->new_len) || overlaps(r)))
		return -EINVAL;
	return check_map_count(m, mm, r);
}

/* Rule 1, before 6.17: lengths are compared as they were given. */
static int check_params_legacy(const struct model *m, const struct remap *r, const struct op *op)
{
	bool maymove = r->flags & ABI_MREMAP_MAYMOVE;

	if (r->flags & ~7ull || ((r->flags & ABI_MREMAP_FIXED) && !maymove) ||
	    ((r->flags & ABI_MREMAP_DONTUNMAP) && (!maymove || op->arg[1] != op->arg[2])) ||
	    r->addr % PAGE_BYTES || !r->new_len)
		return -EINVAL;
	if (m->config.rules.mremap_params == MREMAP_PARAMS_MID && names_address(r) &&
	    r->new_addr % PAGE_BYTES)
		return -EINVAL;
	return 0;
}

/* Rule 3, all that does not depend on what the call does. The area's index, or an error. */
static int find_area(const struct model_mm *mm, u64 addr, u32 *i)
{
	*i = vma_find(mm, addr >> PAGE_SHIFT);
	if (*i == mm->vma_count || mm->vmas[*i].start > addr >> PAGE_SHIFT)
		return -EFAULT;
	return mm->vmas[*i].flags & VMF_SEALED ? -EPERM : 0;
}

/* Rule 3, for calls that grow or move (vma_to_resize()). */
static int check_resize(struct model *m, const struct model_mm *mm, const struct remap *r, u32 i)
{
	const struct model_vma *v = &mm->vmas[i];
	u64 more = (r->new_len - r->old_len) >> PAGE_SHIFT;
	u64 kept = r->old_len > r->new_len ? r->new_len : r->old_len;
	u64 pgoff = v->pgoff + ((r->addr >> PAGE_SHIFT) - v->start);

	if (!r->old_len && !(v->flags & (VMF_SHARED | VMF_MAYSHARE)))
		return -EINVAL;
	if (kept > (v->end << PAGE_SHIFT) - r->addr)
		return -EFAULT;
	if (r->new_len <= r->old_len)
		return 0;
	if (r->new_len > 1ull << 32)
		limit(m, "an area of more than 4 GiB");
	if (pgoff + (r->new_len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if ((v->flags & VMF_LOCKED) && !mm_may_lock(m, mm, more))
		return -EAGAIN;
	return mm_may_expand(m, mm, v->flags, more) ? 0 : -ENOMEM;
}

/* munmap with its own checks: a length that was never right is only found out here. */
static int munmap_bytes(struct model *m, struct model_mm *mm, u64 addr, u64 len)
{
	if (addr > ABI_TASK_SIZE || len > ABI_TASK_SIZE - addr)
		return -EINVAL;
	return unmap_range(m, mm, addr >> PAGE_SHIFT, (addr + len) >> PAGE_SHIFT);
}

/* Rule 4: the area at the index grows by the difference without moving. 0, or -ENOMEM if there is
 * no memory for it: that is no reason to try to move. */
static int grow_in_place(struct model *m, struct model_mm *mm, const struct remap *r, u32 i)
{
	const struct model_vma *v = &mm->vmas[i];
	u64 delta = (r->new_len - r->old_len) >> PAGE_SHIFT, end = v->end;
	u64 dirty = grown_soft_dirty(m, v), flags = v->flags | dirty;
	struct merge_range range = { .start = end,
				     .end = end + delta,
				     .pgoff = v->pgoff + vma_pages(v),
				     .anon_pgoff = v->anon_pgoff + vma_pages(v),
				     .flags = flags,
				     .file = v->file,
				     .policy = v->policy,
				     .name = v->name,
				     .uffd = v->uffd,
				     .anon_vma = v->anon_vma,
				     .fork_child = vma_is_fork_child(v),
				     .fresh = dirty != 0,
				     .fork_quirk = QUIRK_GROW_FORKLIMIT };
	bool grown;

	if (v->has_close && m->config.rules.close_blocks == CLOSE_BLOCKS_ANY) {
		grown = !alloc_fails(m, ALLOC_MERGE_NEW);
		if (grown) {
			mm->vmas[i].end += delta;
			mm->vmas[i].flags = flags;
		}
	} else {
		grown = merge_new(m, mm, &range) >= 0;
	}
	if (!grown) {
		if (!(v->flags & VMF_ACCOUNT) && quirk(m, QUIRK_GROW_UNCHARGES))
			m->committed_extra -= (s64)delta;
		return -ENOMEM;
	}
	mm_account(mm, flags, (s64)delta);
	if (flags & VMF_LOCKED) {
		mm->counter[COUNT_LOCKED_VM] += (s64)delta;
		populate(m, mm, end, end + delta, true);
	}
	return 0;
}

static bool can_grow_in_place(const struct model_mm *mm, const struct remap *r, u32 i)
{
	const struct model_vma *v = &mm->vmas[i];
	u64 end = v->end + ((r->new_len - r->old_len) >> PAGE_SHIFT);

	return r->old_len == (v->end << PAGE_SHIFT) - r->addr &&
	       end <= ABI_TASK_SIZE >> PAGE_SHIFT && !vma_intersects(mm, v->end, end);
}

/* Rule 4. */
static int remap_here(struct model *m, struct step *s, struct remap *r, u32 i)
{
	int err;

	if (r->new_len == r->old_len) {
		r->new_addr = r->addr;
		return 0;
	}
	if (r->new_len < r->old_len) {
		r->new_addr = r->addr;
		return munmap_bytes(m, s->mm, r->addr + r->new_len, r->old_len - r->new_len);
	}
	err = check_resize(m, s->mm, r, i);
	if (err || m->limit)
		return err;
	if (can_grow_in_place(s->mm, r, i)) {
		r->new_addr = r->addr;
		return grow_in_place(m, s->mm, r, i);
	}
	if (!(r->flags & ABI_MREMAP_MAYMOVE))
		return -ENOMEM;
	err = remap_choose(m, s, r, 0);
	return err ? err : remap_move_area(m, s->mm, r, i);
}

/* Rule 5. The index may be out of date after each unmapping. */
static int remap_there(struct model *m, struct step *s, struct remap *r)
{
	bool check_first = m->config.rules.mremap_fixed_check_first;
	u32 i;
	int err = find_area(s->mm, r->addr, &i);

	if (!err && check_first)
		err = check_resize(m, s->mm, r, i);
	if (!err && (r->flags & ABI_MREMAP_FIXED)) {
		err = munmap_bytes(m, s->mm, r->new_addr, r->new_len);
		/* An old length that wraps hides that the destination is the area itself. */
		if (!err && check_first)
			err = find_area(s->mm, r->addr, &i);
	}
	if (!err && r->old_len > r->new_len) {
		err = munmap_bytes(m, s->mm, r->addr + r->new_len, r->old_len - r->new_len);
		r->old_len = r->new_len;
	}
	if (!err)
		err = find_area(s->mm, r->addr, &i);
	if (!err && !check_first)
		err = check_resize(m, s->mm, r, i);
	if (!err && (r->flags & ABI_MREMAP_DONTUNMAP) &&
	    !mm_may_expand(m, s->mm, s->mm->vmas[i].flags, r->old_len >> PAGE_SHIFT))
		err = -ENOMEM;
	if (!err && !m->limit)
		err = remap_choose(m, s, r, r->new_addr);
	return err || m->limit ? err : remap_move_area(m, s->mm, r, i);
}

/* Rule 6. Of the files here only FILE_DEV has close(). */
static bool moves_only_alone(const struct model_vma *v)
{
	return (v->file && v->anonymous) || v->has_close || v->uffd;
}

/* Rule 6. */
static int remap_several(struct model *m, struct step *s, struct remap *r)
{
	u64 start = r->addr >> PAGE_SHIFT, end = (r->addr + r->old_len) >> PAGE_SHIFT, at = start;
	u64 target = r->new_addr >> PAGE_SHIFT, last_end = 0;
	bool seen = false;

	while (at < end && !m->limit) {
		u32 i = vma_find(s->mm, at);
		const struct model_vma *v = &s->mm->vmas[i];
		struct remap one = { .flags = r->flags };
		u64 first, last;
		int err;

		if (i == s->mm->vma_count || v->start >= end)
			break;
		if (!seen && v->start > start)
			return -EFAULT;
		first = v->start > at ? v->start : at;
		last = v->end < end ? v->end : end;
		if (seen && v->start > last_end)
			target += v->start - last_end;
		last_end = v->end;
		if (moves_only_alone(v) && (seen || v->end < end))
			return -EFAULT;
		one.addr = first << PAGE_SHIFT;
		one.old_len = one.new_len = (last - first) << PAGE_SHIFT;
		one.new_addr = target << PAGE_SHIFT;
		err = remap_there(m, s, &one);
		if (err)
			return err;
		target += last - first;
		at = last;
		seen = true;
	}
	return seen ? 0 : -EFAULT;
}

/* Rules 1 to 3, and which of rules 4 to 6 it is. */
static int remap(struct model *m, struct step *s, struct remap *r)
{
	bool upfront = m->config.rules.mremap_params == MREMAP_PARAMS_UPFRONT;
	u32 i = 0;
	int err = upfront ? check_params_upfront(m, s->mm, r) : check_params_legacy(m, r, s->op);

	if (err)
		return err;
	if (upfront && m->config.rules.mremap_multi && (r->flags & ABI_MREMAP_FIXED) &&
	    r->old_len == r->new_len)
		return remap_several(m, s, r);
	err = find_area(s->mm, r->addr, &i);
	if (err)
		return err;
	if (!names_address(r))
		return remap_here(m, s, r, i);
	if (!upfront) {
		/* The alignment comes first, but all of them are EINVAL. */
		if (check_new_address(r) || overlaps(r))
			return -EINVAL;
		err = check_map_count(m, s->mm, r);
		if (err)
			return err;
	}
	return remap_there(m, s, r);
}

void model_mremap(struct model *m, struct step *s)
{
	const u64 *arg = s->op->arg;
	struct remap r = { .addr = op_addr(arg[0], s->mm->last),
			   .old_len = page_align(arg[1]),
			   .new_len = page_align(arg[2]),
			   .flags = arg[3],
			   .new_addr = op_addr(arg[4], s->mm->last) };

	s->result->err = remap(m, s, &r);
	if (s->result->err)
		return;
	s->result->value = r.new_addr;
	s->mm->last = r.new_addr;
}
