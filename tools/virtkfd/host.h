/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The objects of the backend "kfd", which is the host's own amdkfd.
 *
 * What lives here: what its files have of each other. What does not: semantics of ioctls and
 * their errnos, which are the kernel's; quotas and wire handles, the core's.
 *
 * Each context has a /dev/kfd file of its own, made a secondary context by
 * AMDKFD_IOC_CREATE_PROCESS, and for each GPU a file of its render node, whose GPU VM it is.
 *
 * Locking: everything belongs to the thread that is in an operation, unless a field says
 * otherwise.
 */
#ifndef VIRTKFD_HOST_H
#define VIRTKFD_HOST_H

#include <pthread.h>
#include <sys/queue.h>

#include "backend.h"
#include "util.h"

#define HOST_PAGE	4096ULL
/* Of one partition of 8 MI300X each in the smallest mode there are 64. */
#define HOST_MAX_GPUS	64

/**
 * struct host_gpu - a GPU of the host
 * @id: KFD id
 * @node: its number below topology/nodes
 * @render_minor: N of /dev/dri/renderDN
 * @doorbell_size: bytes of a process's doorbells
 * @num_xcc: its compute dies
 * @render_fd: its render node, for what concerns no process
 */
struct host_gpu {
	uint32_t id;
	uint32_t node;
	uint32_t render_minor;
	uint32_t doorbell_size;
	uint32_t num_xcc;
	int render_fd;
};

/**
 * struct virtkfd_backend - the host's amdkfd as one VM has it
 * @params: of the core
 * @fd: /dev/kfd, this process's primary context
 * @udmabuf_fd: /dev/udmabuf, or -1
 * @list_limit: most pieces of guest memory in one udmabuf
 * @kfd_major: of AMDKFD_IOC_GET_VERSION
 * @kfd_minor: of AMDKFD_IOC_GET_VERSION
 * @num_gpus: elements of @gpus in use
 * @gpus: GPUs in the order of the topology
 * @poll: what waits for events of all contexts, see host_events.c
 */
struct virtkfd_backend {
	struct virtkfd_backend_params params;
	int fd;
	int udmabuf_fd;
	uint32_t list_limit;
	uint32_t kfd_major;
	uint32_t kfd_minor;
	uint32_t num_gpus;
	struct host_gpu gpus[HOST_MAX_GPUS];

	/**
	 * @poll.epoll_fd: files of the contexts; -1 if they have no poll(2)
	 * @poll.wake_fd: eventfd that ends the thread
	 * @poll.thread: waits, if there is an @poll.epoll_fd
	 * @poll.lock: protects the two below, and the life of what @poll.current points to
	 * @poll.current: context whose events are being fetched
	 * @poll.idle: signaled when @poll.current is NULL
	 * @poll.ctxs: contexts by their key in @poll.epoll_fd
	 */
	struct {
		int epoll_fd;
		int wake_fd;
		pthread_t thread;
		pthread_mutex_t lock;
		struct virtkfd_backend_ctx *current;
		pthread_cond_t idle;
		struct vk_ids ctxs;
	} poll;
};

/**
 * struct host_mem - memory that a context has a handle of
 * @handle: the first of @handles, key in virtkfd_backend_ctx.mems
 * @mappable: it has memory of the host behind it: VRAM, GTT, an import
 * @num_handles: elements of @handles
 * @handles: amdkfd's, guest memory having one for each udmabuf
 */
struct host_mem {
	uint64_t handle;
	bool mappable;
	uint32_t num_handles;
	uint64_t handles[];
};

/**
 * struct host_event - an event of a context
 * @id: KFD's
 * @type: KFD_IOC_EVENT_*
 * @fired: it has fired and not been fetched
 * @data: what it fired with, as &virtkfd_event.data; of a signal its age first
 */
struct host_event {
	uint32_t id;
	uint32_t type;
	bool fired;
	uint64_t data[4];
};

/**
 * struct virtkfd_backend_ctx - a KFD context of a guest process
 * @be: backend
 * @notify: tells the core of events
 * @opaque: for @notify
 * @fd: /dev/kfd, a secondary context
 * @render_fds: for each GPU its render node, -1 before ACQUIRE_VM
 * @mems: tree of &struct host_mem
 * @objs: objects that live through @fd
 * @queues: its queues, see host_render.c
 * @ranges: what GEM_VA has mapped, see there
 * @num_ranges: their number
 *
 * @lock: protects what follows
 * @num_events: elements of @events and @data
 * @max_events: room there
 * @events: the context's events
 * @data: what WAIT_EVENTS takes of them; while @waiting it is the kernel's
 * @num_fired: events with host_event.fired
 * @poll_key: in virtkfd_backend.poll.ctxs
 * @thread: waits, where /dev/kfd has no poll(2)
 * @has_thread: there is one
 * @waiting: it is in WAIT_EVENTS, and the events must stay what they are
 * @pauses: somebody wants to change them
 * @closing: it is to end
 * @changed: signaled when one of the three above changes
 */
struct virtkfd_backend_ctx {
	struct virtkfd_backend *be;
	void (*notify)(void *opaque);
	void *opaque;
	int fd;
	int *render_fds;
	void *mems;
	LIST_HEAD(, virtkfd_backend_obj) objs;
	LIST_HEAD(, host_queue) queues;
	LIST_HEAD(, host_range) ranges;
	uint32_t num_ranges;

	pthread_mutex_t lock;
	uint32_t num_events;
	uint32_t max_events;
	struct host_event *events;
	struct kfd_event_data *data;
	uint32_t num_fired;
	uint32_t poll_key;
	pthread_t thread;
	bool has_thread;
	bool waiting;
	bool pauses;
	bool closing;
	pthread_cond_t changed;
};

/**
 * struct virtkfd_backend_obj - something of a context that can be mapped
 * @be: backend
 * @type: VIRTKFD_BLOB_*
 * @gpu: GPU
 * @size: bytes
 * @fd: dma-buf of memory, -1 for others
 * @map_info: VIRTIO_GPU_MAP_CACHE_*
 * @ctx: context of what is mapped through its file, NULL when it is closed
 * @link: in virtkfd_backend_ctx.objs
 * @addr: where it is mapped, or NULL
 */
struct virtkfd_backend_obj {
	struct virtkfd_backend *be;
	uint32_t type;
	struct host_gpu *gpu;
	uint64_t size;
	int fd;
	uint32_t map_info;
	struct virtkfd_backend_ctx *ctx;
	LIST_ENTRY(virtkfd_backend_obj) link;
	void *addr;
};

/* backend_kfd.c */
void host_log(struct virtkfd_backend *be, enum virtkfd_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int host_ioctl(int fd, unsigned long request, void *args);
struct host_gpu *host_gpu_find(struct virtkfd_backend *be, uint32_t gpu_id);

/* host_topology.c */
int host_find_gpus(struct virtkfd_backend *be);
uint64_t host_read_number(const char *path, uint64_t otherwise);
int host_topology(struct virtkfd_backend *be, uint32_t gpu, virtkfd_emit_fn emit, void *opaque);
int host_render_info(struct virtkfd_backend *be, uint32_t gpu, const struct drm_amdgpu_info *args);

/* host_memory.c */
void host_memory_close(struct virtkfd_backend_ctx *ctx);
int host_alloc(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_alloc_memory_of_gpu_args *args);
int host_alloc_user(struct virtkfd_backend_ctx *ctx,
		    struct kfd_ioctl_alloc_memory_of_gpu_args *args,
		    const struct virtkfd_guest_range *ranges, size_t num_ranges);
int host_free(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_free_memory_of_gpu_args *args);
int host_map(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_map_memory_to_gpu_args *args);
int host_unmap(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_unmap_memory_from_gpu_args *args);
int host_import(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_import_dmabuf_args *args,
		struct virtkfd_backend_obj *obj);

/* host_render.c */
int host_render_va(struct virtkfd_backend_ctx *ctx, uint32_t gpu,
		   const struct drm_amdgpu_gem_va *args, struct virtkfd_backend_obj *obj);
int host_create_queue(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_create_queue_args *args);
int host_destroy_queue(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_destroy_queue_args *args);
void host_render_close(struct virtkfd_backend_ctx *ctx);

/* host_objects.c */
void host_objects_close(struct virtkfd_backend_ctx *ctx);
struct host_mem *host_mem_find(struct virtkfd_backend_ctx *ctx, uint64_t handle);
int host_obj_get(struct virtkfd_backend_ctx *ctx, uint32_t type, uint32_t gpu, uint64_t handle,
		 struct virtkfd_obj_info *info, struct virtkfd_backend_obj **obj);
void host_obj_put(struct virtkfd_backend_obj *obj);
int host_obj_map(struct virtkfd_backend_obj *obj, void *addr, uint32_t *map_info);
void host_obj_unmapped(struct virtkfd_backend_obj *obj);

/* host_events.c */
int host_poll_open(struct virtkfd_backend *be);
void host_poll_close(struct virtkfd_backend *be);
int host_events_open(struct virtkfd_backend_ctx *ctx);
void host_events_close(struct virtkfd_backend_ctx *ctx);
int host_event_create(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_create_event_args *args);
int host_event_destroy(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_destroy_event_args *args);
unsigned int host_events(struct virtkfd_backend_ctx *ctx, struct virtkfd_event *events,
			 unsigned int max);

#endif /* VIRTKFD_HOST_H */
