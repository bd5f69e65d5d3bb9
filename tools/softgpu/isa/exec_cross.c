// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Single lanes of vector registers, and whole registers that are moved.
 *
 * Registers are indexed (s_set_gpr_idx_on) here as everywhere, as no document excludes that.
 */
#include "valu.h"

/* The lanes of argument @i, which has a number for isa_index_gpr(); NULL: the wave has failed */
static uint32_t *lanes(struct isa_wave *w, const struct isa_insn *insn, unsigned int i,
		       unsigned int operand)
{
	struct isa_operand arg = insn->args[i];

	return isa_index_gpr(w, &arg, operand) ? isa_vreg(w, &arg) : NULL;
}

static void read_lane(struct isa_wave *w, const struct isa_insn *insn, unsigned int lane)
{
	const uint32_t *from = lanes(w, insn, 1, 0);

	if (from)
		isa_set_s32(w, &insn->args[0], from[lane]);
}

ISA_DO(v_readfirstlane_b32)
{
	uint64_t exec = isa_exec_mask(w);

	read_lane(w, insn, exec ? __builtin_ctzll(exec) : 0);
}

ISA_DO(v_readlane_b32)
{
	read_lane(w, insn, isa_s32(w, &insn->args[2]) % ISA_LANES);
}

ISA_DO(v_writelane_b32)
{
	uint32_t *to = lanes(w, insn, 0, 3);

	if (to)
		to[isa_s32(w, &insn->args[2]) % ISA_LANES] = isa_s32(w, &insn->args[1]);
}

ISA_DO(v_swap_b32)
{
	const uint32_t *masks = isa_lane_masks(w);
	uint32_t *a = lanes(w, insn, 0, 3), *b;

	if (!a)
		return;
	b = lanes(w, insn, 1, 0);
	if (!b)
		return;
	for (unsigned int i = 0; i < ISA_LANES; i++) {
		uint32_t change = (a[i] ^ b[i]) & masks[i], to_a = a[i] ^ change;

		b[i] ^= change;
		a[i] = to_a;
	}
}

/* From anywhere to a register of either kind */
static void move(struct isa_wave *w, const struct isa_insn *insn)
{
	const uint32_t *masks = isa_lane_masks(w), *from;
	struct isa_operand src = insn->args[1];
	uint32_t *to = lanes(w, insn, 0, 3);
	uint32_t tmp[ISA_LANES];

	if (!to || !isa_index_gpr(w, &src, 0))
		return;
	from = isa_source_lanes(w, &src, tmp);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		to[i] = (from[i] & masks[i]) | (to[i] & ~masks[i]);
}

ISA_DO(v_accvgpr_mov_b32)
{
	move(w, insn);
}

ISA_DO(v_accvgpr_read_b32)
{
	move(w, insn);
}

ISA_DO(v_accvgpr_write_b32)
{
	move(w, insn);
}

ISA_DO(v_nop)
{
	(void)w;
}

/* Exceptions of vector instructions are not kept, so there are none to clear. */
ISA_DO(v_clrexcp)
{
	(void)w;
}
