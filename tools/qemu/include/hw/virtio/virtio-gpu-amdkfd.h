/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-gpu device with AMDKFD contexts.
 *
 * What lives here: the device's state and what its files call of each other.
 * What does not: KFD itself, which is libvirtkfd's (virtkfd.h).
 *
 * Everything is protected by the big lock, but for what says otherwise.
 */
#ifndef HW_VIRTIO_GPU_AMDKFD_H
#define HW_VIRTIO_GPU_AMDKFD_H

#include "qemu/interval-tree.h"
#include "qemu/thread.h"
#include "hw/virtio/virtio-gpu.h"
#include "qom/object.h"

#include <virtkfd.h>

#define TYPE_VIRTIO_GPU_AMDKFD "virtio-gpu-amdkfd-device"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOGPUAmdkfd, VIRTIO_GPU_AMDKFD)

#define TYPE_VIRTIO_GPU_AMDKFD_DOORBELL "virtio-gpu-amdkfd-doorbell"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOGPUAmdkfdDoorbell, VIRTIO_GPU_AMDKFD_DOORBELL)

/**
 * struct amdkfd_resource - a resource of this device
 * @base: must be first
 * @blob: host object of a HOST3D blob
 * @range: where in the window @blob is mapped, in VirtIOGPUAmdkfd.mapped
 *         while @mapped
 * @mapped: @blob is in the window
 * @doorbell: what traps the stores, of a mapped blob that is trapped
 *
 * Resources without a blob are plain struct virtio_gpu_simple_resource of
 * QEMU's own.
 */
struct amdkfd_resource {
	struct virtio_gpu_simple_resource base;
	struct virtkfd_blob *blob;
	IntervalTreeNode range;
	bool mapped;
	VirtIOGPUAmdkfdDoorbell *doorbell;
};

/* Guest memory that a context may write, or a blob that it may name. */
struct amdkfd_attachment {
	uint32_t ctx_id;
	uint32_t res_id;
	struct virtio_gpu_simple_resource *res;
	QTAILQ_ENTRY(amdkfd_attachment) next;
};

/**
 * struct amdkfd_traffic - what came from the guest since the device was made
 * @notifications: times that it was looked for commands
 * @requests: commands that the control queue had
 * @doorbells: stores to doorbells that trap
 */
struct amdkfd_traffic {
	uint64_t notifications;
	uint64_t requests;
	uint64_t doorbells;
};

/* A fence that is done, reported by any thread. */
struct amdkfd_fence {
	uint32_t ctx_id;
	uint32_t ring;
	uint64_t fence_id;
	QSIMPLEQ_ENTRY(amdkfd_fence) next;
};

/* Test switch: what is done to answers, see virtio-gpu-amdkfd-fault.c. */
enum amdkfd_fault {
	AMDKFD_FAULT_NONE,
	AMDKFD_FAULT_TRUNCATE,
	AMDKFD_FAULT_OVERSIZE,
	AMDKFD_FAULT_GARBAGE,
	AMDKFD_FAULT_LATE,
	AMDKFD_FAULT_DROP,
};

struct VirtIOGPUAmdkfd {
	VirtIOGPU parent_obj;

	char *backend;
	char *soft_gpu;
	struct virtkfd_limits limits;

	struct virtkfd_vm *vm;
	struct virtkfd_capset capset;
	struct amdkfd_traffic traffic;
	QTAILQ_HEAD(, amdkfd_attachment) attachments;
	/* Resource id -> struct amdkfd_resource, where it is one. */
	GHashTable *blobs;

	/* The window: a region that is always there, blobs are mapped over it. */
	MemoryRegion window;
	void *window_mem;
	int filler_fd;
	uint64_t filler_size;
	IntervalTreeRoot mapped;

	/* Any thread; fence_lock. */
	QemuMutex fence_lock;
	QSIMPLEQ_HEAD(, amdkfd_fence) fences_done;
	QEMUBH *fence_bh;

	struct {
		char *name;
		enum amdkfd_fault kind;
		uint32_t skip;
		uint32_t every;
		uint32_t delay_ms;
		uint32_t count;
		GHashTable *rsp_res;
		QTAILQ_HEAD(, amdkfd_late_fence) late;
	} fault;
};

/* virtio-gpu-amdkfd.c */
void amdkfd_refuse(struct virtio_gpu_ctrl_command *cmd, int ret,
		   const char *what);
void amdkfd_ask_fence(VirtIOGPUAmdkfd *s, uint32_t ctx_id, uint32_t ring,
		      uint64_t fence_id);

/* virtio-gpu-amdkfd-resource.c */
struct amdkfd_attachment *amdkfd_find_attachment(VirtIOGPUAmdkfd *s,
						 uint32_t ctx_id,
						 uint32_t res_id);
void amdkfd_drop_attachments(VirtIOGPUAmdkfd *s, uint32_t ctx_id,
			     uint32_t res_id);
void amdkfd_cmd_ctx_attach(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd);
void amdkfd_cmd_ctx_detach(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd);
void amdkfd_cmd_create_blob(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd);
void amdkfd_cmd_map_blob(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd);
void amdkfd_cmd_unmap_blob(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd);
void amdkfd_cmd_unref(VirtIOGPU *g, struct virtio_gpu_ctrl_command *cmd);
void amdkfd_resource_destroy(VirtIOGPU *g,
			     struct virtio_gpu_simple_resource *base,
			     Error **errp);

/* virtio-gpu-amdkfd-window.c */
bool amdkfd_window_init(VirtIOGPUAmdkfd *s, Error **errp);
void amdkfd_window_reset(VirtIOGPUAmdkfd *s);
void amdkfd_window_remove(VirtIOGPUAmdkfd *s);
void amdkfd_window_free(VirtIOGPUAmdkfd *s);
int amdkfd_window_map(VirtIOGPUAmdkfd *s, struct amdkfd_resource *res,
		      uint64_t offset, uint32_t *map_info);
void amdkfd_window_unmap(VirtIOGPUAmdkfd *s, struct amdkfd_resource *res);
int amdkfd_map_guest(void *opaque, uint64_t gpa, uint64_t *len,
		     struct virtkfd_guest_range *range);
void amdkfd_unmap_guest(void *opaque, struct virtkfd_guest_range *range);

/* virtio-gpu-amdkfd-fault.c */
bool amdkfd_fault_init(VirtIOGPUAmdkfd *s, Error **errp);
void amdkfd_fault_reset(VirtIOGPUAmdkfd *s);
void amdkfd_fault_fini(VirtIOGPUAmdkfd *s);
bool amdkfd_fault_submitted(VirtIOGPUAmdkfd *s,
			    const struct virtio_gpu_ctrl_hdr *hdr,
			    const void *cmds, size_t len);

/* virtio-gpu-amdkfd-stats.c */
void amdkfd_stats_class_init(ObjectClass *klass);

#endif /* HW_VIRTIO_GPU_AMDKFD_H */
