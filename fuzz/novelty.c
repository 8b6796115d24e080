/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cases are numbered by a hash: there are more combinations than can occur, and few that do.
 */
#include "fuzz/novelty.h"

static u64 mix(u64 hash, u64 value)
{
	hash = (hash ^ value) * 0xff51afd7ed558ccdull;
	return hash ^ hash >> 32;
}

void novelty_after_op(void *arg, const struct model *m, const struct op *op,
		      const struct op_result *result)
{
	u64 hash = mix(mix(1, op->kind), (u64)(u32)result->err);

	(void)arg;
	novelty_tell((u32)(hash % NOVELTY_COUNTERS));
	for (u32 i = 0; i < m->merge_count; i++) {
		u64 rules = (u64)m->merges[i].prev * MERGE_RULE_COUNT + m->merges[i].next;

		novelty_tell((u32)(mix(hash, 1 + rules) % NOVELTY_COUNTERS));
	}
}
