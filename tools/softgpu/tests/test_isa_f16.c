// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector arithmetic of F16, one number in a lane, against f16.h.
 */
#include <xmmintrin.h>

#include "f16.h"
#include "isa/valu.h"

#define DENORMS	(ISA_MODE_DENORM64_IN | ISA_MODE_DENORM64_OUT)

static void set_mode(struct machine *m, unsigned int round, uint32_t flags)
{
	isa_set_mode(m->w, round << 2 | flags | ISA_MODE_IEEE | ISA_MODE_DENORM32_IN |
		     ISA_MODE_DENORM32_OUT);
}

/* What a row computes */
typedef uint16_t reference_fn(const uint16_t *src, unsigned int mode, uint32_t flags);

static uint16_t limited(uint16_t h, const uint16_t *src, unsigned int num, uint32_t flags)
{
	for (unsigned int i = 0; i < num; i++) {
		if (h_is_inf(src[i]))
			return h;
	}
	return h_is_inf(h) && flags & ISA_MODE_FP16_OVFL ? h - 1 : h;
}

static uint16_t ref_add(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	return limited(h_fma(src[0], 0x3c00, src[1], false, mode), src, 2, flags);
}

static uint16_t ref_sub(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	uint16_t negated[2] = { src[0], h_is_nan(src[1]) ? src[1] : src[1] ^ 0x8000 };

	return ref_add(negated, mode, flags);
}

static uint16_t ref_subrev(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	uint16_t negated[2] = { h_is_nan(src[0]) ? src[0] : src[0] ^ 0x8000, src[1] };

	return ref_add(negated, mode, flags);
}

static uint16_t ref_mul(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	return limited(h_fma(src[0], src[1], 0, true, mode), src, 2, flags);
}

static uint16_t ref_fma(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	return limited(h_fma(src[0], src[1], src[2], false, mode), src, 3, flags);
}

/* Flushes its own denormals */
static uint16_t ref_mad(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	uint16_t f[3] = { h_flush(src[0]), h_flush(src[1]), h_flush(src[2]) };
	uint16_t sum[2] = { h_flush(ref_mul(f, mode, flags)), f[2] };

	return h_flush(ref_add(sum, mode, flags));
}

/* The smaller or the greater one, by the order of the document's cases */
static uint16_t pick(uint16_t a, uint16_t b, bool max)
{
	bool a_first;

	if (h_is_nan(a) && !(a & 0x200))
		return a | 0x200;
	if (h_is_nan(b) && !(b & 0x200))
		return b | 0x200;
	if (h_is_nan(a))
		return b;
	if (h_is_nan(b))
		return a;
	if (h_is_inf(a) || h_is_inf(b))
		a_first = h_is_inf(a) ? a >> 15 : !(b >> 15);
	else
		a_first = h_units(a) != h_units(b) ? h_units(a) < h_units(b) : a >> 15;
	return a_first != max ? a : b;
}

static uint16_t ref_min(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	(void)mode;
	(void)flags;
	return pick(src[0], src[1], false);
}

static uint16_t ref_max(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	(void)mode;
	(void)flags;
	return pick(src[0], src[1], true);
}

static uint16_t ref_min3(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	(void)mode;
	(void)flags;
	return pick(pick(src[0], src[1], false), src[2], false);
}

static uint16_t ref_max3(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	(void)mode;
	(void)flags;
	return pick(pick(src[0], src[1], true), src[2], true);
}

static bool equal(uint16_t a, uint16_t b)
{
	return a == b || (h_is_zero(a) && h_is_zero(b));
}

static uint16_t ref_med3(const uint16_t *src, unsigned int mode, uint32_t flags)
{
	uint16_t max = ref_max3(src, mode, flags);

	if (h_is_nan(src[0]) || h_is_nan(src[1]) || h_is_nan(src[2]))
		return ref_min3(src, mode, flags);
	if (equal(max, src[0]))
		return pick(src[1], src[2], true);
	return pick(src[0], src[equal(max, src[1]) ? 2 : 1], true);
}

static const struct row {
	const char *name;
	unsigned int num_src;
	reference_fn *reference;
} rows[] = {
	{ "v_add_f16", 2, ref_add },
	{ "v_sub_f16", 2, ref_sub },
	{ "v_subrev_f16", 2, ref_subrev },
	{ "v_mul_f16", 2, ref_mul },
	{ "v_fma_f16", 3, ref_fma },
	{ "v_fma_legacy_f16", 3, ref_fma },
	{ "v_mad_f16", 3, ref_mad },
	{ "v_mad_legacy_f16", 3, ref_mad },
	{ "v_mac_f16", 3, ref_mad },
	{ "v_madmk_f16", 3, ref_mad },
	{ "v_madak_f16", 3, ref_mad },
	{ "v_min_f16", 2, ref_min },
	{ "v_max_f16", 2, ref_max },
	{ "v_min3_f16", 3, ref_min3 },
	{ "v_max3_f16", 3, ref_max3 },
	{ "v_med3_f16", 3, ref_med3 },
};

/* Of rows that op_sel is for what is above stays; others write zeros there. */
static void check_row(struct machine *m, const struct row *row, unsigned int round, uint32_t flags)
{
	struct isa_insn *in = insn(m, row->name);
	unsigned int regs[3] = { VSRC(0), VSRC(1), VSRC(2) };
	unsigned int dst = VDST(0);
	uint32_t old[ISA_LANES], src[3][ISA_LANES];
	uint64_t exec = random64() & 1 ? ~0ULL : random64();
	uint16_t fixed = edgy16();
	int constant_src = -1;

	if (in->op->flags & ISA_ACCUM)
		regs[2] = dst;
	else if (random64() & 1)
		dst = in->args[0].reg = VSRC(0);
	for (unsigned int i = 1; i < in->num_args; i++) {
		if (in->args[i].kind == ISA_CONST) {
			in->args[i].value = fixed;
			constant_src = i - 1;
		} else if (constant_src >= 0) {
			regs[i - 1] = in->args[i].reg;
		}
	}
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, dst)[i] = edgy16();
		old[i] = v(m, dst)[i];
		for (unsigned int n = 0; n < row->num_src; n++) {
			if ((int)n == constant_src) {
				src[n][i] = fixed;
				continue;
			}
			if (regs[n] != dst)
				v(m, regs[n])[i] = edgy16();
			src[n][i] = v(m, regs[n])[i];
		}
	}
	set_mode(m, round, flags);
	set_exec(m, exec);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint16_t halves[3] = { 0 };
		uint32_t want;

		for (unsigned int n = 0; n < row->num_src; n++) {
			halves[n] = src[n][i];
			if (!(flags & ISA_MODE_DENORM64_IN))
				halves[n] = h_flush(halves[n]);
		}
		want = row->reference(halves, round, flags);
		if (!(flags & ISA_MODE_DENORM64_OUT))
			want = h_flush(want);
		if (in->op->flags & ISA_OPSEL)
			want |= old[i] & 0xffff0000;
		if (!(exec >> i & 1))
			want = old[i];
		if (v(m, dst)[i] != want)
			fail_msg("%s %x %x %x round %u flags %x: %x, not %x", row->name, halves[0],
				 halves[1], halves[2], round, flags, v(m, dst)[i], want);
	}
}

static void test_arithmetic(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (unsigned int n = 0; n < 512; n++)
			check_row(m, &rows[i], n % 4, DENORMS);
		for (unsigned int n = 0; n < 128; n++)
			check_row(m, &rows[i], n % 4, (n & 4 ? ISA_MODE_DENORM64_IN : 0) |
				  (n & 8 ? ISA_MODE_DENORM64_OUT : 0) |
				  (n & 16 ? ISA_MODE_FP16_OVFL : 0));
	}
	machine_free(m);
}

/* A signalling NaN is no number for minima without MODE.IEEE, either, but gives way to one. */
static void test_minimum_without_ieee(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	isa_set_mode(m->w, DENORMS);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VSRC(0))[i] = 0x7d00;
		v(m, VSRC(1))[i] = 0x4000 + i;
	}
	run_insn(m, "v_min_f16");
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_int_equal(v(m, VDST(0))[i], 0x4000 + i);
	machine_free(m);
}

static void test_to_f32(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int flags = 0; flags <= DENORMS; flags += ISA_MODE_DENORM64_IN) {
		set_mode(m, NEAREST, flags);
		for (unsigned int n = 0; n < 0x10000; n += ISA_LANES) {
			for (unsigned int i = 0; i < ISA_LANES; i++)
				v(m, VSRC(0))[i] = 0xabcd0000 | (n + i);
			run_insn(m, "v_cvt_f32_f16");
			for (unsigned int i = 0; i < ISA_LANES; i++) {
				uint16_t h = n + i;

				if (!(flags & ISA_MODE_DENORM64_IN))
					h = h_flush(h);
				assert_int_equal(v(m, VDST(0))[i], h_to_f32(h));
			}
		}
	}
	machine_free(m);
}

/* F32 at, between and beside all F16 */
static void test_from_f32(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 0x80000; n += ISA_LANES) {
		unsigned int round = n / ISA_LANES % 4;
		uint32_t flags = n % 3 ? DENORMS : n % 5 ? 0 : DENORMS | ISA_MODE_FP16_OVFL;

		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint32_t between = h_to_f32((n + i) >> 3) + 0x1000 * (i & 1);

			v(m, VSRC(0))[i] = i & 4 ? between + (i & 2) - 1 :
					   i & 2 ? edgy32() : between;
		}
		set_mode(m, round, flags);
		run_insn(m, "v_cvt_f16_f32");
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint32_t f = v(m, VSRC(0))[i];
			uint16_t want = h_from_f32(f, round);

			if (flags & ISA_MODE_FP16_OVFL && h_is_inf(want) &&
			    f << 1 != 0xff000000)
				want--;
			if (!(flags & ISA_MODE_DENORM64_OUT))
				want = h_flush(want);
			if (v(m, VDST(0))[i] != want)
				fail_msg("%x round %u flags %x: %x, not %x", f, round, flags,
					 v(m, VDST(0))[i], want);
		}
	}
	machine_free(m);
}

/* The compiler's conversions, which are for CPUs without F16C */
static void test_compiler(void **state)
{
	static const unsigned int rounding[] = {
		_MM_ROUND_NEAREST, _MM_ROUND_UP, _MM_ROUND_DOWN, _MM_ROUND_TOWARD_ZERO,
	};
	unsigned int csr = _mm_getcsr();

	(void)state;
	for (unsigned int n = 0; n < 0x40000; n++) {
		uint32_t between = h_to_f32(n >> 2) + 0x1000, bits;
		volatile float exact = isa_f16(n >> 2), value;
		uint16_t half;

		memcpy(&bits, (void *)&exact, sizeof(bits));
		assert_int_equal(bits, h_to_f32(n >> 2));
		between += n % 3 - 1;
		memcpy((void *)&value, &between, sizeof(value));
		_mm_setcsr(0x1f80 | rounding[n & 3]);
		half = isa_f16_bits(value);
		_mm_setcsr(csr);
		assert_int_equal(half, h_from_f32(between, n & 3));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_minimum_without_ieee),
		cmocka_unit_test(test_to_f32),
		cmocka_unit_test(test_from_f32),
		cmocka_unit_test(test_compiler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
