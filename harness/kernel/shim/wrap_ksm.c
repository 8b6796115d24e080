/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/ksm.c, and the way to what is static in it. The thread that merges pages does not run.
 */
#include "mm/ksm.c"

#include "shim.h"

int wrap_ksm_boot(void)
{
	return ksm_slab_init();
}
