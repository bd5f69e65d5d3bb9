// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Registers of the hardware, as s_getreg_b32 and s_setreg_b32 have them, and what else writes
 * MODE and the index of registers.
 *
 * What lives here: which registers there are and what of the wave is in them. What does not:
 * what MODE does (run.c, valu.c), how a VGPR is indexed (valu_source.c).
 *
 * A wave here is alone with its registers and never waits, so bases and counters are 0, as is
 * what a debugger or a profiler would set. There is a trap handler, as amdkfd has one, but its
 * address is nobody's business.
 */
#include "exec.h"

enum {
	HW_MODE = 1, HW_STATUS, HW_TRAPSTS, HW_ID, HW_GPR_ALLOC, HW_LDS_ALLOC,
	HW_SH_MEM_BASES = 15,
};

#define STATUS_TRAP_EN		0x40u
#define STATUS_EXECZ		0x200u
#define STATUS_VCCZ		0x400u
#define STATUS_IN_TG		0x800u
#define STATUS_VALID		0x10000u
#define STATUS_SCRATCH_EN	0x10000000u	/* of gfx942 */

/* Waves of a SIMD, SIMDs, CUs of a shader engine, shader engines; the last two wrap. */
#define SIMD_WAVES	8
#define CU_SIMDS	4
#define SE_CUS		16
#define SES		4

/* SGPRs, VCC and those of traps that each wave has, in units */
#define SGPR_UNITS	7
#define LDS_UNIT	256

/* M0: which operands are indexed, and by how much */
#define M0_IDX_MODES	0xf000u
#define M0_IDX		0xffu

/* Those SGPRs that an index can reach */
#define INDEXED_SGPRS	102

static uint32_t status(const struct isa_wave *w)
{
	uint32_t value = STATUS_TRAP_EN | STATUS_VALID | w->scc;

	if (!isa_exec_mask(w))
		value |= STATUS_EXECZ;
	if (!isa_vcc(w))
		value |= STATUS_VCCZ;
	if (w->group->num_waves > 1)
		value |= STATUS_IN_TG;
	if (w->group->target == ISA_GFX942 && w->scratch_size)
		value |= STATUS_SCRATCH_EN;
	return value;
}

/* All waves of a workgroup have the same CU, though its last ones may be in too high slots. */
static uint32_t hw_id(const struct isa_wave *w)
{
	uint32_t cu = (w->slot - w->index) / (SIMD_WAVES * CU_SIMDS);
	uint32_t place = w->slot - cu * SIMD_WAVES * CU_SIMDS;

	return place / CU_SIMDS | place % CU_SIMDS << 4 | cu % SE_CUS << 8 |
	       cu / SE_CUS % SES << 13;
}

static uint32_t gpr_alloc(const struct isa_wave *w)
{
	uint32_t value = (SGPR_UNITS - 1) << 24;

	if (w->group->target == ISA_GFX906)
		return value | (w->num_vgprs / 4 - 1) << 8;
	return value | (w->num_vgprs / 4 - 1) << 12 |
	       ((w->num_vgprs + w->num_agprs) / 8 - 1) << 6;
}

static uint32_t hw_register(const struct isa_wave *w, unsigned int id)
{
	switch (id) {
	case HW_MODE:
		return w->mode;
	case HW_STATUS:
		return status(w);
	case HW_TRAPSTS:
		return w->trapsts;
	case HW_ID:
		return hw_id(w);
	case HW_GPR_ALLOC:
		return gpr_alloc(w);
	case HW_LDS_ALLOC:
		return w->group->lds_size / LDS_UNIT << 12;
	case HW_SH_MEM_BASES:
		return ISA_SHARED_APERTURE >> 48 << 16 | ISA_PRIVATE_APERTURE >> 48;
	default:
		/* Among them XCC_ID: there is one. */
		return 0;
	}
}

/* The field that SIMM16 names */
static uint32_t mask(uint64_t simm, unsigned int *shift)
{
	*shift = simm >> 6 & 31;
	return 0xffffffff >> (31 - (simm >> 11 & 31));
}

ISA_DO(s_getreg_b32)
{
	uint64_t simm = insn->args[1].value;
	unsigned int shift;
	uint32_t bits = mask(simm, &shift);

	isa_set_s32(w, &insn->args[0], hw_register(w, simm & 0x3f) >> shift & bits);
}

/* What is not the program's to write stays as it is. */
static void set_register(struct isa_wave *w, uint64_t simm, uint32_t value)
{
	unsigned int shift;
	uint32_t bits = mask(simm, &shift);

	value = (hw_register(w, simm & 0x3f) & ~(bits << shift)) | (value & bits) << shift;
	switch (simm & 0x3f) {
	case HW_MODE:
		isa_set_mode(w, value);
		break;
	case HW_TRAPSTS:
		w->trapsts = value;
		break;
	}
}

ISA_DO(s_setreg_b32)
{
	set_register(w, insn->args[0].value, isa_s32(w, &insn->args[1]));
}

ISA_DO(s_setreg_imm32_b32)
{
	set_register(w, insn->args[0].value, insn->args[1].value);
}

ISA_DO(s_setvskip)
{
	bool skip = isa_s32(w, &insn->args[0]) >> (isa_s32(w, &insn->args[1]) & 31) & 1;

	isa_set_mode(w, skip ? w->mode | ISA_MODE_VSKIP : w->mode & ~ISA_MODE_VSKIP);
}

static void set_m0(struct isa_wave *w, uint32_t mask, uint32_t value)
{
	w->sgprs[ISA_M0] = (w->sgprs[ISA_M0] & ~mask) | (value & mask);
}

ISA_DO(s_set_gpr_idx_on)
{
	set_m0(w, M0_IDX, isa_s32(w, &insn->args[0]));
	set_m0(w, M0_IDX_MODES, insn->args[1].value << 12);
	isa_set_mode(w, w->mode | ISA_MODE_GPR_IDX_EN);
}

ISA_DO(s_set_gpr_idx_off)
{
	isa_set_mode(w, w->mode & ~ISA_MODE_GPR_IDX_EN);
}

ISA_DO(s_set_gpr_idx_mode)
{
	set_m0(w, M0_IDX_MODES, insn->args[0].value << 12);
}

ISA_DO(s_set_gpr_idx_idx)
{
	set_m0(w, M0_IDX, isa_s32(w, &insn->args[0]));
}

/*
 * An SGPR as M0 has moved it. Of what is behind the end SGPR0 is read, and nothing is written.
 * A pair between two is the one below, as if an instruction named it.
 */
static bool move(const struct isa_wave *w, struct isa_operand *arg)
{
	uint32_t dwords = isa_dwords[arg->type];
	uint32_t reg = (arg->reg + w->sgprs[ISA_M0]) & ~(dwords - 1);
	bool there = reg <= INDEXED_SGPRS - dwords;

	arg->kind = ISA_SGPR;
	arg->reg = there ? reg : 0;
	return there;
}

#define MOVREL(bits)									\
ISA_DO(s_movrels_b##bits)								\
{											\
	struct isa_operand from = insn->args[1];					\
											\
	move(w, &from);									\
	isa_set_s##bits(w, &insn->args[0], isa_s##bits(w, &from));			\
}											\
											\
ISA_DO(s_movreld_b##bits)								\
{											\
	struct isa_operand to = insn->args[0];						\
											\
	if (move(w, &to))								\
		isa_set_s##bits(w, &to, isa_s##bits(w, &insn->args[1]));		\
}

MOVREL(32)
MOVREL(64)
