/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Watches the kernel's log for what no comparison sees: a case may agree in every respect and still
 * have tripped an assertion in the kernel.
 */
#include "harness/kernel_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/backend.h"

#define RECORD_MAX 8192 /* CONSOLE_EXT_LOG_MAX: no record is longer */

struct kernel_log {
	int fd;
	char record[RECORD_MAX + 1];
};

/* How the first line of a report starts; what follows it (call trace, registers) is not counted. */
static const char *const alarms[] = {
	"WARNING: ",
	"BUG: ",
	"BUG ", /* of a slab cache: "BUG kmalloc-64 (Not tainted): ..." */
	"kernel BUG at ",
	"Oops: ",
	"Oops",
	"general protection fault",
	"Unable to handle kernel",
	"UBSAN: ",
	"KASAN: ",
	"KFENCE: ",
	"KCSAN: ",
	"KMSAN: ",
	"list_add corruption",
	"list_del corruption",
	"watchdog: BUG: ",
	"INFO: task ",
	"rcu: INFO: ",
	"page:",
};

/* Lines that start like one but are about a program, or harmless. */
static bool harmless(const char *text)
{
	if (strncmp(text, "INFO: task ", 11) == 0)
		return !strstr(text, " blocked for more than ");
	if (strncmp(text, "page:", 5) == 0)
		return !strstr(text, " refcount:");
	return strstr(text, "segfault at ") || strncmp(text, "traps: ", 7) == 0;
}

bool kernel_log_alarming(const char *text)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alarms); i++)
		if (strncmp(text, alarms[i], strlen(alarms[i])) == 0)
			return !harmless(text);
	return false;
}

const char *kernel_log_message(char *record)
{
	char *text = strchr(record, ';'), *end;

	if (!text)
		return NULL;
	end = strchr(++text, '\n');
	if (end)
		*end = '\0';
	return text;
}

struct kernel_log *kernel_log_from(int fd)
{
	struct kernel_log *log = malloc(sizeof(*log));

	if (log)
		log->fd = fd;
	return log;
}

struct kernel_log *kernel_log_open(struct diag *diag)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct kernel_log *log = NULL;

	if (fd >= 0 && lseek(fd, 0, SEEK_END) >= 0)
		log = kernel_log_from(fd);
	if (log)
		return log;
	diag_set(diag, -errno,
		 "/dev/kmsg: %s: run as root, or warnings of the kernel go unnoticed",
		 strerror(errno));
	if (fd >= 0)
		close(fd);
	return NULL;
}

u32 kernel_log_poll(struct kernel_log *log, char *line, size_t size)
{
	const char *text;
	u32 count = 0;
	ssize_t len;

	for (;;) {
		len = read(log->fd, log->record, RECORD_MAX);
		/* EPIPE: records were overwritten before they were read; reading goes on behind. */
		if (len < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (len <= 0)
			return count;
		log->record[len] = '\0';
		text = kernel_log_message(log->record);
		if (!text || !kernel_log_alarming(text))
			continue;
		if (count++ == 0 && size)
			snprintf(line, size, "%s", text);
	}
}

void kernel_log_close(struct kernel_log *log)
{
	close(log->fd);
	free(log);
}
