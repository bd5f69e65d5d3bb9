// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory that processes share: EXPORT_DMABUF, IMPORT_DMABUF, GET_DMABUF_INFO.
 *
 * What lives here: the way from a handle to a dma-buf and back. What does not: what else can
 * be done with a GEM object, virtgpu_kfd_gem.c; its CPU mappings, virtgpu_kfd_mmap.c.
 *
 * To the host a dma-buf is the HOST3D blob of the exported object: the blob is attached to the
 * context of the process that uses it for as long as the call that names it takes, so no
 * process can name what it was not given. What was imported does not need the blob any more.
 *
 * An object has one dma-buf at a time, as the DRM core takes for granted. All handles of the
 * memory keep it once there is one, so that each exports the same.
 */

#include <linux/dma-buf.h>
#include <linux/err.h>
#include <linux/kfd_ioctl.h>
#include <linux/uaccess.h>

#include <drm/drm_gem.h>
#include <drm/drm_prime.h>

#include "virtgpu_kfd.h"

#define EXPORT_NR	_IOC_NR(AMDKFD_IOC_EXPORT_DMABUF)
#define IMPORT_NR	_IOC_NR(AMDKFD_IOC_IMPORT_DMABUF)

static struct virtio_gpu_object_array *blob_array(struct virtgpu_kfd_bo *bo)
{
	struct virtio_gpu_object_array *objs = virtio_gpu_array_alloc(1);

	if (objs)
		virtio_gpu_array_add_obj(objs, &bo->blob->base.base);
	return objs;
}

/**
 * virtgpu_kfd_attach() - let a process's context name the blob of an object
 * @process: process, entered and its lock held until virtgpu_kfd_detach()
 * @bo: object with a blob, of any process
 *
 * Return: for virtgpu_kfd_detach(), or NULL if out of memory.
 */
struct virtio_gpu_object_array *virtgpu_kfd_attach(struct virtgpu_kfd_process *process,
						   struct virtgpu_kfd_bo *bo)
{
	struct virtio_gpu_object_array *attach, *detach;

	lockdep_assert_held(&process->lock);
	attach = blob_array(bo);
	detach = blob_array(bo);
	if (!attach || !detach) {
		if (attach)
			virtio_gpu_array_put_free(attach);
		if (detach)
			virtio_gpu_array_put_free(detach);
		return NULL;
	}

	/* What comes next is a call, which notifies the host. */
	virtio_gpu_cmd_context_attach_resource(process->kfd->vgdev, process->ctx->id, attach);
	return detach;
}

/**
 * virtgpu_kfd_detach() - undo virtgpu_kfd_attach()
 * @process: process
 * @objs: what it returned
 */
void virtgpu_kfd_detach(struct virtgpu_kfd_process *process,
			struct virtio_gpu_object_array *objs)
{
	lockdep_assert_held(&process->lock);
	virtio_gpu_cmd_context_detach_resource(process->kfd->vgdev, process->ctx->id, objs);
	virtio_gpu_notify(process->kfd->vgdev);
}

/* Makes the blob and lets the host look whether it is there and may be shared. */
static int host_export(struct virtgpu_kfd_bo *bo)
{
	struct kfd_ioctl_export_dmabuf_args wire = { .handle = bo->handle };
	struct virtgpu_kfd_process *process = bo->process;
	struct virtio_gpu_object_array *objs;
	int ret;

	mutex_lock(&bo->lock);
	ret = virtgpu_kfd_bo_make_blob(bo);
	if (ret)
		goto out;

	ret = -ENOMEM;
	objs = virtgpu_kfd_attach(process, bo);
	if (!objs)
		goto out;
	wire.dmabuf_fd = bo->blob->hw_res_handle;
	ret = virtgpu_kfd_forward(process, EXPORT_NR, &wire, NULL, 0);
	virtgpu_kfd_detach(process, objs);
	/* The handle is valid, so what is missing is the blob. */
	if (ret == -EINVAL)
		ret = -ENOMEM;
out:
	if (ret && !bo->ready)
		virtgpu_kfd_bo_drop_blob(bo);
	mutex_unlock(&bo->lock);
	return ret;
}

/* With process->lock held. Returns the dma-buf with a reference. */
static struct dma_buf *export_bo(struct virtgpu_kfd_bo *bo)
{
	struct dma_buf *dmabuf = bo->dmabuf;
	int ret;

	if (!dmabuf) {
		if (virtgpu_kfd_is_userptr(bo->flags))
			return ERR_PTR(-EPERM);
		ret = virtgpu_kfd_bo_is_memory(bo) ? host_export(bo) : 0;
		if (ret)
			return ERR_PTR(ret);

		dmabuf = drm_gem_prime_export(&bo->base,
					      bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE ?
					      DRM_RDWR : 0);
		if (IS_ERR(dmabuf))
			return dmabuf;
		/* So that the removal of the device ends mappings made through it, too. */
		dmabuf->file->f_mapping = bo->base.dev->anon_inode->i_mapping;
		bo->dmabuf = dmabuf;
	}

	get_dma_buf(dmabuf);
	return dmabuf;
}

/**
 * virtgpu_kfd_export_dmabuf() - AMDKFD_IOC_EXPORT_DMABUF
 * @process: process
 * @data: &struct kfd_ioctl_export_dmabuf_args
 *
 * Return: 0; -EINVAL for an unknown handle; -EPERM for user memory; -ENOMEM, also if the host
 * has no room for another blob; -EMFILE; else the host's errno.
 */
int virtgpu_kfd_export_dmabuf(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_export_dmabuf_args *args = data;
	struct virtgpu_kfd_bo *bo;
	struct dma_buf *dmabuf;
	int fd;

	mutex_lock(&process->lock);
	bo = virtgpu_kfd_bo_lookup(process, args->handle);
	dmabuf = bo ? export_bo(bo) : ERR_PTR(-EINVAL);
	mutex_unlock(&process->lock);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	fd = dma_buf_fd(dmabuf, args->flags);
	if (fd < 0) {
		dma_buf_put(dmabuf);
		return fd;
	}
	args->dmabuf_fd = fd;
	return 0;
}

/* The object behind a dma-buf, or NULL if it is not one of this driver's. */
static struct virtgpu_kfd_bo *exported_bo(struct virtgpu_kfd *kfd, struct dma_buf *dmabuf)
{
	u32 i;

	for (i = 0; i < kfd->num_gpus; i++)
		if (drm_gem_is_prime_exported_dma_buf(kfd->gpus[i].render, dmabuf))
			return to_virtgpu_kfd_bo(dmabuf->priv);
	return NULL;
}

/* With process->lock held. */
static int host_import(struct virtgpu_kfd_bo *bo, u32 gpu_id)
{
	struct kfd_ioctl_import_dmabuf_args wire = {
		.va_addr = bo->va,
		.gpu_id = gpu_id,
		.dmabuf_fd = bo->origin->blob->hw_res_handle,
	};
	struct virtgpu_kfd_process *process = bo->process;
	struct virtio_gpu_object_array *objs;
	bool gone;
	int ret;

	objs = virtgpu_kfd_attach(process, bo->origin);
	if (!objs)
		return -ENOMEM;
	ret = virtgpu_kfd_forward(process, IMPORT_NR, &wire, NULL, 0);
	virtgpu_kfd_detach(process, objs);
	if (ret)
		return ret;

	bo->handle = wire.handle;
	bo->blob_id = VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MEMORY, bo->handle);
	return virtgpu_kfd_bo_add(bo, &gone);
}

/**
 * virtgpu_kfd_import_dmabuf() - AMDKFD_IOC_IMPORT_DMABUF
 * @process: process
 * @data: &struct kfd_ioctl_import_dmabuf_args
 *
 * Return: 0; -EINVAL for an unknown GPU, or a file that is not a dma-buf of this GPU's memory;
 * -ENODEV before ACQUIRE_VM; -EBADF; -ENOMEM; else the host's errno.
 */
int virtgpu_kfd_import_dmabuf(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_import_dmabuf_args *args = data;
	struct virtgpu_kfd_bo *bo, *origin;
	struct virtgpu_kfd_gpu *gpu;
	struct dma_buf *dmabuf;
	int ret = -EINVAL;

	gpu = virtgpu_kfd_gpu_by_id(process->kfd, args->gpu_id);
	if (!gpu)
		return -EINVAL;
	if (!READ_ONCE(process->vms[gpu->index].drm_file))
		return -ENODEV;
	dmabuf = dma_buf_get(args->dmabuf_fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);

	origin = exported_bo(process->kfd, dmabuf);
	if (!origin || origin->base.dev != gpu->render || !virtgpu_kfd_bo_is_memory(origin))
		goto err_put_dmabuf;

	ret = -ENOMEM;
	bo = virtgpu_kfd_bo_create(process, gpu->render, origin->base.size);
	if (!bo)
		goto err_put_dmabuf;
	bo->flags = KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE | KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE;
	bo->flags |= origin->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM ?:
		     KFD_IOC_ALLOC_MEM_FLAGS_GTT;
	bo->va = args->va_addr;
	bo->origin = origin;
	bo->dmabuf = dmabuf;

	mutex_lock(&process->lock);
	ret = host_import(bo, gpu->gpu_id);
	if (!ret)
		args->handle = bo->handle;
	mutex_unlock(&process->lock);
	if (!ret)
		return 0;

	drm_gem_object_put(&bo->base);
err_put_dmabuf:
	dma_buf_put(dmabuf);
	return ret;
}

/*
 * What amdgpu knows of the flags that memory was allocated with. PUBLIC is not of them:
 * amdgpu_bo_create() forgets AMDGPU_GEM_CREATE_CPU_ACCESS_REQUIRED.
 */
static u32 info_flags(const struct virtgpu_kfd_bo *bo)
{
	return bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM ?: KFD_IOC_ALLOC_MEM_FLAGS_GTT;
}

/**
 * virtgpu_kfd_get_dmabuf_info() - AMDKFD_IOC_GET_DMABUF_INFO
 * @process: process
 * @data: &struct kfd_ioctl_get_dmabuf_info_args
 *
 * Return: 0; -EINVAL for a file that is not a dma-buf of a GPU's memory, or for less room than
 * the metadata takes, which metadata_size then tells; -EBADF; -EFAULT.
 */
int virtgpu_kfd_get_dmabuf_info(struct virtgpu_kfd_process *process, void *data)
{
	u32 metadata[ARRAY_SIZE(((struct virtgpu_kfd_metadata *)0)->data)];
	struct kfd_ioctl_get_dmabuf_info_args *args = data;
	u32 room = args->metadata_size;
	struct virtgpu_kfd_gpu *gpu;
	struct virtgpu_kfd_bo *bo;
	struct dma_buf *dmabuf;
	int ret = -EINVAL;

	dmabuf = dma_buf_get(args->dmabuf_fd);
	if (IS_ERR(dmabuf))
		return PTR_ERR(dmabuf);
	bo = exported_bo(process->kfd, dmabuf);
	if (!bo)
		goto out;

	args->size = bo->base.size;
	mutex_lock(&bo->lock);
	args->metadata_size = bo->metadata ? bo->metadata->size : 0;
	if (args->metadata_size <= room) {
		if (args->metadata_size)
			memcpy(metadata, bo->metadata->data, args->metadata_size);
		ret = 0;
	}
	mutex_unlock(&bo->lock);
	if (ret)
		goto out;

	gpu = bo->base.dev->dev_private;
	args->gpu_id = gpu->gpu_id;
	args->flags = info_flags(bo);
	if (args->metadata_ptr && copy_to_user(u64_to_user_ptr(args->metadata_ptr), metadata,
					       args->metadata_size))
		ret = -EFAULT;
out:
	dma_buf_put(dmabuf);
	return ret;
}
