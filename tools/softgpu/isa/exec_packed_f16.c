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
