// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The shim's memory: ACQUIRE_VM, ALLOC and FREE_MEMORY, dma-bufs within the process.
 *
 * What does not live here: mappings, mmap.c. The checks and their order are the guest driver's
 * (virtgpu_kfd_memory.c, virtgpu_kfd_userptr.c, virtgpu_kfd_dmabuf.c). User memory is not
 * pinned: a program that unmaps what the GPU uses gets a fault itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/capability.h>

#include "shim.h"

#define VRAM		KFD_IOC_ALLOC_MEM_FLAGS_VRAM
#define GTT		KFD_IOC_ALLOC_MEM_FLAGS_GTT
#define USERPTR		KFD_IOC_ALLOC_MEM_FLAGS_USERPTR
#define DOORBELL	KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL
#define MMIO		KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP

static uint64_t pinned_pages;

static bool is_userptr(uint32_t flags)
{
	return !(flags & (VRAM | GTT)) && flags & USERPTR;
}

static bool is_gpu(uint32_t id)
{
	return id == shim.be->gpus[0].id;
}

int shim_acquire_vm(struct shim_process *process, struct kfd_ioctl_acquire_vm_args *args)
{
	struct kfd_ioctl_acquire_vm_args wire = { .gpu_id = args->gpu_id };
	struct shim_file *file = shim_file_get(args->drm_fd);
	int ret;

	if (fcntl(args->drm_fd, F_GETFD) < 0 || !is_gpu(args->gpu_id))
		return -EINVAL;
	if (process->drm)
		return process->drm == file ? 0 : -EBUSY;
	if (!file || file->kind != SHIM_DRM || file->process || file->pid != getpid())
		return -EINVAL;
	ret = shim_ops->ioctl(process->ctx, _IOC_NR(AMDKFD_IOC_ACQUIRE_VM), &wire);
	if (ret)
		return ret;
	file->process = process;
	file->refs++;
	process->drm = file;
	return 0;
}

/* As much as amdkfd lets all processes have, of which there is one here. */
static int account(uint64_t pages)
{
	uint64_t ram = sysconf(_SC_PHYS_PAGES), reserved = (3ULL << 29) / SOFT_PAGE;
	struct rlimit limit;

	ram -= ram / 64;
	ram = ram < 2 * reserved ? ram / 2 : ram - reserved;
	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (pages > ram || pinned_pages + pages > ram ||
	    (pinned_pages + pages > limit.rlim_cur / SOFT_PAGE && !shim_has_cap(CAP_IPC_LOCK)))
		return -ENOMEM;
	pinned_pages += pages;
	return 0;
}

/* Memory that is there but cannot be written is told from memory that is not there. */
static int populate(uint64_t start, uint64_t size)
{
	char byte;

	/* No page of the program's, so the kernel could not pin it. */
	if (shim_is_mapped(start, size))
		return -EFAULT;
	if (!madvise((void *)(uintptr_t)start, size, MADV_POPULATE_WRITE))
		return 0;
	if (errno != EINVAL)
		return -EFAULT;
	for (uint64_t at = start; at - start < size; at += SOFT_PAGE)
		if (!shim_copy_in(&byte, at, 1))
			return -EFAULT;
	return -EPERM;
}

static int pin(struct shim_mem *mem, uint64_t addr, uint64_t size)
{
	uint64_t start = ALIGN_DOWN(addr, SOFT_PAGE), len = ALIGN_UP(size, SOFT_PAGE), last;
	int ret;

	if (__builtin_add_overflow(start, len - 1, &last))
		return -EOVERFLOW;
	ret = account(len / SOFT_PAGE);
	if (ret)
		return ret;
	ret = populate(start, len);
	if (ret) {
		pinned_pages -= len / SOFT_PAGE;
		return ret;
	}
	mem->range.ptr = (void *)(uintptr_t)start;
	mem->range.len = len;
	mem->range.fd = -1;
	return 0;
}

static void unpin(struct shim_mem *mem)
{
	pinned_pages -= mem->range.len / SOFT_PAGE;
	mem->range.len = 0;
}

static struct shim_mem *find(struct shim_process *process, uint64_t handle)
{
	struct shim_mem *mem;

	LIST_FOREACH(mem, &process->mems, link)
		if (mem->handle == handle && !mem->freed)
			return mem;
	return NULL;
}

void shim_mem_put(struct shim_mem *mem)
{
	if (--mem->refs)
		return;
	LIST_REMOVE(mem, link);
	if (mem->obj)
		shim_ops->obj_put(mem->obj);
	if (mem->origin)
		shim_mem_put(mem->origin);
	free(mem);
}

static int check_alloc(const struct kfd_ioctl_alloc_memory_of_gpu_args *args)
{
	if (args->flags & DOORBELL) {
		if (args->size != SOFT_DOORBELL_SIZE)
			return -EINVAL;
	} else if (args->flags & MMIO) {
		if (args->size != SOFT_PAGE)
			return -EINVAL;
	}
	if (is_userptr(args->flags))
		return args->mmap_offset ? 0 : -EINVAL;
	return args->flags & (VRAM | GTT | DOORBELL | MMIO) ? 0 : -EINVAL;
}

static int backend_alloc(struct shim_process *process, struct shim_mem *mem,
			 struct kfd_ioctl_alloc_memory_of_gpu_args *wire)
{
	struct virtkfd_obj_info info;
	int ret;

	if (is_userptr(mem->flags))
		ret = shim_ops->alloc_user(process->ctx, wire, &mem->range, 1);
	else
		ret = shim_ops->ioctl(process->ctx, _IOC_NR(AMDKFD_IOC_ALLOC_MEMORY_OF_GPU), wire);
	if (!ret && mem->flags & (VRAM | GTT))
		ret = shim_ops->obj_get(process->ctx, VIRTKFD_BLOB_MEMORY, 0, wire->handle, &info,
					&mem->obj);
	return ret;
}

int shim_alloc(struct shim_process *process, struct kfd_ioctl_alloc_memory_of_gpu_args *args)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args wire = *args;
	uint64_t size = args->size;
	struct shim_mem *mem;
	int ret;

	if (!args->size || !is_gpu(args->gpu_id))
		return -EINVAL;
	if (!process->drm)
		return -ENODEV;
	ret = check_alloc(args);
	if (ret)
		return ret;
	if (args->flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM)
		size >>= 1;
	size = ALIGN_UP(size, SOFT_PAGE);
	if (!size)
		return -EINVAL;

	mem = calloc(1, sizeof(*mem));
	if (!mem)
		return -ENOMEM;
	mem->refs = 1;
	mem->flags = args->flags;
	mem->size = size;
	if (is_userptr(args->flags)) {
		ret = pin(mem, args->mmap_offset, args->size);
		if (ret)
			goto err_free;
	}
	wire.mmap_offset = 0;
	ret = backend_alloc(process, mem, &wire);
	if (ret)
		goto err_unpin;
	mem->handle = wire.handle;
	mem->offset = shim.next_offset;
	shim.next_offset += size;
	LIST_INSERT_HEAD(&process->mems, mem, link);
	args->handle = wire.handle;
	args->mmap_offset = mem->offset;
	if (args->flags & MMIO)
		args->mmap_offset = SHIM_OFFSET_MMIO | SHIM_OFFSET_GPU(args->gpu_id);
	return 0;

err_unpin:
	unpin(mem);
err_free:
	free(mem);
	return ret;
}

int shim_free(struct shim_process *process, struct kfd_ioctl_free_memory_of_gpu_args *args)
{
	struct shim_mem *mem = find(process, args->handle);
	int ret;

	if (!mem)
		return -EINVAL;
	ret = shim_ops->ioctl(process->ctx, _IOC_NR(AMDKFD_IOC_FREE_MEMORY_OF_GPU), args);
	if (ret)
		return ret;
	unpin(mem);
	mem->freed = true;
	shim_mem_put(mem);
	return 0;
}

int shim_export(struct shim_process *process, struct kfd_ioctl_export_dmabuf_args *args)
{
	struct shim_mem *mem = find(process, args->handle);
	struct shim_file *file;
	int fd;

	if (!mem)
		return -EINVAL;
	if (is_userptr(mem->flags))
		return -EPERM;
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	if (mem->origin)
		mem = mem->origin;
	mem->refs++;
	*file = (struct shim_file){ .refs = 1, .kind = SHIM_DMABUF, .pid = getpid(), .mem = mem };
	fd = shim_file_install(file, (mem->flags & SOFT_WRITABLE ? O_RDWR : O_RDONLY) |
				     (args->flags & O_CLOEXEC));
	shim_file_put(file);
	if (fd < 0)
		return fd;
	args->dmabuf_fd = fd;
	return 0;
}

/* The memory behind a dma-buf's descriptor. */
static int dmabuf(int fd, struct shim_mem **mem)
{
	struct shim_file *file = shim_file_get(fd);

	if (!file || file->kind != SHIM_DMABUF || file->pid != getpid())
		return fcntl(fd, F_GETFD) < 0 ? -EBADF : -EINVAL;
	*mem = file->mem;
	return 0;
}

int shim_import(struct shim_process *process, struct kfd_ioctl_import_dmabuf_args *args)
{
	struct kfd_ioctl_import_dmabuf_args wire = *args;
	struct shim_mem *origin, *mem;
	int ret;

	if (!is_gpu(args->gpu_id))
		return -EINVAL;
	if (!process->drm)
		return -ENODEV;
	ret = dmabuf(args->dmabuf_fd, &origin);
	if (ret)
		return ret;
	if (!origin->obj)
		return -EINVAL;
	mem = calloc(1, sizeof(*mem));
	if (!mem)
		return -ENOMEM;
	ret = shim_ops->import(process->ctx, &wire, origin->obj);
	if (ret) {
		free(mem);
		return ret;
	}
	mem->refs = 1;
	mem->handle = wire.handle;
	mem->flags = (origin->flags & VRAM ?: GTT) | SOFT_WRITABLE;
	mem->size = origin->size;
	mem->origin = origin;
	origin->refs++;
	LIST_INSERT_HEAD(&process->mems, mem, link);
	args->handle = wire.handle;
	return 0;
}

int shim_dmabuf_info(struct kfd_ioctl_get_dmabuf_info_args *args)
{
	struct shim_mem *mem;
	int ret = dmabuf(args->dmabuf_fd, &mem);

	if (ret)
		return ret;
	args->size = mem->size;
	args->metadata_size = 0;
	args->gpu_id = shim.be->gpus[0].id;
	args->flags = mem->flags & VRAM ?: GTT;
	return 0;
}

/* The backend's context is gone, and with it the handles. */
void shim_memory_close(struct shim_process *process)
{
	struct shim_mem *mem = LIST_FIRST(&process->mems);

	while (mem) {
		struct shim_mem *next = LIST_NEXT(mem, link);

		if (!mem->freed) {
			unpin(mem);
			mem->freed = true;
			shim_mem_put(mem);
		}
		mem = next;
	}
}
