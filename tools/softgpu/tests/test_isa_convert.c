// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Conversions between F32, F64 and integers, against MPFR in all modes, and by hand.
 */
#include "real.h"

#define ROWS(array)	array, sizeof(array) / sizeof((array)[0])

/* A whole number that is limited to a range, 0 for NaNs */
static uint32_t to_integer(enum real type, uint64_t bits, uint32_t mode, const char *min,
			   const char *max, int (*round)(mpfr_t, mpfr_srcptr))
{
	uint32_t result = 0;
	mpfr_t x, y;

	mpfr_inits2(200, x, y, NULL);
	real_get(x, type, real_source(type, bits, mode));
	if (!mpfr_nan_p(x)) {
		round(y, x);
		mpfr_set_str(x, min, 10, MPFR_RNDN);
		mpfr_max(y, y, x, MPFR_RNDN);
		mpfr_set_str(x, max, 10, MPFR_RNDN);
		mpfr_min(y, y, x, MPFR_RNDN);
		result = (uint32_t)mpfr_get_si(y, MPFR_RNDZ);
	}
	mpfr_clears(x, y, NULL);
	return result;
}

/* The nearest, and of two the greater one */
static int round_up(mpfr_t y, mpfr_srcptr x)
{
	mpfr_add_d(y, x, 0.5, MPFR_RNDN);
	return mpfr_floor(y, y);
}

#define TO_INTEGER(name, type, min, max, round)						\
static uint64_t name(const uint64_t src[3], uint32_t mode)				\
{											\
	return to_integer(type, src[0], mode, min, max, round);				\
}

TO_INTEGER(i32_f32, REAL_F32, "-2147483648", "2147483647", mpfr_trunc)
TO_INTEGER(u32_f32, REAL_F32, "0", "4294967295", mpfr_trunc)
TO_INTEGER(i32_f64, REAL_F64, "-2147483648", "2147483647", mpfr_trunc)
TO_INTEGER(u32_f64, REAL_F64, "0", "4294967295", mpfr_trunc)
TO_INTEGER(rpi, REAL_F32, "-2147483648", "2147483647", round_up)
TO_INTEGER(flr, REAL_F32, "-2147483648", "2147483647", mpfr_floor)

static uint64_t from_integer(enum real type, int64_t value, uint32_t mode)
{
	uint64_t result;
	int inexact;
	mpfr_t x;

	mpfr_init2(x, real_fraction(type) + 1);
	inexact = mpfr_set_si(x, value, real_rounding(type, mode));
	result = real_put(x, inexact, type, mode);
	mpfr_clear(x);
	return result;
}

#define FROM_INTEGER(name, type, expr)							\
static uint64_t name(const uint64_t src[3], uint32_t mode)				\
{											\
	return from_integer(type, expr, mode);						\
}

FROM_INTEGER(f32_i32, REAL_F32, (int32_t)src[0])
FROM_INTEGER(f32_u32, REAL_F32, (uint32_t)src[0])
FROM_INTEGER(f64_i32, REAL_F64, (int32_t)src[0])
FROM_INTEGER(f64_u32, REAL_F64, (uint32_t)src[0])
FROM_INTEGER(ubyte0, REAL_F32, src[0] % 256)
FROM_INTEGER(ubyte1, REAL_F32, src[0] / 256 % 256)
FROM_INTEGER(ubyte2, REAL_F32, src[0] / 65536 % 256)
FROM_INTEGER(ubyte3, REAL_F32, src[0] / 16777216)

static void test_integers(void **state)
{
	static const struct real_row rows[] = {
		{ "v_cvt_i32_f32", ISA_GFX942, NULL, i32_f32, NULL },
		{ "v_cvt_u32_f32", ISA_GFX942, NULL, u32_f32, NULL },
		{ "v_cvt_i32_f64", ISA_GFX942, NULL, i32_f64, NULL },
		{ "v_cvt_u32_f64", ISA_GFX942, NULL, u32_f64, NULL },
		{ "v_cvt_rpi_i32_f32", ISA_GFX942, NULL, rpi, NULL },
		{ "v_cvt_flr_i32_f32", ISA_GFX942, NULL, flr, NULL },
		{ "v_cvt_f32_i32", ISA_GFX942, NULL, f32_i32, NULL },
		{ "v_cvt_f32_u32", ISA_GFX942, NULL, f32_u32, NULL },
		{ "v_cvt_f64_i32", ISA_GFX942, NULL, f64_i32, NULL },
		{ "v_cvt_f64_u32", ISA_GFX942, NULL, f64_u32, NULL },
		{ "v_cvt_f32_ubyte0", ISA_GFX942, NULL, ubyte0, NULL },
		{ "v_cvt_f32_ubyte1", ISA_GFX942, NULL, ubyte1, NULL },
		{ "v_cvt_f32_ubyte2", ISA_GFX942, NULL, ubyte2, NULL },
		{ "v_cvt_f32_ubyte3", ISA_GFX942, NULL, ubyte3, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 20);
}

/* A NaN keeps its sign and its first digits. */
static uint64_t f32_f64(const uint64_t src[3], uint32_t mode)
{
	mpfr_rnd_t round = real_rounding(REAL_F64, mode);
	/* The rounding of F64 */
	uint32_t both = (mode & ~3u) | (mode >> 2 & 3);
	uint64_t result;
	int inexact;
	mpfr_t x, y;

	if (real_is_nan(REAL_F64, src[0]))
		return (src[0] >> 63 << 31) | 0x7fc00000 | (src[0] >> 29 & 0x3fffff);
	mpfr_init(x);
	mpfr_init2(y, 24);
	real_get(x, REAL_F64, real_source(REAL_F64, src[0], mode));
	inexact = mpfr_set(y, x, round);
	result = real_put(y, inexact, REAL_F32, both);
	mpfr_clears(x, y, NULL);
	return result;
}

static uint64_t f64_f32(const uint64_t src[3], uint32_t mode)
{
	uint64_t bits = real_source(REAL_F32, src[0], mode), result;
	mpfr_t x, y;

	if (real_is_nan(REAL_F32, bits))
		return (bits >> 31 << 63) | 0x7ff8000000000000 | (bits & 0x3fffff) << 29;
	mpfr_init(x);
	mpfr_init2(y, 53);
	real_get(x, REAL_F32, bits);
	mpfr_set(y, x, MPFR_RNDN);
	result = real_put(y, 0, REAL_F64, mode);
	mpfr_clears(x, y, NULL);
	return result;
}

static void test_formats(void **state)
{
	static const struct real_row rows[] = {
		{ "v_cvt_f32_f64", ISA_GFX942, NULL, f32_f64, NULL },
		{ "v_cvt_f64_f32", ISA_GFX942, NULL, f64_f32, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 40);
}

/* A number of [min, 1] times an integer, rounded to one */
static uint32_t part_of(uint64_t bits, unsigned int factor, int min, uint32_t mode)
{
	uint32_t result = 0;
	mpfr_t x;

	mpfr_init(x);
	real_get(x, REAL_F32, real_source(REAL_F32, bits, mode));
	if (!mpfr_nan_p(x)) {
		if (mpfr_cmp_si(x, 1) > 0)
			mpfr_set_si(x, 1, MPFR_RNDN);
		if (mpfr_cmp_si(x, min) < 0)
			mpfr_set_si(x, min, MPFR_RNDN);
		mpfr_mul_ui(x, x, factor, MPFR_RNDN);
		result = mpfr_get_si(x, real_rounding(REAL_F32, mode));
	}
	mpfr_clear(x);
	return result & 0xffff;
}

static uint64_t pknorm_i16(const uint64_t src[3], uint32_t mode)
{
	return part_of(src[0], 32767, -1, mode) | part_of(src[1], 32767, -1, mode) << 16;
}

static uint64_t pknorm_u16(const uint64_t src[3], uint32_t mode)
{
	return part_of(src[0], 65535, 0, mode) | part_of(src[1], 65535, 0, mode) << 16;
}

/* One of four bytes of the third */
static uint64_t pk_u8(const uint64_t src[3], uint32_t mode)
{
	uint8_t bytes[4];
	uint32_t value = src[2];
	mpfr_t x;

	mpfr_init(x);
	real_get(x, REAL_F32, real_source(REAL_F32, src[0], mode));
	if (mpfr_nan_p(x) || mpfr_cmp_si(x, 0) < 0)
		mpfr_set_si(x, 0, MPFR_RNDN);
	if (mpfr_cmp_si(x, 255) > 0)
		mpfr_set_si(x, 255, MPFR_RNDN);
	memcpy(bytes, &value, 4);
	bytes[src[1] % 4] = mpfr_get_ui(x, real_rounding(REAL_F32, mode));
	memcpy(&value, bytes, 4);
	mpfr_clear(x);
	return value;
}

static void test_packed(void **state)
{
	static const struct real_row rows[] = {
		{ "v_cvt_pk_u8_f32", ISA_GFX942, NULL, pk_u8, NULL },
		{ "v_cvt_pkaccum_u8_f32", ISA_GFX942, NULL, pk_u8, NULL },
		{ "v_cvt_pknorm_i16_f32", ISA_GFX942, NULL, pknorm_i16, NULL },
		{ "v_cvt_pknorm_u16_f32", ISA_GFX942, NULL, pknorm_u16, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 40);
}

/* All of a table of the manuals */
static void test_off(void **state)
{
	static const float table[] = {
		0, 0.0625f, 0.125f, 0.1875f, 0.25f, 0.3125f, 0.375f, 0.4375f,
		-0.5f, -0.4375f, -0.375f, -0.3125f, -0.25f, -0.1875f, -0.125f, -0.0625f,
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	insn(m, "v_cvt_off_f32_i4");
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, VSRC(0))[i] = i | random32() << 4;
	/* Downwards no 0 is negative. */
	real_execute(m, 0xfa);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_memory_equal(&v(m, VDST(0))[i], &table[v(m, VSRC(0))[i] & 15], 4);
	machine_free(m);
}

#define USUAL	0xf0

static void test_values(void **state)
{
	static const struct real_value values[] = {
		{ "v_cvt_i32_f32", USUAL, (uint32_t)-2, { 0xc039999a } },	/* -2.9 */
		{ "v_cvt_i32_f32", USUAL, 0x7fffffff, { 0x4f000000 } },
		{ "v_cvt_i32_f32", USUAL, 0x80000000, { 0xff800000 } },
		{ "v_cvt_i32_f32", USUAL, 0, { 0x7fc00000 } },
		{ "v_cvt_u32_f32", USUAL, 0, { 0xbf800000 } },
		{ "v_cvt_u32_f32", USUAL, 0xffffffff, { 0x4f800000 } },
		{ "v_cvt_u32_f32", USUAL, 0xffffff00, { 0x4f7fffff } },
		{ "v_cvt_f32_u32", USUAL, 0x4f800000, { 0xffffffff } },
		{ "v_cvt_f32_u32", USUAL | 3, 0x4f7fffff, { 0xffffffff } },
		{ "v_cvt_f64_u32", USUAL | 8, 0, { 0 } },
		{ "v_cvt_u32_f64", USUAL, 0xffffffff, { 0x41efffffffe00000 } },
		{ "v_cvt_u32_f64", USUAL, 0xffffffff, { 0x41effffffffffff8 } },
		{ "v_cvt_i32_f64", USUAL, 0x80000000, { 0xc1e0000000100000 } },
		{ "v_cvt_rpi_i32_f32", USUAL, 3, { 0x40200000 } },		/* 2.5 */
		{ "v_cvt_rpi_i32_f32", USUAL, (uint32_t)-2, { 0xc0200000 } },
		{ "v_cvt_rpi_i32_f32", USUAL, 0, { 0x3effffff } },		/* below 0.5 */
		{ "v_cvt_flr_i32_f32", USUAL, (uint32_t)-1, { 0x80000001 } },
		{ "v_cvt_pk_u8_f32", USUAL, 0x11ff3344, { 0x7f800000, 6, 0x11223344 } },
		{ "v_cvt_pk_u8_f32", USUAL, 0x11220244, { 0x40200000, 1, 0x11223344 } },
		{ "v_cvt_pknorm_i16_f32", USUAL, 0x80017fff, { 0x40000000, 0xff800000 } },
		{ "v_cvt_pknorm_u16_f32", USUAL, 0x8000ffff, { 0x3f800000, 0x3f000000 } },
	};

	(void)state;
	real_values(ROWS(values), ISA_GFX942);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
