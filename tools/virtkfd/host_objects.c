// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The backend "kfd": what the VMM maps into the guest. Memory is a dma-buf, which keeps it
 * alive and is how other contexts import it; doorbells and the MMIO page are pages of the
 * context's file.
 *
 * What does not live here: memory that the context has a handle of, host_memory.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drm/drm.h>
#include <linux/virtio_gpu.h>

#include "host.h"

/* What an offset of /dev/kfd means, kfd_priv.h. */
#define MMAP_DOORBELL		(3ULL << 62)
#define MMAP_MMIO		(0ULL << 62)
#define MMAP_GPU_ID(id)		((uint64_t)(id) << 46)

/* VRAM of a large BAR is write-combined, as amdgpu maps it for a process. */
static int describe_dmabuf(struct virtkfd_backend_ctx *ctx, struct virtkfd_backend_obj *obj)
{
	struct kfd_ioctl_get_dmabuf_info_args args = { .dmabuf_fd = obj->fd };
	off_t size = lseek(obj->fd, 0, SEEK_END);
	int ret;

	if (size < 0)
		return -errno;
	obj->size = size;
	ret = host_ioctl(ctx->fd, AMDKFD_IOC_GET_DMABUF_INFO, &args);
	if (ret)
		return ret;
	obj->map_info = args.flags & KFD_IOC_ALLOC_MEM_FLAGS_VRAM ? VIRTIO_GPU_MAP_CACHE_WC :
								    VIRTIO_GPU_MAP_CACHE_CACHED;
	return 0;
}

static void link_to(struct virtkfd_backend_ctx *ctx, struct virtkfd_backend_obj *obj)
{
	obj->ctx = ctx;
	LIST_INSERT_HEAD(&ctx->objs, obj, link);
}

static int get_memory(struct virtkfd_backend_ctx *ctx, uint64_t handle,
		      struct virtkfd_backend_obj *obj)
{
	struct kfd_ioctl_export_dmabuf_args args = { .handle = handle, .flags = O_CLOEXEC | O_RDWR };
	struct host_mem *mem = host_mem_find(ctx, handle);
	int ret;

	if (!mem || !mem->mappable)
		return -ENOENT;
	ret = host_ioctl(ctx->fd, AMDKFD_IOC_EXPORT_DMABUF, &args);
	if (ret)
		return ret;
	obj->fd = args.dmabuf_fd;
	ret = describe_dmabuf(ctx, obj);
	if (ret)
		close(obj->fd);
	return ret;
}

static void get_page(struct virtkfd_backend_ctx *ctx, uint64_t size,
		     struct virtkfd_backend_obj *obj)
{
	obj->size = size;
	obj->map_info = VIRTIO_GPU_MAP_CACHE_UNCACHED;
	link_to(ctx, obj);
}

int host_obj_get(struct virtkfd_backend_ctx *ctx, uint32_t type, uint32_t gpu, uint64_t handle,
		 struct virtkfd_obj_info *info, struct virtkfd_backend_obj **result)
{
	struct virtkfd_backend_obj *obj = calloc(1, sizeof(*obj));
	int ret = 0;

	if (!obj)
		return -ENOMEM;
	obj->be = ctx->be;
	obj->type = type;
	obj->gpu = &ctx->be->gpus[gpu];
	obj->fd = -1;
	switch (type) {
	case VIRTKFD_BLOB_MEMORY:
		ret = get_memory(ctx, handle, obj);
		break;
	case VIRTKFD_BLOB_DOORBELL:
		get_page(ctx, obj->gpu->doorbell_size, obj);
		break;
	case VIRTKFD_BLOB_MMIO:
		get_page(ctx, HOST_PAGE, obj);
		break;
	default:
		ret = -ENOENT;
	}
	if (ret) {
		free(obj);
		return ret;
	}
	info->size = obj->size;
	info->trapped = false;
	*result = obj;
	return 0;
}

void host_obj_put(struct virtkfd_backend_obj *obj)
{
	if (obj->ctx)
		LIST_REMOVE(obj, link);
	if (obj->fd >= 0)
		close(obj->fd);
	free(obj);
}

static int map_nothing(struct virtkfd_backend_obj *obj, void *addr)
{
	void *ptr = mmap(addr, obj->size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return ptr == MAP_FAILED ? -errno : 0;
}

/*
 * The dma-buf of memory that the GPU may only read is read-only. The CPU may write there all the
 * same, by the file of the render node; by this process's own, since a mapping keeps the file, and
 * a context's has its GPU VM.
 */
static int map_read_only(struct virtkfd_backend_obj *obj, void *addr)
{
	struct drm_prime_handle prime = { .fd = obj->fd };
	struct drm_gem_close gem_close = { 0 };
	union drm_amdgpu_gem_mmap args = { 0 };
	int fd = obj->gpu->render_fd;
	int ret = host_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);

	if (ret)
		return ret;
	args.in.handle = prime.handle;
	ret = host_ioctl(fd, DRM_IOCTL_AMDGPU_GEM_MMAP, &args);
	if (!ret && mmap(addr, obj->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			 args.out.addr_ptr) == MAP_FAILED)
		ret = -errno;
	gem_close.handle = prime.handle;
	host_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &gem_close);
	return ret;
}

int host_obj_map(struct virtkfd_backend_obj *obj, void *addr, uint32_t *map_info)
{
	uint64_t offset = 0;
	int fd = obj->fd;
	void *ptr;

	*map_info = obj->map_info;
	if (obj->type == VIRTKFD_BLOB_MEMORY) {
		if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
			return map_read_only(obj, addr);
	} else {
		if (!obj->ctx)
			return map_nothing(obj, addr);
		fd = obj->ctx->fd;
		offset = MMAP_GPU_ID(obj->gpu->id) |
			 (obj->type == VIRTKFD_BLOB_DOORBELL ? MMAP_DOORBELL : MMAP_MMIO);
	}
	ptr = mmap(addr, obj->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, offset);
	if (ptr == MAP_FAILED)
		return -errno;
	obj->addr = addr;
	return 0;
}

void host_obj_unmapped(struct virtkfd_backend_obj *obj)
{
	obj->addr = NULL;
}

/*
 * The context ends; the VMM may have its pages mapped still. What the guest stores to a doorbell
 * from now on nobody sees.
 */
void host_objects_close(struct virtkfd_backend_ctx *ctx)
{
	struct virtkfd_backend_obj *obj;

	while ((obj = LIST_FIRST(&ctx->objs))) {
		LIST_REMOVE(obj, link);
		obj->ctx = NULL;
		if (obj->addr && map_nothing(obj, obj->addr))
			host_log(ctx->be, VIRTKFD_LOG_ERROR, "a doorbell page outlives its context");
	}
}
