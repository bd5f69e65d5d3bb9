// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * OpenCL: what a device does besides kernels that compute: printf, fills and copies, maps, events,
 * programs as binaries; and what it refuses: images, ranges and memory beyond its limits. TAP.
 */
#include <unistd.h>
#include "cl.h"

#define COUNT	10000
#define ITEMS	100

static const char source[] =
"kernel void tell(global const float *x)\n"
"{\n"
"	int i = get_global_id(0);\n"
"	printf(\"item %d of %s: %.3f %#x %c %ld %v4hld\\n\", i, \"kernel\", x[i], i * 77,\n"
"	       'a' + i % 26, 1L << i % 60, (int4)(i, -i, i * i, 7));\n"
"	if (i % 10 == 3)\n"
"		printf(\"the %dth\\n\", i);\n"
"}\n"
"kernel void count(global uint *out, uint from)\n"
"{\n"
"	out[get_global_id(0)] = get_global_id(0) + from;\n"
"}\n"
"kernel void append(global uint *x, uint digit)\n"
"{\n"
"	*x = *x * 10 + digit;\n"
"}\n"
"kernel void use_local(global uint *out, local uint *mine)\n"
"{\n"
"	uint last = get_local_size(0) - 1 - get_local_id(0);\n"
"	mine[get_local_id(0)] = get_local_id(0);\n"
"	barrier(CLK_LOCAL_MEM_FENCE);\n"
"	out[get_global_id(0)] = mine[last];\n"
"}\n";

static bool refused(cl_int error, cl_int expected, const char *call)
{
	if (error != expected)
		note("%s: error %d, not %d", call, error, expected);
	return check(error == expected);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* lines_of() - sorted, for work-items speak in any order */
static size_t lines_of(char *text, char **lines, size_t room)
{
	size_t count = 0;

	for (char *line = strtok(text, "\n"); line && count < room; line = strtok(NULL, "\n"))
		lines[count++] = line;
	qsort(lines, count, sizeof(*lines), by_name);
	return count;
}

/* What a kernel prints goes to the process's standard output. */
static size_t captured(char *text, size_t room, cl_mem mem)
{
	FILE *file = tmpfile();
	int out = dup(1);
	size_t length;

	if (!file || out < 0)
		bail_out("no temporary file");
	fflush(stdout);
	dup2(fileno(file), 1);
	RUN("tell", RANGE(ITEMS, 0), BUFFER(mem));
	OK(clFinish(queue));
	fflush(stdout);
	dup2(out, 1);
	close(out);
	rewind(file);
	length = fread(text, 1, room - 1, file);
	text[length] = 0;
	fclose(file);
	return length;
}

static void print(void)
{
	static char got[65536], want[65536];
	char *lines[2 * ITEMS], *wanted[2 * ITEMS], *end = want;
	size_t count, expected;
	float x[ITEMS];

	for (int i = 0; i < ITEMS; i++) {
		x[i] = (float)random_between(-1000, 1000);
		end += sprintf(end, "item %d of %s: %.3f %#x %c %ld %d,%d,%d,%d\n", i, "kernel",
			       (double)x[i], (unsigned int)i * 77, 'a' + i % 26, 1L << i % 60, i,
			       -i, i * i, 7);
		if (i % 10 == 3)
			end += sprintf(end, "the %dth\n", i);
	}
	captured(got, sizeof(got), to_device(x, sizeof(x)));
	count = lines_of(got, lines, ARRAY_SIZE(lines));
	expected = lines_of(want, wanted, ARRAY_SIZE(wanted));
	if (!check(count == expected))
		note("%zu lines, not %zu", count, expected);
	for (size_t i = 0; i < count && i < expected; i++) {
		if (!check(!strcmp(lines[i], wanted[i]))) {
			note("'%s', not '%s'", lines[i], wanted[i]);
			break;
		}
	}
	end_cl_test("printf");
}

static void images(void)
{
	static const cl_image_format format = { CL_RGBA, CL_FLOAT };
	cl_image_desc desc = {
		.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 64, .image_height = 64,
	};
	cl_bool support = CL_TRUE;
	cl_int error;
	cl_mem image;

	OK(clGetDeviceInfo(device, CL_DEVICE_IMAGE_SUPPORT, sizeof(support), &support, NULL));
	if (support) {
		skip_test("images are refused", "this device has them");
		return;
	}
	image = clCreateImage(context, CL_MEM_READ_ONLY, &format, &desc, NULL, &error);
	check(!image && error == CL_INVALID_OPERATION);
	note("clCreateImage: error %d", error);
	end_test("images are refused");
}

static void copies(void)
{
	static uint8_t got[COUNT], want[COUNT];
	static const uint8_t pattern[] = "0123456789abcdef";
	cl_mem a = on_device(COUNT), b = on_device(COUNT);

	for (size_t i = 0; i < COUNT; i++)
		want[i] = i < 4096 ? pattern[i % 16] : 0xa5;
	memset(want + 5001, 0x42, 999);
	OK(clEnqueueFillBuffer(queue, a, pattern, 16, 0, 4096, 0, NULL, NULL));
	OK(clEnqueueFillBuffer(queue, a, &(uint8_t){ 0x42 }, 1, 5001, 999, 0, NULL, NULL));
	OK(clEnqueueCopyBuffer(queue, a, b, 0, 0, COUNT, 0, NULL, NULL));
	from_device(b, got, COUNT);
	check(same(got, want, COUNT, 1));
	/* Places and sizes that are no multiples of anything */
	OK(clEnqueueCopyBuffer(queue, a, b, 4999, 13, 1007, 0, NULL, NULL));
	memcpy(want + 13, want + 4999, 1007);
	from_device(b, got, COUNT);
	check(same(got, want, COUNT, 1));
	end_cl_test("fills and copies on the device");

	/* 30 rows of 40 bytes out of rows of 100, into rows of 50 */
	memset(want, 0xa5, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		got[i] = (uint8_t)random_u32();
	a = to_device(got, COUNT);
	b = on_device(COUNT);
	for (size_t y = 0; y < 30; y++)
		memcpy(want + 7 + y * 50, got + 11 + (y + 2) * 100, 40);
	OK(clEnqueueCopyBufferRect(queue, a, b, (size_t[]){ 11, 2, 0 }, (size_t[]){ 7, 0, 0 },
				   (size_t[]){ 40, 30, 1 }, 100, 0, 50, 0, 0, NULL, NULL));
	from_device(b, got, COUNT);
	check(same(got, want, COUNT, 1));
	end_cl_test("a copy of a rectangle");
}

static void maps(void)
{
	cl_mem mem = on_device(COUNT * 4);
	unsigned int from = 17, *p;
	cl_int error;

	RUN("count", RANGE(COUNT, 0), BUFFER(mem), NUMBER(from));
	p = clEnqueueMapBuffer(queue, mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0, COUNT * 4, 0,
			       NULL, NULL, &error);
	if (succeeded(error, "clEnqueueMapBuffer")) {
		for (unsigned int i = 0; i < COUNT; i++) {
			if (!check(p[i] == i + from))
				break;
		}
		*p = 1234;
		OK(clEnqueueUnmapMemObject(queue, mem, p, 0, NULL, NULL));
	}
	from = 5;
	RUN("append", RANGE(1, 1), BUFFER(mem), NUMBER(from));
	from_device(mem, &from, sizeof(from));
	check(from == 12345);
	end_cl_test("a buffer that is mapped");
}

static void shared_memory(void)
{
	cl_device_svm_capabilities can = 0;
	cl_kernel kernel;
	unsigned int from = 3, *p;
	cl_int error;
	size_t count = COUNT;

	OK(clGetDeviceInfo(device, CL_DEVICE_SVM_CAPABILITIES, sizeof(can), &can, NULL));
	note("SVM capabilities %#llx", (unsigned long long)can);
	if (!(can & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER)) {
		skip_test("shared virtual memory", "this device has none");
		return;
	}
	p = clSVMAlloc(context, CL_MEM_READ_WRITE, COUNT * 4, 0);
	kernel = clCreateKernel(program, "count", &error);
	if (check(p && kernel) && OK(clSetKernelArgSVMPointer(kernel, 0, p)) &&
	    OK(clSetKernelArg(kernel, 1, sizeof(from), &from)) &&
	    OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &count, NULL, 0, NULL, NULL)) &&
	    OK(clEnqueueSVMMap(queue, CL_TRUE, CL_MAP_READ, p, COUNT * 4, 0, NULL, NULL))) {
		for (unsigned int i = 0; i < COUNT; i++) {
			if (!check(p[i] == i + from))
				break;
		}
		OK(clEnqueueSVMUnmap(queue, p, 0, NULL, NULL));
	}
	OK(clFinish(queue));
	OK(clReleaseKernel(kernel));
	clSVMFree(context, p);
	end_test("shared virtual memory");
}

/* Kernels wait for each other across two queues, and the first for the user's event. */
static void events(void)
{
	cl_mem mem = on_device(sizeof(unsigned int));
	cl_command_queue queues[2];
	cl_event gate, done[8];
	cl_int error, status = CL_COMPLETE;
	cl_kernel kernel = clCreateKernel(program, "append", &error);
	unsigned int got = 0;
	size_t one = 1;

	for (int i = 0; i < 2; i++)
		queues[i] = clCreateCommandQueueWithProperties(context, device, NULL, &error);
	gate = clCreateUserEvent(context, &error);
	if (!queues[0] || !queues[1] || !gate || !kernel)
		bail_out("no queues and events");
	OK(clEnqueueWriteBuffer(queue, mem, CL_TRUE, 0, sizeof(got), &got, 0, NULL, NULL));
	OK(clSetKernelArg(kernel, 0, sizeof(mem), &mem));
	for (unsigned int i = 0; i < ARRAY_SIZE(done); i++) {
		unsigned int digit = i + 1;

		OK(clSetKernelArg(kernel, 1, sizeof(digit), &digit));
		if (!OK(clEnqueueNDRangeKernel(queues[i % 2], kernel, 1, NULL, &one, NULL, 1,
					       i ? &done[i - 1] : &gate, &done[i])))
			bail_out("a kernel is not taken");
		OK(clFlush(queues[i % 2]));
	}
	OK(clGetEventInfo(done[0], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof(status), &status,
			  NULL));
	check(status > CL_COMPLETE);
	OK(clSetUserEventStatus(gate, CL_COMPLETE));
	OK(clWaitForEvents(1, &done[7]));
	from_device(mem, &got, sizeof(got));
	if (!check(got == 12345678))
		note("%u, not 12345678", got);
	for (size_t i = 0; i < ARRAY_SIZE(done); i++)
		OK(clReleaseEvent(done[i]));
	OK(clReleaseEvent(gate));
	for (int i = 0; i < 2; i++)
		OK(clReleaseCommandQueue(queues[i]));
	OK(clReleaseKernel(kernel));
	end_cl_test("events order kernels of two queues");
}

/*
 * Of one kernel after the other. When one has begun is compared with nothing: ROCm 7.2 takes the
 * CPU's time for it, of when it heard that the kernel has ended.
 */
static void times(void)
{
	cl_queue_properties properties[] = { CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0 };
	cl_mem mem = on_device(COUNT * sizeof(unsigned int));
	cl_ulong start, end, before = 0;
	unsigned int from = 0;
	cl_command_queue timed;
	size_t count = COUNT;
	cl_kernel kernel;
	cl_event done;
	cl_int error;

	kernel = clCreateKernel(program, "count", &error);
	timed = clCreateCommandQueueWithProperties(context, device, properties, &error);
	if (!kernel || !timed)
		bail_out("no queue that tells the time");
	OK(clSetKernelArg(kernel, 0, sizeof(mem), &mem));
	OK(clSetKernelArg(kernel, 1, sizeof(from), &from));
	for (int i = 0; i < 4; i++) {
		OK(clEnqueueNDRangeKernel(timed, kernel, 1, NULL, &count, NULL, 0, NULL, &done));
		OK(clWaitForEvents(1, &done));
		OK(clGetEventProfilingInfo(done, CL_PROFILING_COMMAND_START, sizeof(start), &start,
					   NULL));
		OK(clGetEventProfilingInfo(done, CL_PROFILING_COMMAND_END, sizeof(end), &end,
					   NULL));
		note("%llu to %llu", (unsigned long long)start, (unsigned long long)end);
		check(start && before < end);
		before = end;
		OK(clReleaseEvent(done));
	}
	OK(clReleaseCommandQueue(timed));
	OK(clReleaseKernel(kernel));
	end_cl_test("times of kernels");
}

static void limits(void)
{
	size_t most, one = 1, group;
	unsigned int *got, *want;
	cl_kernel kernel;
	cl_ulong local;
	cl_int error;
	cl_mem mem;

	OK(clGetDeviceInfo(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(most), &most, NULL));
	OK(clGetDeviceInfo(device, CL_DEVICE_LOCAL_MEM_SIZE, sizeof(local), &local, NULL));
	kernel = clCreateKernel(program, "use_local", &error);
	OK(clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof(group),
				    &group, NULL));
	note("groups of at most %zu, of this kernel %zu; local memory of %llu bytes", most, group,
	     (unsigned long long)local);
	got = array(group, 4);
	want = array(group, 4);
	for (size_t i = 0; i < group; i++)
		want[i] = (unsigned int)(group - 1 - i);
	mem = on_device(group * 4);
	RUN("use_local", RANGE(group, group), BUFFER(mem), LOCAL(local));
	from_device(mem, got, group * 4);
	check(same(got, want, group, 4));
	end_test("the largest group with all local memory");

	OK(clSetKernelArg(kernel, 0, sizeof(mem), &mem));
	OK(clSetKernelArg(kernel, 1, 64, NULL));
	one = most + 1;
	refused(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL),
		CL_INVALID_WORK_GROUP_SIZE, "a group that is too large");
	one = 1;
	error = clSetKernelArg(kernel, 1, local + 4, NULL);
	if (error == CL_SUCCESS)
		error = clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &one, &one, 0, NULL, NULL);
	note("too much local memory: error %d", error);
	check(error != CL_SUCCESS);
	OK(clReleaseKernel(kernel));
	end_cl_test("what is beyond the limits is refused");
	free(got);
	free(want);
}

static void binaries(void)
{
	cl_program again, wrong;
	unsigned char *binary;
	const char *source_of_none = "kernel void none(global int *x) { *x = y; }";
	unsigned int from = 9, got = 0;
	cl_int error, status = CL_SUCCESS;
	cl_program whole = program;
	size_t size = 0, log = 0;
	cl_mem mem = on_device(sizeof(got));

	OK(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof(size), &size, NULL));
	binary = array(size + 1, 1);
	OK(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof(binary), &binary, NULL));
	again = clCreateProgramWithBinary(context, 1, &device, &size,
					  (const unsigned char **)&binary, &status, &error);
	if (succeeded(error, "clCreateProgramWithBinary") && OK(status) &&
	    OK(clBuildProgram(again, 1, &device, "", NULL, NULL))) {
		program = again;
		RUN("count", RANGE(1, 1), BUFFER(mem), NUMBER(from));
		from_device(mem, &got, sizeof(got));
		check(got == from);
		program = whole;
		OK(clReleaseProgram(again));
	}
	free(binary);
	end_cl_test("a program from its binary");

	wrong = clCreateProgramWithSource(context, 1, &source_of_none, NULL, &error);
	refused(clBuildProgram(wrong, 1, &device, NULL, NULL, NULL), CL_BUILD_PROGRAM_FAILURE,
		"clBuildProgram");
	OK(clGetProgramBuildInfo(wrong, device, CL_PROGRAM_BUILD_LOG, 0, NULL, &log));
	check(log > 10);
	OK(clReleaseProgram(wrong));
	end_test("a source with an error is refused");
}

int main(void)
{
	begin_cl(source, "-cl-std=CL2.0");
	print();
	images();
	copies();
	maps();
	shared_memory();
	events();
	times();
	limits();
	binaries();
	return end_cl();
}
