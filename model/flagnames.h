/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * THE table of names of bits and numbers: used to print, to parse and to generate.
 * VMA flags use the two-letter names of /proc/PID/smaps (VmFlags), where the kernel has one.
 */
#ifndef MODEL_FLAGNAMES_H
#define MODEL_FLAGNAMES_H

#include "types.h"

struct flagname {
	u64 value;
	const char *name;
};

/* Each ends with a NULL name. Multi-bit values (map types) stand before single bits. */
extern const struct flagname names_prot[];     /* r w x sem growsdown growsup */
extern const struct flagname names_map_type[]; /* private shared shared_validate droppable */
extern const struct flagname names_map[];      /* fixed anonymous locked ... */
extern const struct flagname names_mremap[];   /* maymove fixed dontunmap */
extern const struct flagname names_advice[];   /* values, not bits */
extern const struct flagname names_mlock[];    /* onfault */
extern const struct flagname names_mcl[];      /* current future onfault */
extern const struct flagname names_uffd_features[]; /* event_fork event_remap wp_async */
extern const struct flagname names_uffd_mode[];     /* missing wp minor */
extern const struct flagname names_rlimit[];   /* enum limit_arg: as data stack memlock */
extern const struct flagname names_file[];     /* enum file_arg: none m0 m1 m0b m0ro zero dev */
extern const struct flagname names_policy[];   /* enum policy_arg: default bind ... */
extern const struct flagname names_name[];     /* enum name_arg: none a b ... */
extern const struct flagname names_clear[];    /* enum clear_arg: all ... soft_dirty ... */
/* VMF_*: sh lo lf ac nr gd ... (not rwx, not may*) */
extern const struct flagname names_vm[];

/* Prints a set of bits, names joined by @joint; bits without a name as one hexadecimal number;
 * @empty if there is none. The length as snprintf() does. */
int flags_print(char *buf, size_t size, u64 value, const struct flagname *names, const char *joint,
		const char *empty);
/* Reads what flags_print() writes with "|" as joint. 0 or -EINVAL. */
int flags_parse(const char *text, const struct flagname *names, const char *empty, u64 *value);
/* The name of exactly @value, or NULL. */
const char *flag_name(const struct flagname *names, u64 value);

#endif
