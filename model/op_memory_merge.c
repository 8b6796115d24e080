/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * memory_merge(on) - prctl(2) with PR_SET_MEMORY_MERGE, ksm_enable_merge_any(),
 * ksm_disable_merge_any().
 *
 * Rules
 *  1. A kernel without KSM, or from before the call (rule ksm_prctl=absent): EINVAL.
 *  2. On: every area that KSM can merge gets MERGEABLE; off: every area loses it, also one that has
 *     it by madvise. Areas that are alike by that do not become one. What is on or off already
 *     stays as it is. No memory to tell KSM of the process (__ksm_enter()): ENOMEM.
 *  3. KSM cannot merge memory that is shared, or may be, nor droppable memory (ksm_compatible()).
 *  4. As long as it is on, new memory gets MERGEABLE too. Rule ksm_prctl=early: before a merge is
 *     looked for, so that it finds its like; late: afterwards and only if nothing merged, so that
 *     areas of equal flags stay apart. Early is not for files whose driver may change the flags in
 *     its mmap(): of the files here, without rule ksm_zero_early, /dev/zero and FILE_DEV
 *     (can_set_ksm_flags_early()).
 *  5. Inherited by fork.
 */
#include <errno.h>

#include "internal.h"

/* Rule 3. */
static bool ksm_compatible(u64 flags)
{
	return !(flags & (VMF_SHARED | VMF_MAYSHARE | VMF_DROPPABLE));
}

/* Rule 4. */
static bool is_early(const struct model *m, u16 file)
{
	u8 inode = m->files[file].inode;

	if (m->config.rules.ksm_prctl != KSM_PRCTL_EARLY)
		return false;
	if (!file)
		return true;
	return (inode != MODEL_INODE_DEV && inode != MODEL_INODE_ZERO) ||
	       m->config.rules.ksm_zero_early;
}

u64 ksm_flags(const struct model *m, const struct model_mm *mm, u64 flags, u16 file, bool merged)
{
	if (!mm->merge_any || !ksm_compatible(flags) || is_early(m, file) == merged)
		return flags;
	return flags | VMF_MERGEABLE;
}

void model_memory_merge(struct model *m, struct step *s)
{
	struct model_mm *mm = s->mm;
	bool on = s->op->arg[0];

	if (!m->config.ksm || m->config.rules.ksm_prctl == KSM_PRCTL_ABSENT) {
		s->result->err = -EINVAL;
		return;
	}
	if (on && !mm->merge_any && alloc_fails(m, ALLOC_KSM_ENTER)) {
		s->result->err = -ENOMEM;
		return;
	}
	for (u32 i = 0; mm->merge_any != on && i < mm->vma_count; i++) {
		if (!on)
			mm->vmas[i].flags &= ~VMF_MERGEABLE;
		else if (ksm_compatible(mm->vmas[i].flags))
			mm->vmas[i].flags |= VMF_MERGEABLE;
	}
	mm->merge_any = on;
}
