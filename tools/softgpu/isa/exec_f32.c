// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of F32 in single lanes, and of packed F32. Minimum and maximum are in
 * exec_minmax.c.
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

ISA_FLOAT3(v_pk_fma_f32, v2f32, __builtin_fmaf(a, b, c))
ISA_FLOAT2(v_pk_mul_f32, v2f32, a * b)
ISA_FLOAT2(v_pk_add_f32, v2f32, a + b)
