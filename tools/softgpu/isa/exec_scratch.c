// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Scratch memory: SCRATCH, and where its bytes are for all who reach it.
 *
 * A dword of a lane is next to the same one of the next lane, so what a lane has as 16 bytes
 * is in 4 places.
 */
#include "vmem.h"

/* Bytes from a dword of a lane to its next one */
#define STEP	ISA_VGPR_SIZE

static uint64_t scratch_base(const struct isa_wave *w)
{
	return w->group->target == ISA_GFX942 ? w->scratch : isa_sreg64(w, ISA_FLAT_SCRATCH);
}

static uint64_t scratch_va(uint64_t base, unsigned int lane, uint32_t at)
{
	return base + (uint64_t)(at / 4) * STEP + lane * 4 + at % 4;
}

/* All lanes, also inactive ones, are not behind @limit, and what they access is in dwords. */
ISA_CLONES static bool all_simple(const uint32_t *at, uint32_t limit, uint32_t most)
{
	uint32_t bad = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		bad |= (at[i] > limit) | (at[i] % 4 > most);
	return !bad;
}

/* False: the wave has failed */
static bool check(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int size,
		  unsigned int access, bool *in_dwords)
{
	unsigned int most = 4 - (size < 4 ? size : 4);

	*in_dwords = true;
	if (size <= w->scratch_size && all_simple(at, w->scratch_size - size, most))
		return true;
	ISA_FOR_LANES(i, mask) {
		if ((uint64_t)at[i] + size > w->scratch_size) {
			isa_fail_access(w, ISA_APERTURE, ISA_PRIVATE_APERTURE + at[i], access);
			return false;
		}
		if (at[i] % 4 > most)
			*in_dwords = false;
	}
	return true;
}

ISA_CLONES static void addresses(uint64_t base, const uint32_t *at, uint64_t *va)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		va[i] = scratch_va(base, i, at[i]);
}

static bool load_bytes(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		       uint32_t *dst)
{
	uint64_t base = scratch_base(w);

	ISA_FOR_LANES(i, mask) {
		uint8_t buf[ISA_FORM_DWORDS * 4];

		for (unsigned int b = 0; b < (form & ISA_FORM_SIZE); b++) {
			if (!isa_read(w, scratch_va(base, i, at[i] + b), &buf[b], 1))
				return false;
		}
		isa_put_lane(dst, i, form, buf);
	}
	return true;
}

static bool store_bytes(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
			const uint32_t *src)
{
	uint64_t base = scratch_base(w);

	ISA_FOR_LANES(i, mask) {
		uint8_t buf[ISA_FORM_DWORDS * 4];

		isa_get_lane(src, i, form, buf);
		for (unsigned int b = 0; b < (form & ISA_FORM_SIZE); b++) {
			if (!isa_write(w, scratch_va(base, i, at[i] + b), &buf[b], 1))
				return false;
		}
	}
	return true;
}

bool isa_scratch_load(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		      uint32_t *dst)
{
	unsigned int size = form & ISA_FORM_SIZE;
	uint64_t va[ISA_LANES];
	bool in_dwords;

	if (!check(w, mask, at, size, SOFTGPU_READ, &in_dwords))
		return false;
	if (!in_dwords)
		return load_bytes(w, mask, at, form, dst);
	addresses(scratch_base(w), at, va);
	if (size <= 4)
		return isa_load_lanes(w, mask, va, form, dst);
	for (unsigned int d = 0; d < size / 4; d++) {
		if (!isa_load_lanes(w, mask, va, 4, dst + d * ISA_LANES))
			return false;
		for (unsigned int i = 0; i < ISA_LANES; i++)
			va[i] += STEP;
	}
	return true;
}

bool isa_scratch_store(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		       const uint32_t *src)
{
	unsigned int size = form & ISA_FORM_SIZE;
	uint64_t va[ISA_LANES];
	bool in_dwords;

	if (!check(w, mask, at, size, SOFTGPU_WRITE, &in_dwords))
		return false;
	if (!in_dwords)
		return store_bytes(w, mask, at, form, src);
	addresses(scratch_base(w), at, va);
	if (size <= 4)
		return isa_store_lanes(w, mask, va, form, src);
	for (unsigned int d = 0; d < size / 4; d++) {
		if (!isa_store_lanes(w, mask, va, 4, src + d * ISA_LANES))
			return false;
		for (unsigned int i = 0; i < ISA_LANES; i++)
			va[i] += STEP;
	}
	return true;
}

static void offsets(const struct isa_wave *w, const struct isa_insn *insn,
		    const struct isa_operand *addr, const struct isa_operand *saddr, uint32_t *at)
{
	uint32_t base = insn->offset;

	if (saddr->kind != ISA_OFF)
		base += isa_s32(w, saddr);
	for (unsigned int i = 0; i < ISA_LANES; i++)
		at[i] = base;
	if (addr->kind != ISA_OFF) {
		const uint32_t *lanes = isa_vreg(w, addr);

		for (unsigned int i = 0; i < ISA_LANES; i++)
			at[i] += lanes[i];
	}
}

static void load(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	uint32_t at[ISA_LANES];

	offsets(w, insn, &insn->args[1], &insn->args[2], at);
	isa_scratch_load(w, isa_exec_mask(w), at, form, isa_vreg(w, &insn->args[0]));
}

static void store(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	uint32_t at[ISA_LANES];

	offsets(w, insn, &insn->args[0], &insn->args[2], at);
	isa_scratch_store(w, isa_exec_mask(w), at, form, isa_vreg(w, &insn->args[1]));
}

#define LOAD(name, form)	ISA_DO(scratch_##name) { load(w, insn, form); }
#define STORE(name, form)	ISA_DO(scratch_##name) { store(w, insn, form); }
ISA_LOADS(LOAD)
ISA_STORES(STORE)
