/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading what a user hands over as a program: a text file, or the bytes that an engine left
 * behind.
 */
#ifndef HARNESS_INPUT_H
#define HARNESS_INPUT_H

#include "model/prog.h"

/*
 * Reads @path ("-": standard input). Text is recognised by its begin, a version line or a comment;
 * anything else is decoded as bytes. 0, or a negative errno with @diag.
 */
int input_load(struct prog_file *file, const char *path, struct diag *diag);

/*
 * Calls @visit for @path itself, or if it is a directory for every *.vma file below it, sorted;
 * stops when that returns not 0, and returns it. -ENOENT with @diag: there is no such file, or none
 * in the directory.
 */
int input_visit(const char *path, int (*visit)(void *arg, const char *path), void *arg,
		struct diag *diag);

#endif
