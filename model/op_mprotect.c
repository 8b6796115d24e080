/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mprotect(addr, len, prot) - mprotect(2), do_mprotect_pkey(), mprotect_fixup().
 *
 * Rules, in the order in which they decide
 *  1. PROT_GROWSDOWN with PROT_GROWSUP EINVAL; addr not aligned EINVAL; len 0 success, whatever
 *     prot is; a range that wraps ENOMEM; an unknown bit of prot EINVAL. The start not mapped:
 *     ENOMEM. GROWSDOWN: the range begins where the area does, which must grow down (EINVAL).
 *     GROWSUP: EINVAL.
 *  2. Each area in address order: access that its MAY flags forbid EACCES; sealed EPERM; access as
 *     it is: left alone. What was changed before an error stays; a hole ends it with ENOMEM.
 *  3. Becoming writable, or differently so, beyond the limits: ENOMEM, unless as many pages more of
 *     what it was would break them too. Becoming writable: ACCOUNT is charged unless SHARED,
 *     NORESERVE, or it has it (or is writable) already. Becoming read-only gives it back if the
 *     area is unfaulted (rule acct_drop_on_ro).
 *  4. Merge or split (merge.c); the pages of the range change their class in the size counters.
 *  5. A locked private area that becomes writable is filled as by stores, up to the first page that
 *     cannot be had (populate_vma_page_range()).
 */
#include <errno.h>

#include "internal.h"

/* Rule 3. */
static u64 account_change(const struct model *m, const struct model_vma *v, u64 flags)
{
	const u64 charged = VMF_ACCOUNT | VMF_WRITE | VMF_SHARED | VMF_NORESERVE;

	if (flags & VMF_WRITE)
		return v->flags & charged ? flags : flags | VMF_ACCOUNT;
	if (m->config.rules.acct_drop_on_ro && v->anonymous && !v->anon_vma)
		return flags & ~VMF_ACCOUNT;
	return flags;
}

/* Rules 2 to 5 for [start, end) of area *@i. */
static int fixup(struct model *m, struct model_mm *mm, u32 *i, u64 start, u64 end, u64 prot)
{
	u64 old = mm->vmas[*i].flags, flags = (old & ~VMF_ACCESS) | prot;
	int err;

	if (prot & ~(old >> 4) & VMF_ACCESS)
		return -EACCES;
	if ((old & VMF_SEALED) && !mutant(m, MUTANT_SEAL_IGNORED))
		return -EPERM;
	if (flags == old)
		return 0;
	if ((prot & VMF_WRITE) && !mm_may_expand(m, mm, flags, end - start) &&
	    mm_may_expand(m, mm, old, end - start))
		return -ENOMEM;
	flags = account_change(m, &mm->vmas[*i], flags);
	err = vma_modify(m, mm, i, start, end, flags);
	if (err || m->limit)
		return err;
	mm_account(mm, old, -(s64)(end - start));
	mm_account(mm, flags, (s64)(end - start));
	if ((flags & (VMF_WRITE | VMF_SHARED | VMF_LOCKED)) == (VMF_WRITE | VMF_LOCKED) &&
	    !(old & VMF_WRITE))
		populate_vma(m, mm, *i, start, end);
	return 0;
}

/* Rule 1: what is decided before any area is changed. 1: there is nothing to do. */
static int check_args(const struct model_mm *mm, u64 *addr, u64 len, u64 prot, u32 *first)
{
	u64 grows = prot & (ABI_PROT_GROWSDOWN | ABI_PROT_GROWSUP), end = *addr + page_align(len);
	const struct model_vma *v;

	if (grows == (ABI_PROT_GROWSDOWN | ABI_PROT_GROWSUP) || *addr % PAGE_BYTES)
		return -EINVAL;
	if (!len)
		return 1;
	if (end <= *addr)
		return -ENOMEM;
	if ((prot & ~grows) & ~(u64)(ABI_PROT_READ | ABI_PROT_WRITE | ABI_PROT_EXEC | ABI_PROT_SEM))
		return -EINVAL;
	*first = vma_find(mm, *addr >> PAGE_SHIFT);
	if (*first == mm->vma_count)
		return -ENOMEM;
	v = &mm->vmas[*first];
	if (grows & ABI_PROT_GROWSDOWN) {
		if (v->start << PAGE_SHIFT >= end)
			return -ENOMEM;
		*addr = v->start << PAGE_SHIFT;
		return v->flags & VMF_GROWSDOWN ? 0 : -EINVAL;
	}
	if (v->start > *addr >> PAGE_SHIFT)
		return -ENOMEM;
	return grows ? -EINVAL : 0;
}

void model_mprotect(struct model *m, struct step *s)
{
	struct model_mm *mm = s->mm;
	u64 addr = op_addr(s->op->arg[0], mm->last), prot = s->op->arg[2] & VMF_ACCESS;
	u64 end = (addr + page_align(s->op->arg[1])) >> PAGE_SHIFT, at;
	u32 i = 0;
	int err = check_args(mm, &addr, s->op->arg[1], s->op->arg[2], &i);

	for (at = addr >> PAGE_SHIFT; !err && at < end && !m->limit;) {
		if (i == mm->vma_count || mm->vmas[i].start > at) {
			err = -ENOMEM;
			break;
		}
		err = fixup(m, mm, &i, at, mm->vmas[i].end < end ? mm->vmas[i].end : end, prot);
		at = mm->vmas[i].end;
		i++;
	}
	s->result->err = err < 0 ? err : 0;
}
