/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel in this process as a backend: addresses and processes of the program become those of
 * system calls, records become snapshots.
 */
#include <errno.h>
#include <stdlib.h>

#include "harness/kernel/entry.h"
#include "harness/kernel/kernel.h"
#include "harness/kernel/shim/file.h"
#include "harness/records.h"

_Static_assert(KERNEL_PROCS == PROCS_MAX && REC_PROCS == PROCS_MAX, "as many processes");
_Static_assert(KERNEL_SIGSEGV == RESULT_SIGSEGV && KERNEL_SIGBUS == RESULT_SIGBUS, "signals");
_Static_assert((int)SHIM_FILE_MEM0 == FILE_MEM0 && (int)SHIM_FILE_MEM1 == FILE_MEM1 &&
		       (int)SHIM_FILE_MEM0B == FILE_MEM0B && (int)SHIM_FILE_MEM0RO == FILE_MEM0RO &&
		       (int)SHIM_FILE_ZERO == FILE_ZERO && (int)SHIM_FILE_DEV == FILE_DEV &&
		       (int)SHIM_FILES == FILE_ARG_COUNT && SHIM_FILE_PAGES == FILE_PAGES,
	       "files");

/* Small enough that programs meet the limit, large enough that most do not. */
#define RLIMIT_MEMLOCK_PAGES 80

struct direct {
	struct backend base;
	struct records_room room;
	const struct prog *prog;
	bool pages_each, running;
	u32 index;
	u32 proc_count, live; /* processes made, bit mask of those that live */
	u64 last[PROCS_MAX];
};

static struct direct *of(struct backend *b)
{
	return (struct direct *)b;
}

static void configure(struct direct *d)
{
	struct model_config *config = &d->base.config;
	const struct model_profile *profile;
	u32 code = kernel_version_code();
	char release[32];

	snprintf(release, sizeof(release), "%u.%u.%u", code >> 16, code >> 8 & 0xff, code & 0xff);
	profile = profile_for_release(release, &d->base.profile_exact);
	model_config_default(config);
	config->rules = profile->rules;
	config->soft_dirty = true;
	config->anon_name = true;
	config->uffd_events = true;
	config->uffd_wp_files = true;
	config->swap_support = false;
	config->own_memory = false;
	config->base_end = 0;
	config->cap_ipc_lock = false;
	config->cap_rawio = false;
	config->rlimit_memlock = RLIMIT_MEMLOCK_PAGES;
	d->base.profile = profile->name;
	snprintf(d->base.kernel, sizeof(d->base.kernel), "%s, its mm code in userspace", release);
	snprintf(d->base.observation, sizeof(d->base.observation),
		 "everything after every operation; the kernel's own checks, locks, counters, "
		 "leaks");
}

static int direct_open(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	struct direct *d;

	(void)opts;
	*out = NULL;
	d = calloc(1, sizeof(*d));
	if (!d)
		return diag_set(diag, -ENOMEM, "no memory");
	kernel_boot();
	d->base.type = &backend_kernel_direct;
	d->base.observes = SNAP_ALL;
	d->base.ops = kernel_ops();
	d->base.files = FILES_ALL;
	d->base.can_fail_alloc = true;
	configure(d);
	*out = &d->base;
	return 0;
}

static void end_case(struct direct *d)
{
	if (d->running)
		kernel_case_end();
	d->running = false;
}

static int direct_reset(struct backend *b, const struct prog *prog, bool pages_each,
			struct diag *diag)
{
	struct direct *d = of(b);
	const struct kernel_limits limits = {
		.rlimit_memlock = b->config.rlimit_memlock,
		.rlimit_stack = b->config.rlimit_stack,
		.mmap_min_addr = b->config.mmap_min_addr,
		.heap_base = HEAP_BASE,
		.max_map_count = b->config.max_map_count,
	};

	(void)diag;
	end_case(d);
	d->prog = prog;
	d->pages_each = pages_each;
	d->proc_count = 1;
	d->live = 1;
	d->last[0] = ARENA_BASE;
	d->running = true;
	kernel_case_begin(&limits);
	return 0;
}

/* The arguments as the kernel takes them. */
static void resolve(const struct direct *d, const struct op *op, struct kernel_call *call)
{
	const struct op_desc *desc = &op_descs[op->kind];
	u32 i;

	call->kind = op->kind;
	call->tag = op_tag(d->index);
	call->fail_nth = op->fail_nth;
	for (i = 0; i < OP_ARGS_MAX; i++)
		call->arg[i] = i < desc->arg_count && desc->arg[i].kind == ARG_ADDR
				       ? op_addr(op->arg[i], d->last[call->proc])
				       : op->arg[i];
}

static void adopt(struct direct *d, const struct kernel_call *call,
		  const struct kernel_answer *answer)
{
	u32 child = d->proc_count;

	if (answer->err)
		return;
	if (call->kind == OP_MMAP || call->kind == OP_MREMAP)
		d->last[call->proc] = answer->value;
	if (call->kind == OP_EXIT)
		d->live &= ~(1u << call->proc);
	if (call->kind == OP_FORK) {
		d->proc_count++;
		d->live |= 1u << child;
		d->last[child] = d->last[call->proc];
	}
}

static int direct_exec(struct backend *b, u32 index, struct op_result *result, struct diag *diag)
{
	struct direct *d = of(b);
	const struct op *op = &d->prog->ops[index];
	struct kernel_call call = { .proc = op_proc(op, d->live) };
	struct kernel_answer answer = { 0 };

	(void)diag;
	d->index = index;
	resolve(d, op, &call);
	if (op->kind == OP_FORK)
		call.arg[0] = d->proc_count;
	if (op->kind == OP_FORK && d->proc_count == PROCS_MAX)
		answer.err = -EAGAIN;
	else if (op->kind == OP_EXIT && d->live == 1u << call.proc)
		answer.err = -EBUSY;
	else
		kernel_execute(&call, &answer);
	adopt(d, &call, &answer);
	*result = (struct op_result){ .err = answer.exhausted ? RESULT_REFUSED : answer.err,
				      .value = answer.value,
				      .alloc_failed = answer.alloc_failed };
	return 0;
}

static void convert_pages(const struct kernel_state *state, struct snapshot *snap)
{
	u32 i;

	for (i = 0; i < state->page_count; i++) {
		const struct kernel_page *from = &state->pages[i];

		snap->pages[i] = (struct snap_page){ .addr = from->addr,
						     .tag = from->tag,
						     .proc = from->proc,
						     .state = from->guard ? SNAP_PAGE_GUARD
									  : SNAP_PAGE_PRESENT,
						     .has_tag = !from->guard };
	}
	snap->page_count = state->page_count;
	snap->fields |= SNAP_PAGES;
}

static int direct_snapshot(struct backend *b, struct snapshot *snap, struct diag *diag)
{
	static const u64 base[REC_COUNTERS];
	struct direct *d = of(b);
	bool pages = d->pages_each || d->index + 1 == d->prog->count;
	struct kernel_state state;
	struct records records = { .base_counter = base,
				   .sealed_bit = kernel_sealed_bit(),
				   .droppable_bit = kernel_droppable_bit(),
				   .uffd_minor_bit = kernel_uffd_minor_bit() };
	int err;

	kernel_check();
	err = kernel_observe(&state, pages);
	records.live = state.live;
	records.procs = state.procs;
	records.vmas = state.vmas;
	records.avcs = state.avcs;
	if (!err)
		err = records_snapshot(&records, &d->room, snap);
	if (!err && pages && state.page_count > SNAP_PAGES_MAX)
		err = -ENOBUFS;
	if (err)
		return diag_set(diag, err,
				"the state after operation %u is larger than a snapshot can hold",
				d->index + 1);
	snap->fields |= SNAP_NAME | SNAP_COMMITTED;
	snap->committed_extra = state.committed_extra;
	if (pages)
		convert_pages(&state, snap);
	return 0;
}

static int direct_finish(struct backend *b, struct diag *diag)
{
	(void)diag;
	end_case(of(b));
	return 0;
}

static void direct_close(struct backend *b)
{
	end_case(of(b));
	free(b);
}

const struct backend_type backend_kernel_direct = {
	.name = "kernel-direct",
	.what = "the kernel's own mm code in this process",
	.open = direct_open,
	.reset = direct_reset,
	.exec = direct_exec,
	.snapshot = direct_snapshot,
	.finish = direct_finish,
	.close = direct_close,
};
