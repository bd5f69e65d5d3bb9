// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What becomes of a wave that has failed.
 *
 * What lives here: the line about it, and what the queue's user is told: what ROCr's trap
 * handler tells amdkfd, so that no trap handler has to run. What does not: how that goes on to
 * the process.
 */
#include <inttypes.h>
#include <stdio.h>

#include "isa/group.h"
#include "internal.h"

#define TRAP_ABORT	2

/* "illegal instruction bf920002 00000000", or the text of one that is known but not executed */
static void print_illegal(char *buf, size_t size, const struct isa_kernel *kernel,
			  const struct isa_wave *w)
{
	struct isa_insn insn;
	int len;

	if (!isa_decode(kernel->target, w->words, 2, &insn)) {
		len = snprintf(buf, size, "not executed: ");
		isa_print(&insn, buf + len, size - len);
	} else {
		snprintf(buf, size, "illegal instruction %08x %08x", w->words[0], w->words[1]);
	}
}

static void print_access(char *buf, size_t size, const char *what, const struct softgpu_fault *fault)
{
	snprintf(buf, size, "%s at 0x%" PRIx64 " (%s%s%s)", what, fault->va,
		 fault->access & SOFTGPU_READ ? "r" : "", fault->access & SOFTGPU_WRITE ? "w" : "",
		 fault->access & SOFTGPU_EXEC ? "x" : "");
}

static void print_error(char *buf, size_t size, const struct isa_kernel *kernel,
			const struct isa_wave *w)
{
	switch (w->error) {
	case ISA_MEMORY:
		print_access(buf, size, "fault", &w->fault);
		break;
	case ISA_MISALIGNED:
		print_access(buf, size, "misaligned access", &w->fault);
		break;
	case ISA_APERTURE:
		print_access(buf, size, "access outside of its aperture", &w->fault);
		break;
	case ISA_TRAP:
		snprintf(buf, size, "trap %u", w->trap);
		break;
	default:
		print_illegal(buf, size, kernel, w);
	}
}

/* As the hardware has it, what is misaligned violates its aperture as well. */
static enum softgpu_exception code(const struct isa_wave *w)
{
	switch (w->error) {
	case ISA_MISALIGNED:
	case ISA_APERTURE:
		return SOFTGPU_WAVE_APERTURE;
	case ISA_TRAP:
		return w->trap == TRAP_ABORT ? SOFTGPU_WAVE_ABORT : SOFTGPU_WAVE_TRAP;
	default:
		return SOFTGPU_WAVE_ILLEGAL;
	}
}

/**
 * sg_wave_failed() - a wave has failed, so the queue stops
 * @q: its queue
 * @kernel: what it has executed
 * @w: the wave
 *
 * Return: -EFAULT or -EINVAL, with why in @q
 */
int sg_wave_failed(struct softgpu_queue *q, const struct isa_kernel *kernel,
		   const struct isa_wave *w)
{
	char error[160], line[256];

	if (q->gpu->ops->log) {
		print_error(error, sizeof(error), kernel, w);
		snprintf(line, sizeof(line),
			 "softgpu: kernel 0x%" PRIx64 ", wave %u at 0x%" PRIx64 ": %s",
			 kernel->dispatch.object, w->slot, w->pc, error);
		q->gpu->ops->log(q->p.vm, line);
	}
	if (w->error == ISA_MEMORY) {
		q->fault = w->fault;
		return -EFAULT;
	}
	q->exception = code(w);
	return -EINVAL;
}
