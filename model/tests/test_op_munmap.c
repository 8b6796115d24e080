/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * munmap: its arguments, the cuts, what is refused and what stays cut then. The numbers are those
 * of the rules in op_munmap.c.
 */
#include "testing.h"

/* Rule 1. */
static void test_munmap_bad_arguments_are_einval(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "munmap(@0+0x1, +1) = EINVAL\n"
	       "munmap(@0, 0) = EINVAL\n"
	       "munmap(0x800000000000, +1) = EINVAL\n"
	       "munmap(0x7ffffffff000, +1) = EINVAL\n"
	       "munmap(0x7fffffffe000, +2) = EINVAL\n"
	       "munmap(@0, 0xffffffffffffffff) = EINVAL\n"
	       "munmap(@0, 0xfffffffffffff000) = EINVAL");
	expect_areas(t, "p0 @0 +2 rw ac");
}

/* Rule 1. */
static void test_munmap_of_nothing_succeeds(void **state)
{
	struct testing *t = *state;

	run(t, "munmap(@0, +4) = 0\nmunmap(0x7fffffffe000, +1) = 0\nmmap(@8, +2" RW
	       "munmap(@0, +8) = 0\nmunmap(@10, +8) = 0");
	expect_areas(t, "p0 @8 +2 rw ac");
}

static void test_munmap_length_is_rounded_up(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +3" RW "munmap(@0, 0x1001) = 0");
	expect_areas(t, "p0 @2 +1 rw ac");
}

/* Rule 2. */
static void test_munmap_cuts_at_both_ends(void **state)
{
	static const struct {
		const char *program, *areas, *counters;
	} rows[] = {
		{ "munmap(@0, +9) = 0", "p0 nothing", "" },
		{ "munmap(@0, +3) = 0", "p0 @3 +6 rw ac",
		  "p0 map_count=+1 total_vm=+6 data_vm=+6" },
		{ "munmap(@6, +3) = 0", "p0 @0 +6 rw ac",
		  "p0 map_count=+1 total_vm=+6 data_vm=+6" },
		{ "munmap(@3, +3) = 0", "p0 @0 +3 rw ac\np0 @6 +3 rw ac",
		  "p0 map_count=+2 total_vm=+6 data_vm=+6" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_with(t, NULL, "mmap(@0, +9" RW);
		run(t, rows[i].program);
		expect_areas(t, rows[i].areas);
		expect_counters(t, rows[i].counters);
	}
}

static void test_munmap_several_areas_and_holes(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +3" RW "mmap(@4, +2" RO "mmap(@8, +4, rw, private|fixed, m0, +2)\n"
	       "munmap(@2, +8) = 0");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @10 +2 rw ac f1+4");
	expect_counters(t, "p0 map_count=+2 total_vm=+4 data_vm=+4");
}

/* Rule 2: only a hole needs room. */
static void test_munmap_hole_without_room_is_enomem(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 2;
	run(t, "mmap(@0, +9" RW "mmap(@20, +4" RW "munmap(@3, +3) = ENOMEM");
	expect_areas(t, "p0 @0 +9 rw ac\n"
			"p0 @20 +4 rw ac");
	run(t, "munmap(@0, +3) = 0\nmunmap(@8, +1) = 0\nmunmap(@7, +14) = 0");
	expect_areas(t, "p0 @3 +4 rw ac\n"
			"p0 @21 +3 rw ac");
}

static void test_munmap_hole_with_room_for_one_succeeds(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 2;
	run(t, "mmap(@0, +9" RW "munmap(@3, +3) = 0");
	expect_areas(t, "p0 @0 +3 rw ac\n"
			"p0 @6 +3 rw ac");
}

/* Rule 3. */
static void test_munmap_sealed_is_eperm(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mseal(@0, +4, 0)\nmunmap(@0, +4) = EPERM\n"
	       "munmap(@1, +1) = EPERM\nmunmap(@2, +9) = EPERM");
	expect_areas(t, "p0 @0 +4 rw ac sl");
}

/* Rule 3: the first area was cut before the seal of the second was seen. */
static void test_munmap_sealed_behind_the_cut_stays_cut(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mmap(@4, +4" RO "mseal(@4, +4, 0)\nwrite(@3)\n"
	       "munmap(@2, +4) = EPERM\nread(@3) = 4");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @2 +2 rw ac av=A\n"
			"p0 @4 +4 r sl");
	expect_graph(t, "A root=A parent=A children=1 active=2 refs=1");
}

/* A seal goes before the lack of room, unless the range is within the one area. */
static void test_munmap_sealed_without_room(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 1;
	run(t, "mmap(@0, +4" RW "mseal(@0, +4, 0)\nmunmap(@1, +1) = ENOMEM\n"
	       "munmap(@1, +3) = EPERM");
}

/* Rule 4. */
static void test_munmap_takes_pages_and_locks_along(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4, rw, private|anonymous|fixed|locked, none, 0)\nmmap(@4, +2" RO
	       "read(@5) = 0\nmunmap(@2, +4) = 0");
	expect_state(t, "p0 @0 +2 rw lo ac av=A\n"
			"p0 map_count=+1 total_vm=+2 data_vm=+2 locked_vm=+2\n"
			"A root=A parent=A children=1 active=1 refs=1");
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @1 tag=0");
	run(t, "mmap(@2, +1" RW "read(@2) = 0");
}

/* Rule 4: nothing merges, although only the fork limit kept them apart and nobody else is left. */
static void test_munmap_merges_nothing(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=no",
		 "mmap(@0, +4" RW "write(@0)\nfork() = p1\n"
		 "p1: mmap(@4, +2" RW "p1: munmap(@0, +2)");
	assert_int_equal(t->model.merge_count, 0);
	expect_areas(t, "p0 @0 +4 rw ac av=A\n"
			"p1 @2 +2 rw ac av=B chain=B,A\n"
			"p1 @4 +2 rw ac");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_munmap_bad_arguments_are_einval),
		TEST(test_munmap_of_nothing_succeeds),
		TEST(test_munmap_length_is_rounded_up),
		TEST(test_munmap_cuts_at_both_ends),
		TEST(test_munmap_several_areas_and_holes),
		TEST(test_munmap_hole_without_room_is_enomem),
		TEST(test_munmap_hole_with_room_for_one_succeeds),
		TEST(test_munmap_sealed_is_eperm),
		TEST(test_munmap_sealed_behind_the_cut_stays_cut),
		TEST(test_munmap_sealed_without_room),
		TEST(test_munmap_takes_pages_and_locks_along),
		TEST(test_munmap_merges_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
