// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Products of matrices, V_MFMA.
 *
 * What lives here: layouts, the broadcasts of cbsz, abid and blgp, and sums of products. What
 * does not: elements of any type (matrix.c), sparse matrices (exec_smfmac.c).
 *
 * All lanes take part, whatever EXEC says. MODE is of no effect but for FP16_OVFL: results are
 * rounded to the nearest, with denormals. The manuals leave it open how often a sum is rounded;
 * here it is after each product, in the order of k, from C on.
 *
 * The manual of CDNA3 and AMD's "matrix instruction calculator" differ in two places, where this
 * is as the latter has it: the four results of V_MFMA_F64_4X4X4 are beside each other in each row,
 * and cbsz makes groups of neighbouring blocks, each of which has a block of its own.
 */
#include "float.h"
#include "matrix.h"

/**
 * struct shape - a product
 * @m: rows of A
 * @n: columns of B
 * @k: columns of A
 * @blocks: so many products are beside each other
 */
struct shape {
	unsigned int m, n, k, blocks;
};

/* @c is of one item if @step is 0; else it may be @d. */
typedef void multiply_fn(uint32_t *d, const uint32_t *c, unsigned int step,
			 const union isa_items *a, const union isa_items *b);

/**
 * struct product - an instruction
 * @shape: its matrices
 * @multiply: what computes it
 * @clamped: the same of a row, with FP16_OVFL
 * @a: the elements of A
 * @b: those of B
 */
struct product {
	struct shape shape;
	multiply_fn *multiply;
	isa_row_fn *clamped;
	const struct isa_elements *a, *b;
};

/* How many elements of A or B a lane has */
static inline __attribute__((always_inline)) unsigned int per_lane(const struct shape *s)
{
	return s->k * s->m * s->blocks / ISA_LANES;
}

/*
 * A and B have their rows and columns beside each other in lanes, then blocks, then what of k is
 * too much for a lane. That all numbers are constants makes the loop over columns vector code.
 */
#define MULTIPLY(type, field, sum, m, n, k, blocks)						\
ISA_CLONES static void type##_##m##x##n##x##k##x##blocks(uint32_t *d, const uint32_t *c,	\
							 unsigned int step,			\
							 const union isa_items *restrict a,	\
							 const union isa_items *restrict b)	\
{												\
	enum { per = (k) * (m) * (blocks) / ISA_LANES };					\
												\
	for (unsigned int row = 0; row < (m) * (blocks); row++) {				\
		const unsigned int block = row / (m), r = row % (m);				\
		const unsigned int item = isa_matrix_item(m, n, block, r);			\
		const unsigned int lane = isa_matrix_lane(m, n, block, r);			\
		type *to = (type *)d + item * ISA_LANES + lane;					\
		const type *from = (const type *)c + item * step + lane;			\
		type left[k];									\
												\
		for (unsigned int x = 0; x < (k); x++)						\
			left[x] = a->field[x % per][row + x / per * (m) * (blocks)];		\
		_Pragma("GCC ivdep")								\
		for (unsigned int j = 0; j < (n); j++) {					\
			type s = from[j];							\
												\
			_Pragma("GCC unroll 32")						\
			for (unsigned int x = 0; x < (k); x++)					\
				s = sum(left[x], b->field[x % per]				\
					[j + (n) * (block + (blocks) * (x / per))], s);		\
			to[j] = s;								\
		}										\
	}											\
}

#define SUM_U32(a, b, s)	((a) * (b) + (s))
#define MULTIPLY_F32(...)	MULTIPLY(float, f, __builtin_fmaf, __VA_ARGS__)
#define MULTIPLY_I32(...)	MULTIPLY(uint32_t, u, SUM_U32, __VA_ARGS__)

MULTIPLY_F32(32, 32, 1, 2)
MULTIPLY_F32(16, 16, 1, 4)
MULTIPLY_F32(4, 4, 1, 16)
MULTIPLY_F32(32, 32, 2, 1)
MULTIPLY_F32(16, 16, 4, 1)
MULTIPLY_F32(32, 32, 4, 1)
MULTIPLY_F32(16, 16, 8, 1)
MULTIPLY_F32(32, 32, 4, 2)
MULTIPLY_F32(16, 16, 4, 4)
MULTIPLY_F32(4, 4, 4, 16)
MULTIPLY_F32(32, 32, 8, 1)
MULTIPLY_F32(16, 16, 16, 1)
MULTIPLY_F32(16, 16, 32, 1)
MULTIPLY_F32(32, 32, 16, 1)
MULTIPLY_I32(32, 32, 4, 2)
MULTIPLY_I32(16, 16, 4, 4)
MULTIPLY_I32(4, 4, 4, 16)
MULTIPLY_I32(32, 32, 16, 1)
MULTIPLY_I32(16, 16, 32, 1)

/* The same for FP16_OVFL */
static void multiply_clamped(const struct product *p, uint32_t *d, const uint32_t *c,
			     unsigned int step, const union isa_items *a,
			     const union isa_items *b)
{
	const struct shape *s = &p->shape;
	unsigned int per = per_lane(s);
	const uint32_t *right[32];
	uint32_t left[32];

	for (unsigned int row = 0; row < s->m * s->blocks; row++) {
		unsigned int block = row / s->m, i = row % s->m;
		unsigned int item = isa_matrix_item(s->m, s->n, block, i);
		unsigned int lane = isa_matrix_lane(s->m, s->n, block, i);

		for (unsigned int x = 0; x < s->k; x++) {
			unsigned int column = s->blocks * (x / per);

			left[x] = a->u[x % per][row + s->m * column];
			right[x] = &b->u[x % per][s->n * (block + column)];
		}
		p->clamped(d + item * ISA_LANES + lane, c + item * step + lane, left, right, s->k,
			   s->n);
	}
}

/* Lanes of B that blgp says */
static unsigned int blgp_lane(unsigned int blgp, unsigned int lane)
{
	switch (blgp) {
	case 0:
		return lane;
	case 1:
	case 2:
		return lane % 32 + (blgp - 1) * 32;
	case 3:
		return (lane + 16) % ISA_LANES;
	default:
		return lane % 16 + (blgp - 4) * 16;
	}
}

/* Lanes of A, where one block of each group of 1 << cbsz is that of all */
static unsigned int cbsz_lane(const struct shape *s, const struct isa_insn *insn,
			      unsigned int lane)
{
	unsigned int block = lane / s->m % s->blocks;
	unsigned int first = block & ~((1u << insn->cbsz) - 1);
	unsigned int other = (first + insn->abid) % s->blocks;

	return lane + other * s->m - block * s->m;
}

static void load(const struct isa_wave *w, const struct isa_insn *insn, const struct shape *s,
		 const struct isa_elements *type, unsigned int n, union isa_items *items)
{
	unsigned int num = per_lane(s);
	union isa_items old;

	type->load(items, isa_vreg(w, &insn->args[1 + n]), num);
	if (!(n ? insn->blgp : insn->cbsz))
		return;
	old = *items;
	for (unsigned int lane = 0; lane < ISA_LANES; lane++) {
		unsigned int from = n ? blgp_lane(insn->blgp, lane) : cbsz_lane(s, insn, lane);

		for (unsigned int item = 0; item < num; item++)
			items->u[item][lane] = old.u[item][from];
	}
}

/* C as it is before D is written. Return: the step from an item to the next */
static unsigned int load_c(const struct isa_wave *w, const struct isa_insn *insn,
			   unsigned int items, uint32_t *tmp, const uint32_t **c)
{
	const struct isa_operand *arg = &insn->args[3];

	*c = tmp;
	if (arg->kind == ISA_CONST) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			tmp[i] = arg->value;
		return 0;
	}
	if (isa_vreg(w, arg) == isa_vreg(w, &insn->args[0]))
		*c = isa_vreg(w, arg);
	else
		memcpy(tmp, isa_vreg(w, arg), items * ISA_VGPR_SIZE);
	return ISA_LANES;
}

static void mfma(struct isa_wave *w, const struct isa_insn *insn, const struct product *p)
{
	unsigned int items = p->shape.m * p->shape.n * p->shape.blocks / ISA_LANES, step;
	uint32_t tmp[ISA_MATRIX_RESULTS * ISA_LANES] __attribute__((aligned(64)));
	uint32_t *d = isa_vreg(w, &insn->args[0]);
	union isa_items a, b;
	const uint32_t *c;

	load(w, insn, &p->shape, p->a, 0, &a);
	load(w, insn, &p->shape, p->b, 1, &b);
	step = load_c(w, insn, items, tmp, &c);
	isa_matrix_begin(w);
	if (w->mode & ISA_MODE_FP16_OVFL)
		multiply_clamped(p, d, c, step, &a, &b);
	else
		p->multiply(d, c, step, &a, &b);
	isa_matrix_end(w);
	if (p->a != &isa_elements_i8)
		isa_matrix_nans(d, items);
}

#define MFMA_F32(name, m, n, k, blocks, left, right)				\
ISA_DO(v_mfma_f32_##name)							\
{										\
	static const struct product product = {					\
		.shape = { m, n, k, blocks }, .clamped = isa_row_clamped_f32,	\
		.multiply = float_##m##x##n##x##k##x##blocks,			\
		.a = &isa_elements_##left, .b = &isa_elements_##right,		\
	};									\
										\
	mfma(w, insn, &product);						\
}

#define MFMA_I32(name, m, n, k, blocks)						\
ISA_DO(v_mfma_i32_##name)							\
{										\
	static const struct product product = {					\
		.shape = { m, n, k, blocks }, .clamped = isa_row_clamped_i32,	\
		.multiply = uint32_t_##m##x##n##x##k##x##blocks,		\
		.a = &isa_elements_i8, .b = &isa_elements_i8,			\
	};									\
										\
	mfma(w, insn, &product);						\
}

MFMA_F32(32x32x1_2b_f32, 32, 32, 1, 2, f32, f32)
MFMA_F32(16x16x1_4b_f32, 16, 16, 1, 4, f32, f32)
MFMA_F32(4x4x1_16b_f32, 4, 4, 1, 16, f32, f32)
MFMA_F32(32x32x2_f32, 32, 32, 2, 1, f32, f32)
MFMA_F32(16x16x4_f32, 16, 16, 4, 1, f32, f32)
MFMA_F32(32x32x4_xf32, 32, 32, 4, 1, xf32, xf32)
MFMA_F32(16x16x8_xf32, 16, 16, 8, 1, xf32, xf32)
MFMA_F32(32x32x4_2b_f16, 32, 32, 4, 2, f16, f16)
MFMA_F32(16x16x4_4b_f16, 16, 16, 4, 4, f16, f16)
MFMA_F32(4x4x4_16b_f16, 4, 4, 4, 16, f16, f16)
MFMA_F32(32x32x8_f16, 32, 32, 8, 1, f16, f16)
MFMA_F32(16x16x16_f16, 16, 16, 16, 1, f16, f16)
MFMA_F32(32x32x4_2b_bf16, 32, 32, 4, 2, bf16, bf16)
MFMA_F32(16x16x4_4b_bf16, 16, 16, 4, 4, bf16, bf16)
MFMA_F32(4x4x4_16b_bf16, 4, 4, 4, 16, bf16, bf16)
MFMA_F32(32x32x8_bf16, 32, 32, 8, 1, bf16, bf16)
MFMA_F32(16x16x16_bf16, 16, 16, 16, 1, bf16, bf16)
MFMA_F32(16x16x32_bf8_bf8, 16, 16, 32, 1, bf8, bf8)
MFMA_F32(16x16x32_bf8_fp8, 16, 16, 32, 1, bf8, fp8)
MFMA_F32(16x16x32_fp8_bf8, 16, 16, 32, 1, fp8, bf8)
MFMA_F32(16x16x32_fp8_fp8, 16, 16, 32, 1, fp8, fp8)
MFMA_F32(32x32x16_bf8_bf8, 32, 32, 16, 1, bf8, bf8)
MFMA_F32(32x32x16_bf8_fp8, 32, 32, 16, 1, bf8, fp8)
MFMA_F32(32x32x16_fp8_bf8, 32, 32, 16, 1, fp8, bf8)
MFMA_F32(32x32x16_fp8_fp8, 32, 32, 16, 1, fp8, fp8)
MFMA_I32(32x32x4_2b_i8, 32, 32, 4, 2)
MFMA_I32(16x16x4_4b_i8, 16, 16, 4, 4)
MFMA_I32(4x4x4_16b_i8, 4, 4, 4, 16)
MFMA_I32(32x32x16_i8, 32, 32, 16, 1)
MFMA_I32(16x16x32_i8, 16, 16, 32, 1)

/* As many doubles as there are lanes; neg:[a,b,c] of the instruction changes the sign. */
static void load_f64(const struct isa_wave *w, const struct isa_insn *insn, unsigned int n,
		     unsigned int item, double *to)
{
	const struct isa_operand *arg = &insn->args[1 + n];
	uint64_t sign = insn->neg_lo >> n & 1 ? ISA_SIGN64 : 0;
	const uint32_t *from;

	if (arg->kind == ISA_CONST) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			to[i] = isa_f64(arg->value ^ sign);
		return;
	}
	from = isa_vreg(w, arg) + 2 * item * ISA_LANES;
	ISA_LOOP
		to[i] = isa_f64(isa_get64(from, i) ^ sign);
}

/* Rows of all blocks are beside each other, which is how the results are in lanes. */
#define MULTIPLY_F64(m, n, k, blocks)							\
ISA_CLONES static void double_##m##x##n##x##k##x##blocks(double *restrict d,		\
							 const double *restrict a,	\
							 const double *restrict b)	\
{											\
	for (unsigned int row = 0; row < (m) * (blocks); row++) {			\
		const unsigned int i = row / (blocks), block = row % (blocks);		\
		double *to = d + row * (n);						\
											\
		for (unsigned int j = 0; j < (n); j++) {				\
			double s = to[j];						\
											\
			_Pragma("GCC unroll 4")						\
			for (unsigned int x = 0; x < (k); x++)				\
				s = __builtin_fma(a[i + (m) * (block + (blocks) * x)],	\
						  b[j + (n) * (block + (blocks) * x)],	\
						  s);					\
			to[j] = s;							\
		}									\
	}										\
}

MULTIPLY_F64(16, 16, 4, 1)
MULTIPLY_F64(4, 4, 4, 4)

static void mfma_f64(struct isa_wave *w, const struct isa_insn *insn, unsigned int items,
		     void (*multiply)(double *restrict d, const double *restrict a,
				      const double *restrict b))
{
	double a[ISA_LANES], b[ISA_LANES], d[4][ISA_LANES];
	uint32_t *to = isa_vreg(w, &insn->args[0]);

	load_f64(w, insn, 0, 0, a);
	load_f64(w, insn, 1, 0, b);
	for (unsigned int item = 0; item < items; item++)
		load_f64(w, insn, 2, item, d[item]);
	isa_matrix_begin(w);
	multiply(d[0], a, b);
	isa_matrix_end(w);
	for (unsigned int item = 0; item < items; item++, to += 2 * ISA_LANES) {
		ISA_LOOP
			isa_put_f64(to, i, d[item][i] == d[item][i] ? d[item][i] :
					   isa_f64(ISA_NAN64));
	}
}

ISA_DO(v_mfma_f64_16x16x4_f64)
{
	mfma_f64(w, insn, 4, double_16x16x4x1);
}

ISA_DO(v_mfma_f64_4x4x4_4b_f64)
{
	mfma_f64(w, insn, 1, double_4x4x4x4);
}
