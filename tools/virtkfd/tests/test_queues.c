// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Queues: what the wire says otherwise than KFD, limits, doorbells; execution threads against
 * calls that take away what they use.
 *
 * What does not live here: the checks of the ioctls, which the kselftest kfd_queues has;
 * packets, which tools/softgpu tests.
 */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "harness.h"
#include "internal.h"

#define SDMA		KFD_IOC_QUEUE_TYPE_SDMA
#define AQL_TYPE	KFD_IOC_QUEUE_TYPE_COMPUTE_AQL
#define RING		(VA + 16 * MIB)
#define RING_SIZE	65536u
#define POINTERS	(VA + 32 * MIB)
#define CWSR		(VA + 64 * MIB)
#define DATA		(VA + 128 * MIB)
#define DATA_SIZE	(8 * MIB)

/*
 * kfd_queue_ctx_save_restore_size(): control stack, with the waves, and with what the debugger
 * has, for 1520 waves of 38 CUs of gfx942 and 2048 of 60 of gfx906
 */
static const struct area {
	uint32_t stack, size, all;
} areas[] = {
	{ 0x3000, 0x1621000, 0x1621000 + 0xc000 },
	{ 0x5000, 0x13f1000, 0x13f1000 + 0x10000 },
};

static const struct area *area_of(const struct gctx *ctx)
{
	return &areas[IS_GFX906(ctx->guest)];
}

/* A queue in memory that the VMM sees too. */
struct queue {
	struct gctx *ctx;
	struct kfd_ioctl_create_queue_args args;
	struct virtkfd_blob *blobs[3];	/* ring, pointers, doorbells */
	uint8_t *mem[2];
	uint64_t handles[3];	/* those two, the area for the context of waves */
	uint64_t wptr;
};

static uint8_t *map_handle(struct gctx *ctx, uint64_t handle, uint64_t size,
			   struct virtkfd_blob **blob)
{
	uint32_t info;
	uint8_t *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	assert_int_equal(virtkfd_blob_create(ctx->guest->vm, ctx->id,
					     VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MEMORY, handle), size,
					     blob), 0);
	assert_int_equal(virtkfd_blob_map(*blob, mem, &info), 0);
	return mem;
}

static void unmap_blob(struct virtkfd_blob *blob, uint8_t *mem, uint64_t size)
{
	if (mem) {
		assert_ptr_equal(mmap(mem, size, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), mem);
		virtkfd_blob_unmapped(blob);
		munmap(mem, size);
	}
	virtkfd_blob_destroy(blob);
}

static uint64_t new_mem(struct gctx *ctx, uint32_t flags, uint64_t va, uint64_t size)
{
	uint64_t handle;

	assert_int_equal(kfd_alloc(ctx, flags | WRITABLE, va, size, &handle), 0);
	assert_int_equal(kfd_map(ctx, handle, ctx->guest->gpu_id, NULL), 0);
	return handle;
}

static void prepare(struct gctx *ctx, struct queue *q, uint32_t type)
{
	uint64_t db = (uint64_t)ctx->guest->gpu_id << 32;

	memset(q, 0, sizeof(*q));
	q->ctx = ctx;
	q->handles[0] = new_mem(ctx, GTT, RING, RING_SIZE);
	q->handles[1] = new_mem(ctx, GTT, POINTERS, PAGE);
	q->mem[0] = map_handle(ctx, q->handles[0], RING_SIZE, &q->blobs[0]);
	q->mem[1] = map_handle(ctx, q->handles[1], PAGE, &q->blobs[1]);
	assert_int_equal(virtkfd_blob_create(ctx->guest->vm, ctx->id,
					     VIRTKFD_BLOB_ID(VIRTKFD_BLOB_DOORBELL, db), SLICE,
					     &q->blobs[2]), 0);
	q->args = (struct kfd_ioctl_create_queue_args){
		.ring_base_address = RING, .ring_size = RING_SIZE,
		.read_pointer_address = POINTERS, .write_pointer_address = POINTERS + 64,
		.gpu_id = ctx->guest->gpu_id, .queue_type = type, .queue_percentage = 100,
	};
	if (type != AQL_TYPE)
		return;
	q->handles[2] = new_mem(ctx, VRAM, CWSR, area_of(ctx)->all);
	q->args.ctx_save_restore_address = CWSR;
	q->args.ctx_save_restore_size = area_of(ctx)->size;
	q->args.ctl_stack_size = area_of(ctx)->stack;
}

static int start(struct queue *q)
{
	return kfd(q->ctx, CREATE_QUEUE, &q->args);
}

static int stop(struct gctx *ctx, uint32_t id)
{
	struct kfd_ioctl_destroy_queue_args args = { .queue_id = id };

	return kfd(ctx, DESTROY_QUEUE, &args);
}

/* What the guest's mappings are; the queue may be gone or not. */
static void drop(struct queue *q)
{
	unmap_blob(q->blobs[0], q->mem[0], RING_SIZE);
	unmap_blob(q->blobs[1], q->mem[1], PAGE);
	unmap_blob(q->blobs[2], NULL, 0);
}

static uint64_t rptr(struct queue *q)
{
	return __atomic_load_n((uint64_t *)q->mem[1], __ATOMIC_ACQUIRE);
}

static bool wait_rptr(struct queue *q, uint64_t value)
{
	for (int i = 0; i < 20000; i++) {
		if (rptr(q) == value)
			return true;
		usleep(1000);
	}
	return false;
}

static void put(struct queue *q, const uint32_t *words, unsigned int num)
{
	for (unsigned int i = 0; i < num; i++, q->wptr += 4)
		__atomic_store_n((uint32_t *)(q->mem[0] + q->wptr % RING_SIZE), words[i],
				 __ATOMIC_RELAXED);
}

/* SDMA COPY_LINEAR */
static void copy(struct queue *q, uint64_t dst, uint64_t src, uint32_t size)
{
	const uint32_t words[] = { 1, size - 1, 0, (uint32_t)src, src >> 32, (uint32_t)dst,
				   dst >> 32 };

	put(q, words, 7);
}

static void ring(struct queue *q)
{
	__atomic_store_n((uint64_t *)(q->mem[1] + 64), q->wptr, __ATOMIC_RELEASE);
	virtkfd_doorbell_write(q->blobs[2], q->args.doorbell_offset, q->wptr, 8);
}

/* Many copies of the data's first half to the second one. */
static void busy(struct queue *q)
{
	for (int i = 0; i < 500; i++)
		copy(q, DATA + DATA_SIZE / 2, DATA, 4 * MIB - 64);
	ring(q);
}

static void test_wire(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	struct kfd_ioctl_create_queue_args good;
	struct queue q;

	prepare(ctx, &q, SDMA);
	good = q.args;
	/* Out only. */
	q.args.doorbell_offset = 8;
	assert_int_equal(start(&q), -EINVAL);
	/* The kernel's ENOTSUPP is not on the wire. */
	q.args = good;
	q.args.queue_type = 5;
	assert_int_equal(start(&q), -EOPNOTSUPP);
	assert_int_equal(stats(guest).queues, 0);
	/* KFD 1.18's form has no engine and no metadata. */
	q.args = good;
	q.args.sdma_engine_id = 0xeeee;
	q.args.metadata_ring_size = 0xeeee;
	assert_int_equal(kfd_raw(ctx, NR(CREATE_QUEUE), &q.args, 88, NULL, 0), 0);
	/* allocate_doorbell(): 0x100 * 8 */
	assert_int_equal(q.args.doorbell_offset, 0x800);
	assert_int_equal(q.args.queue_id, 0);
	assert_int_equal(stats(guest).queues, 1);
	assert_int_equal(stop(ctx, 0), 0);
	assert_int_equal(stop(ctx, 0), -EINVAL);
	assert_int_equal(stop(ctx, 5000), -EINVAL);
	assert_int_equal(stats(guest).queues, 0);
	drop(&q);
	ctx_free(ctx);
}

/* Sizes of the area for waves, how many queues a process can have, and their doorbells */
static void test_gpu(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	unsigned int most = IS_GFX906(guest) ? 127 : 255;
	struct kfd_ioctl_create_queue_args good;
	struct queue q;

	prepare(ctx, &q, AQL_TYPE);
	good = q.args;
	q.args.ctl_stack_size -= PAGE;
	assert_int_equal(start(&q), -EINVAL);
	q.args = good;
	q.args.ctl_stack_size += PAGE;
	assert_int_equal(start(&q), -EINVAL);
	q.args = good;
	q.args.ctx_save_restore_size -= PAGE;
	assert_int_equal(start(&q), -EINVAL);
	for (unsigned int i = 0; i < 3; i++) {
		q.args = good;
		q.args.queue_type = KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID;
		q.args.sdma_engine_id = i & 1;
		assert_int_equal(start(&q), 0);
		/* Engine 1 has a base of its own, the second queue of engine 0 the other half. */
		assert_int_equal(q.args.doorbell_offset / 8,
				 i == 1 ? (IS_GFX906(guest) ? 0x10a : 0x10c) : 0x100 + 256 * i);
	}
	for (unsigned int i = 3; i < most; i++) {
		q.args = good;
		q.args.queue_percentage = 0;
		assert_int_equal(start(&q), 0);
		assert_int_equal(q.args.doorbell_offset / 8, i - 3);
	}
	q.args = good;
	assert_int_equal(start(&q), -ENOSPC);
	assert_int_equal(stop(ctx, most / 2), 0);
	assert_int_equal(start(&q), 0);
	assert_int_equal(q.args.doorbell_offset / 8, most / 2 - 3);
	drop(&q);
	ctx_free(ctx);
}

static void test_cu_mask(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct kfd_ioctl_set_cu_mask_args args = { .num_cu_mask = 96 };
	uint32_t mask[34] = { 0 };
	struct queue q;

	prepare(ctx, &q, SDMA);
	assert_int_equal(start(&q), 0);
	/* 96 bits are 12 bytes, which take 16. */
	assert_int_equal(kfd_raw(ctx, NR(SET_CU_MASK), &args, sizeof(args), mask, 16), 0);
	assert_int_equal(kfd_raw(ctx, NR(SET_CU_MASK), &args, sizeof(args), mask, 12), 0);
	assert_int_equal(kfd_raw(ctx, NR(SET_CU_MASK), &args, sizeof(args), mask, 8), -EINVAL);
	assert_int_equal(kfd_raw(ctx, NR(SET_CU_MASK), &args, sizeof(args), mask, 24), -EINVAL);
	args.num_cu_mask = 33;
	assert_int_equal(kfd_raw(ctx, NR(SET_CU_MASK), &args, sizeof(args), mask, 8), -EINVAL);
	args.num_cu_mask = 1024;
	assert_int_equal(kfd_raw(ctx, NR(SET_CU_MASK), &args, sizeof(args), mask, 128), 0);
	args.num_cu_mask = 1056;
	assert_int_equal(kfd_raw(ctx, NR(SET_CU_MASK), &args, sizeof(args), mask, 136), -EINVAL);
	args.num_cu_mask = 32;
	args.cu_mask_ptr = 1;
	assert_int_equal(kfd_raw(ctx, NR(SET_CU_MASK), &args, sizeof(args), mask, 8), -EINVAL);
	drop(&q);
	ctx_free(ctx);
}

static void test_wave_state(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct kfd_ioctl_get_queue_wave_state_args args = { 0 };
	const uint32_t *header;
	struct queue q;
	uint32_t len;

	assert_int_equal(kfd(ctx, GET_QUEUE_WAVE_STATE, &args), -EFAULT);
	prepare(ctx, &q, AQL_TYPE);
	q.args.queue_percentage = 0;
	assert_int_equal(start(&q), 0);
	args.ctl_stack_address = VA;
	assert_int_equal(kfd(ctx, GET_QUEUE_WAVE_STATE, &args), -EINVAL);
	args.ctl_stack_address = 0;
	assert_int_equal(kfd(ctx, GET_QUEUE_WAVE_STATE, &args), 0);
	assert_int_equal(args.ctl_stack_address, 0);
	assert_int_equal(args.ctl_stack_used_size, 0);
	assert_int_equal(args.save_area_used_size, 0);
	header = kfd_out(ctx, &len);
	assert_int_equal(len, 16);
	assert_int_equal(header[0], area_of(ctx)->stack);
	assert_int_equal(header[1], 0);
	assert_int_equal(header[2], area_of(ctx)->stack);
	assert_int_equal(header[3], 0);
	drop(&q);
	ctx_free(ctx);
}

/* Only queues with waves have a control stack; what is said of another's is not to be believed. */
static void test_wave_state_of_no_waves(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct kfd_ioctl_get_queue_wave_state_args args = { 0 };
	struct queue q;

	prepare(ctx, &q, SDMA);
	q.args.ctl_stack_size = 0xfffffff8;
	assert_int_equal(start(&q), 0);
	assert_int_equal(vk_wave_state_size(vk_ctx_find(ctx->guest->vm, ctx->id), q.args.queue_id),
			 sizeof(struct kfd_context_save_area_header));
	args.queue_id = q.args.queue_id;
	assert_int_equal(kfd(ctx, GET_QUEUE_WAVE_STATE, &args), -EINVAL);
	drop(&q);
	ctx_free(ctx);
}

/* The VM's limit is that of all contexts; amdkfd has EPERM for a GPU that is full. */
static void test_limit(void **state)
{
	const struct virtkfd_limits limits = { .queues = 3 };
	struct guest *guest = guest_new(&limits);
	struct gctx *one = ctx_acquired(guest, 2), *two = ctx_acquired(guest, 3);
	struct queue p, q;

	(void)state;
	prepare(one, &p, SDMA);
	prepare(two, &q, SDMA);
	assert_int_equal(start(&p), 0);
	p.args.doorbell_offset = 0;
	assert_int_equal(start(&p), 0);
	assert_int_equal(start(&q), 0);
	q.args.doorbell_offset = 0;
	assert_int_equal(start(&q), -EPERM);
	assert_int_equal(stop(one, 1), 0);
	assert_int_equal(start(&q), 0);
	assert_int_equal(stats(guest).queues, 3);
	drop(&p);
	drop(&q);
	/* A context's end gives back all it had. */
	ctx_free(two);
	assert_int_equal(stats(guest).queues, 1);
	ctx_free(one);
	assert_int_equal(stats(guest).queues, 0);
	guest_free(guest);
}

/* Guest pages, of which some follow each other and some do not, and the other way round. */
static void test_copy_userptr(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	uint64_t ext[64], src, *ram = (uint64_t *)guest->ram;
	struct kfd_ioctl_alloc_memory_of_gpu_args args = {
		.va_addr = DATA, .size = 64 * PAGE, .gpu_id = guest->gpu_id,
		.flags = USERPTR | WRITABLE,
	};
	struct virtkfd_blob *blob;
	struct queue q;
	uint8_t *mem;

	for (uint64_t i = 0; i < RAM_SIZE / 8; i++)
		ram[i] = i * 0x9e3779b97f4a7c15;
	for (int i = 0; i < 64; i++)
		ext[i] = VIRTKFD_EXTENT((i % 3 ? 63 - i : 100 + i) * PAGE, 1);
	assert_int_equal(kfd_raw(ctx, NR(ALLOC_MEMORY_OF_GPU), &args, sizeof(args), ext,
				 sizeof(ext)), 0);
	assert_int_equal(kfd_map(ctx, args.handle, guest->gpu_id, NULL), 0);
	src = new_mem(ctx, VRAM, DATA + MIB, 64 * PAGE);
	mem = map_handle(ctx, src, 64 * PAGE, &blob);
	prepare(ctx, &q, SDMA);
	assert_int_equal(start(&q), 0);
	copy(&q, DATA + MIB, DATA, 64 * PAGE);
	ring(&q);
	assert_true(wait_rptr(&q, q.wptr));
	for (int i = 0; i < 64; i++)
		assert_memory_equal(mem + i * PAGE, guest->ram + VIRTKFD_EXTENT_GPA(ext[i]), PAGE);
	/* Back, shifted by some bytes. */
	copy(&q, DATA + 5, DATA + MIB, 64 * PAGE - 5);
	ring(&q);
	assert_true(wait_rptr(&q, q.wptr));
	for (int i = 0; i < 64; i++)
		assert_memory_equal(guest->ram + VIRTKFD_EXTENT_GPA(ext[i]) + 5, mem + i * PAGE,
				    PAGE - 5);
	unmap_blob(blob, mem, 64 * PAGE);
	drop(&q);
	ctx_free(ctx);
}

/* AQL queue memory is there twice. */
static void test_twice(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	struct virtkfd_blob *blob;
	uint64_t handle;
	struct queue q;
	uint8_t *mem;

	handle = new_mem(ctx, GTT | AQL, DATA, 4 * PAGE);
	mem = map_handle(ctx, handle, 2 * PAGE, &blob);
	for (unsigned int i = 0; i < 2 * PAGE; i++)
		mem[i] = i / 7;
	new_mem(ctx, GTT, DATA + MIB, 4 * PAGE);
	prepare(ctx, &q, SDMA);
	assert_int_equal(start(&q), 0);
	copy(&q, DATA + MIB, DATA + PAGE, 2 * PAGE);
	copy(&q, DATA + 2 * PAGE, DATA + MIB, 2 * PAGE);
	ring(&q);
	assert_true(wait_rptr(&q, q.wptr));
	for (unsigned int i = 0; i < 2 * PAGE; i++)
		assert_int_equal(mem[i], (uint8_t)((i + PAGE) % (2 * PAGE) / 7));
	unmap_blob(blob, mem, 2 * PAGE);
	drop(&q);
	ctx_free(ctx);
}

/* All that can be taken away from a queue under way, again and again. */
static void test_busy(void **state)
{
	struct guest *guest = *state;

	for (int i = 0; i < 40; i++) {
		struct gctx *ctx = ctx_acquired(guest, 2);
		uint64_t data = new_mem(ctx, i % 2 ? GTT : VRAM, DATA, DATA_SIZE);
		struct queue q;

		prepare(ctx, &q, SDMA);
		assert_int_equal(start(&q), 0);
		busy(&q);
		usleep(i * 100);
		switch (i % 4) {
		case 0:
			assert_int_equal(stop(ctx, 0), 0);
			assert_int_equal(kfd_unmap(ctx, data, guest->gpu_id, NULL), 0);
			assert_int_equal(kfd_free(ctx, data), 0);
			break;
		case 1:
			/* A fault, and the memory may go. */
			assert_int_equal(kfd_unmap(ctx, data, guest->gpu_id, NULL), 0);
			assert_int_equal(kfd_free(ctx, data), 0);
			break;
		case 2:
			/* The doorbells and the ring outlive the context. */
			assert_int_equal(virtkfd_ctx_destroy(guest->vm, 2), 0);
			virtkfd_doorbell_write(q.blobs[2], q.args.doorbell_offset, 64, 8);
			break;
		}
		drop(&q);
		ctx_free(ctx);
		assert_int_equal(stats(guest).queues, 0);
		assert_int_equal(stats(guest).memory, 0);
	}
}

static int render_va(struct gctx *ctx, uint32_t op, uint64_t va, uint64_t size)
{
	struct virtkfd_ccmd_render_va cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_RENDER_VA, .len = sizeof(cmd) },
		.gpu_id = ctx->guest->gpu_id, .res_id = op == AMDGPU_VA_OP_CLEAR ? 0 : 99,
		.operation = op, .va = va, .size = size,
		.flags = AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE,
	};

	return ctx_call(ctx, &cmd);
}

/*
 * Ring and data where the render node has mapped memory of another process: amdgpu's GEM_VA
 * takes it away from a queue, which keeps its buffers nevertheless.
 */
static void test_render_va(void **state)
{
	struct guest *guest = *state;

	for (int i = 0; i < 40; i++) {
		struct gctx *ctx = ctx_acquired(guest, 2), *other = ctx_acquired(guest, 3);
		struct virtkfd_blob *blob;
		uint64_t handle;
		struct queue q;
		uint8_t *mem;

		assert_int_equal(kfd_alloc(other, VRAM, 0, DATA_SIZE, &handle), 0);
		mem = map_handle(other, handle, DATA_SIZE, &blob);
		assert_int_equal(virtkfd_resource_attach_blob(guest->vm, 2, 99, blob), 0);
		prepare(ctx, &q, SDMA);
		assert_int_equal(render_va(ctx, AMDGPU_VA_OP_MAP, DATA, DATA_SIZE), 0);
		memset(mem, i, 4 * MIB);
		if (i % 2) {
			/* The ring is the memory's start, as the GPU and as the test sees it. */
			assert_int_equal(render_va(ctx, AMDGPU_VA_OP_MAP, DATA + 2 * DATA_SIZE,
						   RING_SIZE), 0);
			q.args.ring_base_address = DATA + 2 * DATA_SIZE;
			unmap_blob(q.blobs[0], q.mem[0], RING_SIZE);
			q.mem[0] = mem;
		}
		assert_int_equal(start(&q), 0);
		copy(&q, DATA + DATA_SIZE - MIB, DATA + MIB, MIB);
		ring(&q);
		assert_true(wait_rptr(&q, q.wptr));
		assert_memory_equal(mem + DATA_SIZE - MIB, mem + MIB, MIB);
		busy(&q);
		usleep(i * 100);
		switch (i / 2 % 4) {
		case 0:
			assert_int_equal(render_va(ctx, AMDGPU_VA_OP_CLEAR, DATA + MIB, MIB), 0);
			assert_int_equal(render_va(ctx, AMDGPU_VA_OP_CLEAR, DATA, 4 * DATA_SIZE),
					 0);
			break;
		case 1:
			assert_int_equal(render_va(ctx, VIRTKFD_RENDER_VA_CLOSE, 0, 0), 0);
			break;
		case 2:
			assert_int_equal(render_va(ctx, AMDGPU_VA_OP_REPLACE, DATA + MIB, MIB), 0);
			assert_int_equal(render_va(ctx, AMDGPU_VA_OP_UNMAP, DATA, 0), 0);
			break;
		}
		if (i % 2)
			q.mem[0] = NULL;
		else
			unmap_blob(q.blobs[0], q.mem[0], RING_SIZE);
		unmap_blob(q.blobs[1], q.mem[1], PAGE);
		unmap_blob(q.blobs[2], NULL, 0);
		unmap_blob(blob, mem, DATA_SIZE);
		ctx_free(other);
		if (i / 2 % 4 == 1)
			/* The ring's memory counts for as long as the queue may have it. */
			assert_int_equal(!!(guest->vm->gpu_bytes & DATA_SIZE), i % 2);
		ctx_free(ctx);
		assert_int_equal(guest->vm->gpu_bytes, 0);
		assert_int_equal(stats(guest).queues, 0);
		assert_int_equal(stats(guest).memory, 0);
	}
}

/* A reset of the VM in the middle of it. */
static void test_reset(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	struct queue q;

	new_mem(ctx, GTT, DATA, DATA_SIZE);
	prepare(ctx, &q, SDMA);
	assert_int_equal(start(&q), 0);
	busy(&q);
	drop(&q);
	virtkfd_vm_reset(guest->vm);
	assert_int_equal(stats(guest).queues, 0);
	ctx_free(ctx);
}

/* The next event that fires */
static void expect_event(struct gctx *control, uint32_t id)
{
	static uint64_t fence = 0x1000;
	struct guest *guest = control->guest;
	const struct virtkfd_event *events;
	uint32_t num;

	assert_int_equal(poll_send(control, 0, UINT32_MAX), 0);
	assert_int_equal(virtkfd_fence(guest->vm, control->id, VIRTKFD_RING_EVENTS, ++fence), 0);
	for (int i = 0; i < 20000 && !fence_done(guest, fence); i++)
		usleep(1000);
	assert_true(fence_done(guest, fence));
	events = poll_result(control, 0, &num);
	assert_int_equal(num, 1);
	assert_int_equal(events->event_id, id);
}

/*
 * A queue with a packet that cannot be. It is told as send_exception_work_handler() does, where
 * the header of the context save area says; or, if it says nothing, as a GPU that hangs.
 */
static void exception(struct guest *guest, uint32_t header, uint64_t where, uint64_t reason)
{
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_acquired(guest, 3);
	struct kfd_ioctl_update_queue_args pause = { 0 };
	struct kfd_context_save_area_header *area;
	uint32_t words[16] = { header }, hang, event;
	struct virtkfd_blob *blobs[2];
	uint64_t page, *data;
	struct queue q;

	page = new_mem(ctx, GTT, VA, 8 * PAGE);
	assert_int_equal(kfd_event(ctx, KFD_IOC_EVENT_SIGNAL, page, &event), 0);
	assert_int_equal(kfd_event(ctx, KFD_IOC_EVENT_HW_EXCEPTION, 0, &hang), 0);
	data = (uint64_t *)map_handle(ctx, new_mem(ctx, GTT, DATA, PAGE), PAGE, &blobs[0]);
	prepare(ctx, &q, AQL_TYPE);
	area = (void *)map_handle(ctx, q.handles[2], area_of(ctx)->all, &blobs[1]);
	area->err_payload_addr = where;
	area->err_event_id = event;
	data[1] = 1ULL << 63;
	assert_int_equal(start(&q), 0);
	put(&q, words, 16);
	virtkfd_doorbell_write(q.blobs[2], q.args.doorbell_offset, 0, 8);
	expect_event(control, reason ? event : hang);
	assert_int_equal(data[0], 0);
	assert_int_equal(data[1], 1ULL << 63 | reason);
	assert_int_equal(data[2], 0);
	/* Only what was reset cannot be changed any more. */
	pause.queue_id = q.args.queue_id;
	assert_int_equal(kfd(ctx, UPDATE_QUEUE, &pause), reason ? 0 : -EACCES);
	assert_int_equal(stop(ctx, q.args.queue_id), 0);
	unmap_blob(blobs[0], (uint8_t *)data, PAGE);
	unmap_blob(blobs[1], (uint8_t *)area, area_of(ctx)->all);
	drop(&q);
	ctx_free(ctx);
	ctx_free(control);
}

static void test_exceptions(void **state)
{
	/* A dispatch without dimensions; an agent's packet, which is for CPUs */
	exception(*state, 2, DATA + 8, KFD_EC_MASK(EC_QUEUE_PACKET_DISPATCH_DIM_INVALID));
	exception(*state, 4, DATA + 8, KFD_EC_MASK(EC_QUEUE_PACKET_UNSUPPORTED));
	exception(*state, 2, 0, 0);
	exception(*state, 4, 0, 0);
	/* No memory of the process, the end of it, no word */
	exception(*state, 2, DATA + PAGE, 0);
	exception(*state, 2, UINT64_MAX - 7, 0);
	exception(*state, 2, DATA + 4, 0);
}

struct ringer {
	struct queue *q;
	bool stop;
};

/* A kernel with v_mov_b64, which gfx906 does not have */
static void test_target(void **state)
{
	static const uint32_t code[] = { 0x7e0470f2, 0xbf810000 };	/* v[2:3], 1.0; s_endpgm */
	struct guest *guest = *state;
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_acquired(guest, 3);
	const uint32_t flags = GTT | KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE;
	uint32_t words[16] = {
		2 | 1 << 16, 64, 0, 64, [8] = DATA & UINT32_MAX, DATA >> 32,
	};
	struct virtkfd_blob *blob;
	struct queue q;
	uint32_t hang;
	uint8_t *mem;

	assert_int_equal(kfd_event(ctx, KFD_IOC_EVENT_HW_EXCEPTION, 0, &hang), 0);
	mem = map_handle(ctx, new_mem(ctx, flags, DATA, PAGE), PAGE, &blob);
	((uint64_t *)mem)[2] = 256;
	memcpy(mem + 256, code, sizeof(code));
	prepare(ctx, &q, AQL_TYPE);
	assert_int_equal(start(&q), 0);
	put(&q, words, 16);
	virtkfd_doorbell_write(q.blobs[2], q.args.doorbell_offset, 0, 8);
	if (IS_GFX906(guest))
		expect_event(control, hang);
	else
		assert_true(wait_rptr(&q, 1));
	assert_int_equal(rptr(&q), IS_GFX906(guest) ? 0 : 1);
	unmap_blob(blob, mem, PAGE);
	drop(&q);
	ctx_free(ctx);
	ctx_free(control);
}

/* Rings all doorbells, whatever becomes of the queues. */
static void *ringer(void *data)
{
	struct ringer *r = data;
	uint32_t n = 0;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED)) {
		uint32_t offset = n++ % 32 < 16 ? 0x800 + n % 64 * 8 : n * 40503 % SLICE & ~3u;

		virtkfd_doorbell_write(r->q->blobs[2], offset, n % 5 * 28, n % 3 ? 8 : 4);
	}
	return NULL;
}

static void test_race(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2), *other = ctx_acquired(guest, 3);
	struct queue q, p;
	struct ringer r = { .q = &q };
	pthread_t thread;
	uint64_t data;

	data = new_mem(ctx, GTT, DATA, DATA_SIZE);
	prepare(ctx, &q, SDMA);
	prepare(other, &p, SDMA);
	copy(&q, DATA + MIB, DATA, 4096);
	copy(&q, DATA + MIB, DATA, 4096);
	copy(&q, DATA + MIB, DATA, 4096);
	copy(&q, DATA + MIB, DATA, 4096);
	new_mem(other, GTT, DATA, DATA_SIZE);
	assert_int_equal(start(&p), 0);
	assert_int_equal(pthread_create(&thread, NULL, ringer, &r), 0);
	for (int i = 0; i < 300; i++) {
		struct kfd_ioctl_update_queue_args update = {
			.ring_base_address = RING, .ring_size = RING_SIZE,
			.queue_percentage = i % 3 ? 100 : 0, .queue_priority = i % 16,
		};

		q.args.doorbell_offset = 0;
		assert_int_equal(start(&q), 0);
		update.queue_id = q.args.queue_id;
		assert_in_range(kfd(ctx, UPDATE_QUEUE, &update) + 13, 0, 13);
		assert_int_equal(kfd_unmap(ctx, data, guest->gpu_id, NULL), 0);
		assert_int_equal(kfd_map(ctx, data, guest->gpu_id, NULL), 0);
		/* The neighbour does not notice. */
		if (i % 10 == 0) {
			copy(&p, DATA + MIB, DATA, 65536);
			ring(&p);
			assert_true(wait_rptr(&p, p.wptr));
		}
		assert_int_equal(stop(ctx, q.args.queue_id), 0);
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	drop(&q);
	drop(&p);
	ctx_free(ctx);
	ctx_free(other);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_wire),
		TEST_GPUS(test_gpu),
		TEST(test_cu_mask),
		TEST_GPUS(test_wave_state),
		TEST(test_wave_state_of_no_waves),
		cmocka_unit_test(test_limit),
		TEST(test_copy_userptr),
		TEST(test_twice),
		TEST(test_busy),
		TEST(test_render_va),
		TEST(test_reset),
		TEST(test_exceptions),
		TEST_GPUS(test_target),
		TEST(test_race),
	};

	return cmocka_run_group_tests_name("queues", tests, NULL, NULL);
}
