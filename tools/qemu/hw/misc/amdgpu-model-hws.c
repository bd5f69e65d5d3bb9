/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hardware scheduler of amdgpu-model-pci: packets of amdkfd's queue (HIQ).
 *
 * What lives here: run lists of processes and their queues, and their
 * preemption. What does not: the queues themselves (amdgpu-model-queue.c).
 *
 * Hardware has as many slots for queues as it has, and takes turns. Here every
 * queue of the run list runs at a time, and processes share VMIDs if there are
 * more of them: a VMID is only what interrupts name, address spaces are those
 * of the processes. So a run list that is chained to itself is executed once.
 *
 * A preempted queue's state is in its MQD, where it is reserved; amdkfd clears
 * the MQD when it makes a queue, so there is none then.
 *
 * Source: kfd_pm4_headers_ai.h, kfd_packet_manager_v9.c, v9_structs.h of
 * Linux 7.3.
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "amdgpu-model.h"
#include "trace.h"

enum {
	NOP = 0x10,
	SET_RESOURCES = 0xa0,
	MAP_PROCESS = 0xa1,
	MAP_QUEUES = 0xa2,
	UNMAP_QUEUES = 0xa3,
	RUN_LIST = 0xa5,
};

enum { PREEMPT, RESET, DISABLE };
enum { SEL_DOORBELL, SEL_PASID, SEL_ALL, SEL_NON_STATIC };
enum { ENGINE_SDMA0 = 2, ENGINE_SDMA1 = 3 };
enum { EXTENDED_LEGACY, EXTENDED_SDMA0_TO_7 };

/* struct v9_sdma_mqd */
enum {
	SDMA_RB_CNTL = 0,
	SDMA_RB_BASE,
	SDMA_RB_BASE_HI,
	SDMA_RPTR_ADDR_HI = 8,
	SDMA_RPTR_ADDR_LO,
};

/* Where users' queues seem to be: the engine that the driver's rings leave. */
#define USER_SLOT (2 << 2)
/* SDMA's interrupts of users' queues are neither of its rings'. */
#define USER_SDMA_RING 4

static bool is_user(const ModelQueue *queue)
{
	return queue->kind == MODEL_QUEUE_USER ||
	       queue->kind == MODEL_QUEUE_SDMA_USER;
}

static uint64_t state_addr(const ModelQueue *queue)
{
	return queue->mqd + 4 * (queue->kind == MODEL_QUEUE_SDMA_USER
					 ? MODEL_SDMA_MQD_STATE
					 : MODEL_MQD_STATE);
}

/* An SDMA engine's MQD is small; the rest of its state is zero. */
static unsigned int state_size(const ModelQueue *queue)
{
	return queue->kind == MODEL_QUEUE_SDMA_USER ? SOFTGPU_SDMA_STATE_SIZE
						    : SOFTGPU_STATE_SIZE;
}

static void preempt(ModelQueue *queue, unsigned int action)
{
	AmdgpuModel *s = queue->s;
	uint8_t state[SOFTGPU_STATE_SIZE];
	uint64_t addr = state_addr(queue);
	unsigned int size = state_size(queue);

	if (action == RESET) {
		model_queue_unmap(queue, NULL);
		return;
	}
	model_queue_unmap(queue, state);
	model_vm_rw(&s->ring_vm, addr, state, size, true);
}

/* The first user's queue that is meant, until there is none */
static ModelQueue *selected(AmdgpuModel *s, unsigned int sel, const uint32_t *w)
{
	ModelQueue *queue;

	qemu_mutex_lock(&s->queue_lock);
	QTAILQ_FOREACH(queue, &s->queues, next) {
		if (!is_user(queue)) {
			continue;
		}
		if (sel >= SEL_ALL ||
		    (sel == SEL_PASID && queue->vm->pasid == (w[2] & 0xffff)) ||
		    (sel == SEL_DOORBELL &&
		     queue->doorbell == HQD_DOORBELL_OFFSET(w[2]))) {
			break;
		}
	}
	qemu_mutex_unlock(&s->queue_lock);
	return queue;
}

static int unmap_queues(AmdgpuModel *s, const uint32_t *w)
{
	unsigned int action = extract32(w[1], 0, 2);
	unsigned int sel = extract32(w[1], 4, 2);
	ModelQueue *queue;

	while ((queue = selected(s, sel, w))) {
		preempt(queue, action);
	}
	return 0;
}

/* State that was left in the MQD, which is used up by that */
static bool take_state(AmdgpuModel *s, const ModelQueue *queue, uint8_t *state)
{
	static const uint32_t none;
	uint32_t magic;

	memset(state, 0, SOFTGPU_STATE_SIZE);
	if (!model_vm_rw(&s->ring_vm, state_addr(queue), state,
			 state_size(queue), false)) {
		return false;
	}
	memcpy(&magic, state, sizeof(magic));
	return magic && model_vm_rw(&s->ring_vm, state_addr(queue),
				    (void *)&none, sizeof(none), true);
}

static int map_sdma(AmdgpuModel *s, ModelQueue *queue, const uint32_t *mqd,
		    const void *state)
{
	queue->params = (struct softgpu_queue_params){
		.type = SOFTGPU_QUEUE_SDMA,
		.percent = 100,
		.wptr_va = queue->params.wptr_va,
		.ring_va = (mqd[SDMA_RB_BASE] | (uint64_t)mqd[SDMA_RB_BASE_HI]
							<< 32)
			   << 8,
		.ring_size = 4ULL << extract32(mqd[SDMA_RB_CNTL], 1, 6),
		.rptr_va = mqd[SDMA_RPTR_ADDR_LO] |
			   (uint64_t)mqd[SDMA_RPTR_ADDR_HI] << 32,
	};
	return model_queue_map(s, queue, state);
}

static int map_queue(AmdgpuModel *s, ModelVm *vm, ModelVm *sdma_vm,
		     const uint32_t *w)
{
	unsigned int engine = extract32(w[1], 26, 3);
	bool extended = extract32(w[1], 2, 2) == EXTENDED_SDMA0_TO_7;
	bool sdma =
		extended || engine == ENGINE_SDMA0 || engine == ENGINE_SDMA1;
	ModelQueue queue = {
		.kind = sdma ? MODEL_QUEUE_SDMA_USER : MODEL_QUEUE_USER,
		.vm = sdma ? sdma_vm : vm,
		.doorbell = HQD_DOORBELL_OFFSET(w[2]),
		.mqd = w[3] | (uint64_t)w[4] << 32,
		.params.wptr_va = w[5] | (uint64_t)w[6] << 32,
		.slot = sdma ? (engine - (extended ? 0 : ENGINE_SDMA0)) |
					USER_SDMA_RING << 4
			     : USER_SLOT,
	};
	uint32_t mqd[MODEL_MQD_DWORDS];
	uint8_t state[SOFTGPU_STATE_SIZE];
	bool resume;

	if (!model_vm_rw(&s->ring_vm, queue.mqd, mqd,
			 sdma ? MODEL_SDMA_MQD_STATE * 4 : sizeof(mqd),
			 false)) {
		return -EINVAL;
	}
	resume = take_state(s, &queue, state);
	if (sdma) {
		map_sdma(s, &queue, mqd, resume ? state : NULL);
	} else {
		model_hqd_map(s, &queue, mqd + MODEL_MQD_HQD,
			      resume ? state : NULL);
	}
	/* A queue that cannot be is its user's mistake; the others go on. */
	return 0;
}

static void map_process(AmdgpuModel *s, const uint32_t *w, unsigned int index,
			ModelVm **vm, ModelVm **sdma_vm)
{
	uint64_t root = w[2] | (uint64_t)w[3] << 32;
	uint16_t pasid = w[1] & 0xffff;
	unsigned int vmid = MODEL_FIRST_USER_VMID +
			    index % (MODEL_VMIDS - MODEL_FIRST_USER_VMID);

	*vm = model_vm_new(s, root, pasid, vmid, false);
	*sdma_vm = model_vm_new(s, root, pasid, vmid, true);
	trace_amdgpu_model_map_process(pasid, vmid, root);
}

/* Packets of a run list; 1: it goes on in another one, which begins it anew */
static int run_packets(AmdgpuModel *s, const uint32_t *words, uint32_t num)
{
	ModelVm *vm = NULL, *sdma_vm = NULL;
	unsigned int processes = 0;
	uint32_t i, len;
	int ret = 0;

	for (i = 0; i < num && !ret; i += len) {
		const uint32_t *w = words + i;
		unsigned int opcode = extract32(w[0], 8, 8);

		len = extract32(w[0], 16, 14) + 2;
		if (extract32(w[0], 30, 2) != 3 || len > num - i) {
			ret = -EINVAL;
			break;
		}
		trace_amdgpu_model_run_list_packet(opcode, len, w[1], w[2]);
		if (opcode == MAP_PROCESS && len >= 14) {
			model_vm_put(vm);
			model_vm_put(sdma_vm);
			map_process(s, w, processes++, &vm, &sdma_vm);
		} else if (opcode == MAP_QUEUES && len >= 7 && vm) {
			ret = map_queue(s, vm, sdma_vm, w);
		} else if (opcode == RUN_LIST) {
			ret = 1;
		} else if (opcode != NOP) {
			ret = -EINVAL;
		}
	}
	model_vm_put(vm);
	model_vm_put(sdma_vm);
	return MIN(ret, 0);
}

static int run_list(AmdgpuModel *s, const uint32_t *w)
{
	uint64_t addr = (w[1] & ~3u) | (uint64_t)w[2] << 32;
	uint32_t num = extract32(w[3], 0, 20);
	g_autofree uint32_t *words = NULL;
	ModelQueue *queue;

	while ((queue = selected(s, SEL_ALL, w))) {
		preempt(queue, PREEMPT);
	}
	words = g_new(uint32_t, num);
	if (!model_vm_rw(&s->ring_vm, addr, words, num * 4ULL, false)) {
		return -EINVAL;
	}
	return run_packets(s, words, num);
}

/**
 * model_hws_packet - a packet of amdkfd's queue
 * @queue: the queue
 * @words: packet
 * @num: its dwords
 *
 * Return: 0, or -EINVAL for what cannot be
 */
int model_hws_packet(ModelQueue *queue, const uint32_t *words, uint32_t num)
{
	AmdgpuModel *s = queue->s;

	switch (extract32(words[0], 8, 8)) {
	case SET_RESOURCES:
		return 0;
	case RUN_LIST:
		return num < 4 ? -EINVAL : run_list(s, words);
	case UNMAP_QUEUES:
		return num < 6 ? -EINVAL : unmap_queues(s, words);
	default:
		return -EINVAL;
	}
}
