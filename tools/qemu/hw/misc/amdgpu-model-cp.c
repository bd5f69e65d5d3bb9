/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command processor of amdgpu-model-pci.
 *
 * What lives here: hardware queue descriptors, by register and from an MQD, and
 * the packets of the kernel interface queue (KIQ). What does not: those of the
 * scheduler's queue (amdgpu-model-hws.c), what is no business of the firmware
 * (tools/softgpu).
 *
 * Source: gfx_v9_4_3.c, soc15d.h, kfd_mqd_manager_v9.c, v9_structs.h of Linux
 * 7.3.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "amdgpu-model.h"
#include "trace.h"

enum {
	INVALIDATE_TLBS = 0x98,
	SET_RESOURCES = 0xa0,
	MAP_QUEUES = 0xa2,
	UNMAP_QUEUES = 0xa3,
	QUERY_STATUS = 0xa4,
};

enum { ENGINE_COMPUTE, ENGINE_HIQ };

#define GRBM_GFX_CNTL (MODEL_BASE_GC + 0x22)
#define NO_SLOT 0xff

/* As GRBM_GFX_CNTL says, and as in ModelQueue.slot */
static unsigned int selected_bank(AmdgpuModel *s)
{
	uint32_t select = model_reg(s, GRBM_GFX_CNTL);

	return extract32(select, 0, 4) | extract32(select, 8, 3) << 4;
}

static ModelQueue *queue_of_slot(AmdgpuModel *s, uint32_t slot)
{
	ModelQueue *queue;

	qemu_mutex_lock(&s->queue_lock);
	QTAILQ_FOREACH(queue, &s->queues, next) {
		if (queue->kind == MODEL_QUEUE_RING && queue->slot == slot) {
			break;
		}
	}
	qemu_mutex_unlock(&s->queue_lock);
	return queue;
}

/**
 * model_hqd_map - map a compute queue
 * @s: the device
 * @template: kind, vm, doorbell, mqd and slot; wptr_va of params
 * @hqd: registers
 * @state: state to go on from, or NULL
 *
 * Return: 0 or a negative errno
 */
int model_hqd_map(AmdgpuModel *s, const ModelQueue *template,
		  const uint32_t *hqd, const void *state)
{
	ModelQueue queue = *template;
	struct softgpu_queue_params *params = &queue.params;

	*params = (struct softgpu_queue_params){
		.type = hqd[HQD_AQL_CONTROL] & 1 ? SOFTGPU_QUEUE_AQL
						 : SOFTGPU_QUEUE_PM4,
		.flags = queue.kind == MODEL_QUEUE_RING ? SOFTGPU_QUEUE_KERNEL
							: 0,
		.ring_va =
			((uint64_t)hqd[HQD_PQ_BASE_HI] << 32 | hqd[HQD_PQ_BASE])
			<< 8,
		.ring_size = 8ULL << extract32(hqd[HQD_PQ_CONTROL], 0, 6),
		.rptr_va = (uint64_t)hqd[HQD_RPTR_ADDR_HI] << 32 |
			   hqd[HQD_RPTR_ADDR],
		.wptr_va = template->params.wptr_va,
		.priority = MIN(hqd[HQD_PIPE_PRIORITY] * 7, 15),
		.percent = 100,
	};
	return model_queue_map(s, &queue, state);
}

/*
 * A queue that the driver describes in registers: KIQ. Polling of the write
 * pointer in memory, where a value of before a reset may be, is off for it.
 */
static void activate(AmdgpuModel *s, unsigned int bank)
{
	const uint32_t *hqd = s->hqd[bank];
	ModelQueue template = {
		.kind = MODEL_QUEUE_RING,
		.vm = &s->ring_vm,
		.slot = bank,
		.doorbell = HQD_DOORBELL_OFFSET(hqd[HQD_DOORBELL]),
	};

	model_hqd_map(s, &template, hqd, NULL);
}

static void model_cp_unmap_slot(AmdgpuModel *s, uint32_t slot)
{
	ModelQueue *queue = queue_of_slot(s, slot);

	if (queue) {
		model_queue_unmap(queue, NULL);
	}
	s->hqd[slot][HQD_ACTIVE] = 0;
}

uint32_t model_hqd_read(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	return s->hqd[selected_bank(s)][reg - MODEL_HQD_FIRST];
}

void model_hqd_write(AmdgpuModel *s, uint32_t reg, uint32_t value)
{
	unsigned int bank = selected_bank(s);
	uint32_t *hqd = s->hqd[bank];
	uint32_t index = reg - MODEL_HQD_FIRST;
	bool was_active = hqd[HQD_ACTIVE] & 1;

	hqd[index] = value;
	if (index == HQD_ACTIVE && !was_active && value & 1) {
		activate(s, bank);
	} else if ((index == HQD_ACTIVE && was_active && !(value & 1)) ||
		   (index == HQD_DEQUEUE && value)) {
		model_cp_unmap_slot(s, bank);
	}
}

static int map_queue(AmdgpuModel *s, const uint32_t *w)
{
	uint64_t mqd = w[3] | (uint64_t)w[4] << 32;
	uint32_t slot = extract32(w[1], 16, 2) |
			(1 + extract32(w[1], 18, 1)) << 2 |
			extract32(w[1], 13, 3) << 4;
	ModelQueue template = {
		.kind = MODEL_QUEUE_RING,
		.vm = &s->ring_vm,
		.slot = slot,
		.mqd = mqd,
		.doorbell = HQD_DOORBELL_OFFSET(w[2]),
		.params.wptr_va = w[5] | (uint64_t)w[6] << 32,
	};
	unsigned int engine = extract32(w[1], 26, 3);

	if (engine != ENGINE_COMPUTE && engine != ENGINE_HIQ) {
		return -EINVAL;
	}
	template.hiq = engine == ENGINE_HIQ;
	if (!model_vm_rw(&s->ring_vm, mqd + MODEL_MQD_HQD * 4, s->hqd[slot],
			 sizeof(s->hqd[slot]), false)) {
		return -EINVAL;
	}
	s->hqd[slot][HQD_ACTIVE] = 1;
	return model_hqd_map(s, &template, s->hqd[slot], NULL);
}

static int unmap_queue(AmdgpuModel *s, const uint32_t *w)
{
	ModelQueue *queue;

	/* One queue, by its doorbell; its state is lost, as rings start anew. */
	if (extract32(w[1], 4, 2)) {
		return -EINVAL;
	}
	queue = model_queue_find(s, MODEL_QUEUE_RING,
				 HQD_DOORBELL_OFFSET(w[2]));
	if (queue) {
		s->hqd[queue->slot][HQD_ACTIVE] = 0;
		model_queue_unmap(queue, NULL);
	}
	return 0;
}

static int query_status(AmdgpuModel *s, const uint32_t *w)
{
	uint32_t data[2] = { cpu_to_le32(w[5]), cpu_to_le32(w[6]) };

	/* All that came before is done. */
	if (!extract32(w[1], 30, 2)) {
		return -EINVAL;
	}
	return model_vm_rw(&s->ring_vm, w[3] | (uint64_t)w[4] << 32, data,
			   sizeof(data), true)
		       ? 0
		       : -EINVAL;
}

/* softgpu_vm_ops.privileged */
int model_cp_packet(void *vm, void *owner, const uint32_t *words, uint32_t num)
{
	ModelQueue *queue = owner;
	AmdgpuModel *s = queue->s;
	unsigned int opcode = extract32(words[0], 8, 8);

	trace_amdgpu_model_packet(queue->doorbell, opcode, num, words[1],
				  num > 2 ? words[2] : 0,
				  num > 3 ? words[3] : 0);
	switch (opcode) {
	case INVALIDATE_TLBS:
		model_vm_flush(s);
		return 0;
	case QUERY_STATUS:
		return num < 7 ? -EINVAL : query_status(s, words);
	}
	if (queue->hiq) {
		return model_hws_packet(queue, words, num);
	}
	switch (opcode) {
	case SET_RESOURCES:
		return 0;
	case MAP_QUEUES:
		return num < 7 ? -EINVAL : map_queue(s, words);
	case UNMAP_QUEUES:
		return num < 6 ? -EINVAL : unmap_queue(s, words);
	default:
		return -EINVAL;
	}
}
