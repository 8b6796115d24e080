/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Generated programs: made from a seed alone, covering everything that a program can say, mostly
 * successful, and exact in both forms.
 */
#include "testing.h"

#include "model/argkind.h"
#include "model/flagnames.h"
#include "model/generate.h"

#define PROGRAMS 20000u
#define SEED 1000000ull

struct making {
	struct model scratch, model;
	struct prog prog, other;
	struct prog_file file;
	struct generate_options options;
	struct snapshot snap;
};

static int making_setup(void **state)
{
	struct making *g = calloc(1, sizeof(*g));
	struct model_config config;

	if (!g)
		return -1;
	model_config_default(&config);
	model_init(&g->scratch, &config);
	model_init(&g->model, &config);
	generate_options_default(&g->options);
	*state = g;
	return 0;
}

static void make(struct making *g, u64 seed)
{
	generate(&g->prog, &g->scratch, &g->options, SEED + seed);
}

/* ---- from the seed alone ---- */

static void test_generate_defaults(void **state)
{
	struct making *g = *state;

	assert_int_equal(g->options.ops, 20);
	assert_int_equal(g->options.bad_permil, 30);
	assert_int_equal(g->options.fail_permil, 0);
	assert_false(g->options.no_fork);
	assert_int_equal(g->options.only, 0);
	assert_int_equal(g->options.available, OPS_ALL);
	assert_int_equal(g->options.files, FILES_ALL);
}

static void test_generate_same_seed_same_program(void **state)
{
	struct making *g = *state;

	for (u64 seed = 0; seed < 500; seed++) {
		make(g, seed);
		g->other = g->prog;
		/* whatever the scratch model was used for in between */
		make(g, seed + 7);
		make(g, seed);
		assert_true(prog_equal(&g->prog, &g->other));
	}
}

static void test_generate_different_seeds_differ(void **state)
{
	static u64 hashes[2000];
	struct making *g = *state;

	for (u64 seed = 0; seed < ARRAY_SIZE(hashes); seed++) {
		make(g, seed);
		hashes[seed] = prog_hash(&g->prog);
		for (u64 i = 0; i < seed; i++)
			assert_true(hashes[i] != hashes[seed]);
	}
}

/* The number of operations is what was asked for, unless the model was full. */
static void test_generate_number_of_operations(void **state)
{
	static const u32 counts[] = { 0, 1, 20, PROG_OPS_MAX };
	struct making *g = *state;

	for (u32 i = 0; i < ARRAY_SIZE(counts); i++) {
		g->options.ops = counts[i];
		for (u64 seed = 0; seed < 100; seed++) {
			make(g, seed);
			assert_true(g->prog.count == counts[i] ||
				    (g->scratch.limit && g->prog.count < counts[i]));
		}
	}
}

static u64 digest(struct making *g, const struct model *m)
{
	model_snapshot(m, &g->snap, true);
	return snap_digest(&g->snap);
}

static void test_generate_leaves_the_state_of_the_program(void **state)
{
	struct making *g = *state;
	struct op_result result;

	for (u64 seed = 0; seed < 500; seed++) {
		make(g, seed);
		model_reset(&g->model);
		for (u32 i = 0; i < g->prog.count; i++)
			assert_int_equal(model_step(&g->model, i, &g->prog.ops[i], NULL, &result),
					 0);
		if (!g->scratch.limit)
			assert_true(digest(g, &g->scratch) == digest(g, &g->model));
	}
}

/* The tail knows the state that it continues: of what needs memory more than a third finds some,
 * where one that begins with nothing finds none. */
static void test_generate_tail_continues_the_state_of_the_program(void **state)
{
	struct making *g = *state;
	u32 good = 0, all = 0;

	for (u64 seed = 0; seed < 500; seed++) {
		struct op_result result;
		u32 before;

		g->options.only = 0;
		g->options.ops = 10;
		make(g, seed);
		if (g->prog.count < 10)
			continue;
		g->other = g->prog;
		before = g->prog.count;
		g->options.ops = 14;
		g->options.only = 1u << OP_MPROTECT | 1u << OP_WRITE;
		if (generate_tail(&g->prog, &g->scratch, &g->options, seed))
			continue;
		assert_int_equal(g->prog.count, 14);
		model_reset(&g->model);
		for (u32 i = 0; i < g->prog.count; i++) {
			assert_int_equal(
				model_step(&g->model, i, &g->prog.ops[i], NULL, &result), 0);
			all += i >= before;
			good += i >= before && result.err == 0;
		}
		assert_true(digest(g, &g->scratch) == digest(g, &g->model));
		g->prog.count = before;
		assert_true(prog_equal(&g->prog, &g->other));
	}
	print_message("%u of %u succeed\n", good, all);
	assert_true(good > all / 3);
}

static void test_generate_tail_of_a_long_program_adds_nothing(void **state)
{
	struct making *g = *state;

	make(g, 1);
	g->other = g->prog;
	g->options.ops = 5;
	assert_int_equal(generate_tail(&g->prog, &g->scratch, &g->options, 1), 0);
	assert_true(prog_equal(&g->prog, &g->other));
}

/* ---- everything appears ---- */

/* A value of an argument, or any of a class of them. */
struct want {
	enum op_kind kind;
	u32 arg;
	bool (*is)(u64 value, u64 of);
	u64 of;
	const char *what;
};

static bool equal(u64 value, u64 of)
{
	return value == of;
}
static bool has_bits(u64 value, u64 of)
{
	return (value & of) == of;
}
static bool has_other_bits(u64 value, u64 of)
{
	return value & ~of;
}
static bool base_is(u64 value, u64 of)
{
	return addr_base(value) == of;
}
static bool unaligned(u64 value, u64 of)
{
	return value % of;
}
static bool above(u64 value, u64 of)
{
	return value > of;
}
static bool type_is(u64 value, u64 of)
{
	return (value & ABI_MAP_TYPE) == of;
}
static bool offset_is(u64 value, u64 of)
{
	return addr_base(value) == ADDR_ARENA && (u64)addr_offset(value) == of;
}

static const struct want wants[] = {
	{ OP_MPROTECT, 2, has_bits, ABI_PROT_SEM, "PROT_SEM" },
	{ OP_MPROTECT, 2, has_bits, ABI_PROT_GROWSDOWN, "PROT_GROWSDOWN" },
	{ OP_MPROTECT, 2, has_bits, ABI_PROT_GROWSUP, "PROT_GROWSUP" },
	{ OP_MPROTECT, 2, has_bits, 0x10, "an unknown bit of prot" },
	{ OP_MMAP, 0, base_is, ADDR_LAST, "an address from the last mapping" },
	{ OP_MMAP, 0, base_is, ADDR_ABSOLUTE, "an absolute address" },
	{ OP_MMAP, 0, equal, (u64)ADDR_ABSOLUTE << 62, "no hint" },
	{ OP_MMAP, 0, unaligned, PAGE_BYTES, "a misaligned address" },
	{ OP_MMAP, 1, equal, 0, "length 0" },
	{ OP_MMAP, 1, unaligned, PAGE_BYTES, "a misaligned length" },
	{ OP_MMAP, 1, above, ABI_TASK_SIZE, "a length that cannot be" },
	{ OP_MMAP, 1, above, 0xfffffffffffff000ull, "a length that wraps" },
	{ OP_MMAP, 3, type_is, 0, "no mapping type" },
	{ OP_MMAP, 3, type_is, 4, "an unknown mapping type" },
	{ OP_MMAP, 3, type_is, ABI_MAP_SHARED, "MAP_SHARED" },
	{ OP_MMAP, 3, type_is, ABI_MAP_PRIVATE, "MAP_PRIVATE" },
	{ OP_MMAP, 3, type_is, ABI_MAP_SHARED_VALIDATE, "MAP_SHARED_VALIDATE" },
	{ OP_MMAP, 3, type_is, ABI_MAP_DROPPABLE, "MAP_DROPPABLE" },
	{ OP_MMAP, 3, has_bits, 0x200000, "an unknown mmap flag" },
	{ OP_MMAP, 3, has_bits, ABI_MAP_32BIT, "MAP_32BIT" },
	{ OP_MMAP, 5, unaligned, PAGE_BYTES, "a misaligned offset" },
	{ OP_MMAP, 5, above, 1ull << 62, "an offset that cannot be" },
	{ OP_MUNMAP, 0, unaligned, PAGE_BYTES, "a misaligned munmap" },
	{ OP_MUNMAP, 1, equal, 0, "munmap of length 0" },
	{ OP_MREMAP, 1, equal, 0, "old length 0" },
	{ OP_MREMAP, 2, equal, 0, "new length 0" },
	{ OP_MREMAP, 2, above, ABI_TASK_SIZE, "a new length that cannot be" },
	{ OP_MREMAP, 3, has_other_bits, 7, "an unknown mremap flag" },
	{ OP_MREMAP, 4, unaligned, PAGE_BYTES, "a misaligned new address" },
	{ OP_MREMAP, 4, base_is, ADDR_ABSOLUTE, "an absolute new address" },
	{ OP_MREMAP, 4, offset_is, 1056 * PAGE_BYTES, "a new address where a page table begins" },
	{ OP_MADVISE, 1, equal, 0, "madvise of length 0" },
	{ OP_MADVISE, 0, unaligned, PAGE_BYTES, "a misaligned madvise" },
	{ OP_MLOCK, 0, unaligned, PAGE_BYTES, "a misaligned mlock" },
	{ OP_MLOCK2, 2, equal, 0, "mlock2 without a flag" },
	{ OP_MLOCK2, 2, equal, ABI_MLOCK_ONFAULT, "MLOCK_ONFAULT" },
	{ OP_MLOCK2, 2, has_other_bits, ABI_MLOCK_ONFAULT, "an unknown mlock2 flag" },
	{ OP_MLOCKALL, 0, has_bits, ABI_MCL_CURRENT, "MCL_CURRENT" },
	{ OP_MLOCKALL, 0, has_bits, ABI_MCL_FUTURE, "MCL_FUTURE" },
	{ OP_MLOCKALL, 0, has_bits, ABI_MCL_ONFAULT, "MCL_ONFAULT" },
	{ OP_MLOCKALL, 0, equal, 0, "mlockall without a flag" },
	{ OP_MLOCKALL, 0, has_other_bits, 7, "an unknown mlockall flag" },
	{ OP_MSEAL, 2, above, 0, "a flag of mseal" },
	{ OP_READ, 0, unaligned, PAGE_BYTES, "a load in the middle of a page" },
	{ OP_WRITE, 0, unaligned, PAGE_BYTES, "a store in the middle of a page" },
	{ OP_MMAP, 0, offset_is, 0, "the first page of the arena" },
	{ OP_WRITE, 0, offset_is, (ARENA_PAGES - 1) * PAGE_BYTES, "the last page of the arena" },
	{ OP_MUNMAP, 0, offset_is, (u64)-4096ll, "the page below the arena" },
};

/* What the lists of names hold, and what fixed sets there are. */
struct seen {
	u32 kind[OP_COUNT], proc[PROCS_MAX], mmap_prot[8], mprotect_prot[8], file[FILE_ARG_COUNT];
	u32 mremap[8], advice[64], map[32], want[ARRAY_SIZE(wants)];
};

static void see(struct seen *seen, const struct op *op)
{
	seen->kind[op->kind]++;
	seen->proc[op->proc]++;
	for (u32 i = 0; i < ARRAY_SIZE(wants); i++)
		seen->want[i] += wants[i].kind == op->kind &&
				 wants[i].is(op->arg[wants[i].arg], wants[i].of);
	switch (op->kind) {
	case OP_MMAP:
		seen->mmap_prot[op->arg[2] & 7]++;
		seen->file[op->arg[4]]++;
		for (u32 i = 0; names_map[i].name; i++)
			seen->map[i] += has_bits(op->arg[3], names_map[i].value);
		break;
	case OP_MPROTECT:
		seen->mprotect_prot[op->arg[2] & 7]++;
		break;
	case OP_MREMAP:
		seen->mremap[op->arg[3] & 7]++;
		break;
	case OP_MADVISE:
		for (u32 i = 0; names_advice[i].name; i++)
			seen->advice[i] += op->arg[2] == names_advice[i].value;
		break;
	default:
		break;
	}
}

static u32 missing(const char *what, const u32 *counts, u32 n)
{
	u32 missed = 0;

	for (u32 i = 0; i < n; i++) {
		if (counts[i])
			continue;
		print_error("%s %u never appears\n", what, i);
		missed++;
	}
	return missed;
}

static u32 names_count(const struct flagname *names)
{
	u32 n = 0;

	while (names[n].name)
		n++;
	return n;
}

static void test_generate_everything_appears(void **state)
{
	struct making *g = *state;
	struct seen seen = { .kind = { 0 } };
	u32 missed = 0;

	for (u64 seed = 0; seed < PROGRAMS; seed++) {
		make(g, seed);
		for (u32 i = 0; i < g->prog.count; i++)
			see(&seen, &g->prog.ops[i]);
	}
	missed += missing("operation", seen.kind, OP_COUNT);
	missed += missing("process", seen.proc, PROCS_MAX);
	missed += missing("prot of mmap", seen.mmap_prot, 8);
	missed += missing("prot of mprotect", seen.mprotect_prot, 8);
	missed += missing("file", seen.file, FILE_ARG_COUNT);
	missed += missing("set of mremap flags", seen.mremap, 8);
	missed += missing("advice", seen.advice, names_count(names_advice));
	missed += missing("mmap flag", seen.map, names_count(names_map));
	for (u32 i = 0; i < ARRAY_SIZE(wants); i++) {
		if (seen.want[i])
			continue;
		print_error("%s: %s never appears\n", op_descs[wants[i].kind].name, wants[i].what);
		missed++;
	}
	assert_int_equal(missed, 0);
}

/* ---- mostly successful ---- */

struct share {
	u32 all[OP_COUNT], good[OP_COUNT];
};

static void count_share(struct making *g, struct share *share)
{
	struct op_result result;

	model_reset(&g->model);
	for (u32 i = 0; i < g->prog.count; i++) {
		const struct op *op = &g->prog.ops[i];

		if (model_step(&g->model, i, op, NULL, &result))
			return;
		share->all[op->kind]++;
		share->good[op->kind] += !result.err;
	}
}

static void test_generate_three_in_ten_succeed_of_each_operation(void **state)
{
	struct making *g = *state;
	struct share share = { .all = { 0 } };
	u32 poor = 0;

	for (u64 seed = 0; seed < PROGRAMS; seed++) {
		make(g, seed);
		count_share(g, &share);
	}
	for (u32 k = 0; k < OP_COUNT; k++) {
		u32 percent = share.all[k] ? (u32)(100ull * share.good[k] / share.all[k]) : 0;

		print_message("%-12s %7u %3u %%\n", op_descs[k].name, share.all[k], percent);
		poor += percent < 30;
	}
	assert_int_equal(poor, 0);
}

/* ---- options ---- */

static void test_generate_no_fork_is_honoured(void **state)
{
	struct making *g = *state;

	g->options.no_fork = true;
	for (u64 seed = 0; seed < 5000; seed++) {
		make(g, seed);
		for (u32 i = 0; i < g->prog.count; i++) {
			assert_int_not_equal(g->prog.ops[i].kind, OP_FORK);
			assert_int_not_equal(g->prog.ops[i].kind, OP_EXIT);
			assert_int_equal(g->prog.ops[i].proc, 0);
		}
	}
}

static void test_generate_only_is_honoured(void **state)
{
	struct making *g = *state;

	g->options.only = 1ull << OP_MMAP | 1ull << OP_MREMAP | 1u << OP_WRITE | 1u << OP_FORK;
	for (u64 seed = 0; seed < 5000; seed++) {
		make(g, seed);
		for (u32 i = 0; i < g->prog.count; i++)
			assert_true(g->options.only >> g->prog.ops[i].kind & 1);
	}
}

static void test_generate_only_what_is_available_is_used(void **state)
{
	struct making *g = *state;

	g->options.available = OPS_ALL & ~(1ull << OP_MREMAP | 1ull << OP_READ);
	g->options.files = 1u << FILE_NONE | 1u << FILE_MEM0 | 1u << FILE_ZERO;
	g->options.bad_permil = 300;
	for (u64 seed = 0; seed < 5000; seed++) {
		make(g, seed);
		for (u32 i = 0; i < g->prog.count; i++) {
			const struct op *op = &g->prog.ops[i];

			assert_true(g->options.available >> op->kind & 1);
			if (op->kind == OP_MMAP)
				assert_true(g->options.files >> op->arg[4] & 1);
		}
	}
}

/* Whatever the one operation is that may be used, a program of it comes out. */
static void test_generate_only_one_operation(void **state)
{
	struct making *g = *state;

	for (u32 k = 0; k < OP_COUNT; k++) {
		g->options.only = 1ull << k;
		for (u64 seed = 0; seed < 50; seed++) {
			make(g, seed);
			for (u32 i = 0; i < g->prog.count; i++)
				assert_int_equal(g->prog.ops[i].kind, k);
		}
	}
}

static void test_generate_without_bad_arguments_nothing_is_misaligned(void **state)
{
	struct making *g = *state;

	g->options.bad_permil = 0;
	for (u64 seed = 0; seed < 5000; seed++) {
		make(g, seed);
		for (u32 i = 0; i < g->prog.count; i++) {
			const struct op *op = &g->prog.ops[i];

			/* A break need not be the end of a page. */
			for (u32 k = op->kind == OP_BRK; k < op_descs[op->kind].arg_count; k++)
				if (op_descs[op->kind].arg[k].kind == ARG_ADDR ||
				    op_descs[op->kind].arg[k].kind == ARG_LEN)
					assert_int_equal(op->arg[k] % PAGE_BYTES, 0);
		}
	}
}

/* ---- exact in both forms ---- */

static void test_generate_survives_bytes_exactly(void **state)
{
	struct making *g = *state;
	u8 bytes[PROG_OPS_MAX * OP_BYTES];

	for (u64 seed = 0; seed < PROGRAMS; seed++) {
		size_t size;

		make(g, seed);
		size = prog_encode(&g->prog, bytes, sizeof(bytes));
		assert_int_equal(size, g->prog.count * OP_BYTES);
		prog_decode(&g->other, bytes, size);
		assert_true(prog_equal(&g->prog, &g->other));
	}
}

static void test_generate_survives_text_exactly(void **state)
{
	struct making *g = *state;

	for (u64 seed = 0; seed < PROGRAMS / 4; seed++) {
		struct diag diag;
		char *text = NULL;
		size_t size = 0;
		FILE *out = open_memstream(&text, &size);

		assert_non_null(out);
		make(g, seed);
		assert_int_equal(prog_print(out, &g->prog), 0);
		fclose(out);
		if (prog_parse(&g->file, "generated", text, &diag))
			fail_msg("%s", diag.text);
		free(text);
		assert_true(prog_equal(&g->prog, &g->file.prog));
	}
}

/* ---- failing allocations ---- */

static u32 failing(const struct prog *prog, u32 *highest)
{
	u32 n = 0;

	for (u32 i = 0; i < prog->count; i++) {
		n += prog->ops[i].fail_nth != 0;
		if (prog->ops[i].fail_nth > *highest)
			*highest = prog->ops[i].fail_nth;
	}
	return n;
}

static void test_generate_fails_allocations_as_often_as_asked(void **state)
{
	struct making *g = *state;
	u32 ops = 0, fails = 0, highest = 0;

	for (u64 seed = 0; seed < 500; seed++) {
		make(g, seed);
		fails += failing(&g->prog, &highest);
	}
	assert_int_equal(fails, 0);
	g->options.fail_permil = 100;
	for (u64 seed = 0; seed < PROGRAMS / 4; seed++) {
		make(g, seed);
		ops += g->prog.count;
		fails += failing(&g->prog, &highest);
	}
	assert_in_range(fails, ops * 9 / 100, ops * 11 / 100);
	assert_int_equal(highest, OP_FAIL_MAX);
}

static void test_generate_with_failures_survives_both_forms(void **state)
{
	struct making *g = *state;

	g->options.fail_permil = 300;
	test_generate_survives_bytes_exactly(state);
	test_generate_survives_text_exactly(state);
}

int main(void)
{
#define GENERATE(name) cmocka_unit_test_setup_teardown(name, making_setup, teardown)
	const struct CMUnitTest tests[] = {
		GENERATE(test_generate_defaults),
		GENERATE(test_generate_same_seed_same_program),
		GENERATE(test_generate_different_seeds_differ),
		GENERATE(test_generate_number_of_operations),
		GENERATE(test_generate_leaves_the_state_of_the_program),
		GENERATE(test_generate_tail_continues_the_state_of_the_program),
		GENERATE(test_generate_tail_of_a_long_program_adds_nothing),
		GENERATE(test_generate_everything_appears),
		GENERATE(test_generate_three_in_ten_succeed_of_each_operation),
		GENERATE(test_generate_no_fork_is_honoured),
		GENERATE(test_generate_only_is_honoured),
		GENERATE(test_generate_only_what_is_available_is_used),
		GENERATE(test_generate_only_one_operation),
		GENERATE(test_generate_without_bad_arguments_nothing_is_misaligned),
		GENERATE(test_generate_survives_bytes_exactly),
		GENERATE(test_generate_survives_text_exactly),
		GENERATE(test_generate_fails_allocations_as_often_as_asked),
		GENERATE(test_generate_with_failures_survives_both_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
