// SPDX-License-Identifier: GPL-2.0 OR MIT
/* See program.h. Packets are as in test_pm4.c, test_sdma.c and test_aql.c. */
#include <errno.h>

#include "program.h"

#define P3(op, n)	(3u << 30 | (uint32_t)(n) << 16 | (op) << 8)
#define TO_MEM		(5u << 8 | 1u << 20)
#define MAX_BUF		2048

/**
 * struct buf - packets before they are in memory
 */
struct buf {
	uint32_t words[MAX_BUF];
	unsigned int num;
};

/**
 * struct gen - what is generated
 * @p: program
 * @seed: state of the random numbers
 * @type: packets in question: those of a buffer of an AQL queue are PM4
 * @kernel: the queue is a driver's
 * @next: where the next indirect buffer will be
 */
struct gen {
	struct program *p;
	uint32_t seed;
	enum softgpu_queue_type type;
	bool kernel;
	uint64_t next;
};

static void packets(struct gen *g, struct buf *b, unsigned int num, unsigned int depth);

uint32_t rnd(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static uint32_t below(struct gen *g, uint32_t end)
{
	return rnd(&g->seed) % end;
}

static void put(struct buf *b, const uint32_t *words, unsigned int num)
{
	assert_true(b->num + num <= MAX_BUF);
	if (num)
		memcpy(b->words + b->num, words, num * 4);
	b->num += num;
}

#define EMIT(b, ...)	put(b, WORDS(__VA_ARGS__))

/* Somewhere in the memory that is worked on, with room for some bytes */
static uint32_t work(struct gen *g, uint32_t bytes, uint32_t align)
{
	return WORK + below(g, WORK_SIZE - bytes) / align * align;
}

static uint32_t flag(struct gen *g)
{
	assert_true(g->p->num_flags < MAX_FLAGS);
	return g->p->num_flags++;
}

static uint32_t atomic_code(struct gen *g)
{
	static const uint8_t codes[] = { 7, 8, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25 };

	return codes[below(g, sizeof(codes))] + 32 * below(g, 4);
}

static void body(struct gen *g, struct buf *b, uint32_t dwords)
{
	while (dwords--)
		EMIT(b, rnd(&g->seed) * 0x10001);
}

/* An indirect buffer in memory; returns its dwords. */
static uint32_t buffer(struct gen *g, unsigned int depth, uint64_t *va, const uint32_t *tail,
		       unsigned int num)
{
	struct buf *b = calloc(1, sizeof(*b));
	uint32_t dwords;

	assert_non_null(b);
	packets(g, b, below(g, 5), depth + 1);
	put(b, tail, num);
	dwords = b->num;
	*va = g->next;
	g->next += (dwords * 4 + 63) / 64 * 64 + 32;
	assert_true(g->next < DATA + DATA_SIZE);
	vm_put(g->p->vm, *va, b->words, dwords * 4);
	free(b);
	return dwords;
}

static void pm4_buffer(struct gen *g, struct buf *b, unsigned int depth)
{
	uint64_t va, next;
	uint32_t dwords;

	if (below(g, 3)) {
		dwords = buffer(g, depth, &va, NULL, 0);
	} else {
		/* One that goes on as another, and what is behind that is left out */
		uint32_t tail[9] = { P3(0x3f, 2), 0, 0, 0, P3(0x37, 3), TO_MEM, WORK, 0, 0xbad };

		dwords = buffer(g, depth, &next, NULL, 0);
		tail[1] = next;
		tail[3] = dwords | 1u << 20 | 1u << 23;
		dwords = buffer(g, depth, &va, tail, dwords ? 9 : 4);
	}
	EMIT(b, P3(0x3f, 2), va, 0, dwords | 1u << 23);
}

static void pm4_wait(struct gen *g, struct buf *b)
{
	uint32_t n = flag(g);

	switch (below(g, g->kernel ? 5 : 4)) {
	case 0:
		EMIT(b, P3(0x3c, 5), 3u | 1u << 4, FLAG(n), 0, 1, 0xff, 4);
		break;
	case 1:
		EMIT(b, P3(0x3c, 5), 3, REG_FLAG(n), 0, 1, 0xff, 4);
		break;
	case 2:
		EMIT(b, P3(0x3c, 5), 3u | 1u << 6, REG_WORK + below(g, 64), REG_FLAG(n), 1, 0xff, 4);
		break;
	case 3:
		/* Until it is 1, then 2; what it was afterwards */
		EMIT(b, P3(0x1e, 7), 8u | 1u << 8, FLAG(n), 0, 2, 0, 1, 0, 16);
		EMIT(b, P3(0x40, 4), 6u | TO_MEM, 0, 0, work(g, 4, 4), 0);
		break;
	default:
		EMIT(b, P3(0xa4, 5), n, 0, 0, 0, 0, 0);
		break;
	}
}

static void pm4_packet(struct gen *g, struct buf *b, unsigned int depth)
{
	uint32_t num, pos;

	switch (below(g, depth < 3 ? 14 : 13)) {
	case 0:
		num = below(g, 10) + 1;
		EMIT(b, P3(0x10, num - 1));
		body(g, b, num);
		break;
	case 1:
		num = below(g, 60) + 1;
		EMIT(b, P3(0x37, num + 2), TO_MEM | below(g, 2) << 16, work(g, num * 4, 4), 0);
		body(g, b, num);
		break;
	case 2:
		num = below(g, 30) + 1;
		EMIT(b, P3(0x37, num + 2), below(g, 2) << 16, REG_WORK + below(g, 64), 0);
		body(g, b, num);
		break;
	case 3:
		EMIT(b, P3(0x40, 4), 2u | 2u << 8 | 1u << 16, work(g, 8, 8), 0, work(g, 8, 8), 0);
		break;
	case 4:
		EMIT(b, P3(0x40, 4), TO_MEM, REG_WORK + below(g, 64), 0, work(g, 4, 4), 0);
		break;
	case 5:
		EMIT(b, P3(0x1e, 7), atomic_code(g), work(g, 8, 8), 0);
		body(g, b, 4);
		EMIT(b, 0);
		EMIT(b, P3(0x40, 4), 6u | TO_MEM | 1u << 16, 0, 0, work(g, 8, 8), 0);
		break;
	case 6:
		num = below(g, 3000);
		EMIT(b, P3(0x50, 5), 0, work(g, num, 1), 0, work(g, num, 1), 0, num);
		break;
	case 7:
		num = below(g, 3000);
		EMIT(b, P3(0x50, 5), 2u << 29, rnd(&g->seed), 0, work(g, num, 1), 0, num);
		break;
	case 8:
		num = below(g, 30) + 1;
		EMIT(b, P3(0x79, num), (REG_WORK - 0xc000 + below(g, 64)) & 0xffff);
		body(g, b, num);
		break;
	case 9:
		/* Leaves out the packets that follow, or not; a flag is 0 or 1 in the end. */
		EMIT(b, P3(0x22, 3), below(g, 2) ? CONST_DATA : STAMPS + 0x1000, 0, 0, 0);
		pos = b->num;
		packets(g, b, below(g, 3), depth);
		b->words[pos - 1] = b->num - pos;
		break;
	case 10:
		EMIT(b, P3(0x49, 6), 0x514, 2u << 29 | 2u << 24, work(g, 8, 8), 0, rnd(&g->seed), 1,
		     rnd(&g->seed));
		EMIT(b, P3(0x49, 6), 0x514, 3u << 29, STAMPS, 0, 0, 0, 0);
		break;
	case 11:
	case 12:
		pm4_wait(g, b);
		break;
	default:
		pm4_buffer(g, b, depth);
		break;
	}
}

static void sdma_rect(struct gen *g, struct buf *b)
{
	uint32_t width = below(g, 40), rows = below(g, 6), slices = below(g, 3);
	uint32_t pitch = width + below(g, 20), slice = (pitch + 1) * (rows + 1) - 1 + below(g, 50);

	/* Elements of 4 bytes; at most 3 slices of 6 rows of 60, and the offsets */
	EMIT(b, 1u | 4u << 8 | 2u << 29, work(g, 8000, 1), 0, below(g, 10) | below(g, 3) << 16,
	     below(g, 2) | pitch << 13, slice, work(g, 8000, 1), 0,
	     below(g, 10) | below(g, 3) << 16, below(g, 2) | pitch << 13, slice,
	     width | rows << 16, slices);
}

static void sdma_wait(struct gen *g, struct buf *b)
{
	uint32_t n = flag(g);

	switch (below(g, g->kernel ? 4 : 3)) {
	case 0:
		EMIT(b, 8u | 3u << 28 | 1u << 31, FLAG(n), 0, 1, 0xff, 4);
		break;
	case 1:
		EMIT(b, 8u | 3u << 28, REG_FLAG(n) << 2, 0, 1, 0xff, 4);
		break;
	case 2:
		EMIT(b, 10u | 1u << 16 | 8u << 25, FLAG(n), 0, 2, 0, 1, 0, 16);
		break;
	default:
		EMIT(b, 8u | 1u << 26 | 3u << 28, REG_FLAG(n) << 2, (REG_WORK + below(g, 64)) << 2,
		     1, 0xff, 4);
		break;
	}
}

static void sdma_packet(struct gen *g, struct buf *b, unsigned int depth)
{
	uint32_t num, pos;
	uint64_t va;

	switch (below(g, depth < 3 ? 15 : 14)) {
	case 0:
		num = below(g, 10);
		EMIT(b, num << 16);
		body(g, b, num);
		break;
	case 1:
		num = below(g, 3000);
		EMIT(b, 1, num, 0, work(g, 3000, 1), 0, work(g, 3000, 1), 0);
		break;
	case 2:
		num = below(g, 3000);
		EMIT(b, 1u | 1u << 27, num, 0, work(g, 3000, 1), 0, work(g, 3000, 1), 0,
		     work(g, 3000, 1), 0);
		break;
	case 3:
		sdma_rect(g, b);
		break;
	case 4:
		num = below(g, 60);
		EMIT(b, 2, work(g, 240, 1), 0, num);
		body(g, b, num + 1);
		break;
	case 5:
		EMIT(b, 11u | below(g, 3) << 30, work(g, 3004, 1), 0, rnd(&g->seed), below(g, 3000));
		break;
	case 6:
		EMIT(b, 5, work(g, 4, 4), 0, rnd(&g->seed));
		break;
	case 7:
		EMIT(b, 6, rnd(&g->seed));
		break;
	case 8:
		EMIT(b, 10u | atomic_code(g) << 25, work(g, 8, 8), 0);
		body(g, b, 4);
		EMIT(b, 0);
		break;
	case 9:
		EMIT(b, 13u | below(g, 3) << 8, STAMPS, 0);
		EMIT(b, 14u | below(g, 16) << 28, REG_WORK + below(g, 64), rnd(&g->seed));
		break;
	case 10:
		EMIT(b, 8u | 1u << 8, (REG_WORK + below(g, 64)) << 2, work(g, 4, 4), 0);
		break;
	case 11:
		EMIT(b, 9, CONST_DATA, 0, below(g, 2), 0);
		pos = b->num;
		packets(g, b, below(g, 3), depth);
		b->words[pos - 1] = b->num - pos;
		break;
	case 12:
		sdma_wait(g, b);
		break;
	case 13:
		if (g->kernel)
			EMIT(b, 12, work(g, 800, 8), 0, 0x71, 0, rnd(&g->seed), 1, 0x1000, 0,
			     below(g, 100));
		break;
	default:
		num = buffer(g, depth, &va, NULL, 0);
		EMIT(b, 4, va, 0, num, 0, 0);
		break;
	}
}

static void packets(struct gen *g, struct buf *b, unsigned int num, unsigned int depth)
{
	while (num--) {
		if (g->type == SOFTGPU_QUEUE_SDMA)
			sdma_packet(g, b, depth);
		else
			pm4_packet(g, b, depth);
	}
}

/* The first signals are dependencies, with a flag's number each, the others for completion */
static void aql_packet(struct gen *g, struct buf *b)
{
	uint64_t signal = below(g, 3) ? SIGNAL(MAX_FLAGS + below(g, 50)) : 0;
	uint32_t deps[10] = { 0 };
	uint64_t va;
	uint32_t num;

	switch (below(g, 5)) {
	case 0:
	case 1:
		/* All of them, or one of them */
		num = below(g, 6);
		for (unsigned int i = 0; i < num; i++)
			deps[i * 2] = SIGNAL(flag(g));
		EMIT(b, (below(g, 2) ? 3u : 5u) | 1u << 8, 0);
		put(b, deps, 10);
		EMIT(b, 0, 0, signal, 0);
		break;
	case 2:
		EMIT(b, 2u << 16, 0, SIGNAL(flag(g)), 0, 0, 0, 0xff, 0, 0, 0, 0, 0, 0, 0, signal, 0);
		break;
	case 3:
		EMIT(b, 2u | 1u << 16, 64, 0, below(g, 1000) + 1, 0, 0, 0, 0, KERNEL, 0, 0, 0, 0, 0,
		     signal, 0);
		break;
	default:
		num = buffer(g, 0, &va, NULL, 0);
		EMIT(b, 1u << 16, P3(0x3f, 2), va, 0, num | 1u << 23, 10, 0, 0, 0, 0, 0, 0, 0, 0,
		     signal, 0);
		break;
	}
}

static int privileged(struct vm *vm, unsigned int n, const uint32_t *words, uint32_t num)
{
	(void)n;
	if (words[0] != P3(0xa4, 5) || num != 7 || words[1] >= MAX_FLAGS)
		return -EINVAL;
	if (!r32(vm, FLAG(words[1])))
		return -EAGAIN;
	pthread_mutex_lock(&vm->record);
	vm->regs[REG_DONE(words[1])]++;
	pthread_mutex_unlock(&vm->record);
	return 0;
}

/* Where nothing else is; CONST_DATA is zero, and so is not what COND_EXEC looks at. */
static void init_memory(struct gen *g, struct vm *vm)
{
	for (unsigned int i = 0; i < WORK_SIZE; i += 4)
		w32(vm, WORK + i, rnd(&g->seed) * 0x10001);
	for (unsigned int i = 0; i < MAX_FLAGS; i++)
		w64(vm, SIGNAL(i) + 8, 1);
	for (unsigned int i = 0; i < 50; i++) {
		w64(vm, SIGNAL(MAX_FLAGS + i) + 8, 1000);
		w64(vm, SIGNAL(MAX_FLAGS + i) + 16, i % 2 ? WORK + i * 64 : 0);
		w32(vm, SIGNAL(MAX_FLAGS + i) + 24, i);
	}
	w32(vm, STAMPS + 0x1000, 1);
}

void program_init(struct program *p, struct softgpu *gpu, enum softgpu_queue_type type,
		  bool kernel, uint32_t seed)
{
	struct gen g = { .p = p, .seed = seed, .type = type, .kernel = kernel, .next = BUFFERS };
	struct buf *b = calloc(1, sizeof(*b));
	unsigned int unit = type == SOFTGPU_QUEUE_AQL ? 64 : type == SOFTGPU_QUEUE_PM4 ? 4 : 1;
	unsigned int left;

	assert_non_null(b);
	*p = (struct program){ .vm = vm_new() };
	p->vm->on_privileged = privileged;
	p->vm->max_piece = 101;
	init_memory(&g, p->vm);
	queue_init(&p->q, gpu, p->vm, type, PROGRAM_RING);
	p->q.p.flags = kernel ? SOFTGPU_QUEUE_KERNEL : 0;
	p->q.p.start = (PROGRAM_RING + below(&g, PROGRAM_RING) / 64 * 64) / unit;
	p->q.wptr = p->q.p.start;
	left = PROGRAM_RING / 4;
	for (unsigned int n = 20 + below(&g, 20); n; n--) {
		b->num = 0;
		if (type == SOFTGPU_QUEUE_AQL)
			aql_packet(&g, b);
		else
			packets(&g, b, 1, 0);
		if (b->num > left)
			break;
		left -= b->num;
		if (b->num)
			queue_put(&p->q, b->words, b->num);
	}
	w64(p->vm, p->q.p.wptr_va, p->q.p.start);
	free(b);
}

void program_exit(struct program *p)
{
	queue_exit(&p->q);
	vm_free(p->vm);
}

void program_flag(struct program *p, unsigned int n)
{
	wreg(p->vm, REG_FLAG(n), 1);
	w64(p->vm, SIGNAL(n) + 8, 0);
	w32(p->vm, FLAG(n), 1);
}

bool program_done(struct program *p)
{
	return queue_stats(&p->q).rptr == p->q.wptr;
}

void program_compare(struct program *a, struct program *b)
{
	static uint8_t first[WORK_SIZE], second[WORK_SIZE];

	for (unsigned int i = 0; i < MAX_FLAGS + 50; i++)
		assert_int_equal(r64(a->vm, SIGNAL(i) + 8), r64(b->vm, SIGNAL(i) + 8));
	for (unsigned int i = 0; i < MAX_FLAGS; i++)
		assert_int_equal(r64(a->vm, FLAG(i)), r64(b->vm, FLAG(i)));
	vm_get(a->vm, WORK, first, WORK_SIZE);
	vm_get(b->vm, WORK, second, WORK_SIZE);
	assert_memory_equal(first, second, WORK_SIZE);
	assert_memory_equal(a->vm->regs, b->vm->regs, sizeof(a->vm->regs));
	assert_int_equal(a->vm->num_reg_writes, b->vm->num_reg_writes);
	assert_int_equal(a->vm->num_events, b->vm->num_events);
	assert_memory_equal(a->vm->events, b->vm->events, sizeof(a->vm->events));
	assert_int_equal(a->vm->num_logs, b->vm->num_logs);
}
