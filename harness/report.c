/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A report is read by somebody who maintains mm/ and has half a minute: the sentence first, then
 * the program, then the two states, then why the model did what it did; how it came about is at the
 * end.
 */
#include "harness/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/json.h"

static int quirks_join(char *buf, size_t size, u32 quirks, bool affected)
{
	size_t len = 0;
	u32 i;

	if (size > 0)
		buf[0] = '\0';
	for (i = 0; i < QUIRK_COUNT; i++) {
		if (!(quirks >> i & 1))
			continue;
		if (len > 0)
			len += (size_t)snprintf(buf + len, len < size ? size - len : 0, ", ");
		len = len < size ? len : size;
		len += (size_t)snprintf(buf + len, size - len, affected ? "%s (%s)" : "%s",
					quirk_descs[i].name, quirk_descs[i].affected);
		len = len < size ? len : size;
	}
	return (int)len;
}

int quirks_print(char *buf, size_t size, u32 quirks)
{
	return quirks_join(buf, size, quirks, false);
}

int quirks_print_affected(char *buf, size_t size, u32 quirks)
{
	return quirks_join(buf, size, quirks, true);
}

/* "@3" where the arena is near, else the address in bytes. */
static void page_print(char *buf, size_t size, u64 page)
{
	s64 offset = (s64)(page - (ARENA_BASE >> PAGE_SHIFT));

	if (offset >= -4096 && offset <= 4096)
		snprintf(buf, size, "@%" PRId64, offset);
	else
		snprintf(buf, size, "0x%" PRIx64, page << PAGE_SHIFT);
}

static void print_known(FILE *out, u32 quirks)
{
	char names[512];
	u32 i;

	if (!quirks) {
		fprintf(out, "No known bug explains it.\n");
		return;
	}
	quirks_print_affected(names, sizeof(names), quirks);
	fprintf(out, "known: %s\n", names);
	for (i = 0; i < QUIRK_COUNT; i++)
		if (quirks >> i & 1)
			fprintf(out, "       %s\n", quirk_descs[i].meaning);
}

/* What a complaint of the kernel says besides its first line. */
static void print_complaint(FILE *out, const struct backend *b, enum aspect aspect)
{
	const char *line = strchr(b->complaint, '\n');

	if (aspect != ASPECT_KERNEL || !line)
		return;
	fputc('\n', out);
	for (; line; line = strchr(line, '\n')) {
		line++;
		if (*line)
			fprintf(out, "    %.*s\n", (int)strcspn(line, "\n"), line);
	}
}

static void print_program(FILE *out, struct session *s, const struct prog *prog,
			  const struct outcome *outcome)
{
	const struct op_result *results = session_results(s);
	char line[256], result[64];
	u32 i;

	fprintf(out, "\nProgram, up to the operation at fault (%u of %u):\n\n", outcome->op + 1,
		prog->count);
	for (i = 0; i < prog->count && i <= outcome->op; i++) {
		op_print(line, sizeof(line), &prog->ops[i]);
		result_print(result, sizeof(result), &prog->ops[i], &results[i]);
		fprintf(out, "  %c %3u  %s = %s\n", i == outcome->op ? '>' : ' ', i + 1, line,
			result);
	}
}

static void print_results(FILE *out, const struct prog *prog, const struct outcome *outcome)
{
	const struct op *op = &prog->ops[outcome->op];
	char want[64], seen[64];

	if (outcome->signature.aspect != ASPECT_RESULT)
		return;
	result_print(want, sizeof(want), op, &outcome->want);
	result_print(seen, sizeof(seen), op, &outcome->seen);
	fprintf(out, "\nResult of operation %u: specified %s, returned %s\n", outcome->op + 1, want,
		seen);
}

/* What could have failed, and which of it the state on the left is of. */
static void print_points(FILE *out, const struct model *m, const struct outcome *outcome)
{
	u32 i;

	if (!outcome->seen.alloc_failed)
		return;
	fprintf(out, "\nAn allocation failed in this operation. None of what may come of it "
		     "agrees:\n\n");
	for (i = 0; i < ALLOC_POINT_COUNT; i++)
		if (outcome->tried[i])
			fprintf(out, "    %c %s (%u): %s\n", m->failed == i ? '*' : ' ',
				alloc_point_descs[i].name, outcome->tried[i],
				alloc_point_descs[i].effect);
	fprintf(out, "    * is the nearest, and the state above.\n");
}

static void print_merges(FILE *out, const struct model *m)
{
	bool explained[MERGE_RULE_COUNT] = {false};
	char start[32], end[32];
	u32 i;

	if (m->merge_count == 0)
		return;
	fprintf(out, "\nMerges that the model considered in this operation:\n\n");
	for (i = 0; i < m->merge_count; i++) {
		const struct merge_record *r = &m->merges[i];

		page_print(start, sizeof(start), r->start);
		page_print(end, sizeof(end), r->end);
		fprintf(out, "    %s to %s: with the area before: %s; with the area behind: %s\n",
			start, end, merge_rule_names[r->prev], merge_rule_names[r->next]);
		explained[r->prev] = true;
		explained[r->next] = true;
	}
	for (i = 0; i < MERGE_RULE_COUNT; i++)
		if (explained[i])
			fprintf(out, "    %s: %s\n", merge_rule_names[i], merge_rule_meanings[i]);
}

/* Rules of the session's model that are not the newest, as " name=value". */
static void print_rules(FILE *out, const struct model_config *config)
{
	struct model_config newest;
	char value[64], names[512];
	bool any = false;
	u32 i;

	model_config_default(&newest);
	fprintf(out, "Rules that are not the newest:");
	for (i = 0; i < rule_count; i++) {
		size_t at = rule_descs[i].offset;

		if (((const u8 *)&config->rules)[at] == ((const u8 *)&newest.rules)[at])
			continue;
		fprintf(out, " %s=%s", rule_descs[i].name,
			rule_value(&config->rules, i, value, sizeof(value)));
		any = true;
	}
	fprintf(out, "%s\n", any ? "" : " none");
	if (config->quirks.on) {
		quirks_print(names, sizeof(names), config->quirks.on);
		fprintf(out, "Known bugs tolerated: %s\n", names);
	}
}

/* @text behind a blank, if there is any. */
static void print_more(FILE *out, const char *text)
{
	if (text && *text)
		fprintf(out, " %s", text);
}

static void print_origin(FILE *out, struct session *s, const struct origin *origin)
{
	const struct backend *b = session_backend(s);

	fprintf(out, "\nKernel: %s\n", b->kernel);
	fprintf(out, "Profile: %s%s\n", b->profile,
		b->profile_exact ? "" : " (the nearest; not of exactly this kernel)");
	fprintf(out, "Compared: %s\n", b->observation);
	print_rules(out, session_config(s));
	if (origin->generated)
		fprintf(out, "Seed of the run: %" PRIu64 "\n", origin->seed);
	if (!origin->file && !origin->generated)
		return;
	fprintf(out, "Run again:\n");
	if (origin->file) {
		fprintf(out, "    vmafuzz run %s", origin->file);
		print_more(out, origin->options);
		fputc('\n', out);
	}
	if (origin->generated) {
		fprintf(out, "    vmafuzz fuzz --case %" PRIu64, origin->case_seed);
		print_more(out, origin->options);
		print_more(out, origin->fuzz_options);
		fputc('\n', out);
	}
}

/* Nothing was seen of a kernel that complained and is gone. */
static void print_states(FILE *out, struct session *s, const struct outcome *outcome)
{
	if (!session_seen(s)->fields)
		return;
	fprintf(out, "\nState after operation %u, specified left, seen right:\n\n",
		outcome->op + 1);
	snap_print_both(out, session_want(s), session_seen(s));
}

void report_print(FILE *out, struct session *s, const struct prog *prog,
		  const struct outcome *outcome, const struct origin *origin)
{
	char sig[128];

	signature_print(sig, sizeof(sig), &outcome->signature);
	fprintf(out, "%s: %s\n", sig, outcome->diff.text);
	print_known(out, outcome->quirks_explain);
	print_complaint(out, session_backend(s), outcome->signature.aspect);
	print_program(out, s, prog, outcome);
	print_results(out, prog, outcome);
	if (session_want(s)) {
		print_states(out, s, outcome);
		print_points(out, session_model(s), outcome);
		print_merges(out, session_model(s));
	}
	print_origin(out, s, origin);
}

void report_json_state(struct json *j, const char *key, const struct snapshot *snap)
{
	char *text = NULL, *save = NULL, *line;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return;
	snap_print(out, snap, "");
	fclose(out);
	json_array(j, key);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		json_string(j, NULL, line);
	json_close(j);
	free(text);
}

static void json_program(struct json *j, struct session *s, const struct prog *prog,
			 const struct outcome *outcome)
{
	const struct op_result *results = session_results(s);
	char line[256], result[64];
	u32 i;

	json_array(j, "program");
	for (i = 0; i < prog->count && i <= outcome->op; i++) {
		json_object(j, NULL);
		op_print(line, sizeof(line), &prog->ops[i]);
		result_print(result, sizeof(result), &prog->ops[i], &results[i]);
		json_string(j, "op", line);
		json_string(j, "returned", result);
		json_close(j);
	}
	json_close(j);
}

static void json_merges(struct json *j, const struct model *m)
{
	char start[32], end[32];
	u32 i;

	json_array(j, "merges");
	for (i = 0; i < m->merge_count; i++) {
		page_print(start, sizeof(start), m->merges[i].start);
		page_print(end, sizeof(end), m->merges[i].end);
		json_object(j, NULL);
		json_string(j, "start", start);
		json_string(j, "end", end);
		json_string(j, "prev", merge_rule_names[m->merges[i].prev]);
		json_string(j, "next", merge_rule_names[m->merges[i].next]);
		json_close(j);
	}
	json_close(j);
}

static void json_points(struct json *j, const struct model *m, const struct outcome *outcome)
{
	u32 i;

	if (!outcome->seen.alloc_failed)
		return;
	json_string(j, "alloc_failed_nearest", alloc_point_descs[m->failed].name);
	json_object(j, "alloc_failed_tried");
	for (i = 0; i < ALLOC_POINT_COUNT; i++)
		if (outcome->tried[i])
			json_u64(j, alloc_point_descs[i].name, outcome->tried[i]);
	json_close(j);
}

static void json_known(struct json *j, u32 quirks)
{
	u32 i;

	json_array(j, "known");
	for (i = 0; i < QUIRK_COUNT; i++)
		if (quirks >> i & 1)
			json_string(j, NULL, quirk_descs[i].name);
	json_close(j);
}

static void json_machine(struct json *j, struct session *s, const struct origin *origin)
{
	const struct model_config *config = session_config(s);
	const struct backend *b = session_backend(s);
	char value[64];
	u32 i;

	json_string(j, "backend", b->type->name);
	json_string(j, "kernel", b->kernel);
	json_string(j, "profile", b->profile);
	json_bool(j, "profile_exact", b->profile_exact);
	json_string(j, "compared", b->observation);
	json_object(j, "rules");
	for (i = 0; i < rule_count; i++)
		json_string(j, rule_descs[i].name,
			    rule_value(&config->rules, i, value, sizeof(value)));
	json_close(j);
	json_string(j, "file", origin->file);
	if (origin->generated) {
		json_u64(j, "seed", origin->seed);
		json_u64(j, "case", origin->case_seed);
	}
	json_string(j, "options", origin->options);
	json_string(j, "fuzz_options", origin->fuzz_options);
}

void report_json(FILE *out, struct session *s, const struct prog *prog,
		 const struct outcome *outcome, const struct origin *origin)
{
	const struct op *op = &prog->ops[outcome->op];
	char text[128];
	struct json j;

	json_begin(&j, out);
	json_string(&j, "type", "divergence");
	signature_print(text, sizeof(text), &outcome->signature);
	json_string(&j, "signature", text);
	json_string(&j, "op", op_descs[op->kind].name);
	json_string(&j, "aspect", aspect_names[outcome->signature.aspect]);
	json_string(&j, "rule", merge_rule_names[outcome->signature.rule]);
	json_string(&j, "text", outcome->diff.text);
	if (outcome->signature.aspect == ASPECT_KERNEL)
		json_string(&j, "complaint", session_backend(s)->complaint);
	json_known(&j, outcome->quirks_explain);
	json_u64(&j, "at", outcome->op + 1);
	json_program(&j, s, prog, outcome);
	result_print(text, sizeof(text), op, &outcome->want);
	json_string(&j, "specified", text);
	result_print(text, sizeof(text), op, &outcome->seen);
	json_string(&j, "returned", text);
	if (session_want(s)) {
		report_json_state(&j, "state_specified", session_want(s));
		report_json_state(&j, "state_seen", session_seen(s));
		json_points(&j, session_model(s), outcome);
		json_merges(&j, session_model(s));
	}
	json_machine(&j, s, origin);
	json_end(&j);
}
