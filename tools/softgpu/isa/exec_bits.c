// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector instructions for bits of 32-bit registers: logic, shifts, fields, counts.
 */
#include "valu.h"

#define BITS1(name, expr)	ISA_LANES1(name, uint32_t, uint32_t, expr)
#define BITS2(name, expr)	ISA_LANES2(name, uint32_t, uint32_t, uint32_t, expr)
#define BITS3(name, expr)	ISA_LANES3(name, uint32_t, uint32_t, uint32_t, uint32_t, expr)

BITS1(v_not_b32, ~a)
BITS2(v_and_b32, a & b)
BITS2(v_or_b32, a | b)
BITS2(v_xor_b32, a ^ b)
BITS2(v_xnor_b32, ~(a ^ b))
BITS3(v_and_or_b32, (a & b) | c)
BITS3(v_or3_b32, a | b | c)

BITS2(v_lshlrev_b32, b << (a & 31))
BITS2(v_lshrrev_b32, b >> (a & 31))
BITS2(v_ashrrev_i32, (uint32_t)((int32_t)b >> (a & 31)))
BITS3(v_lshl_or_b32, (a << (b & 31)) | c)

BITS3(v_bfe_u32, a >> (b & 31) & ((1u << (c & 31)) - 1))

/* Lanes before this one, among the first and the last 32 */
static inline uint32_t before_lo(unsigned int lane)
{
	return lane < 32 ? (1u << lane) - 1 : UINT32_MAX;
}

static inline uint32_t before_hi(unsigned int lane)
{
	return lane < 32 ? 0 : (1u << (lane - 32)) - 1;
}

BITS2(v_mbcnt_lo_u32_b32, __builtin_popcount(a & before_lo(i)) + b)
BITS2(v_mbcnt_hi_u32_b32, __builtin_popcount(a & before_hi(i)) + b)
