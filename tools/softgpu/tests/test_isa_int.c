// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of integers of 32 and 64 bits: every row against a reference that computes
 * one lane, exactly, in 128 bits.
 */
#include "lanes.h"

__extension__ typedef __int128 exact;

static uint64_t limited(exact value, exact min, exact max, bool clamp)
{
	if (clamp && value < min)
		return min;
	if (clamp && value > max)
		return max;
	return value;
}

static uint64_t u32(exact value, bool clamp)
{
	return (uint32_t)limited(value, 0, UINT32_MAX, clamp);
}

static uint64_t i32(exact value, bool clamp)
{
	return (uint32_t)limited(value, INT32_MIN, INT32_MAX, clamp);
}

#define REF(name, expr)						\
static uint64_t name(struct lane *x)				\
{								\
	const exact a = (uint32_t)x->a, b = (uint32_t)x->b;	\
	const exact c = (uint32_t)x->c;				\
								\
	(void)a;						\
	(void)b;						\
	(void)c;						\
	return expr;						\
}

#define SIGNED(value) ((exact)(int32_t)(value))

REF(v_mov_b32, a)
REF(v_cndmask_b32, x->in ? b : a)
REF(v_add_u32, u32(a + b, x->clamp))
REF(v_sub_u32, u32(a - b, x->clamp))
REF(v_subrev_u32, u32(b - a, x->clamp))
REF(v_add_i32, i32(SIGNED(a) + SIGNED(b), x->clamp))
REF(v_sub_i32, i32(SIGNED(a) - SIGNED(b), x->clamp))
REF(v_add3_u32, u32(a + b + c, false))
REF(v_lshl_add_u32, u32(a * ((exact)1 << (int)(b % 32)) + c, false))
REF(v_add_lshl_u32, u32((a + b) * ((exact)1 << (int)(c % 32)), false))
REF(v_xad_u32, u32(((a | b) - (a & b)) + c, false))
REF(v_mul_lo_u32, u32(a * b, false))

static uint64_t carry(struct lane *x, exact value)
{
	x->out = value < 0 || value > UINT32_MAX;
	return u32(value, x->clamp);
}

REF(v_add_co_u32, carry(x, a + b))
REF(v_addc_co_u32, carry(x, a + b + x->in))
REF(v_sub_co_u32, carry(x, a - b))
REF(v_subb_co_u32, carry(x, a - b - x->in))
REF(v_subrev_co_u32, carry(x, b - a))
REF(v_subbrev_co_u32, carry(x, b - a - x->in))

REF(v_min_i32, SIGNED(a) < SIGNED(b) ? a : b)
REF(v_max_i32, SIGNED(a) < SIGNED(b) ? b : a)
REF(v_min_u32, a < b ? a : b)
REF(v_max_u32, a < b ? b : a)

/* The n-th of three, by its size */
static exact nth(exact a, exact b, exact c, unsigned int n)
{
	exact v[3] = { a, b, c };

	for (unsigned int i = 0; i < 3; i++) {
		unsigned int less = 0;

		for (unsigned int j = 0; j < 3; j++)
			less += v[j] < v[i] || (v[j] == v[i] && j < i);
		if (less == n)
			return v[i];
	}
	return 0;
}

REF(v_min3_u32, nth(a, b, c, 0))
REF(v_med3_u32, nth(a, b, c, 1))
REF(v_max3_u32, nth(a, b, c, 2))
REF(v_min3_i32, (uint32_t)nth(SIGNED(a), SIGNED(b), SIGNED(c), 0))
REF(v_med3_i32, (uint32_t)nth(SIGNED(a), SIGNED(b), SIGNED(c), 1))
REF(v_max3_i32, (uint32_t)nth(SIGNED(a), SIGNED(b), SIGNED(c), 2))

REF(v_mul_hi_u32, u32((a * b) >> 32, false))
REF(v_mul_hi_i32, i32((SIGNED(a) * SIGNED(b)) >> 32, false))

static exact s24(exact value)
{
	value %= 1 << 24;
	return value >= 1 << 23 ? value - (1 << 24) : value;
}

#define U24(value) ((value) % (1 << 24))

REF(v_mul_i32_i24, i32(s24(a) * s24(b), x->clamp))
REF(v_mul_u32_u24, u32(U24(a) * U24(b), x->clamp))
REF(v_mul_hi_i32_i24, i32((s24(a) * s24(b)) >> 32, false))
REF(v_mul_hi_u32_u24, u32((U24(a) * U24(b)) >> 32, false))
REF(v_mad_i32_i24, i32(s24(a) * s24(b) + SIGNED(c), x->clamp))
REF(v_mad_u32_u24, u32(U24(a) * U24(b) + c, x->clamp))
REF(v_sad_u32, u32((a < b ? b : a) - (a < b ? a : b) + c, x->clamp))

static uint64_t v_mov_b64(struct lane *x)
{
	return x->a;
}

static uint64_t v_lshl_add_u64(struct lane *x)
{
	uint64_t sum = x->c;

	for (unsigned int n = 1u << (x->b & 7); n; n--)
		sum += x->a;
	return sum;
}

static uint64_t v_lshlrev_b64(struct lane *x)
{
	return (exact)x->b << (x->a & 63);
}

static uint64_t v_lshrrev_b64(struct lane *x)
{
	return (exact)x->b >> (x->a & 63);
}

static uint64_t v_ashrrev_i64(struct lane *x)
{
	return (exact)(int64_t)x->b >> (x->a & 63);
}

static uint64_t v_mad_u64_u32(struct lane *x)
{
	exact sum = (exact)(uint32_t)x->a * (uint32_t)x->b + x->c;

	x->out = sum >> 64;
	return limited(sum, 0, UINT64_MAX, x->clamp);
}

static uint64_t v_mad_i64_i32(struct lane *x)
{
	exact sum = SIGNED(x->a) * SIGNED(x->b) + (int64_t)x->c;

	x->out = sum < 0;
	return limited(sum, INT64_MIN, INT64_MAX, x->clamp);
}

static void test_rows(void **state)
{
	static const struct reference rows[] = {
#define ROW(name) { #name, name }
		ROW(v_mov_b32), ROW(v_cndmask_b32), ROW(v_add_u32), ROW(v_sub_u32),
		ROW(v_subrev_u32), ROW(v_add_i32), ROW(v_sub_i32), ROW(v_add3_u32),
		ROW(v_lshl_add_u32), ROW(v_add_lshl_u32), ROW(v_xad_u32), ROW(v_mul_lo_u32),
		ROW(v_add_co_u32), ROW(v_addc_co_u32), ROW(v_sub_co_u32), ROW(v_subb_co_u32),
		ROW(v_subrev_co_u32), ROW(v_subbrev_co_u32), ROW(v_mov_b64), ROW(v_lshl_add_u64),
		ROW(v_lshlrev_b64), ROW(v_lshrrev_b64), ROW(v_ashrrev_i64), ROW(v_mad_u64_u32),
		ROW(v_mad_i64_i32), ROW(v_min_i32), ROW(v_max_i32), ROW(v_min_u32),
		ROW(v_max_u32), ROW(v_min3_u32), ROW(v_med3_u32), ROW(v_max3_u32),
		ROW(v_min3_i32), ROW(v_med3_i32), ROW(v_max3_i32), ROW(v_mul_hi_u32),
		ROW(v_mul_hi_i32), ROW(v_mul_i32_i24), ROW(v_mul_u32_u24), ROW(v_mul_hi_i32_i24),
		ROW(v_mul_hi_u32_u24), ROW(v_mad_i32_i24), ROW(v_mad_u32_u24), ROW(v_sad_u32),
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
