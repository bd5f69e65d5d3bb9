// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Copies by HIP from the host to the device and back, compared byte for byte. TAP.
 *
 * What lives here: sizes of 4 B to 256 MiB, also those beside the sizes of pages, staging
 * buffers and SDMA packets; pageable, registered and pinned memory of the host; one copy after
 * the other, and many at once on eight streams. What does not: kernels, and copies that are
 * made by them. HIP's interface is that of C, so hipcc takes this file as C.
 */
#include <hip/hip_runtime_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KIB	1024UL
#define MIB	(1024UL * KIB)
#define PAGE	(4 * KIB)
/* Less where time matters more than sizes */
#ifndef MOST
#define MOST	(256 * MIB)
#endif
#define STREAMS	8
#define PIECES	4
/* What a stream has of the host's memory; behind each copy there are bytes that must stay. */
#define SLICE	(MOST / STREAMS + PAGE)
#define GUARD	64
#define GUARD_BYTE	0xa5

/* Most bytes of one COPY_LINEAR packet, as ROCr counts them */
#define PACKET	(4 * MIB - 32)

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define OK(call)	succeeded(call, #call)

static int tests;
static uint64_t last_seed;
static unsigned long comparisons;
static unsigned long long bytes;

/* Memory of the host */
static uint8_t *in, *out;

static bool succeeded(hipError_t error, const char *call)
{
	if (error != hipSuccess)
		printf("# %s: %s\n", call, hipGetErrorName(error));
	return error == hipSuccess;
}

static void result(bool passed, const char *kind, const char *name)
{
	printf("%sok %d - %s%s%s\n", passed ? "" : "not ", ++tests, kind, *kind ? ": " : "", name);
	fflush(stdout);
}

static int bail(const char *why)
{
	printf("Bail out! %s\n", why);
	return 1;
}

/* Eight bytes that depend on their place and on the copy */
static uint64_t pattern(uint64_t seed, uint64_t place)
{
	uint64_t x = place + seed * 0x9e3779b97f4a7c15;

	x = (x ^ x >> 32) * 0xbf58476d1ce4e5b9;
	return x ^ x >> 29;
}

/* Sizes that the compiler knows: an emulated CPU has enough to do. */
static void put(uint8_t *to, uint64_t value, size_t room)
{
	if (room >= 8)
		memcpy(to, &value, 8);
	else
		memcpy(to, &value, room);
}

static bool has(const uint8_t *from, uint64_t value, size_t room)
{
	return room >= 8 ? !memcmp(from, &value, 8) : !memcmp(from, &value, room);
}

/* No byte of the destination is right before the copy. */
static uint64_t prepare(uint8_t *src, uint8_t *dst, size_t size)
{
	uint64_t seed = ++last_seed;

	for (size_t i = 0; i < size; i += 8) {
		uint64_t right = pattern(seed, i);

		put(src + i, right, size - i);
		put(dst + i, ~right, size - i);
	}
	memset(dst + size, GUARD_BYTE, GUARD);
	return seed;
}

/* The first byte that is not as it was prepared, or @size. */
static size_t difference(const uint8_t *dst, size_t size, uint64_t seed)
{
	comparisons++;
	bytes += size;
	for (size_t i = 0; i < size; i += 8) {
		uint64_t right = pattern(seed, i);

		if (has(dst + i, right, size - i))
			continue;
		while (dst[i] == ((uint8_t *)&right)[i % 8])
			i++;
		return i;
	}
	return size;
}

static bool compare(const uint8_t *dst, size_t size, uint64_t seed)
{
	size_t where = difference(dst, size, seed);

	for (size_t i = size; where == size && i < size + GUARD; i++) {
		if (dst[i] != GUARD_BYTE) {
			printf("# %zu bytes: wrote to byte %zu\n", size, i);
			return false;
		}
	}
	if (where != size)
		printf("# %zu bytes: byte %zu is wrong\n", size, where);
	return where == size;
}

static bool there_and_back(uint8_t *src, uint8_t *dst, size_t size, size_t offset)
{
	uint64_t seed = prepare(src, dst, size);
	uint8_t *device;
	bool passed;

	if (!OK(hipMalloc((void **)&device, offset + size)))
		return false;
	passed = OK(hipMemcpy(device + offset, src, size, hipMemcpyHostToDevice)) &&
		 OK(hipMemcpy(dst, device + offset, size, hipMemcpyDeviceToHost)) &&
		 compare(dst, size, seed);
	return OK(hipFree(device)) && passed;
}

static bool test_sizes(void)
{
	static const size_t borders[] = {
		64, PAGE, 64 * KIB, MIB, 2 * MIB, PACKET, 4 * MIB, 2 * PACKET, 16 * MIB,
	};
	bool passed = true;

	for (size_t size = 4; size <= MOST; size *= 4)
		passed &= there_and_back(in, out, size, 0);
	for (size_t i = 0; i < ARRAY_SIZE(borders); i++) {
		for (size_t size = borders[i] - 1; size <= borders[i] + 1; size++)
			passed &= there_and_back(in, out, size, 0);
	}
	return passed;
}

static bool test_unaligned(void)
{
	static const size_t sizes[] = { 4, 63, PAGE - 1, PAGE, PAGE + 1, 64 * KIB + 1, PACKET + 1 };
	bool passed = true;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		passed &= there_and_back(in + 1, out + 5, sizes[i], 3);
		passed &= there_and_back(in + PAGE - 2, out + 7, sizes[i], 2);
	}
	return passed;
}

/* Each stream copies its slice in pieces; all of it is on its way before anything is waited for. */
static bool on_streams(hipStream_t *streams, hipEvent_t *events, size_t size)
{
	uint8_t *device[STREAMS] = {};
	uint64_t seeds[STREAMS];
	bool passed = true;

	for (size_t i = 0; i < STREAMS; i++) {
		seeds[i] = prepare(in + i * SLICE, out + i * SLICE, size);
		passed = passed && OK(hipMalloc((void **)&device[i], size));
	}
	for (size_t piece = 0; piece < PIECES; piece++) {
		size_t start = piece * (size / PIECES);
		size_t len = piece < PIECES - 1 ? size / PIECES : size - start;

		for (size_t i = 0; passed && i < STREAMS; i++)
			passed = OK(hipMemcpyAsync(device[i] + start, in + i * SLICE + start, len,
						   hipMemcpyHostToDevice, streams[i])) &&
				 OK(hipMemcpyAsync(out + i * SLICE + start, device[i] + start, len,
						   hipMemcpyDeviceToHost, streams[i]));
	}
	/* The events sleep, streams are looked at first. */
	for (size_t i = 0; passed && i < STREAMS; i += 2)
		passed = OK(hipEventRecord(events[i], streams[i])) &&
			 OK(hipEventSynchronize(events[i]));
	for (size_t i = 1; passed && i < STREAMS; i += 2)
		passed = OK(hipStreamSynchronize(streams[i]));
	for (size_t i = 0; passed && i < STREAMS; i++)
		passed = compare(out + i * SLICE, size, seeds[i]);
	for (size_t i = 0; i < STREAMS; i++)
		passed = OK(hipFree(device[i])) && passed;
	return passed;
}

static bool test_streams(void)
{
	static const size_t sizes[] = {
		4, 63, PAGE - 1, PAGE, PAGE + 1, 64 * KIB, MIB + 3, PACKET + 1, 4 * PACKET + 1,
		MOST / STREAMS,
	};
	hipStream_t streams[STREAMS];
	hipEvent_t events[STREAMS];
	bool passed = true;

	for (size_t i = 0; i < STREAMS; i++) {
		if (!OK(hipStreamCreate(&streams[i])) ||
		    !OK(hipEventCreateWithFlags(&events[i], hipEventBlockingSync)))
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		passed &= sizes[i] > MOST / STREAMS || on_streams(streams, events, sizes[i]);
	for (size_t i = 0; i < STREAMS; i++) {
		passed &= OK(hipEventDestroy(events[i]));
		passed &= OK(hipStreamDestroy(streams[i]));
	}
	return passed;
}

static void test_all(const char *kind)
{
	char sizes[32];

	snprintf(sizes, sizeof(sizes), "4 B to %lu MiB", MOST / MIB);
	result(test_sizes(), kind, sizes);
	result(test_unaligned(), kind, "unaligned");
	result(test_streams(), kind, "8 streams");
}

/* A byte that was changed on the device has to be noticed, or all the rest says nothing. */
static bool test_changed(void)
{
	size_t size = 64 * KIB + 1, where = size / 2;
	uint64_t seed = prepare(in, out, size);
	uint8_t *device, other = ~in[where];
	bool passed;

	if (!OK(hipMalloc((void **)&device, size)))
		return false;
	passed = OK(hipMemcpy(device, in, size, hipMemcpyHostToDevice)) &&
		 OK(hipMemcpy(device + where, &other, 1, hipMemcpyHostToDevice)) &&
		 OK(hipMemcpy(out, device, size, hipMemcpyDeviceToHost)) &&
		 difference(out, size, seed) == where;
	out[where] = in[where];
	return OK(hipFree(device)) && passed && compare(out, size, seed);
}

int main(void)
{
	char name[64] = "";
	int count = 0;

	if (!OK(hipGetDeviceCount(&count)) || count < 1 ||
	    !OK(hipDeviceGetName(name, sizeof(name), 0)))
		return bail("HIP finds no device");
	printf("# %s\n", name);

	in = malloc(STREAMS * SLICE);
	out = malloc(STREAMS * SLICE);
	if (!in || !out)
		return bail("no memory");
	result(test_changed(), "", "a changed byte is noticed");
	test_all("pageable");

	if (!OK(hipHostRegister(in, STREAMS * SLICE, hipHostRegisterDefault)) ||
	    !OK(hipHostRegister(out, STREAMS * SLICE, hipHostRegisterDefault)))
		return bail("memory cannot be registered");
	test_all("registered");
	result(OK(hipHostUnregister(in)) && OK(hipHostUnregister(out)), "registered", "no more");
	free(in);
	free(out);

	if (!OK(hipHostMalloc((void **)&in, STREAMS * SLICE, hipHostMallocDefault)) ||
	    !OK(hipHostMalloc((void **)&out, STREAMS * SLICE, hipHostMallocDefault)))
		return bail("no pinned memory");
	test_all("pinned");
	result(OK(hipHostFree(in)) && OK(hipHostFree(out)), "pinned", "freed");

	printf("# %lu comparisons, %llu bytes\n", comparisons, bytes);
	printf("1..%d\n", tests);
	return 0;
}
