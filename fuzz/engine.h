/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry points by which fuzzing engines call a target (libFuzzer's, which AFL++, honggfuzz and
 * the driver of this directory use too). None of them is handed a context.
 */
#ifndef FUZZ_ENGINE_H
#define FUZZ_ENGINE_H

#include "model/types.h"

/* Runs one input. Returns 0: engines reserve other values. */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
/* Optional; called once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Optional; see mutator_libfuzzer.c. */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const u8 *data1, size_t size1, const u8 *data2, size_t size2,
				 u8 *out, size_t max_out_size, unsigned int seed);
/* The engine's own mutation of bytes; the new size. */
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);

#endif
