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

/* Above the field is its sign, and above bit 31 of the source is that. */
static uint64_t v_bfe_i32(struct lane *x)
{
	int start = x->b % 32, width = x->c % 32;
	uint64_t result = 0;

	for (int n = 0; n < 32 && width; n++) {
		int from = start + (n < width ? n : width - 1);

		result |= (uint64_t)bit(x->a, from < 31 ? from : 31) << n;
	}
	return result;
}

BITWISE(v_bfi_b32, bit(a, n) ? bit(b, n) : bit(c, n))
BITWISE(v_bfm_b32, n >= (int)(b % 32) && n < (int)(b % 32 + a % 32))
BITWISE(v_bfrev_b32, bit(a, 31 - n))
BITWISE(v_alignbit_b32, n + c % 32 < 32 ? bit(b, n + c % 32) : bit(a, n + c % 32 - 32))
BITWISE(v_alignbyte_b32, n + c % 4 * 8 < 32 ? bit(b, n + c % 4 * 8) : bit(a, n + c % 4 * 8 - 32))

static uint64_t v_ffbh_u32(struct lane *x)
{
	for (unsigned int n = 0; n < 32; n++) {
		if (bit(x->a, 31 - n))
			return n;
	}
	return 0xffffffff;
}

static uint64_t v_ffbh_i32(struct lane *x)
{
	for (unsigned int n = 0; n < 32; n++) {
		if (bit(x->a, 31 - n) != bit(x->a, 31))
			return n;
	}
	return 0xffffffff;
}

static uint64_t v_ffbl_b32(struct lane *x)
{
	for (unsigned int n = 0; n < 32; n++) {
		if (bit(x->a, n))
			return n;
	}
	return 0xffffffff;
}

static uint64_t v_bcnt_u32_b32(struct lane *x)
{
	uint32_t sum = x->b;

	for (unsigned int n = 0; n < 32; n++)
		sum += bit(x->a, n);
	return sum;
}

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
		ROW(v_mbcnt_hi_u32_b32), ROW(v_bfe_i32), ROW(v_bfi_b32), ROW(v_bfm_b32),
		ROW(v_bfrev_b32), ROW(v_alignbit_b32), ROW(v_alignbyte_b32), ROW(v_ffbh_u32),
		ROW(v_ffbh_i32), ROW(v_ffbl_b32), ROW(v_bcnt_u32_b32),
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
