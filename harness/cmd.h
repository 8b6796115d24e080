/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the verbs of the command line share: options with their help from one table, reading numbers
 * and times, opening a backend with the rules that the user asked for.
 */
#ifndef HARNESS_CMD_H
#define HARNESS_CMD_H

#include "harness/session.h"

enum cmd_status {
	STATUS_AGREE = 0,
	STATUS_DIVERGE = 1,
	STATUS_USAGE = 2,   /* wrong usage or input */
	STATUS_BACKEND = 3, /* a backend is broken or unavailable */
};

/* One file each: harness/cmd_<verb>.c. @argv[0] is the verb. An enum cmd_status. */
int cmd_fuzz(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_min(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_kernels(int argc, char **argv);
int cmd_ops(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_quirks(int argc, char **argv);

struct cmd_option {
	const char *name; /* "seed" for --seed; NULL ends a table */
	int id;           /* what take() is given; above 255 */
	const char *arg;  /* how help calls its argument; NULL: it has none */
	const char *help;
};

struct cmd_verb {
	const char *usage; /* "run [OPTION]... FILE..." */
	const char *what;  /* a paragraph, newline at the end */
	const struct cmd_option *options;
	/* One option. 0, or -EINVAL with what is wrong with @text. */
	int (*take)(void *arg, int id, const char *text, struct diag *diag);
	void *arg;
};

/*
 * Reads the options; *@first is then the index of the first argument that is none. False: it is all
 * over (--help, or a mistake that has been reported), *@status is the exit status.
 */
bool cmd_parse(const struct cmd_verb *verb, int argc, char **argv, int *first, int *status);

int cmd_number(const char *text, u64 max, u64 *value, struct diag *diag);
/* "90", "90s", "10m", "1h": seconds. */
int cmd_seconds(const char *text, u64 *value, struct diag *diag);

/* "mmap,munmap": a bit mask of enum op_kind. */
int cmd_operations(const char *text, u64 *ops, struct diag *diag);

/* Options of every verb that runs programs. */
enum {
	OPT_BACKEND = 0x100,
	OPT_RULES,
	OPT_TOLERATE_KNOWN,
	OPT_NO_BPF,
	OPT_TIMEOUT,
	OPT_JSON,
	OPT_VERB, /* the first that a verb may use for itself */
};
#define CMD_BACKEND_OPTIONS                                                                \
	{"backend", OPT_BACKEND, "BACKEND",                                                \
	 "what is tested: live (default), kernel[:NAME], model[:PROFILE], mutant:N"},      \
	{"rules", OPT_RULES, "RULES",                                                      \
	 "what is expected: auto (default), a profile, name=value, or a list with commas"}, \
	{"tolerate-known", OPT_TOLERATE_KNOWN, NULL,                                       \
	 "expect the known bugs of the kernel instead of reporting them"},                 \
	{"no-bpf", OPT_NO_BPF, NULL, "live: observe without BPF"},                         \
	{"timeout", OPT_TIMEOUT, "MS",                                                     \
	 "live, kernel: milliseconds that a program may take (2000)"},                     \
	{"json", OPT_JSON, NULL, "one JSON object a line"}

struct cmd_backend {
	const char *name;  /* NULL: live */
	const char *rules; /* NULL: auto */
	bool tolerate_known, no_bpf, json;
	u32 timeout_ms;    /* 0: default */
};

/* One of CMD_BACKEND_OPTIONS; -ENOENT if @id is none. */
int cmd_backend_take(struct cmd_backend *c, int id, const char *text, struct diag *diag);
/* The options as they must be repeated to get the same again; "" if all are the default. */
void cmd_backend_print(const struct cmd_backend *c, char *buf, size_t size);

/* For a verb that takes no files: false, and said on standard error, if one is given. */
bool cmd_takes_nothing(const char *verb, int argc, char **argv, int first);

/* Does --tolerate-known cover this divergence? (Of a kernel that was observed exactly the model
 * follows the known bugs instead, and none of them shows as a divergence.) */
bool cmd_tolerated(const struct cmd_backend *c, const struct outcome *outcome);

/* A backend, the session on it, and what the session's model was told. */
struct cmd_session {
	struct backend *backend;
	struct session *session;
	struct model_config config;
	bool rules_changed; /* the rules are not those of the backend's profile */
};
/* An enum cmd_status; not STATUS_AGREE: @diag says why. */
int cmd_session_open(struct cmd_session *cs, const struct cmd_backend *c, u32 cpu,
		     struct diag *diag);
void cmd_session_close(struct cmd_session *cs);
/* Says in a few lines what is run against what; as comments behind @prefix. */
void cmd_session_print(FILE *out, const struct cmd_session *cs, const char *prefix);

/* The @n-th processor, modulo their number, that this process may run on. */
u32 cmd_cpu(u32 n);

/*
 * Ends a verb: standard output that could not be written (a full disk, a closed pipe) is an error
 * too. Returns the exit status.
 */
int cmd_finish(int status);

#endif
