// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What compute queues do without a shader: PM4 packets, AQL barriers and their signals.
 *
 * What does not live here: the ioctls of queues, kfd_queues.c; copy engines, kfd_sdma.c.
 */
#include <stddef.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

FIXTURE(compute) {
	struct kfd kfd;
	struct kfd_queue queue;
	struct kfd_mem page;
	struct kfd_mem mem;
	uint32_t event;		/* SIGNAL, the first one */
};

FIXTURE_VARIANT(compute) {
	uint32_t type;
};

FIXTURE_VARIANT_ADD(compute, pm4) { .type = COMPUTE };
FIXTURE_VARIANT_ADD(compute, aql) { .type = AQL };

FIXTURE_SETUP(compute)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_event_page(&self->kfd, &self->page, &self->event));
	ASSERT_EQ(0, kfd_map(&self->kfd, self->page.handle));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &self->mem, KFD_PAGE, MEM(GTT)));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &self->queue, variant->type));
}

FIXTURE_TEARDOWN(compute)
{
	kfd_close(&self->kfd);
}

/* A dword that PM4 writes, or a signal that a barrier counts down. */
static void stamp(struct kfd_queue *queue, void *at, uint32_t value)
{
	if (queue->args.queue_type == COMPUTE) {
		pm4_write_data(queue, at, value);
	} else {
		struct signal *signal = at;

		signal->value = value + 1;
		aql_barrier(queue, false, NULL, 0, signal);
	}
}

static uint32_t *stamped(struct kfd_queue *queue, void *at)
{
	return queue->args.queue_type == COMPUTE ? at : at + offsetof(struct signal, value);
}

TEST_F(compute, packets)
{
	struct kfd_queue *queue = &self->queue;

	/* More than the ring has room for, in batches. */
	for (unsigned int i = 0; i < 5000; i++) {
		void *at = self->mem.va + i % 32 * sizeof(struct signal);

		if (queue->args.queue_type == AQL && i >= 32)
			ASSERT_TRUE(kfd_wait_u32(stamped(queue, at), i - 32));
		stamp(queue, at, i);
		if (i % 32 == 31)
			kfd_queue_ring(queue);
		if (i % 960 == 959)
			ASSERT_EQ(0, kfd_queue_wait(queue));
	}
	kfd_queue_ring(queue);
	ASSERT_EQ(0, kfd_queue_wait(queue));
	for (unsigned int i = 5000 - 32; i < 5000; i++)
		ASSERT_TRUE(kfd_wait_u32(stamped(queue, self->mem.va +
						 i % 32 * sizeof(struct signal)), i));
	EXPECT_EQ(0, kfd_queue_destroy(queue));
}

TEST_F(compute, fault)
{
	struct kfd_event_data data = { 0 };
	char *hole = kfd_reserve(KFD_PAGE);
	uint32_t result;

	ASSERT_NE(NULL, hole);
	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &data.event_id));
	if (variant->type == COMPUTE)
		pm4_write_data(&self->queue, hole, 1);
	else
		aql_barrier(&self->queue, false, NULL, 0, (struct signal *)hole);
	kfd_queue_ring(&self->queue);
	ASSERT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	ASSERT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
	EXPECT_EQ((uintptr_t)hole, data.memory_exception_data.va);
	EXPECT_EQ(1, data.memory_exception_data.failure.NotPresent);
	EXPECT_EQ(0, kfd_queue_destroy(&self->queue));
}

/* Packets that come with the ring, before a doorbell was ever rung. */
TEST_F(compute, second_queue)
{
	struct kfd_queue other;

	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &other, variant->type));
	stamp(&other, self->mem.va, 1);
	stamp(&self->queue, self->mem.va + 64, 2);
	kfd_queue_ring(&other);
	ASSERT_TRUE(kfd_wait_u32(stamped(&other, self->mem.va), 1));
	kfd_queue_ring(&self->queue);
	ASSERT_TRUE(kfd_wait_u32(stamped(&other, self->mem.va + 64), 2));
}

/* RELEASE_MEM writes, then interrupts; the slot was written before, as kfdtest does it. */
TEST_F(compute, release_mem)
{
	struct kfd_event_data data = { .event_id = self->event };
	uint64_t *slots = self->page.va, *words = self->mem.va;
	uint32_t result;

	if (variant->type != COMPUTE)
		SKIP(return, "PM4 only");
	for (uint64_t i = 1; i <= 100; i++) {
		pm4_release_mem(&self->queue, &words[0], i << 32 | 5, 0);
		pm4_release_mem(&self->queue, &slots[self->event], self->event, self->event);
		kfd_queue_ring(&self->queue);
		ASSERT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
		ASSERT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
		ASSERT_EQ(i << 32 | 5, words[0]);
		ASSERT_EQ(0, kfd_reset_event(&self->kfd, self->event));
	}
}

/* A completion signal: value, times, mailbox and interrupt. */
TEST_F(compute, completion)
{
	struct kfd_event_data data = { .event_id = self->event };
	struct signal *signal = self->mem.va;
	uint64_t *slots = self->page.va;
	uint64_t last = 0;
	uint32_t result;

	if (variant->type != AQL)
		SKIP(return, "AQL only");
	signal->kind = 1;
	signal->mailbox = (uintptr_t)&slots[self->event];
	signal->event_id = self->event;
	for (int i = 0; i < 100; i++) {
		signal->value = 1;
		aql_barrier(&self->queue, i % 2, NULL, 0, signal);
		kfd_queue_ring(&self->queue);
		ASSERT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
		ASSERT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
		ASSERT_EQ(0, signal->value);
		ASSERT_LT(last, signal->start_ts);
		ASSERT_LE(signal->start_ts, signal->end_ts);
		last = signal->start_ts;
		ASSERT_EQ(0, kfd_reset_event(&self->kfd, self->event));
	}
}

/* Barriers between queues, and on what the CPU signals. */
TEST_F(compute, dependencies)
{
	struct signal *signals = self->mem.va;
	const struct signal *both[] = { &signals[0], &signals[1] };
	const struct signal *second[] = { &signals[2] };
	struct kfd_queue other;

	if (variant->type != AQL)
		SKIP(return, "AQL only");
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &other, AQL));
	for (int i = 0; i < 6; i++)
		signals[i].value = 1;
	/* Both of two, then what comes of that in another queue, then any of two. */
	aql_barrier(&self->queue, false, both, 2, &signals[2]);
	aql_barrier(&other, false, second, 1, &signals[3]);
	aql_barrier(&self->queue, true, (const struct signal *[]){ &signals[4], &signals[3] }, 2,
		    &signals[5]);
	kfd_queue_ring(&other);
	kfd_queue_ring(&self->queue);
	__atomic_store_n(&signals[0].value, 0, __ATOMIC_RELEASE);
	usleep(50000);
	EXPECT_EQ(1, LOAD(&signals[2].value));
	__atomic_store_n(&signals[1].value, 0, __ATOMIC_RELEASE);
	EXPECT_TRUE(kfd_wait_u32((uint32_t *)&signals[5].value, 0));
	EXPECT_EQ(0, LOAD(&signals[3].value));
	EXPECT_EQ(1, LOAD(&signals[4].value));
}

/* A queue that waits for ever goes all the same. */
TEST_F(compute, destroy_waiting)
{
	struct signal *signals = self->mem.va;

	if (variant->type != AQL)
		SKIP(return, "AQL only");
	signals[0].value = 1;
	aql_barrier(&self->queue, false, (const struct signal *[]){ &signals[0] }, 1, &signals[1]);
	kfd_queue_ring(&self->queue);
	usleep(20000);
	EXPECT_EQ(0, kfd_queue_destroy(&self->queue));
	EXPECT_EQ(0, signals[1].value);
}

TEST_HARNESS_MAIN
