/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One operation of a program, its result, and how its arguments become the numbers of a system
 * call. Plain data: copied by assignment, no pointers.
 *
 * Every operation can be executed in any state. Addresses are relative to the arena or to the last
 * mapping that the process made, processes are indices taken modulo those that live, so deleting
 * one operation never makes another unreadable. A call that the kernel rejects is a result.
 */
#ifndef MODEL_OP_H
#define MODEL_OP_H

#include "types.h"
#include "attrs.def"
#include "ops.def"

#define OP_ARGS_MAX 6
#define PROCS_MAX 6 /* processes that a program ever makes, the first one included */

/* The arena: the addresses that programs work on. It straddles a boundary of every page-table
 * level (2 MiB, 1 GiB, 512 GiB), half of it on either side; nothing else is mapped near it. */
#define ARENA_PAGES 64ull
#define ARENA_BASE (0x100000000000ull - ARENA_PAGES / 2 * PAGE_BYTES) /* bytes */
#define ARENA_END (ARENA_BASE + ARENA_PAGES * PAGE_BYTES)             /* exclusive */
/* Where the heap begins that brk moves the end of: inside the arena, so that it meets other areas.
 * A program starts with an empty one (mm->start_brk == mm->brk). */
#define HEAP_BASE (ARENA_BASE + 40 * PAGE_BYTES)
/* Processes have memory of their own below this, besides the program's; from here up to where
 * kernels put mappings there is only what the program maps. */
#define PROGRAM_BASE 0x0a0000000000ull

enum op_kind {
#define X(ID, ...) OP_##ID,
	OP_TABLE(X)
#undef X
	OP_COUNT
};
#define OPS_ALL ((1ull << OP_COUNT) - 1) /* all of them, as a set of bits */

/* What an argument means; argkind.h has the table of what can be done with each kind. */
enum arg_kind {
	ARG_NONE,
	ARG_ADDR,        /* see op_addr() */
	ARG_LEN,         /* bytes */
	ARG_PROT,        /* ABI_PROT_* */
	ARG_MAPFLAGS,    /* ABI_MAP_* */
	ARG_FILE,        /* enum file_arg */
	ARG_OFFSET,      /* bytes into the file */
	ARG_MREMAPFLAGS, /* ABI_MREMAP_* */
	ARG_ADVICE,      /* ABI_MADV_* */
	ARG_MLOCKFLAGS,  /* ABI_MLOCK_* */
	ARG_MCLFLAGS,    /* ABI_MCL_* */
	ARG_ZERO,        /* a reserved argument: 0, or a number that must be refused */
	ARG_POLICY,      /* enum policy_arg */
	ARG_NAME,        /* enum name_arg */
	ARG_CLEAR,       /* enum clear_arg */
	ARG_UFFD,         /* index of a userfaultfd, below UFFDS_MAX */
	ARG_UFFDFEATURES, /* ABI_UFFD_EVENT_*, ABI_UFFD_WP_ASYNC */
	ARG_UFFDMODE,     /* ABI_UFFD_MODE_* */
	ARG_SWITCH,       /* 0 or 1 */
	ARG_RLIMIT,       /* enum limit_arg */
	ARG_PAGES,        /* 1 to 64, or LIMIT_NONE: of pages or areas */
	ARG_KIND_COUNT
};

/* What can be mapped. A memfd is FILE_PAGES long; all are empty when a program starts. Two
 * mappings merge only if they have the same open file, not merely the same inode. */
enum file_arg {
	FILE_NONE,   /* -1 */
	FILE_MEM0,   /* memfd, inode 0 */
	FILE_MEM1,   /* memfd, inode 1 */
	FILE_MEM0B,  /* inode 0 opened a second time */
	FILE_MEM0RO, /* inode 0 opened read-only */
	FILE_ZERO,   /* /dev/zero, read-write */
	/* A character device, FILE_PAGES long, read-write; stands for what a driver or shmat()
	 * maps: its vm_ops have close(), its file has a get_unmapped_area() of its own */
	FILE_DEV,
	FILE_ARG_COUNT
};
#define FILE_INODES 2
#define FILES_ALL ((1u << FILE_ARG_COUNT) - 1) /* all of enum file_arg, as a set of bits */
#define FILE_PAGES 24ull

/* What mbind can ask for. Of these DEFAULT to BIND_STATIC are what an area can have. */
enum policy_arg {
#define P(ID, ...) POLICY_##ID,
	POLICY_TABLE(P)
#undef P
	POLICY_ARG_COUNT
};

/* What set_vma_name can ask for. Of these NONE to LONGEST are what an area can have. */
enum name_arg {
#define N(ID, ...) NAME_##ID,
	NAME_TABLE(N)
#undef N
	NAME_ARG_COUNT
};

/* What clear_refs can clear. */
enum clear_arg {
#define C(ID, ...) CLEAR_##ID,
	CLEAR_TABLE(C)
#undef C
	CLEAR_ARG_COUNT
};
/* A program opens at most this many userfaultfds; after that uffd_open is EMFILE. Descriptors are
 * numbered as they come to be, by uffd_open or by a fork that one of them is told of, and a number
 * is never used again. Each belongs to the process that opened it, or to the child: for every other
 * process, and when it is closed, it is EBADF. */
#define UFFD_OPENS_MAX 4
/* A fork gives the child one for each of its parent's at most. */
#define UFFDS_MAX (UFFD_OPENS_MAX * PROCS_MAX)

/* What a process can be limited in: RLIMIT_AS, ... */
enum limit_arg { LIMIT_AS, LIMIT_DATA, LIMIT_STACK, LIMIT_MEMLOCK, LIMIT_COUNT };
#define LIMIT_NONE (~0ull) /* pages */

#define OP_FAIL_MAX 32

struct op_desc {
	const char *name;
	u32 weight;
	u32 arg_count;
	struct {
		enum arg_kind kind;
		const char *name;
	} arg[OP_ARGS_MAX];
};

extern const struct op_desc op_descs[OP_COUNT];

struct op {
	u8 kind; /* enum op_kind */
	u8 proc; /* which process; taken by op_proc() */
	/* Not 0: the allocation with this number, of those that the kernel makes during the
	 * operation and that may fail, fails. At most OP_FAIL_MAX. */
	u8 fail_nth;
	u64 arg[OP_ARGS_MAX]; /* unused ones are 0 */
};

/*
 * What an operation gave. @err: 0, a negative errno, or one of the two signals. @value when @err is
 * 0: an address in bytes (mmap, mremap, brk), a tag (read), the index of a process (fork) or of a
 * userfaultfd (uffd_open), else 0.
 */
struct op_result {
	s32 err;
	u64 value;
	/* op.fail_nth was reached: an allocation did fail. Not part of what is compared. */
	bool alloc_failed;
};
#define RESULT_SIGSEGV (-10001) /* a load or store was answered by SIGSEGV */
#define RESULT_SIGBUS (-10002)  /* or by SIGBUS */
#define RESULT_OOPS (-10004) /* the kernel itself stops, by a known bug: see model_fatal() */
/* refused by the harness: would have hit the executor's own memory */
#define RESULT_REFUSED (-10003)

/*
 * An ARG_ADDR is a signed offset in bytes (low 62 bits) from one of three bases (high 2 bits):
 * the arena, the last mapping that this process made by mmap or mremap (its result, whether the
 * kernel chose the address or not; the arena before the first; inherited by fork), or zero.
 */
enum addr_base { ADDR_ARENA, ADDR_LAST, ADDR_ABSOLUTE };

static inline u64 addr_make(enum addr_base base, s64 offset_bytes)
{
	return (u64)base << 62 | ((u64)offset_bytes & ((1ull << 62) - 1));
}
static inline enum addr_base addr_base(u64 arg)
{
	return arg >> 62 == 3 ? ADDR_ABSOLUTE : (enum addr_base)(arg >> 62);
}
static inline s64 addr_offset(u64 arg)
{
	return (s64)(arg << 2) >> 2;
}
/* The address, bytes, that an ARG_ADDR means for a process whose last mapping is @last. */
static inline u64 op_addr(u64 arg, u64 last)
{
	u64 base = addr_base(arg) == ADDR_ARENA ? ARENA_BASE :
		   addr_base(arg) == ADDR_LAST  ? last :
						  0;

	return base + (u64)addr_offset(arg);
}

/* The process that @op runs in: op->proc if it lives, else that number modulo the living ones, in
 * the order of their indices. @live has a bit for each living process and is not 0. */
static inline u32 op_proc(const struct op *op, u32 live)
{
	u32 n = 0, skip;

	if (op->proc < PROCS_MAX && (live >> op->proc & 1))
		return op->proc;
	skip = op->proc % (u32)__builtin_popcount(live);
	for (n = 0; n < PROCS_MAX; n++)
		if (live >> n & 1 && skip-- == 0)
			return n;
	return 0;
}

/* The tag that the operation at @index of a program stores: never 0, different for each. */
static inline u64 op_tag(u32 index)
{
	return index + 1ull;
}

#endif
