/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Expectations are compared as text: what the file holds is what snap_print() writes, and a
 * difference can then be shown in the words of the file.
 */
#include "harness/expect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool has_op(const struct prog *prog, enum op_kind kind)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (prog->ops[i].kind == kind)
			return true;
	return false;
}

void expect_config(struct model_config *config, const struct prog *prog)
{
	model_config_default(config);
	config->soft_dirty = has_op(prog, OP_CLEAR_REFS);
	config->base_lockable = 0;
}

static bool fails_alloc(const struct prog *prog)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (prog->ops[i].fail_nth)
			return true;
	return false;
}

bool expect_applies(const struct prog *prog, const struct model_config *config)
{
	return !fails_alloc(prog) &&
	       (config->base_end || config->rules.uffd_nothing_einval ||
		!has_op(prog, OP_UFFD_REGISTER)) &&
	       (config->numa || !has_op(prog, OP_MBIND)) &&
	       (config->anon_name || !has_op(prog, OP_SET_VMA_NAME)) &&
	       (config->soft_dirty || !has_op(prog, OP_CLEAR_REFS));
}

static bool names_profile(const struct prog_expect *block, const char *profile)
{
	u32 i;

	for (i = 0; i < block->profile_count; i++)
		if (strcmp(block->profile[i], profile) == 0)
			return true;
	return false;
}

const struct prog_expect *expect_find(const struct prog_file *file, const char *profile,
				      bool quirks_on)
{
	const struct prog_expect *found = NULL;
	u32 i;

	for (i = 0; i < file->expect_count; i++) {
		const struct prog_expect *block = &file->expect[i];

		if (block->observed && quirks_on && names_profile(block, profile))
			return block;
		if (block->observed)
			continue;
		if (names_profile(block, profile))
			found = block;
		else if (block->profile_count == 0 && !found)
			found = block;
	}
	return found;
}

/* The results as one "= 0 @0 p1" line. */
static void results_print(FILE *out, const struct prog *prog, const struct op_result *results)
{
	char text[64];
	u32 i;

	fputc('=', out);
	for (i = 0; i < prog->count; i++) {
		result_print(text, sizeof(text), &prog->ops[i], &results[i]);
		fprintf(out, " %s", text);
	}
	fputc('\n', out);
}

/* Compares the lines of @block with those of @text, which is cut into pieces. */
static int lines_compare(const struct prog_expect *block, char *text, struct diag *diag)
{
	u32 i = 0;
	char *save = NULL, *line = strtok_r(text, "\n", &save);

	for (; line || i < block->line_count; i++) {
		const char *want = i < block->line_count ? block->line[i] : "no more lines";

		if (!line || i >= block->line_count || strcmp(line, want) != 0)
			return diag_set(diag, -EINVAL,
					"line %u of the block: the file expects \"%s\", got \"%s\"",
					i + 1, want, line ? line : "no more lines");
		line = strtok_r(NULL, "\n", &save);
	}
	return 0;
}

int expect_check(const struct prog_file *file, const char *profile, bool quirks_on,
		 const struct snapshot *final, const struct op_result *results, struct diag *diag)
{
	const struct prog_expect *block = expect_find(file, profile, quirks_on);
	struct snapshot *bare;
	char *text = NULL;
	size_t size = 0;
	bool has_results;
	FILE *out;
	int err;

	if (!block)
		return 0;
	has_results = block->line_count > 0 && block->line[0][0] == '=';
	bare = malloc(sizeof(*bare));
	out = open_memstream(&text, &size);
	if (!bare || !out) {
		free(bare);
		if (out)
			fclose(out);
		free(text);
		return diag_set(diag, -ENOMEM, "out of memory");
	}
	*bare = *final;
	bare->fields &= ~(u32)SNAP_PAGES;
	bare->page_count = 0;
	if (has_results)
		results_print(out, &file->prog, results);
	snap_print(out, bare, "");
	fclose(out);
	err = lines_compare(block, text, diag);
	free(text);
	free(bare);
	return err;
}

u32 expect_results(const struct prog_file *file, const struct op_result *results, u32 count,
		   struct diag *diag)
{
	char want[64], seen[64];
	u32 i;

	for (i = 0; i < count; i++) {
		const struct op *op = &file->prog.ops[i];

		if (!file->has_result[i])
			continue;
		if (file->result[i].err == results[i].err &&
		    (results[i].err != 0 || file->result[i].value == results[i].value))
			continue;
		result_print(want, sizeof(want), op, &file->result[i]);
		result_print(seen, sizeof(seen), op, &results[i]);
		diag_set(diag, -EINVAL, "the file expects %s to return %s, it returned %s",
			 op_descs[op->kind].name, want, seen);
		return i;
	}
	return count;
}
