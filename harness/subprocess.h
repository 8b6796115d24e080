/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs that are run and waited for: no shell, arguments as they are, nothing on standard input,
 * the C locale, since what they write is read by us. They do not outlive us, and a signal stops
 * them.
 */
#ifndef HARNESS_SUBPROCESS_H
#define HARNESS_SUBPROCESS_H

#include <signal.h>

#include "model/types.h"

#define SUBPROCESS_TICK_MS 500

struct subprocess {
	const char *const *argv; /* ends with NULL; argv[0] is looked for in PATH */
	const char *dir;	 /* where it runs; NULL: where we are */
	/* Takes the beginning of its standard output; NULL: it goes to our standard error. */
	char *out;
	size_t out_size; /* with the '\0' that ends it */
	/* Takes the end of its standard error; NULL: it goes to ours. */
	char *err;
	size_t err_size;
	int signals;		 /* of subprocess_signals_open(); -1: it is not stopped */
	void (*tick)(void *arg); /* called every SUBPROCESS_TICK_MS; may be NULL */
	void *tick_arg;
};

/*
 * Runs it to its end. Returns its exit status, or 128 + the signal that it died of; -ENOENT: there
 * is no such program; -EINTR: a signal came, and it and its children were killed; another negative
 * errno: it could not be started.
 */
int subprocess_run(const struct subprocess *p);

/*
 * From now on SIGINT, SIGTERM and SIGHUP are read from the descriptor that is returned, instead of
 * ending this process. Negative errno.
 */
int subprocess_signals_open(sigset_t *old);
void subprocess_signals_close(int signals, const sigset_t *old);
/* Waits at most @ms. Has a signal come? It is then used up. */
bool subprocess_signals_wait(int signals, int ms);

#endif
