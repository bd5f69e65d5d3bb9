/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * libvirtkfd: the host half of the virtio-gpu AMDKFD native context, for any VMM.
 *
 * What lives here: all that a VMM calls and is called with. What does not: the wire
 * protocol (<linux/virtio_gpu_amdkfd.h>), which a VMM passes on without looking at it;
 * the backends (backend.h), which a VMM picks by name only.
 *
 * Life: virtkfd_vm_create() -> contexts, resources, blobs, submissions ->
 * virtkfd_vm_destroy(), which ends whatever is left. There is no global state.
 *
 * Threads: the calls on one VM are made by one thread at a time (QEMU's big lock), with
 * the exception of virtkfd_doorbell_write(). The callbacks' contexts are stated with each.
 * Unless said otherwise a call returns 0 or a negative errno, and on an error nothing has
 * changed.
 */
#ifndef VIRTKFD_H
#define VIRTKFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <linux/virtio_gpu_amdkfd.h>

struct virtkfd_vm;
struct virtkfd_blob;

/* Severity of a log line: refused guest input is a warning, a broken host an error. */
enum virtkfd_log_level {
	VIRTKFD_LOG_ERROR,
	VIRTKFD_LOG_WARNING,
	VIRTKFD_LOG_INFO,
	VIRTKFD_LOG_DEBUG,
};

/**
 * struct virtkfd_guest_range - a run of guest memory as the host sees it
 * @ptr: host address of the first byte
 * @len: bytes
 * @fd: file behind it (a memfd), or -1; for udmabuf
 * @fd_offset: offset of the first byte in @fd
 * @cookie: the VMM's own, for @unmap_guest
 */
struct virtkfd_guest_range {
	void *ptr;
	uint64_t len;
	int fd;
	uint64_t fd_offset;
	void *cookie;
};

/**
 * struct virtkfd_vmm_ops - what the library asks of the VMM
 * @map_guest: make guest memory [gpa, gpa + *len) accessible, all RAM and writable, until
 *	@unmap_guest; may shorten *len to what is one run on the host. Called from within
 *	a call of the VMM. Returns 0 or -EFAULT
 * @unmap_guest: the counterpart; called from within a call of the VMM
 * @fence: all that was submitted to (ctx_id, ring) before virtkfd_fence(fence_id) is
 *	done. Called from any thread, possibly within virtkfd_fence(); must not call back
 * @log: one line without a newline; any thread
 */
struct virtkfd_vmm_ops {
	int (*map_guest)(void *opaque, uint64_t gpa, uint64_t *len,
			 struct virtkfd_guest_range *range);
	void (*unmap_guest)(void *opaque, struct virtkfd_guest_range *range);
	void (*fence)(void *opaque, uint32_t ctx_id, uint32_t ring, uint64_t fence_id);
	void (*log)(void *opaque, enum virtkfd_log_level level, const char *line);
};

/**
 * struct virtkfd_limits - what one VM may have at a time; 0 is the default
 * @contexts: guest processes, control context included
 * @vram: bytes of VRAM and GTT together
 * @pinned: bytes of guest pages given to the GPU
 * @queues: queues of all contexts
 * @events: events of one context
 * @blobs: blob objects of all contexts
 */
struct virtkfd_limits {
	uint32_t contexts;
	uint32_t queues;
	uint32_t events;
	uint32_t blobs;
	uint64_t vram;
	uint64_t pinned;
};

/**
 * struct virtkfd_vm_params - how to make a VM's instance
 * @backend: "kfd" (the host's /dev/kfd), "soft" (the software GPU) or "auto": kfd where
 *	it works, else soft
 * @soft_gpu: what the software GPU is: "gfx942", also if it is NULL, or "gfx906"
 * @limits: quotas
 * @ops: callbacks
 * @opaque: for the callbacks
 */
struct virtkfd_vm_params {
	const char *backend;
	const char *soft_gpu;
	struct virtkfd_limits limits;
	const struct virtkfd_vmm_ops *ops;
	void *opaque;
};

/**
 * struct virtkfd_stats - what is alive in a VM, all zero when its guest has let go of everything
 * @contexts: contexts, the control context included
 * @resources: resources attached to contexts
 * @memory: memory objects
 * @memory_bytes: their size
 * @pinned_bytes: guest memory mapped for the GPU
 * @blobs: blobs created
 * @mappings: blobs mapped
 * @queues: queues
 * @events: events
 * @commands: commands executed since the VM was created
 */
struct virtkfd_stats {
	uint64_t contexts;
	uint64_t resources;
	uint64_t memory;
	uint64_t memory_bytes;
	uint64_t pinned_bytes;
	uint64_t blobs;
	uint64_t mappings;
	uint64_t queues;
	uint64_t events;
	uint64_t commands;
};

/**
 * virtkfd_vm_create() - make a VM's instance
 * @params: not kept, but for @params->ops and what @params->opaque points to
 * @vm: the result
 *
 * Return: 0; -ENODEV if the backend asked for does not work on this host (a log line says
 * why), -EINVAL for an unknown backend or software GPU, -ENOMEM.
 */
int virtkfd_vm_create(const struct virtkfd_vm_params *params, struct virtkfd_vm **vm);

/* Ends all contexts and blobs, then the instance. @vm may be NULL. */
void virtkfd_vm_destroy(struct virtkfd_vm *vm);

/* The guest was reset: ends all contexts and blobs, keeps the instance. */
void virtkfd_vm_reset(struct virtkfd_vm *vm);

void virtkfd_vm_capset(struct virtkfd_vm *vm, struct virtkfd_capset *capset);
void virtkfd_vm_stats(struct virtkfd_vm *vm, struct virtkfd_stats *stats);

/**
 * virtkfd_ctx_create() - a virtio-gpu context of the AMDKFD capset
 * @vm: VM
 * @ctx_id: the guest's id, not zero
 *
 * Return: 0, -EEXIST, -EINVAL, -ENOSPC past the limit, -ENOMEM.
 */
int virtkfd_ctx_create(struct virtkfd_vm *vm, uint32_t ctx_id);

/**
 * virtkfd_ctx_destroy() - end a context
 * @vm: VM
 * @ctx_id: context
 *
 * Everything the context has on the host ends, blobs of it that are still mapped
 * excepted: their memory lives until virtkfd_blob_destroy(). Fences that are pending on
 * it are reported before the call returns.
 *
 * Return: 0 or -ENOENT.
 */
int virtkfd_ctx_destroy(struct virtkfd_vm *vm, uint32_t ctx_id);

/**
 * virtkfd_resource_attach() - let a context write a guest memory resource
 * @vm: VM
 * @ctx_id: context
 * @res_id: the guest's resource id
 * @iov: the resource's memory; must stay valid until detached, is copied itself
 * @iov_cnt: elements
 *
 * Return: 0, -ENOENT without such a context, -EEXIST, -ENOSPC past a limit, -ENOMEM.
 */
int virtkfd_resource_attach(struct virtkfd_vm *vm, uint32_t ctx_id, uint32_t res_id,
			    const struct iovec *iov, unsigned int iov_cnt);

/**
 * virtkfd_resource_attach_blob() - let a context name the blob of another one, or its own
 * @vm: VM
 * @ctx_id: context
 * @res_id: the guest's resource id
 * @blob: blob, which virtkfd_blob_destroy() detaches
 *
 * Return: 0, -ENOENT without such a context, -EEXIST, -ENOSPC past a limit, -ENOMEM.
 */
int virtkfd_resource_attach_blob(struct virtkfd_vm *vm, uint32_t ctx_id, uint32_t res_id,
				 struct virtkfd_blob *blob);

/* -ENOENT if it was not attached. The library does not touch the memory afterwards. */
int virtkfd_resource_detach(struct virtkfd_vm *vm, uint32_t ctx_id, uint32_t res_id);

/**
 * virtkfd_submit() - execute commands (payload of SUBMIT_3D)
 * @vm: VM
 * @ctx_id: context
 * @cmds: copy of the payload that the guest cannot change any more, 8-byte aligned
 * @len: bytes
 *
 * Return: 0 if the submission was well-formed, whatever its commands gave; -ENOENT
 * without such a context, -EINVAL or -E2BIG for a malformed one.
 */
int virtkfd_submit(struct virtkfd_vm *vm, uint32_t ctx_id, const void *cmds, size_t len);

/**
 * virtkfd_fence() - ask for @virtkfd_vmm_ops.fence
 * @vm: VM
 * @ctx_id: context
 * @ring: VIRTKFD_RING_*
 * @fence_id: comes back in the callback
 *
 * Return: 0, -ENOENT without such a context, -EINVAL for an unknown ring, -ENOSPC if too many
 * wait, -ENOMEM. No fence is reported after an error.
 */
int virtkfd_fence(struct virtkfd_vm *vm, uint32_t ctx_id, uint32_t ring, uint64_t fence_id);

/**
 * virtkfd_blob_create() - RESOURCE_CREATE_BLOB with VIRTIO_GPU_BLOB_MEM_HOST3D
 * @vm: VM
 * @ctx_id: context
 * @blob_id: VIRTKFD_BLOB_ID() of one of the context's objects
 * @size: bytes, must be what the object has
 * @blob: the result; keeps the object's memory alive
 *
 * Return: 0, -ENOENT without such a context or object, -EINVAL for a size that does not
 * fit, -ENOSPC past the limit, -ENOMEM.
 */
int virtkfd_blob_create(struct virtkfd_vm *vm, uint32_t ctx_id, uint64_t blob_id,
			uint64_t size, struct virtkfd_blob **blob);

/* Is it a doorbell page whose stores the VMM has to trap (and not to map)? */
bool virtkfd_blob_trapped(const struct virtkfd_blob *blob);

/**
 * virtkfd_blob_map() - map a blob over memory of the VMM
 * @blob: blob that is not trapped
 * @addr: where, page-aligned; [addr, addr + size) is replaced (MAP_FIXED)
 * @map_info: VIRTIO_GPU_MAP_CACHE_* for the guest
 *
 * To unmap, the VMM puts memory of its own there and calls virtkfd_blob_unmapped().
 *
 * Return: 0, -EBUSY if it is mapped, -EINVAL for a trapped one, the errno of mmap.
 */
int virtkfd_blob_map(struct virtkfd_blob *blob, void *addr, uint32_t *map_info);
void virtkfd_blob_unmapped(struct virtkfd_blob *blob);

/* The blob must not be mapped. It is detached from all contexts. */
void virtkfd_blob_destroy(struct virtkfd_blob *blob);

/**
 * virtkfd_doorbell_write() - the guest stored to a trapped doorbell page
 * @blob: trapped blob
 * @offset: bytes into it
 * @value: what was stored
 * @size: 4 or 8 bytes
 *
 * May be called from any thread, not at the same time as virtkfd_blob_destroy().
 */
void virtkfd_doorbell_write(struct virtkfd_blob *blob, uint64_t offset, uint64_t value,
			    unsigned int size);

#endif /* VIRTKFD_H */
