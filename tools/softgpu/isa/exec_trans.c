// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reciprocals, roots, exponentials, logarithms, sines, and 2 / pi.
 *
 * They are computed to the nearest, as MODE's rounding is not for them; those of F32 within 1 ULP.
 * But for sines of F32 these take and give 0 for denormals whatever MODE says. What has no result
 * gives the negative NaN, as the manuals show it.
 */
#include "float.h"

/* Functions of type f32 or f64; @expr is of a, with a mode of the CPU */
#define TRANS(name, type, bits, mxcsr, expr)						\
static ISA_CLONES void lanes_##name(uint32_t *d, const uint32_t *pa,			\
				    isa_##type##_mask quiet, const struct isa_lanes *l)	\
{											\
	const bool gfx906 = l->insn->target == ISA_GFX906;				\
	const bool denorm = isa_has_denorm32(l);					\
											\
	(void)gfx906;									\
	(void)denorm;									\
	ISA_LOOP {									\
		const isa_##type##_type a = isa_get_##type(pa, i), r = (expr);		\
		const isa_##type##_type nan = isa_##type(a != a ?			\
			isa_bits##bits(a) | quiet : ISA_NAN##bits | ISA_SIGN##bits);	\
											\
		isa_put_##type(d, i, r == r ? r : nan);					\
	}										\
}											\
											\
void do_##name(struct isa_lanes *l);							\
void do_##name(struct isa_lanes *l)							\
{											\
	uint32_t old = isa_change_mxcsr(l, mxcsr);					\
											\
	lanes_##name(l->dst, l->src[0], isa_quiet##bits(l), l);				\
	isa_change_mxcsr(l, old);							\
}

#define TRANS32(name, function)								\
	TRANS(name, f32, 32, ISA_MXCSR, isa_flush32(function(isa_flush32(a))))
#define SINE(name, function)								\
	TRANS(name, f32, 32, ISA_MXCSR, denorm ? function(a, gfx906) :			\
	      isa_flush32(function(isa_flush32(a), gfx906)))
#define TRANS64(name, expr)								\
	TRANS(name, f64, 64, l->wave->mxcsr64 & ~(uint32_t)_MM_ROUND_MASK, expr)

/* The series of 2^x around 0 with x in -0.5 to 0.5 */
static inline float exp2_f32(float a)
{
	const double x = a > -150 ? a < 150 ? a : 150 : -150;
	const int n = (int)(x + 1024.5) - 1024;
	const double y = (x - n) * 0x1.62e42fefa39efp-1;
	double sum = 1 + y * (1.0 / 8);

	sum = 1 + y * (1.0 / 7) * sum;
	sum = 1 + y * (1.0 / 6) * sum;
	sum = 1 + y * (1.0 / 5) * sum;
	sum = 1 + y * (1.0 / 4) * sum;
	sum = 1 + y * (1.0 / 3) * sum;
	sum = 1 + y * (1.0 / 2) * sum;
	sum = 1 + y * sum;
	return a == a ? (float)(sum * isa_power(n)) : a;
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
	double sum = 1.0 / 9;

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
	const float first = 1 / __builtin_sqrtf(a);
	const double y = first, better = y * (1.5 - 0.5 * a * y * y);

	return a > 0 && a < __builtin_inff() ? (float)better : first;
}

static inline float rcp_f32(float a)
{
	return 1 / a;
}

static inline float sqrt_f32(float a)
{
	return __builtin_sqrtf(a);
}

/* The series of the sine of a part of a turn from -0.25 to 0.25 */
static inline double sine(double part)
{
	const double x = part * 0x1.921fb54442d18p+2, z = -x * x;
	double sum = 1 + z * (1.0 / (12 * 13));

	sum = 1 + z * (1.0 / (10 * 11)) * sum;
	sum = 1 + z * (1.0 / (8 * 9)) * sum;
	sum = 1 + z * (1.0 / (6 * 7)) * sum;
	sum = 1 + z * (1.0 / (4 * 5)) * sum;
	sum = 1 + z * (1.0 / (2 * 3)) * sum;
	return x * sum;
}

/* What is left of whole turns, at most half a turn, and exact */
static inline double turn(float a)
{
	const double x = a;

	return x - __builtin_floor(x + 0.5);
}

/* gfx906 does not reduce numbers of turns that are too large. */
static inline bool no_turn(float a, bool gfx906)
{
	return gfx906 && __builtin_fabsf(a) > 256 && __builtin_fabsf(a) < __builtin_inff();
}

static inline float sin_f32(float a, bool gfx906)
{
	const double x = turn(a), half = __builtin_copysign(0.5, x);
	const float r = sine(__builtin_fabs(x) > 0.25 ? half - x : x);

	return a == 0 ? a : no_turn(a, gfx906) ? 0 : r;
}

static inline float cos_f32(float a, bool gfx906)
{
	const float r = sine(0.25 - __builtin_fabs(turn(a)));

	return no_turn(a, gfx906) ? 1 : r;
}

TRANS32(v_rcp_f32, rcp_f32)
TRANS32(v_rcp_iflag_f32, rcp_f32)
TRANS32(v_sqrt_f32, sqrt_f32)
TRANS32(v_rsq_f32, rsq_f32)
TRANS32(v_exp_f32, exp2_f32)
TRANS32(v_exp_legacy_f32, exp2_f32)
TRANS32(v_log_f32, log2_f32)
TRANS32(v_log_legacy_f32, log2_f32)
SINE(v_sin_f32, sin_f32)
SINE(v_cos_f32, cos_f32)

/* The GPU has far fewer digits, which programs make more of. */
TRANS64(v_rcp_f64, 1 / a)
TRANS64(v_sqrt_f64, __builtin_sqrt(a))
TRANS64(v_rsq_f64, 1 / __builtin_sqrt(a))

/* Digits of 2 / pi after the point: as many as the GPU has, and zeros behind them */
static const uint64_t two_by_pi[] = {
	0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
	0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
	0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
	0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
	0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b0000, 0,
};

#define TWO_BY_PI_BITS	1201

/* 53 digits of it: those that count for a product with a number of this exponent, and following */
static double trig_preop(unsigned int exponent, unsigned int segment)
{
	unsigned int shift = segment * 53 + (exponent > 1077 ? exponent - 1077 : 0);
	int scale = -53 - (int)shift + (exponent >= 1968 ? 128 : 0);
	uint64_t digits;

	if (shift >= TWO_BY_PI_BITS)
		return 0;
	digits = two_by_pi[shift / 64] << shift % 64;
	if (shift % 64)
		digits |= two_by_pi[shift / 64 + 1] >> (64 - shift % 64);
	digits >>= 11;
	/* What has no place in a denormal is cut off. */
	if (scale < -1074) {
		digits = -1074 - scale < 64 ? digits >> (-1074 - scale) : 0;
		scale = -1074;
	}
	return (double)digits * isa_power(scale / 2) * isa_power(scale - scale / 2);
}

void do_v_trig_preop_f64(struct isa_lanes *l);
void do_v_trig_preop_f64(struct isa_lanes *l)
{
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		unsigned int exponent = isa_get64(l->src[0], i) >> 52 & 0x7ff;

		isa_put_f64(l->dst, i, trig_preop(exponent, l->src[1][i] & 31));
	}
}
