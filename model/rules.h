/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels, sorted by cause: struct model_rules holds the intended differences,
 * struct model_quirks the known bugs, and a profile says which a kernel has. Profiles are bags of
 * switches, never ordered: stable kernels carry backports that newer ones lack.
 *
 * The tables themselves are in rules.def and profiles.c.
 */
#ifndef MODEL_RULES_H
#define MODEL_RULES_H

#include "rules.def"
#include "types.h"

enum { ANON_MERGE_LEGACY, ANON_MERGE_SYMMETRIC };
enum { NEW_MERGE_CHAINED, NEW_MERGE_CROSS };
enum { CLOSE_BLOCKS_ANY, CLOSE_BLOCKS_NEXT_OR_REMOVED, CLOSE_BLOCKS_ONLY_REMOVED };
enum { GUARD_NONE, GUARD_ANON, GUARD_ANY };
enum { GUARD_PREPARES_ALL, GUARD_PREPARES_ANON_ONLY };
enum { MREMAP_PARAMS_LEGACY, MREMAP_PARAMS_MID, MREMAP_PARAMS_UPFRONT };
enum { MREMAP_MAPCOUNT_MINUS3, MREMAP_MAPCOUNT_HEADROOM0, MREMAP_MAPCOUNT_HEADROOM };
enum { COW_FILE_OFFSET, COW_FILE_VIRTUAL };
enum { KSM_PRCTL_ABSENT, KSM_PRCTL_LATE, KSM_PRCTL_EARLY };
enum { UFFD_DROP_WP_SKIP, UFFD_DROP_WP_EBUSY };

struct model_rules {
#define R(name, ...) u8 name;
	RULE_TABLE(R)
#undef R
};

enum model_quirk {
#define Q(NAME, ...) QUIRK_##NAME,
	QUIRK_TABLE(Q)
#undef Q
	QUIRK_COUNT
};

/* A set of quirks that are on: bit (1 << enum model_quirk). */
struct model_quirks {
	u32 on;
};

struct rule_desc {
	const char *name;
	size_t offset;      /* of the u8 in struct model_rules */
	const char *values; /* names, by value, separated by blanks */
	const char *since;
	const char *meaning;
};
struct quirk_desc {
	const char *name;
	const char *affected;
	const char *meaning;
};
extern const struct rule_desc rule_descs[];
extern const u32 rule_count;
extern const struct quirk_desc quirk_descs[QUIRK_COUNT];

/* A kernel: the rules that it follows and the bugs that it has. */
struct model_profile {
	const char *name;    /* "v6.18.44" */
	const char *kernel;  /* the exact kernel that was observed */
	struct model_rules rules;
	struct model_quirks quirks;
};
extern const struct model_profile model_profiles[];
extern const u32 model_profile_count;

/* The profile with this name ("v6.12"; "6.12" too), or NULL. */
const struct model_profile *profile_find(const char *name);
/* The profile that fits the kernel release (uname -r), e.g. "6.12.95+deb12-amd64": the exact one,
 * else the nearest of the same series, else the nearest below; *@exact says whether the observed
 * kernel is of the same series and sublevel. Never NULL. */
const struct model_profile *profile_for_release(const char *release, bool *exact);
/* The name of the value that @rules has for rule @index. */
const char *rule_value(const struct model_rules *rules, u32 index, char *buf, size_t size);
/* Applies "PROFILE", "name=value" or a comma-separated list of both to @rules and @quirks, from
 * left to right. A profile sets all rules and no quirk: bugs are not specified, so they are
 * switched by name alone ("name=on" or "name=off"). -EINVAL and a sentence that lists what is
 * known; nothing is changed then. */
int rules_parse(const char *text, struct model_rules *rules, struct model_quirks *quirks,
		struct diag *diag);

#endif
