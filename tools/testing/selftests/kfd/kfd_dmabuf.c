// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory that processes share: EXPORT_DMABUF, IMPORT_DMABUF, GET_DMABUF_INFO, and who may die
 * first. From kfd_chardev.c, amdgpu_amdkfd_gpuvm.c (import_obj_create(),
 * kfd_mem_export_dmabuf()), amdgpu_amdkfd.c (amdgpu_amdkfd_get_dmabuf_info()),
 * amdgpu_dma_buf.c and dma-buf.c. The render node's side is in kfd_gem.c.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define MB	(1024 * 1024UL)
#define SIZE	(3 * MB)

FIXTURE(dmabuf) {
	struct kfd kfd;
};

FIXTURE_SETUP(dmabuf)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
}

FIXTURE_TEARDOWN(dmabuf)
{
	kfd_close(&self->kfd);
}

static int export_raw(const struct kfd *kfd, uint64_t handle, uint32_t flags, int *fd)
{
	struct kfd_ioctl_export_dmabuf_args args = { .handle = handle, .flags = flags };
	int ret = kfd_ioctl(kfd->fd, AMDKFD_IOC_EXPORT_DMABUF, &args);

	*fd = ret ? -1 : (int)args.dmabuf_fd;
	return ret;
}

static int import_gpu(const struct kfd *kfd, uint32_t gpu_id, int fd)
{
	struct kfd_ioctl_import_dmabuf_args args = { .gpu_id = gpu_id, .dmabuf_fd = fd };

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_IMPORT_DMABUF, &args);
}

static int get_info(const struct kfd *kfd, int fd, struct kfd_ioctl_get_dmabuf_info_args *args)
{
	memset(args, 0xa5, sizeof(*args));
	args->metadata_ptr = 0;
	args->metadata_size = 0;
	args->dmabuf_fd = fd;
	return kfd_ioctl(kfd->fd, AMDKFD_IOC_GET_DMABUF_INFO, args);
}

/* Each dma-buf has an inode of its own: dma_buf_getfile(). */
static ino_t inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

TEST_F(dmabuf, export_errors)
{
	struct kfd_mem mem, user;
	int fd, other;
	void *p;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, SIZE, MEM(GTT)));
	EXPECT_EQ(-EINVAL, export_raw(&self->kfd, 0, 0, &fd));
	EXPECT_EQ(-EINVAL, export_raw(&self->kfd, (uint64_t)KFD_BAD_GPU_ID << 32, 0, &fd));
	EXPECT_EQ(-EINVAL, export_raw(&self->kfd, mem.handle + 1000, 0, &fd));
	EXPECT_EQ(-EINVAL, export_raw(&self->kfd, ~0ULL, 0, &fd));
	/* amdgpu_gem_prime_export() */
	p = mmap(NULL, MB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, p);
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &user, p, MB, MEM(WRITABLE)));
	EXPECT_EQ(-EPERM, export_raw(&self->kfd, user.handle, 0, &fd));
	/* The only flag that dma_buf_fd() looks at */
	ASSERT_EQ(0, export_raw(&self->kfd, mem.handle, 0, &fd));
	EXPECT_EQ(0, fcntl(fd, F_GETFD));
	ASSERT_EQ(0, export_raw(&self->kfd, mem.handle, O_CLOEXEC, &other));
	EXPECT_EQ(FD_CLOEXEC, fcntl(other, F_GETFD));
	EXPECT_NE(fd, other);
	/* kfd_mem_export_dmabuf(): once for all */
	EXPECT_EQ(inode(fd), inode(other));
	close(fd);
	close(other);
	other = kfd_export(&self->kfd, mem.handle);
	ASSERT_LE(0, other);
	close(other);
	ASSERT_EQ(0, kfd_free_mem(&self->kfd, &mem));
	EXPECT_EQ(-EINVAL, export_raw(&self->kfd, mem.handle, 0, &fd));
}

static const struct {
	const char *desc;
	uint32_t flags;
	uint64_t size;
	uint32_t info;
	uint64_t bo_size;
} kinds[] = {
	{ "VRAM", MEM(VRAM), SIZE, MEM(VRAM), SIZE },
	/* amdgpu_bo_create() takes CPU_ACCESS_REQUIRED for a hint only, and forgets it. */
	{ "public VRAM", MEM(VRAM) | MEM(PUBLIC) | MEM(WRITABLE) | MEM(EXECUTABLE), SIZE,
	  MEM(VRAM), SIZE },
	{ "GTT", MEM(GTT) | MEM(WRITABLE) | MEM(COHERENT), SIZE, MEM(GTT), SIZE },
	{ "a byte", MEM(GTT), 1, MEM(GTT), KFD_PAGE },
	{ "queue memory", MEM(GTT) | MEM(AQL_QUEUE_MEM), SIZE * 2, MEM(GTT), SIZE },
	/* amdgpu_amdkfd_gpuvm_alloc_memory_of_gpu() looks at VRAM first. */
	{ "both", MEM(VRAM) | MEM(GTT), SIZE, MEM(VRAM), SIZE },
};

TEST_F(dmabuf, info)
{
	struct kfd_ioctl_get_dmabuf_info_args args;
	struct kfd_mem mem;
	unsigned int i;
	int fd;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, kinds[i].size, kinds[i].flags));
		fd = kfd_export(&self->kfd, mem.handle);
		ASSERT_LE(0, fd) {
			TH_LOG("%s", kinds[i].desc);
		}
		EXPECT_EQ(0, get_info(&self->kfd, fd, &args));
		EXPECT_EQ(kinds[i].bo_size, args.size);
		EXPECT_EQ(kinds[i].info, args.flags) {
			TH_LOG("%s", kinds[i].desc);
		}
		EXPECT_EQ(self->kfd.gpu_id, args.gpu_id);
		EXPECT_EQ(0, args.metadata_size);
		/* What libdrm asks a dma-buf for its size with */
		EXPECT_EQ(kinds[i].bo_size, lseek(fd, 0, SEEK_END));
		/* It is as writable as the memory. */
		EXPECT_EQ(kinds[i].flags & MEM(WRITABLE) ? O_RDWR : O_RDONLY,
			  fcntl(fd, F_GETFL) & O_ACCMODE);
		/* It is about the memory, not about the handle. */
		ASSERT_EQ(0, kfd_free_mem(&self->kfd, &mem));
		EXPECT_EQ(0, get_info(&self->kfd, fd, &args));
		EXPECT_EQ(kinds[i].info, args.flags);
		close(fd);
	}
}

TEST_F(dmabuf, info_errors)
{
	struct kfd_ioctl_get_dmabuf_info_args args;
	int fd;

	EXPECT_EQ(-EBADF, get_info(&self->kfd, -1, &args));
	EXPECT_EQ(-EINVAL, get_info(&self->kfd, self->kfd.fd, &args));
	EXPECT_EQ(-EINVAL, get_info(&self->kfd, self->kfd.drm, &args));
	fd = kfd_udmabuf(MB);
	if (fd >= 0) {
		EXPECT_EQ(-EINVAL, get_info(&self->kfd, fd, &args));
		close(fd);
	}
}

TEST_F(dmabuf, import_errors)
{
	struct kfd_mem mem, doorbell;
	int fd, foreign;
	pid_t pid;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, SIZE, MEM(GTT)));
	fd = kfd_export(&self->kfd, mem.handle);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, import_gpu(&self->kfd, 0, fd));
	EXPECT_EQ(-EINVAL, import_gpu(&self->kfd, KFD_BAD_GPU_ID, -1));
	EXPECT_EQ(-EBADF, import_gpu(&self->kfd, self->kfd.gpu_id, -1));
	EXPECT_EQ(-EINVAL, import_gpu(&self->kfd, self->kfd.gpu_id, self->kfd.fd));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;

		CHILD_CHECK(1, !kfd_open(&own));
		CHILD_CHECK(2, import_gpu(&own, own.gpu_id, fd) == -ENODEV);
		CHILD_CHECK(3, import_gpu(&own, own.gpu_id, -1) == -ENODEV);
		CHILD_CHECK(4, import_gpu(&own, KFD_BAD_GPU_ID, fd) == -EINVAL);
		CHILD_CHECK(5, import_gpu(&self->kfd, own.gpu_id, fd) == -EBADF);
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	close(fd);
	if (!kfd_is_guest(&self->kfd))
		return;

	/* amdgpu takes these: see the limits in virtio-amdkfd.rst. */
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &doorbell, kfd_doorbell_size(&self->kfd),
			       MEM(DOORBELL)));
	fd = kfd_export(&self->kfd, doorbell.handle);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, import_gpu(&self->kfd, self->kfd.gpu_id, fd));
	close(fd);
	foreign = kfd_udmabuf(MB);
	if (foreign >= 0) {
		EXPECT_EQ(-EINVAL, import_gpu(&self->kfd, self->kfd.gpu_id, foreign));
		close(foreign);
	}
}

static uint64_t available(const struct kfd *kfd)
{
	struct kfd_ioctl_get_available_memory_args args = { .gpu_id = kfd->gpu_id };

	return kfd_ioctl(kfd->fd, AMDKFD_IOC_AVAILABLE_MEMORY, &args) ? 0 : args.available;
}

/* Every import is a handle of its own, with addresses of its own. */
TEST_F(dmabuf, in_one_process)
{
	uint64_t one, two, before;
	struct kfd_mem mem;
	void *va[2];
	int fd, again;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, SIZE, MEM(VRAM) | MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_map(&self->kfd, mem.handle));
	va[0] = kfd_reserve(SIZE);
	va[1] = kfd_reserve(SIZE);
	fd = kfd_export(&self->kfd, mem.handle);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_settled_memory(&self->kfd, &before));
	ASSERT_EQ(0, kfd_import(&self->kfd, va[0], fd, &one));
	ASSERT_EQ(0, kfd_import(&self->kfd, va[1], fd, &two));
	EXPECT_EQ(before, available(&self->kfd));
	EXPECT_NE(one, two);
	EXPECT_NE(one, mem.handle);
	EXPECT_EQ(self->kfd.gpu_id, one >> 32);
	EXPECT_EQ(-EINVAL, kfd_unmap(&self->kfd, one));
	EXPECT_EQ(0, kfd_map(&self->kfd, one));
	EXPECT_EQ(0, kfd_map(&self->kfd, two));
	EXPECT_EQ(-EBUSY, kfd_free(&self->kfd, one));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, one));
	/* What is exported of it is what was imported. */
	again = kfd_export(&self->kfd, one);
	ASSERT_LE(0, again);
	EXPECT_EQ(inode(fd), inode(again));
	close(again);
	EXPECT_EQ(0, kfd_free(&self->kfd, one));
	EXPECT_EQ(-EINVAL, kfd_free(&self->kfd, one));
	EXPECT_EQ(-EBUSY, kfd_free(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
	close(fd);
	again = kfd_export(&self->kfd, two);
	EXPECT_LE(0, again);
	close(again);
	EXPECT_EQ(0, kfd_unmap(&self->kfd, two));
	EXPECT_EQ(0, kfd_free(&self->kfd, two));
}

/* Without an address it cannot be mapped, but exported: the virtual memory API does that. */
TEST_F(dmabuf, without_an_address)
{
	uint64_t handle, import;
	int fd;

	ASSERT_EQ(0, kfd_alloc_at(&self->kfd, 0, SIZE, MEM(VRAM) | MEM(WRITABLE), NULL, &handle));
	fd = kfd_export(&self->kfd, handle);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_import(&self->kfd, NULL, fd, &import));
	EXPECT_EQ(-EINVAL, kfd_map(&self->kfd, import));
	EXPECT_EQ(0, kfd_free(&self->kfd, import));
	close(fd);
	EXPECT_EQ(0, kfd_free(&self->kfd, handle));
}

static void fill(uint64_t *p, uint64_t seed)
{
	size_t i;

	for (i = 0; i < SIZE / sizeof(*p); i += 64)
		STORE(&p[i], seed + i);
}

static bool filled(uint64_t *p, uint64_t seed)
{
	size_t i;

	for (i = 0; i < SIZE / sizeof(*p); i += 64)
		if (LOAD(&p[i]) != seed + i)
			return false;
	return true;
}

static uint64_t *map_fd(int fd)
{
	void *p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Memory with content, as a dma-buf. */
static int make(const struct kfd *kfd, struct kfd_mem *mem, uint32_t flags, uint64_t seed)
{
	uint64_t *p;
	int fd;

	if (kfd_alloc(kfd, mem, SIZE, flags | MEM(PUBLIC) | MEM(WRITABLE)))
		return -1;
	p = kfd_cpu_map(kfd, mem);
	if (p == MAP_FAILED)
		return -2;
	fill(p, seed);
	fd = kfd_export(kfd, mem->handle);
	return fd;
}

FIXTURE(shared) {
	struct kfd kfd;
	int sock[2];
};

FIXTURE_VARIANT(shared) {
	uint32_t flags;
};

FIXTURE_VARIANT_ADD(shared, vram) {
	.flags = MEM(VRAM),
};

FIXTURE_VARIANT_ADD(shared, gtt) {
	.flags = MEM(GTT),
};

FIXTURE_SETUP(shared)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, self->sock));
}

FIXTURE_TEARDOWN(shared)
{
	kfd_close(&self->kfd);
}

static bool hear(int sock)
{
	char byte;

	return read(sock, &byte, 1) == 1;
}

static bool say(int sock)
{
	return write(sock, "", 1) == 1;
}

/* Both write, both read, both by the GPU's handle and by the descriptor. */
TEST_F(shared, both_ways)
{
	struct kfd_mem mem;
	uint64_t *p;
	pid_t pid;
	int fd;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd_ioctl_get_dmabuf_info_args args;
		void *va = kfd_reserve(SIZE);
		struct kfd own;
		uint64_t handle;

		fd = kfd_receive_fd(self->sock[1]);
		CHILD_CHECK(1, fd >= 0);
		CHILD_CHECK(2, !kfd_open(&own) && !kfd_acquire(&own));
		CHILD_CHECK(3, !get_info(&own, fd, &args));
		CHILD_CHECK(4, args.size == SIZE && args.gpu_id == own.gpu_id);
		CHILD_CHECK(5, !kfd_import(&own, va, fd, &handle));
		CHILD_CHECK(6, !kfd_map(&own, handle));
		p = map_fd(fd);
		CHILD_CHECK(7, p && filled(p, 1));
		fill(p, 2);
		CHILD_CHECK(8, !kfd_unmap(&own, handle) && !kfd_free(&own, handle));
		_exit(0);
	}
	fd = make(&self->kfd, &mem, variant->flags, 1);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_send_fd(self->sock[0], fd));
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_TRUE(filled(mem.va, 2));
	p = map_fd(fd);
	ASSERT_NE(NULL, p);
	EXPECT_TRUE(filled(p, 2));
	fill(p, 3);
	EXPECT_TRUE(filled(mem.va, 3));
	close(fd);
	/* The mapping keeps it. */
	ASSERT_EQ(0, kfd_free(&self->kfd, mem.handle));
	EXPECT_TRUE(filled(p, 3));
}

/* The importer's engine reads what the exporter's has written, and the other way round. */
TEST_F(shared, copies)
{
	struct kfd_queue queue;
	struct kfd_mem mem, own_mem;
	pid_t pid;
	int fd;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		void *va = kfd_reserve(SIZE);
		struct kfd own;
		uint64_t handle;

		fd = kfd_receive_fd(self->sock[1]);
		CHILD_CHECK(1, fd >= 0);
		CHILD_CHECK(2, !kfd_open(&own) && !kfd_acquire(&own));
		CHILD_CHECK(3, !kfd_import(&own, va, fd, &handle) && !kfd_map(&own, handle));
		CHILD_CHECK(4, !kfd_shared(&own, &own_mem, SIZE, MEM(GTT)));
		CHILD_CHECK(5, !kfd_queue_create(&own, &queue, SDMA));
		sdma_copy(&queue, own_mem.va, va, SIZE);
		kfd_queue_ring(&queue);
		CHILD_CHECK(6, !kfd_queue_wait(&queue));
		CHILD_CHECK(7, filled(own_mem.va, 1));
		fill(own_mem.va, 2);
		sdma_copy(&queue, va, own_mem.va, SIZE);
		kfd_queue_ring(&queue);
		CHILD_CHECK(8, !kfd_queue_wait(&queue));
		_exit(0);
	}
	fd = make(&self->kfd, &mem, variant->flags, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_map(&self->kfd, mem.handle));
	ASSERT_EQ(0, kfd_shared(&self->kfd, &own_mem, SIZE, MEM(GTT)));
	ASSERT_EQ(0, kfd_queue_create(&self->kfd, &queue, SDMA));
	fill(own_mem.va, 1);
	sdma_copy(&queue, mem.va, own_mem.va, SIZE);
	kfd_queue_ring(&queue);
	ASSERT_EQ(0, kfd_queue_wait(&queue));
	ASSERT_EQ(0, kfd_send_fd(self->sock[0], fd));
	EXPECT_EQ(0, kfd_child_status(pid));
	sdma_copy(&queue, own_mem.va, mem.va, SIZE);
	kfd_queue_ring(&queue);
	ASSERT_EQ(0, kfd_queue_wait(&queue));
	EXPECT_TRUE(filled(own_mem.va, 2));
	close(fd);
}

/* A descriptor is all it takes: neither the handle nor the exporter have to be there. */
TEST_F(shared, exporter_gone_before)
{
	void *va = kfd_reserve(SIZE);
	uint64_t handle, *p;
	pid_t pid;
	int fd;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd_mem mem;
		struct kfd own;

		CHILD_CHECK(1, !kfd_open(&own) && !kfd_acquire(&own));
		fd = make(&own, &mem, variant->flags, 4);
		CHILD_CHECK(2, fd >= 0);
		CHILD_CHECK(3, !kfd_send_fd(self->sock[1], fd));
		_exit(0);
	}
	fd = kfd_receive_fd(self->sock[0]);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_child_status(pid));
	/* Its end takes the kernel a moment. */
	usleep(300000);
	ASSERT_EQ(0, kfd_import(&self->kfd, va, fd, &handle));
	EXPECT_EQ(0, kfd_map(&self->kfd, handle));
	p = map_fd(fd);
	ASSERT_NE(NULL, p);
	EXPECT_TRUE(filled(p, 4));
	close(fd);
	EXPECT_EQ(0, kfd_unmap(&self->kfd, handle));
	EXPECT_EQ(0, kfd_free(&self->kfd, handle));
	EXPECT_TRUE(filled(p, 4));
}

/* It was never touched by a CPU as long as the exporter lived. */
TEST_F(shared, exporter_killed_untouched)
{
	void *va = kfd_reserve(SIZE);
	uint64_t handle, *p;
	int fd, status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd_mem mem;
		struct kfd own;

		CHILD_CHECK(1, !kfd_open(&own) && !kfd_acquire(&own));
		CHILD_CHECK(2, !kfd_alloc(&own, &mem, SIZE, variant->flags | MEM(PUBLIC) |
					  MEM(WRITABLE)));
		fd = kfd_export(&own, mem.handle);
		CHILD_CHECK(3, fd >= 0);
		CHILD_CHECK(4, !kfd_send_fd(self->sock[1], fd));
		pause();
	}
	fd = kfd_receive_fd(self->sock[0]);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_import(&self->kfd, va, fd, &handle));
	p = map_fd(fd);
	ASSERT_NE(NULL, p);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	usleep(300000);
	fill(p, 5);
	EXPECT_TRUE(filled(p, 5));
	EXPECT_EQ(0, kfd_map(&self->kfd, handle));
	close(fd);
}

TEST_F(shared, importer_killed)
{
	struct kfd_mem mem;
	int fd, status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		void *va = kfd_reserve(SIZE);
		struct kfd own;
		uint64_t handle, *p;

		fd = kfd_receive_fd(self->sock[1]);
		CHILD_CHECK(1, fd >= 0 && !kfd_open(&own) && !kfd_acquire(&own));
		CHILD_CHECK(2, !kfd_import(&own, va, fd, &handle) && !kfd_map(&own, handle));
		p = map_fd(fd);
		CHILD_CHECK(3, p);
		fill(p, 7);
		say(self->sock[1]);
		pause();
	}
	fd = make(&self->kfd, &mem, variant->flags, 6);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, kfd_send_fd(self->sock[0], fd));
	ASSERT_TRUE(hear(self->sock[0]));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	usleep(300000);
	EXPECT_TRUE(filled(mem.va, 7));
	EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
	close(fd);
}

/* The descriptor is in the hands of one who has nothing to do with KFD, after all others. */
TEST_F(shared, descriptor_outlives_both)
{
	pid_t exporter, importer;
	uint64_t *p;
	int fd;

	exporter = fork();
	ASSERT_LE(0, exporter);
	if (!exporter) {
		struct kfd_mem mem;
		struct kfd own;

		CHILD_CHECK(1, !kfd_open(&own) && !kfd_acquire(&own));
		fd = make(&own, &mem, variant->flags, 8);
		CHILD_CHECK(2, fd >= 0 && !kfd_send_fd(self->sock[1], fd));
		CHILD_CHECK(3, hear(self->sock[1]));
		_exit(0);
	}
	fd = kfd_receive_fd(self->sock[0]);
	ASSERT_LE(0, fd);
	importer = fork();
	ASSERT_LE(0, importer);
	if (!importer) {
		struct kfd own;
		uint64_t handle;

		CHILD_CHECK(1, !kfd_open(&own) && !kfd_acquire(&own));
		CHILD_CHECK(2, !kfd_import(&own, kfd_reserve(SIZE), fd, &handle));
		CHILD_CHECK(3, !kfd_map(&own, handle));
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(importer));
	say(self->sock[0]);
	EXPECT_EQ(0, kfd_child_status(exporter));
	usleep(300000);
	p = map_fd(fd);
	ASSERT_NE(NULL, p);
	EXPECT_TRUE(filled(p, 8));
	close(fd);
	EXPECT_TRUE(filled(p, 8));
	EXPECT_EQ(0, munmap(p, SIZE));
}

/* A child has the parent's descriptor, not its KFD. */
TEST_F(shared, fork)
{
	struct kfd_mem mem;
	pid_t pid;
	int fd;

	fd = make(&self->kfd, &mem, variant->flags, 9);
	ASSERT_LE(0, fd);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		uint64_t handle, *p = map_fd(fd);

		CHILD_CHECK(1, p && filled(p, 9));
		CHILD_CHECK(2, filled(mem.va, 9));
		CHILD_CHECK(3, kfd_import(&self->kfd, NULL, fd, &handle) == -EBADF);
		CHILD_CHECK(4, kfd_export(&self->kfd, mem.handle) == -EBADF);
		fill(p, 10);
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_TRUE(filled(mem.va, 10));
	close(fd);
}

/* What is not WRITABLE cannot be written through the descriptor. */
TEST_F(dmabuf, read_only)
{
	struct kfd_mem mem;
	uint64_t *p;
	int fd;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, SIZE, MEM(GTT)));
	fd = kfd_export(&self->kfd, mem.handle);
	ASSERT_LE(0, fd);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_WRITE, MAP_SHARED, fd, 0));
	EXPECT_EQ(EACCES, errno);
	p = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, LOAD(p));
	EXPECT_EQ(-1, mprotect(p, SIZE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	/* dma_buf_mmap_internal() */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE + KFD_PAGE, PROT_READ, MAP_SHARED, fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, fd, SIZE));
	EXPECT_EQ(EINVAL, errno);
	p = mmap(NULL, KFD_PAGE, PROT_READ, MAP_SHARED, fd, SIZE - KFD_PAGE);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0, LOAD(p));
	close(fd);
}

/* Many of them at once, given back in another order. */
TEST_F(dmabuf, many)
{
	static uint64_t handles[200], imports[200];
	static int fds[200];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		ASSERT_EQ(0, kfd_alloc_at(&self->kfd, 0, KFD_PAGE, MEM(GTT), NULL, &handles[i]));
		fds[i] = kfd_export(&self->kfd, handles[i]);
		ASSERT_LE(0, fds[i]);
		ASSERT_EQ(0, kfd_import(&self->kfd, NULL, fds[i], &imports[i]));
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		EXPECT_EQ(0, close(fds[i]));
		EXPECT_EQ(0, kfd_free(&self->kfd, handles[ARRAY_SIZE(fds) - 1 - i]));
	}
	for (i = 0; i < ARRAY_SIZE(fds); i++)
		EXPECT_EQ(0, kfd_free(&self->kfd, imports[i * 7 % ARRAY_SIZE(fds)]));
}

TEST_HARNESS_MAIN
