/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Comparing two snapshots.
 *
 * The equal case runs after every operation of every program: it walks both arrays once and
 * neither allocates nor prints. Only when that fails does the second, slower look find out what
 * differs in the fixed order of enum aspect: page by page first, since what a page may do matters
 * more to a user than where areas are cut, and a wrong attribute usually changes the cuts as
 * well.
 */
#include "snapshot.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "abi.h"
#include "snap_text.h"

const char *const snap_counter_names[COUNT_COUNTERS] = {
	[COUNT_MAP] = "map_count",         [COUNT_TOTAL_VM] = "total_vm",
	[COUNT_DATA_VM] = "data_vm",       [COUNT_EXEC_VM] = "exec_vm",
	[COUNT_STACK_VM] = "stack_vm",     [COUNT_LOCKED_VM] = "locked_vm",
};

const char *const aspect_names[ASPECT_COUNT] = {
	[ASPECT_NONE] = "none",
	[ASPECT_RESULT] = "result",
	[ASPECT_ATTRIBUTE] = "attribute",
	[ASPECT_BOUNDARY] = "boundary",
	[ASPECT_ANON_VMA] = "anon_vma",
	[ASPECT_POPULATED] = "populated",
	[ASPECT_CONTENT] = "content",
	[ASPECT_COUNTER] = "counter",
	[ASPECT_KERNEL] = "kernel",
	[ASPECT_INVARIANT] = "invariant",
};

void snap_reset(struct snapshot *snap)
{
	snap->fields = 0;
	memset(snap->proc, 0, sizeof(snap->proc));
	snap->vma_count = 0;
	snap->chain_count = 0;
	snap->anon_vma_count = 0;
	snap->page_count = 0;
}

void snap_copy(struct snapshot *to, const struct snapshot *from)
{
	memcpy(to, from, offsetof(struct snapshot, vmas));
	memcpy(to->vmas, from->vmas, from->vma_count * sizeof(from->vmas[0]));
	memcpy(to->chain, from->chain, from->chain_count * sizeof(from->chain[0]));
	memcpy(to->anon_vmas, from->anon_vmas, from->anon_vma_count * sizeof(from->anon_vmas[0]));
	memcpy(to->pages, from->pages, from->page_count * sizeof(from->pages[0]));
}

u64 snap_flags_known(u32 fields)
{
	return fields & SNAP_FLAGS ? ~0ull : VMF_ACCESS | VMF_MAYSHARE;
}

bool snap_state_differs(const struct snap_page *want, const struct snap_page *seen)
{
	u8 a = want ? want->state : SNAP_PAGE_NONE, b = seen ? seen->state : SNAP_PAGE_NONE;

	return a != b && a != SNAP_PAGE_MAY;
}

bool snap_tag_differs(const struct snap_page *want, const struct snap_page *seen)
{
	return want && seen && want->has_tag && seen->has_tag && want->tag != seen->tag;
}

/* What a comparison works on. */
struct comparison {
	const struct snapshot *want, *seen;
	u32 fields; /* that both know */
	struct snap_diff *diff;
};

/* Records the difference; the sentence begins with @proc's name. */
static void found(struct comparison *c, enum aspect aspect, u32 proc, u64 page, const char *format,
		  ...) __attribute__((format(printf, 5, 6)));
static void found(struct comparison *c, enum aspect aspect, u32 proc, u64 page, const char *format,
		  ...)
{
	va_list args;

	c->diff->aspect = aspect;
	c->diff->proc = proc;
	c->diff->page = page;
	va_start(args, format);
	vsnprintf(c->diff->text, sizeof(c->diff->text), format, args);
	va_end(args);
}

static const struct snap_vma *vmas_of(const struct snapshot *snap, u32 proc)
{
	return &snap->vmas[snap->proc[proc].vma];
}

bool snap_attributes_equal(const struct snap_vma *a, const struct snap_vma *b, u64 page,
			   u32 fields)
{
	u64 a_pages = page - a->start, b_pages = page - b->start;

	if ((a->flags ^ b->flags) & snap_flags_known(fields))
		return false;
	if (fields & SNAP_POLICY && a->policy != b->policy)
		return false;
	if (fields & SNAP_UFFD && a->uffd != b->uffd)
		return false;
	if (fields & SNAP_NAME && a->name != b->name)
		return false;
	if (fields & SNAP_CLOSE && a->has_close != b->has_close)
		return false;
	if (fields & SNAP_PGOFF)
		return a->file == b->file && a->pgoff + a_pages == b->pgoff + b_pages &&
		       a->anon_pgoff + a_pages == b->anon_pgoff + b_pages;
	/* Which file it is remains unknown, and the offset of anonymous memory too. An offset is
	 * told in bytes, which has no room for the highest bits of one in pages. */
	return !a->file == !b->file &&
	       (!a->file || (a->pgoff + a_pages - b->pgoff - b_pages) << PAGE_SHIFT == 0);
}

static bool layout_equal(const struct comparison *c)
{
	for (u32 p = 0; p < PROCS_MAX; p++) {
		const struct snap_vma *a = vmas_of(c->want, p), *b = vmas_of(c->seen, p);
		u32 count = c->want->proc[p].vma_count;

		if (c->want->proc[p].alive != c->seen->proc[p].alive)
			return false;
		if (!c->want->proc[p].alive || !(c->fields & SNAP_LAYOUT))
			continue;
		if (count != c->seen->proc[p].vma_count)
			return false;
		for (u32 i = 0; i < count; i++)
			if (a[i].start != b[i].start || a[i].end != b[i].end ||
			    !snap_attributes_equal(&a[i], &b[i], a[i].start, c->fields))
				return false;
	}
	return true;
}

/* A walk over the areas of one process, in steps within which nothing changes. */
struct walk {
	const struct snap_vma *vma, *end;
};

static struct walk walk_begin(const struct snapshot *snap, u32 proc)
{
	const struct snap_vma *vma = vmas_of(snap, proc);

	return (struct walk){ vma, vma + snap->proc[proc].vma_count };
}

/* The area that holds @page, or NULL; lowers *@next to where that changes. */
static const struct snap_vma *walk_to(struct walk *w, u64 page, u64 *next)
{
	u64 change;

	while (w->vma < w->end && w->vma->end <= page)
		w->vma++;
	if (w->vma == w->end)
		return NULL;
	change = w->vma->start > page ? w->vma->start : w->vma->end;
	if (change < *next)
		*next = change;
	return w->vma->start <= page ? w->vma : NULL;
}

static void attribute_found(struct comparison *c, u32 proc, u64 page, const struct snap_vma *want,
			    const struct snap_vma *seen)
{
	char text[3][100];
	struct text t;

	text_init(&t, text[1], sizeof(text[1]));
	if (want)
		snap_text_attributes(&t, want, page, c->fields);
	text_init(&t, text[2], sizeof(text[2]));
	if (seen)
		snap_text_attributes(&t, seen, page, c->fields);
	/* The two usual indexes of anonymous pages in a file mapping are normally not worth a
	 * word. */
	if (want && seen && strcmp(text[1], text[2]) == 0) {
		text_init(&t, text[1], sizeof(text[1]));
		snap_text_index(&t, "apgoff", want->anon_pgoff + (page - want->start));
		text_init(&t, text[2], sizeof(text[2]));
		snap_text_index(&t, "apgoff", seen->anon_pgoff + (page - seen->start));
	}
	text_init(&t, text[0], sizeof(text[0]));
	text_page(&t, page);
	found(c, ASPECT_ATTRIBUTE, proc, page, "p%u page %s: expected %s, seen %s", proc, text[0],
	      want ? text[1] : "nothing mapped", seen ? text[2] : "nothing mapped");
}

/* Page by page, though a step covers as many pages as are alike. */
static bool attribute_differs(struct comparison *c, u32 proc)
{
	struct walk a = walk_begin(c->want, proc), b = walk_begin(c->seen, proc);
	u64 page = 0, next = 0;

	for (; next != UINT64_MAX; page = next) {
		const struct snap_vma *want, *seen;

		next = UINT64_MAX;
		want = walk_to(&a, page, &next);
		seen = walk_to(&b, page, &next);
		if (!want && !seen)
			continue;
		if (want && seen && snap_attributes_equal(want, seen, page, c->fields))
			continue;
		attribute_found(c, proc, page, want, seen);
		return true;
	}
	return false;
}

static void text_range(struct text *t, const struct snap_vma *vma)
{
	text_page(t, vma->start);
	text_add(t, "..");
	text_page(t, vma->end);
}

/* All pages are alike, so both cover the same, and the first areas that differ begin together. */
static bool boundary_differs(struct comparison *c, u32 proc)
{
	struct walk a = walk_begin(c->want, proc), b = walk_begin(c->seen, proc);
	const struct snap_vma *whole;
	char range[80], cut[40];
	struct text t;
	u64 page;

	while (a.vma < a.end && b.vma < b.end && a.vma->start == b.vma->start &&
	       a.vma->end == b.vma->end) {
		a.vma++;
		b.vma++;
	}
	if (a.vma == a.end && b.vma == b.end)
		return false;
	if (a.vma == a.end || b.vma == b.end) {
		/* Only an area without pages can be left over, which no kernel should have. */
		found(c, ASPECT_BOUNDARY, proc, 0, "p%u: expected %u areas, seen %u", proc,
		      c->want->proc[proc].vma_count, c->seen->proc[proc].vma_count);
		return true;
	}
	whole = a.vma->end > b.vma->end ? a.vma : b.vma;
	page = whole == a.vma ? b.vma->end : a.vma->end;
	text_init(&t, range, sizeof(range));
	text_range(&t, whole);
	text_init(&t, cut, sizeof(cut));
	text_page(&t, page);
	if (whole == a.vma)
		found(c, ASPECT_BOUNDARY, proc, page,
		      "p%u: expected one area %s, seen a boundary at %s", proc, range, cut);
	else
		found(c, ASPECT_BOUNDARY, proc, page,
		      "p%u: expected a boundary at %s, seen one area %s", proc, cut, range);
	return true;
}

/* Who lives, what the pages are, how the areas are cut: in this order, each over all processes. */
static bool layout_differs(struct comparison *c)
{
	u32 p;

	for (p = 0; p < PROCS_MAX; p++) {
		if (c->want->proc[p].alive == c->seen->proc[p].alive)
			continue;
		found(c, ASPECT_ATTRIBUTE, p, 0, "p%u: expected %s, seen %s", p,
		      c->want->proc[p].alive ? "alive" : "no such process",
		      c->seen->proc[p].alive ? "alive" : "no such process");
		return true;
	}
	for (p = 0; p < PROCS_MAX; p++)
		if (c->want->proc[p].alive && attribute_differs(c, p))
			return true;
	for (p = 0; p < PROCS_MAX; p++)
		if (c->want->proc[p].alive && boundary_differs(c, p))
			return true;
	return false;
}

static bool chains_equal(const struct comparison *c, const struct snap_vma *a,
			 const struct snap_vma *b)
{
	return a->chain_len == b->chain_len &&
	       memcmp(&c->want->chain[a->chain], &c->seen->chain[b->chain],
		      a->chain_len * sizeof(c->want->chain[0])) == 0;
}

static void area_found(struct comparison *c, u32 proc, const struct snap_vma *want,
		       const struct snap_vma *seen)
{
	bool chain = want->anon_vma == seen->anon_vma;
	char text[3][64];
	struct text t;

	text_init(&t, text[0], sizeof(text[0]));
	text_range(&t, want);
	text_init(&t, text[1], sizeof(text[1]));
	if (chain)
		snap_text_chain(&t, c->want, want);
	else
		snap_text_id(&t, want->anon_vma);
	text_init(&t, text[2], sizeof(text[2]));
	if (chain)
		snap_text_chain(&t, c->seen, seen);
	else
		snap_text_id(&t, seen->anon_vma);
	found(c, ASPECT_ANON_VMA, proc, want->start, "p%u area %s: expected %s %s, seen %s", proc,
	      text[0], chain ? "chain" : "anon_vma", text[1], text[2]);
}

/* The anon_vma of each area; the areas themselves are alike. */
static bool area_anon_vma_differs(struct comparison *c)
{
	for (u32 p = 0; p < PROCS_MAX; p++) {
		const struct snap_vma *a = vmas_of(c->want, p), *b = vmas_of(c->seen, p);

		if (!c->want->proc[p].alive)
			continue;
		for (u32 i = 0; i < c->want->proc[p].vma_count; i++) {
			if (a[i].anon_vma == b[i].anon_vma && chains_equal(c, &a[i], &b[i]))
				continue;
			area_found(c, p, &a[i], &b[i]);
			return true;
		}
	}
	return false;
}

static bool anon_vma_equal(const struct snap_anon_vma *a, const struct snap_anon_vma *b)
{
	return a->root == b->root && a->parent == b->parent && a->num_children == b->num_children &&
	       a->num_active_vmas == b->num_active_vmas && a->refcount == b->refcount;
}

/* The graph itself: what the areas hold on to is alike. */
static bool graph_differs(struct comparison *c)
{
	u32 want = c->want->anon_vma_count, seen = c->seen->anon_vma_count;
	u32 count = want < seen ? want : seen;
	char text[3][100];
	struct text t;
	u32 i = 0;

	while (i < count && anon_vma_equal(&c->want->anon_vmas[i], &c->seen->anon_vmas[i]))
		i++;
	if (i == want && i == seen)
		return false;
	text_init(&t, text[0], sizeof(text[0]));
	snap_text_id(&t, (u16)(i + 1));
	text_init(&t, text[1], sizeof(text[1]));
	if (i < want)
		snap_text_anon_vma(&t, &c->want->anon_vmas[i]);
	text_init(&t, text[2], sizeof(text[2]));
	if (i < seen)
		snap_text_anon_vma(&t, &c->seen->anon_vmas[i]);
	found(c, ASPECT_ANON_VMA, 0, 0, "anon_vma %s: expected %s, seen %s", text[0],
	      i < want ? text[1] : "none", i < seen ? text[2] : "none");
	return true;
}

static bool page_before(const struct snap_page *a, const struct snap_page *b)
{
	return a->proc < b->proc || (a->proc == b->proc && a->addr < b->addr);
}

static void page_found(struct comparison *c, enum aspect aspect, const struct snap_page *want,
		       const struct snap_page *seen)
{
	const struct snap_page *page = want ? want : seen;
	char text[3][48];
	struct text t;

	text_init(&t, text[0], sizeof(text[0]));
	text_page(&t, page->addr);
	text_init(&t, text[1], sizeof(text[1]));
	snap_text_page(&t, want);
	text_init(&t, text[2], sizeof(text[2]));
	snap_text_page(&t, seen);
	found(c, aspect, page->proc, page->addr, "p%u page %s: expected %s, seen %s", page->proc,
	      text[0], text[1], text[2]);
}

/* A page that is there or not goes before any content, so the whole list is looked at for that. */
static bool page_differs(struct comparison *c)
{
	const struct snap_page *a = c->want->pages, *a_end = a + c->want->page_count;
	const struct snap_page *b = c->seen->pages, *b_end = b + c->seen->page_count;
	const struct snap_page *want_tag = NULL, *seen_tag = NULL;

	while (a < a_end || b < b_end) {
		const struct snap_page *want = a < a_end ? a : NULL, *seen = b < b_end ? b : NULL;

		if (want && seen && page_before(want, seen))
			seen = NULL;
		else if (want && seen && page_before(seen, want))
			want = NULL;
		if (snap_state_differs(want, seen)) {
			page_found(c, ASPECT_POPULATED, want, seen);
			return true;
		}
		if (!want_tag && snap_tag_differs(want, seen)) {
			want_tag = want;
			seen_tag = seen;
		}
		a += want != NULL;
		b += seen != NULL;
	}
	if (want_tag)
		page_found(c, ASPECT_CONTENT, want_tag, seen_tag);
	return want_tag != NULL;
}

static bool def_flags_differ(struct comparison *c, u32 proc)
{
	u64 want = c->want->proc[proc].def_flags, seen = c->seen->proc[proc].def_flags;
	char text[2][40];
	struct text t;

	if (want == seen)
		return false;
	text_init(&t, text[0], sizeof(text[0]));
	snap_text_def_flags(&t, want);
	text_init(&t, text[1], sizeof(text[1]));
	snap_text_def_flags(&t, seen);
	found(c, ASPECT_COUNTER, proc, 0, "p%u: def_flags expected %s, seen %s", proc, text[0],
	      text[1]);
	return true;
}

static void counter_differs(struct comparison *c)
{
	for (u32 p = 0; p < PROCS_MAX; p++) {
		const s64 *want = c->want->proc[p].counter, *seen = c->seen->proc[p].counter;

		if (!c->want->proc[p].alive)
			continue;
		for (u32 i = 0; c->fields & SNAP_COUNTERS && i < COUNT_COUNTERS; i++) {
			if (want[i] == seen[i])
				continue;
			found(c, ASPECT_COUNTER, p, 0,
			      "p%u: %s expected %+" PRId64 ", seen %+" PRId64, p,
			      snap_counter_names[i], want[i], seen[i]);
			return;
		}
		if (c->fields & SNAP_DEF_FLAGS && def_flags_differ(c, p))
			return;
	}
	if (c->fields & SNAP_COMMITTED && c->want->committed_extra != c->seen->committed_extra)
		found(c, ASPECT_COUNTER, 0, 0,
		      "committed memory that nothing accounts for: expected %" PRId64
		      " pages, seen %" PRId64,
		      c->want->committed_extra, c->seen->committed_extra);
}

void snap_compare(const struct snapshot *want, const struct snapshot *seen, struct snap_diff *diff)
{
	struct comparison c = { want, seen, want->fields & seen->fields, diff };
	u32 graph = SNAP_LAYOUT | SNAP_ANON_VMA;

	diff->aspect = ASPECT_NONE;
	diff->proc = 0;
	diff->page = 0;
	diff->text[0] = '\0';
	if (!layout_equal(&c)) {
		CHECK(layout_differs(&c));
		return;
	}
	if ((c.fields & graph) == graph && (area_anon_vma_differs(&c) || graph_differs(&c)))
		return;
	if (c.fields & SNAP_PAGES && page_differs(&c))
		return;
	counter_differs(&c);
}

static u64 mix(u64 hash, u64 value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static u64 digest_vma(u64 hash, const struct snapshot *snap, const struct snap_vma *vma)
{
	hash = mix(mix(hash, vma->start), vma->end);
	hash = mix(hash, vma->flags & snap_flags_known(snap->fields));
	if (snap->fields & SNAP_PGOFF)
		hash = mix(mix(mix(hash, vma->pgoff), vma->anon_pgoff), vma->file);
	else
		hash = mix(hash, vma->file ? vma->pgoff : ~0ull);
	if (snap->fields & SNAP_POLICY)
		hash = mix(hash, vma->policy);
	if (snap->fields & SNAP_NAME)
		hash = mix(hash, vma->name);
	if (snap->fields & SNAP_CLOSE)
		hash = mix(hash, vma->has_close);
	if (snap->fields & SNAP_UFFD)
		hash = mix(hash, vma->uffd);
	if (!(snap->fields & SNAP_ANON_VMA))
		return hash;
	hash = mix(mix(hash, vma->anon_vma), vma->chain_len);
	for (u32 i = 0; i < vma->chain_len; i++)
		hash = mix(hash, snap->chain[vma->chain + i]);
	return hash;
}

static u64 digest_proc(u64 hash, const struct snapshot *snap, u32 proc)
{
	const struct snap_proc *p = &snap->proc[proc];

	hash = mix(hash, p->alive);
	if (!p->alive)
		return hash;
	if (snap->fields & SNAP_LAYOUT) {
		hash = mix(hash, p->vma_count);
		for (u32 i = 0; i < p->vma_count; i++)
			hash = digest_vma(hash, snap, &snap->vmas[p->vma + i]);
	}
	for (u32 i = 0; snap->fields & SNAP_COUNTERS && i < COUNT_COUNTERS; i++)
		hash = mix(hash, (u64)p->counter[i]);
	if (snap->fields & SNAP_DEF_FLAGS)
		hash = mix(hash, p->def_flags);
	return hash;
}

u64 snap_digest(const struct snapshot *snap)
{
	u64 hash = snap->fields;

	if (snap->fields & SNAP_COMMITTED)
		hash = mix(hash, (u64)snap->committed_extra);
	for (u32 p = 0; p < PROCS_MAX; p++)
		hash = digest_proc(hash, snap, p);
	for (u32 i = 0; snap->fields & SNAP_ANON_VMA && i < snap->anon_vma_count; i++) {
		const struct snap_anon_vma *a = &snap->anon_vmas[i];

		hash = mix(mix(hash, a->root), a->parent);
		hash = mix(mix(mix(hash, a->num_children), a->num_active_vmas), a->refcount);
	}
	for (u32 i = 0; snap->fields & SNAP_PAGES && i < snap->page_count; i++) {
		const struct snap_page *page = &snap->pages[i];

		hash = mix(mix(mix(hash, page->proc), page->addr), page->state);
		hash = mix(hash, page->has_tag ? page->tag : ~0ull);
	}
	return mix(hash, 0);
}
