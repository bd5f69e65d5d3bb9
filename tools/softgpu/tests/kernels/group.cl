/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Workgroups: group memory, barriers, atomic operations, lanes of others, grids of all shapes. */
#include "kernel.h"

KERNEL(reduction) /* 4096 256 */
{
	SHARED uint sums[256];
	uint i = get_local_id(0);

	sums[i] = in[get_global_id(0)];
	for (uint left = 128; left; left /= 2) {
		barrier();
		if (i < left)
			sums[i] += sums[i + left];
	}
	if (!i)
		out[get_group_id(0)] = sums[0];
}

/* The inclusive sums of a workgroup */
LARGE KERNEL(scan) /* 8192 1024 */
{
	SHARED uint sums[2][1024];
	uint i = get_local_id(0), now = 0;

	sums[0][i] = in[get_global_id(0)];
	for (uint step = 1; step < 1024; step *= 2) {
		barrier();
		sums[!now][i] = sums[now][i] + (i >= step ? sums[now][i - step] : 0);
		now = !now;
	}
	out[get_global_id(0)] = sums[now][i];
}

KERNEL(transpose) /* 64/64 16/16 */
{
	SHARED uint tile[16][17];
	uint x = get_local_id(0), y = get_local_id(1);

	tile[y][x] = in[get_global_id(1) * 64 + get_global_id(0)];
	barrier();
	out[(get_group_id(0) * 16 + y) * 64 + get_group_id(1) * 16 + x] = tile[x][y];
}

LARGE KERNEL(bitonic_sort) /* 4096 512 */
{
	SHARED uint keys[512];
	uint i = get_local_id(0);

	keys[i] = in[get_global_id(0)];
	for (uint size = 2; size <= 512; size *= 2) {
		for (uint step = size / 2; step; step /= 2) {
			uint j = i ^ step;

			barrier();
			if (j > i && (keys[i] > keys[j]) == !(i & size)) {
				uint key = keys[i];

				keys[i] = keys[j];
				keys[j] = key;
			}
		}
	}
	barrier();
	out[get_global_id(0)] = keys[i];
}

/* Elements of all sizes in group memory */
KERNEL(group_memory) /* 896 128 */
{
	SHARED uchar bytes[128];
	SHARED ushort halves[128];
	SHARED ulong longs[128];
	SHARED uint4 vectors[128];
	SHARED double doubles[128];
	uint i = get_local_id(0), j = i * 37 & 127;

	BEGIN;
	bytes[i] = (uchar)in[0];
	halves[i] = (ushort)in[1];
	longs[i] = IN64(2);
	vectors[i] = *(global const uint4 *)(in + 4);
	doubles[i] = tame_double(IN64(8));
	barrier();
	PUT(bytes[j]);
	PUT((signed char)bytes[(j + 1) & 127]);
	PUT(halves[j]);
	PUT((short)halves[(j + 1) & 127]);
	PUT64(longs[j] + longs[i ^ 64]);
	PUT(vectors[j][0] ^ vectors[i ^ 1][3]);
	PUT(vectors[j][in[10] & 3]);
	PUTD(doubles[j] + doubles[i ^ 7]);
}

KERNEL(tiled_product) /* 64/64 16/16 */
{
	SHARED float a[16][16], b[16][16];
	uint x = get_local_id(0), y = get_local_id(1);
	uint column = get_global_id(0), row = get_global_id(1);
	float sum = 0;

	for (uint t = 0; t < 64; t += 16) {
		a[y][x] = tame_float(in[row * 64 + t + x]);
		b[y][x] = tame_float(in[4096 + (t + y) * 64 + column]);
		barrier();
		for (uint k = 0; k < 16; k++)
			sum = __builtin_fmaf(a[y][k], b[k][x], sum);
		barrier();
	}
	out[row * 64 + column] = float_bits(sum);
}

/* What is left at the end does not depend on the order. */
KERNEL(atomics) /* 4096 256 */
{
	uint id = get_global_id(0), x = in[id];
	global ulong *longs = (global ulong *)(out + 64);

	ATOMIC(global, fetch_add, uint, &out[x & 7], x);
	ATOMIC(global, fetch_sub, uint, &out[8 + (x & 7)], x >> 3);
	ATOMIC(global, fetch_or, uint, &out[16], 1u << (x >> 9 & 31));
	ATOMIC(global, fetch_xor, uint, &out[17], x);
	ATOMIC(global, fetch_max, uint, &out[18], x);
	ATOMIC(global, fetch_max, int, &out[19], (int)x);
	ATOMIC(global, fetch_min, int, &out[20], (int)x);
	ATOMIC(global, fetch_add, ulong, &longs[x & 3], x * 0x100000001ul);
	ATOMIC(global, fetch_xor, ulong, &longs[4], (ulong)x << (id & 31));
	ATOMIC(global, fetch_max, ulong, &longs[5], (ulong)x << 20);
	ATOMIC(global, fetch_add, float, &out[40], 1.0f);
	ATOMIC(global, fetch_add, float, &out[41 + (x & 3)], (float)(x & 255));
	/* All tickets are given once. */
	out[100 + ATOMIC(global, fetch_add, uint, &out[30], 1)] = 1;
}

KERNEL(histogram) /* 4096 256 */
{
	SHARED uint bins[64], most;
	uint i = get_local_id(0);

	if (i < 64)
		bins[i] = 0;
	if (!i)
		most = 0;
	barrier();
	for (uint k = 0; k < 4; k++)
		ATOMIC(local, fetch_add, uint, &bins[in[get_global_id(0) * 4 + k] & 63], 1);
	ATOMIC(local, fetch_max, uint, &most, in[get_global_id(0)]);
	barrier();
	if (i < 64)
		ATOMIC(global, fetch_add, uint, &out[i], bins[i]);
	if (!i)
		out[64 + get_group_id(0)] = most;
}

KERNEL(compare_and_swap) /* 512 128 */
{
	SHARED uint sum;
	uint i = get_local_id(0), x = in[get_global_id(0)];
	uint old = 0;
	ulong old_long = 0;

	if (!i)
		sum = 0;
	barrier();
	while (!ATOMIC_SWAP(local, uint, &sum, &old, old + x))
		;
	old = 0;
	while (!ATOMIC_SWAP(global, uint, &out[0], &old, (old ^ x) + 0))
		;
	while (!ATOMIC_SWAP(global, ulong, &out[2], &old_long, old_long + ((ulong)x << 9)))
		;
	barrier();
	if (!i)
		out[4 + get_group_id(0)] = sum;
}

/* Of 64 lanes, all of which are there */
KERNEL(lanes) /* 768 256 */
{
	BEGIN;
	uint x = in[0], lane = LANE();
	ulong mask = BALLOT(x & 1);

	PUT(SHUFFLE(x, lane ^ 1));
	PUT(SHUFFLE(x, lane + 1));
	PUT(SHUFFLE(x, in[1] & 63));
	PUT64(mask);
	PUT(__builtin_popcountl(mask & ((1ul << lane) - 1)));
	for (uint step = 1; step < 64; step *= 2)
		x += SHUFFLE(x, lane ^ step);
	PUT(x);
	PUT(lane);
}

/* Not all workgroups are full. */
KERNEL(grid_1d) /* 1001 192 */
{
	out[get_global_id(0)] = get_local_id(0) | get_group_id(0) << 10 | get_global_size(0) << 20;
}

KERNEL(grid_2d) /* 50/37 16/9 */
{
	uint i = get_global_id(1) * 50 + get_global_id(0);

	out[i] = in[i] + get_local_id(0) * 7 + get_local_id(1) * 1000 + get_group_id(0) * 50000 +
		 get_group_id(1) * 300000;
	out[1900 + i] = get_enqueued_local_size(0) | get_enqueued_local_size(1) << 10 |
			get_global_size(0) << 20;
}

KERNEL(grid_3d) /* 13/11/9 5/4/3 */
{
	uint i = (get_global_id(2) * 11 + get_global_id(1)) * 13 + get_global_id(0);

	out[i] = in[i] + get_local_id(0) + get_local_id(1) * 10 + get_local_id(2) * 100;
	out[1300 + i] = get_group_id(0) | get_group_id(1) << 8 | get_group_id(2) << 16;
	out[2600 + i] = get_global_size(0) | get_global_size(1) << 8 | get_global_size(2) << 16;
}

/* A barrier in workgroups of all sizes, the last of which have fewer items */
KERNEL(partial_groups) /* 100/9 40/5 */
{
	SHARED uint seen[200];
	uint i = get_local_id(1) * 40 + get_local_id(0), sum = 0;
	uint width = get_group_id(0) < 2 ? 40 : 20, height = get_group_id(1) < 1 ? 5 : 4;

	seen[i] = in[get_global_id(1) * 100 + get_global_id(0)];
	barrier();
	for (uint y = 0; y < height; y++) {
		for (uint x = 0; x < width; x += 3)
			sum = sum * 3 + seen[y * 40 + x];
	}
	out[get_global_id(1) * 100 + get_global_id(0)] = sum ^ i;
}
