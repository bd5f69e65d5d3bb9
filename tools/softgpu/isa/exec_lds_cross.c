// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * What moves values between the lanes of a wave by the hardware of LDS, without its memory:
 * ds_permute_b32, ds_bpermute_b32, ds_swizzle_b32.
 *
 * Lanes that are not active give 0.
 */
#include "vmem.h"

/* @lanes to those registers of the destination that are active */
ISA_CLONES static void write_active(uint32_t *dst, const uint32_t *lanes, const uint32_t *masks)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		dst[i] = (lanes[i] & masks[i]) | (dst[i] & ~masks[i]);
}

/* Each lane takes lane @from[i]. */
ISA_CLONES static void take(uint32_t *dst, const uint32_t *src, const uint32_t *from,
			    const uint32_t *masks)
{
	uint32_t active[ISA_LANES], lanes[ISA_LANES];

	for (unsigned int i = 0; i < ISA_LANES; i++)
		active[i] = src[i] & masks[i];
	for (unsigned int i = 0; i < ISA_LANES; i++)
		lanes[i] = active[from[i] % ISA_LANES];
	write_active(dst, lanes, masks);
}

ISA_DO(ds_bpermute_b32)
{
	const uint32_t *addr = isa_vreg(w, &insn->args[1]);
	uint32_t from[ISA_LANES];

	for (unsigned int i = 0; i < ISA_LANES; i++)
		from[i] = (addr[i] + insn->offset) / 4;
	take(isa_vreg(w, &insn->args[0]), isa_vreg(w, &insn->args[2]), from, isa_lane_masks(w));
}

/* Of lanes with the same destination the last one wins. */
ISA_DO(ds_permute_b32)
{
	const uint32_t *addr = isa_vreg(w, &insn->args[1]);
	const uint32_t *src = isa_vreg(w, &insn->args[2]);
	uint32_t lanes[ISA_LANES] = { 0 };

	ISA_FOR_LANES(i, isa_exec_mask(w))
		lanes[(addr[i] + insn->offset) / 4 % ISA_LANES] = src[i];
	write_active(isa_vreg(w, &insn->args[0]), lanes, isa_lane_masks(w));
}

static unsigned int reverse5(unsigned int i)
{
	return (i & 1) << 4 | (i & 2) << 2 | (i & 4) | (i & 8) >> 2 | (i & 16) >> 4;
}

/* Which of the 32 lanes of its half a lane takes */
static unsigned int swizzled(unsigned int i, unsigned int offset)
{
	unsigned int low = offset & 31, mid = offset >> 5 & 31, high = offset >> 10 & 31;

	if (offset >= 0xe000)
		return reverse5(i) >> __builtin_popcount(low) | (i & low);
	if (offset >= 0xc000)
		return (i & low) | ((offset & 0x400 ? i - mid : i + mid) & ~low & 31);
	if (offset >= 0x8000)
		return (i & ~3u) | (offset >> 2 * (i & 3) & 3);
	return ((i & low) | mid) ^ high;
}

ISA_DO(ds_swizzle_b32)
{
	uint32_t from[ISA_LANES];

	if (insn->gds) {
		isa_fail(w, ISA_ILLEGAL);
		return;
	}
	for (unsigned int i = 0; i < ISA_LANES; i++)
		from[i] = (i & 32) | swizzled(i & 31, insn->offset);
	take(isa_vreg(w, &insn->args[0]), isa_vreg(w, &insn->args[1]), from, isa_lane_masks(w));
}

ISA_DO(ds_nop) { (void)w; }
