// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Divisions of F32 and F64 as compilers make them of v_div_scale, v_div_fmas and v_div_fixup:
 * quotients must be rounded correctly. And these by themselves, by hand.
 */
#include "real.h"

#define ROWS(array)	array, sizeof(array) / sizeof((array)[0])

/* Registers, from here on: numerator, denominator, the quotient, others */
enum { N = 100, D = 102, Q = 104, SCALED_N = 106, SCALED_D = 108, R = 110, E = 112 };

static enum isa_type isa_type(enum real type)
{
	return type == REAL_F32 ? ISA_F32 : ISA_F64;
}

static void set(struct machine *m, enum real type, unsigned int reg, unsigned int lane,
		uint64_t bits)
{
	if (type == REAL_F32)
		v(m, reg)[lane] = bits;
	else
		set_v64(m, reg, lane, bits);
}

static struct isa_operand one(enum real type)
{
	return constant(isa_type(type), (uint64_t)real_bias(type) << real_fraction(type));
}

/* "v_name_f32" or "v_name_f64" of two or three registers */
static struct isa_insn *step(struct machine *m, enum real type, const char *name,
			     unsigned int dst, unsigned int a, unsigned int b, unsigned int c)
{
	char row[32];
	struct isa_insn *in;

	snprintf(row, sizeof(row), "v_%s_%s", name, type == REAL_F32 ? "f32" : "f64");
	in = insn(m, row);
	in->args[0] = vgpr(isa_type(type), dst);
	in->args[1] = vgpr(isa_type(type), a);
	if (in->num_args > 2)
		in->args[2] = vgpr(isa_type(type), b);
	if (in->num_args > 3)
		in->args[3] = vgpr(isa_type(type), c);
	return in;
}

static void scale(struct machine *m, enum real type, unsigned int dst, unsigned int src,
		  unsigned int mask)
{
	struct isa_insn *in = step(m, type, "div_scale", dst, 0, 0, 0);

	in->args[1] = sgpr(ISA_B64, mask);
	in->args[2] = vgpr(isa_type(type), src);
	in->args[3] = vgpr(isa_type(type), D);
	in->args[4] = vgpr(isa_type(type), N);
	execute(m);
}

/* dst = c - a * b, or 1 - a * b */
static void rest(struct machine *m, enum real type, unsigned int dst, unsigned int a,
		 unsigned int b, unsigned int c)
{
	struct isa_insn *in = step(m, type, "fma", dst, a, b, c);

	in->args[1].mods = ISA_NEG;
	if (!c)
		in->args[3] = one(type);
	execute(m);
}

/* As LLVM has it, with the denormals of @mode but in the steps between */
static void divide(struct machine *m, enum real type, uint32_t mode)
{
	isa_set_mode(m->w, mode);
	scale(m, type, SCALED_D, D, SDST(0));
	step(m, type, "rcp", R, SCALED_D, 0, 0);
	execute(m);
	scale(m, type, SCALED_N, N, ISA_VCC);
	isa_set_mode(m->w, mode | 0xf0);
	for (unsigned int i = 0; i < (type == REAL_F32 ? 1 : 2); i++) {
		rest(m, type, E, SCALED_D, R, 0);
		step(m, type, "fma", R, E, R, R);
		execute(m);
	}
	step(m, type, "mul", Q, SCALED_N, R, 0);
	execute(m);
	rest(m, type, E, SCALED_D, Q, SCALED_N);
	if (type == REAL_F32) {
		step(m, type, "fma", Q, E, R, Q);
		execute(m);
		rest(m, type, E, SCALED_D, Q, SCALED_N);
	}
	isa_set_mode(m->w, mode);
	step(m, type, "div_fmas", Q, E, R, Q);
	execute(m);
	step(m, type, "div_fixup", Q, Q, D, N);
	execute(m);
	isa_set_mode(m->w, 0xf0 | ISA_MODE_IEEE);
}

/* Quotients that are at the ends of the range, or need denormals */
static uint64_t near_end(enum real type, uint64_t other)
{
	uint64_t bits = real_random(type);
	int64_t end = random64() & 1 ? real_bias(type) + 1 :
		      1 - real_bias(type) - (int64_t)(random64() % 60);
	int64_t exponent = (int64_t)((other & real_inf(type)) >> real_fraction(type)) + end;

	if (exponent < 1 || exponent > 2 * real_bias(type))
		return bits;
	return (bits & ~real_inf(type)) | (uint64_t)exponent << real_fraction(type);
}

/* Neither large nor small, so that no lane is a special case */
static uint64_t usual(enum real type)
{
	uint64_t exponent = real_bias(type) - 8 + random64() % 16;

	return (real_random(type) & ~real_inf(type)) | exponent << real_fraction(type);
}

static uint64_t expected(enum real type, const uint64_t src[3], uint32_t mode)
{
	bool n = real_is_nan(type, src[0]), d = real_is_nan(type, src[1]);
	uint64_t bits = real_op(real_div, type, src, mode);

	if (n || d)
		return src[n ? 0 : 1] | real_quiet(type);
	return real_is_nan(type, bits) ? bits | real_sign(type) : bits;
}

static void test_division(enum real type, uint32_t mode, enum isa_target target)
{
	struct machine *m = machine_new(target);

	for (unsigned int k = 0; k < 1500; k++) {
		uint64_t src[ISA_LANES][3] = { 0 };

		for (unsigned int i = 0; i < ISA_LANES; i++) {
			src[i][1] = k % 3 ? real_random(type) : usual(type);
			src[i][0] = k % 3 == 0 ? usual(type) : k % 3 == 1 ? real_random(type) :
				    near_end(type, src[i][1]);
			set(m, type, N, i, src[i][0]);
			set(m, type, D, i, src[i][1]);
		}
		divide(m, type, mode | ISA_MODE_IEEE);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint64_t got = type == REAL_F32 ? v(m, Q)[i] : v64(m, Q, i);
			uint64_t quotient = expected(type, src[i], mode);

			if (got != quotient)
				real_fail("divide", src[i], mode, got, quotient);
		}
	}
	machine_free(m);
}

static void test_f32(void **state)
{
	(void)state;
	test_division(REAL_F32, 0xf0, ISA_GFX942);
	test_division(REAL_F32, 0xf0, ISA_GFX906);
}

/* Without denormals */
static void test_f32_flush(void **state)
{
	(void)state;
	test_division(REAL_F32, 0xc0, ISA_GFX942);
}

static void test_f64(void **state)
{
	(void)state;
	test_division(REAL_F64, 0xf0, ISA_GFX942);
}

#define ONE	0x3ff0000000000000

/*
 * What each of them makes of operands that are not usual: scale has the value, the denominator
 * and the numerator, and the mask of lanes that need the other way later.
 */
static const struct {
	uint32_t src[3], result;
	bool mask;
} scaled32[] = {
	{ { 0x3f800000, 0x3f800000, 0x40000000 }, 0x3f800000, false },
	{ { 0x3f800000, 0x3f800000, 0 }, 0x7fc00000, false },
	{ { 0x3f800000, 0, 0x3f800000 }, 0x7fc00000, false },
	/* The exponent of the numerator is greater by 96: the denominator is scaled */
	{ { 0x3f800000, 0x3f800000, 0x6f800000 }, 0x5f800000, true },
	{ { 0x6f800000, 0x3f800000, 0x6f800000 }, 0x6f800000, true },
	{ { 0x6f7fffff, 0x3f800000, 0x6f7fffff }, 0x6f7fffff, false },
	/* A denormal: both are */
	{ { 1, 1, 0x0c000000 }, 0x15000000, false },
	{ { 0x0c000000, 1, 0x0c000000 }, 0x2c000000, false },
	/* The reciprocal is a denormal: both are scaled the other way */
	{ { 0x7e800000, 0x7e800000, 0x41000000 }, 0x7e800000, false },
	{ { 0x7e800001, 0x7e800001, 0x41000000 }, 0x5e800001, false },
	{ { 0x41000000, 0x7e800001, 0x41000000 }, 0x21000000, false },
	/* The quotient, too: the denominator is */
	{ { 0x7e800001, 0x7e800001, 0x3f800000 }, 0x5e800001, true },
	{ { 0x3f800000, 0x7e800001, 0x3f800000 }, 0x3f800000, true },
	/* The quotient only: the numerator is */
	{ { 0x5f800000, 0x5f800000, 0x20000000 }, 0x5f800000, true },
	{ { 0x20000000, 0x5f800000, 0x20000000 }, 0x40000000, true },
	/* A tiny numerator: both are */
	{ { 0x0bffffff, 0x0c000000, 0x0bffffff }, 0x2bffffff, false },
	{ { 0x0c000000, 0x0c000000, 0x0bffffff }, 0x2c000000, false },
	{ { 0x0c000000, 0x0c000000, 0x0c000000 }, 0x0c000000, false },
};

static const struct {
	uint64_t src[3], result;
	bool mask;
} scaled64[] = {
	{ { ONE, ONE, ONE }, ONE, false },
	{ { ONE, ONE, 0 }, 0x7ff8000000000000, false },
	{ { ONE, ONE, 0x6ff0000000000000 }, 0x47f0000000000000, true },
	{ { 0x6ff0000000000000, ONE, 0x6ff0000000000000 }, 0x6ff0000000000000, true },
	{ { ONE, ONE, 0x6fe0000000000000 }, ONE, false },
	{ { 1, 1, 0x0400000000000000 }, 0x04d0000000000000, false },
	{ { 0x7fd0000000000000, 0x7fd0000000000000, 0x4080000000000000 },
	  0x7fd0000000000000, false },
	{ { 0x7fd0000000000001, 0x7fd0000000000001, 0x4080000000000000 },
	  0x77d0000000000001, false },
	{ { 0x7fd0000000000001, 0x7fd0000000000001, ONE }, 0x77d0000000000001, true },
	{ { ONE, 0x7fd0000000000001, ONE }, ONE, true },
	{ { 0x2000000000000000, 0x6000000000000000, 0x2000000000000000 },
	  0x2800000000000000, true },
	{ { 0x035fffffffffffff, 0x0360000000000000, 0x035fffffffffffff },
	  0x0b5fffffffffffff, false },
	{ { 0x0360000000000000, 0x0360000000000000, 0x0360000000000000 },
	  0x0360000000000000, false },
};

static void test_scale(void **state)
{
	const unsigned int num32 = sizeof(scaled32) / sizeof(scaled32[0]);
	const unsigned int num64 = sizeof(scaled64) / sizeof(scaled64[0]);
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	insn(m, "v_div_scale_f32");
	for (unsigned int i = 0; i < num32; i++) {
		for (unsigned int n = 0; n < 3; n++)
			v(m, VSRC(n))[i] = scaled32[i].src[n];
	}
	set_exec(m, (1ULL << num32) - 1);
	execute(m);
	for (unsigned int i = 0; i < num32; i++) {
		assert_int_equal(v(m, VDST(0))[i], scaled32[i].result);
		assert_int_equal(isa_sreg64(m->w, SDST(0)) >> i & 1, scaled32[i].mask);
	}
	assert_int_equal(isa_sreg64(m->w, SDST(0)) >> num32, 0);
	insn(m, "v_div_scale_f64");
	for (unsigned int i = 0; i < num64; i++) {
		for (unsigned int n = 0; n < 3; n++)
			set_v64(m, VSRC(n), i, scaled64[i].src[n]);
	}
	execute(m);
	for (unsigned int i = 0; i < num64; i++) {
		assert_int_equal(v64(m, VDST(0), i), scaled64[i].result);
		assert_int_equal(isa_sreg64(m->w, SDST(0)) >> i & 1, scaled64[i].mask);
	}
	machine_free(m);
}

static void test_fmas(void **state)
{
	/* a * b + c, and the same with VCC: times 2^64 from 2.0 upwards, else times 2^-64 */
	static const struct {
		uint32_t src[3], usual, scaled;
	} table[] = {
		{ { 0x40000000, 0x40400000, 0x3f800000 }, 0x40e00000, 0x20e00000 },
		{ { 0x40000000, 0x40400000, 0x40000000 }, 0x41000000, 0x61000000 },
		/* 3 * 2^-86 is 3 * 2^-150 then, a tie; and with a bit more or less */
		{ { 0, 0, 0x15400000 }, 0x15400000, 2 },
		{ { 0x00800000, 0xbf800000, 0x15400000 }, 0x15400000, 1 },
		{ { 0x00800000, 0x3f800000, 0x14400000 + 0x00400000 }, 0x14800000, 1 },
		/* 5 * 2^-86 with less more than a double has */
		{ { 1, 0x3f800000, 0x15a00000 }, 0x15a00000, 3 },
		{ { 1, 0xbf800000, 0x15a00000 }, 0x15a00000, 2 },
		{ { 0, 0, 0x80000000 }, 0, 0 },
		{ { 0x7f800000, 0, 0x3f800000 }, 0x7fc00000, 0x7fc00000 },
		{ { 0x3f800000, 0x7f800001, 0x7fc00002 }, 0x7fc00001, 0x7fc00001 },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int scaled = 0; scaled < 2; scaled++) {
		insn(m, "v_div_fmas_f32");
		for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			for (unsigned int n = 0; n < 3; n++)
				v(m, VSRC(n))[i] = table[i].src[n];
		}
		isa_set_sreg64(m->w, ISA_VCC, scaled ? ~0ULL : 0);
		execute(m);
		for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++)
			assert_int_equal(v(m, VDST(0))[i],
					 scaled ? table[i].scaled : table[i].usual);
	}
	machine_free(m);
}

/* A number is below 2^-1022 after scaling; 5 * 2^-947 is 2.5 times the least one then, a tie. */
static void test_fmas64(void **state)
{
	static const struct {
		uint64_t src[3], result;
	} table[] = {
		{ { 0, 0, 0x04e4000000000000 }, 2 },
		{ { 1, ONE, 0x04e4000000000000 }, 3 },
		{ { 1, ONE | 0x8000000000000000, 0x04e4000000000000 }, 2 },
		{ { 1, ONE, 0x84e4000000000000 }, 0x8000000000000002 },
		{ { 0, 0, 0x0800000000000000 }, 0x0008000000000000 },
		{ { ONE, ONE, ONE }, 0x3800000000000000 },
		{ { ONE, ONE, 0x4000000000000000 }, 0x4808000000000000 },
	};
	const unsigned int num = sizeof(table) / sizeof(table[0]);
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	insn(m, "v_div_fmas_f64");
	for (unsigned int i = 0; i < num; i++) {
		for (unsigned int n = 0; n < 3; n++)
			set_v64(m, VSRC(n), i, table[i].src[n]);
	}
	isa_set_sreg64(m->w, ISA_VCC, ~0ULL);
	execute(m);
	for (unsigned int i = 0; i < num; i++)
		assert_int_equal(v64(m, VDST(0), i), table[i].result);
	machine_free(m);
}

#define USUAL	0xf0

static void test_values(void **state)
{
	static const struct real_value values[] = {
		{ "v_div_fixup_f32", USUAL, 0xc0000000, { 0x40000000, 0xbf800000, 0x40000000 } },
		{ "v_div_fixup_f32", USUAL, 0x40000000, { 0xc0000000, 0x3f800000, 0x40000000 } },
		{ "v_div_fixup_f32", USUAL, 0x7fc00003, { 0, 0x7fc00002, 0x7f800003 } },
		{ "v_div_fixup_f32", USUAL | REAL_NO_IEEE, 0x7fc00002, { 0, 0x7f800002, 0 } },
		{ "v_div_fixup_f32", USUAL, 0xffc00000, { 0, 0, 0x80000000 } },
		{ "v_div_fixup_f32", USUAL, 0xffc00000, { 0, 0x7f800000, 0x7f800000 } },
		{ "v_div_fixup_f32", USUAL, 0xff800000, { 0, 0x80000000, 0x3f800000 } },
		{ "v_div_fixup_f32", USUAL, 0x7f800000, { 0, 0x3f800000, 0x7f800000 } },
		{ "v_div_fixup_f32", USUAL, 0x80000000, { 0x7fc00000, 0x7f800000, 0xbf800000 } },
		{ "v_div_fixup_f32", USUAL, 0, { 0x7fc00000, 0x3f800000, 0 } },
		{ "v_div_fixup_f32", USUAL, 0, { 0x3f800000, 0x7f000000, 0x33000000 } },
		{ "v_div_fixup_f32", USUAL | 1, 1, { 0x3f800000, 0x7f000000, 0x33000000 } },
		{ "v_div_fixup_f32", USUAL | 1, 0x80000000,
		  { 0x3f800000, 0xff000000, 0x33000000 } },
		{ "v_div_fixup_f32", USUAL, 0xff800000, { 0x7fc00000, 0x80800000, 0x7f000000 } },
		{ "v_div_fixup_f32", USUAL | 3, 0x7f7fffff,
		  { 0x7fc00000, 0x00800000, 0x7f000000 } },
		/* Sources of fmas are not flushed. */
		{ "v_div_fmas_f32", 0xc0, 0x13000000, { 1, 0x5d800000, 0 } },
		{ "v_div_fixup_f64", USUAL, 0xfff8000000000000, { 0, 0, 0 } },
		{ "v_div_fixup_f64", USUAL, 0x7ff0000000000000, { 0, 0, 0x3ff0000000000000 } },
	};

	(void)state;
	real_values(ROWS(values), ISA_GFX942);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_f32),
		cmocka_unit_test(test_f32_flush),
		cmocka_unit_test(test_f64),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_fmas),
		cmocka_unit_test(test_fmas64),
		cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
