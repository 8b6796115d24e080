/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a program. Making a process costs more than running a program, so process 0 serves
 * again if it can be shown to be as it was: nothing mapped but its own, and every counter as at
 * its start. A kernel bug that leaks a counter is thus never carried into the next program.
 */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "harness/live/exec.h"

static bool unmap(u64 start, u64 end)
{
	return start >= end || exec_syscall(SYS_munmap, start, end - start, 0, 0, 0, 0) == 0;
}

/* Everything between the ranges of our own; the first page is never mapped by anyone. */
static bool unmap_all(const struct shared *sh)
{
	u64 start = 0;
	bool ok = true;
	u32 i;

	for (i = 0; i < sh->own_count; i++) {
		ok &= unmap(start, sh->own[i].start);
		start = sh->own[i].end;
	}
	return ok && unmap(start, sh->task_size);
}

/* Without BPF, what may have changed a counter can only be guessed: whatever locks. */
static bool at_base(struct worker *w)
{
	struct shared *sh = w->sh;
	struct rec_args args;

	if (!sh->use_bpf)
		return !sh->locked;
	if (observe_bpf(w, &args, REC_HEAD_CLEAN))
		return false;
	return args.vma_count[0] == 0 &&
	       memcmp(args.counter, sh->base_counter, sizeof(args.counter)) == 0;
}

bool clean_up(struct worker *w)
{
	bool ok = true;

	ok &= limits_restore(w);
	uffd_drop_inherited(w);
	if (w->lock_all)
		ok &= exec_syscall(SYS_munlockall, 0, 0, 0, 0, 0, 0) == 0;
	ok &= w->escaped ? unmap_all(w->sh) : unmap(WINDOW_START, WINDOW_END);
	if (w->merge_any)
		ok &= exec_syscall(SYS_prctl, PR_MEMORY_MERGE, 0, 0, 0, 0, 0) == 0;
	w->merge_any = false;
	w->lock_all = false;
	w->escaped = false;
	return ok && at_base(w);
}

static void empty(enum file_arg file)
{
	exec_syscall(SYS_ftruncate, FD_FILE + (u64)file, 0, 0, 0, 0, 0);
	exec_syscall(SYS_ftruncate, FD_FILE + (u64)file, FILE_PAGES * PAGE_BYTES, 0, 0, 0, 0);
}

void clean_files(struct worker *w)
{
	u32 used = w->sh->files_used;

	if (used & (1u << FILE_MEM0 | 1u << FILE_MEM0B | 1u << FILE_MEM0RO))
		empty(FILE_MEM0);
	if (used & 1u << FILE_MEM1)
		empty(FILE_MEM1);
	w->sh->files_used = 0;
}

void clean_check_new(struct worker *w)
{
	struct shared *sh = w->sh;
	struct rec_args args;
	u32 i;
	int err = 0;

	memset(&args, 0, sizeof(args));
	if (sh->use_bpf)
		err = observe_bpf(w, &args, REC_HEAD_CLEAN);
	else
		proc_counters(w, args.counter);
	if (err) {
		exec_fail(sh, FAILURE_SNAPSHOT, 0, err);
		return;
	}
	for (i = 0; i < REC_COUNTERS; i++) {
		if (!sh->base_known)
			sh->base_counter[i] = args.counter[i];
		else if (sh->base_counter[i] != args.counter[i])
			exec_fail(sh, FAILURE_BASE, 0, i);
	}
	sh->base_known = true;
}
