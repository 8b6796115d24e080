/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The byte form of programs: records of fixed size, so that a mutator which knows nothing of
 * operations still changes one thing at a time, and total, so that no mutation is wasted.
 *
 *	byte 0      operation, modulo OP_COUNT
 *	byte 1      process, modulo PROCS_MAX
 *	bytes 2-13  a code of 16 bits, little endian, for each argument; see argkind.h
 *	byte 14     which allocation fails: the highest OP_FAIL_MAX values mean the first to the
 *	            last that can be named, all others none
 *
 * So one random byte in eight makes an allocation fail, and programs that mutators make mostly run
 * as the system calls say.
 */
#include <string.h>

#include "argkind.h"
#include "prog.h"

#define FAIL_BYTE (OP_BYTES - 1)
#define FAIL_NONE (UINT8_MAX - OP_FAIL_MAX) /* the highest value that means none */

static void op_decode(struct op *op, const u8 *bytes)
{
	const struct op_desc *desc;

	*op = (struct op){ .kind = bytes[0] % OP_COUNT, .proc = bytes[1] % PROCS_MAX };
	desc = &op_descs[op->kind];
	for (u32 i = 0; i < desc->arg_count; i++) {
		u16 code = (u16)(bytes[2 + 2 * i] | bytes[3 + 2 * i] << 8);

		op->arg[i] = argkinds[desc->arg[i].kind].decode(code);
	}
	if (bytes[FAIL_BYTE] > FAIL_NONE)
		op->fail_nth = (u8)(bytes[FAIL_BYTE] - FAIL_NONE);
}

static void op_encode(const struct op *op, u8 *bytes)
{
	const struct op_desc *desc = &op_descs[op->kind];

	memset(bytes, 0, OP_BYTES);
	bytes[0] = op->kind;
	bytes[1] = op->proc;
	if (op->fail_nth)
		bytes[FAIL_BYTE] = (u8)(FAIL_NONE + op->fail_nth);
	for (u32 i = 0; i < desc->arg_count; i++) {
		u16 code = argkinds[desc->arg[i].kind].encode(op->arg[i]);

		bytes[2 + 2 * i] = (u8)code;
		bytes[3 + 2 * i] = (u8)(code >> 8);
	}
}

void prog_decode(struct prog *prog, const u8 *bytes, size_t size)
{
	for (prog->count = 0; size >= OP_BYTES && prog->count < PROG_OPS_MAX; size -= OP_BYTES) {
		op_decode(&prog->ops[prog->count++], bytes);
		bytes += OP_BYTES;
	}
}

size_t prog_encode(const struct prog *prog, u8 *bytes, size_t room)
{
	if (room < prog->count * (size_t)OP_BYTES)
		return 0;
	for (u32 i = 0; i < prog->count; i++)
		op_encode(&prog->ops[i], bytes + i * (size_t)OP_BYTES);
	return prog->count * (size_t)OP_BYTES;
}
