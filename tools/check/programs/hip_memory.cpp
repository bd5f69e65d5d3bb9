// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HIP: kernels on memory of all kinds: pinned, registered and managed memory of the host, symbols,
 * pitched memory, and pools. TAP.
 *
 * What lives here: that a kernel reads what the host wrote and the host what a kernel wrote. What
 * does not: copies of all sizes (hip_copy.c).
 */
#include <vector>
#include "hip.h"

#define COUNT	30000
#define BLOCKS	((COUNT + 255) / 256)

__device__ unsigned int symbol[COUNT];
__constant__ unsigned int factors[16];

__global__ void reverse_add(const unsigned int *in, unsigned int *out, unsigned int plus)
{
	unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < COUNT)
		out[i] = in[COUNT - 1 - i] + plus;
}

__global__ void use_symbols()
{
	unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < COUNT)
		symbol[i] = symbol[i] * factors[i % 16];
}

__global__ void use_rows(unsigned char *rows, size_t pitch, int width)
{
	unsigned char *row = rows + blockIdx.x * pitch;

	for (int i = threadIdx.x; i < width; i += blockDim.x)
		row[i] = row[i] * 3 + blockIdx.x;
}

/* The kernel reads one half of @memory and writes the other. */
static bool through(unsigned int *memory, unsigned int *device_memory)
{
	bool right = true;

	for (unsigned int i = 0; i < COUNT; i++) {
		memory[i] = random_u32();
		memory[COUNT + i] = 0x5a5a5a5a;
	}
	LAUNCH(reverse_add, BLOCKS, 256, device_memory, device_memory + COUNT, 42);
	OK(hipDeviceSynchronize());
	for (unsigned int i = 0; right && i < COUNT; i++)
		right = memory[COUNT + i] == memory[COUNT - 1 - i] + 42;
	return check(right);
}

static void test_host()
{
	size_t size = COUNT * 2 * sizeof(int);
	unsigned int *p = nullptr, *d = nullptr;

	if (OK(hipHostMalloc((void **)&p, size, hipHostMallocMapped)) &&
	    OK(hipHostGetDevicePointer((void **)&d, p, 0))) {
		through(p, d);
		OK(hipHostFree(p));
	}
	end_test("pinned memory");

	p = (unsigned int *)array(size, 1);
	if (OK(hipHostRegister(p, size, hipHostRegisterMapped)) &&
	    OK(hipHostGetDevicePointer((void **)&d, p, 0))) {
		through(p, d);
		OK(hipHostUnregister(p));
	}
	free(p);
	end_test("registered memory");
}

/* Without pages that move, it is the host's memory that the device can use. */
static void test_managed()
{
	size_t size = COUNT * 2 * sizeof(int);
	int managed = -1, concurrent = -1;
	unsigned int *p = nullptr;
	hipError_t error;

	OK(hipDeviceGetAttribute(&managed, hipDeviceAttributeManagedMemory, 0));
	OK(hipDeviceGetAttribute(&concurrent, hipDeviceAttributeConcurrentManagedAccess, 0));
	error = hipMallocManaged((void **)&p, size, hipMemAttachGlobal);
	note("managed memory: attributes %d and %d, hipMallocManaged: %s", managed, concurrent,
	     hipGetErrorName(error));
	if (error == hipSuccess) {
		through(p, p);
		through(p, p);
		OK(hipFree(p));
		end_test("managed memory is emulated");
	} else {
		(void)hipGetLastError();
		check(error == hipErrorNotSupported || error == hipErrorInvalidValue);
		end_test("managed memory is refused");
	}
}

static void test_symbols()
{
	std::vector<unsigned int> in(COUNT), got(COUNT);
	unsigned int by[16];
	void *where = nullptr;
	size_t size = 0;

	for (unsigned int &x : in)
		x = random_u32();
	for (unsigned int &x : by)
		x = random_u32() | 1;
	OK(hipMemcpyToSymbol(HIP_SYMBOL(symbol), in.data(), COUNT * sizeof(int)));
	OK(hipMemcpyToSymbol(HIP_SYMBOL(factors), by, sizeof(by)));
	OK(hipGetSymbolAddress(&where, HIP_SYMBOL(symbol)));
	OK(hipGetSymbolSize(&size, HIP_SYMBOL(symbol)));
	check(where && size == COUNT * sizeof(int));
	use_symbols<<<BLOCKS, 256>>>();
	OK(hipGetLastError());
	OK(hipMemcpyFromSymbol(got.data(), HIP_SYMBOL(symbol), COUNT * sizeof(int)));
	for (int i = 0; i < COUNT; i++)
		in[i] *= by[i % 16];
	check(same(got.data(), in.data(), COUNT, sizeof(int)));
	end_test("symbols");
}

static void test_rows()
{
	const int width = 1001, height = 37;
	std::vector<unsigned char> in(width * height), got(width * height);
	const hipMemcpyKind there = hipMemcpyHostToDevice, back = hipMemcpyDeviceToHost;
	unsigned char *rows = nullptr;
	size_t pitch = 0;

	for (unsigned char &x : in)
		x = (unsigned char)random_u32();
	/* ROCm 5.7 takes the pitch from what it knows of images, which not every device has. */
	if (hipMallocPitch((void **)&rows, &pitch, width, height) != hipSuccess) {
		(void)hipGetLastError();
		pitch = 1024;
		OK(hipMalloc((void **)&rows, pitch * height));
	}
	if (check(rows && pitch >= (size_t)width)) {
		OK(hipMemcpy2D(rows, pitch, in.data(), width, width, height, there));
		LAUNCH(use_rows, height, 64, rows, pitch, width);
		OK(hipMemcpy2D(got.data(), width, rows, pitch, width, height, back));
		for (int i = 0; i < width * height; i++)
			in[i] = (unsigned char)(in[i] * 3 + i / width);
		check(same(got.data(), in.data(), got.size(), 1));
		OK(hipFree(rows));
	}
	end_test("rows with a pitch");
}

static void test_sets()
{
	std::vector<unsigned char> got(COUNT), want(COUNT);
	unsigned char *p = on_device<unsigned char>(COUNT), *q = on_device<unsigned char>(COUNT);

	OK(hipMemset(p, 0x17, COUNT));
	OK(hipMemset(p + 1001, 0x33, 4999));
	OK(hipMemsetD32((hipDeviceptr_t)(p + 8000), 0x01020304, 500));
	memset(want.data(), 0x17, COUNT);
	memset(want.data() + 1001, 0x33, 4999);
	for (int i = 0; i < 500; i++)
		memcpy(want.data() + 8000 + i * 4, "\4\3\2\1", 4);
	OK(hipMemcpy(q, p, COUNT, hipMemcpyDeviceToDevice));
	OK(hipMemcpy(q + 20001, p + 999, 3333, hipMemcpyDeviceToDevice));
	memcpy(want.data() + 20001, want.data() + 999, 3333);
	from_device(got.data(), q, COUNT);
	check(same(got.data(), want.data(), COUNT, 1));
	end_hip_test("sets and copies on the device");
}

static void test_pool()
{
	const hipMemcpyKind there = hipMemcpyHostToDevice, back = hipMemcpyDeviceToHost;
	std::vector<unsigned int> in(COUNT), got(COUNT);
	unsigned int *a = nullptr, *b = nullptr;
	size_t size = COUNT * sizeof(int);
	hipStream_t stream;
	int pools = 0;

	OK(hipDeviceGetAttribute(&pools, hipDeviceAttributeMemoryPoolsSupported, 0));
	if (!pools) {
		skip_test("memory from a stream's pool", "the device has no pools");
		return;
	}
	for (unsigned int &x : in)
		x = random_u32();
	OK(hipStreamCreate(&stream));
	if (OK(hipMallocAsync((void **)&a, size, stream)) &&
	    OK(hipMallocAsync((void **)&b, size, stream))) {
		OK(hipMemcpyAsync(a, in.data(), size, there, stream));
		reverse_add<<<BLOCKS, 256, 0, stream>>>(a, b, 7);
		OK(hipMemcpyAsync(got.data(), b, size, back, stream));
		OK(hipFreeAsync(a, stream));
		OK(hipFreeAsync(b, stream));
		OK(hipStreamSynchronize(stream));
		for (int i = 0; i < COUNT; i++)
			check(got[i] == in[COUNT - 1 - i] + 7);
	}
	OK(hipStreamDestroy(stream));
	end_test("memory from a stream's pool");
}

int main()
{
	begin_hip();
	test_host();
	test_managed();
	test_symbols();
	test_rows();
	test_sets();
	test_pool();
	return end_tests();
}
