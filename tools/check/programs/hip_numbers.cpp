// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HIP: kernels of one launch each: vectors, matrices, reductions within a wave, halves. TAP.
 *
 * What lives here: what threads compute alone or with those of their block. What does not: atomics
 * (hip_atomics.cpp), the whole grid (hip_grid.cpp), several launches (hip_streams.cpp).
 */
#include <hip/hip_fp16.h>
#include <vector>
#include "hip.h"

/* Not a multiple of a block */
#define COUNT	100003
#define THREADS	256
#define TILE	16

__global__ void vector_add(const int *a, const int *b, int *out, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < count)
		out[i] = a[i] + b[i];
}

static void test_vector_add()
{
	std::vector<int> a(COUNT), b(COUNT), want(COUNT), got(COUNT);
	int *out, other;

	for (size_t i = 0; i < COUNT; i++) {
		a[i] = (int)(random_u32() >> 1);
		b[i] = -(int)(random_u32() >> 1);
		want[i] = a[i] + b[i];
	}
	out = on_device<int>(COUNT);
	LAUNCH(vector_add, (COUNT + THREADS - 1) / THREADS, THREADS, to_device(a.data(), COUNT),
	       to_device(b.data(), COUNT), out, COUNT);
	from_device(got.data(), out, COUNT);
	check(same(got.data(), want.data(), COUNT, sizeof(int)));
	end_test("vectorAdd");

	other = got[COUNT / 2] ^ 1;
	OK(hipMemcpy(out + COUNT / 2, &other, sizeof(other), hipMemcpyHostToDevice));
	from_device(got.data(), out, COUNT);
	check(!same(got.data(), want.data(), COUNT, sizeof(int)));
	end_hip_test("a changed bit is noticed");
}

/* C = A * B by tiles, of sizes that are no multiples of one */
template <typename T>
__global__ void matmul(const T *a, const T *b, T *c, int rows, int inner, int columns)
{
	__shared__ T as[TILE][TILE], bs[TILE][TILE + 1];
	int row = blockIdx.y * TILE + threadIdx.y, column = blockIdx.x * TILE + threadIdx.x;
	T sum = 0;

	for (int k = 0; k < inner; k += TILE) {
		int ka = k + threadIdx.x, kb = k + threadIdx.y;

		as[threadIdx.y][threadIdx.x] = row < rows && ka < inner ? a[row * inner + ka] : 0;
		bs[threadIdx.y][threadIdx.x] =
			column < columns && kb < inner ? b[kb * columns + column] : 0;
		__syncthreads();
		for (int i = 0; i < TILE; i++)
			sum += as[threadIdx.y][i] * bs[i][threadIdx.x];
		__syncthreads();
	}
	if (row < rows && column < columns)
		c[row * columns + column] = sum;
}

/* Of whole numbers, whose sums are exact whatever their order */
template <typename T> static void test_matmul(const char *name)
{
	const int rows = 67, inner = 45, columns = 83;
	std::vector<T> a(rows * inner), b(inner * columns);
	std::vector<T> want(rows * columns), got(rows * columns);
	T *c;

	for (T &x : a)
		x = (T)((int)(random_u32() % 2001) - 1000);
	for (T &x : b)
		x = (T)((int)(random_u32() % 201) - 100);
	for (int row = 0; row < rows; row++) {
		for (int column = 0; column < columns; column++) {
			for (int i = 0; i < inner; i++)
				want[row * columns + column] +=
					a[row * inner + i] * b[i * columns + column];
		}
	}
	c = on_device<T>(got.size());
	LAUNCH(matmul<T>, dim3((columns + TILE - 1) / TILE, (rows + TILE - 1) / TILE),
	       dim3(TILE, TILE), to_device(a.data(), a.size()), to_device(b.data(), b.size()), c,
	       rows, inner, columns);
	from_device(got.data(), c, got.size());
	check(same(got.data(), want.data(), got.size(), sizeof(T)));
	end_hip_test(name);
}

__global__ void shuffles(const int *in, int *out, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x, lane = threadIdx.x % warpSize;
	int x = i < count ? in[i] : 0, y;

	y = x;
	for (int step = warpSize / 2; step; step /= 2)
		y += __shfl_down(y, step);
	if (!lane)
		atomicAdd(out, y);
	y = x;
	for (int step = 1; step < warpSize; step *= 2) {
		int other = __shfl_xor(y, step);

		y = other > y ? other : y;
	}
	if (lane == warpSize - 1)
		atomicMax(out + 1, y);
	/* A sum of all before, whose last is the wave's */
	y = x;
	for (int step = 1; step < warpSize; step *= 2) {
		int other = __shfl_up(y, step);

		y += lane >= step ? other : 0;
	}
	if (lane == warpSize - 1)
		atomicAdd(out + 2, y);
	/* In parts of sixteen lanes, from the third of each */
	atomicAdd(out + 3, __shfl(x, 2, 16));
}

static void test_shuffles()
{
	const int count = 1000 * 64;
	std::vector<int> in(count);
	int want[4] = { 0, INT32_MIN, 0, 0 }, got[4] = { 0, INT32_MIN, 0, 0 }, *out;

	for (int i = 0; i < count; i++)
		in[i] = (int)(random_u32() % 20000) - 10000;
	for (int i = 0; i < count; i++) {
		want[0] += in[i];
		want[1] = in[i] > want[1] ? in[i] : want[1];
		want[2] += in[i];
		want[3] += in[i - i % 16 + 2];
	}
	out = to_device(got, 4);
	LAUNCH(shuffles, count / THREADS, THREADS, to_device(in.data(), in.size()), out, count);
	from_device(got, out, 4);
	check(same(got, want, 4, sizeof(int)));
	end_hip_test("reduction with shuffles");
}

__global__ void votes(uint64_t *out)
{
	unsigned int lane = threadIdx.x % warpSize;
	uint64_t odd = __ballot(lane & 1);

	/* Some lanes have gone. */
	if (lane >= 48)
		return;
	if (lane % 3)
		out[threadIdx.x] = odd;
	else
		out[threadIdx.x] = __ballot(lane % 5) << 8 | __any(lane == 3) << 2 |
				   __any(lane == 4) << 1 | __all(lane % 3 == 0);
	out[threadIdx.x] += (uint64_t)__popcll(odd) << 56;
}

static void test_votes()
{
	uint64_t got[256], want[256], *out = on_device<uint64_t>(256), thirds = 0;

	for (int lane = 0; lane < 48; lane += 3)
		thirds |= (uint64_t)!!(lane % 5) << lane;
	memset(want, 0xa5, sizeof(want));
	for (int i = 0; i < 256; i++) {
		if (i % 64 < 48)
			want[i] = (i % 64 % 3 ? 0xaaaaaaaaaaaaaaaa : thirds << 8 | 1 << 2 | 1) +
				  (32ULL << 56);
	}
	LAUNCH(votes, 1, 256, out);
	from_device(got, out, 256);
	check(same(got, want, 256, 8));
	end_hip_test("votes of the lanes that are there");
}

/* Halves as bits; all of them, with others */
__global__ void halves(const uint16_t *in, uint16_t *out, int count)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	_Float16 x, y;
	__half2 pair, product;

	if (i >= count)
		return;
	x = __builtin_bit_cast(_Float16, in[i]);
	y = __builtin_bit_cast(_Float16, in[count - 1 - i]);
	out[i] = __builtin_bit_cast(uint16_t, (_Float16)(x + y));
	out[i + count] = __builtin_bit_cast(uint16_t, (_Float16)(x * y));
	/* Two at once, and what is between these and floats */
	pair = __floats2half2_rn((float)x, (float)y);
	product = __hmul2(pair, __float2half2_rn(0.5f));
	out[i + count * 2] = __builtin_bit_cast(uint16_t, __low2half(product));
	/* Twice a number is one: this is 3 y whether the compiler makes an fma of it or not. */
	product = __hadd2(__hmul2(pair, __float2half2_rn(2)), pair);
	out[i + count * 3] = __builtin_bit_cast(uint16_t, __high2half(product));
}

static uint16_t half_of(double x)
{
	/* The host's conversion, in which a double is rounded once */
	return __builtin_bit_cast(uint16_t, (_Float16)x);
}

static double value_of(uint16_t half)
{
	return (float)__builtin_bit_cast(_Float16, half);
}

/* Any NaN is as good as another */
static void settle_nans(std::vector<uint16_t> &halves)
{
	for (uint16_t &h : halves)
		h = (h & 0x7fff) > 0x7c00 ? 0x7e00 : h;
}

static void test_halves()
{
	const int count = 65536;
	std::vector<uint16_t> in(count), want(count * 4), got(count * 4);
	uint16_t *out = on_device<uint16_t>(got.size());

	/* Each once, against a partner of its own */
	for (int i = 0; i < count; i++)
		in[i] = (uint16_t)(i * 40503);
	for (int i = 0; i < count; i++) {
		double x = value_of(in[i]), y = value_of(in[count - 1 - i]);

		want[i] = half_of(x + y);
		want[i + count] = half_of(x * y);
		want[i + count * 2] = half_of(x * 0.5);
		want[i + count * 3] = half_of(y * 3);
	}
	LAUNCH(halves, count / THREADS, THREADS, to_device(in.data(), count), out, count);
	from_device(got.data(), out, got.size());
	settle_nans(got);
	settle_nans(want);
	check(same(got.data(), want.data(), got.size(), 2));
	end_hip_test("half precision");
}

int main()
{
	begin_hip();
	test_vector_add();
	test_matmul<int>("matmul of integers");
	test_matmul<float>("matmul of floats");
	test_matmul<double>("matmul of doubles");
	test_shuffles();
	test_votes();
	test_halves();
	return end_tests();
}
