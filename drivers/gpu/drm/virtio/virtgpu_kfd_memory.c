// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory of a process: ACQUIRE_VM, ALLOC_MEMORY_OF_GPU, FREE_MEMORY_OF_GPU and the end.
 *
 * What lives here: the objects behind memory handles. What does not: their CPU mappings,
 * virtgpu_kfd_mmap.c; pinning user pages, virtgpu_kfd_userptr.c; handles that come by import,
 * virtgpu_kfd_dmabuf.c; MAP and UNMAP, which need nothing of the guest.
 *
 * User pages stay pinned until the host has said that the GPU no longer uses them: that a
 * FREE succeeded, that an ALLOC failed, or that the context is gone. Where it did not say
 * anything the object waits in virtgpu_kfd_process.pinned for the context's end.
 */

#include <kunit/visibility.h>
#include <linux/file.h>
#include <linux/kfd_ioctl.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include <drm/drm_file.h>
#include <drm/drm_gem.h>
#include <drm/drm_print.h>
#include <drm/drm_vma_manager.h>

#include "virtgpu_kfd.h"
#include "virtgpu_kfd_cookie.h"

#define ALLOC_NR	_IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU)
#define FREE_NR		_IOC_NR(AMDKFD_IOC_FREE_MEMORY_OF_GPU)
#define ACQUIRE_VM_NR	_IOC_NR(AMDKFD_IOC_ACQUIRE_VM)

#define FLAGS_MEMORY	(KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_GTT)
#define FLAGS_IO	(KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL | KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP)

static struct drm_file *vm_drm_file(const struct virtgpu_kfd_vm *vm)
{
	return vm->drm_file->private_data;
}

static struct virtgpu_kfd_vm *bo_vm(const struct virtgpu_kfd_bo *bo)
{
	struct virtgpu_kfd_gpu *gpu = bo->base.dev->dev_private;

	return &bo->process->vms[gpu->index];
}

/* What is mapped through the render node: an imported object has no offset of its own. */
static struct drm_vma_offset_node *bo_node(struct virtgpu_kfd_bo *bo)
{
	return bo->origin ? &bo->origin->base.vma_node : &bo->base.vma_node;
}

/* Did the host not say what became of the call? */
static bool unanswered(const struct virtgpu_kfd_process *process, int ret)
{
	return ret == -EIO || ret == -EINTR || ret == -ENODEV || READ_ONCE(process->ctx->lost);
}

/**
 * virtgpu_kfd_acquire_vm() - AMDKFD_IOC_ACQUIRE_VM
 * @process: process
 * @data: &struct kfd_ioctl_acquire_vm_args
 *
 * Return: 0, also for the file that the VM was acquired with before; -EBUSY for another
 * file; -EINVAL for an unknown GPU, or a file that is not of the GPU's render node or whose
 * VM has been acquired; else the host's errno.
 */
int virtgpu_kfd_acquire_vm(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_acquire_vm_args *args = data;
	struct kfd_ioctl_acquire_vm_args wire = { .gpu_id = args->gpu_id };
	struct virtgpu_kfd_gpu *gpu;
	struct virtgpu_kfd_vm *vm;
	struct file *file;
	int ret;

	file = fget(args->drm_fd);
	if (!file)
		return -EINVAL;

	mutex_lock(&process->lock);
	ret = -EINVAL;
	gpu = virtgpu_kfd_gpu_by_id(process->kfd, args->gpu_id);
	if (!gpu)
		goto out;

	vm = &process->vms[gpu->index];
	if (vm->drm_file) {
		ret = vm->drm_file == file ? 0 : -EBUSY;
		goto out;
	}

	if (virtgpu_kfd_render_gpu(file) != gpu)
		goto out;
	ret = virtgpu_kfd_render_acquire(file);
	if (ret)
		goto out;

	ret = virtgpu_kfd_forward(process, ACQUIRE_VM_NR, &wire, NULL, 0);
	if (ret) {
		virtgpu_kfd_render_unacquire(file);
		goto out;
	}

	virtgpu_kfd_render_bind(file, process);
	vm->pid = task_pid_nr(current);
	get_task_comm(vm->comm, current);
	/* Pairs with virtgpu_kfd_smi_fault(). */
	smp_store_release(&vm->drm_file, file);
	file = NULL;
	virtgpu_kfd_smi_process(process, gpu, true);
out:
	mutex_unlock(&process->lock);
	if (file)
		fput(file);
	return ret;
}

/* The checks that cannot be left to the host, in amdkfd's order. */
static int check_alloc(const struct virtgpu_kfd_gpu *gpu,
		       const struct kfd_ioctl_alloc_memory_of_gpu_args *args)
{
	if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL) {
		if (args->size != gpu->doorbell_size)
			return -EINVAL;
	} else if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP) {
		if (args->size != PAGE_SIZE)
			return -EINVAL;
		if (PAGE_SIZE > SZ_4K)
			return -ENOMEM;
	}

	if (virtgpu_kfd_is_userptr(args->flags))
		return args->mmap_offset ? 0 : -EINVAL;
	return args->flags & (FLAGS_MEMORY | FLAGS_IO) ? 0 : -EINVAL;
}

/* Makes the object of an allocation, without a handle and known to nobody. */
static struct virtgpu_kfd_bo *new_bo(struct virtgpu_kfd_process *process,
				     struct virtgpu_kfd_gpu *gpu,
				     const struct kfd_ioctl_alloc_memory_of_gpu_args *args)
{
	struct virtgpu_kfd_bo *bo;
	u64 size = args->size;

	/* The GPU sees it twice. */
	if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM)
		size >>= 1;
	size = PAGE_ALIGN(size);
	if (!size)
		return ERR_PTR(-EINVAL);

	bo = virtgpu_kfd_bo_create(process, gpu->render, size);
	if (!bo)
		return ERR_PTR(-ENOMEM);
	bo->flags = args->flags;
	bo->va = args->va_addr;

	/* It fails for what is larger than any GPU's memory. */
	if (drm_gem_create_mmap_offset(&bo->base)) {
		drm_gem_object_put(&bo->base);
		return ERR_PTR(-ENOMEM);
	}
	return bo;
}

/* Undoes new_bo() where the host may still use user pages, or is known not to. */
static void drop_bo(struct virtgpu_kfd_bo *bo, bool uncertain)
{
	if (bo->pages && uncertain) {
		list_add_tail(&bo->link, &bo->process->pinned);
		return;
	}
	virtgpu_kfd_userptr_unpin(bo);
	drm_gem_object_put(&bo->base);
}

static int host_free(struct virtgpu_kfd_process *process, u64 handle)
{
	struct kfd_ioctl_free_memory_of_gpu_args args = { .handle = handle };

	return virtgpu_kfd_forward(process, FREE_NR, &args, NULL, 0);
}

/**
 * virtgpu_kfd_bo_add() - enter memory that the host has just made in the process's table
 * @bo: object with its handle; the process's lock is held
 * @gone: after an error, whether the host has let go of it again
 *
 * Return: 0; -EIO if the handle cannot be right; -ENOMEM.
 */
int virtgpu_kfd_bo_add(struct virtgpu_kfd_bo *bo, bool *gone)
{
	struct virtgpu_kfd_gpu *gpu = bo->base.dev->dev_private;
	struct virtgpu_kfd_process *process = bo->process;
	int ret;

	*gone = false;
	if (upper_32_bits(bo->handle) != gpu->gpu_id || xa_load(&process->bos, bo->handle)) {
		drm_err_ratelimited(process->kfd->vgdev->ddev,
				    "kfd: the host gave memory the handle 0x%llx\n", bo->handle);
		return -EIO;
	}

	ret = drm_vma_node_allow(bo_node(bo), vm_drm_file(bo_vm(bo)));
	if (ret)
		goto err_free;

	ret = xa_insert(&process->bos, bo->handle, bo, GFP_KERNEL_ACCOUNT);
	if (ret)
		goto err_revoke;
	return 0;

err_revoke:
	drm_vma_node_revoke(bo_node(bo), vm_drm_file(bo_vm(bo)));
err_free:
	*gone = !host_free(process, bo->handle);
	return ret;
}

/*
 * Lets the host allocate and enters the object in the table. Consumes the reference in case
 * of an error. With process->lock held.
 */
static int host_alloc(struct virtgpu_kfd_bo *bo, struct virtgpu_kfd_gpu *gpu,
		      const struct kfd_ioctl_alloc_memory_of_gpu_args *args, const u64 *extents,
		      u32 num_extents)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args wire = *args;
	struct virtgpu_kfd_process *process = bo->process;
	bool gone;
	int ret;

	wire.mmap_offset = 0;
	wire.handle = 0;
	ret = virtgpu_kfd_forward(process, ALLOC_NR, &wire, extents,
				  num_extents * sizeof(*extents));
	if (ret) {
		gone = !unanswered(process, ret);
		/* More extents than the host takes in one command. */
		ret = ret == -E2BIG ? -ENOMEM : ret;
		goto err_drop;
	}

	bo->handle = wire.handle;
	if (args->flags & FLAGS_MEMORY)
		bo->blob_id = VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MEMORY, bo->handle);
	else if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL)
		bo->blob_id = VIRTKFD_BLOB_ID_GPU(VIRTKFD_BLOB_DOORBELL, gpu->gpu_id);
	else
		bo->blob_id = VIRTKFD_BLOB_ID_GPU(VIRTKFD_BLOB_MMIO, gpu->gpu_id);

	ret = virtgpu_kfd_bo_add(bo, &gone);
	if (!ret) {
		if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM)
			atomic64_add(bo->base.size, &process->vms[gpu->index].vram);
		return 0;
	}
err_drop:
	drop_bo(bo, !gone);
	return ret;
}

/**
 * virtgpu_kfd_alloc_memory() - AMDKFD_IOC_ALLOC_MEMORY_OF_GPU
 * @process: process
 * @data: &struct kfd_ioctl_alloc_memory_of_gpu_args; a USERPTR's mmap_offset is its address
 *
 * Return: 0; -EINVAL for an unknown GPU, no or an inconsistent size, flags without a kind of
 * memory or a USERPTR without address; -ENODEV before ACQUIRE_VM; what
 * virtgpu_kfd_userptr_pin() gives; else the host's errno.
 */
int virtgpu_kfd_alloc_memory(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args *args = data;
	struct virtgpu_kfd_gpu *gpu;
	struct virtgpu_kfd_bo *bo;
	u64 *extents = NULL;
	u32 num_extents = 0;
	int ret;

	if (!args->size)
		return -EINVAL;
	gpu = virtgpu_kfd_gpu_by_id(process->kfd, args->gpu_id);
	if (!gpu)
		return -EINVAL;
	/* Once there, a VM stays until the process ends. */
	if (!READ_ONCE(process->vms[gpu->index].drm_file))
		return -ENODEV;
	ret = check_alloc(gpu, args);
	if (ret)
		return ret;

	bo = new_bo(process, gpu, args);
	if (IS_ERR(bo))
		return PTR_ERR(bo);

	if (virtgpu_kfd_is_userptr(args->flags)) {
		ret = virtgpu_kfd_userptr_pin(bo, args->mmap_offset, args->size, &extents,
					      &num_extents);
		if (ret) {
			drm_gem_object_put(&bo->base);
			return ret;
		}
	}

	mutex_lock(&process->lock);
	ret = host_alloc(bo, gpu, args, extents, num_extents);
	if (!ret) {
		args->handle = bo->handle;
		args->mmap_offset = drm_vma_node_offset_addr(&bo->base.vma_node);
	}
	mutex_unlock(&process->lock);
	kvfree(extents);
	if (ret)
		return ret;

	if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP)
		args->mmap_offset = VIRTGPU_KFD_COOKIE_MMIO | VIRTGPU_KFD_COOKIE_GPU(gpu->gpu_id);
	return 0;
}

/**
 * virtgpu_kfd_bo_lookup() - find memory by its handle
 * @process: process, its lock held
 * @handle: KFD handle
 *
 * Return: the object, or NULL.
 */
struct virtgpu_kfd_bo *virtgpu_kfd_bo_lookup(struct virtgpu_kfd_process *process, u64 handle)
{
	lockdep_assert_held(&process->lock);
	return xa_load(&process->bos, handle);
}

/*
 * Takes an object from the table. It cannot be mapped any more but by who shares it, and makes
 * no blob.
 */
static void forget_bo(struct virtgpu_kfd_bo *bo)
{
	struct virtgpu_kfd_process *process = bo->process;

	xa_erase(&process->bos, bo->handle);
	if (bo->flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM && !bo->origin)
		atomic64_sub(bo->base.size, &bo_vm(bo)->vram);
	drm_vma_node_revoke(bo_node(bo), vm_drm_file(bo_vm(bo)));

	mutex_lock(&bo->lock);
	bo->freed = true;
	mutex_unlock(&bo->lock);

	/* It keeps the object, or the one that it was imported from. */
	bo->origin = NULL;
	if (bo->dmabuf)
		dma_buf_put(bo->dmabuf);
	bo->dmabuf = NULL;
}

/**
 * virtgpu_kfd_free_memory() - AMDKFD_IOC_FREE_MEMORY_OF_GPU
 * @process: process
 * @data: &struct kfd_ioctl_free_memory_of_gpu_args
 *
 * Return: 0, -EINVAL for an unknown handle, else the host's errno: -EBUSY if it is mapped to
 * a GPU, -EPERM for the signal page. The handle remains valid after an error.
 */
int virtgpu_kfd_free_memory(struct virtgpu_kfd_process *process, void *data)
{
	struct kfd_ioctl_free_memory_of_gpu_args *args = data;
	struct virtgpu_kfd_bo *bo;
	int ret;

	mutex_lock(&process->lock);
	bo = virtgpu_kfd_bo_lookup(process, args->handle);
	if (!bo) {
		mutex_unlock(&process->lock);
		return -EINVAL;
	}

	virtgpu_kfd_bo_keep(bo);
	ret = host_free(process, args->handle);
	if (!ret)
		forget_bo(bo);
	mutex_unlock(&process->lock);
	if (!ret)
		drop_bo(bo, false);
	return ret;
}

/**
 * virtgpu_kfd_memory_init() - a process begins
 * @process: process
 */
void virtgpu_kfd_memory_init(struct virtgpu_kfd_process *process)
{
	xa_init(&process->bos);
	INIT_LIST_HEAD(&process->pinned);
}

/**
 * virtgpu_kfd_memory_fini() - a process ends: drop its handles
 * @process: process, without any call in progress
 *
 * Asks nothing of the host, whose context goes next. User pages stay pinned until
 * virtgpu_kfd_memory_unpin().
 */
void virtgpu_kfd_memory_fini(struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd_bo *bo;
	unsigned long handle;
	u32 i;

	mutex_lock(&process->lock);
	xa_for_each(&process->bos, handle, bo) {
		forget_bo(bo);
		drop_bo(bo, true);
	}

	for (i = 0; i < process->kfd->num_gpus; i++) {
		if (!process->vms[i].drm_file)
			continue;
		virtgpu_kfd_smi_process(process, &process->kfd->gpus[i], false);
		fput(process->vms[i].drm_file);
		process->vms[i].drm_file = NULL;
	}
	mutex_unlock(&process->lock);
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_memory_fini);

/**
 * virtgpu_kfd_memory_unpin() - the host has let go of a process's pages
 * @process: process that ended
 */
void virtgpu_kfd_memory_unpin(struct virtgpu_kfd_process *process)
{
	struct virtgpu_kfd_bo *bo, *tmp;

	list_for_each_entry_safe(bo, tmp, &process->pinned, link) {
		list_del_init(&bo->link);
		drop_bo(bo, false);
	}
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_memory_unpin);
