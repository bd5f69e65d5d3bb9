// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Scratch memory of AQL queues, which the runtime lends and takes back.
 *
 * What lives here: the command processor's part of that, with the fields of struct amd_queue_v2_s
 * (ROCr's amd_hsa_queue.h) that are about it. What does not: which wave gets what of it (grid.c).
 *
 * The runtime is asked by the queue's inactive signal, and has answered when that is 0 again. It
 * looks at the packet at the queue's read pointer meanwhile. What a dispatch may use is decided
 * anew each time it tries to begin, so nothing has to be kept while it waits.
 *
 * The second allocation that the structure has fields for, alternate scratch, is not used: no
 * runtime offers it.
 */
#include "isa/group.h"
#include "internal.h"

/* Bytes of the structure */
enum {
	QUEUE_CAPS = 0x28, QUEUE_READ_POINTER = 0x80, QUEUE_TMPRING = 0x8c,
	QUEUE_SCRATCH_RSRC = 0x90, QUEUE_SCRATCH = 0xa0, QUEUE_LANE_SIZE = 0xb0,
	QUEUE_PROPERTIES = 0xb4, QUEUE_MAX_USE = 0xb8, QUEUE_INACTIVE = 0xc0,
	QUEUE_LAST_USED = 0x100,
};

/* The two sides of taking back scratch memory that a queue still has */
#define CAPS_CP_RECLAIM		1u
#define CAPS_RUNTIME_RECLAIM	2u
#define PROPERTIES_USE_ONCE	(1u << 4)

/* What the inactive signal says */
#define INACTIVE_NO_SCRATCH	1
#define INACTIVE_USED_ONCE	512

#define ATOMIC_OR_32		22

/* The word behind the read pointer says where that is in the structure. */
static int find_queue(struct softgpu_queue *q, uint64_t *queue)
{
	uint64_t offset;
	int ret = sg_load(q, q->p.rptr_va + 8, 4, &offset);

	if (ret)
		return ret;
	*queue = q->p.rptr_va - offset;
	return offset == QUEUE_READ_POINTER ? 0 : -EINVAL;
}

/*
 * A runtime that may take memory back says up to which dispatch it is the queue's, and waits for
 * the last one that had it.
 */
static int check_reclaim(struct softgpu_queue *q, uint64_t queue, uint64_t id, bool *enough)
{
	uint64_t caps, max, old;
	int ret;

	ret = sg_load(q, queue + QUEUE_CAPS, 4, &caps);
	if (ret || !(caps & CAPS_RUNTIME_RECLAIM))
		return ret;
	if (!(caps & CAPS_CP_RECLAIM)) {
		ret = sg_atomic(q, queue + QUEUE_CAPS, ATOMIC_OR_32, CAPS_CP_RECLAIM, 0, &old);
		if (ret)
			return ret;
	}
	ret = sg_load(q, queue + QUEUE_MAX_USE, 8, &max);
	if (ret)
		return ret;
	if (id > max)
		*enough = false;
	return *enough ? sg_store(q, queue + QUEUE_LAST_USED, 8, id) : 0;
}

static int ask(struct softgpu_queue *q, uint64_t signal)
{
	int ret;

	if (!signal)
		return -EINVAL;
	ret = sg_signal_ask(q, signal, INACTIVE_NO_SCRATCH);
	return ret ? ret : -EAGAIN;
}

/* The resource descriptor is for those who have the kernel find its scratch memory by it. */
static int read_scratch(struct softgpu_queue *q, uint64_t queue, struct isa_dispatch *d,
			unsigned int *waves)
{
	uint64_t tmpring;
	int ret;

	ret = sg_load(q, queue + QUEUE_TMPRING, 4, &tmpring);
	if (!ret)
		ret = sg_read(q, queue + QUEUE_SCRATCH_RSRC, d->scratch_rsrc,
			      sizeof(d->scratch_rsrc));
	if (!ret)
		ret = sg_load(q, queue + QUEUE_SCRATCH, 8, &d->scratch);
	if (ret)
		return ret;
	d->scratch_wave = SG_TMPRING_WAVE_SIZE(tmpring);
	*waves = SG_TMPRING_WAVES(tmpring);
	return 0;
}

/**
 * sg_scratch() - the scratch memory that a dispatch wants
 * @q: an AQL queue, at the dispatch's packet
 * @d: with @d->id and @d->private_size; its other fields about scratch memory are filled
 * @waves: how many waves there is memory for, or 0 if that does not matter
 *
 * Return: 0, -EAGAIN until the queue has enough, -EFAULT; -EINVAL if it cannot get any
 */
int sg_scratch(struct softgpu_queue *q, struct isa_dispatch *d, unsigned int *waves)
{
	uint64_t queue, signal, value = 0, lane;
	bool enough;
	int ret;

	*waves = 0;
	if (!d->private_size)
		return 0;
	ret = find_queue(q, &queue);
	if (!ret)
		ret = sg_load(q, queue + QUEUE_INACTIVE, 8, &signal);
	if (!ret && signal)
		ret = sg_signal_load(q, signal, &value);
	if (ret)
		return ret;
	/* What it was asked before comes first, and after an error nothing. */
	if (value)
		return -EAGAIN;
	ret = sg_load(q, queue + QUEUE_LANE_SIZE, 4, &lane);
	if (ret)
		return ret;
	enough = d->private_size <= lane;
	ret = check_reclaim(q, queue, d->id, &enough);
	if (ret)
		return ret;
	return enough ? read_scratch(q, queue, d, waves) : ask(q, signal);
}

/**
 * sg_scratch_done() - a dispatch is over
 * @q: an AQL queue, at the dispatch's packet
 * @private_size: bytes that each work-item had
 *
 * Memory that was for this dispatch alone goes back. Nobody has to wait for that but the next
 * dispatch which wants some.
 *
 * Return: 0 or -EFAULT
 */
int sg_scratch_done(struct softgpu_queue *q, uint32_t private_size)
{
	uint64_t queue, signal, properties;
	int ret;

	if (!private_size)
		return 0;
	ret = find_queue(q, &queue);
	if (!ret)
		ret = sg_load(q, queue + QUEUE_PROPERTIES, 4, &properties);
	if (ret || !(properties & PROPERTIES_USE_ONCE))
		return ret;
	ret = sg_load(q, queue + QUEUE_INACTIVE, 8, &signal);
	if (ret || !signal)
		return ret;
	return sg_signal_ask(q, signal, INACTIVE_USED_ONCE);
}
