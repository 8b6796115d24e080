/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writing programs: the canonical text form of operations and results; prog.h describes it.
 */
#include <errno.h>
#include <inttypes.h>

#include "argkind.h"
#include "prog.h"
#include "text.h"

/* Every error that a kernel hands to a program. */
#define ERRORS(E)                                                                            \
	E(EPERM) E(ENOENT) E(ESRCH) E(EINTR) E(EIO) E(ENXIO) E(E2BIG) E(ENOEXEC) E(EBADF)    \
	E(ECHILD) E(EAGAIN) E(ENOMEM) E(EACCES) E(EFAULT) E(ENOTBLK) E(EBUSY) E(EEXIST)      \
	E(EXDEV) E(ENODEV) E(ENOTDIR) E(EISDIR) E(EINVAL) E(ENFILE) E(EMFILE) E(ENOTTY)      \
	E(ETXTBSY) E(EFBIG) E(ENOSPC) E(ESPIPE) E(EROFS) E(EMLINK) E(EPIPE) E(EDOM)          \
	E(ERANGE) E(EDEADLK) E(ENAMETOOLONG) E(ENOLCK) E(ENOSYS) E(ENOTEMPTY) E(ELOOP)       \
	E(EPROTO) E(EBADMSG) E(EOVERFLOW) E(EILSEQ) E(EUSERS) E(EOPNOTSUPP) E(ETIMEDOUT)     \
	E(EALREADY) E(EINPROGRESS) E(ESTALE) E(EDQUOT) E(ECANCELED) E(EOWNERDEAD)            \
	E(ENOTRECOVERABLE) E(EHWPOISON)

static const struct {
	s32 err;
	const char *name;
} errors[] = {
#define E(name) { -name, #name },
	ERRORS(E)
#undef E
	{ RESULT_SIGSEGV, "SIGSEGV" },
	{ RESULT_OOPS, "OOPS" },
	{ RESULT_SIGBUS, "SIGBUS" },
	{ RESULT_REFUSED, "REFUSED" },
	{ 0, "0" },
};

const char *err_name(s32 err)
{
	for (u32 i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].err == err)
			return errors[i].name;
	return "unknown error";
}

/* Kernels have been seen to give back numbers that are no error's: they print as "E1024". */
static bool err_known(s32 err)
{
	for (u32 i = 0; i < ARRAY_SIZE(errors); i++)
		if (errors[i].err == err)
			return true;
	return false;
}

int op_print(char *buf, size_t size, const struct op *op)
{
	const struct op_desc *desc = &op_descs[op->kind];
	char arg[200];
	struct text t;

	text_init(&t, buf, size);
	if (op->proc)
		text_add(&t, "p%u: ", op->proc);
	text_add(&t, "%s(", desc->name);
	for (u32 i = 0; i < desc->arg_count; i++) {
		argkinds[desc->arg[i].kind].print(arg, sizeof(arg), op->arg[i]);
		text_add(&t, "%s%s", i ? ", " : "", arg);
	}
	text_add(&t, ")");
	if (op->fail_nth)
		text_add(&t, " fail_nth=%u", op->fail_nth);
	return (int)t.len;
}

int result_print(char *buf, size_t size, const struct op *op, const struct op_result *result)
{
	struct text t;

	text_init(&t, buf, size);
	if (result->err < 0 && result->err > -4096 && !err_known(result->err))
		text_add(&t, "E%d", -result->err);
	else if (result->err)
		text_add(&t, "%s", err_name(result->err));
	else if (op->kind == OP_READ)
		text_add(&t, "%" PRIu64, result->value);
	else if (op->kind == OP_FORK)
		text_add(&t, "p%" PRIu64, result->value);
	else if (op->kind == OP_UFFD_OPEN)
		text_add(&t, "u%" PRIu64, result->value);
	else if (op->kind != OP_MMAP && op->kind != OP_MREMAP && op->kind != OP_BRK)
		text_add(&t, "0");
	else if (result->value % PAGE_BYTES == 0)
		text_page(&t, result->value / PAGE_BYTES);
	else
		text_add(&t, "%#" PRIx64, result->value);
	return (int)t.len;
}

int prog_print(FILE *out, const struct prog *prog)
{
	char line[512];

	errno = 0;
	fputs("vma 1\n", out);
	for (u32 i = 0; i < prog->count; i++) {
		op_print(line, sizeof(line), &prog->ops[i]);
		fprintf(out, "%s\n", line);
	}
	if (fflush(out) || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}
