/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: no text makes prog_parse() misbehave, and what it accepts survives being printed: the
 * canonical text is accepted too, means the same program, and is printed as itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/engine.h"
#include "model/prog.h"

/* The canonical text; the caller frees it. */
static char *print(const struct prog *prog)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	CHECK(out);
	CHECK(prog_print(out, prog) == 0);
	CHECK(fclose(out) == 0);
	return text;
}

static void check_round_trip(const struct prog *prog, struct prog_file *again)
{
	struct diag diag;
	char *canonical = print(prog), *twice;

	if (prog_parse(again, "canonical", canonical, &diag)) {
		fprintf(stderr, "%s\n%s", diag.text, canonical);
		check_failed(__FILE__, __LINE__, "canonical text is refused");
	}
	CHECK(prog_equal(prog, &again->prog));
	twice = print(&again->prog);
	CHECK(strcmp(canonical, twice) == 0);
	free(twice);
	free(canonical);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct prog_file *first = malloc(sizeof(*first)), *again = malloc(sizeof(*again));
	char *text = strndup((const char *)data, size);
	struct diag diag = { .text = "" };
	int err;

	CHECK(first && again && text);
	err = prog_parse(first, "input", text, &diag);
	if (err) {
		/* A refusal says where and what. */
		CHECK(err == -EINVAL);
		CHECK(strncmp(diag.text, "input:", 6) == 0);
	} else {
		check_round_trip(&first->prog, again);
	}
	free(text);
	free(again);
	free(first);
	return 0;
}
