// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sources of vector instructions that are not just a register: lanes from elsewhere (DPP), parts
 * of registers (SDWA, op_sel), signs, indexed registers.
 */
#include "f16.h"

/* The lane that lane @i of a DPP source comes from, or -1 */
static int dpp_lane(unsigned int ctrl, int i)
{
	int row = i & ~15, in_row = i & 15, n = ctrl & 15;

	if (ctrl < ISA_DPP_ROW_SHL)
		return (i & ~3) + (ctrl >> 2 * (i & 3) & 3);
	switch (ctrl & ~15u) {
	case ISA_DPP_ROW_SHL:
		return in_row + n > 15 ? -1 : i + n;
	case ISA_DPP_ROW_SHR:
		return in_row < n ? -1 : i - n;
	case ISA_DPP_ROW_ROR:
		return row + ((in_row - n) & 15);
	case ISA_DPP_NEWBCAST:
		return row + n;
	}
	switch (ctrl) {
	case ISA_DPP_WAVE_SHL:
		return i == 63 ? -1 : i + 1;
	case ISA_DPP_WAVE_ROL:
		return (i + 1) & 63;
	case ISA_DPP_WAVE_SHR:
		return i - 1;
	case ISA_DPP_WAVE_ROR:
		return (i - 1) & 63;
	case ISA_DPP_MIRROR:
		return row + 15 - in_row;
	case ISA_DPP_HALF_MIRROR:
		return (i & ~7) + 7 - (i & 7);
	case ISA_DPP_BCAST15:
		return row - 1;
	case ISA_DPP_BCAST31:
		return i < 32 ? -1 : 31;
	}
	return -1;
}

static const uint32_t *dpp(struct isa_wave *w, const struct isa_insn *insn, const uint32_t *from,
			   unsigned int dwords, uint32_t *tmp, uint64_t *writes)
{
	uint64_t exec = isa_exec_mask(w);
	uint32_t old[2 * ISA_LANES];

	memcpy(old, from, dwords * ISA_VGPR_SIZE);
	for (int i = 0; i < ISA_LANES; i++) {
		int lane = dpp_lane(insn->dpp.ctrl, i);
		bool valid = lane >= 0 && exec >> lane & 1;

		for (unsigned int d = 0; d < dwords; d++)
			tmp[d * ISA_LANES + i] = valid ? old[d * ISA_LANES + lane] : 0;
		if ((!valid && !insn->dpp.bound_ctrl) || !(insn->dpp.row_mask >> i / 16 & 1) ||
		    !(insn->dpp.bank_mask >> i % 16 / 4 & 1))
			*writes &= ~(1ULL << i);
	}
	return tmp;
}

/* What a select of SDWA has of a register: the lowest bit, and how many */
static unsigned int sdwa_part(unsigned int sel, unsigned int *bits)
{
	*bits = sel < 4 ? 8 : sel < 6 ? 16 : 32;
	return sel < 4 ? 8 * sel : sel == 5 ? 16 : 0;
}

static const uint32_t *sdwa(const uint32_t *from, unsigned int sel, bool sext, uint32_t *tmp)
{
	unsigned int bits, shift = sdwa_part(sel, &bits);

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t value = from[i] >> shift << (32 - bits);

		tmp[i] = sext ? (uint32_t)((int32_t)value >> (32 - bits)) : value >> (32 - bits);
	}
	return tmp;
}

void isa_sdwa_result(const struct isa_insn *insn, unsigned int type, uint32_t *result,
		     const uint32_t *old)
{
	unsigned int bits, shift = sdwa_part(insn->sdwa.dst_sel, &bits);
	uint32_t mask = bits == 32 ? ~0u : ((1u << bits) - 1) << shift;

	(void)type;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t value = result[i] << shift & mask;

		switch (insn->sdwa.dst_unused) {
		case 1:
			if (value >> (shift + bits - 1) & 1)
				value |= ~(mask | ((1u << shift) - 1));
			break;
		case 2:
			value |= old[i] & ~mask;
			break;
		}
		result[i] = value;
	}
}

static void change_sign(uint32_t *to, const uint32_t *from, uint32_t bit, unsigned int mods)
{
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t value = from[i];

		if (mods & ISA_ABS)
			value &= ~bit;
		if (mods & ISA_NEG)
			value ^= bit;
		to[i] = value;
	}
}

/* The sign of a float of any size is the highest bit of its last dword. */
static const uint32_t *signs(const uint32_t *from, const struct isa_operand *arg, uint32_t *tmp)
{
	unsigned int mods = arg->mods & (ISA_ABS | ISA_NEG);
	unsigned int last = (isa_dwords[arg->type] - 1) * ISA_LANES;

	if (!mods)
		return from;
	if (last && from != tmp)
		memcpy(tmp, from, ISA_VGPR_SIZE);
	change_sign(tmp + last, from + last,
		    arg->type <= ISA_F16 ? 0x8000 : arg->type == ISA_V2F16 ? 0x80008000 :
		    0x80000000, mods);
	return tmp;
}

static const uint32_t *high_half(const uint32_t *from, uint32_t *tmp)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		tmp[i] = from[i] >> 16;
	return tmp;
}

/* Two halves, each from either half */
static const uint32_t *halves(const struct isa_insn *insn, unsigned int n, const uint32_t *from,
			      bool is_float, uint32_t *tmp)
{
	unsigned int lo = insn->op_sel >> n & 1 ? 16 : 0, hi = insn->op_sel_hi >> n & 1 ? 16 : 0;
	uint32_t flip = 0;

	if (is_float)
		flip = (insn->neg_lo >> n & 1 ? 0x8000 : 0) |
		       (insn->neg_hi >> n & 1 ? 0x80000000 : 0);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		tmp[i] = ((from[i] >> lo & 0xffff) | from[i] >> hi << 16) ^ flip;
	return tmp;
}

/* Two dwords, each from either of them */
static const uint32_t *dwords(const struct isa_insn *insn, unsigned int n, const uint32_t *from,
			      uint32_t *tmp)
{
	const uint32_t *lo = from + (insn->op_sel >> n & 1 ? ISA_LANES : 0);
	const uint32_t *hi = from + (insn->op_sel_hi >> n & 1 ? ISA_LANES : 0);
	uint32_t flip_lo = insn->neg_lo >> n & 1 ? 0x80000000 : 0;
	uint32_t flip_hi = insn->neg_hi >> n & 1 ? 0x80000000 : 0;

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t low = lo[i] ^ flip_lo, high = hi[i] ^ flip_hi;

		tmp[i] = low;
		tmp[ISA_LANES + i] = high;
	}
	return tmp;
}

/* F32, or F16 in one half of a register, to F32 */
static const uint32_t *mixed(const struct isa_wave *w, const struct isa_insn *insn, unsigned int n,
			     const struct isa_operand *arg, const uint32_t *from, uint32_t *tmp)
{
	unsigned int mods = (insn->neg_lo >> n & 1 ? ISA_NEG : 0) |
			    (insn->neg_hi >> n & 1 ? ISA_ABS : 0);
	unsigned int shift = insn->op_sel >> n & 1 ? 16 : 0;

	if (insn->op_sel_hi >> n & 1) {
		bool inline_float = arg->kind == ISA_CONST && arg->reg >= 240 && arg->reg <= 248;
		uint32_t value = inline_float ? isa_inline_float(arg->reg, ISA_F16) : 0;
		uint32_t halves[ISA_LANES];

		for (unsigned int i = 0; i < ISA_LANES; i++)
			halves[i] = (inline_float ? value : from[i]) >> shift;
		isa_f16_load(w, halves, (float *)tmp, 0);
		from = tmp;
	}
	change_sign(tmp, from, 0x80000000, mods);
	return tmp;
}

static const uint32_t *packed(const struct isa_wave *w, const struct isa_insn *insn, unsigned int n,
			      const struct isa_operand *arg, const uint32_t *from, uint32_t *tmp)
{
	if (insn->op->flags & ISA_MIXED)
		return mixed(w, insn, n, arg, from, tmp);
	if (!(insn->op->flags & ISA_PACKED))
		return from;
	switch (arg->type) {
	case ISA_V2F16:
		return halves(insn, n, from, true, tmp);
	case ISA_V2I16:
		return halves(insn, n, from, false, tmp);
	case ISA_V2F32:
		return dwords(insn, n, from, tmp);
	case ISA_F32:
		change_sign(tmp, from, 0x80000000, insn->neg_lo >> n & 1 ? ISA_NEG : 0);
		return tmp;
	default:
		return from;
	}
}

bool isa_index_gpr(struct isa_wave *w, struct isa_operand *arg, unsigned int operand)
{
	if (!w->gpr_idx || arg->kind != ISA_VGPR || !(w->sgprs[ISA_M0] >> (12 + operand) & 1))
		return true;
	arg->reg += w->sgprs[ISA_M0] & 0xff;
	if (arg->reg + isa_dwords[arg->type] <= w->num_vgprs)
		return true;
	isa_fail(w, ISA_ILLEGAL);
	return false;
}

const uint32_t *isa_modified_source(struct isa_wave *w, const struct isa_insn *insn,
				    unsigned int i, uint32_t *tmp, uint64_t *writes)
{
	const struct isa_plan *plan = &isa_slot_of(insn)->plan;
	struct isa_operand arg = insn->args[plan->src[i]];
	bool accumulator = plan->src[i] == plan->dst;
	const uint32_t *lanes;

	if (!isa_index_gpr(w, &arg, accumulator ? 3 : i))
		return NULL;
	lanes = isa_source_lanes(w, &arg, tmp);
	if (accumulator)
		return lanes;
	if (insn->encoding == ISA_DPP && !i)
		lanes = dpp(w, insn, lanes, isa_dwords[arg.type], tmp, writes);
	if (insn->encoding == ISA_SDWA && i < 2)
		lanes = sdwa(lanes, insn->sdwa.src_sel[i], arg.mods & ISA_SEXT, tmp);
	if (insn->op->format == ISA_VOP3P)
		return packed(w, insn, i, &arg, lanes, tmp);
	if (insn->op->flags & ISA_OPSEL && insn->op_sel >> i & 1 && arg.type <= ISA_F16)
		lanes = high_half(lanes, tmp);
	return signs(lanes, &arg, tmp);
}
