/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of backends, a new one is a line here; and what programs a backend can run.
 */
#include "harness/backend.h"

#include <errno.h>
#include <string.h>

const struct backend_type *const backend_types[] = {
	&backend_live,
	&backend_kernel,
	&backend_model,
	&backend_mutant,
	NULL,
};

const struct backend_type *backend_find(const char *text, struct backend_opts *opts,
					struct diag *diag)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	u32 i;

	for (i = 0; backend_types[i]; i++) {
		const char *name = backend_types[i]->name;

		if (strlen(name) != len || strncmp(name, text, len) != 0)
			continue;
		opts->spec = colon ? colon + 1 : NULL;
		return backend_types[i];
	}
	diag_set(diag, -EINVAL,
		 "no backend named \"%.*s\": there are live, kernel[:NAME], model[:PROFILE] and "
		 "mutant:N",
		 (int)len, text);
	return NULL;
}

static const char *lacks_for(const struct backend *b, const struct op *op)
{
	const struct op_desc *desc = &op_descs[op->kind];
	u32 k;

	if (!(b->ops >> op->kind & 1))
		return desc->name;
	if (op->fail_nth && !b->can_fail_alloc)
		return "way to make an allocation fail";
	if (op->kind == OP_UFFD_OPEN && !b->config.uffd_events &&
	    op->arg[0] & (ABI_UFFD_EVENT_FORK | ABI_UFFD_EVENT_REMAP))
		return "reader of the events of userfaultfds";
	for (k = 0; k < desc->arg_count; k++)
		if (desc->arg[k].kind == ARG_FILE && !(b->files >> op->arg[k] & 1))
			return "such file";
	return NULL;
}

const char *backend_lacks(const struct backend *b, const struct prog *prog, u32 *op)
{
	const char *lacking = NULL;

	for (*op = 0; *op < prog->count && !lacking; ++*op)
		lacking = lacks_for(b, &prog->ops[*op]);
	*op -= lacking != NULL;
	return lacking;
}
