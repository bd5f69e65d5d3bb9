// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Queues that are taken away in the middle of what they do, and go on as another object.
 *
 * What lives here: a queue's state as bytes, and what such bytes cannot be. What does not:
 * how a queue is brought to a halt (queue.c).
 */
#include <string.h>

#include "internal.h"

void sg_save(struct softgpu_queue *q, void *state)
{
	(void)q;
	memset(state, 0, SOFTGPU_STATE_SIZE);
}

int sg_restore(struct softgpu_queue *q, const void *state)
{
	(void)q;
	(void)state;
	return -EINVAL;
}
