/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues of amdgpu-model-pci.
 *
 * What lives here: mapped queues and their doorbells, the stop and start of
 * them all with the machine, address spaces, softgpu's callbacks about queues.
 * What does not: who maps them: the command processor (amdgpu-model-cp.c), its
 * scheduler (amdgpu-model-hws.c) or SDMA's registers (amdgpu-model-sdma.c).
 */
#include "qemu/osdep.h"
#include "qemu/error-report.h"
#include "amdgpu-model.h"
#include "trace.h"

static struct softgpu *gpu_of(const ModelQueue *queue)
{
	return queue->kind == MODEL_QUEUE_RING ? queue->s->fw : queue->s->gpu;
}

/**
 * model_vm_new - an address space
 * @s: the device
 * @root: entry that points to the top directory
 * @pasid: whose it is
 * @vmid: what interrupts name
 * @sdma: faults are the memory hub's
 *
 * Return: one that the caller has to put; queues in it count by themselves
 */
ModelVm *model_vm_new(AmdgpuModel *s, uint64_t root, uint16_t pasid,
		      uint8_t vmid, bool sdma)
{
	ModelVm *vm = g_new0(ModelVm, 1);

	*vm = (ModelVm){
		.s = s, .root = root, .pasid = pasid, .vmid = vmid, .sdma = sdma,
		.refs = 1
	};
	return vm;
}

/* One user less; those of VMID 0 stay. NULL is none. */
void model_vm_put(ModelVm *vm)
{
	if (vm && vm->vmid && !--vm->refs) {
		g_free(vm);
	}
}

/**
 * model_queue_map - map a queue
 * @s: the device
 * @template: what it is; next, s, exec and state are ignored
 * @state: state to go on from, or NULL
 *
 * A queue with the same doorbell is unmapped.
 *
 * Return: 0 or a negative errno, with a line in the log
 */
int model_queue_map(AmdgpuModel *s, const ModelQueue *template,
		    const void *state)
{
	ModelQueue *queue = g_new(ModelQueue, 1);
	ModelQueue *old = NULL;
	int ret = 0;

	*queue = *template;
	queue->s = s;
	queue->exec = NULL;
	queue->params.vm = queue->vm;
	queue->params.owner = queue;
	queue->params.id = queue->mqd;
	queue->params.state = state;
	queue->vm->refs += queue->vm->vmid != 0;

	qemu_mutex_lock(&s->queue_lock);
	old = g_hash_table_lookup(s->by_doorbell,
				  GUINT_TO_POINTER(queue->doorbell));
	qemu_mutex_unlock(&s->queue_lock);
	if (old) {
		warn_report(
			"amdgpu-model-pci: doorbell 0x%x had a queue already",
			queue->doorbell);
		model_queue_unmap(old, NULL);
	}
	/*
	 * The queue begins with the write pointer in memory. A doorbell that is
	 * rung once it has read that must find it.
	 */
	qemu_mutex_lock(&s->queue_lock);
	/* In a machine that is stopped it comes from a stream, and begins later. */
	if (s->running) {
		ret = softgpu_queue_create(gpu_of(queue), &queue->params,
					   &queue->exec);
	} else if (state) {
		memcpy(queue->state, state, sizeof(queue->state));
	}
	queue->params.state = NULL;
	if (!ret) {
		QTAILQ_INSERT_TAIL(&s->queues, queue, next);
		g_hash_table_insert(s->by_doorbell,
				    GUINT_TO_POINTER(queue->doorbell), queue);
	}
	qemu_mutex_unlock(&s->queue_lock);
	if (ret) {
		warn_report("amdgpu-model-pci: queue with doorbell 0x%x cannot "
			    "be: %s",
			    queue->doorbell, strerror(-ret));
		model_vm_put(queue->vm);
		g_free(queue);
		return ret;
	}
	trace_amdgpu_model_queue_map(queue->kind, queue->doorbell,
				     queue->vm->vmid, queue->vm->pasid,
				     queue->mqd, queue->params.ring_va);
	return 0;
}

/**
 * model_queue_unmap - unmap a queue
 * @queue: queue, gone afterwards
 * @state: SOFTGPU_STATE_SIZE bytes for what it needs to go on, or NULL
 *
 * Waits for the packet under way to come to a halt.
 */
void model_queue_unmap(ModelQueue *queue, void *state)
{
	AmdgpuModel *s = queue->s;

	trace_amdgpu_model_queue_unmap(queue->kind, queue->doorbell, state);
	qemu_mutex_lock(&s->queue_lock);
	QTAILQ_REMOVE(&s->queues, queue, next);
	g_hash_table_remove(s->by_doorbell, GUINT_TO_POINTER(queue->doorbell));
	qemu_mutex_unlock(&s->queue_lock);
	if (!queue->exec) {
		if (state) {
			memcpy(state, queue->state, sizeof(queue->state));
		}
	} else {
		if (state) {
			softgpu_queue_save(queue->exec, state);
		}
		softgpu_queue_destroy(queue->exec);
	}
	model_vm_put(queue->vm);
	g_free(queue);
}

ModelQueue *model_queue_find(AmdgpuModel *s, ModelQueueKind kind,
			     uint32_t doorbell)
{
	ModelQueue *queue;

	qemu_mutex_lock(&s->queue_lock);
	queue = g_hash_table_lookup(s->by_doorbell, GUINT_TO_POINTER(doorbell));
	qemu_mutex_unlock(&s->queue_lock);
	return queue && queue->kind == kind ? queue : NULL;
}

/* The first one of a kind; the list changes as soon as nobody has the lock. */
static ModelQueue *model_queue_first(AmdgpuModel *s, ModelQueueKind kind)
{
	ModelQueue *queue;

	qemu_mutex_lock(&s->queue_lock);
	QTAILQ_FOREACH(queue, &s->queues, next) {
		if (queue->kind == kind) {
			break;
		}
	}
	qemu_mutex_unlock(&s->queue_lock);
	return queue;
}

/* All of a kind, without their state */
void model_queues_unmap(AmdgpuModel *s, ModelQueueKind kind)
{
	ModelQueue *queue;

	while ((queue = model_queue_first(s, kind))) {
		model_queue_unmap(queue, NULL);
	}
}

/*
 * The machine stops: no memory changes any more, and queues are where they are.
 * Nobody else maps or unmaps one: neither packets nor vCPUs do anything.
 */
void model_queues_stop(AmdgpuModel *s)
{
	ModelQueue *queue;

	softgpu_pause(s->fw);
	softgpu_pause(s->gpu);
	s->running = false;
	QTAILQ_FOREACH(queue, &s->queues, next) {
		if (queue->exec) {
			softgpu_queue_save(queue->exec, queue->state);
			softgpu_queue_destroy(queue->exec);
			queue->exec = NULL;
		}
	}
}

void model_queues_start(AmdgpuModel *s)
{
	ModelQueue *queue;

	QTAILQ_FOREACH(queue, &s->queues, next) {
		int ret;

		queue->params.state = queue->state;
		ret = softgpu_queue_create(gpu_of(queue), &queue->params,
					   &queue->exec);
		queue->params.state = NULL;
		if (ret) {
			warn_report("amdgpu-model-pci: queue with doorbell "
				    "0x%x cannot go on: %s",
				    queue->doorbell, strerror(-ret));
		}
	}
	s->running = true;
	softgpu_resume(s->fw);
	softgpu_resume(s->gpu);
}

/* softgpu_vm_ops.event, with an id that the packet has */
void model_event(void *opaque, void *owner, uint32_t event_id)
{
	const ModelVm *vm = opaque;
	const ModelQueue *queue = owner;
	bool sdma = queue->kind == MODEL_QUEUE_SDMA_RING ||
		    queue->kind == MODEL_QUEUE_SDMA_USER;
	ModelIrq irq = {
		.client = MODEL_CLIENT_CP,
		.source = MODEL_SRC_EOP,
		.ring = queue->slot,
		.vmid = vm->vmid,
		.pasid = vm->pasid,
		.node = MODEL_NODE_XCD,
		.data = { event_id },
	};

	if (sdma) {
		irq.client = MODEL_CLIENT_SDMA0 + (queue->slot & 0xf);
		irq.source = MODEL_SRC_SDMA_TRAP;
		irq.ring = queue->slot >> 4;
		irq.node = MODEL_NODE_AID;
	}
	model_irq(queue->s, &irq);
}

/* The doorbell in its process's slice, by which amdkfd finds the queue */
#define DOORBELL_ID(doorbell) ((doorbell) / 2 & 0x3ff)
/* Behind that both interrupts have what is wrong: a number, or several bits */
#define EXCEPTION_SHIFT 10
#define EXCEPTION_BIT(code) (1u << ((code) - 1))
#define EXCEPTION_LAST_OF_WAVES 9
#define EXCEPTION_PACKET_UNSUPPORTED 20
/* s_sendmsg by a trap handler */
#define SQ_INST (1u << 26)
#define SQ_PRIV (1u << 13)

/* The 24 bits of M0 as the words of the interrupt have them */
static void set_sq_data(ModelIrq *irq, uint32_t data)
{
	irq->data[0] = SQ_INST | SQ_PRIV | (data & 0xfff) |
		       (data & 0xf000) << 16;
	irq->data[1] = data >> 16 & 0xff;
}

/*
 * What is wrong with a wave comes from the trap handler of the runtime, which
 * does not run here; with a packet, from the command processor.
 */
static void send_exception(const ModelVm *vm, const ModelQueue *queue,
			   unsigned int code)
{
	bool wave = code <= EXCEPTION_LAST_OF_WAVES;
	uint32_t id = DOORBELL_ID(queue->doorbell);
	ModelIrq irq = {
		.client = wave ? MODEL_CLIENT_SE0 : MODEL_CLIENT_CP,
		.source = wave ? MODEL_SRC_SQ : MODEL_SRC_BAD_OPCODE,
		.ring = queue->slot,
		.vmid = vm->vmid,
		.pasid = vm->pasid,
		.node = MODEL_NODE_XCD,
		.data = { id | code << EXCEPTION_SHIFT },
	};

	if (wave) {
		set_sq_data(&irq, id | EXCEPTION_BIT(code) << EXCEPTION_SHIFT);
	}
	model_irq(queue->s, &irq);
}

/* softgpu_vm_ops.bad_packet */
void model_bad_packet(void *opaque, void *owner, uint64_t index, uint32_t word)
{
	const ModelQueue *queue = owner;

	warn_report("amdgpu-model-pci: bad packet 0x%08x at %" PRIu64
		    " of the %s with doorbell 0x%x",
		    word, index,
		    queue->kind == MODEL_QUEUE_RING ||
				    queue->kind == MODEL_QUEUE_SDMA_RING
			    ? "ring"
			    : "queue",
		    queue->doorbell);
	if (queue->kind == MODEL_QUEUE_RING ||
	    queue->kind == MODEL_QUEUE_USER) {
		send_exception(opaque, queue, EXCEPTION_PACKET_UNSUPPORTED);
	}
}

/* softgpu_vm_ops.exception */
void model_exception(void *opaque, void *owner, unsigned int code)
{
	const ModelQueue *queue = owner;

	warn_report("amdgpu-model-pci: exception %u of the queue with "
		    "doorbell 0x%x",
		    code, queue->doorbell);
	send_exception(opaque, queue, code);
}

static uint64_t doorbell_read(void *opaque, hwaddr addr, unsigned int size)
{
	return 0;
}

static void doorbell_write(void *opaque, hwaddr addr, uint64_t value,
			   unsigned int size)
{
	AmdgpuModel *s = opaque;
	uint32_t doorbell = addr / 4;
	ModelQueue *queue;

	trace_amdgpu_model_doorbell(doorbell, value);
	if (model_ih_doorbell(s, doorbell, value)) {
		return;
	}
	qemu_mutex_lock(&s->queue_lock);
	queue = g_hash_table_lookup(s->by_doorbell, GUINT_TO_POINTER(doorbell));
	if (queue && queue->exec) {
		softgpu_queue_doorbell(queue->exec, value);
	}
	qemu_mutex_unlock(&s->queue_lock);
}

const MemoryRegionOps model_doorbell_ops = {
	.read = doorbell_read,
	.write = doorbell_write,
	.endianness = DEVICE_LITTLE_ENDIAN,
	.valid = { .min_access_size = 4, .max_access_size = 8 },
	.impl = { .min_access_size = 4, .max_access_size = 8 },
};
