// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Scalar arithmetic: SOP1, SOP2, SOPC and SOPK. Branches and the rest of the control of a wave,
 * among it what writes EXEC, are in exec_control.c.
 *
 * Each row is an expression of its sources a and b, and one for SCC that may also use r, the
 * result; w->scc there is the old value, which stays where a row does not change it.
 */
#include "exec.h"

#define UNARY(name, rbits, abits, expr, cc)						\
ISA_DO(name)										\
{											\
	const uint##abits##_t a = isa_s##abits(w, &insn->args[1]);			\
	const uint##rbits##_t r = (expr);						\
											\
	isa_set_s##rbits(w, &insn->args[0], r);						\
	w->scc = (cc);									\
}

#define BINARY(name, rbits, abits, bbits, expr, cc)					\
ISA_DO(name)										\
{											\
	const uint##abits##_t a = isa_s##abits(w, &insn->args[1]);			\
	const uint##bbits##_t b = isa_s##bbits(w, &insn->args[2]);			\
	const uint##rbits##_t r = (expr);						\
											\
	isa_set_s##rbits(w, &insn->args[0], r);						\
	w->scc = (cc);									\
}

/* Rows that only write SCC */
#define COMPARE(name, abits, bbits, cc)							\
ISA_DO(name)										\
{											\
	const uint##abits##_t a = isa_s##abits(w, &insn->args[0]);			\
	const uint##bbits##_t b = isa_s##bbits(w, &insn->args[1]);			\
											\
	w->scc = (cc);									\
}

/* Of SOPK: the destination is a, and k the constant */
#define WITH_CONSTANT(name, expr, cc)							\
ISA_DO(name)										\
{											\
	const uint32_t a = isa_s32(w, &insn->args[0]);					\
	const uint32_t k = (int16_t)insn->args[1].value;				\
	const uint32_t r = (expr);							\
											\
	isa_set_s32(w, &insn->args[0], r);						\
	w->scc = (cc);									\
}

#define COMPARE_CONSTANT(name, type, ktype, op)						\
ISA_DO(name)										\
{											\
	w->scc = (type)isa_s32(w, &insn->args[0]) op (ktype)insn->args[1].value;	\
}

#define BOTH(shape, name, expr, cc)							\
shape(name##_b32, 32, 32, 32, expr, cc)							\
shape(name##_b64, 64, 64, 64, expr, cc)

static bool add_overflows(uint32_t a, uint32_t b)
{
	int32_t sum;

	return __builtin_add_overflow((int32_t)a, (int32_t)b, &sum);
}

static bool sub_overflows(uint32_t a, uint32_t b)
{
	int32_t difference;

	return __builtin_sub_overflow((int32_t)a, (int32_t)b, &difference);
}

/* Additions */
BINARY(s_add_u32, 32, 32, 32, a + b, r < a)
BINARY(s_sub_u32, 32, 32, 32, a - b, b > a)
BINARY(s_add_i32, 32, 32, 32, a + b, add_overflows(a, b))
BINARY(s_sub_i32, 32, 32, 32, a - b, sub_overflows(a, b))
BINARY(s_addc_u32, 32, 32, 32, a + b + w->scc, ((uint64_t)a + b + w->scc) >> 32)
BINARY(s_subb_u32, 32, 32, 32, a - b - w->scc, (uint64_t)b + w->scc > a)
BINARY(s_lshl1_add_u32, 32, 32, 32, (a << 1) + b, (((uint64_t)a << 1) + b) >> 32)
BINARY(s_lshl2_add_u32, 32, 32, 32, (a << 2) + b, (((uint64_t)a << 2) + b) >> 32)
BINARY(s_lshl3_add_u32, 32, 32, 32, (a << 3) + b, (((uint64_t)a << 3) + b) >> 32)
BINARY(s_lshl4_add_u32, 32, 32, 32, (a << 4) + b, (((uint64_t)a << 4) + b) >> 32)
BINARY(s_absdiff_i32, 32, 32, 32, (int32_t)(a - b) < 0 ? b - a : a - b, r != 0)
UNARY(s_abs_i32, 32, 32, (int32_t)a < 0 ? -a : a, r != 0)
WITH_CONSTANT(s_addk_i32, a + k, add_overflows(a, k))

BINARY(s_mul_i32, 32, 32, 32, a * b, w->scc)
BINARY(s_mul_hi_u32, 32, 32, 32, ((uint64_t)a * b) >> 32, w->scc)
BINARY(s_mul_hi_i32, 32, 32, 32, ((int64_t)(int32_t)a * (int32_t)b) >> 32, w->scc)
WITH_CONSTANT(s_mulk_i32, a * k, w->scc)

/* SCC says that it is the first source; of equal ones it is for max and is not for min. */
BINARY(s_min_i32, 32, 32, 32, (int32_t)a < (int32_t)b ? a : b, (int32_t)a < (int32_t)b)
BINARY(s_min_u32, 32, 32, 32, a < b ? a : b, a < b)
BINARY(s_max_i32, 32, 32, 32, (int32_t)a >= (int32_t)b ? a : b, (int32_t)a >= (int32_t)b)
BINARY(s_max_u32, 32, 32, 32, a >= b ? a : b, a >= b)

/* Moves */
UNARY(s_mov_b32, 32, 32, a, w->scc)
UNARY(s_mov_b64, 64, 64, a, w->scc)
BOTH(BINARY, s_cselect, w->scc ? a : b, w->scc)
WITH_CONSTANT(s_cmovk_i32, w->scc ? k : a, w->scc)
UNARY(s_sext_i32_i8, 32, 32, (int8_t)a, w->scc)
UNARY(s_sext_i32_i16, 32, 32, (int16_t)a, w->scc)
BINARY(s_pack_ll_b32_b16, 32, 32, 32, (a & 0xffff) | b << 16, w->scc)
BINARY(s_pack_lh_b32_b16, 32, 32, 32, (a & 0xffff) | (b & 0xffff0000), w->scc)
BINARY(s_pack_hh_b32_b16, 32, 32, 32, a >> 16 | (b & 0xffff0000), w->scc)

ISA_DO(s_movk_i32)
{
	isa_set_s32(w, &insn->args[0], (int16_t)insn->args[1].value);
}

ISA_DO(s_cmov_b32)
{
	if (w->scc)
		do_s_mov_b32(w, insn);
}

ISA_DO(s_cmov_b64)
{
	if (w->scc)
		do_s_mov_b64(w, insn);
}

/* Bits */
BOTH(BINARY, s_and, a & b, r != 0)
BOTH(BINARY, s_or, a | b, r != 0)
BOTH(BINARY, s_xor, a ^ b, r != 0)
BOTH(BINARY, s_andn2, a & ~b, r != 0)
BOTH(BINARY, s_orn2, a | ~b, r != 0)
BOTH(BINARY, s_nand, ~(a & b), r != 0)
BOTH(BINARY, s_nor, ~(a | b), r != 0)
BOTH(BINARY, s_xnor, ~(a ^ b), r != 0)
UNARY(s_not_b32, 32, 32, ~a, r != 0)
UNARY(s_not_b64, 64, 64, ~a, r != 0)

BINARY(s_lshl_b32, 32, 32, 32, a << (b & 31), r != 0)
BINARY(s_lshl_b64, 64, 64, 32, a << (b & 63), r != 0)
BINARY(s_lshr_b32, 32, 32, 32, a >> (b & 31), r != 0)
BINARY(s_lshr_b64, 64, 64, 32, a >> (b & 63), r != 0)
BINARY(s_ashr_i32, 32, 32, 32, (int32_t)a >> (b & 31), r != 0)
BINARY(s_ashr_i64, 64, 64, 32, (int64_t)a >> (b & 63), r != 0)
BINARY(s_bfm_b32, 32, 32, 32, ((1u << (a & 31)) - 1) << (b & 31), w->scc)
BINARY(s_bfm_b64, 64, 32, 32, ((1ULL << (a & 63)) - 1) << (b & 63), w->scc)

/*
 * A field of @width bits, of which those above the source are 0 or its sign. A width of more
 * than all bits is all of them.
 */
static uint64_t field(uint64_t value, unsigned int width, bool sign)
{
	if (!width || width >= 64)
		return width ? value : 0;
	value <<= 64 - width;
	return sign ? (uint64_t)((int64_t)value >> (64 - width)) : value >> (64 - width);
}

BINARY(s_bfe_u32, 32, 32, 32, field(a >> (b & 31), b >> 16 & 0x7f, false), r != 0)
BINARY(s_bfe_i32, 32, 32, 32, field((int64_t)(int32_t)a >> (b & 31), b >> 16 & 0x7f, true), r != 0)
BINARY(s_bfe_u64, 64, 64, 32, field(a >> (b & 63), b >> 16 & 0x7f, false), r != 0)
BINARY(s_bfe_i64, 64, 64, 32, field((int64_t)a >> (b & 63), b >> 16 & 0x7f, true), r != 0)

#define SET_BIT(name, bits, expr)							\
ISA_DO(name)										\
{											\
	const uint##bits##_t bit = (uint##bits##_t)1					\
				   << (isa_s32(w, &insn->args[1]) & (bits - 1));	\
	const uint##bits##_t old = isa_s##bits(w, &insn->args[0]);			\
											\
	isa_set_s##bits(w, &insn->args[0], (expr));					\
}

SET_BIT(s_bitset0_b32, 32, old & ~bit)
SET_BIT(s_bitset0_b64, 64, old & ~bit)
SET_BIT(s_bitset1_b32, 32, old | bit)
SET_BIT(s_bitset1_b64, 64, old | bit)

/* Numbers of bits. SCC of a number: it is not 0. */
UNARY(s_bcnt0_i32_b32, 32, 32, __builtin_popcount(~a), r != 0)
UNARY(s_bcnt0_i32_b64, 32, 64, __builtin_popcountll(~a), r != 0)
UNARY(s_bcnt1_i32_b32, 32, 32, __builtin_popcount(a), r != 0)
UNARY(s_bcnt1_i32_b64, 32, 64, __builtin_popcountll(a), r != 0)
UNARY(s_ff0_i32_b32, 32, 32, ~a ? __builtin_ctz(~a) : -1, w->scc)
UNARY(s_ff0_i32_b64, 32, 64, ~a ? __builtin_ctzll(~a) : -1, w->scc)
UNARY(s_ff1_i32_b32, 32, 32, a ? __builtin_ctz(a) : -1, w->scc)
UNARY(s_ff1_i32_b64, 32, 64, a ? __builtin_ctzll(a) : -1, w->scc)
UNARY(s_flbit_i32_b32, 32, 32, a ? __builtin_clz(a) : -1, w->scc)
UNARY(s_flbit_i32_b64, 32, 64, a ? __builtin_clzll(a) : -1, w->scc)
UNARY(s_flbit_i32, 32, 32, !a || !~a ? -1 : __builtin_clrsb(a) + 1, w->scc)
UNARY(s_flbit_i32_i64, 32, 64, !a || !~a ? -1 : __builtin_clrsbll(a) + 1, w->scc)

/* The first bit of each four: any of them is set */
static uint64_t quads(uint64_t bits)
{
	bits |= bits >> 1;
	bits |= bits >> 2;
	return bits & 0x1111111111111111;
}

static uint64_t quad_mask(uint64_t bits)
{
	uint64_t mask = 0;

	bits = quads(bits);
	for (unsigned int i = 0; i < 16; i++)
		mask |= (bits >> 4 * i & 1) << i;
	return mask;
}

static uint64_t reverse(uint64_t bits)
{
	uint64_t result = 0;

	for (unsigned int i = 0; i < 64; i++)
		result |= (bits >> i & 1) << (63 - i);
	return result;
}

static uint64_t replicate(uint32_t bits)
{
	uint64_t result = 0;

	for (unsigned int i = 0; i < 32; i++)
		result |= (uint64_t)(bits >> i & 1) << 2 * i;
	return result * 3;
}

UNARY(s_wqm_b32, 32, 32, quads(a) * 0xf, r != 0)
UNARY(s_wqm_b64, 64, 64, quads(a) * 0xf, r != 0)
UNARY(s_quadmask_b32, 32, 32, quad_mask(a), r != 0)
UNARY(s_quadmask_b64, 64, 64, quad_mask(a), r != 0)
UNARY(s_brev_b32, 32, 32, reverse(a) >> 32, w->scc)
UNARY(s_brev_b64, 64, 64, reverse(a), w->scc)
UNARY(s_bitreplicate_b64_b32, 64, 32, replicate(a), w->scc)

/* Compares */
COMPARE(s_cmp_eq_i32, 32, 32, a == b)
COMPARE(s_cmp_lg_i32, 32, 32, a != b)
COMPARE(s_cmp_gt_i32, 32, 32, (int32_t)a > (int32_t)b)
COMPARE(s_cmp_ge_i32, 32, 32, (int32_t)a >= (int32_t)b)
COMPARE(s_cmp_lt_i32, 32, 32, (int32_t)a < (int32_t)b)
COMPARE(s_cmp_le_i32, 32, 32, (int32_t)a <= (int32_t)b)
COMPARE(s_cmp_eq_u32, 32, 32, a == b)
COMPARE(s_cmp_lg_u32, 32, 32, a != b)
COMPARE(s_cmp_gt_u32, 32, 32, a > b)
COMPARE(s_cmp_ge_u32, 32, 32, a >= b)
COMPARE(s_cmp_lt_u32, 32, 32, a < b)
COMPARE(s_cmp_le_u32, 32, 32, a <= b)
COMPARE(s_cmp_eq_u64, 64, 64, a == b)
COMPARE(s_cmp_lg_u64, 64, 64, a != b)
COMPARE(s_bitcmp0_b32, 32, 32, !(a >> (b & 31) & 1))
COMPARE(s_bitcmp1_b32, 32, 32, a >> (b & 31) & 1)
COMPARE(s_bitcmp0_b64, 64, 32, !(a >> (b & 63) & 1))
COMPARE(s_bitcmp1_b64, 64, 32, a >> (b & 63) & 1)
COMPARE_CONSTANT(s_cmpk_eq_i32, int32_t, int16_t, ==)
COMPARE_CONSTANT(s_cmpk_lg_i32, int32_t, int16_t, !=)
COMPARE_CONSTANT(s_cmpk_gt_i32, int32_t, int16_t, >)
COMPARE_CONSTANT(s_cmpk_ge_i32, int32_t, int16_t, >=)
COMPARE_CONSTANT(s_cmpk_lt_i32, int32_t, int16_t, <)
COMPARE_CONSTANT(s_cmpk_le_i32, int32_t, int16_t, <=)
COMPARE_CONSTANT(s_cmpk_eq_u32, uint32_t, uint16_t, ==)
COMPARE_CONSTANT(s_cmpk_lg_u32, uint32_t, uint16_t, !=)
COMPARE_CONSTANT(s_cmpk_gt_u32, uint32_t, uint16_t, >)
COMPARE_CONSTANT(s_cmpk_ge_u32, uint32_t, uint16_t, >=)
COMPARE_CONSTANT(s_cmpk_lt_u32, uint32_t, uint16_t, <)
COMPARE_CONSTANT(s_cmpk_le_u32, uint32_t, uint16_t, <=)
