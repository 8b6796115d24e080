/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads the BPF program that is embedded in the binary, once for each backend: two that run at
 * the same time must not write to the same maps.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/live/live_private.h"

extern const char live_blob[], live_blob_end[];

#define LOG_BYTES (64 << 10)

/* As numbers, or the compiler takes for granted that two objects never have one address. */
static size_t blob_size(void)
{
	return (uintptr_t)live_blob_end - (uintptr_t)live_blob;
}

/* libbpf says the same for people who know BPF; the verifier's log has what it found. */
static const char *last_line(char *log)
{
	size_t len = strlen(log);
	char *line;

	while (len && log[len - 1] == '\n')
		log[--len] = '\0';
	line = strrchr(log, '\n');
	return line ? line + 1 : log;
}

static void *map_memory(struct bpf_object *object, const char *name, int *fd)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	size_t size;
	void *memory;

	if (!map) {
		errno = ENOENT;
		return NULL;
	}
	size = (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map);
	*fd = bpf_map__fd(map);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (memory == MAP_FAILED)
		return NULL;
	/* Or each fork of this process would copy the page tables of all of it. */
	madvise(memory, size, MADV_DONTFORK);
	return memory;
}

static void unmap_memory(struct bpf_object *object, const char *name, const void *memory)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	if (map && memory)
		munmap((void *)(uintptr_t)memory,
		       (size_t)bpf_map__value_size(map) * bpf_map__max_entries(map));
}

static int load_failed(int err, const char *log, struct diag *diag)
{
	if (err == -EPERM || err == -EACCES)
		return diag_set(diag, err, "%s: run as root, or grant CAP_BPF and CAP_PERFMON",
				strerror(-err));
	return diag_set(diag, err, "the BPF program was refused: %s%s%s", strerror(-err),
			*log ? ": " : "", log);
}

static int load_object(struct bpf_object **object, struct diag *diag)
{
	char *log = calloc(1, LOG_BYTES);
	struct bpf_object_open_opts opts;
	int err = 0;

	if (!log)
		return diag_set(diag, -ENOMEM, "no memory");
	/*
	 * libbpf wants even the padding at the end to be 0, which an initialiser does not
	 * promise.
	 */
	memset(&opts, 0, sizeof(opts));
	opts.sz = sizeof(opts);
	opts.object_name = "vmafuzz";
	opts.kernel_log_buf = log;
	opts.kernel_log_size = LOG_BYTES;
	*object = bpf_object__open_mem(live_blob, blob_size(), &opts);
	if (!*object)
		err = diag_set(diag, -errno, "the embedded BPF object cannot be read: %s",
			       strerror(errno));
	else
		err = bpf_object__load(*object);
	if (*object && err) {
		load_failed(err, last_line(log), diag);
		bpf_object__close(*object);
		*object = NULL;
	}
	free(log);
	return err;
}

int live_bpf_load(struct live_bpf *bpf, struct diag *diag)
{
	libbpf_print_fn_t print;
	struct bpf_program *prog;
	int err, fd;

	memset(bpf, 0, sizeof(*bpf));
	if (!blob_size())
		return diag_set(diag, -ENOSYS, "built without clang, so without the BPF program");
	print = libbpf_set_print(NULL);
	err = load_object(&bpf->object, diag);
	libbpf_set_print(print);
	if (err)
		return err;
	prog = bpf_object__find_program_by_name(bpf->object, "snapshot");
	bpf->prog_fd = prog ? bpf_program__fd(prog) : -1;
	bpf->areas_fd = bpf_map__fd(bpf_object__find_map_by_name(bpf->object, "areas"));
	bpf->heads = map_memory(bpf->object, "heads", &fd);
	bpf->vmas = map_memory(bpf->object, "vmas", &fd);
	bpf->avcs = map_memory(bpf->object, "avcs", &fd);
	bpf->own = map_memory(bpf->object, "own", &fd);
	if (bpf->prog_fd >= 0 && bpf->heads && bpf->vmas && bpf->avcs && bpf->own)
		return 0;
	err = -errno;
	live_bpf_unload(bpf);
	return diag_set(diag, err, "the BPF maps cannot be mapped: %s", strerror(-err));
}

void live_bpf_unload(struct live_bpf *bpf)
{
	if (!bpf->object)
		return;
	unmap_memory(bpf->object, "heads", bpf->heads);
	unmap_memory(bpf->object, "vmas", bpf->vmas);
	unmap_memory(bpf->object, "avcs", bpf->avcs);
	unmap_memory(bpf->object, "own", bpf->own);
	bpf_object__close(bpf->object);
	bpf->object = NULL;
}
