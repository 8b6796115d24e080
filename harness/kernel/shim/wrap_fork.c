/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kernel/fork.c, and the way to what is static in it.
 */
#include "kernel/fork.c"

#include "shim.h"

struct mm_struct *wrap_dup_mm(struct task_struct *task, struct mm_struct *mm)
{
	return dup_mm(task, mm);
}
