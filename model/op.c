/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The descriptors of the operations, expanded from the one table in ops.def. A row has from none to
 * OP_ARGS_MAX arguments; it is padded here with absent ones, so that each row can be taken apart by
 * a macro of fixed length and the arguments counted.
 */
#include "op.h"

#define ARG(KIND, name_) ARG_##KIND, name_
#define ABSENT ARG_NONE, NULL
#define PADDING ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT
#define ROW(weight_, k0, n0, k1, n1, k2, n2, k3, n3, k4, n4, k5, n5, ...)                  \
	.weight = weight_,                                                                 \
	.arg_count = (u32)(!!(k0) + !!(k1) + !!(k2) + !!(k3) + !!(k4) + !!(k5)),           \
	.arg = { { k0, n0 }, { k1, n1 }, { k2, n2 }, { k3, n3 }, { k4, n4 }, { k5, n5 } },

const struct op_desc op_descs[OP_COUNT] = {
#define ROW_OF(...) ROW(__VA_ARGS__)
#define X(ID, name_, ...) [OP_##ID] = { .name = #name_, ROW_OF(__VA_ARGS__, PADDING, 0) },
	OP_TABLE(X)
#undef X
};
