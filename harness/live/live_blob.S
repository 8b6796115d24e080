/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiled BPF program as data; of no length if it was not compiled. */
	.section .rodata
	.balign 16
	.globl live_blob, live_blob_end
live_blob:
#ifdef SNAPSHOT_BPF_OBJECT
	.incbin SNAPSHOT_BPF_OBJECT
#endif
live_blob_end:
	.byte 0
	.section .note.GNU-stack, "", @progbits
