/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw records as a snapshot: pointers become ids by first appearance, raw flags VMF_*, counters
 * differences. This runs after every operation, so ids are found by hashing and nothing is
 * cleared that need not be.
 */
#include <errno.h>
#include <string.h>

#include "harness/live/live_private.h"
#include "model/abi.h"

#define FIELDS_BPF                                                                     \
	(SNAP_LAYOUT | SNAP_FLAGS | SNAP_PGOFF | SNAP_ANON_VMA | SNAP_COUNTERS | SNAP_DEF_FLAGS)

static void ids_clear(struct live_ids *ids)
{
	ids->now++;
}

/*
 * The id of @key; *@count more than before if it is new. 0 for a @key of 0, or if there is no
 * room.
 */
static u16 ids_get(struct live_ids *ids, u64 key, u32 *count, u32 max)
{
	u32 i = (u32)(key * 0x9e3779b97f4a7c15ull >> 53);

	if (!key)
		return 0;
	while (ids->slot[i].when == ids->now) {
		if (ids->slot[i].key == key)
			return ids->slot[i].id;
		i = (i + 1) % LIVE_IDS;
	}
	if (*count == max)
		return 0;
	ids->slot[i].key = key;
	ids->slot[i].when = ids->now;
	ids->slot[i].id = (u16)++*count;
	return ids->slot[i].id;
}

/* A new anon_vma is not known yet: a record of a chain tells what it is like. */
static u16 anon_vma_id(struct live *l, struct snapshot *snap, u64 pointer)
{
	u32 count = snap->anon_vma_count;
	u16 id = ids_get(&l->anon_vmas, pointer, &snap->anon_vma_count, SNAP_ANON_VMAS_MAX);

	if (snap->anon_vma_count != count) {
		memset(&snap->anon_vmas[count], 0, sizeof(snap->anon_vmas[0]));
		l->root[count] = l->parent[count] = pointer;
	}
	return id;
}

static u64 translate_flags(const struct live *l, u64 raw)
{
	u64 flags = raw & UINT32_MAX, high = raw & ~(u64)UINT32_MAX;

	if (!high)
		return flags;
	if (high & l->sealed_bit)
		flags |= VMF_SEALED;
	if (high & l->droppable_bit)
		flags |= VMF_DROPPABLE;
	return flags | (high & ~(l->sealed_bit | l->droppable_bit));
}

static int convert_chain(struct live *l, struct snapshot *snap, const struct rec_vma *rec,
			 struct snap_vma *vma)
{
	u32 i;

	vma->chain = (u16)snap->chain_count;
	vma->chain_len = (u16)rec->avc_count;
	if (!rec->anon_vma && !rec->avc_count) {
		vma->anon_vma = 0;
		return 0;
	}
	vma->anon_vma = anon_vma_id(l, snap, rec->anon_vma);
	if (snap->chain_count + rec->avc_count > SNAP_CHAIN_MAX)
		return -ENOBUFS;
	for (i = 0; i < rec->avc_count; i++) {
		const struct rec_avc *avc = &l->bpf.avcs[rec->avc + i];
		u16 id = anon_vma_id(l, snap, avc->anon_vma);

		if (!id)
			return -ENOBUFS;
		snap->chain[snap->chain_count++] = id;
		snap->anon_vmas[id - 1].refcount = avc->refcount;
		snap->anon_vmas[id - 1].num_children = avc->num_children;
		snap->anon_vmas[id - 1].num_active_vmas = avc->num_active_vmas;
		l->root[id - 1] = avc->root;
		l->parent[id - 1] = avc->parent;
	}
	return 0;
}

/* A root or parent that is in no chain gets an id here, behind all others. */
static void convert_graph(struct live *l, struct snapshot *snap)
{
	u32 i;

	for (i = 0; i < snap->anon_vma_count; i++) {
		snap->anon_vmas[i].root = anon_vma_id(l, snap, l->root[i]);
		snap->anon_vmas[i].parent = anon_vma_id(l, snap, l->parent[i]);
	}
}

static void convert_counters(const struct live *l, struct snap_proc *proc,
			     const u64 counter[REC_COUNTERS])
{
	static const enum rec_counter from[COUNT_COUNTERS] = {
		[COUNT_MAP] = REC_MAP_COUNT,	  [COUNT_TOTAL_VM] = REC_TOTAL_VM,
		[COUNT_DATA_VM] = REC_DATA_VM,	  [COUNT_EXEC_VM] = REC_EXEC_VM,
		[COUNT_STACK_VM] = REC_STACK_VM,  [COUNT_LOCKED_VM] = REC_LOCKED_VM,
	};
	u32 i;

	for (i = 0; i < COUNT_COUNTERS; i++)
		proc->counter[i] = (s64)(counter[from[i]] - l->sh->base_counter[from[i]]);
	proc->def_flags = counter[REC_DEF_FLAGS] & VMF_LOCKED_MASK;
}

static int convert_bpf(struct live *l, struct snapshot *snap, u32 proc, u32 *file_count)
{
	const struct rec_proc *rec = &l->bpf.heads[l->index * REC_PROCS + proc];
	u32 i;
	int err;

	convert_counters(l, &snap->proc[proc], rec->counter);
	if (snap->vma_count + rec->vma_count > SNAP_VMAS_MAX)
		return -ENOBUFS;
	for (i = 0; i < rec->vma_count; i++) {
		const struct rec_vma *from = &l->bpf.vmas[rec->vma + i];
		struct snap_vma *vma = &snap->vmas[snap->vma_count++];

		vma->start = from->start >> PAGE_SHIFT;
		vma->end = from->end >> PAGE_SHIFT;
		vma->pgoff = from->pgoff;
		vma->anon_pgoff = from->anon_pgoff;
		vma->flags = translate_flags(l, from->flags);
		vma->file = ids_get(&l->files, from->file, file_count, UINT16_MAX);
		err = convert_chain(l, snap, from, vma);
		if (err)
			return err;
	}
	return 0;
}

/* Without BPF, files are told apart by inode: not exact, and not compared. */
static int convert_areas(struct live *l, struct snapshot *snap, u32 proc, u32 *file_count)
{
	const struct log_entry *log = &l->sh->log[l->index];
	u32 count = log->proc[proc].area_count, i;

	convert_counters(l, &snap->proc[proc], log->proc[proc].counter);
	if (snap->vma_count + count > SNAP_VMAS_MAX)
		return -ENOBUFS;
	for (i = 0; i < count; i++) {
		const struct area_rec *from = &l->sh->area_recs[log->proc[proc].area + i];
		struct snap_vma *vma = &snap->vmas[snap->vma_count++];
		u64 key = from->inode ? from->inode ^ from->device << 40 ^ 1ull << 63 : 0;

		memset(vma, 0, sizeof(*vma));
		vma->start = from->start >> PAGE_SHIFT;
		vma->end = from->end >> PAGE_SHIFT;
		vma->flags = from->flags;
		vma->file = ids_get(&l->files, key, file_count, UINT16_MAX);
		vma->pgoff = vma->anon_pgoff = from->offset >> PAGE_SHIFT;
	}
	return 0;
}

static int convert_pages(const struct live *l, struct snapshot *snap, struct diag *diag)
{
	const struct log_entry *log = &l->sh->log[l->index];
	u32 i;

	if (!log->pages)
		return 0;
	if (log->page_count > SNAP_PAGES_MAX)
		return diag_set(diag, -ENOBUFS, "more than %u pages after operation %u",
				SNAP_PAGES_MAX, l->index + 1);
	for (i = 0; i < log->page_count; i++) {
		const struct page_rec *from = &l->sh->page_recs[log->page + i];

		snap->pages[i] = (struct snap_page){ .addr = from->addr, .tag = from->tag,
						     .proc = from->proc, .state = from->state,
						     .has_tag = from->has_tag };
	}
	snap->page_count = log->page_count;
	snap->fields |= SNAP_PAGES;
	return 0;
}

static u32 fields_without_bpf(const struct live *l)
{
	if (!l->sh->log[l->index].smaps)
		return SNAP_LAYOUT;
	return SNAP_LAYOUT | SNAP_COUNTERS | (l->flags_lost ? 0 : SNAP_FLAGS);
}

int live_snapshot(struct live *l, struct snapshot *snap, struct diag *diag)
{
	u32 live = l->sh->log[l->index].live, file_count = 0, p;
	int err = 0;

	snap_reset(snap);
	ids_clear(&l->anon_vmas);
	ids_clear(&l->files);
	snap->fields = l->bpf.object ? FIELDS_BPF : fields_without_bpf(l);
	for (p = 0; p < PROCS_MAX && !err; p++) {
		snap->proc[p].alive = live >> p & 1;
		snap->proc[p].vma = snap->vma_count;
		if (!snap->proc[p].alive)
			continue;
		err = l->bpf.object ? convert_bpf(l, snap, p, &file_count) :
				      convert_areas(l, snap, p, &file_count);
		snap->proc[p].vma_count = snap->vma_count - snap->proc[p].vma;
	}
	if (err)
		return diag_set(diag, err,
				"the state after operation %u is larger than a snapshot can hold",
				l->index + 1);
	convert_graph(l, snap);
	return convert_pages(l, snap, diag);
}
