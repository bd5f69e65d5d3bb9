/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Global, constant and private memory by elements of all sizes */
#include "kernel.h"

KERNEL(loads)
{
	BEGIN;
	global const uchar *bytes = (global const uchar *)in;
	global const ushort *halves = (global const ushort *)in;
	global const ulong *longs = (global const ulong *)in;

	PUT(bytes[0] + ((global const signed char *)bytes)[1]);
	PUT(bytes[in[1] & 63]);
	PUT((int)((global const signed char *)bytes)[in[2] & 63]);
	PUT(halves[in[3] & 31]);
	PUT((int)((global const short *)halves)[in[4] & 31]);
	PUT(in[in[5] & 15]);
	PUT64(longs[in[6] & 7]);
	PUT((ushort)bytes[10] << 8 | bytes[21]);
	PUT(halves[3] | (uint)halves[10] << 16);
	PUT(*(global const uint *)(bytes + 8));
}

KERNEL(vectors)
{
	BEGIN;
	uint4 a = *(global const uint4 *)in, b = *(global const uint4 *)(in + 4);
	uint2 c = *(global const uint2 *)(in + 8);
	uchar4 d = *(global const uchar4 *)(in + 10);
	ushort4 e = *(global const ushort4 *)(in + 12);

	*(global uint4 *)out = a * b + 3u;
	*(global uint2 *)(out + 4) = c ^ (uint2){ a[0], b[3] };
	*(global uchar4 *)(out + 6) = d + (uchar)1;
	*(global ushort4 *)(out + 8) = e >> (ushort)3;
	out += 12;
	for (int i = 0; i < 4; i++)
		PUT(a[i] + b[3 - i]);
	PUT(a[in[11] & 3]);
	PUT(d[in[11] & 3] + e[in[14] & 3]);
}

KERNEL(stores)
{
	BEGIN;
	global uchar *bytes = (global uchar *)out;

	for (uint i = 0; i < 13; i++)
		bytes[i * 3] = (uchar)(in[i] >> 4);
	for (uint i = 0; i < 7; i++)
		((global ushort *)bytes)[20 + 2 * i] = (ushort)(in[i] >> 16);
	((global ulong *)out)[20 + (in[9] & 3)] = IN64(2);
	*(global ulong *)(out + 51) = IN64(4);
	out[30 + (in[10] & 7)] = in[11];
}

struct small {
	uchar a;
	ushort b;
	uint c;
};

struct large {
	uint key;
	struct small parts[3];
	float f;
	double d;
};

KERNEL(structs)
{
	BEGIN;
	const global struct small *s = (global const struct small *)in;
	global struct large *to = (global struct large *)out;
	struct large l = { .key = in[0], .f = tame_float(in[1]), .d = tame_double(IN64(2)) };

	for (int i = 0; i < 3; i++) {
		l.parts[i].a = s[(in[i] + i) & 7].a;
		l.parts[i].b = s[(in[i + 3] + i) & 7].b;
		l.parts[i].c = s[in[i + 6] & 7].c + i;
	}
	to[0].key = l.key;
	to[0].f = l.f * 2.0f;
	to[0].d = l.d - 1.0;
	for (int i = 0; i < 3; i++) {
		to[0].parts[i].a = l.parts[i].a;
		to[0].parts[i].b = l.parts[i].b;
		to[0].parts[i].c = l.parts[i].c;
	}
	out += sizeof(struct large) / 4;
	PUT(l.parts[in[9] % 3].c);
}

KERNEL(arrays)
{
	BEGIN;
	uint words[IN];
	uchar bytes[40];
	ulong longs[6] = { 0 };

	for (int i = 0; i < IN; i++)
		words[(i * 7 + in[0]) & (IN - 1)] = in[i];
	for (int i = 0; i < 40; i++)
		bytes[i] = (uchar)(words[i & 15] >> (i & 7));
	for (int i = 0; i < 6; i++)
		longs[(i + in[1]) % 6] = (ulong)words[i] * bytes[in[2] % 40];
	bytes[in[3] % 40] = 77;
	words[in[4] & 15] += 5;
	PUT64(longs[in[5] % 6]);
	PUT(words[in[6] & 15]);
	for (int i = 0; i < 10; i++)
		PUT(((private uint *)bytes)[i]);
	for (int i = 0; i < IN; i++)
		PUT(words[i]);
}

/* Sorts what the lane has, through pointers */
static NOINLINE void sort(private uint *begin, private uint *end)
{
	for (private uint *i = begin + 1; i < end; i++) {
		uint value = *i;
		private uint *j = i;

		while (j > begin && j[-1] > value) {
			*j = j[-1];
			j--;
		}
		*j = value;
	}
}

KERNEL(sorting)
{
	BEGIN;
	uint words[IN];

	for (int i = 0; i < IN; i++)
		words[i] = in[i];
	sort(words, words + IN);
	for (int i = 0; i < IN; i++)
		PUT(words[i]);
}

constant uint primes[16] = { 2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53 };
constant uchar letters[] = "constant memory, by bytes";
constant double halves[4] = { 0.5, 0.25, 0.125, 1e300 };

KERNEL(tables)
{
	BEGIN;

	PUT(primes[in[0] & 15] * primes[id & 15]);
	PUT(letters[in[1] % sizeof(letters)]);
	PUTD(halves[in[2] & 3] * in[3]);
	PUT(primes[7]);
}

/* Pointers to anything, and which it is known only by the lane */
static NOINLINE uint sum_of(const generic uint *words, uint num)
{
	uint sum = 0;

	for (uint i = 0; i < num; i++)
		sum = sum * 5 + words[i];
	return sum;
}

KERNEL(pointers)
{
	BEGIN;
	SHARED uint here[256];
	uint mine[8];
	const generic uint *from = in[0] & 1 ? (const generic uint *)mine : (const generic uint *)in;
	generic uint *to = in[1] & 1 ? (generic uint *)mine : (generic uint *)&here[get_local_id(0)];

	for (int i = 0; i < 8; i++)
		mine[i] = in[i] ^ 0x55;
	here[get_local_id(0)] = in[8];
	*to += in[9];
	PUT(sum_of(from, 8));
	PUT(sum_of(mine, in[2] & 7));
	PUT(sum_of(&here[get_local_id(0)], 1));
	PUT(from[in[3] & 7]);
}
