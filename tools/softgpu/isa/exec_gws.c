// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Global wave sync: the barrier of all workgroups of a dispatch. Who has the workgroups knows
 * how many are there (struct isa_env).
 *
 * There is one resource, whatever offset and M0 say. Its semaphores have no users.
 */
#include "vmem.h"

/* The value is that of the first active lane, and one less than the number of waves. */
ISA_DO(ds_gws_init)
{
	const struct isa_env *env = w->run->env;
	uint64_t exec = isa_exec_mask(w);

	if (!env->gws_init) {
		isa_fail(w, ISA_ILLEGAL);
		return;
	}
	if (exec)
		env->gws_init(env->opaque,
			      isa_vreg(w, &insn->args[0])[__builtin_ctzll(exec)] + 1);
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

#define ILLEGAL(name)	ISA_DO(name) { isa_fail(w, ISA_ILLEGAL); }
ILLEGAL(ds_gws_sema_release_all)
ILLEGAL(ds_gws_sema_v)
ILLEGAL(ds_gws_sema_br)
ILLEGAL(ds_gws_sema_p)
