/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state of all processes of a program at one moment, in a form that the model and every backend
 * share, and the comparison of two of them.
 *
 * Ids are canonical: anon_vmas, open files and userfaultfds are numbered from 1 in the order in
 * which a walk meets them (processes by index, areas by address; of an area first its anon_vma,
 * then its chain in list order, then roots and parents that no chain held). Addresses are page
 * numbers; counters are differences from the start of the program. So two snapshots of the same
 * state are equal.
 */
#ifndef MODEL_SNAPSHOT_H
#define MODEL_SNAPSHOT_H

#include <stdio.h>

#include "op.h"

#define SNAP_VMAS_MAX 1024     /* of all processes */
#define SNAP_CHAIN_MAX 8192    /* chain entries of all areas */
#define SNAP_ANON_VMAS_MAX 512
#define SNAP_PAGES_MAX 6144

/* What of a snapshot is known. A backend says at open what it can ever observe, and in each
 * snapshot what it did observe this time. */
enum snap_field {
	SNAP_LAYOUT = 1 << 0,   /* start, end, READ|WRITE|EXEC|MAYSHARE, offset of file mappings */
	SNAP_FLAGS = 1 << 1,    /* all other flags that the kernel has a name for */
	SNAP_PGOFF = 1 << 2,    /* page offset of anonymous areas, anon_pgoff, file identity */
	SNAP_ANON_VMA = 1 << 3, /* anon_vma and chain of each area, the anon_vmas themselves */
	SNAP_COUNTERS = 1 << 4, /* map_count, total_vm, data_vm, exec_vm, stack_vm, locked_vm */
	SNAP_DEF_FLAGS = 1 << 5,
	SNAP_PAGES = 1 << 6,    /* which pages are populated or guarded, and their tags */
	SNAP_CLOSE = 1 << 8,    /* does an area have vm_ops->close */
	SNAP_POLICY = 1 << 9,   /* memory policies */
	SNAP_NAME = 1 << 10,    /* names of areas */
	SNAP_UFFD = 1 << 11,    /* which areas have the same userfaultfd */
	SNAP_COMMITTED = 1 << 12, /* committed_extra */
	SNAP_ALL = (1 << 13) - 1,
};

enum snap_counter {
	COUNT_MAP,
	COUNT_TOTAL_VM, /* this and the rest in pages */
	COUNT_DATA_VM,
	COUNT_EXEC_VM,
	COUNT_STACK_VM,
	COUNT_LOCKED_VM,
	COUNT_COUNTERS
};
extern const char *const snap_counter_names[COUNT_COUNTERS];

struct snap_vma {
	u64 start, end;  /* page numbers; end exclusive */
	u64 pgoff;       /* pages: into the file, or the linear index of anonymous memory */
	u64 anon_pgoff;  /* 7.3: index of anonymous pages; else equal to pgoff */
	u64 flags;       /* VMF_* */
	u16 file;        /* id of the open file, 0 for none */
	u16 anon_vma;    /* id, 0 for none ("unfaulted") */
	u16 chain;       /* first entry in snapshot.chain */
	u16 chain_len;
	u16 uffd;        /* id of the context of its userfaultfd, 0 for none */
	u8 policy;       /* enum policy_arg, 0 for none; SNAP_POLICY_OTHER */
	u8 name;         /* enum name_arg, 0 for none */
	bool has_close;  /* vm_ops->close */
};

#define SNAP_POLICY_OTHER 0xff /* one that no operation asks for */

struct snap_anon_vma {
	u16 root, parent; /* ids */
	u32 num_children, num_active_vmas, refcount;
};

enum snap_page_state {
	SNAP_PAGE_NONE,    /* never listed */
	SNAP_PAGE_PRESENT, /* populated: present or swapped out */
	SNAP_PAGE_GUARD,   /* guard marker */
	SNAP_PAGE_MAY,     /* model only: either is permitted */
};

struct snap_page {
	u64 addr;    /* page number */
	u64 tag;     /* the first 8 bytes, if has_tag */
	u8 proc;
	u8 state;    /* enum snap_page_state */
	bool has_tag;
};

struct snap_proc {
	bool alive;
	u32 vma, vma_count; /* range in snapshot.vmas */
	s64 counter[COUNT_COUNTERS];
	u64 def_flags; /* VMF_LOCKED_MASK bits */
};

struct snapshot {
	u32 fields; /* enum snap_field, what of this is known */
	struct snap_proc proc[PROCS_MAX];
	/* Committed memory (vm_committed_as) that neither an area with ACCOUNT nor an object of
	 * shared memory accounts for, pages: 0 unless the kernel has miscounted. */
	s64 committed_extra;
	u32 vma_count, chain_count, anon_vma_count, page_count;
	struct snap_vma vmas[SNAP_VMAS_MAX];
	u16 chain[SNAP_CHAIN_MAX];
	struct snap_anon_vma anon_vmas[SNAP_ANON_VMAS_MAX]; /* id - 1 */
	struct snap_page pages[SNAP_PAGES_MAX];             /* by process, then address */
};

/* What differs; in the order in which the comparison looks. */
enum aspect {
	ASPECT_NONE,
	ASPECT_RESULT,    /* what the operation returned */
	ASPECT_ATTRIBUTE, /* a page is mapped or not, or with other flags, offset or file */
	ASPECT_BOUNDARY,  /* all pages agree, but the areas are cut differently: merge or split */
	ASPECT_ANON_VMA,  /* the anon_vma graph */
	ASPECT_POPULATED, /* a page is there or not, or is a guard marker or not */
	ASPECT_CONTENT,   /* a page's tag */
	ASPECT_COUNTER,
	ASPECT_KERNEL,    /* the kernel itself complained: WARN, BUG, sanitizer, lock, leak */
	ASPECT_INVARIANT, /* the model's own state broke one of its invariants */
	ASPECT_COUNT
};
extern const char *const aspect_names[ASPECT_COUNT]; /* "result", "attribute", ... */

struct snap_diff {
	enum aspect aspect; /* ASPECT_NONE: equal */
	u32 proc;
	u64 page;        /* page number at fault, where there is one */
	char text[256];  /* one sentence: what was expected, what was seen */
};

/* Makes an empty snapshot (counts only; the arrays are not cleared). */
void snap_reset(struct snapshot *snap);
/* Makes @to equal to @from, which costs as much as is in use. */
void snap_copy(struct snapshot *to, const struct snapshot *from);
/* Finds the first difference among the fields that both know. */
void snap_compare(const struct snapshot *want, const struct snapshot *seen, struct snap_diff *diff);
/* Prints one line for each area, then for each process's counters that are not 0, each
 * anon_vma, and (if pages are known) each populated page. @prefix stands before every line. */
void snap_print(FILE *out, const struct snapshot *snap, const char *prefix);
/* One area as one line of at most @size bytes, without a newline. @vma is an index of
 * snap->vmas. */
int snap_vma_print(char *buf, size_t size, const struct snapshot *snap, u32 proc, u32 vma);
/* Side by side, expected left, seen right, lines that differ marked. */
void snap_print_both(FILE *out, const struct snapshot *want, const struct snapshot *seen);
/* A 64-bit digest of everything in @snap that its fields say is known. */
u64 snap_digest(const struct snapshot *snap);

#endif
