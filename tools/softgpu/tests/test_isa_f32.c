// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Arithmetic of F32, against MPFR in all modes of rounding and denormals, and by hand.
 */
#include "real.h"

#define ROWS(array)	array, sizeof(array) / sizeof((array)[0])

static void test_arithmetic(void **state)
{
	static const struct real_row rows[] = {
		{ "v_add_f32", ISA_GFX942, real_add, NULL, NULL },
		{ "v_sub_f32", ISA_GFX942, real_sub, NULL, NULL },
		{ "v_subrev_f32", ISA_GFX942, real_subrev, NULL, NULL },
		{ "v_mul_f32", ISA_GFX942, real_mul, NULL, NULL },
		{ "v_fma_f32", ISA_GFX942, real_fma, NULL, NULL },
		{ "v_fma_f32", ISA_GFX906, real_fma, NULL, NULL },
		{ "v_fmac_f32", ISA_GFX942, real_fma, NULL, NULL },
		{ "v_fmaak_f32", ISA_GFX942, real_fma, NULL, NULL },
		{ "v_fmamk_f32", ISA_GFX942, real_fma, NULL, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 40);
}

/* Two operations, without denormals */
static uint64_t mad(const uint64_t src[3], uint32_t mode)
{
	uint64_t mul[3] = { src[0], src[1], 0 }, add[3];

	for (unsigned int i = 0; i < 3; i++) {
		if (real_is_nan(REAL_F32, src[i]))
			return src[i] | (mode & REAL_NO_IEEE ? 0 : real_quiet(REAL_F32));
	}
	mode &= ~(uint32_t)(ISA_MODE_DENORM32_IN | ISA_MODE_DENORM32_OUT);
	add[0] = real_op(real_mul, REAL_F32, mul, mode);
	add[1] = src[2];
	add[2] = 0;
	return real_op(real_add, REAL_F32, add, mode);
}

static bool is_zero(uint64_t bits, uint32_t mode)
{
	return !(real_source(REAL_F32, bits, mode) & 0x7fffffff);
}

static uint64_t legacy_mul(const uint64_t src[3], uint32_t mode)
{
	return is_zero(src[0], mode) || is_zero(src[1], mode) ? 0 :
	       real_op(real_mul, REAL_F32, src, mode);
}

static uint64_t legacy_mad(const uint64_t src[3], uint32_t mode)
{
	/* 0 + c, which is c but for its denormals. With a NaN the first one is the result. */
	const uint64_t zero[3] = { 0, 0x3f800000, src[2] };

	return !real_is_nan(REAL_F32, src[2]) && (is_zero(src[0], 0) || is_zero(src[1], 0)) ?
	       mad(zero, mode) : mad(src, mode);
}

static void test_not_fused(void **state)
{
	static const struct real_row rows[] = {
		{ "v_mad_f32", ISA_GFX906, NULL, mad, NULL },
		{ "v_mac_f32", ISA_GFX906, NULL, mad, NULL },
		{ "v_madmk_f32", ISA_GFX906, NULL, mad, NULL },
		{ "v_madak_f32", ISA_GFX906, NULL, mad, NULL },
		{ "v_mul_legacy_f32", ISA_GFX942, NULL, legacy_mul, NULL },
		{ "v_mul_legacy_f32", ISA_GFX906, NULL, legacy_mul, NULL },
		{ "v_mad_legacy_f32", ISA_GFX906, NULL, legacy_mad, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 40);
}

/*
 * Halves from either register, signs, NaNs that are in one half only; or all of it as usual, with a
 * destination that may begin in the middle of a source.
 */
static void test_packed(void **state)
{
	static const struct {
		const char *name;
		real_fn *fn;
		unsigned int num;
	} rows[] = {
		{ "v_pk_add_f32", real_add, 2 },
		{ "v_pk_mul_f32", real_mul, 2 },
		{ "v_pk_fma_f32", real_fma, 3 },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int k = 0; k < 600; k++) {
		const unsigned int num = rows[k % 3].num;
		uint32_t mode = real_mode(k % REAL_MODES), old[6][ISA_LANES];
		struct isa_insn *in = insn(m, rows[k % 3].name);

		if (k & 1) {
			in->op_sel = random64() & 7;
			in->op_sel_hi = random64() & 7;
			in->neg_lo = random64() & 7;
			in->neg_hi = random64() & 7;
		} else {
			in->args[0].reg = VSRC(random64() % num) + random64() % 3 - 1;
		}
		for (unsigned int n = 0; n < 2 * num; n++) {
			for (unsigned int i = 0; i < ISA_LANES; i++)
				old[n][i] = real_random(REAL_F32);
			memcpy(v(m, VSRC(n / 2) + n % 2), old[n], sizeof(old[n]));
		}
		real_execute(m, mode);
		for (unsigned int i = 0; i < 2 * ISA_LANES; i++) {
			bool high = i / ISA_LANES;
			uint64_t src[3] = { 0 };

			for (unsigned int n = 0; n < num; n++) {
				unsigned int sel = (high ? in->op_sel_hi : in->op_sel) >> n & 1;
				unsigned int neg = (high ? in->neg_hi : in->neg_lo) >> n & 1;

				src[n] = old[2 * n + sel][i % ISA_LANES] ^ neg << 31;
			}
			assert_int_equal(v(m, in->args[0].reg + high)[i % ISA_LANES],
					 real_op(rows[k % 3].fn, REAL_F32, src, mode));
		}
	}
	machine_free(m);
}

#define NAN_A	0x7fc00000
#define USUAL	0xf0

static void test_values(void **state)
{
	static const struct real_value values[] = {
		{ "v_add_f32", USUAL, NAN_A, { 0x7f800000, 0xff800000 } },
		{ "v_mul_f32", USUAL, NAN_A, { 0x7f800000, 0 } },
		{ "v_add_f32", USUAL, 0x7fc00001, { 0x7f800001, 0x7fc00005 } },
		{ "v_add_f32", USUAL, 0xffc00005, { 0x3f800000, 0xff800005 } },
		{ "v_add_f32", USUAL | REAL_NO_IEEE, 0xff800005, { 0x3f800000, 0xff800005 } },
		{ "v_fma_f32", USUAL, 0x7fc00003, { 0, 0x7f800000, 0x7fc00003 } },
		/* 1 + 2^-24 is a tie */
		{ "v_add_f32", USUAL, 0x3f800000, { 0x3f800000, 0x33800000 } },
		{ "v_add_f32", USUAL | 1, 0x3f800001, { 0x3f800000, 0x33800000 } },
		{ "v_add_f32", USUAL | 2, 0x3f800000, { 0x3f800000, 0x33800000 } },
		{ "v_add_f32", USUAL | 3, 0x3f800000, { 0x3f800000, 0x33800000 } },
		/* 1 - 1 is -0 downwards */
		{ "v_sub_f32", USUAL | 2, 0x80000000, { 0x3f800000, 0x3f800000 } },
		/* Denormals as sources, as results */
		{ "v_add_f32", USUAL, 0x00000002, { 1, 1 } },
		{ "v_add_f32", 0xe0, 0, { 1, 1 } },
		{ "v_mul_f32", 0xd0, 0, { 0x00800000, 0x3f000000 } },
		{ "v_mul_f32", USUAL, 0x00400000, { 0x00800000, 0x3f000000 } },
		{ "v_mul_legacy_f32", USUAL, 0, { 0xff800000, 0x80000000 } },
		{ "v_mul_legacy_f32", USUAL, 0, { 0, 0x7fc00000 } },
	};

	(void)state;
	real_values(ROWS(values), ISA_GFX942);
}

/* By the manual's table: which axis, and what is to its sides */
static void test_cube(void **state)
{
	/* The three parts of 1, 2 and 3 with signs, in an order, and id, sc, tc, ma */
	static const struct {
		float src[3], results[4];
	} table[] = {
		{ { 3, 1, 2 }, { 0, -2, -1, 6 } },
		{ { -3, 1, 2 }, { 1, 2, -1, -6 } },
		{ { 1, 3, 2 }, { 2, 1, 2, 6 } },
		{ { 1, -3, 2 }, { 3, 1, -2, -6 } },
		{ { 1, 2, 3 }, { 4, 1, -2, 6 } },
		{ { 1, 2, -3 }, { 5, -1, -2, -6 } },
		/* Of equals the last one */
		{ { 2, 2, 1 }, { 2, 2, 1, 4 } },
		{ { 2, 2, -2 }, { 5, -2, -2, -4 } },
		{ { 2, 1, 2 }, { 4, 2, -1, 4 } },
	};
	static const char *const names[] = {
		"v_cubeid_f32", "v_cubesc_f32", "v_cubetc_f32", "v_cubema_f32",
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int k = 0; k < 4; k++) {
		insn(m, names[k]);
		for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			for (unsigned int n = 0; n < 3; n++)
				memcpy(&v(m, VSRC(n))[i], &table[i].src[n], 4);
		}
		execute(m);
		for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
			assert_memory_equal(&v(m, VDST(0))[i], &table[i].results[k], 4);
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_not_fused),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_cube),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
