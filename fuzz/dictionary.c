/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints the dictionary for targets that read programs as text, in the format that libFuzzer and
 * AFL++ share: every name that the text form knows, from the tables that the parser uses.
 */
#include <stdio.h>

#include "model/flagnames.h"
#include "model/op.h"

static void word(const char *before, const char *text, const char *behind)
{
	printf("\"%s%s%s\"\n", before, text, behind);
}

int main(void)
{
	static const struct flagname *const tables[] = {
		names_prot, names_map_type, names_map, names_mremap, names_advice,
		names_mlock, names_mcl, names_uffd_features, names_uffd_mode, names_rlimit,
		names_file, names_policy, names_name, names_clear, names_vm,
	};
	static const char *const others[] = {
		"vma 1\\x0a", "# ", ", ", "|", "\\x0a", " = ", "@", "+", "last", "p1: ", "0x",
		"@-1", "@3+0x10", "last+2", "last-1", " = ?", " = @0", " = p1", " = 0",
		" = ENOMEM", " = EINVAL", " = SIGSEGV", " = SIGBUS", "unlimited", "on", "off",
		"expect all:\\x0a", "expect v6.12 v6.16:\\x0a", "observed v6.16:\\x0a", "| ",
	};

	for (u32 i = 0; i < OP_COUNT; i++)
		word("", op_descs[i].name, "(");
	for (u32 i = 0; i < ARRAY_SIZE(tables); i++)
		for (u32 k = 0; tables[i][k].name; k++)
			word("", tables[i][k].name, "");
	for (u32 i = 0; i < ARRAY_SIZE(others); i++)
		word("", others[i], "");
	return ferror(stdout) ? 1 : 0;
}
