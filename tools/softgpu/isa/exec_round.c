// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * F32 and F64 to whole numbers in the same format, and their exponents and mantissas.
 */
#include "float.h"

/*
 * Without instructions for these gcc adds and subtracts, so that the sign of a zero depends on the
 * mode of the CPU. It is always that of the source.
 */
#define WHOLE_F32(function, a)	__builtin_copysignf(__builtin_##function##f(a), a)
#define WHOLE_F64(function, a)	__builtin_copysign(__builtin_##function(a), a)

ISA_FLOAT1(v_trunc_f32, f32, WHOLE_F32(trunc, a))
ISA_FLOAT1(v_ceil_f32, f32, WHOLE_F32(ceil, a))
ISA_FLOAT1(v_floor_f32, f32, WHOLE_F32(floor, a))
ISA_FLOAT1(v_trunc_f64, f64, WHOLE_F64(trunc, a))
ISA_FLOAT1(v_ceil_f64, f64, WHOLE_F64(ceil, a))
ISA_FLOAT1(v_floor_f64, f64, WHOLE_F64(floor, a))

/* gcc makes vector code of rint(), which rounds as the CPU does. */
#define TO_EVEN(name, type, mxcsr, expr)						\
static ISA_CLONES void lanes_##name(struct isa_lanes *l)				\
ISA_FLOAT_BODY(type, 0, 0, expr)							\
											\
void do_##name(struct isa_lanes *l);							\
void do_##name(struct isa_lanes *l)							\
{											\
	uint32_t old = isa_change_mxcsr(l, (mxcsr) & ~(uint32_t)_MM_ROUND_MASK);	\
											\
	lanes_##name(l);								\
	isa_change_mxcsr(l, old);							\
}

TO_EVEN(v_rndne_f32, f32, l->wave->mxcsr32, __builtin_rintf(a))
TO_EVEN(v_rndne_f64, f64, l->wave->mxcsr64, __builtin_rint(a))

/* The difference may round to 1, and must not. */
static inline float fract_f32(float a)
{
	const float r = a - WHOLE_F32(floor, a), last = 0x1.fffffep-1f;

	return r > last ? last : r;
}

static inline double fract_f64(double a)
{
	const double r = a - WHOLE_F64(floor, a), last = 0x1.fffffffffffffp-1;

	return r > last ? last : r;
}

ISA_FLOAT1(v_fract_f32, f32, fract_f32(a))
ISA_FLOAT1(v_fract_f64, f64, fract_f64(a))

/*
 * Numbers as 1.m * 2^n. Those that the CPU takes for 0 are that, so comparisons come first.
 * Denormals are multiplied to be none.
 */
static inline int exponent_f32(float a)
{
	const uint32_t bits = isa_bits32(a), up = isa_bits32(a * 0x1p24f);

	return bits & ISA_INF32 ? (int)(bits >> 23 & 0xff) - 127 : (int)(up >> 23 & 0xff) - 151;
}

static inline int exponent_f64(double a)
{
	const uint64_t bits = isa_bits64(a), up = isa_bits64(a * 0x1p54);

	return bits & ISA_INF64 ? (int)(bits >> 52 & 0x7ff) - 1023 : (int)(up >> 52 & 0x7ff) - 1077;
}

/* With its sign and another exponent */
static inline float mantissa_f32(float a, int n)
{
	const uint32_t bits = isa_bits32(a) & ISA_INF32 ? isa_bits32(a) : isa_bits32(a * 0x1p24f);

	return isa_f32((bits & ~ISA_INF32) | (uint32_t)(n + 127) << 23);
}

static inline double mantissa_f64(double a, int n)
{
	const uint64_t bits = isa_bits64(a) & ISA_INF64 ? isa_bits64(a) : isa_bits64(a * 0x1p54);

	return isa_f64((bits & ~ISA_INF64) | (uint64_t)(n + 1023) << 52);
}

#define IS_NUMBER_F32(a)	(__builtin_fabsf(a) < __builtin_inff())
#define IS_NUMBER_F64(a)	(__builtin_fabs(a) < __builtin_inf())

/* 0 with the sign that it has */
#define SIGNED_0_F32(a)		isa_f32(isa_bits32(a) & ISA_SIGN32)
#define SIGNED_0_F64(a)		isa_f64(isa_bits64(a) & ISA_SIGN64)

ISA_FLOAT1(v_frexp_mant_f32, f32,
	   a == 0 ? SIGNED_0_F32(a) : IS_NUMBER_F32(a) ? mantissa_f32(a, -1) : a)
ISA_FLOAT1(v_frexp_mant_f64, f64,
	   a == 0 ? SIGNED_0_F64(a) : IS_NUMBER_F64(a) ? mantissa_f64(a, -1) : a)
ISA_LANES1(v_frexp_exp_i32_f32, int32_t, float,
	   a != 0 && IS_NUMBER_F32(a) ? exponent_f32(a) + 1 : 0)

void do_v_frexp_exp_i32_f64(struct isa_lanes *l);
ISA_CLONES void do_v_frexp_exp_i32_f64(struct isa_lanes *l)
{
	const uint32_t *pa = l->src[0];
	uint32_t *d = l->dst;

	ISA_LOOP {
		const double a = isa_get_f64(pa, i);

		d[i] = a != 0 && IS_NUMBER_F64(a) ? exponent_f64(a) + 1 : 0;
	}
}

static inline int limit(int n, int low, int high)
{
	return n < low ? low : n > high ? high : n;
}

/* In a double the product is exact: no result needs more than 2^-300 to be too small. */
static inline float ldexp_f32(float a, int n)
{
	return (double)a * isa_power(limit(n, -300, 300));
}

/* From the mantissa it is two steps, of which only the last one rounds. */
static inline double ldexp_f64(double a, int n)
{
	const int all = limit(limit(n, -3000, 3000) + exponent_f64(a), -1200, 1100);
	const double r = mantissa_f64(a, 0) * isa_power(all / 2) * isa_power(all - all / 2);

	return a == 0 ? SIGNED_0_F64(a) : IS_NUMBER_F64(a) ? r : a;
}

ISA_FLOAT2(v_ldexp_f32, f32, ldexp_f32(a, (int)isa_bits32(b)))

void do_v_ldexp_f64(struct isa_lanes *l);
ISA_CLONES void do_v_ldexp_f64(struct isa_lanes *l)
{
	const uint32_t *pa = l->src[0], *pb = l->src[1];
	const uint64_t quiet = isa_quiet64(l);
	uint32_t *d = l->dst;

	ISA_LOOP {
		const double a = isa_get_f64(pa, i), r = ldexp_f64(a, (int)pb[i]);

		isa_put_f64(d, i, r == r ? r : isa_nan_f64(a, a, a, quiet));
	}
}
