/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mm calls of the rest of the kernel and need not be answered: each does nothing and gives 0,
 * NULL or false. Whatever is not here and not elsewhere in the shim is told by name when it is
 * reached (stubs.h). Weak, since some releases have a function in a file that is compiled whole.
 *
 * No header is included, so that one line suits every prototype.
 */
#define NOTHING(name) __attribute__((weak)) long name(void) { return 0; }

/* Scheduling: there is one thread, and nobody waits. */
NOTHING(__SCT__cond_resched)
NOTHING(__SCT__might_resched)
NOTHING(__cond_resched)
NOTHING(__might_sleep)
NOTHING(__might_fault)
NOTHING(__wake_up)
NOTHING(__wake_up_locked)
NOTHING(__wake_up_locked_key)
NOTHING(add_wait_queue)
NOTHING(remove_wait_queue)
NOTHING(finish_rcuwait)
NOTHING(rcuwait_wake_up)
NOTHING(wake_up_process)
NOTHING(wake_up_state)
NOTHING(mutex_init_generic)
NOTHING(__mutex_init)

/* Statistics and tracing. */
NOTHING(__mod_node_page_state)
NOTHING(__mod_zone_page_state)
NOTHING(mod_node_page_state)
NOTHING(mod_zone_page_state)
NOTHING(mm_trace_rss_stat)
NOTHING(percpu_counter_destroy_many)
NOTHING(percpu_counter_sync)
NOTHING(perf_event_mmap)
NOTHING(add_taint)
NOTHING(dump_stack)
NOTHING(dump_page)
NOTHING(print_hex_dump)
NOTHING(add_device_randomness)
NOTHING(___ratelimit)

/* The processor's translation caches and contexts. */
NOTHING(flush_tlb_mm_range)
NOTHING(arch_tlbbatch_flush)
NOTHING(mm_free_global_asid)
NOTHING(smp_call_function)
NOTHING(shstk_free)
NOTHING(shstk_update_last_frame)

/* Reclaim: pages are on no list, nothing is swapped, nothing is written back. */
NOTHING(folio_add_lru)
NOTHING(folio_add_lru_vma)
NOTHING(lru_cache_add)
NOTHING(lru_cache_add_inactive_or_unevictable)
NOTHING(lru_add_drain)
NOTHING(lru_add_drain_all)
NOTHING(folio_mark_accessed)
NOTHING(mark_page_accessed)
NOTHING(folio_mark_lazyfree)
NOTHING(mark_page_lazyfree)
NOTHING(folio_mark_dirty)
NOTHING(set_page_dirty)
NOTHING(folio_deactivate)
NOTHING(deactivate_page)
NOTHING(folio_isolate_lru)
NOTHING(isolate_lru_page)
NOTHING(reclaim_pages)
NOTHING(vfs_fadvise)
NOTHING(vfs_fsync_range)
NOTHING(balance_dirty_pages_ratelimited)
NOTHING(file_update_time)

/* Huge pages: never made. */
NOTHING(__thp_vma_allowable_orders)
NOTHING(hugepage_vma_check)
NOTHING(vma_adjust_trans_huge)
NOTHING(mm_put_huge_zero_folio)
NOTHING(mm_put_huge_zero_page)
NOTHING(split_huge_pmd_address)

/* Files: any may be mapped as executable, and all are the process's own. */
__attribute__((weak)) long inode_owner_or_capable(void) { return 1; }
NOTHING(path_noexec)
NOTHING(get_file_rcu)

/* The rest of a process: no binary, no accounting groups, no asynchronous I/O, no extra state. */
NOTHING(free_uid)
NOTHING(set_user_nice)
NOTHING(exec_state_init)
NOTHING(nsproxy_cache_init)
NOTHING(task_exec_state_copy)
NOTHING(pfnmap_untrack)
NOTHING(untrack_pfn)
NOTHING(ida_free)
NOTHING(ida_alloc_range)
NOTHING(vma_is_secretmem)
NOTHING(__cpuhp_setup_state)
