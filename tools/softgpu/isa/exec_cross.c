// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Single lanes of vector registers.
 */
#include "valu.h"

static uint32_t read_lane(struct isa_wave *w, const struct isa_operand *arg, unsigned int lane)
{
	return isa_vreg(w, arg)[lane];
}

void do_v_readfirstlane_b32(struct isa_wave *w, const struct isa_insn *insn);
void do_v_readfirstlane_b32(struct isa_wave *w, const struct isa_insn *insn)
{
	uint64_t exec = isa_exec_mask(w);
	unsigned int lane = exec ? __builtin_ctzll(exec) : 0;

	isa_set_s32(w, &insn->args[0], read_lane(w, &insn->args[1], lane));
}

void do_v_readlane_b32(struct isa_wave *w, const struct isa_insn *insn);
void do_v_readlane_b32(struct isa_wave *w, const struct isa_insn *insn)
{
	unsigned int lane = isa_s32(w, &insn->args[2]) % ISA_LANES;

	isa_set_s32(w, &insn->args[0], read_lane(w, &insn->args[1], lane));
}

void do_v_writelane_b32(struct isa_wave *w, const struct isa_insn *insn);
void do_v_writelane_b32(struct isa_wave *w, const struct isa_insn *insn)
{
	unsigned int lane = isa_s32(w, &insn->args[2]) % ISA_LANES;

	isa_vreg(w, &insn->args[0])[lane] = isa_s32(w, &insn->args[1]);
}
