// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HIP: in which order kernels, copies and the host's functions run: streams, events, graphs. TAP.
 *
 * What lives here: kernels that do something else if one before them has not run. What does not:
 * copies alone, of all sizes (hip_copy.c).
 */
#include <vector>
#include "hip.h"

#define COUNT	20000
#define BLOCKS	((COUNT + 255) / 256)
#define STREAMS	4

__global__ void multiply_add(unsigned int *x, unsigned int by, unsigned int plus)
{
	unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < COUNT)
		x[i] = x[i] * by + plus;
}

__global__ void take(unsigned int *to, const unsigned int *from)
{
	unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < COUNT)
		to[i] += from[COUNT - 1 - i];
}

/* Takes a while, in which the others would overtake it */
__global__ void wait_and_set(unsigned int *x, unsigned int value)
{
	unsigned int i = blockIdx.x * blockDim.x + threadIdx.x, state = i;

	for (int n = 0; n < 2000; n++)
		state = state * 1664525 + 1013904223;
	if (i < COUNT)
		x[i] = value + i + (state == 0x12345678 && i > COUNT);
}

static std::vector<unsigned int> numbers()
{
	std::vector<unsigned int> v(COUNT);

	for (unsigned int &x : v)
		x = random_u32();
	return v;
}

static bool equal(const std::vector<unsigned int> &got, const std::vector<unsigned int> &want)
{
	return check(same(got.data(), want.data(), COUNT, sizeof(int)));
}

/* Copies in, kernels and copies out of several streams, all on their way at once */
static void test_streams()
{
	std::vector<unsigned int> want[STREAMS], got(COUNT);
	unsigned int *in[STREAMS], *out[STREAMS], *d[STREAMS];
	size_t size = COUNT * sizeof(int);
	hipStream_t streams[STREAMS];

	for (int s = 0; s < STREAMS; s++) {
		want[s] = numbers();
		d[s] = on_device<unsigned int>(COUNT);
		if (!OK(hipStreamCreate(&streams[s])) ||
		    !OK(hipHostMalloc((void **)&in[s], size, 0)) ||
		    !OK(hipHostMalloc((void **)&out[s], size, 0)))
			bail_out("no streams");
		memcpy(in[s], want[s].data(), size);
		memset(out[s], 0x5a, size);
	}
	for (int s = 0; s < STREAMS; s++)
		OK(hipMemcpyAsync(d[s], in[s], size, hipMemcpyHostToDevice, streams[s]));
	for (unsigned int round = 0; round < 10; round++) {
		for (int s = 0; s < STREAMS; s++) {
			multiply_add<<<BLOCKS, 256, 0, streams[s]>>>(d[s], 3 + s, round);
			for (unsigned int &x : want[s])
				x = x * (3 + s) + round;
		}
	}
	for (int s = 0; s < STREAMS; s++)
		OK(hipMemcpyAsync(out[s], d[s], size, hipMemcpyDeviceToHost, streams[s]));
	OK(hipGetLastError());
	for (int s = 0; s < STREAMS; s++) {
		OK(hipStreamSynchronize(streams[s]));
		OK(hipStreamQuery(streams[s]));
		got.assign(out[s], out[s] + COUNT);
		equal(got, want[s]);
		OK(hipHostFree(in[s]));
		OK(hipHostFree(out[s]));
		OK(hipStreamDestroy(streams[s]));
	}
	end_hip_test("streams");
}

/* What one stream computes another takes, and the first goes on when that has it. */
static void test_events()
{
	std::vector<unsigned int> sums(COUNT), want(COUNT), got(COUNT);
	unsigned int *value = on_device<unsigned int>(COUNT), *sum = to_device(want.data(), COUNT);
	hipEvent_t set, taken, first, last;
	hipStream_t a, b;
	float ms = -1;

	OK(hipDeviceSynchronize());
	if (!OK(hipStreamCreateWithFlags(&a, hipStreamNonBlocking)) ||
	    !OK(hipStreamCreateWithFlags(&b, hipStreamNonBlocking)) ||
	    !OK(hipEventCreateWithFlags(&set, hipEventDisableTiming)) ||
	    !OK(hipEventCreateWithFlags(&taken, hipEventDisableTiming)) ||
	    !OK(hipEventCreate(&first)) || !OK(hipEventCreate(&last)))
		bail_out("no events");
	OK(hipEventRecord(first, a));
	for (unsigned int round = 1; round <= 8; round++) {
		wait_and_set<<<BLOCKS, 256, 0, a>>>(value, round * 1000000);
		OK(hipEventRecord(set, a));
		OK(hipStreamWaitEvent(b, set, 0));
		take<<<BLOCKS, 256, 0, b>>>(sum, value);
		OK(hipEventRecord(taken, b));
		OK(hipStreamWaitEvent(a, taken, 0));
		for (unsigned int i = 0; i < COUNT; i++)
			want[i] += round * 1000000 + COUNT - 1 - i;
	}
	OK(hipEventRecord(last, a));
	OK(hipEventSynchronize(last));
	OK(hipEventQuery(taken));
	OK(hipEventElapsedTime(&ms, first, last));
	check(ms > 0 && ms < 600000);
	from_device(got.data(), sum, COUNT);
	equal(got, want);
	note("%.3f ms", (double)ms);
	OK(hipEventDestroy(set));
	OK(hipEventDestroy(taken));
	OK(hipEventDestroy(first));
	OK(hipEventDestroy(last));
	OK(hipStreamDestroy(a));
	OK(hipStreamDestroy(b));
	end_hip_test("events between streams");
}

struct seen {
	const unsigned int *memory;
	unsigned int value;
	bool called;
};

static void look(void *data)
{
	struct seen *seen = (struct seen *)data;

	seen->value = *(volatile const unsigned int *)seen->memory;
	seen->called = true;
}

/* A function of the host runs after the kernel before it, and before the next. */
static void test_host_function()
{
	unsigned int *memory = nullptr;
	struct seen seen = {};
	hipStream_t stream;

	if (!OK(hipStreamCreate(&stream)) ||
	    !OK(hipHostMalloc((void **)&memory, COUNT * sizeof(int), hipHostMallocCoherent)))
		bail_out("no memory of the host");
	memset(memory, 0, COUNT * sizeof(int));
	seen.memory = memory + 5;
	wait_and_set<<<BLOCKS, 256, 0, stream>>>(memory, 100);
	OK(hipLaunchHostFunc(stream, look, &seen));
	wait_and_set<<<BLOCKS, 256, 0, stream>>>(memory, 200);
	OK(hipStreamSynchronize(stream));
	if (!check(seen.called && seen.value == 105 && memory[5] == 205))
		note("%d: %u, %u", seen.called, seen.value, memory[5]);
	OK(hipHostFree(memory));
	OK(hipStreamDestroy(stream));
	end_hip_test("a function of the host in a stream");
}

/* Two chains of kernels that come together, built by hand: ((x * 3 + 1) * 5 + 2) + (y * 7 + 4) */
static void test_graph()
{
	std::vector<unsigned int> x = numbers(), y = numbers(), got(COUNT), out(COUNT);
	unsigned int *dx = on_device<unsigned int>(COUNT), *dy = on_device<unsigned int>(COUNT);
	unsigned int numbers_of[3][2] = { { 3, 1 }, { 5, 2 }, { 7, 4 } };
	hipGraphNode_t copy_x, copy_y, first, second, other, sum, back;
	size_t size = COUNT * sizeof(int);
	hipKernelNodeParams node = {};
	hipGraphExec_t exec;
	hipGraph_t graph;
	hipStream_t stream;

	if (!OK(hipGraphCreate(&graph, 0)) || !OK(hipStreamCreate(&stream)))
		bail_out("no graph");
	OK(hipGraphAddMemcpyNode1D(&copy_x, graph, nullptr, 0, dx, x.data(), size,
				   hipMemcpyHostToDevice));
	OK(hipGraphAddMemcpyNode1D(&copy_y, graph, nullptr, 0, dy, y.data(), size,
				   hipMemcpyHostToDevice));
	node.func = (void *)multiply_add;
	node.gridDim = dim3(BLOCKS);
	node.blockDim = dim3(256);

	void *args[3][3] = {
		{ &dx, &numbers_of[0][0], &numbers_of[0][1] },
		{ &dx, &numbers_of[1][0], &numbers_of[1][1] },
		{ &dy, &numbers_of[2][0], &numbers_of[2][1] },
	}, *args_of_sum[] = { &dx, &dy };

	node.kernelParams = args[0];
	OK(hipGraphAddKernelNode(&first, graph, &copy_x, 1, &node));
	node.kernelParams = args[1];
	OK(hipGraphAddKernelNode(&second, graph, &first, 1, &node));
	node.kernelParams = args[2];
	OK(hipGraphAddKernelNode(&other, graph, &copy_y, 1, &node));
	node.func = (void *)take;
	node.kernelParams = args_of_sum;

	hipGraphNode_t both[] = { second, other };

	OK(hipGraphAddKernelNode(&sum, graph, both, 2, &node));
	OK(hipGraphAddMemcpyNode1D(&back, graph, &sum, 1, out.data(), dx, size,
				   hipMemcpyDeviceToHost));
	if (!OK(hipGraphInstantiate(&exec, graph, nullptr, nullptr, 0))) {
		end_hip_test("a graph");
		return;
	}
	for (int round = 0; round < 3; round++) {
		OK(hipGraphLaunch(exec, stream));
		OK(hipStreamSynchronize(stream));
		for (int i = 0; i < COUNT; i++)
			got[i] = (x[i] * 3 + 1) * 5 + 2 + y[COUNT - 1 - i] * 7 + 4;
		equal(out, got);
		/* In the memory that the graph has been told of */
		for (unsigned int &number : x)
			number = random_u32();
		std::fill(out.begin(), out.end(), 0);
	}
	OK(hipGraphExecDestroy(exec));
	OK(hipGraphDestroy(graph));
	OK(hipStreamDestroy(stream));
	end_hip_test("a graph");
}

/* What two streams are told becomes a graph instead of being done. */
static void test_capture()
{
	std::vector<unsigned int> want = numbers(), got(COUNT), zero(COUNT);
	unsigned int *x = to_device(want.data(), COUNT), *y = to_device(zero.data(), COUNT);
	hipEvent_t fork, join;
	hipStream_t a, b;
	hipGraph_t graph;
	hipGraphExec_t exec;
	size_t nodes = 0;

	OK(hipDeviceSynchronize());
	if (!OK(hipStreamCreate(&a)) || !OK(hipStreamCreate(&b)) || !OK(hipEventCreate(&fork)) ||
	    !OK(hipEventCreate(&join)))
		bail_out("no streams");
	OK(hipStreamBeginCapture(a, hipStreamCaptureModeGlobal));
	multiply_add<<<BLOCKS, 256, 0, a>>>(x, 9, 1);
	OK(hipEventRecord(fork, a));
	OK(hipStreamWaitEvent(b, fork, 0));
	take<<<BLOCKS, 256, 0, b>>>(y, x);
	OK(hipEventRecord(join, b));
	OK(hipStreamWaitEvent(a, join, 0));
	multiply_add<<<BLOCKS, 256, 0, a>>>(x, 2, 0);
	OK(hipStreamEndCapture(a, &graph));
	OK(hipGraphGetNodes(graph, nullptr, &nodes));
	check(nodes == 3);
	from_device(got.data(), x, COUNT);
	equal(got, want);
	if (OK(hipGraphInstantiate(&exec, graph, nullptr, nullptr, 0))) {
		for (int round = 0; round < 2; round++) {
			OK(hipGraphLaunch(exec, a));
			for (int i = 0; i < COUNT; i++)
				zero[i] += want[COUNT - 1 - i] * 9 + 1;
			for (unsigned int &w : want)
				w = (w * 9 + 1) * 2;
		}
		OK(hipStreamSynchronize(a));
		from_device(got.data(), x, COUNT);
		equal(got, want);
		from_device(got.data(), y, COUNT);
		equal(got, zero);
		OK(hipGraphExecDestroy(exec));
	}
	OK(hipGraphDestroy(graph));
	OK(hipEventDestroy(fork));
	OK(hipEventDestroy(join));
	OK(hipStreamDestroy(a));
	OK(hipStreamDestroy(b));
	end_hip_test("a graph of what streams were told");
}

int main()
{
	begin_hip();
	test_streams();
	test_events();
	test_host_function();
	test_graph();
	test_capture();
	return end_tests();
}
