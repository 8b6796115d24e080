/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes the seeds of a target that takes programs as bytes: one file for each program in text form
 * below a directory, named after it.
 *
 *	corpus_encode PREFIX-BYTES OUT-DIRECTORY CORPUS
 *
 * PREFIX-BYTES bytes come first, by which the target chooses something; they are drawn from the
 * file's name, so that the seeds choose different things.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "harness/input.h"
#include "model/rng.h"

#define PREFIX_BYTES_MAX 16

struct encoding {
	const char *corpus, *out;
	u32 prefix;
	u32 count;
	struct prog_file file;
	u8 bytes[PREFIX_BYTES_MAX + PROG_OPS_MAX * OP_BYTES];
};

/* "OUT/golden-j1.bin" for "CORPUS/golden/j1.vma". */
static void out_path(const struct encoding *e, const char *path, char *buf, size_t size)
{
	const char *name = path + strlen(e->corpus);
	size_t at;

	name += strspn(name, "/");
	snprintf(buf, size, "%s/%.*s.bin", e->out, (int)strcspn(name, "."), name);
	for (at = strlen(e->out) + 1; at < size && buf[at]; at++)
		if (buf[at] == '/')
			buf[at] = '-';
}

static void draw_prefix(struct encoding *e, const char *path)
{
	struct rng rng;

	rng_seed(&rng, 0);
	for (path += strlen(e->corpus); *path; path++)
		rng_seed(&rng, rng_next(&rng) ^ (u8)*path);
	for (u32 i = 0; i < e->prefix; i++)
		e->bytes[i] = (u8)rng_next(&rng);
}

static int encode_file(void *arg, const char *path)
{
	struct encoding *e = arg;
	struct diag diag;
	char out[4096];
	size_t size;
	FILE *file;

	if (input_load(&e->file, path, &diag)) {
		fprintf(stderr, "corpus_encode: %s\n", diag.text);
		return -EINVAL;
	}
	draw_prefix(e, path);
	size = e->prefix +
	       prog_encode(&e->file.prog, e->bytes + e->prefix, sizeof(e->bytes) - e->prefix);
	out_path(e, path, out, sizeof(out));
	file = fopen(out, "wb");
	if (!file || fwrite(e->bytes, 1, size, file) != size || fclose(file)) {
		fprintf(stderr, "corpus_encode: %s: %s\n", out, strerror(errno));
		return -EIO;
	}
	e->count++;
	return 0;
}

int main(int argc, char **argv)
{
	struct encoding *e = calloc(1, sizeof(*e));
	struct diag diag = { .text = "" };
	char *end = NULL;
	int err;

	CHECK(e);
	if (argc == 4)
		e->prefix = (u32)strtoul(argv[1], &end, 10);
	if (!end || *end || e->prefix > PREFIX_BYTES_MAX) {
		fprintf(stderr, "usage: corpus_encode PREFIX-BYTES OUT-DIRECTORY CORPUS\n");
		free(e);
		return 2;
	}
	e->out = argv[2];
	e->corpus = argv[3];
	err = mkdir(e->out, 0777) && errno != EEXIST ? -errno : 0;
	if (err)
		fprintf(stderr, "corpus_encode: %s: %s\n", e->out, strerror(-err));
	else
		err = input_visit(e->corpus, encode_file, e, &diag);
	if (err && diag.text[0])
		fprintf(stderr, "corpus_encode: %s\n", diag.text);
	free(e);
	return err ? 1 : 0;
}
