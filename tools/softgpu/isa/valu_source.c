// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Sources of vector instructions that are not just a register: lanes from elsewhere (DPP), parts
 * of registers (SDWA, op_sel), signs, indexed registers.
 */
#include <pthread.h>

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

/**
 * struct dpp_lanes - what a control of DPP does
 * @from: the lane of the source for each lane, or NOWHERE
 * @valid: lanes that have one
 * @in_rows: all are from the same row
 */
struct dpp_lanes {
	uint32_t from[ISA_LANES] __attribute__((aligned(32)));
	uint64_t valid;
	bool in_rows;
};

#define NOWHERE		ISA_LANES
#define DPP_CONTROLS	(ISA_DPP_NEWBCAST + 16)

static struct dpp_lanes dpp_table[DPP_CONTROLS];

static void fill_dpp_table(void)
{
	for (unsigned int ctrl = 0; ctrl < DPP_CONTROLS; ctrl++) {
		struct dpp_lanes *t = &dpp_table[ctrl];

		t->in_rows = true;
		for (int i = 0; i < ISA_LANES; i++) {
			int lane = dpp_lane(ctrl, i);

			t->from[i] = lane < 0 ? NOWHERE : lane;
			t->valid |= (uint64_t)(lane >= 0) << i;
			t->in_rows &= lane < 0 || lane / 16 == i / 16;
		}
	}
}

void isa_prepare_dpp(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fill_dpp_table);
}

/* Rows and banks that are written */
static uint64_t dpp_writes(const struct isa_dpp *dpp)
{
	uint64_t banks = 0, rows = 0;

	for (unsigned int i = 0; i < 4; i++) {
		banks |= dpp->bank_mask >> i & 1 ? 0x000f000f000f000fULL << 4 * i : 0;
		rows |= dpp->row_mask >> i & 1 ? 0xffffULL << 16 * i : 0;
	}
	return banks & rows;
}

typedef uint32_t lanes8 __attribute__((vector_size(32), may_alias));

/* All lanes are from the same row, or from nowhere. */
ISA_CLONES static void permute_rows(uint32_t *to, const uint32_t *lanes, const uint32_t *from)
{
	for (unsigned int i = 0; i < ISA_LANES; i += 8) {
		const lanes8 *row = (const lanes8 *)(lanes + (i & ~15u));
		lanes8 index = *(const lanes8 *)(from + i);
		lanes8 all = __builtin_shuffle(row[0], row[1], index & 15);

		*(lanes8 *)(to + i) = all & (lanes8)(index != NOWHERE);
	}
}

static void permute(uint32_t *to, const uint32_t *lanes, const uint32_t *from)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		to[i] = from[i] == NOWHERE ? 0 : lanes[from[i]];
}

/* A lane that is not active is like one from nowhere. */
static const uint32_t *dpp(struct isa_wave *w, const struct isa_insn *insn, const uint32_t *from,
			   unsigned int dwords, uint32_t *tmp, uint64_t *writes)
{
	const struct dpp_lanes *t = &dpp_table[insn->dpp.ctrl];
	uint64_t exec = isa_exec_mask(w), valid = t->valid;
	uint32_t active[ISA_LANES] __attribute__((aligned(64)));
	const uint32_t *masks = isa_lane_masks(w);

	for (unsigned int d = 0; d < dwords * ISA_LANES; d += ISA_LANES) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			active[i] = from[d + i] & masks[i];
		if (t->in_rows)
			permute_rows(tmp + d, active, t->from);
		else
			permute(tmp + d, active, t->from);
	}
	for (unsigned int i = 0; i < ISA_LANES && exec != ~0ULL; i++)
		valid &= ~((uint64_t)!(exec >> (t->from[i] & 63) & 1) << i);
	*writes &= dpp_writes(&insn->dpp) & (insn->dpp.bound_ctrl ? ~0ULL : valid);
	return tmp;
}

/* What a select of SDWA has of a register: the lowest bit, and how many */
static unsigned int sdwa_part(unsigned int sel, unsigned int *bits)
{
	*bits = sel < 4 ? 8 : sel < 6 ? 16 : 32;
	return sel < 4 ? 8 * sel : sel == 5 ? 16 : 0;
}

ISA_CLONES static const uint32_t *sdwa(const uint32_t *from, unsigned int sel, bool sext,
				       uint32_t *tmp)
{
	unsigned int bits, shift = sdwa_part(sel, &bits), left = 32 - bits - shift;

	if (sext) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			tmp[i] = (int32_t)(from[i] << left) >> (32 - bits);
	} else {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			tmp[i] = from[i] << left >> (32 - bits);
	}
	return tmp;
}

ISA_CLONES void isa_sdwa_result(const struct isa_insn *insn, uint32_t *result, const uint32_t *old)
{
	unsigned int bits, shift = sdwa_part(insn->sdwa.dst_sel, &bits);
	uint32_t mask = bits == 32 ? ~0u : ((1u << bits) - 1) << shift;

	switch (insn->sdwa.dst_unused) {
	case 1:
		for (unsigned int i = 0; i < ISA_LANES; i++)
			result[i] = (uint32_t)((int32_t)(result[i] << (32 - bits)) >>
					       (32 - bits)) << shift;
		break;
	case 2:
		for (unsigned int i = 0; i < ISA_LANES; i++)
			result[i] = (result[i] << shift & mask) | (old[i] & ~mask);
		break;
	default:
		for (unsigned int i = 0; i < ISA_LANES; i++)
			result[i] = result[i] << shift & mask;
	}
}

ISA_CLONES static void change_sign(uint32_t *to, const uint32_t *from, uint32_t bit,
				   unsigned int mods)
{
	uint32_t keep = mods & ISA_ABS ? ~bit : ~0u, flip = mods & ISA_NEG ? bit : 0;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		to[i] = (from[i] & keep) ^ flip;
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

const struct isa_operand *isa_indexed(struct isa_wave *w, const struct isa_operand *arg,
				      unsigned int operand, struct isa_operand *moved)
{
	if (!w->gpr_idx)
		return arg;
	*moved = *arg;
	return isa_index_gpr(w, moved, operand) ? moved : NULL;
}

const uint32_t *isa_modified_source(struct isa_wave *w, const struct isa_insn *insn,
				    unsigned int i, uint32_t *tmp, uint64_t *writes)
{
	const struct isa_plan *plan = &isa_slot_of(insn)->plan;
	bool accumulator = plan->src[i] == plan->dst;
	const struct isa_operand *arg;
	struct isa_operand moved;
	const uint32_t *lanes;

	arg = isa_indexed(w, &insn->args[plan->src[i]], accumulator ? 3 : i, &moved);
	if (!arg)
		return NULL;
	lanes = isa_source_lanes(w, arg, tmp);
	if (accumulator)
		return lanes;
	if (insn->encoding == ISA_DPP && !i)
		lanes = dpp(w, insn, lanes, isa_dwords[arg->type], tmp, writes);
	if (insn->encoding == ISA_SDWA && i < 2)
		lanes = sdwa(lanes, insn->sdwa.src_sel[i], arg->mods & ISA_SEXT, tmp);
	if (insn->op->format == ISA_VOP3P)
		return packed(w, insn, i, arg, lanes, tmp);
	if (insn->op->flags & ISA_OPSEL && insn->op_sel >> i & 1 && arg->type <= ISA_F16)
		lanes = high_half(lanes, tmp);
	return signs(lanes, arg, tmp);
}
