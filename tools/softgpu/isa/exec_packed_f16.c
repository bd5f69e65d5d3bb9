// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of two F16 in a lane, of F16 and F32 mixed, and dot products of F16.
 */
#include "f16.h"

ISA_F16_ROW(v_pk_add_f16, isa_f16_add, 2, ISA_F16_PACKED)
ISA_F16_ROW(v_pk_mul_f16, isa_f16_mul, 2, ISA_F16_PACKED)
ISA_F16_ROW(v_pk_fma_f16, isa_f16_fma, 3, ISA_F16_PACKED)
ISA_F16_ROW(v_pk_fmac_f16, isa_f16_fma, 3, ISA_F16_PACKED)
ISA_F16_ROW(v_pk_min_f16, isa_f16_min, 2, ISA_F16_PACKED | ISA_F16_MINMAX)
ISA_F16_ROW(v_pk_max_f16, isa_f16_max, 2, ISA_F16_PACKED | ISA_F16_MINMAX)

/* Sources are F32 by now. */
isa_lanes_fn do_v_fma_f32;

/* The result of F32, with its own rounding and denormals, is rounded once more. */
static void mix_f16(struct isa_lanes *l)
{
	float values[ISA_LANES] __attribute__((aligned(64)));
	uint32_t *dst = l->dst;

	l->dst = (uint32_t *)values;
	isa_set_mxcsr(l->wave->run, l->wave->mxcsr32);
	do_v_fma_f32(l);
	isa_set_mxcsr(l->wave->run, l->wave->mxcsr64);
	isa_f16_store(l->wave, values, dst, 0);
}

#define ROW(name, function)			\
void do_##name(struct isa_lanes *l);		\
void do_##name(struct isa_lanes *l)		\
{						\
	function(l);				\
}

ROW(v_fma_mix_f32, do_v_fma_f32)
ROW(v_fma_mixlo_f16, mix_f16)
ROW(v_fma_mixhi_f16, mix_f16)

ISA_CLONES static bool sum3(float *restrict d, const float *restrict c,
			    const float *restrict products)
{
	uint32_t nan = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++) {
		d[i] = c[i] + products[2 * i] + products[2 * i + 1];
		nan |= d[i] != d[i];
	}
	return nan;
}

static void flush(float *values)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		values[i] = isa_flush32(values[i]);
}

/*
 * The products are exact, and each of the two sums is rounded. LLVM knows of gfx906 that it has
 * no denormals of F32 here, whatever MODE says.
 */
static void dot2(struct isa_lanes *l)
{
	bool no_denorm = l->wave->group->target == ISA_GFX906;
	float src[3][ISA_HALVES] __attribute__((aligned(64))), products[ISA_HALVES];
	float c[ISA_LANES], d[ISA_LANES];
	uint32_t quiet = isa_quiet32(l);

	isa_f16_load(l->wave, l->src[0], src[0], ISA_F16_PACKED);
	isa_f16_load(l->wave, l->src[1], src[1], ISA_F16_PACKED);
	memcpy(c, l->src[2], sizeof(c));
	if (no_denorm)
		flush(c);
	isa_f16_mul(products, src, ISA_HALVES);
	if (sum3(d, c, products)) {
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			const float *a = &src[0][2 * i], *b = &src[1][2 * i];
			float last = isa_nan_f32(b[0], b[1], c[i], quiet);

			if (d[i] != d[i])
				d[i] = isa_nan_f32(a[0], a[1], last, quiet);
		}
	}
	if (no_denorm)
		flush(d);
	memcpy(l->dst, d, sizeof(d));
}

ROW(v_dot2_f32_f16, dot2)
ROW(v_dot2c_f32_f16, dot2)
