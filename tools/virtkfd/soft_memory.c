// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The soft backend's memory objects: allocation, accounting, host mappings.
 *
 * What does not live here: where they appear in GPU virtual memory, soft_vm.c.
 *
 * Source: kfd_chardev.c (kfd_ioctl_alloc_memory_of_gpu, kfd_ioctl_free_memory_of_gpu,
 * kfd_ioctl_import_dmabuf), amdgpu_amdkfd_gpuvm.c (amdgpu_amdkfd_gpuvm_alloc_memory_of_gpu,
 * import_obj_create, amdgpu_amdkfd_reserve_mem_limit, __get_available_memory) of Linux 7.3.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/virtio_gpu.h>

#include "soft.h"

#define VRAM		KFD_IOC_ALLOC_MEM_FLAGS_VRAM
#define GTT		KFD_IOC_ALLOC_MEM_FLAGS_GTT
#define USERPTR		KFD_IOC_ALLOC_MEM_FLAGS_USERPTR
#define DOORBELL	KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL
#define MMIO		KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP

/* Addresses, not bytes: the file is sparse, and no range of it is used twice. */
#define STORE_SIZE	(1ULL << 62)

int soft_store_create(struct virtkfd_backend *be, struct soft_store **result)
{
	struct soft_store *store = calloc(1, sizeof(*store));
	int ret;

	if (!store)
		return -ENOMEM;
	store->refs = 1;
	store->be = be;
	store->fd = memfd_create("virtkfd-soft", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (store->fd < 0) {
		ret = -errno;
		goto err_free;
	}
	if (ftruncate(store->fd, STORE_SIZE) ||
	    fcntl(store->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) {
		ret = -errno;
		goto err_close;
	}
	*result = store;
	return 0;

err_close:
	close(store->fd);
err_free:
	free(store);
	return ret;
}

static void chunk_put(struct soft_store *store, struct soft_chunk *chunk)
{
	if (!chunk || --chunk->refs)
		return;
	munmap(chunk->ptr, chunk->size);
	store->be->num_chunks--;
	free(chunk);
}

/* At the end of what is used of the file. */
static struct soft_chunk *chunk_new(struct soft_store *store, uint64_t size)
{
	struct soft_chunk *chunk;

	if (size > STORE_SIZE - store->next || store->be->num_chunks >= SOFT_MAX_CHUNKS)
		return NULL;
	chunk = calloc(1, sizeof(*chunk));
	if (!chunk)
		return NULL;
	chunk->ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
			  store->fd, store->next);
	if (chunk->ptr == MAP_FAILED) {
		free(chunk);
		return NULL;
	}
	chunk->refs = 1;
	chunk->offset = store->next;
	chunk->size = size;
	store->be->num_chunks++;
	return chunk;
}

void soft_store_put(struct soft_store *store)
{
	if (--store->refs)
		return;
	chunk_put(store, store->chunk);
	close(store->fd);
	free(store);
}

/* A zeroed piece of the store: of the chunk that is being filled, or a chunk of its own. */
static int store_alloc(struct soft_store *store, struct virtkfd_backend_obj *obj)
{
	struct soft_chunk *chunk = store->chunk;

	if (!chunk || obj->size > chunk->offset + chunk->size - store->next) {
		/* The next one begins behind what is left of the last one. */
		if (chunk)
			store->next = chunk->offset + chunk->size;
		store->chunk = NULL;
		chunk_put(store, chunk);
		chunk = chunk_new(store, MAX(obj->size, SOFT_CHUNK_SIZE));
		if (!chunk)
			return -ENOMEM;
		store->chunk = chunk;
	}
	obj->store = store;
	obj->chunk = chunk;
	obj->offset = store->next;
	obj->ptr = chunk->ptr + (obj->offset - chunk->offset);
	store->next += obj->size;
	chunk->refs++;
	store->refs++;
	return 0;
}

static void store_free(struct virtkfd_backend_obj *obj)
{
	fallocate(obj->store->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, obj->offset,
		  obj->size);
	chunk_put(obj->store, obj->chunk);
	soft_store_put(obj->store);
}

/**
 * soft_vram_available() - VRAM that can be allocated
 * @be: instance
 * @gpu: GPU
 * @used: soft_gpu.vram_used or vram_used_aligned
 *
 * Return: bytes, less what page tables may need.
 */
uint64_t soft_vram_available(struct virtkfd_backend *be, struct soft_gpu *gpu, uint64_t used)
{
	uint64_t reserved = 0;

	for (uint32_t i = 0; i < be->num_gpus; i++)
		reserved += be->gpus[i].vram_size >> 14;
	if (reserved < SOFT_VRAM_RESERVED)
		reserved = SOFT_VRAM_RESERVED;
	return gpu->vram_size > used + reserved ? gpu->vram_size - used - reserved : 0;
}

static int reserve(struct virtkfd_backend_obj *obj)
{
	struct virtkfd_backend *be = obj->be;
	struct soft_gpu *gpu = obj->gpu;

	/* amdkfd counts what asks for both as GTT. */
	if (obj->flags & GTT) {
		if (obj->size > be->gtt_size - be->gtt_used)
			return -ENOMEM;
		be->gtt_used += obj->size;
	} else if (obj->flags & VRAM) {
		if (obj->size > soft_vram_available(be, gpu, gpu->vram_used))
			return -ENOMEM;
		gpu->vram_used += obj->size;
		gpu->vram_used_aligned += ALIGN_UP(obj->size, SOFT_VRAM_ALIGN);
	}
	return 0;
}

static void unreserve(struct virtkfd_backend_obj *obj)
{
	if (obj->flags & GTT) {
		obj->be->gtt_used -= obj->size;
	} else if (obj->flags & VRAM) {
		obj->gpu->vram_used -= obj->size;
		obj->gpu->vram_used_aligned -= ALIGN_UP(obj->size, SOFT_VRAM_ALIGN);
	}
}

void soft_obj_put(struct virtkfd_backend_obj *obj)
{
	if (--obj->refs)
		return;
	if (obj->origin) {
		soft_obj_put(obj->origin);
	} else {
		unreserve(obj);
		if (obj->store)
			store_free(obj);
	}
	soft_doorbells_put(obj->doorbells);
	free(obj->range_ends);
	free(obj);
}

static int add_ranges(struct virtkfd_backend_obj *obj, const struct virtkfd_guest_range *ranges,
		      size_t num_ranges)
{
	uint64_t end = 0;

	obj->range_ends = malloc(num_ranges * sizeof(*obj->range_ends));
	if (!obj->range_ends)
		return -ENOMEM;
	for (size_t i = 0; i < num_ranges; i++) {
		end += ranges[i].len;
		obj->range_ends[i] = end;
	}
	obj->ranges = ranges;
	obj->num_ranges = num_ranges;
	return 0;
}

/**
 * soft_obj_at() - the memory of an object, for an execution thread
 * @obj: object that is mapped on a GPU
 * @offset: where in it, less than its size
 * @len: wanted bytes; shortened to those that are in one piece
 *
 * Return: host address, or NULL if there is no memory behind the object.
 */
void *soft_obj_at(const struct virtkfd_backend_obj *obj, uint64_t offset, uint64_t *len)
{
	size_t low = 0, high = obj->num_ranges;
	uint64_t left = obj->size - offset;

	if (obj->ptr) {
		*len = MIN(*len, left);
		return (uint8_t *)obj->ptr + offset;
	}
	/* The first range that ends behind the offset. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (obj->range_ends[mid] > offset)
			high = mid;
		else
			low = mid + 1;
	}
	if (low == obj->num_ranges)
		return NULL;
	left = MIN(left, obj->range_ends[low] - offset);
	*len = MIN(*len, left);
	offset -= obj->range_ends[low] - obj->ranges[low].len;
	return (uint8_t *)obj->ranges[low].ptr + offset;
}

/**
 * soft_obj_part() - an object that shares the memory of another
 * @obj: object with memory of its own, or that shares it too
 * @offset: bytes into it
 * @size: bytes, within it
 *
 * Return: the object with a reference, without a handle and not accounted for; NULL if out of
 * memory.
 */
struct virtkfd_backend_obj *soft_obj_part(struct virtkfd_backend_obj *obj, uint64_t offset,
					  uint64_t size)
{
	struct virtkfd_backend_obj *part = calloc(1, sizeof(*part));

	if (!part)
		return NULL;
	part->refs = 1;
	part->be = obj->be;
	part->gpu = obj->gpu;
	part->store = obj->store;
	part->offset = obj->offset + offset;
	part->ptr = (uint8_t *)obj->ptr + offset;
	part->size = size;
	part->origin = obj->origin ? obj->origin : obj;
	part->origin->refs++;
	return part;
}

/* As virtkfd_backend_ops.import. */
int soft_import(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_import_dmabuf_args *args,
		struct virtkfd_backend_obj *obj)
{
	struct soft_pdd *pdd = soft_pdd(ctx, args->gpu_id);
	struct virtkfd_backend_obj *new;
	int64_t id;

	if (!pdd)
		return -EINVAL;
	if (!pdd->acquired)
		return -ENODEV;
	/* Memory of this GPU only. */
	if (!obj || obj->gpu != pdd->gpu || !obj->store || !(obj->flags & (VRAM | GTT)))
		return -EINVAL;
	new = soft_obj_part(obj, 0, obj->size);
	if (!new)
		return -ENOMEM;
	new->flags = (obj->flags & VRAM ? VRAM : GTT) | SOFT_WRITABLE |
		     KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE;
	new->va = args->va_addr;
	id = vk_ids_alloc(&pdd->handles, new, INT32_MAX);
	if (id < 0) {
		soft_obj_put(new);
		return -EFAULT;
	}
	args->handle = (uint64_t)args->gpu_id << 32 | id;
	return 0;
}

/* As soft_ioctl() and virtkfd_backend_ops.alloc_user. */
int soft_alloc(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_alloc_memory_of_gpu_args *args,
	       const struct virtkfd_guest_range *ranges, size_t num_ranges)
{
	struct soft_pdd *pdd = soft_pdd(ctx, args->gpu_id);
	uint64_t size = args->size;
	struct virtkfd_backend_obj *obj;
	int64_t id;
	int ret;

	if (!size || !pdd)
		return -EINVAL;
	if (!pdd->acquired)
		return -ENODEV;
	if (args->flags & DOORBELL) {
		if (size != SOFT_DOORBELL_SIZE)
			return -EINVAL;
	} else if (args->flags & MMIO) {
		if (size != SOFT_PAGE)
			return -EINVAL;
	}
	if (!(args->flags & (VRAM | GTT | USERPTR | DOORBELL | MMIO)))
		return -EINVAL;
	if (!(args->flags & (VRAM | GTT)) && args->flags & USERPTR && !num_ranges)
		return -EINVAL;
	if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM)
		size >>= 1;
	/* Zero: an AQL queue of one byte, or more than there are addresses. */
	size = ALIGN_UP(size, SOFT_PAGE);
	if (!size)
		return -EINVAL;

	obj = calloc(1, sizeof(*obj));
	if (!obj)
		return -ENOMEM;
	obj->refs = 1;
	obj->be = ctx->be;
	obj->gpu = pdd->gpu;
	obj->flags = args->flags;
	obj->va = args->va_addr;
	obj->size = size;
	ret = reserve(obj);
	if (ret)
		goto err_free;
	if (obj->flags & (VRAM | GTT))
		ret = store_alloc(ctx->store, obj);
	else if (obj->flags & USERPTR)
		ret = add_ranges(obj, ranges, num_ranges);
	if (ret)
		goto err_unreserve;
	id = vk_ids_alloc(&pdd->handles, obj, INT32_MAX);
	if (id < 0) {
		ret = -EFAULT;
		goto err_put;
	}
	args->handle = (uint64_t)args->gpu_id << 32 | id;
	return 0;

err_put:
	soft_obj_put(obj);
	return ret;
err_unreserve:
	unreserve(obj);
err_free:
	free(obj);
	return ret;
}

/* kfd_process_device_translate_handle(); a handle of an unknown GPU finds nothing either. */
struct virtkfd_backend_obj *soft_obj_find(struct virtkfd_backend_ctx *ctx, uint64_t handle)
{
	struct soft_pdd *pdd = soft_pdd(ctx, handle >> 32);

	return pdd ? vk_ids_find(&pdd->handles, (uint32_t)handle) : NULL;
}

int soft_free(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_free_memory_of_gpu_args *args)
{
	struct virtkfd_backend_obj *obj = soft_obj_find(ctx, args->handle);

	if (ctx->signal_handle && ctx->signal_handle == args->handle)
		return -EPERM;
	if (!obj)
		return -EINVAL;
	if (obj->mapped)
		return -EBUSY;
	vk_ids_remove(&soft_pdd(ctx, args->handle >> 32)->handles, (uint32_t)args->handle);
	/* A blob may keep it, but not the guest pages. */
	obj->ranges = NULL;
	obj->num_ranges = 0;
	soft_obj_put(obj);
	return 0;
}

/* Memory of the MMIO page that the guest maps; there is nothing behind its registers. */
static struct virtkfd_backend_obj *mmio_page(struct virtkfd_backend_ctx *ctx,
					     struct soft_pdd *pdd)
{
	struct virtkfd_backend_obj *obj = pdd->mmio;

	if (obj)
		return obj;
	obj = calloc(1, sizeof(*obj));
	if (!obj)
		return NULL;
	obj->refs = 1;
	obj->be = ctx->be;
	obj->gpu = pdd->gpu;
	obj->size = SOFT_PAGE;
	if (store_alloc(ctx->store, obj)) {
		free(obj);
		return NULL;
	}
	pdd->mmio = obj;
	return obj;
}

int soft_obj_get(struct virtkfd_backend_ctx *ctx, uint32_t type, uint32_t gpu, uint64_t handle,
		 struct virtkfd_obj_info *info, struct virtkfd_backend_obj **result)
{
	struct virtkfd_backend_obj *obj;

	switch (type) {
	case VIRTKFD_BLOB_MEMORY:
		obj = soft_obj_find(ctx, handle);
		if (!obj || !obj->store)
			return -ENOENT;
		obj->refs++;
		break;
	case VIRTKFD_BLOB_DOORBELL:
		if (!soft_doorbells(&ctx->pdds[gpu]))
			return -ENOMEM;
		obj = calloc(1, sizeof(*obj));
		if (!obj)
			return -ENOMEM;
		obj->refs = 1;
		obj->be = ctx->be;
		obj->gpu = &ctx->be->gpus[gpu];
		obj->size = SOFT_DOORBELL_SIZE;
		obj->doorbells = soft_doorbells_get(ctx->pdds[gpu].doorbells);
		break;
	case VIRTKFD_BLOB_MMIO:
		obj = mmio_page(ctx, &ctx->pdds[gpu]);
		if (!obj)
			return -ENOMEM;
		obj->refs++;
		break;
	default:
		return -ENOENT;
	}
	info->size = obj->size;
	info->trapped = obj->doorbells;
	*result = obj;
	return 0;
}

int soft_obj_map(struct virtkfd_backend_obj *obj, void *addr, uint32_t *map_info)
{
	void *ptr = mmap(addr, obj->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 obj->store->fd, obj->offset);

	if (ptr == MAP_FAILED)
		return -errno;
	*map_info = VIRTIO_GPU_MAP_CACHE_CACHED;
	return 0;
}

/* Everything the context still has; mappings are gone already. */
void soft_memory_close(struct virtkfd_backend_ctx *ctx)
{
	for (uint32_t i = 0; i < ctx->be->num_gpus; i++) {
		struct vk_ids *handles = &ctx->pdds[i].handles;

		for (uint32_t id = 0; id < handles->num_slots; id++) {
			struct virtkfd_backend_obj *obj = handles->slots[id];

			if (!obj)
				continue;
			obj->ranges = NULL;
			obj->num_ranges = 0;
			soft_obj_put(obj);
		}
		vk_ids_destroy(handles);
		if (ctx->pdds[i].mmio)
			soft_obj_put(ctx->pdds[i].mmio);
		soft_doorbells_put(ctx->pdds[i].doorbells);
	}
}
