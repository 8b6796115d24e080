/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vmafuzz and a program that holds a kernel (vmafuzz-kernel-NAME) share: memory, and a socket
 * that carries turns.
 *
 * A turn is one byte. The program takes its first when it is ready; whoever has given the turn does
 * not touch the memory until it has come back. In its turn the program runs all of @prog and writes
 * down what each operation gave and led to, so that a case costs two turns however long it is. If
 * it ends on the way, @phase and @index say what it was at.
 */
#ifndef HARNESS_KERNEL_SHARED_H
#define HARNESS_KERNEL_SHARED_H

#include "model/model.h"
#include "model/prog.h"

/* Descriptors of the program, besides standard error: a file that vmafuzz reads. */
enum { KERNEL_FD_SHARED = 3, KERNEL_FD_TURN, KERNEL_FD_END };

enum kernel_phase { KERNEL_IDLE, KERNEL_EXEC, KERNEL_SNAPSHOT, KERNEL_FINISH, KERNEL_DONE };

/* What @site and @text are about. */
enum kernel_word {
	KERNEL_WORD_NONE,
	KERNEL_WORD_COMPLAINT, /* of the kernel; the program has ended */
	KERNEL_WORD_LACKS,     /* something is not there; the program has ended */
	KERNEL_WORD_FAILED,    /* the program could not go on with this case, but with another */
};

struct kernel_shared {
	/* Of vmafuzz; a program of another build ends with KERNEL_EXIT_OTHER_BUILD. */
	u64 size, ops_all;
	s32 owner; /* its process id, which the program does not outlive */

	/* Of the program, when it is ready: what struct backend has under these names. */
	u64 ops;
	u32 observes, files;
	bool can_fail_alloc, profile_exact;
	char kernel[128], observation[512], profile[64];
	struct model_config config;

	/* Of vmafuzz: the case. */
	bool pages_each;
	struct prog prog;

	/* Of the program. */
	enum kernel_phase phase;
	u32 index; /* operation, in KERNEL_EXEC and KERNEL_SNAPSHOT */
	enum kernel_word word;
	char site[64], text[1024];
	struct {
		struct op_result result;
		struct snapshot snap;
	} log[PROG_OPS_MAX];
};

#define KERNEL_EXIT_OTHER_BUILD 3
#define KERNEL_EXIT_WORD 4 /* see @word */

#endif
