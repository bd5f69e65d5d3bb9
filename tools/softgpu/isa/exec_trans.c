// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reciprocals, roots, exponentials, logarithms, sines.
 *
 * Those of F32 take and give 0 for denormals whatever MODE says, and are within 1 ULP. They are
 * computed to the nearest, as MODE's rounding is not for them. What has no result gives the
 * negative NaN, as the manuals show it.
 */
#include "float.h"

/* The CPU rounds to the nearest and has denormals. Return: what it did before */
static uint32_t begin_nearest(const struct isa_lanes *l)
{
	uint32_t old = l->wave->run->mxcsr;

	isa_set_mxcsr(l->wave->run, 0x1f80);
	return old;
}

/* The expression is of a, which is no denormal. */
#define TRANS32(name, expr)								\
static ISA_CLONES void lanes_##name(uint32_t *d, const uint32_t *pa, uint32_t quiet)	\
{											\
	ISA_LOOP {									\
		const float a = isa_flush32(isa_get_f32(pa, i));			\
		const float r = (expr);							\
		const uint32_t nan = a != a ? isa_bits32(a) | quiet : ISA_NAN32 | ISA_SIGN32; \
											\
		d[i] = r == r ? isa_bits32(isa_flush32(r)) : nan;			\
	}										\
}											\
											\
void do_##name(struct isa_lanes *l);							\
void do_##name(struct isa_lanes *l)							\
{											\
	uint32_t old = begin_nearest(l);						\
											\
	lanes_##name(l->dst, l->src[0], isa_quiet32(l));				\
	isa_set_mxcsr(l->wave->run, old);						\
}

/* 2^n, for what is no denormal */
static inline double power(int n)
{
	return isa_f64((uint64_t)(n + 1023) << 52);
}

/* The series of 2^x around 0 with x in -0.5 to 0.5 */
static inline float exp2_f32(float a)
{
	const double x = a > -150 ? a < 150 ? a : 150 : -150;
	const int n = (int)(x + 1024.5) - 1024;
	const double y = (x - n) * 0x1.62e42fefa39efp-1;
	double sum = 1 + y * (1.0 / 9);

	sum = 1 + y * (1.0 / 8) * sum;
	sum = 1 + y * (1.0 / 7) * sum;
	sum = 1 + y * (1.0 / 6) * sum;
	sum = 1 + y * (1.0 / 5) * sum;
	sum = 1 + y * (1.0 / 4) * sum;
	sum = 1 + y * (1.0 / 3) * sum;
	sum = 1 + y * (1.0 / 2) * sum;
	sum = 1 + y * sum;
	return a == a ? (float)(sum * power(n)) : a;
}

/* The same of the logarithm: of (1 + s) / (1 - s) that is 2 * (s + s^3 / 3 + s^5 / 5 + ...) */
static inline float log2_f32(float a)
{
	const uint32_t bits = isa_bits32(a);
	/* The mantissa from sqrt(1/2) to sqrt(2) */
	const uint32_t up = (bits & 0x7fffff) > 0x3504f3;
	const int n = (int)(bits >> 23) - 127 + (int)up;
	const double m = isa_f32((bits & 0x7fffff) | (127 - up) << 23);
	const double s = (m - 1) / (m + 1), z = s * s;
	double sum = 1.0 / 13;

	sum = sum * z + 1.0 / 11;
	sum = sum * z + 1.0 / 9;
	sum = sum * z + 1.0 / 7;
	sum = sum * z + 1.0 / 5;
	sum = sum * z + 1.0 / 3;
	sum = n + (sum * z + 1) * s * (2 * 0x1.71547652b82fep+0);
	if (a == 0)
		return -__builtin_inff();
	return a > 0 && a < __builtin_inff() ? (float)sum : a < 0 ? __builtin_nanf("") : a;
}

/* From a first value, one step of Newton's method */
static inline float rsq_f32(float a)
{
	const double first = 1 / __builtin_sqrtf(a);
	const double better = first * (1.5 - 0.5 * a * first * first);

	return a > 0 && a < __builtin_inff() ? (float)better : (float)first;
}

TRANS32(v_rcp_f32, 1 / a)
TRANS32(v_rcp_iflag_f32, 1 / a)
TRANS32(v_sqrt_f32, __builtin_sqrtf(a))
TRANS32(v_rsq_f32, rsq_f32(a))
TRANS32(v_exp_f32, exp2_f32(a))
TRANS32(v_exp_legacy_f32, exp2_f32(a))
TRANS32(v_log_f32, log2_f32(a))
TRANS32(v_log_legacy_f32, log2_f32(a))
