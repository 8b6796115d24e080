/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The live backend's own parts, in vmafuzz's process.
 */
#ifndef HARNESS_LIVE_PRIVATE_H
#define HARNESS_LIVE_PRIVATE_H

#include <sched.h>

#include "harness/live/live.h"
#include "harness/live/shared.h"
#include "harness/records.h"

/* live_bpf.c: the loaded BPF program and its maps. */
struct live_bpf {
	struct bpf_object *object; /* NULL: without BPF */
	int prog_fd, areas_fd;
	const struct rec_proc *heads;
	const struct rec_vma *vmas;
	const struct rec_avc *avcs;
	struct rec_range *own;
};

/* -errno and the reason if it cannot be loaded; then there is nothing to unload. */
int live_bpf_load(struct live_bpf *bpf, struct diag *diag);
void live_bpf_unload(struct live_bpf *bpf);

struct live {
	struct backend base;
	struct live_bpf bpf;
	struct shared *sh;
	int shared_fd;
	u32 cpu, timeout_ms;
	cpu_set_t owner_cpus; /* what the owner was bound to before */
	bool owner_bound;
	s32 master;     /* process id; 0: not running */
	u32 index;      /* operation that exec was last called for */
	bool ran;       /* the log is of a whole run */
	bool flags_lost; /* without BPF: the program may have set a flag that cannot be seen */

	/* What live_config.c found out. */
	u64 base_lockable;
	/* raw VM_* bits of this kernel, 0 if it has none */
	u64 sealed_bit, droppable_bit, uffd_minor_bit;
	u64 unnamed;    /* VMF_* that smaps of this kernel has no name for */

	struct records_room room;
};

/* live_start.c: the executor as a process. */

/* RLIMIT_STACK of the test processes, whatever it is here; the usual one. */
#define LIVE_STACK_BYTES (8ull << 20)

/* Starts it, and waits until process 0 is ready. */
int live_start(struct live *l, struct diag *diag);
/* Ends it with all its processes; it need not run. */
void live_stop(struct live *l);
/*
 * Gives the executor the turn in @phase, and waits until it gives it back. On failure it is
 * stopped.
 */
int live_go(struct live *l, enum phase phase, struct diag *diag);
/* Did it break, or a process of it die, while nobody looked? */
bool live_broken(const struct live *l);

/* live_config.c */

/* What is mapped in process 0 before any program: fills in what follows from that. */
int live_config_base(struct live *l, struct diag *diag);
/* Fills in base.kernel, base.config, base.profile; may run programs. */
int live_config(struct live *l, struct diag *diag);
/* Sets l->flags_lost for @prog. */
bool live_config_flags_lost(const struct live *l, const struct prog *prog);

/* live_snapshot.c: the records of operation l->index as a snapshot. */
int live_snapshot(struct live *l, struct snapshot *snap, struct diag *diag);

/* backend_live.c: runs @prog to its end; the log is then complete. */
int live_run(struct live *l, const struct prog *prog, bool pages_each, struct diag *diag);

#endif
