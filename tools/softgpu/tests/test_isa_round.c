// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Whole numbers, fractions, exponents and mantissas of F32 and F64, minimum and maximum.
 */
#include "real.h"

#define ROWS(array)	array, sizeof(array) / sizeof((array)[0])

static void test_whole(void **state)
{
	static const struct real_row rows[] = {
		{ "v_trunc_f32", ISA_GFX942, real_trunc, NULL, NULL },
		{ "v_ceil_f32", ISA_GFX942, real_ceil, NULL, NULL },
		{ "v_floor_f32", ISA_GFX942, real_floor, NULL, NULL },
		{ "v_rndne_f32", ISA_GFX942, real_even, NULL, NULL },
		{ "v_trunc_f64", ISA_GFX942, real_trunc, NULL, NULL },
		{ "v_ceil_f64", ISA_GFX942, real_ceil, NULL, NULL },
		{ "v_floor_f64", ISA_GFX942, real_floor, NULL, NULL },
		{ "v_rndne_f64", ISA_GFX942, real_even, NULL, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 20);
}

static int minus_floor(mpfr_t r, mpfr_t a, mpfr_t b, mpfr_t c, mpfr_rnd_t round)
{
	mpfr_t whole;
	int ret;

	(void)b;
	(void)c;
	mpfr_init2(whole, mpfr_get_prec(a));
	mpfr_floor(whole, a);
	ret = mpfr_sub(r, a, whole, round);
	mpfr_clear(whole);
	return ret;
}

static uint64_t fract(enum real type, const uint64_t src[3], uint32_t mode)
{
	uint64_t one = (uint64_t)real_bias(type) << real_fraction(type);
	uint64_t result = real_op(minus_floor, type, src, mode);

	return result == one ? one - 1 : result;
}

static uint64_t fract_f32(const uint64_t src[3], uint32_t mode)
{
	return fract(REAL_F32, src, mode);
}

static uint64_t fract_f64(const uint64_t src[3], uint32_t mode)
{
	return fract(REAL_F64, src, mode);
}

static bool is_finite(enum real type, uint64_t bits)
{
	return (bits & real_inf(type)) != real_inf(type);
}

/* A number of [0.5, 1) and a power of 2 */
static uint64_t frexp_mant(enum real type, uint64_t bits, uint32_t mode)
{
	mpfr_exp_t exponent;
	mpfr_t x, y;

	if (real_is_nan(type, bits))
		return bits | (mode & REAL_NO_IEEE ? 0 : real_quiet(type));
	bits = real_source(type, bits, mode);
	if (!is_finite(type, bits) || bits == real_sign(type))
		return bits;
	mpfr_inits2(real_fraction(type) + 1, y, NULL);
	mpfr_init(x);
	real_get(x, type, bits);
	mpfr_frexp(&exponent, y, x, MPFR_RNDN);
	bits = real_put(y, 0, type, mode);
	mpfr_clears(x, y, NULL);
	return bits;
}

static uint64_t frexp_exp(enum real type, uint64_t bits, uint32_t mode)
{
	mpfr_exp_t exponent = 0;
	mpfr_t x;

	bits = real_source(type, bits, mode);
	mpfr_init(x);
	if (is_finite(type, bits) && bits & ~real_sign(type)) {
		real_get(x, type, bits);
		exponent = mpfr_get_exp(x);
	}
	mpfr_clear(x);
	return (uint32_t)exponent;
}

#define FREXP(bits)									\
static uint64_t mant_f##bits(const uint64_t src[3], uint32_t mode)			\
{											\
	return frexp_mant(REAL_F##bits, src[0], mode);					\
}											\
											\
static uint64_t exp_f##bits(const uint64_t src[3], uint32_t mode)			\
{											\
	return frexp_exp(REAL_F##bits, src[0], mode);					\
}

FREXP(32)
FREXP(64)

static uint64_t ldexp_real(enum real type, const uint64_t src[3], uint32_t mode)
{
	mpfr_rnd_t round = real_rounding(type, mode);
	uint64_t result;
	int inexact;
	mpfr_t x, y;

	if (real_is_nan(type, src[0]))
		return src[0] | (mode & REAL_NO_IEEE ? 0 : real_quiet(type));
	mpfr_init(x);
	mpfr_init2(y, real_fraction(type) + 1);
	real_get(x, type, real_source(type, src[0], mode));
	inexact = mpfr_mul_2si(y, x, (int32_t)src[1], round);
	result = real_put(y, inexact, type, mode);
	mpfr_clears(x, y, NULL);
	return result;
}

static uint64_t ldexp_f32(const uint64_t src[3], uint32_t mode)
{
	return ldexp_real(REAL_F32, src, mode);
}

static uint64_t ldexp_f64(const uint64_t src[3], uint32_t mode)
{
	return ldexp_real(REAL_F64, src, mode);
}

static void test_parts(void **state)
{
	static const struct real_row rows[] = {
		{ "v_fract_f32", ISA_GFX942, NULL, fract_f32, NULL },
		{ "v_fract_f64", ISA_GFX942, NULL, fract_f64, NULL },
		{ "v_frexp_mant_f32", ISA_GFX942, NULL, mant_f32, NULL },
		{ "v_frexp_mant_f64", ISA_GFX942, NULL, mant_f64, NULL },
		{ "v_frexp_exp_i32_f32", ISA_GFX942, NULL, exp_f32, NULL },
		{ "v_frexp_exp_i32_f64", ISA_GFX942, NULL, exp_f64, NULL },
		{ "v_ldexp_f32", ISA_GFX942, NULL, ldexp_f32, NULL },
		{ "v_ldexp_f64", ISA_GFX942, NULL, ldexp_f64, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 40);
}

/* Numbers in their order as integers: -0 before 0 */
static int64_t order(enum real type, uint64_t bits)
{
	int64_t size = bits & ~real_sign(type);

	return bits & real_sign(type) ? -size - 1 : size;
}

/* As the manuals have it, one case after the other */
static uint64_t two(enum real type, uint64_t a, uint64_t b, bool max, uint32_t mode)
{
	bool ieee = !(mode & REAL_NO_IEEE);

	if (ieee && real_is_nan(type, a) && !(a & real_quiet(type)))
		return a | real_quiet(type);
	if (ieee && real_is_nan(type, b) && !(b & real_quiet(type)))
		return b | real_quiet(type);
	if (real_is_nan(type, a))
		return b;
	if (real_is_nan(type, b))
		return a;
	return (order(type, a) < order(type, b)) == max ? b : a;
}

static uint64_t both_ways(enum real type, uint64_t bits, uint32_t mode)
{
	uint32_t both = type == REAL_F32 ? 0x30 : 0xc0;

	return (mode & both) == both ? bits : real_flush(type, bits);
}

#define SELECT(name, type, max)								\
static uint64_t name(const uint64_t src[3], uint32_t mode)				\
{											\
	return both_ways(type, two(type, src[0], src[1], max, mode), mode);		\
}

SELECT(min_f32, REAL_F32, false)
SELECT(max_f32, REAL_F32, true)
SELECT(min_f64, REAL_F64, false)
SELECT(max_f64, REAL_F64, true)

static uint64_t three(const uint64_t src[3], bool max, uint32_t mode)
{
	uint64_t first = two(REAL_F32, src[0], src[1], max, mode);

	return both_ways(REAL_F32, two(REAL_F32, first, src[2], max, mode), mode);
}

static uint64_t min3(const uint64_t src[3], uint32_t mode)
{
	return three(src, false, mode);
}

static uint64_t max3(const uint64_t src[3], uint32_t mode)
{
	return three(src, true, mode);
}

static bool equal(uint64_t a, uint64_t b)
{
	return a == b || !((a | b) & 0x7fffffff);
}

static uint64_t med3(const uint64_t src[3], uint32_t mode)
{
	uint64_t s[3], max;

	for (unsigned int i = 0; i < 3; i++) {
		if (real_is_nan(REAL_F32, src[i]))
			return min3(src, mode);
		s[i] = real_source(REAL_F32, src[i], mode);
	}
	max = two(REAL_F32, two(REAL_F32, s[0], s[1], true, mode), s[2], true, mode);
	if (equal(max, s[0]))
		max = two(REAL_F32, s[1], s[2], true, mode);
	else if (equal(max, s[1]))
		max = two(REAL_F32, s[0], s[2], true, mode);
	else
		max = two(REAL_F32, s[0], s[1], true, mode);
	return both_ways(REAL_F32, max, mode);
}

static void test_select(void **state)
{
	static const struct real_row rows[] = {
		{ "v_min_f32", ISA_GFX942, NULL, min_f32, NULL },
		{ "v_max_f32", ISA_GFX942, NULL, max_f32, NULL },
		{ "v_min_f64", ISA_GFX942, NULL, min_f64, NULL },
		{ "v_max_f64", ISA_GFX942, NULL, max_f64, NULL },
		{ "v_min3_f32", ISA_GFX942, NULL, min3, NULL },
		{ "v_max3_f32", ISA_GFX942, NULL, max3, NULL },
		{ "v_med3_f32", ISA_GFX942, NULL, med3, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 40);
}

#define USUAL	0xf0

static void test_values(void **state)
{
	static const struct real_value values[] = {
		{ "v_rndne_f32", USUAL | 1, 0x40000000, { 0x40200000 } },	/* 2.5 */
		{ "v_rndne_f32", USUAL | 2, 0x40800000, { 0x40600000 } },	/* 3.5 */
		{ "v_rndne_f32", USUAL, 0x80000000, { 0xbf000000 } },		/* -0.5 */
		{ "v_fract_f32", USUAL, 0x3f4ccccc, { 0xbf99999a } },		/* -1.2 */
		{ "v_fract_f32", USUAL, 0x3f7fffff, { 0x80000001 } },
		{ "v_fract_f32", USUAL, 0x7fc00000, { 0x7f800000 } },
		{ "v_ceil_f32", USUAL, 0x3f800000, { 1 } },
		{ "v_ceil_f32", 0xc0, 0, { 1 } },
		{ "v_frexp_mant_f32", USUAL, 0x3f000000, { 1 } },
		{ "v_frexp_exp_i32_f32", USUAL, (uint32_t)-148, { 1 } },
		{ "v_frexp_exp_i32_f32", USUAL, 0, { 0xff800000 } },
		{ "v_ldexp_f32", USUAL, 1, { 0x3f800000, (uint32_t)-149 } },
		{ "v_ldexp_f32", USUAL, 0x7f800000, { 1, 0x7fffffff } },
		/* 3 * 2^-150 is a tie */
		{ "v_ldexp_f32", USUAL, 2, { 0x40400000, (uint32_t)-150 } },
		{ "v_ldexp_f32", USUAL | 2, 1, { 0x40400000, (uint32_t)-150 } },
		{ "v_min_f32", USUAL, 0x80000000, { 0, 0x80000000 } },
		{ "v_max_f32", USUAL, 0, { 0x80000000, 0 } },
		{ "v_max_f32", USUAL, 0x40400000, { 0x40400000, 0x7fc00000 } },
		{ "v_max_f32", USUAL, 0x7fc00001, { 0x7f800001, 0x40400000 } },
		{ "v_max_f32", USUAL | REAL_NO_IEEE, 0x40400000, { 0x7f800001, 0x40400000 } },
		{ "v_med3_f32", USUAL, 0x40000000, { 0x40400000, 0x3f800000, 0x40000000 } },
		{ "v_med3_f32", USUAL, 0x3f800000, { 0x40400000, 0x3f800000, 0x7fc00000 } },
	};

	(void)state;
	real_values(ROWS(values), ISA_GFX942);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
