/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mm/mempolicy.c, and the way to what is static in it: a machine with one node.
 */
#include "mm/mempolicy.c"

#include "shim.h"

nodemask_t node_states[NR_NODE_STATES];
unsigned int nr_node_ids = 1;

void wrap_mempolicy_boot(void)
{
	int i;

	for (i = 0; i < NR_NODE_STATES; i++)
		node_set(0, node_states[i]);
	policy_cache = kmem_cache_create("numa_policy", sizeof(struct mempolicy), 0, 0, NULL);
	sn_cache = kmem_cache_create("shared_policy_node", sizeof(struct sp_node), 0, 0, NULL);
}
