// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Reciprocals, roots, exponentials, logarithms and sines within 1 ULP of what MPFR has, special
 * cases by the manuals' tables, digits of 2 / pi.
 */
#include "real.h"

#define ROWS(array)	array, sizeof(array) / sizeof((array)[0])

/* Rounded down or up. Results of F32 are 0 where there is no normal number. */
static uint64_t rounded(real_fn *fn, enum real type, const uint64_t src[3], uint32_t mode,
			uint32_t round)
{
	uint32_t denorm = type == REAL_F32 ? 0 : mode & 0xc0;
	uint64_t bits = real_op(fn, type, src, round | round << 2 | denorm |
				(mode & REAL_NO_IEEE));

	if (real_is_nan(type, bits) && !real_is_nan(type, src[0]))
		bits |= real_sign(type);
	return bits;
}

static int rec_sqrt(mpfr_t r, mpfr_t a, mpfr_t b, mpfr_t c, mpfr_rnd_t round)
{
	(void)b;
	(void)c;
	/* MPFR has no sign there. */
	if (mpfr_zero_p(a) && mpfr_signbit(a)) {
		mpfr_set_inf(r, -1);
		return 0;
	}
	return mpfr_rec_sqrt(r, a, round);
}

#define FUNCTION(name, call)								\
static int name(mpfr_t r, mpfr_t a, mpfr_t b, mpfr_t c, mpfr_rnd_t round)		\
{											\
	(void)b;									\
	(void)c;									\
	return call;									\
}

FUNCTION(rcp, mpfr_ui_div(r, 1, a, round))
FUNCTION(square_root, mpfr_sqrt(r, a, round))
FUNCTION(exp2_of, mpfr_exp2(r, a, round))
FUNCTION(log2_of, mpfr_log2(r, a, round))
FUNCTION(sine, mpfr_sinu(r, a, 1, round))
FUNCTION(cosine, mpfr_cosu(r, a, 1, round))

/* The two numbers next to the exact one, or that one */
#define WITHIN(name, fn, type)								\
static uint64_t name##_low(const uint64_t src[3], uint32_t mode)			\
{											\
	return rounded(fn, type, src, mode, 2);						\
}											\
											\
static bool name##_near(const uint64_t src[3], uint32_t mode, uint64_t got, uint64_t low)	\
{											\
	return got == low || got == rounded(fn, type, src, mode, 1);			\
}

WITHIN(rcp_f32, rcp, REAL_F32)
WITHIN(sqrt_f32, square_root, REAL_F32)
WITHIN(rsq_f32, rec_sqrt, REAL_F32)
WITHIN(exp_f32, exp2_of, REAL_F32)
WITHIN(log_f32, log2_of, REAL_F32)
WITHIN(rcp_f64, rcp, REAL_F64)
WITHIN(sqrt_f64, square_root, REAL_F64)

/* Two roundings */
static uint64_t rsq_f64_low(const uint64_t src[3], uint32_t mode)
{
	return rounded(rec_sqrt, REAL_F64, src, mode, 2);
}

static bool rsq_f64_near(const uint64_t src[3], uint32_t mode, uint64_t got, uint64_t low)
{
	(void)src;
	(void)mode;
	return got + 1 - low <= 3;
}

static void test_near(void **state)
{
	static const struct real_row rows[] = {
		{ "v_rcp_f32", ISA_GFX942, NULL, rcp_f32_low, rcp_f32_near },
		{ "v_rcp_iflag_f32", ISA_GFX942, NULL, rcp_f32_low, rcp_f32_near },
		{ "v_sqrt_f32", ISA_GFX942, NULL, sqrt_f32_low, sqrt_f32_near },
		{ "v_rsq_f32", ISA_GFX942, NULL, rsq_f32_low, rsq_f32_near },
		{ "v_exp_f32", ISA_GFX942, NULL, exp_f32_low, exp_f32_near },
		{ "v_exp_legacy_f32", ISA_GFX942, NULL, exp_f32_low, exp_f32_near },
		{ "v_log_f32", ISA_GFX942, NULL, log_f32_low, log_f32_near },
		{ "v_log_legacy_f32", ISA_GFX942, NULL, log_f32_low, log_f32_near },
		{ "v_rcp_f64", ISA_GFX942, NULL, rcp_f64_low, rcp_f64_near },
		{ "v_sqrt_f64", ISA_GFX942, NULL, sqrt_f64_low, sqrt_f64_near },
		{ "v_rsq_f64", ISA_GFX942, NULL, rsq_f64_low, rsq_f64_near },
	};

	(void)state;
	real_test(ROWS(rows), 20);
}

/* Denormals are those of MODE; that a 0 has the sign of its source only is so for zeros. */
static uint64_t turn(real_fn *fn, const uint64_t src[3], uint32_t mode, uint32_t round)
{
	uint32_t both = (mode & 0x30) == 0x30 ? 0x30 : 0;
	uint64_t bits = real_op(fn, REAL_F32, src, round | both | (mode & REAL_NO_IEEE));

	if (real_is_nan(REAL_F32, bits) && !real_is_nan(REAL_F32, src[0]))
		bits |= 0x80000000;
	if (bits == 0x80000000 && src[0] & real_inf(REAL_F32))
		bits = 0;
	return bits;
}

#define TURN(name, fn)									\
static uint64_t name##_low(const uint64_t src[3], uint32_t mode)			\
{											\
	return turn(fn, src, mode, 2);							\
}											\
											\
static bool name##_near(const uint64_t src[3], uint32_t mode, uint64_t got, uint64_t low)	\
{											\
	return got == low || got == turn(fn, src, mode, 1);				\
}

TURN(sin, sine)
TURN(cos, cosine)

static void test_turns(void **state)
{
	static const struct real_row rows[] = {
		{ "v_sin_f32", ISA_GFX942, NULL, sin_low, sin_near },
		{ "v_cos_f32", ISA_GFX942, NULL, cos_low, cos_near },
	};

	(void)state;
	real_test(ROWS(rows), 20);
}

#define USUAL	0xf0

static void test_values(void **state)
{
	static const struct real_value values[] = {
		{ "v_exp_f32", USUAL, 0, { 0xff800000 } },
		{ "v_exp_f32", USUAL, 0x3f800000, { 0x80000000 } },
		{ "v_exp_f32", USUAL | 3, 0x7f800000, { 0x7f800000 } },
		{ "v_exp_f32", USUAL | 3, 0x7f800000, { 0x43000000 } },		/* 128 */
		{ "v_exp_f32", USUAL, 0x7f000000, { 0x42fe0000 } },		/* 127 */
		{ "v_exp_f32", USUAL, 0x00800000, { 0xc2fc0000 } },		/* -126 */
		{ "v_exp_f32", USUAL | 1, 0, { 0xc2fe0000 } },			/* -127 */
		{ "v_log_f32", USUAL, 0xffc00000, { 0xff800000 } },
		{ "v_log_f32", USUAL, 0xffc00000, { 0xbf800000 } },
		{ "v_log_f32", USUAL, 0xff800000, { 0x80000000 } },
		{ "v_log_f32", USUAL, 0xff800000, { 0 } },
		{ "v_log_f32", USUAL, 0xff800000, { 0x007fffff } },
		{ "v_log_f32", USUAL | 2, 0, { 0x3f800000 } },
		{ "v_log_f32", USUAL, 0x7f800000, { 0x7f800000 } },
		{ "v_rcp_f32", USUAL, 0x80000000, { 0xff800000 } },
		{ "v_rcp_f32", USUAL, 0xbf000000, { 0xc0000000 } },
		{ "v_rcp_f32", USUAL, 0xff800000, { 0x80000000 } },
		{ "v_rcp_f32", USUAL, 0x7f800000, { 1 } },
		{ "v_rcp_f32", USUAL, 0, { 0x7f000000 } },
		{ "v_rcp_f32", USUAL, 0x7fc00001, { 0x7f800001 } },
		{ "v_rsq_f32", USUAL, 0xffc00000, { 0xff800000 } },
		{ "v_rsq_f32", USUAL, 0xff800000, { 0x80000000 } },
		{ "v_rsq_f32", USUAL, 0x7f800000, { 0 } },
		{ "v_rsq_f32", USUAL, 0x3f000000, { 0x40800000 } },
		{ "v_rsq_f32", USUAL, 0, { 0x7f800000 } },
		{ "v_sqrt_f32", USUAL, 0xffc00000, { 0xff800000 } },
		{ "v_sqrt_f32", USUAL, 0x80000000, { 0x80000000 } },
		{ "v_sqrt_f32", USUAL, 0x40000000, { 0x40800000 } },
		{ "v_sqrt_f32", USUAL, 0x7f800000, { 0x7f800000 } },
		{ "v_sin_f32", USUAL, 0xffc00000, { 0xff800000 } },
		{ "v_sin_f32", USUAL, 0, { 0xff7fffff } },
		{ "v_sin_f32", USUAL, 0x80000000, { 0x80000000 } },
		{ "v_sin_f32", USUAL, 0x3f800000, { 0x3e800000 } },
		{ "v_sin_f32", USUAL, 0x3f800000, { 0x43802000 } },		/* 256.25 */
		{ "v_cos_f32", USUAL, 0xffc00000, { 0x7f800000 } },
		{ "v_cos_f32", USUAL, 0x3f800000, { 0xff7fffff } },
		{ "v_cos_f32", USUAL, 0, { 0x3e800000 } },
		{ "v_rcp_f64", USUAL, 0x3fd0000000000000, { 0x4010000000000000 } },
		{ "v_rcp_f64", USUAL, 0xfff0000000000000, { 0x8000000000000000 } },
		{ "v_rsq_f64", USUAL, 0x3fe0000000000000, { 0x4010000000000000 } },
		{ "v_sqrt_f64", USUAL, 0xfff8000000000000, { 0xbff0000000000000 } },
	};

	(void)state;
	real_values(ROWS(values), ISA_GFX942);
}

/* Behind 256 turns gfx906 has a constant. */
static void test_gfx906(void **state)
{
	static const struct real_value values[] = {
		{ "v_sin_f32", USUAL, 0x3f800000, { 0x437f4000 } },		/* 255.25 */
		{ "v_sin_f32", USUAL, 0, { 0x43802000 } },			/* 256.25 */
		{ "v_sin_f32", USUAL, 0, { 0xc3802000 } },
		{ "v_cos_f32", USUAL, 0xbf800000, { 0x437f8000 } },		/* 255.5 */
		{ "v_cos_f32", USUAL, 0x3f800000, { 0x43804000 } },		/* 256.5 */
		{ "v_cos_f32", USUAL, 0xffc00000, { 0x7f800000 } },
	};

	(void)state;
	real_values(ROWS(values), ISA_GFX906);
}

/* 53 digits of 2 / pi from where the manual says, cut off where there is no place for them */
static void test_two_by_pi(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	mpfr_t value, part;
	mpz_t digits;

	(void)state;
	mpfr_init2(value, 2000);
	mpfr_init2(part, 53);
	mpz_init(digits);
	mpfr_const_pi(value, MPFR_RNDN);
	mpfr_ui_div(value, 2, value, MPFR_RNDN);
	mpfr_mul_2si(value, value, 1201, MPFR_RNDN);
	mpfr_trunc(value, value);
	mpfr_get_z(digits, value, MPFR_RNDN);
	for (unsigned int k = 0; k < 400; k++) {
		insn(m, "v_trig_preop_f64");
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			set_v64(m, VSRC(0), i, random64());
			v(m, VSRC(1))[i] = k < 200 ? random32() : random32() % 3;
		}
		real_execute(m, real_mode(k % REAL_MODES) | 0xc0);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			int exponent = v(m, VSRC(0) + 1)[i] >> 20 & 0x7ff;
			int shift = v(m, VSRC(1))[i] % 32 * 53;
			mpz_t window;
			int inexact;

			if (exponent > 1077)
				shift += exponent - 1077;
			mpz_init(window);
			mpz_mul_2exp(window, digits, shift);
			mpz_tdiv_r_2exp(window, window, 1201);
			mpz_tdiv_q_2exp(window, window, 1201 - 53);
			mpfr_set_z(part, window, MPFR_RNDN);
			inexact = mpfr_mul_2si(part, part, -53 - shift +
					       (exponent >= 1968 ? 128 : 0), MPFR_RNDN);
			/* Towards 0 */
			assert_int_equal(v64(m, VDST(0), i),
					 real_put(part, inexact, REAL_F64, 0xcc));
			mpz_clear(window);
		}
	}
	mpfr_clears(value, part, NULL);
	mpz_clear(digits);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_gfx906),
		cmocka_unit_test(test_two_by_pi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
