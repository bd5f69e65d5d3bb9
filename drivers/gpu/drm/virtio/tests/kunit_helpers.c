// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of the AMDKFD context support: a device whose host is a function.
 *
 * What lives here: enough of a device and a process for the ioctls to work, where
 * virtgpu_kfd_call_buf() is replaced: nothing below it, so no virtqueue, exists. What does
 * not: tests.
 */
#include <kunit/resource.h>
#include <kunit/static_stub.h>
#include <kunit/test-bug.h>
#include <linux/anon_inodes.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "kunit_helpers.h"

static const struct file_operations fake_render_fops = {
	.owner = THIS_MODULE,
};

static int fake_call_buf(struct virtgpu_kfd_ctx *ctx, void *cmd, u32 cmd_len,
			 struct virtkfd_rsp *rsp, u32 rsp_len)
{
	struct kunit *test = kunit_get_current_test();
	struct kfd_fake *fake = test->priv;
	struct virtkfd_ccmd *hdr = cmd;

	kvfree(fake->cmd);
	fake->cmd = cmd;
	hdr->len = cmd_len;
	hdr->seqno = ++fake->calls;
	hdr->rsp_len = rsp_len;

	memset(rsp, 0, rsp_len);
	rsp->len = rsp_len;
	rsp->seqno = hdr->seqno;
	fake->host(fake, hdr, rsp, rsp_len);

	return virtgpu_kfd_check_response(rsp, rsp_len, hdr->seqno) ?: rsp->ret;
}

/**
 * kfd_fake_answer() - answer a %VIRTKFD_CCMD_IOCTL
 * @rsp: response to fill in
 * @rsp_len: room for it; what does not fit is cut off
 * @ret: result
 * @args: arguments
 * @args_len: their bytes
 * @out: arrays
 * @out_len: their bytes
 */
void kfd_fake_answer(struct virtkfd_rsp *rsp, u32 rsp_len, int ret, const void *args,
		     u32 args_len, const void *out, u32 out_len)
{
	struct virtkfd_rsp_ioctl *answer = (struct virtkfd_rsp_ioctl *)rsp;
	u32 at = sizeof(*answer);

	rsp->ret = ret;
	rsp->len = at + ALIGN(args_len, 8) + out_len;
	answer->args_len = args_len;
	answer->out_len = out_len;

	if (at < rsp_len)
		memcpy((void *)rsp + at, args, min(args_len, rsp_len - at));
	at += ALIGN(args_len, 8);
	if (at < rsp_len)
		memcpy((void *)rsp + at, out, min(out_len, rsp_len - at));
}

/* A host that succeeds at everything, and changes nothing but the ids of what is new. */
void kfd_fake_echo(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
		   struct virtkfd_rsp *rsp, u32 rsp_len)
{
	const struct virtkfd_ccmd_ioctl *sent = (const void *)cmd;
	union {
		struct kfd_ioctl_create_event_args event;
		struct kfd_ioctl_alloc_memory_of_gpu_args memory;
	} args;
	const void *answer = sent + 1;

	if (cmd->cmd != VIRTKFD_CCMD_IOCTL)
		return;
	if (sent->nr == _IOC_NR(AMDKFD_IOC_CREATE_EVENT)) {
		memcpy(&args, answer, sizeof(args.event));
		args.event.event_id = fake->event_id;
		answer = &args;
	} else if (sent->nr == _IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU)) {
		memcpy(&args, answer, sizeof(args.memory));
		args.memory.handle = fake->handle;
		args.memory.mmap_offset = 0x5555000;
		answer = &args;
	}
	kfd_fake_answer(rsp, rsp_len, 0, answer, sent->args_len, NULL, 0);
}

const struct virtkfd_ccmd_ioctl *kfd_fake_sent(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;
	const struct virtkfd_ccmd_ioctl *sent = fake->cmd;

	KUNIT_ASSERT_NOT_NULL(test, sent);
	KUNIT_ASSERT_EQ(test, sent->hdr.cmd, VIRTKFD_CCMD_IOCTL);
	KUNIT_ASSERT_GE(test, sent->hdr.len, (u32)sizeof(*sent));
	KUNIT_ASSERT_EQ(test, sent->hdr.len,
			sizeof(*sent) + ALIGN(sent->args_len, 8) + ALIGN(sent->in_len, 8));
	return sent;
}

void *kfd_fake_sent_args(struct kunit *test)
{
	return (void *)(kfd_fake_sent(test) + 1);
}

void *kfd_fake_sent_arrays(struct kunit *test)
{
	return kfd_fake_sent_args(test) + ALIGN(kfd_fake_sent(test)->args_len, 8);
}

/* Writes to user space, @at bytes into its memory. */
void kfd_fake_write(struct kunit *test, u32 at, const void *data, u32 len)
{
	struct kfd_fake *fake = test->priv;

	KUNIT_ASSERT_LE(test, at + len, FAKE_USER_SIZE);
	KUNIT_ASSERT_EQ(test, 0, copy_to_user(fake->user + at, data, len));
}

void kfd_fake_read(struct kunit *test, u32 at, void *data, u32 len)
{
	struct kfd_fake *fake = test->priv;

	KUNIT_ASSERT_LE(test, at + len, FAKE_USER_SIZE);
	KUNIT_ASSERT_EQ(test, 0, copy_from_user(data, fake->user + at, len));
}

/* From @at on there is nothing any more. */
void kfd_fake_unmap(struct kunit *test, u32 at)
{
	struct kfd_fake *fake = test->priv;

	KUNIT_ASSERT_EQ(test, 0, vm_munmap((unsigned long)fake->user + at, FAKE_USER_SIZE - at));
}

/* As user space calls it, with the arguments at the start of its memory. */
long kfd_fake_ioctl(struct kunit *test, unsigned int cmd, void *args)
{
	struct kfd_fake *fake = test->priv;
	long ret;

	kfd_fake_write(test, 0, args, _IOC_SIZE(cmd));
	ret = virtgpu_kfd_ioctl(&fake->file, cmd, (unsigned long)fake->user);
	kfd_fake_read(test, 0, args, _IOC_SIZE(cmd));
	return ret;
}

/* A new event, to which the host gives that id. */
struct virtgpu_kfd_event *kfd_fake_event(struct kunit *test, u32 id, u32 type, bool auto_reset)
{
	struct kfd_ioctl_create_event_args args = {
		.event_type = type,
		.auto_reset = auto_reset,
	};
	struct kfd_fake *fake = test->priv;

	fake->event_id = id;
	KUNIT_ASSERT_EQ(test, 0, kfd_fake_ioctl(test, AMDKFD_IOC_CREATE_EVENT, &args));
	KUNIT_ASSERT_EQ(test, args.event_id, id);
	return xa_load(&fake->process.events, id);
}

static void fake_ctx(struct virtgpu_kfd_ctx *ctx, struct virtgpu_kfd *kfd, u32 id)
{
	kref_init(&ctx->ref);
	ctx->kfd = kfd;
	ctx->id = id;
}

static void fake_gpu(struct kfd_fake *fake, u32 index, u32 gpu_id)
{
	struct virtgpu_kfd_gpu *gpu = &fake->gpus[index];

	gpu->kfd = &fake->kfd;
	gpu->index = index;
	gpu->gpu_id = gpu_id;
	gpu->doorbell_size = FAKE_DOORBELL_SIZE;
	virtgpu_kfd_smi_init(gpu);
	gpu->render = &fake->render[index];
	gpu->render->dev_private = gpu;
	gpu->render->vma_offset_manager = &fake->offsets;
	mutex_init(&gpu->render->gem_lru_mutex);
}

static void fake_device(struct kfd_fake *fake)
{
	struct virtgpu_kfd *kfd = &fake->kfd;

	fake->vgdev.vdev = &fake->vdev;
	fake->vgdev.kfd = kfd;
	drm_vma_offset_manager_init(&fake->offsets, DRM_FILE_PAGE_OFFSET_START,
				    DRM_FILE_PAGE_OFFSET_SIZE);
	fake_gpu(fake, 0, FAKE_GPU_ID);
	fake_gpu(fake, 1, FAKE_GPU_ID_2);
	fake_ctx(&fake->control, kfd, 1);

	kref_init(&kfd->ref);
	kfd->vgdev = &fake->vgdev;
	kfd->capset.kfd_major = FAKE_KFD_MAJOR;
	kfd->capset.kfd_minor = FAKE_KFD_MINOR;
	kfd->capset.features = VIRTKFD_F_USERPTR;
	kfd->control = &fake->control;
	kfd->gpus = fake->gpus;
	kfd->num_gpus = FAKE_GPUS;
	kfd->num_nodes = FAKE_GPUS + 1;
	spin_lock_init(&kfd->requests_lock);
	INIT_LIST_HEAD(&kfd->requests);
	init_waitqueue_head(&kfd->slots_wait);
	mutex_init(&kfd->processes_lock);
	xa_init(&kfd->processes);
	INIT_LIST_HEAD(&kfd->unproven);
}

KUNIT_DEFINE_ACTION_WRAPPER(put_task, put_task_struct, struct task_struct *);

/* A test's thread has ended when kfd_fake_exit() runs in another. */
static void fake_process(struct kunit *test, struct kfd_fake *fake)
{
	struct virtgpu_kfd_process *process = &fake->process;
	struct file *file;
	u32 i;

	kref_init(&process->ref);
	process->kfd = &fake->kfd;
	process->ctx = &fake->ctx;
	process->lead_thread = get_task_struct(current->group_leader);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_task, process->lead_thread), 0);
	ida_init(&process->context_ids);
	refcount_set(&process->active, 1);
	INIT_LIST_HEAD(&process->unproven);
	mutex_init(&process->lock);
	xa_init(&process->bos);
	INIT_LIST_HEAD(&process->pinned);
	mutex_init(&process->event_lock);
	spin_lock_init(&process->event_state_lock);
	xa_init(&process->queues);
	xa_init(&process->events);
	process->vms = fake->vms;
	fake->file.private_data = process;

	fake_ctx(&fake->ctx, &fake->kfd, FAKE_CTX_ID);
	KUNIT_ASSERT_EQ(test, 0, xa_insert(&fake->kfd.processes, FAKE_CTX_ID, process,
					   GFP_KERNEL));

	for (i = 0; i < FAKE_GPUS; i++) {
		file = anon_inode_getfile("[kfd_fake]", &fake_render_fops, &fake->drm_files[i],
					  O_RDWR);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
		fake->vms[i].drm_file = file;
	}
}

/**
 * kfd_fake_init() - the suites' init: test->priv is a &struct kfd_fake
 * @test: test
 *
 * Return: 0.
 */
int kfd_fake_init(struct kunit *test)
{
	struct kfd_fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	unsigned long user;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	fake->host = kfd_fake_echo;
	fake_device(fake);
	test->priv = fake;
	fake_process(test, fake);

	user = kunit_vm_mmap(test, NULL, 0, FAKE_USER_SIZE, PROT_READ | PROT_WRITE,
			     MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, user, 0);
	KUNIT_ASSERT_LT(test, user, (unsigned long)TASK_SIZE);
	fake->user = (void __user *)user;
	fake->process.mn.mm = current->mm;

	kunit_activate_static_stub(test, virtgpu_kfd_call_buf, fake_call_buf);
	return 0;
}

/**
 * kfd_fake_exit() - the suites' exit: end the process, see that nothing is left
 * @test: test
 */
void kfd_fake_exit(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;

	if (!fake)
		return;

	virtgpu_kfd_events_fini(&fake->process);
	virtgpu_kfd_memory_fini(&fake->process);
	virtgpu_kfd_memory_unpin(&fake->process);
	flush_delayed_fput();

	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.events), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.bos), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.blobs), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&fake->kfd.counts.pinned_pages), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&fake->process.active), 1);
	KUNIT_EXPECT_EQ(test, kref_read(&fake->process.ref), 1);

	xa_destroy(&fake->kfd.processes);
	drm_vma_offset_manager_destroy(&fake->offsets);
	kvfree(fake->cmd);
}

MODULE_DESCRIPTION("KUnit tests of the AMDKFD contexts of virtio-gpu");
MODULE_LICENSE("Dual MIT/GPL");
MODULE_IMPORT_NS("EXPORTED_FOR_KUNIT_TESTING");
