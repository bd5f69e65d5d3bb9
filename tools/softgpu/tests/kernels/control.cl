/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Branches, loops, calls: lanes that go different ways. */
#include "kernel.h"

KERNEL(branches)
{
	BEGIN;
	uint a = in[0], b = in[1], r = 0;

	if (a & 1) {
		r = a * 3;
		if (b & 2)
			r += in[2];
		else if (b & 4)
			r ^= in[3];
		else
			r -= 7;
	} else {
		r = b;
		if ((int)a < (int)b)
			r = ~r;
	}
	PUT(r);
	if (id % 64 == 5)
		PUT(in[4]);
	if (id / 64 == 3)
		PUT(in[5] + 1);
	PUT((a > b && in[6] > 5) || (in[7] & 1));
	PUT(a > b ? in[8] & 8 ? 1 : 2 : in[9] & 8 ? 3 : 4);
}

/* As long as the lane wants */
KERNEL(loops)
{
	BEGIN;
	uint x = in[0], steps = 0, sum = 0;

	while (x != 1 && steps < 300) {
		x = x & 1 ? 3 * x + 1 : x / 2;
		steps++;
	}
	PUT(steps);
	for (uint i = 0; i < (in[1] & 31); i++) {
		if (in[i & 15] & 1)
			continue;
		if (sum > 0x7fffffff)
			break;
		for (uint j = 0; j < (in[2] & 7); j++) {
			sum += in[(i + j) & 15];
			if ((sum & 15) == 3)
				goto out;
		}
	}
out:
	PUT(sum);
	do {
		x = x * 1664525 + 1013904223;
	} while (x & 0x70000000);
	PUT(x);
}

/* Sparse, dense, and one that is a table */
static uint choose(uint x, uint y)
{
	switch (x & 15) {
	case 0:
		return y * y;
	case 1:
		y += 3;
		/* fall through */
	case 2:
		return y - 5;
	case 3:
		return y << 3;
	case 4:
		return ~y;
	case 5:
	case 6:
		return y / 9;
	case 7:
		return y ^ 0x5555;
	case 12:
		return x;
	default:
		return 1;
	}
}

KERNEL(switches)
{
	BEGIN;

	PUT(choose(in[0], in[1]));
	PUT(choose(in[2], in[3]));
	switch (in[4] & 7) {
	case 0: PUT(12); break;
	case 1: PUT(99); break;
	case 2: PUT(1000000); break;
	case 3: PUT(-4); break;
	case 4: PUT(77); break;
	case 5: PUT(0x12345678); break;
	case 6: PUT(3); break;
	case 7: PUT(8); break;
	}
	switch (in[5]) {
	case 0x7fffffff: PUT(1); break;
	case 0: PUT(2); break;
	case 8: PUT(3); break;
	case 0xffff: PUT(4); break;
	}
}

static NOINLINE uint mix(uint a, uint b, uint c)
{
	a -= b;
	a ^= c << 5;
	return a * 0x9e3779b1 + (b >> 3);
}

static NOINLINE ulong many(uint a, ulong b, short c, double d, float e, uint f, uint g, uint h,
			   ulong i, uchar j)
{
	return a + b * 3 + c + (ulong)double_bits(d + e) + f * g + (h ^ i) + j;
}

struct parts {
	uint word;
	ushort short_one;
	uchar bytes[6];
	ulong sum;
};

static NOINLINE struct parts split(uint a, uint b)
{
	struct parts p = { .word = a + b, .short_one = (ushort)(a >> 3), .sum = (ulong)a * b };

	for (int i = 0; i < 6; i++)
		p.bytes[i] = (uchar)(a >> i * 5);
	return p;
}

KERNEL(calls)
{
	BEGIN;
	struct parts p;

	PUT(mix(in[0], in[1], in[2]));
	if (in[3] & 1)
		PUT(mix(in[4], mix(in[5], in[6], in[7]), 3));
	PUT64(many(in[0], IN64(1), (short)in[3], tame_double(IN64(4)), tame_float(in[6]), in[7],
		   in[8], in[9], IN64(10), (uchar)in[12]));
	p = split(in[13], in[14]);
	PUT(p.word);
	PUT(p.short_one);
	for (int i = 0; i < 6; i++)
		PUT(p.bytes[i]);
	PUT64(p.sum);
}

static NOINLINE uint fibonacci(uint n)
{
	return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static NOINLINE uint ackermann(uint m, uint n)
{
	if (!m)
		return n + 1;
	if (!n)
		return ackermann(m - 1, 1);
	return ackermann(m - 1, ackermann(m, n - 1));
}

static uint odd(uint n, private uint *log);

static NOINLINE uint even(uint n, private uint *log)
{
	log[n & 7]++;
	return n ? odd(n - 1, log) : 1;
}

static NOINLINE uint odd(uint n, private uint *log)
{
	log[n & 7] += 3;
	return n ? even(n - 1, log) : 0;
}

KERNEL(recursion)
{
	BEGIN;
	uint log[8] = { 0 };

	PUT(fibonacci(in[0] & 7));
	PUT(ackermann(in[1] & 1, in[2] & 7));
	PUT(even(in[3] & 15, log));
	for (int i = 0; i < 8; i++)
		PUT(log[i]);
}

typedef uint operation(uint a, uint b);

static uint op_add(uint a, uint b) { return a + b; }
static uint op_mul(uint a, uint b) { return a * b; }
static uint op_xor(uint a, uint b) { return a ^ b << 1; }
static uint op_div(uint a, uint b) { return a / (b | 1); }

KERNEL(pointers_to_functions)
{
	BEGIN;

	for (int i = 0; i < 8; i += 2) {
		uint which = in[i] & 3;
		operation *op = which == 0 ? op_add : which == 1 ? op_mul : which == 2 ? op_xor : op_div;

		PUT(op(in[i], in[i + 1]));
	}
}
