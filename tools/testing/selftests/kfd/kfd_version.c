// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The dispatch of /dev/kfd: GET_VERSION and, for each number of the ioctl table, what
 * becomes of arguments that are missing, short, long or not mapped.
 *
 * The rules are kfd_ioctl()'s of kfd_chardev.c: only the number and the size of a command
 * count. What an ioctl does with arguments of its own is left to the other programs.
 */
#include "kselftest_harness.h"
#include "kfd_test.h"

enum row_class { LOCAL, FORWARDED, TRANSLATED, REFUSED };

static const struct row {
	unsigned long cmd;
	const char *name;
	unsigned int size;
	enum row_class class;
	int err;
} rows[] = {
#define VIRTKFD_IOCTL(nr, name, size, class, err) \
	[nr] = { AMDKFD_IOC_##name, #name, size, class, err },
#include <linux/virtio_gpu_amdkfd_tables.h>
};

#define NR(name)	_IOC_NR(AMDKFD_IOC_##name)

/* What the ioctls that are not refused give for arguments that are all zero. */
static const int zero_result[ARRAY_SIZE(rows)] = {
	[NR(GET_VERSION)] = 0,
	/* 0 is no GPU's identifier. */
	[NR(SET_MEMORY_POLICY)] = -EINVAL,
	[NR(SET_SCRATCH_BACKING_VA)] = -EINVAL,
	[NR(GET_TILE_CONFIG)] = -EINVAL,
	[NR(SET_TRAP_HANDLER)] = -EINVAL,
	[NR(AVAILABLE_MEMORY)] = -EINVAL,
	[NR(ACQUIRE_VM)] = -EINVAL,
	/* ... but a "node without GPU resource" has clocks. */
	[NR(GET_CLOCK_COUNTERS)] = 0,
	[NR(GET_PROCESS_APERTURES)] = 0,
	[NR(GET_PROCESS_APERTURES_NEW)] = 0,
	/* A SIGNAL event needs the signal page: allocate_event_notification_slot(). */
	[NR(CREATE_EVENT)] = -ENOMEM,
	/* Event 0 is taken by no event: kfd_event_init_process(). */
	[NR(DESTROY_EVENT)] = -EINVAL,
	[NR(SET_EVENT)] = -EINVAL,
	[NR(RESET_EVENT)] = -EINVAL,
	/* All of no events are signaled: test_event_condition(). */
	[NR(WAIT_EVENTS)] = 0,
	[NR(ALLOC_MEMORY_OF_GPU)] = -EINVAL,
	[NR(FREE_MEMORY_OF_GPU)] = -EINVAL,
	/* Before its first queue a process has no queue 0; amdkfd has two words for that. */
	[NR(CREATE_QUEUE)] = -EINVAL,
	[NR(DESTROY_QUEUE)] = -EINVAL,
	[NR(ALLOC_QUEUE_GWS)] = -EINVAL,
	[NR(UPDATE_QUEUE)] = -EFAULT,
	[NR(GET_QUEUE_WAVE_STATE)] = -EFAULT,
	/* "CU mask cannot be 0" */
	[NR(SET_CU_MASK)] = -EINVAL,
	[NR(MAP_MEMORY_TO_GPU)] = -EINVAL,
	[NR(UNMAP_MEMORY_FROM_GPU)] = -EINVAL,
	[NR(IMPORT_DMABUF)] = -EINVAL,
	[NR(EXPORT_DMABUF)] = -EINVAL,
	/* Descriptor 0 is something else than a dma-buf. */
	[NR(GET_DMABUF_INFO)] = -EINVAL,
	/* Without SVM it is -EPERM, see expected(). */
	[NR(SET_XNACK_MODE)] = 0,
	[NR(SMI_EVENTS)] = -EINVAL,
	/* Disable what is not enabled. */
	[NR(RUNTIME_ENABLE)] = 0,
	[NR(CREATE_PROCESS)] = 0,
	/* Counters of no GPU, if it may ask for them. */
	[NR(PROFILER)] = -EINVAL,
};

FIXTURE(version) {
	struct kfd kfd;
	bool guest;
	unsigned char *buf;	/* a large buffer in front of nothing */
};

#define BUF	(4 * KFD_PAGE)	/* _IOC_SIZEMASK is 16383 */

FIXTURE_SETUP(version)
{
	KFD_SETUP(return, &self->kfd);
	self->guest = kfd_is_guest(&self->kfd);
	self->buf = mmap(NULL, BUF + KFD_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->buf);
	ASSERT_EQ(0, munmap(self->buf + BUF, KFD_PAGE));
}

FIXTURE_TEARDOWN(version)
{
	kfd_close(&self->kfd);
}

/* AMDKFD_IOC_* with another size. */
static unsigned long resize(unsigned long cmd, unsigned int size)
{
	return _IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size);
}

/* What amdkfd answers depends on its build and the host: such rows are not asked there. */
static bool defined(unsigned int nr, bool guest)
{
	/* It is asked for a privilege before all else. */
	if (nr == NR(CRIU_OP) && geteuid())
		return false;
	return guest || rows[nr].class != REFUSED;
}

static bool expected(unsigned int nr, int ret)
{
	/* That is about its size, which kfd_runtime looks at. */
	if (nr == NR(SVM) && ret == -EINVAL)
		return true;
	if (rows[nr].class == REFUSED)
		return ret == -rows[nr].err;
	if (nr == NR(SET_XNACK_MODE) && ret == -EPERM)
		return true;
	/* A file can have it once. */
	if (nr == NR(CREATE_PROCESS) && ret == -EINVAL)
		return true;
	if (nr == NR(PROFILER) && ret == -EPERM && geteuid())
		return true;
	return ret == zero_result[nr];
}

TEST(table_is_complete)
{
	unsigned int nr;

	ASSERT_EQ(AMDKFD_COMMAND_END, ARRAY_SIZE(rows));
	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		ASSERT_NE(NULL, rows[nr].name);
		ASSERT_EQ(nr, _IOC_NR(rows[nr].cmd));
		ASSERT_EQ(rows[nr].size, _IOC_SIZE(rows[nr].cmd));
	}
}

TEST_F(version, get_version)
{
	struct kfd_ioctl_get_version_args args = {};

	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_VERSION, &args));
	EXPECT_EQ(1, args.major_version);
	/* With 14 events have an age, which kfd_events asks for. */
	EXPECT_LE(14, args.minor_version);
}

TEST_F(version, short_argument_is_truncated)
{
	uint32_t words[2] = { 0xdeadbeef, 0xdeadbeef };

	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, resize(AMDKFD_IOC_GET_VERSION, 4), words));
	EXPECT_EQ(1, words[0]);
	EXPECT_EQ(0xdeadbeef, words[1]);
}

TEST_F(version, long_argument_of_read_ioctl_is_zeroed)
{
	uint32_t words[4] = { 0, 0, 0xdeadbeef, 0xdeadbeef };

	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, resize(AMDKFD_IOC_GET_VERSION, 12), words));
	EXPECT_EQ(1, words[0]);
	EXPECT_EQ(0, words[2]);
	EXPECT_EQ(0xdeadbeef, words[3]);
}

TEST_F(version, only_number_and_size_count)
{
	struct kfd_ioctl_get_version_args args = {};
	unsigned int dir;

	for (dir = 0; dir < 4; dir++) {
		memset(&args, 0, sizeof(args));
		ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, _IOC(dir, 'x', 1, sizeof(args)), &args));
		EXPECT_EQ(1, args.major_version);
	}
}

TEST_F(version, unaligned_argument)
{
	struct kfd_ioctl_get_version_args args;

	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_VERSION, self->buf + 3));
	memcpy(&args, self->buf + 3, sizeof(args));
	EXPECT_EQ(1, args.major_version);
}

TEST_F(version, unknown_numbers)
{
	unsigned int nr, size;

	for (size = 0; size <= 8; size += 8) {
		EXPECT_EQ(-ENOTTY, kfd_ioctl(self->kfd.fd, _IOC(3, 'K', 0, size), self->buf));
		for (nr = AMDKFD_COMMAND_END; nr <= _IOC_NRMASK; nr++) {
			EXPECT_EQ(-ENOTTY, kfd_ioctl(self->kfd.fd, _IOC(3, 'K', nr, size),
						     self->buf)) {
				TH_LOG("number 0x%x", nr);
			}
		}
	}
}

TEST_F(version, bad_addresses)
{
	void *bad[] = { NULL, self->buf + BUF, (void *)8, (void *)(1UL << 47),
			(void *)(1UL << 55), (void *)-4096UL };
	unsigned int nr, i;

	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		if (!defined(nr, self->guest) || !_IOC_SIZE(rows[nr].cmd))
			continue;
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			EXPECT_EQ(-EFAULT, kfd_ioctl(self->kfd.fd, rows[nr].cmd, bad[i])) {
				TH_LOG("%s at %p", rows[nr].name, bad[i]);
			}
		}
	}
}

TEST_F(version, argument_that_ends_in_a_hole)
{
	unsigned int nr;

	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		unsigned int size = _IOC_SIZE(rows[nr].cmd);

		if (!defined(nr, self->guest) || !size)
			continue;
		EXPECT_EQ(-EFAULT, kfd_ioctl(self->kfd.fd, rows[nr].cmd,
					     self->buf + BUF - size + 1)) {
			TH_LOG("%s", rows[nr].name);
		}
	}
}

TEST_F(version, argument_that_cannot_be_written)
{
	unsigned int nr;

	memset(self->buf, 0, KFD_PAGE);
	ASSERT_EQ(0, mprotect(self->buf, KFD_PAGE, PROT_READ));
	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		int ret;

		if (!defined(nr, self->guest) || !_IOC_SIZE(rows[nr].cmd))
			continue;
		ret = kfd_ioctl(self->kfd.fd, rows[nr].cmd, self->buf);
		EXPECT_TRUE(_IOC_DIR(rows[nr].cmd) & _IOC_READ ? ret == -EFAULT :
			    expected(nr, ret)) {
			TH_LOG("%s: %d", rows[nr].name, ret);
		}
	}
}

TEST_F(version, zeros)
{
	unsigned int nr;

	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		int ret;

		if (!defined(nr, self->guest))
			continue;
		memset(self->buf, 0, BUF);
		ret = kfd_ioctl(self->kfd.fd, rows[nr].cmd, self->buf);
		EXPECT_TRUE(expected(nr, ret)) {
			TH_LOG("%s: %d", rows[nr].name, ret);
		}
	}
}

/* Shorter than known is continued with zeros, whatever follows in user space. */
TEST_F(version, no_argument_at_all)
{
	unsigned int nr;

	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		int ret;

		if (!defined(nr, self->guest))
			continue;
		memset(self->buf, 0xff, KFD_PAGE);
		ret = kfd_ioctl(self->kfd.fd, resize(rows[nr].cmd, 0), self->buf);
		EXPECT_TRUE(expected(nr, ret)) {
			TH_LOG("%s: %d", rows[nr].name, ret);
		}
		EXPECT_EQ(0xff, self->buf[0]);
		EXPECT_TRUE(expected(nr, kfd_ioctl(self->kfd.fd, resize(rows[nr].cmd, 0), NULL)));
	}
}

TEST_F(version, longest_argument)
{
	unsigned int nr, i;

	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		unsigned int size = _IOC_SIZE(rows[nr].cmd), dir = _IOC_DIR(rows[nr].cmd);
		unsigned char rest = dir == _IOC_READ ? 0 : 0xa5;
		int ret;

		if (!defined(nr, self->guest))
			continue;
		memset(self->buf, 0, size);
		memset(self->buf + size, 0xa5, BUF - size);
		ret = kfd_ioctl(self->kfd.fd, resize(rows[nr].cmd, _IOC_SIZEMASK), self->buf);
		EXPECT_TRUE(expected(nr, ret)) {
			TH_LOG("%s: %d", rows[nr].name, ret);
		}
		for (i = size; i < _IOC_SIZEMASK && self->buf[i] == rest; i++)
			;
		EXPECT_EQ(_IOC_SIZEMASK, i) {
			TH_LOG("%s: byte %u is 0x%x", rows[nr].name, i, self->buf[i]);
		}
		EXPECT_EQ(0xa5, self->buf[_IOC_SIZEMASK]);
	}
}

/* What follows the known arguments does not change what it does. */
TEST_F(version, each_short_size)
{
	unsigned int nr, size;

	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		if (!defined(nr, self->guest))
			continue;
		for (size = 1; size < _IOC_SIZE(rows[nr].cmd); size++) {
			int ret;

			memset(self->buf, 0, KFD_PAGE);
			memset(self->buf + size, 0xff, 512);
			ret = kfd_ioctl(self->kfd.fd, resize(rows[nr].cmd, size), self->buf);
			EXPECT_TRUE(expected(nr, ret)) {
				TH_LOG("%s, %u bytes: %d", rows[nr].name, size, ret);
			}
			EXPECT_EQ(0xff, self->buf[size]);
		}
	}
}

TEST_F(version, all_ones)
{
	unsigned int nr;

	if (!self->guest)
		SKIP(return, "of a host it is not known what it gives");
	for (nr = AMDKFD_COMMAND_START; nr < AMDKFD_COMMAND_END; nr++) {
		int ret;

		if (rows[nr].class != REFUSED || !defined(nr, self->guest))
			continue;
		memset(self->buf, 0xff, KFD_PAGE);
		ret = kfd_ioctl(self->kfd.fd, rows[nr].cmd, self->buf);
		EXPECT_TRUE(expected(nr, ret)) {
			TH_LOG("%s: %d", rows[nr].name, ret);
		}
	}
}

TEST_HARNESS_MAIN
