/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One process may run any number of programs: the corpus forwards, backwards, and each file twice
 * gives the same digests. So nothing is left over from one case to the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/tests/persistent.h"

static void test_persistent_new_process_state_gives_the_same(void **state)
{
	struct corpus *c = *state;
	u64 used = persistent_digest(c, 0);

	session_free(c->session);
	c->session = session_new(c->backend, &c->backend->config);
	assert_non_null(c->session);
	assert_int_equal(persistent_digest(c, 0), used);
}

static int setup(void **state)
{
	return persistent_setup(state, &backend_model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_persistent_order_of_cases_changes_nothing),
		cmocka_unit_test(test_persistent_new_process_state_gives_the_same),
	};

	return cmocka_run_group_tests(tests, setup, persistent_teardown);
}
