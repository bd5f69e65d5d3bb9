// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Vector instructions with integers and bits of 64 bits.
 */
#include "valu.h"

#define GET32(lanes, i)	(lanes)[i]
#define GET64		isa_get64

#define LANES64_2(name, agetter, bgetter, expr)						\
ISA_DO_LANES(name)									\
{											\
	const uint32_t *pa = l->src[0], *pb = l->src[1];				\
	uint32_t *d = l->dst;								\
											\
	ISA_LOOP {									\
		const uint64_t a = agetter(pa, i), b = bgetter(pb, i);			\
											\
		isa_put64(d, i, expr);							\
	}										\
}

LANES64_2(v_lshlrev_b64, GET32, GET64, b << (a & 63))
LANES64_2(v_lshrrev_b64, GET32, GET64, b >> (a & 63))
LANES64_2(v_ashrrev_i64, GET32, GET64, (uint64_t)((int64_t)b >> (a & 63)))

ISA_DO_LANES(v_mov_b64)
{
	const uint32_t *pa = l->src[0];
	uint32_t *d = l->dst;

	ISA_LOOP {
		const uint32_t lo = pa[i], hi = pa[ISA_LANES + i];

		d[i] = lo;
		d[ISA_LANES + i] = hi;
	}
}

ISA_DO_LANES(v_lshl_add_u64)
{
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];
	uint32_t *d = l->dst;

	ISA_LOOP {
		const uint64_t a = isa_get64(pa, i), c = isa_get64(pc, i);

		isa_put64(d, i, (a << (pb[i] & 7)) + c);
	}
}

ISA_DO_LANES(v_mad_u64_u32)
{
	const uint32_t *pa = l->src[0], *pb = l->src[1], *pc = l->src[2];
	uint64_t max = l->clamp ? UINT64_MAX : 0;
	uint8_t out[ISA_LANES] __attribute__((aligned(16)));
	uint32_t *d = l->dst;

	ISA_LOOP {
		const uint64_t c = isa_get64(pc, i), sum = (uint64_t)pa[i] * pb[i] + c;
		const uint64_t carry = -(uint64_t)(sum < c);

		isa_put64(d, i, sum | (carry & max));
		out[i] = carry;
	}
	l->mask_out = isa_pack_mask(out);
}

/* The bit for each lane is the 65th of the sum: its sign. */
ISA_DO_LANES(v_mad_i64_i32)
{
	const int32_t *pa = (const int32_t *)l->src[0], *pb = (const int32_t *)l->src[1];
	const uint32_t *pc = l->src[2];
	uint8_t out[ISA_LANES] __attribute__((aligned(16)));
	uint32_t *d = l->dst;
	bool clamp = l->clamp;

	ISA_LOOP {
		const uint64_t product = (int64_t)pa[i] * pb[i], c = isa_get64(pc, i);
		const uint64_t sum = product + c;
		const uint64_t wrapped = (int64_t)((sum ^ product) & (sum ^ c)) >> 63;
		const uint64_t negative = (uint64_t)((int64_t)sum >> 63) ^ wrapped;

		isa_put64(d, i, clamp && wrapped ? negative ^ INT64_MAX : sum);
		out[i] = negative;
	}
	l->mask_out = isa_pack_mask(out);
}
