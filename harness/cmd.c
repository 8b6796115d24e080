/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Helpers of the verbs. An option stands in one table, from which getopt_long() and --help both
 * live.
 */
#include "harness/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 32
#define HELP_ID 'h'
#define TIMEOUT_MS_DEFAULT 2000

static void print_help(const struct cmd_verb *verb)
{
	const struct cmd_option *o;
	char left[64];

	printf("Usage: vmafuzz %s\n\n%s\nOptions:\n", verb->usage, verb->what);
	for (o = verb->options; o->name; o++) {
		snprintf(left, sizeof(left), "--%s%s%s", o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
		printf("  %-22s %s\n", left, o->help);
	}
	printf("  %-22s %s\n", "--help", "this text");
}

/* The table in getopt's form. */
static void getopt_table(const struct cmd_option *options, struct option *table)
{
	u32 n;

	for (n = 0; options[n].name; n++) {
		CHECK(n < OPTIONS_MAX);
		table[n].name = options[n].name;
		table[n].has_arg = options[n].arg ? required_argument : no_argument;
		table[n].flag = NULL;
		table[n].val = options[n].id;
	}
	table[n].name = "help";
	table[n].has_arg = no_argument;
	table[n].flag = NULL;
	table[n].val = HELP_ID;
	memset(&table[n + 1], 0, sizeof(table[n + 1]));
}

static const char *option_name(const struct cmd_option *options, int id)
{
	while (options->name && options->id != id)
		options++;
	return options->name;
}

bool cmd_parse(const struct cmd_verb *verb, int argc, char **argv, int *first, int *status)
{
	struct option table[OPTIONS_MAX + 2];
	struct diag diag;
	int id;

	getopt_table(verb->options, table);
	opterr = 0;
	optind = 1;
	*status = STATUS_USAGE;
	while ((id = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
		if (id == HELP_ID) {
			print_help(verb);
			*status = cmd_finish(STATUS_AGREE);
			return false;
		}
		if (id == '?' || id == ':') {
			char letter[] = {'-', (char)optopt, '\0'};
			bool is_short = id == '?' && optopt > 0 && optopt < OPT_BACKEND;

			fprintf(stderr,
				"vmafuzz %s: %s %s; 'vmafuzz %s --help' lists the options\n",
				argv[0], is_short ? letter : argv[optind - 1],
				id == ':' ? "needs an argument" : "is no option that it has",
				argv[0]);
			return false;
		}
		diag.text[0] = '\0';
		if (verb->take(verb->arg, id, optarg, &diag)) {
			fprintf(stderr, "vmafuzz %s: --%s %s: %s\n", argv[0],
				option_name(verb->options, id), optarg ? optarg : "", diag.text);
			return false;
		}
	}
	*first = optind;
	return true;
}

int cmd_number(const char *text, u64 max, u64 *value, struct diag *diag)
{
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 0);
	if (end == text || *end != '\0' || errno || *text == '-' || *value > max)
		return diag_set(diag, -EINVAL, "a number from 0 to %" PRIu64 " is needed", max);
	return 0;
}

int cmd_seconds(const char *text, u64 *value, struct diag *diag)
{
	u64 unit = 1;
	char *end;

	errno = 0;
	*value = strtoull(text, &end, 10);
	if (end != text && (strcmp(end, "m") == 0 || strcmp(end, "h") == 0))
		unit = *end == 'm' ? 60 : 3600;
	else if (end == text || (*end != '\0' && strcmp(end, "s") != 0))
		errno = EINVAL;
	if (errno || *text == '-' || *value > 1u << 24)
		return diag_set(diag, -EINVAL, "a time such as 30s, 10m or 1h is needed");
	*value *= unit;
	return 0;
}

int cmd_operations(const char *text, u64 *ops, struct diag *diag)
{
	u32 kind;

	*ops = 0;
	for (;;) {
		size_t len = strcspn(text, ",");

		for (kind = 0; kind < OP_COUNT; kind++)
			if (strlen(op_descs[kind].name) == len &&
			    strncmp(op_descs[kind].name, text, len) == 0)
				break;
		if (kind == OP_COUNT)
			return diag_set(diag, -EINVAL, "no operation named \"%.*s\"", (int)len,
					text);
		*ops |= 1ull << kind;
		if (text[len] == '\0')
			return 0;
		text += len + 1;
	}
}

int cmd_backend_take(struct cmd_backend *c, int id, const char *text, struct diag *diag)
{
	u64 value = 0;
	int err = 0;

	switch (id) {
	case OPT_BACKEND:
		c->name = text;
		break;
	case OPT_RULES:
		c->rules = strcmp(text, "auto") == 0 ? NULL : text;
		break;
	case OPT_TOLERATE_KNOWN:
		c->tolerate_known = true;
		break;
	case OPT_NO_BPF:
		c->no_bpf = true;
		break;
	case OPT_JSON:
		c->json = true;
		break;
	case OPT_TIMEOUT:
		err = cmd_number(text, 3600000, &value, diag);
		c->timeout_ms = (u32)value;
		break;
	default:
		return -ENOENT;
	}
	return err;
}

void cmd_backend_print(const struct cmd_backend *c, char *buf, size_t size)
{
	char timeout[32] = "";

	if (c->timeout_ms)
		snprintf(timeout, sizeof(timeout), " --timeout %u", c->timeout_ms);
	snprintf(buf, size, "%s%s%s%s%s%s%s", c->name ? " --backend " : "",
		 c->name ? c->name : "", c->rules ? " --rules " : "", c->rules ? c->rules : "",
		 c->tolerate_known ? " --tolerate-known" : "", c->no_bpf ? " --no-bpf" : "",
		 timeout);
	if (buf[0] == ' ')
		memmove(buf, buf + 1, strlen(buf));
}

/* What the session's model is told: the machine as the backend found it, and what the user
 * wants. */
static int make_config(struct cmd_session *cs, const struct cmd_backend *c, struct diag *diag)
{
	const struct model_profile *profile = profile_find(cs->backend->profile);

	cs->config = cs->backend->config;
	cs->config.quirks.on = 0;
	/* Of another kernel than the profile's it is not known which bugs it has. */
	if (c->tolerate_known && profile && cs->backend->profile_exact)
		cs->config.quirks = profile->quirks;
	if (c->rules && rules_parse(c->rules, &cs->config.rules, &cs->config.quirks, diag))
		return -EINVAL;
	cs->rules_changed = memcmp(&cs->config.rules, &cs->backend->config.rules,
				   sizeof(cs->config.rules)) != 0;
	return 0;
}

int cmd_session_open(struct cmd_session *cs, const struct cmd_backend *c, u32 cpu,
		     struct diag *diag)
{
	struct backend_opts opts = {
		.cpu = cpu,
		.timeout_ms = c->timeout_ms ? c->timeout_ms : TIMEOUT_MS_DEFAULT,
		.no_bpf = c->no_bpf,
	};
	const struct backend_type *type;
	int err;

	memset(cs, 0, sizeof(*cs));
	type = backend_find(c->name ? c->name : "live", &opts, diag);
	if (!type)
		return STATUS_USAGE;
	err = type->open(&cs->backend, &opts, diag);
	if (err)
		return err == -EINVAL ? STATUS_USAGE : STATUS_BACKEND;
	if (make_config(cs, c, diag)) {
		cmd_session_close(cs);
		return STATUS_USAGE;
	}
	cs->session = session_new(cs->backend, &cs->config);
	if (!cs->session) {
		cmd_session_close(cs);
		diag_set(diag, -ENOMEM, "out of memory");
		return STATUS_BACKEND;
	}
	return STATUS_AGREE;
}

bool cmd_tolerated(const struct cmd_backend *c, const struct outcome *outcome)
{
	return c->tolerate_known && outcome->quirks_explain;
}

bool cmd_takes_nothing(const char *verb, int argc, char **argv, int first)
{
	if (first < argc)
		fprintf(stderr, "vmafuzz %s: \"%s\": takes no arguments besides options\n", verb,
			argv[first]);
	return first >= argc;
}

void cmd_session_close(struct cmd_session *cs)
{
	session_free(cs->session);
	if (cs->backend)
		cs->backend->type->close(cs->backend);
	memset(cs, 0, sizeof(*cs));
}

void cmd_session_print(FILE *out, const struct cmd_session *cs, const char *prefix)
{
	const struct backend *b = cs->backend;

	fprintf(out, "%skernel: %s\n", prefix, b->kernel);
	fprintf(out, "%sprofile: %s%s%s\n", prefix, b->profile,
		b->profile_exact ? "" :
				   ", the nearest: this kernel is not in the table, so that an"
				   " intended difference may be reported as a divergence",
		cs->rules_changed ? ", rules changed by --rules" : "");
	fprintf(out, "%sobserved: %s\n", prefix, b->observation);
}

u32 cmd_cpu(u32 n)
{
	cpu_set_t set;
	u32 cpu;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	n %= (u32)CPU_COUNT(&set);
	for (cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &set) && n-- == 0)
			return cpu;
	return 0;
}

int cmd_finish(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "vmafuzz: cannot write to standard output: %s\n", strerror(errno));
	return status ? status : STATUS_BACKEND;
}
