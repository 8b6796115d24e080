/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What comparing and printing snapshots share: the words for what an area, an anon_vma or a page
 * is, and when two pages count as different.
 */
#ifndef MODEL_SNAP_TEXT_H
#define MODEL_SNAP_TEXT_H

#include "snapshot.h"
#include "text.h"

/* The flags that @fields say are known. */
u64 snap_flags_known(u32 fields);
/* Do both areas give page @page, which is in both, the same attributes? */
bool snap_attributes_equal(const struct snap_vma *a, const struct snap_vma *b, u64 page,
			   u32 fields);
/* Do the page states differ? One side may be NULL: nothing is listed there. */
bool snap_state_differs(const struct snap_page *want, const struct snap_page *seen);
/* Do the contents differ? Only if both are known. */
bool snap_tag_differs(const struct snap_page *want, const struct snap_page *seen);

/* Access, flags, file, offsets and other attributes of @vma as an area that begins at @page would
 * have them: "rw ac". */
void snap_text_attributes(struct text *t, const struct snap_vma *vma, u64 page, u32 fields);
/* "name=@17": a linear index of anonymous memory, relative to that of the arena's first page. */
void snap_text_index(struct text *t, const char *name, u64 index);
/* "A", "none". */
void snap_text_id(struct text *t, u16 id);
/* "A,B", "none". */
void snap_text_chain(struct text *t, const struct snapshot *snap, const struct snap_vma *vma);
/* "root=A parent=A children=1 active=1 refs=1" */
void snap_text_anon_vma(struct text *t, const struct snap_anon_vma *anon_vma);
/* "tag=4", "present", "guard", "may"; "nothing" for NULL. */
void snap_text_page(struct text *t, const struct snap_page *page);
/* "lo|lf", "none". */
void snap_text_def_flags(struct text *t, u64 flags);

#endif
