/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions of kernels.
 */
#include "harness/kernel_version.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parts {
	unsigned long number[3];
	u32 count;	  /* of the numbers */
	const char *rest; /* behind them: "", "-rc5" */
};

static bool split(const char *text, struct parts *parts)
{
	memset(parts, 0, sizeof(*parts));
	for (;;) {
		char *end;

		if (!isdigit((unsigned char)*text))
			return false;
		parts->number[parts->count++] = strtoul(text, &end, 10);
		text = end;
		if (*text != '.' || parts->count == ARRAY_SIZE(parts->number))
			break;
		text++;
	}
	parts->rest = text;
	return parts->count >= 2;
}

bool kernel_version_valid(const char *text)
{
	struct parts parts;
	const char *p;

	if (strlen(text) >= KERNEL_VERSION_MAX || !split(text, &parts))
		return false;
	if (*parts.rest && (parts.count < 3 || *parts.rest != '-'))
		return false;
	for (p = parts.rest; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-.+_", *p))
			return false;
	return true;
}

bool kernel_version_matches(const char *request, const char *version)
{
	struct parts r, v;

	if (!split(request, &r) || !split(version, &v))
		return false;
	if (r.number[0] != v.number[0] || r.number[1] != v.number[1])
		return false;
	return r.count == 2 || strcmp(request, version) == 0;
}

int kernel_version_compare(const char *a, const char *b)
{
	struct parts x, y;
	u32 i;

	if (!split(a, &x) || !split(b, &y))
		return strcmp(a, b);
	for (i = 0; i < ARRAY_SIZE(x.number); i++)
		if (x.number[i] != y.number[i])
			return x.number[i] < y.number[i] ? -1 : 1;
	/* A release candidate comes before the release. */
	if (!*x.rest != !*y.rest)
		return *x.rest ? -1 : 1;
	return strverscmp(x.rest, y.rest);
}

void kernel_version_series(const char *version, char *buf, size_t size)
{
	struct parts parts;

	CHECK(split(version, &parts));
	snprintf(buf, size, "%lu.%lu", parts.number[0], parts.number[1]);
}

int kernel_version_from_package(const char *package_version, char *buf)
{
	struct parts parts;
	char rest[KERNEL_VERSION_MAX] = "";

	if (!split(package_version, &parts))
		return -EINVAL;
	if (strncmp(parts.rest, "~rc", 3) == 0)
		snprintf(rest, sizeof(rest), "-%.*s", (int)strcspn(parts.rest + 1, "-~+"),
			 parts.rest + 1);
	snprintf(buf, KERNEL_VERSION_MAX, "%lu.%lu.%lu%s", parts.number[0], parts.number[1],
		 parts.number[2], rest);
	return kernel_version_valid(buf) ? 0 : -EINVAL;
}

/* The value of "NAME = value" in @line, or NULL. Cuts the line behind it. */
static const char *assigned(char *line, const char *name)
{
	size_t len = strlen(name);
	char *at = line + len;

	if (strncmp(line, name, len) != 0 || !strchr(" =", *at))
		return NULL;
	at += strspn(at, " ");
	if (*at++ != '=')
		return NULL;
	at += strspn(at, " ");
	at[strcspn(at, " \n")] = '\0';
	return at;
}

int kernel_version_from_makefile(const char *path, char *buf)
{
	static const char *const names[] = { "VERSION", "PATCHLEVEL", "SUBLEVEL", "EXTRAVERSION" };
	char value[ARRAY_SIZE(names)][16] = { { 0 } };
	bool seen[ARRAY_SIZE(names)] = { false };
	char line[256];
	FILE *in = fopen(path, "re");
	u32 i;

	if (!in)
		return -errno;
	while (fgets(line, sizeof(line), in)) {
		for (i = 0; i < ARRAY_SIZE(names); i++) {
			const char *text = seen[i] ? NULL : assigned(line, names[i]);

			if (!text)
				continue;
			snprintf(value[i], sizeof(value[i]), "%s", text);
			seen[i] = true;
		}
	}
	fclose(in);
	snprintf(buf, KERNEL_VERSION_MAX, "%s.%s.%s%s", value[0], value[1], value[2], value[3]);
	return kernel_version_valid(buf) ? 0 : -EINVAL;
}
