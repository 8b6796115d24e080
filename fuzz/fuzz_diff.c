/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: what two kernels do differently is explained by the rules in which they differ, and
 * each rule shows itself only in operations that it is about.
 *
 * The first two bytes choose two profiles, A and B; the rest is a program. From the rules of A to
 * those of B one rule is switched at a time. Two sets of rules that differ in one rule may differ
 * first in an operation that rule_ops.c names for it, and in no other: so a rule that leaks
 * into another part of the model is found, and every difference between A and B has a name. If no
 * step on the way makes a difference, neither may the whole way, although B is then told what A
 * chose where a kernel is free. And equal rules make none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/engine.h"
#include "fuzz/novelty.h"
#include "fuzz/rule_ops.h"
#include "model/model.h"
#include "model/prog.h"

_Static_assert(FUZZ_PREFIX_BYTES == 2, "two profiles");

struct diff {
	struct model a, b;
	struct snapshot snap;
	struct prog prog;
};

static u64 digest(struct diff *d, const struct model *m)
{
	model_snapshot(m, &d->snap, true);
	return snap_digest(&d->snap);
}

/* Rules @b are told what rules @a chose. The first operation that gives another result or leads to
 * another state, or the number of operations if none does before one model is outgrown. */
static u32 first_difference(struct diff *d, const struct model_rules *a,
			    const struct model_rules *b)
{
	struct model_config config;
	u32 i;

	model_config_default(&config);
	config.rules = *a;
	model_init(&d->a, &config);
	config.rules = *b;
	model_init(&d->b, &config);
	for (i = 0; i < d->prog.count; i++) {
		const struct op *op = &d->prog.ops[i];
		struct op_result ra, rb;

		if (model_step(&d->a, i, op, NULL, &ra) || model_step(&d->b, i, op, &ra, &rb))
			return d->prog.count;
		novelty_after_op(NULL, &d->a, op, &ra);
		if (ra.err != rb.err || ra.value != rb.value ||
		    digest(d, &d->a) != digest(d, &d->b))
			break;
	}
	return i;
}

static _Noreturn void unexplained(const struct diff *d, u32 index, const char *rule,
				  const char *what)
{
	fprintf(stderr, "operation %u: %s: %s\n", index + 1, rule, what);
	prog_print(stderr, &d->prog);
	check_failed(__FILE__, __LINE__, "a difference is not explained");
}

/* From the rules @a to @b, one rule at a time. True: some step made a difference. */
static bool walk(struct diff *d, const struct model_rules *a, const struct model_rules *b)
{
	struct model_rules from = *a, to = *a;
	bool differed = false;

	for (u32 r = 0; r < rule_count; r++) {
		size_t offset = rule_descs[r].offset;
		u32 k;

		((u8 *)&to)[offset] = ((const u8 *)b)[offset];
		if (memcmp(&from, &to, sizeof(from)) == 0)
			continue;
		k = first_difference(d, &from, &to);
		if (k < d->prog.count) {
			differed = true;
			if (!(rule_ops[offset] >> d->prog.ops[k].kind & 1))
				unexplained(d, k, rule_descs[r].name,
					    "is not about this operation");
		}
		from = to;
	}
	CHECK(memcmp(&from, b, sizeof(from)) == 0);
	return differed;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct model_rules *a, *b;
	struct diff *d;
	u32 k;

	if (size < FUZZ_PREFIX_BYTES)
		return 0;
	d = malloc(sizeof(*d));
	CHECK(d);
	a = &model_profiles[data[0] % model_profile_count].rules;
	b = &model_profiles[data[1] % model_profile_count].rules;
	prog_decode(&d->prog, data + FUZZ_PREFIX_BYTES, size - FUZZ_PREFIX_BYTES);
	if (!walk(d, a, b)) {
		k = first_difference(d, a, b);
		if (k < d->prog.count)
			unexplained(d, k, "no single rule", "yet all of them make a difference");
	}
	free(d);
	return 0;
}
