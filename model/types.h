/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The few names that every file uses: fixed-width integers in the kernel's spelling, the page size,
 * and the two ways of failing that are not data.
 *
 * CHECK() is for mistakes of the programmer: it is never compiled out. Everything that a user or a
 * machine can get wrong travels as a negative errno plus a sentence in a caller-owned struct diag.
 */
#ifndef MODEL_TYPES_H
#define MODEL_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define PAGE_SHIFT 12
#define PAGE_BYTES 4096ull

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Prints where and aborts; the process cannot go on. */
_Noreturn void check_failed(const char *file, int line, const char *what);
#define CHECK(cond)                                              \
	do {                                                     \
		if (!(cond))                                     \
			check_failed(__FILE__, __LINE__, #cond); \
	} while (0)

/* One sentence for a person: what is wrong and, where there is something, what to do about it. */
struct diag {
	char text[512];
};

/* Writes the sentence (printf style; cut at the end of the buffer) and returns @err, so that a
 * caller can write "return diag_set(diag, -EINVAL, ...)". @diag may be NULL. */
int diag_set(struct diag *diag, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
