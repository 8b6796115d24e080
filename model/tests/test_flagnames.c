/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of names, and how sets of bits are written and read with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "model/abi.h"
#include "model/flagnames.h"
#include "model/op.h"

static const struct flagname *const tables[] = {
	names_prot,  names_map_type, names_map, names_mremap, names_advice,
	names_mlock, names_mcl,	     names_file, names_policy, names_name, names_clear, names_vm,
	names_uffd_features, names_uffd_mode, names_rlimit,
};
/* Those whose values are sets of bits. */
static const struct flagname *const bit_tables[] = {
	names_prot, names_map, names_mremap, names_mlock, names_mcl, names_vm,
	names_uffd_features, names_uffd_mode,
};

static void test_names_and_values_are_unique_in_each_table(void **state)
{
	(void)state;
	for (u32 t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct flagname *a = tables[t]; a->name; a++)
			for (const struct flagname *b = tables[t]; b < a; b++) {
				assert_string_not_equal(a->name, b->name);
				assert_int_not_equal(a->value, b->value);
			}
}

/* A name with one of these could not be told from what stands around it. */
static void test_names_have_no_character_of_the_grammar(void **state)
{
	(void)state;
	for (u32 t = 0; t < ARRAY_SIZE(tables); t++)
		for (const struct flagname *n = tables[t]; n->name; n++) {
			assert_null(strpbrk(n->name, " \t,|()=#+-@:."));
			assert_false(n->name[0] >= '0' && n->name[0] <= '9');
		}
}

static void test_bits_every_combination_of_two_is_read_back(void **state)
{
	char text[100];
	u64 back;

	(void)state;
	for (u32 t = 0; t < ARRAY_SIZE(bit_tables); t++)
		for (const struct flagname *a = bit_tables[t]; a->name; a++)
			for (const struct flagname *b = bit_tables[t]; b <= a; b++) {
				u64 value = a->value | b->value | 1ull << 60;

				flags_print(text, sizeof(text), value, bit_tables[t], "|", "0");
				assert_int_equal(flags_parse(text, bit_tables[t], "0", &back), 0);
				assert_int_equal(back, value);
			}
}

static void test_flags_print_joins_names_and_shows_the_rest_as_a_number(void **state)
{
	char text[100];

	(void)state;
	assert_int_equal(flags_print(text, sizeof(text), VMF_SHARED | VMF_LOCKED | 1ull << 50,
				     names_vm, " ", "none"), 21);
	assert_string_equal(text, "sh lo 0x4000000000000");
	flags_print(text, sizeof(text), 0, names_vm, " ", "none");
	assert_string_equal(text, "none");
	assert_int_equal(flags_print(NULL, 0, 7, names_mcl, "|", "0"), 22);
	flags_print(text, 5, 7, names_mcl, "|", "0");
	assert_string_equal(text, "curr");
}

static void test_flags_parse_accepts_the_empty_word_only_as_it_is(void **state)
{
	u64 value = 1;

	(void)state;
	assert_int_equal(flags_parse("none", names_prot, "none", &value), 0);
	assert_int_equal(value, 0);
	assert_int_equal(flags_parse("0", names_prot, "none", &value), -EINVAL);
	assert_int_equal(flags_parse("0x0", names_prot, "none", &value), -EINVAL);
	assert_int_equal(flags_parse("r|0", names_prot, "none", &value), -EINVAL);
}

static void test_flags_parse_of_what_is_no_set_fails(void **state)
{
	static const char *const bad[] = { "",	     "|",	"maymove|",	 "|maymove",
					   "may",    "maymoves", "maymove fixed", "maymove|maymove",
					   "0x1|maymove", "1",	"0x",		 "0x1 ",
					   "0x10000000000000000" };
	u64 value;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(flags_parse(bad[i], names_mremap, "0", &value), -EINVAL);
}

static void test_flag_name_finds_exactly_the_value(void **state)
{
	(void)state;
	assert_string_equal(flag_name(names_advice, ABI_MADV_GUARD_INSTALL), "guard_install");
	assert_string_equal(flag_name(names_file, FILE_NONE), "none");
	assert_null(flag_name(names_map, ABI_MAP_FIXED | ABI_MAP_ANONYMOUS));
	assert_null(flag_name(names_advice, 5));
}

static void test_every_number_of_a_list_has_a_name(void **state)
{
	(void)state;
	for (u64 i = 0; i < FILE_ARG_COUNT; i++)
		assert_non_null(flag_name(names_file, i));
	assert_null(flag_name(names_file, FILE_ARG_COUNT));
	for (u64 i = 0; i < POLICY_ARG_COUNT; i++)
		assert_non_null(flag_name(names_policy, i));
	assert_null(flag_name(names_policy, POLICY_ARG_COUNT));
	for (u64 i = 0; i < NAME_ARG_COUNT; i++)
		assert_non_null(flag_name(names_name, i));
	assert_null(flag_name(names_name, NAME_ARG_COUNT));
	for (u64 i = 0; i < CLEAR_ARG_COUNT; i++)
		assert_non_null(flag_name(names_clear, i));
	assert_null(flag_name(names_clear, CLEAR_ARG_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_values_are_unique_in_each_table),
		cmocka_unit_test(test_names_have_no_character_of_the_grammar),
		cmocka_unit_test(test_bits_every_combination_of_two_is_read_back),
		cmocka_unit_test(test_flags_print_joins_names_and_shows_the_rest_as_a_number),
		cmocka_unit_test(test_flags_parse_accepts_the_empty_word_only_as_it_is),
		cmocka_unit_test(test_flags_parse_of_what_is_no_set_fails),
		cmocka_unit_test(test_flag_name_finds_exactly_the_value),
		cmocka_unit_test(test_every_number_of_a_list_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
