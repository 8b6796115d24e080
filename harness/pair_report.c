/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is written about a difference between two backends: the sentence, the program, the states
 * side by side, and which rules and known bugs account for it.
 */
#include <string.h>

#include "harness/pair.h"
#include "harness/report.h"

static const char *left_name(const struct pair *p)
{
	return p->name[PAIR_LEFT];
}

static const char *right_name(const struct pair *p)
{
	return p->name[PAIR_RIGHT];
}

static void print_program(FILE *out, const struct pair *p, const struct prog *prog,
			  const struct outcome *outcome)
{
	char line[256], left[64], right[64];
	u32 i;

	fprintf(out, "\nProgram, up to the operation that differs (%u of %u):\n\n", outcome->op + 1,
		prog->count);
	for (i = 0; i < prog->count && i <= outcome->op; i++) {
		op_print(line, sizeof(line), &prog->ops[i]);
		result_print(left, sizeof(left), &prog->ops[i], &p->result[PAIR_LEFT][i]);
		result_print(right, sizeof(right), &prog->ops[i], &p->result[PAIR_RIGHT][i]);
		fprintf(out, "  %c %3u  %s = %s", i == outcome->op ? '>' : ' ', i + 1, line, left);
		if (strcmp(left, right) != 0)
			fprintf(out, "   and %s", right);
		fputc('\n', out);
	}
}

static void print_complaints(FILE *out, const struct pair *p)
{
	u32 side;

	for (side = 0; side < 2; side++)
		if (p->backend[side]->complaint[0])
			fprintf(out, "\n%s says:\n%s\n", p->name[side],
				p->backend[side]->complaint);
}

static void print_rules(FILE *out, const struct pair *p, u64 rules)
{
	char left[64], right[64];
	u32 i;

	for (i = 0; i < rule_count; i++)
		if (rules >> i & 1)
			fprintf(out, "    rule %s (%s, and %s): %s\n", rule_descs[i].name,
				rule_value(&p->backend[PAIR_LEFT]->config.rules, i, left,
					   sizeof(left)),
				rule_value(&p->backend[PAIR_RIGHT]->config.rules, i, right,
					   sizeof(right)),
				rule_descs[i].meaning);
}

static void print_reason(FILE *out, const struct pair *p, const struct pair_reason *reason)
{
	u32 side, i;

	fprintf(out, "\nReason:\n\n");
	for (side = 0; side < 2; side++)
		if (!reason->as_specified[side])
			fprintf(out,
				"    %s does not do what is specified for it, or is not observed\n"
				"    well enough to tell: see 'vmafuzz run --backend %s'\n",
				p->name[side], p->name[side]);
	if (!reason->as_specified[PAIR_RIGHT])
		return;
	print_rules(out, p, reason->rules);
	for (i = 0; i < QUIRK_COUNT; i++)
		if (reason->quirks >> i & 1)
			fprintf(out, "    known bug %s (%s): %s\n", quirk_descs[i].name,
				quirk_descs[i].affected, quirk_descs[i].meaning);
	if (reason->set_up)
		fprintf(out, "    how the two are set up (configuration, limits, other memory),\n"
			     "    or what a kernel is free to do\n");
	else if (reason->as_specified[PAIR_LEFT] && !reason->rules && !reason->quirks)
		fprintf(out, "    both do what is specified for them; no rule and no known bug\n"
			     "    makes the difference by itself\n");
}

void pair_report(FILE *out, const struct pair *p, const struct prog *prog,
		 const struct outcome *outcome, const struct pair_reason *reason)
{
	char sig[128];

	signature_print(sig, sizeof(sig), &outcome->signature);
	fprintf(out, "%s: %s\n", sig, outcome->diff.text);
	print_complaints(out, p);
	print_program(out, p, prog, outcome);
	if (p->snap[PAIR_LEFT].fields && p->snap[PAIR_RIGHT].fields) {
		fprintf(out, "\nState after operation %u, %s left (expected), %s right (seen):\n\n",
			outcome->op + 1, left_name(p), right_name(p));
		snap_print_both(out, &p->snap[PAIR_LEFT], &p->snap[PAIR_RIGHT]);
	}
	if (reason)
		print_reason(out, p, reason);
	fprintf(out, "\nLeft:  %s: %s\nRight: %s: %s\n", left_name(p),
		p->backend[PAIR_LEFT]->kernel, right_name(p), p->backend[PAIR_RIGHT]->kernel);
}

static void json_program(struct json *j, const struct pair *p, const struct prog *prog,
			 const struct outcome *outcome)
{
	char text[256];
	u32 i;

	json_array(j, "program");
	for (i = 0; i < prog->count && i <= outcome->op; i++) {
		const struct op *op = &prog->ops[i];

		json_object(j, NULL);
		op_print(text, sizeof(text), op);
		json_string(j, "op", text);
		result_print(text, sizeof(text), op, &p->result[PAIR_LEFT][i]);
		json_string(j, "left", text);
		result_print(text, sizeof(text), op, &p->result[PAIR_RIGHT][i]);
		json_string(j, "right", text);
		json_close(j);
	}
	json_close(j);
}

static void json_reason(struct json *j, const struct pair_reason *reason)
{
	u32 i;

	json_bool(j, "left_as_specified", reason->as_specified[PAIR_LEFT]);
	json_bool(j, "right_as_specified", reason->as_specified[PAIR_RIGHT]);
	json_bool(j, "set_up", reason->set_up);
	json_array(j, "rules");
	for (i = 0; i < rule_count; i++)
		if (reason->rules >> i & 1)
			json_string(j, NULL, rule_descs[i].name);
	json_close(j);
	json_array(j, "known_bugs");
	for (i = 0; i < QUIRK_COUNT; i++)
		if (reason->quirks >> i & 1)
			json_string(j, NULL, quirk_descs[i].name);
	json_close(j);
}

void pair_json(struct json *j, const struct pair *p, const struct prog *prog,
	       const struct outcome *outcome, const struct pair_reason *reason)
{
	char text[128];

	signature_print(text, sizeof(text), &outcome->signature);
	json_string(j, "signature", text);
	json_string(j, "text", outcome->diff.text);
	json_string(j, "left", left_name(p));
	json_string(j, "right", right_name(p));
	json_u64(j, "at", outcome->op + 1);
	json_program(j, p, prog, outcome);
	if (p->snap[PAIR_LEFT].fields && p->snap[PAIR_RIGHT].fields) {
		report_json_state(j, "state_left", &p->snap[PAIR_LEFT]);
		report_json_state(j, "state_right", &p->snap[PAIR_RIGHT]);
	}
	if (reason)
		json_reason(j, reason);
}
