// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector comparisons of F16, and of what kind an F16 is.
 */
#include <math.h>

#include "f16.h"

/* Which of less, equal, greater and unordered make a comparison true, from bit 0 on */
static const struct {
	const char *name;
	unsigned int true_for;
} table[] = {
	{ "f", 0 }, { "lt", 1 }, { "eq", 2 }, { "le", 3 }, { "gt", 4 }, { "lg", 5 }, { "ge", 6 },
	{ "o", 7 }, { "u", 8 }, { "nge", 9 }, { "nlg", 10 }, { "ngt", 11 }, { "nle", 12 },
	{ "neq", 13 }, { "nlt", 14 }, { "tru", 15 },
};

static int relation(uint16_t a, uint16_t b)
{
	int64_t x, y;

	if (h_is_nan(a) || h_is_nan(b))
		return 3;
	x = h_is_inf(a) ? (a & 0x8000 ? INT64_MIN : INT64_MAX) : h_units(a);
	y = h_is_inf(b) ? (b & 0x8000 ? INT64_MIN : INT64_MAX) : h_units(b);
	return x < y ? 0 : x == y ? 1 : 2;
}

static void check(struct machine *m, unsigned int row, bool writes_exec, uint32_t mode)
{
	uint64_t exec = random64(), want = 0;
	char name[32];

	snprintf(name, sizeof(name), "v_cmp%s_%s_f16", writes_exec ? "x" : "", table[row].name);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t a = edgy16(), b = random32() & 3 ? edgy16() : a ^ (random32() & 0x8000);

		v(m, VSRC(0))[i] = a;
		v(m, VSRC(1))[i] = b;
		if (!(mode & ISA_MODE_DENORM64_IN)) {
			a = h_flush(a);
			b = h_flush(b);
		}
		want |= (uint64_t)(table[row].true_for >> relation(a, b) & 1) << i;
	}
	isa_set_mode(m->w, mode);
	set_exec(m, exec);
	run_insn(m, name);
	want &= exec;
	if (isa_sreg64(m->w, SDST(0)) != want)
		fail_msg("%s: %llx, not %llx", name, (long long)isa_sreg64(m->w, SDST(0)),
			 (long long)want);
	assert_true(isa_exec_mask(m->w) == (writes_exec ? want : exec));
}

static void test_comparisons(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int row = 0; row < 16; row++) {
		for (unsigned int n = 0; n < 64; n++)
			check(m, row, n & 1, n & 2 ? ISA_MODE_DENORM64_IN : 0);
	}
	machine_free(m);
}

/* The bits of the mask by what they are for */
enum { SIGNALLING, QUIET, NEG_INF, NEG_NORMAL, NEG_DENORMAL, NEG_ZERO };

static unsigned int kind(uint16_t h)
{
	unsigned int bit;

	if (h_is_nan(h))
		return h & 0x200 ? QUIET : SIGNALLING;
	bit = h_is_inf(h) ? NEG_INF : h_is_zero(h) ? NEG_ZERO : h & 0x7c00 ? NEG_NORMAL :
	      NEG_DENORMAL;
	/* The positive ones are in the other order. */
	return h & 0x8000 ? bit : 11 - bit;
}

static void test_class(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int n = 0; n < 0x10000; n += ISA_LANES) {
		bool writes_exec = n & ISA_LANES;
		uint64_t want = 0;

		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint32_t mask = i & 1 ? random32() : 1u << kind(n + i);

			v(m, VSRC(0))[i] = (n + i) | 0xffff0000;
			v(m, VSRC(1))[i] = mask;
			want |= (uint64_t)(mask >> kind(n + i) & 1) << i;
		}
		set_exec(m, ~0ULL);
		run_insn(m, writes_exec ? "v_cmpx_class_f16" : "v_cmp_class_f16");
		assert_true(isa_sreg64(m->w, SDST(0)) == want);
		assert_true(isa_exec_mask(m->w) == (writes_exec ? want : ~0ULL));
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparisons),
		cmocka_unit_test(test_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
