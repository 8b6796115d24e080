/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU with one reader at most: what is to be freed is freed at once, or, if that was asked for in a
 * read section, by the next time outside of one. So a use behind that is one that AddressSanitizer
 * sees.
 */
#include "shim.h"

#include <linux/rcupdate.h>
#include <linux/slab.h>

static struct {
	int depth; /* preempt_count() outside of any section */
	struct rcu_head *first, **last;
} rcu = { .last = &rcu.first };

/* A read section is one that must not be preempted (kconfig.h). */
static bool reading(void)
{
	return preempt_count() != rcu.depth;
}

static void run_deferred(void)
{
	while (rcu.first) {
		struct rcu_head *head = rcu.first;

		rcu.first = head->next;
		if (!rcu.first)
			rcu.last = &rcu.first;
		head->func(head);
	}
}

void shim_rcu_boot(void)
{
	rcu.depth = preempt_count();
}

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	head->func = func;
	head->next = NULL;
	*rcu.last = head;
	rcu.last = &head->next;
	if (!reading())
		run_deferred();
}

void synchronize_rcu(void)
{
	if (reading())
		kernel_complain("synchronize_rcu", "deadlock: synchronize_rcu() in a read section");
}

/* The object, not its head, is what is freed; deferring would need room for that, so it is not. */
#if SINCE(7, 0)
void kvfree_call_rcu(struct kvfree_rcu_head *head, void *memory)
{
	kfree(memory);
}
#elif SINCE(6, 5)
void kvfree_call_rcu(struct rcu_head *head, void *memory)
{
	kfree(memory);
}
#else
void kvfree_call_rcu(struct rcu_head *head, rcu_callback_t offset)
{
	kfree(head ? (char *)head - (unsigned long)offset : (void *)offset);
}
#endif

void shim_rcu_settle(void)
{
	if (preempt_count() > rcu.depth)
		kernel_complain("rcu_read_lock", "rcu_read_lock() was never undone");
	if (preempt_count() < rcu.depth)
		kernel_complain("rcu_read_unlock", "rcu_read_unlock() without rcu_read_lock()");
	run_deferred();
}
