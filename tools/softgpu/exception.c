// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What becomes of a wave that has failed.
 */
#include <inttypes.h>
#include <stdio.h>

#include "isa/group.h"
#include "internal.h"

static const char * const errors[] = {
	[ISA_ILLEGAL] = "illegal instruction",
	[ISA_MEMORY] = "memory fault",
	[ISA_MISALIGNED] = "misaligned access",
	[ISA_APERTURE] = "address out of its aperture",
	[ISA_TRAP] = "trap",
};

int sg_wave_failed(struct softgpu_queue *q, const struct isa_kernel *kernel,
		   const struct isa_wave *w)
{
	char line[160];

	(void)kernel;
	snprintf(line, sizeof(line), "softgpu: wave %u at 0x%" PRIx64 ": %s, words %08x %08x, address 0x%" PRIx64,
		 w->slot, w->pc, errors[w->error], w->words[0], w->words[1], w->fault.va);
	if (q->gpu->ops->log)
		q->gpu->ops->log(q->p.vm, line);
	q->fault = w->fault;
	return w->error == ISA_MEMORY ? -EFAULT : -EINVAL;
}
