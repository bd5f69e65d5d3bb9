// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The control of a wave: SOPP, branches, masks, messages, and what reads special operands. What
 * does not live here: registers of the hardware and indices of registers (exec_hwreg.c).
 */
#include "exec.h"

/* Where MODE has the depth of the stack of branches: its highest three bits */
#define MODE_CSP	29

#define MSG_INTERRUPT	1

/* Numbers of traps that are for a debugger */
#define TRAP_BREAKPOINT	1
#define TRAP_DEBUG	3

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

/* Nothing that these would act on is here: no pipeline, caches, priorities, counters, debugger. */
#define NOTHING(name) ISA_DO(name) { (void)w; }

NOTHING(s_nop)
NOTHING(s_waitcnt)
NOTHING(s_setprio)
NOTHING(s_incperflevel)
NOTHING(s_decperflevel)
NOTHING(s_ttracedata)
NOTHING(s_cbranch_cdbgsys)
NOTHING(s_cbranch_cdbguser)
NOTHING(s_cbranch_cdbgsys_or_user)
NOTHING(s_cbranch_cdbgsys_and_user)

static uint64_t target(const struct isa_wave *w, const struct isa_operand *arg)
{
	return w->next_pc + (int64_t)(int16_t)arg->value * 4;
}

#define BRANCH(name, condition)								\
ISA_DO(name)										\
{											\
	if (condition)									\
		w->next_pc = target(w, &insn->args[0]);					\
}

BRANCH(s_branch, true)
BRANCH(s_cbranch_scc0, !w->scc)
BRANCH(s_cbranch_scc1, w->scc)
BRANCH(s_cbranch_vccz, !isa_vcc(w))
BRANCH(s_cbranch_vccnz, isa_vcc(w))
BRANCH(s_cbranch_execz, !isa_exec_mask(w))
BRANCH(s_cbranch_execnz, isa_exec_mask(w))

ISA_DO(s_getpc_b64)
{
	isa_set_s64(w, &insn->args[0], w->next_pc);
}

ISA_DO(s_setpc_b64)
{
	w->next_pc = isa_s64(w, &insn->args[0]);
}

ISA_DO(s_swappc_b64)
{
	uint64_t to = isa_s64(w, &insn->args[1]);

	isa_set_s64(w, &insn->args[0], w->next_pc);
	w->next_pc = to;
}

ISA_DO(s_call_b64)
{
	isa_set_s64(w, &insn->args[0], w->next_pc);
	w->next_pc = target(w, &insn->args[1]);
}

/* There is no trap handler to return from, nor anything that it would have to restore. */
ISA_DO(s_rfe_b64)
{
	do_s_setpc_b64(w, insn);
}

ISA_DO(s_rfe_restore_b64)
{
	do_s_setpc_b64(w, insn);
}

/* Both parts of a wave that takes both ways: the larger one comes later, from the stack. */
static void take_both(struct isa_wave *w, uint64_t mask, uint64_t to)
{
	uint64_t exec = isa_exec_mask(w), pass = mask & exec, fail = ~mask & exec;
	unsigned int csp = w->mode >> MODE_CSP;
	bool pass_later = __builtin_popcountll(fail) < __builtin_popcountll(pass);

	if (pass && fail) {
		isa_set_sreg64(w, csp * 4, pass_later ? pass : fail);
		isa_set_sreg64(w, csp * 4 + 2, pass_later ? to : w->next_pc);
		isa_set_sreg64(w, ISA_EXEC, pass_later ? fail : pass);
		isa_set_mode(w, w->mode + (1u << MODE_CSP));
	}
	if (!fail || (pass && !pass_later))
		w->next_pc = to;
}

ISA_DO(s_cbranch_g_fork)
{
	take_both(w, isa_s64(w, &insn->args[0]), isa_s64(w, &insn->args[1]));
}

ISA_DO(s_cbranch_i_fork)
{
	take_both(w, isa_s64(w, &insn->args[0]), target(w, &insn->args[1]));
}

ISA_DO(s_cbranch_join)
{
	unsigned int csp = w->mode >> MODE_CSP;

	if (csp == isa_s32(w, &insn->args[0]))
		return;
	csp = (csp - 1) & 7;
	isa_set_mode(w, (w->mode & ((1u << MODE_CSP) - 1)) | csp << MODE_CSP);
	isa_set_sreg64(w, ISA_EXEC, isa_sreg64(w, csp * 4));
	w->next_pc = isa_sreg64(w, csp * 4 + 2);
}

/* The old EXEC goes to the destination, which may be EXEC: then nothing has changed. */
#define SAVEEXEC(name, expr)								\
ISA_DO(name##_saveexec_b64)								\
{											\
	const uint64_t a = isa_s64(w, &insn->args[1]);					\
	const uint64_t exec = isa_exec_mask(w);						\
	const uint64_t r = (expr);							\
											\
	isa_set_sreg64(w, ISA_EXEC, r);							\
	isa_set_s64(w, &insn->args[0], exec);						\
	w->scc = r != 0;								\
}

SAVEEXEC(s_and, a & exec)
SAVEEXEC(s_or, a | exec)
SAVEEXEC(s_xor, a ^ exec)
SAVEEXEC(s_andn1, ~a & exec)
SAVEEXEC(s_andn2, a & ~exec)
SAVEEXEC(s_orn1, ~a | exec)
SAVEEXEC(s_orn2, a | ~exec)
SAVEEXEC(s_nand, ~(a & exec))
SAVEEXEC(s_nor, ~(a | exec))
SAVEEXEC(s_xnor, ~(a ^ exec))

#define WREXEC(name, expr)								\
ISA_DO(name##_wrexec_b64)								\
{											\
	const uint64_t a = isa_s64(w, &insn->args[1]);					\
	const uint64_t exec = isa_exec_mask(w);						\
	const uint64_t r = (expr);							\
											\
	isa_set_sreg64(w, ISA_EXEC, r);							\
	isa_set_s64(w, &insn->args[0], r);						\
	w->scc = r != 0;								\
}

WREXEC(s_andn1, ~a & exec)
WREXEC(s_andn2, a & ~exec)

ISA_DO(s_endpgm)
{
	w->state = ISA_ENDED;
}

ISA_DO(s_endpgm_saved)
{
	w->state = ISA_ENDED;
}

ISA_DO(s_endpgm_ordered_ps_done)
{
	w->state = ISA_ENDED;
}

ISA_DO(s_setkill)
{
	if (insn->args[0].value & 1)
		w->state = ISA_ENDED;
}

ISA_DO(s_barrier)
{
	w->state = ISA_AT_BARRIER;
}

ISA_DO(s_sleep)
{
	if (insn->args[0].value & 0x7f)
		w->state = ISA_SLEEPING;
}

ISA_DO(s_icache_inv)
{
	isa_forget_code(w->run);
}

ISA_DO(s_wakeup)
{
	for (unsigned int i = 0; i < w->group->num_waves; i++) {
		if (w->group->waves[i].state == ISA_SLEEPING)
			w->group->waves[i].state = ISA_RUNNING;
	}
}

/* Nobody makes a wave go on that has halted: it sleeps at the same instruction for ever. */
static void halt(struct isa_wave *w)
{
	w->state = ISA_SLEEPING;
	w->next_pc = w->pc;
}

ISA_DO(s_sethalt)
{
	if (insn->args[0].value & 1)
		halt(w);
}

/*
 * Messages of graphics, and those of a trap handler that saves waves or asks for the doorbell,
 * have nobody that listens.
 */
ISA_DO(s_sendmsg)
{
	if ((insn->args[0].value & 0xf) == MSG_INTERRUPT)
		w->run->env->interrupt(w->run->env->opaque, w->sgprs[ISA_M0]);
}

ISA_DO(s_sendmsghalt)
{
	if (!w->halted)
		do_s_sendmsg(w, insn);
	w->halted = true;
	halt(w);
}

/* Breakpoints go on without a debugger. */
ISA_DO(s_trap)
{
	w->trap = insn->args[0].value & 0xff;
	if (w->trap != TRAP_BREAKPOINT && w->trap != TRAP_DEBUG)
		isa_fail(w, ISA_TRAP);
}
