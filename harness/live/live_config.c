/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the model must be told about this machine. Where the kernel can be asked by doing
 * something, it is: a small program shows which advice, flags and bits it knows.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "harness/live/live_private.h"
#include "model/rules.h"

/* The stack grows into what lies below it when touched: nobody may come near, bytes. */
#define STACK_ROOM (16ull << 20)

/* No kernel is built with more, bytes; what is placed higher was not placed by the hint. */
#define HINT_MIN_MAX (1ull << 20)

#define CAP_IPC_LOCK_BIT 14
#define CAP_RAWIO_BIT 17

/* An area of process 0 before any program: extends the last range of our own, or begins one. */
static int add_own(struct shared *sh, u64 start, u64 end)
{
	struct rec_range *own = sh->own_count ? &sh->own[sh->own_count - 1] : NULL;

	if (own && own->end == start) {
		own->end = end;
		return 0;
	}
	if (sh->own_count == REC_OWN)
		return -ENOBUFS;
	sh->own[sh->own_count++] = (struct rec_range){ start, end };
	return 0;
}

/* mlockall leaves these alone: VM_SPECIAL and hugetlb, by their names in smaps. */
static bool lockable(const char *flags)
{
	static const char *const special[] = { " io", " pf", " de", " mm", " ht" };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(special); i++)
		if (strstr(flags, special[i]))
			return false;
	return true;
}

static int read_base(struct live *l, FILE *smaps)
{
	struct shared *sh = l->sh;
	u64 start = 0, end = 0, from, to, room;
	char line[512];
	int err = 0;

	while (!err && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &from, &to) == 2) {
			start = from;
			end = to;
			room = strstr(line, "[stack]") ? STACK_ROOM : 0;
			if (start >= sh->task_size)
				break; /* the vsyscall page, which no process owns */
			err = add_own(sh, start - room, end);
		} else if (!strncmp(line, "VmFlags:", 8) && lockable(line)) {
			l->base_lockable += (end - start) >> PAGE_SHIFT;
		}
	}
	/* With five levels of page tables: what the model does not know of is refused. */
	if (!err && sh->task_size > ABI_TASK_SIZE)
		err = add_own(sh, ABI_TASK_SIZE, sh->task_size);
	return err;
}

int live_config_base(struct live *l, struct diag *diag)
{
	struct shared *sh = l->sh;
	char path[64];
	FILE *smaps;
	int err;

	snprintf(path, sizeof(path), "/proc/%d/smaps", sh->pid[0]);
	smaps = fopen(path, "re");
	if (!smaps)
		return diag_set(diag, -errno, "%s: %s", path, strerror(errno));
	l->base_lockable = 0;
	sh->own_count = 0;
	err = read_base(l, smaps);
	fclose(smaps);
	if (err || !sh->own_count)
		return diag_set(diag, -EIO, "%s: the executor's areas are not as expected", path);
	if (l->bpf.object)
		memcpy(l->bpf.own, sh->own, sizeof(sh->own));
	l->base.config.base_map_count = (u32)sh->base_counter[REC_MAP_COUNT];
	l->base.config.base_total_vm = sh->base_counter[REC_TOTAL_VM];
	l->base.config.base_data_vm = sh->base_counter[REC_DATA_VM];
	l->base.config.base_locked_vm = sh->base_counter[REC_LOCKED_VM];
	l->base.config.base_lockable = l->base_lockable;
	l->base.config.base_end = sh->own[sh->own_count - 1].end >> PAGE_SHIFT;
	return 0;
}

/* One number from a file; @otherwise if it cannot be read. */
static u64 read_number(const char *path, u64 otherwise)
{
	FILE *file = fopen(path, "re");
	u64 value = otherwise;

	if (!file)
		return otherwise;
	if (fscanf(file, "%" SCNu64, &value) != 1)
		value = otherwise;
	fclose(file);
	return value;
}

/* The capabilities that count for the executor: none of those of a user namespace do. */
static u64 capabilities(s32 pid)
{
	char path[64], line[256];
	unsigned int inside, outside, count = 0;
	u64 caps = 0;
	FILE *file = fopen("/proc/self/uid_map", "re");

	if (file) {
		if (fscanf(file, "%u %u %u", &inside, &outside, &count) != 3)
			count = 0;
		fclose(file);
	}
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	if (!file || count != UINT32_MAX) {
		if (file)
			fclose(file);
		return 0;
	}
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "CapEff:", 7))
			caps = strtoull(line + 7, NULL, 16);
	fclose(file);
	return caps;
}

static u64 limit_pages(__rlimit_resource_t resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) || limit.rlim_cur == RLIM_INFINITY)
		return UINT64_MAX;
	return limit.rlim_cur >> PAGE_SHIFT;
}

static void config_kernel(struct live *l)
{
	struct model_config *config = &l->base.config;
	const struct model_profile *profile;
	struct utsname name;

	uname(&name);
	snprintf(l->base.kernel, sizeof(l->base.kernel), "%.90s %.30s", name.release, name.machine);
	profile = profile_for_release(name.release, &l->base.profile_exact);
	l->base.profile = profile->name;
	config->rules = profile->rules;
}

/* Does the file of a boot parameter say so? */
static bool says_yes(const char *path)
{
	FILE *file = fopen(path, "re");
	int first;

	if (!file)
		return false;
	first = fgetc(file);
	fclose(file);
	return first == 'Y';
}

/* Is any swap area in use? The file has a line for each, behind a heading. */
static bool has_swap(void)
{
	FILE *file = fopen("/proc/swaps", "re");
	char line[512];
	bool any;

	if (!file)
		return false;
	any = fgets(line, sizeof(line), file) && fgets(line, sizeof(line), file);
	fclose(file);
	return any;
}

static void config_limits(struct live *l)
{
	struct model_config *config = &l->base.config;
	u64 caps = capabilities(l->master);
	struct rlimit memlock;
	struct statvfs dev;

	config->cap_ipc_lock = caps >> CAP_IPC_LOCK_BIT & 1;
	config->cap_rawio = caps >> CAP_RAWIO_BIT & 1;
	config->rlimit_memlock = limit_pages(RLIMIT_MEMLOCK);
	config->memlock_below_page = getrlimit(RLIMIT_MEMLOCK, &memlock) == 0 &&
				     memlock.rlim_cur && memlock.rlim_cur < PAGE_BYTES;
	config->ignore_rlimit_data = says_yes("/sys/module/kernel/parameters/ignore_rlimit_data");
	config->swap = has_swap();
	config->overcommit_never = read_number("/proc/sys/vm/overcommit_memory", 0) == 2;
	config->zero_noexec = statvfs("/dev/zero", &dev) == 0 && dev.f_flag & ST_NOEXEC;
	config->rlimit_stack = LIVE_STACK_BYTES >> PAGE_SHIFT;
	config->mmap_min_addr = read_number("/proc/sys/vm/mmap_min_addr", config->mmap_min_addr);
	config->max_map_count =
		(u32)read_number("/proc/sys/vm/max_map_count", config->max_map_count);
}

/*
 * The program that asks the kernel. Each flag in question has an area of its own, four pages from
 * the next; the first is plain.
 */
enum ask {
	ASK_PLAIN,
	ASK_DROPPABLE,
	ASK_MSEAL,
	ASK_GUARD,
	ASK_ONFAULT,
	ASK_KSM,
	ASK_THP,
	ASK_COUNT
};
/* The last operations: a hint at the first page, which the kernel rounds up; advice for memory
 * without a file; a memory policy; a name; a userfaultfd, and shared memory for it, behind the
 * areas above. */
#define ASK_HINT (2 * ASK_COUNT)
#define ASK_WILLNEED (2 * ASK_COUNT + 1)
#define ASK_NUMA (2 * ASK_COUNT + 2)
#define ASK_NAME (2 * ASK_COUNT + 3)
#define ASK_UFFD_OPEN (2 * ASK_COUNT + 4)
#define ASK_UFFD_MAP (2 * ASK_COUNT + 5)
#define ASK_UFFD_MINOR (2 * ASK_COUNT + 6)
#define ASK_UFFD_WP (2 * ASK_COUNT + 7)
#define ASK_OPS (2 * ASK_COUNT + 8)
#define ASK_PAGE(ask) (4ull * (ask))

static void ask_uffd(struct prog *prog)
{
	u64 addr = addr_make(ADDR_ARENA, (s64)(ASK_PAGE(ASK_COUNT) * PAGE_BYTES));

	prog->ops[ASK_UFFD_OPEN] = (struct op){ .kind = OP_UFFD_OPEN };
	prog->ops[ASK_UFFD_MAP] = (struct op){
		.kind = OP_MMAP,
		.arg = { addr, PAGE_BYTES, ABI_PROT_READ | ABI_PROT_WRITE,
			 ABI_MAP_SHARED | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED },
	};
	prog->ops[ASK_UFFD_MINOR] = (struct op){
		.kind = OP_UFFD_REGISTER,
		.arg = { 0, addr, PAGE_BYTES, ABI_UFFD_MODE_MINOR },
	};
	prog->ops[ASK_UFFD_WP] = prog->ops[ASK_UFFD_MINOR];
	prog->ops[ASK_UFFD_WP].arg[3] |= ABI_UFFD_MODE_WP;
}

static void ask_program(struct prog *prog)
{
	struct op *op;
	u32 i;

	memset(prog, 0, sizeof(*prog));
	/*
	 * Operation @i maps the area of enum ask @i, operation ASK_COUNT + @i does something to
	 * it.
	 */
	prog->count = ASK_OPS;
	for (i = 0; i < ASK_COUNT; i++) {
		u64 type = i == ASK_DROPPABLE ? ABI_MAP_DROPPABLE : ABI_MAP_PRIVATE;
		u64 addr = addr_make(ADDR_ARENA, (s64)(ASK_PAGE(i) * PAGE_BYTES));

		prog->ops[i] = (struct op){
			.kind = OP_MMAP,
			.arg = { addr, PAGE_BYTES, ABI_PROT_READ | ABI_PROT_WRITE,
				 type | ABI_MAP_ANONYMOUS | ABI_MAP_FIXED },
		};
		op = &prog->ops[ASK_COUNT + i];
		*op = (struct op){ .kind = OP_MADVISE, .arg = { addr, PAGE_BYTES } };
	}
	prog->ops[ASK_COUNT + ASK_MSEAL].kind = OP_MSEAL;
	prog->ops[ASK_COUNT + ASK_GUARD].arg[2] = ABI_MADV_GUARD_INSTALL;
	prog->ops[ASK_COUNT + ASK_ONFAULT].kind = OP_MLOCK2;
	prog->ops[ASK_COUNT + ASK_ONFAULT].arg[2] = ABI_MLOCK_ONFAULT;
	prog->ops[ASK_COUNT + ASK_KSM].arg[2] = ABI_MADV_MERGEABLE;
	prog->ops[ASK_COUNT + ASK_THP].arg[2] = ABI_MADV_NOHUGEPAGE;
	prog->ops[ASK_WILLNEED] = (struct op){
		.kind = OP_MADVISE,
		.arg = { prog->ops[ASK_PLAIN].arg[0], PAGE_BYTES, ABI_MADV_WILLNEED },
	};
	prog->ops[ASK_NUMA] = (struct op){
		.kind = OP_MBIND,
		.arg = { prog->ops[ASK_PLAIN].arg[0], PAGE_BYTES, POLICY_BIND },
	};
	prog->ops[ASK_NAME] = (struct op){
		.kind = OP_SET_VMA_NAME,
		.arg = { prog->ops[ASK_PLAIN].arg[0], PAGE_BYTES, NAME_A },
	};
	prog->ops[ASK_HINT] = (struct op){
		.kind = OP_MMAP,
		.arg = { addr_make(ADDR_ABSOLUTE, PAGE_BYTES), PAGE_BYTES, ABI_PROT_READ,
			 ABI_MAP_PRIVATE | ABI_MAP_ANONYMOUS },
	};
	ask_uffd(prog);
}

/* The flags of an area of the program at its end: raw ones with BPF, else what smaps named. */
static u64 ask_flags(const struct live *l, u32 ask)
{
	u32 last = l->sh->prog.count - 1, i;
	u64 addr = ARENA_BASE + ASK_PAGE(ask) * PAGE_BYTES;

	if (l->bpf.object) {
		const struct rec_proc *proc = &l->bpf.heads[last * REC_PROCS];

		for (i = 0; i < proc->vma_count; i++)
			if (l->bpf.vmas[proc->vma + i].start == addr)
				return l->bpf.vmas[proc->vma + i].flags;
		return 0;
	}
	for (i = 0; i < l->sh->log[last].proc[0].area_count; i++)
		if (l->sh->area_recs[l->sh->log[last].proc[0].area + i].start == addr)
			return l->sh->area_recs[l->sh->log[last].proc[0].area + i].flags;
	return 0;
}

/* Bits from 32 up that an area has and the plain one has not: they moved between releases. */
static u64 high_bits(const struct live *l, u32 ask)
{
	return (ask_flags(l, ask) & ~ask_flags(l, ASK_PLAIN)) >> 32 << 32;
}

static bool asked_ok(const struct live *l, enum ask ask)
{
	return !l->sh->log[ask].result.err && !l->sh->log[ASK_COUNT + ask].result.err;
}

static int config_ask(struct live *l, struct diag *diag)
{
	struct model_config *config = &l->base.config;
	struct prog prog;
	int err;

	ask_program(&prog);
	err = live_run(l, &prog, false, diag);
	if (err)
		return err;
	config->soft_dirty = ask_flags(l, ASK_PLAIN) & VMF_SOFTDIRTY;
	config->hint_min_addr = config->mmap_min_addr;
	if (!l->sh->log[ASK_HINT].result.err && l->sh->log[ASK_HINT].result.value < HINT_MIN_MAX)
		config->hint_min_addr = l->sh->log[ASK_HINT].result.value;
	config->swap_support = !l->sh->log[ASK_WILLNEED].result.err;
	config->numa = l->sh->log[ASK_NUMA].result.err != -ENOSYS;
	/* Containers may forbid it, and there may be no memory on node 0. */
	if (config->numa && l->sh->log[ASK_NUMA].result.err)
		l->base.ops &= ~(1ull << OP_MBIND);
	/* Kernels without CONFIG_PROC_PAGE_MONITOR have no such file. */
	if (access("/proc/self/clear_refs", W_OK))
		l->base.ops &= ~(1ull << OP_CLEAR_REFS);
	config->anon_name = !l->sh->log[ASK_NAME].result.err;
	config->ksm = asked_ok(l, ASK_KSM);
	config->thp = asked_ok(l, ASK_THP);
	config->uffd_wp_files = !l->sh->log[ASK_UFFD_WP].result.err;
	if (l->sh->log[ASK_UFFD_OPEN].result.err)
		l->base.ops &= ~(1ull << OP_UFFD_OPEN | 1ull << OP_UFFD_REGISTER |
				 1ull << OP_UFFD_UNREGISTER | 1ull << OP_UFFD_CLOSE);
	if (l->bpf.object) {
		l->sealed_bit = high_bits(l, ASK_MSEAL);
		l->droppable_bit = high_bits(l, ASK_DROPPABLE);
		l->uffd_minor_bit = high_bits(l, ASK_COUNT);
		return 0;
	}
	if (asked_ok(l, ASK_ONFAULT) && !(ask_flags(l, ASK_ONFAULT) & VMF_LOCKONFAULT))
		l->unnamed |= VMF_LOCKONFAULT;
	if (asked_ok(l, ASK_MSEAL) && !(ask_flags(l, ASK_MSEAL) & VMF_SEALED))
		l->unnamed |= VMF_SEALED;
	if (asked_ok(l, ASK_DROPPABLE) && !(ask_flags(l, ASK_DROPPABLE) & VMF_DROPPABLE))
		l->unnamed |= VMF_DROPPABLE;
	if (asked_ok(l, ASK_GUARD) && config->rules.guard_flag &&
	    !(ask_flags(l, ASK_GUARD) & VMF_MAYBE_GUARD))
		l->unnamed |= VMF_MAYBE_GUARD;
	return 0;
}

int live_config(struct live *l, struct diag *diag)
{
	config_kernel(l);
	config_limits(l);
	return config_ask(l, diag);
}

/* Could the operation give an area one of the flags that smaps does not name? */
static bool sets_unnamed(const struct live *l, const struct op *op)
{
	switch (op->kind) {
	case OP_MLOCK2:
	case OP_MLOCKALL:
		return l->unnamed & VMF_LOCKONFAULT;
	case OP_MSEAL:
		return l->unnamed & VMF_SEALED;
	case OP_MMAP:
		return l->unnamed & VMF_DROPPABLE &&
		       (op->arg[3] & ABI_MAP_TYPE) == ABI_MAP_DROPPABLE;
	case OP_MADVISE:
		return l->unnamed & VMF_MAYBE_GUARD && op->arg[2] == ABI_MADV_GUARD_INSTALL;
	default:
		return false;
	}
}

bool live_config_flags_lost(const struct live *l, const struct prog *prog)
{
	u32 i;

	for (i = 0; l->unnamed && i < prog->count; i++)
		if (sets_unnamed(l, &prog->ops[i]))
			return true;
	return false;
}
