// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The control of a wave: SOPP, branches, hardware registers, messages, and what reads special
 * operands.
 */
#include "exec.h"

uint32_t isa_special32(const struct isa_wave *w, unsigned int reg)
{
	switch (reg) {
	case ISA_VCCZ:
		return !isa_vcc(w);
	case ISA_EXECZ:
		return !isa_exec_mask(w);
	case ISA_SCC:
		return w->scc;
	default:
		/* Of apertures the upper half is what counts. */
		return 0;
	}
}

uint64_t isa_special64(const struct isa_wave *w, unsigned int reg)
{
	switch (reg) {
	case ISA_SHARED_BASE:
		return ISA_SHARED_APERTURE;
	case ISA_SHARED_LIMIT:
		return ISA_SHARED_APERTURE + ISA_APERTURE_SIZE - 1;
	case ISA_PRIVATE_BASE:
		return ISA_PRIVATE_APERTURE;
	case ISA_PRIVATE_LIMIT:
		return ISA_PRIVATE_APERTURE + ISA_APERTURE_SIZE - 1;
	default:
		return isa_special32(w, reg);
	}
}

void do_s_endpgm(struct isa_wave *w, const struct isa_insn *insn);
void do_s_endpgm(struct isa_wave *w, const struct isa_insn *insn)
{
	(void)insn;
	w->state = ISA_ENDED;
}
