// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AQL packets: layouts of the HSA platform system architecture specification 1.2, chapter
 * 2.9, and of ROCr's hsa_ext_amd.h and amd_hsa_signal.h.
 */
#include "harness.h"

/* Header: type in bits 0-7, barrier in 8, acquire scope in 9-10, release scope in 11-12 */
#define VENDOR		0u
#define INVALID		1u
#define DISPATCH	2u
#define BARRIER_AND	3u
#define AGENT		4u
#define BARRIER_OR	5u
#define ORDERED		(1u << 8 | 2u << 9 | 2u << 11)
#define PM4_IB		(1u << 16)
#define BARRIER_VALUE	(2u << 16)

#define SIGNAL(n)	(DATA + (n) * 64)
#define MAILBOX		(DATA + 0x8000)

static void signal_init(struct vm *vm, unsigned int n, int64_t value, uint64_t mailbox,
			uint32_t id)
{
	w64(vm, SIGNAL(n), 1);
	w64(vm, SIGNAL(n) + 8, value);
	w64(vm, SIGNAL(n) + 16, mailbox);
	w32(vm, SIGNAL(n) + 24, id);
	w64(vm, SIGNAL(n) + 32, 0);
	w64(vm, SIGNAL(n) + 40, 0);
}

static int64_t value(struct vm *vm, unsigned int n)
{
	return r64(vm, SIGNAL(n) + 8);
}

static void barrier(struct queue *q, uint32_t header, const uint64_t deps[5], uint64_t signal)
{
	uint32_t words[16] = { header, [14] = LO(signal), [15] = HI(signal) };

	for (unsigned int i = 0; i < 5; i++) {
		words[2 + i * 2] = LO(deps[i]);
		words[3 + i * 2] = HI(deps[i]);
	}
	queue_put(q, words, 16);
}

static void barrier_value(struct queue *q, uint64_t dep, int64_t ref, uint64_t mask,
			  uint32_t cond, uint64_t signal)
{
	const uint32_t words[16] = {
		VENDOR | ORDERED | BARRIER_VALUE, 0, LO(dep), HI(dep), LO(ref), HI(ref),
		LO(mask), HI(mask), cond, [14] = LO(signal), [15] = HI(signal),
	};

	queue_put(q, words, 16);
}

static void pm4_ib(struct queue *q, uint64_t ib, uint32_t dwords, uint64_t signal)
{
	/* PACKET3(INDIRECT_BUFFER, 2), the valid bit in the last dword; 10 dwords remain */
	const uint32_t words[16] = {
		VENDOR | ORDERED | PM4_IB, 0xc0023f00, LO(ib), HI(ib), dwords | 1u << 23, 10,
		[14] = LO(signal), [15] = HI(signal),
	};

	queue_put(q, words, 16);
}

static void start(struct fixture *fix, struct queue *q)
{
	queue_init(q, fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
	queue_create(q);
}

static const uint64_t none[5];

static void test_signal(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint64_t before = softgpu_clock();
	struct queue q;

	start(fix, &q);
	signal_init(vm, 0, 5, MAILBOX, 77);
	signal_init(vm, 1, 0, 0, 78);
	w64(vm, MAILBOX, ~0ULL);
	barrier(&q, BARRIER_AND | ORDERED, none, SIGNAL(0));
	barrier(&q, BARRIER_AND | ORDERED, none, 0);
	barrier(&q, BARRIER_AND | ORDERED, none, SIGNAL(1));
	queue_ring(&q);
	UNTIL(value(vm, 1) == -1);
	assert_int_equal(value(vm, 0), 4);
	assert_int_equal(r64(vm, MAILBOX), 77);
	assert_int_equal(vm_events(vm), 1);
	assert_int_equal(vm->events[0], 77);
	assert_int_equal(r64(vm, q.p.rptr_va), 3);
	for (unsigned int i = 0; i < 2; i++) {
		uint64_t first = r64(vm, SIGNAL(i) + 32);
		uint64_t last = r64(vm, SIGNAL(i) + 40);

		assert_true(before <= first && first <= last && last <= softgpu_clock());
	}
	/* Slots are invalid again. */
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(r32(vm, q.p.ring_va + i * 64) & 0xff, INVALID);
	assert_int_equal(queue_stats(&q).packets, 3);
	queue_exit(&q);
}

/* CLOCK_MONOTONIC_RAW at 100 MHz */
static void test_clock(void **state)
{
	uint64_t first = softgpu_clock();
	uint64_t raw = ns(CLOCK_MONOTONIC_RAW);
	uint64_t last = softgpu_clock();

	(void)state;
	assert_true(first <= raw / 10 && raw / 10 <= last);
}

static void test_wraps(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	signal_init(fix->vm, 0, 1000, 0, 0);
	/* The ring has 64 slots. */
	for (unsigned int i = 0; i < 10; i++) {
		for (unsigned int j = 0; j < 64; j++)
			barrier(&q, BARRIER_AND, none, SIGNAL(0));
		queue_ring(&q);
		UNTIL(value(fix->vm, 0) == 1000 - 64 * ((int)i + 1));
	}
	assert_int_equal(r64(fix->vm, q.p.rptr_va), 640);
	queue_exit(&q);
}

static void test_barrier_and(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	signal_init(vm, 0, 1, 0, 0);
	for (unsigned int i = 1; i <= 5; i++)
		signal_init(vm, i, i, 0, 0);
	barrier(&q, BARRIER_AND | ORDERED,
		(const uint64_t[]){ SIGNAL(1), SIGNAL(2), 0, SIGNAL(4), SIGNAL(5) }, SIGNAL(0));
	queue_ring(&q);
	for (unsigned int i = 1; i <= 5; i++) {
		usleep(3000);
		assert_int_equal(value(vm, 0), 1);
		assert_int_equal(r64(vm, q.p.rptr_va), 0);
		/* One that was met need not stay so. */
		if (i == 3)
			continue;
		w64(vm, SIGNAL(i) + 8, 0);
		if (i == 5)
			break;
		usleep(10000);
		w64(vm, SIGNAL(i) + 8, 9);
	}
	UNTIL(value(vm, 0) == 0);

	/* The next packet has its own. */
	w64(vm, SIGNAL(1) + 8, 1);
	barrier(&q, BARRIER_AND, (const uint64_t[]){ SIGNAL(1), 0, 0, 0, 0 }, SIGNAL(0));
	queue_ring(&q);
	usleep(3000);
	assert_int_equal(value(vm, 0), 0);
	w64(vm, SIGNAL(1) + 8, 0);
	UNTIL(value(vm, 0) == -1);
	queue_exit(&q);
}

static void test_barrier_or(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	signal_init(vm, 0, 2, 0, 0);
	signal_init(vm, 1, 1, 0, 0);
	signal_init(vm, 2, -1, 0, 0);
	barrier(&q, BARRIER_OR, none, SIGNAL(0));
	barrier(&q, BARRIER_OR, (const uint64_t[]){ 0, SIGNAL(1), 0, 0, SIGNAL(2) }, SIGNAL(0));
	queue_ring(&q);
	UNTIL(value(vm, 0) == 1);
	usleep(3000);
	assert_int_equal(value(vm, 0), 1);
	w64(vm, SIGNAL(2) + 8, 0);
	softgpu_kick(fix->gpu);
	UNTIL(value(vm, 0) == 0);
	queue_exit(&q);
}

/* hsa_signal_condition_t: EQ 0, NE 1, LT 2, GTE 3 */
static void test_barrier_value(void **state)
{
	static const struct {
		int64_t value, ref;
		uint64_t mask;
		uint32_t cond;
		int64_t then;
	} cases[] = {
		{ 0x1234, 0x34, 0xff, 0, 0x1234 },
		{ 0x1234, 0x35, 0xff, 0, 0x7735 },
		{ 1, 1, ~0ULL, 1, 2 },
		{ 5, 5, ~0ULL, 2, -1 },
		{ -2, -1, ~0ULL, 3, -1 },
		{ -5, -6, ~0ULL, 3, -5 },
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		signal_init(vm, 0, 1, 0, 0);
		signal_init(vm, 1, cases[i].value, 0, 0);
		barrier_value(&q, SIGNAL(1), cases[i].ref, cases[i].mask, cases[i].cond,
			      SIGNAL(0));
		queue_ring(&q);
		if (cases[i].then != cases[i].value) {
			usleep(2000);
			assert_int_equal(value(vm, 0), 1);
			w64(vm, SIGNAL(1) + 8, cases[i].then);
		}
		UNTIL(value(vm, 0) == 0);
	}
	barrier_value(&q, SIGNAL(1), 0, 0, 4, SIGNAL(0));
	queue_ring(&q);
	queue_bad(&q, 6, VENDOR | ORDERED | BARRIER_VALUE);
	queue_exit(&q);
}

static void test_pm4_ib(void **state)
{
	/* PACKET3(WRITE_DATA, 3) to memory, PACKET3(WAIT_REG_MEM, 5) for == in memory */
	const uint32_t ib[] = {
		0xc0033700, 5u << 8 | 1u << 20, LO(DATA + 0x9000), 0, 0x12345678,
		0xc0053c00, 3u | 1u << 4, LO(DATA + 0x9004), 0, 7, 0xffffffff, 4,
		0xc0033700, 5u << 8 | 1u << 20, LO(DATA + 0x9008), 0, 0x9abcdef0,
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	signal_init(vm, 0, 1, MAILBOX, 3);
	vm_put(vm, DATA + 0xa000 - 8, ib, sizeof(ib));
	pm4_ib(&q, DATA + 0xa000 - 8, sizeof(ib) / 4, SIGNAL(0));
	pm4_ib(&q, DATA, 0, 0);
	queue_ring(&q);
	UNTIL(r32(vm, DATA + 0x9000) == 0x12345678);
	usleep(2000);
	assert_int_equal(r64(vm, q.p.rptr_va), 0);
	assert_int_equal(r32(vm, DATA + 0x9008), 0);
	w32(vm, DATA + 0x9004, 7);
	UNTIL(r64(vm, q.p.rptr_va) == 2);
	assert_int_equal(r32(vm, DATA + 0x9008), 0x9abcdef0);
	assert_int_equal(value(vm, 0), 0);
	assert_int_equal(r64(vm, MAILBOX), 3);
	assert_int_equal(vm_events(vm), 1);
	queue_exit(&q);
}

static void test_pm4_ib_bad(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	/* Not an INDIRECT_BUFFER */
	start(fix, &q);
	PUT(&q, VENDOR | PM4_IB, 0xc0023700, LO(DATA), 0, 4, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	queue_ring(&q);
	queue_bad(&q, 0, VENDOR | PM4_IB);
	queue_exit(&q);

	/* An indirect buffer that ends within a packet */
	start(fix, &q);
	w32(vm, DATA + 0x9000, 0xc0033700);
	pm4_ib(&q, DATA + 0x9000, 3, SIGNAL(0));
	queue_ring(&q);
	queue_bad(&q, 0, 0xc0033700);
	queue_exit(&q);

	start(fix, &q);
	pm4_ib(&q, NOWHERE, 3, SIGNAL(0));
	queue_ring(&q);
	queue_fault(&q, NOWHERE, SOFTGPU_READ, false);
	queue_exit(&q);

	/* An unknown format */
	start(fix, &q);
	PUT(&q, VENDOR | 9u << 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
	queue_ring(&q);
	queue_bad(&q, 0, VENDOR | 9u << 16);
	queue_exit(&q);
}

static void test_dispatch(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	signal_init(vm, 0, 2, 0, 0);
	for (unsigned int i = 0; i < 2; i++)
		PUT(&q, DISPATCH | ORDERED | 1u << 16, 64 | 1u << 16, 1, 640, 1, 1, 0, 0,
		    LO(KERNEL), 0, LO(NOWHERE), 0, 0, 0, LO(SIGNAL(0)), HI(SIGNAL(0)));
	queue_ring(&q);
	UNTIL(value(vm, 0) == 0);
	assert_int_equal(queue_stats(&q).dispatches, 2);
	queue_exit(&q);
}

static void test_bad(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	static const uint32_t headers[] = { AGENT | ORDERED, 6, 0xff };
	struct queue q;

	for (unsigned int i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		start(fix, &q);
		signal_init(vm, 0, 2, 0, 0);
		barrier(&q, BARRIER_AND, none, SIGNAL(0));
		barrier(&q, headers[i], none, SIGNAL(0));
		barrier(&q, BARRIER_AND, none, SIGNAL(0));
		queue_ring(&q);
		queue_bad(&q, 1, headers[i]);
		/* It stays stopped. */
		queue_ring(&q);
		softgpu_kick(fix->gpu);
		usleep(1000);
		assert_int_equal(value(vm, 0), 1);
		queue_exit(&q);
	}
}

static void test_faults(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	barrier(&q, BARRIER_AND, (const uint64_t[]){ NOWHERE, 0, 0, 0, 0 }, 0);
	queue_ring(&q);
	queue_fault(&q, NOWHERE + 8, SOFTGPU_READ, false);
	queue_exit(&q);

	start(fix, &q);
	barrier(&q, BARRIER_AND, none, CONST_DATA);
	queue_ring(&q);
	queue_fault(&q, CONST_DATA + 32, SOFTGPU_WRITE, true);
	queue_exit(&q);

	/* A mailbox that is nowhere */
	start(fix, &q);
	signal_init(vm, 0, 1, NOWHERE, 1);
	barrier(&q, BARRIER_AND, none, SIGNAL(0));
	queue_ring(&q);
	queue_fault(&q, NOWHERE, SOFTGPU_WRITE, false);
	assert_int_equal(vm_events(vm), 0);
	queue_exit(&q);

	/* A signal that is not aligned */
	start(fix, &q);
	barrier(&q, BARRIER_AND, none, SIGNAL(0) + 4);
	queue_ring(&q);
	queue_bad(&q, 1, BARRIER_AND);
	queue_exit(&q);

	queue_init(&q, fix->gpu, vm, SOFTGPU_QUEUE_AQL, PAGE);
	q.p.ring_va = NOWHERE;
	queue_create(&q);
	softgpu_queue_doorbell(q.q, 0);
	queue_fault(&q, NOWHERE, SOFTGPU_READ, false);
	queue_exit(&q);
}

static void test_late_header(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q);
	signal_init(vm, 0, 2, 0, 0);
	barrier(&q, INVALID, none, SIGNAL(0));
	barrier(&q, BARRIER_AND, none, SIGNAL(0));
	queue_ring(&q);
	usleep(5000);
	assert_int_equal(value(vm, 0), 2);
	w32(vm, q.p.ring_va, BARRIER_AND);
	UNTIL(value(vm, 0) == 0);

	/* The same, and the other producer rings after it */
	barrier(&q, INVALID, none, SIGNAL(0));
	barrier(&q, BARRIER_AND, none, SIGNAL(0));
	queue_ring(&q);
	w32(vm, q.p.ring_va + 128, BARRIER_AND);
	softgpu_queue_doorbell(q.q, 2);
	UNTIL(value(vm, 0) == -2);
	assert_int_equal(queue_stats(&q).wptr, 4);
	queue_exit(&q);
}

static void test_doorbell_ahead(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	start(fix, &q);
	softgpu_queue_doorbell(q.q, 65);
	queue_bad(&q, 0, 66);
	queue_exit(&q);

	/* What memory says may be ahead. */
	queue_init(&q, fix->gpu, fix->vm, SOFTGPU_QUEUE_AQL, PAGE);
	signal_init(fix->vm, 0, 1, 0, 0);
	barrier(&q, BARRIER_AND, none, SIGNAL(0));
	w64(fix->vm, q.p.wptr_va, 70);
	queue_create(&q);
	UNTIL(value(fix->vm, 0) == 0);
	queue_exit(&q);

	/* Within the ring it may be that headers come later. */
	start(fix, &q);
	signal_init(fix->vm, 0, 1, 0, 0);
	softgpu_queue_doorbell(q.q, 63);
	usleep(2000);
	barrier(&q, BARRIER_AND, none, SIGNAL(0));
	UNTIL(value(fix->vm, 0) == 0);
	queue_exit(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_signal),
		TEST(test_clock),
		TEST(test_wraps),
		TEST(test_barrier_and),
		TEST(test_barrier_or),
		TEST(test_barrier_value),
		TEST(test_pm4_ib),
		TEST(test_pm4_ib_bad),
		TEST(test_dispatch),
		TEST(test_bad),
		TEST(test_faults),
		TEST(test_late_header),
		TEST(test_doorbell_ahead),
	};

	return cmocka_run_group_tests_name("softgpu_aql", tests, NULL, NULL);
}
