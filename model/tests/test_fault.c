/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page faults: which access is answered by a signal, what is populated, when an area becomes
 * faulted, and how areas grow down.
 */
#include "testing.h"

#define STACK ", rw, private|anonymous|fixed|growsdown, none, 0)\n"

/* ---- rules 1 and 2: signals ---- */

static void test_fault_without_the_right_is_a_signal(void **state)
{
	struct testing *t = *state;

	run(t, "read(@0) = SIGSEGV\nwrite(@0) = SIGSEGV\n"
	       "mmap(@0, +1, none, private|anonymous|fixed, none, 0)\n"
	       "read(@0) = SIGSEGV\nwrite(@0) = SIGSEGV\n"
	       "mmap(@1, +1" RO "read(@1) = 0\nwrite(@1) = SIGSEGV\n"
	       "mmap(@2, +1, w, private|anonymous|fixed, none, 0)\nread(@2) = 0\nwrite(@2) = 0\n"
	       "mmap(@3, +1, x, private|anonymous|fixed, none, 0)\nread(@3) = 0\n"
	       "write(@3) = SIGSEGV\nread(@4) = SIGSEGV");
}

static void test_fault_on_guard_is_a_signal(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nmadvise(@0, +1, guard_install)\n"
	       "read(@0) = SIGSEGV\nwrite(@0) = SIGSEGV\nread(@1) = 0\nwrite(@1) = 0");
	expect_pages(t, "p0 page @0 guard\n"
			"p0 page @1 tag=7");
}

/* ---- rule 3: private anonymous memory ---- */

static void test_load_maps_the_zero_page_and_no_anon_vma(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "read(@0) = 0");
	expect_areas(t, "p0 @0 +2 rw ac");
	expect_pages(t, "p0 page @0 tag=0");
	assert_int_equal(page(t, 0, 0)->state, PAGE_ZERO);
}

static void test_store_makes_an_anonymous_page(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "read(@2) = 0\nwrite(@2) = 0\nread(@2) = 3");
	expect_areas(t, "p0 @0 +4 rw ac av=A");
	expect_pages(t, "p0 page @2 tag=3");
	assert_int_equal(page(t, 0, 2)->state, PAGE_ANON);
	assert_int_equal(page(t, 0, 2)->owner, area(t, 0, 0)->anon_vma);
	assert_int_equal(page(t, 0, 2)->index, ARENA_PAGE + 2);
}

static void test_store_again_replaces_the_content(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1" RW "write(@0)\nread(@0) = 2\nwrite(@0+0x8)\nread(@0) = 4");
}

/* Private /dev/zero is anonymous memory that keeps its file. */
static void test_private_zero_is_anonymous_memory(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, private|fixed, zero, +5)\nread(@0) = 0");
	expect_areas(t, "p0 @0 +2 rw ac f1+5");
	run(t, "write(@0)\nread(@0) = 3");
	expect_areas(t, "p0 @0 +2 rw ac f1+5 av=A");
}

/* ---- rule 4: private mappings of files ---- */

#define FILL "mmap(@60, +2, rw, shared|fixed, m0, 0)\nwrite(@60)\nwrite(@61)\nmunmap(@60, +2)\n"

static void test_private_file_load_shows_the_file(void **state)
{
	struct testing *t = *state;

	run(t, FILL "mmap(@0, +1, rw, private|fixed, m0, +1)\nread(@0) = 3");
	expect_areas(t, "p0 @0 +1 rw ac f1+1");
	expect_pages(t, "p0 page @0 tag=3");
	assert_int_equal(page(t, 0, 0)->state, PAGE_FILE);
}

static void test_private_file_store_copies(void **state)
{
	struct testing *t = *state;

	run(t, FILL "mmap(@0, +1, rw, private|fixed, m0, 0)\nwrite(@0)\nread(@0) = 6\n"
		    "mmap(@4, +1, r, private|fixed, m0, 0)\nread(@4) = 2");
	expect_areas(t, "p0 @0 +1 rw ac f1+0 av=A\n"
			"p0 @4 +1 r f1+0");
}

/* Filling stores nothing of its own: the copy has the file's content. */
static void test_private_file_copy_has_the_files_content(void **state)
{
	struct testing *t = *state;

	run(t, FILL "mmap(@0, +2, rw, private|fixed|populate, m0, 0)");
	expect_areas(t, "p0 @0 +2 rw ac f1+0 av=A");
	expect_pages(t, "p0 page @0 tag=2\n"
			"p0 page @1 tag=3");
}

static void test_private_file_behind_the_end_is_sigbus(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, private|fixed, m0, +23)\nread(@0) = 0\nread(@1) = SIGBUS");
	expect_areas(t, "p0 @0 +2 rw ac f1+23");
	/* The area is prepared before anybody looks at the file. */
	run(t, "write(@1) = SIGBUS");
	expect_areas(t, "p0 @0 +2 rw ac f1+23 av=A");
}

/* ---- rule 5: shared mappings ---- */

static void test_shared_store_makes_no_anon_vma(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, shared|fixed, m0, 0)\nwrite(@1)\nread(@1) = 2\n"
	       "mmap(@4, +2, rw, shared|anonymous|fixed, none, 0)\nwrite(@4)\nread(@4) = 5\n"
	       "mmap(@8, +2, rw, shared|fixed, zero, 0)\nwrite(@8)\nread(@8) = 8");
	expect_graph(t, "");
}

static void test_shared_behind_the_end_is_sigbus(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, shared|fixed, m0, +23)\nwrite(@0) = 0\nwrite(@1) = SIGBUS\n"
	       "read(@1) = SIGBUS");
	expect_graph(t, "");
}

static void test_shared_content_is_seen_by_all(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, rw, shared|fixed, m0, +3)\nmmap(@4, +1, rw, shared|fixed, m0b, +3)\n"
	       "mmap(@8, +1, rw, shared|fixed, m1, +3)\nwrite(@0)\nread(@4) = 4\nread(@8) = 0\n"
	       "fork() = p1\np1: write(@4)\nread(@0) = 8");
}

/* Two shared anonymous mappings are two objects. */
static void test_shared_anonymous_mappings_are_apart(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, rw, shared|anonymous|fixed, none, 0)\n"
	       "mmap(@1, +1, rw, shared|anonymous|fixed, none, 0)\nwrite(@0)\nread(@1) = 0");
}

/* ---- rule 6: pages around ---- */

static void expect_may(struct testing *t, u64 first, u64 last)
{
	struct model_mm *mm = &t->model.mm[0];

	for (u64 n = 0; n < ARENA_PAGES; n++) {
		const struct model_page *p = page_at(mm, ARENA_PAGE + n);

		if ((p && p->state == PAGE_FILE_MAY) !=
		    (n >= first && n <= last && !(p && p->state == PAGE_FILE)))
			refuse(t, "page @%u", (u32)n);
	}
}

/* The arena begins at a multiple of 16 pages. */
static void test_load_may_map_the_sixteen_pages_around(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@8, +16, r, shared|fixed, m0, 0)\nmmap(@40, +20, r, shared|fixed, m0, 0)\n"
	       "read(@50) = 0");
	assert_int_equal(page(t, 0, 50)->state, PAGE_FILE);
	expect_may(t, 48, 59);
	run(t, "read(@43) = 0");
	assert_int_equal(page(t, 0, 43)->state, PAGE_FILE);
	assert_null(page_at(&t->model.mm[0], ARENA_PAGE + 10));
}

/* The sixteen pages count from where the area starts, if that is inside of the aligned sixteen. */
static void test_load_around_counts_from_the_start_of_the_area(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@40, +20, r, shared|fixed, m0, 0)\nread(@43) = 0");
	expect_may(t, 40, 55);
}

/* Page 32 of the arena begins a page table. */
static void test_load_around_ends_with_the_page_table(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@20, +20, r, shared|fixed, m0, 0)\nread(@22) = 0");
	expect_may(t, 20, 31);
}

static void test_load_around_ends_with_area_and_file(void **state)
{
	struct testing *t = *state;

	/* pages 20 to 23 of the file are the last ones */
	run(t, "mmap(@34, +10, r, shared|fixed, m0, +20)\nread(@35) = 0");
	expect_may(t, 34, 37);
	run(t, "read(@38) = SIGBUS");
}

static void test_load_around_of_private_files_too(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@32, +3, rw, private|fixed, m0, 0)\nread(@33) = 0");
	expect_may(t, 32, 34);
}

/* Either is permitted, so the content is what it must have if it is there. */
static void test_load_around_is_said_in_the_snapshot(void **state)
{
	struct testing *t = *state;

	run(t, FILL "mmap(@32, +2, r, shared|fixed, m0, 0)\nread(@32) = 2");
	expect_pages(t, "p0 page @32 tag=2\n"
			"p0 page @33 may tag=3");
}

static void test_store_maps_nothing_around(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@32, +3, rw, shared|fixed, m0, 0)\nwrite(@33)\n"
	       "mmap(@40, +3, rw, private|fixed, m0, 0)\nwrite(@41)");
	expect_pages(t, "p0 page @33 tag=2\n"
			"p0 page @41 tag=4");
}

/* What is there already stays what it is. */
static void test_load_around_keeps_what_is_mapped(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@32, +4, rw, private|fixed, m0, 0)\nwrite(@32)\n"
	       "madvise(@33, +1, guard_install)\nread(@34) = 0");
	expect_pages(t, "p0 page @32 tag=2\n"
			"p0 page @33 guard\n"
			"p0 page @34 tag=0\n"
			"p0 page @35 may tag=0");
}

/* ---- rule 7: after a fork ---- */

static void test_store_after_fork_is_seen_by_one_side(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nwrite(@1)\nfork() = p1\np1: write(@0)\n"
	       "read(@0) = 2\np1: read(@0) = 5\nwrite(@1)\np1: read(@1) = 3\nread(@1) = 8");
}

static void test_store_after_fork_the_page_changes_owner_not_index(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nmremap(@0, +2, +2, maymove|fixed, @10)\nfork() = p1");
	assert_int_equal(page(t, 1, 10)->owner, area(t, 0, 10)->anon_vma);
	run(t, "p1: write(@10)");
	assert_int_equal(page(t, 0, 10)->owner, area(t, 0, 10)->anon_vma);
	assert_int_equal(page(t, 1, 10)->owner, area(t, 1, 10)->anon_vma);
	assert_int_equal(page(t, 1, 10)->index, ARENA_PAGE);
}

/* A load takes nothing over. */
static void test_load_after_fork_changes_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nfork() = p1\np1: read(@0) = 2");
	assert_int_equal(page(t, 1, 0)->owner, area(t, 0, 0)->anon_vma);
	assert_false(page(t, 1, 0)->exclusive);
}

/* ---- rule 8: growing down ---- */

static void test_stack_grows_to_the_page_touched(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@40, +2" STACK "write(@36) = 0");
	expect_state(t, "p0 @36 +6 rw gd ac av=A\n"
			"p0 map_count=+1 total_vm=+6 stack_vm=+6\n"
			"A root=A parent=A children=1 active=1 refs=1");
	expect_pages(t, "p0 page @36 tag=2");
}

/* A load grows it too, and makes it faulted although it only maps the zero page. */
static void test_stack_grows_by_a_load(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@40, +2" STACK "read(@39) = 0");
	expect_areas(t, "p0 @39 +3 rw gd ac av=A");
	assert_int_equal(page(t, 0, 39)->state, PAGE_ZERO);
}

static void test_stack_grows_its_offset_goes_down(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@40, +2" STACK "write(@40)\nmremap(@40, +2, +2, maymove|fixed, @50)\n"
	       "write(@49)");
	expect_areas(t, "p0 @49 +3 rw gd ac pgoff=@39 av=A");
}

static void test_only_stacks_grow(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@40, +2" RW "write(@39) = SIGSEGV\nmmap(@50, +2" STACK "write(@52) = SIGSEGV");
}

/* The signal for a missing right comes behind the growing. */
static void test_stack_without_the_right_grows_all_the_same(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@40, +2, r, private|anonymous|fixed|growsdown, none, 0)\n"
	       "write(@39) = SIGSEGV");
	expect_areas(t, "p0 @39 +3 r gd av=A");
}

static void test_stack_keeps_the_gap(void **state)
{
	static const struct {
		const char *program, *areas, *why;
	} rows[] = {
		{ "mmap(@0, +1" RW "mmap(@40, +2" STACK "write(@39) = SIGSEGV",
		  "p0 @0 +1 rw ac\np0 @40 +2 rw gd ac", "less than 256 pages" },
		{ "mmap(@0, +1" RO "mmap(@40, +2" STACK "write(@39) = SIGSEGV",
		  "p0 @0 +1 r\np0 @40 +2 rw gd ac", "any access right counts" },
		{ "mmap(@0, +1, none, private|anonymous|fixed, none, 0)\nmmap(@40, +2" STACK
		  "write(@39) = 0",
		  "p0 @0 +1 none\np0 @39 +3 rw gd ac av=A", "not accessible below" },
		{ "mmap(@0, +1" STACK "mmap(@40, +2" STACK "write(@39) = 0",
		  "p0 @0 +1 rw gd ac\np0 @39 +3 rw gd ac av=A", "a stack below" },
		{ "mmap(@0, +1, none, private|anonymous|fixed, none, 0)\nmmap(@40, +2" STACK
		  "write(@1) = 0",
		  "p0 @0 +1 none\np0 @1 +41 rw gd ac av=A", "up to it, unmerged" },
		{ "mmap(@0, +1" RW "mmap(@258, +2" STACK "write(@257) = 0",
		  "p0 @0 +1 rw ac\np0 @257 +3 rw gd ac av=A", "256 pages stay" },
		{ "mmap(@0, +1" RW "mmap(@258, +2" STACK "write(@256) = SIGSEGV",
		  "p0 @0 +1 rw ac\np0 @258 +2 rw gd ac", "255 would" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_row(t, NULL, rows[i].program, rows[i].why);
		expect_areas(t, rows[i].areas);
	}
}

/* By then it is faulted. */
static void test_stack_beyond_its_limit_is_a_signal(void **state)
{
	struct testing *t = *state;

	t->model.config.rlimit_stack = 4;
	run(t, "mmap(@40, +2" STACK "write(@37) = SIGSEGV");
	expect_areas(t, "p0 @40 +2 rw gd ac av=A");
	run(t, "write(@38) = 0");
	expect_areas(t, "p0 @38 +4 rw gd ac av=A");
}

/* What lies between the executor's low addresses and the program's is not the program's. */
static void test_stack_does_not_grow_out_of_the_programs_addresses(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(0xa0000010000, +1" STACK "write(0x9ffffff0000) = SIGSEGV\n"
	       "write(0xa0000001000) = 0");
}

static void test_stack_locked_counts_what_it_grows(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@40, +2, rw, private|anonymous|fixed|growsdown|locked, none, 0)\nwrite(@37)");
	expect_counters(t, "p0 map_count=+1 total_vm=+5 stack_vm=+5 locked_vm=+5");
	restart(t, NULL);
	t->model.config.cap_ipc_lock = false;
	t->model.config.rlimit_memlock = 3;
	run(t, "mmap(@40, +2, rw, private|anonymous|fixed|growsdown|locked, none, 0)\n"
	       "write(@38) = SIGSEGV\nwrite(@39) = 0");
	expect_counters(t, "p0 map_count=+1 total_vm=+3 stack_vm=+3 locked_vm=+3");
}

/* ---- rule 9: filling ---- */

static void test_fill_private_writable_as_by_stores(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, private|anonymous|fixed|populate, none, 0)");
	expect_areas(t, "p0 @0 +2 rw ac av=A");
	assert_int_equal(page(t, 0, 1)->state, PAGE_ANON);
}

static void test_fill_others_as_by_loads(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, r, private|anonymous|fixed|populate, none, 0)\n"
	       "mmap(@4, +2, rw, shared|fixed|populate, m0, 0)\n"
	       "mmap(@8, +2, x, private|fixed|populate, m0, 0)");
	expect_graph(t, "");
	assert_int_equal(page(t, 0, 1)->state, PAGE_ZERO);
	assert_int_equal(page(t, 0, 5)->state, PAGE_FILE);
	assert_int_equal(page(t, 0, 9)->state, PAGE_FILE);
}

static void test_fill_leaves_out_lock_on_fault(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mlock2(@0, +2, onfault) = 0\nmmap(@2, +2" RW "mlock(@2, +2)\n"
	       "mlock2(@0, +4, onfault)");
	expect_pages(t, "p0 page @2 tag=0\n"
			"p0 page @3 tag=0");
}

static void test_fill_ends_where_a_page_cannot_be_had(void **state)
{
	static const struct {
		const char *program, *pages, *why;
	} rows[] = {
		{ "mmap(@0, +3" RW "madvise(@1, +1, guard_install)\nmlock(@0, +3) = ENOMEM",
		  "p0 page @0 tag=0\np0 page @1 guard", "a guard marker" },
		{ "mmap(@0, +2, none, private|anonymous|fixed, none, 0)\nmmap(@2, +2" RW
		  "mlock(@0, +4) = ENOMEM",
		  "", "no access right" },
		{ "mmap(@0, +3, rw, shared|fixed, m0, +23)\nmmap(@3, +1" RW
		  "mlock(@0, +4) = ENOMEM",
		  "p0 page @0 tag=0", "behind the end of the file" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_row(t, NULL, rows[i].program, rows[i].why);
		expect_pages(t, rows[i].pages);
	}
}

/* mlockall does not care: each area is filled as far as it can be. */
static void test_fill_ignoring_errors_goes_on_with_the_next_area(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, none, private|anonymous|fixed, none, 0)\nmmap(@2, +2" RW
	       "mlockall(current) = 0");
	expect_pages(t, "p0 page @2 tag=0\n"
			"p0 page @3 tag=0");
}

/* ---- pages that may go at any time ---- */

static void test_load_of_lazily_freed_page_adopts_zero(void **state)
{
	struct testing *t = *state;
	struct op_result got;

	run(t, "mmap(@0, +1" RW "write(@0)\nmadvise(@0, +1, free)");
	got = run_seen(t, "read(@0)", (struct op_result){ .err = 0, .value = 2 });
	assert_int_equal(got.value, 2);
	/* nothing but the content and 0 is permitted */
	got = run_seen(t, "read(@0)", (struct op_result){ .err = 0, .value = 9 });
	assert_int_equal(got.value, 2);
	got = run_seen(t, "read(@0)", (struct op_result){ .err = 0, .value = 0 });
	assert_int_equal(got.value, 0);
	/* once gone, it does not come back */
	got = run_seen(t, "read(@0)", (struct op_result){ .err = 0, .value = 2 });
	assert_int_equal(got.value, 0);
}

static void test_load_of_other_page_does_not_adopt_zero(void **state)
{
	struct testing *t = *state;
	struct op_result got;

	run(t, "mmap(@0, +1" RW "write(@0)");
	got = run_seen(t, "read(@0)", (struct op_result){ .err = 0, .value = 0 });
	assert_int_equal(got.value, 2);
}

/* Droppable memory may always go; a store does not change that. */
static void test_droppable_page_may_always_go(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, rw, droppable|anonymous|fixed, none, 0)\nwrite(@0)");
	expect_pages(t, "p0 page @0 may");
	run(t, "write(@0)");
	expect_pages(t, "p0 page @0 may");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fault_without_the_right_is_a_signal),
		TEST(test_fault_on_guard_is_a_signal),
		TEST(test_load_maps_the_zero_page_and_no_anon_vma),
		TEST(test_store_makes_an_anonymous_page),
		TEST(test_store_again_replaces_the_content),
		TEST(test_private_zero_is_anonymous_memory),
		TEST(test_private_file_load_shows_the_file),
		TEST(test_private_file_store_copies),
		TEST(test_private_file_copy_has_the_files_content),
		TEST(test_private_file_behind_the_end_is_sigbus),
		TEST(test_shared_store_makes_no_anon_vma),
		TEST(test_shared_behind_the_end_is_sigbus),
		TEST(test_shared_content_is_seen_by_all),
		TEST(test_shared_anonymous_mappings_are_apart),
		TEST(test_load_may_map_the_sixteen_pages_around),
		TEST(test_load_around_counts_from_the_start_of_the_area),
		TEST(test_load_around_ends_with_the_page_table),
		TEST(test_load_around_ends_with_area_and_file),
		TEST(test_load_around_of_private_files_too),
		TEST(test_load_around_is_said_in_the_snapshot),
		TEST(test_store_maps_nothing_around),
		TEST(test_load_around_keeps_what_is_mapped),
		TEST(test_store_after_fork_is_seen_by_one_side),
		TEST(test_store_after_fork_the_page_changes_owner_not_index),
		TEST(test_load_after_fork_changes_nothing),
		TEST(test_stack_grows_to_the_page_touched),
		TEST(test_stack_grows_by_a_load),
		TEST(test_stack_grows_its_offset_goes_down),
		TEST(test_only_stacks_grow),
		TEST(test_stack_without_the_right_grows_all_the_same),
		TEST(test_stack_keeps_the_gap),
		TEST(test_stack_beyond_its_limit_is_a_signal),
		TEST(test_stack_does_not_grow_out_of_the_programs_addresses),
		TEST(test_stack_locked_counts_what_it_grows),
		TEST(test_fill_private_writable_as_by_stores),
		TEST(test_fill_others_as_by_loads),
		TEST(test_fill_leaves_out_lock_on_fault),
		TEST(test_fill_ends_where_a_page_cannot_be_had),
		TEST(test_fill_ignoring_errors_goes_on_with_the_next_area),
		TEST(test_load_of_lazily_freed_page_adopts_zero),
		TEST(test_load_of_other_page_does_not_adopt_zero),
		TEST(test_droppable_page_may_always_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
