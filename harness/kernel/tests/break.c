/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The breaks, break_<name>() for each row of break.def: those of what the kernel keeps. Compiled
 * behind the kernel's headers and combined with a kernel for test_checks.c only.
 */
#include "harness/kernel/shim/shim.h"

#include <linux/fs.h>
#include <linux/file.h>
#include <linux/mman.h>
#include <linux/mm_inline.h>
#include <linux/pagemap.h>
#include <linux/percpu_counter.h>
#include <linux/rmap.h>
#include <linux/slab.h>
#include <linux/userfaultfd_k.h>

#include "mm/internal.h"
#include "harness/kernel/shim/pages.h"
#include "harness/kernel/tests/break.h"
#include "model/ops.def"

enum op_kind {
#define X(ID, ...) OP_##ID,
	OP_TABLE(X)
#undef X
};

#if SINCE(7, 3)
#define CHAIN_REMOVE(avc) anon_rmap_tree_remove(avc, (avc)->anon_vma)
#define FILE_REMOVE(vma, mapping) mapping_rmap_tree_remove(vma, mapping)
#define FILE_INSERT(vma, mapping) mapping_rmap_tree_insert(vma, mapping)
#else
#define CHAIN_REMOVE(avc) anon_vma_interval_tree_remove(avc, &(avc)->anon_vma->rb_root)
#define FILE_REMOVE(vma, mapping) vma_interval_tree_remove(vma, &(mapping)->i_mmap)
#define FILE_INSERT(vma, mapping) vma_interval_tree_insert(vma, &(mapping)->i_mmap)
#endif

static struct mm_struct *mm(void)
{
	return shim_procs[0].mm;
}

/* The areas of the program, by what they are. */
static bool is_anon(struct vm_area_struct *vma)
{
	return vma->anon_vma && !vma->vm_file;
}

static bool is_shared(struct vm_area_struct *vma)
{
	return vma->vm_file && (vma->vm_flags & VM_SHARED) && (vma->vm_flags & VM_MAYWRITE);
}

static bool is_private_file(struct vm_area_struct *vma)
{
	return vma->vm_file && !(vma->vm_flags & VM_SHARED);
}

static bool is_driver(struct vm_area_struct *vma)
{
	return vma->vm_ops && vma->vm_ops->close;
}

static bool has_uffd(struct vm_area_struct *vma)
{
	return vma->vm_userfaultfd_ctx.ctx != NULL;
}

/* The @nth such area of process @proc, from 0. */
static struct vm_area_struct *area(unsigned int proc, bool (*is)(struct vm_area_struct *),
				   unsigned int nth)
{
	struct vm_area_struct *vma;
	VMA_ITERATOR(vmi, shim_procs[proc].mm, 0);

	for_each_vma(vmi, vma)
		if (is(vma) && nth-- == 0)
			return vma;
	SHIM_CHECK(!"there is such an area");
	return NULL;
}

static struct vm_area_struct *anon(void)
{
	return area(0, is_anon, 0);
}

static struct anon_vma_chain *first_link(struct vm_area_struct *vma)
{
	return list_first_entry(&vma->anon_vma_chain, struct anon_vma_chain, same_vma);
}

/* The link, of parent or child, that is the root of the parent's anon_vma's tree, or is not. */
static struct anon_vma_chain *link_in_tree(bool root)
{
	struct anon_vma *anon_vma = anon()->anon_vma;
	struct rb_node *node;

	for (node = rb_first_cached(&anon_vma->rb_root); node; node = rb_next(node))
		if ((node == anon_vma->rb_root.rb_root.rb_node) == root)
			return rb_entry(node, struct anon_vma_chain, rb);
	SHIM_CHECK(!"there is such a link");
	return NULL;
}

static void keep_first(void *arg, unsigned long addr, pte_t pte)
{
	struct page **page = arg;

	if (!*page && pte_present(pte) && !is_zero_pfn(pte_pfn(pte)))
		*page = pte_page(pte);
}

static struct page *page_in(struct vm_area_struct *vma)
{
	struct page *page = NULL;

	shim_walk(vma->vm_mm, vma->vm_start, vma->vm_end, keep_first, &page);
	SHIM_CHECK(page);
	return page;
}

int break_map_count(void)
{
	mm()->map_count++;
	return 0;
}

int break_total_vm(void)
{
	mm()->total_vm++;
	return 0;
}

int break_locked_vm(void)
{
	mm()->locked_vm--;
	return 0;
}

int break_rss(void)
{
	add_mm_counter(mm(), MM_ANONPAGES, 1);
	return 0;
}

int break_rss_at_end(void)
{
	add_mm_counter(mm(), MM_FILEPAGES, 1);
	return 0;
}

int break_page_tables(void)
{
	mm_inc_nr_ptes(mm());
	return 0;
}

int break_committed_at_end(void)
{
	vm_acct_memory(1);
	return 0;
}

int break_area_empty(void)
{
	anon()->vm_end = anon()->vm_start;
	return 0;
}

int break_area_overlaps(void)
{
	area(0, is_shared, 0)->vm_start = anon()->vm_start;
	return 0;
}

int break_area_of_other(void)
{
	anon()->vm_mm = shim_procs[1].mm;
	return 0;
}

int break_area_elsewhere(void)
{
	anon()->vm_end += PAGE_SIZE;
	return 0;
}

int break_no_anon_vma(void)
{
	anon()->anon_vma = NULL;
	return 0;
}

int break_no_chain(void)
{
	list_del_init(&anon()->anon_vma_chain);
	return 0;
}

int break_chain_of_other(void)
{
	first_link(anon())->vma = area(0, is_shared, 0);
	return 0;
}

int break_chain_two_roots(void)
{
	struct vm_area_struct *vma = area(1, is_anon, 0);

	SHIM_CHECK(vma->anon_vma->root != vma->anon_vma);
	vma->anon_vma->root = vma->anon_vma;
	return 0;
}

int break_chain_without_own(void)
{
	anon()->anon_vma = area(1, is_anon, 0)->anon_vma;
	return 0;
}

int break_avc_root_out_of_tree(void)
{
	CHAIN_REMOVE(link_in_tree(true));
	return 0;
}

int break_avc_leaf_out_of_tree(void)
{
	CHAIN_REMOVE(link_in_tree(false));
	return 0;
}

int break_num_children(void)
{
	anon()->anon_vma->num_children++;
	return 0;
}

int break_num_active_vmas(void)
{
	anon()->anon_vma->num_active_vmas--;
	return 0;
}

int break_anon_vma_refcount(void)
{
	atomic_inc(&anon()->anon_vma->refcount);
	return 0;
}

int break_anon_vma_locked(void)
{
	atomic_long_set(&anon()->anon_vma->rwsem.count, 1);
	return 0;
}

int break_page_index(void)
{
	page_folio(page_in(anon()))->index++;
	return 0;
}

int break_page_mapping(void)
{
	struct anon_vma *other = area(0, is_anon, 3)->anon_vma;

	SHIM_CHECK(other != anon()->anon_vma);
	page_folio(page_in(anon()))->mapping = (void *)((unsigned long)other | 1);
	return 0;
}

/* What lies below a node is said to end before the page: whoever looks for it turns back. */
int break_subtree(void)
{
	struct rb_node *node = anon()->anon_vma->rb_root.rb_root.rb_node;

	rb_entry(node, struct anon_vma_chain, rb)->rb_subtree_last = 0;
	return 0;
}

int break_page_without_anon_vma(void)
{
	list_del_init(&anon()->anon_vma_chain);
	anon()->anon_vma = NULL;
	return 0;
}

int break_mapcount(void)
{
	atomic_inc(&page_in(anon())->_mapcount);
	return 0;
}

int break_file_mapcount(void)
{
	atomic_inc(&page_in(area(0, is_shared, 0))->_mapcount);
	return 0;
}

int break_page_refcount(void)
{
	get_page(page_in(anon()));
	return 0;
}

int break_file_page_refcount(void)
{
	get_page(page_in(area(0, is_shared, 0)));
	return 0;
}

int break_mapcount_at_end(void)
{
	return break_mapcount();
}

int break_file_mapcount_at_end(void)
{
	return break_file_mapcount();
}

int break_page_leak(void)
{
	SHIM_CHECK(alloc_page(GFP_KERNEL));
	return 0;
}

int break_object_leak(void)
{
	SHIM_CHECK(kmalloc(24, GFP_KERNEL));
	return 0;
}

int break_page_unlock(void)
{
	unlock_page(page_in(anon()));
	return 0;
}

int break_page_lock_twice(void)
{
	struct page *page = page_in(anon());

	lock_page(page);
	lock_page(page);
	return 0;
}

static vm_fault_t fault_nothing(struct vm_fault *vmf)
{
	return VM_FAULT_NOPAGE;
}

int break_fault_again(void)
{
	static const struct vm_operations_struct ops = { .fault = fault_nothing };
	struct vm_area_struct *vma = area(0, is_shared, 0);
	/* The last page: that has not been touched. */
	struct kernel_call call = { .kind = OP_READ, .arg = { vma->vm_end - PAGE_SIZE } };
	struct kernel_answer answer;

	vma->vm_ops = &ops;
	kernel_execute(&call, &answer);
	return 0;
}

int break_close_once_more(void)
{
	struct vm_area_struct *vma = area(0, is_driver, 0);

	vma->vm_ops->close(vma);
	return 0;
}

int break_close_too_often(void)
{
	struct vm_area_struct *vma = area(0, is_driver, 0);
	int i;

	for (i = 0; i < 100; i++)
		vma->vm_ops->close(vma);
	return 0;
}

int break_open_at_end(void)
{
	struct vm_area_struct *vma = area(0, is_driver, 0);

	vma->vm_ops->open(vma);
	return 0;
}

int break_not_in_i_mmap(void)
{
	struct vm_area_struct *vma = area(0, is_private_file, 0);

	FILE_REMOVE(vma, vma->vm_file->f_mapping);
	return 0;
}

int break_in_other_i_mmap(void)
{
	area(0, is_shared, 0)->vm_file = area(0, is_driver, 0)->vm_file;
	return 0;
}

int break_ghost_in_i_mmap(void)
{
	static struct vm_area_struct ghost;

	memcpy(&ghost, area(0, is_shared, 0), sizeof(ghost));
	FILE_INSERT(&ghost, ghost.vm_file->f_mapping);
	return 0;
}

int break_ghost_in_i_mmap_at_end(void)
{
	return break_ghost_in_i_mmap();
}

int break_i_mmap_writable(void)
{
	atomic_inc(&area(0, is_shared, 0)->vm_file->f_mapping->i_mmap_writable);
	return 0;
}

int break_i_mmap_writable_at_end(void)
{
	return break_i_mmap_writable();
}

int break_file_held(void)
{
	get_file(area(0, is_shared, 0)->vm_file);
	return 0;
}

int break_file_put_too_often(void)
{
	static struct file file;

#if SINCE(6, 13)
	atomic_long_set(&file.f_ref.refcnt, FILE_REF_NOREF);
#endif
	fput(&file);
	return 0;
}

int break_inode_held(void)
{
	atomic_inc(&file_inode(area(0, is_shared, 0)->vm_file)->i_count);
	return 0;
}

/* As fork does, but for the event that would tell of it. */
int break_uffd_held(void)
{
	LIST_HEAD(forked);

	SHIM_CHECK(dup_userfaultfd(area(0, has_uffd, 0), &forked) == 0);
	SHIM_CHECK(!list_empty(&forked));
	return 0;
}

/* Before 7.0 as mremap() does that failed; there it is a bug that nothing undoes it. */
int break_uffd_changing(void)
{
	struct vm_area_struct *vma = area(0, has_uffd, 0);
#if SINCE(7, 0)
	atomic_inc(&vma->vm_userfaultfd_ctx.ctx->mmap_changing);
#else
	struct vm_userfaultfd_ctx ctx = NULL_VM_UFFD_CTX;

	mremap_userfaultfd_prep(vma, &ctx);
	SHIM_CHECK(ctx.ctx);
	mremap_userfaultfd_complete(&ctx, vma->vm_start, -ENOMEM, 0);
#endif
	return 0;
}

/* Looked for after the next change of the tree, which the next operation makes. */
int break_tree_range(void)
{
#ifdef CONFIG_DEBUG_VM_MAPLE_TREE
	area(0, is_driver, 0)->vm_end -= PAGE_SIZE;
	return 0;
#else
	return 1;
#endif
}

/* The program has few areas: the root is a leaf. What it holds first ends behind what follows. */
int break_tree_pivot(void)
{
#ifdef CONFIG_DEBUG_VM_MAPLE_TREE
	struct maple_node *node = (void *)((unsigned long)mm()->mm_mt.ma_root & ~255ul);

	SHIM_CHECK(xa_is_node(mm()->mm_mt.ma_root));
	node->mr64.pivot[0] = node->mr64.pivot[2];
	return 0;
#else
	return 1;
#endif
}

int kernel_break(enum break_id which)
{
	static int (*const breaks[BREAK_COUNT])(void) = {
#define B(name, ...) [BREAK_##name] = break_##name,
		BREAK_TABLE(B)
#undef B
	};

	return breaks[which]();
}

void kernel_break_committed(void)
{
	vm_acct_memory(1);
}
