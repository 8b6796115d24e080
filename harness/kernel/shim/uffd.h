/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The userfaultfds of a program: descriptors are indices, in the order in which they came to be.
 */
#ifndef HARNESS_KERNEL_UFFD_H
#define HARNESS_KERNEL_UFFD_H

#include <linux/fs.h>

#define SHIM_UFFD_OPENS_MAX 4 /* UFFD_OPENS_MAX */

/* Opens one for @proc: its index or a negative errno. */
long shim_uffd_open(unsigned int proc, unsigned long features);
/* -EBADF if @proc has no such. */
long shim_uffd_ioctl(unsigned int proc, unsigned long index, unsigned int request, void *arg);
long shim_uffd_close(unsigned int proc, unsigned long index);
/* Those of a process that has ended. */
void shim_uffd_exit(unsigned int proc);
/* Those that came of a fork that then failed: nobody got to know their numbers. */
void shim_uffd_fork_failed(void);
void shim_uffd_reset(void);
void shim_uffd_check(void);
/* Whose the descriptor of a new context becomes: @proc is being made by fork. */
void shim_uffd_fork_to(unsigned int proc);

/* For wrap_userfaultfd.c, and implemented there. */
void shim_uffd_adopt(void *ctx, const struct file_operations *fops);
unsigned int wrap_userfaultfd_read(struct file *file); /* how many events there were */
void wrap_userfaultfd_check(struct file *file);

#endif
