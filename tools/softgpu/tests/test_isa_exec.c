// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What is around the semantics of vector instructions: EXEC, kinds of sources, modifiers, clamp,
 * DPP, SDWA, indexed registers. What each instruction computes is in the other test_isa_*.c.
 */
#define _GNU_SOURCE
#include <math.h>

#include "machine.h"

static float f(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, 4);
	return value;
}

static uint32_t bits(float value)
{
	uint32_t b;

	memcpy(&b, &value, 4);
	return b;
}

static void test_exec_mask(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VSRC(0))[i] = i + 100;
		v(m, VDST(0))[i] = 7;
	}
	set_exec(m, 0x8000000000000005);
	run_insn(m, "v_mov_b32");
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_int_equal(v(m, VDST(0))[i], i == 0 || i == 2 || i == 63 ? i + 100 : 7);
	machine_free(m);
}

static void test_sources(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_fma_f32");

	(void)state;
	in->args[1] = constant(ISA_F32, bits(2));
	in->args[2] = sgpr(ISA_F32, 5);
	m->w->sgprs[5] = bits(3);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, VSRC(2))[i] = bits(i);
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_true(f(v(m, VDST(0))[i]) == 6 + i);
	machine_free(m);
}

static void test_modifiers(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_fma_f32");

	(void)state;
	in->args[1] = constant(ISA_F32, bits(-2));
	in->args[1].mods = ISA_ABS | ISA_NEG;
	in->args[2] = constant(ISA_F32, bits(1));
	in->args[2].mods = ISA_NEG;
	in->args[3] = constant(ISA_F32, bits(-0.75f));
	in->args[3].mods = ISA_ABS;
	execute(m);
	assert_true(f(v(m, VDST(0))[17]) == 2.75f);
	in->clamp = true;
	execute(m);
	assert_true(f(v(m, VDST(0))[17]) == 1);
	in->args[3] = constant(ISA_F32, bits(NAN));
	execute(m);
	assert_int_equal(v(m, VDST(0))[17], 0);
	machine_free(m);
}

/* Both numbers of a packed instruction that has nothing else */
static void test_packed_clamp(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	struct isa_insn *in = insn(m, "v_pk_add_f32");

	(void)state;
	in->clamp = true;
	v(m, VSRC(0))[9] = bits(3);
	v(m, VSRC(0) + 1)[9] = bits(-3);
	execute(m);
	assert_int_equal(v(m, VDST(0))[9], bits(1));
	assert_int_equal(v(m, VDST(0) + 1)[9], 0);
	machine_free(m);
}

static void test_dpp(void **state)
{
	static const struct {
		uint16_t ctrl;
		int lane20, lane16, lane47;	/* where these come from, or -1 */
	} table[] = {
		{ 0x1b, 23, 19, 44 },		/* quad_perm:[3,2,1,0] */
		{ ISA_DPP_ROW_SHL + 1, 21, 17, -1 },
		{ ISA_DPP_ROW_SHR + 1, 19, -1, 46 },
		{ ISA_DPP_ROW_ROR + 1, 19, 31, 46 },
		{ ISA_DPP_WAVE_SHL, 21, 17, 48 },
		{ ISA_DPP_WAVE_SHR, 19, 15, 46 },
		{ ISA_DPP_MIRROR, 27, 31, 32 },
		{ ISA_DPP_HALF_MIRROR, 19, 23, 40 },
		{ ISA_DPP_BCAST15, 15, 15, 31 },
		{ ISA_DPP_BCAST31, -1, -1, 31 },
		{ ISA_DPP_NEWBCAST + 5, 21, 21, 37 },
	};
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct isa_insn *in = insn(m, "v_mov_b32");

		for (unsigned int l = 0; l < ISA_LANES; l++) {
			v(m, VSRC(0))[l] = 100 + l;
			v(m, VDST(0))[l] = 99;
		}
		in->encoding = ISA_DPP;
		in->dpp = (struct isa_dpp){ .ctrl = table[i].ctrl, .row_mask = 15,
					    .bank_mask = 15 };
		execute(m);
		assert_int_equal(v(m, VDST(0))[20], 100 + table[i].lane20);
		assert_int_equal(v(m, VDST(0))[16], 100 + table[i].lane16);
		assert_int_equal(v(m, VDST(0))[47], 100 + table[i].lane47);
		in->dpp.bound_ctrl = true;
		execute(m);
		assert_int_equal(v(m, VDST(0))[47],
				 table[i].lane47 < 0 ? 0 : 100 + table[i].lane47);
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec_mask),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_modifiers),
		cmocka_unit_test(test_packed_clamp),
		cmocka_unit_test(test_dpp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
