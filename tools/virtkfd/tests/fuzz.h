/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What test_fuzz.c and fuzz_input.c have of each other: chance, the contexts of the guest.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "harness.h"

#define AREA		2048
#define GUARD		128
#define NAMED		3

/**
 * struct fctx - a context id of the guest's and its two resources of memory
 * @created: it exists
 * @attached: resource 1 and resource 2 are attached to it
 * @mem: their memory with GUARD bytes before and behind
 * @before: the same before an operation
 * @may: bytes that this operation may write
 * @late: bytes that a poll may write whenever it is answered
 * @named: which blob is attached to it as resource NAMED and so on, plus one
 * @named_handles: of their memory, if it is memory
 * @handles: memory handles that it has seen
 * @vas: where their memory is to be mapped
 * @events: event ids
 * @queues: queue ids
 */
struct fctx {
	bool created;
	bool attached[2];
	uint8_t mem[2][GUARD + AREA + GUARD] __attribute__((aligned(8)));
	uint8_t before[2][GUARD + AREA + GUARD];
	bool may[AREA];
	bool late[AREA];
	uint8_t named[2];
	uint64_t named_handles[2];
	uint64_t handles[8];
	uint64_t vas[8];
	uint32_t events[8];
	uint32_t queues[4];
};

/* The dictionary, by row of the ioctl table. */
#define FUZZ_ROWS	(AMDKFD_COMMAND_END - AMDKFD_COMMAND_START)
extern const struct fuzz_row {
	uint32_t nr;
	uint32_t size;
	bool travels;
} rows[FUZZ_ROWS];

/* Of the generator, and the guest's GPU. */
extern uint64_t fuzz_state;
extern uint32_t fuzz_gpu_id;

uint64_t rnd(void);
uint32_t below(uint32_t n);
bool one_in(uint32_t n);
#define PICK(array)	((array)[below(ARRAY_LEN(array))])
uint32_t any32(void);
uint64_t any64(void);
uint32_t gpu(void);
uint64_t handle(struct fctx *ctx);
uint64_t size(void);

/* One command, as a guest's driver would write it; bytes of it. */
uint32_t put_command(struct fctx *ctx, uint8_t *out, uint32_t room);
/* Changes some of it; bytes of what becomes of it. */
uint32_t mutate(uint8_t *buf, uint32_t len);

#endif /* FUZZ_H */
