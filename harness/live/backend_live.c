/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel as a backend. The executor runs the whole program at once, and logs what
 * happened; the functions here hand over the program, wait, and read the log.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/live/live_private.h"
#include "model/abi.h"

#define TIMEOUT_MS_DEFAULT 2000

static struct live *live_of(struct backend *b)
{
	CHECK(b->type == &backend_live);
	return (struct live *)b;
}

/* Copies the program and puts the run at its beginning; everything else is as process 0 left it. */
static void prepare(struct live *l, const struct prog *prog)
{
	struct shared *sh = l->sh;

	l->ran = false;
	sh->prog.count = prog->count;
	memcpy(sh->prog.ops, prog->ops, prog->count * sizeof(prog->ops[0]));
	sh->index = 0;
	sh->live = 1;
	sh->proc_count = 1;
	sh->exiting = -1;
	sh->polluted = false;
	sh->uffd_count = 0;
	sh->locked = false;
	sh->last[0] = ARENA_BASE;
	sh->page_count = 0;
	sh->area_rec_count = 0;
	sh->area_count[0] = 0;
}

static int make_ready(struct live *l, struct diag *diag)
{
	if (!live_broken(l))
		return 0;
	live_stop(l);
	return live_start(l, diag);
}

int live_run(struct live *l, const struct prog *prog, bool pages_each, struct diag *diag)
{
	int err = make_ready(l, diag);

	if (err)
		return err;
	prepare(l, prog);
	l->sh->pages_each = pages_each;
	l->flags_lost = live_config_flags_lost(l, prog);
	err = live_go(l, prog->count ? PHASE_OPS : PHASE_CLEAN, diag);
	l->ran = !err;
	return err;
}

/*
 * The wanted CPU if we may use it; else one of those that we may, another for each that is
 * wanted.
 */
static u32 choose_cpu(const cpu_set_t *allowed, u32 want)
{
	u32 count = (u32)CPU_COUNT(allowed), cpu = 0, skip;

	if (want < CPU_SETSIZE && CPU_ISSET(want, allowed))
		return want;
	for (skip = count ? want % count : 0; cpu < CPU_SETSIZE - 1; cpu++)
		if (CPU_ISSET(cpu, allowed) && skip-- == 0)
			break;
	return cpu;
}

static int bind_owner(struct live *l, u32 want, struct diag *diag)
{
	cpu_set_t cpus;

	if (sched_getaffinity(0, sizeof(l->owner_cpus), &l->owner_cpus))
		return diag_set(diag, -errno, "sched_getaffinity: %s", strerror(errno));
	l->cpu = choose_cpu(&l->owner_cpus, want);
	CPU_ZERO(&cpus);
	CPU_SET(l->cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		return diag_set(diag, -errno, "sched_setaffinity: %s", strerror(errno));
	l->owner_bound = true;
	return 0;
}

static int make_shared(struct live *l, struct diag *diag)
{
	void *memory;

	l->shared_fd = memfd_create("vmafuzz", MFD_CLOEXEC);
	if (l->shared_fd < 0 || ftruncate(l->shared_fd, sizeof(*l->sh)))
		return diag_set(diag, -errno, "shared memory: %s", strerror(errno));
	memory = mmap(NULL, sizeof(*l->sh), PROT_READ | PROT_WRITE, MAP_SHARED, l->shared_fd, 0);
	if (memory == MAP_FAILED)
		return diag_set(diag, -errno, "shared memory: %s", strerror(errno));
	l->sh = memory;
	return 0;
}

static void describe(struct live *l, const char *why_not)
{
	static const struct {
		u64 flag;
		const char *name;
	} unnamed[] = { { VMF_LOCKONFAULT, " lockonfault" }, { VMF_SEALED, " sealed" },
			{ VMF_DROPPABLE, " droppable" }, { VMF_MAYBE_GUARD, " maybe_guard" } };
	char *text = l->base.observation;
	size_t size = sizeof(l->base.observation), len;
	u32 i;

	if (l->bpf.object) {
		snprintf(text, size, "BPF: everything after every operation, pages at the end%s",
			 l->base.config.anon_name ? "; no names of areas" : "");
		return;
	}
	snprintf(text, size,
		 "no BPF (%.160s): only layout after every operation; flags, counters, pages "
		 "at the end; no anon_vmas, no page offsets of anonymous memory, no file identity, "
		 "no def_flags, no memory policies, no names%s",
		 why_not, l->unnamed ? ", no flags" : "");
	for (i = 0; i < ARRAY_SIZE(unnamed); i++) {
		len = strlen(text);
		if (l->unnamed & unnamed[i].flag)
			snprintf(text + len, size - len, "%s", unnamed[i].name);
	}
}

static void live_close(struct backend *b)
{
	struct live *l = live_of(b);

	if (l->sh) {
		live_stop(l);
		munmap(l->sh, sizeof(*l->sh));
	}
	if (l->shared_fd >= 0)
		close(l->shared_fd);
	live_bpf_unload(&l->bpf);
	if (l->owner_bound)
		sched_setaffinity(0, sizeof(l->owner_cpus), &l->owner_cpus);
	free(l);
}

static int live_open(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	struct live *l = calloc(1, sizeof(*l));
	struct diag why_not = { "switched off" };
	int err;

	*out = NULL;
	if (!l)
		return diag_set(diag, -ENOMEM, "no memory");
	l->base.type = &backend_live;
	/* The limit of areas is the machine's, not ours to set. */
	l->base.ops = OPS_ALL & ~(1ull << OP_BRK | 1ull << OP_MAX_MAP_COUNT);
	l->base.files = FILES_ALL & ~(1u << FILE_DEV);
	l->timeout_ms = opts->timeout_ms ? opts->timeout_ms : TIMEOUT_MS_DEFAULT;
	l->shared_fd = -1;
	model_config_default(&l->base.config);
	if (!opts->no_bpf)
		live_bpf_load(&l->bpf, &why_not);
	l->base.config.uffd_events = false;
	l->base.observes = l->bpf.object ? SNAP_ALL & ~SNAP_NAME :
					   SNAP_LAYOUT | SNAP_FLAGS | SNAP_COUNTERS | SNAP_PAGES;
	err = bind_owner(l, opts->cpu, diag);
	if (!err)
		err = make_shared(l, diag);
	if (!err)
		err = live_start(l, diag);
	if (!err)
		err = live_config(l, diag);
	if (err) {
		live_close(&l->base);
		return err;
	}
	describe(l, why_not.text);
	*out = &l->base;
	return 0;
}

static int live_reset(struct backend *b, const struct prog *prog, bool pages_each,
		      struct diag *diag)
{
	return live_run(live_of(b), prog, pages_each, diag);
}

static int not_run(struct diag *diag)
{
	return diag_set(diag, -EIO, "no program was run to its end");
}

static int live_exec(struct backend *b, u32 index, struct op_result *result, struct diag *diag)
{
	struct live *l = live_of(b);

	if (!l->ran || index >= l->sh->prog.count)
		return not_run(diag);
	l->index = index;
	*result = l->sh->log[index].result;
	return 0;
}

static int live_read_snapshot(struct backend *b, struct snapshot *snap, struct diag *diag)
{
	struct live *l = live_of(b);

	return l->ran ? live_snapshot(l, snap, diag) : not_run(diag);
}

const struct backend_type backend_live = {
	.name = "live",
	.what = "the running kernel",
	.open = live_open,
	.reset = live_reset,
	.exec = live_exec,
	.snapshot = live_read_snapshot,
	.close = live_close,
};

int live_bare_ns(struct backend *b, const struct prog *prog, u64 *ns, struct diag *diag)
{
	struct live *l = live_of(b);
	int err = make_ready(l, diag);

	*ns = 0;
	if (err)
		return err;
	prepare(l, prog);
	err = live_go(l, PHASE_BARE, diag);
	*ns = l->sh->bare_ns;
	return err;
}

u32 live_pid(const struct backend *b)
{
	return (u32)((const struct live *)b)->master;
}

u32 live_proc_pid(const struct backend *b, u32 proc)
{
	const struct live *l = (const struct live *)b;

	return l->master && proc < PROCS_MAX ? (u32)l->sh->pid[proc] : 0;
}
