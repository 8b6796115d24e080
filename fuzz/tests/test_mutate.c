/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutation and crossover: from the seed alone, within the limits, and each way of changing a
 * program changes what it says and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz/mutate.h"
#include "harness/tests/tamper.h"

#define SEEDS 2000

static const char *const lines = "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
				 "write(@1)\n"
				 "mprotect(@1, +1, r)\n"
				 "fork()\n"
				 "p1: munmap(@2, +1)\n"
				 "madvise(@0, +2, dontneed)\n"
				 "mremap(@0, +1, +1, maymove|fixed, @9)\n"
				 "mlock2(@3, +1, onfault)\n";

/* All in it is of a kind that the other program lacks. */
static const char *const other_lines = "munlock(@0, +4)\n"
				       "munlockall()\n"
				       "mseal(@5, +1, 0)\n";

struct fixture {
	struct mutator *mutator;
	struct prog before, prog, other;
	struct model model;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct model_config config;

	if (!f)
		return -1;
	f->mutator = mutator_new(&mutate_weights_default);
	program(&f->before, lines);
	program(&f->other, other_lines);
	model_config_default(&config);
	model_init(&f->model, &config);
	*state = f;
	return f->mutator ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	mutator_free(f->mutator);
	free(f);
	return 0;
}

static void reweigh(struct fixture *f, const struct mutate_weights *weights)
{
	mutator_free(f->mutator);
	f->mutator = mutator_new(weights);
	assert_non_null(f->mutator);
}

static void mutate(struct fixture *f, u64 seed)
{
	f->prog = f->before;
	mutate_prog(f->mutator, &f->prog, &f->other, PROG_OPS_MAX, seed);
}

static bool op_same(const struct op *a, const struct op *b)
{
	return memcmp(a->arg, b->arg, sizeof(a->arg)) == 0 && a->kind == b->kind &&
	       a->proc == b->proc && a->fail_nth == b->fail_nth;
}

static bool same(const struct prog *a, const struct prog *b)
{
	u32 i;

	for (i = 0; a->count == b->count && i < a->count; i++)
		if (!op_same(&a->ops[i], &b->ops[i]))
			return false;
	return a->count == b->count;
}

/* Are @part's operations in @whole, in their order? */
static bool is_part(const struct prog *part, const struct prog *whole)
{
	u32 i, at = 0;

	for (i = 0; i < whole->count && at < part->count; i++)
		at += op_same(&whole->ops[i], &part->ops[at]);
	return at == part->count;
}

static bool has(const struct prog *prog, const struct op *op)
{
	u32 i;

	for (i = 0; i < prog->count; i++)
		if (op_same(&prog->ops[i], op))
			return true;
	return false;
}

/* ---- all ways together ---- */

static void test_mutate_same_seed_same_program(void **state)
{
	struct fixture *f = *state;
	struct prog first;
	u32 differ = 0;
	u64 seed;

	for (seed = 0; seed < SEEDS; seed++) {
		mutate(f, seed);
		first = f->prog;
		differ += !same(&f->prog, &f->before);
		mutate(f, seed + 1);
		mutate(f, seed);
		assert_true(same(&f->prog, &first));
	}
	/* Two changes may undo each other, but hardly ever do. */
	assert_true(differ > SEEDS * 98 / 100);
}

/* Over and over, from nothing: it never leaves the limits and never gets stuck. */
static void test_mutate_keeps_limits(void **state)
{
	static const u32 limits[] = {1, 3, PROG_OPS_MAX};
	struct fixture *f = *state;
	struct prog again;
	u8 bytes[PROG_OPS_MAX * OP_BYTES];
	u64 seed;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		f->prog.count = 0;
		for (seed = 0; seed < SEEDS; seed++) {
			size_t size;

			mutate_prog(f->mutator, &f->prog, NULL, limits[i], seed);
			assert_in_range(f->prog.count, 1, limits[i]);
			size = prog_encode(&f->prog, bytes, sizeof(bytes));
			prog_decode(&again, bytes, size);
			assert_true(prog_equal(&f->prog, &again));
		}
	}
}

static void test_mutate_too_long_program_is_cut(void **state)
{
	struct fixture *f = *state;

	f->prog = f->before;
	mutate_prog(f->mutator, &f->prog, NULL, 2, 1);
	assert_in_range(f->prog.count, 1, 2);
}

/* ---- each way by itself ---- */

static void test_mutate_insert_adds_and_keeps_the_rest(void **state)
{
	const struct mutate_weights weights = {.insert = 1};
	struct fixture *f = *state;
	u64 seed;

	reweigh(f, &weights);
	for (seed = 0; seed < SEEDS; seed++) {
		mutate(f, seed);
		assert_true(f->prog.count > f->before.count);
		assert_true(is_part(&f->before, &f->prog));
	}
}

/* What is inserted behind the one mapping of a program finds it. */
static void test_mutate_insert_knows_the_state(void **state)
{
	const struct mutate_weights weights = {.insert = 1};
	struct fixture *f = *state;
	u32 all = 0, good = 0;
	u64 seed;

	reweigh(f, &weights);
	program(&f->before, "mmap(@37, +5, rw, private|anonymous|fixed, none, 0)\n");
	for (seed = 0; seed < SEEDS; seed++) {
		struct op_result result;

		mutate(f, seed);
		if (f->prog.count != 2 || !op_same(&f->prog.ops[0], &f->before.ops[0]) ||
		    op_descs[f->prog.ops[1].kind].arg[0].kind != ARG_ADDR ||
		    f->prog.ops[1].kind == OP_MMAP)
			continue;
		model_reset(&f->model);
		assert_int_equal(model_step(&f->model, 0, &f->prog.ops[0], NULL, &result), 0);
		assert_int_equal(model_step(&f->model, 1, &f->prog.ops[1], NULL, &result), 0);
		all++;
		good += result.err == 0;
	}
	print_message("%u of %u succeed\n", good, all);
	assert_true(all > 100 && good > all / 3);
}

static void test_mutate_remove_leaves_a_part(void **state)
{
	const struct mutate_weights weights = {.remove = 1};
	struct fixture *f = *state;
	u64 seed;

	reweigh(f, &weights);
	for (seed = 0; seed < SEEDS; seed++) {
		mutate(f, seed);
		assert_in_range(f->prog.count, 1, f->before.count - 1);
		assert_true(is_part(&f->prog, &f->before));
	}
}

static void test_mutate_duplicate_and_splice_add_what_there_is(void **state)
{
	const struct mutate_weights duplicate = {.duplicate = 1}, splice = {.splice = 1};
	struct fixture *f = *state;
	u64 seed;
	u32 i;

	reweigh(f, &duplicate);
	for (seed = 0; seed < SEEDS; seed++) {
		mutate(f, seed);
		assert_true(f->prog.count > f->before.count);
		assert_true(is_part(&f->before, &f->prog));
		for (i = 0; i < f->prog.count; i++)
			assert_true(has(&f->before, &f->prog.ops[i]));
	}
	reweigh(f, &splice);
	for (seed = 0; seed < SEEDS; seed++) {
		u32 from_other = 0;

		mutate(f, seed);
		assert_true(is_part(&f->before, &f->prog));
		for (i = 0; i < f->prog.count; i++)
			from_other += has(&f->other, &f->prog.ops[i]);
		assert_true(from_other > 0);
		assert_int_equal(from_other, f->prog.count - f->before.count);
	}
}

static void test_mutate_splice_of_nothing_changes_nothing(void **state)
{
	const struct mutate_weights weights = {.splice = 1};
	struct fixture *f = *state;

	reweigh(f, &weights);
	f->other.count = 0;
	mutate(f, 1);
	assert_true(same(&f->prog, &f->before));
	f->prog = f->before;
	mutate_prog(f->mutator, &f->prog, NULL, PROG_OPS_MAX, 1);
	assert_true(same(&f->prog, &f->before));
}

static void test_mutate_swap_keeps_all_operations(void **state)
{
	const struct mutate_weights weights = {.swap = 1};
	struct fixture *f = *state;
	u32 differ = 0, i;
	u64 seed;

	reweigh(f, &weights);
	for (seed = 0; seed < SEEDS; seed++) {
		mutate(f, seed);
		assert_int_equal(f->prog.count, f->before.count);
		for (i = 0; i < f->before.count; i++)
			assert_true(has(&f->prog, &f->before.ops[i]));
		differ += !same(&f->prog, &f->before);
	}
	assert_true(differ > SEEDS / 2);
}

/* What a change of one field may not touch, made equal in @prog. */
static void test_mutate_field_changes_leave_the_rest(void **state)
{
	static const struct {
		const char *what;
		struct mutate_weights weights;
		bool args, proc, fail;
	} rows[] = {
		{"tweak", {.tweak = 1}, .args = true},
		{"process", {.process = 1}, .proc = true},
		{"fail", {.fail = 1}, .fail = true},
	};
	struct fixture *f = *state;
	u32 row, i;
	u64 seed;

	for (row = 0; row < ARRAY_SIZE(rows); row++) {
		u32 differ = 0;

		reweigh(f, &rows[row].weights);
		for (seed = 0; seed < SEEDS; seed++) {
			mutate(f, seed);
			differ += !same(&f->prog, &f->before);
			assert_int_equal(f->prog.count, f->before.count);
			for (i = 0; i < f->prog.count; i++) {
				struct op *op = &f->prog.ops[i];
				const struct op *was = &f->before.ops[i];

				assert_true(op->proc < PROCS_MAX && op->fail_nth <= OP_FAIL_MAX);
				if (rows[row].args)
					memcpy(op->arg, was->arg, sizeof(op->arg));
				if (rows[row].proc)
					op->proc = was->proc;
				if (rows[row].fail)
					op->fail_nth = was->fail_nth;
			}
			if (!same(&f->prog, &f->before))
				fail_msg("%s changes something else", rows[row].what);
		}
		print_message("%s: %u of %u differ\n", rows[row].what, differ, SEEDS);
		assert_true(differ > SEEDS * 9 / 10);
	}
}

/* An operation that has a number may lose it, and the highest number occurs. */
static void test_mutate_fail_sets_and_clears(void **state)
{
	const struct mutate_weights weights = {.fail = 1};
	struct fixture *f = *state;
	u32 cleared = 0, highest = 0;
	u64 seed;

	reweigh(f, &weights);
	f->before.count = 1;
	f->before.ops[0].fail_nth = 3;
	for (seed = 0; seed < SEEDS; seed++) {
		mutate(f, seed);
		cleared += f->prog.ops[0].fail_nth == 0;
		highest += f->prog.ops[0].fail_nth == OP_FAIL_MAX;
	}
	assert_true(cleared > SEEDS / 10);
	assert_true(highest > 0);
}

/* An address becomes where an area begins or ends, a length what reaches there. */
static void test_mutate_tweak_finds_edges(void **state)
{
	const struct mutate_weights weights = {.tweak = 1};
	struct fixture *f = *state;
	u32 start = 0, end = 0, reach = 0;
	u64 seed;

	reweigh(f, &weights);
	program(&f->before, "mmap(@17, +13, rw, private|anonymous|fixed, none, 0)\n"
			    "munmap(@3, +1)\n");
	for (seed = 0; seed < 20 * SEEDS; seed++) {
		mutate(f, seed);
		start += f->prog.ops[1].arg[0] == addr_make(ADDR_ARENA, 17 * 4096);
		end += f->prog.ops[1].arg[0] == addr_make(ADDR_ARENA, 30 * 4096);
		reach += f->prog.ops[1].arg[1] == 14 * PAGE_BYTES;
	}
	print_message("start %u, end %u, length %u\n", start, end, reach);
	assert_true(start > 100 && end > 100 && reach > 100);
}

static void test_mutate_tail_appends(void **state)
{
	const struct mutate_weights weights = {.tail = 1};
	struct fixture *f = *state;
	u64 seed;

	reweigh(f, &weights);
	for (seed = 0; seed < SEEDS; seed++) {
		mutate(f, seed);
		assert_true(f->prog.count > f->before.count);
		f->prog.count = f->before.count;
		assert_true(same(&f->prog, &f->before));
	}
}

/* ---- crossover ---- */

static void test_cross_child_is_made_of_its_parents(void **state)
{
	struct fixture *f = *state;
	struct prog again;
	u32 both = 0, i;
	u64 seed;

	for (seed = 0; seed < SEEDS; seed++) {
		u32 of_a = 0;

		mutate_cross(f->mutator, &f->prog, &f->before, &f->other, 6, seed);
		assert_in_range(f->prog.count, 1, 6);
		mutate_cross(f->mutator, &f->prog, &f->before, &f->other, 20, seed);
		mutate_cross(f->mutator, &again, &f->before, &f->other, 20, seed);
		assert_true(same(&f->prog, &again));
		for (i = 0; i < f->prog.count; i++) {
			bool is_of_a = has(&f->before, &f->prog.ops[i]);

			/* An empty child gets an operation of its own. */
			assert_true(is_of_a || has(&f->other, &f->prog.ops[i]) ||
				    f->prog.count == 1);
			of_a += is_of_a;
		}
		both += of_a > 0 && of_a < f->prog.count;
	}
	assert_true(both > SEEDS / 2);
}

static void test_cross_of_nothing_has_an_operation(void **state)
{
	struct fixture *f = *state;

	f->before.count = 0;
	f->other.count = 0;
	mutate_cross(f->mutator, &f->prog, &f->before, &f->other, 6, 1);
	assert_int_equal(f->prog.count, 1);
}

/* ---- bytes ---- */

static void test_bytes_keep_the_prefix_mostly(void **state)
{
	static const u8 prefix[3] = {11, 22, 33};
	u8 in[3 + 2 * OP_BYTES] = {11, 22, 33}, out[200];
	const struct mutate_input input = {in, sizeof(in)}, none = {NULL, 0};
	struct fixture *f = *state;
	u32 kept = 0;
	u64 seed;

	for (seed = 0; seed < SEEDS; seed++) {
		size_t size = mutate_bytes(f->mutator, input, none, 3, out, sizeof(out), seed);

		assert_true(size > 3 && size <= sizeof(out) && (size - 3) % OP_BYTES == 0);
		kept += memcmp(out, prefix, 3) == 0;
		size = mutate_cross_bytes(f->mutator, input, none, 3, out, sizeof(out), seed);
		assert_true(size > 3 && size <= sizeof(out) && (size - 3) % OP_BYTES == 0);
		assert_memory_equal(out, prefix, 3);
	}
	assert_in_range(kept, SEEDS * 90 / 100, SEEDS * 99 / 100);
}

/* libFuzzer mutates in place. */
static void test_bytes_may_be_changed_in_place(void **state)
{
	u8 in[1 + 2 * OP_BYTES] = {7}, place[100] = {7}, out[100];
	const struct mutate_input none = {NULL, 0};
	struct fixture *f = *state;
	u64 seed;

	for (seed = 0; seed < 200; seed++) {
		size_t size, size2;

		memcpy(place, in, sizeof(in));
		size = mutate_bytes(f->mutator, (struct mutate_input){in, sizeof(in)}, none, 1,
				    out, sizeof(out), seed);
		size2 = mutate_bytes(f->mutator, (struct mutate_input){place, sizeof(in)}, none,
				     1, place, sizeof(place), seed);
		assert_int_equal(size, size2);
		assert_memory_equal(out, place, size);
	}
}

static void test_bytes_of_nothing_become_an_operation(void **state)
{
	const struct mutate_input none = {NULL, 0};
	u8 out[2 + OP_BYTES];
	struct fixture *f = *state;

	assert_int_equal(mutate_bytes(f->mutator, none, none, 2, out, sizeof(out), 1),
			 sizeof(out));
	assert_int_equal(mutate_cross_bytes(f->mutator, none, none, 2, out, sizeof(out), 1),
			 sizeof(out));
	assert_int_equal(out[1], 0);
}

static void test_bytes_without_room_are_refused(void **state)
{
	const struct mutate_input none = {NULL, 0};
	u8 out[2 + OP_BYTES];
	struct fixture *f = *state;

	assert_int_equal(mutate_bytes(f->mutator, none, none, 2, out, sizeof(out) - 1, 1), 0);
	assert_int_equal(mutate_bytes(f->mutator, none, none, 2, out, 1, 1), 0);
	assert_int_equal(mutate_cross_bytes(f->mutator, none, none, 2, out, 0, 1), 0);
}

int main(void)
{
#define MUTATE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		MUTATE(test_mutate_same_seed_same_program),
		MUTATE(test_mutate_keeps_limits),
		MUTATE(test_mutate_too_long_program_is_cut),
		MUTATE(test_mutate_insert_adds_and_keeps_the_rest),
		MUTATE(test_mutate_insert_knows_the_state),
		MUTATE(test_mutate_remove_leaves_a_part),
		MUTATE(test_mutate_duplicate_and_splice_add_what_there_is),
		MUTATE(test_mutate_splice_of_nothing_changes_nothing),
		MUTATE(test_mutate_swap_keeps_all_operations),
		MUTATE(test_mutate_field_changes_leave_the_rest),
		MUTATE(test_mutate_fail_sets_and_clears),
		MUTATE(test_mutate_tweak_finds_edges),
		MUTATE(test_mutate_tail_appends),
		MUTATE(test_cross_child_is_made_of_its_parents),
		MUTATE(test_cross_of_nothing_has_an_operation),
		MUTATE(test_bytes_keep_the_prefix_mostly),
		MUTATE(test_bytes_may_be_changed_in_place),
		MUTATE(test_bytes_of_nothing_become_an_operation),
		MUTATE(test_bytes_without_room_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
