/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What a backend of libvirtkfd is: the KFD uAPI, with library memory in the place of
 * user memory.
 *
 * What lives here: the operations and the few types they share. What does not: the wire
 * protocol, quotas, wire handles and the state of polls, which the library core keeps
 * and no backend sees.
 *
 * Arguments are the structs of <linux/kfd_ioctl.h>; pointers in them point to library
 * memory of the size that amdkfd would access. Handles are the backend's own: the core
 * gives the guest others and translates. Errnos are amdkfd's, as negative values.
 *
 * Threads: the core calls the operations of one backend one at a time, with the exception
 * of @events and @doorbell, which may run at the same time as any other. @events is
 * called with the VM's lock held, so it must neither block nor call back.
 */
#ifndef VIRTKFD_BACKEND_H
#define VIRTKFD_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include <drm/amdgpu_drm.h>
#include <linux/kfd_ioctl.h>

#include "virtkfd.h"

/* The kernel's own, beyond <asm-generic/errno.h>: amdkfd lets user space see it. */
#define ENOTSUPP	524

struct virtkfd_backend;
struct virtkfd_backend_ctx;
struct virtkfd_backend_obj;

/**
 * struct virtkfd_backend_params - what a backend is opened with
 * @vram_size: bytes of VRAM of each GPU, for a backend that can choose
 * @soft_gpu: of virtkfd_vm_params
 * @log: takes one line without a newline; any thread
 * @opaque: for @log
 */
struct virtkfd_backend_params {
	uint64_t vram_size;
	const char *soft_gpu;
	void (*log)(void *opaque, enum virtkfd_log_level level, const char *line);
	void *opaque;
};

/**
 * struct virtkfd_backend_info - what a backend offers
 * @features: VIRTKFD_F_*
 * @kfd_major: of AMDKFD_IOC_GET_VERSION
 * @kfd_minor: of AMDKFD_IOC_GET_VERSION
 * @num_gpus: GPUs, counted from zero in the other operations
 */
struct virtkfd_backend_info {
	uint32_t features;
	uint32_t kfd_major;
	uint32_t kfd_minor;
	uint32_t num_gpus;
};

/**
 * struct virtkfd_gpu_info - one GPU of a backend
 * @gpu_id: KFD id, not zero
 * @doorbell_size: bytes of one process's doorbell slice
 */
struct virtkfd_gpu_info {
	uint32_t gpu_id;
	uint32_t doorbell_size;
};

/**
 * struct virtkfd_obj_info - something of a context that can be mapped
 * @size: bytes, a multiple of 4 KiB
 * @trapped: its stores go to @virtkfd_backend_ops.doorbell, it cannot be mapped
 */
struct virtkfd_obj_info {
	uint64_t size;
	bool trapped;
};

/**
 * typedef virtkfd_emit_fn - takes one file of a topology node
 * @opaque: of the caller
 * @kind: VIRTKFD_TOPOLOGY_*
 * @index: bank or cache
 * @text: contents, not NUL-terminated
 * @len: bytes
 *
 * Return: 0 or -ENOMEM, which the backend passes on.
 */
typedef int (*virtkfd_emit_fn)(void *opaque, uint16_t kind, uint16_t index,
			       const char *text, uint32_t len);

/**
 * struct virtkfd_backend_ops - a KFD
 * @name: for the capset and the log, below 16 characters
 * @open: -ENODEV if it does not work on this host; a log line says why
 * @close: all contexts are closed and all objects put
 * @info: fill in @info
 * @gpu: describe GPU number @gpu
 * @topology: call @emit for each file of the GPU's topology node
 * @render_info: DRM_IOCTL_AMDGPU_INFO; @args->return_pointer is zeroed memory of
 *	@args->return_size bytes. Returns how many bytes were written there
 * @ctx_open: open(2) of /dev/kfd and what makes a context of it. After it has returned the
 *	backend calls @notify(@opaque), from any thread and without a lock of its own held,
 *	whenever @events has something to fetch
 * @ctx_close: release everything of the context except objects; no @notify runs after it
 *	has returned
 * @ioctl: ioctl(2) of /dev/kfd, number @nr. The descriptor of ACQUIRE_VM and mmap_offset
 *	of ALLOC_MEMORY_OF_GPU mean nothing
 * @alloc_user: ALLOC_MEMORY_OF_GPU of guest pages: @ranges make up at least
 *	@args->size bytes and stay mapped until the handle is freed or the context closed
 * @obj_get: what the guest wants to map: VIRTKFD_BLOB_* of GPU number @gpu and, for
 *	VIRTKFD_BLOB_MEMORY, of backend handle @handle. The object keeps its memory alive
 *	beyond the handle and the context. -ENOENT without such an object
 * @obj_put: the counterpart
 * @import: IMPORT_DMABUF, with the memory of @obj in the place of the descriptor, which means
 *	nothing. @obj, of any context of the backend, is NULL if there is none: -EINVAL when
 *	it is its turn
 * @render_va: DRM_IOCTL_AMDGPU_GEM_VA on the render node of GPU number @gpu, in the VM that
 *	ACQUIRE_VM gave to the context, with the memory of @obj in the place of the handle,
 *	which means nothing. @obj is NULL if there is none: -ENOENT when it is its turn.
 *	VIRTKFD_RENDER_VA_CLOSE as operation is GEM_CLOSE, with -EBUSY if its mappings have
 *	ended but queues still use the memory. Mappings, and queues in them, keep the memory
 * @obj_map: map the whole object over [@addr, @addr + size); VIRTIO_GPU_MAP_CACHE_* to
 *	@map_info
 * @obj_unmapped: something else is where the object was mapped; may be NULL
 * @doorbell: a store to a trapped object; any thread; NULL if there are none
 * @events: fetch at most @max events that have fired since; several firings of one event
 *	count as one. @virtkfd_event.ctx_id is left to the core. Returns the number
 */
struct virtkfd_backend_ops {
	const char *name;

	int (*open)(const struct virtkfd_backend_params *params, struct virtkfd_backend **be);
	void (*close)(struct virtkfd_backend *be);
	void (*info)(struct virtkfd_backend *be, struct virtkfd_backend_info *info);
	void (*gpu)(struct virtkfd_backend *be, uint32_t gpu, struct virtkfd_gpu_info *info);
	int (*topology)(struct virtkfd_backend *be, uint32_t gpu, virtkfd_emit_fn emit,
			void *opaque);
	int (*render_info)(struct virtkfd_backend *be, uint32_t gpu,
			   const struct drm_amdgpu_info *args);

	int (*ctx_open)(struct virtkfd_backend *be, void (*notify)(void *opaque), void *opaque,
			struct virtkfd_backend_ctx **ctx);
	void (*ctx_close)(struct virtkfd_backend_ctx *ctx);
	int (*ioctl)(struct virtkfd_backend_ctx *ctx, unsigned int nr, void *args);
	int (*alloc_user)(struct virtkfd_backend_ctx *ctx,
			  struct kfd_ioctl_alloc_memory_of_gpu_args *args,
			  const struct virtkfd_guest_range *ranges, size_t num_ranges);
	int (*obj_get)(struct virtkfd_backend_ctx *ctx, uint32_t type, uint32_t gpu,
		       uint64_t handle, struct virtkfd_obj_info *info,
		       struct virtkfd_backend_obj **obj);
	void (*obj_put)(struct virtkfd_backend_obj *obj);
	int (*import)(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_import_dmabuf_args *args,
		      struct virtkfd_backend_obj *obj);
	int (*render_va)(struct virtkfd_backend_ctx *ctx, uint32_t gpu,
			 const struct drm_amdgpu_gem_va *args, struct virtkfd_backend_obj *obj);
	int (*obj_map)(struct virtkfd_backend_obj *obj, void *addr, uint32_t *map_info);
	void (*obj_unmapped)(struct virtkfd_backend_obj *obj);
	void (*doorbell)(struct virtkfd_backend_obj *obj, uint64_t offset, uint64_t value,
			 unsigned int size);
	unsigned int (*events)(struct virtkfd_backend_ctx *ctx, struct virtkfd_event *events,
			       unsigned int max);
};

extern const struct virtkfd_backend_ops virtkfd_backend_soft;
extern const struct virtkfd_backend_ops virtkfd_backend_kfd;

#endif /* VIRTKFD_BACKEND_H */
