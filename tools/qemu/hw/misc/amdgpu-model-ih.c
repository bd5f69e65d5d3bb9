/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Interrupts of amdgpu-model-pci.
 *
 * What lives here: the first interrupt ring and the message. What does not:
 * what an interrupt is about. The other two rings are for faults that are
 * tried again, of which there are none.
 *
 * Source: vega20_ih.c and amdgpu_ih.c of Linux 7.3.
 */
#include "qemu/osdep.h"
#include "hw/pci/msi.h"
#include "hw/pci/msix.h"
#include "qemu/main-loop.h"
#include "amdgpu-model.h"
#include "trace.h"

enum {
	IH_RB_CNTL = 0x1120,
	IH_RB_BASE,
	IH_RB_BASE_HI,
	IH_RB_RPTR,
	IH_RB_WPTR,
	IH_RB_WPTR_ADDR_HI,
	IH_RB_WPTR_ADDR_LO,
	IH_DOORBELL_RPTR,
};

#define CNTL_ENABLE BIT(0)
#define CNTL_SIZE(_cntl) (4ULL << extract32(_cntl, 1, 5))
#define CNTL_WRITEBACK BIT(8)
#define CNTL_INTR BIT(17)
#define CNTL_SPACE(_cntl) extract32(_cntl, 28, 3)
#define CNTL_CLEAR_OVERFLOW BIT(31)
#define SPACE_GPU 4
#define WPTR_OVERFLOW BIT(0)
#define DOORBELL_ENABLE BIT(28)

#define ENTRY_DWORDS 8
#define ENTRY_SIZE (ENTRY_DWORDS * 4)

/* To where IH_RB_CNTL says that addresses are: GPU memory, or the bus's */
static void ih_write(AmdgpuModel *s, uint64_t addr, const void *buf,
		     uint64_t len)
{
	if (CNTL_SPACE(model_reg(s, IH_RB_CNTL)) == SPACE_GPU) {
		model_vm_rw(&s->ring_vm, addr, (void *)buf, len, true);
	} else {
		model_bus_write(s, addr, buf, len);
	}
}

static void put_entry(AmdgpuModel *s, const ModelIrq *irq)
{
	uint32_t cntl = model_reg(s, IH_RB_CNTL);
	uint64_t base = (model_reg64(s, IH_RB_BASE, IH_RB_BASE_HI) &
			 MAKE_64BIT_MASK(0, 40))
			<< 8;
	uint64_t mask = CNTL_SIZE(cntl) - 1;
	uint64_t now = softgpu_clock();
	uint32_t wptr = model_reg(s, IH_RB_WPTR);
	uint32_t next = ((wptr & ~WPTR_OVERFLOW) + ENTRY_SIZE) & mask;
	uint32_t entry[ENTRY_DWORDS] = {
		cpu_to_le32(irq->client | irq->source << 8 | irq->ring << 16 |
			    (uint32_t)irq->vmid << 24 |
			    (uint32_t)irq->mmhub << 31),
		cpu_to_le32(now),
		cpu_to_le32(now >> 32 & 0xffff),
		cpu_to_le32(irq->pasid | irq->node << 16),
		cpu_to_le32(irq->data[0]),
		cpu_to_le32(irq->data[1]),
		cpu_to_le32(irq->data[2]),
		cpu_to_le32(irq->data[3]),
	};

	if (next == (model_reg(s, IH_RB_RPTR) & mask)) {
		next = wptr | WPTR_OVERFLOW;
		trace_amdgpu_model_ih_full();
	} else {
		ih_write(s, base + (wptr & mask & ~WPTR_OVERFLOW), entry,
			 sizeof(entry));
	}
	qatomic_set(&s->regs[IH_RB_WPTR], next);
	if (cntl & CNTL_WRITEBACK) {
		uint64_t addr =
			model_reg(s, IH_RB_WPTR_ADDR_LO) |
			(uint64_t)(model_reg(s, IH_RB_WPTR_ADDR_HI) & 0xffff)
				<< 32;

		/* Who sees the pointer is to see the entry. */
		smp_wmb();
		next = cpu_to_le32(next);
		ih_write(s, addr, &next, sizeof(next));
	}
}

/**
 * model_irq - tell the driver something
 * @s: the device
 * @irq: what
 *
 * Called by any thread. Lost if the ring is not enabled, or full; the driver
 * sees the latter.
 */
void model_irq(AmdgpuModel *s, const ModelIrq *irq)
{
	trace_amdgpu_model_irq(irq->client, irq->source, irq->ring, irq->vmid,
			       irq->pasid, irq->data[0]);
	qemu_mutex_lock(&s->ih_lock);
	if (model_reg(s, IH_RB_CNTL) & CNTL_ENABLE) {
		put_entry(s, irq);
	}
	qemu_mutex_unlock(&s->ih_lock);
	qemu_bh_schedule(s->irq_bh);
}

/* With the BQL: the message, while there is anything to be read */
void model_ih_bh(void *opaque)
{
	AmdgpuModel *s = opaque;
	PCIDevice *pdev = PCI_DEVICE(s);

	if (!(model_reg(s, IH_RB_CNTL) & CNTL_INTR) ||
	    model_reg(s, IH_RB_WPTR) == model_reg(s, IH_RB_RPTR)) {
		return;
	}
	if (msix_enabled(pdev)) {
		msix_notify(pdev, 0);
	} else if (msi_enabled(pdev)) {
		msi_notify(pdev, 0);
	}
}

/* The driver has read up to there; what came meanwhile is told again. */
void model_ih_rptr(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	qemu_bh_schedule(s->irq_bh);
}

void model_ih_cntl(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	if (value & CNTL_CLEAR_OVERFLOW) {
		qatomic_and(&s->regs[IH_RB_WPTR], ~WPTR_OVERFLOW);
	}
}

/* Whether the doorbell is the one that carries the read pointer */
bool model_ih_doorbell(AmdgpuModel *s, uint32_t doorbell, uint64_t value)
{
	uint32_t control = model_reg(s, IH_DOORBELL_RPTR);

	if (!(control & DOORBELL_ENABLE) ||
	    extract32(control, 0, 26) != doorbell) {
		return false;
	}
	model_reg_write(s, IH_RB_RPTR, value);
	return true;
}
