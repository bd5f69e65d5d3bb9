// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What costs a guest nothing and the host memory: it has an end, and after a refusal there is
 * room again for what was given back. The limits are the library's choice, internal.h.
 */
#include "harness.h"
#include "internal.h"

static void test_attached(void **state)
{
	struct guest *guest = *state;
	static struct iovec iov[16384];
	struct virtkfd_vm *vm = guest->vm;
	unsigned int num = 0;

	for (unsigned int i = 0; i < ARRAY_LEN(iov); i++)
		iov[i] = (struct iovec){ guest->ram, PAGE };
	for (uint32_t ctx = 1; ctx <= 9; ctx++)
		assert_int_equal(virtkfd_ctx_create(vm, ctx), 0);
	while (num < 9 && !virtkfd_resource_attach(vm, num + 1, 1, iov, ARRAY_LEN(iov)))
		num++;
	assert_int_equal(num * ARRAY_LEN(iov), VK_MAX_ATTACHED);
	assert_int_equal(virtkfd_resource_attach(vm, 9, 1, iov, ARRAY_LEN(iov)), -ENOSPC);
	assert_int_equal(virtkfd_resource_attach(vm, 9, 1, iov, 1), -ENOSPC);
	assert_int_equal(virtkfd_resource_attach(vm, 9, 1, iov, UINT32_MAX), -ENOSPC);
	assert_int_equal(virtkfd_resource_detach(vm, 1, 1), 0);
	assert_int_equal(virtkfd_resource_attach(vm, 9, 1, iov, ARRAY_LEN(iov)), 0);
	assert_int_equal(virtkfd_ctx_destroy(vm, 9), 0);
	assert_int_equal(virtkfd_resource_attach(vm, 8, 2, iov, ARRAY_LEN(iov)), 0);
	assert_int_equal(stats(guest).resources, num);
}

static void test_fences(void **state)
{
	struct guest *guest = *state;
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	unsigned int ring = VIRTKFD_RING_EVENTS;

	for (int round = 0; round < 2; round++) {
		assert_int_equal(poll_send(control, 0, 1), 0);
		for (uint32_t i = 0; i < VK_MAX_FENCES; i++)
			assert_int_equal(virtkfd_fence(guest->vm, 2, ring, i), 0);
		assert_int_equal(virtkfd_fence(guest->vm, 2, ring, 1), -ENOSPC);
		/* Those of the other ring do not wait. */
		assert_int_equal(guest->num_fences, 0);
		assert_int_equal(virtkfd_fence(guest->vm, 2, VIRTKFD_RING_CMD, 1), 0);
		ctx_free(control);
		assert_int_equal(guest->num_fences, VK_MAX_FENCES + 1);
		guest->num_fences = 0;
		control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	}
	ctx_free(control);
}

/* The same few pages again and again. */
static int userptr(struct gctx *ctx, uint64_t va, uint64_t *handle)
{
	const uint32_t pages = VK_MAX_RANGES / 16;
	struct kfd_ioctl_alloc_memory_of_gpu_args args = {
		.va_addr = va, .size = (uint64_t)pages * PAGE, .gpu_id = ctx->guest->gpu_id,
		.flags = USERPTR | WRITABLE,
	};
	uint64_t *extents = malloc(pages * sizeof(*extents));
	int ret;

	assert_non_null(extents);
	for (uint32_t i = 0; i < pages; i++)
		extents[i] = VIRTKFD_EXTENT(i % (RAM_SIZE / PAGE) * PAGE, 1);
	ret = kfd_raw(ctx, NR(ALLOC_MEMORY_OF_GPU), &args, sizeof(args), extents,
		      pages * sizeof(*extents));
	free(extents);
	*handle = args.handle;
	return ret;
}

static void test_ranges(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_acquired(guest, 2);
	uint64_t handles[16], last;
	int i;

	for (i = 0; i < 16; i++)
		assert_int_equal(userptr(ctx, VA, &handles[i]), 0);
	assert_int_equal(guest->mapped, VK_MAX_RANGES);
	assert_int_equal(userptr(ctx, VA, &last), -ENOMEM);
	assert_int_equal(kfd_userptr(ctx, VA, 0, PAGE, &last), -ENOMEM);
	assert_int_equal(guest->mapped, VK_MAX_RANGES);
	assert_int_equal(kfd_free(ctx, handles[3]), 0);
	assert_int_equal(userptr(ctx, VA, &last), 0);
	ctx_free(ctx);
	assert_int_equal(guest->mapped, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_attached),
		TEST(test_fences),
		TEST(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
