/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Raw records of the kernel's structures (record.h) as a snapshot: pointers become ids by first
 * appearance, raw flags VMF_*, counters differences. Whoever reads a kernel's structures, the BPF
 * program or the kernel's own code in userspace, comes by here.
 */
#ifndef HARNESS_RECORDS_H
#define HARNESS_RECORDS_H

#include "model/snapshot.h"

#include "harness/record.h"

/* Ids for kernel pointers, in order of appearance. Emptied by counting @now up. */
#define RECORD_IDS 2048
struct record_ids {
	u32 now;
	struct {
		u64 key;
		u32 when;
		u16 id;
	} slot[RECORD_IDS];
};

/* The records of one state, and where they lie. */
struct records {
	u32 live; /* bit mask of processes */
	const struct rec_proc *procs; /* REC_PROCS of them */
	const struct rec_vma *vmas;
	const struct rec_avc *avcs;
	const u64 *base_counter; /* REC_COUNTERS: of the first process at the start of a program */
	/* raw VM_* bits of this kernel, 0 if it has none */
	u64 sealed_bit, droppable_bit, uffd_minor_bit;
};

/* What a conversion needs besides; too large for a stack. */
struct records_room {
	struct record_ids anon_vmas, files, uffds;
	u64 root[SNAP_ANON_VMAS_MAX], parent[SNAP_ANON_VMAS_MAX]; /* pointers, of id - 1 */
};

#define RECORDS_FIELDS                                                                 \
	(SNAP_LAYOUT | SNAP_FLAGS | SNAP_PGOFF | SNAP_ANON_VMA | SNAP_COUNTERS |       \
	 SNAP_DEF_FLAGS | SNAP_CLOSE | SNAP_POLICY | SNAP_UFFD)

/* The id of @key; *@count more than before if it is new. 0 for a @key of 0, or if there is no
 * room. */
u16 record_id(struct record_ids *ids, u64 key, u32 *count, u32 max);
void record_ids_clear(struct record_ids *ids);
/* The counters of a process as differences. */
void records_counters(struct snap_proc *proc, const u64 counter[REC_COUNTERS],
		      const u64 base[REC_COUNTERS]);
/* Fills @snap, all but pages. 0, or -ENOBUFS if the state is larger than a snapshot can hold. */
int records_snapshot(const struct records *r, struct records_room *room, struct snapshot *snap);

#endif
