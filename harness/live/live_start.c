/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starts the executor, waits for it, ends it. Whatever goes wrong with it ends in the same way:
 * it is stopped with all its processes, the caller gets a sentence, and the next case starts a
 * new one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness/live/live_private.h"

#define EXEC_NAME "vmafuzz-exec"
#define START_MS 10000
#define QUIT_MS 2000
/* How long to sleep before looking whether the master still lives. */
#define SLICE_MS 20

static u64 now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000 + (u64)t.tv_nsec / 1000000;
}

/* Beside the running binary, else where the build put it. */
static int find_executor(char *path, size_t size, struct diag *diag)
{
	ssize_t len = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (len < 0)
		return diag_set(diag, -errno, "/proc/self/exe: %s", strerror(errno));
	path[len] = '\0';
	slash = strrchr(path, '/');
	if (slash && (size_t)(slash + 1 - path) + sizeof(EXEC_NAME) <= size) {
		memcpy(slash + 1, EXEC_NAME, sizeof(EXEC_NAME));
		if (access(path, X_OK) == 0)
			return 0;
	}
#ifdef VMAFUZZ_EXEC_PATH
	if (sizeof(VMAFUZZ_EXEC_PATH) <= size && access(VMAFUZZ_EXEC_PATH, X_OK) == 0) {
		memcpy(path, VMAFUZZ_EXEC_PATH, sizeof(VMAFUZZ_EXEC_PATH));
		return 0;
	}
#endif
	return diag_set(diag, -ENOENT, "%s is missing: it belongs beside vmafuzz", path);
}

/*
 * The limits that the executor runs under. A program must not run into one that the model does not
 * know of; the stack's decides where the kernel puts mappings, and how far areas grow down.
 */
static const struct exec_limit {
	__rlimit_resource_t resource;
	const char *name;
	u64 wanted, needed; /* bytes, or files; the hard limit allows at least the second */
} exec_limits[] = {
	{ RLIMIT_AS, "-v", RLIM_INFINITY, 4ull << 30 },
	{ RLIMIT_DATA, "-d", RLIM_INFINITY, 4ull << 30 },
	{ RLIMIT_FSIZE, "-f", RLIM_INFINITY, 64ull << 20 },
	{ RLIMIT_STACK, "-s", LIVE_STACK_BYTES, LIVE_STACK_BYTES },
	{ RLIMIT_NOFILE, "-n", 1024, 2 * FD_INHERITED_END + 16 },
};

static int check_limits(struct diag *diag)
{
	struct rlimit limit;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(exec_limits); i++) {
		const struct exec_limit *l = &exec_limits[i];
		u64 unit = l->resource == RLIMIT_NOFILE ? 1 : 1024;

		if (getrlimit(l->resource, &limit) == 0 && limit.rlim_max < l->needed)
			return diag_set(diag, -EPERM,
					"a limit of this shell is too low for the test processes: "
					"ulimit %s must be at least %" PRIu64,
					l->name, l->needed / unit);
	}
	return 0;
}

static void set_limits(void)
{
	struct rlimit limit;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(exec_limits); i++) {
		if (getrlimit(exec_limits[i].resource, &limit))
			continue;
		limit.rlim_cur = exec_limits[i].wanted < limit.rlim_max ? exec_limits[i].wanted
									: limit.rlim_max;
		setrlimit(exec_limits[i].resource, &limit);
	}
}

/* In the new process: only what it needs gets through the exec. */
static _Noreturn void exec_executor(const struct live *l, const char *path)
{
	char *argv[] = { (char *)EXEC_NAME, NULL }, *envp[] = { NULL };
	int from[FD_INHERITED_END - FD_SHARED] = { l->shared_fd, l->bpf.prog_fd, l->bpf.areas_fd };
	u32 count = l->bpf.object ? ARRAY_SIZE(from) : 1, i;
	sigset_t none;
	int null;

	set_limits();
	null = open("/dev/null", O_RDWR);
	/* First out of the way of the numbers that they are to have. */
	for (i = 0; i < count; i++)
		from[i] = fcntl(from[i], F_DUPFD, 2 * FD_INHERITED_END);
	for (i = 0; i < 3; i++)
		dup2(null, (int)i);
	for (i = 0; i < count; i++)
		dup2(from[i], FD_SHARED + (int)i);
	syscall(SYS_close_range, 3u, (u32)FD_SHARED - 1, 0u);
	syscall(SYS_close_range, (u32)FD_SHARED + count, ~0u, 0u);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	personality(0);
	execve(path, argv, envp);
	_exit(127);
}

/*
 * Sleeps until the executor has given the turn back: 1; 0 when @ms are over; -ECHILD if the
 * master died.
 */
static int wait_turn(struct live *l, u64 ms, int *status)
{
	u64 end = now_ms() + ms;
	struct timespec slice = { 0, SLICE_MS * 1000000l };

	while (!__atomic_exchange_n(&l->sh->owner_turn, 0, __ATOMIC_ACQ_REL)) {
		if (syscall(SYS_futex, &l->sh->owner_turn, FUTEX_WAIT, 0, &slice, NULL, 0) == 0 ||
		    errno != ETIMEDOUT)
			continue;
		if (waitpid(l->master, status, WNOHANG) == l->master) {
			l->master = 0;
			/* It may have said why in its last moment. */
			return __atomic_load_n(&l->sh->owner_turn, __ATOMIC_ACQUIRE) ? 1 : -ECHILD;
		}
		if (now_ms() > end)
			return 0;
	}
	return 1;
}

static int status_diag(struct diag *diag, const char *who, int status)
{
	if (WIFSIGNALED(status))
		return diag_set(diag, -EIO, "%s was killed by signal %d (%s)", who,
				WTERMSIG(status), strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status) == EXIT_OTHER_BUILD)
		return diag_set(diag, -EIO, EXEC_NAME " is of another build than vmafuzz");
	return diag_set(diag, -EIO, "%s ended by itself with status %d", who, WEXITSTATUS(status));
}

static const char *const counter_names[REC_COUNTERS] = {
	[REC_MAP_COUNT] = "map_count", [REC_TOTAL_VM] = "total_vm", [REC_DATA_VM] = "data_vm",
	[REC_EXEC_VM] = "exec_vm",     [REC_STACK_VM] = "stack_vm", [REC_LOCKED_VM] = "locked_vm",
	[REC_DEF_FLAGS] = "def_flags",
};

/* What the executor says is broken, as a sentence. */
static int failure_diag(const struct shared *sh, struct diag *diag)
{
	int detail = (int)sh->failure_detail;
	char who[48];

	switch (sh->failure) {
	case FAILURE_START:
		return diag_set(diag, detail, "the executor cannot start: %s: %s", sh->failure_text,
				strerror(-detail));
	case FAILURE_DIED:
		snprintf(who, sizeof(who), "process %u of the program", sh->failure_proc);
		return status_diag(diag, who, detail);
	case FAILURE_FORK:
		return diag_set(diag, -EIO,
				"no new process: %s: raise the limit of processes (ulimit -u)",
				strerror(-detail));
	case FAILURE_SNAPSHOT:
		if (detail == -ENOBUFS)
			return diag_set(diag, detail,
					"the state after operation %u has more areas than the BPF "
					"program has room for",
					sh->index + 1);
		return diag_set(diag, -EIO, "the state after operation %u cannot be read: %s",
				sh->index + 1, strerror(-detail));
	case FAILURE_ROOM:
		return diag_set(diag, -ENOBUFS, "no room for the areas after operation %u",
				sh->index + 1);
	default:
		return diag_set(diag, -EIO, "a new process starts with another %s than the first",
				counter_names[detail]);
	}
}

/* Where the run was when it did not come back. */
static int timeout_diag(const struct live *l, u64 ms, struct diag *diag)
{
	const struct shared *sh = l->sh;
	u32 index = sh->index;

	if (sh->phase == PHASE_OPS && index < sh->prog.count)
		return diag_set(diag, -ETIMEDOUT, "no answer within %u ms from operation %u (%s)",
				(u32)ms, index + 1, op_descs[sh->prog.ops[index].kind].name);
	return diag_set(diag, -ETIMEDOUT, "no answer within %u ms from the executor", (u32)ms);
}

static int await(struct live *l, u64 ms, struct diag *diag)
{
	int status = 0, err = wait_turn(l, ms, &status);

	if (err == 0)
		err = timeout_diag(l, ms, diag);
	else if (err < 0)
		err = status_diag(diag, "the executor", status);
	else
		err = l->sh->failure ? failure_diag(l->sh, diag) : 0;
	if (err)
		live_stop(l);
	return err;
}

static void wake(u32 *word, u32 bits)
{
	__atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

int live_go(struct live *l, enum phase phase, struct diag *diag)
{
	l->sh->phase = phase;
	wake(&l->sh->turn[0], 1);
	return await(l, l->timeout_ms, diag);
}

bool live_broken(const struct live *l)
{
	siginfo_t info = { .si_pid = 0 };

	if (!l->master || __atomic_load_n(&l->sh->failure, __ATOMIC_ACQUIRE))
		return true;
	return waitid(P_PID, (id_t)l->master, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid;
}

int live_start(struct live *l, struct diag *diag)
{
	struct shared *sh = l->sh;
	char path[PATH_MAX];
	pid_t pid;
	int err = check_limits(diag);

	if (!err)
		err = find_executor(path, sizeof(path), diag);
	if (err)
		return err;
	memset(sh, 0, offsetof(struct shared, prog));
	sh->size = sizeof(*sh);
	sh->owner = getpid();
	sh->cpu = l->cpu;
	sh->use_bpf = l->bpf.object != NULL;
	pid = fork();
	if (pid < 0)
		return diag_set(diag, -errno, "no new process: %s", strerror(errno));
	if (pid == 0)
		exec_executor(l, path);
	l->master = pid;
	err = await(l, START_MS, diag);
	if (!err)
		err = live_config_base(l, diag);
	if (err)
		live_stop(l);
	return err;
}

/* Waits until the master is gone; false if it still is there after @ms. */
static bool reaped(const struct live *l, u64 ms)
{
	const struct timespec pause = { 0, 200000 };
	u64 end = now_ms() + ms;

	while (waitpid(l->master, NULL, WNOHANG) == 0) {
		if (now_ms() > end)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

/* A dead master's processes are dying too, of PR_SET_PDEATHSIG; the system reaps them. */
void live_stop(struct live *l)
{
	if (l->master) {
		wake(&l->sh->master_turn, MASTER_QUIT);
		if (!reaped(l, QUIT_MS)) {
			kill(l->master, SIGKILL);
			waitpid(l->master, NULL, 0);
		}
	}
	l->master = 0;
	l->ran = false;
}
