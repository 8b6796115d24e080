/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * max_map_count(areas) - sysctl vm.max_map_count. Only a kernel of one's own can be told so, not
 * the one that others use too.
 *
 * Rules
 *  1. It becomes what the first process had mapped at the start of the program and @areas more,
 *     never more than it was then; unlimited makes it that again: a rule of this tool.
 *  2. It is of all processes. Lowering it below what is mapped changes nothing of that.
 *  3. What meets it is said with each operation.
 */
#include "internal.h"

s64 max_map_count(const struct model *m)
{
	s64 start = m->config.max_map_count, lowered;

	if (m->max_areas == LIMIT_NONE)
		return start;
	lowered = (s64)m->config.base_map_count + (s64)m->max_areas;
	return lowered < start ? lowered : start;
}

void model_max_map_count(struct model *m, struct step *s)
{
	m->max_areas = s->op->arg[0];
}
