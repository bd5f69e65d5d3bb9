// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Contexts: creation, initialisation in a role, end, fences.
 *
 * What does not live here: what a context contains (resource.c, memory.c, queues.c, events.c).
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "internal.h"

static int cmp_ctx(const void *a, const void *b)
{
	const struct virtkfd_ctx *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

struct virtkfd_ctx *vk_ctx_find(struct virtkfd_vm *vm, uint32_t ctx_id)
{
	struct virtkfd_ctx key = { .id = ctx_id };
	struct virtkfd_ctx **found = tfind(&key, &vm->ctxs, cmp_ctx);

	return found ? *found : NULL;
}

int virtkfd_ctx_create(struct virtkfd_vm *vm, uint32_t ctx_id)
{
	struct virtkfd_ctx *ctx;

	if (!ctx_id)
		return -EINVAL;
	if (vk_ctx_find(vm, ctx_id))
		return -EEXIST;
	if (vm->stats.contexts - vm->num_inited >= VK_BARE_CONTEXTS) {
		vk_log(vm, VIRTKFD_LOG_WARNING, "context %u: %u others wait for their INIT",
		       ctx_id, VK_BARE_CONTEXTS);
		return -ENOSPC;
	}
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->vm = vm;
	ctx->id = ctx_id;
	ctx->lost_event.ctx = ctx;
	ctx->lost_event.msg.ctx_id = ctx_id;
	ctx->lost_event.msg.type = VIRTKFD_EVENT_CONTEXT_LOST;
	if (!tsearch(ctx, &vm->ctxs, cmp_ctx)) {
		free(ctx);
		return -ENOMEM;
	}
	vm->stats.contexts++;
	return 0;
}

/**
 * vk_ctx_init() - VIRTKFD_CCMD_INIT
 * @ctx: context without a role
 * @cmd: command; its response blob is attached
 *
 * Return: see &struct virtkfd_ccmd_init.
 */
int vk_ctx_init(struct virtkfd_ctx *ctx, const struct virtkfd_ccmd_init *cmd)
{
	struct virtkfd_vm *vm = ctx->vm;
	int ret = 0;

	if (cmd->pad)
		return -EINVAL;
	if (ctx->role)
		return -EBUSY;
	if (cmd->role != VIRTKFD_ROLE_CONTROL && cmd->role != VIRTKFD_ROLE_PROCESS)
		return -EINVAL;
	if (cmd->role == VIRTKFD_ROLE_CONTROL && vm->control)
		return -EBUSY;
	if (vm->num_inited >= vm->limits.contexts) {
		vk_log(vm, VIRTKFD_LOG_WARNING, "context %u (guest pid %u): limit of %u reached",
		       ctx->id, cmd->pid, vm->limits.contexts);
		return -ENOSPC;
	}

	if (cmd->role == VIRTKFD_ROLE_PROCESS) {
		ctx->mem = calloc(vm->info.num_gpus, sizeof(*ctx->mem));
		if (!ctx->mem)
			return -ENOMEM;
		ret = vm->be->ctx_open(vm->backend, vk_events_notify, ctx, &ctx->bctx);
		if (ret) {
			vk_log(vm, VIRTKFD_LOG_WARNING,
			       "context %u (guest pid %u): backend does not open: %s",
			       ctx->id, cmd->pid, vk_errname(ret));
			free(ctx->mem);
			ctx->mem = NULL;
			return ret;
		}
	}
	ctx->role = cmd->role;
	ctx->pid = cmd->pid;
	vm->num_inited++;
	pthread_mutex_lock(&vm->lock);
	ctx->rsp_res_id = cmd->rsp_res_id;
	if (ctx->role == VIRTKFD_ROLE_CONTROL)
		vm->control = ctx;
	pthread_mutex_unlock(&vm->lock);
	return 0;
}

int virtkfd_ctx_destroy(struct virtkfd_vm *vm, uint32_t ctx_id)
{
	struct virtkfd_ctx *ctx = vk_ctx_find(vm, ctx_id);

	if (!ctx)
		return -ENOENT;
	if (ctx->bctx)
		vm->be->ctx_close(ctx->bctx);
	vk_queues_free(ctx);
	vk_render_free(ctx);
	vk_mem_free_all(ctx);
	free(ctx->mem);

	pthread_mutex_lock(&vm->lock);
	if (vm->control == ctx)
		vk_control_gone(ctx);
	vk_events_free(ctx);
	vk_resources_free(ctx);
	pthread_mutex_unlock(&vm->lock);

	tdelete(ctx, &vm->ctxs, cmp_ctx);
	if (ctx->role)
		vm->num_inited--;
	vm->stats.contexts--;
	free(ctx);
	return 0;
}

/* Lock held. */
static int add_fence(struct virtkfd_vm *vm, uint32_t ctx_id, uint64_t fence_id)
{
	struct vk_fence *fence;

	if (vm->num_fences >= VK_MAX_FENCES)
		return -ENOSPC;
	fence = malloc(sizeof(*fence));
	if (!fence)
		return -ENOMEM;
	fence->ctx_id = ctx_id;
	fence->id = fence_id;
	STAILQ_INSERT_TAIL(&vm->fences, fence, link);
	vm->num_fences++;
	return 0;
}

int virtkfd_fence(struct virtkfd_vm *vm, uint32_t ctx_id, uint32_t ring, uint64_t fence_id)
{
	struct virtkfd_ctx *ctx = vk_ctx_find(vm, ctx_id);
	int ret = 0;

	if (!ctx)
		return -ENOENT;
	if (ring != VIRTKFD_RING_CMD && ring != VIRTKFD_RING_EVENTS)
		return -EINVAL;

	pthread_mutex_lock(&vm->lock);
	if (ring == VIRTKFD_RING_EVENTS && ctx == vm->control && vm->poll.pending) {
		ret = add_fence(vm, ctx_id, fence_id);
	} else {
		vm->ops->fence(vm->opaque, ctx_id, ring, fence_id);
	}
	pthread_mutex_unlock(&vm->lock);
	return ret;
}
