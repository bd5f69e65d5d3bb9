// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The life of a queue, and a turn of it.
 *
 * What lives here: creation, changes, destruction, doorbells, the outcome of a turn. What
 * does not: whose turn it is (sched.c).
 */
#include <stdlib.h>
#include <time.h>

#include "internal.h"

uint64_t softgpu_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 100000000ULL + ts.tv_nsec / 10;
}

bool sg_active(const struct softgpu_queue *q)
{
	return q->p.ring_size && q->p.percent;
}

/* What an idle queue would have to do; the caller holds the lock. */
bool sg_wants_turn(const struct softgpu_queue *q)
{
	return sg_active(q) && (q->reload || q->backwards || q->doorbell != q->wptr);
}

static bool valid(const struct softgpu_queue_params *p)
{
	uint64_t ring_align = p->type == SOFTGPU_QUEUE_AQL ? SG_AQL_SIZE : 4;
	uint64_t rptr_align = p->type == SOFTGPU_QUEUE_PM4 ? 4 : 8;

	if (p->type > SOFTGPU_QUEUE_SDMA || p->priority >= SG_PRIORITIES)
		return false;
	if (p->ring_size & (p->ring_size - 1) || (p->ring_size && p->ring_size < SG_AQL_SIZE))
		return false;
	if (p->ring_size && p->ring_va > UINT64_MAX - (p->ring_size - 1))
		return false;
	return !(p->ring_va & (ring_align - 1)) && !(p->rptr_va & (rptr_align - 1)) &&
	       !(p->wptr_va & 7);
}

/* In the unit of the queue's pointers */
int sg_begin_at(struct softgpu_queue *q, uint64_t start)
{
	switch (q->p.type) {
	case SOFTGPU_QUEUE_AQL:
		q->aql_rptr = start;
		break;
	case SOFTGPU_QUEUE_PM4:
		q->level[0].pos = start;
		break;
	default:
		if (start & 3)
			return -EINVAL;
		q->level[0].pos = start / 4;
	}
	q->doorbell = q->wptr = q->stats.rptr = q->stats.wptr = start;
	return 0;
}

int softgpu_queue_create(struct softgpu *gpu, const struct softgpu_queue_params *params,
			 struct softgpu_queue **queue)
{
	struct softgpu_queue *q;
	int ret;

	if (!valid(params))
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	q->gpu = gpu;
	q->p = *params;
	q->p.state = NULL;
	q->reload = true;
	if (params->state)
		ret = sg_restore(q, params->state);
	else
		ret = sg_begin_at(q, params->start);
	if (ret) {
		free(q);
		return ret;
	}
	sg_grid_forget(q);

	pthread_mutex_lock(&gpu->lock);
	gpu->num_queues++;
	if (q->state == SG_IDLE && sg_wants_turn(q))
		sg_make_ready(q);
	sg_wake(gpu);
	pthread_mutex_unlock(&gpu->lock);
	*queue = q;
	return 0;
}

/* The caller holds the lock, and gets the queue when no thread is in it and no list has it. */
static void hold(struct softgpu_queue *q)
{
	__atomic_fetch_add(&q->hold, 1, __ATOMIC_RELAXED);
	while (q->state == SG_RUNNING)
		pthread_cond_wait(&q->gpu->left, &q->gpu->lock);
	sg_take(q);
}

int softgpu_queue_update(struct softgpu_queue *q, const struct softgpu_queue_params *params)
{
	struct softgpu *gpu = q->gpu;

	if (!valid(params) || params->type != q->p.type || params->vm != q->p.vm ||
	    params->owner != q->p.owner || params->id != q->p.id || params->rptr_va != q->p.rptr_va ||
	    params->wptr_va != q->p.wptr_va)
		return -EINVAL;

	pthread_mutex_lock(&gpu->lock);
	hold(q);
	if (!sg_active(q))
		q->reload = true;
	q->p = *params;
	q->p.state = NULL;
	__atomic_fetch_sub(&q->hold, 1, __ATOMIC_RELAXED);
	if (q->state == SG_IDLE && sg_active(q))
		sg_make_ready(q);
	sg_wake(gpu);
	pthread_mutex_unlock(&gpu->lock);
	return 0;
}

int softgpu_queue_save(struct softgpu_queue *q, void *state)
{
	struct softgpu *gpu = q->gpu;

	pthread_mutex_lock(&gpu->lock);
	hold(q);
	if (q->state == SG_IDLE)
		q->state = SG_SAVED;
	sg_save(q, state);
	__atomic_fetch_sub(&q->hold, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&gpu->lock);
	return 0;
}

void softgpu_queue_destroy(struct softgpu_queue *q)
{
	struct softgpu *gpu;

	if (!q)
		return;
	gpu = q->gpu;
	pthread_mutex_lock(&gpu->lock);
	hold(q);
	gpu->num_queues--;
	pthread_mutex_unlock(&gpu->lock);
	sg_grid_free(q->grid);
	free(q);
}

void softgpu_queue_doorbell(struct softgpu_queue *q, uint64_t value)
{
	struct softgpu *gpu = q->gpu;

	pthread_mutex_lock(&gpu->lock);
	/*
	 * Producers of AQL packets may ring in another order than that of their packets; the
	 * doorbell of the others is one thread's at a time. In memory the write pointer may have
	 * been further already.
	 */
	if (q->p.type == SOFTGPU_QUEUE_AQL) {
		value++;
	} else if (value < q->rung) {
		q->backwards = true;
		q->bad_doorbell = value;
	} else {
		q->rung = value;
	}
	if (value > q->doorbell)
		q->doorbell = value;
	__atomic_store_n(&q->stats.wptr, q->doorbell, __ATOMIC_RELAXED);
	/* A packet that was waited for need not be the last one. */
	if (q->state == SG_RUNNING) {
		q->kicks = gpu->kicks - 1;
	} else if (q->state == SG_BLOCKED || (q->state == SG_IDLE && sg_wants_turn(q))) {
		sg_take(q);
		q->delay = 0;
		sg_make_ready(q);
		sg_wake(gpu);
	}
	pthread_mutex_unlock(&gpu->lock);
}

void softgpu_kick(struct softgpu *gpu)
{
	pthread_mutex_lock(&gpu->lock);
	sg_kick(gpu, NULL);
	sg_wake(gpu);
	pthread_mutex_unlock(&gpu->lock);
}

void softgpu_queue_stats(struct softgpu_queue *q, struct softgpu_queue_stats *stats)
{
	stats->packets = __atomic_load_n(&q->stats.packets, __ATOMIC_RELAXED);
	stats->dispatches = __atomic_load_n(&q->stats.dispatches, __ATOMIC_RELAXED);
	stats->bytes_copied = __atomic_load_n(&q->stats.bytes_copied, __ATOMIC_RELAXED);
	stats->faults = __atomic_load_n(&q->stats.faults, __ATOMIC_RELAXED);
	stats->rptr = __atomic_load_n(&q->stats.rptr, __ATOMIC_RELAXED);
	stats->wptr = __atomic_load_n(&q->stats.wptr, __ATOMIC_RELAXED);
}

uint64_t sg_read_pointer(const struct softgpu_queue *q)
{
	switch (q->p.type) {
	case SOFTGPU_QUEUE_AQL:
		return q->aql_rptr;
	case SOFTGPU_QUEUE_PM4:
		return q->level[0].pos;
	default:
		return q->level[0].pos * 4;
	}
}

/* The user may have written packets while there was nobody to hear the doorbell. */
static void reload_wptr(struct softgpu_queue *q)
{
	struct softgpu *gpu = q->gpu;
	uint64_t value;

	if (!q->p.wptr_va || sg_load(q, q->p.wptr_va, 8, &value))
		return;
	/* Slots of AQL packets are taken before they are free. */
	if (q->p.type == SOFTGPU_QUEUE_AQL && value > q->aql_rptr + q->p.ring_size / SG_AQL_SIZE)
		value = q->aql_rptr + q->p.ring_size / SG_AQL_SIZE;
	pthread_mutex_lock(&gpu->lock);
	if (value > q->doorbell)
		q->doorbell = value;
	q->wptr = q->doorbell;
	__atomic_store_n(&q->stats.wptr, q->doorbell, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&gpu->lock);
}

/* The number of packets is one of a doorbell too: rung with the pointer, not the packet. */
static bool wptr_valid(struct softgpu_queue *q)
{
	uint64_t ahead = q->wptr - sg_read_pointer(q);

	switch (q->p.type) {
	case SOFTGPU_QUEUE_AQL:
		return ahead <= q->p.ring_size / SG_AQL_SIZE + 1;
	case SOFTGPU_QUEUE_PM4:
		return ahead <= q->p.ring_size / 4;
	default:
		return ahead <= q->p.ring_size && !(q->wptr & 3);
	}
}

static int run(struct softgpu_queue *q, bool reload, bool backwards)
{
	if (reload)
		reload_wptr(q);
	if (backwards)
		return -EINVAL;
	if (!wptr_valid(q)) {
		q->word = q->wptr;
		return -EINVAL;
	}
	switch (q->p.type) {
	case SOFTGPU_QUEUE_AQL:
		return sg_aql_run(q);
	case SOFTGPU_QUEUE_PM4:
		q->level[0].end = q->wptr;
		return sg_stream_run(q, &sg_pm4);
	default:
		q->level[0].end = q->wptr / 4;
		return sg_stream_run(q, &sg_sdma);
	}
}

/* A turn of a queue that is SG_RUNNING; also the callbacks of what stops it. */
int sg_run(struct softgpu_queue *q)
{
	const struct softgpu_vm_ops *ops = q->gpu->ops;
	bool reload, backwards;
	int ret;

	pthread_mutex_lock(&q->gpu->lock);
	reload = q->reload;
	backwards = q->backwards;
	if (backwards)
		q->word = q->bad_doorbell;
	q->reload = false;
	q->wptr = q->doorbell;
	pthread_mutex_unlock(&q->gpu->lock);

	q->budget = SG_TURN;
	q->progress = false;
	ret = run(q, reload, backwards);
	if (ret == -EFAULT || ret == -EINVAL)
		sg_count(&q->stats.faults, 1);
	if (ret == -EFAULT)
		ops->fault(sg_vm(q), q->p.owner, &q->fault);
	else if (ret == -EINVAL && q->exception && ops->exception)
		ops->exception(q->p.vm, q->p.owner, q->exception);
	else if (ret == -EINVAL)
		ops->bad_packet(q->p.vm, q->p.owner, sg_read_pointer(q), q->word);
	return ret;
}
