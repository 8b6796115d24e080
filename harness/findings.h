/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Findings on disk: one directory each, named after the signature, in the output directory of a
 * run:
 *
 *	OUT/mremap-boundary-anon_vma/          a known bug: OUT/known-NAME/
 *		program.vma     minimised, with what it showed as comments
 *		original.vma    as it was generated
 *		report.txt      report_print()
 *		report.json     report_json()
 *		count           how often the signature was seen, in this run or by earlier ones
 *
 *	OUT/kernel-log-HASH/    programs that ran while the kernel's log got a warning
 *
 * A finding is written and synced (files and directory) before anything else happens to it; the
 * original first, before minimising. Nothing is ever overwritten by a worse version: program.vma is
 * replaced by rename, and only by a shorter program.
 */
#ifndef HARNESS_FINDINGS_H
#define HARNESS_FINDINGS_H

#include "harness/report.h"

struct findings;

/* Opens @dir, making it if needed. NULL and @diag if it cannot be written. */
struct findings *findings_open(const char *dir, struct diag *diag);
void findings_close(struct findings *f);

/* Is @outcome's signature (or, if quirks explain it, are they) already there? Counts it in any
 * case. */
bool findings_known(struct findings *f, const struct outcome *outcome);
/* The directory of @outcome's finding. */
void findings_path(const struct findings *f, const struct outcome *outcome, char *buf, size_t size);
/* Saves the program as generated. -EEXIST if another process was faster. Another negative errno if
 * the disk refuses: @diag says so, and the text has been printed to standard error so that it is
 * not lost. The last session_run() of @s must have given @outcome. */
int findings_save(struct findings *f, struct session *s, const struct prog *prog,
		  const struct outcome *outcome, const struct origin *origin, struct diag *diag);
/* Saves the minimised program and its report beside it. */
int findings_save_minimised(struct findings *f, struct session *s, const struct prog *prog,
			    const struct outcome *outcome, const struct origin *origin,
			    struct diag *diag);
/* Saves a note that is no divergence: lines of the kernel log while the case with @prog ran. It
 * goes to OUT/kernel-log-HASH/; the hash is equal for lines that differ only in numbers (addresses,
 * times). */
u32 findings_line_hash(const char *line);
int findings_save_kernel_log(struct findings *f, const struct prog *prog, const char *line,
			     struct diag *diag);

#endif
