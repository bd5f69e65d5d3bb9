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

/* As far as the field is not beyond bit 31, which is its sign then */
static inline uint32_t bfe_i32(uint32_t value, unsigned int start, unsigned int width)
{
	unsigned int above = start + width < 32 ? 32 - start - width : 0;

	return width ? (int32_t)(value << above) >> (start + above) : 0;
}

BITS3(v_bfe_i32, bfe_i32(a, b & 31, c & 31))
BITS3(v_bfi_b32, (a & b) | (~a & c))
BITS2(v_bfm_b32, ((1u << (a & 31)) - 1) << (b & 31))

static inline uint32_t reverse(uint32_t value)
{
	value = (value >> 1 & 0x55555555) | (value & 0x55555555) << 1;
	value = (value >> 2 & 0x33333333) | (value & 0x33333333) << 2;
	value = (value >> 4 & 0x0f0f0f0f) | (value & 0x0f0f0f0f) << 4;
	value = (value >> 8 & 0x00ff00ff) | (value & 0x00ff00ff) << 8;
	return value >> 16 | value << 16;
}

BITS1(v_bfrev_b32, reverse(a))

/* All ones where there is no such bit */
static inline uint32_t first_from_top(uint32_t value)
{
	return value ? (uint32_t)__builtin_clz(value) : UINT32_MAX;
}

BITS1(v_ffbh_u32, first_from_top(a))
BITS1(v_ffbh_i32, first_from_top(a ^ (uint32_t)((int32_t)a >> 31)))
BITS1(v_ffbl_b32, a ? (uint32_t)__builtin_ctz(a) : UINT32_MAX)
BITS2(v_bcnt_u32_b32, __builtin_popcount(a) + b)

BITS3(v_alignbit_b32, (uint32_t)(((uint64_t)a << 32 | b) >> (c & 31)))
BITS3(v_alignbyte_b32, (uint32_t)(((uint64_t)a << 32 | b) >> 8 * (c & 3)))

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
