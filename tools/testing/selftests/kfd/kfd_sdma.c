// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What queues of copy engines do: copies between all kinds of memory, events, faults, and
 * being taken away in the middle of it.
 *
 * What does not live here: the ioctls of queues, kfd_queues.c; compute queues, kfd_compute.c.
 */
#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define MOST	(4UL << 20)

FIXTURE(engine) {
	struct kfd kfd;
	struct kfd_queue queue;
	struct kfd_mem page;
	uint32_t event;		/* SIGNAL, the first one */
};

FIXTURE_SETUP(engine)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_event_page(&self->kfd, &self->page, &self->event));
	ASSERT_EQ(0, kfd_map(&self->kfd, self->page.handle));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &self->queue, SDMA));
}

FIXTURE_TEARDOWN(engine)
{
	kfd_close(&self->kfd);
}

/* No two words of it are the same within 4 GiB. */
static void pattern(void *to, uint64_t size, uint32_t seed)
{
	uint32_t *p = to;

	for (uint64_t i = 0; i < size / 4; i++)
		p[i] = (uint32_t)i * 2654435761U + seed;
}

static int run(struct kfd_queue *queue)
{
	kfd_queue_ring(queue);
	return kfd_queue_wait(queue);
}

/* USERPTR memory: *cpu is where the CPU has it, mem->va where the GPU does. */
static int userptr(const struct kfd *kfd, struct kfd_mem *mem, uint64_t size, void **cpu)
{
	*cpu = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*cpu == MAP_FAILED)
		return -errno;
	return kfd_alloc_userptr(kfd, mem, *cpu, size, MEM(WRITABLE)) ?: kfd_map(kfd, mem->handle);
}

/* Between all kinds of memory, in all sizes and at odd places; what is around stays. */
TEST_F(engine, copies)
{
	static const uint64_t sizes[] = { 4, 1, 61, 4096, 4099, 65536, 1 << 20, MOST - 64 };
	static const char * const kinds[] = { "GTT", "VRAM", "USERPTR" };
	struct kfd_mem mems[3][2];
	void *cpu[3][2];
	char *reference;

	reference = malloc(MOST);
	ASSERT_NE(NULL, reference);
	for (int side = 0; side < 2; side++) {
		ASSERT_EQ(0, kfd_shared(&self->kfd, &mems[0][side], MOST, MEM(GTT)));
		ASSERT_EQ(0, kfd_shared(&self->kfd, &mems[1][side], MOST, MEM(VRAM) | MEM(PUBLIC)));
		cpu[0][side] = mems[0][side].va;
		cpu[1][side] = mems[1][side].va;
		ASSERT_EQ(0, userptr(&self->kfd, &mems[2][side], MOST, &cpu[2][side]));
	}
	for (unsigned int i = 0; i < 9; i++) {
		unsigned int from = i / 3, to = i % 3;
		char *src = cpu[from][0], *dst = cpu[to][1];

		for (unsigned int j = 0; j < ARRAY_SIZE(sizes); j++) {
			uint64_t size = sizes[j], at = size & 3 ? 13 : 32;

			pattern(src, MOST, i * 16 + j);
			memset(dst, 0xcc, MOST);
			memset(reference, 0xcc, MOST);
			memcpy(reference + at, src + at, size);
			sdma_copy(&self->queue, mems[to][1].va + at, mems[from][0].va + at, size);
			ASSERT_EQ(0, run(&self->queue));
			ASSERT_EQ(0, memcmp(reference, dst, MOST)) {
				TH_LOG("%s to %s, %lu bytes", kinds[from], kinds[to], size);
			}
		}
	}
	free(reference);
}

/* Three times around the ring, 2 packets at a time and many at once. */
TEST_F(engine, ring_wraps)
{
	struct kfd_mem mem;
	uint32_t *words;
	unsigned int num = 3 * QUEUE_RING_SIZE / (5 * 4);

	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, 64 * KFD_PAGE, MEM(GTT)));
	words = mem.va;
	ASSERT_LE(num * 4, mem.size);
	for (unsigned int i = 0; i < num; i++) {
		sdma_write(&self->queue, &words[i], i + 1);
		if (i % 2 && (i < 100 || !(i % 1000 - 1)))
			ASSERT_EQ(0, run(&self->queue));
	}
	ASSERT_EQ(0, run(&self->queue));
	for (unsigned int i = 0; i < num; i++)
		ASSERT_EQ(i + 1, words[i]);
}

TEST_F(engine, fill_write_fence)
{
	struct kfd_mem mem;
	uint32_t *words;

	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, 2 * KFD_PAGE, MEM(GTT)));
	words = mem.va;
	sdma_fill(&self->queue, &words[1], 0x12345678, KFD_PAGE);
	sdma_write(&self->queue, &words[0], 1);
	sdma_fence(&self->queue, &words[1025], 2);
	kfd_queue_ring(&self->queue);
	ASSERT_TRUE(kfd_wait_u32(&words[1025], 2));
	EXPECT_EQ(1, words[0]);
	for (unsigned int i = 1; i < 1025; i++)
		ASSERT_EQ(0x12345678, words[i]);
	EXPECT_EQ(0, words[1026]);
}

/* It waits for memory that the CPU writes. */
TEST_F(engine, poll)
{
	struct kfd_mem mem;
	uint32_t *words;

	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	words = mem.va;
	sdma_poll(&self->queue, &words[0], 7);
	sdma_fence(&self->queue, &words[1], 1);
	kfd_queue_ring(&self->queue);
	usleep(50000);
	EXPECT_EQ(0, LOAD(&words[1]));
	STORE(&words[0], 7);
	EXPECT_TRUE(kfd_wait_u32(&words[1], 1));
	ASSERT_EQ(0, kfd_queue_wait(&self->queue));
}

/* kfd_signal_event_interrupt(): slot and interrupt wake who waits for the event. */
TEST_F(engine, trap)
{
	struct kfd_event_data data = { .event_id = self->event };
	uint64_t *slots = self->page.va;
	uint32_t result;

	for (int i = 0; i < 100; i++) {
		sdma_fence(&self->queue, &slots[self->event], self->event);
		sdma_trap(&self->queue, self->event);
		kfd_queue_ring(&self->queue);
		ASSERT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
		ASSERT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
		ASSERT_EQ(0, kfd_reset_event(&self->kfd, self->event));
	}
	/* Of an event that nobody has. */
	sdma_trap(&self->queue, 4000);
	ASSERT_EQ(0, run(&self->queue));
	EXPECT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, 0, &result));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_TIMEOUT, result);
}

/* event_interrupt_wq_v9(): the process is told, and its queues on the GPU are evicted. */
static void fault(struct __test_metadata *_metadata, struct _test_data_engine *self,
		  const void *dst, const void *src, uint64_t va, bool present)
{
	struct kfd_event_data data = { 0 };
	struct kfd_mem mem;
	struct kfd_queue other;
	uint32_t result;

	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &data.event_id));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &other, SDMA));
	sdma_copy(&self->queue, dst ?: mem.va, src ?: mem.va, 64);
	sdma_fence(&self->queue, mem.va, 1);
	kfd_queue_ring(&self->queue);
	ASSERT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	ASSERT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
	EXPECT_EQ(va & ~0xfffULL, data.memory_exception_data.va);
	EXPECT_EQ(self->kfd.gpu_id, data.memory_exception_data.gpu_id);
	EXPECT_EQ(!present, data.memory_exception_data.failure.NotPresent);
	EXPECT_EQ(0, data.memory_exception_data.failure.NoExecute);
	EXPECT_EQ(0, data.memory_exception_data.failure.imprecise);
	EXPECT_EQ(KFD_MEM_ERR_NO_RAS, data.memory_exception_data.ErrorType);
	if (present)
		EXPECT_EQ(1, data.memory_exception_data.failure.ReadOnly);

	sdma_fence(&other, mem.va, 2);
	kfd_queue_ring(&other);
	usleep(100000);
	EXPECT_EQ(0, LOAD((uint32_t *)mem.va));
	EXPECT_EQ(0, kfd_queue_destroy(&other));
	EXPECT_EQ(0, kfd_queue_destroy(&self->queue));
	/* New ones are evicted from their beginning. */
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &other, SDMA));
	sdma_fence(&other, mem.va, 2);
	kfd_queue_ring(&other);
	usleep(100000);
	EXPECT_EQ(0, LOAD((uint32_t *)mem.va));
}

TEST_F(engine, fault_read)
{
	char *hole = kfd_reserve(KFD_PAGE);

	ASSERT_NE(NULL, hole);
	fault(_metadata, self, NULL, hole + 0x123, (uintptr_t)hole, false);
}

TEST_F(engine, fault_write)
{
	char *hole = kfd_reserve(KFD_PAGE);

	ASSERT_NE(NULL, hole);
	fault(_metadata, self, hole + 0x40, NULL, (uintptr_t)hole, false);
}

TEST_F(engine, fault_read_only)
{
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	ASSERT_EQ(0, kfd_map(&self->kfd, mem.handle));
	fault(_metadata, self, mem.va, NULL, (uintptr_t)mem.va, true);
}

/* In the middle of a copy that goes over the end of an object. */
TEST_F(engine, fault_late)
{
	char *all = kfd_reserve(2 * MOST);
	uint64_t handle;

	ASSERT_NE(NULL, all);
	ASSERT_EQ(0, kfd_alloc_at(&self->kfd, (uintptr_t)all, MOST, MEM(GTT) | MEM(WRITABLE), NULL,
				  &handle));
	ASSERT_EQ(0, kfd_map(&self->kfd, handle));
	fault(_metadata, self, NULL, all + MOST - 4, (uintptr_t)all + MOST, false);
}

/* set_queue_as_reset(), kfd_signal_reset_event(); found out when the queue is to be preempted. */
TEST_F(engine, bad_packet)
{
	struct kfd_event_data data = { 0 };
	uint32_t bad = 0xfe, result;
	struct kfd_queue other;
	struct kfd_mem mem;

	/* KFD_REAL_GPU: the guest's is one of the host's amdkfd */
	if (!kfd_is_guest(&self->kfd) || getenv("KFD_REAL_GPU"))
		SKIP(return, "this is not done to a real GPU");
	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_HW_EXCEPTION, false,
				      &data.event_id));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &other, SDMA));
	kfd_queue_put(&self->queue, &bad, 1);
	sdma_fence(&self->queue, mem.va, 1);
	kfd_queue_ring(&self->queue);
	ASSERT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	ASSERT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
	EXPECT_EQ(KFD_HW_EXCEPTION_GPU_HANG, data.hw_exception_data.reset_cause);
	EXPECT_EQ(KFD_HW_EXCEPTION_WHOLE_GPU_RESET, data.hw_exception_data.reset_type);
	EXPECT_EQ(1, data.hw_exception_data.memory_lost);
	EXPECT_EQ(self->kfd.gpu_id, data.hw_exception_data.gpu_id);
	EXPECT_EQ(0, LOAD((uint32_t *)mem.va));
	/* update_queue() */
	EXPECT_EQ(-EACCES, kfd_update_queue(&self->kfd, other.args.queue_id,
					    other.args.ring_base_address, QUEUE_RING_SIZE, 50, 7));
	/* The others run. */
	sdma_fence(&other, mem.va, 2);
	kfd_queue_ring(&other);
	EXPECT_TRUE(kfd_wait_u32(mem.va, 2));
	EXPECT_EQ(0, kfd_queue_destroy(&self->queue));
	EXPECT_EQ(0, kfd_queue_destroy(&other));
}

/* A queue that pauses goes on where it was. */
TEST_F(engine, pause)
{
	struct kfd_queue *queue = &self->queue;
	uint32_t id = queue->args.queue_id;
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	sdma_fence(queue, mem.va, 1);
	ASSERT_EQ(0, run(queue));
	ASSERT_EQ(0, kfd_update_queue(&self->kfd, id, queue->args.ring_base_address,
				      QUEUE_RING_SIZE, 0, 7));
	sdma_fence(queue, mem.va, 2);
	kfd_queue_ring(queue);
	usleep(100000);
	EXPECT_EQ(1, LOAD((uint32_t *)mem.va));
	ASSERT_EQ(0, kfd_update_queue(&self->kfd, id, queue->args.ring_base_address,
				      QUEUE_RING_SIZE, 100, 7));
	EXPECT_TRUE(kfd_wait_u32(mem.va, 2));
	EXPECT_EQ(0, kfd_queue_wait(queue));
}

static void busy(struct kfd_queue *queue, const struct kfd_mem *mem)
{
	for (int i = 0; i < 512; i++)
		sdma_copy(queue, mem->va + mem->size / 2, mem->va, mem->size / 2);
	kfd_queue_ring(queue);
}

/* A queue goes while it copies, and so does the memory. */
TEST_F(engine, destroy_busy)
{
	struct kfd_mem mem, stamp;

	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, 2 * MOST, MEM(VRAM)));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &stamp, KFD_PAGE, MEM(GTT)));
	for (int i = 0; i < 10; i++) {
		busy(&self->queue, &mem);
		usleep(i * 1000);
		ASSERT_EQ(0, kfd_queue_destroy(&self->queue));
		ASSERT_EQ(0, kfd_shared_free(&self->kfd, &mem));
		ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, 2 * MOST, MEM(VRAM)));
		ASSERT_EQ(0, kfd_queue_create(&self->kfd, &self->queue, SDMA));
	}
	sdma_fence(&self->queue, stamp.va, 1);
	ASSERT_EQ(0, run(&self->queue));
	EXPECT_EQ(1, LOAD((uint32_t *)stamp.va));
}

/* Memory that is being copied is unmapped: a fault, and nothing else. */
TEST_F(engine, unmap_busy)
{
	struct kfd_event_data data = { 0 };
	struct kfd_mem mem;
	uint32_t result;

	ASSERT_EQ(0, kfd_create_event(&self->kfd, KFD_IOC_EVENT_MEMORY, false, &data.event_id));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &mem, 2 * MOST, MEM(GTT)));
	busy(&self->queue, &mem);
	ASSERT_EQ(0, kfd_shared_free(&self->kfd, &mem));
	ASSERT_EQ(0, kfd_wait(&self->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
	EXPECT_EQ(1, data.memory_exception_data.failure.NotPresent);
	EXPECT_EQ(0, kfd_queue_destroy(&self->queue));
}

/* A process is killed while it copies; another one's copy is right all the same. */
TEST_F(engine, kill_busy)
{
	struct kfd_mem src, dst;

	ASSERT_EQ(0, kfd_shared(&self->kfd, &src, MOST, MEM(GTT)));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &dst, MOST, MEM(GTT)));
	for (int i = 0; i < 10; i++) {
		int status, pipes[2];
		pid_t pid;
		char c;

		ASSERT_EQ(0, pipe(pipes));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			struct kfd_queue queue;
			struct kfd_mem mem;
			struct kfd kfd;

			if (kfd_open(&kfd) || kfd_acquire(&kfd) ||
			    kfd_shared(&kfd, &mem, 2 * MOST, MEM(GTT)) ||
			    kfd_queue_create(&kfd, &queue, SDMA))
				_exit(1);
			busy(&queue, &mem);
			if (write(pipes[1], "", 1) != 1)
				_exit(1);
			pause();
			_exit(1);
		}
		close(pipes[1]);
		ASSERT_EQ(1, read(pipes[0], &c, 1));
		close(pipes[0]);
		pattern(src.va, MOST, i);
		sdma_copy(&self->queue, dst.va, src.va, MOST);
		kfd_queue_ring(&self->queue);
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		ASSERT_EQ(0, kfd_queue_wait(&self->queue));
		ASSERT_EQ(0, memcmp(src.va, dst.va, MOST));
	}
}

/* All doorbells of the slice with all kinds of values: they ring at most one's own queues. */
TEST_F(engine, doorbells)
{
	uint64_t *doorbells = self->queue.doorbells;
	uint64_t num = kfd_doorbell_size(&self->kfd) / 8;
	int status;
	pid_t pid;

	sdma_fence(&self->queue, self->page.va + KFD_PAGE, 5);
	ASSERT_EQ(0, run(&self->queue));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		uint64_t offset = KFD_MMAP_TYPE_DOORBELL;
		struct kfd kfd;
		uint64_t *db;

		if (kfd_open(&kfd) || kfd_acquire(&kfd))
			_exit(1);
		offset |= KFD_MMAP_GPU_ID(kfd.gpu_id);
		db = mmap(NULL, num * 8, PROT_READ | PROT_WRITE, MAP_SHARED, kfd.fd, offset);
		if (db == MAP_FAILED)
			_exit(2);
		for (unsigned int i = 0; i < num; i++) {
			STORE(&db[i], ~0ULL);
			STORE((uint32_t *)&db[i] + 1, 77);
			STORE(&db[i], 3);
		}
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	for (unsigned int i = 0; i < num; i++)
		if (&doorbells[i] != self->queue.doorbell)
			STORE(&doorbells[i], ~0ULL);
	sdma_fence(&self->queue, self->page.va + KFD_PAGE, 6);
	ASSERT_EQ(0, run(&self->queue));
}

TEST_HARNESS_MAIN
