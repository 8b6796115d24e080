/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmap: the order of its errors, where it maps, the flags that each type gets, what becomes of what
 * was there, and filling. The numbers are those of the rules in op_mmap.c.
 */
#include "testing.h"

#define FIXED ", rw, private|anonymous|fixed, none, 0)"
#define SEEN_AT(n) ((struct op_result){ .err = 0, .value = ARENA_BASE + (n) * PAGE_BYTES })

/* ---- rule 1 ---- */

static void test_mmap_errors_come_in_order(void **state)
{
	struct testing *t = *state;

	/* each call has all of the faults of those behind it */
	run(t, "mmap(@0+0x1, 0, rw, fixed, none, 0x1) = EINVAL\n"
	       "mmap(@0+0x1, 0, rw, fixed, none, 0) = EBADF\n"
	       "mmap(@0+0x1, 0, rw, anonymous|fixed, none, 0) = EINVAL\n"
	       "mmap(@0+0x1, 0xffffffffffffffff, rw, anonymous|fixed, none, 0) = ENOMEM\n"
	       "mmap(@0+0x1, 0x800000000000, rw, anonymous|fixed, none, 0) = ENOMEM\n"
	       "mmap(@0+0x1, +1, rw, anonymous|fixed, none, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, anonymous|fixed, none, 0) = EINVAL\n"
	       "mmap(@0, +1" FIXED " = @0");
}

static void test_mmap_offset_is_checked_even_if_unused(void **state)
{
	run(*state, "mmap(@0, +1, rw, private|anonymous|fixed, none, 0x10) = EINVAL\n"
		    "mmap(@0, +1, rw, private|anonymous|fixed, none, +7) = @0");
	expect_areas(*state, "p0 @0 +1 rw ac");
}

static void test_mmap_file_of_anonymous_is_ignored(void **state)
{
	run(*state, "mmap(@0, +1, rw, private|anonymous|fixed, m0, +3) = @0");
	expect_areas(*state, "p0 @0 +1 rw ac");
}

static void test_mmap_length_is_rounded_up(void **state)
{
	run(*state, "mmap(@0, 0x1001, rw, private|anonymous|fixed, none, 0) = @0");
	expect_areas(*state, "p0 @0 +2 rw ac");
}

/* One more than the limit is possible; at that number, even a mapping that would merge is not. */
static void test_mmap_one_more_than_the_limit(void **state)
{
	struct testing *t = *state;

	t->model.config.base_map_count = 5;
	t->model.config.max_map_count = 6;
	run(t, "mmap(@0, +2" FIXED " = @0\nmmap(@4, +2" FIXED " = @4\n"
	       "mmap(@8, +2" FIXED " = ENOMEM\nmmap(@2, +1" FIXED " = ENOMEM\n"
	       "mmap(@0, +1" FIXED " = ENOMEM\nmunmap(@4, +2)\nmmap(@2, +1" FIXED " = @2");
}

/* ---- rule 2 ---- */

static void test_mmap_fixed_address_errors(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(0x7ffffffff000, +1" FIXED " = ENOMEM\n"
	       "mmap(0x7fffffffe000, +2" FIXED " = ENOMEM\n"
	       "mmap(0xfffffffffffff000, +1" FIXED " = ENOMEM\n"
	       /* too far goes before unaligned */
	       "mmap(0x7ffffffff001, +1" FIXED " = ENOMEM\n"
	       "mmap(@0+0x8, +1" FIXED " = EINVAL\n"
	       "mmap(0x7fffffffe000, +1" FIXED " = 0x7fffffffe000");
}

static void test_mmap_fixed_address_as_error_number_by_a_known_bug(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(0xfffffffffffffff3, +1" FIXED " = ENOMEM");
	run_with(t, "mmap_fixed_errno=on",
		 "mmap(0xfffffffffffffff3, +1" FIXED " = EACCES\n"
		 "mmap(0xfffffffffffffff4, +1, rw, private|anonymous|fixed_noreplace, none, 0)"
		 " = ENOMEM\n"
		 "mmap(0xfffffffffffff001, +1" FIXED " = ?");
	assert_int_equal(t->model.quirks_met, 1u << QUIRK_MMAP_FIXED_ERRNO);
	run_with(t, "mmap_fixed_errno=on", "mmap(0xfffffffffffff000, +1" FIXED " = ENOMEM");
	assert_int_equal(t->model.quirks_met, 0);
}

static void test_mmap_below_the_minimum_needs_a_right(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(0xf000, +1" FIXED " = 0xf000\nmunmap(0xf000, +1)");
	t->model.config.cap_rawio = false;
	run(t, "mmap(0xf000, +1" FIXED " = EPERM\nmmap(0x10000, +1" FIXED " = 0x10000\n"
	       /* unaligned goes first */
	       "mmap(0xf001, +1" FIXED " = EINVAL");
}

#define NOREPLACE ", rw, private|anonymous|fixed_noreplace, none, 0)"

static void test_mmap_noreplace_on_anything_is_eexist(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +2" FIXED "\nmmap(@2, +2" NOREPLACE " = @2\n"
	       "mmap(@5, +2" NOREPLACE " = EEXIST\nmmap(@0, +9" NOREPLACE " = EEXIST\n"
	       "mmap(@6, +2" NOREPLACE " = @6\n"
	       /* unaligned first; then what is mapped, then the type */
	       "mmap(@5+0x1, +2" NOREPLACE " = EINVAL\n"
	       "mmap(@5, +2, rw, anonymous|fixed_noreplace, none, 0) = EEXIST\n"
	       "mmap(@9, +2, rw, anonymous|fixed_noreplace, none, 0) = EINVAL");
	expect_areas(t, "p0 @2 +6 rw ac");
}

#define ANYWHERE ", rw, private|anonymous, none, 0)"

static void test_mmap_free_hint_is_taken(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +2" ANYWHERE " = @4\nmmap(@2+0xabc, +2" ANYWHERE " = @2\n"
	       "mmap(@6, +2" ANYWHERE " = @6");
	expect_areas(t, "p0 @2 +6 rw ac");
	/* whatever the kernel is said to have done */
	assert_int_equal(run_seen(t, "mmap(@20, +2" ANYWHERE, SEEN_AT(30)).value,
			 SEEN_AT(20).value);
}

static void test_mmap_low_hint_is_raised(void **state)
{
	run(*state, "mmap(0x1000, +2" ANYWHERE " = 0x10000");
}

/* The limit for hints is another one than that for MAP_FIXED. */
static void test_mmap_low_hint_is_raised_whatever_may_be_fixed(void **state)
{
	struct testing *t = *state;

	t->model.config.mmap_min_addr = 0x1000;
	t->model.config.hint_min_addr = 0x20000;
	run(t, "mmap(0x1000, +2" ANYWHERE " = 0x20000\nmmap(0x1000, +2" FIXED " = 0x1000");
}

/* Up to the guard gap of an area that grows down. */
static void test_mmap_hint_below_a_stack_keeps_the_gap(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@300, +2, rw, private|anonymous|fixed|growsdown, none, 0)\n"
	       "mmap(@42, +2" ANYWHERE " = @42");
	assert_int_equal(run_seen(t, "mmap(@44, +2" ANYWHERE, SEEN_AT(10)).value,
			 SEEN_AT(10).value);
}

static void test_mmap_taken_hint_the_kernel_is_free(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +2" FIXED);
	assert_int_equal(run_seen(t, "mmap(@5, +2" ANYWHERE, SEEN_AT(17)).value, SEEN_AT(17).value);
	assert_int_equal(run_seen(t, "mmap(0x0, +2" ANYWHERE, SEEN_AT(6)).value, SEEN_AT(6).value);
	expect_areas(t, "p0 @4 +4 rw ac\n"
			"p0 @17 +2 rw ac");
}

/* Too high to be taken: as if there were none. */
static void test_mmap_hint_beyond_the_end_is_no_hint(void **state)
{
	struct testing *t = *state;

	assert_int_equal(run_seen(t, "mmap(0x7fffffffe000, +2" ANYWHERE, SEEN_AT(9)).value,
			 SEEN_AT(9).value);
	run(t, "mmap(0x7fffffffe000, +1" ANYWHERE " = 0x7fffffffe000");
}

#define LOW ", rw, private|anonymous|map_32bit, none, 0)"

static void test_mmap_32bit_is_within_the_second_gib(void **state)
{
	static const u64 places[] = { 0x40000000, 0x7fffe000 };
	static const u64 elsewhere[] = { 0x3ffff000, 0x7ffff000, 0x80000000 };
	struct testing *t = *state;
	struct op_result seen = { 0 };

	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		seen.value = places[i];
		assert_int_equal(run_seen(t, "mmap(@4, +2" LOW, seen).value, places[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(elsewhere); i++) {
		seen.value = elsewhere[i];
		assert_int_not_equal(run_seen(t, "mmap(0x0, +2" LOW, seen).value, elsewhere[i]);
	}
}

static void test_mmap_32bit_takes_a_hint_that_ends_there(void **state)
{
	run(*state, "mmap(0x7fffe000, +2" LOW " = 0x7fffe000\nmmap(0x20000, +2" LOW " = 0x20000\n"
		    "mmap(@4, +2, rw, private|anonymous|fixed|map_32bit, none, 0) = @4\n"
		    "mmap(0x50000000, +2, rw, private|anonymous|fixed, none, 0)\n"
		    "mmap(0x4ffff000, +1" LOW " = 0x4ffff000\nmmap(0x50001000, +1" LOW
		    " = 0x7fffd000\nmmap(0x7ffff000, +2" LOW " = 0x7fffb000");
}

/* Where it begins is random, so nobody knows whether this fits. */
static void test_mmap_32bit_without_room_is_beyond_the_model(void **state)
{
	struct testing *t = *state;
	struct op_result got;

	run(t, "mmap(0x42000000, +253951, none, private|anonymous|fixed|noreserve, none, 0)");
	run(t, "mmap(0x0, +1" LOW " = 0x7ffff000");
	assert_null(t->model.limit);
	parse(t, "mmap(0x0, +1" LOW);
	assert_int_equal(model_step(&t->model, t->index, &t->file.prog.ops[0], NULL, &got), -E2BIG);
	assert_non_null(t->model.limit);
}

/* Nobody has seen where: top down, below what is there, so that it merges. */
static void test_mmap_unseen_is_placed_below_the_last(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(0x0, +2" ANYWHERE "\nmmap(0x0, +3" ANYWHERE "\nmmap(0x0, +1" ANYWHERE);
	assert_int_equal(t->model.mm[0].vma_count, 1);
	assert_int_equal(vma_pages(&t->model.mm[0].vmas[0]), 6);
}

/* ---- rule 3 ---- */

#define LOCKED ", rw, private|anonymous|fixed|locked, none, 0)"

static void test_mmap_locked_needs_a_right_and_room(void **state)
{
	struct testing *t = *state;

	t->model.config.cap_ipc_lock = false;
	t->model.config.rlimit_memlock = 4;
	run(t, "mmap(@0, +3" LOCKED " = @0\nmmap(@4, +2" LOCKED " = EAGAIN\n"
	       "mmap(@4, +1" LOCKED " = @4");
	t->model.config.rlimit_memlock = 0;
	run(t, "mmap(@8, +1" LOCKED " = EPERM\n"
	       /* EEXIST goes before, the type behind */
	       "mmap(@0, +1, rw, private|anonymous|fixed_noreplace|locked, none, 0) = EEXIST\n"
	       "mmap(@8, +1, rw, anonymous|fixed|locked, none, 0) = EPERM\n"
	       "mmap(@8, +1" FIXED " = @8");
}

/* What mlockall asked for is EAGAIN too. */
static void test_mmap_future_lock_needs_room(void **state)
{
	struct testing *t = *state;

	t->model.config.cap_ipc_lock = false;
	t->model.config.rlimit_memlock = 4;
	run(t, "mlockall(future) = 0\nmmap(@0, +5" FIXED " = EAGAIN\nmmap(@0, +4" FIXED " = @0");
	expect_state(t, "p0 @0 +4 rw lo ac av=A\n"
			"p0 map_count=+1 total_vm=+4 data_vm=+4 locked_vm=+4 def=lo\n"
			"A root=A parent=A children=1 active=1 refs=1");
}

/* ---- rule 4 ---- */

static void test_mmap_file_errors(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, rw, private|fixed, m0, 0x7ffffffffffff000) = EOVERFLOW\n"
	       "mmap(@0, +2, rw, fixed, m0, 0x7fffffffffffe000) = EOVERFLOW\n"
	       "mmap(@0, +1, rw, private|fixed, m0, 0x7fffffffffffe000) = @0\n"
	       "mmap(@0, +1, rw, shared|fixed, m0ro, 0) = EACCES\n"
	       "mmap(@0, +1, w, shared_validate|fixed, m0ro, 0) = EACCES\n"
	       "mmap(@0, +1, rw, private|fixed, m0ro, 0) = @0\n"
	       "mmap(@0, +1, rw, shared_validate|fixed|0x80000, m0ro, 0) = EOPNOTSUPP\n"
	       "mmap(@0, +1, rw, shared_validate|fixed|fixed_noreplace, m0, 0) = EEXIST\n"
	       "mmap(@4, +1, rw, shared_validate|fixed_noreplace, m0, 0) = EOPNOTSUPP\n"
	       "mmap(@0, +1, rw, shared|fixed|0x80000, m0, 0) = @0\n"
	       "mmap(@0, +1, rw, shared|fixed|growsdown, m0, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, private|fixed|growsdown, m0, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, droppable|fixed, m0, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, fixed, m0, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, 0x4|fixed, m0, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, shared|fixed|growsdown, m0ro, 0) = EACCES");
}

static void test_mmap_file_on_noexec_mount(void **state)
{
	struct testing *t = *state;

	t->model.config.zero_noexec = true;
	run(t, "mmap(@0, +1, rx, private|fixed, zero, 0) = EPERM\n"
	       "mmap(@0, +1, rx, private|fixed, m0, 0) = @0\n"
	       "mmap(@4, +1, r, private|fixed, zero, 0) = @4\n"
	       "mprotect(@4, +1, rx) = EACCES");
	expect_areas(t, "p0 @0 +1 rx f1+0\n"
			"p0 @4 +1 r -me f2+0");
}

/* A read-only file: shared in effect, but not in its flags, and never writable. */
static void test_mmap_shared_file_flags(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, rw, shared|fixed, m0, +1)\nmmap(@4, +1, r, shared|fixed, m0ro, +2)\n"
	       "mmap(@8, +1, none, shared_validate|fixed, m1, +3)\nmprotect(@4, +1, rw) = EACCES");
	assert_int_equal(area(t, 0, 0)->flags, 0xfb);
	assert_int_equal(area(t, 0, 4)->flags, 0xd1);
	assert_int_equal(area(t, 0, 8)->flags, 0xf8);
}

/* Private /dev/zero is anonymous memory with a file; shared it is an object of its own. */
static void test_mmap_zero(void **state)
{
	struct testing *t = *state;

	run(t,
	    "mmap(@0, +1, rw, private|fixed, zero, +3)\nmmap(@4, +1, rw, shared|fixed, zero, +3)\n"
	    "mmap(@8, +1, rw, shared|fixed, zero, +3)");
	expect_areas(t, "p0 @0 +1 rw ac f1+3\n"
			"p0 @4 +1 rw sh f2+3\n"
			"p0 @8 +1 rw sh f3+3");
	assert_true(area(t, 0, 0)->anonymous);
	assert_false(area(t, 0, 4)->anonymous);
}

/* ---- rules 5 and 7 ---- */

static void test_mmap_anonymous_types(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, rw, shared|anonymous|fixed|growsdown, none, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, shared_validate|anonymous|fixed, none, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, anonymous|fixed, none, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, droppable|anonymous|fixed|locked, none, 0) = EINVAL\n"
	       "mmap(@0, +1, rw, droppable|anonymous|fixed|growsdown, none, 0) = EINVAL\n"
	       "mmap(@4, +2, rw, shared|anonymous|fixed, none, +9) = @4\n"
	       "mmap(@8, +2, rw, droppable|anonymous|fixed, none, 0) = @8");
	expect_areas(t, "p0 @4 +2 rw sh f1+0\n"
			"p0 @8 +2 rw nr wf dd dp");
}

static void test_mmap_droppable_before_it_existed_is_einval(void **state)
{
	run_with(*state, "droppable=no",
		 "mmap(@8, +2, rw, droppable|anonymous|fixed, none, 0) = EINVAL");
}

static void test_mmap_private_flags(void **state)
{
	static const struct {
		const char *args;
		u64 flags;
	} rows[] = {
		{ "rw, private|anonymous|fixed", 0x100073 },
		{ "r, private|anonymous|fixed", 0x71 },
		{ "none, private|anonymous|fixed", 0x70 },
		{ "x, private|anonymous|fixed", 0x74 },
		{ "w, private|anonymous|fixed", 0x100072 },
		{ "rw, private|anonymous|fixed|noreserve", 0x200073 },
		{ "rw, private|anonymous|fixed|stack", 0x40100073 },
		{ "rw, private|anonymous|fixed|growsdown", 0x100173 },
		{ "rw, private|anonymous|fixed|locked", 0x102073 },
		{ "rw, shared|anonymous|fixed", 0xfb },
		{ "rw, shared|anonymous|fixed|noreserve", 0x2000fb },
		{ "rw|sem, private|anonymous|fixed", 0x100073 },
		{ "rw|0x10, private|anonymous|fixed", 0x100073 },
	};
	struct testing *t = *state;
	char program[128];

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(program, sizeof(program), "mmap(@0, +2, %s, none, 0) = @0", rows[i].args);
		run_with(t, NULL, program);
		assert_int_equal(area(t, 0, 0)->flags, rows[i].flags);
	}
}

static void test_mmap_noreserve_without_overcommit_is_ignored(void **state)
{
	struct testing *t = *state;

	restart(t, NULL);
	t->model.config.overcommit_never = true;
	run(t, "mmap(@0, +1, rw, private|anonymous|fixed|noreserve, none, 0)");
	expect_areas(t, "p0 @0 +1 rw ac");
}

static void test_mmap_zero_on_noexec_mount(void **state)
{
	struct testing *t = *state;

	restart(t, NULL);
	t->model.config.zero_noexec = true;
	run(t, "mmap(@0, +1, rx, private|fixed, zero, 0) = EPERM\n"
	       "mmap(@0, +1, r, private|fixed, zero, 0) = @0\n"
	       "mprotect(@0, +1, rx) = EACCES");
}

static void test_mmap_stack_by_kernel(void **state)
{
	static const char program[] = "mmap(@0, +1, rw, private|anonymous|fixed|stack, none, 0)";
	struct testing *t = *state;

	run_with(t, "map_stack_nohuge=yes", program);
	expect_areas(t, "p0 @0 +1 rw ac nh");
	run_with(t, "map_stack_nohuge=no", program);
	expect_areas(t, "p0 @0 +1 rw ac");
	/* no huge pages, no flag */
	restart(t, NULL);
	t->model.config.thp = false;
	run(t, program);
	expect_areas(t, "p0 @0 +1 rw ac");
}

static void test_mmap_is_soft_dirty_if_the_kernel_knows(void **state)
{
	struct testing *t = *state;

	t->model.config.soft_dirty = true;
	run(t, "mmap(@0, +1" FIXED);
	expect_areas(t, "p0 @0 +1 rw ac sd");
}

/* ---- rule 6 ---- */

static void test_mmap_fixed_replaces(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +9" FIXED "\nwrite(@4)\nwrite(@0)\nmmap(@3, +3, r, private|fixed, m0, 0)\n"
	       "read(@4) = 0\nread(@0) = 3");
	expect_areas(t, "p0 @0 +3 rw ac av=A\n"
			"p0 @3 +3 r f1+0\n"
			"p0 @6 +3 rw ac av=A");
	expect_counters(t, "p0 map_count=+3 total_vm=+9 data_vm=+6");
}

/* The same again merges with what is left of the old. */
static void test_mmap_fixed_over_itself_heals(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +6" FIXED "\nwrite(@0)\nwrite(@3)\nmmap(@2, +2" FIXED "\nread(@3) = 0");
	expect_areas(t, "p0 @0 +6 rw ac av=A");
}

static void test_mmap_fixed_over_sealed(void **state)
{
	static const char maps[] = "mmap(@0, +4" FIXED "\nmmap(@4, +4, r, private|anonymous|fixed, "
				   "none, 0)\nmseal(@4, +4, 0) = 0\n";
	struct testing *t = *state;

	run_with(t, "mmap_fixed_atomic=yes", maps);
	run(t, "mmap(@2, +4" FIXED " = EPERM");
	/* all is still there, though cut */
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw ac\n"
			"p0 @4 +4 r sl");
	run_with(t, "mmap_fixed_atomic=no", maps);
	run(t, "mmap(@2, +4" FIXED " = ENOMEM");
}

static void test_mmap_fixed_without_room_to_cut(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 1;
	run(t, "mmap(@0, +9" FIXED "\nmmap(@3, +3" FIXED " = ENOMEM");
	expect_areas(t, "p0 @0 +9 rw ac");
	run(t, "mmap(@6, +4" FIXED " = @6");
	expect_areas(t, "p0 @0 +10 rw ac");
}

/* What is found wrong before rule 6 leaves everything as it was. */
static void test_mmap_refused_before_unmapping_changes_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +9" FIXED "\nmmap(@3, +3, rw, shared|fixed, m0ro, 0) = EACCES\n"
	       "mmap(@3, +3, rw, anonymous|fixed, none, 0) = EINVAL");
	expect_areas(t, "p0 @0 +9 rw ac");
}

/* ---- rule 9 ---- */

static void test_mmap_filled(void **state)
{
	static const struct {
		const char *program, *pages;
	} rows[] = {
		{ "mmap(@0, +1, rw, private|anonymous|fixed|locked, none, 0)", "p0 page @0 tag=0" },
		{ "mmap(@0, +1, rw, private|anonymous|fixed|populate, none, 0)",
		  "p0 page @0 tag=0" },
		{ "mmap(@0, +1, rw, private|anonymous|fixed|populate|nonblock, none, 0)", "" },
		{ "mmap(@0, +1, rw, private|anonymous|fixed|nonblock, none, 0)", "" },
		/* failures do not matter */
		{ "mmap(@0, +2, r, shared|fixed|populate, m0, +23) = @0", "p0 page @0 tag=0" },
		{ "mmap(@0, +2, none, private|anonymous|fixed|locked, none, 0) = @0", "" },
		{ "mlockall(future|onfault)\nmmap(@0, +1, rw, private|anonymous|fixed, none, 0)",
		  "" },
		{ "mlockall(future)\nmmap(@0, +1, rw, private|anonymous|fixed, none, 0)",
		  "p0 page @0 tag=0" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_with(t, NULL, rows[i].program);
		expect_pages(t, rows[i].pages);
	}
}

/* Droppable memory is never locked, although mlockall asked for it; filled it is all the same. */
static void test_mmap_droppable_is_not_locked(void **state)
{
	struct testing *t = *state;

	run(t, "mlockall(future)\nmmap(@0, +2, rw, droppable|anonymous|fixed, none, 0) = @0");
	expect_areas(t, "p0 @0 +2 rw nr wf dd dp av=A");
	expect_pages(t, "p0 page @0 may\n"
			"p0 page @1 may");
	expect_counters(t, "p0 map_count=+1 total_vm=+2 data_vm=+2 def=lo");
}

static void test_mmap_droppable_is_locked_by_a_known_bug(void **state)
{
	struct testing *t = *state;

	run_with(t, "droppable_locked=on",
		 "mlockall(future)\nmmap(@0, +2, rw, droppable|anonymous|fixed, none, 0) = @0");
	expect_areas(t, "p0 @0 +2 rw lo nr wf dd dp av=A");
	expect_counters(t, "p0 map_count=+1 total_vm=+2 data_vm=+2 locked_vm=+2 def=lo");
	assert_int_equal(t->model.quirks_met, 1u << QUIRK_DROPPABLE_LOCKED);
	/* only those that are to be locked are affected */
	run_with(t, "droppable_locked=on", "mmap(@0, +2, rw, droppable|anonymous|fixed, none, 0)");
	assert_int_equal(t->model.quirks_met, 0);
}

/* ---- what the next operations count from ---- */

static void test_mmap_success_moves_last(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@4, +2" FIXED "\nmmap(last+2, +2" FIXED " = @6\n"
	       "mmap(@9+0x1, +2" FIXED " = EINVAL\nmmap(last-3, +1" FIXED " = @3\nfork() = p1\n"
	       "p1: mmap(last-1, +1" FIXED " = @2\nmmap(last-2, +1" FIXED " = @1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_mmap_errors_come_in_order),
		TEST(test_mmap_offset_is_checked_even_if_unused),
		TEST(test_mmap_file_of_anonymous_is_ignored),
		TEST(test_mmap_length_is_rounded_up),
		TEST(test_mmap_one_more_than_the_limit),
		TEST(test_mmap_fixed_address_errors),
		TEST(test_mmap_fixed_address_as_error_number_by_a_known_bug),
		TEST(test_mmap_below_the_minimum_needs_a_right),
		TEST(test_mmap_noreplace_on_anything_is_eexist),
		TEST(test_mmap_free_hint_is_taken),
		TEST(test_mmap_low_hint_is_raised),
		TEST(test_mmap_low_hint_is_raised_whatever_may_be_fixed),
		TEST(test_mmap_hint_below_a_stack_keeps_the_gap),
		TEST(test_mmap_taken_hint_the_kernel_is_free),
		TEST(test_mmap_hint_beyond_the_end_is_no_hint),
		TEST(test_mmap_unseen_is_placed_below_the_last),
		TEST(test_mmap_32bit_is_within_the_second_gib),
		TEST(test_mmap_32bit_takes_a_hint_that_ends_there),
		TEST(test_mmap_32bit_without_room_is_beyond_the_model),
		TEST(test_mmap_locked_needs_a_right_and_room),
		TEST(test_mmap_future_lock_needs_room),
		TEST(test_mmap_file_errors),
		TEST(test_mmap_file_on_noexec_mount),
		TEST(test_mmap_shared_file_flags),
		TEST(test_mmap_zero),
		TEST(test_mmap_anonymous_types),
		TEST(test_mmap_droppable_before_it_existed_is_einval),
		TEST(test_mmap_private_flags),
		TEST(test_mmap_noreserve_without_overcommit_is_ignored),
		TEST(test_mmap_zero_on_noexec_mount),
		TEST(test_mmap_stack_by_kernel),
		TEST(test_mmap_is_soft_dirty_if_the_kernel_knows),
		TEST(test_mmap_fixed_replaces),
		TEST(test_mmap_fixed_over_itself_heals),
		TEST(test_mmap_fixed_over_sealed),
		TEST(test_mmap_fixed_without_room_to_cut),
		TEST(test_mmap_refused_before_unmapping_changes_nothing),
		TEST(test_mmap_filled),
		TEST(test_mmap_droppable_is_not_locked),
		TEST(test_mmap_droppable_is_locked_by_a_known_bug),
		TEST(test_mmap_success_moves_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
