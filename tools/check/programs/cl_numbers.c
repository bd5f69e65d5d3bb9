// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * OpenCL: what one work-item computes: integers, floats and doubles. TAP.
 *
 * What lives here: vector add, SAXPY, operations on integers and their conversions, functions of
 * floats and doubles within the bounds that OpenCL has for them. What does not: work-items that
 * work together (cl_groups.c).
 */
#include "cl.h"

/* Not a multiple of a group: the last one is smaller. */
#define COUNT	50003
/* Of functions, which take the host's emulated CPU longer */
#define FEW	5000

static const char source[] =
"kernel void add_ints(global const int *a, global const int *b, global int *out)\n"
"{\n"
"	size_t i = get_global_id(0);\n"
"	out[i] = a[i] + b[i];\n"
"}\n"
"kernel void add_floats(global const float *a, global const float *b, global float *out)\n"
"{\n"
"	size_t i = get_global_id(0);\n"
"	out[i] = a[i] + b[i];\n"
"}\n"
"kernel void saxpy(float a, global const float *x, global float *y)\n"
"{\n"
"	size_t i = get_global_id(0);\n"
"	y[i] = fma(a, x[i], y[i]);\n"
"}\n"
"kernel void ints(global const int *a, global const int *b, global int *out)\n"
"{\n"
"	size_t i = get_global_id(0), n = get_global_size(0);\n"
"	int x = a[i], y = b[i];\n"
"	uint u = x, v = y;\n"
"	out[i] = x / y;\n"
"	out[i + n] = u % v;\n"
"	out[i + n * 2] = mul_hi(x, y);\n"
"	out[i + n * 3] = mul_hi(u, v);\n"
"	out[i + n * 4] = mad24(x >> 8, y >> 8, x);\n"
"	out[i + n * 5] = rotate(u, v);\n"
"	out[i + n * 6] = clz(x);\n"
"	out[i + n * 7] = popcount(y);\n"
"	out[i + n * 8] = add_sat(x, y);\n"
"	out[i + n * 9] = sub_sat(u, v);\n"
"	out[i + n * 10] = x >> (y & 31);\n"
"	out[i + n * 11] = max(abs(x), abs(y));\n"
"	out[i + n * 12] = as_int(as_char4(x) * as_char4(y));\n"
"	out[i + n * 13] = upsample(as_short2(x).x, as_ushort2(y).y);\n"
"	out[i + n * 14] = bitselect(x, y, 0x0f0f0f0f);\n"
"	out[i + n * 15] = hadd(x, y);\n"
"}\n"
"kernel void longs(global const long *a, global const long *b, global long *out)\n"
"{\n"
"	size_t i = get_global_id(0), n = get_global_size(0);\n"
"	long x = a[i], y = b[i];\n"
"	ulong u = x, v = y;\n"
"	out[i] = x * y;\n"
"	out[i + n] = x / y;\n"
"	out[i + n * 2] = u % v;\n"
"	out[i + n * 3] = mul_hi(u, v);\n"
"	out[i + n * 4] = u << (v & 63) ^ u >> (v >> 6 & 63) ^ x >> (v >> 12 & 63);\n"
"	out[i + n * 5] = clz(y) + popcount(x);\n"
"	out[i + n * 6] = x < y ? x - y : y - x;\n"
"	out[i + n * 7] = sub_sat(x, y);\n"
"}\n"
"kernel void conversions(global const float *a, global int *out)\n"
"{\n"
"	size_t i = get_global_id(0), n = get_global_size(0);\n"
"	float x = a[i];\n"
"	out[i] = convert_int_rtz(x);\n"
"	out[i + n] = convert_int_rte(x);\n"
"	out[i + n * 2] = convert_int_rtp(x);\n"
"	out[i + n * 3] = convert_int_rtn(x);\n"
"	out[i + n * 4] = convert_uchar_sat(x);\n"
"	out[i + n * 5] = as_int(convert_float_rtz(convert_int_rtz(x * 16777.0f)));\n"
"	out[i + n * 6] = as_int((float)convert_long_rtz(x * 1e12f));\n"
"	vstore_half_rte(x, i, (global half *)(out + n * 7));\n"
"	out[i + n * 8] = as_int(vload_half(i, (global half *)(out + n * 7)));\n"
"	out[i + n * 9] = as_int(floor(x) + 4 * ceil(x) + 16 * rint(x) + 64 * trunc(x));\n"
"	out[i + n * 10] = as_int(ldexp(fract(x, (float *)&x), ilogb(x + 3000.0f)));\n"
"}\n"
"kernel void floats(global const float *a, global const float *b, global float *out)\n"
"{\n"
"	size_t i = get_global_id(0), n = get_global_size(0);\n"
"	float x = a[i], y = b[i];\n"
"	out[i] = x / y;\n"
"	out[i + n] = sqrt(y);\n"
"	out[i + n * 2] = rsqrt(y);\n"
"	out[i + n * 3] = exp(x);\n"
"	out[i + n * 4] = log(y);\n"
"	out[i + n * 5] = sin(x * 10);\n"
"	out[i + n * 6] = cos(x * 1e6f);\n"
"	out[i + n * 7] = pow(y, x);\n"
"	out[i + n * 8] = tanh(x);\n"
"	out[i + n * 9] = atan2(x, y);\n"
"	out[i + n * 10] = cbrt(x);\n"
"	out[i + n * 11] = fmod(x * 100, y);\n"
"}\n"
"#pragma OPENCL EXTENSION cl_khr_fp64: enable\n"
"kernel void doubles(global const double *a, global const double *b, global double *out)\n"
"{\n"
"	size_t i = get_global_id(0), n = get_global_size(0);\n"
"	double x = a[i], y = b[i];\n"
"	out[i] = fma(x, y, x);\n"
"	out[i + n] = x / y;\n"
"	out[i + n * 2] = sqrt(y);\n"
"	out[i + n * 3] = x + y;\n"
"	out[i + n * 4] = exp(x);\n"
"	out[i + n * 5] = log(y);\n"
"	out[i + n * 6] = sin(x * 1e6);\n"
"	out[i + n * 7] = cos(x);\n"
"	out[i + n * 8] = pow(y, x);\n"
"}\n"
"kernel void from_doubles(global const double *a, global long *out)\n"
"{\n"
"	size_t i = get_global_id(0), n = get_global_size(0);\n"
"	out[i] = convert_long_rtz(a[i] * 1e15);\n"
"	out[i + n] = convert_int_rte(a[i] * 1e5);\n"
"	out[i + n * 2] = as_int((float)a[i]);\n"
"	out[i + n * 3] = as_long(rint(a[i]) + trunc(a[i]) * 1000);\n"
"	out[i + n * 4] = as_long((double)convert_int_rtz(a[i] * 1e7));\n"
"}\n";

static int *random_ints(size_t count, bool nonzero)
{
	int *p = array(count, sizeof(*p));

	/* Of all magnitudes; INT_MIN / -1 has no value. */
	for (size_t i = 0; i < count; i++) {
		p[i] = (int)random_u32() >> random_u32() % 31;
		if (nonzero && !p[i])
			p[i] = 1;
		if (p[i] == INT32_MIN)
			p[i]++;
	}
	return p;
}

static int64_t *random_longs(size_t count, bool nonzero)
{
	int64_t *p = array(count, sizeof(*p));

	for (size_t i = 0; i < count; i++) {
		p[i] = (int64_t)random_u64() >> random_u32() % 63;
		if (nonzero && !p[i])
			p[i] = 1;
		if (p[i] == INT64_MIN)
			p[i]++;
	}
	return p;
}

static float *random_floats(size_t count, double low, double high)
{
	float *p = array(count, sizeof(*p));

	for (size_t i = 0; i < count; i++)
		p[i] = (float)random_between(low, high);
	return p;
}

static void vector_add(void)
{
	size_t size = COUNT * sizeof(int);
	int *a = random_ints(COUNT, false), *b = random_ints(COUNT, false);
	float *x = random_floats(COUNT, -1e6, 1e6), *y = random_floats(COUNT, -1, 1);
	unsigned int *want = array(COUNT, sizeof(*want)), *got = array(COUNT, sizeof(*got));
	float *sums = array(COUNT, sizeof(*sums));
	cl_mem da = to_device(a, size), db = to_device(b, size), out = on_device(size);
	unsigned int other;

	for (size_t i = 0; i < COUNT; i++)
		want[i] = (unsigned int)a[i] + (unsigned int)b[i];
	RUN("add_ints", RANGE(COUNT, 0), BUFFER(da), BUFFER(db), BUFFER(out));
	from_device(out, got, size);
	check(same(got, want, COUNT, sizeof(*got)));
	end_test("vector add of integers");

	other = got[COUNT / 2] ^ 1;
	OK(clEnqueueWriteBuffer(queue, out, CL_TRUE, COUNT / 2 * sizeof(other), sizeof(other),
				&other, 0, NULL, NULL));
	from_device(out, got, size);
	check(!same(got, want, COUNT, sizeof(*got)));
	end_cl_test("a changed bit is noticed");

	da = to_device(x, size);
	db = to_device(y, size);
	out = on_device(size);
	for (size_t i = 0; i < COUNT; i++)
		sums[i] = x[i] + y[i];
	RUN("add_floats", RANGE(COUNT, 64), BUFFER(da), BUFFER(db), BUFFER(out));
	from_device(out, got, size);
	check(same(got, sums, COUNT, sizeof(*got)));
	end_cl_test("vector add of floats");
	free(a);
	free(b);
	free(x);
	free(y);
	free(want);
	free(got);
	free(sums);
}

static void saxpy(void)
{
	size_t size = COUNT * sizeof(float);
	float *x = random_floats(COUNT, -100, 100), *y = random_floats(COUNT, -100, 100);
	float *got = array(COUNT, sizeof(*got)), a = 1.7f;
	cl_mem dx = to_device(x, size), dy = to_device(y, size);

	for (size_t i = 0; i < COUNT; i++)
		y[i] = fmaf(a, x[i], y[i]);
	RUN("saxpy", RANGE(COUNT, 0), NUMBER(a), BUFFER(dx), BUFFER(dy));
	from_device(dy, got, size);
	check(same(got, y, COUNT, sizeof(*got)));
	end_cl_test("SAXPY");
	free(x);
	free(y);
	free(got);
}

static int clamp_int(int64_t x)
{
	return x > INT32_MAX ? INT32_MAX : x < INT32_MIN ? INT32_MIN : (int)x;
}

static int product_of_chars(uint32_t x, uint32_t y)
{
	uint32_t product = 0;

	for (int bit = 0; bit < 32; bit += 8)
		product |= ((x >> bit) * (y >> bit) & 0xff) << bit;
	return (int)product;
}

static void ints(void)
{
	enum { RESULTS = 16 };
	int *a = random_ints(FEW, false), *b = random_ints(FEW, true);
	int *got = array(FEW * RESULTS, sizeof(int)), *want = array(FEW * RESULTS, sizeof(int));
	cl_mem da = to_device(a, FEW * sizeof(int)), db = to_device(b, FEW * sizeof(int));
	cl_mem out = on_device(FEW * RESULTS * sizeof(int));

	for (size_t i = 0; i < FEW; i++) {
		int64_t x = a[i], y = b[i];
		uint32_t u = (uint32_t)x, v = (uint32_t)y;
		uint32_t results[RESULTS] = {
			(uint32_t)(x / y), u % v, (uint32_t)(x * y >> 32),
			(uint32_t)((uint64_t)u * v >> 32),
			(uint32_t)((x >> 8) * (y >> 8) + x),
			v % 32 ? u << v % 32 | u >> (32 - v % 32) : u,
			u ? (uint32_t)__builtin_clz(u) : 32, (uint32_t)__builtin_popcount(v),
			(uint32_t)clamp_int(x + y), u > v ? u - v : 0,
			(uint32_t)(x >> (y & 31)),
			(uint32_t)(llabs(x) > llabs(y) ? llabs(x) : llabs(y)),
			(uint32_t)product_of_chars(u, v), u << 16 | v >> 16,
			(u & 0xf0f0f0f0) | (v & 0x0f0f0f0f), (uint32_t)((x + y) >> 1),
		};

		for (size_t r = 0; r < RESULTS; r++)
			want[i + FEW * r] = (int)results[r];
	}
	RUN("ints", RANGE(FEW, 0), BUFFER(da), BUFFER(db), BUFFER(out));
	from_device(out, got, FEW * RESULTS * sizeof(int));
	check(same(got, want, FEW * RESULTS, sizeof(int)));
	end_cl_test("32-bit integers");
	free(a);
	free(b);
	free(got);
	free(want);
}

static void longs(void)
{
	enum { RESULTS = 8 };
	int64_t *a = random_longs(FEW, false), *b = random_longs(FEW, true);
	int64_t *got = array(FEW * RESULTS, 8), *want = array(FEW * RESULTS, 8);
	cl_mem da = to_device(a, FEW * 8), db = to_device(b, FEW * 8);
	cl_mem out = on_device(FEW * RESULTS * 8);

	for (size_t i = 0; i < FEW; i++) {
		int64_t x = a[i], y = b[i], difference;
		uint64_t u = (uint64_t)x, v = (uint64_t)y;
		bool over = __builtin_sub_overflow(x, y, &difference);
		uint64_t results[RESULTS] = {
			u * v, (uint64_t)(x / y), u % v,
			(uint64_t)((unsigned __int128)u * v >> 64),
			u << (v & 63) ^ u >> (v >> 6 & 63) ^ (uint64_t)(x >> (v >> 12 & 63)),
			(uint64_t)(v ? __builtin_clzll(v) : 64) + __builtin_popcountll(u),
			x < y ? u - v : v - u,
			over ? (x < 0 ? 1ULL << 63 : ~0ULL >> 1) : (uint64_t)difference,
		};

		for (size_t r = 0; r < RESULTS; r++)
			want[i + FEW * r] = (int64_t)results[r];
	}
	RUN("longs", RANGE(FEW, 0), BUFFER(da), BUFFER(db), BUFFER(out));
	from_device(out, got, FEW * RESULTS * 8);
	check(same(got, want, FEW * RESULTS, 8));
	end_cl_test("64-bit integers");
	free(a);
	free(b);
	free(got);
	free(want);
}

static int bits_of(float x)
{
	int i;

	memcpy(&i, &x, sizeof(i));
	return i;
}

/* Half a float: its nearest number of 11 bits, of those in question here all in range */
static float to_half(float x)
{
	int e;

	frexpf(x, &e);
	e = (e > -13 ? e : -13) - 11;
	return (float)ldexp(nearbyint(ldexp(x, -e)), e);
}

static uint16_t half_bits(float x)
{
	uint32_t bits = (uint32_t)bits_of(to_half(x)), sign = bits >> 16 & 0x8000;
	float magnitude = fabsf(to_half(x));

	/* Of a subnormal number, the multiple of the least one */
	if (magnitude < ldexpf(1, -14))
		return (uint16_t)(sign | (uint32_t)ldexpf(magnitude, 24));
	return (uint16_t)(sign | ((bits & 0x7fffffff) - (112 << 23)) >> 13);
}

static void conversions(void)
{
	enum { RESULTS = 11 };
	float *a = random_floats(FEW, -300, 300);
	int *got = array(FEW * RESULTS, sizeof(int)), *want = array(FEW * RESULTS, sizeof(int));
	uint16_t *halves = (uint16_t *)(want + FEW * 7);
	cl_mem da, out = on_device(FEW * RESULTS * sizeof(int));

	for (size_t i = 0; i < FEW; i += 5) {
		a[i] = (float)((int)(a[i] * 2)) / 2;
		a[i + 1] *= 1e-6f;
	}
	da = to_device(a, FEW * sizeof(float));
	/* Only the first half of these results is written. */
	memset(want + FEW * 7, 0xa5, FEW * sizeof(int));
	for (size_t i = 0; i < FEW; i++) {
		float x = a[i], whole = floorf(x), fract;
		int results[] = {
			(int)truncf(x), (int)rintf(x), (int)ceilf(x), (int)whole,
			x < 0 ? 0 : x > 255 ? 255 : (int)x,
			0, bits_of((float)(int64_t)(x * 1e12f)),
			0, bits_of(to_half(x)),
			bits_of(whole + 4 * ceilf(x) + 16 * rintf(x) + 64 * truncf(x)), 0,
		};
		/* No bits are lost of a float of at most 24 */
		int scaled = (int)(x * 16777.0f);
		float rounded = (float)scaled;

		if (fabs((double)rounded) > fabs((double)scaled))
			rounded = nextafterf(rounded, 0);
		results[5] = bits_of(rounded);
		/* The kernel's x is the whole part from then on */
		fract = fminf(x - whole, 0x1.fffffep-1f);
		results[10] = bits_of(ldexpf(fract, ilogbf(whole + 3000.0f)));
		halves[i] = half_bits(x);
		for (size_t r = 0; r < RESULTS; r++) {
			if (r != 7)
				want[i + FEW * r] = results[r];
		}
	}
	RUN("conversions", RANGE(FEW, 0), BUFFER(da), BUFFER(out));
	from_device(out, got, FEW * RESULTS * sizeof(int));
	check(same(got, want, FEW * RESULTS, sizeof(int)));
	end_cl_test("conversions of floats");
	free(a);
	free(got);
	free(want);
}

static void floats(void)
{
	/* The bounds of OpenCL's full profile */
	static const struct {
		const char *name;
		double ulps;
	} functions[] = {
		{ "division", 2.5 }, { "sqrt", 3 }, { "rsqrt", 2 }, { "exp", 3 }, { "log", 3 },
		{ "sin", 4 }, { "cos of large angles", 4 }, { "pow", 16 }, { "tanh", 5 },
		{ "atan2", 6 }, { "cbrt", 2 }, { "fmod", 0 },
	};
	const size_t kinds = ARRAY_SIZE(functions);
	float *a = random_floats(FEW, -20, 20), *b = random_floats(FEW, 0.001, 50);
	float *got = array(FEW * kinds, sizeof(*got));
	double *want = array(FEW * kinds, sizeof(*want));
	cl_mem da = to_device(a, FEW * sizeof(*a)), db = to_device(b, FEW * sizeof(*b));
	cl_mem out = on_device(FEW * kinds * sizeof(*got));

	for (size_t i = 0; i < FEW; i++) {
		double x = a[i], y = b[i];
		double results[] = {
			x / y, sqrt(y), 1 / sqrt(y), exp(x), log(y), sin(a[i] * 10),
			cos(a[i] * 1e6f), pow(y, x), tanh(x), atan2(x, y), cbrt(x),
			fmod(a[i] * 100, y),
		};

		for (size_t r = 0; r < kinds; r++)
			want[i + FEW * r] = results[r];
	}
	RUN("floats", RANGE(FEW, 0), BUFFER(da), BUFFER(db), BUFFER(out));
	from_device(out, got, FEW * kinds * sizeof(*got));
	for (size_t r = 0; r < kinds; r++) {
		char name[64];

		snprintf(name, sizeof(name), "floats: %s", functions[r].name);
		check(close_floats(got + FEW * r, want + FEW * r, FEW, functions[r].ulps));
		end_test(name);
	}
	release_buffers();
	free(a);
	free(b);
	free(got);
	free(want);
}

static void doubles(void)
{
	static const struct {
		const char *name;
		double ulps;
	} functions[] = {
		{ "fma", 0.5 }, { "division", 0.5 }, { "sqrt", 0.5 }, { "addition", 0.5 },
		{ "exp", 3 }, { "log", 3 }, { "sin of large angles", 4 }, { "cos", 4 },
		{ "pow", 16 },
	};
	const size_t kinds = ARRAY_SIZE(functions);
	double *a = array(FEW, sizeof(*a)), *b = array(FEW, sizeof(*b));
	double *got = array(FEW * kinds, sizeof(*got));
	long double *want = array(FEW * kinds, sizeof(*want));
	cl_mem da, db, out;

	for (size_t i = 0; i < FEW; i++) {
		a[i] = random_between(-20, 20) + random_between(0, 1e-9);
		b[i] = random_between(0.001, 50) + random_between(0, 1e-9);
	}
	da = to_device(a, FEW * sizeof(*a));
	db = to_device(b, FEW * sizeof(*b));
	out = on_device(FEW * kinds * sizeof(*got));
	for (size_t i = 0; i < FEW; i++) {
		long double x = a[i], y = b[i];
		long double results[] = {
			fma(a[i], b[i], a[i]), a[i] / b[i], sqrt(b[i]), a[i] + b[i],
			expl(x), logl(y), sinl(a[i] * 1e6), cosl(x), powl(y, x),
		};

		for (size_t r = 0; r < kinds; r++)
			want[i + FEW * r] = results[r];
	}
	RUN("doubles", RANGE(FEW, 0), BUFFER(da), BUFFER(db), BUFFER(out));
	from_device(out, got, FEW * kinds * sizeof(*got));
	for (size_t r = 0; r < kinds; r++) {
		char name[64];

		snprintf(name, sizeof(name), "doubles: %s", functions[r].name);
		/* Those are compared with what a CPU of doubles makes of it: they are the same. */
		check(close_doubles(got + FEW * r, want + FEW * r, FEW,
				    functions[r].ulps > 0.5 ? functions[r].ulps : 0));
		end_test(name);
	}
	release_buffers();
	free(b);
	free(got);
	free(want);

	int64_t *ints = array(FEW * 5, 8), *should = array(FEW * 5, 8);

	out = on_device(FEW * 5 * 8);
	da = to_device(a, FEW * 8);
	for (size_t i = 0; i < FEW; i++) {
		double sum = rint(a[i]) + trunc(a[i]) * 1000, product = (int)(a[i] * 1e7);

		should[i] = (int64_t)(a[i] * 1e15);
		should[i + FEW] = (int)rint(a[i] * 1e5);
		should[i + FEW * 2] = bits_of((float)a[i]);
		memcpy(should + i + FEW * 3, &sum, 8);
		memcpy(should + i + FEW * 4, &product, 8);
	}
	RUN("from_doubles", RANGE(FEW, 0), BUFFER(da), BUFFER(out));
	from_device(out, ints, FEW * 5 * 8);
	check(same(ints, should, FEW * 5, 8));
	end_cl_test("doubles: conversions");
	free(a);
	free(ints);
	free(should);
}

int main(void)
{
	begin_cl(source, "-cl-std=CL2.0");
	vector_add();
	saxpy();
	ints();
	longs();
	conversions();
	floats();
	doubles();
	return end_cl();
}
