// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Atomic operations of DS on LDS. What they do is in vmem_atomic.c.
 */
#include "vmem.h"

/* The first operand that is no destination */
static unsigned int first_source(const struct isa_insn *insn)
{
	return insn->op->args[0].field == ISA_DDST;
}

static void atomic(struct isa_wave *w, const struct isa_insn *insn, const struct isa_atomic_op *op)
{
	unsigned int addr = first_source(insn);
	const struct isa_operand *data = &insn->args[addr + 1];
	bool more = insn->num_args > addr + 2;
	uint32_t at[ISA_LANES];

	if (!isa_lds_offsets(w, insn, addr, insn->offset, at))
		return;
	isa_lds_atomic(w, isa_exec_mask(w), at, op, isa_vreg(w, data),
		       more ? isa_vreg(w, data + 1) : NULL,
		       addr ? isa_vreg(w, &insn->args[0]) : NULL);
}

#define ROW(name, op)		ISA_DO(ds_##name) { atomic(w, insn, &isa_op_##op); }
/* Without what was there, and with it */
#define ROWS(name, type, op)	ROW(name##_##type, op) ROW(name##_rtn_##type, op)

ROWS(add, u32, add32)
ROWS(add, u64, add64)
ROWS(sub, u32, sub32)
ROWS(sub, u64, sub64)
ROWS(rsub, u32, rsub32)
ROWS(rsub, u64, rsub64)
ROWS(inc, u32, inc32)
ROWS(inc, u64, inc64)
ROWS(dec, u32, dec32)
ROWS(dec, u64, dec64)
ROWS(min, i32, smin32)
ROWS(min, i64, smin64)
ROWS(max, i32, smax32)
ROWS(max, i64, smax64)
ROWS(min, u32, umin32)
ROWS(min, u64, umin64)
ROWS(max, u32, umax32)
ROWS(max, u64, umax64)
ROWS(and, b32, and32)
ROWS(and, b64, and64)
ROWS(or, b32, or32)
ROWS(or, b64, or64)
ROWS(xor, b32, xor32)
ROWS(xor, b64, xor64)
ROWS(mskor, b32, mskor32)
ROWS(mskor, b64, mskor64)
ROWS(cmpst, b32, cmpst32)
ROWS(cmpst, b64, cmpst64)
ROWS(cmpst, f32, fcmpst32)
ROWS(cmpst, f64, fcmpst64)
ROWS(min, f32, fmin32)
ROWS(min, f64, fmin64)
ROWS(max, f32, fmax32)
ROWS(max, f64, fmax64)
ROWS(add, f32, fadd32)
ROWS(add, f64, fadd64)
ROWS(pk_add, f16, pk_add_f16_32)
ROWS(pk_add, bf16, pk_add_bf16_32)
ROW(wrxchg_rtn_b32, swap32)
ROW(wrxchg_rtn_b64, swap64)
ROW(wrap_rtn_b32, wrap32)

/*
 * Two exchanges whose offsets are in units of @unit bytes. Both values are read before one is
 * written.
 */
static void exchange2(struct isa_wave *w, const struct isa_insn *insn, unsigned int size,
		      unsigned int unit)
{
	uint32_t *dst = isa_vreg(w, &insn->args[0]);
	uint64_t exec = isa_exec_mask(w), inside[2];
	uint32_t at[2][ISA_LANES];

	for (unsigned int n = 0; n < 2; n++) {
		uint32_t offset = (insn->offset >> 8 * n & 0xff) * unit;

		if (!isa_lds_offsets(w, insn, 1, offset, at[n]))
			return;
		inside[n] = isa_lds_inside(w, exec, at[n], size);
	}
	ISA_FOR_LANES(i, exec) {
		uint64_t data[2], old[2] = { 0 };

		for (unsigned int n = 0; n < 2; n++) {
			if (at[n][i] % size) {
				isa_fail_access(w, ISA_MISALIGNED, ISA_SHARED_APERTURE + at[n][i],
						SOFTGPU_READ | SOFTGPU_WRITE);
				return;
			}
			isa_get_lane(isa_vreg(w, &insn->args[2 + n]), i, size, &data[n]);
			if (inside[n] >> i & 1)
				memcpy(&old[n], w->group->lds + at[n][i], size);
		}
		for (unsigned int n = 0; n < 2; n++) {
			if (inside[n] >> i & 1)
				memcpy(w->group->lds + at[n][i], &data[n], size);
			isa_put_lane(dst + n * size / 4 * ISA_LANES, i, size, &old[n]);
		}
	}
}

ISA_DO(ds_wrxchg2_rtn_b32) { exchange2(w, insn, 4, 4); }
ISA_DO(ds_wrxchg2_rtn_b64) { exchange2(w, insn, 8, 8); }
ISA_DO(ds_wrxchg2st64_rtn_b32) { exchange2(w, insn, 4, 64 * 4); }
ISA_DO(ds_wrxchg2st64_rtn_b64) { exchange2(w, insn, 8, 64 * 8); }

/* Each dword is written if its highest bit is set, without that bit. */
ISA_DO(ds_condxchg32_rtn_b64)
{
	uint32_t *dst = isa_vreg(w, &insn->args[0]);
	const uint32_t *data = isa_vreg(w, &insn->args[2]);
	uint32_t at[ISA_LANES];
	uint64_t inside;

	if (!isa_lds_offsets(w, insn, 1, insn->offset, at))
		return;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		at[i] &= 0xfff8;
	inside = isa_lds_inside(w, isa_exec_mask(w), at, 8);
	ISA_FOR_LANES(i, isa_exec_mask(w)) {
		for (unsigned int d = 0; d < 2; d++) {
			uint32_t *lds = (uint32_t *)(w->group->lds + at[i]) + d;
			uint32_t value = data[d * ISA_LANES + i], old = 0;

			if (inside >> i & 1) {
				old = *lds;
				if (value >> 31)
					*lds = value & 0x7fffffff;
			}
			dst[d * ISA_LANES + i] = old;
		}
	}
}

/* One addition for all active lanes, @sign times their number; all get what was there. */
static void count(struct isa_wave *w, const struct isa_insn *insn, int sign)
{
	uint64_t exec = isa_exec_mask(w);
	uint32_t *dst = isa_vreg(w, &insn->args[0]);
	uint32_t at[ISA_LANES] = { insn->offset }, old[ISA_LANES];
	uint32_t num = sign * __builtin_popcountll(exec);

	if (insn->gds) {
		isa_fail(w, ISA_ILLEGAL);
		return;
	}
	if (!exec || !isa_lds_atomic(w, 1, at, &isa_op_add32, &num, NULL, old))
		return;
	ISA_FOR_LANES(i, exec)
		dst[i] = old[0];
}

ISA_DO(ds_append) { count(w, insn, 1); }
ISA_DO(ds_consume) { count(w, insn, -1); }
