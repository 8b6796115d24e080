/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A new rule needs a line in rule_ops.c: without, any program that shows it would fail fuzz_diff.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuzz/rule_ops.h"

static void test_rule_ops_names_operations_for_each_rule(void **state)
{
	u32 i;

	(void)state;
	for (i = 0; i < rule_count; i++) {
		u64 ops = rule_ops[rule_descs[i].offset];

		if (ops == 0 || ops & ~OPS_ALL)
			fail_msg("%s has no line in fuzz/rule_ops.c", rule_descs[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule_ops_names_operations_for_each_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
