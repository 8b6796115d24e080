/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What must hold of files while programs map them, counted anew from the areas of all processes and
 * from the interval trees.
 */
#include "shim.h"

#include <linux/fs.h>
#include <linux/rbtree.h>

#include "file_private.h"

/* Of the areas of live processes. */
static struct {
	long with_file;
	long areas[SHIM_FILES]; /* that hold each of shim_files */
} counted;

void shim_files_count(const struct vm_area_struct *vma)
{
	unsigned int fd;

	if (!vma->vm_file)
		return;
	counted.with_file++;
	for (fd = 0; fd < SHIM_FILES; fd++)
		counted.areas[fd] += vma->vm_file == shim_files[fd];
}

static bool is_area(const struct vm_area_struct *vma)
{
	unsigned int proc;

	for (proc = 0; proc < KERNEL_PROCS; proc++)
		if (shim_procs[proc].mm && shim_procs[proc].mm == vma->vm_mm)
			return vma_lookup(vma->vm_mm, vma->vm_start) == vma;
	return false;
}

static void inode_check(struct shim_inode *in, long *in_trees)
{
	struct address_space *mapping = &in->shmem.vfs_inode.i_data;
	/* Until 6.7 every shared area counted. */
	const unsigned long counts = VM_SHARED | (SINCE(6, 7) ? VM_MAYWRITE : 0);
	long writable = 0, closing = 0;
	struct rb_node *node;

	for (node = rb_first_cached(&mapping->i_mmap); node; node = rb_next(node)) {
		struct vm_area_struct *vma = rb_entry(node, struct vm_area_struct, shared.rb);

		if (!is_area(vma))
			kernel_complain("i_mmap", "i_mmap holds an area that no process has");
		if (!vma->vm_file || vma->vm_file->f_mapping != mapping)
			kernel_complain("i_mmap", "an area is in the i_mmap of another file");
		++*in_trees;
		closing += vma->vm_ops && vma->vm_ops->close == shim_driver_close;
		writable += (vma->vm_flags & counts) == counts;
	}
	if (in->kind == INODE_DRIVER && closing != in->opens - in->closes)
		kernel_complain("vm_ops->close", "%ld areas, but open was called %ld times and "
				"close %ld times", closing, in->opens, in->closes);
	if (atomic_read(&mapping->i_mmap_writable) != writable)
		kernel_complain("i_mmap_writable", "i_mmap_writable is %d, %ld areas are writable",
				atomic_read(&mapping->i_mmap_writable), writable);
}

void shim_files_check(void)
{
	struct shim_inode *in;
	long in_trees = 0;
	unsigned int fd;

	list_for_each_entry(in, &shim_inodes, all)
		inode_check(in, &in_trees);
	if (counted.with_file != in_trees)
		kernel_complain("i_mmap", "%ld areas have a file, %ld are in the trees of files",
				counted.with_file, in_trees);
	for (fd = 0; fd < SHIM_FILES; fd++) {
		struct file *file = shim_files[fd];

		if (file && file_count(file) != counted.areas[fd] + 1)
			kernel_complain("fput", "a file is held %ld times, by %ld areas",
					(long)file_count(file) - 1, counted.areas[fd]);
	}
	memset(&counted, 0, sizeof(counted));
}
