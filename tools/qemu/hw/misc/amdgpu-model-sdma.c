/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SDMA of amdgpu-model-pci, by its registers.
 *
 * What lives here: each engine's two rings of the driver. What does not: users'
 * queues (amdgpu-model-hws.c), packets (tools/softgpu).
 *
 * Source: sdma_v4_4_2.c of Linux 7.3.
 */
#include "qemu/osdep.h"
#include "amdgpu-model.h"

/* Registers of a ring, from its RB_CNTL on */
enum {
	RB_CNTL = 0,
	RB_BASE,
	RB_BASE_HI,
	RB_RPTR,
	RB_RPTR_HI,
	RPTR_ADDR_HI = 8,
	RPTR_ADDR_LO,
	DOORBELL = 0x12,
	DOORBELL_OFFSET = 0x2b,
	WPTR_ADDR_HI = 0x32,
	WPTR_ADDR_LO,
};

#define GFX_RING 0x80
#define PAGE_RING 0xd8
#define ENGINE_SPAN (MODEL_BASE_SDMA1 - MODEL_BASE_SDMA0)
#define CNTL_ENABLE BIT(0)

/* Which ring a register is of; also its RB_CNTL */
static uint32_t ring_slot(uint32_t reg, uint32_t *base)
{
	unsigned int engine = (reg - MODEL_BASE_SDMA0) / ENGINE_SPAN;
	uint32_t first = MODEL_BASE_SDMA0 + engine * ENGINE_SPAN;
	unsigned int ring = reg >= first + PAGE_RING;

	*base = first + (ring ? PAGE_RING : GFX_RING);
	return engine | ring << 4;
}

static ModelQueue *queue_of(AmdgpuModel *s, uint32_t slot)
{
	ModelQueue *queue;

	qemu_mutex_lock(&s->queue_lock);
	QTAILQ_FOREACH(queue, &s->queues, next) {
		if (queue->kind == MODEL_QUEUE_SDMA_RING &&
		    queue->slot == slot) {
			break;
		}
	}
	qemu_mutex_unlock(&s->queue_lock);
	return queue;
}

/* A ring that is enabled again begins where its read pointer says. */
void model_sdma_cntl(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	uint32_t base;
	uint32_t slot = ring_slot(reg, &base);
	ModelQueue *queue = queue_of(s, slot);
	ModelQueue template = {
		.kind = MODEL_QUEUE_SDMA_RING, .vm = &s->sdma_vm, .slot = slot,
		.doorbell = extract32(model_reg(s, base + DOORBELL_OFFSET), 2, 26),
		.params = {
			.type = SOFTGPU_QUEUE_SDMA,
			.flags = SOFTGPU_QUEUE_KERNEL,
			.percent = 100,
			.priority = 15,
			.ring_va = model_reg64(s, base + RB_BASE,
					       base + RB_BASE_HI) << 8,
			.ring_size = 4ULL << extract32(value, 1, 6),
			.rptr_va = model_reg64(s, base + RPTR_ADDR_LO,
					       base + RPTR_ADDR_HI),
			.wptr_va = model_reg64(s, base + WPTR_ADDR_LO,
					       base + WPTR_ADDR_HI),
			.start = model_reg64(s, base + RB_RPTR, base + RB_RPTR_HI),
		},
	};

	if (value & CNTL_ENABLE) {
		if (!queue) {
			model_queue_map(s, &template, NULL);
		}
	} else if (queue) {
		model_queue_unmap(queue, NULL);
	}
}

/* The read pointer, of a ring that runs */
uint32_t model_sdma_rptr(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	uint32_t base;
	ModelQueue *queue = queue_of(s, ring_slot(reg, &base));
	struct softgpu_queue_stats stats;

	if (!queue || !queue->exec) {
		return value;
	}
	softgpu_queue_stats(queue->exec, &stats);
	return reg == base + RB_RPTR ? stats.rptr : stats.rptr >> 32;
}
