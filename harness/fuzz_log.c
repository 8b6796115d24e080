/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the log after every case would cost more than the case, so the programs since the last
 * look are kept. When the kernel said something they are run again, one by one, to see which of
 * them makes it speak; if none does (a WARN_ON_ONCE is silent the second time) all of them are
 * saved.
 */
#include "harness/fuzz_log.h"

#include <stdlib.h>

#define KEEP 64          /* programs between two looks, at most */
#define EVENTS_MAX 16    /* that are followed up; further ones are only counted */

struct fuzz_log {
	struct kernel_log *log;
	struct session *session;
	struct findings *findings;
	const struct fuzz_shared *shared;
	u32 events;
	u32 count;
	struct prog ran[KEEP];
};

struct fuzz_log *fuzz_log_open(struct session *s, struct findings *f,
			       const struct fuzz_shared *shared, struct diag *diag)
{
	struct fuzz_log *log = calloc(1, sizeof(*log));

	if (!log) {
		diag_set(diag, 0, "out of memory");
		return NULL;
	}
	log->log = kernel_log_open(diag);
	if (!log->log) {
		free(log);
		return NULL;
	}
	log->session = s;
	log->findings = f;
	log->shared = shared;
	return log;
}

void fuzz_log_close(struct fuzz_log *log)
{
	if (!log)
		return;
	kernel_log_close(log->log);
	free(log);
}

void fuzz_log_ran(struct fuzz_log *log, const struct prog *prog)
{
	if (log->count < KEEP)
		log->ran[log->count++] = *prog;
}

/* Runs the programs again: the index of the first that makes the kernel speak, or log->count. */
static u32 find_culprit(struct fuzz_log *log)
{
	const struct session_opts opts = {.pages_each = false, .check = false};
	struct outcome outcome;
	char line[256];
	u32 i;

	for (i = 0; i < log->count; i++) {
		session_run(log->session, &log->ran[i], &opts, &outcome);
		if (kernel_log_poll(log->log, line, sizeof(line)))
			break;
	}
	return i;
}

static void follow_up(struct fuzz_log *log, const char *line)
{
	u32 culprit = find_culprit(log), saved = 0, i;
	struct diag diag;

	for (i = 0; i < log->count; i++) {
		if (culprit < log->count && i != culprit)
			continue;
		if (findings_save_kernel_log(log->findings, &log->ran[i], line, &diag) == 0)
			saved++;
		else
			fprintf(stderr, "vmafuzz: %s\n", diag.text);
	}
	fuzz_print_begin(log->shared);
	fprintf(stderr, "KERNEL LOG %s\n    %u %s saved, %s\n", line, saved,
		saved == 1 ? "program" : "programs",
		culprit < log->count ? "which makes the kernel say it again" :
				       "all that ran since the last look: none does it again");
	fuzz_print_end(log->shared);
}

u32 fuzz_log_look(struct fuzz_log *log, bool now)
{
	char line[256];
	u32 lines;

	if (!now && log->count < KEEP)
		return 0;
	lines = kernel_log_poll(log->log, line, sizeof(line));
	if (lines && log->events++ < EVENTS_MAX)
		follow_up(log, line);
	log->count = 0;
	return lines;
}
