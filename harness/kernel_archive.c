/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asking apt. Its programs are called by name, and their output for machines is read: indextargets,
 * madison, pkgnames, show.
 */
#include "harness/kernel_archive.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/subprocess.h"

#define TEXT_MAX 262144
#define ARGS_MAX 64
#define ROWS_MAX 8192
#define PREFIX "linux-source-"

/* Where Debian keeps the keys of its archive for those who name them: another archive that the
 * machine may have enabled is then not mistaken for Debian's. */
#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"

/* Those of Debian that have kernels, beside what a machine has enabled. One that the archive does
 * not have is passed over. */
static const char *const other_suites[] = {
	"bookworm", "bookworm-backports", "trixie", "trixie-backports", "sid", "experimental",
};

int kernel_archive_open(struct kernel_archive *a, const char *root, int signals, struct step *step,
			struct diag *diag)
{
	memset(a, 0, sizeof(*a));
	snprintf(a->dir, sizeof(a->dir), "%s/apt", root);
	a->signals = signals;
	a->step = step;
	a->text = malloc(TEXT_MAX);
	return a->text ? 0 : diag_set(diag, -ENOMEM, "out of memory");
}

void kernel_archive_close(struct kernel_archive *a)
{
	free(a->text);
	a->text = NULL;
}

/* The first error in @text or, if there is none, the first warning. */
static void keep_complaint(struct kernel_archive *a, const char *text)
{
	static const char *const marks[] = { "E: ", "W: " };
	const char *line, *end;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		for (line = text; *line; line = *end ? end + 1 : end) {
			end = line + strcspn(line, "\n");
			if (strncmp(line, marks[i], strlen(marks[i])) != 0)
				continue;
			snprintf(a->apt_said, sizeof(a->apt_said), "%.*s", (int)(end - line) - 3,
				 line + 3);
			return;
		}
	}
}

/*
 * Runs a program of apt in the scope, in @dir if that is not NULL; what it writes is then in
 * a->text. @args ends with NULL. Its exit status, or negative errno with @diag.
 */
static int apt(struct kernel_archive *a, const char *dir, struct diag *diag,
	       const char *const *args)
{
	const char *argv[ARGS_MAX + 4];
	char config[640], err[4096];
	struct subprocess p = {
		.argv = argv,
		.dir = dir,
		.out = a->text,
		.out_size = TEXT_MAX,
		.err = err,
		.err_size = sizeof(err),
		.signals = a->signals,
		.tick = step_tick,
		.tick_arg = a->step,
	};
	u32 n = 0, i;
	int status;

	snprintf(config, sizeof(config), "--config-file=%s/apt.conf", a->dir);
	argv[n++] = args[0];
	if (a->scope != KERNEL_SCOPE_MACHINE)
		argv[n++] = config;
	for (i = 1; args[i] && i < ARGS_MAX; i++)
		argv[n++] = args[i];
	argv[n] = NULL;
	status = subprocess_run(&p);
	if (status == -EINTR)
		return diag_set(diag, status, "stopped; nothing that is half done is kept");
	if (status == -ENOENT)
		return diag_set(diag, status,
				"there is no %s here: unpack a kernel tree by hand, and give its"
				" directory to cmake: -DVMAFUZZ_KERNEL_SRC=DIR",
				args[0]);
	if (status < 0)
		return diag_set(diag, status, "cannot run %s: %s", args[0], strerror(-status));
	keep_complaint(a, err);
	return status;
}

static int write_text(const char *path, const char *text, struct diag *diag)
{
	FILE *out = fopen(path, "we");
	int err = out ? 0 : -errno;

	if (out && fputs(text, out) < 0)
		err = -errno;
	if (out && fclose(out))
		err = -errno;
	return err ? diag_set(diag, err, "cannot write %s: %s", path, strerror(-err)) : 0;
}

/* The directories that apt wants to find, and its configuration. */
static int make_state(struct kernel_archive *a, struct diag *diag)
{
	static const char *const dirs[] = {
		"",	  "/lists",	     "/lists/partial",
		"/cache", "/cache/archives", "/cache/archives/partial",
	};
	char path[700], text[4096];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		snprintf(path, sizeof(path), "%s%s", a->dir, dirs[i]);
		if (mkdir(path, 0777) && errno != EEXIST)
			return diag_set(diag, -errno, "cannot make the directory %s: %s", path,
					strerror(errno));
	}
	/* What the machine does after an update is for its own lists, and may need root. The
	 * directories of an ordinary user are closed to the user that apt would download as. */
	snprintf(text, sizeof(text),
		 "Dir::Etc::sourcelist \"%s/sources.list\";\n"
		 "Dir::Etc::sourceparts \"-\";\n"
		 "Dir::State::lists \"%s/lists\";\n"
		 "Dir::Cache \"%s/cache\";\n"
		 "Acquire::Languages \"none\";\n"
		 "Acquire::PDiffs \"false\";\n"
		 "Acquire::GzipIndexes \"true\";\n"
		 "Acquire::Retries \"1\";\n"
		 "Acquire::http::Timeout \"20\";\n"
		 "Acquire::https::Timeout \"20\";\n"
		 "APT::Sandbox::User \"root\";\n"
		 "#clear APT::Update::Pre-Invoke;\n"
		 "#clear APT::Update::Post-Invoke;\n"
		 "#clear APT::Update::Post-Invoke-Success;\n",
		 a->dir, a->dir, a->dir);
	snprintf(path, sizeof(path), "%s/apt.conf", a->dir);
	return write_text(path, text, diag);
}

/* A suite of the archive at @uri, unless it stands in @rows already. */
static void add_row(char *rows, const char *uri, const char *suite)
{
	char place[512];
	size_t len = strlen(rows);

	snprintf(place, sizeof(place), " %s %s main\n", uri, suite);
	if (!strstr(rows, place))
		snprintf(rows + len, ROWS_MAX - len, "deb%s%s",
			 access(KEYRING, R_OK) ? "" : " [signed-by=" KEYRING "]", place);
}

/*
 * Adds the suites that the scope has, those whose origin is Debian or, when @unknown, not known
 * since their lists are not there. The archive for other suites into @base, if that is not NULL.
 */
static int add_targets(struct kernel_archive *a, bool unknown, char *rows, char *base,
		       size_t base_size, struct diag *diag)
{
	const char *const args[] = {
		"apt-get",
		"indextargets",
		unknown ? "--no-release-info" : "--release-info",
		"--format",
		"$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)",
		"Created-By: Packages",
		NULL,
	};
	char *line, *save = NULL;
	int status = apt(a, NULL, diag, args);

	if (status < 0)
		return status;
	for (line = strtok_r(a->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char uri[256], suite[64], component[32], origin[32];

		if (sscanf(line, "%255[^| ]|%63[^| ]|%31[^| ]|%31[^|]", uri, suite, component,
			   origin) != 4)
			continue;
		if (strcmp(component, "main") != 0 ||
		    (strcmp(origin, "Debian") != 0 && !(unknown && origin[0] == '$')))
			continue;
		add_row(rows, uri, suite);
		if (base && !*base && !strstr(suite, "security"))
			snprintf(base, base_size, "%s", uri);
	}
	return 0;
}

/* Fetches the lists of the suites in @rows. What cannot be had is noticed by who looks for it. */
static int update(struct kernel_archive *a, const char *rows, struct diag *diag)
{
	const char *const args[] = { "apt-get", "update", NULL };
	char path[700];
	int err;

	snprintf(path, sizeof(path), "%s/sources.list", a->dir);
	err = write_text(path, rows, diag);
	if (!err)
		err = apt(a, NULL, diag, args);
	return err < 0 ? err : 0;
}

static int look_enabled(struct kernel_archive *a, struct diag *diag)
{
	char rows[ROWS_MAX] = "", reached[ROWS_MAX] = "";
	int err;

	a->scope = KERNEL_SCOPE_MACHINE;
	err = add_targets(a, false, rows, NULL, 0, diag);
	if (!err && !*rows)
		err = add_targets(a, true, rows, NULL, 0, diag);
	if (err)
		return err;
	if (!*rows)
		return diag_set(diag, -ENOENT,
				"apt on this machine has no archive of Debian: unpack a kernel tree"
				" by hand, and give its directory to cmake:"
				" -DVMAFUZZ_KERNEL_SRC=DIR");
	err = make_state(a, diag);
	a->scope = KERNEL_SCOPE_ENABLED;
	step_begin(a->step, NULL, 0, "fetching the package lists");
	if (!err)
		err = update(a, rows, diag);
	if (!err)
		err = add_targets(a, false, reached, NULL, 0, diag);
	if (!err && !*reached)
		err = diag_set(
			diag, -ENETUNREACH,
			"the package archive cannot be reached: try again with a network%s%s",
			*a->apt_said ? "; apt-get: " : "", a->apt_said);
	return err;
}

static int look_other(struct kernel_archive *a, struct diag *diag)
{
	char rows[ROWS_MAX] = "", base[256] = "";
	u32 i;
	int err = add_targets(a, false, rows, base, sizeof(base), diag);

	if (err)
		return err;
	for (i = 0; *base && i < ARRAY_SIZE(other_suites); i++)
		add_row(rows, base, other_suites[i]);
	step_begin(a->step, NULL, 0, "fetching the package lists of other suites");
	err = update(a, rows, diag);
	a->scope = KERNEL_SCOPE_OTHER;
	return err;
}

int kernel_archive_look(struct kernel_archive *a, enum kernel_scope scope, struct diag *diag)
{
	switch (scope) {
	case KERNEL_SCOPE_ENABLED:
		return look_enabled(a, diag);
	case KERNEL_SCOPE_OTHER:
		CHECK(a->scope == KERNEL_SCOPE_ENABLED);
		return look_other(a, diag);
	default:
		a->scope = KERNEL_SCOPE_MACHINE;
		return 0;
	}
}

/* One line of madison: " PACKAGE | VERSION | URI SUITE/COMPONENT ARCHITECTURE Packages". */
static void add_offer(struct kernel_offers *offers, const char *line)
{
	struct kernel_offer *o = &offers->offer[offers->count];
	u32 i;

	if (offers->count == KERNEL_OFFERS_MAX ||
	    sscanf(line, " %63[^ |] | %63[^ |] | %*s %63[^/ ]", o->package, o->package_version,
		   o->suite) != 3 ||
	    kernel_version_from_package(o->package_version, o->version))
		return;
	for (i = 0; i < offers->count; i++)
		if (strcmp(offers->offer[i].package_version, o->package_version) == 0)
			return;
	offers->count++;
}

static int newer_first(const void *a, const void *b)
{
	const struct kernel_offer *x = a, *y = b;
	int order = kernel_version_compare(y->version, x->version);

	return order ? order : strverscmp(y->package_version, x->package_version);
}

/* The names of all packages of sources into @names, and the pointers to them into @args. */
static int list_packages(struct kernel_archive *a, char names[][64], const char **args, u32 max,
			 struct diag *diag)
{
	const char *const call[] = { "apt-cache", "pkgnames", PREFIX, NULL };
	char *line, *save = NULL;
	int err = apt(a, NULL, diag, call);
	u32 n = 0;

	if (err < 0)
		return err;
	for (line = strtok_r(a->text, "\n", &save); line && n < max;
	     line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, PREFIX, strlen(PREFIX)) != 0 ||
		    !kernel_version_valid(line + strlen(PREFIX)))
			continue;
		snprintf(names[n], sizeof(names[n]), "%s", line);
		args[n] = names[n];
		n++;
	}
	args[n] = NULL;
	return (int)n;
}

int kernel_archive_offers(struct kernel_archive *a, const char *package,
			  struct kernel_offers *offers, struct diag *diag)
{
	const char *args[ARGS_MAX] = { "apt-cache", "madison", package, NULL };
	char names[ARGS_MAX - 3][64];
	char *line, *save = NULL;
	int err;

	offers->count = 0;
	if (!package) {
		err = list_packages(a, names, args + 2, ARRAY_SIZE(names), diag);
		if (err <= 0)
			return err;
	}
	err = apt(a, NULL, diag, args);
	if (err < 0)
		return err;
	for (line = strtok_r(a->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		add_offer(offers, line);
	qsort(offers->offer, offers->count, sizeof(offers->offer[0]), newer_first);
	return 0;
}

/* "PACKAGE=VERSION" */
static void print_exact(const struct kernel_offer *offer, char *buf, size_t size)
{
	snprintf(buf, size, "%s=%s", offer->package, offer->package_version);
}

u64 kernel_archive_size(struct kernel_archive *a, const struct kernel_offer *offer)
{
	char exact[160];
	const char *const args[] = { "apt-cache", "show", "--no-all-versions", exact, NULL };
	const char *at;
	u64 size;

	print_exact(offer, exact, sizeof(exact));
	if (apt(a, NULL, NULL, args) != 0)
		return 0;
	at = strstr(a->text, "\nSize: ");
	return at && sscanf(at, "\nSize: %" SCNu64, &size) == 1 ? size : 0;
}

int kernel_archive_download(struct kernel_archive *a, const struct kernel_offer *offer,
			    const char *dir, u64 bytes, struct diag *diag)
{
	char exact[160];
	const char *const args[] = { "apt-get", "download", exact, NULL };
	int status;

	print_exact(offer, exact, sizeof(exact));
	step_begin(a->step, dir, bytes, "downloading %s %s of %s, %" PRIu64 " MB", offer->package,
		   offer->package_version, offer->suite, bytes >> 20);
	status = apt(a, dir, diag, args);
	if (status > 0)
		return diag_set(diag, -EREMOTEIO, "%s was not downloaded: apt-get: %s", exact,
				a->apt_said);
	return status;
}
