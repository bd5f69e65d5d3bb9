// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Dispatches.
 *
 * What lives here: the place where kernels will be executed; up to then they are counted and
 * done with. What does not: packets, completion.
 */
#include "internal.h"

static void not_executed(struct softgpu_queue *q)
{
	sg_count(&q->stats.dispatches, 1);
	if (q->warned)
		return;
	q->warned = true;
	if (q->gpu->ops->log)
		q->gpu->ops->log(q->p.vm, "softgpu: kernels are not executed, only completed");
}

/* A packet of an AQL queue */
int softgpu_dispatch(struct softgpu_queue *q, const uint32_t *packet)
{
	(void)packet;
	not_executed(q);
	return 0;
}

/* DISPATCH_DIRECT or DISPATCH_INDIRECT */
int softgpu_dispatch_pm4(struct softgpu_queue *q, const uint32_t *words)
{
	(void)words;
	not_executed(q);
	return 0;
}
