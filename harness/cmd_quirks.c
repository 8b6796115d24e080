/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz quirks: the known kernel bugs, and which profile has them.
 */
#include "harness/cmd.h"
#include "harness/json.h"

static const struct cmd_option options[] = {
	{"json", OPT_JSON, NULL, "one JSON object a line"},
	{NULL, 0, NULL, NULL},
};

static int take(void *arg, int id, const char *text, struct diag *diag)
{
	bool *json = arg;

	(void)id;
	(void)text;
	(void)diag;
	*json = true;
	return 0;
}

static void print_json(u32 quirk)
{
	const struct quirk_desc *d = &quirk_descs[quirk];
	struct json j;
	u32 p;

	json_begin(&j, stdout);
	json_string(&j, "name", d->name);
	json_string(&j, "affected", d->affected);
	json_string(&j, "meaning", d->meaning);
	json_array(&j, "profiles");
	for (p = 0; p < model_profile_count; p++)
		if (model_profiles[p].quirks.on >> quirk & 1)
			json_string(&j, NULL, model_profiles[p].name);
	json_end(&j);
}

static void print_text(u32 quirk)
{
	const struct quirk_desc *d = &quirk_descs[quirk];
	bool any = false;
	u32 p;

	printf("%s\n    %s\n    affected: %s\n    in the profiles:", d->name, d->meaning,
	       d->affected);
	for (p = 0; p < model_profile_count; p++) {
		if (!(model_profiles[p].quirks.on >> quirk & 1))
			continue;
		printf(" %s", model_profiles[p].name);
		any = true;
	}
	printf("%s\n    witness: corpus/known/%s.vma\n", any ? "" : " no profile", d->name);
}

int cmd_quirks(int argc, char **argv)
{
	bool json = false;
	const struct cmd_verb verb = {
		.usage = "quirks [--json]",
		.what = "Lists the known kernel bugs. They are reported as divergences, labelled\n"
			"as known, unless --tolerate-known (or --rules NAME=on) makes the model\n"
			"expect them.\n",
		.options = options,
		.take = take,
		.arg = &json,
	};
	int first, status;
	u32 i;

	if (!cmd_parse(&verb, argc, argv, &first, &status))
		return status;
	if (!cmd_takes_nothing("quirks", argc, argv, first))
		return STATUS_USAGE;
	for (i = 0; i < QUIRK_COUNT; i++)
		if (json)
			print_json(i);
		else
			print_text(i);
	return cmd_finish(STATUS_AGREE);
}
