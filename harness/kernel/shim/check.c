/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counts anew what the kernel keeps count of, from the structures that the counts are about, and
 * finds every anonymous page as the kernel's reverse map would. None of this knows the model.
 */
#include "shim.h"

#include <linux/mman.h>
#include <linux/percpu_counter.h>
#include <linux/pagemap.h>
#include <linux/rmap.h>

#include "internal.h"
#include "pages.h"
#include "uffd.h"

#define ANON_VMAS_MAX 1024

/* The anon_vmas that some area's chain holds, with what is counted of them. */
static struct {
	unsigned int count;
	struct counted {
		struct anon_vma *anon_vma;
		unsigned long children, active, refs;
		unsigned int slot;
	} all[ANON_VMAS_MAX];
	struct counted *slot[ANON_VMAS_MAX * 2]; /* by hash */
} counted;

/* Pages that some page table maps. */
static struct {
	unsigned int now; /* number of this check: what is older is not counted */
	unsigned int count;
	struct page *all[SHIM_PAGES];
	struct {
		unsigned int when, maps;
	} page[SHIM_PAGES];
} mapped;

long shim_committed_extra;

static struct counted *counted_of(struct anon_vma *anon_vma)
{
	unsigned int i = ((unsigned long)anon_vma >> 5) * 2654435761u % ARRAY_SIZE(counted.slot);

	while (counted.slot[i] && counted.slot[i]->anon_vma != anon_vma)
		i = (i + 1) % ARRAY_SIZE(counted.slot);
	if (!counted.slot[i]) {
		SHIM_CHECK(counted.count < ANON_VMAS_MAX);
		counted.slot[i] = &counted.all[counted.count++];
		*counted.slot[i] = (struct counted){ .anon_vma = anon_vma, .slot = i };
	}
	return counted.slot[i];
}

static bool in_tree(struct anon_vma_chain *avc)
{
	struct rb_node *node = &avc->rb, *parent;

	/* Up to the root, which must be that of the anon_vma; a node that was taken out may still
	 * know its parent. */
	for (parent = rb_parent(node); parent; node = parent, parent = rb_parent(node))
		if (parent->rb_left != node && parent->rb_right != node)
			return false;
	return avc->anon_vma->rb_root.rb_root.rb_node == node;
}

static void check_chain(struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;
	bool own = false;

	if ((vma->anon_vma == NULL) != list_empty(&vma->anon_vma_chain))
		kernel_complain("anon_vma", "an area has %s anon_vma, its chain is %s",
				vma->anon_vma ? "an" : "no",
				list_empty(&vma->anon_vma_chain) ? "empty" : "not empty");
	if (!vma->anon_vma)
		return;
	counted_of(vma->anon_vma)->active++;
	list_for_each_entry(avc, &vma->anon_vma_chain, same_vma) {
		counted_of(avc->anon_vma);
		own |= avc->anon_vma == vma->anon_vma;
		if (avc->vma != vma)
			kernel_complain("anon_vma", "an entry of an area's chain is another's");
		if (avc->anon_vma->root != vma->anon_vma->root)
			kernel_complain("anon_vma", "a chain holds anon_vmas of two roots");
		if (!in_tree(avc))
			kernel_complain("anon_vma", "an entry of a chain is not in the tree of "
					"its anon_vma");
	}
	if (!own)
		kernel_complain("anon_vma", "an area's chain does not hold its own anon_vma");
}

/* Those that no chain holds any more are dead, so all that count are in the table. */
static void check_anon_vmas(void)
{
	unsigned int i;

	for (i = 0; i < counted.count; i++) {
		struct anon_vma *anon_vma = counted.all[i].anon_vma;

		counted.all[i].refs++;
		counted_of(anon_vma->parent)->children++;
		if (anon_vma->root != anon_vma)
			counted_of(anon_vma->root)->refs++;
	}
	for (i = 0; i < counted.count; i++) {
		const struct counted *c = &counted.all[i];

		if (c->anon_vma->num_children != c->children)
			kernel_complain("num_children", "num_children is %lu, counted %lu",
					c->anon_vma->num_children, c->children);
		if (c->anon_vma->num_active_vmas != c->active)
			kernel_complain("num_active_vmas", "num_active_vmas is %lu, counted %lu",
					c->anon_vma->num_active_vmas, c->active);
		if (atomic_read(&c->anon_vma->refcount) != c->refs)
			kernel_complain("anon_vma->refcount", "refcount is %d, counted %lu",
					atomic_read(&c->anon_vma->refcount), c->refs);
		if (atomic_long_read(&c->anon_vma->rwsem.count))
			kernel_complain("lock", "the lock of an anon_vma is held");
	}
}

static unsigned long index_of(struct vm_area_struct *vma, unsigned long addr)
{
#if SINCE(7, 3)
	return __linear_anon_page_index(vma, addr);
#else
	return linear_page_index(vma, addr);
#endif
}

/* As rmap_walk_anon() would look for the page. */
static bool found_by_rmap(struct anon_vma *anon_vma, unsigned long index,
			  struct vm_area_struct *vma)
{
	struct anon_vma_chain *avc;

#if SINCE(7, 3)
	anon_rmap_tree_foreach(avc, anon_vma, index, index)
#else
	anon_vma_interval_tree_foreach(avc, &anon_vma->rb_root, index, index)
#endif
		if (avc->vma == vma)
			return true;
	return false;
}

static void check_anon_page(struct vm_area_struct *vma, unsigned long addr, struct folio *folio)
{
	unsigned long index = folio->index;

	if (!vma->anon_vma)
		kernel_complain("rmap", "an anonymous page in an area that has no anon_vma");
	if (index_of(vma, addr) != index)
		kernel_complain("rmap", "a page with index %#lx where its area has %#lx", index,
				index_of(vma, addr));
	if (!found_by_rmap(folio_anon_vma(folio), index, vma))
		kernel_complain("rmap", "a page's anon_vma does not lead to the area that maps it");
}

/* An area, and what is counted of the process that has it. */
struct walk {
	struct vm_area_struct *vma;
	long rss[NR_MM_COUNTERS];
};

static void check_page(void *arg, unsigned long addr, pte_t pte)
{
	struct walk *walk = arg;
	struct folio *folio;
	unsigned int i;

	if (!pte_present(pte) || is_zero_pfn(pte_pfn(pte)))
		return;
	folio = page_folio(pte_page(pte));
	i = shim_page_index(&folio->page);
	if (mapped.page[i].when != mapped.now) {
		mapped.page[i].when = mapped.now;
		mapped.page[i].maps = 0;
		mapped.all[mapped.count++] = &folio->page;
	}
	mapped.page[i].maps++;
#if SINCE(6, 9)
	walk->rss[mm_counter(folio)]++;
#else
	walk->rss[mm_counter(&folio->page)]++;
#endif
	if (folio_test_anon(folio))
		check_anon_page(walk->vma, addr, folio);
}

/* At rest a page is held by the entries that map it, and by its file. */
static void check_mapped(void)
{
	unsigned int i;

	for (i = 0; i < mapped.count; i++) {
		struct page *page = mapped.all[i];
		int maps = mapped.page[shim_page_index(page)].maps;
		int refs = maps + !PageAnon(page);

		if (atomic_read(&page->_mapcount) + 1 != maps)
			kernel_complain("mapcount", "mapcount is %d, counted %d",
					atomic_read(&page->_mapcount) + 1, maps);
		if (page_count(page) != refs)
			kernel_complain("page_count", "a page is held %d times, counted %d",
					page_count(page), refs);
	}
}

static long rss_of(unsigned int proc, unsigned int member)
{
	struct mm_struct *mm = shim_procs[proc].mm;

#if SINCE(6, 2)
	return percpu_counter_sum(&mm->rss_stat[member]);
#else
	return atomic_long_read(&mm->rss_stat.count[member]) +
	       shim_procs[proc].task->rss_stat.count[member];
#endif
}

static void check_counters(const struct mm_struct *mm, unsigned long map_count, unsigned long total,
			   unsigned long locked)
{
	if (mm->map_count != map_count)
		kernel_complain("map_count", "map_count is %d, counted %lu", mm->map_count,
				map_count);
	if (mm->total_vm != total)
		kernel_complain("total_vm", "total_vm is %lu, counted %lu", mm->total_vm, total);
	if (mm->locked_vm != locked)
		kernel_complain("locked_vm", "locked_vm is %lu, counted %lu", mm->locked_vm,
				locked);
}

static void check_proc(unsigned int proc, long *accounted)
{
	struct mm_struct *mm = shim_procs[proc].mm;
	unsigned long map_count = 0, total = 0, locked = 0, end = 0;
	struct vm_area_struct *vma;
	struct walk walk = { 0 };
	unsigned int i;
	VMA_ITERATOR(vmi, mm, 0);

	for_each_vma(vmi, vma) {
		map_count++;
		total += vma_pages(vma);
		locked += vma->vm_flags & VM_LOCKED ? vma_pages(vma) : 0;
		*accounted += vma->vm_flags & VM_ACCOUNT ? vma_pages(vma) : 0;
		if (vma->vm_start >= vma->vm_end || vma->vm_start < end || vma->vm_mm != mm)
			kernel_complain("vma", "an area is empty, overlaps, or is another's");
		if (vma->vm_start != vmi.mas.index || vma->vm_end - 1 != vmi.mas.last)
			kernel_complain("vma", "an area is not where the maple tree has it");
		end = vma->vm_end;
		check_chain(vma);
		shim_files_count(vma);
		walk.vma = vma;
		shim_walk(mm, vma->vm_start, vma->vm_end, check_page, &walk);
	}
	check_counters(mm, map_count, total, locked);
	for (i = 0; i < NR_MM_COUNTERS; i++)
		if (rss_of(proc, i) != walk.rss[i])
			kernel_complain("rss_stat", "counter %u of pages is %ld, counted %ld", i,
					rss_of(proc, i), walk.rss[i]);
}

void kernel_check(void)
{
	long accounted = shim_shmem_charged;
	unsigned int proc;

	while (counted.count)
		counted.slot[counted.all[--counted.count].slot] = NULL;
	mapped.now++;
	mapped.count = 0;
	for (proc = 0; proc < KERNEL_PROCS; proc++)
		if (shim_procs[proc].mm)
			check_proc(proc, &accounted);
	check_anon_vmas();
	check_mapped();
	shim_committed_extra = percpu_counter_sum(&vm_committed_as) - accounted;
	shim_files_check();
	shim_uffd_check();
}
