// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * OpenCL: work-items that work together: through local memory, barriers and atomics, in ranges of
 * several dimensions; and the memory that each has alone. TAP.
 *
 * What lives here: reduction, scan, bitonic sort, histogram, what a work-item is told of its range,
 * private arrays. What does not: whole samples (cl_samples.c).
 */
#include "cl.h"

#define GROUP	256
#define GROUPS	128
#define COUNT	(GROUP * GROUPS)
#define BINS	256

/*
 * Loops over arrays are not unrolled: of all things that takes the compiler most time. One kernel
 * has its range's sizes as arguments: if it asks for them beside get_local_size(), ROCm 5.7 takes it
 * for one that may start others, for which it then has no means on a gfx942.
 */
static const char source[] =
"#define GROUP 256\n"
"kernel void reduce(global const int *in, global int *sums, global int *most, uint count)\n"
"{\n"
"	local int sum[GROUP], max_[GROUP];\n"
"	uint me = get_local_id(0);\n"
"	int s = 0, m = INT_MIN;\n"
"	for (uint i = get_global_id(0); i < count; i += get_global_size(0)) {\n"
"		s += in[i];\n"
"		m = max(m, in[i]);\n"
"	}\n"
"	sum[me] = s;\n"
"	max_[me] = m;\n"
"	for (uint half_ = GROUP / 2; half_; half_ /= 2) {\n"
"		barrier(CLK_LOCAL_MEM_FENCE);\n"
"		if (me < half_) {\n"
"			sum[me] += sum[me + half_];\n"
"			max_[me] = max(max_[me], max_[me + half_]);\n"
"		}\n"
"	}\n"
"	if (!me) {\n"
"		sums[get_group_id(0)] = sum[0];\n"
"		most[get_group_id(0)] = max_[0];\n"
"	}\n"
"}\n"
"kernel void reduce_built_in(global const int *in, global int *out)\n"
"{\n"
"	size_t i = get_global_id(0), g = get_group_id(0), n = get_num_groups(0);\n"
"	int sum = work_group_reduce_add(in[i]), most = work_group_reduce_max(in[i]);\n"
"	int any = work_group_any(in[i] == 77), first = work_group_broadcast(in[i], 3);\n"
"	if (!get_local_id(0)) {\n"
"		out[g] = sum;\n"
"		out[g + n] = most;\n"
"		out[g + n * 2] = any;\n"
"		out[g + n * 3] = first;\n"
"	}\n"
"}\n"
"kernel void scan_group(global const uint *in, global uint *out, global uint *sums,\n"
"			local uint *a, local uint *b)\n"
"{\n"
"	uint me = get_local_id(0), n = get_local_size(0);\n"
"	local uint *t;\n"
"	a[me] = in[get_global_id(0)];\n"
"	for (uint step = 1; step < n; step *= 2) {\n"
"		barrier(CLK_LOCAL_MEM_FENCE);\n"
"		b[me] = a[me] + (me >= step ? a[me - step] : 0);\n"
"		t = a, a = b, b = t;\n"
"	}\n"
"	out[get_global_id(0)] = a[me];\n"
"	if (me == n - 1)\n"
"		sums[get_group_id(0)] = a[me];\n"
"}\n"
"kernel void scan_add(global uint *out, global const uint *sums)\n"
"{\n"
"	if (get_group_id(0))\n"
"		out[get_global_id(0)] += sums[get_group_id(0) - 1];\n"
"}\n"
"kernel void bitonic(global uint *keys, uint block, uint distance)\n"
"{\n"
"	uint i = get_global_id(0), low = i / distance * distance * 2 + i % distance;\n"
"	uint high = low + distance, a = keys[low], b = keys[high];\n"
"	if ((a > b) == !(low & block)) {\n"
"		keys[low] = b;\n"
"		keys[high] = a;\n"
"	}\n"
"}\n"
"kernel void histogram(global const uchar *in, global uint *bins, uint count)\n"
"{\n"
"	local uint mine[256];\n"
"	uint me = get_local_id(0);\n"
"	mine[me] = 0;\n"
"	barrier(CLK_LOCAL_MEM_FENCE);\n"
"	for (uint i = get_global_id(0); i < count; i += get_global_size(0))\n"
"		atomic_inc(mine + in[i]);\n"
"	barrier(CLK_LOCAL_MEM_FENCE);\n"
"	atomic_add(bins + me, mine[me]);\n"
"}\n"
"kernel void atomics(global const int *in, global int *out)\n"
"{\n"
"	int x = in[get_global_id(0)];\n"
"	atomic_add(out, x);\n"
"	atomic_sub(out + 1, x);\n"
"	atomic_min(out + 2, x);\n"
"	atomic_max(out + 3, x);\n"
"	atomic_min((global uint *)out + 4, (uint)x);\n"
"	atomic_and(out + 5, x | 0x1000);\n"
"	atomic_or(out + 6, x & 0xffff);\n"
"	atomic_xor(out + 7, x);\n"
"	for (int old = out[8], seen; ; old = seen) {\n"
"		seen = atomic_cmpxchg(out + 8, old, old * 3 + 1);\n"
"		if (seen == old)\n"
"			break;\n"
"	}\n"
"	atomic_fetch_add_explicit((global atomic_int *)out + 9, 1, memory_order_relaxed,\n"
"				  memory_scope_device);\n"
"}\n"
"kernel void where(global uint *out)\n"
"{\n"
"	uint x = get_global_id(0) - get_global_offset(0);\n"
"	uint y = get_global_id(1) - get_global_offset(1);\n"
"	uint z = get_global_id(2) - get_global_offset(2);\n"
"	uint i = x + get_global_size(0) * (y + get_global_size(1) * z);\n"
"	global uint *o = out + i * 7;\n"
"	o[0] = get_global_id(0) | get_global_id(1) << 10 | get_global_id(2) << 20;\n"
"	o[1] = get_local_id(0) | get_local_id(1) << 10 | get_local_id(2) << 20;\n"
"	o[2] = get_group_id(0) | get_group_id(1) << 10 | get_group_id(2) << 20;\n"
"	o[3] = get_enqueued_local_size(0) | get_enqueued_local_size(1) << 10 |\n"
"	       get_enqueued_local_size(2) << 20;\n"
"	o[4] = get_num_groups(0) | get_num_groups(1) << 10 | get_num_groups(2) << 20;\n"
"	o[5] = get_global_linear_id();\n"
"	o[6] = get_work_dim();\n"
"}\n"
"kernel void sizes(global uint *out, uint width, uint height)\n"
"{\n"
"	uint x = get_global_id(0) - get_global_offset(0);\n"
"	uint y = get_global_id(1) - get_global_offset(1);\n"
"	uint z = get_global_id(2) - get_global_offset(2);\n"
"	out[x + width * (y + height * z)] =\n"
"		get_local_size(0) | get_local_size(1) << 10 | get_local_size(2) << 20;\n"
"}\n"
"kernel void sort_own(global const uint *in, global uint *out)\n"
"{\n"
"	uint keys[96], n = get_global_size(0), i = get_global_id(0);\n"
"	__attribute__((opencl_unroll_hint(1)))\n"
"	for (uint k = 0; k < 96; k++) {\n"
"		uint key = in[i + n * k], j = k;\n"
"		for (; j && keys[j - 1] > key; j--)\n"
"			keys[j] = keys[j - 1];\n"
"		keys[j] = key;\n"
"	}\n"
"	__attribute__((opencl_unroll_hint(1)))\n"
"	for (uint k = 0; k < 96; k++)\n"
"		out[i + n * k] = keys[k];\n"
"}\n"
"kernel void own_bytes(global uchar *out)\n"
"{\n"
"	uchar table[256];\n"
"	uint i = get_global_id(0), j = 0;\n"
"	__attribute__((opencl_unroll_hint(1)))\n"
"	for (uint k = 0; k < 256; k++)\n"
"		table[k] = k;\n"
"	__attribute__((opencl_unroll_hint(1)))\n"
"	for (uint k = 0; k < 256; k++) {\n"
"		uchar t = table[k];\n"
"		j = j + t + i & 255;\n"
"		table[k] = table[j];\n"
"		table[j] = t;\n"
"	}\n"
"	out[i] = table[i & 255];\n"
"}\n";

static unsigned int *random_uints(size_t count, unsigned int below)
{
	unsigned int *p = array(count, sizeof(*p));

	for (size_t i = 0; i < count; i++)
		p[i] = below ? random_u32() % below : random_u32();
	return p;
}

static void reduction(void)
{
	/* Not a multiple of what all groups take at once */
	const unsigned int count = COUNT + 12345;
	unsigned int *in = random_uints(count, 0), sum = 0, total = 0;
	unsigned int sums[GROUPS / 2];
	int most[GROUPS / 2], max = INT32_MIN, found = INT32_MIN;
	cl_mem din = to_device(in, count * 4);
	cl_mem dsums = on_device(sizeof(sums)), dmost = on_device(sizeof(most));

	RUN("reduce", RANGE(GROUP * GROUPS / 2, GROUP), BUFFER(din), BUFFER(dsums), BUFFER(dmost),
	    NUMBER(count));
	from_device(dsums, sums, sizeof(sums));
	from_device(dmost, most, sizeof(most));
	for (size_t i = 0; i < count; i++) {
		sum += in[i];
		max = (int)in[i] > max ? (int)in[i] : max;
	}
	for (size_t i = 0; i < GROUPS / 2; i++) {
		total += sums[i];
		found = most[i] > found ? most[i] : found;
	}
	check(same(&total, &sum, 1, sizeof(sum)) && same(&found, &max, 1, sizeof(max)));
	end_cl_test("reduction");
	free(in);
}

static void built_in_reduction(void)
{
	unsigned int *in = random_uints(COUNT, 1000);
	int got[GROUPS * 4], want[GROUPS * 4] = {};
	cl_mem din = to_device(in, COUNT * 4), out = on_device(sizeof(got));

	for (size_t i = 0; i < COUNT; i++) {
		size_t g = i / GROUP;

		want[g] += (int)in[i];
		if ((int)in[i] > want[g + GROUPS])
			want[g + GROUPS] = (int)in[i];
		want[g + GROUPS * 2] |= in[i] == 77;
		if (i % GROUP == 3)
			want[g + GROUPS * 3] = (int)in[i];
	}
	RUN("reduce_built_in", RANGE(COUNT, GROUP), BUFFER(din), BUFFER(out));
	from_device(out, got, sizeof(got));
	for (size_t g = 0; g < GROUPS; g++)
		got[g + GROUPS * 2] = !!got[g + GROUPS * 2];
	check(same(got, want, ARRAY_SIZE(got), sizeof(*got)));
	end_cl_test("reductions that are built in");
	free(in);
}

/* Of groups, of their sums, and both added */
static void scan(void)
{
	unsigned int *in = random_uints(COUNT, 0), *got = array(COUNT, 4), sum = 0;
	cl_mem din = to_device(in, COUNT * 4), out = on_device(COUNT * 4);
	cl_mem sums = on_device(GROUPS * 4), scanned = on_device(GROUPS * 4), total = on_device(4);

	RUN("scan_group", RANGE(COUNT, GROUP), BUFFER(din), BUFFER(out), BUFFER(sums),
	    LOCAL(GROUP * 4), LOCAL(GROUP * 4));
	RUN("scan_group", RANGE(GROUPS, GROUPS), BUFFER(sums), BUFFER(scanned), BUFFER(total),
	    LOCAL(GROUPS * 4), LOCAL(GROUPS * 4));
	RUN("scan_add", RANGE(COUNT, GROUP), BUFFER(out), BUFFER(scanned));
	from_device(out, got, COUNT * 4);
	for (size_t i = 0; i < COUNT; i++) {
		sum += in[i];
		in[i] = sum;
	}
	check(same(got, in, COUNT, 4));
	from_device(total, &sum, 4);
	check(same(&sum, in + COUNT - 1, 1, 4));
	end_cl_test("scan");
	free(in);
	free(got);
}

static int by_size(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

/* One kernel after the other, each of which needs what the one before has written */
static void bitonic_sort(void)
{
	enum { KEYS = 8192 };
	unsigned int *keys = random_uints(KEYS, 0), *got = array(KEYS, 4);
	cl_mem d;

	/* Some of them are the same. */
	for (size_t i = 0; i < KEYS; i += 9)
		keys[i] = keys[i / 2];
	d = to_device(keys, KEYS * 4);
	for (unsigned int block = 2; block <= KEYS; block *= 2) {
		for (unsigned int distance = block / 2; distance; distance /= 2)
			RUN("bitonic", RANGE(KEYS / 2, GROUP), BUFFER(d), NUMBER(block),
			    NUMBER(distance));
	}
	from_device(d, got, KEYS * 4);
	qsort(keys, KEYS, 4, by_size);
	check(same(got, keys, KEYS, 4));
	end_cl_test("bitonic sort");
	free(keys);
	free(got);
}

static void histogram(void)
{
	const unsigned int count = COUNT * 3 + 7;
	uint8_t *in = array(count, 1);
	unsigned int want[BINS] = {}, got[BINS] = {};
	cl_mem din, bins = to_device(got, sizeof(got));

	/* Many in few */
	for (size_t i = 0; i < count; i++) {
		in[i] = (uint8_t)(random_u32() & random_u32() % 256);
		want[in[i]]++;
	}
	din = to_device(in, count);
	RUN("histogram", RANGE(BINS * 20, BINS), BUFFER(din), BUFFER(bins), NUMBER(count));
	from_device(bins, got, sizeof(got));
	check(same(got, want, BINS, 4));
	end_cl_test("histogram by atomics");
	free(in);
}

static void atomics(void)
{
	enum { ITEMS = 4096, RESULTS = 10 };
	unsigned int *in = random_uints(ITEMS, 0);
	unsigned int got[RESULTS] = { 5, 5, INT32_MAX, 1u << 31, ~0u, ~0u, 0, 5, 1, 0 };
	unsigned int want[RESULTS];
	cl_mem din = to_device(in, ITEMS * 4), out;

	memcpy(want, got, sizeof(want));
	for (size_t i = 0; i < ITEMS; i++) {
		want[0] += in[i];
		want[1] -= in[i];
		want[2] = (int)in[i] < (int)want[2] ? in[i] : want[2];
		want[3] = (int)in[i] > (int)want[3] ? in[i] : want[3];
		want[4] = in[i] < want[4] ? in[i] : want[4];
		want[5] &= in[i] | 0x1000;
		want[6] |= in[i] & 0xffff;
		want[7] ^= in[i];
		want[8] = want[8] * 3 + 1;
		want[9]++;
	}
	out = to_device(got, sizeof(got));
	RUN("atomics", RANGE(ITEMS, GROUP), BUFFER(din), BUFFER(out));
	from_device(out, got, sizeof(got));
	check(same(got, want, RESULTS, 4));
	end_cl_test("atomics");
	free(in);
}

static unsigned int packed(size_t x, size_t y, size_t z)
{
	return (unsigned int)(x | y << 10 | z << 20);
}

/* Rows of so many work-items in groups of so many, of which the last may be smaller */
static void one_range(const struct range *r)
{
	unsigned int width = (unsigned int)r->global[0], height = (unsigned int)r->global[1];
	unsigned int *got, *want, *sizes;
	size_t count = 1, i = 0;
	cl_mem out, dsizes;

	for (int d = 0; d < 3; d++)
		count *= r->global[d];
	got = array(count * 7, 4);
	want = array(count * 7, 4);
	sizes = array(count, 4);
	for (size_t z = 0; z < r->global[2]; z++) {
		for (size_t y = 0; y < r->global[1]; y++) {
			for (size_t x = 0; x < r->global[0]; x++, i++) {
				size_t id[3] = { x, y, z }, local[3], group[3], size[3], groups[3];

				for (int d = 0; d < 3; d++) {
					local[d] = id[d] % r->local[d];
					group[d] = id[d] / r->local[d];
					groups[d] = (r->global[d] + r->local[d] - 1) / r->local[d];
					size[d] = r->global[d] - group[d] * r->local[d];
					if (size[d] > r->local[d])
						size[d] = r->local[d];
				}
				unsigned int words[] = {
					packed(x + r->offset[0], y + r->offset[1],
					       z + r->offset[2]),
					packed(local[0], local[1], local[2]),
					packed(group[0], group[1], group[2]),
					packed(r->local[0], r->local[1], r->local[2]),
					packed(groups[0], groups[1], groups[2]),
					(unsigned int)i, r->dims,
				};

				memcpy(want + i * 7, words, sizeof(words));
				sizes[i] = packed(size[0], size[1], size[2]);
			}
		}
	}
	out = on_device(count * 7 * 4);
	RUN("where", r, BUFFER(out));
	from_device(out, got, count * 7 * 4);
	check(same(got, want, count * 7, 4));
	dsizes = on_device(count * 4);
	RUN("sizes", r, BUFFER(dsizes), NUMBER(width), NUMBER(height));
	from_device(dsizes, got, count * 4);
	check(same(got, sizes, count, 4));
	free(got);
	free(want);
	free(sizes);
}

static void ranges(void)
{
	/* What is not there is 1, and its offset 0. */
	static const struct range whole[] = {
		{ 1, { 1, 1, 1 }, { 1, 1, 1 }, {} }, { 1, { 1024, 1, 1 }, { 256, 1, 1 }, {} },
		{ 2, { 64, 48, 1 }, { 16, 16, 1 }, { 5, 9, 0 } },
		{ 3, { 12, 10, 8 }, { 4, 5, 2 }, { 3, 2, 1 } },
		{ 3, { 4, 4, 64 }, { 4, 1, 64 }, {} }, { 3, { 1, 512, 2 }, { 1, 256, 1 }, {} },
	};
	static const struct range partial[] = {
		{ 1, { 1000, 1, 1 }, { 64, 1, 1 }, {} }, { 1, { 65, 1, 1 }, { 64, 1, 1 }, {} },
		{ 2, { 37, 21, 1 }, { 8, 4, 1 }, {} },
		{ 2, { 100, 3, 1 }, { 33, 2, 1 }, { 1, 0, 0 } },
		{ 3, { 37, 21, 5 }, { 8, 4, 2 }, { 7, 0, 3 } },
		{ 3, { 3, 5, 70 }, { 2, 2, 64 }, {} },
	};

	for (size_t i = 0; i < ARRAY_SIZE(whole); i++)
		one_range(whole + i);
	end_cl_test("ranges of one to three dimensions");
	for (size_t i = 0; i < ARRAY_SIZE(partial); i++)
		one_range(partial + i);
	end_cl_test("ranges whose last groups are smaller");
}

static void private_arrays(void)
{
	enum { ITEMS = 600, KEYS = 96 };
	unsigned int *in = random_uints(ITEMS * KEYS, 0), *got = array(ITEMS * KEYS, 4);
	unsigned int own[KEYS];
	uint8_t bytes[1024], want[1024];
	cl_mem din = to_device(in, ITEMS * KEYS * 4), out = on_device(ITEMS * KEYS * 4);

	RUN("sort_own", RANGE(ITEMS, 0), BUFFER(din), BUFFER(out));
	from_device(out, got, ITEMS * KEYS * 4);
	for (size_t i = 0; i < ITEMS; i++) {
		for (size_t k = 0; k < KEYS; k++)
			own[k] = in[i + ITEMS * k];
		qsort(own, KEYS, 4, by_size);
		for (size_t k = 0; k < KEYS; k++)
			in[i + ITEMS * k] = own[k];
	}
	check(same(got, in, ITEMS * KEYS, 4));
	end_cl_test("private arrays: words");

	out = on_device(sizeof(bytes));
	RUN("own_bytes", RANGE(sizeof(bytes), 0), BUFFER(out));
	from_device(out, bytes, sizeof(bytes));
	for (unsigned int i = 0; i < sizeof(bytes); i++) {
		uint8_t table[256], j = 0;

		for (unsigned int k = 0; k < 256; k++)
			table[k] = (uint8_t)k;
		for (unsigned int k = 0; k < 256; k++) {
			uint8_t t = table[k];

			j = (uint8_t)(j + t + i);
			table[k] = table[j];
			table[j] = t;
		}
		want[i] = table[i & 255];
	}
	check(same(bytes, want, sizeof(bytes), 1));
	end_cl_test("private arrays: bytes");
	free(in);
	free(got);
}

int main(void)
{
	begin_cl(source, "-cl-std=CL2.0");
	reduction();
	built_in_reduction();
	scan();
	bitonic_sort();
	histogram();
	atomics();
	ranges();
	private_arrays();
	return end_cl();
}
