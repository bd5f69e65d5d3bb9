// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Scratch memory of AQL queues, with a runtime's part played as ROCr plays it: fields of
 * struct amd_queue_v2_s (amd_hsa_queue.h), codes of the inactive signal (amd_aql_queue.cpp).
 */
#include <errno.h>

#include "internal.h"
#include "isa/group.h"
#include "harness.h"

#define SIGNAL		DATA
#define VALUE		(SIGNAL + 8)
#define MAILBOX		(DATA + 0x100)
#define EVENT		55
#define DONE		(DATA + 0x200)
#define SCRATCH		BIG

enum { WAVE64 = 1, USED_ONCE = 512 };

/* The queue's structure; the harness has the pointers where they are in it. */
static uint64_t field(const struct queue *q, unsigned int offset)
{
	return q->p.rptr_va - 0x80 + offset;
}

#define CAPS		0x28
#define BASE_OFFSET	0x88
#define TMPRING		0x8c
#define RSRC		0x90
#define LOCATION	0xa0
#define LANE_SIZE	0xb0
#define PROPERTIES	0xb4
#define MAX_USE		0xb8
#define INACTIVE	0xc0
#define LAST_USED	0x100
#define USE_ONCE	16

static void init(struct fixture *fix, struct queue *q)
{
	struct vm *vm = fix->vm;

	queue_init(q, fix->gpu, vm, SOFTGPU_QUEUE_AQL, PAGE);
	w32(vm, field(q, BASE_OFFSET), 0x80);
	w64(vm, field(q, INACTIVE), SIGNAL);
	w64(vm, VALUE, 0);
	w64(vm, SIGNAL + 16, MAILBOX);
	w32(vm, SIGNAL + 24, EVENT);
	w64(vm, MAILBOX, ~0ULL);
}

/* What a runtime lends: @waves of @kib each */
static void lend(struct queue *q, unsigned int waves, unsigned int kib)
{
	struct vm *vm = q->vm;

	w32(vm, field(q, TMPRING), waves | kib << 12);
	for (unsigned int i = 0; i < 4; i++)
		w32(vm, field(q, RSRC) + i * 4, 0xabc00 + i);
	w64(vm, field(q, LOCATION), SCRATCH);
	w32(vm, field(q, LANE_SIZE), kib * 1024 / 64);
}

static void idle(struct fixture *fix, struct queue *q)
{
	init(fix, q);
	q->p.percent = 0;
	queue_create(q);
}

static int scratch(struct queue *q, uint64_t id, uint32_t size, unsigned int *waves)
{
	struct isa_dispatch d = { .id = id, .private_size = size };
	int ret = sg_scratch(q->q, &d, waves);

	if (ret || !size) {
		assert_int_equal(d.scratch | d.scratch_wave | d.scratch_rsrc[0], 0);
		return ret;
	}
	assert_int_equal(d.scratch, SCRATCH);
	assert_int_equal(d.scratch_wave, (size + 15) / 16 * 1024);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(d.scratch_rsrc[i], 0xabc00 + i);
	return 0;
}

/* Asked once, whatever comes after that until there is an answer */
static void test_ask(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	unsigned int waves = 1;
	struct queue q;

	idle(fix, &q);
	assert_int_equal(scratch(&q, 0, 0, &waves), 0);
	assert_int_equal(waves, 0);
	assert_int_equal(vm_events(vm), 0);

	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(scratch(&q, 0, 1, &waves), -EAGAIN);
		assert_int_equal(r64(vm, VALUE), WAVE64);
		assert_int_equal(r64(vm, MAILBOX), EVENT);
		assert_int_equal(vm_events(vm), 1);
		assert_int_equal(vm->events[0], EVENT);
	}
	/* It is to wait for memory of others; then there is some */
	w64(vm, VALUE, WAVE64 | 1ULL << 63);
	assert_int_equal(scratch(&q, 0, 1, &waves), -EAGAIN);
	lend(&q, 8, 1);
	assert_int_equal(scratch(&q, 0, 1, &waves), -EAGAIN);
	w64(vm, VALUE, 0);
	assert_int_equal(scratch(&q, 0, 16, &waves), 0);
	assert_int_equal(waves, 8);
	assert_int_equal(vm_events(vm), 1);

	/* More than it has, and nobody has more */
	w64(vm, MAILBOX, ~0ULL);
	assert_int_equal(scratch(&q, 0, 17, &waves), -EAGAIN);
	assert_int_equal(r64(vm, VALUE), WAVE64);
	assert_int_equal(r64(vm, MAILBOX), EVENT);
	assert_int_equal(vm_events(vm), 2);
	w64(vm, VALUE, -1ULL);
	assert_int_equal(scratch(&q, 0, 16, &waves), -EAGAIN);
	assert_int_equal(r64(vm, VALUE), -1ULL);
	assert_int_equal(vm_events(vm), 2);
	/* All bits of both fields */
	w64(vm, VALUE, 0);
	lend(&q, 4095, 8191);
	assert_int_equal(scratch(&q, 0, 131056, &waves), 0);
	assert_int_equal(waves, 4095);
	queue_exit(&q);
}

/* Nobody sleeps until the signal changes. */
static void test_no_mailbox(void **state)
{
	struct fixture *fix = *state;
	unsigned int waves;
	struct queue q;

	idle(fix, &q);
	w64(fix->vm, SIGNAL + 16, 0);
	assert_int_equal(scratch(&q, 0, 4, &waves), -EAGAIN);
	assert_int_equal(r64(fix->vm, VALUE), WAVE64);
	assert_int_equal(vm_events(fix->vm), 0);
	queue_exit(&q);
}

static void test_no_signal(void **state)
{
	struct fixture *fix = *state;
	unsigned int waves;
	struct queue q;

	idle(fix, &q);
	w64(fix->vm, field(&q, INACTIVE), 0);
	assert_int_equal(scratch(&q, 0, 4, &waves), -EINVAL);
	/* Who lends without being asked need not be asked. */
	lend(&q, 3, 4);
	w32(fix->vm, field(&q, PROPERTIES), USE_ONCE);
	assert_int_equal(scratch(&q, 0, 64, &waves), 0);
	assert_int_equal(waves, 3);
	assert_int_equal(sg_scratch_done(q.q, 64), 0);
	assert_int_equal(scratch(&q, 0, 65, &waves), -EINVAL);

	/* A read pointer in no such structure */
	w32(fix->vm, field(&q, BASE_OFFSET), 0);
	assert_int_equal(scratch(&q, 0, 64, &waves), -EINVAL);
	assert_int_equal(scratch(&q, 0, 0, &waves), 0);
	w32(fix->vm, field(&q, BASE_OFFSET), 0x80);
	w64(fix->vm, field(&q, INACTIVE), NOWHERE);
	assert_int_equal(scratch(&q, 0, 64, &waves), -EFAULT);
	assert_int_equal(q.q->fault.va, NOWHERE + 8);
	assert_int_equal(vm_events(fix->vm), 0);
	queue_exit(&q);
}

static void test_once(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	unsigned int waves;
	struct queue q;

	idle(fix, &q);
	lend(&q, 2, 1);
	assert_int_equal(scratch(&q, 0, 16, &waves), 0);
	assert_int_equal(sg_scratch_done(q.q, 16), 0);
	assert_int_equal(r64(vm, VALUE), 0);

	w32(vm, field(&q, PROPERTIES), USE_ONCE | 2);
	assert_int_equal(scratch(&q, 1, 16, &waves), 0);
	assert_int_equal(sg_scratch_done(q.q, 0), 0);
	assert_int_equal(r64(vm, VALUE), 0);
	assert_int_equal(sg_scratch_done(q.q, 16), 0);
	assert_int_equal(r64(vm, VALUE), USED_ONCE);
	assert_int_equal(r64(vm, MAILBOX), EVENT);
	assert_int_equal(vm_events(vm), 1);
	/* It is not the queue's any more, though it still looks so; this is no second request */
	assert_int_equal(scratch(&q, 2, 16, &waves), -EAGAIN);
	assert_int_equal(r64(vm, VALUE), USED_ONCE);
	assert_int_equal(vm_events(vm), 1);
	w32(vm, field(&q, LANE_SIZE), 0);
	w64(vm, VALUE, 0);
	w32(vm, field(&q, PROPERTIES), 2);
	assert_int_equal(scratch(&q, 2, 16, &waves), -EAGAIN);
	assert_int_equal(r64(vm, VALUE), WAVE64);
	/* Nor does it disturb another request */
	w32(vm, field(&q, PROPERTIES), USE_ONCE);
	assert_int_equal(sg_scratch_done(q.q, 16), 0);
	assert_int_equal(r64(vm, VALUE), WAVE64);
	queue_exit(&q);
}

/* A runtime that says so may take memory back from a queue that is not asked. */
static void test_reclaim(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	unsigned int waves;
	struct queue q;

	/* Without its bit the fields are none, and there is no other one to be set. */
	idle(fix, &q);
	lend(&q, 2, 1);
	w64(vm, field(&q, LAST_USED), 77);
	w64(vm, field(&q, MAX_USE), 3);
	assert_int_equal(scratch(&q, 5, 16, &waves), 0);
	assert_int_equal(r64(vm, field(&q, LAST_USED)), 77);
	assert_int_equal(r32(vm, field(&q, CAPS)), 0);

	w32(vm, field(&q, CAPS), 2);
	w64(vm, field(&q, MAX_USE), -1ULL);
	assert_int_equal(scratch(&q, 5, 16, &waves), 0);
	assert_int_equal(r32(vm, field(&q, CAPS)), 3);
	assert_int_equal(r64(vm, field(&q, LAST_USED)), 5);
	/* The runtime wants it back, and this is the last dispatch that has it. */
	w64(vm, field(&q, MAX_USE), 5);
	assert_int_equal(scratch(&q, 5, 16, &waves), 0);
	assert_int_equal(scratch(&q, 6, 16, &waves), -EAGAIN);
	assert_int_equal(r64(vm, VALUE), WAVE64);
	assert_int_equal(r64(vm, field(&q, LAST_USED)), 5);
	w64(vm, field(&q, MAX_USE), -1ULL);
	w64(vm, VALUE, 0);
	assert_int_equal(scratch(&q, 6, 16, &waves), 0);
	assert_int_equal(r64(vm, field(&q, LAST_USED)), 6);
	/* Too little is too little, and was not used. */
	assert_int_equal(scratch(&q, 7, 17, &waves), -EAGAIN);
	assert_int_equal(r64(vm, field(&q, LAST_USED)), 6);
	queue_exit(&q);

	/* The bit is there before the runtime is asked: it insists. */
	idle(fix, &q);
	w32(vm, field(&q, CAPS), 2);
	w64(vm, field(&q, MAX_USE), -1ULL);
	assert_int_equal(scratch(&q, 0, 16, &waves), -EAGAIN);
	assert_int_equal(r32(vm, field(&q, CAPS)), 3);
	queue_exit(&q);
}

static void put_dispatch(struct queue *q, uint32_t private_size)
{
	PUT(q, 2u | 1u << 16, 256, 0, 4096, 0, 0, private_size, 0, LO(KERNEL), HI(KERNEL), 0, 0,
	    0, 0, LO(DONE), HI(DONE));
}

/* Dispatches wait for it and go on, also as another queue; the others do not care. */
static void test_dispatch(void **state)
{
	struct fixture *fix = *state;
	struct vm *vm = fix->vm;
	struct queue q;

	init(fix, &q);
	queue_create(&q);
	w64(vm, DONE + 8, 3);
	put_dispatch(&q, 0);
	put_dispatch(&q, 32);
	put_dispatch(&q, 32);
	queue_ring(&q);
	UNTIL(r64(vm, VALUE) == WAVE64);
	assert_int_equal(r64(vm, q.p.rptr_va), 1);
	assert_int_equal(r64(vm, DONE + 8), 2);
	/* The runtime looks at the packet now. */
	assert_int_equal(r32(vm, q.p.ring_va + 64), 2u | 1u << 16);
	queue_move(&q);
	usleep(1000);
	assert_int_equal(r64(vm, q.p.rptr_va), 1);
	lend(&q, 4, 2);
	w32(vm, field(&q, PROPERTIES), USE_ONCE);
	w64(vm, VALUE, 0);

	UNTIL(r64(vm, VALUE) == USED_ONCE);
	UNTIL(r64(vm, DONE + 8) == 1);
	usleep(1000);
	assert_int_equal(r64(vm, q.p.rptr_va), 2);
	w64(vm, VALUE, 0);
	w32(vm, field(&q, PROPERTIES), 0);
	queue_wait(&q);
	UNTIL(r64(vm, DONE + 8) == 0);
	assert_int_equal(r64(vm, VALUE), 0);
	assert_int_equal(queue_stats(&q).dispatches, 2);
	assert_int_equal(vm_events(vm), 2);

	/* Less than a workgroup needs */
	lend(&q, 3, 2);
	put_dispatch(&q, 32);
	queue_ring(&q);
	queue_bad(&q, 3, 2u | 1u << 16);
	queue_exit(&q);
}

/* A size that no runtime can think of is refused before it is asked. */
static void test_bad_dispatch(void **state)
{
	struct fixture *fix = *state;
	struct queue q;

	init(fix, &q);
	queue_create(&q);
	PUT(&q, 2u | 1u << 16, 0, 0, 4096, 0, 0, 32, 0, LO(KERNEL), HI(KERNEL), 0, 0, 0, 0, 0, 0);
	queue_ring(&q);
	queue_exception(&q, SOFTGPU_DISPATCH_DIM);
	assert_int_equal(r64(fix->vm, VALUE), 0);
	queue_exit(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ask),
		TEST(test_no_mailbox),
		TEST(test_no_signal),
		TEST(test_once),
		TEST(test_reclaim),
		TEST(test_dispatch),
		TEST(test_bad_dispatch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
