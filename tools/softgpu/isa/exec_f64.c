// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of F64.
 */
#include "float.h"

ISA_FLOAT2(v_add_f64, f64, a + b)
ISA_FLOAT2(v_mul_f64, f64, a * b)
ISA_FLOAT3(v_fma_f64, f64, __builtin_fma(a, b, c))
ISA_FLOAT3(v_fmac_f64, f64, __builtin_fma(a, b, c))
