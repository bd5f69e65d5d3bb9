// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of two F16 in a lane, of F16 and F32 mixed, and dot products of F16.
 */
#include <math.h>
#include <xmmintrin.h>

#include "f16.h"

#define DENORMS32 (ISA_MODE_DENORM32_IN | ISA_MODE_DENORM32_OUT)
#define DENORMS (DENORMS32 | ISA_MODE_DENORM64_IN | ISA_MODE_DENORM64_OUT | ISA_MODE_IEEE)

static uint32_t edgy_pair(void)
{
	return edgy16() << 16 | (edgy16() & 0xffff);
}

static void random_selection(struct isa_insn *in)
{
	uint64_t r = random64();

	in->op_sel = r & 7;
	in->op_sel_hi = r >> 3 & 7;
	in->neg_lo = r >> 6 & 7;
	in->neg_hi = r >> 9 & 7;
}

/* The half of a source that a half of the result is computed with */
static uint16_t part(const struct isa_insn *in, unsigned int n, bool high, uint32_t value)
{
	bool from_high = (high ? in->op_sel_hi : in->op_sel) >> n & 1;
	bool negate = (high ? in->neg_hi : in->neg_lo) >> n & 1;

	return (from_high ? value >> 16 : value) ^ (negate ? 0x8000 : 0);
}

static uint16_t pick(uint16_t a, uint16_t b, bool max)
{
	double x, y;

	if (h_is_nan(a) && !(a & 0x200))
		return a | 0x200;
	if (h_is_nan(b) && !(b & 0x200))
		return b | 0x200;
	if (h_is_nan(a) || h_is_nan(b))
		return h_is_nan(a) ? b : a;
	x = h_is_inf(a) ? (a & 0x8000 ? -INFINITY : INFINITY) : h_units(a);
	y = h_is_inf(b) ? (b & 0x8000 ? -INFINITY : INFINITY) : h_units(b);
	if (x == y)
		return max ? a & b : a | b;
	return (x > y) == max ? a : b;
}

static uint16_t ref_add(const uint16_t *s, unsigned int mode)
{
	return h_fma(s[0], 0x3c00, s[1], false, mode);
}

static uint16_t ref_mul(const uint16_t *s, unsigned int mode)
{
	return h_fma(s[0], s[1], 0, true, mode);
}

static uint16_t ref_fma(const uint16_t *s, unsigned int mode)
{
	return h_fma(s[0], s[1], s[2], false, mode);
}

static uint16_t ref_min(const uint16_t *s, unsigned int mode)
{
	(void)mode;
	return pick(s[0], s[1], false);
}

static uint16_t ref_max(const uint16_t *s, unsigned int mode)
{
	(void)mode;
	return pick(s[0], s[1], true);
}

static const struct row {
	const char *name;
	unsigned int num_src;
	uint16_t (*reference)(const uint16_t *src, unsigned int mode);
} rows[] = {
	{ "v_pk_add_f16", 2, ref_add },
	{ "v_pk_mul_f16", 2, ref_mul },
	{ "v_pk_fma_f16", 3, ref_fma },
	{ "v_pk_fmac_f16", 3, ref_fma },
	{ "v_pk_min_f16", 2, ref_min },
	{ "v_pk_max_f16", 2, ref_max },
};

static void check_row(struct machine *m, const struct row *row, unsigned int round, uint32_t flags)
{
	struct isa_insn *in = insn(m, row->name);
	bool accumulates = in->op->flags & ISA_ACCUM;
	unsigned int dst = random64() & 1 && !accumulates ? VSRC(1) : VDST(0);
	uint64_t exec = random64() & 1 ? ~0ULL : random64();
	uint32_t src[3][ISA_LANES], old[ISA_LANES];

	in->args[0].reg = dst;
	if (!accumulates)
		random_selection(in);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VDST(0))[i] = edgy_pair();
		for (unsigned int n = 0; n < 3; n++) {
			unsigned int reg = n == 2 && accumulates ? VDST(0) : VSRC(n);

			if (reg != VDST(0))
				v(m, reg)[i] = edgy_pair();
			src[n][i] = v(m, reg)[i];
		}
		old[i] = v(m, dst)[i];
	}
	set_exec(m, exec);
	isa_set_mode(m->w, round << 2 | flags | ISA_MODE_IEEE);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t want = 0;

		for (unsigned int high = 0; high < 2; high++) {
			uint16_t s[3], half;

			for (unsigned int n = 0; n < 3; n++) {
				s[n] = part(in, n, high, src[n][i]);
				if (!(flags & ISA_MODE_DENORM64_IN))
					s[n] = h_flush(s[n]);
			}
			half = row->reference(s, round);
			if (!(flags & ISA_MODE_DENORM64_OUT))
				half = h_flush(half);
			want |= (uint32_t)half << 16 * high;
		}
		if (!(exec >> i & 1))
			want = old[i];
		if (v(m, dst)[i] != want)
			fail_msg("%s %x %x %x round %u flags %x: %x, not %x", row->name, src[0][i],
				 src[1][i], src[2][i], round, flags, v(m, dst)[i], want);
	}
}

static void test_packed(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned int n = 0; n < 512; n++)
			check_row(m, &rows[i], n % 4, n % 8 < 4 ? DENORMS : n & 8 ?
				  ISA_MODE_DENORM64_IN : ISA_MODE_DENORM64_OUT);
	}
	machine_free(m);
}

static void test_packed_clamp(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_pk_add_f16");

	(void)state;
	in->clamp = true;
	v(m, VSRC(0))[0] = 0x4000bc00;
	v(m, VSRC(0))[1] = 0x7e003800;
	execute(m);
	assert_int_equal(v(m, VDST(0))[0], 0x3c000000);
	assert_int_equal(v(m, VDST(0))[1], 0x00003800);
	machine_free(m);
}

static uint32_t edgy_float(void)
{
	static const uint32_t edges[] = {
		0, 1, 0x7fffff, 0x800000, 0x33800000, 0x38800000, 0x3f800000, 0x477fe000,
		0x477ff000, 0x7f7fffff, 0x7f800000, 0x7f812345, 0x7fc54321,
	};
	uint64_t r = random64();

	if (r & 1)
		return edges[(r >> 8 & 0xff) % (sizeof(edges) / 4)] | (r >> 16 & 0x80000000);
	/* Near to what F16 has */
	return r & 2 ? r >> 32 : (r >> 32 & 0x87ffffff) + 0x38000000;
}


static bool f_is_nan(uint32_t f)
{
	return (f & 0x7fffffff) > 0x7f800000;
}

/* The product is exact in a __float128; of what the sum loses the last bit tells. */
static uint32_t f_fma(const uint32_t *s, unsigned int mode)
{
	static const unsigned int rounding[] = {
		_MM_ROUND_NEAREST, _MM_ROUND_UP, _MM_ROUND_DOWN, _MM_ROUND_TOWARD_ZERO,
	};
	unsigned int csr = _mm_getcsr();
	volatile float f[3], result;
	volatile __float128 sum;
	unsigned __int128 wide;
	uint32_t bits;

	for (unsigned int n = 0; n < 3; n++) {
		if (f_is_nan(s[n]))
			return s[n] | 0x400000;
	}
	memcpy((void *)f, s, sizeof(f));
	_mm_setcsr(0x1f80 | _MM_ROUND_TOWARD_ZERO);
	sum = (__float128)f[0] * f[1];
	sum += f[2];
	memcpy(&wide, (void *)&sum, sizeof(wide));
	wide |= (_mm_getcsr() & _MM_EXCEPT_INEXACT) != 0;
	memcpy((void *)&sum, &wide, sizeof(wide));
	_mm_setcsr(0x1f80 | rounding[mode]);
	/* The sign of a zero depends on the direction, too. */
	if (sum)
		result = sum;
	else if (f[0] && f[1])
		result = mode == DOWN ? -0.0f : 0;
	else
		result = f[0] * f[1] + f[2];
	_mm_setcsr(csr);
	memcpy(&bits, (void *)&result, sizeof(bits));
	return f_is_nan(bits) ? 0x7fc00000 : bits;
}

/* Rounds as F32 first and as F16 then */
static void check_mix(struct machine *m, const char *name, unsigned int half, uint32_t mode)
{
	struct isa_insn *in = insn(m, name);
	uint64_t exec = random64() | random64();
	uint32_t old[ISA_LANES];

	random_selection(in);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VDST(0))[i] = old[i] = random32();
		for (unsigned int n = 0; n < 3; n++)
			v(m, VSRC(n))[i] = in->op_sel_hi >> n & 1 ? edgy_pair() : edgy_float();
	}
	isa_set_mode(m->w, mode);
	set_exec(m, exec);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t s[3], want;
		uint16_t h;

		for (unsigned int n = 0; n < 3; n++) {
			s[n] = v(m, VSRC(n))[i];
			h = in->op_sel >> n & 1 ? s[n] >> 16 : s[n];
			if (!(mode & ISA_MODE_DENORM64_IN))
				h = h_flush(h);
			if (in->op_sel_hi >> n & 1)
				s[n] = h_to_f32(h);
			if (in->neg_hi >> n & 1)
				s[n] &= 0x7fffffff;
			if (in->neg_lo >> n & 1)
				s[n] ^= 0x80000000;
		}
		want = f_fma(s, mode & 3);
		h = h_from_f32(want, mode >> 2 & 3);
		if (mode & ISA_MODE_FP16_OVFL && h_is_inf(h) && want << 1 != 0xff000000)
			h--;
		if (half == 1)
			want = (old[i] & 0xffff0000) | h;
		if (half == 2)
			want = (uint32_t)h << 16 | (old[i] & 0xffff);
		if (!(exec >> i & 1))
			want = old[i];
		if (v(m, VDST(0))[i] != want)
			fail_msg("%s %x %x %x mode %x: %x, not %x", name, s[0], s[1], s[2], mode,
				 v(m, VDST(0))[i], want);
	}
}

static void test_mixed(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);

	(void)state;
	for (unsigned int n = 0; n < 1024; n++) {
		check_mix(m, "v_fma_mix_f32", 0, n % 16 | DENORMS);
		check_mix(m, "v_fma_mixlo_f16", 1, n % 16 | DENORMS);
		check_mix(m, "v_fma_mixhi_f16", 2, n % 16 | DENORMS);
	}
	check_mix(m, "v_fma_mix_f32", 0, DENORMS32 | ISA_MODE_IEEE);
	check_mix(m, "v_fma_mixlo_f16", 1, DENORMS | ISA_MODE_FP16_OVFL);
	machine_free(m);
}

/* An inline constant is one of F16 where the source is; its upper half is 0. */
static void test_mixed_constants(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_fma_mix_f32");

	(void)state;
	for (unsigned int n = 1; n < 4; n++) {
		in->args[n] = constant(ISA_F32, 0x40000000);
		in->args[n].reg = 244;
	}
	for (unsigned int n = 0; n < 8; n++) {
		in->op_sel_hi = n;
		execute(m);
		assert_int_equal(v(m, VDST(0))[5], 0x40c00000);
	}
	in->op_sel_hi = 4;
	in->op_sel = 4;
	execute(m);
	assert_int_equal(v(m, VDST(0))[5], 0x40800000);
	machine_free(m);
}

static uint32_t f_flush(uint32_t f)
{
	return f & 0x7f800000 ? f : f & 0x80000000;
}

static float as_float(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, 4);
	return value;
}

/* Two exact products, one after the other added to the third source */
static uint32_t f_dot2(uint32_t a, uint32_t b, uint32_t c, unsigned int mode)
{
	const uint16_t halves[4] = { a, a >> 16, b, b >> 16 };
	uint32_t sum = c;

	for (unsigned int n = 0; n < 4; n++) {
		if (h_is_nan(halves[n]))
			return h_to_f32(halves[n]);
	}
	for (unsigned int n = 0; n < 2; n++) {
		float part = as_float(h_to_f32(halves[n])) * as_float(h_to_f32(halves[n + 2]));
		uint32_t s[3] = { 0, 0x3f800000, sum };

		memcpy(&s[0], &part, 4);
		if (f_is_nan(s[0]))
			return f_is_nan(c) ? c | 0x400000 : 0x7fc00000;
		sum = f_fma(s, mode);
	}
	return sum;
}

static void check_dot2(struct machine *m, bool accumulates, unsigned int mode)
{
	struct isa_insn *in = insn(m, accumulates ? "v_dot2c_f32_f16" : "v_dot2_f32_f16");
	unsigned int c_reg = accumulates ? VDST(0) : VSRC(2);
	bool flush = m->group.target == ISA_GFX906;
	uint32_t c[ISA_LANES];

	if (!accumulates)
		random_selection(in);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VSRC(0))[i] = edgy_pair();
		v(m, VSRC(1))[i] = edgy_pair();
		v(m, c_reg)[i] = c[i] = edgy_float();
	}
	isa_set_mode(m->w, mode | DENORMS);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t s[2], third = c[i], want;

		for (unsigned int n = 0; n < 2; n++)
			s[n] = accumulates ? v(m, VSRC(n))[i] :
			       part(in, n, false, v(m, VSRC(n))[i]) |
			       (uint32_t)part(in, n, true, v(m, VSRC(n))[i]) << 16;
		if (!accumulates && in->neg_lo & 4)
			third ^= 0x80000000;
		want = f_dot2(s[0], s[1], flush ? f_flush(third) : third, mode);
		if (flush)
			want = f_flush(want);
		if (v(m, VDST(0))[i] != want)
			fail_msg("%s %x %x %x mode %x: %x, not %x", in->op->name, s[0], s[1],
				 third, mode, v(m, VDST(0))[i], want);
	}
}

static void test_dot2(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 1024; n++)
		check_dot2(m, n & 4, n & 3);
	machine_free(m);
	m = machine_new(ISA_GFX906);
	for (unsigned int n = 0; n < 256; n++)
		check_dot2(m, false, n & 3);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_packed_clamp),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_mixed_constants),
		cmocka_unit_test(test_dot2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
