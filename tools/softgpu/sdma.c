// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Packets of the copy engines.
 *
 * What lives here: SDMA 4.4 (fields: vega10_sdma_pkt_open.h of the kernel; copies and fills
 * take 30 bits of bytes, sdma_v4_4_2.c). What does not: how they are fetched and nested
 * (stream.c), the moving of bytes (move.c).
 */
#include "internal.h"

enum {
	NOP, COPY, WRITE, INDIRECT = 4, FENCE, TRAP, POLL_REGMEM = 8, COND_EXE, ATOMIC,
	CONST_FILL, PTEPDE, TIMESTAMP, SRBM_WRITE, DUMMY_TRAP = 16,
};

enum { COPY_LINEAR = 0, COPY_SUBWIN = 4 };
enum { POLL_MEM = 0, POLL_REG_WRITE_MEM = 1 };
enum { TIMESTAMP_SET, TIMESTAMP_GET, TIMESTAMP_GET_GLOBAL };

static uint32_t bits(uint32_t word, unsigned int first, unsigned int num)
{
	return word >> first & ((1u << num) - 1);
}

static void copy_linear(struct softgpu_queue *q, const uint32_t *w)
{
	q->op = (struct sg_op){
		.kind = SG_OP_COPY, .len = bits(w[1], 0, 30) + 1ULL, .src = sg_u64(w[3], w[4]),
		.dst = sg_u64(w[5], w[6]), .dst2 = sg_u64(w[7], w[8]), .both = bits(w[0], 27, 1),
	};
}

static int copy_subwin(struct softgpu_queue *q, const uint32_t *w)
{
	unsigned int shift = bits(w[0], 29, 3);
	uint64_t src_pitch = (bits(w[4], 13, 19) + 1ULL) << shift;
	uint64_t dst_pitch = (bits(w[9], 13, 19) + 1ULL) << shift;
	uint64_t src_slice = (bits(w[5], 0, 28) + 1ULL) << shift;
	uint64_t dst_slice = (bits(w[10], 0, 28) + 1ULL) << shift;
	uint64_t src, dst, width;

	if (shift > 4)
		return -EINVAL;
	src = sg_u64(w[1], w[2]) + ((uint64_t)bits(w[3], 0, 14) << shift) +
	      bits(w[3], 16, 14) * src_pitch + bits(w[4], 0, 11) * src_slice;
	dst = sg_u64(w[6], w[7]) + ((uint64_t)bits(w[8], 0, 14) << shift) +
	      bits(w[8], 16, 14) * dst_pitch + bits(w[9], 0, 11) * dst_slice;
	width = (bits(w[11], 0, 14) + 1ULL) << shift;
	q->op = (struct sg_op){
		.kind = SG_OP_RECT, .src = src, .dst = dst, .src_top = src, .dst_top = dst,
		.src_pitch = src_pitch, .dst_pitch = dst_pitch, .src_slice = src_slice,
		.dst_slice = dst_slice, .width = width, .len = width,
		.rows = bits(w[11], 16, 14) + 1, .all_rows = bits(w[11], 16, 14) + 1,
		.slices = bits(w[12], 0, 11) + 1,
	};
	return 0;
}

static int const_fill(struct softgpu_queue *q, const uint32_t *w)
{
	unsigned int shift = bits(w[0], 30, 2);
	uint32_t pattern = w[3];

	if (shift > 2)
		return -EINVAL;
	if (shift == 0)
		pattern = (pattern & 0xff) * 0x01010101u;
	else if (shift == 1)
		pattern = (pattern & 0xffff) * 0x00010001u;
	/* The count is that of bytes less one; some leave out the bits within an element. */
	q->op = (struct sg_op){
		.kind = SG_OP_FILL, .dst = sg_u64(w[1], w[2]), .pattern = pattern,
		.len = (bits(w[4], 0, 30) | ((1u << shift) - 1)) + 1ULL,
	};
	return 0;
}

static int poll(struct softgpu_queue *q, const uint32_t *w)
{
	bool memory = bits(w[0], 31, 1);
	uint64_t value;
	int ret;

	/* There is no HDP cache to flush; a driver may have a register that says so. */
	if (!memory && bits(w[0], 26, 1)) {
		if (!sg_is_kernel(q))
			return 0;
		if (!q->level[q->depth].started)
			sg_reg_write(q, bits(w[2], 2, 18), w[3]);
		q->level[q->depth].started = true;
	} else if (!memory && !bits(w[0], 28, 3)) {
		return 0;
	}
	if (memory) {
		ret = sg_load(q, sg_u64(w[1], w[2]), 4, &value);
		if (ret)
			return ret;
	} else {
		value = sg_reg_read(q, bits(w[1], 2, 18));
	}
	ret = sg_compare(bits(w[0], 28, 3), value & w[4], w[3]);
	if (ret < 0)
		return ret;
	return ret ? 0 : -EAGAIN;
}

static int atomic(struct softgpu_queue *q, const uint32_t *w)
{
	unsigned int code = bits(w[0], 25, 7);
	bool until = bits(w[0], 16, 1);
	uint64_t src = sg_u64(w[3], sg_atomic_is_64(code) ? w[4] : 0);
	uint64_t cmp = sg_u64(w[5], sg_atomic_is_64(code) ? w[6] : 0);
	uint64_t old;
	int ret;

	ret = sg_atomic(q, sg_u64(w[1], w[2]), code, src, cmp, &old);
	if (!ret && until && sg_atomic_is_cmpswap(code) && old != cmp)
		ret = -EAGAIN;
	return ret;
}

static int cond_exe(struct softgpu_queue *q, const uint32_t *w)
{
	uint64_t value;
	int ret;

	ret = sg_load(q, sg_u64(w[1], w[2]), 4, &value);
	if (!ret && value != w[3])
		q->level[q->depth].skip = bits(w[4], 0, 14);
	return ret;
}

static int srbm_write(struct softgpu_queue *q, const uint32_t *w)
{
	uint32_t reg = bits(w[1], 0, 18);
	uint32_t mask = 0;

	for (unsigned int i = 0; i < 4; i++)
		if (bits(w[0], 28 + i, 1))
			mask |= 0xffu << i * 8;
	if (mask != 0xffffffff)
		sg_reg_write(q, reg, (sg_reg_read(q, reg) & ~mask) | (w[2] & mask));
	else
		sg_reg_write(q, reg, w[2]);
	return 0;
}

static int generate_ptes(struct softgpu_queue *q, const uint32_t *w)
{
	q->op = (struct sg_op){
		.kind = SG_OP_PTES, .dst = sg_u64(w[1], w[2]), .mask = sg_u64(w[3], w[4]),
		.value = sg_u64(w[5], w[6]), .step = sg_u64(w[7], w[8]),
		.len = bits(w[9], 0, 19) + 1ULL,
	};
	return 0;
}

static int length(struct softgpu_queue *q, const uint32_t *w, uint32_t num)
{
	unsigned int sub = bits(w[0], 8, 8);

	switch (bits(w[0], 0, 8)) {
	case NOP:
		return 1 + bits(w[0], 16, 14);
	case COPY:
		if (sub == COPY_LINEAR)
			return bits(w[0], 27, 1) ? 9 : 7;
		return sub == COPY_SUBWIN ? 13 : -EINVAL;
	case WRITE:
		if (sub)
			return -EINVAL;
		return num < 4 ? 5 : 4 + bits(w[3], 0, 20) + 1;
	case INDIRECT:
		return 6;
	case FENCE:
		return sub ? -EINVAL : 4;
	case TRAP:
	case DUMMY_TRAP:
		return 2;
	case POLL_REGMEM:
		if (sub == POLL_MEM)
			return 6;
		return sub == POLL_REG_WRITE_MEM ? 4 : -EINVAL;
	case COND_EXE:
		return 5;
	case ATOMIC:
		return 8;
	case CONST_FILL:
		return sub ? -EINVAL : 5;
	case PTEPDE:
		return sg_is_kernel(q) && !sub ? 10 : -EINVAL;
	case TIMESTAMP:
		return sub <= TIMESTAMP_GET_GLOBAL ? 3 : -EINVAL;
	case SRBM_WRITE:
		return 3;
	default:
		return -EINVAL;
	}
}

static int exec(struct softgpu_queue *q, const uint32_t *w, uint32_t len)
{
	unsigned int sub = bits(w[0], 8, 8);

	switch (bits(w[0], 0, 8)) {
	case COPY:
		if (sub == COPY_SUBWIN)
			return copy_subwin(q, w);
		copy_linear(q, w);
		return 0;
	case WRITE:
		q->op = (struct sg_op){
			.kind = SG_OP_WRITE, .dst = sg_u64(w[1], w[2]), .len = (len - 4) * 4ULL,
			.src = q->level[q->depth].pos + 4,
		};
		return 0;
	case INDIRECT:
		return sg_call(q, sg_u64(w[1], w[2]), bits(w[3], 0, 20), bits(w[0], 16, 4), false);
	case FENCE:
		return sg_store(q, sg_u64(w[1], w[2]), 4, w[3]);
	case TRAP:
		q->gpu->ops->event(q->p.vm, q->p.owner, bits(w[1], 0, 28));
		return 0;
	case POLL_REGMEM:
		if (sub == POLL_REG_WRITE_MEM)
			return sg_store(q, sg_u64(w[2], w[3]), 4,
					sg_reg_read(q, bits(w[1], 2, 18)));
		return poll(q, w);
	case COND_EXE:
		return cond_exe(q, w);
	case ATOMIC:
		return atomic(q, w);
	case CONST_FILL:
		return const_fill(q, w);
	case PTEPDE:
		return generate_ptes(q, w);
	case TIMESTAMP:
		if (sub == TIMESTAMP_SET)
			return 0;
		return sg_store(q, sg_u64(w[1] & ~7u, w[2]), 8, softgpu_clock());
	case SRBM_WRITE:
		return srbm_write(q, w);
	default:
		return 0;
	}
}

const struct sg_engine sg_sdma = { .length = length, .exec = exec };
