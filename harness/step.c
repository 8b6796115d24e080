/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Progress of a step.
 */
#include "harness/step.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/progress.h"

/* The files right in @path. */
static u64 bytes_in(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	struct stat st;
	u64 bytes = 0;

	while (dir && (entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			bytes += (u64)st.st_size;
	if (dir)
		closedir(dir);
	return bytes;
}

void step_begin(struct step *s, const char *dir, u64 bytes_max, const char *format, ...)
{
	va_list args;

	step_end(s);
	s->tty = isatty(STDERR_FILENO);
	s->open = true;
	s->start_ms = progress_clock_ms();
	s->bytes_max = bytes_max;
	snprintf(s->dir, sizeof(s->dir), "%s", dir ? dir : "");
	va_start(args, format);
	vsnprintf(s->what, sizeof(s->what), format, args);
	va_end(args);
	fprintf(stderr, s->tty ? "%s" : "%s\n", s->what);
}

void step_tick(void *arg)
{
	struct step *s = arg;
	u64 seconds = (progress_clock_ms() - s->start_ms) / 1000;

	if (!s->tty)
		return;
	fprintf(stderr, "\r\033[K%s  %02" PRIu64 ":%02" PRIu64, s->what, seconds / 60,
		seconds % 60);
	if (s->dir[0])
		fprintf(stderr, "  %" PRIu64 " MB", bytes_in(s->dir) >> 20);
	if (s->dir[0] && s->bytes_max)
		fprintf(stderr, " of %" PRIu64, s->bytes_max >> 20);
}

void step_end(struct step *s)
{
	if (s->open && s->tty)
		fprintf(stderr, "\r\033[K");
	s->open = false;
}
