/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the distribution's archive has, asked through apt. Addresses come from the machine's own
 * configuration, which is never changed: suites that it has not enabled are looked at through a
 * state of our own (lists and a list of sources, in the cache directory), for which no privilege
 * is needed.
 */
#ifndef HARNESS_KERNEL_ARCHIVE_H
#define HARNESS_KERNEL_ARCHIVE_H

#include "harness/kernel_version.h"
#include "harness/step.h"

#define KERNEL_OFFERS_MAX 128

/* One version that a suite has. */
struct kernel_offer {
	char package[64];		  /* "linux-source-6.12" */
	char package_version[64];	  /* "6.12.117-1~deb12u1" */
	char version[KERNEL_VERSION_MAX]; /* "6.12.117" */
	char suite[64];			  /* the first that has it */
};

struct kernel_offers {
	struct kernel_offer offer[KERNEL_OFFERS_MAX];
	u32 count;
};

/* Where is looked, in this order; each is slower than the one before. */
enum kernel_scope {
	KERNEL_SCOPE_MACHINE, /* the machine's lists as they are: nothing is fetched */
	KERNEL_SCOPE_ENABLED, /* the suites that the machine has enabled, fetched anew */
	KERNEL_SCOPE_OTHER,   /* those, and all that may have kernels */
	KERNEL_SCOPE_COUNT,
};

struct kernel_archive {
	char dir[600]; /* of the state of our own */
	enum kernel_scope scope;
	int signals; /* see harness/subprocess.h */
	struct step *step;
	char *text;	    /* what a program wrote; TEXT_MAX */
	char apt_said[256]; /* the last complaint of apt-get, "" if none */
};

/* @root: of the cache. -ENOMEM. */
int kernel_archive_open(struct kernel_archive *a, const char *root, int signals, struct step *step,
			struct diag *diag);
void kernel_archive_close(struct kernel_archive *a);

/*
 * From now on, look in @scope. Negative errno with what to do: no apt, the archive cannot be
 * reached (-ENETUNREACH), stopped (-EINTR). The lock of the cache must be held.
 */
int kernel_archive_look(struct kernel_archive *a, enum kernel_scope scope, struct diag *diag);

/* What @package is to be had in, newest first; NULL: every package of sources. */
int kernel_archive_offers(struct kernel_archive *a, const char *package,
			  struct kernel_offers *offers, struct diag *diag);

/* The size of the package in bytes, or 0 if that is unknown. */
u64 kernel_archive_size(struct kernel_archive *a, const struct kernel_offer *offer);

/* Puts the package, a .deb of @bytes (0: unknown), into the directory @dir. -EREMOTEIO: it cannot
 * be had, though it is in the lists. */
int kernel_archive_download(struct kernel_archive *a, const struct kernel_offer *offer,
			    const char *dir, u64 bytes, struct diag *diag);

#endif
