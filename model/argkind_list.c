/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kinds of arguments that are one of a list of names: enum policy_arg, enum name_arg, enum
 * clear_arg, enum limit_arg.
 *
 * A value is its index in the list, and a code is taken modulo the length. What stands earlier is
 * simpler.
 */
#include "argkind_impl.h"

#include <errno.h>

#include "flagnames.h"
#include "text.h"

static int list_print(char *buf, size_t size, u64 value, const struct flagname *names)
{
	const char *name = flag_name(names, value);
	struct text t;

	CHECK(name);
	text_init(&t, buf, size);
	text_add(&t, "%s", name);
	return (int)t.len;
}

static int list_parse(const char *text, u64 *value, struct diag *diag, const char *what,
		      const struct flagname *names)
{
	if (!name_find(text, names, value))
		return names_refuse(diag, text, what, names);
	return 0;
}

static bool list_simpler(u64 value, u32 step, u64 *out)
{
	*out = step;
	return step < value;
}

/* The functions of a kind with @count names. */
#define LIST_KIND(kind, what, names, count)                                    \
	int kind##_print(char *buf, size_t size, u64 value)                    \
	{                                                                      \
		return list_print(buf, size, value, names);                    \
	}                                                                      \
	int kind##_parse(const char *text, u64 *value, struct diag *diag)      \
	{                                                                      \
		return list_parse(text, value, diag, what, names);             \
	}                                                                      \
	u64 kind##_decode(u16 code)                                            \
	{                                                                      \
		return code % (count);                                         \
	}                                                                      \
	u16 kind##_encode(u64 value)                                           \
	{                                                                      \
		return (u16)value;                                             \
	}                                                                      \
	bool kind##_simpler(u64 value, u32 step, u64 *out)                     \
	{                                                                      \
		return list_simpler(value, step, out);                         \
	}

LIST_KIND(policy, "a memory policy", names_policy, POLICY_ARG_COUNT)
LIST_KIND(name, "a name of an area", names_name, NAME_ARG_COUNT)
LIST_KIND(clear, "what clear_refs can clear", names_clear, CLEAR_ARG_COUNT)
LIST_KIND(rlimit, "a limit", names_rlimit, LIMIT_COUNT)
