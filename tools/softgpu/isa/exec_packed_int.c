// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector instructions with several integers in each register: pairs of 16 bits, and sums of
 * products of 16, 8 and 4 bits.
 *
 * Which halves pairs have is done by valu_source.c, so halves are just 128 small lanes.
 */
#include "exec_int.h"

#define HALVES		(2 * ISA_LANES)
#define HALVES_LOOP	_Pragma("GCC ivdep") for (unsigned int i = 0; i < HALVES; i++)

/* What saturates: the expression is exact as an int64_t. */
#define PAIRS3(name, type, min, max, exact)						\
ISA_DO_LANES(name)									\
{											\
	const type *pa = (const type *)l->src[0], *pb = (const type *)l->src[1];	\
	const type *pc = (const type *)l->src[2];					\
	type *d = (type *)l->dst;							\
											\
	if (l->clamp) {									\
		HALVES_LOOP {								\
			const int64_t a = pa[i], b = pb[i], c = pc[i];			\
											\
			d[i] = isa_saturate(exact, min, max);				\
		}									\
	} else {									\
		HALVES_LOOP {								\
			const uint32_t a = pa[i], b = pb[i], c = pc[i];			\
											\
			d[i] = exact;							\
		}									\
	}										\
}

#define PAIRS2(name, type, min, max, exact)						\
ISA_DO_LANES(name)									\
{											\
	const type *pa = (const type *)l->src[0], *pb = (const type *)l->src[1];	\
	type *d = (type *)l->dst;							\
											\
	if (l->clamp) {									\
		HALVES_LOOP {								\
			const int64_t a = pa[i], b = pb[i];				\
											\
			d[i] = isa_saturate(exact, min, max);				\
		}									\
	} else {									\
		HALVES_LOOP {								\
			const uint32_t a = pa[i], b = pb[i];				\
											\
			d[i] = exact;							\
		}									\
	}										\
}

PAIRS3(v_pk_mad_i16, int16_t, INT16_MIN, INT16_MAX, a * b + c)
PAIRS3(v_pk_mad_u16, uint16_t, 0, UINT16_MAX, a * b + c)
PAIRS2(v_pk_add_i16, int16_t, INT16_MIN, INT16_MAX, a + b)
PAIRS2(v_pk_add_u16, uint16_t, 0, UINT16_MAX, a + b)
PAIRS2(v_pk_sub_i16, int16_t, INT16_MIN, INT16_MAX, a - b)
PAIRS2(v_pk_sub_u16, uint16_t, 0, UINT16_MAX, a - b)

/* What clamp has no effect on; a product's lower half is no number that could saturate. */
#define PAIRS(name, type, expr)								\
ISA_DO_LANES(name)									\
{											\
	const type *pa = (const type *)l->src[0], *pb = (const type *)l->src[1];	\
	type *d = (type *)l->dst;							\
											\
	HALVES_LOOP {									\
		const type a = pa[i], b = pb[i];					\
											\
		d[i] = (expr);								\
	}										\
}

PAIRS(v_pk_mul_lo_u16, uint16_t, (uint32_t)a * b)
PAIRS(v_pk_max_i16, int16_t, ISA_MAX(a, b))
PAIRS(v_pk_min_i16, int16_t, ISA_MIN(a, b))
PAIRS(v_pk_max_u16, uint16_t, ISA_MAX(a, b))
PAIRS(v_pk_min_u16, uint16_t, ISA_MIN(a, b))

/* The CPU can shift 32 bits by as many in each lane, but not 16. */
#define SHIFTS(name, type, lo, hi)							\
	ISA_LANES2(name, uint32_t, uint32_t, type,					\
		   ((uint32_t)(lo) & 0xffff) | ((uint32_t)(hi) & 0xffff0000))

SHIFTS(v_pk_lshlrev_b16, uint32_t, b << (a & 15), (b & 0xffff0000) << (a >> 16 & 15))
SHIFTS(v_pk_lshrrev_b16, uint32_t, (b & 0xffff) >> (a & 15), b >> (a >> 16 & 15))
SHIFTS(v_pk_ashrrev_i16, int32_t, (int32_t)((uint32_t)b << 16) >> (16 + (a & 15)),
       b >> (a >> 16 & 15))

/* Each result is the dword of one source that op_sel has put in its lower half. */
ISA_DO_LANES(v_pk_mov_b32)
{
	const uint32_t *pa = l->src[0], *pb = l->src[1];
	uint32_t *d = l->dst;

	ISA_LOOP {
		const uint32_t lo = pa[i], hi = pb[i];

		d[i] = lo;
		d[ISA_LANES + i] = hi;
	}
}

/* Part @n of a number that has parts of @bits */
static inline int32_t part(uint32_t value, unsigned int n, unsigned int bits, bool is_signed)
{
	uint32_t top = value << (32 - bits * (n + 1));

	return is_signed ? (int32_t)top >> (32 - bits) : (int32_t)(top >> (32 - bits));
}

/* Only products of 16 bits need more than 32 for the sum. */
static inline int64_t dot(uint32_t a, uint32_t b, unsigned int bits, bool is_signed)
{
	int32_t sum = 0;

	if (bits == 16)
		return (int64_t)part(a, 0, bits, is_signed) * part(b, 0, bits, is_signed) +
		       (int64_t)part(a, 1, bits, is_signed) * part(b, 1, bits, is_signed);
	for (unsigned int n = 0; n < 32 / bits; n++)
		sum += part(a, n, bits, is_signed) * part(b, n, bits, is_signed);
	return sum;
}

#define SDOT(name, bits)								\
	ISA_SATURATE3(name, uint32_t, INT32_MIN, INT32_MAX, uint32_t, uint32_t, int32_t, \
		      dot(a, b, bits, true) + c)
#define UDOT(name, bits)								\
	ISA_SATURATE3(name, uint32_t, 0, UINT32_MAX, uint32_t, uint32_t, uint32_t,	\
		      dot(a, b, bits, false) + c)

SDOT(v_dot4_i32_i8, 8)
SDOT(v_dot8_i32_i4, 4)
UDOT(v_dot4_u32_u8, 8)
UDOT(v_dot8_u32_u4, 4)
SDOT(v_dot2c_i32_i16, 16)
SDOT(v_dot4c_i32_i8, 8)
SDOT(v_dot8c_i32_i4, 4)
UDOT(dot2_u32_u16, 16)

/* Pairs, whose halves are from either half of a source, and their products */
static void dot2(struct isa_lanes *l, isa_lanes_fn *fn)
{
	unsigned int op_sel = l->insn->op_sel, op_sel_hi = l->insn->op_sel_hi;
	uint32_t pairs[2][ISA_LANES];
	struct isa_lanes moved = *l;

	for (unsigned int n = 0; n < 2; n++) {
		unsigned int lo = op_sel >> n & 1 ? 16 : 0, hi = op_sel_hi >> n & 1 ? 16 : 0;
		const uint32_t *from = l->src[n];

		for (unsigned int i = 0; i < ISA_LANES; i++)
			pairs[n][i] = (from[i] >> lo & 0xffff) | from[i] >> hi << 16;
		moved.src[n] = pairs[n];
	}
	fn(&moved);
}

void do_v_dot2_i32_i16(struct isa_lanes *l);
void do_v_dot2_i32_i16(struct isa_lanes *l)
{
	dot2(l, do_v_dot2c_i32_i16);
}

void do_v_dot2_u32_u16(struct isa_lanes *l);
void do_v_dot2_u32_u16(struct isa_lanes *l)
{
	dot2(l, do_dot2_u32_u16);
}
