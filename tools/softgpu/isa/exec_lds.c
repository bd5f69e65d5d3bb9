// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Loads and stores of LDS by DS, and by others once they know where.
 *
 * What lives here: ds_read*, ds_write*. What does not: atomic operations (exec_lds_atomic.c),
 * what moves values between lanes (exec_lds_cross.c).
 *
 * There is no alignment. What is not all within the workgroup's memory reads 0 or is not
 * written.
 */
#include "vmem.h"

#define INLINE	static inline __attribute__((always_inline))

/* None is more than @limit, not even of inactive lanes. */
ISA_CLONES static bool all_below(const uint32_t *at, uint32_t limit)
{
	uint32_t more = 0;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		more |= at[i] > limit;
	return !more;
}

uint64_t isa_lds_inside(const struct isa_wave *w, uint64_t mask, const uint32_t *at,
			unsigned int size)
{
	uint64_t inside = 0;

	if (size > w->group->lds_size)
		return 0;
	if (all_below(at, w->group->lds_size - size))
		return mask;
	for (unsigned int i = 0; i < ISA_LANES; i++)
		inside |= (uint64_t)(at[i] <= w->group->lds_size - size) << i;
	return inside & mask;
}

/* Is that all lanes, aligned and one after the other? */
ISA_CLONES static bool is_row(uint64_t mask, const uint32_t *at, unsigned int size)
{
	uint32_t diff = at[0] & (size < 4 ? size - 1 : 3);

	if (mask != ~0ULL)
		return false;

	for (unsigned int i = 0; i < ISA_LANES; i++)
		diff |= at[i] ^ (at[0] + i * size);
	return !diff;
}

INLINE void load_each(const uint8_t *lds, uint64_t mask, const uint32_t *at, unsigned int form,
		      const unsigned int size, uint32_t *dst)
{
	if (mask == ~0ULL) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			isa_put_lane(dst, i, (form & ~ISA_FORM_SIZE) | size, lds + at[i]);
		return;
	}
	ISA_FOR_LANES(i, mask)
		isa_put_lane(dst, i, (form & ~ISA_FORM_SIZE) | size, lds + at[i]);
}

INLINE void store_each(uint8_t *lds, uint64_t mask, const uint32_t *at, unsigned int form,
		       const unsigned int size, const uint32_t *src)
{
	if (mask == ~0ULL) {
		for (unsigned int i = 0; i < ISA_LANES; i++)
			isa_get_lane(src, i, (form & ~ISA_FORM_SIZE) | size, lds + at[i]);
		return;
	}
	ISA_FOR_LANES(i, mask)
		isa_get_lane(src, i, (form & ~ISA_FORM_SIZE) | size, lds + at[i]);
}

void isa_lds_load(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		  uint32_t *dst)
{
	const uint8_t *lds = w->group->lds;

	if (is_row(mask, at, form & ISA_FORM_SIZE)) {
		isa_load_row(lds + at[0], form, dst);
		return;
	}
	switch (form & ISA_FORM_SIZE) {
	case 1:
		load_each(lds, mask, at, form, 1, dst);
		break;
	case 2:
		load_each(lds, mask, at, form, 2, dst);
		break;
	case 4:
		load_each(lds, mask, at, form, 4, dst);
		break;
	case 8:
		load_each(lds, mask, at, form, 8, dst);
		break;
	case 12:
		load_each(lds, mask, at, form, 12, dst);
		break;
	default:
		load_each(lds, mask, at, form, 16, dst);
	}
}

void isa_lds_store(struct isa_wave *w, uint64_t mask, const uint32_t *at, unsigned int form,
		   const uint32_t *src)
{
	uint8_t *lds = w->group->lds;

	if (is_row(mask, at, form & ISA_FORM_SIZE)) {
		isa_store_row(lds + at[0], form, src);
		return;
	}
	switch (form & ISA_FORM_SIZE) {
	case 1:
		store_each(lds, mask, at, form, 1, src);
		break;
	case 2:
		store_each(lds, mask, at, form, 2, src);
		break;
	case 4:
		store_each(lds, mask, at, form, 4, src);
		break;
	case 8:
		store_each(lds, mask, at, form, 8, src);
		break;
	case 12:
		store_each(lds, mask, at, form, 12, src);
		break;
	default:
		store_each(lds, mask, at, form, 16, src);
	}
}

static void read_at(struct isa_wave *w, const uint32_t *at, unsigned int form, uint32_t *dst)
{
	uint64_t exec = isa_exec_mask(w);
	uint64_t inside = isa_lds_inside(w, exec, at, form & ISA_FORM_SIZE);
	static const uint32_t zero[ISA_FORM_DWORDS];

	isa_lds_load(w, inside, at, form, dst);
	ISA_FOR_LANES(i, exec & ~inside)
		isa_put_lane(dst, i, form, zero);
}

static void write_at(struct isa_wave *w, const uint32_t *at, unsigned int form,
		     const uint32_t *src)
{
	isa_lds_store(w, isa_lds_inside(w, isa_exec_mask(w), at, form & ISA_FORM_SIZE), at, form,
		      src);
}

ISA_CLONES static void add_offset(const uint32_t *lanes, uint32_t offset, uint32_t *at)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		at[i] = lanes[i] + offset;
}

bool isa_lds_offsets(struct isa_wave *w, const struct isa_insn *insn, unsigned int addr,
		     uint32_t offset, uint32_t *at)
{
	if (insn->gds) {
		isa_fail(w, ISA_ILLEGAL);
		return false;
	}
	add_offset(isa_vreg(w, &insn->args[addr]), offset, at);
	return true;
}

static void ds_read(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	uint32_t at[ISA_LANES] __attribute__((aligned(64)));

	if (isa_lds_offsets(w, insn, 1, insn->offset, at))
		read_at(w, at, form, isa_vreg(w, &insn->args[0]));
}

static void ds_write(struct isa_wave *w, const struct isa_insn *insn, unsigned int form)
{
	uint32_t at[ISA_LANES] __attribute__((aligned(64)));

	if (isa_lds_offsets(w, insn, 0, insn->offset, at))
		write_at(w, at, form, isa_vreg(w, &insn->args[1]));
}

/* Two accesses whose offsets are in units of @unit bytes */
static void ds_read2(struct isa_wave *w, const struct isa_insn *insn, unsigned int size,
		     unsigned int unit)
{
	uint32_t *dst = isa_vreg(w, &insn->args[0]);
	uint32_t at[2][ISA_LANES] __attribute__((aligned(64)));

	if (!isa_lds_offsets(w, insn, 1, (insn->offset & 0xff) * unit, at[0]) ||
	    !isa_lds_offsets(w, insn, 1, (insn->offset >> 8) * unit, at[1]))
		return;
	read_at(w, at[0], size, dst);
	read_at(w, at[1], size, dst + size / 4 * ISA_LANES);
}

static void ds_write2(struct isa_wave *w, const struct isa_insn *insn, unsigned int size,
		      unsigned int unit)
{
	uint32_t at[ISA_LANES] __attribute__((aligned(64)));

	for (unsigned int n = 0; n < 2; n++) {
		uint32_t offset = (insn->offset >> 8 * n & 0xff) * unit;

		if (!isa_lds_offsets(w, insn, 0, offset, at))
			return;
		write_at(w, at, size, isa_vreg(w, &insn->args[1 + n]));
	}
}

/* The addresses are in no register: behind M0 by the number of the lane. */
static bool by_lane(struct isa_wave *w, const struct isa_insn *insn, uint32_t *at)
{
	if (insn->gds) {
		isa_fail(w, ISA_ILLEGAL);
		return false;
	}
	for (unsigned int i = 0; i < ISA_LANES; i++)
		at[i] = (w->sgprs[ISA_M0] & 0xffff) + insn->offset + i * 4;
	return true;
}

ISA_DO(ds_read_addtid_b32)
{
	uint32_t at[ISA_LANES] __attribute__((aligned(64)));

	if (by_lane(w, insn, at))
		read_at(w, at, 4, isa_vreg(w, &insn->args[0]));
}

ISA_DO(ds_write_addtid_b32)
{
	uint32_t at[ISA_LANES] __attribute__((aligned(64)));

	if (by_lane(w, insn, at))
		write_at(w, at, 4, isa_vreg(w, &insn->args[0]));
}

#define READ(name, form)	ISA_DO(ds_read_##name) { ds_read(w, insn, form); }
#define WRITE(name, form)	ISA_DO(ds_write_##name) { ds_write(w, insn, form); }
READ(b32, 4)
READ(b64, 8)
READ(b96, 12)
READ(b128, 16)
READ(u8, 1)
READ(i8, 1 | ISA_FORM_SIGNED)
READ(u16, 2)
READ(i16, 2 | ISA_FORM_SIGNED)
READ(u8_d16, 1 | ISA_FORM_D16)
READ(u8_d16_hi, 1 | ISA_FORM_HI)
READ(i8_d16, 1 | ISA_FORM_SIGNED | ISA_FORM_D16)
READ(i8_d16_hi, 1 | ISA_FORM_SIGNED | ISA_FORM_HI)
READ(u16_d16, 2 | ISA_FORM_D16)
READ(u16_d16_hi, 2 | ISA_FORM_HI)
WRITE(b8, 1)
WRITE(b8_d16_hi, 1 | ISA_FORM_HI)
WRITE(b16, 2)
WRITE(b16_d16_hi, 2 | ISA_FORM_HI)
WRITE(b32, 4)
WRITE(b64, 8)
WRITE(b96, 12)
WRITE(b128, 16)
ISA_DO(ds_read2_b32) { ds_read2(w, insn, 4, 4); }
ISA_DO(ds_read2_b64) { ds_read2(w, insn, 8, 8); }
ISA_DO(ds_read2st64_b32) { ds_read2(w, insn, 4, 64 * 4); }
ISA_DO(ds_read2st64_b64) { ds_read2(w, insn, 8, 64 * 8); }
ISA_DO(ds_write2_b32) { ds_write2(w, insn, 4, 4); }
ISA_DO(ds_write2_b64) { ds_write2(w, insn, 8, 8); }
ISA_DO(ds_write2st64_b32) { ds_write2(w, insn, 4, 64 * 4); }
ISA_DO(ds_write2st64_b64) { ds_write2(w, insn, 8, 64 * 8); }
