// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The control of a wave: branches, masks, states, messages, traps, hardware registers, indices.
 */
#include "machine.h"

/* Where the wave is; behind the first kernel of the harness */
#define HERE		(CODE + 0x1000)

static struct machine *new(enum isa_target target)
{
	struct machine *m = machine_new(target);

	m->w->pc = HERE;
	return m;
}

/* A row whose first immediate is @imm */
static void run_imm(struct machine *m, const char *name, uint64_t imm)
{
	struct isa_insn *in = insn(m, name);

	for (unsigned int i = 0; i < in->num_args; i++) {
		if (in->args[i].kind == ISA_IMM)
			in->args[i].value = imm;
	}
	execute(m);
}

static void test_branches(void **state)
{
	/* Bits: SCC, VCC is not 0, EXEC is not 0; when each branch is taken */
	static const struct {
		const char *name;
		uint8_t taken;
	} table[] = {
		{ "s_branch", 0xff }, { "s_cbranch_scc0", 0x55 }, { "s_cbranch_scc1", 0xaa },
		{ "s_cbranch_vccz", 0x33 }, { "s_cbranch_vccnz", 0xcc },
		{ "s_cbranch_execz", 0x0f }, { "s_cbranch_execnz", 0xf0 },
		{ "s_cbranch_cdbgsys", 0 }, { "s_cbranch_cdbguser", 0 },
		{ "s_cbranch_cdbgsys_or_user", 0 }, { "s_cbranch_cdbgsys_and_user", 0 },
	};
	struct machine *m = new(ISA_GFX906);

	(void)state;
	for (unsigned int i = 0; i < 8 * sizeof(table) / sizeof(table[0]); i++) {
		bool taken = table[i / 8].taken >> i % 8 & 1;

		m->w->scc = i & 1;
		isa_set_sreg64(m->w, ISA_VCC, i & 2 ? 1ULL << 40 : 0);
		set_exec(m, i & 4 ? 1ULL << 63 : 0);
		run_imm(m, table[i / 8].name, 3);
		assert_int_equal(m->w->next_pc, HERE + 4 + (taken ? 12 : 0));
		run_imm(m, table[i / 8].name, 0xffff);
		assert_int_equal(m->w->next_pc, taken ? HERE : HERE + 4);
		run_imm(m, table[i / 8].name, 0x8000);
		assert_int_equal(m->w->next_pc, HERE + 4 - (taken ? 0x20000 : 0));
	}
	machine_free(m);
}

static void test_jumps(void **state)
{
	static const char *const names[] = { "s_setpc_b64", "s_rfe_b64", "s_rfe_restore_b64" };
	const uint64_t there = 0x00007123456789ac;
	struct machine *m = new(ISA_GFX942);
	struct isa_insn *in;

	(void)state;
	run_insn(m, "s_getpc_b64");
	assert_int_equal(isa_sreg64(m->w, SDST(0)), HERE + 4);
	assert_int_equal(m->w->next_pc, HERE + 4);
	for (unsigned int i = 0; i < 3; i++) {
		isa_set_sreg64(m->w, SSRC(0), there + 4 * i);
		run_insn(m, names[i]);
		assert_int_equal(m->w->next_pc, there + 4 * i);
	}
	isa_set_sreg64(m->w, SSRC(0), there);
	in = insn(m, "s_swappc_b64");
	in->args[0].reg = in->args[1].reg;
	execute(m);
	assert_int_equal(m->w->next_pc, there);
	assert_int_equal(isa_sreg64(m->w, SSRC(0)), HERE + 4);
	run_imm(m, "s_call_b64", 0xfffe);
	assert_int_equal(m->w->next_pc, HERE - 4);
	assert_int_equal(isa_sreg64(m->w, SDST(0)), HERE + 4);
	machine_free(m);
}

static void join(struct machine *m, uint32_t csp)
{
	m->w->sgprs[SSRC(0)] = csp;
	run_insn(m, "s_cbranch_join");
}

/* Both forms: what runs first and what waits where for the join */
static void test_forks(void **state)
{
	static const struct {
		uint64_t exec, mask, first, later;
		bool jump, jump_later;
	} table[] = {
		{ 0xff, 0xff, 0xff, 0, true, false },
		{ 0xff, 0xf00, 0xff, 0, false, false },
		{ 0, 0xff, 0, 0, true, false },
		{ 0xff, 0xffe, 0x01, 0xfe, false, true },
		{ 0xff, 0x03, 0x03, 0xfc, true, false },
		{ 0xff, 0x0f, 0x0f, 0xf0, true, false },
		{ ~0ULL, 1ULL << 63, 1ULL << 63, ~0ULL >> 1, true, false },
	};
	struct machine *m = new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < 2 * sizeof(table) / sizeof(table[0]); i++) {
		const uint64_t to = i & 1 ? HERE + 4 + 400 : 0x77770000;
		unsigned int n = i / 2, csp = i % 5;

		isa_set_mode(m->w, csp << 29 | 0x3f0);
		set_exec(m, table[n].exec);
		isa_set_sreg64(m->w, SSRC(0), table[n].mask);
		isa_set_sreg64(m->w, SSRC(1), to);
		run_imm(m, i & 1 ? "s_cbranch_i_fork" : "s_cbranch_g_fork", 100);
		assert_true(isa_exec_mask(m->w) == table[n].first);
		assert_int_equal(m->w->next_pc, table[n].jump ? to : HERE + 4);
		assert_int_equal(m->w->mode & 0x1fffffff, 0x3f0);
		if (!table[n].later) {
			assert_int_equal(m->w->mode >> 29, csp);
			continue;
		}
		assert_int_equal(m->w->mode >> 29, csp + 1);
		assert_true(isa_sreg64(m->w, 4 * csp) == table[n].later);
		assert_int_equal(isa_sreg64(m->w, 4 * csp + 2),
				 table[n].jump_later ? to : HERE + 4);
		join(m, csp);
		assert_true(isa_exec_mask(m->w) == table[n].later);
		assert_int_equal(m->w->next_pc, table[n].jump_later ? to : HERE + 4);
		assert_int_equal(m->w->mode, csp << 29 | 0x3f0);
		join(m, csp);
		assert_int_equal(m->w->next_pc, HERE + 4);
		assert_int_equal(m->w->mode >> 29, csp);
	}
	/* Below the first one there is the last of eight. */
	isa_set_mode(m->w, 0x3f0);
	isa_set_sreg64(m->w, 28, 0x1234);
	isa_set_sreg64(m->w, 30, HERE + 64);
	join(m, 1);
	assert_int_equal(m->w->mode, 0xe00003f0);
	assert_int_equal(isa_exec_mask(m->w), 0x1234);
	assert_int_equal(m->w->next_pc, HERE + 64);
	machine_free(m);
}

/* By the bits of a truth table: source and EXEC */
static const struct {
	const char *name;
	unsigned int table;
	bool saves;
} masks[] = {
	{ "s_and_saveexec_b64", 0x8, true }, { "s_or_saveexec_b64", 0xe, true },
	{ "s_xor_saveexec_b64", 0x6, true }, { "s_andn2_saveexec_b64", 0x4, true },
	{ "s_orn2_saveexec_b64", 0xd, true }, { "s_nand_saveexec_b64", 0x7, true },
	{ "s_nor_saveexec_b64", 0x1, true }, { "s_xnor_saveexec_b64", 0x9, true },
	{ "s_andn1_saveexec_b64", 0x2, true }, { "s_orn1_saveexec_b64", 0xb, true },
	{ "s_andn1_wrexec_b64", 0x2, false }, { "s_andn2_wrexec_b64", 0x4, false },
};

static void test_masks(void **state)
{
	struct machine *m = new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < 100 * sizeof(masks) / sizeof(masks[0]); i++) {
		uint64_t exec = edgy64(), expect = 0, a = i % 4 ? edgy64() : i & 4 ? exec : ~exec;
		struct isa_insn *in = insn(m, masks[i / 100].name);
		bool saves = masks[i / 100].saves;

		for (unsigned int l = 0; l < 64; l++) {
			unsigned int row = (a >> l & 1) * 2 + (exec >> l & 1);

			if (masks[i / 100].table >> row & 1)
				expect |= 1ULL << l;
		}
		if (i % 3 == 0)
			in->args[0].reg = in->args[1].reg;
		isa_set_sreg64(m->w, in->args[1].reg, a);
		set_exec(m, exec);
		m->w->scc = random32() & 1;
		execute(m);
		assert_true(isa_exec_mask(m->w) == expect);
		assert_true(isa_sreg64(m->w, in->args[0].reg) == (saves ? exec : expect));
		assert_int_equal(m->w->scc, expect ? 1 : 0);
	}
	machine_free(m);
}

/* What leaves nothing behind in the wave */
static void test_nothing(void **state)
{
	static const char *const names[] = {
		"s_nop", "s_waitcnt", "s_setprio", "s_incperflevel", "s_decperflevel",
		"s_ttracedata", "s_icache_inv", "s_setkill", "s_sethalt", "s_sleep", "s_wakeup",
		"s_sendmsg",
	};
	struct machine *m = new(ISA_GFX906);
	struct isa_wave before;

	(void)state;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		m->w->scc = i & 1;
		m->w->next_pc = HERE + 4;
		m->w->state = ISA_RUNNING;
		memcpy(&before, m->w, sizeof(before));
		run_insn(m, names[i]);
		assert_memory_equal(&before, m->w, sizeof(before));
	}
	run_imm(m, "s_nop", 15);
	run_imm(m, "s_waitcnt", 0xc07f);
	run_imm(m, "s_setprio", 3);
	assert_memory_equal(&before, m->w, sizeof(before));
	assert_int_equal(m->interrupts, 0);
	machine_free(m);
}

static void test_states(void **state)
{
	static const struct {
		const char *name;
		unsigned int imm;
		enum isa_state state;
	} table[] = {
		{ "s_endpgm", 0, ISA_ENDED }, { "s_endpgm_saved", 0, ISA_ENDED },
		{ "s_endpgm_ordered_ps_done", 0, ISA_ENDED }, { "s_barrier", 0, ISA_AT_BARRIER },
		{ "s_sleep", 1, ISA_SLEEPING }, { "s_sleep", 0x7f, ISA_SLEEPING },
		{ "s_sleep", 0x80, ISA_RUNNING }, { "s_setkill", 2, ISA_RUNNING },
		{ "s_setkill", 1, ISA_ENDED }, { "s_sethalt", 2, ISA_RUNNING },
	};
	struct machine *m = new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		run_imm(m, table[i].name, table[i].imm);
		assert_int_equal(m->w->state, table[i].state);
		assert_int_equal(m->w->next_pc, HERE + 4);
	}
	run_imm(m, "s_sethalt", 1);
	assert_int_equal(m->w->state, ISA_SLEEPING);
	assert_int_equal(m->w->next_pc, HERE);
	machine_free(m);
}

static void test_wakeup(void **state)
{
	static const enum isa_state states[][2] = {
		{ ISA_RUNNING, ISA_RUNNING }, { ISA_SLEEPING, ISA_RUNNING },
		{ ISA_AT_BARRIER, ISA_AT_BARRIER }, { ISA_ENDED, ISA_ENDED },
	};
	struct isa_wave *waves = calloc(4, sizeof(*waves));
	struct machine *m = new(ISA_GFX942);
	struct isa_group group = { .target = ISA_GFX942, .num_waves = 4, .waves = waves };

	(void)state;
	assert_non_null(waves);
	for (unsigned int i = 0; i < 4; i++)
		waves[i].state = states[i][0];
	m->w->group = &group;
	run_insn(m, "s_wakeup");
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(waves[i].state, states[i][1]);
	m->w->group = &m->group;
	machine_free(m);
	free(waves);
}

static void test_messages(void **state)
{
	struct machine *m = new(ISA_GFX942);

	(void)state;
	m->w->sgprs[ISA_M0] = 0x12345678;
	for (unsigned int i = 0; i < 16; i++)
		run_imm(m, "s_sendmsg", i);
	assert_int_equal(m->interrupts, 1);
	assert_int_equal(m->interrupt, 0x12345678);
	/* The bits above are for other messages. */
	run_imm(m, "s_sendmsg", 0x21);
	assert_int_equal(m->interrupts, 2);
	/* Once, however often the wave is looked at */
	for (unsigned int i = 0; i < 3; i++) {
		run_imm(m, "s_sendmsghalt", 1);
		assert_int_equal(m->w->state, ISA_SLEEPING);
		assert_int_equal(m->w->next_pc, HERE);
		assert_int_equal(m->interrupts, 3);
	}
	machine_free(m);
}

static void test_traps(void **state)
{
	struct machine *m = new(ISA_GFX942);

	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		insn(m, "s_trap")->args[0].value = i;
		if (i == 1 || i == 3) {
			execute(m);
			assert_int_equal(m->w->state, ISA_RUNNING);
			assert_int_equal(m->w->next_pc, HERE + 4);
		} else {
			execute_fails(m, ISA_TRAP);
			assert_int_equal(m->w->trap, i);
		}
	}
	machine_free(m);
}

/* As the assembler has it: the register, its first bit and the number of bits */
static uint32_t hwreg(unsigned int id, unsigned int offset, unsigned int width)
{
	return id | offset << 6 | (width - 1) << 11;
}

static uint32_t getreg(struct machine *m, uint32_t simm)
{
	run_imm(m, "s_getreg_b32", simm);
	return m->w->sgprs[SDST(0)];
}

static void setreg(struct machine *m, uint32_t simm, uint32_t value)
{
	m->w->sgprs[SSRC(0)] = value;
	run_imm(m, "s_setreg_b32", simm);
}

static void test_mode(void **state)
{
	struct machine *m = new(ISA_GFX942);
	struct isa_insn *in;

	(void)state;
	assert_int_equal(getreg(m, hwreg(1, 0, 32)), 0x3f0);
	setreg(m, hwreg(1, 0, 4), 0xfff7);
	assert_int_equal(m->w->mode, 0x3f7);
	assert_int_equal(getreg(m, hwreg(1, 2, 5)), 0x1d);
	setreg(m, hwreg(1, 4, 4), 0);
	assert_int_equal(m->w->mode, 0x307);
	/* The CPU follows: to zero, denormals are 0 both ways. */
	assert_int_equal(__builtin_ia32_stmxcsr() & 0xe040, 0xe040);
	in = insn(m, "s_setreg_imm32_b32");
	in->args[0].value = hwreg(1, 23, 1);
	in->args[1].value = 1;
	execute(m);
	assert_int_equal(m->w->mode, 0x800307);
	in->args[0].value = hwreg(1, 0, 32);
	in->args[1].value = 0xe80003f0;
	execute(m);
	assert_int_equal(m->w->mode, 0xe80003f0);
	assert_true(m->w->gpr_idx);
	assert_int_equal(__builtin_ia32_stmxcsr() & 0xe040, 0);
	machine_free(m);
}

static void test_status(void **state)
{
	struct machine *m = new(ISA_GFX942);
	const uint32_t status = hwreg(2, 0, 32);

	(void)state;
	isa_set_sreg64(m->w, ISA_VCC, 1ULL << 32);
	assert_int_equal(getreg(m, status), 0x10040);
	m->w->scc = true;
	isa_set_sreg64(m->w, ISA_VCC, 0);
	set_exec(m, 0);
	m->group.num_waves = 2;
	m->w->scratch_size = 64;
	assert_int_equal(getreg(m, status), 0x10010e41);
	assert_int_equal(getreg(m, hwreg(2, 9, 1)), 1);
	setreg(m, status, 0);
	assert_true(m->w->scc);
	m->group.target = ISA_GFX906;
	assert_int_equal(getreg(m, status), 0x10e41);
	m->group.num_waves = 1;
	machine_free(m);
}

static void test_hw_registers(void **state)
{
	struct machine *m = new(ISA_GFX942);

	(void)state;
	setreg(m, hwreg(3, 0, 9), 0x1ff);
	assert_int_equal(m->w->trapsts, 0x1ff);
	setreg(m, hwreg(3, 4, 2), 0);
	assert_int_equal(getreg(m, hwreg(3, 0, 32)), 0x1cf);
	/* 512 registers, half of them AGPRs; 112 SGPRs; all of 64 KiB */
	assert_int_equal(getreg(m, hwreg(5, 0, 32)), 0x0603ffc0);
	assert_int_equal(getreg(m, hwreg(6, 12, 9)), 256);
	m->w->num_vgprs = 24;
	m->w->num_agprs = 16;
	assert_int_equal(getreg(m, hwreg(5, 0, 32)), 6 << 24 | 5 << 12 | 4 << 6);
	m->w->num_vgprs = 256;
	m->w->num_agprs = 256;
	assert_int_equal(getreg(m, hwreg(15, 16, 16)), 1);
	assert_int_equal(getreg(m, hwreg(15, 0, 16)), 2);
	for (unsigned int id = 7; id < 64; id++) {
		if (id != 15)
			assert_int_equal(getreg(m, hwreg(id, 0, 32)), 0);
		setreg(m, hwreg(id, 0, 32), 0xffffffff);
	}
	assert_int_equal(getreg(m, hwreg(20, 0, 32)), 0);
	m->group.target = ISA_GFX906;
	assert_int_equal(getreg(m, hwreg(5, 0, 32)), 0x06003f00);
	machine_free(m);
}

/* No two waves have the same place, and those of a workgroup have one CU. */
static void test_hw_id(void **state)
{
	static bool seen[1u << 16];
	struct machine *m = new(ISA_GFX942);

	(void)state;
	memset(seen, 0, sizeof(seen));
	for (unsigned int slot = 0; slot < 1000; slot++) {
		uint32_t id, waves = slot % 7 + 1;
		uint32_t first = slot;

		for (unsigned int i = 0; i < waves; i++) {
			m->w->slot = slot + i;
			m->w->index = i;
			id = getreg(m, hwreg(4, 0, 32));
			assert_int_equal(id & 0xffff1000, 0);
			assert_int_equal(id >> 8, first / 32 % 16 + first / 512 * 32);
			assert_false(seen[id]);
			seen[id] = true;
		}
		slot += waves - 1;
	}
	machine_free(m);
}

static void test_gpr_idx(void **state)
{
	struct machine *m = new(ISA_GFX906);
	struct isa_insn *in = insn(m, "s_set_gpr_idx_on");

	(void)state;
	m->w->sgprs[ISA_M0] = 0xabcdefff;
	m->w->sgprs[SSRC(0)] = 0xffffff05;
	in->args[1].value = 9;
	execute(m);
	assert_int_equal(m->w->sgprs[ISA_M0], 0xabcd9f05);
	assert_int_equal(m->w->mode, 0x80003f0);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, VSRC(0) + 5)[i] = i;
	run_insn(m, "v_mov_b32");
	assert_int_equal(v(m, VDST(0) + 5)[63], 63);
	assert_int_equal(v(m, VDST(0))[63], 0);
	m->w->sgprs[SSRC(0)] = 0x106;
	run_insn(m, "s_set_gpr_idx_idx");
	assert_int_equal(m->w->sgprs[ISA_M0], 0xabcd9f06);
	run_imm(m, "s_set_gpr_idx_mode", 0xfff2);
	assert_int_equal(m->w->sgprs[ISA_M0], 0xabcd2f06);
	run_insn(m, "s_set_gpr_idx_off");
	assert_int_equal(m->w->mode, 0x3f0);
	assert_int_equal(m->w->sgprs[ISA_M0], 0xabcd2f06);
	assert_false(m->w->gpr_idx);
	machine_free(m);
}

static void test_movrel(void **state)
{
	/* M0, and where the 48th register and the 16th move to, or 0 if nowhere */
	static const struct {
		uint32_t m0, from32, from64, to32, to64;
	} table[] = {
		{ 0, 48, 48, 16, 16 }, { 10, 58, 58, 26, 26 }, { 3, 51, 50, 19, 18 },
		{ 53, 101, 100, 69, 68 }, { 54, 0, 0, 70, 70 }, { 85, 0, 0, 101, 100 },
		{ 86, 0, 0, 0, 0 }, { -8u, 40, 40, 8, 8 }, { 0x7fffffff, 0, 0, 0, 0 },
		{ -17u, 31, 30, 0, 0 },
	};
	struct machine *m = new(ISA_GFX942);
	uint32_t *s = m->w->sgprs;

	(void)state;
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (unsigned int r = 0; r < 104; r++)
			s[r] = 1000 + r;
		s[ISA_M0] = table[i].m0;
		run_insn(m, "s_movrels_b32");
		assert_int_equal(s[SDST(0)], 1000 + table[i].from32);
		s[SDST(0)] = 1000 + SDST(0);
		run_insn(m, "s_movrels_b64");
		assert_int_equal(s[SDST(0)], 1000 + table[i].from64);
		assert_int_equal(s[SDST(0) + 1], 1001 + table[i].from64);
		s[SDST(0)] = 1000 + SDST(0);
		s[SDST(0) + 1] = 1001 + SDST(0);
		s[SSRC(0)] = 7;
		run_insn(m, "s_movreld_b32");
		for (unsigned int r = 0; r < 104; r++) {
			bool written = table[i].to32 && r == table[i].to32;

			assert_int_equal(s[r], written || r == SSRC(0) ? 7 : 1000 + r);
		}
		if (table[i].to32)
			s[table[i].to32] = 1000 + table[i].to32;
		s[SSRC(0) + 1] = 8;
		run_insn(m, "s_movreld_b64");
		for (unsigned int r = 0; r < 104; r++) {
			bool written = table[i].to64 && r / 2 == table[i].to64 / 2;

			assert_int_equal(s[r], written || r / 2 == SSRC(0) / 2 ? 7 + r % 2 :
					       1000 + r);
		}
	}
	machine_free(m);
}

static void test_special(void **state)
{
	static const struct {
		unsigned int reg;
		uint64_t value;
	} table[] = {
		{ ISA_SHARED_BASE, 0x0001000000000000 }, { ISA_SHARED_LIMIT, 0x00010000ffffffff },
		{ ISA_PRIVATE_BASE, 0x0002000000000000 },
		{ ISA_PRIVATE_LIMIT, 0x00020000ffffffff }, { ISA_POPS_WAVE_ID, 0 },
		{ ISA_VCCZ, 1 }, { ISA_EXECZ, 0 }, { ISA_SCC, 1 },
	};
	struct machine *m = new(ISA_GFX942);

	(void)state;
	m->w->scc = true;
	for (unsigned int i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct isa_insn *in = insn(m, "s_mov_b64");

		in->args[1] = (struct isa_operand){ .kind = ISA_SPECIAL, .type = ISA_B64,
						    .reg = table[i].reg };
		execute(m);
		assert_true(isa_sreg64(m->w, SDST(0)) == table[i].value);
	}
	/* What has no number among registers on these targets */
	insn(m, "s_mov_b64")->args[0].reg = ISA_NULL;
	assert_int_not_equal(isa_prepare(&m->slot, m->w), 0);
	machine_free(m);
}

static void run_code(struct machine *m, uint64_t pc, unsigned int instructions)
{
	m->w->pc = pc;
	m->w->state = ISA_RUNNING;
	m->run.budget = instructions;
	isa_run(m->w);
	assert_int_not_equal(m->w->state, ISA_FAILED);
}

#define S_MOV_S0(n)	(0xbe800080 + (n))
#define S_SETVSKIP(n)	(0xbf108080 + (n))
#define V_MOV_V0(n)	(0x7e000280 + (n))
#define S_ICACHE_INV	0xbf930000
#define S_ENDPGM	0xbf810000

static void test_vskip(void **state)
{
	static const uint32_t code[] = {
		V_MOV_V0(5), S_SETVSKIP(1), V_MOV_V0(6), S_MOV_S0(7), S_SETVSKIP(0), S_ENDPGM,
	};
	struct machine *m = new(ISA_GFX942);
	struct isa_insn *in;

	(void)state;
	put_memory(m, HERE, code, sizeof(code));
	run_code(m, HERE, 100);
	assert_int_equal(m->w->state, ISA_ENDED);
	assert_int_equal(v(m, 0)[0], 5);
	assert_int_equal(m->w->sgprs[0], 7);
	assert_int_equal(m->w->mode, 0x3f0);

	in = insn(m, "s_setvskip");
	m->w->sgprs[SSRC(0)] = 0x400;
	in->args[1] = constant(ISA_B32, 32 + 10);
	execute(m);
	assert_int_equal(m->w->mode, 0x100003f0);
	machine_free(m);
}

/* Code that has changed is new behind s_icache_inv, also what that is in one block with. */
static void test_icache(void **state)
{
	static const uint32_t code[] = { S_MOV_S0(1), S_ICACHE_INV, S_MOV_S0(2) };
	static const uint32_t other[] = { S_MOV_S0(3), S_ICACHE_INV, S_MOV_S0(4) };
	struct machine *m = new(ISA_GFX942);

	(void)state;
	put_memory(m, HERE, code, sizeof(code));
	run_code(m, HERE, 3);
	assert_int_equal(m->w->sgprs[0], 2);
	put_memory(m, HERE, other, sizeof(other));
	run_code(m, HERE + 8, 1);
	assert_int_equal(m->w->sgprs[0], 2);
	run_code(m, HERE + 4, 2);
	assert_int_equal(m->w->sgprs[0], 4);
	run_code(m, HERE, 1);
	assert_int_equal(m->w->sgprs[0], 3);
	machine_free(m);
}

/*
 * Code that is everywhere takes no more memory than much code, and to forget it is work that ends a
 * turn.
 */
static void test_blocks(void **state)
{
	static const uint32_t next = 0xbf82003f;	/* s_branch to 256 bytes from here */
	static const uint32_t forget[] = { S_ICACHE_INV, S_ICACHE_INV, S_ICACHE_INV };
	const uint64_t size = 4 << 20;
	struct machine *m = new(ISA_GFX942);
	uint64_t code;

	(void)state;
	isa_unlock(&m->run);
	code = vm_map(m->vm, 0, size, PAGE, SOFTGPU_READ | SOFTGPU_WRITE | SOFTGPU_EXEC, false);
	isa_lock(&m->run);
	for (uint64_t at = 0; at < PAGE; at += 256)
		put_memory(m, code + at, &next, sizeof(next));
	run_code(m, code, 10000);
	assert_int_equal(m->w->pc, code + 10000 * 256);
	assert_in_range(m->run.num_blocks, 1, 4096);
	put_memory(m, HERE, forget, sizeof(forget));
	run_code(m, HERE, 10000);
	assert_int_equal(m->w->pc, HERE + 4);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_branches),
		cmocka_unit_test(test_jumps),
		cmocka_unit_test(test_forks),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_wakeup),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_traps),
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_hw_registers),
		cmocka_unit_test(test_hw_id),
		cmocka_unit_test(test_gpr_idx),
		cmocka_unit_test(test_movrel),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_vskip),
		cmocka_unit_test(test_icache),
		cmocka_unit_test(test_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
