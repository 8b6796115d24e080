/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What file.c and file_check.c share.
 */
#ifndef HARNESS_KERNEL_FILE_PRIVATE_H
#define HARNESS_KERNEL_FILE_PRIVATE_H

#include <linux/fs.h>
#include <linux/shmem_fs.h>

#include "file.h"

enum inode_kind {
	INODE_SHMEM,
	INODE_ZERO,   /* /dev/zero */
	INODE_DRIVER, /* vm_ops with open and close */
	INODE_KINDS
};

/* Since mm/memfd.c looks for seals there, every inode is one of shmem. */
struct shim_inode {
	struct shmem_inode_info shmem;
	enum inode_kind kind;
	long charged;      /* committed memory, pages */
	long opens, closes; /* driver: areas that it was told of */
	struct page **pages;
	unsigned long page_count; /* room in pages */
	struct list_head all;
};

extern struct list_head shim_inodes; /* all that there are */
extern struct file *shim_files[SHIM_FILES]; /* by number; NULL: not open */
void shim_driver_close(struct vm_area_struct *vma); /* vm_ops->close of INODE_DRIVER */

#endif
