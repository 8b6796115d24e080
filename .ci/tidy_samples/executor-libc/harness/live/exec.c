/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

void a(void)
{
	printf("here\n");
}
