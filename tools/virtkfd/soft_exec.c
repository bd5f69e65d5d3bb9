// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Where the soft backend and the execution core meet: doorbells on the way in; GPU memory,
 * faults and interrupts on the way back.
 *
 * What does not live here: which queues there are, soft_queues.c.
 *
 * Source: kfd_int_process_v9.c, kfd_debug.c (kfd_set_dbg_ev_from_interrupt), kfd_events.c,
 * kfd_process.c (send_exception_work_handler) and kfd_device_queue_manager.c
 * (evict_process_queues_cpsch, set_queue_as_reset) of Linux 7.3.
 */
#include <errno.h>
#include <stdlib.h>

#include "soft.h"

/**
 * struct soft_doorbells - a context's doorbells on a GPU
 * @refs: the context, and the pages of them that the guest has mapped
 * @lock: protects @queues; held while one rings
 * @queues: by doorbell
 *
 * A store reaches the queues of its own page, and no queue that is gone.
 */
struct soft_doorbells {
	unsigned int refs;
	pthread_mutex_t lock;
	struct soft_queue *queues[SOFT_NUM_DOORBELLS];
};

/* The doorbells, made when they are wanted first; NULL without memory. */
struct soft_doorbells *soft_doorbells(struct soft_pdd *pdd)
{
	if (pdd->doorbells)
		return pdd->doorbells;
	pdd->doorbells = calloc(1, sizeof(*pdd->doorbells));
	if (!pdd->doorbells)
		return NULL;
	pdd->doorbells->refs = 1;
	pthread_mutex_init(&pdd->doorbells->lock, NULL);
	return pdd->doorbells;
}

struct soft_doorbells *soft_doorbells_get(struct soft_doorbells *doorbells)
{
	doorbells->refs++;
	return doorbells;
}

void soft_doorbells_put(struct soft_doorbells *doorbells)
{
	if (!doorbells || --doorbells->refs)
		return;
	pthread_mutex_destroy(&doorbells->lock);
	free(doorbells);
}

/* For the thread that makes and ends queues. */
bool soft_doorbell_taken(struct soft_pdd *pdd, uint32_t index)
{
	return pdd->doorbells->queues[index];
}

void soft_doorbell_set(struct soft_pdd *pdd, uint32_t index, struct soft_queue *queue)
{
	pthread_mutex_lock(&pdd->doorbells->lock);
	pdd->doorbells->queues[index] = queue;
	pthread_mutex_unlock(&pdd->doorbells->lock);
}

/* As virtkfd_backend_ops.doorbell; all doorbells have 64 bits. */
void soft_doorbell(struct virtkfd_backend_obj *obj, uint64_t offset, uint64_t value,
		   unsigned int size)
{
	struct soft_doorbells *doorbells = obj->doorbells;
	struct soft_queue *queue;

	(void)size;
	if (offset % sizeof(uint64_t))
		return;
	pthread_mutex_lock(&doorbells->lock);
	queue = doorbells->queues[offset / sizeof(uint64_t)];
	if (queue && !__atomic_load_n(&queue->pdd->evicted, __ATOMIC_RELAXED))
		softgpu_queue_doorbell(queue->exec, value);
	pthread_mutex_unlock(&doorbells->lock);
}

static void exec_lock(void *vm)
{
	pthread_rwlock_rdlock(&((struct soft_pdd *)vm)->ctx->vm_lock);
}

static void exec_unlock(void *vm)
{
	pthread_rwlock_unlock(&((struct soft_pdd *)vm)->ctx->vm_lock);
}

static void *exec_translate(void *vm, uint64_t va, uint64_t *len, unsigned int access,
			    struct softgpu_fault *fault)
{
	struct soft_pdd *pdd = vm;
	const struct soft_map *map;
	uint32_t flags;
	void *ptr;

	*fault = (struct softgpu_fault){ .va = va, .access = access };
	/* Evicted queues do not run; this stops the one that does so right now. */
	if (__atomic_load_n(&pdd->evicted, __ATOMIC_RELAXED) || va >= SOFT_VA_END)
		return NULL;
	map = soft_vm_find(pdd, va, 1);
	if (!map || !map->obj)
		return NULL;
	ptr = soft_obj_at(map->obj, va - map->start, len);
	if (!ptr)
		return NULL;
	flags = map->obj->flags;
	if ((access & SOFTGPU_WRITE && !(flags & SOFT_WRITABLE)) ||
	    (access & SOFTGPU_EXEC && !(flags & KFD_IOC_ALLOC_MEM_FLAGS_EXECUTABLE))) {
		fault->mapped = true;
		return NULL;
	}
	return ptr;
}

/* All queues of the process on this GPU are evicted, and it is told by its memory events. */
static void exec_fault(void *vm, void *owner, const struct softgpu_fault *fault)
{
	struct soft_pdd *pdd = vm;
	struct soft_queue *queue = owner;
	struct kfd_hsa_memory_exception_data data = {
		.failure.NotPresent = !fault->mapped,
		.failure.ReadOnly = fault->mapped && fault->access & SOFTGPU_WRITE,
		.failure.NoExecute = fault->mapped && fault->access & SOFTGPU_EXEC,
		.va = ALIGN_DOWN(fault->va & (SOFT_VA_END - 1), SOFT_PAGE),
		.gpu_id = pdd->gpu->id,
	};

	if (__atomic_exchange_n(&pdd->evicted, true, __ATOMIC_RELAXED))
		return;
	soft_log(pdd->ctx->be, VIRTKFD_LOG_DEBUG, "queue %u: %s fault at 0x%llx", queue->id,
		 fault->mapped ? "permission" : "page", (unsigned long long)fault->va);
	soft_memory_exception(pdd->ctx, &data);
}

/* A word of the process, with vm_lock held; NULL if it cannot be accessed in one piece */
static void *word_at(struct soft_pdd *pdd, uint64_t va, uint64_t size, unsigned int access)
{
	struct softgpu_fault fault;
	uint64_t len = size;
	void *ptr = va % size ? NULL : exec_translate(pdd, va, &len, access, &fault);

	return len < size ? NULL : ptr;
}

/*
 * kfd_send_exception_to_runtime(). A runtime that wants to be told has said where, in the header
 * of the queue's context save area. That it has called RUNTIME_ENABLE is known to the guest alone.
 */
static bool tell_runtime(struct soft_queue *queue, unsigned int code)
{
	uint64_t area = queue->cwsr_va;
	struct soft_pdd *pdd = queue->pdd;
	const uint64_t *where = NULL;
	const uint32_t *id = NULL;
	uint64_t *payload = NULL;
	uint32_t event = 0;

	exec_lock(pdd);
	if (area) {
		where = word_at(pdd, area + offsetof(struct kfd_context_save_area_header,
						     err_payload_addr), 8, SOFTGPU_READ);
		id = word_at(pdd, area + offsetof(struct kfd_context_save_area_header,
						  err_event_id), 4, SOFTGPU_READ);
	}
	if (where && id && *where)
		payload = word_at(pdd, *where, 8, SOFTGPU_READ | SOFTGPU_WRITE);
	if (payload) {
		event = *id;
		__atomic_fetch_or(payload, KFD_EC_MASK(code), __ATOMIC_RELEASE);
	}
	exec_unlock(pdd);
	if (payload)
		soft_set_event(pdd->ctx, event);
	return payload;
}

/*
 * Without a runtime amdkfd hears of a queue that does not go on only because it cannot be
 * preempted any more, sooner or later; then it resets the queue and tells the process that its
 * GPU had hung.
 */
static void stopped(struct soft_queue *queue, unsigned int code)
{
	struct soft_pdd *pdd = queue->pdd;
	struct kfd_hsa_hw_exception_data data = {
		.reset_cause = KFD_HW_EXCEPTION_GPU_HANG,
		.memory_lost = 1,
		.gpu_id = pdd->gpu->id,
	};

	if (tell_runtime(queue, code))
		return;
	__atomic_store_n(&queue->reset, true, __ATOMIC_RELAXED);
	__atomic_store_n(&pdd->has_reset_queue, true, __ATOMIC_RELAXED);
	soft_hw_exception(pdd->ctx, &data);
}

static void exec_bad_packet(void *vm, void *owner, uint64_t index, uint32_t word)
{
	struct soft_queue *queue = owner;

	soft_log(((struct soft_pdd *)vm)->ctx->be, VIRTKFD_LOG_DEBUG,
		 "queue %u: bad packet 0x%08x at %llu", queue->id, word,
		 (unsigned long long)index);
	stopped(queue, EC_QUEUE_PACKET_UNSUPPORTED);
}

static void exec_exception(void *vm, void *owner, unsigned int code)
{
	struct soft_queue *queue = owner;

	soft_log(((struct soft_pdd *)vm)->ctx->be, VIRTKFD_LOG_DEBUG, "queue %u: exception %u",
		 queue->id, code);
	stopped(queue, code);
}

/* The interrupts of packets carry all bits of an event's id. */
static void exec_event(void *vm, void *owner, uint32_t event_id)
{
	(void)owner;
	soft_signal(((struct soft_pdd *)vm)->ctx, event_id, 32, true);
}

static void exec_log(void *vm, const char *line)
{
	soft_log(((struct soft_pdd *)vm)->ctx->be, VIRTKFD_LOG_WARNING, "%s", line);
}

static const struct softgpu_vm_ops exec_ops = {
	.lock = exec_lock,
	.unlock = exec_unlock,
	.translate = exec_translate,
	.fault = exec_fault,
	.bad_packet = exec_bad_packet,
	.exception = exec_exception,
	.event = exec_event,
	.log = exec_log,
};

/* The GPU's engine runs from its first queue on. */
int soft_exec_start(struct soft_gpu *gpu)
{
	return gpu->exec ? 0 : softgpu_create(&exec_ops, 0, &gpu->exec);
}
