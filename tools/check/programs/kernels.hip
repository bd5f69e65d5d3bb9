// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The kernels of a file that hip_modules.cpp loads, compiled for the device alone. */
#include <hip/hip_runtime.h>

__device__ unsigned int addend = 1000;

struct pair {
	char first;
	long long second;
};

extern "C" __global__ void add(const unsigned int *in, unsigned int *out, unsigned int count)
{
	unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < count)
		out[i] = in[i] + addend;
}

/* Arguments of all sizes, with gaps between them, and memory of the block that a launch asks for */
extern "C" __global__ void many(char a, short b, char c, int d, char e, double f, pair g, float h,
				long long *out)
{
	extern __shared__ long long sum[];

	sum[threadIdx.x] = a + b + c + d + e + (long long)f + g.first + g.second + (long long)h;
	__syncthreads();
	if (!threadIdx.x) {
		*out = 0;
		for (unsigned int i = 0; i < blockDim.x; i++)
			*out += sum[i] * (i + 1);
	}
}
