/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * HIP for programs that compute: memory that lives as long as a test, and launches whose errors
 * fail it.
 */
#ifndef PROGRAMS_HIP_H
#define PROGRAMS_HIP_H

#include <hip/hip_runtime.h>
#include "tap.h"

#define OK(call)	succeeded(call, #call)
/* LAUNCH(kernel, blocks, threads, args...): each may be a dim3 */
#define LAUNCH(kernel, blocks, threads, ...)	\
	LAUNCH_SHARED(kernel, blocks, threads, 0, __VA_ARGS__)
/* With so many bytes of the block's memory, as is known only then */
#define LAUNCH_SHARED(kernel, blocks, threads, shared, ...)	\
	((kernel)<<<blocks, threads, shared>>>(__VA_ARGS__), \
	 succeeded(hipGetLastError(), #kernel))

static void *allocations[32];
static size_t allocation_count;

static bool succeeded(hipError_t error, const char *call)
{
	if (error != hipSuccess)
		note("%s: %s", call, hipGetErrorName(error));
	return check(error == hipSuccess);
}

/* fails_with() - a call that must not succeed */
TAP_UNUSED
static bool fails_with(hipError_t error, hipError_t expected, const char *call)
{
	(void)hipGetLastError();
	if (error != expected)
		note("%s: %s, not %s", call, hipGetErrorName(error), hipGetErrorName(expected));
	return check(error == expected);
}

/* For results: what is there at first is none. */
template <typename T> static T *on_device(size_t count)
{
	void *p = nullptr;

	if (OK(hipMalloc(&p, count * sizeof(T))) &&
	    check(allocation_count < ARRAY_SIZE(allocations))) {
		allocations[allocation_count++] = p;
		OK(hipMemset(p, 0xa5, count * sizeof(T)));
	}
	return (T *)p;
}

template <typename T> static T *to_device(const T *data, size_t count)
{
	T *p = on_device<T>(count);

	OK(hipMemcpy(p, data, count * sizeof(T), hipMemcpyHostToDevice));
	return p;
}

/* Has waited for all that was launched before */
template <typename T> static void from_device(T *data, const T *p, size_t count)
{
	memset((void *)data, 0x5a, count * sizeof(T));
	OK(hipMemcpy((void *)data, p, count * sizeof(T), hipMemcpyDeviceToHost));
}

/* The end of a test with memory of the device */
TAP_UNUSED
static void end_hip_test(const char *name)
{
	OK(hipDeviceSynchronize());
	while (allocation_count)
		OK(hipFree(allocations[--allocation_count]));
	end_test(name);
}

TAP_UNUSED
static void begin_hip(void)
{
	hipDeviceProp_t properties;
	int count = 0, version = 0;

	if (hipGetDeviceCount(&count) != hipSuccess || count < 1 ||
	    hipGetDeviceProperties(&properties, 0) != hipSuccess ||
	    hipRuntimeGetVersion(&version) != hipSuccess)
		bail_out("HIP finds no device");
	note("%s, %s, HIP %d", properties.name, properties.gcnArchName, version);
}

#endif
