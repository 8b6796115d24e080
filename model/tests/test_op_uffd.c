/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userfaultfd: the operations, and what others do to what is registered. The numbers are those of
 * the rules in op_uffd.c; faults are rule 10 of fault.c, moves rule 4 of op_mremap_move.c.
 */
#include "testing.h"

/* "mmap(@0, +4" SHARED: shared memory. */
#define SHARED ", rw, shared|anonymous|fixed, none, 0)\n"

/* Rule 1. */
static void test_open_is_limited(void **state)
{
	run(*state, "uffd_open(0) = u0\nuffd_open(wp_async) = u1\nuffd_close(u0) = 0\n"
		    "uffd_open(event_fork) = u2\nuffd_open(event_remap|0x100000000) = EINVAL\n"
		    "uffd_open(event_fork|event_remap) = u3\nuffd_open(0) = EMFILE\n"
		    "uffd_open(0x100000000) = EMFILE");
}

/* Rule 2. */
static void test_open_features_of_the_kernel(void **state)
{
	run_with(*state, "uffd_wp_async=no",
		 "uffd_open(wp_async) = EINVAL\nuffd_open(event_fork|event_remap) = u0");
}

/* Rule 3. */
static void test_descriptor_of_nobody_and_of_others_is_ebadf(void **state)
{
	run(*state, "mmap(@0, +4" RW "uffd_register(u0, @0, +4, missing) = EBADF\n"
		    "uffd_unregister(u0, @0, +4) = EBADF\nuffd_close(u0) = EBADF\n"
		    "uffd_open(0) = u0\nfork() = p1\np1: uffd_register(u0, @0, +4, 0) = EBADF\n"
		    "p1: uffd_unregister(u0, @0, +4) = EBADF\np1: uffd_close(u0) = EBADF\n"
		    "p1: uffd_open(0) = u1\nuffd_register(u1, @0, +4, missing) = EBADF\n"
		    "uffd_close(u0) = 0\nuffd_close(u0) = EBADF\n"
		    "uffd_register(u0, @0, +4, missing) = EBADF");
}

/* Rule 3. */
static void test_register_bad_arguments_are_einval(void **state)
{
	run(*state, "mmap(@0, +4" RW "uffd_open(0) = u0\nuffd_register(u0, @0, +4, 0) = EINVAL\n"
		    "uffd_register(u0, @0, +4, missing|0x100000000) = EINVAL\n"
		    "uffd_register(u0, @0+0x8, +4, missing) = EINVAL\n"
		    "uffd_register(u0, @0, 0x1001, missing) = EINVAL\n"
		    "uffd_register(u0, @0, 0, missing) = EINVAL\n"
		    "uffd_register(u0, 0x7ffffffff000, +1, missing) = EINVAL\n"
		    "uffd_register(u0, 0x7fffffffe000, +2, missing) = EINVAL\n"
		    "uffd_register(u0, @0, 0x8000000000000000, missing) = EINVAL\n"
		    "uffd_register(u0, @8, +4, missing) = EINVAL\n"
		    "uffd_unregister(u0, @8, +4) = EINVAL\nuffd_unregister(u0, @0, 0) = EINVAL\n"
		    "uffd_unregister(u0, @0+0x8, +1) = EINVAL");
	expect_areas(*state, "p0 @0 +4 rw ac");
}

/* Rule 3: what "behind" means. */
static void test_register_nothing_behind_was_enomem(void **state)
{
	struct testing *t = *state;

	restart(t, "uffd_nothing_einval=no");
	t->model.config.base_end = ARENA_PAGE + 4;
	run(t, "uffd_open(0) = u0\nuffd_register(u0, @3, +1, missing) = EINVAL\n"
	       "uffd_register(u0, @4, +1, missing) = ENOMEM\n"
	       "uffd_unregister(u0, @4, +1) = ENOMEM\nmmap(@8, +1" RW
	       "uffd_register(u0, @4, +1, missing) = EINVAL\n"
	       "uffd_register(u0, @9, +1, missing) = ENOMEM");
}

/* Rule 4: nothing is changed if any area is in the way. */
static void test_register_looks_before_it_changes(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mmap(@2, +2, rw, droppable|anonymous|fixed, none, 0)\n"
	       "mmap(@4, +2, r, shared|fixed, m0ro, 0)\nuffd_open(0) = u0\nuffd_open(0) = u1\n"
	       "uffd_register(u0, @0, +4, missing) = EINVAL\n"
	       "uffd_register(u0, @4, +2, wp) = EPERM\nuffd_register(u0, @0, +6, wp) = EINVAL\n"
	       "uffd_register(u0, @0, +2, minor) = EINVAL\nmmap(@6, +2" RW
	       "uffd_register(u1, @6, +2, wp) = 0\nmunmap(@2, +4)\n"
	       "uffd_register(u0, @0, +8, wp) = EBUSY");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @6 +2 rw uw ac uffd=1");
}

static void test_register_modes_of_kinds_of_memory(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nmmap(@0, +1" SHARED "mmap(@2, +1, rw, private|fixed, m0, 0)\n"
	       "mmap(@4, +1, rw, private|fixed, zero, 0)\n"
	       "uffd_register(u0, @0, +1, missing|wp|minor) = 0\n"
	       "uffd_register(u0, @2, +1, minor) = 0\nuffd_register(u0, @4, +1, minor) = EINVAL\n"
	       "uffd_register(u0, @4, +1, missing) = 0");
	expect_areas(t, "p0 @0 +1 rw sh um uw ui uffd=1 f1+0\n"
			"p0 @2 +1 rw ui ac uffd=1 f2+0\n"
			"p0 @4 +1 rw um ac uffd=1 f3+0");
	restart(t, NULL);
	t->model.config.uffd_wp_files = false;
	run(t, "uffd_open(0) = u0\nmmap(@0, +1" SHARED "uffd_register(u0, @0, +1, wp) = EINVAL\n"
	       "uffd_register(u0, @0, +1, minor) = 0\nmmap(@2, +1" RW
	       "uffd_register(u0, @2, +1, wp) = 0");
}

/* Rule 5. */
static void test_register_splits_merges_and_skips_holes(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nmmap(@0, +6" RW "mmap(@8, +2" RW
	       "uffd_register(u0, @4, +5, missing) = 0");
	expect_areas(t, "p0 @0 +4 rw ac\n"
			"p0 @4 +2 rw um ac uffd=1\n"
			"p0 @8 +1 rw um ac uffd=1\n"
			"p0 @9 +1 rw ac");
	run(t, "uffd_register(u0, @2, +2, missing) = 0");
	expect_merge(t, MERGE_NOT_AT_EDGE, MERGE_OK);
	run(t, "mmap(@6, +2" RW "uffd_register(u0, @0, +10, missing) = 0");
	expect_areas(t, "p0 @0 +10 rw um ac uffd=1");
}

/* Rule 5: modes are replaced, unless all that are asked for are there. */
static void test_register_again_replaces_modes(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nmmap(@0, +2" RW "uffd_register(u0, @0, +2, missing) = 0\n"
	       "uffd_register(u0, @0, +2, wp) = 0");
	expect_areas(t, "p0 @0 +2 rw uw ac uffd=1");
	run(t, "uffd_register(u0, @0, +2, missing|wp) = 0\nuffd_register(u0, @0, +1, wp) = 0");
	assert_int_equal(t->model.merge_count, 0);
	expect_areas(t, "p0 @0 +2 rw um uw ac uffd=1");
	run(t, "uffd_register(u0, @0, +1, missing) = EBUSY");
	run_with(t, "uffd_drop_wp=skip",
		 "uffd_open(0) = u0\nmmap(@0, +2" RW "uffd_register(u0, @0, +2, missing|wp) = 0\n"
		 "uffd_register(u0, @0, +1, missing) = 0\nmmap(@4, +2" RW
		 "uffd_register(u0, @4, +2, wp) = 0\nuffd_register(u0, @4, +1, missing) = 0");
	expect_areas(t, "p0 @0 +2 rw um uw ac uffd=1\n"
			"p0 @4 +1 rw um ac uffd=1\n"
			"p0 @5 +1 rw uw ac uffd=1");
}

/* Equal in all but the userfaultfd. */
static void test_areas_of_two_userfaultfds_do_not_merge(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nuffd_open(0) = u1\nmmap(@0, +4" RW
	       "uffd_register(u0, @0, +2, wp) = 0\nuffd_register(u1, @2, +2, wp) = 0");
	expect_merge(t, MERGE_UFFD, MERGE_NO_NEIGHBOUR);
	expect_why(t, MERGE_UFFD);
	expect_areas(t, "p0 @0 +2 rw uw ac uffd=1\n"
			"p0 @2 +2 rw uw ac uffd=2");
	run(t, "madvise(@2, +2, dontdump)\nmadvise(@2, +2, dodump)");
	expect_why(t, MERGE_UFFD);
}

/* Rule 6. */
static void test_unregister_merges_and_wants_the_owner(void **state)
{
	struct testing *t = *state;
	static const char program[] = "uffd_open(0) = u0\nuffd_open(0) = u1\nmmap(@0, +6" RW
				      "uffd_register(u0, @2, +2, wp) = 0\n";

	run(t, program);
	run(t, "uffd_unregister(u1, @0, +6) = EINVAL\nuffd_unregister(u1, @0, +2) = 0\n"
	       "uffd_unregister(u0, @3, +3) = 0");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +1 rw uw ac uffd=1\n"
			"p0 @3 +3 rw ac");
	run(t, "uffd_unregister(u0, @0, +6) = 0");
	expect_areas(t, "p0 @0 +6 rw ac");
	run_with(t, "uffd_unreg_owner=no", program);
	run(t, "uffd_unregister(u1, @0, +6) = 0");
	expect_areas(t, "p0 @0 +6 rw ac");
	run(t, "mmap(@6, +1, rw, droppable|anonymous|fixed, none, 0)\n"
	       "uffd_unregister(u0, @0, +7) = EINVAL");
}

/* Rule 7. */
static void test_close_unregisters_its_own_alone(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nuffd_open(0) = u1\nmmap(@0, +6" RW
	       "uffd_register(u0, @1, +1, wp) = 0\nuffd_register(u1, @2, +1, wp) = 0\n"
	       "uffd_register(u0, @4, +2, missing) = 0\nuffd_close(u0) = 0");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +1 rw uw ac uffd=1\n"
			"p0 @3 +3 rw ac");
}

/* Rule 8. */
static void test_fork_with_and_without_event(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nuffd_open(event_fork) = u1\nmmap(@0, +6" RW
	       "uffd_register(u0, @0, +2, wp) = 0\nuffd_register(u1, @2, +2, wp) = 0\n"
	       "uffd_register(u1, @5, +1, missing) = 0\nfork() = p1");
	expect_areas(t, "p0 @0 +2 rw uw ac uffd=1\n"
			"p0 @2 +2 rw uw ac uffd=2\n"
			"p0 @4 +1 rw ac\n"
			"p0 @5 +1 rw um ac uffd=2\n"
			"p1 @0 +2 rw ac\n"
			"p1 @2 +2 rw uw ac uffd=3\n"
			"p1 @4 +1 rw ac\n"
			"p1 @5 +1 rw um ac uffd=3");
	/* The child's descriptor is the next; its features are the parent's. */
	run(t, "uffd_close(u2) = EBADF\np1: uffd_unregister(u2, @5, +1) = 0\np1: fork() = p2\n"
	       "p2: uffd_close(u3) = 0\np1: exit() = 0");
	expect_areas(t, "p0 @0 +2 rw uw ac uffd=1\n"
			"p0 @2 +2 rw uw ac uffd=2\n"
			"p0 @4 +1 rw ac\n"
			"p0 @5 +1 rw um ac uffd=2\n"
			"p2 @0 +6 rw ac");
}

/* Rule 8: what is not copied tells nobody. */
static void test_fork_of_dontfork_makes_no_descriptor(void **state)
{
	run(*state, "uffd_open(event_fork) = u0\nmmap(@0, +2" RW
		    "uffd_register(u0, @0, +2, wp) = 0\nmadvise(@0, +2, dontfork) = 0\n"
		    "fork() = p1\np1: uffd_open(0) = u1");
}

/* Four at most in each process, whatever forks. */
static void test_fork_never_runs_out_of_descriptors(void **state)
{
	struct testing *t = *state;

	for (u32 k = 0; k < UFFD_OPENS_MAX; k++) {
		char text[160];

		snprintf(text, sizeof(text),
			 "uffd_open(event_fork) = u%u\nmmap(@%u, +1" RW
			 "uffd_register(u%u, @%u, +1, wp)\n",
			 k, 2 * k, k, 2 * k);
		run(t, text);
	}
	run(t, "fork() = p1\nfork() = p2\np1: fork() = p3\np3: fork() = p4\np2: fork() = p5\n"
	       "p5: uffd_close(u23) = 0");
	assert_int_equal(t->model.uffd_count, UFFDS_MAX);
}

/* Pages of what is write-protected in the child too are copied, the area being faulted or not. */
static void test_fork_copies_pages_of_the_write_protected(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(event_fork) = u0\nmmap(@0, +1" RW "mmap(@2, +1" RW "read(@0)\nread(@2)\n"
	       "uffd_register(u0, @0, +1, wp) = 0\nfork() = p1");
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @2 tag=0\n"
			"p1 page @0 tag=0");
}

/* Rule 9. */
static void test_move_drops_or_keeps(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nuffd_open(event_remap) = u1\nmmap(@0, +2" RW "mmap(@4, +4" RW
	       "uffd_register(u0, @0, +2, missing) = 0\nuffd_register(u1, @4, +4, missing) = 0\n"
	       "mremap(@0, +2, +2, maymove|fixed, @20) = @20\nmunmap(@5, +1)\n"
	       "mremap(@7, +1, +1, maymove|fixed, @5) = @5");
	expect_merge(t, MERGE_OK, MERGE_OK);
	expect_areas(t, "p0 @4 +3 rw um ac uffd=1\n"
			"p0 @20 +2 rw ac");
	run(t, "mremap(@4, +1, +1, maymove|fixed|dontunmap, @30) = @30");
	expect_areas(t, "p0 @4 +3 rw um ac uffd=1\n"
			"p0 @20 +2 rw ac\n"
			"p0 @30 +1 rw um ac uffd=1");
}

/* Rule 4 of op_mremap_move.c. */
static void test_move_that_drops_merges_with_nothing(void **state)
{
	struct testing *t = *state;
	static const char program[] = "uffd_open(0) = u0\nmmap(@0, +6" RW
				      "uffd_register(u0, @0, +6, wp) = 0\nmunmap(@2, +2)\n"
				      "mremap(@4, +2, +2, maymove|fixed, @2) = @2";

	run(t, program);
	expect_merge(t, MERGE_EXCLUDED, MERGE_EXCLUDED);
	expect_areas(t, "p0 @0 +2 rw uw ac uffd=1\n"
			"p0 @2 +2 rw ac");
	assert_int_equal(t->model.quirks_met, 0);
	run_with(t, "uffd_copy_merge=on", program);
	expect_areas(t, "p0 @0 +4 rw ac");
	assert_int_equal(t->model.quirks_met, 1u << QUIRK_UFFD_COPY_MERGE);
	run_with(t, "uffd_copy_merge=on",
		 "uffd_open(0) = u0\nmmap(@0, +2" RW "uffd_register(u0, @0, +2, wp) = 0\n"
		 "mremap(@0, +2, +2, maymove|fixed, @8) = @8");
	assert_int_equal(t->model.quirks_met, 0);
}

static void test_move_of_several_refuses_the_registered(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nmmap(@0, +2" RW
	       "mmap(@2, +2, r, private|anonymous|fixed, none, 0)\n"
	       "uffd_register(u0, @2, +2, missing) = 0\n"
	       "mremap(@0, +4, +4, maymove|fixed, @20) = EFAULT\n"
	       "mremap(@2, +3, +3, maymove|fixed, @30) = EFAULT\n"
	       "mremap(@2, +2, +2, maymove|fixed, @30) = @30");
	expect_areas(t, "p0 @20 +2 rw ac\n"
			"p0 @30 +2 r");
}

/* Rule 10 of fault.c. */
static void test_fault_of_missing_anonymous_memory(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nmmap(@0, +4" RW "read(@0)\nuffd_register(u0, @0, +4, missing)\n"
	       "read(@1) = SIGBUS");
	expect_areas(t, "p0 @0 +4 rw um ac uffd=1");
	run(t, "write(@0) = 0\nread(@0) = 6\nwrite(@1) = SIGBUS\nmadvise(@0, +2, populate_read) = "
	       "EFAULT\nmlock(@0, +2) = ENOMEM");
	expect_areas(t, "p0 @0 +2 rw um lo ac uffd=1 av=A\n"
			"p0 @2 +2 rw um ac uffd=1 av=A");
	expect_pages(t, "p0 page @0 tag=6");
	/* The area has become faulted by the store that failed. */
	run(t, "mmap(@8, +1" RW "uffd_register(u0, @8, +1, missing)\nwrite(@8) = SIGBUS");
	assert_int_not_equal(area(t, 0, 8)->anon_vma, 0);
}

static void test_fault_of_missing_and_minor_files(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nmmap(@0, +4, rw, shared|fixed, m0, 0)\nread(@0) = 0\n"
	       "mmap(@32, +4, rw, shared|fixed, m0, 0)\nuffd_register(u0, @32, +4, missing)\n"
	       "read(@32) = 0\nread(@33) = SIGBUS\nwrite(@1) = 0\nread(@33) = 8\n"
	       "madvise(@1, +1, remove) = 0\nread(@33) = SIGBUS\n"
	       "mmap(@40, +4, rw, private|fixed, m0, 0)\nuffd_register(u0, @40, +4, minor)\n"
	       "read(@40) = SIGBUS\nwrite(@40) = SIGBUS\nread(@41) = 0\nwrite(@41) = 0");
	/* and behind the end of the file as ever */
	run(t, "mmap(@50, +1, rw, shared|fixed, m0, +24)\nuffd_register(u0, @50, +1, minor)\n"
	       "read(@50) = SIGBUS");
}

/* Registered for write-protection or minor, no pages around are mapped. */
static void test_fault_maps_nothing_around(void **state)
{
	struct testing *t = *state;

	run(t, "uffd_open(0) = u0\nmmap(@0, +4, rw, shared|fixed, m0, 0)\nread(@1)\n"
	       "mmap(@32, +4, rw, shared|fixed, m0, 0)\nuffd_register(u0, @32, +4, wp)\n"
	       "munmap(@0, +4)\nread(@33)");
	expect_pages(t, "p0 page @33 tag=0");
}

/* What nobody can know ends the program. */
static void test_fault_of_what_may_be_there_is_not_gone_on_with(void **state)
{
	static const char *const programs[] = {
		"uffd_open(0)\nmmap(@0, +4, rw, shared|fixed, m0, 0)\nread(@1)\nread(@0)\n"
		"mmap(@32, +4, rw, shared|fixed, m0, 0)\nread(@32)\n"
		"uffd_register(u0, @32, +4, minor)\n",
		"uffd_open(0)\nmmap(@32, +4, rw, shared|fixed, m0, 0)\nread(@33)\n"
		"madvise(@33, +1, pageout)\nuffd_register(u0, @32, +4, missing)\n",
		"uffd_open(0)\nmmap(@33, +1" RW "write(@33)\nmadvise(@33, +1, free)\n"
		"uffd_register(u0, @33, +1, missing)\n",
	};
	struct testing *t = *state;
	struct op_result result;

	for (u32 i = 0; i < ARRAY_SIZE(programs); i++) {
		restart(t, NULL);
		run(t, programs[i]);
		parse(t, "read(@33)");
		assert_int_equal(model_step(&t->model, t->index, &t->file.prog.ops[0], NULL,
					    &result),
				 -E2BIG);
	}
}

static void test_register_from_the_middle_with_the_bug(void **state)
{
	struct testing *t = *state;
	static const char program[] = "uffd_open(0) = u0\nmmap(@0, +6" RW
				      "uffd_register(u0, @4, +2, wp) = 0\n"
				      "uffd_register(u0, @2, +2, wp) = 0";

	run_with(t, "uffd_pgoff=on", program);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +2 rw uw ac uffd=1\n"
			"p0 @4 +2 rw uw ac uffd=1");
	run_with(t, NULL, program);
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +4 rw uw ac uffd=1");
}

static void test_register_without_room_is_enomem(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 2;
	run(t, "uffd_open(0) = u0\nmmap(@0, +6" RW "uffd_register(u0, @2, +2, wp) = ENOMEM");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @2 +4 rw ac");
}

/* A device has no userfault of its own; asynchronous write-protection does not need one. */
static void test_register_of_a_device_only_for_asynchronous_protection(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, shared|fixed, dev, 0)\n"
	       "uffd_open(0) = u0\nuffd_open(wp_async) = u1\n"
	       "uffd_register(u0, @0, +2, missing) = EINVAL\n"
	       "uffd_register(u0, @0, +2, wp) = EINVAL\n"
	       "uffd_register(u1, @0, +2, missing|wp) = EINVAL\n"
	       "uffd_unregister(u1, @0, +2) = EINVAL\n"
	       "uffd_register(u1, @0, +2, wp) = 0\n");
	expect_areas(t, "p0 @0 +2 rw sh uw uffd=1 f1+0 close");
	run(t, "uffd_unregister(u1, @0, +2) = 0\n");
	expect_areas(t, "p0 @0 +2 rw sh f1+0 close");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open_is_limited),
		TEST(test_open_features_of_the_kernel),
		TEST(test_descriptor_of_nobody_and_of_others_is_ebadf),
		TEST(test_register_bad_arguments_are_einval),
		TEST(test_register_nothing_behind_was_enomem),
		TEST(test_register_looks_before_it_changes),
		TEST(test_register_modes_of_kinds_of_memory),
		TEST(test_register_splits_merges_and_skips_holes),
		TEST(test_register_again_replaces_modes),
		TEST(test_areas_of_two_userfaultfds_do_not_merge),
		TEST(test_unregister_merges_and_wants_the_owner),
		TEST(test_close_unregisters_its_own_alone),
		TEST(test_fork_with_and_without_event),
		TEST(test_fork_of_dontfork_makes_no_descriptor),
		TEST(test_fork_never_runs_out_of_descriptors),
		TEST(test_fork_copies_pages_of_the_write_protected),
		TEST(test_move_drops_or_keeps),
		TEST(test_move_that_drops_merges_with_nothing),
		TEST(test_move_of_several_refuses_the_registered),
		TEST(test_fault_of_missing_anonymous_memory),
		TEST(test_fault_of_missing_and_minor_files),
		TEST(test_fault_maps_nothing_around),
		TEST(test_fault_of_what_may_be_there_is_not_gone_on_with),
		TEST(test_register_from_the_middle_with_the_bug),
		TEST(test_register_without_room_is_enomem),
		TEST(test_register_of_a_device_only_for_asynchronous_protection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
