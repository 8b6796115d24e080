/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kernel in a process of its own as a backend. reset has the whole program run; the other
 * functions tell what happened, up to where it ended.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "harness/kernel/kernel.h"
#include "harness/kernel/proc.h"
#include "harness/kernel/sanitizer.h"

#define TIMEOUT_MS_DEFAULT 2000
#define REPORT_MAX 16384

struct kernel {
	struct backend base;
	struct kernel_proc proc;
	u32 timeout_ms;
	u32 index;	 /* operation that exec was last called for */
	int err;	 /* of the end of the run: 0 as well if the kernel complained */
	char text[1024]; /* why, or the complaint; "": the run went to its end */
	char site[64];
};

static struct kernel *of(struct backend *b)
{
	CHECK(b->type == &backend_kernel);
	return (struct kernel *)b;
}

static void complain(struct kernel *k, const char *site, const char *text)
{
	k->err = 0;
	snprintf(k->site, sizeof(k->site), "%s", site);
	snprintf(k->text, sizeof(k->text), "%s", text);
}

static void fail(struct kernel *k, int err, const char *text)
{
	k->err = err;
	snprintf(k->text, sizeof(k->text), "%s", text);
}

/* Signals that come from outside: whoever sends them wants the process to end. */
static bool from_outside(int sig)
{
	return sig == SIGKILL || sig == SIGTERM || sig == SIGINT || sig == SIGHUP || sig == SIGQUIT;
}

static void on_timeout(struct kernel *k)
{
	const struct kernel_shared *sh = k->proc.sh;
	char text[128];

	snprintf(text, sizeof(text), "%s did not come back within %u ms",
		 sh->phase == KERNEL_FINISH ? "the end of all processes"
					    : op_descs[sh->prog.ops[sh->index].kind].name,
		 k->timeout_ms);
	complain(k, "hang", text);
}

/* The program is gone, and has not said why. */
static void on_death(struct kernel *k, int status)
{
	char report[REPORT_MAX], site[64], text[1024];
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	kernel_proc_stderr(&k->proc, report, sizeof(report));
	if (sanitizer_report(report, site, sizeof(site), text, sizeof(text))) {
		complain(k, site, text);
		return;
	}
	if (sig && !from_outside(sig)) {
		snprintf(site, sizeof(site), "SIG%s", sigabbrev_np(sig));
		snprintf(text, sizeof(text), "the kernel code died of %s (%s)", site,
			 sigdescr_np(sig));
		complain(k, site, text);
		return;
	}
	report[strcspn(report, "\n")] = '\0';
	snprintf(text, sizeof(text), "the process of the kernel %s %d%s%.512s",
		 sig ? "was killed by signal" : "ended with status",
		 sig ? sig : WEXITSTATUS(status), report[0] ? ": " : "", report);
	fail(k, -EIO, text);
}

static void run(struct kernel *k, const struct prog *prog, bool pages_each)
{
	struct kernel_shared *sh = k->proc.sh;
	int status, err;

	sh->pages_each = pages_each;
	sh->prog.count = prog->count;
	memcpy(sh->prog.ops, prog->ops, prog->count * sizeof(prog->ops[0]));
	sh->index = 0;
	sh->phase = KERNEL_EXEC;
	sh->word = KERNEL_WORD_NONE;
	k->text[0] = '\0';
	err = kernel_proc_turn(&k->proc, k->timeout_ms, &status);
	sh->site[sizeof(sh->site) - 1] = '\0';
	sh->text[sizeof(sh->text) - 1] = '\0';
	if (sh->word == KERNEL_WORD_COMPLAINT)
		complain(k, sh->site, sh->text);
	else if (sh->word != KERNEL_WORD_NONE)
		fail(k, -EIO, sh->text);
	else if (err == -ETIMEDOUT)
		on_timeout(k);
	else if (err)
		on_death(k, status);
}

static int kernel_reset(struct backend *b, const struct prog *prog, bool pages_each,
			struct diag *diag)
{
	struct kernel *k = of(b);
	int err;

	if (!kernel_proc_runs(&k->proc)) {
		kernel_proc_stop(&k->proc);
		err = kernel_proc_start(&k->proc, diag);
		if (err)
			return err;
	}
	run(k, prog, pages_each);
	if (prog->count == 0 && k->text[0])
		return diag_set(diag, -EIO, "%s", k->text);
	return 0;
}

/* The run ended before what is asked for: a complaint, or an error. */
static int ended(struct kernel *k, struct diag *diag)
{
	struct backend *b = &k->base;

	if (k->err)
		return diag_set(diag, k->err, "%s", k->text);
	snprintf(b->complaint, sizeof(b->complaint), "%s", k->text);
	snprintf(b->complaint_site, sizeof(b->complaint_site), "%s", k->site);
	return 0;
}

/* Did the run get through @phase of operation @index? */
static bool past(const struct kernel *k, u32 index, enum kernel_phase phase)
{
	const struct kernel_shared *sh = k->proc.sh;

	return !k->text[0] || sh->phase >= KERNEL_FINISH || sh->index > index ||
	       (sh->index == index && sh->phase > phase);
}

static int kernel_exec(struct backend *b, u32 index, struct op_result *result, struct diag *diag)
{
	struct kernel *k = of(b);

	k->index = index;
	*result = (struct op_result){ .err = 0 };
	if (!past(k, index, KERNEL_EXEC))
		return ended(k, diag);
	*result = k->proc.sh->log[index].result;
	return 0;
}

/* What was shared with kernel code is not to be trusted. */
static bool fits(const struct snapshot *snap)
{
	u32 i;

	for (i = 0; i < PROCS_MAX; i++)
		if (snap->proc[i].vma > snap->vma_count ||
		    snap->proc[i].vma_count > snap->vma_count - snap->proc[i].vma)
			return false;
	return snap->vma_count <= SNAP_VMAS_MAX && snap->chain_count <= SNAP_CHAIN_MAX &&
	       snap->anon_vma_count <= SNAP_ANON_VMAS_MAX && snap->page_count <= SNAP_PAGES_MAX;
}

static int kernel_snapshot(struct backend *b, struct snapshot *snap, struct diag *diag)
{
	struct kernel *k = of(b);
	const struct snapshot *from = &k->proc.sh->log[k->index].snap;

	snap_reset(snap);
	if (!past(k, k->index, KERNEL_SNAPSHOT))
		return ended(k, diag);
	if (!fits(from))
		return diag_set(diag, -EIO, "the kernel code has overwritten shared memory");
	snap_copy(snap, from);
	return 0;
}

static int kernel_finish(struct backend *b, struct diag *diag)
{
	struct kernel *k = of(b);

	return k->text[0] ? ended(k, diag) : 0;
}

static void kernel_close(struct backend *b)
{
	struct kernel *k = of(b);

	kernel_proc_free(&k->proc);
	free(k);
}

/* What the program told of itself. */
static int learn(struct kernel *k, struct diag *diag)
{
	const struct kernel_shared *sh = k->proc.sh;
	const struct model_profile *profile = profile_find(sh->profile);
	struct backend *b = &k->base;

	if (!profile)
		return diag_set(diag, -EIO, "%s is of another build than this program",
				k->proc.path);
	b->ops = sh->ops;
	b->observes = sh->observes;
	b->files = sh->files;
	b->can_fail_alloc = sh->can_fail_alloc;
	b->profile_exact = sh->profile_exact;
	b->profile = profile->name;
	b->config = sh->config;
	memcpy(b->kernel, sh->kernel, sizeof(b->kernel));
	memcpy(b->observation, sh->observation, sizeof(b->observation));
	return 0;
}

static int kernel_open(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	struct kernel *k = calloc(1, sizeof(*k));
	int err;

	*out = NULL;
	if (!k)
		return diag_set(diag, -ENOMEM, "no memory");
	k->base.type = &backend_kernel;
	k->timeout_ms = opts->timeout_ms ? opts->timeout_ms : TIMEOUT_MS_DEFAULT;
	err = kernel_proc_init(&k->proc, opts->spec, diag);
	if (!err)
		err = kernel_proc_start(&k->proc, diag);
	if (!err)
		err = learn(k, diag);
	if (err) {
		kernel_close(&k->base);
		return err;
	}
	*out = &k->base;
	return 0;
}

u32 kernel_pid(const struct backend *b)
{
	return (u32)((const struct kernel *)b)->proc.pid;
}

const struct backend_type backend_kernel = {
	.name = "kernel",
	.what = "the kernel's own mm code in a process of its own: kernel:NAME",
	.open = kernel_open,
	.reset = kernel_reset,
	.exec = kernel_exec,
	.snapshot = kernel_snapshot,
	.finish = kernel_finish,
	.close = kernel_close,
};
