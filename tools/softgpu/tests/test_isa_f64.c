// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Arithmetic of F64, against MPFR in all modes of rounding and denormals, and by hand.
 */
#include "real.h"

#define ROWS(array)	array, sizeof(array) / sizeof((array)[0])

static void test_arithmetic(void **state)
{
	static const struct real_row rows[] = {
		{ "v_add_f64", ISA_GFX942, real_add, NULL, NULL },
		{ "v_mul_f64", ISA_GFX942, real_mul, NULL, NULL },
		{ "v_fma_f64", ISA_GFX942, real_fma, NULL, NULL },
		{ "v_fma_f64", ISA_GFX906, real_fma, NULL, NULL },
		{ "v_fmac_f64", ISA_GFX942, real_fma, NULL, NULL },
	};

	(void)state;
	real_test(ROWS(rows), 40);
}

#define ONE	0x3ff0000000000000
#define INF	0x7ff0000000000000
#define QUIET	0x7ff8000000000000
#define MINUS	0x8000000000000000
#define USUAL	0xf0

static void test_values(void **state)
{
	static const struct real_value values[] = {
		{ "v_add_f64", USUAL, QUIET, { INF, INF | MINUS } },
		{ "v_mul_f64", USUAL, QUIET, { INF, MINUS } },
		{ "v_add_f64", USUAL, QUIET | 1, { INF | 1, QUIET | 5 } },
		{ "v_add_f64", USUAL, QUIET | MINUS | 5, { ONE, INF | MINUS | 5 } },
		{ "v_add_f64", USUAL | REAL_NO_IEEE, INF | 5, { ONE, INF | 5 } },
		{ "v_fma_f64", USUAL, QUIET | 3, { 0, INF, QUIET | 3 } },
		/* 1 + 2^-53 is a tie; the mode of F32 has no part in it */
		{ "v_add_f64", USUAL | 1, ONE, { ONE, 0x3ca0000000000000 } },
		{ "v_add_f64", USUAL | 4, ONE | 1, { ONE, 0x3ca0000000000000 } },
		{ "v_add_f64", USUAL | 8, ONE, { ONE, 0x3ca0000000000000 } },
		{ "v_add_f64", 0xc0, 2, { 1, 1 } },
		{ "v_add_f64", 0xb0, 0, { 1, 1 } },
		{ "v_mul_f64", 0x70, 0, { 0x0010000000000000, 0x3fe0000000000000 } },
	};

	(void)state;
	real_values(ROWS(values), ISA_GFX942);
}

/* A pair of registers that begins in the middle of a source */
static void test_overlap(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	uint64_t src[ISA_LANES];

	(void)state;
	for (int step = -1; step <= 1; step++) {
		struct isa_insn *in = insn(m, "v_mul_f64");

		in->args[0].reg = VSRC(0) + step;
		in->args[2] = in->args[1];
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			src[i] = (real_random(REAL_F64) & ~INF) | ONE;
			set_v64(m, VSRC(0), i, src[i]);
		}
		execute(m);
		for (unsigned int i = 0; i < ISA_LANES; i++) {
			uint64_t both[3] = { src[i], src[i], 0 };

			assert_int_equal(v64(m, VSRC(0) + step, i),
					 real_op(real_mul, REAL_F64, both, USUAL));
		}
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_overlap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
