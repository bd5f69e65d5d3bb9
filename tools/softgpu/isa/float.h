/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Floating point in lanes: bits, NaNs, denormals, and functions of LANES that are an expression.
 *
 * What lives here: what all files with F32 and F64 have in common. What does not: the instructions
 * (exec_f32.c, exec_f64.c and others).
 *
 * Rounding and denormals are those of the CPU, set up from MODE by valu.c. NaNs differ: an
 * operation without a result gives ISA_NAN32, else the first source that is a NaN is the result,
 * made quiet if MODE.IEEE says so. A first loop looks whether there is any NaN among the results,
 * so that what is usual does without all that; results go to memory in a second one, as a
 * destination may be a source.
 */
#ifndef SOFTGPU_ISA_FLOAT_H
#define SOFTGPU_ISA_FLOAT_H

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
#define isa_f32_mask	uint32_t
#define isa_f64_mask	uint64_t
#define isa_quiet_f32	isa_quiet32
#define isa_quiet_f64	isa_quiet64

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

/* The body of a function: type is f32 or f64, second and third are where b and c come from */
#define ISA_FLOAT_BODY(type, second, third, expr)						\
{												\
	const uint32_t *pa = l->src[0], *pb = l->src[second], *pc = l->src[third];		\
	uint32_t *d = l->dst;									\
	isa_##type##_mask nan = 0;								\
												\
	ISA_FLOAT_LOOP(type,									\
		const isa_##type##_type r = (expr);						\
		nan |= r != r ? ~(isa_##type##_mask)0 : 0;					\
	)											\
	if (__builtin_expect(!nan, 1)) {							\
		ISA_FLOAT_LOOP(type,								\
			isa_put_##type(d, i, (expr));						\
		)										\
	} else {										\
		const isa_##type##_mask quiet = isa_quiet_##type(l);				\
												\
		ISA_FLOAT_LOOP(type,								\
			const isa_##type##_type r = (expr);					\
			isa_put_##type(d, i, r == r ? r : isa_nan_##type(a, b, c, quiet));	\
		)										\
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
