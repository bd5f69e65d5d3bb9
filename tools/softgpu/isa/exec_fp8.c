// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Conversions from and to floats of 8 bits.
 */
#include "fp8.h"

#define FROM(name, convert)							\
void do_v_cvt_f32_##name(struct isa_lanes *l);					\
ISA_CLONES void do_v_cvt_f32_##name(struct isa_lanes *l)			\
{										\
	const uint32_t *a = l->src[0];						\
	uint32_t *d = l->dst;							\
										\
	ISA_LOOP								\
		isa_put_f32(d, i, convert(a[i] & 0xff));			\
}										\
										\
void do_v_cvt_pk_f32_##name(struct isa_lanes *l);				\
ISA_CLONES void do_v_cvt_pk_f32_##name(struct isa_lanes *l)			\
{										\
	const uint32_t *a = l->src[0];						\
	uint32_t *d = l->dst;							\
										\
	ISA_LOOP {								\
		const uint32_t both = a[i];					\
										\
		isa_put_f32(d, i, convert(both & 0xff));			\
		isa_put_f32(d, ISA_LANES + i, convert(both >> 8 & 0xff));	\
	}									\
}

FROM(fp8, isa_from_fp8)
FROM(bf8, isa_from_bf8)

/*
 * To the nearest. What is too large is the NaN, or with FP16_OVFL the greatest number, also if
 * it is infinite. Denormals are where the float's last bits are those of @denormal.
 */
static inline uint32_t to8(float value, unsigned int mantissa, unsigned int bias, bool clamp)
{
	const float denormal = isa_f32((127 + 24 - bias - mantissa) << 23);
	uint32_t size = isa_bits32(value) & ~ISA_SIGN32, sign = isa_bits32(value) >> 24 & 0x80;
	uint32_t even = size >> (23 - mantissa) & 1;
	uint32_t rounded = (size + (1u << (22 - mantissa)) - 1 + even) >> (23 - mantissa);
	uint32_t code = rounded - ((127 - bias) << mantissa);

	if (size < (127 + 1 - bias) << 23)
		code = isa_bits32(isa_f32(size) + denormal) - isa_bits32(denormal);
	if (code > 0x7f)
		code = clamp ? 0x7f : ISA_NAN8;
	if (size > ISA_INF32)
		code = ISA_NAN8;
	return code ? code | sign : 0;
}

#define TO(name, mantissa, bias)						\
ISA_CLONES static void to_##name(uint32_t *d, const uint32_t *a,		\
				 const uint32_t *b, bool clamp)			\
{										\
	ISA_LOOP								\
		d[i] = to8(isa_f32(a[i]), mantissa, bias, clamp) |		\
		       to8(isa_f32(b[i]), mantissa, bias, clamp) << 8;		\
}										\
										\
void do_v_cvt_pk_##name##_f32(struct isa_lanes *l);				\
void do_v_cvt_pk_##name##_f32(struct isa_lanes *l)				\
{										\
	isa_set_mxcsr(l->wave->run, 0x1f80);					\
	to_##name(l->dst, l->src[0], l->src[1],					\
		  l->wave->mode & ISA_MODE_FP16_OVFL);				\
	isa_set_mxcsr(l->wave->run, l->wave->mxcsr32);				\
}

TO(fp8, ISA_FP8_MANTISSA, ISA_FP8_BIAS)
TO(bf8, ISA_BF8_MANTISSA, ISA_BF8_BIAS)
