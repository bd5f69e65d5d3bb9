// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector instructions with single integers of 16 bits. Pairs of them are in exec_packed_int.c.
 */
#include "exec_int.h"

#define U16(name, exact) \
	ISA_SATURATE2(name, uint16_t, 0, UINT16_MAX, uint16_t, uint16_t, exact)
#define I16(name, exact) \
	ISA_SATURATE2(name, uint16_t, INT16_MIN, INT16_MAX, int16_t, int16_t, exact)
#define U16_3(name, exact) \
	ISA_SATURATE3(name, uint16_t, 0, UINT16_MAX, uint16_t, uint16_t, uint16_t, exact)
#define I16_3(name, exact) \
	ISA_SATURATE3(name, uint16_t, INT16_MIN, INT16_MAX, int16_t, int16_t, int16_t, exact)

U16(v_add_u16, a + b)
U16(v_sub_u16, a - b)
U16(v_subrev_u16, b - a)
I16(v_add_i16, a + b)
I16(v_sub_i16, a - b)
U16_3(v_mad_u16, a * b + c)
I16_3(v_mad_i16, a * b + c)
U16_3(v_mad_legacy_u16, a * b + c)
I16_3(v_mad_legacy_i16, a * b + c)

ISA_SATURATE3(v_mad_u32_u16, uint32_t, 0, UINT32_MAX, uint16_t, uint16_t, uint32_t, a * b + c)
ISA_SATURATE3(v_mad_i32_i16, uint32_t, INT32_MIN, INT32_MAX, int16_t, int16_t, int32_t,
	      a * b + c)

/* Sources without their upper halves, and results that never leave 16 bits */
#define SMALL2(name, type, expr)							\
ISA_DO_LANES(name)									\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1];				\
	uint32_t *d = l->dst;								\
											\
	ISA_LOOP {									\
		const type a = pa[i], b = pb[i];					\
											\
		d[i] = (uint16_t)(expr);						\
	}										\
}

#define SMALL3(name, type, expr)							\
ISA_DO_LANES(name)									\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];		\
	uint32_t *d = l->dst;								\
											\
	ISA_LOOP {									\
		const type a = pa[i], b = pb[i], c = pc[i];				\
											\
		d[i] = (uint16_t)(expr);						\
	}										\
}

SMALL2(v_mul_lo_u16, uint16_t, (uint32_t)a * b)
SMALL2(v_lshlrev_b16, uint16_t, (uint32_t)b << (a & 15))
SMALL2(v_lshrrev_b16, uint16_t, b >> (a & 15))
/* In 32 bits, as the CPU can shift those */
SMALL2(v_ashrrev_i16, uint32_t, (int32_t)(b << 16) >> (16 + (a & 15)))
SMALL2(v_min_i16, int16_t, ISA_MIN(a, b))
SMALL2(v_max_i16, int16_t, ISA_MAX(a, b))
SMALL2(v_min_u16, uint16_t, ISA_MIN(a, b))
SMALL2(v_max_u16, uint16_t, ISA_MAX(a, b))
SMALL3(v_min3_i16, int16_t, ISA_MIN(ISA_MIN(a, b), c))
SMALL3(v_max3_i16, int16_t, ISA_MAX(ISA_MAX(a, b), c))
SMALL3(v_med3_i16, int16_t, ISA_MED3(a, b, c))
SMALL3(v_min3_u16, uint16_t, ISA_MIN(ISA_MIN(a, b), c))
SMALL3(v_max3_u16, uint16_t, ISA_MAX(ISA_MAX(a, b), c))
SMALL3(v_med3_u16, uint16_t, ISA_MED3(a, b, c))

/* Two numbers that do not fit become the nearest ones that do. */
static inline uint32_t to_u16(uint32_t value)
{
	return ISA_MIN(value, UINT16_MAX);
}

static inline uint32_t to_i16(int32_t value)
{
	return (uint16_t)(value < INT16_MIN ? INT16_MIN : ISA_MIN(value, INT16_MAX));
}

ISA_LANES2(v_cvt_pk_u16_u32, uint32_t, uint32_t, uint32_t, to_u16(a) | to_u16(b) << 16)
ISA_LANES2(v_cvt_pk_i16_i32, uint32_t, int32_t, int32_t, to_i16(a) | to_i16(b) << 16)
