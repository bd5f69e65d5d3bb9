// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The render node with memory of KFD's: what amdgpu_bo_import(), amdgpu_bo_va_op(),
 * amdgpu_bo_cpu_map(), amdgpu_bo_query_info(), amdgpu_bo_set_metadata(), amdgpu_bo_export() and
 * amdgpu_bo_free() of libdrm do. From amdgpu_gem.c, amdgpu_vm.c, amdgpu_object.c and
 * drm_prime.c.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <drm/amdgpu_drm.h>

#include "kselftest_harness.h"
#include "kfd_queue_lib.h"

#define MB	(1024 * 1024UL)
#define SIZE	(16 * KFD_PAGE)
#define BAD	0x1234567	/* a handle of nothing */
#define MAP	AMDGPU_VA_OP_MAP
#define UNMAP	AMDGPU_VA_OP_UNMAP
#define CLEAR	AMDGPU_VA_OP_CLEAR
#define REPLACE	AMDGPU_VA_OP_REPLACE
/* amdgpu_bo_va_op() asks for all of it. */
#define RWX	(AMDGPU_VM_PAGE_READABLE | AMDGPU_VM_PAGE_WRITEABLE | AMDGPU_VM_PAGE_EXECUTABLE)

/* Memory, its dma-buf, and the GEM handle that the render node has made of it. */
FIXTURE(gem) {
	struct kfd kfd;
	struct kfd_mem mem;
	int fd;
	uint32_t handle;
	uint64_t va;	/* addresses that nothing has, MB of them */
};

static int gem_close(int drm, uint32_t handle)
{
	struct drm_gem_close args = { .handle = handle };

	return kfd_ioctl(drm, DRM_IOCTL_GEM_CLOSE, &args);
}

FIXTURE_SETUP(gem)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &self->mem, SIZE,
			       MEM(VRAM) | MEM(PUBLIC) | MEM(WRITABLE)));
	self->fd = kfd_export(&self->kfd, self->mem.handle);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, kfd_gem_import(self->kfd.drm, self->fd, &self->handle));
	self->va = (uintptr_t)kfd_reserve(MB);
	ASSERT_NE(0, self->va);
}

FIXTURE_TEARDOWN(gem)
{
	close(self->fd);
	kfd_close(&self->kfd);
}

static ino_t inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? 0 : st.st_ino;
}

TEST_F(gem, handles)
{
	struct drm_prime_handle args = { .handle = self->handle, .flags = DRM_CLOEXEC | DRM_RDWR };
	struct drm_get_cap cap = { .capability = DRM_CAP_PRIME };
	int other = kfd_open_render(&self->kfd);
	uint32_t handle;

	ASSERT_EQ(0, kfd_ioctl(self->kfd.drm, DRM_IOCTL_GET_CAP, &cap));
	EXPECT_EQ(DRM_PRIME_CAP_IMPORT | DRM_PRIME_CAP_EXPORT, cap.value);
	/* One handle a file, however often */
	EXPECT_NE(0, self->handle);
	ASSERT_EQ(0, kfd_gem_import(self->kfd.drm, self->fd, &handle));
	EXPECT_EQ(self->handle, handle);
	/* What comes out is what went in. */
	ASSERT_EQ(0, kfd_ioctl(self->kfd.drm, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args));
	EXPECT_EQ(inode(self->fd), inode(args.fd));
	ASSERT_LE(0, other);
	ASSERT_EQ(0, kfd_gem_import(other, args.fd, &handle));
	close(args.fd);
	EXPECT_EQ(0, gem_close(self->kfd.drm, self->handle));
	EXPECT_EQ(-EINVAL, gem_close(self->kfd.drm, self->handle));
	EXPECT_EQ(-ENOENT, kfd_ioctl(self->kfd.drm, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args));
	/* The other file's is still there, without anything else of the memory. */
	close(self->fd);
	ASSERT_EQ(0, kfd_free(&self->kfd, self->mem.handle));
	args.handle = handle;
	ASSERT_EQ(0, kfd_ioctl(other, DRM_IOCTL_PRIME_HANDLE_TO_FD, &args));
	EXPECT_EQ(SIZE, lseek(args.fd, 0, SEEK_END));
	self->fd = args.fd;
	EXPECT_EQ(0, kfd_gem_import(self->kfd.drm, self->fd, &handle));
	close(other);
}

static uint64_t mmap_offset(struct __test_metadata *_metadata, int drm, uint32_t handle)
{
	union drm_amdgpu_gem_mmap args = { .in.handle = handle };

	EXPECT_EQ(0, kfd_ioctl(drm, DRM_IOCTL_AMDGPU_GEM_MMAP, &args));
	return args.out.addr_ptr;
}

TEST_F(gem, cpu_map)
{
	union drm_amdgpu_gem_mmap args = { .in.handle = BAD };
	int other = kfd_open_render(&self->kfd);
	uint64_t *p, *q, offset;
	uint32_t handle;

	EXPECT_EQ(-ENOENT, kfd_ioctl(self->kfd.drm, DRM_IOCTL_AMDGPU_GEM_MMAP, &args));
	offset = mmap_offset(_metadata, self->kfd.drm, self->handle);
	/* It is one object's, whoever asks. */
	EXPECT_EQ(self->mem.offset, offset);
	p = kfd_cpu_map(&self->kfd, &self->mem);
	ASSERT_NE(MAP_FAILED, p);
	STORE(&p[5], 0x55);
	q = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, self->kfd.drm, offset);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0x55, LOAD(&q[5]));
	/* A file without a handle may not map it: drm_vma_node_is_allowed(). */
	ASSERT_LE(0, other);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ, MAP_SHARED, other, offset));
	EXPECT_EQ(EACCES, errno);
	ASSERT_EQ(0, kfd_gem_import(other, self->fd, &handle));
	offset = mmap_offset(_metadata, other, handle);
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, other, offset);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_EQ(0x55, LOAD(&p[5]));
	close(other);
	ASSERT_EQ(0, kfd_free(&self->kfd, self->mem.handle));
	STORE(&p[6], 0x66);
	EXPECT_EQ(0x66, LOAD(&q[6]));
	/* The render node's handle is enough for it, the one that ALLOC gave is gone. */
	q = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->kfd.drm, offset);
	ASSERT_NE(MAP_FAILED, q);
	EXPECT_EQ(0x66, LOAD(&q[6]));
	EXPECT_EQ(0, gem_close(self->kfd.drm, self->handle));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, SIZE, PROT_READ, MAP_SHARED, self->kfd.drm, offset));
	EXPECT_EQ(EACCES, errno);
}

/* IMPORT_DMABUF alone lets the process's render node map it, too: import_obj_create(). */
TEST_F(gem, cpu_map_of_kfd_import)
{
	uint64_t offset = mmap_offset(_metadata, self->kfd.drm, self->handle), handle;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;
		uint64_t *p;

		CHILD_CHECK(1, !kfd_open(&own) && !kfd_acquire(&own));
		CHILD_CHECK(2, mmap(NULL, SIZE, PROT_READ, MAP_SHARED, own.drm, offset) ==
			       MAP_FAILED);
		CHILD_CHECK(3, !kfd_import(&own, NULL, self->fd, &handle));
		p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, own.drm, offset);
		CHILD_CHECK(4, p != MAP_FAILED);
		STORE(p, 0x77);
		CHILD_CHECK(5, !kfd_free(&own, handle));
		CHILD_CHECK(6, LOAD(p) == 0x77);
		CHILD_CHECK(7, mmap(NULL, SIZE, PROT_READ, MAP_SHARED, own.drm, offset) ==
			       MAP_FAILED);
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	ASSERT_NE(MAP_FAILED, kfd_cpu_map(&self->kfd, &self->mem));
	EXPECT_EQ(0x77, LOAD((uint64_t *)self->mem.va));
}

static int create_info(const struct kfd *kfd, uint32_t handle,
		       struct drm_amdgpu_gem_create_in *info)
{
	struct drm_amdgpu_gem_op args = {
		.handle = handle,
		.op = AMDGPU_GEM_OP_GET_GEM_CREATE_INFO,
		.value = (uintptr_t)info,
	};

	return kfd_ioctl(kfd->drm, DRM_IOCTL_AMDGPU_GEM_OP, &args);
}

/*
 * amdgpu_amdkfd_gpuvm_alloc_memory_of_gpu(), of whose flags amdgpu_gem_object_create() adds one for
 * all memory and amdgpu_bo_create() takes another away.
 */
#define ALL_FLAGS	AMDGPU_GEM_CREATE_VRAM_WIPE_ON_RELEASE

TEST_F(gem, create_info)
{
	static const struct {
		uint32_t kfd;
		uint64_t domains;
		uint64_t flags;
	} kinds[] = {
		{ MEM(VRAM), AMDGPU_GEM_DOMAIN_VRAM, ALL_FLAGS | AMDGPU_GEM_CREATE_VRAM_CLEARED },
		{ MEM(VRAM) | MEM(PUBLIC) | MEM(CONTIGUOUS) | MEM(COHERENT),
		  AMDGPU_GEM_DOMAIN_VRAM,
		  ALL_FLAGS | AMDGPU_GEM_CREATE_VRAM_CLEARED | AMDGPU_GEM_CREATE_VRAM_CONTIGUOUS |
		  AMDGPU_GEM_CREATE_COHERENT },
		{ MEM(GTT) | MEM(PUBLIC) | MEM(CONTIGUOUS), AMDGPU_GEM_DOMAIN_GTT, ALL_FLAGS },
		{ MEM(GTT) | MEM(UNCACHED) | MEM(EXT_COHERENT), AMDGPU_GEM_DOMAIN_GTT,
		  ALL_FLAGS | AMDGPU_GEM_CREATE_UNCACHED | AMDGPU_GEM_CREATE_EXT_COHERENT },
	};
	struct drm_amdgpu_gem_op args = { .handle = self->handle, .op = 99 };
	struct drm_amdgpu_gem_create_in info;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct kfd_mem mem;
		uint32_t handle;
		int fd;

		ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, SIZE + 1, kinds[i].kfd));
		fd = kfd_export(&self->kfd, mem.handle);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, kfd_gem_import(self->kfd.drm, fd, &handle));
		close(fd);
		memset(&info, 0xa5, sizeof(info));
		ASSERT_EQ(0, create_info(&self->kfd, handle, &info));
		EXPECT_EQ(SIZE + KFD_PAGE, info.bo_size);
		EXPECT_EQ(KFD_PAGE, info.alignment);
		EXPECT_EQ(kinds[i].domains, info.domains);
		EXPECT_EQ(kinds[i].flags, info.domain_flags) {
			TH_LOG("%u", i);
		}
		EXPECT_EQ(0, gem_close(self->kfd.drm, handle));
		EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
	}
	EXPECT_EQ(-ENOENT, create_info(&self->kfd, BAD, &info));
	EXPECT_EQ(-EFAULT, create_info(&self->kfd, self->handle, (void *)8));
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.drm, DRM_IOCTL_AMDGPU_GEM_OP, &args));
	args.handle = BAD;
	EXPECT_EQ(-ENOENT, kfd_ioctl(self->kfd.drm, DRM_IOCTL_AMDGPU_GEM_OP, &args));
	args.padding = 1;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.drm, DRM_IOCTL_AMDGPU_GEM_OP, &args));
}

static int metadata(int drm, uint32_t handle, uint32_t op, struct drm_amdgpu_gem_metadata *args)
{
	args->handle = handle;
	args->op = op;
	return kfd_ioctl(drm, DRM_IOCTL_AMDGPU_GEM_METADATA, args);
}

#define SET	AMDGPU_GEM_METADATA_OP_SET_METADATA
#define GET	AMDGPU_GEM_METADATA_OP_GET_METADATA

TEST_F(gem, metadata)
{
	struct drm_amdgpu_gem_metadata args = {};
	int drm = self->kfd.drm, other = kfd_open_render(&self->kfd);
	uint32_t handle;

	ASSERT_LE(0, other);
	ASSERT_EQ(0, kfd_gem_import(other, self->fd, &handle));
	memset(&args.data, 0xff, sizeof(args.data));
	EXPECT_EQ(0, metadata(drm, self->handle, GET, &args));
	EXPECT_EQ(0, args.data.tiling_info);
	EXPECT_EQ(0, args.data.data_size_bytes);
	args.data.tiling_info = 0x1234;
	args.data.flags = 0x5678;
	args.data.data_size_bytes = 21;
	strcpy((char *)args.data.data, "a description of it.");
	EXPECT_EQ(0, metadata(drm, self->handle, SET, &args));
	/* It is the memory's, not the file's. */
	memset(&args.data, 0xff, sizeof(args.data));
	EXPECT_EQ(0, metadata(other, handle, GET, &args));
	EXPECT_EQ(0x1234, args.data.tiling_info);
	EXPECT_EQ(0x5678, args.data.flags);
	EXPECT_EQ(21, args.data.data_size_bytes);
	EXPECT_STREQ("a description of it.", (char *)args.data.data);

	EXPECT_EQ(-ENOENT, metadata(drm, BAD, GET, &args));
	EXPECT_EQ(-ENOENT, metadata(drm, BAD, 99, &args));
	/* amdgpu_gem_metadata_ioctl() does nothing, and amdgpu_bo_reserve() has succeeded. */
	EXPECT_EQ(0, metadata(drm, self->handle, 99, &args));
	args.data.data_size_bytes = sizeof(args.data.data) + 1;
	EXPECT_EQ(-EINVAL, metadata(drm, self->handle, SET, &args));
	args.data.data_size_bytes = sizeof(args.data.data);
	memset(args.data.data, 0x3c, sizeof(args.data.data));
	EXPECT_EQ(0, metadata(drm, self->handle, SET, &args));
	memset(&args.data, 0xff, sizeof(args.data));
	EXPECT_EQ(0, metadata(drm, self->handle, GET, &args));
	EXPECT_EQ(sizeof(args.data.data), args.data.data_size_bytes);
	EXPECT_EQ(0x3c3c3c3c, args.data.data[63]);
	args.data.data_size_bytes = 0;
	args.data.tiling_info = 0x99;
	EXPECT_EQ(0, metadata(drm, self->handle, SET, &args));
	EXPECT_EQ(0, metadata(drm, self->handle, GET, &args));
	EXPECT_EQ(0, args.data.data_size_bytes);
	EXPECT_EQ(0x99, args.data.tiling_info);
	close(other);
}

/* GET_DMABUF_INFO reads it: how libhsakmt learns of what graphics has made. */
TEST_F(gem, metadata_for_kfd)
{
	struct kfd_ioctl_get_dmabuf_info_args info = { .dmabuf_fd = self->fd };
	struct drm_amdgpu_gem_metadata args = { .data.data_size_bytes = 16 };
	char buf[32] = "";

	strcpy((char *)args.data.data, "sixteen bytes..");
	ASSERT_EQ(0, metadata(self->kfd.drm, self->handle, SET, &args));
	info.metadata_ptr = (uintptr_t)buf;
	info.metadata_size = 15;
	EXPECT_EQ(-EINVAL, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_DMABUF_INFO, &info));
	EXPECT_EQ(16, info.metadata_size);
	EXPECT_EQ(SIZE, info.size);
	EXPECT_EQ(0, info.gpu_id);
	EXPECT_EQ(0, buf[0]);
	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_DMABUF_INFO, &info));
	EXPECT_STREQ("sixteen bytes..", buf);
	EXPECT_EQ(self->kfd.gpu_id, info.gpu_id);
	info.metadata_size = sizeof(buf);
	buf[16] = 0x5a;
	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_DMABUF_INFO, &info));
	EXPECT_EQ(16, info.metadata_size);
	EXPECT_EQ(0x5a, buf[16]);
	info.metadata_ptr = 0;
	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_DMABUF_INFO, &info));
	info.metadata_ptr = 8;
	EXPECT_EQ(-EFAULT, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_GET_DMABUF_INFO, &info));
}

/* Is the page free for KFD? */
static bool is_free(const struct kfd *kfd, uint64_t va)
{
	uint64_t handle;
	bool ret;

	if (kfd_alloc_at(kfd, va, KFD_PAGE, MEM(GTT), NULL, &handle))
		return false;
	ret = !kfd_map(kfd, handle);
	if (ret)
		kfd_unmap(kfd, handle);
	kfd_free(kfd, handle);
	return ret;
}

TEST_F(gem, va)
{
	struct kfd *kfd = &self->kfd;
	uint32_t bo = self->handle;
	uint64_t va = self->va;

	EXPECT_TRUE(is_free(kfd, va));
	EXPECT_EQ(0, kfd_gem_va(kfd, bo, MAP, RWX, va, 0, SIZE));
	EXPECT_FALSE(is_free(kfd, va));
	EXPECT_FALSE(is_free(kfd, va + SIZE - KFD_PAGE));
	EXPECT_TRUE(is_free(kfd, va + SIZE));
	EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, bo, MAP, RWX, va, 0, SIZE));
	EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, bo, MAP, RWX, va + SIZE - KFD_PAGE, 0, SIZE));
	/* Parts of it, as often as wanted */
	EXPECT_EQ(0, kfd_gem_va(kfd, bo, MAP, AMDGPU_VM_PAGE_READABLE, va + SIZE, SIZE / 2,
				SIZE / 2));
	EXPECT_EQ(0, kfd_gem_va(kfd, bo, MAP, RWX | AMDGPU_VM_MTYPE_UC, va + 2 * SIZE, 0,
				KFD_PAGE));
	EXPECT_EQ(-ENOENT, kfd_gem_va(kfd, bo, UNMAP, RWX, va + KFD_PAGE, 0, KFD_PAGE));
	EXPECT_EQ(-ENOENT, kfd_gem_va(kfd, bo, UNMAP, RWX, va + 3 * SIZE, 0, KFD_PAGE));
	EXPECT_EQ(0, kfd_gem_va(kfd, bo, UNMAP, RWX, va, 0, SIZE));
	EXPECT_EQ(-ENOENT, kfd_gem_va(kfd, bo, UNMAP, RWX, va, 0, SIZE));
	EXPECT_TRUE(is_free(kfd, va));
	EXPECT_EQ(0, kfd_gem_va(kfd, bo, UNMAP, 0, va + SIZE, 0, SIZE / 2));
	EXPECT_EQ(0, kfd_gem_va(kfd, bo, UNMAP, 0, va + 2 * SIZE, 0, KFD_PAGE));
	EXPECT_TRUE(is_free(kfd, va + 2 * SIZE));
}

TEST_F(gem, va_errors)
{
	static const struct {
		uint32_t op;
		uint32_t flags;
		uint64_t va;	/* 0 for a good one */
		uint64_t add;
		uint64_t offset;
		uint64_t size;
	} rows[] = {
		/* AMDGPU_VA_RESERVED_BOTTOM and AMDGPU_GMC_HOLE_START */
		{ MAP, RWX, 0x1000, 0, 0, KFD_PAGE },
		{ MAP, RWX, 0xf000, 0, 0, KFD_PAGE },
		{ MAP, RWX, 0, 0, 0, ~0xfffULL },
		{ MAP, 1 << 10, 0, 0, 0, KFD_PAGE },
		{ MAP, ~0U, 0, 0, 0, KFD_PAGE },
		{ MAP, RWX | AMDGPU_VM_PAGE_PRT, 0, 0, 0, KFD_PAGE },
		{ 0, RWX, 0, 0, 0, KFD_PAGE },
		{ 5, RWX, 0, 0, 0, KFD_PAGE },
		{ ~0U, RWX, 0, 0, 0, KFD_PAGE },
		/* amdgpu_vm_verify_parameters() */
		{ MAP, RWX, 0, 1, 0, KFD_PAGE },
		{ MAP, RWX, 0, 0, 8, KFD_PAGE },
		{ MAP, RWX, 0, 0, 0, 100 },
		{ MAP, RWX, 0, 0, 0, 0 },
		{ MAP, RWX, 0, 0, 0, SIZE + KFD_PAGE },
		{ MAP, RWX, 0, 0, SIZE, KFD_PAGE },
		{ MAP, RWX, 0, 0, ~0xfffULL, KFD_PAGE },
		{ REPLACE, RWX, 0, 0, SIZE, KFD_PAGE },
		{ REPLACE, RWX, 0, 8, 0, KFD_PAGE },
		{ CLEAR, RWX, 0, 8, 0, KFD_PAGE },
		{ CLEAR, RWX, 0, 0, 0, 0 },
	};
	struct kfd *kfd = &self->kfd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		uint64_t va = (rows[i].va ?: self->va) + rows[i].add;

		EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, self->handle, rows[i].op, rows[i].flags, va,
					      rows[i].offset, rows[i].size)) {
			TH_LOG("row %u", i);
		}
	}
	EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, self->handle, MAP, RWX, 0, 0, KFD_PAGE));
	/* The object comes after all that is wrong without it ... */
	EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, BAD, MAP, RWX, 0x1000, 0, KFD_PAGE));
	EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, BAD, 99, RWX, self->va, 0, KFD_PAGE));
	EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, BAD, MAP, ~0U, self->va, 0, KFD_PAGE));
	/* ... and before what is wrong with it. */
	EXPECT_EQ(-ENOENT, kfd_gem_va(kfd, BAD, MAP, RWX, self->va, 1, KFD_PAGE));
	EXPECT_EQ(-ENOENT, kfd_gem_va(kfd, BAD, UNMAP, RWX, self->va, 0, KFD_PAGE));
	EXPECT_EQ(-ENOENT, kfd_gem_va(kfd, BAD, REPLACE, RWX, self->va, 0, KFD_PAGE));
	/* CLEAR does without. */
	EXPECT_EQ(0, kfd_gem_va(kfd, BAD, CLEAR, RWX, self->va, 0, KFD_PAGE));
	EXPECT_TRUE(is_free(kfd, self->va));
}

TEST_F(gem, va_clear)
{
	struct kfd *kfd = &self->kfd;
	uint32_t bo = self->handle;
	uint64_t va = self->va;

	ASSERT_EQ(0, kfd_gem_va(kfd, bo, MAP, RWX, va, 0, 8 * KFD_PAGE));
	EXPECT_EQ(0, kfd_gem_va(kfd, 0, CLEAR, 0, va + 2 * KFD_PAGE, 0, 2 * KFD_PAGE));
	EXPECT_FALSE(is_free(kfd, va + KFD_PAGE));
	EXPECT_TRUE(is_free(kfd, va + 2 * KFD_PAGE));
	EXPECT_TRUE(is_free(kfd, va + 3 * KFD_PAGE));
	EXPECT_FALSE(is_free(kfd, va + 4 * KFD_PAGE));
	EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, bo, MAP, RWX, va + 2 * KFD_PAGE, 0, 3 * KFD_PAGE));
	EXPECT_EQ(0, kfd_gem_va(kfd, bo, REPLACE, RWX, va + 2 * KFD_PAGE, 0, 3 * KFD_PAGE));
	EXPECT_FALSE(is_free(kfd, va + 2 * KFD_PAGE));
	EXPECT_EQ(0, kfd_gem_va(kfd, bo, UNMAP, RWX, va + 2 * KFD_PAGE, 0, 3 * KFD_PAGE));
	EXPECT_TRUE(is_free(kfd, va + 4 * KFD_PAGE));
	EXPECT_FALSE(is_free(kfd, va + 5 * KFD_PAGE));
	EXPECT_EQ(0, kfd_gem_va(kfd, 0, CLEAR, 0, va - KFD_PAGE + KFD_PAGE, 0, MB));
	EXPECT_TRUE(is_free(kfd, va));
	EXPECT_TRUE(is_free(kfd, va + 5 * KFD_PAGE));
}

/* KFD's mappings and the render node's are of one address space. */
TEST_F(gem, va_and_kfd)
{
	struct kfd *kfd = &self->kfd;
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_alloc(kfd, &mem, MB, MEM(GTT) | MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_map(kfd, mem.handle));
	EXPECT_EQ(-EINVAL, kfd_gem_va(kfd, self->handle, MAP, RWX, (uintptr_t)mem.va, 0, KFD_PAGE));
	ASSERT_EQ(0, kfd_unmap(kfd, mem.handle));
	EXPECT_EQ(0, kfd_gem_va(kfd, self->handle, MAP, RWX, (uintptr_t)mem.va, 0, KFD_PAGE));
	EXPECT_EQ(-EINVAL, kfd_map(kfd, mem.handle));
	EXPECT_EQ(0, kfd_gem_va(kfd, self->handle, UNMAP, RWX, (uintptr_t)mem.va, 0, KFD_PAGE));
	EXPECT_EQ(0, kfd_map(kfd, mem.handle));
	EXPECT_EQ(0, kfd_unmap(kfd, mem.handle));
	EXPECT_EQ(0, kfd_free(kfd, mem.handle));
	/* KFD does not count the render node's. */
	EXPECT_EQ(0, kfd_gem_va(kfd, self->handle, MAP, RWX, self->va, 0, SIZE));
	EXPECT_EQ(0, kfd_free(kfd, self->mem.handle));
	EXPECT_FALSE(is_free(kfd, self->va));
	/* amdgpu_gem_object_close() */
	EXPECT_EQ(0, gem_close(kfd->drm, self->handle));
	EXPECT_TRUE(is_free(kfd, self->va));
}

/* Does the queue's engine find that in the first word of a page? */
static bool finds(struct kfd_queue *queue, const struct kfd_mem *out, uint64_t va, uint32_t value)
{
	sdma_copy(queue, out->va, (void *)va, 4);
	kfd_queue_ring(queue);
	return !kfd_queue_wait(queue) && LOAD((uint32_t *)out->va) == value;
}

TEST_F(gem, va_content)
{
	uint64_t va = self->va, word = KFD_PAGE / 4;
	struct kfd *kfd = &self->kfd;
	uint32_t bo = self->handle;
	struct kfd_queue queue;
	struct kfd_mem out;
	uint32_t *p, i;

	ASSERT_EQ(0, kfd_queue_create(kfd, &queue, SDMA));
	ASSERT_EQ(0, kfd_shared(kfd, &out, KFD_PAGE, MEM(GTT)));
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, p);
	for (i = 0; i < SIZE / KFD_PAGE; i++)
		STORE(&p[i * word], 100 + i);

	ASSERT_EQ(0, kfd_gem_va(kfd, bo, MAP, RWX, va, 4 * KFD_PAGE, 3 * KFD_PAGE));
	ASSERT_EQ(0, kfd_gem_va(kfd, bo, MAP, RWX, va + 3 * KFD_PAGE, 0, KFD_PAGE));
	EXPECT_TRUE(finds(&queue, &out, va, 104));
	EXPECT_TRUE(finds(&queue, &out, va + 2 * KFD_PAGE, 106));
	EXPECT_TRUE(finds(&queue, &out, va + 3 * KFD_PAGE, 100));
	/* From the middle of a mapping, whose rest stays where it is */
	ASSERT_EQ(0, kfd_gem_va(kfd, bo, REPLACE, RWX, va + KFD_PAGE, 9 * KFD_PAGE, KFD_PAGE));
	EXPECT_TRUE(finds(&queue, &out, va, 104));
	EXPECT_TRUE(finds(&queue, &out, va + KFD_PAGE, 109));
	EXPECT_TRUE(finds(&queue, &out, va + 2 * KFD_PAGE, 106));
	/* Over the borders of mappings */
	sdma_fill(&queue, (void *)(va + 4), 0x600d, 4 * KFD_PAGE - 4);
	kfd_queue_ring(&queue);
	ASSERT_EQ(0, kfd_queue_wait(&queue));
	EXPECT_EQ(104, LOAD(&p[4 * word]));
	EXPECT_EQ(0x600d, LOAD(&p[4 * word + 1]));
	EXPECT_EQ(105, LOAD(&p[5 * word]));
	EXPECT_EQ(0x600d, LOAD(&p[6 * word]));
	EXPECT_EQ(0x600d, LOAD(&p[9 * word]));
	EXPECT_EQ(0x600d, LOAD(&p[0]));
	EXPECT_EQ(0x600d, LOAD(&p[word - 1]));
	EXPECT_EQ(101, LOAD(&p[word]));
}

/*
 * kfd_queue_acquire_buffers() takes a ring that is mapped so. It does not keep it mapped:
 * amdgpu_vm_bo_unmap() knows nothing of KFD's queues.
 */
TEST_F(gem, va_under_a_queue)
{
	struct kfd_event_data data = { 0 };
	struct kfd *kfd = &self->kfd;
	struct kfd_mem out, ring;
	struct kfd_queue queue;
	uint32_t result;

	ASSERT_EQ(QUEUE_RING_SIZE, SIZE);
	ASSERT_EQ(0, kfd_create_event(kfd, KFD_IOC_EVENT_MEMORY, false, &data.event_id));
	ASSERT_EQ(0, kfd_shared(kfd, &out, KFD_PAGE, MEM(GTT)));
	ASSERT_EQ(0, kfd_queue_prepare(kfd, &queue, SDMA));
	ring = queue.ring;
	queue.ring.va = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, self->fd, 0);
	ASSERT_NE(MAP_FAILED, queue.ring.va);
	queue.args.ring_base_address = self->va;
	EXPECT_EQ(-EINVAL, kfd_queue_start(&queue));
	/* The size has to be the ring's. */
	ASSERT_EQ(0, kfd_gem_va(kfd, self->handle, MAP, RWX, self->va, 0, SIZE / 2));
	EXPECT_EQ(-EINVAL, kfd_queue_start(&queue));
	ASSERT_EQ(0, kfd_gem_va(kfd, self->handle, REPLACE, RWX, self->va, 0, SIZE));
	ASSERT_EQ(0, kfd_queue_start(&queue));
	sdma_fence(&queue, out.va, 1);
	kfd_queue_ring(&queue);
	ASSERT_TRUE(kfd_wait_u32(out.va, 1));

	EXPECT_EQ(0, kfd_gem_va(kfd, self->handle, UNMAP, RWX, self->va, 0, SIZE));
	EXPECT_EQ(0, gem_close(kfd->drm, self->handle));
	sdma_fence(&queue, out.va, 2);
	kfd_queue_ring(&queue);
	ASSERT_EQ(0, kfd_wait(kfd, &data, 1, true, QUEUE_PATIENCE_MS, &result));
	EXPECT_EQ(KFD_IOC_WAIT_RESULT_COMPLETE, result);
	EXPECT_EQ(self->va, data.memory_exception_data.va);
	EXPECT_EQ(1, data.memory_exception_data.failure.NotPresent);
	EXPECT_EQ(1, LOAD((uint32_t *)out.va));
	munmap(queue.ring.va, SIZE);
	queue.ring = ring;
	EXPECT_EQ(0, kfd_queue_destroy(&queue));
}

/* The address space is that of the file, whoever uses it. */
TEST_F(gem, va_in_a_child)
{
	struct kfd *kfd = &self->kfd;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		CHILD_CHECK(1, !kfd_gem_va(kfd, self->handle, MAP, RWX, self->va, 0, SIZE));
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_FALSE(is_free(kfd, self->va));
	EXPECT_EQ(0, kfd_gem_va(kfd, self->handle, UNMAP, RWX, self->va, 0, SIZE));
}

/* Memory of another process at an address of this one's. */
TEST_F(gem, va_of_another_process)
{
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		uint32_t handle;
		struct kfd own;

		CHILD_CHECK(1, !kfd_open(&own) && !kfd_acquire(&own));
		CHILD_CHECK(2, !kfd_gem_import(own.drm, self->fd, &handle));
		CHILD_CHECK(3, !kfd_gem_va(&own, handle, MAP, RWX, self->va, 0, SIZE));
		CHILD_CHECK(4, !is_free(&own, self->va));
		_exit(0);
	}
	EXPECT_EQ(0, kfd_child_status(pid));
	EXPECT_TRUE(is_free(&self->kfd, self->va));
}

TEST_F(gem, va_without_a_process)
{
	struct kfd other = self->kfd;
	uint32_t handle;

	if (!kfd_is_guest(&self->kfd))
		SKIP(return, "with amdgpu every file has a VM");
	other.drm = kfd_open_render(&self->kfd);
	ASSERT_LE(0, other.drm);
	ASSERT_EQ(0, kfd_gem_import(other.drm, self->fd, &handle));
	EXPECT_EQ(-EINVAL, kfd_gem_va(&other, handle, MAP, RWX, self->va, 0, SIZE));
	EXPECT_EQ(-EINVAL, kfd_gem_va(&other, 0, CLEAR, RWX, self->va, 0, SIZE));
	EXPECT_EQ(0, gem_close(other.drm, handle));
	close(other.drm);
}

/* The file of a process that has ended. */
TEST_F(gem, va_after_its_process)
{
	struct kfd other = self->kfd;
	uint32_t handle;
	int sock[2];
	pid_t pid;

	if (!kfd_is_guest(&self->kfd))
		SKIP(return, "with amdgpu a VM lives as long as its file");
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;

		CHILD_CHECK(1, !kfd_open(&own) && !kfd_acquire(&own));
		CHILD_CHECK(2, !kfd_gem_import(own.drm, self->fd, &handle));
		CHILD_CHECK(3, !kfd_gem_va(&own, handle, MAP, RWX, self->va, 0, SIZE));
		CHILD_CHECK(4, !kfd_send_fd(sock[1], own.drm));
		_exit(0);
	}
	other.drm = kfd_receive_fd(sock[0]);
	ASSERT_LE(0, other.drm);
	ASSERT_EQ(0, kfd_child_status(pid));
	usleep(300000);
	ASSERT_EQ(0, kfd_gem_import(other.drm, self->fd, &handle));
	EXPECT_EQ(-ESRCH, kfd_gem_va(&other, handle, MAP, RWX, self->va, 0, SIZE));
	EXPECT_NE(0, mmap_offset(_metadata, other.drm, handle));
	EXPECT_EQ(0, gem_close(other.drm, handle));
	close(other.drm);
}

TEST_HARNESS_MAIN
