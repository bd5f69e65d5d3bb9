// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HIP: atomics on memory of the device, of the block and of the host: integers of 32 and 64 bits,
 * floats, doubles, and what is made of compare-and-swap. TAP.
 */
#include <vector>
#include "hip.h"

#define BLOCKS	32
#define THREADS	256
#define COUNT	(BLOCKS * THREADS)

template <typename T> struct integers {
	T sum, difference, least, most, conjunction, disjunction, parity, exchanged, up, down;
	T custom;
};

/* As an atomic would be that no instruction does: x = 3 x + 1 */
template <typename T> __device__ void triple(T *p)
{
	T old = *(volatile T *)p, seen;

	while ((seen = atomicCAS(p, old, old * 3 + 1)) != old)
		old = seen;
}

template <typename T> __device__ void use_all(const T *in, integers<T> *out)
{
	T x = in[blockIdx.x * blockDim.x + threadIdx.x];

	atomicAdd(&out->sum, x);
	atomicMin(&out->least, x);
	atomicMax(&out->most, x);
	atomicAnd(&out->conjunction, x | 0x1000);
	atomicOr(&out->disjunction, x & 0xffff);
	atomicXor(&out->parity, x);
	triple(&out->custom);
	/* What is taken out is put back: none is lost */
	atomicAdd(&out->difference, atomicExch(&out->exchanged, x));
}

__global__ void use_uints(const unsigned int *in, integers<unsigned int> *out)
{
	use_all(in, out);
	/* Around at 999, and at 0 */
	atomicInc(&out->up, 999);
	atomicDec(&out->down, 999);
}

__global__ void use_longs(const unsigned long long *in, integers<unsigned long long> *out)
{
	use_all(in, out);
}

__global__ void use_ints(const int *in, int *out)
{
	int x = in[blockIdx.x * blockDim.x + threadIdx.x];

	atomicMin(out, x);
	atomicMax(out + 1, x);
	atomicSub(out + 2, x);
}

template <typename T>
static void test_integers(const char *name, void (*kernel)(const T *, integers<T> *), bool wraps)
{
	integers<T> want = {}, got, *out;
	std::vector<T> in(COUNT);
	T all = 0;

	want.least = want.conjunction = ~(T)0;
	want.up = want.down = want.custom = 5;
	out = to_device(&want, 1);
	for (T &x : in) {
		x = (T)random_u64();
		want.sum += x;
		want.least = x < want.least ? x : want.least;
		want.most = x > want.most ? x : want.most;
		want.conjunction &= x | 0x1000;
		want.disjunction |= x & 0xffff;
		want.parity ^= x;
		want.custom = want.custom * 3 + 1;
		if (wraps) {
			want.up = want.up >= 999 ? 0 : want.up + 1;
			want.down = !want.down || want.down > 999 ? 999 : want.down - 1;
		}
	}
	LAUNCH(kernel, BLOCKS, THREADS, to_device(in.data(), COUNT), out);
	from_device(&got, out, 1);
	all = got.difference + got.exchanged;
	check(same(&all, &want.sum, 1, sizeof(T)));
	got.difference = got.exchanged = 0;
	check(same(&got, &want, sizeof(got) / sizeof(T), sizeof(T)));
	end_hip_test(name);
}

static void test_signed()
{
	std::vector<int> in(COUNT);
	int want[3] = {}, got[3], *out = to_device(want, 3);
	unsigned int sum = 0;

	for (int &x : in) {
		x = (int)random_u32();
		want[0] = x < want[0] ? x : want[0];
		want[1] = x > want[1] ? x : want[1];
		sum -= (unsigned int)x;
	}
	want[2] = (int)sum;
	LAUNCH(use_ints, BLOCKS, THREADS, to_device(in.data(), COUNT), out);
	from_device(got, out, 3);
	check(same(got, want, 3, sizeof(int)));
	end_hip_test("signed integers");
}

__device__ float larger(float *p, float x)
{
	unsigned int *bits = (unsigned int *)p, old = *(volatile unsigned int *)bits, seen;

	while (__uint_as_float(old) < x) {
		seen = atomicCAS(bits, old, __float_as_uint(x));
		if (seen == old)
			break;
		old = seen;
	}
	return __uint_as_float(old);
}

/* Whole numbers, sums of which are exact in any order */
template <typename T> __global__ void use_reals(const T *in, T *out)
{
	__shared__ T sum;
	T x = in[blockIdx.x * blockDim.x + threadIdx.x];

	if (!threadIdx.x)
		sum = 0;
	__syncthreads();
	atomicAdd(&sum, x);
	atomicAdd(out, x);
	unsafeAtomicAdd(out + 1, x);
	__syncthreads();
	if (!threadIdx.x)
		atomicAdd(out + 2, sum);
}

__global__ void use_larger(const float *in, float *out)
{
	larger(out, in[blockIdx.x * blockDim.x + threadIdx.x]);
}

template <typename T> static void test_reals(const char *name)
{
	std::vector<T> in(COUNT);
	T want[3] = {}, got[3], *out = to_device(want, 3);

	for (T &x : in) {
		x = (T)((int)(random_u32() % 2001) - 900);
		for (T &sum : want)
			sum += x;
	}
	LAUNCH(use_reals<T>, BLOCKS, THREADS, to_device(in.data(), COUNT), out);
	from_device(got, out, 3);
	check(same(got, want, 3, sizeof(T)));
	end_hip_test(name);
}

static void test_larger()
{
	std::vector<float> in(COUNT);
	float want = 0, got, *out = to_device(&want, 1);

	for (float &x : in) {
		x = (float)random_between(-1000, 1000);
		want = x > want ? x : want;
	}
	LAUNCH(use_larger, BLOCKS, THREADS, to_device(in.data(), COUNT), out);
	from_device(&got, out, 1);
	check(same(&got, &want, 1, sizeof(want)));
	end_hip_test("the largest float by compare-and-swap");
}

/* Each thread puts its number where the next free place is: all are there, once. */
__global__ void push(unsigned int *places, unsigned int *out)
{
	out[atomicAdd_system(places, 1)] = blockIdx.x * blockDim.x + threadIdx.x;
}

static void test_host_memory()
{
	std::vector<bool> seen(COUNT);
	size_t size = (COUNT + 1) * sizeof(int);
	unsigned int *memory = nullptr;

	if (OK(hipHostMalloc((void **)&memory, size, hipHostMallocCoherent))) {
		memset(memory, 0, size);
		LAUNCH(push, BLOCKS, THREADS, memory, memory + 1);
		OK(hipDeviceSynchronize());
		check(memory[0] == COUNT);
		for (size_t i = 1; i <= COUNT; i++) {
			if (!check(memory[i] < COUNT && !seen[memory[i]]))
				break;
			seen[memory[i]] = true;
		}
		OK(hipHostFree(memory));
	}
	end_test("a queue in the host's memory");
}

int main()
{
	begin_hip();
	test_integers("32-bit integers", use_uints, true);
	test_integers("64-bit integers", use_longs, false);
	test_signed();
	test_reals<float>("floats");
	test_reals<double>("doubles");
	test_larger();
	test_host_memory();
	return end_tests();
}
