/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The array of areas: finding, inserting, deleting and splitting, the size counters by class, and
 * the two limits.
 */
#include "testing.h"

static u32 find(struct testing *t, u64 n)
{
	return vma_find(&t->model.mm[0], ARENA_PAGE + n);
}

static bool intersects(struct testing *t, u64 start, u64 end)
{
	return vma_intersects(&t->model.mm[0], ARENA_PAGE + start, ARENA_PAGE + end);
}

static void test_find_gives_the_first_area_that_ends_behind(void **state)
{
	struct testing *t = *state;

	assert_int_equal(find(t, 0), 0);
	run(t, "mmap(@4, +2" RW "mmap(@8, +2" RW);
	assert_int_equal(find(t, 0), 0);
	assert_int_equal(find(t, 4), 0);
	assert_int_equal(find(t, 5), 0);
	assert_int_equal(find(t, 6), 1);
	assert_int_equal(find(t, 9), 1);
	assert_int_equal(find(t, 10), 2);
}

static void test_intersects_counts_only_pages_inside(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +2" RW);
	assert_false(intersects(t, 0, 4));
	assert_true(intersects(t, 0, 5));
	assert_true(intersects(t, 5, 6));
	assert_true(intersects(t, 0, 20));
	assert_false(intersects(t, 6, 20));
}

static void test_vma_at_hole_is_null(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +2" RW "mmap(@8, +2" RW);
	assert_null(model_vma_at(&t->model, 0, ARENA_PAGE + 3));
	assert_ptr_equal(model_vma_at(&t->model, 0, ARENA_PAGE + 5), &t->model.mm[0].vmas[0]);
	assert_null(model_vma_at(&t->model, 0, ARENA_PAGE + 6));
	assert_ptr_equal(model_vma_at(&t->model, 0, ARENA_PAGE + 8), &t->model.mm[0].vmas[1]);
	assert_null(model_vma_at(&t->model, 0, ARENA_PAGE + 10));
}

static void test_insert_any_order_is_sorted_and_counted(void **state)
{
	static const u64 starts[] = { 8, 0, 4 };
	struct testing *t = *state;
	struct model_mm *mm = &t->model.mm[0];

	for (u32 i = 0; i < ARRAY_SIZE(starts); i++) {
		struct model_vma v = { .start = ARENA_PAGE + starts[i],
				       .end = ARENA_PAGE + starts[i] + 2 };
		u32 at = vma_insert(&t->model, mm, &v);

		assert_int_equal(mm->vmas[at].start, v.start);
		assert_int_equal(mm->counter[COUNT_MAP], i + 1);
	}
	assert_int_equal(mm->vma_count, 3);
	for (u32 i = 0; i < 3; i++)
		assert_int_equal(mm->vmas[i].start, ARENA_PAGE + i * 4);
}

static void test_insert_into_full_array_is_a_limit(void **state)
{
	struct testing *t = *state;
	struct model_mm *mm = &t->model.mm[0];
	struct model_vma v = { 0 };

	for (u64 i = 0; i <= MODEL_VMAS_MAX; i++) {
		assert_null(t->model.limit);
		v.start = ARENA_PAGE + 2 * i;
		v.end = v.start + 1;
		vma_insert(&t->model, mm, &v);
	}
	assert_non_null(t->model.limit);
	assert_int_equal(mm->vma_count, MODEL_VMAS_MAX);
	assert_int_equal(mm->counter[COUNT_MAP], MODEL_VMAS_MAX);
}

static void test_delete_closes_the_gap_and_unlinks(void **state)
{
	struct testing *t = *state;
	struct model_mm *mm = &t->model.mm[0];

	run(t, "mmap(@0, +2" RW "mmap(@4, +2" RW "mmap(@8, +2" RW "write(@4)");
	assert_true(t->model.anon_vmas[1].live);
	vma_delete(&t->model, mm, 1);
	assert_int_equal(mm->vma_count, 2);
	assert_int_equal(mm->counter[COUNT_MAP], 2);
	assert_int_equal(mm->vmas[1].start, ARENA_PAGE + 8);
	assert_false(t->model.anon_vmas[1].live);
}

static void test_split_anonymous_offset_continues(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW);
	vma_split(&t->model, &t->model.mm[0], 0, ARENA_PAGE + 2, false);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +4 rw ac");
	assert_int_equal(t->model.mm[0].counter[COUNT_MAP], 2);
}

static void test_split_file_both_offsets_continue(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +6, rw, private|fixed, m0, +7)");
	vma_split(&t->model, &t->model.mm[0], 0, ARENA_PAGE + 7, true);
	expect_areas(t, "p0 @4 +3 rw ac f1+7\n"
			"p0 @7 +3 rw ac f1+10");
	assert_int_equal(area(t, 0, 7)->anon_pgoff, ARENA_PAGE + 7);
}

static void test_split_faulted_shares_the_anon_vma(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" RW "write(@0)\nmprotect(@2, +4, r)");
	expect_state(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @2 +4 r ac av=A\n"
			"p0 map_count=+2 total_vm=+6 data_vm=+2\n"
			"A root=A parent=A children=1 active=2 refs=1");
}

/* A grandchild, whose area has a chain of three: only there is an order to see. */
#define GRANDCHILD "mmap(@0, +4" RW "write(@0)\nfork() = p1\np1: fork() = p2\n"

static void expect_chain(struct testing *t, u64 n, u16 first, u16 second, u16 third)
{
	const struct model_vma *v = area(t, 2, n);

	assert_int_equal(v->chain_len, 3);
	assert_int_equal(v->chain[0], first);
	assert_int_equal(v->chain[1], second);
	assert_int_equal(v->chain[2], third);
	assert_int_equal(v->anon_vma, 3);
}

static void test_split_keeps_the_order_of_the_chain(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=no", GRANDCHILD);
	vma_split(&t->model, &t->model.mm[2], 0, ARENA_PAGE + 2, false);
	vma_split(&t->model, &t->model.mm[2], 0, ARENA_PAGE + 1, true);
	expect_chain(t, 0, 3, 2, 1);
	expect_chain(t, 1, 3, 2, 1);
	expect_chain(t, 2, 3, 2, 1);
}

static void test_split_reversed_the_copy_has_the_reversed_chain(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=yes", GRANDCHILD);
	expect_chain(t, 0, 3, 1, 2);
	vma_split(&t->model, &t->model.mm[2], 0, ARENA_PAGE + 2, false);
	expect_chain(t, 0, 3, 1, 2);
	expect_chain(t, 2, 2, 1, 3);
	vma_split(&t->model, &t->model.mm[2], 0, ARENA_PAGE + 1, true);
	expect_chain(t, 0, 2, 1, 3);
	expect_chain(t, 1, 3, 1, 2);
}

static void test_index_private_file_depends_on_the_rule(void **state)
{
	static const char program[] = "mmap(@4, +2, rw, private|fixed, m0, +7)\n"
				      "mmap(@8, +2, rw, shared|fixed, m0, +7)\n"
				      "mmap(@12, +2" RW;
	struct testing *t = *state;
	const struct model *m = &t->model;

	run_with(t, "cow_file_index=virtual", program);
	assert_int_equal(vma_index(m, area(t, 0, 4), ARENA_PAGE + 5), ARENA_PAGE + 5);
	assert_int_equal(vma_index(m, area(t, 0, 8), ARENA_PAGE + 9), 8);
	assert_int_equal(vma_index(m, area(t, 0, 12), ARENA_PAGE + 13), ARENA_PAGE + 13);
	run_with(t, "cow_file_index=file", program);
	assert_int_equal(vma_index(m, area(t, 0, 4), ARENA_PAGE + 5), 8);
	assert_int_equal(vma_index(m, area(t, 0, 8), ARENA_PAGE + 9), 8);
}

static void test_account_each_class_has_its_counter(void **state)
{
	static const struct {
		const char *program, *counters, *why;
	} rows[] = {
		{ "mmap(@0, +3, r, private|anonymous|fixed, none, 0)",
		  "p0 map_count=+1 total_vm=+3", "neither executable nor writable" },
		{ "mmap(@0, +3, rw, private|anonymous|fixed, none, 0)",
		  "p0 map_count=+1 total_vm=+3 data_vm=+3", "private and writable" },
		{ "mmap(@0, +3, w, private|fixed, m0, 0)", "p0 map_count=+1 total_vm=+3 data_vm=+3",
		  "files too" },
		{ "mmap(@0, +3, rw, shared|fixed, m0, 0)", "p0 map_count=+1 total_vm=+3",
		  "shared is no data" },
		{ "mmap(@0, +3, rx, private|anonymous|fixed, none, 0)",
		  "p0 map_count=+1 total_vm=+3 exec_vm=+3", "executable and not writable" },
		{ "mmap(@0, +3, x, shared|fixed, m0, 0)", "p0 map_count=+1 total_vm=+3 exec_vm=+3",
		  "shared or not" },
		{ "mmap(@0, +3, rwx, private|anonymous|fixed, none, 0)",
		  "p0 map_count=+1 total_vm=+3 data_vm=+3", "writable code is data" },
		{ "mmap(@0, +3, rw, private|anonymous|fixed|growsdown, none, 0)",
		  "p0 map_count=+1 total_vm=+3 stack_vm=+3", "grows down" },
		{ "mmap(@0, +3, rx, private|anonymous|fixed|growsdown, none, 0)",
		  "p0 map_count=+1 total_vm=+3 stack_vm=+3", "a stack, even if executable" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_row(t, NULL, rows[i].program, rows[i].why);
		expect_counters(t, rows[i].counters);
		run(t, "munmap(@0, +3) = 0");
		expect_counters(t, "");
	}
}

static void test_may_split_only_below_the_limit(void **state)
{
	struct testing *t = *state;
	const struct model_mm *mm = &t->model.mm[0];

	t->model.config.base_map_count = 10;
	t->model.config.max_map_count = 12;
	run(t, "mmap(@0, +2" RW);
	assert_int_equal(mm_map_count(&t->model, mm), 11);
	assert_true(vma_may_split(&t->model, mm));
	run(t, "mmap(@4, +2" RW);
	assert_false(vma_may_split(&t->model, mm));
}

static void test_may_lock_counts_what_is_locked_already(void **state)
{
	struct testing *t = *state;
	struct model_mm *mm = &t->model.mm[0];

	t->model.config.rlimit_memlock = 10;
	t->model.config.base_locked_vm = 3;
	mm->counter[COUNT_LOCKED_VM] = 2;
	assert_true(mm_may_lock(&t->model, mm, 1000));
	t->model.config.cap_ipc_lock = false;
	assert_true(mm_may_lock(&t->model, mm, 5));
	assert_false(mm_may_lock(&t->model, mm, 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_find_gives_the_first_area_that_ends_behind),
		TEST(test_intersects_counts_only_pages_inside),
		TEST(test_vma_at_hole_is_null),
		TEST(test_insert_any_order_is_sorted_and_counted),
		TEST(test_insert_into_full_array_is_a_limit),
		TEST(test_delete_closes_the_gap_and_unlinks),
		TEST(test_split_anonymous_offset_continues),
		TEST(test_split_file_both_offsets_continue),
		TEST(test_split_faulted_shares_the_anon_vma),
		TEST(test_split_keeps_the_order_of_the_chain),
		TEST(test_split_reversed_the_copy_has_the_reversed_chain),
		TEST(test_index_private_file_depends_on_the_rule),
		TEST(test_account_each_class_has_its_counter),
		TEST(test_may_split_only_below_the_limit),
		TEST(test_may_lock_counts_what_is_locked_already),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
