/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the tests of the software GPU's core have in common.
 *
 * What lives here: a GPU virtual memory whose pages are scattered over the host's memory, a
 * record of what the core calls back, and queues with their rings. What does not: packets;
 * tests write them as the words of the documents that they name.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "softgpu.h"

#define PAGE		4096ULL
#define DATA		0x100000ULL	/* 1 MiB, read and write */
#define DATA_SIZE	0x100000ULL
#define CONST_DATA	0x800000ULL	/* 64 KiB, read only */
#define CONST_SIZE	0x10000ULL
#define CODE		0x900000ULL	/* 64 KiB, read and execute */
#define CODE_SIZE	0x10000ULL
#define KERNEL		CODE		/* a kernel that only ends */
#define BIG		0x100000000ULL	/* 1 GiB, the same 4 MiB again and again */
#define BIG_SIZE	0x40000000ULL
#define BIG_HOST	0x400000ULL
#define NOWHERE		0xdead0000ULL	/* not mapped */
#define MAX_MAPS	512
#define MAX_EVENTS	65536

struct map {
	uint64_t va, size, host_size;
	unsigned int access;
	bool scattered;
	uint8_t *host;
};

/**
 * struct vm - GPU virtual memory, and what was called back for it
 * @lock: the core's lock(); also protects the maps
 * @locked: a thread is between lock() and unlock()
 * @held: bytes translated for writing in this hold
 * @max_held: most of them in any
 * @max_piece: what translate() gives at most of more than 8 bytes, or 0
 * @brake: at which lock() from now on the core's thread waits, or 0 (record)
 * @braked: it does so, until this is reset (record)
 * @other: of indirect buffers with VMID 3
 * @on_event: called with each event, or NULL
 * @on_privileged: called with each privileged packet and its number, or NULL: done with
 * @opaque: for them
 * @record: protects the rest
 * @caller: owner of the queue that called for an event or a register last
 * @line: what was logged last
 */
struct vm {
	pthread_mutex_t lock;
	bool locked;
	uint64_t held, max_held;
	uint64_t max_piece;
	unsigned int brake;
	bool braked;
	struct vm *other;
	void (*on_event)(struct vm *vm, uint32_t id);
	int (*on_privileged)(struct vm *vm, unsigned int n, const uint32_t *words, uint32_t num);
	void *opaque;
	struct map maps[MAX_MAPS];
	unsigned int num_maps;
	uint64_t next;

	pthread_mutex_t record;
	unsigned int num_events;
	uint32_t events[MAX_EVENTS];
	unsigned int num_faults, num_bad, num_exceptions, num_logs, num_reg_writes;
	unsigned int num_privileged;
	unsigned int exception;
	char line[256];
	struct softgpu_fault fault;
	void *stopped, *caller;
	uint64_t bad_index;
	uint32_t bad_word;
	uint32_t regs[0x40000];
};

extern const struct softgpu_vm_ops vm_ops;
/* The same without what is optional */
extern const struct softgpu_vm_ops vm_ops_bare;

struct vm *vm_new(void);
void vm_free(struct vm *vm);
uint64_t vm_map(struct vm *vm, uint64_t va, uint64_t size, uint64_t host_size,
		unsigned int access, bool scattered);
void vm_put(struct vm *vm, uint64_t va, const void *buf, uint64_t len);
void vm_get(struct vm *vm, uint64_t va, void *buf, uint64_t len);
/* Ordered, as a guest's CPU would */
uint32_t r32(struct vm *vm, uint64_t va);
uint64_t r64(struct vm *vm, uint64_t va);
void w16(struct vm *vm, uint64_t va, uint16_t value);
void w32(struct vm *vm, uint64_t va, uint32_t value);
void w64(struct vm *vm, uint64_t va, uint64_t value);
void wreg(struct vm *vm, uint32_t reg, uint32_t value);
uint32_t add32(struct vm *vm, uint64_t va, uint32_t value);

unsigned int vm_events(struct vm *vm);
unsigned int vm_stops(struct vm *vm);

/**
 * struct queue - a queue with its ring
 * @wptr: next packet, in the unit of the write pointer
 */
struct queue {
	struct vm *vm;
	struct softgpu *gpu;
	struct softgpu_queue *q;
	struct softgpu_queue_params p;
	uint64_t wptr;
};

void queue_init(struct queue *q, struct softgpu *gpu, struct vm *vm,
		enum softgpu_queue_type type, uint64_t ring_size);
void queue_create(struct queue *q);
void queue_exit(struct queue *q);
/* Goes on as another object, which begins with the state of this one */
void queue_move(struct queue *q);
/* The two halves of that; the state need not be aligned */
void queue_take(struct queue *q, void *state);
void queue_bring(struct queue *q, const void *state);
/* The core's thread is to wait at its lock() with this number from now on, 0: at none */
void vm_brake(struct vm *vm, unsigned int locks);
bool vm_braked(struct vm *vm);
/* Lets it go, with a pause that is long enough to save its queue before it goes on */
bool vm_unbrake(struct vm *vm);
/* Puts dwords (or one AQL packet, its header last) into the ring, and the write pointer */
void queue_put(struct queue *q, const uint32_t *words, unsigned int num);
void queue_ring(struct queue *q);
bool queue_done(struct queue *q);
void queue_wait(struct queue *q);
void queue_run(struct queue *q, const uint32_t *words, unsigned int num);
/* The queue stops, with a bad packet at this place and word, this exception or this fault */
void queue_bad(struct queue *q, uint64_t index, uint32_t word);
void queue_exception(struct queue *q, unsigned int code);
void queue_fault(struct queue *q, uint64_t va, unsigned int access, bool mapped);
struct softgpu_queue_stats queue_stats(struct queue *q);

#define WORDS(...)	(const uint32_t[]){ __VA_ARGS__ }, \
			sizeof((uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t)
#define PUT(q, ...)	queue_put(q, WORDS(__VA_ARGS__))
#define RUN(q, ...)	queue_run(q, WORDS(__VA_ARGS__))
#define LO(va)		((uint32_t)(va))
#define HI(va)		((uint32_t)((uint64_t)(va) >> 32))

uint64_t ns(clockid_t clock);
/* Until it holds, 20 s at most */
#define UNTIL(cond) do {						\
	uint64_t __end = ns(CLOCK_MONOTONIC) + 20000000000ULL;		\
	while (!(cond)) {						\
		if (ns(CLOCK_MONOTONIC) > __end)			\
			fail_msg("%s does not come true", #cond);	\
		usleep(50);						\
	}								\
} while (0)

/* A fixture: a GPU with two threads, a VM */
struct fixture {
	struct softgpu *gpu;
	struct vm *vm;
};

int setup(void **state);
int teardown(void **state);
#define TEST(f)	cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif /* HARNESS_H */
