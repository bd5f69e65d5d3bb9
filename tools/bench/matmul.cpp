// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HIP: the kernel of gpu-matmul.cl, in matmul.co, some times one after the other. If its product is
 * right, prints a line as bench does.
 */
#include <time.h>
#include <vector>
#include "hip.h"

/* As in gpu-matmul.cl */
#define N	1024
#define TILE	64

#define TIMES	3

static uint64_t now_ns()
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static std::vector<double> times(const std::vector<float> &matrix, const std::vector<double> &in)
{
	std::vector<double> out(N);

	for (size_t row = 0; row < N; row++) {
		for (size_t i = 0; i < N; i++)
			out[row] += (double)matrix[row * N + i] * in[i];
	}
	return out;
}

int main()
{
	std::vector<float> a(N * N), b(N * N), c(N * N);
	std::vector<double> v(N);
	hipFunction_t matmul;
	hipModule_t module;
	uint64_t ns = 0;

	begin_hip();
	if (!OK(hipModuleLoad(&module, "matmul.co")) ||
	    !OK(hipModuleGetFunction(&matmul, module, "matmul")))
		bail_out("no kernel");
	/* Whole numbers that are small enough for sums without rounding */
	for (size_t i = 0; i < N * N; i++) {
		a[i] = (float)((int)(random_u32() % 201) - 100);
		b[i] = (float)((int)(random_u32() % 201) - 100);
	}
	for (double &x : v)
		x = random_u32() % 10007;

	float *da = to_device(a.data(), a.size()), *db = to_device(b.data(), b.size());
	float *dc = on_device<float>(c.size());
	void *args[] = { &da, &db, &dc };

	/* The first launch, which loads what it needs, is part of the preparation. */
	for (int i = 0; i <= TIMES; i++) {
		if (i == 1)
			ns = now_ns();
		OK(hipModuleLaunchKernel(matmul, N / TILE, N / TILE, 1, 16, 16, 1, 0, nullptr,
					 args, nullptr));
		OK(hipDeviceSynchronize());
	}
	ns = now_ns() - ns;
	from_device(c.data(), dc, c.size());
	/* An emulated CPU has no time for the product. This hardly ever is so if C is not A * B. */
	check(same(times(c, v).data(), times(a, times(b, v)).data(), N, sizeof(double)));
	end_hip_test("matmul");
	if (!tap_failures)
		printf("matmul %d %llu 0\n", TIMES, (unsigned long long)ns);
	return end_tests();
}
