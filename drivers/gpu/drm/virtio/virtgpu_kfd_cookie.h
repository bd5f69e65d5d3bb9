/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The mmap offsets of /dev/kfd. They are opaque to user space, and the same as amdkfd's
 * (KFD_MMAP_*), so that what takes them apart all the same finds what it knows.
 */
#ifndef VIRTGPU_KFD_COOKIE_H
#define VIRTGPU_KFD_COOKIE_H

#include <linux/bits.h>
#include <linux/types.h>

#define VIRTGPU_KFD_COOKIE_TYPE_MASK	GENMASK_ULL(63, 62)
#define VIRTGPU_KFD_COOKIE_DOORBELL	(3ULL << 62)
#define VIRTGPU_KFD_COOKIE_MMIO		(0ULL << 62)

/* GPU ids have 16 bits, virtgpu_kfd_topology_read() sees to that. */
#define VIRTGPU_KFD_COOKIE_GPU(id)	((u64)(id) << 46)
#define VIRTGPU_KFD_COOKIE_GPU_ID(off)	((u32)((off) >> 46) & 0xffff)

#endif /* VIRTGPU_KFD_COOKIE_H */
