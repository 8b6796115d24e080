/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The beginning and the end of a case, and what is said of the kernel as a whole. Everything of the
 * kernel that a case changes is either freed at its end, which is checked, or set here at its
 * beginning: so the same case does the same in a process that has run others.
 */
#include "shim.h"

#include <linux/mman.h>

#include "uffd.h"

void kernel_boot(void)
{
	shim_rcu_boot();
	shim_page_boot();
	shim_file_boot();
	shim_task_boot();
}

unsigned int kernel_version_code(void)
{
	return LINUX_VERSION_CODE;
}

unsigned long long kernel_sealed_bit(void)
{
#ifdef VM_SEALED
	return VM_SEALED;
#else
	return 0;
#endif
}

unsigned long long kernel_uffd_minor_bit(void)
{
	return VM_UFFD_MINOR;
}

unsigned long long kernel_droppable_bit(void)
{
#ifdef VM_DROPPABLE
	return VM_DROPPABLE;
#else
	return 0;
#endif
}

void kernel_case_begin(const struct kernel_limits *limits)
{
	memset(&shim_alloc, 0, sizeof(shim_alloc));
	shim_task_limits(limits);
	shim_uffd_reset();
	shim_files_open();
	SHIM_CHECK(shim_task_new(0) == 0);
}

void kernel_case_end(void)
{
	unsigned int proc;

	for (proc = 0; proc < KERNEL_PROCS; proc++)
		if (shim_procs[proc].mm)
			shim_task_exit(proc);
	shim_files_close();
	shim_rcu_settle();
	shim_locks_settle();
	/* What was left over while processes lived has been told. */
	if (percpu_counter_sum(&vm_committed_as) != shim_committed_extra)
		kernel_complain("vm_committed_as", "%lld pages are committed after the last exit",
				percpu_counter_sum(&vm_committed_as) - shim_committed_extra);
	percpu_counter_set(&vm_committed_as, 0);
	shim_committed_extra = 0;
	if (shim_alloc.live)
		kernel_complain("kmem_cache_free", "%ld objects were not freed", shim_alloc.live);
	if (shim_pages_live)
		kernel_complain("free_page", "%ld pages were not freed", shim_pages_live);
}
