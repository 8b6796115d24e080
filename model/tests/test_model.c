/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model as a whole: reset, its bounds, the freedom of the kernel, and that every rule, every
 * known bug and every deliberate mistake makes a difference that generated programs find.
 */
#include "testing.h"

#include "model/generate.h"

/* ---- reset ---- */

struct pair {
	struct model scratch, used, fresh;
	struct prog prog;
	struct snapshot snap;
};

static int pair_setup(void **state)
{
	*state = calloc(1, sizeof(struct pair));
	return *state ? 0 : -1;
}

static u64 digest(struct pair *p, const struct model *m)
{
	model_snapshot(m, &p->snap, true);
	return snap_digest(&p->snap);
}

/* Steps until the program ends or is too large; true if it was not. */
static bool execute(struct model *m, const struct prog *prog)
{
	struct op_result result;

	for (u32 i = 0; i < prog->count; i++)
		if (model_step(m, i, &prog->ops[i], NULL, &result))
			return false;
	return true;
}

static void test_reset_forgets_everything(void **state)
{
	struct generate_options options;
	struct model_config config;
	struct pair *p = *state;

	model_config_default(&config);
	generate_options_default(&options);
	options.ops = 40;
	model_init(&p->scratch, &config);
	model_init(&p->used, &config);
	for (u64 seed = 0; seed < 2000; seed++) {
		struct diag diag;

		generate(&p->prog, &p->scratch, &options, seed);
		model_init(&p->fresh, &config);
		model_reset(&p->used);
		if (!execute(&p->fresh, &p->prog))
			continue;
		assert_true(execute(&p->used, &p->prog));
		assert_true(digest(p, &p->used) == digest(p, &p->fresh));
		assert_int_equal(p->used.quirks_met, p->fresh.quirks_met);
		assert_true(model_check(&p->used, &diag));
	}
}

static void test_reset_is_an_empty_process(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nmlockall(current|future)\nfork() = p1\n"
	       "mmap(@8, +1, rw, shared|fixed, m0, 0)\nwrite(@8)\nexit()");
	model_reset(&t->model);
	t->index = 0;
	expect_state(t, "p0 nothing");
	run(t, "mmap(last, +1, r, private|anonymous|fixed, none, 0) = @0\n"
	       "mmap(@8, +1, rw, shared|fixed, m0, 0)\nread(@8) = 0\nfork() = p1");
	expect_counters(t, "p0 map_count=+2 total_vm=+2\np1 map_count=+2 total_vm=+2");
}

static void test_step_operation_of_dead_process_goes_to_a_living_one(void **state)
{
	struct testing *t = *state;

	run(t, "fork() = p1\nfork() = p2\np1: exit()\np1: mmap(@0, +1" RW "p5: mmap(@4, +1" RW);
	/* 1 modulo the two that live is p2, and 5 too */
	expect_areas(t, "p2 @0 +1 rw ac\n"
			"p2 @4 +1 rw ac\n"
			"p0 nothing");
}

/* ---- bounds ---- */

/* Executes one operation; what model_step() returned. */
static int step(struct testing *t, const char *text)
{
	struct op_result result;

	t->program[0] = '\0';
	parse(t, text);
	return model_step(&t->model, t->index++, &t->file.prog.ops[0], NULL, &result);
}

static void expect_too_big(struct testing *t, const char *text)
{
	assert_null(t->model.limit);
	assert_int_equal(step(t, text), -E2BIG);
	assert_non_null(t->model.limit);
	assert_true(strlen(t->model.limit) > 10);
	/* and of use again after a reset */
	model_reset(&t->model);
	t->index = 0;
	assert_null(t->model.limit);
	run(t, "mmap(@0, +2" RW "write(@0) = 0\nfork() = p1");
}

/* Maps @count areas that do not merge, two pages apart. */
static void map_many(struct testing *t, u32 count)
{
	char program[96];

	for (u32 i = 0; i < count; i++) {
		snprintf(program, sizeof(program), "mmap(@%u, +1%s", 2 * i, RW);
		assert_int_equal(step(t, program), 0);
	}
}

static void test_limit_areas(void **state)
{
	struct testing *t = *state;

	map_many(t, MODEL_VMAS_MAX);
	expect_too_big(t, "mmap(@1000, +1" RW);
}

static void test_limit_areas_by_splitting(void **state)
{
	struct testing *t = *state;

	static const char *const cuts[] = {
		"mprotect(@1001, +1, r)",
		"mprotect(@1002, +2, r)",
		"madvise(@1001, +1, dontdump)",
		"mlock(@1001, +1)",
		"mlock(@1002, +9)",
		"munlock(@1001, +1)",
		"mseal(@1001, +1, 0)",
		"munmap(@1001, +1)",
		"mmap(@1001, +1, none, private|anonymous|fixed, none, 0)",
		"mremap(@1001, +1, +1, maymove|fixed|dontunmap, @2000)",
		"mremap(@1001, +1, +1, maymove|fixed, @2000)",
		"mremap(@1000, +2, +1, 0, @0)",
	};

	for (u32 i = 0; i < ARRAY_SIZE(cuts); i++) {
		const char *lock = strncmp(cuts[i], "mlock", 5) ? "|locked" : "";
		char program[96];

		restart(t, NULL);
		map_many(t, MODEL_VMAS_MAX - 1);
		/* the last of all areas: an index too far is one behind the array */
		snprintf(program, sizeof(program),
			 "mmap(@1000, +3, rw, private|anonymous|fixed%s, none, 0)", lock);
		assert_int_equal(step(t, program), 0);
		expect_too_big(t, cuts[i]);
	}
}

static void test_limit_pages(void **state)
{
	struct testing *t = *state;

	assert_int_equal(step(t, "mmap(@0, +1024, rw, private|anonymous|fixed|populate, none, 0)"),
			 0);
	assert_int_equal(t->model.mm[0].page_count, MODEL_PAGES_MAX);
	assert_int_equal(step(t, "mmap(@2000, +1" RW), 0);
	expect_too_big(t, "read(@2000)");
}

static void test_limit_anon_vmas(void **state)
{
	struct testing *t = *state;
	char program[32];

	map_many(t, 128);
	for (u32 i = 0; i < 128; i++) {
		snprintf(program, sizeof(program), "write(@%u)", 2 * i);
		assert_int_equal(step(t, program), 0);
	}
	/* id 0 is nobody's */
	assert_int_equal(step(t, "fork()"), 0);
	assert_int_equal(step(t, "fork()"), 0);
	expect_too_big(t, "fork()");
}

static void test_limit_files(void **state)
{
	struct testing *t = *state;

	for (u32 i = FILE_ARG_COUNT; i < MODEL_FILES_MAX; i++)
		assert_int_equal(step(t, "mmap(@0, +1, rw, shared|anonymous|fixed, none, 0)"), 0);
	expect_too_big(t, "mmap(@0, +1, rw, shared|anonymous|fixed, none, 0)");
}

static void test_limit_file_pages(void **state)
{
	struct testing *t = *state;
	char program[32];

	/* As many as a process can have pages; a loaded page counts as a written one does. */
	for (u32 n = 0; n < MODEL_FILE_PAGES_MAX / MODEL_PAGES_MAX; n++) {
		assert_int_equal(step(t, "mmap(@0, +1024, rw, shared|anonymous|fixed, none, 0)"),
				 0);
		for (u32 i = 0; i < MODEL_PAGES_MAX; i++) {
			snprintf(program, sizeof(program), "%s(@%u)", i % 2 ? "read" : "write", i);
			assert_int_equal(step(t, program), 0);
		}
		assert_int_equal(step(t, "munmap(@0, +1024)"), 0);
	}
	assert_int_equal(step(t, "mmap(@0, +1, rw, shared|fixed, m0, 0)"), 0);
	expect_too_big(t, "write(@0)");
}

/* Longer than any program can make it: there are too few processes. */
static void test_limit_chain(void **state)
{
	struct testing *t = *state;
	struct model_vma *v;

	_Static_assert(PROCS_MAX <= MODEL_CHAIN_MAX, "a chain has one for each process at most");
	run(t, "mmap(@0, +1" RW "write(@0)");
	v = area(t, 0, 0);
	for (u8 k = 1; k < MODEL_CHAIN_MAX; k++)
		v->chain[k] = v->chain[0];
	v->chain_len = MODEL_CHAIN_MAX;
	expect_too_big(t, "fork()");
}

/* What the model does not know, it does not guess. */
static void test_limit_unknown_flags_and_sizes(void **state)
{
	struct testing *t = *state;

	expect_too_big(t, "mmap(@0, +1, rw, private|anonymous|fixed|0x40000, none, 0)");
	expect_too_big(t, "mmap(@0, 0x200000000, rw, private|anonymous, none, 0)");
	expect_too_big(t, "mremap(@0, +2, 0x200000000, maymove, @0)");
}

/* ---- freedom ---- */

static u64 mmap_seen(struct testing *t, u64 addr)
{
	restart(t, NULL);
	run(t, "mmap(@4, +4" RO);
	return run_seen(t, "mmap(0x0, +2, rw, private|anonymous, none, 0)",
			(struct op_result){ .err = 0, .value = addr })
		.value;
}

static u64 mremap_seen(struct testing *t, u64 addr)
{
	restart(t, NULL);
	run(t, "mmap(@4, +2" RW "mmap(@6, +2" RO);
	return run_seen(t, "mremap(@4, +2, +3, maymove, @0)",
			(struct op_result){ .err = 0, .value = addr })
		.value;
}

static void test_freedom_permitted_address_is_adopted(void **state)
{
	static const s64 pages[] = { 0, 1, 8, 40, -100 };
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(pages); i++) {
		u64 addr = ARENA_BASE + (u64)pages[i] * PAGE_BYTES;

		assert_int_equal(mmap_seen(t, addr), addr);
		assert_non_null(model_vma_at(&t->model, 0, addr >> PAGE_SHIFT));
		assert_int_equal(mremap_seen(t, addr), addr);
		assert_non_null(model_vma_at(&t->model, 0, addr >> PAGE_SHIFT));
	}
	assert_int_equal(mmap_seen(t, 0x10000), 0x10000);
	assert_int_equal(mmap_seen(t, ABI_TASK_SIZE - 2 * PAGE_BYTES),
			 ABI_TASK_SIZE - 2 * PAGE_BYTES);
}

static void test_freedom_forbidden_address_is_not_adopted(void **state)
{
	static const struct {
		u64 addr;
		const char *why;
	} rows[] = {
		{ ARENA_BASE + 5 * PAGE_BYTES, "inside of an area" },
		{ ARENA_BASE + 3 * PAGE_BYTES, "over the start of one" },
		{ ARENA_BASE + 7 * PAGE_BYTES, "over the end of one" },
		{ ARENA_BASE + 20 * PAGE_BYTES + 8, "not aligned" },
		{ 0xf000, "below mmap_min_addr" },
		{ 0, "nothing" },
		{ ABI_TASK_SIZE - PAGE_BYTES, "over the end of the user's addresses" },
		{ ABI_TASK_SIZE, "beyond them" },
		{ ~0xfffull, "near the end of all addresses" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diag diag;

		if (mmap_seen(t, rows[i].addr) == rows[i].addr)
			fail_msg("mmap adopted: %s", rows[i].why);
		assert_true(model_check(&t->model, &diag));
		if (mremap_seen(t, rows[i].addr) == rows[i].addr)
			fail_msg("mremap adopted: %s", rows[i].why);
		assert_true(model_check(&t->model, &diag));
	}
}

/* A kernel that failed chose no address; what the model has specified stays. */
static void test_freedom_error_is_not_adopted(void **state)
{
	const struct op_result seen = { .err = -ENOMEM, .value = ARENA_BASE };
	struct testing *t = *state;
	struct op_result got;

	got = run_seen(t, "mmap(0x0, +2, rw, private|anonymous, none, 0)", seen);
	assert_int_equal(got.err, 0);
	assert_int_not_equal(got.value, seen.value);
}

/* With MAP_FIXED there is nothing to choose. */
static void test_freedom_fixed_is_exact(void **state)
{
	const struct op_result seen = { .err = 0, .value = ARENA_BASE + 9 * PAGE_BYTES };
	struct testing *t = *state;

	assert_int_equal(
		run_seen(t, "mmap(@2, +2, rw, private|anonymous|fixed, none, 0)", seen).value,
		ARENA_BASE + 2 * PAGE_BYTES);
}

int main(void)
{
#define PAIR(name) cmocka_unit_test_setup_teardown(name, pair_setup, teardown)
	const struct CMUnitTest tests[] = {
		PAIR(test_reset_forgets_everything),
		TEST(test_reset_is_an_empty_process),
		TEST(test_step_operation_of_dead_process_goes_to_a_living_one),
		TEST(test_limit_areas),
		TEST(test_limit_areas_by_splitting),
		TEST(test_limit_pages),
		TEST(test_limit_anon_vmas),
		TEST(test_limit_files),
		TEST(test_limit_file_pages),
		TEST(test_limit_chain),
		TEST(test_limit_unknown_flags_and_sizes),
		TEST(test_freedom_permitted_address_is_adopted),
		TEST(test_freedom_forbidden_address_is_not_adopted),
		TEST(test_freedom_error_is_not_adopted),
		TEST(test_freedom_fixed_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
