// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HIP: grids: their dimensions and limits, and those whose blocks wait for each other. TAP.
 */
#include <vector>
#include "hip.h"
/* Of ROCm 5.7, wants the runtime's header before it */
#include <hip/hip_cooperative_groups.h>

namespace cg = cooperative_groups;

/* Each thread counts itself and adds a number that depends on its place. */
__global__ void places(unsigned long long *out)
{
	unsigned long long thread = threadIdx.y + blockDim.y * threadIdx.z;
	unsigned long long block = blockIdx.y + gridDim.y * blockIdx.z;

	thread = threadIdx.x + blockDim.x * thread;
	block = blockIdx.x + gridDim.x * block;

	atomicAdd(out, 1ULL);
	atomicAdd(out + 1, thread);
	if (!thread) {
		atomicAdd(out + 2, block);
		atomicXor(out + 3, block * block);
	}
}

static void grid(dim3 blocks, dim3 threads)
{
	unsigned long long got[4] = {}, want[4] = {}, *out = to_device(got, 4);
	unsigned long long each = (unsigned long long)threads.x * threads.y * threads.z;
	unsigned long long count = (unsigned long long)blocks.x * blocks.y * blocks.z;

	want[0] = each * count;
	want[1] = each * (each - 1) / 2 * count;
	want[2] = count * (count - 1) / 2;
	for (unsigned long long i = 0; i < count; i++)
		want[3] ^= i * i;
	LAUNCH(places, blocks, threads, out);
	from_device(got, out, 4);
	if (!check(same(got, want, 4, 8)))
		note("blocks: %u %u %u, threads: %u %u %u", blocks.x, blocks.y, blocks.z, threads.x,
		     threads.y, threads.z);
}

static void test_grids()
{
	grid(dim3(1), dim3(1));
	grid(dim3(7), dim3(65));
	grid(dim3(3, 5), dim3(17, 9));
	grid(dim3(5, 4, 3), dim3(6, 7, 8));
	end_hip_test("grids of one to three dimensions");
	grid(dim3(2), dim3(1024));
	grid(dim3(2), dim3(1, 1024));
	grid(dim3(2), dim3(1, 1, 1024));
	grid(dim3(1), dim3(32, 16, 2));
	end_hip_test("blocks of 1024 threads");
	grid(dim3(20000), dim3(64));
	grid(dim3(1, 10000), dim3(1));
	grid(dim3(1, 1, 10000), dim3(1));
	end_hip_test("grids of thousands of blocks");
}

__global__ void nothing()
{
}

__global__ void use_shared(int *out)
{
	extern __shared__ int words[];

	for (unsigned int i = threadIdx.x; i < 16384; i += blockDim.x)
		words[i] = i * 3;
	__syncthreads();
	for (unsigned int i = threadIdx.x; i < 16384; i += blockDim.x)
		out[i] = words[16383 - i];
}

static hipError_t launched(dim3 blocks, dim3 threads, size_t shared)
{
	hipError_t error;

	nothing<<<blocks, threads, shared>>>();
	error = hipGetLastError();
	if (hipDeviceSynchronize() != hipSuccess)
		note("the device is not well");
	return error;
}

static void refused(const char *what, dim3 blocks, dim3 threads, size_t shared)
{
	hipError_t error = launched(blocks, threads, shared);

	note("%s: %s", what, hipGetErrorName(error));
	check(error != hipSuccess);
}

static void test_limits()
{
	hipDeviceProp_t has;
	std::vector<int> got(16384), want(16384);
	int *out = on_device<int>(16384);

	for (int i = 0; i < 16384; i++)
		want[i] = (16383 - i) * 3;
	LAUNCH_SHARED(use_shared, 1, 256, 65536, out);
	from_device(got.data(), out, got.size());
	check(same(got.data(), want.data(), got.size(), sizeof(int)));
	end_hip_test("all shared memory that a block can have");

	if (!OK(hipGetDeviceProperties(&has, 0)))
		bail_out("no properties");
	note("threads: %d, of %d %d %d; blocks: %d %d %d; shared memory: %zu",
	     has.maxThreadsPerBlock, has.maxThreadsDim[0], has.maxThreadsDim[1],
	     has.maxThreadsDim[2], has.maxGridSize[0], has.maxGridSize[1], has.maxGridSize[2],
	     has.sharedMemPerBlock);
	check(has.maxThreadsPerBlock == 1024 && has.warpSize == 64);
	check(has.sharedMemPerBlock == 65536);
	check(launched(dim3(1), dim3(1024), 0) == hipSuccess);
	refused("1025 threads", dim3(1), dim3(1025), 0);
	refused("33 x 32 threads", dim3(1), dim3(33, 32), 0);
	refused("1 x 1 x 1025 threads", dim3(1), dim3(1, 1, 1025), 0);
	refused("no threads", dim3(1), dim3(0), 0);
	refused("no blocks", dim3(0), dim3(1), 0);
	refused("more than 2^32 threads in a row", dim3(1u << 31), dim3(64), 0);
	refused("too much shared memory", dim3(1), dim3(1), 65536 + 4);
	check(launched(dim3(1), dim3(1), 0) == hipSuccess);
	end_test("what is beyond the limits is refused");
}

/* In each round every block needs what the last one has left of another. */
__global__ void rounds(unsigned int *values, unsigned int *next, int count)
{
	cg::grid_group grid = cg::this_grid();
	unsigned int me = grid.thread_rank(), size = grid.size();

	for (int round = 0; round < count; round++) {
		next[me] = values[(me * 7 + 13) % size] * 5 + me;
		grid.sync();
		values[me] = next[size - 1 - me] ^ round;
		grid.sync();
	}
}

static hipError_t cooperative(dim3 blocks, dim3 threads, void **args)
{
	return hipLaunchCooperativeKernel((const void *)rounds, blocks, threads, args, 0, nullptr);
}

static void test_cooperative()
{
	const int blocks = 24, threads = 128, size = blocks * threads;
	std::vector<unsigned int> values(size), next(size), got(size);
	unsigned int *dvalues, *dnext;
	int can = 0, fit = 0, count = 9;

	OK(hipDeviceGetAttribute(&can, hipDeviceAttributeCooperativeLaunch, 0));
	if (!can) {
		skip_test("cooperative launch", "the device has none");
		return;
	}
	OK(hipOccupancyMaxActiveBlocksPerMultiprocessor(&fit, rounds, threads, 0));
	note("%d blocks fit on each multiprocessor", fit);
	for (unsigned int &x : values)
		x = random_u32();
	dvalues = to_device(values.data(), size);
	dnext = on_device<unsigned int>(size);
	for (int round = 0; round < count; round++) {
		for (int i = 0; i < size; i++)
			next[i] = values[(i * 7 + 13) % size] * 5 + i;
		for (int i = 0; i < size; i++)
			values[i] = next[size - 1 - i] ^ round;
	}
	void *args[] = { &dvalues, &dnext, &count };

	OK(cooperative(dim3(blocks), dim3(threads), args));
	from_device(got.data(), dvalues, size);
	check(same(got.data(), values.data(), size, sizeof(int)));
	end_test("blocks that wait for the whole grid");

	/* More than can be there at once would wait for ever. */
	fails_with(cooperative(dim3(1u << 20), dim3(1024), args), hipErrorCooperativeLaunchTooLarge,
		   "too many blocks");
	end_hip_test("a cooperative grid that does not fit is refused");
}

__global__ void groups(int *out)
{
	cg::thread_block block = cg::this_thread_block();
	cg::thread_block_tile<16> tile = cg::tiled_partition<16>(block);
	int x = threadIdx.x;

	for (int step = 8; step; step /= 2)
		x += tile.shfl_down(x, step);
	x = tile.shfl(x, 0);
	out[block.thread_rank()] = x * 100 + tile.thread_rank();
	block.sync();
}

static void test_groups()
{
	int got[256], want[256], *out = on_device<int>(256);

	for (int i = 0; i < 256; i++)
		want[i] = (i / 16 * 256 + 120) * 100 + i % 16;
	LAUNCH(groups, 1, 256, out);
	from_device(got, out, 256);
	check(same(got, want, 256, sizeof(int)));
	end_hip_test("groups of threads in a block");
}

int main()
{
	begin_hip();
	test_grids();
	test_limits();
	test_groups();
	test_cooperative();
	return end_tests();
}
