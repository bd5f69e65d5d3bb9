/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* F16 */
#include "kernel.h"

#define LO(i)	as_half((ushort)in[i])
#define HI(i)	as_half((ushort)(in[i] >> 16))
#define PUTH(value)	PUT(half_bits((half)(value)))

KERNEL(half_sums)
{
	BEGIN;

	for (int i = 0; i < 8; i++) {
		half a = LO(i), b = HI(i);

		PUTH(a + b);
		PUTH(a - b);
		PUTH(a * b);
		PUTH(HALF_FMA(a, b, LO(i + 1)));
		PUT((a < b) | (a == b) << 1 | (a >= LO(i + 2)) << 2);
	}
}

KERNEL(half_conversions)
{
	BEGIN;
	float f = as_float(in[0]);
	half h = LO(1);

	PUTF(h);
	PUTF(HI(2));
	PUTD(HI(3));
	PUTH(f);
	PUTH(tame_float(in[4]));
	PUTH((short)in[5]);
	PUTH((ushort)in[6]);
	PUTH((int)(in[7] & 0x1ffff) - 0xffff);
	PUT(h > 0 && h < (half)60000 ? (ushort)h : 1);
	PUT(h > (half)-30000 && h < (half)30000 ? (short)h : 2);
	PUT(h > (half)-30000 && h < (half)30000 ? (int)h : 3);
}

/* Two at a time */
KERNEL(half_vectors)
{
	BEGIN;

	for (int i = 0; i < 12; i += 3) {
		half2 a = { LO(i), HI(i) }, b = { LO(i + 1), HI(i + 1) }, c = { HI(i + 2), LO(i + 2) };
		half2 s = a + b, p = a * c, d = c - b;

		PUT(half_bits(s[0]) | (uint)half_bits(s[1]) << 16);
		PUT(half_bits(p[0]) | (uint)half_bits(p[1]) << 16);
		PUT(half_bits(d[0]) | (uint)half_bits(d[1]) << 16);
	}
}

KERNEL(half_rounding)
{
	BEGIN;

	for (int i = 0; i < 8; i++) {
		half h = i & 1 ? as_half((ushort)((in[i] & 0x9fff) + 0x3000)) : HI(i);

		PUTH(__builtin_floorf(h));
		PUTH(__builtin_ceilf(h));
		PUTH(__builtin_truncf(h));
		PUTH(__builtin_rintf(h));
	}
}
