// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The AQL packet processor.
 *
 * What lives here: packets of the HSA system architecture and AMD's vendor-specific ones. What
 * does not: what a dispatch does (dispatch.c), the commands of indirect buffers (pm4.c), what
 * a signal is (signal.c).
 *
 * Packets are done one after the other, so the barrier bit asks for nothing that would not
 * be so anyway. A slot is given back when its packet is done, and before its signal is sent.
 */
#include "internal.h"

enum {
	PACKET_VENDOR, PACKET_INVALID, PACKET_DISPATCH, PACKET_BARRIER_AND, PACKET_AGENT,
	PACKET_BARRIER_OR,
};

enum { VENDOR_PM4_IB = 1, VENDOR_BARRIER_VALUE = 2 };

enum { COND_EQ, COND_NE, COND_LT, COND_GTE };

/* 64 bits of the packet, by the byte they begin at */
static uint64_t packet_u64(struct softgpu_queue *q, unsigned int byte)
{
	return sg_u64(q->packet[byte / 4], q->packet[byte / 4 + 1]);
}

static int finish(struct softgpu_queue *q)
{
	uint64_t va = q->p.ring_va + (q->aql_rptr * SG_AQL_SIZE & (q->p.ring_size - 1));
	uint64_t signal = packet_u64(q, 56);
	int ret;

	ret = sg_store(q, va, 2, PACKET_INVALID);
	if (ret)
		return ret;
	q->aql_rptr++;
	q->progress = true;
	__atomic_store_n(&q->stats.rptr, q->aql_rptr, __ATOMIC_RELAXED);
	sg_count(&q->stats.packets, 1);
	ret = sg_store(q, q->p.rptr_va, 8, q->aql_rptr);
	if (!ret && signal)
		ret = sg_signal_complete(q, signal);
	q->start_ts = 0;
	q->deps_seen = 0;
	q->jumps = 0;
	/* Of a packet that was another one when it began */
	sg_grid_free(q->grid);
	q->grid = NULL;
	return ret;
}

/* Each dependency has to be met once, not all of them at the same time. */
static int barrier(struct softgpu_queue *q, bool any)
{
	unsigned int deps = 0;
	uint64_t value;
	unsigned int i;
	int ret;

	for (i = 0; i < SG_AQL_DEPS; i++) {
		uint64_t signal = packet_u64(q, 8 + i * 8);

		if (!signal)
			continue;
		deps |= 1u << i;
		if (q->deps_seen & 1u << i)
			continue;
		ret = sg_signal_load(q, signal, &value);
		if (ret)
			return ret;
		if (!value)
			q->deps_seen |= 1u << i;
	}
	if (any ? !deps || q->deps_seen : q->deps_seen == deps)
		return 0;
	return -EAGAIN;
}

static int barrier_value(struct softgpu_queue *q)
{
	uint64_t signal = packet_u64(q, 8);
	int64_t ref = packet_u64(q, 16);
	int64_t value;
	uint64_t now;
	bool met;
	int ret;

	if (!signal)
		return 0;
	ret = sg_signal_load(q, signal, &now);
	if (ret)
		return ret;
	value = now & packet_u64(q, 24);
	switch (q->packet[8]) {
	case COND_EQ:
		met = value == ref;
		break;
	case COND_NE:
		met = value != ref;
		break;
	case COND_LT:
		met = value < ref;
		break;
	case COND_GTE:
		met = value >= ref;
		break;
	default:
		return -EINVAL;
	}
	return met ? 0 : -EAGAIN;
}

/* Four dwords are an INDIRECT_BUFFER packet, the rest is for the firmware. */
static int vendor_ib(struct softgpu_queue *q)
{
	int ret;

	if (sg_pm4.length(q, q->packet + 1, 4) != 4)
		return -EINVAL;
	ret = sg_pm4.exec(q, q->packet + 1, 4);
	if (ret)
		return ret;
	q->in_ib = q->depth;
	return 0;
}

static int vendor(struct softgpu_queue *q)
{
	switch (q->packet[0] >> 16 & 0xff) {
	case VENDOR_PM4_IB:
		return (q->packet[1] >> 8 & 0xff) == 0x3f ? vendor_ib(q) : -EINVAL;
	case VENDOR_BARRIER_VALUE:
		return barrier_value(q);
	default:
		return -EINVAL;
	}
}

static int one_packet(struct softgpu_queue *q)
{
	uint64_t va = q->p.ring_va + (q->aql_rptr * SG_AQL_SIZE & (q->p.ring_size - 1));
	uint64_t header;
	int ret;

	ret = sg_load(q, va, 4, &header);
	if (ret)
		return ret;
	q->word = header;
	/*
	 * The number of the slot may be known before its packet is there. A ring that nobody
	 * has written to since it was zeroed has no invalid packets, but none with this header
	 * can be meant either: it would be a vendor's without a format.
	 */
	if ((header & 0xff) == PACKET_INVALID || !header)
		return -EAGAIN;

	ret = sg_read(q, va, q->packet, SG_AQL_SIZE);
	if (ret)
		return ret;
	q->packet[0] = header;
	if (header >> 9 & 3)
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!q->start_ts)
		q->start_ts = softgpu_clock();
	q->budget -= SG_PACKET_COST;

	switch (header & 0xff) {
	case PACKET_VENDOR:
		ret = vendor(q);
		break;
	case PACKET_DISPATCH:
		ret = sg_dispatch(q);
		break;
	case PACKET_BARRIER_AND:
		ret = barrier(q, false);
		break;
	case PACKET_BARRIER_OR:
		ret = barrier(q, true);
		break;
	default:
		return -EINVAL;
	}
	if (ret || q->in_ib)
		return ret;
	return finish(q);
}

int sg_aql_run(struct softgpu_queue *q)
{
	int ret;

	for (;;) {
		if (sg_turn_over(q))
			return -EINTR;
		if (q->in_ib) {
			ret = sg_stream_run(q, &sg_pm4);
			if (ret)
				return ret;
			q->in_ib = false;
			ret = finish(q);
		} else {
			ret = q->aql_rptr == q->wptr ? -ENODATA : one_packet(q);
		}
		if (ret)
			return ret;
	}
}
