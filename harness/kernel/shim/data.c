/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Variables of parts of the kernel that are not compiled: one processor, one node, four-level page
 * tables, no huge pages but where asked for. %gs is 0 in a process, so that a per-CPU variable is
 * an ordinary one.
 */
#include "shim.h"

#include <linux/cpumask.h>
#include <linux/huge_mm.h>
#include <linux/init_task.h>
#include <linux/memory.h>
#include <linux/mmzone.h>
#include <linux/percpu_counter.h>
#include <linux/perf_event.h>
#include <linux/sched/task.h>
#include <linux/user_namespace.h>
#include <linux/vmstat.h>
#include <linux/workqueue.h>
#include <asm/mmu_context.h>
#include <asm/pgtable.h>

#include "internal.h"

/* Processors. */
unsigned long __per_cpu_offset[NR_CPUS];
struct cpumask __cpu_possible_mask = { { 1 } }, __cpu_online_mask = { { 1 } };
unsigned int nr_cpu_ids = 1;
struct cpuinfo_x86 boot_cpu_data;
#if SINCE(6, 15)
DEFINE_PER_CPU_CACHE_HOT(unsigned long, this_cpu_off);
#else
DEFINE_PER_CPU_READ_MOSTLY(unsigned long, this_cpu_off);
#endif
#if SINCE(6, 15)
DEFINE_PER_CPU_CACHE_HOT(int, cpu_number);
#elif !SINCE(6, 2)
DEFINE_PER_CPU_READ_MOSTLY(int, cpu_number);
#endif
unsigned long volatile jiffies;

/* Page tables. */
unsigned int pgdir_shift = 39, ptrs_per_p4d = 1;
pteval_t __supported_pte_mask = ~0ul, __default_kernel_pte_mask = ~0ul;
pgd_t init_top_pgt[PTRS_PER_PGD];
DEFINE_SPINLOCK(pgd_lock);
LIST_HEAD(pgd_list);
struct mm_struct init_mm;
atomic64_t last_mm_ctx_id = ATOMIC64_INIT(1);

/* Memory: plenty, on one node. */
atomic_long_t _totalram_pages = ATOMIC_LONG_INIT(1l << 40);
static pg_data_t node;
struct pglist_data *node_data[MAX_NUMNODES] = { &node };
DEFINE_PER_CPU(int, numa_node);
atomic_long_t vm_zone_stat[NR_VM_ZONE_STAT_ITEMS], vm_node_stat[NR_VM_NODE_STAT_ITEMS];
s32 vm_committed_as_batch = 32;
int percpu_counter_batch = 32;
const struct vm_operations_struct vma_dummy_vm_ops;
/* Pages are on no list, so that those to be locked must not wait in a batch. */
atomic_t lru_disable_count = ATOMIC_INIT(1);
DEFINE_STATIC_KEY_FALSE(init_on_alloc);
DEFINE_STATIC_KEY_FALSE(init_on_free);
/* Nobody counts on which node a page was had. */
struct static_key_true vm_numa_stat_key = { .key = STATIC_KEY_INIT_FALSE };

/* Huge pages only where an area was told so by madvise, and none is ever made (nothing.c). */
unsigned long transparent_hugepage_flags = 1 << TRANSPARENT_HUGEPAGE_REQ_MADV_FLAG;
unsigned long huge_zero_pfn = ~0ul; /* none */
#if SINCE(6, 10)
struct folio *huge_zero_folio;
#else
struct page *huge_zero_page;
#endif
#if SINCE(6, 8)
unsigned long huge_anon_orders_always, huge_anon_orders_madvise, huge_anon_orders_inherit;
#endif

/* Users and tasks. */
struct task_struct init_task;
struct user_namespace init_user_ns;
