// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector instructions for bits, against references that look at one bit after the other.
 */
#include "lanes.h"

static bool bit(uint64_t value, int n)
{
	return n >= 0 && n < 64 && value >> n & 1;
}

/* A result from an expression of its bit n */
#define BITWISE(name, expr)				\
static uint64_t name(struct lane *x)			\
{							\
	const uint64_t a = (uint32_t)x->a;		\
	const uint64_t b = (uint32_t)x->b;		\
	const uint64_t c = (uint32_t)x->c;		\
	uint64_t result = 0;				\
							\
	(void)a;					\
	(void)b;					\
	(void)c;					\
	for (int n = 0; n < 32; n++) {			\
		if (expr)				\
			result |= 1ULL << n;		\
	}						\
	return result;					\
}

BITWISE(v_not_b32, !bit(a, n))
BITWISE(v_and_b32, bit(a, n) && bit(b, n))
BITWISE(v_or_b32, bit(a, n) || bit(b, n))
BITWISE(v_xor_b32, bit(a, n) != bit(b, n))
BITWISE(v_xnor_b32, bit(a, n) == bit(b, n))
BITWISE(v_and_or_b32, (bit(a, n) && bit(b, n)) || bit(c, n))
BITWISE(v_or3_b32, bit(a, n) || bit(b, n) || bit(c, n))
BITWISE(v_lshlrev_b32, bit(b, n - (int)(a % 32)))
BITWISE(v_lshrrev_b32, bit(b, n + a % 32))
BITWISE(v_ashrrev_i32, bit(b, n + a % 32 > 31 ? 31 : n + a % 32))
BITWISE(v_lshl_or_b32, bit(a, n - (int)(b % 32)) || bit(c, n))
BITWISE(v_bfe_u32, n < (int)(c % 32) && bit(a, n + b % 32))

static uint64_t v_mbcnt_lo_u32_b32(struct lane *x)
{
	uint32_t sum = x->b;

	for (unsigned int n = 0; n < 32 && n < x->lane; n++)
		sum += bit(x->a, n);
	return sum;
}

static uint64_t v_mbcnt_hi_u32_b32(struct lane *x)
{
	uint32_t sum = x->b;

	for (unsigned int n = 32; n < x->lane; n++)
		sum += bit(x->a, n - 32);
	return sum;
}

static void test_rows(void **state)
{
	static const struct reference rows[] = {
#define ROW(name) { #name, name }
		ROW(v_not_b32), ROW(v_and_b32), ROW(v_or_b32), ROW(v_xor_b32), ROW(v_xnor_b32),
		ROW(v_and_or_b32), ROW(v_or3_b32), ROW(v_lshlrev_b32), ROW(v_lshrrev_b32),
		ROW(v_ashrrev_i32), ROW(v_lshl_or_b32), ROW(v_bfe_u32), ROW(v_mbcnt_lo_u32_b32),
		ROW(v_mbcnt_hi_u32_b32),
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
