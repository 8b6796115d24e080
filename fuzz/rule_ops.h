/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which operations each rule is about: two kernels that differ in this rule alone may differ first
 * in one of these, and in no other. (Behind it, any operation may.)
 */
#ifndef FUZZ_RULE_OPS_H
#define FUZZ_RULE_OPS_H

#include "model/op.h"
#include "model/rules.h"

/* By rule_desc.offset: a bit mask of enum op_kind. */
extern const u64 rule_ops[sizeof(struct model_rules)];

#endif
