// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The wire: lengths, alignment, pads, roles, response blobs, evolution of structs. What is
 * expected stands in include/uapi/linux/virtio_gpu_amdkfd.h and in virtkfd.h.
 */
#include "harness.h"

static struct virtkfd_ccmd nop = { .cmd = VIRTKFD_CCMD_NOP, .len = sizeof(nop) };

static void test_ctx_ids(void **state)
{
	struct virtkfd_vm *vm = ((struct guest *)*state)->vm;

	assert_int_equal(virtkfd_ctx_create(vm, 0), -EINVAL);
	assert_int_equal(virtkfd_ctx_create(vm, 5), 0);
	assert_int_equal(virtkfd_ctx_create(vm, 5), -EEXIST);
	assert_int_equal(virtkfd_ctx_destroy(vm, 6), -ENOENT);
	assert_int_equal(virtkfd_ctx_destroy(vm, 5), 0);
	assert_int_equal(virtkfd_ctx_destroy(vm, 5), -ENOENT);
	assert_int_equal(virtkfd_submit(vm, 5, &nop, sizeof(nop)), -ENOENT);
	assert_int_equal(virtkfd_fence(vm, 5, VIRTKFD_RING_CMD, 1), -ENOENT);
}

static void test_resources(void **state)
{
	struct virtkfd_vm *vm = ((struct guest *)*state)->vm;
	uint64_t mem[8];
	struct iovec iov = { mem, sizeof(mem) };
	struct iovec huge[2] = { { mem, SIZE_MAX }, { mem, 8 } };

	assert_int_equal(virtkfd_resource_attach(vm, 5, 1, &iov, 1), -ENOENT);
	assert_int_equal(virtkfd_resource_detach(vm, 5, 1), -ENOENT);
	assert_int_equal(virtkfd_ctx_create(vm, 5), 0);
	assert_int_equal(virtkfd_resource_attach(vm, 5, 1, &iov, 1), 0);
	assert_int_equal(virtkfd_resource_attach(vm, 5, 1, &iov, 1), -EEXIST);
	assert_int_equal(virtkfd_resource_attach(vm, 5, 2, huge, 2), -EINVAL);
	assert_int_equal(stats(*state).resources, 1);
	assert_int_equal(virtkfd_resource_detach(vm, 5, 2), -ENOENT);
	assert_int_equal(virtkfd_resource_detach(vm, 5, 1), 0);
	assert_int_equal(virtkfd_resource_detach(vm, 5, 1), -ENOENT);
	assert_int_equal(stats(*state).resources, 0);
	assert_int_equal(virtkfd_ctx_destroy(vm, 5), 0);
}

static void test_lengths(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_new(guest, 2, VIRTKFD_ROLE_PROCESS);
	struct virtkfd_ccmd cmds[2] = { nop, nop };
	uint64_t before = stats(guest).commands;
	uint8_t *big = calloc(1, (4u << 20) + 8);
	static const uint32_t bad[] = { 0, 8, 16, 23, 25, 28, 2 * sizeof(nop) + 8, 0x80000000,
					0xfffffff8 };

	assert_int_equal(virtkfd_submit(guest->vm, 2, cmds, sizeof(cmds)), 0);
	assert_int_equal(stats(guest).commands, before + 2);
	/* A second command that is malformed keeps the first one from being executed. */
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		cmds[1].len = bad[i];
		assert_int_equal(virtkfd_submit(guest->vm, 2, cmds, sizeof(cmds)), -EINVAL);
	}
	cmds[1].len = sizeof(nop);
	for (size_t len = sizeof(nop) + 1; len < sizeof(cmds); len++)
		assert_int_equal(virtkfd_submit(guest->vm, 2, cmds, len), -EINVAL);
	assert_int_equal(virtkfd_submit(guest->vm, 2, big, (4u << 20) + 8), -E2BIG);
	assert_int_equal(stats(guest).commands, before + 2);
	free(big);
	ctx_free(ctx);
}

static void test_before_init(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_bare(guest, 2);
	struct virtkfd_ccmd_topology topology = {
		.hdr = { .cmd = VIRTKFD_CCMD_TOPOLOGY, .len = sizeof(topology) },
	};
	struct virtkfd_ccmd_init init = {
		.hdr = { .cmd = VIRTKFD_CCMD_INIT, .len = sizeof(init) },
		.role = VIRTKFD_ROLE_PROCESS, .rsp_res_id = 4711,
	};

	assert_int_equal(ctx_send(ctx, &nop, 0), -EINVAL);
	assert_int_equal(ctx_send(ctx, &topology, 64), -EINVAL);
	/* Without a blob there is no place for an errno. */
	assert_int_equal(ctx_send(ctx, &init, 16), -EINVAL);
	assert_int_equal(ctx_send(ctx, &init, 0), -EINVAL);
	assert_int_equal(ctx_init(ctx, 0, RSP_RES), -EINVAL);
	assert_int_equal(ctx_init(ctx, 3, RSP_RES), -EINVAL);
	assert_int_equal(ctx_init(ctx, VIRTKFD_ROLE_PROCESS, RSP_RES), 0);
	assert_int_equal(ctx_init(ctx, VIRTKFD_ROLE_PROCESS, RSP_RES), -EBUSY);
	assert_int_equal(ctx_init(ctx, VIRTKFD_ROLE_CONTROL, RSP_RES), -EBUSY);
	ctx_free(ctx);
}

static void test_one_control(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *other = ctx_bare(*state, 3);

	assert_int_equal(ctx_init(other, VIRTKFD_ROLE_CONTROL, RSP_RES), -EBUSY);
	ctx_free(control);
	assert_int_equal(ctx_init(other, VIRTKFD_ROLE_CONTROL, RSP_RES), 0);
	ctx_free(other);
}

static void test_roles(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *process = ctx_new(*state, 3, VIRTKFD_ROLE_PROCESS);
	struct virtkfd_ccmd_topology topology = {
		.hdr = { .cmd = VIRTKFD_CCMD_TOPOLOGY, .len = sizeof(topology) },
	};
	struct virtkfd_ccmd_render_info info = {
		.hdr = { .cmd = VIRTKFD_CCMD_RENDER_INFO, .len = sizeof(info) },
	};
	struct virtkfd_ccmd_event_poll poll = {
		.hdr = { .cmd = VIRTKFD_CCMD_EVENT_POLL, .len = sizeof(poll) },
		.max_events = 1,
	};
	struct virtkfd_ccmd unknown = { .cmd = 999, .len = sizeof(unknown) };
	struct kfd_ioctl_get_clock_counters_args clock = { 0 };

	assert_int_equal(ctx_call(process, &topology), -EPERM);
	assert_int_equal(ctx_call(process, &info), -EPERM);
	assert_int_equal(ctx_call(process, &poll), -EPERM);
	assert_int_equal(kfd(control, GET_CLOCK_COUNTERS, &clock), -EPERM);
	assert_int_equal(ctx_call(process, &unknown), -ENOTTY);
	unknown.cmd = UINT32_MAX;
	assert_int_equal(ctx_call(control, &unknown), -ENOTTY);
	ctx_free(process);
	ctx_free(control);
}

/* Every pad of every command, one at a time. */
static void test_pads(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *process = ctx_new(*state, 3, VIRTKFD_ROLE_PROCESS);
	struct gctx *bare = ctx_bare(*state, 4);
	static const struct {
		uint32_t cmd;
		uint32_t len;
		uint32_t pad;
	} pads[] = {
#define PAD(cmd, type, field) { cmd, sizeof(struct type), offsetof(struct type, field) }
		PAD(VIRTKFD_CCMD_NOP, virtkfd_ccmd, pad),
		PAD(VIRTKFD_CCMD_INIT, virtkfd_ccmd_init, hdr.pad),
		PAD(VIRTKFD_CCMD_INIT, virtkfd_ccmd_init, pad),
		PAD(VIRTKFD_CCMD_TOPOLOGY, virtkfd_ccmd_topology, hdr.pad),
		PAD(VIRTKFD_CCMD_TOPOLOGY, virtkfd_ccmd_topology, pad),
		PAD(VIRTKFD_CCMD_RENDER_INFO, virtkfd_ccmd_render_info, hdr.pad),
		PAD(VIRTKFD_CCMD_RENDER_INFO, virtkfd_ccmd_render_info, pad),
		PAD(VIRTKFD_CCMD_IOCTL, virtkfd_ccmd_ioctl, hdr.pad),
		PAD(VIRTKFD_CCMD_IOCTL, virtkfd_ccmd_ioctl, pad),
		PAD(VIRTKFD_CCMD_EVENT_POLL, virtkfd_ccmd_event_poll, hdr.pad),
		PAD(VIRTKFD_CCMD_EVENT_POLL, virtkfd_ccmd_event_poll, pad),
		PAD(VIRTKFD_CCMD_RENDER_VA, virtkfd_ccmd_render_va, hdr.pad),
	};

	for (size_t i = 0; i < ARRAY_LEN(pads); i++) {
		uint32_t buf[16] = { 0 };
		struct gctx *ctx = pads[i].cmd == VIRTKFD_CCMD_INIT ? bare :
				   pads[i].cmd == VIRTKFD_CCMD_IOCTL ||
				   pads[i].cmd == VIRTKFD_CCMD_RENDER_VA ? process : control;

		buf[0] = pads[i].cmd;
		buf[1] = pads[i].len;
		if (pads[i].cmd == VIRTKFD_CCMD_INIT) {
			((struct virtkfd_ccmd_init *)buf)->role = VIRTKFD_ROLE_PROCESS;
			((struct virtkfd_ccmd_init *)buf)->rsp_res_id = RSP_RES;
		}
		if (pads[i].cmd == VIRTKFD_CCMD_EVENT_POLL)
			((struct virtkfd_ccmd_event_poll *)buf)->max_events = 1;
		for (uint32_t bit = 1; bit; bit <<= 1) {
			buf[pads[i].pad / 4] = bit;
			assert_int_equal(ctx_call(ctx, buf), -EINVAL);
		}
	}
	ctx_free(bare);
	ctx_free(process);
	ctx_free(control);
}

static void test_response_range(void **state)
{
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	struct virtkfd_vm *vm = ctx->guest->vm;
	uint64_t before = stats(*state).commands;
	static const struct {
		uint32_t off;
		uint32_t len;
		int ret;
	} ranges[] = {
		{ RSP_SIZE - 16, 16, 0 },
		{ 0, RSP_SIZE, 0 },
		{ RSP_SIZE - 8, 16, -EINVAL },
		{ RSP_SIZE, 16, -EINVAL },
		{ RSP_SIZE + 8, 16, -EINVAL },
		{ 0, RSP_SIZE + 1, -EINVAL },
		{ 0xfffffff8, 16, -EINVAL },
		{ 8, 0xffffffff, -EINVAL },
		{ 4, 16, -EINVAL },
		{ 1, 16, -EINVAL },
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		struct virtkfd_ccmd cmd = nop;

		cmd.rsp_off = ranges[i].off;
		cmd.rsp_len = ranges[i].len;
		before += !ranges[i].ret;
		assert_int_equal(virtkfd_submit(vm, 2, &cmd, sizeof(cmd)), ranges[i].ret);
		assert_int_equal(stats(*state).commands, before);
	}
	/* The blob has gone: nothing is written, and the guest gets an error. */
	memset(ctx->rsp, 0xee, RSP_SIZE);
	assert_int_equal(virtkfd_resource_detach(vm, 2, RSP_RES), 0);
	assert_int_equal(ctx_send(ctx, &nop, 16), -EINVAL);
	for (size_t i = 0; i < RSP_SIZE; i++)
		assert_int_equal(ctx->rsp[i], 0xee);
	ctx_free(ctx);
}

/* A response that is truncated says how long it would have been, and no byte lies behind it. */
static void test_truncation(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct virtkfd_ccmd_topology cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_TOPOLOGY, .len = sizeof(cmd) },
	};
	struct virtkfd_rsp_topology *rsp = (struct virtkfd_rsp_topology *)control->rsp;
	uint8_t *whole;
	uint32_t len;

	assert_int_equal(ctx_call(control, &cmd), 0);
	len = rsp->rsp.len;
	assert_true(len > 4096 && len <= RSP_SIZE && len % 8 == 0);
	whole = malloc(len);
	memcpy(whole, control->rsp, len);
	for (uint32_t room = 1; room <= len; room = room < 64 ? room + 1 : room * 2 + 5) {
		memset(control->rsp, 0xee, RSP_SIZE);
		assert_int_equal(ctx_send(control, &cmd, room), 0);
		((struct virtkfd_rsp *)whole)->seqno = control->guest->seqno;
		assert_memory_equal(control->rsp, whole, room);
		for (uint32_t i = room; i < RSP_SIZE; i++)
			assert_int_equal(control->rsp[i], 0xee);
	}
	free(whole);
	ctx_free(control);
}

/* Requests of older and newer guests: shorter is zero-extended, longer is ignored. */
static void test_evolution(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *process = ctx_new(*state, 3, VIRTKFD_ROLE_PROCESS);
	struct virtkfd_ccmd shortest = { .cmd = VIRTKFD_CCMD_TOPOLOGY, .len = sizeof(shortest) };
	struct {
		struct virtkfd_ccmd_topology cmd;
		uint64_t more[4];
	} longer = {
		.cmd.hdr = { .cmd = VIRTKFD_CCMD_TOPOLOGY, .len = sizeof(longer) },
		.more = { 1, 2, 3, 4 },
	};
	uint32_t gpu_id = ((struct guest *)*state)->gpu_id;
	uint32_t clock[12] = { 0 };
	uint32_t xnack = -1;

	assert_int_equal(ctx_call(control, &shortest), 0);
	assert_int_equal(ctx_call(control, &longer), 0);
	shortest.cmd = VIRTKFD_CCMD_IOCTL;
	assert_int_equal(ctx_call(process, &shortest), -ENOTTY);

	/* Of GET_CLOCK_COUNTERS the gpu_id is at 32, behind what a short struct has. */
	clock[8] = gpu_id;
	assert_int_equal(kfd_raw(process, NR(GET_CLOCK_COUNTERS), clock, 8, NULL, 0), 0);
	assert_int_equal(clock[0] | clock[1], 0);
	/* A longer one comes back with its tail as it was. */
	clock[10] = 0x12345678;
	clock[11] = 0x9abcdef0;
	assert_int_equal(kfd_raw(process, NR(GET_CLOCK_COUNTERS), clock, 48, NULL, 0), 0);
	assert_int_not_equal(clock[0] | clock[1], 0);
	assert_int_equal(clock[10], 0x12345678);
	assert_int_equal(clock[11], 0x9abcdef0);
	/* Four bytes are an argument struct too. */
	assert_int_equal(kfd_raw(process, NR(SET_XNACK_MODE), &xnack, 4, NULL, 0), 0);
	assert_int_equal(xnack, 0);
	assert_int_equal(kfd_raw(process, NR(GET_CLOCK_COUNTERS), clock, 0, NULL, 0), 0);
	ctx_free(process);
	ctx_free(control);
}

/* args_len and in_len against what is really there. */
static void test_ioctl_lengths(void **state)
{
	struct gctx *ctx = ctx_acquired(*state, 3);
	struct {
		struct virtkfd_ccmd_ioctl cmd;
		struct kfd_ioctl_map_memory_to_gpu_args args;
		uint32_t ids[2];
	} map = {
		.cmd = {
			.hdr = { .cmd = VIRTKFD_CCMD_IOCTL, .len = sizeof(map) },
			.nr = NR(MAP_MEMORY_TO_GPU),
			.args_len = sizeof(map.args), .in_len = sizeof(map.ids),
		},
		.args.n_devices = 2,
	};

	/* As it stands only the handle is wrong. */
	map.args.handle = (uint64_t)ctx->guest->gpu_id << 32;
	assert_int_equal(ctx_call(ctx, &map), -ENOMEM);
	map.cmd.in_len = 4;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	map.cmd.in_len = 16;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	map.cmd.in_len = UINT32_MAX;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	map.cmd.in_len = 8;
	map.cmd.args_len = UINT32_MAX;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	map.cmd.args_len = sizeof(map.args) + 16;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	map.cmd.args_len = sizeof(map.args);
	map.args.n_devices = 1025;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	map.args.n_devices = UINT32_MAX;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	/* More than the arrays: nothing else belongs there. */
	map.args.n_devices = 1;
	map.cmd.in_len = 16;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	/* No pointers on the wire. */
	map.cmd.in_len = 8;
	map.args.n_devices = 2;
	map.args.device_ids_array_ptr = 0x1000;
	assert_int_equal(ctx_call(ctx, &map), -EINVAL);
	ctx_free(ctx);
}

/* No descriptor either. */
static void test_no_fd(void **state)
{
	struct gctx *ctx = ctx_new(*state, 3, VIRTKFD_ROLE_PROCESS);
	struct kfd_ioctl_acquire_vm_args args = { .drm_fd = 3, .gpu_id = ctx->guest->gpu_id };

	assert_int_equal(kfd(ctx, ACQUIRE_VM, &args), -EINVAL);
	args.drm_fd = 0;
	assert_int_equal(kfd(ctx, ACQUIRE_VM, &args), 0);
	ctx_free(ctx);
}

static void test_fence_rings(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_new(guest, 2, VIRTKFD_ROLE_PROCESS);

	assert_int_equal(virtkfd_fence(guest->vm, 2, 2, 1), -EINVAL);
	assert_int_equal(virtkfd_fence(guest->vm, 2, VIRTKFD_RING_CMD, 10), 0);
	assert_true(fence_done(guest, 10));
	assert_int_equal(guest->fences[0].ctx_id, 2);
	assert_int_equal(guest->fences[0].ring, VIRTKFD_RING_CMD);
	/* No poll is pending. */
	assert_int_equal(virtkfd_fence(guest->vm, 2, VIRTKFD_RING_EVENTS, 11), 0);
	assert_true(fence_done(guest, 11));
	assert_int_equal(guest->fences[1].ring, VIRTKFD_RING_EVENTS);
	ctx_free(ctx);
}

/* A guest cannot fill the host's disk with warnings. */
static void test_log_is_limited(void **state)
{
	struct guest *guest = *state;
	struct gctx *ctx = ctx_bare(guest, 2);

	for (int i = 0; i < 5000; i++)
		assert_int_equal(ctx_send(ctx, &nop, 0), -EINVAL);
	assert_true(guest->warnings >= 1 && guest->warnings < 500);
	ctx_free(ctx);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(test_ctx_ids),
		TEST(test_resources),
		TEST(test_lengths),
		TEST(test_before_init),
		TEST(test_one_control),
		TEST(test_roles),
		TEST(test_pads),
		TEST(test_response_range),
		TEST(test_truncation),
		TEST(test_evolution),
		TEST(test_ioctl_lengths),
		TEST(test_no_fd),
		TEST(test_fence_rings),
		TEST(test_log_is_limited),
	};

	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
