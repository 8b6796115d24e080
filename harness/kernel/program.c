/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz-kernel-NAME: a process that holds one kernel and runs the programs that vmafuzz hands
 * over. It is linked with a backend_kernel_direct and with what kernel_catch() needs.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "harness/kernel/kernel.h"
#include "harness/kernel/shared.h"
#include "harness/kernel/trap.h"

/* Called in a handler of a signal, too, where the state of this process is of no more use. */
static void on_end(void *arg, enum kernel_end why, const char *site, const char *text)
{
	struct kernel_shared *sh = arg;

	snprintf(sh->site, sizeof(sh->site), "%s", site);
	snprintf(sh->text, sizeof(sh->text), "%s", text);
	sh->word = why == KERNEL_LACKS ? KERNEL_WORD_LACKS : KERNEL_WORD_COMPLAINT;
	_exit(KERNEL_EXIT_WORD);
}

static void fail(struct kernel_shared *sh, const struct diag *diag)
{
	sh->word = KERNEL_WORD_FAILED;
	snprintf(sh->text, sizeof(sh->text), "%s", diag->text);
}

static void run(struct kernel_shared *sh, struct backend *b)
{
	struct diag diag;
	u32 i;

	if (b->type->reset(b, &sh->prog, sh->pages_each, &diag)) {
		fail(sh, &diag);
		return;
	}
	for (i = 0; i < sh->prog.count; i++) {
		sh->index = i;
		sh->phase = KERNEL_EXEC;
		if (b->type->exec(b, i, &sh->log[i].result, &diag)) {
			fail(sh, &diag);
			return;
		}
		sh->phase = KERNEL_SNAPSHOT;
		if (b->type->snapshot(b, &sh->log[i].snap, &diag)) {
			fail(sh, &diag);
			return;
		}
	}
	sh->phase = KERNEL_FINISH;
	if (b->type->finish && b->type->finish(b, &diag))
		fail(sh, &diag);
	else
		sh->phase = KERNEL_DONE;
}

static void tell(struct kernel_shared *sh, const struct backend *b)
{
	sh->ops = b->ops;
	sh->observes = b->observes;
	sh->files = b->files;
	sh->can_fail_alloc = b->can_fail_alloc;
	sh->profile_exact = b->profile_exact;
	sh->config = b->config;
	snprintf(sh->kernel, sizeof(sh->kernel), "%s", b->kernel);
	snprintf(sh->observation, sizeof(sh->observation), "%s", b->observation);
	snprintf(sh->profile, sizeof(sh->profile), "%s", b->profile);
}

/* Gives the turn and waits for the next. False: vmafuzz is gone. */
static bool next_turn(void)
{
	char turn = 0;
	ssize_t n;

	if (write(KERNEL_FD_TURN, &turn, 1) != 1)
		return false;
	do
		n = read(KERNEL_FD_TURN, &turn, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

int main(void)
{
	const struct backend_opts opts = { .cpu = 0 };
	const struct rlimit none = { 0, 0 };
	struct kernel_shared *sh;
	struct backend *b;
	struct diag diag;

	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED, KERNEL_FD_SHARED, 0);
	if (sh == MAP_FAILED) {
		fprintf(stderr, "it is no program to start by hand: vmafuzz does\n");
		return 1;
	}
	if (sh->size != sizeof(*sh) || sh->ops_all != OPS_ALL)
		return KERNEL_EXIT_OTHER_BUILD;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != sh->owner)
		return 1;
	setrlimit(RLIMIT_CORE, &none);
	kernel_catch(on_end, sh);
	if (backend_kernel_direct.open(&b, &opts, &diag)) {
		fprintf(stderr, "%s\n", diag.text);
		return 1;
	}
	tell(sh, b);
	while (next_turn())
		run(sh, b);
	/* Not by exit(): what the kernel has allocated is no leak of this program. */
	_exit(0);
}
