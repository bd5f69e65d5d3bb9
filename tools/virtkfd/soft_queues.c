// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The soft backend's queues: CREATE, UPDATE and DESTROY_QUEUE and what else names a queue;
 * ids, the memory that belongs to them, copy engines, limits.
 *
 * What does not live here: their execution (tools/softgpu), doorbells and what it calls back
 * (soft_exec.c).
 *
 * Source: kfd_chardev.c, kfd_queue.c, kfd_process_queue_manager.c, kfd_device_queue_manager.c
 * and kfd_mqd_manager_v9.c of Linux 7.3, with the hardware scheduler.
 */
#include <errno.h>
#include <stdlib.h>

#include "soft.h"

/* kfd_priv.h */
#define MAX_QUEUES		1024
#define MAX_QUEUES_OF_GPU	4096
/* TASK_SIZE_MAX of a host with four levels of page tables; see access_ok(). */
#define USER_END		((1ULL << 47) - SOFT_PAGE)
#define NUM_SDMA_QUEUES		(SOFT_NUM_SDMA * SOFT_SDMA_QUEUES)
#define NUM_GWS			64

static bool access_ok(uint64_t addr, uint64_t size)
{
	return addr <= USER_END - size;
}

/* What CREATE_QUEUE and UPDATE_QUEUE have in common; may enlarge the ring. */
static int check_ring(uint32_t percentage, uint32_t priority, uint64_t ring, uint32_t *size)
{
	if ((percentage & 0xff) > KFD_MAX_QUEUE_PERCENTAGE || priority > KFD_MAX_QUEUE_PRIORITY)
		return -EINVAL;
	if (ring && !access_ok(ring, sizeof(uint64_t)))
		return -EFAULT;
	if (*size & (*size - 1))
		return -EINVAL;
	if (*size < KFD_MIN_QUEUE_RING_SIZE)
		*size = KFD_MIN_QUEUE_RING_SIZE;
	return 0;
}

/* set_queue_properties_from_user() */
static int check_properties(struct kfd_ioctl_create_queue_args *args)
{
	int ret = check_ring(args->queue_percentage, args->queue_priority,
			     args->ring_base_address, &args->ring_size);

	if (ret)
		return ret;
	if (args->metadata_ring_size & (args->metadata_ring_size - 1))
		return -EINVAL;
	if (!access_ok(args->read_pointer_address, sizeof(uint32_t)) ||
	    !access_ok(args->write_pointer_address, sizeof(uint32_t)) ||
	    !access_ok(args->eop_buffer_address, sizeof(uint32_t)) ||
	    !access_ok(args->ctx_save_restore_address, sizeof(uint32_t)))
		return -EFAULT;
	return args->queue_type > KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID ? -ENOTSUPP : 0;
}

static bool is_compute(uint32_t type)
{
	return type == KFD_IOC_QUEUE_TYPE_COMPUTE || type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL;
}

/*
 * kfd_queue_buffer_get(): @addr must be in the first page of a mapping, and the mapping must
 * have @size bytes, unless that is less than a page.
 */
static int buffer_get(struct soft_queue *queue, enum soft_buffer which, uint64_t addr,
		      uint64_t size)
{
	struct soft_pdd *pdd = queue->pdd;
	const struct soft_map *map;
	uint64_t start = ALIGN_DOWN(addr, SOFT_PAGE);

	size = ALIGN_DOWN(size, SOFT_PAGE);
	map = start < SOFT_VA_END ? soft_vm_find(pdd, start, SOFT_PAGE) : NULL;
	if (!map || !map->obj || map->start != start || (size && map->end - start != size))
		return -EINVAL;
	map->obj->refs++;
	map->obj->queues[pdd->index]++;
	queue->buffers[which] = map->obj;
	return 0;
}

static void buffer_put(struct soft_queue *queue, struct virtkfd_backend_obj *obj)
{
	obj->queues[queue->pdd->index]--;
	soft_obj_put(obj);
}

static void buffers_put(struct soft_queue *queue)
{
	for (int i = 0; i < SOFT_NUM_BUFFERS; i++)
		if (queue->buffers[i])
			buffer_put(queue, queue->buffers[i]);
}

/* kfd_queue_acquire_buffers(). Without SVM the context save area can only be an object. */
static int buffers_get(struct soft_queue *queue, const struct kfd_ioctl_create_queue_args *args)
{
	struct soft_cwsr need = soft_cwsr_sizes(queue->pdd->ctx->be->kind);
	int ret;

	ret = buffer_get(queue, SOFT_BUFFER_WPTR, args->write_pointer_address, SOFT_PAGE);
	if (!ret)
		ret = buffer_get(queue, SOFT_BUFFER_RPTR, args->read_pointer_address, SOFT_PAGE);
	if (!ret)
		ret = buffer_get(queue, SOFT_BUFFER_RING, args->ring_base_address,
				 ALIGN_UP(args->ring_size + queue->metadata_size, SOFT_PAGE));
	if (ret || !is_compute(args->queue_type))
		return ret;

	if (args->eop_buffer_address) {
		/* struct queue_properties has 32 bits of it. */
		uint64_t size = (uint32_t)args->eop_buffer_size;

		if (size < SOFT_EOP_SIZE)
			return -EINVAL;
		ret = buffer_get(queue, SOFT_BUFFER_EOP, args->eop_buffer_address,
				 ALIGN_UP(size, SOFT_PAGE));
		if (ret)
			return ret;
	}
	if (args->ctl_stack_size != need.ctl_stack || args->ctx_save_restore_size < need.size)
		return -EINVAL;
	return buffer_get(queue, SOFT_BUFFER_CWSR, args->ctx_save_restore_address,
			  ALIGN_UP((uint64_t)args->ctx_save_restore_size + need.debug, SOFT_PAGE));
}

/* allocate_sdma_queue(); the number of the queue on its GPU. */
static int sdma_get(struct soft_queue *queue, const struct kfd_ioctl_create_queue_args *args)
{
	struct soft_gpu *gpu = queue->pdd->gpu;
	bool by_engine = args->queue_type == KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID;

	/* There is no engine for XGMI. */
	if (args->queue_type == KFD_IOC_QUEUE_TYPE_SDMA_XGMI)
		return -ENOMEM;
	for (uint32_t i = by_engine ? args->sdma_engine_id : 0; i < NUM_SDMA_QUEUES;
	     i += by_engine ? SOFT_NUM_SDMA : 1) {
		if (gpu->sdma_used & 1u << i)
			continue;
		gpu->sdma_used |= 1u << i;
		queue->sdma = i;
		return 0;
	}
	return -ENOMEM;
}

static void sdma_put(struct soft_queue *queue)
{
	if (!is_compute(queue->type))
		queue->pdd->gpu->sdma_used &= ~(1u << queue->sdma);
}

/*
 * allocate_doorbell(): that of a copy engine's queue is given by engine and queue, those of
 * others are before them. Index in units of 8 bytes.
 */
static int doorbell_get(struct soft_queue *queue)
{
	uint32_t engine = queue->sdma % SOFT_NUM_SDMA, i = queue->sdma / SOFT_NUM_SDMA;
	const struct soft_kind *kind = queue->pdd->ctx->be->kind;

	if (!is_compute(queue->type)) {
		queue->doorbell = kind->doorbell_sdma[engine] + (i & 1) * SOFT_DOORBELL_MIRROR +
				  i / 2;
		return 0;
	}
	for (i = 0; i < kind->doorbell_sdma[0]; i++) {
		if (soft_doorbell_taken(queue->pdd, i))
			continue;
		queue->doorbell = i;
		return 0;
	}
	return -EBUSY;
}

/* QUEUE_IS_ACTIVE() */
static bool is_active(const struct soft_queue *queue)
{
	return queue->ring_va && queue->percent &&
	       !__atomic_load_n(&queue->reset, __ATOMIC_RELAXED) &&
	       !__atomic_load_n(&queue->pdd->evicted, __ATOMIC_RELAXED);
}

static struct softgpu_queue_params exec_params(struct soft_queue *queue)
{
	static const enum softgpu_queue_type types[] = {
		[KFD_IOC_QUEUE_TYPE_COMPUTE] = SOFTGPU_QUEUE_PM4,
		[KFD_IOC_QUEUE_TYPE_COMPUTE_AQL] = SOFTGPU_QUEUE_AQL,
		[KFD_IOC_QUEUE_TYPE_SDMA] = SOFTGPU_QUEUE_SDMA,
		[KFD_IOC_QUEUE_TYPE_SDMA_XGMI] = SOFTGPU_QUEUE_SDMA,
		[KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID] = SOFTGPU_QUEUE_SDMA,
	};

	/* The registers lack the lower bits. */
	return (struct softgpu_queue_params){
		.type = types[queue->type],
		.ring_va = ALIGN_DOWN(queue->ring_va, 256),
		.ring_size = queue->ring_size,
		.rptr_va = ALIGN_DOWN(queue->rptr_va,
				      queue->type == KFD_IOC_QUEUE_TYPE_COMPUTE ? 4 : 8),
		.wptr_va = ALIGN_DOWN(queue->wptr_va, 8),
		.priority = queue->priority,
		.percent = is_active(queue) ? queue->percent : 0,
		.target = queue->pdd->ctx->be->kind->target,
		.vm = queue->pdd,
		.owner = queue,
	};
}

/* pqm_create_queue(), create_queue_cpsch() */
static int queue_start(struct virtkfd_backend_ctx *ctx, struct soft_queue *queue,
		       const struct kfd_ioctl_create_queue_args *args)
{
	struct soft_pdd *pdd = queue->pdd;
	struct softgpu_queue_params params;
	int64_t id;
	int ret;

	if (pdd->num_queues >= ctx->be->kind->max_queues)
		return -ENOSPC;
	id = vk_ids_alloc(&ctx->queues, queue, MAX_QUEUES);
	if (id < 0)
		return -ENOMEM;
	queue->id = id;
	ret = -EPERM;
	if (pdd->gpu->num_queues >= MAX_QUEUES_OF_GPU)
		goto err_id;
	if (!is_compute(args->queue_type)) {
		ret = sdma_get(queue, args);
		if (ret)
			goto err_id;
	}
	ret = doorbell_get(queue);
	if (!ret)
		ret = soft_exec_start(pdd->gpu);
	if (ret)
		goto err_sdma;
	params = exec_params(queue);
	ret = softgpu_queue_create(pdd->gpu->exec, &params, &queue->exec);
	if (ret)
		goto err_sdma;
	soft_doorbell_set(pdd, queue->doorbell, queue);
	pdd->num_queues++;
	pdd->gpu->num_queues++;
	return 0;

err_sdma:
	sdma_put(queue);
err_id:
	vk_ids_remove(&ctx->queues, queue->id);
	return ret;
}

int soft_queue_create(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_create_queue_args *args)
{
	struct soft_queue *queue;
	struct soft_pdd *pdd;
	int ret;

	ret = check_properties(args);
	if (ret)
		return ret;
	pdd = soft_pdd(ctx, args->gpu_id);
	if (!pdd)
		return -EINVAL;
	if (!pdd->acquired)
		return -ESRCH;
	if (args->queue_type == KFD_IOC_QUEUE_TYPE_SDMA_BY_ENG_ID &&
	    args->sdma_engine_id >= SOFT_NUM_SDMA)
		return -EINVAL;
	if (!soft_doorbells(pdd))
		return -ENOMEM;

	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return -ENOMEM;
	queue->pdd = pdd;
	queue->type = args->queue_type;
	queue->ring_va = args->ring_base_address;
	queue->ring_size = args->ring_size;
	queue->rptr_va = args->read_pointer_address;
	queue->wptr_va = args->write_pointer_address;
	queue->percent = args->queue_percentage & 0xff;
	queue->priority = args->queue_priority;
	if (is_compute(args->queue_type))
		queue->cwsr_va = args->ctx_save_restore_address;
	if (args->queue_type == KFD_IOC_QUEUE_TYPE_COMPUTE_AQL)
		queue->metadata_size = args->metadata_ring_size;

	ret = buffers_get(queue, args);
	if (!ret)
		ret = queue_start(ctx, queue, args);
	if (ret) {
		buffers_put(queue);
		free(queue);
		return ret;
	}
	args->queue_id = queue->id;
	args->doorbell_offset = queue->doorbell * sizeof(uint64_t);
	return 0;
}

static void queue_destroy(struct virtkfd_backend_ctx *ctx, struct soft_queue *queue)
{
	struct soft_pdd *pdd = queue->pdd;

	soft_doorbell_set(pdd, queue->doorbell, NULL);
	softgpu_queue_destroy(queue->exec);
	buffers_put(queue);
	sdma_put(queue);
	/* pqm_clean_queue_resource() */
	if (queue->gws)
		pdd->num_gws = 0;
	pdd->num_queues--;
	pdd->gpu->num_queues--;
	vk_ids_remove(&ctx->queues, queue->id);
	free(queue);
}

int soft_queue_destroy(struct virtkfd_backend_ctx *ctx,
		       struct kfd_ioctl_destroy_queue_args *args)
{
	struct soft_queue *queue = vk_ids_find(&ctx->queues, args->queue_id);

	if (!queue)
		return -EINVAL;
	queue_destroy(ctx, queue);
	return 0;
}

/* update_queue() */
static int queue_apply(struct soft_queue *queue)
{
	struct softgpu_queue_params params;

	if (__atomic_load_n(&queue->pdd->has_reset_queue, __ATOMIC_RELAXED))
		return -EACCES;
	params = exec_params(queue);
	return softgpu_queue_update(queue->exec, &params);
}

int soft_queue_update(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_update_queue_args *args)
{
	struct virtkfd_backend_obj *old;
	struct soft_queue *queue;
	int ret;

	ret = check_ring(args->queue_percentage, args->queue_priority, args->ring_base_address,
			 &args->ring_size);
	if (ret)
		return ret;
	queue = vk_ids_find(&ctx->queues, args->queue_id);
	if (!queue)
		return -EFAULT;
	/* Without a ring the queue only pauses, and keeps the one it had. */
	if (args->ring_base_address) {
		old = queue->buffers[SOFT_BUFFER_RING];
		if (buffer_get(queue, SOFT_BUFFER_RING, args->ring_base_address,
			       args->ring_size + queue->metadata_size))
			return -EFAULT;
		buffer_put(queue, old);
	}
	queue->ring_va = args->ring_base_address;
	queue->ring_size = args->ring_size;
	queue->percent = args->queue_percentage & 0xff;
	queue->priority = args->queue_priority;
	return queue_apply(queue);
}

/* The mask restricts nothing, since kernels do not run on CUs here. */
int soft_set_cu_mask(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_set_cu_mask_args *args)
{
	struct soft_queue *queue;

	if (args->num_cu_mask % 32 || !args->num_cu_mask)
		return -EINVAL;
	queue = vk_ids_find(&ctx->queues, args->queue_id);
	return queue ? queue_apply(queue) : -EFAULT;
}

/* pqm_set_gws(): one queue of a process at a time may have it. */
int soft_alloc_gws(struct virtkfd_backend_ctx *ctx, struct kfd_ioctl_alloc_queue_gws_args *args)
{
	struct soft_queue *queue = vk_ids_find(&ctx->queues, args->queue_id);

	if (!queue)
		return -EINVAL;
	args->first_gws = 0;
	if (args->num_gws && queue->pdd->num_gws)
		return -EBUSY;
	if (!args->num_gws && !queue->pdd->num_gws)
		return -EINVAL;
	queue->gws = args->num_gws;
	queue->pdd->num_gws = args->num_gws ? NUM_GWS : 0;
	return queue_apply(queue);
}

/* get_wave_state(): there are never waves to be saved, so nothing but the header is written. */
int soft_wave_state(struct virtkfd_backend_ctx *ctx,
		    struct kfd_ioctl_get_queue_wave_state_args *args)
{
	struct soft_queue *queue = vk_ids_find(&ctx->queues, args->queue_id);
	struct kfd_context_save_area_header *header =
		(void *)(uintptr_t)args->ctl_stack_address;

	if (!queue)
		return -EFAULT;
	if (!is_compute(queue->type) || is_active(queue))
		return -EINVAL;
	header->wave_state.control_stack_offset = soft_cwsr_sizes(ctx->be->kind).ctl_stack;
	header->wave_state.control_stack_size = 0;
	header->wave_state.wave_state_offset = header->wave_state.control_stack_offset;
	header->wave_state.wave_state_size = 0;
	args->ctl_stack_used_size = 0;
	args->save_area_used_size = 0;
	return 0;
}

/* End of the context: nothing runs any more when this returns. */
void soft_queues_close(struct virtkfd_backend_ctx *ctx)
{
	for (uint32_t id = 0; id < ctx->queues.num_slots; id++)
		if (ctx->queues.slots[id])
			queue_destroy(ctx, ctx->queues.slots[id]);
	vk_ids_destroy(&ctx->queues);
}
