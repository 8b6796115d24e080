/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Running programs. Each has a process group of its own, so that what it started itself can be
 * killed with it. Its end is seen through a pidfd, not by the end of its output: a daemon that it
 * left behind may hold that open for ever.
 */
#include "harness/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/progress.h"

#define GRACE_MS 5000 /* between SIGTERM and SIGKILL */

/* Output that is being read. */
struct stream {
	int fd; /* -1: at its end, or not captured */
	char *buf;
	size_t size, len;
	bool keep_end; /* else the beginning */
};

struct child {
	pid_t pid;
	int pidfd;
	struct stream out, err;
};

static void stream_add(struct stream *s, const char *data, size_t len)
{
	size_t room = s->size - 1;

	if (s->keep_end) {
		if (len > room) {
			data += len - room;
			len = room;
		}
		if (s->len + len > room) {
			size_t drop = s->len + len - room;

			memmove(s->buf, s->buf + drop, s->len - drop);
			s->len -= drop;
		}
	} else if (len > room - s->len) {
		len = room - s->len;
	}
	memcpy(s->buf + s->len, data, len);
	s->len += len;
	s->buf[s->len] = '\0';
}

/* Reads what is there. */
static void stream_read(struct stream *s)
{
	char data[4096];
	ssize_t n;

	while (s->fd >= 0 && (n = read(s->fd, data, sizeof(data))) != 0) {
		if (n > 0)
			stream_add(s, data, (size_t)n);
		else if (errno != EINTR)
			break;
	}
	if (s->fd >= 0 && n == 0) {
		close(s->fd);
		s->fd = -1;
	}
}

/* The pipe of a stream: the end to write to is returned, or -1 if it is not captured. Negative
 * errno. */
static int stream_open(struct stream *s, char *buf, size_t size, bool keep_end, int *write_end)
{
	int fds[2];

	*s = (struct stream){ .fd = -1, .buf = buf, .size = size, .keep_end = keep_end };
	*write_end = -1;
	if (!buf)
		return 0;
	CHECK(size > 0);
	buf[0] = '\0';
	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	s->fd = fds[0];
	*write_end = fds[1];
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the child. Only returns if the program cannot be run; errno says why. */
static void become(const struct subprocess *p, int out, int err, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (null < 0 || dup2(null, STDIN_FILENO) < 0)
		return;
	if (err >= 0 && dup2(err, STDERR_FILENO) < 0)
		return;
	/* Standard output of ours is for results only. */
	if (dup2(out >= 0 ? out : STDERR_FILENO, STDOUT_FILENO) < 0)
		return;
	if (p->dir && chdir(p->dir))
		return;
	if (setenv("LC_ALL", "C", 1))
		return;
	/* execvp() changes no argument: its type is older than const. */
	execvp(p->argv[0], (char *const *)(uintptr_t)p->argv);
}

/* Starts it. Negative errno, also when it was exec() that failed. */
static int start(const struct subprocess *p, struct child *c, int out, int err)
{
	pid_t parent = getpid();
	int fds[2], error = 0;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	c->pid = fork();
	if (c->pid == 0) {
		become(p, out, err, parent);
		error = errno;
		n = write(fds[1], &error, sizeof(error));
		_exit(n == sizeof(error) ? 127 : 126);
	}
	if (c->pid < 0)
		error = errno;
	close(fds[1]);
	/* Ends with exec(), which closes the other end. */
	do {
		n = c->pid < 0 ? 0 : read(fds[0], &error, sizeof(error));
	} while (n < 0 && errno == EINTR);
	close(fds[0]);
	if (c->pid > 0 && error)
		waitpid(c->pid, NULL, 0);
	if (error)
		return -error;
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd < 0) {
		error = errno;
		kill(-c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
	}
	return -error;
}

/* Until it has ended; -EINTR if a signal came first. */
static int follow(const struct subprocess *p, struct child *c)
{
	u64 ticked = progress_clock_ms();

	for (;;) {
		struct pollfd fds[] = {
			{ .fd = c->pidfd, .events = POLLIN },
			{ .fd = p->signals, .events = POLLIN },
			{ .fd = c->out.fd, .events = POLLIN },
			{ .fd = c->err.fd, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), SUBPROCESS_TICK_MS) < 0 && errno != EINTR)
			return -errno;
		stream_read(&c->out);
		stream_read(&c->err);
		if (subprocess_signals_wait(p->signals, 0))
			return -EINTR;
		if (fds[0].revents)
			return 0;
		if (p->tick && progress_clock_ms() - ticked >= SUBPROCESS_TICK_MS) {
			p->tick(p->tick_arg);
			ticked = progress_clock_ms();
		}
	}
}

/* Kills it with all that it started; a second signal makes that quick. */
static void stop(const struct subprocess *p, const struct child *c)
{
	struct pollfd fds[] = {
		{ .fd = c->pidfd, .events = POLLIN },
		{ .fd = p->signals, .events = POLLIN },
	};

	kill(-c->pid, SIGTERM);
	poll(fds, ARRAY_SIZE(fds), GRACE_MS);
	kill(-c->pid, SIGKILL);
}

int subprocess_run(const struct subprocess *p)
{
	struct child c = { .pidfd = -1 };
	int out = -1, err = -1, status = 0, error;

	error = stream_open(&c.out, p->out, p->out_size, false, &out);
	if (!error)
		error = stream_open(&c.err, p->err, p->err_size, true, &err);
	if (!error)
		error = start(p, &c, out, err);
	close_fd(&out);
	close_fd(&err);
	if (!error) {
		error = follow(p, &c);
		if (error)
			stop(p, &c);
		while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	close_fd(&c.pidfd);
	close_fd(&c.out.fd);
	close_fd(&c.err.fd);
	if (error)
		return error;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int subprocess_signals_open(sigset_t *old)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, old);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd >= 0)
		return fd;
	fd = -errno;
	sigprocmask(SIG_SETMASK, old, NULL);
	return fd;
}

void subprocess_signals_close(int signals, const sigset_t *old)
{
	struct signalfd_siginfo info;

	/* What has come and was not used must not end us now. */
	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		;
	close(signals);
	sigprocmask(SIG_SETMASK, old, NULL);
}

bool subprocess_signals_wait(int signals, int ms)
{
	struct pollfd pfd = { .fd = signals, .events = POLLIN };
	struct signalfd_siginfo info;

	return poll(&pfd, 1, ms) > 0 && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info);
}
