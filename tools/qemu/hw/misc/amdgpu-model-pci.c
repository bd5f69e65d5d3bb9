/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * amdgpu-model-pci: the PCI device.
 *
 * What lives here: BARs, properties, reset, migration. What does not: what is
 * behind the BARs (the other files).
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/runstate.h"
#include "amdgpu-model.h"
#include "trace.h"

#define VENDOR_AMD 0x1002
#define DEVICE_MI300X 0x74a1
#define CLASS_ACCELERATOR 0x1200

#define BAR_VRAM 0
#define BAR_DOORBELLS 2
#define BAR_MSIX 4
#define BAR_MMIO 5
#define PCIE_CAP 0x60
#define MSI_CAP 0xa0

/* What a queue of the device is in a stream of migration */
typedef struct ModelSavedQueue {
	uint8_t kind, type, priority, vmid, sdma, hiq,
		state[SOFTGPU_STATE_SIZE];
	uint16_t pasid;
	uint32_t flags, doorbell, slot;
	uint64_t root, mqd, ring_va, ring_size, rptr_va, wptr_va;
} ModelSavedQueue;

/* softgpu's view of registers: the driver's, and nothing for users' queues */

static uint32_t packet_reg_read(void *vm, void *owner, uint32_t reg)
{
	ModelQueue *queue = owner;

	return queue->params.flags & SOFTGPU_QUEUE_KERNEL
		       ? model_reg_read(queue->s, reg)
		       : 0;
}

static void packet_reg_write(void *vm, void *owner, uint32_t reg,
			     uint32_t value)
{
	ModelQueue *queue = owner;

	if (queue->params.flags & SOFTGPU_QUEUE_KERNEL) {
		model_reg_write(queue->s, reg, value);
	}
}

static void packet_log(void *vm, const char *line)
{
	trace_amdgpu_model_log(line);
}

const struct softgpu_vm_ops model_vm_ops = {
	.lock = model_vm_lock,
	.unlock = model_vm_unlock,
	.translate = model_vm_translate,
	.fault = model_vm_fault,
	.bad_packet = model_bad_packet,
	.exception = model_exception,
	.event = model_event,
	.privileged = model_cp_packet,
	.ib_vm = model_ib_vm,
	.reg_read = packet_reg_read,
	.reg_write = packet_reg_write,
	.log = packet_log,
};

static void unmap_all(AmdgpuModel *s)
{
	model_queues_unmap(s, MODEL_QUEUE_RING);
	model_queues_unmap(s, MODEL_QUEUE_SDMA_RING);
	model_queues_unmap(s, MODEL_QUEUE_USER);
	model_queues_unmap(s, MODEL_QUEUE_SDMA_USER);
}

/* VRAM keeps what is in it, as over a reset of the bus; the table is new. */
static void model_reset(DeviceState *dev)
{
	AmdgpuModel *s = AMDGPU_MODEL(dev);

	trace_amdgpu_model_reset();
	unmap_all(s);
	model_regs_reset(s);
	model_discovery_write(s);
}

static void state_changed(void *opaque, bool running, RunState state)
{
	AmdgpuModel *s = opaque;

	if (running) {
		model_queues_start(s);
	} else {
		model_queues_stop(s);
	}
}

static int model_pre_save(void *opaque)
{
	AmdgpuModel *s = opaque;
	ModelSavedQueue *saved;
	ModelQueue *queue;

	g_free(s->saved);
	s->num_saved = 0;
	QTAILQ_FOREACH(queue, &s->queues, next) {
		s->num_saved++;
	}
	s->saved = saved = g_new0(ModelSavedQueue, s->num_saved);
	QTAILQ_FOREACH(queue, &s->queues, next) {
		*saved = (ModelSavedQueue){
			.kind = queue->kind,
			.type = queue->params.type,
			.priority = queue->params.priority,
			.vmid = queue->vm->vmid,
			.sdma = queue->vm->sdma,
			.hiq = queue->hiq,
			.pasid = queue->vm->pasid,
			.flags = queue->params.flags,
			.doorbell = queue->doorbell,
			.slot = queue->slot,
			.root = queue->vm->root,
			.mqd = queue->mqd,
			.ring_va = queue->params.ring_va,
			.ring_size = queue->params.ring_size,
			.rptr_va = queue->params.rptr_va,
			.wptr_va = queue->params.wptr_va,
		};
		memcpy(saved->state, queue->state, sizeof(saved->state));
		saved++;
	}
	return 0;
}

/* One address space each: what they share is in the page tables. */
static int restore_queue(AmdgpuModel *s, const ModelSavedQueue *saved)
{
	ModelQueue queue = {
		.kind = saved->kind, .doorbell = saved->doorbell, .mqd = saved->mqd,
		.hiq = saved->hiq, .slot = saved->slot,
		.params = {
			.type = saved->type,
			.flags = saved->flags,
			.ring_va = saved->ring_va,
			.ring_size = saved->ring_size,
			.rptr_va = saved->rptr_va,
			.wptr_va = saved->wptr_va,
			.priority = saved->priority,
			.percent = 100,
		},
	};
	int ret;

	if (saved->kind > MODEL_QUEUE_SDMA_USER ||
	    saved->slot >= MODEL_HQD_BANKS || saved->vmid >= MODEL_VMIDS) {
		error_report("amdgpu-model-pci: the stream has a queue that "
			     "cannot be");
		return -EINVAL;
	}
	if (!saved->vmid) {
		queue.vm = saved->sdma ? &s->sdma_vm : &s->ring_vm;
	} else {
		queue.vm = model_vm_new(s, saved->root, saved->pasid,
					saved->vmid, saved->sdma);
	}
	ret = model_queue_map(s, &queue, saved->state);
	model_vm_put(queue.vm);
	return ret;
}

static int model_post_load(void *opaque, int version)
{
	AmdgpuModel *s = opaque;
	int i, ret = 0;

	unmap_all(s);
	for (i = 0; i < s->num_saved && !ret; i++) {
		ret = restore_queue(s, &s->saved[i]);
	}
	return ret;
}

static const VMStateDescription vmstate_queue = {
	.name = "amdgpu-model-pci/queue",
	.version_id = 1,
	.minimum_version_id = 1,
	.fields =
		(const VMStateField[]){
			VMSTATE_UINT8(kind, ModelSavedQueue),
			VMSTATE_UINT8(type, ModelSavedQueue),
			VMSTATE_UINT8(priority, ModelSavedQueue),
			VMSTATE_UINT8(vmid, ModelSavedQueue),
			VMSTATE_UINT8(sdma, ModelSavedQueue),
			VMSTATE_UINT8(hiq, ModelSavedQueue),
			VMSTATE_UINT16(pasid, ModelSavedQueue),
			VMSTATE_UINT32(flags, ModelSavedQueue),
			VMSTATE_UINT32(doorbell, ModelSavedQueue),
			VMSTATE_UINT32(slot, ModelSavedQueue),
			VMSTATE_UINT64(root, ModelSavedQueue),
			VMSTATE_UINT64(mqd, ModelSavedQueue),
			VMSTATE_UINT64(ring_va, ModelSavedQueue),
			VMSTATE_UINT64(ring_size, ModelSavedQueue),
			VMSTATE_UINT64(rptr_va, ModelSavedQueue),
			VMSTATE_UINT64(wptr_va, ModelSavedQueue),
			VMSTATE_BUFFER(state, ModelSavedQueue),
			VMSTATE_END_OF_LIST() }
};

static const VMStateDescription vmstate_model = {
	.name = TYPE_AMDGPU_MODEL,
	.version_id = 1,
	.minimum_version_id = 1,
	.pre_save = model_pre_save,
	.post_load = model_post_load,
	.fields =
		(const VMStateField[]){
			VMSTATE_PCI_DEVICE(parent_obj, AmdgpuModel),
			VMSTATE_MSIX(parent_obj, AmdgpuModel),
			VMSTATE_VARRAY_UINT32(regs, AmdgpuModel, num_regs, 0,
					      vmstate_info_uint32, uint32_t),
			VMSTATE_UINT32_2DARRAY(hqd, AmdgpuModel,
					       MODEL_HQD_BANKS, MODEL_HQD_REGS),
			VMSTATE_UINT64(clock, AmdgpuModel),
			VMSTATE_INT32(num_saved, AmdgpuModel),
			VMSTATE_STRUCT_VARRAY_ALLOC(saved, AmdgpuModel,
						    num_saved, 0, vmstate_queue,
						    ModelSavedQueue),
			VMSTATE_END_OF_LIST() }
};

static bool check_vram_size(AmdgpuModel *s, Error **errp)
{
	/* amdgpu_ttm.c keeps 280 MiB of it for itself. */
	if (!is_power_of_2(s->vram_size) || s->vram_size < 1 * GiB ||
	    s->vram_size > 1 * TiB) {
		error_setg(errp,
			   "vram-size is a power of two of 1 GiB or more");
		return false;
	}
	return true;
}

static bool init_bars(AmdgpuModel *s, Error **errp)
{
	PCIDevice *pdev = PCI_DEVICE(s);
	uint8_t mem64 = PCI_BASE_ADDRESS_SPACE_MEMORY |
			PCI_BASE_ADDRESS_MEM_TYPE_64 |
			PCI_BASE_ADDRESS_MEM_PREFETCH;

	if (!memory_region_init_ram(&s->vram, OBJECT(s), "amdgpu-model-vram",
				    s->vram_size, errp)) {
		return false;
	}
	s->vram_ptr = memory_region_get_ram_ptr(&s->vram);
	memory_region_init_io(&s->doorbells, OBJECT(s), &model_doorbell_ops, s,
			      "amdgpu-model-doorbells", MODEL_DOORBELL_SIZE);
	memory_region_init_io(&s->mmio, OBJECT(s), &model_mmio_ops, s,
			      "amdgpu-model-mmio", MODEL_MMIO_SIZE);
	pci_register_bar(pdev, BAR_VRAM, mem64, &s->vram);
	pci_register_bar(pdev, BAR_DOORBELLS, mem64, &s->doorbells);
	pci_register_bar(pdev, BAR_MMIO, PCI_BASE_ADDRESS_SPACE_MEMORY,
			 &s->mmio);
	return true;
}

/*
 * Atomic operations of the GPU are those of this machine's CPU, for which the
 * root port is no obstacle. amdkfd looks for what it says of that, and HIP for
 * what amdkfd says, before kernels may call the host.
 */
static void enable_atomics(PCIDevice *pdev)
{
	PCIDevice *port = pci_get_bus(pdev)->parent_dev;

	if (!port || !pci_is_express(port) ||
	    pcie_cap_get_type(port) != PCI_EXP_TYPE_ROOT_PORT) {
		return;
	}
	pci_long_test_and_set_mask(port->config + port->exp.exp_cap +
					   PCI_EXP_DEVCAP2,
				   PCI_EXP_DEVCAP2_ATOMIC_COMP32 |
					   PCI_EXP_DEVCAP2_ATOMIC_COMP64);
}

static void model_realize(PCIDevice *pdev, Error **errp)
{
	AmdgpuModel *s = AMDGPU_MODEL(pdev);
	pthread_rwlockattr_t attr;

	if (!check_vram_size(s, errp)) {
		return;
	}
	pci_set_word(pdev->config + PCI_SUBSYSTEM_VENDOR_ID, VENDOR_AMD);
	pci_set_word(pdev->config + PCI_SUBSYSTEM_ID, DEVICE_MI300X);
	pci_config_set_interrupt_pin(pdev->config, 1);
	if (pcie_endpoint_cap_init(pdev, PCIE_CAP) < 0) {
		error_setg(errp, "it has to be below a PCIe root port");
		return;
	}
	pcie_cap_flr_init(pdev);
	enable_atomics(pdev);
	/* amdgpu warns if it is missing. */
	pcie_add_capability(pdev, PCI_EXT_CAP_ID_VNDR, 1, PCI_CONFIG_SPACE_SIZE,
			    8);
	if (!init_bars(s, errp) ||
	    msi_init(pdev, MSI_CAP, 1, true, false, errp) ||
	    msix_init_exclusive_bar(pdev, 1, BAR_MSIX, errp)) {
		return;
	}
	msix_vector_use(pdev, 0);
	model_regs_init(s);
	qemu_mutex_init(&s->queue_lock);
	qemu_mutex_init(&s->ih_lock);
	/* Kernels that run for ever do not keep a flush waiting. */
	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr,
				      PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&s->vm_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	QTAILQ_INIT(&s->queues);
	s->by_doorbell = g_hash_table_new(NULL, NULL);
	s->ring_vm = (ModelVm){ .s = s };
	s->sdma_vm = (ModelVm){ .s = s, .sdma = true };
	for (int i = 0; i < 2 * MODEL_VMIDS; i++) {
		s->ib_vm[i / MODEL_VMIDS][i % MODEL_VMIDS] = (ModelVm){
			.s = s,
			.vmid = i % MODEL_VMIDS,
			.sdma = i / MODEL_VMIDS,
		};
	}
	s->irq_bh = qemu_bh_new_guarded(model_ih_bh, s,
					&DEVICE(s)->mem_reentrancy_guard);
	if (softgpu_create(&model_vm_ops, 1, &s->fw) ||
	    softgpu_create(&model_vm_ops, 0, &s->gpu)) {
		error_setg(errp, "no threads");
		return;
	}
	s->running = true;
	if (!runstate_is_running()) {
		model_queues_stop(s);
	}
	s->vm_state = qemu_add_vm_change_state_handler(state_changed, s);
}

static void model_exit(PCIDevice *pdev)
{
	AmdgpuModel *s = AMDGPU_MODEL(pdev);

	qemu_del_vm_change_state_handler(s->vm_state);
	unmap_all(s);
	softgpu_destroy(s->fw);
	softgpu_destroy(s->gpu);
	qemu_bh_delete(s->irq_bh);
	g_hash_table_destroy(s->by_doorbell);
	pthread_rwlock_destroy(&s->vm_lock);
	qemu_mutex_destroy(&s->ih_lock);
	qemu_mutex_destroy(&s->queue_lock);
	model_regs_cleanup(s);
	g_free(s->saved);
	msix_uninit_exclusive_bar(pdev);
	msi_uninit(pdev);
	pcie_cap_exit(pdev);
}

static bool is_master(PCIDevice *pdev)
{
	return pci_get_word(pdev->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

/*
 * The driver lets the security processor reset the GPU, and without one does
 * no more than to disable bus mastering (amdgpu_device_mode1_reset()). So this
 * is what ends all queues.
 */
static void model_config_write(PCIDevice *pdev, uint32_t addr, uint32_t value,
			       int len)
{
	bool was_master = is_master(pdev);

	pci_default_write_config(pdev, addr, value, len);
	if (was_master && !is_master(pdev)) {
		unmap_all(AMDGPU_MODEL(pdev));
	}
	pcie_cap_flr_write_config(pdev, addr, value, len);
}

static const Property model_properties[] = {
	DEFINE_PROP_SIZE("vram-size", AmdgpuModel, vram_size, 2 * GiB),
	DEFINE_PROP_BOOL("strict", AmdgpuModel, strict, false),
};

static void model_class_init(ObjectClass *klass, void *data)
{
	DeviceClass *dc = DEVICE_CLASS(klass);
	PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

	pc->realize = model_realize;
	pc->exit = model_exit;
	pc->config_write = model_config_write;
	pc->vendor_id = VENDOR_AMD;
	pc->device_id = DEVICE_MI300X;
	pc->class_id = CLASS_ACCELERATOR;
	dc->desc = "software MI300X partition for tests of amdgpu";
	dc->vmsd = &vmstate_model;
	device_class_set_legacy_reset(dc, model_reset);
	device_class_set_props(dc, model_properties);
	set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo model_info = {
	.name = TYPE_AMDGPU_MODEL,
	.parent = TYPE_PCI_DEVICE,
	.instance_size = sizeof(AmdgpuModel),
	.class_init = model_class_init,
	.interfaces = (InterfaceInfo[]){ { INTERFACE_PCIE_DEVICE }, {} },
};

static void model_register_types(void)
{
	type_register_static(&model_info);
}

type_init(model_register_types)
