/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Vector instructions of integers against references that compute one lane.
 *
 * What lives here: values for the sources, the ways to execute a row (lanes off, a destination
 * that is a source, clamp), the comparison. What does not: what a row computes.
 */
#ifndef LANES_H
#define LANES_H

#include "machine.h"

/**
 * struct lane - what a reference computes with
 * @a: the first source: 32 bits, or 64 if the row says so
 * @b: the second
 * @c: the third; of a row that adds to its destination what was there
 * @in: the bit of the carry
 * @out: the reference sets the bit of the scalar destination
 * @clamp: the result saturates
 * @lane: its number
 */
struct lane {
	uint64_t a, b, c;
	bool in, out, clamp;
	unsigned int lane;
};

struct reference {
	const char *name;
	uint64_t (*result)(struct lane *x);
};

/* How check_row() executes a row */
enum {
	ALL_LANES,
	SOME_LANES,
	DST_IS_FIRST,
	DST_IS_LAST,
	DST_IS_BEHIND,	/* of 64 bits: one half of a source is one of the destination */
	DST_IS_BEFORE,
	WAYS,
};

static inline uint64_t get_lane(struct machine *m, const struct isa_operand *arg, unsigned int lane)
{
	return isa_dwords[arg->type] == 2 ? v64(m, arg->reg, lane) : v(m, arg->reg)[lane];
}

/* Of 16 bits op_sel may say that the upper half is the number. */
static inline uint64_t get_source(struct machine *m, const struct isa_operand *arg, unsigned int n,
				  unsigned int lane)
{
	if (!arg)
		return 0;
	return get_lane(m, arg, lane) >> (m->slot.insn.op_sel >> n & 1 && arg->type <= ISA_F16 ?
					  16 : 0);
}

/* What is in a register of the destination, with a result of 16 bits in one half of it */
static inline uint64_t merged(const struct isa_insn *in, const struct isa_operand *dst,
			      uint64_t result, uint64_t old)
{
	if (!(in->op->flags & ISA_OPSEL) || dst->type > ISA_F16)
		return result;
	assert_true(result <= 0xffff);
	return in->op_sel & 8 ? result << 16 | (old & 0xffff) : result | (old & 0xffff0000);
}

static inline void check_row(struct machine *m, const struct reference *ref, unsigned int way,
			     bool clamp)
{
	struct isa_insn *in = insn(m, ref->name);
	struct isa_operand *dst = NULL, *src[3] = { NULL }, *sdst = NULL;
	uint64_t exec = way == SOME_LANES ? random64() : ~0ULL, carry = random64(), out = 0;
	struct lane lanes[ISA_LANES] = { 0 };
	uint64_t old[ISA_LANES];
	unsigned int num = 0;

	for (unsigned int i = 0; i < in->num_args; i++) {
		switch (in->op->args[i].field) {
		case ISA_VDST:
			dst = &in->args[i];
			break;
		case ISA_SDST3:
			sdst = &in->args[i];
			break;
		case ISA_CARRY:
			break;
		default:
			src[num++] = &in->args[i];
		}
	}
	if (way >= DST_IS_FIRST)
		dst->reg = src[way == DST_IS_FIRST ? 0 : num - 1]->reg + (way == DST_IS_BEHIND) -
			   (way == DST_IS_BEFORE);
	if (in->op->flags & ISA_OPSEL)
		in->op_sel = random32() & 15;
	if (in->op->flags & ISA_ACCUM)
		src[2] = dst;
	for (unsigned int r = VDST(0); r < VSRC(3); r++) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			v(m, r)[i] = edgy32();
	}
	isa_set_sreg64(m->w, ISA_VCC, carry);
	set_exec(m, exec);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		struct lane *x = &lanes[i];

		x->lane = i;
		x->clamp = clamp;
		x->in = carry >> i & 1;
		x->a = get_source(m, src[0], 0, i);
		x->b = get_source(m, src[1], 1, i);
		x->c = get_source(m, src[2], 2, i);
		old[i] = get_lane(m, dst, i);
	}
	in->clamp = clamp;
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		struct lane *x = &lanes[i], was = *x;
		bool on = exec >> i & 1;
		uint64_t want = on ? merged(in, dst, ref->result(x), old[i]) : old[i];

		out |= (uint64_t)x->out << i;
		if (get_lane(m, dst, i) != want)
			fail_msg("%s way %u%s op_sel %x lane %u: %llx %llx %llx: %llx, not %llx",
				 ref->name, way, clamp ? " clamp" : "", in->op_sel, i,
				 (long long)was.a, (long long)was.b, (long long)was.c,
				 (long long)get_lane(m, dst, i), (long long)want);
	}
	if (sdst && isa_sreg64(m->w, sdst->reg) != out)
		fail_msg("%s way %u: mask %llx, not %llx", ref->name, way,
			 (long long)isa_sreg64(m->w, sdst->reg), (long long)out);
}

/* In all ways */
static inline void check_rows(enum isa_target target, const struct reference *refs,
			      unsigned int num)
{
	struct machine *m = machine_new(target);

	for (unsigned int i = 0; i < num; i++) {
		for (unsigned int round = 0; round < 8 * WAYS; round++) {
			check_row(m, &refs[i], round % WAYS, false);
			if (m->slot.insn.op->flags & ISA_CLAMP ||
			    m->slot.insn.op->format == ISA_VOP3P)
				check_row(m, &refs[i], round % WAYS, true);
		}
	}
	machine_free(m);
}

#endif
