/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What the instructions that multiply matrices have in common.
 *
 * The registers of a source are items: arrays of 64 lanes, one for each element that a lane has,
 * as floats or as integers.
 */
#ifndef SOFTGPU_ISA_MATRIX_H
#define SOFTGPU_ISA_MATRIX_H

#include "exec.h"

/* The most items of a source, and of a destination */
#define ISA_MATRIX_ITEMS	16
#define ISA_MATRIX_RESULTS	32

/**
 * union isa_items - the elements of a source in lanes
 * @f: floats
 * @u: integers, or the bits of floats
 */
union isa_items {
	float f[ISA_MATRIX_ITEMS][ISA_LANES] __attribute__((aligned(64)));
	uint32_t u[ISA_MATRIX_ITEMS][ISA_LANES];
};

/**
 * struct isa_elements - a type of elements
 * @bits: the size of one
 * @load: items from as many registers
 */
struct isa_elements {
	unsigned int bits;
	void (*load)(union isa_items *items, const uint32_t *regs, unsigned int num);
};

extern const struct isa_elements isa_elements_f32, isa_elements_xf32, isa_elements_f16,
	isa_elements_bf16, isa_elements_fp8, isa_elements_bf8, isa_elements_i8;

/**
 * isa_row_fn - add products to a row of a result
 * @to: the row
 * @from: what it was
 * @left: elements of a row of A
 * @right: for each of these the row of B that it is multiplied with
 * @num: how many there are
 * @n: columns
 */
typedef void isa_row_fn(uint32_t *to, const uint32_t *from, const uint32_t *left,
			const uint32_t *const *right, unsigned int num, unsigned int n);

/* With what FP16_OVFL makes of sums that are too large */
isa_row_fn isa_row_clamped_f32, isa_row_clamped_i32;

/* Between them sums are rounded to the nearest, with denormals. */
void isa_matrix_begin(struct isa_wave *w);
void isa_matrix_end(struct isa_wave *w);

/* NaNs in a result of F32 are all the same. */
void isa_matrix_nans(uint32_t *result, unsigned int items);

/*
 * Of which items and lanes an element of the result is: @i is its row, @block its matrix of
 * some, which have @m rows and @n columns. Groups of four rows are beside each other.
 */
static inline __attribute__((always_inline))
unsigned int isa_matrix_item(unsigned int m, unsigned int n, unsigned int block, unsigned int i)
{
	unsigned int group = block * (m / 4) + i / 4;

	return group / (ISA_LANES / n) * 4 + i % 4;
}

static inline __attribute__((always_inline))
unsigned int isa_matrix_lane(unsigned int m, unsigned int n, unsigned int block, unsigned int i)
{
	unsigned int group = block * (m / 4) + i / 4;

	return group % (ISA_LANES / n) * n;
}

#endif
