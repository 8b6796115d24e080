/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model as a whole: set-up, reset, one step.
 */
#include <errno.h>
#include <string.h>

#include "model.h"
#include "internal.h"

static model_fn *const model_fns[OP_COUNT] = {
#define X(ID, name, ...) [OP_##ID] = model_##name,
	OP_TABLE(X)
#undef X
};

/* clang-format off */
const struct mutant_desc mutant_descs[] = {
	[MUTANT_NONE] = { "none", ASPECT_NONE, NULL, "no mistake" },
#define M(NAME, aspect_, profile_, what_) [MUTANT_##NAME] = { #NAME, aspect_, profile_, what_ },
	MUTANT_TABLE(M)
#undef M
};
/* clang-format on */
const u32 mutant_count = MUTANT_COUNT;

/* clang-format off */
const struct alloc_point_desc alloc_point_descs[ALLOC_POINT_COUNT] = {
	[ALLOC_NONE] = { "none", "", "no failure is noticed" },
#define P(NAME, name_, source_, effect_) [ALLOC_##NAME] = { #name_, source_, effect_ },
	ALLOC_POINT_TABLE(P)
#undef P
};
/* clang-format on */

void model_config_default(struct model_config *config)
{
	*config = (struct model_config){
		.ksm = true,
		.thp = true,
		.swap_support = true,
		.own_memory = true,
		.numa = true,
		.anon_name = true,
		.cap_ipc_lock = true,
		.cap_rawio = true,
		.uffd_events = true,
		.uffd_wp_files = true,
		.mmap_min_addr = 65536,
		.hint_min_addr = 65536,
		.rlimit_memlock = 2048,
		.rlimit_stack = 2048,
		.max_map_count = 65530,
		.base_end = ABI_TASK_SIZE >> PAGE_SHIFT,
	};
#define R(name, newest, ...) config->rules.name = newest;
	RULE_TABLE(R)
#undef R
}

void model_init(struct model *m, const struct model_config *config)
{
	memset(m, 0, sizeof(*m));
	m->config = *config;
	model_reset(m);
}

void model_reset(struct model *m)
{
	/* In the order of enum file_arg, which is what an operation names them by. */
	static const struct model_file files[FILE_ARG_COUNT] = {
		[FILE_MEM0] = { 0, true, FILE_PAGES },
		[FILE_MEM1] = { 1, true, FILE_PAGES },
		[FILE_MEM0B] = { 0, true, FILE_PAGES },
		[FILE_MEM0RO] = { 0, false, FILE_PAGES },
		[FILE_ZERO] = { MODEL_INODE_ZERO, true, ~0ull },
		[FILE_DEV] = { MODEL_INODE_DEV, true, FILE_PAGES },
	};
	struct model_mm *mm = &m->mm[0];

	mm->alive = true;
	mm->vma_count = 0;
	mm->page_count = 0;
	mm->generation = 0;
	mm->sealed_pages = 0;
	mm->def_flags = 0;
	mm->base_locked = false;
	mm->merge_any = false;
	memset(mm->limit, 0xff, sizeof(mm->limit));
	mm->brk = HEAP_BASE;
	mm->last = ARENA_BASE;
	memset(mm->counter, 0, sizeof(mm->counter));
	m->proc_count = 1;
	m->live = 1;
	m->op_index = 0;
	m->anon_vma_top = 1;
	m->file_count = FILE_ARG_COUNT;
	memcpy(m->files, files, sizeof(files));
	m->file_page_count = 0;
	m->max_areas = LIMIT_NONE;
	m->uffd_count = 0;
	m->uffd_opened = 0;
	m->merge_count = 0;
	m->quirks_met = 0;
	m->committed_extra = 0;
	m->limit = NULL;
	m->fail_at = 0;
	m->points_met = 0;
	m->failed = ALLOC_NONE;
}

/*
 * Large arrays are copied as far as they are in use, and all that lies before, between and behind
 * them as it is: whoever adds a member need not think of it, unless it is another large array.
 */
#define BEHIND(s, member) ((char *)&(s)->member + sizeof((s)->member))
#define COPY_UP_TO(to, from, array) memcpy(to, from, (size_t)((char *)&(to)->array - (char *)(to)))
#define COPY_BETWEEN(to, from, array, next)                                                       \
	memcpy(BEHIND(to, array), (const char *)BEHIND(from, array),                              \
	       (size_t)((char *)&(to)->next - BEHIND(to, array)))
#define COPY_BEHIND(to, from, array)                                                              \
	memcpy(BEHIND(to, array), (const char *)BEHIND(from, array),                              \
	       (size_t)((char *)((to) + 1) - BEHIND(to, array)))
#define COPY_USED(to, from, array, count)                                                         \
	memcpy((to)->array, (from)->array, (count) * sizeof((from)->array[0]))

static void copy_mm(struct model_mm *to, const struct model_mm *from)
{
	COPY_UP_TO(to, from, vmas);
	COPY_USED(to, from, vmas, from->vma_count);
	COPY_BETWEEN(to, from, vmas, pages);
	COPY_USED(to, from, pages, from->page_count);
	COPY_BEHIND(to, from, pages);
}

void model_copy(struct model *to, const struct model *from)
{
	COPY_UP_TO(to, from, mm);
	for (u32 n = 0; n < from->proc_count; n++)
		copy_mm(&to->mm[n], &from->mm[n]);
	COPY_BETWEEN(to, from, mm, anon_vmas);
	COPY_USED(to, from, anon_vmas, from->anon_vma_top);
	COPY_BETWEEN(to, from, anon_vmas, files);
	COPY_USED(to, from, files, from->file_count);
	COPY_BETWEEN(to, from, files, file_pages);
	COPY_USED(to, from, file_pages, from->file_page_count);
	COPY_BEHIND(to, from, file_pages);
}

bool alloc_fails(struct model *m, enum alloc_point point)
{
	if (++m->points_met != m->fail_at)
		return false;
	m->failed = point;
	return true;
}

bool quirk(struct model *m, enum model_quirk which)
{
	if (!(m->config.quirks.on >> which & 1))
		return false;
	m->quirks_met |= 1u << which;
	return true;
}

void limit(struct model *m, const char *what)
{
	if (!m->limit)
		m->limit = what;
}

int model_step(struct model *m, u32 index, const struct op *op, const struct op_result *seen,
	       struct op_result *want)
{
	u32 proc = op_proc(op, m->live), fatal;
	struct step step = {
		.mm = &m->mm[proc], .proc = proc, .op = op, .seen = seen, .result = want
	};

	CHECK(op->kind < OP_COUNT);
	*want = (struct op_result){ 0 };
	m->op_index = index;
	m->merge_count = 0;
	m->points_met = 0;
	m->failed = ALLOC_NONE;
	fatal = model_fatal(m, op) & m->config.quirks.on;
	m->quirks_met |= fatal;
	if (fatal)
		want->err = RESULT_OOPS;
	else
		model_fns[op->kind](m, &step);
	if (mutant(m, MUTANT_MAP_COUNT) && op->kind == OP_EXIT && !want->err)
		m->mm[__builtin_ctz(m->live)].counter[COUNT_MAP]++;
	m->fail_at = 0;
	return m->limit ? -E2BIG : 0;
}
