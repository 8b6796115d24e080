/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz rules: how kernels differ on purpose, and which profile has what.
 */
#include <string.h>

#include "harness/cmd.h"
#include "harness/json.h"

enum { OPT_PROFILES = OPT_VERB };

static const struct cmd_option options[] = {
	{"profiles", OPT_PROFILES, NULL, "the value of each rule in each profile, as a table"},
	{"json", OPT_JSON, NULL, "one JSON object a line"},
	{NULL, 0, NULL, NULL},
};

struct wanted {
	bool profiles, json;
};

static int take(void *arg, int id, const char *text, struct diag *diag)
{
	struct wanted *wanted = arg;

	(void)text;
	(void)diag;
	if (id == OPT_PROFILES)
		wanted->profiles = true;
	else
		wanted->json = true;
	return 0;
}

/* One rule with its value in each profile. */
static void print_json(u32 rule)
{
	char value[64];
	struct json j;
	u32 p;

	json_begin(&j, stdout);
	json_string(&j, "name", rule_descs[rule].name);
	json_string(&j, "values", rule_descs[rule].values);
	json_string(&j, "since", rule_descs[rule].since);
	json_string(&j, "meaning", rule_descs[rule].meaning);
	json_object(&j, "profiles");
	for (p = 0; p < model_profile_count; p++)
		json_string(&j, model_profiles[p].name,
			    rule_value(&model_profiles[p].rules, rule, value, sizeof(value)));
	json_end(&j);
}

static void print_text(u32 rule)
{
	const struct rule_desc *d = &rule_descs[rule];

	printf("%s = %s\n    %s\n    since %s\n", d->name, d->values, d->meaning, d->since);
}

/* A cell of the table; the last of a line is not filled up with blanks. */
static void print_cell(u32 profile, int width, const char *text)
{
	if (profile + 1 < model_profile_count)
		printf(" %-*s", width, text);
	else
		printf(" %s\n", text);
}

/* Wide enough for each name of a profile and value that stands in column @profile. */
static int column_width(u32 profile)
{
	size_t width = strlen(model_profiles[profile].name);
	char value[64];
	u32 i;

	for (i = 0; i < rule_count; i++) {
		size_t len = strlen(rule_value(&model_profiles[profile].rules, i, value,
					       sizeof(value)));

		width = len > width ? len : width;
	}
	return (int)width;
}

static void print_table(void)
{
	char value[64];
	u32 i, p;

	printf("%-25s", "rule");
	for (p = 0; p < model_profile_count; p++)
		print_cell(p, column_width(p), model_profiles[p].name);
	for (i = 0; i < rule_count; i++) {
		printf("%-25s", rule_descs[i].name);
		for (p = 0; p < model_profile_count; p++)
			print_cell(p, column_width(p),
				   rule_value(&model_profiles[p].rules, i, value, sizeof(value)));
	}
	putchar('\n');
	for (p = 0; p < model_profile_count; p++)
		printf("%-10s observed on %s\n", model_profiles[p].name, model_profiles[p].kernel);
}

int cmd_rules(int argc, char **argv)
{
	struct wanted wanted = {false, false};
	const struct cmd_verb verb = {
		.usage = "rules [--profiles] [--json]",
		.what = "Lists the intended differences between kernels, their values, the\n"
			"release that changed them and the source. A value is chosen with\n"
			"--rules NAME=VALUE.\n",
		.options = options,
		.take = take,
		.arg = &wanted,
	};
	int first, status;
	u32 i;

	if (!cmd_parse(&verb, argc, argv, &first, &status))
		return status;
	if (!cmd_takes_nothing("rules", argc, argv, first))
		return STATUS_USAGE;
	if (wanted.profiles && !wanted.json) {
		print_table();
		return cmd_finish(STATUS_AGREE);
	}
	for (i = 0; i < rule_count; i++)
		if (wanted.json)
			print_json(i);
		else
			print_text(i);
	return cmd_finish(STATUS_AGREE);
}
