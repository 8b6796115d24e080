/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the table of argument kinds share: argkind.c has the kinds that are sets of
 * bits, some that are picks from a list, and the table itself; argkind_list.c further lists;
 * argkind_number.c numbers of bytes; argkind_uffd.c those of userfaultfd; argkind_limit.c those
 * that set something of the whole process.
 */
#ifndef MODEL_ARGKIND_IMPL_H
#define MODEL_ARGKIND_IMPL_H

#include "argkind.h"
#include "flagnames.h"

/* How far a value is from the simplest of its kind: @major decides, then @minor. */
struct rank {
	u64 major, minor;
};

/* The @step-th of the values that @candidate proposes for @value which is of a lower rank. Since a
 * rank can only fall, simplifying comes to an end whatever is proposed. */
bool argkind_simpler(u64 value, u32 step, u64 *out, struct rank (*rank)(u64 value),
		     bool (*candidate)(u64 value, u32 n, u64 *out));

/* Kinds that are sets of bits: first no bit at all, then without each of them. */
bool bits_simpler(u64 value, u32 step, u64 *out);

/* -EINVAL, and that @text is not @what, and which @names are known. */
int names_refuse(struct diag *diag, const char *text, const char *what,
		 const struct flagname *names);

/* The high four bits of a code: up to 11 are ordinary, what is above is a kind's own. */
static inline u32 code_class(u16 code)
{
	return code >> 12;
}

/* Says that @text is not @what, and which names are known. -EINVAL. */
int names_refuse(struct diag *diag, const char *text, const char *what,
		 const struct flagname *names);
/* The value of exactly this name; false if there is none. */
bool name_find(const char *text, const struct flagname *names, u64 *value);

int policy_print(char *buf, size_t size, u64 value);
int policy_parse(const char *text, u64 *value, struct diag *diag);
u64 policy_decode(u16 code);
u16 policy_encode(u64 value);
bool policy_simpler(u64 value, u32 step, u64 *out);

int name_print(char *buf, size_t size, u64 value);
int name_parse(const char *text, u64 *value, struct diag *diag);
u64 name_decode(u16 code);
u16 name_encode(u64 value);
bool name_simpler(u64 value, u32 step, u64 *out);

int clear_print(char *buf, size_t size, u64 value);
int clear_parse(const char *text, u64 *value, struct diag *diag);
u64 clear_decode(u16 code);
u16 clear_encode(u64 value);
bool clear_simpler(u64 value, u32 step, u64 *out);

int addr_print(char *buf, size_t size, u64 value);
int addr_parse(const char *text, u64 *value, struct diag *diag);
u64 addr_decode(u16 code);
u16 addr_encode(u64 value);
bool addr_simpler(u64 value, u32 step, u64 *out);

int uffd_print(char *buf, size_t size, u64 value);
int uffd_parse(const char *text, u64 *value, struct diag *diag);
u64 uffd_decode(u16 code);
u16 uffd_encode(u64 value);
bool uffd_simpler(u64 value, u32 step, u64 *out);
int uffd_features_print(char *buf, size_t size, u64 value);
int uffd_features_parse(const char *text, u64 *value, struct diag *diag);
u64 uffd_features_decode(u16 code);
u16 uffd_features_encode(u64 value);
int uffd_mode_print(char *buf, size_t size, u64 value);
int uffd_mode_parse(const char *text, u64 *value, struct diag *diag);
u64 uffd_mode_decode(u16 code);
u16 uffd_mode_encode(u64 value);
bool uffd_mode_simpler(u64 value, u32 step, u64 *out);

int switch_print(char *buf, size_t size, u64 value);
int switch_parse(const char *text, u64 *value, struct diag *diag);
u64 switch_decode(u16 code);
u16 switch_encode(u64 value);

int rlimit_print(char *buf, size_t size, u64 value);
int rlimit_parse(const char *text, u64 *value, struct diag *diag);
u64 rlimit_decode(u16 code);
u16 rlimit_encode(u64 value);
bool rlimit_simpler(u64 value, u32 step, u64 *out);
int pages_print(char *buf, size_t size, u64 value);
int pages_parse(const char *text, u64 *value, struct diag *diag);
u64 pages_decode(u16 code);
u16 pages_encode(u64 value);
bool pages_simpler(u64 value, u32 step, u64 *out);

/* Lengths and offsets are written alike. */
int size_print(char *buf, size_t size, u64 value);
int size_parse(const char *text, u64 *value, struct diag *diag);
u64 len_decode(u16 code);
u16 len_encode(u64 value);
bool len_simpler(u64 value, u32 step, u64 *out);
u64 offset_decode(u16 code);
u16 offset_encode(u64 value);
bool offset_simpler(u64 value, u32 step, u64 *out);

#endif
