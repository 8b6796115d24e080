/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions of kernels: as users ask for them (6.12, 6.12.117), as a tree's Makefile has them
 * (6.12.117, 7.3.0-rc5), as packages have them (6.12.117-1~deb12u1, 7.3~rc5-1~exp1).
 */
#ifndef HARNESS_KERNEL_VERSION_H
#define HARNESS_KERNEL_VERSION_H

#include "model/types.h"

#define KERNEL_VERSION_MAX 64

/* Is @text X.Y, X.Y.Z or X.Y.Z-something? Nothing else may become a part of a path. */
bool kernel_version_valid(const char *text);

/* Is @version, of three numbers, what @request asks for? X.Y asks for any of that series. */
bool kernel_version_matches(const char *request, const char *version);

/* Below, equal to or above 0, as @a is older than @b, the same, or newer. */
int kernel_version_compare(const char *a, const char *b);

/* The series of @version, X.Y. */
void kernel_version_series(const char *version, char *buf, size_t size);

/* That of a package's version, or -EINVAL. @buf has KERNEL_VERSION_MAX bytes. */
int kernel_version_from_package(const char *package_version, char *buf);

/* That of the source tree whose Makefile is at @path; negative errno. */
int kernel_version_from_makefile(const char *path, char *buf);

#endif
