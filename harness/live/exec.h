/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The executor's own parts. Nothing here allocates, maps or unmaps once it has started, so that
 * what the kernel shows of a process is what the program did; all state is in struct shared and
 * in the struct worker on the stack, which fork copies as a program wants it copied.
 */
#ifndef HARNESS_LIVE_EXEC_H
#define HARNESS_LIVE_EXEC_H

#include "harness/live/shared.h"

/* Besides processes, who can have the turn. */
enum { TURN_MASTER = PROCS_MAX, TURN_OWNER };

#define EXEC_BUFFER 8192

struct worker {
	struct shared *sh;
	u32 index;        /* process of the program, or TURN_MASTER */
	s32 master;       /* process id of the master */
	bool escaped;     /* mapped something outside of the window since it was last clean */
	bool lock_all;    /* called mlockall since it was last clean */
	bool merge_any;   /* has PR_SET_MEMORY_MERGE on */
	u32 limited;      /* bit mask of enum limit_arg: set since it was last clean */
	u32 proc_files;   /* bit mask of enum proc_file: open and of this process */
	char buffer[EXEC_BUFFER]; /* for reading /proc */
};

/* PR_SET_MEMORY_MERGE, which headers before 6.4 lack. */
#define PR_MEMORY_MERGE 67

/* What lies around the arena: cleared after every program, whatever it mapped. */
#define WINDOW_MARGIN (4ull << 20)
#define WINDOW_START (ARENA_BASE - WINDOW_MARGIN)
#define WINDOW_END (ARENA_END + WINDOW_MARGIN)

/* A system call without libc: the result or a negative errno. */
static inline s64 exec_syscall(long nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	register u64 r10 __asm__("r10") = d;
	register u64 r8 __asm__("r8") = e;
	register u64 r9 __asm__("r9") = f;
	s64 ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

/* exec_run.c: the turn, and what is done with it. */

/* Who has to act next. */
u32 turn_due(const struct shared *sh);
void turn_give(struct shared *sh, u32 who);
/* The life of a process of the program: it never returns. */
_Noreturn void worker_run(struct worker *w);
/* Makes sure that the calling process does not outlive the master. */
void worker_bind(const struct worker *w);
/* The operation at sh->index is done: observes, and moves on. */
void op_finish(struct worker *w);
/* Something of ours broke: vmafuzz gets the turn, and nothing more is done. */
void exec_fail(struct shared *sh, enum failure failure, u32 proc, s64 detail);

/* exec_clean.c: the end of a program. */

/* Makes process 0 as it was at its start; false if it cannot be. */
bool clean_up(struct worker *w);
/* Empties the files that the program mapped. */
void clean_files(struct worker *w);
/* Compares the counters of process 0, or keeps those of the first one; reports a difference. */
void clean_check_new(struct worker *w);

/* exec_observe.c: what there is to see with BPF, and of pages. */

/* Reads the state after the operation at sh->index into the log. */
void observe(struct worker *w);
/* Runs the BPF program; 0 or a negative errno. @args keeps its results. */
int observe_bpf(struct worker *w, struct rec_args *args, u32 head);
/* Records the populated pages of the calling process. */
void observe_pages(struct worker *w);

/* exec_proc.c: what there is to see in /proc/self without it. */

/* The descriptor of a file of /proc/self, opened if need be; or a negative errno. */
int proc_file(struct worker *w, enum proc_file which);
/* Records the areas of the calling process in the log of the operation at sh->index. */
void proc_layout(struct worker *w);
/* The same with all flags, and the counters. */
void proc_smaps(struct worker *w);
/* Reads the counters alone. */
void proc_counters(struct worker *w, u64 counter[REC_COUNTERS]);

/* A text file of /proc/self, read line by line through the worker's buffer. */
struct lines {
	struct worker *w;
	int fd;
	u64 pos, len;
};

/* 0 or a negative errno. */
int lines_open(struct lines *lines, struct worker *w, enum proc_file which);
/* The next line, its newline replaced by NUL; NULL at the end. */
const char *lines_next(struct lines *lines);
/* Reads a number, and one character behind it. */
u64 lines_number(const char **text, u32 base);

/* exec_touch.c: loads and stores that may fault. */

/* Handles SIGSEGV and SIGBUS; 0 or a negative errno. */
int touch_init(void);
/* 0, RESULT_SIGSEGV or RESULT_SIGBUS. */
s32 touch_load(u64 addr, u64 *value);
s32 touch_store(u64 addr, u64 value);

/* exec_uffd.c: results, or negative errnos. */

/* Do the features make events, which nobody would read? */
bool uffd_has_events(u64 features);
/* The index of a new userfaultfd of the calling process. */
s64 uffd_open(struct worker *w, u64 features);
/* EBADF for what is not the calling process's. */
s64 uffd_register(struct worker *w, u64 index, u64 addr, u64 len, u64 mode);
s64 uffd_unregister(struct worker *w, u64 index, u64 addr, u64 len);
s64 uffd_close(struct worker *w, u64 index);
/* In a new process, before w->index is its own: closes what it has of its parent. At the end of a
 * program, in process 0: closes its own. */
void uffd_drop_inherited(const struct worker *w);

/* exec_limit.c */

/* Reads the limits that the executor started with; 0 or a negative errno. */
s64 limits_read(struct shared *sh);
/* As set_rlimit: 0 or a negative errno. */
s64 limit_set(struct worker *w, u64 which, u64 pages);
/* Undoes it; false if that cannot be. */
bool limits_restore(struct worker *w);

/* live_ops.c */

/* Executes @op in the calling process. False in the process that a fork leaves without the turn. */
bool live_execute(struct worker *w, const struct op *op, struct op_result *result);

#endif
