/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The processes of a program, each a task with its limits and an mm_struct, and the parts of
 * booting that mm needs: what start_kernel() would have called.
 */
#include "shim.h"

#include <linux/capability.h>
#include <linux/maple_tree.h>
#include <linux/radix-tree.h>
#include <linux/rmap.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/security.h>

#include "internal.h"
#include "uffd.h"

struct shim_proc shim_procs[KERNEL_PROCS];
unsigned long mmap_min_addr, dac_mmap_min_addr;
static unsigned long heap_base;

static struct {
	struct task_struct task;
	char more[1024]; /* the FPU state that arch_task_struct_size would add */
	struct signal_struct signal;
	struct sighand_struct sighand;
} tasks[KERNEL_PROCS] __aligned(64);

#if SINCE(6, 15)
DEFINE_PER_CPU_CACHE_HOT(struct task_struct *, current_task);
asm(".globl const_current_task\n.set const_current_task, current_task");
#define CURRENT current_task
#elif SINCE(6, 2)
DEFINE_PER_CPU_ALIGNED(struct pcpu_hot, pcpu_hot) = { .preempt_count = INIT_PREEMPT_COUNT };
asm(".globl const_pcpu_hot\n.set const_pcpu_hot, pcpu_hot");
#define CURRENT pcpu_hot.current_task
#else
DEFINE_PER_CPU(struct task_struct *, current_task);
#define CURRENT current_task
#endif
#if SINCE(6, 15)
DEFINE_PER_CPU_CACHE_HOT(typeof(__preempt_count), __preempt_count) = INIT_PREEMPT_COUNT;
#elif !SINCE(6, 2)
DEFINE_PER_CPU(int, __preempt_count) = INIT_PREEMPT_COUNT;
#endif

/* For a mapping of at least 2 MiB, which could have a huge page: it gets no special place. */
#if SINCE(7, 0)
unsigned long thp_get_unmapped_area_vmaflags(struct file *file, unsigned long addr,
					     unsigned long len, unsigned long pgoff,
					     unsigned long flags, vma_flags_t vma_flags)
{
	return mm_get_unmapped_area_vmaflags(file, addr, len, pgoff, flags, vma_flags);
}
#elif SINCE(6, 10)
unsigned long thp_get_unmapped_area_vmflags(struct file *file, unsigned long addr,
					    unsigned long len, unsigned long pgoff,
					    unsigned long flags, vm_flags_t vm_flags)
{
	return mm_get_unmapped_area_vmflags(current->mm, file, addr, len, pgoff, flags, vm_flags);
}
#endif

/* The process that reads or writes a file of its own in /proc. */
struct task_struct *get_pid_task(struct pid *pid, enum pid_type type)
{
	return get_task_struct(current);
}

/* CAP_SYS_PTRACE is for UFFD_FEATURE_EVENT_FORK; without the others limits apply. */
bool capable(int cap)
{
	return cap == CAP_SYS_PTRACE;
}

/* No option of the security modules: the others go on. */
int cap_task_prctl(int option, unsigned long arg2, unsigned long arg3, unsigned long arg4,
		   unsigned long arg5)
{
	return -ENOSYS;
}

int cap_mmap_addr(unsigned long addr)
{
	return addr < dac_mmap_min_addr && !capable(CAP_SYS_RAWIO) ? -EPERM : 0;
}

#if SINCE(6, 14)
int cap_vm_enough_memory(struct mm_struct *mm, long pages)
{
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}
#else
int cap_vm_enough_memory(struct mm_struct *mm, long pages)
{
	return capable(CAP_SYS_ADMIN);
}
#endif

void shim_task_boot(void)
{
	unsigned int i;

	for (i = 0; i < KERNEL_PROCS; i++) {
		struct task_struct *task = &tasks[i].task;

		shim_procs[i].task = task;
		task->signal = &tasks[i].signal;
		task->sighand = &tasks[i].sighand;
		task->group_leader = task;
		task->thread_pid = NULL;
		refcount_set(&task->usage, 1);
		INIT_LIST_HEAD(&task->thread_node);
		spin_lock_init(&task->alloc_lock);
	}
	shim_task_switch(0);
	radix_tree_init();
	maple_tree_init();
	mm_cache_init();
	proc_caches_init();
	anon_vma_init();
	SHIM_CHECK(wrap_ksm_boot() == 0);
	wrap_mempolicy_boot();
	wrap_userfaultfd_boot();
}

void shim_task_switch(unsigned int proc)
{
	CURRENT = shim_procs[proc].task;
}

static int start_max_map_count;

void shim_task_limits(const struct kernel_limits *limits)
{
	unsigned int i, k;

	for (i = 0; i < KERNEL_PROCS; i++) {
		struct rlimit *rlim = tasks[i].signal.rlim;

		for (k = 0; k < RLIM_NLIMITS; k++)
			rlim[k].rlim_cur = rlim[k].rlim_max = RLIM_INFINITY;
		if (limits->rlimit_memlock < RLIM_INFINITY >> PAGE_SHIFT)
			rlim[RLIMIT_MEMLOCK].rlim_max = limits->rlimit_memlock << PAGE_SHIFT;
		rlim[RLIMIT_STACK].rlim_max = limits->rlimit_stack << PAGE_SHIFT;
		for (k = 0; k < RLIM_NLIMITS; k++)
			rlim[k].rlim_cur = rlim[k].rlim_max;
	}
	mmap_min_addr = dac_mmap_min_addr = limits->mmap_min_addr;
	heap_base = limits->heap_base;
	sysctl_max_map_count = start_max_map_count = limits->max_map_count;
}

void shim_task_max_map_count(unsigned long areas)
{
	sysctl_max_map_count = min_t(unsigned long, areas, start_max_map_count);
}

void shim_task_limit(unsigned int proc, unsigned int which, unsigned long pages)
{
	/* In the order of enum limit_arg. */
	static const unsigned char resources[] = { RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK,
						   RLIMIT_MEMLOCK };
	struct rlimit *rlim = &tasks[proc].signal.rlim[resources[which]];

	rlim->rlim_cur = rlim->rlim_max;
	if (pages < rlim->rlim_max >> PAGE_SHIFT)
		rlim->rlim_cur = pages << PAGE_SHIFT;
}

int shim_task_new(unsigned int proc)
{
	struct task_struct *task = shim_procs[proc].task;
	struct mm_struct *mm;

	shim_task_switch(proc);
	mm = mm_alloc();
	if (!mm)
		return -ENOMEM;
	task->mm = task->active_mm = mm;
	shim_procs[proc].mm = mm;
	mm->task_size = TASK_SIZE_MAX;
	mm->start_brk = mm->brk = heap_base;
	arch_pick_mmap_layout(mm, &task->signal->rlim[RLIMIT_STACK]);
	return 0;
}

int shim_task_fork(unsigned int parent, unsigned int child)
{
	struct mm_struct *mm;

	shim_task_switch(parent);
	shim_uffd_fork_to(child);
	memcpy(tasks[child].signal.rlim, tasks[parent].signal.rlim, sizeof(tasks[0].signal.rlim));
	mm = wrap_dup_mm(shim_procs[child].task, shim_procs[parent].mm);
	if (!mm) {
		shim_uffd_fork_failed();
		return -ENOMEM;
	}
	shim_procs[child].mm = mm;
	shim_procs[child].task->mm = shim_procs[child].task->active_mm = mm;
	return 0;
}

/* As exit_mm(): the task gives up its mm before the last reference goes. Before 6.2 it has counted
 * pages that the mm does not know of yet. */
void shim_task_exit(unsigned int proc)
{
	struct mm_struct *mm = shim_procs[proc].mm;

	shim_task_switch(proc);
#if !SINCE(6, 2)
	sync_mm_rss(mm);
#endif
	current->mm = current->active_mm = NULL;
	shim_procs[proc].mm = NULL;
	mmput(mm);
	shim_uffd_exit(proc);
}
