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
