/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of rules.def as data, and how people and kernels name their values.
 *
 * A kernel is matched to a profile by its release string. Only a kernel of which exactly this
 * release was observed has an exact profile: stable releases of one series differ in their
 * backports, so the nearest profile is a guess, and the caller is told that it is one.
 */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct rule_desc rule_descs[] = {
#define R(name_, default_, values_, since_, meaning_)            \
	{ .name = #name_,                                        \
	  .offset = offsetof(struct model_rules, name_),         \
	  .values = values_,                                     \
	  .since = since_,                                       \
	  .meaning = meaning_ },
	RULE_TABLE(R)
#undef R
};
const u32 rule_count = ARRAY_SIZE(rule_descs);

const struct quirk_desc quirk_descs[QUIRK_COUNT] = {
#define Q(NAME, name_, affected_, meaning_) \
	[QUIRK_##NAME] = { .name = #name_, .affected = affected_, .meaning = meaning_ },
	QUIRK_TABLE(Q)
#undef Q
};
_Static_assert(QUIRK_COUNT <= 32, "struct model_quirks has a bit for each quirk");

/* A kernel release as numbers, so that distances between releases of a series mean something. */
struct release {
	u32 major, minor;
	u32 step; /* sublevels and release candidates in the order in which they came out */
};

/* A series has release candidates 1 to 255, then the release itself (sublevel 0), then stable. */
#define STEPS_BEFORE_RELEASE 256u

static bool take_number(const char **text, u32 *number)
{
	char *end;

	if (**text < '0' || **text > '9')
		return false;
	*number = (u32)strtoul(*text, &end, 10);
	*text = end;
	return true;
}

/* Reads "6.12.95+deb12-amd64", "7.3.0-rc7", "7.3-rc7+deb14"; what stands behind does not count. */
static bool release_parse(const char *text, struct release *release)
{
	u32 sublevel = 0, candidate;

	if (!take_number(&text, &release->major) || *text++ != '.' ||
	    !take_number(&text, &release->minor))
		return false;
	if (*text == '.') {
		text++;
		if (!take_number(&text, &sublevel))
			return false;
	}
	release->step = STEPS_BEFORE_RELEASE + sublevel;
	if (sublevel == 0 && strncmp(text, "-rc", 3) == 0) {
		text += 3;
		if (take_number(&text, &candidate) && candidate < STEPS_BEFORE_RELEASE)
			release->step = candidate;
	}
	return true;
}

static int compare_series(const struct release *a, const struct release *b)
{
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	return 0;
}

static u32 distance(const struct release *a, const struct release *b)
{
	return a->step > b->step ? a->step - b->step : b->step - a->step;
}

/* Is @candidate a better guess than @best for a kernel @wanted? */
static bool release_nearer(const struct release *wanted, const struct release *candidate,
			   const struct release *best)
{
	int order = compare_series(candidate, wanted), best_order = compare_series(best, wanted);

	if (order == 0)
		return best_order != 0 || distance(wanted, candidate) < distance(wanted, best);
	if (best_order == 0 || order > 0)
		return false;
	/* Both are of other series: the newest that is older than what is wanted. */
	return best_order > 0 || compare_series(candidate, best) > 0 ||
	       (compare_series(candidate, best) == 0 && candidate->step > best->step);
}

const struct model_profile *profile_find(const char *name)
{
	u32 i;

	for (i = 0; i < model_profile_count; i++) {
		const char *known = model_profiles[i].name;

		if (strcmp(name, known) == 0 || strcmp(name, known + 1) == 0)
			return &model_profiles[i];
	}
	return NULL;
}

const struct model_profile *profile_for_release(const char *release, bool *exact)
{
	/* A release that cannot be read is most likely newer than this program. */
	const struct model_profile *best = &model_profiles[model_profile_count - 1];
	struct release wanted, best_release, candidate;
	u32 i;

	*exact = false;
	if (!release_parse(release, &wanted))
		return best;
	/* The oldest profile is what is left when all are newer than the kernel. */
	best = &model_profiles[0];
	CHECK(release_parse(best->kernel, &best_release));
	for (i = 1; i < model_profile_count; i++) {
		CHECK(release_parse(model_profiles[i].kernel, &candidate));
		if (release_nearer(&wanted, &candidate, &best_release)) {
			best = &model_profiles[i];
			best_release = candidate;
		}
	}
	*exact = compare_series(&best_release, &wanted) == 0 && best_release.step == wanted.step;
	return best;
}

/* The @index-th word of @words and its length, or NULL. */
static const char *word_at(const char *words, u32 index, size_t *length)
{
	for (;; index--) {
		*length = strcspn(words, " ");
		if (*length == 0)
			return NULL;
		if (index == 0)
			return words;
		words += *length;
		words += *words == ' ';
	}
}

const char *rule_value(const struct model_rules *rules, u32 index, char *buf, size_t size)
{
	const struct rule_desc *desc;
	const char *word;
	size_t length;
	u8 value;

	CHECK(index < rule_count);
	desc = &rule_descs[index];
	value = *((const u8 *)rules + desc->offset);
	word = word_at(desc->values, value, &length);
	CHECK(word);
	snprintf(buf, size, "%.*s", (int)length, word);
	return buf;
}

/* Appends @word to the blank-separated @list, as far as there is room. */
static void list_add(char *list, size_t size, const char *word)
{
	size_t used = strlen(list);

	snprintf(list + used, size - used, "%s%s", used ? " " : "", word);
}

static int set_rule(const struct rule_desc *desc, const char *value, struct model_rules *rules,
		    struct diag *diag)
{
	const char *word;
	size_t length;
	u32 i;

	for (i = 0; (word = word_at(desc->values, i, &length)); i++) {
		if (strlen(value) == length && memcmp(value, word, length) == 0) {
			*((u8 *)rules + desc->offset) = (u8)i;
			return 0;
		}
	}
	return diag_set(diag, -EINVAL, "rule %s has no value \"%s\"; it has: %s", desc->name, value,
			desc->values);
}

static int set_quirk(u32 quirk, const char *value, struct model_quirks *quirks, struct diag *diag)
{
	if (strcmp(value, "on") == 0)
		quirks->on |= 1u << quirk;
	else if (strcmp(value, "off") == 0)
		quirks->on &= ~(1u << quirk);
	else
		return diag_set(diag, -EINVAL, "known bug %s is on or off, not \"%s\"",
				quirk_descs[quirk].name, value);
	return 0;
}

static int set_named(const char *name, const char *value, struct model_rules *rules,
		     struct model_quirks *quirks, struct diag *diag)
{
	u32 i;

	for (i = 0; i < rule_count; i++)
		if (strcmp(rule_descs[i].name, name) == 0)
			return set_rule(&rule_descs[i], value, rules, diag);
	for (i = 0; i < QUIRK_COUNT; i++)
		if (strcmp(quirk_descs[i].name, name) == 0)
			return set_quirk(i, value, quirks, diag);
	return diag_set(diag, -EINVAL,
			"no rule nor known bug \"%.20s\": 'vmafuzz rules' and 'vmafuzz quirks' "
			"list them", name);
}

/* Takes the rules of a profile and not its bugs: those are not what anybody specified. */
static int set_profile(const char *name, struct model_rules *rules, struct diag *diag)
{
	const struct model_profile *profile = profile_find(name);
	char known[256] = "";
	u32 i;

	if (profile) {
		*rules = profile->rules;
		return 0;
	}
	for (i = 0; i < model_profile_count; i++)
		list_add(known, sizeof(known), model_profiles[i].name);
	return diag_set(diag, -EINVAL, "no profile \"%s\"; there are: %s; or say RULE=VALUE", name,
			known);
}

int rules_parse(const char *text, struct model_rules *rules, struct model_quirks *quirks,
		struct diag *diag)
{
	struct model_rules new_rules = *rules;
	struct model_quirks new_quirks = *quirks;
	int err;

	for (;;) {
		char item[64];
		size_t length = strcspn(text, ",");
		char *equals;

		if (length == 0 || length >= sizeof(item))
			return diag_set(diag, -EINVAL,
					"\"%.60s\": want a profile or RULE=VALUE between commas",
					text);
		memcpy(item, text, length);
		item[length] = '\0';
		equals = strchr(item, '=');
		if (equals) {
			*equals = '\0';
			err = set_named(item, equals + 1, &new_rules, &new_quirks, diag);
		} else {
			err = set_profile(item, &new_rules, diag);
		}
		if (err)
			return err;
		text += length;
		if (*text == '\0')
			break;
		text++;
	}
	*rules = new_rules;
	*quirks = new_quirks;
	return 0;
}
