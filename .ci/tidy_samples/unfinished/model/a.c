/* SPDX-License-Identifier: GPL-2.0-only */
/* FIXME: the other half */
