/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Floats of 8 bits as gfx942 has them: FP8 has 4 bits of exponent and 3 of mantissa, BF8 5 and 2.
 * They have neither infinities nor a negative zero, whose place the only NaN has.
 */
#ifndef SOFTGPU_ISA_FP8_H
#define SOFTGPU_ISA_FP8_H

#include "float.h"

#define ISA_FP8_MANTISSA	3
#define ISA_FP8_BIAS		8
#define ISA_BF8_MANTISSA	2
#define ISA_BF8_BIAS		16
#define ISA_NAN8		0x80u

/* A denormal has the least exponent and no leading 1. */
static inline float isa_from8(uint32_t byte, unsigned int mantissa, unsigned int bias)
{
	uint32_t size = byte & 0x7f, sign = (byte & 0x80) << 24;
	uint32_t normal = (size << (23 - mantissa)) + ((127 - bias) << 23);
	float denormal = (int32_t)size * isa_f32((127 + 1 - bias - mantissa) << 23);
	uint32_t bits = size >> mantissa ? normal : isa_bits32(denormal);

	return isa_f32((byte & 0xff) == ISA_NAN8 ? ISA_NAN32 : bits | sign);
}

static inline float isa_from_fp8(uint32_t byte)
{
	return isa_from8(byte, ISA_FP8_MANTISSA, ISA_FP8_BIAS);
}

static inline float isa_from_bf8(uint32_t byte)
{
	return isa_from8(byte, ISA_BF8_MANTISSA, ISA_BF8_BIAS);
}

#endif
