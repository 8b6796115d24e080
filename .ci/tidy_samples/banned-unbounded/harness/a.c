/* SPDX-License-Identifier: GPL-2.0-only */
void a(char *to, const char *from)
{
	strcpy(to, from);
}
