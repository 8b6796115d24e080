/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The byte form: any bytes are a program, and its encoding is that program. Also programs as data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "model/abi.h"
#include "model/prog.h"
#include "model/rng.h"

static void random_bytes(struct rng *rng, u8 *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = (u8)rng_next(rng);
}

static void test_decode_of_any_bytes_encodes_to_the_same_program(void **state)
{
	static struct prog prog, again;
	u8 bytes[50 * OP_BYTES], canonical[50 * OP_BYTES];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (u32 round = 0; round < 300; round++) {
		size_t size = rng_below(&rng, sizeof(bytes) + 1);
		size_t encoded;

		random_bytes(&rng, bytes, size);
		prog_decode(&prog, bytes, size);
		assert_int_equal(prog.count, size / OP_BYTES);
		encoded = prog_encode(&prog, canonical, sizeof(canonical));
		assert_int_equal(encoded, prog.count * OP_BYTES);
		prog_decode(&again, canonical, encoded);
		assert_true(prog_equal(&prog, &again));
		assert_int_equal(prog_encode(&again, bytes, sizeof(bytes)), encoded);
		assert_memory_equal(bytes, canonical, encoded);
	}
}

static void test_decode_of_any_bytes_is_a_valid_program(void **state)
{
	static struct prog prog;
	u8 bytes[PROG_OPS_MAX * OP_BYTES];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	random_bytes(&rng, bytes, sizeof(bytes));
	prog_decode(&prog, bytes, sizeof(bytes));
	assert_int_equal(prog.count, PROG_OPS_MAX);
	for (u32 i = 0; i < prog.count; i++) {
		const struct op *op = &prog.ops[i];

		assert_in_range(op->kind, 0, OP_COUNT - 1);
		assert_in_range(op->proc, 0, PROCS_MAX - 1);
		for (u32 k = op_descs[op->kind].arg_count; k < OP_ARGS_MAX; k++)
			assert_int_equal(op->arg[k], 0);
	}
}

static void test_decode_of_zeros_is_the_simplest_operation(void **state)
{
	static const u8 zeros[OP_BYTES];
	static struct prog prog;
	char text[200];

	(void)state;
	prog_decode(&prog, zeros, sizeof(zeros));
	assert_int_equal(prog.count, 1);
	op_print(text, sizeof(text), &prog.ops[0]);
	assert_string_equal(text, "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)");
}

static void test_decode_drops_a_short_tail_and_what_is_too_much(void **state)
{
	static u8 bytes[(PROG_OPS_MAX + 3) * OP_BYTES];
	static struct prog prog;

	(void)state;
	prog_decode(&prog, bytes, 2 * OP_BYTES - 1);
	assert_int_equal(prog.count, 1);
	prog_decode(&prog, bytes, OP_BYTES - 1);
	assert_int_equal(prog.count, 0);
	prog_decode(&prog, NULL, 0);
	assert_int_equal(prog.count, 0);
	prog_decode(&prog, bytes, sizeof(bytes));
	assert_int_equal(prog.count, PROG_OPS_MAX);
}

static void test_codes_are_little_endian_and_modulo(void **state)
{
	static const u8 bytes[OP_BYTES] = { OP_MUNMAP + OP_COUNT, PROCS_MAX + 2, 5, 0xd0, 3, 0 };
	static struct prog prog;
	char text[200];

	(void)state;
	prog_decode(&prog, bytes, sizeof(bytes));
	op_print(text, sizeof(text), &prog.ops[0]);
	assert_string_equal(text, "p2: munmap(@5+0x1, +4)");
}

/* One value in eight: the highest ones, so that zeros mean nothing. */
static void test_last_byte_says_which_allocation_fails(void **state)
{
	static const u8 decoded[][2] = { { 0, 0 }, { 1, 0 }, { 223, 0 }, { 224, 1 }, { 226, 3 },
					 { 255, OP_FAIL_MAX } };
	u8 bytes[OP_BYTES] = { OP_FORK }, again[OP_BYTES];
	static struct prog prog, other;
	u32 failing = 0;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(decoded); i++) {
		bytes[OP_BYTES - 1] = decoded[i][0];
		prog_decode(&prog, bytes, sizeof(bytes));
		assert_int_equal(prog.ops[0].fail_nth, decoded[i][1]);
	}
	for (u32 value = 0; value < 256; value++) {
		bytes[OP_BYTES - 1] = (u8)value;
		prog_decode(&prog, bytes, sizeof(bytes));
		failing += prog.ops[0].fail_nth != 0;
		assert_int_equal(prog_encode(&prog, again, sizeof(again)), OP_BYTES);
		prog_decode(&other, again, sizeof(again));
		assert_int_equal(other.ops[0].fail_nth, prog.ops[0].fail_nth);
	}
	assert_int_equal(failing, OP_FAIL_MAX);
}

static void test_encode_without_room_writes_nothing(void **state)
{
	static struct prog prog = { .count = 2 };
	u8 bytes[2 * OP_BYTES] = { 0xaa };

	(void)state;
	assert_int_equal(prog_encode(&prog, bytes, sizeof(bytes) - 1), 0);
	assert_int_equal(bytes[0], 0xaa);
	assert_int_equal(prog_encode(&prog, bytes, sizeof(bytes)), sizeof(bytes));
}

static struct op op_of(u8 kind, u64 page)
{
	return (struct op){ .kind = kind,
			    .arg = { addr_make(ADDR_ARENA, (s64)(page * PAGE_BYTES)) } };
}

static void test_insert_and_remove_keep_the_others_in_order(void **state)
{
	static struct prog prog, original;
	struct op op = op_of(OP_READ, 9);

	(void)state;
	for (u32 i = 0; i < 5; i++)
		assert_int_equal(prog_insert(&prog, i, &(struct op){ .kind = OP_WRITE,
								     .arg = { i } }), 0);
	original = prog;
	assert_int_equal(prog_insert(&prog, 2, &op), 0);
	assert_int_equal(prog.count, 6);
	assert_int_equal(prog.ops[1].arg[0], 1);
	assert_int_equal(prog.ops[2].kind, OP_READ);
	assert_int_equal(prog.ops[3].arg[0], 2);
	assert_false(prog_equal(&prog, &original));
	prog_remove(&prog, 2, 1);
	assert_true(prog_equal(&prog, &original));
	prog_remove(&prog, 1, 3);
	assert_int_equal(prog.count, 2);
	assert_int_equal(prog.ops[1].arg[0], 4);
	prog_remove(&prog, 2, 0);
	prog_remove(&prog, 0, 2);
	assert_int_equal(prog.count, 0);
}

static void test_insert_of_an_operation_of_the_program_itself_copies_it(void **state)
{
	static struct prog prog = { .count = 2 };

	(void)state;
	prog.ops[0] = op_of(OP_READ, 1);
	prog.ops[1] = op_of(OP_WRITE, 2);
	assert_int_equal(prog_insert(&prog, 0, &prog.ops[1]), 0);
	assert_int_equal(prog.ops[0].kind, OP_WRITE);
	assert_int_equal(prog.ops[1].kind, OP_READ);
}

static void test_insert_into_a_full_program_fails(void **state)
{
	static struct prog prog = { .count = PROG_OPS_MAX };
	struct op op = op_of(OP_READ, 0);

	(void)state;
	assert_int_equal(prog_insert(&prog, 0, &op), -ENOSPC);
	assert_int_equal(prog.count, PROG_OPS_MAX);
}

static void test_equal_and_hash_see_every_part_but_not_unused_arguments(void **state)
{
	static struct prog a = { .count = 1 }, b;
	static const u8 bytes[OP_BYTES] = { OP_MPROTECT };

	(void)state;
	prog_decode(&a, bytes, sizeof(bytes));
	b = a;
	b.ops[0].arg[5] = 77;
	assert_true(prog_equal(&a, &b));
	assert_int_equal(prog_hash(&a), prog_hash(&b));
	b.ops[0].arg[2] = ABI_PROT_READ;
	assert_false(prog_equal(&a, &b));
	assert_int_not_equal(prog_hash(&a), prog_hash(&b));
	b = a;
	b.ops[0].proc = 1;
	assert_false(prog_equal(&a, &b));
	assert_int_not_equal(prog_hash(&a), prog_hash(&b));
	b = a;
	b.ops[0].fail_nth = 1;
	assert_false(prog_equal(&a, &b));
	assert_int_not_equal(prog_hash(&a), prog_hash(&b));
	b = a;
	b.count = 0;
	assert_false(prog_equal(&a, &b));
	assert_int_not_equal(prog_hash(&a), prog_hash(&b));
	b = a;
	b.ops[0].kind = OP_MLOCK;
	assert_false(prog_equal(&a, &b));
}

static void test_descriptors_count_their_arguments(void **state)
{
	(void)state;
	assert_int_equal(op_descs[OP_MMAP].arg_count, 6);
	assert_int_equal(op_descs[OP_MREMAP].arg_count, 5);
	assert_int_equal(op_descs[OP_READ].arg_count, 1);
	assert_int_equal(op_descs[OP_FORK].arg_count, 0);
	assert_string_equal(op_descs[OP_FORK].name, "fork");
	for (u32 i = 0; i < OP_COUNT; i++) {
		assert_true(op_descs[i].weight > 0);
		for (u32 k = 0; k < OP_ARGS_MAX; k++) {
			bool used = k < op_descs[i].arg_count;

			assert_int_equal(op_descs[i].arg[k].kind != ARG_NONE, used);
			assert_int_equal(op_descs[i].arg[k].name != NULL, used);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decode_of_any_bytes_encodes_to_the_same_program),
		cmocka_unit_test(test_decode_of_any_bytes_is_a_valid_program),
		cmocka_unit_test(test_decode_of_zeros_is_the_simplest_operation),
		cmocka_unit_test(test_decode_drops_a_short_tail_and_what_is_too_much),
		cmocka_unit_test(test_codes_are_little_endian_and_modulo),
		cmocka_unit_test(test_last_byte_says_which_allocation_fails),
		cmocka_unit_test(test_encode_without_room_writes_nothing),
		cmocka_unit_test(test_insert_and_remove_keep_the_others_in_order),
		cmocka_unit_test(test_insert_of_an_operation_of_the_program_itself_copies_it),
		cmocka_unit_test(test_insert_into_a_full_program_fails),
		cmocka_unit_test(test_equal_and_hash_see_every_part_but_not_unused_arguments),
		cmocka_unit_test(test_descriptors_count_their_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
