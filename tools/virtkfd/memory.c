// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory objects of process contexts: wire handles, guest pages, quotas.
 *
 * What lives here: the way from a wire handle to a backend's, the translation of guest
 * page extents into host memory, the accounting. What does not: what memory is, which is
 * the backend's matter; mappings of it into the guest, blob.c.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

#define HANDLE(gpu_id, id)	((uint64_t)(gpu_id) << 32 | (uint32_t)(id))
#define HANDLE_GPU_ID(handle)	((uint32_t)((handle) >> 32))
#define HANDLE_ID(handle)	((uint32_t)(handle))

struct vk_mem *vk_mem_find(struct virtkfd_ctx *ctx, uint64_t handle)
{
	int gpu = vk_gpu_index(ctx->vm, HANDLE_GPU_ID(handle));

	return gpu < 0 ? NULL : vk_ids_find(&ctx->mem[gpu], HANDLE_ID(handle));
}

/*
 * A handle that the context does not have becomes one that no KFD has ever given out, so
 * that the errno and the order of the checks are the backend's.
 */
uint64_t vk_mem_backend_handle(struct virtkfd_ctx *ctx, uint64_t handle)
{
	struct vk_mem *mem = vk_mem_find(ctx, handle);

	return mem ? mem->backend_handle : HANDLE(HANDLE_GPU_ID(handle), UINT32_MAX);
}

static void unmap_ranges(struct virtkfd_vm *vm, struct vk_mem *mem)
{
	for (size_t i = 0; i < mem->num_ranges; i++)
		vm->ops->unmap_guest(vm->opaque, &mem->ranges[i]);
	vm->num_ranges -= mem->num_ranges;
	free(mem->ranges);
	mem->ranges = NULL;
	mem->num_ranges = 0;
}

static int map_extent(struct virtkfd_vm *vm, struct vk_mem *mem, size_t *cap, uint64_t ext)
{
	uint64_t gpa = VIRTKFD_EXTENT_GPA(ext);
	uint64_t left = VIRTKFD_EXTENT_PAGES(ext) << VIRTKFD_PAGE_SHIFT;
	uint64_t end;

	if (__builtin_add_overflow(gpa, left, &end))
		return -EFAULT;
	while (left) {
		struct virtkfd_guest_range *range;
		uint64_t len = left;
		int ret;

		if (vm->num_ranges >= VK_MAX_RANGES)
			return -ENOMEM;
		if (mem->num_ranges == *cap) {
			size_t num = *cap ? 2 * *cap : 16;

			range = realloc(mem->ranges, num * sizeof(*range));
			if (!range)
				return -ENOMEM;
			mem->ranges = range;
			*cap = num;
		}
		range = &mem->ranges[mem->num_ranges];
		ret = vm->ops->map_guest(vm->opaque, gpa, &len, range);
		if (ret)
			return ret;
		mem->num_ranges++;
		vm->num_ranges++;
		if (!len || len > left || len % VIRTKFD_PAGE_SIZE || range->len != len)
			return -EFAULT;
		gpa += len;
		left -= len;
	}
	return 0;
}

static int map_extents(struct virtkfd_vm *vm, struct vk_mem *mem, const uint64_t *extents,
		       size_t num)
{
	size_t cap = 0;
	int ret = 0;

	for (size_t i = 0; i < num && !ret; i++)
		ret = map_extent(vm, mem, &cap, extents[i]);
	if (ret)
		unmap_ranges(vm, mem);
	return ret;
}

/* What the object takes of the host, AQL queue memory being mapped twice; 0 on overflow. */
static uint64_t bo_size(const struct kfd_ioctl_alloc_memory_of_gpu_args *args)
{
	uint64_t size = args->size;

	if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM)
		size >>= 1;
	return ALIGN_UP(size, VIRTKFD_PAGE_SIZE);
}

/* Kind of memory by amdkfd's precedence of the flags. */
static int mem_kind(uint32_t flags)
{
	if (flags & (KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_GTT))
		return VK_MEM_GPU;
	return flags & KFD_IOC_ALLOC_MEM_FLAGS_USERPTR ? VK_MEM_PINNED : VK_MEM_IO;
}

static bool over(uint64_t used, uint64_t more, uint64_t limit)
{
	return used > limit || more > limit - used;
}

static int check_extents(const struct kfd_ioctl_alloc_memory_of_gpu_args *args,
			 const uint64_t *extents, size_t num)
{
	uint64_t pages = 0;

	/* num is bounded by VK_MAX_SUBMIT, so the sum does not overflow. */
	for (size_t i = 0; i < num; i++)
		pages += VIRTKFD_EXTENT_PAGES(extents[i]);
	if (args->size > UINT64_MAX - VIRTKFD_PAGE_SIZE ||
	    pages != ALIGN_UP(args->size, VIRTKFD_PAGE_SIZE) >> VIRTKFD_PAGE_SHIFT)
		return -EINVAL;
	return 0;
}

static void free_backend(struct virtkfd_ctx *ctx, uint64_t backend_handle)
{
	struct kfd_ioctl_free_memory_of_gpu_args args = { .handle = backend_handle };

	ctx->vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_FREE_MEMORY_OF_GPU), &args);
}

/**
 * vk_mem_add() - memory that the backend has just made becomes the context's
 * @ctx: process context
 * @mem: it, with size and kind
 * @handle: the backend's handle, replaced by the wire's
 *
 * Return: 0, or -ENOMEM: the backend has freed it again.
 */
int vk_mem_add(struct virtkfd_ctx *ctx, struct vk_mem *mem, __u64 *handle)
{
	uint32_t gpu_id = HANDLE_GPU_ID(*handle);
	struct virtkfd_vm *vm = ctx->vm;
	int64_t id = vk_ids_alloc(&ctx->mem[vk_gpu_index(vm, gpu_id)], mem, INT32_MAX);

	if (id < 0) {
		free_backend(ctx, *handle);
		return -ENOMEM;
	}
	mem->refs = 1;
	mem->backend_handle = *handle;
	mem->handle = HANDLE(gpu_id, id);
	*handle = mem->handle;
	vm->stats.memory++;
	vm->stats.memory_bytes += mem->size;
	if (mem->kind == VK_MEM_GPU)
		vm->gpu_bytes += mem->size;
	else if (mem->kind == VK_MEM_PINNED)
		vm->stats.pinned_bytes += mem->size;
	return 0;
}

/**
 * vk_mem_alloc() - ALLOC_MEMORY_OF_GPU
 * @ctx: process context
 * @args: arguments; the handle is the wire's
 * @extents: guest pages of a USERPTR, see VIRTKFD_EXTENT()
 * @num_extents: their number
 *
 * Return: the backend's; before that -EINVAL if the extents do not make up the size,
 * -ENOMEM past a quota, -EFAULT if the extents are not guest memory.
 */
int vk_mem_alloc(struct virtkfd_ctx *ctx, struct kfd_ioctl_alloc_memory_of_gpu_args *args,
		 const uint64_t *extents, size_t num_extents)
{
	struct virtkfd_vm *vm = ctx->vm;
	int gpu = vk_gpu_index(vm, args->gpu_id);
	int kind = mem_kind(args->flags);
	uint64_t handle = args->handle;
	struct vk_mem *mem;
	int ret;

	if (kind != VK_MEM_PINNED && num_extents)
		return -EINVAL;
	if (kind == VK_MEM_PINNED) {
		ret = check_extents(args, extents, num_extents);
		if (ret)
			return ret;
	}
	if (gpu < 0)
		return vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU), args);

	mem = calloc(1, sizeof(*mem));
	if (!mem)
		return -ENOMEM;
	mem->kind = kind;
	mem->size = kind == VK_MEM_PINNED ? ALIGN_UP(args->size, VIRTKFD_PAGE_SIZE)
					  : bo_size(args);
	if ((kind == VK_MEM_GPU && over(vm->gpu_bytes, mem->size, vm->limits.vram)) ||
	    (kind == VK_MEM_PINNED &&
	     over(vm->stats.pinned_bytes, mem->size, vm->limits.pinned)) ||
	    vm->stats.memory >= VK_MAX_MEMORY) {
		vk_log(vm, VIRTKFD_LOG_WARNING,
		       "context %u: quota reached, 0x%llx bytes of %s refused", ctx->id,
		       (unsigned long long)mem->size,
		       kind == VK_MEM_PINNED ? "guest memory" : "GPU memory");
		ret = -ENOMEM;
		goto err_free;
	}

	if (kind == VK_MEM_PINNED) {
		ret = map_extents(vm, mem, extents, num_extents);
		if (ret)
			goto err_free;
		ret = vm->be->alloc_user(ctx->bctx, args, mem->ranges, mem->num_ranges);
	} else {
		ret = vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU), args);
	}
	if (ret)
		goto err_unmap;

	ret = vk_mem_add(ctx, mem, &args->handle);
	if (ret) {
		args->handle = handle;
		goto err_unmap;
	}
	args->mmap_offset = 0;
	return 0;

err_unmap:
	unmap_ranges(vm, mem);
err_free:
	free(mem);
	return ret;
}

/* Drops a reference, see &vk_mem.refs. */
void vk_mem_put(struct virtkfd_vm *vm, struct vk_mem *mem)
{
	if (--mem->refs)
		return;
	vm->stats.memory--;
	vm->stats.memory_bytes -= mem->size;
	if (mem->kind == VK_MEM_GPU)
		vm->gpu_bytes -= mem->size;
	else if (mem->kind == VK_MEM_PINNED)
		vm->stats.pinned_bytes -= mem->size;
	if (mem->origin)
		vk_mem_put(vm, mem->origin);
	free(mem);
}

/* The backend has let go of it. */
static void mem_gone(struct virtkfd_ctx *ctx, struct vk_mem *mem)
{
	unmap_ranges(ctx->vm, mem);
	vk_mem_put(ctx->vm, mem);
}

int vk_mem_free(struct virtkfd_ctx *ctx, struct kfd_ioctl_free_memory_of_gpu_args *args)
{
	uint64_t handle = args->handle;
	struct vk_mem *mem = vk_mem_find(ctx, handle);
	int ret;

	args->handle = vk_mem_backend_handle(ctx, handle);
	ret = ctx->vm->be->ioctl(ctx->bctx, _IOC_NR(AMDKFD_IOC_FREE_MEMORY_OF_GPU), args);
	args->handle = handle;
	if (!ret && mem) {
		vk_ids_remove(&ctx->mem[vk_gpu_index(ctx->vm, HANDLE_GPU_ID(handle))],
			      HANDLE_ID(handle));
		mem_gone(ctx, mem);
	}
	return ret;
}

/* The backend's context has been closed: forget what it had. */
void vk_mem_free_all(struct virtkfd_ctx *ctx)
{
	if (!ctx->mem)
		return;
	for (uint32_t gpu = 0; gpu < ctx->vm->info.num_gpus; gpu++) {
		struct vk_ids *ids = &ctx->mem[gpu];

		for (uint32_t id = 0; id < ids->num_slots; id++)
			if (ids->slots[id])
				mem_gone(ctx, ids->slots[id]);
		vk_ids_destroy(ids);
	}
}
