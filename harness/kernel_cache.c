/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The cache of kernels. One lock for all kinds: two that fetch at once would only share the same
 * line to the archive.
 */
#include "harness/kernel_cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/subprocess.h"

#define WORK ".work"
#define OLD WORK "/.old" /* on its way out */

int kernel_cache_init(struct kernel_cache *c, const char *kind, const char *xdg, const char *home,
		      struct diag *diag)
{
	bool use_xdg = xdg && xdg[0] == '/'; /* one that is relative is to be ignored */
	int n;

	c->lock = -1;
	if (!use_xdg && (!home || home[0] != '/'))
		return diag_set(diag, -EINVAL,
				"there is no place to keep kernels: set HOME or XDG_CACHE_HOME to"
				" a directory");
	n = snprintf(c->root, sizeof(c->root), "%s%s/vmafuzz", use_xdg ? xdg : home,
		     use_xdg ? "" : "/.cache");
	if (n >= (int)sizeof(c->root))
		return diag_set(diag, -EINVAL, "the name of the cache directory is too long");
	snprintf(c->dir, sizeof(c->dir), "%s/%s", c->root, kind);
	return 0;
}

static int newer_first(const void *a, const void *b)
{
	return kernel_version_compare(b, a);
}

void kernel_cache_list(const struct kernel_cache *c, struct kernel_versions *versions)
{
	DIR *dir = opendir(c->dir);
	struct dirent *entry;

	versions->count = 0;
	while (dir && versions->count < KERNEL_CACHE_MAX && (entry = readdir(dir)))
		if (kernel_version_valid(entry->d_name))
			snprintf(versions->name[versions->count++], KERNEL_VERSION_MAX, "%.*s",
				 KERNEL_VERSION_MAX - 1, entry->d_name);
	if (dir)
		closedir(dir);
	qsort(versions->name, versions->count, sizeof(versions->name[0]), newer_first);
}

bool kernel_cache_find(const struct kernel_cache *c, const char *request, char *version)
{
	struct kernel_versions versions;
	u32 i;

	kernel_cache_list(c, &versions);
	for (i = 0; i < versions.count; i++) {
		if (!kernel_version_matches(request, versions.name[i]))
			continue;
		snprintf(version, KERNEL_VERSION_MAX, "%s", versions.name[i]);
		return true;
	}
	return false;
}

void kernel_cache_path(const struct kernel_cache *c, const char *version, char *buf, size_t size)
{
	snprintf(buf, size, "%s/%s", c->dir, version);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path) && errno != ENOENT ? -1 : 0;
}

static int remove_tree(const char *path)
{
	if (nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
		return -errno;
	return 0;
}

/* mkdir with the directories above. */
static int make_path(const char *path)
{
	char part[KERNEL_PATH_MAX];
	char *at;

	snprintf(part, sizeof(part), "%s", path);
	for (at = strchr(part + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return mkdir(part, 0777) && errno != EEXIST ? -errno : 0;
}

static int remove_work(const struct kernel_cache *c)
{
	char path[KERNEL_PATH_MAX];

	snprintf(path, sizeof(path), "%s/" WORK, c->dir);
	return remove_tree(path);
}

int kernel_cache_lock(struct kernel_cache *c, int signals, struct diag *diag)
{
	char path[KERNEL_PATH_MAX];
	int err = make_path(c->dir);
	bool told = false;

	if (err)
		return diag_set(diag, err, "cannot make the directory %s: %s", c->dir,
				strerror(-err));
	snprintf(path, sizeof(path), "%s/lock", c->root);
	c->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (c->lock < 0)
		return diag_set(diag, -errno, "cannot write to %s: %s", c->root, strerror(errno));
	while (flock(c->lock, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return diag_set(diag, -errno, "cannot lock %s: %s", path, strerror(errno));
		if (!told)
			fprintf(stderr, "waiting for another vmafuzz that uses %s\n", c->root);
		told = true;
		if (subprocess_signals_wait(signals, 200))
			return diag_set(diag, -EINTR, "stopped");
	}
	return 0;
}

void kernel_cache_unlock(struct kernel_cache *c)
{
	if (c->lock < 0)
		return;
	remove_work(c);
	close(c->lock);
	c->lock = -1;
}

int kernel_cache_work(const struct kernel_cache *c, char *buf, size_t size, struct diag *diag)
{
	int err;

	CHECK(c->lock >= 0);
	snprintf(buf, size, "%s/" WORK, c->dir);
	err = remove_tree(buf);
	if (!err)
		err = make_path(buf);
	if (err)
		diag_set(diag, err, "cannot make the directory %s: %s", buf, strerror(-err));
	return err;
}

/* Moves @version to the place for work, where it is removed if need be by a later run. */
static int retire(const struct kernel_cache *c, const char *version)
{
	char path[KERNEL_PATH_MAX], old[KERNEL_PATH_MAX];
	int err;

	kernel_cache_path(c, version, path, sizeof(path));
	snprintf(old, sizeof(old), "%s/" WORK, c->dir);
	err = make_path(old);
	snprintf(old, sizeof(old), "%s/" OLD, c->dir);
	if (!err && rename(path, old))
		err = -errno;
	return err;
}

int kernel_cache_commit(const struct kernel_cache *c, const char *from, const char *version,
			struct diag *diag)
{
	char path[KERNEL_PATH_MAX];
	int fd, err;

	CHECK(c->lock >= 0 && kernel_version_valid(version));
	kernel_cache_path(c, version, path, sizeof(path));
	/* The data before the name that says that it is complete. */
	fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = fd < 0 || syncfs(fd) ? -errno : 0;
	if (fd >= 0)
		close(fd);
	if (!err) {
		err = retire(c, version);
		if (err == -ENOENT)
			err = 0;
	}
	if (!err && rename(from, path))
		err = -errno;
	if (err)
		diag_set(diag, err, "cannot make %s: %s", path, strerror(-err));
	return err;
}

int kernel_cache_remove(const struct kernel_cache *c, const char *version, struct diag *diag)
{
	int err;

	CHECK(c->lock >= 0 && kernel_version_valid(version));
	err = retire(c, version);
	if (!err)
		err = remove_work(c);
	if (err)
		diag_set(diag, err, "cannot remove %s/%s: %s", c->dir, version, strerror(-err));
	return err;
}
