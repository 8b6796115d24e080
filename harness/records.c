/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This runs after every operation, so ids are found by hashing and nothing is cleared that need not
 * be.
 */
#include "harness/records.h"

#include <errno.h>
#include <string.h>

#include "model/abi.h"

void record_ids_clear(struct record_ids *ids)
{
	ids->now++;
}

u16 record_id(struct record_ids *ids, u64 key, u32 *count, u32 max)
{
	u32 i = (u32)(key * 0x9e3779b97f4a7c15ull >> 53);

	if (!key)
		return 0;
	while (ids->slot[i].when == ids->now) {
		if (ids->slot[i].key == key)
			return ids->slot[i].id;
		i = (i + 1) % RECORD_IDS;
	}
	if (*count == max)
		return 0;
	ids->slot[i].key = key;
	ids->slot[i].when = ids->now;
	ids->slot[i].id = (u16)++*count;
	return ids->slot[i].id;
}

/* A new anon_vma is not known yet: a record of a chain tells what it is like. */
static u16 anon_vma_id(struct records_room *room, struct snapshot *snap, u64 pointer)
{
	u32 count = snap->anon_vma_count;
	u16 id = record_id(&room->anon_vmas, pointer, &snap->anon_vma_count, SNAP_ANON_VMAS_MAX);

	if (snap->anon_vma_count != count) {
		memset(&snap->anon_vmas[count], 0, sizeof(snap->anon_vmas[0]));
		room->root[count] = room->parent[count] = pointer;
	}
	return id;
}

static u64 translate_flags(const struct records *r, u64 raw)
{
	u64 flags = raw & UINT32_MAX, high = raw & ~(u64)UINT32_MAX;

	if (!high)
		return flags;
	if (high & r->sealed_bit)
		flags |= VMF_SEALED;
	if (high & r->droppable_bit)
		flags |= VMF_DROPPABLE;
	if (high & r->uffd_minor_bit)
		flags |= VMF_UFFD_MINOR;
	return flags | (high & ~(r->sealed_bit | r->droppable_bit | r->uffd_minor_bit));
}

static u8 convert_policy(u64 raw)
{
	static const u64 policies[] = {
#define P(ID, name, mode, nodes) [POLICY_##ID] = REC_POLICY | (u64)(mode) | (u64)(nodes) << 32,
		POLICY_TABLE(P)
#undef P
	};
	/* A flag of the mode stands above the mode itself, in the system call too. */
	u64 flags = raw >> 16 & ABI_MPOL_STATIC_NODES;
	u8 i;

	if (!raw)
		return POLICY_DEFAULT;
	raw = (raw & ~((u64)ABI_MPOL_STATIC_NODES << 16)) | flags;
	/* Nobody has written the nodes of a policy that has none. */
	if ((u16)raw == ABI_MPOL_LOCAL)
		raw &= REC_POLICY | UINT32_MAX;
	for (i = POLICY_BIND; i <= POLICY_BIND_STATIC; i++)
		if (policies[i] == raw)
			return i;
	return SNAP_POLICY_OTHER;
}

static int convert_chain(const struct records *r, struct records_room *room, struct snapshot *snap,
			 const struct rec_vma *rec, struct snap_vma *vma)
{
	u32 i;

	vma->chain = (u16)snap->chain_count;
	vma->chain_len = (u16)rec->avc_count;
	if (!rec->anon_vma && !rec->avc_count) {
		vma->anon_vma = 0;
		return 0;
	}
	vma->anon_vma = anon_vma_id(room, snap, rec->anon_vma);
	if (snap->chain_count + rec->avc_count > SNAP_CHAIN_MAX)
		return -ENOBUFS;
	for (i = 0; i < rec->avc_count; i++) {
		const struct rec_avc *avc = &r->avcs[rec->avc + i];
		u16 id = anon_vma_id(room, snap, avc->anon_vma);

		if (!id)
			return -ENOBUFS;
		snap->chain[snap->chain_count++] = id;
		snap->anon_vmas[id - 1].refcount = avc->refcount;
		snap->anon_vmas[id - 1].num_children = avc->num_children;
		snap->anon_vmas[id - 1].num_active_vmas = avc->num_active_vmas;
		room->root[id - 1] = avc->root;
		room->parent[id - 1] = avc->parent;
	}
	return 0;
}

/* A root or parent that is in no chain gets an id here, behind all others. */
static void convert_graph(struct records_room *room, struct snapshot *snap)
{
	u32 i;

	for (i = 0; i < snap->anon_vma_count; i++) {
		snap->anon_vmas[i].root = anon_vma_id(room, snap, room->root[i]);
		snap->anon_vmas[i].parent = anon_vma_id(room, snap, room->parent[i]);
	}
}

void records_counters(struct snap_proc *proc, const u64 counter[REC_COUNTERS],
		      const u64 base[REC_COUNTERS])
{
	static const enum rec_counter from[COUNT_COUNTERS] = {
		[COUNT_MAP] = REC_MAP_COUNT,	  [COUNT_TOTAL_VM] = REC_TOTAL_VM,
		[COUNT_DATA_VM] = REC_DATA_VM,	  [COUNT_EXEC_VM] = REC_EXEC_VM,
		[COUNT_STACK_VM] = REC_STACK_VM,  [COUNT_LOCKED_VM] = REC_LOCKED_VM,
	};
	u32 i;

	for (i = 0; i < COUNT_COUNTERS; i++)
		proc->counter[i] = (s64)(counter[from[i]] - base[from[i]]);
	proc->def_flags = counter[REC_DEF_FLAGS] & VMF_LOCKED_MASK;
}

/* How many ids were given away so far. */
struct met {
	u32 files, uffds;
};

static int convert_proc(const struct records *r, struct records_room *room, struct snapshot *snap,
			u32 proc, struct met *met)
{
	const struct rec_proc *rec = &r->procs[proc];
	u32 i;
	int err;

	records_counters(&snap->proc[proc], rec->counter, r->base_counter);
	if (snap->vma_count + rec->vma_count > SNAP_VMAS_MAX)
		return -ENOBUFS;
	for (i = 0; i < rec->vma_count; i++) {
		const struct rec_vma *from = &r->vmas[rec->vma + i];
		struct snap_vma *vma = &snap->vmas[snap->vma_count++];

		vma->start = from->start >> PAGE_SHIFT;
		vma->end = from->end >> PAGE_SHIFT;
		vma->pgoff = from->pgoff;
		vma->anon_pgoff = from->anon_pgoff;
		vma->flags = translate_flags(r, from->flags);
		vma->policy = convert_policy(from->policy);
		vma->has_close = from->close != 0;
		vma->name = (u8)from->name;
		vma->file = record_id(&room->files, from->file, &met->files, UINT16_MAX);
		vma->uffd = record_id(&room->uffds, from->uffd, &met->uffds, UINT16_MAX);
		err = convert_chain(r, room, snap, from, vma);
		if (err)
			return err;
	}
	return 0;
}

int records_snapshot(const struct records *r, struct records_room *room, struct snapshot *snap)
{
	struct met met = { 0, 0 };
	u32 p;
	int err = 0;

	snap_reset(snap);
	record_ids_clear(&room->anon_vmas);
	record_ids_clear(&room->files);
	record_ids_clear(&room->uffds);
	snap->fields = RECORDS_FIELDS;
	for (p = 0; p < PROCS_MAX && !err; p++) {
		snap->proc[p].alive = r->live >> p & 1;
		snap->proc[p].vma = snap->vma_count;
		if (snap->proc[p].alive)
			err = convert_proc(r, room, snap, p, &met);
		snap->proc[p].vma_count = snap->vma_count - snap->proc[p].vma;
	}
	if (!err)
		convert_graph(room, snap);
	return err;
}
