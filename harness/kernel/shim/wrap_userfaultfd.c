/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Userfaultfd, and the way to what is static in it: whoever reads the descriptors.
 */
#include <linux/version.h>

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
#include "mm/userfaultfd.c"
#else
#include "fs/userfaultfd.c"
#endif

#include "shim.h"
#include "uffd.h"

void wrap_userfaultfd_boot(void)
{
	userfaultfd_ctx_cachep = kmem_cache_create("userfaultfd_ctx_cache",
						   sizeof(struct userfaultfd_ctx), 0, 0,
						   init_once_userfaultfd_ctx);
}

/* As userfaultfd_ctx_read() does for an event: that of a fork brings a context for the child. */
unsigned int wrap_userfaultfd_read(struct file *file)
{
	struct userfaultfd_ctx *ctx = file->private_data;
	wait_queue_entry_t *entry, *next;
	unsigned int count = 0;

	list_for_each_entry_safe(entry, next, &ctx->event_wqh.head, entry) {
		struct userfaultfd_wait_queue *event =
			container_of(entry, struct userfaultfd_wait_queue, wq);

		if (event->msg.event == UFFD_EVENT_FORK)
			shim_uffd_adopt((void *)(unsigned long)event->msg.arg.reserved.reserved1,
					&userfaultfd_fops);
		userfaultfd_event_complete(ctx, event);
		count++;
	}
	return count;
}

void wrap_userfaultfd_check(struct file *file)
{
	const struct userfaultfd_ctx *ctx = file->private_data;

	if (refcount_read(&ctx->refcount) != 1)
		kernel_complain("userfaultfd_ctx",
				"the context is held %d times, by one descriptor",
				refcount_read(&ctx->refcount));
	if (atomic_read(&ctx->mmap_changing))
		kernel_complain("userfaultfd_ctx", "mmap_changing is %d, nothing is changing",
				atomic_read(&ctx->mmap_changing));
}
