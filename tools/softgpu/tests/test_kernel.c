// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Queues of a driver: packets that are the user's to do, whose registers and interrupts they
 * are, and what amdgpu and amdkfd of Linux 7.3 write to their own rings (gfx_v9_4_3.c,
 * sdma_v4_4_2.c, gmc_v9_0.c, kfd_packet_manager_v9.c).
 */
#include <errno.h>

#include "harness.h"

#define P3(op, n)	(3u << 30 | (uint32_t)(n) << 16 | (op) << 8)
#define TO_MEM		(5u << 8 | 1u << 20)
#define OUT(n)		(DATA + 0x1000 + (n) * 8)
#define IB		(DATA + 0x6000)
/* PACKET3(PACKET3_NOP, 0x3fff), with which rings are filled up */
#define PAD		0xffff1000u

static void start(struct fixture *fix, struct queue *q, enum softgpu_queue_type type)
{
	queue_init(q, fix->gpu, fix->vm, type, PAGE);
	q->p.flags = SOFTGPU_QUEUE_KERNEL;
	queue_create(q);
}

/* What came last, and the answers to it */
static struct {
	uint32_t words[SOFTGPU_PRIVILEGED_MAX], num;
	int ret;
} last;

static int keep(struct vm *vm, unsigned int n, const uint32_t *words, uint32_t num)
{
	(void)n;
	pthread_mutex_lock(&vm->record);
	memcpy(last.words, words, num * 4);
	last.num = num;
	pthread_mutex_unlock(&vm->record);
	return __atomic_load_n(&last.ret, __ATOMIC_RELAXED);
}

/*
 * SET_RESOURCES, MAP_PROCESS (of both lengths), MAP_QUEUES, UNMAP_QUEUES, QUERY_STATUS,
 * RUN_LIST, INVALIDATE_TLBS, RUN_CLEANER_SHADER
 */
static const uint32_t headers[] = {
	P3(0xa0, 6), P3(0xa1, 14), P3(0xa1, 19), P3(0xa2, 5), P3(0xa3, 4), P3(0xa4, 5),
	P3(0xa5, 2), P3(0x98, 0), P3(0xd2, 0),
};

static void test_privileged(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	uint32_t words[SOFTGPU_PRIVILEGED_MAX] = { P3(0xa5, SOFTGPU_PRIVILEGED_MAX - 2) };
	struct queue q;

	vm->on_privileged = keep;
	last.ret = 0;
	start(fix, &q, SOFTGPU_QUEUE_PM4);
	for (unsigned int i = 1; i < SOFTGPU_PRIVILEGED_MAX; i++)
		words[i] = i * 0x01000193;
	for (unsigned int i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		uint32_t num = (headers[i] >> 16 & 0x3fff) + 2;

		words[0] = headers[i];
		queue_run(&q, words, num);
		assert_int_equal(vm->num_privileged, i + 1);
		assert_int_equal(last.num, num);
		assert_memory_equal(last.words, words, num * 4);
		assert_ptr_equal(vm->caller, &q);
	}
	/* The longest one, also at the ring's end and in an indirect buffer */
	words[0] = P3(0xa5, SOFTGPU_PRIVILEGED_MAX - 2);
	for (unsigned int i = 0; i < 10; i++) {
		last.num = 0;
		if (i < 9) {
			queue_run(&q, words, SOFTGPU_PRIVILEGED_MAX);
		} else {
			vm_put(vm, IB, words, sizeof(words));
			RUN(&q, P3(0x3f, 2), LO(IB), 0, SOFTGPU_PRIVILEGED_MAX | 1u << 23);
		}
		assert_int_equal(last.num, SOFTGPU_PRIVILEGED_MAX);
		assert_memory_equal(last.words, words, sizeof(words));
	}
	/* Those that the core knows are not for others. */
	last.num = 0;
	RUN(&q, P3(0x10, 0), 0, P3(0x46, 0), 0, P3(0x37, 3), TO_MEM, LO(OUT(0)), 0, 5, PAD);
	assert_int_equal(last.num, 0);
	/* One dword more */
	PUT(&q, P3(0xa5, SOFTGPU_PRIVILEGED_MAX - 1), [SOFTGPU_PRIVILEGED_MAX] = 0);
	queue_ring(&q);
	queue_bad(&q, q.wptr - SOFTGPU_PRIVILEGED_MAX - 1, P3(0xa5, SOFTGPU_PRIVILEGED_MAX - 1));
	queue_exit(&q);
	assert_int_equal(last.num, 0);
}

/* Not of other queues, and not if there is nobody to do them */
static void test_not_privileged(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct softgpu *bare;
	struct queue q;

	assert_int_equal(softgpu_create(&vm_ops_bare, 1, &bare), 0);
	for (unsigned int i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		const uint32_t words[64] = { headers[i] };
		uint32_t num = (headers[i] >> 16 & 0x3fff) + 2;

		queue_init(&q, fix->gpu, vm, SOFTGPU_QUEUE_PM4, PAGE);
		queue_create(&q);
		queue_put(&q, words, num);
		queue_ring(&q);
		queue_bad(&q, 0, headers[i]);
		queue_exit(&q);

		queue_init(&q, fix->gpu, vm, SOFTGPU_QUEUE_AQL, PAGE);
		queue_create(&q);
		vm_put(vm, IB, words, sizeof(words));
		PUT(&q, 1u << 16, P3(0x3f, 2), LO(IB), 0, num | 1u << 23, 10, 0, 0, 0, 0, 0, 0, 0, 0,
		    0, 0);
		queue_ring(&q);
		queue_bad(&q, 0, headers[i]);
		queue_exit(&q);

		queue_init(&q, bare, vm, SOFTGPU_QUEUE_PM4, PAGE);
		q.p.flags = SOFTGPU_QUEUE_KERNEL;
		queue_create(&q);
		queue_put(&q, words, num);
		queue_ring(&q);
		queue_bad(&q, 0, headers[i]);
		queue_exit(&q);
	}
	assert_int_equal(vm->num_privileged, 0);
	softgpu_destroy(bare);
}

static void test_errors(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	vm->on_privileged = keep;
	start(fix, &q, SOFTGPU_QUEUE_PM4);
	last.ret = -EINVAL;
	PUT(&q, PAD, P3(0xa5, 2), 1, 2, 3, P3(0x37, 3), TO_MEM, LO(OUT(0)), 0, 5);
	queue_ring(&q);
	queue_bad(&q, 1, P3(0xa5, 2));
	queue_exit(&q);

	last.ret = -EFAULT;
	start(fix, &q, SOFTGPU_QUEUE_PM4);
	PUT(&q, P3(0xa5, 2), 1, 2, 3, P3(0x37, 3), TO_MEM, LO(OUT(0)), 0, 5);
	queue_ring(&q);
	queue_fault(&q, 0, 0, false);
	queue_exit(&q);
	assert_int_equal(r32(vm, OUT(0)), 0);

	/* Again and again, and what comes behind it waits */
	last.ret = -EAGAIN;
	start(fix, &q, SOFTGPU_QUEUE_PM4);
	PUT(&q, P3(0xa5, 2), 1, 2, 3, P3(0x37, 3), TO_MEM, LO(OUT(0)), 0, 5);
	queue_ring(&q);
	for (unsigned int i = 1; i < 5; i++) {
		unsigned int num;

		UNTIL((pthread_mutex_lock(&vm->record), num = vm->num_privileged,
		       pthread_mutex_unlock(&vm->record), num) > 2 + i);
		softgpu_kick(fix->gpu);
		assert_false(queue_done(&q));
	}
	assert_int_equal(r32(vm, OUT(0)), 0);
	__atomic_store_n(&last.ret, 0, __ATOMIC_RELAXED);
	softgpu_kick(fix->gpu);
	queue_wait(&q);
	assert_int_equal(r32(vm, OUT(0)), 5);
	queue_exit(&q);
}

/* An indirect buffer in another address space than the ring's, and one nested in it */
static void test_vmid(void **state)
{
	/* Waits, writes, calls; a write after that, and one to a register */
	const uint32_t pm4[] = {
		P3(0x3c, 5), 3u | 1u << 4, LO(OUT(2)), 0, 9, 0xffffffff, 4,
		P3(0x37, 3), TO_MEM, LO(OUT(0)), 0, 5,
		P3(0x3f, 2), LO(IB + 0x100), 0, 5u | 1u << 23,
		P3(0x37, 3), TO_MEM, LO(OUT(4)), 0, 7, P3(0x37, 3), 0, 0x70, 0, 1,
	};
	const uint32_t sdma[] = {
		8u | 1u << 31 | 3u << 28, LO(OUT(2)), 0, 9, 0xffffffff, 4u | 0xfffu << 16,
		5, LO(OUT(0)), 0, 5, 4, LO(IB + 0x100), 0, 5, 0, 0, 5, LO(OUT(4)), 0, 7,
		14u | 15u << 28, 0x70, 1, 1, 3, 0, LO(OUT(0)), 0, LO(OUT(5)), 0,
	};
	const uint32_t nested[2][5] = {
		{ P3(0x37, 3), TO_MEM, LO(OUT(1)), 0, 6 }, { 5, LO(OUT(1)), 0, 6, 0 },
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm, *other = vm_new();
	struct queue q;

	vm->other = other;
	for (unsigned int i = 0; i < 2; i++) {
		start(fix, &q, i ? SOFTGPU_QUEUE_SDMA : SOFTGPU_QUEUE_PM4);
		vm_put(other, IB, i ? sdma : pm4, i ? sizeof(sdma) : sizeof(pm4));
		vm_put(other, IB + 0x100, nested[i], sizeof(nested[i]));
		for (unsigned int j = 0; j < 5; j++)
			w64(other, OUT(j), 0);
		w32(vm, OUT(2), 9);
		if (i)
			PUT(&q, 4u | 3u << 16, LO(IB), 0, sizeof(sdma) / 4, 0, 0,
			    5, LO(OUT(3)), 0, 8);
		else
			PUT(&q, P3(0x3f, 2), LO(IB), 0, sizeof(pm4) / 4 | 1u << 23 | 3u << 24,
			    P3(0x37, 3), TO_MEM, LO(OUT(3)), 0, 8);
		queue_ring(&q);
		usleep(2000);
		queue_move(&q);
		usleep(2000);
		assert_false(queue_done(&q));
		w32(other, OUT(2), 9);
		UNTIL(queue_done(&q));
		assert_int_equal(r32(other, OUT(0)), 5);
		assert_int_equal(r32(other, OUT(1)), 6);
		assert_int_equal(r32(other, OUT(3)), 0);
		assert_int_equal(r32(other, OUT(4)), 7);
		assert_int_equal(r32(vm, OUT(0)), 0);
		assert_int_equal(r32(vm, OUT(1)), 0);
		assert_int_equal(r32(vm, OUT(3)), 8);
		assert_int_equal(r32(vm, OUT(4)), 0);
		w32(vm, OUT(3), 0);
		queue_exit(&q);
	}
	assert_int_equal(r32(other, OUT(5)), 5);
	assert_int_equal(vm->num_reg_writes, 0);
	vm->other = NULL;
	vm_free(other);
}

/* What is not for such a buffer: the driver's packets, and memory that is not there */
static void test_vmid_errors(void **state)
{
	const uint32_t privileged[] = { P3(0xa5, 2), 1, 2, 3 };
	const uint32_t ptes[] = { 12, LO(OUT(16)), 0, 0x71, 0, 0, 1, 0x200000, 0, 3 };
	const uint32_t nowhere[] = { 5, LO(NOWHERE), 0, 5 };
	struct fixture *fix = *state;
	struct vm *vm = fix->vm, *other = vm_new();
	struct softgpu *bare;
	struct queue q;

	vm->other = other;
	vm_put(other, IB, privileged, sizeof(privileged));
	start(fix, &q, SOFTGPU_QUEUE_PM4);
	PUT(&q, P3(0x3f, 2), LO(IB), 0, 4u | 1u << 23 | 3u << 24);
	queue_ring(&q);
	queue_bad(&q, 0, privileged[0]);
	queue_exit(&q);
	assert_int_equal(vm->num_privileged, 0);

	vm_put(other, IB, ptes, sizeof(ptes));
	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	PUT(&q, 4u | 3u << 16, LO(IB), 0, 10, 0, 0);
	queue_ring(&q);
	queue_bad(&q, 0, ptes[0]);
	queue_exit(&q);

	vm_put(other, IB, nowhere, sizeof(nowhere));
	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	PUT(&q, 4u | 3u << 16, LO(IB), 0, 4, 0, 0);
	queue_ring(&q);
	UNTIL(vm_stops(other));
	assert_int_equal(other->num_faults, 1);
	assert_int_equal(other->fault.va, NOWHERE);
	assert_int_equal(vm->num_faults, 0);
	queue_exit(&q);
	vm->other = NULL;
	vm_free(other);

	/* There is no other one. */
	assert_int_equal(softgpu_create(&vm_ops_bare, 1, &bare), 0);
	queue_init(&q, bare, vm, SOFTGPU_QUEUE_SDMA, PAGE);
	q.p.flags = SOFTGPU_QUEUE_KERNEL;
	queue_create(&q);
	PUT(&q, 4u | 3u << 16, LO(IB), 0, 8, 0, 0);
	queue_ring(&q);
	queue_bad(&q, 0, 4u | 3u << 16);
	queue_exit(&q);
	softgpu_destroy(bare);
}

/* What is in memory of a ring of before a reset is no write pointer. */
static void test_doorbell_only(void **state)
{
	struct fixture *fix = *state;
	uint64_t wptr_va;
	struct queue q;

	queue_init(&q, fix->gpu, fix->vm, SOFTGPU_QUEUE_PM4, PAGE);
	wptr_va = q.p.wptr_va;
	w32(fix->vm, wptr_va, 64);
	q.p.wptr_va = 0;
	q.p.flags = SOFTGPU_QUEUE_KERNEL;
	queue_create(&q);
	q.p.wptr_va = wptr_va;
	PUT(&q, P3(0x37, 3), TO_MEM, LO(OUT(0)), 0, 5);
	softgpu_queue_doorbell(q.q, 5);
	UNTIL(queue_stats(&q).rptr == 5);
	assert_int_equal(r32(fix->vm, OUT(0)), 5);
	queue_exit(&q);
}

/* A scheduler: its packets take queues of another GPU away and bring them back. */
static int schedule(struct vm *vm, unsigned int n, const uint32_t *words, uint32_t num)
{
	static uint8_t saved[SOFTGPU_STATE_SIZE];
	struct queue *q = vm->opaque;
	struct softgpu_queue_params p = q->p;

	(void)n;
	(void)num;
	p.state = saved;
	switch (words[0] >> 8 & 0xff) {
	case 0xa3:
		softgpu_queue_save(q->q, saved);
		softgpu_queue_destroy(q->q);
		return 0;
	case 0xa2:
		return softgpu_queue_create(q->gpu, &p, &q->q);
	default:
		return -EINVAL;
	}
}

static void test_scheduler(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct vm *other = vm_new();
	struct softgpu *gpu;
	struct queue hiq, q;

	assert_int_equal(softgpu_create(&vm_ops, 1, &gpu), 0);
	queue_init(&q, gpu, other, SOFTGPU_QUEUE_SDMA, PAGE);
	queue_create(&q);
	vm->on_privileged = schedule;
	vm->opaque = &q;
	start(fix, &hiq, SOFTGPU_QUEUE_PM4);
	/* A copy, its end only after a poll */
	PUT(&q, 1, (64u << 20) - 1, 0, LO(BIG), HI(BIG), LO(BIG + BIG_SIZE / 2), HI(BIG));
	PUT(&q, 8u | 3u << 28 | 1u << 31, LO(OUT(0)), 0, 1, 0xff, 4);
	PUT(&q, 5, LO(OUT(1)), 0, 77);
	queue_ring(&q);
	for (unsigned int i = 0; i < 50; i++) {
		PUT(&hiq, P3(0xa3, 4), 0, 0, 0, 0, 0);
		PUT(&hiq, P3(0xa2, 5), 0, 0, 0, 0, 0, 0);
		queue_ring(&hiq);
		queue_wait(&hiq);
		usleep(i * 10);
	}
	assert_int_equal(r32(other, OUT(1)), 0);
	RUN(&hiq, P3(0xa3, 4), 0, 0, 0, 0, 0);
	w32(other, OUT(0), 1);
	usleep(3000);
	assert_int_equal(r32(other, OUT(1)), 0);
	RUN(&hiq, P3(0xa2, 5), 0, 0, 0, 0, 0, 0);
	queue_wait(&q);
	assert_int_equal(r32(other, OUT(1)), 77);
	queue_exit(&q);
	queue_exit(&hiq);
	softgpu_destroy(gpu);
	vm_free(other);
}

static void test_owner(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q[3];

#define IS_CALLER(queue) do {			\
	assert_ptr_equal(vm->caller, queue);	\
	vm->caller = NULL;			\
} while (0)
	for (unsigned int i = 0; i < 3; i++)
		start(fix, &q[i], i);
	/* A register that is written, one that is read, an interrupt */
	RUN(&q[SOFTGPU_QUEUE_PM4], P3(0x37, 3), 0, 0x100, 0, 5);
	IS_CALLER(&q[SOFTGPU_QUEUE_PM4]);
	RUN(&q[SOFTGPU_QUEUE_SDMA], 14u | 15u << 28, 0x101, 5);
	IS_CALLER(&q[SOFTGPU_QUEUE_SDMA]);
	RUN(&q[SOFTGPU_QUEUE_PM4], P3(0x3c, 5), 3, 0x101, 0, 5, 0xff, 4);
	IS_CALLER(&q[SOFTGPU_QUEUE_PM4]);
	RUN(&q[SOFTGPU_QUEUE_SDMA], 8u | 3u << 28, 0x100 << 2, 0, 5, 0xff, 0);
	IS_CALLER(&q[SOFTGPU_QUEUE_SDMA]);
	RUN(&q[SOFTGPU_QUEUE_PM4], P3(0x49, 6), 0x514, 1u << 29 | 2u << 24, LO(OUT(0)), 0, 1, 0, 3);
	IS_CALLER(&q[SOFTGPU_QUEUE_PM4]);
	RUN(&q[SOFTGPU_QUEUE_SDMA], 6, 4);
	IS_CALLER(&q[SOFTGPU_QUEUE_SDMA]);
	w64(vm, OUT(8) + 16, OUT(1));
	w32(vm, OUT(8) + 24, 9);
	PUT(&q[SOFTGPU_QUEUE_AQL], 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, LO(OUT(8)), 0);
	queue_ring(&q[SOFTGPU_QUEUE_AQL]);
	UNTIL(vm_events(vm) == 3);
	IS_CALLER(&q[SOFTGPU_QUEUE_AQL]);
	for (unsigned int i = 0; i < 3; i++)
		queue_exit(&q[i]);
}

/* Rings whose pointers do not begin at zero */
static void test_start(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct softgpu_queue *queue;
	struct queue q;

	/* Up to here it is rubbish. */
	for (unsigned int type = 0; type < 3; type++) {
		static const uint64_t starts[] = { 3 * 64 + 62, 7 * 1024 + 1022, PAGE * 9 + 4088 };

		queue_init(&q, fix->gpu, vm, type, PAGE);
		for (unsigned int i = 0; i < PAGE; i += 4)
			w32(vm, q.p.ring_va + i, 0xffffff01);
		q.p.start = q.wptr = starts[type];
		w64(vm, q.p.wptr_va, q.wptr);
		queue_create(&q);
		assert_int_equal(queue_stats(&q).rptr, starts[type]);
		assert_int_equal(queue_stats(&q).wptr, starts[type]);
		usleep(1000);
		for (unsigned int i = 0; i < 20; i++) {
			w64(vm, OUT(8) + 8, 5);
			if (type == SOFTGPU_QUEUE_AQL)
				PUT(&q, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, LO(OUT(8)), 0);
			else if (type == SOFTGPU_QUEUE_PM4)
				PUT(&q, P3(0x37, 3), TO_MEM, LO(OUT(9)), 0, 4);
			else
				PUT(&q, 5, LO(OUT(9)), 0, 4);
			queue_ring(&q);
			queue_wait(&q);
			UNTIL(r64(vm, OUT(9)) == 4);
		}
		assert_int_equal(queue_stats(&q).packets, 20);
		queue_exit(&q);
	}
	/* A doorbell of before is not one that goes back. */
	w32(vm, OUT(9), 0);
	queue_create(&q);
	softgpu_queue_doorbell(q.q, PAGE * 9);
	PUT(&q, 5, LO(OUT(9)), 0, 4);
	queue_ring(&q);
	queue_wait(&q);
	queue_exit(&q);
	/* A state has its own. */
	w64(vm, q.p.rptr_va, 0);
	queue_create(&q);
	queue_wait(&q);
	q.p.start = 0;
	queue_move(&q);
	assert_int_equal(queue_stats(&q).rptr, q.wptr);
	queue_exit(&q);

	q.p.start = 2;
	assert_int_equal(softgpu_queue_create(fix->gpu, &q.p, &queue), -EINVAL);
}

/* What does a register, and what is to be seen of it */
#define WREG(reg, value)	P3(0x37, 3), 1u << 20, reg, 0, value
#define WAIT_REG(reg, value)	P3(0x3c, 5), 3, reg, 0, value, value, 0x20

/* A job on a compute ring with an indirect buffer, its fence, then the KIQ's fence */
static void test_amdgpu_pm4(void **state)
{
	const uint32_t ib[] = { P3(0x37, 3), TO_MEM, LO(OUT(0)), 0, 0xdeadbeef, PAD, PAD, PAD };
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q, SOFTGPU_QUEUE_PM4);
	vm_put(vm, IB, ib, sizeof(ib));
	wreg(vm, 0x41, 4);
	wreg(vm, 0x51, 0x3fff);
	w32(vm, OUT(2), 9);
	/* Waits for the fence before, flushes a TLB, HDP */
	RUN(&q, P3(0x3c, 5), 3u | 1u << 4, LO(OUT(2)), 0, 9, 0xffffffff, 4,
	    WREG(0x60, 0x1000), WREG(0x61, 0), WREG(0x50, 0x80), WAIT_REG(0x51, 1u << 7),
	    P3(0x3c, 5), 3u | 1u << 6, 0x40, 0x41, 4, 4, 0x20,
	    P3(0x58, 5), 0x28c40000, 0xffffffff, 0xffffff, 0, 0, 10,
	    P3(0x3f, 2), LO(IB), 0, 8u | 1u << 23,
	    P3(0x49, 6), 0x514 | 0x22u << 12, 2u << 29 | 2u << 24, LO(OUT(1)), 0, 77, 0, 0,
	    P3(0x10, 2), PAD, PAD, PAD, PAD);
	assert_int_equal(r32(vm, OUT(0)), 0xdeadbeef);
	assert_int_equal(r64(vm, OUT(1)), 77);
	assert_int_equal(vm_events(vm), 1);
	assert_int_equal(vm->regs[0x60], 0x1000);
	assert_int_equal(vm->regs[0x50], 0x80);
	assert_int_equal(vm->regs[0x40], 4);
	assert_int_equal(vm->num_reg_writes, 4);
	/* KIQ: the ring's test, a register that does not go on, one that is read, an interrupt */
	RUN(&q, P3(0x79, 1), 0x40, 0xdeadbeef, P3(0x37, 3), 1u << 16, 0x70, 0, 6,
	    P3(0x40, 4), TO_MEM, 0x51, 0, LO(OUT(3)), 0,
	    P3(0x37, 3), TO_MEM, LO(OUT(1)), 0, 78, WREG(0x1041, 0x20000000));
	assert_int_equal(vm->regs[0xc040], 0xdeadbeef);
	assert_int_equal(vm->regs[0x70], 6);
	assert_int_equal(r32(vm, OUT(3)), 0x3fff);
	assert_int_equal(r64(vm, OUT(1)), 78);
	assert_int_equal(vm->regs[0x1041], 0x20000000);
	assert_int_equal(vm->num_privileged, 0);
	queue_exit(&q);
}

/* A job on a copy ring: page tables of all kinds, in an indirect buffer */
static void test_amdgpu_sdma(void **state)
{
	const uint32_t ib[] = {
		12, LO(OUT(16)), 0, 0x71, 0, 0x10000000, 1, 0x200000, 0, 3,
		2, LO(OUT(24)), 0, 3, 0x2071, 0, 0x3071, 0,
		1, 15, 0, LO(OUT(24)), 0, LO(OUT(26)), 0,
		11u | 2u << 30, LO(OUT(28)), 0, 0xcccccccc, 15,
		/* Up to a number of dwords that eight divides */
		1u << 16, 0,
	};
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	start(fix, &q, SOFTGPU_QUEUE_SDMA);
	vm_put(vm, IB, ib, sizeof(ib));
	wreg(vm, 0x41, 4);
	wreg(vm, 0x51, 0x3fff);
	w32(vm, OUT(2), 9);
	RUN(&q, 8u | 1u << 31 | 3u << 28, LO(OUT(2)), 0, 9, 0xffffffff, 4u | 0xfffu << 16,
	    14u | 15u << 28, 0x60, 0x1000, 14u | 15u << 28, 0x50, 0x80,
	    8u | 3u << 28, 0x51 << 2, 0, 1u << 7, 1u << 7, 10u | 0xfffu << 16,
	    8u | 1u << 26 | 3u << 28, 0x41 << 2, 0x40 << 2, 4, 4, 10u | 0xfffu << 16,
	    0, 0, 4u, LO(IB), 0, sizeof(ib) / 4, 0, 0,
	    5, LO(OUT(1)), 0, 77, 5, LO(OUT(1) + 4), 0, 0, 6, 0, 6u << 16, 0, 0, 0, 0, 0, 0);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(r64(vm, OUT(16 + i)), 0x110000071 + i * 0x200000);
	assert_int_equal(r64(vm, OUT(24)), 0x2071);
	assert_int_equal(r64(vm, OUT(27)), 0x3071);
	assert_int_equal(r64(vm, OUT(28)), 0xcccccccccccccccc);
	assert_int_equal(r64(vm, OUT(29)), 0xcccccccccccccccc);
	assert_int_equal(r64(vm, OUT(30)), 0);
	assert_int_equal(r64(vm, OUT(1)), 77);
	assert_int_equal(vm_events(vm), 1);
	assert_int_equal(vm->regs[0x60], 0x1000);
	assert_int_equal(vm->regs[0x50], 0x80);
	assert_int_equal(vm->regs[0x40], 4);
	queue_exit(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_privileged),
		TEST(test_not_privileged),
		TEST(test_errors),
		TEST(test_vmid),
		TEST(test_vmid_errors),
		TEST(test_doorbell_only),
		TEST(test_scheduler),
		TEST(test_owner),
		TEST(test_start),
		TEST(test_amdgpu_pm4),
		TEST(test_amdgpu_sdma),
	};

	return cmocka_run_group_tests_name("softgpu_kernel", tests, NULL, NULL);
}
