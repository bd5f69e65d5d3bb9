// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Scalar arithmetic: SOP1, SOP2, SOPC and SOPK. Branches and the rest of the control of a wave
 * are in exec_control.c.
 */
#include "exec.h"

void do_s_mov_b32(struct isa_wave *w, const struct isa_insn *insn);
void do_s_mov_b32(struct isa_wave *w, const struct isa_insn *insn)
{
	isa_set_s32(w, &insn->args[0], isa_s32(w, &insn->args[1]));
}
