// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector comparisons of F16, and of what kind an F16 is. That V_CMPX writes EXEC, too, is done by
 * valu.c.
 */
#include "f16.h"

#define CMPX(name)								\
void do_v_cmpx_##name(struct isa_lanes *l);					\
void do_v_cmpx_##name(struct isa_lanes *l)					\
{										\
	do_v_cmp_##name(l);							\
}

#define COMPARE(name, expr)							\
void do_v_cmp_##name##_f16(struct isa_lanes *l);				\
ISA_CLONES void do_v_cmp_##name##_f16(struct isa_lanes *l)			\
{										\
	float pa[ISA_LANES], pb[ISA_LANES];					\
	uint8_t bytes[ISA_LANES] __attribute__((aligned(16)));			\
										\
	isa_f16_load(l->wave, l->src[0], pa, 0);				\
	isa_f16_load(l->wave, l->src[1], pb, 0);				\
	ISA_LOOP {								\
		const float a = pa[i], b = pb[i];				\
										\
		bytes[i] = (expr) ? 0xff : 0;					\
	}									\
	l->mask_out = isa_pack_mask(bytes);					\
}										\
CMPX(name##_f16)

#define ALWAYS(name, mask)							\
void do_v_cmp_##name##_f16(struct isa_lanes *l);				\
void do_v_cmp_##name##_f16(struct isa_lanes *l)					\
{										\
	l->mask_out = (mask);							\
}										\
CMPX(name##_f16)

ALWAYS(f, 0)
COMPARE(lt, a < b)
COMPARE(eq, a == b)
COMPARE(le, a <= b)
COMPARE(gt, a > b)
COMPARE(lg, __builtin_islessgreater(a, b))
COMPARE(ge, a >= b)
COMPARE(o, !__builtin_isunordered(a, b))
COMPARE(u, __builtin_isunordered(a, b))
COMPARE(nge, !(a >= b))
COMPARE(nlg, !__builtin_islessgreater(a, b))
COMPARE(ngt, !(a > b))
COMPARE(nle, !(a <= b))
COMPARE(neq, a != b)
COMPARE(nlt, !(a < b))
ALWAYS(tru, ~0ULL)

/*
 * The bit of the class in the second source: signalling and quiet NaNs, then from the negative
 * infinity to the positive one
 */
static inline uint32_t class_bit(uint32_t bits)
{
	uint32_t size = bits & 0x7fff, negative = bits >> 15 & 1;
	uint32_t rank = size == 0 ? 0 : size < 0x400 ? 1 : size < 0x7c00 ? 2 : 3;

	if (size > 0x7c00)
		return size & 0x200 ? 1 : 0;
	return negative ? 5 - rank : 6 + rank;
}

void do_v_cmp_class_f16(struct isa_lanes *l);
ISA_CLONES void do_v_cmp_class_f16(struct isa_lanes *l)
{
	const uint32_t *pa = l->src[0], *pb = l->src[1];
	uint8_t bytes[ISA_LANES] __attribute__((aligned(16)));

	ISA_LOOP
		bytes[i] = pb[i] >> class_bit(pa[i]) & 1 ? 0xff : 0;
	l->mask_out = isa_pack_mask(bytes);
}
CMPX(class_f16)
