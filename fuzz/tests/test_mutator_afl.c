/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mutator as AFL++ loads it: a shared library that needs nothing, used as afl-fuzz uses it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "harness/tests/tamper.h"

#define PREFIX 1 /* of fuzz_model */
#define MAX_SIZE (1024 * 1024)

struct library {
	void *handle;
	void *(*init)(void *afl, unsigned int seed);
	void (*deinit)(void *data);
	unsigned int (*fuzz_count)(void *data, const u8 *buf, size_t size);
	size_t (*fuzz)(void *data, u8 *buf, size_t size, u8 **out, u8 *add_buf, size_t add_size,
		       size_t max_size);
	s32 (*init_trim)(void *data, u8 *buf, size_t size);
	size_t (*trim)(void *data, u8 **out);
	s32 (*post_trim)(void *data, u8 success);
};

/* ISO C has no cast from an object pointer to a function pointer. */
static void load(const struct library *lib, const char *name, void *function)
{
	void *symbol = dlsym(lib->handle, name);

	if (!symbol)
		fail_msg("no %s", name);
	memcpy(function, &symbol, sizeof(symbol));
}

static int setup(void **state)
{
	struct library *lib = calloc(1, sizeof(*lib));

	if (!lib)
		return -1;
	lib->handle = dlopen(FUZZ_DIR "/fuzz_model_mutator.so", RTLD_NOW | RTLD_LOCAL);
	if (!lib->handle)
		fail_msg("%s", dlerror());
	load(lib, "afl_custom_init", &lib->init);
	load(lib, "afl_custom_deinit", &lib->deinit);
	load(lib, "afl_custom_fuzz_count", &lib->fuzz_count);
	load(lib, "afl_custom_fuzz", &lib->fuzz);
	load(lib, "afl_custom_init_trim", &lib->init_trim);
	load(lib, "afl_custom_trim", &lib->trim);
	load(lib, "afl_custom_post_trim", &lib->post_trim);
	*state = lib;
	return 0;
}

static int teardown(void **state)
{
	struct library *lib = *state;

	dlclose(lib->handle);
	free(lib);
	return 0;
}

static size_t encode(const char *lines, u8 *bytes, size_t room)
{
	struct prog *prog = malloc(sizeof(*prog));
	size_t size;

	assert_non_null(prog);
	program(prog, lines);
	bytes[0] = 42;
	size = PREFIX + prog_encode(prog, bytes + PREFIX, room - PREFIX);
	free(prog);
	return size;
}

static const char *const lines = "mmap(@0, +4, rw, private|anonymous|fixed, none, 0)\n"
				 "write(@1)\nfork()\nmprotect(@1, +1, r)\n"
				 "munmap(@0, +1)\nmseal(@3, +1, 0)\nread(@1)\n";

static void test_afl_fuzz_depends_on_the_seed_alone(void **state)
{
	struct library *lib = *state;
	u8 in[500], add[500];
	size_t size = encode(lines, in, sizeof(in));
	size_t add_size = encode("exit()\n", add, sizeof(add));
	void *a = lib->init(NULL, 5), *b = lib->init(NULL, 5), *c = lib->init(NULL, 6);
	u32 differ = 0, i;

	for (i = 0; i < 1000; i++) {
		u8 *out_a, *out_b, *out_c;
		size_t size_a = lib->fuzz(a, in, size, &out_a, add, add_size, MAX_SIZE);
		size_t size_b = lib->fuzz(b, in, size, &out_b, add, add_size, MAX_SIZE);
		size_t size_c = lib->fuzz(c, in, size, &out_c, add, add_size, MAX_SIZE);

		assert_true(size_a > PREFIX && (size_a - PREFIX) % OP_BYTES == 0);
		assert_int_equal(size_a, size_b);
		assert_memory_equal(out_a, out_b, size_a);
		differ += size_a != size_c || memcmp(out_a, out_c, size_a) != 0;
	}
	assert_true(differ > 900);
	lib->deinit(a);
	lib->deinit(b);
	lib->deinit(c);
}

static void test_afl_fuzz_keeps_to_the_largest_size(void **state)
{
	struct library *lib = *state;
	u8 in[500], *out;
	size_t size = encode(lines, in, sizeof(in));
	void *data = lib->init(NULL, 1);
	u32 i;

	for (i = 0; i < 1000; i++) {
		assert_in_range(lib->fuzz(data, in, size, &out, NULL, 0, 40), PREFIX + OP_BYTES,
				40);
		assert_int_equal(lib->fuzz(data, in, size, &out, NULL, 0, OP_BYTES), 0);
	}
	assert_true(lib->fuzz_count(data, in, size) > 0);
	assert_true(lib->fuzz_count(data, in, size) > lib->fuzz_count(data, in, 1));
	lib->deinit(data);
}

/* Does it still do what makes it worth keeping? */
static bool has(const u8 *bytes, size_t size, enum op_kind kind)
{
	size_t at;

	for (at = PREFIX; at + OP_BYTES <= size; at += OP_BYTES)
		if (bytes[at] == kind)
			return true;
	return false;
}

/* As afl-fuzz does it: the number of steps that it took, of those that were announced. */
static s32 trim(struct library *lib, void *data, u8 *bytes, size_t *size)
{
	s32 steps = lib->init_trim(data, bytes, *size), step = 0, taken = 0;

	while (step < steps) {
		u8 *out;
		size_t out_size = lib->trim(data, &out);
		bool good = has(out, out_size, OP_FORK) && has(out, out_size, OP_MSEAL);

		assert_true(out_size < *size);
		if (good) {
			memcpy(bytes, out, out_size);
			*size = out_size;
		}
		step = lib->post_trim(data, good);
		assert_in_range(step, 0, steps);
		assert_true(taken++ < steps);
	}
	return taken;
}

static void test_afl_trim_takes_out_all_that_is_not_needed(void **state)
{
	struct library *lib = *state;
	u8 bytes[500];
	size_t size = encode(lines, bytes, sizeof(bytes));
	void *data = lib->init(NULL, 1);

	assert_true(trim(lib, data, bytes, &size) > 2);
	assert_int_equal(size, PREFIX + 2 * OP_BYTES);
	assert_int_equal(bytes[0], 42);
	assert_int_equal(bytes[PREFIX], OP_FORK);
	assert_int_equal(bytes[PREFIX + OP_BYTES], OP_MSEAL);
	/* What cannot be shorter takes as many steps as it has operations, and stays. */
	assert_int_equal(trim(lib, data, bytes, &size), 2);
	assert_int_equal(size, PREFIX + 2 * OP_BYTES);
	lib->deinit(data);
}

static void test_afl_trim_of_what_is_short_has_no_step(void **state)
{
	struct library *lib = *state;
	u8 bytes[PREFIX + OP_BYTES] = {0};
	void *data = lib->init(NULL, 1);

	assert_int_equal(lib->init_trim(data, bytes, sizeof(bytes)), 0);
	assert_int_equal(lib->init_trim(data, bytes, PREFIX), 0);
	assert_int_equal(lib->init_trim(data, bytes, 0), 0);
	lib->deinit(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_afl_fuzz_depends_on_the_seed_alone),
		cmocka_unit_test(test_afl_fuzz_keeps_to_the_largest_size),
		cmocka_unit_test(test_afl_trim_takes_out_all_that_is_not_needed),
		cmocka_unit_test(test_afl_trim_of_what_is_short_has_no_step),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
