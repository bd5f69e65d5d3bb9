// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What monitoring tools read in sysfs: KFD's directory of processes (kfd_process.c), and how
 * much memory of a GPU there is and is in use, beside its render node (amdgpu_vram_mgr.c,
 * amdgpu_gtt_mgr.c).
 */
#include <dirent.h>
#include <drm/amdgpu_drm.h>
#include <drm/drm.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define PROC	"/sys/devices/virtual/kfd/kfd/proc"
#define MB	(1024 * 1024UL)

FIXTURE(procfs) {
	struct kfd kfd;
};

FIXTURE_SETUP(procfs)
{
	KFD_SETUP(return, &self->kfd);
}

FIXTURE_TEARDOWN(procfs)
{
	kfd_close(&self->kfd);
}

/* A file of KFD's directory of this process; %u in the name becomes the GPU's identifier. */
static int proc_read(const struct kfd *kfd, const char *name, uint64_t *value)
{
	char path[160];
	int len = snprintf(path, sizeof(path), PROC "/%d/", getpid());

	snprintf(path + len, sizeof(path) - len, name, kfd->gpu_id);
	*value = ~0ULL;
	return kfd_read_u64(path, value);
}

static bool eventually_gone(const char *path)
{
	int i;

	for (i = 0; i < 1000 && !access(path, F_OK); i++)
		usleep(10000);
	return access(path, F_OK);
}

TEST_F(procfs, files)
{
	uint64_t value;
	char path[96];

	ASSERT_EQ(0, proc_read(&self->kfd, "pasid", &value));
	EXPECT_EQ(0, value);
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(0, value);
	ASSERT_EQ(0, proc_read(&self->kfd, "sdma_%u", &value));
	EXPECT_EQ(0, value);
	snprintf(path, sizeof(path), PROC "/%d/queues/.", getpid());
	EXPECT_EQ(0, access(path, F_OK));
}

/* Tools take every name for a number. */
TEST_F(procfs, names)
{
	DIR *dir = opendir(PROC);
	struct dirent *entry;
	bool found = false;

	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		EXPECT_EQ(strlen(entry->d_name), strspn(entry->d_name, "0123456789"));
		found |= atoi(entry->d_name) == getpid();
	}
	closedir(dir);
	EXPECT_TRUE(found);
}

TEST_F(procfs, vram)
{
	struct kfd_mem vram, odd, aql, gtt;
	uint64_t value, import;
	int fd;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &vram, MB, MEM(VRAM) | MEM(WRITABLE)));
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(MB, value);
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &odd, 5000, MEM(VRAM) | MEM(WRITABLE)));
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(MB + 2 * KFD_PAGE, value);
	/* It is there once, whatever the addresses are. */
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &aql, 2 * MB,
			       MEM(VRAM) | MEM(WRITABLE) | MEM(AQL_QUEUE_MEM)));
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(2 * MB + 2 * KFD_PAGE, value);
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &gtt, MB, MEM(GTT) | MEM(WRITABLE)));
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(2 * MB + 2 * KFD_PAGE, value);
	/* Nor is it there once more when it is imported. */
	fd = kfd_export(&self->kfd, vram.handle);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_import(&self->kfd, NULL, fd, &import));
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(2 * MB + 2 * KFD_PAGE, value);
	ASSERT_EQ(0, kfd_free(&self->kfd, import));
	close(fd);
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(2 * MB + 2 * KFD_PAGE, value);

	ASSERT_EQ(0, kfd_free_mem(&self->kfd, &odd));
	ASSERT_EQ(0, kfd_free_mem(&self->kfd, &aql));
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(MB, value);
	ASSERT_EQ(0, kfd_free_mem(&self->kfd, &vram));
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(0, value);
}

static void expect_queue(struct __test_metadata *_metadata, const struct kfd *kfd,
			 const struct kfd_queue *queue, uint64_t type)
{
	uint64_t value;
	char name[48];
	int len;

	len = snprintf(name, sizeof(name), "queues/%u/", queue->args.queue_id);
	snprintf(name + len, sizeof(name) - len, "type");
	ASSERT_EQ(0, proc_read(kfd, name, &value));
	EXPECT_EQ(type, value);
	snprintf(name + len, sizeof(name) - len, "size");
	ASSERT_EQ(0, proc_read(kfd, name, &value));
	EXPECT_EQ(QUEUE_RING_SIZE, value);
	snprintf(name + len, sizeof(name) - len, "gpuid");
	ASSERT_EQ(0, proc_read(kfd, name, &value));
	EXPECT_EQ(kfd->gpu_id, value);
}

/* The types are those of kfd_priv.h's enum kfd_queue_type. */
TEST_F(procfs, queues)
{
	struct kfd_queue aql, sdma;
	uint64_t value;
	char name[48];

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &aql, AQL));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &sdma, SDMA));
	expect_queue(_metadata, &self->kfd, &aql, 0);
	expect_queue(_metadata, &self->kfd, &sdma, 1);

	snprintf(name, sizeof(name), "queues/%u/size", aql.args.queue_id);
	ASSERT_EQ(0, kfd_queue_destroy(&aql));
	EXPECT_EQ(-ENOENT, proc_read(&self->kfd, name, &value));
	expect_queue(_metadata, &self->kfd, &sdma, 1);
	ASSERT_EQ(0, kfd_queue_destroy(&sdma));
}

TEST_F(procfs, another_context)
{
	struct kfd other;
	struct kfd_mem mem;
	uint64_t value;

	ASSERT_EQ(0, kfd_open(&other));
	ASSERT_EQ(0, kfd_ioctl(other.fd, AMDKFD_IOC_CREATE_PROCESS, NULL));
	ASSERT_EQ(0, kfd_acquire(&other));
	ASSERT_EQ(0, kfd_alloc(&other, &mem, MB, MEM(VRAM) | MEM(WRITABLE)));
	ASSERT_EQ(0, proc_read(&self->kfd, "context_0/vram_%u", &value));
	EXPECT_EQ(MB, value);
	ASSERT_EQ(0, proc_read(&self->kfd, "vram_%u", &value));
	EXPECT_EQ(0, value);
	kfd_close(&other);
}

TEST_F(procfs, goes_with_the_process)
{
	char path[96];
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;

		snprintf(path, sizeof(path), PROC "/%d/pasid", getpid());
		/* That of the parent is not the child's. */
		if (!access(path, F_OK) || kfd_open(&own) || access(path, F_OK))
			_exit(1);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	snprintf(path, sizeof(path), PROC "/%d", pid);
	EXPECT_TRUE(eventually_gone(path));
}

/* What was there before exec must not be in the way of what comes after it. */
static int after_exec(void)
{
	struct kfd own;
	char path[96];

	if (kfd_open(&own))
		return 1;
	snprintf(path, sizeof(path), PROC "/%d/vram_%u", getpid(), own.gpu_id);
	return access(path, F_OK) ? 2 : 0;
}

TEST_F(procfs, exec)
{
	int i, status;

	for (i = 0; i < 10; i++) {
		pid_t pid = fork();

		ASSERT_LE(0, pid);
		if (!pid) {
			struct kfd own;

			if (kfd_open(&own) || kfd_acquire(&own))
				_exit(3);
			execl("/proc/self/exe", "kfd_procfs", "--after-exec", NULL);
			_exit(4);
		}
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
}

/* A file of the render node's parent device. */
static int device_path(const struct kfd *kfd, const char *name, char *path, size_t size)
{
	return snprintf(path, size, "/sys/class/drm/renderD%u/device/%s", kfd->minor, name);
}

static int device_read(const struct kfd *kfd, const char *name, const char *format,
		       uint64_t *value)
{
	char path[96];
	FILE *file;
	int ret;

	device_path(kfd, name, path, sizeof(path));
	file = fopen(path, "re");
	if (!file)
		return -errno;
	ret = fscanf(file, format, value) == 1 ? 0 : -ENODATA;
	fclose(file);
	return ret;
}

TEST_F(procfs, device_is_that_of_the_topology)
{
	static const struct {
		const char *file, *format, *property;
	} rows[] = {
		{ "vendor", "0x%lx", "vendor_id" },
		{ "device", "0x%lx", "device_id" },
		{ "unique_id", "%lx", "unique_id" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t value, expected;

		ASSERT_EQ(0, kfd_node_property(self->kfd.node, rows[i].property, &expected));
		if (!expected)
			continue;
		ASSERT_EQ(0, device_read(&self->kfd, rows[i].file, rows[i].format, &value));
		EXPECT_EQ(expected, value) {
			TH_LOG("%s", rows[i].file);
		}
	}
}

TEST_F(procfs, device_is_where_the_topology_says)
{
	char path[96], target[256], expected[32];
	uint64_t domain, location;
	ssize_t len;

	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "domain", &domain));
	ASSERT_EQ(0, kfd_node_property(self->kfd.node, "location_id", &location));
	if (location > 0xffff || domain > 0xffff)
		SKIP(return, "it is a part of a device");
	snprintf(expected, sizeof(expected), "%04lx:%02lx:%02lx.%lx", domain, location >> 8,
		 location >> 3 & 0x1f, location & 7);
	snprintf(path, sizeof(path), "/sys/class/drm/renderD%u/device", self->kfd.minor);
	len = readlink(path, target, sizeof(target) - 1);
	ASSERT_LT(0, len);
	target[len] = 0;
	EXPECT_STREQ(expected, basename(target));
}

TEST_F(procfs, memory)
{
	struct drm_amdgpu_memory_info mem;
	uint64_t total, used, before;
	struct kfd_mem vram, gtt;

	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_render_info(&self->kfd, AMDGPU_INFO_MEMORY, &mem, sizeof(mem)));
	ASSERT_EQ(0, device_read(&self->kfd, "mem_info_vram_total", "%lu", &total));
	EXPECT_EQ(mem.vram.total_heap_size, total);
	ASSERT_EQ(0, device_read(&self->kfd, "mem_info_vis_vram_total", "%lu", &total));
	EXPECT_EQ(mem.cpu_accessible_vram.total_heap_size, total);
	ASSERT_EQ(0, device_read(&self->kfd, "mem_info_gtt_total", "%lu", &total));
	EXPECT_EQ(mem.gtt.total_heap_size, total);

	ASSERT_EQ(0, device_read(&self->kfd, "mem_info_vram_used", "%lu", &before));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &vram, MB, MEM(VRAM) | MEM(WRITABLE)));
	ASSERT_EQ(0, device_read(&self->kfd, "mem_info_vram_used", "%lu", &used));
	EXPECT_LE(before + MB, used);
	ASSERT_EQ(0, device_read(&self->kfd, "mem_info_vis_vram_used", "%lu", &used));
	EXPECT_LE(used, mem.cpu_accessible_vram.total_heap_size);

	/* Where memory of the system is counted when it is used, this one may not be yet. */
	ASSERT_EQ(0, device_read(&self->kfd, "mem_info_gtt_used", "%lu", &before));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &gtt, MB, MEM(GTT) | MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_map(&self->kfd, gtt.handle));
	ASSERT_EQ(0, device_read(&self->kfd, "mem_info_gtt_used", "%lu", &used));
	EXPECT_LE(before + MB, used);
}

/* DRM gives every device a card; this one is for finding it, and drives no display. */
TEST_F(procfs, card_without_display)
{
	struct drm_mode_card_res res = {};
	char path[128], card[64] = "";
	struct dirent *entry;
	int fd, ret;
	DIR *dir;

	device_path(&self->kfd, "drm", path, sizeof(path));
	dir = opendir(path);
	ASSERT_NE(NULL, dir);
	while ((entry = readdir(dir)))
		if (!strncmp(entry->d_name, "card", 4))
			snprintf(card, sizeof(card), "/dev/dri/%.32s", entry->d_name);
	closedir(dir);
	ASSERT_NE(0, card[0]);
	fd = open(card, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ret = kfd_ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &res);
	close(fd);
	if (!kfd_is_guest(&self->kfd) && !ret && res.count_connectors)
		SKIP(return, "this GPU has displays");
	/* amdgpu may set modes where there is nothing to set them for. */
	EXPECT_TRUE(ret == -EOPNOTSUPP || (!ret && !kfd_is_guest(&self->kfd)));
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--after-exec"))
		return after_exec();
	return test_harness_run(argc, argv);
}
