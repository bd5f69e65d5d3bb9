// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Conversions between F32, F64 and integers. F16 and smaller ones are elsewhere.
 */
#include "float.h"

ISA_LANES1(v_cvt_f32_i32, float, int32_t, a)
ISA_LANES1(v_cvt_f32_u32, float, uint32_t, a)
ISA_LANES1(v_cvt_f32_ubyte0, float, uint32_t, (int32_t)(a & 0xff))
ISA_LANES1(v_cvt_f32_ubyte1, float, uint32_t, (int32_t)(a >> 8 & 0xff))
ISA_LANES1(v_cvt_f32_ubyte2, float, uint32_t, (int32_t)(a >> 16 & 0xff))
ISA_LANES1(v_cvt_f32_ubyte3, float, uint32_t, (int32_t)(a >> 24))
/* 4 bits with a sign, in sixteenths */
ISA_LANES1(v_cvt_off_f32_i4, float, uint32_t, (float)((int32_t)(a << 28) >> 28) * 0.0625f)

/*
 * To integers it is towards 0, at the ends of the range the last number, and 0 for NaNs. What is
 * converted is within the range, for C.
 */
ISA_LANES1(v_cvt_i32_f32, int32_t, float,
	   a >= 0x1p31f ? INT32_MAX : a > -0x1p31f ? (int32_t)a : a == a ? INT32_MIN : 0)
ISA_LANES1(v_cvt_u32_f32, uint32_t, float,
	   a >= 0x1p32f ? UINT32_MAX : a > 0 ? (uint32_t)a : 0)

static inline uint32_t i32(double a)
{
	const double limited = a < INT32_MAX ? a > INT32_MIN ? a : INT32_MIN : INT32_MAX;

	return (uint32_t)(int32_t)(a == a ? limited : 0);
}

/* The CPU has instructions for those with a sign. */
static inline uint32_t u32(double a)
{
	const double limited = a > 0 ? a < UINT32_MAX ? a : UINT32_MAX : 0;

	return (uint32_t)(int32_t)(__builtin_trunc(limited) - 0x1p31) ^ 0x80000000;
}

/* To the nearest, of two the greater one, and downwards, without MODE; the sum is near enough. */
ISA_LANES1(v_cvt_rpi_i32_f32, uint32_t, float, i32(__builtin_floor((double)a + 0.5)))
ISA_LANES1(v_cvt_flr_i32_f32, uint32_t, float, i32(__builtin_floor((double)a)))

#define FROM_F64(name, expr)								\
void do_##name(struct isa_lanes *l);							\
ISA_CLONES void do_##name(struct isa_lanes *l)						\
{											\
	const uint32_t *pa = l->src[0];							\
	uint32_t *d = l->dst;								\
											\
	ISA_LOOP									\
		d[i] = (expr);								\
}

FROM_F64(v_cvt_i32_f64, i32(isa_get_f64(pa, i)))
FROM_F64(v_cvt_u32_f64, u32(isa_get_f64(pa, i)))

#define TO_F64(name, expr)								\
void do_##name(struct isa_lanes *l);							\
ISA_CLONES void do_##name(struct isa_lanes *l)						\
{											\
	const uint32_t *pa = l->src[0];							\
	uint32_t *d = l->dst;								\
											\
	ISA_LOOP {									\
		const uint32_t a = pa[i];						\
											\
		isa_put_f64(d, i, (expr));						\
	}										\
}

TO_F64(v_cvt_f64_i32, (double)(int32_t)a)
TO_F64(v_cvt_f64_u32, (double)a)

/*
 * Between the formats rounding is that of F64, and denormals are the business of either's MODE.
 * The CPU makes NaNs quiet and keeps what fits of them.
 */
static ISA_CLONES void lanes_f32_f64(uint32_t *d, const uint32_t *pa)
{
	ISA_LOOP
		isa_put_f32(d, i, isa_get_f64(pa, i));
}

static ISA_CLONES void lanes_f64_f32(uint32_t *d, const uint32_t *pa)
{
	ISA_LOOP
		isa_put_f64(d, i, isa_get_f32(pa, i));
}

void do_v_cvt_f32_f64(struct isa_lanes *l);
void do_v_cvt_f32_f64(struct isa_lanes *l)
{
	uint32_t old = isa_change_mxcsr(l, (l->wave->mxcsr64 & ~ISA_MXCSR_FTZ) |
					(l->wave->mxcsr32 & ISA_MXCSR_FTZ));

	lanes_f32_f64(l->dst, l->src[0]);
	isa_change_mxcsr(l, old);
}

void do_v_cvt_f64_f32(struct isa_lanes *l);
void do_v_cvt_f64_f32(struct isa_lanes *l)
{
	uint32_t old = isa_change_mxcsr(l, l->wave->mxcsr32);

	lanes_f64_f32(l->dst, l->src[0]);
	isa_change_mxcsr(l, old);
}

/*
 * Rounded as MODE wants it, about which the manuals say nothing: next to a great number only the
 * whole part is left.
 */
static inline uint32_t u8(float a)
{
	const float limited = a > 0 ? a < 255 ? a : 255 : 0;

	return isa_bits32(limited + 0x1p23f) & 0xff;
}

static inline uint32_t snorm(float a)
{
	const float limited = a < 1 ? a > -1 ? a : -1 : 1;
	const double part = (double)(a == a ? limited : 0) * 32767;
	const uint64_t bits = isa_bits64(part + __builtin_copysign(0x1p52, part));

	return (bits & ISA_SIGN64 ? -(uint32_t)bits : (uint32_t)bits) & 0xffff;
}

static inline uint32_t unorm(float a)
{
	const float limited = a > 0 ? a < 1 ? a : 1 : 0;

	return isa_bits64((double)limited * 65535 + 0x1p52) & 0xffff;
}

/* A byte of c, which is the destination for the second one */
#define BYTE(b)	(((b) & 3) * 8)

ISA_LANES3(v_cvt_pk_u8_f32, uint32_t, float, uint32_t, uint32_t,
	   (c & ~(0xffu << BYTE(b))) | u8(a) << BYTE(b))
ISA_LANES3(v_cvt_pkaccum_u8_f32, uint32_t, float, uint32_t, uint32_t,
	   (c & ~(0xffu << BYTE(b))) | u8(a) << BYTE(b))
ISA_LANES2(v_cvt_pknorm_i16_f32, uint32_t, float, float, snorm(a) | snorm(b) << 16)
ISA_LANES2(v_cvt_pknorm_u16_f32, uint32_t, float, float, unorm(a) | unorm(b) << 16)
