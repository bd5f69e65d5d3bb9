// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Elements of matrices from registers, and what is around their products.
 *
 * What does not live here: layouts and products (exec_mfma.c, exec_smfmac.c).
 */
#include "f16.h"
#include "fp8.h"
#include "matrix.h"

#define LOAD(name, size, per_reg, field, expr)						\
ISA_CLONES static void load_##name(union isa_items *items, const uint32_t *regs,	\
				   unsigned int num)					\
{											\
	for (unsigned int item = 0; item < num; item++) {				\
		const uint32_t *from = regs + item / (per_reg) * ISA_LANES;		\
		unsigned int shift = item % (per_reg) * (size);				\
											\
		ISA_LOOP {								\
			const uint32_t v = from[i] >> shift;				\
											\
			items->field[item][i] = (expr);					\
		}									\
	}										\
}											\
											\
const struct isa_elements isa_elements_##name = { size, load_##name };

LOAD(f32, 32, 1, u, v)
/* Of their mantissa the upper 10 bits are used: no manual says what becomes of the rest. */
LOAD(xf32, 32, 1, u, v & ~0x1fffu)
LOAD(bf16, 16, 2, u, v << 16)
LOAD(fp8, 8, 4, f, isa_from_fp8(v & 0xff))
LOAD(bf8, 8, 4, f, isa_from_bf8(v & 0xff))
LOAD(i8, 8, 4, u, (uint32_t)(int8_t)v)

static void load_f16(union isa_items *items, const uint32_t *regs, unsigned int num)
{
	uint32_t high[ISA_LANES];

	for (unsigned int item = 0; item < num; item += 2, regs += ISA_LANES) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			high[i] = regs[i] >> 16;
		isa_f16_unpack(items->f[item], regs);
		isa_f16_unpack(items->f[item + 1], high);
	}
}

const struct isa_elements isa_elements_f16 = { 16, load_f16 };

/* What is infinite by its elements stays so. */
void isa_row_clamped_f32(uint32_t *to, const uint32_t *from, const uint32_t *left,
			 const uint32_t *const *right, unsigned int num, unsigned int n)
{
	for (unsigned int j = 0; j < n; j++) {
		float sum = isa_f32(from[j]);
		bool finite = __builtin_isfinite(sum);

		for (unsigned int x = 0; x < num; x++) {
			float a = isa_f32(left[x]), b = isa_f32(right[x][j]);

			finite = finite && __builtin_isfinite(a) && __builtin_isfinite(b);
			sum = __builtin_fmaf(a, b, sum);
		}
		if (finite && __builtin_isinf(sum))
			sum = __builtin_copysignf(__FLT_MAX__, sum);
		to[j] = isa_bits32(sum);
	}
}

void isa_row_clamped_i32(uint32_t *to, const uint32_t *from, const uint32_t *left,
			 const uint32_t *const *right, unsigned int num, unsigned int n)
{
	for (unsigned int j = 0; j < n; j++) {
		int64_t sum = (int32_t)from[j];

		for (unsigned int x = 0; x < num; x++)
			sum += (int64_t)(int32_t)left[x] * (int32_t)right[x][j];
		to[j] = sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : sum;
	}
}

void isa_matrix_begin(struct isa_wave *w)
{
	isa_set_mxcsr(w->run, 0x1f80);
}

void isa_matrix_end(struct isa_wave *w)
{
	isa_set_mxcsr(w->run, w->mxcsr32);
}

ISA_CLONES void isa_matrix_nans(uint32_t *result, unsigned int items)
{
	const float *values = (const float *)result;
	uint32_t nan = 0;

	for (unsigned int i = 0; i < items * ISA_LANES; i++)
		nan |= values[i] != values[i] ? ~0u : 0;
	if (!nan)
		return;
	for (unsigned int i = 0; i < items * ISA_LANES; i++)
		result[i] = (result[i] & ~ISA_SIGN32) > ISA_INF32 ? ISA_NAN32 : result[i];
}
