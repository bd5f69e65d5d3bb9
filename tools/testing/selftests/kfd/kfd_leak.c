// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Nothing is left of processes that are gone, however they went: virtio-gpu's counts in
 * debugfs are what they were. amdkfd has no such counts; there it is a test of endurance.
 */
#include <pthread.h>
#include <sys/mount.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

/*
 * What is there without a process: the control context, and in it the request that waits
 * for events. The response blobs of contexts are not counted.
 */
static const struct kfd_counts idle = {
	.contexts = 1,
	.requests = 1,
};

#define MB	(1024 * 1024UL)

FIXTURE(leak) {
	bool guest;
};

FIXTURE_SETUP(leak)
{
	struct kfd kfd;

	KFD_SETUP(return, &kfd);
	self->guest = kfd_is_guest(&kfd);
	kfd_close(&kfd);
	if (self->guest && access(KFD_COUNTS, F_OK)) {
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
		if (access(KFD_COUNTS, F_OK))
			SKIP(return, "no debugfs");
	}
}

FIXTURE_TEARDOWN(leak)
{
}

/*
 * Ending a process takes the kernel a moment, this test's own among them: its setup has
 * opened /dev/kfd. So look from a process that has not, as long as @own of them remain.
 */
static void check_idle(struct __test_metadata *_metadata, bool guest, long own)
{
	struct kfd_counts want = idle;

	if (!guest)
		return;
	want.processes += own;
	want.contexts += own;
	EXPECT_EQ(0, kfd_wait_counts(&want));
}

/* Does a bit of everything and leaves it; returns 0 or the step that failed. */
static int use_it(void)
{
	struct kfd_event_data event = {};
	struct kfd_queue queue;
	struct kfd_mem gtt, vram, user, page, doorbell;
	uint32_t result, id;
	uint64_t imported;
	struct kfd kfd;
	char *p;
	int i;

	if (kfd_open(&kfd))
		return 1;
	if (kfd_acquire(&kfd))
		return 2;
	if (kfd_alloc(&kfd, &gtt, 1 << 20, MEM(GTT) | MEM(WRITABLE)) || kfd_map(&kfd, gtt.handle))
		return 3;
	p = kfd_cpu_map(&kfd, &gtt);
	if (p != gtt.va)
		return 4;
	p[0] = 1;
	if (kfd_alloc(&kfd, &vram, 1 << 20, MEM(VRAM)) || kfd_map(&kfd, vram.handle))
		return 5;
	p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return 6;
	if (kfd_alloc_userptr(&kfd, &user, p, 1 << 20, MEM(WRITABLE)) ||
	    kfd_map(&kfd, user.handle))
		return 7;
	if (kfd_alloc(&kfd, &doorbell, kfd_doorbell_size(&kfd), MEM(DOORBELL)) ||
	    kfd_map(&kfd, doorbell.handle))
		return 8;
	if (kfd_event_page(&kfd, &page, &event.event_id))
		return 9;
	i = kfd_export(&kfd, gtt.handle);
	if (i < 0 || kfd_import(&kfd, NULL, i, &imported))
		return 12;
	for (i = 0; i < 10; i++) {
		if (kfd_create_event(&kfd, i & 1 ? KFD_IOC_EVENT_SIGNAL : KFD_IOC_EVENT_MEMORY,
				     false, &id))
			return 10;
	}
	if (kfd_wait(&kfd, &event, 1, false, 1, &result))
		return 11;
	if (kfd_queue_create(&kfd, &queue, COMPUTE))
		return 12;
	for (i = 0; i < 1000; i++)
		pm4_write_data(&queue, gtt.va, i);
	kfd_queue_ring(&queue);
	return 0;
}

/* The one that the setup has opened is there until the test ends. */
#define OWN	1

TEST_F_TIMEOUT(leak, hundred_in_a_row, 300)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 100; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(use_it());
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status) {
			TH_LOG("process %d: step %d", i, WEXITSTATUS(status));
		}
	}
	check_idle(_metadata, self->guest, OWN);
}

TEST_F_TIMEOUT(leak, sixteen_at_once, 300)
{
	pid_t pids[16];
	unsigned int i;
	int status;

	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		pids[i] = fork();
		ASSERT_LE(0, pids[i]);
		if (!pids[i])
			_exit(use_it());
	}
	for (i = 0; i < ARRAY_SIZE(pids); i++) {
		ASSERT_EQ(pids[i], waitpid(pids[i], &status, 0));
		EXPECT_EQ(0, status) {
			TH_LOG("process %u: step %d", i, WEXITSTATUS(status));
		}
	}
	check_idle(_metadata, self->guest, OWN);
}

/* Killed wherever it is. */
TEST_F_TIMEOUT(leak, killed, 300)
{
	int i, status;
	pid_t pid;

	srandom(1);
	for (i = 0; i < 60; i++) {
		long us = random() % 60000;

		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			int step = use_it();

			if (step)
				_exit(step);
			pause();
		}
		usleep(us);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status)) {
			TH_LOG("process %d: step %d", i, WEXITSTATUS(status));
		}
	}
	check_idle(_metadata, self->guest, OWN);
}

/* What errors leave. */
TEST_F_TIMEOUT(leak, errors, 300)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd_mem mem;
		struct kfd kfd;
		uint64_t offset;
		uint32_t id;
		int i;

		if (kfd_open(&kfd) || kfd_acquire(&kfd))
			_exit(1);
		for (i = 0; i < 200; i++) {
			offset = 8;
			if (!kfd_alloc_at(&kfd, 0x10000, 1 << 20, MEM(USERPTR), &offset, NULL))
				_exit(2);
			if (!kfd_alloc_at(&kfd, 0x10000, 1ULL << 52, MEM(VRAM), NULL, NULL))
				_exit(3);
			if (kfd_alloc_at(&kfd, 1, KFD_PAGE, MEM(GTT), NULL, &mem.handle) ||
			    !kfd_map(&kfd, mem.handle) || kfd_free(&kfd, mem.handle))
				_exit(4);
			if (!kfd_create_event(&kfd, KFD_IOC_EVENT_SIGNAL, false, &id))
				_exit(5);
		}
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	check_idle(_metadata, self->guest, OWN);
}

/**
 * struct riot - what the threads of a process fall over each other for
 * @kfd: device
 * @mem: memory, of which any thread may free what any other uses
 * @events: events, likewise
 * @guest: is this a guest
 * @until: when to stop
 */
struct riot {
	struct kfd kfd;
	bool guest;
	struct kfd_mem mem[8];
	uint32_t events[8];
	time_t until;
};

static void riot_alloc(struct riot *riot, struct kfd_mem *mem, unsigned int how, char *user)
{
	static const uint32_t flags[] = {
		MEM(GTT) | MEM(WRITABLE), MEM(VRAM) | MEM(PUBLIC), MEM(USERPTR) | MEM(WRITABLE),
	};
	uint64_t handle, offset = (uintptr_t)user;

	/*
	 * Linux 7.3 falls over a NULL pointer in init_user_pages() when another thread has touched
	 * the memory, at an offset that was another's before, as long as it had no user pages.
	 */
	how %= riot->guest ? 3 : 2;
	if (how < 2)
		offset = 0;
	if (kfd_alloc_at(&riot->kfd, (uintptr_t)mem->va, mem->size, flags[how], &offset, &handle))
		return;
	STORE(&mem->offset, offset);
	STORE(&mem->handle, handle);
}

/* The mapping is moved, cut and changed; it may end in a SIGBUS in a child. */
static void riot_map(struct riot *riot, struct kfd_mem *mem, unsigned int how)
{
	size_t size = mem->size;
	char *p, *q;
	pid_t pid;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, riot->kfd.drm,
		 LOAD(&mem->offset));
	if (p == MAP_FAILED)
		return;
	if (how & 1) {
		q = mremap(p, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, kfd_reserve(size));
		if (q != MAP_FAILED)
			p = q;
	}
	if (how & 2)
		mprotect(p + KFD_PAGE, KFD_PAGE, PROT_NONE);
	if (how & 4)
		munmap(p + 2 * KFD_PAGE, KFD_PAGE);
	madvise(p, size, how & 8 ? MADV_DONTNEED : MADV_DONTFORK);
	madvise(p + 4 * KFD_PAGE, KFD_PAGE, MADV_DOFORK);
	pid = fork();
	if (!pid) {
		STORE(p, 1);
		STORE(p + size - 1, 1);
		STORE(p + 4 * KFD_PAGE, 1);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
	munmap(p, size);
}

static void riot_wait(struct riot *riot)
{
	struct kfd_event_data events[8] = {};
	unsigned int i;
	uint32_t result;

	for (i = 0; i < ARRAY_SIZE(events); i++)
		events[i].event_id = LOAD(&riot->events[i]);
	kfd_wait(&riot->kfd, events, ARRAY_SIZE(events), false, 20, &result);
}

static void *rioter(void *data)
{
	unsigned int seed = (uintptr_t)&seed >> 12, i, how;
	struct riot *riot = data;
	struct kfd_mem *mem;
	uint32_t id;
	char *user;

	user = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	while (user != MAP_FAILED && time(NULL) < riot->until) {
		how = rand_r(&seed) >> 8;
		i = how % ARRAY_SIZE(riot->mem);
		mem = &riot->mem[i];
		how /= ARRAY_SIZE(riot->mem);
		switch (rand_r(&seed) >> 8 & 7) {
		case 0:
			riot_alloc(riot, mem, how, user);
			break;
		case 1:
			kfd_map(&riot->kfd, LOAD(&mem->handle));
			break;
		case 2:
			kfd_unmap(&riot->kfd, LOAD(&mem->handle));
			kfd_free(&riot->kfd, LOAD(&mem->handle));
			break;
		case 3:
			riot_map(riot, mem, how);
			break;
		case 4:
			if (!kfd_create_event(&riot->kfd, KFD_IOC_EVENT_SIGNAL, how & 1, &id))
				STORE(&riot->events[i], id);
			break;
		case 5:
			kfd_destroy_event(&riot->kfd, LOAD(&riot->events[i]));
			break;
		case 6:
			kfd_set_event(&riot->kfd, LOAD(&riot->events[i]));
			break;
		default:
			riot_wait(riot);
			break;
		}
		if (!(how & 15))
			madvise(user, MB, MADV_DONTNEED);
	}
	return NULL;
}

/* Threads that use what others free, map it, fork and are killed in the midst of it. */
TEST_F_TIMEOUT(leak, riot, 300)
{
	int i, j, status;
	pid_t pid;

	for (i = 0; i < 4; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			struct riot riot = {
				.guest = self->guest,
				.until = time(NULL) + 60,
			};
			pthread_t threads[6];
			struct kfd_mem page;

			if (kfd_open(&riot.kfd) || kfd_acquire(&riot.kfd) ||
			    kfd_event_page(&riot.kfd, &page, &riot.events[0]))
				_exit(1);
			for (j = 0; j < (int)ARRAY_SIZE(riot.mem); j++) {
				riot.mem[j].size = MB;
				riot.mem[j].va = kfd_reserve(MB);
			}
			for (j = 0; j < (int)ARRAY_SIZE(threads); j++)
				if (pthread_create(&threads[j], NULL, rioter, &riot))
					_exit(2);
			pthread_join(threads[0], NULL);
			_exit(0);
		}
		sleep(8);
		EXPECT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status)) {
			TH_LOG("ended with %d", WEXITSTATUS(status));
		}
	}
	check_idle(_metadata, self->guest, OWN);
}

/* While a process lives it counts, so that the others can be believed. */
TEST_F(leak, counts_count)
{
	struct kfd_counts counts;

	if (!self->guest)
		SKIP(return, "amdkfd has no counts");
	ASSERT_EQ(0, use_it());
	ASSERT_EQ(0, kfd_read_counts(&counts));
	EXPECT_LE(1, counts.processes);
	EXPECT_LE(2, counts.contexts);
	EXPECT_LE(5, counts.bos);
	EXPECT_LE(1, counts.blobs);
	EXPECT_LE(11, counts.events);
	EXPECT_LE(1, counts.queues);
	EXPECT_LE(256, counts.pinned_pages);
}

TEST_HARNESS_MAIN
