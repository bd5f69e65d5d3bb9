// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * User memory for the GPU: pinned pages as a list of extents.
 *
 * What lives here: pinning, accounting and the list for the wire. What does not: when pages
 * may be unpinned, virtgpu_kfd_memory.c.
 *
 * The host maps guest pages into the GPU for as long as the memory object lives and has no
 * way to follow a page that moves, so pages are pinned for long, and accounted as RDMA does
 * it: in the mm's pinned_vm, against RLIMIT_MEMLOCK unless CAP_IPC_LOCK; and against a limit
 * for the machine, as amdkfd has one. The kernel refuses such pins (-EFAULT) on writable
 * shared mappings of files that track their dirty pages.
 */

#include <kunit/visibility.h>
#include <linux/capability.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <drm/drm_print.h>

#include "virtgpu_kfd.h"

/* Guest pages of the wire in one of the kernel's. */
#define WIRE_PAGES	(PAGE_SIZE / VIRTKFD_PAGE_SIZE)

/* Pages pinned between two looks for a fatal signal. */
#define PIN_BATCH	4096

/**
 * virtgpu_kfd_extent_grow() - append pages to an extent
 * @extent: extent
 * @gpa: guest physical address of the pages
 * @pages: number of pages
 *
 * Return: whether the pages follow on the extent and there is room for them in it.
 */
bool virtgpu_kfd_extent_grow(u64 *extent, u64 gpa, u32 pages)
{
	u64 old = VIRTKFD_EXTENT_PAGES(*extent);

	if (old + pages > VIRTKFD_EXTENT_MAX_PAGES ||
	    VIRTKFD_EXTENT_GPA(*extent) + (old << VIRTKFD_PAGE_SHIFT) != gpa)
		return false;

	*extent = VIRTKFD_EXTENT(VIRTKFD_EXTENT_GPA(*extent), old + pages);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_extent_grow);

/* Writes the extents to @out if there is one. Returns their number. */
VISIBLE_IF_KUNIT
u32 virtgpu_kfd_list_extents(struct page **pages, unsigned long num_pages, u64 *out)
{
	unsigned long i;
	u64 extent = 0;
	u32 num = 0;

	for (i = 0; i < num_pages; i++) {
		u64 gpa = page_to_phys(pages[i]);

		if (num && virtgpu_kfd_extent_grow(&extent, gpa, WIRE_PAGES)) {
			if (out)
				out[num - 1] = extent;
			continue;
		}
		extent = VIRTKFD_EXTENT(gpa, WIRE_PAGES);
		if (out)
			out[num] = extent;
		num++;
	}
	return num;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_list_extents);

/*
 * How many pages all processes together may pin on a machine that has @ram pages: what amdkfd
 * lets them have of system memory, amdgpu_amdkfd_gpuvm_init_mem_limits(). With more of it
 * pinned the kernel would have too little left that it can reclaim.
 */
VISIBLE_IF_KUNIT
unsigned long virtgpu_kfd_pin_limit(unsigned long ram)
{
	const unsigned long reserved = PHYS_PFN(SZ_1G + SZ_512M);

	ram -= ram / 64;
	return ram < 2 * reserved ? ram / 2 : ram - reserved;
}
EXPORT_SYMBOL_IF_KUNIT(virtgpu_kfd_pin_limit);

static void unaccount(struct virtgpu_kfd_bo *bo, unsigned long num_pages)
{
	atomic_long_sub(num_pages, &bo->process->kfd->counts.pinned_pages);
	atomic64_sub(num_pages, &bo->pinned_mm->pinned_vm);
}

static void account_nothing(struct virtgpu_kfd_bo *bo)
{
	mmdrop(bo->pinned_mm);
	bo->pinned_mm = NULL;
}

static int account(struct virtgpu_kfd_bo *bo, unsigned long num_pages)
{
	atomic_long_t *pinned = &bo->process->kfd->counts.pinned_pages;
	unsigned long memlock = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
	unsigned long limit = virtgpu_kfd_pin_limit(totalram_pages());
	struct mm_struct *mm = current->mm;

	if (num_pages > limit)
		return -ENOMEM;

	mmgrab(mm);
	bo->pinned_mm = mm;
	if (atomic_long_add_return(num_pages, pinned) <= limit) {
		if (atomic64_add_return(num_pages, &mm->pinned_vm) <= memlock ||
		    capable(CAP_IPC_LOCK))
			return 0;
		atomic64_sub(num_pages, &mm->pinned_vm);
	}
	atomic_long_sub(num_pages, pinned);
	account_nothing(bo);
	return -ENOMEM;
}

/*
 * Pinning says -EFAULT whatever the reason; amdkfd tells memory that cannot be written
 * (-EPERM) from memory that is not there (-EFAULT).
 */
static int why_not(unsigned long start, unsigned long end)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	int ret = -EFAULT;

	mmap_read_lock(mm);
	while (start < end) {
		vma = vma_lookup(mm, start);
		if (!vma || !(vma->vm_flags & VM_READ))
			break;
		if (!(vma->vm_flags & VM_WRITE)) {
			ret = -EPERM;
			break;
		}
		start = vma->vm_end;
	}
	mmap_read_unlock(mm);
	return ret;
}

static int pin(struct virtgpu_kfd_bo *bo, unsigned long start, unsigned long num_pages)
{
	long n;

	while (bo->num_pages < num_pages) {
		if (fatal_signal_pending(current))
			return -EINTR;

		n = pin_user_pages_fast(start + (bo->num_pages << PAGE_SHIFT),
					min(num_pages - bo->num_pages, PIN_BATCH),
					FOLL_WRITE | FOLL_LONGTERM, bo->pages + bo->num_pages);
		if (n == -EFAULT || n == -EOVERFLOW)
			return why_not(start, start + (num_pages << PAGE_SHIFT));
		if (n < 0)
			return n;
		bo->num_pages += n;
		cond_resched();
	}
	return 0;
}

/**
 * virtgpu_kfd_userptr_pin() - pin user memory of the calling process
 * @bo: memory object that gets the pages
 * @addr: user address; its page is the first
 * @size: bytes, rounded up to pages
 * @extents: set to the list of VIRTKFD_EXTENT(), for kvfree()
 * @num_extents: set to its length
 *
 * Return: 0; -EFAULT or -EPERM if the memory is not there or cannot be written, -ENOMEM if
 * it is too much, -EOVERFLOW if it leaves the address space, -EOPNOTSUPP if the host does
 * not take guest pages, -EINTR.
 */
int virtgpu_kfd_userptr_pin(struct virtgpu_kfd_bo *bo, u64 addr, u64 size, u64 **extents,
			    u32 *num_extents)
{
	struct virtgpu_kfd *kfd = bo->process->kfd;
	unsigned long start, num_pages, last;
	u32 num;
	int ret;

	if (!(kfd->capset.features & VIRTKFD_F_USERPTR))
		return -EOPNOTSUPP;

	/* Nothing of the wire's addresses would be right. */
	if (virtio_gpu_use_dma_api(kfd->vgdev->vdev)) {
		drm_err_ratelimited(kfd->vgdev->ddev,
				    "kfd: no user memory for the GPU with VIRTIO_F_ACCESS_PLATFORM\n");
		return -EOPNOTSUPP;
	}

	start = untagged_addr(addr) & PAGE_MASK;
	/* Up to the very end is no overflow, but -EFAULT. */
	if (check_add_overflow(start, PAGE_ALIGN(size) - 1, &last))
		return -EOVERFLOW;

	num_pages = PHYS_PFN(last - start) + 1;
	ret = account(bo, num_pages);
	if (ret)
		return ret;

	bo->pages = kvmalloc_array(num_pages, sizeof(*bo->pages),
				   GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!bo->pages) {
		unaccount(bo, num_pages);
		account_nothing(bo);
		return -ENOMEM;
	}

	ret = pin(bo, start, num_pages);
	/* The accounting that virtgpu_kfd_userptr_unpin() undoes is that of the pages pinned. */
	unaccount(bo, num_pages - bo->num_pages);
	if (ret)
		goto err_unpin;

	num = virtgpu_kfd_list_extents(bo->pages, num_pages, NULL);
	*extents = kvmalloc_array(num, sizeof(**extents), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!*extents) {
		ret = -ENOMEM;
		goto err_unpin;
	}
	*num_extents = virtgpu_kfd_list_extents(bo->pages, num_pages, *extents);
	return 0;

err_unpin:
	virtgpu_kfd_userptr_unpin(bo);
	return ret;
}

/**
 * virtgpu_kfd_userptr_unpin() - unpin a memory object's user pages, if it has some
 * @bo: memory object of which the host no longer uses the pages
 */
void virtgpu_kfd_userptr_unpin(struct virtgpu_kfd_bo *bo)
{
	if (!bo->pages)
		return;

	unpin_user_pages_dirty_lock(bo->pages, bo->num_pages, true);
	unaccount(bo, bo->num_pages);
	account_nothing(bo);
	kvfree(bo->pages);
	bo->pages = NULL;
	bo->num_pages = 0;
}
