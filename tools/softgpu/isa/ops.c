// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The table of instructions and the way from a number to a row. The rows are in ops_*.h.
 */
#include <pthread.h>

#include "isa.h"

#define ARG(field, type)	{ ISA_##field, ISA_##type, 0 }
#define MODS(field, type)	{ ISA_##field, ISA_##type, 1 }
#define SDST(type) ARG(SDST, type)
#define SDST_IN(type) ARG(SDST_IN, type)
#define SSRC0(type) ARG(SSRC0, type)
#define SSRC0_REG(type) ARG(SSRC0_REG, type)
#define SSRC1(type) ARG(SSRC1, type)
#define SIMM16(type) ARG(SIMM16, type)
#define BRANCH(type) ARG(BRANCH, type)
#define WAITCNT(type) ARG(WAITCNT, type)
#define SENDMSG(type) ARG(SENDMSG, type)
#define HWREG(type) ARG(HWREG, type)
#define GPR_IDX(type) ARG(GPR_IDX, type)
#define GPR_IDX16(type) ARG(GPR_IDX16, type)
#define IMM32(type) ARG(IMM32, type)
#define SDATA(type) ARG(SDATA, type)
#define SDATA_IN(type) ARG(SDATA_IN, type)
#define SBASE(type) ARG(SBASE, type)
#define SOFFSET(type) ARG(SOFFSET, type)
#define VDST(type) ARG(VDST, type)
#define ADST(type) ARG(ADST, type)
#define VSDST(type) ARG(VSDST, type)
#define SDST3(type) ARG(SDST3, type)
#define SRC0(type) ARG(SRC0, type)
#define SRC1(type) ARG(SRC1, type)
#define SRC2(type) ARG(SRC2, type)
#define VSRC2(type) ARG(VSRC2, type)
#define CARRY(type) ARG(CARRY, type)
#define VSRC0(type) ARG(VSRC0, type)
#define ASRC0(type) ARG(ASRC0, type)
#define LANE0(type) ARG(LANE0, type)
#define LANE1(type) ARG(LANE1, type)
#define ACDST(type) ARG(ACDST, type)
#define AV0(type) ARG(AV0, type)
#define AV1(type) ARG(AV1, type)
#define ACC2(type) ARG(ACC2, type)
#define DADDR(type) ARG(DADDR, type)
#define DATA0(type) ARG(DATA0, type)
#define DATA1(type) ARG(DATA1, type)
#define DDST(type) ARG(DDST, type)
#define FDST(type) ARG(FDST, type)
#define ADDR(type) ARG(ADDR, type)
#define FDATA(type) ARG(FDATA, type)
#define SADDR(type) ARG(SADDR, type)
#define BDATA(type) ARG(BDATA, type)
#define BADDR ARG(BADDR, B32)
#define BRSRC ARG(BRSRC, B128)
#define BOFFSET ARG(BOFFSET, B32)
#define KIMM(type) ARG(KIMM, type)
#define MSRC0(type) MODS(SRC0, type)
#define MSRC1(type) MODS(SRC1, type)
#define MSRC2(type) MODS(SRC2, type)

/* Flags */
#define E64	ISA_HAS_E64
#define DPP	ISA_HAS_DPP
#define SDWA	ISA_HAS_SDWA
#define CLAMP	ISA_CLAMP
#define OMOD	ISA_OMOD
#define OPSEL	ISA_OPSEL
#define PACKED	ISA_PACKED
#define MIXED	ISA_MIXED
#define NEGATE	ISA_NEGATE
#define PAIRED	ISA_PAIRED
#define LDS_ONLY	ISA_LDS_ONLY
#define GDS_ONLY	ISA_GDS_ONLY
#define ATOMIC	ISA_ATOMIC
#define NO_CACHE	ISA_NO_CACHE
#define ACCUM	ISA_ACCUM
#define HIGH	ISA_HIGH
#define CMPX	ISA_WRITES_EXEC
#define WHOLE_DST	ISA_WHOLE_DST

#define OP(format, gfx942, gfx906, name, flags, ...) \
	{ #name, ISA_##format, { gfx942, gfx906 }, flags, { __VA_ARGS__ } },
/* What executes them is in semantics.c. */
#define RUN	OP
#define LANES	OP

const struct isa_op isa_ops[] = {
#include "ops_scalar.h"
#include "ops_valu.h"
#include "ops_compare.h"
#include "ops_packed.h"
#include "ops_memory.h"
};

const unsigned int isa_num_ops = sizeof(isa_ops) / sizeof(isa_ops[0]);

const uint8_t isa_dwords[] = {
#define ISA_TYPE(name, dwords) [ISA_##name] = dwords,
	ISA_TYPES(ISA_TYPE)
};

/* 0: no row; else its index and one */
static uint16_t rows[ISA_TARGETS][ISA_FORMATS][ISA_CODES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

unsigned int isa_e64_code(enum isa_format format, unsigned int code)
{
	switch (format) {
	case ISA_VOP1:
		return code + 0x140;
	case ISA_VOP2:
		return code + 0x100;
	default:
		return code;
	}
}

static void fill(void)
{
	for (unsigned int i = 0; i < isa_num_ops; i++) {
		const struct isa_op *op = &isa_ops[i];

		for (unsigned int t = 0; t < ISA_TARGETS; t++) {
			if (op->code[t] < 0)
				continue;
			rows[t][op->format][op->code[t]] = i + 1;
			if (op->flags & ISA_HAS_E64)
				rows[t][ISA_VOP3][isa_e64_code(op->format, op->code[t])] = i + 1;
		}
	}
}

const struct isa_op *isa_find(enum isa_target target, enum isa_format format, unsigned int code)
{
	unsigned int row;

	if ((unsigned int)target >= ISA_TARGETS || (unsigned int)format >= ISA_FORMATS ||
	    code >= ISA_CODES)
		return NULL;
	pthread_once(&once, fill);
	row = rows[target][format][code];
	return row ? &isa_ops[row - 1] : NULL;
}
