/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of arguments of operations that set something of the whole process: a switch.
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
