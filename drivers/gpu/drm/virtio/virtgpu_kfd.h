/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * AMDKFD native context of virtio-gpu: what the driver's virtgpu_kfd_*.c files share.
 *
 * What lives here: the objects, their locks and the prototypes by file. What does not:
 * the wire protocol (uapi/linux/virtio_gpu_amdkfd.h), virtio-gpu itself (virtgpu_drv.h).
 *
 * Objects and who keeps whom alive:
 *
 *   virtgpu_kfd          one per virtio-gpu device that offers the capset; kept by the device,
 *                        by every process and by every open render node
 *   virtgpu_kfd_ctx      a virtio-gpu context with its response blob; the control context
 *                        is kept by virtgpu_kfd, a process context by its process
 *   virtgpu_kfd_gpu      a GPU: topology node and render node; as long as virtgpu_kfd
 *   virtgpu_kfd_process  one per mm that opened /dev/kfd; kept by its files, and by its BOs
 *   virtgpu_kfd_bo       memory of a process on the host, a GEM object of the GPU's render
 *                        node; kept by the process's table and by its mappings
 *
 * Locks, outermost first; each is described beside what it protects:
 *   virtgpu_kfd.processes_lock, virtgpu_kfd_process.lock, virtgpu_kfd_process.event_lock,
 *   virtgpu_kfd_bo.lock, virtgpu_kfd_event.lock (wait queue), virtgpu_kfd_ctx.slots_lock
 * A call to the host (virtgpu_kfd_call()) sleeps; it may be made with the mutexes held and
 * needs none of them.
 */
#ifndef VIRTGPU_KFD_H
#define VIRTGPU_KFD_H

#include <linux/completion.h>
#include <linux/idr.h>
#include <linux/kfd_ioctl.h>
#include <linux/kref.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <uapi/linux/virtio_gpu_amdkfd.h>

#include "virtgpu_drv.h"

#if IS_ENABLED(CONFIG_DRM_VIRTIO_GPU_KFD)

struct virtgpu_kfd;
struct virtgpu_kfd_bo;
struct faux_device;

/**
 * struct virtgpu_kfd_ctx - a virtio-gpu context of the AMDKFD capset
 * @kfd: device
 * @id: virtio-gpu context id
 * @rsp_bo: response blob, guest memory
 * @rsp: its kernel mapping
 * @rsp_size: its bytes
 * @seqno: of the next command
 * @slots_lock: spinlock; protects @slots and each request's place in it
 * @slots: requests whose response area the host may still write
 * @slots_wait: woken when response room comes free
 * @lost: the host did not answer in time or answered garbage; every further call gives -EIO
 */
struct virtgpu_kfd_ctx {
	struct virtgpu_kfd *kfd;
	u32 id;
	struct virtio_gpu_object *rsp_bo;
	void *rsp;
	u32 rsp_size;
	atomic_t seqno;
	spinlock_t slots_lock;
	struct drm_mm slots;
	wait_queue_head_t slots_wait;
	bool lost;
};

/**
 * struct virtgpu_kfd_gpu - a GPU of the host
 * @kfd: device
 * @index: in virtgpu_kfd.gpus
 * @gpu_id: KFD's id
 * @doorbell_size: bytes of a process's doorbell slice
 * @files: text of the node's sysfs files as the host sent them; see virtgpu_kfd_topology.c
 * @render: DRM device of the render node
 * @faux: its parent device
 */
struct virtgpu_kfd_gpu {
	struct virtgpu_kfd *kfd;
	u32 index;
	u32 gpu_id;
	u32 doorbell_size;
	struct virtgpu_kfd_topology_files *files;
	struct drm_device *render;
	struct faux_device *faux;
};

/**
 * struct virtgpu_kfd - the AMDKFD context support of one virtio-gpu device
 * @ref: see the top of this file
 * @vgdev: device; its DRM device is held until the last reference goes
 * @capset: what the host offers, checked
 * @control: control context
 * @gpus: GPUs, @num_gpus of them; constant after probe
 * @num_gpus: bounded by VIRTGPU_KFD_MAX_GPUS
 * @gone: the device was removed: calls give -ENODEV, waits end
 * @processes_lock: mutex; protects @processes, and a process's creation and end
 * @processes: processes by virtio-gpu context id; lookups by mm walk it
 * @wq: for ending processes and for the stream of events; may sleep for the host
 * @poll: request for fired events, see virtgpu_kfd_events.c
 * @counts: what is alive, shown in debugfs
 */
struct virtgpu_kfd {
	struct kref ref;
	struct virtio_gpu_device *vgdev;
	struct virtkfd_capset capset;
	struct virtgpu_kfd_ctx *control;
	struct virtgpu_kfd_gpu *gpus;
	u32 num_gpus;
	bool gone;
	struct mutex processes_lock;
	struct xarray processes;
	struct workqueue_struct *wq;
	struct virtgpu_kfd_poll *poll;
	struct {
		atomic_t processes;
		atomic_t contexts;
		atomic_t bos;
		atomic_t blobs;
		atomic_t events;
		atomic_t requests;
		atomic_long_t pinned_pages;
	} counts;
	struct dentry *debugfs;
};

#define VIRTGPU_KFD_MAX_GPUS	64

/**
 * struct virtgpu_kfd_vm - a process's GPU VM on one GPU, made by ACQUIRE_VM
 * @drm_file: the render node file it was acquired with, held; NULL before
 *
 * Protected by virtgpu_kfd_process.lock.
 */
struct virtgpu_kfd_vm {
	struct file *drm_file;
};

/**
 * struct virtgpu_kfd_process - a process that opened /dev/kfd
 * @ref: held by files and BOs
 * @kfd: device, held
 * @ctx: its context on the host
 * @mm: address space, for comparison only; NULL once it is gone
 * @lead_thread: thread group leader, held; only its threads may use the file
 * @mn: tells when the mm goes
 * @release_work: ends what is left once the mm or the last file is gone
 * @lock: mutex; protects @vms, @bos and the order of calls that make and end memory
 * @vms: by GPU index
 * @bos: BOs by the lower 32 bits of their handle; the xarray's own lock suffices for look-ups
 * @event_lock: mutex; protects @events, creation and end of events, and @event_page
 * @events: events by id
 * @num_events: in @events
 * @event_page: handle of the signal page's BO, 0 for none
 */
struct virtgpu_kfd_process {
	struct kref ref;
	struct virtgpu_kfd *kfd;
	struct virtgpu_kfd_ctx *ctx;
	struct mm_struct *mm;
	struct task_struct *lead_thread;
	struct mmu_notifier mn;
	struct work_struct release_work;
	struct mutex lock;
	struct virtgpu_kfd_vm *vms;
	struct xarray bos;
	struct mutex event_lock;
	struct xarray events;
	u32 num_events;
	u64 event_page;
};

/**
 * struct virtgpu_kfd_bo - memory that a process has on the host
 * @base: GEM object of the GPU's render node; its mmap offset is ALLOC's mmap_offset
 * @process: owner; NULL once the handle is freed and only mappings keep the BO
 * @gpu: GPU it was allocated for
 * @handle: KFD handle
 * @flags: KFD_IOC_ALLOC_MEM_FLAGS_*
 * @va: GPU address
 * @lock: mutex; protects @blob
 * @blob: HOST3D blob behind CPU mappings, made at the first touch
 * @pages: pinned user pages of a USERPTR
 * @num_pages: of @pages
 * @pinned_mm: the mm whose pinned_vm they are accounted to, held by mmgrab()
 */
struct virtgpu_kfd_bo {
	struct drm_gem_object base;
	struct virtgpu_kfd_ctx *ctx;
	struct virtgpu_kfd_process *process;
	struct virtgpu_kfd_gpu *gpu;
	u64 handle;
	u32 flags;
	u64 va;
	struct mutex lock;
	struct virtio_gpu_object *blob;
	struct page **pages;
	unsigned long num_pages;
	struct mm_struct *pinned_mm;
};

/* virtgpu_kfd_drv.c: probe, removal, /dev/kfd, module-wide state, debugfs */
int virtgpu_kfd_probe(struct virtio_gpu_device *vgdev);
void virtgpu_kfd_remove(struct virtio_gpu_device *vgdev);
struct virtgpu_kfd *virtgpu_kfd_get(struct virtgpu_kfd *kfd);
void virtgpu_kfd_put(struct virtgpu_kfd *kfd);

/* virtgpu_kfd_ctx.c: contexts, requests and responses */
struct virtgpu_kfd_ctx *virtgpu_kfd_ctx_create(struct virtgpu_kfd *kfd, u32 role, u32 rsp_size);
void virtgpu_kfd_ctx_destroy(struct virtgpu_kfd_ctx *ctx);
int virtgpu_kfd_call(struct virtgpu_kfd_ctx *ctx, struct virtkfd_ccmd *cmd, u32 cmd_len,
		     struct virtkfd_rsp *rsp, u32 rsp_len);

/* virtgpu_kfd_process.c: life of processes */
struct virtgpu_kfd_process *virtgpu_kfd_process_open(struct virtgpu_kfd *kfd);
void virtgpu_kfd_process_put(struct virtgpu_kfd_process *process);
struct virtgpu_kfd_gpu *virtgpu_kfd_gpu_by_id(struct virtgpu_kfd *kfd, u32 gpu_id);

/* virtgpu_kfd_ioctl.c: the ioctl table's dispatch and the small ioctls */
long virtgpu_kfd_ioctl(struct file *file, unsigned int cmd, unsigned long arg);
int virtgpu_kfd_forward(struct virtgpu_kfd_process *process, u32 nr, void *args,
			const void *in, u32 in_len);

/* virtgpu_kfd_events.c: events, waiting, the stream of fired events */
int virtgpu_kfd_events_start(struct virtgpu_kfd *kfd);
void virtgpu_kfd_events_stop(struct virtgpu_kfd *kfd);
void virtgpu_kfd_events_init(struct virtgpu_kfd_process *process);
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
void virtgpu_kfd_memory_fini(struct virtgpu_kfd_process *process);

/* virtgpu_kfd_userptr.c: pinned user pages as a list of extents */
int virtgpu_kfd_userptr_pin(struct virtgpu_kfd_bo *bo, u64 addr, u64 size, u64 **extents,
			    u32 *num_extents);
void virtgpu_kfd_userptr_unpin(struct virtgpu_kfd_bo *bo);

/* virtgpu_kfd_mmap.c: CPU mappings of host memory, doorbells and MMIO pages */
int virtgpu_kfd_mmap(struct file *file, struct vm_area_struct *vma);
int virtgpu_kfd_bo_mmap(struct drm_gem_object *obj, struct vm_area_struct *vma);
void virtgpu_kfd_bo_free(struct drm_gem_object *obj);

/* virtgpu_kfd_topology.c: KFD's sysfs; virtgpu_kfd_topology_cpu.c: its CPU nodes */
int virtgpu_kfd_topology_init(struct virtgpu_kfd *kfd, struct device *dev);
void virtgpu_kfd_topology_fini(struct virtgpu_kfd *kfd);

/* virtgpu_kfd_render.c: the render nodes */
int virtgpu_kfd_render_init(struct virtgpu_kfd *kfd);
void virtgpu_kfd_render_fini(struct virtgpu_kfd *kfd);
struct virtgpu_kfd_gpu *virtgpu_kfd_render_gpu(struct file *file);

/* virtgpu_kfd_compat.c: /sys/module/amdgpu */
void virtgpu_kfd_compat_init(void);
void virtgpu_kfd_compat_fini(void);

#else

static inline int virtgpu_kfd_probe(struct virtio_gpu_device *vgdev)
{
	return 0;
}

static inline void virtgpu_kfd_remove(struct virtio_gpu_device *vgdev)
{
}

#endif /* CONFIG_DRM_VIRTIO_GPU_KFD */

#endif /* VIRTGPU_KFD_H */
