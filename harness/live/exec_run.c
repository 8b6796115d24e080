/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs a program: hands the turn from process to process, and to vmafuzz when it is over.
 *
 * Whose turn it is follows from struct shared alone. A process acts as long as it is due, then
 * gives the turn to who is, and sleeps until it is woken. A program of one process thus runs
 * without any switch.
 */
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "harness/live/exec.h"

u32 turn_due(const struct shared *sh)
{
	switch (sh->phase) {
	case PHASE_OPS:
		if (sh->exiting >= 0)
			return TURN_MASTER;
		return op_proc(&sh->prog.ops[sh->index], sh->live);
	case PHASE_PAGES:
		return sh->page_proc;
	case PHASE_CLEAN:
		return sh->live == 1 ? 0 : TURN_MASTER;
	case PHASE_RESPAWN:
		return TURN_MASTER;
	case PHASE_START:
	case PHASE_BARE:
		return 0;
	default:
		return TURN_OWNER;
	}
}

static void word_wake(u32 *word, u32 bits)
{
	__atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
	exec_syscall(SYS_futex, (u64)(uintptr_t)word, FUTEX_WAKE, 1, 0, 0, 0);
}

void turn_give(struct shared *sh, u32 who)
{
	if (who < PROCS_MAX)
		word_wake(&sh->turn[who], 1);
	else if (who == TURN_MASTER)
		word_wake(&sh->master_turn, MASTER_GO);
	else
		word_wake(&sh->owner_turn, 1);
}

static void turn_wait(u32 *word)
{
	while (!__atomic_exchange_n(word, 0, __ATOMIC_ACQ_REL))
		exec_syscall(SYS_futex, (u64)(uintptr_t)word, FUTEX_WAIT, 0, 0, 0, 0);
}

void exec_fail(struct shared *sh, enum failure failure, u32 proc, s64 detail)
{
	sh->failure_proc = proc;
	sh->failure_detail = detail;
	__atomic_store_n(&sh->failure, failure, __ATOMIC_RELEASE);
	sh->phase = PHASE_IDLE;
}

/* What stays in a process is dead weight once the master is gone, whoever killed it. */
void worker_bind(const struct worker *w)
{
	exec_syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
	if (exec_syscall(SYS_getppid, 0, 0, 0, 0, 0, 0) != w->master)
		exec_syscall(SYS_exit_group, 1, 0, 0, 0, 0, 0);
}

static u32 first_from(u32 live, u32 proc)
{
	while (proc < PROCS_MAX && !(live >> proc & 1))
		proc++;
	return proc;
}

static void next_op(struct shared *sh)
{
	sh->index++;
	sh->phase = sh->index < sh->prog.count ? PHASE_OPS : PHASE_CLEAN;
}

void op_finish(struct worker *w)
{
	struct shared *sh = w->sh;
	struct log_entry *log = &sh->log[sh->index];

	log->live = sh->live;
	log->page = sh->page_count;
	log->page_count = 0;
	log->pages = false;
	log->smaps = false;
	observe(w);
	if (sh->failure)
		return;
	if (!sh->pages_each && sh->index + 1 < sh->prog.count) {
		next_op(sh);
		return;
	}
	log->pages = true;
	sh->page_proc = first_from(sh->live, 0);
	sh->phase = PHASE_PAGES;
}

static void act_pages(struct worker *w)
{
	struct shared *sh = w->sh;

	if (!sh->use_bpf)
		proc_smaps(w);
	if (!sh->failure)
		observe_pages(w);
	if (sh->failure)
		return;
	sh->log[sh->index].page_count = sh->page_count - sh->log[sh->index].page;
	sh->page_proc = first_from(sh->live, sh->page_proc + 1);
	if (sh->page_proc == PROCS_MAX)
		next_op(sh);
}

static void act_clean(struct worker *w)
{
	struct shared *sh = w->sh;

	if (sh->polluted || !clean_up(w)) {
		sh->phase = PHASE_RESPAWN;
		return;
	}
	clean_files(w);
	sh->phase = PHASE_IDLE;
}

static u64 now_ns(void)
{
	struct timespec t;

	/* Not by the C library, which would use the vdso: that is gone. */
	exec_syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (u64)(uintptr_t)&t, 0, 0, 0, 0);
	return (u64)t.tv_sec * 1000000000ull + (u64)t.tv_nsec;
}

/* Operations that end or multiply the process, or leave what cannot be cleaned, are left out. */
static void act_bare(struct worker *w)
{
	struct shared *sh = w->sh;
	struct op_result result;
	u64 start = now_ns();

	for (sh->index = 0; sh->index < sh->prog.count; sh->index++) {
		const struct op *op = &sh->prog.ops[sh->index];

		if (op->kind != OP_FORK && op->kind != OP_EXIT && op->kind != OP_MSEAL)
			live_execute(w, op, &result);
	}
	sh->bare_ns = now_ns() - start;
	sh->phase = PHASE_CLEAN;
}

/* False if the turn has gone to a new process, and nothing may be looked at any more. */
static bool act(struct worker *w)
{
	struct shared *sh = w->sh;

	switch (sh->phase) {
	case PHASE_OPS:
		if (!live_execute(w, &sh->prog.ops[sh->index], &sh->log[sh->index].result))
			return false;
		if (!sh->failure)
			op_finish(w);
		break;
	case PHASE_PAGES:
		act_pages(w);
		break;
	case PHASE_CLEAN:
		act_clean(w);
		break;
	case PHASE_START:
		clean_check_new(w);
		clean_files(w);
		if (!sh->failure)
			sh->phase = PHASE_IDLE;
		break;
	case PHASE_BARE:
		act_bare(w);
		break;
	default:
		break;
	}
	return true;
}

_Noreturn void worker_run(struct worker *w)
{
	struct shared *sh = w->sh;
	bool has_turn;

	for (;;) {
		turn_wait(&sh->turn[w->index]);
		has_turn = true;
		while (has_turn && turn_due(sh) == w->index)
			has_turn = act(w);
		if (has_turn)
			turn_give(sh, turn_due(sh));
	}
}
