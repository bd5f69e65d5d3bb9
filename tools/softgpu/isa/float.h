/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Floating point in lanes: bits, NaNs, denormals, and functions of LANES that are an expression.
 *
 * What lives here: what all files with F32 and F64 have in common. What does not: the instructions
 * (exec_f32.c, exec_f64.c and others).
 *
 * Rounding and denormals are those of the CPU, set up from MODE by valu.c. NaNs differ: an
 * operation without a result gives ISA_NAN32, else the first source that is a NaN is the result,
 * made quiet if MODE.IEEE says so. What is usual does without all that: only where there is any
 * NaN among the results they are looked at one by one.
 */
#ifndef SOFTGPU_ISA_FLOAT_H
#define SOFTGPU_ISA_FLOAT_H

#include <xmmintrin.h>

#include "valu.h"

#define ISA_NAN32	0x7fc00000u
#define ISA_NAN64	0x7ff8000000000000ull
#define ISA_QUIET32	0x400000u
#define ISA_QUIET64	0x8000000000000ull
#define ISA_INF32	0x7f800000u
#define ISA_INF64	0x7ff0000000000000ull
#define ISA_SIGN32	0x80000000u
#define ISA_SIGN64	0x8000000000000000ull

static inline uint32_t isa_bits32(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline float isa_f32(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static inline uint64_t isa_bits64(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static inline double isa_f64(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* 2^n, which is no denormal */
static inline double isa_power(int n)
{
	return isa_f64((uint64_t)(n + 1023) << 52);
}

static inline float isa_get_f32(const uint32_t *lanes, unsigned int i)
{
	return isa_f32(lanes[i]);
}

static inline void isa_put_f32(uint32_t *lanes, unsigned int i, float value)
{
	lanes[i] = isa_bits32(value);
}

/* The bit that makes NaNs quiet, if they are to be */
static inline uint32_t isa_quiet32(const struct isa_lanes *l)
{
	return l->wave->mode & ISA_MODE_IEEE ? ISA_QUIET32 : 0;
}

static inline uint64_t isa_quiet64(const struct isa_lanes *l)
{
	return l->wave->mode & ISA_MODE_IEEE ? ISA_QUIET64 : 0;
}

/* Another mode of the CPU; returns the one before, for the end of the function */
static inline uint32_t isa_change_mxcsr(const struct isa_lanes *l, uint32_t mxcsr)
{
	uint32_t old = l->wave->run->mxcsr;

	isa_set_mxcsr(l->wave->run, mxcsr);
	return old;
}

/* Are denormals as they are, as sources and results? */
static inline bool isa_has_denorm32(const struct isa_lanes *l)
{
	const uint32_t both = ISA_MODE_DENORM32_IN | ISA_MODE_DENORM32_OUT;

	return (l->wave->mode & both) == both;
}

static inline bool isa_has_denorm64(const struct isa_lanes *l)
{
	const uint32_t both = ISA_MODE_DENORM64_IN | ISA_MODE_DENORM64_OUT;

	return (l->wave->mode & both) == both;
}

/* 0 for denormals, whatever the CPU does with them now */
static inline float isa_flush32(float value)
{
	uint32_t bits = isa_bits32(value);

	return isa_f32(bits & (bits & ISA_INF32 ? ~0u : ISA_SIGN32));
}

static inline double isa_flush64(double value)
{
	uint64_t bits = isa_bits64(value);

	return isa_f64(bits & (bits & ISA_INF64 ? ~0ull : ISA_SIGN64));
}

/* What to give instead of a NaN that the CPU has made of these */
static inline float isa_nan_f32(float a, float b, float c, uint32_t quiet)
{
	uint32_t bits = c != c ? isa_bits32(c) | quiet : ISA_NAN32;

	bits = b != b ? isa_bits32(b) | quiet : bits;
	return isa_f32(a != a ? isa_bits32(a) | quiet : bits);
}

static inline double isa_nan_f64(double a, double b, double c, uint64_t quiet)
{
	uint64_t bits = c != c ? isa_bits64(c) | quiet : ISA_NAN64;

	bits = b != b ? isa_bits64(b) | quiet : bits;
	return isa_f64(a != a ? isa_bits64(a) | quiet : bits);
}

#define isa_f32_type	float
#define isa_f64_type	double
#define isa_v2f32_type	float
#define isa_f32_mask	uint32_t
#define isa_f64_mask	uint64_t
#define isa_v2f32_mask	uint32_t
#define isa_quiet_f32	isa_quiet32
#define isa_quiet_f64	isa_quiet64
#define isa_quiet_v2f32	isa_quiet32
#define isa_nan_v2f32	isa_nan_f32
#define isa_nans_v2f32	isa_nans_f32

#define ISA_FLOAT_LOOP(type, ...)								\
	ISA_LOOP {										\
		const isa_##type##_type a = isa_get_##type(pa, i);				\
		const isa_##type##_type b = isa_get_##type(pb, i);				\
		const isa_##type##_type c = isa_get_##type(pc, i);				\
												\
		(void)a;									\
		(void)b;									\
		(void)c;									\
		__VA_ARGS__									\
	}

/*
 * Lanes are worked on in chunks of 64 bytes of values, so that all of a chunk is in registers of
 * the CPU. gcc makes vectors of the loop over a chunk; the moves and what looks for NaNs are
 * vectors as they are written. v2f32 is two F32 in each lane.
 */
#define isa_f32_chunk	16
#define isa_f64_chunk	8
#define isa_v2f32_chunk	16
#define isa_f32_lanes	16
#define isa_f64_lanes	8
#define isa_v2f32_lanes	8

typedef uint32_t isa_v8u __attribute__((vector_size(32), may_alias));
typedef float isa_v8f __attribute__((vector_size(32), may_alias));
typedef double isa_v4d __attribute__((vector_size(32), may_alias));

#define ISA_V8(p, i)	(((isa_v8u *)(p))[i])

#define isa_high_f32(l, n)	((l)->src[n])
#define isa_high_f64(l, n)	((l)->src[n])
#define isa_high_v2f32(l, n)	((l)->high[n])

/* From a source; @high is only for pairs */
static inline void isa_load_f32(float *to, const uint32_t *lanes, const uint32_t *high)
{
	(void)high;
	ISA_V8(to, 0) = ISA_V8(lanes, 0);
	ISA_V8(to, 1) = ISA_V8(lanes, 1);
}

static inline void isa_store_f32(uint32_t *lanes, const float *from)
{
	ISA_V8(lanes, 0) = ISA_V8(from, 0);
	ISA_V8(lanes, 1) = ISA_V8(from, 1);
}

static inline void isa_load_v2f32(float *to, const uint32_t *lanes, const uint32_t *high)
{
	ISA_V8(to, 0) = ISA_V8(lanes, 0);
	ISA_V8(to, 1) = ISA_V8(high, 0);
}

static inline void isa_store_v2f32(uint32_t *lanes, const float *from)
{
	ISA_V8(lanes, 0) = ISA_V8(from, 0);
	ISA_V8(lanes + ISA_LANES, 0) = ISA_V8(from, 1);
}

/* In the order that takes the CPU the fewest instructions */
static inline void isa_load_f64(double *to, const uint32_t *lanes, const uint32_t *high)
{
	const isa_v8u lo = ISA_V8(lanes, 0), hi = ISA_V8(lanes + ISA_LANES, 0);

	(void)high;
	ISA_V8(to, 0) = __builtin_shuffle(lo, hi, (isa_v8u){ 0, 8, 1, 9, 4, 12, 5, 13 });
	ISA_V8(to, 1) = __builtin_shuffle(lo, hi, (isa_v8u){ 2, 10, 3, 11, 6, 14, 7, 15 });
}

static inline void isa_store_f64(uint32_t *lanes, const double *from)
{
	const isa_v8f a = ((const isa_v8f *)from)[0], b = ((const isa_v8f *)from)[1];
	const isa_v8u lo = { 0, 2, 8, 10, 4, 6, 12, 14 }, hi = { 1, 3, 9, 11, 5, 7, 13, 15 };

	*(isa_v8f *)lanes = __builtin_shuffle(a, b, lo);
	*(isa_v8f *)(lanes + ISA_LANES) = __builtin_shuffle(a, b, hi);
}

static inline bool isa_any(const isa_v8u *mask)
{
	const __m128i *half = (const __m128i *)mask;

	return _mm_movemask_epi8(_mm_or_si128(half[0], half[1]));
}

static inline bool isa_nans_f32(const float *values)
{
	const isa_v8f a = ((const isa_v8f *)values)[0], b = ((const isa_v8f *)values)[1];

	const isa_v8u nans = (isa_v8u)(a != a) | (isa_v8u)(b != b);

	return isa_any(&nans);
}

static inline bool isa_nans_f64(const double *values)
{
	const isa_v4d a = ((const isa_v4d *)values)[0], b = ((const isa_v4d *)values)[1];

	const isa_v8u nans = (isa_v8u)(a != a) | (isa_v8u)(b != b);

	return isa_any(&nans);
}

/* The results that are NaNs of the CPU */
#define ISA_FIX_NANS(type)									\
static void __attribute__((noinline, cold, unused))						\
isa_fix_##type(isa_##type##_type *r, const struct isa_lanes *l, unsigned int second,		\
	       unsigned int third, unsigned int at)						\
{												\
	const isa_##type##_mask quiet = isa_quiet_##type(l);					\
	isa_##type##_type a[isa_##type##_chunk] __attribute__((aligned(32)));			\
	isa_##type##_type b[isa_##type##_chunk] __attribute__((aligned(32)));			\
	isa_##type##_type c[isa_##type##_chunk] __attribute__((aligned(32)));			\
												\
	isa_load_##type(a, l->src[0] + at, isa_high_##type(l, 0) + at);				\
	isa_load_##type(b, l->src[second] + at, isa_high_##type(l, second) + at);		\
	isa_load_##type(c, l->src[third] + at, isa_high_##type(l, third) + at);			\
	for (unsigned int i = 0; i < isa_##type##_chunk; i++) {					\
		if (r[i] != r[i])								\
			r[i] = isa_nan_##type(a[i], b[i], c[i], quiet);				\
	}											\
}

ISA_FIX_NANS(f32)
ISA_FIX_NANS(f64)
ISA_FIX_NANS(v2f32)

/* The body of a function: type is f32, f64 or v2f32, second and third are where b and c come from */
#define ISA_FLOAT_BODY(type, second, third, expr)						\
{												\
	const uint32_t *pa = l->src[0], *pb = l->src[second], *pc = l->src[third];		\
	const uint32_t *ha = isa_high_##type(l, 0), *hb = isa_high_##type(l, second);		\
	const uint32_t *hc = isa_high_##type(l, third);						\
	uint32_t *d = l->dst;									\
												\
	_Pragma("GCC unroll 1")									\
	for (unsigned int at = 0; at < ISA_LANES; at += isa_##type##_lanes) {			\
		isa_##type##_type as[isa_##type##_chunk] __attribute__((aligned(32)));		\
		isa_##type##_type bs[isa_##type##_chunk] __attribute__((aligned(32)));		\
		isa_##type##_type cs[isa_##type##_chunk] __attribute__((aligned(32)));		\
		isa_##type##_type rs[isa_##type##_chunk] __attribute__((aligned(32)));		\
												\
		isa_load_##type(as, pa + at, ha + at);						\
		isa_load_##type(bs, pb + at, hb + at);						\
		isa_load_##type(cs, pc + at, hc + at);						\
		for (unsigned int i = 0; i < isa_##type##_chunk; i++) {				\
			const isa_##type##_type a = as[i], b = bs[i], c = cs[i];		\
												\
			(void)a;								\
			(void)b;								\
			(void)c;								\
			rs[i] = (expr);								\
		}										\
		if (__builtin_expect(isa_nans_##type(rs), 0))					\
			isa_fix_##type(rs, l, second, third, at);				\
		isa_store_##type(d + at, rs);							\
	}											\
}

/*
 * A function of LANES that gives an expression of a, b and c, the sources. With a result that is
 * a NaN only if a source is, or if there is none, see above.
 */
#define ISA_FLOAT1(name, type, expr)								\
void do_##name(struct isa_lanes *l);								\
ISA_CLONES void do_##name(struct isa_lanes *l)							\
ISA_FLOAT_BODY(type, 0, 0, expr)

#define ISA_FLOAT2(name, type, expr)								\
void do_##name(struct isa_lanes *l);								\
ISA_CLONES void do_##name(struct isa_lanes *l)							\
ISA_FLOAT_BODY(type, 1, 1, expr)

#define ISA_FLOAT3(name, type, expr)								\
void do_##name(struct isa_lanes *l);								\
ISA_CLONES void do_##name(struct isa_lanes *l)							\
ISA_FLOAT_BODY(type, 1, 2, expr)

#endif
