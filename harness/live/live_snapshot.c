/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was observed of the test processes as a snapshot: the BPF program's records, or what the
 * executor read from files of /proc, and pages.
 */
#include <errno.h>
#include <string.h>

#include "harness/live/live_private.h"
#include "model/abi.h"

/* Without BPF, files are told apart by inode: not exact, and not compared. */
static int convert_areas(struct live *l, struct snapshot *snap, u32 proc, u32 *file_count)
{
	const struct log_entry *log = &l->sh->log[l->index];
	u32 count = log->proc[proc].area_count, i;

	records_counters(&snap->proc[proc], log->proc[proc].counter, l->sh->base_counter);
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
		vma->file = record_id(&l->room.files, key, file_count, UINT16_MAX);
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

/* The layout that the executor read from files of /proc. */
static int snapshot_areas(struct live *l, struct snapshot *snap)
{
	u32 live = l->sh->log[l->index].live, file_count = 0, p;
	int err = 0;

	snap_reset(snap);
	record_ids_clear(&l->room.files);
	snap->fields = fields_without_bpf(l);
	for (p = 0; p < PROCS_MAX && !err; p++) {
		snap->proc[p].alive = live >> p & 1;
		snap->proc[p].vma = snap->vma_count;
		if (snap->proc[p].alive)
			err = convert_areas(l, snap, p, &file_count);
		snap->proc[p].vma_count = snap->vma_count - snap->proc[p].vma;
	}
	return err;
}

int live_snapshot(struct live *l, struct snapshot *snap, struct diag *diag)
{
	const struct records records = {
		.live = l->sh->log[l->index].live,
		.procs = l->bpf.heads + l->index * REC_PROCS,
		.vmas = l->bpf.vmas,
		.avcs = l->bpf.avcs,
		.base_counter = l->sh->base_counter,
		.sealed_bit = l->sealed_bit,
		.droppable_bit = l->droppable_bit,
		.uffd_minor_bit = l->uffd_minor_bit,
	};
	int err = l->bpf.object ? records_snapshot(&records, &l->room, snap) :
				  snapshot_areas(l, snap);

	if (err)
		return diag_set(diag, err,
				"the state after operation %u is larger than a snapshot can hold",
				l->index + 1);
	return convert_pages(l, snap, diag);
}
