// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Products of a sparse matrix and another one, V_SMFMAC. Of each four elements in a row of A two
 * are there, and two bits for each of these say which.
 *
 * Rounding and all else is as with V_MFMA (exec_mfma.c), but nothing is broadcast: cbsz and abid
 * choose among several sets of those bits in a register.
 */
#include <string.h>

#include "matrix.h"

/* Sixteen columns at a time, as gcc makes worse code for more. */
#define ROW(name, type, sum)								\
ISA_CLONES static void name(uint32_t *to, const uint32_t *from, const uint32_t *left,	\
			    const uint32_t *const *right, unsigned int num,		\
			    unsigned int n)						\
{											\
	for (unsigned int first = 0; first < n; first += 16) {				\
		type s[16];								\
											\
		for (unsigned int j = 0; j < 16; j++)					\
			s[j] = ((const type *)from)[first + j];				\
		for (unsigned int x = 0; x < num; x++) {				\
			const type *b = (const type *)right[x] + first;			\
			const type a = *(const type *)&left[x];				\
											\
			for (unsigned int j = 0; j < 16; j++)				\
				s[j] = sum(a, b[j], s[j]);				\
		}									\
		for (unsigned int j = 0; j < 16; j++)					\
			((type *)to)[first + j] = s[j];					\
	}										\
}

#define SUM_U32(a, b, s)	((a) * (b) + (s))

ROW(row_f32, float, __builtin_fmaf)
ROW(row_i32, uint32_t, SUM_U32)

/* A and the result have @n rows. */
static void smfmac(struct isa_wave *w, const struct isa_insn *insn, unsigned int n,
		   const struct isa_elements *left_type, const struct isa_elements *right_type)
{
	/* A lane has two registers of A and four of B. */
	unsigned int items = 64 / left_type->bits, sets = 16 / items;
	unsigned int shift = insn->cbsz & 3 ? 0 : insn->abid % sets * 2 * items;
	bool is_int = left_type == &isa_elements_i8;
	bool clamped = w->mode & ISA_MODE_FP16_OVFL;
	isa_row_fn *row = is_int ? clamped ? isa_row_clamped_i32 : row_i32 :
			  clamped ? isa_row_clamped_f32 : row_f32;
	uint32_t *d = isa_vreg(w, &insn->args[0]), index[ISA_LANES];
	union isa_items a, b;

	left_type->load(&a, isa_vreg(w, &insn->args[1]), items);
	right_type->load(&b, isa_vreg(w, &insn->args[2]), 2 * items);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		index[i] = isa_vreg(w, &insn->args[3])[i] >> shift;
	isa_matrix_begin(w);
	for (unsigned int i = 0; i < n; i++) {
		uint32_t *to = d + isa_matrix_item(n, n, 0, i) * ISA_LANES +
			       isa_matrix_lane(n, n, 0, i);
		const uint32_t *right[32];
		uint32_t left[32];
		unsigned int num = 0;

		for (unsigned int lane = i; lane < ISA_LANES; lane += n) {
			for (unsigned int x = 0; x < items; x++, num++) {
				unsigned int k = x / 2 * 4 + (index[lane] >> 2 * x & 3);

				left[num] = a.u[x][lane];
				right[num] = &b.u[k][lane - i];
			}
		}
		row(to, to, left, right, num, n);
	}
	isa_matrix_end(w);
	if (!is_int)
		isa_matrix_nans(d, n * n / ISA_LANES);
}

#define SMFMAC(name, n, left, right)							\
ISA_DO(v_smfmac_##name)									\
{											\
	smfmac(w, insn, n, &isa_elements_##left, &isa_elements_##right);		\
}

SMFMAC(f32_16x16x32_f16, 16, f16, f16)
SMFMAC(f32_32x32x16_f16, 32, f16, f16)
SMFMAC(f32_16x16x32_bf16, 16, bf16, bf16)
SMFMAC(f32_32x32x16_bf16, 32, bf16, bf16)
SMFMAC(i32_16x16x64_i8, 16, i8, i8)
SMFMAC(i32_32x32x32_i8, 32, i8, i8)
SMFMAC(f32_16x16x64_bf8_bf8, 16, bf8, bf8)
SMFMAC(f32_16x16x64_bf8_fp8, 16, bf8, fp8)
SMFMAC(f32_16x16x64_fp8_bf8, 16, fp8, bf8)
SMFMAC(f32_16x16x64_fp8_fp8, 16, fp8, fp8)
SMFMAC(f32_32x32x32_bf8_bf8, 32, bf8, bf8)
SMFMAC(f32_32x32x32_bf8_fp8, 32, bf8, fp8)
SMFMAC(f32_32x32x32_fp8_bf8, 32, fp8, bf8)
SMFMAC(f32_32x32x32_fp8_fp8, 32, fp8, fp8)
