/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * KUnit tests of the AMDKFD context support: a device whose host is a function.
 *
 * What lives here: what the suites share. What does not: tests.
 */
#ifndef VIRTGPU_KFD_KUNIT_HELPERS_H
#define VIRTGPU_KFD_KUNIT_HELPERS_H

#include <kunit/test.h>
#include <linux/fs.h>
#include <drm/drm_device.h>
#include <drm/drm_file.h>
#include <drm/drm_vma_manager.h>

#include "../virtgpu_kfd.h"

#define FAKE_GPUS		2
#define FAKE_GPU_ID		0x1a2b
#define FAKE_GPU_ID_2		0xffff	/* the largest there is */
#define FAKE_DOORBELL_SIZE	ALIGN(SZ_8K, PAGE_SIZE)
#define FAKE_KFD_MAJOR		1
#define FAKE_KFD_MINOR		77
#define FAKE_CTX_ID		2
#define FAKE_USER_SIZE		(4 * PAGE_SIZE)

/* Between the address spaces of user and kernel, or beyond both. */
#define FAKE_BAD_USER_PTR	((void __user *)(1UL << 63))

struct kfd_fake;

/**
 * typedef kfd_fake_host - what the host does with a command
 * @fake: device
 * @cmd: command
 * @rsp: response to fill in: a header of a success with @rsp_len, and zeros
 * @rsp_len: room for it
 *
 * What it makes of the header is checked as that of a real response.
 */
typedef void kfd_fake_host(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
			   struct virtkfd_rsp *rsp, u32 rsp_len);

/**
 * struct kfd_fake - a device, its host, and the one process it has
 * @kfd: device
 * @vgdev: below it
 * @vdev: below that
 * @gpus: its GPUs
 * @render: their render nodes
 * @offsets: of the mmap offsets of all render nodes
 * @control: control context
 * @ctx: context of @process
 * @process: process, the test's thread
 * @vms: its VMs, acquired
 * @drm_files: they were acquired with
 * @file: /dev/kfd as @process opened it
 * @user: memory of FAKE_USER_SIZE bytes in user space
 * @host: the host; kfd_fake_echo() if the test does not change it
 * @event_id: id of the next event that the host makes
 * @handle: handle of the next memory that the host allocates
 * @calls: commands so far
 * @cmd: the last of them
 */
struct kfd_fake {
	struct virtgpu_kfd kfd;
	struct virtio_gpu_device vgdev;
	struct virtio_device vdev;
	struct virtgpu_kfd_gpu gpus[FAKE_GPUS];
	struct drm_device render[FAKE_GPUS];
	struct drm_vma_offset_manager offsets;
	struct virtgpu_kfd_ctx control;
	struct virtgpu_kfd_ctx ctx;
	struct virtgpu_kfd_process process;
	struct virtgpu_kfd_vm vms[FAKE_GPUS];
	struct drm_file drm_files[FAKE_GPUS];
	struct file file;
	void __user *user;
	kfd_fake_host *host;
	u32 event_id;
	u64 handle;
	u32 calls;
	void *cmd;
};

int kfd_fake_init(struct kunit *test);
void kfd_fake_exit(struct kunit *test);

kfd_fake_host kfd_fake_echo;
void kfd_fake_answer(struct virtkfd_rsp *rsp, u32 rsp_len, int ret, const void *args,
		     u32 args_len, const void *out, u32 out_len);

/* Of the ioctl that the last command carries. */
const struct virtkfd_ccmd_ioctl *kfd_fake_sent(struct kunit *test);
void *kfd_fake_sent_args(struct kunit *test);
void *kfd_fake_sent_arrays(struct kunit *test);

long kfd_fake_ioctl(struct kunit *test, unsigned int cmd, void *args);
struct virtgpu_kfd_event *kfd_fake_event(struct kunit *test, u32 id, u32 type, bool auto_reset);
void kfd_fake_write(struct kunit *test, u32 at, const void *data, u32 len);
void kfd_fake_read(struct kunit *test, u32 at, void *data, u32 len);
void kfd_fake_unmap(struct kunit *test, u32 at);

#endif /* VIRTGPU_KFD_KUNIT_HELPERS_H */
