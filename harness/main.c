/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmafuzz: finds the verb and calls it. Each verb is a file cmd_<verb>.c.
 */
#include <signal.h>
#include <string.h>

#include "harness/cmd.h"

#ifndef VMAFUZZ_VERSION
#define VMAFUZZ_VERSION "unversioned"
#endif

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
	bool first; /* shown to who types "vmafuzz" alone */
} verbs[] = {
	{"fuzz", cmd_fuzz, "generate programs and compare, by default the running kernel", true},
	{"run", cmd_run, "replay programs, directories of them, or crash files", true},
	{"min", cmd_min, "make a program that diverges as small as possible", true},
	{"diff", cmd_diff, "compare two backends with each other", false},
	{"kernels", cmd_kernels, "get kernel sources from the distribution's archive", false},
	{"ops", cmd_ops, "the operations that programs are made of", false},
	{"rules", cmd_rules, "how kernels differ on purpose, with sources", false},
	{"quirks", cmd_quirks, "the known kernel bugs", false},
};

static void usage(FILE *out, bool all)
{
	u32 i;

	fprintf(out, "vmafuzz finds differences between what Linux does with virtual memory areas\n"
		     "and what it is specified to do.\n\n");
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (all || verbs[i].first)
			fprintf(out, "  vmafuzz %-7s %s\n", verbs[i].name, verbs[i].what);
	fprintf(out, all ? "\n'vmafuzz VERB --help' lists the options of a verb.\n" :
			   "\n'vmafuzz --help' lists the other verbs, 'vmafuzz fuzz --help' the"
			   " options of one.\n");
}

int main(int argc, char **argv)
{
	u32 i;

	/* A closed pipe is reported by cmd_finish(), after the backend has been closed. */
	signal(SIGPIPE, SIG_IGN);
	/* A limit on file sizes shows as an error of what is written, like a full disk. */
	signal(SIGXFSZ, SIG_IGN);
	if (argc < 2) {
		usage(stderr, false);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		usage(stdout, true);
		return cmd_finish(STATUS_AGREE);
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("vmafuzz %s\n", VMAFUZZ_VERSION);
		return cmd_finish(STATUS_AGREE);
	}
	for (i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0)
			return verbs[i].run(argc - 1, argv + 1);
	fprintf(stderr, "vmafuzz: no verb \"%s\"\n\n", argv[1]);
	usage(stderr, true);
	return STATUS_USAGE;
}
