/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A process with a kernel in it may run any number of programs: as test_persistent.c, with the
 * kernel code as the backend, and again while allocations fail, which leaves the kernel by other
 * ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/kernel/kernel.h"
#include "harness/kernel/trap.h"
#include "harness/tests/persistent.h"

static void in_silence(void *arg, enum kernel_end why, const char *site, const char *text)
{
	(void)arg, (void)why, (void)site, (void)text;
	_exit(1);
}

/* In a process of its own: does a known bug of this kernel end it? */
static bool survives(struct corpus *c, u32 i)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		kernel_catch(in_silence, NULL);
		persistent_digest(c, i);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

/* Leaves those programs that can be run here. */
static void keep_survivors(struct corpus *c)
{
	u32 i, kept = 0;

	for (i = 0; i < c->count; i++)
		if (survives(c, i))
			c->progs[kept++] = c->progs[i];
	c->count = kept;
}

static void test_persistent_failing_allocations_leave_nothing(void **state)
{
	struct corpus *c = *state;
	struct prog first = c->progs[0];
	u64 digest = c->first[0];
	u32 i, k;

	for (i = 0; i < c->count; i++)
		for (k = i % 3; k < c->progs[i].count; k += 3)
			c->progs[i].ops[k].fail_nth = (u8)(1 + (i + k) % 4);
	test_persistent_order_of_cases_changes_nothing(state);
	c->progs[0] = first;
	assert_int_equal(persistent_digest(c, 0), digest);
}

static int setup(void **state)
{
	if (persistent_setup(state, &backend_kernel_direct))
		return -1;
	keep_survivors(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_persistent_order_of_cases_changes_nothing),
		cmocka_unit_test(test_persistent_failing_allocations_leave_nothing),
	};

	return cmocka_run_group_tests(tests, setup, persistent_teardown);
}
