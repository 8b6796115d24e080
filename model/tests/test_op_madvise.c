/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * madvise: what is refused, the flags that advice sets, and what becomes of pages. The numbers are
 * those of the rules in op_madvise.c.
 */
#include "testing.h"

#define LOCKED ", rw, private|anonymous|fixed|locked, none, 0)\n"
#define SHARED ", rw, shared|fixed, m0, 0)\n"
#define DROPPABLE ", rw, droppable|anonymous|fixed, none, 0)\n"

/* A program and the areas at its end. */
struct advice {
	const char *program, *areas;
};

static void check_advice(struct testing *t, const struct advice *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		run_with(t, NULL, rows[i].program);
		expect_areas(t, rows[i].areas);
	}
}

/* ---- rule 1 ---- */

static void test_madvise_bad_arguments_are_einval(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "madvise(@0, 0, 0x5) = EINVAL\nmadvise(@0, 0, 0x7) = EINVAL\n"
	       "madvise(@0, 0, 0x1a) = EINVAL\nmadvise(@0, 0, 0x270f) = EINVAL\n"
	       "madvise(@0+0x1, 0, normal) = EINVAL\n"
	       "madvise(@0, 0xffffffffffffffff, normal) = EINVAL\n"
	       "madvise(@0, 0xfffffffffffff000, normal) = EINVAL\n"
	       "madvise(@40, 0, normal) = 0\nmadvise(@40, +1, normal) = ENOMEM\n"
	       "madvise(@0, 0x1001, dontdump) = 0");
	expect_areas(t, "p0 @0 +2 rw ac dd");
}

static void test_madvise_what_the_kernel_lacks_is_einval(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW);
	t->model.config.ksm = false;
	t->model.config.thp = false;
	run(t, "madvise(@0, +1, mergeable) = EINVAL\nmadvise(@0, 0, unmergeable) = EINVAL\n"
	       "madvise(@0, +1, hugepage) = EINVAL\nmadvise(@0, 0, nohugepage) = EINVAL\n"
	       "madvise(@0, 0, collapse) = EINVAL");
	run_with(t, "guard=none",
		 "mmap(@0, +2" RW "madvise(@0, 0, guard_install) = EINVAL\n"
		 "madvise(@0, +1, guard_remove) = EINVAL");
}

/* ---- rule 2 ---- */

static void test_madvise_hole_is_passed_over_and_enomem(void **state)
{
	static const struct advice rows[] = {
		{ "mmap(@0, +2" RW "mmap(@4, +2" RW "madvise(@0, +8, dontfork) = ENOMEM",
		  "p0 @0 +2 rw dc ac\np0 @4 +2 rw dc ac" },
		{ "mmap(@4, +2" RW "madvise(@0, +5, dontfork) = ENOMEM",
		  "p0 @4 +1 rw dc ac\np0 @5 +1 rw ac" },
		{ "mmap(@0, +2" RW "write(@0)\nmmap(@4, +1" RW "write(@4)\n"
		  "madvise(@0, +5, dontneed) = ENOMEM\nread(@4) = 0\nread(@0) = 0",
		  "p0 @0 +2 rw ac av=A\np0 @4 +1 rw ac av=B" },
	};

	check_advice(*state, rows, ARRAY_SIZE(rows));
}

static void test_madvise_error_ends_it_and_what_was_done_stays(void **state)
{
	static const struct advice rows[] = {
		{ "mmap(@0, +2" RW "mmap(@2, +2, rw, private|fixed, m0, 0)\nmmap(@4, +2" RW
		  "madvise(@0, +6, wipeonfork) = EINVAL",
		  "p0 @0 +2 rw ac wf\np0 @2 +2 rw ac f1+0\np0 @4 +2 rw ac" },
		/* an error goes before a hole */
		{ "mmap(@0, +1" RW "mmap(@2, +2, rw, private|fixed, m0, 0)\n"
		  "madvise(@0, +6, wipeonfork) = EINVAL",
		  "p0 @0 +1 rw ac wf\np0 @2 +2 rw ac f1+0" },
	};

	check_advice(*state, rows, ARRAY_SIZE(rows));
}

/* ---- rule 3 ---- */

#define SEALED "mmap(@0, +2" RO "mseal(@0, +2, 0) = 0\n"

static void test_madvise_sealed_forbids_discarding(void **state)
{
	static const char *const forbidden[] = { "free",	 "dontneed", "dontneed_locked",
						 "remove",	 "dontfork", "wipeonfork",
						 "guard_install" };
	static const char *const allowed[] = { "normal",   "sequential",   "dontdump",
					       "dofork",   "mergeable",	   "cold",
					       "willneed", "guard_remove", "populate_read" };
	struct testing *t = *state;
	char program[256];

	for (u32 i = 0; i < ARRAY_SIZE(forbidden); i++) {
		snprintf(program, sizeof(program), SEALED "madvise(@0, +2, %s) = EPERM",
			 forbidden[i]);
		run_with(t, NULL, program);
	}
	for (u32 i = 0; i < ARRAY_SIZE(allowed); i++) {
		snprintf(program, sizeof(program), SEALED "madvise(@0, +2, %s) = 0", allowed[i]);
		run_with(t, NULL, program);
	}
}

/* Whoever may write may also discard; and files lose nothing. */
static void test_madvise_sealed_only_read_only_private_anonymous(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "mseal(@0, +2, 0)\nmadvise(@0, +2, dontneed) = 0\n"
	       "mmap(@4, +2, r, private|fixed, m0, 0)\nmseal(@4, +2, 0)\n"
	       "madvise(@4, +2, dontneed) = 0\nmmap(@8, +2, r, shared|fixed, m0, 0)\n"
	       "mseal(@8, +2, 0)\nmadvise(@8, +2, dontfork) = 0");
}

static void test_madvise_sealed_private_zero(void **state)
{
	static const char program[] = "mmap(@0, +2, r, private|fixed, zero, 0)\nmseal(@0, +2, 0)\n";
	struct testing *t = *state;

	run_with(t, "mseal_dev_zero=yes", program);
	run(t, "madvise(@0, +2, dontneed) = EPERM");
	run_with(t, "mseal_dev_zero=no", program);
	run(t, "madvise(@0, +2, dontneed) = 0");
}

/* ---- rule 4 ---- */

static void test_madvise_flags(void **state)
{
	static const struct advice rows[] = {
		{ "mmap(@0, +2" RW "madvise(@0, +2, random)", "p0 @0 +2 rw rr ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, random)\nmadvise(@0, +2, sequential)",
		  "p0 @0 +2 rw sr ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, sequential)\nmadvise(@0, +2, random)",
		  "p0 @0 +2 rw rr ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, random)\nmadvise(@0, +2, normal)",
		  "p0 @0 +2 rw ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, dontfork)", "p0 @0 +2 rw dc ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, dontfork)\nmadvise(@0, +2, dofork)",
		  "p0 @0 +2 rw ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, wipeonfork)", "p0 @0 +2 rw ac wf" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, wipeonfork)\nmadvise(@0, +2, keeponfork)",
		  "p0 @0 +2 rw ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, dontdump)", "p0 @0 +2 rw ac dd" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, dontdump)\nmadvise(@0, +2, dodump)",
		  "p0 @0 +2 rw ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, mergeable)", "p0 @0 +2 rw ac mg" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, mergeable)\nmadvise(@0, +2, unmergeable)",
		  "p0 @0 +2 rw ac" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, hugepage)", "p0 @0 +2 rw ac hg" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, hugepage)\nmadvise(@0, +2, nohugepage)",
		  "p0 @0 +2 rw ac nh" },
		{ "mmap(@0, +2" RW "madvise(@0, +2, nohugepage)\nmadvise(@0, +2, hugepage)",
		  "p0 @0 +2 rw ac hg" },
	};

	check_advice(*state, rows, ARRAY_SIZE(rows));
}

static void test_madvise_flags_split_and_merge(void **state)
{
	static const struct advice rows[] = {
		{ "mmap(@0, +6" RW "madvise(@2, +2, dontdump)",
		  "p0 @0 +2 rw ac\np0 @2 +2 rw ac dd\np0 @4 +2 rw ac" },
		{ "mmap(@0, +6" RW "madvise(@2, +2, dontdump)\nmadvise(@3, +3, dontdump)",
		  "p0 @0 +2 rw ac\np0 @2 +4 rw ac dd" },
		{ "mmap(@0, +6" RW "madvise(@2, +2, dontdump)\nmadvise(@0, +6, dodump)",
		  "p0 @0 +6 rw ac" },
	};

	check_advice(*state, rows, ARRAY_SIZE(rows));
}

static void test_madvise_same_flags_merge_nothing(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW);
	vma_split(&t->model, &t->model.mm[0], 0, ARENA_PAGE + 2, false);
	run(t, "madvise(@0, +4, dodump) = 0\nmadvise(@0, +4, normal) = 0");
	assert_int_equal(t->model.merge_count, 0);
	assert_int_equal(t->model.mm[0].vma_count, 2);
}

static void test_madvise_flags_refused(void **state)
{
	static const struct advice rows[] = {
		{ "mmap(@0, +2" SHARED "madvise(@0, +2, wipeonfork) = EINVAL",
		  "p0 @0 +2 rw sh f1+0" },
		{ "mmap(@0, +2, rw, private|fixed, m0, 0)\nmadvise(@0, +2, wipeonfork) = EINVAL",
		  "p0 @0 +2 rw ac f1+0" },
		{ "mmap(@0, +2, rw, private|fixed, zero, 0)\nmadvise(@0, +2, wipeonfork) = EINVAL",
		  "p0 @0 +2 rw ac f1+0" },
		{ "mmap(@0, +2" DROPPABLE "madvise(@0, +2, keeponfork) = EINVAL\n"
		  "madvise(@0, +2, dodump) = EINVAL\nmadvise(@0, +2, wipeonfork) = 0\n"
		  "madvise(@0, +2, dontdump) = 0",
		  "p0 @0 +2 rw nr wf dd dp" },
		/* what KSM cannot merge is left alone, and nobody is told */
		{ "mmap(@0, +2" SHARED "madvise(@0, +2, mergeable) = 0", "p0 @0 +2 rw sh f1+0" },
		{ "mmap(@0, +2, r, shared|fixed, m0ro, 0)\nmadvise(@0, +2, mergeable) = 0",
		  "p0 @0 +2 r mayshare -mw f1+0" },
		{ "mmap(@0, +2" DROPPABLE "madvise(@0, +2, mergeable) = 0",
		  "p0 @0 +2 rw nr wf dd dp" },
		{ "mmap(@0, +2, rw, private|fixed, m0, 0)\nmadvise(@0, +2, mergeable) = 0",
		  "p0 @0 +2 rw ac mg f1+0" },
	};

	check_advice(*state, rows, ARRAY_SIZE(rows));
}

static void test_madvise_without_room_is_eagain(void **state)
{
	struct testing *t = *state;

	t->model.config.max_map_count = 1;
	run(t,
	    "mmap(@0, +4" RW "madvise(@1, +1, dontdump) = EAGAIN\nmadvise(@0, +4, dontdump) = 0");
}

/* ---- rule 5 ---- */

static void test_madvise_dontneed(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@0)\nwrite(@1)\nmadvise(@2, +1, guard_install)\n"
	       "madvise(@0, +3, dontneed) = 0\nread(@0) = 0\nread(@2) = SIGSEGV");
	expect_areas(t, "p0 @0 +4 rw gu ac av=A");
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @2 guard");
}

static void test_madvise_discarding_locked(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" LOCKED "write(@0)\nmadvise(@0, +2, dontneed) = EINVAL\n"
	       "madvise(@0, +2, free) = EINVAL\nread(@0) = 2\n"
	       "madvise(@0, +2, dontneed_locked) = 0\nread(@0) = 0");
}

/* What a file's page has lost, it gets again from the file. */
static void test_madvise_dontneed_of_files(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" SHARED "write(@0)\nmadvise(@0, +2, dontneed) = 0\nread(@0) = 2\n"
	       "mmap(@4, +2, rw, private|fixed, m0, 0)\nwrite(@4)\n"
	       "madvise(@4, +2, dontneed) = 0\nread(@4) = 2");
}

static void test_madvise_free(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" SHARED "madvise(@0, +2, free) = EINVAL\n"
	       "mmap(@4, +2, rw, private|fixed, m0, 0)\nmadvise(@4, +2, free) = EINVAL\n"
	       "mmap(@8, +2, rw, private|fixed, zero, 0)\nmadvise(@8, +2, free) = 0\n"
	       "mmap(@12, +3" RW "write(@12)\nwrite(@13)\nread(@14) = 0\n"
	       "madvise(@12, +3, free) = 0\nwrite(@13)");
	expect_pages(t, "p0 page @12 may\n"
			"p0 page @13 tag=12\n"
			"p0 page @14 tag=0");
	expect_graph(t, "A root=A parent=A children=1 active=1 refs=1");
}

/* ---- rule 6 ---- */

static void test_madvise_remove(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "madvise(@0, +2, remove) = EINVAL\n"
	       "mmap(@0, +2, rw, shared|fixed|locked, m0, 0)\nmadvise(@0, +2, remove) = EINVAL\n"
	       "mmap(@0, +2, rw, private|fixed, m0, 0)\nmadvise(@0, +2, remove) = EACCES\n"
	       "mmap(@0, +2, r, shared|fixed, m0ro, 0)\nmadvise(@0, +2, remove) = EACCES\n"
	       "mmap(@0, +2" SHARED "write(@0)\nwrite(@1)\nfork() = p1\n"
	       "p1: madvise(@0, +1, remove) = 0\nread(@0) = 0\nread(@1) = 11");
	/* may be written, though it is not now */
	run(t, "mprotect(@0, +2, r)\nmadvise(@1, +1, remove) = 0\nread(@1) = 0");
}

/* ---- rule 7 ---- */

static void test_madvise_cold_pageout_willneed(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" LOCKED "madvise(@0, +2, cold) = EINVAL\n"
	       "madvise(@0, +2, pageout) = EINVAL\nmadvise(@0, +2, willneed) = 0\n"
	       "mmap(@4, +2" RW "write(@4)\nmadvise(@4, +2, pageout) = 0\nread(@4) = 6\n"
	       "mmap(@8, +1" SHARED "write(@8)\nmadvise(@8, +1, cold) = 0");
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @1 tag=0\n"
			"p0 page @4 tag=6\n"
			"p0 page @8 may tag=10");
}

/* ---- rule 8 ---- */

static void test_madvise_populate(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RO "madvise(@0, +2, populate_write) = EINVAL\n"
	       "madvise(@0, +2, populate_read) = 0\n"
	       "mmap(@4, +1, w, private|anonymous|fixed, none, 0)\n"
	       "madvise(@4, +1, populate_read) = EINVAL\nmadvise(@4, +1, populate_write) = 0\n"
	       "mmap(@8, +1" SHARED "madvise(@8, +1, populate_write) = 0");
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @1 tag=0\n"
			"p0 page @4 tag=0\n"
			"p0 page @8 tag=0");
	expect_areas(t, "p0 @0 +2 r\n"
			"p0 @4 +1 w ac av=A\n"
			"p0 @8 +1 rw sh f1+0");
}

static void test_madvise_populate_what_cannot_be_had_is_efault(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +3" RW "madvise(@1, +1, guard_install)\n"
	       "madvise(@0, +3, populate_write) = EFAULT\n"
	       "mmap(@4, +3, rw, shared|fixed, m0, +23)\nmadvise(@4, +3, populate_read) = EFAULT");
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @1 guard\n"
			"p0 page @4 tag=0");
}

static void test_madvise_populate_at_a_hole(void **state)
{
	static const char program[] = "mmap(@0, +1" RW "mmap(@2, +1" RW
				      "madvise(@0, +3, populate_write) = ENOMEM";
	struct testing *t = *state;

	run_with(t, "populate_hole_stops=yes", program);
	expect_pages(t, "p0 page @0 tag=0");
	run_with(t, "populate_hole_stops=no", program);
	expect_pages(t, "p0 page @0 tag=0\n"
			"p0 page @2 tag=0");
}

/* ---- rule 9 ---- */

static void test_madvise_guard_install(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +4" RW "write(@1)\nmadvise(@1, +2, guard_install) = 0\n"
	       "read(@1) = SIGSEGV\nwrite(@2) = SIGSEGV\nwrite(@3) = 0");
	expect_areas(t, "p0 @0 +4 rw gu ac av=A");
	expect_pages(t, "p0 page @1 guard\n"
			"p0 page @2 guard\n"
			"p0 page @3 tag=6");
	run(t, "madvise(@0, +4, guard_remove) = 0\nread(@1) = 0\nread(@3) = 6");
	/* the flag stays for ever */
	expect_areas(t, "p0 @0 +4 rw gu ac av=A");
}

static void test_madvise_guard_locked(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "madvise(@0, +1, guard_install)\nmlock2(@0, +2, onfault) = 0\n"
	       "madvise(@1, +1, guard_install) = EINVAL\nmadvise(@0, +1, guard_remove) = 0\n"
	       "read(@0) = 0");
}

static void test_madvise_guard_over_a_hole(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1" RW "mmap(@2, +1" RW "madvise(@0, +3, guard_install) = ENOMEM");
	expect_pages(t, "p0 page @0 guard\n"
			"p0 page @2 guard");
	run(t, "madvise(@0, +3, guard_remove) = ENOMEM");
	expect_pages(t, "");
}

static void test_madvise_guard_by_kernel(void **state)
{
	static const char anon[] = "mmap(@0, +1" RW "madvise(@0, +1, guard_install) = 0";
	static const char shared[] = "mmap(@0, +1" SHARED "madvise(@0, +1, guard_install) = 0";
	struct testing *t = *state;

	run_with(t, "guard=anon,guard_flag=no", anon);
	expect_areas(t, "p0 @0 +1 rw ac av=A");
	run_with(t, "guard=anon",
		 "mmap(@0, +1" SHARED "madvise(@0, +1, guard_install) = EINVAL\n"
		 "madvise(@0, +1, guard_remove) = 0\n"
		 "mmap(@4, +1, rw, private|fixed, m0, 0)\n"
		 "madvise(@4, +1, guard_install) = EINVAL");
	run_with(t, "guard_flag=no,guard_prepares_anon=all", shared);
	expect_areas(t, "p0 @0 +1 rw sh f1+0 av=A");
	run_with(t, "guard_flag=yes,guard_prepares_anon=anon_only", shared);
	expect_areas(t, "p0 @0 +1 rw sh gu f1+0");
	run_with(t, "guard_flag=yes,guard_prepares_anon=anon_only", anon);
	expect_areas(t, "p0 @0 +1 rw gu ac av=A");
}

/* ---- rule 10 ---- */

static void test_madvise_collapse_without_room_is_einval(void **state)
{
	struct testing *t = *state;
	struct op_result got;

	run(t, "mmap(@0, +4" RW "madvise(@0, +4, collapse) = EINVAL");
	/* with room for a huge page the outcome is the kernel's, and the model's end */
	run(t, "mmap(@0, +1024" RW);
	parse(t, "madvise(@0, +1024, collapse)");
	assert_int_equal(model_step(&t->model, t->index, &t->file.prog.ops[0], NULL, &got), -E2BIG);
	assert_non_null(t->model.limit);
}

static void test_willneed_without_swap_support_is_ebadf(void **state)
{
	struct testing *t = *state;

	restart(t, NULL);
	t->model.config.swap_support = false;
	run(t, "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n"
	       "mmap(@1, +1, rw, shared|fixed, m0, 0)\n"
	       "madvise(@0, +1, willneed) = EBADF\n"
	       "madvise(@1, +1, willneed) = 0");
}

static void test_remove_beyond_the_largest_file(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +1, rw, shared|fixed, m0, 0x7fffffffffffe000)\n"
	       "mremap(@0, +1, +3, 0, @0) = @0\n"
	       "madvise(@1, +1, remove) = EFBIG\n"
	       "madvise(@2, +1, remove) = EINVAL");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_willneed_without_swap_support_is_ebadf),
		TEST(test_remove_beyond_the_largest_file),
		TEST(test_madvise_bad_arguments_are_einval),
		TEST(test_madvise_what_the_kernel_lacks_is_einval),
		TEST(test_madvise_hole_is_passed_over_and_enomem),
		TEST(test_madvise_error_ends_it_and_what_was_done_stays),
		TEST(test_madvise_sealed_forbids_discarding),
		TEST(test_madvise_sealed_only_read_only_private_anonymous),
		TEST(test_madvise_sealed_private_zero),
		TEST(test_madvise_flags),
		TEST(test_madvise_flags_split_and_merge),
		TEST(test_madvise_same_flags_merge_nothing),
		TEST(test_madvise_flags_refused),
		TEST(test_madvise_without_room_is_eagain),
		TEST(test_madvise_dontneed),
		TEST(test_madvise_discarding_locked),
		TEST(test_madvise_dontneed_of_files),
		TEST(test_madvise_free),
		TEST(test_madvise_remove),
		TEST(test_madvise_cold_pageout_willneed),
		TEST(test_madvise_populate),
		TEST(test_madvise_populate_what_cannot_be_had_is_efault),
		TEST(test_madvise_populate_at_a_hole),
		TEST(test_madvise_guard_install),
		TEST(test_madvise_guard_locked),
		TEST(test_madvise_guard_over_a_hole),
		TEST(test_madvise_guard_by_kernel),
		TEST(test_madvise_collapse_without_room_is_einval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
