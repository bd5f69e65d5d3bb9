// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * hipCUB: some algorithms of the whole device, and parts for a block and a wave in kernels of this
 * program. TAP.
 */
#include <hipcub/hipcub.hpp>
#include <algorithm>
#include <numeric>
#include <vector>
#include "hip.h"

#define COUNT	30011
#define THREADS	256
#define EACH	4	/* elements of a thread */
#define BLOCK	(THREADS * EACH)
#define WAVE	64

/* DEVICE(function, args...): with the temporary memory that it asks for */
#define DEVICE(function, ...) do {						\
	size_t bytes_ = 0;							\
										\
	OK(function(nullptr, bytes_, __VA_ARGS__));				\
	OK(function((void *)on_device<char>(bytes_), bytes_, __VA_ARGS__));	\
} while (0)

static std::vector<int> numbers(size_t count)
{
	std::vector<int> v(count);

	for (int &x : v)
		x = (int)random_u32() >> 8;
	return v;
}

template <typename T>
static void are(const std::vector<T> &want, const T *device)
{
	std::vector<T> got(want.size());

	from_device(got.data(), device, got.size());
	check(same(got.data(), want.data(), got.size(), sizeof(T)));
}

static void test_device()
{
	std::vector<int> in = numbers(COUNT), want(COUNT);
	std::vector<uint32_t> counts(100), places(COUNT), order(COUNT);
	int *device = to_device(in.data(), COUNT), *out = on_device<int>(COUNT);
	uint32_t *histogram = on_device<uint32_t>(counts.size());
	uint32_t *moved = on_device<uint32_t>(COUNT);

	DEVICE(hipcub::DeviceReduce::Sum, device, out, COUNT);
	are({ (int)std::accumulate(in.begin(), in.end(), 0u) }, out);
	DEVICE(hipcub::DeviceReduce::Min, device, out, COUNT);
	are({ *std::min_element(in.begin(), in.end()) }, out);
	end_test("reduce");

	std::partial_sum(in.begin(), in.end(), want.begin(),
			 [](int a, int b) { return (int)((unsigned int)a + b); });
	DEVICE(hipcub::DeviceScan::InclusiveSum, device, out, COUNT);
	are(want, out);
	end_test("scan");

	std::iota(places.begin(), places.end(), 0);
	order = places;
	std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
		return in[a] > in[b];
	});
	for (size_t i = 0; i < COUNT; i++)
		want[i] = in[order[i]];
	DEVICE(hipcub::DeviceRadixSort::SortPairsDescending, device, out,
	       to_device(places.data(), COUNT), moved, COUNT);
	are(want, out);
	are(order, moved);
	end_test("sort");

	for (int x : in)
		if (x >= 0 && x < 100000)
			counts[x / 1000]++;
	DEVICE(hipcub::DeviceHistogram::HistogramEven, device, histogram, (int)counts.size() + 1, 0,
	       100000, COUNT);
	are(counts, histogram);
	end_hip_test("histogram");
}

/* A block's elements: their sum, sums up to each, and sorted */
__global__ void block_parts(const int *in, int *sums, int *scanned, int *sorted)
{
	using reduce = hipcub::BlockReduce<int, THREADS>;
	using scan = hipcub::BlockScan<int, THREADS>;
	using sort = hipcub::BlockRadixSort<int, THREADS, EACH>;
	using load = hipcub::BlockLoad<int, THREADS, EACH, hipcub::BLOCK_LOAD_TRANSPOSE>;
	using store = hipcub::BlockStore<int, THREADS, EACH, hipcub::BLOCK_STORE_TRANSPOSE>;
	__shared__ union {
		typename reduce::TempStorage reduce;
		typename scan::TempStorage scan;
		typename sort::TempStorage sort;
		typename load::TempStorage load;
		typename store::TempStorage store;
	} temp;
	int items[EACH], results[EACH], sum;
	size_t base = blockIdx.x * BLOCK;

	load(temp.load).Load(in + base, items);
	__syncthreads();
	sum = reduce(temp.reduce).Sum(items);
	if (!threadIdx.x)
		sums[blockIdx.x] = sum;
	__syncthreads();
	scan(temp.scan).InclusiveSum(items, results);
	__syncthreads();
	store(temp.store).Store(scanned + base, results);
	__syncthreads();
	sort(temp.sort).Sort(items);
	__syncthreads();
	store(temp.store).Store(sorted + base, items);
}

static void test_block()
{
	const size_t blocks = 7;
	std::vector<int> in = numbers(blocks * BLOCK), scan(in.size()), sort = in, sums;
	int *out = on_device<int>(blocks), *scanned = on_device<int>(in.size());
	int *sorted = on_device<int>(in.size());

	for (size_t b = 0; b < in.size(); b += BLOCK) {
		unsigned int sum = 0;

		for (size_t i = b; i < b + BLOCK; i++)
			scan[i] = sum += in[i];
		sums.push_back(sum);
		std::sort(sort.begin() + b, sort.begin() + b + BLOCK);
	}
	LAUNCH(block_parts, blocks, THREADS, to_device(in.data(), in.size()), out, scanned, sorted);
	are(sums, out);
	are(scan, scanned);
	are(sort, sorted);
	end_hip_test("parts of a block");
}

/* Of a wave and of half a wave */
__global__ void wave_parts(const int *in, int *sums, int *greatest)
{
	using scan = hipcub::WarpScan<int, WAVE>;
	using reduce = hipcub::WarpReduce<int, WAVE / 2>;
	__shared__ typename scan::TempStorage scans[THREADS / WAVE];
	__shared__ typename reduce::TempStorage reduces[THREADS / WAVE * 2];
	int i = threadIdx.x, sum, most;

	scan(scans[i / WAVE]).ExclusiveSum(in[i], sum);
	sums[i] = sum;
	most = reduce(reduces[i / (WAVE / 2)]).Reduce(in[i], hipcub::Max());
	if (i % (WAVE / 2) == 0)
		greatest[i / (WAVE / 2)] = most;
}

static void test_wave()
{
	std::vector<int> in = numbers(THREADS), sums(THREADS), greatest(THREADS / WAVE * 2);
	int *out = on_device<int>(THREADS), *most = on_device<int>(greatest.size());

	for (size_t i = 0; i < THREADS; i++) {
		sums[i] = i % WAVE ? (int)((unsigned int)sums[i - 1] + in[i - 1]) : 0;
		if (i % (WAVE / 2) == 0)
			greatest[i / (WAVE / 2)] = *std::max_element(in.begin() + i,
								     in.begin() + i + WAVE / 2);
	}
	LAUNCH(wave_parts, 1, THREADS, to_device(in.data(), THREADS), out, most);
	are(sums, out);
	are(greatest, most);
	end_hip_test("parts of a wave");
}

int main()
{
	begin_hip();
	test_device();
	test_block();
	test_wave();
	return end_tests();
}
