/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In place of include/linux/kconfig.h, which every kernel file is compiled behind: the prepared
 * configuration, less what a userspace process cannot execute.
 */
#include <linux/kconfig.h>

/* Inline "sti": the shim's functions are called instead. */
#undef CONFIG_INLINE_SPIN_UNLOCK_IRQ
#undef CONFIG_INLINE_READ_UNLOCK_IRQ
#undef CONFIG_INLINE_WRITE_UNLOCK_IRQ
/* Lock state is kept by the shim, so nothing may be inline. */
#define CONFIG_UNINLINE_SPIN_UNLOCK 1
#undef CONFIG_INLINE_READ_UNLOCK
#undef CONFIG_INLINE_WRITE_UNLOCK

/* Counts RCU's read sections, so that one which was not left is seen. */
#undef CONFIG_PREEMPT_COUNT
#define CONFIG_PREEMPT_COUNT 1

#ifdef VMAFUZZ_NO_VALIDATION
/* The fast build: without walking the maple tree after every change. */
#undef CONFIG_DEBUG_VM_MAPLE_TREE
#undef CONFIG_DEBUG_VM_RB
#endif
