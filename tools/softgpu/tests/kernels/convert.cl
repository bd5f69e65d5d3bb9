/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Between integers and floating point; what does not fit is left out. */
#include "kernel.h"

static int fits(double x, double lo, double hi)
{
	return x > lo - 1 && x < hi + 1;
}

KERNEL(from_int)
{
	BEGIN;
	uint u = in[0];
	int i = (int)in[1];
	ulong ul = IN64(2);
	long l = (long)IN64(4);

	PUTF(u);
	PUTF(i);
	PUTF(ul);
	PUTF(l);
	PUTD(u);
	PUTD(i);
	PUTD(ul);
	PUTD(l);
	PUTF((uchar)u);
	PUTF((uchar)(u >> 8));
	PUTF((uchar)(u >> 16));
	PUTF((uchar)(u >> 24));
	PUTF((short)i);
	PUTF((ushort)i);
	PUTD((short)i);
	PUTF(ul >> (u & 63));
	PUTD(l >> (u & 63));
	PUTF((signed char)i);
}

KERNEL(to_int)
{
	BEGIN;

	for (int i = 0; i < 3; i++) {
		float f = i & 1 ? as_float((in[i] & 0x8fffffff) | 0x40000000) : as_float(in[i]);
		double d = i & 1 ? as_double((IN64(2 * i) & 0x80fffffffffffffful) | 4ul << 60) :
				   as_double(IN64(2 * i));

		PUT(fits(f, -0x80000000l, 0x7fffff00) ? (int)f : 1);
		PUT(fits(f, 0, 0xfffffe00) ? (uint)f : 2);
		PUT64(fits(f, -0x1p62, 0x1p62) ? (long)f : 3);
		PUT64(fits(f, 0, 0x1p63) ? (ulong)f : 4);
		PUT(fits(f, -32768, 32767) ? (short)f : 5);
		PUT(fits(f, 0, 255) ? (uchar)f : 6);
		PUT(fits(d, -0x80000000l, 0x7fffffff) ? (int)d : 7);
		PUT(fits(d, 0, 0xffffffff) ? (uint)d : 8);
		PUT64(fits(d, -0x1p62, 0x1p62) ? (long)d : 9);
		PUT64(fits(d, 0, 0x1p63) ? (ulong)d : 10);
	}
}

KERNEL(between_floats)
{
	BEGIN;

	for (int i = 0; i < 6; i += 2) {
		float f = as_float(in[i]);
		double d = as_double(IN64(i)), near = as_double((IN64(i) & 0x8ffffffffffffffful) | 3ul << 60);

		PUTD(f);
		PUTF(d);
		PUTF(near);
		PUTD((float)near * 2.0 + f);
		PUTF((float)(d * f));
	}
}

/* Sign and zero extension, truncation */
KERNEL(widths)
{
	BEGIN;
	uint a = in[0];

	PUT((signed char)a);
	PUT((short)(a >> 5));
	PUT((uchar)a + (uchar)(a >> 8));
	PUT64((signed char)a);
	PUT64((short)a);
	PUT64((int)a);
	PUT64(a);
	PUT64((long)(int)a << 7);
	PUT((int)(a << 24) >> 28);
	PUT((uint)((long)(int)a >> 3));
}
