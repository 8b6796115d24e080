/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The JSON writer. Text from outside (names of files, lines of a kernel log) may hold any byte, and
 * a reader must still get valid JSON: what is no UTF-8 is replaced, never passed on.
 */
#include "harness/json.h"

#include <inttypes.h>
#include <string.h>

/* The length of the UTF-8 sequence that begins at @s, or 0 if there is none. */
static size_t utf8_len(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t len, i;

	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		len = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		len = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		len = 4;
	else
		return 0;
	for (i = 1; i < len; i++)
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than needed, a surrogate half, or beyond the last code point. */
	if ((u[0] == 0xe0 && u[1] < 0xa0) || (u[0] == 0xed && u[1] > 0x9f) ||
	    (u[0] == 0xf0 && u[1] < 0x90) || (u[0] == 0xf4 && u[1] > 0x8f))
		return 0;
	return len;
}

static void json_quote(FILE *out, const char *s)
{
	fputc('"', out);
	while (*s) {
		size_t len = utf8_len(s);

		if (len == 0) {
			fputs("\\ufffd", out);
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if (*s == '\n')
			fputs("\\n", out);
		else if (*s == '\t')
			fputs("\\t", out);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			fprintf(out, "\\u%04x", (unsigned int)(unsigned char)*s);
		else
			fwrite(s, 1, len, out);
		s += len;
	}
	fputc('"', out);
}

static void json_key(struct json *j, const char *key)
{
	if (j->comma)
		fputc(',', j->out);
	if (key) {
		json_quote(j->out, key);
		fputc(':', j->out);
	}
	j->comma = true;
}

static void json_open(struct json *j, char opener, char closer)
{
	CHECK(j->depth < JSON_DEPTH_MAX);
	fputc(opener, j->out);
	j->closer[j->depth++] = closer;
	j->comma = false;
}

void json_begin(struct json *j, FILE *out)
{
	j->out = out;
	j->depth = 0;
	json_open(j, '{', '}');
}

void json_end(struct json *j)
{
	while (j->depth > 0)
		json_close(j);
	fputc('\n', j->out);
}

void json_object(struct json *j, const char *key)
{
	json_key(j, key);
	json_open(j, '{', '}');
}

void json_array(struct json *j, const char *key)
{
	json_key(j, key);
	json_open(j, '[', ']');
}

void json_close(struct json *j)
{
	CHECK(j->depth > 0);
	fputc(j->closer[--j->depth], j->out);
	j->comma = true;
}

void json_string(struct json *j, const char *key, const char *value)
{
	json_key(j, key);
	if (value)
		json_quote(j->out, value);
	else
		fputs("null", j->out);
}

void json_u64(struct json *j, const char *key, u64 value)
{
	json_key(j, key);
	fprintf(j->out, "%" PRIu64, value);
}

void json_s64(struct json *j, const char *key, s64 value)
{
	json_key(j, key);
	fprintf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	fputs(value ? "true" : "false", j->out);
}
