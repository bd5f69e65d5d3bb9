/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * F16 in integers: what results are, for any rounding.
 *
 * A finite number is a multiple of 2**-24, a product of two one of 2**-48; these are the units of
 * what is rounded here, exact in 128 bits.
 */
#ifndef TESTS_F16_H
#define TESTS_F16_H

#include "machine.h"

/* As in MODE */
enum { NEAREST, UP, DOWN, ZERO };

#define H_INF		0x7c00
#define H_NAN		0x7e00

typedef __int128 exact_t;

/* Any F16, often one at an end of a range, with anything above it */
static inline uint32_t edgy16(void)
{
	static const uint16_t edges[] = {
		0, 1, 0x3ff, 0x400, 0x3800, 0x3bff, 0x3c00, 0x3c01, 0x4000, 0x63ff, 0x6400, 0x6bff,
		0x7800, 0x7bff, H_INF, 0x7d01, 0x7e55,
	};
	uint64_t r = random64();
	uint32_t value = r & 3 ? r >> 32 & 0xffff :
			 edges[(r >> 8 & 0xff) % (sizeof(edges) / 2)] | (r >> 16 & 0x8000);

	return value | (uint32_t)(r >> 16 & 0xffff) << 16;
}

static inline bool h_is_nan(uint16_t h)
{
	return (h & 0x7fff) > H_INF;
}

static inline bool h_is_inf(uint16_t h)
{
	return (h & 0x7fff) == H_INF;
}

static inline bool h_is_zero(uint16_t h)
{
	return !(h & 0x7fff);
}

/* A finite number in units of 2**-24 */
static inline int64_t h_units(uint16_t h)
{
	int exp = h >> 10 & 31;
	int64_t size = exp ? (int64_t)(0x400 | (h & 0x3ff)) << (exp - 1) : h & 0x3ff;

	return h & 0x8000 ? -size : size;
}

/* What is not zero, in units of 2**-48 */
static inline uint16_t h_round(exact_t value, unsigned int mode)
{
	bool negative = value < 0, more;
	unsigned __int128 size = negative ? -value : value, rest, half;
	uint16_t sign = negative ? 0x8000 : 0, bits;
	unsigned int shift = 24;

	while (size >> shift >= 0x800)
		shift++;
	rest = size & (((unsigned __int128)1 << shift) - 1);
	half = (unsigned __int128)1 << (shift - 1);
	more = mode == NEAREST ? rest > half || (rest == half && size >> shift & 1) :
	       mode == UP ? rest && !negative : mode == DOWN ? rest && negative : false;
	if (shift > 24 + 30)
		bits = H_INF;
	else
		bits = ((shift - 24) << 10) + (uint16_t)(size >> shift) + more;
	if (bits < H_INF)
		return sign | bits;
	if (mode == ZERO || (mode == UP && negative) || (mode == DOWN && !negative))
		return sign | (H_INF - 1);
	return sign | H_INF;
}

/* a * b + c, or with @product only a * b */
static inline uint16_t h_fma(uint16_t a, uint16_t b, uint16_t c, bool product, unsigned int mode)
{
	uint16_t sign = (a ^ b) & 0x8000;
	exact_t value;

	if (product)
		c = sign;
	if (h_is_nan(a))
		return a | 0x200;
	if (h_is_nan(b))
		return b | 0x200;
	if (h_is_nan(c))
		return c | 0x200;
	if (h_is_inf(a) || h_is_inf(b)) {
		if (h_is_zero(a) || h_is_zero(b) || (h_is_inf(c) && (c & 0x8000) != sign))
			return H_NAN;
		return sign | H_INF;
	}
	if (h_is_inf(c))
		return c;
	value = (exact_t)h_units(a) * h_units(b) + (exact_t)h_units(c) * (1 << 24);
	if (value)
		return h_round(value, mode);
	if ((h_is_zero(a) || h_is_zero(b)) && h_is_zero(c) && (c & 0x8000) == sign)
		return sign;
	return mode == DOWN ? 0x8000 : 0;
}

static inline uint16_t h_flush(uint16_t h)
{
	return h & 0x7c00 ? h : h & 0x8000;
}

/* A number of F32 */
static inline uint16_t h_from_f32(uint32_t f, unsigned int mode)
{
	int exp = (f >> 23 & 0xff) - 150 + 48;
	exact_t size = f & 0x7fffff;

	if ((f & 0x7fffffff) > 0x7f800000)
		return (f >> 16 & 0x8000) | H_NAN | (f >> 13 & 0x3ff);
	if ((f & 0x7fffffff) == 0x7f800000)
		return (f >> 16 & 0x8000) | H_INF;
	if (!(f & 0x7fffffff))
		return f >> 16;
	if (f & 0x7f800000)
		size |= 0x800000;
	else
		exp++;
	/* Whatever is so large or so small is rounded in the same way. */
	if (exp > 60)
		exp = 60;
	if (exp < -40)
		size = 1;
	else if (exp < 0)
		size = size >> -exp | ((size & (((exact_t)1 << -exp) - 1)) != 0);
	else
		size <<= exp;
	return h_round(f >> 31 ? -size : size, mode);
}

/* The bits of the float that is the same number */
static inline uint32_t h_to_f32(uint16_t h)
{
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, size = h & 0x3ff;
	unsigned int exp = h >> 10 & 31;

	if (exp == 31)
		return sign | 0x7f800000 | size << 13 | (size ? 0x400000 : 0);
	if (!exp && !size)
		return sign;
	if (!exp) {
		for (exp = 1; !(size & 0x400); exp--)
			size <<= 1;
		/* exp goes below 0. */
		return sign | (uint32_t)((int)exp + 112) << 23 | (size & 0x3ff) << 13;
	}
	return sign | (exp + 112) << 23 | size << 13;
}

#endif
