// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Blobs: objects of a process context that the VMM maps into the guest, or that another
 * context may use as well (share.c). A blob keeps the memory alive, and what it counts for,
 * after handle and context are gone.
 */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

/* What the blob id names, as the backend wants it. */
static int blob_target(struct virtkfd_ctx *ctx, uint64_t blob_id, int *gpu,
		       struct vk_mem **mem)
{
	*mem = NULL;
	switch (VIRTKFD_BLOB_TYPE(blob_id)) {
	case VIRTKFD_BLOB_MEMORY:
		*mem = vk_mem_find(ctx, VIRTKFD_BLOB_HANDLE(blob_id));
		if (!*mem)
			return -ENOENT;
		break;
	case VIRTKFD_BLOB_DOORBELL:
	case VIRTKFD_BLOB_MMIO:
		if ((uint32_t)blob_id)
			return -ENOENT;
		break;
	default:
		return -ENOENT;
	}
	*gpu = vk_gpu_index(ctx->vm, VIRTKFD_BLOB_GPU(blob_id));
	return *gpu < 0 ? -ENOENT : 0;
}

int virtkfd_blob_create(struct virtkfd_vm *vm, uint32_t ctx_id, uint64_t blob_id,
			uint64_t size, struct virtkfd_blob **result)
{
	struct virtkfd_ctx *ctx = vk_ctx_find(vm, ctx_id);
	struct virtkfd_blob *blob;
	int gpu, ret;

	if (!ctx || !ctx->bctx)
		return -ENOENT;
	if (vm->stats.blobs >= vm->limits.blobs) {
		vk_log(vm, VIRTKFD_LOG_WARNING, "context %u: limit of %u blobs reached",
		       ctx_id, vm->limits.blobs);
		return -ENOSPC;
	}
	blob = calloc(1, sizeof(*blob));
	if (!blob)
		return -ENOMEM;
	blob->vm = vm;
	ret = blob_target(ctx, blob_id, &gpu, &blob->mem);
	if (ret)
		goto err_free;
	ret = vm->be->obj_get(ctx->bctx, VIRTKFD_BLOB_TYPE(blob_id), gpu,
			      blob->mem ? blob->mem->backend_handle : 0, &blob->info,
			      &blob->obj);
	if (ret)
		goto err_free;
	if (size != blob->info.size) {
		vk_log(vm, VIRTKFD_LOG_WARNING,
		       "context %u: blob 0x%llx has 0x%llx bytes, not 0x%llx", ctx_id,
		       (unsigned long long)blob_id, (unsigned long long)blob->info.size,
		       (unsigned long long)size);
		ret = -EINVAL;
		goto err_put;
	}
	if (blob->mem)
		blob->mem->refs++;
	LIST_INSERT_HEAD(&vm->blobs, blob, link);
	vm->stats.blobs++;
	*result = blob;
	return 0;

err_put:
	vm->be->obj_put(blob->obj);
err_free:
	free(blob);
	return ret;
}

bool virtkfd_blob_trapped(const struct virtkfd_blob *blob)
{
	return blob->info.trapped;
}

int virtkfd_blob_map(struct virtkfd_blob *blob, void *addr, uint32_t *map_info)
{
	int ret;

	if (blob->mapped)
		return -EBUSY;
	if (blob->info.trapped)
		return -EINVAL;
	ret = blob->vm->be->obj_map(blob->obj, addr, map_info);
	if (ret)
		return ret;
	blob->mapped = true;
	blob->vm->stats.mappings++;
	return 0;
}

void virtkfd_blob_unmapped(struct virtkfd_blob *blob)
{
	if (!blob->mapped)
		return;
	if (blob->vm->be->obj_unmapped)
		blob->vm->be->obj_unmapped(blob->obj);
	blob->mapped = false;
	blob->vm->stats.mappings--;
}

void virtkfd_blob_destroy(struct virtkfd_blob *blob)
{
	struct virtkfd_vm *vm = blob->vm;
	struct vk_resource *res;

	if (blob->mapped) {
		vk_log(vm, VIRTKFD_LOG_ERROR, "blob destroyed while it is mapped");
		virtkfd_blob_unmapped(blob);
	}
	pthread_mutex_lock(&vm->lock);
	while ((res = LIST_FIRST(&blob->attached)))
		vk_resource_free(res);
	pthread_mutex_unlock(&vm->lock);
	LIST_REMOVE(blob, link);
	vm->be->obj_put(blob->obj);
	if (blob->mem)
		vk_mem_put(vm, blob->mem);
	vm->stats.blobs--;
	free(blob);
}

void virtkfd_doorbell_write(struct virtkfd_blob *blob, uint64_t offset, uint64_t value,
			    unsigned int size)
{
	if (!blob->info.trapped || (size != 4 && size != 8) || offset % size ||
	    offset > blob->info.size - size)
		return;
	blob->vm->be->doorbell(blob->obj, offset, value, size);
}
