/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The areas of one process: a sorted array, searched from the front.
 *
 * Rules
 *  1. Areas are disjoint, sorted, not empty (validate_mm()).
 *  2. Splitting leaves two areas with the same attributes; the page offset of the upper one
 *     continues that of the lower one (__split_vma()).
 *  3. A split that a system call asks for fails with ENOMEM at max_map_count areas (split_vma()),
 *     and any split for want of memory.
 *  4. total_vm counts the pages of all areas; exec_vm, stack_vm and data_vm those that are
 *     executable and not writable, that grow down, that are writable and private
 *     (vm_stat_account(), is_data_mapping()).
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

u32 vma_find(const struct model_mm *mm, u64 page)
{
	u32 i = 0;

	while (i < mm->vma_count && mm->vmas[i].end <= page)
		i++;
	return i;
}

bool vma_intersects(const struct model_mm *mm, u64 start, u64 end)
{
	u32 i = vma_find(mm, start);

	return i < mm->vma_count && mm->vmas[i].start < end;
}

const struct model_vma *model_vma_at(const struct model *m, u32 proc, u64 addr)
{
	const struct model_mm *mm = &m->mm[proc];
	u32 i = vma_find(mm, addr);

	return i < mm->vma_count && mm->vmas[i].start <= addr ? &mm->vmas[i] : NULL;
}

u32 vma_insert(struct model *m, struct model_mm *mm, const struct model_vma *v)
{
	u32 i = vma_find(mm, v->start);

	if (mm->vma_count == MODEL_VMAS_MAX) {
		limit(m, "more areas in one process than the model holds");
		return i ? i - 1 : 0;
	}
	memmove(&mm->vmas[i + 1], &mm->vmas[i], (mm->vma_count - i) * sizeof(mm->vmas[0]));
	mm->vmas[i] = *v;
	mm->vma_count++;
	mm->counter[COUNT_MAP]++;
	return i;
}

void vma_delete(struct model *m, struct model_mm *mm, u32 i)
{
	anon_vma_unlink(m, &mm->vmas[i]);
	mm->vma_count--;
	mm->counter[COUNT_MAP]--;
	memmove(&mm->vmas[i], &mm->vmas[i + 1], (mm->vma_count - i) * sizeof(mm->vmas[0]));
}

/* Private mappings of files have an index of their own for anonymous pages from 7.3 on. */
u64 vma_index(const struct model *m, const struct model_vma *v, u64 page)
{
	bool cow_file = v->file && (v->flags & VMF_MAYWRITE) && !(v->flags & VMF_SHARED);
	u64 first = cow_file && m->config.rules.cow_file_index == COW_FILE_VIRTUAL ? v->anon_pgoff
										   : v->pgoff;

	return first + (page - v->start);
}

/* Rules 2 and 3. */
int vma_split(struct model *m, struct model_mm *mm, u32 i, u64 page, bool new_below)
{
	struct model_vma upper, *lower = &mm->vmas[i];
	u64 delta = page - lower->start;

	CHECK(lower->start < page && page < lower->end);
	if (alloc_fails(m, ALLOC_SPLIT))
		return -ENOMEM;
	upper = *lower;
	upper.start = page;
	if (!mutant(m, MUTANT_SPLIT_OFFSET))
		upper.pgoff += delta;
	upper.anon_pgoff += delta;
	upper.anon_vma = 0;
	upper.chain_len = 0;
	lower->end = page;
	vma_insert(m, mm, &upper);
	if (m->limit)
		return 0;
	anon_vma_dup(m, &mm->vmas[i + 1], lower);
	/* Only the copy's chain may come out in another order than the original's. */
	if (new_below) {
		u16 chain[MODEL_CHAIN_MAX];

		memcpy(chain, lower->chain, sizeof(chain));
		memcpy(lower->chain, mm->vmas[i + 1].chain, sizeof(chain));
		memcpy(mm->vmas[i + 1].chain, chain, sizeof(chain));
	}
	return 0;
}

u64 grown_soft_dirty(struct model *m, const struct model_vma *v)
{
	if (!m->config.soft_dirty || (v->flags & VMF_SOFTDIRTY))
		return 0;
	return quirk(m, QUIRK_GROW_NOT_SOFT_DIRTY) ? 0 : VMF_SOFTDIRTY;
}

s64 mm_map_count(const struct model *m, const struct model_mm *mm)
{
	return (s64)m->config.base_map_count + mm->counter[COUNT_MAP];
}

/* Rule 3. */
bool vma_may_split(const struct model *m, const struct model_mm *mm)
{
	return mm_map_count(m, mm) < max_map_count(m);
}

/* Rule 4. */
void counters_account(s64 *counter, u64 flags, s64 pages)
{
	counter[COUNT_TOTAL_VM] += pages;
	if ((flags & (VMF_EXEC | VMF_WRITE | VMF_GROWSDOWN)) == VMF_EXEC)
		counter[COUNT_EXEC_VM] += pages;
	else if (flags & VMF_GROWSDOWN)
		counter[COUNT_STACK_VM] += pages;
	else if ((flags & (VMF_WRITE | VMF_SHARED)) == VMF_WRITE)
		counter[COUNT_DATA_VM] += pages;
}

void mm_account(struct model_mm *mm, u64 flags, s64 pages)
{
	counters_account(mm->counter, flags, pages);
}

/* Is there a right to lock at all, whatever the room (can_do_mlock())? */
bool may_lock_at_all(const struct model *m, const struct model_mm *mm)
{
	return m->config.cap_ipc_lock || mm_limit(m, mm, LIMIT_MEMLOCK) ||
	       m->config.memlock_below_page;
}

bool mm_may_lock(const struct model *m, const struct model_mm *mm, u64 pages)
{
	u64 locked = (u64)((s64)m->config.base_locked_vm + mm->counter[COUNT_LOCKED_VM]);

	return m->config.cap_ipc_lock || locked + pages <= mm_limit(m, mm, LIMIT_MEMLOCK);
}
