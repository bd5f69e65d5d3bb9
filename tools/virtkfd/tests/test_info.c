// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What a process asks and sets once: apertures, clocks, available memory, policies, XNACK,
 * trap handler, scratch, tile configuration; and the render node's queries. Values, errnos
 * and the order of checks are those of kfd_chardev.c and amdgpu_kms.c (Linux 7.3).
 */
#include <limits.h>
#include <time.h>

#include <drm/amdgpu_drm.h>

#include "harness.h"

/* AMDGPU_VM_RESERVED_VRAM and VRAM_AVAILABILITY_ALIGN */
#define RESERVED	(8 * MIB)
#define AVAILABLE_ALIGN	(2 * MIB)

/* GPUs that are not there; the first one takes the place of the real one. */
static uint32_t gpu_id(struct gctx *ctx, uint32_t i)
{
	return (uint32_t[]){ ctx->guest->gpu_id, 0, ctx->guest->gpu_id + 1, UINT32_MAX }[i];
}

/* kfd_init_apertures_v9() */
static void check_aperture(const struct kfd_process_device_apertures *pa, uint32_t gpu)
{
	const struct kfd_process_device_apertures expected = {
		.lds_base = 0x1000000000000, .lds_limit = 0x10000ffffffff,
		.scratch_base = 0x2000000000000, .scratch_limit = 0x20000ffffffff,
		.gpuvm_base = 0x10000, .gpuvm_limit = 0x7fffffffffff,
		.gpu_id = gpu,
	};

	assert_memory_equal(pa, &expected, sizeof(expected));
}

static void test_apertures(void **state)
{
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	const struct kfd_process_device_apertures none = { 0 };
	struct kfd_ioctl_get_process_apertures_args args = { .num_of_nodes = 5 };
	uint32_t len;

	assert_int_equal(kfd(ctx, GET_PROCESS_APERTURES, &args), 0);
	assert_int_equal(args.num_of_nodes, 1);
	check_aperture(&args.process_apertures[0], ctx->guest->gpu_id);
	for (uint32_t i = 1; i < NUM_OF_SUPPORTED_GPUS; i++)
		assert_memory_equal(&args.process_apertures[i], &none, sizeof(none));
	kfd_out(ctx, &len);
	assert_int_equal(len, 0);
	ctx_free(ctx);
}

static void test_apertures_new(void **state)
{
	/* At most one CPU node and one GPU, kfd_topology_get_num_devices(). */
	static const struct {
		uint32_t nodes;
		int ret;
		uint32_t len;
	} rows[] = {
		{ 0, 0, 0 }, { 1, 0, 56 }, { 2, 0, 56 }, { 3, -EINVAL, 0 }, { 128, -EINVAL, 0 },
		{ 129, -EINVAL, 0 }, { UINT32_MAX, -EINVAL, 0 },
	};
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	const void *out;
	uint32_t len;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct kfd_ioctl_get_process_apertures_new_args args = {
			.num_of_nodes = rows[i].nodes,
		};

		assert_int_equal(kfd(ctx, GET_PROCESS_APERTURES_NEW, &args), rows[i].ret);
		assert_int_equal(args.kfd_process_device_apertures_ptr, 0);
		out = kfd_out(ctx, &len);
		assert_int_equal(len, rows[i].len);
		if (!rows[i].ret)
			assert_int_equal(args.num_of_nodes, 1);
		if (len)
			check_aperture(out, ctx->guest->gpu_id);
	}
	ctx_free(ctx);
}

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	assert_int_equal(clock_gettime(clock, &ts), 0);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int query(struct gctx *control, uint32_t what, const uint32_t *args, void *buf,
		 uint32_t size)
{
	struct virtkfd_ccmd_render_info cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_RENDER_INFO, .len = sizeof(cmd) },
		.gpu_id = control->guest->gpu_id, .query = what, .return_size = size,
	};
	struct virtkfd_rsp_render_info *rsp = (void *)control->rsp;
	int ret;

	if (args)
		memcpy(cmd.args, args, sizeof(cmd.args));
	ret = ctx_call(control, &cmd);
	assert_int_equal(rsp->pad, 0);
	assert_int_equal(rsp->rsp.len, sizeof(*rsp) + ((rsp->size + 7) & ~7u));
	if (ret)
		assert_int_equal(rsp->size, 0);
	assert_true(rsp->size <= size);
	if (buf)
		memcpy(buf, rsp + 1, rsp->size);
	return ret ? ret : (int)rsp->size;
}

static void test_clocks(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_new(*state, 3, VIRTKFD_ROLE_PROCESS);
	struct kfd_ioctl_get_clock_counters_args a = { .gpu_id = ctx->guest->gpu_id }, b = a;
	struct drm_amdgpu_info_device dev;
	uint64_t raw = now(CLOCK_MONOTONIC_RAW), boot = now(CLOCK_BOOTTIME), stamp;
	uint64_t ticks = 0, ns = 0;

	assert_int_equal(query(control, AMDGPU_INFO_DEV_INFO, NULL, &dev, sizeof(dev)),
			 sizeof(dev));
	assert_int_equal(dev.gpu_counter_freq, 100000);
	/*
	 * The GPU's counter runs at the speed that amdgpu says, in kHz: half a percent. The
	 * two clocks are not read at the same instant, so a busy machine gets more than one try.
	 */
	for (int tries = 0; tries < 50; tries++) {
		assert_int_equal(kfd(ctx, GET_CLOCK_COUNTERS, &a), 0);
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		assert_int_equal(kfd(ctx, GET_CLOCK_COUNTERS, &b), 0);
		ns = b.cpu_clock_counter - a.cpu_clock_counter;
		ticks = b.gpu_clock_counter - a.gpu_clock_counter;
		ticks = ticks * 1000000 / dev.gpu_counter_freq;
		if (ticks >= ns - ns / 200 && ticks <= ns + ns / 200)
			break;
	}
	assert_in_range(ticks, ns - ns / 200, ns + ns / 200);
	assert_true(raw <= a.cpu_clock_counter && a.cpu_clock_counter < b.cpu_clock_counter);
	assert_true(b.cpu_clock_counter <= now(CLOCK_MONOTONIC_RAW));
	assert_true(boot <= a.system_clock_counter);
	assert_true(a.system_clock_counter < b.system_clock_counter);
	assert_true(b.system_clock_counter <= now(CLOCK_BOOTTIME));
	assert_int_equal(a.system_clock_freq, 1000000000);
	assert_int_equal(query(control, AMDGPU_INFO_TIMESTAMP, NULL, &stamp, 8), 8);
	assert_true(stamp >= b.gpu_clock_counter);
	assert_int_equal(kfd(ctx, GET_CLOCK_COUNTERS, &b), 0);
	assert_true(stamp <= b.gpu_clock_counter);
	/* "Node without GPU resource" */
	for (uint32_t i = 1; i < 4; i++) {
		a.gpu_id = gpu_id(ctx, i);
		a.gpu_clock_counter = 4711;
		assert_int_equal(kfd(ctx, GET_CLOCK_COUNTERS, &a), 0);
		assert_int_equal(a.gpu_clock_counter, 0);
		assert_true(a.cpu_clock_counter >= b.cpu_clock_counter);
		assert_int_equal(a.gpu_id, gpu_id(ctx, i));
	}
	ctx_free(ctx);
	ctx_free(control);
}

/* __get_available_memory() with ESTIMATE_PT_SIZE() */
static void test_available(void **state)
{
	static const struct {
		uint64_t vram;
		uint64_t reserved;
	} rows[] = {
		{ 64 * MIB, RESERVED },
		{ 1024 * MIB, RESERVED },
		{ 128ULL << 30, RESERVED },
		{ 256ULL << 30, 16 * MIB },
		{ 257ULL << 30, 16 * MIB + (1 << 16) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct virtkfd_limits limits = { .vram = rows[i].vram };
		struct guest *guest = guest_new(&limits);
		struct gctx *ctx = ctx_new(guest, 2, VIRTKFD_ROLE_PROCESS);
		struct kfd_ioctl_get_available_memory_args args;
		uint64_t expected = rows[i].vram - rows[i].reserved;

		expected -= expected % AVAILABLE_ALIGN;
		assert_int_equal(kfd_available(ctx), expected);
		/* The trap handler's pages take one alignment. */
		assert_int_equal(kfd_acquire(ctx), 0);
		expected = rows[i].vram - rows[i].reserved - AVAILABLE_ALIGN;
		expected -= expected % AVAILABLE_ALIGN;
		assert_int_equal(kfd_available(ctx), expected);
		for (uint32_t j = 1; j < 4; j++) {
			args.gpu_id = gpu_id(ctx, j);
			assert_int_equal(kfd(ctx, AVAILABLE_MEMORY, &args), -EINVAL);
		}
		ctx_free(ctx);
		guest_free(guest);
	}
}

static void test_acquire(void **state)
{
	const struct virtkfd_limits limits = { .vram = 64 * MIB };
	struct guest *guest = guest_new(&limits);
	struct gctx *ctx = ctx_new(guest, 2, VIRTKFD_ROLE_PROCESS);
	struct gctx *other = ctx_new(guest, 3, VIRTKFD_ROLE_PROCESS);
	struct kfd_ioctl_acquire_vm_args args = { 0 };
	uint64_t handle = 0;

	(void)state;
	for (uint32_t i = 1; i < 4; i++) {
		args.gpu_id = gpu_id(ctx, i);
		assert_int_equal(kfd(ctx, ACQUIRE_VM, &args), -EINVAL);
	}
	assert_int_equal(kfd_acquire(ctx), 0);
	/* All render nodes that the guest has are the same file to the host. */
	assert_int_equal(kfd_acquire(ctx), 0);
	/* No room for the trap handler. */
	assert_int_equal(kfd_alloc(ctx, VRAM, VA, kfd_available(ctx), &handle), 0);
	for (int ret = 0; !ret;) {
		ret = kfd_alloc(ctx, VRAM, VA, PAGE, NULL);
		assert_true(!ret || ret == -ENOMEM);
	}
	assert_int_equal(kfd_acquire(other), -ENOMEM);
	assert_int_equal(kfd_alloc(other, GTT, VA, PAGE, NULL), -ENODEV);
	assert_int_equal(kfd_free(ctx, handle), 0);
	assert_int_equal(kfd_acquire(other), 0);
	assert_int_equal(kfd_alloc(other, VRAM, VA, PAGE, NULL), 0);
	ctx_free(other);
	ctx_free(ctx);
	guest_free(guest);
}

static void test_memory_policy(void **state)
{
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	static const struct {
		uint32_t first;
		uint32_t second;
		bool bad;
	} policies[] = {
		{ 0, 0, false }, { 0, 1, false }, { 1, 0, false }, { 1, 1, false },
		{ 2, 0, true }, { 0, 2, true }, { UINT32_MAX, 1, true }, { 1, UINT32_MAX, true },
	};

	for (int acquired = 0; acquired < 2; acquired++) {
		for (size_t i = 0; i < 4 * ARRAY_LEN(policies); i++) {
			struct kfd_ioctl_set_memory_policy_args args = {
				.alternate_aperture_base = UINT64_MAX,
				.alternate_aperture_size = 1, .gpu_id = gpu_id(ctx, i % 4),
				.default_policy = policies[i / 4].first,
				.alternate_policy = policies[i / 4].second,
				.misc_process_flag = UINT32_MAX,
			};
			int expected = policies[i / 4].bad || i % 4 ? -EINVAL :
				       acquired ? 0 : -ESRCH;

			assert_int_equal(kfd(ctx, SET_MEMORY_POLICY, &args), expected);
		}
		assert_int_equal(kfd_acquire(ctx), 0);
	}
	ctx_free(ctx);
}

/* Whether the GPU is bound to the process, and what each says if not. */
static void test_needs_vm(void **state)
{
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);

	for (int acquired = 0; acquired < 2; acquired++) {
		for (uint32_t i = 0; i < 4; i++) {
			struct kfd_ioctl_set_trap_handler_args trap = {
				.tba_addr = UINT64_MAX, .tma_addr = 1, .gpu_id = gpu_id(ctx, i),
			};
			struct kfd_ioctl_set_scratch_backing_va_args scratch = {
				.va_addr = UINT64_MAX, .gpu_id = gpu_id(ctx, i),
			};

			assert_int_equal(kfd(ctx, SET_TRAP_HANDLER, &trap),
					 i ? -EINVAL : acquired ? 0 : -ESRCH);
			assert_int_equal(kfd(ctx, SET_SCRATCH_BACKING_VA, &scratch),
					 i ? -EINVAL : acquired ? 0 : -ENODEV);
		}
		assert_int_equal(kfd_acquire(ctx), 0);
	}
	ctx_free(ctx);
}

/* kfd_process_xnack_mode() of a GPU with noretry that has no mode for each process */
static void test_xnack(void **state)
{
	static const struct {
		int32_t value;
		int ret;
		int32_t after;
	} rows[] = {
		{ -1, 0, 0 }, { 0, 0, 0 }, { 1, -EPERM, 1 }, { -1, 0, 0 }, { INT_MIN, 0, 0 },
		{ INT_MAX, -EPERM, INT_MAX }, { 2, -EPERM, 2 }, { -7, 0, 0 },
	};
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct kfd_ioctl_set_xnack_mode_args args = { rows[i].value };

		assert_int_equal(kfd(ctx, SET_XNACK_MODE, &args), rows[i].ret);
		assert_int_equal(args.xnack_enabled, rows[i].after);
	}
	ctx_free(ctx);
}

/* amdgpu_amdkfd_get_tile_config(): 32 and 16 entries, of which GFX9 sets none */
static void test_tile_config(void **state)
{
	static const struct {
		uint32_t tiles;
		uint32_t macros;
		uint32_t len;
	} rows[] = {
		{ 0, 0, 0 }, { 1, 0, 8 }, { 0, 1, 8 }, { 3, 2, 24 }, { 32, 16, 192 },
		{ 33, 17, 192 }, { 256, 256, 192 }, { UINT32_MAX, UINT32_MAX, 192 },
		{ 0, UINT32_MAX, 64 }, { UINT32_MAX, 0, 128 },
	};
	const uint32_t addr_config[4] = { 0x263e, 1, UINT32_MAX };
	struct gctx *control = ctx_new(*state, 3, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_new(*state, 2, VIRTKFD_ROLE_PROCESS);
	uint32_t len, config;
	const uint8_t *out;

	assert_int_equal(query(control, AMDGPU_INFO_READ_MMR_REG, addr_config, &config, 4), 4);
	for (size_t i = 0; i < 4 * ARRAY_LEN(rows); i++) {
		struct kfd_ioctl_get_tile_config_args args = {
			.num_tile_configs = rows[i / 4].tiles,
			.num_macro_tile_configs = rows[i / 4].macros,
			.gpu_id = gpu_id(ctx, i % 4), .num_banks = 4711, .num_ranks = 4711,
		};

		assert_int_equal(kfd(ctx, GET_TILE_CONFIG, &args), i % 4 ? -EINVAL : 0);
		out = kfd_out(ctx, &len);
		assert_int_equal(len, i % 4 ? 0 : rows[i / 4].len);
		if (i % 4)
			continue;
		assert_int_equal(args.num_tile_configs,
				 rows[i / 4].tiles < 32 ? rows[i / 4].tiles : 32);
		assert_int_equal(args.num_macro_tile_configs,
				 rows[i / 4].macros < 16 ? rows[i / 4].macros : 16);
		assert_int_equal(args.gb_addr_config, config);
		assert_int_equal(args.num_banks | args.num_ranks, 0);
		assert_int_equal(args.tile_config_ptr | args.macro_tile_config_ptr, 0);
		while (len)
			assert_int_equal(out[--len], 0);
	}
	ctx_free(ctx);
	ctx_free(control);
}

/* Each query is truncated to what was asked for, like the size of snprintf(). */
static void test_render_sizes(void **state)
{
	static const struct {
		uint32_t what;
		uint32_t size;
	} rows[] = {
		{ AMDGPU_INFO_ACCEL_WORKING, 4 },
		{ AMDGPU_INFO_TIMESTAMP, 8 },
		{ AMDGPU_INFO_NUM_BYTES_MOVED, 8 },
		{ AMDGPU_INFO_NUM_EVICTIONS, 8 },
		{ AMDGPU_INFO_NUM_VRAM_CPU_PAGE_FAULTS, 8 },
		{ AMDGPU_INFO_VRAM_LOST_COUNTER, 4 },
		{ AMDGPU_INFO_VRAM_USAGE, 8 },
		{ AMDGPU_INFO_VIS_VRAM_USAGE, 8 },
		{ AMDGPU_INFO_GTT_USAGE, 8 },
		{ AMDGPU_INFO_VRAM_GTT, sizeof(struct drm_amdgpu_info_vram_gtt) },
		{ AMDGPU_INFO_MEMORY, sizeof(struct drm_amdgpu_memory_info) },
		{ AMDGPU_INFO_DEV_INFO, sizeof(struct drm_amdgpu_info_device) },
		{ AMDGPU_INFO_HW_IP_INFO, sizeof(struct drm_amdgpu_info_hw_ip) },
		{ AMDGPU_INFO_HW_IP_COUNT, 4 },
	};
	static const uint32_t more[] = { 4096, 4097, 1u << 20, UINT32_MAX };
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint8_t whole[1024], part[1024];

		assert_int_equal(query(control, rows[i].what, NULL, whole, sizeof(whole)),
				 rows[i].size);
		assert_int_equal(query(control, rows[i].what, NULL, NULL, 0), -EINVAL);
		for (uint32_t size = 1; size <= rows[i].size; size++) {
			assert_int_equal(query(control, rows[i].what, NULL, part, size), size);
			if (rows[i].what != AMDGPU_INFO_TIMESTAMP)
				assert_memory_equal(part, whole, size);
		}
		for (size_t j = 0; j < ARRAY_LEN(more); j++)
			assert_int_equal(query(control, rows[i].what, NULL, NULL, more[j]),
					 rows[i].size);
	}
	ctx_free(control);
}

static void test_render_errors(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	static const uint32_t unknown[] = { AMDGPU_INFO_CRTC_FROM_ID, 0x04, 0x12, 0x1000,
					    0x80000000, UINT32_MAX };
	struct virtkfd_ccmd_render_info cmd = {
		.hdr = { .cmd = VIRTKFD_CCMD_RENDER_INFO, .len = sizeof(cmd) },
		.query = AMDGPU_INFO_ACCEL_WORKING, .return_size = 4,
	};
	uint32_t working = 0;

	assert_int_equal(query(control, AMDGPU_INFO_ACCEL_WORKING, NULL, &working, 4), 4);
	assert_int_equal(working, 1);
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		assert_int_equal(query(control, unknown[i], NULL, NULL, 64), -EINVAL);
	for (uint32_t i = 1; i < 4; i++) {
		cmd.gpu_id = gpu_id(control, i);
		assert_int_equal(ctx_call(control, &cmd), -ENODEV);
	}
	ctx_free(control);
}

static void test_dev_info(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	struct drm_amdgpu_info_device dev;

	assert_int_equal(query(control, AMDGPU_INFO_DEV_INFO, NULL, &dev, sizeof(dev)),
			 sizeof(dev));
	assert_int_equal(dev.family, 141);	/* AMDGPU_FAMILY_AI */
	assert_true(dev.chip_rev > 0);
	/* AMDGPU_VA_RESERVED_BOTTOM and _TOP, AMDGPU_GMC_HOLE_START and _END */
	assert_int_equal(dev.virtual_address_offset, 0x10000);
	assert_true(dev.virtual_address_max == 0x800000000000);
	assert_int_equal(dev.virtual_address_alignment, PAGE);
	assert_true(dev.high_va_offset == 0xffff800000000000);
	assert_true(dev.high_va_max == 0xffffffffffffffff - (4 * MIB + 0x10000) + 1);
	assert_int_equal(dev.pte_fragment_size, 2 * MIB);
	assert_int_equal(dev.gart_page_size, PAGE);
	assert_int_equal(dev.vram_type, AMDGPU_VRAM_TYPE_HBM);
	assert_int_equal(dev.wave_front_size, 64);
	assert_int_equal(dev.pad, 0);
	/* soc15_common_early_init(); device and revision are what libdrm finds the name by. */
	assert_int_equal(dev.external_rev, dev.chip_rev + (IS_GFX906(control->guest) ? 0x28 : 0x46));
	assert_int_equal(dev.device_id, IS_GFX906(control->guest) ? 0x66a1 : 0x74a1);
	assert_int_equal(dev.pci_rev, IS_GFX906(control->guest) ? 2 : 0);
	assert_int_equal(dev.cu_active_number, IS_GFX906(control->guest) ? 60 : 38);
	ctx_free(control);
}

/* amdgpu_hw_ip_info() and the count: compute and SDMA are there, video is not. */
static void test_hw_ip(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);
	const struct drm_amdgpu_info_hw_ip none = { 0 };

	for (uint32_t type = 0; type < AMDGPU_HW_IP_NUM + 2; type++) {
		const uint32_t args[4] = { type }, second[4] = { type, 1 };
		struct drm_amdgpu_info_hw_ip ip;
		bool known = type < AMDGPU_HW_IP_NUM, there = type <= AMDGPU_HW_IP_DMA;
		bool dma = type == AMDGPU_HW_IP_DMA, old = IS_GFX906(control->guest);
		uint32_t count = 0;
		int ret;

		ret = query(control, AMDGPU_INFO_HW_IP_INFO, args, &ip, sizeof(ip));
		assert_int_equal(ret, known ? (int)sizeof(ip) : -EINVAL);
		assert_int_equal(query(control, AMDGPU_INFO_HW_IP_INFO, second, NULL, 64), -EINVAL);
		assert_int_equal(query(control, AMDGPU_INFO_HW_IP_COUNT, args, &count, 4),
				 there ? 4 : -EINVAL);
		if (known && !there)
			assert_memory_equal(&ip, &none, sizeof(ip));
		if (!there)
			continue;
		/* "Ignored by AMDGPU_INFO_HW_IP_COUNT" */
		assert_int_equal(query(control, AMDGPU_INFO_HW_IP_COUNT, second, NULL, 4), 4);
		assert_int_equal(count, dma ? 2 : 1);
		assert_int_equal(ip.hw_ip_version_major, dma ? 4 : 9);
		/* gfx_v9_0_ip_block, gfx_v9_4_3_ip_block and those of SDMA */
		assert_int_equal(ip.hw_ip_version_minor, old ? 0 : 4);
		assert_int_equal(ip.ib_start_alignment, dma ? 256 : 32);
		assert_int_equal(ip.ib_size_alignment, dma ? 4 : 32);
		/* Nothing can be submitted through this node. */
		assert_int_equal(ip.available_rings, 0);
		/* amdgpu_discovery_set_ip_blocks() for CHIP_VEGA20; or what discovery found */
		assert_int_equal(ip.ip_discovery_version, old ? (dma ? 0x040200 : 0x090400) :
								(dma ? 0x040402 : 0x090403));
	}
	ctx_free(control);
}

/* amdgpu_firmware_info() */
static void test_firmware(void **state)
{
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);

	for (uint32_t type = 0; type < AMDGPU_INFO_FW_VPE + 3; type++) {
		/* 0x09 was never given out. */
		bool known = type && type != 9 && type <= AMDGPU_INFO_FW_VPE;

		for (uint32_t index = 0; index < 12; index++) {
			const uint32_t args[4] = { type, 0, index }, second[4] = { type, 1, index };
			struct drm_amdgpu_info_firmware fw;
			bool ok = known;
			uint32_t ver = 0;

			if (type == AMDGPU_INFO_FW_GFX_MEC || type == AMDGPU_INFO_FW_SDMA) {
				ok = index < 2;
				ver = type == AMDGPU_INFO_FW_SDMA ? 22 : 194;
				if (IS_GFX906(control->guest))
					ver = type == AMDGPU_INFO_FW_SDMA ? 145 : 472;
			} else if (type == AMDGPU_INFO_FW_TA) {
				ok = index >= 2 && index <= 7;
			}
			assert_int_equal(query(control, AMDGPU_INFO_FW_VERSION, args, &fw,
					       sizeof(fw)), ok ? (int)sizeof(fw) : -EINVAL);
			if (ok) {
				assert_int_equal(fw.ver, ver);
				assert_int_equal(fw.feature, 0);
			}
			assert_int_equal(query(control, AMDGPU_INFO_FW_VERSION, second, NULL, 8),
					 -EINVAL);
		}
	}
	ctx_free(control);
}

static void test_registers(void **state)
{
	/* offset, count, instance, flags; instance: SE in bits 7:0, SH in 15:8 */
	static const struct {
		uint32_t args[4];
		int ret;
	} rows[] = {
		{ { 0x263e, 1, 0xffffffff }, 4 },
		{ { 0x263e, 1, 0 }, 4 },
		{ { 0x263e, 1, 0x0103 }, 4 },
		{ { 0x263e, 1, 0xffff }, 4 },
		{ { 0x263e, 1, 0x0004 }, -EINVAL },
		{ { 0x263e, 1, 0x0200 }, -EINVAL },
		{ { 0x263e, 1, 0x00fe }, -EINVAL },
		{ { 0x263e, 129, 0 }, -EINVAL },
		{ { 0x263e, UINT32_MAX, 0 }, -EINVAL },
		/* The next register is not allowed. */
		{ { 0x263e, 2, 0 }, -EFAULT },
		{ { 0x263d, 1, 0 }, -EFAULT },
		{ { 0, 1, 0 }, -EFAULT },
		{ { UINT32_MAX, 128, 0 }, -EFAULT },
		{ { 0x263e, 0, 0 }, 0 },
		{ { 0, 0, 0xffffffff }, 0 },
	};
	struct gctx *control = ctx_new(*state, 2, VIRTKFD_ROLE_CONTROL);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(query(control, AMDGPU_INFO_READ_MMR_REG, rows[i].args, NULL, 512),
				 rows[i].ret);
	ctx_free(control);
}

static void test_usage(void **state)
{
	const struct virtkfd_limits limits = { .vram = 256 * MIB };
	struct guest *guest = guest_new(&limits);
	struct gctx *control = ctx_new(guest, 2, VIRTKFD_ROLE_CONTROL);
	struct gctx *ctx = ctx_acquired(guest, 3);
	struct drm_amdgpu_memory_info mem, before;
	struct drm_amdgpu_info_vram_gtt sizes;
	uint64_t vram, gtt, visible;

	(void)state;
	assert_int_equal(query(control, AMDGPU_INFO_MEMORY, NULL, &before, sizeof(before)),
			 sizeof(before));
	assert_int_equal(before.vram.total_heap_size, 256 * MIB);
	assert_int_equal(before.vram.usable_heap_size, 256 * MIB - RESERVED);
	assert_int_equal(before.vram.max_allocation, (256 * MIB - RESERVED) * 3 / 4);
	/* A large BAR. */
	assert_memory_equal(&before.cpu_accessible_vram, &before.vram, sizeof(before.vram));
	assert_true(before.gtt.total_heap_size > 0);
	assert_true(before.gtt.usable_heap_size == before.gtt.total_heap_size);
	assert_true(before.gtt.max_allocation == before.gtt.usable_heap_size * 3 / 4);
	assert_int_equal(query(control, AMDGPU_INFO_VRAM_GTT, NULL, &sizes, sizeof(sizes)),
			 sizeof(sizes));
	assert_int_equal(sizes.vram_size, 256 * MIB - RESERVED);
	assert_int_equal(sizes.vram_cpu_accessible_size, sizes.vram_size);
	assert_true(sizes.gtt_size == before.gtt.total_heap_size);

	assert_int_equal(kfd_alloc(ctx, VRAM, VA, 5 * PAGE, NULL), 0);
	assert_int_equal(kfd_alloc(ctx, GTT, VA, 7 * PAGE, NULL), 0);
	assert_int_equal(kfd_userptr(ctx, VA, 0, 9 * PAGE, NULL), 0);
	assert_int_equal(kfd_alloc(ctx, DOORBELL, VA, SLICE, NULL), 0);
	assert_int_equal(query(control, AMDGPU_INFO_MEMORY, NULL, &mem, sizeof(mem)), sizeof(mem));
	assert_int_equal(mem.vram.heap_usage, before.vram.heap_usage + 5 * PAGE);
	assert_int_equal(mem.gtt.heap_usage, before.gtt.heap_usage + 7 * PAGE);
	assert_int_equal(query(control, AMDGPU_INFO_VRAM_USAGE, NULL, &vram, 8), 8);
	assert_int_equal(query(control, AMDGPU_INFO_VIS_VRAM_USAGE, NULL, &visible, 8), 8);
	assert_int_equal(query(control, AMDGPU_INFO_GTT_USAGE, NULL, &gtt, 8), 8);
	assert_int_equal(vram, mem.vram.heap_usage);
	assert_int_equal(visible, mem.vram.heap_usage);
	assert_int_equal(gtt, mem.gtt.heap_usage);
	ctx_free(ctx);
	assert_int_equal(query(control, AMDGPU_INFO_VRAM_USAGE, NULL, &vram, 8), 8);
	assert_int_equal(query(control, AMDGPU_INFO_GTT_USAGE, NULL, &gtt, 8), 8);
	assert_int_equal(vram | gtt, 0);
	ctx_free(control);
	guest_free(guest);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST_GPUS(test_apertures),
		TEST(test_apertures_new),
		TEST_GPUS(test_clocks),
		cmocka_unit_test(test_available),
		cmocka_unit_test(test_acquire),
		TEST(test_memory_policy),
		TEST(test_needs_vm),
		TEST_GPUS(test_xnack),
		TEST_GPUS(test_tile_config),
		TEST(test_render_sizes),
		TEST(test_render_errors),
		TEST_GPUS(test_dev_info),
		TEST_GPUS(test_hw_ip),
		TEST_GPUS(test_firmware),
		TEST(test_registers),
		cmocka_unit_test(test_usage),
	};

	return cmocka_run_group_tests_name("info", tests, NULL, NULL);
}
