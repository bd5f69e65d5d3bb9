// SPDX-License-Identifier: GPL-2.0 OR MIT

#include <inttypes.h>

#include "real.h"

#define MODE_OTHER	(ISA_MODE_DX10_CLAMP | ISA_MODE_IEEE)
#define MODE_DENORMALS	0xf0

uint32_t real_mode(unsigned int i)
{
	uint32_t round = i & 3, denorm = i >> 2 & 3;

	return round | (round ^ 1) << 2 | denorm << 4 | (denorm ^ 1) << 6;
}

mpfr_rnd_t real_rounding(enum real type, uint32_t mode)
{
	static const mpfr_rnd_t rounding[] = { MPFR_RNDN, MPFR_RNDU, MPFR_RNDD, MPFR_RNDZ };

	return rounding[mode >> (type == REAL_F32 ? 0 : 2) & 3];
}

/* Sources in bit 0, results in bit 1 */
static uint32_t denormals(enum real type, uint32_t mode)
{
	return mode >> (type == REAL_F32 ? 4 : 6) & 3;
}

uint64_t real_flush(enum real type, uint64_t bits)
{
	return bits & real_inf(type) ? bits : bits & real_sign(type);
}

uint64_t real_source(enum real type, uint64_t bits, uint32_t mode)
{
	return denormals(type, mode) & 1 ? bits : real_flush(type, bits);
}

void real_get(mpfr_t x, enum real type, uint64_t bits)
{
	uint64_t fraction = bits & ((1ULL << real_fraction(type)) - 1);
	int exponent = (bits & real_inf(type)) >> real_fraction(type);
	int sign = bits & real_sign(type) ? -1 : 1;

	mpfr_set_prec(x, 64);
	if (exponent == 2 * real_bias(type) + 1) {
		if (fraction)
			mpfr_set_nan(x);
		else
			mpfr_set_inf(x, sign);
		return;
	}
	if (exponent)
		fraction |= 1ULL << real_fraction(type);
	else
		exponent = 1;
	mpfr_set_ui_2exp(x, fraction, exponent - real_bias(type) - (int)real_fraction(type),
			 MPFR_RNDN);
	mpfr_setsign(x, x, sign < 0, MPFR_RNDN);
}

/* A number that is one of the format */
static uint64_t exact_bits(mpfr_t x, enum real type)
{
	uint64_t sign = mpfr_signbit(x) ? real_sign(type) : 0;
	unsigned int fraction = real_fraction(type);
	mpfr_exp_t exponent;
	mpz_t digits;
	uint64_t value;

	if (mpfr_nan_p(x))
		return real_nan(type);
	if (mpfr_inf_p(x))
		return sign | real_inf(type);
	if (mpfr_zero_p(x))
		return sign;
	mpz_init(digits);
	exponent = mpfr_get_z_2exp(digits, x);
	/* Without its sign */
	value = mpz_get_ui(digits);
	mpz_clear(digits);
	/* value * 2^exponent: the first digit where that of 1.0 is, or less of a denormal */
	while (value >> (fraction + 1)) {
		assert_false(value & 1);
		value >>= 1;
		exponent++;
	}
	while (!(value >> fraction) && exponent > 1 - real_bias(type) - (int)fraction) {
		value <<= 1;
		exponent--;
	}
	while (exponent < 1 - real_bias(type) - (int)fraction) {
		assert_false(value & 1);
		value >>= 1;
		exponent++;
	}
	if (!(value >> fraction))
		return sign | value;
	value &= (1ULL << fraction) - 1;
	return sign | value | (uint64_t)(exponent + fraction + real_bias(type)) << fraction;
}

uint64_t real_put(mpfr_t x, int inexact, enum real type, uint32_t mode)
{
	mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
	mpfr_rnd_t round = real_rounding(type, mode);
	uint64_t sign = mpfr_signbit(x) ? real_sign(type) : 0;

	assert_int_equal(mpfr_get_prec(x), real_fraction(type) + 1);
	/* As on x86, what is too small is so after rounding, to any exponent. */
	if (mpfr_regular_p(x) && mpfr_get_exp(x) < 2 - real_bias(type) &&
	    !(denormals(type, mode) & 2))
		return sign;
	mpfr_set_emin(2 - real_bias(type) - (int)real_fraction(type));
	mpfr_set_emax(real_bias(type) + 1);
	inexact = mpfr_check_range(x, inexact, round);
	mpfr_subnormalize(x, inexact, round);
	mpfr_set_emin(emin);
	mpfr_set_emax(emax);
	return exact_bits(x, type);
}

uint64_t real_op(real_fn *fn, enum real type, const uint64_t src[3], uint32_t mode)
{
	uint64_t result;
	int inexact;
	mpfr_t x[4];

	for (unsigned int i = 0; i < 3; i++) {
		if (real_is_nan(type, src[i]))
			return src[i] | (mode & REAL_NO_IEEE ? 0 : real_quiet(type));
	}
	mpfr_init2(x[3], real_fraction(type) + 1);
	for (unsigned int i = 0; i < 3; i++) {
		mpfr_init(x[i]);
		real_get(x[i], type, real_source(type, src[i], mode));
	}
	inexact = fn(x[3], x[0], x[1], x[2], real_rounding(type, mode));
	result = real_put(x[3], inexact, type, mode);
	for (unsigned int i = 0; i < 4; i++)
		mpfr_clear(x[i]);
	return result;
}

#define BINARY(name, call, first, second)						\
int real_##name(mpfr_t r, mpfr_t a, mpfr_t b, mpfr_t c, mpfr_rnd_t round)		\
{											\
	(void)c;									\
	return call(r, first, second, round);						\
}

#define UNARY(name, call)								\
int real_##name(mpfr_t r, mpfr_t a, mpfr_t b, mpfr_t c, mpfr_rnd_t round)		\
{											\
	(void)b;									\
	(void)c;									\
	return call(r, a, round);							\
}

BINARY(add, mpfr_add, a, b)
BINARY(sub, mpfr_sub, a, b)
BINARY(subrev, mpfr_sub, b, a)
BINARY(mul, mpfr_mul, a, b)
BINARY(div, mpfr_div, a, b)
UNARY(sqrt, mpfr_sqrt)
UNARY(trunc, mpfr_rint_trunc)
UNARY(ceil, mpfr_rint_ceil)
UNARY(floor, mpfr_rint_floor)
UNARY(even, mpfr_rint_roundeven)

int real_fma(mpfr_t r, mpfr_t a, mpfr_t b, mpfr_t c, mpfr_rnd_t round)
{
	return mpfr_fma(r, a, b, c, round);
}

uint64_t real_random(enum real type)
{
	static const uint8_t near[] = { 0, 1, 2, 3, 5, 24, 25, 53, 54 };
	unsigned int fraction = real_fraction(type), bias = real_bias(type);
	uint64_t r = random64(), digits = random64() & ((1ULL << fraction) - 1);
	uint64_t sign = r & 0x100 ? real_sign(type) : 0, exponent;

	/* Often with few digits, for exact results and ties */
	if (r & 0x200)
		digits &= ~0ULL << (r >> 10) % fraction;
	switch (r % 16) {
	case 0:
		return sign;
	case 1:
		return sign | real_inf(type);
	case 2:
		return sign | real_inf(type) | digits | 1;
	case 3:
	case 4:
		return sign | digits;
	case 5:
		return sign | (r & 0x400 ? 1 : (1ULL << fraction) - 1) |
		       (r & 0x800 ? 0 : (uint64_t)(2 * bias) << fraction);
	case 6:
		exponent = 1 + (r >> 16) % 60;
		break;
	case 7:
		exponent = 2 * bias - (r >> 16) % 60;
		break;
	case 8:
	case 9:
		exponent = 1 + (r >> 16) % (2 * bias);
		break;
	default:
		exponent = bias + near[(r >> 16) % sizeof(near)] -
			   near[(r >> 24) % sizeof(near)];
	}
	return sign | digits | exponent << fraction;
}

void real_execute(struct machine *m, uint32_t mode)
{
	uint32_t other = mode & REAL_NO_IEEE ? ISA_MODE_DX10_CLAMP : MODE_OTHER;

	isa_set_mode(m->w, (mode & 0xff) | other);
	execute(m);
	assert_int_equal(m->run.mxcsr, m->w->mxcsr32);
	isa_set_mode(m->w, MODE_DENORMALS | MODE_OTHER);
}

static uint64_t number(enum real type, bool nans)
{
	uint64_t bits;

	do {
		bits = real_random(type);
	} while (!nans && real_is_nan(type, bits));
	return bits;
}

static uint64_t operand(unsigned int type, bool nans)
{
	uint64_t r = random64();

	switch (type) {
	case ISA_F32:
		return number(REAL_F32, nans);
	case ISA_F64:
		return number(REAL_F64, nans);
	default:
		/* Whole numbers, which are exponents, too */
		return r & 1 ? edgy32() : (uint32_t)((int)(r >> 1 & 0xfff) - 0x800);
	}
}

static uint64_t get(struct machine *m, const struct isa_operand *arg, unsigned int lane)
{
	if (arg->kind == ISA_CONST)
		return arg->value;
	return isa_dwords[arg->type] == 1 ? v(m, arg->reg)[lane] : v64(m, arg->reg, lane);
}

static void set(struct machine *m, const struct isa_operand *arg, unsigned int lane,
		uint64_t value)
{
	if (isa_dwords[arg->type] == 1)
		v(m, arg->reg)[lane] = value;
	else
		set_v64(m, arg->reg, lane, value);
}

void real_fail(const char *name, const uint64_t src[3], uint32_t mode, uint64_t got,
	       uint64_t expected)
{
	fail_msg("%s(%" PRIx64 ", %" PRIx64 ", %" PRIx64 ") in mode %x: %" PRIx64 ", not %" PRIx64,
		 name, src[0], src[1], src[2], mode, got, expected);
}

/*
 * Once, in some lanes; the destination is the first source, too, or is not; there are NaNs, or
 * none, as waves without them go other ways.
 */
static void test_once(struct machine *m, const struct real_row *row, uint32_t mode, bool same)
{
	struct isa_insn *in = insn(m, row->name);
	struct isa_operand *dst = &in->args[0];
	uint64_t src[ISA_LANES][3] = { 0 }, old[ISA_LANES], exec = ~0ULL;
	unsigned int num = in->num_args - 1;
	bool nans = random64() & 1;
	enum real type = dst->type == ISA_F64 ? REAL_F64 : REAL_F32;

	if (random64() & 1) {
		exec = random64();
		set_exec(m, exec);
	}
	if (same && isa_dwords[in->args[1].type] >= isa_dwords[dst->type])
		dst->reg = in->args[1].reg;
	for (unsigned int n = 1; n <= num; n++) {
		if (in->args[n].kind == ISA_CONST)
			in->args[n].value = operand(in->args[n].type, nans);
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		set(m, dst, i, operand(dst->type, nans));
		for (unsigned int n = 0; n < num; n++) {
			if (in->args[1 + n].kind != ISA_CONST)
				set(m, &in->args[1 + n], i, operand(in->args[1 + n].type, nans));
			src[i][n] = get(m, &in->args[1 + n], i);
		}
		old[i] = get(m, dst, i);
		if (in->op->flags & ISA_ACCUM)
			src[i][num] = old[i];
	}
	real_execute(m, mode);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint64_t got = get(m, dst, i), expected = old[i];

		if (exec >> i & 1)
			expected = row->fn ? real_op(row->fn, type, src[i], mode) :
					     row->expect(src[i], mode);
		if (row->near ? !row->near(src[i], mode, got, expected) : got != expected)
			real_fail(row->name, src[i], mode, got, expected);
	}
	set_exec(m, ~0ULL);
}

void real_test(const struct real_row *rows, unsigned int num, unsigned int times)
{
	for (unsigned int r = 0; r < num; r++) {
		struct machine *m = machine_new(rows[r].target);

		for (unsigned int i = 0; i < REAL_MODES; i++) {
			for (unsigned int t = 0; t < times; t++)
				test_once(m, &rows[r], real_mode(i) | (t & 2 ? REAL_NO_IEEE : 0),
					  t & 1);
		}
		machine_free(m);
	}
}

void real_values(const struct real_value *values, unsigned int num, enum isa_target target)
{
	struct machine *m = machine_new(target);

	for (unsigned int i = 0; i < num; i++) {
		struct isa_insn *in = insn(m, values[i].name);

		for (unsigned int n = 1; n < in->num_args; n++)
			set(m, &in->args[n], 40, values[i].src[n - 1]);
		real_execute(m, values[i].mode);
		if (get(m, &in->args[0], 40) != values[i].result)
			fail_msg("%s, row %u: %" PRIx64 ", not %" PRIx64, values[i].name, i,
				 get(m, &in->args[0], 40), values[i].result);
	}
	machine_free(m);
}
