/* SPDX-License-Identifier: GPL-2.0-only */
int a(void)
{
	return rand();
}
