/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading programs: a strict parser of the text form that prog.h describes.
 *
 * Total: any text at all is either read or refused with "name:line:col: what is wrong". Strict: a
 * file that someone keeps for years must not mean something else because of a typing error. It
 * works on the copy of the text that struct prog_file owns, cutting it into strings in place.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "argkind.h"
#include "prog.h"
#include "text.h"

struct parser {
	struct prog_file *file;
	const char *name; /* for messages */
	u32 line_number;
	char *line; /* the current one, without comment and blanks at its end */
	bool versioned; /* the version line was seen */
	struct prog_expect *block; /* that lines beginning with "|" belong to, or NULL */
	struct diag *diag;
};

/* -EINVAL with "name:line:col: sentence"; @at points into the current line. */
static int refuse(struct parser *p, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse(struct parser *p, const char *at, const char *format, ...)
{
	struct diag what;
	va_list args;

	va_start(args, format);
	vsnprintf(what.text, sizeof(what.text), format, args);
	va_end(args);
	return diag_set(p->diag, -EINVAL, "%.100s:%u:%u: %s", p->name, p->line_number,
			(u32)(at - p->line) + 1, what.text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static char *skip_blanks(char *at)
{
	while (is_blank(*at))
		at++;
	return at;
}

/* Cuts the blanks off the end of the string at @at. */
static void cut_blanks(char *at)
{
	size_t len = strlen(at);

	while (len && is_blank(at[len - 1]))
		at[--len] = '\0';
}

/* Cuts the string behind @at at the first of @stops, or at its end; returns what stands behind
 * it, NULL at the end. The piece loses the blanks around it. */
static char *cut_piece(char **at, const char *stops)
{
	char *piece = skip_blanks(*at), *end = piece + strcspn(piece, stops);
	char *rest = *end ? end + 1 : NULL;

	*end = '\0';
	cut_blanks(piece);
	*at = piece;
	return rest;
}

static int parse_version(struct parser *p, char *at)
{
	if (strncmp(at, "vma", 3) != 0 || !is_blank(at[3]))
		return refuse(p, at, "the first line must be \"vma 1\" (the version of the "
			      "format): write it above the first operation");
	at = skip_blanks(at + 3);
	if (strcmp(at, "1") != 0)
		return refuse(p, at, "version \"%s\" of the format is not known; this program "
			      "reads version 1", text_quote(at).text);
	p->versioned = true;
	return 0;
}

/* Reads "pN" and moves *@at behind it. */
static bool parse_proc(const char **at, u64 *proc)
{
	const char *s = *at;

	if (*s++ != 'p' || !text_decimal(&s, PROCS_MAX - 1, proc))
		return false;
	*at = s;
	return true;
}

/* Appends every operation's name. */
static void list_ops(struct text *t)
{
	for (u32 i = 0; i < OP_COUNT; i++)
		text_add(t, "%s%s", i ? ", " : "", op_descs[i].name);
}

/* Reads the operation's name, of @len characters. */
static int parse_kind(struct parser *p, char *at, size_t len, struct op *op)
{
	char list[400];
	struct text t;

	for (u32 i = 0; i < OP_COUNT; i++) {
		if (strlen(op_descs[i].name) != len || memcmp(op_descs[i].name, at, len) != 0)
			continue;
		op->kind = (u8)i;
		return 0;
	}
	text_init(&t, list, sizeof(list));
	list_ops(&t);
	at[len] = '\0';
	return refuse(p, at, "unknown operation \"%s\"; the operations are: %s",
		      text_quote(at).text, list);
}

static int refuse_count(struct parser *p, const char *at, const struct op_desc *desc)
{
	char list[100];
	struct text t;

	text_init(&t, list, sizeof(list));
	for (u32 i = 0; i < desc->arg_count; i++)
		text_add(&t, "%s%s", i ? ", " : "", desc->arg[i].name);
	return refuse(p, at, "%s has %u argument%s: %s(%s)", desc->name, desc->arg_count,
		      desc->arg_count == 1 ? "" : "s", desc->name, list);
}

/* Reads what stands between the parentheses. */
static int parse_args(struct parser *p, char *at, struct op *op)
{
	const struct op_desc *desc = &op_descs[op->kind];
	char *rest = *skip_blanks(at) ? at : NULL;
	struct diag what;

	for (u32 i = 0; i < desc->arg_count; i++) {
		if (!rest)
			return refuse_count(p, at, desc);
		at = rest;
		rest = cut_piece(&at, ",");
		if (argkinds[desc->arg[i].kind].parse(at, &op->arg[i], &what))
			return refuse(p, at, "%s: %s", desc->arg[i].name, what.text);
	}
	if (rest)
		return refuse_count(p, rest, desc);
	return 0;
}

/* Reads an address as a result: "@3" or an absolute one. */
static bool parse_address(const char *text, u64 *value)
{
	u64 arg;

	if (argkinds[ARG_ADDR].parse(text, &arg, NULL) || addr_base(arg) == ADDR_LAST)
		return false;
	*value = op_addr(arg, 0);
	return true;
}

/* Reads a result other than "?". What a success looks like depends on the operation. */
static bool parse_success(const char *text, const struct op *op, u64 *value)
{
	const char *at = text;

	switch (op->kind) {
	case OP_MMAP:
	case OP_MREMAP:
	case OP_BRK:
		return parse_address(text, value);
	case OP_READ:
		return text_decimal(&at, UINT64_MAX, value) && *at == '\0';
	case OP_FORK:
		return parse_proc(&at, value) && *at == '\0';
	case OP_UFFD_OPEN:
		return argkinds[ARG_UFFD].parse(text, value, NULL) == 0;
	default:
		*value = 0;
		return strcmp(text, "0") == 0;
	}
}

/* The negative number of the error or signal with this name, or 0. */
static s32 err_find(const char *name)
{
	const char *digits = name + 1;
	u64 number;

	for (s32 err = -1; err > -200; err--)
		if (strcmp(err_name(err), name) == 0)
			return err;
	if (*name == 'E' && text_decimal(&digits, 4095, &number) && *digits == '\0')
		return -(s32)number;
	return strcmp(name, "SIGSEGV") == 0 ? RESULT_SIGSEGV :
	       strcmp(name, "SIGBUS") == 0  ? RESULT_SIGBUS :
					      0;
}

static int parse_result(struct parser *p, char *at, const struct op *op)
{
	struct op_result *result = &p->file->result[p->file->prog.count];
	bool *has = &p->file->has_result[p->file->prog.count];

	*result = (struct op_result){ 0 };
	*has = strcmp(at, "?") != 0;
	if (!*has)
		return 0;
	if (*at == 'E' || *at == 'S')
		result->err = err_find(at);
	if (result->err || parse_success(at, op, &result->value))
		return 0;
	return refuse(p, at, "\"%s\" is not a result of %s: %s, the name of an error, SIGSEGV, "
		      "SIGBUS, or ? for any", text_quote(at).text, op_descs[op->kind].name,
		      op->kind == OP_MMAP || op->kind == OP_MREMAP || op->kind == OP_BRK ?
			      "an address (@3)" :
		      op->kind == OP_READ			   ? "a tag (a number)" :
		      op->kind == OP_FORK			   ? "a process (p1)" :
		      op->kind == OP_UFFD_OPEN			   ? "a descriptor (u0)" :
								     "0");
}

/* Reads "fail_nth=N", if it stands at *@at, and moves *@at behind it. */
static int parse_fail(struct parser *p, char **at, struct op *op)
{
	static const char keyword[] = "fail_nth";
	const char *s = *at + strlen(keyword);
	u64 nth;

	if (strncmp(*at, keyword, strlen(keyword)) != 0)
		return 0;
	if (*s++ != '=' || !text_decimal(&s, OP_FAIL_MAX, &nth) || !nth || (*s && !is_blank(*s)))
		return refuse(p, *at, "expected fail_nth=1 to fail_nth=%d, which allocation of the "
			      "operation fails", OP_FAIL_MAX);
	op->fail_nth = (u8)nth;
	*at = skip_blanks(*at + (s - *at));
	return 0;
}

/* [pN: ] name(args) [fail_nth=N] [= result] */
static int parse_op(struct parser *p, char *at)
{
	struct prog *prog = &p->file->prog;
	struct op op = { 0 };
	char *name, *open, *close;
	const char *colon = at;
	u64 proc;
	int err;

	if (p->file->expect_count)
		return refuse(p, at, "operations stand before the first expect or observed block");
	if (prog->count >= PROG_OPS_MAX)
		return refuse(p, at, "a program has at most %d operations", PROG_OPS_MAX);
	name = at;
	if (parse_proc(&colon, &proc) && *colon == ':') {
		op.proc = (u8)proc;
		name = skip_blanks(at + (colon - at) + 1);
	} else if (at[0] == 'p' && at[1] >= '0' && at[1] <= '9') {
		return refuse(p, at, "expected p0: to p%d:, the process that the operation runs in",
			      PROCS_MAX - 1);
	}
	open = name + strcspn(name, "( \t");
	err = parse_kind(p, name, (size_t)(open - name), &op);
	if (err)
		return err;
	open = skip_blanks(open);
	close = strchr(open, ')');
	if (*open != '(' || !close)
		return refuse(p, open, "expected %s(...), the arguments in parentheses",
			      op_descs[op.kind].name);
	*close = '\0';
	err = parse_args(p, open + 1, &op);
	if (err)
		return err;
	at = skip_blanks(close + 1);
	err = parse_fail(p, &at, &op);
	if (err)
		return err;
	p->file->has_result[prog->count] = false;
	if (*at == '=') {
		err = parse_result(p, skip_blanks(at + 1), &op);
		if (err)
			return err;
	} else if (*at) {
		return refuse(p, at, "expected fail_nth=N, \"= result\", a comment or the end "
			      "of the line behind the operation");
	}
	prog->ops[prog->count++] = op;
	return 0;
}

/* Is a profile named by an earlier block of the same sort, or by this one? */
static bool profile_taken(const struct prog_file *file, bool observed, const char *name)
{
	for (u32 i = 0; i < file->expect_count; i++) {
		const struct prog_expect *block = &file->expect[i];

		if (block->observed != observed)
			continue;
		for (u32 k = 0; k < block->profile_count; k++)
			if (strcmp(block->profile[k], name) == 0)
				return true;
	}
	return false;
}

static bool all_taken(const struct prog_file *file, bool observed)
{
	for (u32 i = 0; i + 1 < file->expect_count; i++)
		if (file->expect[i].observed == observed && !file->expect[i].profile_count)
			return true;
	return false;
}

/* Only the form: which profiles exist changes, and a file may speak of one that is gone. */
static int parse_profile(struct parser *p, char *at)
{
	struct prog_expect *block = p->block;

	if (at[0] != 'v' || at[1 + strspn(at + 1, "0123456789.")] || !at[1])
		return refuse(p, at, "\"%s\" is not the name of a profile, such as v6.12, nor all",
			      text_quote(at).text);
	if (profile_taken(p->file, block->observed, at))
		return refuse(p, at, "%s is named by two %s blocks", text_quote(at).text,
			      block->observed ? "observed" : "expect");
	if (block->profile_count >= EXPECT_PROFILES_MAX)
		return refuse(p, at, "a block names at most %d profiles", EXPECT_PROFILES_MAX);
	block->profile[block->profile_count++] = at;
	return 0;
}

/* What stands behind "expect" or "observed": profiles and a colon. */
static int parse_profiles(struct parser *p, char *at)
{
	size_t len = strlen(at);
	char *rest;
	int err;

	if (!len || at[len - 1] != ':')
		return refuse(p, at + len, "expected \":\" behind the profiles of a block");
	at[len - 1] = '\0';
	cut_blanks(at);
	at = skip_blanks(at);
	if (strcmp(at, "all") == 0)
		return all_taken(p->file, p->block->observed) ?
			       refuse(p, at, "there are two such blocks for all") : 0;
	for (rest = at; rest;) {
		at = rest;
		rest = cut_piece(&at, " \t");
		err = parse_profile(p, at);
		if (err)
			return err;
	}
	return 0;
}

/* A block without lines would expect nothing and look as if it did. */
static int end_block(struct parser *p)
{
	if (p->block && p->block->line_count == 0)
		return refuse(p, p->line, "the block above is empty: its lines begin with \"| \"");
	p->block = NULL;
	return 0;
}

static int parse_block(struct parser *p, char *at, size_t keyword)
{
	struct prog_file *file = p->file;
	int err = end_block(p);

	if (err)
		return err;
	if (file->expect_count >= EXPECT_BLOCKS_MAX)
		return refuse(p, at, "a file has at most %d expect and observed blocks",
			      EXPECT_BLOCKS_MAX);
	p->block = &file->expect[file->expect_count++];
	*p->block = (struct prog_expect){ .observed = *at == 'o' };
	return parse_profiles(p, at + keyword);
}

static int parse_block_line(struct parser *p, char *at)
{
	struct prog_expect *block = p->block;

	if (!block)
		return refuse(p, at, "a line beginning with \"|\" belongs below \"expect ...:\" or "
			      "\"observed ...:\"");
	if (at[1] && !is_blank(at[1]))
		return refuse(p, at + 1, "expected a blank behind \"|\"");
	if (block->line_count >= ARRAY_SIZE(block->line))
		return refuse(p, at, "a block has at most %zu lines", ARRAY_SIZE(block->line));
	block->line[block->line_count++] = skip_blanks(at + 1);
	return 0;
}

/* The length of the keyword that begins a block, or 0. */
static size_t block_keyword(const char *at)
{
	size_t len = strncmp(at, "expect", 6) == 0 ? 6 : strncmp(at, "observed", 8) == 0 ? 8 : 0;

	return len && (is_blank(at[len]) || at[len] == ':' || !at[len]) ? len : 0;
}

static int parse_line(struct parser *p)
{
	size_t keyword;
	char *at;
	int err;

	p->line[strcspn(p->line, "#")] = '\0';
	cut_blanks(p->line);
	at = skip_blanks(p->line);
	if (!*at)
		return 0;
	if (!p->versioned)
		return parse_version(p, at);
	if (*at == '|')
		return parse_block_line(p, at);
	keyword = block_keyword(at);
	if (keyword)
		return parse_block(p, at, keyword);
	err = end_block(p);
	return err ? err : parse_op(p, at);
}

/* Reads the text that @file already holds. */
static int parse_text(struct prog_file *file, const char *name, struct diag *diag)
{
	struct parser p = { .file = file, .name = name, .diag = diag };
	char *next = file->text;
	int err;

	file->prog.count = 0;
	file->expect_count = 0;
	while (next) {
		p.line = next;
		p.line_number++;
		next = strchr(next, '\n');
		if (next)
			*next++ = '\0';
		err = parse_line(&p);
		if (err)
			return err;
	}
	if (!p.versioned)
		return refuse(&p, p.line, "the file is empty: its first line must be \"vma 1\", "
			      "then one operation a line");
	return end_block(&p);
}

static int refuse_size(const char *name, struct diag *diag)
{
	return diag_set(diag, -EFBIG, "%.100s: a program has less than %zu bytes of text", name,
			sizeof(((struct prog_file *)NULL)->text));
}

int prog_parse(struct prog_file *file, const char *name, const char *text, struct diag *diag)
{
	size_t len = strnlen(text, sizeof(file->text));

	if (len >= sizeof(file->text))
		return refuse_size(name, diag);
	memcpy(file->text, text, len + 1);
	return parse_text(file, name, diag);
}

int prog_load(struct prog_file *file, const char *path, struct diag *diag)
{
	bool standard = strcmp(path, "-") == 0;
	FILE *in = standard ? stdin : fopen(path, "re");
	size_t len;
	int err;

	if (!in)
		return diag_set(diag, -errno, "%.300s: %s", path, strerror(errno));
	errno = 0;
	len = fread(file->text, 1, sizeof(file->text), in);
	err = ferror(in) ? (errno ? -errno : -EIO) : 0;
	if (!standard)
		fclose(in);
	if (err)
		return diag_set(diag, err, "%.300s: %s", path, strerror(-err));
	if (len >= sizeof(file->text))
		return refuse_size(path, diag);
	if (memchr(file->text, '\0', len))
		return diag_set(diag, -EINVAL, "%.300s: not a text: it has a byte 0 in it", path);
	file->text[len] = '\0';
	return parse_text(file, standard ? "standard input" : path, diag);
}
