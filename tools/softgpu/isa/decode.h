/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the files of the decoder share; for nobody else.
 */
#ifndef SOFTGPU_ISA_DECODE_H
#define SOFTGPU_ISA_DECODE_H

#include "isa.h"

/* @word: the first two of @words, or one if a format has one */
struct decoder {
	const uint32_t *words;
	size_t num;
	uint64_t word;
	struct isa_insn insn;
};

uint32_t isa_bits(const struct decoder *d, unsigned int first, unsigned int num);
bool isa_is16(unsigned int type);
bool isa_is64(unsigned int type);
bool isa_is_float(unsigned int type);
uint64_t isa_inline_float(unsigned int code, unsigned int type);
int isa_literal(struct decoder *d);
int isa_sgpr(struct isa_operand *arg, unsigned int reg);
int isa_vgpr(struct isa_operand *arg, unsigned int reg);
int isa_accumulator(struct isa_operand *arg, unsigned int reg, bool acc);
int isa_vsource(struct decoder *d, struct isa_operand *arg, unsigned int code);
int isa_e32_operand(struct decoder *d, unsigned int field, struct isa_operand *arg);
int isa_decode_valu(struct decoder *d);
int isa_decode_memory(struct decoder *d);
int isa_decode_packed(struct decoder *d);
int isa_decode_sdwa(struct decoder *d);
int isa_source(struct decoder *d, struct isa_operand *arg, unsigned int code);

#endif
