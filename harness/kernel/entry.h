/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The line between two worlds in one process: kernel code with its shim, which is compiled behind
 * the kernel's headers, and everything else, which is compiled behind the C library's. Neither
 * header set meets the other, so this file includes nothing and speaks in plain C types; flags,
 * advice and the like are the numbers of the system-call interface, addresses and lengths bytes.
 *
 * The kernel side is single threaded and holds one kernel: a process has one of these.
 */
#ifndef HARNESS_KERNEL_ENTRY_H
#define HARNESS_KERNEL_ENTRY_H

#define KERNEL_PROCS 6 /* PROCS_MAX */

/* What a case is run under. */
struct kernel_limits {
	unsigned long long rlimit_memlock, rlimit_stack; /* pages */
	unsigned long long mmap_min_addr;                /* bytes */
	unsigned long long heap_base;                    /* where brk begins, bytes */
	unsigned int max_map_count;
};

/* One operation. @kind is by the order of model/ops.def, addresses in @arg are absolute. */
struct kernel_call {
	unsigned int kind;
	unsigned int proc; /* that lives */
	unsigned long long arg[6];
	unsigned long long tag; /* what a store stores */
	unsigned int fail_nth;  /* not 0: this allocation fails */
};

struct kernel_answer {
	int err; /* 0, a negative errno, or one of the following */
	unsigned long long value;
	int alloc_failed; /* fail_nth was reached */
	int exhausted;    /* there were no pages left: the answer says nothing */
};
#define KERNEL_SIGSEGV (-10001) /* RESULT_SIGSEGV */
#define KERNEL_SIGBUS (-10002)  /* RESULT_SIGBUS */

/* What one page of a process is. */
struct kernel_page {
	unsigned long long addr; /* page number */
	unsigned long long tag;  /* its first 8 bytes, if it is present */
	unsigned char proc;
	unsigned char guard; /* a guard marker */
};

struct rec_proc;
struct rec_vma;
struct rec_avc;

/* The state of all processes; the arrays are the kernel side's and stay until the next call. */
struct kernel_state {
	unsigned int live; /* bit mask of processes */
	long long committed_extra; /* pages, as in struct snapshot */
	const struct rec_proc *procs; /* KERNEL_PROCS; ranges are in vmas */
	const struct rec_vma *vmas;
	const struct rec_avc *avcs;
	unsigned int page_count;
	const struct kernel_page *pages;
};

/* Implemented behind the kernel's headers. */

/* Once in a process, before all else: what a kernel does when it boots. */
void kernel_boot(void);
/* LINUX_VERSION_CODE: major << 16 | minor << 8 | sublevel. */
unsigned int kernel_version_code(void);
/* Raw VM_* bits whose place differs between releases; 0 if the kernel has no such flag. */
unsigned long long kernel_sealed_bit(void);
unsigned long long kernel_droppable_bit(void);
unsigned long long kernel_uffd_minor_bit(void);
/* Which operations there are: a bit for each row of model/ops.def. */
unsigned long long kernel_ops(void);
/* One process, nothing mapped. */
void kernel_case_begin(const struct kernel_limits *limits);
void kernel_execute(const struct kernel_call *call, struct kernel_answer *answer);
/* Fills @state; 0 or a negative errno if it is too large. */
int kernel_observe(struct kernel_state *state, int pages);
/* Counts anew from the structures what the kernel keeps count of, and looks for what must not be:
 * complains if anything is wrong. */
void kernel_check(void);
/* All processes exit, all files are closed: complains of what is left. */
void kernel_case_end(void);

struct kernel_bug {
	const char *file; /* "mm/vma.c" */
	unsigned int line;
	int warning; /* WARN(), else BUG() */
};
/* What the trapping instruction at @ip is, if it is one of WARN() or BUG(): 1, else 0. */
int kernel_bug_at(unsigned long ip, struct kernel_bug *bug);

/* Implemented behind the C library's headers. */

/*
 * The kernel did what it must not do; @site is where ("mm/vma.c:123"), the text what. Does not
 * return: the state of the kernel is of no more use.
 */
_Noreturn void kernel_complain(const char *site, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Keeps a line of what the kernel prints, for the report. */
void kernel_print(const char *format, __builtin_va_list args);

#endif
