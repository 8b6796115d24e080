/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page faults: what a load, a store, or a system call that fills pages finds and leaves behind.
 *
 * Rules (handle_mm_fault() and below)
 *  1. A load needs any access right at all, a store needs WRITE; else SIGSEGV (access_error()).
 *  2. A guard marker gives SIGSEGV (handle_pte_marker()).
 *  3. Private anonymous memory: a load maps the zero page and makes no anon_vma; a store makes the
 *     area faulted and maps an anonymous page, which belongs to the area's anon_vma and remembers
 *     its index (do_anonymous_page(), __folio_set_anon()).
 *  4. Private file mapping: a load maps the file's page; a store makes the area faulted first, then
 *     copies the page. Behind the end of the file both give SIGBUS, but the area is faulted all the
 *     same (do_cow_fault()).
 *  5. Shared mapping: the file's page, never an anon_vma; SIGBUS behind the end of the file.
 *  6. A load of a file's page may map pages around it that the page cache has: 16 in all, from a
 *     multiple of 16 pages or from the area's start on, within the area and the page table; before
 *     the page itself is looked at (do_fault_around()). These are recorded as "may".
 *  7. A store to a page that a fork shared makes a copy or takes the page over: in both cases the
 *     page is then the area's own; its index stays (do_wp_page()).
 *  8. A fault below an area that grows down extends it, if the gap below stays 256 pages wide
 *     (unless what is there grows down too or is not accessible) and the limits allow it; the area
 *     becomes faulted before anything else (expand_stack(), expand_downwards()), and is soft-dirty
 *     for what is new in it (op_clear_refs.c). No memory for that: SIGSEGV.
 *  9. Filling (mlock, MAP_POPULATE, MAP_LOCKED, mlockall): private writable areas as by stores, all
 *     others as by loads; areas with LOCKONFAULT are left out; a page that cannot be had ends it,
 *     and so does an area without any access right (populate_vma_page_range(), __mm_populate()).
 * 10. Registered with a userfaultfd, a fault is SIGBUS that would wait for it to be answered:
 *     missing, if there is no page yet, nor one in the file's page cache; minor, if there is one
 *     there. All else has happened by then: the area is faulted (do_anonymous_page(),
 *     shmem_get_folio_gfp()). Registered for minor or write-protection, no pages around are mapped
 *     (uffd_disable_fault_around()). Whether a page is mapped that may be so or not makes a
 *     difference for minor, and for missing whether a freed one is still there, or one of a file
 *     that was only ever read and then paged out: such a program is not gone on with.
 * 11. No memory: ENOMEM, which is what handle_mm_fault() says (VM_FAULT_OOM; a kernel then tries
 *     the load or store again). Nothing was mapped, though a store may have made the area faulted.
 *     When filling, only the first page of an area can fail so: behind it, what was filled counts,
 *     and the rest is tried again.
 */
#include <errno.h>

#include "internal.h"

#define FAULT_AROUND_PAGES 16
#define PAGES_PER_TABLE 512ull
#define STACK_GUARD_GAP 256

/* Rule 6. */
static void fault_around(struct model *m, struct model_mm *mm, const struct model_vma *v, u64 addr)
{
	u64 first = addr & ~(u64)(FAULT_AROUND_PAGES - 1), last;
	u64 table_end = (addr | (PAGES_PER_TABLE - 1)) + 1;
	u64 file_pages = m->files[v->file].pages;

	if (v->flags & (VMF_UFFD_WP | VMF_UFFD_MINOR))
		return;
	if (first < v->start)
		first = v->start;
	last = first + FAULT_AROUND_PAGES;
	if (last > table_end)
		last = table_end;
	if (last > v->end)
		last = v->end;
	for (u64 a = first; a < last; a++) {
		struct model_page *p;

		if (v->pgoff + (a - v->start) >= file_pages || page_at(mm, a))
			continue;
		p = page_make(m, mm, a);
		if (!p)
			return;
		p->state = PAGE_FILE_MAY;
	}
}

/* Makes the page at @addr an anonymous page of area @i with content @tag. */
static void make_anon(struct model *m, struct model_mm *mm, u32 i, u64 addr, u64 tag)
{
	const struct model_vma *v = &mm->vmas[i];
	struct model_page *p = page_make(m, mm, addr);

	if (!p)
		return;
	p->state = PAGE_ANON;
	p->tag = tag;
	p->owner = v->anon_vma;
	p->index = vma_index(m, v, addr);
	p->exclusive = true;
	p->lazyfree = v->flags & VMF_DROPPABLE;
}

/* Rule 7. */
static int own_anon(struct model *m, const struct model_vma *v, struct model_page *p)
{
	if (p->exclusive)
		return 0;
	if (alloc_fails(m, ALLOC_FAULT))
		return -ENOMEM;
	p->owner = v->anon_vma;
	p->exclusive = true;
	return 0;
}

/* Rules 3, 4 and 11: what comes before a page of the area's own is mapped. */
static int prepare_store(struct model *m, struct model_mm *mm, u32 i)
{
	bool faulted = mm->vmas[i].anon_vma;

	if (alloc_fails(m, ALLOC_FAULT))
		return -ENOMEM;
	anon_vma_prepare(m, mm, i);
	/* If it was faulted before, no page has the same effect as no page table. */
	return !faulted && alloc_fails(m, ALLOC_FAULT_PAGE) ? -ENOMEM : 0;
}

/* Rule 10 for anonymous memory: a @page that is NULL is not there. */
static bool anon_waits(struct model *m, const struct model_vma *v, const struct model_page *page)
{
	if (!(v->flags & VMF_UFFD_MISSING))
		return false;
	if (page && page->lazyfree)
		limit(m, "a page that the kernel may have taken, registered with a userfaultfd");
	return !page;
}

/* Rule 10 for page @index of a file. */
static bool file_waits(struct model *m, const struct model_vma *v, u64 index, bool mapped,
		       bool may_be_mapped)
{
	if (!file_cached(m, v->file, index))
		return v->flags & VMF_UFFD_MISSING;
	if (file_may_be_gone(m, v->file, index))
		limit(m, "a page of a file that the kernel may have taken, registered with a "
			 "userfaultfd");
	if (!(v->flags & VMF_UFFD_MINOR))
		return false;
	if (may_be_mapped || (mapped && m->config.swap))
		limit(m, "a page that may be mapped, registered with a userfaultfd as minor");
	return !mapped;
}

/* Rules 4 to 6. */
static int fault_file(struct model *m, struct model_mm *mm, u32 i, u64 addr, enum access access)
{
	bool cow = access == ACCESS_WRITE && !(mm->vmas[i].flags & VMF_MAYSHARE);
	const struct model_vma *v = &mm->vmas[i];
	u64 index = v->pgoff + (addr - v->start);
	struct model_page *p = page_at(mm, addr);
	bool mapped = p && p->state == PAGE_FILE, may_be_mapped = p && !mapped;
	int err;

	if (mapped && !cow)
		return 0;
	if (access == ACCESS_READ)
		fault_around(m, mm, v, addr);
	err = cow ? prepare_store(m, mm, i) : alloc_fails(m, ALLOC_FAULT) ? -ENOMEM : 0;
	if (err)
		return err;
	if (index >= m->files[v->file].pages)
		return RESULT_SIGBUS;
	if (v->uffd && file_waits(m, v, index, mapped, may_be_mapped))
		return RESULT_SIGBUS;
	file_cache(m, v->file, index);
	if (cow) {
		make_anon(m, mm, i, addr, file_tag(m, v->file, index));
		return 0;
	}
	p = page_make(m, mm, addr);
	if (p)
		p->state = PAGE_FILE;
	return 0;
}

int fault_in(struct model *m, struct model_mm *mm, u32 i, u64 addr, enum access access)
{
	struct model_page *p = page_at(mm, addr);

	/* Rule 2. */
	if (p && p->state == PAGE_GUARD)
		return mutant(m, MUTANT_GUARD_READABLE) ? 0 : RESULT_SIGSEGV;
	if (p && p->state == PAGE_ANON) {
		anon_waits(m, &mm->vmas[i], p);
		return access == ACCESS_WRITE ? own_anon(m, &mm->vmas[i], p) : 0;
	}
	if (!mm->vmas[i].anonymous)
		return fault_file(m, mm, i, addr, access);
	/* Rule 3. */
	if (access == ACCESS_WRITE) {
		int err = prepare_store(m, mm, i);

		if (err)
			return err;
		if (anon_waits(m, &mm->vmas[i], p))
			return RESULT_SIGBUS;
		make_anon(m, mm, i, addr, 0);
	} else if (!p) {
		if (alloc_fails(m, ALLOC_FAULT))
			return -ENOMEM;
		if (anon_waits(m, &mm->vmas[i], p))
			return RESULT_SIGBUS;
		p = page_make(m, mm, addr);
		if (p)
			p->state = PAGE_ZERO;
		if (mutant(m, MUTANT_READ_FAULTS))
			anon_vma_prepare(m, mm, i);
	}
	return 0;
}

/* Rule 8: can area @i start at @addr? Then it does. */
static bool grow_down(struct model *m, struct model_mm *mm, u32 i, u64 addr)
{
	struct model_vma *v = &mm->vmas[i];
	const struct model_vma *prev = i > 0 ? v - 1 : NULL;
	u64 grow = v->start - addr;

	if (!(v->flags & VMF_GROWSDOWN) || addr << PAGE_SHIFT < m->config.hint_min_addr)
		return false;
	if (prev && !(prev->flags & VMF_GROWSDOWN) && (prev->flags & VMF_ACCESS) &&
	    addr - prev->end < STACK_GUARD_GAP)
		return false;
	if (alloc_fails(m, ALLOC_STACK))
		return false;
	anon_vma_prepare(m, mm, i);
	if (v->end - addr > mm_limit(m, mm, LIMIT_STACK) || grow > v->pgoff ||
	    !mm_may_expand(m, mm, v->flags, grow))
		return false;
	if ((v->flags & VMF_LOCKED) && !mm_may_lock(m, mm, grow))
		return false;
	v->flags |= grown_soft_dirty(m, v);
	/* Rule 8: acct_stack_growth() charges, whether or not the area gives it back. */
	if (!(v->flags & VMF_ACCOUNT) && quirk(m, QUIRK_STACK_GROWTH_CHARGES))
		m->committed_extra += (s64)grow;
	v->start = addr;
	v->pgoff -= grow;
	v->anon_pgoff -= grow;
	mm_account(mm, v->flags, (s64)grow);
	if (v->flags & VMF_LOCKED)
		mm->counter[COUNT_LOCKED_VM] += (s64)grow;
	return true;
}

/* One load or store by the process itself. */
static int touch(struct model *m, struct model_mm *mm, u64 addr, enum access access, u32 *area)
{
	u32 i = vma_find(mm, addr);

	*area = i;
	if (i == mm->vma_count)
		return RESULT_SIGSEGV;
	/* What lies in between is not the program's, and does not grow. */
	if (m->config.own_memory && addr < PROGRAM_BASE >> PAGE_SHIFT &&
	    mm->vmas[i].start >= PROGRAM_BASE >> PAGE_SHIFT)
		return RESULT_SIGSEGV;
	if (mm->vmas[i].start > addr && !grow_down(m, mm, i, addr))
		return RESULT_SIGSEGV;
	/* Rule 1. */
	if (!(mm->vmas[i].flags & (access == ACCESS_WRITE ? VMF_WRITE : VMF_ACCESS)))
		return RESULT_SIGSEGV;
	return fault_in(m, mm, i, addr, access);
}

/*
 * Freedom: what MADV_FREE freed, and droppable memory, may be gone at any time and then reads as 0
 * (madvise(2), mmap(2)). The content of an anonymous page, given what was @seen.
 */
static u64 model_may_drop(struct model_page *p, const struct op_result *seen)
{
	if (p->lazyfree && seen && !seen->err && !seen->value)
		p->tag = 0;
	return p->tag;
}

void model_read(struct model *m, struct step *s)
{
	u64 addr = op_addr(s->op->arg[0], s->mm->last);
	struct model_page *p;
	u32 i;

	s->result->err = touch(m, s->mm, addr >> PAGE_SHIFT, ACCESS_READ, &i);
	if (s->result->err || m->limit)
		return;
	p = page_at(s->mm, addr >> PAGE_SHIFT);
	if (p && p->state == PAGE_ANON)
		s->result->value = model_may_drop(p, s->seen);
	if (p && (p->state == PAGE_FILE || p->state == PAGE_FILE_MAY))
		s->result->value =
			file_tag(m, s->mm->vmas[i].file,
				 s->mm->vmas[i].pgoff + (p->addr - s->mm->vmas[i].start));
}

void model_write(struct model *m, struct step *s)
{
	u64 addr = op_addr(s->op->arg[0], s->mm->last), tag = op_tag(m->op_index);
	struct model_page *p;
	u32 i;

	s->result->err = touch(m, s->mm, addr >> PAGE_SHIFT, ACCESS_WRITE, &i);
	if (s->result->err || m->limit)
		return;
	if (mutant(m, MUTANT_WRITE_LOST) && m->op_index % 8 == 7)
		return;
	p = page_at(s->mm, addr >> PAGE_SHIFT);
	if (p && p->state == PAGE_ANON) {
		p->tag = tag;
		p->lazyfree = s->mm->vmas[i].flags & VMF_DROPPABLE;
	} else if (p && p->state == PAGE_FILE) {
		file_set_tag(m, s->mm->vmas[i].file,
			     s->mm->vmas[i].pgoff + (p->addr - s->mm->vmas[i].start), tag);
	}
}

/* Rules 9 and 11, for one area. */
s64 populate_vma(struct model *m, struct model_mm *mm, u32 i, u64 start, u64 end)
{
	const struct model_vma *v = &mm->vmas[i];
	bool write = (v->flags & (VMF_WRITE | VMF_SHARED)) == VMF_WRITE;

	if (v->flags & VMF_LOCKONFAULT)
		return (s64)(end - start);
	if (!(v->flags & VMF_ACCESS))
		return -EFAULT;
	for (u64 a = start; a < end && !m->limit; a++) {
		int err = fault_in(m, mm, i, a, write ? ACCESS_WRITE : ACCESS_READ);

		if (err && a > start)
			return (s64)(a - start);
		if (err)
			return err == -ENOMEM ? err : -EFAULT;
	}
	return (s64)(end - start);
}

int populate(struct model *m, struct model_mm *mm, u64 start, u64 end, bool ignore_errors)
{
	for (u32 i = vma_find(mm, start); i < mm->vma_count && mm->vmas[i].start < end; i++) {
		u64 first = mm->vmas[i].start > start ? mm->vmas[i].start : start;
		u64 last = mm->vmas[i].end < end ? mm->vmas[i].end : end;

		while (first < last) {
			s64 done = populate_vma(m, mm, i, first, last);

			if (done < 0 && !ignore_errors)
				return (int)done;
			if (done < 0)
				break;
			first += (u64)done;
		}
	}
	return 0;
}
