// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Blobs: what of a context can be mapped, with which size, for how long it lives, what is in
 * it; trapped doorbells. Expected is what virtkfd.h and virtio_gpu_amdkfd.h say.
 */
#include <sys/mman.h>

#include <linux/virtio_gpu.h>

#include "harness.h"
#include "internal.h"
#include "soft.h"

#define MEMORY		VIRTKFD_BLOB_MEMORY

/* Pages of the VMM's own, of which blobs replace some. */
#define WINDOW		(64 * PAGE)

static uint8_t *window_new(void)
{
	uint8_t *window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(window, MAP_FAILED);
	memset(window, 0xaa, WINDOW);
	return window;
}

static void check_filled(const uint8_t *mem, uint8_t with, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_int_equal(mem[i], with);
}

static uint64_t must_alloc(struct gctx *ctx, uint32_t flags, uint64_t size)
{
	uint64_t handle = 0;

	assert_int_equal(kfd_alloc(ctx, flags, VA, size, &handle), 0);
	return handle;
}

static int create(struct gctx *ctx, uint64_t id, uint64_t size, struct virtkfd_blob **blob)
{
	return virtkfd_blob_create(ctx->guest->vm, ctx->id, id, size, blob);
}

static struct virtkfd_blob *must_create(struct gctx *ctx, uint32_t type, uint64_t handle,
					uint64_t size)
{
	struct virtkfd_blob *blob;

	assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(type, handle), size, &blob), 0);
	return blob;
}

static struct virtkfd_blob *of_gpu(struct gctx *ctx, uint32_t type, uint64_t size)
{
	return must_create(ctx, type, (uint64_t)ctx->guest->gpu_id << 32, size);
}

static void must_map(struct virtkfd_blob *blob, void *addr)
{
	uint32_t map_info = 0;

	assert_false(virtkfd_blob_trapped(blob));
	assert_int_equal(virtkfd_blob_map(blob, addr, &map_info), 0);
	/* Software's memory is memory. */
	assert_int_equal(map_info, VIRTIO_GPU_MAP_CACHE_CACHED);
}

/* As a VMM does it: memory of its own there, then the library is told. */
static void unmap(struct virtkfd_blob *blob, void *addr, size_t size)
{
	assert_ptr_equal(mmap(addr, size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), addr);
	memset(addr, 0xaa, size);
	virtkfd_blob_unmapped(blob);
}

static void test_sizes(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	const struct {
		uint32_t flags;
		uint64_t alloc;
		uint64_t size;
	} rows[] = {
		{ GTT, PAGE, PAGE },
		{ GTT, 1, PAGE },
		{ VRAM, 3 * PAGE, 3 * PAGE },
		{ VRAM, 2 * MIB + 1, 2 * MIB + PAGE },
		/* There is half of it, mapped twice on the GPU. */
		{ GTT | AQL, 4 * PAGE, 2 * PAGE },
		{ VRAM | AQL, 2 * PAGE, PAGE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint64_t handle = must_alloc(ctx, rows[i].flags, rows[i].alloc);
		uint64_t id = VIRTKFD_BLOB_ID(MEMORY, handle);
		const uint64_t bad[] = { 0, 1, rows[i].size - PAGE, rows[i].size - 1,
					 rows[i].size + 1, rows[i].size + PAGE,
					 2 * rows[i].size, UINT64_MAX, 1ULL << 63,
					 (1ULL << 32) + rows[i].size };
		struct virtkfd_blob *blob = NULL;

		for (size_t j = 0; j < ARRAY_LEN(bad); j++)
			assert_int_equal(create(ctx, id, bad[j], &blob), -EINVAL);
		assert_null(blob);
		assert_int_equal(stats(*state).blobs, 0);
		assert_int_equal(create(ctx, id, rows[i].size, &blob), 0);
		assert_int_equal(stats(*state).blobs, 1);
		virtkfd_blob_destroy(blob);
		assert_int_equal(stats(*state).blobs, 0);
		assert_int_equal(kfd_free(ctx, handle), 0);
	}
	ctx_free(ctx);
}

static void test_types(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2), *other = ctx_acquired(*state, 3);
	struct gctx *control = ctx_new(*state, 4, VIRTKFD_ROLE_CONTROL);
	struct gctx *bare = ctx_bare(*state, 5);
	struct virtkfd_vm *vm = ctx->guest->vm;
	uint64_t gpu = (uint64_t)ctx->guest->gpu_id << 32, user;
	uint64_t handle = must_alloc(ctx, GTT, PAGE);
	uint64_t doorbell = must_alloc(ctx, DOORBELL, SLICE);
	uint64_t mmio = must_alloc(ctx, MMIO, PAGE);
	struct virtkfd_blob *blob = NULL;

	assert_int_equal(virtkfd_blob_create(vm, 6, handle, PAGE, &blob), -ENOENT);
	assert_int_equal(create(control, handle, PAGE, &blob), -ENOENT);
	assert_int_equal(create(bare, handle, PAGE, &blob), -ENOENT);
	assert_int_equal(create(other, handle, PAGE, &blob), -ENOENT);
	assert_int_equal(create(ctx, handle + 100, PAGE, &blob), -ENOENT);
	assert_int_equal(create(ctx, handle + (1ULL << 32), PAGE, &blob), -ENOENT);
	assert_int_equal(create(ctx, (uint32_t)handle, PAGE, &blob), -ENOENT);
	for (uint32_t type = 3; type < 16; type++)
		assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(type, handle), PAGE, &blob), -ENOENT);
	assert_int_equal(create(ctx, UINT64_MAX, PAGE, &blob), -ENOENT);
	/* Guest pages and registers have no memory of the host's. */
	assert_int_equal(kfd_userptr(ctx, VA, 0, PAGE, &user), 0);
	assert_int_equal(create(ctx, user, PAGE, &blob), -ENOENT);
	assert_int_equal(create(ctx, doorbell, SLICE, &blob), -ENOENT);
	assert_int_equal(create(ctx, mmio, PAGE, &blob), -ENOENT);
	/* Nor does the GPU's id suffer company. */
	for (uint32_t type = VIRTKFD_BLOB_DOORBELL; type <= VIRTKFD_BLOB_MMIO; type++) {
		uint64_t size = type == VIRTKFD_BLOB_MMIO ? PAGE : SLICE;

		assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(type, gpu | 1), size, &blob), -ENOENT);
		assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(type, gpu | 1u << 31), size, &blob),
				 -ENOENT);
		assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(type, 0), size, &blob), -ENOENT);
		assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(type, gpu + (1ULL << 32)), size,
					&blob), -ENOENT);
		assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(type, gpu), size + PAGE, &blob),
				 -EINVAL);
		assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(type, gpu), 0, &blob), -EINVAL);
		assert_int_equal(create(control, VIRTKFD_BLOB_ID(type, gpu), size, &blob), -ENOENT);
	}
	assert_null(blob);
	assert_int_equal(stats(*state).blobs, 0);
	ctx_free(bare);
	ctx_free(control);
	ctx_free(other);
	ctx_free(ctx);
}

static void test_map(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint8_t *window = window_new();
	struct virtkfd_blob *blob = must_create(ctx, MEMORY, must_alloc(ctx, GTT, 4 * PAGE),
						4 * PAGE);
	uint32_t map_info;

	/* Not for it to map: then nothing has changed. */
	assert_int_equal(virtkfd_blob_map(blob, window + 1, &map_info), -EINVAL);
	assert_int_equal(stats(*state).mappings, 0);
	check_filled(window, 0xaa, WINDOW);

	must_map(blob, window + 8 * PAGE);
	assert_int_equal(stats(*state).mappings, 1);
	assert_int_equal(virtkfd_blob_map(blob, window + 8 * PAGE, &map_info), -EBUSY);
	assert_int_equal(virtkfd_blob_map(blob, window, &map_info), -EBUSY);
	assert_int_equal(stats(*state).mappings, 1);
	/* Zero, and nothing but its own range. */
	check_filled(window, 0xaa, 8 * PAGE);
	check_filled(window + 8 * PAGE, 0, 4 * PAGE);
	check_filled(window + 12 * PAGE, 0xaa, WINDOW - 12 * PAGE);
	memset(window + 8 * PAGE, 0x55, 4 * PAGE);
	unmap(blob, window + 8 * PAGE, 4 * PAGE);
	assert_int_equal(stats(*state).mappings, 0);
	/* Told twice, once is what counts. */
	virtkfd_blob_unmapped(blob);
	assert_int_equal(stats(*state).mappings, 0);
	must_map(blob, window + 60 * PAGE);
	check_filled(window, 0xaa, 60 * PAGE);
	check_filled(window + 60 * PAGE, 0x55, 4 * PAGE);
	unmap(blob, window + 60 * PAGE, 4 * PAGE);
	virtkfd_blob_destroy(blob);
	munmap(window, WINDOW);
	ctx_free(ctx);
}

/* Several blobs of one object are the same memory; those of two objects are not. */
static void test_shared(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint8_t *window = window_new();
	uint64_t one = must_alloc(ctx, VRAM, 2 * PAGE), two = must_alloc(ctx, VRAM, 2 * PAGE);
	struct virtkfd_blob *blobs[3] = {
		must_create(ctx, MEMORY, one, 2 * PAGE),
		must_create(ctx, MEMORY, one, 2 * PAGE),
		must_create(ctx, MEMORY, two, 2 * PAGE),
	};

	assert_int_equal(stats(*state).blobs, 3);
	assert_int_equal(stats(*state).memory, 2);
	for (uint32_t i = 0; i < 3; i++)
		must_map(blobs[i], window + 4 * i * PAGE);
	assert_int_equal(stats(*state).mappings, 3);
	memset(window, 0x11, 2 * PAGE);
	check_filled(window + 4 * PAGE, 0x11, 2 * PAGE);
	check_filled(window + 8 * PAGE, 0, 2 * PAGE);
	window[5 * PAGE] = 0x22;
	assert_int_equal(window[PAGE], 0x22);
	unmap(blobs[0], window, 2 * PAGE);
	virtkfd_blob_destroy(blobs[0]);
	assert_int_equal(window[5 * PAGE], 0x22);
	for (uint32_t i = 1; i < 3; i++) {
		unmap(blobs[i], window + 4 * i * PAGE, 2 * PAGE);
		virtkfd_blob_destroy(blobs[i]);
	}
	munmap(window, WINDOW);
	ctx_free(ctx);
}

/* The guest's CPUs and the GPU's interrupts see the same event page. */
static void test_event_page(void **state)
{
	const uint64_t size = KFD_SIGNAL_EVENT_LIMIT * 8;
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint8_t *window = window_new();
	uint64_t page = must_alloc(ctx, GTT, size);
	struct virtkfd_blob *blob = must_create(ctx, MEMORY, page, size);
	uint64_t *slots;

	must_map(blob, window);
	check_filled(window, 0, size);
	assert_int_equal(kfd_event(ctx, KFD_IOC_EVENT_SIGNAL, page, NULL), 0);
	check_filled(window, 0xff, size);
	slots = vk_ctx_find(ctx->guest->vm, 2)->bctx->signal_page;
	((uint64_t *)window)[1] = 4711;
	assert_int_equal(slots[1], 4711);
	ctx_free(ctx);
	assert_int_equal(((uint64_t *)window)[1], 4711);
	unmap(blob, window, size);
	virtkfd_blob_destroy(blob);
	munmap(window, WINDOW);
}

/* What a guest leaves behind is not there for the next one. */
static void test_zero(void **state)
{
	uint8_t *window = window_new();

	for (uint32_t i = 0; i < 8; i++) {
		struct gctx *ctx = ctx_acquired(*state, 2 + i / 4);
		uint64_t handle = must_alloc(ctx, i & 1 ? GTT : VRAM, 16 * PAGE);
		struct virtkfd_blob *blob = must_create(ctx, MEMORY, handle, 16 * PAGE);

		must_map(blob, window);
		check_filled(window, 0, 16 * PAGE);
		memset(window, 0x77, 16 * PAGE);
		if (i & 2)
			assert_int_equal(kfd_free(ctx, handle), 0);
		unmap(blob, window, 16 * PAGE);
		virtkfd_blob_destroy(blob);
		ctx_free(ctx);
	}
	munmap(window, WINDOW);
}

/* The memory stays while a blob has it, and counts for so long. */
static void test_outlives(void **state)
{
	const struct virtkfd_limits limits = { .vram = 4 * MIB };
	struct guest *guest = guest_new(&limits);
	struct gctx *ctx = ctx_acquired(guest, 2), *other = ctx_acquired(guest, 3);
	uint8_t *window = window_new();
	uint64_t available = kfd_available(ctx);
	uint64_t first = must_alloc(ctx, VRAM, 8 * PAGE), second;
	struct virtkfd_blob *a = must_create(ctx, MEMORY, first, 8 * PAGE), *b;

	(void)state;
	must_map(a, window);
	memset(window, 0x33, 8 * PAGE);
	assert_int_equal(kfd_free(ctx, first), 0);
	assert_int_equal(stats(guest).memory, 1);
	assert_int_equal(stats(guest).memory_bytes, 8 * PAGE);
	assert_int_equal(kfd_available(ctx), available - 2 * MIB);
	assert_int_equal(kfd_alloc(ctx, VRAM, VA, 4 * MIB, NULL), -ENOMEM);
	check_filled(window, 0x33, 8 * PAGE);
	assert_int_equal(create(ctx, VIRTKFD_BLOB_ID(MEMORY, first), 8 * PAGE, &b), -ENOENT);
	/* The handle may be given out again, for another object. */
	second = must_alloc(ctx, GTT, 8 * PAGE);
	b = must_create(ctx, MEMORY, second, 8 * PAGE);
	must_map(b, window + 16 * PAGE);
	check_filled(window + 16 * PAGE, 0, 8 * PAGE);
	window[16 * PAGE] = 0x44;
	check_filled(window, 0x33, 8 * PAGE);

	ctx_free(ctx);
	assert_int_equal(stats(guest).contexts, 1);
	assert_int_equal(stats(guest).memory, 2);
	assert_int_equal(stats(guest).blobs, 2);
	assert_int_equal(stats(guest).mappings, 2);
	/* The context's trap handler has gone with it, VRAM_AVAILABILITY_ALIGN. */
	available += 2 * MIB;
	assert_int_equal(kfd_available(other), available - 2 * MIB);
	assert_int_equal(kfd_alloc(other, VRAM, VA, 4 * MIB, NULL), -ENOMEM);
	check_filled(window, 0x33, 8 * PAGE);
	assert_int_equal(window[16 * PAGE], 0x44);
	/* It can still be mapped elsewhere. */
	unmap(a, window, 8 * PAGE);
	must_map(a, window + 32 * PAGE);
	check_filled(window + 32 * PAGE, 0x33, 8 * PAGE);

	unmap(a, window + 32 * PAGE, 8 * PAGE);
	virtkfd_blob_destroy(a);
	assert_int_equal(kfd_available(other), available);
	unmap(b, window + 16 * PAGE, 8 * PAGE);
	virtkfd_blob_destroy(b);
	assert_int_equal(stats(guest).memory, 0);
	assert_int_equal(stats(guest).memory_bytes, 0);
	must_alloc(other, VRAM, 4 * MIB);
	munmap(window, WINDOW);
	ctx_free(other);
	guest_free(guest);
}

static void test_limit(void **state)
{
	const struct virtkfd_limits limits = { .blobs = 3 };
	struct guest *guest = guest_new(&limits);
	struct gctx *ctx = ctx_acquired(guest, 2), *other = ctx_acquired(guest, 3);
	uint64_t handle = must_alloc(ctx, GTT, PAGE), theirs = must_alloc(other, GTT, PAGE);
	struct virtkfd_blob *blobs[3], *blob = NULL;

	(void)state;
	blobs[0] = must_create(ctx, MEMORY, handle, PAGE);
	blobs[1] = of_gpu(ctx, VIRTKFD_BLOB_DOORBELL, SLICE);
	blobs[2] = must_create(other, MEMORY, theirs, PAGE);
	assert_int_equal(create(ctx, handle, PAGE, &blob), -ENOSPC);
	assert_int_equal(create(other, theirs, PAGE, &blob), -ENOSPC);
	assert_int_equal(guest->warnings, 2);
	/* They count even when their context is gone. */
	ctx_free(other);
	assert_int_equal(create(ctx, handle, PAGE, &blob), -ENOSPC);
	virtkfd_blob_destroy(blobs[2]);
	blobs[2] = must_create(ctx, MEMORY, handle, PAGE);
	assert_int_equal(create(ctx, handle, PAGE, &blob), -ENOSPC);
	assert_null(blob);
	for (uint32_t i = 0; i < 3; i++)
		virtkfd_blob_destroy(blobs[i]);
	ctx_free(ctx);
	guest_free(guest);
}

static void test_mmio(void **state)
{
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	uint8_t *window = window_new();
	struct virtkfd_blob *a = of_gpu(ctx, VIRTKFD_BLOB_MMIO, PAGE);
	struct virtkfd_blob *b = of_gpu(ctx, VIRTKFD_BLOB_MMIO, PAGE);

	assert_int_equal(stats(*state).memory, 0);
	must_map(a, window);
	must_map(b, window + PAGE);
	check_filled(window, 0, PAGE);
	/* HDP flush registers: one page, whoever looks at it. */
	window[0] = 1;
	assert_int_equal(window[PAGE], 1);
	check_filled(window + 2 * PAGE, 0xaa, WINDOW - 2 * PAGE);
	ctx_free(ctx);
	window[PAGE] = 2;
	assert_int_equal(window[0], 2);
	unmap(a, window, PAGE);
	unmap(b, window + PAGE, PAGE);
	virtkfd_blob_destroy(a);
	virtkfd_blob_destroy(b);
	munmap(window, WINDOW);
}

static struct {
	uint64_t offset;
	uint64_t value;
	unsigned int size;
	unsigned int num;
} rung;

static void doorbell(struct virtkfd_backend_obj *obj, uint64_t offset, uint64_t value,
		     unsigned int size)
{
	virtkfd_backend_soft.doorbell(obj, offset, value, size);
	rung.offset = offset;
	rung.value = value;
	rung.size = size;
	__atomic_fetch_add(&rung.num, 1, __ATOMIC_RELAXED);
}

static void test_doorbell(void **state)
{
	static const struct {
		uint64_t offset;
		unsigned int size;
		bool rings;
	} rows[] = {
		{ 0, 4, true }, { 0, 8, true }, { 4, 4, true }, { 8, 8, true },
		{ SLICE - 4, 4, true }, { SLICE - 8, 8, true },
		{ SLICE, 4, false }, { SLICE, 8, false }, { SLICE - 4, 8, false },
		{ 2, 4, false }, { 4, 8, false }, { 1, 1, false }, { 0, 0, false },
		{ 0, 2, false }, { 0, 16, false }, { 0, 1, false },
		{ UINT64_MAX - 3, 4, false }, { UINT64_MAX - 7, 8, false },
	};
	struct guest *guest = *state;
	struct virtkfd_backend_ops ops = virtkfd_backend_soft;
	struct gctx *ctx = ctx_new(guest, 2, VIRTKFD_ROLE_PROCESS);
	struct virtkfd_blob *blob, *memory;
	uint8_t *window = window_new();
	uint32_t map_info;

	ops.doorbell = doorbell;
	guest->vm->be = &ops;
	/* mmap of doorbells needs no VM, kfd_doorbell_mmap(). */
	blob = of_gpu(ctx, VIRTKFD_BLOB_DOORBELL, SLICE);
	assert_true(virtkfd_blob_trapped(blob));
	assert_int_equal(virtkfd_blob_map(blob, window, &map_info), -EINVAL);
	assert_int_equal(stats(guest).mappings, 0);
	check_filled(window, 0xaa, WINDOW);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		memset(&rung, 0, sizeof(rung));
		virtkfd_doorbell_write(blob, rows[i].offset, 0x123456789abcdef0, rows[i].size);
		assert_int_equal(rung.num, rows[i].rings);
		if (rows[i].rings) {
			assert_int_equal(rung.offset, rows[i].offset);
			assert_int_equal(rung.value, 0x123456789abcdef0);
			assert_int_equal(rung.size, rows[i].size);
		}
	}
	/* A store to what is no doorbell. */
	assert_int_equal(kfd_acquire(ctx), 0);
	memory = must_create(ctx, MEMORY, must_alloc(ctx, GTT, PAGE), PAGE);
	rung.num = 0;
	virtkfd_doorbell_write(memory, 0, 1, 4);
	assert_int_equal(rung.num, 0);
	virtkfd_blob_destroy(memory);
	/* Its context is gone. */
	ctx_free(ctx);
	virtkfd_doorbell_write(blob, 0, 1, 4);
	assert_int_equal(rung.num, 1);
	virtkfd_blob_destroy(blob);
	munmap(window, WINDOW);
	guest->vm->be = &virtkfd_backend_soft;
}

/* A vCPU that rings while the others make and destroy what is next to its doorbell. */
static bool ringing;

static void *ring(void *arg)
{
	for (uint32_t i = 0; __atomic_load_n(&ringing, __ATOMIC_RELAXED); i++)
		virtkfd_doorbell_write(arg, i % (SLICE / 8) * 8, i, i & 1 ? 8 : 4);
	return NULL;
}

static void test_doorbell_thread(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct virtkfd_blob *mine = of_gpu(ctx, VIRTKFD_BLOB_DOORBELL, SLICE);
	pthread_t thread;

	ringing = true;
	assert_int_equal(pthread_create(&thread, NULL, ring, mine), 0);
	for (uint32_t i = 0; i < 200; i++) {
		struct gctx *other = ctx_acquired(*state, 3);
		struct virtkfd_blob *blob = of_gpu(other, VIRTKFD_BLOB_DOORBELL, SLICE);
		struct virtkfd_blob *more = of_gpu(ctx, VIRTKFD_BLOB_DOORBELL, SLICE);

		must_alloc(other, GTT, PAGE);
		virtkfd_blob_destroy(more);
		ctx_free(other);
		virtkfd_blob_destroy(blob);
	}
	ctx_free(ctx);
	__atomic_store_n(&ringing, false, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	virtkfd_blob_destroy(mine);
}

/* A VMM that forgets, and a guest that is reset. */
static void test_still_mapped(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	uint8_t *window = window_new();
	struct virtkfd_blob *blob = must_create(ctx, MEMORY, must_alloc(ctx, GTT, PAGE), PAGE);

	must_map(blob, window);
	virtkfd_blob_destroy(blob);
	assert_int_equal(stats(guest).blobs, 0);
	assert_int_equal(stats(guest).mappings, 0);
	/* The VMM's page, whatever is in it, stays one that can be touched. */
	window[0] = 1;
	blob = must_create(ctx, MEMORY, must_alloc(ctx, GTT, PAGE), PAGE);
	must_map(blob, window + PAGE);
	of_gpu(ctx, VIRTKFD_BLOB_MMIO, PAGE);
	of_gpu(ctx, VIRTKFD_BLOB_DOORBELL, SLICE);
	virtkfd_vm_reset(guest->vm);
	assert_int_equal(stats(guest).blobs, 0);
	assert_int_equal(stats(guest).mappings, 0);
	window[PAGE] = 1;
	munmap(window, WINDOW);
	ctx_free(ctx);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_sizes),
		TEST(test_types),
		TEST(test_map),
		TEST(test_shared),
		TEST(test_event_page),
		TEST(test_zero),
		cmocka_unit_test(test_outlives),
		cmocka_unit_test(test_limit),
		TEST(test_mmio),
		TEST(test_doorbell),
		TEST(test_doorbell_thread),
		TEST(test_still_mapped),
	};

	return cmocka_run_group_tests_name("blob", tests, NULL, NULL);
}
