// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The backend "kfd": memory that a context has a handle of, and its place in the GPU VM.
 *
 * Guest memory becomes a udmabuf of the guest's RAM, which the context imports at the guest's
 * address: no address of this process is involved, and nothing is in the kernel's way that
 * amdkfd refuses a secondary context. Memory in more pieces than a udmabuf takes is several
 * of them side by side. Imports are mapped readable, writable and executable, whatever was
 * asked for; on gfx942 system memory is uncached, so that it is as coherent as with any flags;
 * other GPUs would need an MTYPE by GEM_VA, which is not done.
 *
 * What does not live here: what is mapped into the guest, host_objects.c; mappings by GEM_VA,
 * host_render.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/udmabuf.h>

#include "host.h"

#define IS_GPU_MEMORY(flags) \
	((flags) & (KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_GTT))

static int cmp_mem(const void *a, const void *b)
{
	const struct host_mem *x = a, *y = b;

	return x->handle < y->handle ? -1 : x->handle > y->handle;
}

struct host_mem *host_mem_find(struct virtkfd_backend_ctx *ctx, uint64_t handle)
{
	struct host_mem key = { .handle = handle };
	struct host_mem **found = tfind(&key, &ctx->mems, cmp_mem);

	return found ? *found : NULL;
}

static void free_handles(struct virtkfd_backend_ctx *ctx, const struct host_mem *mem)
{
	for (uint32_t i = 0; i < mem->num_handles; i++) {
		struct kfd_ioctl_free_memory_of_gpu_args args = { .handle = mem->handles[i] };
		int ret = host_ioctl(ctx->fd, AMDKFD_IOC_FREE_MEMORY_OF_GPU, &args);

		if (ret)
			host_log(ctx->be, VIRTKFD_LOG_WARNING, "memory 0x%llx is not freed: %s",
				 (unsigned long long)mem->handles[i], strerror(-ret));
	}
}

/* Consumes @mem, whose handles are freed again if there is no room. */
static int mem_add(struct virtkfd_backend_ctx *ctx, struct host_mem *mem)
{
	mem->handle = mem->handles[0];
	if (tsearch(mem, &ctx->mems, cmp_mem))
		return 0;
	free_handles(ctx, mem);
	free(mem);
	return -ENOMEM;
}

static struct host_mem *mem_new(size_t num_handles)
{
	return calloc(1, sizeof(struct host_mem) + num_handles * sizeof(uint64_t));
}

/* The kernel has let go of all of it. */
void host_memory_close(struct virtkfd_backend_ctx *ctx)
{
	while (ctx->mems) {
		struct host_mem *mem = *(struct host_mem **)ctx->mems;

		tdelete(mem, &ctx->mems, cmp_mem);
		free(mem);
	}
}

/*
 * Makes amdkfd keep the memory's dma-buf. Later it would look for it by a number, which Linux 7.3
 * gives back too often when memory was imported; somebody else's memory may have it then. An
 * import has the dma-buf that it is of. With the host's series this is not needed, but cannot be
 * told.
 */
static int pin_dmabuf(struct virtkfd_backend_ctx *ctx, uint64_t handle)
{
	struct kfd_ioctl_export_dmabuf_args args = { .handle = handle, .flags = O_CLOEXEC };
	int ret = host_ioctl(ctx->fd, AMDKFD_IOC_EXPORT_DMABUF, &args);

	if (!ret)
		close(args.dmabuf_fd);
	return ret;
}

/*
 * What is not guest memory. The kernel refuses USERPTR in a secondary context whatever else is
 * asked for; in others it means nothing beside VRAM and GTT, and alone it comes here when there
 * is no such GPU.
 */
int host_alloc(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_alloc_memory_of_gpu_args *args)
{
	uint32_t flags = args->flags;
	struct host_mem *mem;
	int ret;

	if (flags & KFD_IOC_ALLOC_MEM_FLAGS_USERPTR) {
		if (!IS_GPU_MEMORY(flags))
			return -EINVAL;
		args->flags &= ~KFD_IOC_ALLOC_MEM_FLAGS_USERPTR;
	}
	mem = mem_new(1);
	if (!mem) {
		args->flags = flags;
		return -ENOMEM;
	}
	ret = host_ioctl(ctx->fd, AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, args);
	args->flags = flags;
	if (ret) {
		free(mem);
		return ret;
	}
	mem->mappable = IS_GPU_MEMORY(flags);
	mem->num_handles = 1;
	mem->handles[0] = args->handle;
	if (mem->mappable) {
		ret = pin_dmabuf(ctx, args->handle);
		if (ret) {
			free_handles(ctx, mem);
			free(mem);
			return ret;
		}
	}
	return mem_add(ctx, mem);
}

/* A dma-buf of the first @num ranges, or a negative errno. */
static int make_udmabuf(struct virtkfd_backend *be, const struct virtkfd_guest_range *ranges,
			size_t num)
{
	struct udmabuf_create_list *list;
	int fd;

	list = calloc(1, sizeof(*list) + num * sizeof(list->list[0]));
	if (!list)
		return -ENOMEM;
	list->flags = UDMABUF_FLAGS_CLOEXEC;
	list->count = num;
	for (size_t i = 0; i < num; i++) {
		list->list[i].memfd = ranges[i].fd;
		list->list[i].offset = ranges[i].fd_offset;
		list->list[i].size = ranges[i].len;
	}
	do {
		fd = ioctl(be->udmabuf_fd, UDMABUF_CREATE_LIST, list);
	} while (fd < 0 && errno == EINTR);
	if (fd < 0) {
		fd = -errno;
		host_log(be, VIRTKFD_LOG_WARNING, "no udmabuf of %zu pieces of guest memory: %s",
			 num, strerror(-fd));
	}
	free(list);
	return fd;
}

/* Guest memory at [@va, ...) of the context; adds a handle to @mem for each udmabuf. */
static int import_ranges(struct virtkfd_backend_ctx *ctx, struct host_mem *mem, uint32_t gpu_id,
			 uint64_t va, const struct virtkfd_guest_range *ranges, size_t num)
{
	while (num) {
		struct kfd_ioctl_import_dmabuf_args args = { .gpu_id = gpu_id, .va_addr = va };
		size_t n = MIN(num, ctx->be->list_limit);
		int fd = make_udmabuf(ctx->be, ranges, n);
		int ret;

		if (fd < 0)
			return fd;
		args.dmabuf_fd = fd;
		ret = host_ioctl(ctx->fd, AMDKFD_IOC_IMPORT_DMABUF, &args);
		close(fd);
		if (ret)
			return ret;
		mem->handles[mem->num_handles++] = args.handle;
		for (size_t i = 0; i < n; i++)
			va += ranges[i].len;
		ranges += n;
		num -= n;
	}
	return 0;
}

/*
 * Of an AQL queue's memory, which appears twice in a row, the second half of the guest's pages is
 * not looked at.
 */
static size_t aql_ranges(struct virtkfd_guest_range *half, const struct virtkfd_guest_range *ranges,
			 size_t num, uint64_t size)
{
	size_t i;

	for (i = 0; i < num && size; i++) {
		half[i] = ranges[i];
		half[i].len = MIN(half[i].len, size);
		size -= half[i].len;
	}
	return i;
}

/* As virtkfd_backend_ops.alloc_user, with the errors of amdkfd for a primary context. */
int host_alloc_user(struct virtkfd_backend_ctx *ctx,
		    struct kfd_ioctl_alloc_memory_of_gpu_args *args,
		    const struct virtkfd_guest_range *ranges, size_t num_ranges)
{
	bool aql = args->flags & KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM;
	struct virtkfd_guest_range *half = NULL;
	struct host_gpu *gpu = host_gpu_find(ctx->be, args->gpu_id);
	uint64_t size = aql ? args->size >> 1 : args->size;
	struct host_mem *mem;
	int ret;

	size = ALIGN_UP(size, HOST_PAGE);
	if (!gpu || !size)
		return -EINVAL;
	if (ctx->render_fds[gpu - ctx->be->gpus] < 0)
		return -ENODEV;
	if (!num_ranges || ctx->be->udmabuf_fd < 0)
		return -EINVAL;
	for (size_t i = 0; i < num_ranges; i++) {
		if (ranges[i].fd < 0) {
			host_log(ctx->be, VIRTKFD_LOG_WARNING,
				 "guest memory has no file: the VMM must use a sealed memfd for it");
			return -EINVAL;
		}
	}
	mem = mem_new((aql ? 2 : 1) * (num_ranges / ctx->be->list_limit + 1));
	if (!mem)
		return -ENOMEM;
	if (aql) {
		half = calloc(num_ranges, sizeof(*half));
		if (!half) {
			ret = -ENOMEM;
			goto err_free;
		}
		num_ranges = aql_ranges(half, ranges, num_ranges, size);
		ranges = half;
	}
	ret = import_ranges(ctx, mem, args->gpu_id, args->va_addr, ranges, num_ranges);
	if (!ret && aql)
		ret = import_ranges(ctx, mem, args->gpu_id, args->va_addr + size, ranges,
				    num_ranges);
	free(half);
	if (ret)
		goto err_handles;
	args->handle = mem->handles[0];
	return mem_add(ctx, mem);

err_handles:
	free_handles(ctx, mem);
err_free:
	free(mem);
	return ret;
}

/*
 * From the last part to the first, which is the memory's name: when this succeeds the GPU has none
 * of it any more, which is what the guest gives its pages back for.
 */
int host_free(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_free_memory_of_gpu_args *args)
{
	struct host_mem *mem = host_mem_find(ctx, args->handle);
	int ret;

	while (mem && mem->num_handles > 1) {
		struct kfd_ioctl_free_memory_of_gpu_args part = {
			.handle = mem->handles[mem->num_handles - 1],
		};

		ret = host_ioctl(ctx->fd, AMDKFD_IOC_FREE_MEMORY_OF_GPU, &part);
		if (ret)
			return ret;
		mem->num_handles--;
	}
	ret = host_ioctl(ctx->fd, AMDKFD_IOC_FREE_MEMORY_OF_GPU, args);
	if (ret || !mem)
		return ret;
	tdelete(mem, &ctx->mems, cmp_mem);
	free(mem);
	return 0;
}

_Static_assert(sizeof(struct kfd_ioctl_map_memory_to_gpu_args) ==
	       sizeof(struct kfd_ioctl_unmap_memory_from_gpu_args), "the same in both directions");

/* As @like, but another part, on the devices from @start to @end. */
static int do_part(struct virtkfd_backend_ctx *ctx, unsigned long request, uint64_t handle,
		   const struct kfd_ioctl_map_memory_to_gpu_args *like, uint32_t start, uint32_t end)
{
	struct kfd_ioctl_map_memory_to_gpu_args part = {
		.handle = handle,
		.device_ids_array_ptr = like->device_ids_array_ptr,
		.n_devices = end,
		.n_success = start,
	};

	return host_ioctl(ctx->fd, request, &part);
}

/*
 * What becomes of the first part becomes of all: on the devices before the one that is refused it is
 * done, as it is with memory in one part. When another part is refused nothing has been done.
 */
static int do_parts(struct virtkfd_backend_ctx *ctx, unsigned long request, unsigned long undo,
		    struct kfd_ioctl_map_memory_to_gpu_args *args)
{
	struct host_mem *mem = host_mem_find(ctx, args->handle);
	uint32_t start = args->n_success;
	int ret = host_ioctl(ctx->fd, request, args);
	uint32_t end = ret ? args->n_success : args->n_devices;

	if (!mem || end <= start || end > args->n_devices)
		return ret;
	for (uint32_t i = 1; i < mem->num_handles; i++) {
		int err = do_part(ctx, request, mem->handles[i], args, start, end);

		if (!err)
			continue;
		/* Of that part, too, some devices may have been mapped. */
		if (request == AMDKFD_IOC_MAP_MEMORY_TO_GPU)
			i++;
		while (i--)
			do_part(ctx, undo, mem->handles[i], args, start, end);
		args->n_success = start;
		return ret ? ret : err;
	}
	return ret;
}

int host_unmap(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_unmap_memory_from_gpu_args *args)
{
	return do_parts(ctx, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, AMDKFD_IOC_MAP_MEMORY_TO_GPU,
			(struct kfd_ioctl_map_memory_to_gpu_args *)args);
}

int host_map(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_map_memory_to_gpu_args *args)
{
	return do_parts(ctx, AMDKFD_IOC_MAP_MEMORY_TO_GPU, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, args);
}

/* As virtkfd_backend_ops.import. */
int host_import(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_import_dmabuf_args *args,
		struct virtkfd_backend_obj *obj)
{
	struct host_mem *mem = mem_new(1);
	int ret;

	if (!mem)
		return -ENOMEM;
	args->dmabuf_fd = obj ? obj->fd : -1;
	ret = host_ioctl(ctx->fd, AMDKFD_IOC_IMPORT_DMABUF, args);
	args->dmabuf_fd = 0;
	if (ret) {
		free(mem);
		return ret == -EBADF ? -EINVAL : ret;
	}
	mem->mappable = true;
	mem->num_handles = 1;
	mem->handles[0] = args->handle;
	return mem_add(ctx, mem);
}
