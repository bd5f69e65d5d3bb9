// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The backend "kfd": mappings by GEM_VA, through the file of the render node that is the GPU VM.
 *
 * That file has one handle for all of a dma-buf, so that none has to be remembered. What is: where
 * memory has been mapped and where queues have theirs, since amdkfd's queues keep memory of which
 * the handle is closed. It goes on counting then, see virtkfd_backend_ops.render_va.
 *
 * What does not live here: memory and its mappings by KFD, host_memory.c.
 */
#include <errno.h>
#include <stdlib.h>

#include <drm/drm.h>

#include "host.h"

/* Of one context; many more than a program maps at a time. */
#define MAX_RANGES	65536

/**
 * struct host_range - where GEM_VA has mapped memory; what is left of it there is not told
 * @link: in virtkfd_backend_ctx.ranges
 * @gpu: index of the GPU
 * @gem: handle in its render node's file
 * @start: address
 * @end: where it ends
 */
struct host_range {
	LIST_ENTRY(host_range) link;
	uint32_t gpu;
	uint32_t gem;
	uint64_t start;
	uint64_t end;
};

/**
 * struct host_queue - where a queue has its memory
 * @link: in virtkfd_backend_ctx.queues
 * @id: KFD's
 * @addrs: of which amdkfd keeps what is mapped there
 */
struct host_queue {
	LIST_ENTRY(host_queue) link;
	uint32_t id;
	uint64_t addrs[5];
};

static bool has_queue(struct virtkfd_backend_ctx *ctx, const struct host_range *range)
{
	const struct host_queue *queue;

	LIST_FOREACH(queue, &ctx->queues, link)
		for (size_t i = 0; i < ARRAY_SIZE(queue->addrs); i++)
			if (queue->addrs[i] >= range->start && queue->addrs[i] < range->end)
				return true;
	return false;
}

static void range_del(struct virtkfd_backend_ctx *ctx, struct host_range *range)
{
	LIST_REMOVE(range, link);
	ctx->num_ranges--;
	free(range);
}

/* Nothing is mapped in [@start, @end) any more. What a queue has stays its own. */
static void forget(struct virtkfd_backend_ctx *ctx, uint32_t gpu, uint64_t start, uint64_t end)
{
	struct host_range *range, *next;

	for (range = LIST_FIRST(&ctx->ranges); range; range = next) {
		next = LIST_NEXT(range, link);
		if (range->gpu == gpu && range->start >= start && range->end <= end &&
		    !has_queue(ctx, range))
			range_del(ctx, range);
	}
}

static int gem_close(struct virtkfd_backend_ctx *ctx, uint32_t gpu, uint32_t gem)
{
	struct drm_gem_close args = { .handle = gem };
	struct host_range *range, *next;
	int ret;

	LIST_FOREACH(range, &ctx->ranges, link)
		if (range->gpu == gpu && range->gem == gem && has_queue(ctx, range))
			return -EBUSY;
	ret = host_ioctl(ctx->render_fds[gpu], DRM_IOCTL_GEM_CLOSE, &args);
	for (range = LIST_FIRST(&ctx->ranges); range && !ret; range = next) {
		next = LIST_NEXT(range, link);
		if (range->gpu == gpu && range->gem == gem)
			range_del(ctx, range);
	}
	return ret;
}

static int gem_va(struct virtkfd_backend_ctx *ctx, uint32_t gpu, struct drm_amdgpu_gem_va *va)
{
	bool maps = va->operation == AMDGPU_VA_OP_MAP || va->operation == AMDGPU_VA_OP_REPLACE;
	struct host_range *range = NULL;
	uint64_t end;
	int ret;

	if (maps) {
		if (ctx->num_ranges >= MAX_RANGES)
			return -ENOMEM;
		range = calloc(1, sizeof(*range));
		if (!range)
			return -ENOMEM;
	}
	ret = host_ioctl(ctx->render_fds[gpu], DRM_IOCTL_AMDGPU_GEM_VA, va);
	if (ret) {
		free(range);
		return ret;
	}
	if (__builtin_add_overflow(va->va_address, va->map_size, &end))
		end = UINT64_MAX;
	if (va->operation != AMDGPU_VA_OP_MAP)
		forget(ctx, gpu, va->va_address, end);
	if (maps) {
		range->gpu = gpu;
		range->gem = va->handle;
		range->start = va->va_address;
		range->end = end;
		LIST_INSERT_HEAD(&ctx->ranges, range, link);
		ctx->num_ranges++;
	}
	return 0;
}

/* As virtkfd_backend_ops.render_va. */
int host_render_va(struct virtkfd_backend_ctx *ctx, uint32_t gpu,
		   const struct drm_amdgpu_gem_va *args, struct virtkfd_backend_obj *obj)
{
	struct drm_prime_handle prime = { .fd = obj ? obj->fd : -1 };
	struct drm_amdgpu_gem_va va = *args;
	int fd = ctx->render_fds[gpu];
	int ret;

	if (fd < 0)
		return -EINVAL;
	/* Memory counts where it is; through another GPU it would stay when it is let go of here. */
	if (obj && obj->gpu != &ctx->be->gpus[gpu])
		return -ENOENT;
	if (args->operation != AMDGPU_VA_OP_CLEAR && obj) {
		ret = host_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);
		if (ret)
			return ret == -EBADF ? -ENOENT : ret;
	}
	if (args->operation == VIRTKFD_RENDER_VA_CLOSE)
		return obj ? gem_close(ctx, gpu, prime.handle) : -ENOENT;
	va.handle = prime.handle;
	return gem_va(ctx, gpu, &va);
}

/**
 * host_create_queue() - CREATE_QUEUE
 * @ctx: context
 * @args: arguments; on the wire the doorbell's offset is that in the slice, KFD's says of which
 *	file it is besides
 *
 * Return: 0, -ENOMEM, or the kernel's errno
 */
int host_create_queue(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_create_queue_args *args)
{
	struct host_gpu *gpu = host_gpu_find(ctx->be, args->gpu_id);
	struct host_queue *queue = calloc(1, sizeof(*queue));
	int ret;

	if (!queue)
		return -ENOMEM;
	ret = host_ioctl(ctx->fd, AMDKFD_IOC_CREATE_QUEUE, args);
	if (ret) {
		free(queue);
		return ret;
	}
	if (gpu)
		args->doorbell_offset &= gpu->doorbell_size - 1;
	*queue = (struct host_queue){
		.id = args->queue_id,
		.addrs = {
			args->ring_base_address, args->write_pointer_address,
			args->read_pointer_address, args->eop_buffer_address,
			args->ctx_save_restore_address,
		},
	};
	LIST_INSERT_HEAD(&ctx->queues, queue, link);
	return 0;
}

int host_destroy_queue(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_destroy_queue_args *args)
{
	int ret = host_ioctl(ctx->fd, AMDKFD_IOC_DESTROY_QUEUE, args);
	struct host_queue *queue;

	if (ret)
		return ret;
	LIST_FOREACH(queue, &ctx->queues, link) {
		if (queue->id != args->queue_id)
			continue;
		LIST_REMOVE(queue, link);
		free(queue);
		break;
	}
	return 0;
}

/* The context ends. */
void host_render_close(struct virtkfd_backend_ctx *ctx)
{
	struct host_queue *queue;

	while (!LIST_EMPTY(&ctx->ranges))
		range_del(ctx, LIST_FIRST(&ctx->ranges));
	while ((queue = LIST_FIRST(&ctx->queues))) {
		LIST_REMOVE(queue, link);
		free(queue);
	}
}
