// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: the queues of a process.
 *
 * What lives here: what an ioctl of a queue says otherwise than the host does, and which queues
 * there are. What does not: their memory and doorbells, which user space maps like any other;
 * the host sees to it that the memory stays mapped to the GPU, and ends queues with the context.
 */
#include <linux/kfd_ioctl.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include <drm/drm_print.h>

#include "virtgpu_kfd.h"
#include "virtgpu_kfd_cookie.h"

#define CREATE_NR	_IOC_NR(AMDKFD_IOC_CREATE_QUEUE)
#define DESTROY_NR	_IOC_NR(AMDKFD_IOC_DESTROY_QUEUE)
#define CU_MASK_NR	_IOC_NR(AMDKFD_IOC_SET_CU_MASK)
#define WAVE_STATE_NR	_IOC_NR(AMDKFD_IOC_GET_QUEUE_WAVE_STATE)

/* More of a CU mask is ignored. */
#define CU_MASK_MOST	1024
/* A control stack has some bytes for each wave that a GPU has room for. */
#define WAVE_STATE_MOST	SZ_16K

/* The kernel's own "not supported", which amdkfd lets user space see. */
#define ERRNO_UNKNOWN_TYPE	524

/**
 * struct wave_state - what the host returns of a queue's wave state
 * @head: the start of the save area's header, sizes and offsets
 * @stack: the used part of the control stack
 */
struct wave_state {
	typeof_member(struct kfd_context_save_area_header, wave_state) head;
	u8 stack[];
};

static int host_destroy(struct virtgpu_kfd_process *process, u32 id)
{
	struct kfd_ioctl_destroy_queue_args args = { .queue_id = id };

	return virtgpu_kfd_forward(process, DESTROY_NR, &args, NULL, 0);
}

/* Enters a queue that the host has made. With process->lock held. */
static int add_queue(struct virtgpu_kfd_process *process,
		     const struct kfd_ioctl_create_queue_args *args)
{
	struct virtgpu_kfd_gpu *gpu = virtgpu_kfd_gpu_by_id(process->kfd, args->gpu_id);
	int ret;

	if (!gpu || args->doorbell_offset >= gpu->doorbell_size ||
	    xa_load(&process->queues, args->queue_id)) {
		drm_err_ratelimited(process->kfd->vgdev->ddev,
				    "kfd: the host made queue %u with the doorbell 0x%llx\n",
				    args->queue_id, args->doorbell_offset);
		return -EIO;
	}
	ret = xa_insert(&process->queues, args->queue_id, xa_mk_value(args->ctl_stack_size),
			GFP_KERNEL_ACCOUNT);
	if (ret) {
		host_destroy(process, args->queue_id);
		return ret;
	}
	atomic_inc(&process->kfd->counts.queues);
	virtgpu_kfd_procfs_add_queue(process, args->queue_id, args->gpu_id, args->queue_type,
				     args->ring_size);
	return 0;
}

/**
 * virtgpu_kfd_create_queue() - AMDKFD_IOC_CREATE_QUEUE
 * @process: process
 * @data: &struct kfd_ioctl_create_queue_args; doorbell_offset returns where to mmap() the
 *	doorbells, with the queue's own in the lower bits
 *
 * Return: 0; -EOPNOTSUPP if the host has no queues; -ENOTSUPP for an unknown type, as amdkfd
 * does; -EIO if the host's answer is not one; else the host's errno.
 */
int virtgpu_kfd_create_queue(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_create_queue_args *args = data;
	struct kfd_ioctl_create_queue_args wire = *args;
	int ret;

	if (!(process->kfd->capset.features & VIRTKFD_F_QUEUES))
		return -EOPNOTSUPP;

	wire.doorbell_offset = 0;
	mutex_lock(&process->lock);
	ret = virtgpu_kfd_forward(process, CREATE_NR, &wire, NULL, 0);
	if (!ret) {
		wire.gpu_id = args->gpu_id;
		wire.queue_type = args->queue_type;
		wire.ctl_stack_size = args->ctl_stack_size;
		ret = add_queue(process, &wire);
	}
	mutex_unlock(&process->lock);

	/* It is made larger before anything else can fail. */
	args->ring_size = wire.ring_size;
	if (ret)
		return ret == -EOPNOTSUPP ? -ERRNO_UNKNOWN_TYPE : ret;

	args->queue_id = wire.queue_id;
	args->doorbell_offset = VIRTGPU_KFD_COOKIE_DOORBELL |
				VIRTGPU_KFD_COOKIE_GPU(args->gpu_id) | wire.doorbell_offset;
	return 0;
}

/**
 * virtgpu_kfd_destroy_queue() - AMDKFD_IOC_DESTROY_QUEUE
 * @process: process
 * @data: &struct kfd_ioctl_destroy_queue_args
 *
 * Return: 0, or the host's errno: -EINVAL without such a queue.
 */
int virtgpu_kfd_destroy_queue(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_destroy_queue_args *args = data;
	int ret;

	mutex_lock(&process->lock);
	ret = host_destroy(process, args->queue_id);
	if (!ret && xa_erase(&process->queues, args->queue_id)) {
		atomic_dec(&process->kfd->counts.queues);
		virtgpu_kfd_procfs_del_queue(process, args->queue_id);
	}
	mutex_unlock(&process->lock);
	return ret;
}

/**
 * virtgpu_kfd_set_cu_mask() - AMDKFD_IOC_SET_CU_MASK
 * @process: process
 * @data: &struct kfd_ioctl_set_cu_mask_args
 *
 * Return: 0, -EINVAL for a number of bits that is no multiple of 32 or zero, -EFAULT if the
 * mask cannot be read or without such a queue; else the host's errno.
 */
int virtgpu_kfd_set_cu_mask(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_set_cu_mask_args *args = data;
	u32 wanted = args->num_cu_mask;
	int ret;

	if (wanted % 32 || !wanted)
		return -EINVAL;
	args->num_cu_mask = min(wanted, CU_MASK_MOST);
	ret = virtgpu_kfd_carry(process, CU_MASK_NR, args, U32_MAX);
	args->num_cu_mask = wanted;
	return ret;
}

/**
 * virtgpu_kfd_get_wave_state() - AMDKFD_IOC_GET_QUEUE_WAVE_STATE
 * @process: process
 * @data: &struct kfd_ioctl_get_queue_wave_state_args
 *
 * Return: 0; -EFAULT without such a queue or if its control stack cannot be copied to user
 * space; -EINVAL for one that is active or not of the compute kind; -ENOMEM for a control
 * stack beyond any GPU's; -EIO if the host puts it outside of its area; else the host's errno.
 */
int virtgpu_kfd_get_wave_state(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_get_queue_wave_state_args *args = data;
	struct kfd_ioctl_get_queue_wave_state_args wire = *args;
	void __user *user = u64_to_user_ptr(args->ctl_stack_address);
	struct wave_state *state;
	u32 size, used;
	void *entry;
	int ret;

	mutex_lock(&process->lock);
	entry = xa_load(&process->queues, args->queue_id);
	mutex_unlock(&process->lock);
	if (!entry)
		return -EFAULT;
	if (xa_to_value(entry) > WAVE_STATE_MOST)
		return -ENOMEM;

	size = sizeof(*state) + xa_to_value(entry);
	state = kvzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!state)
		return -ENOMEM;
	wire.ctl_stack_address = 0;
	ret = virtgpu_kfd_send(process, WAVE_STATE_NR, &wire, NULL, 0, state, size);
	if (ret)
		goto out_free;

	/* The host's numbers: the stack may not be put anywhere but into its own area. */
	used = wire.ctl_stack_used_size;
	if (state->head.control_stack_offset > xa_to_value(entry) ||
	    used > xa_to_value(entry) - state->head.control_stack_offset) {
		ret = -EIO;
		goto out_free;
	}
	args->ctl_stack_used_size = used;
	args->save_area_used_size = wire.save_area_used_size;
	if (copy_to_user(user, &state->head, sizeof(state->head)) ||
	    copy_to_user(user + state->head.control_stack_offset, state->stack, used))
		ret = -EFAULT;
out_free:
	kvfree(state);
	return ret;
}

/**
 * virtgpu_kfd_queues_fini() - a process ends: forget its queues
 * @process: process, without any call in progress
 *
 * Asks nothing of the host, whose context goes next.
 */
void virtgpu_kfd_queues_fini(struct virtgpu_kfd_process *process)
{
	unsigned long id;
	void *entry;

	xa_for_each(&process->queues, id, entry) {
		xa_erase(&process->queues, id);
		atomic_dec(&process->kfd->counts.queues);
	}
}
