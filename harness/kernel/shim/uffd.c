/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors for userfaultfd(2), in place of the file table and of anonymous inodes. The kernel's
 * own code opens, answers and releases them. An operation that waits for somebody to read an event
 * calls schedule(), and it is read there.
 */
#include "shim.h"

#include <linux/anon_inodes.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/syscalls.h>
#include <linux/userfaultfd.h>
#include <asm/ptrace.h>

#include "uffd.h"

#define UFFDS (SHIM_UFFD_OPENS_MAX * KERNEL_PROCS) /* UFFDS_MAX */
#define FD 100 /* of the first, for the kernel */

static struct {
	unsigned int count, opens; /* descriptors ever, and of them by opening */
	unsigned int fork_to;
	struct uffd {
		bool open;
		unsigned int proc;
		struct file file;
	} all[UFFDS];
} uffds;

long __x64_sys_userfaultfd(const struct pt_regs *regs);

/* The next descriptor's file: it is not counted before somebody installs it. */
static struct file *next_file(void *ctx, const struct file_operations *fops)
{
	struct uffd *uffd = &uffds.all[uffds.count];

	SHIM_CHECK(uffds.count < UFFDS);
	memset(&uffd->file, 0, sizeof(uffd->file));
	uffd->file.private_data = ctx;
	uffd->file.f_op = fops;
	return &uffd->file;
}

static void install(unsigned int proc)
{
	uffds.all[uffds.count].open = true;
	uffds.all[uffds.count].proc = proc;
	uffds.count++;
}

struct file *anon_inode_create_getfile(const char *name, const struct file_operations *fops,
				       void *ctx, int flags, const struct inode *inode)
{
	return shim_alloc_fails(GFP_KERNEL) ? ERR_PTR(-ENOMEM) : next_file(ctx, fops);
}

int get_unused_fd_flags(unsigned int flags)
{
	return shim_alloc_fails(GFP_KERNEL) ? -ENOMEM : FD;
}

void put_unused_fd(unsigned int fd)
{
}

void fd_install(unsigned int fd, struct file *file)
{
	SHIM_CHECK(file == &uffds.all[uffds.count].file);
}

/* Before 6.7 in one call. */
int anon_inode_getfd_secure(const char *name, const struct file_operations *fops, void *ctx,
			    int flags, const struct inode *inode)
{
	if (shim_alloc_fails(GFP_KERNEL))
		return -ENOMEM;
	next_file(ctx, fops);
	return FD;
}

void shim_uffd_adopt(void *ctx, const struct file_operations *fops)
{
	next_file(ctx, fops);
	install(uffds.fork_to);
}

void shim_uffd_fork_to(unsigned int proc)
{
	uffds.fork_to = proc;
}

static void release(struct uffd *uffd)
{
	uffd->open = false;
	uffd->file.f_op->release(NULL, &uffd->file);
}

long shim_uffd_open(unsigned int proc, unsigned long features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features | UFFD_FEATURE_SIGBUS };
	struct pt_regs regs = { .di = O_CLOEXEC | UFFD_USER_MODE_ONLY };
	struct file *file = &uffds.all[uffds.count].file;
	long ret;

	if (uffds.opens == SHIM_UFFD_OPENS_MAX)
		return -EMFILE;
	ret = __x64_sys_userfaultfd(&regs);
	if (ret < 0)
		return ret;
	ret = file->f_op->unlocked_ioctl(file, UFFDIO_API, (unsigned long)&api);
	if (ret) {
		release(&uffds.all[uffds.count]);
		return ret;
	}
	install(proc);
	uffds.opens++;
	return uffds.count - 1;
}

static struct uffd *find(unsigned int proc, unsigned long index)
{
	struct uffd *uffd = &uffds.all[index];

	return index < uffds.count && uffd->open && uffd->proc == proc ? uffd : NULL;
}

long shim_uffd_ioctl(unsigned int proc, unsigned long index, unsigned int request, void *arg)
{
	struct uffd *uffd = find(proc, index);

	if (!uffd)
		return -EBADF;
	return uffd->file.f_op->unlocked_ioctl(&uffd->file, request, (unsigned long)arg);
}

long shim_uffd_close(unsigned int proc, unsigned long index)
{
	struct uffd *uffd = find(proc, index);

	if (!uffd)
		return -EBADF;
	release(uffd);
	return 0;
}

void shim_uffd_exit(unsigned int proc)
{
	unsigned int i;

	for (i = 0; i < uffds.count; i++)
		if (uffds.all[i].open && uffds.all[i].proc == proc)
			release(&uffds.all[i]);
}

/* 6.1 tells of a fork even so. The new ones are the last. */
void shim_uffd_fork_failed(void)
{
	while (uffds.count && uffds.all[uffds.count - 1].open &&
	       uffds.all[uffds.count - 1].proc == uffds.fork_to)
		release(&uffds.all[--uffds.count]);
}

void shim_uffd_reset(void)
{
	uffds.count = uffds.opens = 0;
}

/* At rest each context is held by its descriptor and by nothing else. */
void shim_uffd_check(void)
{
	unsigned int i;

	for (i = 0; i < uffds.count; i++)
		if (uffds.all[i].open)
			wrap_userfaultfd_check(&uffds.all[i].file);
}

void schedule(void)
{
	unsigned int i, events = 0, count = uffds.count;

	for (i = 0; i < count; i++)
		if (uffds.all[i].open)
			events += wrap_userfaultfd_read(&uffds.all[i].file);
	if (!events)
		kernel_complain("schedule", "the operation waits for what will never happen");
}
