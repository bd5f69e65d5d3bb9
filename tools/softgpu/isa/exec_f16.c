// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of F16, one number in a lane, and conversions from and to it.
 *
 * What does not live here: packed numbers and mixed ones (exec_packed_f16.c), comparisons
 * (exec_compare_f16.c).
 */
#define _GNU_SOURCE
#include <math.h>

#include "f16.h"

ISA_F16_KERNEL(static, sub, a - b)
ISA_F16_KERNEL(static, subrev, b - a)
ISA_F16_KERNEL(static, min3, isa_lesser(isa_lesser(a, b), c))
ISA_F16_KERNEL(static, max3, isa_greater(isa_greater(a, b), c))

ISA_F16_ROW(v_add_f16, isa_f16_add, 2, 0)
ISA_F16_ROW(v_sub_f16, sub, 2, 0)
ISA_F16_ROW(v_subrev_f16, subrev, 2, 0)
ISA_F16_ROW(v_mul_f16, isa_f16_mul, 2, 0)
ISA_F16_ROW(v_fma_f16, isa_f16_fma, 3, 0)
ISA_F16_ROW(v_fma_legacy_f16, isa_f16_fma, 3, 0)
ISA_F16_ROW(v_min_f16, isa_f16_min, 2, ISA_F16_MINMAX)
ISA_F16_ROW(v_max_f16, isa_f16_max, 2, ISA_F16_MINMAX)
ISA_F16_ROW(v_min3_f16, min3, 3, ISA_F16_MINMAX)
ISA_F16_ROW(v_max3_f16, max3, 3, ISA_F16_MINMAX)

/* The greater one of two that the greatest one is not; a NaN makes it the minimum. */
static inline float median(float a, float b, float c)
{
	float greatest = isa_greater(isa_greater(a, b), c);

	if (a != a || b != b || c != c)
		return isa_lesser(isa_lesser(a, b), c);
	return greatest == a ? isa_greater(b, c) : greatest == b ? isa_greater(a, c) :
	       isa_greater(a, b);
}

ISA_F16_KERNEL(static, med3, median(a, b, c))
ISA_F16_ROW(v_med3_f16, med3, 3, ISA_F16_MINMAX)

/* The product is rounded, too. These have no denormals. */
static void mad(struct isa_lanes *l)
{
	uint32_t product[ISA_LANES] __attribute__((aligned(64)));
	struct isa_lanes part = { .dst = product, .src = { l->src[0], l->src[1] },
				  .insn = l->insn, .wave = l->wave };

	isa_f16_run(&part, isa_f16_mul, 2, ISA_F16_FLUSH);
	part.dst = l->dst;
	part.src[0] = product;
	part.src[1] = l->src[2];
	isa_f16_run(&part, isa_f16_add, 2, ISA_F16_FLUSH);
}

#define MAD(name)					\
void do_##name(struct isa_lanes *l);			\
void do_##name(struct isa_lanes *l)			\
{							\
	mad(l);						\
}

MAD(v_mad_f16)
MAD(v_mad_legacy_f16)
MAD(v_mac_f16)
MAD(v_madmk_f16)
MAD(v_madak_f16)

/* Less than 1, also where rounding would make 1 of it */
static inline float fract(float value)
{
	float rest = value - floorf(value);

	return rest > 0x1.ffcp-1f ? 0x1.ffcp-1f : rest;
}

static inline float mantissa(float value)
{
	uint32_t bits = isa_bits32(value);

	return value == 0 || bits << 1 >= 0xff000000 ? value :
	       isa_f32((bits & 0x807fffff) | 0x3f000000);
}

/* What is larger is still no infinity before it is rounded. */
static inline float exp2_finite(float value)
{
	return exp2f(value > 60 && value < INFINITY ? 60 : value);
}

/* Of a number of turns; multiples of a quarter have exact results. */
static inline float sine(float turns)
{
	float part = turns - roundevenf(turns);
	float value = sin((double)part * (2 * M_PI));

	return turns == 0 ? turns : part == 0.5f || part == -0.5f ? 0 : value;
}

static inline float cosine(float turns)
{
	float part = turns - roundevenf(turns);

	return part == 0.25f || part == -0.25f ? 0 : cos((double)part * (2 * M_PI));
}

ISA_F16_KERNEL(static, floors, floorf(a))
ISA_F16_KERNEL(static, ceils, ceilf(a))
ISA_F16_KERNEL(static, truncs, truncf(a))
ISA_F16_KERNEL(static, rounds, roundevenf(a))
ISA_F16_KERNEL(static, fracts, fract(a))
ISA_F16_KERNEL(static, mantissas, mantissa(a))
ISA_F16_KERNEL(static, rcps, 1 / a)
ISA_F16_KERNEL(static, sqrts, sqrtf(a))
ISA_F16_KERNEL(static, rsqs, 1 / sqrtf(a))
ISA_F16_KERNEL(static, logs, log2f(a))
ISA_F16_KERNEL(static, exps, exp2_finite(a))
ISA_F16_KERNEL(static, sines, sine(a))
ISA_F16_KERNEL(static, cosines, cosine(a))

ISA_F16_ROW(v_floor_f16, floors, 1, ISA_F16_EXACT)
ISA_F16_ROW(v_ceil_f16, ceils, 1, ISA_F16_EXACT)
ISA_F16_ROW(v_trunc_f16, truncs, 1, ISA_F16_EXACT)
ISA_F16_ROW(v_rndne_f16, rounds, 1, ISA_F16_EXACT)
ISA_F16_ROW(v_fract_f16, fracts, 1, ISA_F16_EXACT)
ISA_F16_ROW(v_frexp_mant_f16, mantissas, 1, 0)
/* The negative NaN of these is as the manuals show it. */
#define TRANS	(ISA_F16_NEAREST | ISA_F16_NEG_NAN)

ISA_F16_ROW(v_rcp_f16, rcps, 1, TRANS)
ISA_F16_ROW(v_sqrt_f16, sqrts, 1, TRANS)
ISA_F16_ROW(v_rsq_f16, rsqs, 1, TRANS)
ISA_F16_ROW(v_log_f16, logs, 1, TRANS)
ISA_F16_ROW(v_exp_f16, exps, 1, TRANS)
ISA_F16_ROW(v_sin_f16, sines, 1, TRANS)
ISA_F16_ROW(v_cos_f16, cosines, 1, TRANS)

/* The quotient a of c and b, where a is of no use */
static inline float div_fixup(float a, float b, float c)
{
	float sign = copysignf(1, b) * copysignf(1, c);
	bool b_inf = fabsf(b) == INFINITY, c_inf = fabsf(c) == INFINITY;

	if (c != c)
		return c;
	if (b != b)
		return b;
	if ((b == 0 && c == 0) || (b_inf && c_inf))
		return isa_f32(ISA_NAN32 | ISA_SIGN32);
	if (b == 0 || c_inf)
		return copysignf(INFINITY, sign);
	if (b_inf || c == 0)
		return copysignf(0, sign);
	return copysignf(a, sign);
}

ISA_F16_KERNEL(static, div_fixups, div_fixup(a, b, c))
ISA_F16_ROW(v_div_fixup_f16, div_fixups, 3, ISA_F16_NAN)
ISA_F16_ROW(v_div_fixup_legacy_f16, div_fixups, 3, ISA_F16_NAN)

void do_v_ldexp_f16(struct isa_lanes *l);
void do_v_ldexp_f16(struct isa_lanes *l)
{
	float values[ISA_LANES];

	isa_f16_load(l->wave, l->src[0], values, 0);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		int exp = (int16_t)l->src[1][i];

		exp = exp > 60 ? 60 : exp < -60 ? -60 : exp;
		values[i] *= isa_f32((uint32_t)(127 + exp) << 23);
	}
	isa_f16_store(l->wave, values, l->dst, 0);
}

/* Rows that have F16 on one side only; v is the number */
#define FROM_F16(name, expr)						\
void do_##name(struct isa_lanes *l);					\
ISA_CLONES void do_##name(struct isa_lanes *l)				\
{									\
	float values[ISA_LANES] __attribute__((aligned(64)));		\
	uint32_t *d = l->dst;						\
									\
	isa_f16_load(l->wave, l->src[0], values, 0);				\
	for (unsigned int i = 0; i < ISA_LANES; i++) {			\
		float v = values[i];					\
									\
		d[i] = (expr);						\
	}								\
}

#define TO_F16(name, type, expr)					\
void do_##name(struct isa_lanes *l);					\
ISA_CLONES void do_##name(struct isa_lanes *l)				\
{									\
	float values[ISA_LANES] __attribute__((aligned(64)));		\
	const uint32_t *a = l->src[0];					\
									\
	for (unsigned int i = 0; i < ISA_LANES; i++) {			\
		type v = (expr);					\
									\
		values[i] = v;						\
	}								\
	isa_f16_store(l->wave, values, l->dst, 0);					\
}

static inline int32_t limited(float value, int32_t min, int32_t max)
{
	return value != value ? 0 : value < min ? min : value > max ? max : (int32_t)value;
}

static inline uint32_t frexp_exp(float value)
{
	uint32_t bits = isa_bits32(value) << 1;

	return bits == 0 || bits >= 0xff000000 ? 0 : ((bits >> 24) - 126) & 0xffff;
}

FROM_F16(v_cvt_f32_f16, isa_bits32(v))
FROM_F16(v_cvt_u16_f16, limited(v, 0, 65535))
FROM_F16(v_cvt_i16_f16, limited(v, -32768, 32767) & 0xffff)
FROM_F16(v_frexp_exp_i16_f16, frexp_exp(v))
TO_F16(v_cvt_f16_f32, float, isa_f32(a[i]))
TO_F16(v_cvt_f16_u16, uint16_t, a[i])
TO_F16(v_cvt_f16_i16, int16_t, a[i])

/* A part of the greatest number of 16 bits. In a double the product is exact. */
static inline uint32_t snorm(float value)
{
	double part = value != value ? 0 : value < -1 ? -1 : value > 1 ? 1 : value;

	return __builtin_irint(part * 32767) & 0xffff;
}

static inline uint32_t unorm(float value)
{
	double part = value > 0 ? value > 1 ? 1 : value : 0;

	return __builtin_irint(part * 65535);
}

FROM_F16(v_cvt_norm_i16_f16, snorm(v))
FROM_F16(v_cvt_norm_u16_f16, unorm(v))

#define PACKED_NORM(name, norm)						\
void do_##name(struct isa_lanes *l);					\
void do_##name(struct isa_lanes *l)					\
{									\
	float low[ISA_LANES], high[ISA_LANES];				\
									\
	isa_f16_load(l->wave, l->src[0], low, 0);					\
	isa_f16_load(l->wave, l->src[1], high, 0);					\
	for (unsigned int i = 0; i < ISA_LANES; i++)			\
		l->dst[i] = norm(low[i]) | norm(high[i]) << 16;		\
}

PACKED_NORM(v_cvt_pknorm_i16_f16, snorm)
PACKED_NORM(v_cvt_pknorm_u16_f16, unorm)

ISA_LANES2(v_pack_b32_f16, uint32_t, uint32_t, uint32_t, (a & 0xffff) | b << 16)

void do_v_cvt_pkrtz_f16_f32(struct isa_lanes *l);
void do_v_cvt_pkrtz_f16_f32(struct isa_lanes *l)
{
	float values[ISA_HALVES];

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		values[2 * i] = isa_f32(l->src[0][i]);
		values[2 * i + 1] = isa_f32(l->src[1][i]);
	}
	isa_set_mxcsr(l->wave->run, l->wave->mxcsr64 | _MM_ROUND_TOWARD_ZERO);
	isa_f16_store(l->wave, values, l->dst, ISA_F16_PACKED);
	isa_set_mxcsr(l->wave->run, l->wave->mxcsr64);
}
