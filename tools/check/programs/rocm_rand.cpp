// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * rocRAND: the library's kernels, and its header's in a kernel of this program. TAP.
 *
 * Numbers of Philox and XORWOW are compared bit by bit: with the former written down here, as
 * "Parallel random numbers: as easy as 1, 2, 3" (Salmon et al.) has it, and with what the header
 * makes of the latter on the CPU. What goes through functions of floats is compared by what it is
 * distributed like.
 */
#define FQUALIFIERS __forceinline__ __host__ __device__
#include <rocrand/rocrand.h>
#include <rocrand/rocrand_kernel.h>
#include <algorithm>
#include <vector>
#include "hip.h"

#define COUNT	100000
#define SEED	0x123456789abcdefull
#define THREADS	256

#define RAND_OK(call)	rand_succeeded(call, #call)

static bool rand_succeeded(rocrand_status status, const char *call)
{
	if (status != ROCRAND_STATUS_SUCCESS)
		note("%s: %d", call, status);
	return check(status == ROCRAND_STATUS_SUCCESS);
}

static rocrand_generator new_generator(rocrand_rng_type type)
{
	rocrand_generator generator = nullptr;

	if (RAND_OK(rocrand_create_generator(&generator, type)))
		RAND_OK(rocrand_set_seed(generator, SEED));
	return generator;
}

/* The n-th block of four numbers of Philox4x32-10 */
static void philox(uint64_t seed, uint64_t n, uint32_t *out)
{
	uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
	uint32_t c[4] = { (uint32_t)n, (uint32_t)(n >> 32), 0, 0 };

	for (int round = 0; round < 10; round++) {
		uint64_t p = c[0] * 0xd2511f53ull, q = c[2] * 0xcd9e8d57ull;
		uint32_t next[4] = { (uint32_t)(q >> 32) ^ c[1] ^ key[0], (uint32_t)q,
				     (uint32_t)(p >> 32) ^ c[3] ^ key[1], (uint32_t)p };

		memcpy(c, next, sizeof(c));
		key[0] += 0x9e3779b9;
		key[1] += 0xbb67ae85;
	}
	memcpy(out, c, sizeof(c));
}

static std::vector<uint32_t> philox_numbers()
{
	std::vector<uint32_t> want(COUNT);

	for (size_t i = 0; i < COUNT; i += 4)
		philox(SEED, i / 4, &want[i]);
	return want;
}

static void test_philox()
{
	static const uint32_t known[] = { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 };
	std::vector<uint32_t> want = philox_numbers(), got(COUNT);
	rocrand_generator generator = new_generator(ROCRAND_RNG_PSEUDO_PHILOX4_32_10);
	uint32_t *out = on_device<uint32_t>(COUNT), first[4];
	std::vector<float> floats(COUNT);

	/* That of the paper's authors for zeros */
	philox(0, 0, first);
	check(same(first, known, 4, sizeof(uint32_t)));
	RAND_OK(rocrand_generate(generator, out, COUNT));
	from_device(got.data(), out, COUNT);
	check(same(got.data(), want.data(), COUNT, sizeof(uint32_t)));
	end_test("Philox: bits");

	RAND_OK(rocrand_set_offset(generator, 0));
	RAND_OK(rocrand_generate_uniform(generator, (float *)out, COUNT));
	from_device(floats.data(), (float *)out, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		if (!is_close(floats[i], (want[i] + 1.0L) / 4294967296, 1.0L / (1 << 24), i)) {
			check(false);
			break;
		}
	check(*std::min_element(floats.begin(), floats.end()) > 0);
	check(*std::max_element(floats.begin(), floats.end()) <= 1);
	RAND_OK(rocrand_destroy_generator(generator));
	end_hip_test("Philox: uniform floats");
}

/* Each of the library's generators is a sequence of its own, and gives one number in turn. */
static void test_xorwow()
{
	rocrand_generator generator = new_generator(ROCRAND_RNG_PSEUDO_XORWOW);
	std::vector<uint32_t> got(COUNT);
	uint32_t *out = on_device<uint32_t>(COUNT);

	RAND_OK(rocrand_generate(generator, out, COUNT));
	from_device(got.data(), out, COUNT);
	for (size_t i = 0; i < COUNT; i = i < 64 ? i + 1 : i + 997) {
		rocrand_device::xorwow_engine engine(SEED, i, 0);
		uint32_t want = engine.next();

		if (!check(same(&got[i], &want, 1, sizeof(want)))) {
			note("of element %zu", i);
			break;
		}
	}
	RAND_OK(rocrand_destroy_generator(generator));
	end_hip_test("XORWOW: bits");
}

__global__ void draw(uint64_t seed, uint32_t *out, int each)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;
	rocrand_state_xorwow state;

	rocrand_init(seed, i, i % 5, &state);
	for (int n = 0; n < each; n++)
		out[i * each + n] = rocrand(&state);
}

static void test_header()
{
	const int threads = 2 * THREADS, each = 8;
	std::vector<uint32_t> want(threads * each), got(want.size());
	uint32_t *out = on_device<uint32_t>(got.size());

	for (int i = 0; i < threads; i++) {
		rocrand_device::xorwow_engine engine(SEED, i, i % 5);

		for (int n = 0; n < each; n++)
			want[i * each + n] = engine.next();
	}
	LAUNCH(draw, threads / THREADS, THREADS, SEED, out, each);
	from_device(got.data(), out, got.size());
	check(same(got.data(), want.data(), got.size(), sizeof(uint32_t)));
	end_hip_test("XORWOW: in a kernel");
}

/* The farthest that a sample is from what it is to be distributed like: Kolmogorov, Smirnov */
template <typename T>
static bool is_normal(std::vector<T> sample, double mean, double deviation)
{
	double most = 0, bound = 1.95 / sqrt(sample.size());	/* one in a thousand */

	std::sort(sample.begin(), sample.end());
	for (size_t i = 0; i < sample.size(); i++) {
		double want = erfc((mean - sample[i]) / deviation / sqrt(2)) / 2;

		most = fmax(most, fabs(want - (i + 0.5) / sample.size()));
	}
	if (!(most < bound))
		note("distance to a normal distribution: %g, not below %g", most, bound);
	return most < bound;
}

static void test_normal()
{
	rocrand_generator generator = new_generator(ROCRAND_RNG_PSEUDO_PHILOX4_32_10);
	std::vector<double> doubles(COUNT);
	std::vector<float> floats(COUNT);
	float *out = on_device<float>(COUNT);
	double *wide = on_device<double>(COUNT);

	RAND_OK(rocrand_generate_normal(generator, out, COUNT, 3, 2));
	from_device(floats.data(), out, COUNT);
	check(is_normal(floats, 3, 2));
	check(!is_normal(floats, 3.1, 2));
	end_test("Philox: normal floats");

	RAND_OK(rocrand_generate_normal_double(generator, wide, COUNT, -1, 0.5));
	from_device(doubles.data(), wide, COUNT);
	check(is_normal(doubles, -1, 0.5));
	RAND_OK(rocrand_generate_log_normal_double(generator, wide, COUNT, -1, 0.5));
	from_device(doubles.data(), wide, COUNT);
	for (double &x : doubles)
		x = log(x);
	check(is_normal(doubles, -1, 0.5));
	RAND_OK(rocrand_destroy_generator(generator));
	end_hip_test("Philox: normal doubles");
}

/* By chi-square of what is likely enough */
static bool is_poisson(const std::vector<uint32_t> &sample, double lambda)
{
	std::vector<uint32_t> seen(1024);
	double p = exp(-lambda), sum = 0, bound;
	int cells = 0;

	for (uint32_t x : sample)
		seen[x < seen.size() ? x : seen.size() - 1]++;
	for (size_t k = 0; k < seen.size(); k++) {
		double want = p * sample.size();

		if (want > 20) {
			sum += (seen[k] - want) * (seen[k] - want) / want;
			cells++;
		}
		p *= lambda / (k + 1);
	}
	/* 3.3 deviations from the mean */
	bound = cells + 3.3 * sqrt(2.0 * cells);
	if (!(sum < bound))
		note("chi-square of %d cells: %g, not below %g", cells, sum, bound);
	return sum < bound && cells > 10;
}

static void test_poisson()
{
	static const double lambdas[] = { 5.5, 100 };
	rocrand_generator generator = new_generator(ROCRAND_RNG_PSEUDO_PHILOX4_32_10);
	std::vector<uint32_t> got(COUNT);
	uint32_t *out = on_device<uint32_t>(COUNT);

	for (double lambda : lambdas) {
		RAND_OK(rocrand_generate_poisson(generator, out, COUNT, lambda));
		from_device(got.data(), out, COUNT);
		check(is_poisson(got, lambda));
		check(!is_poisson(got, lambda * 1.1));
	}
	RAND_OK(rocrand_destroy_generator(generator));
	end_hip_test("Philox: Poisson's distribution");
}

/* The farthest that sorted numbers of 0 to 1 are from being there equally often */
static bool is_uniform(std::vector<float> sample)
{
	double most = 0, bound = 1.95 / sqrt(sample.size());

	std::sort(sample.begin(), sample.end());
	for (size_t i = 0; i < sample.size(); i++)
		most = fmax(most, fabs(sample[i] - (i + 0.5) / sample.size()));
	if (!(most < bound))
		note("distance to a uniform distribution: %g, not below %g", most, bound);
	return most < bound;
}

/*
 * Each in floats of two distributions, and in bits that are not those of another one. LFSR113 is left
 * out: each thread takes as many steps to its start as its number is.
 */
static void test_others()
{
	static const struct {
		rocrand_rng_type type;
		const char *name;
	} others[] = {
		{ ROCRAND_RNG_PSEUDO_XORWOW, "XORWOW" },
		{ ROCRAND_RNG_PSEUDO_MRG32K3A, "MRG32k3a" },
		{ ROCRAND_RNG_PSEUDO_MRG31K3P, "MRG31k3p" },
		{ ROCRAND_RNG_PSEUDO_MTGP32, "MTGP32" },
		{ ROCRAND_RNG_PSEUDO_THREEFRY2_32_20, "Threefry2x32" },
		{ ROCRAND_RNG_PSEUDO_THREEFRY4_64_20, "Threefry4x64" },
	};
	std::vector<float> floats(COUNT), before(COUNT);

	for (const auto &other : others) {
		float *out = on_device<float>(COUNT);
		rocrand_generator generator = nullptr;

		RAND_OK(rocrand_create_generator(&generator, other.type));
		RAND_OK(rocrand_generate_uniform(generator, out, COUNT));
		from_device(floats.data(), out, COUNT);
		check(is_uniform(floats));
		check(floats != before);
		before = floats;
		RAND_OK(rocrand_generate_normal(generator, out, COUNT, 0, 1));
		from_device(floats.data(), out, COUNT);
		check(is_normal(floats, 0, 1));
		RAND_OK(rocrand_destroy_generator(generator));
		end_hip_test(other.name);
	}
}

/* Of two dimensions of Sobol: the first number of each is 0, and all intervals are met once. */
static void test_sobol()
{
	const size_t each = 4096;
	rocrand_generator generator = nullptr;
	std::vector<uint32_t> got(2 * each);
	uint32_t *out = on_device<uint32_t>(got.size());

	RAND_OK(rocrand_create_generator(&generator, ROCRAND_RNG_QUASI_SOBOL32));
	RAND_OK(rocrand_set_quasi_random_generator_dimensions(generator, 2));
	RAND_OK(rocrand_generate(generator, out, got.size()));
	from_device(got.data(), out, got.size());
	for (size_t d = 0; d < 2; d++) {
		std::vector<bool> met(each);

		check(got[d * each] == 0);
		for (size_t i = 0; i < each; i++) {
			size_t interval = got[d * each + i] / (4294967296 / each);

			check(!met[interval]);
			met[interval] = true;
		}
	}
	RAND_OK(rocrand_destroy_generator(generator));
	end_hip_test("Sobol");
}

int main()
{
	begin_hip();
	test_philox();
	test_xorwow();
	test_header();
	test_normal();
	test_poisson();
	test_sobol();
	test_others();
	return end_tests();
}
