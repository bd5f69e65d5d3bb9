/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Arithmetic of F16 in floats: what is behind exec_f16.c and its like.
 */
#ifndef SOFTGPU_ISA_F16_H
#define SOFTGPU_ISA_F16_H

#include "float.h"

/* Numbers in a register of packed ones */
#define ISA_HALVES	(2 * ISA_LANES)

/* F16 in the lower or in both halves of 64 lanes to floats and back, rounded as by the CPU */
void isa_f16_unpack(float *to, const uint32_t *from);
void isa_f16_unpack2(float *to, const uint32_t *from);
void isa_f16_pack(uint32_t *to, const float *from);
void isa_f16_pack2(uint32_t *to, const float *from);

/**
 * isa_f16_kernel - compute @num results
 * @d: where they go: floats that have all that the result depends on when they are rounded
 *	to F16. Infinity is not for what only is too large
 * @src: as many sources as the instruction has
 * @num: 64 or 128
 */
typedef void isa_f16_kernel(float *restrict d, const float (*restrict src)[ISA_HALVES],
			    unsigned int num);

/* Two numbers in each register */
#define ISA_F16_PACKED	1u
/* NaNs are the kernel's business, but for signalling ones as minima and maxima have them */
#define ISA_F16_MINMAX	2u
/* The NaN of an invalid operation is negative */
#define ISA_F16_NEG_NAN	4u
/* No denormals, whatever MODE says */
#define ISA_F16_FLUSH	8u
/* NaNs are the kernel's business */
#define ISA_F16_NAN	0x10u
/* MODE's rounding is not for it */
#define ISA_F16_NEAREST	0x20u
/* It is for the result only: gcc's ways to round to integers need the usual one. */
#define ISA_F16_EXACT	0x40u

/* Execute an instruction of F16 that has @num_src sources */
void isa_f16_run(struct isa_lanes *l, isa_f16_kernel *kernel, unsigned int num_src,
		 unsigned int flags);

/* Sources and results as MODE says; @from of the latter is changed */
void isa_f16_load(const struct isa_wave *w, const uint32_t *from, float *to, unsigned int flags);
void isa_f16_store(const struct isa_wave *w, float *from, uint32_t *to, unsigned int flags);

isa_f16_kernel isa_f16_add, isa_f16_mul, isa_f16_fma, isa_f16_min, isa_f16_max;

/* Floats in the order of integers, with the negative zero before the other one */
static inline int32_t isa_order(float value)
{
	uint32_t bits = isa_bits32(value);

	return bits ^ ((uint32_t)((int32_t)bits >> 31) >> 1);
}

/* A NaN gives way to a number, the first one of two to the other one. */
static inline float isa_lesser(float a, float b)
{
	return a != a ? b : b != b || isa_order(a) < isa_order(b) ? a : b;
}

static inline float isa_greater(float a, float b)
{
	return a != a ? b : b != b || isa_order(a) > isa_order(b) ? a : b;
}

/*
 * A kernel whose result is an expression of a, b and c. gcc makes vector code of the loop.
 */
#define ISA_F16_KERNEL(linkage, name, expr)						\
ISA_CLONES linkage void name(float *restrict d, const float (*restrict src)[ISA_HALVES],	\
			     unsigned int num)						\
{											\
	for (unsigned int i = 0; i < num; i++) {					\
		const float a = src[0][i], b __attribute__((unused)) = src[1][i];	\
		const float c __attribute__((unused)) = src[2][i];			\
											\
		d[i] = (expr);								\
	}										\
}

#define ISA_F16_ROW(name, kernel, num_src, flags)					\
void do_##name(struct isa_lanes *l);							\
void do_##name(struct isa_lanes *l)							\
{											\
	isa_f16_run(l, kernel, num_src, flags);						\
}

#endif
