// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Queues that are taken away in the middle of what they do, and go on as another object.
 *
 * What lives here: a queue's state as bytes, and what such bytes cannot be. What does not:
 * how a queue is brought to a halt (queue.c).
 *
 * The bytes may come back changed by anybody. What is refused is what the rest of the core
 * relies on not to be; an address that was changed is as good as any other.
 */
#include <string.h>

#include "internal.h"

/* "SGQ" and a version, which another layout or meaning of the fields changes */
#define MAGIC	0x34514753

#define STOPPED		0x01
#define BACKWARDS	0x02
#define STARTED		0x04
#define IN_IB		0x08
#define BOTH		0x10
#define ALL_FLAGS	0x1f

/* Fields of packets: counts of bytes (30 bits), entries, rows, slices, elements of 16 bytes */
#define MAX_BYTES	(1ULL << 30)
#define MAX_PTES	(1ULL << 19)
#define MAX_ROWS	(1u << 14)
#define MAX_SLICES	(1u << 11)
#define MAX_WIDTH	(1u << 18)
#define MAX_IB		0xfffffu
#define MAX_SKIP	0x3fffu

/* struct sg_level of an indirect buffer */
struct saved_ib {
	uint64_t va;
	uint32_t pos, end, len, skip;
};

/* struct sg_op */
struct saved_op {
	uint64_t dst, dst2, src, len;
	uint64_t src_slice, dst_slice, src_top, dst_top;
	uint64_t value, mask, step;
	uint32_t src_pitch, dst_pitch;
	uint32_t pattern, width;
	uint16_t rows, all_rows, slices;
	uint16_t kind;
};

/**
 * struct saved - a queue's state
 * @magic: MAGIC
 * @type: enum softgpu_queue_type
 * @flags: STOPPED and the like; STARTED is about the innermost packet
 * @depth: how many of @ib there are
 * @deps_seen: softgpu_queue.deps_seen
 * @rptr: read pointer, in the unit of the queue's pointers
 * @doorbell: softgpu_queue.doorbell
 * @rung: softgpu_queue.rung
 * @bad_doorbell: softgpu_queue.bad_doorbell
 * @ring_len: dwords of the ring's packet under way, or 0
 * @ring_skip: dwords of the ring that are not to be executed
 * @jumps: softgpu_queue.jumps
 * @word: softgpu_queue.word
 * @vmid: softgpu_queue.vmid
 * @gws_waves: softgpu_queue.gws_waves
 * @gws_free: softgpu_queue.gws_free
 * @unused: 0
 * @start_ts: softgpu_queue.start_ts
 * @signal: of the AQL packet whose indirect buffer is executed
 * @atomic_old: softgpu_queue.atomic_old
 * @grid: the dispatch under way, or 0
 * @ib: the indirect buffers, from the outermost on
 * @op: what is being moved
 * @compute: softgpu_queue.compute; last, as copy engines have none
 */
struct saved {
	uint32_t magic;
	uint8_t type, flags, depth, deps_seen;
	uint64_t rptr, doorbell, rung, bad_doorbell;
	uint32_t ring_len, ring_skip, jumps, word, vmid, gws_waves, gws_free, unused;
	uint64_t start_ts, signal, atomic_old, grid;
	struct saved_ib ib[SG_MAX_DEPTH];
	struct saved_op op;
	struct sg_compute compute;
};

_Static_assert(sizeof(struct saved) <= SOFTGPU_STATE_SIZE, "a state is too large");
_Static_assert(offsetof(struct saved, compute) <= SOFTGPU_SDMA_STATE_SIZE,
	       "a state of SDMA is too large");

static struct saved_op save_op(const struct sg_op *op)
{
	if (op->kind == SG_OP_NONE)
		return (struct saved_op){ 0 };
	return (struct saved_op){
		.dst = op->dst, .dst2 = op->dst2, .src = op->src, .len = op->len,
		.src_slice = op->src_slice, .dst_slice = op->dst_slice,
		.src_top = op->src_top, .dst_top = op->dst_top,
		.value = op->value, .mask = op->mask, .step = op->step,
		.src_pitch = op->src_pitch, .dst_pitch = op->dst_pitch,
		.pattern = op->pattern, .width = op->width,
		.rows = op->rows, .all_rows = op->all_rows, .slices = op->slices,
		.kind = op->kind,
	};
}

/* What a queue that has stopped does without */
static void save_packet(struct softgpu_queue *q, struct saved *s)
{
	s->flags |= (q->level[q->depth].started ? STARTED : 0) | (q->in_ib ? IN_IB : 0) |
		    (q->op.both ? BOTH : 0);
	s->depth = q->depth;
	s->deps_seen = q->deps_seen;
	s->ring_len = q->level[0].len;
	s->ring_skip = q->level[0].skip;
	s->jumps = q->jumps;
	s->vmid = q->vmid;
	s->grid = sg_grid_park(q);
	s->start_ts = q->start_ts;
	if (q->in_ib)
		s->signal = sg_u64(q->packet[14], q->packet[15]);
	for (unsigned int i = 0; i < q->depth; i++) {
		const struct sg_level *level = &q->level[1 + i];

		s->ib[i] = (struct saved_ib){
			.va = level->va, .pos = level->pos, .end = level->end, .len = level->len,
			.skip = level->skip,
		};
	}
	s->op = save_op(&q->op);
}

void sg_save(struct softgpu_queue *q, void *state)
{
	struct saved s = {
		.magic = MAGIC, .type = q->p.type,
		.flags = (q->state == SG_STOPPED ? STOPPED : 0) |
			 (q->backwards ? BACKWARDS : 0),
		.rptr = sg_read_pointer(q), .doorbell = q->doorbell, .rung = q->rung,
		.bad_doorbell = q->bad_doorbell, .word = q->word, .atomic_old = q->atomic_old,
		.gws_waves = q->gws_waves, .gws_free = q->gws_free,
	};

	if (q->state != SG_STOPPED)
		save_packet(q, &s);
	if (q->p.type != SOFTGPU_QUEUE_SDMA)
		s.compute = q->compute;
	memset(state, 0, SOFTGPU_STATE_SIZE);
	memcpy(state, &s, sizeof(s));
}

/* Something is moved for the packet of @len dwords, whose first one is number @pos. */
static bool op_valid(struct softgpu_queue *q, const struct saved_op *op, uint64_t pos,
		     uint32_t len)
{
	switch (op->kind) {
	case SG_OP_COPY:
	case SG_OP_FILL:
		return op->len <= MAX_BYTES;
	case SG_OP_WRITE:
		return len >= 4 && !(op->len & 3) && op->len / 4 <= len - 4 &&
		       op->src == pos + len - op->len / 4;
	case SG_OP_RECT:
		return op->rows && op->rows <= op->all_rows && op->all_rows <= MAX_ROWS &&
		       op->slices && op->slices <= MAX_SLICES &&
		       op->width <= MAX_WIDTH && op->len <= op->width;
	case SG_OP_PTES:
		return q->p.flags & SOFTGPU_QUEUE_KERNEL && op->len <= MAX_PTES;
	default:
		return false;
	}
}

/* A level whose packet is under way has its length; only the innermost has anything else. */
static bool level_valid(struct softgpu_queue *q, const struct saved *s, unsigned int i,
			uint64_t pos, uint32_t len, uint32_t skip)
{
	bool busy = i < s->depth || s->op.kind != SG_OP_NONE;

	if (busy != !!len || skip > MAX_SKIP || (busy && skip))
		return false;
	return i < s->depth || !busy || op_valid(q, &s->op, pos, len);
}

/* What is read of the ring: up to the doorbell at most, and no packet larger than it is */
static bool ring_valid(struct softgpu_queue *q, const struct saved *s)
{
	uint64_t pos = s->rptr;
	uint64_t ahead = s->doorbell - s->rptr;

	if (s->rptr > s->doorbell || s->rung > s->doorbell)
		return false;
	if (s->type == SOFTGPU_QUEUE_AQL)
		return !s->ring_len && !s->ring_skip &&
		       (s->depth ? ahead : s->op.kind == SG_OP_NONE);
	if (s->type == SOFTGPU_QUEUE_SDMA) {
		if (s->rptr & 3)
			return false;
		pos /= 4;
		ahead /= 4;
	}
	if (s->ring_len > ahead || (q->p.ring_size && s->ring_len > q->p.ring_size / 4))
		return false;
	return level_valid(q, s, 0, pos, s->ring_len, s->ring_skip);
}

static bool valid(struct softgpu_queue *q, const struct saved *s)
{
	bool aql = s->type == SOFTGPU_QUEUE_AQL;

	if (s->magic != MAGIC || s->type != q->p.type || s->flags & ~ALL_FLAGS ||
	    s->depth > SG_MAX_DEPTH || s->jumps > SG_MAX_JUMPS)
		return false;
	if (!(s->flags & IN_IB) != !(aql && s->depth))
		return false;
	if (s->vmid && (s->vmid > 15 || aql || !s->depth || s->op.kind == SG_OP_PTES ||
			!(q->p.flags & SOFTGPU_QUEUE_KERNEL) || !q->gpu->ops->ib_vm))
		return false;
	if (s->deps_seen >= 1u << SG_AQL_DEPS)
		return false;
	if (!ring_valid(q, s))
		return false;
	for (unsigned int i = 0; i < s->depth; i++) {
		const struct saved_ib *ib = &s->ib[i];

		if (ib->va & 3 || !ib->end || ib->end > MAX_IB || ib->pos > ib->end ||
		    ib->len > ib->end - ib->pos ||
		    !level_valid(q, s, i + 1, ib->pos, ib->len, ib->skip))
			return false;
	}
	return true;
}

static void restore_op(struct softgpu_queue *q, const struct saved *s)
{
	const struct saved_op *op = &s->op;

	q->op = (struct sg_op){
		.kind = op->kind, .both = s->flags & BOTH,
		.dst = op->dst, .dst2 = op->dst2, .src = op->src, .len = op->len,
		.src_slice = op->src_slice, .dst_slice = op->dst_slice,
		.src_top = op->src_top, .dst_top = op->dst_top,
		.value = op->value, .mask = op->mask, .step = op->step,
		.src_pitch = op->src_pitch, .dst_pitch = op->dst_pitch,
		.pattern = op->pattern, .width = op->width,
		.rows = op->rows, .all_rows = op->all_rows, .slices = op->slices,
	};
}

/* For a queue that is all zeroes up to its parameters */
int sg_restore(struct softgpu_queue *q, const void *state)
{
	struct saved s;
	int ret;

	memcpy(&s, state, sizeof(s));
	if (!valid(q, &s))
		return -EINVAL;
	ret = sg_begin_at(q, s.rptr);
	if (ret)
		return ret;
	if (s.flags & STOPPED) {
		q->state = SG_STOPPED;
		q->stats.faults = 1;
	}
	q->doorbell = q->wptr = q->stats.wptr = s.doorbell;
	q->rung = s.rung;
	q->backwards = s.flags & BACKWARDS;
	q->bad_doorbell = s.bad_doorbell;
	q->level[0].len = s.ring_len;
	q->level[0].skip = s.ring_skip;
	q->depth = s.depth;
	for (unsigned int i = 0; i < s.depth; i++)
		q->level[1 + i] = (struct sg_level){
			.va = s.ib[i].va, .pos = s.ib[i].pos, .end = s.ib[i].end,
			.len = s.ib[i].len, .skip = s.ib[i].skip,
		};
	q->level[q->depth].started = s.flags & STARTED;
	q->jumps = s.jumps;
	q->vmid = s.vmid;
	q->word = s.word;
	/* The clock may have begun anew. */
	if (s.start_ts <= softgpu_clock())
		q->start_ts = s.start_ts;
	q->deps_seen = s.deps_seen;
	q->packet[14] = s.signal;
	q->packet[15] = s.signal >> 32;
	q->atomic_old = s.atomic_old;
	q->gws_waves = s.gws_waves;
	q->gws_free = s.gws_free;
	q->compute = s.compute;
	q->in_ib = s.flags & IN_IB;
	restore_op(q, &s);
	return s.grid ? sg_grid_unpark(q, s.grid) : 0;
}
