/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The operations that are measured. What does not live here: how, bench.c.
 */
#ifndef OPS_H
#define OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "kfd_queue_lib.h"

/**
 * struct op - an operation
 * @name: in the table; its parts are separated by dots
 * @times: how often it is run
 * @crowd: run it in 1, 16 and 128 processes at once, not in this one
 * @size: bytes, if it has to do with memory
 * @prepare: makes what it needs, NULL for nothing
 * @run: runs it for the @i-th time; nothing else is measured
 * @undo: frees what is left of it, NULL for nothing; not for a crowd
 */
struct op {
	const char *name;
	unsigned int times;
	bool crowd;
	uint64_t size;
	int (*prepare)(const struct op *op);
	int (*run)(const struct op *op, unsigned int i);
	void (*undo)(const struct op *op);
};

/* Ends with one that has no name. */
extern const struct op ops[];

/* What has nothing to do with KFD, to compare with: cpu.c. */
extern const struct op cpu_ops[];

/* Opens /dev/kfd and its first GPU for this process. */
int ops_open(void);

#endif
