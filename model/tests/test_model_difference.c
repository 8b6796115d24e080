/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every rule, every known bug and every deliberate mistake makes a difference, and generated
 * programs find it: two models that differ in nothing else execute the same programs until their
 * results or their final states differ. A switch that nothing finds is one that nothing tests.
 */
#include "testing.h"

#include "model/generate.h"

#define PROGRAMS_MAX 1000000u
#define SEED 7000000ull
#define FAIL_PERMIL 30u /* some differ only in what a failing allocation leads to */

struct hunt {
	struct model scratch, a, b;
	struct prog prog;
	struct snapshot snap;
};

static int hunt_setup(void **state)
{
	*state = calloc(1, sizeof(struct hunt));
	return *state ? 0 : -1;
}

static u64 digest(struct hunt *h, const struct model *m)
{
	model_snapshot(m, &h->snap, true);
	return snap_digest(&h->snap);
}

/* Do the two end up the same, and say the same on the way? Programs that outgrow one do not
 * count. */
static bool agree(struct hunt *h)
{
	model_reset(&h->a);
	model_reset(&h->b);
	for (u32 i = 0; i < h->prog.count; i++) {
		struct op_result a, b;

		h->a.fail_at = h->b.fail_at = h->prog.ops[i].fail_nth;
		if (model_step(&h->a, i, &h->prog.ops[i], NULL, &a) ||
		    model_step(&h->b, i, &h->prog.ops[i], NULL, &b))
			return true;
		if (a.err != b.err || a.value != b.value)
			return false;
	}
	return digest(h, &h->a) == digest(h, &h->b);
}

/* The number of programs until the first that tells the two apart; 0: none does. */
static u32 hunt(struct hunt *h, const struct model_config *a, const struct model_config *b)
{
	struct generate_options options;

	generate_options_default(&options);
	options.fail_permil = FAIL_PERMIL;
	model_init(&h->scratch, a);
	model_init(&h->a, a);
	model_init(&h->b, b);
	for (u32 n = 1; n <= PROGRAMS_MAX; n++) {
		generate(&h->prog, &h->scratch, &options, SEED + n);
		if (!agree(h))
			return n;
	}
	return 0;
}

/* 1 if the two are never told apart, having said so. */
static u32 missed(struct hunt *h, const char *name, const char *value, const struct model_config *a,
		  const struct model_config *b)
{
	u32 n = hunt(h, a, b);

	if (n)
		print_message("%-26s %-16s program %u\n", name, value, n);
	else
		print_error("%-26s %-16s NOT FOUND in %u programs\n", name, value, PROGRAMS_MAX);
	return n == 0;
}

static u32 values_count(const struct rule_desc *rule)
{
	u32 n = 1;

	for (const char *c = rule->values; *c; c++)
		n += *c == ' ';
	return n;
}

static void test_difference_every_value_of_every_rule(void **state)
{
	struct hunt *h = *state;
	u32 lost = 0;

	for (u32 i = 0; i < rule_count; i++) {
		const struct rule_desc *rule = &rule_descs[i];
		struct model_config a, b;

		model_config_default(&a);
		/* programs are far too short to come near the usual limit */
		if (strcmp(rule->name, "mremap_mapcount") == 0)
			a.max_map_count = 10;
		/* nor are there addresses behind all that is mapped in a process */
		if (strcmp(rule->name, "uffd_nothing_einval") == 0)
			a.base_end = 0;
		/* and this is about which of two soft-dirty flags is lost */
		if (strcmp(rule->name, "uffd_keeps_flags") == 0) {
			a.soft_dirty = true;
			a.quirks.on = 1u << QUIRK_SOFT_DIRTY_LOST;
		}
		b = a;
		for (u8 v = 1; v < values_count(rule); v++) {
			char value[32];

			((u8 *)&a.rules)[rule->offset] = (u8)(v - 1);
			((u8 *)&b.rules)[rule->offset] = v;
			rule_value(&b.rules, i, value, sizeof(value));
			lost += missed(h, rule->name, value, &a, &b);
		}
	}
	assert_int_equal(lost, 0);
}

static void test_difference_every_known_bug(void **state)
{
	struct hunt *h = *state;
	u32 lost = 0;

	for (u32 i = 0; i < QUIRK_COUNT; i++) {
		struct model_config a, b;

		model_config_default(&a);
		a.soft_dirty = true; /* two of the bugs are about that */
		b = a;
		b.quirks.on = 1u << i;
		lost += missed(h, quirk_descs[i].name, "on", &a, &b);
		/* and the model says that it met it */
		assert_int_equal(h->b.quirks_met, 1u << i);
	}
	assert_int_equal(lost, 0);
}

static void test_difference_every_mutant(void **state)
{
	struct hunt *h = *state;
	u32 lost = 0;

	for (u32 i = 1; i < mutant_count; i++) {
		const struct mutant_desc *desc = &mutant_descs[i];
		struct model_config a, b;

		model_config_default(&a);
		if (desc->profile)
			a.rules = profile_find(desc->profile)->rules;
		b = a;
		b.mutant = i;
		lost += missed(h, desc->name, desc->profile ? desc->profile : "newest", &a, &b);
	}
	assert_int_equal(lost, 0);
}

/* Profiles that have the same rules are one; of any two others a program tells them apart. */
static void test_difference_every_two_profiles(void **state)
{
	struct hunt *h = *state;
	u32 lost = 0;

	for (u32 i = 1; i < model_profile_count; i++) {
		const struct model_profile *before = &model_profiles[i - 1];
		struct model_config a, b;

		if (memcmp(&before->rules, &model_profiles[i].rules, sizeof(before->rules)) == 0)
			continue;
		model_config_default(&a);
		b = a;
		/* the only difference of some is the room that mremap needs */
		a.max_map_count = b.max_map_count = 10;
		a.rules = before->rules;
		b.rules = model_profiles[i].rules;
		lost += missed(h, before->name, model_profiles[i].name, &a, &b);
	}
	assert_int_equal(lost, 0);
}

/* The other side of it: nothing is found where nothing differs. */
static void test_difference_none_without_one(void **state)
{
	struct hunt *h = *state;
	struct generate_options options;
	struct model_config config;

	model_config_default(&config);
	generate_options_default(&options);
	options.fail_permil = FAIL_PERMIL;
	model_init(&h->scratch, &config);
	model_init(&h->a, &config);
	model_init(&h->b, &config);
	for (u32 n = 1; n <= 5000; n++) {
		generate(&h->prog, &h->scratch, &options, SEED + n);
		assert_true(agree(h));
	}
}

int main(void)
{
#define HUNT(name) cmocka_unit_test_setup_teardown(name, hunt_setup, teardown)
	const struct CMUnitTest tests[] = {
		HUNT(test_difference_every_value_of_every_rule),
		HUNT(test_difference_every_known_bug),
		HUNT(test_difference_every_mutant),
		HUNT(test_difference_every_two_profiles),
		HUNT(test_difference_none_without_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
