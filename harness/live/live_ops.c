/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations as system calls: live_<name>() for each row of the operation table.
 *
 * A call that would reach the executor's own mappings, or fill the machine's memory, is not made:
 * its result is RESULT_REFUSED, and the session skips the program. Such a call is harmless if the
 * kernel rejects it before doing anything; where that is certain, it is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include "harness/live/exec.h"
#include "model/abi.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* The kernel takes memory from the machine when these are asked for; not for programs. */
#define ADVICE_HWPOISON 100
#define ADVICE_SOFT_OFFLINE 101

/* What is filled with pages at once must be smaller than this, bytes. */
#define FILL_MAX (1ull << 30)
/* How far a call may get that stops at the first hole: no larger area ends at one of ours. */
#define REACH_MAX (1ull << 40)
#define REACH_ALL (~0ull)

typedef bool live_fn(struct worker *w, const struct op *op, struct op_result *result);

static u64 address(const struct worker *w, u64 arg)
{
	return op_addr(arg, w->sh->last[w->index]);
}

/*
 * Would a call on [addr, addr + len) get to a mapping of ours? One that stops at holes gets no
 * further than @reach. A range that wraps is rejected, or empty.
 */
static bool hits_own(const struct worker *w, u64 addr, u64 len, u64 reach)
{
	u64 start = addr & ~(PAGE_BYTES - 1);
	u64 end = (addr + len + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
	u32 i;

	if (addr + len < addr || end <= start)
		return false;
	for (i = 0; i < w->sh->own_count; i++) {
		const struct rec_range *own = &w->sh->own[i];

		if (start < own->end && end > own->start &&
		    (start >= own->start || own->start - start <= reach))
			return true;
	}
	return false;
}

/* The same for calls that reject what does not end within the address space. */
static bool hits_own_within(const struct worker *w, u64 addr, u64 len)
{
	u64 size = (len + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);

	if (size < len || size > w->sh->task_size || addr > w->sh->task_size - size)
		return false;
	return hits_own(w, addr, len, REACH_ALL);
}

static bool refuse(struct op_result *result)
{
	result->err = RESULT_REFUSED;
	return true;
}

/* The result of a call that gives 0 or an error. */
static bool done(struct op_result *result, s64 ret)
{
	result->err = (s32)ret;
	return true;
}

/* The result of a call that gives the address of a mapping. */
static bool done_mapping(struct worker *w, struct op_result *result, s64 ret, u64 len)
{
	u64 addr = (u64)ret;

	if (ret < 0 && ret > -4096)
		return done(result, ret);
	result->err = 0;
	result->value = addr;
	w->sh->last[w->index] = addr;
	if (addr < WINDOW_START || addr > WINDOW_END || len > WINDOW_END - addr)
		w->escaped = true;
	return true;
}

static bool live_mmap(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]), len = op->arg[1], flags = op->arg[3];
	u64 file = op->arg[4];
	u64 fd = (u64)-1;

	if ((addr || flags & ABI_MAP_FIXED) && hits_own_within(w, addr, len))
		return refuse(result);
	if (len > FILL_MAX && len <= w->sh->task_size &&
	    (w->lock_all || flags & (ABI_MAP_POPULATE | ABI_MAP_LOCKED)))
		return refuse(result);
	if (!(flags & ABI_MAP_ANONYMOUS) && file != FILE_NONE && file < FILE_ARG_COUNT) {
		fd = FD_FILE + file;
		w->sh->files_used |= 1u << file;
	}
	if (flags & ABI_MAP_LOCKED)
		w->sh->locked = true;
	return done_mapping(w, result,
			    exec_syscall(SYS_mmap, addr, len, op->arg[2], flags, fd, op->arg[5]),
			    len);
}

static bool live_munmap(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]);

	if (hits_own_within(w, addr, op->arg[1]))
		return refuse(result);
	return done(result, exec_syscall(SYS_munmap, addr, op->arg[1], 0, 0, 0, 0));
}

static bool live_mprotect(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]);
	/* It then begins with the next area, however large the hole before that is. */
	u64 reach = op->arg[2] & ABI_PROT_GROWSDOWN ? REACH_ALL : REACH_MAX;

	if (hits_own(w, addr, op->arg[1], reach))
		return refuse(result);
	return done(result, exec_syscall(SYS_mprotect, addr, op->arg[1], op->arg[2], 0, 0, 0));
}

static bool live_mremap(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]), new_addr = address(w, op->arg[4]);
	u64 old_len = op->arg[1], new_len = op->arg[2], flags = op->arg[3];

	if (hits_own_within(w, addr, old_len) ||
	    (flags & (ABI_MREMAP_FIXED | ABI_MREMAP_DONTUNMAP) &&
	     hits_own_within(w, new_addr, new_len)))
		return refuse(result);
	if (new_len > FILL_MAX && new_len <= w->sh->task_size && new_len > old_len)
		return refuse(result);
	return done_mapping(w, result,
			    exec_syscall(SYS_mremap, addr, old_len, new_len, flags, new_addr, 0),
			    new_len);
}

static bool live_madvise(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]), advice = op->arg[2];

	if (hits_own(w, addr, op->arg[1], REACH_ALL) || (u32)advice == ADVICE_HWPOISON ||
	    (u32)advice == ADVICE_SOFT_OFFLINE)
		return refuse(result);
	return done(result, exec_syscall(SYS_madvise, addr, op->arg[1], advice, 0, 0, 0));
}

static bool live_mlock(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]);

	if (hits_own(w, addr, op->arg[1], REACH_MAX))
		return refuse(result);
	w->sh->locked = true;
	return done(result, exec_syscall(SYS_mlock, addr, op->arg[1], 0, 0, 0, 0));
}

static bool live_mlock2(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]);

	if (hits_own(w, addr, op->arg[1], REACH_MAX))
		return refuse(result);
	w->sh->locked = true;
	return done(result, exec_syscall(SYS_mlock2, addr, op->arg[1], op->arg[2], 0, 0, 0));
}

static bool live_munlock(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]);

	if (hits_own(w, addr, op->arg[1], REACH_MAX))
		return refuse(result);
	return done(result, exec_syscall(SYS_munlock, addr, op->arg[1], 0, 0, 0, 0));
}

static bool live_mlockall(struct worker *w, const struct op *op, struct op_result *result)
{
	w->lock_all = true;
	w->sh->locked = true;
	return done(result, exec_syscall(SYS_mlockall, op->arg[0], 0, 0, 0, 0, 0));
}

static bool live_munlockall(struct worker *w, const struct op *op, struct op_result *result)
{
	(void)w;
	(void)op;
	return done(result, exec_syscall(SYS_munlockall, 0, 0, 0, 0, 0, 0));
}

static bool live_mseal(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]);

	if (hits_own(w, addr, op->arg[1], REACH_MAX))
		return refuse(result);
	done(result, exec_syscall(SYS_mseal, addr, op->arg[1], op->arg[2], 0, 0, 0));
	if (!result->err && w->index == 0)
		w->sh->polluted = true;
	return true;
}

/* One that minds holes changes nothing if it meets any. */
static bool live_mbind(struct worker *w, const struct op *op, struct op_result *result)
{
	static const struct {
		u64 mode, nodes;
	} policies[POLICY_ARG_COUNT] = {
#define P(ID, name, mode_, nodes_) [POLICY_##ID] = { mode_, nodes_ },
		POLICY_TABLE(P)
#undef P
	};
	u64 addr = address(w, op->arg[0]), nodes = policies[op->arg[2]].nodes;

	if (hits_own(w, addr, op->arg[1], op->arg[2] == POLICY_DEFAULT ? REACH_ALL : REACH_MAX))
		return refuse(result);
	return done(result, exec_syscall(SYS_mbind, addr, op->arg[1], policies[op->arg[2]].mode,
					 (u64)(uintptr_t)&nodes, 8 * sizeof(nodes), 0));
}

#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0

static bool live_set_vma_name(struct worker *w, const struct op *op, struct op_result *result)
{
	static const char *const strings[NAME_ARG_COUNT] = {
#define N(ID, name, string) [NAME_##ID] = string,
		NAME_TABLE(N)
#undef N
	};
	u64 addr = address(w, op->arg[0]);

	if (hits_own(w, addr, op->arg[1], REACH_ALL))
		return refuse(result);
	return done(result, exec_syscall(SYS_prctl, PR_SET_VMA, PR_SET_VMA_ANON_NAME, addr,
					 op->arg[1], (u64)(uintptr_t)strings[op->arg[2]], 0));
}

static bool live_clear_refs(struct worker *w, const struct op *op, struct op_result *result)
{
	static const char numbers[CLEAR_ARG_COUNT] = {
#define C(ID, name, number) [CLEAR_##ID] = '0' + (number),
		CLEAR_TABLE(C)
#undef C
	};
	s64 fd = exec_syscall(SYS_openat, (u64)AT_FDCWD, (u64)(uintptr_t)"/proc/self/clear_refs",
			      O_WRONLY, 0, 0, 0);
	s64 ret;

	(void)w;
	if (fd < 0)
		return done(result, fd);
	ret = exec_syscall(SYS_write, (u64)fd, (u64)(uintptr_t)&numbers[op->arg[0]], 1, 0, 0, 0);
	exec_syscall(SYS_close, (u64)fd, 0, 0, 0, 0, 0);
	return done(result, ret < 0 ? ret : 0);
}

/* The kernel would have to find one shared area after the other from the start on. */
static bool live_remap_file_pages(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[0]);

	if (hits_own(w, addr, op->arg[1], REACH_MAX))
		return refuse(result);
	return done(result, exec_syscall(SYS_remap_file_pages, addr, op->arg[1], op->arg[2],
					 op->arg[3] >> PAGE_SHIFT, 0, 0));
}

/* The heap of the executor lies elsewhere: the backend says that it has no brk. */
static bool live_brk(struct worker *w, const struct op *op, struct op_result *result)
{
	(void)w;
	(void)op;
	return refuse(result);
}

/* A page's tag is its first word, wherever in the page the address is. */
static u64 word(const struct worker *w, const struct op *op)
{
	return address(w, op->arg[0]) & ~(PAGE_BYTES - 1);
}

static bool live_read(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = word(w, op);

	if (hits_own(w, addr, sizeof(u64), REACH_ALL))
		return refuse(result);
	return done(result, touch_load(addr, &result->value));
}

static bool live_write(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = word(w, op);

	if (hits_own(w, addr, sizeof(u64), REACH_ALL))
		return refuse(result);
	return done(result, touch_store(addr, op_tag(w->sh->index)));
}

/*
 * The new process is a child of the master, which alone reaps. It takes the turn from its maker, so
 * that it is known to run when the state is looked at.
 */
static bool live_fork(struct worker *w, const struct op *op, struct op_result *result)
{
	struct shared *sh = w->sh;
	u32 child = sh->proc_count;
	s64 ret;

	(void)op;
	if (child == PROCS_MAX)
		return done(result, -EAGAIN);
	ret = exec_syscall(SYS_clone, CLONE_PARENT | CLONE_PARENT_SETTID | SIGCHLD, 0,
			   (u64)(uintptr_t)&sh->pid[child], 0, 0, 0);
	if (ret > 0)
		return false;
	if (ret < 0) {
		exec_fail(sh, FAILURE_FORK, w->index, ret);
		return true;
	}
	worker_bind(w);
	uffd_drop_inherited(w);
	sh->proc_count++;
	sh->live |= 1u << child;
	sh->last[child] = sh->last[w->index];
	w->index = child;
	w->proc_files = 0;
	result->err = 0;
	result->value = child;
	return true;
}

/* The master waits for the end, so that the address space is gone when the state is looked at. */
static bool live_exit(struct worker *w, const struct op *op, struct op_result *result)
{
	struct shared *sh = w->sh;

	(void)op;
	if (sh->live == 1u << w->index)
		return done(result, -EBUSY);
	result->err = 0;
	sh->exiting = (s32)w->index;
	turn_give(sh, TURN_MASTER);
	exec_syscall(SYS_exit_group, 0, 0, 0, 0, 0, 0);
	return false;
}

static bool live_uffd_open(struct worker *w, const struct op *op, struct op_result *result)
{
	s64 ret;

	if (uffd_has_events(op->arg[0]))
		return refuse(result);
	ret = uffd_open(w, op->arg[0]);
	if (ret >= 0)
		result->value = (u64)ret;
	return done(result, ret < 0 ? ret : 0);
}

static bool live_uffd_register(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[1]);

	if (hits_own_within(w, addr, op->arg[2]))
		return refuse(result);
	return done(result, uffd_register(w, op->arg[0], addr, op->arg[2], op->arg[3]));
}

static bool live_uffd_unregister(struct worker *w, const struct op *op, struct op_result *result)
{
	u64 addr = address(w, op->arg[1]);

	if (hits_own_within(w, addr, op->arg[2]))
		return refuse(result);
	return done(result, uffd_unregister(w, op->arg[0], addr, op->arg[2]));
}

static bool live_uffd_close(struct worker *w, const struct op *op, struct op_result *result)
{
	return done(result, uffd_close(w, op->arg[0]));
}

static bool live_memory_merge(struct worker *w, const struct op *op, struct op_result *result)
{
	done(result, exec_syscall(SYS_prctl, PR_MEMORY_MERGE, op->arg[0], 0, 0, 0, 0));
	if (!result->err)
		w->merge_any = op->arg[0];
	return true;
}

static bool live_set_rlimit(struct worker *w, const struct op *op, struct op_result *result)
{
	return done(result, limit_set(w, op->arg[0], op->arg[1]));
}

/* The setting is of the whole machine. */
static bool live_max_map_count(struct worker *w, const struct op *op, struct op_result *result)
{
	(void)w;
	(void)op;
	return refuse(result);
}

static live_fn *const live_fns[OP_COUNT] = {
#define X(ID, name, ...) [OP_##ID] = live_##name,
	OP_TABLE(X)
#undef X
};

bool live_execute(struct worker *w, const struct op *op, struct op_result *result)
{
	result->err = 0;
	result->value = 0;
	return live_fns[op->kind](w, op, result);
}
