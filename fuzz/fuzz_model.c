/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: whatever the program, the model of every kernel keeps its own invariants after each
 * operation, whichever allocation fails in it, and the same program leads to the same state when it
 * is run again.
 *
 * The first byte chooses the profile, the rest is the program.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/engine.h"
#include "fuzz/novelty.h"
#include "model/model.h"
#include "model/prog.h"

_Static_assert(FUZZ_PREFIX_BYTES == 1, "the profile");

static void check_invariants(const struct model *m, const struct prog *prog, u32 index)
{
	struct diag diag;

	if (model_check(m, &diag))
		return;
	fprintf(stderr, "after operation %u: %s\n", index, diag.text);
	prog_print(stderr, prog);
	check_failed(__FILE__, __LINE__, "an invariant of the model is broken");
}

/* A digest of all results and all states on the way. */
static u64 run(struct model *m, struct snapshot *snap, const struct prog *prog)
{
	u64 digest = 0;

	model_reset(m);
	for (u32 i = 0; i < prog->count; i++) {
		struct op_result want = { 0 };
		int err;

		m->fail_at = prog->ops[i].fail_nth;
		err = model_step(m, i, &prog->ops[i], NULL, &want);
		if (err) {
			/* The program outgrew the model, which then says how. */
			CHECK(err == -E2BIG && m->limit);
			break;
		}
		check_invariants(m, prog, i);
		novelty_after_op(NULL, m, &prog->ops[i], &want);
		model_snapshot(m, snap, true);
		digest = (digest ^ snap_digest(snap) ^ (u64)(u32)want.err ^ want.value) *
			 0x100000001b3ull;
	}
	return digest;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct model_config config;
	struct model *m;
	struct snapshot *snap;
	struct prog *prog;

	if (size == 0)
		return 0;
	m = malloc(sizeof(*m));
	snap = malloc(sizeof(*snap));
	prog = malloc(sizeof(*prog));
	CHECK(m && snap && prog);

	model_config_default(&config);
	config.rules = model_profiles[data[0] % model_profile_count].rules;
	config.quirks = model_profiles[data[0] % model_profile_count].quirks;
	prog_decode(prog, data + 1, size - 1);
	model_init(m, &config);
	CHECK(run(m, snap, prog) == run(m, snap, prog));

	free(prog);
	free(snap);
	free(m);
	return 0;
}
