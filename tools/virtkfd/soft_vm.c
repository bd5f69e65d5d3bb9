// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The soft backend's GPU virtual memory: ACQUIRE_VM, MAP and UNMAP, the render node's GEM_VA,
 * look-up.
 *
 * Mappings never overlap, so a tree ordered by "lies before" finds any mapping that an
 * address range touches.
 *
 * Source: kfd_chardev.c (kfd_ioctl_map_memory_to_gpu, kfd_ioctl_unmap_memory_from_gpu),
 * kfd_process.c (kfd_process_device_init_vm), amdgpu_amdkfd_gpuvm.c (kfd_mem_attach,
 * amdgpu_amdkfd_gpuvm_map_memory_to_gpu), amdgpu_gem.c (amdgpu_gem_va_ioctl), amdgpu_vm.c
 * (amdgpu_vm_bo_map, amdgpu_vm_bo_unmap, amdgpu_vm_bo_clear_mappings) of Linux 7.3.
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
	struct virtkfd_backend_obj *obj = map->obj;

	tdelete(map, &pdd->maps, cmp_map);
	free((void *)map);
	if (!obj)
		return;
	obj->mapped--;
	if (obj->render) {
		obj->be->num_parts--;
		soft_obj_put(obj);
	}
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

/*
 * The first mapping by GEM_VA that overlaps the range. KFD's are not the render node's
 * business. Lock held.
 */
static struct soft_map *render_first(struct soft_pdd *pdd, uint64_t start, uint64_t end)
{
	const struct soft_map *first, *map;

	for (; start < end; start = first->end) {
		uint64_t before = end;

		first = NULL;
		while (start < before && (map = soft_vm_find(pdd, start, before - start))) {
			first = map;
			before = map->start;
		}
		if (!first)
			return NULL;
		if (first->obj && first->obj->render)
			return (struct soft_map *)first;
	}
	return NULL;
}

/* Lock held. */
static int render_map(struct soft_pdd *pdd, uint64_t va, const struct drm_amdgpu_gem_va *args,
		      struct virtkfd_backend_obj *obj)
{
	struct virtkfd_backend *be = obj->be;
	struct virtkfd_backend_obj *part;
	int ret;

	if (be->num_parts >= SOFT_MAX_PARTS)
		return -ENOMEM;
	part = soft_obj_part(obj, args->offset_in_bo, args->map_size);
	if (!part)
		return -ENOMEM;
	part->render = true;
	part->va = va;
	if (args->flags & AMDGPU_VM_PAGE_WRITEABLE)
		part->flags |= SOFT_WRITABLE;
	if (args->flags & AMDGPU_VM_PAGE_EXECUTABLE)
		part->flags |= KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE;
	ret = vm_add(pdd, va, part->size, part);
	if (ret)
		soft_obj_put(part);
	else
		be->num_parts++;
	return ret;
}

/* Takes the middle out of a mapping. Lock held. */
static int render_split(struct soft_pdd *pdd, struct soft_map *map, uint64_t start, uint64_t end)
{
	struct virtkfd_backend_obj *obj = map->obj;
	struct drm_amdgpu_gem_va args = {
		.offset_in_bo = obj->offset - obj->origin->offset + (end - map->start),
		.map_size = map->end - end,
	};
	uint64_t old_end = map->end;
	int ret;

	if (obj->flags & SOFT_WRITABLE)
		args.flags |= AMDGPU_VM_PAGE_WRITEABLE;
	if (obj->flags & KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE)
		args.flags |= AMDGPU_VM_PAGE_EXECUTABLE;
	map->end = start;
	ret = render_map(pdd, end, &args, obj->origin);
	if (ret)
		map->end = old_end;
	else
		obj->size = start - map->start;
	return ret;
}

/* Fails before anything has changed. Lock held. */
static int render_clear(struct soft_pdd *pdd, uint64_t start, uint64_t end)
{
	struct soft_map *map;

	while ((map = render_first(pdd, start, end))) {
		struct virtkfd_backend_obj *obj = map->obj;
		uint64_t cut = end - map->start, done = map->end;

		if (map->start < start && map->end > end)
			return render_split(pdd, map, start, end);
		if (map->start < start) {
			map->end = start;
			obj->size = start - map->start;
		} else if (map->end > end) {
			map->start = end;
			obj->va = end;
			obj->offset += cut;
			obj->ptr = (uint8_t *)obj->ptr + cut;
			obj->size -= cut;
		} else {
			vm_del(pdd, map);
		}
		/* What is before it, which may be much, is none of GEM_VA's. */
		start = MIN(done, end);
	}
	return 0;
}

/* Lock held. */
static int render_unmap(struct soft_pdd *pdd, uint64_t va, struct virtkfd_backend_obj *origin)
{
	const struct soft_map *map = soft_vm_find(pdd, va, SOFT_PAGE);

	if (!map || !map->obj || !map->obj->render || map->obj->origin != origin ||
	    map->start != va)
		return -ENOENT;
	vm_del(pdd, map);
	return 0;
}

/* Is it where a queue has memory that GEM_VA had mapped? */
static bool render_in_use(struct virtkfd_backend_ctx *ctx, struct virtkfd_backend_obj *origin)
{
	for (uint32_t id = 0; id < ctx->queues.num_slots; id++) {
		const struct soft_queue *queue = ctx->queues.slots[id];

		for (uint32_t i = 0; queue && i < SOFT_NUM_BUFFERS; i++) {
			const struct virtkfd_backend_obj *obj = queue->buffers[i];

			if (obj && obj->render && obj->origin == origin)
				return true;
		}
	}
	return false;
}

/* amdgpu_vm_bo_del(). Lock held. */
static int render_close(struct soft_pdd *pdd, struct virtkfd_backend_obj *origin)
{
	uint64_t start = 0;
	struct soft_map *map;

	while ((map = render_first(pdd, start, SOFT_VA_END))) {
		start = map->end;
		if (map->obj->origin == origin)
			vm_del(pdd, map);
	}
	return render_in_use(pdd->ctx, origin) ? -EBUSY : 0;
}

/* amdgpu_gem_va_ioctl() up to where the object is looked for; there are no PRT mappings. */
static int render_check(const struct drm_amdgpu_gem_va *args, uint64_t *va)
{
	const uint32_t flags = AMDGPU_VM_DELAY_UPDATE | AMDGPU_VM_PAGE_READABLE |
			       AMDGPU_VM_PAGE_WRITEABLE | AMDGPU_VM_PAGE_EXECUTABLE |
			       AMDGPU_VM_MTYPE_MASK | AMDGPU_VM_PAGE_NOALLOC;
	uint64_t end;

	*va = args->va_address;
	if (*va < SOFT_VA_BOTTOM || (*va >= SOFT_VA_HOLE && *va < -SOFT_VA_HOLE))
		return -EINVAL;
	*va &= SOFT_VA_END - 1;
	if (__builtin_add_overflow(*va, args->map_size, &end) || end > SOFT_VA_TRAP)
		return -EINVAL;
	return args->flags & ~flags || args->operation < AMDGPU_VA_OP_MAP ||
	       args->operation > AMDGPU_VA_OP_REPLACE ? -EINVAL : 0;
}

/* amdgpu_vm_verify_parameters() */
static int render_verify(const struct drm_amdgpu_gem_va *args, uint64_t offset, uint64_t size)
{
	uint64_t end;

	if ((args->va_address | offset | args->map_size) % SOFT_PAGE || !args->map_size ||
	    __builtin_add_overflow(offset, args->map_size, &end) || end > size)
		return -EINVAL;
	return 0;
}

static int render_op(struct soft_pdd *pdd, uint64_t va, const struct drm_amdgpu_gem_va *args,
		     struct virtkfd_backend_obj *obj)
{
	uint64_t end = va + args->map_size;
	int ret;

	if (args->operation == AMDGPU_VA_OP_UNMAP)
		return render_unmap(pdd, ALIGN_DOWN(va, SOFT_PAGE),
				    obj->origin ? obj->origin : obj);
	if (args->operation == AMDGPU_VA_OP_CLEAR)
		return render_verify(args, 0, UINT64_MAX) ?: render_clear(pdd, va, end);

	ret = render_verify(args, args->offset_in_bo, obj->size);
	if (!ret && args->operation == AMDGPU_VA_OP_REPLACE)
		ret = render_clear(pdd, va, end);
	return ret ?: render_map(pdd, va, args, obj);
}

/* As virtkfd_backend_ops.render_va. */
int soft_render_va(struct virtkfd_backend_ctx *ctx, uint32_t gpu,
		   const struct drm_amdgpu_gem_va *args, struct virtkfd_backend_obj *obj)
{
	struct soft_pdd *pdd = &ctx->pdds[gpu];
	bool close = args->operation == VIRTKFD_RENDER_VA_CLOSE;
	uint64_t va = 0;
	int ret;

	if (!pdd->acquired || (!close && render_check(args, &va)))
		return -EINVAL;
	if (args->operation != AMDGPU_VA_OP_CLEAR &&
	    (!obj || !obj->store || obj->gpu != pdd->gpu))
		return -ENOENT;
	pthread_rwlock_wrlock(&ctx->vm_lock);
	if (close)
		ret = render_close(pdd, obj->origin ? obj->origin : obj);
	else
		ret = render_op(pdd, va, args, obj);
	pthread_rwlock_unlock(&ctx->vm_lock);
	return ret;
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
