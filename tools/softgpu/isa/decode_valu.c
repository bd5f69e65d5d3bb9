// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic: VOP1, VOP2 and VOPC in 32 bits and as VOP3, and VOP3 itself.
 */
#include <errno.h>

#include "decode.h"

int isa_vgpr(struct isa_operand *arg, unsigned int reg)
{
	if (reg + isa_dwords[arg->type] > 256)
		return -EINVAL;
	arg->kind = ISA_VGPR;
	arg->reg = reg;
	return 0;
}

/* A VGPR, or an AGPR if @acc */
int isa_accumulator(struct isa_operand *arg, unsigned int reg, bool acc)
{
	int ret = isa_vgpr(arg, reg);

	if (acc)
		arg->kind = ISA_AGPR;
	return ret;
}

/* A source of 9 bits; no literal in VOP3 */
int isa_vsource(struct decoder *d, struct isa_operand *arg, unsigned int code)
{
	if (code >= 256)
		return isa_vgpr(arg, code - 256);
	if (code == ISA_LITERAL && (d->insn.encoding != ISA_E32 ||
				    d->insn.op->format == ISA_VOP3P))
		return -EINVAL;
	if (code == ISA_LDS_DIRECT && isa_dwords[arg->type] == 1) {
		arg->kind = ISA_SPECIAL;
		arg->reg = code;
		return 0;
	}
	return isa_source(d, arg, code);
}

/* An SGPR, but not EXEC */
static int mask(struct isa_operand *arg, unsigned int code)
{
	return code >= ISA_EXEC ? -EINVAL : isa_sgpr(arg, code);
}

static void vcc(struct isa_operand *arg)
{
	arg->kind = ISA_SGPR;
	arg->reg = ISA_VCC;
}

int isa_e32_operand(struct decoder *d, unsigned int field, struct isa_operand *arg)
{
	bool compare = d->insn.op->format == ISA_VOPC;
	int ret;

	switch (field) {
	case ISA_VDST:
		return isa_vgpr(arg, isa_bits(d, 17, 8));
	case ISA_ADST:
		return isa_accumulator(arg, isa_bits(d, 17, 8), true);
	case ISA_VSDST:
		if (!compare)
			return isa_bits(d, 24, 1) ? -EINVAL : isa_sgpr(arg, isa_bits(d, 17, 7));
		vcc(arg);
		return 0;
	case ISA_SDST3:
	case ISA_CARRY:
		vcc(arg);
		return 0;
	case ISA_SRC0:
		return isa_vsource(d, arg, isa_bits(d, 0, 9));
	case ISA_VSRC0:
		return isa_bits(d, 8, 1) ? isa_vgpr(arg, isa_bits(d, 0, 8)) : -EINVAL;
	case ISA_ASRC0:
		return isa_bits(d, 8, 1) ? isa_accumulator(arg, isa_bits(d, 0, 8), true) : -EINVAL;
	case ISA_SRC1:
		return isa_vgpr(arg, isa_bits(d, 9, 8));
	case ISA_KIMM:
		ret = isa_literal(d);
		if (ret)
			return ret;
		return isa_source(d, arg, ISA_LITERAL);
	default:
		return -EINVAL;
	}
}

/* A scalar or an inline constant */
static int lane(struct decoder *d, struct isa_operand *arg, unsigned int code)
{
	return code >= 256 ? -EINVAL : isa_vsource(d, arg, code);
}

static int e64_operand(struct decoder *d, unsigned int field, struct isa_operand *arg)
{
	switch (field) {
	case ISA_VDST:
		return isa_vgpr(arg, isa_bits(d, 0, 8));
	case ISA_VSDST:
		return isa_bits(d, 7, 1) ? -EINVAL : isa_sgpr(arg, isa_bits(d, 0, 7));
	case ISA_SDST3:
		return isa_sgpr(arg, isa_bits(d, 8, 7));
	case ISA_SRC0:
		return isa_vsource(d, arg, isa_bits(d, 32, 9));
	case ISA_VSRC0:
		return isa_bits(d, 40, 1) ? isa_vgpr(arg, isa_bits(d, 32, 8)) : -EINVAL;
	case ISA_SRC1:
		return isa_vsource(d, arg, isa_bits(d, 41, 9));
	case ISA_SRC2:
		return isa_vsource(d, arg, isa_bits(d, 50, 9));
	case ISA_VSRC2:
		return isa_bits(d, 58, 1) ? isa_vgpr(arg, isa_bits(d, 50, 8)) : -EINVAL;
	case ISA_CARRY:
		return mask(arg, isa_bits(d, 50, 9));
	case ISA_LANE0:
		return lane(d, arg, isa_bits(d, 32, 9));
	case ISA_LANE1:
		return lane(d, arg, isa_bits(d, 41, 9));
	default:
		return -EINVAL;
	}
}

/* The modifiers of a source, of what VOP3 has for all of its sources in a row */
static void modifiers(struct isa_operand *arg, unsigned int i, unsigned int abs, unsigned int neg)
{
	if (abs & 1u << i)
		arg->mods |= ISA_ABS;
	if (neg & 1u << i)
		arg->mods |= ISA_NEG;
}

static int e64(struct decoder *d)
{
	const struct isa_op *op = d->insn.op;
	unsigned int abs = isa_bits(d, 8, 3);
	unsigned int neg = isa_bits(d, 61, 3);
	unsigned int used = 0, modified = 0;

	for (unsigned int i = 0; i < d->insn.num_args; i++) {
		switch (op->args[i].field) {
		case ISA_SDST3:
			abs = 0;
			break;
		case ISA_SRC0:
		case ISA_VSRC0:
		case ISA_LANE0:
			used |= 1;
			modified |= op->args[i].mods;
			break;
		case ISA_SRC1:
		case ISA_LANE1:
			used |= 2;
			modified |= op->args[i].mods << 1;
			break;
		case ISA_SRC2:
		case ISA_VSRC2:
		case ISA_CARRY:
			used |= 4;
			modified |= op->args[i].mods << 2;
			break;
		}
	}
	if ((abs | neg) & ~modified)
		return -EINVAL;
	for (unsigned int i = 0; i < 3; i++) {
		if (!(used & 1u << i) && isa_bits(d, 32 + 9 * i, 9))
			return -EINVAL;
	}
	d->insn.clamp = isa_bits(d, 15, 1);
	d->insn.omod = isa_bits(d, 59, 2);
	if ((d->insn.clamp && !(op->flags & ISA_CLAMP)) ||
	    (d->insn.omod && !(op->flags & ISA_OMOD)))
		return -EINVAL;
	if (op->flags & ISA_OPSEL) {
		d->insn.op_sel = isa_bits(d, 11, 4);
		if (!(used & 4) && d->insn.op_sel & 4)
			return -EINVAL;
	}
	for (unsigned int i = 0; i < d->insn.num_args; i++) {
		struct isa_operand *arg = &d->insn.args[i];
		int ret = e64_operand(d, op->args[i].field, arg);

		if (ret)
			return ret;
		/* Those of integers are there and ignored. */
		if (op->args[i].mods && isa_is_float(op->args[i].type))
			modifiers(arg, op->args[i].field - ISA_SRC0, abs, neg);
	}
	return 0;
}

int isa_decode_valu(struct decoder *d)
{
	const struct isa_op *op = d->insn.op;

	if (d->insn.encoding == ISA_E64)
		return e64(d);
	if (d->insn.encoding != ISA_E32)
		return isa_decode_sdwa(d);
	if (!op->args[0].field && isa_bits(d, 17, 8))
		return -EINVAL;
	for (unsigned int i = 0; i < d->insn.num_args; i++) {
		int ret = isa_e32_operand(d, op->args[i].field, &d->insn.args[i]);

		if (ret)
			return ret;
	}
	return 0;
}
