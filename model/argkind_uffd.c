/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of arguments of the operations on userfaultfd: a descriptor, features, modes.
 *
 * Of the bits that programs do not name, those below 32 mean something to some kernels, which would
 * then do what the model does not know of: they cannot be said. Those above are refused by all.
 */
#include <errno.h>
#include <string.h>

#include "abi.h"
#include "argkind_impl.h"
#include "text.h"

#define BAD_BIT (1ull << 40)
#define CLASS_BAD 15u

static bool has_unsayable(u64 value, u64 known)
{
	return value & UINT32_MAX & ~known;
}

/* ---- descriptors: u0, u1, ... ---- */

int uffd_print(char *buf, size_t size, u64 value)
{
	struct text t;

	text_init(&t, buf, size);
	text_add(&t, "u%u", (u32)value);
	return (int)t.len;
}

int uffd_parse(const char *text, u64 *value, struct diag *diag)
{
	const char *at = text + 1;

	if (*text != 'u' || !text_decimal(&at, UFFDS_MAX - 1, value) || *at)
		return diag_set(diag, -EINVAL, "\"%s\" is not a userfaultfd: u0 to u%d",
				text_quote(text).text, UFFDS_MAX - 1);
	return 0;
}

/* Mostly one of those that a program can open by itself. */
u64 uffd_decode(u16 code)
{
	return code_class(code) < 12 ? code % UFFD_OPENS_MAX : code % UFFDS_MAX;
}

u16 uffd_encode(u64 value)
{
	u32 code = 12u << 12;

	if (value < UFFD_OPENS_MAX)
		return (u16)value;
	while (code % UFFDS_MAX != value % UFFDS_MAX)
		code++;
	return (u16)code;
}

static struct rank uffd_rank(u64 value)
{
	return (struct rank){ value, 0 };
}

static bool uffd_candidate(u64 value, u32 n, u64 *out)
{
	*out = n;
	return n < value;
}

bool uffd_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, uffd_rank, uffd_candidate);
}

/* ---- features ---- */

#define FEATURES (ABI_UFFD_EVENT_FORK | ABI_UFFD_EVENT_REMAP | ABI_UFFD_WP_ASYNC)

int uffd_features_print(char *buf, size_t size, u64 value)
{
	return flags_print(buf, size, value, names_uffd_features, "|", "0");
}

int uffd_features_parse(const char *text, u64 *value, struct diag *diag)
{
	if (flags_parse(text, names_uffd_features, "0", value) || has_unsayable(*value, FEATURES))
		return names_refuse(diag, text,
				    "a set of features of userfaultfd, joined by \"|\", or 0 "
				    "(bits without a name from 0x100000000 on)",
				    names_uffd_features);
	return 0;
}

/* Bits 0-2 the features in the order of their names; class 15: the bad bit too. */
u64 uffd_features_decode(u16 code)
{
	u64 value = code_class(code) == CLASS_BAD ? BAD_BIT : 0;

	for (u32 i = 0; names_uffd_features[i].name; i++)
		if (code >> i & 1)
			value |= names_uffd_features[i].value;
	return value;
}

u16 uffd_features_encode(u64 value)
{
	u32 code = value & ~(u64)FEATURES ? CLASS_BAD << 12 : 0;

	for (u32 i = 0; names_uffd_features[i].name; i++)
		if (value & names_uffd_features[i].value)
			code |= 1u << i;
	return (u16)code;
}

/* ---- modes ---- */

#define MODES ((u64)(ABI_UFFD_MODE_MISSING | ABI_UFFD_MODE_WP | ABI_UFFD_MODE_MINOR))

int uffd_mode_print(char *buf, size_t size, u64 value)
{
	return flags_print(buf, size, value, names_uffd_mode, "|", "0");
}

int uffd_mode_parse(const char *text, u64 *value, struct diag *diag)
{
	if (flags_parse(text, names_uffd_mode, "0", value) || has_unsayable(*value, MODES))
		return names_refuse(diag, text,
				    "a set of modes of userfaultfd, joined by \"|\", or 0 (bits "
				    "without a name from 0x100000000 on)",
				    names_uffd_mode);
	return 0;
}

/* Bits 0-2 what differs from missing, which is the simplest; class 15: the bad bit too. */
u64 uffd_mode_decode(u16 code)
{
	return ((code & MODES) ^ ABI_UFFD_MODE_MISSING) |
	       (code_class(code) == CLASS_BAD ? BAD_BIT : 0);
}

u16 uffd_mode_encode(u64 value)
{
	u32 code = (u32)(value & MODES) ^ ABI_UFFD_MODE_MISSING;

	return (u16)(value & ~MODES ? code | CLASS_BAD << 12 : code);
}

bool uffd_mode_simpler(u64 value, u32 step, u64 *out)
{
	bool more = bits_simpler(value ^ ABI_UFFD_MODE_MISSING, step, out);

	*out ^= ABI_UFFD_MODE_MISSING;
	return more;
}
