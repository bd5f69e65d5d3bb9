/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * TAP of the programs that compute, in C and C++, and how what a GPU computed is compared with what
 * it should be.
 *
 * What lives here: tests that pass unless something in them was wrong, numbers to compute with,
 * comparisons. What does not: anything of OpenCL (cl.h) or HIP (hip.h).
 */
#ifndef TAP_H
#define TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define TAP_UNUSED	__attribute__((unused))

static int tap_tests, tap_failures;
/* Has something been wrong in the test that runs */
static bool tap_wrong;

__attribute__((format(printf, 1, 2))) TAP_UNUSED
static void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("# ");
	vprintf(format, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
}

/* A test is what is checked until its end. */
TAP_UNUSED
static bool check(bool right)
{
	tap_wrong |= !right;
	return right;
}

TAP_UNUSED
static void end_test(const char *name)
{
	printf("%sok %d - %s\n", tap_wrong ? "not " : "", ++tap_tests, name);
	fflush(stdout);
	tap_failures += tap_wrong;
	tap_wrong = false;
}

TAP_UNUSED
static void skip_test(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_tests, name, why);
	fflush(stdout);
	tap_wrong = false;
}

__attribute__((noreturn)) TAP_UNUSED
static void bail_out(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

/* The status that main() returns */
TAP_UNUSED
static int end_tests(void)
{
	printf("1..%d\n", tap_tests);
	return tap_failures ? 1 : 0;
}

TAP_UNUSED
static void *array(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		bail_out("no memory");
	return p;
}

/* The same numbers in each run */
TAP_UNUSED
static uint32_t random_u32(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15;

	state = state * 6364136223846793005 + 1442695040888963407;
	return (uint32_t)(state >> 33 ^ state >> 13);
}

TAP_UNUSED
static uint64_t random_u64(void)
{
	uint64_t high = random_u32();

	return high << 32 | random_u32();
}

TAP_UNUSED
static double random_between(double low, double high)
{
	return low + (high - low) * (random_u32() / 4294967296.0);
}

/* same() - is each of @count elements of @size bytes, 8 at most, what it should be */
TAP_UNUSED
static bool same(const void *got, const void *want, size_t count, size_t size)
{
	const uint8_t *g = (const uint8_t *)got, *w = (const uint8_t *)want;
	uint64_t is = 0, should = 0;
	size_t i = 0;

	if (!memcmp(g, w, count * size))
		return true;
	while (!memcmp(g + i * size, w + i * size, size))
		i++;
	memcpy(&is, g + i * size, size);
	memcpy(&should, w + i * size, size);
	note("element %zu of %zu is %#llx, not %#llx", i, count, (unsigned long long)is,
	     (unsigned long long)should);
	return false;
}

/* The distance of a number to the next one that a float, with 24 bits, or a double, with 53, has */
TAP_UNUSED
static long double ulp(long double x, int bits, int least)
{
	int e;

	frexpl(x, &e);
	return ldexpl(1, (e > least ? e : least) - bits);
}

TAP_UNUSED
static bool is_close(long double got, long double want, long double bound, size_t i)
{
	if ((isnan(want) && isnan(got)) || got == want || fabsl(got - want) <= bound)
		return true;
	note("element %zu is %.17Lg, not within %Lg of %.17Lg", i, got, bound, want);
	return false;
}

/* close_floats() - is each within so many ulps of a number that was computed more precisely */
TAP_UNUSED
static bool close_floats(const float *got, const double *want, size_t count, double ulps)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_close(got[i], want[i], ulps * ulp(want[i], 24, -125), i))
			return false;
	}
	return true;
}

TAP_UNUSED
static bool close_doubles(const double *got, const long double *want, size_t count, double ulps)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_close(got[i], want[i], ulps * ulp(want[i], 53, -1021), i))
			return false;
	}
	return true;
}

#endif
