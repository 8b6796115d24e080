/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A crash file of a fuzzing engine has any name and any content, while programs that people wrote
 * begin with "vma" or a comment. So the content decides, not the name.
 */
#include "harness/input.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* All of @in, at most what prog_file.text holds. */
static int read_all(FILE *in, char *text, size_t room, size_t *len)
{
	*len = fread(text, 1, room, in);
	if (ferror(in))
		return errno ? -errno : -EIO;
	return *len == room ? -EFBIG : 0;
}

static bool looks_like_text(const char *text, size_t len)
{
	size_t blanks = strspn(text, " \t\r\n"), i;

	if (len == 0 || memchr(text, '\0', len))
		return false;
	if (text[blanks] == '#' || strncmp(text + blanks, "vma", 3) == 0)
		return true;
	/* All printable: a program whose first line was forgotten, which the parser says. */
	for (i = 0; i < len; i++)
		if ((u8)text[i] < ' ' && !strchr("\t\r\n", text[i]))
			return false;
	return true;
}

int input_load(struct prog_file *file, const char *path, struct diag *diag)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const size_t room = sizeof(file->text);
	char *text = calloc(1, room + 1);
	FILE *in = is_stdin ? stdin : fopen(path, "re");
	struct stat st;
	size_t len = 0;
	int err = in ? 0 : -errno;

	if (!err && fstat(fileno(in), &st) == 0 && S_ISDIR(st.st_mode))
		err = -EISDIR;
	if (!err && !text)
		err = -ENOMEM;
	if (!err)
		err = read_all(in, text, room, &len);
	if (in && !is_stdin)
		fclose(in);
	if (err) {
		diag_set(diag, err, "%s: %s", path, strerror(-err));
	} else if (looks_like_text(text, len)) {
		err = prog_parse(file, is_stdin ? "standard input" : path, text, diag);
	} else {
		memset(file, 0, sizeof(*file));
		prog_decode(&file->prog, (const u8 *)text, len);
	}
	free(text);
	return err;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool wanted(const FTSENT *entry)
{
	const char *dot = strrchr(entry->fts_name, '.');

	if (entry->fts_level == FTS_ROOTLEVEL)
		return entry->fts_info != FTS_D && entry->fts_info != FTS_DP;
	return entry->fts_info == FTS_F && dot && strcmp(dot, ".vma") == 0 &&
	       entry->fts_name[0] != '.';
}

int input_visit(const char *path, int (*visit)(void *arg, const char *path), void *arg,
		struct diag *diag)
{
	char *copy = strdup(path);
	char *paths[] = {copy, NULL};
	bool any = false;
	FTSENT *entry;
	FTS *fts;
	int err = 0, unread = 0;

	if (!copy)
		return diag_set(diag, -ENOMEM, "out of memory");
	if (strcmp(path, "-") == 0) {
		free(copy);
		return visit(arg, path);
	}
	fts = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
	while (fts && !err && (entry = fts_read(fts)) != NULL) {
		if (entry->fts_info == FTS_NS || entry->fts_info == FTS_DNR)
			/* What else there is is visited all the same. */
			unread = diag_set(diag, -ENOENT, "%s: %s", entry->fts_path,
					  strerror(entry->fts_errno));
		else if (wanted(entry)) {
			any = true;
			err = visit(arg, entry->fts_path);
		}
	}
	if (!fts)
		err = diag_set(diag, -ENOENT, "%s: %s", path, strerror(errno));
	else
		fts_close(fts);
	if (!err)
		err = unread;
	if (!err && !any)
		err = diag_set(diag, -ENOENT, "%s: no *.vma file in this directory", path);
	free(copy);
	return err;
}
