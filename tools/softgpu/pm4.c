// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Packets of the command processor.
 *
 * What lives here: the PM4 subset that compute queues of gfx9 see (fields: soc15d.h and
 * kfd_pm4_headers_ai.h of the kernel). What does not: how they are fetched and nested
 * (stream.c).
 */
#include "internal.h"

#define TYPE2		0x80000000u
#define NOP_SINGLE	0xffff1000u

enum {
	NOP = 0x10, SET_BASE = 0x11, CLEAR_STATE = 0x12, DISPATCH_DIRECT = 0x15,
	ATOMIC_MEM = 0x1e, COND_EXEC = 0x22, PRED_EXEC = 0x23,
	CONTEXT_CONTROL = 0x28, WRITE_DATA = 0x37, WAIT_REG_MEM = 0x3c, INDIRECT_BUFFER = 0x3f,
	COPY_DATA = 0x40, PFP_SYNC_ME = 0x42, EVENT_WRITE = 0x46, RELEASE_MEM = 0x49,
	DMA_DATA = 0x50, ACQUIRE_MEM = 0x58, SET_CONFIG_REG = 0x68, SET_CONTEXT_REG = 0x69,
	SET_SH_REG = 0x76, SET_UCONFIG_REG = 0x79,
};

/* Selectors of WRITE_DATA and COPY_DATA */
enum {
	SEL_REG = 0, SEL_MEM_SYNC = 1, SEL_L2 = 2, SEL_MEM = 5, SEL_IMMEDIATE = 5,
	SEL_ATOMIC = 6, SEL_CLOCK = 9,
};

static uint32_t bits(uint32_t word, unsigned int first, unsigned int num)
{
	return word >> first & ((1u << num) - 1);
}

static bool is_memory(unsigned int sel)
{
	return sel == SEL_MEM_SYNC || sel == SEL_L2 || sel == SEL_MEM;
}

/* The current packet's dwords from number @first on */
static int body(struct softgpu_queue *q, uint32_t first, uint32_t *words, uint32_t num)
{
	return sg_stream_read(q, q->level[q->depth].pos + first, words, num);
}

/* Registers from @reg on, or always the same one, from the packet's dword @first on */
static int set_regs(struct softgpu_queue *q, uint32_t reg, bool same, uint32_t first,
		    uint32_t len)
{
	uint32_t words[SG_WORDS];

	while (first < len) {
		uint32_t num = len - first < SG_WORDS ? len - first : SG_WORDS;
		int ret = body(q, first, words, num);

		if (ret)
			return ret;
		first += num;
		for (uint32_t i = 0; i < num; i++, reg += !same)
			sg_reg_write(q, reg, words[i]);
	}
	return 0;
}

static int write_data(struct softgpu_queue *q, const uint32_t *w, uint32_t len)
{
	unsigned int sel = bits(w[1], 8, 4);
	bool same = bits(w[1], 16, 1);
	uint64_t va = sg_u64(w[2] & ~3u, w[3]);
	uint32_t word;
	int ret;

	if (sel == SEL_REG)
		return set_regs(q, w[2] & 0x3ffff, same, 4, len);
	if (!is_memory(sel))
		return -EINVAL;
	if (len == 5)
		return sg_store(q, va, 4, w[4]);
	if (!same) {
		q->op = (struct sg_op){
			.kind = SG_OP_WRITE, .dst = va, .len = (len - 4) * 4ULL,
			.src = q->level[q->depth].pos + 4,
		};
		return 0;
	}
	ret = body(q, len - 1, &word, 1);
	return ret ? ret : sg_store(q, va, 4, word);
}

static int copy_data(struct softgpu_queue *q, const uint32_t *w)
{
	unsigned int src = bits(w[1], 0, 4);
	unsigned int dst = bits(w[1], 8, 4);
	unsigned int size = bits(w[1], 16, 1) ? 8 : 4;
	uint64_t value;
	uint32_t reg;
	int ret = 0;

	switch (src) {
	case SEL_REG:
		reg = w[2] & 0x3ffff;
		value = sg_reg_read(q, reg);
		if (size == 8)
			value |= (uint64_t)sg_reg_read(q, reg + 1) << 32;
		break;
	case SEL_MEM_SYNC:
	case SEL_L2:
		ret = sg_load(q, sg_u64(w[2] & ~3u, w[3]), size, &value);
		break;
	case SEL_IMMEDIATE:
		value = sg_u64(w[2], w[3]);
		break;
	case SEL_ATOMIC:
		value = q->atomic_old;
		break;
	case SEL_CLOCK:
		value = softgpu_clock();
		break;
	default:
		return -EINVAL;
	}
	if (ret)
		return ret;
	if (is_memory(dst))
		return sg_store(q, sg_u64(w[4] & ~3u, w[5]), size, value);
	if (dst != SEL_REG)
		return -EINVAL;
	reg = w[4] & 0x3ffff;
	sg_reg_write(q, reg, value);
	if (size == 8)
		sg_reg_write(q, reg + 1, value >> 32);
	return 0;
}

static int wait_reg_mem(struct softgpu_queue *q, const uint32_t *w)
{
	unsigned int space = bits(w[1], 4, 2);
	unsigned int operation = bits(w[1], 6, 2);
	uint64_t value;
	int ret;

	if (space > 1 || operation == 2 || (operation == 1 && space))
		return -EINVAL;
	if (operation == 1 && !q->level[q->depth].started) {
		sg_reg_write(q, w[2] & 0x3ffff, w[4]);
		q->level[q->depth].started = true;
	}
	if (space) {
		ret = sg_load(q, sg_u64(w[2] & ~3u, w[3]), 4, &value);
		if (ret)
			return ret;
	} else {
		value = sg_reg_read(q, (operation == 1 ? w[3] : w[2]) & 0x3ffff);
	}
	ret = sg_compare(bits(w[1], 0, 3), value & w[5], w[4]);
	if (ret < 0)
		return ret;
	return ret ? 0 : -EAGAIN;
}

static int release_mem(struct softgpu_queue *q, const uint32_t *w)
{
	unsigned int interrupt = bits(w[2], 24, 3);
	unsigned int data = bits(w[2], 29, 3);
	uint64_t va = sg_u64(w[3] & ~3u, w[4]);
	int ret = 0;

	if (bits(w[2], 16, 2) > 1 || interrupt > 4)
		return -EINVAL;
	switch (data) {
	case 0:
		break;
	case 1:
		ret = sg_store(q, va, 4, w[5]);
		break;
	case 2:
		ret = sg_store(q, va, 8, sg_u64(w[5], w[6]));
		break;
	case 3:
	case 4:
		ret = sg_store(q, va, 8, softgpu_clock());
		break;
	default:
		return -EINVAL;
	}
	/* 0 is without an interrupt, 3 waits for the write and is without one too. */
	if (!ret && interrupt && interrupt != 3)
		q->gpu->ops->event(q->p.vm, q->p.owner, w[7]);
	return ret;
}

static int atomic_mem(struct softgpu_queue *q, const uint32_t *w)
{
	unsigned int code = bits(w[1], 0, 7);
	bool until = bits(w[1], 8, 4) == 1;
	uint64_t cmp = sg_u64(w[6], sg_atomic_is_64(code) ? w[7] : 0);
	uint64_t src = sg_u64(w[4], sg_atomic_is_64(code) ? w[5] : 0);
	uint64_t old;
	int ret;

	if (bits(w[1], 8, 4) > 3)
		return -EINVAL;
	ret = sg_atomic(q, sg_u64(w[2], w[3]), code, src, cmp, &old);
	if (ret)
		return ret;
	if (until && sg_atomic_is_cmpswap(code) && old != cmp)
		return -EAGAIN;
	q->atomic_old = old;
	return 0;
}

static int dma_data(struct softgpu_queue *q, const uint32_t *w)
{
	unsigned int src = bits(w[1], 29, 2);
	unsigned int dst = bits(w[1], 20, 2);

	/* Registers, GDS and addresses that stay the same are not for compute queues. */
	if (bits(w[6], 26, 4) || src == 1 || dst == 1 || dst == 2)
		return -EINVAL;
	q->op = (struct sg_op){
		.kind = src == 2 ? SG_OP_FILL : SG_OP_COPY, .pattern = w[2],
		.src = sg_u64(w[2], w[3]), .dst = sg_u64(w[4], w[5]), .len = bits(w[6], 0, 26),
	};
	return 0;
}

static int cond_exec(struct softgpu_queue *q, const uint32_t *w)
{
	struct sg_level *level = &q->level[q->depth];
	uint64_t value;
	int ret;

	ret = sg_load(q, sg_u64(w[1] & ~3u, w[2]), 4, &value);
	if (!ret && !value)
		level->skip = bits(w[4], 0, 14);
	return ret;
}

static int set_reg_packet(struct softgpu_queue *q, uint32_t base, const uint32_t *w,
			  uint32_t len)
{
	return set_regs(q, base + (w[1] & 0xffff), false, 2, len);
}

/* For a queue of the driver, whose packets are also about what the core knows nothing of */
static bool is_privileged(struct softgpu_queue *q)
{
	return sg_is_kernel(q) && q->gpu->ops->privileged;
}

static int privileged(struct softgpu_queue *q, uint32_t len)
{
	uint32_t words[SOFTGPU_PRIVILEGED_MAX];
	int ret = body(q, 0, words, len);

	if (ret)
		return ret;
	q->fault = (struct softgpu_fault){ 0 };
	return q->gpu->ops->privileged(q->p.vm, q->p.owner, words, len);
}

/* The least number of dwords behind the header; 0 if there is no such packet */
static uint32_t least_body(unsigned int opcode)
{
	switch (opcode) {
	case NOP:
	case CLEAR_STATE:
	case PFP_SYNC_ME:
	case EVENT_WRITE:
	case PRED_EXEC:
		return 1;
	case SET_BASE:
	case CONTEXT_CONTROL:
	case SET_CONFIG_REG:
	case SET_CONTEXT_REG:
	case SET_SH_REG:
	case SET_UCONFIG_REG:
		return 2;
	case INDIRECT_BUFFER:
		return 3;
	case DISPATCH_DIRECT:
	case COND_EXEC:
	case WRITE_DATA:
		return 4;
	case COPY_DATA:
		return 5;
	case WAIT_REG_MEM:
	case RELEASE_MEM:
	case DMA_DATA:
	case ACQUIRE_MEM:
		return 6;
	case ATOMIC_MEM:
		return 8;
	default:
		return 0;
	}
}

static int length(struct softgpu_queue *q, const uint32_t *w, uint32_t num)
{
	uint32_t count = bits(w[0], 16, 14) + 1;
	uint32_t least = least_body(bits(w[0], 8, 8));

	(void)num;
	if (w[0] == TYPE2 || (w[0] & ~0xffu) == (NOP_SINGLE & ~0xffu))
		return 1;
	if (w[0] >> 30 != 3 || count < least)
		return -EINVAL;
	if (!least && (!is_privileged(q) || count >= SOFTGPU_PRIVILEGED_MAX))
		return -EINVAL;
	return 1 + count;
}

static int exec(struct softgpu_queue *q, const uint32_t *w, uint32_t len)
{
	if (len == 1)
		return 0;
	switch (bits(w[0], 8, 8)) {
	case DISPATCH_DIRECT:
		return sg_dispatch_pm4(q, w);
	case ATOMIC_MEM:
		return atomic_mem(q, w);
	case COND_EXEC:
		return cond_exec(q, w);
	case PRED_EXEC:
		/* For the XCCs of a mask; there is one. */
		if (!bits(w[1], 24, 1))
			q->level[q->depth].skip = bits(w[1], 0, 14);
		return 0;
	case WRITE_DATA:
		return write_data(q, w, len);
	case WAIT_REG_MEM:
		return wait_reg_mem(q, w);
	case INDIRECT_BUFFER:
		return sg_call(q, sg_u64(w[1] & ~3u, w[2] & 0xffff), bits(w[3], 0, 20),
			       bits(w[3], 24, 4), bits(w[3], 20, 1));
	case COPY_DATA:
		return copy_data(q, w);
	case RELEASE_MEM:
		return release_mem(q, w);
	case DMA_DATA:
		return dma_data(q, w);
	case ACQUIRE_MEM:
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		return 0;
	case SET_CONFIG_REG:
		return set_reg_packet(q, 0x2000, w, len);
	case SET_CONTEXT_REG:
		return set_reg_packet(q, 0xa000, w, len);
	case SET_SH_REG:
		return set_reg_packet(q, 0x2c00, w, len);
	case SET_UCONFIG_REG:
		return set_reg_packet(q, 0xc000, w, len);
	default:
		return least_body(bits(w[0], 8, 8)) ? 0 : privileged(q, len);
	}
}

const struct sg_engine sg_pm4 = { .length = length, .exec = exec };
