/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The breaks in what kernel code does, rather than in what it keeps: locks, what it says of itself,
 * accesses that a sanitizer sees. See break.c.
 */
#include "harness/kernel/shim/shim.h"

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "mm/internal.h"
#include "harness/kernel/tests/break.h"

#define WITH_LINE(statement)                  \
	do {                                  \
		kernel_break_line = __LINE__; \
		statement;                    \
	} while (0)

unsigned int kernel_break_line;

void vmafuzz_missing_function(void);
extern int vmafuzz_missing_variable;

int break_wait_forever(void)
{
	schedule();
	return 0;
}

static DECLARE_RWSEM(sem);
static DEFINE_SPINLOCK(spin);
static DEFINE_MUTEX(mutex);
static DEFINE_RWLOCK(rwlock);

int break_sem_held(void)
{
	down_read(&sem);
	return 0;
}

int break_spin_held(void)
{
	spin_lock(&spin);
	return 0;
}

int break_mutex_held(void)
{
	mutex_lock(&mutex);
	return 0;
}

int break_rwlock_held(void)
{
	read_lock(&rwlock);
	return 0;
}

int break_write_write(void)
{
	down_write(&sem);
	down_write(&sem);
	return 0;
}

int break_write_read(void)
{
	down_write(&sem);
	down_read(&sem);
	return 0;
}

int break_up_write(void)
{
	down_read(&sem);
	up_write(&sem);
	return 0;
}

int break_up_read(void)
{
	up_read(&sem);
	return 0;
}

int break_downgrade(void)
{
	downgrade_write(&sem);
	return 0;
}

int break_spin_twice(void)
{
	spin_lock(&spin);
	spin_lock(&spin);
	return 0;
}

int break_spin_unlock(void)
{
	spin_unlock(&spin);
	return 0;
}

int break_mutex_twice(void)
{
	mutex_lock(&mutex);
	mutex_lock(&mutex);
	return 0;
}

int break_mutex_unlock(void)
{
	mutex_unlock(&mutex);
	return 0;
}

int break_rcu_held(void)
{
	rcu_read_lock();
	return 0;
}

int break_rcu_unlock(void)
{
	rcu_read_unlock();
	return 0;
}

int break_rcu_wait(void)
{
	rcu_read_lock();
	synchronize_rcu();
	return 0;
}

int break_warn_on(void)
{
	WITH_LINE(WARN_ON(kernel_break_line));
	return 0;
}

int break_warn_text(void)
{
	WITH_LINE(WARN(kernel_break_line, "told %d times\n", 42));
	return 0;
}

int break_bug_on(void)
{
	WITH_LINE(BUG_ON(kernel_break_line));
	return 0;
}

int break_vm_bug_on(void)
{
	WITH_LINE(VM_BUG_ON(kernel_break_line));
	return 0;
}

int break_vm_bug_on_page(void)
{
	WITH_LINE(VM_BUG_ON_PAGE(kernel_break_line, ZERO_PAGE(0)));
	return 0;
}

int break_printk_bug(void)
{
	pr_alert("BUG: a test says so\n");
	return 0;
}

int break_printk_warn(void)
{
	pr_warn("WARN: a test says so\n");
	return 0;
}

int break_refcount(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	OPTIMIZER_HIDE_VAR(count);
	refcount_inc(&count);
	return 0;
}

int break_illegal(void)
{
	asm volatile("ud2");
	return 0;
}

int break_missing_function(void)
{
	vmafuzz_missing_function();
	return 0;
}

int break_missing_variable(void)
{
	vmafuzz_missing_variable = 1;
	return 0;
}

/* AddressSanitizer would tell of it, in words of its own. */
int break_null(void)
{
	volatile int *nowhere = (int *)8;

	OPTIMIZER_HIDE_VAR(nowhere);
	return SHIM_ASAN ? 1 : *nowhere;
}

int break_object_bounds(void)
{
	volatile char *object;

	if (!SHIM_ASAN)
		return 1;
	object = kmalloc(24, GFP_KERNEL);
	object[24] = 1;
	return 0;
}

int break_object_after_free(void)
{
	volatile char *object;

	if (!SHIM_ASAN)
		return 1;
	object = kmalloc(24, GFP_KERNEL);
	kfree((void *)object);
	object[0] = 1;
	return 0;
}

int break_cached_after_free(void)
{
	struct kmem_cache *cache;
	volatile char *object;

	if (!SHIM_ASAN)
		return 1;
	cache = kmem_cache_create("vmafuzz_break", 24, 0, 0, NULL);
	object = kmem_cache_alloc(cache, GFP_KERNEL);
	kmem_cache_free(cache, (void *)object);
	object[0] = 1;
	return 0;
}

int break_page_after_free(void)
{
	volatile char *memory;

	if (!SHIM_ASAN)
		return 1;
	memory = page_address(alloc_page(GFP_KERNEL));
	__free_page(virt_to_page(memory));
	memory[0] = 1;
	return 0;
}

/* Compiled with it or not: the flag cannot be asked for. */
int break_shift(void)
{
#ifdef VMAFUZZ_UBSAN
	volatile unsigned int count = 64;
	volatile unsigned long one = 1;

	one = one << count;
	return 0;
#else
	return 1;
#endif
}
