/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fork and exit: what a child gets and what it does not. The numbers are those of the rules in
 * op_fork.c; the anon_vma graph is tested in test_anon_vma.c.
 */
#include "testing.h"

/* ---- rule 1 ---- */

static void test_fork_copies_all_areas(void **state)
{
	struct testing *t = *state;

	run(t,
	    "mmap(@0, +2" RW "mmap(@4, +2, r, shared|fixed, m0, +3)\n"
	    "mmap(@8, +2, rw, private|fixed, m1, 0)\nmadvise(@8, +1, dontdump)\nmseal(@4, +2, 0)\n"
	    "fork() = p1");
	expect_state(t, "p0 @0 +2 rw ac\n"
			"p0 @4 +2 r sh sl f1+3\n"
			"p0 @8 +1 rw ac dd f2+0\n"
			"p0 @9 +1 rw ac f2+1\n"
			"p1 @0 +2 rw ac\n"
			"p1 @4 +2 r sh sl f1+3\n"
			"p1 @8 +1 rw ac dd f2+0\n"
			"p1 @9 +1 rw ac f2+1\n"
			"p0 map_count=+4 total_vm=+6 data_vm=+4\n"
			"p1 map_count=+4 total_vm=+6 data_vm=+4");
}

static void test_fork_leaves_out_dontcopy(void **state)
{
	struct testing *t = *state;

	run(t,
	    "mmap(@0, +6" RW "madvise(@2, +2, dontfork)\nmmap(@8, +3, rx, private|anonymous|fixed, "
	    "none, 0)\nmadvise(@8, +3, dontfork)\nfork() = p1");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw dc ac\n"
			"p0 @4 +2 rw ac\n"
			"p0 @8 +3 rx dc\n"
			"p1 @0 +2 rw ac\n"
			"p1 @4 +2 rw ac");
	expect_counters(t, "p0 map_count=+4 total_vm=+9 data_vm=+6 exec_vm=+3\n"
			   "p1 map_count=+2 total_vm=+4 data_vm=+4");
}

static void test_fork_inherits_no_locks(void **state)
{
	struct testing *t = *state;

	t->model.config.base_locked_vm = 7;
	run(t, "mmap(@0, +2" RW "mlock2(@0, +2, onfault)\nmlockall(future)\nmmap(@4, +2" RW
	       "fork() = p1\np1: mmap(@8, +2" RW);
	expect_areas(t, "p0 @0 +2 rw lo lf ac\n"
			"p0 @4 +2 rw lo ac av=A\n"
			"p1 @0 +2 rw ac\n"
			"p1 @4 +2 rw ac av=B chain=B,A\n"
			"p1 @8 +2 rw ac");
	/* nor what was locked before the program began */
	expect_counters(t, "p0 map_count=+2 total_vm=+4 data_vm=+4 locked_vm=+4 def=lo\n"
			   "p1 map_count=+3 total_vm=+6 data_vm=+6 locked_vm=-7");
}

/* Areas that have become equal stay apart: nothing changes them. */
static void test_fork_merges_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "mlock2(@2, +2, onfault)\nfork() = p1");
	assert_int_equal(t->model.merge_count, 0);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw lo lf ac\n"
			"p1 @0 +2 rw ac\n"
			"p1 @2 +2 rw ac");
}

/* ---- rule 2 ---- */

static void test_fork_wipes_what_is_to_be_wiped(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nmremap(@0, +2, +2, maymove|fixed, @10)\n"
	       "madvise(@10, +2, wipeonfork)\nfork() = p1\nread(@10) = 2\np1: read(@10) = 0");
	expect_areas(t, "p0 @10 +2 rw ac wf pgoff=@0 av=A\n"
			"p1 @10 +2 rw ac wf pgoff=@0");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1");
}

static void test_fork_wipes_droppable_and_its_guards(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, droppable|anonymous|fixed, none, 0)\nwrite(@0)\n"
	       "madvise(@1, +1, guard_install) = 0\nfork() = p1\np1: write(@1) = 0\n"
	       "write(@1) = SIGSEGV");
}

/* ---- rules 3 and 4 ---- */

static void test_fork_shares_anonymous_pages_until_written(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nfork() = p1");
	assert_false(page(t, 0, 0)->exclusive);
	assert_false(page(t, 1, 0)->exclusive);
	run(t, "write(@0)\np1: read(@0) = 2\nread(@0) = 4\np1: write(@0)\nread(@0) = 4\n"
	       "p1: read(@0) = 7");
	assert_true(page(t, 0, 0)->exclusive);
	assert_true(page(t, 1, 0)->exclusive);
}

/* What a fault gives again is not copied, as long as the area is unfaulted. */
static void test_fork_of_unfaulted_copies_no_pages(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "read(@0) = 0\nmmap(@4, +1, rw, shared|fixed, m0, 0)\nwrite(@4)\n"
	       "mmap(@8, +1, r, private|fixed, m0, 0)\nread(@8) = 4\nfork() = p1");
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @4 tag=4\n"
			"p0 page @8 tag=4");
	run(t, "p1: read(@4) = 4\np1: read(@8) = 4");
}

static void test_fork_of_faulted_copies_all_pages(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +3" RW "write(@0)\nread(@1) = 0\nmadvise(@2, +1, guard_install)\n"
	       "fork() = p1");
	expect_pages(t, "p0 page @0 tag=2\n"
			"p0 page @1 tag=0\n"
			"p0 page @2 guard\n"
			"p1 page @0 tag=2\n"
			"p1 page @1 tag=0\n"
			"p1 page @2 guard");
}

/* Guards of a file's area: by its anon_vma in older kernels, by MAYBE_GUARD in newer ones. */
static void test_fork_copies_guards_of_files(void **state)
{
	static const char program[] = "mmap(@0, +2, rw, shared|fixed, m0, 0)\n"
				      "madvise(@0, +1, guard_install)\nfork() = p1\n"
				      "p1: write(@0) = SIGSEGV\np1: write(@1) = 0";
	struct testing *t = *state;

	run_with(t, "guard_flag=yes,guard_prepares_anon=anon_only", program);
	expect_areas(t, "p0 @0 +2 rw sh gu f1+0\n"
			"p1 @0 +2 rw sh gu f1+0");
	run_with(t, "guard_flag=no,guard_prepares_anon=all", program);
	expect_areas(t, "p0 @0 +2 rw sh f1+0 av=A\n"
			"p1 @0 +2 rw sh f1+0 av=B chain=B,A");
}

/* ---- rule 5 ---- */

static void test_fork_more_than_can_be_is_eagain(void **state)
{
	struct testing *t = *state;

	run(t, "fork() = p1\nfork() = p2\np2: fork() = p3\nfork() = p4\nfork() = p5\n"
	       "fork() = EAGAIN\np1: exit() = 0\nfork() = EAGAIN");
	assert_int_equal(t->model.proc_count, PROCS_MAX);
}

/* ---- rule 6 ---- */

static void test_exit_unmaps_everything(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nfork() = p1\np1: mmap(@4, +2" RW "p1: exit() = 0");
	expect_state(t, "p0 @0 +2 rw ac av=A\n"
			"p0 map_count=+1 total_vm=+2 data_vm=+2\n"
			"A root=A parent=A children=1 active=1 refs=1");
	expect_pages(t, "p0 page @0 tag=2");
}

static void test_exit_of_the_first_leaves_the_others(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nfork() = p1\nexit() = 0\np1: read(@0) = 2");
	expect_areas(t, "p1 @0 +2 rw ac av=A chain=A,B");
	/* p0 is nobody now: its operations go to one that lives */
	run(t, "write(@0) = 0\np1: read(@0) = 6");
}

static void test_exit_of_the_last_is_ebusy(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "exit() = EBUSY\nfork() = p1\nexit() = 0\np1: exit() = EBUSY");
	expect_areas(t, "p1 @0 +2 rw ac");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fork_copies_all_areas),
		TEST(test_fork_leaves_out_dontcopy),
		TEST(test_fork_inherits_no_locks),
		TEST(test_fork_merges_nothing),
		TEST(test_fork_wipes_what_is_to_be_wiped),
		TEST(test_fork_wipes_droppable_and_its_guards),
		TEST(test_fork_shares_anonymous_pages_until_written),
		TEST(test_fork_of_unfaulted_copies_no_pages),
		TEST(test_fork_of_faulted_copies_all_pages),
		TEST(test_fork_copies_guards_of_files),
		TEST(test_fork_more_than_can_be_is_eagain),
		TEST(test_exit_unmaps_everything),
		TEST(test_exit_of_the_first_leaves_the_others),
		TEST(test_exit_of_the_last_is_ebusy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
