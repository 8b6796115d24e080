/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel of vmafuzz-kernel-fake does besides what the model does: munmap of FAKE_LEN plus
 * an enum fake_act has it do that, at page FAKE_IN_... of the arena.
 */
#ifndef HARNESS_TESTS_FAKE_KERNEL_H
#define HARNESS_TESTS_FAKE_KERNEL_H

#define FAKE_LEN 0xfa00 /* bytes */

enum fake_act {
	FAKE_NOTHING,
	FAKE_COMPLAIN,
	FAKE_LACK,
	FAKE_HANG,
	FAKE_ABORT,
	FAKE_EXIT,
	FAKE_SANITIZER,
	FAKE_TALK,  /* more than anybody reads, then abort */
	FAKE_SPOIL, /* the snapshot claims more areas than there can be */
	FAKE_ACTS
};

enum fake_when { FAKE_IN_EXEC, FAKE_IN_SNAPSHOT, FAKE_IN_FINISH };

#endif
