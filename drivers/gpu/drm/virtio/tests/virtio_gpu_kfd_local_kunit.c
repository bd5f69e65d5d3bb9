// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of what the guest answers alone: the ioctls for debuggers, profilers and further
 * contexts, and system management events (virtgpu_kfd_smi.c).
 *
 * What does not live here: events, which have their suites.
 */
#include <kunit/test.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/poll.h>

#include "kunit_helpers.h"
#include "../virtgpu_kfd_events.h"

/* Of it nothing travels. What a debugger will be told is here. */
static void local_runtime_enable(struct kunit *test)
{
	struct kfd_ioctl_runtime_enable_args args = {
		.r_debug = 0x123456789abc,
		.mode_mask = KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK |
			     KFD_RUNTIME_ENABLE_MODE_TTMP_SAVE_MASK,
		.capabilities_mask = 7,
	};
	struct kfd_fake *fake = test->priv;
	const struct kfd_runtime_info *runtime = &fake->process.runtime;

	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_RUNTIME_ENABLE, &args), 0);
	KUNIT_EXPECT_EQ(test, args.capabilities_mask, 7);
	KUNIT_EXPECT_EQ(test, runtime->r_debug, args.r_debug);
	KUNIT_EXPECT_EQ(test, runtime->runtime_state, DEBUG_RUNTIME_STATE_ENABLED);
	KUNIT_EXPECT_EQ(test, runtime->ttmp_setup, 1);

	args.r_debug = 1;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_RUNTIME_ENABLE, &args), -EBUSY);
	KUNIT_EXPECT_EQ(test, runtime->r_debug, 0x123456789abc);

	args.mode_mask = 0;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_RUNTIME_ENABLE, &args), 0);
	KUNIT_EXPECT_EQ(test, runtime->r_debug, 0);
	KUNIT_EXPECT_EQ(test, runtime->runtime_state, DEBUG_RUNTIME_STATE_DISABLED);
	KUNIT_EXPECT_EQ(test, runtime->ttmp_setup, 0);

	args.mode_mask = KFD_RUNTIME_ENABLE_MODE_ENABLE_MASK;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_RUNTIME_ENABLE, &args), 0);
	KUNIT_EXPECT_EQ(test, runtime->ttmp_setup, 0);
	KUNIT_EXPECT_EQ(test, fake->calls, 0);
}

/* kfd_ioctl_svm_validate() of amdkfd: attributes that the size has no room for. */
static void local_svm_size(struct kunit *test)
{
	struct {
		struct kfd_ioctl_svm_args args;
		struct kfd_ioctl_svm_attribute attrs[2];
	} svm = {};
	struct kfd_fake *fake = test->priv;
	u32 size;

	BUILD_BUG_ON(sizeof(svm) != 40);
	svm.args.nattr = 2;
	for (size = 0; size <= sizeof(svm); size++)
		KUNIT_EXPECT_EQ_MSG(test, size < sizeof(svm) ? -EINVAL : -EPERM,
				    kfd_fake_ioctl(test, _IOC(_IOC_READ | _IOC_WRITE, 'K', 0x20,
							      size), &svm), "%u", size);
	svm.args.nattr = U32_MAX;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_SVM, &svm), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake->calls, 0);
}

static void local_profiler(struct kunit *test)
{
	struct kfd_ioctl_profiler_args args = { .op = KFD_IOC_PROFILER_VERSION };
	struct kfd_fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_PROFILER, &args), 0);
	KUNIT_EXPECT_EQ(test, args.version, KFD_IOC_PROFILER_VERSION_NUM);

	args.op = KFD_IOC_PROFILER_PTL_CONTROL;
	args.ptl.gpu_id = FAKE_GPU_ID_2;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_PROFILER, &args), -EOPNOTSUPP);
	args.ptl.gpu_id = FAKE_GPU_ID_2 - 1;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_PROFILER, &args), -EINVAL);
	args.op = 1;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_PROFILER, &args), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake->calls, 0);
}

/* What needs no device of CREATE_PROCESS: who may have a further context. */
static void local_create_process(struct kunit *test)
{
	struct virtgpu_kfd_process other = { .mn.mm = current->mm };
	struct kfd_fake *fake = test->priv;

	fake->process.primary = &other;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_CREATE_PROCESS, NULL), -EINVAL);
	fake->process.primary = NULL;
	fake->control.lost = true;
	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_CREATE_PROCESS, NULL), -EIO);
	KUNIT_EXPECT_PTR_EQ(test, fake->file.private_data, &fake->process);
}

#define SMI_MASK(event)	KFD_SMI_EVENT_MASK_FROM_INDEX(KFD_SMI_EVENT_##event)
#define SMI_READ_AT	PAGE_SIZE
#define SMI_EVENT	0x40000000
#define SMI_EVENT_2	0x40000001

/* A file for the first GPU's events; each is closed by smi_close(). */
static struct file *smi_open(struct kunit *test, u64 mask)
{
	struct kfd_ioctl_smi_events_args args = { .gpuid = FAKE_GPU_ID };
	struct kfd_fake *fake = test->priv;
	struct file *file;

	KUNIT_ASSERT_EQ(test, 0, kfd_fake_ioctl(test, AMDKFD_IOC_SMI_EVENTS, &args));
	file = fget(args.anon_fd);
	KUNIT_ASSERT_NOT_NULL(test, file);
	close_fd(args.anon_fd);

	kfd_fake_write(test, 0, &mask, sizeof(mask));
	KUNIT_EXPECT_EQ(test, 8, file->f_op->write(file, fake->user, sizeof(mask), NULL));
	return file;
}

static void smi_close(struct file *file)
{
	fput(file);
	flush_delayed_fput();
}

/* Reads at most @len bytes; what was read is a string in @text, which has room for one more. */
static ssize_t smi_read(struct kunit *test, struct file *file, char *text, size_t len)
{
	struct kfd_fake *fake = test->priv;
	ssize_t ret;

	ret = file->f_op->read(file, fake->user + SMI_READ_AT, len, NULL);
	text[max(ret, 0)] = 0;
	if (ret > 0)
		kfd_fake_read(test, SMI_READ_AT, text, ret);
	return ret;
}

/* The host reports a fault, to one event. */
static void smi_fault(struct kunit *test, u32 event_id, u32 gpu_id, u32 error)
{
	/* Not present, no address, and at the end what it is of a RAS error. */
	const struct kfd_hsa_memory_exception_data data = { { 1 }, 0, gpu_id, error };
	struct virtkfd_event fired = {
		.ctx_id = FAKE_CTX_ID,
		.event_id = event_id,
		.type = KFD_IOC_EVENT_MEMORY,
	};
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_poll *poll;

	poll = kunit_kzalloc(test, sizeof(*poll), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, poll);
	memcpy(fired.data, &data, sizeof(data));
	poll->kfd = &fake->kfd;
	poll->rsp.hdr.rsp.len = sizeof(poll->rsp.hdr) + sizeof(fired);
	poll->rsp.hdr.num_events = 1;
	poll->rsp.hdr.event_size = sizeof(fired);
	memcpy(poll->rsp.data, &fired, sizeof(fired));
	virtgpu_kfd_poll_fired(poll);
	kunit_kfree(test, poll);
}

static void smi_vm(struct kunit *test, u32 index, pid_t pid, const char *comm)
{
	struct kfd_fake *fake = test->priv;

	fake->vms[index].pid = pid;
	strscpy(fake->vms[index].comm, comm);
}

static void local_smi_unknown_gpu(struct kunit *test)
{
	struct kfd_ioctl_smi_events_args args = { .gpuid = FAKE_GPU_ID + 1 };

	KUNIT_EXPECT_EQ(test, kfd_fake_ioctl(test, AMDKFD_IOC_SMI_EVENTS, &args), -EINVAL);
}

/* The format is KFD_EVENT_FMT_VMFAULT's. */
static void local_smi_fault(struct kunit *test)
{
	struct file *file = smi_open(test, SMI_MASK(VMFAULT));
	struct file *other = smi_open(test, ~SMI_MASK(VMFAULT));
	char text[65];

	smi_vm(test, 0, 0x1abc, "a thread");
	kfd_fake_event(test, SMI_EVENT, KFD_IOC_EVENT_MEMORY, true);
	kfd_fake_event(test, SMI_EVENT_2, KFD_IOC_EVENT_MEMORY, true);
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, vfs_poll(file, NULL));

	smi_fault(test, SMI_EVENT, FAKE_GPU_ID, 0);
	KUNIT_EXPECT_TRUE(test, vfs_poll(file, NULL) == (EPOLLIN | EPOLLRDNORM));
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), 16);
	KUNIT_EXPECT_STREQ(test, text, "1 1abc:a thread\n");
	KUNIT_EXPECT_FALSE(test, vfs_poll(file, NULL));

	/* The host tells it to every event: that is one fault. */
	smi_fault(test, SMI_EVENT_2, FAKE_GPU_ID, 0);
	/* Nor is a RAS error, nor what another GPU does, or one that is none. */
	smi_fault(test, SMI_EVENT, FAKE_GPU_ID, 2);
	smi_fault(test, SMI_EVENT, FAKE_GPU_ID_2, 0);
	smi_fault(test, SMI_EVENT, FAKE_GPU_ID + 1, 0);
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), -EAGAIN);
	KUNIT_EXPECT_EQ(test, smi_read(test, other, text, 64), -EAGAIN);
	smi_close(other);
	smi_close(file);
}

/* 8 KiB: what does not fit is lost, and never a part of a line. */
static void local_smi_overflow(struct kunit *test)
{
	struct file *file = smi_open(test, SMI_MASK(VMFAULT));
	static const char line[] = "1 77:overflowing\n";
	const u32 num = SZ_8K / (sizeof(line) - 1);
	char text[65];
	u32 i;

	smi_vm(test, 0, 0x77, "overflowing");
	kfd_fake_event(test, SMI_EVENT, KFD_IOC_EVENT_MEMORY, true);
	for (i = 0; i < num + 10; i++)
		smi_fault(test, SMI_EVENT, FAKE_GPU_ID, 0);
	for (i = 0; i < num; i++) {
		KUNIT_ASSERT_EQ(test, smi_read(test, file, text, sizeof(line) - 1),
				sizeof(line) - 1);
		KUNIT_ASSERT_STREQ(test, text, line);
	}
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), -EAGAIN);

	/* There is room again. */
	smi_fault(test, SMI_EVENT, FAKE_GPU_ID, 0);
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 1), 1);
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 0), -EAGAIN);
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), sizeof(line) - 2);
	KUNIT_EXPECT_STREQ(test, text, line + 1);
	smi_close(file);
}

/* The end of the process is the end of its VMs. */
static void local_smi_process_end(struct kunit *test)
{
	struct file *file = smi_open(test, ~0ULL);
	struct kfd_fake *fake = test->priv;
	char text[65];

	smi_vm(test, 0, 0x10, "ends");
	smi_vm(test, 1, 0x11, "elsewhere");
	virtgpu_kfd_memory_fini(&fake->process);
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), 10);
	KUNIT_EXPECT_STREQ(test, text, "d 10 ends\n");
	/* It has none any more. */
	virtgpu_kfd_memory_fini(&fake->process);
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), -EAGAIN);
	smi_close(file);
}

static void local_smi_device_gone(struct kunit *test)
{
	struct file *file = smi_open(test, ~0ULL);
	struct kfd_fake *fake = test->priv;
	char text[65];

	smi_vm(test, 0, 1, "x");
	kfd_fake_event(test, SMI_EVENT, KFD_IOC_EVENT_MEMORY, true);
	smi_fault(test, SMI_EVENT, FAKE_GPU_ID, 0);
	fake->kfd.gone = true;
	KUNIT_EXPECT_TRUE(test, vfs_poll(file, NULL) == (EPOLLIN | EPOLLRDNORM | EPOLLHUP));
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), 6);
	KUNIT_EXPECT_STREQ(test, text, "1 1:x\n");
	KUNIT_EXPECT_TRUE(test, vfs_poll(file, NULL) == EPOLLHUP);
	KUNIT_EXPECT_EQ(test, smi_read(test, file, text, 64), -ENODEV);
	smi_close(file);
}

static struct kunit_case local_cases[] = {
	KUNIT_CASE(local_runtime_enable),
	KUNIT_CASE(local_svm_size),
	KUNIT_CASE(local_profiler),
	KUNIT_CASE(local_create_process),
	KUNIT_CASE(local_smi_unknown_gpu),
	KUNIT_CASE(local_smi_fault),
	KUNIT_CASE(local_smi_overflow),
	KUNIT_CASE(local_smi_process_end),
	KUNIT_CASE(local_smi_device_gone),
	{}
};

static struct kunit_suite local_suite = {
	.name = "virtio_gpu_kfd_local",
	.init = kfd_fake_init,
	.exit = kfd_fake_exit,
	.test_cases = local_cases,
};

kunit_test_suite(local_suite);
