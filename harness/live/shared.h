/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory through which vmafuzz and its executor talk, and the protocol.
 *
 * The executor is a family of processes: the master, which never runs an operation, and the
 * processes of the program, all its children. Exactly one of vmafuzz, the master and the
 * processes acts at any time: it has the turn. Whose turn is due follows from struct shared alone
 * (turn_due() in exec_run.c); who is not due hands over and sleeps on a futex word of its own. A
 * whole program is run without waking vmafuzz; what happened is in the log.
 */
#ifndef HARNESS_LIVE_SHARED_H
#define HARNESS_LIVE_SHARED_H

#include "model/prog.h"
#include "model/snapshot.h"

#include "harness/record.h"

/*
 * Where the executor maps what it shares: far from its own image, and below the arena. Above it
 * they would be the next area for an address between the arena and where the kernel puts
 * mappings, and hide from such a fault an area of the program that could grow down to it.
 */
#define SHARED_ADDR 0x080000000000ull
#define AREAS_ADDR 0x080010000000ull

/* Open files that the executor starts with or makes, at fixed numbers. */
enum exec_fd {
	FD_SHARED = 100, /* struct shared */
	FD_PROGRAM,      /* BPF program, with BPF */
	FD_AREAS,        /* BPF map "areas", with BPF */
	FD_INHERITED_END,
	FD_FILE = 110,   /* + enum file_arg */
	FD_PROC = 120,   /* + enum proc_file */
	FD_UFFD = 130,   /* + index of a userfaultfd, in the process that it belongs to */
};

/* Files of /proc/self; each process opens those that it needs. */
enum proc_file { PROC_PAGEMAP, PROC_MAPS, PROC_SMAPS, PROC_STATUS, PROC_FILE_COUNT };

enum phase {
	PHASE_OPS,     /* run operation @index, then observe */
	PHASE_PAGES,   /* process @page_proc describes its own pages */
	PHASE_CLEAN,   /* end of the program: only process 0 stays, with nothing mapped */
	PHASE_RESPAWN, /* process 0 cannot be cleaned: kill it and make a new one */
	PHASE_START,   /* process 0 is new */
	PHASE_BARE,    /* measure the program without any observation */
	PHASE_IDLE,    /* vmafuzz has the turn */
};

/* Bits of struct shared.master_turn. */
enum { MASTER_GO = 1, MASTER_CHILD = 2, MASTER_QUIT = 4 };

/* What broke, if anything: struct shared.failure. @failure_detail says more. */
enum failure {
	FAILURE_NONE,
	FAILURE_START,    /* the executor cannot be set up: -errno; failure_text says what */
	FAILURE_DIED,     /* process failure_proc died: wait status */
	FAILURE_FORK,     /* no new process: -errno */
	FAILURE_SNAPSHOT, /* the state cannot be read: -errno */
	FAILURE_ROOM,     /* a pool below is full: 0 */
	FAILURE_BASE,     /* a new process 0 has other counters than the first: the counter */
};

/* A populated page or guard marker. */
struct page_rec {
	u64 addr;    /* page number */
	u64 tag;
	u8 proc;
	u8 state;    /* enum snap_page_state */
	bool has_tag;
};
#define PAGE_RECS (1u << 15)

/* An area as /proc tells it, when there is no BPF. */
struct area_rec {
	u64 start, end; /* bytes */
	u64 flags;      /* VMF_*; if not log_entry.smaps, only the access bits and MAYSHARE count */
	u64 offset;     /* bytes into the file */
	u64 inode, device; /* 0: no file */
};
#define AREA_RECS (1u << 15)

/* What happened in one operation. */
struct log_entry {
	struct op_result result;
	u32 live;       /* bit mask of the processes that live afterwards */
	u32 page, page_count; /* page_recs */
	bool pages;     /* pages are known */
	bool smaps;     /* without BPF: all flags and counters are known */
	struct {
		u32 area, area_count; /* area_recs */
		u64 counter[REC_COUNTERS]; /* as of the last time that the process was asked */
	} proc[PROCS_MAX]; /* only without BPF */
};

/* Exit status of the executor if struct shared is not the one that it knows. */
#define EXIT_OTHER_BUILD 125

struct shared {
	/* Set by vmafuzz before it starts the executor; the size comes first, in every build. */
	u64 size;
	s32 owner;      /* its process id */
	u32 cpu;
	bool use_bpf;
	u64 task_size;  /* set by the master: end of the user address space, bytes */

	/* Futex words. */
	u32 owner_turn;
	u32 master_turn;
	u32 turn[PROCS_MAX];

	u32 failure, failure_proc;
	s64 failure_detail;
	char failure_text[64];

	/* Set by vmafuzz when the executor runs: what is mapped in it before any program. */
	u32 own_count;
	struct rec_range own[REC_OWN];
	bool base_known; /* set by the first process 0 */
	u64 base_counter[REC_COUNTERS];

	/* The run. */
	u32 phase;      /* enum phase */
	u32 index;      /* operation */
	u32 page_proc;
	u32 live;       /* processes that live, and... */
	u32 proc_count; /* ...were ever made */
	s32 exiting;    /* process that is about to exit, or -1 */
	bool pages_each;
	bool polluted;  /* process 0 cannot be used again */
	bool locked;    /* some memory was locked */
	bool query_missing; /* the kernel lacks PROCMAP_QUERY */
	u64 limit_start[LIMIT_COUNT], limit_hard[LIMIT_COUNT]; /* bytes; set by the master */
	u32 files_used; /* bit mask of file_arg that the program maps */
	u32 uffd_count; /* userfaultfds that were ever opened */
	s32 uffd_proc[UFFD_OPENS_MAX]; /* process that each belongs to, -1 when it is closed */
	u64 bare_ns;    /* PHASE_BARE: what the program took */
	s32 pid[PROCS_MAX]; /* 0: none; of a process that did not exit yet */
	u64 mm[PROCS_MAX];  /* the kernel's pointer */
	u64 last[PROCS_MAX]; /* see op_addr() */
	u32 area_count[PROCS_MAX]; /* with BPF: in the map "areas" */
	u32 page_count; /* page_recs used */
	u32 area_rec_count;

	struct prog prog;
	struct log_entry log[PROG_OPS_MAX];
	struct page_rec page_recs[PAGE_RECS];
	struct area_rec area_recs[AREA_RECS];
};

#endif
