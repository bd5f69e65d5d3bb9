/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * AMDKFD native context of virtio-gpu: what the driver's virtgpu_kfd_*.c files share.
 *
 * What lives here: the objects, their locks and the prototypes by file. What does not:
 * the wire protocol (uapi/linux/virtio_gpu_amdkfd.h), virtio-gpu itself (virtgpu_drv.h).
 */
#ifndef VIRTGPU_KFD_H
#define VIRTGPU_KFD_H

#include <linux/completion.h>
#include <linux/dma-buf.h>
#include <linux/idr.h>
#include <linux/kfd_ioctl.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <drm/drm_mm.h>
#include <uapi/linux/virtio_gpu_amdkfd.h>

#include "virtgpu_drv.h"

/**
 * DOC: Objects and locks
 *
 * The objects, and who keeps each alive:
 *
 * - &struct virtgpu_kfd: one per virtio-gpu device that offers the capset. Kept by the device,
 *   by every process and by every open render node.
 * - &struct virtgpu_kfd_ctx: a virtio-gpu context with its response blob. The control context
 *   is kept by &struct virtgpu_kfd, a process context by its process.
 * - &struct virtgpu_kfd_gpu: a GPU with topology node and render node. As long as
 *   &struct virtgpu_kfd.
 * - &struct virtgpu_kfd_process: one per mm that opened /dev/kfd, and one for each further
 *   context that was made with AMDKFD_IOC_CREATE_PROCESS. Kept by its files, and by its BOs;
 *   the mm's also by the others.
 * - &struct virtgpu_kfd_bo: memory of a process on the host, a GEM object of the GPU's render
 *   node. Kept by the process's table, by its mappings, its dma-buf and its GEM handles. What a
 *   process has imported is an object of its own, which keeps the dma-buf.
 *
 * The locks, outermost first; each is described beside what it protects:
 *
 * 1. virtgpu_kfd_owner_lock, a mutex
 * 2. &virtgpu_kfd.processes_lock, a mutex
 * 3. &virtgpu_kfd_process.lock, a mutex
 * 4. &virtgpu_kfd_process.event_lock, a mutex
 * 5. &virtgpu_kfd_bo.lock, a mutex
 * 6. the spinlock of &virtgpu_kfd.processes
 * 7. &virtgpu_kfd_process.event_state_lock, a spinlock
 * 8. &virtgpu_kfd_gpu.smi_lock, a spinlock
 * 9. &virtio_gpu_fence_driver.lock, a spinlock
 * 10. &virtgpu_kfd.requests_lock, a spinlock
 *
 * An mm's mmap_lock is taken within &virtgpu_kfd.processes_lock, and a page fault takes
 * &virtgpu_kfd_bo.lock within it. A call to the host, virtgpu_kfd_call(), sleeps; it may be
 * made with the mutexes held and needs none of them.
 */

#if IS_ENABLED(CONFIG_DRM_VIRTIO_GPU_KFD)

struct virtgpu_kfd;
struct virtgpu_kfd_bo;
struct virtgpu_kfd_procfs;
struct virtgpu_kfd_request;
struct platform_device;

/**
 * struct virtgpu_kfd_ctx - a virtio-gpu context of the AMDKFD capset
 * @ref: held by the owner and by every request
 * @kfd: device
 * @id: virtio-gpu context id
 * @fence_context: the first of the fence contexts of the context's rings
 * @rsp_bo: response blob, guest memory
 * @rsp: its kernel mapping
 * @seqno: of the last command
 * @slots: response areas that the host may still write; virtgpu_kfd.requests_lock
 * @lost: the host did not answer in time or gave the context up; set once, under
 *	virtgpu_kfd.requests_lock. Every further call gives -EIO
 */
struct virtgpu_kfd_ctx {
	struct kref ref;
	struct virtgpu_kfd *kfd;
	u32 id;
	u64 fence_context;
	struct virtio_gpu_object *rsp_bo;
	struct iosys_map rsp;
	atomic_t seqno;
	struct drm_mm slots;
	bool lost;
};

/**
 * struct virtgpu_kfd_gpu - a GPU of the host
 * @kfd: device
 * @index: in virtgpu_kfd.gpus
 * @gpu_id: KFD's id
 * @doorbell_size: bytes of a process's doorbell slice, a multiple of the page size
 * @files: text of the node's sysfs files as the host sent them; see virtgpu_kfd_topology.c
 * @render: DRM device of the render node
 * @parent: its parent device, see virtgpu_kfd_sysfs.c
 * @registered: @render is visible to user space
 * @vendor_id: of the PCI device that it is on the host
 * @device_id: of that
 * @unique_id: its serial number, or 0
 * @smi_clients: files that its system management events are read from
 */
struct virtgpu_kfd_gpu {
	struct virtgpu_kfd *kfd;
	u32 index;
	u32 gpu_id;
	u32 doorbell_size;
	struct virtgpu_kfd_topology_files *files;
	struct drm_device *render;
	struct platform_device *parent;
	bool registered;
	u32 vendor_id;
	u32 device_id;
	u64 unique_id;
	/** @smi_lock: spinlock; protects @smi_clients and all that is in them */
	spinlock_t smi_lock;
	struct list_head smi_clients;
};

/**
 * struct virtgpu_kfd - the AMDKFD context support of one virtio-gpu device
 * @ref: see the top of this file
 * @vgdev: device; its DRM device is held until the last reference goes
 * @capset: what the host offers, checked
 * @control: control context
 * @gpus: GPUs, @num_gpus of them; constant after probe
 * @num_gpus: bounded by VIRTGPU_KFD_MAX_GPUS
 * @num_nodes: topology nodes, those of the CPUs included; constant after probe
 * @topology: the tree in sysfs; constant after probe
 * @procs: directories of the processes in sysfs; constant from probe to removal
 * @compat: /sys/module/amdgpu, if it is ours
 * @mapping: address space of all CPU mappings, set by virtgpu_kfd_render_init()
 * @gone: the device was removed: calls give -ENODEV, waits end. Set once, under
 *	@requests_lock
 * @requests: submissions whose fence has not signalled
 * @slots_wait: woken when room for a response comes free
 * @processes: processes by virtio-gpu context id, each with a reference; lookups by mm
 *	walk it. Its own lock suffices for lookups
 * @unproven: ended processes of which the host did not confirm that it let go of their
 *	pages; kept until the device is reset. Protected by @requests_lock
 * @wq: for ending processes and for the stream of events; may sleep for the host
 * @poll: request for fired events, see virtgpu_kfd_events.c
 * @counts: what is alive, shown in debugfs
 * @debugfs: directory
 */
struct virtgpu_kfd {
	struct kref ref;
	struct virtio_gpu_device *vgdev;
	struct virtkfd_capset capset;
	struct virtgpu_kfd_ctx *control;
	struct virtgpu_kfd_gpu *gpus;
	u32 num_gpus;
	u32 num_nodes;
	struct virtgpu_kfd_topology *topology;
	struct kset *procs;
	struct kobject *compat;
	struct address_space *mapping;
	bool gone;
	/**
	 * @requests_lock: spinlock, taken with interrupts off within the fence lock; protects
	 * @requests, every context's slots and @unproven
	 */
	spinlock_t requests_lock;
	struct list_head requests;
	wait_queue_head_t slots_wait;
	/** @processes_lock: mutex; protects the creation of processes */
	struct mutex processes_lock;
	struct xarray processes;
	struct list_head unproven;
	struct workqueue_struct *wq;
	struct virtgpu_kfd_poll *poll;
	struct {
		atomic_t processes;
		atomic_t contexts;
		atomic_t bos;
		atomic_t blobs;
		atomic_t events;
		atomic_t queues;
		atomic_t requests;
		atomic_long_t pinned_pages;
	} counts;
	struct dentry *debugfs;
};

#define VIRTGPU_KFD_MAX_GPUS	64

/**
 * struct virtgpu_kfd_vm - a process's GPU VM on one GPU, made by ACQUIRE_VM
 * @drm_file: the render node file it was acquired with, held; NULL before
 * @pid: thread that acquired it; does not change once @drm_file is set
 * @comm: that thread's name; does not change either
 * @vram: bytes of VRAM that the process has there; read without a lock
 *
 * Changed with virtgpu_kfd_process.lock held.
 */
struct virtgpu_kfd_vm {
	struct file *drm_file;
	pid_t pid;
	char comm[TASK_COMM_LEN];
	atomic64_t vram;
};

/**
 * struct virtgpu_kfd_process - a process that opened /dev/kfd
 * @ref: held by virtgpu_kfd.processes, by files and BOs
 * @kfd: device, held
 * @ctx: its context on the host; NULL once ended
 * @lead_thread: thread group leader, held; only its threads may use the file
 * @mn: tells when the mm goes; mn.mm is for comparison only, NULL with @primary
 * @primary: the mm's process, of which this is a further context, held; else NULL
 * @context_id: which of them
 * @context_ids: of the further contexts of this one
 * @dead: the mm or the device is gone; set once
 * @active: one for the life of the process and one for each ioctl and mmap in progress,
 *	see virtgpu_kfd_process_enter()
 * @end_work: ends what is left once @dead
 * @unproven: in virtgpu_kfd.unproven
 * @vms: by GPU index
 * @bos: BOs by their handle
 * @pinned: BOs without a handle whose pages the host may still use, until
 *	virtgpu_kfd_memory_unpin()
 * @queues: queues by id, each with the bytes of its control stack
 * @runtime: what AMDKFD_IOC_RUNTIME_ENABLE said
 * @procfs: its directory in sysfs, or NULL
 * @events: events by id
 */
struct virtgpu_kfd_process {
	struct kref ref;
	struct virtgpu_kfd *kfd;
	struct virtgpu_kfd_ctx *ctx;
	struct task_struct *lead_thread;
	struct mmu_notifier mn;
	struct virtgpu_kfd_process *primary;
	int context_id;
	struct ida context_ids;
	bool dead;
	refcount_t active;
	struct work_struct end_work;
	struct list_head unproven;
	/**
	 * @lock: mutex; protects @vms, @bos, @queues, @runtime, what is in @procfs and the order
	 * of calls that make and end memory and queues
	 */
	struct mutex lock;
	struct virtgpu_kfd_vm *vms;
	struct xarray bos;
	struct list_head pinned;
	struct xarray queues;
	struct kfd_runtime_info runtime;
	struct virtgpu_kfd_procfs *procfs;
	/** @event_lock: mutex; protects creation and end of events */
	struct mutex event_lock;
	/** @event_state_lock: spinlock; protects @events and all that is in them */
	spinlock_t event_state_lock;
	struct xarray events;
};

/**
 * struct virtgpu_kfd_metadata - what user space wants to know of memory, nobody else does
 * @flags: as given
 * @tiling: as given
 * @size: bytes of @data
 * @data: as given
 */
struct virtgpu_kfd_metadata {
	u64 flags;
	u64 tiling;
	u32 size;
	u32 data[64];
};

/**
 * struct virtgpu_kfd_bo - memory that a process has on the host
 * @base: GEM object of the GPU's render node; its mmap offset is ALLOC's mmap_offset
 * @process: owner, held
 * @handle: KFD handle
 * @blob_id: what the host maps, VIRTKFD_BLOB_ID()
 * @flags: KFD_IOC_ALLOC_MEM_FLAGS_*
 * @va: GPU address
 * @pgoff: page offset in the file at which the object starts, for CPU mappings
 * @mappings: CPU mappings of it
 * @accessible: one of them could be read or written; set once
 * @freed: the handle means nothing to the host any more
 * @origin: the object whose memory it is, if it was imported; kept by @dmabuf
 * @dmabuf: the one dma-buf of the memory, from the first export or the import until the handle
 *	goes; virtgpu_kfd_process.lock
 * @va_mapped: somebody has mapped it with GEM_VA; set once
 * @metadata: what GEM_METADATA has set, or NULL
 * @blob: HOST3D blob, made at the first touch or export
 * @ready: @blob is in the host-visible window; set once, by a release that publishes @pfn and
 *	@cache
 * @pfn: its first page frame there
 * @cache: its VIRTIO_GPU_MAP_CACHE_*
 * @kmap: the kernel's mapping of @blob, which reserves its cache attribute; NULL if uncached
 * @dummy: page of zeros that CPU mappings see after the device was removed
 * @pages: pinned user pages of a USERPTR
 * @num_pages: of @pages
 * @pinned_mm: the mm whose pinned_vm they are accounted to, held by mmgrab()
 * @link: in virtgpu_kfd_process.pinned
 */
struct virtgpu_kfd_bo {
	struct drm_gem_object base;
	struct virtgpu_kfd_process *process;
	u64 handle;
	u64 blob_id;
	u32 flags;
	u64 va;
	unsigned long pgoff;
	atomic_t mappings;
	bool accessible;
	struct virtgpu_kfd_bo *origin;
	struct dma_buf *dmabuf;
	bool va_mapped;
	/**
	 * @lock: mutex; protects @freed, @metadata, the making of @blob and @dummy; taken in
	 * page faults
	 */
	struct mutex lock;
	bool freed;
	struct virtgpu_kfd_metadata *metadata;
	struct virtio_gpu_object *blob;
	bool ready;
	unsigned long pfn;
	u32 cache;
	void *kmap;
	struct page *dummy;
	struct page **pages;
	unsigned long num_pages;
	struct mm_struct *pinned_mm;
	struct list_head link;
};

#define to_virtgpu_kfd_bo(obj)	container_of(obj, struct virtgpu_kfd_bo, base)

/* virtgpu_kfd_drv.c: probe, removal, /dev/kfd, debugfs */
void virtgpu_kfd_probe(struct virtio_gpu_device *vgdev);
void virtgpu_kfd_remove(struct virtio_gpu_device *vgdev);
void virtgpu_kfd_shutdown(struct virtio_gpu_device *vgdev);
void virtgpu_kfd_fini(struct virtio_gpu_device *vgdev);
struct virtgpu_kfd *virtgpu_kfd_get(struct virtgpu_kfd *kfd);
void virtgpu_kfd_put(struct virtgpu_kfd *kfd);

/* virtgpu_kfd_ctx.c: contexts, requests and responses */
struct virtgpu_kfd_ctx *virtgpu_kfd_ctx_create(struct virtgpu_kfd *kfd, u32 role, u32 rsp_size);
void virtgpu_kfd_ctx_destroy(struct virtgpu_kfd_ctx *ctx);
unsigned long virtgpu_kfd_timeout(void);
void virtgpu_kfd_ctx_lose(struct virtgpu_kfd_ctx *ctx);
void virtgpu_kfd_cancel_requests(struct virtgpu_kfd *kfd);
struct virtgpu_kfd_request *virtgpu_kfd_submit(struct virtgpu_kfd_ctx *ctx, u32 ring, void *cmd,
					       u32 cmd_len, u32 rsp_len,
					       struct delayed_work *work);
int virtgpu_kfd_response(struct virtgpu_kfd_request *req, struct virtkfd_rsp *rsp, u32 rsp_len);
void virtgpu_kfd_request_put(struct virtgpu_kfd_request *req);
int virtgpu_kfd_call_buf(struct virtgpu_kfd_ctx *ctx, void *cmd, u32 cmd_len,
			 struct virtkfd_rsp *rsp, u32 rsp_len);
int virtgpu_kfd_call(struct virtgpu_kfd_ctx *ctx, const struct virtkfd_ccmd *cmd, u32 cmd_len,
		     struct virtkfd_rsp *rsp, u32 rsp_len);
#if IS_ENABLED(CONFIG_KUNIT)
int virtgpu_kfd_check_response(struct virtkfd_rsp *rsp, u32 rsp_len, u32 seqno);
#endif

/* virtgpu_kfd_process.c: life of processes */
struct virtgpu_kfd_process *virtgpu_kfd_process_open(struct virtgpu_kfd *kfd);
void virtgpu_kfd_process_release(struct virtgpu_kfd_process *process);
int virtgpu_kfd_create_process(struct virtgpu_kfd_process *process, struct file *file);
void virtgpu_kfd_process_get(struct virtgpu_kfd_process *process);
void virtgpu_kfd_process_put(struct virtgpu_kfd_process *process);
int virtgpu_kfd_process_check_caller(struct virtgpu_kfd_process *process);
int virtgpu_kfd_process_enter(struct virtgpu_kfd_process *process);
void virtgpu_kfd_process_exit(struct virtgpu_kfd_process *process);
struct virtgpu_kfd_process *virtgpu_kfd_process_by_ctx(struct virtgpu_kfd *kfd, u32 ctx_id);
void virtgpu_kfd_processes_wake(struct virtgpu_kfd *kfd);
void virtgpu_kfd_processes_end(struct virtgpu_kfd *kfd);
void virtgpu_kfd_processes_fini(struct virtgpu_kfd *kfd);
struct virtgpu_kfd_gpu *virtgpu_kfd_gpu_by_id(struct virtgpu_kfd *kfd, u32 gpu_id);

/* virtgpu_kfd_ioctl.c: the ioctl table's dispatch and the small ioctls */
long virtgpu_kfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int virtgpu_kfd_forward(struct virtgpu_kfd_process *process, u32 nr, void *args,
			const void *in, u32 in_len);
int virtgpu_kfd_send(struct virtgpu_kfd_process *process, u32 nr, void *args, const void *in,
		     u32 in_len, void *out, u32 out_len);
int virtgpu_kfd_carry(struct virtgpu_kfd_process *process, u32 nr, void *args, u32 cap);

/* virtgpu_kfd_queue.c: queues */
int virtgpu_kfd_create_queue(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_destroy_queue(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_set_cu_mask(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_get_wave_state(struct virtgpu_kfd_process *process, void *args);
void virtgpu_kfd_queues_fini(struct virtgpu_kfd_process *process);

/* virtgpu_kfd_events.c: events, waiting, the stream of fired events */
int virtgpu_kfd_events_start(struct virtgpu_kfd *kfd);
void virtgpu_kfd_events_stop(struct virtgpu_kfd *kfd);
void virtgpu_kfd_events_wake(struct virtgpu_kfd_process *process);
void virtgpu_kfd_events_fini(struct virtgpu_kfd_process *process);
int virtgpu_kfd_create_event(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_destroy_event(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_set_event(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_reset_event(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_wait_events(struct virtgpu_kfd_process *process, void *args);

/* virtgpu_kfd_memory.c: ACQUIRE_VM, allocating and freeing */
int virtgpu_kfd_acquire_vm(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_alloc_memory(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_free_memory(struct virtgpu_kfd_process *process, void *args);
struct virtgpu_kfd_bo *virtgpu_kfd_bo_lookup(struct virtgpu_kfd_process *process, u64 handle);
int virtgpu_kfd_bo_add(struct virtgpu_kfd_bo *bo, bool *gone);
void virtgpu_kfd_memory_init(struct virtgpu_kfd_process *process);
void virtgpu_kfd_memory_fini(struct virtgpu_kfd_process *process);
void virtgpu_kfd_memory_unpin(struct virtgpu_kfd_process *process);

/* virtgpu_kfd_userptr.c: pinned user pages as a list of extents */
bool virtgpu_kfd_extent_grow(u64 *extent, u64 gpa, u32 pages);
int virtgpu_kfd_userptr_pin(struct virtgpu_kfd_bo *bo, u64 addr, u64 size, u64 **extents,
			    u32 *num_extents);
void virtgpu_kfd_userptr_unpin(struct virtgpu_kfd_bo *bo);
#if IS_ENABLED(CONFIG_KUNIT)
unsigned long virtgpu_kfd_pin_limit(unsigned long ram);
u32 virtgpu_kfd_list_extents(struct page **pages, unsigned long num_pages, u64 *out);
#endif

/* Memory is of the first of these kinds that its flags name: VRAM, GTT, USERPTR, others. */
static inline bool virtgpu_kfd_is_userptr(u32 flags)
{
	return !(flags & (KFD_IOC_ALLOC_MEM_FLAGS_VRAM | KFD_IOC_ALLOC_MEM_FLAGS_GTT)) &&
	       flags & KFD_IOC_ALLOC_MEM_FLAGS_USERPTR;
}

/* virtgpu_kfd_mmap.c: CPU mappings of host memory, doorbells and MMIO pages */
struct virtgpu_kfd_bo *virtgpu_kfd_bo_create(struct virtgpu_kfd_process *process,
					     struct drm_device *dev, u64 size);
void virtgpu_kfd_bo_keep(struct virtgpu_kfd_bo *bo);
int virtgpu_kfd_bo_make_blob(struct virtgpu_kfd_bo *bo);
void virtgpu_kfd_bo_drop_blob(struct virtgpu_kfd_bo *bo);
static inline bool virtgpu_kfd_bo_is_memory(const struct virtgpu_kfd_bo *bo)
{
	return VIRTKFD_BLOB_TYPE(bo->blob_id) == VIRTKFD_BLOB_MEMORY;
}

int virtgpu_kfd_mmap(struct virtgpu_kfd_process *process, struct vm_area_struct *vma);

/* virtgpu_kfd_smi.c: system management events */
void virtgpu_kfd_smi_init(struct virtgpu_kfd_gpu *gpu);
void virtgpu_kfd_smi_wake(struct virtgpu_kfd *kfd);
int virtgpu_kfd_smi_events(struct virtgpu_kfd_process *process, void *args);
void virtgpu_kfd_smi_process(struct virtgpu_kfd_process *process, struct virtgpu_kfd_gpu *gpu,
			     bool start);
void virtgpu_kfd_smi_fault(struct virtgpu_kfd_process *process,
			   const struct kfd_hsa_memory_exception_data *data);

/* virtgpu_kfd_procfs.c: KFD's processes in sysfs */
int virtgpu_kfd_procfs_init(struct virtgpu_kfd *kfd, struct device *dev);
void virtgpu_kfd_procfs_fini(struct virtgpu_kfd *kfd);
void virtgpu_kfd_procfs_add(struct virtgpu_kfd_process *process);
void virtgpu_kfd_procfs_remove(struct virtgpu_kfd_process *process);
void virtgpu_kfd_procfs_add_queue(struct virtgpu_kfd_process *process, u32 id, u32 gpu_id,
				  u32 type, u64 size);
void virtgpu_kfd_procfs_del_queue(struct virtgpu_kfd_process *process, u32 id);

/* virtgpu_kfd_sysfs.c: the parents of the render nodes in sysfs */
int virtgpu_kfd_sysfs_add(struct virtgpu_kfd_gpu *gpu);
void virtgpu_kfd_sysfs_remove(struct virtgpu_kfd_gpu *gpu);

/* virtgpu_kfd_dmabuf.c: memory that processes share */
struct virtio_gpu_object_array *virtgpu_kfd_attach(struct virtgpu_kfd_process *process,
						   struct virtgpu_kfd_bo *bo);
void virtgpu_kfd_detach(struct virtgpu_kfd_process *process,
			struct virtio_gpu_object_array *objs);
int virtgpu_kfd_export_dmabuf(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_import_dmabuf(struct virtgpu_kfd_process *process, void *args);
int virtgpu_kfd_get_dmabuf_info(struct virtgpu_kfd_process *process, void *args);

/* virtgpu_kfd_gem.c: amdgpu's ioctls for memory */
void virtgpu_kfd_gem_close(struct drm_gem_object *obj, struct drm_file *file);
int virtgpu_kfd_gem_mmap_ioctl(struct drm_device *dev, void *args, struct drm_file *file);
int virtgpu_kfd_gem_metadata_ioctl(struct drm_device *dev, void *args, struct drm_file *file);
int virtgpu_kfd_gem_op_ioctl(struct drm_device *dev, void *args, struct drm_file *file);
int virtgpu_kfd_gem_va_ioctl(struct drm_device *dev, void *args, struct drm_file *file);

/* virtgpu_kfd_topology.c: KFD's sysfs; its text is in virtgpu_kfd_topology_*.c */
#define VIRTGPU_KFD_TOPOLOGY_MAX	SZ_1M
int virtgpu_kfd_topology_read(struct virtgpu_kfd *kfd);
int virtgpu_kfd_topology_init(struct virtgpu_kfd *kfd, struct device *dev);
void virtgpu_kfd_topology_fini(struct virtgpu_kfd *kfd);

/* virtgpu_kfd_render.c: the render nodes */
int virtgpu_kfd_render_init(struct virtgpu_kfd *kfd);
void virtgpu_kfd_render_fini(struct virtgpu_kfd *kfd);
void virtgpu_kfd_render_release(struct virtgpu_kfd *kfd);
struct virtgpu_kfd_gpu *virtgpu_kfd_render_gpu(struct file *file);
int virtgpu_kfd_render_acquire(struct file *file);
void virtgpu_kfd_render_unacquire(struct file *file);
void virtgpu_kfd_render_bind(struct file *file, struct virtgpu_kfd_process *process);
struct virtgpu_kfd_process *virtgpu_kfd_render_process(struct drm_file *file);

/* virtgpu_kfd_compat.c: /sys/module/amdgpu */
void virtgpu_kfd_compat_init(struct virtgpu_kfd *kfd);
void virtgpu_kfd_compat_fini(struct virtgpu_kfd *kfd);

#else

static inline void virtgpu_kfd_probe(struct virtio_gpu_device *vgdev)
{
}

static inline void virtgpu_kfd_remove(struct virtio_gpu_device *vgdev)
{
}

static inline void virtgpu_kfd_shutdown(struct virtio_gpu_device *vgdev)
{
}

static inline void virtgpu_kfd_fini(struct virtio_gpu_device *vgdev)
{
}

#endif /* CONFIG_DRM_VIRTIO_GPU_KFD */

#endif /* VIRTGPU_KFD_H */
