/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small helpers of everything in model/ that prints or parses: appending to a caller's buffer
 * without ever writing past its end, and reading numbers strictly.
 */
#ifndef MODEL_TEXT_H
#define MODEL_TEXT_H

#include "op.h"

/* Text that grows in a caller's buffer: always terminated, cut at its end. @len is what it would be
 * if the buffer were large enough, as snprintf() counts. */
struct text {
	char *buf;
	size_t size, len;
};

/* Begins an empty text in @buf, which may be NULL if @size is 0. */
void text_init(struct text *t, char *buf, size_t size);
/* Appends, printf style. */
void text_add(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Appends a page: "@3" in the arena and around it, elsewhere the hexadecimal address of its
 * bytes. */
void text_page(struct text *t, u64 page);

/* Reads decimal digits at *@at and moves it behind them; false if there are none, or above @max. */
bool text_decimal(const char **at, u64 max, u64 *value);
/* Reads "0x" and 1 to 16 digits, or a lone "0", in the same way. */
bool text_hex(const char **at, u64 *value);

/* What a message shows of a text that was not understood: cut short, and nothing unprintable. */
struct text_quote {
	char text[48];
};
struct text_quote text_quote(const char *text);

#endif
