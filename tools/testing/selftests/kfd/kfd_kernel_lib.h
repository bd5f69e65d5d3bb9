/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Kernels for AQL queues that access an address: code for gfx9 GPUs, gfx906 and gfx942 among them.
 */
#ifndef KFD_KERNEL_LIB_H
#define KFD_KERNEL_LIB_H

#include "kfd_queue_lib.h"

/**
 * enum kernel - what a kernel does with the address @at, and where it puts what it finds
 * @KERNEL_LOAD: 8 bytes there come to @out
 * @KERNEL_FLAT_LOAD: the same by an address that might be of LDS or scratch memory
 * @KERNEL_SCALAR_LOAD: the same by the scalar cache
 * @KERNEL_STORE: 8 bytes there become 0x66
 * @KERNEL_ATOMIC: 0x6666666666666666 is added to them
 * @KERNEL_JUMP: it goes on there
 * @KERNELS: how many there are
 */
enum kernel {
	KERNEL_LOAD, KERNEL_FLAT_LOAD, KERNEL_SCALAR_LOAD, KERNEL_STORE, KERNEL_ATOMIC, KERNEL_JUMP,
	KERNELS
};

/* What ends a kernel */
#define S_ENDPGM	0xbf810000U

/* Code and arguments come to @memory, which is executable. */
void kernel_put(void *memory, enum kernel kernel, uint64_t at, void *out);
/* A dispatch of what is there, of one work-item; @completion may be NULL. */
void aql_dispatch(struct kfd_queue *queue, const void *memory, const struct signal *completion);

#endif
