// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of F32 in single lanes, packed F32, cube maps. Minimum and maximum are in
 * exec_minmax.c, what rounds to whole numbers in exec_round.c.
 */
#include "float.h"

ISA_FLOAT2(v_add_f32, f32, a + b)
ISA_FLOAT2(v_sub_f32, f32, a - b)
ISA_FLOAT2(v_subrev_f32, f32, b - a)
ISA_FLOAT2(v_mul_f32, f32, a * b)
ISA_FLOAT3(v_fma_f32, f32, __builtin_fmaf(a, b, c))
ISA_FLOAT3(v_fmac_f32, f32, __builtin_fmaf(a, b, c))
ISA_FLOAT3(v_fmaak_f32, f32, __builtin_fmaf(a, b, c))

/* The row has the constant in the middle, and it is a factor, so this is the order. */
ISA_FLOAT3(v_fmamk_f32, f32, __builtin_fmaf(a, b, c))

/* A product of 0 and anything is 0, and positive. */
#define LEGACY_MUL(a, b)	((a) == 0 || (b) == 0 ? 0 : (a) * (b))

ISA_FLOAT2(v_mul_legacy_f32, f32, LEGACY_MUL(a, b))

/* The product is rounded, too, and there are no denormals anywhere, whatever MODE says. */
#define MAD(name, expr)									\
static ISA_CLONES void lanes_##name(struct isa_lanes *l)				\
ISA_FLOAT_BODY(f32, 1, 2, expr)								\
											\
void do_##name(struct isa_lanes *l);							\
void do_##name(struct isa_lanes *l)							\
{											\
	uint32_t old = isa_change_mxcsr(l, l->wave->mxcsr32 | ISA_MXCSR_DAZ | ISA_MXCSR_FTZ); \
											\
	lanes_##name(l);								\
	isa_change_mxcsr(l, old);							\
}

MAD(v_mad_f32, a * b + c)
MAD(v_mac_f32, a * b + c)
MAD(v_madmk_f32, a * b + c)
MAD(v_madak_f32, a * b + c)
MAD(v_mad_legacy_f32, LEGACY_MUL(a, b) + c)

ISA_FLOAT3(v_pk_fma_f32, v2f32, __builtin_fmaf(a, b, c))
ISA_FLOAT2(v_pk_mul_f32, v2f32, a * b)
ISA_FLOAT2(v_pk_add_f32, v2f32, a + b)

/* By the axis of a cube with the greatest part of (a, b, c): the last one of equals */
static inline float by_axis(float a, float b, float c, float on_a, float on_b, float on_c)
{
	const float x = __builtin_fabsf(a), y = __builtin_fabsf(b), z = __builtin_fabsf(c);

	return z >= x && z >= y ? on_c : y >= x ? on_b : on_a;
}

#define CUBE(name, on_a, on_b, on_c)							\
	ISA_LANES3(name, float, float, float, float, by_axis(a, b, c, on_a, on_b, on_c))

CUBE(v_cubeid_f32, a < 0 ? 1 : 0, b < 0 ? 3 : 2, c < 0 ? 5 : 4)
CUBE(v_cubesc_f32, a < 0 ? c : -c, a, c < 0 ? -a : a)
CUBE(v_cubetc_f32, -b, b < 0 ? -c : c, -b)
CUBE(v_cubema_f32, a * 2, b * 2, c * 2)
