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

/* Only in active lanes; a register with itself stays. */
static void test_swap(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	uint64_t exec = 0x8000000000ff0001;
	struct isa_insn *in;

	(void)state;
	fill(m);
	set_exec(m, exec);
	in = insn(m, "v_swap_b32");
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		bool on = exec >> i & 1;

		assert_int_equal(v(m, VDST(0))[i], on ? 100 + i : 200 + i);
		assert_int_equal(v(m, VSRC(0))[i], on ? 200 + i : 100 + i);
	}
	in->args[1].reg = in->args[0].reg;
	execute(m);
	assert_int_equal(v(m, VDST(0))[16], 116);
	machine_free(m);
}

static void test_accumulators(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	uint64_t exec = 0x700000000000000e;
	struct isa_insn *in;

	(void)state;
	set_exec(m, exec);
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		v(m, VSRC(0))[i] = 100 + i;
		acc(m, VSRC(0))[i] = 200 + i;
		v(m, VDST(0))[i] = 300 + i;
		acc(m, VDST(0))[i] = 400 + i;
	}
	run_insn(m, "v_accvgpr_mov_b32");
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		assert_int_equal(acc(m, VDST(0))[i], exec >> i & 1 ? 200 + i : 400 + i);
		assert_int_equal(v(m, VDST(0))[i], 300 + i);
	}
	run_insn(m, "v_accvgpr_read_b32");
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_int_equal(v(m, VDST(0))[i], exec >> i & 1 ? 200 + i : 300 + i);
	in = insn(m, "v_accvgpr_write_b32");
	execute(m);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		assert_int_equal(acc(m, VDST(0))[i], exec >> i & 1 ? 100 + i : 400 + i);
	in->args[1] = constant(ISA_B32, 0x12345);
	execute(m);
	assert_int_equal(acc(m, VDST(0))[62], 0x12345);
	assert_int_equal(acc(m, VDST(0))[63], 463);
	in->args[1] = sgpr(ISA_B32, SSRC(0));
	m->w->sgprs[SSRC(0)] = 0x54321;
	execute(m);
	assert_int_equal(acc(m, VDST(0))[3], 0x54321);
	machine_free(m);
}

/* An instruction for nothing changes nothing: all of the wave is as before. */
static void test_nothing(void **state)
{
	static const char *const names[] = { "v_nop", "v_clrexcp" };
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	fill(m);
	for (unsigned int i = 0; i < 2; i++) {
		struct isa_wave before;

		insn(m, names[i]);
		before = *m->w;
		execute(m);
		before.next_pc = m->w->next_pc;
		assert_memory_equal(m->w, &before, sizeof(before));
		assert_int_equal(v(m, VSRC(0))[3], 103);
	}
	machine_free(m);
}

/* s_set_gpr_idx_on: bits 12 to 15 of M0 say which operands get bits 0 to 7 added. */
static void test_indexed(void **state)
{
	struct machine *m = machine_new(ISA_GFX906);
	struct isa_insn *in;

	(void)state;
	fill(m);
	m->w->gpr_idx = true;
	v(m, VSRC(0) + 3)[7] = 11;
	m->w->sgprs[ISA_M0] = 1 << 12 | 3;
	in = insn(m, "v_readlane_b32");
	in->args[2] = constant(ISA_B32, 7);
	execute(m);
	assert_int_equal(m->w->sgprs[SDST(0)], 11);
	m->w->sgprs[ISA_M0] = 8 << 12 | 3;
	execute(m);
	assert_int_equal(m->w->sgprs[SDST(0)], 107);
	in = insn(m, "v_writelane_b32");
	in->args[2] = constant(ISA_B32, 9);
	m->w->sgprs[SSRC(0)] = 13;
	execute(m);
	assert_int_equal(v(m, VDST(0) + 3)[9], 13);
	assert_int_equal(v(m, VDST(0))[9], 209);
	m->w->sgprs[ISA_M0] = 9 << 12 | 3;
	run_insn(m, "v_swap_b32");
	assert_int_equal(v(m, VDST(0) + 3)[7], 11);
	assert_int_equal(v(m, VSRC(0) + 3)[9], 13);
	/* Behind the last register */
	for (unsigned int bits = 1; bits <= 8; bits *= 8) {
		in = insn(m, "v_swap_b32");
		m->w->sgprs[ISA_M0] = bits << 12 | 192;
		in->args[0].reg = bits == 8 ? 64 : 63;
		in->args[1].reg = bits == 1 ? 64 : 63;
		execute_fails(m, ISA_ILLEGAL);
		in->args[0].reg = 63;
		in->args[1].reg = 63;
		execute(m);
	}
	in = insn(m, "v_readfirstlane_b32");
	m->w->sgprs[ISA_M0] = 1 << 12 | 255;
	execute_fails(m, ISA_ILLEGAL);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readfirstlane),
		cmocka_unit_test(test_readlane),
		cmocka_unit_test(test_writelane),
		cmocka_unit_test(test_swap),
		cmocka_unit_test(test_accumulators),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_indexed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
