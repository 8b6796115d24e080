/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model as a backend, in two roles that share all but what they are configured with:
 *
 *	model:PROFILE  stands for a kernel: the rules of that profile with that kernel's known bugs
 *	mutant:N       the newest specification with one deliberate mistake, to prove that the
 *	               comparison can fail
 *
 * Both predict: nothing tells them what another side did. What they allocate is the points of
 * alloc_points.def: of an operation with fail_nth=3 the third point that it meets fails.
 */
#include "harness/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct model_backend {
	struct backend base;
	struct model_config config; /* of the model that plays the kernel */
	const struct prog *prog;
	u32 index;                  /* of the last operation */
	bool pages_each;
	struct model model;
};

static struct model_backend *of(struct backend *b)
{
	return (struct model_backend *)b;
}

static struct model_backend *backend_new(const struct backend_type *type,
					 const struct backend_opts *opts,
					 const struct model_profile *profile)
{
	struct model_backend *mb = calloc(1, sizeof(*mb));

	if (!mb)
		return NULL;
	mb->base.type = type;
	mb->base.observes = SNAP_ALL;
	mb->base.ops = OPS_ALL;
	mb->base.files = FILES_ALL;
	mb->base.can_fail_alloc = true;
	if (opts->machine)
		mb->config = *opts->machine;
	else
		model_config_default(&mb->config);
	mb->config.quirks.on = 0;
	mb->config.rules = profile->rules;
	mb->base.config = mb->config;
	mb->base.profile = profile->name;
	mb->base.profile_exact = true;
	return mb;
}

static const struct model_profile *newest(void)
{
	return &model_profiles[model_profile_count - 1];
}

static int open_model(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	const struct model_profile *profile = opts->spec ? profile_find(opts->spec) : newest();
	struct model_backend *mb;

	if (!profile)
		return diag_set(diag, -EINVAL,
				"no profile named \"%s\": 'vmafuzz rules --profiles' lists them",
				opts->spec);
	mb = backend_new(&backend_model, opts, profile);
	if (!mb)
		return diag_set(diag, -ENOMEM, "out of memory");
	mb->config.quirks = profile->quirks;
	model_init(&mb->model, &mb->config);
	snprintf(mb->base.kernel, sizeof(mb->base.kernel), "model of %s", profile->kernel);
	snprintf(mb->base.observation, sizeof(mb->base.observation),
		 "everything; no kernel is run, the model stands for it with its known bugs");
	*out = &mb->base;
	return 0;
}

/* The number that @spec, a number or a name, means; 0 if none. */
static u32 mutant_find(const char *spec)
{
	char *end;
	unsigned long n = strtoul(spec, &end, 10);
	u32 i;

	if (end != spec && *end == '\0')
		return n < mutant_count ? (u32)n : 0;
	for (i = 1; i < mutant_count; i++)
		if (strcmp(mutant_descs[i].name, spec) == 0)
			return i;
	return 0;
}

static int open_mutant(struct backend **out, const struct backend_opts *opts, struct diag *diag)
{
	u32 mutant = opts->spec ? mutant_find(opts->spec) : 0;
	struct model_backend *mb;
	const char *profile;

	if (!mutant)
		return diag_set(diag, -EINVAL,
				"no mutant \"%s\": give a number from 1 to %u or a name ('%s')",
				opts->spec ? opts->spec : "", mutant_count - 1,
				mutant_descs[1].name);
	profile = mutant_descs[mutant].profile;
	mb = backend_new(&backend_mutant, opts, profile ? profile_find(profile) : newest());
	if (!mb)
		return diag_set(diag, -ENOMEM, "out of memory");
	mb->config.mutant = mutant;
	model_init(&mb->model, &mb->config);
	snprintf(mb->base.kernel, sizeof(mb->base.kernel), "mutant %u, %s: %s", mutant,
		 mutant_descs[mutant].name, mutant_descs[mutant].what);
	snprintf(mb->base.observation, sizeof(mb->base.observation),
		 "everything; no kernel is run, the model has a deliberate mistake");
	*out = &mb->base;
	return 0;
}

static int reset(struct backend *b, const struct prog *prog, bool pages_each, struct diag *diag)
{
	struct model_backend *mb = of(b);

	(void)diag;
	mb->prog = prog;
	mb->pages_each = pages_each;
	model_reset(&mb->model);
	return 0;
}

static int exec(struct backend *b, u32 index, struct op_result *result, struct diag *diag)
{
	struct model_backend *mb = of(b);

	(void)diag;
	mb->index = index;
	mb->model.fail_at = mb->prog->ops[index].fail_nth;
	/* The session's own model outgrows its arrays with the same program, and skips the case. */
	if (model_step(&mb->model, index, &mb->prog->ops[index], NULL, result)) {
		result->err = RESULT_REFUSED;
		result->value = 0;
	}
	result->alloc_failed = mb->model.failed != ALLOC_NONE;
	return 0;
}

static int snapshot(struct backend *b, struct snapshot *snap, struct diag *diag)
{
	struct model_backend *mb = of(b);

	(void)diag;
	model_snapshot(&mb->model, snap, mb->pages_each || mb->index + 1 == mb->prog->count);
	return 0;
}

static void close_model(struct backend *b)
{
	free(of(b));
}

const struct backend_type backend_model = {
	.name = "model",
	.what = "the model itself with the known bugs of a kernel: model:PROFILE",
	.open = open_model,
	.reset = reset,
	.exec = exec,
	.snapshot = snapshot,
	.close = close_model,
};

const struct backend_type backend_mutant = {
	.name = "mutant",
	.what = "the model with one deliberate mistake: mutant:N or mutant:NAME",
	.open = open_mutant,
	.reset = reset,
	.exec = exec,
	.snapshot = snapshot,
	.close = close_model,
};
