/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the model share with each other and with nobody else.
 *
 * An area is named by its index in mm->vmas; inserting and deleting shifts the indices behind, so a
 * function that may do so says what the index means afterwards. Addresses are page numbers.
 */
#ifndef MODEL_INTERNAL_H
#define MODEL_INTERNAL_H

#include "model.h"
#include "mutants.def"

/* enum mutant: the deliberate mistakes, in the order of mutants.def; 0 is none. */
enum mutant {
	MUTANT_NONE,
#define M(NAME, ...) MUTANT_##NAME,
	MUTANT_TABLE(M)
#undef M
		MUTANT_COUNT
};
static inline bool mutant(const struct model *m, enum mutant which)
{
	return m->config.mutant == which;
}

/* Is the bug switched on? Asked only where it makes a difference, so that asking marks it as
 * met. */
bool quirk(struct model *m, enum model_quirk which);

/* The operation meets a place where the kernel allocates: is it the one that is to fail? Asked in
 * the order in which the kernel comes to them, and only where something is allocated. */
bool alloc_fails(struct model *m, enum alloc_point point);

/* The program outgrew an array: says so and makes model_step() give up. */
void limit(struct model *m, const char *what);

/* ---- areas (vma.c) ---- */

static inline u64 vma_pages(const struct model_vma *v)
{
	return v->end - v->start;
}
/* Page numbers of a byte range: length rounded up. Wraps to 0 as PAGE_ALIGN() does. */
static inline u64 page_align(u64 bytes)
{
	return (bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}
/* The first area that ends behind @page; mm->vma_count if there is none (find_vma()). */
u32 vma_find(const struct model_mm *mm, u64 page);
/* Is any page of [start, end) mapped? */
bool vma_intersects(const struct model_mm *mm, u64 start, u64 end);
/* Puts @v in its place, counting it; its chain must be accounted for by the caller. */
u32 vma_insert(struct model *m, struct model_mm *mm, const struct model_vma *v);
/* Takes the area out of its anon_vmas and of the array. */
void vma_delete(struct model *m, struct model_mm *mm, u32 i);
/* The index that page @page of the area has: what its anonymous pages are found by. */
u64 vma_index(const struct model *m, const struct model_vma *v, u64 page);
/* Cuts area @i at @page, strictly inside: i is then the lower part, i + 1 the upper.
 * @new_below: the lower part is the copy (which matters for the order of its chain alone).
 * 0, or -ENOMEM: nothing changed. */
int vma_split(struct model *m, struct model_mm *mm, u32 i, u64 page, bool new_below);
/* Is there room below max_map_count for one more by splitting (split_vma())? */
bool vma_may_split(const struct model *m, const struct model_mm *mm);
s64 mm_map_count(const struct model *m, const struct model_mm *mm);
/* vm.max_map_count as it is now (op_max_map_count.c). */
s64 max_map_count(const struct model *m);
/* Moves @pages into (or, negative, out of) total_vm and the class of @flags (vm_stat_account()). */
void mm_account(struct model_mm *mm, u64 flags, s64 pages);
/* The same for counters that belong to no process: model_check() counts anew. */
void counters_account(s64 *counter, u64 flags, s64 pages);
/* VMF_SOFTDIRTY if @v, which grows, is to become soft-dirty and is not yet; else 0. */
u64 grown_soft_dirty(struct model *m, const struct model_vma *v);
/* Is there a right to lock at all (can_do_mlock())? Would @pages more locked pages be allowed
 * (mlock_future_ok())? */
bool may_lock_at_all(const struct model *m, const struct model_mm *mm);
bool mm_may_lock(const struct model *m, const struct model_mm *mm, u64 pages);

/* The limit of the stack's or of locked pages as it is now (op_set_rlimit.c). */
u64 mm_limit(const struct model *m, const struct model_mm *mm, enum limit_arg which);
/* Do the limits allow @pages more of memory with @flags (may_expand_vm())? */
bool mm_may_expand(const struct model *m, const struct model_mm *mm, u64 flags, u64 pages);

/* ---- anon_vmas (anon_vma.c) ---- */

/* The area came by fork: its chain has an ancestor's anon_vma as well. */
static inline bool vma_is_fork_child(const struct model_vma *v)
{
	return v->anon_vma && v->chain_len > 1;
}
/* Gives an unfaulted area an anon_vma: a neighbour's, or a new root. */
void anon_vma_prepare(struct model *m, struct model_mm *mm, u32 i);
/* @dst gets @src's anon_vma and a clone of its chain (anon_vma_clone()); @dst was unfaulted. */
void anon_vma_clone(struct model *m, struct model_vma *dst, const struct model_vma *src);
/* The same if @dst is unfaulted and @src is not; else nothing (dup_anon_vma()). */
void anon_vma_dup(struct model *m, struct model_vma *dst, const struct model_vma *src);
/* Takes the area out of all its anon_vmas; those that nobody holds any more die. */
void anon_vma_unlink(struct model *m, struct model_vma *v);
/* The child's side of fork: @child is a copy of @parent without any chain yet. */
void anon_vma_fork(struct model *m, struct model_vma *child, const struct model_vma *parent);

/* ---- merging (merge.c) ---- */

/* A range that is to be mapped, or to get new flags, and may merge with its neighbours. */
struct merge_range {
	u64 start, end, pgoff, anon_pgoff, flags;
	u16 file, anon_vma, uffd;
	u8 policy, name;
	bool fork_child;		     /* where its anon_vma comes from is a fork child */
	enum model_quirk fork_quirk;	     /* the bug that overlooks this; QUIRK_COUNT: none */
	const struct model_vma *copied_from; /* mremap: whose pages move here; else NULL */
	bool copied_survives; /* mremap: and it is not a candidate for merging itself */
	bool alone;	      /* no merge is even tried */
	bool fresh;	      /* what is new is soft-dirty, whatever it merges with */
	bool keeps;	      /* flags are added to those of the area that stays, not set */
	bool brk;	      /* only one with the heap's own area is tried */
	bool gives_up;	      /* without memory for a merge there is none, whatever the rules say */
};
/*
 * Maps an empty range by growing a neighbour (vma_merge_new_range()). The index of the area that
 * now holds it, or -1: no merge, or no memory for one; nothing changed. Counters are the caller's.
 */
int merge_new(struct model *m, struct model_mm *mm, const struct merge_range *r);
/* mmap before 6.12: the right-hand side is decided first. */
int merge_new_chained(struct model *m, struct model_mm *mm, const struct merge_range *r);
/*
 * Gives [start, end) of area *@i the flags @flags, merging or splitting (vma_modify_flags()). *@i
 * is then the area that holds the range. 0, or -ENOMEM: a first split may stay.
 */
int vma_modify(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 flags);
/* The same for flags that are added, as mseal does; a difference only with soft_dirty_lost. */
int vma_add_flags(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 flags);
/* The same for another memory policy (vma_modify_policy()). */
int vma_modify_policy(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u8 policy);
/* The same for another name (vma_modify_name()). */
int vma_modify_name(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u8 name);
/* The same for another userfaultfd, 0 for none (vma_modify_flags_uffd()). */
int vma_modify_uffd(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 flags,
		    u16 uffd);

/* ---- pages and faults (page.c, fault.c) ---- */

struct model_page *page_at(struct model_mm *mm, u64 addr);
/* The page's record, made if need be (state is then to be set). NULL: the model is full. */
struct model_page *page_make(struct model *m, struct model_mm *mm, u64 addr);
/* Index of the first record at or behind @addr. */
u32 page_lower(const struct model_mm *mm, u64 addr);
void page_zap(struct model_mm *mm, u64 start, u64 end);
/* As page_zap(), but leaves guard markers. */
void page_zap_keep_guards(struct model_mm *mm, u64 start, u64 end);
/* Moves the records of [from, from + pages) to @to. */
void page_move(struct model *m, struct model_mm *mm, u64 from, u64 to, u64 pages);
/* Is the page in the page cache? And: from now on it is. */
bool file_cached(const struct model *m, u16 file, u64 index);
void file_cache(struct model *m, u16 file, u64 index);
/* MADV_PAGEOUT: a page that nobody wrote may leave it. Could it have? */
void file_reclaim(struct model *m, u16 file, u64 index);
bool file_may_be_gone(const struct model *m, u16 file, u64 index);
/* Content of a file's page, and its change. */
u64 file_tag(const struct model *m, u16 file, u64 index);
void file_set_tag(struct model *m, u16 file, u64 index, u64 tag);
/* MADV_REMOVE: [first, first + count) of the file become holes in every process. */
void file_punch(struct model *m, u16 file, u64 first, u64 count);

enum access { ACCESS_READ, ACCESS_WRITE };
/* Faults page @addr of area @i in, whatever its permissions. 0, RESULT_SIGSEGV, RESULT_SIGBUS or
 * -ENOMEM. */
int fault_in(struct model *m, struct model_mm *mm, u32 i, u64 addr, enum access access);
/* Fills pages of area @i in order, up to the first that cannot be had (populate_vma_page_range()):
 * how many, or of the first page -EFAULT or -ENOMEM. */
s64 populate_vma(struct model *m, struct model_mm *mm, u32 i, u64 start, u64 end);
/* Fills [start, end) as mlock does (__mm_populate()): 0, -EFAULT or -ENOMEM of the first failure;
 * with @ignore_errors goes on behind it. */
int populate(struct model *m, struct model_mm *mm, u64 start, u64 end, bool ignore_errors);

/* ---- userfaultfds (op_uffd.c) ---- */

/* The area has a userfaultfd that is told of mremap and goes along with the area. */
bool uffd_follows(const struct model *m, const struct model_vma *v);
/* fork: gives the @child's copy @v of an area a context of its own if that of the parent is told
 * of forks; else takes it out of userfaultfd. */
void uffd_fork(struct model *m, u32 child, struct model_vma *v);
/* exit: the process's descriptors are closed. */
void uffd_exit(struct model *m, u32 proc);

/* The flags that new memory gets: MERGEABLE besides @flags, if memory_merge is on, and if this is
 * the time for it: before the merge is looked for or (@merged) afterwards (op_memory_merge.c). */
u64 ksm_flags(const struct model *m, const struct model_mm *mm, u64 flags, u16 file, bool merged);

/* ---- operations that others are built of ---- */

/* Unmaps [start, end) (do_vmi_munmap() behind its argument checks): 0, -EPERM or -ENOMEM. */
int unmap_range(struct model *m, struct model_mm *mm, u64 start, u64 end);
/* The two halves of it: what may fail, cutting at both ends, and what cannot. */
int unmap_prepare(struct model *m, struct model_mm *mm, u64 start, u64 end);
void unmap_complete(struct model *m, struct model_mm *mm, u64 start, u64 end);
/* Maps the file of the shared area @v, from page @pgoff on, at [start, start + pages), with what
 * access and locking @v has: remap_file_pages. 0 or what mmap says. Page numbers. */
int mmap_again(struct model *m, struct model_mm *mm, const struct model_vma *v, u64 start,
	       u64 pages, u64 pgoff);
/* Is @addr a permitted choice for @len bytes when the caller left it to the kernel? */
bool model_may_place(const struct model *m, const struct model_mm *mm, u64 addr, u64 len_bytes);
/* Is a hint (a page number) taken: is it free, up to the guard gap of an area that grows down? */
bool hint_is_free(const struct model_mm *mm, u64 hint, u64 pages);
/* An address for @pages that a kernel might choose; when nobody has seen one. Page number. */
u64 choose_place(const struct model_mm *mm, u64 pages);
/* 4 GiB: whether there is memory for more is not for the model to know. */
#define MAPPING_PAGES_MAX (1ull << 20)

/* Every operation: model_<name>(m, process, op, seen, result). */
struct step {
	struct model_mm *mm;
	u32 proc;
	const struct op *op;
	const struct op_result *seen; /* NULL: nobody has */
	struct op_result *result;
};
typedef void model_fn(struct model *m, struct step *s);
#define X(ID, name, ...) model_fn model_##name;
OP_TABLE(X)
#undef X

#endif
