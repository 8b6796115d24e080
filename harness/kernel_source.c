/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Getting kernel sources: find, download, unpack, put in place. All is done in the cache's place
 * for work, so that an error or a signal leaves nothing behind.
 */
#include "harness/kernel_source.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/subprocess.h"

/* A tree as it is kept has 300 MB (7.3); and some room. */
#define TREE_BYTES (400ull << 20)

/*
 * Left out of the tree, below its top: 1.5 GB become 0.3. Files only, by their suffix, so that
 * every Kconfig and Makefile remains, without which no configuration can be made.
 */
static const char *const left_out[] = {
	"drivers/*.[chS]",
	"sound/*.[chS]",
	"samples/*.[chS]",
	"Documentation/*.rst",
	"Documentation/*.txt",
	"Documentation/*.yaml",
	"Documentation/*.svg",
	"arch/[!x]*/*.[chS]",
	"arch/xtensa/*.[chS]",
	"net/*/*.c",
	"*.dts",
	"*.dtsi",
	"*.dtso",
	"tools/perf/*.[chS]",
	"tools/perf/*.json",
	"rust/*.rs",
};

/* What a get works with. */
struct getting {
	struct kernel_cache *cache;
	struct kernel_archive *archive;
	char work[700];
	char deb[1400];
	struct kernel_offer offer;
	u64 bytes; /* of the package; 0: unknown */
};

/* Runs a program of which only its success matters. */
static int run(const struct getting *g, const char *const *argv, struct diag *diag)
{
	char err[1024];
	struct subprocess p = {
		.argv = argv,
		.err = err,
		.err_size = sizeof(err),
		.signals = g->archive->signals,
		.tick = step_tick,
		.tick_arg = g->archive->step,
	};
	int status = subprocess_run(&p);

	if (status == 0)
		return 0;
	if (status == -EINTR)
		return diag_set(diag, status, "stopped; nothing that is half done is kept");
	if (status == -ENOENT)
		return diag_set(diag, status,
				"there is no %s here: install it (Debian: apt-get install dpkg tar"
				" xz-utils)",
				argv[0]);
	if (status < 0)
		return diag_set(diag, status, "cannot run %s: %s", argv[0], strerror(-status));
	if (strstr(err, strerror(ENOSPC)))
		return diag_set(diag, -ENOSPC,
				"%s failed, the disk is full: make room below %s, or set"
				" XDG_CACHE_HOME to a directory that has it",
				argv[0], g->cache->root);
	err[strcspn(err, "\n")] = '\0';
	return diag_set(diag, -EIO, "%s failed with status %d (is xz-utils installed?): %s",
			argv[0], status, err);
}

/* The room that is needed, before much has been fetched in vain. */
static int check_space(const struct getting *g, struct diag *diag)
{
	struct statvfs st;
	u64 need = TREE_BYTES + 2 * g->bytes, have;

	if (statvfs(g->work, &st))
		return 0;
	have = (u64)st.f_bavail * st.f_frsize;
	if (have >= need)
		return 0;
	return diag_set(diag, -ENOSPC,
			"%s has %" PRIu64 " MB free and %" PRIu64 " are needed: make room, or set"
			" XDG_CACHE_HOME to a directory that has it",
			g->cache->root, have >> 20, need >> 20);
}

static int unexpected(const struct getting *g, const char *what, struct diag *diag)
{
	return diag_set(diag, -ENOENT, "%s %s is not what was expected: it has no %s",
			g->offer.package, g->offer.package_version, what);
}

/* apt-get has put one package into the place for work, under a name of its own choice. */
static int find_deb(struct getting *g, struct diag *diag)
{
	DIR *dir = opendir(g->work);
	struct dirent *entry;

	g->deb[0] = '\0';
	while (dir && !g->deb[0] && (entry = readdir(dir))) {
		const char *suffix = strrchr(entry->d_name, '.');

		if (suffix && strcmp(suffix, ".deb") == 0)
			snprintf(g->deb, sizeof(g->deb), "%s/%s", g->work, entry->d_name);
	}
	if (dir)
		closedir(dir);
	return g->deb[0] ? 0 : unexpected(g, "package", diag);
}

static int unpack_tar(const struct getting *g, const char *tar, const char *tree, struct diag *diag)
{
	char exclude[ARRAY_SIZE(left_out)][160];
	const char *argv[ARRAY_SIZE(left_out) + 12] = {
		"tar",
		"-x",
		"--xz",
		"--file",
		tar,
		"--directory",
		tree,
		"--no-same-owner",
		"--anchored",
		"--wildcards",
		"--wildcards-match-slash",
	};
	u32 n = 0, i;

	while (argv[n])
		n++;
	for (i = 0; i < ARRAY_SIZE(left_out); i++) {
		snprintf(exclude[i], sizeof(exclude[i]), "--exclude=%s/%s", g->offer.package,
			 left_out[i]);
		argv[n++] = exclude[i];
	}
	argv[n] = NULL;
	return run(g, argv, diag);
}

/* From the .deb to the directory of the tree, whose name goes into @top. */
static int unpack(const struct getting *g, char *top, size_t size, struct diag *diag)
{
	char dir[800], tree[800], tar[1000];
	const char *const argv[] = { "dpkg", "--extract", g->deb, dir, NULL };
	int err;

	snprintf(dir, sizeof(dir), "%s/deb", g->work);
	snprintf(tree, sizeof(tree), "%s/tree", g->work);
	snprintf(tar, sizeof(tar), "%s/usr/src/%s.tar.xz", dir, g->offer.package);
	snprintf(top, size, "%s/%s", tree, g->offer.package);
	if (mkdir(tree, 0777))
		return diag_set(diag, -errno, "cannot make %s: %s", tree, strerror(errno));
	step_begin(g->archive->step, NULL, 0, "unpacking %s", g->offer.package);
	err = run(g, argv, diag);
	if (err)
		return err;
	unlink(g->deb);
	if (access(tar, R_OK))
		return unexpected(g, ".tar.xz of sources", diag);
	return unpack_tar(g, tar, tree, diag);
}

/* Downloads and unpacks g->offer and puts it in place. */
static int fetch(struct getting *g, struct kernel_source *source, struct diag *diag)
{
	char top[1000], makefile[1020];
	int err = kernel_cache_work(g->cache, g->work, sizeof(g->work), diag);

	if (err)
		return err;
	g->bytes = kernel_archive_size(g->archive, &g->offer);
	err = check_space(g, diag);
	if (!err)
		err = kernel_archive_download(g->archive, &g->offer, g->work, g->bytes, diag);
	if (!err)
		err = find_deb(g, diag);
	if (!err)
		err = unpack(g, top, sizeof(top), diag);
	if (err)
		return err;
	snprintf(makefile, sizeof(makefile), "%s/Makefile", top);
	if (kernel_version_from_makefile(makefile, source->version))
		return unexpected(g, "Makefile with a version", diag);
	source->cached = false;
	return kernel_cache_commit(g->cache, top, source->version, diag);
}

static bool is_cached(const struct kernel_cache *cache, const char *version)
{
	char found[KERNEL_VERSION_MAX];

	return kernel_cache_find(cache, version, found) && strcmp(found, version) == 0;
}

/* The newest offer of @request in the scope, into g->offer. -ENOENT: none. */
static int choose(struct getting *g, const char *request, struct diag *diag)
{
	struct kernel_offers offers;
	char series[KERNEL_VERSION_MAX], package[160];
	u32 i;
	int err;

	kernel_version_series(request, series, sizeof(series));
	snprintf(package, sizeof(package), "linux-source-%s", series);
	err = kernel_archive_offers(g->archive, package, &offers, diag);
	if (err)
		return err;
	for (i = 0; i < offers.count; i++) {
		if (!kernel_version_matches(request, offers.offer[i].version))
			continue;
		g->offer = offers.offer[i];
		return 0;
	}
	return diag_set(diag, -ENOENT,
			"the archive has no sources of %s: 'vmafuzz kernels list' shows which it"
			" has%s%s",
			request, *g->archive->apt_said ? "; apt-get: " : "", g->archive->apt_said);
}

int kernel_source_get(struct kernel_cache *cache, struct kernel_archive *archive,
		      const char *request, bool newest, struct kernel_source *source,
		      struct diag *diag)
{
	struct getting g = { .cache = cache, .archive = archive };
	/* The machine's own lists may be old. */
	u32 scope = newest ? KERNEL_SCOPE_ENABLED : KERNEL_SCOPE_MACHINE;
	int err = -ENOENT;

	source->cached = true;
	if (!newest && kernel_cache_find(cache, request, source->version))
		return 0;
	for (; scope < KERNEL_SCOPE_COUNT; scope++) {
		err = kernel_archive_look(archive, scope, diag);
		if (err)
			return err;
		err = choose(&g, request, diag);
		if (err == -ENOENT)
			continue;
		if (!err && is_cached(cache, g.offer.version)) {
			memcpy(source->version, g.offer.version, sizeof(source->version));
			return 0;
		}
		if (!err)
			err = fetch(&g, source, diag);
		/* What an old list names may be gone by now. */
		if (err != -EREMOTEIO || scope != KERNEL_SCOPE_MACHINE)
			return err;
	}
	return err;
}
