/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmap(addr, len, prot, flags, file, offset) - mmap(2), do_mmap(), mmap_region().
 *
 * Rules, in the order in which they decide
 *  1. offset not page aligned: EINVAL. No MAP_ANONYMOUS and no file: EBADF. len 0: EINVAL; len that
 *     wraps when rounded up: ENOMEM. More than max_map_count areas: ENOMEM (so one more than that
 *     is possible).
 *  2. The address. MAP_FIXED: exactly addr, ENOMEM if it does not fit below TASK_SIZE, EINVAL if
 *     not aligned, EPERM below mmap_min_addr. Else a hint, rounded down to a page, is taken if
 *     nothing is mapped there up to the guard gap of what follows; without one, or when it is
 *     taken, the kernel is free (model_may_place()); with MAP_32BIT within the second GiB, and a
 *     hint must end there. FIXED_NOREPLACE on anything mapped: EEXIST.
 *  3. MAP_LOCKED without the right to lock: EPERM; beyond RLIMIT_MEMLOCK: EAGAIN.
 *  4. Files: range beyond the largest file EOVERFLOW (of devices, beyond all numbers); shared and
 *     writable on a read-only file EACCES; shared_validate with flags from after 4.15: EOPNOTSUPP;
 *     exec on a noexec mount EPERM; GROWSDOWN or another type EINVAL. A shared mapping of a file
 *     that is not writable is SHARED no more and can never be written.
 *  5. Anonymous: shared has offset 0 and a file object of its own; droppable sets NORESERVE,
 *     WIPEONFORK, DONTDUMP and refuses LOCKED and GROWSDOWN; private is indexed by its address.
 *  6. What was mapped in the range goes. With rule mmap_fixed_atomic a failure (a sealed area
 *     EPERM, no room to split ENOMEM, the limits with what goes left out ENOMEM) leaves it mapped,
 *     though perhaps split; before, every failure is ENOMEM, and the limits come first.
 *  7. Private, writable, not NORESERVE: ACCOUNT (accountable_mapping()). MAP_NORESERVE is ignored
 *     when vm.overcommit_memory is 2.
 *  8. Merge (merge.c), or a new area. No memory for that: ENOMEM, and what was mapped is gone.
 *     MERGEABLE: op_memory_merge.c, rule 4.
 *  9. Droppable areas lose LOCKED, which mlockall(MCL_FUTURE) gave them, again
 *     (vma_supports_mlock()). What was to be locked, and MAP_POPULATE, fills the range; failures
 *     are ignored.
 */
#include <errno.h>

#include "internal.h"

/* LEGACY_MAP_MASK: the flags that MAP_SHARED_VALIDATE accepts. */
#define LEGACY_MAP_FLAGS 0x7c07f9f3ull
/* MAP_ABOVE4G, MAP_HUGETLB: the model does not know what they do. */
#define UNKNOWN_MAP_FLAGS 0x40080ull

/* Where MAP_32BIT maps, in pages; it begins up to 32 MiB later in a process whose addresses are
 * random (find_start_end() of arch/x86/kernel/sys_x86_64.c). */
#define LOW_START (0x40000000ull >> PAGE_SHIFT)
#define LOW_START_LATEST (0x42000000ull >> PAGE_SHIFT)
#define LOW_END (0x80000000ull >> PAGE_SHIFT)
#define PLACES_END (0x7f0000000000ull >> PAGE_SHIFT)

struct mapping {
	u64 addr, pages; /* page number; once chosen */
	u64 prot, mapflags, flags;
	u64 pgoff;
	u64 replaced; /* pages with ACCOUNT that MAP_FIXED took the place of */
	u16 file;     /* id, 0: none */
	bool anonymous, has_close;
};

static u64 prot_to_flags(u64 prot)
{
	return prot & (ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC);
}

/* Rule 5: every shared anonymous mapping has a file object of its own. */
static u16 new_shmem(struct model *m, u64 pages)
{
	if (m->file_count == MODEL_FILES_MAX) {
		limit(m, "more shared anonymous mappings than the model holds");
		return 0;
	}
	m->files[m->file_count] =
		(struct model_file){ .inode = MODEL_INODE_OWN, .writable = true, .pages = pages };
	return m->file_count++;
}

/* Freedom: any range that is free, page aligned and above mmap_min_addr (get_unmapped_area()). */
bool model_may_place(const struct model *m, const struct model_mm *mm, u64 addr, u64 len_bytes)
{
	return addr % PAGE_BYTES == 0 && addr >= m->config.mmap_min_addr &&
	       len_bytes <= ABI_TASK_SIZE && addr <= ABI_TASK_SIZE - len_bytes &&
	       !vma_intersects(mm, addr >> PAGE_SHIFT, (addr + len_bytes) >> PAGE_SHIFT);
}

/* Top down from a fixed place, as kernels do: directly below what lies up there, so that
 * neighbours merge by accident as often as on a real machine. */
static u64 choose_below(const struct model_mm *mm, u64 pages, u64 end)
{
	u64 start = end - pages;

	for (u32 i = mm->vma_count; i > 0; i--)
		if (mm->vmas[i - 1].start < start + pages && mm->vmas[i - 1].end > start)
			start = mm->vmas[i - 1].start - pages;
	return start;
}

u64 choose_place(const struct model_mm *mm, u64 pages)
{
	return choose_below(mm, pages, PLACES_END);
}

/* Rule 2, without MAP_FIXED (arch_get_unmapped_area_topdown()). */
bool hint_is_free(const struct model_mm *mm, u64 hint, u64 pages)
{
	u32 i = vma_find(mm, hint);
	u64 limit_page;

	if (hint > (ABI_TASK_SIZE >> PAGE_SHIFT) - pages)
		return false;
	if (i == mm->vma_count)
		return true;
	limit_page = mm->vmas[i].start;
	if (mm->vmas[i].flags & VMF_GROWSDOWN)
		limit_page -= limit_page > 256 ? 256 : limit_page;
	return hint + pages <= limit_page;
}

/* Rule 2, with MAP_32BIT (arch_get_unmapped_area()). */
static void place_low(struct model *m, struct step *s, struct mapping *map, u64 hint, u64 len)
{
	u64 seen = s->seen && !s->seen->err ? s->seen->value >> PAGE_SHIFT : 0;

	if (hint && hint + map->pages <= LOW_END && hint_is_free(s->mm, hint, map->pages)) {
		map->addr = hint;
		return;
	}
	map->addr = map->pages < LOW_END - LOW_START_LATEST ?
			    choose_below(s->mm, map->pages, LOW_END) : 0;
	if (map->addr < LOW_START_LATEST)
		limit(m, "MAP_32BIT with hardly room for it");
	if (seen >= LOW_START && seen + map->pages <= LOW_END &&
	    model_may_place(m, s->mm, s->seen->value, len))
		map->addr = seen;
}

/* Rule 2. */
static int place(struct model *m, struct step *s, struct mapping *map, u64 addr, u64 len)
{
	u64 hint = addr & ~(PAGE_BYTES - 1);

	if (len > ABI_TASK_SIZE)
		return -ENOMEM;
	if (map->mapflags & (ABI_MAP_FIXED | ABI_MAP_FIXED_NOREPLACE)) {
		if (addr > -PAGE_BYTES && quirk(m, QUIRK_MMAP_FIXED_ERRNO))
			return (int)addr;
		if (addr > ABI_TASK_SIZE - len)
			return -ENOMEM;
		if (addr % PAGE_BYTES)
			return -EINVAL;
		if (addr < m->config.mmap_min_addr && !m->config.cap_rawio)
			return -EPERM;
		map->addr = addr >> PAGE_SHIFT;
		if ((map->mapflags & ABI_MAP_FIXED_NOREPLACE) &&
		    vma_intersects(s->mm, map->addr, map->addr + map->pages))
			return -EEXIST;
		if (map->pages > MAPPING_PAGES_MAX)
			limit(m, "a mapping of more than 4 GiB");
		return 0;
	}
	if (map->pages > MAPPING_PAGES_MAX) {
		limit(m, "a mapping of more than 4 GiB");
		return 0;
	}
	if (hint && hint < m->config.hint_min_addr)
		hint = page_align(m->config.hint_min_addr);
	if (map->mapflags & ABI_MAP_32BIT)
		place_low(m, s, map, hint >> PAGE_SHIFT, len);
	else if (hint && hint_is_free(s->mm, hint >> PAGE_SHIFT, map->pages))
		map->addr = hint >> PAGE_SHIFT;
	else if (!s->seen)
		map->addr = choose_place(s->mm, map->pages);
	else if (!s->seen->err && model_may_place(m, s->mm, s->seen->value, len))
		map->addr = s->seen->value >> PAGE_SHIFT;
	else
		map->addr = choose_place(s->mm, map->pages);
	return 0;
}

/* Rule 4. */
static int check_file(struct model *m, struct mapping *map, u64 len)
{
	const struct model_file *f = &m->files[map->file];
	u64 type = map->mapflags & ABI_MAP_TYPE;
	bool device = f->inode == MODEL_INODE_ZERO || f->inode == MODEL_INODE_DEV;
	u64 max = device ? ~0ull : (1ull << 63) - 1;

	if (len > max || map->pgoff > (max - len) >> PAGE_SHIFT)
		return -EOVERFLOW;
	if (type == ABI_MAP_SHARED_VALIDATE && (map->mapflags & ~LEGACY_MAP_FLAGS))
		return -EOPNOTSUPP;
	if (type == ABI_MAP_SHARED || type == ABI_MAP_SHARED_VALIDATE) {
		if ((map->prot & ABI_PROT_WRITE) && !f->writable)
			return -EACCES;
		map->flags |= VMF_SHARED | VMF_MAYSHARE;
		if (!f->writable)
			map->flags &= ~(VMF_MAYWRITE | VMF_SHARED);
	} else if (type != ABI_MAP_PRIVATE) {
		return -EINVAL;
	}
	if (f->inode == MODEL_INODE_ZERO && m->config.zero_noexec) {
		if (map->prot & ABI_PROT_EXEC)
			return -EPERM;
		map->flags &= ~VMF_MAYEXEC;
	}
	if (map->flags & VMF_GROWSDOWN)
		return -EINVAL;
	/* /dev/zero: private is anonymous memory that keeps the file, shared a shmem object. */
	map->anonymous = f->inode == MODEL_INODE_ZERO && type == ABI_MAP_PRIVATE;
	map->has_close = f->inode == MODEL_INODE_DEV;
	if (f->inode == MODEL_INODE_ZERO && !map->anonymous)
		map->file = new_shmem(m, map->pages);
	return 0;
}

/* Rule 5. */
static int check_anonymous(struct model *m, struct mapping *map)
{
	u64 type = map->mapflags & ABI_MAP_TYPE;

	map->file = 0;
	if (type == ABI_MAP_SHARED) {
		if (map->flags & VMF_GROWSDOWN)
			return -EINVAL;
		map->pgoff = 0;
		map->flags |= VMF_SHARED | VMF_MAYSHARE;
		map->file = new_shmem(m, map->pages);
		return 0;
	}
	if (type == ABI_MAP_DROPPABLE && m->config.rules.droppable) {
		if ((map->mapflags & ABI_MAP_LOCKED) || (map->flags & VMF_GROWSDOWN))
			return -EINVAL;
		map->flags |= VMF_DROPPABLE | VMF_NORESERVE | VMF_WIPEONFORK | VMF_DONTDUMP;
	} else if (type != ABI_MAP_PRIVATE) {
		return -EINVAL;
	}
	map->anonymous = true;
	map->pgoff = map->addr;
	return 0;
}

/* The VMF_* of prot and the MAP_* that have one (calc_vm_prot_bits(), calc_vm_flag_bits()). */
static u64 calc_flags(const struct model *m, const struct model_mm *mm, const struct mapping *map)
{
	u64 flags = prot_to_flags(map->prot) | VMF_MAYREAD | VMF_MAYWRITE | VMF_MAYEXEC |
		    mm->def_flags;

	if (map->mapflags & ABI_MAP_GROWSDOWN)
		flags |= VMF_GROWSDOWN;
	if (map->mapflags & ABI_MAP_LOCKED)
		flags |= VMF_LOCKED;
	if ((map->mapflags & ABI_MAP_STACK) && m->config.rules.map_stack_nohuge && m->config.thp)
		flags |= VMF_NOHUGEPAGE;
	return flags;
}

/* What was replaced is gone, and what was to take over its charge does not come to be: the kernel
 * with this bug counts it for good. */
static void lose_charge(struct model *m, const struct mapping *map)
{
	if ((map->flags & VMF_ACCOUNT) && map->replaced && m->config.rules.mmap_fixed_atomic &&
	    quirk(m, QUIRK_MMAP_FIXED_NOMEM_CHARGES))
		m->committed_extra += (s64)map->replaced;
}

/* Rules 7 and 8. 0 or -ENOMEM. */
static int map_range(struct model *m, struct model_mm *mm, struct mapping *map)
{
	struct merge_range r = { .start = map->addr,
				 .end = map->addr + map->pages,
				 .pgoff = map->pgoff,
				 .anon_pgoff = map->addr,
				 .file = map->file,
				 .fresh = true,
				 .fork_quirk = QUIRK_COUNT };
	struct model_vma v;
	int i;

	if ((map->flags & (VMF_NORESERVE | VMF_SHARED | VMF_WRITE)) == VMF_WRITE &&
	    !mutant(m, MUTANT_NO_ACCOUNT))
		map->flags |= VMF_ACCOUNT;
	if (m->config.soft_dirty)
		map->flags |= VMF_SOFTDIRTY;
	map->flags = ksm_flags(m, mm, map->flags, map->file, false);
	r.flags = map->flags;
	i = m->config.rules.new_merge == NEW_MERGE_CHAINED ? merge_new_chained(m, mm, &r)
							   : merge_new(m, mm, &r);
	if (i < 0) {
		if (alloc_fails(m, ALLOC_NEW_AREA)) {
			lose_charge(m, map);
			return -ENOMEM;
		}
		v = (struct model_vma){ .start = r.start,
					.end = r.end,
					.pgoff = r.pgoff,
					.anon_pgoff = r.anon_pgoff,
					.flags = ksm_flags(m, mm, map->flags, map->file, true),
					.file = map->file,
					.anonymous = map->anonymous,
					.has_close = map->has_close };
		vma_insert(m, mm, &v);
	}
	mm_account(mm, map->flags, (s64)map->pages);
	/* Rule 9: after merging, so that equal neighbours may stay apart. */
	if ((map->flags & VMF_DROPPABLE) && (map->flags & VMF_LOCKED) &&
	    !quirk(m, QUIRK_DROPPABLE_LOCKED))
		mm->vmas[vma_find(mm, map->addr)].flags &= ~VMF_LOCKED_MASK;
	else if (map->flags & VMF_LOCKED)
		mm->counter[COUNT_LOCKED_VM] += (s64)map->pages;
	return 0;
}

/* Rule 1. */
static int check_args(const struct model *m, const struct model_mm *mm, const struct op *op,
		      u64 *len)
{
	u64 offset = op->arg[5];

	if (offset % PAGE_BYTES)
		return -EINVAL;
	if (!(op->arg[3] & ABI_MAP_ANONYMOUS) && op->arg[4] == FILE_NONE)
		return -EBADF;
	if (!op->arg[1])
		return -EINVAL;
	*len = page_align(op->arg[1]);
	if (!*len)
		return -ENOMEM;
	if (mm_map_count(m, mm) > max_map_count(m))
		return -ENOMEM;
	return 0;
}

/* The pages of [start, end) that are mapped with any of @flags. */
static u64 mapped_pages(const struct model_mm *mm, u64 start, u64 end, u64 flags)
{
	u64 pages = 0;

	for (u32 i = vma_find(mm, start); i < mm->vma_count && mm->vmas[i].start < end; i++) {
		const struct model_vma *v = &mm->vmas[i];

		if (v->flags & flags)
			pages += (v->end < end ? v->end : end) -
				 (v->start > start ? v->start : start);
	}
	return pages;
}

/* Rule 6. */
static int clear(struct model *m, struct model_mm *mm, struct mapping *map)
{
	u64 end = map->addr + map->pages;
	u64 more = map->pages - mapped_pages(mm, map->addr, end, ~0ull);
	int err;

	map->replaced = mapped_pages(mm, map->addr, end, VMF_ACCOUNT);

	if (!m->config.rules.mmap_fixed_atomic) {
		if (!mm_may_expand(m, mm, map->flags, more))
			return -ENOMEM;
		return unmap_range(m, mm, map->addr, end) ? -ENOMEM : 0;
	}
	err = unmap_prepare(m, mm, map->addr, end);
	if (!err && !m->limit && !mm_may_expand(m, mm, map->flags, more))
		err = -ENOMEM;
	if (!err && !m->limit)
		unmap_complete(m, mm, map->addr, end);
	return err;
}

/* Rules 3 to 6. */
static int check_and_clear(struct model *m, struct model_mm *mm, struct mapping *map, u64 len)
{
	bool file = !(map->mapflags & ABI_MAP_ANONYMOUS);
	int err;

	map->flags = calc_flags(m, mm, map);
	if ((map->mapflags & ABI_MAP_LOCKED) && !may_lock_at_all(m, mm))
		return -EPERM;
	if ((map->flags & VMF_LOCKED) && !mm_may_lock(m, mm, map->pages))
		return -EAGAIN;
	err = file ? check_file(m, map, len) : check_anonymous(m, map);
	if (err)
		return err;
	if ((map->mapflags & ABI_MAP_NORESERVE) && !m->config.overcommit_never)
		map->flags |= VMF_NORESERVE;
	return clear(m, mm, map);
}

static void fill(struct model *m, struct model_mm *mm, const struct mapping *map)
{
	if ((map->flags & VMF_LOCKED) ||
	    (map->mapflags & (ABI_MAP_POPULATE | ABI_MAP_NONBLOCK)) == ABI_MAP_POPULATE)
		populate(m, mm, map->addr, map->addr + map->pages, true);
}

int mmap_again(struct model *m, struct model_mm *mm, const struct model_vma *v, u64 start,
	       u64 pages, u64 pgoff)
{
	struct mapping map = { .addr = start,
			       .pages = pages,
			       .prot = v->flags & VMF_ACCESS,
			       .mapflags = ABI_MAP_SHARED | ABI_MAP_FIXED | ABI_MAP_POPULATE |
					   (v->flags & VMF_LOCKED ? ABI_MAP_LOCKED : 0),
			       .pgoff = pgoff,
			       .file = v->file };
	int err;

	if (mm_map_count(m, mm) > max_map_count(m))
		return -ENOMEM;
	err = check_and_clear(m, mm, &map, pages << PAGE_SHIFT);
	if (err || m->limit)
		return err;
	err = map_range(m, mm, &map);
	if (err || m->limit)
		return err;
	fill(m, mm, &map);
	return 0;
}

void model_mmap(struct model *m, struct step *s)
{
	const struct op *op = s->op;
	struct mapping map = { .prot = op->arg[2],
			       .mapflags = op->arg[3],
			       .pgoff = op->arg[5] >> PAGE_SHIFT,
			       .file = (u16)op->arg[4] };
	u64 len = 0;
	int err = check_args(m, s->mm, op, &len);

	if (map.mapflags & UNKNOWN_MAP_FLAGS)
		limit(m, "a flag of mmap that the model does not know");
	map.pages = len >> PAGE_SHIFT;
	if (!err)
		err = place(m, s, &map, op_addr(op->arg[0], s->mm->last), len);
	if (!err && !m->limit)
		err = check_and_clear(m, s->mm, &map, len);
	if (!err && !m->limit)
		err = map_range(m, s->mm, &map);
	if (err || m->limit) {
		s->result->err = err;
		return;
	}
	fill(m, s->mm, &map);
	s->result->value = map.addr << PAGE_SHIFT;
	s->mm->last = s->result->value;
}
