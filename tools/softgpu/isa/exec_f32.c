// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of F32.
 */
#include "valu.h"

ISA_LANES3(v_fma_f32, float, float, float, float, __builtin_fmaf(a, b, c))
