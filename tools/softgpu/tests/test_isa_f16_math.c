// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Functions of one F16 and conversions, for all numbers there are, and the two that have another
 * source, besides.
 */
#include <math.h>

#include "f16.h"

#define DENORMS	(ISA_MODE_DENORM64_IN | ISA_MODE_DENORM64_OUT)

static void set_mode(struct machine *m, unsigned int round, uint32_t flags)
{
	isa_set_mode(m->w, round << 2 | flags | ISA_MODE_IEEE);
}

/* An integer of 2**-24 as an F16; what it was before tells the sign of zero. */
static uint16_t from_units(int64_t units, uint16_t before)
{
	return units ? h_round((exact_t)units * (1 << 24), NEAREST) : before & 0x8000;
}

/* A part and what is left of it, rounded to an integer */
static int64_t divide(exact_t value, unsigned int shift, unsigned int mode)
{
	exact_t unit = (exact_t)1 << shift, low = value / unit, rest = value % unit;

	if (rest < 0) {
		low--;
		rest += unit;
	}
	if (mode == UP || (mode == ZERO && value < 0))
		return low + (rest != 0);
	if (mode == NEAREST)
		return low + (rest * 2 > unit || (rest * 2 == unit && low & 1));
	return low;
}

static uint16_t round_to(uint16_t h, unsigned int mode)
{
	if (h_is_nan(h))
		return h | 0x200;
	if (h_is_inf(h))
		return h;
	return from_units(divide(h_units(h), 24, mode) * (1 << 24), h);
}

static uint16_t ref_floor(uint16_t h, unsigned int mode)
{
	(void)mode;
	return round_to(h, DOWN);
}

static uint16_t ref_ceil(uint16_t h, unsigned int mode)
{
	(void)mode;
	return round_to(h, UP);
}

static uint16_t ref_trunc(uint16_t h, unsigned int mode)
{
	(void)mode;
	return round_to(h, ZERO);
}

static uint16_t ref_rndne(uint16_t h, unsigned int mode)
{
	(void)mode;
	return round_to(h, NEAREST);
}

static uint16_t ref_fract(uint16_t h, unsigned int mode)
{
	int64_t units;
	uint16_t result;

	if (h_is_nan(h))
		return h | 0x200;
	if (h_is_inf(h))
		return H_NAN;
	units = h_units(h) - divide(h_units(h), 24, DOWN) * (1 << 24);
	if (!units)
		return 0;
	result = h_round((exact_t)units * (1 << 24), mode);
	return result == 0x3c00 ? 0x3bff : result;
}

/* The number is half to 1 times 2**exp. */
static int exponent(uint16_t h)
{
	int64_t units = llabs(h_units(h));
	int exp = -24;

	for (; units; units >>= 1)
		exp++;
	return exp;
}

static uint16_t ref_mantissa(uint16_t h, unsigned int mode)
{
	int64_t units = h_units(h);

	(void)mode;
	if (h_is_nan(h))
		return h | 0x200;
	if (h_is_inf(h) || h_is_zero(h))
		return h;
	while (llabs(units) < 1 << 23)
		units *= 2;
	while (llabs(units) >= 1 << 24)
		units /= 2;
	return from_units(units, h);
}

static uint16_t ref_exponent(uint16_t h, unsigned int mode)
{
	(void)mode;
	return h_is_nan(h) || h_is_inf(h) || h_is_zero(h) ? 0 : exponent(h);
}

static uint16_t ref_to_u16(uint16_t h, unsigned int mode)
{
	(void)mode;
	if (h_is_nan(h) || h & 0x8000)
		return 0;
	return h_is_inf(h) ? 0xffff : h_units(h) >> 24;
}

static uint16_t ref_to_i16(uint16_t h, unsigned int mode)
{
	int64_t value;

	(void)mode;
	if (h_is_nan(h))
		return 0;
	value = h_is_inf(h) ? (h & 0x8000 ? -40000 : 40000) : h_units(h) / (1 << 24);
	return value > 32767 ? 32767 : value < -32768 ? -32768 : value;
}

static uint16_t ref_to_snorm(uint16_t h, unsigned int mode)
{
	bool large = (h & 0x7fff) >= 0x3c00;

	if (h_is_nan(h))
		return 0;
	if (large)
		return h & 0x8000 ? -32767 : 32767;
	return divide((exact_t)h_units(h) * 32767, 24, mode);
}

static uint16_t ref_to_unorm(uint16_t h, unsigned int mode)
{
	if (h_is_nan(h) || h & 0x8000)
		return 0;
	return h >= 0x3c00 ? 65535 : divide((exact_t)h_units(h) * 65535, 24, mode);
}

static uint16_t ref_from_u16(uint16_t value, unsigned int mode)
{
	return value ? h_round((exact_t)value << 48, mode) : 0;
}

static uint16_t ref_from_i16(uint16_t value, unsigned int mode)
{
	return value ? h_round((exact_t)(int16_t)value * ((exact_t)1 << 48), mode) : 0;
}

static const struct row {
	const char *name;
	uint16_t (*reference)(uint16_t h, unsigned int mode);
	bool from_int, to_int;
} rows[] = {
	{ "v_floor_f16", ref_floor, false, false },
	{ "v_ceil_f16", ref_ceil, false, false },
	{ "v_trunc_f16", ref_trunc, false, false },
	{ "v_rndne_f16", ref_rndne, false, false },
	{ "v_fract_f16", ref_fract, false, false },
	{ "v_frexp_mant_f16", ref_mantissa, false, false },
	{ "v_frexp_exp_i16_f16", ref_exponent, false, true },
	{ "v_cvt_u16_f16", ref_to_u16, false, true },
	{ "v_cvt_i16_f16", ref_to_i16, false, true },
	{ "v_cvt_norm_i16_f16", ref_to_snorm, false, true },
	{ "v_cvt_norm_u16_f16", ref_to_unorm, false, true },
	{ "v_cvt_f16_u16", ref_from_u16, true, false },
	{ "v_cvt_f16_i16", ref_from_i16, true, false },
};

static void check_row(struct machine *m, const struct row *row, unsigned int mode, uint32_t flags)
{
	set_mode(m, mode, flags);
	for (unsigned int n = 0; n < 0x10000; n += ISA_LANES) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			v(m, VSRC(0))[i] = 0x98760000 | (n + i);
		run_insn(m, row->name);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint16_t in = n + i, want;

			if (!row->from_int && !(flags & ISA_MODE_DENORM64_IN))
				in = h_flush(in);
			want = row->reference(in, mode);
			if (!row->to_int && !(flags & ISA_MODE_DENORM64_OUT))
				want = h_flush(want);
			if (v(m, VDST(0))[i] != want)
				fail_msg("%s %x round %u flags %x: %x, not %x", row->name, n + i,
					 mode, flags, v(m, VDST(0))[i], want);
		}
	}
}

static void test_exact(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		for (unsigned int mode = 0; mode < 4; mode++)
			check_row(m, &rows[r], mode, DENORMS);
		check_row(m, &rows[r], NEAREST, 0);
	}
	machine_free(m);
}

static double to_double(uint16_t h)
{
	if (h_is_nan(h))
		return NAN;
	return copysign(h_is_inf(h) ? INFINITY : ldexp(h_units(h), -24), h & 0x8000 ? -1 : 1);
}

static uint16_t from_double(double value)
{
	double size = fabs(value);

	if (isnan(value))
		return H_NAN;
	if (value == 0 || size < 0x1p-40)
		return signbit(value) ? 0x8000 : 0;
	if (size > 0x1p40)
		size = 0x1p40;
	return h_round(signbit(value) ? -(exact_t)ldexp(size, 48) : (exact_t)ldexp(size, 48),
		       NEAREST);
}

static double rcp(double x)
{
	return 1 / x;
}

static double rsq(double x)
{
	return 1 / sqrt(x);
}

/* The remainder is exact, and so are quarters of a turn. */
static double sin_turns(double x)
{
	double part = fmod(x, 1);

	return fmod(x, 0.5) == 0 ? (x == 0 ? x : 0) : sin(2 * M_PI * part);
}

static double cos_turns(double x)
{
	return fmod(fabs(x) + 0.25, 0.5) == 0 ? 0 : cos(2 * M_PI * fmod(x, 1));
}

/* F16 in the order of their values, with one zero */
static int order(uint16_t h)
{
	return h & 0x8000 ? -(h & 0x7fff) : h;
}

static void test_approximate(void **state)
{
	static const struct {
		const char *name;
		double (*function)(double x);
	} table[] = {
		{ "v_rcp_f16", rcp }, { "v_sqrt_f16", sqrt }, { "v_rsq_f16", rsq },
		{ "v_log_f16", log2 }, { "v_exp_f16", exp2 }, { "v_sin_f16", sin_turns },
		{ "v_cos_f16", cos_turns },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 7 * 0x10000; n += ISA_LANES) {
		set_mode(m, n >> 14 & 3, DENORMS);
		for (unsigned int i = 0; i < ISA_LANES; i++)
			v(m, VSRC(0))[i] = (n + i) & 0xffff;
		run_insn(m, table[n >> 16].name);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint16_t in = n + i, got = v(m, VDST(0))[i];
			uint16_t want = from_double(table[n >> 16].function(to_double(in)));

			/* NaNs as the manual shows them */
			if (h_is_nan(want))
				want = h_is_nan(in) ? in | 0x200 : 0xfe00;
			if (h_is_nan(want) || h_is_inf(want) || h_is_zero(want) ? got != want :
			    abs(order(got) - order(want)) > 1)
				fail_msg("%s %x: %x, not %x", table[n >> 16].name, in, got, want);
		}
	}
	machine_free(m);
}

/* Of a result that is rounded to infinity FP16_OVFL makes another one. */
static void test_overflow(void **state)
{
	static const struct {
		const char *name;
		uint16_t from, to;
	} table[] = {
		{ "v_rcp_f16", 0x0001, 0x7bff }, { "v_rcp_f16", 0x0000, 0x7c00 },
		{ "v_exp_f16", 0x4c00, 0x7bff }, { "v_exp_f16", 0x7bff, 0x7bff },
		{ "v_exp_f16", 0x7c00, 0x7c00 }, { "v_exp_f16", 0xfbff, 0x0000 },
		{ "v_cvt_f16_u16", 0xffff, 0x7bff },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	set_mode(m, NEAREST, ISA_MODE_FP16_OVFL);
	for (unsigned int n = 0; n < sizeof(table) / sizeof(table[0]); n++) {
		isa_set_mode(m->w, m->w->mode | DENORMS);
		v(m, VSRC(0))[0] = table[n].from;
		run_insn(m, table[n].name);
		assert_int_equal(v(m, VDST(0))[0], table[n].to);
	}
	machine_free(m);
}

static uint16_t ref_ldexp(uint16_t h, int exp, unsigned int mode)
{
	exact_t size = llabs(h_units(h));

	if (h_is_nan(h))
		return h | 0x200;
	if (h_is_inf(h) || h_is_zero(h))
		return h;
	/* More changes nothing: what is left is rounded all the same. */
	exp = exp > 60 ? 60 : exp < -90 ? -90 : exp;
	if (exp >= -24)
		size <<= 24 + exp;
	else
		size = size >> (-24 - exp) | ((size & (((exact_t)1 << (-24 - exp)) - 1)) != 0);
	return h_round(h & 0x8000 ? -size : size, mode);
}

static void test_ldexp(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 4096; n++) {
		set_mode(m, n & 3, DENORMS);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			v(m, VSRC(0))[i] = edgy16();
			v(m, VSRC(1))[i] = n & 4 ? random32() % 81 - 40 : edgy32();
		}
		run_insn(m, "v_ldexp_f16");
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint16_t h = v(m, VSRC(0))[i];
			int exp = (int16_t)v(m, VSRC(1))[i];
			uint16_t want = ref_ldexp(h, exp, n & 3);

			if (v(m, VDST(0))[i] != want)
				fail_msg("%x * 2**%d round %u: %x, not %x", h, exp, n & 3,
					 v(m, VDST(0))[i], want);
		}
	}
	machine_free(m);
}

static void test_div_fixup(void **state)
{
	/* Quotient, denominator, numerator, result */
	static const uint16_t table[][4] = {
		{ 0x3800, 0x4000, 0x3c00, 0x3800 },
		{ 0xb800, 0x4000, 0x3c00, 0x3800 },
		{ 0x3800, 0xc000, 0x3c00, 0xb800 },
		{ 0x3800, 0xc000, 0xbc00, 0x3800 },
		{ 0x3800, 0x4000, 0x7d01, 0x7f01 },
		{ 0x3800, 0xfd01, 0x3c00, 0xff01 },
		{ 0x3800, 0x7e01, 0x7e02, 0x7e02 },
		{ 0x3800, 0x0000, 0x8000, 0xfe00 },
		{ 0x3800, 0x7c00, 0xfc00, 0xfe00 },
		{ 0x3800, 0x8000, 0x3c00, 0xfc00 },
		{ 0x3800, 0x0000, 0x7c00, 0x7c00 },
		{ 0x3800, 0xc000, 0x7c00, 0xfc00 },
		{ 0x3800, 0xfc00, 0x3c00, 0x8000 },
		{ 0x3800, 0x4000, 0x8000, 0x8000 },
		{ 0x7e01, 0xc000, 0x3c00, 0xfe01 },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 2; n++) {
		insn(m, n ? "v_div_fixup_f16" : "v_div_fixup_legacy_f16");
		for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			v(m, VDST(0))[i] = 0x12345678;
			for (unsigned int s = 0; s < 3; s++)
				v(m, VSRC(s))[i] = table[i][s];
		}
		execute(m);
		for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
			assert_int_equal(v(m, VDST(0))[i], (n ? 0x12340000 : 0) | table[i][3]);
	}
	machine_free(m);
}

/* Two in one register; op_sel is for sources. */
static void test_pairs(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 3 * 512; n++) {
		static const char *const names[] = {
			"v_cvt_pknorm_i16_f16", "v_cvt_pknorm_u16_f16", "v_pack_b32_f16",
		};
		struct isa_insn *in = insn(m, names[n % 3]);

		in->op_sel = random32() & 3;
		set_mode(m, n / 3 & 3, DENORMS);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			v(m, VSRC(0))[i] = edgy16();
			v(m, VSRC(1))[i] = edgy16();
			v(m, VDST(0))[i] = random32();
		}
		execute(m);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint32_t want = 0;

			for (unsigned int s = 0; s < 2; s++) {
				uint16_t h = v(m, VSRC(s))[i] >> (in->op_sel >> s & 1 ? 16 : 0);

				if (n % 3 == 0)
					h = ref_to_snorm(h, n / 3 & 3);
				else if (n % 3 == 1)
					h = ref_to_unorm(h, n / 3 & 3);
				want |= (uint32_t)h << 16 * s;
			}
			assert_int_equal(v(m, VDST(0))[i], want);
		}
	}
	machine_free(m);
}

static void test_pkrtz(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 256; n++) {
		struct isa_insn *in = insn(m, "v_cvt_pkrtz_f16_f32");

		set_mode(m, n & 3, DENORMS);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			for (unsigned int s = 0; s < 2; s++)
				v(m, VSRC(s))[i] = random32() & 1 ? edgy32() :
						   (random32() & 0x8fffffff) + 0x38000000;
		}
		in->args[0].reg = n & 1 ? VSRC(1) : VDST(0);
		memcpy(v(m, VSRC(3)), v(m, VSRC(1)), ISA_VGPR_SIZE);
		execute(m);
		for (unsigned int i = 0; i < ISA_LANES; i++)
			assert_int_equal(v(m, in->args[0].reg)[i],
					 h_from_f32(v(m, VSRC(0))[i], ZERO) |
					 (uint32_t)h_from_f32(v(m, VSRC(3))[i], ZERO) << 16);
		assert_int_equal(m->run.mxcsr, m->w->mxcsr32);
	}
	/* Both halves are clamped. */
	insn(m, "v_cvt_pkrtz_f16_f32")->clamp = true;
	v(m, VSRC(0))[0] = 0x40000000;
	v(m, VSRC(1))[0] = 0xc0000000;
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0x3c00);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_approximate),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_ldexp),
		cmocka_unit_test(test_div_fixup),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_pkrtz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
