/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the kselftests of queues share: a queue with its memory, and the packets they send.
 *
 * Packets are as in amdgpu's vega10_sdma_pkt_open.h and soc15d.h, and as the HSA system
 * architecture has them. A function that can fail returns 0 or a negative errno.
 */
#ifndef KFD_QUEUE_LIB_H
#define KFD_QUEUE_LIB_H

#include "kfd_test.h"

#define COMPUTE		KFD_IOC_QUEUE_TYPE_COMPUTE
#define AQL		KFD_IOC_QUEUE_TYPE_COMPUTE_AQL
#define SDMA		KFD_IOC_QUEUE_TYPE_SDMA

/* kfd_device_queue_manager.c: the kernel's own, user space sees it all the same. */
#define ERRNO_NOT_SUPPORTED	524

#define QUEUE_RING_SIZE	65536U
/* So long may a busy machine take to do anything. */
#define QUEUE_PATIENCE_MS	30000

/**
 * struct kfd_queue - a queue and its memory
 * @kfd: GPU
 * @args: of CREATE_QUEUE
 * @ring: memory of the packets
 * @pointers: page with the read pointer, and the write pointer at byte 64
 * @cwsr: area for the context of waves, only of compute queues
 * @rptr: read pointer: 64 bits and bytes (SDMA) or packets (AQL), 32 bits and dwords (COMPUTE)
 * @wptr: write pointer: bytes, dwords or packets
 * @doorbells: the process's slice
 * @doorbell: the queue's
 * @dwords: what was written to the ring so far
 */
struct kfd_queue {
	const struct kfd *kfd;
	struct kfd_ioctl_create_queue_args args;
	struct kfd_mem ring;
	struct kfd_mem pointers;
	struct kfd_mem cwsr;
	uint64_t *rptr;
	uint64_t *wptr;
	void *doorbells;
	uint64_t *doorbell;
	uint64_t dwords;
};

/* VRAM or GTT memory that GPU and CPU see, zeroed. */
int kfd_shared(const struct kfd *kfd, struct kfd_mem *mem, uint64_t size, uint32_t flags);
int kfd_shared_free(const struct kfd *kfd, struct kfd_mem *mem);

/* Memory and arguments of a queue that CREATE_QUEUE takes; then that itself. */
int kfd_queue_prepare(const struct kfd *kfd, struct kfd_queue *queue, uint32_t type);
int kfd_queue_start(struct kfd_queue *queue);
int kfd_queue_create(const struct kfd *kfd, struct kfd_queue *queue, uint32_t type);
int kfd_queue_destroy(struct kfd_queue *queue);
/* Gives the memory back; the queue is gone. */
void kfd_queue_cleanup(struct kfd_queue *queue);

int kfd_destroy_queue(const struct kfd *kfd, uint32_t id);
int kfd_update_queue(const struct kfd *kfd, uint32_t id, uint64_t ring, uint32_t size,
		     uint32_t percentage, uint32_t priority);

/* Adds dwords to the ring, which an SDMA packet does not wrap around in. */
void kfd_queue_put(struct kfd_queue *queue, const uint32_t *words, unsigned int num);
/* Makes the packets known to the GPU. */
void kfd_queue_ring(struct kfd_queue *queue);
/* Waits until they are read. */
int kfd_queue_wait(struct kfd_queue *queue);

bool kfd_wait_u32(uint32_t *p, uint32_t value);

void sdma_copy(struct kfd_queue *queue, const void *dst, const void *src, uint64_t size);
void sdma_fill(struct kfd_queue *queue, const void *dst, uint32_t value, uint64_t size);
void sdma_write(struct kfd_queue *queue, const void *dst, uint32_t value);
void sdma_fence(struct kfd_queue *queue, const void *dst, uint32_t value);
void sdma_trap(struct kfd_queue *queue, uint32_t event_id);
void sdma_poll(struct kfd_queue *queue, const void *addr, uint32_t value);

void pm4_write_data(struct kfd_queue *queue, const void *dst, uint32_t value);
/* @event_id: interrupt with that context, 0 for none. */
void pm4_release_mem(struct kfd_queue *queue, const void *dst, uint64_t value, uint32_t event_id);

/* What is of struct amd_signal_s here, ROCr's amd_hsa_signal.h. */
struct signal {
	int64_t kind;
	int64_t value;
	uint64_t mailbox;
	uint32_t event_id;
	uint32_t reserved;
	uint64_t start_ts;
	uint64_t end_ts;
	uint64_t pad[2];
};

/* A barrier-AND packet (or OR); signals are addresses, 0 for none. */
void aql_barrier(struct kfd_queue *queue, bool or, const struct signal *const *deps,
		 unsigned int num, const struct signal *completion);

#endif
