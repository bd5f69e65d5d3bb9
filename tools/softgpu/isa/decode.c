// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * From words to struct isa_insn.
 *
 * A field that an instruction does not use may hold anything, as the hardware does not look at
 * it, apart from what is said where it is refused. A register tuple that begins between two is
 * the one below: the hardware ignores the bits of an SGPR's number that must be 0.
 */
#include <errno.h>

#include "isa.h"
#include "decode.h"

uint32_t isa_bits(const struct decoder *d, unsigned int first, unsigned int num)
{
	return (uint32_t)(d->word >> first) & ((1u << num) - 1);
}

static int64_t sign_extend(uint64_t value, unsigned int bits)
{
	return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

/* The inline constants 240 to 248 in the three sizes of floating point */
uint64_t isa_inline_float(unsigned int code, unsigned int type)
{
	static const struct {
		uint16_t f16;
		uint32_t f32;
		uint64_t f64;
	} values[] = {
		{ 0x3800, 0x3f000000, 0x3fe0000000000000 },	/* 0.5 */
		{ 0xb800, 0xbf000000, 0xbfe0000000000000 },
		{ 0x3c00, 0x3f800000, 0x3ff0000000000000 },	/* 1 */
		{ 0xbc00, 0xbf800000, 0xbff0000000000000 },
		{ 0x4000, 0x40000000, 0x4000000000000000 },	/* 2 */
		{ 0xc000, 0xc0000000, 0xc000000000000000 },
		{ 0x4400, 0x40800000, 0x4010000000000000 },	/* 4 */
		{ 0xc400, 0xc0800000, 0xc010000000000000 },
		{ 0x3118, 0x3e22f983, 0x3fc45f306dc9c882 },	/* 1 / 2 pi */
	};

	if (isa_is16(type) || type == ISA_V2F16)
		return values[code - 240].f16;
	return isa_is64(type) ? values[code - 240].f64 : values[code - 240].f32;
}

static uint64_t inline_int(int64_t value, unsigned int type)
{
	if (isa_is16(type))
		return (uint16_t)value;
	return isa_is64(type) ? (uint64_t)value : (uint32_t)value;
}

static uint64_t literal(uint32_t value, unsigned int type)
{
	if (isa_is16(type))
		return (uint16_t)value;
	if (type == ISA_F64)
		return (uint64_t)value << 32;
	return type == ISA_I64 ? (uint64_t)(int32_t)value : value;
}

bool isa_is16(unsigned int type)
{
	return type <= ISA_F16;
}

/* Are its elements of 64 bits */
bool isa_is64(unsigned int type)
{
	return type == ISA_V4F64 || (isa_dwords[type] == 2 && type != ISA_V2F32);
}

/* Also the bits that v_cndmask_b32 selects from */
bool isa_is_float(unsigned int type)
{
	return type == ISA_F16 || type == ISA_F32 || type == ISA_F64 || type == ISA_B32 ||
	       type == ISA_V2F16 || type == ISA_V2F32;
}

/* Where an SGPR tuple of this many dwords may begin */
static unsigned int alignment(unsigned int dwords)
{
	return dwords >= 4 ? 4 : dwords >= 2 ? 2 : 1;
}

int isa_sgpr(struct isa_operand *arg, unsigned int reg)
{
	unsigned int dwords = isa_dwords[arg->type];
	unsigned int align = alignment(dwords);

	arg->kind = ISA_SGPR;
	arg->reg = reg;
	if (reg == ISA_NULL)
		return 0;
	if (reg >= ISA_TTMP && reg < ISA_M0) {
		reg -= (reg - ISA_TTMP) % align;
		if (reg + dwords > ISA_M0)
			return -EINVAL;
	} else if (reg < ISA_FLAT_SCRATCH) {
		reg -= reg % align;
		/* s[100:103] is the last of all tuples. */
		if (reg + dwords > ISA_XNACK_MASK)
			return -EINVAL;
	} else if (dwords > 2 || reg % align || (reg == ISA_M0 && dwords > 1)) {
		return -EINVAL;
	}
	arg->reg = reg;
	return 0;
}

int isa_literal(struct decoder *d)
{
	if (!d->insn.has_literal) {
		d->insn.has_literal = true;
		d->insn.words++;
		if (d->insn.words > d->num)
			return -ENODATA;
		d->insn.literal = d->words[d->insn.words - 1];
	}
	return 0;
}

/* A source of 8 bits, and those of 9 that are no VGPR */
int isa_source(struct decoder *d, struct isa_operand *arg, unsigned int code)
{
	int ret;

	arg->reg = code;
	arg->kind = ISA_CONST;
	switch (code) {
	case 0 ... 127:
		return isa_sgpr(arg, code);
	case 128 ... 192:
		arg->value = code - 128;
		return 0;
	case 193 ... 208:
		arg->value = inline_int(192 - (int)code, arg->type);
		return 0;
	case 240 ... 248:
		arg->value = isa_inline_float(code, arg->type);
		return 0;
	case ISA_LITERAL:
		ret = isa_literal(d);
		arg->value = literal(d->insn.literal, arg->type);
		return ret;
	case ISA_SHARED_BASE ... ISA_POPS_WAVE_ID:
	case ISA_VCCZ ... ISA_SCC:
		arg->kind = ISA_SPECIAL;
		return 0;
	default:
		return -EINVAL;
	}
}

static int scalar_memory(struct decoder *d, struct isa_operand *arg)
{
	unsigned int first = d->insn.op->args[0].field;
	bool imm = isa_bits(d, 17, 1);
	bool reg = isa_bits(d, 14, 1);

	if (isa_bits(d, 16, 1) && (first == ISA_SDATA || first == ISA_SDATA_IN))
		d->insn.cache = ISA_GLC;
	if (imm) {
		d->insn.offset = sign_extend(d->word >> 32, 21);
		d->insn.has_offset = true;
	}
	if (!imm && !reg)
		return isa_sgpr(arg, isa_bits(d, 32, 7));
	return reg ? isa_sgpr(arg, isa_bits(d, 57, 7)) : 0;
}

/* What memory is accessed with can be neither M0 nor EXEC. */
static int scalar_data(struct isa_operand *arg, unsigned int reg)
{
	return reg == ISA_M0 || reg >= ISA_EXEC ? -EINVAL : isa_sgpr(arg, reg);
}

static int imm(struct isa_operand *arg, uint32_t value)
{
	arg->kind = ISA_IMM;
	arg->value = value;
	return 0;
}

static int operand(struct decoder *d, unsigned int field, struct isa_operand *arg)
{
	int ret;

	switch (field) {
	case ISA_SDST:
	case ISA_SDST_IN:
		return isa_sgpr(arg, isa_bits(d, 16, 7));
	case ISA_SSRC0:
		return isa_source(d, arg, isa_bits(d, 0, 8));
	case ISA_SSRC0_REG:
		ret = isa_source(d, arg, isa_bits(d, 0, 8));
		return arg->kind == ISA_CONST ? -EINVAL : ret;
	case ISA_SSRC1:
		return isa_source(d, arg, isa_bits(d, 8, 8));
	case ISA_SIMM16:
	case ISA_BRANCH:
	case ISA_WAITCNT:
	case ISA_SENDMSG:
	case ISA_HWREG:
	case ISA_GPR_IDX16:
		return imm(arg, isa_bits(d, 0, 16));
	case ISA_GPR_IDX:
		return imm(arg, isa_bits(d, 8, 8));
	case ISA_IMM32:
		ret = isa_literal(d);
		return ret ? ret : imm(arg, d->insn.literal);
	case ISA_SDATA:
	case ISA_SDATA_IN:
		return scalar_data(arg, isa_bits(d, 6, 7));
	case ISA_SBASE:
		return isa_sgpr(arg, isa_bits(d, 0, 6) << 1);
	case ISA_SOFFSET:
		return scalar_memory(d, arg);
	default:
		return -EINVAL;
	}
}

static int scalar(struct decoder *d)
{
	for (unsigned int i = 0; i < d->insn.num_args; i++) {
		int ret = operand(d, d->insn.op->args[i].field, &d->insn.args[i]);

		if (ret)
			return ret;
	}
	return 0;
}

/* Which format the first word is of, and its opcode */
static int classify(struct decoder *d, enum isa_format *format, unsigned int *code)
{
	uint32_t w = d->words[0];

	if (!(w >> 31)) {
		*format = w >> 25 == 0x3f ? ISA_VOP1 : w >> 25 == 0x3e ? ISA_VOPC : ISA_VOP2;
		*code = *format == ISA_VOP1 ? w >> 9 & 0xff : *format == ISA_VOPC ?
			w >> 17 & 0xff : w >> 25;
		if ((w & 0x1ff) < 249 || (w & 0x1ff) > 250)
			return 1;
		d->insn.encoding = (w & 0x1ff) == 249 ? ISA_SDWA : ISA_DPP;
		return 2;
	}
	if (w >> 23 == 0x1a7) {
		*format = ISA_VOP3P;
		*code = w >> 16 & 0x7f;
		return 2;
	}
	if (w >> 26 == 0x36) {
		*format = ISA_DS;
		*code = w >> 17 & 0xff;
		return 2;
	}
	if (w >> 26 == 0x37 && (w >> 14 & 3) < 3) {
		*format = ISA_FLAT + (w >> 14 & 3);
		*code = w >> 18 & 0x7f;
		return 2;
	}
	if (w >> 26 == 0x38) {
		*format = ISA_MUBUF;
		*code = w >> 18 & 0x7f;
		return 2;
	}
	if (w >> 26 == 0x34) {
		*format = ISA_VOP3;
		*code = w >> 16 & 0x3ff;
		d->insn.encoding = ISA_E64;
		return 2;
	}
	if (w >> 30 == 2) {
		switch (w >> 23) {
		case 0x17d:
			*format = ISA_SOP1;
			*code = w >> 8 & 0xff;
			return 1;
		case 0x17e:
			*format = ISA_SOPC;
			*code = w >> 16 & 0x7f;
			return 1;
		case 0x17f:
			*format = ISA_SOPP;
			*code = w >> 16 & 0x7f;
			return 1;
		}
		*format = w >> 28 == 0xb ? ISA_SOPK : ISA_SOP2;
		*code = w >> 28 == 0xb ? w >> 23 & 0x1f : w >> 23 & 0x7f;
		return 1;
	}
	if (w >> 26 == 0x30) {
		*format = ISA_SMEM;
		*code = w >> 18 & 0xff;
		return 2;
	}
	return -EINVAL;
}

int isa_decode(enum isa_target target, const uint32_t *words, size_t num, struct isa_insn *insn)
{
	struct decoder d = { .words = words, .num = num };
	enum isa_format format;
	const struct isa_op *op;
	unsigned int code;
	int ret;

	if (!num)
		return -ENODATA;
	ret = classify(&d, &format, &code);
	if (ret < 0)
		return ret;
	op = isa_find(target, format, code);
	if (!op)
		return -EINVAL;
	/* v_nop has no source that could say so. */
	if (format == ISA_VOP1 && !op->args[0].field) {
		d.insn.encoding = ISA_E32;
		ret = 1;
	}
	if ((d.insn.encoding == ISA_DPP && !(op->flags & ISA_HAS_DPP)) ||
	    (d.insn.encoding == ISA_SDWA && !(op->flags & ISA_HAS_SDWA)))
		return -EINVAL;
	if ((size_t)ret > num)
		return -ENODATA;
	d.word = words[0] | (ret > 1 ? (uint64_t)words[1] << 32 : 0);
	/* Nothing is promised of a control instruction with a constant that it does not have. */
	if (format == ISA_SOPP && !op->args[0].field && words[0] & 0xffff)
		return -EINVAL;
	/* Nor of an access without an address that has an offset. */
	if (format == ISA_SMEM && op->args[1].field == ISA_NO_FIELD && isa_bits(&d, 17, 1))
		return -EINVAL;
	d.insn.op = op;
	d.insn.target = target;
	d.insn.words = ret;
	for (unsigned int i = 0; i < ISA_ARGS && op->args[i].field; i++) {
		d.insn.args[i].type = op->args[i].type;
		d.insn.num_args = i + 1;
	}
	if (format < ISA_VOP1)
		ret = scalar(&d);
	else if (format >= ISA_DS)
		ret = isa_decode_memory(&d);
	else if (format == ISA_VOP3P)
		ret = isa_decode_packed(&d);
	else
		ret = isa_decode_valu(&d);
	if (!ret)
		*insn = d.insn;
	return ret;
}
