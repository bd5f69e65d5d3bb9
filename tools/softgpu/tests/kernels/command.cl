/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* For isa-run itself, see "run": arguments of all kinds, and what goes wrong. */
#include "kernel.h"

kernel void arguments(global uint *out, char b, short s, uint w, ulong l, float f, double d,
		      global uint *both)
{
	PUT(b);
	PUT(s);
	PUT(w);
	PUT64(l);
	PUTF(f);
	PUTD(d);
	both[0]++;
}

kernel void null_pointer(void)
{
	global uint *volatile nowhere = 0;

	*nowhere = 1;
}

constant uint constants[] = { 1, 2, 3, 4 };

kernel void store_constant(uint i)
{
	*(volatile global uint *)(ulong)&constants[i] = 1;
}

kernel void trap(void)
{
	if (get_global_id(0) == 70)
		__builtin_trap();
}
