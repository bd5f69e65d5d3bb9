// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Conversions between F32, F64 and integers. F16 and smaller ones are elsewhere.
 */
#include "float.h"

/* Towards 0, at the ends of the range the last number, and 0 for NaNs */
#define TO_I32(a)	((a) >= 0x1p31f ? INT32_MAX : (a) > -0x1p31f ? (int32_t)(a) :	\
			 (a) == (a) ? INT32_MIN : 0)

ISA_LANES1(v_cvt_f32_i32, float, int32_t, a)
ISA_LANES1(v_cvt_f32_u32, float, uint32_t, a)
ISA_LANES1(v_cvt_i32_f32, int32_t, float, TO_I32(a))
ISA_LANES1(v_cvt_u32_f32, uint32_t, float,
	   a >= 0x1p32f ? UINT32_MAX : a > 0 ? (uint32_t)a : 0)
