/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The numbers of the system-call interface of x86-64 Linux that programs are made of, and the VMA
 * flags by the bit numbers of current kernels. They are spelt out here because the model knows no
 * kernel header and because the C library of an older distribution lacks the newer ones.
 *
 * Source of truth: include/uapi/asm-generic/mman-common.h, include/uapi/linux/mman.h; for VMF_* the
 * VM_* flags of include/linux/mm.h. Bits from 32 up moved between releases (SEALED was 63 before
 * 6.17): a backend translates them, nothing else sees the kernel's own numbers.
 */
#ifndef MODEL_ABI_H
#define MODEL_ABI_H

#include "types.h"

enum {
	ABI_PROT_READ = 1,
	ABI_PROT_WRITE = 2,
	ABI_PROT_EXEC = 4,
	ABI_PROT_SEM = 8,
	ABI_PROT_GROWSDOWN = 0x01000000,
	ABI_PROT_GROWSUP = 0x02000000,
};

enum {
	ABI_MAP_SHARED = 0x01,
	ABI_MAP_PRIVATE = 0x02,
	ABI_MAP_SHARED_VALIDATE = 0x03,
	ABI_MAP_DROPPABLE = 0x08,
	ABI_MAP_TYPE = 0x0f,
	ABI_MAP_FIXED = 0x10,
	ABI_MAP_ANONYMOUS = 0x20,
	ABI_MAP_32BIT = 0x40,
	ABI_MAP_GROWSDOWN = 0x0100,
	ABI_MAP_LOCKED = 0x2000,
	ABI_MAP_NORESERVE = 0x4000,
	ABI_MAP_POPULATE = 0x8000,
	ABI_MAP_NONBLOCK = 0x10000,
	ABI_MAP_STACK = 0x20000,
	ABI_MAP_FIXED_NOREPLACE = 0x100000,
};

enum {
	ABI_MREMAP_MAYMOVE = 1,
	ABI_MREMAP_FIXED = 2,
	ABI_MREMAP_DONTUNMAP = 4,
};

enum {
	ABI_MADV_NORMAL = 0,
	ABI_MADV_RANDOM = 1,
	ABI_MADV_SEQUENTIAL = 2,
	ABI_MADV_WILLNEED = 3,
	ABI_MADV_DONTNEED = 4,
	ABI_MADV_FREE = 8,
	ABI_MADV_REMOVE = 9,
	ABI_MADV_DONTFORK = 10,
	ABI_MADV_DOFORK = 11,
	ABI_MADV_MERGEABLE = 12,
	ABI_MADV_UNMERGEABLE = 13,
	ABI_MADV_HUGEPAGE = 14,
	ABI_MADV_NOHUGEPAGE = 15,
	ABI_MADV_DONTDUMP = 16,
	ABI_MADV_DODUMP = 17,
	ABI_MADV_WIPEONFORK = 18,
	ABI_MADV_KEEPONFORK = 19,
	ABI_MADV_COLD = 20,
	ABI_MADV_PAGEOUT = 21,
	ABI_MADV_POPULATE_READ = 22,
	ABI_MADV_POPULATE_WRITE = 23,
	ABI_MADV_DONTNEED_LOCKED = 24,
	ABI_MADV_COLLAPSE = 25,
	ABI_MADV_GUARD_INSTALL = 102,
	ABI_MADV_GUARD_REMOVE = 103,
};

enum {
	ABI_MLOCK_ONFAULT = 1,
	ABI_MCL_CURRENT = 1,
	ABI_MCL_FUTURE = 2,
	ABI_MCL_ONFAULT = 4,
};

enum {
	ABI_MPOL_DEFAULT = 0,
	ABI_MPOL_PREFERRED = 1,
	ABI_MPOL_BIND = 2,
	ABI_MPOL_INTERLEAVE = 3,
	ABI_MPOL_LOCAL = 4,
	ABI_MPOL_STATIC_NODES = 0x8000, /* a flag of the mode */
};

/* Features of a userfaultfd that programs use (UFFD_FEATURE_*); others are for the harness. Bits
 * from 32 up are none of any kernel. */
enum {
	ABI_UFFD_EVENT_FORK = 1 << 1,
	ABI_UFFD_EVENT_REMAP = 1 << 2,
	ABI_UFFD_SIGBUS = 1 << 7,
	ABI_UFFD_WP_ASYNC = 1 << 15,
};

/* UFFDIO_REGISTER_MODE_*. Bits from 32 up are none of any kernel. */
enum {
	ABI_UFFD_MODE_MISSING = 1,
	ABI_UFFD_MODE_WP = 2,
	ABI_UFFD_MODE_MINOR = 4,
};

/* End of the user address space with four-level page tables, bytes (TASK_SIZE). */
#define ABI_TASK_SIZE 0x7ffffffff000ull

#define VMF_READ (1ull << 0)
#define VMF_WRITE (1ull << 1)
#define VMF_EXEC (1ull << 2)
#define VMF_SHARED (1ull << 3)
#define VMF_MAYREAD (1ull << 4)
#define VMF_MAYWRITE (1ull << 5)
#define VMF_MAYEXEC (1ull << 6)
#define VMF_MAYSHARE (1ull << 7)
#define VMF_GROWSDOWN (1ull << 8)
#define VMF_UFFD_MISSING (1ull << 9)
#define VMF_MAYBE_GUARD (1ull << 11)
#define VMF_UFFD_WP (1ull << 12)
#define VMF_LOCKED (1ull << 13)
#define VMF_SEQ_READ (1ull << 15)
#define VMF_RAND_READ (1ull << 16)
#define VMF_DONTCOPY (1ull << 17)
#define VMF_LOCKONFAULT (1ull << 19)
#define VMF_ACCOUNT (1ull << 20)
#define VMF_NORESERVE (1ull << 21)
#define VMF_WIPEONFORK (1ull << 25)
#define VMF_DONTDUMP (1ull << 26)
#define VMF_SOFTDIRTY (1ull << 27)
#define VMF_HUGEPAGE (1ull << 29)
#define VMF_NOHUGEPAGE (1ull << 30)
#define VMF_MERGEABLE (1ull << 31)
#define VMF_DROPPABLE (1ull << 40)
#define VMF_UFFD_MINOR (1ull << 41)
#define VMF_SEALED (1ull << 42)

#define VMF_ACCESS (VMF_READ | VMF_WRITE | VMF_EXEC)
#define VMF_LOCKED_MASK (VMF_LOCKED | VMF_LOCKONFAULT)
#define VMF_UFFD_MASK (VMF_UFFD_MISSING | VMF_UFFD_WP | VMF_UFFD_MINOR)

#endif
