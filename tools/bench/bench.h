/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What bench.c in the guest and kernel_insns.c in QEMU agree on: a NOP with an address that
 * nothing else uses, to mark where a measurement begins and ends.
 */
#ifndef BENCH_H
#define BENCH_H

/* nopl DISPLACEMENT(%rax,%rax,1) */
#define BENCH_MARK_OPCODE	"\x0f\x1f\x84\x00"
#define BENCH_MARK_OPCODE_SIZE	4
#define BENCH_MARK_SIZE		8
#define BENCH_MARK		0x4b464400U
#define BENCH_MARK_MASK		0xffffff00U
#define BENCH_MARK_BEGIN	1
#define BENCH_MARK_END		2

#endif
