/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What was found, on disk. Several processes, and several runs, share one directory: the one that
 * manages to create original.vma owns the finding; files appear whole, by link() or rename().
 */
#include "harness/findings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEEN_MAX 1024  /* different findings whose counts are kept in memory */
#define FLUSH_EVERY 64 /* sightings that are lost when the machine goes down */

struct sighting {
	char name[200];
	u32 pending; /* not yet in the file */
};

struct findings {
	char *path;
	u32 count;
	struct sighting seen[SEEN_MAX];
};

struct findings *findings_open(const char *dir, struct diag *diag)
{
	struct findings *f;
	struct stat st;

	if (mkdir(dir, 0777) && errno != EEXIST) {
		diag_set(diag, -errno, "cannot make the directory %s: %s", dir, strerror(errno));
		return NULL;
	}
	if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode)) {
		diag_set(diag, -ENOTDIR, "%s is no directory", dir);
		return NULL;
	}
	if (access(dir, W_OK | X_OK)) {
		diag_set(diag, -errno, "cannot write to %s: %s", dir, strerror(errno));
		return NULL;
	}
	f = calloc(1, sizeof(*f));
	if (f)
		f->path = strdup(dir);
	if (!f || !f->path) {
		free(f);
		diag_set(diag, -ENOMEM, "out of memory");
		return NULL;
	}
	return f;
}

/*
 * The name of the directory of a finding: its signature. What a known bug explains is named after
 * that: it shows in many ways, and nobody wants them all.
 */
static void finding_name(char *buf, size_t size, const struct outcome *outcome)
{
	char sig[100], quirks[190];
	char *p;

	signature_print(sig, sizeof(sig), &outcome->signature);
	quirks_print(quirks, sizeof(quirks), outcome->quirks_explain);
	if (outcome->quirks_explain)
		snprintf(buf, size, "known-%s", quirks);
	else
		snprintf(buf, size, "%s", sig);
	for (p = buf; *p; p++)
		if (*p == '/' || *p == ',')
			*p = '-';
		else if (*p == ' ')
			memmove(p, p + 1, strlen(p));
}

void findings_path(const struct findings *f, const struct outcome *outcome, char *buf, size_t size)
{
	char name[200];

	finding_name(name, sizeof(name), outcome);
	snprintf(buf, size, "%s/%s", f->path, name);
}

/* Opens the directory @name of the findings, making it if needed. Negative errno. */
static int open_dir(const struct findings *f, const char *name, bool make)
{
	int base = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = -1, err = 0;

	if (base < 0)
		return -errno;
	if (make && mkdirat(base, name, 0777) && errno != EEXIST)
		err = -errno;
	if (!err) {
		fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		err = fd < 0 ? -errno : 0;
	}
	if (!err && make)
		fsync(base);
	close(base);
	return err ? err : fd;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) ? -errno : 0;
}

/* Creates the file @name with @text, whole and synced. @replace: one that is there gives way, else
 * -EEXIST. */
static int put_file(int dir, const char *name, const char *text, size_t len, bool replace)
{
	char temp[64];
	int fd, err;

	snprintf(temp, sizeof(temp), ".%s.%d", name, (int)getpid());
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	err = write_all(fd, text, len);
	if (close(fd) && !err)
		err = -errno;
	if (!err && replace)
		err = renameat(dir, temp, dir, name) ? -errno : 0;
	else if (!err)
		err = linkat(dir, temp, dir, name, 0) ? -errno : 0;
	if (err || !replace)
		unlinkat(dir, temp, 0);
	if (!err)
		err = fsync(dir) ? -errno : 0;
	return err;
}

/* Adds what is pending to the file "count". It only informs, so that an error is none of the
 * run. */
static void flush_count(struct findings *f, struct sighting *seen)
{
	char text[32] = "";
	int dir = open_dir(f, seen->name, false);
	int fd, len;
	u64 n;

	if (dir < 0)
		return;
	fd = openat(dir, "count", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	close(dir);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX) == 0 && pread(fd, text, sizeof(text) - 1, 0) >= 0) {
		n = strtoull(text, NULL, 10) + seen->pending;
		len = snprintf(text, sizeof(text), "%" PRIu64 "\n", n);
		if (pwrite(fd, text, (size_t)len, 0) == len)
			seen->pending = 0;
	}
	close(fd);
}

static struct sighting *sighting_find(struct findings *f, const char *name)
{
	u32 i;

	for (i = 0; i < f->count; i++)
		if (strcmp(f->seen[i].name, name) == 0)
			return &f->seen[i];
	return NULL;
}

bool findings_known(struct findings *f, const struct outcome *outcome)
{
	char name[200], path[4096];
	struct sighting *seen;
	bool known = true;

	finding_name(name, sizeof(name), outcome);
	seen = sighting_find(f, name);
	if (!seen) {
		snprintf(path, sizeof(path), "%s/%s/original.vma", f->path, name);
		known = access(path, F_OK) == 0;
		if (f->count == SEEN_MAX)
			return known;
		seen = &f->seen[f->count++];
		memcpy(seen->name, name, sizeof(name));
	}
	if (++seen->pending >= FLUSH_EVERY)
		flush_count(f, seen);
	return known;
}

void findings_close(struct findings *f)
{
	u32 i;

	if (!f)
		return;
	for (i = 0; i < f->count; i++)
		if (f->seen[i].pending)
			flush_count(f, &f->seen[i]);
	free(f->path);
	free(f);
}

/* The program with what it showed as comments. */
static void program_print(FILE *out, struct session *s, const struct prog *prog,
			  const struct outcome *outcome, const struct origin *origin)
{
	char text[512];

	signature_print(text, sizeof(text), &outcome->signature);
	fprintf(out, "# %s at operation %u: %s\n", text, outcome->op + 1, outcome->diff.text);
	if (outcome->quirks_explain) {
		quirks_print_affected(text, sizeof(text), outcome->quirks_explain);
		fprintf(out, "# known: %s\n", text);
	}
	fprintf(out, "# on %s\n", session_backend(s)->kernel);
	if (origin->generated)
		fprintf(out, "# run with seed %" PRIu64 ", case %" PRIu64 "\n", origin->seed,
			origin->case_seed);
	prog_print(out, prog);
}

enum what { WHAT_PROGRAM, WHAT_REPORT, WHAT_JSON };

struct finding {
	struct session *session;
	const struct prog *prog;
	const struct outcome *outcome;
	struct origin origin;
};

/* The text of one file of a finding; the caller frees it. NULL: out of memory. */
static char *render(const struct finding *finding, enum what what, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (!out)
		return NULL;
	if (what == WHAT_PROGRAM)
		program_print(out, finding->session, finding->prog, finding->outcome,
			      &finding->origin);
	else if (what == WHAT_REPORT)
		report_print(out, finding->session, finding->prog, finding->outcome,
			     &finding->origin);
	else
		report_json(out, finding->session, finding->prog, finding->outcome,
			    &finding->origin);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int put(int dir, const char *name, const struct finding *finding, enum what what,
	       bool replace)
{
	size_t len = 0;
	char *text = render(finding, what, &len);
	int err;

	if (!text)
		return -ENOMEM;
	err = put_file(dir, name, text, len, replace);
	if (err && err != -EEXIST && what != WHAT_JSON) {
		fprintf(stderr, "%s could not be saved (%s); it is:\n", name, strerror(-err));
		fwrite(text, 1, len, stderr);
	}
	free(text);
	return err;
}

/* Writes the program as @name, which decides who owns the finding, and then its reports. */
static int save(struct findings *f, struct finding *finding, const char *name, bool replace,
		struct diag *diag)
{
	char path[4096], file[4200];
	const char *leaf;
	int dir, err;

	findings_path(f, finding->outcome, path, sizeof(path));
	snprintf(file, sizeof(file), "%s/%s", path, name);
	finding->origin.file = file;
	leaf = path + strlen(f->path) + 1;
	dir = open_dir(f, leaf, true);
	if (dir < 0) {
		fprintf(stderr, "%s could not be made (%s); what it was for:\n", path,
			strerror(-dir));
		report_print(stderr, finding->session, finding->prog, finding->outcome,
			     &finding->origin);
		return diag_set(diag, dir, "cannot make %s: %s", path, strerror(-dir));
	}
	err = put(dir, name, finding, WHAT_PROGRAM, replace);
	if (!err)
		err = put(dir, "report.txt", finding, WHAT_REPORT, true);
	if (!err)
		err = put(dir, "report.json", finding, WHAT_JSON, true);
	close(dir);
	if (err == -EEXIST)
		return diag_set(diag, err, "%s is there already", file);
	if (err)
		return diag_set(diag, err, "cannot save %s: %s", file, strerror(-err));
	return 0;
}

int findings_save(struct findings *f, struct session *s, const struct prog *prog,
		  const struct outcome *outcome, const struct origin *origin, struct diag *diag)
{
	struct finding finding = {s, prog, outcome, *origin};
	struct sighting *seen;
	char name[200];
	int err = save(f, &finding, "original.vma", false, diag);

	finding_name(name, sizeof(name), outcome);
	seen = sighting_find(f, name);
	if (seen && seen->pending)
		flush_count(f, seen);
	return err;
}

/* Is there a minimised program already, and no longer than @count operations? */
static bool shorter_there(const struct findings *f, const struct outcome *outcome, u32 count)
{
	struct prog_file *old = malloc(sizeof(*old));
	char path[4096], file[4200];
	struct diag ignored;
	bool there;

	if (!old)
		return false;
	findings_path(f, outcome, path, sizeof(path));
	snprintf(file, sizeof(file), "%s/program.vma", path);
	there = access(file, F_OK) == 0 && prog_load(old, file, &ignored) == 0 &&
		old->prog.count <= count;
	free(old);
	return there;
}

int findings_save_minimised(struct findings *f, struct session *s, const struct prog *prog,
			    const struct outcome *outcome, const struct origin *origin,
			    struct diag *diag)
{
	struct finding finding = {s, prog, outcome, *origin};

	if (shorter_there(f, outcome, prog->count))
		return 0;
	return save(f, &finding, "program.vma", true, diag);
}

u32 findings_line_hash(const char *line)
{
	u32 hash = 2166136261u;

	for (; *line; line++)
		if (!strchr("0123456789abcdefx", *line))
			hash = (hash ^ (u8)*line) * 16777619u;
	return hash;
}

int findings_save_kernel_log(struct findings *f, const struct prog *prog, const char *line,
			     struct diag *diag)
{
	char name[64], file[64];
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int dir, err;

	if (!out)
		return diag_set(diag, -ENOMEM, "out of memory");
	fprintf(out, "# the kernel said while this ran: %s\n", line);
	prog_print(out, prog);
	if (fclose(out)) {
		free(text);
		return diag_set(diag, -ENOMEM, "out of memory");
	}
	snprintf(name, sizeof(name), "kernel-log-%08x", findings_line_hash(line));
	snprintf(file, sizeof(file), "%016" PRIx64 ".vma", prog_hash(prog));
	dir = open_dir(f, name, true);
	err = dir < 0 ? dir : put_file(dir, file, text, len, true);
	if (dir >= 0)
		close(dir);
	if (err) {
		fwrite(text, 1, len, stderr);
		diag_set(diag, err, "cannot save %s/%s/%s: %s", f->path, name, file,
			 strerror(-err));
	}
	free(text);
	return err;
}
