// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of integers of 32 bits, with carries and with factors of 24 bits, and what
 * moves and selects 32 bits.
 *
 * What does not live here: bits and bytes of numbers (exec_bits.c, exec_bytes.c), other sizes
 * (exec_int16.c, exec_int64.c).
 */
#include "exec_int.h"

ISA_LANES1(v_mov_b32, uint32_t, uint32_t, a)

ISA_DO_LANES(v_cndmask_b32)
{
	const uint32_t *pa = l->src[0], *pb = l->src[1];
	uint32_t bits[ISA_LANES];
	uint32_t *d = l->dst;

	isa_unpack_mask(bits, l->mask_in);
	ISA_LOOP {
		const uint32_t a = pa[i], b = pb[i];

		d[i] = bits[i] ? b : a;
	}
}

#define U32(name, exact) \
	ISA_SATURATE2(name, uint32_t, 0, UINT32_MAX, uint32_t, uint32_t, exact)
#define I32(name, exact) \
	ISA_SATURATE2(name, uint32_t, INT32_MIN, INT32_MAX, int32_t, int32_t, exact)

U32(v_add_u32, a + b)
U32(v_sub_u32, a - b)
U32(v_subrev_u32, b - a)
I32(v_add_i32, a + b)
I32(v_sub_i32, a - b)

/*
 * Sums and differences of x and y with a bit for each lane in and out: whether that is a carry
 * or, of differences, a borrow.
 */
#define ADD_CO(name, mask)								\
ISA_DO_LANES(name)									\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1];				\
	uint8_t out[ISA_LANES] __attribute__((aligned(16)));				\
	uint32_t in[ISA_LANES], max = l->clamp ? UINT32_MAX : 0;			\
	uint32_t *d = l->dst;								\
											\
	isa_unpack_mask(in, mask);							\
	ISA_LOOP {									\
		const uint32_t a = pa[i], sum = a + pb[i], all = sum + in[i];		\
		const uint32_t carry = -(uint32_t)(sum < a) | -(uint32_t)(all < sum);	\
											\
		d[i] = all | (carry & max);						\
		out[i] = carry;								\
	}										\
	l->mask_out = isa_pack_mask(out);						\
}

#define SUB_CO(name, mask, from, what)							\
ISA_DO_LANES(name)									\
{											\
	const uint32_t *px = l->src[from], *py = l->src[what];				\
	uint8_t out[ISA_LANES] __attribute__((aligned(16)));				\
	uint32_t in[ISA_LANES], zero = l->clamp ? UINT32_MAX : 0;			\
	uint32_t *d = l->dst;								\
											\
	isa_unpack_mask(in, mask);							\
	ISA_LOOP {									\
		const uint32_t x = px[i], diff = x - py[i], all = diff - in[i];		\
		const uint32_t borrow = -(uint32_t)(diff > x) | -(uint32_t)(all > diff);	\
											\
		d[i] = all & ~(borrow & zero);						\
		out[i] = borrow;							\
	}										\
	l->mask_out = isa_pack_mask(out);						\
}

ADD_CO(v_add_co_u32, 0)
ADD_CO(v_addc_co_u32, l->mask_in)
SUB_CO(v_sub_co_u32, 0, 0, 1)
SUB_CO(v_subb_co_u32, l->mask_in, 0, 1)
SUB_CO(v_subrev_co_u32, 0, 1, 0)
SUB_CO(v_subbrev_co_u32, l->mask_in, 1, 0)

#define U32_2(name, expr) \
	ISA_LANES2(name, uint32_t, uint32_t, uint32_t, expr)
#define I32_2(name, expr) \
	ISA_LANES2(name, int32_t, int32_t, int32_t, expr)
#define U32_3(name, expr) \
	ISA_LANES3(name, uint32_t, uint32_t, uint32_t, uint32_t, expr)
#define I32_3(name, expr) \
	ISA_LANES3(name, int32_t, int32_t, int32_t, int32_t, expr)

U32_3(v_add3_u32, a + b + c)
U32_3(v_lshl_add_u32, (a << (b & 31)) + c)
U32_3(v_add_lshl_u32, (a + b) << (c & 31))
U32_3(v_xad_u32, (a ^ b) + c)

I32_2(v_min_i32, ISA_MIN(a, b))
I32_2(v_max_i32, ISA_MAX(a, b))
U32_2(v_min_u32, ISA_MIN(a, b))
U32_2(v_max_u32, ISA_MAX(a, b))
I32_3(v_min3_i32, ISA_MIN(ISA_MIN(a, b), c))
I32_3(v_max3_i32, ISA_MAX(ISA_MAX(a, b), c))
I32_3(v_med3_i32, ISA_MED3(a, b, c))
U32_3(v_min3_u32, ISA_MIN(ISA_MIN(a, b), c))
U32_3(v_max3_u32, ISA_MAX(ISA_MAX(a, b), c))
U32_3(v_med3_u32, ISA_MED3(a, b, c))

U32_2(v_mul_lo_u32, a * b)
U32_2(v_mul_hi_u32, (uint64_t)a * b >> 32)
I32_2(v_mul_hi_i32, (int64_t)a * b >> 32)

/*
 * Factors of 24 bits. The documents do not say what clamp makes of a product of 48 bits: here
 * all of it counts.
 */
static inline int32_t i24(uint32_t value)
{
	return (int32_t)(value << 8) >> 8;
}

static inline uint32_t u24(uint32_t value)
{
	return value & 0xffffff;
}

I32(v_mul_i32_i24, (int64_t)i24(a) * i24(b))
U32(v_mul_u32_u24, (int64_t)u24(a) * u24(b))
U32_2(v_mul_hi_i32_i24, (int64_t)i24(a) * i24(b) >> 32)
U32_2(v_mul_hi_u32_u24, (uint64_t)u24(a) * u24(b) >> 32)
ISA_SATURATE3(v_mad_i32_i24, uint32_t, INT32_MIN, INT32_MAX, int32_t, int32_t, int32_t,
	      (int64_t)i24(a) * i24(b) + c)
ISA_SATURATE3(v_mad_u32_u24, uint32_t, 0, UINT32_MAX, uint32_t, uint32_t, uint32_t,
	      (int64_t)u24(a) * u24(b) + c)

ISA_SATURATE3(v_sad_u32, uint32_t, 0, UINT32_MAX, uint32_t, uint32_t, uint32_t,
	      (a > b ? a - b : b - a) + c)
