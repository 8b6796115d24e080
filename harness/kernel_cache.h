/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels that were fetched are kept: DIR/KIND/VERSION, with DIR $XDG_CACHE_HOME/vmafuzz or
 * ~/.cache/vmafuzz. The only kind so far is "source", and VERSION is then the tree itself.
 *
 * What has the name of a version is complete: it is made in a place for work beside it and then
 * renamed. Names that begin with a dot are of work, and what an interrupted run left there is
 * removed by the next one that has the lock.
 */
#ifndef HARNESS_KERNEL_CACHE_H
#define HARNESS_KERNEL_CACHE_H

#include "harness/kernel_version.h"

#define KERNEL_CACHE_MAX 64  /* versions of a kind */
#define KERNEL_PATH_MAX 1024 /* a path in the cache */

struct kernel_cache {
	char root[512]; /* DIR */
	char dir[600];	/* DIR/KIND */
	int lock;	/* descriptor; -1: not taken */
};

struct kernel_versions {
	char name[KERNEL_CACHE_MAX][KERNEL_VERSION_MAX];
	u32 count;
};

/*
 * The cache of @kind, of the user whose XDG_CACHE_HOME and HOME these are (NULL: unset). Nothing is
 * made yet. -EINVAL: there is no place for it.
 */
int kernel_cache_init(struct kernel_cache *c, const char *kind, const char *xdg, const char *home,
		      struct diag *diag);

/* What is in it, newest first. There may be nothing, not even the directory. */
void kernel_cache_list(const struct kernel_cache *c, struct kernel_versions *versions);

/* The newest that @request asks for, into @version. */
bool kernel_cache_find(const struct kernel_cache *c, const char *request, char *version);

void kernel_cache_path(const struct kernel_cache *c, const char *version, char *buf, size_t size);

/*
 * Makes the directories and takes the lock that adding and removing need, waiting for another
 * process that holds it (-EINTR: a signal came, see harness/subprocess.h).
 */
int kernel_cache_lock(struct kernel_cache *c, int signals, struct diag *diag);
/* Removes what is left of work, by whomever. Does nothing without the lock. */
void kernel_cache_unlock(struct kernel_cache *c);

/* The empty directory for work, of who holds the lock. */
int kernel_cache_work(const struct kernel_cache *c, char *buf, size_t size, struct diag *diag);

/* Makes the directory @from, made below the place for work, the complete @version. One that is
 * there already gives way. */
int kernel_cache_commit(const struct kernel_cache *c, const char *from, const char *version,
			struct diag *diag);

/* Needs the lock. -ENOENT: it is not there. */
int kernel_cache_remove(const struct kernel_cache *c, const char *version, struct diag *diag);

#endif
