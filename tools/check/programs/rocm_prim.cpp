// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * rocPRIM: algorithms of the whole device against those of the C++ library. TAP.
 *
 * What does not live here: hipCUB, which is made of them, and parts for a block or a wave
 * (rocm_cub.cpp).
 */
#include <cstring>
#include <rocprim/rocprim.hpp>	/* of ROCm 7 wants the former */
#include <algorithm>
#include <numeric>
#include <vector>
#include "hip.h"

/* One block's and many blocks' work, with odd ends */
static const size_t counts[] = { 1, 63, 1000, 20001 };

#define STABLE	100	/* keys of which there are many */

/* DEVICE(function, args...): with the temporary memory that it asks for */
#define DEVICE(function, ...) do {						\
	size_t bytes_ = 0;							\
										\
	OK(function(nullptr, bytes_, __VA_ARGS__));				\
	OK(function((void *)on_device<char>(bytes_), bytes_, __VA_ARGS__));	\
} while (0)

template <typename T> static std::vector<T> numbers(size_t count)
{
	std::vector<T> v(count);

	for (T &x : v)
		x = (T)random_u64();
	return v;
}

template <typename T>
static bool are(const std::vector<T> &want, const T *device)
{
	std::vector<T> got(want.size());

	from_device(got.data(), device, got.size());
	return check(same(got.data(), want.data(), got.size(), sizeof(T)));
}

static void test_reduce()
{
	for (size_t count : counts) {
		std::vector<int> ints = numbers<int>(count);
		std::vector<double> doubles(count);
		int *device = to_device(ints.data(), count), *out = on_device<int>(1);
		double *sum = on_device<double>(1), got, want = 0, all = 0;

		DEVICE(rocprim::reduce, device, out, count, rocprim::plus<int>());
		are({ (int)std::accumulate(ints.begin(), ints.end(), 0u) }, out);
		DEVICE(rocprim::reduce, device, out, INT32_MIN, count, rocprim::maximum<int>());
		are({ *std::max_element(ints.begin(), ints.end()) }, out);
		for (double &x : doubles) {
			x = random_between(-1, 1);
			want += x;
			all += fabs(x);
		}
		DEVICE(rocprim::reduce, to_device(doubles.data(), count), sum, count,
		       rocprim::plus<double>());
		from_device(&got, sum, 1);
		check(is_close(got, want, all * 1e-14, 0));
	}
	end_hip_test("reduce");
}

static void test_scan()
{
	for (size_t count : counts) {
		std::vector<uint64_t> in = numbers<uint64_t>(count), want(count);
		uint64_t *device = to_device(in.data(), count), *out = on_device<uint64_t>(count);

		std::partial_sum(in.begin(), in.end(), want.begin());
		DEVICE(rocprim::inclusive_scan, device, out, count, rocprim::plus<uint64_t>());
		are(want, out);
		want.insert(want.begin(), 0);
		want.pop_back();
		for (uint64_t &x : want)
			x += 77;
		DEVICE(rocprim::exclusive_scan, device, out, 77ull, count,
		       rocprim::plus<uint64_t>());
		are(want, out);
	}
	end_hip_test("scan");
}

template <typename T> static void radix_sort()
{
	for (size_t count : counts) {
		std::vector<T> keys = numbers<T>(count), want = keys;
		T *out = on_device<T>(count);

		std::sort(want.begin(), want.end());
		DEVICE(rocprim::radix_sort_keys, to_device(keys.data(), count), out, count);
		are(want, out);
	}
}

/* Equal keys stay in order, so all is known. */
static void test_radix_sort()
{
	radix_sort<uint32_t>();
	end_hip_test("sort by radix: unsigned integers");
	radix_sort<int64_t>();
	end_hip_test("sort by radix: integers of 64 bits");
	for (size_t count : counts) {
		std::vector<float> keys(count), want(count);
		std::vector<uint32_t> places(count), order;
		float *sorted = on_device<float>(count);
		uint32_t *out = on_device<uint32_t>(count);

		for (float &x : keys)
			x = (int)(random_u32() % STABLE) - STABLE / 2;
		std::iota(places.begin(), places.end(), 0);
		order = places;
		std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
			return keys[a] > keys[b];
		});
		for (size_t i = 0; i < count; i++)
			want[i] = keys[order[i]];
		DEVICE(rocprim::radix_sort_pairs_desc, to_device(keys.data(), count), sorted,
		       to_device(places.data(), count), out, count);
		are(want, sorted);
		are(order, out);
	}
	end_hip_test("sort by radix: floats with their places, from the greatest");
}

/* By what a radix is of no use for */
static void test_merge_sort()
{
	for (size_t count : counts) {
		std::vector<uint32_t> keys = numbers<uint32_t>(count), want = keys;
		uint32_t *out = on_device<uint32_t>(count);
		auto before = [] __host__ __device__(uint32_t a, uint32_t b) {
			return a % STABLE < b % STABLE;
		};

		std::stable_sort(want.begin(), want.end(), before);
		DEVICE(rocprim::merge_sort, to_device(keys.data(), count), out, count, before);
		are(want, out);
	}
	end_hip_test("sort by merging");
}

static void test_select()
{
	for (size_t count : counts) {
		std::vector<int> in = numbers<int>(count), want;
		int *device = to_device(in.data(), count), *out = on_device<int>(count);
		uint32_t *chosen = on_device<uint32_t>(1);
		auto is_odd = [] __host__ __device__(int x) { return x & 1; };

		std::copy_if(in.begin(), in.end(), std::back_inserter(want), is_odd);
		DEVICE(rocprim::select, device, out, chosen, count, is_odd);
		are({ (uint32_t)want.size() }, chosen);
		are(want, out);
	}
	end_hip_test("select");
}

static void test_runs()
{
	for (size_t count : counts) {
		std::vector<uint32_t> in(count), values, lengths;
		uint32_t *unique = on_device<uint32_t>(count), *each = on_device<uint32_t>(count);
		uint32_t *runs = on_device<uint32_t>(1);

		for (size_t i = 0; i < count; i++) {
			in[i] = i && random_u32() % 5 ? in[i - 1] : random_u32();
			if (!i || in[i] != in[i - 1]) {
				values.push_back(in[i]);
				lengths.push_back(0);
			}
			lengths.back()++;
		}
		DEVICE(rocprim::run_length_encode, to_device(in.data(), count), (unsigned int)count,
		       unique, each, runs);
		are({ (uint32_t)values.size() }, runs);
		are(values, unique);
		are(lengths, each);
	}
	end_hip_test("runs");
}

static void test_histogram()
{
	for (size_t count : counts) {
		std::vector<float> in(count);
		std::vector<uint32_t> want(64);
		uint32_t *out = on_device<uint32_t>(want.size());

		for (float &x : in) {
			x = random_between(-0.1, 1.1);
			if (x >= 0 && x < 1)
				want[(size_t)(x * want.size())]++;
		}
		DEVICE(rocprim::histogram_even, to_device(in.data(), count), (unsigned int)count,
		       out, (unsigned int)want.size() + 1, 0.0f, 1.0f);
		are(want, out);
	}
	end_hip_test("histogram");
}

int main()
{
	begin_hip();
	test_reduce();
	test_scan();
	test_radix_sort();
	test_merge_sort();
	test_select();
	test_runs();
	test_histogram();
	return end_tests();
}
