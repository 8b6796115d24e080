/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Locks in a kernel of one thread: none is ever waited for, so taking one that is held is a
 * deadlock, and one that is held between operations was forgotten. The state is kept in the lock as
 * the kernel keeps it, since its assertions look there.
 */
#include "shim.h"

#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>

/* As kernel/locking/rwsem.c uses the count. */
#define WRITER 1
#define READER 256

static struct {
	long sems, spins, mutexes, rwlocks; /* held */
} held;

/* Where the caller is, rather than the lock, is what tells a maintainer most. */
#define WRONG(what) \
	kernel_complain("lock", "%s at %p", what, __builtin_return_address(0))

void __init_rwsem(struct rw_semaphore *sem, const char *name, struct lock_class_key *key)
{
	atomic_long_set(&sem->count, 0);
}

void down_write(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count))
		WRONG("deadlock: down_write() of a held rw_semaphore");
	atomic_long_set(&sem->count, WRITER);
	held.sems++;
}

int down_write_killable(struct rw_semaphore *sem)
{
	down_write(sem);
	return 0;
}

int down_write_trylock(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count))
		return 0;
	down_write(sem);
	return 1;
}

void up_write(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count) != WRITER)
		WRONG("up_write() of an rw_semaphore that is not held for writing");
	atomic_long_set(&sem->count, 0);
	held.sems--;
}

void down_read(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count) & WRITER)
		WRONG("deadlock: down_read() of an rw_semaphore held for writing");
	atomic_long_add(READER, &sem->count);
	held.sems++;
}

int down_read_killable(struct rw_semaphore *sem)
{
	down_read(sem);
	return 0;
}

int down_read_trylock(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count) & WRITER)
		return 0;
	down_read(sem);
	return 1;
}

void up_read(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count) < READER)
		WRONG("up_read() of an rw_semaphore that is not held for reading");
	atomic_long_sub(READER, &sem->count);
	held.sems--;
}

void downgrade_write(struct rw_semaphore *sem)
{
	if (atomic_long_read(&sem->count) != WRITER)
		WRONG("downgrade_write() of an rw_semaphore that is not held for writing");
	atomic_long_set(&sem->count, READER);
}

static void spin_take(raw_spinlock_t *lock, void *caller)
{
	if (atomic_read(&lock->raw_lock.val))
		kernel_complain("lock", "deadlock: spin_lock() of a held spinlock at %p", caller);
	atomic_set(&lock->raw_lock.val, 1);
	held.spins++;
}

static void spin_give(raw_spinlock_t *lock, void *caller)
{
	if (!atomic_read(&lock->raw_lock.val))
		kernel_complain("lock", "spin_unlock() of a spinlock that is not held at %p",
				caller);
	atomic_set(&lock->raw_lock.val, 0);
	held.spins--;
}

void _raw_spin_lock(raw_spinlock_t *lock)
{
	spin_take(lock, __builtin_return_address(0));
}

void _raw_spin_lock_irq(raw_spinlock_t *lock)
{
	spin_take(lock, __builtin_return_address(0));
}

void _raw_spin_lock_bh(raw_spinlock_t *lock)
{
	spin_take(lock, __builtin_return_address(0));
}

unsigned long _raw_spin_lock_irqsave(raw_spinlock_t *lock)
{
	spin_take(lock, __builtin_return_address(0));
	return 0;
}

int _raw_spin_trylock(raw_spinlock_t *lock)
{
	if (atomic_read(&lock->raw_lock.val))
		return 0;
	spin_take(lock, __builtin_return_address(0));
	return 1;
}

void _raw_spin_unlock(raw_spinlock_t *lock)
{
	spin_give(lock, __builtin_return_address(0));
}

void _raw_spin_unlock_irq(raw_spinlock_t *lock)
{
	spin_give(lock, __builtin_return_address(0));
}

void _raw_spin_unlock_bh(raw_spinlock_t *lock)
{
	spin_give(lock, __builtin_return_address(0));
}

void _raw_spin_unlock_irqrestore(raw_spinlock_t *lock, unsigned long flags)
{
	spin_give(lock, __builtin_return_address(0));
}

void _raw_read_lock(rwlock_t *lock)
{
	held.rwlocks++;
}

void _raw_read_unlock(rwlock_t *lock)
{
	held.rwlocks--;
}

void _raw_write_lock_irq(rwlock_t *lock)
{
	held.rwlocks++;
}

void _raw_write_unlock_irq(rwlock_t *lock)
{
	held.rwlocks--;
}

void mutex_lock(struct mutex *lock)
{
	if (atomic_long_read(&lock->owner))
		WRONG("deadlock: mutex_lock() of a held mutex");
	atomic_long_set(&lock->owner, (long)current);
	held.mutexes++;
}

int mutex_lock_killable(struct mutex *lock)
{
	mutex_lock(lock);
	return 0;
}

void mutex_unlock(struct mutex *lock)
{
	if (!atomic_long_read(&lock->owner))
		WRONG("mutex_unlock() of a mutex that is not held");
	atomic_long_set(&lock->owner, 0);
	held.mutexes--;
}

bool mutex_is_locked(struct mutex *lock)
{
	return atomic_long_read(&lock->owner) != 0;
}

void shim_locks_settle(void)
{
	if (held.sems || held.spins || held.mutexes || held.rwlocks)
		kernel_complain("lock",
				"locks are held after the operation: %ld rw_semaphores, "
				"%ld spinlocks, %ld mutexes, %ld rwlocks",
				held.sems, held.spins, held.mutexes, held.rwlocks);
}
