/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ways of failing that are not data: a mistake of the programmer ends the process, and
 * anything that a user or a machine got wrong becomes one sentence in the caller's struct diag.
 */
#include "types.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void check_failed(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
	abort();
}

int diag_set(struct diag *diag, int err, const char *format, ...)
{
	va_list args;

	if (!diag)
		return err;
	va_start(args, format);
	vsnprintf(diag->text, sizeof(diag->text), format, args);
	va_end(args);
	return err;
}
