/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Snapshots as text. Corpus files hold this text, so the format is an interface: fields have a
 * fixed order, and what a snapshot does not know is left out.
 *
 * One walk yields the lines of a snapshot, each with a key that says what it is about; printing one
 * snapshot and printing two side by side are both made of it.
 */
#include <inttypes.h>
#include <string.h>

#include "abi.h"
#include "flagnames.h"
#include "snap_text.h"
#include "snapshot.h"

static const struct flagname access_letters[] = { { VMF_READ, "r" },
						  { VMF_WRITE, "w" },
						  { VMF_EXEC, "x" },
						  { 0, NULL } };

/* What mappings are normally permitted to become, so only its absence is worth a word. */
static const struct flagname may_absent[] = { { VMF_MAYREAD, " -mr" },
					      { VMF_MAYWRITE, " -mw" },
					      { VMF_MAYEXEC, " -me" },
					      { 0, NULL } };
#define VMF_MAY (VMF_MAYREAD | VMF_MAYWRITE | VMF_MAYEXEC | VMF_MAYSHARE)

static void text_flags(struct text *t, u64 flags, u32 fields)
{
	char names[100];

	flags &= snap_flags_known(fields);
	flags_print(names, sizeof(names), flags & VMF_ACCESS, access_letters, "", "none");
	text_add(t, "%s", names);
	flags_print(names, sizeof(names), flags & ~(VMF_ACCESS | VMF_MAY), names_vm, " ", "");
	text_add(t, "%s%s", *names ? " " : "", names);
	if (!(fields & SNAP_FLAGS))
		return;
	if (!(flags & VMF_MAYSHARE) != !(flags & VMF_SHARED))
		text_add(t, flags & VMF_SHARED ? " -ms" : " mayshare");
	for (const struct flagname *n = may_absent; n->name; n++)
		if (!(flags & n->value))
			text_add(t, "%s", n->name);
}

/* Such an index is the page number of the address that the memory was made for. */
void snap_text_index(struct text *t, const char *name, u64 index)
{
	text_add(t, "%s=@%" PRId64, name, (s64)(index - ARENA_BASE / PAGE_BYTES));
}

void snap_text_attributes(struct text *t, const struct snap_vma *vma, u64 page, u32 fields)
{
	u64 pgoff = vma->pgoff + (page - vma->start);
	u64 anon_pgoff = vma->anon_pgoff + (page - vma->start);
	const char *policy = flag_name(names_policy, vma->policy);

	text_flags(t, vma->flags, fields);
	if (vma->uffd && fields & SNAP_UFFD)
		text_add(t, " uffd=%u", vma->uffd);
	if (vma->file && fields & SNAP_PGOFF)
		text_add(t, " f%u+%" PRIu64, vma->file, pgoff);
	else if (vma->file)
		text_add(t, " file+%" PRIu64, pgoff);
	if (vma->policy && fields & SNAP_POLICY)
		text_add(t, " pol=%s", policy ? policy : "other");
	if (vma->name && fields & SNAP_NAME)
		text_add(t, " name=%s", flag_name(names_name, vma->name));
	if (vma->has_close && fields & SNAP_CLOSE)
		text_add(t, " close");
	if (!(fields & SNAP_PGOFF))
		return;
	if (!vma->file && pgoff != page)
		snap_text_index(t, " pgoff", pgoff);
	if (anon_pgoff != pgoff && (!vma->file || anon_pgoff != page))
		snap_text_index(t, " apgoff", anon_pgoff);
}

void snap_text_id(struct text *t, u16 id)
{
	if (!id)
		text_add(t, "none");
	else if (id <= 26)
		text_add(t, "%c", 'A' + id - 1);
	else
		text_add(t, "a%u", id - 26u);
}

void snap_text_chain(struct text *t, const struct snapshot *snap, const struct snap_vma *vma)
{
	if (!vma->chain_len)
		text_add(t, "none");
	for (u32 i = 0; i < vma->chain_len; i++) {
		text_add(t, "%s", i ? "," : "");
		snap_text_id(t, snap->chain[vma->chain + i]);
	}
}

void snap_text_anon_vma(struct text *t, const struct snap_anon_vma *anon_vma)
{
	text_add(t, "root=");
	snap_text_id(t, anon_vma->root);
	text_add(t, " parent=");
	snap_text_id(t, anon_vma->parent);
	text_add(t, " children=%u active=%u refs=%u", anon_vma->num_children,
		 anon_vma->num_active_vmas, anon_vma->refcount);
}

void snap_text_page(struct text *t, const struct snap_page *page)
{
	u8 state = page ? page->state : SNAP_PAGE_NONE;
	bool tagged = page && page->has_tag;

	if (state == SNAP_PAGE_NONE)
		text_add(t, "nothing");
	else if (state == SNAP_PAGE_GUARD)
		text_add(t, "guard");
	else if (state == SNAP_PAGE_MAY)
		text_add(t, tagged ? "may " : "may");
	else if (!tagged)
		text_add(t, "present");
	if (tagged)
		text_add(t, "tag=%" PRIu64, page->tag);
}

void snap_text_def_flags(struct text *t, u64 flags)
{
	char names[40];

	flags_print(names, sizeof(names), flags, names_vm, "|", "none");
	text_add(t, "%s", names);
}

static void text_vma(struct text *t, const struct snapshot *snap, u32 proc, u32 index, u32 fields)
{
	const struct snap_vma *vma = &snap->vmas[index];

	text_add(t, "p%u ", proc);
	text_page(t, vma->start);
	text_add(t, " +%" PRIu64 " ", vma->end - vma->start);
	snap_text_attributes(t, vma, vma->start, fields);
	if (!(fields & SNAP_ANON_VMA))
		return;
	if (vma->anon_vma) {
		text_add(t, " av=");
		snap_text_id(t, vma->anon_vma);
	}
	if (vma->chain_len > 1 || (vma->chain_len ? snap->chain[vma->chain] : 0) != vma->anon_vma) {
		text_add(t, " chain=");
		snap_text_chain(t, snap, vma);
	}
}

int snap_vma_print(char *buf, size_t size, const struct snapshot *snap, u32 proc, u32 vma)
{
	struct text t;

	text_init(&t, buf, size);
	text_vma(&t, snap, proc, vma, snap->fields);
	return (int)t.len;
}

/* "p0 map_count=+1 total_vm=+4 def=lo"; nothing if there is nothing to say. */
static void text_proc(struct text *t, const struct snapshot *snap, u32 proc, u32 fields)
{
	const struct snap_proc *p = &snap->proc[proc];
	size_t bare;

	text_add(t, "p%u", proc);
	bare = t->len;
	if (fields & SNAP_LAYOUT && !p->vma_count)
		text_add(t, " nothing");
	for (u32 i = 0; fields & SNAP_COUNTERS && i < COUNT_COUNTERS; i++)
		if (p->counter[i])
			text_add(t, " %s=%+" PRId64, snap_counter_names[i], p->counter[i]);
	if (fields & SNAP_DEF_FLAGS && p->def_flags) {
		text_add(t, " def=");
		snap_text_def_flags(t, p->def_flags);
	}
	if (t->len == bare)
		text_init(t, t->buf, t->size);
}

/* The lines of a snapshot, in their order. */
struct lines {
	const struct snapshot *snap;
	u32 fields;
	enum {
		LINES_VMAS,
		LINES_PROCS,
		LINES_COMMITTED,
		LINES_ANON_VMAS,
		LINES_PAGES,
		LINES_END
	} section;
	u32 proc, index; /* what comes next in the section */

	/* The current line. Keys say what it is about: equal for the same thing of two
	 * snapshots, and rising from line to line. */
	u64 key[3];
	const struct snap_vma *vma;   /* if it is an area's, else NULL */
	const struct snap_page *page; /* if it is a page's, else NULL */
	char text[400];
};

static void lines_next_section(struct lines *l)
{
	l->section++;
	l->proc = 0;
	l->index = 0;
}

static void lines_key(struct lines *l, u64 major, u64 minor)
{
	l->key[0] = l->section;
	l->key[1] = major;
	l->key[2] = minor;
}

/* The next area. */
static bool lines_vma(struct lines *l, struct text *t)
{
	for (; l->fields & SNAP_LAYOUT && l->proc < PROCS_MAX; l->proc++, l->index = 0) {
		const struct snap_proc *p = &l->snap->proc[l->proc];
		u32 vma = p->vma + l->index;

		if (!p->alive || l->index >= p->vma_count)
			continue;
		l->index++;
		l->vma = &l->snap->vmas[vma];
		lines_key(l, l->proc, l->vma->start);
		text_vma(t, l->snap, l->proc, vma, l->fields);
		return true;
	}
	return false;
}

/* The next process of which there is something to say. */
static bool lines_proc(struct lines *l, struct text *t)
{
	while (l->proc < PROCS_MAX) {
		u32 proc = l->proc++;

		if (!l->snap->proc[proc].alive)
			continue;
		lines_key(l, proc, 0);
		text_proc(t, l->snap, proc, l->fields);
		if (t->len)
			return true;
	}
	return false;
}

static bool lines_committed(struct lines *l, struct text *t)
{
	if (!(l->fields & SNAP_COMMITTED) || l->index++ || !l->snap->committed_extra)
		return false;
	lines_key(l, 0, 0);
	text_add(t, "committed_extra=%+" PRId64, l->snap->committed_extra);
	return true;
}

static bool lines_anon_vma(struct lines *l, struct text *t)
{
	if (!(l->fields & SNAP_ANON_VMA) || l->index >= l->snap->anon_vma_count)
		return false;
	lines_key(l, l->index, 0);
	snap_text_id(t, (u16)(l->index + 1));
	text_add(t, " ");
	snap_text_anon_vma(t, &l->snap->anon_vmas[l->index++]);
	return true;
}

static bool lines_page(struct lines *l, struct text *t)
{
	if (!(l->fields & SNAP_PAGES) || l->index >= l->snap->page_count)
		return false;
	l->page = &l->snap->pages[l->index++];
	lines_key(l, l->page->proc, l->page->addr);
	text_add(t, "p%u page ", l->page->proc);
	text_page(t, l->page->addr);
	text_add(t, " ");
	snap_text_page(t, l->page);
	return true;
}

/* Goes to the next line; false at the end, where the section is LINES_END. */
static bool lines_next(struct lines *l)
{
	static bool (*const next[])(struct lines *, struct text *) = {
		[LINES_VMAS] = lines_vma,
		[LINES_PROCS] = lines_proc,
		[LINES_COMMITTED] = lines_committed,
		[LINES_ANON_VMAS] = lines_anon_vma,
		[LINES_PAGES] = lines_page,
	};
	struct text t;

	l->vma = NULL;
	l->page = NULL;
	for (; l->section != LINES_END; lines_next_section(l)) {
		text_init(&t, l->text, sizeof(l->text));
		if (next[l->section](l, &t))
			return true;
	}
	lines_key(l, 0, 0);
	l->text[0] = '\0';
	return false;
}

static void lines_begin(struct lines *l, const struct snapshot *snap, u32 fields)
{
	memset(l, 0, sizeof(*l));
	l->snap = snap;
	l->fields = fields;
}

void snap_print(FILE *out, const struct snapshot *snap, const char *prefix)
{
	struct lines l;

	lines_begin(&l, snap, snap->fields);
	while (lines_next(&l))
		fprintf(out, "%s%s\n", prefix, l.text);
}

static int keys_compare(const struct lines *a, const struct lines *b)
{
	for (u32 i = 0; i < ARRAY_SIZE(a->key); i++)
		if (a->key[i] != b->key[i])
			return a->key[i] < b->key[i] ? -1 : 1;
	return 0;
}

/* Do two lines about the same thing differ, as the comparison sees it? */
static bool lines_differ(const struct lines *want, const struct lines *seen)
{
	if (want->page && seen->page)
		return snap_state_differs(want->page, seen->page) ||
		       snap_tag_differs(want->page, seen->page);
	if (want->vma && seen->vma &&
	    !snap_attributes_equal(want->vma, seen->vma, want->vma->start, want->fields))
		return true;
	return strcmp(want->text, seen->text) != 0;
}

/* Wide enough for the longest line of the left column, narrow enough for two on a screen
 * otherwise. */
static int left_width(const struct snapshot *snap, u32 fields)
{
	struct lines l;
	size_t width = 40;

	lines_begin(&l, snap, fields);
	while (lines_next(&l))
		width = strlen(l.text) > width ? strlen(l.text) : width;
	return (int)width;
}

void snap_print_both(FILE *out, const struct snapshot *want, const struct snapshot *seen)
{
	u32 fields = want->fields & seen->fields;
	int width = left_width(want, fields);
	struct lines a, b;

	lines_begin(&a, want, fields);
	lines_begin(&b, seen, fields);
	lines_next(&a);
	lines_next(&b);
	fprintf(out, "%-*s   %s\n", width, "expected", "seen");
	while (a.section != LINES_END || b.section != LINES_END) {
		int order = keys_compare(&a, &b);

		if (order < 0) {
			bool permitted = a.page && !snap_state_differs(a.page, NULL);

			fprintf(out, "%-*s%s\n", permitted ? 0 : width, a.text,
				permitted ? "" : " <");
		} else if (order > 0) {
			fprintf(out, "%-*s > %s\n", width, "", b.text);
		} else {
			fprintf(out, "%-*s %c %s\n", width, a.text,
				lines_differ(&a, &b) ? '!' : ' ', b.text);
		}
		if (order <= 0)
			lines_next(&a);
		if (order >= 0)
			lines_next(&b);
	}
}
