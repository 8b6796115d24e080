/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which lines of the kernel's log count, and how its records are read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/backend.h"
#include "harness/kernel_log.h"

static void test_kernel_log_line_counts_if_it_begins_a_report(void **state)
{
	static const struct {
		const char *text;
		bool alarming;
		const char *why;
	} rows[] = {
		{ "WARNING: CPU: 1 PID: 77 at mm/vma.c:828 vma_merge+0x1/0x2", true, "WARN_ON" },
		{ "WARNING: mm/vma.c:828 at vma_merge+0x1/0x2, CPU#1: vmafuzz/77", true, "7.x" },
		{ "kernel BUG at mm/mmap.c:123!", true, "BUG_ON" },
		{ "BUG: kernel NULL pointer dereference, address: 0000000000000008", true, "" },
		{ "BUG: Bad page map in process vmafuzz-exec  pte:1 pmd:2", true, "" },
		{ "BUG: Bad rss-counter state mm:1 type:MM_ANONPAGES val:1", true, "" },
		{ "BUG anon_vma (Not tainted): Objects remaining", true, "a slab cache" },
		{ "Oops: 0000 [#1] SMP NOPTI", true, "" },
		{ "Oops: general protection fault, probably for non-canonical", true, "6.10" },
		{ "general protection fault, probably for non-canonical address", true, "" },
		{ "UBSAN: array-index-out-of-bounds in mm/vma.c:1", true, "" },
		{ "KASAN: null-ptr-deref in range [0x0-0x7]", true, "" },
		{ "BUG: KASAN: slab-use-after-free in unlink_anon_vmas", true, "" },
		{ "BUG: KFENCE: use-after-free read in x", true, "" },
		{ "list_del corruption. prev->next should be 1, but was 2", true, "" },
		{ "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [a:1]", true, "" },
		{ "INFO: task vmafuzz-exec:12 blocked for more than 120 seconds.", true, "" },
		{ "INFO: task something harmless", false, "" },
		{ "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:", true, "" },
		{ "page:ffffea0004 refcount:0 mapcount:1 mapping:0 index:0", true, "dump_page" },
		{ "vmafuzz-exec[12]: segfault at 10 ip 40 sp 7f error 4 in x", false, "a program" },
		{ "traps: a[1] general protection fault ip:1 sp:2 error:0", false, "a program" },
		{ "RIP: 0010:vma_merge+0x1/0x2", false, "within a report" },
		{ "Call Trace:", false, "within a report" },
		{ "EXT4-fs warning: BUG: not at the start", false, "" },
		{ "", false, "" },
	};
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (kernel_log_alarming(rows[i].text) != rows[i].alarming)
			fail_msg("%s (%s)", rows[i].text, rows[i].why);
}

static void test_kernel_log_record_gives_its_first_line(void **state)
{
	char record[] = "4,1234,567890,-,caller=T12;WARNING: here; and there\n SUBSYSTEM=mm\n";
	char plain[] = "6,1,2,-;text";
	char broken[] = "no header";

	(void)state;
	assert_string_equal(kernel_log_message(record), "WARNING: here; and there");
	assert_string_equal(kernel_log_message(plain), "text");
	assert_null(kernel_log_message(broken));
}

static void test_kernel_log_new_alarms_are_counted_and_the_first_is_told(void **state)
{
	static const char *const records[] = {
		"4,1,1,-;WARNING: the first\n",
		"6,2,1,-;nothing to see here\n",
		"4,3,1,-;WARNING: the second\n SUBSYSTEM=mm\n",
	};
	struct kernel_log *log;
	char line[128] = "";
	int fds[2];
	u32 i;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds), 0);
	log = kernel_log_from(fds[0]);
	assert_non_null(log);
	assert_int_equal(kernel_log_poll(log, line, sizeof(line)), 0);
	for (i = 0; i < ARRAY_SIZE(records); i++)
		assert_true(write(fds[1], records[i], strlen(records[i])) > 0);
	assert_int_equal(kernel_log_poll(log, line, sizeof(line)), 2);
	assert_string_equal(line, "WARNING: the first");
	assert_int_equal(kernel_log_poll(log, line, sizeof(line)), 0);
	kernel_log_close(log);
	close(fds[1]);
}

static void test_kernel_log_of_this_machine_is_read_or_refused_with_a_reason(void **state)
{
	struct diag diag = { "" };
	struct kernel_log *log = kernel_log_open(&diag);
	char line[128];

	(void)state;
	if (!log) {
		assert_non_null(strstr(diag.text, "/dev/kmsg"));
		return;
	}
	kernel_log_poll(log, line, sizeof(line));
	kernel_log_close(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_log_line_counts_if_it_begins_a_report),
		cmocka_unit_test(test_kernel_log_record_gives_its_first_line),
		cmocka_unit_test(test_kernel_log_new_alarms_are_counted_and_the_first_is_told),
		cmocka_unit_test(
			test_kernel_log_of_this_machine_is_read_or_refused_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
