// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Memory of a GPU: ALLOC, FREE, MAP and UNMAP_MEMORY of all kinds. CPU mappings of it are
 * kfd_mmap's.
 *
 * The expectations are those of kfd_chardev.c and amdgpu_amdkfd_gpuvm.c.
 */
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <linux/capability.h>

#include "kselftest_harness.h"
#include "kfd_test.h"

FIXTURE(memory) {
	struct kfd kfd;
};

FIXTURE_SETUP(memory)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
}

FIXTURE_TEARDOWN(memory)
{
	kfd_close(&self->kfd);
}

static void *user_memory(size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* ALLOC, MAP, UNMAP, FREE of each kind */

FIXTURE(kind) {
	struct kfd kfd;
};

FIXTURE_VARIANT(kind) {
	uint32_t flags;
	uint64_t size;	/* 0: the doorbells' */
};

FIXTURE_VARIANT_ADD(kind, vram) {
	.flags = MEM(VRAM) | MEM(WRITABLE) | MEM(EXECUTABLE),
	.size = 2 << 20,
};

FIXTURE_VARIANT_ADD(kind, vram_page) {
	.flags = MEM(VRAM) | MEM(WRITABLE) | MEM(NO_SUBSTITUTE),
	.size = KFD_PAGE,
};

FIXTURE_VARIANT_ADD(kind, gtt) {
	.flags = MEM(GTT) | MEM(WRITABLE) | MEM(EXECUTABLE) | MEM(COHERENT),
	.size = 2 << 20,
};

FIXTURE_VARIANT_ADD(kind, gtt_uncached) {
	.flags = MEM(GTT) | MEM(WRITABLE) | MEM(UNCACHED),
	.size = 5 * KFD_PAGE,
};

FIXTURE_VARIANT_ADD(kind, userptr) {
	.flags = MEM(USERPTR) | MEM(WRITABLE) | MEM(COHERENT),
	.size = 2 << 20,
};

FIXTURE_VARIANT_ADD(kind, userptr_page) {
	.flags = MEM(USERPTR) | MEM(WRITABLE) | MEM(EXECUTABLE),
	.size = KFD_PAGE,
};

FIXTURE_VARIANT_ADD(kind, doorbell) {
	.flags = MEM(DOORBELL) | MEM(WRITABLE) | MEM(COHERENT),
	.size = 0,
};

FIXTURE_VARIANT_ADD(kind, mmio_remap) {
	.flags = MEM(MMIO_REMAP) | MEM(WRITABLE) | MEM(COHERENT),
	.size = KFD_PAGE,
};

FIXTURE_SETUP(kind)
{
	KFD_SETUP(return, &self->kfd);
	ASSERT_EQ(0, kfd_acquire(&self->kfd));
}

FIXTURE_TEARDOWN(kind)
{
	kfd_close(&self->kfd);
}

TEST_F(kind, life)
{
	struct kfd *kfd = &self->kfd;
	uint64_t size = variant->size ?: kfd_doorbell_size(kfd);
	struct kfd_mem mem;
	int ret, i;

	if (variant->flags & MEM(USERPTR)) {
		void *user = user_memory(size, PROT_READ | PROT_WRITE);

		ASSERT_NE(NULL, user);
		ret = kfd_alloc_userptr(kfd, &mem, user, size, variant->flags);
	} else {
		ret = kfd_alloc(kfd, &mem, size, variant->flags);
	}
	if (ret == -ENOMEM && variant->flags & MEM(MMIO_REMAP) && !kfd_is_guest(kfd))
		SKIP(return, "this GPU remaps no registers");
	ASSERT_EQ(0, ret);

	/* MAKE_HANDLE() */
	EXPECT_EQ(kfd->gpu_id, mem.handle >> 32);
	EXPECT_NE(0, mem.offset);

	/* "If no VMs were reserved, it means the BO wasn't actually mapped" */
	EXPECT_EQ(-EINVAL, kfd_unmap(kfd, mem.handle));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, kfd_map(kfd, mem.handle));
		/* It is mapped already. */
		EXPECT_EQ(0, kfd_map(kfd, mem.handle));
		EXPECT_EQ(-EBUSY, kfd_free(kfd, mem.handle));
		EXPECT_EQ(0, kfd_unmap(kfd, mem.handle));
		EXPECT_EQ(-EINVAL, kfd_unmap(kfd, mem.handle));
	}
	EXPECT_EQ(0, kfd_free(kfd, mem.handle));
	EXPECT_EQ(-EINVAL, kfd_free(kfd, mem.handle));
	EXPECT_EQ(-ENOMEM, kfd_map(kfd, mem.handle));
	EXPECT_EQ(-ENOMEM, kfd_unmap(kfd, mem.handle));
}

TEST_F(kind, left_mapped_at_exit)
{
	uint64_t size = variant->size ?: kfd_doorbell_size(&self->kfd);
	struct kfd_mem mem;
	void *user;
	int ret, i;

	for (i = 0; i < 10; i++) {
		if (variant->flags & MEM(USERPTR)) {
			user = user_memory(size, PROT_READ | PROT_WRITE);
			ASSERT_NE(NULL, user);
			ret = kfd_alloc_userptr(&self->kfd, &mem, user, size, variant->flags);
		} else {
			ret = kfd_alloc(&self->kfd, &mem, size, variant->flags);
		}
		if (ret == -ENOMEM && variant->flags & MEM(MMIO_REMAP) &&
		    !kfd_is_guest(&self->kfd))
			SKIP(return, "this GPU remaps no registers");
		ASSERT_EQ(0, ret);
		EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
	}
}

TEST_F(memory, alloc_errors)
{
	static const struct {
		uint32_t flags;
		uint64_t size;
		uint64_t offset;
		int err;
		const char *what;
	} cases[] = {
		{ MEM(GTT), 0, 0, -EINVAL, "no size" },
		{ MEM(VRAM), 0, 0, -EINVAL, "no size" },
		{ 0, KFD_PAGE, 0, -EINVAL, "no kind" },
		{ MEM(WRITABLE) | MEM(COHERENT), KFD_PAGE, 0, -EINVAL, "no kind" },
		{ MEM(USERPTR), KFD_PAGE, 0, -EINVAL, "no user address" },
		{ MEM(DOORBELL), KFD_PAGE - 1, 0, -EINVAL, "size of doorbells" },
		{ MEM(DOORBELL), 1 << 20, 0, -EINVAL, "size of doorbells" },
		{ MEM(MMIO_REMAP), 2 * KFD_PAGE, 0, -EINVAL, "size of registers" },
		{ MEM(MMIO_REMAP), 1, 0, -EINVAL, "size of registers" },
		{ MEM(GTT) | MEM(AQL_QUEUE_MEM), 1, 0, -EINVAL, "half of 1" },
		{ MEM(VRAM), ~0ULL, 0, -EINVAL, "aligned to 0" },
		{ MEM(GTT), ~0ULL, 0, -EINVAL, "aligned to 0" },
		{ MEM(VRAM), 1ULL << 52, 0, -ENOMEM, "too much" },
		{ MEM(GTT), 1ULL << 52, 0, -ENOMEM, "too much" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t offset = cases[i].offset;

		EXPECT_EQ(cases[i].err, kfd_alloc_at(&self->kfd, 0x10000000, cases[i].size,
						     cases[i].flags, &offset, NULL)) {
			TH_LOG("%s: flags 0x%x, size 0x%lx", cases[i].what, cases[i].flags,
			       cases[i].size);
		}
	}
}

/* amdgpu_amdkfd_gpuvm_alloc_memory_of_gpu(): VRAM before GTT before USERPTR. */
TEST_F(memory, several_kinds)
{
	static const uint32_t flags[] = {
		MEM(VRAM) | MEM(GTT), MEM(VRAM) | MEM(USERPTR), MEM(GTT) | MEM(USERPTR),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct kfd_mem mem;

		/* Without a user address there is no USERPTR. */
		ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, flags[i] | MEM(WRITABLE))) {
			TH_LOG("flags 0x%x", flags[i]);
		}
		EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
		EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
		EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
	}
}

TEST_F(memory, bad_gpu)
{
	uint32_t ids[] = { 0, self->kfd.gpu_id ^ 1, KFD_BAD_GPU_ID, ~0U };
	struct kfd bad = self->kfd;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		bad.gpu_id = ids[i];
		EXPECT_EQ(-EINVAL, kfd_alloc_at(&bad, 0x10000000, KFD_PAGE, MEM(GTT), NULL, NULL));
		EXPECT_EQ(-EINVAL, kfd_free(&bad, (uint64_t)ids[i] << 32 | 1));
		EXPECT_EQ(-EINVAL, kfd_map(&bad, (uint64_t)ids[i] << 32 | 1));
		EXPECT_EQ(-EINVAL, kfd_unmap(&bad, (uint64_t)ids[i] << 32 | 1));
	}
}

TEST_F(memory, bad_handle)
{
	uint32_t low[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(low); i++) {
		uint64_t handle = (uint64_t)self->kfd.gpu_id << 32 | low[i];

		EXPECT_EQ(-EINVAL, kfd_free(&self->kfd, handle));
		EXPECT_EQ(-ENOMEM, kfd_map(&self->kfd, handle));
		EXPECT_EQ(-ENOMEM, kfd_unmap(&self->kfd, handle));
	}
}

TEST_F(memory, handle_of_another_process)
{
	struct kfd_mem mem;
	int status;
	pid_t pid;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct kfd own;

		if (kfd_open(&own) || kfd_acquire(&own))
			_exit(1);
		if (kfd_free(&own, mem.handle) != -EINVAL)
			_exit(2);
		if (kfd_map(&own, mem.handle) != -ENOMEM)
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

/* The address counts when it is mapped: kfd_mem_attach(), amdgpu_vm_verify_parameters(). */
TEST_F(memory, bad_address)
{
	static const uint64_t bad[] = {
		0, 1, 0x10000001, 0x10000fff, 1ULL << 57, 1ULL << 63, -KFD_PAGE, ~0ULL,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		uint64_t handle;

		ASSERT_EQ(0, kfd_alloc_at(&self->kfd, bad[i], KFD_PAGE, MEM(GTT), NULL, &handle)) {
			TH_LOG("address 0x%lx", bad[i]);
		}
		EXPECT_EQ(-EINVAL, kfd_map(&self->kfd, handle)) {
			TH_LOG("address 0x%lx", bad[i]);
		}
		EXPECT_EQ(-EINVAL, kfd_unmap(&self->kfd, handle));
		EXPECT_EQ(0, kfd_free(&self->kfd, handle));
	}
}

TEST_F(memory, overlap)
{
	static const int at[] = { 0, 1, 3, -1, -3 };
	struct kfd_mem mem;
	uint64_t handle;
	unsigned int i;
	char *va;

	va = kfd_reserve(16 * KFD_PAGE);
	ASSERT_NE(NULL, va);
	ASSERT_EQ(0, kfd_alloc_at(&self->kfd, (uintptr_t)va + 6 * KFD_PAGE, 4 * KFD_PAGE, MEM(GTT),
				  NULL, &mem.handle));
	ASSERT_EQ(0, kfd_map(&self->kfd, mem.handle));

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		ASSERT_EQ(0, kfd_alloc_at(&self->kfd, (uintptr_t)va + (6 + at[i]) * KFD_PAGE,
					  4 * KFD_PAGE, MEM(GTT), NULL, &handle));
		EXPECT_EQ(-EINVAL, kfd_map(&self->kfd, handle)) {
			TH_LOG("%d pages away", at[i]);
		}
		EXPECT_EQ(0, kfd_free(&self->kfd, handle));
	}

	/* Neighbours do not. */
	for (i = 2; i <= 10; i += 8) {
		ASSERT_EQ(0, kfd_alloc_at(&self->kfd, (uintptr_t)va + i * KFD_PAGE, 4 * KFD_PAGE,
					  MEM(GTT), NULL, &handle));
		EXPECT_EQ(0, kfd_map(&self->kfd, handle));
	}

	/* Nor does what is no longer there. */
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	ASSERT_EQ(0, kfd_alloc_at(&self->kfd, (uintptr_t)va + 7 * KFD_PAGE, KFD_PAGE, MEM(VRAM),
				  NULL, &handle));
	EXPECT_EQ(0, kfd_map(&self->kfd, handle));
	EXPECT_EQ(-EINVAL, kfd_map(&self->kfd, mem.handle));
}

/* The GPU sees half of it twice. */
TEST_F(memory, aql_queue)
{
	struct kfd_mem mem;
	uint64_t handle;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, 2 * KFD_PAGE,
			       MEM(GTT) | MEM(WRITABLE) | MEM(AQL_QUEUE_MEM)));
	ASSERT_EQ(0, kfd_map(&self->kfd, mem.handle));
	ASSERT_EQ(0, kfd_alloc_at(&self->kfd, (uintptr_t)mem.va + KFD_PAGE, KFD_PAGE, MEM(GTT),
				  NULL, &handle));
	EXPECT_EQ(-EINVAL, kfd_map(&self->kfd, handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_map(&self->kfd, handle));
}

TEST_F(memory, odd_size)
{
	struct kfd_mem mem;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, 100, MEM(GTT) | MEM(WRITABLE)));
	EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

TEST_F(memory, n_success)
{
	uint32_t gpus[] = { self->kfd.gpu_id, KFD_BAD_GPU_ID };
	struct kfd_ioctl_map_memory_to_gpu_args args = { .n_devices = 1 };
	struct kfd_mem mem;
	int fd = self->kfd.fd;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	args.handle = mem.handle;

	/* Both ioctls have the same arguments and the same checks. */
	args.n_devices = 0;
	args.device_ids_array_ptr = (uintptr_t)gpus;
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, &args));
	args.n_devices = 1;
	args.n_success = 2;
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, &args));
	args.device_ids_array_ptr = 0;
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	args.n_success = 0;
	EXPECT_EQ(-EFAULT, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	EXPECT_EQ(-EFAULT, kfd_ioctl(fd, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, &args));
	args.device_ids_array_ptr = ~0ULL;
	EXPECT_EQ(-EFAULT, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	/* The array comes before the handle. */
	args.handle = 0;
	EXPECT_EQ(-EFAULT, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	args.handle = mem.handle;
	args.device_ids_array_ptr = (uintptr_t)gpus;

	/* None is left to do. */
	args.n_success = 1;
	EXPECT_EQ(0, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	EXPECT_EQ(1, args.n_success);
	EXPECT_EQ(-EINVAL, kfd_unmap(&self->kfd, mem.handle));

	/* The first succeeds. */
	args.n_devices = 2;
	args.n_success = 0;
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	EXPECT_EQ(1, args.n_success);
	EXPECT_EQ(-EBUSY, kfd_free(&self->kfd, mem.handle));
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	EXPECT_EQ(1, args.n_success);
	args.n_success = 0;
	EXPECT_EQ(-EINVAL, kfd_ioctl(fd, AMDKFD_IOC_UNMAP_MEMORY_FROM_GPU, &args));
	EXPECT_EQ(1, args.n_success);
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

TEST_F(memory, many_devices)
{
	struct kfd_ioctl_map_memory_to_gpu_args args = {};
	uint32_t gpus[1024];
	struct kfd_mem mem;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(gpus); i++)
		gpus[i] = self->kfd.gpu_id;
	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT)));
	args.handle = mem.handle;
	args.device_ids_array_ptr = (uintptr_t)gpus;
	args.n_devices = ARRAY_SIZE(gpus);
	EXPECT_EQ(0, kfd_ioctl(self->kfd.fd, AMDKFD_IOC_MAP_MEMORY_TO_GPU, &args));
	EXPECT_EQ(ARRAY_SIZE(gpus), args.n_success);
	EXPECT_EQ((uintptr_t)gpus, args.device_ids_array_ptr);
	EXPECT_EQ(ARRAY_SIZE(gpus), args.n_devices);
	/* It was mapped once. */
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free(&self->kfd, mem.handle));
}

TEST_F(memory, userptr_errors)
{
	struct kfd_mem mem;
	char *user;

	user = user_memory(4 * KFD_PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, user);
	ASSERT_EQ(0, munmap(user + 2 * KFD_PAGE, 2 * KFD_PAGE));

	/* amdgpu_ttm_tt_get_user_pages(), hmm_range_fault() */
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &mem, user + 2 * KFD_PAGE, KFD_PAGE, 0));
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &mem, user, 3 * KFD_PAGE, 0));
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &mem, (void *)(1UL << 56), KFD_PAGE, 0));
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &mem, (void *)(3UL << 62), KFD_PAGE, 0));
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &mem, (void *)-KFD_PAGE, KFD_PAGE, 0));
	/* mmu_interval_notifier_insert() */
	EXPECT_EQ(-EOVERFLOW, kfd_alloc_userptr(&self->kfd, &mem, (void *)-KFD_PAGE,
						2 * KFD_PAGE, 0));

	ASSERT_EQ(0, mprotect(user + KFD_PAGE, KFD_PAGE, PROT_READ));
	EXPECT_EQ(-EPERM, kfd_alloc_userptr(&self->kfd, &mem, user, 2 * KFD_PAGE, 0));
	EXPECT_EQ(-EPERM, kfd_alloc_userptr(&self->kfd, &mem, user + KFD_PAGE, KFD_PAGE,
					    MEM(WRITABLE)));
	ASSERT_EQ(0, mprotect(user + KFD_PAGE, KFD_PAGE, PROT_NONE));
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &mem, user, 2 * KFD_PAGE, 0));

	/* What failed left nothing behind. */
	ASSERT_EQ(0, mprotect(user + KFD_PAGE, KFD_PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user, 2 * KFD_PAGE, 0));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
}

/* An address within a page is that of the page: nobody checks it. */
TEST_F(memory, userptr_unaligned)
{
	struct kfd_mem mem;
	char *user;

	user = user_memory(2 * KFD_PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, user);
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user + 8, KFD_PAGE, MEM(WRITABLE)));
	EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
}

/* Anonymous memory is not asked for, AMDGPU_GEM_USERPTR_ANONONLY is not set. */
TEST_F(memory, userptr_of_files)
{
	struct kfd_mem mem;
	char *user;
	int fd;

	fd = memfd_create("kfd", MFD_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ftruncate(fd, 2 * KFD_PAGE));
	user = mmap(NULL, 2 * KFD_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, user);
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user, 2 * KFD_PAGE, MEM(WRITABLE)));
	EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));

	/* Beyond the file's end there is no memory. */
	ASSERT_EQ(0, ftruncate(fd, KFD_PAGE));
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &mem, user, 2 * KFD_PAGE, 0));
	close(fd);

	/* A private mapping is written to, a read-only one cannot be. */
	fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	user = mmap(NULL, KFD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, user);
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user, KFD_PAGE, MEM(WRITABLE)));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
	user = mmap(NULL, KFD_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, user);
	EXPECT_EQ(-EPERM, kfd_alloc_userptr(&self->kfd, &mem, user, KFD_PAGE, 0));
	close(fd);
}

/* hmm_vma_walk_test(): mappings of devices have no pages. */
TEST_F(memory, userptr_of_the_gpu)
{
	struct kfd_mem mem, user;

	ASSERT_EQ(0, kfd_alloc(&self->kfd, &mem, KFD_PAGE, MEM(GTT) | MEM(WRITABLE)));
	ASSERT_EQ(mem.va, kfd_cpu_map(&self->kfd, &mem));
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &user, mem.va, KFD_PAGE, 0));
	STORE((char *)mem.va, 1);
	EXPECT_EQ(-EFAULT, kfd_alloc_userptr(&self->kfd, &user, mem.va, KFD_PAGE, 0));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
}

/* The memory may go before its registration does. */
TEST_F(memory, userptr_unmapped_first)
{
	struct kfd_mem mem;
	void *user;

	user = user_memory(16 * KFD_PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, user);
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user, 16 * KFD_PAGE, MEM(WRITABLE)));
	ASSERT_EQ(0, kfd_map(&self->kfd, mem.handle));
	ASSERT_EQ(0, munmap(user, 16 * KFD_PAGE));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
}

/* The same memory twice, and a part of it. */
TEST_F(memory, userptr_overlaps)
{
	struct kfd_mem mem[3];
	char *user;
	int i;

	user = user_memory(16 * KFD_PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, user);
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem[0], user, 16 * KFD_PAGE, 0));
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem[1], user, 16 * KFD_PAGE, 0));
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem[2], user + 3 * KFD_PAGE, KFD_PAGE, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, kfd_map(&self->kfd, mem[i].handle));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, kfd_unmap(&self->kfd, mem[i].handle));
		EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem[i]));
	}
}

/* Pages scattered over the guest: no extent is longer than a page. */
TEST_F_TIMEOUT(memory, userptr_scattered, 300)
{
	const unsigned int pages = 4096;
	struct kfd_mem mem;
	unsigned int i;
	char *user;

	user = user_memory(2 * pages * KFD_PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, user);
	ASSERT_EQ(0, madvise(user, 2 * pages * KFD_PAGE, MADV_NOHUGEPAGE));
	/* Backwards, with every second page of the other half in between. */
	for (i = 0; i < pages; i++) {
		user[(pages - 1 - i) * KFD_PAGE] = i;
		user[(pages + i) * KFD_PAGE] = i;
	}
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user, pages * KFD_PAGE, MEM(WRITABLE)));
	EXPECT_EQ(0, kfd_map(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_unmap(&self->kfd, mem.handle));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
}

static int drop_ipc_lock(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	return syscall(SYS_capset, &header, data);
}

/* amdkfd follows pages with a notifier and pins none; virtio-gpu pins and accounts. */
TEST_F(memory, userptr_memlock)
{
	struct rlimit limit = { .rlim_cur = 64 * KFD_PAGE, .rlim_max = 64 * KFD_PAGE };
	struct kfd_mem mem, more;
	void *user;

	if (!kfd_is_guest(&self->kfd))
		SKIP(return, "only a guest pins user memory");
	user = user_memory(128 * KFD_PAGE, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, user);
	ASSERT_EQ(0, setrlimit(RLIMIT_MEMLOCK, &limit));
	ASSERT_EQ(0, drop_ipc_lock());

	EXPECT_EQ(-ENOMEM, kfd_alloc_userptr(&self->kfd, &mem, user, 65 * KFD_PAGE, 0));
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user, 64 * KFD_PAGE, 0));
	EXPECT_EQ(-ENOMEM, kfd_alloc_userptr(&self->kfd, &more, user, KFD_PAGE, 0));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
	EXPECT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem, user, 64 * KFD_PAGE, 0));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem));
}

/* amdgpu_amdkfd_gpuvm_init_mem_limits(): the limit for all processes, of which others have some. */
TEST_F_TIMEOUT(memory, userptr_limit, 300)
{
	const uint64_t size = 64 << 20, reserved = 3UL << 29, others = 256 << 20;
	static struct kfd_mem mem[1 << 16];
	uint64_t limit;
	struct sysinfo info;
	unsigned int i, num;
	int ret = 0;
	void *user;

	ASSERT_EQ(0, sysinfo(&info));
	limit = info.totalram * info.mem_unit;
	limit -= limit / 64;
	limit = limit < 2 * reserved ? limit / 2 : limit - reserved;
	if (limit / size >= ARRAY_SIZE(mem))
		SKIP(return, "this machine has too much memory");

	user = user_memory(size, PROT_READ | PROT_WRITE);
	ASSERT_NE(NULL, user);
	for (num = 0; num < ARRAY_SIZE(mem); num++) {
		ret = kfd_alloc_userptr(&self->kfd, &mem[num], user, size, MEM(WRITABLE));
		if (ret)
			break;
	}
	EXPECT_EQ(-ENOMEM, ret);
	EXPECT_LE(num * size, limit);
	EXPECT_GT((num + 1) * size + others, limit);
	for (i = 0; i < num; i++)
		EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem[i]));
	ASSERT_EQ(0, kfd_alloc_userptr(&self->kfd, &mem[0], user, size, MEM(WRITABLE)));
	EXPECT_EQ(0, kfd_free_mem(&self->kfd, &mem[0]));
}

TEST_F_TIMEOUT(memory, many, 300)
{
	uint64_t handles[512];
	unsigned int i;
	char *va;

	va = kfd_reserve(ARRAY_SIZE(handles) * KFD_PAGE);
	ASSERT_NE(NULL, va);
	for (i = 0; i < ARRAY_SIZE(handles); i++) {
		ASSERT_EQ(0, kfd_alloc_at(&self->kfd, (uintptr_t)va + i * KFD_PAGE, KFD_PAGE,
					  MEM(GTT), NULL, &handles[i]));
		ASSERT_EQ(0, kfd_map(&self->kfd, handles[i]));
	}
	for (i = 0; i < ARRAY_SIZE(handles); i++) {
		EXPECT_EQ(0, kfd_unmap(&self->kfd, handles[i]));
		EXPECT_EQ(0, kfd_free(&self->kfd, handles[i]));
	}
}

static void *churn(void *data)
{
	const struct kfd *kfd = data;
	uint32_t flags = MEM(GTT);
	struct kfd_mem mem;
	long i;

	for (i = 0; i < 50; i++) {
		flags ^= MEM(GTT) | MEM(VRAM);
		if (kfd_alloc(kfd, &mem, (1 + i % 7) * KFD_PAGE, flags) ||
		    kfd_map(kfd, mem.handle) || kfd_unmap(kfd, mem.handle) ||
		    kfd_free_mem(kfd, &mem))
			return (void *)(i + 1);
	}
	return NULL;
}

TEST_F_TIMEOUT(memory, threads, 300)
{
	pthread_t threads[4];
	unsigned int i;
	void *failed;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, churn, &self->kfd));
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		ASSERT_EQ(0, pthread_join(threads[i], &failed));
		EXPECT_EQ(NULL, failed);
	}
}

TEST_HARNESS_MAIN
