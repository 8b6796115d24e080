/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Observes: one call of the BPF program for all processes, and the populated pages of the process
 * that calls, by /proc/self/pagemap and by loading the first word of each.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>

#include "harness/live/exec.h"

/* Bits of an entry of pagemap. */
#define PAGEMAP_GUARD (1ull << 58) /* since 6.15; such an entry also looks swapped out */
#define PAGEMAP_SWAPPED (1ull << 62)
#define PAGEMAP_PRESENT (1ull << 63)
/* How many entries are read at once. */
#define PAGEMAP_ENTRIES (EXEC_BUFFER / sizeof(u64))

int observe_bpf(struct worker *w, struct rec_args *args, u32 head)
{
	struct shared *sh = w->sh;
	union bpf_attr attr;
	s64 ret;
	u32 i;

	args->head = head;
	args->live = sh->live;
	args->restart = sh->phase == PHASE_OPS && sh->index == 0;
	args->caller = w->index;
	args->err = 0;
	for (i = 0; i < PROCS_MAX; i++)
		args->mm[i] = sh->mm[i];
	memset(&attr, 0, sizeof(attr.test));
	attr.test.prog_fd = FD_PROGRAM;
	attr.test.ctx_in = (u64)(uintptr_t)args;
	attr.test.ctx_size_in = sizeof(*args);
	ret = exec_syscall(SYS_bpf, BPF_PROG_RUN, (u64)(uintptr_t)&attr, sizeof(attr.test), 0, 0,
			   0);
	if (ret < 0)
		return (int)ret;
	if (w->index < PROCS_MAX)
		sh->mm[w->index] = args->self;
	return args->err;
}

void observe(struct worker *w)
{
	struct shared *sh = w->sh;
	struct rec_args args;
	int err;

	if (!sh->use_bpf) {
		proc_layout(w);
		return;
	}
	err = observe_bpf(w, &args, sh->index);
	if (err)
		exec_fail(sh, FAILURE_SNAPSHOT, w->index, err);
	else
		memcpy(sh->area_count, args.vma_count, sizeof(sh->area_count));
}

/* The @i-th area of the calling process, bytes; false if there is none. */
static bool area(const struct worker *w, u32 i, struct rec_range *range)
{
	const struct rec_range *areas = (const struct rec_range *)AREAS_ADDR;
	const struct shared *sh = w->sh;
	const struct log_entry *log = &sh->log[sh->index];

	if (sh->use_bpf) {
		if (i >= sh->area_count[w->index])
			return false;
		*range = areas[w->index * REC_PROC_AREAS + i];
		return true;
	}
	if (i >= log->proc[w->index].area_count)
		return false;
	range->start = sh->area_recs[log->proc[w->index].area + i].start;
	range->end = sh->area_recs[log->proc[w->index].area + i].end;
	return true;
}

static void record_page(struct worker *w, u64 addr, u64 entry)
{
	struct shared *sh = w->sh;
	struct page_rec *rec;

	if (sh->page_count == PAGE_RECS) {
		sh->log[sh->index].pages = false;
		return;
	}
	rec = &sh->page_recs[sh->page_count++];
	rec->addr = addr >> PAGE_SHIFT;
	rec->proc = (u8)w->index;
	rec->state = entry & PAGEMAP_GUARD ? SNAP_PAGE_GUARD : SNAP_PAGE_PRESENT;
	rec->tag = 0;
	rec->has_tag = entry & PAGEMAP_PRESENT && touch_load(addr, &rec->tag) == 0;
}

/*
 * What one read of pagemap can tell: areas from the @i-th on, with the holes between them; bytes.
 */
static bool span(const struct worker *w, u32 *i, struct rec_range *range)
{
	struct rec_range next;

	if (!area(w, *i, range))
		return false;
	while (area(w, ++*i, &next) && next.end - range->start <= PAGEMAP_ENTRIES * PAGE_BYTES)
		range->end = next.end;
	return true;
}

/* Records the pages of @range, which may be larger than one read. */
static int record_pages(struct worker *w, int fd, const struct rec_range *range)
{
	u64 *entries = (u64 *)(void *)w->buffer;
	u64 page = range->start >> PAGE_SHIFT, end = range->end >> PAGE_SHIFT, count, k;
	s64 got;

	while (page < end) {
		count = end - page < PAGEMAP_ENTRIES ? end - page : PAGEMAP_ENTRIES;
		got = exec_syscall(SYS_pread64, (u64)fd, (u64)(uintptr_t)entries,
				   count * sizeof(u64), page * sizeof(u64), 0, 0);
		if (got <= 0)
			return got ? (int)got : -EIO;
		count = (u64)got / sizeof(u64);
		for (k = 0; k < count; k++)
			if (entries[k] & (PAGEMAP_PRESENT | PAGEMAP_SWAPPED | PAGEMAP_GUARD))
				record_page(w, (page + k) << PAGE_SHIFT, entries[k]);
		page += count;
	}
	return 0;
}

void observe_pages(struct worker *w)
{
	struct shared *sh = w->sh;
	int fd = proc_file(w, PROC_PAGEMAP), err = fd < 0 ? fd : 0;
	struct rec_range range;
	u32 i = 0;

	while (!err && span(w, &i, &range)) {
		/* In a huge area, looking at each page would take too long. */
		if (range.end - range.start > PAGE_RECS * PAGE_BYTES)
			sh->log[sh->index].pages = false;
		else
			err = record_pages(w, fd, &range);
	}
	if (err)
		exec_fail(sh, FAILURE_SNAPSHOT, w->index, err);
}
