/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Of a report of many screens: the kind, the access, and the frames of the first stack.
 *
 *	==12==ERROR: AddressSanitizer: heap-use-after-free on address 0x6020 at pc 0x4f bp 0x7f sp
 *0x7f READ of size 8 at 0x6020 thread T0 #0 0x4f in vma_merge (...)/mm/vma.c:123:4
 *
 *	(...)/mm/vma.c:123:4: runtime error: index 9 out of bounds for type 'int [4]'
 */
#include "harness/kernel/sanitizer.h"

#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 8

struct reader {
	char *site, *out;
	size_t site_size, size, len;
};

/* Adds @len bytes of @text as a line. */
static void add_line(struct reader *r, const char *text, size_t len)
{
	int n = snprintf(r->out + r->len, r->size - r->len, "%s%.*s", r->len ? "\n" : "", (int)len,
			 text);

	r->len += (size_t)n < r->size - r->len ? (size_t)n : r->size - r->len - 1;
}

/* The part of a path below the top of a kernel tree; NULL: @path is of no tree. */
static const char *tree_path(const char *path)
{
	static const char *const tops[] = { "mm/", "fs/", "lib/", "include/", "arch/", "kernel/" };
	size_t i;

	if (strstr(path, "harness/kernel/") || strstr(path, "compiler-rt"))
		return NULL;
	for (i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		char inside[16];
		const char *at;

		if (strncmp(path, tops[i], strlen(tops[i])) == 0)
			return path;
		snprintf(inside, sizeof(inside), "/%s", tops[i]);
		at = strstr(path, inside);
		if (at)
			return at + 1;
	}
	return NULL;
}

/* "mm/vma.c:123" of "(...)/mm/vma.c:123:4", of the @len bytes at @place. */
static bool take_site(struct reader *r, const char *place, size_t len)
{
	const char *path, *colon;
	char copy[512];

	snprintf(copy, sizeof(copy), "%.*s", (int)len, place);
	path = tree_path(copy);
	colon = path ? strchr(path, ':') : NULL;
	if (!colon)
		return false;
	snprintf(r->site, r->site_size, "%.*s",
		 (int)(colon + 1 - path) + (int)strspn(colon + 1, "0123456789"), path);
	return true;
}

static size_t line_length(const char *line)
{
	return strcspn(line, "\n");
}

static const char *next_line(const char *line)
{
	line += line_length(line);
	return *line ? line + 1 : line;
}

/* "    #0 0x4f in vma_merge /somewhere/mm/vma.c:123:4": "in vma_merge mm/vma.c:123". */
static void take_frame(struct reader *r, const char *line, bool *placed)
{
	size_t len = line_length(line), name;
	const char *in = strstr(line, " in "), *place;
	struct reader here = *r;
	char site[64] = "", text[256];

	if (!in || in >= line + len)
		return;
	in++;
	name = 3 + strcspn(in + 3, " \n");
	place = in + name;
	here.site = site;
	here.site_size = sizeof(site);
	if (*place == ' ')
		take_site(&here, place + 1, (size_t)(line + len - place - 1));
	snprintf(text, sizeof(text), "%.*s%s%s", (int)name, in, site[0] ? " " : "", site);
	add_line(r, text, strlen(text));
	if (!*placed && site[0]) {
		snprintf(r->site, r->site_size, "%s", site);
		*placed = true;
	}
}

static void take_frames(struct reader *r, const char *line)
{
	bool placed = false;
	unsigned int n = 0;

	for (; *line && line_length(line); line = next_line(line)) {
		const char *hash = line + strspn(line, " ");

		if (*hash == '#' && n++ < FRAMES_MAX)
			take_frame(r, line, &placed);
	}
}

static bool address_report(struct reader *r, const char *text)
{
	static const char mark[] = "ERROR: AddressSanitizer: ";
	const char *line = strstr(text, mark), *kind, *thread;
	size_t len;

	if (!line)
		return false;
	kind = line + sizeof(mark) - 1;
	len = strcspn(kind, " \n");
	snprintf(r->site, r->site_size, "%.*s", (int)len, kind);
	add_line(r, line, sizeof(mark) - 1 + len);
	line = next_line(line);
	/* How much was read or written, but not where. */
	thread = strstr(line, " at 0x");
	if (thread && thread < line + line_length(line))
		add_line(r, line, (size_t)(thread - line));
	for (; *line; line = next_line(line))
		if (line[strspn(line, " ")] == '#')
			break;
	take_frames(r, line);
	return true;
}

static bool undefined_report(struct reader *r, const char *text)
{
	const char *mark = strstr(text, ": runtime error: "), *line = mark;

	if (!mark)
		return false;
	while (line > text && line[-1] != '\n')
		line--;
	if (!take_site(r, line, (size_t)(mark - line)))
		snprintf(r->site, r->site_size, "undefined-behaviour");
	add_line(r, mark + 2, line_length(mark + 2));
	return true;
}

bool sanitizer_report(const char *text, char *site, size_t site_size, char *complaint,
		      size_t complaint_size)
{
	struct reader r = {
		.site = site, .out = complaint, .site_size = site_size, .size = complaint_size
	};

	complaint[0] = '\0';
	return address_report(&r, text) || undefined_report(&r, text);
}
