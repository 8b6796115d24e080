/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * THE table of argument kinds: all that can be done with an argument without knowing the operation.
 * Text, bytes, canonical form, simplification. Names come from flagnames.h.
 */
#ifndef MODEL_ARGKIND_H
#define MODEL_ARGKIND_H

#include "op.h"

struct argkind {
	const char *name;
	/* Writes @value as text; the length as snprintf() does. */
	int (*print)(char *buf, size_t size, u64 value);
	/* Reads all of @text (NUL-terminated, no blanks around). 0, or -EINVAL and what is
	 * wrong. */
	int (*parse)(const char *text, u64 *value, struct diag *diag);
	/* Bytes: any 16 bits are a value (two arguments of kind ADDR or LEN may need all of
	 * them). */
	u64 (*decode)(u16 code);
	/* A code with decode(code) == value, or that of the nearest value that has one. */
	u16 (*encode)(u64 value);
	/*
	 * The @step-th simpler value to try instead of @value, simplest first; false when there
	 * are no more. A value is never simpler than itself, and simplifying again comes to an
	 * end.
	 */
	bool (*simpler)(u64 value, u32 step, u64 *out);
};

/* By enum arg_kind; ARG_NONE has a name only. */
extern const struct argkind argkinds[ARG_KIND_COUNT];

#endif
