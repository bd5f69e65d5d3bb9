// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Comparisons of F32 and F64 in all modes of denormals, and classes of numbers.
 */
#include "real.h"

/* Which of these relations make a comparison true */
#define LESS		1u
#define EQUAL		2u
#define GREATER		4u
#define UNORDERED	8u

static const struct {
	const char *name;
	unsigned int relations;
} comparisons[] = {
	{ "f", 0 },
	{ "lt", LESS },
	{ "eq", EQUAL },
	{ "le", LESS | EQUAL },
	{ "gt", GREATER },
	{ "lg", LESS | GREATER },
	{ "ge", GREATER | EQUAL },
	{ "o", LESS | EQUAL | GREATER },
	{ "u", UNORDERED },
	{ "nge", UNORDERED | LESS },
	{ "nlg", UNORDERED | EQUAL },
	{ "ngt", UNORDERED | LESS | EQUAL },
	{ "nle", UNORDERED | GREATER },
	{ "neq", UNORDERED | LESS | GREATER },
	{ "nlt", UNORDERED | GREATER | EQUAL },
	{ "tru", UNORDERED | LESS | EQUAL | GREATER },
};

static unsigned int relation(enum real type, uint64_t a, uint64_t b, uint32_t mode)
{
	unsigned int result;
	mpfr_t x, y;

	mpfr_inits(x, y, NULL);
	real_get(x, type, real_source(type, a, mode));
	real_get(y, type, real_source(type, b, mode));
	result = mpfr_unordered_p(x, y) ? UNORDERED : mpfr_less_p(x, y) ? LESS :
		 mpfr_greater_p(x, y) ? GREATER : EQUAL;
	mpfr_clears(x, y, NULL);
	return result;
}

static void set(struct machine *m, enum real type, unsigned int reg, unsigned int lane,
		uint64_t bits)
{
	if (type == REAL_F32)
		v(m, reg)[lane] = bits;
	else
		set_v64(m, reg, lane, bits);
}

static void run(struct machine *m, enum real type, const char *prefix, const char *name,
		uint32_t mode, uint64_t expected)
{
	uint64_t exec = random64();
	bool writes_exec = prefix[5] == 'x';
	char row[32];

	snprintf(row, sizeof(row), "%s_%s_%s", prefix, name, type == REAL_F32 ? "f32" : "f64");
	insn(m, row);
	set_exec(m, exec);
	isa_set_sreg64(m->w, SDST(0), random64());
	real_execute(m, mode);
	if (isa_sreg64(m->w, SDST(0)) != (expected & exec))
		fail_msg("%s in mode %x: %jx, not %jx", row, mode,
			 (uintmax_t)isa_sreg64(m->w, SDST(0)), (uintmax_t)(expected & exec));
	assert_true(isa_exec_mask(m->w) == (writes_exec ? expected & exec : exec));
	set_exec(m, ~0ULL);
}

static void test_compare(enum real type)
{
	struct machine *m = machine_new(ISA_GFX942);

	for (unsigned int k = 0; k < 64; k++) {
		uint32_t mode = real_mode(k % REAL_MODES) | (k & 16 ? REAL_NO_IEEE : 0);
		unsigned int relations[ISA_LANES];

		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint64_t a = real_random(type), b = real_random(type);

			/* The same, with another sign or nearly */
			if (random64() & 1)
				b = a ^ (random64() & 1 ? real_sign(type) : random64() & 1);
			relations[i] = relation(type, a, b, mode);
			set(m, type, VSRC(0), i, a);
			set(m, type, VSRC(1), i, b);
		}
		for (unsigned int c = 0; c < sizeof(comparisons) / sizeof(comparisons[0]); c++) {
			uint64_t expected = 0;

			for (unsigned int i = 0; i < ISA_LANES; i++) {
				if (comparisons[c].relations & relations[i])
					expected |= 1ULL << i;
			}
			run(m, type, "v_cmp", comparisons[c].name, mode, expected);
			run(m, type, "v_cmpx", comparisons[c].name, mode, expected);
		}
	}
	machine_free(m);
}

static void test_f32(void **state)
{
	(void)state;
	test_compare(REAL_F32);
}

static void test_f64(void **state)
{
	(void)state;
	test_compare(REAL_F64);
}

/* Modifiers of sources come before the comparison. */
static void test_signs(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_cmp_lt_f32");

	(void)state;
	v(m, VSRC(0))[3] = 0x3f800000;
	v(m, VSRC(1))[3] = 0xc0000000;
	in->args[1].mods = ISA_NEG;
	execute(m);
	assert_true(isa_sreg64(m->w, SDST(0)) == 0);
	in->args[2].mods = ISA_ABS;
	execute(m);
	assert_true(isa_sreg64(m->w, SDST(0)) == 8);
	machine_free(m);
}

/* All classes in the order of their bits, with the numbers at the ends of each */
static const struct {
	uint64_t f32[2], f64[2];
} classes[] = {
	{ { 0x7f800001, 0xffbfffff }, { 0x7ff0000000000001, 0xfff7ffffffffffff } },
	{ { 0x7fc00000, 0xffffffff }, { 0x7ff8000000000000, 0xffffffffffffffff } },
	{ { 0xff800000, 0xff800000 }, { 0xfff0000000000000, 0xfff0000000000000 } },
	{ { 0xff7fffff, 0x80800000 }, { 0xffefffffffffffff, 0x8010000000000000 } },
	{ { 0x807fffff, 0x80000001 }, { 0x800fffffffffffff, 0x8000000000000001 } },
	{ { 0x80000000, 0x80000000 }, { 0x8000000000000000, 0x8000000000000000 } },
	{ { 0, 0 }, { 0, 0 } },
	{ { 1, 0x007fffff }, { 1, 0x000fffffffffffff } },
	{ { 0x00800000, 0x7f7fffff }, { 0x0010000000000000, 0x7fefffffffffffff } },
	{ { 0x7f800000, 0x7f800000 }, { 0x7ff0000000000000, 0x7ff0000000000000 } },
};

static void test_class(enum real type)
{
	struct machine *m = machine_new(ISA_GFX942);

	/* Every class with every bit, and with all others; bits from 10 on have no meaning. */
	for (unsigned int bit = 0; bit < 11; bit++) {
		uint32_t mask = 1u << bit;
		uint64_t expected = 0;

		for (unsigned int i = 0; i < ISA_LANES; i++) {
			unsigned int c = i / 2 % 10;
			bool others = i >= 40;

			set(m, type, VSRC(0), i, type == REAL_F32 ? classes[c].f32[i % 2] :
								    classes[c].f64[i % 2]);
			v(m, VSRC(1))[i] = others ? ~mask : mask;
			if ((c == bit) != others)
				expected |= 1ULL << i;
		}
		/* Modes for denormals have no part in it. */
		run(m, type, "v_cmp", "class", 0, expected);
		run(m, type, "v_cmpx", "class", 0xf0, expected);
	}
	machine_free(m);
}

static void test_class_f32(void **state)
{
	(void)state;
	test_class(REAL_F32);
}

static void test_class_f64(void **state)
{
	(void)state;
	test_class(REAL_F64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_f32),
		cmocka_unit_test(test_f64),
		cmocka_unit_test(test_signs),
		cmocka_unit_test(test_class_f32),
		cmocka_unit_test(test_class_f64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
