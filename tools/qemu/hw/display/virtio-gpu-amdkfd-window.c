/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-gpu device with AMDKFD contexts: memory that guest and host share.
 *
 * What lives here: the host-visible window, blobs mapped into it, doorbells
 * whose stores are trapped, and guest memory lent to the library. What does
 * not: which command asks for it.
 *
 * The window is one RAM region that exists as long as the device. A blob is
 * mapped over a part of it with MAP_FIXED and unmapped by mapping the filler
 * there again. So no host address that a vCPU, a TLB or a DMA in flight may
 * know of is ever without memory, and mapping does not rebuild QEMU's memory
 * topology.
 *
 * The filler is a file that is much smaller than the window and mapped again
 * and again, each place of the window always to the same place of the file. So
 * what a guest stores beside its blobs takes little memory, and mappings that a
 * blob has split become one again, which anonymous memory does not promise.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/host-utils.h"
#include "qemu/memfd.h"
#include "exec/address-spaces.h"
#include "exec/ramblock.h"
#include "hw/virtio/virtio-gpu-amdkfd.h"
#include "trace.h"

#include <sys/mman.h>

/* Choice: how often the filler is in the window, if that is large enough. */
#define FILLER_COPIES 64
#define FILLER_LEAST (64 * KiB)
/*
 * Choice, of all devices together: as many as there are contexts by default.
 * QEMU's memory map is made anew for each, and can have 4095 sections in all.
 */
#define MAX_DOORBELLS 256

/*
 * A page of doorbells. An object of its own, since its region may be referenced
 * by a vCPU after it was unmapped.
 */
struct VirtIOGPUAmdkfdDoorbell {
	Object parent_obj;
	MemoryRegion mr;
	VirtIOGPUAmdkfd *dev;
	/* NULL once unmapped, and @dev is no more to be used. */
	struct virtkfd_blob *blob;
	uint32_t res_id;
};

static uint64_t doorbell_read(void *opaque, hwaddr addr, unsigned int size)
{
	return 0;
}

static void doorbell_write(void *opaque, hwaddr addr, uint64_t value,
			   unsigned int size)
{
	VirtIOGPUAmdkfdDoorbell *db = opaque;

	trace_virtio_gpu_amdkfd_doorbell(db->res_id, addr, value, size);
	if (db->blob) {
		db->dev->traffic.doorbells++;
		virtkfd_doorbell_write(db->blob, addr, value, size);
	}
}

static const MemoryRegionOps doorbell_ops = {
	.read = doorbell_read,
	.write = doorbell_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 8 },
	.impl = { .min_access_size = 4, .max_access_size = 8 },
};

static unsigned int num_doorbells;
static unsigned int num_mappings;

/*
 * A blob splits a mapping in two at most: leave half of what a process can have
 * for everything else.
 */
static unsigned int max_mappings(void)
{
	static unsigned int max;
	g_autofree char *text = NULL;

	if (!max) {
		if (g_file_get_contents("/proc/sys/vm/max_map_count", &text, NULL,
					NULL)) {
			max = MIN(g_ascii_strtoull(text, NULL, 10), INT32_MAX) / 4;
		}
		max = max ?: 16384;
	}
	return max;
}

/* Put the filler where no blob is to be. */
static bool fill(VirtIOGPUAmdkfd *s, uint64_t offset, uint64_t size)
{
	while (size) {
		uint64_t pos = offset % s->filler_size;
		uint64_t n = MIN(size, s->filler_size - pos);

		if (mmap(s->window_mem + offset, n, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, s->filler_fd, pos) == MAP_FAILED) {
			return false;
		}
		offset += n;
		size -= n;
	}
	return true;
}

bool amdkfd_window_init(VirtIOGPUAmdkfd *s, Error **errp)
{
	VirtIOGPUBase *b = VIRTIO_GPU_BASE(s);
	uint64_t size = b->conf.hostmem;

	if (!memory_region_size(&b->hostmem)) {
		error_setg(errp, "no host-visible window: "
			   "use virtio-gpu-amdkfd-pci with hostmem=");
		return false;
	}
	if (!is_power_of_2(size) || size < 64 * KiB) {
		error_setg(errp, "hostmem=0x%" PRIx64
			   " is no power of 2 of 64K or more", size);
		return false;
	}

	s->filler_size = MAX(size / FILLER_COPIES, FILLER_LEAST);
	s->filler_fd = qemu_memfd_create("virtio-gpu-amdkfd", s->filler_size, false,
					 0, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
					 errp);
	if (s->filler_fd < 0) {
		return false;
	}
	s->window_mem = mmap(NULL, size, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (s->window_mem == MAP_FAILED) {
		s->window_mem = NULL;
		error_setg_errno(errp, errno,
				 "no address space for hostmem=0x%" PRIx64, size);
		goto err_close;
	}
	memory_region_init_ram_ptr(&s->window, OBJECT(s),
				   "virtio-gpu-amdkfd-window", size, s->window_mem);
	/* After QEMU has given advice on it, which what is mapped later lacks. */
	if (!fill(s, 0, size)) {
		error_setg_errno(errp, errno, "cannot map the window");
		goto err_close;
	}
	memory_region_add_subregion(&b->hostmem, 0, &s->window);
	return true;

err_close:
	close(s->filler_fd);
	return false;
}

/* All blobs are unmapped: forget what the guest has stored beside them. */
void amdkfd_window_reset(VirtIOGPUAmdkfd *s)
{
	if (fallocate(s->filler_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      s->filler_size)) {
		warn_report_once("virtio-gpu-amdkfd: fallocate: %s", strerror(errno));
	}
}

/* All blobs are unmapped. */
void amdkfd_window_remove(VirtIOGPUAmdkfd *s)
{
	memory_region_del_subregion(&VIRTIO_GPU_BASE(s)->hostmem, &s->window);
	close(s->filler_fd);
}

/* Nobody refers to the region any more: the device is being freed. */
void amdkfd_window_free(VirtIOGPUAmdkfd *s)
{
	if (s->window_mem) {
		munmap(s->window_mem, VIRTIO_GPU_BASE(s)->conf.hostmem);
	}
	s->window_mem = NULL;
}

static void map_doorbell(VirtIOGPUAmdkfd *s, struct amdkfd_resource *res,
			 uint64_t offset)
{
	MemoryRegion *window = &VIRTIO_GPU_BASE(s)->hostmem;
	Object *obj = object_new(TYPE_VIRTIO_GPU_AMDKFD_DOORBELL);
	VirtIOGPUAmdkfdDoorbell *db = VIRTIO_GPU_AMDKFD_DOORBELL(obj);

	db->dev = s;
	db->blob = res->blob;
	db->res_id = res->base.resource_id;
	memory_region_init_io(&db->mr, obj, &doorbell_ops, db,
			      "virtio-gpu-amdkfd-doorbell", res->base.blob_size);
	memory_region_add_subregion_overlap(window, offset, &db->mr, 1);
	res->doorbell = db;
}

/**
 * amdkfd_window_map() - put a blob into the window
 * @s: device
 * @res: resource with a blob
 * @offset: bytes into the window
 * @map_info: VIRTIO_GPU_MAP_CACHE_*
 *
 * Return: 0, -EBUSY if it is mapped already, -EINVAL if it does not fit there,
 * -ENOSPC if too many are mapped, or what virtkfd_blob_map() gives.
 */
int amdkfd_window_map(VirtIOGPUAmdkfd *s, struct amdkfd_resource *res,
		      uint64_t offset, uint32_t *map_info)
{
	uint64_t window = memory_region_size(&s->window);
	uint64_t size = res->base.blob_size;
	int ret;

	if (res->mapped) {
		return -EBUSY;
	}
	if (!size || !QEMU_IS_ALIGNED(offset | size, qemu_real_host_page_size()) ||
	    size > window || offset > window - size ||
	    interval_tree_iter_first(&s->mapped, offset, offset + size - 1)) {
		return -EINVAL;
	}

	if (virtkfd_blob_trapped(res->blob)) {
		if (num_doorbells >= MAX_DOORBELLS) {
			return -ENOSPC;
		}
		num_doorbells++;
		map_doorbell(s, res, offset);
		*map_info = VIRTIO_GPU_MAP_CACHE_UNCACHED;
	} else {
		if (num_mappings >= max_mappings()) {
			return -ENOSPC;
		}
		ret = virtkfd_blob_map(res->blob, s->window_mem + offset, map_info);
		if (ret) {
			/* A kernel may have removed what was there nevertheless. */
			fill(s, offset, size);
			return ret;
		}
		num_mappings++;
	}
	res->range.start = offset;
	res->range.last = offset + size - 1;
	interval_tree_insert(&res->range, &s->mapped);
	res->mapped = true;
	return 0;
}

void amdkfd_window_unmap(VirtIOGPUAmdkfd *s, struct amdkfd_resource *res)
{
	if (!res->mapped) {
		return;
	}

	if (res->doorbell) {
		memory_region_del_subregion(&VIRTIO_GPU_BASE(s)->hostmem,
					    &res->doorbell->mr);
		res->doorbell->blob = NULL;
		object_unref(res->doorbell);
		res->doorbell = NULL;
		num_doorbells--;
	} else {
		/*
		 * The guest must not see it any longer. max_mappings() sees to it
		 * that a mapping is to be had.
		 */
		if (!fill(s, res->range.start, res->base.blob_size)) {
			error_report("virtio-gpu-amdkfd: cannot unmap blob %u: %s",
				     res->base.resource_id, strerror(errno));
			abort();
		}
		num_mappings--;
		virtkfd_blob_unmapped(res->blob);
	}
	interval_tree_remove(&res->range, &s->mapped);
	res->mapped = false;
}

/*
 * virtkfd_vmm_ops.map_guest: RAM of the guest, but not a window, this device's
 * or another one's, that is RAM to QEMU too.
 */
int amdkfd_map_guest(void *opaque, uint64_t gpa, uint64_t *len,
		     struct virtkfd_guest_range *range)
{
	MemoryRegionSection section = memory_region_find(get_system_memory(), gpa,
							 *len);
	MemoryRegion *mr = section.mr;

	if (!mr) {
		return -EFAULT;
	}
	if (section.offset_within_address_space != gpa || section.readonly ||
	    object_dynamic_cast(memory_region_owner(mr), TYPE_VIRTIO_GPU_AMDKFD) ||
	    !memory_region_is_ram(mr) ||
	    memory_region_is_rom(mr) || memory_region_is_ram_device(mr)) {
		memory_region_unref(mr);
		return -EFAULT;
	}

	*len = int128_get64(section.size);
	range->ptr = memory_region_get_ram_ptr(mr) + section.offset_within_region;
	range->len = *len;
	range->fd = memory_region_get_fd(mr);
	range->fd_offset = section.offset_within_region +
			   (range->fd < 0 ? 0 : mr->ram_block->fd_offset);
	range->cookie = mr;
	return 0;
}

void amdkfd_unmap_guest(void *opaque, struct virtkfd_guest_range *range)
{
	memory_region_unref(range->cookie);
}

static const TypeInfo doorbell_info = {
	.name = TYPE_VIRTIO_GPU_AMDKFD_DOORBELL,
	.parent = TYPE_OBJECT,
	.instance_size = sizeof(VirtIOGPUAmdkfdDoorbell),
};

static void doorbell_register_types(void)
{
	type_register_static(&doorbell_info);
}

type_init(doorbell_register_types)
