// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Queues that are saved in the middle of a packet, of each kind, and go on as another object.
 *
 * What does not live here: programs of many packets, test_random.c. Packets are as in
 * test_pm4.c, test_sdma.c and test_aql.c, which have their sources.
 */
#include <errno.h>

#include "harness.h"

#define P3(op, n)	(3u << 30 | (uint32_t)(n) << 16 | (op) << 8)
#define TO_MEM		(5u << 8 | 1u << 20)
#define OUT(n)		(DATA + 0x1000 + (n) * 8)
#define IB(n)		(DATA + 0x4000 + (n) * 0x100)
#define SIGNAL(n)	(DATA + 0x3000 + (n) * 64)
#define SRC		(DATA + 0x20000)
#define DST		(DATA + 0x40000)
#define NUM		0x8000

static void start(struct fixture *fix, struct queue *q, enum softgpu_queue_type type)
{
	queue_init(q, fix->gpu, fix->vm, type, PAGE);
	q->p.flags = SOFTGPU_QUEUE_KERNEL;
	queue_create(q);
}

/* A queue that waits is given a moment to come to that, and then to show that it does. */
static void move_waiting(struct queue *q)
{
	usleep(2000);
	queue_move(q);
	usleep(2000);
	assert_false(queue_done(q));
}

static void test_idle(void **state)
{
	static const uint8_t zeroes[SOFTGPU_STATE_SIZE];
	struct fixture *fix = *state;
	uint8_t first[SOFTGPU_STATE_SIZE], second[SOFTGPU_STATE_SIZE];
	struct queue q;

	for (unsigned int type = 0; type < 3; type++) {
		start(fix, &q, type);
		assert_int_equal(softgpu_queue_save(q.q, first), 0);
		assert_memory_not_equal(first, zeroes, 4);
		assert_int_equal(softgpu_queue_save(q.q, second), 0);
		assert_memory_equal(first, second, sizeof(first));
		queue_exit(&q);
		for (unsigned int other = 0; other < 3; other++) {
			struct softgpu_queue_params p = q.p;
			struct softgpu_queue *queue;

			p.type = other;
			p.state = zeroes;
			assert_int_equal(softgpu_queue_create(fix->gpu, &p, &queue), -EINVAL);
			p.state = first;
			assert_int_equal(softgpu_queue_create(fix->gpu, &p, &queue),
					 other == type ? 0 : -EINVAL);
			if (other == type)
				softgpu_queue_destroy(queue);
		}
	}
}

/* The same in the middle of nothing: pointers go on, an inactive queue stays so. */
static void test_pointers(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	for (unsigned int i = 0; i < 300; i++) {
		RUN(&q, 5, LO(OUT(i % 8)), HI(OUT(0)), i, 0);
		assert_int_equal(queue_stats(&q).rptr, 20 * (i + 1));
		queue_move(&q);
		assert_int_equal(queue_stats(&q).rptr, 20 * (i + 1));
		assert_int_equal(queue_stats(&q).wptr, 20 * (i + 1));
		assert_int_equal(r32(vm, OUT(i % 8)), i);
	}
	q.p.percent = 0;
	queue_move(&q);
	PUT(&q, 5, LO(OUT(0)), HI(OUT(0)), 1000);
	queue_ring(&q);
	queue_move(&q);
	usleep(2000);
	assert_false(queue_done(&q));
	q.p.percent = 1;
	assert_int_equal(softgpu_queue_update(q.q, &q.p), 0);
	queue_wait(&q);
	queue_exit(&q);
}

/* Doorbells of a queue that is saved do nothing, the pointer in memory does afterwards. */
static void test_doorbells(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint8_t saved[SOFTGPU_STATE_SIZE];
	struct queue q;

	for (unsigned int type = SOFTGPU_QUEUE_PM4; type <= SOFTGPU_QUEUE_SDMA; type++) {
		w32(vm, OUT(0), 0);
		start(fix, &q, type);
		assert_int_equal(softgpu_queue_save(q.q, saved), 0);
		if (type == SOFTGPU_QUEUE_PM4)
			PUT(&q, P3(0x37, 3), TO_MEM, LO(OUT(0)), HI(OUT(0)), 5);
		else
			PUT(&q, 5, LO(OUT(0)), HI(OUT(0)), 5);
		queue_ring(&q);
		softgpu_kick(fix->gpu);
		usleep(2000);
		assert_int_equal(r32(vm, OUT(0)), 0);
		queue_exit(&q);
		q.p.state = saved;
		queue_create(&q);
		queue_wait(&q);
		assert_int_equal(r32(vm, OUT(0)), 5);

		/* One that rang before is known, and lower ones are wrong as ever. */
		queue_ring(&q);
		queue_move(&q);
		softgpu_queue_doorbell(q.q, 4);
		queue_bad(&q, q.wptr, 4);
		queue_exit(&q);
	}

	/* One that was wrong and nobody has seen yet */
	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	RUN(&q, 0, 0);
	softgpu_pause(fix->gpu);
	softgpu_queue_doorbell(q.q, 4);
	queue_move(&q);
	softgpu_resume(fix->gpu);
	queue_bad(&q, 8, 4);
	queue_exit(&q);
	start(fix, &q, SOFTGPU_QUEUE_PM4);
	softgpu_pause(fix->gpu);
	softgpu_queue_doorbell(q.q, 4096);
	queue_move(&q);
	softgpu_resume(fix->gpu);
	queue_bad(&q, 0, 4096);
	queue_exit(&q);
}

static const struct {
	enum softgpu_queue_type type;
	uint32_t words[16], num;
} moves[] = {
	{ SOFTGPU_QUEUE_SDMA, { 1, 3000, 0, LO(SRC + 3), 0, LO(DST + 1), 0 }, 7 },
	/* Overlapping, so that the pieces make a difference */
	{ SOFTGPU_QUEUE_SDMA, { 1, 2000, 0, LO(SRC + 3), 0, LO(SRC + 40), 0 }, 7 },
	{ SOFTGPU_QUEUE_SDMA,
	  { 1u | 1u << 27, 2999, 0, LO(SRC), 0, LO(DST + 1), 0, LO(DST + 5001), 0 }, 9 },
	{ SOFTGPU_QUEUE_SDMA,
	  { 1u | 4u << 8 | 2u << 29, LO(SRC + 4), 0, 3u | 2u << 16, 1u | 63u << 13, 1023,
	    LO(DST + 8), 0, 5u | 1u << 16, 39u << 13, 399, 29u | 4u << 16, 2 }, 13 },
	{ SOFTGPU_QUEUE_SDMA, { 2, LO(DST + 4), 0, 700, 11, 22, 33 }, 705 },
	{ SOFTGPU_QUEUE_SDMA, { 11u | 2u << 30, LO(DST + 2), 0, 0x01020304, 2999 }, 5 },
	{ SOFTGPU_QUEUE_SDMA, { 11u | 1u << 30, LO(DST + 3), 0, 0x0304, 2999 }, 5 },
	{ SOFTGPU_QUEUE_SDMA, { 12, LO(DST), 0, 0x71, 1, 0x1000, 0, 0x1000, 0, 99 }, 10 },
	{ SOFTGPU_QUEUE_PM4, { P3(0x37, 602), TO_MEM, LO(DST + 4), 0, 1, 2, 3 }, 604 },
	{ SOFTGPU_QUEUE_PM4, { P3(0x50, 5), 0, LO(SRC + 1), 0, LO(DST + 2), 0, 3001 }, 7 },
	{ SOFTGPU_QUEUE_PM4,
	  { P3(0x50, 5), 2u << 29, 0x04030201, 0, LO(DST + 1), 0, 3001 }, 7 },
};

/* Rings, and moves the queue after every few locks; returns how often. */
static unsigned int run_moving(struct queue *q)
{
	uint8_t state[SOFTGPU_STATE_SIZE];
	unsigned int num = 0;

	vm_brake(q->vm, 3);
	queue_ring(q);
	do {
		UNTIL(vm_braked(q->vm) || queue_done(q));
		num += vm_unbrake(q->vm);
		queue_take(q, state);
		vm_brake(q->vm, num % 5 + 1);
		queue_bring(q, state);
	} while (!queue_done(q));
	vm_brake(q->vm, 0);
	return num;
}

static void test_moves(void **state)
{
	struct fixture *fix = *state;
	static uint8_t bytes[2 * NUM + 0x18000], want[sizeof(bytes)], got[sizeof(bytes)];
	static uint32_t words[1024];

	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 7 + i / 256;
	for (unsigned int i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		struct vm *vm = vm_new();
		unsigned int num = 0;
		struct queue q;

		for (unsigned int j = 0; j < 1024; j++)
			words[j] = j < 16 ? moves[i].words[j] : j * 0x01020408;
		for (unsigned int moving = 0; moving < 2; moving++) {
			vm->max_piece = 53;
			vm_put(vm, SRC, bytes, sizeof(bytes));
			queue_init(&q, fix->gpu, vm, moves[i].type, 2 * PAGE);
			q.p.flags = SOFTGPU_QUEUE_KERNEL;
			queue_create(&q);
			/* The ring's end is in the middle of it. */
			queue_run(&q, (uint32_t[1800]){ moves[i].type == SOFTGPU_QUEUE_PM4 ?
				  P3(0x10, 1798) : 1799u << 16 }, 1800);
			queue_put(&q, words, moves[i].num);
			if (moving)
				num = run_moving(&q);
			else
				queue_ring(&q);
			queue_wait(&q);
			vm_get(vm, SRC, moving ? got : want, sizeof(got));
			queue_exit(&q);
		}
		assert_memory_not_equal(want, bytes, sizeof(want));
		assert_memory_equal(want, got, sizeof(want));
		/* What the packet itself holds is one piece up to the ring's end. */
		assert_true(num >= (moves[i].num > 16 ? 2 : 10));
		vm_free(vm);
	}
}

static void test_waits(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue pm4, sdma;

	start(fix, &pm4, SOFTGPU_QUEUE_PM4);
	start(fix, &sdma, SOFTGPU_QUEUE_SDMA);
	/* Memory */
	PUT(&pm4, P3(0x3c, 5), 3u | 1u << 4, LO(OUT(0)), 0, 5, 0xff, 4);
	PUT(&sdma, 8u | 3u << 28 | 1u << 31, LO(OUT(0)), 0, 5, 0xff, 4);
	queue_ring(&pm4);
	queue_ring(&sdma);
	move_waiting(&pm4);
	move_waiting(&sdma);
	w32(vm, OUT(0), 5);
	queue_wait(&pm4);
	queue_wait(&sdma);
	/* Registers */
	PUT(&pm4, P3(0x3c, 5), 3, 0x500, 0, 5, 0xff, 4);
	PUT(&sdma, 8u | 3u << 28, 0x501 << 2, 0, 5, 0xff, 4);
	queue_ring(&pm4);
	queue_ring(&sdma);
	move_waiting(&pm4);
	move_waiting(&sdma);
	wreg(vm, 0x500, 5);
	wreg(vm, 0x501, 5);
	queue_wait(&pm4);
	queue_wait(&sdma);
	/* Write and wait: the write is not done again. The same for a driver's HDP flush. */
	PUT(&pm4, P3(0x3c, 5), 3u | 1u << 6, 0x600, 0x601, 5, 0xff, 4);
	queue_ring(&pm4);
	move_waiting(&pm4);
	assert_int_equal(vm->num_reg_writes, 1);
	PUT(&sdma, 8u | 1u << 26 | 3u << 28, 0x603 << 2, 0x602 << 2, 5, 0xff, 0xfff000a);
	queue_ring(&sdma);
	move_waiting(&sdma);
	assert_int_equal(vm->num_reg_writes, 2);
	assert_int_equal(vm->regs[0x600], 5);
	assert_int_equal(vm->regs[0x602], 5);
	wreg(vm, 0x601, 5);
	wreg(vm, 0x603, 5);
	queue_wait(&pm4);
	queue_wait(&sdma);
	/* Atomic operations that wait, and what one has returned */
	w64(vm, OUT(1), 3);
	w64(vm, OUT(2), 3);
	PUT(&pm4, P3(0x1e, 7), 40u | 1u << 8, LO(OUT(1)), 0, 6, 0, 4, 0, 16);
	PUT(&sdma, 10u | 1u << 16 | 40u << 25, LO(OUT(2)), 0, 6, 0, 4, 0, 16);
	queue_ring(&pm4);
	queue_ring(&sdma);
	move_waiting(&pm4);
	move_waiting(&sdma);
	w64(vm, OUT(1), 4);
	w64(vm, OUT(2), 4);
	queue_wait(&pm4);
	queue_wait(&sdma);
	assert_int_equal(r64(vm, OUT(1)), 6);
	assert_int_equal(r64(vm, OUT(2)), 6);
	queue_move(&pm4);
	RUN(&pm4, P3(0x40, 4), 6u | TO_MEM | 1u << 16, 0, 0, LO(OUT(3)), 0);
	assert_int_equal(r64(vm, OUT(3)), 4);
	queue_exit(&pm4);
	queue_exit(&sdma);
}

static int not_yet(struct vm *vm, unsigned int n, const uint32_t *words, uint32_t num)
{
	(void)num;
	if (words[0] != P3(0xa4, 5) || words[6] != 66)
		return -EINVAL;
	pthread_mutex_lock(&vm->record);
	vm->regs[0] = n;
	pthread_mutex_unlock(&vm->record);
	return r32(vm, OUT(0)) ? 0 : -EAGAIN;
}

static void test_privileged(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	unsigned int calls;
	struct queue q;

	vm->on_privileged = not_yet;
	start(fix, &q, SOFTGPU_QUEUE_PM4);
	PUT(&q, P3(0xa4, 5), 1, 2, 3, 4, 5, 66);
	queue_ring(&q);
	move_waiting(&q);
	w32(vm, OUT(0), 1);
	queue_wait(&q);
	pthread_mutex_lock(&vm->record);
	calls = vm->num_privileged;
	pthread_mutex_unlock(&vm->record);
	queue_move(&q);
	RUN(&q, P3(0x10, 0), 0);
	assert_int_equal(vm->num_privileged, calls);
	queue_exit(&q);
}

static void put_ib(struct vm *vm, unsigned int n, const uint32_t *words, unsigned int num)
{
	vm_put(vm, IB(n), words, num * 4);
}

#define PUT_IB(vm, n, ...)	put_ib(vm, n, WORDS(__VA_ARGS__))
#define ADD(n)			P3(0x1e, 7), 15, LO(OUT(n)), 0, 1, 0, 0, 0, 0
#define WAIT(n)			P3(0x3c, 5), 3u | 1u << 4, LO(OUT(n)), 0, 1, 0xff, 4
#define CALL(n, dwords)		P3(0x3f, 2), LO(IB(n)), 0, (dwords) | 1u << 23

/* Four levels, and a wait in each of them on the way in and on the way out */
static void test_indirect(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q, SOFTGPU_QUEUE_PM4);
	PUT_IB(vm, 1, WAIT(1), CALL(2, 27), WAIT(9), ADD(0));
	PUT_IB(vm, 2, WAIT(2), CALL(3, 27), WAIT(8), ADD(0));
	PUT_IB(vm, 3, WAIT(3), CALL(4, 20), WAIT(7), ADD(0));
	/* The innermost one continues as another. */
	PUT_IB(vm, 4, WAIT(4), ADD(0), CALL(5, 23u | 1u << 20));
	PUT_IB(vm, 5, WAIT(5), ADD(0), WAIT(6));
	PUT(&q, CALL(1, 27), ADD(0));
	queue_ring(&q);
	for (unsigned int i = 1; i <= 9; i++) {
		move_waiting(&q);
		w32(vm, OUT(i), 1);
	}
	queue_wait(&q);
	assert_int_equal(r32(vm, OUT(0)), 6);
	queue_exit(&q);

	/* SDMA has the same levels. */
	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	w64(vm, OUT(0), 0);
	for (uint32_t i = 1; i <= 4; i++)
		PUT_IB(vm, i, 4, LO(IB(i + 1)), 0, i < 4 ? 14 : 0, 0, 0,
		       10u | 15u << 25, LO(OUT(0)), 0, 1, 0, 0, 0, 0);
	PUT(&q, 4, LO(IB(1)), 0, 14, 0, 0);
	assert_true(run_moving(&q) >= 4);
	assert_int_equal(r32(vm, OUT(0)), 4);
	queue_exit(&q);

	/* A buffer into itself ends at SG_MAX_JUMPS, however often the queue moves. */
	for (unsigned int moves = 0; moves < 4; moves++) {
		start(fix, &q, SOFTGPU_QUEUE_PM4);
		w64(vm, OUT(0), 0);
		PUT_IB(vm, 1, ADD(0), CALL(1, 13u | 1u << 20));
		PUT(&q, CALL(1, 13));
		vm_brake(vm, moves ? 500 : 0);
		queue_ring(&q);
		for (unsigned int i = 0; i < moves; i++) {
			uint8_t saved[SOFTGPU_STATE_SIZE];

			UNTIL(vm_braked(vm));
			vm_unbrake(vm);
			queue_take(&q, saved);
			vm_brake(vm, i + 1 < moves ? 500 : 0);
			queue_bring(&q, saved);
		}
		queue_bad(&q, 0, P3(0x3f, 2));
		assert_int_equal(r32(vm, OUT(0)), 4096);
		queue_exit(&q);
	}
}

/* What is left out goes on in dwords that are not there yet, and a packet that is torn */
static void test_parts(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	RUN(&q, 9, LO(OUT(9)), 0, 1, 8, 5, LO(OUT(1)), 0, 7);
	queue_move(&q);
	RUN(&q, 5, LO(OUT(1)), 0, 8, 5, LO(OUT(2)), 0, 9);
	assert_int_equal(r32(vm, OUT(1)), 0);
	assert_int_equal(r32(vm, OUT(2)), 9);
	PUT(&q, 5, LO(OUT(3)));
	queue_ring(&q);
	move_waiting(&q);
	RUN(&q, 0, 10);
	assert_int_equal(r32(vm, OUT(3)), 10);
	queue_exit(&q);
}

static void signal_init(struct vm *vm, unsigned int n, int64_t value)
{
	for (unsigned int i = 0; i < 64; i += 8)
		w64(vm, SIGNAL(n) + i, 0);
	w64(vm, SIGNAL(n) + 8, value);
}

static int64_t value(struct vm *vm, unsigned int n)
{
	return r64(vm, SIGNAL(n) + 8);
}

static void test_aql(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint64_t before;
	struct queue q;

	/* A dependency that was met need not stay so. */
	start(fix, &q, SOFTGPU_QUEUE_AQL);
	signal_init(vm, 0, 2);
	signal_init(vm, 1, 0);
	signal_init(vm, 2, 1);
	PUT(&q, 3, 0, LO(SIGNAL(1)), 0, LO(SIGNAL(2)), 0, 0, 0, 0, 0, 0, 0, 0, 0, LO(SIGNAL(0)), 0);
	queue_ring(&q);
	usleep(2000);
	w64(vm, SIGNAL(1) + 8, 1);
	before = softgpu_clock();
	move_waiting(&q);
	w64(vm, SIGNAL(2) + 8, 0);
	UNTIL(value(vm, 0) == 1);
	/* It began before it was moved. */
	assert_in_range(r64(vm, SIGNAL(0) + 32), 1, before);
	assert_in_range(r64(vm, SIGNAL(0) + 40), before, softgpu_clock());

	/* Until a value is greater or equal */
	PUT(&q, 2u << 16, 0, LO(SIGNAL(2)), 0, 5, 0, ~0u, ~0u, 3, 0, 0, 0, 0, 0, LO(SIGNAL(0)), 0);
	queue_ring(&q);
	move_waiting(&q);
	w64(vm, SIGNAL(2) + 8, 5);
	UNTIL(value(vm, 0) == 0);

	/* In an indirect buffer; another one that moves something */
	PUT_IB(vm, 1, WAIT(1), CALL(2, 16));
	PUT_IB(vm, 2, ADD(0), P3(0x50, 5), 0, LO(SRC), 0, LO(DST), 0, 9000);
	w32(vm, SRC + 8996, 77);
	PUT(&q, 1u << 16, CALL(1, 11), 10, 0, 0, 0, 0, 0, 0, 0, 0, LO(SIGNAL(0)), 0);
	queue_ring(&q);
	move_waiting(&q);
	/* The packet is not read again. */
	vm_put(vm, q.p.ring_va + 128 + 56, (uint32_t[]){ LO(NOWHERE), HI(NOWHERE) }, 8);
	vm->max_piece = 53;
	w32(vm, OUT(1), 1);
	assert_true(run_moving(&q) >= 10);
	UNTIL(value(vm, 0) == -1);
	assert_int_equal(r32(vm, OUT(0)), 1);
	assert_int_equal(r32(vm, DST + 8996), 77);

	/* Its end is wrong: the last of its packets is told, though nobody reads it again. */
	PUT_IB(vm, 2, P3(0x50, 5), 0, LO(SRC), 0, LO(DST), 0, 9000);
	PUT(&q, 1u << 16, CALL(2, 7), 10, 0, 0, 0, 0, 0, 0, 0, 0, LO(SIGNAL(0)) + 4, 0);
	vm_brake(vm, 20);
	queue_ring(&q);
	UNTIL(vm_braked(vm));
	vm_unbrake(vm);
	queue_move(&q);
	queue_bad(&q, 4, P3(0x50, 5));
	queue_exit(&q);
}

/* It stays stopped, and that is not told again. */
static void stays(struct queue *q)
{
	for (unsigned int i = 0; i < 3; i++) {
		queue_move(q);
		assert_int_equal(queue_stats(q).faults, 1);
		queue_ring(q);
		assert_int_equal(softgpu_queue_update(q->q, &q->p), 0);
		usleep(1000);
		assert_int_equal(vm_stops(q->vm), 0);
	}
	queue_exit(q);
}

static void test_stopped(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	PUT(&q, 0xff, 5, LO(OUT(0)), 0, 7);
	queue_ring(&q);
	queue_bad(&q, 0, 0xff);
	stays(&q);
	/* In the middle of a copy, in an indirect buffer */
	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	PUT_IB(vm, 1, 1, 0xfffff, 0, LO(CONST_DATA), 0, LO(DATA + DATA_SIZE - 100), 0);
	PUT(&q, 4, LO(IB(1)), 0, 7, 0, 0, 5, LO(OUT(0)), 0, 7);
	queue_ring(&q);
	queue_fault(&q, DATA + DATA_SIZE, SOFTGPU_WRITE, false);
	stays(&q);
	/* After too many indirect buffers */
	start(fix, &q, SOFTGPU_QUEUE_PM4);
	PUT_IB(vm, 1, CALL(1, 4u | 1u << 20));
	PUT(&q, CALL(1, 4));
	queue_ring(&q);
	queue_bad(&q, 0, P3(0x3f, 2));
	stays(&q);
	start(fix, &q, SOFTGPU_QUEUE_AQL);
	PUT(&q, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	queue_ring(&q);
	queue_bad(&q, 0, 4);
	stays(&q);
	assert_int_equal(r32(vm, OUT(0)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_idle),
		TEST(test_pointers),
		TEST(test_doorbells),
		TEST(test_moves),
		TEST(test_waits),
		TEST(test_privileged),
		TEST(test_indirect),
		TEST(test_parts),
		TEST(test_aql),
		TEST(test_stopped),
	};

	return cmocka_run_group_tests_name("softgpu_state", tests, NULL, NULL);
}
