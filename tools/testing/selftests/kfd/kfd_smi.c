// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * System management events: the file of AMDKFD_IOC_SMI_EVENTS and the lines of processes that
 * begin and end to use a GPU. From kfd_smi_events.c; the formats are those of kfd_ioctl.h.
 *
 * Faults of a GPU need one that faults, so they are left to the driver's KUnit tests.
 */
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

#define MASK(event)	KFD_SMI_EVENT_MASK_FROM_INDEX(KFD_SMI_EVENT_##event)
#define PROCESS		(MASK(PROCESS_START) | MASK(PROCESS_END))

FIXTURE(smi) {
	struct kfd kfd;
	int fd;
	void *nowhere;
};

static int smi_open(const struct kfd *kfd, uint32_t gpu_id)
{
	struct kfd_ioctl_smi_events_args args = { .gpuid = gpu_id };
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_SMI_EVENTS, &args);

	return ret ?: (int)args.anon_fd;
}

static int smi_set(int fd, uint64_t mask)
{
	ssize_t ret = write(fd, &mask, sizeof(mask));

	return ret < 0 ? -errno : ret;
}

/* All that is there, as a string; a negative errno if that is nothing. */
static int smi_read(int fd, char *text, size_t size)
{
	ssize_t ret = read(fd, text, size - 1);

	text[ret < 0 ? 0 : ret] = 0;
	return ret < 0 ? -errno : ret;
}

/* Is there something to be read, within that many milliseconds? */
static bool smi_poll(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	return poll(&poll_fd, 1, ms) == 1 && poll_fd.revents == POLLIN;
}

/* The line that tells of a thread's process, which is called comm. */
static void smi_line(char *text, size_t size, int event, pid_t tid, const char *comm)
{
	int len = snprintf(text, size, "%x ", event);

	snprintf(text + len, size - len, KFD_EVENT_FMT_PROCESS(tid, comm));
}

/* The end of an earlier test's process is an event too. */
static void wait_for_others(void)
{
	struct kfd_counts counts;

	for (int i = 0; i < 100 && !kfd_read_counts(&counts) && counts.processes > 1; i++)
		usleep(100000);
}

FIXTURE_SETUP(smi)
{
	KFD_SETUP(return, &self->kfd);
	wait_for_others();
	self->fd = smi_open(&self->kfd, self->kfd.gpu_id);
	ASSERT_LE(0, self->fd);
	self->nowhere = kfd_reserve(KFD_PAGE);
	ASSERT_NE(NULL, self->nowhere);
}

FIXTURE_TEARDOWN(smi)
{
	close(self->fd);
	kfd_close(&self->kfd);
}

TEST_F(smi, unknown_gpu)
{
	EXPECT_EQ(-EINVAL, smi_open(&self->kfd, 0));
	EXPECT_EQ(-EINVAL, smi_open(&self->kfd, self->kfd.gpu_id ^ 1));
	EXPECT_EQ(-EINVAL, smi_open(&self->kfd, KFD_BAD_GPU_ID));
}

/* The VM of the GPU is not asked for. */
TEST_F(smi, needs_no_vm)
{
	int fd = smi_open(&self->kfd, self->kfd.gpu_id);

	ASSERT_LE(0, fd);
	EXPECT_NE(self->fd, fd);
	EXPECT_EQ(0, close(fd));
}

TEST_F(smi, read_does_not_wait)
{
	char text[16];

	EXPECT_EQ(-EAGAIN, smi_read(self->fd, text, sizeof(text)));
	EXPECT_EQ(8, smi_set(self->fd, ~0ULL));
	EXPECT_EQ(-EAGAIN, smi_read(self->fd, text, sizeof(text)));
	EXPECT_FALSE(smi_poll(self->fd, 0));
}

TEST_F(smi, mask_errors)
{
	uint64_t mask[2] = {};

	EXPECT_EQ(-1, write(self->fd, mask, 7));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, write(self->fd, self->nowhere, 8));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(8, write(self->fd, mask, 16));
}

TEST_F(smi, process_start)
{
	char text[256], expected[96];
	int other = smi_open(&self->kfd, self->kfd.gpu_id);

	ASSERT_LE(0, other);
	ASSERT_EQ(0, prctl(PR_SET_NAME, "a name"));
	ASSERT_EQ(8, smi_set(self->fd, PROCESS));
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	smi_line(expected, sizeof(expected), KFD_SMI_EVENT_PROCESS_START,
		 syscall(SYS_gettid), "a name");
	EXPECT_TRUE(smi_poll(self->fd, 0));
	EXPECT_EQ(strlen(expected), smi_read(self->fd, text, sizeof(text)));
	EXPECT_STREQ(expected, text);
	EXPECT_FALSE(smi_poll(self->fd, 0));

	/* What was not asked for is not recorded. */
	ASSERT_EQ(8, smi_set(other, PROCESS));
	EXPECT_EQ(-EAGAIN, smi_read(other, text, sizeof(text)));
	/* The VM is there: nothing begins. */
	EXPECT_EQ(0, kfd_acquire_fd(&self->kfd, self->kfd.drm));
	EXPECT_EQ(-EAGAIN, smi_read(other, text, sizeof(text)));
}

TEST_F(smi, mask_is_replaced)
{
	char text[256];

	ASSERT_EQ(8, smi_set(self->fd, PROCESS));
	ASSERT_EQ(8, smi_set(self->fd, MASK(VMFAULT)));
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	EXPECT_EQ(-EAGAIN, smi_read(self->fd, text, sizeof(text)));
}

TEST_F(smi, read_in_pieces)
{
	char expected[96], byte;
	unsigned int i;

	ASSERT_EQ(0, prctl(PR_SET_NAME, "pieces"));
	ASSERT_EQ(8, smi_set(self->fd, PROCESS));
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	smi_line(expected, sizeof(expected), KFD_SMI_EVENT_PROCESS_START,
		 syscall(SYS_gettid), "pieces");
	EXPECT_EQ(-1, read(self->fd, &byte, 0));
	EXPECT_EQ(EAGAIN, errno);
	for (i = 0; expected[i]; i++) {
		ASSERT_EQ(1, read(self->fd, &byte, 1));
		EXPECT_EQ(expected[i], byte);
	}
	EXPECT_EQ(-1, read(self->fd, &byte, 1));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(smi, outlives_the_kfd_file)
{
	struct kfd again;
	char text[256];

	ASSERT_EQ(8, smi_set(self->fd, PROCESS));
	kfd_close(&self->kfd);
	ASSERT_EQ(0, kfd_open(&again));
	ASSERT_EQ(0, kfd_acquire(&again));
	EXPECT_LT(0, smi_read(self->fd, text, sizeof(text)));
	kfd_close(&again);
}

/* A process of its own that uses the GPU; does not return. */
static void use_gpu(const char *name)
{
	struct kfd own;

	prctl(PR_SET_NAME, name);
	_exit(!kfd_open(&own) && !kfd_acquire(&own) ? 0 : 1);
}

TEST_F(smi, another_process)
{
	char text[4096] = "", start[96], end[96];
	int len = 0;
	pid_t pid;

	if (geteuid())
		SKIP(return, "root only sees other processes");
	ASSERT_EQ(8, smi_set(self->fd, PROCESS));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		use_gpu("another");
	ASSERT_EQ(0, kfd_child_status(pid));
	smi_line(start, sizeof(start), KFD_SMI_EVENT_PROCESS_START, pid, "another");
	smi_line(end, sizeof(end), KFD_SMI_EVENT_PROCESS_END, pid, "another");

	while (!strstr(text, end) && smi_poll(self->fd, 10000)) {
		int ret = smi_read(self->fd, text + len, sizeof(text) - 1 - len);

		ASSERT_LT(0, ret);
		len += ret;
		text[len] = 0;
	}
	ASSERT_NE(NULL, strstr(text, start));
	ASSERT_NE(NULL, strstr(text, end));
	EXPECT_LT(strstr(text, start), strstr(text, end));
}

TEST_F(smi, others_without_privilege)
{
	pid_t pid;

	if (geteuid())
		SKIP(return, "root only can give its privileges up");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;
		char text[256];
		int fd;

		if (kfd_open(&own) || setresuid(65534, 65534, 65534))
			_exit(1);
		fd = smi_open(&own, own.gpu_id);
		if (fd < 0 || smi_set(fd, PROCESS) != 8)
			_exit(2);
		raise(SIGSTOP);
		/* The parent has begun to use the GPU. */
		if (smi_read(fd, text, sizeof(text)) != -EAGAIN)
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, NULL, WUNTRACED));
	EXPECT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kill(pid, SIGCONT));
	EXPECT_EQ(0, kfd_child_status(pid));
}

TEST_HARNESS_MAIN
