/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main() for a fuzz target without a fuzzing engine: replays the files it is given, and with
 * --mutate inputs that it makes of them. The same arguments give the same inputs, so CI needs no
 * engine, and what fails there fails again everywhere.
 *
 *	TARGET [--mutate N] [--seed N] FILE|DIRECTORY...
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/engine.h"
#include "model/rng.h"

#define INPUTS_MAX 4096
#define INPUT_BYTES_MAX 65536u
#define MADE_BYTES_MAX 2048u /* of what a target's own mutator makes */
#define PATH_BYTES_MAX 4096

/* What a target may have. */
#pragma weak LLVMFuzzerInitialize
#pragma weak LLVMFuzzerCustomMutator
#pragma weak LLVMFuzzerCustomCrossOver

struct input {
	u8 *bytes;
	size_t size;
};

struct inputs {
	u32 count;
	struct input input[INPUTS_MAX];
};

/* A copy of its own for each run, so that a sanitizer sees a read past its end. */
static void run_one(const u8 *bytes, size_t size)
{
	u8 *copy = malloc(size ? size : 1);

	CHECK(copy);
	if (size)
		memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
}

static int add_file(struct inputs *in, const char *path)
{
	struct input *input = &in->input[in->count];
	FILE *file = fopen(path, "rb");

	if (!file || in->count == INPUTS_MAX) {
		fprintf(stderr, "%s: %s\n", path, file ? "too many files" : strerror(errno));
		if (file)
			fclose(file);
		return -1;
	}
	input->bytes = malloc(INPUT_BYTES_MAX);
	CHECK(input->bytes);
	input->size = fread(input->bytes, 1, INPUT_BYTES_MAX, file);
	in->count++;
	fclose(file);
	return 0;
}

/* Adds a file, or all files of a directory in the order of their names, and of those below it. */
static int add_path(struct inputs *in, const char *path, u32 depth)
{
	struct stat st;
	struct dirent **entries;
	int count, err = 0;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return add_file(in, path);
	count = depth < 8 ? scandir(path, &entries, NULL, alphasort) : -1;
	if (count < 0) {
		fprintf(stderr, "%s: %s\n", path, depth < 8 ? strerror(errno) : "too deep");
		return -1;
	}
	for (int i = 0; i < count; i++) {
		char below[PATH_BYTES_MAX];

		if (entries[i]->d_name[0] != '.' && !err) {
			int len = snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);

			err = len < (int)sizeof(below) ? add_path(in, below, depth + 1) : -1;
		}
		free(entries[i]);
	}
	free(entries);
	return err;
}

/* Overwrites, removes or repeats a few bytes somewhere. */
static size_t mutate_once(struct rng *rng, u8 *bytes, size_t size)
{
	u32 from = rng_below(rng, (u32)size), to = rng_below(rng, (u32)size);
	u32 len = 1 + rng_below(rng, 1u << rng_below(rng, 7));
	size_t rest = size - (from > to ? from : to);

	if (size == 0 || len > rest)
		return size;
	switch (rng_below(rng, 4)) {
	case 0:
		bytes[from] = (u8)rng_next(rng);
		return size;
	case 1:
		bytes[from] ^= (u8)(1u << rng_below(rng, 8));
		return size;
	case 2:
		memmove(bytes + from, bytes + from + len, size - from - len);
		return size - len;
	default:
		memmove(bytes + to, bytes + from, len);
		return size;
	}
}

size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size)
{
	struct rng rng;

	/* There is no seed, so the input is one: the same input gives the same output. */
	rng_seed(&rng, size);
	for (size_t i = 0; i < size; i++)
		rng_seed(&rng, rng_next(&rng) ^ data[i]);
	if (size < max_size)
		data[size++] = (u8)rng_next(&rng);
	return mutate_once(&rng, data, size);
}

/* One of the inputs as the target's own mutator changes it, or a child of two. */
static size_t make_by_target(const struct inputs *in, struct rng *rng, u8 *bytes)
{
	const struct input *a = &in->input[rng_below(rng, in->count)];
	const struct input *b = &in->input[rng_below(rng, in->count)];
	size_t size = a->size < MADE_BYTES_MAX ? a->size : MADE_BYTES_MAX;

	if (LLVMFuzzerCustomCrossOver && rng_one_in(rng, 4))
		size = LLVMFuzzerCustomCrossOver(a->bytes, a->size, b->bytes, b->size, bytes,
						 MADE_BYTES_MAX, (unsigned int)rng_next(rng));
	else
		memcpy(bytes, a->bytes, size);
	for (u32 n = 1 + rng_below(rng, 3); n > 0; n--)
		size = LLVMFuzzerCustomMutator(bytes, size, MADE_BYTES_MAX,
					       (unsigned int)rng_next(rng));
	return size;
}

/* One of the inputs with a few bytes changed, or with another's end; or bytes out of nowhere. */
static void run_mutated(const struct inputs *in, struct rng *rng, u8 *bytes)
{
	size_t size = 0;

	if (LLVMFuzzerCustomMutator && in->count && rng_one_in(rng, 2)) {
		size = make_by_target(in, rng, bytes);
	} else if (in->count == 0 || rng_one_in(rng, 4)) {
		size = rng_below(rng, 1024);
		for (size_t i = 0; i < size; i++)
			bytes[i] = rng_one_in(rng, 2) ? (u8)rng_next(rng) : 0;
	} else {
		const struct input *a = &in->input[rng_below(rng, in->count)];
		const struct input *b = &in->input[rng_below(rng, in->count)];
		size_t cut = rng_below(rng, (u32)b->size);

		size = a->size;
		memcpy(bytes, a->bytes, size);
		if (rng_one_in(rng, 4) && cut < size) {
			memcpy(bytes + cut, b->bytes + cut, b->size - cut);
			size = b->size;
		}
		for (u32 n = rng_below(rng, 8); n > 0; n--)
			size = mutate_once(rng, bytes, size);
	}
	run_one(bytes, size);
}

int main(int argc, char **argv)
{
	struct inputs *in = calloc(1, sizeof(*in));
	u8 *bytes = malloc(INPUT_BYTES_MAX);
	unsigned long mutate = 0, seed = 1;
	struct rng rng;
	int err = 0;

	CHECK(in && bytes);
	if (LLVMFuzzerInitialize)
		LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc && !err; i++) {
		if (strcmp(argv[i], "--mutate") == 0 && i + 1 < argc)
			mutate = strtoul(argv[++i], NULL, 0);
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			seed = strtoul(argv[++i], NULL, 0);
		else
			err = add_path(in, argv[i], 0);
	}
	for (u32 i = 0; i < in->count && !err; i++)
		run_one(in->input[i].bytes, in->input[i].size);
	rng_seed(&rng, seed);
	for (unsigned long i = 0; i < mutate && !err; i++)
		run_mutated(in, &rng, bytes);
	if (!err)
		printf("%u files and %lu inputs made of them: no failure\n", in->count, mutate);

	for (u32 i = 0; i < in->count; i++)
		free(in->input[i].bytes);
	free(in);
	free(bytes);
	return err ? 2 : 0;
}
