// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * KUnit tests of virtgpu_kfd_memory.c, virtgpu_kfd_userptr.c and virtgpu_kfd_mmap.c.
 *
 * What lives here: allocating and freeing with a host that may lie, user pages and their list
 * of extents, mmap offsets of /dev/kfd. What does not: page faults, which need a device.
 */
#include <kunit/test.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/virtio_config.h>

#include "kunit_helpers.h"

#define VRAM		KFD_IOC_ALLOC_MEM_FLAGS_VRAM
#define GTT		KFD_IOC_ALLOC_MEM_FLAGS_GTT
#define USERPTR		KFD_IOC_ALLOC_MEM_FLAGS_USERPTR
#define DOORBELL	KFD_IOC_ALLOC_MEM_FLAGS_DOORBELL
#define MMIO		KFD_IOC_ALLOC_MEM_FLAGS_MMIO_REMAP
#define AQL		KFD_IOC_ALLOC_MEM_FLAGS_AQL_QUEUE_MEM
#define WRITABLE	KFD_IOC_ALLOC_MEM_FLAGS_WRITABLE

/* GET_GPU_ID() of a handle is its upper half. */
#define HANDLE(gpu_id, n)	((u64)(gpu_id) << 32 | (n))

/* KFD_MMAP_* of amdkfd's kfd_priv.h */
#define OFFSET(type, gpu_id)	((u64)(type) << 62 | (u64)(gpu_id) << 46)
#define OFFSET_DOORBELL		3
#define OFFSET_EVENTS		2
#define OFFSET_RESERVED		1
#define OFFSET_MMIO		0

static struct kfd_ioctl_alloc_memory_of_gpu_args alloc_args(u32 gpu_id, u32 flags, u64 size)
{
	return (struct kfd_ioctl_alloc_memory_of_gpu_args) {
		.va_addr = 0x7f0000000000,
		.size = size,
		.gpu_id = gpu_id,
		.flags = flags | WRITABLE,
	};
}

static int alloc_memory(struct kunit *test, struct kfd_ioctl_alloc_memory_of_gpu_args *args)
{
	return kfd_fake_ioctl(test, AMDKFD_IOC_ALLOC_MEMORY_OF_GPU, args);
}

static int free_memory(struct kunit *test, u64 handle)
{
	struct kfd_ioctl_free_memory_of_gpu_args args = { .handle = handle };

	return kfd_fake_ioctl(test, AMDKFD_IOC_FREE_MEMORY_OF_GPU, &args);
}

static const struct memory_alloc_case {
	const char *desc;
	u32 gpu_id;
	u32 flags;
	u64 size;
	u64 bo_size;
	u64 offset;	/* 0 for one of the render node's */
} memory_allocs[] = {
	{ "VRAM", FAKE_GPU_ID, VRAM, SZ_64K, SZ_64K },
	{ "GTT", FAKE_GPU_ID_2, GTT, SZ_64K, SZ_64K },
	{ "a byte", FAKE_GPU_ID, VRAM, 1, PAGE_SIZE },
	{ "a queue, seen twice", FAKE_GPU_ID, GTT | AQL, SZ_128K, SZ_64K },
	{ "doorbells", FAKE_GPU_ID, DOORBELL, FAKE_DOORBELL_SIZE, FAKE_DOORBELL_SIZE },
	{ "doorbells of the other GPU", FAKE_GPU_ID_2, DOORBELL, FAKE_DOORBELL_SIZE,
	  FAKE_DOORBELL_SIZE },
	{ "MMIO page", FAKE_GPU_ID_2, MMIO, PAGE_SIZE, PAGE_SIZE,
	  OFFSET(OFFSET_MMIO, FAKE_GPU_ID_2) },
	{ "VRAM before user memory", FAKE_GPU_ID, VRAM | USERPTR, SZ_64K, SZ_64K },
};

KUNIT_ARRAY_PARAM_DESC(memory_allocs, memory_allocs, desc);

static void memory_alloc(struct kunit *test)
{
	const struct memory_alloc_case *param = test->param_value;
	struct kfd_ioctl_alloc_memory_of_gpu_args args, *sent;
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_bo *bo;

	if (param->flags & MMIO && PAGE_SIZE > SZ_4K)
		kunit_skip(test, "amdkfd maps no MMIO page where pages are larger than 4 KiB");

	fake->handle = HANDLE(param->gpu_id, 3);
	args = alloc_args(param->gpu_id, param->flags, param->size);
	KUNIT_ASSERT_EQ(test, 0, alloc_memory(test, &args));

	KUNIT_ASSERT_EQ(test, fake->calls, 1);
	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, sent->va_addr, 0x7f0000000000);
	KUNIT_EXPECT_EQ(test, sent->size, param->size);
	KUNIT_EXPECT_EQ(test, sent->gpu_id, param->gpu_id);
	KUNIT_EXPECT_EQ(test, sent->flags, param->flags | WRITABLE);
	KUNIT_EXPECT_EQ(test, sent->mmap_offset, 0);
	KUNIT_EXPECT_EQ(test, sent->handle, 0);
	KUNIT_EXPECT_EQ(test, kfd_fake_sent(test)->in_len, 0);

	KUNIT_EXPECT_EQ(test, args.handle, fake->handle);
	bo = xa_load(&fake->process.bos, args.handle);
	KUNIT_ASSERT_NOT_NULL(test, bo);
	KUNIT_EXPECT_EQ(test, bo->base.size, param->bo_size);
	if (param->offset) {
		KUNIT_EXPECT_EQ(test, args.mmap_offset, param->offset);
	} else {
		KUNIT_EXPECT_EQ(test, args.mmap_offset,
				drm_vma_node_offset_addr(&bo->base.vma_node));
		KUNIT_EXPECT_NE(test, args.mmap_offset, 0);
	}
	if (param->flags & (VRAM | GTT))
		KUNIT_EXPECT_EQ(test, bo->blob_id, fake->handle);
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.bos), 1);
}

/* What the host is not even asked. */
static const struct memory_refused_case {
	const char *desc;
	u32 gpu_id;
	u32 flags;
	u64 size;
	u64 addr;
	int err;
} memory_refused[] = {
	{ "no size", FAKE_GPU_ID, VRAM, 0, 0, -EINVAL },
	{ "unknown GPU", FAKE_GPU_ID + 1, VRAM, SZ_64K, 0, -EINVAL },
	{ "GPU 0", 0, VRAM, SZ_64K, 0, -EINVAL },
	{ "no kind of memory", FAKE_GPU_ID, 0, SZ_64K, 0, -EINVAL },
	{ "half the doorbells", FAKE_GPU_ID, DOORBELL, FAKE_DOORBELL_SIZE / 2, 0, -EINVAL },
	{ "twice the doorbells", FAKE_GPU_ID, DOORBELL, FAKE_DOORBELL_SIZE * 2, 0, -EINVAL },
	{ "a byte of MMIO", FAKE_GPU_ID, MMIO, 1, 0, -EINVAL },
	{ "two pages of MMIO", FAKE_GPU_ID, MMIO, 2 * PAGE_SIZE, 0, -EINVAL },
	{ "user memory nowhere", FAKE_GPU_ID, USERPTR, SZ_64K, 0, -EINVAL },
	{ "user memory of the kernel", FAKE_GPU_ID, USERPTR, PAGE_SIZE,
	  (uintptr_t)FAKE_BAD_USER_PTR, -EFAULT },
	{ "user memory at the end of all", FAKE_GPU_ID, USERPTR, SZ_1M, -4096ULL, -EOVERFLOW },
	{ "more user memory than there is", FAKE_GPU_ID, USERPTR, 1ULL << 46, PAGE_SIZE, -ENOMEM },
	{ "more than there are mmap offsets", FAKE_GPU_ID, VRAM, 1ULL << 60, 0, -ENOMEM },
};

KUNIT_ARRAY_PARAM_DESC(memory_refused, memory_refused, desc);

static void memory_alloc_refused(struct kunit *test)
{
	const struct memory_refused_case *param = test->param_value;
	struct kfd_ioctl_alloc_memory_of_gpu_args args;
	struct kfd_fake *fake = test->priv;

	args = alloc_args(param->gpu_id, param->flags, param->size);
	args.mmap_offset = param->addr;
	KUNIT_EXPECT_EQ(test, alloc_memory(test, &args), param->err);
	KUNIT_EXPECT_EQ(test, fake->calls, 0);
	KUNIT_EXPECT_TRUE(test, xa_empty(&fake->process.bos));
}

static void memory_alloc_before_acquire(struct kunit *test)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = alloc_args(FAKE_GPU_ID, VRAM, SZ_64K);
	struct kfd_fake *fake = test->priv;
	struct file *file = fake->vms[0].drm_file;

	fake->vms[0].drm_file = NULL;
	KUNIT_EXPECT_EQ(test, -ENODEV, alloc_memory(test, &args));
	fake->vms[0].drm_file = file;
	KUNIT_EXPECT_EQ(test, fake->calls, 0);
}

static const struct memory_handle_case {
	const char *desc;
	u64 handle;
} memory_handles[] = {
	{ "0", 0 },
	{ "without a GPU", 1 },
	{ "of the other GPU", HANDLE(FAKE_GPU_ID_2, 1) },
	{ "of an unknown GPU", HANDLE(FAKE_GPU_ID + 1, 1) },
	{ "of a GPU's id and more", HANDLE(FAKE_GPU_ID | 0x10000, 1) },
	{ "2^64 - 1", U64_MAX },
	{ "given before", HANDLE(FAKE_GPU_ID, 7) },
};

KUNIT_ARRAY_PARAM_DESC(memory_handles, memory_handles, desc);

/* A host's handle that is no good harms neither the process nor what it has. */
static void memory_alloc_bad_handle(struct kunit *test)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = alloc_args(FAKE_GPU_ID, VRAM, SZ_64K);
	const struct memory_handle_case *param = test->param_value;
	struct kfd_fake *fake = test->priv;
	struct virtgpu_kfd_bo *bo;

	fake->handle = HANDLE(FAKE_GPU_ID, 7);
	KUNIT_ASSERT_EQ(test, 0, alloc_memory(test, &args));
	bo = xa_load(&fake->process.bos, fake->handle);

	args = alloc_args(FAKE_GPU_ID, VRAM, SZ_64K);
	fake->handle = param->handle;
	KUNIT_EXPECT_EQ(test, -EIO, alloc_memory(test, &args));
	KUNIT_EXPECT_EQ(test, args.handle, 0);
	KUNIT_EXPECT_PTR_EQ(test, bo, xa_load(&fake->process.bos, HANDLE(FAKE_GPU_ID, 7)));
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.bos), 1);
}

static void host_busy(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
		      struct virtkfd_rsp *rsp, u32 rsp_len)
{
	kfd_fake_echo(fake, cmd, rsp, rsp_len);
	rsp->ret = -EBUSY;
}

static void memory_free(struct kunit *test)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = alloc_args(FAKE_GPU_ID, VRAM, SZ_64K);
	struct kfd_fake *fake = test->priv;
	u64 *sent;

	KUNIT_EXPECT_EQ(test, -EINVAL, free_memory(test, HANDLE(FAKE_GPU_ID, 1)));
	KUNIT_EXPECT_EQ(test, -EINVAL, free_memory(test, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, free_memory(test, U64_MAX));
	KUNIT_EXPECT_EQ(test, fake->calls, 0);

	fake->handle = HANDLE(FAKE_GPU_ID, 1);
	KUNIT_ASSERT_EQ(test, 0, alloc_memory(test, &args));
	fake->host = host_busy;
	KUNIT_EXPECT_EQ(test, -EBUSY, free_memory(test, args.handle));
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.bos), 1);

	fake->host = kfd_fake_echo;
	KUNIT_EXPECT_EQ(test, 0, free_memory(test, args.handle));
	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, *sent, HANDLE(FAKE_GPU_ID, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&fake->kfd.counts.bos), 0);
	KUNIT_EXPECT_EQ(test, -EINVAL, free_memory(test, args.handle));
	KUNIT_EXPECT_EQ(test, fake->calls, 3);
}

/* The page that the wire's list has at @index, by walking the list. */
static void *wire_page(struct kunit *test, const u64 *extents, u32 num, u32 index)
{
	u32 i, pages;

	for (i = 0; i < num; i++) {
		pages = VIRTKFD_EXTENT_PAGES(extents[i]);
		if (index < pages)
			return phys_to_virt(VIRTKFD_EXTENT_GPA(extents[i]) + index * SZ_4K);
		index -= pages;
	}
	KUNIT_FAIL_AND_ABORT(test, "the list is too short");
	return NULL;
}

#define USER_PAGES	3
#define USER_WORDS	(USER_PAGES * PAGE_SIZE / SZ_4K)

/* User memory after the first page, with a number every 4 KiB. */
static struct kfd_ioctl_alloc_memory_of_gpu_args user_args(struct kunit *test)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args;
	struct kfd_fake *fake = test->priv;
	u32 i;

	for (i = 0; i < USER_WORDS; i++)
		kfd_fake_write(test, PAGE_SIZE + i * SZ_4K, &i, sizeof(i));
	args = alloc_args(FAKE_GPU_ID, USERPTR, USER_PAGES * PAGE_SIZE);
	args.mmap_offset = (uintptr_t)fake->user + PAGE_SIZE;
	fake->handle = HANDLE(FAKE_GPU_ID, 1);
	return args;
}

static long pinned(struct kunit *test)
{
	struct kfd_fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, atomic_long_read(&fake->kfd.counts.pinned_pages),
			atomic64_read(&current->mm->pinned_vm));
	return atomic_long_read(&fake->kfd.counts.pinned_pages);
}

/* The host gets the user's pages in their order, and they are let go of with the memory. */
static void memory_userptr(struct kunit *test)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = user_args(test);
	struct kfd_ioctl_alloc_memory_of_gpu_args *sent;
	u32 i, num, pages = 0;
	u64 *extents;

	KUNIT_ASSERT_EQ(test, 0, alloc_memory(test, &args));
	KUNIT_EXPECT_EQ(test, pinned(test), USER_PAGES);

	sent = kfd_fake_sent_args(test);
	KUNIT_EXPECT_EQ(test, sent->size, USER_PAGES * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, sent->mmap_offset, 0);
	extents = kfd_fake_sent_arrays(test);
	num = kfd_fake_sent(test)->in_len / sizeof(*extents);
	for (i = 0; i < num; i++)
		pages += VIRTKFD_EXTENT_PAGES(extents[i]);
	KUNIT_ASSERT_EQ(test, pages, USER_WORDS);
	for (i = 0; i < USER_WORDS; i++)
		KUNIT_EXPECT_EQ(test, *(u32 *)wire_page(test, extents, num, i), i);

	KUNIT_EXPECT_EQ(test, 0, free_memory(test, args.handle));
	KUNIT_EXPECT_EQ(test, pinned(test), 0);
}

static void host_silent(struct kfd_fake *fake, const struct virtkfd_ccmd *cmd,
			struct virtkfd_rsp *rsp, u32 rsp_len)
{
	rsp->len = 0;
}

/* Pages are let go of when the host says no, but not as long as it says nothing. */
static void memory_userptr_fails(struct kunit *test)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = user_args(test);
	struct kfd_fake *fake = test->priv;

	fake->host = host_busy;
	KUNIT_EXPECT_EQ(test, -EBUSY, alloc_memory(test, &args));
	KUNIT_EXPECT_EQ(test, pinned(test), 0);

	args = user_args(test);
	fake->host = host_silent;
	KUNIT_EXPECT_EQ(test, -EIO, alloc_memory(test, &args));
	KUNIT_EXPECT_EQ(test, pinned(test), USER_PAGES);
	KUNIT_EXPECT_TRUE(test, xa_empty(&fake->process.bos));
	virtgpu_kfd_memory_unpin(&fake->process);
	KUNIT_EXPECT_EQ(test, pinned(test), 0);

	args = user_args(test);
	fake->host = kfd_fake_echo;
	fake->handle = U64_MAX;
	KUNIT_EXPECT_EQ(test, -EIO, alloc_memory(test, &args));
	KUNIT_EXPECT_EQ(test, pinned(test), USER_PAGES);
}

static void memory_userptr_refused(struct kunit *test)
{
	struct kfd_ioctl_alloc_memory_of_gpu_args args = user_args(test);
	struct kfd_fake *fake = test->priv;

	fake->kfd.capset.features = 0;
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, alloc_memory(test, &args));
	fake->kfd.capset.features = VIRTKFD_F_USERPTR;
	__virtio_set_bit(&fake->vdev, VIRTIO_F_ACCESS_PLATFORM);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, alloc_memory(test, &args));
	__virtio_clear_bit(&fake->vdev, VIRTIO_F_ACCESS_PLATFORM);

	/* The second of three pages is not there, or all cannot be written. */
	KUNIT_ASSERT_EQ(test, 0, vm_munmap(args.mmap_offset + PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, -EFAULT, alloc_memory(test, &args));
	args.mmap_offset = kunit_vm_mmap(test, NULL, 0, args.size, PROT_READ,
					 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NE(test, args.mmap_offset, 0);
	KUNIT_EXPECT_EQ(test, -EPERM, alloc_memory(test, &args));

	KUNIT_EXPECT_EQ(test, fake->calls, 0);
	KUNIT_EXPECT_EQ(test, pinned(test), 0);
}

#define KIND(flags)	virtgpu_kfd_is_userptr(flags)

/* amdgpu_amdkfd_gpuvm_alloc_memory_of_gpu() looks for the kinds in this order. */
static void memory_is_userptr(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, KIND(USERPTR));
	KUNIT_EXPECT_TRUE(test, KIND(USERPTR | DOORBELL | MMIO | WRITABLE));
	KUNIT_EXPECT_FALSE(test, KIND(USERPTR | VRAM));
	KUNIT_EXPECT_FALSE(test, KIND(USERPTR | GTT));
	KUNIT_EXPECT_FALSE(test, KIND(DOORBELL));
	KUNIT_EXPECT_FALSE(test, KIND(0));
}

static const struct memory_grow_case {
	const char *desc;
	u64 gpa;
	u32 pages;
	u64 more_gpa;
	u32 more;
	bool grows;
} memory_grows[] = {
	{ "follows", 0x1000, 1, 0x2000, 1, true },
	{ "several follow several", 0x10000, 16, 0x20000, 8, true },
	{ "above 4 GiB", 0x100000000, 1, 0x100001000, 1, true },
	{ "full", 0x1000000, 4095, 0x1fff000, 1, true },
	{ "over full", 0x1000000, 4096, 0x2000000, 1, false },
	{ "too much for the rest", 0x1000000, 4090, 0x1ffa000, 7, false },
	{ "just enough for the rest", 0x1000000, 4090, 0x1ffa000, 6, true },
	{ "gap", 0x1000, 1, 0x3000, 1, false },
	{ "before", 0x2000, 1, 0x1000, 1, false },
	{ "same", 0x1000, 1, 0x1000, 1, false },
	{ "within", 0x1000, 4, 0x3000, 1, false },
	{ "4 GiB apart", 0x1000, 1, 0x100002000, 1, false },
};

KUNIT_ARRAY_PARAM_DESC(memory_grows, memory_grows, desc);

static void memory_extent_grow(struct kunit *test)
{
	const struct memory_grow_case *param = test->param_value;
	u64 before = param->gpa + param->pages - 1, extent = before;

	KUNIT_EXPECT_EQ(test, param->grows,
			virtgpu_kfd_extent_grow(&extent, param->more_gpa, param->more));
	KUNIT_EXPECT_EQ(test, extent, before + (param->grows ? param->more : 0));
}

/* amdgpu_amdkfd_gpuvm_init_mem_limits() with AMDGPU_RESERVE_MEM_LIMIT of 1.5 GiB, in MiB */
static void memory_pin_limit(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 504UL, virtgpu_kfd_pin_limit(PHYS_PFN(SZ_1G)) >> (20 - PAGE_SHIFT));
	KUNIT_EXPECT_EQ(test, 1008UL, virtgpu_kfd_pin_limit(PHYS_PFN(SZ_2G)) >> (20 - PAGE_SHIFT));
	KUNIT_EXPECT_EQ(test, 2496UL, virtgpu_kfd_pin_limit(PHYS_PFN(SZ_4G)) >> (20 - PAGE_SHIFT));
	KUNIT_EXPECT_EQ(test, 62976UL,
			virtgpu_kfd_pin_limit(PHYS_PFN(16 * SZ_4G)) >> (20 - PAGE_SHIFT));
}

/* The list is as short as @expected, and stands for these pages. */
static void expect_extents(struct kunit *test, struct page **pages, u32 num_pages, u32 expected)
{
	u32 i, j, n = 0, num = virtgpu_kfd_list_extents(pages, num_pages, NULL);
	u64 *out;

	KUNIT_ASSERT_EQ(test, num, expected);
	out = kunit_kcalloc(test, num, sizeof(*out), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, out);
	KUNIT_ASSERT_EQ(test, num, virtgpu_kfd_list_extents(pages, num_pages, out));

	for (i = 0; i < num; i++)
		for (j = 0; j <= (out[i] & 0xfff); j++, n++)
			KUNIT_ASSERT_EQ(test, (out[i] & ~0xfffULL) + j * 4096ULL,
					page_to_phys(pages[n / (PAGE_SIZE / SZ_4K)]) +
					n % (PAGE_SIZE / SZ_4K) * SZ_4K);
	KUNIT_EXPECT_EQ(test, n, num_pages * (PAGE_SIZE / SZ_4K));
}

static void memory_list_extents(struct kunit *test)
{
	struct page *first = alloc_pages(GFP_KERNEL, 3), *pages[8];
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, first);
	for (i = 0; i < 8; i++)
		pages[i] = first + i;
	expect_extents(test, pages, 0, 0);
	expect_extents(test, pages, 1, 1);
	expect_extents(test, pages, 8, 1);

	swap(pages[2], pages[7]);	/* 0 1 7 3 4 5 6 2 */
	expect_extents(test, pages, 8, 4);
	pages[5] = pages[4];		/* 0 1 7 3 4 4 6 2 */
	expect_extents(test, pages, 8, 6);
	for (i = 0; i < 8; i++)
		pages[i] = first + 7 - i;
	expect_extents(test, pages, 8, 8);
	__free_pages(first, 3);
}

/* An extent has 4096 pages of 4 KiB at most. Nothing looks into these pages. */
static void memory_list_long_extents(struct kunit *test)
{
	u32 most = 4096 / (PAGE_SIZE / SZ_4K), num = 2 * most + 1, i;
	struct page **pages = kvmalloc_array(num, sizeof(*pages), GFP_KERNEL);
	unsigned long pfn;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	pfn = round_down(PHYS_PFN(virt_to_phys(test->priv)), 4 * most);
	for (i = 0; i < num; i++) {
		if (!pfn_valid(pfn + i)) {
			kvfree(pages);
			kunit_skip(test, "no %u pages in a row", num);
		}
		pages[i] = pfn_to_page(pfn + i);
	}

	expect_extents(test, pages, most, 1);
	expect_extents(test, pages, most + 1, 2);
	expect_extents(test, pages, 2 * most, 2);
	expect_extents(test, pages, 2 * most + 1, 3);
	kvfree(pages);
}

#define MMIO_ERR	(PAGE_SHIFT > 12 ? -EINVAL : 0)

static const struct memory_mmap_case {
	const char *desc;
	u64 offset;
	u64 size;
	vm_flags_t flags;
	int err;
	u32 blob_type;	/* and GPU, of a success */
	u32 gpu_id;
} memory_mmaps[] = {
	{ "doorbells", OFFSET(OFFSET_DOORBELL, FAKE_GPU_ID), FAKE_DOORBELL_SIZE, VM_SHARED, 0,
	  VIRTKFD_BLOB_DOORBELL, FAKE_GPU_ID },
	{ "doorbells of the other GPU", OFFSET(OFFSET_DOORBELL, FAKE_GPU_ID_2),
	  FAKE_DOORBELL_SIZE, VM_SHARED, 0, VIRTKFD_BLOB_DOORBELL, FAKE_GPU_ID_2 },
	{ "MMIO page", OFFSET(OFFSET_MMIO, FAKE_GPU_ID), PAGE_SIZE, VM_SHARED,
	  MMIO_ERR, VIRTKFD_BLOB_MMIO, FAKE_GPU_ID },
	{ "doorbells of no GPU", OFFSET(OFFSET_DOORBELL, 0), FAKE_DOORBELL_SIZE, VM_SHARED,
	  -ENODEV },
	{ "doorbells of an unknown GPU", OFFSET(OFFSET_DOORBELL, FAKE_GPU_ID + 1),
	  FAKE_DOORBELL_SIZE, VM_SHARED, -ENODEV },
	{ "MMIO page of an unknown GPU", OFFSET(OFFSET_MMIO, FAKE_GPU_ID + 1), PAGE_SIZE,
	  VM_SHARED, -ENODEV },
	{ "0", 0, PAGE_SIZE, VM_SHARED, -ENODEV },
	{ "too few doorbells", OFFSET(OFFSET_DOORBELL, FAKE_GPU_ID),
	  FAKE_DOORBELL_SIZE - PAGE_SIZE, VM_SHARED, -EINVAL },
	{ "too many doorbells", OFFSET(OFFSET_DOORBELL, FAKE_GPU_ID),
	  FAKE_DOORBELL_SIZE + PAGE_SIZE, VM_SHARED, -EINVAL },
	{ "two MMIO pages", OFFSET(OFFSET_MMIO, FAKE_GPU_ID), 2 * PAGE_SIZE, VM_SHARED, -EINVAL },
	{ "private doorbells", OFFSET(OFFSET_DOORBELL, FAKE_GPU_ID), FAKE_DOORBELL_SIZE, 0,
	  -EINVAL },
	{ "events", OFFSET(OFFSET_EVENTS, FAKE_GPU_ID), PAGE_SIZE, VM_SHARED, -EINVAL },
	{ "events of no GPU", OFFSET(OFFSET_EVENTS, 0), PAGE_SIZE, VM_SHARED, -EINVAL },
	{ "reserved memory", OFFSET(OFFSET_RESERVED, FAKE_GPU_ID), PAGE_SIZE, VM_SHARED, -EINVAL },
	{ "all bits", OFFSET(OFFSET_RESERVED, 0xffff) | GENMASK_ULL(45, PAGE_SHIFT), PAGE_SIZE,
	  VM_SHARED, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(memory_mmaps, memory_mmaps, desc);

static void memory_mmap(struct kunit *test)
{
	const vm_flags_t expected = VM_IO | VM_PFNMAP | VM_DONTCOPY | VM_DONTEXPAND |
				    VM_DONTDUMP | VM_NORESERVE;
	const struct memory_mmap_case *param = test->param_value;
	struct kfd_fake *fake = test->priv;
	struct vm_area_struct *vma;
	struct virtgpu_kfd_bo *bo;

	vma = kunit_kzalloc(test, sizeof(*vma), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vma);
	vma->vm_mm = current->mm;
	vma->vm_start = PAGE_SIZE;
	vma->vm_end = PAGE_SIZE + param->size;
	vma->vm_pgoff = param->offset >> PAGE_SHIFT;
	vm_flags_init(vma, VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | param->flags);

	mmap_write_lock(current->mm);
	KUNIT_EXPECT_EQ(test, virtgpu_kfd_mmap(&fake->process, vma), param->err);
	mmap_write_unlock(current->mm);
	KUNIT_EXPECT_EQ(test, fake->calls, 0);
	if (param->err || !vma->vm_private_data)
		return;

	KUNIT_EXPECT_EQ(test, vma->vm_flags & expected, expected);
	bo = to_virtgpu_kfd_bo(vma->vm_private_data);
	KUNIT_EXPECT_EQ(test, bo->base.size, param->size);
	KUNIT_EXPECT_EQ(test, bo->blob_id,
			(u64)param->blob_type << 60 | (u64)param->gpu_id << 32);
	vma->vm_ops->close(vma);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE_PARAM(memory_alloc, memory_allocs_gen_params),
	KUNIT_CASE_PARAM(memory_alloc_refused, memory_refused_gen_params),
	KUNIT_CASE(memory_alloc_before_acquire),
	KUNIT_CASE_PARAM(memory_alloc_bad_handle, memory_handles_gen_params),
	KUNIT_CASE(memory_free),
	KUNIT_CASE(memory_userptr),
	KUNIT_CASE(memory_userptr_fails),
	KUNIT_CASE(memory_userptr_refused),
	KUNIT_CASE(memory_is_userptr),
	KUNIT_CASE(memory_pin_limit),
	KUNIT_CASE_PARAM(memory_extent_grow, memory_grows_gen_params),
	KUNIT_CASE(memory_list_extents),
	KUNIT_CASE(memory_list_long_extents),
	KUNIT_CASE_PARAM(memory_mmap, memory_mmaps_gen_params),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "virtio_gpu_kfd_memory",
	.init = kfd_fake_init,
	.exit = kfd_fake_exit,
	.test_cases = memory_cases,
};

kunit_test_suite(memory_suite);
