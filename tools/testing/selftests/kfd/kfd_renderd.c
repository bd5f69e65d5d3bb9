// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The render node as libdrm_amdgpu uses it: DRM_IOCTL_VERSION and AMDGPU_INFO; and what it
 * has not. From drm_ioctl.c, drm_gem.c, drm_prime.c and amdgpu_kms.c.
 */
#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <drm/amdgpu_drm.h>
#include <drm/drm_mode.h>
#include <drm/virtgpu_drm.h>
#include <linux/virtio_gpu_amdkfd.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

FIXTURE(renderd) {
	struct kfd kfd;
};

FIXTURE_SETUP(renderd)
{
	KFD_SETUP(return, &self->kfd);
	self->kfd.drm = kfd_open_render(&self->kfd);
	ASSERT_LE(0, self->kfd.drm);
}

FIXTURE_TEARDOWN(renderd)
{
	kfd_close(&self->kfd);
}

TEST_F(renderd, version)
{
	char name[32] = "", date[32] = "", desc[64] = "";
	struct drm_version version = {
		.name = name, .name_len = sizeof(name),
		.date = date, .date_len = sizeof(date),
		.desc = desc, .desc_len = sizeof(desc),
	};

	ASSERT_EQ(0, kfd_ioctl(self->kfd.drm, DRM_IOCTL_VERSION, &version));
	EXPECT_EQ(3, version.version_major);
	EXPECT_EQ(6, version.name_len);
	EXPECT_STREQ("amdgpu", name);
	EXPECT_LT(0, version.date_len);
	EXPECT_LT(0, version.desc_len);

	memset(name, 0, sizeof(name));
	version.name_len = 3;
	ASSERT_EQ(0, kfd_ioctl(self->kfd.drm, DRM_IOCTL_VERSION, &version));
	EXPECT_EQ(6, version.name_len);
	EXPECT_STREQ("amd", name);
}

TEST_F(renderd, node)
{
	char path[64];
	struct stat st;

	ASSERT_EQ(0, fstat(self->kfd.drm, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(226, major(st.st_rdev));
	EXPECT_EQ(self->kfd.minor, minor(st.st_rdev));
	/* libdrm tells a DRM device by it. */
	snprintf(path, sizeof(path), "/sys/dev/char/226:%u/device/drm", self->kfd.minor);
	EXPECT_EQ(0, access(path, F_OK));
}

TEST_F(renderd, accel_working)
{
	uint32_t word = 0;
	uint8_t bytes[8];

	ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_ACCEL_WORKING, &word, sizeof(word)));
	EXPECT_EQ(1, word);
	memset(bytes, 0xa5, sizeof(bytes));
	ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_ACCEL_WORKING, bytes, 1));
	EXPECT_EQ(1, bytes[0]);
	EXPECT_EQ(0xa5, bytes[1]);
	ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_ACCEL_WORKING, bytes, sizeof(bytes)));
	EXPECT_EQ(0, bytes[3]);
	EXPECT_EQ(0xa5, bytes[4]);
}

TEST_F(renderd, errors)
{
	uint32_t word = 0;

	EXPECT_EQ(-EINVAL, kfd_render_info(&self->kfd, AMDGPU_INFO_ACCEL_WORKING, &word, 0));
	EXPECT_EQ(-EINVAL, kfd_render_info(&self->kfd, AMDGPU_INFO_ACCEL_WORKING, NULL, 4));
	EXPECT_EQ(-EFAULT, kfd_render_info(&self->kfd, AMDGPU_INFO_ACCEL_WORKING, (void *)8, 4));
	EXPECT_EQ(-EFAULT, kfd_render_info(&self->kfd, AMDGPU_INFO_DEV_INFO, (void *)8, 4));
	EXPECT_EQ(-EINVAL, kfd_render_info(&self->kfd, 0xffff, &word, 4));
	EXPECT_EQ(-EINVAL, kfd_render_info(&self->kfd, ~0U, &word, 4));
	EXPECT_EQ(-EFAULT, kfd_ioctl(self->kfd.drm, DRM_IOCTL_AMDGPU_INFO, NULL));
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.drm, DRM_IOWR(DRM_COMMAND_END - 1, uint64_t),
				     &word));
	EXPECT_EQ(-ENOTTY, kfd_ioctl(self->kfd.drm, _IO('K', 1), NULL));
}

TEST_F(renderd, dev_info)
{
	/* The struct of libdrm's versions, this one's and what is to come */
	static const uint32_t sizes[] = {
		1, 4, 368, 440, 448, sizeof(struct drm_amdgpu_info_device), 4096,
	};
	struct drm_amdgpu_info_device dev = {};
	uint8_t *bytes = malloc(4096 + 16);
	uint64_t device_id;
	unsigned int i, j;

	ASSERT_NE(NULL, bytes);
	ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_DEV_INFO, &dev, sizeof(dev)));
	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "device_id", &device_id));
	EXPECT_EQ(device_id, dev.device_id);
	EXPECT_NE(0, dev.family);
	EXPECT_NE(0, dev.gpu_counter_freq);
	EXPECT_NE(0, dev.cu_active_number);
	EXPECT_LT(dev.virtual_address_offset, dev.virtual_address_max);
	EXPECT_LT(dev.high_va_offset, dev.high_va_max);
	EXPECT_EQ(KFD_PAGE, dev.virtual_address_alignment);

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(bytes, 0xa5, 4096 + 16);
		ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_DEV_INFO, bytes, sizes[i]));
		/* What is above 4 KiB or beyond the kernel's struct stays as it was. */
		EXPECT_EQ(0, memcmp(bytes, &dev, sizes[i] < 368 ? sizes[i] : 368)) {
			TH_LOG("size %u", sizes[i]);
		}
		for (j = sizes[i]; j < 4096 + 16 && bytes[j] == 0xa5; j++)
			;
		EXPECT_EQ(4096 + 16, j) {
			TH_LOG("size %u", sizes[i]);
		}
	}
	free(bytes);
}

static int read_mmr(const struct kfd *kfd, uint32_t offset, uint32_t count, uint32_t instance,
		    uint32_t *value, uint32_t size)
{
	struct drm_amdgpu_info args = {
		.return_pointer = (uintptr_t)value,
		.return_size = size,
		.query = AMDGPU_INFO_READ_MMR_REG,
		.read_mmr_reg.dword_offset = offset,
		.read_mmr_reg.count = count,
		.read_mmr_reg.instance = instance,
	};

	return kfd_ioctl(kfd->drm, DRM_IOCTL_AMDGPU_INFO, &args);
}

TEST_F(renderd, read_mmr_reg)
{
	struct kfd_ioctl_get_tile_config_args tile = { .gpu_id = self->kfd.gpu_id };
	uint32_t value = 0, values[129];
	uint64_t version;

	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "gfx_target_version", &version));
	if (version / 10000 == 9) {
		/* GB_ADDR_CONFIG, what libdrm asks for */
		ASSERT_EQ(0, read_mmr(&self->kfd, 0x263e, 1, ~0U, &value, sizeof(value)));
		ASSERT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_TILE_CONFIG, &tile));
		EXPECT_EQ(tile.gb_addr_config, value);
	}
	EXPECT_EQ(-EINVAL, read_mmr(&self->kfd, 0x263e, 129, ~0U, values, sizeof(values)));
	EXPECT_EQ(-EINVAL, read_mmr(&self->kfd, 0x263e, ~0U, ~0U, values, sizeof(values)));
	EXPECT_EQ(-EINVAL, read_mmr(&self->kfd, 0x263e, 1, 0xfe, &value, sizeof(value)));
	EXPECT_EQ(-EFAULT, read_mmr(&self->kfd, 0xfffffff0, 1, ~0U, &value, sizeof(value)));
}

TEST_F(renderd, memory)
{
	struct drm_amdgpu_memory_info memory = {};
	struct drm_amdgpu_info_vram_gtt sizes = {};

	ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_MEMORY, &memory, sizeof(memory)));
	EXPECT_LT(0, memory.vram.total_heap_size);
	EXPECT_LE(memory.vram.usable_heap_size, memory.vram.total_heap_size);
	EXPECT_LE(memory.vram.heap_usage, memory.vram.total_heap_size);
	EXPECT_LE(memory.cpu_accessible_vram.total_heap_size, memory.vram.total_heap_size);
	EXPECT_LT(0, memory.gtt.total_heap_size);
	ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_VRAM_GTT, &sizes, sizeof(sizes)));
	EXPECT_LT(0, sizes.vram_size);
	EXPECT_LE(sizes.vram_size, memory.vram.total_heap_size);
}

/* drm_ioctl_permit(): what is not for render nodes */
TEST_F(renderd, not_for_render_nodes)
{
	struct drm_mode_card_res resources = {};
	struct drm_mode_create_dumb dumb = { .width = 64, .height = 64, .bpp = 32 };
	struct drm_gem_flink flink = { .handle = 1 };
	int fd = self->kfd.drm;

	EXPECT_EQ(-EACCES, kfd_ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &resources));
	EXPECT_EQ(-EACCES, kfd_ioctl(fd, DRM_IOCTL_MODE_CREATE_DUMB, &dumb));
	EXPECT_EQ(-EACCES, kfd_ioctl(fd, DRM_IOCTL_GEM_FLINK, &flink));
	EXPECT_EQ(-EACCES, kfd_ioctl(fd, DRM_IOCTL_SET_MASTER, NULL));
}

TEST_F(renderd, handles)
{
	struct drm_prime_handle prime = { .handle = 0x1234567, .flags = DRM_CLOEXEC };
	struct drm_gem_close gem = { .handle = 0x1234567 };
	int fd = self->kfd.drm;

	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &gem));
	gem.handle = 0;
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, DRM_IOCTL_GEM_CLOSE, &gem));
	EXPECT_EQ(-ENOENT, kfd_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime));
	prime.flags = ~0U;
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime));
	prime.fd = -1;
	EXPECT_EQ(-EBADF, kfd_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime));
	prime.fd = self->kfd.fd;
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime));
}

/* Of amdgpu's ioctls a guest's node has those for what it is told, and those for memory. */
static bool in_a_guest(unsigned int nr)
{
	switch (nr - DRM_COMMAND_BASE) {
	case DRM_AMDGPU_INFO:
	case DRM_AMDGPU_GEM_MMAP:
	case DRM_AMDGPU_GEM_METADATA:
	case DRM_AMDGPU_GEM_OP:
	case DRM_AMDGPU_GEM_VA:
		return true;
	default:
		return false;
	}
}

TEST_F(renderd, refused_in_a_guest)
{
	unsigned int nr;
	uint8_t args[128];

	if (!kfd_is_guest(&self->kfd))
		SKIP(return, "amdgpu has them");
	for (nr = DRM_COMMAND_BASE; nr < DRM_COMMAND_END; nr++) {
		if (in_a_guest(nr))
			continue;
		memset(args, 0, sizeof(args));
		EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.drm, DRM_IOWR(nr, args), args)) {
			TH_LOG("number 0x%x", nr);
		}
	}
}

/* Nor does it have a display, whatever is beside the render node. */
TEST_F(renderd, no_display_in_a_guest)
{
	struct drm_mode_card_res resources = {};
	char path[300];
	struct dirent *entry;
	int fd, ret = 1;
	DIR *dir;

	snprintf(path, sizeof(path), "/sys/dev/char/226:%u/device/drm", self->kfd.minor);
	dir = opendir(path);
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (strncmp(entry->d_name, "card", 4))
			continue;
		snprintf(path, sizeof(path), "/dev/dri/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fd) {
			TH_LOG("%s", path);
		}
		ret = kfd_ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &resources);
		close(fd);
		if (!kfd_is_guest(&self->kfd) && !ret && resources.count_connectors)
			SKIP(return, "this GPU has displays");
		/* amdgpu may set modes where there is nothing to set them for. */
		EXPECT_TRUE(ret == -EOPNOTSUPP || (!ret && !kfd_is_guest(&self->kfd))) {
			TH_LOG("%s: %d", path, ret);
		}
	}
	closedir(dir);
	if (ret == 1)
		SKIP(return, "there is a render node only");
}

/* The first card or render node of a driver, or a negative errno. */
static int open_drm(const char *prefix, const char *driver)
{
	struct dirent *entry;
	int fd = -ENOENT;
	DIR *dir;

	dir = opendir("/dev/dri");
	if (!dir)
		return -errno;
	while (fd < 0 && (entry = readdir(dir))) {
		char path[300], name[32] = "";
		struct drm_version version = { .name = name, .name_len = sizeof(name) - 1 };

		if (strncmp(entry->d_name, prefix, strlen(prefix)))
			continue;
		snprintf(path, sizeof(path), "/dev/dri/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && (kfd_ioctl(fd, DRM_IOCTL_VERSION, &version) ||
				strcmp(name, driver))) {
			close(fd);
			fd = -ENOENT;
		}
	}
	closedir(dir);
	return fd;
}

/*
 * The commands of an AMDKFD context name pages by physical address. So such contexts are the
 * kernel's alone, and virtio-gpu's own node does not let user space make one.
 */
TEST_F(renderd, no_context_for_user_space)
{
	struct drm_virtgpu_context_set_param param = {
		.param = VIRTGPU_CONTEXT_PARAM_CAPSET_ID,
		.value = VIRTKFD_CAPSET_ID,
	};
	struct drm_virtgpu_context_init init = {
		.num_params = 1,
		.ctx_set_params = (uintptr_t)&param,
	};
	uint64_t ids = 0;
	struct drm_virtgpu_getparam get = {
		.param = VIRTGPU_PARAM_SUPPORTED_CAPSET_IDs,
		.value = (uintptr_t)&ids,
	};
	int fd;

	if (!kfd_is_guest(&self->kfd))
		SKIP(return, "this is no guest");
	fd = open_drm("renderD", "virtio_gpu");
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, DRM_IOCTL_VIRTGPU_CONTEXT_INIT, &init));
	EXPECT_EQ(0, kfd_ioctl(fd, DRM_IOCTL_VIRTGPU_GETPARAM, &get));
	EXPECT_EQ(0, ids & 1ULL << VIRTKFD_CAPSET_ID);
	close(fd);
}

/* An open render node belongs to nobody until a process acquires its VM. */
TEST_F(renderd, in_a_child)
{
	int status;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		uint32_t word = 0;

		CHILD_CHECK(1, !kfd_render_info(&self->kfd, AMDGPU_INFO_ACCEL_WORKING, &word, 4));
		_exit(word != 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
