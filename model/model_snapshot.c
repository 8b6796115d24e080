/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's state as a snapshot: ids made canonical by first appearance.
 */
#include <string.h>

#include "internal.h"

_Static_assert(PROCS_MAX *MODEL_VMAS_MAX <= SNAP_VMAS_MAX &&
		       PROCS_MAX * MODEL_VMAS_MAX * MODEL_CHAIN_MAX <= SNAP_CHAIN_MAX &&
		       PROCS_MAX * MODEL_PAGES_MAX <= SNAP_PAGES_MAX &&
		       MODEL_ANON_VMAS_MAX <= SNAP_ANON_VMAS_MAX,
	       "what fits into a model fits into a snapshot");

/* Ids that the walk has met so far; 0: not yet. */
struct canon {
	u16 anon_vma[MODEL_ANON_VMAS_MAX];
	u16 file[MODEL_FILES_MAX];
	u16 file_count;
	u16 uffd[UFFDS_MAX + 1];
	u16 uffd_count;
	u16 met[SNAP_ANON_VMAS_MAX]; /* model id of each canonical id - 1 */
};

static u16 canon_anon_vma(struct canon *c, struct snapshot *snap, u16 id)
{
	if (!id)
		return 0;
	if (!c->anon_vma[id]) {
		c->met[snap->anon_vma_count++] = id;
		c->anon_vma[id] = (u16)snap->anon_vma_count;
	}
	return c->anon_vma[id];
}

static u16 canon_file(struct canon *c, u16 file)
{
	if (file && !c->file[file])
		c->file[file] = ++c->file_count;
	return c->file[file];
}

static u16 canon_uffd(struct canon *c, u16 uffd)
{
	if (uffd && !c->uffd[uffd])
		c->uffd[uffd] = ++c->uffd_count;
	return c->uffd[uffd];
}

static void add_vma(const struct model *m, struct canon *c, struct snapshot *snap,
		    const struct model_vma *v)
{
	struct snap_vma *out = &snap->vmas[snap->vma_count++];
	bool virtual = m->config.rules.cow_file_index == COW_FILE_VIRTUAL;

	*out = (struct snap_vma){
		.start = v->start,
		.end = v->end,
		.pgoff = v->pgoff,
		.anon_pgoff = virtual ? v->anon_pgoff : v->pgoff,
		.flags = v->flags,
		.file = canon_file(c, v->file),
		.uffd = canon_uffd(c, v->uffd),
		.anon_vma = canon_anon_vma(c, snap, v->anon_vma),
		.chain = (u16)snap->chain_count,
		.chain_len = v->chain_len,
		.policy = v->policy,
		.name = v->name,
		.has_close = v->has_close,
	};
	for (u8 k = 0; k < v->chain_len; k++)
		snap->chain[snap->chain_count++] = canon_anon_vma(c, snap, v->chain[k]);
}

/* What may be compared of a page: freedom is said here. */
static void add_page(const struct model *m, u32 n, struct snapshot *snap,
		     const struct model_page *p)
{
	struct snap_page *out = &snap->pages[snap->page_count++];
	const struct model_vma *v;

	*out = (struct snap_page){ .addr = p->addr, .proc = (u8)n, .state = SNAP_PAGE_PRESENT };
	switch (p->state) {
	case PAGE_GUARD:
		out->state = SNAP_PAGE_GUARD;
		return;
	case PAGE_ZERO:
		out->has_tag = true;
		return;
	case PAGE_ANON:
		/* A page that may be dropped at any time may be there or not, and read as 0. */
		out->has_tag = !p->lazyfree;
		out->tag = p->tag;
		if (p->lazyfree)
			out->state = SNAP_PAGE_MAY;
		return;
	default:
		v = model_vma_at(m, n, p->addr);
		out->has_tag = true;
		out->tag = file_tag(m, v->file, v->pgoff + (p->addr - v->start));
		if (p->state == PAGE_FILE_MAY || m->config.swap)
			out->state = SNAP_PAGE_MAY;
		return;
	}
}

static void add_anon_vmas(const struct model *m, struct canon *c, struct snapshot *snap)
{
	/* Roots and parents are in some chain as a rule; naming one may add to the list. */
	for (u32 k = 0; k < snap->anon_vma_count; k++) {
		const struct model_anon_vma *av = &m->anon_vmas[c->met[k]];

		snap->anon_vmas[k].root = canon_anon_vma(c, snap, av->root);
		snap->anon_vmas[k].parent = canon_anon_vma(c, snap, av->parent);
		snap->anon_vmas[k].num_children = av->num_children;
		snap->anon_vmas[k].num_active_vmas = av->num_active_vmas;
		snap->anon_vmas[k].refcount = av->refcount;
	}
}

void model_snapshot(const struct model *m, struct snapshot *snap, bool pages)
{
	struct canon c;

	memset(c.anon_vma, 0, m->anon_vma_top * sizeof(c.anon_vma[0]));
	memset(c.file, 0, m->file_count * sizeof(c.file[0]));
	c.file_count = 0;
	memset(c.uffd, 0, sizeof(c.uffd));
	c.uffd_count = 0;
	snap_reset(snap);
	snap->fields = pages ? SNAP_ALL : SNAP_ALL & ~SNAP_PAGES;
	for (u32 n = 0; n < PROCS_MAX; n++) {
		const struct model_mm *mm = &m->mm[n];

		snap->proc[n].alive = m->live >> n & 1;
		if (!snap->proc[n].alive)
			continue;
		snap->proc[n].vma = snap->vma_count;
		snap->proc[n].vma_count = mm->vma_count;
		snap->proc[n].def_flags = mm->def_flags;
		memcpy(snap->proc[n].counter, mm->counter, sizeof(mm->counter));
		for (u32 i = 0; i < mm->vma_count; i++)
			add_vma(m, &c, snap, &mm->vmas[i]);
		for (u32 k = 0; pages && k < mm->page_count; k++)
			add_page(m, n, snap, &mm->pages[k]);
	}
	add_anon_vmas(m, &c, snap);
	snap->committed_extra = m->committed_extra;
}
