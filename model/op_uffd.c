/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uffd_open(features), uffd_register(uffd, addr, len, mode), uffd_unregister(uffd, addr, len),
 * uffd_close(uffd) - userfaultfd(2), ioctl_userfaultfd(2), mm/userfaultfd.c (before 7.3 in part
 * fs/userfaultfd.c).
 *
 * A userfaultfd has a context that belongs to the address space of the process that opened it. An
 * area that is registered names the context, and its flags say which faults it asks for.
 *
 * Rules
 *  1. Nobody reads the descriptor while an operation runs: every one is opened with the feature
 *     SIGBUS, so that a fault that would wait is SIGBUS instead (handle_userfault(), rule 10 of
 *     fault.c). A program opens at most UFFD_OPENS_MAX: EMFILE, a rule of this tool.
 *  2. open: a feature that the kernel does not know is EINVAL (wp_async: rule uffd_wp_async).
 *  3. register, unregister, close: a descriptor that is not open, or another process's: EBADF (for
 *     the latter a rule of this tool). Mode 0 or unknown, addr or len not aligned, len 0, a range
 *     that does not end within user space: EINVAL. Nothing mapped in the range: EINVAL (before rule
 *     uffd_nothing_einval: ENOMEM if nothing is mapped behind it either).
 *  4. register looks at every area of the range before it changes any; the first that is in the way
 *     decides. Droppable, or minor and not a mapping of shared memory or a memfd: EINVAL; so is a
 *     mapping of FILE_DEV, but for write-protection alone with wp_async (vma_can_userfault());
 *     never writable: EPERM; registered with another descriptor: EBUSY; write-protection would be
 *     dropped: EBUSY (rule uffd_drop_wp).
 *  5. Then each area in address order: registered here with all these modes already, it is left
 *     alone; else its modes are replaced. Merge or split (merge.c). Holes do not matter.
 *  6. unregister: an area of another descriptor EINVAL (before rule uffd_unreg_owner: unregistered
 *     all the same), one that could not be registered with its modes EINVAL; then each area that is
 *     registered loses its context and modes, and merges or splits. A whole area does so without
 *     merging if there is no memory for that (userfaultfd_clear_vma()).
 *  7. close does the same for whole areas, and for those of this descriptor alone.
 *  8. fork: the child's areas are not registered, and merge with nothing by that; with event_fork
 *     they are, in a context of the child, which gets a descriptor with the same features
 *     (dup_userfaultfd()). A descriptor itself is not inherited, a rule of this tool.
 *  9. mremap: op_mremap_move.c, rule 4.
 */
#include <errno.h>

#include "internal.h"

#define FEATURES (ABI_UFFD_EVENT_FORK | ABI_UFFD_EVENT_REMAP | ABI_UFFD_WP_ASYNC)
#define MODES (ABI_UFFD_MODE_MISSING | ABI_UFFD_MODE_WP | ABI_UFFD_MODE_MINOR)

bool uffd_follows(const struct model *m, const struct model_vma *v)
{
	return v->uffd && ((m->uffds[v->uffd - 1].features & ABI_UFFD_EVENT_REMAP) ||
			   mutant(m, MUTANT_UFFD_FOLLOWS));
}

static u32 uffd_add(struct model *m, u32 proc, u64 features, u16 from)
{
	CHECK(m->uffd_count < UFFDS_MAX);
	m->uffds[m->uffd_count] = (struct model_uffd){
		.open = true, .proc = (u8)proc, .features = features, .from = from
	};
	return m->uffd_count++;
}

/* Rule 8. */
void uffd_fork(struct model *m, u32 child, struct model_vma *v)
{
	u16 parent = v->uffd;
	u32 k;

	if (!parent)
		return;
	v->uffd = 0;
	if (!(m->uffds[parent - 1].features & ABI_UFFD_EVENT_FORK)) {
		if (!mutant(m, MUTANT_FORK_KEEPS_UFFD))
			v->flags &= ~VMF_UFFD_MASK;
		return;
	}
	for (k = 0; k < m->uffd_count; k++)
		if (m->uffds[k].proc == child && m->uffds[k].from == parent)
			break;
	if (k == m->uffd_count)
		k = uffd_add(m, child, m->uffds[parent - 1].features, parent);
	v->uffd = (u16)(k + 1);
}

void uffd_exit(struct model *m, u32 proc)
{
	for (u32 k = 0; k < m->uffd_count; k++)
		if (m->uffds[k].proc == proc)
			m->uffds[k].open = false;
}

/* Rule 3: the descriptor's id, 0 if the process has no such. */
static u16 find_uffd(const struct model *m, const struct step *s)
{
	u64 index = s->op->arg[0];

	if (index >= m->uffd_count || !m->uffds[index].open || m->uffds[index].proc != s->proc)
		return 0;
	return (u16)(index + 1);
}

/* Rule 3: the range, page numbers. */
static int check_range(const struct model *m, const struct model_mm *mm, u64 addr, u64 len,
		       u64 *start, u64 *end)
{
	u32 i;

	if (addr % PAGE_BYTES || len % PAGE_BYTES || !len || addr >= ABI_TASK_SIZE ||
	    len > ABI_TASK_SIZE - addr)
		return -EINVAL;
	*start = addr >> PAGE_SHIFT;
	*end = (addr + len) >> PAGE_SHIFT;
	i = vma_find(mm, *start);
	if (i < mm->vma_count && mm->vmas[i].start < *end)
		return 0;
	if (m->config.rules.uffd_nothing_einval || i < mm->vma_count || *start < m->config.base_end)
		return -EINVAL;
	return -ENOMEM;
}

/* Rule 4: can such an area have these modes of @uffd (vma_can_userfault())? */
static bool can_register(struct model *m, const struct model_vma *v, u16 uffd, u64 modes)
{
	bool async = m->uffds[uffd - 1].features & ABI_UFFD_WP_ASYNC;

	/* A device has no userfault of its own, and needs none for asynchronous protection. */
	if (v->has_close && !(async && (modes & VMF_UFFD_MASK) == VMF_UFFD_WP))
		return false;
	if ((v->flags & VMF_DROPPABLE) && !quirk(m, QUIRK_UFFD_ON_DROPPABLE))
		return false;
	if ((modes & VMF_UFFD_WP) && !v->anonymous && !m->config.uffd_wp_files)
		return false;
	return !(modes & VMF_UFFD_MINOR) || !v->anonymous;
}

/* Rule 4, for one area. */
static int check_area(struct model *m, const struct model_vma *v, u16 uffd, u64 modes)
{
	if (!can_register(m, v, uffd, modes))
		return -EINVAL;
	if (!(v->flags & VMF_MAYWRITE))
		return -EPERM;
	if (v->uffd && v->uffd != uffd)
		return -EBUSY;
	if (v->uffd && (v->flags & VMF_UFFD_WP & ~modes) &&
	    m->config.rules.uffd_drop_wp == UFFD_DROP_WP_EBUSY)
		return -EBUSY;
	return 0;
}

/* Rules 5 and 6: the part of area *@i that lies in the range gets this context and these modes. */
static int set_part(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u16 uffd,
		    u64 modes)
{
	const struct model_vma *v = &mm->vmas[*i];

	return vma_modify_uffd(m, mm, i, v->start > start ? v->start : start,
			       v->end < end ? v->end : end, (v->flags & ~VMF_UFFD_MASK) | modes,
			       uffd);
}

/* Rules 4 and 5. */
static int register_range(struct model *m, struct model_mm *mm, u64 start, u64 end, u16 uffd,
			  u64 modes)
{
	u32 first = vma_find(mm, start);
	int err = 0;

	for (u32 i = first; !err && i < mm->vma_count && mm->vmas[i].start < end; i++)
		err = check_area(m, &mm->vmas[i], uffd, modes);
	for (u32 i = first; !err && i < mm->vma_count && mm->vmas[i].start < end && !m->limit; i++)
		if (mm->vmas[i].uffd != uffd || (mm->vmas[i].flags & modes) != modes)
			err = set_part(m, mm, &i, start, end, uffd, modes);
	return err;
}

/* Rule 6. */
static int unregister_range(struct model *m, struct model_mm *mm, u64 start, u64 end, u16 uffd)
{
	u32 first = vma_find(mm, start);
	int err = 0;

	for (u32 i = first; i < mm->vma_count && mm->vmas[i].start < end; i++) {
		const struct model_vma *v = &mm->vmas[i];

		if (v->uffd && v->uffd != uffd && m->config.rules.uffd_unreg_owner)
			return -EINVAL;
		if (!can_register(m, v, uffd, v->flags))
			return -EINVAL;
	}
	for (u32 i = first; !err && i < mm->vma_count && mm->vmas[i].start < end && !m->limit; i++)
		if (mm->vmas[i].uffd)
			err = set_part(m, mm, &i, start, end, 0, 0);
	return err;
}

void model_uffd_open(struct model *m, struct step *s)
{
	u64 features = s->op->arg[0];

	if (m->uffd_opened == UFFD_OPENS_MAX) {
		s->result->err = -EMFILE;
	} else if (alloc_fails(m, ALLOC_UFFD_OPEN)) {
		s->result->err = -ENOMEM;
	} else if ((features & ~(u64)FEATURES) ||
		   ((features & ABI_UFFD_WP_ASYNC) && !m->config.rules.uffd_wp_async)) {
		s->result->err = -EINVAL;
	} else {
		m->uffd_opened++;
		s->result->value = uffd_add(m, s->proc, features, 0);
	}
}

/* The flags of an area that is registered with these modes. */
static u64 mode_flags(u64 mode)
{
	return (mode & ABI_UFFD_MODE_MISSING ? VMF_UFFD_MISSING : 0) |
	       (mode & ABI_UFFD_MODE_WP ? VMF_UFFD_WP : 0) |
	       (mode & ABI_UFFD_MODE_MINOR ? VMF_UFFD_MINOR : 0);
}

void model_uffd_register(struct model *m, struct step *s)
{
	u64 addr = op_addr(s->op->arg[1], s->mm->last), len = s->op->arg[2], mode = s->op->arg[3];
	u16 uffd = find_uffd(m, s);
	u64 start, end;
	int err = !uffd ? -EBADF : !mode || (mode & ~(u64)MODES) ? -EINVAL : 0;

	if (!err)
		err = check_range(m, s->mm, addr, len, &start, &end);
	if (!err)
		err = register_range(m, s->mm, start, end, uffd, mode_flags(mode));
	s->result->err = err;
}

void model_uffd_unregister(struct model *m, struct step *s)
{
	u64 addr = op_addr(s->op->arg[1], s->mm->last);
	u16 uffd = find_uffd(m, s);
	u64 start, end;
	int err = uffd ? check_range(m, s->mm, addr, s->op->arg[2], &start, &end) : -EBADF;

	if (!err)
		err = unregister_range(m, s->mm, start, end, uffd);
	s->result->err = err;
}

/* Rule 7. */
void model_uffd_close(struct model *m, struct step *s)
{
	struct model_mm *mm = s->mm;
	u16 uffd = find_uffd(m, s);

	if (!uffd) {
		s->result->err = -EBADF;
		return;
	}
	for (u32 i = 0; i < mm->vma_count && !m->limit; i++)
		if (mm->vmas[i].uffd == uffd)
			set_part(m, mm, &i, mm->vmas[i].start, mm->vmas[i].end, 0, 0);
	m->uffds[uffd - 1].open = false;
}
