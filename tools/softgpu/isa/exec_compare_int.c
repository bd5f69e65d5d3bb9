// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector comparisons of integers. That V_CMPX writes EXEC, too, is done by valu.c.
 */
#include "valu.h"

#define get_i16(lanes, i)	((int16_t)(lanes)[i])
#define get_u16(lanes, i)	((uint16_t)(lanes)[i])
#define get_i32(lanes, i)	((int32_t)(lanes)[i])
#define get_u32(lanes, i)	((lanes)[i])
#define get_i64(lanes, i)	((int64_t)isa_get64(lanes, i))
#define get_u64(lanes, i)	isa_get64(lanes, i)

#define COMPARE(name, type, op)								\
ISA_DO_LANES(v_cmp_##name##_##type)							\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1];				\
	uint8_t out[ISA_LANES] __attribute__((aligned(16)));				\
											\
	ISA_LOOP									\
		out[i] = get_##type(pa, i) op get_##type(pb, i) ? 0xff : 0;		\
	l->mask_out = isa_pack_mask(out);						\
}											\
											\
void do_v_cmpx_##name##_##type(struct isa_lanes *l);					\
void do_v_cmpx_##name##_##type(struct isa_lanes *l)					\
{											\
	do_v_cmp_##name##_##type(l);							\
}

#define CONSTANT(name, type, mask)							\
void do_v_cmp_##name##_##type(struct isa_lanes *l);					\
void do_v_cmpx_##name##_##type(struct isa_lanes *l);					\
void do_v_cmp_##name##_##type(struct isa_lanes *l)					\
{											\
	l->mask_out = mask;								\
}											\
											\
void do_v_cmpx_##name##_##type(struct isa_lanes *l)					\
{											\
	l->mask_out = mask;								\
}

#define COMPARISONS(type)								\
	CONSTANT(f, type, 0)								\
	COMPARE(lt, type, <)								\
	COMPARE(eq, type, ==)								\
	COMPARE(le, type, <=)								\
	COMPARE(gt, type, >)								\
	COMPARE(ne, type, !=)								\
	COMPARE(ge, type, >=)								\
	CONSTANT(t, type, UINT64_MAX)

COMPARISONS(i16)
COMPARISONS(u16)
COMPARISONS(i32)
COMPARISONS(u32)
COMPARISONS(i64)
COMPARISONS(u64)
