/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live backend: what it executes and what it sees. That kernel and model agree is the
 * business of test_live_corpus; here, answers are known by heart.
 */
#include "harness/tests/live_fixture.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "model/abi.h"

static void test_live_program_gives_results_and_whole_state(void **state)
{
	struct live_fixture *f = *state;

	live_need_bpf(f);
	live_run_text(f, "mmap(@0, +10, rw, private|anonymous|fixed, none, 0)\n"
			 "write(@1)\n"
			 "mprotect(@3, +2, r)\n");
	assert_int_equal(f->result[0].value, ARENA_BASE);
	live_expect(f, "p0 @0 +3 rw ac av=A\n"
		       "p0 @3 +2 r ac av=A\n"
		       "p0 @5 +5 rw ac av=A\n"
		       "p0 map_count=+3 total_vm=+10 data_vm=+8\n"
		       "A root=A parent=A children=1 active=3 refs=1\n"
		       "p0 page @1 tag=2\n");
}

static void test_live_fork_shows_both_processes(void **state)
{
	struct live_fixture *f = *state;

	live_need_bpf(f);
	live_run_text(f, "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
			 "write(@0)\n"
			 "mprotect(@2, +2, r)\n"
			 "fork()\n"
			 "p1: mprotect(@2, +2, rw)\n"
			 "p1: write(@0)\n");
	assert_int_equal(f->result[3].value, 1);
	live_expect(f, "p0 @0 +2 rw ac av=A\n"
		       "p0 @2 +2 r ac av=A\n"
		       "p1 @0 +2 rw ac av=B chain=B,A\n"
		       "p1 @2 +2 rw ac av=C chain=C,A\n"
		       "p0 map_count=+2 total_vm=+4 data_vm=+2\n"
		       "p1 map_count=+2 total_vm=+4 data_vm=+4\n"
		       "A root=A parent=A children=3 active=2 refs=3\n"
		       "B root=A parent=A children=0 active=1 refs=1\n"
		       "C root=A parent=A children=0 active=1 refs=1\n"
		       "p0 page @0 tag=2\n"
		       "p1 page @0 tag=6\n");
}

/* Anon_vmas of dead processes are used again, so ids, roots and parents are all different. */
static void test_live_exits_leave_the_graph_of_the_living(void **state)
{
	struct live_fixture *f = *state;

	live_need_bpf(f);
	live_run_text(f, "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n"
			 "write(@0)\n"
			 "fork()\n"
			 "p1: fork()\n"
			 "p2: fork()\n"
			 "p1: exit()\n"
			 "p2: exit()\n"
			 "p3: fork()\n"
			 "p4: fork()\n");
	assert_int_equal(f->result[5].err, 0);
	assert_true(f->snap.proc[0].alive && f->snap.proc[3].alive && f->snap.proc[5].alive);
	assert_false(f->snap.proc[1].alive || f->snap.proc[2].alive);
	assert_int_equal(f->snap.anon_vma_count, 4);
	assert_int_equal(f->snap.vmas[3].chain_len, 4);
	assert_int_equal(f->snap.anon_vmas[0].root, 1);
	assert_int_equal(f->snap.anon_vmas[0].refcount, 4);
	assert_int_equal(f->snap.anon_vmas[3].root, 1);
}

static void test_live_touches_answer_with_signals_or_tags(void **state)
{
	struct live_fixture *f = *state;

	live_run_text(f, "mmap(@0, +1, none, private|anonymous|fixed, none, 0)\n"
			 "mmap(@1, +2, rw, private|fixed, m0, +23)\n"
			 "read(@0)\n"
			 "write(@0)\n"
			 "read(@2)\n"
			 "write(@1)\n"
			 "read(@1+0x123)\n"
			 "read(@9)\n"
			 "write(0x800000000000000)\n"
			 "read(0xffff888000000000)\n");
	assert_int_equal(f->result[2].err, RESULT_SIGSEGV);
	assert_int_equal(f->result[3].err, RESULT_SIGSEGV);
	assert_int_equal(f->result[4].err, RESULT_SIGBUS);
	assert_int_equal(f->result[5].err, 0);
	assert_int_equal(f->result[6].err, 0);
	assert_int_equal(f->result[6].value, op_tag(5));
	assert_int_equal(f->result[7].err, RESULT_SIGSEGV);
	assert_int_equal(f->result[8].err, RESULT_SIGSEGV);
	assert_int_equal(f->result[9].err, RESULT_SIGSEGV);
}

static void test_live_calls_on_the_executor_itself_are_refused(void **state)
{
	static const struct {
		const char *line;
		s32 err;
		const char *why;
	} rows[] = {
		{ "munmap(0x400000, +1)", RESULT_REFUSED, "the executor's text" },
		{ "munmap(0x1000, 0x7ffffff00000)", RESULT_REFUSED, "everything" },
		{ "munmap(0x1000, 0xf000000000000000)", -EINVAL, "the kernel rejects it" },
		{ "mprotect(0x400000, +1, rw)", RESULT_REFUSED, "the executor's text" },
		{ "mprotect(@0, 0x7f0000000000, r)", -ENOMEM, "stops at the hole before ours" },
		{ "mprotect(@0, 0x800000001000, r|growsdown)", RESULT_REFUSED,
		  "begins with the stack, the next area that there is" },
		{ "madvise(0x1000, 0x7ffffff00000, dontneed)", RESULT_REFUSED, "skips holes" },
		{ "mmap(0x400000, +1, rw, private|anonymous|fixed, none, 0)", RESULT_REFUSED,
		  "the executor's text" },
		{ "mmap(@0, 0x100000000000, rw, private|anonymous|populate, none, 0)",
		  RESULT_REFUSED, "fills the machine" },
		{ "mremap(@0, 0xf000000000000000, +1, maymove, @0)", -EFAULT, "nothing there" },
		{ "mremap(@0, +1, +1, maymove|fixed, 0x400000)", RESULT_REFUSED, "over the text" },
		{ "read(0x400000)", RESULT_REFUSED, "the executor's text" },
		{ "write(0x400000)", RESULT_REFUSED, "the executor's text" },
		{ "mseal(0x400000, +1, 0)", RESULT_REFUSED, "the executor's text" },
		{ "mlock(0x400000, +1)", RESULT_REFUSED, "the executor's text" },
	};
	struct live_fixture *f = *state;
	u32 i, pid;

	live_run_text(f, "munlockall()\n");
	pid = live_proc_pid(f->backend, 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		live_run_text(f, rows[i].line);
		if (f->result[0].err != rows[i].err && f->result[0].err != -EINVAL)
			fail_msg("%s: %d: %s", rows[i].line, f->result[0].err, rows[i].why);
		if (rows[i].err == RESULT_REFUSED)
			assert_int_equal(f->result[0].err, RESULT_REFUSED);
	}
	assert_int_equal(live_proc_pid(f->backend, 0), pid);
}

static void test_live_seventh_process_and_last_exit_are_refused(void **state)
{
	struct live_fixture *f = *state;
	u32 i;

	live_run_text(f, "exit()\nfork()\nfork()\nfork()\nfork()\nfork()\nfork()\nexit()\n"
			 "p1: exit()\np2: exit()\np3: exit()\np4: exit()\np5: exit()\n");
	assert_int_equal(f->result[0].err, -EBUSY);
	for (i = 1; i < PROCS_MAX; i++)
		assert_int_equal(f->result[i].value, i);
	assert_int_equal(f->result[6].err, -EAGAIN);
	assert_int_equal(f->result[7].err, 0);
	assert_int_equal(f->result[12].err, -EBUSY);
	assert_true(f->snap.proc[5].alive);
	assert_false(f->snap.proc[0].alive);
}

static void test_live_last_mapping_is_remembered_and_inherited(void **state)
{
	struct live_fixture *f = *state;

	live_run_text(f, "mmap(0, +4, rw, private|anonymous, none, 0)\n"
			 "write(last+1)\n"
			 "fork()\n"
			 "p1: read(last+1)\n"
			 "p1: mremap(last, +4, +4, maymove|fixed, @7)\n"
			 "p1: read(@8)\n"
			 "read(last+1)\n");
	assert_true(f->result[0].value > ARENA_END);
	assert_int_equal(f->result[3].value, op_tag(1));
	assert_int_equal(f->result[4].value, ARENA_BASE + 7 * PAGE_BYTES);
	assert_int_equal(f->result[5].value, op_tag(1));
	assert_int_equal(f->result[6].value, op_tag(1));
	assert_int_equal(f->snap.vmas[0].start, f->result[0].value >> PAGE_SHIFT);
	assert_int_equal(f->snap.vmas[1].start, (ARENA_BASE >> PAGE_SHIFT) + 7);
}

static void test_live_next_program_starts_empty(void **state)
{
	static const char *const before[] = {
		"mmap(0, +4, rw, private|anonymous, none, 0)\nwrite(last)\n",
		"mmap(@0, +4, rw, shared|fixed, m0, 0)\nwrite(@1)\n",
		"mmap(0x10000, +1, rw, private|anonymous|fixed, none, 0)\n",
		"mlockall(future)\nmmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n",
		"mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\nmseal(@0, +4, 0)\n",
		("mmap(@0, +6, rw, private|anonymous|fixed|locked, none, 0)\n"
		 "mremap(@2, +2, +2, maymove|fixed|dontunmap, @40)\n"),
		"fork()\nexit()\n",
	};
	struct live_fixture *f = *state;
	u32 i, p;

	for (i = 0; i < ARRAY_SIZE(before); i++) {
		live_run_text(f, before[i]);
		live_run_text(f, "mmap(@0, +4, r, shared|fixed, m0, 0)\nread(@1)\n");
		assert_int_equal(f->result[1].err, 0);
		assert_int_equal(f->result[1].value, 0);
		assert_int_equal(f->snap.vma_count, 1);
		assert_int_equal(f->snap.proc[0].counter[COUNT_MAP], 1);
		assert_int_equal(f->snap.proc[0].counter[COUNT_TOTAL_VM], 4);
		assert_int_equal(f->snap.proc[0].counter[COUNT_LOCKED_VM], 0);
		for (p = 1; p < PROCS_MAX; p++)
			assert_false(f->snap.proc[p].alive);
	}
}

static void test_live_process_is_used_again_only_if_it_is_clean(void **state)
{
	static const struct {
		const char *lines;
		bool again;
	} rows[] = {
		{ "mmap(0, +4, rw, private|anonymous, none, 0)\nwrite(last)\n", true },
		{ "mlockall(current|future)\n", true },
		{ "fork()\np1: exit()\n", true },
		{ "fork()\np1: mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n", true },
		{ "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\nmseal(@0, +1, 0)\n",
		  false },
		{ "fork()\nexit()\n", false },
	};
	struct live_fixture *f = *state;
	u32 i, pid;

	live_need_bpf(f); /* without, whatever locks ends the process to be safe */
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		live_run_text(f, "munlockall()\n");
		pid = live_proc_pid(f->backend, 0);
		live_run_text(f, rows[i].lines);
		if (strstr(rows[i].lines, "mseal") && f->result[1].err == -ENOSYS)
			continue;
		assert_int_equal(live_proc_pid(f->backend, 0) == pid, rows[i].again);
		assert_int_equal(live_proc_pid(f->backend, 1), 0);
	}
}

static void test_live_pages_are_known_when_they_are_asked_for(void **state)
{
	struct live_fixture *f = *state;
	struct op_result result;
	u32 i;

	live_parse(f, "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
		      "write(@1)\n"
		      "madvise(@2, +1, guard_install)\n"
		      "mprotect(@1, +1, none)\n");
	assert_int_equal(live_begin(f, true), 0);
	for (i = 0; i < 4; i++) {
		f->backend->type->exec(f->backend, i, &result, &f->diag);
		f->backend->type->snapshot(f->backend, &f->snap, &f->diag);
		assert_true(f->snap.fields & SNAP_PAGES);
		if (i == 1) {
			assert_int_equal(f->snap.page_count, 1);
			assert_int_equal(f->snap.pages[0].addr, (ARENA_BASE >> PAGE_SHIFT) + 1);
			assert_int_equal(f->snap.pages[0].tag, op_tag(1));
			assert_int_equal(f->snap.pages[0].state, SNAP_PAGE_PRESENT);
		}
		if (i == 2 && f->backend->config.rules.guard == GUARD_ANY)
			assert_int_equal(f->snap.pages[1].state, SNAP_PAGE_GUARD);
	}
	assert_false(f->snap.pages[0].has_tag);
	assert_int_equal(live_begin(f, false), 0);
	f->backend->type->exec(f->backend, 1, &result, &f->diag);
	f->backend->type->snapshot(f->backend, &f->snap, &f->diag);
	assert_false(f->snap.fields & SNAP_PAGES);
}

static void test_live_translated_flags_have_their_names(void **state)
{
	struct live_fixture *f = *state;

	live_run_text(f, "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n"
			 "mmap(@2, +1, rw, droppable|anonymous|fixed, none, 0)\n"
			 "mseal(@0, +1, 0)\n");
	if (f->result[1].err || f->result[2].err)
		skip(); /* before 6.11 */
	assert_true(f->snap.vmas[0].flags & VMF_SEALED);
	assert_true(f->snap.vmas[1].flags & VMF_DROPPABLE);
	assert_int_equal(f->snap.vmas[0].flags >> 32 & ~(VMF_SEALED >> 32), 0);
	assert_int_equal(f->snap.vmas[1].flags >> 32 & ~(VMF_DROPPABLE >> 32), 0);
}

/* More areas than there is room for: an error that says so, never a part of the state. */
static void test_live_each_memory_policy_is_seen_as_itself(void **state)
{
	struct live_fixture *f = *state;

	live_need_bpf(f);
	if (!f->backend->config.numa || !(f->backend->ops >> OP_MBIND & 1))
		skip();
	live_run_text(f, "mmap(@0, +8, r, private|anonymous|fixed, none, 0)\n"
			 "mbind(@1, +1, bind)\nmbind(@2, +1, preferred)\n"
			 "mbind(@3, +1, interleave)\nmbind(@4, +1, local)\n"
			 "mbind(@5, +1, bind_static)\nmbind(@6, +1, preferred_none)\n"
			 "mbind(@4, +1, default)\n");
	f->snap.fields = SNAP_LAYOUT | SNAP_POLICY;
	live_expect(f, "p0 @0 +1 r\np0 @1 +1 r pol=bind\np0 @2 +1 r pol=preferred\n"
		       "p0 @3 +1 r pol=interleave\np0 @4 +1 r\np0 @5 +1 r pol=bind_static\n"
		       "p0 @6 +1 r pol=local\np0 @7 +1 r\n");
}

static void test_live_too_many_areas_are_an_error(void **state)
{
	char lines[8192];
	struct live_fixture *f = *state;
	size_t len = 0;
	u32 i;

	live_need_bpf(f);
	len += (size_t)snprintf(lines, sizeof(lines),
				"mmap(@0, +1000, rw, private|anonymous|fixed, none, 0)\n");
	for (i = 0; i < 200; i++)
		len += (size_t)snprintf(lines + len, sizeof(lines) - len,
					"mprotect(@%u, +1, r)\n", 2 * i + 1);
	live_parse(f, lines);
	assert_int_equal(live_begin(f, false), -ENOBUFS);
	assert_non_null(strstr(f->diag.text, "areas"));
	live_run_text(f, "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n");
	assert_int_equal(f->snap.vma_count, 1);
}

static void test_live_empty_program_runs(void **state)
{
	struct live_fixture *f = *state;
	struct op_result result;

	live_run_text(f, "");
	assert_int_equal(f->backend->type->exec(f->backend, 0, &result, &f->diag), -EIO);
}

static void test_live_measuring_leaves_it_usable(void **state)
{
	struct live_fixture *f = *state;
	u64 ns;

	live_parse(f, "mmap(@0, +4, rw, shared|fixed, m0, 0)\nwrite(@1)\nfork()\nexit()\n");
	assert_int_equal(live_bare_ns(f->backend, &f->file.prog, &ns, &f->diag), 0);
	live_rerun(f);
	assert_int_equal(f->result[3].err, 0);
}

static void test_live_without_bpf_tells_layout_then_the_rest(void **state)
{
	struct live_fixture *f = *state;
	struct op_result result;
	u32 i;

	live_parse(f, "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
		      "madvise(@0, +2, dontfork)\n"
		      "mmap(@8, +2, r, private|fixed, m0, +3)\n"
		      "fork()\n"
		      "p1: mmap(@20, +1, rx, shared|anonymous|fixed, none, 0)\n"
		      "mlock(@2, +1)\n");
	assert_int_equal(live_begin(f, false), 0);
	for (i = 0; i < 5; i++) {
		f->backend->type->exec(f->backend, i, &result, &f->diag);
		assert_int_equal(result.err, 0);
		f->backend->type->snapshot(f->backend, &f->snap, &f->diag);
		assert_int_equal(f->snap.fields, SNAP_LAYOUT);
	}
	assert_int_equal(f->snap.proc[0].vma_count, 3);
	assert_int_equal(f->snap.proc[1].vma_count, 3);
	assert_int_equal(f->snap.vmas[5].flags & VMF_ACCESS, VMF_READ | VMF_EXEC);
	f->backend->type->exec(f->backend, 5, &result, &f->diag);
	f->backend->type->snapshot(f->backend, &f->snap, &f->diag);
	assert_int_equal(f->snap.fields, f->backend->observes);
	assert_int_equal(f->snap.proc[0].vma_count, 4);
	assert_true(f->snap.vmas[0].flags & VMF_DONTCOPY);
	assert_true(f->snap.vmas[1].flags & VMF_LOCKED);
	assert_int_equal(f->snap.vmas[3].pgoff, 3);
	assert_int_not_equal(f->snap.vmas[3].file, 0);
	assert_int_equal(f->snap.proc[0].counter[COUNT_MAP], 4);
	assert_int_equal(f->snap.proc[0].counter[COUNT_TOTAL_VM], 6);
	assert_int_equal(f->snap.proc[0].counter[COUNT_LOCKED_VM], 1);
	assert_int_equal(f->snap.proc[1].counter[COUNT_MAP], 3);
	assert_int_equal(f->snap.proc[1].counter[COUNT_EXEC_VM], 1);
}

/* No text can say it, but a program is data. */
static void test_live_poisoning_memory_is_refused(void **state)
{
	struct live_fixture *f = *state;
	u32 advice;

	for (advice = 100; advice <= 101; advice++) {
		live_parse(f, "mmap(@0, +1, rw, private|anonymous|fixed, none, 0)\n"
			      "madvise(@0, +1, normal)\n");
		f->file.prog.ops[1].arg[2] = advice;
		live_rerun(f);
		assert_int_equal(f->result[1].err, RESULT_REFUSED);
	}
}

static bool told_why(struct backend *backend)
{
	return !(backend->observes & SNAP_ANON_VMA) && strstr(backend->observation, "CAP_BPF") &&
	       !backend->config.cap_ipc_lock && !backend->config.cap_rawio;
}

/* Root may make any number of processes, so only an ordinary user can see that fail. */
static bool fork_fails(struct backend *backend)
{
	const struct rlimit one = { 1, 1 };
	struct prog prog = { .count = 1 };
	struct diag diag;

	prog.ops[0].kind = OP_FORK;
	if (prlimit((pid_t)live_proc_pid(backend, 0), RLIMIT_NPROC, &one, NULL))
		return false;
	return backend->type->reset(backend, &prog, false, &diag) == -EIO &&
	       strstr(diag.text, "ulimit -u") &&
	       backend->type->reset(backend, &prog, false, &diag) == 0;
}

/* Runs @check in a process of its own, since privileges do not come back. */
static void run_as_nobody(bool (*check)(struct backend *backend))
{
	enum { GOOD, BAD, CLOSED };
	const struct backend_opts opts = { .timeout_ms = LIVE_TIMEOUT_MS };
	struct backend *backend;
	struct diag diag;
	int status;
	pid_t pid;
	bool good;

	if (geteuid() != 0) {
		print_message("needs root, to become nobody\n");
		skip();
	}
	pid = fork();
	if (pid == 0) {
		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(BAD);
		if (backend_live.open(&backend, &opts, &diag)) {
			print_message("%s\n", diag.text);
			_exit(strstr(diag.text, "missing") ? CLOSED : BAD);
		}
		good = check(backend);
		backend->type->close(backend);
		_exit(good ? GOOD : BAD);
	}
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CLOSED)
		skip(); /* the build directory is closed to others */
	assert_int_equal(status, 0);
}

static void test_live_ordinary_user_gets_less_and_is_told_why(void **state)
{
	(void)state;
	run_as_nobody(told_why);
}

static void test_live_fork_that_fails_is_an_error_of_the_backend(void **state)
{
	(void)state;
	run_as_nobody(fork_fails);
}

static void test_live_cpu_that_is_not_there_is_replaced(void **state)
{
	const struct backend_opts opts = { .cpu = 100000 };
	struct backend *backend;
	struct diag diag;

	(void)state;
	if (backend_live.open(&backend, &opts, &diag))
		fail_msg("%s", diag.text);
	backend->type->close(backend);
}

static void test_live_kernel_and_limits_are_known(void **state)
{
	struct live_fixture *f = *state;
	const struct model_config *config = &f->backend->config;

	assert_non_null(f->backend->profile);
	assert_true(strlen(f->backend->kernel) > 4);
	assert_true(config->base_map_count > 4);
	assert_true(config->base_total_vm > 10);
	assert_true(config->base_lockable <= config->base_total_vm);
	assert_true(config->max_map_count > 0);
	assert_int_equal(config->quirks.on, 0);
}

#define BOTH(test)                                                                 \
	cmocka_unit_test_setup_teardown(test, live_setup, live_teardown),          \
		cmocka_unit_test_setup_teardown(test, live_setup_no_bpf, live_teardown)
#define ONE(test) cmocka_unit_test_setup_teardown(test, live_setup, live_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(test_live_program_gives_results_and_whole_state),
		ONE(test_live_fork_shows_both_processes),
		ONE(test_live_exits_leave_the_graph_of_the_living),
		BOTH(test_live_touches_answer_with_signals_or_tags),
		BOTH(test_live_calls_on_the_executor_itself_are_refused),
		ONE(test_live_poisoning_memory_is_refused),
		BOTH(test_live_seventh_process_and_last_exit_are_refused),
		BOTH(test_live_last_mapping_is_remembered_and_inherited),
		BOTH(test_live_next_program_starts_empty),
		ONE(test_live_process_is_used_again_only_if_it_is_clean),
		BOTH(test_live_pages_are_known_when_they_are_asked_for),
		BOTH(test_live_translated_flags_have_their_names),
		ONE(test_live_each_memory_policy_is_seen_as_itself),
		ONE(test_live_too_many_areas_are_an_error),
		BOTH(test_live_empty_program_runs),
		BOTH(test_live_measuring_leaves_it_usable),
		cmocka_unit_test_setup_teardown(test_live_without_bpf_tells_layout_then_the_rest,
						live_setup_no_bpf, live_teardown),
		cmocka_unit_test(test_live_ordinary_user_gets_less_and_is_told_why),
		cmocka_unit_test(test_live_fork_that_fails_is_an_error_of_the_backend),
		cmocka_unit_test(test_live_cpu_that_is_not_there_is_replaced),
		BOTH(test_live_kernel_and_limits_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
