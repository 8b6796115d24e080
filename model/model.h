/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference model: what Linux is specified to do with virtual memory areas.
 *
 * State is arrays and ids, no pointers and no allocation; a model is about 0.3 MiB, and resetting
 * or copying it touches only what is in use. Areas are sorted by address and found by looking at
 * each. Addresses inside are page numbers, ranges are half open. Source of truth for each part: the
 * kernel function named beside it.
 *
 *	struct model m;
 *	model_init(&m, &config);
 *	for each operation: model_step(&m, index, op, seen, &want);
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "abi.h"
#include "alloc_points.def"
#include "op.h"
#include "rules.h"
#include "snapshot.h"

#define MODEL_VMAS_MAX 160	/* areas of one process */
#define MODEL_PAGES_MAX 1024	/* populated pages of one process */
#define MODEL_CHAIN_MAX 8	/* anon_vmas in the chain of one area: at most one for each fork */
#define MODEL_ANON_VMAS_MAX 512 /* anon_vmas alive at once */
/* open files: those of file_arg, one more for each shared anonymous mmap */
#define MODEL_FILES_MAX 512

/* What the model must be told about the machine, besides rules. */
struct model_config {
	struct model_rules rules;
	struct model_quirks quirks;
	u32 mutant;	   /* 0: the specification; else enum mutant, one deliberate mistake */
	bool soft_dirty;   /* CONFIG_MEM_SOFT_DIRTY: every new area carries VMF_SOFTDIRTY */
	bool ksm;	   /* CONFIG_KSM; else MADV_(UN)MERGEABLE is EINVAL */
	bool swap_support; /* CONFIG_SWAP; else MADV_WILLNEED of memory without a file is EBADF */
	bool thp;	   /* CONFIG_TRANSPARENT_HUGEPAGE; else MADV_(NO)HUGEPAGE is EINVAL */
	bool swap;	   /* the machine has swap: pages of files may be taken out at any time */
	bool overcommit_never; /* vm.overcommit_memory is 2: MAP_NORESERVE has no effect */
	bool numa;	       /* CONFIG_NUMA; else mbind is ENOSYS */
	bool anon_name;	       /* CONFIG_ANON_VMA_NAME; else set_vma_name is EINVAL */
	bool zero_noexec;      /* /dev/zero lies on a mount without exec: PROT_EXEC is EPERM */
	bool own_memory;       /* processes have memory of their own below PROGRAM_BASE */
	bool cap_ipc_lock;     /* RLIMIT_MEMLOCK does not apply */
	bool cap_rawio;	       /* mmap_min_addr does not apply */
	/* Somebody reads the userfaultfds, so that event_fork and event_remap do not hang the
	 * program: the generator asks for these features only then. */
	bool uffd_events;
	bool uffd_wp_files; /* CONFIG_PTE_MARKER_UFFD_WP; else files have no mode wp: EINVAL */
	/* Bytes. Mappings below the first need CAP_SYS_RAWIO (vm.mmap_min_addr); hints below the
	 * second are rounded up to it, and no stack grows below it: it is the larger of the first
	 * and of what the kernel was built with (CONFIG_LSM_MMAP_MIN_ADDR). */
	u64 mmap_min_addr, hint_min_addr;
	/* Limits at the start of a program; there is none to the size of all memory. */
	u64 rlimit_memlock; /* pages; the highest number for none */
	/* RLIMIT_MEMLOCK is less than a page but not 0: there is a right to lock, and no room. */
	bool memlock_below_page;
	u64 rlimit_stack;	 /* pages */
	bool ignore_rlimit_data; /* the kernel was booted with this: RLIMIT_DATA has no effect */
	u32 max_map_count; /* at the start of a program */
	/* What the first process has mapped outside of the program's areas, at its start. */
	u32 base_map_count;
	u64 base_total_vm;  /* pages */
	u64 base_data_vm;   /* pages */
	u64 base_locked_vm; /* pages */
	u64 base_lockable;  /* pages of areas that mlockall(MCL_CURRENT) would lock */
	/* Page number: where the last of its areas ends; 0 if it has none. */
	u64 base_end;
};

/* Sensible values for a machine that nobody looked at: newest rules, no quirks, usual limits. */
void model_config_default(struct model_config *config);

struct model_vma {
	u64 start, end; /* page numbers; end exclusive */
	u64 pgoff;	/* pages: into the file, or linear index of anonymous memory (vm_pgoff) */
	/* index for anonymous pages; equals pgoff unless rule cow_file_index=virtual */
	u64 anon_pgoff;
	u64 flags;		    /* VMF_* */
	u16 file;		    /* id of the open file (struct file), 0: none */
	u16 anon_vma;		    /* id, 0: none, "unfaulted" */
	u16 chain[MODEL_CHAIN_MAX]; /* ids in list order, newest first unless reversed by a clone */
	u8 chain_len;		    /* 0 exactly if anon_vma is 0 */
	u16 uffd; /* 1 + index of the userfaultfd that it is registered with; 0: none */
	/* no vm_ops: private anonymous memory, and private /dev/zero although it has a file */
	bool anonymous;
	u8 policy;	/* enum policy_arg: the memory policy that mbind gave it; 0: none */
	u8 name;	/* enum name_arg: the name that set_vma_name gave it; 0: none */
	bool has_close; /* vm_ops->close: the owner of the mapping is told when an area goes */
};

enum page_state {
	PAGE_ZERO,     /* the shared zero page */
	PAGE_ANON,     /* an anonymous page of its own */
	PAGE_FILE,     /* a page of the page cache */
	PAGE_FILE_MAY, /* perhaps mapped by fault-around: either is permitted */
	PAGE_GUARD,    /* a guard marker */
};

struct model_page {
	u64 addr;	/* page number */
	u64 tag;	/* content of an anonymous page */
	u64 index;	/* PAGE_ANON: linear index that the page was created with */
	u16 owner;	/* PAGE_ANON: the anon_vma that the page belongs to */
	u8 state;	/* enum page_state */
	bool exclusive; /* PAGE_ANON: not shared with another process since the last write */
	bool lazyfree;	/* MADV_FREE or droppable: the kernel may take it at any time */
};

struct model_anon_vma {
	bool live;
	u16 root, parent;    /* itself for a root */
	u32 num_children;    /* live anon_vmas whose parent this is; a root counts itself */
	u32 num_active_vmas; /* areas whose anon_vma this is, in any process */
	u32 refcount;
	u32 avc_count; /* areas whose chain holds it; it dies with the last */
};

struct model_file {
	/* memfd: index below FILE_INODES; else one of MODEL_INODE_* */
	u8 inode;
	bool writable; /* opened read-write */
	u64 pages;     /* length */
};
#define MODEL_INODE_DEV 0xfd /* what FILE_DEV maps */
/* shmem object of one shared anonymous mapping: its tags are in shmem */
#define MODEL_INODE_OWN 0xfe
#define MODEL_INODE_ZERO 0xff /* /dev/zero */

/* A page that is in the page cache of its file: written, or loaded from and not removed since. All
 * others read as 0. */
struct model_file_page {
	u16 file_key; /* inode, or 256 + file id for MODEL_INODE_OWN */
	u64 index;    /* page of the file */
	u64 tag;
	/* never written, and since it was last faulted in the kernel was asked to take it */
	bool may_be_gone;
};
#define MODEL_FILE_PAGES_MAX 2048

/* A userfaultfd, with its context: only the process that it belongs to has it. */
struct model_uffd {
	bool open;
	u8 proc;
	u16 from;     /* made by a fork: 1 + index of the parent's; 0: opened */
	u64 features; /* ABI_UFFD_* */
};

struct model_mm {
	bool alive;
	u32 vma_count, page_count;
	struct model_vma vmas[MODEL_VMAS_MAX];	  /* by address, disjoint */
	struct model_page pages[MODEL_PAGES_MAX]; /* by address */
	s64 counter[COUNT_COUNTERS];		  /* since the start of the program */
	u32 generation;				  /* forks between the first process and this one */
	u64 sealed_pages; /* pages that mseal sealed, which must never become fewer */
	u64 def_flags;	  /* VMF_LOCKED_MASK bits that new mappings get (mlockall MCL_FUTURE) */
	bool merge_any;	  /* memory_merge is on */
	u64 limit[LIMIT_COUNT]; /* as set_rlimit says; LIMIT_NONE: as at the start */
	bool base_locked; /* mlockall locked what is mapped outside of the program too */
	u64 brk;	  /* end of the heap, bytes; it begins at HEAP_BASE */
	u64 last;	  /* address, bytes, of the last mapping that this process made */
};

/* Why a merge was or was not made. The rules in the order in which they are looked at. */
enum merge_rule {
	MERGE_NOT_TRIED,    /* nothing changed, so no merge was considered */
	MERGE_NO_NEIGHBOUR, /* nothing is mapped directly beside the range */
	MERGE_NOT_AT_EDGE,  /* the range does not reach the edge of its area */
	MERGE_FLAGS,	    /* flags differ */
	MERGE_FILE,	    /* another open file */
	MERGE_POLICY,	    /* another memory policy */
	MERGE_NAME,	    /* another name */
	MERGE_CLOSE,	    /* an area that must be told when it goes would go */
	MERGE_UFFD,	    /* another userfaultfd */
	MERGE_OFFSET,	    /* page offsets do not continue */
	MERGE_ANON_VMA,	    /* both are faulted, with different anon_vmas */
	/* one is faulted, one is not, and the legacy rule wants it the other way round */
	MERGE_ANON_LEGACY,
	MERGE_FORK_LIMIT, /* the faulted one came by fork and may not take in an unfaulted one */
	/* left matches too, and left and right have different anon_vmas: left wins */
	MERGE_CROSS,
	/* the neighbour is what MREMAP_DONTUNMAP moves from, or mremap merges with nothing */
	MERGE_EXCLUDED,
	MERGE_BRK, /* not the heap's own area */
	MERGE_OK, /* nothing refused: merged */
	MERGE_RULE_COUNT
};
extern const char *const merge_rule_names[MERGE_RULE_COUNT];	/* "flags", "anon_vma", ... */
extern const char *const merge_rule_meanings[MERGE_RULE_COUNT]; /* a sentence each */

/* Where an allocation may fail, in the order of alloc_points.def. */
enum alloc_point {
	ALLOC_NONE,
#define P(NAME, ...) ALLOC_##NAME,
	ALLOC_POINT_TABLE(P)
#undef P
		ALLOC_POINT_COUNT
};
struct alloc_point_desc {
	const char *name;
	const char *source; /* the kernel function that meets the failure */
	const char *effect; /* what it leads to: a sentence */
};
extern const struct alloc_point_desc alloc_point_descs[ALLOC_POINT_COUNT]; /* [0]: "none" */

/* One merge that the model considered during an operation. */
struct merge_record {
	u64 start, end; /* the range, page numbers */
	enum merge_rule prev, next;
};
#define MERGE_RECORDS_MAX 32

struct model {
	struct model_config config;
	struct model_mm mm[PROCS_MAX];
	u32 proc_count;	  /* processes ever made */
	u32 live;	  /* bit mask of those that live */
	u32 op_index;	  /* of the operation being executed */
	/*
	 * Which allocation of the next model_step() fails: 0 none, k the k-th point of
	 * alloc_points.def that the operation meets. model_step() sets it back to 0.
	 */
	u32 fail_at;
	u32 points_met;		/* by the last operation */
	enum alloc_point failed; /* what failed in it; ALLOC_NONE if it met fewer than fail_at */
	u16 anon_vma_top; /* ids below this were ever used */
	struct model_anon_vma anon_vmas[MODEL_ANON_VMAS_MAX];
	u16 file_count;
	struct model_file files[MODEL_FILES_MAX];
	u32 file_page_count;
	struct model_file_page file_pages[MODEL_FILE_PAGES_MAX];
	u64 max_areas; /* as max_map_count says; LIMIT_NONE: as at the start */
	u32 uffd_count, uffd_opened;	    /* of which there ever were, and those of uffd_open */
	struct model_uffd uffds[UFFDS_MAX]; /* by index */
	u32 merge_count; /* records of the last operation; further ones are not kept */
	struct merge_record merges[MERGE_RECORDS_MAX];
	/* bit mask: quirks that were on and changed what happened, since model_reset() */
	u32 quirks_met;
	s64 committed_extra; /* as in struct snapshot: what known bugs charged for good */
	const char *limit; /* not NULL: the program outgrew an array of the model; a sentence */
};

/* Sets up for @config. The model is then as after model_reset(). */
void model_init(struct model *m, const struct model_config *config);
/* Back to the start of a program: one process, nothing mapped. */
void model_reset(struct model *m);
/* Makes @to equal to @from, which costs as much as is in use. @to may hold anything. */
void model_copy(struct model *to, const struct model *from);

/*
 * Executes @op, the @index-th of the program. @seen is what the backend did: where the kernel is
 * free (an address without MAP_FIXED), the model checks that the choice was permitted and adopts
 * it; NULL makes the model choose by itself, as a generator needs. @want becomes the specified
 * result. op->fail_nth means nothing here: it counts the allocations of one kernel. m->fail_at says
 * what the model is to do.
 *
 * 0, or -E2BIG if the program outgrew the model (m->limit says how): the model is then of no more
 * use until model_reset(), and the case is to be skipped.
 */
int model_step(struct model *m, u32 index, const struct op *op, const struct op_result *seen,
	       struct op_result *want);

/*
 * The known bugs, whether on or not, by which a kernel that has them stops in @op (an oops), as a
 * bit mask. With one of them on, the operation's result is RESULT_OOPS and the state stays. So a
 * session that tolerates it does not execute the operation. Errs on the side of naming one too
 * many.
 */
u32 model_fatal(const struct model *m, const struct op *op);

/* The state as a snapshot with all fields (pages only if @pages). */
void model_snapshot(const struct model *m, struct snapshot *snap, bool pages);

/* Checks every invariant of the specification. True if all hold; else a sentence in @diag, which
 * begins with the invariant's name. */
bool model_check(const struct model *m, struct diag *diag);

/* The rule to cite for the last operation: the last refusal of a merge that got past "no
 * neighbour", else MERGE_OK if something merged, else the last thing that was looked at. */
enum merge_rule model_why(const struct model *m);

/* The area that holds page @addr, or NULL; for generators. */
const struct model_vma *model_vma_at(const struct model *m, u32 proc, u64 addr);

/*
 * Deliberate mistakes, to prove that the comparison can fail. M(NAME, aspect, what is wrong).
 * model_config.mutant is the enum value.
 */
struct mutant_desc {
	const char *name;
	enum aspect aspect;  /* that a run is expected to report */
	const char *profile; /* whose rules it is tried with; NULL: the newest */
	const char *what;
};
extern const struct mutant_desc mutant_descs[]; /* index 0 is unused */
extern const u32 mutant_count;			/* including index 0 */

#endif
