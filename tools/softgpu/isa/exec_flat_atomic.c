// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Atomic operations of GLOBAL and FLAT. What they do is in vmem_atomic.c.
 */
#include "vmem.h"

/* Operands of a row: FDST, ADDR, FDATA, SADDR */
enum { DST, ADDR, DATA, SCALAR };

/* What was there is wanted */
static uint32_t *destination(const struct isa_wave *w, const struct isa_insn *insn)
{
	return insn->cache & ISA_GLC ? isa_vreg(w, &insn->args[DST]) : NULL;
}

static void global(struct isa_wave *w, const struct isa_insn *insn,
		   const struct isa_atomic_op *op)
{
	const uint32_t *more, *data = isa_atomic_data(w, &insn->args[DATA], op, &more);
	uint64_t va[ISA_LANES];

	isa_global_addresses(w, insn, ADDR, SCALAR, va);
	isa_atomic_lanes(w, isa_exec_mask(w), va, op, data, more, destination(w, insn));
}

static void flat(struct isa_wave *w, const struct isa_insn *insn, const struct isa_atomic_op *op)
{
	const uint32_t *more, *data = isa_atomic_data(w, &insn->args[DATA], op, &more);
	uint32_t *dst = destination(w, insn);
	uint64_t va[ISA_LANES], run;
	struct isa_flat flat;
	bool done = true;

	isa_flat_addresses(isa_vreg(w, &insn->args[ADDR]), insn->offset, va);
	isa_flat_split(w, va, &flat);
	for (uint64_t rest = isa_exec_mask(w); rest && done; rest &= ~run) {
		run = isa_flat_run(&flat, rest);
		if (run & flat.global)
			done = isa_atomic_lanes(w, run, va, op, data, more, dst);
		else if (run & flat.private)
			done = isa_scratch_atomic(w, run, flat.at, op, data, more, dst);
		else
			done = isa_flat_shared(w, &flat, run, isa_atomic_size(op),
					       SOFTGPU_READ | SOFTGPU_WRITE) &&
			       isa_lds_atomic(w, run, flat.at, op, data, more, dst);
	}
}

#define ROWS(row, op, bits)							\
ISA_DO(global_atomic_##row) { global(w, insn, &isa_op_##op##bits); }		\
ISA_DO(flat_atomic_##row) { flat(w, insn, &isa_op_##op##bits); }
ISA_ATOMICS(ROWS)
ROWS(pk_add_bf16, pk_add_bf16_, 32)
