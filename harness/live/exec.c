/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz-exec: executes programs on the running kernel. Started by vmafuzz, not by people.
 *
 * A static executable at fixed addresses: few areas of its own, none near the arena, and none
 * that comes or goes while it runs. This file is the master, which makes and reaps the processes
 * of a program but is never one of them. All of them end with it, and it ends with vmafuzz.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/live/exec.h"
#include "model/abi.h"

#define STACK_BYTES (256 << 10)

static struct shared *shared_memory(void)
{
	return (struct shared *)SHARED_ADDR;
}

/* A child died: the master looks who when it next wakes. */
static void handle_child(int sig)
{
	(void)sig;
	__atomic_fetch_or(&shared_memory()->master_turn, MASTER_CHILD, __ATOMIC_ACQ_REL);
}

/* Ends process @proc if there is one, and waits until it is gone. */
static void reap(struct shared *sh, u32 proc)
{
	if (!sh->pid[proc])
		return;
	kill(sh->pid[proc], SIGKILL);
	waitpid(sh->pid[proc], NULL, 0);
	sh->pid[proc] = 0;
	sh->live &= ~(1u << proc);
}

static void spawn(struct worker *w)
{
	struct shared *sh = w->sh;
	s64 ret;

	sh->phase = PHASE_START;
	sh->live = 1;
	sh->turn[0] = 0;
	ret = exec_syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, 0,
			   (u64)(uintptr_t)&sh->pid[0], 0, 0, 0);
	if (ret < 0)
		exec_fail(sh, FAILURE_FORK, 0, ret);
	if (ret != 0)
		return;
	w->index = 0;
	w->proc_files = 0;
	worker_bind(w);
	worker_run(w);
}

/* Waits for the process that said it was about to exit; its address space is gone after that. */
static void act_exit(struct worker *w)
{
	struct shared *sh = w->sh;
	u32 proc = (u32)sh->exiting;
	int status = 0;

	waitpid(sh->pid[proc], &status, 0);
	sh->pid[proc] = 0;
	sh->exiting = -1;
	sh->live &= ~(1u << proc);
	if (status)
		exec_fail(sh, FAILURE_DIED, proc, status);
	else
		op_finish(w);
}

static void act_master(struct worker *w)
{
	struct shared *sh = w->sh;
	u32 proc;

	if (sh->phase == PHASE_OPS) {
		act_exit(w);
		return;
	}
	for (proc = sh->phase == PHASE_RESPAWN ? 0 : 1; proc < PROCS_MAX; proc++)
		reap(sh, proc);
	if (!sh->pid[0])
		spawn(w);
}

/* Is the process dead? It stays to be reaped. */
static bool is_dead(s32 pid)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

/*
 * Whoever died now was not meant to, but for the one that means to exit. That is asked after the
 * death was seen, since it says so before it dies, and may do both while we look.
 */
static void check_children(struct shared *sh)
{
	int status = 0;
	u32 proc;

	for (proc = 0; proc < PROCS_MAX; proc++) {
		if (!sh->pid[proc] || !is_dead(sh->pid[proc]) ||
		    (s32)proc == __atomic_load_n(&sh->exiting, __ATOMIC_ACQUIRE))
			continue;
		waitpid(sh->pid[proc], &status, 0);
		sh->pid[proc] = 0;
		sh->live &= ~(1u << proc);
		exec_fail(sh, FAILURE_DIED, proc, status);
		turn_give(sh, TURN_OWNER);
	}
}

static _Noreturn void master_run(struct worker *w)
{
	struct shared *sh = w->sh;
	u32 bits, proc;

	for (;;) {
		bits = __atomic_exchange_n(&sh->master_turn, 0, __ATOMIC_ACQ_REL);
		if (!bits) {
			exec_syscall(SYS_futex, (u64)(uintptr_t)&sh->master_turn, FUTEX_WAIT, 0, 0,
				     0, 0);
			continue;
		}
		if (bits & MASTER_QUIT) {
			for (proc = 0; proc < PROCS_MAX; proc++)
				reap(sh, proc);
			_exit(0);
		}
		if (bits & MASTER_CHILD)
			check_children(sh);
		if (!(bits & MASTER_GO))
			continue;
		while (turn_due(sh) == TURN_MASTER)
			act_master(w);
		turn_give(sh, turn_due(sh));
	}
}

/* Tells vmafuzz why the executor cannot be. */
static _Noreturn void fail_start(struct shared *sh, const char *what, int err)
{
	strncpy(sh->failure_text, what, sizeof(sh->failure_text) - 1);
	exec_fail(sh, FAILURE_START, 0, -err);
	turn_give(sh, TURN_OWNER);
	_exit(1);
}

/* A stack that grows while a program runs would change what is counted. */
static __attribute__((noinline)) void touch_stack(void)
{
	volatile char stack[STACK_BYTES];
	u32 i;

	for (i = 0; i < sizeof(stack); i += (u32)PAGE_BYTES)
		stack[i] = 0;
}

static void move_fd(struct shared *sh, int fd, int number, const char *what)
{
	if (fd < 0 || dup2(fd, number) < 0)
		fail_start(sh, what, errno);
	close(fd);
}

static void open_files(struct shared *sh)
{
	/* The number is that of FD_FILE + FILE_MEM0; stdio has no place here. */
	static const char path[] = "/proc/self/fd/111";

	_Static_assert(FD_FILE + FILE_MEM0 == 111, "the path below names this descriptor");
	move_fd(sh, memfd_create("vmafuzz-0", 0), FD_FILE + FILE_MEM0, "memfd_create");
	move_fd(sh, memfd_create("vmafuzz-1", 0), FD_FILE + FILE_MEM1, "memfd_create");
	move_fd(sh, open(path, O_RDWR), FD_FILE + FILE_MEM0B, "open of a memfd again");
	move_fd(sh, open(path, O_RDONLY), FD_FILE + FILE_MEM0RO, "open of a memfd again");
	move_fd(sh, open("/dev/zero", O_RDWR), FD_FILE + FILE_ZERO, "open of /dev/zero");
	sh->files_used = 1u << FILE_MEM0 | 1u << FILE_MEM1; /* gives them their length */
}

static void set_limits(struct shared *sh)
{
	struct rlimit none = { 0, 0 };
	cpu_set_t cpus;

	if (personality(0xffffffff) != 0)
		fail_start(sh, "personality is not the default one", EINVAL);
	CPU_ZERO(&cpus);
	CPU_SET(sh->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		fail_start(sh, "sched_setaffinity", errno);
	if (limits_read(sh) || setrlimit(RLIMIT_CORE, &none) ||
	    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		fail_start(sh, "setting limits", errno);
}

/* With five levels of page tables the address space goes on behind the usual end. */
static u64 task_size(void)
{
	void *far = (void *)(1ull << 50);
	void *got = mmap(far, PAGE_BYTES, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (got == MAP_FAILED)
		return ABI_TASK_SIZE;
	munmap(got, PAGE_BYTES);
	return (1ull << 56) - PAGE_BYTES;
}

/*
 * Takes away what the kernel maps into every process for the C library's sake. It lies at the
 * very top of where the kernel puts mappings: all that a program let the kernel place would touch
 * it. Where it is sealed it stays, and what would reach it is refused.
 */
static void unmap_vdso(struct worker *w)
{
	struct lines lines;
	const char *line;
	u64 start;

	if (lines_open(&lines, w, PROC_MAPS) < 0)
		fail_start(w->sh, "/proc/self/maps", EIO);
	while ((line = lines_next(&lines))) {
		if (!strstr(line, "[vvar") && !strstr(line, "[vdso]"))
			continue;
		start = lines_number(&line, 16);
		munmap((void *)start, lines_number(&line, 16) - start);
	}
	w->proc_files = 0;
}

/*
 * Where the processor has protection keys, the kernel takes one for execute-only areas, which can
 * then not be read and have a flag of their own: the same program would lead elsewhere on another
 * machine. When all keys are taken the kernel does without.
 */
static void take_protection_keys(void)
{
	while (exec_syscall(SYS_pkey_alloc, 0, 0, 0, 0, 0, 0) >= 0)
		;
}

/* The master outlives none of its masters. */
static void bind_to_owner(struct shared *sh)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		fail_start(sh, "PR_SET_PDEATHSIG", errno);
	if (getppid() != sh->owner)
		_exit(1);
	setsid(); /* what is typed at the terminal is for vmafuzz alone */
}

int main(void)
{
	struct sigaction action = { .sa_handler = handle_child };
	struct shared *sh;
	struct worker w;
	int err;

	sh = mmap((void *)SHARED_ADDR, sizeof(*sh), PROT_READ | PROT_WRITE,
		  MAP_SHARED | MAP_FIXED_NOREPLACE, FD_SHARED, 0);
	if (sh != shared_memory())
		return 1;
	if (sh->size != sizeof(*sh))
		return EXIT_OTHER_BUILD;
	bind_to_owner(sh);
	if (sh->use_bpf && mmap((void *)AREAS_ADDR, REC_AREAS_BYTES, PROT_READ,
				MAP_SHARED | MAP_FIXED_NOREPLACE, FD_AREAS,
				0) != (void *)AREAS_ADDR)
		fail_start(sh, "mapping of the BPF map", errno);
	set_limits(sh);
	take_protection_keys();
	open_files(sh);
	sh->task_size = task_size();
	err = touch_init();
	if (err || sigaction(SIGCHLD, &action, NULL))
		fail_start(sh, "sigaction", err ? -err : errno);
	touch_stack();
	memset(&w, 0, sizeof(w));
	w.sh = sh;
	w.index = TURN_MASTER;
	w.master = getpid();
	sh->exiting = -1;
	unmap_vdso(&w);
	spawn(&w);
	turn_give(sh, turn_due(sh));
	master_run(&w);
}
