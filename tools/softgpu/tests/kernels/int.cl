/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Integers of all widths. */
#include "kernel.h"

/* All of a type, of two values; what overflows by division is left out. */
#define ARITHMETIC(type, utype, bits, a, b) do {		\
	type x = (type)(a), y = (type)(b);			\
	type d = !y || (y == (type)-1 && x == (type)((utype)1 << (bits - 1))) ? (type)3 : y; \
								\
	PUT((utype)(x + y) ^ (uint)(utype)(x - y) << 1);	\
	PUT((utype)(x * y));					\
	PUT((utype)(x / d));					\
	PUT((utype)(x % d));					\
	PUT((utype)(x << (y & (bits - 1))));			\
	PUT((utype)(x >> (y & (bits - 1))));			\
	PUT((x < y) | (x <= y) << 1 | (x == y) << 2 | (x > (type)7) << 3);	\
	PUT((utype)((x & y) ^ (x | ~y)));			\
	PUT((utype)(x < y ? x : y) + 3 * (uint)(utype)(x > y ? x : y));	\
} while (0)

KERNEL(bytes)
{
	BEGIN;
	ARITHMETIC(signed char, uchar, 8, in[0], in[1]);
	ARITHMETIC(uchar, uchar, 8, in[2], in[3]);
	ARITHMETIC(signed char, uchar, 8, in[4] >> 8, in[5] >> 24);
}

KERNEL(shorts)
{
	BEGIN;
	ARITHMETIC(short, ushort, 16, in[0], in[1]);
	ARITHMETIC(ushort, ushort, 16, in[2], in[3]);
	ARITHMETIC(short, ushort, 16, in[4] >> 16, in[5] >> 8);
}

KERNEL(ints)
{
	BEGIN;
	ARITHMETIC(int, uint, 32, in[0], in[1]);
	ARITHMETIC(uint, uint, 32, in[2], in[3]);
	ARITHMETIC(int, uint, 32, in[4], (int)in[5] >> 20);
	ARITHMETIC(uint, uint, 32, in[6], in[7] >> 20);
}

#define ARITHMETIC64(type, a, b) do {				\
	type x = (type)(a), y = (type)(b);			\
	type d = !y || (y == (type)-1 && x == (type)(1ul << 63)) ? (type)3 : y;	\
								\
	PUT64(x + y);						\
	PUT64(x - y);						\
	PUT64(x * y);						\
	PUT64(x / d);						\
	PUT64(x % d);						\
	PUT64(x << (y & 63));					\
	PUT64(x >> (y & 63));					\
	PUT((x < y) | (x <= y) << 1 | (x == y) << 2 | (x > (type)7) << 3);	\
	PUT64((x & y) ^ (x | ~y));				\
	PUT64((x < y ? x : y) + 3 * (x > y ? x : y));		\
} while (0)

KERNEL(longs)
{
	BEGIN;
	ARITHMETIC64(long, IN64(0), IN64(2));
	ARITHMETIC64(ulong, IN64(4), IN64(6));
	ARITHMETIC64(long, IN64(8), (long)IN64(10) >> 40);
}

KERNEL(small_longs)
{
	BEGIN;
	ARITHMETIC64(ulong, in[0], in[1]);
	ARITHMETIC64(ulong, IN64(2), in[4]);
	ARITHMETIC64(long, (int)in[5], (long)IN64(6));
}

/* By constants: no division at all is left of them */
KERNEL(constants)
{
	BEGIN;
	int i = (int)in[0];
	long l = (long)IN64(2);

	PUT(i / 7);
	PUT(i % 10);
	PUT(in[1] / 1000000007u);
	PUT(in[1] % 641);
	PUT(i / -16);
	PUT(i * 12345);
	PUT64(l / 10);
	PUT64(l % 1000000007);
	PUT64(IN64(4) / 12345678901);
	PUT64(l * 0x123456789abcdef);
	PUT((short)in[6] / 3);
	PUT((signed char)in[7] % 5);
}

KERNEL(bits)
{
	BEGIN;
	uint a = in[0], b = in[1], c = in[2];
	ulong l = IN64(4);

	PUT(__builtin_popcount(a));
	PUT(__builtin_popcountl(l));
	PUT(a ? __builtin_clz(a) : 32);
	PUT(a ? __builtin_ctz(a) : 32);
	PUT(l ? __builtin_clzl(l) : 64);
	PUT(l ? __builtin_ctzl(l) : 64);
	PUT(__builtin_ffs((int)b));
	PUT(__builtin_bswap32(a));
	PUT64(__builtin_bswap64(l));
	PUT(a << (c & 31) | a >> (-c & 31));
	PUT64(l << (c & 63) | l >> (-c & 63));
	PUT((a & b) | (~a & c));
	PUT((a | b) ^ c);
	PUT(a ^ b ^ c);
	PUT(a >> 5 & 0x7f);
	PUT((int)(b << 7) >> 20);
	PUT((a >> (b & 31)) & ((1u << (c & 15)) - 1));
	PUT((a & 0xffff) << 16 | b >> 16);
	PUT((a << 8) + b);
	PUT((a + b) << 3);
	PUT(a + b + c);
	PUT((a << 4) | c);
	PUT(~(a ^ b));
	PUT((int)a < 0 ? -a : a);
}

KERNEL(wide_products)
{
	BEGIN;
	uint a = in[0], b = in[1];
	int c = (int)in[2], d = (int)in[3];
	ulong l = IN64(4);

	PUT64((ulong)a * b);
	PUT64((long)c * d);
	PUT64((ulong)a * b + l);
	PUT64((long)c * d + (long)l);
	PUT((uint)((ulong)a * b >> 32));
	PUT((uint)((ulong)((long)c * d) >> 32));
	PUT((a & 0xffffff) * (b & 0xffffff));
	PUT((a & 0xffffff) * (b & 0xffffff) + in[6]);
	PUT((c << 8 >> 8) * (d << 8 >> 8));
	PUT((ushort)a * (ushort)b + in[7]);
	PUT((short)c * (short)d + (int)in[8]);
	PUT64(l * a + b);
}

/* Sums with carries over four words */
KERNEL(long_sums)
{
	BEGIN;
	ulong carry = 0;
	uint borrow = 0;

	for (int i = 0; i < 4; i++) {
		carry += (ulong)in[i] + in[4 + i];
		PUT(carry);
		carry >>= 32;
	}
	PUT(carry);
	for (int i = 0; i < 4; i++) {
		uint x = in[8 + i], y = in[12 + i];

		PUT(x - y - borrow);
		borrow = x < y || (x == y && borrow);
	}
	PUT(borrow);
}

/* As instructions that saturate or take the middle of three */
KERNEL(saturate)
{
	BEGIN;
	uint a = in[0], b = in[1], c = in[2];
	int i = (int)a, j = (int)b, k = (int)c;
	int lo = i < j ? i : j, hi = i < j ? j : i;
	long sum = (long)i + j;

	PUT(a + b < a ? ~0u : a + b);
	PUT(a < b ? 0 : a - b);
	PUT(sum > 0x7fffffff ? 0x7fffffff : sum < -0x80000000l ? (int)0x80000000 : (int)sum);
	PUT(k < lo ? lo : k > hi ? hi : k);
	PUT((a < b ? a : b) < c ? (a < b ? a : b) : c);
	PUT((i > j ? i : j) > k ? (i > j ? i : j) : k);
	PUT((a > b ? a - b : b - a) + c);
	PUT(i > 255 ? 255 : i < 0 ? 0 : i);
}
