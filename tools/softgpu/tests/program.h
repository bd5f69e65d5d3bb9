/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Programs of random packets that can all be, and whose outcome does not depend on time.
 *
 * Some of the packets wait for a flag that the test sets sometime.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include "harness.h"

/* Memory of a program; what is in none of these parts is not looked at. */
#define FLAG(n)		(DATA + (n) * 8)
#define SIGNAL(n)	(DATA + 0x2000 + (n) * 64)
#define STAMPS		(DATA + 0x8000)
#define WORK		(DATA + 0x10000)
#define WORK_SIZE	0x20000
#define BUFFERS		(DATA + 0x40000)
#define MAX_FLAGS	400
/* Registers: to be written, flags, done privileged packets by the number of their flag */
#define REG_WORK	0x1000
#define REG_FLAG(n)	(0x2000 + (n))
#define REG_DONE(n)	(0x3000 + (n))

#define PROGRAM_RING	0x8000

/**
 * struct program - a program in a VM of its own
 * @vm: the VM
 * @q: queue that is to be created, with the program in its ring, but not in the pointer's
 *	memory; its wptr is the program's end
 * @num_flags: how many flags there are
 */
struct program {
	struct vm *vm;
	struct queue q;
	unsigned int num_flags;
};

uint32_t rnd(uint32_t *seed);
/* The same for the same seed and kind: a type of queue, and whether it is a driver's */
void program_init(struct program *p, struct softgpu *gpu, enum softgpu_queue_type type,
		  bool kernel, uint32_t seed);
void program_exit(struct program *p);
void program_flag(struct program *p, unsigned int n);
bool program_done(struct program *p);
/* Both have come to the same; the queues are gone. */
void program_compare(struct program *a, struct program *b);

#endif /* PROGRAM_H */
