// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory that contexts share: blobs attached to contexts, EXPORT_DMABUF, IMPORT_DMABUF. Errnos
 * and their order are those of kfd_chardev.c and amdgpu_amdkfd_gpuvm.c (Linux 7.3); what is the
 * protocol's own stands in virtio_gpu_amdkfd.h and virtkfd.h. VIRTKFD_CCMD_RENDER_VA is in
 * test_render_va.c.
 */
#include <sys/mman.h>

#include "harness.h"
#include "internal.h"

#define RES	500

static uint64_t must_alloc(struct gctx *ctx, uint32_t flags, uint64_t va, uint64_t size)
{
	uint64_t handle = 0;

	assert_int_equal(kfd_alloc(ctx, flags, va, size, &handle), 0);
	return handle;
}

static struct virtkfd_blob *blob_of(struct gctx *ctx, uint64_t handle, uint64_t size)
{
	struct virtkfd_blob *blob;

	assert_int_equal(virtkfd_blob_create(ctx->guest->vm, ctx->id,
					     VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MEMORY, handle), size,
					     &blob), 0);
	return blob;
}

static int attach(struct gctx *ctx, uint32_t res_id, struct virtkfd_blob *blob)
{
	return virtkfd_resource_attach_blob(ctx->guest->vm, ctx->id, res_id, blob);
}

static int detach(struct gctx *ctx, uint32_t res_id)
{
	return virtkfd_resource_detach(ctx->guest->vm, ctx->id, res_id);
}

static int export(struct gctx *ctx, uint64_t handle, uint32_t res_id)
{
	struct kfd_ioctl_export_dmabuf_args args = { .handle = handle, .dmabuf_fd = res_id };
	int ret = kfd(ctx, EXPORT_DMABUF, &args);

	assert_int_equal(args.handle, handle);
	assert_int_equal(args.dmabuf_fd, res_id);
	return ret;
}

static int import(struct gctx *ctx, uint32_t gpu_id, uint64_t va, uint32_t res_id,
		  uint64_t *handle)
{
	struct kfd_ioctl_import_dmabuf_args args = {
		.va_addr = va, .handle = 4711, .gpu_id = gpu_id, .dmabuf_fd = res_id,
	};
	int ret = kfd(ctx, IMPORT_DMABUF, &args);

	if (ret)
		assert_int_equal(args.handle, 4711);
	else
		*handle = args.handle;
	return ret;
}

/* As a guest's kernel does it: attached for as long as it takes. */
static uint64_t must_import(struct gctx *ctx, uint64_t va, struct virtkfd_blob *blob)
{
	uint64_t handle = 0;

	assert_int_equal(attach(ctx, RES, blob), 0);
	assert_int_equal(import(ctx, ctx->guest->gpu_id, va, RES, &handle), 0);
	assert_int_equal(detach(ctx, RES), 0);
	return handle;
}

static void test_attach(void **state)
{
	struct gctx *a = ctx_acquired(*state, 2), *b = ctx_acquired(*state, 3);
	uint64_t handle = must_alloc(a, GTT, VA, PAGE);
	struct virtkfd_blob *blob = blob_of(a, handle, PAGE);
	uint64_t before = stats(*state).resources;
	struct gctx *bare;

	assert_int_equal(virtkfd_resource_attach_blob(a->guest->vm, 99, RES, blob), -ENOENT);
	assert_int_equal(attach(b, RSP_RES, blob), -EEXIST);
	assert_int_equal(attach(b, RES, blob), 0);
	assert_int_equal(attach(b, RES, blob), -EEXIST);
	assert_int_equal(attach(b, RES + 1, blob), 0);
	assert_int_equal(attach(a, RES, blob), 0);
	assert_int_equal(stats(*state).resources, before + 3);
	assert_int_equal(detach(b, RES), 0);
	assert_int_equal(detach(b, RES), -ENOENT);
	/* Nobody can be told anything in it. */
	bare = ctx_bare(*state, 4);
	assert_int_equal(attach(bare, RES, blob), 0);
	{
		struct virtkfd_ccmd_init cmd = {
			.hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(cmd) },
			.role = VIRTKFD_ROLE_PROCESS, .rsp_res_id = RES,
		};

		assert_int_equal(ctx_send(bare, &cmd, sizeof(struct virtkfd_rsp)), -EINVAL);
	}
	/* The end of the one and of the other. */
	ctx_free(bare);
	assert_int_equal(stats(*state).resources, before + 2);
	virtkfd_blob_destroy(blob);
	assert_int_equal(stats(*state).resources, before);
	assert_int_equal(detach(b, RES + 1), -ENOENT);
	assert_int_equal(detach(a, RES), -ENOENT);
	ctx_free(b);
	ctx_free(a);
}

/* Blobs count as pieces of memory do. */
static void test_attach_limit(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint64_t handle = must_alloc(ctx, GTT, VA, PAGE);
	struct virtkfd_blob *blob = blob_of(ctx, handle, PAGE);
	size_t num = VK_MAX_ATTACHED - ctx->guest->vm->num_attached;

	for (size_t i = 0; i < num; i++)
		assert_int_equal(attach(ctx, 1000 + i, blob), 0);
	assert_int_equal(attach(ctx, RES, blob), -ENOSPC);
	assert_int_equal(detach(ctx, 1000), 0);
	assert_int_equal(attach(ctx, RES, blob), 0);
	virtkfd_blob_destroy(blob);
	assert_int_equal(ctx->guest->vm->num_attached, VK_MAX_ATTACHED - num);
	ctx_free(ctx);
}

static void test_export(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2), *other = ctx_acquired(*state, 3);
	static const uint32_t kinds[] = { VRAM, GTT, VRAM | GTT, GTT | AQL, VRAM | WRITABLE };
	uint64_t user, door = must_alloc(ctx, DOORBELL, VA, SLICE);
	uint64_t gpu = (uint64_t)ctx->guest->gpu_id << 32;
	struct virtkfd_blob *blob;

	assert_int_equal(kfd_userptr(ctx, VA, 0, PAGE, &user), 0);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		uint64_t handle = must_alloc(ctx, kinds[i], VA, 2 * PAGE);
		uint64_t twin = must_alloc(ctx, kinds[i], VA, 2 * PAGE);

		blob = blob_of(ctx, handle, kinds[i] & AQL ? PAGE : 2 * PAGE);
		/* Not attached, or to somebody else */
		assert_int_equal(export(ctx, handle, RES), -EINVAL);
		assert_int_equal(attach(other, RES, blob), 0);
		assert_int_equal(export(ctx, handle, RES), -EINVAL);
		assert_int_equal(attach(ctx, RES, blob), 0);
		assert_int_equal(export(ctx, handle, RES), 0);
		assert_int_equal(export(ctx, handle, RES), 0);
		assert_int_equal(export(ctx, handle, RES + 1), -EINVAL);
		assert_int_equal(export(ctx, handle, RSP_RES), -EINVAL);
		/* Of something else */
		assert_int_equal(export(ctx, twin, RES), -EINVAL);
		assert_int_equal(export(ctx, handle + 1000, RES), -EINVAL);
		assert_int_equal(export(ctx, 0, RES), -EINVAL);
		/* A handle is of one context. */
		assert_int_equal(export(other, handle, RES), -EINVAL);
		/* amdgpu_gem_prime_export() */
		assert_int_equal(export(ctx, user, RES), -EPERM);
		assert_int_equal(export(ctx, door, RES), -EPERM);
		virtkfd_blob_destroy(blob);
		assert_int_equal(export(ctx, handle, RES), -EINVAL);
		assert_int_equal(kfd_free(ctx, handle), 0);
		assert_int_equal(kfd_free(ctx, twin), 0);
	}
	assert_int_equal(virtkfd_blob_create(ctx->guest->vm, 2,
					     VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MMIO, gpu), PAGE, &blob),
			 0);
	assert_int_equal(attach(ctx, RES, blob), 0);
	assert_int_equal(export(ctx, door, RES), -EPERM);
	ctx_free(other);
	ctx_free(ctx);
	virtkfd_blob_destroy(blob);
}

static void test_import_errors(void **state)
{
	struct gctx *a = ctx_acquired(*state, 2), *b = ctx_new(*state, 3, VIRTKFD_ROLE_PROCESS);
	uint64_t handle = must_alloc(a, GTT, VA, PAGE), got = 0;
	uint32_t gpu = a->guest->gpu_id;
	struct virtkfd_blob *blob = blob_of(a, handle, PAGE), *mmio;

	/* kfd_ioctl_import_dmabuf(): the GPU, then ACQUIRE_VM, then the descriptor */
	assert_int_equal(import(b, gpu + 1, VA, RES, &got), -EINVAL);
	assert_int_equal(import(b, gpu, VA, RES, &got), -ENODEV);
	assert_int_equal(attach(b, RES, blob), 0);
	assert_int_equal(import(b, gpu + 1, VA, RES, &got), -EINVAL);
	assert_int_equal(import(b, gpu, VA, RES, &got), -ENODEV);
	assert_int_equal(detach(b, RES), 0);
	assert_int_equal(kfd_acquire(b), 0);
	/* Whoever guesses the id of what is attached to somebody else gets nothing. */
	assert_int_equal(attach(a, RES, blob), 0);
	assert_int_equal(import(b, gpu, VA, RES, &got), -EINVAL);
	assert_int_equal(import(b, gpu, VA, 0, &got), -EINVAL);
	assert_int_equal(import(b, gpu, VA, RSP_RES, &got), -EINVAL);
	/* Nor is there a way to what is not memory. */
	assert_int_equal(virtkfd_blob_create(a->guest->vm, 2,
					     VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MMIO,
							     (uint64_t)gpu << 32), PAGE, &mmio),
			 0);
	assert_int_equal(attach(b, RES + 1, mmio), 0);
	assert_int_equal(import(b, gpu, VA, RES + 1, &got), -EINVAL);
	virtkfd_blob_destroy(mmio);
	virtkfd_blob_destroy(blob);
	assert_int_equal(import(a, gpu, VA, RES, &got), -EINVAL);
	assert_int_equal(stats(*state).memory, 1);
	ctx_free(b);
	ctx_free(a);
}

/* One piece of memory, three handles: two of another context, one of the same. */
static void test_import(void **state)
{
	struct gctx *a = ctx_acquired(*state, 2), *b = ctx_acquired(*state, 3);
	uint32_t gpu = a->guest->gpu_id;
	static const uint32_t kinds[] = { VRAM, GTT, VRAM | GTT };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		uint64_t handle = must_alloc(a, kinds[i], VA, 3 * MIB), imports[3];
		struct virtkfd_blob *blob = blob_of(a, handle, 3 * MIB), *again;
		struct virtkfd_stats before = stats(*state), after;
		uint64_t available = kfd_available(b);

		imports[0] = must_import(b, VA, blob);
		imports[1] = must_import(b, VA + 4 * MIB, blob);
		imports[2] = must_import(a, VA + 8 * MIB, blob);
		assert_int_not_equal(imports[0], imports[1]);
		assert_int_not_equal(imports[2], handle);
		assert_int_equal(imports[0] >> 32, gpu);
		/* Memory is counted once. */
		after = stats(*state);
		assert_int_equal(after.memory, before.memory + 3);
		assert_int_equal(after.memory_bytes, before.memory_bytes);
		assert_int_equal(kfd_available(b), available);
		/* Each is mapped for itself. */
		assert_int_equal(kfd_map(b, imports[0], gpu, NULL), 0);
		assert_int_equal(kfd_map(b, imports[1], gpu, NULL), 0);
		assert_int_equal(kfd_map(a, imports[2], gpu, NULL), 0);
		assert_int_equal(kfd_map(a, handle, gpu, NULL), 0);
		assert_int_equal(kfd_free(b, imports[0]), -EBUSY);
		assert_int_equal(kfd_unmap(b, imports[0], gpu, NULL), 0);
		assert_int_equal(kfd_free(b, imports[0]), 0);
		assert_int_equal(kfd_free(b, imports[0]), -EINVAL);
		assert_int_equal(kfd_free(b, imports[1]), -EBUSY);
		assert_int_equal(kfd_free(a, handle), -EBUSY);
		/* What was imported can be given on. */
		again = blob_of(b, imports[1], 3 * MIB);
		assert_int_equal(attach(b, RES, again), 0);
		assert_int_equal(export(b, imports[1], RES), 0);
		virtkfd_blob_destroy(again);
		assert_int_equal(kfd_unmap(a, imports[2], gpu, NULL), 0);
		assert_int_equal(kfd_free(a, imports[2]), 0);
		assert_int_equal(kfd_unmap(a, handle, gpu, NULL), 0);
		assert_int_equal(kfd_free(a, handle), 0);
		assert_int_equal(kfd_unmap(b, imports[1], gpu, NULL), 0);
		assert_int_equal(kfd_free(b, imports[1]), 0);
		virtkfd_blob_destroy(blob);
		assert_int_equal(stats(*state).memory_bytes, 0);
	}
	ctx_free(b);
	ctx_free(a);
}

/* An address is needed for the mapping only, and is each handle's own. */
static void test_addresses(void **state)
{
	struct gctx *a = ctx_acquired(*state, 2), *b = ctx_acquired(*state, 3);
	uint32_t gpu = a->guest->gpu_id;
	uint64_t handle = must_alloc(a, VRAM, 0, 2 * PAGE), none, taken, there;
	struct virtkfd_blob *blob = blob_of(a, handle, 2 * PAGE);

	none = must_import(b, 0, blob);
	assert_int_equal(kfd_map(b, none, gpu, NULL), -EINVAL);
	there = must_import(b, VA, blob);
	taken = must_import(b, VA + PAGE, blob);
	assert_int_equal(kfd_map(b, there, gpu, NULL), 0);
	assert_int_equal(kfd_map(b, taken, gpu, NULL), -EINVAL);
	assert_int_equal(kfd_unmap(b, there, gpu, NULL), 0);
	assert_int_equal(kfd_map(b, taken, gpu, NULL), 0);
	ctx_free(b);
	ctx_free(a);
	virtkfd_blob_destroy(blob);
}

static void map_at(struct virtkfd_blob *blob, uint8_t *addr)
{
	uint32_t map_info;

	assert_int_equal(virtkfd_blob_map(blob, addr, &map_info), 0);
}

/* In every order that owner, importer and blob can go, the others see the same memory. */
static void test_order_of_death(void **state)
{
	static const char * const orders[] = { "obi", "oib", "boi", "bio", "iob", "ibo",
					       "Obi", "OIb", "bOI", "bIO", "IOb", "IbO" };
	uint8_t *window = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(window, MAP_FAILED);
	for (size_t i = 0; i < ARRAY_LEN(orders); i++) {
		struct gctx *a = ctx_acquired(*state, 2), *b = ctx_acquired(*state, 3);
		uint64_t handle = must_alloc(a, VRAM, VA, PAGE), bytes = PAGE, got;
		struct virtkfd_blob *blob = blob_of(a, handle, PAGE), *view;

		got = must_import(b, VA, blob);
		view = blob_of(b, got, PAGE);
		map_at(blob, window);
		map_at(view, window + PAGE);
		memset(window, 0x51 + i, PAGE);
		assert_memory_equal(window, window + PAGE, PAGE);
		for (const char *c = orders[i]; *c; c++) {
			assert_int_equal(stats(*state).memory_bytes, bytes);
			assert_int_equal(a->guest->vm->gpu_bytes, bytes);
			switch (*c) {
			case 'o':
				assert_int_equal(kfd_free(a, handle), 0);
				break;
			case 'O':
				assert_int_equal(virtkfd_ctx_destroy(a->guest->vm, 2), 0);
				break;
			case 'i':
				assert_int_equal(kfd_free(b, got), 0);
				break;
			case 'I':
				assert_int_equal(virtkfd_ctx_destroy(a->guest->vm, 3), 0);
				break;
			case 'b':
				virtkfd_blob_unmapped(blob);
				virtkfd_blob_destroy(blob);
				break;
			}
			assert_int_equal(window[PAGE], 0x51 + i);
		}
		/* The last one who has it is the importer's own blob. */
		assert_int_equal(a->guest->vm->gpu_bytes, PAGE);
		virtkfd_blob_unmapped(view);
		virtkfd_blob_destroy(view);
		assert_int_equal(a->guest->vm->gpu_bytes, 0);
		ctx_free(b);
		ctx_free(a);
	}
	munmap(window, 2 * PAGE);
}

/* A quota cannot be had twice by giving the handle back and keeping what was imported. */
static void test_quota(void **state)
{
	const struct virtkfd_limits limits = { .vram = 64 * MIB };
	struct guest *guest = guest_new(&limits);
	struct gctx *a = ctx_acquired(guest, 2), *b = ctx_acquired(guest, 3);
	uint64_t handle = must_alloc(a, GTT, VA, 48 * MIB), got, more = 0;
	struct virtkfd_blob *blob = blob_of(a, handle, 48 * MIB);

	(void)state;
	got = must_import(b, VA, blob);
	virtkfd_blob_destroy(blob);
	assert_int_equal(kfd_free(a, handle), 0);
	assert_int_equal(kfd_alloc(a, GTT, VA, 48 * MIB, &more), -ENOMEM);
	assert_int_equal(kfd_free(b, got), 0);
	assert_int_equal(kfd_alloc(a, GTT, VA, 48 * MIB, &more), 0);
	ctx_free(b);
	ctx_free(a);
	guest_free(guest);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_attach),
		TEST(test_attach_limit),
		TEST(test_export),
		TEST(test_import_errors),
		TEST(test_import),
		TEST(test_addresses),
		TEST(test_order_of_death),
		cmocka_unit_test(test_quota),
	};

	return cmocka_run_group_tests_name("share", tests, NULL, NULL);
}
