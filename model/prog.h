/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program: a sequence of operations, as plain data, and its two forms outside of memory.
 *
 * The text form is what people read, write and keep. It looks like strace output:
 *
 *	vma 1
 *	# why this program exists
 *	mmap(@0, +4, rw, private|anonymous|fixed, none, 0) = @0
 *	write(@1)
 *	fork() = p1
 *	p1: mprotect(@0, +2, r) = 0
 *
 * The first line that is not a comment is the version. Then one operation a line; "pN:" before it
 * names the process (none: process 0); "= ..." after it is an expected result and optional.
 * "fail_nth=3" between the two: the third allocation that may fail, of those that the kernel makes
 * during the operation, fails (1 to OP_FAIL_MAX; struct op).
 * @3 is page 3 of the arena, @-1 the page before it, @3+0x10 a byte address; last, last+2 and
 * last-1 count from the last mapping; a bare hexadecimal number is absolute. +2 is two pages; 0x10
 * a number of bytes. Flags are names joined by "|"; bits without a name are one hexadecimal number.
 * Results: 0, an errno name, SIGSEGV, SIGBUS, @page (or an absolute address) of a mapping, a tag
 * number for read, pN for fork, uN for uffd_open; "?" is any.
 *
 * Behind the operations may stand expectations of the end state, in the format that snap_print()
 * writes, each for named profiles:
 *
 *	expect v6.12 v6.16:         (what is specified for these profiles)
 *	observed v6.16:             (what that kernel did, because of its known bugs)
 *	| = 0 0 p1 0                (optional: the results, one for each operation)
 *	| p0 @0 +4 rw ac ...
 *
 * "expect all:" is for every profile not named by another expect block of the file.
 *
 * The byte form is OP_BYTES for each operation; any bytes at all are a program, a tail that is too
 * short for an operation is dropped, and zeros decode to the simplest operation.
 */
#ifndef MODEL_PROG_H
#define MODEL_PROG_H

#include <stdio.h>

#include "op.h"

#define PROG_OPS_MAX 256

struct prog {
	u32 count;
	struct op ops[PROG_OPS_MAX];
};

/* Takes out ops [first, first + count). */
void prog_remove(struct prog *prog, u32 first, u32 count);
/* Puts @op before index @at (at most prog->count); -ENOSPC if the program is full. */
int prog_insert(struct prog *prog, u32 at, const struct op *op);
bool prog_equal(const struct prog *a, const struct prog *b);
/* FNV-1a over the canonical text: for recognising programs, not for security. */
u64 prog_hash(const struct prog *prog);

/* Text. */

#define EXPECT_BLOCKS_MAX 16
#define EXPECT_PROFILES_MAX 16

/* One expect or observed block of a file; the strings point into prog_file.text. */
struct prog_expect {
	bool observed; /* an "observed" block, else "expect" */
	u32 profile_count; /* 0: "all" */
	const char *profile[EXPECT_PROFILES_MAX];
	u32 line_count;
	const char *line[64]; /* without "| " */
};

/* A parsed file. Owns a copy of its text; about 100 KiB, so not for the stack of a deep call. */
struct prog_file {
	struct prog prog;
	bool has_result[PROG_OPS_MAX];
	struct op_result result[PROG_OPS_MAX]; /* where has_result; addresses absolute, bytes */
	u32 expect_count;
	struct prog_expect expect[EXPECT_BLOCKS_MAX];
	char text[65536];
};

/* Reads @text. 0, or -EINVAL with "name:line:col: what is wrong" in @diag, or -EFBIG if it does not
 * fit. Strict: anything that is not understood is an error. */
int prog_parse(struct prog_file *file, const char *name, const char *text, struct diag *diag);
/* Reads a file, "-" for standard input: prog_parse(), or the errno of reading it. */
int prog_load(struct prog_file *file, const char *path, struct diag *diag);
/* Writes the canonical text, version line first. Returns 0 or the stream's -errno. */
int prog_print(FILE *out, const struct prog *prog);
/* One operation, without a newline, into @buf; returns the length as snprintf() does. */
int op_print(char *buf, size_t size, const struct op *op);
/* A result as text: what stands behind "=". @op says how the value is to be read. */
int result_print(char *buf, size_t size, const struct op *op, const struct op_result *result);
/* The name of a negative errno ("ENOMEM") or signal ("SIGSEGV"); "0" for 0. */
const char *err_name(s32 err);

/* Bytes. */

/* kind, process, 16 bits for each of six arguments, little endian, and which allocation fails */
#define OP_BYTES 15

/* Decodes any bytes. The result is canonical: its encoding decodes to itself. */
void prog_decode(struct prog *prog, const u8 *bytes, size_t size);
/* Encodes into @bytes (room for @room); the number of bytes, or 0 if there is no room. Exact for
 * programs that came from prog_decode() or the generator; text can say addresses, lengths and
 * numbers that the byte form cannot, and those come back as the nearest that it can. */
size_t prog_encode(const struct prog *prog, u8 *bytes, size_t room);

#endif
