/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The anon_vma graph: who shares an anon_vma, what a copy and a child get, and when it dies.
 */
#include "testing.h"

/* ---- rule 2: the first need ---- */

static void test_prepare_alone_is_a_new_root(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@2)");
	expect_state(t, "p0 @0 +4 rw ac av=A\n"
			"p0 map_count=+1 total_vm=+4 data_vm=+4\n"
			"A root=A parent=A children=1 active=1 refs=1");
}

static void test_prepare_twice_changes_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@2)\nwrite(@3)");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1");
}

static void test_prepare_between_two_takes_the_next_ones(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +3" RW "mmap(@6, +3" RW "write(@0)\nwrite(@6)\n"
	       "mmap(@3, +3" RWX "write(@3)");
	expect_areas(t, "p0 @0 +3 rw ac av=A\n"
			"p0 @3 +3 rwx ac av=B\n"
			"p0 @6 +3 rw ac av=B");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1\n"
			"B root=B parent=B children=1 active=2 refs=1");
}

static void test_prepare_without_usable_next_takes_the_previous_ones(void **state)
{
	struct testing *t = *state;

	/* The next one is unfaulted, then has other flags. */
	run(t, "mmap(@0, +3" RW "mmap(@3, +3" RWX "mmap(@6, +3" RW "write(@0)\nwrite(@3)");
	expect_areas(t, "p0 @0 +3 rw ac av=A\n"
			"p0 @3 +3 rwx ac av=A\n"
			"p0 @6 +3 rw ac");
	run_with(t, NULL,
		 "mmap(@0, +3" RW "mmap(@6, +3" RW "madvise(@6, +3, dontdump)\n"
		 "write(@0)\nwrite(@6)\nmmap(@3, +3" RWX "write(@3)");
	expect_areas(t, "p0 @0 +3 rw ac av=A\n"
			"p0 @3 +3 rwx ac av=A\n"
			"p0 @6 +3 rw ac dd av=B");
}

static void test_prepare_unshareable_neighbour_gives_a_new_root(void **state)
{
	static const struct {
		const char *program, *areas, *why;
	} rows[] = {
		{ "mmap(@0, +6" RW "madvise(@3, +3, dontdump)\nwrite(@0)\nwrite(@3)",
		  "p0 @0 +3 rw ac av=A\np0 @3 +3 rw ac dd av=B", "other flags" },
		{ "mmap(@0, +3" RW "mmap(@3, +3" RO "mprotect(@3, +3, none)\n"
		  "madvise(@3, +3, guard_install)\nwrite(@0)",
		  "p0 @0 +3 rw ac av=A\np0 @3 +3 none gu av=B", "ACCOUNT is such a flag" },
		{ "mmap(@0, +2, rw, private|fixed, m0, 0)\n"
		  "mmap(@2, +2, rwx, private|fixed, m0b, +2)\n"
		  "write(@0)\nwrite(@2)",
		  "p0 @0 +2 rw ac f1+0 av=A\np0 @2 +2 rwx ac f2+2 av=B", "another open file" },
		{ "mmap(@0, +2, rw, private|fixed, m0, 0)\n"
		  "mmap(@2, +2, rwx, private|fixed, m0, +3)\n"
		  "write(@0)\nwrite(@2)",
		  "p0 @0 +2 rw ac f1+0 av=A\np0 @2 +2 rwx ac f1+3 av=B", "the offset jumps" },
		{ "mmap(@0, +2" RW "write(@0)\nmremap(@0, +2, +2, maymove|fixed, @10)\n"
		  "mmap(@12, +2" RWX "write(@12)",
		  "p0 @10 +2 rw ac pgoff=@0 av=A\np0 @12 +2 rwx ac av=B", "the index jumps" },
		{ "mmap(@0, +2" RW "mmap(@3, +2" RWX "write(@0)\nwrite(@3)",
		  "p0 @0 +2 rw ac av=A\np0 @3 +2 rwx ac av=B", "a hole between them" },
	};
	struct testing *t = *state;

	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		run_row(t, NULL, rows[i].program, rows[i].why);
		expect_areas(t, rows[i].areas);
	}
}

static void test_prepare_file_of_one_open_is_shared(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2, rw, private|fixed, m0, 0)\nmmap(@2, +2, rwx, private|fixed, m0, +2)\n"
	       "write(@0)\nwrite(@2)");
	expect_areas(t, "p0 @0 +2 rw ac f1+0 av=A\n"
			"p0 @2 +2 rwx ac f1+2 av=A");
}

/* With an index of its own, anonymous memory of a file must continue that too. */
static void test_prepare_moved_file_depends_on_its_index(void **state)
{
	static const char program[] = "mmap(@0, +2, rw, private|fixed, m0, 0)\nwrite(@0)\n"
				      "mremap(@0, +2, +2, maymove|fixed, @20)\n"
				      "mmap(@22, +2, rwx, private|fixed, m0, +2)\nwrite(@22)";
	struct testing *t = *state;

	run_with(t, "cow_file_index=file", program);
	expect_areas(t, "p0 @20 +2 rw ac f1+0 av=A\n"
			"p0 @22 +2 rwx ac f1+2 av=A");
	run_with(t, "cow_file_index=virtual", program);
	expect_areas(t, "p0 @20 +2 rw ac f1+0 apgoff=@0 av=A\n"
			"p0 @22 +2 rwx ac f1+2 av=B");
}

static void test_prepare_guard_flag_does_not_matter(void **state)
{
	struct testing *t = *state;

	run_with(t, "guard_flag=yes",
		 "mmap(@0, +2" RW "madvise(@0, +1, guard_install)\n"
		 "mmap(@2, +2" RWX "write(@2)");
	expect_areas(t, "p0 @0 +2 rw gu ac av=A\n"
			"p0 @2 +2 rwx ac av=A");
}

static void test_prepare_soft_dirty_does_not_matter(void **state)
{
	struct testing *t = *state;

	t->model.config.soft_dirty = true;
	run(t, "mmap(@0, +2" RW "write(@0)\nmmap(@2, +2" RWX);
	area(t, 0, 2)->flags &= ~VMF_SOFTDIRTY;
	run(t, "write(@2)");
	expect_areas(t, "p0 @0 +2 rw ac sd av=A\n"
			"p0 @2 +2 rwx ac av=A");
}

/* Its chain is not single: the memory of several processes hangs on it. */
static void test_prepare_beside_fork_child_is_a_new_root(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nfork() = p1\np1: mmap(@2, +2" RWX "p1: write(@2)");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p1 @0 +2 rw ac av=B chain=B,A\n"
			"p1 @2 +2 rwx ac av=C");
}

/* The parent's chain stays single, so it goes on sharing. */
static void test_prepare_beside_forked_parent_is_shared(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "write(@0)\nfork() = p1\nmmap(@2, +2" RWX "write(@2)");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @2 +2 rwx ac av=A\n"
			"p1 @0 +2 rw ac av=B chain=B,A");
}

/* ---- rule 3: copies ---- */

static void test_dup_only_faulted_into_unfaulted(void **state)
{
	struct testing *t = *state;
	struct model *m = &t->model;

	run(t, "mmap(@0, +2" RW "mmap(@4, +2" RW "mmap(@8, +2" RW "write(@4)\nwrite(@8)");
	anon_vma_dup(m, area(t, 0, 4), area(t, 0, 0));
	anon_vma_dup(m, area(t, 0, 4), area(t, 0, 8));
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @4 +2 rw ac av=A\n"
			"p0 @8 +2 rw ac av=B");
	anon_vma_dup(m, area(t, 0, 0), area(t, 0, 8));
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @4 +2 rw ac av=B\n"
			"p0 @8 +2 rw ac av=A");
	expect_graph(t, "A root=A parent=A children=1 active=2 refs=1\n"
			"B root=B parent=B children=1 active=1 refs=1");
}

#define THREE_GENERATIONS "mmap(@0, +4" RW "write(@0)\nfork() = p1\np1: fork() = p2\n"

/* What arrives at the destination of a move is a copy. */
static void test_clone_order_is_kept_or_reversed(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=no",
		 THREE_GENERATIONS "p2: mremap(@0, +4, +4, maymove|fixed, @20) = @20");
	expect_areas(t, "p0 @0 +4 rw ac av=A\n"
			"p1 @0 +4 rw ac av=B chain=B,A\n"
			"p2 @20 +4 rw ac pgoff=@0 av=C chain=C,B,A");
	run_with(t, "avc_clone_reversed=yes",
		 THREE_GENERATIONS "p2: mremap(@0, +4, +4, maymove|fixed, @20) = @20");
	expect_areas(t, "p0 @0 +4 rw ac av=A\n"
			"p1 @0 +4 rw ac av=B chain=B,A\n"
			"p2 @20 +4 rw ac pgoff=@0 av=C chain=B,A,C");
}

/* ---- rule 4: fork ---- */

static void test_fork_unfaulted_stays_unfaulted(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "read(@0) = 0\nfork() = p1");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p1 @0 +2 rw ac");
	expect_graph(t, "");
}

static void test_fork_puts_a_new_one_in_front(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1" RW "write(@0)\nfork() = p1");
	expect_areas(t, "p0 @0 +1 rw ac av=A\n"
			"p1 @0 +1 rw ac av=B chain=B,A");
	expect_graph(t, "A root=A parent=A children=2 active=1 refs=2\n"
			"B root=A parent=A children=0 active=1 refs=1");
}

static void test_fork_of_child_counts_at_parent_and_root(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=no",
		 "mmap(@0, +1" RW "write(@0)\nfork() = p1\n"
		 "p1: fork() = p2\np1: fork() = p3");
	expect_areas(t, "p0 @0 +1 rw ac av=A\n"
			"p1 @0 +1 rw ac av=B chain=B,A\n"
			"p2 @0 +1 rw ac av=C chain=C,B,A\n"
			"p3 @0 +1 rw ac av=D chain=D,B,A");
	expect_graph(t, "A root=A parent=A children=2 active=1 refs=4\n"
			"B root=A parent=A children=2 active=1 refs=1\n"
			"C root=A parent=B children=0 active=1 refs=1\n"
			"D root=A parent=B children=0 active=1 refs=1");
}

/* Two areas with one anon_vma get two in the child: it can never join them again. */
static void test_fork_of_siblings_gives_each_its_own(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@0)\nmprotect(@2, +2, r)\nfork() = p1");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p0 @2 +2 r ac av=A\n"
			"p1 @0 +2 rw ac av=B chain=B,A\n"
			"p1 @2 +2 r ac av=C chain=C,A");
	expect_graph(t, "A root=A parent=A children=3 active=2 refs=3\n"
			"B root=A parent=A children=0 active=1 refs=1\n"
			"C root=A parent=A children=0 active=1 refs=1");
}

/* The middle process is gone, its anon_vma idle, and one child hangs on it. */
static void test_fork_takes_over_an_idle_one(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=no",
		 "mmap(@0, +1" RW "write(@0)\nfork() = p1\n"
		 "p1: fork() = p2\np1: exit()\np2: fork() = p3");
	expect_areas(t, "p0 @0 +1 rw ac av=A\n"
			"p2 @0 +1 rw ac av=B chain=B,C,A\n"
			"p3 @0 +1 rw ac av=C chain=B,C,A");
	expect_graph(t, "A root=A parent=A children=2 active=1 refs=3\n"
			"B root=A parent=C children=0 active=1 refs=1\n"
			"C root=A parent=A children=1 active=1 refs=1");
}

static void test_fork_takes_over_nothing_that_is_in_use(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1" RW "write(@0)\nfork() = p1\np1: fork() = p2\np2: fork() = p3");
	assert_int_equal(area(t, 3, 0)->anon_vma, 4);
	assert_int_equal(area(t, 3, 0)->chain_len, 4);
}

/* Two areas on it give it two children: it is not taken over even when idle. */
static void test_fork_takes_over_nothing_with_two_children(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=no",
		 "mmap(@0, +2" RW "write(@0)\nfork() = p1\np1: mprotect(@1, +1, r)\n"
		 "p1: fork() = p2\np1: exit()\np2: fork() = p3");
	expect_areas(t, "p0 @0 +2 rw ac av=A\n"
			"p2 @0 +1 rw ac av=B chain=B,C,A\n"
			"p2 @1 +1 r ac av=D chain=D,C,A\n"
			"p3 @0 +1 rw ac av=E chain=E,B,C,A\n"
			"p3 @1 +1 r ac av=F chain=F,D,C,A");
	expect_graph(t, "A root=A parent=A children=2 active=1 refs=6\n"
			"B root=A parent=C children=1 active=1 refs=1\n"
			"C root=A parent=A children=2 active=0 refs=1\n"
			"D root=A parent=C children=1 active=1 refs=1\n"
			"E root=A parent=B children=0 active=1 refs=1\n"
			"F root=A parent=D children=0 active=1 refs=1");
}

/* A root has itself and whoever forked it as children: it is never taken over. */
static void test_fork_takes_over_no_root(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1" RW "write(@0)\nfork() = p1\nmunmap(@0, +1)\np1: fork() = p2");
	expect_areas(t, "p1 @0 +1 rw ac av=A chain=A,B\n"
			"p2 @0 +1 rw ac av=C chain=C,B,A\n"
			"p0 nothing");
	expect_graph(t, "A root=B parent=B children=1 active=1 refs=1\n"
			"B root=B parent=B children=2 active=0 refs=3\n"
			"C root=B parent=A children=0 active=1 refs=1");
}

/*
 * B (made for p1) and C (for p2) are both idle with one child each when p3 forks: in the order of
 * an unreversed clone the older one is taken, and then the other.
 */
static void test_fork_takes_over_the_oldest_first(void **state)
{
	static const char program[] = "mmap(@0, +1" RW "write(@0)\nfork() = p1\np1: fork() = p2\n"
				      "p2: fork() = p3\np1: exit()\np2: exit()\n"
				      "p3: fork() = p4\np4: fork() = p5";
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=no", program);
	assert_int_equal(area(t, 3, 0)->anon_vma, 4);
	assert_int_equal(area(t, 4, 0)->anon_vma, 2);
	assert_int_equal(area(t, 5, 0)->anon_vma, 3);
}

/*
 * Reversed, the scan goes over the new chain from its tail, which is the parent's from its head.
 * p3's chain is D,B,A,C there: B comes before C.
 */
static void test_fork_reversed_takes_over_from_the_parents_head(void **state)
{
	struct testing *t = *state;

	run_with(t, "avc_clone_reversed=yes",
		 "mmap(@0, +1" RW "write(@0)\nfork() = p1\np1: fork() = p2\n"
		 "p2: fork() = p3\np1: exit()\np2: exit()\np3: fork() = p4\np4: fork() = p5");
	assert_int_equal(area(t, 4, 0)->anon_vma, 2);
	/* p4 has C,A,B,D: now C is met first. */
	assert_int_equal(area(t, 5, 0)->anon_vma, 3);
}

/* ---- rule 6: death ---- */

static void test_unlink_one_of_two_leaves_it_alive(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@0)\nmprotect(@2, +2, r)\nmunmap(@0, +2)");
	expect_areas(t, "p0 @2 +2 r ac av=A");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1");
}

static void test_unlink_the_last_ends_it(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@0)\nmunmap(@0, +4)");
	expect_graph(t, "");
	assert_false(t->model.anon_vmas[1].live);
}

static void test_unlink_child_leaves_parent_as_before_fork(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@0)\nfork() = p1\np1: munmap(@0, +4)");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1");
}

/* p2 holds the last of p1's anon_vma too: both go with it. */
static void test_unlink_child_and_parent_at_once(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1" RW "write(@0)\nfork() = p1\np1: fork() = p2\np1: exit()\np2: exit()");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1");
	assert_false(t->model.anon_vmas[2].live);
	assert_false(t->model.anon_vmas[3].live);
}

/* Data that only the child still has keeps the parent's anon_vma, unused. */
static void test_unlink_parent_while_child_lives_keeps_it_idle(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1" RW "write(@0)\nfork() = p1\nexit()");
	expect_areas(t, "p1 @0 +1 rw ac av=A chain=A,B");
	expect_graph(t, "A root=B parent=B children=0 active=1 refs=1\n"
			"B root=B parent=B children=2 active=0 refs=2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_prepare_alone_is_a_new_root),
		TEST(test_prepare_twice_changes_nothing),
		TEST(test_prepare_between_two_takes_the_next_ones),
		TEST(test_prepare_without_usable_next_takes_the_previous_ones),
		TEST(test_prepare_unshareable_neighbour_gives_a_new_root),
		TEST(test_prepare_file_of_one_open_is_shared),
		TEST(test_prepare_moved_file_depends_on_its_index),
		TEST(test_prepare_guard_flag_does_not_matter),
		TEST(test_prepare_soft_dirty_does_not_matter),
		TEST(test_prepare_beside_fork_child_is_a_new_root),
		TEST(test_prepare_beside_forked_parent_is_shared),
		TEST(test_dup_only_faulted_into_unfaulted),
		TEST(test_clone_order_is_kept_or_reversed),
		TEST(test_fork_unfaulted_stays_unfaulted),
		TEST(test_fork_puts_a_new_one_in_front),
		TEST(test_fork_of_child_counts_at_parent_and_root),
		TEST(test_fork_of_siblings_gives_each_its_own),
		TEST(test_fork_takes_over_an_idle_one),
		TEST(test_fork_takes_over_nothing_that_is_in_use),
		TEST(test_fork_takes_over_nothing_with_two_children),
		TEST(test_fork_takes_over_no_root),
		TEST(test_fork_takes_over_the_oldest_first),
		TEST(test_fork_reversed_takes_over_from_the_parents_head),
		TEST(test_unlink_one_of_two_leaves_it_alive),
		TEST(test_unlink_the_last_ends_it),
		TEST(test_unlink_child_leaves_parent_as_before_fork),
		TEST(test_unlink_child_and_parent_at_once),
		TEST(test_unlink_parent_while_child_lives_keeps_it_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
