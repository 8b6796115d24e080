/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of all processes as raw records (harness/record.h), the same that the BPF program of
 * the live backend writes.
 */
#include "shim.h"

#include <linux/mempolicy.h>
#include <linux/rmap.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#if __has_include(<linux/leafops.h>)
#include <linux/leafops.h>
#endif

#include "internal.h"
#include "pages.h"
#include "harness/record.h"
#include "model/attrs.def"

#define VMAS_MAX 2048
#define AVCS_MAX 16384
#define PAGES_MAX 8192

static struct {
	struct rec_proc procs[KERNEL_PROCS];
	unsigned int vma_count, avc_count, page_count;
	struct rec_vma vmas[VMAS_MAX];
	struct rec_avc avcs[AVCS_MAX];
	struct kernel_page pages[PAGES_MAX];
	bool overflow;
} seen;

#ifdef PTE_MARKER_GUARD
static bool is_guard(pte_t pte)
{
#if __has_include(<linux/leafops.h>)
	return pte_is_marker(pte) &&
	       (softleaf_to_marker(softleaf_from_pte(pte)) & PTE_MARKER_GUARD);
#else
	return is_pte_marker(pte) && (pte_marker_get(pte_to_swp_entry(pte)) & PTE_MARKER_GUARD);
#endif
}
#else
static bool is_guard(pte_t pte)
{
	return false;
}
#endif

static void see_page(void *arg, unsigned long addr, pte_t pte)
{
	struct kernel_page *page;

	if (!pte_present(pte) && !is_guard(pte))
		return;
	if (seen.page_count == PAGES_MAX) {
		seen.overflow = true;
		return;
	}
	page = &seen.pages[seen.page_count++];
	page->proc = (unsigned long)arg;
	page->addr = addr >> PAGE_SHIFT;
	page->guard = !pte_present(pte);
	page->tag = page->guard ? 0 : *(unsigned long *)page_address(pte_page(pte));
}

static void see_chain(struct vm_area_struct *vma, struct rec_vma *rec)
{
	struct anon_vma_chain *avc;

	rec->avc = seen.avc_count;
	rec->avc_count = 0;
	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma) {
		struct anon_vma *anon_vma = avc->anon_vma;

		if (seen.avc_count == AVCS_MAX) {
			seen.overflow = true;
			return;
		}
		seen.avcs[seen.avc_count++] = (struct rec_avc){
			.anon_vma = (unsigned long)anon_vma,
			.root = (unsigned long)anon_vma->root,
			.parent = (unsigned long)anon_vma->parent,
			.refcount = atomic_read(&anon_vma->refcount),
			.num_children = anon_vma->num_children,
			.num_active_vmas = anon_vma->num_active_vmas,
		};
		rec->avc_count++;
	}
}

static u64 name_of(const struct vm_area_struct *vma)
{
	static const char *const strings[] = {
#define N(ID, name, string) string,
		NAME_TABLE(N)
#undef N
	};
	unsigned int i;

	/* Before 6.2 a file's area has something else in its place. */
	if ((!SINCE(6, 2) && vma->vm_file) || !vma->anon_name)
		return 0;
	for (i = 1; i < ARRAY_SIZE(strings); i++)
		if (strcmp(strings[i], vma->anon_name->name) == 0)
			return i;
	return REC_NAME_OTHER;
}

static u64 policy_of(const struct vm_area_struct *vma)
{
	const struct mempolicy *policy = vma->vm_policy;

	if (!policy)
		return 0;
	return REC_POLICY | policy->mode | (u64)policy->flags << 16 |
	       (policy->nodes.bits[0] & 0xffff) << 32;
}

static void see_vma(struct vm_area_struct *vma)
{
	struct rec_vma *rec;

	if (seen.vma_count == VMAS_MAX) {
		seen.overflow = true;
		return;
	}
	rec = &seen.vmas[seen.vma_count++];
	rec->start = vma->vm_start;
	rec->end = vma->vm_end;
	rec->flags = vma->vm_flags;
	rec->pgoff = vma->vm_pgoff;
#if SINCE(7, 3)
	rec->anon_pgoff = vma_start_anon_pgoff(vma);
#else
	rec->anon_pgoff = vma->vm_pgoff;
#endif
	rec->file = (unsigned long)vma->vm_file;
	rec->anon_vma = (unsigned long)vma->anon_vma;
	rec->close = vma->vm_ops ? (unsigned long)vma->vm_ops->close : 0;
	rec->policy = policy_of(vma);
	rec->uffd = (unsigned long)vma->vm_userfaultfd_ctx.ctx;
	rec->name = name_of(vma);
	see_chain(vma, rec);
}

static void see_proc(unsigned int proc, bool pages)
{
	struct mm_struct *mm = shim_procs[proc].mm;
	struct rec_proc *rec = &seen.procs[proc];
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, mm, 0);

	rec->vma = seen.vma_count;
	for_each_vma(vmi, vma) {
		see_vma(vma);
		if (pages)
			shim_walk(mm, vma->vm_start, vma->vm_end, see_page,
				  (void *)(unsigned long)proc);
	}
	rec->vma_count = seen.vma_count - rec->vma;
	rec->counter[REC_MAP_COUNT] = mm->map_count;
	rec->counter[REC_TOTAL_VM] = mm->total_vm;
	rec->counter[REC_DATA_VM] = mm->data_vm;
	rec->counter[REC_EXEC_VM] = mm->exec_vm;
	rec->counter[REC_STACK_VM] = mm->stack_vm;
	rec->counter[REC_LOCKED_VM] = mm->locked_vm;
	rec->counter[REC_DEF_FLAGS] = mm->def_flags;
}

int kernel_observe(struct kernel_state *state, int pages)
{
	unsigned int proc;

	seen.vma_count = seen.avc_count = seen.page_count = 0;
	seen.overflow = false;
	state->live = 0;
	for (proc = 0; proc < KERNEL_PROCS; proc++) {
		if (!shim_procs[proc].mm)
			continue;
		state->live |= 1u << proc;
		see_proc(proc, pages);
	}
	state->committed_extra = shim_committed_extra;
	state->procs = seen.procs;
	state->vmas = seen.vmas;
	state->avcs = seen.avcs;
	state->pages = seen.pages;
	state->page_count = seen.page_count;
	return seen.overflow ? -ENOBUFS : 0;
}
