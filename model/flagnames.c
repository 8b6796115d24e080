/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The names of bits and numbers, and how a set of bits is written and read. Numbers would break
 * at each renumbering of the kernel's flags and say nothing to a reader. The order of a table is
 * the order in which names are printed, and what stands earlier is simpler to the minimiser.
 */
#include "flagnames.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "abi.h"
#include "op.h"
#include "text.h"

const struct flagname names_prot[] = {
	{ ABI_PROT_READ, "r" },
	{ ABI_PROT_WRITE, "w" },
	{ ABI_PROT_EXEC, "x" },
	{ ABI_PROT_SEM, "sem" },
	{ ABI_PROT_GROWSDOWN, "growsdown" },
	{ ABI_PROT_GROWSUP, "growsup" },
	{ 0, NULL },
};

const struct flagname names_map_type[] = {
	{ ABI_MAP_PRIVATE, "private" },
	{ ABI_MAP_SHARED, "shared" },
	{ ABI_MAP_SHARED_VALIDATE, "shared_validate" },
	{ ABI_MAP_DROPPABLE, "droppable" },
	{ 0, NULL },
};

const struct flagname names_map[] = {
	{ ABI_MAP_ANONYMOUS, "anonymous" },
	{ ABI_MAP_FIXED, "fixed" },
	{ ABI_MAP_FIXED_NOREPLACE, "fixed_noreplace" },
	{ ABI_MAP_NORESERVE, "noreserve" },
	{ ABI_MAP_LOCKED, "locked" },
	{ ABI_MAP_POPULATE, "populate" },
	{ ABI_MAP_NONBLOCK, "nonblock" },
	{ ABI_MAP_STACK, "stack" },
	{ ABI_MAP_GROWSDOWN, "growsdown" },
	{ ABI_MAP_32BIT, "map_32bit" },
	{ 0, NULL },
};

const struct flagname names_mremap[] = {
	{ ABI_MREMAP_MAYMOVE, "maymove" },
	{ ABI_MREMAP_FIXED, "fixed" },
	{ ABI_MREMAP_DONTUNMAP, "dontunmap" },
	{ 0, NULL },
};

const struct flagname names_advice[] = {
	{ ABI_MADV_NORMAL, "normal" },
	{ ABI_MADV_RANDOM, "random" },
	{ ABI_MADV_SEQUENTIAL, "sequential" },
	{ ABI_MADV_WILLNEED, "willneed" },
	{ ABI_MADV_DONTNEED, "dontneed" },
	{ ABI_MADV_FREE, "free" },
	{ ABI_MADV_REMOVE, "remove" },
	{ ABI_MADV_DONTFORK, "dontfork" },
	{ ABI_MADV_DOFORK, "dofork" },
	{ ABI_MADV_MERGEABLE, "mergeable" },
	{ ABI_MADV_UNMERGEABLE, "unmergeable" },
	{ ABI_MADV_HUGEPAGE, "hugepage" },
	{ ABI_MADV_NOHUGEPAGE, "nohugepage" },
	{ ABI_MADV_DONTDUMP, "dontdump" },
	{ ABI_MADV_DODUMP, "dodump" },
	{ ABI_MADV_WIPEONFORK, "wipeonfork" },
	{ ABI_MADV_KEEPONFORK, "keeponfork" },
	{ ABI_MADV_COLD, "cold" },
	{ ABI_MADV_PAGEOUT, "pageout" },
	{ ABI_MADV_POPULATE_READ, "populate_read" },
	{ ABI_MADV_POPULATE_WRITE, "populate_write" },
	{ ABI_MADV_DONTNEED_LOCKED, "dontneed_locked" },
	{ ABI_MADV_COLLAPSE, "collapse" },
	{ ABI_MADV_GUARD_INSTALL, "guard_install" },
	{ ABI_MADV_GUARD_REMOVE, "guard_remove" },
	{ 0, NULL },
};

const struct flagname names_mlock[] = {
	{ ABI_MLOCK_ONFAULT, "onfault" },
	{ 0, NULL },
};

const struct flagname names_mcl[] = {
	{ ABI_MCL_CURRENT, "current" },
	{ ABI_MCL_FUTURE, "future" },
	{ ABI_MCL_ONFAULT, "onfault" },
	{ 0, NULL },
};

const struct flagname names_uffd_features[] = {
	{ ABI_UFFD_EVENT_FORK, "event_fork" },
	{ ABI_UFFD_EVENT_REMAP, "event_remap" },
	{ ABI_UFFD_WP_ASYNC, "wp_async" },
	{ 0, NULL },
};

const struct flagname names_uffd_mode[] = {
	{ ABI_UFFD_MODE_MISSING, "missing" },
	{ ABI_UFFD_MODE_WP, "wp" },
	{ ABI_UFFD_MODE_MINOR, "minor" },
	{ 0, NULL },
};

const struct flagname names_rlimit[] = {
	{ LIMIT_AS, "as" },
	{ LIMIT_DATA, "data" },
	{ LIMIT_STACK, "stack" },
	{ LIMIT_MEMLOCK, "memlock" },
	{ 0, NULL },
};

const struct flagname names_file[] = {
	{ FILE_NONE, "none" },
	{ FILE_MEM0, "m0" },
	{ FILE_MEM1, "m1" },
	{ FILE_MEM0B, "m0b" },
	{ FILE_MEM0RO, "m0ro" },
	{ FILE_ZERO, "zero" },
	{ FILE_DEV, "dev" },
	{ 0, NULL },
};

const struct flagname names_policy[] = {
#define P(ID, name, ...) { POLICY_##ID, name },
	POLICY_TABLE(P)
#undef P
	{ 0, NULL },
};

const struct flagname names_name[] = {
#define N(ID, name, ...) { NAME_##ID, name },
	NAME_TABLE(N)
#undef N
	{ 0, NULL },
};

const struct flagname names_clear[] = {
#define C(ID, name, ...) { CLEAR_##ID, name },
	CLEAR_TABLE(C)
#undef C
	{ 0, NULL },
};

const struct flagname names_vm[] = {
	{ VMF_SHARED, "sh" },
	{ VMF_GROWSDOWN, "gd" },
	{ VMF_UFFD_MISSING, "um" },
	{ VMF_UFFD_WP, "uw" },
	{ VMF_UFFD_MINOR, "ui" },
	{ VMF_MAYBE_GUARD, "gu" },
	{ VMF_LOCKED, "lo" },
	{ VMF_LOCKONFAULT, "lf" },
	{ VMF_SEQ_READ, "sr" },
	{ VMF_RAND_READ, "rr" },
	{ VMF_DONTCOPY, "dc" },
	{ VMF_ACCOUNT, "ac" },
	{ VMF_NORESERVE, "nr" },
	{ VMF_WIPEONFORK, "wf" },
	{ VMF_DONTDUMP, "dd" },
	{ VMF_SOFTDIRTY, "sd" },
	{ VMF_HUGEPAGE, "hg" },
	{ VMF_NOHUGEPAGE, "nh" },
	{ VMF_MERGEABLE, "mg" },
	{ VMF_DROPPABLE, "dp" },
	{ VMF_SEALED, "sl" },
	{ 0, NULL },
};

int flags_print(char *buf, size_t size, u64 value, const struct flagname *names, const char *joint,
		const char *empty)
{
	const char *between = "";
	struct text t;

	text_init(&t, buf, size);
	if (!value)
		text_add(&t, "%s", empty);
	for (; names->name; names++) {
		if (!names->value || (value & names->value) != names->value)
			continue;
		text_add(&t, "%s%s", between, names->name);
		value &= ~names->value;
		between = joint;
	}
	if (value)
		text_add(&t, "%s%#" PRIx64, between, value);
	return (int)t.len;
}

/* The value of the name of @len characters at @text, or 0. */
static u64 name_value(const char *text, size_t len, const struct flagname *names)
{
	for (; names->name; names++)
		if (strlen(names->name) == len && memcmp(names->name, text, len) == 0)
			return names->value;
	return 0;
}

int flags_parse(const char *text, const struct flagname *names, const char *empty, u64 *value)
{
	const char *at = text;
	u64 sum = 0, one;

	*value = 0;
	if (strcmp(text, empty) == 0)
		return 0;
	for (;;) {
		size_t len = strcspn(at, "|");

		one = name_value(at, len, names);
		if (one) {
			at += len;
		} else if (!text_hex(&at, &one)) {
			return -EINVAL;
		}
		/* What is said twice was probably meant to be something else. */
		if (!one || sum & one)
			return -EINVAL;
		sum |= one;
		if (*at == '\0')
			break;
		if (*at++ != '|')
			return -EINVAL;
	}
	*value = sum;
	return 0;
}

const char *flag_name(const struct flagname *names, u64 value)
{
	for (; names->name; names++)
		if (names->value == value)
			return names->name;
	return NULL;
}
