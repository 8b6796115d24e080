/* SPDX-License-Identifier: GPL-2.0-only */
static int calls;

int a(void)
{
	return ++calls;
}
