// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What is around the functions of vector instructions: operands, EXEC, masks, modifiers of the
 * result.
 *
 * What lives here: the way from registers to struct isa_lanes and back. What does not: parts
 * of sources and lanes from elsewhere (valu_source.c), what is computed (exec_*.c).
 *
 * An instruction that only has registers and constants goes the short way, exec_plain(): with
 * all lanes active its function reads and writes the registers themselves.
 */
#include <string.h>

#include "valu.h"

const uint32_t *isa_source_lanes(const struct isa_wave *w, const struct isa_operand *arg,
				 uint32_t *tmp)
{
	unsigned int dwords = isa_dwords[arg->type];

	if (arg->kind == ISA_VGPR || arg->kind == ISA_AGPR)
		return isa_vreg(w, arg);
	for (unsigned int d = 0; d < dwords; d++) {
		uint32_t value;

		if (arg->kind == ISA_SGPR)
			value = w->sgprs[arg->reg + d];
		else if (arg->kind == ISA_SPECIAL)
			value = dwords == 1 ? isa_special32(w, arg->reg) :
				d < 2 ? isa_special64(w, arg->reg) >> 32 * d : 0;
		else
			value = d < 2 ? arg->value >> 32 * d : 0;
		for (unsigned int i = 0; i < ISA_LANES; i++)
			tmp[d * ISA_LANES + i] = value;
	}
	return tmp;
}

/* Those lanes of @from that @masks has */
ISA_CLONES static void blend(uint32_t *restrict to, const uint32_t *restrict from,
			     const uint32_t *restrict masks, unsigned int dwords)
{
	for (; dwords; dwords--, to += ISA_LANES, from += ISA_LANES) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			to[i] = (from[i] & masks[i]) | (to[i] & ~masks[i]);
	}
}

static void write_mask(struct isa_wave *w, const struct isa_slot *slot, const struct isa_lanes *l,
		       uint64_t exec)
{
	const struct isa_insn *insn = &slot->insn;

	isa_set_s64(w, &insn->args[slot->plan.sdst], l->mask_out & exec);
	if (insn->op->flags & ISA_WRITES_EXEC)
		isa_set_sreg64(w, ISA_EXEC, l->mask_out & exec);
}

/* The lower halves of those lanes */
static void blend_low(uint32_t *to, const uint32_t *from, const uint32_t *masks)
{
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t mask = masks[i] & 0xffff;

		to[i] = (from[i] & mask) | (to[i] & ~mask);
	}
}

enum shape {
	WHOLE,
	LOW,	/* the lower half is written */
	PAIRS,	/* V2F32 */
};

static inline __attribute__((always_inline)) void plain(struct isa_wave *w,
							const struct isa_insn *insn,
							enum shape shape)
{
	const struct isa_slot *slot = isa_slot_of(insn);
	const struct isa_plan *plan = &slot->plan;
	uint32_t tmp[3][2 * ISA_LANES] __attribute__((aligned(64)));
	uint32_t result[4 * ISA_LANES] __attribute__((aligned(64)));
	uint64_t exec = isa_exec_mask(w);
	struct isa_lanes l;
	uint32_t *dst = NULL;

	if (__builtin_expect(w->gpr_idx, 0)) {
		isa_exec_modified(w, insn);
		return;
	}
	l.insn = insn;
	l.wave = w;
	l.clamp = insn->clamp;
	for (unsigned int i = 0; i < plan->num_src; i++) {
		const struct isa_operand *arg = &insn->args[plan->src[i]];
		const uint32_t *lanes;

		lanes = arg->kind == ISA_VGPR ? w->vgprs + arg->reg * ISA_LANES :
						isa_source_lanes(w, arg, tmp[i]);
		if (shape == PAIRS) {
			l.high[i] = lanes + (insn->op_sel_hi >> i & 1) * ISA_LANES;
			lanes += (insn->op_sel >> i & 1) * ISA_LANES;
		}
		l.src[i] = lanes;
	}
	if (plan->carry >= 0)
		l.mask_in = isa_s64(w, &insn->args[plan->carry]);
	if (plan->dst >= 0) {
		dst = w->vgprs + insn->args[plan->dst].reg * ISA_LANES;
		l.dst = exec == ~0ULL && shape != LOW ? dst : result;
	}
	slot->lanes(&l);
	if (shape == LOW)
		blend_low(dst, result, isa_lane_masks(w));
	else if (dst && exec != ~0ULL)
		blend(dst, result, isa_lane_masks(w), isa_dwords[insn->args[plan->dst].type]);
	if (plan->sdst >= 0)
		write_mask(w, slot, &l, exec);
}

static void exec_plain(struct isa_wave *w, const struct isa_insn *insn)
{
	plain(w, insn, WHOLE);
}

/* Two F32 in each lane, from any of the sources' registers */
static void exec_pairs(struct isa_wave *w, const struct isa_insn *insn)
{
	plain(w, insn, PAIRS);
}

/* The same for what has another mode than F32, and where that makes a difference */
static void exec_plain64(struct isa_wave *w, const struct isa_insn *insn)
{
	isa_set_mxcsr(w->run, w->mxcsr64);
	plain(w, insn, WHOLE);
	isa_set_mxcsr(w->run, w->mxcsr32);
}

/* The same for what leaves the upper half of a register as it is, as op_sel could say otherwise */
static void exec_low(struct isa_wave *w, const struct isa_insn *insn)
{
	isa_set_mxcsr(w->run, isa_slot_of(insn)->plan.is_double ? w->mxcsr64 : w->mxcsr32);
	plain(w, insn, LOW);
	isa_set_mxcsr(w->run, w->mxcsr32);
}

static uint16_t clamp16(uint16_t bits, bool nan_is_0)
{
	if ((bits & 0x7fff) > 0x7c00)
		return nan_is_0 ? 0 : bits;
	return bits & 0x8000 ? 0 : bits > 0x3c00 ? 0x3c00 : bits;
}

static const float factors[] = { 1, 2, 4, 0.5f };

static uint16_t scale16(uint16_t bits, unsigned int omod)
{
	return isa_f16_bits(isa_f16(bits) * factors[omod]);
}

/* Output modifiers are ignored where they would not be IEEE's. */
static unsigned int omod(const struct isa_wave *w, const struct isa_insn *insn, unsigned int type)
{
	uint32_t denorm = type == ISA_F32 ? ISA_MODE_DENORM32_OUT : ISA_MODE_DENORM64_OUT;

	return w->mode & (ISA_MODE_IEEE | denorm) ? 0 : insn->omod;
}

static void modify16(struct isa_wave *w, const struct isa_insn *insn, uint32_t *result,
		     unsigned int shift)
{
	bool nan_is_0 = w->mode & ISA_MODE_DX10_CLAMP;
	unsigned int scale = omod(w, insn, ISA_F16);

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint16_t bits = result[i] >> shift;

		if (scale)
			bits = scale16(bits, scale);
		if (insn->clamp)
			bits = clamp16(bits, nan_is_0);
		result[i] = (result[i] & ~(0xffffu << shift)) | (uint32_t)bits << shift;
	}
}

/* To 0 and 1; a NaN to 0 or not at all */
#define CLAMPED(v, nan_is_0)	((v) > 0 ? ((v) > 1 ? 1 : (v)) : (v) != (v) && !(nan_is_0) ? (v) : 0)

ISA_CLONES static void clamp32(float *values, bool nan_is_0)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		values[i] = CLAMPED(values[i], nan_is_0);
}

static void modify32(struct isa_wave *w, const struct isa_insn *insn, uint32_t *result)
{
	float factor = factors[omod(w, insn, ISA_F32)];
	float *values = (float *)result;

	for (unsigned int i = 0; i < ISA_LANES && factor != 1; i++)
		values[i] *= factor;
	if (insn->clamp)
		clamp32(values, w->mode & ISA_MODE_DX10_CLAMP);
}

static void modify64(struct isa_wave *w, const struct isa_insn *insn, uint32_t *result)
{
	double factor = factors[omod(w, insn, ISA_F64)];
	bool nan_is_0 = w->mode & ISA_MODE_DX10_CLAMP;

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		double value = isa_get_f64(result, i);

		if (factor != 1)
			value *= factor;
		if (insn->clamp)
			value = CLAMPED(value, nan_is_0);
		isa_put_f64(result, i, value);
	}
}

static void modify_result(struct isa_wave *w, const struct isa_insn *insn, unsigned int type,
			  uint32_t *result)
{
	if (!insn->clamp && !insn->omod)
		return;
	switch (type) {
	case ISA_V2F16:
		modify16(w, insn, result, 16);
		/* fall through */
	case ISA_F16:
		modify16(w, insn, result, 0);
		break;
	case ISA_V2F32:
		modify32(w, insn, result + ISA_LANES);
		/* fall through */
	case ISA_F32:
		modify32(w, insn, result);
		break;
	case ISA_F64:
		modify64(w, insn, result);
		break;
	}
}

/* A result of 16 bits, in one half of a register whose other half stays as it is */
static void merge_half(uint32_t *result, const uint32_t *old, bool high)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		result[i] = high ? result[i] << 16 | (old[i] & 0xffff) :
				   (result[i] & 0xffff) | (old[i] & 0xffff0000);
}

/* Does more become of the result before it is written? */
static bool changes_result(const struct isa_insn *insn, unsigned int type)
{
	return insn->clamp || insn->omod || insn->encoding == ISA_SDWA ||
	       (insn->op->flags & (ISA_MIXED | ISA_OPSEL) && type <= ISA_F16);
}

static void change_result(struct isa_wave *w, const struct isa_insn *insn, unsigned int type,
			  uint32_t *result, const uint32_t *old)
{
	uint32_t flags = insn->op->flags;

	modify_result(w, insn, type, result);
	if (flags & ISA_MIXED && type == ISA_F16)
		merge_half(result, old, flags & ISA_HIGH);
	else if (flags & ISA_OPSEL && type <= ISA_F16)
		merge_half(result, old, insn->op_sel & 8);
	if (insn->encoding == ISA_SDWA)
		isa_sdwa_result(insn, result, old);
}

static void write_some(struct isa_wave *w, uint32_t *dst, const uint32_t *result, uint64_t writes,
		       unsigned int dwords)
{
	uint32_t masks[ISA_LANES];

	if (writes == ~0ULL) {
		memcpy(dst, result, dwords * ISA_VGPR_SIZE);
	} else if (writes == isa_exec_mask(w)) {
		blend(dst, result, isa_lane_masks(w), dwords);
	} else {
		isa_expand_mask(masks, writes);
		blend(dst, result, masks, dwords);
	}
}

void isa_exec_modified(struct isa_wave *w, const struct isa_insn *insn)
{
	const struct isa_slot *slot = isa_slot_of(insn);
	const struct isa_plan *plan = &slot->plan;
	uint32_t tmp[3][2 * ISA_LANES] __attribute__((aligned(64)));
	uint32_t result[4 * ISA_LANES] __attribute__((aligned(64)));
	uint64_t writes = isa_exec_mask(w);
	struct isa_lanes l;
	const struct isa_operand *arg = NULL;
	struct isa_operand moved;
	uint32_t *dst = NULL;

	l.insn = insn;
	l.wave = w;
	l.dst = result;
	l.clamp = insn->clamp;
	isa_set_mxcsr(w->run, plan->is_double ? w->mxcsr64 : w->mxcsr32);
	for (unsigned int i = 0; i < plan->num_src; i++) {
		l.src[i] = isa_modified_source(w, insn, i, tmp[i], &writes);
		if (!l.src[i])
			goto out;
		l.high[i] = l.src[i] + ISA_LANES;
	}
	if (plan->carry >= 0)
		l.mask_in = isa_s64(w, &insn->args[plan->carry]);
	if (plan->dst >= 0) {
		arg = isa_indexed(w, &insn->args[plan->dst], 3, &moved);
		if (!arg)
			goto out;
		dst = isa_vreg(w, arg);
		if (writes == ~0ULL && !changes_result(insn, arg->type))
			l.dst = dst;
	}
	slot->lanes(&l);
	if (dst && l.dst != dst) {
		change_result(w, insn, arg->type, result, dst);
		write_some(w, dst, result, writes, isa_dwords[arg->type]);
	}
	if (plan->sdst >= 0)
		write_mask(w, slot, &l, writes);
out:
	isa_set_mxcsr(w->run, w->mxcsr32);
}

static bool is_double(unsigned int type)
{
	return type == ISA_F16 || type == ISA_V2F16 || type == ISA_F64 || type == ISA_V4F64;
}

/* Is the mode that of F64 and F16: as the result is, or the source if that is no float */
static bool has_double_mode(const struct isa_slot *slot)
{
	const struct isa_insn *insn = &slot->insn;
	unsigned int type = slot->plan.dst >= 0 ? insn->args[slot->plan.dst].type : ISA_B32;

	if (isa_is_float(type) && type != ISA_B32)
		return is_double(type);
	return slot->plan.num_src && is_double(insn->args[slot->plan.src[0]].type);
}

static void make_plan(struct isa_slot *slot)
{
	struct isa_plan *plan = &slot->plan;
	const struct isa_op *op = slot->insn.op;

	*plan = (struct isa_plan){ .dst = -1, .sdst = -1, .carry = -1 };
	for (unsigned int i = 0; i < slot->insn.num_args; i++) {
		switch (op->args[i].field) {
		case ISA_VDST:
			plan->dst = i;
			break;
		case ISA_SDST3:
		case ISA_VSDST:
			plan->sdst = i;
			break;
		case ISA_CARRY:
			plan->carry = i;
			break;
		default:
			plan->src[plan->num_src++] = i;
		}
	}
	if (op->flags & ISA_ACCUM)
		plan->src[plan->num_src++] = plan->dst;
	plan->is_double = has_double_mode(slot);
}

static bool is_pairs(const struct isa_slot *slot)
{
	const struct isa_insn *insn = &slot->insn;

	return slot->plan.dst >= 0 && insn->args[slot->plan.dst].type == ISA_V2F32 &&
	       insn->op->flags & ISA_PACKED && !insn->neg_lo && !insn->neg_hi && !insn->clamp;
}

/* Are the halves of all sources where those of the result are? */
static bool is_packed_plainly(const struct isa_insn *insn)
{
	unsigned int all = (1u << (insn->num_args - 1)) - 1;

	return insn->op->flags & ISA_PACKED && (insn->op_sel_hi & all) == all && !insn->neg_lo &&
	       !insn->neg_hi;
}

static bool is_plain(const struct isa_slot *slot)
{
	const struct isa_insn *insn = &slot->insn;
	unsigned int type = slot->plan.dst >= 0 ? insn->args[slot->plan.dst].type : ISA_B32;

	if (insn->encoding > ISA_E64 || insn->omod || insn->op_sel)
		return false;
	if (insn->op->format == ISA_VOP3P && !is_packed_plainly(insn))
		return false;
	if (insn->clamp && isa_is_float(type))
		return false;
	for (unsigned int i = 0; i < insn->num_args; i++) {
		if (insn->args[i].mods)
			return false;
	}
	return true;
}

void isa_prepare_lanes(struct isa_slot *slot)
{
	const struct isa_insn *insn = &slot->insn;

	make_plan(slot);
	if (insn->encoding == ISA_DPP)
		isa_prepare_dpp();
	if (is_pairs(slot))
		slot->exec = exec_pairs;
	else if (!is_plain(slot))
		slot->exec = isa_exec_modified;
	else if (insn->op->flags & ISA_OPSEL && slot->plan.dst >= 0 &&
		 insn->args[slot->plan.dst].type <= ISA_F16)
		slot->exec = exec_low;
	else
		slot->exec = slot->plan.is_double ? exec_plain64 : exec_plain;
}
