// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * How a dispatch begins: from an AQL packet, and what the queue's struct amd_queue_s says, or from
 * a PM4 packet and registers, to a kernel that can be run.
 *
 * What does not live here: completion (aql.c), how it is run (grid.c), registers (isa/launch.c).
 *
 * Source: HSA Platform System Architecture Specification, kernel dispatch packet; ROCr's
 * amd_hsa_queue.h.
 */
#include <string.h>

#include "isa/group.h"
#include "internal.h"

/* Bytes of the packet */
enum {
	PACKET_GROUP = 4, PACKET_GRID = 12, PACKET_PRIVATE_SIZE = 24, PACKET_LDS_SIZE = 28,
	PACKET_OBJECT = 32, PACKET_KERNARG = 40,
};

/* Where it is in struct amd_queue_s */
#define QUEUE_READ_POINTER	0x80

static unsigned int dimensions(const struct softgpu_queue *q)
{
	return q->packet[0] >> 16 & 3;
}

static void read_packet(const struct softgpu_queue *q, struct isa_dispatch *d)
{
	const char *packet = (const char *)q->packet;

	memcpy(d->group, packet + PACKET_GROUP, sizeof(d->group));
	memcpy(d->grid, packet + PACKET_GRID, sizeof(d->grid));
	for (unsigned int i = dimensions(q); i < 3; i++) {
		d->grid[i] = 1;
		d->group[i] = 1;
	}
	memcpy(&d->private_size, packet + PACKET_PRIVATE_SIZE, 4);
	memcpy(&d->lds_size, packet + PACKET_LDS_SIZE, 4);
	memcpy(&d->object, packet + PACKET_OBJECT, 8);
	memcpy(&d->kernarg, packet + PACKET_KERNARG, 8);
	d->packet = q->p.ring_va + (q->aql_rptr * SG_AQL_SIZE & (q->p.ring_size - 1));
	d->queue = q->p.rptr_va - QUEUE_READ_POINTER;
	d->id = q->aql_rptr;
}

static int invalid(struct softgpu_queue *q, enum softgpu_exception code)
{
	q->exception = code;
	return -EINVAL;
}

static int begin(struct softgpu_queue *q)
{
	struct isa_dispatch d = { 0 };
	uint8_t descriptor[ISA_DESCRIPTOR_SIZE];
	struct isa_kernel kernel;
	unsigned int waves;
	int ret;

	read_packet(q, &d);
	if (!dimensions(q))
		return invalid(q, SOFTGPU_DISPATCH_DIM);
	if (!d.object)
		return invalid(q, SOFTGPU_DISPATCH_CODE);
	ret = sg_read(q, d.object, descriptor, sizeof(descriptor));
	if (ret)
		return ret;
	ret = isa_kernel_init(&kernel, (enum isa_target)q->p.target, &d, descriptor);
	if (ret)
		return invalid(q, ret);
	/* Who is asked for scratch memory may rely on sizes that can be. */
	ret = sg_scratch(q, &kernel.dispatch, &waves);
	if (ret)
		return ret;
	if (waves * (uint64_t)kernel.dispatch.scratch_wave <
	    kernel.waves * (uint64_t)d.private_size * ISA_LANES)
		return -EINVAL;
	return sg_grid_new(q, &kernel, waves);
}

/* What has begun with @ret goes on. Without memory the packet is tried again. */
static int dispatch(struct softgpu_queue *q, int ret)
{
	if (!ret)
		ret = sg_grid_run(q);
	if (!ret)
		sg_count(&q->stats.dispatches, 1);
	return ret == -ENOMEM ? -EAGAIN : ret;
}

/* The packet of an AQL queue */
int sg_dispatch(struct softgpu_queue *q)
{
	int ret = dispatch(q, q->grid ? 0 : begin(q));

	return ret ? ret : sg_scratch_done(q, q->packet[PACKET_PRIVATE_SIZE / 4]);
}

/* Registers 0x2e00 and on that are kept: number, how many, where in struct sg_compute */
static const struct {
	uint16_t first, num, offset;
} kept[] = {
	{ 0x2e04, 3, offsetof(struct sg_compute, start) },
	{ 0x2e07, 3, offsetof(struct sg_compute, threads) },
	{ 0x2e0c, 2, offsetof(struct sg_compute, pgm) },
	{ 0x2e10, 2, offsetof(struct sg_compute, scratch) },
	{ 0x2e12, 1, offsetof(struct sg_compute, rsrc1) },
	{ 0x2e13, 1, offsetof(struct sg_compute, rsrc2) },
	{ 0x2e18, 1, offsetof(struct sg_compute, tmpring) },
	{ 0x2e2d, 1, offsetof(struct sg_compute, rsrc3) },
	{ 0x2e40, 16, offsetof(struct sg_compute, user) },
};

void sg_compute_write(struct softgpu_queue *q, uint32_t reg, uint32_t value)
{
	for (unsigned int i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (reg - kept[i].first < kept[i].num)
			memcpy((char *)&q->compute + kept[i].offset + 4 * (reg - kept[i].first),
			       &value, sizeof(value));
	}
}

/* DISPATCH_INITIATOR */
#define USE_THREAD_DIMENSIONS	0x20u

/* LDS_SIZE of COMPUTE_PGM_RSRC2, in bytes */
#define RSRC2_LDS(r)		(((r) >> 15 & 0x1ff) * 512)

static int begin_pm4(struct softgpu_queue *q, const uint32_t *w)
{
	const struct sg_compute *c = &q->compute;
	struct isa_dispatch d = {
		.object = (sg_u64(c->pgm[0], c->pgm[1]) & 0xffffffffffULL) << 8,
		.scratch = (sg_u64(c->scratch[0], c->scratch[1]) & 0xffffffffffULL) << 8,
		.scratch_wave = SG_TMPRING_WAVE_SIZE(c->tmpring),
		.lds_size = RSRC2_LDS(c->rsrc2),
		.user = c->user,
	};
	struct isa_kernel kernel;
	int ret;

	for (unsigned int i = 0; i < 3; i++) {
		uint64_t size = w[1 + i];

		if (c->start[i])
			return -EINVAL;
		d.group[i] = c->threads[i];
		if (!(w[4] & USE_THREAD_DIMENSIONS))
			size *= d.group[i];
		if (size > UINT32_MAX)
			return -EINVAL;
		d.grid[i] = size;
	}
	ret = isa_kernel_init_registers(&kernel, (enum isa_target)q->p.target, &d, c->rsrc1,
					c->rsrc2, c->rsrc3);
	return ret ? -EINVAL : sg_grid_new(q, &kernel, SG_TMPRING_WAVES(c->tmpring));
}

/* DISPATCH_DIRECT: how many workgroups or work-items, and the initiator */
int sg_dispatch_pm4(struct softgpu_queue *q, const uint32_t *w)
{
	return dispatch(q, q->grid ? 0 : begin_pm4(q, w));
}
