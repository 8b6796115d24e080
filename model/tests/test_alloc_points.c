/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each allocation that fails leads to: the effects that alloc_points.def promises. Every
 * point of the table is met by a row here.
 */
#include "testing.h"

#define MAP(page, pages) "mmap(@" #page ", +" #pages RW
#define LOCKED ", rw, private|anonymous|fixed|locked, none, 0)\n"

/* The last operation of @program fails at @point; then there are these areas. */
struct failure {
	enum alloc_point point;
	const char *rules, *program, *areas, *why;
};

static const struct failure failures[] = {
	/* munmap and all that unmaps */
	{ ALLOC_SPLIT, NULL, MAP(0, 9) "munmap(@3, +3) fail_nth=1 = ENOMEM", "p0 @0 +9 rw ac",
	  "the first cut" },
	{ ALLOC_SPLIT, NULL, MAP(0, 9) "munmap(@3, +3) fail_nth=2 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @3 +6 rw ac", "the second cut: the first stays" },
	{ ALLOC_DETACH, NULL, MAP(0, 9) "munmap(@3, +3) fail_nth=3 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @3 +3 rw ac\np0 @6 +3 rw ac", "both cuts stay" },
	{ ALLOC_DETACH, NULL,
	  MAP(0, 2) "mmap(@2, +2" RO "mmap(@4, +2" RW "munmap(@1, +4) fail_nth=2 = ENOMEM",
	  "p0 @0 +1 rw ac\np0 @1 +1 rw ac\np0 @2 +2 r\np0 @4 +2 rw ac",
	  "the last area is not cut any more" },
	{ ALLOC_SPLIT, NULL, MAP(0, 9) "write(@0)\nmunmap(@3, +3) fail_nth=1 = ENOMEM",
	  "p0 @0 +9 rw ac av=A", "nobody else got the anon_vma" },
	{ ALLOC_SPLIT, NULL, MAP(0, 4) "mremap(@0, +4, +2, 0, @0) fail_nth=1 = ENOMEM",
	  "p0 @0 +4 rw ac", "shrinking" },
	{ ALLOC_SPLIT, NULL,
	  MAP(0, 2) MAP(9, 9) "mremap(@0, +2, +2, maymove|fixed, @12) fail_nth=2 = ENOMEM",
	  "p0 @0 +2 rw ac\np0 @9 +3 rw ac\np0 @12 +6 rw ac", "clearing the destination" },
	/* mmap */
	{ ALLOC_SPLIT, "mmap_fixed_atomic=yes",
	  MAP(0, 9) "mmap(@3, +3, r, private|anonymous|fixed, none, 0) fail_nth=2 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @3 +6 rw ac", "MAP_FIXED keeps what was there" },
	{ ALLOC_NEW_AREA, NULL,
	  MAP(0, 9) "mmap(@3, +3, r, private|anonymous|fixed, none, 0) fail_nth=4 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @6 +3 rw ac", "too late to keep it" },
	{ ALLOC_NEW_AREA, "v6.1",
	  MAP(0, 9) "mmap(@3, +3, r, private|anonymous|fixed, none, 0) fail_nth=4 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @6 +3 rw ac", "and never was" },
	{ ALLOC_MERGE_NEW, NULL,
	  MAP(0, 3) "mmap(@3, +3, rw, private|anonymous|fixed, none, 0) fail_nth=1 = @3",
	  "p0 @0 +3 rw ac\np0 @3 +3 rw ac", "only not merged" },
	{ ALLOC_MERGE_NEW, "v6.1",
	  MAP(0, 3) "mmap(@3, +3, rw, private|anonymous|fixed, none, 0) fail_nth=1 = @3",
	  "p0 @0 +3 rw ac\np0 @3 +3 rw ac", "in the chained merge too" },
	/* flags */
	{ ALLOC_MERGE_MODIFY, "merge_nomem_fails=yes",
	  MAP(0, 3) "mmap(@3, +3" RO "mprotect(@3, +2, rw) fail_nth=1 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @3 +3 r", "no memory to merge: an error" },
	{ ALLOC_MERGE_MODIFY, "merge_nomem_fails=no",
	  MAP(0, 3) "mmap(@3, +3" RO "mprotect(@3, +2, rw) fail_nth=1 = 0",
	  "p0 @0 +3 rw ac\np0 @3 +2 rw ac\np0 @5 +1 r", "no memory to merge: cut instead" },
	{ ALLOC_MERGE_MODIFY, "merge_nomem_fails=no",
	  MAP(0, 3) "mmap(@3, +3" RO "mprotect(@3, +3, rw) fail_nth=1 = 0",
	  "p0 @0 +3 rw ac\np0 @3 +3 rw ac", "or changed as it is" },
	{ ALLOC_SPLIT, NULL, MAP(0, 9) "mprotect(@3, +3, r) fail_nth=2 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @3 +6 rw ac", "the first cut stays" },
	{ ALLOC_MERGE_MODIFY, NULL,
	  MAP(0, 3) "mmap(@3, +3" RWX "mprotect(@0, +5, r) fail_nth=1 = ENOMEM",
	  "p0 @0 +3 r\np0 @3 +3 rwx ac", "areas before it are changed" },
	{ ALLOC_SPLIT, NULL, MAP(0, 9) "madvise(@3, +3, dontfork) fail_nth=1 = EAGAIN",
	  "p0 @0 +9 rw ac", "another errno" },
	{ ALLOC_KSM_ENTER, NULL, MAP(0, 9) "madvise(@3, +3, mergeable) fail_nth=1 = EAGAIN",
	  "p0 @0 +9 rw ac", "before any cut" },
	{ ALLOC_SPLIT, NULL, MAP(0, 9) "mlock(@3, +3) fail_nth=1 = ENOMEM", "p0 @0 +9 rw ac",
	  "locking" },
	{ ALLOC_SPLIT, NULL, MAP(0, 9) "mseal(@3, +3, 0) fail_nth=2 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @3 +6 rw ac", "sealing" },
	{ ALLOC_MERGE_MODIFY, "merge_nomem_fails=yes",
	  "mmap(@0, +3" LOCKED MAP(3, 3) "mmap(@9, +3" LOCKED "munlockall() fail_nth=1 = 0",
	  "p0 @0 +3 rw lo ac av=A\np0 @3 +3 rw ac\np0 @9 +3 rw ac av=B",
	  "munlockall goes on with the next area" },
	/* mremap */
	{ ALLOC_MERGE_NEW, NULL, MAP(0, 3) "mremap(@0, +3, +5, maymove, @0) fail_nth=1 = ENOMEM",
	  "p0 @0 +3 rw ac", "growing in place: no reason to move" },
	{ ALLOC_COPY_AREA, NULL,
	  MAP(0, 3) "mmap(@9, +9" RO "mremap(@0, +3, +3, maymove|fixed, @12) fail_nth=4 = ENOMEM",
	  "p0 @0 +3 rw ac\np0 @9 +3 r\np0 @15 +3 r",
	  "the destination has been cleared" },
	{ ALLOC_MERGE_NEW, NULL,
	  MAP(0, 3) "mmap(@9, +3" RW "mremap(@0, +3, +3, maymove|fixed, @12) fail_nth=1 = @12",
	  "p0 @9 +3 rw ac\np0 @12 +3 rw ac", "not merged at the destination" },
	{ ALLOC_SPLIT, NULL,
	  MAP(0, 9) "mlock2(@0, +9, onfault)\n"
	  "mremap(@3, +3, +3, maymove|fixed|dontunmap, @20) fail_nth=2 = ENOMEM",
	  "p0 @0 +3 rw lo lf ac\np0 @3 +6 rw lo lf ac", "cutting off what is locked" },
	{ ALLOC_MOVE_PAGES, NULL,
	  MAP(0, 3) "write(@0)\nmremap(@0, +3, +3, maymove|fixed, @9) fail_nth=2 = ENOMEM",
	  "p0 @0 +3 rw ac av=A", "all is as before" },
	{ ALLOC_MOVE_PAGES, NULL,
	  "mmap(@0, +3" LOCKED "mremap(@0, +3, +5, maymove|fixed, @9) fail_nth=2 = ENOMEM",
	  "p0 @0 +3 rw lo ac av=A", "locked_vm too (F4)" },
	{ ALLOC_MOVE_PAGES, NULL,
	  MAP(0, 3) "write(@0)\n" MAP(9, 3) "mremap(@0, +3, +3, maymove|fixed, @20)\n"
	  "mremap(@9, +3, +3, maymove|fixed, @3)\nmremap(@20, +3, +3, maymove|fixed, @0) "
	  "fail_nth=2 = ENOMEM",
	  "p0 @3 +3 rw ac av=A\np0 @20 +3 rw ac pgoff=@0 av=A",
	  "who would have taken it in keeps the anon_vma" },
	{ ALLOC_SPLIT, NULL,
	  MAP(0, 9) "write(@4)\nmremap(@3, +3, +3, maymove|fixed, @20) fail_nth=3 = @20",
	  "p0 @0 +9 rw ac av=A\np0 @20 +3 rw ac pgoff=@3 av=A", "the source stays" },
	{ ALLOC_SPLIT, "move_unaccounts=on",
	  MAP(0, 9) "write(@4)\nmremap(@3, +3, +3, maymove|fixed, @20) fail_nth=3 = @20",
	  "p0 @0 +9 rw av=A\np0 @20 +3 rw ac pgoff=@3 av=A",
	  "the source stays, and is not accounted any more" },
	{ ALLOC_SPLIT, "move_unaccounts=on",
	  MAP(0, 9) "write(@4)\nmremap(@3, +3, +3, maymove|fixed, @20) fail_nth=4 = @20",
	  "p0 @0 +3 rw av=A\np0 @3 +6 rw av=A\np0 @20 +3 rw ac pgoff=@3 av=A",
	  "nor is any part of it" },
	{ ALLOC_DETACH, "move_unaccounts=on",
	  MAP(0, 3) "mremap(@0, +3, +3, maymove|fixed, @20) fail_nth=3 = @20",
	  "p0 @0 +3 rw\np0 @20 +3 rw ac", "all of it" },
	/* brk, mbind, names, remap_file_pages */
	{ ALLOC_NEW_AREA, NULL, "brk(@40) = @40\nbrk(@43) fail_nth=1 = @40", "p0 nothing",
	  "the break stays" },
	{ ALLOC_MERGE_NEW, NULL, "brk(@43)\nbrk(@45) fail_nth=1 = @43", "p0 @40 +3 rw ac",
	  "and is not continued by an area of its own" },
	{ ALLOC_SPLIT, NULL, "brk(@43)\nbrk(@42) fail_nth=1 = @43", "p0 @40 +3 rw ac",
	  "nor does it shrink" },
	{ ALLOC_POLICY, NULL, MAP(0, 3) "mbind(@0, +2, bind) fail_nth=1 = ENOMEM",
	  "p0 @0 +3 rw ac", "no policy" },
	{ ALLOC_POLICY_COPY, NULL, MAP(0, 3) "mbind(@0, +2, bind) fail_nth=3 = ENOMEM",
	  "p0 @0 +2 rw ac\np0 @2 +1 rw ac", "no policy for the area, which is cut" },
	{ ALLOC_POLICY_COPY, NULL,
	  MAP(0, 3) "mbind(@0, +2, bind)\nmbind(@2, +1, bind) fail_nth=3 = ENOMEM",
	  "p0 @0 +3 rw ac pol=bind", "merged with what has it" },
	{ ALLOC_NAME, NULL, MAP(0, 3) "set_vma_name(@0, +2, a) fail_nth=1 = ENOMEM",
	  "p0 @0 +3 rw ac", "no copy of the name" },
	{ ALLOC_SPLIT, NULL, MAP(0, 3) "set_vma_name(@0, +2, a) fail_nth=2 = EAGAIN",
	  "p0 @0 +3 rw ac", "no cut for it" },
	{ ALLOC_KSM_ENTER, NULL, MAP(0, 3) "memory_merge(on) fail_nth=1 = ENOMEM",
	  "p0 @0 +3 rw ac", "KSM is not told" },
	{ ALLOC_UFFD_OPEN, NULL, MAP(0, 3) "uffd_open(0) fail_nth=1 = ENOMEM", "p0 @0 +3 rw ac",
	  "no descriptor" },
	{ ALLOC_MERGE_MODIFY, "merge_nomem_fails=yes",
	  MAP(0, 3) "uffd_open(0)\nuffd_register(u0, @0, +2, missing)\n"
	  "uffd_close(u0) fail_nth=1 = 0",
	  "p0 @0 +2 rw ac\np0 @2 +1 rw ac", "unregistered all the same" },
	{ ALLOC_MERGE_MODIFY, "merge_nomem_fails=yes",
	  MAP(0, 3) "uffd_open(0)\nuffd_register(u0, @0, +2, missing)\n"
	  "uffd_register(u0, @2, +1, missing) fail_nth=1 = ENOMEM",
	  "p0 @0 +2 rw um ac uffd=1\np0 @2 +1 rw ac", "but not registered" },
	{ ALLOC_NEW_AREA, NULL,
	  "mmap(@0, +3, rw, shared|fixed, m0, 0)\nremap_file_pages(@1, +1, 0, +7) "
	  "fail_nth=4 = ENOMEM",
	  "p0 @0 +1 rw sh f1+0\np0 @2 +1 rw sh f1+2", "as mmap" },
	/* fork, faults */
	{ ALLOC_FORK, NULL, MAP(0, 3) "write(@0)\nfork() fail_nth=1 = ENOMEM",
	  "p0 @0 +3 rw ac av=A", "no child" },
	{ ALLOC_FAULT, NULL, MAP(0, 3) "write(@0) fail_nth=1 = ENOMEM", "p0 @0 +3 rw ac",
	  "a store: still unfaulted" },
	{ ALLOC_FAULT_PAGE, NULL, MAP(0, 3) "write(@0) fail_nth=2 = ENOMEM", "p0 @0 +3 rw ac av=A",
	  "a store: faulted, without a page" },
	{ ALLOC_FAULT, NULL, MAP(0, 3) "read(@0) fail_nth=1 = ENOMEM", "p0 @0 +3 rw ac",
	  "a load" },
	{ ALLOC_FAULT_PAGE, NULL,
	  "mmap(@0, +30, rw, private|fixed, m0, 0)\nwrite(@29) fail_nth=2 = ENOMEM",
	  "p0 @0 +30 rw ac f1+0 av=A", "before the end of the file is looked at" },
	{ ALLOC_STACK, NULL,
	  "mmap(@8, +2, rw, private|anonymous|fixed|growsdown, none, 0)\n"
	  "write(@7) fail_nth=1 = SIGSEGV",
	  "p0 @8 +2 rw gd ac", "a stack does not grow" },
	{ ALLOC_GUARD_ANON_VMA, "guard_flag=yes",
	  MAP(0, 3) "madvise(@0, +1, guard_install) fail_nth=1 = ENOMEM", "p0 @0 +3 rw gu ac",
	  "MAYBE_GUARD comes first" },
	{ ALLOC_GUARD_ANON_VMA, "guard_flag=no",
	  MAP(0, 3) "madvise(@0, +1, guard_install) fail_nth=1 = ENOMEM", "p0 @0 +3 rw ac",
	  "where there is such a flag" },
	{ ALLOC_GUARD_PAGES, NULL, MAP(0, 3) "madvise(@0, +1, guard_install) fail_nth=2 = ENOMEM",
	  "p0 @0 +3 rw gu ac av=A", "faulted, without a marker" },
};

static void run_failure(struct testing *t, const struct failure *f)
{
	run_row(t, f->rules, f->program, f->why);
	if (t->model.failed != f->point)
		refuse(t, "expected %s to fail, it was %s", alloc_point_descs[f->point].name,
		       alloc_point_descs[t->model.failed].name);
	expect_areas(t, f->areas);
}

static void test_failure_has_its_effect(void **state)
{
	for (u32 i = 0; i < ARRAY_SIZE(failures); i++)
		run_failure(*state, &failures[i]);
}

static void test_failure_of_every_point_is_tried_here(void **state)
{
	bool tried[ALLOC_POINT_COUNT] = { true };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(failures); i++)
		tried[failures[i].point] = true;
	for (u32 i = 0; i < ALLOC_POINT_COUNT; i++)
		if (!tried[i])
			fail_msg("nothing tries %s", alloc_point_descs[i].name);
}

/* ---- filling ---- */

static void test_filling_that_fails_at_first_ends_the_area(void **state)
{
	struct testing *t = *state;

	run(t, MAP(0, 2) "mmap(@2, +2" RO "mlock(@0, +4) fail_nth=1 = EAGAIN");
	expect_areas(t, "p0 @0 +2 rw lo ac\np0 @2 +2 r lo");
	expect_pages(t, "");
	restart(t, NULL);
	/* mlockall passes it over and goes on with the next area */
	run(t, MAP(0, 2) "mmap(@2, +2" RO "mlockall(current) fail_nth=1 = 0");
	expect_pages(t, "p0 page @2 tag=0\np0 page @3 tag=0");
	restart(t, NULL);
	run(t, "mmap(@0, +2, rw, private|anonymous|fixed|populate, none, 0) fail_nth=2 = @0");
	expect_pages(t, "");
	restart(t, NULL);
	run(t, MAP(0, 2) "madvise(@0, +2, populate_write) fail_nth=1 = ENOMEM");
	expect_pages(t, "");
}

static void test_filling_that_fails_later_is_tried_again(void **state)
{
	struct testing *t = *state;

	run(t, MAP(0, 2) "mlock(@0, +2) fail_nth=3 = 0");
	assert_int_equal(t->model.failed, ALLOC_FAULT);
	expect_pages(t, "p0 page @0 tag=0\np0 page @1 tag=0");
	run_with(t, "populate_hole_stops=yes",
		 MAP(0, 1) "mmap(@1, +1" RWX "madvise(@0, +2, populate_write) fail_nth=3 = 0");
	assert_int_equal(t->model.failed, ALLOC_FAULT);
	run_with(t, "populate_hole_stops=no",
		 MAP(0, 1) "mmap(@1, +1" RWX "madvise(@0, +2, populate_write) fail_nth=3 = ENOMEM");
	/* So is a page that is to wait for its userfaultfd; that attempt may find no memory. */
	run_with(t, "populate_hole_stops=yes",
		 "uffd_open(0) = u0\n" MAP(0, 2) "uffd_register(u0, @1, +1, missing) = 0\n"
		 "madvise(@0, +2, populate_write) fail_nth=4 = EFAULT\n"
		 "madvise(@0, +2, populate_write) fail_nth=2 = ENOMEM");
}

/* mprotect makes one attempt only. */
static void test_filling_by_mprotect_stops_where_it_fails(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +3, r, private|anonymous|fixed|locked, none, 0)\n"
	       "madvise(@0, +3, dontneed_locked)\n"
	       "mprotect(@0, +3, rw) fail_nth=3 = 0");
	expect_areas(t, "p0 @0 +3 rw lo ac av=A");
	expect_pages(t, "p0 page @0 tag=0");
}

/* ---- pages ---- */

static void test_pages_stay_with_a_source_whose_move_fails(void **state)
{
	struct testing *t = *state;

	run(t, MAP(0, 2) "write(@1)\nmremap(@0, +2, +2, maymove|fixed, @9) fail_nth=2 = ENOMEM\n"
	       "read(@1) = 2");
	restart(t, NULL);
	/* and are gone from one that could not be unmapped */
	run(t, MAP(0, 2) "write(@1)\nmremap(@0, +2, +2, maymove|fixed, @9) fail_nth=3 = @9\n"
	       "read(@1) = 0\nread(@10) = 2");
	expect_counters(t, "p0 map_count=+2 total_vm=+4 data_vm=+4");
}

static void test_guard_markers_stand_up_to_the_missing_table(void **state)
{
	struct testing *t = *state;

	/* the middle of the arena is where a page table begins */
	run(t, "mmap(@30, +4" RO "madvise(@30, +4, guard_install) fail_nth=3 = ENOMEM\n"
	       "read(@31) = SIGSEGV\nread(@32) = 0");
	assert_int_equal(page(t, 0, 30)->state, PAGE_GUARD);
}

/* A child that could not be made leaves no trace in the graph. */
static void test_fork_that_fails_leaves_the_graph(void **state)
{
	struct testing *t = *state;

	run(t, MAP(0, 2) "write(@1)\nfork() fail_nth=1 = ENOMEM");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1");
	assert_int_equal(t->model.proc_count, 1);
	run(t, "fork() = p1");
}

/* ---- the model as a whole ---- */

static void test_point_beyond_the_last_fails_nothing(void **state)
{
	struct testing *t = *state;

	run(t, MAP(0, 9) "munmap(@3, +3) fail_nth=4 = 0");
	assert_int_equal(t->model.failed, ALLOC_NONE);
	assert_int_equal(t->model.points_met, 3);
	run(t, "munmap(@0, +1) = 0");
	assert_int_equal(t->model.failed, ALLOC_NONE);
}

static void test_copy_is_equal_and_goes_its_own_way(void **state)
{
	struct testing *t = *state;
	struct model *copy = malloc(sizeof(*copy));
	struct snapshot *snap = malloc(sizeof(*snap));
	u64 before;
	struct diag diag;

	assert_non_null(copy);
	assert_non_null(snap);
	memset(copy, 0xa5, sizeof(*copy));
	run(t, MAP(0, 9) "write(@4)\nmprotect(@2, +2, r)\n"
	       "mmap(@20, +2, rw, shared|fixed, m0, 0)\nwrite(@21)\nfork()\np1: write(@5)");
	model_copy(copy, &t->model);
	model_snapshot(&t->model, &t->snap, true);
	before = snap_digest(&t->snap);
	run(t, "p1: munmap(@0, +9)\nwrite(@21)\nbrk(@44)\nuffd_open(0)\np1: exit()");
	model_snapshot(copy, snap, true);
	assert_int_equal(snap_digest(snap), before);
	assert_true(model_check(copy, &diag));
	model_copy(&t->model, copy);
	run(t, "read(@21) = 5\np1: read(@5) = 7\nbrk(@44) = @44\nuffd_open(0) = u0");
	free(snap);
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_failure_has_its_effect),
		TEST(test_failure_of_every_point_is_tried_here),
		TEST(test_filling_that_fails_at_first_ends_the_area),
		TEST(test_filling_that_fails_later_is_tried_again),
		TEST(test_filling_by_mprotect_stops_where_it_fails),
		TEST(test_pages_stay_with_a_source_whose_move_fails),
		TEST(test_guard_markers_stand_up_to_the_missing_table),
		TEST(test_fork_that_fails_leaves_the_graph),
		TEST(test_point_beyond_the_last_fails_nothing),
		TEST(test_copy_is_equal_and_goes_its_own_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
