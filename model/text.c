/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Appending to a caller's buffer and reading numbers strictly; see text.h. The C library's
 * strtoull() is not used because it accepts blanks, signs and overflow.
 */
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* Pages on either side of the arena that still print relative to it: as long as a length that the
 * byte form can say, so that an area which begins in the arena can be followed to its end. */
#define NEAR_PAGES 1024

void text_init(struct text *t, char *buf, size_t size)
{
	*t = (struct text){ .buf = buf, .size = size };
	if (size)
		buf[0] = '\0';
}

void text_add(struct text *t, const char *format, ...)
{
	bool room = t->len < t->size;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(room ? t->buf + t->len : NULL, room ? t->size - t->len : 0, format, args);
	va_end(args);
	CHECK(n >= 0);
	t->len += (size_t)n;
}

static bool page_is_near(u64 page)
{
	return page + NEAR_PAGES >= ARENA_BASE / PAGE_BYTES &&
	       page < ARENA_END / PAGE_BYTES + NEAR_PAGES;
}

void text_page(struct text *t, u64 page)
{
	if (page_is_near(page))
		text_add(t, "@%" PRId64, (s64)(page - ARENA_BASE / PAGE_BYTES));
	else
		text_add(t, "%#" PRIx64, page << PAGE_SHIFT);
}

bool text_decimal(const char **at, u64 max, u64 *value)
{
	const char *s = *at;
	u64 v = 0;

	for (; *s >= '0' && *s <= '9'; s++) {
		u64 digit = (u64)(*s - '0');

		if (digit > max || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	if (s == *at)
		return false;
	*at = s;
	*value = v;
	return true;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	       c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 :
				      -1;
}

bool text_hex(const char **at, u64 *value)
{
	const char *s = *at;
	u32 digits = 0;
	u64 v = 0;

	if (*s++ != '0')
		return false;
	if (*s == 'x') {
		for (s++; hex_digit(*s) >= 0; s++, digits++)
			v = v << 4 | (u64)hex_digit(*s);
		if (digits < 1 || digits > 16)
			return false;
	}
	*at = s;
	*value = v;
	return true;
}

struct text_quote text_quote(const char *text)
{
	struct text_quote q = { "" };
	size_t n = 0;

	for (; text[n] && n < sizeof(q.text) - 4; n++)
		q.text[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
	for (u32 dots = 0; text[n] && dots < 3; dots++)
		q.text[n + dots] = '.';
	return q;
}
