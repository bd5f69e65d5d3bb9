// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What debuggers, profilers and CRIU ask of a process, and SVM: RUNTIME_ENABLE and the
 * profiler's version work, all else is refused. From kfd_chardev.c.
 *
 * What is refused has the errno of an amdkfd without the feature; where amdkfd itself has it
 * the test asks in guests only.
 */
#include <linux/kfd_sysfs.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define ENABLE	KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK
#define TTMP	KFD_RUNTIME_ENABLE_MODE_TTMP_SAVE_MASK

FIXTURE(runtime) {
	struct kfd kfd;
	bool guest;
};

FIXTURE_SETUP(runtime)
{
	KFD_SETUP(return, &self->kfd);
	self->guest = kfd_is_guest(&self->kfd);
}

FIXTURE_TEARDOWN(runtime)
{
	kfd_close(&self->kfd);
}

static int runtime(const struct kfd *kfd, uint32_t mode)
{
	struct kfd_ioctl_runtime_enable_args args = {
		.r_debug = 0x123456789abc,
		.mode_mask = mode,
		.capabilities_mask = 0x5a5a5a5a,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_RUNTIME_ENABLE, &args);

	/* Linux 7.3 has no capability to tell of, so nothing is written. */
	if (args.r_debug != 0x123456789abc || args.mode_mask != mode ||
	    args.capabilities_mask != 0x5a5a5a5a)
		return -EPROTO;
	return ret;
}

TEST_F(runtime, enable_disable)
{
	EXPECT_EQ(0, runtime(&self->kfd, 0));
	EXPECT_EQ(0, runtime(&self->kfd, ENABLE));
	EXPECT_EQ(-EBUSY, runtime(&self->kfd, ENABLE));
	EXPECT_EQ(-EBUSY, runtime(&self->kfd, ENABLE | TTMP));
	EXPECT_EQ(0, runtime(&self->kfd, 0));
	EXPECT_EQ(0, runtime(&self->kfd, 0));
	EXPECT_EQ(0, runtime(&self->kfd, ENABLE | TTMP));
	/* Only the first bit asks for it, and the others are not looked at. */
	EXPECT_EQ(0, runtime(&self->kfd, TTMP));
	EXPECT_EQ(0, runtime(&self->kfd, ~0U));
	EXPECT_EQ(-EBUSY, runtime(&self->kfd, ENABLE));
	EXPECT_EQ(0, runtime(&self->kfd, ~ENABLE));
}

TEST_F(runtime, belongs_to_the_process)
{
	struct kfd other;

	ASSERT_EQ(0, kfd_open(&other));
	EXPECT_EQ(0, runtime(&self->kfd, ENABLE));
	EXPECT_EQ(-EBUSY, runtime(&other, ENABLE));
	/* A further context is a process of its own. */
	ASSERT_EQ(0, kfd_ioctl(other.fd, AMDKFD_IOC_CREATE_PROCESS, NULL));
	EXPECT_EQ(0, runtime(&other, ENABLE));
	EXPECT_EQ(0, runtime(&self->kfd, 0));
	EXPECT_EQ(-EBUSY, runtime(&other, ENABLE));
	kfd_close(&other);
}

TEST_F(runtime, with_queues)
{
	struct kfd_queue queue, second;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &queue, SDMA));
	EXPECT_EQ(-EEXIST, runtime(&self->kfd, ENABLE));
	EXPECT_EQ(0, runtime(&self->kfd, 0));
	ASSERT_EQ(0, kfd_queue_destroy(&queue));
	EXPECT_EQ(0, runtime(&self->kfd, ENABLE));
	/* It is the state that is looked at first. */
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &second, SDMA));
	EXPECT_EQ(-EBUSY, runtime(&self->kfd, ENABLE));
	EXPECT_EQ(0, kfd_queue_destroy(&second));
}

static int profiler(const struct kfd *kfd, struct kfd_ioctl_profiler_args *args)
{
	return kfd_ioctl(kfd->fd, AMDKFD_IOC_PROFILER, args);
}

TEST_F(runtime, profiler_version)
{
	struct kfd_ioctl_profiler_args args = { .op = KFD_IOC_PROFILER_VERSION };

	args.version = 0xdead;
	EXPECT_EQ(0, profiler(&self->kfd, &args));
	EXPECT_EQ(KFD_IOC_PROFILER_VERSION_NUM, args.version);
	EXPECT_EQ(KFD_IOC_PROFILER_VERSION, args.op);
}

TEST_F(runtime, profiler_errors)
{
	struct kfd_ioctl_profiler_args args = { .op = 1 };
	int ret;

	EXPECT_EQ(-EINVAL, profiler(&self->kfd, &args));
	args.op = KFD_IOC_PROFILER_PTL_CONTROL + 1;
	EXPECT_EQ(-EINVAL, profiler(&self->kfd, &args));
	args.op = ~0U;
	EXPECT_EQ(-EINVAL, profiler(&self->kfd, &args));

	args = (struct kfd_ioctl_profiler_args){ .op = KFD_IOC_PROFILER_PTL_CONTROL };
	args.ptl.gpu_id = KFD_BAD_GPU_ID;
	EXPECT_EQ(-EINVAL, profiler(&self->kfd, &args));
	args.ptl.gpu_id = self->kfd.gpu_id;
	args.ptl.enable = 1;
	ret = profiler(&self->kfd, &args);
	EXPECT_TRUE(ret == -EOPNOTSUPP || (!ret && !self->guest));
}

/* What a child without privileges gets, as an exit status; it has the parent's uid before. */
static int unprivileged(int (*function)(const struct kfd *kfd))
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct kfd own;

		if (kfd_open(&own) || setresuid(65534, 65534, 65534))
			_exit(255);
		_exit(-function(&own));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

static int lock_counters(const struct kfd *kfd)
{
	struct kfd_ioctl_profiler_args args = { .op = KFD_IOC_PROFILER_PMC };

	args.pmc.gpu_id = kfd->gpu_id;
	args.pmc.lock = 1;
	return profiler(kfd, &args);
}

TEST_F(runtime, profiler_counters)
{
	struct kfd_ioctl_profiler_args args = { .op = KFD_IOC_PROFILER_PMC };

	if (geteuid())
		SKIP(return, "root only may use counters");
	EXPECT_EQ(-EPERM, unprivileged(lock_counters));
	args.pmc.gpu_id = KFD_BAD_GPU_ID;
	args.pmc.lock = 1;
	EXPECT_EQ(-EINVAL, profiler(&self->kfd, &args));
	if (self->guest)
		EXPECT_EQ(-EINVAL, lock_counters(&self->kfd));
}

static unsigned long svm_cmd(unsigned int size)
{
	return _IOC(_IOC_READ | _IOC_WRITE, 'K', _IOC_NR(AMDKFD_IOC_SVM), size);
}

/* kfd_ioctl_svm_validate() comes first, kfd_ioctl_svm() without CONFIG_HSA_AMD_SVM then. */
TEST_F(runtime, svm_is_refused)
{
	struct {
		struct kfd_ioctl_svm_args args;
		struct kfd_ioctl_svm_attribute attrs[2];
	} svm = {};
	uint64_t capability;
	unsigned int size;

	if (!self->guest)
		SKIP(return, "a host may have it");
	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "capability", &capability));
	EXPECT_EQ(0, capability & HSA_CAP_SVMAPI_SUPPORTED);
	for (svm.args.nattr = 0; svm.args.nattr <= 2; svm.args.nattr++) {
		unsigned int least = sizeof(svm.args) + svm.args.nattr * sizeof(svm.attrs[0]);

		/* What is shorter does not tell the number of attributes. */
		for (size = sizeof(svm.args); size <= sizeof(svm); size++) {
			EXPECT_EQ(size < least ? -EINVAL : -EPERM,
				  kfd_ioctl(self->kfd.fd, svm_cmd(size), &svm)) {
				TH_LOG("%u attributes in %u bytes", svm.args.nattr, size);
			}
		}
	}
	svm.args.nattr = ~0U;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SVM, &svm));
	svm.args.nattr = 0;
	for (size = 0; size < sizeof(svm.args); size++)
		EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, svm_cmd(size), &svm));
}

static int criu(const struct kfd *kfd)
{
	return kfd_ioctl(kfd->fd, AMDKFD_IOC_CRIU_OP, NULL);
}

/* "Unsupported CRIU operation", and kfd_ioctl() asks for the privilege before that. */
TEST_F(runtime, criu_is_refused)
{
	struct kfd_ioctl_criu_args args = {};
	uint32_t ops[] = { KFD_CRIU_OP_PROCESS_INFO, KFD_CRIU_OP_CHECKPOINT, KFD_CRIU_OP_UNPAUSE,
			   KFD_CRIU_OP_RESTORE, KFD_CRIU_OP_RESUME, KFD_CRIU_OP_RESUME + 1, ~0U };
	unsigned int i;

	if (geteuid())
		SKIP(return, "root only may checkpoint");
	EXPECT_EQ(-EACCES, unprivileged(criu));
	if (!self->guest)
		SKIP(return, "a host has it");
	EXPECT_EQ(-EFAULT, criu(&self->kfd));
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		args.op = ops[i];
		EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_CRIU_OP, &args));
	}
}

/* kfd_ioctl_set_debug_trap() for a process that cannot debug, which it asks first of all. */
TEST_F(runtime, debugger_is_refused)
{
	struct kfd_ioctl_dbg_trap_args args = { .pid = getpid() };

	if (!self->guest)
		SKIP(return, "a host has it");
	for (args.op = 0; args.op <= KFD_IOC_DBG_TRAP_GET_DEVICE_SNAPSHOT + 1; args.op++)
		EXPECT_EQ(-EOPNOTSUPP, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_DBG_TRAP, &args));
	args.pid = 0;
	EXPECT_EQ(-EOPNOTSUPP, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_DBG_TRAP, &args));
}

TEST_HARNESS_MAIN
