/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The anon_vma graph: which processes an anonymous page can be mapped in.
 *
 * Rules (mm/rmap.c)
 *  1. An area is unfaulted (no anon_vma, empty chain) or faulted: it has an anon_vma, which is in
 *     its chain, and the chain holds that anon_vma's ancestors too.
 *  2. The first need for an anonymous page makes the area faulted: it shares the anon_vma of a
 *     neighbour that it could one day merge with, the next one first, if that one's chain is
 *     single; else it gets a new root (__anon_vma_prepare(), find_mergeable_anon_vma()).
 *  3. A copy of an area gets the same anon_vma and the same chain; the order of a clone is kept, or
 *     reversed (rule avc_clone_reversed; anon_vma_clone()).
 *  4. fork: the child's area gets a clone of the chain; then it takes over the first anon_vma of
 *     the chain that no area uses and that has at most one child, or a new one below the parent's
 *     area's anon_vma is put in front (anon_vma_fork(), anon_vma_clone()). The scan goes from the
 *     oldest, or with reversed clones from the newest.
 *  5. num_children of X counts the live anon_vmas whose parent is X; a root is its own parent.
 *     num_active_vmas counts the areas whose anon_vma is X. refcount is 1, for a root one more for
 *     each live anon_vma below it.
 *  6. An anon_vma dies with the last area whose chain holds it (unlink_anon_vmas()).
 */
#include "internal.h"

static u16 anon_vma_alloc(struct model *m)
{
	u16 id;

	for (id = 1; id < m->anon_vma_top; id++)
		if (!m->anon_vmas[id].live)
			break;
	if (id == MODEL_ANON_VMAS_MAX) {
		limit(m, "more anon_vmas than the model holds");
		return 0;
	}
	if (id == m->anon_vma_top)
		m->anon_vma_top++;
	m->anon_vmas[id] =
		(struct model_anon_vma){ .live = true, .root = id, .parent = id, .refcount = 1 };
	return id;
}

static void chain_add(struct model *m, struct model_vma *v, u16 id)
{
	if (v->chain_len == MODEL_CHAIN_MAX) {
		limit(m, "a longer anon_vma chain than the model holds");
		return;
	}
	for (u32 k = v->chain_len; k > 0; k--)
		v->chain[k] = v->chain[k - 1];
	v->chain[0] = id;
	v->chain_len++;
	m->anon_vmas[id].avc_count++;
}

/* Could @n's anon_vma serve @v too, so that the two may merge later (reusable_anon_vma())? Access
 * may differ: mprotect can make it equal. */
static bool reusable(const struct model *m, const struct model_vma *v, const struct model_vma *n)
{
	u64 ignore = VMF_ACCESS | VMF_SOFTDIRTY;
	bool lower = n->end == v->start;
	const struct model_vma *a = lower ? n : v, *b = lower ? v : n;

	if (m->config.rules.guard_flag)
		ignore |= VMF_MAYBE_GUARD;
	return a->end == b->start && n->file == v->file && n->policy == v->policy &&
	       !((n->flags ^ v->flags) & ~ignore) &&
	       a->pgoff + vma_pages(a) == b->pgoff &&
	       vma_index(m, a, a->end) == vma_index(m, b, b->start) && n->anon_vma &&
	       n->chain_len == 1;
}

/* Rule 2. */
void anon_vma_prepare(struct model *m, struct model_mm *mm, u32 i)
{
	struct model_vma *v = &mm->vmas[i];
	bool next_first = !mutant(m, MUTANT_PREPARE_PREV_FIRST);
	u16 id = 0;

	if (v->anon_vma)
		return;
	for (u32 side = 0; side < 2 && !id; side++) {
		bool next = (side == 0) == next_first;

		if (next && i + 1 < mm->vma_count && reusable(m, v, v + 1))
			id = v[1].anon_vma;
		if (!next && i > 0 && reusable(m, v, v - 1))
			id = v[-1].anon_vma;
	}
	if (!id) {
		id = anon_vma_alloc(m);
		m->anon_vmas[id].num_children = 1;
	}
	v->anon_vma = id;
	m->anon_vmas[id].num_active_vmas++;
	chain_add(m, v, id);
}

/* Rule 3. */
static void clone_chain(struct model *m, struct model_vma *dst, const struct model_vma *src)
{
	u8 n = src->chain_len;

	for (u8 k = 0; k < n; k++) {
		u16 id = src->chain[k];

		dst->chain[m->config.rules.avc_clone_reversed ? n - 1 - k : k] = id;
		m->anon_vmas[id].avc_count++;
	}
	dst->chain_len = n;
}

void anon_vma_clone(struct model *m, struct model_vma *dst, const struct model_vma *src)
{
	CHECK(!dst->chain_len);
	clone_chain(m, dst, src);
	dst->anon_vma = src->anon_vma;
	if (!mutant(m, MUTANT_ACTIVE_COUNT))
		m->anon_vmas[src->anon_vma].num_active_vmas++;
}

void anon_vma_dup(struct model *m, struct model_vma *dst, const struct model_vma *src)
{
	if (src->anon_vma && !dst->anon_vma)
		anon_vma_clone(m, dst, src);
}

/* Rule 6. Two passes: a child and its parent may go at once. */
void anon_vma_unlink(struct model *m, struct model_vma *v)
{
	for (u8 k = 0; k < v->chain_len; k++) {
		struct model_anon_vma *av = &m->anon_vmas[v->chain[k]];

		if (--av->avc_count == 0 && !mutant(m, MUTANT_UNLINK_PARENT))
			m->anon_vmas[av->parent].num_children--;
	}
	if (v->anon_vma)
		m->anon_vmas[v->anon_vma].num_active_vmas--;
	for (u8 k = 0; k < v->chain_len; k++) {
		struct model_anon_vma *av = &m->anon_vmas[v->chain[k]];

		if (av->avc_count)
			continue;
		av->live = false;
		if (av->root != v->chain[k])
			m->anon_vmas[av->root].refcount--;
	}
	v->anon_vma = 0;
	v->chain_len = 0;
}

/* Rule 4. */
void anon_vma_fork(struct model *m, struct model_vma *child, const struct model_vma *parent)
{
	u16 id;

	child->anon_vma = 0;
	child->chain_len = 0;
	if (!parent->anon_vma)
		return;
	clone_chain(m, child, parent);
	/*
	 * From the tail of the list that anon_vma_clone() walks: of the parent's when it walks that
	 * backwards; else it meets the parent's entries from the front, which become the child's
	 * tail.
	 */
	for (u8 k = child->chain_len; k > 0; k--) {
		struct model_anon_vma *av = &m->anon_vmas[child->chain[k - 1]];

		if (av->num_active_vmas || av->num_children > 1 || mutant(m, MUTANT_NO_REUSE))
			continue;
		child->anon_vma = child->chain[k - 1];
		av->num_active_vmas++;
		return;
	}
	id = anon_vma_alloc(m);
	if (!id)
		return;
	m->anon_vmas[id].root = m->anon_vmas[parent->anon_vma].root;
	m->anon_vmas[id].parent = parent->anon_vma;
	m->anon_vmas[id].num_active_vmas = 1;
	m->anon_vmas[parent->anon_vma].num_children++;
	m->anon_vmas[m->anon_vmas[id].root].refcount++;
	child->anon_vma = id;
	chain_add(m, child, id);
	if (mutant(m, MUTANT_FORK_SHARES)) {
		/* the child uses its parent's anon_vma, as if nothing had been forked */
		m->anon_vmas[id].num_active_vmas--;
		child->anon_vma = parent->anon_vma;
		m->anon_vmas[parent->anon_vma].num_active_vmas++;
	}
}
