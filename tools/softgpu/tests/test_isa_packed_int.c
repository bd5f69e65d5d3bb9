// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Packed integers and their dot products: every row against references that compute one number
 * after the other, and halves of sources in other places.
 */
#include "lanes.h"

/* Number @n of those with @bits in a register */
static int64_t number(uint64_t value, unsigned int n, unsigned int bits, bool is_signed)
{
	int64_t range = 1LL << bits, digits = value >> n * bits & (range - 1);

	return is_signed && digits >= range / 2 ? digits - range : digits;
}

static int64_t limited(int64_t value, unsigned int bits, bool is_signed, bool clamp)
{
	int64_t max = is_signed ? (1LL << (bits - 1)) - 1 : (1LL << bits) - 1;
	int64_t min = is_signed ? -max - 1 : 0;

	if (clamp && value < min)
		value = min;
	if (clamp && value > max)
		value = max;
	return value & ((1LL << bits) - 1);
}

/* Both halves, from an expression of the numbers a, b and c in one */
#define PAIR(name, is_signed, clamp, expr)					\
static uint64_t name(struct lane *x)						\
{										\
	uint64_t result = 0;							\
										\
	for (unsigned int n = 0; n < 2; n++) {					\
		const int64_t a = number(x->a, n, 16, is_signed);		\
		const int64_t b = number(x->b, n, 16, is_signed);		\
		const int64_t c = number(x->c, n, 16, is_signed);		\
										\
		(void)c;							\
		result |= (uint64_t)limited(expr, 16, is_signed, clamp) << 16 * n; \
	}									\
	return result;								\
}

PAIR(v_pk_mad_i16, true, x->clamp, a * b + c)
PAIR(v_pk_mad_u16, false, x->clamp, a * b + c)
PAIR(v_pk_add_i16, true, x->clamp, a + b)
PAIR(v_pk_add_u16, false, x->clamp, a + b)
PAIR(v_pk_sub_i16, true, x->clamp, a - b)
PAIR(v_pk_sub_u16, false, x->clamp, a - b)
PAIR(v_pk_mul_lo_u16, false, false, a * b)
PAIR(v_pk_max_i16, true, false, a < b ? b : a)
PAIR(v_pk_min_i16, true, false, a < b ? a : b)
PAIR(v_pk_max_u16, false, false, a < b ? b : a)
PAIR(v_pk_min_u16, false, false, a < b ? a : b)
PAIR(v_pk_lshlrev_b16, false, false, b * (1 << a % 16))
PAIR(v_pk_lshrrev_b16, false, false, b / (1 << a % 16))

/* A quotient that is rounded down */
static int64_t quotient(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

PAIR(v_pk_ashrrev_i16, true, false, quotient(b, 1 << (a & 15)))

static uint64_t dot(const struct lane *x, unsigned int bits, bool is_signed)
{
	int64_t sum = number(x->c, 0, 32, is_signed);

	for (unsigned int n = 0; n < 32 / bits; n++)
		sum += number(x->a, n, bits, is_signed) * number(x->b, n, bits, is_signed);
	return limited(sum, 32, is_signed, x->clamp);
}

#define DOT(name, bits, is_signed)			\
static uint64_t name(struct lane *x)			\
{							\
	return dot(x, bits, is_signed);			\
}

DOT(v_dot2_i32_i16, 16, true)
DOT(v_dot2_u32_u16, 16, false)
DOT(v_dot4_i32_i8, 8, true)
DOT(v_dot4_u32_u8, 8, false)
DOT(v_dot8_i32_i4, 4, true)
DOT(v_dot8_u32_u4, 4, false)

static void test_rows(void **state)
{
	static const struct reference rows[] = {
#define ROW(name) { #name, name }
		ROW(v_pk_mad_i16), ROW(v_pk_mad_u16), ROW(v_pk_add_i16), ROW(v_pk_add_u16),
		ROW(v_pk_sub_i16), ROW(v_pk_sub_u16), ROW(v_pk_mul_lo_u16), ROW(v_pk_max_i16),
		ROW(v_pk_min_i16), ROW(v_pk_max_u16), ROW(v_pk_min_u16), ROW(v_pk_lshlrev_b16),
		ROW(v_pk_lshrrev_b16), ROW(v_pk_ashrrev_i16), ROW(v_dot2_i32_i16),
		ROW(v_dot2_u32_u16), ROW(v_dot4_i32_i8), ROW(v_dot4_u32_u8), ROW(v_dot8_i32_i4),
		ROW(v_dot8_u32_u4), { "v_dot2c_i32_i16", v_dot2_i32_i16 },
		{ "v_dot4c_i32_i8", v_dot4_i32_i8 }, { "v_dot8c_i32_i4", v_dot8_i32_i4 },
	};

	(void)state;
	check_rows(ISA_GFX942, rows, sizeof(rows) / sizeof(rows[0]));
}

/* All ways to take halves of three sources */
static void test_halves(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);
	const uint32_t a = 0x00030005, b = 0x000b0007, c = 0x001d0011;

	(void)state;
	for (unsigned int sel = 0; sel < 64; sel++) {
		struct isa_insn *in = insn(m, "v_pk_mad_u16");
		unsigned int lo = sel & 7, hi = sel >> 3;

		in->op_sel = lo;
		in->op_sel_hi = hi;
		v(m, VSRC(0))[30] = a;
		v(m, VSRC(1))[30] = b;
		v(m, VSRC(2))[30] = c;
		execute(m);
		assert_int_equal(v(m, VDST(0))[30] & 0xffff,
				 (lo & 1 ? 3 : 5) * (lo & 2 ? 11 : 7) + (lo & 4 ? 29 : 17));
		assert_int_equal(v(m, VDST(0))[30] >> 16,
				 (hi & 1 ? 3 : 5) * (hi & 2 ? 11 : 7) + (hi & 4 ? 29 : 17));
		for (unsigned int i = 0; i < 2; i++) {
			in = insn(m, i ? "v_dot2_u32_u16" : "v_dot2_i32_i16");
			in->op_sel = lo;
			in->op_sel_hi = hi;
			execute(m);
			assert_int_equal(v(m, VDST(0))[30],
					 (lo & 1 ? 3 : 5) * (lo & 2 ? 11 : 7) +
					 (hi & 1 ? 3 : 5) * (hi & 2 ? 11 : 7) + c);
		}
	}
	machine_free(m);
}

/* The lower result is of the first source, the upper of the second, each by its bit of op_sel. */
static void test_pk_mov(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int sel = 0; sel < 4; sel++) {
		struct isa_insn *in = insn(m, "v_pk_mov_b32");

		for (unsigned int i = 0; i < ISA_LANES; i++) {
			set_v64(m, VSRC(0), i, 0x2000000010 + i);
			set_v64(m, VSRC(1), i, 0x4000000030 + i);
			set_v64(m, VDST(0), i, 9);
		}
		in->op_sel = sel;
		set_exec(m, 1ULL << 41 | 1);
		execute(m);
		assert_int_equal(v(m, VDST(0))[41], sel & 1 ? 0x20 : 0x10 + 41);
		assert_int_equal(v(m, VDST(0) + 1)[41], sel & 2 ? 0x40 : 0x30 + 41);
		assert_true(v64(m, VDST(0), 40) == 9);
		/* To the registers it is from */
		in->args[0].reg = VSRC(0);
		execute(m);
		assert_int_equal(v(m, VSRC(0))[0], sel & 1 ? 0x20 : 0x10);
		assert_int_equal(v(m, VSRC(0) + 1)[0], sel & 2 ? 0x40 : 0x30);
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_halves),
		cmocka_unit_test(test_pk_mov),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
