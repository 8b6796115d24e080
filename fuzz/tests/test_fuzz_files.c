/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What lies beside the built targets: the seeds are the corpus in bytes, the dictionary has every
 * name and nothing that engines cannot read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/tests/corpus.h"
#include "model/flagnames.h"
#include "model/generate.h"

struct seed {
	u8 bytes[16 + PROG_OPS_MAX * OP_BYTES];
	size_t size;
	u8 expected[PROG_OPS_MAX * OP_BYTES];
	size_t expected_size;
};

/* Reads the seed of "golden/j1.vma". */
static void read_seed(struct seed *seed, const char *target, const char *name)
{
	char path[1024], *slash;
	FILE *file;

	snprintf(path, sizeof(path), "%s/seeds/%s/%.*s.bin", FUZZ_DIR, target,
		 (int)strlen(name) - 4, name);
	slash = strchr(path + strlen(FUZZ_DIR "/seeds/") + strlen(target) + 1, '/');
	assert_non_null(slash);
	*slash = '-';
	file = fopen(path, "rb");
	if (!file)
		fail_msg("no %s", path);
	seed->size = fread(seed->bytes, 1, sizeof(seed->bytes), file);
	fclose(file);
}

static void test_seeds_are_the_corpus_behind_the_prefix(void **state)
{
	static const struct {
		const char *target;
		u32 prefix;
	} rows[] = {{"fuzz_live", 0}, {"fuzz_model", 1}, {"fuzz_diff", 2}};
	struct corpus *c = corpus_new();
	struct seed *seed = malloc(sizeof(*seed));
	struct diag diag;
	u32 i, row;

	(void)state;
	assert_non_null(c);
	assert_non_null(seed);
	assert_true(c->count > 100);
	for (i = 0; i < c->count; i++) {
		assert_int_equal(corpus_load(c, i, &diag), 0);
		seed->expected_size = prog_encode(&c->file.prog, seed->expected,
						  sizeof(seed->expected));
		for (row = 0; row < ARRAY_SIZE(rows); row++) {
			read_seed(seed, rows[row].target, c->name[i].text);
			assert_int_equal(seed->size, rows[row].prefix + seed->expected_size);
			assert_memory_equal(seed->bytes + rows[row].prefix, seed->expected,
					    seed->expected_size);
		}
	}
	free(seed);
	free(c);
}

/* Is it "..." with nothing in it but printable characters, and \xNN for others? */
static bool readable(const char *line)
{
	size_t len = strlen(line), i;

	if (len < 4 || line[0] != '"' || strcmp(line + len - 2, "\"\n") != 0)
		return false;
	for (i = 1; i < len - 2; i++) {
		if (line[i] < ' ' || line[i] > '~' || line[i] == '"')
			return false;
		if (line[i] != '\\')
			continue;
		if (line[i + 1] != 'x' || strspn(line + i + 2, "0123456789abcdef") < 2)
			return false;
		i += 3;
	}
	return true;
}

static void test_dictionary_has_every_operation_and_is_readable(void **state)
{
	FILE *file = fopen(FUZZ_DIR "/fuzz_text.dict", "r");
	bool found[OP_COUNT] = {false}, has_last = false;
	char line[256], want[64];
	u32 k;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (!readable(line))
			fail_msg("not readable: %s", line);
		for (k = 0; k < OP_COUNT; k++) {
			snprintf(want, sizeof(want), "\"%s(\"\n", op_descs[k].name);
			found[k] |= strcmp(line, want) == 0;
		}
		snprintf(want, sizeof(want), "\"%s\"\n", flag_name(names_vm, VMF_SEALED));
		has_last |= strcmp(line, want) == 0;
	}
	fclose(file);
	for (k = 0; k < OP_COUNT; k++)
		assert_true(found[k]);
	assert_true(has_last);
}

struct words {
	char dict[16384];
	struct model model;
	struct prog prog;
	char line[512], quoted[128];
};

/* Is the word in the dictionary, by itself or as the name of an operation? What has a number
 * (p1, u0) and combinations of r, w and x are no names. */
static bool known(struct words *w, const char *word, size_t len)
{
	if (strspn(word, "rwx") >= len || (strchr("pu", word[0]) && strspn(word + 1, "0123456789")))
		return true;
	snprintf(w->quoted, sizeof(w->quoted), "\"%.*s\"", (int)len, word);
	if (strstr(w->dict, w->quoted))
		return true;
	snprintf(w->quoted, sizeof(w->quoted), "\"%.*s(\"", (int)len, word);
	return strstr(w->dict, w->quoted) != NULL;
}

static void check_words(struct words *w)
{
	static const char *const letters = "abcdefghijklmnopqrstuvwxyz_0123456789";
	const char *at = w->line;

	while (*at) {
		size_t len = strspn(at, letters);

		if (len && (*at < '0' || *at > '9') && !known(w, at, len))
			fail_msg("\"%.*s\" of %s", (int)len, at, w->line);
		at += len ? len : 1;
	}
}

/* So a new table of names is not forgotten. */
static void test_dictionary_has_every_name_that_programs_say(void **state)
{
	struct words *w = calloc(1, sizeof(*w));
	FILE *file = fopen(FUZZ_DIR "/fuzz_text.dict", "r");
	struct generate_options options;
	struct model_config config;
	u32 seed, i;

	(void)state;
	assert_non_null(w);
	assert_non_null(file);
	assert_in_range(fread(w->dict, 1, sizeof(w->dict) - 1, file), 1, sizeof(w->dict) - 2);
	fclose(file);
	model_config_default(&config);
	model_init(&w->model, &config);
	generate_options_default(&options);
	for (seed = 0; seed < 3000; seed++) {
		generate(&w->prog, &w->model, &options, seed);
		for (i = 0; i < w->prog.count; i++) {
			op_print(w->line, sizeof(w->line), &w->prog.ops[i]);
			check_words(w);
		}
	}
	free(w);
}

/* Every target's options are found beside it, under the name that OSS-Fuzz looks for. */
static void test_options_lie_beside_the_targets(void **state)
{
	static const char *const targets[] = {"fuzz_text", "fuzz_model", "fuzz_diff", "fuzz_live"};
	char path[1024];
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		snprintf(path, sizeof(path), "%s/%s", FUZZ_DIR, targets[i]);
		assert_int_equal(access(path, X_OK), 0);
		snprintf(path, sizeof(path), "%s/%s.options", FUZZ_DIR, targets[i]);
		assert_int_equal(access(path, R_OK), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_seeds_are_the_corpus_behind_the_prefix),
		cmocka_unit_test(test_dictionary_has_every_operation_and_is_readable),
		cmocka_unit_test(test_dictionary_has_every_name_that_programs_say),
		cmocka_unit_test(test_options_lie_beside_the_targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
