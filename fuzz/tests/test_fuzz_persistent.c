/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One process may be given any number of inputs: the seeds forwards, backwards, and each twice lead
 * to the same states through the body that the targets share, and tell of the same novelty. Besides
 * the seeds there are children of theirs, which no person thought of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz_session.h"
#include "fuzz/mutate.h"
#include "fuzz/novelty.h"

#define INPUTS_MAX 1024
#define BYTES_MAX (64 * OP_BYTES)

struct input {
	u8 bytes[BYTES_MAX];
	size_t size;
	u64 digest; /* of the first round */
};

struct inputs {
	struct fuzz_session *fs;
	struct snapshot snap;
	u32 count;
	struct input input[INPUTS_MAX];
};

static u64 mix(u64 hash, u64 value)
{
	return (hash ^ value) * 1099511628211ull;
}

/* All results, the end state, and what the engine was told of. */
static u64 digest(struct inputs *in, u32 i)
{
	const struct op_result *results = session_results(fuzz_session_session(in->fs));
	const u8 *counters = novelty_counters();
	u64 hash;
	u32 k;

	memset(novelty_counters(), 0, NOVELTY_COUNTERS);
	hash = fuzz_session_run(in->fs, in->input[i].bytes, in->input[i].size);
	model_snapshot(session_model(fuzz_session_session(in->fs)), &in->snap, true);
	hash = mix(hash, snap_digest(&in->snap));
	/* A program that a known bug would stop has no results from there on. */
	for (k = 0; k < session_model(fuzz_session_session(in->fs))->op_index; k++)
		hash = mix(mix(hash, (u64)(u32)results[k].err), results[k].value);
	for (k = 0; k < NOVELTY_COUNTERS; k++)
		hash = mix(hash, counters[k]);
	return hash;
}

static void test_persistent_order_of_inputs_changes_nothing(void **state)
{
	struct inputs *in = *state;
	u32 i, different = 0;

	for (i = 0; i < in->count; i++) {
		in->input[i].digest = digest(in, i);
		different += i > 0 && in->input[i].digest != in->input[i - 1].digest;
	}
	/* The digest does tell inputs apart. */
	assert_true(different > in->count * 9 / 10);
	for (i = in->count; i-- > 0;)
		assert_int_equal(digest(in, i), in->input[i].digest);
	for (i = 0; i < in->count; i++) {
		assert_int_equal(digest(in, i), in->input[i].digest);
		assert_int_equal(digest(in, i), in->input[i].digest);
	}
}

static void read_seed(struct inputs *in, const char *name)
{
	struct input *input = &in->input[in->count++];
	char path[1024];
	FILE *file;

	assert_true(in->count <= INPUTS_MAX / 2);
	snprintf(path, sizeof(path), "%s/seeds/fuzz_live/%s", FUZZ_DIR, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	input->size = fread(input->bytes, 1, sizeof(input->bytes), file);
	fclose(file);
}

static void add_children(struct inputs *in)
{
	struct mutator *mu = mutator_new(&mutate_weights_default);
	u32 seeds = in->count, i;

	assert_non_null(mu);
	for (i = 0; i < seeds; i++) {
		const struct input *a = &in->input[i], *b = &in->input[(i * 7 + 1) % seeds];
		struct input *child = &in->input[in->count++];

		child->size = mutate_bytes(mu, (struct mutate_input){a->bytes, a->size},
					   (struct mutate_input){b->bytes, b->size}, 0,
					   child->bytes, sizeof(child->bytes), i);
	}
	mutator_free(mu);
}

static int setup(void **state)
{
	const struct fuzz_config config = {.type = &backend_model, .pages_each = true};
	struct inputs *in = calloc(1, sizeof(*in));
	DIR *dir = opendir(FUZZ_DIR "/seeds/fuzz_live");
	struct dirent *entry;
	struct diag diag;

	if (!in || !dir)
		return -1;
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			read_seed(in, entry->d_name);
	closedir(dir);
	add_children(in);
	in->fs = fuzz_session_open(&config, &diag);
	*state = in;
	return in->fs && in->count > 200 ? 0 : -1;
}

static int teardown(void **state)
{
	struct inputs *in = *state;

	fuzz_session_close(in->fs);
	free(in);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_persistent_order_of_inputs_changes_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
