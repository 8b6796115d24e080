/* SPDX-License-Identifier: GPL-2.0-only */
/* What op_mremap.c (which move is it, and may it be?) and op_mremap_move.c (the move) share. */
#ifndef MODEL_MREMAP_H
#define MODEL_MREMAP_H

#include "internal.h"

/* Bytes; lengths rounded up to pages. new_addr becomes the result. */
struct remap {
	u64 addr, old_len, new_len, flags, new_addr;
};

/* Decides where the area goes: exactly there with FIXED, else @hint if that is free, else the
 * kernel is free to choose (vrm_set_new_addr()). 0, or -EPERM below mmap_min_addr. */
int remap_choose(struct model *m, struct step *s, struct remap *r, u64 hint);
/* Moves the part [addr, addr + old_len) of area @i to new_addr, new_len long. 0 or -ENOMEM. */
int remap_move_area(struct model *m, struct model_mm *mm, struct remap *r, u32 i);

#endif
