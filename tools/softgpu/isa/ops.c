// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The table of instructions and the way from a number to a row. The rows are in ops_*.h.
 */
#include <pthread.h>

#include "isa.h"

#define ARG(field, type)	{ ISA_##field, ISA_##type }
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
#define OP(format, gfx942, gfx906, name, flags, ...) \
	{ #name, ISA_##format, { gfx942, gfx906 }, flags, { __VA_ARGS__ } },

const struct isa_op isa_ops[] = {
#include "ops_scalar.h"
};

const unsigned int isa_num_ops = sizeof(isa_ops) / sizeof(isa_ops[0]);

const uint8_t isa_dwords[] = {
#define ISA_TYPE(name, dwords) [ISA_##name] = dwords,
	ISA_TYPES(ISA_TYPE)
};

/* 0: no row; else its index and one */
static uint16_t rows[ISA_TARGETS][ISA_FORMATS][ISA_CODES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fill(void)
{
	for (unsigned int i = 0; i < isa_num_ops; i++) {
		const struct isa_op *op = &isa_ops[i];

		for (unsigned int t = 0; t < ISA_TARGETS; t++) {
			if (op->code[t] >= 0)
				rows[t][op->format][op->code[t]] = i + 1;
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
