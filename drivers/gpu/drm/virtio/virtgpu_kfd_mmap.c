// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * CPU mappings of what the host has: memory, doorbells and MMIO pages.
 *
 * What lives here: the GEM objects as far as mapping them goes, and page faults. What does
 * not: how memory comes and goes, virtgpu_kfd_memory.c.
 *
 * A mapping costs nothing until it is touched. The first touch makes the whole object a
 * HOST3D blob and maps that into the host-visible window; every page fault then fills the
 * page table for up to PMD_SIZE. The blob lives as long as its object, that is until the
 * handle is freed, the last mapping is gone and nobody shares it any more. Since the handle
 * names the memory to the host, freeing makes the blob of an object that is mapped and was
 * never touched; exporting makes it too. Mapping a blob into the window needs no handle, so
 * it works for memory whose process is gone.
 *
 * After removal of the device the DRM core ends all mappings (kfd->mapping), and what is
 * touched later is a page of zeros: never a signal.
 */

#include <kunit/visibility.h>
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/kfd_ioctl.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include <drm/drm_drv.h>
#include <drm/drm_gem.h>
#include <drm/drm_print.h>

#include "virtgpu_kfd.h"
#include "virtgpu_kfd_cookie.h"

/*
 * Without a reservation the kernel maps device memory uncached on x86, whatever a page
 * fault asks for. A kernel mapping is the one way for a driver to reserve something else.
 */
static int reserve_cache(struct virtgpu_kfd_bo *bo, struct virtio_gpu_object_vram *vram)
{
	unsigned long flags;

	if (!virtgpu_kfd_bo_is_memory(bo))
		bo->cache = VIRTIO_GPU_MAP_CACHE_UNCACHED;
	else
		bo->cache = vram->map_info & VIRTIO_GPU_MAP_CACHE_MASK;

	switch (bo->cache) {
	case VIRTIO_GPU_MAP_CACHE_CACHED:
		flags = MEMREMAP_WB;
		break;
	case VIRTIO_GPU_MAP_CACHE_WC:
		flags = MEMREMAP_WC;
		break;
	default:
		return 0;
	}

	bo->kmap = memremap(vram->vram_node.start, bo->base.size, flags);
	return bo->kmap ? 0 : -ENOMEM;
}

static pgprot_t cache_prot(const struct virtgpu_kfd_bo *bo, pgprot_t prot)
{
	prot = pgprot_decrypted(prot);
	switch (bo->cache) {
	case VIRTIO_GPU_MAP_CACHE_CACHED:
		return prot;
	case VIRTIO_GPU_MAP_CACHE_WC:
		return pgprot_writecombine(prot);
	default:
		return pgprot_noncached(prot);
	}
}

/* A host that does not answer loses @ctx, if there is one. */
static int map_vram(struct virtgpu_kfd *kfd, struct virtgpu_kfd_ctx *ctx,
		    struct virtio_gpu_object_vram *vram)
{
	struct virtio_gpu_device *vgdev = kfd->vgdev;
	long left;

	virtio_gpu_vram_map_deferred(vram);
	virtio_gpu_notify(vgdev);
	if (!drm_mm_node_allocated(&vram->vram_node)) {
		drm_err_ratelimited(vgdev->ddev,
				    "kfd: no room for 0x%zx bytes in the host-visible window\n",
				    vram->base.base.base.size);
		return -ENOSPC;
	}

	left = wait_event_killable_timeout(vgdev->resp_wq,
					   READ_ONCE(vram->map_state) != STATE_INITIALIZING ||
					   READ_ONCE(kfd->gone), virtgpu_kfd_timeout());
	if (READ_ONCE(kfd->gone))
		return -ENODEV;
	if (left < 0)
		return -EINTR;
	if (!left) {
		drm_err(vgdev->ddev, "kfd: the host did not map blob %u in time\n",
			vram->base.hw_res_handle);
		if (ctx)
			virtgpu_kfd_ctx_lose(ctx);
		return -EIO;
	}

	/* Pairs with the response, which sets the state last but under this lock only. */
	spin_lock(&vgdev->host_visible_lock);
	left = vram->map_state;
	spin_unlock(&vgdev->host_visible_lock);
	return left == STATE_OK ? 0 : -EIO;
}

/**
 * virtgpu_kfd_bo_make_blob() - make an object's blob, without mapping it
 * @bo: object with a handle, its process entered and its lock held
 *
 * Whether the host has made it too shows when it is used.
 *
 * Return: 0, also if there is one; -EIO if the context is lost; -ENOMEM.
 */
int virtgpu_kfd_bo_make_blob(struct virtgpu_kfd_bo *bo)
{
	struct virtgpu_kfd_ctx *ctx = bo->process->ctx;
	struct virtgpu_kfd *kfd = bo->process->kfd;
	struct virtio_gpu_object_params params = {
		.size = bo->base.size,
		.blob = true,
		.ctx_id = ctx->id,
		.blob_mem = VIRTGPU_BLOB_MEM_HOST3D,
		.blob_flags = VIRTGPU_BLOB_FLAG_USE_MAPPABLE,
		.blob_id = bo->blob_id,
		.blob_hints = DRM_VIRTGPU_BLOB_FLAG_HINT_DEFER_MAPPING,
	};
	struct virtio_gpu_object *blob;
	int ret;

	lockdep_assert_held(&bo->lock);
	if (bo->blob)
		return 0;
	if (READ_ONCE(ctx->lost))
		return -EIO;

	ret = virtio_gpu_vram_create(kfd->vgdev, &params, &blob);
	if (ret)
		return ret;
	blob->host3d_blob = true;
	blob->blob_mem = params.blob_mem;
	blob->blob_flags = params.blob_flags;
	atomic_inc(&kfd->counts.blobs);
	bo->blob = blob;
	return 0;
}

/**
 * virtgpu_kfd_bo_drop_blob() - forget a blob that is of no use
 * @bo: object that was not exported, its lock held, or that nobody refers to any more
 */
void virtgpu_kfd_bo_drop_blob(struct virtgpu_kfd_bo *bo)
{
	if (!bo->blob)
		return;
	drm_gem_object_put(&bo->blob->base.base);
	atomic_dec(&bo->process->kfd->counts.blobs);
	bo->blob = NULL;
}

/*
 * Brings the blob into the window, made here if the process has not ended (@ended is what
 * virtgpu_kfd_process_enter() gave). With bo->lock held and the render node there.
 */
static int map_blob(struct virtgpu_kfd_bo *bo, int ended)
{
	bool made = !bo->blob;
	struct virtio_gpu_object_vram *vram;
	int ret;

	if (bo->ready)
		return 0;
	if (READ_ONCE(bo->process->kfd->gone))
		return -ENODEV;
	if (made) {
		ret = ended ?: bo->freed ? -ENOENT : virtgpu_kfd_bo_make_blob(bo);
		if (ret)
			return ret;
	}

	vram = to_virtio_gpu_vram(bo->blob);
	ret = map_vram(bo->process->kfd, ended ? NULL : bo->process->ctx, vram);
	if (!ret)
		ret = reserve_cache(bo, vram);
	if (ret) {
		if (made)
			virtgpu_kfd_bo_drop_blob(bo);
		return ret;
	}

	bo->pfn = PHYS_PFN(vram->vram_node.start);
	/* With it go @pfn and @cache; pairs with bo_fault(). */
	smp_store_release(&bo->ready, true);
	return 0;
}

static int prepare(struct virtgpu_kfd_bo *bo)
{
	int ended, idx, ret;

	/* Without a process to hold it up, this makes the device's removal wait. */
	if (!drm_dev_enter(bo->base.dev, &idx))
		return -ENODEV;

	ended = virtgpu_kfd_process_enter(bo->process);
	ret = mutex_lock_killable(&bo->lock);
	if (!ret) {
		ret = map_blob(bo, ended);
		mutex_unlock(&bo->lock);
	}

	if (!ended)
		virtgpu_kfd_process_exit(bo->process);
	drm_dev_exit(idx);
	return ret;
}

/**
 * virtgpu_kfd_bo_keep() - memory is about to be freed: keep it for its CPU mappings
 * @bo: object with a handle, its process entered
 *
 * Does nothing if nobody can touch it, or somebody has. A failure, which is logged, shows
 * later as SIGBUS.
 */
void virtgpu_kfd_bo_keep(struct virtgpu_kfd_bo *bo)
{
	if (!atomic_read(&bo->mappings) || !READ_ONCE(bo->accessible))
		return;

	mutex_lock(&bo->lock);
	map_blob(bo, 0);
	mutex_unlock(&bo->lock);
}

/*
 * Maps the page of the fault, and its neighbours up to PMD_SIZE as far as the mapping goes.
 * @first is the page frame of the object's start; with @stride 0 it is everywhere.
 */
static vm_fault_t insert(struct vm_fault *vmf, const struct virtgpu_kfd_bo *bo,
			 unsigned long first, unsigned long stride, pgprot_t prot)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long addr, start, end, page;
	vm_fault_t ret;

	start = max(vmf->address & PMD_MASK, vma->vm_start);
	end = min((vmf->address & PMD_MASK) + PMD_SIZE, vma->vm_end);

	page = linear_page_index(vma, vmf->address) - bo->pgoff;
	if (page >= bo->base.size >> PAGE_SHIFT)
		return VM_FAULT_SIGBUS;
	ret = vmf_insert_pfn_prot(vma, vmf->address & PAGE_MASK, first + page * stride, prot);

	for (addr = start; addr < end && ret == VM_FAULT_NOPAGE; addr += PAGE_SIZE) {
		page = linear_page_index(vma, addr) - bo->pgoff;
		if (page >= bo->base.size >> PAGE_SHIFT ||
		    vmf_insert_pfn_prot(vma, addr, first + page * stride, prot) & VM_FAULT_ERROR)
			break;
	}
	return ret;
}

static vm_fault_t insert_dummy(struct vm_fault *vmf, struct virtgpu_kfd_bo *bo)
{
	vm_fault_t ret = VM_FAULT_OOM;

	mutex_lock(&bo->lock);
	if (!bo->dummy)
		bo->dummy = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (bo->dummy)
		ret = insert(vmf, bo, page_to_pfn(bo->dummy), 0, vmf->vma->vm_page_prot);
	mutex_unlock(&bo->lock);
	return ret;
}

static vm_fault_t bo_fault(struct vm_fault *vmf)
{
	struct virtgpu_kfd_bo *bo = to_virtgpu_kfd_bo(vmf->vma->vm_private_data);
	vm_fault_t ret;
	int idx, err = 0;

	/* As amdgpu: doorbells and registers with a handle are for the GPU only. */
	if (bo->flags && !virtgpu_kfd_bo_is_memory(bo))
		return VM_FAULT_SIGBUS;

	/* Pairs with map_blob(). */
	if (!smp_load_acquire(&bo->ready)) {
		/* The host may be slow: let go of the mm, as TTM does. */
		if (fault_flag_allow_retry_first(vmf->flags)) {
			if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
				return VM_FAULT_RETRY;

			drm_gem_object_get(&bo->base);
			mmap_read_unlock(vmf->vma->vm_mm);
			prepare(bo);
			drm_gem_object_put(&bo->base);
			return VM_FAULT_RETRY;
		}
		err = prepare(bo);
	}

	if (err == -ENODEV || !drm_dev_enter(bo->base.dev, &idx))
		return insert_dummy(vmf, bo);

	if (!err)
		ret = insert(vmf, bo, bo->pfn, 1, cache_prot(bo, vmf->vma->vm_page_prot));
	else
		ret = err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;

	drm_dev_exit(idx);
	return ret;
}

static void bo_vm_open(struct vm_area_struct *vma)
{
	struct virtgpu_kfd_bo *bo = to_virtgpu_kfd_bo(vma->vm_private_data);

	atomic_inc(&bo->mappings);
	drm_gem_vm_open(vma);
}

static void bo_vm_close(struct vm_area_struct *vma)
{
	struct virtgpu_kfd_bo *bo = to_virtgpu_kfd_bo(vma->vm_private_data);

	atomic_dec(&bo->mappings);
	drm_gem_vm_close(vma);
}

static int bo_mprotect(struct vm_area_struct *vma, unsigned long start, unsigned long end,
		       unsigned long newflags)
{
	struct virtgpu_kfd_bo *bo = to_virtgpu_kfd_bo(vma->vm_private_data);

	if (newflags & VM_ACCESS_FLAGS)
		WRITE_ONCE(bo->accessible, true);
	return 0;
}

/* Of another process, by ptrace() and the like. Doorbells and registers: as with amdkfd, none. */
static int bo_access(struct vm_area_struct *vma, unsigned long addr, void *buf, int len, int write)
{
	struct virtgpu_kfd_bo *bo = to_virtgpu_kfd_bo(vma->vm_private_data);
	u64 offset = ((u64)(linear_page_index(vma, addr) - bo->pgoff) << PAGE_SHIFT) +
		     offset_in_page(addr);
	int idx;

	if (!virtgpu_kfd_bo_is_memory(bo) || offset >= bo->base.size)
		return -EIO;
	/* Pairs with map_blob(). */
	if ((!smp_load_acquire(&bo->ready) && prepare(bo)) || !bo->kmap)
		return -EIO;
	if (!drm_dev_enter(bo->base.dev, &idx))
		return -EIO;

	len = min3((u64)len, (u64)(vma->vm_end - addr), bo->base.size - offset);
	if (write)
		memcpy(bo->kmap + offset, buf, len);
	else
		memcpy(buf, bo->kmap + offset, len);
	drm_dev_exit(idx);
	return len;
}

static const struct vm_operations_struct bo_vm_ops = {
	.access = bo_access,
	.fault = bo_fault,
	.open = bo_vm_open,
	.close = bo_vm_close,
	.mprotect = bo_mprotect,
};

static int bo_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma)
{
	struct virtgpu_kfd_bo *bo = to_virtgpu_kfd_bo(obj);

	/* As amdgpu: user memory has its own mapping. */
	if (virtgpu_kfd_is_userptr(bo->flags))
		return -EPERM;

	/* As amdgpu: libhsakmt reserves addresses with private mappings that nobody touches. */
	if (vma_is_cow_mapping(vma) && !(vma->vm_flags & VM_ACCESS_FLAGS))
		vm_flags_clear(vma, VM_MAYWRITE);
	if (vma_is_cow_mapping(vma))
		return -EINVAL;

	bo->pgoff = drm_vma_node_start(&obj->vma_node);
	atomic_inc(&bo->mappings);
	if (vma->vm_flags & VM_ACCESS_FLAGS)
		WRITE_ONCE(bo->accessible, true);
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

static void bo_free(struct drm_gem_object *obj)
{
	struct virtgpu_kfd_bo *bo = to_virtgpu_kfd_bo(obj);
	struct virtgpu_kfd_process *process = bo->process;
	struct virtgpu_kfd *kfd = process->kfd;

	WARN_ON_ONCE(bo->pages);
	if (bo->kmap)
		memunmap(bo->kmap);
	virtgpu_kfd_bo_drop_blob(bo);
	kfree(bo->metadata);
	if (bo->dummy)
		__free_page(bo->dummy);

	drm_gem_object_release(obj);
	mutex_destroy(&bo->lock);
	kfree(bo);
	atomic_dec(&kfd->counts.bos);
	virtgpu_kfd_process_put(process);
}

static const struct drm_gem_object_funcs bo_funcs = {
	.free = bo_free,
	.close = virtgpu_kfd_gem_close,
	.mmap = bo_mmap,
	.vm_ops = &bo_vm_ops,
};

/**
 * virtgpu_kfd_bo_create() - make a memory object
 * @process: owner
 * @dev: render node's DRM device
 * @size: bytes, a multiple of the page size
 *
 * The caller sets &virtgpu_kfd_bo.blob_id before it can be mapped.
 *
 * Return: the object with a reference, or NULL if out of memory.
 */
struct virtgpu_kfd_bo *virtgpu_kfd_bo_create(struct virtgpu_kfd_process *process,
					     struct drm_device *dev, u64 size)
{
	struct virtgpu_kfd_bo *bo;

	bo = kzalloc_obj(*bo, GFP_KERNEL_ACCOUNT);
	if (!bo)
		return NULL;

	drm_gem_private_object_init(dev, &bo->base, size);
	bo->base.funcs = &bo_funcs;
	mutex_init(&bo->lock);
	INIT_LIST_HEAD(&bo->link);
	virtgpu_kfd_process_get(process);
	bo->process = process;
	atomic_inc(&process->kfd->counts.bos);
	return bo;
}

/**
 * virtgpu_kfd_mmap() - mmap of /dev/kfd: doorbells and the MMIO page
 * @process: process that has the file
 * @vma: mapping, its offset one of KFD's
 *
 * Return: 0, -ENODEV for an unknown GPU, -EINVAL for a wrong size or kind of mapping,
 * -ENOMEM.
 */
int virtgpu_kfd_mmap(struct virtgpu_kfd_process *process, struct vm_area_struct *vma)
{
	u64 offset = (u64)vma->vm_pgoff << PAGE_SHIFT;
	struct virtgpu_kfd *kfd = process->kfd;
	struct virtgpu_kfd_gpu *gpu;
	struct virtgpu_kfd_bo *bo;
	u64 size;
	u32 type;

	gpu = virtgpu_kfd_gpu_by_id(kfd, VIRTGPU_KFD_COOKIE_GPU_ID(offset));

	switch (offset & VIRTGPU_KFD_COOKIE_TYPE_MASK) {
	case VIRTGPU_KFD_COOKIE_DOORBELL:
		if (!gpu)
			return -ENODEV;
		size = gpu->doorbell_size;
		type = VIRTKFD_BLOB_DOORBELL;
		break;
	case VIRTGPU_KFD_COOKIE_MMIO:
		if (!gpu)
			return -ENODEV;
		if (PAGE_SIZE > SZ_4K)
			return -EINVAL;
		size = PAGE_SIZE;
		type = VIRTKFD_BLOB_MMIO;
		break;
	default:
		return -EINVAL;
	}

	if (vma->vm_end - vma->vm_start != size || vma_is_cow_mapping(vma))
		return -EINVAL;

	/* The device whose removal ends all mappings of kfd->mapping. */
	bo = virtgpu_kfd_bo_create(process, kfd->gpus[0].render, size);
	if (!bo)
		return -ENOMEM;
	bo->blob_id = VIRTKFD_BLOB_ID_GPU(type, gpu->gpu_id);
	bo->pgoff = vma->vm_pgoff;
	atomic_inc(&bo->mappings);

	vma->vm_private_data = &bo->base;
	vma->vm_ops = &bo_vm_ops;
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP |
		     VM_NORESERVE);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_mmap);
