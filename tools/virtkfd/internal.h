/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The objects of libvirtkfd's core and what its files have of each other.
 *
 * What lives here: struct virtkfd_vm, virtkfd_ctx, virtkfd_blob and who may touch which
 * field. What does not: anything of the backends.
 *
 * Locking: everything belongs to the thread that is in a call of the VMM (there is one at
 * a time), unless a field says "lock": that is virtkfd_vm.lock, which such a thread and the
 * backend's notifying threads take. It is held while a response is written, while fences
 * are reported and while a backend's events are fetched; never while anything else of a
 * backend is called.
 */
#ifndef VIRTKFD_INTERNAL_H
#define VIRTKFD_INTERNAL_H

#include <pthread.h>
#include <sys/queue.h>
#include <time.h>

#include "backend.h"
#include "util.h"

/* Most bytes of one SUBMIT_3D: the extents of 2 GiB of scattered guest pages. */
#define VK_MAX_SUBMIT		(4u << 20)
/* Contexts that were created but have no role yet; those with one have a limit. */
#define VK_BARE_CONTEXTS	256
/* Memory objects of a VM, of whatever size. */
#define VK_MAX_MEMORY		(1u << 18)
/* KFD_MAX_NUM_OF_QUEUES_PER_PROCESS */
#define VK_MAX_QUEUES		1024
/* Pieces of guest memory in all resources attached, and in all memory objects. */
#define VK_MAX_ATTACHED		(1u << 16)
#define VK_MAX_RANGES		(1u << 22)
/* Fences that wait for the poll. */
#define VK_MAX_FENCES		4096
/* Most bytes of a render node query. */
#define VK_MAX_RENDER_INFO	4096

/**
 * struct vk_event - a KFD event of a context
 * @ctx: its context
 * @fired: link in virtkfd_vm.fired (lock)
 * @is_fired: is in virtkfd_vm.fired (lock)
 * @msg: what the guest is told (lock); msg.event_id is the key in virtkfd_ctx.events
 */
struct vk_event {
	struct virtkfd_ctx *ctx;
	TAILQ_ENTRY(vk_event) fired;
	bool is_fired;
	struct virtkfd_event msg;
};

/**
 * struct vk_resource - guest memory that a context may write, or a blob that it may name
 * @id: the guest's id, key in virtkfd_ctx.resources
 * @ctx: context
 * @blob: blob, or NULL
 * @link: in virtkfd_blob.attached
 * @iov_cnt: elements of @iov
 * @size: bytes in all
 * @iov: the memory
 */
struct vk_resource {
	uint32_t id;
	struct virtkfd_ctx *ctx;
	struct virtkfd_blob *blob;
	LIST_ENTRY(vk_resource) link;
	unsigned int iov_cnt;
	uint64_t size;
	struct iovec iov[];
};

/**
 * struct vk_mem - a memory object of a context
 * @refs: its handle, the blobs made of it, what was imported of it and the contexts that have
 *	it mapped by render_va; quotas are given back with the last one
 * @handle: what the guest knows it by
 * @backend_handle: what the backend knows it by
 * @size: bytes
 * @kind: which quota it counts for
 * @origin: whose memory it is, held, if it was imported
 * @num_ranges: elements of @ranges
 * @ranges: the guest memory, mapped until the object goes
 */
struct vk_mem {
	unsigned int refs;
	uint64_t handle;
	uint64_t backend_handle;
	uint64_t size;
	enum { VK_MEM_GPU, VK_MEM_PINNED, VK_MEM_IO, VK_MEM_IMPORT } kind;
	struct vk_mem *origin;
	size_t num_ranges;
	struct virtkfd_guest_range *ranges;
};

/**
 * struct vk_queue - a queue of a context
 * @exists: there is one
 * @ctl_stack_size: bytes of its control stack
 */
struct vk_queue {
	bool exists;
	uint32_t ctl_stack_size;
};

/**
 * struct virtkfd_ctx - a virtio-gpu context
 * @vm: its VM
 * @id: the guest's id, key in virtkfd_vm.ctxs
 * @role: VIRTKFD_ROLE_*, zero until initialised
 * @rsp_res_id: response blob, a key in @resources
 * @pid: process id in the guest, for the log
 * @bctx: KFD context of a process context
 * @resources: tree of &struct vk_resource (lock)
 * @events: tree of &struct vk_event (lock)
 * @num_events: their number
 * @mem: for each GPU, the &struct vk_mem by the lower half of their handles
 * @queues: by KFD's id, VK_MAX_QUEUES of them; NULL before the first one
 * @num_queues: how many of them exist
 * @render_mem: tree of the &struct vk_mem that render_va has mapped and not closed, held
 * @lost: the backend's context is gone (lock)
 * @lost_event: tells the guest so
 */
struct virtkfd_ctx {
	struct virtkfd_vm *vm;
	uint32_t id;
	uint32_t role;
	uint32_t rsp_res_id;
	uint32_t pid;
	struct virtkfd_backend_ctx *bctx;
	void *resources;
	void *events;
	uint32_t num_events;
	struct vk_ids *mem;
	struct vk_queue *queues;
	uint32_t num_queues;
	void *render_mem;
	bool lost;
	struct vk_event lost_event;
};

/**
 * struct virtkfd_blob - something of a context that the guest wants to map
 * @vm: its VM
 * @link: in virtkfd_vm.blobs
 * @attached: resources of contexts that name it (lock)
 * @obj: the backend's object
 * @mem: memory object behind it, or NULL
 * @info: what it is
 * @mapped: it is mapped
 */
struct virtkfd_blob {
	struct virtkfd_vm *vm;
	LIST_ENTRY(virtkfd_blob) link;
	LIST_HEAD(, vk_resource) attached;
	struct virtkfd_backend_obj *obj;
	struct vk_mem *mem;
	struct virtkfd_obj_info info;
	bool mapped;
};

/**
 * struct vk_fence - a fence of VIRTKFD_RING_EVENTS that waits for the poll
 * @link: in virtkfd_vm.fences
 * @ctx_id: context
 * @id: fence
 */
struct vk_fence {
	STAILQ_ENTRY(vk_fence) link;
	uint32_t ctx_id;
	uint64_t id;
};

/**
 * struct vk_poll - the pending VIRTKFD_CCMD_EVENT_POLL
 * @pending: there is one
 * @seqno: of the command
 * @rsp_off: where its response goes
 * @rsp_len: room there
 * @max_events: most events wanted
 */
struct vk_poll {
	bool pending;
	uint32_t seqno;
	uint32_t rsp_off;
	uint32_t rsp_len;
	uint32_t max_events;
};

/**
 * struct virtkfd_vm - an instance
 * @ops: the VMM's callbacks
 * @opaque: for them
 * @limits: quotas, none of them zero
 * @be: backend
 * @backend: its instance
 * @info: what it offers
 * @gpus: its GPUs
 * @ctxs: tree of &struct virtkfd_ctx
 * @num_inited: contexts with a role
 * @blobs: all blobs
 * @stats: what is alive
 * @gpu_bytes: bytes of VRAM and GTT
 * @num_attached: elements of all &vk_resource.iov, and blobs attached
 * @num_ranges: elements of all &vk_mem.ranges
 * @lock: see above
 * @control: the control context (lock)
 * @poll: its poll (lock)
 * @fired: events that the guest has not been told of (lock)
 * @fences: fences that wait for @poll (lock)
 * @num_fences: their number (lock)
 * @log_lock: protects the three below
 * @log_tokens: lines about guest input that may still be logged
 * @log_dropped: lines that were not
 * @log_time: when @log_tokens was filled up last, in seconds
 */
struct virtkfd_vm {
	const struct virtkfd_vmm_ops *ops;
	void *opaque;
	struct virtkfd_limits limits;
	const struct virtkfd_backend_ops *be;
	struct virtkfd_backend *backend;
	struct virtkfd_backend_info info;
	struct virtkfd_gpu_info *gpus;

	void *ctxs;
	uint32_t num_inited;
	LIST_HEAD(, virtkfd_blob) blobs;
	struct virtkfd_stats stats;
	uint64_t gpu_bytes;
	size_t num_attached;
	size_t num_ranges;

	pthread_mutex_t lock;
	struct virtkfd_ctx *control;
	struct vk_poll poll;
	TAILQ_HEAD(, vk_event) fired;
	STAILQ_HEAD(, vk_fence) fences;
	uint32_t num_fences;

	pthread_mutex_t log_lock;
	unsigned int log_tokens;
	unsigned int log_dropped;
	time_t log_time;
};

/**
 * struct vk_buf - a response while it is built
 * @data: the bytes, room for &struct virtkfd_rsp first
 * @len: bytes used
 * @cap: bytes there; all beyond @len are zero
 * @small: where @data is at first, so that there is always room for an error
 */
struct vk_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	uint64_t small[32];
};

/* log.c */
void vk_log(struct virtkfd_vm *vm, enum virtkfd_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void vk_log_backend(void *opaque, enum virtkfd_log_level level, const char *line);
const char *vk_errname(int err);

/* vm.c */
int vk_gpu_index(struct virtkfd_vm *vm, uint32_t gpu_id);

/* ctx.c */
struct virtkfd_ctx *vk_ctx_find(struct virtkfd_vm *vm, uint32_t ctx_id);
int vk_ctx_init(struct virtkfd_ctx *ctx, const struct virtkfd_ccmd_init *cmd);

/* resource.c; the caller holds the lock */
struct vk_resource *vk_resource_find(struct virtkfd_ctx *ctx, uint32_t res_id);
void vk_resource_free(struct vk_resource *res);
void vk_resources_free(struct virtkfd_ctx *ctx);
bool vk_rsp_fits(struct virtkfd_ctx *ctx, uint32_t res_id, uint32_t off, uint32_t len);
void vk_rsp_write(struct virtkfd_ctx *ctx, uint32_t off, uint32_t len,
		  struct vk_buf *buf, uint32_t seqno, int ret);

/* resource.c */
void vk_buf_init(struct vk_buf *buf, size_t len);
void *vk_buf_add(struct vk_buf *buf, size_t len);
void vk_buf_free(struct vk_buf *buf);

/* ioctl.c */
int vk_ioctl(struct virtkfd_ctx *ctx, const struct virtkfd_ccmd_ioctl *cmd,
	     const uint8_t *in, size_t in_len, struct vk_buf *rsp);

/* memory.c */
struct vk_mem *vk_mem_find(struct virtkfd_ctx *ctx, uint64_t handle);
uint64_t vk_mem_backend_handle(struct virtkfd_ctx *ctx, uint64_t handle);
int vk_mem_alloc(struct virtkfd_ctx *ctx, struct kfd_ioctl_alloc_memory_of_gpu_args *args,
		 const uint64_t *extents, size_t num_extents);
int vk_mem_free(struct virtkfd_ctx *ctx, struct kfd_ioctl_free_memory_of_gpu_args *args);
void vk_mem_free_all(struct virtkfd_ctx *ctx);
int vk_mem_add(struct virtkfd_ctx *ctx, struct vk_mem *mem, __u64 *handle);
void vk_mem_put(struct virtkfd_vm *vm, struct vk_mem *mem);

/* queues.c */
int vk_queue_create(struct virtkfd_ctx *ctx, struct kfd_ioctl_create_queue_args *args);
int vk_queue_destroy(struct virtkfd_ctx *ctx, struct kfd_ioctl_destroy_queue_args *args);
size_t vk_wave_state_size(struct virtkfd_ctx *ctx, uint32_t queue_id);
void vk_queues_free(struct virtkfd_ctx *ctx);

/* share.c */
int vk_export(struct virtkfd_ctx *ctx, const struct kfd_ioctl_export_dmabuf_args *args);
int vk_import(struct virtkfd_ctx *ctx, struct kfd_ioctl_import_dmabuf_args *args);
int vk_render_va(struct virtkfd_ctx *ctx, const struct virtkfd_ccmd_render_va *cmd);
void vk_render_free(struct virtkfd_ctx *ctx);

/* events.c */
int vk_event_create(struct virtkfd_ctx *ctx, struct kfd_ioctl_create_event_args *args);
int vk_event_destroy(struct virtkfd_ctx *ctx, struct kfd_ioctl_destroy_event_args *args);
void vk_events_free(struct virtkfd_ctx *ctx);
void vk_events_notify(void *opaque);
int vk_event_poll(struct virtkfd_ctx *ctx, const struct virtkfd_ccmd_event_poll *cmd);
void vk_control_gone(struct virtkfd_ctx *ctx);

#endif /* VIRTKFD_INTERNAL_H */
