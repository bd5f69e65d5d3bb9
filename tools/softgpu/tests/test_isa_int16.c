// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector instructions with single integers of 16 bits: every row against a reference that computes
 * one lane, with numbers that are far larger. Halves of registers (op_sel) are checked by lanes.h.
 */
#include "lanes.h"

static int64_t u(uint64_t bits)
{
	return bits & 0xffff;
}

static int64_t s(uint64_t bits)
{
	return u(bits) < 0x8000 ? u(bits) : u(bits) - 0x10000;
}

static int64_t s32(uint64_t bits)
{
	int64_t value = bits % 0x100000000;

	return value < 0x80000000 ? value : value - 0x100000000;
}

static int64_t limited(int64_t value, int64_t min, int64_t max, bool clamp)
{
	if (!clamp)
		return value;
	return value < min ? min : value > max ? max : value;
}

static uint64_t u16(int64_t value, const struct lane *x)
{
	return limited(value, 0, 0xffff, x->clamp) & 0xffff;
}

static uint64_t s16(int64_t value, const struct lane *x)
{
	return limited(value, -0x8000, 0x7fff, x->clamp) & 0xffff;
}

#define REF(name, expr)						\
static uint64_t name(struct lane *x)				\
{								\
	const uint64_t a = x->a, b = x->b, c = x->c;		\
								\
	(void)c;						\
	return expr;						\
}

REF(v_add_u16, u16(u(a) + u(b), x))
REF(v_sub_u16, u16(u(a) - u(b), x))
REF(v_subrev_u16, u16(u(b) - u(a), x))
REF(v_add_i16, s16(s(a) + s(b), x))
REF(v_sub_i16, s16(s(a) - s(b), x))
REF(v_mad_u16, u16(u(a) * u(b) + u(c), x))
REF(v_mad_i16, s16(s(a) * s(b) + s(c), x))
REF(v_mad_u32_u16, limited(u(a) * u(b) + (int64_t)c, 0, 0xffffffff, x->clamp) & 0xffffffff)
REF(v_mad_i32_i16, limited(s(a) * s(b) + s32(c), -0x80000000LL, 0x7fffffff, x->clamp) & 0xffffffff)
REF(v_mul_lo_u16, u(a) * u(b) % 0x10000)
REF(v_lshlrev_b16, (u(b) * (1 << a % 16)) & 0xffff)
REF(v_lshrrev_b16, u(b) / (1 << a % 16))

/* A quotient that is rounded down */
static int64_t quotient(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

REF(v_ashrrev_i16, u(quotient(s(b), 1 << a % 16)))
REF(v_min_i16, u(s(a) < s(b) ? a : b))
REF(v_max_i16, u(s(a) < s(b) ? b : a))
REF(v_min_u16, u(u(a) < u(b) ? a : b))
REF(v_max_u16, u(u(a) < u(b) ? b : a))

static uint64_t nth(int64_t a, int64_t b, int64_t c, unsigned int n)
{
	int64_t v[3] = { a, b, c };

	for (unsigned int i = 0; i < 3; i++) {
		unsigned int less = 0;

		for (unsigned int j = 0; j < 3; j++)
			less += v[j] < v[i] || (v[j] == v[i] && j < i);
		if (less == n)
			return v[i] & 0xffff;
	}
	return 0;
}

REF(v_min3_u16, nth(u(a), u(b), u(c), 0))
REF(v_med3_u16, nth(u(a), u(b), u(c), 1))
REF(v_max3_u16, nth(u(a), u(b), u(c), 2))
REF(v_min3_i16, nth(s(a), s(b), s(c), 0))
REF(v_med3_i16, nth(s(a), s(b), s(c), 1))
REF(v_max3_i16, nth(s(a), s(b), s(c), 2))

REF(v_cvt_pk_u16_u32, limited(a, 0, 0xffff, true) + 0x10000 * limited(b, 0, 0xffff, true))
REF(v_cvt_pk_i16_i32, u(limited(s32(a), -0x8000, 0x7fff, true)) +
		      0x10000 * u(limited(s32(b), -0x8000, 0x7fff, true)))

static void test_rows(void **state)
{
	static const struct reference rows[] = {
#define ROW(name) { #name, name }
		ROW(v_add_u16), ROW(v_sub_u16), ROW(v_subrev_u16), ROW(v_add_i16), ROW(v_sub_i16),
		ROW(v_mad_u16), ROW(v_mad_i16), { "v_mad_legacy_u16", v_mad_u16 },
		{ "v_mad_legacy_i16", v_mad_i16 }, ROW(v_mad_u32_u16), ROW(v_mad_i32_i16),
		ROW(v_mul_lo_u16), ROW(v_lshlrev_b16), ROW(v_lshrrev_b16), ROW(v_ashrrev_i16),
		ROW(v_min_i16), ROW(v_max_i16), ROW(v_min_u16), ROW(v_max_u16), ROW(v_min3_u16),
		ROW(v_med3_u16), ROW(v_max3_u16), ROW(v_min3_i16), ROW(v_med3_i16), ROW(v_max3_i16),
		ROW(v_cvt_pk_u16_u32), ROW(v_cvt_pk_i16_i32),
	};

	(void)state;
	check_rows(ISA_GFX942, rows, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
