/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork() and exit() - fork(2), dup_mmap(), exit_mmap().
 *
 * Rules
 *  1. The child gets a copy of each area in address order, but for those with DONTCOPY; the size
 *     counters lose the pages of these. LOCKED and LOCKONFAULT are not inherited, nor what
 *     mlockall(MCL_FUTURE) asked for.
 *  2. WIPEONFORK: the child's area is unfaulted and has no pages; its page offset stays what it
 *     was.
 *  3. Else the child's area is faulted if the parent's is (anon_vma_fork()).
 *     The userfaultfd: op_uffd.c.
 *  4. Pages are copied only if faulting them in again would not give the same: the area is faulted,
 *     or, with rule guard_flag, has MAYBE_GUARD, or the child's area is registered for
 *     write-protection (vma_needs_copy()). Anonymous pages are then shared until one side writes.
 *  5. A program makes at most PROCS_MAX processes, then fork is EAGAIN: a rule of this tool, no
 *     kernel's.
 *  6. exit unmaps everything. The last process does not end (EBUSY, a rule of this tool).
 *  7. No memory at any place: ENOMEM. What the child had got is undone, and the anon_vmas of the
 *     parent are as before.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static bool needs_copy(const struct model *m, const struct model_vma *parent,
		       const struct model_vma *child)
{
	return parent->anon_vma || (child->flags & VMF_UFFD_WP) ||
	       (m->config.rules.guard_flag && (parent->flags & VMF_MAYBE_GUARD) &&
		!mutant(m, MUTANT_FORK_LOSES_GUARDS));
}

/* Rule 4. */
static void copy_pages(struct model *m, struct model_mm *child, struct model_mm *parent,
		       const struct model_vma *v)
{
	for (u32 i = page_lower(parent, v->start);
	     i < parent->page_count && parent->pages[i].addr < v->end; i++) {
		struct model_page *p = &parent->pages[i], *copy;

		copy = page_make(m, child, p->addr);
		if (!copy)
			return;
		p->exclusive = false;
		*copy = *p;
	}
}

/* Rules 1 to 4 for one area. */
static void copy_vma(struct model *m, struct model_mm *child, struct model_mm *parent,
		     const struct model_vma *v)
{
	struct model_vma copy = *v;

	if (v->flags & VMF_DONTCOPY) {
		mm_account(child, v->flags, -(s64)vma_pages(v));
		return;
	}
	copy.flags &= ~VMF_LOCKED_MASK;
	uffd_fork(m, m->proc_count, &copy);
	copy.anon_vma = 0;
	copy.chain_len = 0;
	if (!(v->flags & VMF_WIPEONFORK))
		anon_vma_fork(m, &copy, v);
	vma_insert(m, child, &copy);
	if (v->flags & VMF_SEALED)
		child->sealed_pages += vma_pages(v);
	if (!(v->flags & VMF_WIPEONFORK) && needs_copy(m, v, &copy) && !m->limit)
		copy_pages(m, child, parent, v);
}

void model_fork(struct model *m, struct step *s)
{
	struct model_mm *parent = s->mm, *child;

	if (m->proc_count == PROCS_MAX) {
		s->result->err = -EAGAIN;
		return;
	}
	/* Rule 7. */
	if (alloc_fails(m, ALLOC_FORK)) {
		s->result->err = -ENOMEM;
		return;
	}
	child = &m->mm[m->proc_count];
	child->alive = true;
	child->vma_count = 0;
	child->page_count = 0;
	child->generation = parent->generation + 1;
	child->sealed_pages = 0;
	child->def_flags = 0;
	child->base_locked = false;
	child->merge_any = parent->merge_any;
	memcpy(child->limit, parent->limit, sizeof(child->limit));
	child->brk = parent->brk;
	child->last = parent->last;
	for (u32 k = 0; k < COUNT_COUNTERS; k++)
		child->counter[k] = parent->counter[k];
	child->counter[COUNT_MAP] = 0;
	child->counter[COUNT_LOCKED_VM] = -(s64)m->config.base_locked_vm;
	for (u32 i = 0; i < parent->vma_count && !m->limit; i++)
		copy_vma(m, child, parent, &parent->vmas[i]);
	m->live |= 1u << m->proc_count;
	s->result->value = m->proc_count++;
}

void model_exit(struct model *m, struct step *s)
{
	struct model_mm *mm = s->mm;

	if (m->live == 1u << s->proc) {
		s->result->err = -EBUSY;
		return;
	}
	for (u32 i = 0; i < mm->vma_count; i++)
		anon_vma_unlink(m, &mm->vmas[i]);
	uffd_exit(m, s->proc);
	mm->vma_count = 0;
	mm->page_count = 0;
	mm->alive = false;
	m->live &= ~(1u << s->proc);
}
