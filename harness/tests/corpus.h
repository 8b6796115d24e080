/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the corpus share: the list of its files, and one run of a file on the model.
 *
 * Everything is in the header because each test is a program of one source file.
 */
#ifndef HARNESS_TESTS_CORPUS_H
#define HARNESS_TESTS_CORPUS_H

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef expect_check /* a macro of cmocka, which these tests do not use */
#include "harness/expect.h"
#include "model/model.h"
#include "model/prog.h"

#define CORPUS_FILES_MAX 2048

struct corpus_name {
	char text[128]; /* below CORPUS_DIR: "golden/j1.vma" */
};

struct corpus {
	u32 count;
	struct corpus_name name[CORPUS_FILES_MAX]; /* sorted */
	struct prog_file file;                     /* the one that was loaded last */
	/* The run of the model that was made last. */
	struct model model;
	struct snapshot final;
	struct op_result results[PROG_OPS_MAX];
};

static inline int corpus_name_compare(const void *a, const void *b)
{
	return strcmp(((const struct corpus_name *)a)->text, ((const struct corpus_name *)b)->text);
}

/* Adds the files of one folder; a folder that is not there has none (regress/ begins that way). */
static inline void corpus_add(struct corpus *c, const char *folder)
{
	char path[512];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", CORPUS_DIR, folder);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len < 5 || strcmp(entry->d_name + len - 4, ".vma") != 0)
			continue;
		CHECK(c->count < CORPUS_FILES_MAX);
		snprintf(c->name[c->count++].text, sizeof(c->name[0].text), "%s/%.100s", folder,
			 entry->d_name);
	}
	if (dir)
		closedir(dir);
}

/* The list of all files; to be freed. NULL if there is no memory. */
static inline struct corpus *corpus_new(void)
{
	struct corpus *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	corpus_add(c, "seed");
	corpus_add(c, "golden");
	corpus_add(c, "known");
	corpus_add(c, "regress");
	qsort(c->name, c->count, sizeof(c->name[0]), corpus_name_compare);
	return c;
}

static inline void corpus_path(const struct corpus *c, u32 index, char *path, size_t size)
{
	snprintf(path, size, "%s/%s", CORPUS_DIR, c->name[index].text);
}

/* Loads the file at @index into c->file; 0 or what prog_load() says. */
static inline int corpus_load(struct corpus *c, u32 index, struct diag *diag)
{
	char path[512];

	corpus_path(c, index, path, sizeof(path));
	return prog_load(&c->file, path, diag);
}

/* The machine that the loaded file's expectations are written for, with a kernel of @profile. */
static inline void corpus_config(const struct corpus *c, struct model_config *config,
				 const struct model_profile *profile, u32 quirks)
{
	expect_config(config, &c->file.prog);
	config->rules = profile->rules;
	config->quirks.on = quirks;
}

/* Runs c->file on the model: c->results and c->final. 0 or -E2BIG. */
static inline int corpus_run(struct corpus *c, const struct model_config *config)
{
	const struct prog *prog = &c->file.prog;
	u32 i;

	model_init(&c->model, config);
	for (i = 0; i < prog->count; i++) {
		int err;

		c->model.fail_at = prog->ops[i].fail_nth;
		err = model_step(&c->model, i, &prog->ops[i], NULL, &c->results[i]);
		if (err)
			return err;
	}
	model_snapshot(&c->model, &c->final, false);
	return 0;
}

/* Is what c->results and c->final hold what c->file says? 0, or -EINVAL and a sentence. */
static inline int corpus_check(struct corpus *c, const char *profile, bool quirks_on,
			       struct diag *diag)
{
	const struct prog_expect *block = expect_find(&c->file, profile, quirks_on);
	u32 count = c->file.prog.count;

	/* Results of its own stand in a block where they are not those behind the operations. */
	if (!(block && block->line_count && block->line[0][0] == '=') &&
	    expect_results(&c->file, c->results, count, diag) != count)
		return -EINVAL;
	return expect_check(&c->file, profile, quirks_on, &c->final, c->results, diag);
}

#endif
