// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * SDMA packets: fields of the kernel's vega10_sdma_pkt_open.h, sequences of ROCr's
 * sdma_registers.h and of sdma_v4_4_2.c.
 */
#include "harness.h"

#define OUT(n)		(DATA + 0x1000 + (n) * 8)
#define IB		(DATA + 0x5fe0)
#define SRC		(DATA + 0x20000)
#define DST		(DATA + 0x40000)
#define NUM		0x10000

static void start(struct fixture *fix, struct queue *q)
{
	queue_init(q, fix->gpu, fix->vm, SOFTGPU_QUEUE_SDMA, PAGE);
	queue_create(q);
}

static void bad(struct fixture *fix, const uint32_t *words, unsigned int num)
{
	struct queue q;

	start(fix, &q);
	PUT(&q, 0);
	queue_put(&q, words, num);
	queue_ring(&q);
	queue_bad(&q, 4, words[0]);
	queue_exit(&q);
}

#define BAD(fix, ...)	bad(fix, WORDS(__VA_ARGS__))

static void random_bytes(uint8_t *buf, size_t len, uint32_t seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		buf[i] = seed >> 16;
	}
}

static void test_nop(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	/* sdma_v4_4_2_ring_insert_nop(): the count is that of the dwords behind it */
	RUN(&q, 0, 0, 3u << 16, 1, 2, 3, 16, 0, 0);
	assert_int_equal(queue_stats(&q).packets, 5);
	for (unsigned int i = 0; i < 10; i++)
		RUN(&q, 299u << 16, [299] = 0);
	assert_int_equal(r64(fix->vm, q.p.rptr_va), 36 + 12000);
	queue_exit(&q);

	BAD(fix, 3);
	BAD(fix, 7, 0, 0);
	BAD(fix, 15, 0);
	BAD(fix, 0xff);
}

static void test_copy_linear(void **state)
{
	static const struct {
		uint32_t src, dst, len;
	} cases[] = {
		{ 0, 0, 1 }, { 3, 5, 4 }, { 0, 0, 4096 }, { 4095, 1, 2 }, { 17, 4090, 20000 },
		{ 1, 0, 0xffff },
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	static uint8_t src[NUM], dst[NUM], want[NUM];
	struct queue q;

	start(fix, &q);
	random_bytes(src, NUM, 1);
	vm_put(vm, SRC, src, NUM);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		random_bytes(want, NUM, i + 2);
		vm_put(vm, DST, want, NUM);
		memcpy(want + cases[i].dst, src + cases[i].src, cases[i].len);
		RUN(&q, 1, cases[i].len - 1, 0, LO(SRC + cases[i].src), HI(SRC),
		    LO(DST + cases[i].dst), HI(DST));
		vm_get(vm, DST, dst, NUM);
		assert_memory_equal(dst, want, NUM);
	}
	/* Broadcast: bit 27, a second destination */
	RUN(&q, 1u | 1u << 27, 9999, 0, LO(SRC), HI(SRC), LO(DST + 1), HI(DST),
	    LO(DST + 20003), HI(DST));
	vm_get(vm, DST, dst, NUM);
	assert_memory_equal(dst + 1, src, 10000);
	assert_memory_equal(dst + 20003, src, 10000);
	queue_exit(&q);

	/* Tiled and other forms */
	BAD(fix, 1u | 1u << 8, 0, 0, 0, 0, 0, 0);
	BAD(fix, 1u | 8u << 8, 0, 0, 0, 0, 0, 0);

	start(fix, &q);
	PUT(&q, 1, 31, 0, LO(SRC), HI(SRC), LO(CONST_DATA), 0);
	queue_ring(&q);
	queue_fault(&q, CONST_DATA, SOFTGPU_WRITE, true);
	queue_exit(&q);
	start(fix, &q);
	PUT(&q, 1, 31, 0, LO(DATA + DATA_SIZE - 8), HI(DATA), LO(DST), HI(DST));
	queue_ring(&q);
	queue_fault(&q, DATA + DATA_SIZE, SOFTGPU_READ, false);
	queue_exit(&q);
	/* Behind the last address of all */
	start(fix, &q);
	vm_map(vm, -PAGE, PAGE, PAGE, SOFTGPU_READ, false);
	PUT(&q, 1, 31, 0, LO(-16ULL), HI(-16ULL), LO(DST), HI(DST));
	queue_ring(&q);
	queue_fault(&q, 0, SOFTGPU_READ, false);
	queue_exit(&q);
}

/* sdma_v4_4_2_buffer_funcs: 1 << 30 bytes in a packet */
static void test_copy_long(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint32_t word;
	struct queue q;

	start(fix, &q);
	word = 0x5eed;
	vm_put(vm, BIG + 0x1000, &word, 4);
	RUN(&q, 1, (1u << 30) - 1 - 0x100000, 0, LO(BIG), HI(BIG), LO(BIG + 0x100000), HI(BIG));
	assert_int_equal(queue_stats(&q).bytes_copied, (1u << 30) - 0x100000);
	assert_true(vm->max_held == SOFTGPU_CHUNK);
	queue_exit(&q);
}

static void test_copy_subwin(void **state)
{
	/* Units are elements of 4 bytes (log2 in bits 29-31); pitches and sizes less one */
	enum { SX = 3, SY = 2, SZ = 1, DX = 5, DY = 1, DZ = 0, W = 20, H = 7, D = 3 };
	enum { SP = 64, SS = 64 * 16, DP = 40, DS = 40 * 10 };
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	static uint8_t src[NUM], dst[NUM], want[NUM];
	struct queue q;

	start(fix, &q);
	random_bytes(src, NUM, 5);
	random_bytes(want, NUM, 6);
	vm_put(vm, SRC, src, NUM);
	vm_put(vm, DST, want, NUM);
	for (int z = 0; z < D; z++)
		for (int y = 0; y < H; y++)
			memcpy(want + 8 + (DX + (DY + y) * DP + (DZ + z) * DS) * 4,
			       src + 4 + (SX + (SY + y) * SP + (SZ + z) * SS) * 4, W * 4);
	RUN(&q, 1u | 4u << 8 | 2u << 29, LO(SRC + 4), HI(SRC), SX | SY << 16,
	    SZ | (SP - 1) << 13, SS - 1, LO(DST + 8), HI(DST), DX | DY << 16,
	    DZ | (DP - 1) << 13, DS - 1, (W - 1) | (H - 1) << 16, D - 1);
	vm_get(vm, DST, dst, NUM);
	assert_memory_equal(dst, want, NUM);
	assert_int_equal(queue_stats(&q).bytes_copied, W * H * D * 4);

	/* One byte */
	RUN(&q, 1u | 4u << 8, LO(SRC), HI(SRC), 0, 0, 0, LO(DST), HI(DST), 0, 0, 0, 0, 0);
	vm_get(vm, DST, dst, 1);
	assert_int_equal(dst[0], src[0]);
	queue_exit(&q);

	BAD(fix, 1u | 4u << 8 | 5u << 29, LO(SRC), HI(SRC), 0, 0, 0, LO(DST), HI(DST), 0, 0, 0,
	    0, 0);
}

static void test_write_linear(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint32_t words[4 + 700] = { 2, LO(DST + 0xff4), HI(DST), 699 };
	uint32_t got[700];
	struct queue q;

	start(fix, &q);
	/* sdma_v4_4_2_ring_test_ring() */
	RUN(&q, 2, LO(OUT(0)), HI(OUT(0)), 0, 0xdeadbeef);
	assert_int_equal(r64(vm, OUT(0)), 0xdeadbeef);
	for (unsigned int n = 0; n < 4; n++) {
		for (unsigned int i = 0; i < 700; i++)
			words[4 + i] = n << 16 | i;
		queue_run(&q, words, 704);
		vm_get(vm, DST + 0xff4, got, sizeof(got));
		assert_memory_equal(got, words + 4, sizeof(got));
	}
	queue_exit(&q);

	/* Tiled; longer than the ring */
	BAD(fix, 2u | 1u << 8, LO(OUT(0)), HI(OUT(0)), 0, 0);
	BAD(fix, 2, LO(OUT(0)), HI(OUT(0)), 0xfffff, 0);
}

static void test_const_fill(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	static uint8_t dst[NUM], want[NUM];
	struct queue q;

	start(fix, &q);
	/* Dwords (fillsize 2 in bits 30-31), as kfdtest has it and as ROCr does */
	memset(want, 0, NUM);
	for (unsigned int i = 0; i < 10000; i += 4)
		memcpy(want + 12 + i, "\x04\x03\x02\x01", 4);
	RUN(&q, 11u | 2u << 30, LO(DST + 12), HI(DST), 0x01020304, 9999);
	vm_get(vm, DST, dst, NUM);
	assert_memory_equal(dst, want, NUM);
	for (unsigned int i = 0; i < 400; i += 4)
		memcpy(want + 12 + i, "\x0d\x0c\x0b\x0a", 4);
	RUN(&q, 11u | 2u << 30, LO(DST + 12), HI(DST), 0x0a0b0c0d, (100 - 1) * 4);
	vm_get(vm, DST, dst, NUM);
	assert_memory_equal(dst, want, NUM);
	/* Bytes, halfwords */
	memset(want + 7, 0xab, 5001);
	RUN(&q, 11, LO(DST + 7), HI(DST), 0xffffffab, 5000);
	for (unsigned int i = 0; i < 10; i += 2)
		memcpy(want + 100 + i, "\x22\x11", 2);
	RUN(&q, 11u | 1u << 30, LO(DST + 100), HI(DST), 0xffff1122, 9);
	vm_get(vm, DST, dst, NUM);
	assert_memory_equal(dst, want, NUM);
	/* An odd place in the host's pages does not shift the pattern. */
	RUN(&q, 11u | 2u << 30, LO(DST + 4094), HI(DST), 0x44332211, 7);
	vm_get(vm, DST + 4094, dst, 8);
	assert_memory_equal(dst, "\x11\x22\x33\x44\x11\x22\x33\x44", 8);
	queue_exit(&q);

	BAD(fix, 11u | 3u << 30, LO(DST), HI(DST), 0, 3);
	BAD(fix, 11u | 1u << 8, LO(DST), HI(DST), 0, 3);
}

/* What ROCr writes at the end of a copy, and kfdtest's end of everything */
static void test_fence_trap(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	w64(vm, OUT(0), 1);
	w64(vm, OUT(1), ~0ULL);
	RUN(&q, 10u | 47u << 25, LO(OUT(0)), HI(OUT(0)), 0xffffffff, 0xffffffff, 0, 0, 0,
	    5u | 3u << 16, LO(OUT(1)), HI(OUT(1)), 77, 6, 77);
	assert_int_equal(r64(vm, OUT(0)), 0);
	assert_int_equal(r64(vm, OUT(1)), 0xffffffff00000000 | 77);
	UNTIL(vm_events(vm) == 1);
	assert_int_equal(vm->events[0], 77);
	/* 28 bits of context */
	RUN(&q, 6, 0xf0000003);
	assert_int_equal(vm->events[1], 3);
	queue_exit(&q);
	BAD(fix, 5, LO(OUT(1) + 2), HI(OUT(1)), 77);
	BAD(fix, 5u | 1u << 8, LO(OUT(1)), HI(OUT(1)), 77);
}

static void test_poll_regmem(void **state)
{
	/* The functions are those of WAIT_REG_MEM, in bits 28-30; bit 31: memory */
	static const struct {
		uint32_t function, no, yes;
	} cases[] = {
		{ 1, 5, 4 }, { 2, 6, 5 }, { 3, 4, 5 }, { 4, 5, 6 }, { 5, 4, 5 }, { 6, 5, 6 },
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	/* ROCr's HDP flush, and amdgpu's, which waits for a register */
	RUN(&q, 8, 0, 0x80000000, 0, 0, 0,
	    8u | 1u << 26 | 3u << 28, 0x40 << 2, 0x41 << 2, 1, 1, 0xfff000a);
	for (unsigned int i = 0; i < 6; i++) {
		w32(vm, OUT(0), cases[i].no | 0x100);
		PUT(&q, 8u | cases[i].function << 28 | 1u << 31, LO(OUT(0)), HI(OUT(0)), 5, 0xff,
		    4u | 0xfffu << 16);
		queue_ring(&q);
		usleep(1000);
		assert_false(queue_done(&q));
		w32(vm, OUT(0), cases[i].yes | 0x200);
		queue_wait(&q);
	}
	/* A register by its byte address, and what it is written to memory */
	vm->regs[0x123] = 9;
	RUN(&q, 8u | 3u << 28, 0x123 << 2, 0, 9, 0xff, 0, 8u | 1u << 8, 0x123 << 2, LO(OUT(1)),
	    HI(OUT(1)));
	assert_int_equal(r32(vm, OUT(1)), 9);
	assert_int_equal(vm->num_reg_writes, 0);
	queue_exit(&q);

	/* amdgpu's HDP flush on its own ring: the register that is waited for comes first. */
	queue_init(&q, fix->gpu, vm, SOFTGPU_QUEUE_SDMA, PAGE);
	q.p.flags = SOFTGPU_QUEUE_KERNEL;
	queue_create(&q);
	PUT(&q, 8u | 1u << 26 | 3u << 28, 0x41 << 2, 0x40 << 2, 4, 4, 0xfff000a);
	queue_ring(&q);
	usleep(1000);
	assert_false(queue_done(&q));
	wreg(vm, 0x41, 0xf7);
	queue_wait(&q);
	assert_int_equal(vm->num_reg_writes, 1);
	assert_int_equal(vm->regs[0x40], 4);
	queue_exit(&q);

	BAD(fix, 8u | 7u << 28 | 1u << 31, LO(OUT(0)), HI(OUT(0)), 5, 0xff, 0);
	BAD(fix, 8u | 2u << 8, LO(OUT(0)), HI(OUT(0)), 5, 0xff, 0);
	BAD(fix, 8u | 3u << 28 | 1u << 31, LO(OUT(0) + 1), HI(OUT(0)), 5, 0xff, 0);
}

/* Codes: TC_OP_ATOMIC_*_RTN_32 of the kernel's navi10_enum.h; 64 bits: + 32; no return: + 64 */
static void test_atomics(void **state)
{
	static const struct {
		uint32_t code;
		uint64_t old, src, cmp, want;
	} cases[] = {
		{ 7, 1, 2, 0, 2 },
		{ 8, 1, 2, 1, 2 }, { 8, 1, 2, 3, 1 },
		{ 15, 0xfffffffe, 3, 0, 1 },
		{ 16, 1, 3, 0, 0xfffffffe },
		{ 17, 0xffffffff, 1, 0, 0xffffffff }, { 17, 5, 0x80000000, 0, 0x80000000 },
		{ 18, 0xffffffff, 1, 0, 1 },
		{ 19, 0xffffffff, 1, 0, 1 },
		{ 20, 0xffffffff, 1, 0, 0xffffffff },
		{ 21, 0xf0f0, 0xff00, 0, 0xf000 },
		{ 22, 0xf0f0, 0xff00, 0, 0xfff0 },
		{ 23, 0xf0f0, 0xff00, 0, 0x0ff0 },
		{ 24, 4, 5, 0, 5 }, { 24, 5, 5, 0, 0 },
		{ 25, 4, 5, 0, 3 }, { 25, 0, 5, 0, 5 }, { 25, 6, 5, 0, 5 },
		{ 32 + 7, 1ULL << 40, 2ULL << 40, 0, 2ULL << 40 },
		{ 32 + 8, 1ULL << 40, 7, 1ULL << 40, 7 }, { 32 + 8, 1ULL << 40, 7, 0, 1ULL << 40 },
		{ 32 + 15, 0xffffffff, 1, 0, 1ULL << 32 },
		{ 32 + 16, 0, 1, 0, -1ULL },
		{ 32 + 17, -1ULL, 1, 0, -1ULL }, { 32 + 18, -1ULL, 1, 0, 1 },
		{ 32 + 19, -1ULL, 1, 0, 1 }, { 32 + 20, -1ULL, 1, 0, -1ULL },
		{ 32 + 21, -1ULL, 5ULL << 32, 0, 5ULL << 32 },
		{ 32 + 22, 1, 5ULL << 32, 0, 5ULL << 32 | 1 },
		{ 32 + 23, 5ULL << 32 | 1, 5ULL << 32, 0, 1 },
		{ 32 + 24, 1ULL << 32, 1ULL << 33, 0, (1ULL << 32) + 1 },
		{ 32 + 25, 0, 1ULL << 33, 0, 1ULL << 33 },
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases) * 2; i++) {
		uint32_t code = cases[i / 2].code + i % 2 * 64;
		uint64_t high = code & 32 ? 0 : 0xa5a5a5a5ULL << 32;

		w64(vm, OUT(0), cases[i / 2].old | high);
		RUN(&q, 10u | code << 25, LO(OUT(0)), HI(OUT(0)), LO(cases[i / 2].src),
		    HI(cases[i / 2].src), LO(cases[i / 2].cmp), HI(cases[i / 2].cmp), 0);
		assert_int_equal(r64(vm, OUT(0)), cases[i / 2].want | high);
	}
	/* Bit 16: until the comparison succeeds */
	w64(vm, OUT(0), 3);
	PUT(&q, 10u | 1u << 16 | 40u << 25, LO(OUT(0)), HI(OUT(0)), 6, 0, 4, 0, 16);
	queue_ring(&q);
	usleep(1000);
	assert_false(queue_done(&q));
	w64(vm, OUT(0), 4);
	queue_wait(&q);
	assert_int_equal(r64(vm, OUT(0)), 6);
	queue_exit(&q);

	BAD(fix, 10u | 47u << 25, LO(OUT(0) + 4), HI(OUT(0)), 1, 0, 0, 0, 0);
	BAD(fix, 10u | 15u << 25, LO(OUT(0) + 1), HI(OUT(0)), 1, 0, 0, 0, 0);
	BAD(fix, 10u | 2u << 25, LO(OUT(0)), HI(OUT(0)), 1, 0, 0, 0, 0);
	BAD(fix, 10u, LO(OUT(0)), HI(OUT(0)), 1, 0, 0, 0, 0);
}

static void test_timestamp(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint64_t before = softgpu_clock();
	struct queue q;

	start(fix, &q);
	RUN(&q, 13u | 2u << 8, LO(OUT(0)), HI(OUT(0)), 13u | 1u << 8, LO(OUT(1)), HI(OUT(1)), 13,
	    0, 0);
	assert_true(before <= r64(vm, OUT(0)));
	assert_true(r64(vm, OUT(0)) <= r64(vm, OUT(1)));
	assert_true(r64(vm, OUT(1)) <= softgpu_clock());
	queue_exit(&q);
	BAD(fix, 13u | 3u << 8, LO(OUT(0)), HI(OUT(0)));
}

static void test_srbm_write(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	vm->regs[0x778] = 0x11223344;
	/* byte_en in bits 28-31 */
	RUN(&q, 14u | 15u << 28, 0x777, 0x12345678, 14u | 5u << 28, 0x778, 0xaabbccdd);
	assert_int_equal(vm->regs[0x777], 0x12345678);
	assert_int_equal(vm->regs[0x778], 0x11bb33dd);
	queue_exit(&q);
}

static void test_cond_exe(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	for (uint32_t i = 0; i < 2; i++) {
		w32(vm, OUT(0), i);
		w32(vm, OUT(1), 0);
		RUN(&q, 9, LO(OUT(0)), HI(OUT(0)), 1, 8, 5, LO(OUT(1)), HI(OUT(1)), 1,
		    5, LO(OUT(1)), HI(OUT(1)), 2, 5, LO(OUT(2)), HI(OUT(2)), i);
		assert_int_equal(r32(vm, OUT(1)), i * 2);
		assert_int_equal(r32(vm, OUT(2)), i);
	}
	/* More than there is waits for its rest. */
	w32(vm, OUT(0), 0);
	RUN(&q, 9, LO(OUT(0)), HI(OUT(0)), 1, 8, 5, LO(OUT(1)), HI(OUT(1)), 7);
	RUN(&q, 5, LO(OUT(1)), HI(OUT(1)), 8, 5, LO(OUT(2)), HI(OUT(2)), 9);
	assert_int_equal(r32(vm, OUT(1)), 2);
	assert_int_equal(r32(vm, OUT(2)), 9);
	queue_exit(&q);
}

static void test_indirect(void **state)
{
	uint32_t ib[] = {
		10u | 15u << 25, LO(OUT(0)), HI(OUT(0)), 1, 0, 0, 0, 0,
		2, LO(OUT(1)), HI(OUT(1)), 1, 5, 6,
		0, 0,
	};
	uint32_t outer[] = { 4, LO(IB), HI(IB), 16, 0, 0, 4, LO(IB), HI(IB), 16, 0, 0 };
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	vm_put(vm, IB, ib, sizeof(ib));
	vm_put(vm, IB + 0x100, outer, sizeof(outer));
	RUN(&q, 4, LO(IB), HI(IB), 16, 0, 0);
	assert_int_equal(r32(vm, OUT(0)), 1);
	assert_int_equal(r64(vm, OUT(1)), 5 | 6ULL << 32);
	RUN(&q, 4, LO(IB + 0x100), HI(IB), 12, 0, 0, 4, LO(NOWHERE), 0, 0, 0, 0);
	assert_int_equal(r32(vm, OUT(0)), 3);
	queue_exit(&q);

	/* Into itself, at a place that cannot be, nowhere */
	outer[1] = LO(IB + 0x100);
	vm_put(vm, IB + 0x100, outer, sizeof(outer));
	start(fix, &q);
	PUT(&q, 4, LO(IB + 0x100), HI(IB), 12, 0, 0);
	queue_ring(&q);
	queue_bad(&q, 0, 4);
	queue_exit(&q);
	BAD(fix, 4, LO(IB + 2), HI(IB), 12, 0, 0);
	start(fix, &q);
	PUT(&q, 4, LO(NOWHERE), 0, 12, 0, 0);
	queue_ring(&q);
	queue_fault(&q, NOWHERE, SOFTGPU_READ, false);
	queue_exit(&q);
}

static void test_ptepde(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	/* sdma_v4_4_2_vm_set_pte_pde() */
	BAD(fix, 12, LO(OUT(0)), HI(OUT(0)), 0x71, 0, 0x1000, 0, 0x1000, 0, 2);
	queue_init(&q, fix->gpu, vm, SOFTGPU_QUEUE_SDMA, PAGE);
	q.p.flags = SOFTGPU_QUEUE_KERNEL;
	queue_create(&q);
	RUN(&q, 12, LO(OUT(0)), HI(OUT(0)), 0x71, 1u << 31, 0xfffff000, 0, 0x1000, 0, 2);
	assert_int_equal(r64(vm, OUT(0)), 0x80000000fffff071);
	assert_int_equal(r64(vm, OUT(1)), 0x8000000100000071);
	assert_int_equal(r64(vm, OUT(2)), 0x8000000100001071);
	assert_int_equal(r64(vm, OUT(3)), 0);
	queue_exit(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nop),
		TEST(test_copy_linear),
		TEST(test_copy_long),
		TEST(test_copy_subwin),
		TEST(test_write_linear),
		TEST(test_const_fill),
		TEST(test_fence_trap),
		TEST(test_poll_regmem),
		TEST(test_atomics),
		TEST(test_timestamp),
		TEST(test_srbm_write),
		TEST(test_cond_exe),
		TEST(test_indirect),
		TEST(test_ptepde),
	};

	return cmocka_run_group_tests_name("softgpu_sdma", tests, NULL, NULL);
}
