// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * VOP3P: packed numbers, dot products, mixed precision and matrices.
 */
#include <errno.h>

#include "decode.h"

static int matrix_source(struct decoder *d, struct isa_operand *arg, unsigned int i)
{
	unsigned int code = isa_bits(d, 32 + 9 * i, 9);

	return code < 256 ? -EINVAL : isa_accumulator(arg, code - 256, isa_bits(d, 59 + i, 1));
}

static int operand(struct decoder *d, unsigned int field, struct isa_operand *arg)
{
	unsigned int code = isa_bits(d, 50, 9);

	switch (field) {
	case ISA_VDST:
		return isa_vgpr(arg, isa_bits(d, 0, 8));
	case ISA_ADST:
		return isa_accumulator(arg, isa_bits(d, 0, 8), true);
	case ISA_ACDST:
		return isa_accumulator(arg, isa_bits(d, 0, 8), isa_bits(d, 15, 1));
	case ISA_SRC0:
		return isa_vsource(d, arg, isa_bits(d, 32, 9));
	case ISA_SRC1:
		return isa_vsource(d, arg, isa_bits(d, 41, 9));
	case ISA_SRC2:
		return isa_vsource(d, arg, code);
	case ISA_VSRC2:
		return code < 256 ? -EINVAL : isa_vgpr(arg, code - 256);
	case ISA_ASRC0:
		code = isa_bits(d, 32, 9);
		return code < 256 ? -EINVAL : isa_accumulator(arg, code - 256, true);
	case ISA_AV0:
	case ISA_AV1:
		return matrix_source(d, arg, field - ISA_AV0);
	case ISA_ACC2:
		if (code >= 256)
			return isa_accumulator(arg, code - 256, isa_bits(d, 15, 1));
		return code < 128 || code > 248 ? -EINVAL : isa_source(d, arg, code);
	default:
		return -EINVAL;
	}
}

static int packed(struct decoder *d)
{
	struct isa_insn *insn = &d->insn;
	bool three = insn->num_args == 4;

	insn->neg_hi = isa_bits(d, 8, 3);
	insn->op_sel = isa_bits(d, 11, 3);
	insn->op_sel_hi = isa_bits(d, 59, 2) | (three ? isa_bits(d, 14, 1) << 2 : 0);
	insn->clamp = isa_bits(d, 15, 1);
	insn->neg_lo = isa_bits(d, 61, 3);
	if (!three && ((insn->neg_hi | insn->op_sel | insn->neg_lo) & 4 || isa_bits(d, 50, 9)))
		return -EINVAL;
	return 0;
}

/* Those fields whose meaning is another for matrices */
static int matrix(struct decoder *d)
{
	struct isa_insn *insn = &d->insn;
	unsigned int last = insn->op->args[insn->num_args - 1].field;
	unsigned int blgp = isa_bits(d, 61, 3);

	if (last == ISA_ACC2 || last == ISA_VSRC2) {
		insn->cbsz = isa_bits(d, 8, 3);
		insn->abid = isa_bits(d, 11, 4);
		if (insn->op->flags & ISA_NEGATE)
			insn->neg_lo = blgp;
		else
			insn->blgp = blgp;
		return last == ISA_VSRC2 && blgp ? -EINVAL : 0;
	}
	return blgp || isa_bits(d, 8, 6) || isa_bits(d, 41, 18) ? -EINVAL : 0;
}

int isa_decode_packed(struct decoder *d)
{
	bool is_packed = d->insn.op->flags & (ISA_PACKED | ISA_MIXED);
	int ret = is_packed ? packed(d) : matrix(d);

	for (unsigned int i = 0; i < d->insn.num_args && !ret; i++) {
		struct isa_operand *arg = &d->insn.args[i];

		ret = operand(d, d->insn.op->args[i].field, arg);
		if (i && d->insn.op->flags & ISA_MIXED)
			arg->mods = (d->insn.neg_hi >> (i - 1) & 1 ? ISA_ABS : 0) |
				    (d->insn.neg_lo >> (i - 1) & 1 ? ISA_NEG : 0);
	}
	return ret;
}
