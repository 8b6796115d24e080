/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Getting a tree of kernel sources: from the archive's linux-source-X.Y into the cache, without
 * what nothing here reads. `make O=DIR ARCH=x86_64 defconfig prepare` works on what is kept.
 */
#ifndef HARNESS_KERNEL_SOURCE_H
#define HARNESS_KERNEL_SOURCE_H

#include "harness/kernel_cache.h"
#include "harness/kernel_archive.h"

#define KERNEL_SOURCE_KIND "source"

struct kernel_source {
	char version[KERNEL_VERSION_MAX];
	bool cached; /* it was there already */
};

/*
 * The newest version that @request (X.Y or X.Y.Z) asks for: one that is cached or, if there is none
 * or @newest, of the archive. Needs the lock of @cache. Negative errno, with what to do: -ENOENT
 * the archive has none, -ENETUNREACH it cannot be reached, -ENOSPC, -EINTR a signal came, ...
 */
int kernel_source_get(struct kernel_cache *cache, struct kernel_archive *archive,
		      const char *request, bool newest, struct kernel_source *source,
		      struct diag *diag);

#endif
