/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR MIT) */
/*
 * virtio-gpu AMDKFD native context: the wire protocol between the guest's
 * virtio-gpu driver and the host (libvirtkfd).
 *
 * What lives here: the capset, the commands carried in SUBMIT_3D, their
 * responses, blob ids and the encoding of guest pages. What does not: the tables
 * of KFD ioctls and struct sizes, virtio_gpu_amdkfd_tables.h; the KFD argument
 * structs, <linux/kfd_ioctl.h>; virtio-gpu's own commands, <linux/virtio_gpu.h>.
 */
#ifndef _UAPI_LINUX_VIRTIO_GPU_AMDKFD_H
#define _UAPI_LINUX_VIRTIO_GPU_AMDKFD_H

#include <linux/types.h>

/**
 * DOC: General protocol notes
 *
 * The protocol adds no virtio-gpu command. The device offers a capset of its own
 * (%VIRTKFD_CAPSET_ID); a context is created with that capset by the guest's
 * kernel (%VIRTKFD_CONTEXT_INIT) and its commands travel in SUBMIT_3D, one or more
 * a submission, each starting with a &struct virtkfd_ccmd at a multiple of 8 bytes.
 *
 * There are two kinds of context (&struct virtkfd_ccmd_init):
 *
 * - one *control* context of the guest kernel, for what belongs to no process:
 *   topology, render node queries and the stream of fired events;
 * - one *process* context for each guest process that opened /dev/kfd, and for
 *   each further context that it makes (AMDKFD_IOC_CREATE_PROCESS). It is backed
 *   by a KFD context of its own on the host.
 *
 * Responses are written into a response blob: guest memory
 * (VIRTIO_GPU_BLOB_MEM_GUEST), attached to the context and named in its first
 * command. A command without a response has rsp_len 0. The host executes a
 * command of ring 0 before it completes the submission, so the response is
 * valid when the submission's fence has signalled. %VIRTKFD_CCMD_EVENT_POLL is
 * the one command that waits; it completes through the fence of
 * %VIRTKFD_RING_EVENTS and blocks neither the host's command queue nor ring 0.
 *
 * Evolution needs no version bump: the host zero-extends a request that is
 * shorter than it knows and truncates a response to rsp_len; both sides ignore
 * what lies beyond the length they know. A capset field of zero means the
 * behaviour from before the field existed. Fields called pad are zero; the
 * receiver refuses anything else (-EINVAL), so they can be given a meaning.
 *
 * All fields are little-endian; the guest driver exists on little-endian
 * machines only, as VIRTIO_GPU_F_VIRGL does. There are handles and guest
 * physical addresses on the wire, never pointers or file descriptors of the
 * host, enums or bools. Errors are negative errno values with the numbers of
 * <asm-generic/errno.h>.
 *
 * A submission that is malformed as a whole (length, alignment, unknown context)
 * fails with a VIRTIO_GPU_RESP_ERR_* of virtio-gpu; everything else fails with
 * the errno in &struct virtkfd_rsp.
 */

/* Provisional, until virtio-spec assigns a number. Below 31, see virtgpu_kms.c. */
#define VIRTKFD_CAPSET_ID		16
#define VIRTKFD_CAPSET_VERSION		1

/*
 * context_init of CTX_CREATE for this capset: the capset id, and a bit that user space has
 * no way to set, whatever the version of the guest's driver. Commands name guest pages by
 * their physical addresses, so the host refuses a context that is not the kernel's own
 * (VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER).
 */
#define VIRTKFD_CONTEXT_INIT_KERNEL	0x100
#define VIRTKFD_CONTEXT_INIT		(VIRTKFD_CAPSET_ID | VIRTKFD_CONTEXT_INIT_KERNEL)

/* The context's command queue, and the control context's stream of events. */
#define VIRTKFD_RING_CMD		0
#define VIRTKFD_RING_EVENTS		1

/* Guest pages are always counted in units of 4 KiB. */
#define VIRTKFD_PAGE_SHIFT		12
#define VIRTKFD_PAGE_SIZE		4096

/* Features offered in the capset. */
/* Guest pages can be given to the GPU: KFD_IOC_ALLOC_MEM_FLAGS_USERPTR works. */
#define VIRTKFD_F_USERPTR		0x1
/* Doorbell stores are trapped by the VMM; without it doorbells are real pages. */
#define VIRTKFD_F_TRAPPED_DOORBELL	0x2
/* Queues can be created. */
#define VIRTKFD_F_QUEUES		0x4

/**
 * struct virtkfd_capset - payload of GET_CAPSET for %VIRTKFD_CAPSET_ID
 * @version: %VIRTKFD_CAPSET_VERSION
 * @features: VIRTKFD_F_*
 * @kfd_major: major version that AMDKFD_IOC_GET_VERSION reports
 * @kfd_minor: minor version that AMDKFD_IOC_GET_VERSION reports
 * @num_gpus: number of GPUs, the bound of &virtkfd_ccmd_topology.index
 * @max_contexts: most contexts that can exist at one time, control context included
 * @max_submit: most bytes of one SUBMIT_3D
 * @max_events: most events of one process context
 * @backend: what serves the commands, for the log only; NUL-terminated
 */
struct virtkfd_capset {
	__u32 version;
	__u32 features;
	__u32 kfd_major;
	__u32 kfd_minor;
	__u32 num_gpus;
	__u32 max_contexts;
	__u32 max_submit;
	__u32 max_events;
	__u8  backend[16];
};

/* Values of &virtkfd_ccmd.cmd. */
#define VIRTKFD_CCMD_NOP		0
#define VIRTKFD_CCMD_INIT		1
#define VIRTKFD_CCMD_TOPOLOGY		2
#define VIRTKFD_CCMD_RENDER_INFO	3
#define VIRTKFD_CCMD_IOCTL		4
#define VIRTKFD_CCMD_EVENT_POLL		5
#define VIRTKFD_CCMD_RENDER_VA		6

/**
 * struct virtkfd_ccmd - header of every command
 * @cmd: VIRTKFD_CCMD_*; an unknown one is answered with -ENOTTY
 * @len: bytes of the whole command with this header, a multiple of 8
 * @seqno: chosen by the guest, comes back in the response
 * @rsp_off: where the response goes, bytes into the response blob, a multiple of 8
 * @rsp_len: most bytes the host may write there; 0 for no response
 * @pad: zero
 */
struct virtkfd_ccmd {
	__u32 cmd;
	__u32 len;
	__u32 seqno;
	__u32 rsp_off;
	__u32 rsp_len;
	__u32 pad;
};

/**
 * struct virtkfd_rsp - header of every response
 * @len: bytes of the whole response, before it was truncated to rsp_len
 * @seqno: of the command
 * @ret: 0 or a negative errno
 * @pad: zero
 *
 * The host writes the payload first and this header last.
 */
struct virtkfd_rsp {
	__u32 len;
	__u32 seqno;
	__s32 ret;
	__u32 pad;
};

/* Values of &virtkfd_ccmd_init.role. */
#define VIRTKFD_ROLE_CONTROL		1
#define VIRTKFD_ROLE_PROCESS		2

/**
 * struct virtkfd_ccmd_init - first command of a context
 * @hdr: header, %VIRTKFD_CCMD_INIT
 * @role: VIRTKFD_ROLE_*
 * @rsp_res_id: resource of the response blob, attached to this context before
 * @pid: guest process id, for the host's log only
 * @pad: zero
 *
 * Opens the host's KFD context for a process context. Mirrors open(2) of
 * /dev/kfd, with AMDKFD_IOC_CREATE_PROCESS. Response: &struct virtkfd_rsp.
 *
 * Errors: -EBUSY if the context has been initialised or if there is a control
 * context already, -EINVAL for an unknown role or a resource that is not
 * attached, -ENOSPC past the host's limit of contexts, else what opening the
 * host's /dev/kfd gives. Any other command before this one: -EINVAL.
 */
struct virtkfd_ccmd_init {
	struct virtkfd_ccmd hdr;
	__u32 role;
	__u32 rsp_res_id;
	__u32 pid;
	__u32 pad;
};

/**
 * struct virtkfd_ccmd_topology - read a GPU's topology node
 * @hdr: header, %VIRTKFD_CCMD_TOPOLOGY
 * @index: GPU, below &virtkfd_capset.num_gpus
 * @pad: zero
 *
 * Control context only (-EPERM). Mirrors what amdkfd shows of the GPU in sysfs,
 * value for value. Response: &struct virtkfd_rsp_topology. -ENODEV for an index
 * out of range.
 */
struct virtkfd_ccmd_topology {
	struct virtkfd_ccmd hdr;
	__u32 index;
	__u32 pad;
};

/* Values of &virtkfd_topology_file.kind; paths are below topology/nodes/N/. */
#define VIRTKFD_TOPOLOGY_NAME		1	/* name */
#define VIRTKFD_TOPOLOGY_PROPERTIES	2	/* properties */
#define VIRTKFD_TOPOLOGY_MEM_BANK	3	/* mem_banks/<index>/properties */
#define VIRTKFD_TOPOLOGY_CACHE		4	/* caches/<index>/properties */

/**
 * struct virtkfd_topology_file - one sysfs file of a topology node
 * @kind: VIRTKFD_TOPOLOGY_*; the receiver skips a kind it does not know
 * @index: number of the bank or cache, 0 for the others
 * @len: bytes of text that follow; the next file starts at the next multiple of 8
 *
 * The text is lines of printable ASCII, each ended by a newline. It is the
 * host's, so the guest checks it like any other input.
 */
struct virtkfd_topology_file {
	__u16 kind;
	__u16 index;
	__u32 len;
};

/**
 * struct virtkfd_rsp_topology - response of %VIRTKFD_CCMD_TOPOLOGY
 * @rsp: header; @rsp.len tells how much room the whole takes
 * @gpu_id: the GPU's KFD id, not zero
 * @num_files: number of &struct virtkfd_topology_file that follow
 * @doorbell_size: bytes of one process's doorbell slice on this GPU
 * @pad: zero
 */
struct virtkfd_rsp_topology {
	struct virtkfd_rsp rsp;
	__u32 gpu_id;
	__u32 num_files;
	__u32 doorbell_size;
	__u32 pad;
};

/**
 * struct virtkfd_ccmd_render_info - DRM_IOCTL_AMDGPU_INFO of a GPU's render node
 * @hdr: header, %VIRTKFD_CCMD_RENDER_INFO
 * @gpu_id: GPU
 * @query: AMDGPU_INFO_*; the host answers those on its list, others -EINVAL
 * @return_size: bytes wanted
 * @pad: zero
 * @args: the 16 bytes that follow the query in &struct drm_amdgpu_info
 *
 * Control context only (-EPERM). Response: &struct virtkfd_rsp_render_info.
 * -ENODEV for an unknown gpu_id.
 */
struct virtkfd_ccmd_render_info {
	struct virtkfd_ccmd hdr;
	__u32 gpu_id;
	__u32 query;
	__u32 return_size;
	__u32 pad;
	__u32 args[4];
};

/**
 * struct virtkfd_rsp_render_info - response of %VIRTKFD_CCMD_RENDER_INFO
 * @rsp: header
 * @size: bytes that follow, at most return_size
 * @pad: zero
 */
struct virtkfd_rsp_render_info {
	struct virtkfd_rsp rsp;
	__u32 size;
	__u32 pad;
};

/**
 * struct virtkfd_ccmd_ioctl - a KFD ioctl of a guest process
 * @hdr: header, %VIRTKFD_CCMD_IOCTL
 * @nr: number of the ioctl, _IOC_NR(cmd)
 * @args_len: bytes of the argument struct
 * @in_len: bytes of the arrays that follow the argument struct
 * @pad: zero
 *
 * Process context only (-EPERM). Followed by the argument struct of
 * <linux/kfd_ioctl.h> and then by the arrays it points to, in the order of the
 * ioctl table; each part starts at a multiple of 8. The length of an array is
 * its count field times its element size. Fields that hold a user space pointer
 * or a file descriptor are zero on the wire. Besides, where the table says
 * "translated":
 *
 * - ACQUIRE_VM: drm_fd is zero; the host uses a render node of its own;
 * - ALLOC_MEMORY_OF_GPU: mmap_offset is zero both ways. A USERPTR is followed by
 *   the guest pages, one __u64 extent each (VIRTKFD_EXTENT), in the order of
 *   their GPU addresses, exactly size bytes in all;
 * - CREATE_QUEUE: doorbell_offset is zero and returns the offset in the doorbell slice.
 *   -EOPNOTSUPP for a queue_type that KFD does not know, which user space gets as the
 *   kernel's ENOTSUPP; -EPERM past the host's limit of queues;
 * - GET_QUEUE_WAVE_STATE: ctl_stack_address is zero. What KFD writes there follows the
 *   arguments: the wave_state of &struct kfd_context_save_area_header, then
 *   ctl_stack_used_size bytes, which belong at the control_stack_offset it tells;
 * - EXPORT_DMABUF: dmabuf_fd is a resource, both ways: the blob of the memory,
 *   attached to this context. The host checks that there is such a blob and that it
 *   may be shared; the blob then stands for the dma-buf. -EINVAL without it;
 * - IMPORT_DMABUF: dmabuf_fd is the resource of such a blob, made in whatever
 *   context and attached to this one for the time of the command. -EINVAL
 *   otherwise. The new handle keeps the memory, the blob is not needed any more;
 * - CREATE_EVENT: event_page_offset takes a memory handle or zero and returns zero;
 *   the host reports every firing of the event through %VIRTKFD_CCMD_EVENT_POLL
 *   whatever auto_reset says: the state of events is the guest's.
 *
 * The table's classes "local" and "refused" never travel: -ENOTTY.
 * Response: &struct virtkfd_rsp_ioctl.
 */
struct virtkfd_ccmd_ioctl {
	struct virtkfd_ccmd hdr;
	__u32 nr;
	__u32 args_len;
	__u32 in_len;
	__u32 pad;
};

/**
 * struct virtkfd_rsp_ioctl - response of %VIRTKFD_CCMD_IOCTL
 * @rsp: header; @rsp.ret is the ioctl's result. The arguments follow in case of
 *	an error too, since KFD writes them back then (n_success)
 * @args_len: bytes of the argument struct that follows
 * @out_len: bytes of the arrays that follow it, laid out like those of the request
 */
struct virtkfd_rsp_ioctl {
	struct virtkfd_rsp rsp;
	__u32 args_len;
	__u32 out_len;
};

/*
 * Guest pages: a run of pages that follow each other in guest physical memory,
 * its address in the upper 52 bits, the number of pages less one in the lower 12.
 */
#define VIRTKFD_EXTENT_MAX_PAGES	4096
#define VIRTKFD_EXTENT(gpa, pages)	((__u64)(gpa) | ((pages) - 1))
#define VIRTKFD_EXTENT_GPA(ext)		((ext) & ~0xfffULL)
#define VIRTKFD_EXTENT_PAGES(ext)	(((ext) & 0xfffULL) + 1)

/**
 * struct virtkfd_ccmd_event_poll - wait until events have fired
 * @hdr: header, %VIRTKFD_CCMD_EVENT_POLL
 * @max_events: most &struct virtkfd_event wanted, not zero
 * @pad: zero
 *
 * Control context only (-EPERM), one at a time (-EBUSY). The fence of
 * %VIRTKFD_RING_EVENTS that was submitted with it signals as soon as the response
 * holds at least one event. Firings of one event that were not fetched yet count
 * as one. Response: &struct virtkfd_rsp_event_poll.
 */
struct virtkfd_ccmd_event_poll {
	struct virtkfd_ccmd hdr;
	__u32 max_events;
	__u32 pad;
};

/* &virtkfd_event.type beyond the KFD_IOC_EVENT_* of <linux/kfd_ioctl.h>. */
/* The host's KFD context is gone; every further command gives -EIO. */
#define VIRTKFD_EVENT_CONTEXT_LOST	0x10000

/**
 * struct virtkfd_event - an event that has fired
 * @ctx_id: virtio-gpu context of the process
 * @event_id: KFD event id as CREATE_EVENT returned it
 * @type: KFD_IOC_EVENT_*, which says what @data holds
 * @pad: zero
 * @data: &struct kfd_hsa_memory_exception_data for KFD_IOC_EVENT_MEMORY,
 *	&struct kfd_hsa_hw_exception_data for KFD_IOC_EVENT_HW_EXCEPTION, else zero
 *
 * The guest ignores an event of a context or id that it does not know: it may
 * have been destroyed in the meantime.
 */
struct virtkfd_event {
	__u32 ctx_id;
	__u32 event_id;
	__u32 type;
	__u32 pad;
	__u8  data[32];
};

/**
 * struct virtkfd_rsp_event_poll - response of %VIRTKFD_CCMD_EVENT_POLL
 * @rsp: header
 * @num_events: events that follow
 * @event_size: bytes from one event to the next, at least those of this header's
 *	&struct virtkfd_event
 */
struct virtkfd_rsp_event_poll {
	struct virtkfd_rsp rsp;
	__u32 num_events;
	__u32 event_size;
};

/* &virtkfd_ccmd_render_va.operation beyond the AMDGPU_VA_OP_* of <drm/amdgpu_drm.h>. */
/* End all mappings of the blob's memory that this command has made. */
#define VIRTKFD_RENDER_VA_CLOSE		0

/**
 * struct virtkfd_ccmd_render_va - change mappings in a process's GPU VM
 * @hdr: header, %VIRTKFD_CCMD_RENDER_VA
 * @gpu_id: GPU
 * @res_id: resource of a blob of memory, attached to this context for the time of the
 *	command; zero without one
 * @operation: AMDGPU_VA_OP_*, or %VIRTKFD_RENDER_VA_CLOSE
 * @flags: AMDGPU_VM_*
 * @va: address on the GPU
 * @offset: bytes into the memory
 * @size: bytes
 *
 * Process context only (-EPERM). Mirrors DRM_IOCTL_AMDGPU_GEM_VA on a render node whose
 * VM ACQUIRE_VM has given to the process, and what GEM_CLOSE does to the mappings. They
 * keep the memory. MAP_MEMORY_TO_GPU's mappings are not touched: an address that they
 * have cannot be mapped. Response: &struct virtkfd_rsp.
 *
 * Errors: amdgpu's, -ENOENT for a resource that is not a blob of memory or not attached,
 * -ENODEV for an unknown gpu_id, -EINVAL before ACQUIRE_VM.
 */
struct virtkfd_ccmd_render_va {
	struct virtkfd_ccmd hdr;
	__u32 gpu_id;
	__u32 res_id;
	__u32 operation;
	__u32 flags;
	__u64 va;
	__u64 offset;
	__u64 size;
};

/*
 * blob_id of RESOURCE_CREATE_BLOB (VIRTIO_GPU_BLOB_MEM_HOST3D) in a process context:
 * what of the context's objects the guest wants to map. Bits 63:60 are the type,
 * the rest is the KFD memory handle, or the gpu_id in bits 59:32. KFD's gpu_ids
 * and the upper halves of its handles are below 2^28.
 */
#define VIRTKFD_BLOB_MEMORY		0
#define VIRTKFD_BLOB_DOORBELL		1
#define VIRTKFD_BLOB_MMIO		2
#define VIRTKFD_BLOB_ID(type, handle)	((__u64)(type) << 60 | (__u64)(handle))
#define VIRTKFD_BLOB_ID_GPU(type, gpu)	VIRTKFD_BLOB_ID(type, (__u64)(gpu) << 32)
#define VIRTKFD_BLOB_TYPE(id)		((__u32)((id) >> 60))
#define VIRTKFD_BLOB_HANDLE(id)		((id) & ((1ULL << 60) - 1))
#define VIRTKFD_BLOB_GPU(id)		((__u32)(VIRTKFD_BLOB_HANDLE(id) >> 32))

#endif /* _UAPI_LINUX_VIRTIO_GPU_AMDKFD_H */
