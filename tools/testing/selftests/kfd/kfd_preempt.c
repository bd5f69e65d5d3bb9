// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Queues that are taken off the GPU and put back in the middle of what they do: with the hardware
 * scheduler each queue that comes or goes is another run list, for which all queues are preempted
 * (kfd_device_queue_manager.c). Nothing may be done twice or be left out.
 *
 * What does not live here: what the packets do, kfd_compute.c and kfd_sdma.c; queues that stop for
 * their memory, kfd_evict.c and kfd_invalidate.c.
 */
#include <pthread.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

/* Queues that come and go */
#define CHANGES	50
#define BIG	(4UL << 20)
#define BATCH	16

/* TC_OP_ATOMIC_ADD_RTN_64 */
#define ADD64	47

/**
 * struct churn - a thread that makes queues and destroys them
 * @kfd: GPU
 * @queues: one of each type, their memory is made once
 * @thread: thread
 * @done: it is over
 * @ret: 0 or a negative errno
 */
struct churn {
	const struct kfd *kfd;
	struct kfd_queue queues[3];
	pthread_t thread;
	bool done;
	int ret;
};

FIXTURE(preempt) {
	struct kfd kfd;
	struct kfd_queue queue;
	struct kfd_mem page, src, dst;
	struct churn churn;
	uint64_t *counter;
	uint32_t *fence, *flag;
	uint32_t fences;
};

FIXTURE_VARIANT(preempt) {
	uint32_t type;
};

FIXTURE_VARIANT_ADD(preempt, sdma) { .type = SDMA };
FIXTURE_VARIANT_ADD(preempt, pm4) { .type = COMPUTE };
FIXTURE_VARIANT_ADD(preempt, aql) { .type = AQL };

FIXTURE_SETUP(preempt)
{
	static const uint32_t types[] = { SDMA, COMPUTE, AQL };

	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &self->page, KFD_PAGE, MEM(GTT)));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &self->src, BIG, MEM(GTT)));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &self->dst, BIG, MEM(VRAM) | MEM(PUBLIC)));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &self->queue, variant->type));
	self->churn.kfd = &self->kfd;
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kfd_queue_prepare(&self->kfd, &self->churn.queues[i], types[i]));
	self->counter = self->page.va;
	self->fence = self->page.va + 64;
	self->flag = self->page.va + 128;
	self->fences = 0;
}

FIXTURE_TEARDOWN(preempt)
{
	kfd_close(&self->kfd);
}

static void *churn(void *arg)
{
	struct churn *c = arg;

	for (int i = 0; i < CHANGES && !c->ret; i++) {
		struct kfd_queue *queue = &c->queues[i % 3];

		c->ret = kfd_queue_start(queue);
		usleep(1000);
		if (!c->ret)
			c->ret = kfd_destroy_queue(c->kfd, queue->args.queue_id);
		if (queue->doorbells && queue->doorbells != MAP_FAILED)
			munmap(queue->doorbells, kfd_doorbell_size(c->kfd));
	}
	__atomic_store_n(&c->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static int churn_begin(struct churn *c)
{
	c->done = false;
	return pthread_create(&c->thread, NULL, churn, c);
}

static int churn_end(struct churn *c)
{
	pthread_join(c->thread, NULL);
	return c->ret;
}

static void put_words(struct kfd_queue *queue, uint32_t **ib, const uint32_t *words,
		      unsigned int num)
{
	if (!ib) {
		kfd_queue_put(queue, words, num);
		return;
	}
	memcpy(*ib, words, num * sizeof(*words));
	*ib += num;
}

/* Adds 1 to 64 bits; to the ring, or where the indirect buffer ends. */
static void add_one(struct kfd_queue *queue, uint32_t **ib, const void *at)
{
	uint32_t lo = (uint32_t)(uintptr_t)at, hi = (uintptr_t)at >> 32;
	const uint32_t sdma[] = { 10 | (uint32_t)ADD64 << 25, lo, hi, 1, 0, 0, 0, 0 };
	/* ATOMIC_MEM */
	const uint32_t pm4[] = { 3U << 30 | 7 << 16 | 0x1e << 8, ADD64, lo, hi, 1, 0, 0, 0, 0 };

	if (queue->args.queue_type == SDMA)
		put_words(queue, ib, sdma, 8);
	else
		put_words(queue, ib, pm4, 9);
}

static void copy(struct kfd_queue *queue, uint32_t **ib, const void *dst, const void *src,
		 uint32_t size)
{
	/* DMA_DATA, both addresses through the L2 cache; the next packet waits for it */
	const uint32_t pm4[] = {
		3U << 30 | 5 << 16 | 0x50 << 8, 1U << 31 | 3U << 29 | 3U << 20,
		(uint32_t)(uintptr_t)src, (uintptr_t)src >> 32,
		(uint32_t)(uintptr_t)dst, (uintptr_t)dst >> 32, size,
	};

	if (queue->args.queue_type == SDMA)
		sdma_copy(queue, dst, src, size);
	else
		put_words(queue, ib, pm4, 7);
}

static void fence(struct kfd_queue *queue, const void *at, uint32_t value)
{
	if (queue->args.queue_type == SDMA)
		sdma_fence(queue, at, value);
	else
		pm4_write_data(queue, at, value);
}

/* Until 32 bits are 1 */
static void wait_for_one(struct kfd_queue *queue, const void *at)
{
	/* WAIT_REG_MEM: equal, memory */
	const uint32_t pm4[] = {
		3U << 30 | 5 << 16 | 0x3c << 8, 3 | 1 << 4, (uint32_t)(uintptr_t)at,
		(uintptr_t)at >> 32, 1, 0xffffffff, 4,
	};

	if (queue->args.queue_type == SDMA)
		sdma_poll(queue, at, 1);
	else
		kfd_queue_put(queue, pm4, 7);
}

static void indirect(struct kfd_queue *queue, const void *at, uint32_t dwords)
{
	/* INDIRECT_BUFFER, valid */
	const uint32_t words[] = {
		3U << 30 | 2 << 16 | 0x3f << 8, (uint32_t)(uintptr_t)at, (uintptr_t)at >> 32,
		dwords | 1 << 23,
	};

	kfd_queue_put(queue, words, 4);
}

/* No two words of it are the same. */
static void pattern(void *to, uint64_t size, uint32_t seed)
{
	uint32_t *p = to;

	for (uint64_t i = 0; i < size / 4; i++)
		p[i] = (uint32_t)i * 2654435761U + seed;
}

/* Before each copy something is counted, which a second beginning would count twice. */
static void copy_meanwhile(struct __test_metadata *_metadata, struct _test_data_preempt *self,
			   bool nested)
{
	struct kfd_queue *queue = &self->queue;
	uint64_t jobs = 0;
	struct kfd_mem ib;

	ASSERT_EQ(0, kfd_shared(&self->kfd, &ib, KFD_PAGE, MEM(GTT)));
	ASSERT_EQ(0, churn_begin(&self->churn));
	do {
		uint32_t *end = ib.va, **where = nested ? &end : NULL;

		pattern(self->src.va, BIG, self->fences);
		for (int i = 0; i < BATCH; i++, jobs++) {
			add_one(queue, where, self->counter);
			copy(queue, where, self->dst.va, self->src.va, BIG);
		}
		if (nested)
			indirect(queue, ib.va, end - (uint32_t *)ib.va);
		fence(queue, self->fence, ++self->fences);
		kfd_queue_ring(queue);
		ASSERT_TRUE(kfd_wait_u32(self->fence, self->fences));
		ASSERT_EQ(jobs, LOAD(self->counter));
		ASSERT_EQ(0, memcmp(self->src.va, self->dst.va, BIG));
	} while (!__atomic_load_n(&self->churn.done, __ATOMIC_ACQUIRE));
	ASSERT_EQ(0, churn_end(&self->churn));
	TH_LOG("%lu jobs of %lu bytes meanwhile", jobs, BIG);
	ASSERT_EQ(0, kfd_queue_wait(queue));
	EXPECT_EQ(jobs, LOAD(self->counter));
}

TEST_F(preempt, copies)
{
	if (variant->type == AQL)
		SKIP(return, "its packets copy nothing");
	copy_meanwhile(_metadata, self, false);
}

/* In the middle of an indirect buffer */
TEST_F(preempt, nested)
{
	if (variant->type != COMPUTE)
		SKIP(return, "PM4 only");
	copy_meanwhile(_metadata, self, true);
}

/* A queue that waits is put back where it waits. */
TEST_F(preempt, waiting)
{
	struct kfd_queue *queue = &self->queue;

	if (variant->type == AQL)
		SKIP(return, "see barriers");
	add_one(queue, NULL, self->counter);
	wait_for_one(queue, self->flag);
	add_one(queue, NULL, self->counter);
	fence(queue, self->fence, 1);
	kfd_queue_ring(queue);
	ASSERT_EQ(0, churn_begin(&self->churn));
	ASSERT_EQ(0, churn_end(&self->churn));
	EXPECT_EQ(1, LOAD(self->counter));
	EXPECT_EQ(0, LOAD(self->fence));
	STORE(self->flag, 1);
	ASSERT_TRUE(kfd_wait_u32(self->fence, 1));
	ASSERT_EQ(0, kfd_queue_wait(queue));
	EXPECT_EQ(2, LOAD(self->counter));
}

/* Each barrier counts down once, those that wait for another one too. */
TEST_F(preempt, barriers)
{
	struct signal *signals = self->page.va;
	const struct signal *gate[] = { &signals[1] };
	struct kfd_queue *queue = &self->queue;
	uint32_t left = 1U << 30;

	if (variant->type != AQL)
		SKIP(return, "AQL only");
	signals[0].value = left;
	ASSERT_EQ(0, churn_begin(&self->churn));
	do {
		signals[1].value = 1;
		aql_barrier(queue, false, NULL, 0, &signals[0]);
		aql_barrier(queue, false, gate, 1, &signals[0]);
		for (int i = 0; i < 500; i++)
			aql_barrier(queue, i & 1, NULL, 0, &signals[0]);
		kfd_queue_ring(queue);
		ASSERT_TRUE(kfd_wait_u32((uint32_t *)&signals[0].value, left - 1));
		usleep(2000);
		ASSERT_EQ(left - 1, LOAD(&signals[0].value));
		__atomic_store_n(&signals[1].value, 0, __ATOMIC_RELEASE);
		left -= 502;
		ASSERT_TRUE(kfd_wait_u32((uint32_t *)&signals[0].value, left));
		ASSERT_EQ(0, kfd_queue_wait(queue));
	} while (!__atomic_load_n(&self->churn.done, __ATOMIC_ACQUIRE));
	ASSERT_EQ(0, churn_end(&self->churn));
	EXPECT_EQ(left, LOAD(&signals[0].value));
}

TEST_HARNESS_MAIN
