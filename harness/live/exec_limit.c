/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits of the calling process: lowered by a program, and put back when it has ended. Only the
 * soft ones are touched, which needs no privilege.
 */
#include <sys/resource.h>
#include <sys/syscall.h>

#include "harness/live/exec.h"

/* By enum limit_arg. */
static const struct {
	u64 resource;
	bool counts; /* from what process 0 has of @base at its start, else from nothing */
	enum rec_counter base;
} limits[LIMIT_COUNT] = {
	[LIMIT_AS] = { RLIMIT_AS, true, REC_TOTAL_VM },
	[LIMIT_DATA] = { RLIMIT_DATA, true, REC_DATA_VM },
	[LIMIT_STACK] = { RLIMIT_STACK, false, 0 },
	[LIMIT_MEMLOCK] = { RLIMIT_MEMLOCK, true, REC_LOCKED_VM },
};

static s64 change_limit(u64 resource, const struct rlimit *set, struct rlimit *get)
{
	return exec_syscall(SYS_prlimit64, 0, resource, (u64)(uintptr_t)set, (u64)(uintptr_t)get, 0,
			    0);
}

s64 limits_read(struct shared *sh)
{
	s64 ret = 0;
	u32 k;

	for (k = 0; k < LIMIT_COUNT && ret == 0; k++) {
		struct rlimit limit;

		ret = change_limit(limits[k].resource, NULL, &limit);
		sh->limit_start[k] = limit.rlim_cur;
		sh->limit_hard[k] = limit.rlim_max;
	}
	return ret;
}

s64 limit_set(struct worker *w, u64 which, u64 pages)
{
	const struct shared *sh = w->sh;
	struct rlimit limit = { sh->limit_start[which], sh->limit_hard[which] };
	u64 base = limits[which].counts ? sh->base_counter[limits[which].base] : 0;

	if (pages != LIMIT_NONE && (base + pages) << PAGE_SHIFT < limit.rlim_cur)
		limit.rlim_cur = (base + pages) << PAGE_SHIFT;
	w->limited |= 1u << which;
	return change_limit(limits[which].resource, &limit, NULL);
}

bool limits_restore(struct worker *w)
{
	bool ok = true;
	u32 k;

	for (k = 0; k < LIMIT_COUNT; k++)
		if (w->limited >> k & 1)
			ok &= limit_set(w, k, LIMIT_NONE) == 0;
	w->limited = 0;
	return ok;
}
