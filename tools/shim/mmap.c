// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Mappings of the shim's files: memory through the render node and dma-bufs, doorbells and
 * registers through /dev/kfd.
 *
 * A mapping keeps memory whose handle is gone, so there is a table of what is mapped where; it is
 * right as long as programs use mmap() and munmap(). What fails and how is the guest driver's
 * (virtgpu_kfd_mmap.c).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim.h"

/**
 * struct shim_region - addresses at which memory is mapped
 * @link: in regions
 * @start: first address
 * @end: address behind the last one
 * @mem: memory, held
 */
struct shim_region {
	LIST_ENTRY(shim_region) link;
	uintptr_t start;
	uintptr_t end;
	struct shim_mem *mem;
};

static LIST_HEAD(, shim_region) regions = LIST_HEAD_INITIALIZER(regions);

/* A child has the mappings, but not what they are of. */
void shim_regions_forget(void)
{
	LIST_INIT(&regions);
}

static int region_add(uintptr_t start, uintptr_t end, struct shim_mem *mem)
{
	struct shim_region *region = malloc(sizeof(*region));

	if (!region)
		return -ENOMEM;
	mem->refs++;
	*region = (struct shim_region){ .start = start, .end = end, .mem = mem };
	LIST_INSERT_HEAD(&regions, region, link);
	return 0;
}

/* Nothing of before is mapped there any more. Lock held. */
void shim_unmapped(uintptr_t start, size_t size)
{
	struct shim_region *region = LIST_FIRST(&regions), *next;
	uintptr_t end = start + ALIGN_UP(size, SOFT_PAGE);

	if (shim.pid != getpid())
		return;
	for (; region; region = next) {
		next = LIST_NEXT(region, link);
		if (region->end <= start || region->start >= end)
			continue;
		if (region->end > end && region->start < start) {
			region_add(end, region->end, region->mem);
			region->end = start;
		} else if (region->start < start) {
			region->end = start;
		} else if (region->end > end) {
			region->start = end;
		} else {
			LIST_REMOVE(region, link);
			shim_mem_put(region->mem);
			free(region);
		}
	}
}

/* Is any memory of the GPU mapped there? Lock held. */
bool shim_is_mapped(uintptr_t start, size_t size)
{
	struct shim_region *region;

	LIST_FOREACH(region, &regions, link)
		if (region->end > start && region->start < start + size)
			return true;
	return false;
}

static void *fail(int err)
{
	errno = err;
	return MAP_FAILED;
}

static bool is_cow(int flags)
{
	return (flags & MAP_TYPE) == MAP_PRIVATE;
}

static void *map(void *addr, size_t size, int prot, int flags, int fd, uint64_t offset)
{
	return (void *)syscall(SYS_mmap, addr, size, prot, flags, fd, offset);
}

/* The file once more, so that mprotect() cannot make what is mapped of it writable. */
static int read_only(int fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void *map_mem(struct shim_mem *mem, void *addr, size_t size, int prot, int flags,
		     uint64_t offset, bool writable)
{
	int fd = mem->obj->store->fd;
	void *ptr;

	if (is_cow(flags) && prot)
		return fail(EINVAL);
	if (!writable && prot & PROT_WRITE)
		return fail(EACCES);
	writable = writable && !is_cow(flags);
	if (!writable)
		fd = read_only(fd);
	ptr = map(addr, size, prot, (flags & ~MAP_TYPE) | MAP_SHARED, fd,
		  mem->obj->offset + offset);
	if (!writable)
		close(fd);
	if (ptr == MAP_FAILED)
		return ptr;
	if (flags & MAP_FIXED)
		shim_unmapped((uintptr_t)ptr, size);
	region_add((uintptr_t)ptr, (uintptr_t)ptr + ALIGN_UP(size, SOFT_PAGE), mem);
	return ptr;
}

/* May this file map what has that offset: is there a handle of it, or an imported one? */
static bool is_allowed(struct shim_file *file, const struct shim_mem *mem)
{
	struct shim_process *process;
	struct shim_mem *handle;

	LIST_FOREACH(process, &shim.contexts, link) {
		if (process->drm != file)
			continue;
		LIST_FOREACH(handle, &process->mems, link)
			if (!handle->freed && (handle == mem || handle->origin == mem))
				return true;
	}
	return false;
}

/* Doorbells and registers with a handle are for the GPU: who touches them gets a SIGBUS. */
static void *map_nothing(void *addr, size_t size, int prot, int flags)
{
	int fd = memfd_create("nothing", MFD_CLOEXEC);
	void *ptr;

	if (fd < 0)
		return fail(ENOMEM);
	ptr = map(addr, size, prot, flags, fd, 0);
	close(fd);
	if (ptr != MAP_FAILED && flags & MAP_FIXED)
		shim_unmapped((uintptr_t)ptr, size);
	return ptr;
}

static struct shim_mem *at_offset(uint64_t offset)
{
	struct shim_process *process;
	struct shim_mem *mem;

	LIST_FOREACH(process, &shim.contexts, link)
		LIST_FOREACH(mem, &process->mems, link)
			if (mem->offset == offset && !mem->origin)
				return mem;
	return NULL;
}

/* drm_gem_mmap(): the start of something, and no more than that */
static void *map_render(struct shim_file *file, void *addr, size_t size, int prot, int flags,
			uint64_t offset)
{
	struct shim_mem *mem = at_offset(offset);

	if (!mem || ALIGN_UP(size, SOFT_PAGE) > mem->size)
		return fail(EINVAL);
	if (!is_allowed(file, mem))
		return fail(EACCES);
	if (mem->obj)
		return map_mem(mem, addr, size, prot, flags, 0, true);
	return mem->range.len ? fail(EPERM) : map_nothing(addr, size, prot, flags);
}

static void *map_dmabuf(struct shim_mem *mem, void *addr, size_t size, int prot, int flags,
			uint64_t offset)
{
	if (!mem->obj || offset > mem->size || ALIGN_UP(size, SOFT_PAGE) > mem->size - offset)
		return fail(EINVAL);
	return map_mem(mem, addr, size, prot, flags, offset, mem->flags & SOFT_WRITABLE);
}

static void *map_registers(struct shim_process *process, void *addr, int prot, int flags)
{
	struct virtkfd_backend_obj *obj;
	struct virtkfd_obj_info info;
	void *ptr;

	if (shim_ops->obj_get(process->ctx, VIRTKFD_BLOB_MMIO, 0, 0, &info, &obj))
		return fail(ENOMEM);
	ptr = map(addr, SOFT_PAGE, prot, flags, obj->store->fd, obj->offset);
	/* The context keeps it. */
	shim_ops->obj_put(obj);
	return ptr;
}

static void *map_kfd(struct shim_file *file, void *addr, size_t size, int prot, int flags,
		     uint64_t offset)
{
	bool known = SHIM_OFFSET_GPU_ID(offset) == shim.be->gpus[0].id;
	struct shim_process *process = file->process;
	uint64_t type = offset & SHIM_OFFSET_TYPE;
	size_t room = type == SHIM_OFFSET_DOORBELL ? SOFT_DOORBELL_SIZE : SOFT_PAGE;
	void *ptr;

	if (type != SHIM_OFFSET_DOORBELL && type != SHIM_OFFSET_MMIO)
		return fail(EINVAL);
	if (!known)
		return fail(ENODEV);
	if (ALIGN_UP(size, SOFT_PAGE) != room || is_cow(flags))
		return fail(EINVAL);
	if (type == SHIM_OFFSET_MMIO)
		ptr = map_registers(process, addr, prot, flags);
	else if (shim_doorbells(process))
		return fail(ENOMEM);
	else
		ptr = map(addr, size, prot, flags, process->page_fd, 0);
	if (ptr == MAP_FAILED)
		return ptr;
	/* VM_DONTCOPY */
	madvise(ptr, size, MADV_DONTFORK);
	if (flags & MAP_FIXED)
		shim_unmapped((uintptr_t)ptr, size);
	return ptr;
}

/* As mmap(2), of one of the shim's files. Lock held. */
void *shim_mmap(struct shim_file *file, void *addr, size_t size, int prot, int flags,
		uint64_t offset)
{
	if (!size || offset % SOFT_PAGE)
		return fail(EINVAL);
	if (file->pid != getpid())
		return fail(file->kind == SHIM_KFD ? EBADF : EACCES);
	switch (file->kind) {
	case SHIM_KFD:
		return map_kfd(file, addr, size, prot, flags, offset);
	case SHIM_DRM:
		return map_render(file, addr, size, prot, flags, offset);
	default:
		return map_dmabuf(file->mem, addr, size, prot, flags, offset);
	}
}
