/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process with a kernel in it may run any number of programs: as test_persistent.c, with the
 * kernel code as the backend, and again while allocations fail, which leaves the kernel by other
 * ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/kernel/kernel.h"
#include "harness/kernel/trap.h"
#include "harness/tests/persistent.h"

static void test_persistent_failing_allocations_leave_nothing(void **state)
{
	struct corpus *c = *state;
	u64 whole[2] = { c->first[0], c->first[c->count - 1] };
	u32 i, k;

	for (i = 0; i < c->count; i++)
		for (k = i % 3; k < c->progs[i].count; k += 3)
			c->progs[i].ops[k].fail_nth = (u8)(1 + (i + k) % 4);
	test_persistent_order_of_cases_changes_nothing(state);
	for (i = 0; i < c->count; i++)
		for (k = 0; k < c->progs[i].count; k++)
			c->progs[i].ops[k].fail_nth = 0;
	assert_int_equal(persistent_digest(c, 0), whole[0]);
	assert_int_equal(persistent_digest(c, c->count - 1), whole[1]);
}

static int setup(void **state)
{
	kernel_catch(NULL, NULL);
	return persistent_setup(state, &backend_kernel_direct);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_persistent_order_of_cases_changes_nothing),
		cmocka_unit_test(test_persistent_failing_allocations_leave_nothing),
	};

	return cmocka_run_group_tests(tests, setup, persistent_teardown);
}
