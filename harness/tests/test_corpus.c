/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The corpus guards the model: every file on every profile must lead to what the file says. Without
 * known bugs that is the specification, with those of the profile what its kernel was seen to do.
 *
 * The same files on the running kernel: test_live_corpus.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/tests/corpus.h"

#define FAILURES_SHOWN 40

/* What a run over all files and profiles found: printed at its end, as a table. */
struct tally {
	u32 runs, failures;
};

static void tally_failure(struct tally *t, const char *file, const char *profile, const char *text)
{
	if (t->failures++ < FAILURES_SHOWN)
		fprintf(stderr, "%-34s %-9s %s\n", file, profile, text);
}

static void tally_end(const struct tally *t)
{
	fprintf(stderr, "%u runs, %u not as their file says\n", t->runs, t->failures);
	assert_int_equal(t->failures, 0);
	assert_true(t->runs > 0);
}

static void run_one(struct corpus *c, u32 index, const struct model_profile *profile,
		    bool quirks_on, struct tally *t)
{
	struct model_config config;
	struct diag diag = { "" };

	corpus_config(c, &config, profile, quirks_on ? profile->quirks.on : 0);
	t->runs++;
	if (corpus_run(c, &config))
		tally_failure(t, c->name[index].text, profile->name, c->model.limit);
	else if (!model_check(&c->model, &diag) ||
		 corpus_check(c, profile->name, quirks_on, &diag))
		tally_failure(t, c->name[index].text, profile->name, diag.text);
}

static void run_all(struct corpus *c, bool quirks_on)
{
	struct tally t = { 0 };
	struct diag diag;
	u32 i, p;

	for (i = 0; i < c->count; i++) {
		if (corpus_load(c, i, &diag))
			fail_msg("%s", diag.text);
		for (p = 0; p < model_profile_count; p++)
			run_one(c, i, &model_profiles[p], quirks_on, &t);
	}
	tally_end(&t);
}

static void test_corpus_every_profile_leads_to_what_is_expected(void **state)
{
	run_all(*state, false);
}

static void test_corpus_every_profile_with_bugs_leads_to_what_was_observed(void **state)
{
	run_all(*state, true);
}

/* Does the text say, before its first operation, why it exists? */
static bool says_why(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		if (*text == '#')
			return len > 20;
		if (len && strncmp(text, "vma ", 4) != 0)
			return false;
		text += len + (text[len] == '\n');
	}
	return false;
}

static void test_corpus_each_file_says_why_it_exists(void **state)
{
	struct corpus *c = *state;
	char path[512], head[4096];
	size_t len;
	FILE *in;
	u32 i;

	for (i = 0; i < c->count; i++) {
		corpus_path(c, i, path, sizeof(path));
		in = fopen(path, "re");
		assert_non_null(in);
		len = fread(head, 1, sizeof(head) - 1, in);
		head[len] = '\0';
		fclose(in);
		if (!says_why(head))
			fail_msg("%s does not begin with a comment that says why it exists",
				 c->name[i].text);
	}
}

static void test_says_why_without_a_comment_is_false(void **state)
{
	(void)state;
	assert_true(says_why("vma 1\n# a sentence of some length\nfork()\n"));
	assert_false(says_why("vma 1\nfork()\n# a sentence of some length\n"));
	assert_false(says_why("vma 1\n# short\nfork()\n"));
	assert_false(says_why("vma 1\n"));
}

/* A file without expectations would pass whatever the model does. */
static void test_corpus_each_file_expects_something_of_every_profile(void **state)
{
	struct corpus *c = *state;
	struct diag diag;
	u32 i, p;

	for (i = 0; i < c->count; i++) {
		if (corpus_load(c, i, &diag))
			fail_msg("%s", diag.text);
		assert_true(c->file.prog.count > 0);
		for (p = 0; p < model_profile_count; p++)
			if (!expect_find(&c->file, model_profiles[p].name, false))
				fail_msg("%s expects nothing of %s", c->name[i].text,
					 model_profiles[p].name);
	}
}

static void load_named(struct corpus *c, const char *name)
{
	struct diag diag;
	u32 i;

	for (i = 0; i < c->count; i++) {
		if (strcmp(c->name[i].text, name) != 0)
			continue;
		if (corpus_load(c, i, &diag))
			fail_msg("%s", diag.text);
		return;
	}
	fail_msg("the corpus has no %s", name);
}

/* The proof that expectations can fail: another kernel's rules do not satisfy them. */
static void test_corpus_wrong_rules_are_noticed(void **state)
{
	struct corpus *c = *state;
	const struct model_profile *legacy = profile_find("v6.1");
	struct model_config config;
	struct diag diag;

	load_named(c, "golden/j3.vma");
	corpus_config(c, &config, legacy, 0);
	assert_int_equal(corpus_run(c, &config), 0);
	assert_int_equal(corpus_check(c, "v6.1", false, &diag), 0);
	assert_int_equal(corpus_check(c, "v7.3", false, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "p0 @0"));
}

static void test_corpus_wrong_result_is_noticed(void **state)
{
	struct corpus *c = *state;
	struct model_config config;
	struct diag diag;

	load_named(c, "golden/j36.vma");
	corpus_config(c, &config, profile_find("v7.3"), 0);
	assert_int_equal(corpus_run(c, &config), 0);
	assert_int_equal(corpus_check(c, "v7.3", false, &diag), 0);
	c->results[2].err = 0;
	assert_int_equal(corpus_check(c, "v7.3", false, &diag), -EINVAL);
	assert_non_null(strstr(diag.text, "ENOMEM"));
}

/* Runs the loaded file with the rules of the first kernel that has @quirk, with that bug or without
 * any; the digest of what came out. */
static u64 digest_with(struct corpus *c, enum model_quirk quirk, bool on)
{
	struct model_config config;
	u64 digest;
	u32 p = 0, i;

	while (!(model_profiles[p].quirks.on & 1u << quirk))
		p++;
	corpus_config(c, &config, &model_profiles[p], on ? 1u << quirk : 0);
	assert_int_equal(corpus_run(c, &config), 0);
	digest = snap_digest(&c->final);
	for (i = 0; i < c->file.prog.count; i++)
		digest = digest * 31 + (u64)c->results[i].err * 7 + c->results[i].value;
	return digest;
}

static void test_known_each_bug_has_a_witness_that_shows_it(void **state)
{
	struct corpus *c = *state;
	char name[128];
	u32 i;

	for (i = 0; i < QUIRK_COUNT; i++) {
		snprintf(name, sizeof(name), "known/%s.vma", quirk_descs[i].name);
		load_named(c, name);
		if (digest_with(c, (enum model_quirk)i, true) ==
		    digest_with(c, (enum model_quirk)i, false))
			fail_msg("%s is the same with and without the bug", name);
	}
}

static bool is_quirk(const char *name, size_t len)
{
	u32 i;

	for (i = 0; i < QUIRK_COUNT; i++)
		if (strlen(quirk_descs[i].name) == len &&
		    memcmp(quirk_descs[i].name, name, len) == 0)
			return true;
	return false;
}

static void test_known_each_file_is_the_witness_of_a_bug(void **state)
{
	struct corpus *c = *state;
	u32 i;

	for (i = 0; i < c->count; i++) {
		const char *name = c->name[i].text;

		if (strncmp(name, "known/", 6) == 0 && !is_quirk(name + 6, strlen(name) - 10))
			fail_msg("%s is not named as any quirk of rules.def", name);
	}
}

/* A witness that can be shorter hides what the bug is about. */
static void test_known_each_operation_of_a_witness_is_needed(void **state)
{
	struct corpus *c = *state;
	struct prog whole;
	char name[128];
	u32 i, k;

	for (i = 0; i < QUIRK_COUNT; i++) {
		snprintf(name, sizeof(name), "known/%s.vma", quirk_descs[i].name);
		load_named(c, name);
		whole = c->file.prog;
		for (k = 0; k < whole.count; k++) {
			c->file.prog = whole;
			prog_remove(&c->file.prog, k, 1);
			if (digest_with(c, (enum model_quirk)i, true) !=
			    digest_with(c, (enum model_quirk)i, false))
				fail_msg("%s shows the bug without operation %u too", name, k);
		}
	}
}

static int setup(void **state)
{
	*state = corpus_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus_each_file_says_why_it_exists),
		cmocka_unit_test(test_says_why_without_a_comment_is_false),
		cmocka_unit_test(test_corpus_each_file_expects_something_of_every_profile),
		cmocka_unit_test(test_corpus_every_profile_leads_to_what_is_expected),
		cmocka_unit_test(test_corpus_every_profile_with_bugs_leads_to_what_was_observed),
		cmocka_unit_test(test_corpus_wrong_rules_are_noticed),
		cmocka_unit_test(test_corpus_wrong_result_is_noticed),
		cmocka_unit_test(test_known_each_bug_has_a_witness_that_shows_it),
		cmocka_unit_test(test_known_each_file_is_the_witness_of_a_bug),
		cmocka_unit_test(test_known_each_operation_of_a_witness_is_needed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
