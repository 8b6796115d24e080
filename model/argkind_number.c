/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kinds of arguments that are numbers of bytes: addresses, lengths, file offsets.
 *
 * Most codes mean whole pages in and around the arena. An encoder tries the codes that could be
 * nearest and keeps the best by decoding them, so that the layout of a code is written down once.
 */
#include "argkind_impl.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "abi.h"
#include "text.h"

/* The nearest code so far to a value that may have none of its own. */
struct nearest {
	u64 value, distance;
	u16 code;
};

static void nearest_try(struct nearest *n, u64 (*decode)(u16 code), u32 code)
{
	u64 value = decode((u16)code);
	u64 distance = value > n->value ? value - n->value : n->value - value;

	if (distance >= n->distance)
		return;
	n->distance = distance;
	n->code = (u16)code;
}

/*
 * Bytes behind a page boundary, for misaligned addresses, lengths and offsets. None above 0xff8: a
 * load or store of 8 bytes stays inside of its page.
 */
static const u16 odd_bytes[32] = {
	1,     2,     4,     7,     8,     0x10,  0x20,  0x40,  0x80,  0x100, 0x123,
	0x200, 0x234, 0x3ff, 0x400, 0x456, 0x600, 0x700, 0x7f8, 0x7ff, 0x800, 0x801,
	0x900, 0xabc, 0xc00, 0xe00, 0xf00, 0xf80, 0xfc0, 0xfe0, 0xff0, 0xff8,
};

/* ---- addresses ---- */

int addr_print(char *buf, size_t size, u64 value)
{
	s64 offset = addr_offset(value), page = offset >> PAGE_SHIFT;
	u64 byte = (u64)offset % PAGE_BYTES;
	struct text t;

	text_init(&t, buf, size);
	switch (addr_base(value)) {
	case ADDR_ARENA:
		text_add(&t, "@%" PRId64, page);
		break;
	case ADDR_LAST:
		text_add(&t, "last");
		if (page)
			text_add(&t, "%+" PRId64, page);
		break;
	case ADDR_ABSOLUTE:
		text_add(&t, "%#" PRIx64, (u64)offset);
		return (int)t.len;
	}
	if (byte)
		text_add(&t, "+%#" PRIx64, byte);
	return (int)t.len;
}

/* Pages beyond this cannot be said by the 62 bits of an address argument. */
#define ADDR_PAGES_MAX (1ull << 49)

/* Reads what stands behind "@" ("3", "-1", "3+0x10") or behind "last" ("", "+2", "-1+0x10",
 * "+0x8"). */
static bool addr_offset_parse(const char *at, bool is_last, s64 *offset)
{
	u64 page = 0, byte = 0;
	bool negative = false;

	/* "last+0x10" is bytes, "last+2" pages: only the former has an x. */
	if (!is_last || (*at && strncmp(at, "+0x", 3) != 0)) {
		if (is_last && *at != '+' && *at != '-')
			return false;
		negative = *at == '-';
		if (negative || is_last)
			at++;
		if (!text_decimal(&at, negative ? ADDR_PAGES_MAX : ADDR_PAGES_MAX - 1, &page))
			return false;
	}
	if (strncmp(at, "+0x", 3) == 0) {
		at++;
		if (!text_hex(&at, &byte) || byte >= PAGE_BYTES)
			return false;
	}
	*offset = (negative ? -(s64)(page * PAGE_BYTES) : (s64)(page * PAGE_BYTES)) + (s64)byte;
	return *at == '\0';
}

int addr_parse(const char *text, u64 *value, struct diag *diag)
{
	const char *at = text;
	s64 offset;
	u64 bytes;

	if (*text == '@' && addr_offset_parse(text + 1, false, &offset)) {
		*value = addr_make(ADDR_ARENA, offset);
	} else if (strncmp(text, "last", 4) == 0 && addr_offset_parse(text + 4, true, &offset)) {
		*value = addr_make(ADDR_LAST, offset);
	} else if (text_hex(&at, &bytes) && *at == '\0') {
		*value = addr_make(ADDR_ABSOLUTE, (s64)bytes);
		if ((u64)addr_offset(*value) != bytes)
			return diag_set(diag, -EINVAL,
					"address %s cannot be said: it must be below 2^61, or as "
					"far below 2^64", text_quote(text).text);
	} else {
		return diag_set(diag, -EINVAL,
				"\"%s\" is not an address: @3 is page 3 of the arena, last+1 "
				"counts pages from the last mapping, 0x1000 is absolute; +0x8 "
				"behind the page adds bytes (below 0x1000)", text_quote(text).text);
	}
	return 0;
}

/* Absolute addresses worth trying: null, mmap_min_addr, the end of user space, what is beyond
 * it. */
static const u64 addr_absolute[] = {
	0,
	0x1000,
	0xf000,
	0x10000,
	ABI_TASK_SIZE,
	ABI_TASK_SIZE - PAGE_BYTES,
	ABI_TASK_SIZE - 2 * PAGE_BYTES,
	ABI_TASK_SIZE + PAGE_BYTES,
	0x1000000000000ull,
	0xff00000000000000ull,
	0xffff800000000000ull,
	0xffffffffff600000ull,
	0xfffffffffffff000ull,
};

/* Pages of the arena's far surroundings that lie, as page 32 does, where a page table begins: what
 * is moved from one to the other moves page tables (move_normal_pmd()). */
static const u32 addr_far[] = { 544, 1056, 2080 };

#define ADDR_NEGATIVE_ARENA 2
#define ADDR_ARENA_CODES ((u32)ARENA_PAGES + 3 + ADDR_NEGATIVE_ARENA) /* 0 to 66, -1, -2 */
#define ADDR_NEGATIVE_LAST 4
#define ADDR_LAST_CODES (61 + ADDR_NEGATIVE_LAST) /* 0 to 60, -1 to -4 */

/* Counts up from 0, and the last @negative of @count down from -1. */
static s64 page_decode(u32 n, u32 count, u32 negative)
{
	n %= count;
	return n < count - negative ? (s64)n : -(s64)(n - (count - negative)) - 1;
}

/* Its inverse for a page that has a number; @count for one that has none. */
static u32 page_encode(s64 page, u32 count, u32 negative)
{
	if (page >= 0)
		return page < (s64)(count - negative) ? (u32)page : count;
	return -page <= (s64)negative ? count - negative + (u32)-page - 1 : count;
}

/*
 * Bits 0-6 the page, bits 7-11 the bytes behind it in the classes that have some.
 * Classes: 0-7 arena, 8-12 last, 13 arena misaligned, 14 last misaligned, 15 absolute, and behind
 * these far in the arena.
 */
u64 addr_decode(u16 code)
{
	s64 arena = page_decode(code & 127, ADDR_ARENA_CODES, ADDR_NEGATIVE_ARENA);
	s64 last = page_decode(code & 127, ADDR_LAST_CODES, ADDR_NEGATIVE_LAST);
	u64 odd = odd_bytes[code >> 7 & 31];
	u32 which;

	if (code_class(code) < 8)
		return addr_make(ADDR_ARENA, arena * (s64)PAGE_BYTES);
	if (code_class(code) < 13)
		return addr_make(ADDR_LAST, last * (s64)PAGE_BYTES);
	if (code_class(code) == 13)
		return addr_make(ADDR_ARENA, arena * (s64)PAGE_BYTES + (s64)odd);
	if (code_class(code) == 14)
		return addr_make(ADDR_LAST, last * (s64)PAGE_BYTES + (s64)odd);
	odd = code >> 11 & 1 ? odd : 0;
	which = (code & 127) % (ARRAY_SIZE(addr_absolute) + ARRAY_SIZE(addr_far));
	if (which < ARRAY_SIZE(addr_absolute))
		return addr_make(ADDR_ABSOLUTE, (s64)(addr_absolute[which] + odd));
	which -= (u32)ARRAY_SIZE(addr_absolute);
	return addr_make(ADDR_ARENA, (s64)(addr_far[which] * PAGE_BYTES));
}

/* Addresses of one base lie as their offsets do, across zero too. */
static void addr_nearest_try(struct nearest *n, u32 code)
{
	s64 away = addr_offset(addr_decode((u16)code)) - addr_offset(n->value);
	u64 distance = (u64)(away < 0 ? -away : away);

	if (distance >= n->distance)
		return;
	n->distance = distance;
	n->code = (u16)code;
}

u16 addr_encode(u64 value)
{
	enum addr_base base = addr_base(value);
	u32 count = base == ADDR_ARENA ? ADDR_ARENA_CODES :
		    base == ADDR_LAST  ? ADDR_LAST_CODES :
					 ARRAY_SIZE(addr_absolute);
	u32 plain = base == ADDR_ARENA ? 0u << 12 : base == ADDR_LAST ? 8u << 12 : 15u << 12;
	u32 odd = base == ADDR_ARENA ? 13u << 12 : base == ADDR_LAST ? 14u << 12 : 15u << 12;
	u32 negative = base == ADDR_ARENA ? ADDR_NEGATIVE_ARENA : ADDR_NEGATIVE_LAST;
	struct nearest n = { value, UINT64_MAX, 0 };

	/* A whole page near its base, as nearly all are, needs no search. */
	if (base != ADDR_ABSOLUTE && addr_offset(value) % (s64)PAGE_BYTES == 0) {
		u32 page = page_encode(addr_offset(value) >> PAGE_SHIFT, count, negative);

		if (page < count)
			return (u16)(plain | page);
	}
	for (u32 page = 0; page < count; page++)
		addr_nearest_try(&n, plain | page);
	for (u32 i = 0; base == ADDR_ARENA && i < ARRAY_SIZE(addr_far); i++)
		addr_nearest_try(&n, 15u << 12 | ((u32)ARRAY_SIZE(addr_absolute) + i));
	for (u32 page = 0; n.distance && page < count; page++)
		for (u32 i = 0; i < ARRAY_SIZE(odd_bytes); i++)
			addr_nearest_try(&n, odd | i << 7 | page);
	return n.code;
}

static struct rank addr_rank(u64 value)
{
	s64 offset = addr_offset(value);
	u64 size = (u64)(offset < 0 ? -offset : offset);

	return (struct rank){ (u64)addr_base(value) * 2 + (size % PAGE_BYTES != 0),
			      size * 2 + (offset < 0) };
}

static bool addr_candidate(u64 value, u32 n, u64 *out)
{
	enum addr_base base = addr_base(value);
	s64 offset = addr_offset(value), page = offset >> PAGE_SHIFT;
	s64 byte = offset - page * (s64)PAGE_BYTES;
	s64 pages[] = { 0, page, page + 1, -page, page / 2, page - 1 };

	if (n == 0)
		*out = addr_make(ADDR_ARENA, 0);
	else if (n == 1)
		*out = addr_make(ADDR_LAST, 0);
	else if (n < 2 + ARRAY_SIZE(pages))
		*out = addr_make(base, pages[n - 2] * (s64)PAGE_BYTES);
	else if (n < 2 + 2 * ARRAY_SIZE(pages))
		*out = addr_make(base, pages[n - 2 - ARRAY_SIZE(pages)] * (s64)PAGE_BYTES + byte);
	else
		return false;
	return true;
}

bool addr_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, addr_rank, addr_candidate);
}

/* ---- lengths and offsets ---- */

/* Above this, a number of pages would no longer be read at a glance. */
#define SIZE_AS_PAGES_MAX (1ull << 40)

int size_print(char *buf, size_t size, u64 value)
{
	struct text t;

	text_init(&t, buf, size);
	if (value && value % PAGE_BYTES == 0 && value < SIZE_AS_PAGES_MAX)
		text_add(&t, "+%" PRIu64, value >> PAGE_SHIFT);
	else
		text_add(&t, "%#" PRIx64, value);
	return (int)t.len;
}

int size_parse(const char *text, u64 *value, struct diag *diag)
{
	const char *at = text + (*text == '+');
	bool ok = *text == '+' ? text_decimal(&at, UINT64_MAX / PAGE_BYTES, value) :
				 text_hex(&at, value);

	if (!ok || *at)
		return diag_set(diag, -EINVAL,
				"\"%s\" is not a number of bytes: +2 is two pages, 0x10 sixteen "
				"bytes, 0 nothing", text_quote(text).text);
	if (*text == '+')
		*value *= PAGE_BYTES;
	return 0;
}

/* None of these can succeed: a length that could would take the memory of the machine. */
static const u64 len_special[] = {
	0,
	1ull << 47,
	(1ull << 47) + PAGE_BYTES,
	1ull << 48,
	1ull << 63,
	(1ull << 63) + PAGE_BYTES,
	0xffffffff00000000ull,
	0xffffffffffffe000ull,
	0xfffffffffffff000ull,
	0xfffffffffffff001ull,
	0xffffffffffffffffull,
};

/* Classes: 0-11 1 to 64 pages, 12 1 to 1024 pages, 13 misaligned, 14 and 15 special. */
u64 len_decode(u16 code)
{
	if (code_class(code) < 12)
		return ((code & 63) + 1ull) * PAGE_BYTES;
	if (code_class(code) == 12)
		return ((code & 1023) + 1ull) * PAGE_BYTES;
	if (code_class(code) == 13)
		return (code & 63) * PAGE_BYTES + odd_bytes[code >> 6 & 31];
	return len_special[(code & 4095) % ARRAY_SIZE(len_special)];
}

u16 len_encode(u64 value)
{
	struct nearest n = { value, UINT64_MAX, 0 };
	u64 page = value / PAGE_BYTES > 1023 ? 1023 : value / PAGE_BYTES;

	for (u64 p = page ? page - 1 : 0; p <= page; p++)
		nearest_try(&n, len_decode, (u32)(p < 64 ? p : p < 1024 ? 12u << 12 | p : 0));
	for (u32 i = 0; n.distance && page < 64 && i < ARRAY_SIZE(odd_bytes); i++)
		nearest_try(&n, len_decode, 13u << 12 | i << 6 | (u32)page);
	for (u32 i = 0; n.distance && i < ARRAY_SIZE(len_special); i++)
		nearest_try(&n, len_decode, 14u << 12 | i);
	return n.code;
}

static struct rank len_rank(u64 value)
{
	return (struct rank){ value == 0 || value % PAGE_BYTES != 0, value };
}

/* Whole pages: one, fewer, rounded; then the same with the odd bytes kept. */
static bool len_candidate(u64 value, u32 n, u64 *out)
{
	u64 page = value / PAGE_BYTES, byte = value % PAGE_BYTES;
	u64 pages[] = { 1, page, page + 1, page / 2, page - page / 4, page - 1 };

	if (n < ARRAY_SIZE(pages))
		*out = pages[n] * PAGE_BYTES;
	else if (n < 2 * ARRAY_SIZE(pages))
		*out = pages[n - ARRAY_SIZE(pages)] * PAGE_BYTES + byte;
	else if (n == 2 * ARRAY_SIZE(pages))
		*out = byte;
	else
		return false;
	return true;
}

bool len_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, len_rank, len_candidate);
}

static const u64 offset_special[] = {
	1ull << 31,
	1ull << 32,
	1ull << 43,
	1ull << 44,
	0x7fffffffffffe000ull,
	0x7ffffffffffff000ull,
	1ull << 63,
	0xffffffffffffe000ull,
	0xfffffffffffff000ull,
	0xffffffffffffffffull,
};

/* Classes: 0-12 0 to 63 pages, 13 misaligned, 14 and 15 special. */
u64 offset_decode(u16 code)
{
	if (code_class(code) < 13)
		return (code & 63) * PAGE_BYTES;
	if (code_class(code) == 13)
		return (code & 63) * PAGE_BYTES + odd_bytes[code >> 6 & 31];
	return offset_special[(code & 4095) % ARRAY_SIZE(offset_special)];
}

u16 offset_encode(u64 value)
{
	struct nearest n = { value, UINT64_MAX, 0 };
	u64 page = value / PAGE_BYTES > 63 ? 63 : value / PAGE_BYTES;

	for (u64 p = page; p <= page + 1 && p < 64; p++)
		nearest_try(&n, offset_decode, (u32)p);
	for (u32 i = 0; n.distance && i < ARRAY_SIZE(odd_bytes); i++)
		nearest_try(&n, offset_decode, 13u << 12 | i << 6 | (u32)page);
	for (u32 i = 0; n.distance && i < ARRAY_SIZE(offset_special); i++)
		nearest_try(&n, offset_decode, 14u << 12 | i);
	return n.code;
}

static struct rank offset_rank(u64 value)
{
	return (struct rank){ value % PAGE_BYTES != 0, value };
}

static bool offset_candidate(u64 value, u32 n, u64 *out)
{
	if (n == 0)
		*out = 0;
	else if (!len_candidate(value, n - 1, out))
		return false;
	return true;
}

bool offset_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, offset_rank, offset_candidate);
}
