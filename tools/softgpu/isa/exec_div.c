// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The steps of a division of F32 and F64 that are no arithmetic: scale the operands (src1 the
 * denominator, src2 the numerator), round the quotient once, put special cases right.
 *
 * Lanes with usual exponents need nothing of all this and have loops of their own. The manuals
 * name ranges of exponents; where these are without effect on the quotient we take them as they
 * are written. Two places differ: where 1/denominator and the quotient are denormals the
 * denominator is scaled down, as up would only give infinity; and a quotient that is too small
 * even for a denormal is scaled like one.
 */
#include "float.h"

/* Constants of a format by the bits of its name */
#define BIAS32		127
#define BIAS64		1023
#define MANT32		23
#define MANT64		52
/* How much operands are scaled */
#define SCALE32		0x1p64f
#define SCALE64		0x1p128
#define UNSCALE32	0x1p-64f
#define UNSCALE64	0x1p-128
/* 1 / this is the least number that is no denormal */
#define LARGE32		0x1p126f
#define LARGE64		0x1p1022
/* The quotient may overflow with a greater difference of exponents */
#define FAR32		96
#define FAR64		768
/* Numerators with lower exponents lose bits of remainders */
#define TINY32		23
#define TINY64		53
/* The quotient is 0 with a lower difference of exponents */
#define UNDERFLOW32	-150
#define UNDERFLOW64	-1075

#define exponent32(x)	((int)(isa_bits32(x) >> MANT32 & 0xff))
#define exponent64(x)	((int)(isa_bits64(x) >> MANT64 & 0x7ff))
/* The dword of lanes that has the exponent, and the exponent there */
#define high32(p)	(p)
#define high64(p)	((p) + ISA_LANES)
#define high_exponent32(x)	((int)((x) >> 23 & 0xff))
#define high_exponent64(x)	((int)((x) >> 20 & 0x7ff))
#define abs_f32(x)	__builtin_fabsf(x)
#define abs_f64(x)	__builtin_fabs(x)
#define fma_f32(a, b, c)	__builtin_fmaf(a, b, c)
#define fma_f64(a, b, c)	__builtin_fma(a, b, c)

/* Is a quotient less than any number that is no denormal? All products here are exact. */
static bool is_small_f32(float n, float d)
{
	n = abs_f32(n);
	d = abs_f32(d);
	return n < 0x1p60f && d > 0x1p-60f && n * 0x1p64f < d * 0x1p-62f;
}

static bool is_small_f64(double n, double d)
{
	n = abs_f64(n);
	d = abs_f64(d);
	return n < 0x1p400 && d > 0x1p-600 && n * 0x1p600 < d * 0x1p-422;
}

/* fma() with more digits than any result has, and the last one odd if there would be others */
static double odd_fma(double a, double b, double c)
{
	uint32_t old = _mm_getcsr();
	uint64_t bits;
	double r;

	_mm_setcsr(ISA_MXCSR | _MM_ROUND_TOWARD_ZERO);
	__asm__ volatile("" : "+x"(a), "+x"(b), "+x"(c));
	r = __builtin_fma(a, b, c);
	__asm__ volatile("" : "+x"(r));
	bits = isa_bits64(r);
	if (_mm_getcsr() & _MM_EXCEPT_INEXACT)
		bits |= 1;
	_mm_setcsr(old);
	return isa_f64(bits);
}

/* What is the same as the first source but for its sign */
static inline void put_sign32(uint32_t *d, const uint32_t *from, unsigned int i, uint32_t keep,
			      uint32_t sign)
{
	d[i] = (from[i] & keep) | sign;
}

static inline void put_sign64(uint32_t *d, const uint32_t *from, unsigned int i, uint32_t keep,
			      uint32_t sign)
{
	const uint32_t low = from[i], high = (from[ISA_LANES + i] & keep) | sign;

	d[i] = low;
	d[ISA_LANES + i] = high;
}

static float scaled_fma_f32(float a, float b, float c)
{
	return odd_fma(a, b, c) * (exponent32(c) > BIAS32 ? (double)SCALE32 : (double)UNSCALE32);
}

static double scaled_fma_f64(double a, double b, double c)
{
	/* A multiple of the least denormal, once more scaled, is exact next to this. */
	const double large = 0x1p-894;
	double r = __builtin_fma(a, b, c), up, rest, base;

	if (exponent64(c) > BIAS64)
		return r * SCALE64;
	if (abs_f64(r) >= 2 * large || abs_f64(c) >= 2 * large || r != r)
		return r * UNSCALE64;
	base = __builtin_copysign(large, r);
	up = c + base - base;
	rest = odd_fma(a, b, c - up);
	return __builtin_copysign((up + base + rest - base) * UNSCALE64, r);
}

#define DIV_SCALE(type, bits)								\
static isa_##type##_type scale_##type(isa_##type##_type a, isa_##type##_type d,		\
				      isa_##type##_type n, bool *vcc)			\
{											\
	const int difference = exponent##bits(n) - exponent##bits(d);			\
											\
	*vcc = false;									\
	if (d == 0 || n == 0)								\
		return isa_##type(ISA_NAN##bits);					\
	if (difference >= FAR##bits) {							\
		*vcc = true;								\
		return a == d ? a * SCALE##bits : a;					\
	}										\
	if (!exponent##bits(d))								\
		return a * SCALE##bits;							\
	if (abs_##type(d) > LARGE##bits && abs_##type(d) < __builtin_inf()) {		\
		*vcc = is_small_##type(n, d);						\
		return !*vcc || a == d ? a * UNSCALE##bits : a;				\
	}										\
	if (is_small_##type(n, d)) {							\
		*vcc = true;								\
		return a == n ? a * SCALE##bits : a;					\
	}										\
	return exponent##bits(n) <= TINY##bits ? a * SCALE##bits : a;			\
}											\
											\
void do_v_div_scale_##type(struct isa_lanes *l);					\
ISA_CLONES void do_v_div_scale_##type(struct isa_lanes *l)				\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];		\
	const uint32_t *hb = high##bits(pb), *hc = high##bits(pc);			\
	uint32_t *dst = l->dst, slow = 0;						\
											\
	ISA_LOOP {									\
		const int d = high_exponent##bits(hb[i]);				\
		const int n = high_exponent##bits(hc[i]);				\
											\
		slow |= d < 1 || d > 2 * BIAS##bits - 2 || n <= TINY##bits ||		\
			n > 2 * BIAS##bits || n - d >= FAR##bits ||			\
			n - d <= 1 - BIAS##bits;					\
	}										\
	l->mask_out = 0;								\
	if (__builtin_expect(!slow, 1)) {						\
		ISA_LOOP								\
			put_sign##bits(dst, pa, i, ~0u, 0);				\
		return;									\
	}										\
	for (unsigned int i = 0; i < ISA_LANES; i++) {					\
		bool vcc;								\
		isa_##type##_type r = scale_##type(isa_get_##type(pa, i),		\
						   isa_get_##type(pb, i),		\
						   isa_get_##type(pc, i), &vcc);	\
											\
		isa_put_##type(dst, i, r);						\
		l->mask_out |= (uint64_t)vcc << i;					\
	}										\
}

#define DIV_FMAS(type, bits)								\
void do_v_div_fmas_##type(struct isa_lanes *l);						\
void do_v_div_fmas_##type(struct isa_lanes *l)						\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];		\
	const isa_##type##_mask quiet = isa_quiet_##type(l);				\
	const uint64_t vcc = isa_vcc(l->wave);						\
											\
	/* Denormals are denormals as sources. */					\
	const uint32_t old = isa_change_mxcsr(l, l->wave->mxcsr##bits & ~ISA_MXCSR_DAZ);	\
											\
	if (__builtin_expect(!(vcc & isa_exec_mask(l->wave)), 1)) {			\
		do_v_fma_##type(l);							\
		isa_change_mxcsr(l, old);						\
		return;									\
	}										\
	for (unsigned int i = 0; i < ISA_LANES; i++) {					\
		const isa_##type##_type a = isa_get_##type(pa, i);			\
		const isa_##type##_type b = isa_get_##type(pb, i);			\
		const isa_##type##_type c = isa_get_##type(pc, i);			\
		isa_##type##_type r = vcc >> i & 1 ? scaled_fma_##type(a, b, c) :	\
						     fma_##type(a, b, c);		\
											\
		isa_put_##type(l->dst, i, r == r ? r : isa_nan_##type(a, b, c, quiet));	\
	}										\
	isa_change_mxcsr(l, old);							\
}

#define DIV_FIXUP(type, bits)								\
static isa_##type##_type fixup_##type(isa_##type##_type q, isa_##type##_type d,		\
				      isa_##type##_type n)				\
{											\
	const isa_##type##_mask sign = (isa_bits##bits(d) ^ isa_bits##bits(n)) &	\
				       ISA_SIGN##bits;					\
	const bool d_inf = abs_##type(d) == __builtin_inf();				\
	const bool n_inf = abs_##type(n) == __builtin_inf();				\
											\
	if (n != n)									\
		return isa_##type(isa_bits##bits(n) | ISA_QUIET##bits);			\
	if (d != d)									\
		return isa_##type(isa_bits##bits(d) | ISA_QUIET##bits);			\
	if ((d == 0 && n == 0) || (d_inf && n_inf))					\
		return isa_##type(ISA_NAN##bits | ISA_SIGN##bits);			\
	if (d == 0 || n_inf)								\
		return isa_##type(sign | ISA_INF##bits);				\
	if (d_inf || n == 0)								\
		return isa_##type(sign);						\
	if (exponent##bits(n) - exponent##bits(d) < UNDERFLOW##bits)			\
		q = isa_##type(sign | 1) / 2;						\
	/* Steps before have met infinity with a quotient that is far too large. */	\
	else if (q != q)								\
		q = isa_##type(sign | (ISA_INF##bits - 1)) * 2;				\
	return isa_##type((isa_bits##bits(q) & ~ISA_SIGN##bits) | sign);		\
}											\
											\
void do_v_div_fixup_##type(struct isa_lanes *l);					\
ISA_CLONES void do_v_div_fixup_##type(struct isa_lanes *l)				\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];		\
	const uint32_t *hb = high##bits(pb), *hc = high##bits(pc);			\
	uint32_t *dst = l->dst, slow = 0;						\
											\
	ISA_LOOP {									\
		const int d = high_exponent##bits(hb[i]);				\
		const int n = high_exponent##bits(hc[i]);				\
											\
		slow |= d < 1 || d > 2 * BIAS##bits || n < 1 || n > 2 * BIAS##bits ||	\
			n - d < UNDERFLOW##bits || n - d >= FAR##bits;			\
	}										\
	if (__builtin_expect(!slow, 1)) {						\
		ISA_LOOP								\
			put_sign##bits(dst, pa, i, ~ISA_SIGN32,				\
				       (hb[i] ^ hc[i]) & ISA_SIGN32);			\
		return;									\
	}										\
	for (unsigned int i = 0; i < ISA_LANES; i++)					\
		isa_put_##type(dst, i,							\
			       fixup_##type(isa_get_##type(pa, i), isa_get_##type(pb, i),	\
					    isa_get_##type(pc, i)));			\
}

#define DIV(type, bits)									\
void do_v_fma_##type(struct isa_lanes *l);						\
DIV_SCALE(type, bits)									\
DIV_FMAS(type, bits)									\
DIV_FIXUP(type, bits)

DIV(f32, 32)
DIV(f64, 64)
