/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations through the kernel's real system-call entry points: exec_<name>() for each row of
 * the operation table. A load or store goes the way of the page-fault handler (exc_page_fault()),
 * then to the page that the page table names.
 */
#include "shim.h"

#include <linux/mempolicy.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/sched/mm.h>
#include <linux/syscalls.h>
#include <linux/userfaultfd.h>
#include <asm/ptrace.h>

#include "fs/proc/internal.h"
#include "model/attrs.def"
#include "model/ops.def"
#include "pages.h"
#include "uffd.h"

enum op_kind {
#define X(ID, ...) OP_##ID,
	OP_TABLE(X)
#undef X
	OP_COUNT
};

/* As model/attrs.def calls them. */
#define ABI_MPOL_DEFAULT MPOL_DEFAULT
#define ABI_MPOL_PREFERRED MPOL_PREFERRED
#define ABI_MPOL_BIND MPOL_BIND
#define ABI_MPOL_INTERLEAVE MPOL_INTERLEAVE
#define ABI_MPOL_LOCAL MPOL_LOCAL
#define ABI_MPOL_STATIC_NODES MPOL_F_STATIC_NODES

/* Faults that a load or store takes at most: a fork's page, then a copy of it, and one to spare. */
#define FAULTS_MAX 8

typedef void exec_fn(const struct kernel_call *call, struct kernel_answer *answer);

#define SYSCALL(name) long __x64_sys_##name(const struct pt_regs *regs)
SYSCALL(mmap);
SYSCALL(munmap);
SYSCALL(mprotect);
SYSCALL(mremap);
SYSCALL(madvise);
SYSCALL(mlock);
SYSCALL(mlock2);
SYSCALL(munlock);
SYSCALL(mlockall);
SYSCALL(munlockall);
SYSCALL(mseal);
SYSCALL(mbind);
SYSCALL(prctl);
SYSCALL(brk);
SYSCALL(remap_file_pages);

static struct pt_regs args(const struct kernel_call *call)
{
	return (struct pt_regs){ .di = call->arg[0],
				 .si = call->arg[1],
				 .dx = call->arg[2],
				 .r10 = call->arg[3],
				 .r8 = call->arg[4],
				 .r9 = call->arg[5] };
}

static void done_mapping(struct kernel_answer *answer, long ret)
{
	if (ret < 0 && ret > -4096)
		answer->err = ret;
	else
		answer->value = ret;
}

static void exec_mmap(const struct kernel_call *call, struct kernel_answer *answer)
{
	struct pt_regs regs = args(call);

	regs.r8 = shim_file_fd(call->arg[4]);
	done_mapping(answer, __x64_sys_mmap(&regs));
}

static void exec_mremap(const struct kernel_call *call, struct kernel_answer *answer)
{
	struct pt_regs regs = args(call);

	done_mapping(answer, __x64_sys_mremap(&regs));
}

/* Calls that give 0 or an error. */
#define PLAIN(name)                                                                               \
	static void exec_##name(const struct kernel_call *call, struct kernel_answer *answer)   \
	{                                                                                         \
		struct pt_regs regs = args(call);                                                 \
                                                                                                  \
		answer->err = __x64_sys_##name(&regs);                                            \
	}
PLAIN(munmap)
PLAIN(mprotect)
PLAIN(mlock)
PLAIN(mlock2)
PLAIN(munlock)
PLAIN(mlockall)
PLAIN(munlockall)

/* Those that would take a page from the machine are for somebody who may do so. */
static void exec_madvise(const struct kernel_call *call, struct kernel_answer *answer)
{
	struct pt_regs regs = args(call);
	int advice = call->arg[2];

	if (advice == MADV_HWPOISON || advice == MADV_SOFT_OFFLINE)
		answer->exhausted = true;
	else
		answer->err = __x64_sys_madvise(&regs);
}

static void exec_mseal(const struct kernel_call *call, struct kernel_answer *answer)
{
#if SINCE(6, 10)
	struct pt_regs regs = args(call);

	answer->err = __x64_sys_mseal(&regs);
#else
	answer->err = -ENOSYS;
#endif
}

static void exec_mbind(const struct kernel_call *call, struct kernel_answer *answer)
{
	static const struct {
		unsigned long mode, nodes;
	} policies[] = {
#define P(ID, name, mode_, nodes_) { mode_, nodes_ },
		POLICY_TABLE(P)
#undef P
	};
	unsigned long nodes = policies[call->arg[2]].nodes;
	struct pt_regs regs = args(call);

	regs.dx = policies[call->arg[2]].mode;
	regs.r10 = (unsigned long)&nodes;
	regs.r8 = 8 * sizeof(nodes);
	regs.r9 = 0;
	answer->err = __x64_sys_mbind(&regs);
}

static void exec_set_vma_name(const struct kernel_call *call, struct kernel_answer *answer)
{
	static const char *const strings[] = {
#define N(ID, name, string) string,
		NAME_TABLE(N)
#undef N
	};
	struct pt_regs regs = { .di = PR_SET_VMA,
				.si = PR_SET_VMA_ANON_NAME,
				.dx = call->arg[0],
				.r10 = call->arg[1],
				.r8 = (unsigned long)strings[call->arg[2]] };

	answer->err = __x64_sys_prctl(&regs);
}

/* As a write to /proc/self/clear_refs. */
static void exec_clear_refs(const struct kernel_call *call, struct kernel_answer *answer)
{
	static const char numbers[] = {
#define C(ID, name, number) '0' + (number),
		CLEAR_TABLE(C)
#undef C
	};
	static struct proc_inode inode;
	struct file file = { .f_inode = &inode.vfs_inode };
	loff_t at = 0;
	long ret = proc_clear_refs_operations.write(&file, &numbers[call->arg[0]], 1, &at);

	answer->err = ret < 0 ? ret : 0;
}

static void exec_brk(const struct kernel_call *call, struct kernel_answer *answer)
{
	struct pt_regs regs = args(call);

	answer->value = __x64_sys_brk(&regs);
}

static void exec_remap_file_pages(const struct kernel_call *call, struct kernel_answer *answer)
{
	struct pt_regs regs = args(call);

	regs.r10 = call->arg[3] >> PAGE_SHIFT;
	regs.r8 = 0;
	answer->err = __x64_sys_remap_file_pages(&regs);
}

/* One fault at @addr, as exc_page_fault() handles it. 0, or an error to answer. */
static int fault(unsigned long addr, bool write)
{
	unsigned int flags = FAULT_FLAG_DEFAULT | FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	vm_fault_t got;

	for (;;) {
		vma = lock_mm_and_find_vma(mm, addr, NULL);
		if (!vma)
			return KERNEL_SIGSEGV;
		if (write ? !(vma->vm_flags & VM_WRITE) : !vma_is_accessible(vma)) {
			mmap_read_unlock(mm);
			return KERNEL_SIGSEGV;
		}
		got = handle_mm_fault(vma, addr, flags, NULL);
#if SINCE(6, 0)
		if (got & VM_FAULT_COMPLETED)
			return 0;
#endif
		if (!(got & VM_FAULT_RETRY))
			break;
		flags |= FAULT_FLAG_TRIED;
	}
	mmap_read_unlock(mm);
	if (got & VM_FAULT_OOM)
		return -ENOMEM;
	if (got & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON))
		return KERNEL_SIGBUS;
	return got & VM_FAULT_SIGSEGV ? KERNEL_SIGSEGV : 0;
}

/* The word at @addr, faulted in for @write if need be; NULL with the error in @answer. */
static unsigned long long *touch(unsigned long addr, bool write, struct kernel_answer *answer)
{
	unsigned int faults;

	if (addr >= TASK_SIZE_MAX) {
		answer->err = KERNEL_SIGSEGV;
		return NULL;
	}
	for (faults = 0; faults < FAULTS_MAX; faults++) {
		pte_t *pte = shim_pte(current->mm, addr);

		if (pte && pte_present(*pte) && !pte_protnone(*pte) &&
		    (pte_flags(*pte) & _PAGE_USER) && (!write || pte_write(*pte))) {
			*pte = pte_mkyoung(write ? pte_mkdirty(*pte) : *pte);
			return page_address(pte_page(*pte)) + offset_in_page(addr);
		}
		answer->err = fault(addr, write);
		if (answer->err)
			return NULL;
	}
	kernel_complain("handle_mm_fault", "a %s at %lx faults again and again",
			write ? "store" : "load", addr);
}

/* A page's tag is its first word, wherever in the page the address is. */
static void exec_read(const struct kernel_call *call, struct kernel_answer *answer)
{
	unsigned long long *word = touch(call->arg[0] & PAGE_MASK, false, answer);

	if (word)
		answer->value = *word;
}

static void exec_write(const struct kernel_call *call, struct kernel_answer *answer)
{
	unsigned long long *word = touch(call->arg[0] & PAGE_MASK, true, answer);

	if (word)
		*word = call->tag;
}

/* The child's index is the first argument. */
static void exec_fork(const struct kernel_call *call, struct kernel_answer *answer)
{
	answer->err = shim_task_fork(call->proc, call->arg[0]);
	answer->value = call->arg[0];
}

static void exec_exit(const struct kernel_call *call, struct kernel_answer *answer)
{
	shim_task_exit(call->proc);
}

static void exec_uffd_open(const struct kernel_call *call, struct kernel_answer *answer)
{
	long ret = shim_uffd_open(call->proc, call->arg[0]);

	answer->err = ret < 0 ? ret : 0;
	answer->value = ret < 0 ? 0 : ret;
}

static void exec_uffd_register(const struct kernel_call *call, struct kernel_answer *answer)
{
	struct uffdio_register reg = { .range = { call->arg[1], call->arg[2] },
				       .mode = call->arg[3] };

	answer->err = shim_uffd_ioctl(call->proc, call->arg[0], UFFDIO_REGISTER, &reg);
}

static void exec_uffd_unregister(const struct kernel_call *call, struct kernel_answer *answer)
{
	struct uffdio_range range = { call->arg[1], call->arg[2] };

	answer->err = shim_uffd_ioctl(call->proc, call->arg[0], UFFDIO_UNREGISTER, &range);
}

static void exec_uffd_close(const struct kernel_call *call, struct kernel_answer *answer)
{
	answer->err = shim_uffd_close(call->proc, call->arg[0]);
}

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif
static void exec_memory_merge(const struct kernel_call *call, struct kernel_answer *answer)
{
	struct pt_regs regs = { .di = PR_SET_MEMORY_MERGE, .si = call->arg[0] };

	answer->err = __x64_sys_prctl(&regs);
}

static void exec_set_rlimit(const struct kernel_call *call, struct kernel_answer *answer)
{
	shim_task_limit(call->proc, call->arg[0], call->arg[1]);
}

static void exec_max_map_count(const struct kernel_call *call, struct kernel_answer *answer)
{
	shim_task_max_map_count(call->arg[0]);
}

static exec_fn *const exec_fns[OP_COUNT] = {
#define X(ID, name, ...) [OP_##ID] = exec_##name,
	OP_TABLE(X)
#undef X
};

unsigned long long kernel_ops(void)
{
	return (1ull << OP_COUNT) - 1;
}

void kernel_execute(const struct kernel_call *call, struct kernel_answer *answer)
{
	*answer = (struct kernel_answer){ 0 };
	shim_pages_exhausted = false;
	shim_alloc.fail_nth = call->fail_nth;
	shim_alloc.count = 0;
	shim_alloc.failed = false;
	shim_task_switch(call->proc);
	exec_fns[call->kind](call, answer);
	shim_alloc.fail_nth = 0;
	answer->alloc_failed = shim_alloc.failed;
	answer->exhausted |= shim_pages_exhausted;
	shim_rcu_settle();
	shim_locks_settle();
}
