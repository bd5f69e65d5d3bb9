// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What packets move, piece by piece.
 *
 * What lives here: struct sg_op is done here, and can be left after each piece. What does
 * not: the pieces (memory.c).
 */
#include "internal.h"

static int copy(struct softgpu_queue *q)
{
	struct sg_op *op = &q->op;
	uint64_t now = op->len;
	uint64_t done = 0;
	int ret = sg_copy(q, op->dst, op->src, &now);

	if (ret)
		return ret;
	while (op->both && done < now) {
		uint64_t len = now - done;

		ret = sg_copy(q, op->dst2 + done, op->src + done, &len);
		if (ret)
			return ret;
		done += len;
	}
	op->dst += now;
	op->dst2 += now;
	op->src += now;
	op->len -= now;
	return now;
}

static int fill(struct softgpu_queue *q)
{
	struct sg_op *op = &q->op;
	uint64_t now = op->len;
	unsigned int turn;
	int ret = sg_fill(q, op->dst, op->pattern, &now);

	if (ret)
		return ret;
	turn = now % 4 * 8;
	if (turn)
		op->pattern = op->pattern >> turn | op->pattern << (32 - turn);
	op->dst += now;
	op->len -= now;
	return now;
}

static int write_body(struct softgpu_queue *q)
{
	struct sg_op *op = &q->op;
	uint64_t dwords = op->len / 4;
	uint64_t src = sg_stream_va(q, op->src, &dwords);
	uint64_t left = dwords * 4 < SOFTGPU_CHUNK ? dwords * 4 : SOFTGPU_CHUNK;
	uint64_t all = left;

	while (left) {
		uint64_t now = left;
		int ret = sg_copy(q, op->dst, src, &now);

		if (ret)
			return ret;
		op->dst += now;
		src += now;
		left -= now;
	}
	op->src += all / 4;
	op->len -= all;
	return all;
}

/* op->len is what is left of the row. */
static int rect(struct softgpu_queue *q)
{
	struct sg_op *op = &q->op;
	uint64_t now = op->len;
	int ret = sg_copy(q, op->dst, op->src, &now);

	if (ret)
		return ret;
	op->dst += now;
	op->src += now;
	op->len -= now;
	if (op->len)
		return now;

	if (--op->rows) {
		op->src += op->src_pitch - op->width;
		op->dst += op->dst_pitch - op->width;
	} else if (--op->slices) {
		op->rows = op->all_rows;
		op->src = op->src_top += op->src_slice;
		op->dst = op->dst_top += op->dst_slice;
	} else {
		return now;
	}
	op->len = op->width;
	return now;
}

static int ptes(struct softgpu_queue *q)
{
	struct sg_op *op = &q->op;
	int ret = sg_store(q, op->dst, 8, op->value | op->mask);

	if (ret)
		return ret;
	op->dst += 8;
	op->value += op->step;
	op->len--;
	return 8;
}

int sg_op_run(struct softgpu_queue *q)
{
	static int (*const steps[])(struct softgpu_queue *) = {
		[SG_OP_COPY] = copy, [SG_OP_FILL] = fill, [SG_OP_WRITE] = write_body,
		[SG_OP_RECT] = rect, [SG_OP_PTES] = ptes,
	};
	int ret;

	while (q->op.len) {
		if (sg_turn_over(q))
			return -EINTR;
		ret = steps[q->op.kind](q);
		if (ret < 0)
			return ret;
		/* A row or an entry is more work than its bytes. */
		q->budget -= ret + 64;
		q->progress = true;
		sg_count(&q->stats.bytes_copied, ret);
	}
	q->op.kind = SG_OP_NONE;
	return 0;
}
