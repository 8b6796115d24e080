/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of functions by address. This program is linked as those that hold a kernel are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "harness/kernel/symbol.h"

static void test_symbol_static_function_has_its_name(void **state)
{
	char name[64];

	(void)state;
	symbol_at((unsigned long)test_symbol_static_function_has_its_name + 1, name, sizeof(name));
	assert_string_equal(name, "test_symbol_static_function_has_its_name");
	symbol_at((unsigned long)test_symbol_static_function_has_its_name, name, 5);
	assert_string_equal(name, "test");
}

static void test_symbol_of_other_addresses_is_not_known(void **state)
{
	char name[64] = "x";

	(void)state;
	symbol_at(0, name, sizeof(name));
	assert_string_equal(name, "");
	symbol_at((unsigned long)name, name, sizeof(name));
	assert_string_equal(name, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symbol_static_function_has_its_name),
		cmocka_unit_test(test_symbol_of_other_addresses_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
