/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GPU memory of amdgpu-model-pci.
 *
 * What lives here: address spaces and their page tables, access to VRAM and to
 * the machine's memory, invalidation, faults. What does not: who accesses.
 *
 * Nothing caches a translation, so an invalidation only waits for accesses
 * that began before it. An access to the machine's memory goes to RAM directly;
 * device memory of others cannot be reached, which is a fault.
 *
 * Source: gmc_v9_0.c (formats, gmc_v9_0_get_vm_pde()), gfxhub_v1_2.c,
 * mmhub_v1_8.c, kfd_events.c (kfd_signal_vm_fault_event()) of Linux 7.3.
 */
#include "qemu/osdep.h"
#include "qemu/rcu.h"
#include "amdgpu-model.h"
#include "trace.h"

#define ENTRY_VALID BIT_ULL(0)
#define ENTRY_SYSTEM BIT_ULL(1)
#define ENTRY_EXEC BIT_ULL(4)
#define ENTRY_READ BIT_ULL(5)
#define ENTRY_WRITE BIT_ULL(6)
/* A directory's entry that is a page; in PDB0 it is the lack of the next bit */
#define ENTRY_PAGE BIT_ULL(54)
#define ENTRY_FURTHER BIT_ULL(56)
#define ENTRY_ADDR 0x0000fffffffff000ULL
#define ENTRY_TABLE 0x0000ffffffffffc0ULL

#define VA_BITS 48
#define LEVELS 4
#define LEVEL_BITS 9

enum {
	GC_FAULT_STATUS = MODEL_BASE_GC + 0x82b,
	MMHUB_FAULT_STATUS = MODEL_BASE_MMHUB + 0xb6b,
	GC_FAULT_CNTL = MODEL_BASE_GC + 0x827,
	CONTEXT0_BASE_LO = MODEL_BASE_GC + 0x8cb,
	CONTEXT0_BASE_HI,
	CONTEXT0_START_LO = MODEL_BASE_GC + 0x8eb,
	CONTEXT0_START_HI,
	CONTEXT0_END_LO = MODEL_BASE_GC + 0x90b,
	CONTEXT0_END_HI,
	MMHUB_CONTEXT0_BASE_LO = MODEL_BASE_MMHUB + 0xc0b,
	IH_VMID_0_LUT = MODEL_BASE_OSSSYS,
	IH_VMID_0_LUT_MM = MODEL_BASE_OSSSYS + 0x10,
	FB_BASE = MODEL_BASE_GC + 0x95c,
	AGP_TOP = MODEL_BASE_GC + 0x95e,
	AGP_BOT,
	AGP_BASE,
};

#define FB_UNIT_BITS 24
/* From an ACK register to the REQ of the same engine */
#define REQ_BEFORE_ACK 18

#define FAULT_STATUS_VMID_SHIFT 20
#define FAULT_STATUS_RW BIT(18)
#define FAULT_STATUS_PERMISSION (1 << 4)
#define FAULT_STATUS_MAPPING BIT(8)
#define FAULT_DATA_WRITE 0x20
#define FAULT_DATA_READ 0x40
/* What KFD reads from the ring's number */
#define FAULT_RING_NOT_PRESENT 0x08
#define FAULT_RING_WRITE 0x20

/* Threads that are not QEMU's own are known to RCU from their first access. */
static pthread_key_t rcu_thread_key;

static void rcu_thread_end(void *unused)
{
	rcu_unregister_thread();
}

static void __attribute__((constructor)) rcu_thread_init(void)
{
	pthread_key_create(&rcu_thread_key, rcu_thread_end);
}

static __thread bool thread_known;

static void know_thread(void)
{
	if (!thread_known) {
		thread_known = true;
		if (!bql_locked()) {
			rcu_register_thread();
			pthread_setspecific(rcu_thread_key, &rcu_thread_key);
		}
	}
}

void model_vm_lock(void *opaque)
{
	ModelVm *vm = opaque;

	know_thread();
	rcu_read_lock();
	pthread_rwlock_rdlock(&vm->s->vm_lock);
}

void model_vm_unlock(void *opaque)
{
	ModelVm *vm = opaque;

	pthread_rwlock_unlock(&vm->s->vm_lock);
	rcu_read_unlock();
}

/* Returns when no access is under way that began before. */
void model_vm_flush(AmdgpuModel *s)
{
	pthread_rwlock_wrlock(&s->vm_lock);
	pthread_rwlock_unlock(&s->vm_lock);
}

/* Host address of physical memory; *len is shortened to what is in a piece. */
static void *physical(AmdgpuModel *s, bool system, uint64_t addr, uint64_t *len,
		      bool write)
{
	AddressSpace *as = pci_get_address_space(PCI_DEVICE(s));
	MemoryRegion *mr;
	hwaddr offset, plen = *len;

	if (!system) {
		if (addr >= s->vram_size) {
			return NULL;
		}
		*len = MIN(*len, s->vram_size - addr);
		if (write) {
			memory_region_set_dirty(&s->vram, addr, *len);
		}
		return s->vram_ptr + addr;
	}
	mr = address_space_translate(as, addr, &offset, &plen, write,
				     MEMTXATTRS_UNSPECIFIED);
	if (!memory_region_is_ram(mr) || (write && mr->readonly)) {
		return NULL;
	}
	*len = plen;
	if (write) {
		memory_region_set_dirty(mr, offset, plen);
	}
	return (uint8_t *)memory_region_get_ram_ptr(mr) + offset;
}

static bool read_entry(AmdgpuModel *s, bool system, uint64_t addr,
		       uint64_t *entry)
{
	uint64_t len = sizeof(*entry);
	uint64_t *ptr = physical(s, system, addr, &len, false);

	if (!ptr || len < sizeof(*entry)) {
		return false;
	}
	*entry = qatomic_read(ptr);
	return true;
}

/* The entry of the page of @va, and the page's size */
static bool walk(ModelVm *vm, uint64_t va, uint64_t *entry, uint64_t *size)
{
	uint64_t e = qatomic_read(&vm->root);
	int level;

	if (!(e & ENTRY_VALID)) {
		return false;
	}
	for (level = LEVELS - 1; level >= 0; level--) {
		unsigned int shift = 12 + level * LEVEL_BITS;
		uint64_t index = va >> shift & (BIT_ULL(LEVEL_BITS) - 1);

		if (!read_entry(vm->s, e & ENTRY_SYSTEM,
				(e & ENTRY_TABLE) + index * 8, &e) ||
		    !(e & ENTRY_VALID)) {
			return false;
		}
		if (!level || (level == 1 && !(e & ENTRY_FURTHER)) ||
		    (level > 1 && e & ENTRY_PAGE)) {
			*entry = e;
			*size = BIT_ULL(shift);
			return true;
		}
	}
	return false;
}

/* VMID 0: VRAM and the AGP aperture as they are, a flat table for the rest */
static bool walk_vmid0(AmdgpuModel *s, uint64_t va, uint64_t *entry,
		       uint64_t *size)
{
	uint64_t fb = (uint64_t)model_reg(s, FB_BASE) << FB_UNIT_BITS;
	uint64_t agp_bot = (uint64_t)model_reg(s, AGP_BOT) << FB_UNIT_BITS;
	uint64_t agp_top = ((uint64_t)model_reg(s, AGP_TOP) + 1)
			   << FB_UNIT_BITS;
	uint64_t start = model_reg64(s, CONTEXT0_START_LO, CONTEXT0_START_HI)
			 << 12;
	uint64_t end = (model_reg64(s, CONTEXT0_END_LO, CONTEXT0_END_HI) + 1)
		       << 12;
	uint64_t base = model_reg64(s, CONTEXT0_BASE_LO, CONTEXT0_BASE_HI);
	uint64_t all = ENTRY_VALID | ENTRY_READ | ENTRY_WRITE | ENTRY_EXEC;

	if (va >= fb && va - fb < s->vram_size) {
		*entry = ((va - fb) & ENTRY_ADDR) | all;
	} else if (va >= agp_bot && va < agp_top) {
		*entry = ((va - agp_bot +
			   ((uint64_t)model_reg(s, AGP_BASE) << FB_UNIT_BITS)) &
			  ENTRY_ADDR) |
			 all | ENTRY_SYSTEM;
	} else if (va < start || va >= end ||
		   !read_entry(s, base & ENTRY_SYSTEM,
			       (base & ENTRY_ADDR) + (va - start) / 4096 * 8,
			       entry) ||
		   !(*entry & ENTRY_VALID)) {
		return false;
	}
	*size = 4096;
	return true;
}

/* As softgpu_vm_ops.translate */
void *model_vm_translate(void *opaque, uint64_t va, uint64_t *len,
			 unsigned int access, struct softgpu_fault *fault)
{
	ModelVm *vm = opaque;
	uint64_t entry, size;
	bool found;
	void *ptr;

	*fault = (struct softgpu_fault){ .va = va, .access = access };
	va &= BIT_ULL(VA_BITS) - 1;
	found = vm->vmid ? walk(vm, va, &entry, &size)
			 : walk_vmid0(vm->s, va, &entry, &size);
	if (!found) {
		return NULL;
	}
	if ((access & SOFTGPU_READ && !(entry & ENTRY_READ)) ||
	    (access & SOFTGPU_WRITE && !(entry & ENTRY_WRITE)) ||
	    (access & SOFTGPU_EXEC && !(entry & ENTRY_EXEC))) {
		fault->mapped = true;
		return NULL;
	}
	*len = MIN(*len, size - (va & (size - 1)));
	/* A large page may begin at any small one, if memory is contiguous. */
	ptr = physical(vm->s, entry & ENTRY_SYSTEM,
		       (entry & ENTRY_ADDR) + (va & (size - 1)), len,
		       access & SOFTGPU_WRITE);
	return ptr;
}

/* Reads or writes, with a fault only as the result. */
bool model_vm_rw(ModelVm *vm, uint64_t va, void *buf, uint64_t len, bool write)
{
	struct softgpu_fault fault;
	uint8_t *bytes = buf;
	bool ok = true;

	model_vm_lock(vm);
	while (ok && len) {
		uint64_t now = len;
		void *ptr =
			model_vm_translate(vm, va, &now,
					   write ? SOFTGPU_WRITE : SOFTGPU_READ,
					   &fault);

		ok = ptr;
		if (ok) {
			memcpy(write ? ptr : bytes, write ? bytes : ptr, now);
			bytes += now;
			va += now;
			len -= now;
		}
	}
	model_vm_unlock(vm);
	if (!ok) {
		trace_amdgpu_model_bad_access(vm->vmid, va, write);
	}
	return ok;
}

/* To the machine's memory, if it is RAM that the device may reach */
void model_bus_write(AmdgpuModel *s, uint64_t addr, const void *buf,
		     uint64_t len)
{
	uint64_t now = len;
	void *ptr;

	model_vm_lock(&s->ring_vm);
	ptr = physical(s, true, addr, &now, true);
	if (ptr && now == len) {
		memcpy(ptr, buf, len);
	} else {
		trace_amdgpu_model_bad_access(0, addr, true);
	}
	model_vm_unlock(&s->ring_vm);
}

/* As softgpu_vm_ops.ib_vm: what the registers of the ring's hub say now */
void *model_ib_vm(void *opaque, void *owner, unsigned int vmid)
{
	const ModelVm *ring = opaque;
	AmdgpuModel *s = ring->s;
	uint32_t base =
		(ring->sdma ? MMHUB_CONTEXT0_BASE_LO : CONTEXT0_BASE_LO) +
		2 * vmid;
	uint32_t lut = ring->sdma ? IH_VMID_0_LUT_MM : IH_VMID_0_LUT;
	ModelVm *vm = &s->ib_vm[ring->sdma][vmid];

	qatomic_set(&vm->root, model_reg64(s, base, base + 1));
	qatomic_set(&vm->pasid, model_reg(s, lut + vmid));
	return vm;
}

/* As softgpu_vm_ops.fault */
void model_vm_fault(void *opaque, void *owner,
		    const struct softgpu_fault *fault)
{
	ModelVm *vm = opaque;
	AmdgpuModel *s = vm->s;
	bool write = fault->access & SOFTGPU_WRITE;
	uint32_t status = (uint32_t)vm->vmid << FAULT_STATUS_VMID_SHIFT;
	ModelIrq irq = {
		.client = vm->sdma ? MODEL_CLIENT_VMC : MODEL_CLIENT_UTCL2,
		.source = MODEL_SRC_FAULT,
		.vmid = vm->vmid,
		.mmhub = vm->sdma,
		.pasid = vm->pasid,
		.node = vm->sdma ? MODEL_NODE_AID : MODEL_NODE_XCD,
		.data = {
			fault->va >> 12,
			(fault->va >> 44 & 0xf) |
			(write ? FAULT_DATA_WRITE : FAULT_DATA_READ),
		},
	};

	trace_amdgpu_model_fault(vm->vmid, vm->pasid, fault->va, fault->access,
				 fault->mapped);
	if (!fault->mapped) {
		irq.ring = FAULT_RING_NOT_PRESENT;
		status |= FAULT_STATUS_MAPPING;
	} else if (write) {
		irq.ring = FAULT_RING_WRITE;
	}
	status |= FAULT_STATUS_PERMISSION | (write ? FAULT_STATUS_RW : 0);
	/* The first one stays until the driver has read it. */
	qatomic_cmpxchg(
		&s->regs[vm->sdma ? MMHUB_FAULT_STATUS : GC_FAULT_STATUS], 0,
		status);
	model_irq(s, &irq);
}

/* Bit 0 clears the status. */
void model_fault_cntl(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	if (value & 1) {
		qatomic_set(&s->regs[reg == GC_FAULT_CNTL ? GC_FAULT_STATUS
							  : MMHUB_FAULT_STATUS],
			    0);
	}
}

void model_invalidate_req(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	trace_amdgpu_model_invalidate(value & 0xffff);
	model_vm_flush(s);
}

/* A write to REQ returns when it is done. */
uint32_t model_invalidate_ack(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	return model_reg(s, reg - REQ_BEFORE_ACK) & 0xffff;
}

uint32_t model_fb_top(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	return MODEL_FB_BASE + (s->vram_size >> FB_UNIT_BITS) - 1;
}
