/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of backends. A new one is a line here.
 */
#include "harness/backend.h"

#include <errno.h>
#include <string.h>

const struct backend_type *const backend_types[] = {
	&backend_live,
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
		 "no backend named \"%.*s\": there are live, model[:PROFILE] and mutant:N",
		 (int)len, text);
	return NULL;
}
