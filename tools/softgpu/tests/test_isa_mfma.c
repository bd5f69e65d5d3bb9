// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Products of matrices: three loops over matrices of doubles, filled from and compared with what
 * the lanes have.
 */
#include <errno.h>

#include "matrices.h"

static const struct row {
	const char *name;
	unsigned int m, k, blocks;
	enum element a, b;
} rows[] = {
	{ "v_mfma_f32_32x32x1_2b_f32", 32, 1, 2, F32, F32 },
	{ "v_mfma_f32_16x16x1_4b_f32", 16, 1, 4, F32, F32 },
	{ "v_mfma_f32_4x4x1_16b_f32", 4, 1, 16, F32, F32 },
	{ "v_mfma_f32_32x32x2_f32", 32, 2, 1, F32, F32 },
	{ "v_mfma_f32_16x16x4_f32", 16, 4, 1, F32, F32 },
	{ "v_mfma_f32_32x32x4_xf32", 32, 4, 1, XF32, XF32 },
	{ "v_mfma_f32_16x16x8_xf32", 16, 8, 1, XF32, XF32 },
	{ "v_mfma_f32_32x32x4_2b_f16", 32, 4, 2, F16, F16 },
	{ "v_mfma_f32_16x16x4_4b_f16", 16, 4, 4, F16, F16 },
	{ "v_mfma_f32_4x4x4_16b_f16", 4, 4, 16, F16, F16 },
	{ "v_mfma_f32_32x32x8_f16", 32, 8, 1, F16, F16 },
	{ "v_mfma_f32_16x16x16_f16", 16, 16, 1, F16, F16 },
	{ "v_mfma_f32_32x32x4_2b_bf16", 32, 4, 2, BF16, BF16 },
	{ "v_mfma_f32_16x16x4_4b_bf16", 16, 4, 4, BF16, BF16 },
	{ "v_mfma_f32_4x4x4_16b_bf16", 4, 4, 16, BF16, BF16 },
	{ "v_mfma_f32_32x32x8_bf16", 32, 8, 1, BF16, BF16 },
	{ "v_mfma_f32_16x16x16_bf16", 16, 16, 1, BF16, BF16 },
	{ "v_mfma_f32_16x16x32_bf8_bf8", 16, 32, 1, BF8, BF8 },
	{ "v_mfma_f32_16x16x32_bf8_fp8", 16, 32, 1, BF8, FP8 },
	{ "v_mfma_f32_16x16x32_fp8_bf8", 16, 32, 1, FP8, BF8 },
	{ "v_mfma_f32_16x16x32_fp8_fp8", 16, 32, 1, FP8, FP8 },
	{ "v_mfma_f32_32x32x16_bf8_bf8", 32, 16, 1, BF8, BF8 },
	{ "v_mfma_f32_32x32x16_bf8_fp8", 32, 16, 1, BF8, FP8 },
	{ "v_mfma_f32_32x32x16_fp8_bf8", 32, 16, 1, FP8, BF8 },
	{ "v_mfma_f32_32x32x16_fp8_fp8", 32, 16, 1, FP8, FP8 },
	{ "v_mfma_i32_32x32x4_2b_i8", 32, 4, 2, I8, I8 },
	{ "v_mfma_i32_16x16x4_4b_i8", 16, 4, 4, I8, I8 },
	{ "v_mfma_i32_4x4x4_16b_i8", 4, 4, 16, I8, I8 },
	{ "v_mfma_i32_32x32x16_i8", 32, 16, 1, I8, I8 },
	{ "v_mfma_i32_16x16x32_i8", 16, 32, 1, I8, I8 },
	{ "v_mfma_f64_16x16x4_f64", 16, 4, 1, F64, F64 },
	{ "v_mfma_f64_4x4x4_4b_f64", 4, 4, 4, F64, F64 },
};

#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

/* Matrices as they are written, by block, row and column, with bounds for rounding */
static struct {
	double a[16][32][32], b[16][32][32], d[16][32][32], size[16][32][32];
} host;

/* C, which has the type of the result */
static uint64_t random_c(const struct row *row)
{
	double value = (int)(random32() % 201) - 100;
	float single = value;
	uint64_t bits = 0;

	if (row->a == I8)
		return random32() % 201;
	if (row->a == F64)
		memcpy(&bits, &value, 8);
	else
		memcpy(&bits, &single, 4);
	return bits;
}

static double result_value(const struct row *row, uint64_t bits)
{
	return row->a == I8 ? (int32_t)bits : element_value(row->a == F64 ? F64 : F32, bits);
}

/* Both sources have the same layout: a column of B is as a row of A. */
static void fill(struct machine *m, const struct row *row, unsigned int reg, enum element e,
		 bool integer, double (*matrix)[32][32])
{
	unsigned int items = row->k * row->m * row->blocks / ISA_LANES;

	for (unsigned int lane = 0; lane < ISA_LANES; lane++) {
		for (unsigned int item = 0; item < items; item++) {
			unsigned int i = lane % row->m, block = lane / row->m % row->blocks;
			unsigned int k = lane / (row->m * row->blocks) * items + item;
			uint64_t bits = element_random(e, integer);

			set_element(m, reg, lane, element_bits(e), item, bits);
			matrix[block][i][k] = element_value(e, bits);
		}
	}
}

static void load_d(struct machine *m, const struct row *row, unsigned int reg,
		   double (*matrix)[32][32], bool random)
{
	bool is_f64 = row->a == F64;
	unsigned int regs = row->m * row->m * row->blocks / ISA_LANES, block, i, j;

	for (unsigned int lane = 0; lane < ISA_LANES; lane++) {
		for (unsigned int r = 0; r < regs; r++) {
			if (random)
				set_element(m, reg, lane, is_f64 ? 64 : 32, r, random_c(row));
			result_place(row->m, is_f64, r, lane, &block, &i, &j);
			matrix[block][i][j] = result_value(row,
					get_element(m, reg, lane, is_f64 ? 64 : 32, r));
		}
	}
}

/* host.d gets what is to come */
static void multiply(const struct row *row)
{
	for (unsigned int block = 0; block < row->blocks; block++) {
		for (unsigned int i = 0; i < row->m; i++) {
			for (unsigned int j = 0; j < row->m; j++) {
				double *sum = &host.d[block][i][j], size = fabs(*sum);

				for (unsigned int k = 0; k < row->k; k++) {
					double part = host.a[block][i][k] * host.b[block][j][k];

					*sum += part;
					size += fabs(part);
				}
				host.size[block][i][j] = size;
			}
		}
	}
}

static void compare(struct machine *m, const struct row *row, unsigned int reg, bool exact)
{
	static double got[16][32][32];

	load_d(m, row, reg, got, false);
	for (unsigned int block = 0; block < row->blocks; block++) {
		for (unsigned int i = 0; i < row->m; i++) {
			for (unsigned int j = 0; j < row->m; j++) {
				double error = fabs(got[block][i][j] - host.d[block][i][j]);
				double bound = host.size[block][i][j] * row->k *
					       (row->a == F64 ? 0x1p-53 : 0x1p-24);

				if (!(error <= (exact ? 0 : bound)))
					fail_msg("%s block %u row %u column %u: %g, not %g",
						 row->name, block, i, j, got[block][i][j],
						 host.d[block][i][j]);
			}
		}
	}
}

static void check_row(struct machine *m, const struct row *row, bool integer, bool in_place)
{
	struct isa_insn *in = insn(m, row->name);

	/* The 32 registers of a result are too many for where insn() puts others. */
	in->args[0] = vgpr(in->args[0].type, 160);
	in->args[3] = vgpr(in->args[3].type, in_place ? 160 : 200);
	fill(m, row, VSRC(0), row->a, integer, host.a);
	fill(m, row, VSRC(1), row->b, integer, host.b);
	load_d(m, row, in->args[3].reg, host.d, true);
	multiply(row);
	/* Not for matrices */
	set_exec(m, random64());
	execute(m);
	compare(m, row, 160, integer || row->a == I8);
}

static void test_products(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < NUM_ROWS; i++) {
		for (unsigned int n = 0; n < 8; n++)
			check_row(m, &rows[i], n & 1, n & 2);
	}
	machine_free(m);
}

/* Sources and results in AGPRs, and C a constant */
static void test_places(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	const struct row *row = &rows[10];
	struct isa_insn *in = insn(m, row->name);

	(void)state;
	assert_string_equal(row->name, "v_mfma_f32_32x32x8_f16");
	fill(m, row, VSRC(0), F16, true, host.a);
	fill(m, row, VSRC(1), F16, true, host.b);
	for (unsigned int n = 0; n < 3; n++)
		in->args[n].kind = ISA_AGPR;
	memcpy(acc(m, VSRC(0)), v(m, VSRC(0)), 2 * ISA_VGPR_SIZE);
	memcpy(acc(m, VSRC(1)), v(m, VSRC(1)), 2 * ISA_VGPR_SIZE);
	memset(v(m, VSRC(0)), 0x55, 2 * ISA_VGPR_SIZE);
	in->args[3] = constant(in->args[3].type, 0x40000000);
	for (unsigned int n = 0; n < 32 * 32; n++)
		host.d[0][n / 32][n % 32] = 2;
	multiply(row);
	execute(m);
	memcpy(v(m, 160), acc(m, VDST(0)), 16 * ISA_VGPR_SIZE);
	compare(m, row, 160, true);
	assert_int_equal(v(m, VDST(0))[0], 0);
	machine_free(m);
}

/* C begins in the middle of D. */
static void test_overlap(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	const struct row *row = &rows[3];
	struct isa_insn *in = insn(m, row->name);

	(void)state;
	for (unsigned int n = 0; n < 2; n++) {
		in->args[0].reg = 160;
		in->args[3] = vgpr(in->args[3].type, n ? 164 : 156);
		fill(m, row, VSRC(0), F32, true, host.a);
		fill(m, row, VSRC(1), F32, true, host.b);
		load_d(m, row, in->args[3].reg, host.d, true);
		multiply(row);
		execute(m);
		compare(m, row, 160, true);
	}
	machine_free(m);
}

/* One block of A in each group of 1 << cbsz goes to all of the group. */
static void test_cbsz(void **state)
{
	static const char *const names[] = {
		"v_mfma_f32_32x32x4_2b_f16", "v_mfma_f32_16x16x1_4b_f32", "v_mfma_i32_4x4x4_16b_i8",
	};
	struct machine *m = machine_new(ISA_GFX942);
	static double old[16][32][32];

	(void)state;
	for (unsigned int i = 0; i < NUM_ROWS * 5; i++) {
		const struct row *row = &rows[i / 5];
		unsigned int cbsz = i % 5;
		struct isa_insn *in;

		if ((strcmp(row->name, names[0]) && strcmp(row->name, names[1]) &&
		     strcmp(row->name, names[2])) || 1u << cbsz > row->blocks)
			continue;
		for (unsigned int abid = 0; abid < 1u << cbsz; abid++) {
			in = insn(m, row->name);
			in->args[0].reg = 160;
			in->args[3].reg = 200;
			in->cbsz = cbsz;
			in->abid = abid;
			fill(m, row, VSRC(0), row->a, true, old);
			fill(m, row, VSRC(1), row->b, true, host.b);
			load_d(m, row, 200, host.d, true);
			for (unsigned int b = 0; b < row->blocks; b++)
				memcpy(host.a[b], old[(b >> cbsz << cbsz) + abid], sizeof(old[0]));
			multiply(row);
			execute(m);
			compare(m, row, 160, true);
		}
	}
	machine_free(m);
}

/* The lane that lane 0, 16, 32 and 48 of B get their elements from */
static void test_blgp(void **state)
{
	static const uint8_t from[8][4] = {
		{ 0, 16, 32, 48 }, { 0, 16, 0, 16 }, { 32, 48, 32, 48 }, { 16, 32, 48, 0 },
		{ 0, 0, 0, 0 }, { 16, 16, 16, 16 }, { 32, 32, 32, 32 }, { 48, 48, 48, 48 },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int blgp = 0; blgp < 8; blgp++) {
		struct isa_insn *in = insn(m, "v_mfma_f32_16x16x1_4b_f32");

		in->blgp = blgp;
		in->args[0].reg = 160;
		in->args[3] = constant(in->args[3].type, 0);
		for (unsigned int lane = 0; lane < ISA_LANES; lane++) {
			float one = 1, number = lane + 1;

			memcpy(&v(m, VSRC(0))[lane], &one, 4);
			memcpy(&v(m, VSRC(1))[lane], &number, 4);
		}
		execute(m);
		for (unsigned int n = 0; n < 16 * ISA_LANES; n++) {
			unsigned int reg = n / ISA_LANES, lane = n % ISA_LANES, block, i, j;
			float value;

			result_place(16, false, reg, lane, &block, &i, &j);
			memcpy(&value, &v(m, 160 + reg)[lane], 4);
			assert_true(value == from[blgp][block] + j + 1);
		}
	}
	machine_free(m);
}

static void test_negate(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int r = NUM_ROWS - 2; r < NUM_ROWS; r++) {
		const struct row *row = &rows[r];

		for (unsigned int neg = 0; neg < 8; neg++) {
			struct isa_insn *in = insn(m, row->name);

			in->args[0].reg = 160;
			in->args[3].reg = 200;
			in->neg_lo = neg;
			fill(m, row, VSRC(0), F64, true, host.a);
			fill(m, row, VSRC(1), F64, true, host.b);
			load_d(m, row, 200, host.d, true);
			for (unsigned int n = 0; n < 4 * 32 * 32; n++) {
				unsigned int block = n >> 10, i = n >> 5 & 31, j = n & 31;

				host.a[block][i][j] *= neg & 1 ? -1 : 1;
				host.b[block][i][j] *= neg & 2 ? -1 : 1;
				host.d[block][i][j] *= neg & 4 ? -1 : 1;
			}
			multiply(row);
			execute(m);
			compare(m, row, 160, true);
		}
	}
	machine_free(m);
}

static void test_f64_constant(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_mfma_f64_16x16x4_f64");

	(void)state;
	in->args[3] = constant(in->args[3].type, 0x4000000000000000);
	in->neg_lo = 4;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		set_v64(m, VSRC(0), i, 0x3ff0000000000000);
		set_v64(m, VSRC(1), i, 0x4008000000000000);
	}
	execute(m);
	assert_true(v64(m, VDST(0) + 6, 63) == 0x4024000000000000);
	set_v64(m, VSRC(0), 0, 0xfff8000000000001);
	execute(m);
	/* The first row */
	assert_true(v64(m, VDST(0), 15) == 0x7ff8000000000000);
	assert_true(v64(m, VDST(0), 16) == 0x4024000000000000);
	machine_free(m);
}

/* C is registers or a constant; src_shared_base and its like have no registers behind their number. */
static void test_special(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < isa_num_ops; i++) {
		const struct isa_op *op = &isa_ops[i];
		struct isa_operand *c;

		if (op->code[ISA_GFX942] < 0 || op->args[3].field != ISA_ACC2)
			continue;
		c = &insn(m, op->name)->args[3];
		for (c->kind = ISA_SPECIAL, c->reg = 235; c->reg < 240; c->reg++)
			assert_int_equal(isa_prepare(&m->slot, m->w), -EINVAL);
	}
	machine_free(m);
}

static void set_all(struct machine *m, unsigned int reg, unsigned int num, uint32_t value)
{
	for (unsigned int i = 0; i < num * ISA_LANES; i++)
		v(m, reg)[i] = value;
}

/* Nothing of MODE but FP16_OVFL counts. */
static void test_mode(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_mfma_f32_4x4x1_16b_f32");

	(void)state;
	/* Rounded up and without denormals otherwise */
	isa_set_mode(m->w, 5);
	set_all(m, VSRC(0), 1, 0x3f800001);
	set_all(m, VSRC(1), 1, 0x3f800001);
	in->args[3] = constant(in->args[3].type, 0);
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0x3f800002);
	set_all(m, VSRC(0), 1, 3);
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 3);
	assert_int_equal(m->run.mxcsr, m->w->mxcsr32);
	/* Too large */
	set_all(m, VSRC(0), 1, 0x7f000000);
	set_all(m, VSRC(1), 1, 0xc0000000);
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0xff800000);
	isa_set_mode(m->w, ISA_MODE_FP16_OVFL);
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0xff7fffff);
	/* That was infinite before. */
	set_all(m, VSRC(0), 1, 0x7f800000);
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0xff800000);
	/* No number */
	set_all(m, VSRC(1), 1, 0);
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0x7fc00000);
	machine_free(m);
}

static void test_integer_overflow(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	insn(m, "v_mfma_i32_16x16x32_i8");
	set_all(m, VSRC(0), 2, 0x7f7f7f7f);
	set_all(m, VSRC(1), 2, 0x80808080);
	set_all(m, VSRC(2), 4, 0x80000001);
	execute(m);
	assert_int_equal(v(m, VDST(0))[9], 0x80000001 - 32 * 127 * 128);
	isa_set_mode(m->w, ISA_MODE_FP16_OVFL);
	execute(m);
	assert_int_equal(v(m, VDST(0))[9], 0x80000000);
	set_all(m, VSRC(0), 2, 0x80808080);
	set_all(m, VSRC(2), 4, 0x7fffffff);
	execute(m);
	assert_int_equal(v(m, VDST(0))[9], 0x7fffffff);
	/* Only the whole sum is clamped. */
	set_all(m, VSRC(0), 1, 0x7f7f7f7f);
	set_all(m, VSRC(2), 4, 0x7ffffff0);
	execute(m);
	assert_int_equal(v(m, VDST(0))[9], 0x7fffffff);
	set_all(m, VSRC(0), 1, 0x81818181);
	set_all(m, VSRC(1), 1, 0x7f7f7f7f);
	set_all(m, VSRC(0) + 1, 1, 0x7f7f7f7f);
	set_all(m, VSRC(1) + 1, 1, 0x7f7f7f7f);
	execute(m);
	assert_int_equal(v(m, VDST(0))[9], 0x7ffffff0);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_overlap),
		cmocka_unit_test(test_cbsz),
		cmocka_unit_test(test_blgp),
		cmocka_unit_test(test_negate),
		cmocka_unit_test(test_f64_constant),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_integer_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
