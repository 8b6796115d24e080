/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set_rlimit(limit, pages) - setrlimit(2): RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK.
 *
 * Rules
 *  1. The limit is what the first process had at the start of the program and @pages more, so that
 *     the same program means the same on every machine: of total_vm (as), of data_vm (data), of
 *     locked_vm (memlock). Of the stack it is @pages: the size of each area that grows down. It is
 *     never more than it was at the start, and unlimited makes it that again: a rule of this tool.
 *  2. It is the process's own, and inherited by fork. Lowering it below what is used changes
 *     nothing of that.
 *  3. as: whatever adds pages to total_vm beyond it fails; data: whatever adds pages that are
 *     private and writable and do not grow down, to data_vm (may_expand_vm()). Which error that is,
 *     and what has happened before, is said with each operation.
 */
#include "internal.h"

u64 mm_limit(const struct model *m, const struct model_mm *mm, enum limit_arg which)
{
	u64 start = LIMIT_NONE, pages = mm->limit[which];

	if (which == LIMIT_STACK)
		start = m->config.rlimit_stack;
	if (which == LIMIT_MEMLOCK) {
		start = m->config.rlimit_memlock;
		pages += pages == LIMIT_NONE ? 0 : m->config.base_locked_vm;
	}
	return pages < start ? pages : start;
}

/* Rule 3. What is compared with as and data counts from the start of the program too. */
static bool exceeds(s64 used, u64 pages, u64 limit)
{
	return limit != LIMIT_NONE && used + (s64)pages > (s64)limit;
}

bool mm_may_expand(const struct model *m, const struct model_mm *mm, u64 flags, u64 pages)
{
	bool data = (flags & (VMF_WRITE | VMF_SHARED | VMF_GROWSDOWN)) == VMF_WRITE;

	if (mutant(m, MUTANT_LIMITS_IGNORED))
		return true;
	if (exceeds(mm->counter[COUNT_TOTAL_VM], pages, mm->limit[LIMIT_AS]))
		return false;
	return !data || m->config.ignore_rlimit_data ||
	       !exceeds(mm->counter[COUNT_DATA_VM], pages, mm->limit[LIMIT_DATA]);
}

void model_set_rlimit(struct model *m, struct step *s)
{
	(void)m;
	s->mm->limit[s->op->arg[0]] = s->op->arg[1];
}
