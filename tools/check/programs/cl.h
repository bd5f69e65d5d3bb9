/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * OpenCL for programs that compute: one device, one queue, one program, buffers that live as long
 * as a test.
 *
 * What lives here: the calls that all of them make; an error in one fails the test that runs. What
 * does not: kernels, and what they should compute.
 */
#ifndef PROGRAMS_CL_H
#define PROGRAMS_CL_H

#define CL_TARGET_OPENCL_VERSION	200
#include <CL/cl.h>
#include "tap.h"

#define OK(call)	succeeded(call, #call)

struct arg {
	size_t size;
	const void *value;
};

#define BUFFER(mem)	{ sizeof(cl_mem), &(mem) }
#define NUMBER(number)	{ sizeof(number), &(number) }
#define LOCAL(size)	{ size, NULL }

/* RUN(kernel, range, args...) */
#define RUN(name, range, ...)	run(name, range, (struct arg[]){ __VA_ARGS__ }, \
				    ARRAY_SIZE(((struct arg[]){ __VA_ARGS__ })))
/* A range of work-items: so many, and of a group unless it is 0 */
#define RANGE(global, local)	(&(struct range){ 1, { global }, { local }, {} })

struct range {
	cl_uint dims;
	size_t global[3], local[3], offset[3];
};

static cl_device_id device;
static cl_context context;
static cl_command_queue queue;
static cl_program program;
static cl_mem buffers[32];
static size_t buffer_count;

static bool succeeded(cl_int error, const char *call)
{
	if (error != CL_SUCCESS)
		note("%s: error %d", call, error);
	return check(error == CL_SUCCESS);
}

static cl_mem add_buffer(size_t size)
{
	cl_int error;
	cl_mem mem = clCreateBuffer(context, CL_MEM_READ_WRITE, size, NULL, &error);

	if (succeeded(error, "clCreateBuffer") && check(buffer_count < ARRAY_SIZE(buffers)))
		buffers[buffer_count++] = mem;
	return mem;
}

TAP_UNUSED
static cl_mem to_device(const void *data, size_t size)
{
	cl_mem mem = add_buffer(size);

	OK(clEnqueueWriteBuffer(queue, mem, CL_TRUE, 0, size, data, 0, NULL, NULL));
	return mem;
}

/* For results: what is there at first is none. */
TAP_UNUSED
static cl_mem on_device(size_t size)
{
	void *data = memset(array(size, 1), 0xa5, size);
	cl_mem mem = to_device(data, size);

	free(data);
	return mem;
}

TAP_UNUSED
static void from_device(cl_mem mem, void *data, size_t size)
{
	memset(data, 0x5a, size);
	OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, size, data, 0, NULL, NULL));
}

/* run() - all that the queue had before is done when the kernel starts */
TAP_UNUSED
static bool run(const char *name, const struct range *range, const struct arg *args, size_t count)
{
	cl_int error;
	cl_kernel kernel = clCreateKernel(program, name, &error);
	bool passed = succeeded(error, name);

	for (size_t i = 0; passed && i < count; i++)
		passed = OK(clSetKernelArg(kernel, i, args[i].size, args[i].value));
	if (passed)
		passed = succeeded(clEnqueueNDRangeKernel(queue, kernel, range->dims, range->offset,
							  range->global,
							  range->local[0] ? range->local : NULL,
							  0, NULL, NULL), name);
	if (kernel)
		OK(clReleaseKernel(kernel));
	return passed;
}

TAP_UNUSED
static void release_buffers(void)
{
	OK(clFinish(queue));
	while (buffer_count)
		OK(clReleaseMemObject(buffers[--buffer_count]));
}

/* The end of a test with buffers */
TAP_UNUSED
static void end_cl_test(const char *name)
{
	release_buffers();
	end_test(name);
}

static void build(const char *source, const char *options)
{
	static char log[16384];
	cl_int error;

	program = clCreateProgramWithSource(context, 1, &source, NULL, &error);
	if (error != CL_SUCCESS)
		bail_out("no program");
	error = clBuildProgram(program, 1, &device, options, NULL, NULL);
	clGetProgramBuildInfo(program, device, CL_PROGRAM_BUILD_LOG, sizeof(log) - 1, log, NULL);
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
		note("%s", line);
	if (error != CL_SUCCESS)
		bail_out("the kernels do not build");
}

TAP_UNUSED
static void begin_cl(const char *source, const char *options)
{
	cl_platform_id platform;
	char name[128];
	cl_int error;

	if (clGetPlatformIDs(1, &platform, NULL) != CL_SUCCESS ||
	    clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL) != CL_SUCCESS)
		bail_out("OpenCL finds no device");
	context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
	if (error != CL_SUCCESS)
		bail_out("no context");
	queue = clCreateCommandQueueWithProperties(context, device, NULL, &error);
	if (error != CL_SUCCESS)
		bail_out("no queue");
	OK(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof(name), name, NULL));
	note("%s", name);
	build(source, options);
	end_test("the kernels build");
}

TAP_UNUSED
static int end_cl(void)
{
	OK(clReleaseProgram(program));
	OK(clReleaseCommandQueue(queue));
	OK(clReleaseContext(context));
	end_test("all is released");
	return end_tests();
}

#endif
