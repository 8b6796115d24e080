/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Observes without BPF, from files of /proc/self that anyone may read: the layout by PROCMAP_QUERY
 * (6.11 and later) or maps, all flags by smaps, the counters by status. Slow, and blind to the page
 * offset of anonymous memory and to anon_vmas.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/ioctl.h>
#include <string.h>
#include <sys/syscall.h>

#include "harness/live/exec.h"
#include "model/abi.h"

/* Spelt out because headers before 6.11 lack it: PROCMAP_QUERY of include/uapi/linux/fs.h. */
struct procmap_query {
	u64 size, query_flags, query_addr;
	u64 vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	u32 dev_major, dev_minor, vma_name_size, build_id_size;
	u64 vma_name_addr, build_id_addr;
};
#define QUERY_NUMBER _IOWR('f', 17, struct procmap_query)
#define QUERY_READABLE 1
#define QUERY_WRITABLE 2
#define QUERY_EXECUTABLE 4
#define QUERY_SHARED 8
#define QUERY_COVERING_OR_NEXT 0x10

static const char *const proc_paths[PROC_FILE_COUNT] = {
	[PROC_PAGEMAP] = "/proc/self/pagemap",
	[PROC_MAPS] = "/proc/self/maps",
	[PROC_SMAPS] = "/proc/self/smaps",
	[PROC_STATUS] = "/proc/self/status",
};

/* The two letters of smaps. A kernel that lacks one prints "??" instead. */
static const struct {
	char name[3];
	u64 flag;
} smaps_flags[] = {
	{ "rd", VMF_READ },	  { "wr", VMF_WRITE },	    { "ex", VMF_EXEC },
	{ "sh", VMF_SHARED },	  { "mr", VMF_MAYREAD },    { "mw", VMF_MAYWRITE },
	{ "me", VMF_MAYEXEC },	  { "ms", VMF_MAYSHARE },   { "gd", VMF_GROWSDOWN },
	{ "gu", VMF_MAYBE_GUARD }, { "lo", VMF_LOCKED },    { "sr", VMF_SEQ_READ },
	{ "rr", VMF_RAND_READ },  { "dc", VMF_DONTCOPY },   { "lf", VMF_LOCKONFAULT },
	{ "ac", VMF_ACCOUNT },	  { "nr", VMF_NORESERVE },  { "wf", VMF_WIPEONFORK },
	{ "dd", VMF_DONTDUMP },	  { "sd", VMF_SOFTDIRTY },  { "hg", VMF_HUGEPAGE },
	{ "nh", VMF_NOHUGEPAGE }, { "mg", VMF_MERGEABLE },  { "dp", VMF_DROPPABLE },
	{ "sl", VMF_SEALED },	  { "um", VMF_UFFD_MISSING }, { "uw", VMF_UFFD_WP },
	{ "ui", VMF_UFFD_MINOR },
};

int proc_file(struct worker *w, enum proc_file which)
{
	int fd = FD_PROC + (int)which;
	s64 ret;

	if (w->proc_files >> which & 1)
		return fd;
	ret = exec_syscall(SYS_open, (u64)(uintptr_t)proc_paths[which], O_RDONLY, 0, 0, 0, 0);
	if (ret < 0)
		return (int)ret;
	/* Replaces what was inherited, which is the file of another process. */
	exec_syscall(SYS_dup2, (u64)ret, (u64)fd, 0, 0, 0, 0);
	exec_syscall(SYS_close, (u64)ret, 0, 0, 0, 0, 0);
	w->proc_files |= 1u << which;
	return fd;
}

int lines_open(struct lines *lines, struct worker *w, enum proc_file which)
{
	lines->w = w;
	lines->pos = lines->len = 0;
	lines->fd = proc_file(w, which);
	if (lines->fd < 0)
		return lines->fd;
	return (int)exec_syscall(SYS_lseek, (u64)lines->fd, 0, 0, 0, 0, 0);
}

const char *lines_next(struct lines *lines)
{
	char *buffer = lines->w->buffer, *end;
	u64 left = lines->len - lines->pos;
	s64 got;

	for (;;) {
		end = memchr(buffer + lines->pos, '\n', left);
		if (end) {
			char *line = buffer + lines->pos;

			*end = 0;
			lines->pos = (u64)(end + 1 - buffer);
			return line;
		}
		memmove(buffer, buffer + lines->pos, left);
		lines->pos = 0;
		lines->len = left;
		got = exec_syscall(SYS_read, (u64)lines->fd, (u64)(uintptr_t)(buffer + left),
				   EXEC_BUFFER - left, 0, 0, 0);
		if (got <= 0)
			return NULL;
		lines->len = left = left + (u64)got;
	}
}

u64 lines_number(const char **text, u32 base)
{
	u64 value = 0;

	for (;; (*text)++) {
		u32 c = (u32)(u8)**text, digit = c <= '9' ? c - '0' : (c | 32) - 'a' + 10;

		if (digit >= base)
			break;
		value = value * base + digit;
	}
	if (**text)
		(*text)++;
	return value;
}

static bool is_own(const struct shared *sh, u64 start)
{
	u32 i;

	for (i = 0; i < sh->own_count; i++)
		if (start >= sh->own[i].start && start < sh->own[i].end)
			return true;
	return start >= sh->task_size;
}

/* Begins the list of areas of the calling process anew; the others keep theirs. */
static void areas_begin(struct worker *w)
{
	struct shared *sh = w->sh;
	struct log_entry *log = &sh->log[sh->index];

	log->proc[w->index].area = sh->area_rec_count;
	log->proc[w->index].area_count = 0;
}

static struct area_rec *areas_add(struct worker *w)
{
	struct shared *sh = w->sh;

	if (sh->area_rec_count == AREA_RECS) {
		exec_fail(sh, FAILURE_ROOM, w->index, 0);
		return NULL;
	}
	sh->log[sh->index].proc[w->index].area_count++;
	return &sh->area_recs[sh->area_rec_count++];
}

/* What /proc calls shared is VM_MAYSHARE: a file opened read-only is never VM_SHARED. */
static u64 access_flags(bool r, bool w, bool x, bool shared)
{
	return (r ? VMF_READ : 0) | (w ? VMF_WRITE : 0) | (x ? VMF_EXEC : 0) |
	       (shared ? VMF_SHARED | VMF_MAYSHARE : 0);
}

/*
 * One line of maps or smaps: "start-end rwxp offset major:minor inode path". False for what is
 * not of the program, or if there is no room.
 */
static bool area_parse(struct worker *w, const char *line)
{
	struct area_rec *rec;
	u64 start = lines_number(&line, 16), end = lines_number(&line, 16), major;

	if (is_own(w->sh, start))
		return false;
	rec = areas_add(w);
	if (!rec)
		return false;
	rec->start = start;
	rec->end = end;
	rec->flags = access_flags(line[0] == 'r', line[1] == 'w', line[2] == 'x', line[3] == 's');
	line += 5;
	rec->offset = lines_number(&line, 16);
	major = lines_number(&line, 16);
	rec->device = major << 32 | lines_number(&line, 16);
	rec->inode = lines_number(&line, 10);
	return true;
}

static void layout_maps(struct worker *w)
{
	struct lines lines;
	const char *line;
	int err = lines_open(&lines, w, PROC_MAPS);

	if (err < 0) {
		exec_fail(w->sh, FAILURE_SNAPSHOT, w->index, err);
		return;
	}
	while ((line = lines_next(&lines)))
		area_parse(w, line);
}

/* The end of the range of our own that holds @addr, or @addr. */
static u64 skip_own(const struct shared *sh, u64 addr)
{
	u32 i;

	for (i = 0; i < sh->own_count; i++)
		if (addr >= sh->own[i].start && addr < sh->own[i].end)
			return sh->own[i].end;
	return addr;
}

/* False if the kernel does not know the query. */
static bool layout_query(struct worker *w)
{
	struct procmap_query query;
	struct shared *sh = w->sh;
	int fd = proc_file(w, PROC_MAPS);
	u64 addr = 0;

	while (addr < sh->task_size) {
		struct area_rec *rec;
		s64 ret;

		memset(&query, 0, sizeof(query));
		query.size = sizeof(query);
		query.query_flags = QUERY_COVERING_OR_NEXT;
		query.query_addr = addr;
		ret = exec_syscall(SYS_ioctl, (u64)(s64)fd, QUERY_NUMBER, (u64)(uintptr_t)&query, 0,
				   0, 0);
		if (ret == -ENOTTY)
			return false;
		if (ret == -ENOENT || query.vma_start >= sh->task_size)
			break;
		if (ret < 0) {
			exec_fail(sh, FAILURE_SNAPSHOT, w->index, ret);
			break;
		}
		addr = skip_own(sh, query.vma_start);
		if (addr != query.vma_start)
			continue;
		addr = query.vma_end;
		rec = areas_add(w);
		if (!rec)
			break;
		rec->start = query.vma_start;
		rec->end = query.vma_end;
		rec->flags = access_flags(query.vma_flags & QUERY_READABLE,
					  query.vma_flags & QUERY_WRITABLE,
					  query.vma_flags & QUERY_EXECUTABLE,
					  query.vma_flags & QUERY_SHARED);
		rec->offset = query.vma_offset;
		rec->device = (u64)query.dev_major << 32 | query.dev_minor;
		rec->inode = query.inode;
	}
	return true;
}

void proc_layout(struct worker *w)
{
	struct shared *sh = w->sh;
	struct log_entry *log = &sh->log[sh->index];

	if (sh->index)
		memcpy(log->proc, sh->log[sh->index - 1].proc, sizeof(log->proc));
	else
		memset(log->proc, 0, sizeof(log->proc));
	if (w->index == TURN_MASTER)
		return; /* an exit: nobody else's layout has changed */
	areas_begin(w);
	if (!sh->query_missing)
		sh->query_missing = !layout_query(w);
	if (sh->query_missing)
		layout_maps(w);
}

/* "VmFlags: rd wr mr mw me ac " */
static u64 flags_parse(const char *text)
{
	u64 flags = 0;
	u32 i;

	for (text += strlen("VmFlags:"); text[0] == ' ' && text[1]; text += 3)
		for (i = 0; i < ARRAY_SIZE(smaps_flags); i++)
			if (memcmp(text + 1, smaps_flags[i].name, 2) == 0)
				flags |= smaps_flags[i].flag;
	return flags;
}

/* Counters that status tells, in KiB. VmLib is what of the executable areas VmExe is not. */
static const struct {
	const char *name;
	enum rec_counter counter;
} status_counters[] = {
	{ "VmSize:", REC_TOTAL_VM }, { "VmData:", REC_DATA_VM }, { "VmStk:", REC_STACK_VM },
	{ "VmExe:", REC_EXEC_VM },   { "VmLib:", REC_EXEC_VM },  { "VmLck:", REC_LOCKED_VM },
};

static int counters_status(struct worker *w, u64 counter[REC_COUNTERS])
{
	struct lines lines;
	const char *line;
	u32 i;
	int err = lines_open(&lines, w, PROC_STATUS);

	if (err < 0)
		return err;
	while ((line = lines_next(&lines))) {
		for (i = 0; i < ARRAY_SIZE(status_counters); i++) {
			const char *text = line + strlen(status_counters[i].name);

			if (strncmp(line, status_counters[i].name, (u64)(text - line)))
				continue;
			while (*text == ' ' || *text == '\t')
				text++;
			counter[status_counters[i].counter] += lines_number(&text, 10) / 4;
		}
	}
	return 0;
}

void proc_counters(struct worker *w, u64 counter[REC_COUNTERS])
{
	struct lines lines;
	const char *line;
	int err;

	memset(counter, 0, REC_COUNTERS * sizeof(counter[0]));
	err = counters_status(w, counter);
	if (err == 0)
		err = lines_open(&lines, w, PROC_MAPS);
	if (err < 0) {
		exec_fail(w->sh, FAILURE_SNAPSHOT, w->index, err);
		return;
	}
	while ((line = lines_next(&lines)))
		counter[REC_MAP_COUNT] += lines_number(&line, 16) < w->sh->task_size;
}

/* A line of smaps that begins an area starts with its address, all others with a capital letter. */
void proc_smaps(struct worker *w)
{
	struct shared *sh = w->sh;
	struct log_entry *log = &sh->log[sh->index];
	struct lines lines;
	const char *line;
	bool ours = false;
	int err = lines_open(&lines, w, PROC_SMAPS);

	if (err < 0) {
		exec_fail(sh, FAILURE_SNAPSHOT, w->index, err);
		return;
	}
	areas_begin(w);
	while ((line = lines_next(&lines))) {
		if (*line < 'A' || *line > 'Z')
			ours = area_parse(w, line);
		else if (ours && strncmp(line, "VmFlags:", 8) == 0)
			sh->area_recs[sh->area_rec_count - 1].flags = flags_parse(line);
	}
	proc_counters(w, log->proc[w->index].counter);
	log->smaps = true;
}
