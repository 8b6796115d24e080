/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Novelty for libFuzzer: bytes in a section that it reads after each input as coverage, and clears
 * before the next.
 */
#include "fuzz/novelty.h"

u8 *novelty_counters(void)
{
	/* One object for the process: libFuzzer finds the section by its name, and passes nothing
	 * by which a target could be told of another place. */
	static u8 counters[NOVELTY_COUNTERS] __attribute__((section("__libfuzzer_extra_counters")));

	return counters;
}

void novelty_tell(u32 number)
{
	/* Not how often: else a program would count as new for doing the same once more. */
	novelty_counters()[number] = 1;
}
