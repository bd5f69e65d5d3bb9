/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * As much of HIP's interface as hip_copy.c calls, by the C library: what is left of that program is
 * its own work, which make bench-chain compares with all of it. Nothing here is a GPU's.
 */
#ifndef HIP_RUNTIME_API_H
#define HIP_RUNTIME_API_H

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

typedef enum { hipSuccess, hipErrorOutOfMemory } hipError_t;
typedef int hipStream_t;
typedef int hipEvent_t;

enum { hipMemcpyHostToDevice, hipMemcpyDeviceToHost };
enum { hipEventBlockingSync, hipHostRegisterDefault, hipHostMallocDefault };

/* Memory is there once and for all, as that of a GPU is. */
static inline hipError_t hipGetDeviceCount(int *count)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 30);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	*count = 1;
	return hipSuccess;
}

static inline hipError_t hipDeviceGetName(char *name, int room, int device)
{
	(void)device;
	strncpy(name, "none", room);
	return hipSuccess;
}

static inline const char *hipGetErrorName(hipError_t error)
{
	return error ? "hipErrorOutOfMemory" : "hipSuccess";
}

static inline hipError_t hipMalloc(void **memory, size_t size)
{
	*memory = malloc(size);
	return *memory ? hipSuccess : hipErrorOutOfMemory;
}

static inline hipError_t hipFree(void *memory)
{
	free(memory);
	return hipSuccess;
}

static inline hipError_t hipMemcpy(void *to, const void *from, size_t size, int kind)
{
	(void)kind;
	memcpy(to, from, size);
	return hipSuccess;
}

#define hipMemcpyAsync(to, from, size, kind, stream)	((void)(stream), hipMemcpy(to, from, size, kind))
#define hipHostMalloc(memory, size, flags)		((void)(flags), hipMalloc(memory, size))
#define hipHostFree(memory)				hipFree(memory)
#define hipHostRegister(memory, size, flags)		((void)(flags), hipSuccess)
#define hipHostUnregister(memory)			hipSuccess
#define hipStreamCreate(stream)				(*(stream) = 0, hipSuccess)
#define hipStreamSynchronize(stream)			((void)(stream), hipSuccess)
#define hipStreamDestroy(stream)			((void)(stream), hipSuccess)
#define hipEventCreateWithFlags(event, flags)		(*(event) = 0, (void)(flags), hipSuccess)
#define hipEventRecord(event, stream)			((void)(event), (void)(stream), hipSuccess)
#define hipEventSynchronize(event)			((void)(event), hipSuccess)
#define hipEventDestroy(event)				((void)(event), hipSuccess)

#endif
