// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Nothing is left of processes that are gone, however they went: virtio-gpu's counts in
 * debugfs are what they were. amdkfd has no such counts; there it is a test of endurance.
 */
#include <sys/mount.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

#define COUNTS	"/sys/kernel/debug/virtgpu_kfd/counts"

static const char * const names[] = {
	"processes", "contexts", "bos", "blobs", "events", "pinned_pages", "requests",
};

/*
 * What is there without a process: the control context, and in it the request that waits
 * for events. The response blobs of contexts are not counted.
 */
static const long idle[ARRAY_SIZE(names)] = {
	[1] = 1,
	[6] = 1,
};

FIXTURE(leak) {
	bool guest;
};

static int read_counts(long *counts)
{
	char name[32];
	unsigned int i, seen = 0;
	long value;
	FILE *file;

	file = fopen(COUNTS, "re");
	if (!file)
		return -errno;
	while (fscanf(file, "%31s %ld", name, &value) == 2) {
		for (i = 0; i < ARRAY_SIZE(names); i++) {
			if (!strcmp(name, names[i])) {
				counts[i] = value;
				seen++;
			}
		}
	}
	fclose(file);
	return seen == ARRAY_SIZE(names) ? 0 : -EPROTO;
}

FIXTURE_SETUP(leak)
{
	struct kfd kfd;

	KFD_SETUP(return, &kfd);
	self->guest = kfd_is_guest(&kfd);
	kfd_close(&kfd);
	if (self->guest && access(COUNTS, F_OK)) {
		mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
		if (access(COUNTS, F_OK))
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
	long counts[ARRAY_SIZE(names)], want[ARRAY_SIZE(names)];
	unsigned int i, tries;

	if (!guest)
		return;
	memcpy(want, idle, sizeof(want));
	want[0] += own;
	want[1] += own;
	for (tries = 0; tries < 100; tries++) {
		ASSERT_EQ(0, read_counts(counts));
		if (!memcmp(counts, want, sizeof(want)))
			return;
		usleep(100000);
	}
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(want[i], counts[i]) {
			TH_LOG("%s", names[i]);
		}
	}
}

/* Does a bit of everything and leaves it; returns 0 or the step that failed. */
static int use_it(void)
{
	struct kfd_event_data event = {};
	struct kfd_mem gtt, vram, user, page, doorbell;
	uint32_t result, id;
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
	for (i = 0; i < 10; i++) {
		if (kfd_create_event(&kfd, i & 1 ? KFD_IOC_EVENT_SIGNAL : KFD_IOC_EVENT_MEMORY,
				     false, &id))
			return 10;
	}
	if (kfd_wait(&kfd, &event, 1, false, 1, &result))
		return 11;
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

/* While a process lives it counts, so that the others can be believed. */
TEST_F(leak, counts_count)
{
	long counts[ARRAY_SIZE(names)];

	if (!self->guest)
		SKIP(return, "amdkfd has no counts");
	ASSERT_EQ(0, use_it());
	ASSERT_EQ(0, read_counts(counts));
	EXPECT_LE(1, counts[0]);
	EXPECT_LE(2, counts[1]);
	EXPECT_LE(5, counts[2]);
	EXPECT_LE(1, counts[3]);
	EXPECT_LE(11, counts[4]);
	EXPECT_LE(256, counts[5]);
}

TEST_HARNESS_MAIN
