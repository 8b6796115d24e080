/* SPDX-License-Identifier: GPL-2.0-only */
int a(const char *text)
{
	return atoi(text);
}
