/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the kselftests of /dev/kfd share: opening it, finding a GPU, memory of a GPU.
 *
 * The tests say what amdkfd's source says, so that they hold for amdkfd on a host and for
 * virtio-gpu in a guest. What only holds in a guest asks kfd_is_guest().
 *
 * A function that makes an ioctl returns 0 or a negative errno.
 */
#ifndef KFD_TEST_H
#define KFD_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <linux/kfd_ioctl.h>

#define KFD_TOPOLOGY	"/sys/devices/virtual/kfd/kfd/topology"

/* The flags of kfd_ioctl.h are long. */
#define MEM(flag)	((uint32_t)KFD_IOC_ALLOC_MEM_FLAGS_##flag)

/* kfd_priv.h: how offsets for mmap() of /dev/kfd are made up. */
#define KFD_MMAP_TYPE(type)		((uint64_t)(type) << 62)
#define KFD_MMAP_TYPE_DOORBELL		KFD_MMAP_TYPE(3)
#define KFD_MMAP_TYPE_EVENTS		KFD_MMAP_TYPE(2)
#define KFD_MMAP_TYPE_RESERVED_MEM	KFD_MMAP_TYPE(1)
#define KFD_MMAP_TYPE_MMIO		KFD_MMAP_TYPE(0)
#define KFD_MMAP_GPU_ID(id)		((uint64_t)(id) << 46)

/* kfd_events.h: the first identifier of events that have no slot in the signal page. */
#define KFD_FIRST_NONSIGNAL_EVENT_ID	0x40000000U

/* kfd_events.h: milliseconds for WAIT_EVENTS that mean something else. */
#define KFD_EVENT_TIMEOUT_IMMEDIATE	0U
#define KFD_EVENT_TIMEOUT_INFINITE	0xffffffffU

/* No GPU has it: identifiers are 16 bits wide (KFD_GPU_ID_HASH_WIDTH). */
#define KFD_BAD_GPU_ID	0xdead0000U

#define KFD_PAGE	4096UL
#define KFD_EVENT_PAGE_SIZE	(KFD_SIGNAL_EVENT_LIMIT * 8)

/**
 * struct kfd - an open /dev/kfd and the first GPU
 * @fd: /dev/kfd
 * @drm: render node of the GPU, -1 before kfd_acquire()
 * @gpu_id: the GPU's identifier
 * @node: its topology node
 * @minor: minor number of its render node
 */
struct kfd {
	int fd;
	int drm;
	uint32_t gpu_id;
	unsigned int node;
	unsigned int minor;
};

/**
 * struct kfd_mem - memory of a GPU, with the addresses reserved
 * @handle: KFD's
 * @va: address, reserved with PROT_NONE
 * @size: bytes
 * @offset: to mmap() it at
 */
struct kfd_mem {
	uint64_t handle;
	void *va;
	uint64_t size;
	uint64_t offset;
};

/**
 * struct kfd_counts - what virtio-gpu's driver has alive, as it shows it in debugfs
 * @processes: that opened /dev/kfd
 * @contexts: on the host, the driver's own one included
 * @bos: memory and mappings
 * @blobs: of these, those that the host has mapped
 * @events: events
 * @queues: queues
 * @pinned_pages: of user memory
 * @requests: commands that the host has not answered, the driver's wait for events included
 */
struct kfd_counts {
	long processes;
	long contexts;
	long bos;
	long blobs;
	long events;
	long queues;
	long pinned_pages;
	long requests;
};

#define KFD_COUNTS	"/sys/kernel/debug/virtgpu_kfd/counts"

int kfd_ioctl(int fd, unsigned long cmd, void *args);
int kfd_open(struct kfd *kfd);
void kfd_close(struct kfd *kfd);
int kfd_open_render(const struct kfd *kfd);
int kfd_acquire_fd(const struct kfd *kfd, int drm_fd);
int kfd_acquire(struct kfd *kfd);
bool kfd_is_guest(const struct kfd *kfd);

int kfd_node_property(unsigned int node, const char *name, uint64_t *value);
int kfd_read_u64(const char *path, uint64_t *value);
int kfd_write_text(const char *path, const char *text);
uint64_t kfd_doorbell_size(const struct kfd *kfd);

void *kfd_reserve(size_t size);
int kfd_alloc_at(const struct kfd *kfd, uint64_t va, uint64_t size, uint32_t flags,
		 uint64_t *offset, uint64_t *handle);
int kfd_alloc(const struct kfd *kfd, struct kfd_mem *mem, uint64_t size, uint32_t flags);
int kfd_alloc_userptr(const struct kfd *kfd, struct kfd_mem *mem, void *user, uint64_t size,
		      uint32_t flags);
int kfd_free(const struct kfd *kfd, uint64_t handle);
int kfd_free_mem(const struct kfd *kfd, struct kfd_mem *mem);
int kfd_map(const struct kfd *kfd, uint64_t handle);
int kfd_unmap(const struct kfd *kfd, uint64_t handle);
void *kfd_cpu_map(const struct kfd *kfd, const struct kfd_mem *mem);

int kfd_export(const struct kfd *kfd, uint64_t handle);
int kfd_import(const struct kfd *kfd, void *va, int fd, uint64_t *handle);
int kfd_send_fd(int sock, int fd);
int kfd_receive_fd(int sock);
int kfd_udmabuf(uint64_t size);
int kfd_child_status(pid_t pid);

/* What libdrm does with the render node. */
int kfd_render_info(const struct kfd *kfd, uint32_t query, void *data, uint32_t size);
int kfd_gem_import(int drm, int fd, uint32_t *handle);
int kfd_gem_va(const struct kfd *kfd, uint32_t handle, uint32_t op, uint32_t flags, uint64_t va,
	       uint64_t offset, uint64_t size);

/* AVAILABLE_MEMORY, when nothing comes back any more of processes that have ended. */
int kfd_settled_memory(const struct kfd *kfd, uint64_t *available);

int kfd_event_page(const struct kfd *kfd, struct kfd_mem *page, uint32_t *event_id);
int kfd_create_event(const struct kfd *kfd, uint32_t type, bool auto_reset, uint32_t *id);
int kfd_destroy_event(const struct kfd *kfd, uint32_t id);
int kfd_set_event(const struct kfd *kfd, uint32_t id);
int kfd_reset_event(const struct kfd *kfd, uint32_t id);
int kfd_wait(const struct kfd *kfd, struct kfd_event_data *events, uint32_t num, bool all,
	     uint32_t timeout_ms, uint32_t *result);

int kfd_read_counts(struct kfd_counts *counts);
int kfd_wait_counts(const struct kfd_counts *want);

/* Accesses that the compiler neither leaves out nor repeats. */
#define LOAD(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define STORE(p, value)	__atomic_store_n(p, value, __ATOMIC_RELAXED)

/* In a child: the next check that fails is the exit status. */
#define CHILD_CHECK(n, condition)	\
	do {				\
		if (!(condition))	\
			_exit(n);	\
	} while (0)

/*
 * In a FIXTURE_SETUP() or TEST(): does @skip where there is no /dev/kfd, as SKIP() does; fails if
 * it is broken.
 */
#define KFD_SETUP(skip, kfd)						\
	do {								\
		if (access("/dev/kfd", F_OK))				\
			SKIP(skip, "there is no /dev/kfd");		\
		ASSERT_EQ(0, kfd_open(kfd));				\
	} while (0)

#endif
