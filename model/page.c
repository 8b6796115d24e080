/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages of a process are populated, and what they contain; what the files contain.
 *
 * Rules
 *  1. A page is recorded when something is mapped at its address: the zero page, an anonymous page,
 *     a page of a file, or a guard marker. No record: the next access faults.
 *  2. Unmapping and discarding drop the records; guard markers survive MADV_DONTNEED and MADV_FREE
 *     (zap_pte_range(), ZAP_FLAG_DROP_MARKER).
 *  3. A file's page reads as 0 until it is written through a shared mapping (shmem).
 *  4. MADV_REMOVE turns pages of the file into holes, and unmaps them everywhere; private copies
 *     stay (shmem_fallocate(), unmap_mapping_range() without even_cows).
 */
#include <string.h>

#include "internal.h"

u32 page_lower(const struct model_mm *mm, u64 addr)
{
	u32 low = 0, high = mm->page_count;

	while (low < high) {
		u32 mid = (low + high) / 2;

		if (mm->pages[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct model_page *page_at(struct model_mm *mm, u64 addr)
{
	u32 i = page_lower(mm, addr);

	return i < mm->page_count && mm->pages[i].addr == addr ? &mm->pages[i] : NULL;
}

struct model_page *page_make(struct model *m, struct model_mm *mm, u64 addr)
{
	u32 i = page_lower(mm, addr);

	if (i == mm->page_count || mm->pages[i].addr != addr) {
		if (mm->page_count == MODEL_PAGES_MAX) {
			limit(m, "more populated pages in one process than the model holds");
			return NULL;
		}
		memmove(&mm->pages[i + 1], &mm->pages[i],
			(mm->page_count - i) * sizeof(mm->pages[0]));
		mm->page_count++;
	}
	mm->pages[i] = (struct model_page){ .addr = addr };
	return &mm->pages[i];
}

static void page_drop(struct model_mm *mm, u32 first, u32 count)
{
	mm->page_count -= count;
	memmove(&mm->pages[first], &mm->pages[first + count],
		(mm->page_count - first) * sizeof(mm->pages[0]));
}

void page_zap(struct model_mm *mm, u64 start, u64 end)
{
	u32 first = page_lower(mm, start);

	page_drop(mm, first, page_lower(mm, end) - first);
}

/* Rule 2. */
void page_zap_keep_guards(struct model_mm *mm, u64 start, u64 end)
{
	u32 i = page_lower(mm, start);

	while (i < mm->page_count && mm->pages[i].addr < end)
		if (mm->pages[i].state == PAGE_GUARD)
			i++;
		else
			page_drop(mm, i, 1);
}

void page_move(struct model *m, struct model_mm *mm, u64 from, u64 to, u64 pages)
{
	u32 first = page_lower(mm, from), count = page_lower(mm, from + pages) - first;

	/* One at a time: source and destination may be in any order, and there are few. */
	for (u32 k = 0; k < count; k++) {
		u32 i = page_lower(mm, from);
		struct model_page moved = mm->pages[i], *p;

		page_drop(mm, i, 1);
		moved.addr = moved.addr - from + to;
		p = page_make(m, mm, moved.addr);
		if (p)
			*p = moved;
	}
}

static u16 file_key(const struct model *m, u16 file)
{
	return m->files[file].inode == MODEL_INODE_OWN ? (u16)(256 + file) : m->files[file].inode;
}

static struct model_file_page *file_page(const struct model *m, u16 file, u64 index)
{
	u16 key = file_key(m, file);

	for (u32 i = 0; i < m->file_page_count; i++)
		if (m->file_pages[i].file_key == key && m->file_pages[i].index == index)
			return (struct model_file_page *)&m->file_pages[i];
	return NULL;
}

bool file_cached(const struct model *m, u16 file, u64 index)
{
	return file_page(m, file, index);
}

void file_cache(struct model *m, u16 file, u64 index)
{
	struct model_file_page *p = file_page(m, file, index);

	if (p)
		p->may_be_gone = false;
	else
		file_set_tag(m, file, index, 0);
}

bool file_may_be_gone(const struct model *m, u16 file, u64 index)
{
	const struct model_file_page *p = file_page(m, file, index);

	return p && p->may_be_gone;
}

void file_reclaim(struct model *m, u16 file, u64 index)
{
	struct model_file_page *p = file_page(m, file, index);

	if (p && !p->tag)
		p->may_be_gone = true;
}

/* Rule 3. */
u64 file_tag(const struct model *m, u16 file, u64 index)
{
	const struct model_file_page *p = file_page(m, file, index);

	return p ? p->tag : 0;
}

void file_set_tag(struct model *m, u16 file, u64 index, u64 tag)
{
	struct model_file_page *p = file_page(m, file, index);

	if (!p && m->file_page_count == MODEL_FILE_PAGES_MAX) {
		limit(m, "more pages of files than the model holds");
		return;
	}
	if (!p)
		p = &m->file_pages[m->file_page_count++];
	*p = (struct model_file_page){ .file_key = file_key(m, file), .index = index, .tag = tag };
}

/* Rule 4, in one process. */
static void punch_mm(struct model *m, struct model_mm *mm, u16 key, u64 first, u64 count)
{
	for (u32 i = 0; i < mm->vma_count; i++) {
		const struct model_vma *v = &mm->vmas[i];
		u32 p;

		if (!v->file || v->anonymous || file_key(m, v->file) != key)
			continue;
		p = page_lower(mm, v->start);
		while (p < mm->page_count && mm->pages[p].addr < v->end) {
			u64 index = v->pgoff + (mm->pages[p].addr - v->start);
			bool file_backed = mm->pages[p].state == PAGE_FILE ||
					   mm->pages[p].state == PAGE_FILE_MAY;

			if (file_backed && index >= first && index < first + count)
				page_drop(mm, p, 1);
			else
				p++;
		}
	}
}

void file_punch(struct model *m, u16 file, u64 first, u64 count)
{
	u16 key = file_key(m, file);

	for (u32 i = 0; i < m->file_page_count; i++) {
		struct model_file_page *p = &m->file_pages[i];

		if (p->file_key == key && p->index >= first && p->index < first + count)
			*p = m->file_pages[--m->file_page_count], i--;
	}
	for (u32 n = 0; n < m->proc_count; n++)
		if (m->live >> n & 1)
			punch_mm(m, &m->mm[n], key, first, count);
}
