/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio-gpu-amdkfd-pci: the PCI device of virtio-gpu with AMDKFD contexts.
 *
 * Unlike the other virtio-gpu devices it can be plugged and unplugged at run
 * time, as a compute device without a display is missed by no console.
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "hw/virtio/virtio.h"
#include "hw/virtio/virtio-bus.h"
#include "hw/virtio/virtio-gpu-amdkfd.h"
#include "hw/virtio/virtio-gpu-pci.h"
#include "qom/object.h"

#define TYPE_VIRTIO_GPU_AMDKFD_PCI "virtio-gpu-amdkfd-pci"
OBJECT_DECLARE_SIMPLE_TYPE(VirtIOGPUAmdkfdPCI, VIRTIO_GPU_AMDKFD_PCI)

struct VirtIOGPUAmdkfdPCI {
	VirtIOGPUPCIBase parent_obj;
	VirtIOGPUAmdkfd vdev;
};

static void virtio_gpu_amdkfd_pci_init(Object *obj)
{
	VirtIOGPUAmdkfdPCI *dev = VIRTIO_GPU_AMDKFD_PCI(obj);

	virtio_instance_init_common(obj, &dev->vdev, sizeof(dev->vdev),
				    TYPE_VIRTIO_GPU_AMDKFD);
	VIRTIO_GPU_PCI_BASE(obj)->vgpu = VIRTIO_GPU_BASE(&dev->vdev);
}

static void virtio_gpu_amdkfd_pci_class_init(ObjectClass *klass, void *data)
{
	DEVICE_CLASS(klass)->hotpluggable = true;
	DEVICE_CLASS(klass)->desc = "virtio-gpu with AMDKFD contexts (ROCm)";
}

static const VirtioPCIDeviceTypeInfo virtio_gpu_amdkfd_pci_info = {
	.generic_name = TYPE_VIRTIO_GPU_AMDKFD_PCI,
	.parent = TYPE_VIRTIO_GPU_PCI_BASE,
	.instance_size = sizeof(VirtIOGPUAmdkfdPCI),
	.instance_init = virtio_gpu_amdkfd_pci_init,
	.class_init = virtio_gpu_amdkfd_pci_class_init,
};
module_obj(TYPE_VIRTIO_GPU_AMDKFD_PCI);
module_kconfig(VIRTIO_PCI);

static void virtio_gpu_amdkfd_pci_register_types(void)
{
	virtio_pci_types_register(&virtio_gpu_amdkfd_pci_info);
}

type_init(virtio_gpu_amdkfd_pci_register_types)

module_dep("hw-display-virtio-gpu-pci");
