/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The files that programs can name. The numbers are those of enum file_arg (model/op.h), which
 * cannot be included here; backend_direct.c checks that they agree.
 */
#ifndef HARNESS_KERNEL_FILE_H
#define HARNESS_KERNEL_FILE_H

enum {
	SHIM_FILE_MEM0 = 1,
	SHIM_FILE_MEM1,
	SHIM_FILE_MEM0B,
	SHIM_FILE_MEM0RO,
	SHIM_FILE_ZERO,
	SHIM_FILE_DEV,
	SHIM_FILES
};
#define SHIM_FILE_PAGES 24

#endif
