/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * brk(): what moves the break, what refuses to, what the heap merges with and how it counts.
 */
#include "testing.h"

static void test_brk_moves_within_the_page_without_mapping(void **state)
{
	struct testing *t = *state;

	run(t, "brk(0) = @40\nbrk(@40) = @40\nbrk(@39) = @40\nbrk(@40+0x8) = 0x100000008008\n");
	expect_areas(t, "p0 @40 +1 rw ac");
	run(t, "brk(@41) = @41\nbrk(@40+0x10) = 0x100000008010\n");
	expect_areas(t, "p0 @40 +1 rw ac");
	run(t, "brk(@40) = @40\n");
	expect_areas(t, "p0 nothing");
}

static void test_brk_grows_one_area(void **state)
{
	struct testing *t = *state;

	run(t, "brk(@42) = @42\nwrite(@41)\nbrk(@44) = @44\n");
	expect_areas(t, "p0 @40 +4 rw ac av=A");
	expect_counters(t, "p0 map_count=+1 total_vm=+4 data_vm=+4");
	run(t, "brk(@41) = @41\n");
	expect_areas(t, "p0 @40 +1 rw ac av=A");
	expect_counters(t, "p0 map_count=+1 total_vm=+1 data_vm=+1");
}

static void test_brk_never_joins_what_is_behind_or_below_the_heap(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@38, +2" RW "brk(@41) = @41\n");
	expect_merge(t, MERGE_BRK, MERGE_NO_NEIGHBOUR);
	expect_areas(t, "p0 @38 +2 rw ac\np0 @40 +1 rw ac");
	/* The area that ends at the break is the heap's own, whoever mapped it. */
	run(t, "munmap(@40, +1)\nmmap(@39, +2" RW "brk(@42) = @42\n");
	expect_merge(t, MERGE_OK, MERGE_NO_NEIGHBOUR);
	expect_areas(t, "p0 @38 +4 rw ac");
}

static void test_brk_keeps_a_page_free(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@45, +1" RW "brk(@45) = @40\nbrk(@44) = @44\nbrk(@44+0x8) = @44\n");
	expect_areas(t, "p0 @40 +4 rw ac\np0 @45 +1 rw ac");
	/* What is mapped over the heap is behind the break. */
	run_with(t, NULL, "brk(@42) = @42\nmmap(@41, +2" RO "brk(@43) = @42\n");
	expect_areas(t, "p0 @40 +1 rw ac\np0 @41 +2 r");
}

static void test_brk_keeps_the_guard_gap_of_a_stack(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@298, +1, rw, private|anonymous|fixed|growsdown, none, 0)\n"
	       "brk(@42) = @40\nbrk(@41) = @41\n");
}

static void test_brk_that_does_not_fit_is_refused(void **state)
{
	struct testing *t = *state;

	run(t, "brk(0x800000000000) = @40\nbrk(0xffffffffffffffff) = @40\n");
	expect_areas(t, "p0 nothing");
	/* Whether there is memory for this much is not for the model to know. */
	parse(t, "brk(0x7ffffffff000)\n");
	assert_int_equal(model_step(&t->model, 2, &t->file.prog.ops[0], NULL,
				    &(struct op_result){ 0 }), -E2BIG);
}

static void test_brk_at_the_limit_of_areas(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 2;
	run(t, "mmap(@0, +1" RW "mmap(@2, +1" RW "brk(@41) = @41\nbrk(@42) = @41\n");
	expect_counters(t, "p0 map_count=+3 total_vm=+3 data_vm=+3");
}

static void test_brk_shrinks_whatever_is_mapped_there(void **state)
{
	struct testing *t = *state;

	run(t, "brk(@44) = @44\nmmap(@42, +4, rw, shared|fixed, m0, 0)\nbrk(@41) = @41\n");
	expect_areas(t, "p0 @40 +1 rw ac\np0 @44 +2 rw sh f1+2");
	/* Nothing is there: the break stays. */
	run_with(t, NULL, "brk(@44) = @44\nmunmap(@42, +2)\nbrk(@42) = @44\nbrk(@41) = @41\n");
	expect_areas(t, "p0 @40 +1 rw ac");
}

static void test_brk_does_not_shrink_sealed_memory(void **state)
{
	struct testing *t = *state;

	run(t, "brk(@44) = @44\nmseal(@43, +1, 0)\nbrk(@41) = @44\n");
	/* The cut that was made before stays. */
	expect_areas(t, "p0 @40 +1 rw ac\np0 @41 +2 rw ac\np0 @43 +1 rw ac sl");
}

static void test_brk_after_fork_makes_an_area_of_its_own(void **state)
{
	struct testing *t = *state;

	run(t, "brk(@42) = @42\nwrite(@40)\nfork() = p1\np1: brk(@43) = @43\n");
	expect_merge(t, MERGE_FORK_LIMIT, MERGE_NO_NEIGHBOUR);
	run(t, "p1: brk(@44) = @44\nbrk(0) = @42\n");
	expect_areas(t, "p0 @40 +2 rw ac av=A\n"
			"p1 @40 +2 rw ac av=B chain=B,A\np1 @42 +2 rw ac");
}

static void test_brk_is_locked_after_mlockall_future(void **state)
{
	struct testing *t = *state;

	run(t, "brk(@41) = @41\nmlockall(future) = 0\nbrk(@43) = @43\n");
	expect_areas(t, "p0 @40 +1 rw ac\np0 @41 +2 rw lo ac av=A");
	expect_counters(t, "p0 map_count=+2 total_vm=+3 data_vm=+3 locked_vm=+2 def=lo");
	t->model.config.cap_ipc_lock = false;
	t->model.config.rlimit_memlock = 3;
	run(t, "brk(@45) = @43\nbrk(@44) = @44\n");
}

static void test_brk_is_soft_dirty_all_over(void **state)
{
	struct testing *t = *state;

	run(t, "brk(@41) = @41\n");
	t->model.config.soft_dirty = true;
	run(t, "brk(@42) = @42\n");
	expect_areas(t, "p0 @40 +2 rw ac sd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_brk_moves_within_the_page_without_mapping),
		TEST(test_brk_grows_one_area),
		TEST(test_brk_never_joins_what_is_behind_or_below_the_heap),
		TEST(test_brk_keeps_a_page_free),
		TEST(test_brk_keeps_the_guard_gap_of_a_stack),
		TEST(test_brk_that_does_not_fit_is_refused),
		TEST(test_brk_at_the_limit_of_areas),
		TEST(test_brk_shrinks_whatever_is_mapped_there),
		TEST(test_brk_does_not_shrink_sealed_memory),
		TEST(test_brk_after_fork_makes_an_area_of_its_own),
		TEST(test_brk_is_locked_after_mlockall_future),
		TEST(test_brk_is_soft_dirty_all_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
