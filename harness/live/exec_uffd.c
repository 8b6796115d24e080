/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * userfaultfd. Each descriptor has a fixed number in the process that it belongs to, and is in no
 * other process: a child closes what it inherited, or closing would not unregister.
 *
 * All have UFFD_FEATURE_SIGBUS, so no access ever waits; and so UFFD_USER_MODE_ONLY, which needs no
 * privilege, makes no difference. Nobody could read an event: the features that make some are not
 * asked for.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/userfaultfd.h>
#include <sys/syscall.h>

#include "harness/live/exec.h"
#include "model/abi.h"

static u64 number(u64 index)
{
	return FD_UFFD + index;
}

static s64 fd_close(u64 fd)
{
	return exec_syscall(SYS_close, fd, 0, 0, 0, 0, 0);
}

static s64 fd_ioctl(u64 fd, u64 request, void *arg)
{
	return exec_syscall(SYS_ioctl, fd, request, (u64)(uintptr_t)arg, 0, 0, 0);
}

bool uffd_has_events(u64 features)
{
	return features & (ABI_UFFD_EVENT_FORK | ABI_UFFD_EVENT_REMAP);
}

s64 uffd_open(struct worker *w, u64 features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features | ABI_UFFD_SIGBUS };
	struct shared *sh = w->sh;
	s64 fd, ret;

	if (sh->uffd_count == UFFD_OPENS_MAX)
		return -EMFILE;
	fd = exec_syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY, 0, 0, 0, 0, 0);
	if (fd < 0)
		return fd;
	ret = fd_ioctl((u64)fd, UFFDIO_API, &api);
	if (ret == 0) {
		exec_syscall(SYS_dup2, (u64)fd, number(sh->uffd_count), 0, 0, 0, 0);
		sh->uffd_proc[sh->uffd_count] = (s32)w->index;
		ret = sh->uffd_count++;
	}
	fd_close((u64)fd);
	return ret;
}

static bool is_mine(const struct worker *w, u64 index)
{
	return index < w->sh->uffd_count && w->sh->uffd_proc[index] == (s32)w->index;
}

s64 uffd_register(struct worker *w, u64 index, u64 addr, u64 len, u64 mode)
{
	struct uffdio_register reg = { .range = { addr, len }, .mode = mode };

	return is_mine(w, index) ? fd_ioctl(number(index), UFFDIO_REGISTER, &reg) : -EBADF;
}

s64 uffd_unregister(struct worker *w, u64 index, u64 addr, u64 len)
{
	struct uffdio_range range = { addr, len };

	return is_mine(w, index) ? fd_ioctl(number(index), UFFDIO_UNREGISTER, &range) : -EBADF;
}

s64 uffd_close(struct worker *w, u64 index)
{
	if (!is_mine(w, index))
		return -EBADF;
	w->sh->uffd_proc[index] = -1;
	return fd_close(number(index));
}

void uffd_drop_inherited(const struct worker *w)
{
	u64 k;

	for (k = 0; k < w->sh->uffd_count; k++)
		if (w->sh->uffd_proc[k] == (s32)w->index)
			fd_close(number(k));
}
