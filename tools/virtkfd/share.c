// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory that contexts share: EXPORT_DMABUF, IMPORT_DMABUF, and VIRTKFD_CCMD_RENDER_VA, whose
 * memory comes by the same way.
 *
 * A context names memory of another one by a blob that the VMM has attached to it
 * (virtkfd_resource_attach_blob()); there is no other name. Quotas count memory once, for as
 * long as somebody has it.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "internal.h"

/* The blob of memory that is attached to the context as that resource, or NULL. */
static struct virtkfd_blob *attached_blob(struct virtkfd_ctx *ctx, uint32_t res_id)
{
	struct virtkfd_blob *blob = NULL;
	struct vk_resource *res;

	pthread_mutex_lock(&ctx->vm->lock);
	res = vk_resource_find(ctx, res_id);
	if (res && res->blob && res->blob->mem)
		blob = res->blob;
	pthread_mutex_unlock(&ctx->vm->lock);
	return blob;
}

static struct vk_mem *origin_of(struct vk_mem *mem)
{
	return mem->origin ? mem->origin : mem;
}

/* Is there a blob of that memory, and may it be shared? What can be mapped can. */
int vk_export(struct virtkfd_ctx *ctx, const struct kfd_ioctl_export_dmabuf_args *args)
{
	struct vk_mem *mem = vk_mem_find(ctx, args->handle);
	struct virtkfd_blob *blob = attached_blob(ctx, args->dmabuf_fd);

	if (!mem)
		return -EINVAL;
	if (mem->kind != VK_MEM_GPU && mem->kind != VK_MEM_IMPORT)
		return -EPERM;
	return blob && blob->mem == mem ? 0 : -EINVAL;
}

/**
 * vk_import() - IMPORT_DMABUF
 * @ctx: process context
 * @args: arguments; dmabuf_fd is a resource, the handle the wire's
 *
 * Return: the backend's; before that -ENOMEM if there are too many objects.
 */
int vk_import(struct virtkfd_ctx *ctx, struct kfd_ioctl_import_dmabuf_args *args)
{
	struct virtkfd_blob *blob = attached_blob(ctx, args->dmabuf_fd);
	struct virtkfd_vm *vm = ctx->vm;
	uint64_t handle = args->handle;
	struct vk_mem *mem;
	int ret;

	if (!blob)
		return vm->be->import(ctx->bctx, args, NULL);
	if (vm->stats.memory >= VK_MAX_MEMORY)
		return -ENOMEM;
	mem = calloc(1, sizeof(*mem));
	if (!mem)
		return -ENOMEM;
	mem->kind = VK_MEM_IMPORT;
	ret = vm->be->import(ctx->bctx, args, blob->obj);
	if (ret)
		goto err_free;
	ret = vk_mem_add(ctx, mem, &args->handle);
	if (ret) {
		args->handle = handle;
		goto err_free;
	}
	mem->origin = origin_of(blob->mem);
	mem->origin->refs++;
	return 0;

err_free:
	free(mem);
	return ret;
}

static int cmp_mem(const void *a, const void *b)
{
	return a < b ? -1 : a > b;
}

/* Mappings keep memory: so that it is not lost from the quota, they keep what counts it. */
static int hold(struct virtkfd_ctx *ctx, struct vk_mem *mem)
{
	if (tfind(mem, &ctx->render_mem, cmp_mem))
		return 0;
	if (!tsearch(mem, &ctx->render_mem, cmp_mem))
		return -ENOMEM;
	mem->refs++;
	return 0;
}

static void let_go(struct virtkfd_ctx *ctx, struct vk_mem *mem)
{
	if (!tfind(mem, &ctx->render_mem, cmp_mem))
		return;
	tdelete(mem, &ctx->render_mem, cmp_mem);
	vk_mem_put(ctx->vm, mem);
}

/* The backend's context has been closed. */
void vk_render_free(struct virtkfd_ctx *ctx)
{
	while (ctx->render_mem)
		let_go(ctx, *(struct vk_mem **)ctx->render_mem);
}

/* Return: see &struct virtkfd_ccmd_render_va. */
int vk_render_va(struct virtkfd_ctx *ctx, const struct virtkfd_ccmd_render_va *cmd)
{
	const struct drm_amdgpu_gem_va args = {
		.operation = cmd->operation,
		.flags = cmd->flags,
		.va_address = cmd->va,
		.offset_in_bo = cmd->offset,
		.map_size = cmd->size,
	};
	struct virtkfd_blob *blob = attached_blob(ctx, cmd->res_id);
	struct virtkfd_vm *vm = ctx->vm;
	int gpu = vk_gpu_index(vm, cmd->gpu_id);
	int ret;

	if (gpu < 0)
		return gpu;
	/*
	 * Whatever names memory has the render node's file keep it, even if it fails; the next close,
	 * or the context's end, makes up for it.
	 */
	if (blob && cmd->operation != AMDGPU_VA_OP_CLEAR &&
	    cmd->operation != VIRTKFD_RENDER_VA_CLOSE) {
		ret = hold(ctx, origin_of(blob->mem));
		if (ret)
			return ret;
	}
	ret = vm->be->render_va(ctx->bctx, gpu, &args, blob ? blob->obj : NULL);
	if (cmd->operation != VIRTKFD_RENDER_VA_CLOSE || !blob)
		return ret;
	/* What a queue uses goes on counting until another close, or the context's end. */
	if (ret == -EBUSY)
		return 0;
	if (!ret)
		let_go(ctx, origin_of(blob->mem));
	return ret;
}
