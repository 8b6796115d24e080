/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A long step of work, for who waits for it: on a terminal one line, rewritten, with the time and
 * what is there already; otherwise a plain line when it begins. Always on standard error.
 */
#ifndef HARNESS_STEP_H
#define HARNESS_STEP_H

#include "model/types.h"

struct step {
	bool tty, open;
	char what[160]; /* "downloading linux-source-6.12" */
	char dir[1024]; /* the size of the files right in it is shown; "": none */
	u64 bytes_max;	/* how large they will be; 0: unknown */
	u64 start_ms;
};

/* A step ends when the next begins. */
void step_begin(struct step *s, const char *dir, u64 bytes_max, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* Fits struct subprocess: shows how far the struct step @arg is. */
void step_tick(void *arg);
void step_end(struct step *s);

#endif
