// SPDX-License-Identifier: GPL-2.0 OR MIT
/* Queues and packets, see kfd_queue_lib.h. */
#include <time.h>

#include "kfd_queue_lib.h"

#define PM4(opcode, dwords)	(3U << 30 | ((dwords) - 2) << 16 | (opcode) << 8)

int kfd_shared(const struct kfd *kfd, struct kfd_mem *mem, uint64_t size, uint32_t flags)
{
	int ret = kfd_alloc(kfd, mem, size, flags | MEM(WRITABLE) | MEM(EXECUTABLE));

	if (ret)
		return ret;
	if (kfd_cpu_map(kfd, mem) == MAP_FAILED)
		return -errno;
	memset(mem->va, 0, size);
	return kfd_map(kfd, mem->handle);
}

int kfd_shared_free(const struct kfd *kfd, struct kfd_mem *mem)
{
	return kfd_unmap(kfd, mem->handle) ?: kfd_free_mem(kfd, mem);
}

/* What kfd_queue_acquire_buffers() expects of a compute queue, with kfd_queue.c's numbers. */
static int prepare_compute(struct kfd_queue *queue)
{
	uint64_t cwsr, ctl_stack, simds, per_cu, arrays, waves;
	unsigned int node = queue->kfd->node;
	int ret;

	ret = kfd_node_property(node, "cwsr_size", &cwsr) ?:
	      kfd_node_property(node, "ctl_stack_size", &ctl_stack) ?:
	      kfd_node_property(node, "simd_count", &simds) ?:
	      kfd_node_property(node, "simd_per_cu", &per_cu) ?:
	      kfd_node_property(node, "array_count", &arrays);
	if (ret)
		return ret;
	waves = simds / per_cu * 40;
	if (waves > arrays * 512)
		waves = arrays * 512;
	queue->args.ctl_stack_size = ctl_stack;
	queue->args.ctx_save_restore_size = cwsr;
	ret = kfd_alloc(queue->kfd, &queue->cwsr, (cwsr + waves * 32 + 4095) & ~4095ULL,
			MEM(GTT) | MEM(WRITABLE) | MEM(EXECUTABLE));
	queue->args.ctx_save_restore_address = (uintptr_t)queue->cwsr.va;
	return ret ?: kfd_map(queue->kfd, queue->cwsr.handle);
}

int kfd_queue_prepare(const struct kfd *kfd, struct kfd_queue *queue, uint32_t type)
{
	int ret;

	memset(queue, 0, sizeof(*queue));
	queue->kfd = kfd;
	ret = kfd_shared(kfd, &queue->ring, QUEUE_RING_SIZE, MEM(GTT)) ?:
	      kfd_shared(kfd, &queue->pointers, KFD_PAGE, MEM(GTT) | MEM(UNCACHED));
	if (ret)
		return ret;
	queue->rptr = queue->pointers.va;
	queue->wptr = queue->rptr + 8;
	queue->args = (struct kfd_ioctl_create_queue_args){
		.ring_base_address = (uintptr_t)queue->ring.va,
		.write_pointer_address = (uintptr_t)queue->wptr,
		.read_pointer_address = (uintptr_t)queue->rptr,
		.ring_size = QUEUE_RING_SIZE,
		.gpu_id = kfd->gpu_id,
		.queue_type = type,
		.queue_percentage = KFD_MAX_QUEUE_PERCENTAGE,
		.queue_priority = 7,
	};
	/* Packets of AQL that are not there yet. */
	for (unsigned int i = 0; type == AQL && i < QUEUE_RING_SIZE / 64; i++)
		((uint32_t *)queue->ring.va)[i * 16] = 1;
	return type == COMPUTE || type == AQL ? prepare_compute(queue) : 0;
}

int kfd_queue_start(struct kfd_queue *queue)
{
	uint64_t slice = kfd_doorbell_size(queue->kfd);
	uint64_t offset;
	int ret;

	ret = kfd_ioctl(queue->kfd->fd, AMDKFD_IOC_CREATE_QUEUE, &queue->args);
	if (ret)
		return ret;
	offset = queue->args.doorbell_offset;
	queue->doorbells = mmap(NULL, slice, PROT_READ | PROT_WRITE, MAP_SHARED, queue->kfd->fd,
				offset & ~(slice - 1));
	if (queue->doorbells == MAP_FAILED)
		return -errno;
	queue->doorbell = queue->doorbells + (offset & (slice - 1));
	return 0;
}

int kfd_queue_create(const struct kfd *kfd, struct kfd_queue *queue, uint32_t type)
{
	return kfd_queue_prepare(kfd, queue, type) ?: kfd_queue_start(queue);
}

int kfd_queue_destroy(struct kfd_queue *queue)
{
	int ret = kfd_destroy_queue(queue->kfd, queue->args.queue_id);

	if (!ret)
		kfd_queue_cleanup(queue);
	return ret;
}

void kfd_queue_cleanup(struct kfd_queue *queue)
{
	if (queue->doorbells)
		munmap(queue->doorbells, kfd_doorbell_size(queue->kfd));
	kfd_shared_free(queue->kfd, &queue->ring);
	kfd_shared_free(queue->kfd, &queue->pointers);
	if (queue->cwsr.handle)
		kfd_shared_free(queue->kfd, &queue->cwsr);
}

int kfd_destroy_queue(const struct kfd *kfd, uint32_t id)
{
	struct kfd_ioctl_destroy_queue_args args = { .queue_id = id };

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_DESTROY_QUEUE, &args);
}

int kfd_update_queue(const struct kfd *kfd, uint32_t id, uint64_t ring, uint32_t size,
		     uint32_t percentage, uint32_t priority)
{
	struct kfd_ioctl_update_queue_args args = {
		.ring_base_address = ring,
		.queue_id = id,
		.ring_size = size,
		.queue_percentage = percentage,
		.queue_priority = priority,
	};

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_UPDATE_QUEUE, &args);
}

static void put_word(struct kfd_queue *queue, uint32_t word)
{
	uint32_t *ring = queue->ring.va;

	STORE(&ring[queue->dwords++ % (queue->args.ring_size / 4)], word);
}

void kfd_queue_put(struct kfd_queue *queue, const uint32_t *words, unsigned int num)
{
	unsigned int size = queue->args.ring_size / 4;

	/* A NOP of SDMA is one zero. */
	while (queue->args.queue_type == SDMA && queue->dwords % size + num > size)
		put_word(queue, 0);
	for (unsigned int i = 0; i < num; i++)
		put_word(queue, words[i]);
}

/* What pointers and doorbell count: bytes, packets or dwords. */
static uint64_t position(const struct kfd_queue *queue)
{
	switch (queue->args.queue_type) {
	case COMPUTE:
		return queue->dwords;
	case AQL:
		return queue->dwords / 16;
	default:
		return queue->dwords * 4;
	}
}

void kfd_queue_ring(struct kfd_queue *queue)
{
	uint64_t pos = position(queue);

	__atomic_store_n(queue->wptr, pos, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	STORE(queue->doorbell, queue->args.queue_type == AQL ? pos - 1 : pos);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static bool all_read(const struct kfd_queue *queue)
{
	uint64_t pos = position(queue);

	if (queue->args.queue_type == COMPUTE)
		return __atomic_load_n((uint32_t *)queue->rptr, __ATOMIC_ACQUIRE) ==
		       pos % (queue->args.ring_size / 4);
	return __atomic_load_n(queue->rptr, __ATOMIC_ACQUIRE) == pos;
}

int kfd_queue_wait(struct kfd_queue *queue)
{
	uint64_t until = now_ms() + QUEUE_PATIENCE_MS;

	while (!all_read(queue)) {
		if (now_ms() > until)
			return -ETIMEDOUT;
		usleep(200);
	}
	return 0;
}

bool kfd_wait_u32(uint32_t *p, uint32_t value)
{
	uint64_t until = now_ms() + QUEUE_PATIENCE_MS;

	while (__atomic_load_n(p, __ATOMIC_ACQUIRE) != value) {
		if (now_ms() > until)
			return false;
		usleep(200);
	}
	return true;
}

static uint32_t low(const void *p)
{
	return (uint32_t)(uintptr_t)p;
}

static uint32_t high(const void *p)
{
	return (uintptr_t)p >> 32;
}

/* One packet takes at most 4 MiB, so that it does on any engine. */
void sdma_copy(struct kfd_queue *queue, const void *dst, const void *src, uint64_t size)
{
	while (size) {
		uint32_t now = size < 0x3fffe0 ? size : 0x3fffe0;
		uint32_t words[] = { 1, now - 1, 0, low(src), high(src), low(dst), high(dst) };

		kfd_queue_put(queue, words, 7);
		src += now;
		dst += now;
		size -= now;
	}
}

void sdma_fill(struct kfd_queue *queue, const void *dst, uint32_t value, uint64_t size)
{
	/* fillsize 2: dwords; the count is in bytes less one */
	uint32_t words[] = { 11 | 2U << 30, low(dst), high(dst), value, size - 1 };

	kfd_queue_put(queue, words, 5);
}

void sdma_write(struct kfd_queue *queue, const void *dst, uint32_t value)
{
	uint32_t words[] = { 2, low(dst), high(dst), 0, value };

	kfd_queue_put(queue, words, 5);
}

void sdma_fence(struct kfd_queue *queue, const void *dst, uint32_t value)
{
	uint32_t words[] = { 5, low(dst), high(dst), value };

	kfd_queue_put(queue, words, 4);
}

void sdma_trap(struct kfd_queue *queue, uint32_t event_id)
{
	uint32_t words[] = { 6, event_id };

	kfd_queue_put(queue, words, 2);
}

/* Until memory has that value; a retry every 10 clocks, without end */
void sdma_poll(struct kfd_queue *queue, const void *addr, uint32_t value)
{
	uint32_t words[] = {
		8 | 3U << 28 | 1U << 31, low(addr), high(addr), value, 0xffffffff,
		0xfffU << 16 | 10,
	};

	kfd_queue_put(queue, words, 6);
}

/* To memory by way of the L2 cache, with write confirmation. */
void pm4_write_data(struct kfd_queue *queue, const void *dst, uint32_t value)
{
	uint32_t words[] = { PM4(0x37, 5), 5 << 8 | 1 << 20, low(dst), high(dst), value };

	kfd_queue_put(queue, words, 5);
}

/* End of pipe, CACHE_FLUSH_AND_INV_TS_EVENT; 64 bits, interrupt after the write is confirmed. */
void pm4_release_mem(struct kfd_queue *queue, const void *dst, uint64_t value, uint32_t event_id)
{
	uint32_t words[] = {
		PM4(0x49, 8), 0x14 | 5 << 8, 2U << 29 | (event_id ? 2 : 3) << 24, low(dst),
		high(dst), (uint32_t)value, value >> 32, event_id,
	};

	kfd_queue_put(queue, words, 8);
}

void aql_barrier(struct kfd_queue *queue, bool or, const struct signal *const *deps,
		 unsigned int num, const struct signal *completion)
{
	uint32_t *slot = (uint32_t *)queue->ring.va + queue->dwords % (queue->args.ring_size / 4);
	uint32_t words[16] = { 0 };

	for (unsigned int i = 0; i < num; i++) {
		words[2 + i * 2] = low(deps[i]);
		words[3 + i * 2] = high(deps[i]);
	}
	words[14] = low(completion);
	words[15] = high(completion);
	memcpy(slot + 1, words + 1, sizeof(words) - sizeof(words[0]));
	/* The header makes it valid: system scope on both sides. */
	__atomic_store_n(slot, (or ? 5 : 3) | 2 << 9 | 2 << 11, __ATOMIC_RELEASE);
	queue->dwords += 16;
}
