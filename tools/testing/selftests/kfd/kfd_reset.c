// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Resets of the GPU, idle and with processes that use it. Those are told, and never go on; ones
 * that begin afterwards find everything as it was (kgd2kfd_pre_reset(), kgd2kfd_post_reset()).
 *
 * It takes the GPU away from everybody, so it has to be asked for: KFD_RESET in the environment is
 * the file whose reading resets the GPU, amdgpu_gpu_recover in debugfs.
 */
#include <sys/prctl.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define SIZE	(2UL << 20)
/* What the ring has room for */
#define COPIES	900

/**
 * struct user - a process's queue of a copy engine
 * @kfd: opened by that process
 * @queue: queue
 * @src: GTT memory
 * @dst: GTT memory
 * @vram: memory between them
 * @fence: memory for one
 */
struct user {
	struct kfd kfd;
	struct kfd_queue queue;
	struct kfd_mem src, dst, vram, fence;
};

FIXTURE(reset) {
	const char *file;
};

FIXTURE_SETUP(reset)
{
	self->file = getenv("KFD_RESET");
	if (access("/dev/kfd", F_OK))
		SKIP(return, "there is no /dev/kfd");
	if (!self->file)
		SKIP(return, "others may use the GPU: KFD_RESET is not set");
	ASSERT_EQ(0, access(self->file, R_OK));
}

FIXTURE_TEARDOWN(reset)
{
}

static int reset(const char *file)
{
	uint64_t result;
	int ret = kfd_read_u64(file, &result);

	return ret ?: -(int)result;
}

static int user_begin(struct user *user, uint32_t type)
{
	return kfd_open(&user->kfd) ?: kfd_acquire(&user->kfd) ?:
	       kfd_shared(&user->kfd, &user->src, SIZE, MEM(GTT)) ?:
	       kfd_shared(&user->kfd, &user->dst, SIZE, MEM(GTT)) ?:
	       kfd_shared(&user->kfd, &user->vram, SIZE, MEM(VRAM) | MEM(PUBLIC)) ?:
	       kfd_shared(&user->kfd, &user->fence, KFD_PAGE, MEM(GTT)) ?:
	       kfd_queue_create(&user->kfd, &user->queue, type);
}

/* Copies @times times by way of VRAM; the fence counts them. */
static void user_copy(struct user *user, unsigned int times)
{
	uint32_t *src = user->src.va;

	for (uint32_t i = 0; i < SIZE / 4; i++)
		src[i] = i * 2654435761U;
	for (unsigned int i = 1; i <= times; i++) {
		sdma_copy(&user->queue, user->vram.va, user->src.va, SIZE);
		sdma_copy(&user->queue, user->dst.va, user->vram.va, SIZE);
		sdma_fence(&user->queue, user->fence.va, i);
	}
	kfd_queue_ring(&user->queue);
}

/* Does the GPU work, for a process that begins now? */
static int works(void)
{
	static struct user user;
	pid_t pid = fork();

	if (pid)
		return pid < 0 ? -errno : kfd_child_status(pid);
	CHILD_CHECK(1, !user_begin(&user, SDMA));
	user_copy(&user, 1);
	CHILD_CHECK(2, kfd_wait_u32(user.fence.va, 1));
	CHILD_CHECK(3, !memcmp(user.src.va, user.dst.va, SIZE));
	CHILD_CHECK(4, !kfd_queue_destroy(&user.queue));
	CHILD_CHECK(5, !kfd_queue_create(&user.kfd, &user.queue, COMPUTE));
	pm4_write_data(&user.queue, user.fence.va, 2);
	kfd_queue_ring(&user.queue);
	CHILD_CHECK(6, kfd_wait_u32(user.fence.va, 2));
	CHILD_CHECK(7, !kfd_queue_destroy(&user.queue));
	_exit(0);
}

/* A process whose queue copies for long, and says so */
static pid_t busy(int *said, void (*then)(struct user *user))
{
	static struct user user;
	int pipes[2];
	pid_t pid;

	if (pipe(pipes))
		return -1;
	pid = fork();
	if (pid) {
		close(pipes[1]);
		*said = pipes[0];
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CHILD_CHECK(1, !user_begin(&user, SDMA));
	user_copy(&user, COPIES);
	for (int i = 0; !LOAD((uint32_t *)user.fence.va); i++) {
		CHILD_CHECK(2, i < QUEUE_PATIENCE_MS);
		usleep(1000);
	}
	CHILD_CHECK(3, write(pipes[1], "", 1) == 1);
	then(&user);
	_exit(0);
}

TEST_F_TIMEOUT(reset, idle, 120)
{
	ASSERT_EQ(0, works());
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, reset(self->file));
		ASSERT_EQ(0, works());
	}
}

/* kfd_signal_reset_event(); its queues stay evicted, and go as those of others. */
static void is_told(struct user *user)
{
	struct kfd_event_data data = { 0 };
	uint32_t result, reached;

	CHILD_CHECK(10, !kfd_create_event(&user->kfd, KFD_IOC_EVENT_HW_EXCEPTION, false,
					  &data.event_id));
	CHILD_CHECK(11, !kfd_wait(&user->kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	CHILD_CHECK(12, result == KFD_IOC_WAIT_RESULT_COMPLETE);
	CHILD_CHECK(13, data.hw_exception_data.reset_type == KFD_HW_EXCEPTION_WHOLE_GPU_RESET);
	CHILD_CHECK(14, data.hw_exception_data.reset_cause == KFD_HW_EXCEPTION_GPU_HANG);
	CHILD_CHECK(15, data.hw_exception_data.memory_lost == 1);
	CHILD_CHECK(16, data.hw_exception_data.gpu_id == user->kfd.gpu_id);
	/* The event comes first, then the reset that ends the queue. */
	usleep(500000);
	reached = LOAD((uint32_t *)user->fence.va);
	CHILD_CHECK(17, reached < COPIES);
	usleep(500000);
	CHILD_CHECK(18, LOAD((uint32_t *)user->fence.va) == reached);
	CHILD_CHECK(19, !kfd_queue_destroy(&user->queue));
}

TEST_F_TIMEOUT(reset, busy, 120)
{
	int said;
	pid_t pid = busy(&said, is_told);
	char c;

	ASSERT_LT(0, pid);
	ASSERT_EQ(1, read(said, &c, 1)) {
		TH_LOG("status %d", kfd_child_status(pid));
	}
	/* Until the child waits; what it copies takes longer. */
	usleep(50000);
	EXPECT_EQ(0, reset(self->file));
	/* While the other one is still there */
	EXPECT_EQ(0, works());
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_EQ(0, works());
}

static void stays(struct user *user)
{
	pause();
}

/* Around a reset: before, in the middle of it, after it */
TEST_F_TIMEOUT(reset, kill, 120)
{
	for (int i = 0; i < 4; i++) {
		pid_t pid, killer;
		int said;
		char c;

		pid = busy(&said, stays);
		ASSERT_LT(0, pid);
		ASSERT_EQ(1, read(said, &c, 1)) {
			TH_LOG("status %d", kfd_child_status(pid));
		}
		close(said);
		killer = fork();
		ASSERT_LE(0, killer);
		if (!killer) {
			usleep(i * 150000);
			_exit(kill(pid, SIGKILL) != 0);
		}
		EXPECT_EQ(0, reset(self->file));
		EXPECT_EQ(0, kfd_child_status(killer));
		EXPECT_EQ(-1, kfd_child_status(pid));
		EXPECT_EQ(0, works()) {
			TH_LOG("after kill %d", i);
		}
	}
}

TEST_HARNESS_MAIN
