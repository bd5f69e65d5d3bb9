// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * AMDKFD native context of virtio-gpu: what tools read of a GPU beside its render node.
 *
 * What lives here: the render node's parent device and that device's files. What does not: the
 * topology, and KFD's processes, virtgpu_kfd_procfs.c.
 *
 * User space expects the parent of an AMD GPU's render node to be a PCI device, or, since that
 * is what the partitions of a GPU have with amdgpu, a platform device. A GPU of the host is no
 * PCI device of the guest, so it has a platform device, as if it were a partition. rocm-smi
 * finds the GPU's topology node by the parent's name and reads the files that amdgpu has for a
 * PCI device. Here are those that are known: the name is the GPU's address on the host's bus,
 * which the topology tells too, and the files tell what GPU it is and how much memory is in
 * use. The tools take what is not here for not supported.
 */
#include <linux/device.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include <drm/amdgpu_drm.h>

#include "virtgpu_kfd.h"
#include "virtgpu_kfd_topology.h"

static u64 gpu_property(const struct virtgpu_kfd_gpu *gpu, const char *name)
{
	u64 value = 0;
	u32 i;

	for (i = 0; i < gpu->files->num; i++)
		if (gpu->files->file[i].kind == VIRTKFD_TOPOLOGY_PROPERTIES)
			virtgpu_kfd_topology_get(gpu->files->file[i].text, gpu->files->file[i].len,
						 name, &value);
	return value;
}

/* Is no other GPU at the same address, and does the address have a PCI device's form? */
static bool has_address(const struct virtgpu_kfd_gpu *gpu, u64 domain, u64 location)
{
	const struct virtgpu_kfd *kfd = gpu->kfd;
	u32 i;

	if (domain > U16_MAX || location > U16_MAX)
		return false;
	for (i = 0; i < kfd->num_gpus; i++)
		if (&kfd->gpus[i] != gpu && gpu_property(&kfd->gpus[i], "domain") == domain &&
		    gpu_property(&kfd->gpus[i], "location_id") == location)
			return false;
	return true;
}

/* A name that is unique among the parents of this device's GPUs. */
static void parent_name(const struct virtgpu_kfd_gpu *gpu, char *name, size_t size)
{
	u64 location = gpu_property(gpu, "location_id");
	u64 domain = gpu_property(gpu, "domain");

	if (has_address(gpu, domain, location))
		snprintf(name, size, "%04llx:%02llx:%02llx.%llx", domain, location >> 8,
			 location >> 3 & 0x1f, location & 0x7);
	else
		snprintf(name, size, "amdkfd.%s.%u", dev_name(gpu->kfd->vgdev->ddev->dev),
			 gpu->index);
}

/* NULL if somebody has bound the parent to a driver, and away from it. */
static struct virtgpu_kfd_gpu *to_gpu(struct device *dev)
{
	return dev_get_drvdata(dev);
}

static ssize_t vendor_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct virtgpu_kfd_gpu *gpu = to_gpu(dev);

	return gpu ? sysfs_emit(buf, "0x%04x\n", gpu->vendor_id) : -ENODEV;
}
static DEVICE_ATTR_RO(vendor);

static ssize_t device_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct virtgpu_kfd_gpu *gpu = to_gpu(dev);

	return gpu ? sysfs_emit(buf, "0x%04x\n", gpu->device_id) : -ENODEV;
}
static DEVICE_ATTR_RO(device);

static ssize_t unique_id_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	const struct virtgpu_kfd_gpu *gpu = to_gpu(dev);

	if (!gpu)
		return -ENODEV;
	return gpu->unique_id ? sysfs_emit(buf, "%016llx\n", gpu->unique_id) : 0;
}
static DEVICE_ATTR_RO(unique_id);

/* Asks the host, which takes no longer than virtgpu_kfd_timeout() and ends with the device. */
static int query_memory(struct virtgpu_kfd_gpu *gpu, struct drm_amdgpu_memory_info *info)
{
	struct virtkfd_ccmd_render_info cmd = {
		.hdr.cmd = VIRTKFD_CCMD_RENDER_INFO,
		.query = AMDGPU_INFO_MEMORY,
		.return_size = sizeof(*info),
	};
	struct {
		struct virtkfd_rsp_render_info hdr;
		struct drm_amdgpu_memory_info info;
	} rsp;
	int ret;

	if (!gpu)
		return -ENODEV;
	cmd.gpu_id = gpu->gpu_id;
	ret = virtgpu_kfd_call(gpu->kfd->control, &cmd.hdr, sizeof(cmd), &rsp.hdr.rsp,
			       sizeof(rsp));
	if (ret)
		return ret;
	if (rsp.hdr.rsp.len < sizeof(rsp) || rsp.hdr.size < sizeof(rsp.info) || rsp.hdr.pad)
		return -EIO;
	*info = rsp.info;
	return 0;
}

#define MEM_INFO_ATTR(_name, _heap, _field)						\
static ssize_t mem_info_##_name##_show(struct device *dev, struct device_attribute *attr,	\
				       char *buf)					\
{											\
	struct drm_amdgpu_memory_info info;						\
	int ret = query_memory(to_gpu(dev), &info);					\
											\
	return ret ?: sysfs_emit(buf, "%llu\n", info._heap._field);			\
}											\
static DEVICE_ATTR_RO(mem_info_##_name)

MEM_INFO_ATTR(vram_total, vram, total_heap_size);
MEM_INFO_ATTR(vram_used, vram, heap_usage);
MEM_INFO_ATTR(vis_vram_total, cpu_accessible_vram, total_heap_size);
MEM_INFO_ATTR(vis_vram_used, cpu_accessible_vram, heap_usage);
MEM_INFO_ATTR(gtt_total, gtt, total_heap_size);
MEM_INFO_ATTR(gtt_used, gtt, heap_usage);

static struct attribute *gpu_attrs[] = {
	&dev_attr_vendor.attr,
	&dev_attr_device.attr,
	&dev_attr_unique_id.attr,
	&dev_attr_mem_info_vram_total.attr,
	&dev_attr_mem_info_vram_used.attr,
	&dev_attr_mem_info_vis_vram_total.attr,
	&dev_attr_mem_info_vis_vram_used.attr,
	&dev_attr_mem_info_gtt_total.attr,
	&dev_attr_mem_info_gtt_used.attr,
	NULL
};
ATTRIBUTE_GROUPS(gpu);

/**
 * virtgpu_kfd_sysfs_add() - add a render node's parent, with its files
 * @gpu: GPU; its topology node has been read
 *
 * Return: 0 or a negative errno.
 */
int virtgpu_kfd_sysfs_add(struct virtgpu_kfd_gpu *gpu)
{
	struct platform_device *parent;
	char name[64];
	int ret;

	/* The topology's text goes before the files do. */
	gpu->vendor_id = gpu_property(gpu, "vendor_id");
	gpu->device_id = gpu_property(gpu, "device_id");
	gpu->unique_id = gpu_property(gpu, "unique_id");

	parent_name(gpu, name, sizeof(name));
	parent = platform_device_register_simple(name, PLATFORM_DEVID_NONE, NULL, 0);
	if (IS_ERR(parent))
		return PTR_ERR(parent);

	platform_set_drvdata(parent, gpu);
	ret = device_add_groups(&parent->dev, gpu_groups);
	if (ret) {
		platform_device_unregister(parent);
		return ret;
	}
	gpu->parent = parent;
	return 0;
}

/**
 * virtgpu_kfd_sysfs_remove() - remove a render node's parent, if there is one
 * @gpu: GPU
 *
 * Waits for readers, so what they wait for must have ended.
 */
void virtgpu_kfd_sysfs_remove(struct virtgpu_kfd_gpu *gpu)
{
	if (!gpu->parent)
		return;

	device_remove_groups(&gpu->parent->dev, gpu_groups);
	platform_device_unregister(gpu->parent);
	gpu->parent = NULL;
}
