/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the BPF program writes: raw records, in arrays that the harness maps. Shared by the program
 * (snapshot.bpf.c) and by the harness, so it includes nothing; the includer has u32, u64 and s32.
 *
 * The arrays are filled from the front through a whole program: the snapshot of every operation
 * stays readable until the next program starts. A full array is an error, never a shorter snapshot.
 */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#define REC_PROCS 6             /* PROCS_MAX */
#define REC_HEADS 257           /* PROG_OPS_MAX, and one for checking that a worker is clean */
#define REC_HEAD_CLEAN 256      /* the latter */
#define REC_VMAS (1u << 17)
#define REC_AVCS (1u << 17)
#define REC_PROC_AREAS 320      /* areas of one process in one snapshot (twice MODEL_VMAS_MAX) */
#define REC_CHAIN 64            /* entries of one chain */
#define REC_OWN 8               /* ranges of the executor itself */

enum rec_counter {
	REC_MAP_COUNT,
	REC_TOTAL_VM, /* this and the rest in pages */
	REC_DATA_VM,
	REC_EXEC_VM,
	REC_STACK_VM,
	REC_LOCKED_VM,
	REC_DEF_FLAGS, /* raw VM_* bits */
	REC_COUNTERS
};

/* One process in one snapshot: element head * REC_PROCS + process of the map "heads". */
struct rec_proc {
	u64 counter[REC_COUNTERS];
	u32 vma, vma_count; /* elements of the map "vmas" */
};

#define REC_NAME_OTHER 0xff
#define REC_POLICY (1ull << 63) /* there is one */

/* One area; pointers are the kernel's, flags its raw VM_* bits, addresses in bytes. */
struct rec_vma {
	u64 start, end;
	u64 flags;
	u64 pgoff, anon_pgoff;
	u64 file;
	u64 uffd;     /* context of the userfaultfd that it is registered with */
	u64 anon_vma;
	u64 close;  /* vm_ops->close */
	u64 name;   /* enum name_arg, REC_NAME_OTHER; 0: none, or not known */
	u64 policy; /* REC_POLICY, mode, mode flags << 16, nodes 0 to 15 << 32; 0: none */
	u32 avc, avc_count; /* elements of the map "avcs" */
};

/* One entry of an area's chain, with what is known of its anon_vma. */
struct rec_avc {
	u64 anon_vma, root, parent;
	u32 refcount, num_children, num_active_vmas, unused;
};

/* A range of addresses, end exclusive. Element process * REC_PROC_AREAS + n of the map "areas" (the
 * last snapshot, for the executor), and of the map "own" (what to leave out, ascending). */
struct rec_range {
	u64 start, end;
};
#define REC_AREAS_BYTES ((REC_PROCS * REC_PROC_AREAS * 16 + 4095) & ~4095)

/* What the program is run with; the kernel copies it back, so results are here too. */
struct rec_args {
	u32 head;    /* which element of "heads" to fill */
	u32 live;    /* bit mask of processes */
	u32 restart; /* not 0: forget the records of the last program */
	u32 caller;  /* process that runs it: its mm is found out; REC_PROCS for none of them */
	s32 err;     /* result: 0 or a negative errno */
	u32 unused;
	u64 mm[REC_PROCS]; /* the kernel's pointers, as @self told them */
	u64 self;    /* result: mm_struct of the caller */
	u64 counter[REC_COUNTERS]; /* result: of process 0, if it is in @live */
	u32 vma_count[REC_PROCS];  /* result: of each process in @live */
};

#endif
