/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The soft backend's objects: a second KFD in user space, for software GPUs.
 *
 * What lives here: GPUs, contexts, memory, GPU virtual memory, events, queues, and what the files
 * soft_*.c have of each other. What does not: the execution of queues (tools/softgpu),
 * which soft_exec.c gives GPU memory and interrupts.
 *
 * All GPUs of an instance are of one kind (soft_kind.c), as amdkfd of Linux 7.3 presents it; the
 * constants with SOFT_ are what all kinds have, those without a source in the kernel are marked
 * as choices.
 *
 * Locking: operations of the core come one at a time (backend.h), so accounting, handles and
 * queues need no lock. Execution threads look at three things, each with a lock of its own:
 * GPU virtual memory (virtkfd_backend_ctx.vm_lock, which they hold while they access at most
 * SOFTGPU_CHUNK bytes; who changes mappings comes before those who wait to read), events and
 * signal page (virtkfd_backend_ctx.lock, outside of which notification happens), doorbells
 * (soft_doorbells.lock). None is taken within another.
 */
#ifndef VIRTKFD_SOFT_H
#define VIRTKFD_SOFT_H

#include <pthread.h>
#include <sys/queue.h>

#include "backend.h"
#include "softgpu.h"
#include "util.h"

#define SOFT_PAGE		4096ULL
#define SOFT_NUM_GPUS		1
/* The same of all kinds */
#define SOFT_GB_ADDR_CONFIG	0x2a114042
#define SOFT_NUM_SE		4
#define SOFT_SIMD_PER_CU	4
/* Choice for gfx906, whose clock has 25 MHz. */
#define SOFT_CLOCK_KHZ		100000
#define SOFT_NUM_SDMA		2
#define SOFT_SDMA_QUEUES	8
#define SOFT_EOP_SIZE		4096
/* KFD_MAX_NUM_OF_QUEUES_PER_PROCESS doorbells of 8 bytes; kfd_doorbell_process_slice(). */
#define SOFT_NUM_DOORBELLS	1024u
#define SOFT_DOORBELL_SIZE	(SOFT_NUM_DOORBELLS * 8)
/* KFD_QUEUE_DOORBELL_MIRROR_OFFSET */
#define SOFT_DOORBELL_MIRROR	512u
/* max_pfn of gmc_v9_0.c: 256 TiB of GPU virtual memory. */
#define SOFT_VA_END		(1ULL << 48)
/* amdgpu_vm.h: what the kernel keeps for itself at both ends. */
#define SOFT_VA_BOTTOM		(1ULL << 16)
#define SOFT_VA_SEQ64		(SOFT_VA_END - (4ULL << 20))
#define SOFT_VA_SEQ64_SIZE	(2ULL << 20)
#define SOFT_VA_TRAP		(SOFT_VA_SEQ64 - (1ULL << 16))
#define SOFT_VA_TRAP_SIZE	(2 * SOFT_PAGE)
#define SOFT_VA_HOLE		(1ULL << 47)
/* VRAM_AVAILABILITY_ALIGN, AMDGPU_VM_RESERVED_VRAM */
#define SOFT_VRAM_ALIGN		(2ULL << 20)
#define SOFT_VRAM_RESERVED	(8ULL << 20)
/* Choice: what is left to work with when a VM's quota is smaller still. */
#define SOFT_VRAM_LEAST		(64ULL << 20)

/* Choice: of a store's file, and as many as leave QEMU room in vm.max_map_count. */
#define SOFT_CHUNK_SIZE		(64ULL << 20)
#define SOFT_MAX_CHUNKS		16384
/* KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE, which shifts into the sign of an int. */
#define SOFT_WRITABLE		(1u << 31)
/* Choice: mappings by GEM_VA that all contexts can have. */
#define SOFT_MAX_PARTS		(1u << 18)

#define SOFT_MAX_CACHES		5

/**
 * struct soft_cache - a type of cache
 * @level: 1 to 3, 0 behind the last one
 * @kb: size
 * @line: bytes
 * @type: HSA_CACHE_TYPE_* beside HSA_CACHE_TYPE_HSACU
 * @shared: CUs that share one
 */
struct soft_cache {
	uint32_t level;
	uint32_t kb;
	uint32_t line;
	uint32_t type;
	uint32_t shared;
};

/**
 * struct soft_ip - version of an engine
 * @major: of amdgpu's driver for it
 * @minor: likewise
 * @discovery: of the engine
 */
struct soft_ip {
	uint32_t major;
	uint32_t minor;
	uint32_t discovery;
};

/**
 * struct soft_kind - what differs between kinds of GPUs
 * @name: what a VMM calls it
 * @asic: amdgpu_asic_name[], in lower case
 * @target: instructions of its kernels
 * @gpu_id: KFD id of the first one; a choice, in amdkfd it is a hash of 16 bits
 * @device_id: of PCI
 * @pci_rev: of PCI
 * @external_rev: amdgpu's number of what it is
 * @gfx_version: gfx_target_version
 * @gfx_ip: graphics and compute
 * @sdma_ip: copy engines
 * @fw_version: firmware of which amdkfd expects all it can do
 * @sdma_fw_version: the same for the copy engines
 * @capability: HSA_CAP_* that not all kinds have
 * @debug_prop: HSA_DBG_*
 * @num_cu: CUs that work
 * @cu_per_sh: CUs of a shader engine, those that do not work too
 * @cu_bitmap: which of them work
 * @vgpr_size: bytes of a CU's vector registers
 * @max_queues: of a process
 * @doorbell_sdma: first ones of the copy engines, behind those of @max_queues
 * @engine_mhz: highest clock
 * @memory_mhz: likewise
 * @memory_width: bits of memory's bus
 * @caches: all types
 * @mall_size: bytes of the last level cache
 */
struct soft_kind {
	const char *name;
	const char *asic;
	enum softgpu_target target;
	uint32_t gpu_id;
	uint32_t device_id;
	uint32_t pci_rev;
	uint32_t external_rev;
	uint32_t gfx_version;
	struct soft_ip gfx_ip;
	struct soft_ip sdma_ip;
	uint32_t fw_version;
	uint32_t sdma_fw_version;
	uint32_t capability;
	uint32_t debug_prop;
	uint32_t num_cu;
	uint32_t cu_per_sh;
	uint32_t cu_bitmap[SOFT_NUM_SE];
	uint32_t vgpr_size;
	uint32_t max_queues;
	uint32_t doorbell_sdma[SOFT_NUM_SDMA];
	uint32_t engine_mhz;
	uint32_t memory_mhz;
	uint32_t memory_width;
	struct soft_cache caches[SOFT_MAX_CACHES];
	uint32_t mall_size;
};

/**
 * struct soft_gpu - a GPU
 * @id: KFD id
 * @vram_size: bytes
 * @vram_used: bytes
 * @vram_used_aligned: bytes, each object rounded up to SOFT_VRAM_ALIGN
 * @sdma_used: queues of the copy engines that are in use, engine first
 * @num_queues: queues of all contexts
 * @exec: what runs them, NULL before the first one
 */
struct soft_gpu {
	uint32_t id;
	uint64_t vram_size;
	uint64_t vram_used;
	uint64_t vram_used_aligned;
	uint32_t sdma_used;
	uint32_t num_queues;
	struct softgpu *exec;
};

/**
 * struct virtkfd_backend - an instance
 * @params: parameters
 * @kind: what its GPUs are
 * @gtt_size: bytes of GTT that may be in use, half of the host's memory
 * @gtt_used: bytes
 * @num_chunks: &struct soft_chunk that are mapped
 * @num_parts: mappings by GEM_VA
 * @num_gpus: GPUs
 * @gpus: the GPUs
 */
struct virtkfd_backend {
	struct virtkfd_backend_params params;
	const struct soft_kind *kind;
	uint64_t gtt_size;
	uint64_t gtt_used;
	uint32_t num_chunks;
	uint32_t num_parts;
	uint32_t num_gpus;
	struct soft_gpu gpus[SOFT_NUM_GPUS];
};

/**
 * struct soft_chunk - a piece of a store, mapped once for all objects in it
 * @refs: the objects, and the store while it fills it
 * @offset: where in the file
 * @size: bytes
 * @ptr: host address
 */
struct soft_chunk {
	unsigned int refs;
	uint64_t offset;
	uint64_t size;
	uint8_t *ptr;
};

/**
 * struct soft_store - the memory of one context's objects: a sparse memfd
 * @refs: the context and the objects
 * @be: the instance
 * @fd: memfd, sealed
 * @next: where the next object goes; a range is used once and its pages are given back
 * @chunk: the one that @next is in, or NULL
 *
 * One file for all, and one mapping for many, since the VMM's file descriptors and mappings
 * are few and a guest's objects many.
 */
struct soft_store {
	unsigned int refs;
	struct virtkfd_backend *be;
	int fd;
	uint64_t next;
	struct soft_chunk *chunk;
};

/**
 * struct virtkfd_backend_obj - a memory object (amdkfd's struct kgd_mem), or doorbells
 * @refs: its handle, the blobs made of it, buffers of queues, those whose @origin it is; of
 *	one that is @render, its mapping and buffers of queues
 * @origin: object that has the memory, of an imported one or a part mapped by GEM_VA; not one
 *	with an @origin of its own
 * @render: it is a part of @origin, and one mapping by GEM_VA of exactly that
 * @be: the instance
 * @gpu: the GPU it is of
 * @flags: KFD_IOC_ALLOC_MEM_FLAGS_*; zero for a page of doorbells or MMIO got by the guest
 * @va: GPU virtual address
 * @size: bytes; AQL queue memory appears twice in a row from @va
 * @mapped: mappings in GPU virtual memory
 * @store: where its memory is, or NULL
 * @chunk: where in it
 * @offset: in the store's file
 * @ptr: host address
 * @ranges: guest memory of a USERPTR
 * @num_ranges: elements
 * @range_ends: of each range, how many bytes there are up to its end
 * @queues: how many buffers of queues it is, by GPU; while there are any it stays mapped
 * @doorbells: what a page of doorbells rings
 */
struct virtkfd_backend_obj {
	unsigned int refs;
	struct virtkfd_backend_obj *origin;
	bool render;
	struct virtkfd_backend *be;
	struct soft_gpu *gpu;
	uint32_t flags;
	uint64_t va;
	uint64_t size;
	unsigned int mapped;
	struct soft_store *store;
	struct soft_chunk *chunk;
	uint64_t offset;
	void *ptr;
	const struct virtkfd_guest_range *ranges;
	size_t num_ranges;
	uint64_t *range_ends;
	unsigned int queues[SOFT_NUM_GPUS];
	struct soft_doorbells *doorbells;
};

/**
 * struct soft_map - a mapping in GPU virtual memory
 * @start: first address
 * @end: address behind the last one
 * @obj: what is mapped there from its start on; NULL for the kernel's own
 */
struct soft_map {
	uint64_t start;
	uint64_t end;
	struct virtkfd_backend_obj *obj;
};

/**
 * struct soft_event - a KFD event
 * @link: in soft_ctx.fired
 * @id: KFD's id
 * @type: KFD_IOC_EVENT_*
 * @fired: is in soft_ctx.fired
 * @data: of struct virtkfd_event
 */
struct soft_event {
	TAILQ_ENTRY(soft_event) link;
	uint32_t id;
	uint32_t type;
	bool fired;
	uint8_t data[sizeof(((struct virtkfd_event *)0)->data)];
};

/**
 * struct soft_pdd - a context on one GPU (amdkfd's struct kfd_process_device)
 * @ctx: context
 * @gpu: GPU
 * @index: its number
 * @acquired: ACQUIRE_VM has been called
 * @handles: objects by the lower half of their handles
 * @maps: tree of &struct soft_map (vm_lock)
 * @mmio: the MMIO remap page, once it was wanted
 * @scratch_va: SET_SCRATCH_BACKING_VA
 * @tba: SET_TRAP_HANDLER
 * @tma: SET_TRAP_HANDLER
 * @doorbells: the context's doorbells, NULL before they were wanted
 * @num_queues: queues
 * @num_gws: not zero while one of them has global wave sync
 * @evicted: queues do not run any more, after a fault (atomic)
 * @has_reset_queue: one of them had to be reset, so none can be changed (atomic)
 */
struct soft_pdd {
	struct virtkfd_backend_ctx *ctx;
	struct soft_gpu *gpu;
	uint32_t index;
	bool acquired;
	struct vk_ids handles;
	void *maps;
	struct virtkfd_backend_obj *mmio;
	uint64_t scratch_va;
	uint64_t tba;
	uint64_t tma;
	struct soft_doorbells *doorbells;
	uint32_t num_queues;
	uint32_t num_gws;
	bool evicted;
	bool has_reset_queue;
};

/* The memory that a queue cannot do without. */
enum soft_buffer {
	SOFT_BUFFER_WPTR,
	SOFT_BUFFER_RPTR,
	SOFT_BUFFER_RING,
	SOFT_BUFFER_EOP,
	SOFT_BUFFER_CWSR,
	SOFT_NUM_BUFFERS,
};

/**
 * struct soft_queue - a queue
 * @pdd: context and GPU
 * @id: KFD's id
 * @type: KFD_IOC_QUEUE_TYPE_*
 * @ring_va: address of the ring, 0 for a queue that pauses
 * @ring_size: bytes
 * @rptr_va: address of the read pointer
 * @wptr_va: address of the write pointer
 * @cwsr_va: address of the area for the context of waves, 0 for a copy engine's queue
 * @metadata_size: bytes that follow the ring
 * @percent: 0 for a queue that pauses
 * @priority: KFD's priority
 * @sdma: number of a copy engine's queue on its GPU, engine first
 * @doorbell: index in the process's slice, in units of 8 bytes
 * @gws: has global wave sync
 * @reset: had to be reset (atomic)
 * @buffers: its memory
 * @exec: what runs it
 */
struct soft_queue {
	struct soft_pdd *pdd;
	uint32_t id;
	uint32_t type;
	uint64_t ring_va;
	uint32_t ring_size;
	uint64_t rptr_va;
	uint64_t wptr_va;
	uint64_t cwsr_va;
	uint64_t metadata_size;
	uint32_t percent;
	uint32_t priority;
	uint32_t sdma;
	uint32_t doorbell;
	bool gws;
	bool reset;
	struct virtkfd_backend_obj *buffers[SOFT_NUM_BUFFERS];
	struct softgpu_queue *exec;
};

/**
 * struct soft_cwsr - what a compute queue needs for the context of its waves
 * @size: bytes of the area
 * @ctl_stack: bytes of the control stack in it
 * @debug: bytes for the debugger behind it
 */
struct soft_cwsr {
	uint32_t size;
	uint32_t ctl_stack;
	uint32_t debug;
};

/**
 * struct virtkfd_backend_ctx - a context (amdkfd's struct kfd_process)
 * @be: instance
 * @notify: the core's
 * @opaque: for @notify
 * @store: memory of its objects
 * @pdds: one for each GPU
 * @queues: &struct soft_queue by id
 * @vm_lock: protects soft_pdd.maps, and objects from the end of their mappings
 * @lock: protects the rest
 * @signal_page: event slots, NULL until an event page was given
 * @signal_mapped: bytes there
 * @signal_obj: the object behind
 * @signal_handle: its handle
 * @signal_count: signal events, plus one as in amdkfd
 * @signal_events: &struct soft_event by id; number 0 is taken
 * @other_events: &struct soft_event by id - KFD_FIRST_NONSIGNAL_EVENT_ID
 * @fired: events that the core has not fetched
 */
struct virtkfd_backend_ctx {
	struct virtkfd_backend *be;
	void (*notify)(void *opaque);
	void *opaque;
	struct soft_store *store;
	struct soft_pdd pdds[SOFT_NUM_GPUS];
	struct vk_ids queues;

	pthread_rwlock_t vm_lock;
	pthread_mutex_t lock;
	uint64_t *signal_page;
	uint64_t signal_mapped;
	struct virtkfd_backend_obj *signal_obj;
	uint64_t signal_handle;
	uint64_t signal_count;
	struct vk_ids signal_events;
	struct vk_ids other_events;
	TAILQ_HEAD(, soft_event) fired;
};

/* backend_soft.c */
void soft_log(struct virtkfd_backend *be, enum virtkfd_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
uint64_t soft_gpu_clock(void);
struct soft_pdd *soft_pdd(struct virtkfd_backend_ctx *ctx, uint32_t gpu_id);

/* soft_kind.c */
const struct soft_kind *soft_kind(const char *name);

/* soft_topology.c, soft_info.c */
struct soft_cwsr soft_cwsr_sizes(const struct soft_kind *kind);
int soft_topology(struct virtkfd_backend *be, uint32_t gpu, virtkfd_emit_fn emit, void *opaque);
int soft_render_info(struct virtkfd_backend *be, uint32_t gpu,
		     const struct drm_amdgpu_info *args);

/* soft_memory.c */
int soft_store_create(struct virtkfd_backend *be, struct soft_store **store);
void soft_store_put(struct soft_store *store);
struct virtkfd_backend_obj *soft_obj_find(struct virtkfd_backend_ctx *ctx, uint64_t handle);
void *soft_obj_at(const struct virtkfd_backend_obj *obj, uint64_t offset, uint64_t *len);
void soft_obj_put(struct virtkfd_backend_obj *obj);
int soft_obj_get(struct virtkfd_backend_ctx *ctx, uint32_t type, uint32_t gpu, uint64_t handle,
		 struct virtkfd_obj_info *info, struct virtkfd_backend_obj **obj);
int soft_obj_map(struct virtkfd_backend_obj *obj, void *addr, uint32_t *map_info);
int soft_alloc(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_alloc_memory_of_gpu_args *args,
	       const struct virtkfd_guest_range *ranges, size_t num_ranges);
int soft_free(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_free_memory_of_gpu_args *args);
struct virtkfd_backend_obj *soft_obj_part(struct virtkfd_backend_obj *obj, uint64_t offset,
					  uint64_t size);
int soft_import(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_import_dmabuf_args *args,
		struct virtkfd_backend_obj *obj);
uint64_t soft_vram_available(struct virtkfd_backend *be, struct soft_gpu *gpu, uint64_t used);
void soft_memory_close(struct virtkfd_backend_ctx *ctx);

/* soft_vm.c */
int soft_acquire_vm(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_acquire_vm_args *args);
int soft_map(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_map_memory_to_gpu_args *args);
int soft_unmap(struct virtkfd_backend_ctx *ctx,
	       struct kfd_ioctl_unmap_memory_from_gpu_args *args);
int soft_render_va(struct virtkfd_backend_ctx *ctx, uint32_t gpu,
		   const struct drm_amdgpu_gem_va *args, struct virtkfd_backend_obj *obj);
const struct soft_map *soft_vm_find(struct soft_pdd *pdd, uint64_t start, uint64_t size);
void soft_vm_close(struct soft_pdd *pdd);

/* soft_events.c */
int soft_events_open(struct virtkfd_backend_ctx *ctx);
void soft_events_close(struct virtkfd_backend_ctx *ctx);
int soft_event_create(struct virtkfd_backend_ctx *ctx,
		      struct kfd_ioctl_create_event_args *args);
int soft_event_destroy(struct virtkfd_backend_ctx *ctx,
		       struct kfd_ioctl_destroy_event_args *args);
unsigned int soft_events(struct virtkfd_backend_ctx *ctx, struct virtkfd_event *events,
			 unsigned int max);
void soft_signal(struct virtkfd_backend_ctx *ctx, uint32_t id, uint32_t valid_bits,
		 bool mailbox_updated);
void soft_set_event(struct virtkfd_backend_ctx *ctx, uint32_t id);
void soft_memory_exception(struct virtkfd_backend_ctx *ctx,
			   const struct kfd_hsa_memory_exception_data *data);
void soft_hw_exception(struct virtkfd_backend_ctx *ctx,
		       const struct kfd_hsa_hw_exception_data *data);

/* soft_queues.c */
int soft_queue_create(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_create_queue_args *args);
int soft_queue_update(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_update_queue_args *args);
int soft_queue_destroy(struct virtkfd_backend_ctx *ctx,
		       struct kfd_ioctl_destroy_queue_args *args);
int soft_set_cu_mask(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_set_cu_mask_args *args);
int soft_alloc_gws(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_alloc_queue_gws_args *args);
int soft_wave_state(struct virtkfd_backend_ctx *ctx,
		    struct kfd_ioctl_get_queue_wave_state_args *args);
void soft_queues_close(struct virtkfd_backend_ctx *ctx);

/* soft_exec.c */
struct soft_doorbells *soft_doorbells(struct soft_pdd *pdd);
struct soft_doorbells *soft_doorbells_get(struct soft_doorbells *doorbells);
void soft_doorbells_put(struct soft_doorbells *doorbells);
bool soft_doorbell_taken(struct soft_pdd *pdd, uint32_t index);
void soft_doorbell_set(struct soft_pdd *pdd, uint32_t index, struct soft_queue *queue);
void soft_doorbell(struct virtkfd_backend_obj *obj, uint64_t offset, uint64_t value,
		   unsigned int size);
int soft_exec_start(struct soft_gpu *gpu);

#endif /* VIRTKFD_SOFT_H */
