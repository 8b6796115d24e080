/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Merging and splitting: which areas become one.
 *
 * Two neighbours never merge by themselves. An operation proposes a range R with attributes, and R
 * is compared with the area that ends where R starts (prev) and with the one that starts where R
 * ends (next).
 *
 * Rules, in this order; the first that refuses is recorded (can_vma_merge_before/after())
 *  1. Something lies directly beside R.
 *  2. Flags are equal, but for SOFTDIRTY and, with rule guard_flag, MAYBE_GUARD
 *     (is_mergeable_vma()).
 *  3. The open file is the same, and so are the memory policy, by value, the name, as a string, and
 *     the userfaultfd; new mappings have none of these three.
 *     Rule close_blocks: of areas that must be told when they go (vm_ops->close) with
 *     any: neither neighbour may have close();
 *     next_or_removed: next may not, nor an area that would go;
 *     only_removed: an area that would go may not, so only the boundary between two can shift. If R
 *         is a whole area, nothing merges; a new R between two joins prev alone
 *         (can_merge_remove_vma()).
 *  4. The page offset continues; for private files with rule cow_file_index=virtual, the anonymous
 *     one too.
 *  5. anon_vmas agree (is_mergeable_anon_vma(); kernels look at this before the offset, which makes
 *     no difference to the outcome):
 *     symmetric: if one side is faulted and the other is not, the faulted one must not be a fork
 *         child, since the pages of the merged area would hang on a chain of several processes;
 *         else both have the same anon_vma;
 *     legacy: an unfaulted R may join a faulted neighbour whose chain is single; a faulted R never
 *         joins an unfaulted neighbour.
 *  6. If prev and next both match R, they must agree with each other about the anon_vma; else prev
 *     wins and next stays ("cross"; mmap before 6.12 is different: merge_new_chained()).
 *
 * What a merge does
 *  7. A faulted part gives its anon_vma and chain to the area that stays (dup_anon_vma()).
 *  8. Of two areas that become one, the lower struct stays, except that without prev the upper
 *     stays.
 *  9. Flags of the result: those of R, and the sticky ones of every part: SOFTDIRTY and, with rule
 *     guard_flag, MAYBE_GUARD (vma_merge_*(), VMA_STICKY_FLAGS). Quirk soft_dirty_lost: SOFTDIRTY
 *     is that of R if the operation sets the flags of what comes out (mprotect, madvise, mlock,
 *     names), that of the area that stays if it does not (mseal, mbind, mremap).
 * 10. When nothing merges, the area is split at the start and then at the end of R; if the second
 *     split finds no room or no memory, the first one stays (vma_modify()).
 * 11. Without memory for a merge nothing changes; a new range is then not merged, and so is a
 *     changed one, or with rule merge_nomem_fails the change fails.
 */
#include <errno.h>

#include "internal.h"

const char *const merge_rule_names[MERGE_RULE_COUNT] = {
	[MERGE_NOT_TRIED] = "-",
	[MERGE_NO_NEIGHBOUR] = "no_neighbour",
	[MERGE_NOT_AT_EDGE] = "not_at_edge",
	[MERGE_FLAGS] = "flags",
	[MERGE_FILE] = "file",
	[MERGE_POLICY] = "policy",
	[MERGE_NAME] = "name",
	[MERGE_CLOSE] = "close",
	[MERGE_UFFD] = "uffd",
	[MERGE_ANON_VMA] = "anon_vma",
	[MERGE_ANON_LEGACY] = "anon_legacy",
	[MERGE_FORK_LIMIT] = "fork_limit",
	[MERGE_OFFSET] = "offset",
	[MERGE_CROSS] = "cross",
	[MERGE_EXCLUDED] = "excluded",
	[MERGE_BRK] = "brk",
	[MERGE_OK] = "merged",
};

const char *const merge_rule_meanings[MERGE_RULE_COUNT] = {
	[MERGE_NOT_TRIED] = "nothing changed, so no merge was considered",
	[MERGE_NO_NEIGHBOUR] = "nothing is mapped directly beside the range",
	[MERGE_NOT_AT_EDGE] = "the range does not reach the edge of its area",
	[MERGE_FLAGS] = "the flags differ",
	[MERGE_FILE] = "they are not of the same open file",
	[MERGE_POLICY] = "their memory policies differ",
	[MERGE_NAME] = "their names differ",
	[MERGE_CLOSE] = "an area would go that must be told so (vm_ops->close)",
	[MERGE_UFFD] = "they are registered with different userfaultfds",
	[MERGE_ANON_VMA] = "both are faulted, with different anon_vmas",
	[MERGE_ANON_LEGACY] = "a faulted range does not join an unfaulted area (legacy rule)",
	[MERGE_FORK_LIMIT] =
		"the faulted part is a fork child and may not take in an unfaulted one",
	[MERGE_OFFSET] = "the page offsets do not continue",
	[MERGE_CROSS] = "left and right both match but have different anon_vmas: left wins",
	[MERGE_EXCLUDED] = ("the neighbour is what MREMAP_DONTUNMAP moves from, or what mremap "
			    "moves merges with nothing"),
	[MERGE_BRK] = "brk looks at no other area than the heap's own",
	[MERGE_OK] = "merged",
};

static u64 sticky_flags(const struct model *m)
{
	u64 sticky = VMF_SOFTDIRTY;

	if (m->config.rules.guard_flag && !mutant(m, MUTANT_NOT_STICKY))
		sticky |= VMF_MAYBE_GUARD;
	return sticky;
}

static u64 ignored_flags(const struct model *m)
{
	u64 ignored = VMF_SOFTDIRTY;

	if (m->config.rules.guard_flag && !mutant(m, MUTANT_GUARD_COMPARED))
		ignored |= VMF_MAYBE_GUARD;
	return ignored;
}

/* Rule 4. */
static bool offset_continues(const struct model *m, const struct merge_range *r,
			     const struct model_vma *n, bool n_is_prev)
{
	bool cow_file = r->file && (r->flags & VMF_MAYWRITE) && !(r->flags & VMF_SHARED);
	u64 pages = n_is_prev ? vma_pages(n) : r->end - r->start;
	u64 low = n_is_prev ? n->pgoff : r->pgoff, high = n_is_prev ? r->pgoff : n->pgoff;

	if (mutant(m, MUTANT_MERGE_OFFSET))
		return true;
	if (low + pages != high)
		return false;
	if (!cow_file || m->config.rules.cow_file_index != COW_FILE_VIRTUAL)
		return true;
	low = n_is_prev ? n->anon_pgoff : r->anon_pgoff;
	high = n_is_prev ? r->anon_pgoff : n->anon_pgoff;
	return low + pages == high;
}

/* Rule 3, what is decided by the neighbour alone. */
static bool close_refuses(const struct model *m, const struct model_vma *n, bool n_is_prev)
{
	if (!n->has_close || mutant(m, MUTANT_MERGE_CLOSE))
		return false;
	return m->config.rules.close_blocks == CLOSE_BLOCKS_ANY ||
	       (m->config.rules.close_blocks == CLOSE_BLOCKS_NEXT_OR_REMOVED && !n_is_prev);
}

/* Rule 3: @v would go. */
static bool may_remove(const struct model *m, const struct model_vma *v)
{
	return !v->has_close || mutant(m, MUTANT_MERGE_CLOSE);
}

/* Rules 2 to 4: all but the anon_vma. */
static enum merge_rule attributes_match(const struct model *m, const struct merge_range *r,
					const struct model_vma *n, bool n_is_prev)
{
	if (((r->flags ^ n->flags) & ~ignored_flags(m)) && !mutant(m, MUTANT_MERGE_FLAGS))
		return MERGE_FLAGS;
	if (r->file != n->file && !mutant(m, MUTANT_MERGE_FILE))
		return MERGE_FILE;
	if (r->policy != n->policy && !mutant(m, MUTANT_MERGE_POLICY))
		return MERGE_POLICY;
	if (r->name != n->name && !mutant(m, MUTANT_MERGE_NAME))
		return MERGE_NAME;
	if (close_refuses(m, n, n_is_prev))
		return MERGE_CLOSE;
	if (r->uffd != n->uffd && !mutant(m, MUTANT_MERGE_UFFD))
		return MERGE_UFFD;
	if (!offset_continues(m, r, n, n_is_prev))
		return MERGE_OFFSET;
	return MERGE_OK;
}

/* Rule 5, legacy. @r_av is the range's, which may stand for a neighbour. */
static enum merge_rule anon_legacy(const struct model *m, u16 r_av, const struct model_vma *n)
{
	if ((!r_av || !n->anon_vma) && n->chain_len == 1)
		return MERGE_OK;
	if (r_av == n->anon_vma)
		return MERGE_OK;
	if (!r_av)
		return MERGE_FORK_LIMIT;
	if (n->anon_vma)
		return MERGE_ANON_VMA;
	return mutant(m, MUTANT_MERGE_ANON_LEGACY) ? MERGE_OK : MERGE_ANON_LEGACY;
}

/* Rule 5. */
static enum merge_rule anon_matches(struct model *m, const struct merge_range *r,
				    const struct model_vma *n)
{
	bool limited;

	if (mutant(m, MUTANT_MERGE_ANON))
		return MERGE_OK;
	if (m->config.rules.anon_merge == ANON_MERGE_LEGACY)
		return anon_legacy(m, r->anon_vma, n);
	if (r->anon_vma && n->anon_vma)
		return r->anon_vma == n->anon_vma ? MERGE_OK : MERGE_ANON_VMA;
	if (!r->anon_vma && !n->anon_vma)
		return MERGE_OK;
	limited = n->anon_vma ? vma_is_fork_child(n) : r->fork_child;
	if (limited && !n->anon_vma && r->fork_quirk != QUIRK_COUNT && quirk(m, r->fork_quirk))
		limited = false;
	return limited && !mutant(m, MUTANT_MERGE_FORK_LIMIT) ? MERGE_FORK_LIMIT : MERGE_OK;
}

/* Rules 1 to 5 for one side. */
static enum merge_rule side_matches(struct model *m, const struct merge_range *r,
				    const struct model_vma *n, bool n_is_prev)
{
	enum merge_rule rule;

	if (!n || (n_is_prev ? n->end != r->start : n->start != r->end))
		return MERGE_NO_NEIGHBOUR;
	if (r->brk && (!n_is_prev || r->start == HEAP_BASE >> PAGE_SHIFT))
		return MERGE_BRK;
	if (r->alone || (n == r->copied_from && r->copied_survives))
		return MERGE_EXCLUDED;
	rule = attributes_match(m, r, n, n_is_prev);
	return rule == MERGE_OK ? anon_matches(m, r, n) : rule;
}

/* Rule 6. */
static bool cross_matches(const struct model *m, const struct model_vma *prev,
			  const struct model_vma *next)
{
	return !prev->anon_vma || !next->anon_vma || prev->anon_vma == next->anon_vma ||
	       mutant(m, MUTANT_MERGE_CROSS);
}

static void record(struct model *m, const struct merge_range *r, enum merge_rule prev,
		   enum merge_rule next)
{
	if (m->merge_count < MERGE_RECORDS_MAX)
		m->merges[m->merge_count++] = (struct merge_record){
			.start = r->start, .end = r->end, .prev = prev, .next = next
		};
}

/* Rule 9: @target, the area that stays, gets @flags, and the sticky ones of @parts. @own is what it
 * has SOFTDIRTY from with the bug. */
static void give_flags(struct model *m, const struct merge_range *r, struct model_vma *target,
		       u64 flags, u64 parts, u64 own)
{
	target->flags = flags | (parts & sticky_flags(m));
	if (!r->fresh && (parts & ~own & VMF_SOFTDIRTY) && quirk(m, QUIRK_SOFT_DIRTY_LOST))
		target->flags &= ~VMF_SOFTDIRTY;
}

/* Makes area @i end at @end: everything that lay in between is gone. */
static void grow_up(struct model_vma *v, u64 end)
{
	v->end = end;
}
/* Makes the area start at @start, below or above where it did. */
static void move_start(struct model_vma *v, u64 start)
{
	v->pgoff += start - v->start;
	v->anon_pgoff += start - v->start;
	v->start = start;
}

/* Joins the empty range @r with prev (index @i - 1, if @left) and next (index @i, if @right). */
static int join_new(struct model *m, struct model_mm *mm, const struct merge_range *r, u32 i,
		    bool left, bool right)
{
	u64 parts = r->flags;
	u32 target = left ? i - 1 : i;

	if (left)
		parts |= mm->vmas[i - 1].flags;
	if (right)
		parts |= mm->vmas[i].flags;
	/*
	 *	prev  RRRRR  next        prev  RRRRR             RRRRR  next
	 *	PPPPPPPPPPPPPPPPP        PPPPPPPPPPP             NNNNNNNNNNN
	 */
	if (left && right) {
		u64 end = mm->vmas[i].end;

		anon_vma_dup(m, &mm->vmas[i - 1], &mm->vmas[i]);
		vma_delete(m, mm, i);
		grow_up(&mm->vmas[target], end);
	} else if (left) {
		grow_up(&mm->vmas[target], r->end);
	} else {
		move_start(&mm->vmas[target], r->start);
	}
	give_flags(m, r, &mm->vmas[target], mm->vmas[target].flags, parts, mm->vmas[target].flags);
	return (int)target;
}

int merge_new(struct model *m, struct model_mm *mm, const struct merge_range *r)
{
	u32 i = vma_find(mm, r->start);
	const struct model_vma *prev = i > 0 ? &mm->vmas[i - 1] : NULL;
	const struct model_vma *next = i < mm->vma_count ? &mm->vmas[i] : NULL;
	enum merge_rule left = side_matches(m, r, prev, true);
	enum merge_rule right = side_matches(m, r, next, false);

	if (left == MERGE_OK && right == MERGE_OK && !cross_matches(m, prev, next))
		right = MERGE_CROSS;
	if (left == MERGE_OK && right == MERGE_OK && !may_remove(m, next))
		right = MERGE_CLOSE;
	record(m, r, left, right);
	if (left != MERGE_OK && right != MERGE_OK)
		return -1;
	/* Rule 11. */
	if (alloc_fails(m, ALLOC_MERGE_NEW))
		return -1;
	return join_new(m, mm, r, i, left == MERGE_OK, right == MERGE_OK);
}

/*
 * mmap before 6.12 (mmap_region() of 6.1): next is decided first; if it matches, it stands for the
 * range when prev is asked about the anon_vma. So of two neighbours with different anon_vmas next
 * wins, and an unfaulted prev does not join a faulted next.
 */
int merge_new_chained(struct model *m, struct model_mm *mm, const struct merge_range *r)
{
	u32 i = vma_find(mm, r->start);
	const struct model_vma *prev = i > 0 ? &mm->vmas[i - 1] : NULL;
	const struct model_vma *next = i < mm->vma_count ? &mm->vmas[i] : NULL;
	enum merge_rule right = side_matches(m, r, next, false);
	struct merge_range chained = *r;
	enum merge_rule left;

	if (right == MERGE_OK)
		chained.anon_vma = next->anon_vma;
	left = side_matches(m, &chained, prev, true);
	record(m, r, left, right);
	if (left != MERGE_OK && right != MERGE_OK)
		return -1;
	/* Rule 11. */
	if (alloc_fails(m, ALLOC_MERGE_NEW))
		return -1;
	return join_new(m, mm, r, i, left == MERGE_OK, right == MERGE_OK);
}

/*
 * Joins [r->start, r->end), which is all or an end of area @i, with its neighbours; returns the
 * index of the area that then holds it. Rules 7 and 8:
 *
 *	prev MMMMM next    prev MMMMM      prev MMMMMmmmm    MMMMM next     mmmmMMMMM next
 *	PPPPPPPPPPPPPPP    PPPPPPPPPP      PPPPPPPPPPmmmm    NNNNNNNNNN     mmmmNNNNNNNNNN
 *	both               left whole      left part         right whole    right part
 */
static u32 join_existing(struct model *m, struct model_mm *mm, const struct merge_range *r, u32 i,
			 bool left, bool right)
{
	struct model_vma *mid = &mm->vmas[i];
	bool whole = r->start == mid->start && r->end == mid->end;

	if (left && right) {
		u64 end = mid[1].end;

		anon_vma_dup(m, &mid[-1], mid[1].anon_vma ? &mid[1] : mid);
		vma_delete(m, mm, i + 1);
		vma_delete(m, mm, i);
		grow_up(&mm->vmas[i - 1], end);
		return i - 1;
	}
	if (left) {
		anon_vma_dup(m, &mid[-1], mid);
		grow_up(&mid[-1], r->end);
		if (whole)
			vma_delete(m, mm, i);
		else
			move_start(mid, r->end);
		return i - 1;
	}
	anon_vma_dup(m, &mid[1], mid);
	move_start(&mid[1], r->start);
	if (!whole) {
		mid->end = r->start;
		return i + 1;
	}
	vma_delete(m, mm, i);
	return i;
}

/* Rule 10. */
static int split_around(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end)
{
	if (start > mm->vmas[*i].start) {
		if (!vma_may_split(m, mm) || vma_split(m, mm, *i, start, true))
			return -ENOMEM;
		if (m->limit)
			return 0;
		++*i;
	}
	if (end < mm->vmas[*i].end)
		if (!vma_may_split(m, mm) || vma_split(m, mm, *i, end, false))
			return -ENOMEM;
	return 0;
}

/* What vma_modify() proposes for [start, end) of area @mid, as it is. */
static struct merge_range range_of(const struct model_vma *mid, u64 start, u64 end)
{
	return (struct merge_range){ .start = start,
				     .end = end,
				     .flags = mid->flags,
				     .file = mid->file,
				     .policy = mid->policy,
				     .name = mid->name,
				     .uffd = mid->uffd,
				     .pgoff = mid->pgoff + (start - mid->start),
				     .anon_pgoff = mid->anon_pgoff + (start - mid->start),
				     .anon_vma = mid->anon_vma,
				     .fork_child = vma_is_fork_child(mid),
				     .fork_quirk = QUIRK_COUNT };
}

/* Rules 1 to 6 for both sides of a range that is all or a part of area @mid. */
static void sides_match(struct model *m, const struct model_mm *mm, const struct merge_range *r,
			const struct model_vma *mid, enum merge_rule *left, enum merge_rule *right)
{
	bool at_start = r->start == mid->start, at_end = r->end == mid->end;

	*left = *right = MERGE_NOT_AT_EDGE;
	if (at_start)
		*left = side_matches(m, r, mid > mm->vmas ? mid - 1 : NULL, true);
	if (at_end)
		*right = side_matches(m, r, mid + 1 < mm->vmas + mm->vma_count ? mid + 1 : NULL,
				      false);
	if (*left == MERGE_OK && *right == MERGE_OK && !cross_matches(m, mid - 1, mid + 1))
		*right = MERGE_CROSS;
	if (at_start && at_end && !may_remove(m, mid)) {
		*left = *left == MERGE_OK ? MERGE_CLOSE : *left;
		*right = *right == MERGE_OK ? MERGE_CLOSE : *right;
	}
	record(m, r, *left, *right);
}

/* Gives the range, a part of area *@i, the attributes that are proposed. */
static int modify(struct model *m, struct model_mm *mm, u32 *i, const struct merge_range *r)
{
	struct model_vma *mid = &mm->vmas[*i];
	enum merge_rule left, right;
	u64 parts = r->flags;
	bool merges;

	sides_match(m, mm, r, mid, &left, &right);
	merges = left == MERGE_OK || right == MERGE_OK;
	/* Rule 11. */
	if (merges && alloc_fails(m, ALLOC_MERGE_MODIFY)) {
		if (m->config.rules.merge_nomem_fails && !r->gives_up)
			return -ENOMEM;
		merges = false;
	}
	if (merges && left == MERGE_OK)
		parts |= mid[-1].flags;
	if (merges && right == MERGE_OK)
		parts |= mid[1].flags;
	if (!merges) {
		int err = split_around(m, mm, i, r->start, r->end);

		if (err || m->limit)
			return err;
	} else {
		*i = join_existing(m, mm, r, *i, left == MERGE_OK, right == MERGE_OK);
	}
	give_flags(m, r, &mm->vmas[*i], r->flags, parts,
		   r->keeps ? mm->vmas[*i].flags : r->flags);
	mm->vmas[*i].policy = r->policy;
	mm->vmas[*i].name = r->name;
	mm->vmas[*i].uffd = r->uffd;
	return 0;
}

int vma_modify(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 flags)
{
	struct merge_range r = range_of(&mm->vmas[*i], start, end);

	r.flags = flags;
	return modify(m, mm, i, &r);
}

int vma_add_flags(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 flags)
{
	struct merge_range r = range_of(&mm->vmas[*i], start, end);

	r.flags |= flags;
	r.keeps = true;
	return modify(m, mm, i, &r);
}

int vma_modify_policy(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u8 policy)
{
	struct merge_range r = range_of(&mm->vmas[*i], start, end);
	u8 old = mm->vmas[*i].policy;
	struct model_vma *v;
	int err;

	r.policy = policy;
	r.keeps = true;
	err = modify(m, mm, i, &r);
	if (err || m->limit || policy == POLICY_DEFAULT || !alloc_fails(m, ALLOC_POLICY_COPY))
		return err;
	/* What it has merged with has the policy already. */
	v = &mm->vmas[*i];
	if (v->start == start && v->end == end)
		v->policy = old;
	return -ENOMEM;
}

int vma_modify_name(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u8 name)
{
	struct merge_range r = range_of(&mm->vmas[*i], start, end);
	u64 flags = r.flags;
	int err;

	r.name = name;
	err = modify(m, mm, i, &r);
	if (!err && mm->vmas[*i].flags != flags && quirk(m, QUIRK_NAME_DROPS_STICKY))
		mm->vmas[*i].flags = flags;
	return err;
}

/* The bug matters only where the range ends with its area: else there is no neighbour. */
int vma_modify_uffd(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 flags,
		    u16 uffd)
{
	const struct model_vma *mid = &mm->vmas[*i];
	struct merge_range r = range_of(mid, start, end);

	r.flags = flags;
	r.uffd = uffd;
	r.keeps = m->config.rules.uffd_keeps_flags;
	r.gives_up = !uffd && start == mid->start && end == mid->end;
	if (start > mid->start && end == mid->end && *i + 1 < mm->vma_count &&
	    mid[1].start == end && quirk(m, QUIRK_UFFD_PGOFF)) {
		r.pgoff = mid->pgoff;
		r.anon_pgoff = mid->anon_pgoff;
	}
	return modify(m, mm, i, &r);
}

enum merge_rule model_why(const struct model *m)
{
	enum merge_rule why = MERGE_NOT_TRIED;

	/* A refusal that got past the geometry says more than a merge, a merge more than
	 * nothing. */
	for (u32 k = 0; k < m->merge_count; k++) {
		const enum merge_rule sides[2] = { m->merges[k].prev, m->merges[k].next };

		for (u32 side = 0; side < 2; side++) {
			bool refused = sides[side] > MERGE_NOT_AT_EDGE && sides[side] < MERGE_OK;

			if (refused || why <= MERGE_NOT_AT_EDGE)
				why = sides[side] > why || refused ? sides[side] : why;
		}
	}
	return why;
}
