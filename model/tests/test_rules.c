/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of rules, known bugs and kernels: that they are complete and agree with each other,
 * and that kernels and people's words are matched to them as rules.h says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/rules.h"

static const struct model_rules newest_rules = {
#define R(name, default_, ...) .name = default_,
	RULE_TABLE(R)
#undef R
};

static void test_rules_each_field_has_one_description(void **state)
{
	u32 i;

	(void)state;
	assert_int_equal(rule_count, sizeof(struct model_rules));
	for (i = 0; i < rule_count; i++) {
		assert_int_equal(rule_descs[i].offset, i);
		assert_true(strlen(rule_descs[i].meaning) > 0);
		assert_true(strlen(rule_descs[i].since) > 0);
	}
}

static void test_profiles_every_rule_has_a_named_value(void **state)
{
	u32 p, i;

	(void)state;
	for (p = 0; p < model_profile_count; p++) {
		for (i = 0; i < rule_count; i++) {
			char buf[32] = "";

			rule_value(&model_profiles[p].rules, i, buf, sizeof(buf));
			assert_true(strlen(buf) > 0);
		}
	}
}

static void test_profiles_newest_has_the_default_rules(void **state)
{
	(void)state;
	assert_memory_equal(&model_profiles[model_profile_count - 1].rules, &newest_rules,
			    sizeof(newest_rules));
}

static void test_profiles_every_quirk_belongs_to_a_kernel(void **state)
{
	u32 p, seen = 0;

	(void)state;
	for (p = 0; p < model_profile_count; p++)
		seen |= model_profiles[p].quirks.on;
	assert_int_equal(seen, (1u << QUIRK_COUNT) - 1);
}

static void test_profiles_every_rule_differs_between_two_kernels(void **state)
{
	const struct model_profile *first = &model_profiles[0];
	u32 p, i;

	(void)state;
	for (i = 0; i < rule_count; i++) {
		bool differs = false;

		for (p = 1; p < model_profile_count; p++)
			differs |= ((const u8 *)&first->rules)[i] !=
				   ((const u8 *)&model_profiles[p].rules)[i];
		if (!differs)
			fail_msg("no two profiles differ in rule %s", rule_descs[i].name);
	}
}

static void test_profile_find_takes_the_name_with_and_without_v(void **state)
{
	(void)state;
	assert_string_equal(profile_find("v6.18.44")->name, "v6.18.44");
	assert_string_equal(profile_find("6.18.44")->name, "v6.18.44");
	assert_string_equal(profile_find("v6.1")->name, "v6.1");
	assert_null(profile_find("v6.18"));
	assert_null(profile_find("v"));
	assert_null(profile_find(""));
}

static void test_profile_for_release_finds_the_right_kernel(void **state)
{
	static const struct {
		const char *release, *profile;
		bool exact;
		const char *why;
	} rows[] = {
		{ "6.18.44-fc-v657", "v6.18.44", true, "the exact sublevel" },
		{ "6.12.95+deb12-cloud-amd64", "v6.12", true, "a plus sign ends the release" },
		{ "6.1.192", "v6.1", true, "nothing behind it" },
		{ "7.3.0-rc7", "v7.3", true, "the kernel's spelling of a candidate" },
		{ "7.3-rc7+deb14", "v7.3", true, "Debian's spelling of a candidate" },
		{ "7.3.0-rc6", "v7.3", false, "another candidate" },
		{ "7.3.0", "v7.3.4", false, "the release is not its candidate" },
		{ "7.3.4", "v7.3.4", true, "a stable release of the same series" },
		{ "7.3.9", "v7.3.4", false, "a later one" },
		{ "6.12.117", "v6.12.117", true, "fixes were backported in between" },
		{ "6.18.0", "v6.18.5", false, "the nearest of three of one series" },
		{ "6.18.17", "v6.18.15", false, "nearest is below" },
		{ "6.18.40", "v6.18.44", false, "nearest is above" },
		{ "6.18.99", "v6.18.44", false, "above all of the series" },
		{ "6.18.10", "v6.18.5", false, "just as far from two: the older" },
		{ "6.14.2", "v6.12.117", false, "no such series: the nearest below" },
		{ "6.8.0-45-generic", "v6.1", false, "no such series: the nearest below" },
		{ "7.9.1", "v7.3.4", false, "newer than all" },
		{ "8.0", "v7.3.4", false, "a new major number" },
		{ "5.10.0-30-amd64", "v6.1", false, "older than all" },
		{ "6.2.0", "v6.1", false, "not 6.19 because it begins alike" },
		{ "unknown", "v7.3.4", false, "unreadable: as if newest" },
		{ "7.", "v7.3.4", false, "unreadable: as if newest" },
		{ "6.1.x", "v7.3.4", false, "unreadable: as if newest" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		bool exact;
		const struct model_profile *found = profile_for_release(rows[i].release, &exact);

		if (strcmp(found->name, rows[i].profile) || exact != rows[i].exact)
			fail_msg("%s: got %s%s, want %s (%s)", rows[i].release, found->name,
				 exact ? " exactly" : "", rows[i].profile, rows[i].why);
	}
}

static void test_profile_for_release_own_kernel_is_exact(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < model_profile_count; i++) {
		bool exact;

		assert_ptr_equal(profile_for_release(model_profiles[i].kernel, &exact),
				 &model_profiles[i]);
		assert_true(exact);
	}
}

static void test_rule_value_names_first_middle_and_last(void **state)
{
	struct model_rules rules = newest_rules;
	char buf[32];

	(void)state;
	rules.mremap_params = MREMAP_PARAMS_LEGACY;
	rules.mremap_mapcount = MREMAP_MAPCOUNT_HEADROOM0;
	rules.guard = GUARD_ANY;
	assert_string_equal(rule_value(&rules, offsetof(struct model_rules, mremap_params), buf,
				       sizeof(buf)), "legacy");
	assert_string_equal(rule_value(&rules, offsetof(struct model_rules, mremap_mapcount), buf,
				       sizeof(buf)), "headroom0");
	assert_string_equal(rule_value(&rules, offsetof(struct model_rules, guard), buf,
				       sizeof(buf)), "any");
}

static void test_rules_parse_profile_sets_rules_and_no_quirk(void **state)
{
	struct model_rules rules = newest_rules;
	struct model_quirks quirks = { .on = 1u << QUIRK_GROW_FORKLIMIT };
	struct diag diag;

	(void)state;
	assert_int_equal(rules_parse("v6.16", &rules, &quirks, &diag), 0);
	assert_memory_equal(&rules, &profile_find("v6.16")->rules, sizeof(rules));
	assert_int_equal(quirks.on, 1u << QUIRK_GROW_FORKLIMIT);
}

static void test_rules_parse_list_applies_from_left_to_right(void **state)
{
	struct model_rules rules = newest_rules;
	struct model_quirks quirks = { 0 };
	struct diag diag;

	(void)state;
	assert_int_equal(rules_parse("6.1,anon_merge=symmetric,mseal=yes,grow_forklimit=on,"
				     "copy_forklimit=on,copy_forklimit=off,anon_merge=legacy",
				     &rules, &quirks, &diag), 0);
	assert_int_equal(rules.anon_merge, ANON_MERGE_LEGACY);
	assert_int_equal(rules.mseal, 1);
	assert_int_equal(rules.droppable, 0);
	assert_int_equal(quirks.on, 1u << QUIRK_GROW_FORKLIMIT);

	assert_int_equal(rules_parse("mseal=no,v7.3", &rules, &quirks, &diag), 0);
	assert_int_equal(rules.mseal, 1);
}

static void test_rules_parse_wrong_text_is_refused_and_changes_nothing(void **state)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ "v9.9", "v6.18.44" },
		{ "", "between commas" },
		{ "v6.1,", "between commas" },
		{ "v6.1,,v6.12", "between commas" },
		{ "v6.1,no_such_rule=yes", "'vmafuzz quirks'" },
		{ "v6.1,anon_merge=sym", "legacy symmetric" },
		{ "v6.1,anon_merge=legac", "legacy symmetric" },
		{ "v6.1,anon_merge=", "legacy symmetric" },
		{ "v6.1,grow_forklimit=yes", "on or off" },
		{ "v6.1,this_name_is_so_long_that_it_does_not_fit_into_the_buffer_for_one_item=yes",
		  "between commas" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct model_rules rules = newest_rules;
		struct model_quirks quirks = { .on = 5 };
		struct diag diag = { "" };

		if (rules_parse(rows[i].text, &rules, &quirks, &diag) != -EINVAL)
			fail_msg("\"%s\" was accepted", rows[i].text);
		if (!strstr(diag.text, rows[i].says))
			fail_msg("\"%s\": \"%s\" does not say \"%s\"", rows[i].text, diag.text,
				 rows[i].says);
		assert_memory_equal(&rules, &newest_rules, sizeof(rules));
		assert_int_equal(quirks.on, 5);
	}
}

static void test_rules_parse_without_diag_is_refused(void **state)
{
	struct model_rules rules = newest_rules;
	struct model_quirks quirks = { 0 };

	(void)state;
	assert_int_equal(rules_parse("nonsense", &rules, &quirks, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_each_field_has_one_description),
		cmocka_unit_test(test_profiles_every_rule_has_a_named_value),
		cmocka_unit_test(test_profiles_newest_has_the_default_rules),
		cmocka_unit_test(test_profiles_every_quirk_belongs_to_a_kernel),
		cmocka_unit_test(test_profiles_every_rule_differs_between_two_kernels),
		cmocka_unit_test(test_profile_find_takes_the_name_with_and_without_v),
		cmocka_unit_test(test_profile_for_release_finds_the_right_kernel),
		cmocka_unit_test(test_profile_for_release_own_kernel_is_exact),
		cmocka_unit_test(test_rule_value_names_first_middle_and_last),
		cmocka_unit_test(test_rules_parse_profile_sets_rules_and_no_quirk),
		cmocka_unit_test(test_rules_parse_list_applies_from_left_to_right),
		cmocka_unit_test(test_rules_parse_wrong_text_is_refused_and_changes_nothing),
		cmocka_unit_test(test_rules_parse_without_diag_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
