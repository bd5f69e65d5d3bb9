// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Loads and stores of GLOBAL and FLAT: their addresses, and which memory a flat address means.
 */
#include "vmem.h"

/* What has no bit here is an address of a program in global memory. */
#define NOT_LOW		0xffff800000000000ULL

ISA_CLONES void isa_flat_addresses(const uint32_t *lanes, int32_t offset, uint64_t *va)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		va[i] = (lanes[i] | (uint64_t)lanes[ISA_LANES + i] << 32) + (int64_t)offset;
}

ISA_CLONES static void from_scalar(const uint32_t *lanes, uint64_t base, uint64_t *va)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		va[i] = base + lanes[i];
}

void isa_global_addresses(const struct isa_wave *w, const struct isa_insn *insn,
			  unsigned int addr, unsigned int saddr, uint64_t *va)
{
	const uint32_t *lanes = isa_vreg(w, &insn->args[addr]);

	if (insn->args[saddr].kind == ISA_OFF)
		isa_flat_addresses(lanes, insn->offset, va);
	else
		from_scalar(lanes, isa_s64(w, &insn->args[saddr]) + (int64_t)insn->offset, va);
}

static void global_load(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	uint64_t va[ISA_LANES] __attribute__((aligned(64)));

	isa_global_addresses(w, insn, 1, 2, va);
	isa_load_lanes(w, isa_exec_mask(w), va, form, isa_vreg(w, &insn->args[0]));
}

static void global_store(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	uint64_t va[ISA_LANES] __attribute__((aligned(64)));

	isa_global_addresses(w, insn, 0, 2, va);
	isa_store_lanes(w, isa_exec_mask(w), va, form, isa_vreg(w, &insn->args[1]));
}

#define LOAD(name, form)	ISA_DO(global_##name) { global_load(w, insn, form); }
#define STORE(name, form)	ISA_DO(global_##name) { global_store(w, insn, form); }
ISA_LOADS(LOAD)
ISA_STORES(STORE)
#undef LOAD
#undef STORE

ISA_CLONES static bool all_low(const uint64_t *va)
{
	uint64_t all = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		all |= va[i];
	return !(all & NOT_LOW);
}

void isa_flat_split(const struct isa_wave *w, const uint64_t *va, struct isa_flat *flat)
{
	flat->global = isa_exec_mask(w);
	flat->shared = 0;
	flat->private = 0;
	if (all_low(va))
		return;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		flat->at[i] = va[i];
	ISA_FOR_LANES(i, isa_exec_mask(w)) {
		if (va[i] - ISA_SHARED_APERTURE < ISA_APERTURE_SIZE)
			flat->shared |= 1ULL << i;
		else if (va[i] - ISA_PRIVATE_APERTURE < ISA_APERTURE_SIZE)
			flat->private |= 1ULL << i;
	}
	flat->global &= ~(flat->shared | flat->private);
}

uint64_t isa_flat_run(const struct isa_flat *flat, uint64_t rest)
{
	uint64_t first = rest & -rest;
	uint64_t same = first & flat->global ? flat->global :
			first & flat->shared ? flat->shared : flat->private;
	uint64_t others = rest & ~same;

	return others ? rest & ((others & -others) - 1) : rest;
}

bool isa_flat_shared(struct isa_wave *w, const struct isa_flat *flat, uint64_t run,
		     unsigned int size, unsigned int access)
{
	uint64_t outside = run & ~isa_lds_inside(w, run, flat->at, size);

	if (!outside)
		return true;
	isa_fail_access(w, ISA_APERTURE,
			ISA_SHARED_APERTURE + flat->at[__builtin_ctzll(outside)], access);
	return false;
}

static bool load_run(struct isa_wave *w, const struct isa_flat *flat, const uint64_t *va,
		     uint64_t run, unsigned int form, uint32_t *dst)
{
	if (run & flat->global)
		return isa_load_lanes(w, run, va, form, dst);
	if (run & flat->private)
		return isa_scratch_load(w, run, flat->at, form, dst);
	if (!isa_flat_shared(w, flat, run, form & ISA_FORM_SIZE, SOFTGPU_READ))
		return false;
	isa_lds_load(w, run, flat->at, form, dst);
	return true;
}

static void flat_load(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	uint64_t va[ISA_LANES] __attribute__((aligned(64)));
	uint32_t *dst = isa_vreg(w, &insn->args[0]);
	struct isa_flat flat;
	uint64_t run;

	isa_flat_addresses(isa_vreg(w, &insn->args[1]), insn->offset, va);
	isa_flat_split(w, va, &flat);
	for (uint64_t rest = isa_exec_mask(w); rest; rest &= ~run) {
		run = isa_flat_run(&flat, rest);
		if (!load_run(w, &flat, va, run, form, dst))
			return;
	}
}

static bool store_run(struct isa_wave *w, const struct isa_flat *flat, const uint64_t *va,
		      uint64_t run, unsigned int form, const uint32_t *src)
{
	if (run & flat->global)
		return isa_store_lanes(w, run, va, form, src);
	if (run & flat->private)
		return isa_scratch_store(w, run, flat->at, form, src);
	if (!isa_flat_shared(w, flat, run, form & ISA_FORM_SIZE, SOFTGPU_WRITE))
		return false;
	isa_lds_store(w, run, flat->at, form, src);
	return true;
}

static void flat_store(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	uint64_t va[ISA_LANES] __attribute__((aligned(64)));
	const uint32_t *src = isa_vreg(w, &insn->args[1]);
	struct isa_flat flat;
	uint64_t run;

	isa_flat_addresses(isa_vreg(w, &insn->args[0]), insn->offset, va);
	isa_flat_split(w, va, &flat);
	for (uint64_t rest = isa_exec_mask(w); rest; rest &= ~run) {
		run = isa_flat_run(&flat, rest);
		if (!store_run(w, &flat, va, run, form, src))
			return;
	}
}

#define LOAD(name, form)	ISA_DO(flat_##name) { flat_load(w, insn, form); }
#define STORE(name, form)	ISA_DO(flat_##name) { flat_store(w, insn, form); }
ISA_LOADS(LOAD)
ISA_STORES(STORE)
