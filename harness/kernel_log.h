/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the kernel log's watch that can be tested without making a kernel complain.
 */
#ifndef HARNESS_KERNEL_LOG_H
#define HARNESS_KERNEL_LOG_H

#include "model/types.h"

/* Does @text (a message without its header) begin a WARN, BUG, oops or the report of a checker? */
bool kernel_log_alarming(const char *text);
/*
 * The message of a record of /dev/kmsg ("6,1234,5678901,-;text\n KEY=value\n"): cuts it in place
 * at its first newline and returns where the text begins; NULL if it is no record.
 */
const char *kernel_log_message(char *record);

/*
 * Reads records from @fd, one with each read() as /dev/kmsg gives them, and owns it. NULL: no
 * memory.
 */
struct kernel_log;
struct kernel_log *kernel_log_from(int fd);

#endif
