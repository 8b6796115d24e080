/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz kernels: what the distribution's archive has of kernels, and what of it is kept here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "harness/cmd.h"
#include "harness/json.h"
#include "harness/kernel_source.h"
#include "harness/subprocess.h"

enum { OPT_NEWEST = OPT_VERB, OPT_CACHED };

static const struct cmd_option options[] = {
	{ "newest", OPT_NEWEST, NULL, "get: ask the archive, even if a version that fits is here" },
	{ "cached", OPT_CACHED, NULL, "list: only what is here; the archive is not asked" },
	{ "json", OPT_JSON, NULL, "one JSON object a line" },
	{ NULL, 0, NULL, NULL },
};

struct kernels {
	bool newest, cached, json;
	struct kernel_cache cache;
	struct kernel_archive archive;
	struct step step;
	int signals;
	sigset_t old;
};

static int take(void *arg, int id, const char *text, struct diag *diag)
{
	struct kernels *k = arg;

	(void)text;
	(void)diag;
	k->newest |= id == OPT_NEWEST;
	k->cached |= id == OPT_CACHED;
	k->json |= id == OPT_JSON;
	return 0;
}

/* What the archive said no to, and what else went wrong, is all the same to a script: 3. */
static int failed(struct kernels *k, const struct diag *diag)
{
	step_end(&k->step);
	fprintf(stderr, "vmafuzz kernels: %s\n", diag->text);
	return STATUS_BACKEND;
}

static void print_cached(const struct kernels *k, const char *version)
{
	char path[KERNEL_PATH_MAX];
	struct json j;

	kernel_cache_path(&k->cache, version, path, sizeof(path));
	if (!k->json) {
		printf("source %-12s in %s\n", version, path);
		return;
	}
	json_begin(&j, stdout);
	json_string(&j, "kind", KERNEL_SOURCE_KIND);
	json_string(&j, "version", version);
	json_bool(&j, "cached", true);
	json_string(&j, "dir", path);
	json_end(&j);
}

static void print_offer(const struct kernels *k, const struct kernel_offer *o)
{
	struct json j;

	if (!k->json) {
		printf("source %-12s in the archive: %s %s of %s\n", o->version, o->package,
		       o->package_version, o->suite);
		return;
	}
	json_begin(&j, stdout);
	json_string(&j, "kind", KERNEL_SOURCE_KIND);
	json_string(&j, "version", o->version);
	json_bool(&j, "cached", false);
	json_string(&j, "package", o->package);
	json_string(&j, "package_version", o->package_version);
	json_string(&j, "suite", o->suite);
	json_end(&j);
}

static int list_offers(struct kernels *k)
{
	struct kernel_offers *offers = calloc(1, sizeof(*offers));
	struct diag diag = { .text = "out of memory" };
	int err = offers ? 0 : -ENOMEM;
	u32 i;

	if (!err)
		err = kernel_cache_lock(&k->cache, k->signals, &diag);
	if (!err)
		err = kernel_archive_look(&k->archive, KERNEL_SCOPE_ENABLED, &diag);
	if (!err)
		err = kernel_archive_look(&k->archive, KERNEL_SCOPE_OTHER, &diag);
	if (!err)
		err = kernel_archive_offers(&k->archive, NULL, offers, &diag);
	step_end(&k->step);
	for (i = 0; !err && i < offers->count; i++)
		print_offer(k, &offers->offer[i]);
	free(offers);
	return err ? failed(k, &diag) : STATUS_AGREE;
}

static int list(struct kernels *k)
{
	struct kernel_versions versions;
	u32 i;

	kernel_cache_list(&k->cache, &versions);
	for (i = 0; i < versions.count; i++)
		print_cached(k, versions.name[i]);
	fflush(stdout);
	return k->cached ? STATUS_AGREE : list_offers(k);
}

static int get(struct kernels *k, const char *request)
{
	struct kernel_source source;
	char path[KERNEL_PATH_MAX];
	struct diag diag;
	struct json j;
	int err;

	/* What is here already needs no lock: another process may be fetching for minutes. */
	source.cached = !k->newest && kernel_cache_find(&k->cache, request, source.version);
	err = source.cached ? 0 : kernel_cache_lock(&k->cache, k->signals, &diag);
	if (!err && !source.cached)
		err = kernel_source_get(&k->cache, &k->archive, request, k->newest, &source, &diag);
	step_end(&k->step);
	if (err)
		return failed(k, &diag);
	kernel_cache_path(&k->cache, source.version, path, sizeof(path));
	if (!k->json) {
		printf("%s\n", path);
		return STATUS_AGREE;
	}
	json_begin(&j, stdout);
	json_string(&j, "kind", KERNEL_SOURCE_KIND);
	json_string(&j, "version", source.version);
	json_bool(&j, "fetched", !source.cached);
	json_string(&j, "dir", path);
	json_end(&j);
	return STATUS_AGREE;
}

static int rm(struct kernels *k, const char *request)
{
	struct kernel_versions versions;
	u32 i, removed = 0;
	struct diag diag;
	int err = kernel_cache_lock(&k->cache, k->signals, &diag);

	if (err)
		return failed(k, &diag);
	kernel_cache_list(&k->cache, &versions);
	for (i = 0; i < versions.count; i++) {
		if (!kernel_version_matches(request, versions.name[i]))
			continue;
		err = kernel_cache_remove(&k->cache, versions.name[i], &diag);
		if (err)
			return failed(k, &diag);
		removed++;
		fprintf(stderr, "removed %s\n", versions.name[i]);
	}
	if (removed)
		return STATUS_AGREE;
	diag_set(&diag, -ENOENT, "there are no sources of %s in %s", request, k->cache.dir);
	return failed(k, &diag);
}

/* The words behind the options: is it a command, and which? */
static const char *wrong_usage(const struct kernels *k, int argc, char **argv)
{
	bool lists = argc == 0 || strcmp(argv[0], "list") == 0;
	bool gets = !lists && strcmp(argv[0], "get") == 0;

	if (!lists && !gets && strcmp(argv[0], "rm") != 0)
		return "the commands are list, get and rm";
	if (lists && argc > 1)
		return "list takes no arguments";
	if (!lists && (argc < 2 || strcmp(argv[1], KERNEL_SOURCE_KIND) != 0))
		return "of what? so far there is only: source";
	if (!lists && (argc != 3 || !kernel_version_valid(argv[2])))
		return "a version such as 6.12 or 6.12.117 is needed";
	if (k->newest && !gets)
		return "--newest is for get";
	return k->cached && !lists ? "--cached is for list" : NULL;
}

static int dispatch(struct kernels *k, int argc, char **argv)
{
	struct diag diag;
	int status;

	if (kernel_cache_init(&k->cache, KERNEL_SOURCE_KIND, getenv("XDG_CACHE_HOME"),
			      getenv("HOME"), &diag))
		return failed(k, &diag);
	k->signals = subprocess_signals_open(&k->old);
	if (k->signals < 0) {
		diag_set(&diag, k->signals, "signalfd: %s", strerror(-k->signals));
		return failed(k, &diag);
	}
	if (kernel_archive_open(&k->archive, k->cache.root, k->signals, &k->step, &diag))
		status = failed(k, &diag);
	else if (argc == 0 || strcmp(argv[0], "list") == 0)
		status = list(k);
	else if (strcmp(argv[0], "get") == 0)
		status = get(k, argv[2]);
	else
		status = rm(k, argv[2]);
	kernel_archive_close(&k->archive);
	kernel_cache_unlock(&k->cache);
	subprocess_signals_close(k->signals, &k->old);
	return status;
}

int cmd_kernels(int argc, char **argv)
{
	struct kernels k = { .cache = { .lock = -1 } };
	const struct cmd_verb verb = {
		.usage = "kernels [OPTION]... [list | get source VERSION | rm source VERSION]",
		.what = "Gets kernel sources, which the userspace kernel backend is built from, out"
			" of the\npackages linux-source-X.Y of the distribution's archive, also"
			" from suites that this\nmachine has not enabled; its configuration is not"
			" changed and nothing is installed.\n"
			"'get' prints the directory of the tree. VERSION is X.Y, for the newest of"
			" the\nseries, or exact, X.Y.Z. They are kept in $XDG_CACHE_HOME/vmafuzz or"
			"\n~/.cache/vmafuzz.\n",
		.options = options,
		.take = take,
		.arg = &k,
	};
	const char *wrong;
	int first, status;

	if (!cmd_parse(&verb, argc, argv, &first, &status))
		return status;
	wrong = wrong_usage(&k, argc - first, argv + first);
	if (wrong) {
		fprintf(stderr, "vmafuzz kernels: %s; see 'vmafuzz kernels --help'\n", wrong);
		return STATUS_USAGE;
	}
	return cmd_finish(dispatch(&k, argc - first, argv + first));
}
