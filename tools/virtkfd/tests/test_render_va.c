// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * VIRTKFD_CCMD_RENDER_VA. Errnos and their order are those of amdgpu_gem.c
 * (amdgpu_gem_va_ioctl) and amdgpu_vm.c (amdgpu_vm_verify_parameters, amdgpu_vm_bo_map,
 * amdgpu_vm_bo_unmap, amdgpu_vm_bo_clear_mappings) of Linux 7.3; what is the protocol's own
 * stands in virtio_gpu_amdkfd.h.
 */
#include "harness.h"
#include "internal.h"
#include "soft.h"

#define RES	500
#define MAP	AMDGPU_VA_OP_MAP
#define UNMAP	AMDGPU_VA_OP_UNMAP
#define CLEAR	AMDGPU_VA_OP_CLEAR
#define REPLACE	AMDGPU_VA_OP_REPLACE
#define CLOSE	VIRTKFD_RENDER_VA_CLOSE
/* What libdrm passes whatever it is asked for. */
#define RWX	(AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE | AMDGPU_VM_PAGE_EXECUTABLE)

#define PAGES	8

/* Memory of one context, attached to itself, each page with its number in it. */
struct fixture {
	struct gctx *ctx;
	uint64_t handle;
	struct virtkfd_blob *blob;
};

static void attach_new(struct fixture *f, struct gctx *ctx, uint32_t flags, uint32_t res_id)
{
	uint32_t *mem;

	f->ctx = ctx;
	assert_int_equal(kfd_alloc(ctx, flags, 0, PAGES * PAGE, &f->handle), 0);
	assert_int_equal(virtkfd_blob_create(ctx->guest->vm, ctx->id,
					     VIRTKFD_BLOB_ID(VIRTKFD_BLOB_MEMORY, f->handle),
					     PAGES * PAGE, &f->blob), 0);
	assert_int_equal(virtkfd_resource_attach_blob(ctx->guest->vm, ctx->id, res_id, f->blob), 0);
	mem = f->blob->obj->ptr;
	for (uint32_t i = 0; i < PAGES; i++)
		mem[i * PAGE / 4] = res_id << 8 | i;
}

static int send(struct gctx *ctx, uint32_t gpu_id, uint32_t res_id, uint32_t op, uint32_t flags,
		uint64_t va, uint64_t offset, uint64_t size)
{
	struct virtkfd_ccmd_render_va cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_RENDER_VA, .len = sizeof(cmd) },
		.gpu_id = gpu_id, .res_id = res_id, .operation = op, .flags = flags, .va = va,
		.offset = offset, .size = size,
	};

	return ctx_call(ctx, &cmd);
}

static int op(struct gctx *ctx, uint32_t what, uint64_t va, uint64_t offset, uint64_t size)
{
	return send(ctx, ctx->guest->gpu_id, what == CLEAR ? 0 : RES, what, RWX, va, offset, size);
}

/* What the GPU finds at an address: 0 for nothing. */
static uint32_t at(struct gctx *ctx, uint64_t va)
{
	struct soft_pdd *pdd = &vk_ctx_find(ctx->guest->vm, ctx->id)->bctx->pdds[0];
	const struct soft_map *map = soft_vm_find(pdd, va, 1);

	if (!map || !map->obj)
		return 0;
	return *(uint32_t *)((uint8_t *)map->obj->ptr + (va - map->start));
}

/* The pages from @va on are those numbers' of the memory; -1 for none. */
static void check(struct gctx *ctx, uint64_t va, const int *pages, size_t num)
{
	for (size_t i = 0; i < num; i++)
		assert_int_equal(at(ctx, va + i * PAGE), pages[i] < 0 ? 0 : RES << 8 | pages[i]);
}

#define CHECK(ctx, va, ...) \
	check(ctx, va, (const int[]){ __VA_ARGS__ }, sizeof((const int[]){ __VA_ARGS__ }) / 4)

static void test_errors(void **state)
{
	static const struct {
		uint32_t op;
		uint32_t flags;
		uint64_t va;
		uint64_t offset;
		uint64_t size;
		int err;
	} rows[] = {
		/* AMDGPU_VA_RESERVED_BOTTOM, the hole, AMDGPU_VA_RESERVED_TOP */
		{ MAP, RWX, 0, 0, PAGE, -EINVAL },
		{ MAP, RWX, 0xf000, 0, PAGE, -EINVAL },
		{ MAP, RWX, 1ULL << 47, 0, PAGE, -EINVAL },
		{ MAP, RWX, 0xffff7ffffffff000, 0, PAGE, -EINVAL },
		{ MAP, RWX, 0xfffffffffffff000, 0, PAGE, -EINVAL },
		{ MAP, RWX, 0xffffffffffbef000, 0, 2 * PAGE, -EINVAL },
		{ MAP, RWX, 0xffffffffffbef000, 0, PAGE, 0 },
		{ MAP, RWX, VA, 0, -VA, -EINVAL },
		{ MAP, RWX, VA, 0, UINT64_MAX & ~0xfffULL, -EINVAL },
		/* Flags */
		{ MAP, 1 << 10, VA, 0, PAGE, -EINVAL },
		{ MAP, ~0u, VA, 0, PAGE, -EINVAL },
		{ MAP, AMDGPU_VM_PAGE_PRT | AMDGPU_VM_PAGE_READABLE, VA, 0, PAGE, -EINVAL },
		/* Operations */
		{ 5, RWX, VA, 0, PAGE, -EINVAL },
		{ ~0u, RWX, VA, 0, PAGE, -EINVAL },
		/* amdgpu_vm_verify_parameters() */
		{ MAP, RWX, VA + 1, 0, PAGE, -EINVAL },
		{ MAP, RWX, VA, 1, PAGE, -EINVAL },
		{ MAP, RWX, VA, 0, PAGE + 1, -EINVAL },
		{ MAP, RWX, VA, 0, 0, -EINVAL },
		{ MAP, RWX, VA, 0, (PAGES + 1) * PAGE, -EINVAL },
		{ MAP, RWX, VA, PAGES * PAGE, PAGE, -EINVAL },
		{ MAP, RWX, VA, UINT64_MAX & ~0xfffULL, PAGE, -EINVAL },
		{ MAP, RWX, VA, UINT64_MAX & ~0xfffULL, 2 * PAGE, -EINVAL },
		{ REPLACE, RWX, VA + 8, 0, PAGE, -EINVAL },
		{ REPLACE, RWX, VA, PAGES * PAGE, PAGE, -EINVAL },
		{ CLEAR, RWX, VA + 8, 0, PAGE, -EINVAL },
		{ CLEAR, RWX, VA, 0, 0, -EINVAL },
		{ CLEAR, RWX, VA, 0, 12, -EINVAL },
		{ CLEAR, RWX, VA, 0, PAGE, 0 },
		{ UNMAP, RWX, VA, 0, PAGE, -ENOENT },
		/* What flags there are */
		{ MAP, 0, VA + PAGE, 0, PAGE, 0 },
		{ MAP, AMDGPU_VM_DELAY_UPDATE | AMDGPU_VM_PAGE_NOALLOC | AMDGPU_VM_MTYPE_MASK | RWX,
		  VA + 2 * PAGE, 0, PAGE, 0 },
	};
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct fixture f;

	attach_new(&f, ctx, VRAM, RES);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(send(ctx, ctx->guest->gpu_id, RES, rows[i].op, rows[i].flags,
				      rows[i].va, rows[i].offset, rows[i].size), rows[i].err);
	/* The upper half of the address space is what it says it is. */
	assert_int_equal(at(ctx, 0xffffffbef000), RES << 8);
	virtkfd_blob_destroy(f.blob);
	ctx_free(ctx);
}

/* Who may ask, and for what */
static void test_access(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2), *other = ctx_acquired(*state, 3);
	struct gctx *control = ctx_new(*state, 1, VIRTKFD_ROLE_CONTROL);
	struct gctx *without = ctx_new(*state, 4, VIRTKFD_ROLE_PROCESS);
	uint32_t gpu = ctx->guest->gpu_id;
	struct fixture f;

	attach_new(&f, ctx, VRAM, RES);
	assert_int_equal(send(control, gpu, RES, MAP, RWX, VA, 0, PAGE), -EPERM);
	assert_int_equal(send(without, gpu, RES, MAP, RWX, VA, 0, PAGE), -EINVAL);
	assert_int_equal(send(ctx, gpu + 1, RES, MAP, RWX, VA, 0, PAGE), -ENODEV);
	/* Before the object come all checks of what is wrong without it. */
	assert_int_equal(send(other, gpu, RES, MAP, RWX, 0, 0, PAGE), -EINVAL);
	assert_int_equal(send(other, gpu, RES, 77, RWX, VA, 0, PAGE), -EINVAL);
	assert_int_equal(send(other, gpu, RES, MAP, RWX, VA, 0, PAGE), -ENOENT);
	assert_int_equal(send(other, gpu, RES, MAP, RWX, VA, 1, PAGE), -ENOENT);
	assert_int_equal(send(other, gpu, 0, UNMAP, RWX, VA, 0, PAGE), -ENOENT);
	assert_int_equal(send(other, gpu, RSP_RES, MAP, RWX, VA, 0, PAGE), -ENOENT);
	assert_int_equal(send(other, gpu, RES, CLOSE, 0, 0, 0, 0), -ENOENT);
	assert_int_equal(op(ctx, MAP, VA, 0, PAGE), 0);
	assert_int_equal(at(other, VA), 0);
	/* Attached for the time of the command */
	assert_int_equal(virtkfd_resource_detach(ctx->guest->vm, 2, RES), 0);
	assert_int_equal(op(ctx, MAP, VA + PAGE, 0, PAGE), -ENOENT);
	assert_int_equal(op(ctx, UNMAP, VA, 0, PAGE), -ENOENT);
	CHECK(ctx, VA, 0);
	assert_int_equal(virtkfd_resource_attach_blob(ctx->guest->vm, 3, 9, f.blob), 0);
	assert_int_equal(send(other, gpu, 9, MAP, RWX, VA, PAGE, PAGE), 0);
	CHECK(other, VA, 1);
	ctx_free(without);
	ctx_free(control);
	ctx_free(other);
	ctx_free(ctx);
	virtkfd_blob_destroy(f.blob);
}

static void test_map(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct fixture f;

	attach_new(&f, ctx, GTT, RES);
	assert_int_equal(op(ctx, MAP, VA, 0, PAGES * PAGE), 0);
	CHECK(ctx, VA - PAGE, -1, 0, 1, 2, 3, 4, 5, 6, 7, -1);
	/* A part of it, more than once */
	assert_int_equal(op(ctx, MAP, VA + 16 * PAGE, 3 * PAGE, 2 * PAGE), 0);
	assert_int_equal(op(ctx, MAP, VA + 18 * PAGE, 3 * PAGE, PAGE), 0);
	CHECK(ctx, VA + 15 * PAGE, -1, 3, 4, 3, -1);
	/* amdgpu_vm_bo_map(): where there is something already */
	assert_int_equal(op(ctx, MAP, VA + 7 * PAGE, 0, PAGE), -EINVAL);
	assert_int_equal(op(ctx, MAP, VA - PAGE, 0, 2 * PAGE), -EINVAL);
	/* amdgpu_vm_bo_unmap(): by the address of a mapping, whatever the size */
	assert_int_equal(op(ctx, UNMAP, VA + PAGE, 0, PAGE), -ENOENT);
	assert_int_equal(op(ctx, UNMAP, VA + 17 * PAGE, 0, PAGE), -ENOENT);
	assert_int_equal(op(ctx, UNMAP, VA + 16 * PAGE + 5, 0, 0), 0);
	CHECK(ctx, VA + 15 * PAGE, -1, -1, -1, 3, -1);
	assert_int_equal(op(ctx, UNMAP, VA, 0, PAGE), 0);
	assert_int_equal(op(ctx, UNMAP, VA, 0, PAGE), -ENOENT);
	CHECK(ctx, VA, -1, -1);
	assert_int_equal(op(ctx, CLOSE, 0, 0, 0), 0);
	CHECK(ctx, VA + 18 * PAGE, -1);
	ctx_free(ctx);
	virtkfd_blob_destroy(f.blob);
}

/* amdgpu_vm_bo_clear_mappings(): what sticks out at either side stays. */
static void test_clear(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct virtkfd_backend *be = ctx->guest->vm->backend;
	struct fixture f;

	attach_new(&f, ctx, VRAM, RES);
	assert_int_equal(op(ctx, MAP, VA, 0, 8 * PAGE), 0);
	assert_int_equal(op(ctx, CLEAR, VA + 3 * PAGE, 0, 2 * PAGE), 0);
	CHECK(ctx, VA, 0, 1, 2, -1, -1, 5, 6, 7);
	assert_int_equal(be->num_parts, 2);
	assert_int_equal(op(ctx, MAP, VA + 3 * PAGE, 0, 2 * PAGE), 0);
	CHECK(ctx, VA, 0, 1, 2, 0, 1, 5, 6, 7);
	/* The end of one, a whole one, the start of one */
	assert_int_equal(op(ctx, CLEAR, VA + 2 * PAGE, 0, 5 * PAGE), 0);
	CHECK(ctx, VA, 0, 1, -1, -1, -1, -1, -1, 7);
	assert_int_equal(be->num_parts, 2);
	/* What was cut can be unmapped by what is left of it, or cut again. */
	assert_int_equal(op(ctx, UNMAP, VA + 5 * PAGE, 0, PAGE), -ENOENT);
	assert_int_equal(op(ctx, UNMAP, VA + 7 * PAGE, 0, PAGE), 0);
	assert_int_equal(op(ctx, CLEAR, VA, 0, PAGE), 0);
	CHECK(ctx, VA, -1, 1, -1);
	assert_int_equal(op(ctx, CLEAR, VA - MIB, 0, 2 * MIB), 0);
	CHECK(ctx, VA, -1, -1, -1);
	assert_int_equal(op(ctx, CLEAR, VA - MIB, 0, 2 * MIB), 0);
	assert_int_equal(be->num_parts, 0);
	/* REPLACE is the two at once. */
	assert_int_equal(op(ctx, MAP, VA, 0, 8 * PAGE), 0);
	assert_int_equal(op(ctx, REPLACE, VA + 2 * PAGE, 0, 3 * PAGE), 0);
	CHECK(ctx, VA, 0, 1, 0, 1, 2, 5, 6, 7);
	assert_int_equal(op(ctx, REPLACE, VA - PAGE, PAGE, 2 * PAGE), 0);
	CHECK(ctx, VA - PAGE, 1, 2, 1, 0, 1, 2, 5, 6, 7);
	assert_int_equal(op(ctx, REPLACE, VA + 32 * PAGE, 7 * PAGE, PAGE), 0);
	CHECK(ctx, VA + 31 * PAGE, -1, 7, -1);
	assert_int_equal(op(ctx, CLOSE, 0, 0, 0), 0);
	assert_int_equal(be->num_parts, 0);
	ctx_free(ctx);
	virtkfd_blob_destroy(f.blob);
}

/* What GEM_CLOSE ends are the mappings of that object, not of others, nor KFD's. */
static void test_close(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	uint32_t gpu = ctx->guest->gpu_id;
	struct fixture f, g;
	uint64_t handle;

	attach_new(&f, ctx, VRAM, RES);
	attach_new(&g, ctx, VRAM, RES + 1);
	assert_int_equal(kfd_alloc(ctx, VRAM, VA + MIB, PAGE, &handle), 0);
	assert_int_equal(kfd_map(ctx, handle, gpu, NULL), 0);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(send(ctx, gpu, RES, MAP, RWX, VA + 2 * i * PAGE, 0, PAGE), 0);
		assert_int_equal(send(ctx, gpu, RES + 1, MAP, RWX, VA + (2 * i + 1) * PAGE, 0,
				      PAGE), 0);
	}
	/* KFD's are in the way, and are left alone. */
	assert_int_equal(op(ctx, MAP, VA + MIB, 0, PAGE), -EINVAL);
	assert_int_equal(op(ctx, REPLACE, VA + MIB, 0, PAGE), -EINVAL);
	assert_int_equal(op(ctx, UNMAP, VA + MIB, 0, PAGE), -ENOENT);
	assert_int_equal(op(ctx, CLEAR, VA + MIB, 0, PAGE), 0);
	assert_int_equal(kfd_free(ctx, handle), -EBUSY);
	assert_int_equal(op(ctx, CLOSE, 0, 0, 0), 0);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(at(ctx, VA + 2 * i * PAGE), 0);
		assert_int_equal(at(ctx, VA + (2 * i + 1) * PAGE), (RES + 1) << 8);
	}
	assert_int_equal(op(ctx, CLOSE, 0, 0, 0), 0);
	/* And the other way round */
	assert_int_equal(kfd_unmap(ctx, handle, gpu, NULL), 0);
	assert_int_equal(op(ctx, MAP, VA + MIB, 0, PAGE), 0);
	assert_int_equal(kfd_map(ctx, handle, gpu, NULL), -EINVAL);
	/* A handle that GEM_VA has mapped is not busy for KFD. */
	assert_int_equal(kfd_free(ctx, f.handle), 0);
	CHECK(ctx, VA + MIB, 0);
	ctx_free(ctx);
	virtkfd_blob_destroy(f.blob);
	virtkfd_blob_destroy(g.blob);
}

/* Mappings keep the memory, and what it counts for. */
static void test_life(void **state)
{
	struct gctx *a = ctx_acquired(*state, 2), *b = ctx_acquired(*state, 3);
	struct virtkfd_vm *vm = a->guest->vm;
	struct fixture f;

	attach_new(&f, a, VRAM, RES);
	assert_int_equal(virtkfd_resource_attach_blob(vm, 3, RES, f.blob), 0);
	assert_int_equal(op(b, MAP, VA, 0, 2 * PAGE), 0);
	assert_int_equal(op(b, MAP, VA + MIB, 0, 2 * PAGE), 0);
	assert_int_equal(op(a, MAP, VA, 0, PAGE), 0);
	ctx_free(a);
	assert_int_equal(vm->gpu_bytes, PAGES * PAGE);
	CHECK(b, VA, 0, 1);
	virtkfd_blob_destroy(f.blob);
	CHECK(b, VA, 0, 1);
	assert_int_equal(op(b, CLEAR, VA, 0, 2 * PAGE), 0);
	CHECK(b, VA + MIB, 0, 1);
	assert_int_equal(vm->gpu_bytes, PAGES * PAGE);
	assert_int_equal(stats(*state).memory, 1);
	ctx_free(b);
	assert_int_equal(vm->gpu_bytes, 0);
	assert_int_equal(stats(*state).memory, 0);

	/* A close gives it back earlier. */
	a = ctx_acquired(*state, 2);
	attach_new(&f, a, VRAM, RES);
	assert_int_equal(op(a, MAP, VA, 0, PAGE), 0);
	assert_int_equal(op(a, CLOSE, 0, 0, 0), 0);
	virtkfd_blob_destroy(f.blob);
	assert_int_equal(kfd_free(a, f.handle), 0);
	assert_int_equal(vm->gpu_bytes, 0);

	/* The render node's file has a handle of what it was asked about, too. */
	attach_new(&f, a, VRAM, RES);
	assert_int_equal(op(a, UNMAP, VA, 0, PAGE), -ENOENT);
	virtkfd_blob_destroy(f.blob);
	assert_int_equal(kfd_free(a, f.handle), 0);
	assert_int_equal(vm->gpu_bytes, PAGES * PAGE);
	ctx_free(a);
	assert_int_equal(vm->gpu_bytes, 0);
}

static void test_limit(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 2);
	struct virtkfd_backend *be = ctx->guest->vm->backend;
	struct fixture f;

	attach_new(&f, ctx, VRAM, RES);
	assert_int_equal(op(ctx, MAP, VA, 0, 8 * PAGE), 0);
	be->num_parts += SOFT_MAX_PARTS - 1;
	assert_int_equal(op(ctx, MAP, VA + MIB, 0, PAGE), -ENOMEM);
	assert_int_equal(op(ctx, CLEAR, VA + PAGE, 0, PAGE), -ENOMEM);
	CHECK(ctx, VA, 0, 1, 2, 3, 4, 5, 6, 7);
	be->num_parts -= SOFT_MAX_PARTS - 1;
	assert_int_equal(op(ctx, CLEAR, VA + PAGE, 0, PAGE), 0);
	ctx_free(ctx);
	assert_int_equal(be->num_parts, 0);
	virtkfd_blob_destroy(f.blob);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_errors),
		TEST(test_access),
		TEST(test_map),
		TEST(test_clear),
		TEST(test_close),
		TEST(test_life),
		TEST(test_limit),
	};

	return cmocka_run_group_tests_name("render_va", tests, NULL, NULL);
}
