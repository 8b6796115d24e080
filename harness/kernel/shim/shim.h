/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the shim share. They are compiled behind the kernel's headers, so that a
 * function which does not fit the kernel that it is compiled for is an error of the compiler.
 *
 * The shim stands in for the parts of the kernel below and beside mm: memory allocation, locks,
 * RCU, files, tasks. It is linked with whole, unmodified files of the kernel; what neither of them
 * has is an address that nothing may touch (combine.sh), and touching it is reported with its name.
 */
#ifndef HARNESS_KERNEL_SHIM_H
#define HARNESS_KERNEL_SHIM_H

#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/version.h>

#include "harness/kernel/entry.h"

#define SINCE(major, minor) (LINUX_VERSION_CODE >= KERNEL_VERSION(major, minor, 0))

/* Is this compiled with AddressSanitizer? */
#ifdef __SANITIZE_ADDRESS__
#define SHIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SHIM_ASAN 1
#endif
#endif
#ifndef SHIM_ASAN
#define SHIM_ASAN 0
#endif

/* The C library, whose headers must not be seen here. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void free(void *memory);
int posix_memalign(void **memory, size_t align, size_t size);

/* A bug of the shim, not of the kernel: never a finding. */
#define SHIM_CHECK(cond)                                                                   \
	do {                                                                               \
		if (!(cond))                                                               \
			kernel_complain("shim", "vmafuzz: %s:%d: %s", __FILE__, __LINE__, #cond); \
	} while (0)

/* alloc.c: what is allocated, and failing on purpose. */
struct shim_alloc {
	long live;         /* objects that were not freed again */
	unsigned int fail_nth, count; /* since the operation began */
	bool failed;
};
extern struct shim_alloc shim_alloc;
/* Counts an allocation with flags @gfp; true if it is to fail: the one with the number fail_nth,
 * and if that is the second attempt for something, the first. */
bool shim_alloc_fails(gfp_t gfp);

/* page.c: pages and their memory. */
void shim_page_boot(void);
extern long shim_pages_live;       /* that were not freed again */
extern bool shim_pages_exhausted;  /* since this was last cleared */
#define SHIM_PAGES 16384u           /* how many there are */
/* A number below SHIM_PAGES for a page that was allocated here. */
unsigned int shim_page_index(const struct page *page);

/* rcu.c */
void shim_rcu_boot(void);
void shim_rcu_settle(void); /* between operations: nobody may be in a read section */

/* lock.c: complains if a lock is held. */
void shim_locks_settle(void);

/* check.c: committed memory that nothing accounts for, as kernel_check() last found it. */
extern long shim_committed_extra;

/* file.c */
void shim_file_boot(void);
void shim_files_open(void);  /* those that programs name, empty */
void shim_files_close(void); /* and complains of what is left */
/* Every area of every process by the first, then the second, which forgets them again. */
void shim_files_count(const struct vm_area_struct *vma);
void shim_files_check(void);
/* The descriptor of enum file_arg @file for a system call. */
int shim_file_fd(unsigned int file);
/* Committed memory that shared anonymous mappings charged, pages. */
extern long shim_shmem_charged;

/* task.c */
struct shim_proc {
	struct task_struct *task;
	struct mm_struct *mm; /* NULL: does not live */
};
extern struct shim_proc shim_procs[KERNEL_PROCS];
void shim_task_boot(void);
void shim_task_switch(unsigned int proc);
void shim_task_limits(const struct kernel_limits *limits);
/* enum limit_arg @which becomes @pages, but never more than it was at the start. */
void shim_task_limit(unsigned int proc, unsigned int which, unsigned long pages);
/* The same for vm.max_map_count, which is of all processes. */
void shim_task_max_map_count(unsigned long areas);
/* A new process with an empty address space; a copy of @parent; its end. */
int shim_task_new(unsigned int proc);
int shim_task_fork(unsigned int parent, unsigned int child);
void shim_task_exit(unsigned int proc);

/* What had to be included with a kernel file, since it is static there. */
struct mm_struct *wrap_dup_mm(struct task_struct *task, struct mm_struct *mm);
int wrap_ksm_boot(void);
void wrap_mempolicy_boot(void);
void wrap_userfaultfd_boot(void);

#endif
