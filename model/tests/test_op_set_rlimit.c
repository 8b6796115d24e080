/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * set_rlimit, and what each operation does that meets a limit. The numbers are those of the rules
 * in op_set_rlimit.c.
 */
#include "testing.h"

/* Rules 1 and 3. */
static void test_limit_as_of_mmap_counts_what_is_mapped(void **state)
{
	struct testing *t = *state;

	run(t,
	    "mmap(@0, +2" RW "set_rlimit(as, +4) = 0\n"
	    "mmap(@10, +3, none, private|anonymous|fixed, none, 0) = ENOMEM\n"
	    "mmap(@10, +2, r, shared|anonymous|fixed, none, 0) = @10\n"
	    "mmap(@20, +1" RO "mmap(@0, +2, r, private|anonymous|fixed, none, 0) = @0\n"
	    "munmap(@0, +1)\nmmap(@20, +1, r, private|anonymous|fixed, none, 0) = @20\n"
	    "set_rlimit(as, +1) = 0\nmmap(@20, +1" RO "mmap(@30, +1, r, private|anonymous|fixed, "
	    "none, 0) = ENOMEM\nset_rlimit(as, unlimited) = 0\n"
	    "mmap(@30, +8, r, private|anonymous|fixed, none, 0) = @30");
	expect_areas(t, "p0 @1 +1 r\n"
			"p0 @10 +2 r sh f1+0\n"
			"p0 @20 +1 r\n"
			"p0 @30 +8 r");
}

/* Only what is private, writable and does not grow down is data. */
static void test_limit_data_is_of_data_alone(void **state)
{
	struct testing *t = *state;

	run(t, "set_rlimit(data, +2) = 0\nmmap(@0, +2, rw, private|anonymous|fixed, none, 0) = @0\n"
	       "mmap(@4, +1, rw, private|anonymous|fixed, none, 0) = ENOMEM\n"
	       "mmap(@4, +1, w, private|fixed, m0, 0) = ENOMEM\n"
	       "mmap(@4, +1, rw, shared|anonymous|fixed, none, 0) = @4\n"
	       "mmap(@6, +1, rw, private|anonymous|fixed|growsdown, none, 0) = @6\n"
	       "mmap(@8, +4, rx, private|anonymous|fixed, none, 0) = @8\n"
	       "mprotect(@8, +1, rw) = ENOMEM\nmprotect(@0, +2, rwx) = 0\nmunmap(@0, +1)\n"
	       "mprotect(@8, +1, rw) = 0");
	t->model.config.ignore_rlimit_data = true;
	run(t, "mmap(@20, +9, rw, private|anonymous|fixed, none, 0) = @20");
}

/* Below the limits already: as many pages more of what it was would break them too. */
static void test_limit_of_mprotect_only_for_what_turns_into_data(void **state)
{
	run(*state,
	    "mmap(@0, +4" RO "mmap(@8, +2" RW "set_rlimit(as, +6)\nmprotect(@0, +4, rw) = 0\n"
	    "set_rlimit(as, unlimited)\nset_rlimit(data, +6)\nmprotect(@0, +4, rwx) = 0\n"
	    "mprotect(@0, +4, r) = 0\nset_rlimit(data, +3)\nmprotect(@0, +1, rw) = 0\n"
	    "mprotect(@0, +4, rw) = ENOMEM");
}

static void test_limit_of_mremap(void **state)
{
	struct testing *t = *state;

	run(t, "mmap(@0, +2" RW "set_rlimit(as, +3)\nmremap(@0, +2, +4, 0, @0) = ENOMEM\n"
	       "mremap(@0, +2, +4, maymove, @0) = ENOMEM\nmremap(@0, +2, +3, 0, @0) = @0\n"
	       "mremap(@0, +3, +3, maymove|fixed, @10) = @10\n"
	       "mremap(@10, +1, +1, maymove|fixed|dontunmap, @0) = ENOMEM\n"
	       "mremap(@10, +3, +1, maymove|fixed, @20) = @20\n"
	       "mremap(@20, +1, +1, maymove|fixed|dontunmap, @0) = @0");
	expect_areas(t, "p0 @0 +1 rw ac\n"
			"p0 @20 +1 rw ac");
	/* By then the destination is gone. */
	run_with(t, NULL,
		 "mmap(@0, +2" RW "mmap(@10, +1" RO "set_rlimit(as, +3)\n"
		 "mremap(@0, +2, +2, maymove|fixed|dontunmap, @10) = ENOMEM");
	expect_areas(t, "p0 @0 +2 rw ac");
	run_with(t, NULL,
		 "mmap(@0, +2" RW "mmap(@10, +1" RO "set_rlimit(as, +3)\n"
		 "mremap(@0, +2, +3, maymove|fixed, @10) = ENOMEM");
	expect_areas(t, "p0 @0 +2 rw ac\n"
			"p0 @10 +1 r");
	run_with(t, "v6.12",
		 "mmap(@0, +2" RW "mmap(@10, +1" RO "set_rlimit(as, +2)\n"
		 "mremap(@0, +2, +3, maymove|fixed, @10) = ENOMEM");
	expect_areas(t, "p0 @0 +2 rw ac");
}

/* Rule 6 of op_mmap.c. */
static void test_limit_of_mmap_fixed_leaves_a_split(void **state)
{
	struct testing *t = *state;
	static const char program[] = "mmap(@0, +4" RW "set_rlimit(as, +4)\n"
				      "mmap(@3, +2, rw, private|anonymous|fixed, none, 0) = ENOMEM";

	run(t, program);
	expect_areas(t, "p0 @0 +3 rw ac\n"
			"p0 @3 +1 rw ac");
	run_with(t, "mmap_fixed_atomic=no", program);
	expect_areas(t, "p0 @0 +4 rw ac");
	/* Sealed memory is looked at first, or last. */
	run_with(t, NULL,
		 "mmap(@0, +1" RW "mseal(@0, +1, 0)\nset_rlimit(as, +1)\n"
		 "mmap(@0, +2, rw, private|anonymous|fixed, none, 0) = EPERM");
}

static void test_limit_of_brk_leaves_the_break(void **state)
{
	run(*state, "brk(@41) = @41\nset_rlimit(as, +2)\nbrk(@43) = @41\nbrk(@42) = @42\n"
		    "set_rlimit(as, unlimited)\nset_rlimit(data, +2)\nbrk(@42+0x8) = @42\n"
		    "munmap(@40, +2)\nbrk(@43) = @42\nset_rlimit(data, +1)\nbrk(@41+0x8) = @42\n"
		    "set_rlimit(data, unlimited)\nbrk(@43) = @43");
}

static void test_limit_of_growing_down(void **state)
{
	struct testing *t = *state;
	static const char stack[] =
		"mmap(@40, +2, rw, private|anonymous|fixed|growsdown, none, 0)\n";

	run(t, stack);
	run(t, "set_rlimit(stack, +3)\nwrite(@38) = SIGSEGV\nwrite(@39) = 0\n"
	       "set_rlimit(stack, unlimited)\nset_rlimit(as, +4)\nwrite(@37) = SIGSEGV\n"
	       "write(@38) = 0\nset_rlimit(data, +1)\nset_rlimit(as, unlimited)\nwrite(@37) = 0");
	expect_areas(t, "p0 @37 +5 rw gd ac av=A");
}

static void test_limit_of_locked_pages(void **state)
{
	struct testing *t = *state;

	t->model.config.cap_ipc_lock = false;
	run(t,
	    "mmap(@0, +4" RW "set_rlimit(memlock, +2)\nmlock(@0, +3) = ENOMEM\nmlock(@0, +2) = 0\n"
	    "mmap(@8, +1, rw, private|anonymous|fixed|locked, none, 0) = EAGAIN\n"
	    "mremap(@0, +2, +3, 0, @0) = EAGAIN\nmlockall(current) = ENOMEM\n"
	    "set_rlimit(memlock, unlimited)\nmlockall(current) = 0");
	/* It can be lowered, never raised. */
	t->model.config.rlimit_memlock = 5;
	run(t, "set_rlimit(memlock, +10)\n"
	       "mmap(@8, +2, rw, private|anonymous|fixed|locked, none, 0) = EAGAIN");
}

/* Rule 2. */
static void test_limit_is_inherited_and_the_process_own(void **state)
{
	run(*state, "set_rlimit(as, +1)\nfork() = p1\nset_rlimit(as, unlimited)\n"
		    "p1: mmap(@0, +2, r, private|anonymous|fixed, none, 0) = ENOMEM\n"
		    "mmap(@0, +2, r, private|anonymous|fixed, none, 0) = @0\nfork() = p2\n"
		    "p2: set_rlimit(as, +2)\n"
		    "p2: mmap(@8, +1, r, private|anonymous|fixed, none, 0) = ENOMEM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_limit_as_of_mmap_counts_what_is_mapped),
		TEST(test_limit_data_is_of_data_alone),
		TEST(test_limit_of_mprotect_only_for_what_turns_into_data),
		TEST(test_limit_of_mremap),
		TEST(test_limit_of_mmap_fixed_leaves_a_split),
		TEST(test_limit_of_brk_leaves_the_break),
		TEST(test_limit_of_growing_down),
		TEST(test_limit_of_locked_pages),
		TEST(test_limit_is_inherited_and_the_process_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
