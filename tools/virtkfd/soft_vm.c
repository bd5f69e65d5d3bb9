// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The soft backend's GPU virtual memory: ACQUIRE_VM, MAP and UNMAP, look-up.
 *
 * Mappings never overlap, so a tree ordered by "lies before" finds any mapping that an
 * address range touches.
 *
 * Source: kfd_chardev.c (kfd_ioctl_map_memory_to_gpu, kfd_ioctl_unmap_memory_from_gpu),
 * kfd_process.c (kfd_process_device_init_vm), amdgpu_amdkfd_gpuvm.c (kfd_mem_attach,
 * amdgpu_amdkfd_gpuvm_map_memory_to_gpu), amdgpu_vm.c (amdgpu_vm_bo_map) of Linux 7.3.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <search.h>
#include <stdlib.h>

#include "soft.h"

static int cmp_map(const void *a, const void *b)
{
	const struct soft_map *x = a, *y = b;

	if (x->end <= y->start)
		return -1;
	return x->start >= y->end;
}

/**
 * soft_vm_find() - what is mapped in an address range
 * @pdd: context and GPU; its vm_lock is held, by the thread of the core it need not be
 * @start: first address
 * @size: bytes, not zero; @start + @size does not overflow
 *
 * Return: a mapping that overlaps the range, or NULL.
 */
const struct soft_map *soft_vm_find(struct soft_pdd *pdd, uint64_t start, uint64_t size)
{
	struct soft_map key = { .start = start, .end = start + size };
	struct soft_map **found = tfind(&key, &pdd->maps, cmp_map);

	return found ? *found : NULL;
}

/* Lock held. */
static int vm_add(struct soft_pdd *pdd, uint64_t start, uint64_t size,
		  struct virtkfd_backend_obj *obj)
{
	struct soft_map *map;
	uint64_t end;

	/* amdgpu_vm_verify_parameters() */
	if (start % SOFT_PAGE || __builtin_add_overflow(start, size, &end) || end > SOFT_VA_END)
		return -EINVAL;
	if (soft_vm_find(pdd, start, size))
		return -EINVAL;
	map = malloc(sizeof(*map));
	if (!map)
		return -ENOMEM;
	map->start = start;
	map->end = end;
	map->obj = obj;
	if (!tsearch(map, &pdd->maps, cmp_map)) {
		free(map);
		return -ENOMEM;
	}
	if (obj)
		obj->mapped++;
	return 0;
}

static void vm_del(struct soft_pdd *pdd, const struct soft_map *map)
{
	if (map->obj)
		map->obj->mapped--;
	tdelete(map, &pdd->maps, cmp_map);
	free((void *)map);
}

/* The mapping of the object at that address, not of another one there. Lock held. */
static const struct soft_map *vm_mapped(struct soft_pdd *pdd, uint64_t start,
					struct virtkfd_backend_obj *obj)
{
	const struct soft_map *map;

	if (start > UINT64_MAX - SOFT_PAGE)
		return NULL;
	map = soft_vm_find(pdd, start, SOFT_PAGE);
	return map && map->obj == obj && map->start == start ? map : NULL;
}

/*
 * The render node is the same for all calls of a context, so a second one succeeds. The
 * first one maps what the kernel keeps for itself, the trap handler's pages being VRAM.
 */
int soft_acquire_vm(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_acquire_vm_args *args)
{
	struct soft_pdd *pdd = soft_pdd(ctx, args->gpu_id);
	int ret;

	if (!pdd)
		return -EINVAL;
	if (pdd->acquired)
		return 0;
	if (soft_vram_available(ctx->be, pdd->gpu, pdd->gpu->vram_used) < SOFT_VA_TRAP_SIZE)
		return -ENOMEM;
	pthread_rwlock_wrlock(&ctx->vm_lock);
	ret = vm_add(pdd, SOFT_VA_TRAP, SOFT_VA_TRAP_SIZE, NULL);
	if (!ret)
		ret = vm_add(pdd, SOFT_VA_SEQ64, SOFT_VA_SEQ64_SIZE, NULL);
	pthread_rwlock_unlock(&ctx->vm_lock);
	if (ret) {
		soft_vm_close(pdd);
		return ret;
	}
	pdd->gpu->vram_used += SOFT_VA_TRAP_SIZE;
	pdd->gpu->vram_used_aligned += SOFT_VRAM_ALIGN;
	pdd->acquired = true;
	return 0;
}

/* Both halves of AQL queue memory in amdkfd's order, the upper one first. */
static int map_one(struct virtkfd_backend_ctx *ctx, struct soft_pdd *pdd,
		   struct virtkfd_backend_obj *obj)
{
	bool twice = obj->flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM;
	int ret = 0;

	if (!obj->va)
		return -EINVAL;
	pthread_rwlock_wrlock(&ctx->vm_lock);
	for (int half = twice; half >= 0 && !ret; half--) {
		uint64_t va = obj->va + half * obj->size;

		if (!vm_mapped(pdd, va, obj))
			ret = vm_add(pdd, va, obj->size, obj);
	}
	pthread_rwlock_unlock(&ctx->vm_lock);
	return ret;
}

static int unmap_one(struct virtkfd_backend_ctx *ctx, struct soft_pdd *pdd,
		     struct virtkfd_backend_obj *obj)
{
	bool twice = obj->flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM;
	int ret = -EINVAL;

	/* unmap_bo_from_gpuvm(); a queue's object is mapped. */
	if (obj->queues[pdd->index])
		return -EBUSY;
	pthread_rwlock_wrlock(&ctx->vm_lock);
	for (int half = twice; half >= 0; half--) {
		const struct soft_map *map = vm_mapped(pdd, obj->va + half * obj->size, obj);

		if (map) {
			vm_del(pdd, map);
			ret = 0;
		}
	}
	pthread_rwlock_unlock(&ctx->vm_lock);
	return ret;
}

int soft_map(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_map_memory_to_gpu_args *args)
{
	const uint32_t *ids = (void *)(uintptr_t)args->device_ids_array_ptr;
	struct soft_pdd *pdd = soft_pdd(ctx, args->handle >> 32);
	struct virtkfd_backend_obj *obj = soft_obj_find(ctx, args->handle);
	int ret;

	if (!args->n_devices || args->n_success > args->n_devices || !pdd)
		return -EINVAL;
	if (!pdd->acquired)
		return -ENODEV;
	if (!obj)
		return -ENOMEM;
	for (uint32_t i = args->n_success; i < args->n_devices; i++) {
		struct soft_pdd *peer = soft_pdd(ctx, ids[i]);

		if (!peer)
			return -EINVAL;
		if (!peer->acquired)
			return -ENODEV;
		ret = map_one(ctx, peer, obj);
		if (ret)
			return ret;
		args->n_success = i + 1;
	}
	return 0;
}

int soft_unmap(struct virtkfd_backend_ctx *ctx,
	       struct kfd_ioctl_unmap_memory_from_gpu_args *args)
{
	const uint32_t *ids = (void *)(uintptr_t)args->device_ids_array_ptr;
	struct virtkfd_backend_obj *obj = soft_obj_find(ctx, args->handle);
	int ret;

	if (!args->n_devices || args->n_success > args->n_devices ||
	    !soft_pdd(ctx, args->handle >> 32))
		return -EINVAL;
	if (!obj)
		return -ENOMEM;
	for (uint32_t i = args->n_success; i < args->n_devices; i++) {
		struct soft_pdd *peer = soft_pdd(ctx, ids[i]);

		if (!peer)
			return -EINVAL;
		ret = unmap_one(ctx, peer, obj);
		if (ret)
			return ret;
		args->n_success = i + 1;
	}
	return 0;
}

/* End of the context: no execution thread is left. */
void soft_vm_close(struct soft_pdd *pdd)
{
	while (pdd->maps)
		vm_del(pdd, *(struct soft_map **)pdd->maps);
	if (!pdd->acquired)
		return;
	pdd->gpu->vram_used -= SOFT_VA_TRAP_SIZE;
	pdd->gpu->vram_used_aligned -= SOFT_VRAM_ALIGN;
	pdd->acquired = false;
}
