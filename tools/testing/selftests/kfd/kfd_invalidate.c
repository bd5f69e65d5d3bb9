// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * User memory that changes under a queue that uses it: forks, moved pages, other protection, and
 * memory that is no longer there. amdkfd pins no pages: whatever happens to them, the queues stand
 * still first and go on when the GPU has the new ones (amdgpu_amdkfd_evict_userptr() and
 * amdgpu_amdkfd_restore_userptr_worker()). In a guest pages are pinned, so that only what leaves
 * them in place can be tried there.
 *
 * What does not live here: the ioctls for such memory, kfd_memory.c.
 */
#include <pthread.h>
#include <sys/prctl.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define HUGE	(2UL << 20)
/* The last page of each half is for who wants to change something. */
#define HALF	(HUGE - KFD_PAGE)
#define RANGE	(2 * HUGE)

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/**
 * struct pump - a queue that copies into user memory, within it and out of it
 * @kfd: GPU
 * @queue: of a copy engine
 * @user: where the CPU has the memory
 * @mem: where the GPU has it
 * @src: GTT memory
 * @dst: GTT memory
 * @fence: memory for one
 * @rounds: how often it was done
 * @wrong: what was found wrong by the last round
 * @only_gpu: the CPU writes nothing to the memory
 */
struct pump {
	struct kfd kfd;
	struct kfd_queue queue;
	char *user;
	struct kfd_mem mem, src, dst, fence;
	uint32_t rounds;
	const char *wrong;
	bool only_gpu;
};

FIXTURE(invalidate) {
	struct pump pump;
};

/* Pages of their own, as far as that is up to us, of an aligned range */
static char *user_memory(void)
{
	char *all = mmap(NULL, RANGE + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	if (all == MAP_FAILED)
		return NULL;
	all = (char *)(((uintptr_t)all + HUGE - 1) & ~(HUGE - 1));
	for (uint64_t i = 0; i < RANGE; i += KFD_PAGE)
		all[i] = 1;
	return all;
}

static int pump_open(struct pump *p)
{
	memset(p, 0, sizeof(*p));
	p->user = user_memory();
	if (!p->user)
		return -ENOMEM;
	return kfd_open(&p->kfd) ?: kfd_acquire(&p->kfd) ?:
	       kfd_shared(&p->kfd, &p->src, HALF, MEM(GTT)) ?:
	       kfd_shared(&p->kfd, &p->dst, HALF, MEM(GTT)) ?:
	       kfd_shared(&p->kfd, &p->fence, KFD_PAGE, MEM(GTT)) ?:
	       kfd_alloc_userptr(&p->kfd, &p->mem, p->user, RANGE, MEM(WRITABLE)) ?:
	       kfd_map(&p->kfd, p->mem.handle) ?: kfd_queue_create(&p->kfd, &p->queue, SDMA);
}

FIXTURE_SETUP(invalidate)
{
	if (access("/dev/kfd", F_OK))
		SKIP(return, "there is no /dev/kfd");
	ASSERT_EQ(0, pump_open(&self->pump));
}

FIXTURE_TEARDOWN(invalidate)
{
	kfd_close(&self->pump.kfd);
}

static void pattern(void *to, uint64_t size, uint32_t seed)
{
	uint32_t *p = to;

	for (uint64_t i = 0; i < size / 4; i++)
		p[i] = (uint32_t)i * 2654435761U + seed;
}

/* Into the first half, or the CPU writes that; to the second half; out of it. */
static bool pump_round(struct pump *p)
{
	uint32_t number = ++p->rounds;

	pattern(p->src.va, HALF, number);
	if (number & 1 || p->only_gpu)
		sdma_copy(&p->queue, p->mem.va, p->src.va, HALF);
	else
		memcpy(p->user, p->src.va, HALF);
	sdma_copy(&p->queue, p->mem.va + HUGE, p->mem.va, HALF);
	sdma_copy(&p->queue, p->dst.va, p->mem.va + HUGE, HALF);
	sdma_fence(&p->queue, p->fence.va, number);
	kfd_queue_ring(&p->queue);
	if (!kfd_wait_u32(p->fence.va, number))
		p->wrong = "the queue stands still";
	else if (memcmp(p->src.va, p->user, HALF))
		p->wrong = "what is in user memory";
	else if (memcmp(p->src.va, p->user + HUGE, HALF))
		p->wrong = "what was copied within user memory";
	else if (memcmp(p->src.va, p->dst.va, HALF))
		p->wrong = "what was copied out of user memory";
	return !p->wrong;
}

/**
 * struct change - a thread that changes memory while it is used
 * @pump: whose memory
 * @change: what it does; returns 0 or a negative errno
 * @times: how often
 * @ret: what came of it
 * @done: it is over
 */
struct change {
	struct pump *pump;
	int (*change)(struct pump *pump);
	int times, ret;
	bool done;
};

static void *change_thread(void *arg)
{
	struct change *c = arg;

	while (c->times-- && !c->ret) {
		c->ret = c->change(c->pump);
		usleep(1000);
	}
	__atomic_store_n(&c->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void meanwhile(struct __test_metadata *_metadata, struct pump *pump,
		      int (*change)(struct pump *pump), int times)
{
	struct change c = { .pump = pump, .change = change, .times = times };
	pthread_t thread;

	ASSERT_TRUE(pump_round(pump));
	ASSERT_EQ(0, pthread_create(&thread, NULL, change_thread, &c));
	do {
		ASSERT_TRUE(pump_round(pump)) {
			TH_LOG("round %u: %s", pump->rounds, pump->wrong);
		}
	} while (!__atomic_load_n(&c.done, __ATOMIC_ACQUIRE));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, c.ret);
	ASSERT_TRUE(pump_round(pump)) {
		TH_LOG("round %u: %s", pump->rounds, pump->wrong);
	}
	TH_LOG("%u rounds", pump->rounds);
}

/* What the child has is what was there, and what it writes is its own. */
static int forks(struct pump *p)
{
	char *page = p->user + HALF;
	pid_t pid;
	int ret;

	memset(page, 0x11, KFD_PAGE);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid) {
		char *copy = mmap(NULL, RANGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		CHILD_CHECK(1, copy != MAP_FAILED);
		memcpy(copy, p->user, RANGE);
		usleep(5000);
		CHILD_CHECK(2, !memcmp(copy, p->user, RANGE));
		memset(p->user + HUGE, 0x22, HUGE);
		memset(page, 0x22, KFD_PAGE);
		usleep(5000);
		CHILD_CHECK(3, !memcmp(copy, p->user, HALF));
		memset(copy + HALF, 0x22, KFD_PAGE + HUGE);
		CHILD_CHECK(4, !memcmp(copy, p->user, RANGE));
		_exit(0);
	}
	/* While the child has the same pages */
	memset(page, 0x33, KFD_PAGE);
	ret = kfd_child_status(pid);
	for (uint64_t i = 0; i < KFD_PAGE; i++)
		if (page[i] != 0x33)
			return -EBADMSG;
	return ret ? -ECHILD : 0;
}

TEST_F_TIMEOUT(invalidate, fork, 120)
{
	meanwhile(_metadata, &self->pump, forks, 20);
}

/* Where pages are, 0 for who may not know */
static uint64_t frame(const void *at)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t entry = 0;

	if (pread(fd, &entry, sizeof(entry), (uintptr_t)at / KFD_PAGE * 8) != sizeof(entry))
		entry = 0;
	close(fd);
	return entry & ((1ULL << 55) - 1);
}

static unsigned int moved;

static void note_frames(struct pump *p, uint64_t *frames)
{
	for (unsigned int i = 0; i < RANGE / KFD_PAGE; i++)
		frames[i] = frame(p->user + i * KFD_PAGE);
}

static void count_moved(struct pump *p, const uint64_t *before)
{
	uint64_t after[RANGE / KFD_PAGE];

	note_frames(p, after);
	for (unsigned int i = 0; i < RANGE / KFD_PAGE; i++)
		moved += after[i] != before[i];
}

/* To a huge page, which the loss of a page splits */
static int collapse(struct pump *p)
{
	uint64_t before[RANGE / KFD_PAGE];

	for (int i = 0; i < 2; i++) {
		char *spare = p->user + i * HUGE + HALF;

		if (madvise(spare, KFD_PAGE, MADV_DONTNEED))
			return -errno;
		*spare = 1;
	}
	note_frames(p, before);
	if (madvise(p->user, RANGE, MADV_COLLAPSE) && errno != EAGAIN && errno != EBUSY)
		return -errno;
	count_moved(p, before);
	return 0;
}

TEST_F_TIMEOUT(invalidate, collapse, 120)
{
	if (!kfd_is_guest(&self->pump.kfd) &&
	    madvise(self->pump.user, RANGE, MADV_COLLAPSE) && errno == EINVAL)
		SKIP(return, "the kernel has no huge pages");
	meanwhile(_metadata, &self->pump, collapse, 20);
	TH_LOG("%u pages moved", moved);
	if (frame(self->pump.user) && !kfd_is_guest(&self->pump.kfd))
		EXPECT_LT(0, moved);
}

static int compact(struct pump *p)
{
	uint64_t before[RANGE / KFD_PAGE];
	int ret;

	note_frames(p, before);
	ret = kfd_write_text("/proc/sys/vm/compact_memory", "1");
	count_moved(p, before);
	return ret;
}

TEST_F_TIMEOUT(invalidate, compact, 120)
{
	if (access("/proc/sys/vm/compact_memory", W_OK))
		SKIP(return, "memory cannot be compacted");
	/* A guest's pages are pinned: the GPU would keep those that are given up here. */
	if (!kfd_is_guest(&self->pump.kfd))
		ASSERT_EQ(0, madvise(self->pump.user, RANGE, MADV_DONTNEED));
	ASSERT_EQ(0, madvise(self->pump.user, RANGE, MADV_NOHUGEPAGE));
	meanwhile(_metadata, &self->pump, compact, 5);
	TH_LOG("%u pages moved", moved);
}

static int cold(struct pump *p)
{
	return madvise(p->user, RANGE, MADV_PAGEOUT) ? -errno : 0;
}

/* Where there is no swap it stays where it is. */
TEST_F_TIMEOUT(invalidate, pageout, 120)
{
	meanwhile(_metadata, &self->pump, cold, 50);
}

/* update_invalid_user_pages(): without the right to write there, the queues wait for it. */
static int protect(struct pump *p)
{
	static char copy[RANGE];
	int ret = 0;

	if (mprotect(p->user, RANGE, PROT_READ))
		return -errno;
	memcpy(copy, p->user, RANGE);
	usleep(20000);
	if (memcmp(copy, p->user, RANGE))
		ret = -EBADMSG;
	if (mprotect(p->user, RANGE, PROT_READ | PROT_WRITE))
		return -errno;
	return ret;
}

TEST_F_TIMEOUT(invalidate, protect, 120)
{
	if (kfd_is_guest(&self->pump.kfd))
		SKIP(return, "a guest's pages are pinned");
	self->pump.only_gpu = true;
	meanwhile(_metadata, &self->pump, protect, 20);
}

/* Other pages at the same address are what the GPU has from then on. */
TEST_F_TIMEOUT(invalidate, anew, 120)
{
	struct pump *p = &self->pump;

	if (kfd_is_guest(&p->kfd))
		SKIP(return, "a guest's pages are pinned");
	for (int i = 0; i < 10; i++) {
		ASSERT_TRUE(pump_round(p));
		if (i & 1) {
			ASSERT_EQ(0, madvise(p->user, RANGE, MADV_DONTNEED));
		} else {
			void *new = mmap(p->user, RANGE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

			ASSERT_EQ(p->user, new);
		}
		sdma_copy(&p->queue, p->dst.va, p->mem.va, HALF);
		sdma_fence(&p->queue, p->fence.va, 1U << 31 | i);
		kfd_queue_ring(&p->queue);
		ASSERT_TRUE(kfd_wait_u32(p->fence.va, 1U << 31 | i));
		for (uint64_t j = 0; j < HALF; j += 8)
			ASSERT_EQ(0, *(uint64_t *)(p->dst.va + j));
		ASSERT_TRUE(pump_round(p)) {
			TH_LOG("round %u: %s", p->rounds, p->wrong);
		}
	}
}

/* Another process, whose memory has nothing to do with it */
static pid_t bystander(int *tell)
{
	static struct pump pump;
	int pipes[2];
	pid_t pid;

	if (pipe2(pipes, O_NONBLOCK))
		return -1;
	pid = fork();
	if (pid) {
		close(pipes[0]);
		*tell = pipes[1];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(pipes[1]);
	CHILD_CHECK(1, !pump_open(&pump));
	do {
		char c;

		CHILD_CHECK(2, pump_round(&pump));
		if (read(pipes[0], &c, 1) >= 0)
			_exit(0);
	} while (errno == EAGAIN);
	_exit(3);
}

enum how { UNMAP_ALL, UNMAP_LAST, MOVE };

/*
 * There is no memory any more where the GPU looks for it: nothing of the object is mapped, so that
 * the queue has a fault, and nobody's memory is written to.
 */
static void gone(struct __test_metadata *_metadata, struct pump *p, enum how how)
{
	struct kfd_event_data data = { 0 };
	char *copy, *other, *elsewhere = kfd_reserve(RANGE);
	uint64_t offset;
	uint32_t result;
	pid_t pid;
	int tell;

	if (kfd_is_guest(&p->kfd))
		SKIP(return, "a guest's pages are pinned");
	pid = bystander(&tell);
	ASSERT_LT(0, pid);
	copy = malloc(RANGE);
	ASSERT_NE(NULL, copy);
	ASSERT_NE(NULL, elsewhere);
	ASSERT_EQ(0, kfd_create_event(&p->kfd, KFD_IOC_EVENT_MEMORY, false, &data.event_id));
	ASSERT_TRUE(pump_round(p));
	/* Both queues are to be busy. */
	for (int i = 0; i < 1000; i++) {
		sdma_copy(&p->queue, p->mem.va, p->src.va, HALF);
		sdma_copy(&p->queue, p->mem.va + HUGE, p->mem.va, HALF);
		if (!i)
			sdma_fence(&p->queue, p->fence.va, 1U << 31);
	}
	kfd_queue_ring(&p->queue);
	ASSERT_TRUE(kfd_wait_u32(p->fence.va, 1U << 31));
	switch (how) {
	case UNMAP_ALL:
		ASSERT_EQ(0, munmap(p->user, RANGE));
		break;
	case UNMAP_LAST:
		ASSERT_EQ(0, munmap(p->user + RANGE - KFD_PAGE, KFD_PAGE));
		break;
	case MOVE:
		ASSERT_EQ(elsewhere, mremap(p->user, RANGE, RANGE, MREMAP_MAYMOVE | MREMAP_FIXED,
					    elsewhere));
		p->user = elsewhere;
	}
	/* What was free a moment ago is somebody's now. */
	other = mmap(NULL, 16 * RANGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, other);
	memset(other, 0x5a, 16 * RANGE);
	if (how != UNMAP_ALL)
		memcpy(copy, p->user, RANGE - KFD_PAGE);
	ASSERT_EQ(0, kfd_wait(&p->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	ASSERT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
	offset = data.memory_exception_data.va - (uintptr_t)p->mem.va;
	EXPECT_GT(RANGE, offset);
	EXPECT_EQ(1, data.memory_exception_data.failure.NotPresent);
	usleep(100000);
	for (uint64_t i = 0; i < 16 * RANGE; i += 8)
		ASSERT_EQ(0x5a5a5a5a5a5a5a5aULL, *(uint64_t *)&other[i]);
	if (how != UNMAP_ALL) {
		EXPECT_EQ(0, memcmp(copy, p->user, RANGE - KFD_PAGE));
		EXPECT_EQ(0, memcmp(p->src.va, p->user, HALF));
	}
	ASSERT_EQ(1, write(tell, "", 1));
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(0, kfd_queue_destroy(&p->queue));
	EXPECT_EQ(0, kfd_unmap(&p->kfd, p->mem.handle));
	EXPECT_EQ(0, kfd_free_mem(&p->kfd, &p->mem));
}

TEST_F_TIMEOUT(invalidate, unmap, 120)
{
	gone(_metadata, &self->pump, UNMAP_ALL);
}

TEST_F_TIMEOUT(invalidate, unmap_last_page, 120)
{
	gone(_metadata, &self->pump, UNMAP_LAST);
}

TEST_F_TIMEOUT(invalidate, move, 120)
{
	gone(_metadata, &self->pump, MOVE);
}

/* The process ends by a signal while memory is taken away from under its queue. */
TEST_F_TIMEOUT(invalidate, kill, 120)
{
	int tell;
	pid_t other = bystander(&tell);

	ASSERT_LT(0, other);
	for (int i = 0; i < 10; i++) {
		static struct pump pump;
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			CHILD_CHECK(1, !pump_open(&pump));
			CHILD_CHECK(2, pump_round(&pump));
			for (int j = 0; j < 1000; j++)
				sdma_copy(&pump.queue, pump.mem.va, pump.src.va, HALF);
			kfd_queue_ring(&pump.queue);
			if (i & 1)
				munmap(pump.user, RANGE);
			else
				madvise(pump.user, RANGE, MADV_DONTNEED);
			usleep(i * 1000);
			kill(getpid(), SIGKILL);
		}
		EXPECT_EQ(-1, kfd_child_status(pid));
	}
	ASSERT_EQ(1, write(tell, "", 1));
	EXPECT_EQ(0, kfd_child_status(other));
}

TEST_HARNESS_MAIN
