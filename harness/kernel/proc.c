/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The socket tells more than a word in shared memory would: it is readable when the turn comes
 * back, and it is closed when the program ends, however it does.
 */
#include "harness/kernel/proc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/kernel_version.h"
#include "harness/progress.h"

#define PREFIX "vmafuzz-kernel-"
#define PREFERRED "6.12"
#define START_MS 60000 /* a kernel with sanitizers, on a busy machine */
#define STDERR_MAX 65536
#define NAMES_MAX 32

extern char **environ;

/* The names of those that are built, newest first. */
struct names {
	u32 count;
	char name[NAMES_MAX][KERNEL_VERSION_MAX];
};

/* Where this program is, with "/" at the end: the others are beside it. */
static int own_directory(char *dir, size_t size, struct diag *diag)
{
	ssize_t len = readlink("/proc/self/exe", dir, size - 1);
	char *slash;

	if (len < 0)
		return diag_set(diag, -errno, "/proc/self/exe: %s", strerror(errno));
	dir[len] = '\0';
	slash = strrchr(dir, '/');
	if (slash)
		slash[1] = '\0';
	return 0;
}

/* Then those that are no version: a tree is named after its directory. */
static int newest_first(const void *a, const void *b)
{
	int versions = kernel_version_valid(b) - kernel_version_valid(a);

	return versions ? versions : kernel_version_compare(b, a);
}

static void find_names(const char *dir, struct names *names)
{
	DIR *d = opendir(dir);
	struct dirent *entry;

	names->count = 0;
	while (d && (entry = readdir(d)) && names->count < NAMES_MAX) {
		const char *name = entry->d_name + sizeof(PREFIX) - 1;

		if (strncmp(entry->d_name, PREFIX, sizeof(PREFIX) - 1) == 0 &&
		    strlen(name) < KERNEL_VERSION_MAX &&
		    faccessat(dirfd(d), entry->d_name, X_OK, 0) == 0)
			snprintf(names->name[names->count++], KERNEL_VERSION_MAX, "%s", name);
	}
	if (d)
		closedir(d);
	qsort(names->name, names->count, sizeof(names->name[0]), newest_first);
}

static const char *choose(const struct names *names, const char *wanted)
{
	u32 i;

	for (i = 0; i < names->count; i++)
		if (strcmp(names->name[i], wanted ? wanted : PREFERRED) == 0)
			return names->name[i];
	return wanted ? NULL : names->name[0];
}

static int unknown(const struct names *names, const char *wanted, struct diag *diag)
{
	char list[256] = "";
	u32 i;

	for (i = 0; i < names->count; i++) {
		size_t len = strlen(list);

		snprintf(list + len, sizeof(list) - len, "%s%s", i ? ", " : "", names->name[i]);
	}
	return diag_set(diag, -EINVAL, "no kernel \"%s\" is built here: there is %s", wanted, list);
}

/* Descriptors that are out of the way of the numbers that the program has them by. */
static int move_up(int fd)
{
	int high = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, KERNEL_FD_END);

	if (fd >= 0)
		close(fd);
	return high;
}

int kernel_proc_init(struct kernel_proc *p, const char *name, struct diag *diag)
{
	struct names names;
	void *memory;
	int err;

	memset(p, 0, sizeof(*p));
	p->shared_fd = p->turn_fd = p->err_fd = -1;
	err = own_directory(p->path, sizeof(p->path), diag);
	if (err)
		return err;
	find_names(p->path, &names);
	if (!names.count)
		return diag_set(
			diag, -ENOENT,
			"built without kernel sources: 'vmafuzz kernels get source " PREFERRED
			"', then build again");
	if (!choose(&names, name))
		return unknown(&names, name, diag);
	err = (int)strlen(p->path);
	if (snprintf(p->path + err, sizeof(p->path) - (size_t)err, PREFIX "%s",
		     choose(&names, name)) >= (int)sizeof(p->path) - err)
		return diag_set(diag, -ENAMETOOLONG, "%s: the path is too long", p->path);
	p->shared_fd = move_up(memfd_create("vmafuzz-kernel", MFD_CLOEXEC));
	if (p->shared_fd < 0 || ftruncate(p->shared_fd, sizeof(*p->sh)))
		return diag_set(diag, -errno, "shared memory: %s", strerror(errno));
	memory = mmap(NULL, sizeof(*p->sh), PROT_READ | PROT_WRITE, MAP_SHARED, p->shared_fd, 0);
	if (memory == MAP_FAILED)
		return diag_set(diag, -errno, "shared memory: %s", strerror(errno));
	p->sh = memory;
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void kernel_proc_free(struct kernel_proc *p)
{
	kernel_proc_stop(p);
	if (p->sh)
		munmap(p->sh, sizeof(*p->sh));
	p->sh = NULL;
	close_fd(&p->err_fd);
	close_fd(&p->shared_fd);
}

/* Takes so much and no more, so that a program gone mad fills no memory. */
static int open_stderr(struct kernel_proc *p)
{
	close_fd(&p->err_fd);
	p->err_fd = move_up(memfd_create("vmafuzz-stderr", MFD_CLOEXEC | MFD_ALLOW_SEALING));
	if (p->err_fd < 0 || ftruncate(p->err_fd, STDERR_MAX) ||
	    fcntl(p->err_fd, F_ADD_SEALS, F_SEAL_GROW))
		return -errno;
	return 0;
}

static int spawn(struct kernel_proc *p, int turn_fd)
{
	char *argv[] = { p->path, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int old, err;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, p->err_fd, 2);
	posix_spawn_file_actions_adddup2(&actions, p->shared_fd, KERNEL_FD_SHARED);
	posix_spawn_file_actions_adddup2(&actions, turn_fd, KERNEL_FD_TURN);
	posix_spawn_file_actions_addclosefrom_np(&actions, KERNEL_FD_END);
	posix_spawnattr_init(&attr);
	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	/* A session of its own: what is typed at the terminal is for vmafuzz alone. */
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						POSIX_SPAWN_SETSID);
	/* The same addresses each time, so that what depends on them is seen again; and
	 * AddressSanitizer of older compilers needs it. */
	old = personality(0xffffffff);
	personality((unsigned long)old | ADDR_NO_RANDOMIZE);
	err = posix_spawn(&pid, p->path, &actions, &attr, argv, environ);
	personality((unsigned long)old);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	if (!err)
		p->pid = pid;
	return -err;
}

/* Waits until the turn comes: 0, -ETIMEDOUT, or -ECHILD when the program has closed the socket. */
static int await(const struct kernel_proc *p, u32 ms)
{
	struct pollfd pfd = { .fd = p->turn_fd, .events = POLLIN };
	u64 end = progress_clock_ms() + ms, now;
	char turn;
	int n;

	for (;;) {
		now = progress_clock_ms();
		n = poll(&pfd, 1, now < end ? (int)(end - now) : 0);
		if (n > 0)
			return recv(p->turn_fd, &turn, 1, MSG_DONTWAIT) == 1 ? 0 : -ECHILD;
		if (n == 0)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -ECHILD;
	}
}

/* After await(): ends the program if that failed. */
static int settle(struct kernel_proc *p, int err, int *status)
{
	*status = 0;
	if (!err)
		return 0;
	if (err == -ETIMEDOUT)
		kill(p->pid, SIGKILL);
	/* A closed socket is the last that is heard of it, short of its end. */
	waitpid(p->pid, status, 0);
	p->pid = 0;
	close_fd(&p->turn_fd);
	return err;
}

static int start_failed(const struct kernel_proc *p, int err, int status, struct diag *diag)
{
	char text[256];

	if (err == -ETIMEDOUT)
		return diag_set(diag, err, "%s was not ready within %u s", p->path,
				START_MS / 1000);
	if (WIFEXITED(status) && WEXITSTATUS(status) == KERNEL_EXIT_OTHER_BUILD)
		return diag_set(diag, -EIO, "%s is of another build than this program", p->path);
	if (p->sh->word != KERNEL_WORD_NONE)
		return diag_set(diag, -EIO, "%s did not start: %s", p->path, p->sh->text);
	kernel_proc_stderr(p, text, sizeof(text));
	return diag_set(diag, -EIO, "%s did not start: it ended with %s %d%s%s", p->path,
			WIFSIGNALED(status) ? "signal" : "status",
			WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
			text[0] ? ": " : "", text);
}

int kernel_proc_start(struct kernel_proc *p, struct diag *diag)
{
	int fds[2], status, err = open_stderr(p);

	if (!err && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		err = -errno;
	if (err)
		return diag_set(diag, err, "%s cannot be started: %s", p->path, strerror(-err));
	p->turn_fd = move_up(fds[0]);
	fds[1] = move_up(fds[1]);
	p->sh->size = sizeof(*p->sh);
	p->sh->ops_all = OPS_ALL;
	p->sh->owner = getpid();
	p->sh->phase = KERNEL_IDLE;
	p->sh->word = KERNEL_WORD_NONE;
	err = spawn(p, fds[1]);
	close(fds[1]);
	if (err) {
		close_fd(&p->turn_fd);
		return diag_set(diag, err, "%s cannot be started: %s", p->path, strerror(-err));
	}
	err = settle(p, await(p, START_MS), &status);
	return err ? start_failed(p, err, status, diag) : 0;
}

void kernel_proc_stop(struct kernel_proc *p)
{
	if (p->pid) {
		kill(p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	p->pid = 0;
	close_fd(&p->turn_fd);
}

bool kernel_proc_runs(const struct kernel_proc *p)
{
	siginfo_t info = { .si_pid = 0 };

	return p->pid && waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       !info.si_pid;
}

int kernel_proc_turn(struct kernel_proc *p, u32 ms, int *status)
{
	char turn = 0;
	int err = 0;

	if (send(p->turn_fd, &turn, 1, MSG_NOSIGNAL) != 1)
		err = -ECHILD;
	return settle(p, err ? err : await(p, ms), status);
}

void kernel_proc_stderr(const struct kernel_proc *p, char *buf, size_t size)
{
	ssize_t n = pread(p->err_fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
}
