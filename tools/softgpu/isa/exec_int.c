// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of integers of 32 bits.
 */
#include "valu.h"

ISA_LANES1(v_mov_b32, uint32_t, uint32_t, a)
