/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of argument kinds, and those kinds that are sets of bits or picks from a list;
 * numbers of bytes are in argkind_number.c, further lists in argkind_list.c, the kinds of
 * userfaultfd in argkind_uffd.c, those that set something of the whole process in argkind_limit.c.
 *
 * Bytes: a code is 16 bits. Code 0 is the simplest value. The high four bits mostly choose how
 * unusual the value is, so that random codes are mostly ordinary calls, and every bad one can
 * still be said.
 *
 * Simplification: each kind has a rank, and offers only values of a lower one, so it comes to an
 * end.
 */
#include "argkind.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "abi.h"
#include "argkind_impl.h"
#include "flagnames.h"
#include "text.h"

static bool rank_below(struct rank a, struct rank b)
{
	return a.major < b.major || (a.major == b.major && a.minor < b.minor);
}

/* Was @out proposed before the @n-th time? */
static bool is_repeated(u64 value, u32 n, u64 out, bool (*candidate)(u64 value, u32 n, u64 *out))
{
	u64 earlier;

	for (u32 i = 0; i < n && candidate(value, i, &earlier); i++)
		if (earlier == out)
			return true;
	return false;
}

bool argkind_simpler(u64 value, u32 step, u64 *out, struct rank (*rank)(u64 value),
		     bool (*candidate)(u64 value, u32 n, u64 *out))
{
	struct rank mine = rank(value);

	for (u32 n = 0; candidate(value, n, out); n++)
		if (rank_below(rank(*out), mine) && !is_repeated(value, n, *out, candidate) &&
		    step-- == 0)
			return true;
	return false;
}

int names_refuse(struct diag *diag, const char *text, const char *what,
		 const struct flagname *names)
{
	char list[400];
	struct text t;

	text_init(&t, list, sizeof(list));
	for (u32 i = 0; names[i].name; i++)
		text_add(&t, "%s%s", i ? ", " : "", names[i].name);
	return diag_set(diag, -EINVAL, "\"%s\" is not %s; the names are: %s",
			text_quote(text).text, what, list);
}

static struct rank bits_rank(u64 value)
{
	return (struct rank){ (u64)__builtin_popcountll(value), 0 };
}

/* First no bit at all, then without each of the bits. */
static bool bits_candidate(u64 value, u32 n, u64 *out)
{
	if (n > 64)
		return false;
	*out = n ? value & ~(1ull << (n - 1)) : 0;
	return true;
}

bool bits_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, bits_rank, bits_candidate);
}

/* ---- access ---- */

static const struct flagname prot_letters[] = { { ABI_PROT_READ, "r" },
						{ ABI_PROT_WRITE, "w" },
						{ ABI_PROT_EXEC, "x" },
						{ 0, NULL } };
#define PROT_RW (ABI_PROT_READ | ABI_PROT_WRITE)
#define PROT_RWX (PROT_RW | ABI_PROT_EXEC)
#define PROT_BAD 0x10 /* a bit that no kernel defines for every architecture */

static int prot_print(char *buf, size_t size, u64 value)
{
	char letters[8], others[64];
	struct text t;

	text_init(&t, buf, size);
	flags_print(letters, sizeof(letters), value & PROT_RWX, prot_letters, "", "");
	flags_print(others, sizeof(others), value & ~(u64)PROT_RWX, names_prot, "|", "");
	text_add(&t, "%s%s%s", letters, *letters && *others ? "|" : "", others);
	if (!value)
		text_add(&t, "none");
	return (int)t.len;
}

/* The letters stand together, in this order: "rw", "rx|sem". */
static int prot_parse(const char *text, u64 *value, struct diag *diag)
{
	const char *at = text;
	u64 letters = 0, others = 0;

	for (const struct flagname *n = prot_letters; n->name; n++) {
		if (*at != n->name[0])
			continue;
		letters |= n->value;
		at++;
	}
	if (letters && *at == '\0') {
		*value = letters;
		return 0;
	}
	if (letters)
		at += *at == '|' ? 1 : strlen(at);
	if (flags_parse(at, names_prot, letters ? "" : "none", &others) || others & letters ||
	    (letters && !others))
		return names_refuse(diag, text, "an access (letters of rwx in this order, then "
				    "names joined by \"|\"; or none)", names_prot);
	*value = letters | others;
	return 0;
}

/* Bits 8 to 11 of a code of class 15, and what each alone is as a class. */
static const u64 prot_rare[] = { ABI_PROT_SEM, ABI_PROT_GROWSDOWN, ABI_PROT_GROWSUP, PROT_BAD };

/* Bits 0-2: which of r, w and x differ from rw. Classes: 11-14 with one of prot_rare, 15 with
 * any. */
static u64 prot_decode(u16 code)
{
	u64 value = (code & PROT_RWX) ^ PROT_RW;
	u32 class = code_class(code);

	if (class >= 11 && class < 15)
		value |= prot_rare[class - 11];
	for (u32 i = 0; class == 15 && i < ARRAY_SIZE(prot_rare); i++)
		if (code >> (8 + i) & 1)
			value |= prot_rare[i];
	return value;
}

static u16 prot_encode(u64 value)
{
	u32 code = (u32)(value & PROT_RWX) ^ PROT_RW, rare = 0;

	for (u32 i = 0; i < ARRAY_SIZE(prot_rare); i++)
		if (value & prot_rare[i])
			rare |= 1u << i;
	return (u16)(rare ? code | 15u << 12 | rare << 8 : code);
}

static struct rank prot_rank(u64 value)
{
	return bits_rank(value ^ PROT_RW);
}

static bool prot_candidate(u64 value, u32 n, u64 *out)
{
	bool more = bits_candidate(value ^ PROT_RW, n, out);

	*out ^= PROT_RW;
	return more;
}

static bool prot_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, prot_rank, prot_candidate);
}

/* ---- mmap flags ---- */

static int mapflags_print(char *buf, size_t size, u64 value)
{
	const char *type = flag_name(names_map_type, value & ABI_MAP_TYPE);
	char others[160];
	struct text t;

	text_init(&t, buf, size);
	if (type)
		value &= ~(u64)ABI_MAP_TYPE;
	flags_print(others, sizeof(others), value, names_map, "|", type ? "" : "0");
	text_add(&t, "%s%s%s", type ? type : "", type && *others ? "|" : "", others);
	return (int)t.len;
}

static int mapflags_parse(const char *text, u64 *value, struct diag *diag)
{
	const struct flagname *type = names_map_type;
	size_t len = strcspn(text, "|");
	u64 others = 0;

	while (type->name && (strlen(type->name) != len || memcmp(type->name, text, len) != 0))
		type++;
	if (type->name && text[len] == '\0') {
		*value = type->value;
		return 0;
	}
	if (flags_parse(type->name ? text + len + 1 : text, names_map, type->name ? "" : "0",
			&others) ||
	    (type->name && (!others || others & ABI_MAP_TYPE)))
		return names_refuse(diag, text, "a set of mmap flags (private, shared, "
				    "shared_validate or droppable first, then others joined by "
				    "\"|\")", names_map);
	*value = type->value | others;
	return 0;
}

#define MAP_SIMPLEST (ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED)
#define MAP_BAD_TYPE 4       /* not a mapping type */
#define MAP_BAD_BIT 0x200000 /* not a flag: refused with shared_validate, else ignored */

/* Twice what is usual. */
static const u64 map_types[8] = { ABI_MAP_PRIVATE, ABI_MAP_SHARED,          ABI_MAP_PRIVATE,
				  ABI_MAP_SHARED,  ABI_MAP_SHARED_VALIDATE, ABI_MAP_DROPPABLE,
				  0,               MAP_BAD_TYPE };
/* By bits from 3 up; the first two are inverted, and what is rare counts only if bits 13-15
 * say so. */
static const struct {
	u64 flag;
	u32 gate;
} map_bits[] = {
	{ ABI_MAP_ANONYMOUS, 0 }, { ABI_MAP_FIXED, 0 },    { ABI_MAP_NORESERVE, 0 },
	{ ABI_MAP_LOCKED, 4 },    { ABI_MAP_POPULATE, 4 }, { ABI_MAP_STACK, 4 },
	{ ABI_MAP_GROWSDOWN, 6 }, { ABI_MAP_NONBLOCK, 6 }, { ABI_MAP_FIXED_NOREPLACE, 6 },
	{ MAP_BAD_BIT, 6 },
};

#define GATE_32BIT 7 /* also sets MAP_32BIT */

/* Bits 0-2 the type, 3-12 the flags, 13-15 the gate. */
static u64 mapflags_decode(u16 code)
{
	u64 flags = 0;

	for (u32 i = 0; i < ARRAY_SIZE(map_bits); i++)
		if (code >> (3 + i) & 1 && (u32)code >> 13 >= map_bits[i].gate)
			flags |= map_bits[i].flag;
	if (code >> 13 == GATE_32BIT)
		flags |= ABI_MAP_32BIT;
	return map_types[code & 7] | (flags ^ (ABI_MAP_ANONYMOUS | ABI_MAP_FIXED));
}

static u16 mapflags_encode(u64 value)
{
	u64 flags = value ^ (ABI_MAP_ANONYMOUS | ABI_MAP_FIXED);
	u64 known = ABI_MAP_TYPE | ABI_MAP_32BIT;
	u32 type = 0, gate = flags & ABI_MAP_32BIT ? GATE_32BIT : 0, code = 0;

	for (u32 i = 0; i < ARRAY_SIZE(map_bits); i++)
		known |= map_bits[i].flag;
	if (flags & ~known)
		flags |= MAP_BAD_BIT;
	for (u32 i = 0; i < ARRAY_SIZE(map_bits); i++) {
		if (!(flags & map_bits[i].flag))
			continue;
		code |= 1u << (3 + i);
		gate = map_bits[i].gate > gate ? map_bits[i].gate : gate;
	}
	while (type < 7 && map_types[type] != (value & ABI_MAP_TYPE))
		type++;
	return (u16)(gate << 13 | code | type);
}

/* Types in the order of names_map_type, then those that are none. */
static u64 map_type_rank(u64 value)
{
	u64 rank = 0;

	while (names_map_type[rank].name && names_map_type[rank].value != (value & ABI_MAP_TYPE))
		rank++;
	return rank;
}

static struct rank mapflags_rank(u64 value)
{
	u64 others = (value ^ MAP_SIMPLEST) & ~(u64)ABI_MAP_TYPE;

	return (struct rank){ map_type_rank(value) + bits_rank(others).major, 0 };
}

static bool mapflags_candidate(u64 value, u32 n, u64 *out)
{
	u64 type = value & ABI_MAP_TYPE, others = (value ^ MAP_SIMPLEST) & ~(u64)ABI_MAP_TYPE;

	if (n == 0) {
		*out = MAP_SIMPLEST;
		return true;
	}
	if (n <= 2) {
		*out = (value & ~(u64)ABI_MAP_TYPE) | names_map_type[n - 1].value;
		return true;
	}
	if (!bits_candidate(others, n - 3, out))
		return false;
	*out = type | (*out ^ (MAP_SIMPLEST & ~ABI_MAP_TYPE));
	return true;
}

static bool mapflags_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, mapflags_rank, mapflags_candidate);
}

/* ---- small sets of bits ---- */

static int mremap_print(char *buf, size_t size, u64 value)
{
	return flags_print(buf, size, value, names_mremap, "|", "0");
}

static int mremap_parse(const char *text, u64 *value, struct diag *diag)
{
	if (flags_parse(text, names_mremap, "0", value))
		return names_refuse(diag, text, "a set of mremap flags, joined by \"|\", or 0",
				    names_mremap);
	return 0;
}

/* Class 15: bits 8 and 9 are the bad bits 8 and 16. */
static u64 mremap_decode(u16 code)
{
	return (code & 7u) | (code_class(code) == 15 ? (code >> 8 & 3u) << 3 : 0);
}

static u16 mremap_encode(u64 value)
{
	u32 bad = (u32)(value >> 3 & 3);

	if (value >> 5 && !bad)
		bad = 2;
	return (u16)((value & 7) | (bad ? 15u << 12 | bad << 8 : 0));
}

static int mlock_print(char *buf, size_t size, u64 value)
{
	return flags_print(buf, size, value, names_mlock, "|", "0");
}

static int mlock_parse(const char *text, u64 *value, struct diag *diag)
{
	if (flags_parse(text, names_mlock, "0", value))
		return names_refuse(diag, text, "a set of mlock2 flags, or 0", names_mlock);
	return 0;
}

/* Class 15: the bad bit 2 too. */
static u64 mlock_decode(u16 code)
{
	return (code & 1u) | (code_class(code) == 15 ? 2u : 0);
}

static u16 mlock_encode(u64 value)
{
	return (u16)((value & 1) | (value >> 1 ? 15u << 12 : 0));
}

static int mcl_print(char *buf, size_t size, u64 value)
{
	return flags_print(buf, size, value, names_mcl, "|", "0");
}

static int mcl_parse(const char *text, u64 *value, struct diag *diag)
{
	if (flags_parse(text, names_mcl, "0", value))
		return names_refuse(diag, text, "a set of mlockall flags, joined by \"|\", or 0",
				    names_mcl);
	return 0;
}

/* Class 15: the bad bit 8 too. */
static u64 mcl_decode(u16 code)
{
	return (code & 7u) | (code_class(code) == 15 ? 8u : 0);
}

static u16 mcl_encode(u64 value)
{
	return (u16)((value & 7) | (value >> 3 ? 15u << 12 : 0));
}

static int zero_print(char *buf, size_t size, u64 value)
{
	struct text t;

	text_init(&t, buf, size);
	text_add(&t, "%#" PRIx64, value);
	return (int)t.len;
}

static int zero_parse(const char *text, u64 *value, struct diag *diag)
{
	const char *at = text;

	if (!text_hex(&at, value) || *at)
		return diag_set(diag, -EINVAL,
				"\"%s\" is not 0 nor a hexadecimal number (this argument is "
				"reserved: all but 0 must be refused)", text_quote(text).text);
	return 0;
}

static u64 zero_decode(u16 code)
{
	return code_class(code) == 15;
}

static u16 zero_encode(u64 value)
{
	return (u16)(value ? 15u << 12 : 0);
}

/* ---- advice ---- */

/* These damage or retire physical memory of the machine when a privileged process asks for them. */
#define MADV_HWPOISON 100
#define MADV_SOFT_OFFLINE 101

static int advice_print(char *buf, size_t size, u64 value)
{
	const char *name = flag_name(names_advice, value);
	struct text t;

	text_init(&t, buf, size);
	if (name)
		text_add(&t, "%s", name);
	else
		text_add(&t, "%#" PRIx64, value);
	return (int)t.len;
}

bool name_find(const char *text, const struct flagname *names, u64 *value)
{
	for (; names->name; names++) {
		if (strcmp(names->name, text) != 0)
			continue;
		*value = names->value;
		return true;
	}
	return false;
}

static int advice_parse(const char *text, u64 *value, struct diag *diag)
{
	const char *at = text;

	if (name_find(text, names_advice, value))
		return 0;
	if (strncmp(text, "0x", 2) != 0 || !text_hex(&at, value) || *at)
		return names_refuse(diag, text, "an advice", names_advice);
	/* The system call takes an int: the upper half of a number would be dropped. */
	if (*value > INT32_MAX || *value == MADV_HWPOISON || *value == MADV_SOFT_OFFLINE)
		return diag_set(diag, -EINVAL, *value > INT32_MAX ?
				"advice %s is more than an int can hold" :
				"advice %s would damage memory of the machine and is never made",
				text_quote(text).text);
	return 0;
}

static const u64 advice_bad[] = { 5, 9999 };
#define ADVICE_NAMES 25u

static u64 advice_decode(u16 code)
{
	u32 n = code % (ADVICE_NAMES + (u32)ARRAY_SIZE(advice_bad));

	return n < ADVICE_NAMES ? names_advice[n].value : advice_bad[n - ADVICE_NAMES];
}

/* The index in names_advice, or ADVICE_NAMES. */
static u32 advice_index(u64 value)
{
	u32 i = 0;

	while (names_advice[i].name && names_advice[i].value != value)
		i++;
	return i;
}

static u16 advice_encode(u64 value)
{
	u32 i = advice_index(value);

	return (u16)(i == ADVICE_NAMES && value > ABI_MADV_GUARD_REMOVE ? i + 1 : i);
}

static struct rank advice_rank(u64 value)
{
	return (struct rank){ advice_index(value), 0 };
}

static bool advice_candidate(u64 value, u32 n, u64 *out)
{
	if (n >= advice_index(value))
		return false;
	*out = names_advice[n].value;
	return true;
}

static bool advice_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, advice_rank, advice_candidate);
}

/* ---- files ---- */

static int file_print(char *buf, size_t size, u64 value)
{
	const char *name = flag_name(names_file, value);
	struct text t;

	CHECK(name);
	text_init(&t, buf, size);
	text_add(&t, "%s", name);
	return (int)t.len;
}

static int file_parse(const char *text, u64 *value, struct diag *diag)
{
	if (!name_find(text, names_file, value))
		return names_refuse(diag, text, "a file", names_file);
	return 0;
}

static u64 file_decode(u16 code)
{
	return code % FILE_ARG_COUNT;
}

static u16 file_encode(u64 value)
{
	return (u16)(value % FILE_ARG_COUNT);
}

static struct rank file_rank(u64 value)
{
	return (struct rank){ value, 0 };
}

static bool file_candidate(u64 value, u32 n, u64 *out)
{
	*out = n;
	return n < value;
}

static bool file_simpler(u64 value, u32 step, u64 *out)
{
	return argkind_simpler(value, step, out, file_rank, file_candidate);
}

/* ---- the table ---- */

#define KIND(id, text, bytes)                                                              \
	[ARG_##id] = { #bytes,         text##_print,   text##_parse,                       \
		       bytes##_decode, bytes##_encode, bytes##_simpler }
#define mremap_simpler bits_simpler
#define mlock_simpler bits_simpler
#define mcl_simpler bits_simpler
#define zero_simpler bits_simpler
#define uffd_features_simpler bits_simpler
#define switch_simpler bits_simpler

/* ARG_NONE has no functions: no operation has an argument of that kind. */
const struct argkind argkinds[ARG_KIND_COUNT] = {
	[ARG_NONE] = { .name = "none" },
	KIND(ADDR, addr, addr),
	KIND(LEN, size, len),
	KIND(PROT, prot, prot),
	KIND(MAPFLAGS, mapflags, mapflags),
	KIND(FILE, file, file),
	KIND(OFFSET, size, offset),
	KIND(MREMAPFLAGS, mremap, mremap),
	KIND(ADVICE, advice, advice),
	KIND(MLOCKFLAGS, mlock, mlock),
	KIND(MCLFLAGS, mcl, mcl),
	KIND(ZERO, zero, zero),
	KIND(POLICY, policy, policy),
	KIND(NAME, name, name),
	KIND(CLEAR, clear, clear),
	KIND(UFFD, uffd, uffd),
	KIND(UFFDFEATURES, uffd_features, uffd_features),
	KIND(UFFDMODE, uffd_mode, uffd_mode),
	KIND(SWITCH, switch, switch),
	KIND(RLIMIT, rlimit, rlimit),
	KIND(PAGES, pages, pages),
};
