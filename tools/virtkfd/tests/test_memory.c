// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * ALLOC, FREE, MAP and UNMAP of GPU memory, guest pages, quotas. Errnos and their order are
 * those of kfd_chardev.c, amdgpu_amdkfd_gpuvm.c and amdgpu_vm.c (Linux 7.3); what is the
 * protocol's own stands in virtio_gpu_amdkfd.h.
 */
#include "harness.h"
#include "internal.h"

/* VRAM_AVAILABLITY_ALIGN */
#define VRAM_ALIGN	(2 * MIB)
/* max_pfn of gmc_v9_0.c for GC 9.4.3 */
#define VA_END		(1ULL << 48)

static uint64_t must_alloc(struct gctx *ctx, uint32_t flags, uint64_t va, uint64_t size)
{
	uint64_t handle = 0;

	assert_int_equal(kfd_alloc(ctx, flags, va, size, &handle), 0);
	/* MAKE_HANDLE() */
	assert_int_equal(handle >> 32, ctx->guest->gpu_id);
	return handle;
}

/* All kinds, from birth to death. */
static void test_life(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t size;
		uint64_t bytes;
	} kinds[] = {
		{ VRAM, PAGE, PAGE },
		{ VRAM | KFD_IOC_ALLOC_MEM_FLAGS_PUBLIC, 3 * PAGE, 3 * PAGE },
		{ VRAM | GTT, PAGE, PAGE },
		{ GTT, 1, PAGE },
		{ GTT | KFD_IOC_ALLOC_MEM_FLAGS_COHERENT, PAGE + 1, 2 * PAGE },
		{ GTT | AQL, 2 * PAGE, PAGE },
		{ GTT | AQL, 2, PAGE },
		{ DOORBELL, SLICE, SLICE },
		{ MMIO, PAGE, PAGE },
	};
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint32_t gpu = ctx->guest->gpu_id;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		uint64_t handle = must_alloc(ctx, kinds[i].flags, VA, kinds[i].size);
		uint32_t n = 9;

		assert_int_equal(stats(*state).memory, 1);
		assert_int_equal(stats(*state).memory_bytes, kinds[i].bytes);
		assert_int_equal(stats(*state).pinned_bytes, 0);
		assert_int_equal(kfd_unmap(ctx, handle, gpu, &n), -EINVAL);
		assert_int_equal(n, 0);
		assert_int_equal(kfd_map(ctx, handle, gpu, &n), 0);
		assert_int_equal(n, 1);
		/* What is attached already is mapped once. */
		assert_int_equal(kfd_map(ctx, handle, gpu, &n), 0);
		assert_int_equal(n, 1);
		assert_int_equal(kfd_free(ctx, handle), -EBUSY);
		assert_int_equal(kfd_unmap(ctx, handle, gpu, &n), 0);
		assert_int_equal(n, 1);
		assert_int_equal(kfd_unmap(ctx, handle, gpu, &n), -EINVAL);
		assert_int_equal(n, 0);
		assert_int_equal(stats(*state).memory, 1);
		assert_int_equal(kfd_free(ctx, handle), 0);
		assert_int_equal(stats(*state).memory, 0);
		assert_int_equal(stats(*state).memory_bytes, 0);
		assert_int_equal(kfd_free(ctx, handle), -EINVAL);
		assert_int_equal(kfd_map(ctx, handle, gpu, NULL), -ENOMEM);
		assert_int_equal(kfd_unmap(ctx, handle, gpu, NULL), -ENOMEM);
	}
	ctx_free(ctx);
}

static void test_alloc_errors(void **state)
{
	static const struct {
		uint32_t flags;
		uint64_t size;
		int ret;
	} bad[] = {
		{ GTT, 0, -EINVAL },
		{ VRAM, 0, -EINVAL },
		{ USERPTR, 0, -EINVAL },
		{ 0, PAGE, -EINVAL },
		{ WRITABLE | AQL, PAGE, -EINVAL },
		{ DOORBELL, SLICE - PAGE, -EINVAL },
		{ DOORBELL, SLICE + PAGE, -EINVAL },
		{ DOORBELL, UINT64_MAX, -EINVAL },
		{ MMIO, 2 * PAGE, -EINVAL },
		{ MMIO, 1, -EINVAL },
		/* PAGE_ALIGN() wraps */
		{ GTT, UINT64_MAX, -EINVAL },
		{ VRAM, UINT64_MAX - PAGE + 2, -EINVAL },
		/* reject AQL queue with size < 2 */
		{ GTT | AQL, 1, -EINVAL },
		{ GTT, 1ULL << 63, -ENOMEM },
		{ VRAM, 1ULL << 63, -ENOMEM },
		{ VRAM, UINT64_MAX - PAGE + 1, -ENOMEM },
		{ GTT | AQL, UINT64_MAX, -ENOMEM },
		/* Doorbells come before the kind of memory. */
		{ GTT | DOORBELL, PAGE, -EINVAL },
		{ VRAM | MMIO, 2 * PAGE, -EINVAL },
	};
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint64_t available = kfd_available(ctx);
	struct kfd_ioctl_alloc_memory_of_gpu_args args = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_int_equal(kfd_alloc(ctx, bad[i].flags, VA, bad[i].size, NULL), bad[i].ret);
		assert_int_equal(stats(*state).memory, 0);
		assert_int_equal(kfd_available(ctx), available);
	}
	for (uint32_t id = 0; id < 3; id++) {
		args = (struct kfd_ioctl_alloc_memory_of_gpu_args){
			.va_addr = VA, .size = PAGE, .flags = GTT,
			.gpu_id = (uint32_t[]){ 0, UINT32_MAX, ctx->guest->gpu_id + 1 }[id],
		};
		assert_int_equal(kfd(ctx, ALLOC_MEMORY_OF_GPU, &args), -EINVAL);
	}
	args.gpu_id = ctx->guest->gpu_id;
	args.mmap_offset = PAGE;
	assert_int_equal(kfd(ctx, ALLOC_MEMORY_OF_GPU, &args), -EINVAL);
	args.mmap_offset = 0;
	assert_int_equal(kfd(ctx, ALLOC_MEMORY_OF_GPU, &args), 0);
	ctx_free(ctx);
}

/* kfd_bind_process_to_device() without a VM; its place in the order of the checks. */
static void test_before_acquire(void **state)
{
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	uint32_t gpu = ctx->guest->gpu_id;
	uint64_t handle = (uint64_t)gpu << 32;

	assert_int_equal(kfd_alloc(ctx, GTT, VA, PAGE, NULL), -ENODEV);
	assert_int_equal(kfd_alloc(ctx, GTT, VA, 0, NULL), -EINVAL);
	assert_int_equal(kfd_alloc(ctx, DOORBELL, VA, PAGE, NULL), -ENODEV);
	assert_int_equal(kfd_userptr(ctx, VA, 0, PAGE, NULL), -ENODEV);
	assert_int_equal(pinned(*state), 0);
	assert_int_equal(kfd_map(ctx, handle, gpu, NULL), -ENODEV);
	assert_int_equal(kfd_unmap(ctx, handle, gpu, NULL), -ENOMEM);
	assert_int_equal(kfd_free(ctx, handle), -EINVAL);
	assert_int_equal(kfd_acquire(ctx), 0);
	assert_int_equal(kfd_acquire(ctx), 0);
	handle = must_alloc(ctx, GTT, VA, PAGE);
	assert_int_equal(kfd_map(ctx, handle, gpu, NULL), 0);
	ctx_free(ctx);
}

static void test_bad_handles(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct gctx *other = ctx_acquired(*state, 3);
	uint32_t gpu = ctx->guest->gpu_id;
	uint64_t base = (uint64_t)gpu << 32;
	uint64_t mine = must_alloc(ctx, GTT, VA, PAGE);
	static const uint32_t ids[] = { 1, 2, 0x7fffffff, 0x80000000, 0xffffffff };

	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		uint64_t bad = base | (uint32_t)(mine + ids[i]);

		assert_int_equal(kfd_map(ctx, bad, gpu, NULL), -ENOMEM);
		assert_int_equal(kfd_unmap(ctx, bad, gpu, NULL), -ENOMEM);
		assert_int_equal(kfd_free(ctx, bad), -EINVAL);
	}
	/* Of a GPU that is not there. */
	assert_int_equal(kfd_map(ctx, mine + (1ULL << 32), gpu, NULL), -EINVAL);
	assert_int_equal(kfd_unmap(ctx, mine + (1ULL << 32), gpu, NULL), -EINVAL);
	assert_int_equal(kfd_free(ctx, mine + (1ULL << 32)), -EINVAL);
	assert_int_equal(kfd_free(ctx, 0), -EINVAL);
	assert_int_equal(kfd_free(ctx, UINT64_MAX), -EINVAL);
	/* Of another process. */
	assert_int_equal(kfd_map(other, mine, gpu, NULL), -ENOMEM);
	assert_int_equal(kfd_unmap(other, mine, gpu, NULL), -ENOMEM);
	assert_int_equal(kfd_free(other, mine), -EINVAL);
	assert_int_equal(stats(*state).memory, 1);
	assert_int_equal(kfd_map(ctx, mine, gpu, NULL), 0);
	ctx_free(other);
	ctx_free(ctx);
}

/* A freed handle names nothing until it is given out again; no two objects share one. */
static void test_handles_unique(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint64_t handles[100];

	for (size_t i = 0; i < ARRAY_LEN(handles); i++) {
		handles[i] = must_alloc(ctx, GTT, VA + i * PAGE, PAGE);
		for (size_t j = 0; j < i; j++)
			assert_int_not_equal(handles[i], handles[j]);
	}
	for (size_t i = 0; i < ARRAY_LEN(handles); i += 2) {
		assert_int_equal(kfd_free(ctx, handles[i]), 0);
		assert_int_equal(kfd_free(ctx, handles[i]), -EINVAL);
	}
	assert_int_equal(stats(*state).memory, ARRAY_LEN(handles) / 2);
	for (size_t i = 1; i < ARRAY_LEN(handles); i += 2)
		assert_int_equal(kfd_map(ctx, handles[i], ctx->guest->gpu_id, NULL), 0);
	ctx_free(ctx);
}

struct devices {
	uint32_t n_devices;
	uint32_t n_success;
	uint32_t ids[4];
};

/* MAP or UNMAP for those devices; n_success comes back in @devices. */
static int multi(struct gctx *ctx, uint32_t nr, uint64_t handle, struct devices *devices)
{
	struct kfd_ioctl_map_memory_to_gpu_args args = {
		.handle = handle,
		.n_devices = devices->n_devices, .n_success = devices->n_success,
	};
	int ret = kfd_raw(ctx, nr, &args, sizeof(args), devices->ids, 4 * devices->n_devices);

	assert_int_equal(args.n_devices, devices->n_devices);
	assert_int_equal(args.device_ids_array_ptr, 0);
	devices->n_success = args.n_success;
	return ret;
}

static void test_n_success(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint32_t gpu = ctx->guest->gpu_id, bad = gpu + 1;
	uint64_t handle = must_alloc(ctx, GTT, VA, PAGE);
	const struct {
		struct devices devices;
		uint32_t n_success;
		int map;
		int unmap;
		uint32_t n_unmapped;
	} rows[] = {
		{ { 0, 0, { gpu } }, 0, -EINVAL, -EINVAL, 0 },
		{ { 1, 2, { gpu } }, 2, -EINVAL, -EINVAL, 2 },
		{ { 1, UINT32_MAX, { gpu } }, UINT32_MAX, -EINVAL, -EINVAL, UINT32_MAX },
		/* All done: nothing is left to do. */
		{ { 1, 1, { gpu } }, 1, 0, 0, 1 },
		{ { 1, 0, { bad } }, 0, -EINVAL, -EINVAL, 0 },
		{ { 1, 0, { 0 } }, 0, -EINVAL, -EINVAL, 0 },
		{ { 2, 0, { bad, gpu } }, 0, -EINVAL, -EINVAL, 0 },
		{ { 2, 1, { gpu, bad } }, 1, -EINVAL, -EINVAL, 1 },
	};
	struct devices devices;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		devices = rows[i].devices;
		assert_int_equal(multi(ctx, NR(MAP_MEMORY_TO_GPU), handle, &devices),
				 rows[i].map);
		assert_int_equal(devices.n_success, rows[i].n_success);
		devices = rows[i].devices;
		assert_int_equal(multi(ctx, NR(UNMAP_MEMORY_FROM_GPU), handle, &devices),
				 rows[i].unmap);
		assert_int_equal(devices.n_success, rows[i].n_unmapped);
		/* Nothing has been mapped. */
		assert_int_equal(kfd_free(ctx, handle), 0);
		handle = must_alloc(ctx, GTT, VA, PAGE);
	}

	/* A failure says how far it came, and what was done stays. */
	devices = (struct devices){ 3, 0, { gpu, gpu, bad } };
	assert_int_equal(multi(ctx, NR(MAP_MEMORY_TO_GPU), handle, &devices), -EINVAL);
	assert_int_equal(devices.n_success, 2);
	assert_int_equal(kfd_free(ctx, handle), -EBUSY);
	/* The same call goes on where it has stopped. */
	devices.ids[2] = gpu;
	assert_int_equal(multi(ctx, NR(MAP_MEMORY_TO_GPU), handle, &devices), 0);
	assert_int_equal(devices.n_success, 3);
	/* It was mapped once. */
	devices.n_success = 0;
	assert_int_equal(multi(ctx, NR(UNMAP_MEMORY_FROM_GPU), handle, &devices), -EINVAL);
	assert_int_equal(devices.n_success, 1);
	assert_int_equal(kfd_free(ctx, handle), 0);
	ctx_free(ctx);
}

/* An address is looked at when it is mapped, not before. */
static void test_addresses(void **state)
{
	static const struct {
		uint64_t va;
		uint64_t size;
		int ret;
	} rows[] = {
		{ 0, PAGE, -EINVAL },
		{ VA + 1, PAGE, -EINVAL },
		{ VA + 0x800, PAGE, -EINVAL },
		{ VA_END, PAGE, -EINVAL },
		{ VA_END - PAGE, 2 * PAGE, -EINVAL },
		{ 0x0000800000000000, PAGE, 0 },
		{ 0xffff800000000000, PAGE, -EINVAL },
		{ 0xfffffffffffff000, PAGE, -EINVAL },
		{ 0xfffffffffffff000, 2 * PAGE, -EINVAL },
		{ UINT64_MAX, PAGE, -EINVAL },
		{ PAGE, PAGE, 0 },
		{ VA_END - PAGE, PAGE, 0 },
		{ VA, PAGE, 0 },
	};
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint32_t gpu = ctx->guest->gpu_id;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t handle = must_alloc(ctx, GTT, rows[i].va, rows[i].size);
		uint32_t n = 9;

		assert_int_equal(kfd_map(ctx, handle, gpu, &n), rows[i].ret);
		assert_int_equal(n, !rows[i].ret);
		assert_int_equal(kfd_unmap(ctx, handle, gpu, &n), rows[i].ret);
		assert_int_equal(kfd_free(ctx, handle), 0);
	}
	ctx_free(ctx);
}

/*
 * What the kernel has mapped: seq64 (amdgpu_seq64_map()) and the trap handler
 * (KFD_CWSR_TBA_TMA_SIZE from AMDGPU_VA_RESERVED_TRAP_START on).
 */
static void test_reserved(void **state)
{
	const uint64_t seq64 = VA_END - 4 * MIB, trap = seq64 - (1 << 16);
	const struct {
		uint64_t va;
		int ret;
	} rows[] = {
		{ trap - PAGE, 0 },
		{ trap, -EINVAL },
		{ trap + PAGE, -EINVAL },
		{ trap + 2 * PAGE, 0 },
		{ seq64 - PAGE, 0 },
		{ seq64, -EINVAL },
		{ seq64 + 2 * MIB - PAGE, -EINVAL },
		{ seq64 + 2 * MIB, 0 },
	};
	struct gctx *ctx = ctx_acquired(*state, 2);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(kfd_map(ctx, must_alloc(ctx, GTT, rows[i].va, PAGE),
					 ctx->guest->gpu_id, NULL), rows[i].ret);
	ctx_free(ctx);
}

static void test_overlap(void **state)
{
	static const struct {
		int64_t first;	/* page, relative to VA */
		uint64_t pages;
		int ret;
	} rows[] = {
		{ -1, 1, 0 },
		{ 4, 1, 0 },
		{ 0, 1, -EINVAL },
		{ 0, 4, -EINVAL },
		{ 1, 2, -EINVAL },
		{ 3, 1, -EINVAL },
		{ 3, 2, -EINVAL },
		{ -1, 2, -EINVAL },
		{ -2, 8, -EINVAL },
	};
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct gctx *other = ctx_acquired(*state, 3);
	uint32_t gpu = ctx->guest->gpu_id;
	uint64_t first = must_alloc(ctx, GTT, VA, 4 * PAGE);

	assert_int_equal(kfd_map(ctx, first, gpu, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t va = VA + rows[i].first * PAGE;
		uint64_t handle = must_alloc(ctx, VRAM, va, rows[i].pages * PAGE);

		assert_int_equal(kfd_map(ctx, handle, gpu, NULL), rows[i].ret);
		assert_int_equal(kfd_unmap(ctx, handle, gpu, NULL), rows[i].ret);
		/* Once the other one is gone there is room. */
		assert_int_equal(kfd_unmap(ctx, first, gpu, NULL), 0);
		assert_int_equal(kfd_map(ctx, handle, gpu, NULL), 0);
		assert_int_equal(kfd_unmap(ctx, handle, gpu, NULL), 0);
		assert_int_equal(kfd_map(ctx, first, gpu, NULL), 0);
		assert_int_equal(kfd_free(ctx, handle), 0);
	}
	/* Another process has addresses of its own. */
	assert_int_equal(kfd_map(other, must_alloc(other, GTT, VA, PAGE), gpu, NULL), 0);
	ctx_free(other);
	ctx_free(ctx);
}

/* Queue memory is mapped twice in a row, the upper half first (list_add of attachments). */
static void test_aql_halves(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint32_t gpu = ctx->guest->gpu_id;
	uint64_t aql = must_alloc(ctx, GTT | AQL, VA, 4 * PAGE);
	uint64_t low = must_alloc(ctx, GTT, VA + PAGE, PAGE);
	uint64_t high = must_alloc(ctx, GTT, VA + 3 * PAGE, PAGE);
	uint64_t behind = must_alloc(ctx, GTT, VA + 4 * PAGE, PAGE);

	assert_int_equal(kfd_map(ctx, aql, gpu, NULL), 0);
	assert_int_equal(kfd_map(ctx, low, gpu, NULL), -EINVAL);
	assert_int_equal(kfd_map(ctx, high, gpu, NULL), -EINVAL);
	assert_int_equal(kfd_map(ctx, behind, gpu, NULL), 0);
	assert_int_equal(kfd_unmap(ctx, aql, gpu, NULL), 0);
	assert_int_equal(kfd_map(ctx, high, gpu, NULL), 0);
	/* The upper half fails, so nothing gets mapped. */
	assert_int_equal(kfd_map(ctx, aql, gpu, NULL), -EINVAL);
	assert_int_equal(kfd_unmap(ctx, aql, gpu, NULL), -EINVAL);
	assert_int_equal(kfd_unmap(ctx, high, gpu, NULL), 0);
	/* The lower half fails, the upper one stays. */
	assert_int_equal(kfd_map(ctx, low, gpu, NULL), 0);
	assert_int_equal(kfd_map(ctx, aql, gpu, NULL), -EINVAL);
	assert_int_equal(kfd_map(ctx, high, gpu, NULL), -EINVAL);
	assert_int_equal(kfd_free(ctx, aql), -EBUSY);
	assert_int_equal(kfd_unmap(ctx, low, gpu, NULL), 0);
	assert_int_equal(kfd_map(ctx, aql, gpu, NULL), 0);
	assert_int_equal(kfd_unmap(ctx, aql, gpu, NULL), 0);
	assert_int_equal(kfd_free(ctx, aql), 0);
	ctx_free(ctx);
}

static void test_available(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint64_t before = kfd_available(ctx);
	uint64_t gtt, one, two, all;

	assert_true(before > 0);
	assert_int_equal(before % VRAM_ALIGN, 0);
	gtt = must_alloc(ctx, GTT, VA, 8 * MIB);
	assert_int_equal(kfd_available(ctx), before);
	one = must_alloc(ctx, VRAM, VA, PAGE);
	assert_int_equal(kfd_available(ctx), before - VRAM_ALIGN);
	two = must_alloc(ctx, VRAM, VA, VRAM_ALIGN + PAGE);
	assert_int_equal(kfd_available(ctx), before - 3 * VRAM_ALIGN);
	assert_int_equal(kfd_free(ctx, one), 0);
	assert_int_equal(kfd_available(ctx), before - 2 * VRAM_ALIGN);
	assert_int_equal(kfd_free(ctx, two), 0);
	assert_int_equal(kfd_free(ctx, gtt), 0);
	assert_int_equal(kfd_available(ctx), before);
	/* What it says is there to be had. */
	all = must_alloc(ctx, VRAM, VA, before);
	assert_int_equal(kfd_available(ctx), 0);
	assert_int_equal(kfd_alloc(ctx, VRAM, VA, VRAM_ALIGN, NULL), -ENOMEM);
	assert_int_equal(kfd_free(ctx, all), 0);
	assert_int_equal(kfd_available(ctx), before);
	ctx_free(ctx);
}

static void test_userptr(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	struct vk_mem *mem;
	uint64_t handle;

	/* Across a border of the host's runs, which splits the extent. */
	assert_int_equal(kfd_userptr(ctx, VA, RAM_SPLIT - 2 * PAGE, 5 * PAGE, &handle), 0);
	assert_int_equal(stats(guest).memory, 1);
	assert_int_equal(stats(guest).memory_bytes, 5 * PAGE);
	assert_int_equal(stats(guest).pinned_bytes, 5 * PAGE);
	assert_int_equal(guest->mapped, 2);
	mem = vk_mem_find(vk_ctx_find(guest->vm, 2), handle);
	assert_non_null(mem);
	assert_int_equal(mem->num_ranges, 2);
	assert_ptr_equal(mem->ranges[0].ptr, guest->ram + RAM_SPLIT - 2 * PAGE);
	assert_int_equal(mem->ranges[0].len, 2 * PAGE);
	assert_ptr_equal(mem->ranges[1].ptr, guest->ram + RAM_SPLIT);
	assert_int_equal(mem->ranges[1].len, 3 * PAGE);
	assert_int_equal(kfd_map(ctx, handle, guest->gpu_id, NULL), 0);
	assert_int_equal(kfd_free(ctx, handle), -EBUSY);
	assert_int_equal(guest->mapped, 2);
	assert_int_equal(kfd_unmap(ctx, handle, guest->gpu_id, NULL), 0);
	assert_int_equal(guest->mapped, 2);
	assert_int_equal(kfd_free(ctx, handle), 0);
	assert_int_equal(guest->mapped, 0);
	assert_int_equal(pinned(guest), 0);
	assert_int_equal(stats(guest).pinned_bytes, 0);
	/* Bytes are given, pages are taken. */
	assert_int_equal(kfd_userptr(ctx, VA, 0, PAGE + 1, &handle), 0);
	assert_int_equal(pinned(guest), 2 * PAGE);
	/* The same pages twice, and an end of the context with all of it mapped. */
	assert_int_equal(kfd_userptr(ctx, VA + MIB, 0, PAGE, &handle), 0);
	assert_int_equal(kfd_map(ctx, handle, guest->gpu_id, NULL), 0);
	assert_int_equal(pinned(guest), 3 * PAGE);
	ctx_free(ctx);
	assert_int_equal(guest->mapped, 0);
	assert_int_equal(pinned(guest), 0);
}

/* As many extents as wanted, in their order. */
static void test_userptr_scattered(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	uint64_t ext[300];
	struct kfd_ioctl_alloc_memory_of_gpu_args args = {
		.va_addr = VA, .size = ARRAY_LEN(ext) * PAGE, .gpu_id = guest->gpu_id,
		.flags = USERPTR,
	};
	struct vk_mem *mem;

	for (size_t i = 0; i < ARRAY_LEN(ext); i++)
		ext[i] = VIRTKFD_EXTENT((ARRAY_LEN(ext) - i) * 2 * PAGE, 1);
	assert_int_equal(kfd_raw(ctx, NR(ALLOC_MEMORY_OF_GPU), &args, sizeof(args), ext,
				 sizeof(ext)), 0);
	mem = vk_mem_find(vk_ctx_find(guest->vm, 2), args.handle);
	assert_int_equal(mem->num_ranges, ARRAY_LEN(ext));
	for (size_t i = 0; i < ARRAY_LEN(ext); i++)
		assert_ptr_equal(mem->ranges[i].ptr,
				 guest->ram + (ARRAY_LEN(ext) - i) * 2 * PAGE);
	assert_int_equal(pinned(guest), sizeof(ext) / 8 * PAGE);
	assert_int_equal(kfd_free(ctx, args.handle), 0);
	assert_int_equal(pinned(guest), 0);
	ctx_free(ctx);
}

static void test_userptr_errors(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	const struct {
		uint32_t flags;
		uint64_t size;
		uint32_t in_len;
		uint64_t ext[3];
		int ret;
	} rows[] = {
		{ USERPTR, PAGE, 0, { 0 }, -EINVAL },
		{ USERPTR, PAGE, 16, { 0, PAGE }, -EINVAL },
		{ USERPTR, 2 * PAGE, 8, { 0 }, -EINVAL },
		{ USERPTR, PAGE, 4, { 0 }, -EINVAL },
		{ USERPTR, PAGE, 12, { 0 }, -EINVAL },
		{ USERPTR, 1ULL << 63, 8, { 0 }, -EINVAL },
		{ USERPTR, UINT64_MAX, 8, { 0 }, -EINVAL },
		{ USERPTR, UINT64_MAX, 0, { 0 }, -EINVAL },
		{ GTT, PAGE, 8, { 0 }, -EINVAL },
		{ VRAM | USERPTR, PAGE, 8, { 0 }, -EINVAL },
		{ DOORBELL, SLICE, 8, { 0 }, -EINVAL },
		{ USERPTR, PAGE, 8, { RAM_SIZE }, -EFAULT },
		{ USERPTR, PAGE, 8, { 0xfffffffffffff000 }, -EFAULT },
		{ USERPTR, 2 * PAGE, 8, { 0xfffffffffffff001 }, -EFAULT },
		{ USERPTR, 2 * PAGE, 8, { (RAM_SIZE - PAGE) | 1 }, -EFAULT },
		/* What comes before the bad one is let go again. */
		{ USERPTR, 3 * PAGE, 24, { 0, PAGE, RAM_SIZE }, -EFAULT },
		{ USERPTR, 4 * PAGE, 16, { (RAM_SPLIT - PAGE) | 1, (RAM_SIZE - PAGE) | 1 },
		  -EFAULT },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct kfd_ioctl_alloc_memory_of_gpu_args args = {
			.va_addr = VA, .size = rows[i].size, .gpu_id = guest->gpu_id,
			.flags = rows[i].flags,
		};

		assert_int_equal(kfd_raw(ctx, NR(ALLOC_MEMORY_OF_GPU), &args, sizeof(args),
					 rows[i].ext, rows[i].in_len), rows[i].ret);
		assert_int_equal(stats(guest).memory, 0);
		assert_int_equal(stats(guest).pinned_bytes, 0);
		assert_int_equal(guest->mapped, 0);
		assert_int_equal(pinned(guest), 0);
	}
	ctx_free(ctx);
}

static void test_vram_quota(void **state)
{
	const struct virtkfd_limits limits = { .vram = 8 * MIB };
	struct guest *guest = guest_new(&limits);
	struct gctx *ctx = ctx_acquired(guest, 2);
	struct gctx *other = ctx_acquired(guest, 3);
	uint64_t a, b, aql;

	(void)state;
	assert_int_equal(kfd_alloc(ctx, GTT, VA, 8 * MIB + 1, NULL), -ENOMEM);
	a = must_alloc(ctx, GTT, VA, 5 * MIB);
	/* Both kinds and all contexts count together. */
	b = must_alloc(other, VRAM, VA, 3 * MIB);
	assert_int_equal(kfd_alloc(ctx, VRAM, VA, 1, NULL), -ENOMEM);
	assert_int_equal(kfd_alloc(other, GTT, VA, 1, NULL), -ENOMEM);
	assert_true(guest->warnings >= 3);
	/* What is not memory of the host's is not counted. */
	must_alloc(ctx, DOORBELL, VA, SLICE);
	assert_int_equal(kfd_userptr(ctx, VA, 0, PAGE, NULL), 0);
	assert_int_equal(kfd_free(other, b), 0);
	/* Half of it, twice mapped. */
	aql = must_alloc(ctx, GTT | AQL, VA, 6 * MIB);
	assert_int_equal(kfd_alloc(ctx, VRAM, VA, 1, NULL), -ENOMEM);
	assert_int_equal(kfd_free(ctx, aql), 0);
	assert_int_equal(kfd_free(ctx, a), 0);
	a = must_alloc(ctx, GTT, VA, 8 * MIB);
	/* A context that ends gives back what it had. */
	ctx_free(ctx);
	must_alloc(other, GTT, VA, 8 * MIB);
	ctx_free(other);
	guest_free(guest);
}

static void test_pinned_quota(void **state)
{
	const struct virtkfd_limits limits = { .pinned = 8 * PAGE };
	struct guest *guest = guest_new(&limits);
	struct gctx *ctx = ctx_acquired(guest, 2);
	struct gctx *other = ctx_acquired(guest, 3);
	uint64_t a;

	(void)state;
	assert_int_equal(kfd_userptr(ctx, VA, 0, 8 * PAGE + 1, NULL), -ENOMEM);
	assert_int_equal(pinned(guest), 0);
	assert_int_equal(kfd_userptr(ctx, VA, 0, 5 * PAGE, &a), 0);
	assert_int_equal(kfd_userptr(other, VA, 0, 2 * PAGE + 1, NULL), 0);
	assert_int_equal(kfd_userptr(ctx, VA, 0, 1, NULL), -ENOMEM);
	assert_int_equal(kfd_userptr(other, VA, 0, 1, NULL), -ENOMEM);
	must_alloc(ctx, GTT, VA, MIB);
	assert_int_equal(kfd_free(ctx, a), 0);
	assert_int_equal(kfd_userptr(ctx, VA, 0, 5 * PAGE, &a), 0);
	ctx_free(other);
	assert_int_equal(kfd_userptr(ctx, VA, 0, 3 * PAGE, NULL), 0);
	assert_int_equal(stats(guest).pinned_bytes, limits.pinned);
	ctx_free(ctx);
	guest_free(guest);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_life),
		TEST(test_alloc_errors),
		TEST(test_before_acquire),
		TEST(test_bad_handles),
		TEST(test_handles_unique),
		TEST(test_n_success),
		TEST(test_addresses),
		TEST(test_reserved),
		TEST(test_overlap),
		TEST(test_aql_halves),
		TEST(test_available),
		TEST(test_userptr),
		TEST(test_userptr_scattered),
		TEST(test_userptr_errors),
		cmocka_unit_test(test_vram_quota),
		cmocka_unit_test(test_pinned_quota),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
