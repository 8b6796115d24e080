/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which lines of the kernel's log are findings: the part of kernel_log.c that needs no kernel.
 */
#ifndef HARNESS_KERNEL_LOG_H
#define HARNESS_KERNEL_LOG_H

#include "model/types.h"

/* Does @text (a message without its header) begin a WARN, BUG, oops or the report of a checker? */
bool kernel_log_alarming(const char *text);
/* The message of a record of /dev/kmsg ("6,1234,5678901,-;text\n KEY=value\n"): cuts it in place at its
 * first newline and returns where the text begins; NULL if it is no record. */
const char *kernel_log_message(char *record);

#endif
