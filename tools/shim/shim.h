/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The preload shim: a program's own /dev/kfd, served by the soft backend in the same process.
 *
 * What lives here: the shim's objects and what its files have of each other. What does not:
 * anything that ships; it exists so that tests give the same results in a guest and without one.
 *
 * It is the guest driver's counterpart: what that answers itself the shim answers, the rest are
 * calls of the backend's operations.
 *
 * Locking: shim.lock is held by a call from begin to end, with signals blocked, unless the call
 * sleeps; shim.event_lock protects events and waits, for calls that do not take the first one and
 * for the backend's threads. The second is taken within the first.
 */
#ifndef SHIM_H
#define SHIM_H

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include "soft.h"

/* From the class device "kfd", and DRM's. */
#define SHIM_KFD_MAJOR		235
#define SHIM_DRM_MAJOR		226
#define SHIM_RENDER_MINOR	128
#define SHIM_DEVICE		"0000:03:00.0"
#define SHIM_RENDER		"/dev/dri/renderD128"

/* The mmap() offsets of /dev/kfd, as amdkfd's. */
#define SHIM_OFFSET_TYPE	(3ULL << 62)
#define SHIM_OFFSET_DOORBELL	(3ULL << 62)
#define SHIM_OFFSET_MMIO	(0ULL << 62)
#define SHIM_OFFSET_EVENTS	(2ULL << 62)
#define SHIM_OFFSET_GPU(id)	((uint64_t)(id) << 46)
#define SHIM_OFFSET_GPU_ID(off)	((uint32_t)((off) >> 46) & 0xffff)

#define SHIM_EVENT_BUCKETS	1024

enum shim_kind { SHIM_KFD, SHIM_DRM, SHIM_DMABUF };

/**
 * struct shim_mem - a memory handle of a process, or what is left of it
 * @link: in shim_process.mems
 * @handle: KFD's
 * @flags: KFD_IOC_ALLOC_MEM_FLAGS_*
 * @size: bytes
 * @offset: of mmap() on the render node
 * @obj: of VRAM and GTT, held; else NULL
 * @range: of a USERPTR
 * @freed: the handle is gone, mappings or descriptors are not
 * @refs: the handle, &struct shim_region and dma-bufs
 * @origin: what it was imported from, held; it has no offset of its own then
 */
struct shim_mem {
	LIST_ENTRY(shim_mem) link;
	uint64_t handle;
	uint32_t flags;
	uint64_t size;
	uint64_t offset;
	struct virtkfd_backend_obj *obj;
	struct virtkfd_guest_range range;
	bool freed;
	unsigned int refs;
	struct shim_mem *origin;
};

/**
 * struct shim_event - an event, as the guest driver has it
 * @link: in shim_process.events
 * @id: KFD's id
 * @type: KFD_IOC_EVENT_*
 * @auto_reset: a wait that it ends takes it
 * @signaled: it is set
 * @age: how often it was set, plus one
 * @num_waiting: waits that it has not ended
 * @waiters: all of them
 * @data: of a fault
 */
struct shim_event {
	LIST_ENTRY(shim_event) link;
	uint32_t id;
	uint32_t type;
	bool auto_reset;
	bool signaled;
	uint64_t age;
	unsigned int num_waiting;
	LIST_HEAD(, shim_waiter) waiters;
	uint8_t data[sizeof(((struct virtkfd_event *)0)->data)];
};

/**
 * struct shim_process - a KFD context: the process's own, or a further one of a file
 * @refs: files, and shim.process
 * @further: made by CREATE_PROCESS
 * @ctx: the backend's
 * @drm: render node file that the VM was acquired with
 * @mems: &struct shim_mem
 * @runtime: DEBUG_RUNTIME_STATE_*
 * @num_queues: queues
 * @doorbells: the backend's doorbells, or NULL
 * @page: memory of the doorbells, as the helper sees it; see doorbell.c
 * @page_fd: file behind it
 * @link: in shim.contexts
 * @events: by id (event_lock)
 * @dead: the context has ended (event_lock)
 */
struct shim_process {
	unsigned int refs;
	bool further;
	struct virtkfd_backend_ctx *ctx;
	struct shim_file *drm;
	LIST_HEAD(, shim_mem) mems;
	uint32_t runtime;
	unsigned int num_queues;
	struct virtkfd_backend_obj *doorbells;
	uint64_t *page;
	int page_fd;
	LIST_ENTRY(shim_process) link;
	LIST_HEAD(, shim_event) events[SHIM_EVENT_BUCKETS];
	bool dead;
};

/**
 * struct shim_file - what a descriptor stands for
 * @refs: descriptors; a render node's VM
 * @kind: what it is
 * @pid: process that opened it
 * @process: of SHIM_KFD; of SHIM_DRM once its VM was acquired
 * @mem: of SHIM_DMABUF
 */
struct shim_file {
	unsigned int refs;
	enum shim_kind kind;
	pid_t pid;
	struct shim_process *process;
	struct shim_mem *mem;
};

/**
 * struct shim - the shim in one process
 * @pid: process; a child begins anew
 * @be: backend, NULL before the first open
 * @process: the process's context, once it has opened /dev/kfd
 * @contexts: all contexts
 * @lock: see above
 * @event_lock: see above
 * @wakes: changes when an event does; what waits sleep on (event_lock, atomic)
 * @num_timed: waits that have a deadline (event_lock, atomic)
 * @num_queues: of all contexts (atomic)
 * @has_helper: doorbell.c's thread runs
 * @next_offset: for the next &shim_mem.offset
 */
struct shim {
	pid_t pid;
	struct virtkfd_backend *be;
	struct shim_process *process;
	LIST_HEAD(, shim_process) contexts;
	pthread_mutex_t lock;
	pthread_mutex_t event_lock;
	uint32_t wakes;
	unsigned int num_timed;
	unsigned int num_queues;
	bool has_helper;
	uint64_t next_offset;
};

extern struct shim shim;
extern const struct virtkfd_backend_ops *const shim_ops;

/* files.c */
struct shim_file *shim_file_get(int fd);
int shim_file_install(struct shim_file *file, int flags);
void shim_file_put(struct shim_file *file);
void shim_enter(sigset_t *mask);
void shim_leave(const sigset_t *mask);

/* sysfs.c */
const char *shim_path(const char *path, char *buf, size_t size);
bool shim_is_device(const char *path, enum shim_kind *kind);

/* kfd.c */
bool shim_copy_in(void *dst, uint64_t src, size_t size);
bool shim_copy_out(uint64_t dst, const void *src, size_t size);
bool shim_has_cap(unsigned int cap);
int shim_backend(void);
int shim_open_kfd(struct shim_file *file);
void shim_process_put(struct shim_process *process);
int shim_ioctl(struct shim_file *file, unsigned int cmd, unsigned long arg);

/* render.c */
int shim_render_ioctl(struct shim_file *file, unsigned int cmd, unsigned long arg);

/* memory.c */
int shim_acquire_vm(struct shim_process *process, struct kfd_ioctl_acquire_vm_args *args);
int shim_alloc(struct shim_process *process, struct kfd_ioctl_alloc_memory_of_gpu_args *args);
int shim_free(struct shim_process *process, struct kfd_ioctl_free_memory_of_gpu_args *args);
int shim_export(struct shim_process *process, struct kfd_ioctl_export_dmabuf_args *args);
int shim_import(struct shim_process *process, struct kfd_ioctl_import_dmabuf_args *args);
int shim_dmabuf_info(struct kfd_ioctl_get_dmabuf_info_args *args);
void shim_mem_put(struct shim_mem *mem);
void shim_memory_close(struct shim_process *process);

/* mmap.c */
void *shim_mmap(struct shim_file *file, void *addr, size_t size, int prot, int flags,
		uint64_t offset);
void shim_unmapped(uintptr_t start, size_t size);
bool shim_is_mapped(uintptr_t start, size_t size);
void shim_regions_forget(void);

/* events.c */
int shim_create_event(struct shim_process *process, struct kfd_ioctl_create_event_args *args);
int shim_destroy_event(struct shim_process *process, struct kfd_ioctl_destroy_event_args *args);
int shim_set_event(struct shim_process *process, uint32_t id, bool set);
int shim_wait_events(struct shim_process *process, struct kfd_ioctl_wait_events_args *args);
void shim_notify(void *opaque);
void shim_events_wake(void);
void shim_events_close(struct shim_process *process);

/* doorbell.c */
int shim_doorbells(struct shim_process *process);
void shim_doorbells_ring(struct shim_process *process);
void shim_doorbells_close(struct shim_process *process);
int shim_helper_start(void);
void shim_helper_wake(void);
long shim_futex_wait(uint32_t *word, uint32_t value);
void shim_futex_wake(uint32_t *word);

#endif /* SHIM_H */
