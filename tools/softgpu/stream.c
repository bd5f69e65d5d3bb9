// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Streams of dwords: the ring of a PM4 or SDMA queue, and indirect buffers.
 *
 * What lives here: fetching packets, nesting, skipping, the read pointer, and what PM4 and
 * SDMA packets have in common. What does not: any packet's meaning.
 */
#include "internal.h"

static uint64_t ring_dwords(struct softgpu_queue *q)
{
	return q->p.ring_size / 4;
}

/* *num is shortened to what follows without a wrap. */
uint64_t sg_stream_va(struct softgpu_queue *q, uint64_t pos, uint64_t *num)
{
	uint64_t left;

	if (q->depth)
		return q->level[q->depth].va + pos * 4;
	pos &= ring_dwords(q) - 1;
	left = ring_dwords(q) - pos;
	if (*num > left)
		*num = left;
	return q->p.ring_va + pos * 4;
}

int sg_stream_read(struct softgpu_queue *q, uint64_t pos, uint32_t *words, uint32_t num)
{
	while (num) {
		uint64_t now = num;
		uint64_t va = sg_stream_va(q, pos, &now);
		int ret = sg_read(q, va, words, now * 4);

		if (ret)
			return ret;
		words += now;
		pos += now;
		num -= now;
	}
	return 0;
}

static int report_rptr(struct softgpu_queue *q)
{
	uint64_t pos = q->level[0].pos;
	uint64_t rptr = q->p.type == SOFTGPU_QUEUE_SDMA ? pos * 4 : pos;

	__atomic_store_n(&q->stats.rptr, rptr, __ATOMIC_RELAXED);
	if (q->p.type == SOFTGPU_QUEUE_SDMA)
		return sg_store(q, q->p.rptr_va, 8, rptr);
	return sg_store(q, q->p.rptr_va, 4, pos & (ring_dwords(q) - 1));
}

static int packet_end(struct softgpu_queue *q)
{
	struct sg_level *level = &q->level[q->depth];

	level->pos += level->len;
	level->len = 0;
	level->started = false;
	q->progress = true;
	if (q->depth)
		return 0;
	q->jumps = 0;
	sg_count(&q->stats.packets, 1);
	return report_rptr(q);
}

/*
 * Continues with an indirect buffer; a chained one takes the place of the one it is in. A driver's
 * ring may name another address space for it, and for all that is nested in it.
 */
int sg_call(struct softgpu_queue *q, uint64_t va, uint32_t dwords, unsigned int vmid, bool chain)
{
	if (va & 3 || ++q->jumps > SG_MAX_JUMPS)
		return -EINVAL;
	if (!dwords)
		return 0;
	if (vmid && !q->depth && q->p.flags & SOFTGPU_QUEUE_KERNEL) {
		if (!q->gpu->ops->ib_vm)
			return -EINVAL;
		q->vmid = vmid;
	}
	if (!chain || !q->depth) {
		if (q->depth == SG_MAX_DEPTH)
			return -EINVAL;
		q->depth++;
	}
	q->level[q->depth] = (struct sg_level){ .va = va, .end = dwords };
	return 0;
}

/* Functions of WAIT_REG_MEM and POLL_REGMEM; negative if there is no such one. */
int sg_compare(unsigned int function, uint32_t value, uint32_t ref)
{
	switch (function) {
	case 0:
		return 1;
	case 1:
		return value < ref;
	case 2:
		return value <= ref;
	case 3:
		return value == ref;
	case 4:
		return value != ref;
	case 5:
		return value >= ref;
	case 6:
		return value > ref;
	default:
		return -EINVAL;
	}
}

uint32_t sg_reg_read(struct softgpu_queue *q, uint32_t reg)
{
	const struct softgpu_vm_ops *ops = q->gpu->ops;

	return ops->reg_read && !q->vmid ? ops->reg_read(q->p.vm, q->p.owner, reg) : 0;
}

void sg_reg_write(struct softgpu_queue *q, uint32_t reg, uint32_t value)
{
	sg_compute_write(q, reg, value);
	if (q->gpu->ops->reg_write && !q->vmid)
		q->gpu->ops->reg_write(q->p.vm, q->p.owner, reg, value);
}

/* A packet that is not all there: the ring's rest may come with the next doorbell. */
static int incomplete(struct softgpu_queue *q, uint64_t len)
{
	return q->depth || len > ring_dwords(q) ? -EINVAL : -ENODATA;
}

static int one_packet(struct softgpu_queue *q, const struct sg_engine *engine)
{
	struct sg_level *level = &q->level[q->depth];
	uint64_t avail = level->end - level->pos;
	unsigned int depth = q->depth;
	unsigned int jumps = q->jumps;
	uint32_t words[SG_WORDS] = { 0 };
	int len, ret;

	ret = sg_stream_read(q, level->pos, words, avail < SG_WORDS ? avail : SG_WORDS);
	if (ret)
		return ret;
	q->word = words[0];
	len = engine->length(q, words, avail < SG_WORDS ? avail : SG_WORDS);
	if (len < 0)
		return len;
	if ((uint64_t)len > avail)
		return incomplete(q, len);

	for (uint32_t i = len; i < SG_WORDS; i++)
		words[i] = 0;

	q->budget -= SG_PACKET_COST;
	level->len = len;
	ret = engine->exec(q, words, len);
	if (ret) {
		level->len = 0;
		return ret;
	}
	if (q->op.kind != SG_OP_NONE)
		return 0;
	if (q->depth == depth && q->jumps != jumps && !level->len)
		return 0;
	return q->depth == depth ? packet_end(q) : 0;
}

/* For AQL, whose ring is not a stream, until the indirect buffer is at its end. */
int sg_stream_run(struct softgpu_queue *q, const struct sg_engine *engine)
{
	int ret;

	for (;;) {
		struct sg_level *level = &q->level[q->depth];
		uint64_t avail = level->end - level->pos;

		if (q->p.type == SOFTGPU_QUEUE_AQL && !q->depth)
			return 0;
		if (sg_turn_over(q))
			return -EINTR;
		if (q->op.kind != SG_OP_NONE) {
			ret = sg_op_run(q);
			if (!ret)
				ret = packet_end(q);
		} else if (q->depth && !avail) {
			if (!--q->depth)
				q->vmid = 0;
			if (q->p.type == SOFTGPU_QUEUE_AQL && !q->depth)
				return 0;
			ret = packet_end(q);
		} else if (!avail) {
			return -ENODATA;
		} else if (level->skip) {
			level->len = level->skip < avail ? level->skip : avail;
			level->skip -= level->len;
			ret = packet_end(q);
		} else {
			ret = one_packet(q, engine);
		}
		if (ret)
			return ret;
	}
}
