// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Global wave sync: the barrier of all workgroups of a dispatch, and the semaphore. Who has the
 * workgroups knows how many are there (struct isa_env).
 *
 * There is one of each, whatever offset and M0 say. Without an active lane nothing happens.
 */
#include "vmem.h"

/* That of the first active lane */
static uint32_t value(const struct isa_wave *w, const struct isa_insn *insn)
{
	return isa_vreg(w, &insn->args[0])[__builtin_ctzll(isa_exec_mask(w))];
}

/* What the semaphore begins with; the barrier is for one wave more. */
ISA_DO(ds_gws_init)
{
	const struct isa_env *env = w->run->env;

	if (!env->gws_init)
		isa_fail(w, ISA_ILLEGAL);
	else if (isa_exec_mask(w))
		env->gws_init(env->opaque, value(w, insn));
}

/* The value here is for the next time, and always the same. */
ISA_DO(ds_gws_barrier)
{
	const struct isa_env *env = w->run->env;

	if (!env->gws_arrive)
		isa_fail(w, ISA_ILLEGAL);
	else if (isa_exec_mask(w) && !env->gws_arrive(env->opaque, w))
		w->state = ISA_AT_GWS;
}

/* The wave sleeps at the instruction and executes it again. */
ISA_DO(ds_gws_sema_p)
{
	const struct isa_env *env = w->run->env;

	if (!env->gws_take) {
		isa_fail(w, ISA_ILLEGAL);
	} else if (isa_exec_mask(w) && !env->gws_take(env->opaque, w)) {
		w->next_pc = w->pc;
		w->state = ISA_SLEEPING;
	}
}

static void give(struct isa_wave *w, uint32_t num)
{
	const struct isa_env *env = w->run->env;

	if (!env->gws_give)
		isa_fail(w, ISA_ILLEGAL);
	else if (isa_exec_mask(w))
		env->gws_give(env->opaque, num);
}

ISA_DO(ds_gws_sema_v)
{
	give(w, 1);
}

ISA_DO(ds_gws_sema_br)
{
	give(w, isa_exec_mask(w) ? value(w, insn) : 0);
}

ISA_DO(ds_gws_sema_release_all)
{
	give(w, ISA_GWS_ALL);
}
