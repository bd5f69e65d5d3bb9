// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * MUBUF: loads, stores and atomic operations by the descriptor of a buffer.
 *
 * What lives here: descriptors, addresses and ranges. What does not: the accesses (vmem.c,
 * vmem_atomic.c), scalar buffers (exec_smem.c).
 *
 * Source: "Buffer Addressing" of AMD's ISA documents. Where they are silent: a swizzled buffer
 * has elements of 4 bytes, as a scratch buffer has them on gfx9; a buffer with an index but
 * without a stride is checked like a raw one. Addresses need not be aligned: amdkfd switches that
 * on.
 */
#include "vmem.h"

/* Bytes of a swizzled buffer's element */
#define ELEMENT		4u

enum check { NO_CHECK, CHECK_OFFSET, CHECK_INDEX };

/**
 * struct buffer - a descriptor, and what the instruction adds to it
 * @base: GPU address, with the scalar offset
 * @stride: of records
 * @num: bytes or records, as @check wants it
 * @check: enum check
 * @index_stride: of a swizzled one how many indices have an element side by side, else 0
 * @add_tid: the lane is added to the index
 * @own_lanes: it is swizzled and the index is the lane and nothing else
 * @unbound: nothing is there
 */
struct buffer {
	uint64_t base;
	uint32_t stride;
	uint32_t num;
	enum check check;
	unsigned int index_stride;
	bool add_tid;
	bool own_lanes;
	bool unbound;
};

/* Where lanes access it: an index, without what is added, and an offset in bytes */
struct places {
	uint64_t index[ISA_LANES];
	uint64_t offset[ISA_LANES];
};

/* False: it describes something else, and the instruction is ignored */
static bool describe(const struct isa_wave *w, const struct isa_insn *insn, struct buffer *b)
{
	const uint32_t *word = &w->sgprs[insn->args[2].reg];
	unsigned int format = word[3] >> 15 & 0xf;
	bool swizzled = word[1] >> 31;

	b->add_tid = word[3] >> 23 & 1;
	b->base = (word[0] | (uint64_t)(word[1] & 0xffff) << 32) + isa_s32(w, &insn->args[3]);
	b->stride = word[1] >> 16 & 0x3fff;
	b->num = word[2];
	b->index_stride = swizzled ? 8u << (word[3] >> 21 & 3) : 0;
	/* Scratch buffers have more bits of the stride in the place of the format. */
	if (b->add_tid)
		b->stride |= format << 14;
	b->own_lanes = b->index_stride == ISA_LANES && b->add_tid && !insn->idxen;
	b->unbound = !b->add_tid && !format;
	b->check = NO_CHECK;
	if (!b->add_tid && insn->idxen)
		b->check = b->stride ? CHECK_INDEX : CHECK_OFFSET;
	else if (!b->add_tid && !swizzled)
		b->check = CHECK_OFFSET;
	return !(word[3] >> 30);
}

static void find_places(const struct isa_wave *w, const struct isa_insn *insn, struct places *p)
{
	const uint32_t *lanes = insn->idxen || insn->offen ? isa_vreg(w, &insn->args[1]) : NULL;

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		p->index[i] = 0;
		p->offset[i] = insn->offset;
	}
	if (insn->idxen) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			p->index[i] = lanes[i];
		lanes += ISA_LANES;
	}
	if (insn->offen) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			p->offset[i] += lanes[i];
	}
}

/* None is @limit or more, not even of inactive lanes. */
ISA_CLONES static bool all_below(const uint64_t *places, int64_t limit)
{
	uint64_t more = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		more |= (int64_t)places[i] >= limit;
	return !more;
}

/* Lanes whose data at byte @at are in the buffer */
static uint64_t inside(const struct buffer *b, const struct places *p, uint64_t mask,
		       unsigned int at)
{
	const uint64_t *places = b->check == CHECK_INDEX ? p->index : p->offset;
	int64_t limit = b->check == CHECK_INDEX ? b->num : (int64_t)b->num - at;
	uint64_t lanes = 0;

	if (b->unbound)
		return 0;
	if (b->check == NO_CHECK || all_below(places, limit))
		return mask;
	ISA_FOR_LANES(i, mask)
		lanes |= (uint64_t)((int64_t)places[i] < limit) << i;
	return lanes;
}

static uint64_t linear(const struct buffer *b, uint64_t index, uint64_t offset)
{
	return b->base + index * b->stride + offset;
}

static uint64_t swizzled(const struct buffer *b, uint64_t index, uint64_t offset)
{
	uint64_t record = index / b->index_stride * b->stride;

	return b->base + (record + offset / ELEMENT * ELEMENT) * b->index_stride +
	       index % b->index_stride * ELEMENT + offset % ELEMENT;
}

static uint64_t address(const struct buffer *b, const struct places *p, unsigned int lane,
			unsigned int at)
{
	uint64_t index = p->index[lane] + (b->add_tid ? lane : 0);

	return b->index_stride ? swizzled(b, index, p->offset[lane] + at) :
				 linear(b, index, p->offset[lane] + at);
}

ISA_CLONES static void addresses(const struct buffer *b, const struct places *p, unsigned int at,
				 uint64_t *va)
{
	uint64_t tid = b->add_tid;
	unsigned int shift;

	if (!b->index_stride) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			va[i] = linear(b, p->index[i] + tid * i, p->offset[i] + at);
		return;
	}
	/* As swizzled(), without divisions, and for a wave's scratch memory without records */
	if (b->own_lanes) {
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint64_t offset = p->offset[i] + at;

			va[i] = b->base + (offset & ~3ULL) * ISA_LANES + i * ELEMENT + (offset & 3);
		}
		return;
	}
	shift = __builtin_ctz(b->index_stride);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t index = p->index[i] + tid * i, offset = p->offset[i] + at;

		va[i] = b->base + (((index >> shift) * b->stride + (offset & ~3ULL)) << shift) +
			(index & (b->index_stride - 1)) * ELEMENT + (offset & 3);
	}
}

/* One is split between elements, maybe of an inactive lane. */
ISA_CLONES static bool any_split(const uint64_t *offsets, uint64_t most)
{
	uint64_t split = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		split |= (int64_t)(offsets[i] % ELEMENT) > (int64_t)most;
	return split;
}

/* Some data are in more than one element, and not as whole ones. */
static bool is_split(const struct buffer *b, const struct places *p, uint64_t mask,
		     unsigned int size)
{
	unsigned int most = ELEMENT - (size < ELEMENT ? size : ELEMENT);

	if (!b->index_stride || !any_split(p->offset, most))
		return false;
	ISA_FOR_LANES(i, mask) {
		if (p->offset[i] % ELEMENT > most)
			return true;
	}
	return false;
}

static void put_zero(uint32_t *dst, uint64_t mask, unsigned int form)
{
	static const uint32_t zero[ISA_FORM_DWORDS];

	ISA_FOR_LANES(i, mask)
		isa_put_lane(dst, i, form, zero);
}

static void load_bytes(struct isa_wave *w, const struct buffer *b, const struct places *p,
		       uint64_t mask, unsigned int form, uint32_t *dst)
{
	ISA_FOR_LANES(i, mask) {
		uint8_t buf[ISA_FORM_DWORDS * 4];

		for (unsigned int n = 0; n < (form & ISA_FORM_SIZE); n++) {
			if (!isa_read(w, address(b, p, i, n), &buf[n], 1))
				return;
		}
		isa_put_lane(dst, i, form, buf);
	}
}

static void store_bytes(struct isa_wave *w, const struct buffer *b, const struct places *p,
			uint64_t mask, unsigned int form, const uint32_t *src)
{
	ISA_FOR_LANES(i, mask) {
		uint8_t buf[ISA_FORM_DWORDS * 4];

		isa_get_lane(src, i, form, buf);
		for (unsigned int n = 0; n < (form & ISA_FORM_SIZE); n++) {
			if (!isa_write(w, address(b, p, i, n), &buf[n], 1))
				return;
		}
	}
}

/* Each dword is looked at for itself, unless all are there and side by side. */
static void load(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	unsigned int size = form & ISA_FORM_SIZE, dwords = size < 4 ? 1 : size / 4;
	uint32_t *dst = isa_vreg(w, &insn->args[0]);
	uint64_t exec = isa_exec_mask(w), va[ISA_LANES];
	struct buffer b;
	struct places p;

	if (!describe(w, insn, &b))
		return;
	find_places(w, insn, &p);
	if (!b.index_stride && inside(&b, &p, exec, 4 * (dwords - 1)) == exec) {
		addresses(&b, &p, 0, va);
		isa_load_lanes(w, exec, va, form, dst);
		return;
	}
	if (is_split(&b, &p, exec, size)) {
		uint64_t there = inside(&b, &p, exec, 0);

		put_zero(dst, exec & ~there, form);
		load_bytes(w, &b, &p, there, form, dst);
		return;
	}
	for (unsigned int d = 0; d < dwords; d++) {
		unsigned int part = size < 4 ? form : 4;
		uint64_t there = inside(&b, &p, exec, 4 * d);

		addresses(&b, &p, 4 * d, va);
		put_zero(dst + d * ISA_LANES, exec & ~there, part);
		if (!isa_load_lanes(w, there, va, part, dst + d * ISA_LANES))
			return;
	}
}

static void store(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	unsigned int size = form & ISA_FORM_SIZE, dwords = size < 4 ? 1 : size / 4;
	const uint32_t *src = isa_vreg(w, &insn->args[0]);
	uint64_t exec = isa_exec_mask(w), va[ISA_LANES];
	struct buffer b;
	struct places p;

	if (!describe(w, insn, &b))
		return;
	find_places(w, insn, &p);
	if (!b.index_stride && inside(&b, &p, exec, 4 * (dwords - 1)) == exec) {
		addresses(&b, &p, 0, va);
		isa_store_lanes(w, exec, va, form, src);
		return;
	}
	if (is_split(&b, &p, exec, size)) {
		store_bytes(w, &b, &p, inside(&b, &p, exec, 0), form, src);
		return;
	}
	for (unsigned int d = 0; d < dwords; d++) {
		uint64_t there = inside(&b, &p, exec, 4 * d);

		addresses(&b, &p, 4 * d, va);
		if (!isa_store_lanes(w, there, va, size < 4 ? form : 4, src + d * ISA_LANES))
			return;
	}
}

/* All of it is in the buffer or nothing is done. What was there comes to where the data were. */
static void atomic(struct isa_wave *w, const struct isa_insn *insn, const struct isa_atomic_op *op)
{
	const uint32_t *more, *data = isa_atomic_data(w, &insn->args[0], op, &more);
	uint32_t *dst = insn->cache & ISA_GLC ? isa_vreg(w, &insn->args[0]) : NULL;
	uint64_t exec = isa_exec_mask(w), there, va[ISA_LANES];
	unsigned int size = isa_atomic_size(op);
	struct buffer b;
	struct places p;

	if (!describe(w, insn, &b))
		return;
	find_places(w, insn, &p);
	there = inside(&b, &p, exec, size - 4);
	addresses(&b, &p, 0, va);
	if (dst)
		put_zero(dst, exec & ~there, size);
	isa_atomic_lanes(w, there, va, op, data, more, dst);
}

#define LOAD(name, form)	ISA_DO(buffer_##name) { load(w, insn, form); }
#define STORE(name, form)	ISA_DO(buffer_##name) { store(w, insn, form); }
#define ATOMIC(row, op, bits)								\
ISA_DO(buffer_atomic_##row) { atomic(w, insn, &isa_op_##op##bits); }
ISA_LOADS(LOAD)
ISA_STORES(STORE)
ISA_ATOMICS(ATOMIC)

/* There are no caches. */
#define NOTHING(name)		ISA_DO(name) { (void)w; }
NOTHING(buffer_wbl2)
NOTHING(buffer_inv)
NOTHING(buffer_wbinvl1)
NOTHING(buffer_wbinvl1_vol)
