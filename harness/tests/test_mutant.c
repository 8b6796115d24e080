/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every deliberate mistake is found by generated programs: so each aspect of the comparison can
 * fail, and the generator reaches what the mistakes are in. Prints how many programs each took.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/session.h"
#include "model/generate.h"

#define PROGRAMS_MAX 300000
#define SEED 1

struct hunt {
	struct backend *backend;
	struct session *session;
	struct model *scratch;
	struct prog prog;
	struct outcome outcome;
};

/* The number of programs until the first that diverges in @aspect (any: ASPECT_NONE); 0: none
 * does. */
static u32 hunt(struct hunt *h, enum aspect aspect, u32 programs_max)
{
	const struct session_opts opts = {.pages_each = true, .check = false};
	struct generate_options options;
	u32 n;

	generate_options_default(&options);
	options.fail_permil = 30;
	for (n = 1; n <= programs_max; n++) {
		generate(&h->prog, h->scratch, &options, SEED * 1000000ull + n);
		session_run(h->session, &h->prog, &opts, &h->outcome);
		assert_int_not_equal(h->outcome.verdict, VERDICT_ERROR);
		if (h->outcome.verdict == VERDICT_DIVERGE &&
		    (aspect == ASPECT_NONE || h->outcome.signature.aspect == aspect))
			return n;
	}
	return 0;
}

static struct hunt *hunt_open(const struct backend_type *type, const char *spec)
{
	const struct backend_opts opts = {.spec = spec};
	struct hunt *h = calloc(1, sizeof(*h));
	struct model_config config;
	struct diag diag;

	assert_non_null(h);
	assert_int_equal(type->open(&h->backend, &opts, &diag), 0);
	config = h->backend->config;
	/* The model as a backend stands for a kernel with its known bugs; a mutant has none. */
	if (type == &backend_model)
		config.quirks = profile_find(h->backend->profile)->quirks;
	h->session = session_new(h->backend, &config);
	h->scratch = malloc(sizeof(*h->scratch));
	assert_non_null(h->session);
	assert_non_null(h->scratch);
	model_init(h->scratch, &config);
	return h;
}

static void hunt_close(struct hunt *h)
{
	session_free(h->session);
	h->backend->type->close(h->backend);
	free(h->scratch);
	free(h);
}

static void test_mutant_each_is_found_in_its_aspect(void **state)
{
	u32 mutant, missed = 0;

	(void)state;
	for (mutant = 1; mutant < mutant_count; mutant++) {
		const struct mutant_desc *desc = &mutant_descs[mutant];
		struct hunt *h = hunt_open(&backend_mutant, desc->name);
		u32 n = hunt(h, desc->aspect, PROGRAMS_MAX);

		if (n)
			printf("%-20s found as %s by program %u\n", desc->name,
			       aspect_names[desc->aspect], n);
		else
			printf("%-20s NOT found as %s in %u programs\n", desc->name,
			       aspect_names[desc->aspect], PROGRAMS_MAX);
		missed += n == 0;
		hunt_close(h);
	}
	assert_int_equal(missed, 0);
}

/* The other side of it: without a mistake nothing is found. */
static void test_mutant_none_agrees(void **state)
{
	struct hunt *h = hunt_open(&backend_model, NULL);
	u32 n = hunt(h, ASPECT_NONE, PROGRAMS_MAX / 30);

	(void)state;
	if (n)
		printf("program %u: %s\n", n, h->outcome.diff.text);
	assert_int_equal(n, 0);
	hunt_close(h);
}

static void test_mutant_unknown_is_refused(void **state)
{
	static const char *const specs[] = {"0", "100000", "no such mistake", "", NULL};
	struct backend *backend;
	struct diag diag;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(specs); i++) {
		const struct backend_opts opts = {.spec = specs[i]};

		assert_true(backend_mutant.open(&backend, &opts, &diag) < 0);
		assert_non_null(strstr(diag.text, "mutant"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mutant_each_is_found_in_its_aspect),
		cmocka_unit_test(test_mutant_none_agrees),
		cmocka_unit_test(test_mutant_unknown_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
