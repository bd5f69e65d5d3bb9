// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Queues of process contexts: the limit, and what the wire says otherwise than KFD.
 *
 * What does not live here: what a queue is and does, which is the backend's matter.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

static void destroy_backend(struct virtkfd_ctx *ctx, uint32_t id)
{
	struct kfd_ioctl_destroy_queue_args args = { .queue_id = id };

	ctx->vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_DESTROY_QUEUE), &args);
}

/**
 * vk_queue_create() - CREATE_QUEUE
 * @ctx: process context
 * @args: arguments; doorbell_offset returns the offset in the slice
 *
 * Return: the backend's, with EOPNOTSUPP for ENOTSUPP; before that -EINVAL for a
 * doorbell_offset, -EPERM past the limit, as amdkfd does with a GPU that has no room for more.
 */
int vk_queue_create(struct virtkfd_ctx *ctx, struct kfd_ioctl_create_queue_args *args)
{
	struct virtkfd_vm *vm = ctx->vm;
	int ret;

	if (args->doorbell_offset)
		return -EINVAL;
	if (vm->stats.queues >= vm->limits.queues) {
		vk_log(vm, VIRTKFD_LOG_WARNING, "context %u: limit of %u queues reached", ctx->id,
		       vm->limits.queues);
		return -EPERM;
	}
	if (!ctx->queues) {
		ctx->queues = calloc(VK_MAX_QUEUES, sizeof(*ctx->queues));
		if (!ctx->queues)
			return -ENOMEM;
	}
	ret = vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_CREATE_QUEUE), args);
	if (ret)
		return ret == -ENOTSUPP ? -EOPNOTSUPP : ret;
	if (args->queue_id >= VK_MAX_QUEUES || ctx->queues[args->queue_id].exists) {
		vk_log(vm, VIRTKFD_LOG_ERROR, "context %u: the backend gave a queue the id %u",
		       ctx->id, args->queue_id);
		destroy_backend(ctx, args->queue_id);
		return -EIO;
	}
	ctx->queues[args->queue_id].exists = true;
	/* Others have none, and nobody looks at what is said of it. */
	if (args->queue_type == KFD_IOC_QUEUE_TYPE_COMPUTE ||
	    args->queue_type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL)
		ctx->queues[args->queue_id].ctl_stack_size = args->ctl_stack_size;
	else
		ctx->queues[args->queue_id].ctl_stack_size = 0;
	ctx->num_queues++;
	vm->stats.queues++;
	return 0;
}

int vk_queue_destroy(struct virtkfd_ctx *ctx, struct kfd_ioctl_destroy_queue_args *args)
{
	int ret = ctx->vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_DESTROY_QUEUE), args);

	if (ret || !ctx->queues || args->queue_id >= VK_MAX_QUEUES ||
	    !ctx->queues[args->queue_id].exists)
		return ret;
	ctx->queues[args->queue_id].exists = false;
	ctx->num_queues--;
	ctx->vm->stats.queues--;
	return 0;
}

/* Bytes at ctl_stack_address that GET_QUEUE_WAVE_STATE may write: header and control stack. */
size_t vk_wave_state_size(struct virtkfd_ctx *ctx, uint32_t queue_id)
{
	size_t size = sizeof(struct kfd_context_save_area_header);

	if (ctx->queues && queue_id < VK_MAX_QUEUES && ctx->queues[queue_id].exists &&
	    ctx->queues[queue_id].ctl_stack_size > size)
		size = ctx->queues[queue_id].ctl_stack_size;
	return size;
}

/* The backend's context has been closed: forget what it had. */
void vk_queues_free(struct virtkfd_ctx *ctx)
{
	ctx->vm->stats.queues -= ctx->num_queues;
	free(ctx->queues);
}
