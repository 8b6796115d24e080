/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes JSON, one object a line, for machines. Writing only, so a library would cost each fuzz
 * target a dependency for what is a hundred lines.
 *
 *	struct json j;
 *	json_begin(&j, stdout);
 *	json_string(&j, "name", "mremap");
 *	json_array(&j, "ops");
 *	json_string(&j, NULL, "fork()");
 *	json_close(&j);
 *	json_end(&j);
 */
#ifndef HARNESS_JSON_H
#define HARNESS_JSON_H

#include <stdio.h>

#include "model/types.h"

#define JSON_DEPTH_MAX 8

struct json {
	FILE *out;
	u32 depth;
	char closer[JSON_DEPTH_MAX]; /* what ends each object or array that is open */
	bool comma;                  /* a member stands before the next one */
};

/* Begins the object that is the line. */
void json_begin(struct json *j, FILE *out);
/* Ends it, and whatever is still open in it, with a newline. */
void json_end(struct json *j);

/* In an array, @key is NULL. */
void json_object(struct json *j, const char *key);
void json_array(struct json *j, const char *key);
/* Ends the innermost object or array. */
void json_close(struct json *j);
/* Bytes that are no UTF-8 become U+FFFD. NULL is written as null. */
void json_string(struct json *j, const char *key, const char *value);
void json_u64(struct json *j, const char *key, u64 value);
void json_s64(struct json *j, const char *key, s64 value);
void json_bool(struct json *j, const char *key, bool value);

#endif
