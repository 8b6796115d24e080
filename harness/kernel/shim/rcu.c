/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RCU with one reader at most: what is to be freed is freed at once, or when the read section ends
 * that it was asked for in. So a use behind that is one that AddressSanitizer sees.
 */
#include "shim.h"

#include <linux/rcupdate.h>
#include <linux/slab.h>

static struct {
	int depth; /* of read sections */
	struct rcu_head *first, **last;
} rcu = { .last = &rcu.first };

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

void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	head->func = func;
	head->next = NULL;
	*rcu.last = head;
	rcu.last = &head->next;
	if (!rcu.depth)
		run_deferred();
}

void synchronize_rcu(void)
{
	SHIM_CHECK(!rcu.depth);
}

#ifdef CONFIG_PREEMPT_RCU
void __rcu_read_lock(void)
{
	rcu.depth++;
}

void __rcu_read_unlock(void)
{
	if (--rcu.depth < 0)
		kernel_complain("rcu_read_unlock", "rcu_read_unlock() without rcu_read_lock()");
	if (!rcu.depth)
		run_deferred();
}
#endif

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
	if (rcu.depth)
		kernel_complain("rcu_read_lock", "rcu_read_lock() was never undone");
}
