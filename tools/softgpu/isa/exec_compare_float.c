// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Comparisons of F32 and F64. Exceptions, in which those with a signaling NaN would differ, are
 * not there.
 */
#include "float.h"

/* v_cmpx differs in what valu.c does with the result. */
#define CMPX(name)										\
void do_v_cmpx_##name(struct isa_lanes *l);							\
void do_v_cmpx_##name(struct isa_lanes *l)							\
{												\
	do_v_cmp_##name(l);									\
}

#define COMPARE(name, type, expr)								\
void do_v_cmp_##name##_##type(struct isa_lanes *l);						\
ISA_CLONES void do_v_cmp_##name##_##type(struct isa_lanes *l)					\
{												\
	const uint32_t *pa = l->src[0], *pb = l->src[1];					\
	uint8_t bytes[ISA_LANES] __attribute__((aligned(16)));					\
												\
	ISA_LOOP {										\
		const isa_##type##_type a = isa_get_##type(pa, i);				\
		const isa_##type##_type b = isa_get_##type(pb, i);				\
												\
		bytes[i] = (expr) ? 0xff : 0;							\
	}											\
	l->mask_out = isa_pack_mask(bytes);							\
}												\
CMPX(name##_##type)

#define ALWAYS(name, type, mask)								\
void do_v_cmp_##name##_##type(struct isa_lanes *l);						\
void do_v_cmp_##name##_##type(struct isa_lanes *l)						\
{												\
	l->mask_out = (mask);									\
}												\
CMPX(name##_##type)

#define COMPARES(type)										\
ALWAYS(f, type, 0)										\
COMPARE(lt, type, a < b)									\
COMPARE(eq, type, a == b)									\
COMPARE(le, type, a <= b)									\
COMPARE(gt, type, a > b)									\
COMPARE(lg, type, __builtin_islessgreater(a, b))						\
COMPARE(ge, type, a >= b)									\
COMPARE(o, type, !__builtin_isunordered(a, b))							\
COMPARE(u, type, __builtin_isunordered(a, b))							\
COMPARE(nge, type, !(a >= b))									\
COMPARE(nlg, type, !__builtin_islessgreater(a, b))						\
COMPARE(ngt, type, !(a > b))									\
COMPARE(nle, type, !(a <= b))									\
COMPARE(neq, type, a != b)									\
COMPARE(nlt, type, !(a < b))									\
ALWAYS(tru, type, ~0ULL)

COMPARES(f32)
COMPARES(f64)

/*
 * The bit of a mask that says what kind of number this is, by its sign and the upper dword of the
 * rest. Zeros are in the middle, greater ones outwards; NaNs come before all.
 */
static inline uint32_t class_of(uint32_t sign, uint32_t value, uint32_t inf, uint32_t least,
				uint32_t quiet)
{
	const uint32_t size = (value > 0) + (value >= least) + (value >= inf);
	const uint32_t number = sign ? 0x20u >> size : 0x40u << size;

	return value > inf ? 1 + (value & quiet ? 1 : 0) : number;
}

static inline uint32_t class32(uint32_t bits)
{
	return class_of(bits >> 31, bits & ~ISA_SIGN32, ISA_INF32, 0x800000, ISA_QUIET32);
}

/* Of the lower dword only counts whether it is 0. */
static inline uint32_t class64(uint32_t low, uint32_t high)
{
	return class_of(high >> 31, (high & ~ISA_SIGN32) | (low ? 1 : 0), ISA_INF64 >> 32,
			0x100000, ISA_QUIET64 >> 32);
}

#define CLASS(type, expr)								\
void do_v_cmp_class_##type(struct isa_lanes *l);					\
ISA_CLONES void do_v_cmp_class_##type(struct isa_lanes *l)				\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1];				\
	uint8_t bytes[ISA_LANES] __attribute__((aligned(16)));				\
											\
	ISA_LOOP									\
		bytes[i] = (expr) & pb[i] ? 0xff : 0;					\
	l->mask_out = isa_pack_mask(bytes);						\
}											\
CMPX(class_##type)

CLASS(f32, class32(pa[i]))
CLASS(f64, class64(pa[i], pa[ISA_LANES + i]))
