/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Novelty: another operation, error or combination of merge rules is another counter; the same
 * again is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz/novelty.h"
#include "harness/tests/tamper.h"

#define RW ", rw, private|anonymous|fixed, none, 0)\n"

static u32 reached(void)
{
	const u8 *counters = novelty_counters();
	u32 i, n = 0;

	for (i = 0; i < NOVELTY_COUNTERS; i++)
		n += counters[i] != 0;
	return n;
}

/* Runs a program; the counters that it adds to those that are set. */
static u32 added(struct model *m, const char *lines)
{
	struct prog *prog = malloc(sizeof(*prog));
	u32 before = reached(), i;

	assert_non_null(prog);
	program(prog, lines);
	model_reset(m);
	for (i = 0; i < prog->count; i++) {
		struct op_result result;

		assert_int_equal(model_step(m, i, &prog->ops[i], NULL, &result), 0);
		novelty_after_op(NULL, m, &prog->ops[i], &result);
	}
	free(prog);
	return reached() - before;
}

static int setup(void **state)
{
	struct model_config config;
	struct model *m = malloc(sizeof(*m));

	if (!m)
		return -1;
	model_config_default(&config);
	model_init(m, &config);
	memset(novelty_counters(), 0, NOVELTY_COUNTERS);
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	free(*state);
	return 0;
}

static void test_novelty_same_again_is_not_new(void **state)
{
	assert_true(added(*state, "mmap(@0, +1" RW "mmap(@5, +1" RW) > 0);
	assert_int_equal(added(*state, "mmap(@9, +2" RW "mmap(@1, +2" RW), 0);
}

static void test_novelty_other_merge_is_new(void **state)
{
	assert_true(added(*state, "mmap(@0, +1" RW) > 0);
	/* with the area before; behind; both */
	assert_int_equal(added(*state, "mmap(@0, +1" RW "mmap(@1, +1" RW), 1);
	assert_int_equal(added(*state, "mmap(@1, +1" RW "mmap(@0, +1" RW), 1);
	assert_int_equal(added(*state, "mmap(@0, +1" RW "mmap(@2, +1" RW "mmap(@1, +1" RW), 1);
}

static void test_novelty_other_reason_for_no_merge_is_new(void **state)
{
	added(*state, "mmap(@0, +1" RW "mmap(@1, +1" RW);
	assert_int_equal(added(*state, "mmap(@0, +1" RW
				       "mmap(@1, +1, r, private|anonymous|fixed, none, 0)\n"), 1);
}

static void test_novelty_other_error_is_new(void **state)
{
	added(*state, "munmap(@0, +1)\n");
	assert_int_equal(added(*state, "munmap(@0, 0)\n"), 1);
	assert_int_equal(added(*state, "madvise(@0, 0x1, 0x1234)\n"), 1);
}

/* So many combinations occur that a table much smaller would lose some to collisions. */
static void test_novelty_table_is_large_enough(void **state)
{
	struct model *m = *state;
	static const char *const lines[] = {
		"mmap(@0, +3" RW "mprotect(@1, +1, r)\nmprotect(@1, +1, rw)\n",
		"mmap(@0, +3" RW "mlock(@1, +1)\nmunlock(@1, +1)\nmlock(@0, +3)\n",
		"mmap(@0, +3" RW "madvise(@0, +1, nohugepage)\nmadvise(@1, +1, nohugepage)\n",
		"mmap(@0, +3" RW "write(@0)\nmremap(@0, +1, +1, maymove|fixed, @9)\nfork()\n",
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		added(m, lines[i]);
	assert_in_range(reached(), 15, NOVELTY_COUNTERS / 20);
}

int main(void)
{
#define NOVELTY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		NOVELTY(test_novelty_same_again_is_not_new),
		NOVELTY(test_novelty_other_merge_is_new),
		NOVELTY(test_novelty_other_reason_for_no_merge_is_new),
		NOVELTY(test_novelty_other_error_is_new),
		NOVELTY(test_novelty_table_is_large_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
