// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Products of sparse matrices: three loops over A as it is with what the indices leave out.
 */
#include "matrices.h"

static const struct row {
	const char *name;
	unsigned int m, k;
	enum element a, b;
} rows[] = {
	{ "v_smfmac_f32_16x16x32_f16", 16, 32, F16, F16 },
	{ "v_smfmac_f32_32x32x16_f16", 32, 16, F16, F16 },
	{ "v_smfmac_f32_16x16x32_bf16", 16, 32, BF16, BF16 },
	{ "v_smfmac_f32_32x32x16_bf16", 32, 16, BF16, BF16 },
	{ "v_smfmac_i32_16x16x64_i8", 16, 64, I8, I8 },
	{ "v_smfmac_i32_32x32x32_i8", 32, 32, I8, I8 },
	{ "v_smfmac_f32_16x16x64_bf8_bf8", 16, 64, BF8, BF8 },
	{ "v_smfmac_f32_16x16x64_bf8_fp8", 16, 64, BF8, FP8 },
	{ "v_smfmac_f32_16x16x64_fp8_bf8", 16, 64, FP8, BF8 },
	{ "v_smfmac_f32_16x16x64_fp8_fp8", 16, 64, FP8, FP8 },
	{ "v_smfmac_f32_32x32x32_bf8_bf8", 32, 32, BF8, BF8 },
	{ "v_smfmac_f32_32x32x32_bf8_fp8", 32, 32, BF8, FP8 },
	{ "v_smfmac_f32_32x32x32_fp8_bf8", 32, 32, FP8, BF8 },
	{ "v_smfmac_f32_32x32x32_fp8_fp8", 32, 32, FP8, FP8 },
};

#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

/* Of A those that are not there are not multiplied either. */
static struct {
	double a[32][64], b[64][32], d[32][32], size[32][32];
	bool there[32][64];
} host;

static double d_value(const struct row *row, uint32_t bits)
{
	return row->a == I8 ? (int32_t)bits : element_value(F32, bits);
}

/* Two of four, in the order of the registers; the sets of indices that are not meant are random. */
static void fill_a(struct machine *m, const struct row *row, unsigned int set, bool integer)
{
	unsigned int bits = element_bits(row->a), items = 64 / bits;
	unsigned int per_lane = row->k * row->m / ISA_LANES;

	memset(host.there, 0, sizeof(host.there));
	for (unsigned int lane = 0; lane < ISA_LANES; lane++) {
		unsigned int i = lane % row->m, first = lane / row->m * per_lane;
		uint32_t index = random32();

		for (unsigned int item = 0; item < items; item += 2) {
			unsigned int low = random32() % 3, high = low + 1 + random32() % (3 - low);
			unsigned int shift = set * 2 * items + 2 * item;

			index = (index & ~(15u << shift)) | (low | high << 2) << shift;
			for (unsigned int n = 0; n < 2; n++) {
				unsigned int k = first + 2 * item + (n ? high : low);
				uint64_t value = element_random(row->a, integer);

				set_element(m, VSRC(0), lane, bits, item + n, value);
				host.a[i][k] = element_value(row->a, value);
				host.there[i][k] = true;
			}
		}
		v(m, VSRC(2))[lane] = index;
	}
}

static void fill_b(struct machine *m, const struct row *row, bool integer)
{
	unsigned int bits = element_bits(row->b), per_lane = row->k * row->m / ISA_LANES;

	for (unsigned int lane = 0; lane < ISA_LANES; lane++) {
		for (unsigned int item = 0; item < per_lane; item++) {
			unsigned int k = lane / row->m * per_lane + item;
			uint64_t value = element_random(row->b, integer);

			set_element(m, VSRC(1), lane, bits, item, value);
			host.b[k][lane % row->m] = element_value(row->b, value);
		}
	}
}

static void fill_d(struct machine *m, const struct row *row)
{
	unsigned int block, i, j;

	for (unsigned int lane = 0; lane < ISA_LANES; lane++) {
		for (unsigned int r = 0; r < row->m * row->m / ISA_LANES; r++) {
			float c = (int)(random32() % 99);
			uint32_t bits = c;

			if (row->a != I8)
				memcpy(&bits, &c, 4);
			v(m, VDST(0) + r)[lane] = bits;
			result_place(row->m, false, r, lane, &block, &i, &j);
			host.d[i][j] = c;
		}
	}
}

static void check(struct machine *m, const struct row *row, unsigned int cbsz, unsigned int abid,
		  bool integer)
{
	struct isa_insn *in = insn(m, row->name);
	unsigned int sets = element_bits(row->a) / 4, block, i, j;

	in->cbsz = cbsz;
	in->abid = abid;
	fill_a(m, row, cbsz ? 0 : abid % sets, integer);
	fill_b(m, row, integer);
	fill_d(m, row);
	for (i = 0; i < row->m; i++) {
		for (j = 0; j < row->m; j++) {
			host.size[i][j] = fabs(host.d[i][j]);
			for (unsigned int k = 0; k < row->k; k++) {
				double part = host.there[i][k] ? host.a[i][k] * host.b[k][j] : 0;

				host.d[i][j] += part;
				host.size[i][j] += fabs(part);
			}
		}
	}
	set_exec(m, random64());
	execute(m);
	for (unsigned int n = 0; n < row->m * row->m; n++) {
		double got = d_value(row, v(m, VDST(0) + n / ISA_LANES)[n % ISA_LANES]), bound;

		result_place(row->m, false, n / ISA_LANES, n % ISA_LANES, &block, &i, &j);
		bound = integer || row->a == I8 ? 0 : host.size[i][j] * row->k * 0x1p-24;
		if (!(fabs(got - host.d[i][j]) <= bound))
			fail_msg("%s cbsz %u abid %u row %u column %u: %g, not %g", row->name, cbsz,
				 abid, i, j, got, host.d[i][j]);
	}
}

static void test_products(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < NUM_ROWS; i++) {
		for (unsigned int n = 0; n < 8; n++)
			check(m, &rows[i], n >> 2, n & 3, n & 1);
	}
	machine_free(m);
}

/* What no index chooses is not multiplied with a zero. */
static void test_infinite(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	insn(m, "v_smfmac_f32_16x16x32_f16");
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		for (unsigned int r = 0; r < 4; r++)
			v(m, VSRC(1) + r)[i] = r & 1 ? 0x7c007c00 : 0x3c003c00;
		for (unsigned int r = 0; r < 2; r++)
			v(m, VSRC(0) + r)[i] = 0x3c003c00;
		v(m, VSRC(2))[i] = 0x44;
	}
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_int_equal(v(m, VDST(0))[i], 0x41800000);
	machine_free(m);
}

static void test_overflow(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	isa_set_mode(m->w, ISA_MODE_FP16_OVFL);
	insn(m, "v_smfmac_f32_16x16x32_bf16");
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		for (unsigned int r = 0; r < 4; r++)
			v(m, VSRC(r / 2) + r % 2)[i] = 0x7f007f00;
		v(m, VSRC(2))[i] = 0x44;
	}
	execute(m);
	assert_int_equal(v(m, VDST(0))[3], 0x7f7fffff);
	insn(m, "v_smfmac_i32_16x16x64_i8");
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		for (unsigned int r = 0; r < 4; r++)
			v(m, VSRC(1) + r)[i] = 0x7f7f7f7f;
		v(m, VDST(0))[i] = 0x80000010;
		v(m, VSRC(0))[i] = 0x80808080;
		v(m, VSRC(0) + 1)[i] = 0;
	}
	execute(m);
	assert_int_equal(v(m, VDST(0))[3], 0x80000000);
	isa_set_mode(m->w, 0);
	execute(m);
	assert_int_equal(v(m, VDST(0))[3], 0x80000000 - 16 * 128 * 127);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_products),
		cmocka_unit_test(test_infinite),
		cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
