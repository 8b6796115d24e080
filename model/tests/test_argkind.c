/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Properties that every kind of argument has, tried on all 65536 codes, and what is particular to
 * each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/abi.h"
#include "model/argkind.h"
#include "model/rng.h"

#define FIRST_KIND (ARG_NONE + 1)

/* The value that @text means to @kind. */
static u64 value_of(enum arg_kind kind, const char *text)
{
	struct diag diag = { "" };
	u64 value = 0;

	if (argkinds[kind].parse(text, &value, &diag))
		fail_msg("%s: %s", text, diag.text);
	return value;
}

static void expect_text(enum arg_kind kind, u64 value, const char *text)
{
	char buf[200];

	assert_int_equal(argkinds[kind].print(buf, sizeof(buf), value), strlen(text));
	assert_string_equal(buf, text);
}

static void test_every_code_decodes_to_what_encodes_to_itself(void **state)
{
	(void)state;
	for (u32 kind = FIRST_KIND; kind < ARG_KIND_COUNT; kind++)
		for (u32 code = 0; code < 65536; code += kind == ARG_ADDR ? 7 : 1) {
			u64 value = argkinds[kind].decode((u16)code);

			if (argkinds[kind].decode(argkinds[kind].encode(value)) != value)
				fail_msg("%s: code %#x", argkinds[kind].name, code);
		}
}

static void test_every_code_prints_what_parses_to_itself(void **state)
{
	char text[200], again[200];
	struct diag diag;
	u64 value, back;

	(void)state;
	for (u32 kind = FIRST_KIND; kind < ARG_KIND_COUNT; kind++)
		for (u32 code = 0; code < 65536; code++) {
			value = argkinds[kind].decode((u16)code);
			argkinds[kind].print(text, sizeof(text), value);
			if (argkinds[kind].parse(text, &back, &diag) || back != value)
				fail_msg("%s: %s", argkinds[kind].name, text);
			argkinds[kind].print(again, sizeof(again), back);
			assert_string_equal(again, text);
		}
}

static void test_print_into_a_short_buffer_is_cut_and_tells_the_length(void **state)
{
	char text[200], cut[3];

	(void)state;
	for (u32 kind = FIRST_KIND; kind < ARG_KIND_COUNT; kind++)
		for (u32 code = 0; code < 65536; code += 251) {
			u64 value = argkinds[kind].decode((u16)code);
			int len = argkinds[kind].print(text, sizeof(text), value);

			assert_int_equal(len, strlen(text));
			assert_int_equal(argkinds[kind].print(cut, sizeof(cut), value), len);
			assert_int_equal(strlen(cut), len < 2 ? len : 2);
			assert_int_equal(argkinds[kind].print(NULL, 0, value), len);
		}
}

static void test_code_zero_is_the_simplest_value(void **state)
{
	static const struct {
		enum arg_kind kind;
		const char *text;
	} simplest[] = {
		{ ARG_ADDR, "@0" },    { ARG_LEN, "+1" },
		{ ARG_PROT, "rw" },    { ARG_MAPFLAGS, "private|anonymous|fixed" },
		{ ARG_FILE, "none" },  { ARG_OFFSET, "0" },
		{ ARG_ADVICE, "normal" }, { ARG_MREMAPFLAGS, "0" },
		{ ARG_MLOCKFLAGS, "0" }, { ARG_MCLFLAGS, "0" },
		{ ARG_ZERO, "0" },	{ ARG_POLICY, "default" },
		{ ARG_NAME, "none" },	{ ARG_CLEAR, "all" },
		{ ARG_UFFD, "u0" },	{ ARG_UFFDFEATURES, "0" },
		{ ARG_UFFDMODE, "missing" }, { ARG_SWITCH, "off" },
		{ ARG_RLIMIT, "as" },	{ ARG_PAGES, "+1" },
	};
	u64 out;

	(void)state;
	assert_int_equal(ARRAY_SIZE(simplest), ARG_KIND_COUNT - FIRST_KIND);
	for (u32 i = 0; i < ARRAY_SIZE(simplest); i++) {
		const struct argkind *kind = &argkinds[simplest[i].kind];

		expect_text(simplest[i].kind, kind->decode(0), simplest[i].text);
		assert_false(kind->simpler(kind->decode(0), 0, &out));
	}
}

/* Takes the simpler value of a random step until there is none. */
static u32 simplify_to_the_end(const struct argkind *kind, u64 value, struct rng *rng)
{
	u32 rounds = 0;

	for (; rounds < 100000; rounds++) {
		u64 first, out;

		if (!kind->simpler(value, 0, &first))
			break;
		assert_true(first != value);
		value = kind->simpler(value, rng_below(rng, 8), &out) ? out : first;
	}
	assert_int_equal(value, kind->decode(0));
	return rounds;
}

static void test_simplifying_again_comes_to_an_end_at_the_simplest(void **state)
{
	struct rng rng;

	(void)state;
	rng_seed(&rng, 1);
	for (u32 kind = FIRST_KIND; kind < ARG_KIND_COUNT; kind++)
		for (u32 code = 0; code < 65536; code += 61)
			assert_in_range(simplify_to_the_end(&argkinds[kind],
							    argkinds[kind].decode((u16)code), &rng),
					0, 10000);
}

static void test_simpler_has_a_last_step(void **state)
{
	u64 out;

	(void)state;
	for (u32 kind = FIRST_KIND; kind < ARG_KIND_COUNT; kind++)
		for (u32 code = 0; code < 65536; code += 61)
			assert_false(argkinds[kind].simpler(argkinds[kind].decode((u16)code), 1000,
							    &out));
}

static void test_simpler_tries_the_wanted_values_in_order(void **state)
{
	static const struct {
		enum arg_kind kind;
		const char *value, *simpler[3];
	} rows[] = {
		{ ARG_ADDR, "@9", { "@0", "@4", "@8" } },
		{ ARG_ADDR, "@-1", { "@0", "@1" } },
		{ ARG_ADDR, "@3+0x8", { "@0", "@3", "@4" } },
		{ ARG_ADDR, "last+2", { "@0", "last", "last+1" } },
		{ ARG_LEN, "+8", { "+1", "+4", "+6" } },
		{ ARG_LEN, "0", { "+1" } },
		{ ARG_LEN, "0x1001", { "+1", "+2" } },
		{ ARG_PROT, "r", { "rw" } },
		{ ARG_PROT, "rx", { "rw", "rwx", "r" } },
		{ ARG_MAPFLAGS, "shared|fixed", { "private|anonymous|fixed", "private|fixed",
						  "shared|anonymous|fixed" } },
		{ ARG_FILE, "m0b", { "none", "m0", "m1" } },
		{ ARG_OFFSET, "+4", { "0", "+1", "+2" } },
		{ ARG_ADVICE, "sequential", { "normal", "random" } },
		{ ARG_MREMAPFLAGS, "maymove|fixed", { "0", "fixed", "maymove" } },
		{ ARG_ZERO, "0x1", { "0" } },
		{ ARG_CLEAR, "mapped", { "all", "anonymous" } },
		{ ARG_NAME, "b", { "none", "a" } },
		{ ARG_POLICY, "interleave", { "default", "bind", "preferred" } },
		{ ARG_UFFD, "u2", { "u0", "u1" } },
		{ ARG_SWITCH, "on", { "off" } },
		{ ARG_RLIMIT, "stack", { "as", "data" } },
		{ ARG_PAGES, "+8", { "+1", "+4", "+6" } },
		{ ARG_PAGES, "unlimited", { "+1", "+2" } },
		{ ARG_UFFDFEATURES, "event_fork|wp_async", { "0", "wp_async", "event_fork" } },
		{ ARG_UFFDMODE, "wp|minor", { "missing", "missing|wp|minor", "minor" } },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		for (u32 step = 0; step < 3 && rows[i].simpler[step]; step++) {
			u64 out = 0;

			assert_true(argkinds[rows[i].kind].simpler(
				value_of(rows[i].kind, rows[i].value), step, &out));
			expect_text(rows[i].kind, out, rows[i].simpler[step]);
		}
}

/* What the byte form must be able to say, and its canonical text. */
static const struct {
	enum arg_kind kind;
	const char *text;
} sayable[] = {
	{ ARG_ADDR, "@-2" },
	{ ARG_ADDR, "@66" },
	{ ARG_ADDR, "@63+0x8" },
	{ ARG_ADDR, "last" },
	{ ARG_ADDR, "last-4" },
	{ ARG_ADDR, "last+60" },
	{ ARG_ADDR, "last+0x1" },
	{ ARG_ADDR, "0" },
	{ ARG_ADDR, "0x1000" },
	{ ARG_ADDR, "0x7ffffffff000" },
	{ ARG_ADDR, "0x7fffffffe000" },
	{ ARG_ADDR, "0xfffffffffffff000" },
	{ ARG_LEN, "0" },
	{ ARG_LEN, "+64" },
	{ ARG_LEN, "+1000" },
	{ ARG_LEN, "0x1" },
	{ ARG_ADDR, "@544" },
	{ ARG_ADDR, "@2080" },
	{ ARG_LEN, "+512" },
	{ ARG_LEN, "0x3001" },
	{ ARG_LEN, "0x2ff8" },
	{ ARG_LEN, "0x800000000000" },
	{ ARG_LEN, "0x8000000000000000" },
	{ ARG_LEN, "0xfffffffffffff000" },
	{ ARG_LEN, "0xffffffffffffffff" },
	{ ARG_PROT, "none" },
	{ ARG_PROT, "x" },
	{ ARG_PROT, "rw|sem" },
	{ ARG_PROT, "r|growsdown|growsup" },
	{ ARG_PROT, "rw|0x10" },
	{ ARG_MAPFLAGS, "0" },
	{ ARG_MAPFLAGS, "shared" },
	{ ARG_MAPFLAGS, "shared_validate|fixed" },
	{ ARG_MAPFLAGS, "droppable|anonymous" },
	{ ARG_MAPFLAGS, "0x4" },
	{ ARG_MAPFLAGS, "anonymous|fixed" },
	{ ARG_MAPFLAGS, "private|anonymous|fixed|fixed_noreplace|noreserve|locked|populate|"
			"nonblock|stack|growsdown|0x200000" },
	{ ARG_MAPFLAGS, "private|anonymous|map_32bit" },
	{ ARG_MAPFLAGS, "shared|fixed|growsdown|map_32bit|0x200000" },
	{ ARG_FILE, "zero" },
	{ ARG_OFFSET, "+40" },
	{ ARG_OFFSET, "0x1001" },
	{ ARG_OFFSET, "0xfffffffffffff000" },
	{ ARG_MREMAPFLAGS, "maymove|fixed|dontunmap" },
	{ ARG_MREMAPFLAGS, "0x8" },
	{ ARG_MREMAPFLAGS, "maymove|0x10" },
	{ ARG_ADVICE, "guard_remove" },
	{ ARG_ADVICE, "0x5" },
	{ ARG_ADVICE, "0x270f" },
	{ ARG_MLOCKFLAGS, "onfault" },
	{ ARG_MLOCKFLAGS, "0x2" },
	{ ARG_MCLFLAGS, "current|future|onfault" },
	{ ARG_MCLFLAGS, "0x8" },
	{ ARG_ZERO, "0x1" },
	{ ARG_POLICY, "bad" },
	{ ARG_NAME, "too_long" },
	{ ARG_CLEAR, "soft_dirty" },
	{ ARG_CLEAR, "bad" },
	{ ARG_NAME, "bad" },
	{ ARG_SWITCH, "on" },
	{ ARG_RLIMIT, "memlock" },
	{ ARG_PAGES, "+64" },
	{ ARG_PAGES, "unlimited" },
	{ ARG_UFFD, "u3" },
	{ ARG_UFFD, "u23" },
	{ ARG_UFFDFEATURES, "event_fork|event_remap|wp_async" },
	{ ARG_UFFDFEATURES, "event_remap|0x10000000000" },
	{ ARG_UFFDMODE, "0" },
	{ ARG_UFFDMODE, "missing|wp|minor" },
	{ ARG_UFFDMODE, "wp|0x10000000000" },
};

static void test_encode_of_what_programs_need_is_exact(void **state)
{
	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(sayable); i++) {
		const struct argkind *kind = &argkinds[sayable[i].kind];
		u64 value = value_of(sayable[i].kind, sayable[i].text);

		expect_text(sayable[i].kind, kind->decode(kind->encode(value)), sayable[i].text);
	}
}

static u64 distance(u64 a, u64 b)
{
	return a > b ? a - b : b - a;
}

static void test_encode_of_any_length_or_offset_is_the_nearest(void **state)
{
	static const enum arg_kind kinds[] = { ARG_LEN, ARG_OFFSET };
	struct rng rng;

	(void)state;
	rng_seed(&rng, 2);
	for (u32 i = 0; i < 200; i++) {
		const struct argkind *kind = &argkinds[kinds[i % 2]];
		u64 value = rng_next(&rng) >> rng_below(&rng, 64), best = UINT64_MAX;

		for (u32 code = 0; code < 65536; code++) {
			u64 d = distance(kind->decode((u16)code), value);

			best = d < best ? d : best;
		}
		assert_int_equal(distance(kind->decode(kind->encode(value)), value), best);
	}
}

static void test_encode_of_any_address_is_the_nearest_of_its_base(void **state)
{
	const struct argkind *kind = &argkinds[ARG_ADDR];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 3);
	for (u32 i = 0; i < 150; i++) {
		enum addr_base base = i % 3;
		s64 offset = (s64)rng_next(&rng) >> (2 + rng_below(&rng, 61));
		u64 value = addr_make(base, offset), back = kind->decode(kind->encode(value));
		s64 best = INT64_MAX;

		for (u32 code = 0; code < 65536; code++) {
			u64 other = kind->decode((u16)code);
			s64 d = addr_offset(other) - offset;

			if (addr_base(other) == base && (d < 0 ? -d : d) < best)
				best = d < 0 ? -d : d;
		}
		assert_int_equal(addr_base(back), base);
		assert_int_equal(addr_offset(back) < offset ? offset - addr_offset(back) :
							      addr_offset(back) - offset, best);
	}
}

static void test_most_random_codes_are_ordinary(void **state)
{
	u32 aligned = 0, small = 0;

	(void)state;
	for (u32 code = 0; code < 65536; code++) {
		u64 addr = argkinds[ARG_ADDR].decode((u16)code);
		u64 len = argkinds[ARG_LEN].decode((u16)code);

		aligned += addr_base(addr) != ADDR_ABSOLUTE && addr_offset(addr) % 4096 == 0;
		small += len % PAGE_BYTES == 0 && len && len <= ARENA_PAGES * PAGE_BYTES;
	}
	assert_in_range(aligned, 65536 * 3 / 4, 65535);
	assert_in_range(small, 65536 * 3 / 4 - 1, 65535);
}

static void test_no_code_is_an_access_across_two_pages(void **state)
{
	(void)state;
	for (u32 code = 0; code < 65536; code++)
		assert_in_range(op_addr(argkinds[ARG_ADDR].decode((u16)code), 0) % PAGE_BYTES, 0,
				PAGE_BYTES - 8);
}

static void test_canonical_text_of_equivalent_spellings(void **state)
{
	static const struct {
		enum arg_kind kind;
		const char *text, *canonical;
	} rows[] = {
		{ ARG_LEN, "+0", "0" },	      { ARG_LEN, "0x0", "0" },
		{ ARG_LEN, "0x2000", "+2" },  { ARG_LEN, "+268435456", "0x10000000000" },
		{ ARG_OFFSET, "+0", "0" },    { ARG_ADDR, "0x0", "0" },
		{ ARG_ADDR, "@-0", "@0" },    { ARG_ADDR, "@03+0x0", "@3" },
		{ ARG_ADDR, "last+0", "last" }, { ARG_ADDR, "last-0+0x8", "last+0x8" },
		{ ARG_ADDR, "0xABC", "0xabc" }, { ARG_PROT, "r|w", "rw" },
		{ ARG_PROT, "sem|x", "x|sem" },
		{ ARG_MAPFLAGS, "private|fixed|anonymous", "private|anonymous|fixed" },
		{ ARG_MAPFLAGS, "0x22", "private|anonymous" },
		{ ARG_ADVICE, "0x4", "dontneed" },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++)
		expect_text(rows[i].kind, value_of(rows[i].kind, rows[i].text), rows[i].canonical);
}

static void test_parse_of_what_is_not_understood_fails_with_a_sentence(void **state)
{
	static const struct {
		enum arg_kind kind;
		const char *text;
	} rows[] = {
		{ ARG_ADDR, "" },	 { ARG_ADDR, "@" },	      { ARG_ADDR, "@x" },
		{ ARG_ADDR, "@1+2" },	 { ARG_ADDR, "@1+0x1000" },   { ARG_ADDR, "@--1" },
		{ ARG_ADDR, "@+1" },	 { ARG_ADDR, "last1" },	      { ARG_ADDR, "last+" },
		{ ARG_ADDR, "4096" },	 { ARG_ADDR, "0x" },	      { ARG_ADDR, "0x1g" },
		{ ARG_ADDR, "@1 " },	 { ARG_ADDR, "@0x1" },
		{ ARG_ADDR, "@562949953421312" }, { ARG_ADDR, "@99999999999999999999999" },
		{ ARG_ADDR, "0x4000000000000000" }, { ARG_ADDR, "0x11111111111111111" },
		{ ARG_LEN, "" },	 { ARG_LEN, "1" },	      { ARG_LEN, "+" },
		{ ARG_LEN, "+0x1" },	 { ARG_LEN, "-1" },	      { ARG_LEN, "4096" },
		{ ARG_LEN, "+4503599627370496" }, { ARG_LEN, "+1 " },
		{ ARG_PROT, "" },	 { ARG_PROT, "wr" },	      { ARG_PROT, "rr" },
		{ ARG_PROT, "rw|" },	 { ARG_PROT, "rw|r" },	      { ARG_PROT, "rwz" },
		{ ARG_PROT, "0" },	 { ARG_PROT, "r|none" },
		{ ARG_MAPFLAGS, "" },	 { ARG_MAPFLAGS, "private|shared" },
		{ ARG_MAPFLAGS, "private|" }, { ARG_MAPFLAGS, "private|0x1" },
		{ ARG_MAPFLAGS, "fixed|private" }, { ARG_MAPFLAGS, "private|fixed|fixed" },
		{ ARG_MAPFLAGS, "private||fixed" }, { ARG_MAPFLAGS, "MAP_PRIVATE" },
		{ ARG_FILE, "" },	 { ARG_FILE, "m2" },	      { ARG_FILE, "0x1" },
		{ ARG_MREMAPFLAGS, "" }, { ARG_MREMAPFLAGS, "private" },
		{ ARG_ADVICE, "" },	 { ARG_ADVICE, "5" },	      { ARG_ADVICE, "normal|free" },
		{ ARG_ADVICE, "0x80000000" }, { ARG_ADVICE, "0x64" }, { ARG_ADVICE, "0x65" },
		{ ARG_MLOCKFLAGS, "current" }, { ARG_MCLFLAGS, "currently" },
		{ ARG_ZERO, "" },	 { ARG_ZERO, "1" },	      { ARG_ZERO, "zero" },
		{ ARG_CLEAR, "" },	 { ARG_CLEAR, "4" },
		{ ARG_NAME, "" },	 { ARG_NAME, "c" },	      { ARG_NAME, "0x1" },
		{ ARG_POLICY, "" },	 { ARG_POLICY, "0" },	      { ARG_POLICY, "bind|local" },
		{ ARG_RLIMIT, "" },	 { ARG_RLIMIT, "nofile" },    { ARG_RLIMIT, "0x1" },
		{ ARG_PAGES, "" },	 { ARG_PAGES, "+0" },	      { ARG_PAGES, "+65" },
		{ ARG_PAGES, "4" },	 { ARG_PAGES, "+" },
		{ ARG_SWITCH, "" },	 { ARG_SWITCH, "1" },	      { ARG_SWITCH, "ON" },
		{ ARG_UFFD, "" },	 { ARG_UFFD, "u24" },	      { ARG_UFFD, "0" },
		{ ARG_UFFD, "u" },	 { ARG_UFFD, "u0x1" },
		{ ARG_UFFDFEATURES, "" }, { ARG_UFFDFEATURES, "sigbus" },
		{ ARG_UFFDFEATURES, "0x40" }, { ARG_UFFDFEATURES, "wp_async|" },
		{ ARG_UFFDMODE, "" },	 { ARG_UFFDMODE, "rwp" },     { ARG_UFFDMODE, "0x8" },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(rows); i++) {
		struct diag diag = { "" };
		u64 value;

		if (argkinds[rows[i].kind].parse(rows[i].text, &value, &diag) != -EINVAL)
			fail_msg("\"%s\" was understood", rows[i].text);
		assert_true(strlen(diag.text) > 10);
	}
}

/* Privileged, these take memory away from the machine. */
static void test_no_advice_damages_memory(void **state)
{
	(void)state;
	for (u32 code = 0; code < 65536; code++) {
		u64 advice = argkinds[ARG_ADVICE].decode((u16)code);

		assert_true(advice != 100 && advice != 101);
	}
}

/* A length that is neither small nor sure to be refused would take all memory if populated. */
static void test_no_length_could_be_all_of_memory(void **state)
{
	(void)state;
	for (u32 code = 0; code < 65536; code++) {
		u64 len = argkinds[ARG_LEN].decode((u16)code);

		assert_true(len <= 1024 * PAGE_BYTES || len > ABI_TASK_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_code_decodes_to_what_encodes_to_itself),
		cmocka_unit_test(test_every_code_prints_what_parses_to_itself),
		cmocka_unit_test(test_print_into_a_short_buffer_is_cut_and_tells_the_length),
		cmocka_unit_test(test_code_zero_is_the_simplest_value),
		cmocka_unit_test(test_simplifying_again_comes_to_an_end_at_the_simplest),
		cmocka_unit_test(test_simpler_has_a_last_step),
		cmocka_unit_test(test_simpler_tries_the_wanted_values_in_order),
		cmocka_unit_test(test_encode_of_what_programs_need_is_exact),
		cmocka_unit_test(test_encode_of_any_length_or_offset_is_the_nearest),
		cmocka_unit_test(test_encode_of_any_address_is_the_nearest_of_its_base),
		cmocka_unit_test(test_most_random_codes_are_ordinary),
		cmocka_unit_test(test_no_code_is_an_access_across_two_pages),
		cmocka_unit_test(test_canonical_text_of_equivalent_spellings),
		cmocka_unit_test(test_parse_of_what_is_not_understood_fails_with_a_sentence),
		cmocka_unit_test(test_no_advice_damages_memory),
		cmocka_unit_test(test_no_length_could_be_all_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
