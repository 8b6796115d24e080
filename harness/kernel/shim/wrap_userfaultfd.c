/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Userfaultfd, and the way to what is static in it.
 */
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#include "mm/userfaultfd.c"
#else
#include "fs/userfaultfd.c"
#endif

#include "shim.h"

void wrap_userfaultfd_boot(void)
{
	userfaultfd_ctx_cachep = kmem_cache_create("userfaultfd_ctx_cache",
						   sizeof(struct userfaultfd_ctx), 0, 0,
						   init_once_userfaultfd_ctx);
}
