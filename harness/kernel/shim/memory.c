/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What mm calls to move bytes, and counters that are kept for each processor.
 */
#include "shim.h"

#include <linux/percpu_counter.h>
#include <linux/swait.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

/* What programs pass by pointer lies in this process, and is always there. */
unsigned long _copy_from_user(void *to, const void __user *from, unsigned long size)
{
	memcpy(to, (const void __force *)from, size);
	return 0;
}

unsigned long _copy_to_user(void __user *to, const void *from, unsigned long size)
{
	memcpy((void __force *)to, from, size);
	return 0;
}

long strncpy_from_user(char *to, const char __user *from, long size)
{
	long len = strnlen((const char __force *)from, size);

	memcpy(to, (const char __force *)from, len < size ? len + 1 : size);
	return len;
}

long strnlen_user(const char __user *text, long size)
{
	return strnlen((const char __force *)text, size) + 1;
}

/* What clear_refs_write() reads its number with. */
char *strim(char *text)
{
	return text;
}

int kstrtoint(const char *text, unsigned int base, int *number)
{
	*number = text[0] - '0';
	return text[0] >= '0' && text[0] <= '9' && !text[1] ? 0 : -EINVAL;
}

/* They have calling conventions of their own: value in rax, address in rcx, error out in ecx. */
asm(".globl __put_user_8\n"
    "__put_user_8:\n"
    "	mov %rax, (%rcx)\n"
    "	xor %ecx, %ecx\n"
    "	ret\n"
    ".globl __put_user_4\n"
    "__put_user_4:\n"
    "	mov %eax, (%rcx)\n"
    "	xor %ecx, %ecx\n"
    "	ret\n");
/* Address in rax, value out in rdx, error out in eax. */
asm(".globl __get_user_8, __get_user_nocheck_8\n"
    "__get_user_8:\n"
    "__get_user_nocheck_8:\n"
    "	mov (%rax), %rdx\n"
    "	xor %eax, %eax\n"
    "	ret\n");
/* Length in rcx, addresses in rdi and rsi. */
asm(".globl rep_movs_alternative\n"
    "rep_movs_alternative:\n"
    "	rep movsb\n"
    "	ret\n");
/* A whole page at rdi: since 7.0 its length in rcx. */
asm(".globl __clear_pages_unrolled\n"
    "__clear_pages_unrolled:\n"
    "	rep stosb\n"
    "	ret\n"
    ".globl clear_page_orig\n"
    "clear_page_orig:\n"
    "	xor %eax, %eax\n"
    "	mov $512, %ecx\n"
    "	rep stosq\n"
    "	ret\n");
/* The callers are told that no register but rax changes, so the C of lib/hweight.c will not do. */
asm(".globl __sw_hweight32, __sw_hweight64\n"
    "__sw_hweight32:\n"
    "	popcntl %edi, %eax\n"
    "	ret\n"
    "__sw_hweight64:\n"
    "	popcntq %rdi, %rax\n"
    "	ret\n");

/* Preserves every register, so it is no function of C. */
asm(".globl preempt_schedule_thunk, preempt_schedule_notrace_thunk\n"
    "preempt_schedule_thunk:\n"
    "preempt_schedule_notrace_thunk:\n"
    "	ret\n");

void copy_page(void *to, void *from)
{
	memcpy(to, from, PAGE_SIZE);
}

unsigned long copy_mc_to_kernel(void *to, const void *from, unsigned int size)
{
	memcpy(to, from, size);
	return 0;
}

void percpu_counter_add_batch(struct percpu_counter *counter, s64 amount, s32 batch)
{
	counter->count += amount;
}

void percpu_counter_set(struct percpu_counter *counter, s64 amount)
{
	counter->count = amount;
}

s64 __percpu_counter_sum(struct percpu_counter *counter)
{
	return counter->count;
}

#if SINCE(6, 6)
int __percpu_counter_init_many(struct percpu_counter *counters, s64 amount, gfp_t gfp, u32 count,
			       struct lock_class_key *key)
{
	if (shim_alloc_fails(gfp))
		return -ENOMEM;
	while (count--)
		counters[count].count = amount;
	return 0;
}
#else
int __percpu_counter_init(struct percpu_counter *counter, s64 amount, gfp_t gfp,
			  struct lock_class_key *key)
{
	if (shim_alloc_fails(gfp))
		return -ENOMEM;
	counter->count = amount;
	return 0;
}
#endif

void __init_waitqueue_head(struct wait_queue_head *head, const char *name,
			   struct lock_class_key *key)
{
	spin_lock_init(&head->lock);
	INIT_LIST_HEAD(&head->head);
}

void __init_swait_queue_head(struct swait_queue_head *head, const char *name,
			     struct lock_class_key *key)
{
	raw_spin_lock_init(&head->lock);
	INIT_LIST_HEAD(&head->task_list);
}

/* A reference count that overflows or underflows is a use after free in the making. */
void refcount_warn_saturate(refcount_t *count, enum refcount_saturation_type type)
{
	kernel_complain("refcount", "refcount_t: saturated or used after free (kind %d) at %p",
			type, __builtin_return_address(0));
}

/* Every line that is printed is kept; one that says BUG is a complaint. */
int _printk(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	kernel_print(format, args);
	va_end(args);
	return 0;
}
