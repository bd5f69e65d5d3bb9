// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Instructions that move single lanes and whole registers.
 */
#include "machine.h"

static void fill(struct machine *m)
{
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VSRC(0))[i] = 100 + i;
		v(m, VDST(0))[i] = 200 + i;
	}
}

static void test_readfirstlane(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	static const struct {
		uint64_t exec;
		uint32_t value;
	} table[] = {
		{ ~0ULL, 100 }, { 0x8, 103 }, { 0xff00000000000000, 156 }, { 1ULL << 63, 163 },
		{ 0, 100 },
	};

	(void)state;
	fill(m);
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		set_exec(m, table[i].exec);
		run_insn(m, "v_readfirstlane_b32");
		assert_int_equal(m->w->sgprs[SDST(0)], table[i].value);
	}
	machine_free(m);
}

/* EXEC makes no difference. */
static void test_readlane(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	static const uint32_t lanes[][2] = { { 0, 0 }, { 63, 63 }, { 64, 0 }, { 0xffffffc5, 5 } };

	(void)state;
	fill(m);
	set_exec(m, 2);
	for (unsigned int i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
		struct isa_insn *in = insn(m, "v_readlane_b32");

		m->w->sgprs[SSRC(0)] = lanes[i][0];
		execute(m);
		assert_int_equal(m->w->sgprs[SDST(0)], 100 + lanes[i][1]);
		in->args[2] = sgpr(ISA_B32, ISA_M0);
		m->w->sgprs[ISA_M0] = lanes[i][0] ^ 1;
		execute(m);
		assert_int_equal(m->w->sgprs[SDST(0)], 100 + (lanes[i][1] ^ 1));
		in->args[2] = constant(ISA_B32, lanes[i][0]);
		execute(m);
		assert_int_equal(m->w->sgprs[SDST(0)], 100 + lanes[i][1]);
	}
	machine_free(m);
}

static void test_writelane(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	static const uint32_t lanes[][2] = { { 0, 0 }, { 63, 63 }, { 64, 0 }, { 0xffffffc5, 5 } };

	(void)state;
	set_exec(m, 2);
	for (unsigned int i = 0; i < sizeof(lanes) / sizeof(lanes[0]); i++) {
		fill(m);
		m->w->sgprs[SSRC(0)] = 0xabcdef;
		m->w->sgprs[SSRC(1)] = lanes[i][0];
		run_insn(m, "v_writelane_b32");
		for (unsigned int l = 0; l < ISA_LANES; l++)
			assert_int_equal(v(m, VDST(0))[l], l == lanes[i][1] ? 0xabcdef : 200 + l);
	}
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readfirstlane),
		cmocka_unit_test(test_readlane),
		cmocka_unit_test(test_writelane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
