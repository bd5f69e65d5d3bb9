/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Elements of matrices for tests: any bits of a type, and the number that they are, by the
 * definition of the type; and where a lane has elements of the result, as AMD's documents list
 * it for each size.
 */
#ifndef MATRICES_H
#define MATRICES_H

#include <math.h>

#include "machine.h"

/* By the ends of the rows' names */
enum element { F32, XF32, F16, BF16, FP8, BF8, I8, F64 };

static inline unsigned int element_bits(enum element e)
{
	return e == F64 ? 64 : e <= XF32 ? 32 : e <= BF16 ? 16 : 8;
}

/* A float with a sign, some bits of exponent and of mantissa, that is not infinite or NaN */
static inline double small_float(uint32_t bits, int exponent, int mantissa, int bias)
{
	int exp = bits >> mantissa & ((1 << exponent) - 1);
	double size = bits & ((1u << mantissa) - 1);

	size = exp ? ldexp(size + (1u << mantissa), exp - 1) : size;
	size = ldexp(size, 1 - bias - mantissa);
	return bits >> (exponent + mantissa) & 1 ? -size : size;
}

static inline double element_value(enum element e, uint64_t bits)
{
	double value;

	switch (e) {
	case F32:
		return small_float(bits, 8, 23, 127);
	case XF32:
		return small_float(bits >> 13, 8, 10, 127);
	case F16:
		return small_float(bits, 5, 10, 15);
	case BF16:
		return small_float(bits, 8, 7, 127);
	case FP8:
		return bits == 0x80 ? NAN : small_float(bits, 4, 3, 8);
	case BF8:
		return bits == 0x80 ? NAN : small_float(bits, 5, 2, 16);
	case I8:
		return bits & 0x80 ? (int)bits - 256 : (int)bits;
	default:
		memcpy(&value, &bits, sizeof(value));
		return value;
	}
}

/* Bits of a small integer, whose sums and products are exact, or of anything near to 1 */
static inline uint64_t element_random(enum element e, bool integer)
{
	static const uint8_t fp8[] = { 0, 0x40, 0x48, 0x4c, 0x50, 0x58, 0xc0, 0xc8, 0xcc };
	static const uint8_t bf8[] = { 0, 0x40, 0x44, 0x46, 0x48, 0x4c, 0xc0, 0xc4, 0xc6 };
	int i = (int)(random32() % 9) - 4;
	double value = integer ? i : ((int32_t)random32() / 0x1p31) * (1 + random32() % 8);
	float single = value;
	_Float16 half = single;
	uint64_t bits = 0;

	switch (e) {
	case FP8:
		/* Denormals, too; but not NaN */
		return integer ? fp8[i + 4] : random32() % 0x7f + 1 + (random32() & 0x80);
	case BF8:
		return integer ? bf8[i + 4] : random32() % 0x50 + 1 + (random32() & 0x80);
	case I8:
		return random32() & 0xff;
	case F64:
		memcpy(&bits, &value, 8);
		return bits;
	case F16:
		memcpy(&bits, &half, 2);
		return bits;
	default:
		memcpy(&bits, &single, 4);
		if (e == BF16)
			bits >>= 16;
		/* What XF32 does without */
		return e == XF32 ? bits ^ (random32() & 0x1fff) : bits;
	}
}

/* A lane's elements from its registers, the first one in the lowest bits */
static inline uint64_t get_element(struct machine *m, unsigned int reg, unsigned int lane,
				   unsigned int bits, unsigned int item)
{
	unsigned int bit = item * bits;

	if (bits == 64)
		return v64(m, reg + 2 * item, lane);
	return v(m, reg + bit / 32)[lane] >> bit % 32 & (~0ull >> (64 - bits));
}

static inline void set_element(struct machine *m, unsigned int reg, unsigned int lane,
			       unsigned int bits, unsigned int item, uint64_t value)
{
	unsigned int bit = item * bits;
	uint32_t *word = &v(m, reg + bit / 32)[lane];

	if (bits == 64)
		set_v64(m, reg + 2 * item, lane, value);
	else
		*word = (*word & ~((uint32_t)(~0ull >> (64 - bits)) << bit % 32)) |
			(uint32_t)value << bit % 32;
}

/* The element of the result that a register of a lane has; of F64 a pair of registers */
static inline void result_place(unsigned int m, bool is_f64, unsigned int reg, unsigned int lane,
				unsigned int *block, unsigned int *i, unsigned int *j)
{
	*j = lane % m;
	*block = 0;
	if (is_f64 && m == 16) {
		*i = 4 * reg + lane / 16;
	} else if (is_f64) {
		*i = lane / 16;
		*block = lane % 16 / 4;
	} else if (m == 32) {
		*i = 8 * (reg / 4) % 32 + 4 * (lane / 32) + reg % 4;
		*block = reg / 16;
	} else if (m == 16) {
		*i = 4 * (lane / 16) + reg % 4;
		*block = reg / 4;
	} else {
		*i = reg % 4;
		*block = lane / 4;
	}
}

#endif
