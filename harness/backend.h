/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What executes programs: the live kernel, or the model itself with or without a deliberate
 * mistake. The session and everything above it know nothing else.
 *
 * Every function returns 0 when the backend worked (the operation itself may still have failed:
 * that is in its result) and a negative errno with a sentence in @diag when the backend is broken.
 * A broken backend is never a divergence.
 */
#ifndef HARNESS_BACKEND_H
#define HARNESS_BACKEND_H

#include "model/model.h"
#include "model/prog.h"
#include "model/snapshot.h"

struct backend;

struct backend_opts {
	/* what stands after the name: "mutant:3" -> "3", "model:v6.12" -> "v6.12"; or NULL */
	const char *spec;
	u32 cpu;             /* live: the CPU that the test processes are pinned to */
	u32 timeout_ms;      /* live, kernel: how long one program may take */
	bool no_bpf;         /* live: do as if BPF could not be loaded */
	/* Not NULL: what the model and mutants take for their machine, rules and bugs aside. */
	const struct model_config *machine;
};

struct backend_type {
	const char *name; /* "live" */
	const char *what; /* one line of help */

	/* Makes the backend ready. *@out owns all that it needs until close. */
	int (*open)(struct backend **out, const struct backend_opts *opts, struct diag *diag);

	/*
	 * Begins a case with an empty window. The backend is shown the whole program and may run
	 * ahead; exec and snapshot then tell what happened. @pages_each: page states are wanted
	 * after every operation, else only after the last.
	 */
	int (*reset)(struct backend *b, const struct prog *prog, bool pages_each,
		     struct diag *diag);

	/* The result of operation @index; called with 0, 1, 2, ... after reset. */
	int (*exec)(struct backend *b, u32 index, struct op_result *result, struct diag *diag);

	/* The state after the operation that exec was last called for. snap->fields says what is
	 * known. */
	int (*snapshot)(struct backend *b, struct snapshot *snap, struct diag *diag);

	/* Ends the case after its last operation, for what only shows then (a leak): it is in
	 * b->complaint. NULL: there is nothing that would show. */
	int (*finish)(struct backend *b, struct diag *diag);

	/* May be called at any time, by the owner alone; leaves no process and no file behind. */
	void (*close)(struct backend *b);
};

/* Every backend begins with this. */
struct backend {
	const struct backend_type *type;
	u32 observes;                /* enum snap_field: what it can ever observe */
	u64 ops;                     /* bit mask of enum op_kind: operations that it has */
	u32 files;                   /* bit mask of enum file_arg: what it can map */
	bool can_fail_alloc;         /* it can do what op.fail_nth asks for */
	/* What the kernel itself complained of during the last exec, snapshot or finish; "" if
	 * nothing: a sentence, then perhaps lines of its log or the stack. After a complaint the
	 * case is over. */
	char complaint[1024];
	char complaint_site[64];     /* where in the kernel, for recognising it: "mm/vma.c:123" */
	char kernel[128];            /* "6.18.44-xyz x86_64", or the name of the profile */
	char observation[512];       /* one line: what is compared how, and what is not and why */
	/* what the model must be told: limits, configuration, profile */
	struct model_config config;
	bool profile_exact;          /* the profile is of exactly this kernel */
	const char *profile;         /* its name */
};

extern const struct backend_type backend_live;   /* harness/live/ */
extern const struct backend_type backend_kernel; /* harness/kernel/; spec: which of those built */
extern const struct backend_type backend_model;  /* spec: a profile, default the newest */
extern const struct backend_type backend_mutant; /* spec: a number or name from mutant_descs */

extern const struct backend_type *const backend_types[]; /* all of them, NULL at the end */

/* The type that "NAME[:SPEC]" names; @opts->spec is set to point behind the colon. NULL with
 * @diag. */
const struct backend_type *backend_find(const char *text, struct backend_opts *opts,
					struct diag *diag);

/* What @prog needs and the backend lacks, in words that fit behind "has no", and the operation that
 * needs it in *@op; NULL: nothing. */
const char *backend_lacks(const struct backend *b, const struct prog *prog, u32 *op);

/*
 * What else the machine said while a case ran: lines of the kernel's log that begin a WARN, BUG or
 * oops. Live only. Returns the number of such lines since the last call and copies the first into
 * @line.
 */
struct kernel_log;
struct kernel_log *kernel_log_open(struct diag *diag); /* NULL: cannot be read, @diag says why */
u32 kernel_log_poll(struct kernel_log *log, char *line, size_t size);
void kernel_log_close(struct kernel_log *log);

#endif
