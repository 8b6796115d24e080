/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table follows from what the rules say (model/rules.def); fuzz_diff holds the model to it.
 */
#include "fuzz/rule_ops.h"

#define OPS1(a) (1ull << OP_##a)
#define OPS2(a, b) (OPS1(a) | OPS1(b))
/* Operations that give an area other flags, and merge it with a neighbour that has the same. */
#define OPS_MODIFY                                                                 \
	(OPS2(MPROTECT, MADVISE) | OPS2(MLOCK, MLOCK2) | OPS2(MUNLOCK, MLOCKALL) | \
	 OPS2(MUNLOCKALL, MSEAL) | OPS2(MBIND, SET_VMA_NAME) |                     \
	 OPS2(UFFD_REGISTER, UFFD_UNREGISTER) | OPS1(UFFD_CLOSE))
#define OPS_MERGE (OPS_MODIFY | OPS2(MMAP, MREMAP) | OPS2(BRK, REMAP_FILE_PAGES))
/* Operations that split areas, or copy them. */
#define OPS_CLONE (OPS_MERGE | OPS2(MUNMAP, FORK))

/* A rule without a line here is about no operation, and fuzz_diff says so as soon as it differs. */
#define RULE(name) [offsetof(struct model_rules, name)]
const u64 rule_ops[sizeof(struct model_rules)] = {
	RULE(anon_merge) = OPS_MERGE,
	RULE(new_merge) = OPS2(MMAP, REMAP_FILE_PAGES),
	RULE(close_blocks) = OPS_MERGE,
	RULE(guard) = OPS1(MADVISE),
	RULE(guard_flag) = OPS1(MADVISE),
	RULE(guard_prepares_anon) = OPS1(MADVISE),
	RULE(acct_drop_on_ro) = OPS1(MPROTECT),
	RULE(map_stack_nohuge) = OPS1(MMAP),
	RULE(mmap_fixed_atomic) = OPS2(MMAP, REMAP_FILE_PAGES),
	RULE(merge_nomem_fails) = OPS_MODIFY,
	RULE(mremap_params) = OPS1(MREMAP),
	RULE(mremap_fixed_check_first) = OPS1(MREMAP),
	RULE(mremap_multi) = OPS1(MREMAP),
	RULE(mremap_mapcount) = OPS1(MREMAP),
	RULE(dontunmap_skip_merge) = OPS1(MREMAP),
	RULE(cow_file_index) = OPS1(MMAP),
	RULE(avc_clone_reversed) = OPS_CLONE,
	RULE(populate_hole_stops) = OPS1(MADVISE),
	RULE(mseal) = OPS1(MSEAL),
	RULE(mseal_dev_zero) = OPS1(MADVISE),
	RULE(droppable) = OPS1(MMAP),
	RULE(name_anon_shmem) = OPS1(SET_VMA_NAME),
	RULE(ksm_prctl) = OPS2(MEMORY_MERGE, MMAP) | OPS1(BRK),
	RULE(ksm_zero_early) = OPS1(MMAP),
	RULE(uffd_wp_async) = OPS1(UFFD_OPEN),
	RULE(uffd_unreg_owner) = OPS1(UFFD_UNREGISTER),
	RULE(uffd_drop_wp) = OPS1(UFFD_REGISTER),
	RULE(uffd_keeps_flags) = OPS2(UFFD_REGISTER, UFFD_UNREGISTER) | OPS1(UFFD_CLOSE),
	RULE(uffd_nothing_einval) = OPS2(UFFD_REGISTER, UFFD_UNREGISTER),
};
