// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * HIP: kernels that are not this program's: of a file beside it (kernels.hip), and of a source that
 * is compiled when it runs. TAP.
 */
#include <hip/hiprtc.h>
#include <libgen.h>
#include <string>
#include <unistd.h>
#include <vector>
#include "hip.h"

#define COUNT	5000

struct pair {
	char first;
	long long second;
};

static std::string beside_this(const char *name)
{
	char path[4096] = "";

	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		bail_out("no path");
	return std::string(dirname(path)) + "/" + name;
}

/* @function(in, out, count) adds @plus to each. */
static void adds(hipFunction_t function, unsigned int plus)
{
	std::vector<unsigned int> in(COUNT), got(COUNT);
	unsigned int *din, *out = on_device<unsigned int>(COUNT), count = COUNT;

	for (unsigned int &x : in)
		x = random_u32();
	din = to_device(in.data(), COUNT);

	void *args[] = { &din, &out, &count };

	OK(hipModuleLaunchKernel(function, (COUNT + 63) / 64, 1, 1, 64, 1, 1, 0, nullptr, args,
				 nullptr));
	from_device(got.data(), out, COUNT);
	for (unsigned int &x : in)
		x += plus;
	check(same(got.data(), in.data(), COUNT, sizeof(int)));
}

static void test_file()
{
	std::string path = beside_this("kernels.co");
	hipFunction_t add, none = nullptr;
	hipDeviceptr_t addend = 0;
	unsigned int plus = 0;
	hipModule_t module;
	size_t size = 0;

	if (!OK(hipModuleLoad(&module, path.c_str())) ||
	    !OK(hipModuleGetFunction(&add, module, "add"))) {
		end_test("a module of a file");
		return;
	}
	adds(add, 1000);
	end_hip_test("a module of a file");

	OK(hipModuleGetGlobal(&addend, &size, module, "addend"));
	check(size == sizeof(plus));
	OK(hipMemcpyDtoH(&plus, addend, sizeof(plus)));
	check(plus == 1000);
	plus = 77;
	OK(hipMemcpyHtoD(addend, &plus, sizeof(plus)));
	adds(add, 77);
	end_hip_test("its variable");

	fails_with(hipModuleGetFunction(&none, module, "none"), hipErrorNotFound, "no such kernel");
	OK(hipModuleUnload(module));
	end_test("a kernel that it does not have");
}

/* Arguments as a block of memory, as the kernel has them */
static void test_arguments()
{
	struct {
		char a;
		short b;
		char c;
		int d;
		char e;
		double f;
		struct pair g;
		float h;
		long long *out;
	} args = { 1, -200, 3, 400000, -5, 6e9, { 7, 1LL << 40 }, 8.5f, nullptr };
	long long got = 0, want = 0;
	hipFunction_t many;
	hipModule_t module;
	size_t size = sizeof(args);
	void *config[] = {
		HIP_LAUNCH_PARAM_BUFFER_POINTER, &args, HIP_LAUNCH_PARAM_BUFFER_SIZE, &size,
		HIP_LAUNCH_PARAM_END,
	};

	for (int i = 1; i <= 96; i++)
		want += (1 - 200 + 3 + 400000 - 5 + 6000000000LL + 7 + (1LL << 40) + 8) * i;
	args.out = on_device<long long>(1);
	if (OK(hipModuleLoad(&module, beside_this("kernels.co").c_str())) &&
	    OK(hipModuleGetFunction(&many, module, "many"))) {
		OK(hipModuleLaunchKernel(many, 1, 1, 1, 96, 1, 1, 96 * sizeof(got), nullptr,
					 nullptr, config));
		from_device(&got, args.out, 1);
		check(same(&got, &want, 1, sizeof(got)));
		OK(hipDeviceSynchronize());
		OK(hipModuleUnload(module));
	}
	end_hip_test("arguments of all sizes");
}

static void test_no_module()
{
	static const char text[] = "this is no code object, but long enough to look at its header "
				   "and whatever else there should be in it; and longer still";
	hipModule_t module;

	fails_with(hipModuleLoad(&module, "/nowhere/kernels.co"), hipErrorFileNotFound, "no file");
	check(hipModuleLoadData(&module, text) != hipSuccess);
	(void)hipGetLastError();
	end_test("what is no module is refused");
}

static bool rtc_ok(hiprtcResult result, const char *call)
{
	if (result != HIPRTC_SUCCESS)
		note("%s: %s", call, hiprtcGetErrorString(result));
	return check(result == HIPRTC_SUCCESS);
}

/* compiled() - for the device; empty if it does not compile, with what the compiler says in @log */
static std::vector<char> compiled(const char *source, const char *expression, std::string *name,
				  std::string *log)
{
	std::vector<char> code;
	hiprtcProgram program;
	hipDeviceProp_t has;
	std::string arch;
	const char *lowered;
	size_t size = 0;

	if (!OK(hipGetDeviceProperties(&has, 0)) ||
	    !rtc_ok(hiprtcCreateProgram(&program, source, "source.cu", 0, nullptr, nullptr),
		    "hiprtcCreateProgram"))
		return code;
	arch = std::string("--offload-arch=") + has.gcnArchName;

	const char *options[] = { arch.c_str(), "-DPLUS=5" };

	rtc_ok(hiprtcAddNameExpression(program, expression), "hiprtcAddNameExpression");
	if (hiprtcCompileProgram(program, 2, options) == HIPRTC_SUCCESS &&
	    rtc_ok(hiprtcGetCodeSize(program, &size), "hiprtcGetCodeSize")) {
		code.resize(size);
		rtc_ok(hiprtcGetCode(program, code.data()), "hiprtcGetCode");
	}
	if (rtc_ok(hiprtcGetLoweredName(program, expression, &lowered), "hiprtcGetLoweredName"))
		*name = lowered;
	size = 0;
	rtc_ok(hiprtcGetProgramLogSize(program, &size), "hiprtcGetProgramLogSize");
	log->resize(size);
	if (size)
		rtc_ok(hiprtcGetProgramLog(program, &(*log)[0]), "hiprtcGetProgramLog");
	rtc_ok(hiprtcDestroyProgram(&program), "hiprtcDestroyProgram");
	return code;
}

static void test_compiled()
{
	static const char source[] =
		"template <int n> __global__ void add(const unsigned int *in, unsigned int *out,\n"
		"				      unsigned int count)\n"
		"{\n"
		"	unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
		"	if (i < count)\n"
		"		out[i] = in[i] + PLUS * n;\n"
		"}\n";
	std::string name, log;
	std::vector<char> code = compiled(source, "add<31>", &name, &log);
	hipFunction_t add;
	hipModule_t module;

	if (!check(!code.empty()))
		note("%s", log.c_str());
	else if (OK(hipModuleLoadData(&module, code.data())) &&
		 OK(hipModuleGetFunction(&add, module, name.c_str()))) {
		adds(add, 155);
		OK(hipModuleUnload(module));
	}
	end_hip_test("a kernel that is compiled when this runs");
}

int main()
{
	begin_hip();
	test_file();
	test_arguments();
	test_no_module();
	test_compiled();
	return end_tests();
}
