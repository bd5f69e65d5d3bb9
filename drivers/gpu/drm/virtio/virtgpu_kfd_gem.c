// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * amdgpu's ioctls for memory, on the render nodes.
 *
 * What lives here: what libdrm_amdgpu does with memory that it got by PRIME import: mapping
 * it on the GPU and on the CPU, describing it. What does not: how it becomes a dma-buf,
 * virtgpu_kfd_dmabuf.c; handles and their import, which are the DRM core's.
 *
 * GEM_VA acts in the VM of the process that acquired the file, whoever calls. A file that was
 * not acquired has no VM on the host, so there it fails.
 */

#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/amdgpu_drm.h>
#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_vma_manager.h>

#include "virtgpu_kfd.h"

static struct virtgpu_kfd_bo *lookup(struct drm_file *file, u32 handle)
{
	struct drm_gem_object *obj = drm_gem_object_lookup(file, handle);

	return obj ? to_virtgpu_kfd_bo(obj) : NULL;
}

/* Changes mappings in the VM of @process. Without @bo the host says what that means. */
static int render_va(struct virtgpu_kfd_process *process, struct virtgpu_kfd_bo *bo,
		     struct virtkfd_ccmd_render_va *cmd)
{
	struct virtio_gpu_object_array *objs = NULL;
	struct virtkfd_rsp rsp;
	int ret = 0;

	cmd->hdr.cmd = VIRTKFD_CCMD_RENDER_VA;

	mutex_lock(&process->lock);
	if (bo) {
		objs = virtgpu_kfd_attach(process, bo);
		ret = objs ? 0 : -ENOMEM;
		cmd->res_id = bo->blob->hw_res_handle;
	}
	if (!ret)
		ret = virtgpu_kfd_call(process->ctx, &cmd->hdr, sizeof(*cmd), &rsp, sizeof(rsp));
	if (objs)
		virtgpu_kfd_detach(process, objs);
	mutex_unlock(&process->lock);

	/* A host that is older than the command. */
	return ret == -ENOTTY ? -EINVAL : ret;
}

/**
 * virtgpu_kfd_gem_va_ioctl() - DRM_IOCTL_AMDGPU_GEM_VA
 * @dev: DRM device of the render node
 * @data: &struct drm_amdgpu_gem_va
 * @file: file
 *
 * Return: 0; -EINVAL for a file that was not acquired, or with syncobjs, of which this driver
 * has none; -ESRCH if the process has ended; -ENOMEM; else the host's errno.
 */
int virtgpu_kfd_gem_va_ioctl(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct virtgpu_kfd_process *process = virtgpu_kfd_render_process(file);
	struct virtgpu_kfd_gpu *gpu = dev->dev_private;
	struct drm_amdgpu_gem_va *args = data;
	struct virtkfd_ccmd_render_va cmd = {
		.gpu_id = gpu->gpu_id,
		.operation = args->operation,
		.flags = args->flags,
		.va = args->va_address,
		.offset = args->offset_in_bo,
		.size = args->map_size,
	};
	struct virtgpu_kfd_bo *bo;
	int ret;

	if (!process || args->operation == VIRTKFD_RENDER_VA_CLOSE ||
	    args->num_syncobj_handles || args->vm_timeline_syncobj_out)
		return -EINVAL;
	ret = virtgpu_kfd_process_enter(process);
	if (ret)
		return ret;

	bo = args->operation == AMDGPU_VA_OP_CLEAR ? NULL : lookup(file, args->handle);
	if (bo && !virtgpu_kfd_bo_is_memory(bo)) {
		ret = -EINVAL;
	} else {
		if (bo)
			WRITE_ONCE(bo->va_mapped, true);
		ret = render_va(process, bo, &cmd);
	}

	if (bo)
		drm_gem_object_put(&bo->base);
	virtgpu_kfd_process_exit(process);
	return ret;
}

/**
 * virtgpu_kfd_gem_close() - &drm_gem_object_funcs.close
 * @obj: object
 * @file: file that loses its handle
 *
 * With the handle go the mappings that were made by it.
 */
void virtgpu_kfd_gem_close(struct drm_gem_object *obj, struct drm_file *file)
{
	struct virtgpu_kfd_process *process = virtgpu_kfd_render_process(file);
	struct virtgpu_kfd_bo *bo = to_virtgpu_kfd_bo(obj);
	struct virtgpu_kfd_gpu *gpu = obj->dev->dev_private;
	struct virtkfd_ccmd_render_va cmd = {
		.gpu_id = gpu->gpu_id,
		.operation = VIRTKFD_RENDER_VA_CLOSE,
	};

	if (!process || !READ_ONCE(bo->va_mapped) || virtgpu_kfd_process_enter(process))
		return;
	render_va(process, bo, &cmd);
	virtgpu_kfd_process_exit(process);
}

/**
 * virtgpu_kfd_gem_mmap_ioctl() - DRM_IOCTL_AMDGPU_GEM_MMAP
 * @dev: DRM device of the render node
 * @data: &union drm_amdgpu_gem_mmap
 * @file: file
 *
 * Return: 0 or -ENOENT.
 */
int virtgpu_kfd_gem_mmap_ioctl(struct drm_device *dev, void *data, struct drm_file *file)
{
	union drm_amdgpu_gem_mmap *args = data;
	struct virtgpu_kfd_bo *bo = lookup(file, args->in.handle);

	memset(args, 0, sizeof(*args));
	if (!bo)
		return -ENOENT;
	args->out.addr_ptr = drm_vma_node_offset_addr(&bo->base.vma_node);
	drm_gem_object_put(&bo->base);
	return 0;
}

static int set_metadata(struct virtgpu_kfd_bo *bo, const struct drm_amdgpu_gem_metadata *args)
{
	if (args->data.data_size_bytes > sizeof(args->data.data))
		return -EINVAL;
	if (!bo->metadata)
		bo->metadata = kzalloc_obj(*bo->metadata, GFP_KERNEL_ACCOUNT);
	if (!bo->metadata)
		return -ENOMEM;

	bo->metadata->tiling = args->data.tiling_info;
	bo->metadata->size = args->data.data_size_bytes;
	if (bo->metadata->size) {
		bo->metadata->flags = args->data.flags;
		memcpy(bo->metadata->data, args->data.data, bo->metadata->size);
	}
	return 0;
}

static void get_metadata(struct virtgpu_kfd_bo *bo, struct drm_amdgpu_gem_metadata *args)
{
	static const struct virtgpu_kfd_metadata none;
	const struct virtgpu_kfd_metadata *metadata = bo->metadata ?: &none;

	args->data.tiling_info = metadata->tiling;
	args->data.flags = metadata->flags;
	args->data.data_size_bytes = metadata->size;
	memcpy(args->data.data, metadata->data, metadata->size);
}

/**
 * virtgpu_kfd_gem_metadata_ioctl() - DRM_IOCTL_AMDGPU_GEM_METADATA
 * @dev: DRM device of the render node
 * @data: &struct drm_amdgpu_gem_metadata
 * @file: file
 *
 * Return: 0, as with amdgpu also for an unknown operation, which does nothing; -ENOENT; -EINVAL
 * for too many bytes; -ENOMEM.
 */
int virtgpu_kfd_gem_metadata_ioctl(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_amdgpu_gem_metadata *args = data;
	struct virtgpu_kfd_bo *bo = lookup(file, args->handle);
	int ret = 0;

	BUILD_BUG_ON(sizeof(bo->metadata->data) != sizeof(args->data.data));

	if (!bo)
		return -ENOENT;

	mutex_lock(&bo->lock);
	switch (args->op) {
	case AMDGPU_GEM_METADATA_OP_GET_METADATA:
		get_metadata(bo, args);
		break;
	case AMDGPU_GEM_METADATA_OP_SET_METADATA:
		ret = set_metadata(bo, args);
		break;
	}
	mutex_unlock(&bo->lock);
	drm_gem_object_put(&bo->base);
	return ret;
}

/*
 * As amdgpu_amdkfd_gpuvm_alloc_memory_of_gpu(), amdgpu_gem_object_create() and amdgpu_bo_create()
 * make it, the last of which forgets that PUBLIC memory was to be CPU_ACCESS_REQUIRED.
 */
static void create_info(const struct virtgpu_kfd_bo *bo, struct drm_amdgpu_gem_create_in *info)
{
	static const struct {
		u32 kfd;
		u64 amdgpu;
	} flags[] = {
		{ KFD_IOC_ALLOC_MEM_FLAGS_VRAM, AMDGPU_GEM_CREATE_VRAM_CLEARED },
		{ KFD_IOC_ALLOC_MEM_FLAGS_COHERENT, AMDGPU_GEM_CREATE_COHERENT },
		{ KFD_IOC_ALLOC_MEM_FLAGS_EXT_COHERENT, AMDGPU_GEM_CREATE_EXT_COHERENT },
		{ KFD_IOC_ALLOC_MEM_FLAGS_UNCACHED, AMDGPU_GEM_CREATE_UNCACHED },
		{ KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_CONTIGUOUS,
		  AMDGPU_GEM_CREATE_VRAM_CONTIGUOUS },
	};
	u32 i;

	info->bo_size = bo->base.size;
	info->alignment = PAGE_SIZE;
	info->domains = bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM ? AMDGPU_GEM_DOMAIN_VRAM :
								   AMDGPU_GEM_DOMAIN_GTT;
	info->domain_flags = AMDGPU_GEM_CREATE_VRAM_WIPE_ON_RELEASE;
	if (!virtgpu_kfd_bo_is_memory(bo))
		info->domain_flags |= AMDGPU_GEM_CREATE_PREEMPTIBLE;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if ((bo->flags & flags[i].kfd) == flags[i].kfd)
			info->domain_flags |= flags[i].amdgpu;
}

/**
 * virtgpu_kfd_gem_op_ioctl() - DRM_IOCTL_AMDGPU_GEM_OP
 * @dev: DRM device of the render node
 * @data: &struct drm_amdgpu_gem_op
 * @file: file
 *
 * Return: 0; -EINVAL for anything but GET_GEM_CREATE_INFO; -ENOENT; -EFAULT.
 */
int virtgpu_kfd_gem_op_ioctl(struct drm_device *dev, void *data, struct drm_file *file)
{
	struct drm_amdgpu_gem_create_in info = {};
	struct drm_amdgpu_gem_op *args = data;
	struct virtgpu_kfd_bo *bo;
	int ret = -EINVAL;

	if (args->padding)
		return -EINVAL;
	bo = lookup(file, args->handle);
	if (!bo)
		return -ENOENT;

	if (args->op == AMDGPU_GEM_OP_GET_GEM_CREATE_INFO) {
		create_info(bo, &info);
		ret = copy_to_user(u64_to_user_ptr(args->value), &info, sizeof(info)) ? -EFAULT :
										       0;
	}
	drm_gem_object_put(&bo->base);
	return ret;
}
