/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz ops: the operation table.
 */
#include <string.h>

#include "harness/cmd.h"
#include "harness/json.h"
#include "model/argkind.h"

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

static void print_json(const struct op_desc *d)
{
	struct json j;
	u32 a;

	json_begin(&j, stdout);
	json_string(&j, "name", d->name);
	json_u64(&j, "weight", d->weight);
	json_array(&j, "args");
	for (a = 0; a < d->arg_count; a++) {
		json_object(&j, NULL);
		json_string(&j, "name", d->arg[a].name);
		json_string(&j, "kind", argkinds[d->arg[a].kind].name);
		json_close(&j);
	}
	json_end(&j);
}

static void print_text(const struct op_desc *d)
{
	u32 a;

	printf("%-11s %6u", d->name, d->weight);
	for (a = 0; a < d->arg_count; a++) {
		const char *kind = argkinds[d->arg[a].kind].name;

		/* "addr: addr" would say nothing. */
		printf("%s%s", a ? ", " : "  ", d->arg[a].name);
		if (strcmp(kind, d->arg[a].name) != 0)
			printf(": %s", kind);
	}
	putchar('\n');
}

int cmd_ops(int argc, char **argv)
{
	bool json = false;
	const struct cmd_verb verb = {
		.usage = "ops [--json]",
		.what = "Lists the operations, how often a generated program has them, and their\n"
			"arguments as NAME: KIND.\n",
		.options = options,
		.take = take,
		.arg = &json,
	};
	int first, status;
	u32 i;

	if (!cmd_parse(&verb, argc, argv, &first, &status))
		return status;
	if (!cmd_takes_nothing("ops", argc, argv, first))
		return STATUS_USAGE;
	if (!json)
		printf("%-11s %6s  arguments\n", "operation", "weight");
	for (i = 0; i < OP_COUNT; i++)
		if (json)
			print_json(&op_descs[i]);
		else
			print_text(&op_descs[i]);
	return cmd_finish(STATUS_AGREE);
}
