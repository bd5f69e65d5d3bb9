// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The forms of VOP1, VOP2 and VOPC with a second word: lanes from elsewhere (DPP) and parts of
 * registers (SDWA).
 */
#include <errno.h>

#include "decode.h"

static bool is_wide(const struct isa_op *op)
{
	for (unsigned int i = 0; i < ISA_ARGS && op->args[i].field; i++) {
		unsigned int field = op->args[i].field;

		if ((field == ISA_VDST || field == ISA_SRC0 || field == ISA_SRC1) &&
		    isa_dwords[op->args[i].type] > 1)
			return true;
	}
	return false;
}

static bool has_src1(const struct isa_op *op)
{
	for (unsigned int i = 0; i < ISA_ARGS && op->args[i].field; i++) {
		if (op->args[i].field == ISA_SRC1)
			return true;
	}
	return false;
}

static bool dpp_control(const struct decoder *d, unsigned int ctrl)
{
	bool newbcast = ctrl >= ISA_DPP_NEWBCAST && ctrl <= ISA_DPP_NEWBCAST + 15 &&
			d->insn.target == ISA_GFX942;

	if (is_wide(d->insn.op))
		return newbcast;
	if (ctrl <= 0xff)
		return true;
	if (ctrl < ISA_DPP_WAVE_SHL)
		return ctrl & 0xf;
	switch (ctrl) {
	case ISA_DPP_WAVE_SHL:
	case ISA_DPP_WAVE_ROL:
	case ISA_DPP_WAVE_SHR:
	case ISA_DPP_WAVE_ROR:
	case ISA_DPP_MIRROR:
	case ISA_DPP_HALF_MIRROR:
	case ISA_DPP_BCAST15:
	case ISA_DPP_BCAST31:
		return true;
	default:
		return newbcast;
	}
}

static int dpp(struct decoder *d)
{
	const struct isa_op *op = d->insn.op;
	struct isa_dpp *dpp = &d->insn.dpp;
	unsigned int allowed = 0;

	dpp->ctrl = isa_bits(d, 40, 9);
	dpp->bound_ctrl = isa_bits(d, 51, 1);
	dpp->bank_mask = isa_bits(d, 56, 4);
	dpp->row_mask = isa_bits(d, 60, 4);
	if (!dpp_control(d, dpp->ctrl))
		return -EINVAL;
	for (unsigned int i = 0; i < d->insn.num_args; i++) {
		struct isa_operand *arg = &d->insn.args[i];
		unsigned int field = op->args[i].field;
		unsigned int second = field == ISA_SRC1;
		int ret;

		if (field == ISA_SRC0)
			ret = isa_vgpr(arg, isa_bits(d, 32, 8));
		else
			ret = isa_e32_operand(d, field, arg);
		if (ret)
			return ret;
		if (!op->args[i].mods)
			continue;
		allowed |= 3 << 2 * second;
		if (!isa_is_float(op->args[i].type))
			continue;
		arg->mods = (isa_bits(d, 52 + 2 * second, 1) ? ISA_NEG : 0) |
			    (isa_bits(d, 53 + 2 * second, 1) ? ISA_ABS : 0);
	}
	return isa_bits(d, 52, 4) & ~allowed ? -EINVAL : 0;
}

/* A source: selection in @first, then sign extension, negation, absolute value, SGPR */
static int sdwa_source(struct decoder *d, unsigned int i, unsigned int reg, unsigned int first)
{
	struct isa_operand *arg = &d->insn.args[i];
	bool mods = d->insn.op->args[i].mods && isa_is_float(arg->type);
	bool sext = isa_bits(d, first + 3, 1);
	bool neg = isa_bits(d, first + 4, 1);
	bool abs = isa_bits(d, first + 5, 1);

	if (isa_bits(d, first, 3) == 7 || (mods ? sext : neg || abs))
		return -EINVAL;
	arg->mods = (sext ? ISA_SEXT : 0) | (neg ? ISA_NEG : 0) | (abs ? ISA_ABS : 0);
	if (isa_bits(d, first + 7, 1))
		return reg == ISA_LITERAL ? -EINVAL : isa_vsource(d, arg, reg);
	return isa_vgpr(arg, reg);
}

static int sdwa(struct decoder *d)
{
	const struct isa_op *op = d->insn.op;
	struct isa_sdwa *sdwa = &d->insn.sdwa;
	bool compare = op->format == ISA_VOPC;

	sdwa->src_sel[0] = isa_bits(d, 48, 3);
	sdwa->src_sel[1] = isa_bits(d, 56, 3);
	if (!compare) {
		sdwa->dst_sel = isa_bits(d, 40, 3);
		sdwa->dst_unused = isa_bits(d, 43, 2);
		d->insn.clamp = isa_bits(d, 45, 1);
		d->insn.omod = isa_bits(d, 46, 2);
		if (op->flags & ISA_WHOLE_DST ? sdwa->dst_sel != 6 :
		    sdwa->dst_sel == 7 || sdwa->dst_unused == 3)
			return -EINVAL;
		if (d->insn.omod && !(op->flags & ISA_OMOD && isa_is_float(op->args[0].type)))
			return -EINVAL;
	}
	/* Without a second source nothing is said of it. */
	if (!has_src1(op) && d->word >> 56 & 0xbf)
		return -EINVAL;
	for (unsigned int i = 0; i < d->insn.num_args; i++) {
		struct isa_operand *arg = &d->insn.args[i];
		unsigned int field = op->args[i].field;
		int ret;

		if (field == ISA_SRC0)
			ret = sdwa_source(d, i, isa_bits(d, 32, 8), 48);
		else if (field == ISA_SRC1)
			ret = sdwa_source(d, i, isa_bits(d, 9, 8), 56);
		else if (field == ISA_VSDST && isa_bits(d, 47, 1))
			ret = isa_sgpr(arg, isa_bits(d, 40, 7));
		else
			ret = isa_e32_operand(d, field, arg);
		if (ret)
			return ret;
	}
	return 0;
}

int isa_decode_sdwa(struct decoder *d)
{
	return d->insn.encoding == ISA_SDWA ? sdwa(d) : dpp(d);
}
