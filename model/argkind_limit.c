/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of arguments of operations that set something of the whole process: a switch, and how
 * many pages a limit is.
 */
#include <errno.h>
#include <string.h>

#include "argkind_impl.h"
#include "text.h"

int switch_print(char *buf, size_t size, u64 value)
{
	struct text t;

	text_init(&t, buf, size);
	text_add(&t, "%s", value ? "on" : "off");
	return (int)t.len;
}

int switch_parse(const char *text, u64 *value, struct diag *diag)
{
	*value = strcmp(text, "on") == 0;
	if (*value || strcmp(text, "off") == 0)
		return 0;
	return diag_set(diag, -EINVAL, "\"%s\" is neither on nor off", text_quote(text).text);
}

u64 switch_decode(u16 code)
{
	return code & 1;
}

u16 switch_encode(u64 value)
{
	return value != 0;
}

/* ---- how many pages: +1 to +64, or unlimited ---- */

#define PAGES_LARGEST 64u

int pages_print(char *buf, size_t size, u64 value)
{
	struct text t;

	text_init(&t, buf, size);
	if (value == LIMIT_NONE)
		text_add(&t, "unlimited");
	else
		text_add(&t, "+%u", (u32)value);
	return (int)t.len;
}

int pages_parse(const char *text, u64 *value, struct diag *diag)
{
	const char *at = text + 1;

	*value = LIMIT_NONE;
	if (strcmp(text, "unlimited") == 0)
		return 0;
	if (*text == '+' && text_decimal(&at, PAGES_LARGEST, value) && !*at && *value)
		return 0;
	return diag_set(diag, -EINVAL, "\"%s\" is neither +1 to +%u pages nor unlimited",
			text_quote(text).text, PAGES_LARGEST);
}

/* Class 15: unlimited. */
u64 pages_decode(u16 code)
{
	return code_class(code) == 15 ? LIMIT_NONE : code % PAGES_LARGEST + 1;
}

u16 pages_encode(u64 value)
{
	return (u16)(value == LIMIT_NONE ? 15u << 12 : (value - 1) % PAGES_LARGEST);
}

/* A small limit is simpler to read than one that is lifted. */
static struct rank pages_rank(u64 value)
{
	return (struct rank){ value == LIMIT_NONE, value };
}

static bool pages_candidate(u64 value, u32 n, u64 *out)
{
	const u64 pages[] = { 1, value == LIMIT_NONE ? 2 : value / 2, value - value / 4,
			      value - 1 };

	if (n >= ARRAY_SIZE(pages) || (value == LIMIT_NONE && n > 1))
		return false;
	*out = pages[n] ? pages[n] : 1;
	return true;
}

bool pages_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, pages_rank, pages_candidate);
}
