/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the areas, chains, anon_vmas and counters of all processes of a program in one bpf()
 * call.
 *
 * Runs by BPF_PROG_RUN in the process that has just executed an operation; all others are blocked
 * in a futex, so nothing changes while it looks, and it takes no lock. It walks the maple tree by
 * hand with bpf_probe_read_kernel() and uses no kernel function, so that one object serves every
 * kernel from 6.1 on, and it sees the real vm_area_struct.
 *
 * The state of the walk is in a global and every loop is a bpf_loop() with its body in a function
 * of its own: verifiers of some releases (6.19) give up on anything that shows them more states.
 *
 * The structures below name only the fields that are read; libbpf relocates them by BTF.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s32 __s32;
typedef s64 __s64;
typedef u16 __be16;
typedef u32 __be32;
typedef u32 __wsum;

enum {
	BPF_MAP_TYPE_ARRAY = 2,
	BPF_F_MMAPABLE = 1024,
	ERR_FAULT = 14,
	ERR_INVAL = 22,
	ERR_NOBUFS = 105,
};

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#include "harness/record.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
typedef struct {
	int counter;
} atomic_t;
struct list_head {
	struct list_head *next, *prev;
};
struct maple_tree {
	void *ma_root;
};
struct mm_struct {
	struct maple_tree mm_mt;
	int map_count;
	unsigned long total_vm, locked_vm, data_vm, exec_vm, stack_vm, def_flags;
};
struct task_struct {
	struct mm_struct *mm;
};
struct anon_vma {
	struct anon_vma *root, *parent;
	atomic_t refcount;
	unsigned long num_children, num_active_vmas;
};
struct anon_vma_chain {
	struct anon_vma *anon_vma;
	struct list_head same_vma;
};
struct file;
struct vm_operations_struct {
	void *close;
};
typedef struct {
	unsigned long bits[16];
} nodemask_t;
struct mempolicy {
	unsigned short mode, flags;
	nodemask_t nodes;
};
struct userfaultfd_ctx;
struct vm_userfaultfd_ctx {
	struct userfaultfd_ctx *ctx;
};
struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_flags, vm_pgoff;
	const struct vm_operations_struct *vm_ops;
	struct list_head anon_vma_chain;
	struct anon_vma *anon_vma;
	struct file *vm_file;
};
/* Kernels with CONFIG_NUMA. */
struct vm_area_struct___numa {
	struct mempolicy *vm_policy;
};
/* 7.3 and later: the index of anonymous pages is kept apart from the file offset. */
struct vm_area_struct___anon_pgoff {
	unsigned int __vm_anon_pgoff_lo, __vm_anon_pgoff_hi;
};
/* Not in a kernel without userfaultfd. */
struct vm_area_struct___uffd {
	struct vm_userfaultfd_ctx vm_userfaultfd_ctx;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, REC_HEADS * REC_PROCS);
	__type(key, u32);
	__type(value, struct rec_proc);
} heads SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, REC_VMAS);
	__type(key, u32);
	__type(value, struct rec_vma);
} vmas SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, REC_AVCS);
	__type(key, u32);
	__type(value, struct rec_avc);
} avcs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, REC_PROCS * REC_PROC_AREAS);
	__type(key, u32);
	__type(value, struct rec_range);
} areas SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, REC_OWN);
	__type(key, u32);
	__type(value, struct rec_range);
} own SEC(".maps");

/*
 * The maple tree. A node is 256 bytes: its parent, the pivots (the last address of each slot but
 * the last), the slots. The low bits of a pointer to a node say its type, and that it is one.
 */
#define NODE_WORDS 32
#define NODE_MASK (~0xffull)
#define NODE_TYPE(entry) ((u32)((entry) >> 3) & 15)
#define TYPE_LEAF 1
#define TYPE_ARANGE 3
#define LEAF_PIVOTS 15
#define ARANGE_PIVOTS 9
#define LEVELS_MAX 8
#define LEAVES_MAX (1 << 16)
#define WORD(i) (state.node[(i) & (NODE_WORDS - 1)])
#define PIVOT(i) WORD(1 + (i))

/* Everything that the walk remembers. One program runs at a time on these maps. */
static struct {
	u32 vma_count, avc_count; /* records used since the last restart */
	u32 live, head, proc;     /* what is asked for; the process being walked */
	s32 err;
	u64 mms[REC_PROCS];
	u32 vma_counts[REC_PROCS];
	u32 first_vma;            /* record of the first area of the process */
	u64 mm;
	u64 next;                 /* the lowest address that was not looked at */
	u32 own_index;            /* the next range of the executor itself, ... */
	u64 own_start, own_end;   /* ...and where that is */
	u64 node[NODE_WORDS];     /* copy of a node */
	u64 entry;                /* pointer to the next node down */
	u64 max;                  /* last address that the node covers */
	u32 type, pivots, slot;
	u64 slot_max;
	u32 stop;
	u64 chain_next, chain_head;
} state;

/* Raw copies; as large as the structures of any kernel. */
static u8 vma_copy[512];
static u8 anon_vma_copy[256];
static u8 avc_copy[64];

#define OFFSET(type, field) bpf_core_field_offset(((type *)0)->field)
#define LOAD64(copy, type, field) (*(u64 *)&(copy)[OFFSET(type, field)])
#define LOAD32(copy, type, field) (*(u32 *)&(copy)[OFFSET(type, field)])

static long fail(s32 err)
{
	state.err = err;
	state.stop = 1;
	return 1;
}

/* bpf_loop(): one entry of an area's chain. */
static long record_avc(u32 i, void *unused)
{
	u32 index = state.avc_count;
	struct rec_avc *rec = bpf_map_lookup_elem(&avcs, &index);
	u32 size = bpf_core_type_size(struct anon_vma);
	u64 anon_vma;

	if (!rec)
		return fail(-ERR_NOBUFS);
	if (bpf_probe_read_kernel(avc_copy, sizeof(avc_copy),
				  (void *)(state.chain_next -
					   OFFSET(struct anon_vma_chain, same_vma))))
		return fail(-ERR_FAULT);
	anon_vma = LOAD64(avc_copy, struct anon_vma_chain, anon_vma);
	if (size > sizeof(anon_vma_copy))
		size = sizeof(anon_vma_copy);
	if (bpf_probe_read_kernel(anon_vma_copy, size, (void *)anon_vma))
		return fail(-ERR_FAULT);
	rec->anon_vma = anon_vma;
	rec->root = LOAD64(anon_vma_copy, struct anon_vma, root);
	rec->parent = LOAD64(anon_vma_copy, struct anon_vma, parent);
	rec->refcount = LOAD32(anon_vma_copy, struct anon_vma, refcount);
	rec->num_children = LOAD64(anon_vma_copy, struct anon_vma, num_children);
	rec->num_active_vmas = LOAD64(anon_vma_copy, struct anon_vma, num_active_vmas);
	state.avc_count = index + 1;
	state.chain_next = LOAD64(avc_copy, struct anon_vma_chain, same_vma.next);
	return state.chain_next == state.chain_head;
}

/*
 * The index of an area's anonymous pages. In a function of its own, as clang moves the address
 * computation for a field out of the test that the field exists.
 */
__attribute__((noinline)) u64 anon_pgoff(u64 pgoff)
{
	if (!bpf_core_field_exists(
		    ((struct vm_area_struct___anon_pgoff *)0)->__vm_anon_pgoff_lo))
		return pgoff;
	return LOAD32(vma_copy, struct vm_area_struct___anon_pgoff, __vm_anon_pgoff_lo) |
	       (u64)LOAD32(vma_copy, struct vm_area_struct___anon_pgoff, __vm_anon_pgoff_hi) << 32;
}

/* The area's vm_ops->close. */
__attribute__((noinline)) u64 close_hook(void)
{
	u64 ops = LOAD64(vma_copy, struct vm_area_struct, vm_ops), close = 0;

	if (!ops)
		return 0;
	ops += OFFSET(struct vm_operations_struct, close);
	if (bpf_probe_read_kernel(&close, sizeof(close), (void *)ops))
		fail(-ERR_FAULT);
	return close;
}

/* The area's memory policy, as in struct rec_vma. */
__attribute__((noinline)) u64 memory_policy(void)
{
	u16 mode = 0, flags = 0, nodes = 0;
	u64 policy;

	if (!bpf_core_field_exists(((struct vm_area_struct___numa *)0)->vm_policy))
		return 0;
	policy = LOAD64(vma_copy, struct vm_area_struct___numa, vm_policy);
	if (!policy)
		return 0;
	if (bpf_probe_read_kernel(&mode, sizeof(mode),
				  (void *)(policy + OFFSET(struct mempolicy, mode))) ||
	    bpf_probe_read_kernel(&flags, sizeof(flags),
				  (void *)(policy + OFFSET(struct mempolicy, flags))) ||
	    bpf_probe_read_kernel(&nodes, sizeof(nodes),
				  (void *)(policy + OFFSET(struct mempolicy, nodes))))
		fail(-ERR_FAULT);
	return REC_POLICY | mode | (u64)flags << 16 | (u64)nodes << 32;
}

/* The context of its userfaultfd; in a function of its own for the same reason. */
__attribute__((noinline)) u64 uffd_context(void)
{
	if (!bpf_core_field_exists(((struct vm_userfaultfd_ctx *)0)->ctx))
		return 0;
	return LOAD64(vma_copy, struct vm_area_struct___uffd, vm_userfaultfd_ctx.ctx);
}

/* Records the chain of the area in vma_copy, whose address is @vma. */
__attribute__((noinline)) int record_chain(u64 vma)
{
	state.chain_head = vma + OFFSET(struct vm_area_struct, anon_vma_chain);
	state.chain_next = LOAD64(vma_copy, struct vm_area_struct, anon_vma_chain.next);
	if (state.chain_next == state.chain_head)
		return 0;
	bpf_loop(REC_CHAIN, record_avc, 0, 0);
	if (state.chain_next != state.chain_head)
		fail(state.err ? state.err : -ERR_NOBUFS);
	return 0;
}

/* Records the area at kernel address @vma. Not 0 if the walk must stop. */
__attribute__((noinline)) int record_vma(u64 vma)
{
	u32 index = state.vma_count;
	u32 area = index - state.first_vma;
	u32 slot = state.proc * REC_PROC_AREAS + area;
	u32 size = bpf_core_type_size(struct vm_area_struct);
	struct rec_vma *rec = bpf_map_lookup_elem(&vmas, &index);
	struct rec_range *range = bpf_map_lookup_elem(&areas, &slot);
	u64 pgoff;

	if (!rec || !range || area >= REC_PROC_AREAS)
		return fail(-ERR_NOBUFS);
	if (size > sizeof(vma_copy))
		size = sizeof(vma_copy);
	if (bpf_probe_read_kernel(vma_copy, size, (void *)vma))
		return fail(-ERR_FAULT);
	rec->start = range->start = LOAD64(vma_copy, struct vm_area_struct, vm_start);
	rec->end = range->end = LOAD64(vma_copy, struct vm_area_struct, vm_end);
	rec->flags = LOAD64(vma_copy, struct vm_area_struct, vm_flags);
	rec->file = LOAD64(vma_copy, struct vm_area_struct, vm_file);
	rec->uffd = uffd_context();
	rec->anon_vma = LOAD64(vma_copy, struct vm_area_struct, anon_vma);
	pgoff = LOAD64(vma_copy, struct vm_area_struct, vm_pgoff);
	rec->pgoff = pgoff;
	rec->anon_pgoff = anon_pgoff(pgoff);
	rec->close = close_hook();
	rec->policy = memory_policy();
	rec->avc = state.avc_count;
	record_chain(vma);
	rec->avc_count = state.avc_count - rec->avc;
	state.vma_count = index + 1;
	return state.stop;
}

/* Looks up the next range of the executor itself; beyond all addresses if there is none. */
static void next_own(void)
{
	u32 index = state.own_index;
	struct rec_range *range = bpf_map_lookup_elem(&own, &index);

	state.own_start = state.own_end = ~0ull;
	if (range && range->end) {
		state.own_start = range->start;
		state.own_end = range->end;
	}
	state.own_index = index + 1;
}

/* Does the area that ends at @end belong to the executor? The last area of a range ends with it. */
static int is_own(u64 end)
{
	if (end <= state.own_start || end > state.own_end)
		return 0;
	if (end == state.own_end)
		next_own();
	return 1;
}

/* bpf_loop(): finds the slot of an inner node that holds state.next. */
static long find_slot(u32 i, void *unused)
{
	u64 pivot = PIVOT(i);

	if (i >= state.pivots)
		return 1;
	if (!pivot && i) {
		state.slot = i;
		return 1;
	}
	if (state.next <= pivot) {
		state.slot = i;
		state.slot_max = pivot;
		return 1;
	}
	return 0;
}

/* bpf_loop(): goes one level down, towards the leaf that holds state.next. */
static long go_down(u32 level, void *unused)
{
	u64 entry = state.entry;

	state.type = 0;
	if ((!level && (entry & 3) != 2) || entry < 4096)
		return 1;
	state.type = NODE_TYPE(entry);
	if (bpf_probe_read_kernel(state.node, sizeof(state.node), (void *)(entry & NODE_MASK)))
		return fail(-ERR_FAULT);
	if (state.type == TYPE_LEAF)
		return 1;
	state.pivots = state.type == TYPE_ARANGE ? ARANGE_PIVOTS : LEAF_PIVOTS;
	state.slot = state.pivots;
	state.slot_max = state.max;
	bpf_loop(LEAF_PIVOTS, find_slot, 0, 0);
	if (state.slot == state.pivots || !PIVOT(state.slot))
		state.slot_max = state.max;
	state.max = state.slot_max;
	state.entry = WORD(1 + state.pivots + state.slot);
	return 0;
}

/* bpf_loop(): one slot of a leaf. */
static long visit_slot(u32 i, void *unused)
{
	u64 last = i < LEAF_PIVOTS ? PIVOT(i) : state.max;
	u64 vma = WORD(1 + LEAF_PIVOTS + i);
	long end = 0;

	if ((!last && i) || last >= state.max) {
		last = state.max;
		end = 1;
	}
	if (vma && !(vma & 3) && state.next <= last && !is_own(last + 1) && record_vma(vma))
		return 1;
	return end;
}

/* bpf_loop(): all areas of the leaf that holds state.next, which then moves behind that leaf. */
static long visit_leaf(u32 i, void *unused)
{
	u64 root = 0;

	if (bpf_probe_read_kernel(&root, sizeof(root),
				  (void *)(state.mm + OFFSET(struct mm_struct, mm_mt.ma_root))))
		return fail(-ERR_FAULT);
	state.entry = root;
	state.max = ~0ull;
	bpf_loop(LEVELS_MAX, go_down, 0, 0);
	if (state.stop)
		return 1;
	if (state.type != TYPE_LEAF)
		return fail(-ERR_INVAL);
	bpf_loop(LEAF_PIVOTS + 1, visit_slot, 0, 0);
	if (state.stop || state.max == ~0ull)
		return 1;
	state.next = state.max + 1;
	return 0;
}

static void record_counters(struct rec_proc *rec)
{
	struct mm_struct *mm = (void *)state.mm;

	rec->counter[REC_MAP_COUNT] = BPF_CORE_READ(mm, map_count);
	rec->counter[REC_TOTAL_VM] = BPF_CORE_READ(mm, total_vm);
	rec->counter[REC_DATA_VM] = BPF_CORE_READ(mm, data_vm);
	rec->counter[REC_EXEC_VM] = BPF_CORE_READ(mm, exec_vm);
	rec->counter[REC_STACK_VM] = BPF_CORE_READ(mm, stack_vm);
	rec->counter[REC_LOCKED_VM] = BPF_CORE_READ(mm, locked_vm);
	rec->counter[REC_DEF_FLAGS] = BPF_CORE_READ(mm, def_flags);
}

/* bpf_loop(): one process. */
static long visit_process(u32 proc, void *unused)
{
	u32 index = state.head * REC_PROCS + proc;
	struct rec_proc *rec = bpf_map_lookup_elem(&heads, &index);

	if (proc >= REC_PROCS || !(state.live >> proc & 1))
		return 0;
	if (!rec)
		return fail(-ERR_INVAL);
	state.proc = proc;
	state.mm = state.mms[proc];
	state.first_vma = state.vma_count;
	state.next = 0;
	state.own_index = 0;
	next_own();
	record_counters(rec);
	bpf_loop(LEAVES_MAX, visit_leaf, 0, 0);
	rec->vma = state.first_vma;
	rec->vma_count = state.vma_count - state.first_vma;
	state.vma_counts[proc] = rec->vma_count;
	return state.stop != 0;
}

SEC("syscall")
int snapshot(struct rec_args *args)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	u32 first = args->head * REC_PROCS;
	struct rec_proc *rec;
	u64 self = (u64)BPF_CORE_READ(task, mm);

	args->self = self;
	if (args->restart)
		state.vma_count = state.avc_count = 0;
	state.live = args->live;
	state.head = args->head;
	state.err = 0;
	state.stop = 0;
#pragma unroll
	for (int i = 0; i < REC_PROCS; i++)
		state.mms[i] = args->caller == (u32)i ? self : args->mm[i];
	bpf_loop(REC_PROCS, visit_process, 0, 0);
#pragma unroll
	for (int i = 0; i < REC_PROCS; i++)
		args->vma_count[i] = state.vma_counts[i];
	rec = bpf_map_lookup_elem(&heads, &first);
	if (rec) {
#pragma unroll
		for (int i = 0; i < REC_COUNTERS; i++)
			args->counter[i] = rec->counter[i];
	}
	args->err = state.err;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
