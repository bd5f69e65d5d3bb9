// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * PM4 packets: opcodes and fields of the kernel's soc15d.h (PACKET3()) and
 * kfd_pm4_headers_ai.h; some are as kfdtest's PM4Packet.cpp and gfx_v9_4_3.c write them.
 */
#include "harness.h"

/* PACKET3(op, n): n is the number of dwords behind the header, less one. */
#define P3(op, n)	(3u << 30 | (uint32_t)(n) << 16 | (op) << 8)
#define TO_MEM		(5u << 8 | 1u << 20)
#define OUT(n)		(DATA + 0x1000 + (n) * 8)
#define IB		(DATA + 0x5ff0)

static void start(struct fixture *fix, struct queue *q)
{
	queue_init(q, fix->gpu, fix->vm, SOFTGPU_QUEUE_PM4, PAGE);
	queue_create(q);
}

static void bad(struct fixture *fix, const uint32_t *words, unsigned int num)
{
	struct queue q;

	start(fix, &q);
	PUT(&q, 0x80000000);
	queue_put(&q, words, num);
	queue_ring(&q);
	queue_bad(&q, 1, words[0]);
	queue_exit(&q);
}

#define BAD(fix, ...)	bad(fix, WORDS(__VA_ARGS__))

static void test_nop(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	/* kfdtest's CMD_NOP_TYPE_3, type 2, NOPs with a body */
	RUN(&q, 0xffff1000, 0xffff1002, 0x80000000, P3(0x10, 0), 1, P3(0x10, 3), 2, 3, 4, 5);
	assert_int_equal(queue_stats(&q).packets, 5);
	/* PFP_SYNC_ME, EVENT_WRITE(CS_PARTIAL_FLUSH, index 4), ACQUIRE_MEM as by kfdtest */
	RUN(&q, P3(0x42, 0), 0, P3(0x46, 0) | 2, 7u | 4u << 8,
	    P3(0x58, 5) | 2, 0x28c00000, 0xffffffff, 0, 0, 0, 4);
	RUN(&q, P3(0x28, 1), 0, 0, P3(0x12, 0), 0, P3(0x11, 2), 1, 0, 0);
	assert_int_equal(queue_stats(&q).packets, 11);
	queue_exit(&q);

	BAD(fix, 0x00000000, 0);
	BAD(fix, 0x40000000, 0);
	BAD(fix, 0x80000001, 0);
	BAD(fix, P3(0xff, 0), 0);
}

static void test_write_data(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint32_t words[4 + 600] = { P3(0x37, 602), TO_MEM, LO(DATA + 0x1ff0), HI(DATA) };
	struct queue q;

	start(fix, &q);
	RUN(&q, P3(0x37, 3) | 2, TO_MEM, LO(OUT(0)), HI(OUT(0)), 0xdeadbeef);
	assert_int_equal(r32(vm, OUT(0)), 0xdeadbeef);
	/* TC_L2 */
	RUN(&q, P3(0x37, 4), 2u << 8, LO(OUT(1)), HI(OUT(1)), 1, 2);
	assert_int_equal(r64(vm, OUT(1)), 1 | 2ULL << 32);
	/* The same address for all: the last one stays */
	RUN(&q, P3(0x37, 5), TO_MEM | 1u << 16, LO(OUT(2)), HI(OUT(2)), 3, 4, 5);
	assert_int_equal(r64(vm, OUT(2)), 5);
	/* Across pages of both, and the ring's end */
	for (unsigned int i = 0; i < 600; i++)
		words[4 + i] = i * 0x01010101u;
	for (unsigned int n = 0; n < 4; n++) {
		queue_run(&q, words, 604);
		for (unsigned int i = 0; i < 600; i++) {
			assert_int_equal(r32(vm, DATA + 0x1ff0 + i * 4), i * 0x01010101u);
			w32(vm, DATA + 0x1ff0 + i * 4, 0);
		}
	}
	/* Registers, and one of them only */
	RUN(&q, P3(0x37, 4), 0, 0x2345, 0, 8, 9, P3(0x37, 4), 1u << 16, 0x3345, 0, 8, 9);
	assert_int_equal(vm->regs[0x2345], 8);
	assert_int_equal(vm->regs[0x2346], 9);
	assert_int_equal(vm->regs[0x3345], 9);
	assert_int_equal(vm->regs[0x3346], 0);
	queue_exit(&q);

	BAD(fix, P3(0x37, 2), TO_MEM, LO(OUT(0)), 0);
	BAD(fix, P3(0x37, 3), 3u << 8, LO(OUT(0)), 0, 1);
	start(fix, &q);
	PUT(&q, P3(0x37, 3), TO_MEM, LO(CONST_DATA), 0, 1);
	queue_ring(&q);
	queue_fault(&q, CONST_DATA, SOFTGPU_WRITE, true);
	queue_exit(&q);
}

static void test_copy_data(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint64_t before = softgpu_clock();
	struct queue q;

	start(fix, &q);
	w64(vm, OUT(0), 0x1122334455667788);
	vm->regs[0x100] = 0xaa;
	vm->regs[0x101] = 0xbb;
	/* Memory to memory, 32 and 64 bits */
	RUN(&q, P3(0x40, 4), 1u | TO_MEM, LO(OUT(0)), 0, LO(OUT(1)), 0,
	    P3(0x40, 4), 2u | 2u << 8 | 1u << 16, LO(OUT(0)), 0, LO(OUT(2)), 0);
	assert_int_equal(r64(vm, OUT(1)), 0x55667788);
	assert_int_equal(r64(vm, OUT(2)), 0x1122334455667788);
	/* A register as gfx_v9_4_3_ring_emit_rreg() does, two of them, immediate data */
	RUN(&q, P3(0x40, 4), TO_MEM, 0x100, 0, LO(OUT(3)), 0,
	    P3(0x40, 4), TO_MEM | 1u << 16, 0x100, 0, LO(OUT(4)), 0,
	    P3(0x40, 4), 5u | 1u << 16, 0xcc, 0xdd, 0x200, 0);
	assert_int_equal(r64(vm, OUT(3)), 0xaa);
	assert_int_equal(r64(vm, OUT(4)), 0xaa | 0xbbULL << 32);
	assert_int_equal(vm->regs[0x200], 0xcc);
	assert_int_equal(vm->regs[0x201], 0xdd);
	/* The clock; what an atomic operation returned (TC_OP_ATOMIC_ADD_RTN_64 is 47) */
	RUN(&q, P3(0x40, 4), 9u | TO_MEM | 1u << 16, 0, 0, LO(OUT(5)), 0,
	    P3(0x1e, 7), 47, LO(OUT(0)), 0, 1, 0, 0, 0, 0,
	    P3(0x40, 4), 6u | TO_MEM | 1u << 16, 0, 0, LO(OUT(6)), 0);
	assert_true(before <= r64(vm, OUT(5)) && r64(vm, OUT(5)) <= softgpu_clock());
	assert_int_equal(r64(vm, OUT(6)), 0x1122334455667788);
	queue_exit(&q);

	BAD(fix, P3(0x40, 4), 3u | TO_MEM, LO(OUT(0)), 0, LO(OUT(1)), 0);
	BAD(fix, P3(0x40, 4), 1u | 3u << 8, LO(OUT(0)), 0, LO(OUT(1)), 0);
	BAD(fix, P3(0x40, 4), 1u | TO_MEM | 1u << 16, LO(OUT(0) + 4), 0, LO(OUT(1)), 0);
	BAD(fix, P3(0x40, 3), 1u | TO_MEM, LO(OUT(0)), 0, LO(OUT(1)));
}

static void test_wait_reg_mem(void **state)
{
	/* WAIT_REG_MEM_FUNCTION: < 1, <= 2, == 3, != 4, >= 5, > 6; the reference is 5 */
	static const struct {
		uint32_t function, no, yes;
	} cases[] = {
		{ 1, 5, 4 }, { 2, 6, 5 }, { 3, 4, 5 }, { 4, 5, 6 }, { 5, 4, 5 }, { 6, 5, 6 },
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	for (unsigned int i = 0; i < 6; i++) {
		w32(vm, OUT(0), cases[i].no | 0x10);
		PUT(&q, P3(0x3c, 5), cases[i].function | 1u << 4, LO(OUT(0)), HI(OUT(0)), 5, 0xf,
		    4);
		queue_ring(&q);
		usleep(1000);
		assert_false(queue_done(&q));
		w32(vm, OUT(0), cases[i].yes | 0x20);
		queue_wait(&q);
	}
	/* Always */
	RUN(&q, P3(0x3c, 5), 1u << 4, LO(OUT(0)), HI(OUT(0)), 99, 0xf, 4);

	/* A register, written by another queue */
	PUT(&q, P3(0x3c, 5), 3, 0x500, 0, 1, 1, 0x20);
	queue_ring(&q);
	usleep(1000);
	assert_false(queue_done(&q));
	{
		struct queue other;

		start(fix, &other);
		RUN(&other, P3(0x37, 3), 0, 0x500, 0, 3);
		queue_wait(&q);
		/* Write one register, wait for the other (operation 1) */
		PUT(&q, P3(0x3c, 5), 3u | 1u << 6, 0x600, 0x601, 0x55, 0xff, 0x20);
		queue_ring(&q);
		usleep(1000);
		assert_false(queue_done(&q));
		RUN(&other, P3(0x37, 3), 0, 0x601, 0, 0x55);
		queue_wait(&q);
		assert_int_equal(vm->regs[0x600], 0x55);
		assert_int_equal(vm->num_reg_writes, 3);
		RUN(&q, P3(0x3c, 5), 3u | 1u << 6, 0x600, 0x601, 0x55, 0xff, 0x20);
		assert_int_equal(vm->num_reg_writes, 4);
		queue_exit(&other);
	}
	queue_exit(&q);

	BAD(fix, P3(0x3c, 5), 7u | 1u << 4, LO(OUT(0)), 0, 5, 0xf, 4);
	BAD(fix, P3(0x3c, 5), 3u | 2u << 4, LO(OUT(0)), 0, 5, 0xf, 4);
	BAD(fix, P3(0x3c, 4), 3u | 1u << 4, LO(OUT(0)), 0, 5, 0xf);
}

static void test_release_mem(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint64_t before = softgpu_clock();
	struct queue q;

	start(fix, &q);
	/* data_sel in bits 29-31, int_sel in 24-26; event 0x14, index 5 */
	RUN(&q, P3(0x49, 6), 0x514, 1u << 29, LO(OUT(0)), 0, 0x11, 0x22, 9);
	assert_int_equal(r64(vm, OUT(0)), 0x11);
	assert_int_equal(vm_events(vm), 0);
	/* As kfdtest: 64 bits of the event's id, an interrupt after them, polling: none */
	RUN(&q, P3(0x49, 6), 0x514, 2u << 29 | 2u << 24, LO(OUT(1)), 0, 0x11, 0x22, 7,
	    P3(0x49, 6), 0x514, 2u << 29 | 3u << 24, LO(OUT(2)), 0, 0x33, 0, 8);
	assert_int_equal(r64(vm, OUT(1)), 0x11 | 0x22ULL << 32);
	assert_int_equal(r64(vm, OUT(2)), 0x33);
	assert_int_equal(vm_events(vm), 1);
	assert_int_equal(vm->events[0], 7);
	RUN(&q, P3(0x49, 6), 0x514, 3u << 29, LO(OUT(3)), 0, 0, 0, 0);
	assert_true(before <= r64(vm, OUT(3)) && r64(vm, OUT(3)) <= softgpu_clock());
	/* An interrupt only */
	RUN(&q, P3(0x49, 6), 0x514, 1u << 24, 0, 0, 0, 0, 12);
	assert_int_equal(vm_events(vm), 2);
	assert_int_equal(vm->events[1], 12);
	/* As gfx8 has it, without the context; what follows is not taken for it */
	RUN(&q, P3(0x49, 5), 0x514, 1u << 24, 0, 0, 0, 0, P3(0x10, 0), 12);
	assert_int_equal(vm_events(vm), 3);
	assert_int_equal(vm->events[2], 0);
	queue_exit(&q);

	BAD(fix, P3(0x49, 6), 0x514, 2u << 29, LO(OUT(0) + 4), 0, 0x11, 0x22, 9);
	BAD(fix, P3(0x49, 6), 0x514, 6u << 29, LO(OUT(0)), 0, 0x11, 0x22, 9);
	BAD(fix, P3(0x49, 6), 0x514, 7u << 24, LO(OUT(0)), 0, 0x11, 0x22, 9);
	BAD(fix, P3(0x49, 4), 0x514, 2u << 29, LO(OUT(0)), 0, 0x11);
}

static void test_atomic_mem(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	w64(vm, OUT(0), 0xffffffffffffffff);
	/* TC_OP_ATOMIC_ADD_RTN_32 is 15, TC_OP_ATOMIC_ADD_64 0x6f */
	RUN(&q, P3(0x1e, 7), 15, LO(OUT(0)), 0, 2, 99, 0, 0, 0);
	assert_int_equal(r64(vm, OUT(0)), 0xffffffff00000001);
	RUN(&q, P3(0x1e, 7), 0x6f, LO(OUT(0)), 0, 0xffffffff, 0, 0, 0, 0);
	assert_int_equal(r64(vm, OUT(0)), 0);
	/* TC_OP_ATOMIC_CMPSWAP_RTN_32 is 8: once, and in a loop (command 1) */
	RUN(&q, P3(0x1e, 7), 8, LO(OUT(0)), 0, 5, 0, 1, 0, 0);
	assert_int_equal(r64(vm, OUT(0)), 0);
	PUT(&q, P3(0x1e, 7), 8u | 1u << 8, LO(OUT(0)), 0, 5, 0, 1, 0, 16);
	queue_ring(&q);
	usleep(1000);
	assert_false(queue_done(&q));
	w32(vm, OUT(0), 1);
	queue_wait(&q);
	assert_int_equal(r64(vm, OUT(0)), 5);
	queue_exit(&q);

	BAD(fix, P3(0x1e, 7), 15, LO(OUT(0) + 2), 0, 2, 99, 0, 0, 0);
	BAD(fix, P3(0x1e, 7), 47, LO(OUT(0) + 4), 0, 2, 99, 0, 0, 0);
	/* TC_OP_ATOMIC_FCMPSWAP_RTN_32 */
	BAD(fix, P3(0x1e, 7), 1, LO(OUT(0)), 0, 2, 99, 0, 0, 0);
	start(fix, &q);
	PUT(&q, P3(0x1e, 7), 15, LO(CONST_DATA), 0, 2, 99, 0, 0, 0);
	queue_ring(&q);
	queue_fault(&q, CONST_DATA, SOFTGPU_READ | SOFTGPU_WRITE, true);
	queue_exit(&q);
}

static void test_dma_data(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint8_t from[10000], to[10000];
	struct queue q;

	start(fix, &q);
	for (unsigned int i = 0; i < sizeof(from); i++)
		from[i] = i * 7;
	vm_put(vm, DATA + 0x10003, from, sizeof(from));
	RUN(&q, P3(0x50, 5), 3u << 29 | 3u << 20 | 1u << 31, LO(DATA + 0x10003), 0,
	    LO(DATA + 0x20001), 0, sizeof(from) | 1u << 30);
	vm_get(vm, DATA + 0x20001, to, sizeof(to));
	assert_memory_equal(from, to, sizeof(to));
	/* SRC_SEL 2: data */
	RUN(&q, P3(0x50, 5), 2u << 29, 0x04030201, 0, LO(DATA + 0x20000), 0, 6);
	vm_get(vm, DATA + 0x20000, to, 8);
	assert_memory_equal(to, ((uint8_t[]){ 1, 2, 3, 4, 1, 2, from[5], from[6] }), 8);
	RUN(&q, P3(0x50, 5), 0, LO(NOWHERE), 0, LO(NOWHERE), 0, 0);
	queue_exit(&q);

	/* GDS, a register */
	BAD(fix, P3(0x50, 5), 1u << 29, LO(DATA), 0, LO(DATA), 0, 16);
	BAD(fix, P3(0x50, 5), 0, LO(DATA), 0, LO(DATA), 0, 16u | 1u << 27);
	start(fix, &q);
	PUT(&q, P3(0x50, 5), 0, LO(CONST_DATA + CONST_SIZE - 8), 0, LO(DATA), 0, 16);
	queue_ring(&q);
	queue_fault(&q, CONST_DATA + CONST_SIZE, SOFTGPU_READ, false);
	queue_exit(&q);
}

static void test_set_regs(void **state)
{
	/* PACKET3_SET_{CONFIG,CONTEXT,SH,UCONFIG}_REG and their _START */
	static const struct {
		uint32_t op, first;
	} cases[] = { { 0x68, 0x2000 }, { 0x69, 0xa000 }, { 0x76, 0x2c00 }, { 0x79, 0xc000 } };
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct softgpu *gpu;
	uint32_t words[42];
	struct queue q;

	start(fix, &q);
	for (unsigned int i = 0; i < 4; i++) {
		words[0] = P3(cases[i].op, 40);
		words[1] = 0x210;
		for (unsigned int j = 0; j < 40; j++)
			words[2 + j] = i * 1000 + j;
		queue_run(&q, words, 42);
		for (unsigned int j = 0; j < 40; j++)
			assert_int_equal(vm->regs[cases[i].first + 0x210 + j], i * 1000 + j);
	}
	queue_exit(&q);
	BAD(fix, P3(0x76, 0), 0x210);

	/* Nobody who has registers */
	assert_int_equal(softgpu_create(&vm_ops_bare, 1, &gpu), 0);
	queue_init(&q, gpu, vm, SOFTGPU_QUEUE_PM4, PAGE);
	queue_create(&q);
	words[0] = P3(0x76, 40);
	queue_run(&q, words, 42);
	RUN(&q, P3(0x40, 4), TO_MEM, 0x100, 0, LO(OUT(3)), 0);
	assert_int_equal(r32(vm, OUT(3)), 0);
	queue_exit(&q);
	softgpu_destroy(gpu);
}

static void test_dispatch(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	/* COMPUTE_NUM_THREAD_X and the next two, COMPUTE_PGM_LO and HI; 10 times, and 640 items */
	RUN(&q, P3(0x76, 3) | 2, 0x207, 64, 1, 1, P3(0x76, 2) | 2, 0x20c, (KERNEL + 256) >> 8, 0,
	    P3(0x15, 3) | 2, 10, 1, 1, 1, P3(0x15, 3) | 2, 640, 1, 1, 0x21);
	assert_int_equal(queue_stats(&q).dispatches, 2);
	queue_exit(&q);
	BAD(fix, P3(0x15, 2), 1, 1, 1);
}

static void test_cond_exec(void **state)
{
	const uint32_t ib[] = {
		P3(0x22, 3), LO(OUT(0)), 0, 0, 5,
		P3(0x37, 3), TO_MEM, LO(OUT(1)), 0, 1,
		P3(0x37, 3), TO_MEM, LO(OUT(2)), 0, 1,
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	vm_put(vm, IB, ib, sizeof(ib));
	for (uint32_t i = 0; i < 2; i++) {
		w32(vm, OUT(0), i);
		w32(vm, OUT(1), 0);
		w32(vm, OUT(2), 0);
		queue_run(&q, ib, sizeof(ib) / 4);
		assert_int_equal(r32(vm, OUT(1)), i);
		assert_int_equal(r32(vm, OUT(2)), 1);
		w32(vm, OUT(1), 0);
		w32(vm, OUT(2), 0);
		RUN(&q, P3(0x3f, 2), LO(IB), HI(IB), (uint32_t)sizeof(ib) / 4 | 1u << 23);
		assert_int_equal(r32(vm, OUT(1)), i);
		assert_int_equal(r32(vm, OUT(2)), 1);
	}
	/* PRED_EXEC for XCC 0, and for XCC 1 */
	RUN(&q, P3(0x23, 0), 1u << 24 | 5, P3(0x37, 3), TO_MEM, LO(OUT(1)), 0, 2,
	    P3(0x23, 0), 2u << 24 | 5, P3(0x37, 3), TO_MEM, LO(OUT(1)), 0, 3);
	assert_int_equal(r32(vm, OUT(1)), 2);
	queue_exit(&q);
}

static uint32_t ib_packet(struct vm *vm, uint64_t at, uint64_t to, uint32_t control)
{
	const uint32_t words[] = { P3(0x3f, 2), LO(to), HI(to), control | 1u << 23 };

	vm_put(vm, at, words, sizeof(words));
	return 4;
}

static void test_indirect_buffer(void **state)
{
	const uint32_t add[] = { P3(0x1e, 7), 15, LO(OUT(0)), 0, 1, 0, 0, 0, 0 };
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	vm_put(vm, IB, add, sizeof(add));
	RUN(&q, P3(0x3f, 2), LO(IB), HI(IB), 9u | 1u << 23);
	assert_int_equal(r32(vm, OUT(0)), 1);
	assert_int_equal(queue_stats(&q).packets, 1);

	/* Two levels: twice, an empty one, and something behind them */
	ib_packet(vm, IB + 0x100, IB, 9);
	ib_packet(vm, IB + 0x110, NOWHERE, 0);
	ib_packet(vm, IB + 0x120, IB, 9);
	vm_put(vm, IB + 0x130, add, sizeof(add));
	RUN(&q, P3(0x3f, 2), LO(IB + 0x100), HI(IB), 21u | 1u << 23);
	assert_int_equal(r32(vm, OUT(0)), 4);

	/* A chained one takes over: what is behind it is not executed. */
	ib_packet(vm, IB + 0x120, IB, 9u | 1u << 20);
	RUN(&q, P3(0x3f, 2), LO(IB + 0x100), HI(IB), 21u | 1u << 23);
	assert_int_equal(r32(vm, OUT(0)), 6);
	queue_exit(&q);
}

static void test_indirect_loops(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	/* Into itself, nested and chained */
	for (uint32_t chain = 0; chain < 2; chain++) {
		start(fix, &q);
		ib_packet(vm, IB, IB, 4u | chain << 20);
		PUT(&q, P3(0x3f, 2), LO(IB), HI(IB), 4u | 1u << 23);
		queue_ring(&q);
		queue_bad(&q, 0, P3(0x3f, 2));
		queue_exit(&q);
	}
	start(fix, &q);
	PUT(&q, P3(0x3f, 2), LO(NOWHERE), 0, 4u | 1u << 23);
	queue_ring(&q);
	queue_fault(&q, NOWHERE, SOFTGPU_READ, false);
	queue_exit(&q);
	BAD(fix, P3(0x3f, 1), LO(IB), HI(IB));
}

/* What is missing of a packet comes with the next doorbell. */
static void test_torn(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	PUT(&q, P3(0x37, 3), TO_MEM);
	queue_ring(&q);
	usleep(1000);
	PUT(&q, LO(OUT(0)));
	queue_ring(&q);
	usleep(1000);
	assert_int_equal(r32(vm, q.p.rptr_va), 0);
	RUN(&q, 0, 5);
	assert_int_equal(r32(vm, OUT(0)), 5);
	queue_exit(&q);

	/* It can never be there. */
	BAD(fix, P3(0x10, 0x3ffe), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nop),
		TEST(test_write_data),
		TEST(test_copy_data),
		TEST(test_wait_reg_mem),
		TEST(test_release_mem),
		TEST(test_atomic_mem),
		TEST(test_dma_data),
		TEST(test_set_regs),
		TEST(test_dispatch),
		TEST(test_cond_exec),
		TEST(test_indirect_buffer),
		TEST(test_indirect_loops),
		TEST(test_torn),
	};

	return cmocka_run_group_tests_name("softgpu_pm4", tests, NULL, NULL);
}
