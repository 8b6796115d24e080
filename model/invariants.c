/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold of every state, whatever was done to get there.
 *
 *  F1  areas are sorted, disjoint, not empty, below TASK_SIZE (validate_mm())
 *  F2  map_count is the number of areas; F3 total_vm the sum of their pages, data_vm, exec_vm and
 *      stack_vm of those of their class
 *  F4  locked_vm is the sum of the pages of locked areas
 *  F5  an area has an anon_vma exactly if its chain is not empty
 *  F6  the chain holds the anon_vma and its root, all of one root, none twice
 *  F7  num_active_vmas counts the areas whose anon_vma it is
 *  F8  num_children counts the live anon_vmas whose parent it is; a root counts itself
 *  F9  an anon_vma lives exactly as long as a chain holds it
 * F10  refcount is 1, for a root one more for each live anon_vma below it
 * F12  the chain holds the parent of each of its members
 * F13  two areas of one process with the same anon_vma have the same chain, as sets
 * F15  an anonymous page lies in an area whose chain holds its owner, at the index that it was
 *      created with
 * F17  an area has a userfaultfd exactly if it has one of its modes; the descriptor is open and of
 *      the area's process
 * F18  droppable areas are never locked; LOCKONFAULT only together with LOCKED
 * F23  a shared area is unfaulted (unless rule guard_prepares_anon says otherwise)
 * F24  map_count is at most one above max_map_count
 *
 * F11  a chain is at most as long as the process is generations away from the first, plus one
 * F19  what is sealed stays mapped and sealed: sealed pages never become fewer
 * F20  a guard marker lies in an area with MAYBE_GUARD (rule guard_flag)
 * F22  only private areas that may be written and are not NORESERVE are accounted
 *
 * F25  only what maps FILE_DEV has vm_ops->close; without NUMA nothing has a memory policy; what
 *      maps FILE_DEV or FILE_ZERO has no name, and nothing without CONFIG_ANON_VMA_NAME
 *
 * F14 (merging and splitting leave the index of every page) shows as F15. F16 is not universal. F21
 * speaks of the outcome of an operation, not of a state: nothing checks it by itself, though the
 * comparison with a kernel sees an area that should have merged. Known bugs that are on may break
 * F4, F15, F18 and F20.
 */
#include <string.h>

#include "internal.h"

static bool bad(struct diag *diag, const char *what, u32 proc, u64 page)
{
	diag_set(diag, 0, "%s: process %u, page %#llx", what, proc, (unsigned long long)page);
	return false;
}

static bool chain_has(const struct model_vma *v, u16 id)
{
	for (u8 k = 0; k < v->chain_len; k++)
		if (v->chain[k] == id)
			return true;
	return false;
}

/* F5, F6, F11, F12, F23. */
static bool check_chain(const struct model *m, u32 n, const struct model_vma *v, struct diag *diag)
{
	u16 root;

	if (!v->anon_vma != !v->chain_len)
		return bad(diag, "F5 anon_vma without chain, or chain without anon_vma", n,
			   v->start);
	if (!v->anon_vma)
		return true;
	if (v->chain_len > m->mm[n].generation + 1)
		return bad(diag, "F11 a chain longer than there were forks", n, v->start);
	root = m->anon_vmas[v->anon_vma].root;
	if (!chain_has(v, v->anon_vma) || !chain_has(v, root))
		return bad(diag, "F6 the chain lacks the anon_vma or its root", n, v->start);
	for (u8 k = 0; k < v->chain_len; k++) {
		const struct model_anon_vma *av = &m->anon_vmas[v->chain[k]];

		if (!av->live)
			return bad(diag, "F9 a dead anon_vma is in a chain", n, v->start);
		if (av->root != root)
			return bad(diag, "F6 a chain of two trees", n, v->start);
		if (!chain_has(v, av->parent))
			return bad(diag, "F12 the chain lacks a parent", n, v->start);
		for (u8 j = 0; j < k; j++)
			if (v->chain[j] == v->chain[k])
				return bad(diag, "F6 an anon_vma twice in a chain", n, v->start);
	}
	if ((v->flags & VMF_SHARED) && m->config.rules.guard_prepares_anon != GUARD_PREPARES_ALL)
		return bad(diag, "F23 a shared area is faulted", n, v->start);
	return true;
}

/* F13: against the areas before it. */
static bool check_siblings(const struct model_mm *mm, u32 n, u32 i, struct diag *diag)
{
	const struct model_vma *v = &mm->vmas[i];

	for (u32 j = 0; j < i; j++) {
		const struct model_vma *w = &mm->vmas[j];

		if (w->anon_vma != v->anon_vma)
			continue;
		for (u8 k = 0; k < v->chain_len; k++)
			if (w->chain_len != v->chain_len || !chain_has(w, v->chain[k]))
				return bad(diag, "F13 one anon_vma, different chains", n, v->start);
	}
	return true;
}

/* F22. */
static bool account_fits(u64 flags)
{
	return !(flags & VMF_ACCOUNT) ||
	       ((flags & VMF_MAYWRITE) && !(flags & (VMF_SHARED | VMF_NORESERVE)));
}

/* F17. */
static bool uffd_fits(const struct model *m, u32 n, const struct model_vma *v)
{
	const struct model_uffd *u = &m->uffds[v->uffd ? v->uffd - 1 : 0];

	if (!v->uffd)
		return !(v->flags & VMF_UFFD_MASK);
	return (v->flags & VMF_UFFD_MASK) && v->uffd <= m->uffd_count && u->open && u->proc == n;
}

/* F25. */
static bool attributes_fit(const struct model *m, const struct model_vma *v)
{
	u8 inode = m->files[v->file].inode;

	if (v->name && (!m->config.anon_name ||
			(v->file && (inode == MODEL_INODE_DEV || inode == MODEL_INODE_ZERO))))
		return false;
	return v->has_close == (v->file && inode == MODEL_INODE_DEV) &&
	       (m->config.numa || v->policy == POLICY_DEFAULT);
}

/* F1 to F4, F17 to F19, F22, F24, F25. */
static bool check_layout(const struct model *m, u32 n, struct diag *diag)
{
	const struct model_mm *mm = &m->mm[n];
	s64 sum[COUNT_COUNTERS] = { 0 };
	s64 locked = mm->base_locked ? (s64)m->config.base_lockable : 0;
	u64 end = 0, sealed = 0;

	for (u32 i = 0; i < mm->vma_count; i++) {
		const struct model_vma *v = &mm->vmas[i];

		if (v->start < end || v->start >= v->end || v->end > ABI_TASK_SIZE >> PAGE_SHIFT)
			return bad(diag, "F1 areas overlap, are empty or out of order", n,
				   v->start);
		end = v->end;
		counters_account(sum, v->flags, (s64)vma_pages(v));
		if (v->flags & VMF_LOCKED)
			locked += (s64)vma_pages(v);
		if (v->flags & VMF_SEALED)
			sealed += vma_pages(v);
		if (!uffd_fits(m, n, v))
			return bad(diag, "F17 userfaultfd without mode or mode without it", n,
				   v->start);
		if (!account_fits(v->flags))
			return bad(diag, "F22 an area is accounted that should not be", n,
				   v->start);
		if (!attributes_fit(m, v))
			return bad(diag, "F25 an attribute that the area cannot have", n, v->start);
		if ((v->flags & VMF_LOCKED_MASK) == VMF_LOCKONFAULT ||
		    ((v->flags & VMF_LOCKED_MASK) && (v->flags & VMF_DROPPABLE) &&
		     !(m->quirks_met & 1u << QUIRK_DROPPABLE_LOCKED)))
			return bad(diag, "F18 LOCKONFAULT without LOCKED, or droppable", n,
				   v->start);
	}
	if (mm->counter[COUNT_MAP] != (s64)mm->vma_count)
		return bad(diag, "F2 map_count", n, mm->vma_count);
	if (mm_map_count(m, mm) > (s64)m->config.max_map_count + 1)
		return bad(diag, "F24 map_count is above max_map_count", n, mm->vma_count);
	if (sealed < mm->sealed_pages)
		return bad(diag, "F19 sealed pages went", n, sealed);
	for (u32 k = COUNT_TOTAL_VM; k <= COUNT_STACK_VM; k++)
		if (mm->counter[k] != sum[k])
			return bad(diag, "F3 total_vm or a part of it", n, (u64)sum[k]);
	if (mm->counter[COUNT_LOCKED_VM] + (n ? (s64)m->config.base_locked_vm : 0) != locked &&
	    !(m->quirks_met &
	      (1u << QUIRK_DONTUNMAP_LOCKED_LEAK | 1u << QUIRK_DONTUNMAP_LOCKED_NOCHARGE |
	       1u << QUIRK_DONTUNMAP_SELF_MERGE)))
		return bad(diag, "F4 locked_vm", n, (u64)locked);
	return true;
}

/* F15, F20. */
static bool check_pages(const struct model *m, u32 n, struct diag *diag)
{
	const struct model_mm *mm = &m->mm[n];
	u32 i = 0;

	if (m->quirks_met & (1u << QUIRK_COPY_LOSES_ANON | 1u << QUIRK_UFFD_PGOFF))
		return true;
	for (u32 k = 0; k < mm->page_count; k++) {
		const struct model_page *p = &mm->pages[k];

		while (i < mm->vma_count && mm->vmas[i].end <= p->addr)
			i++;
		if (i == mm->vma_count || mm->vmas[i].start > p->addr)
			return bad(diag, "F15 a page outside of any area", n, p->addr);
		if (p->state == PAGE_GUARD && m->config.rules.guard_flag &&
		    !(m->quirks_met & 1u << QUIRK_NAME_DROPS_STICKY) &&
		    !(mm->vmas[i].flags & VMF_MAYBE_GUARD))
			return bad(diag, "F20 a guard marker without MAYBE_GUARD", n, p->addr);
		if ((p->state == PAGE_ZERO && !mm->vmas[i].anonymous) ||
		    ((p->state == PAGE_FILE || p->state == PAGE_FILE_MAY) &&
		     mm->vmas[i].anonymous) ||
		    (p->state == PAGE_ANON && (mm->vmas[i].flags & VMF_MAYSHARE)))
			return bad(diag, "F15 a page that such an area cannot have", n, p->addr);
		if (p->state != PAGE_ANON)
			continue;
		if (!chain_has(&mm->vmas[i], p->owner))
			return bad(diag, "F15 the chain lacks the page's anon_vma", n, p->addr);
		if (vma_index(m, &mm->vmas[i], p->addr) != p->index)
			return bad(diag, "F15 the page has another index", n, p->addr);
	}
	return true;
}

/* What the anon_vmas must have, counted anew. */
struct tally {
	u32 active, children, below, held;
};

/* F7 to F10. */
static bool check_graph(const struct model *m, struct diag *diag)
{
	struct tally tally[MODEL_ANON_VMAS_MAX];

	memset(tally, 0, m->anon_vma_top * sizeof(tally[0]));
	for (u32 n = 0; n < m->proc_count; n++)
		for (u32 i = 0; i < m->mm[n].vma_count; i++) {
			const struct model_vma *v = &m->mm[n].vmas[i];

			tally[v->anon_vma].active++;
			for (u8 k = 0; k < v->chain_len; k++)
				tally[v->chain[k]].held++;
		}
	for (u16 id = 1; id < m->anon_vma_top; id++) {
		const struct model_anon_vma *av = &m->anon_vmas[id];

		if (!av->live)
			continue;
		tally[av->parent].children++;
		tally[av->root].below += av->root != id;
	}
	for (u16 id = 1; id < m->anon_vma_top; id++) {
		const struct model_anon_vma *av = &m->anon_vmas[id];

		if (av->live != !!tally[id].held)
			return bad(diag, "F9 an anon_vma lives without a chain, or died too early",
				   0, id);
		if (!av->live)
			continue;
		if (av->num_active_vmas != tally[id].active)
			return bad(diag, "F7 num_active_vmas", 0, id);
		if (av->num_children != tally[id].children)
			return bad(diag, "F8 num_children", 0, id);
		if (av->refcount != 1 + tally[id].below)
			return bad(diag, "F10 refcount", 0, id);
	}
	return true;
}

bool model_check(const struct model *m, struct diag *diag)
{
	for (u32 n = 0; n < m->proc_count; n++) {
		if (!(m->live >> n & 1))
			continue;
		if (!check_layout(m, n, diag))
			return false;
		for (u32 i = 0; i < m->mm[n].vma_count; i++)
			if (!check_chain(m, n, &m->mm[n].vmas[i], diag) ||
			    !check_siblings(&m->mm[n], n, i, diag))
				return false;
		if (!check_pages(m, n, diag))
			return false;
	}
	return check_graph(m, diag);
}
