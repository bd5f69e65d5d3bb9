// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HIP: what a kernel does to the process around it: it prints, asserts, traps, and uses memory that
 * is not there or another process's. The processes of this one's own making end by that; this one,
 * which has the GPU all the while, does not notice. TAP.
 *
 * A process of that kind is this program again, with words that say what it does.
 */
/* Of the kernels alone */
#undef NDEBUG
#include <algorithm>
#include <assert.h>
#include <signal.h>
#include <spawn.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
#include "hip.h"

#define COUNT	10000

extern char **environ;

__global__ void add(const unsigned int *in, unsigned int *out, unsigned int plus)
{
	unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;

	if (i < COUNT)
		out[i] = in[i] + plus;
}

__global__ void tell(const float *x)
{
	int i = blockIdx.x * blockDim.x + threadIdx.x;

	printf("thread %d of %s: %.3f %#x %c %lld%%\n", i, "kernel", x[i], i * 77, 'a' + i % 26,
	       1LL << i % 60);
	if (i % 10 == 3)
		printf("the %dth\n", i);
}

__global__ void insist(int limit)
{
	assert((int)threadIdx.x < limit);
}

__global__ void trap(int thread)
{
	if ((int)threadIdx.x == thread)
		__builtin_trap();
}

__global__ void no_instruction(int thread)
{
	if ((int)threadIdx.x == thread)
		asm volatile(".long 0xffffffff");
}

__global__ void put(unsigned int *p)
{
	p[threadIdx.x] = 0xbad;
}

__global__ void get(const unsigned int *p, unsigned int *out)
{
	out[threadIdx.x] = p[threadIdx.x];
}

__global__ void add_misaligned(char *p)
{
	atomicAdd((unsigned int *)(p + 2), 1u);
}

__global__ void go_on(volatile unsigned int *flags)
{
	flags[0] = 1;
	while (!flags[1])
		;
}

/* What this process has on the GPU while others fail */
static std::vector<unsigned int> numbers(COUNT);
static unsigned int *in, *out, *host;

static bool is_well(unsigned int plus)
{
	std::vector<unsigned int> got(COUNT), want(COUNT);

	for (int i = 0; i < COUNT; i++)
		want[i] = numbers[i] + plus;
	LAUNCH(add, (COUNT + 255) / 256, 256, in, out, plus);
	from_device(got.data(), out, COUNT);
	return check(same(got.data(), want.data(), COUNT, sizeof(int)));
}

static void begin()
{
	for (unsigned int &x : numbers)
		x = random_u32();
	in = to_device(numbers.data(), COUNT);
	out = on_device<unsigned int>(COUNT);
	if (!OK(hipHostMalloc((void **)&host, 4096, hipHostMallocCoherent)))
		bail_out("no memory of the host");
	memset(host, 0, 4096);
}

/* fail() - in a process of its own; its status is 3 if HIP tells of an error and lets it live */
static int fail(const std::string &how, const char *address)
{
	unsigned int *p = (unsigned int *)strtoull(address, nullptr, 16);
	hipError_t error;

	begin();
	if (!is_well(1))
		return 1;
	if (how == "assert")
		insist<<<1, 64>>>(40);
	else if (how == "trap")
		trap<<<4, 256>>>(100);
	else if (how == "illegal")
		no_instruction<<<4, 256>>>(100);
	else if (how == "write")
		put<<<1, 64>>>(p);
	else if (how == "read")
		get<<<1, 64>>>(p, out);
	else if (how == "misaligned")
		add_misaligned<<<1, 1>>>((char *)out);
	else if (how == "endless")
		go_on<<<1, 64>>>(host);
	else
		return 1;
	if (how == "endless") {
		while (!*(volatile unsigned int *)host)
			usleep(1000);
		printf("runs\n");
		fflush(stdout);
	}
	error = hipDeviceSynchronize();
	printf("# %s\n", hipGetErrorName(error));
	return error == hipSuccess ? 0 : 3;
}

struct child {
	pid_t pid;
	int output;
};

static struct child start(const char *how, const void *address)
{
	posix_spawn_file_actions_t actions;
	struct child child = {};
	int pipe_of[2];
	char words[32];

	snprintf(words, sizeof(words), "%p", address);

	char *args[] = { (char *)"hip_process", (char *)how, words, nullptr };

	if (pipe(pipe_of))
		bail_out("no pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipe_of[1], 1);
	posix_spawn_file_actions_adddup2(&actions, pipe_of[1], 2);
	posix_spawn_file_actions_addclose(&actions, pipe_of[0]);
	posix_spawn_file_actions_addclose(&actions, pipe_of[1]);
	if (posix_spawn(&child.pid, "/proc/self/exe", &actions, nullptr, args, environ))
		bail_out("no process");
	posix_spawn_file_actions_destroy(&actions);
	close(pipe_of[1]);
	child.output = pipe_of[0];
	return child;
}

static std::string output_of(int from, const char *until)
{
	std::string output;
	char buffer[512];
	ssize_t count;

	while ((!until || output.find(until) == output.npos) &&
	       (count = read(from, buffer, sizeof(buffer))) > 0)
		output.append(buffer, count);
	return output;
}

/* ROCr says so and aborts the process, or since ROCm 7 HIP has an error for it. */
static const std::vector<const char *> fault = { "Memory access fault", "hipErrorIllegalAddress" };
/* Of a queue that is not its own process's on the host the GPU is said to have met it. */
static const std::vector<const char *> exception = { "HSA_STATUS_ERROR", "HW Exception by GPU" };

/*
 * ends_badly() - aborts or reports an error, and says one of @words
 *
 * An address of another process may be one of its own as well: then it ends well, and another one is
 * asked, up to twice.
 */
static void ends_badly(const char *name, const char *how, const void *address,
		       const std::vector<const char *> &words)
{
	bool said = false;
	std::string output;
	int status = 0;

	for (int i = 0; i < 3 && !status; i++) {
		struct child child = start(how, address);

		output = output_of(child.output, nullptr);
		close(child.output);
		waitpid(child.pid, &status, 0);
	}
	if (!check((WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) ||
		   (WIFEXITED(status) && WEXITSTATUS(status) == 3)))
		note("status %#x", status);
	for (const char *one : words)
		said |= output.find(one) != output.npos;
	if (!check(said))
		note("no '%s' is in:", words[0]);
	for (size_t at = 0, end; at < output.size(); at = end + 1) {
		end = output.find('\n', at);
		end = end == output.npos ? output.size() : end;
		note("  %s", output.substr(at, end - at).c_str());
	}
	is_well(random_u32());
	end_test(name);
}

static void test_printf()
{
	const int count = 100;
	std::vector<std::string> got, want;
	std::vector<float> x(count);
	FILE *file = tmpfile();
	int saved = dup(1);
	char line[256];

	if (!file || saved < 0)
		bail_out("no temporary file");
	for (int i = 0; i < count; i++) {
		x[i] = (float)random_between(-1000, 1000);
		snprintf(line, sizeof(line), "thread %d of %s: %.3f %#x %c %lld%%\n", i, "kernel",
			 (double)x[i], (unsigned int)i * 77, 'a' + i % 26, 1LL << i % 60);
		want.push_back(line);
		if (i % 10 == 3)
			want.push_back("the " + std::to_string(i) + "th\n");
	}

	float *numbers_to_tell = to_device(x.data(), count);

	fflush(stdout);
	dup2(fileno(file), 1);
	tell<<<count / 20, 20>>>(numbers_to_tell);
	(void)hipDeviceSynchronize();
	fflush(stdout);
	dup2(saved, 1);
	close(saved);
	OK(hipGetLastError());
	rewind(file);
	while (fgets(line, sizeof(line), file))
		got.push_back(line);
	fclose(file);
	/* Threads speak in any order. */
	std::sort(got.begin(), got.end());
	std::sort(want.begin(), want.end());
	if (!check(got == want)) {
		for (size_t i = 0; i < got.size(); i++) {
			if (i < want.size() && got[i] == want[i])
				continue;
			note("%zu lines, not %zu; the first that is wrong: %s", got.size(),
			     want.size(), got[i].c_str());
			break;
		}
	}
	end_test("printf");
}

/* Memory of this process, which is not that of another one at the same address */
static void test_others_memory()
{
	unsigned int mine[64];

	ends_badly("a kernel writes to another process's VRAM", "write", in, fault);
	ends_badly("a kernel reads another process's VRAM", "read", in, fault);
	for (int i = 0; i < 64; i++)
		host[i] = mine[i] = random_u32();
	ends_badly("a kernel writes to another process's pinned memory", "write", host,
		   fault);
	check(same(host, mine, 64, sizeof(*mine)));
	end_test("nothing was written");
}

static void test_killed()
{
	struct child child = start("endless", nullptr);
	int status = 0;

	if (check(output_of(child.output, "runs").find("runs") != std::string::npos)) {
		is_well(1);
		kill(child.pid, SIGKILL);
	}
	close(child.output);
	waitpid(child.pid, &status, 0);
	check(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	is_well(2);
	end_test("a process is killed while its kernel runs");
}

int main(int argc, char **argv)
{
	struct rlimit no_core = {};

	setrlimit(RLIMIT_CORE, &no_core);
	if (argc == 3)
		return fail(argv[1], argv[2]);
	begin_hip();
	begin();
	is_well(0);
	end_test("a kernel");
	test_printf();
	ends_badly("assert", "assert", nullptr, { "threadIdx.x < limit" });
	ends_badly("trap", "trap", nullptr, exception);
	ends_badly("no such instruction", "illegal", nullptr, exception);
	ends_badly("an atomic at a misaligned address", "misaligned", nullptr, exception);
	ends_badly("a kernel writes where nothing is", "write", (void *)0x12345678000,
		   fault);
	ends_badly("a kernel reads where nothing is", "read", (void *)0x12345678000,
		   fault);
	test_others_memory();
	test_killed();
	OK(hipHostFree(host));
	end_hip_test("all is freed");
	return end_tests();
}
