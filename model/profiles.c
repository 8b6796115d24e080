/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * THE table of kernels: which rules each follows and which known bugs each has.
 *
 * Every row was observed, by running the programs that are now corpus/golden/ on exactly that
 * kernel and looking at the whole state afterwards. Rows are bags of switches and are not ordered
 * by behaviour: stable kernels carry backports that newer ones lack. A rule that a row does not
 * name has its oldest value, 0.
 *
 * merge_nomem_fails shows only when an allocation fails: it was read in the source of 6.1.192,
 * 6.12.117 and 7.3.4, and is inferred for what lies between.
 *
 * DROPPABLE_LOCKED was seen on 6.16 and 6.19 and not on 6.12.117, 6.18.44 and 7.1; that 6.17 and
 * the earlier 6.18, which are older than the fix, have it too is inferred, and so is that 7.0 has
 * not. ksm_zero_early is off on 6.18.44 and on in the source of 7.3.4; that it came with 6.19 is
 * inferred.
 *
 * No running kernel that was observed had CONFIG_ANON_VMA_NAME; what concerns names was seen in
 * the mm code of 6.1.192, 6.12.117 and 7.3.4 in userspace. NAME_DROPS_STICKY, seen on 7.3.4, is
 * inferred for all kernels back to 6.19, the first with sticky flags (6.18.44 was not looked at).
 * 6.18.44 was built without soft-dirty flags; that it has no SOFT_DIRTY_LOST, whose fix came with
 * the guard flags that it has, is inferred.
 *
 * MOVE_UNDO_CHARGES and GROW_UNCHARGES need an allocation that fails: they were looked for in the
 * code of 6.1.192, 6.12.117 and 7.3.4 in userspace, and are inferred for 6.12.95 alone.
 */
#include "rules.h"

#define QUIRK(name) (1u << QUIRK_##name)
/* Open bugs of every kernel in the table. MMAP_FIXED_ERRNO: seen on 6.1.187, 6.12.117, 6.16.12,
 * 6.18.44, 6.19.14, 7.1.13, 7.3-rc7 and 7.3.4. GROW_NOT_SOFT_DIRTY: seen on all but 6.18.44.
 * STACK_GROWTH_CHARGES: seen in the code of 6.1.192, 6.12.117 and 7.3.4 in userspace, and in
 * /proc/meminfo of 6.18.44. MOVE_UNACCOUNTS: seen in that code with allocations that fail, and
 * MOVE_CHARGES in that of 7.3.4; that the kernels from 6.15 on have it is inferred. */
#define QUIRKS_OPEN \
	(QUIRK(MMAP_FIXED_ERRNO) | QUIRK(GROW_NOT_SOFT_DIRTY) | QUIRK(STACK_GROWTH_CHARGES) | \
	 QUIRK(MOVE_UNACCOUNTS))
/* And with what only the newest does not have. */
#define QUIRKS_OF_ALL (QUIRKS_OPEN | QUIRK(UFFD_COPY_MERGE))
/* Open bugs of every kernel from 6.16 on. */
#define QUIRKS_SINCE_6_16 (QUIRK(GROW_FORKLIMIT) | QUIRK(MOVE_CHARGES))

const struct model_profile model_profiles[] = {
	{
		/* 6.1.192 has the fixes of MREMAP_DONTUNMAP that 6.16 to 7.1 lack. */
		.name = "v6.1",
		.kernel = "6.1.192",
		.rules = {
			.dontunmap_skip_merge = 1,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRK(BRK_NOMEM_CHARGES) | QUIRK(MOVE_UNDO_CHARGES) |
			     QUIRK(GROW_UNCHARGES) |
			     QUIRK(SOFT_DIRTY_LOST) | QUIRK(UFFD_PGOFF),
	},
	{
		/* 6.12.95: the fixes of MREMAP_DONTUNMAP came later, by 6.12.117. */
		.name = "v6.12",
		.kernel = "6.12.95",
		.rules = {
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.ksm_prctl = KSM_PRCTL_LATE,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRK(MOVE_UNDO_CHARGES) | QUIRK(SOFT_DIRTY_LOST) |
			     QUIRK(MMAP_FIXED_NOMEM_CHARGES) |
			     QUIRK(UFFD_ON_DROPPABLE) |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_NOCHARGE),
	},
	{
		/* Its mm code was run in userspace. */
		.name = "v6.12.117",
		.kernel = "6.12.117",
		.rules = {
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.ksm_prctl = KSM_PRCTL_LATE,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRK(MOVE_UNDO_CHARGES) | QUIRK(SOFT_DIRTY_LOST) |
			     QUIRK(UFFD_UNREGISTER_OOPS) |
			     QUIRK(MMAP_FIXED_NOMEM_CHARGES) |
			     QUIRK(UFFD_ON_DROPPABLE),
	},
	{
		/* Half of the argument checks of mremap moved: seen in no other release. */
		.name = "v6.16",
		.kernel = "6.16.12",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_MID,
			.populate_hole_stops = 1,
			.mseal = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.ksm_prctl = KSM_PRCTL_LATE,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRK(SOFT_DIRTY_LOST) |
			     QUIRK(UFFD_ON_DROPPABLE) |
			     QUIRK(COPY_FORKLIMIT) |
			     QUIRK(COPY_LOSES_ANON) |
			     QUIRKS_SINCE_6_16 | QUIRK(DROPPABLE_LOCKED) |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_LEAK) |
			     QUIRK(DONTUNMAP_UNACCOUNTS),
	},
	{
		.name = "v6.17",
		.kernel = "6.17.13",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.ksm_prctl = KSM_PRCTL_EARLY,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRK(SOFT_DIRTY_LOST) |
			     QUIRK(COPY_FORKLIMIT) |
			     QUIRK(COPY_LOSES_ANON) |
			     QUIRKS_SINCE_6_16 | QUIRK(DROPPABLE_LOCKED) |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_LEAK),
	},
	{
		.name = "v6.18.5",
		.kernel = "6.18.5",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.ksm_prctl = KSM_PRCTL_EARLY,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRK(SOFT_DIRTY_LOST) |
			     QUIRK(COPY_FORKLIMIT) |
			     QUIRK(COPY_LOSES_ANON) |
			     QUIRKS_SINCE_6_16 | QUIRK(DROPPABLE_LOCKED) |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_LEAK),
	},
	{
		.name = "v6.18.15",
		.kernel = "6.18.15",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.ksm_prctl = KSM_PRCTL_EARLY,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRK(SOFT_DIRTY_LOST) |
			     QUIRKS_SINCE_6_16 | QUIRK(DROPPABLE_LOCKED) |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_LEAK),
	},
	{
		/* Guard flags backported from 6.19; CVE-2026-23077 fixed since 6.18.8. */
		.name = "v6.18.44",
		.kernel = "6.18.44",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.guard_flag = 1,
			.guard_prepares_anon = GUARD_PREPARES_ANON_ONLY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.ksm_prctl = KSM_PRCTL_EARLY,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRKS_SINCE_6_16 |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_LEAK),
	},
	{
		.name = "v6.19",
		.kernel = "6.19.14",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.guard_flag = 1,
			.guard_prepares_anon = GUARD_PREPARES_ANON_ONLY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.ksm_prctl = KSM_PRCTL_EARLY,
			.ksm_zero_early = 1,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRKS_SINCE_6_16 | QUIRK(DROPPABLE_LOCKED) |
			     QUIRK(NAME_DROPS_STICKY) |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_LEAK),
	},
	{
		.name = "v7.0",
		.kernel = "7.0.13",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.guard_flag = 1,
			.guard_prepares_anon = GUARD_PREPARES_ANON_ONLY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.avc_clone_reversed = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.ksm_prctl = KSM_PRCTL_EARLY,
			.ksm_zero_early = 1,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRKS_SINCE_6_16 | QUIRK(NAME_DROPS_STICKY) |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_LEAK),
	},
	{
		/* An intermediate limit: MREMAP_DONTUNMAP needs no headroom of its own. */
		.name = "v7.1",
		.kernel = "7.1.13",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.guard_flag = 1,
			.guard_prepares_anon = GUARD_PREPARES_ANON_ONLY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.mremap_mapcount = MREMAP_MAPCOUNT_HEADROOM0,
			.avc_clone_reversed = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.ksm_prctl = KSM_PRCTL_EARLY,
			.ksm_zero_early = 1,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRKS_SINCE_6_16 | QUIRK(NAME_DROPS_STICKY) |
			     QUIRK(DONTUNMAP_STALE_PGOFF) |
			     QUIRK(DONTUNMAP_SELF_MERGE) |
			     QUIRK(DONTUNMAP_LOCKED_LEAK),
	},
	{
		.name = "v7.2",
		.kernel = "7.2.13",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.guard_flag = 1,
			.guard_prepares_anon = GUARD_PREPARES_ANON_ONLY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.mremap_mapcount = MREMAP_MAPCOUNT_HEADROOM,
			.avc_clone_reversed = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.ksm_prctl = KSM_PRCTL_EARLY,
			.ksm_zero_early = 1,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRKS_SINCE_6_16 | QUIRK(NAME_DROPS_STICKY),
	},
	{
		/* A release candidate: 7.3-rc7. */
		.name = "v7.3",
		.kernel = "7.3-rc7",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.guard_flag = 1,
			.guard_prepares_anon = GUARD_PREPARES_ANON_ONLY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.mremap_mapcount = MREMAP_MAPCOUNT_HEADROOM,
			.cow_file_index = COW_FILE_VIRTUAL,
			.avc_clone_reversed = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.uffd_drop_wp = UFFD_DROP_WP_EBUSY,
			.ksm_prctl = KSM_PRCTL_EARLY,
			.ksm_zero_early = 1,
		},
		.quirks.on = QUIRKS_OF_ALL | QUIRKS_SINCE_6_16 | QUIRK(NAME_DROPS_STICKY),
	},

	{
		/* A release candidate: 7.3-rc7. */
		/* Its mm code was run in userspace. */
		.name = "v7.3.4",
		.kernel = "7.3.4",
		.rules = {
			.anon_merge = ANON_MERGE_SYMMETRIC,
			.new_merge = NEW_MERGE_CROSS,
			.close_blocks = CLOSE_BLOCKS_ONLY_REMOVED,
			.guard = GUARD_ANY,
			.guard_flag = 1,
			.guard_prepares_anon = GUARD_PREPARES_ANON_ONLY,
			.acct_drop_on_ro = 1,
			.map_stack_nohuge = 1,
			.mmap_fixed_atomic = 1,
			.mremap_params = MREMAP_PARAMS_UPFRONT,
			.mremap_fixed_check_first = 1,
			.mremap_multi = 1,
			.mremap_mapcount = MREMAP_MAPCOUNT_HEADROOM,
			.cow_file_index = COW_FILE_VIRTUAL,
			.avc_clone_reversed = 1,
			.populate_hole_stops = 1,
			.mseal = 1,
			.mseal_dev_zero = 1,
			.name_anon_shmem = 1,
			.merge_nomem_fails = 1,
			.droppable = 1,
			.uffd_wp_async = 1,
			.uffd_keeps_flags = 1,
			.uffd_nothing_einval = 1,
			.uffd_unreg_owner = 1,
			.uffd_drop_wp = UFFD_DROP_WP_EBUSY,
			.ksm_prctl = KSM_PRCTL_EARLY,
			.ksm_zero_early = 1,
		},
		.quirks.on = QUIRKS_OPEN | QUIRK(WIPED_PGOFF_WARN) | QUIRK(MERGE_NOMEM_WARN) |
			     QUIRKS_SINCE_6_16 | QUIRK(NAME_DROPS_STICKY),
	},
};
const u32 model_profile_count = ARRAY_SIZE(model_profiles);
