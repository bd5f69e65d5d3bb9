// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The ioctls that ask a GPU for something or set a value: apertures, clocks, XNACK, tiling,
 * trap handler, scratch, memory policy, available memory. From kfd_chardev.c and
 * kfd_flat_memory.c.
 */
#include <time.h>
#include <linux/kfd_sysfs.h>
#include <drm/amdgpu_drm.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

FIXTURE(queries) {
	struct kfd kfd;
	uint32_t bad_gpu[4];
	unsigned int num_nodes;
	unsigned int num_gpus;
};

FIXTURE_SETUP(queries)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	self->bad_gpu[0] = 0;
	self->bad_gpu[1] = self->kfd.gpu_id ^ 1;
	self->bad_gpu[2] = KFD_BAD_GPU_ID;
	self->bad_gpu[3] = ~0U;

	for (;; self->num_nodes++) {
		char path[128];
		uint64_t id;

		snprintf(path, sizeof(path), KFD_TOPOLOGY "/nodes/%u/gpu_id", self->num_nodes);
		if (kfd_read_u64(path, &id))
			break;
		self->num_gpus += id != 0;
	}
	ASSERT_LT(self->num_gpus, self->num_nodes);
}

FIXTURE_TEARDOWN(queries)
{
	kfd_close(&self->kfd);
}

static int apertures_new(const struct kfd *kfd, struct kfd_process_device_apertures *apertures,
			 uint32_t *num)
{
	struct kfd_ioctl_get_process_apertures_new_args args = {
		.kfd_process_device_apertures_ptr = (uintptr_t)apertures,
		.num_of_nodes = *num,
	};
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_GET_PROCESS_APERTURES_NEW, &args);

	*num = args.num_of_nodes;
	return ret;
}

TEST_F(queries, apertures)
{
	struct kfd_process_device_apertures apertures[64], *a = NULL;
	uint64_t version;
	uint32_t num = 0, i;

	ASSERT_EQ(0, apertures_new(&self->kfd, NULL, &num));
	EXPECT_EQ(self->num_gpus, num);

	/* As many as there are nodes may be asked for. */
	memset(apertures, 0xff, sizeof(apertures));
	num = self->num_nodes;
	ASSERT_EQ(0, apertures_new(&self->kfd, apertures, &num));
	ASSERT_EQ(self->num_gpus, num);
	for (i = 0; i < num; i++) {
		if (apertures[i].gpu_id == self->kfd.gpu_id)
			a = &apertures[i];
	}
	EXPECT_EQ(~0U, apertures[num].gpu_id);
	ASSERT_NE(NULL, a);

	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "gfx_target_version", &version));
	if (version >= 90000) {
		/* kfd_init_apertures_v9() */
		EXPECT_EQ(1ULL << 48, a->lds_base);
		EXPECT_EQ(2ULL << 48, a->scratch_base);
		/* AMDGPU_VA_RESERVED_BOTTOM */
		EXPECT_EQ(1ULL << 16, a->gpuvm_base);
		EXPECT_LE((1ULL << 47) - 1, a->gpuvm_limit);
	}
	EXPECT_EQ(a->lds_base | 0xffffffff, a->lds_limit);
	EXPECT_EQ(a->scratch_base | 0xffffffff, a->scratch_limit);
	EXPECT_LT(a->gpuvm_base, a->gpuvm_limit);
}

TEST_F(queries, apertures_old)
{
	struct kfd_ioctl_get_process_apertures_args args;
	struct kfd_process_device_apertures apertures[64];
	uint32_t num = self->num_nodes;

	memset(&args, 0xff, sizeof(args));
	memset(apertures, 0, sizeof(apertures));
	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_PROCESS_APERTURES, &args));
	ASSERT_EQ(0, apertures_new(&self->kfd, apertures, &num));
	if (num > NUM_OF_SUPPORTED_GPUS)
		num = NUM_OF_SUPPORTED_GPUS;
	ASSERT_EQ(num, args.num_of_nodes);
	EXPECT_EQ(0, memcmp(args.process_apertures, apertures, num * sizeof(apertures[0])));
}

TEST_F(queries, apertures_errors)
{
	struct kfd_process_device_apertures apertures[64];
	uint32_t num = self->num_nodes + 1;

	EXPECT_EQ(-EINVAL, apertures_new(&self->kfd, apertures, &num));
	EXPECT_EQ(self->num_nodes + 1, num);
	num = ~0U;
	EXPECT_EQ(-EINVAL, apertures_new(&self->kfd, apertures, &num));
	num = 1;
	EXPECT_EQ(-EFAULT, apertures_new(&self->kfd, NULL, &num));
	EXPECT_EQ(1, num);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

TEST_F(queries, clocks)
{
	struct kfd_ioctl_get_clock_counters_args args[2] = {
		{ .gpu_id = self->kfd.gpu_id }, { .gpu_id = self->kfd.gpu_id },
	};
	struct drm_amdgpu_info_device dev = {};
	uint64_t raw[2], boot[2], ns, ticks;
	int i;

	for (i = 0; i < 2; i++) {
		raw[0] = clock_ns(CLOCK_MONOTONIC_RAW);
		boot[0] = clock_ns(CLOCK_BOOTTIME);
		ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_CLOCK_COUNTERS, &args[i]));
		raw[1] = clock_ns(CLOCK_MONOTONIC_RAW);
		boot[1] = clock_ns(CLOCK_BOOTTIME);
		EXPECT_LE(raw[0], args[i].cpu_clock_counter);
		EXPECT_GE(raw[1], args[i].cpu_clock_counter);
		EXPECT_LE(boot[0], args[i].system_clock_counter);
		EXPECT_GE(boot[1], args[i].system_clock_counter);
		EXPECT_EQ(1000000000, args[i].system_clock_freq);
		EXPECT_EQ(self->kfd.gpu_id, args[i].gpu_id);
		if (!i)
			usleep(1000000);
	}

	/* The GPU's clock has the frequency that the render node tells, in kHz. */
	ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_DEV_INFO, &dev, sizeof(dev)));
	ns = args[1].cpu_clock_counter - args[0].cpu_clock_counter;
	ticks = ns / 1000 * dev.gpu_counter_freq / 1000;
	EXPECT_LT(ticks / 10 * 9, args[1].gpu_clock_counter - args[0].gpu_clock_counter);
	EXPECT_GT(ticks / 10 * 11, args[1].gpu_clock_counter - args[0].gpu_clock_counter);
}

/* "Node without GPU resource" */
TEST_F(queries, clocks_without_gpu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(self->bad_gpu); i++) {
		struct kfd_ioctl_get_clock_counters_args args = {
			.gpu_id = self->bad_gpu[i],
			.gpu_clock_counter = 77,
		};

		EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_CLOCK_COUNTERS, &args));
		EXPECT_EQ(0, args.gpu_clock_counter);
		EXPECT_NE(0, args.cpu_clock_counter);
		EXPECT_EQ(1000000000, args.system_clock_freq);
	}
}

static int set_xnack(const struct kfd *kfd, int32_t *mode)
{
	struct kfd_ioctl_set_xnack_mode_args args = { .xnack_enabled = *mode };
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_SET_XNACK_MODE, &args);

	*mode = args.xnack_enabled;
	return ret;
}

TEST_F(queries, xnack)
{
	int32_t mode = -1, ret;
	uint64_t capability;

	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "capability", &capability));
	ret = set_xnack(&self->kfd, &mode);
	if (!(capability & HSA_CAP_SVMAPI_SUPPORTED) && ret) {
		/* A kernel without SVM */
		EXPECT_EQ(-EPERM, ret);
		EXPECT_EQ(-1, mode);
		mode = 0;
		EXPECT_EQ(-EPERM, set_xnack(&self->kfd, &mode));
		return;
	}
	ASSERT_EQ(0, ret);
	EXPECT_TRUE(mode == 0 || mode == 1);

	/* What is set already can be set, and it can be off. */
	EXPECT_EQ(0, set_xnack(&self->kfd, &mode));
	mode = 0;
	EXPECT_EQ(0, set_xnack(&self->kfd, &mode));
	mode = -1;
	EXPECT_EQ(0, set_xnack(&self->kfd, &mode));
	EXPECT_EQ(0, mode);

	/* Whether it can be on is the GPU's matter; then it is. */
	mode = 1;
	ret = set_xnack(&self->kfd, &mode);
	EXPECT_TRUE(ret == 0 || ret == -EPERM);
	mode = -1;
	EXPECT_EQ(0, set_xnack(&self->kfd, &mode));
	EXPECT_EQ(!ret, mode);
}

TEST_F(queries, tile_config)
{
	uint32_t tiles[300], macros[300], i;
	struct kfd_ioctl_get_tile_config_args args = {
		.tile_config_ptr = (uintptr_t)tiles,
		.macro_tile_config_ptr = (uintptr_t)macros,
		.num_tile_configs = 300,
		.num_macro_tile_configs = 300,
		.gpu_id = self->kfd.gpu_id,
	};

	memset(tiles, 0xa5, sizeof(tiles));
	memset(macros, 0xa5, sizeof(macros));
	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_TILE_CONFIG, &args));
	EXPECT_NE(0, args.gb_addr_config);
	/* The arrays of struct amdgpu_gfx_config: 32 and 16 long */
	EXPECT_EQ(32, args.num_tile_configs);
	EXPECT_EQ(16, args.num_macro_tile_configs);
	for (i = args.num_tile_configs; i < 300; i++)
		EXPECT_EQ(0xa5a5a5a5, tiles[i]);
	for (i = args.num_macro_tile_configs; i < 300; i++)
		EXPECT_EQ(0xa5a5a5a5, macros[i]);
	EXPECT_EQ((uintptr_t)tiles, args.tile_config_ptr);

	/* Fewer are fewer. */
	memset(tiles, 0xa5, sizeof(tiles));
	args.num_tile_configs = 3;
	args.num_macro_tile_configs = 0;
	args.macro_tile_config_ptr = 0;
	ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_TILE_CONFIG, &args));
	EXPECT_EQ(3, args.num_tile_configs);
	EXPECT_EQ(0, args.num_macro_tile_configs);
	EXPECT_EQ(0xa5a5a5a5, tiles[3]);
}

TEST_F(queries, tile_config_errors)
{
	uint32_t tiles[32];
	struct kfd_ioctl_get_tile_config_args args = {
		.num_tile_configs = 1,
		.gpu_id = self->kfd.gpu_id,
	};
	unsigned int i;

	EXPECT_EQ(-EFAULT, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_TILE_CONFIG, &args));
	EXPECT_EQ(0, args.num_tile_configs);
	args.num_tile_configs = 1;
	args.num_macro_tile_configs = 1;
	args.tile_config_ptr = (uintptr_t)tiles;
	EXPECT_EQ(-EFAULT, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_TILE_CONFIG, &args));
	EXPECT_EQ(1, args.num_tile_configs);
	EXPECT_EQ(0, args.num_macro_tile_configs);

	for (i = 0; i < ARRAY_SIZE(self->bad_gpu); i++) {
		args.gpu_id = self->bad_gpu[i];
		EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_TILE_CONFIG, &args));
	}
}

TEST_F(queries, trap_handler)
{
	struct kfd_ioctl_set_trap_handler_args args = {
		.gpu_id = self->kfd.gpu_id,
		.tba_addr = 0x123000,
		.tma_addr = 0x124000,
	};
	unsigned int i;

	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_TRAP_HANDLER, &args));
	args.tba_addr = 0;
	args.tma_addr = 0;
	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_TRAP_HANDLER, &args));
	for (i = 0; i < ARRAY_SIZE(self->bad_gpu); i++) {
		args.gpu_id = self->bad_gpu[i];
		EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_TRAP_HANDLER, &args));
	}
}

TEST_F(queries, scratch)
{
	struct kfd_ioctl_set_scratch_backing_va_args args = {
		.gpu_id = self->kfd.gpu_id,
		.va_addr = (uintptr_t)kfd_reserve(1 << 20),
	};
	unsigned int i;

	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_SCRATCH_BACKING_VA, &args));
	for (i = 0; i < ARRAY_SIZE(self->bad_gpu); i++) {
		args.gpu_id = self->bad_gpu[i];
		EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_SCRATCH_BACKING_VA,
					     &args));
	}
}

TEST_F(queries, memory_policy)
{
	struct kfd_ioctl_set_memory_policy_args args = { .gpu_id = self->kfd.gpu_id };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		args.default_policy = i & 1;
		args.alternate_policy = i >> 1;
		EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_MEMORY_POLICY, &args));
	}
	args.default_policy = 2;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_MEMORY_POLICY, &args));
	args.default_policy = 0;
	args.alternate_policy = ~0U;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_MEMORY_POLICY, &args));
	args.alternate_policy = 0;
	for (i = 0; i < ARRAY_SIZE(self->bad_gpu); i++) {
		args.gpu_id = self->bad_gpu[i];
		EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_SET_MEMORY_POLICY, &args));
	}
}

static int available_memory(const struct kfd *kfd, uint32_t gpu_id, uint64_t *available)
{
	struct kfd_ioctl_get_available_memory_args args = { .gpu_id = gpu_id };
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_AVAILABLE_MEMORY, &args);

	*available = args.available;
	return ret;
}

TEST_F(queries, available_memory)
{
	const uint64_t align = 2 << 20;	/* VRAM_AVAILABLITY_ALIGN */
	uint64_t before, with, after;
	struct kfd_mem mem;
	unsigned int i;

	ASSERT_EQ(0, kfd_settled_memory(&self->kfd, &before));
	ASSERT_LT(8 * align, before);
	EXPECT_EQ(0, before % align);
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, 3 * align + KFD_PAGE, MEM(VRAM)));
	ASSERT_EQ(0, available_memory(&self->kfd, self->kfd.gpu_id, &with));
	EXPECT_EQ(before - 4 * align, with);
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
	/* Freeing VRAM may take the kernel a moment. */
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, available_memory(&self->kfd, self->kfd.gpu_id, &after));
		if (after == before)
			break;
		usleep(10000);
	}
	EXPECT_EQ(before, after);

	EXPECT_EQ(-ENOMEM, kfd_alloc_at(&self->kfd, 0x10000000, before + (1 << 30), MEM(VRAM),
					NULL, NULL));
	for (i = 0; i < ARRAY_SIZE(self->bad_gpu); i++) {
		EXPECT_EQ(-EINVAL, available_memory(&self->kfd, self->bad_gpu[i], &after)) {
			TH_LOG("GPU 0x%x", self->bad_gpu[i]);
		}
	}
}

TEST_HARNESS_MAIN
