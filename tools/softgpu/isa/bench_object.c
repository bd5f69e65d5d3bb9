// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * isa-bench CLASSES MATMUL [NAME...]: how fast instructions are executed, as a table
 *
 * CLASSES is what tools/bench/gpu-classes.s is assembled to: each of its kernels executes one
 * class of instructions. MATMUL is of tools/bench/gpu-matmul.cl. With names only these kernels
 * run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "object.h"

#define RUNS		5
/* Of one of the runs, about */
#define RUN_SECONDS	0.1
#define BUFFER_SIZE	(1u << 20)
#define GROUP_ITEMS	256
#define MATRIX		1024u

static const struct {
	const char *kernel;
	const char *text;
} classes[] = {
	{ "salu", "SALU" },
	{ "valu_int32", "VALU, int32" },
	{ "valu_scalar_source", "VALU, 32 bits, with scalar sources" },
	{ "valu_int64", "VALU, int64 and products" },
	{ "valu_dpp", "VALU, 32 bits, DPP" },
	{ "valu_sdwa", "VALU, 32 bits, SDWA" },
	{ "partial_exec", "VALU, 32 bits, half of the lanes" },
	{ "compare", "VALU, compare and select" },
	{ "valu_f32_fma", "VALU, f32 fma" },
	{ "valu_modifiers", "VALU, f32 with signs and clamp" },
	{ "valu_packed_f32", "VALU, packed f32 fma" },
	{ "packed_op_sel", "VALU, packed f32 fma with op_sel" },
	{ "valu_f64_fma", "VALU, f64 fma" },
	{ "mfma_f32", "MFMA, f32 32x32x2" },
	{ "mfma_f16", "MFMA, f16 32x32x8" },
	{ "lds", "LDS, coalesced" },
	{ "lds_gather", "LDS, gather and scatter" },
	{ "load_coalesced", "global loads, coalesced" },
	{ "load_gather", "global loads, gather" },
	{ "store_coalesced", "global stores, coalesced" },
	{ "atomic", "global atomics" },
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/*
 * The median of some runs: millions of instructions a second, of CPU time, as the machine may
 * have something else to do, too
 */
static double speed(struct isa_launch *l)
{
	double runs[RUNS];

	for (unsigned int i = 0; i < RUNS; i++) {
		isa_launch(l);
		runs[i] = l->executed * l->threads / l->cpu_seconds * 1e-6;
	}
	qsort(runs, RUNS, sizeof(runs[0]), compare);
	return runs[RUNS / 2];
}

/* As often as takes long enough to be measured */
static double class_speed(struct isa_launch *l, unsigned int threads)
{
	struct {
		uint64_t buffer;
		uint32_t times;
	} args;

	memcpy(&args.buffer, l->args, sizeof(args.buffer));
	args.times = 16;
	l->args = &args;
	l->args_size = 12;
	l->threads = threads;
	l->grid[0] = GROUP_ITEMS * threads;
	do {
		args.times *= 2;
		isa_launch(l);
	} while (l->cpu_seconds < RUN_SECONDS / 2 * threads);
	return speed(l);
}

static unsigned int threads(void)
{
	long num = sysconf(_SC_NPROCESSORS_ONLN);

	return num < 1 ? 1 : num;
}

static bool wanted(const char *name, char **names)
{
	for (char **n = names; *n; n++) {
		if (!strcmp(*n, name))
			return true;
	}
	return !*names;
}

static void bench_classes(const char *path, char **names)
{
	static struct isa_space space;
	struct isa_object object = { 0 };
	uint64_t buffer;

	isa_object_load(&object, &space, path);
	isa_space_add(&space, BUFFER_SIZE, SOFTGPU_READ | SOFTGPU_WRITE, &buffer);
	printf("%-36s %12s %12s\n", "million wave64-instructions a second", "one thread",
	       "two threads");
	for (unsigned int i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		struct isa_launch l = {
			.object = &object, .space = &space, .kernel = classes[i].kernel,
			.grid = { GROUP_ITEMS, 1, 1 }, .group = { GROUP_ITEMS, 1, 1 }, .dims = 1,
			.args = &buffer,
		};
		double one;

		if (!wanted(l.kernel, names))
			continue;
		one = class_speed(&l, 1);
		l.args = &buffer;
		printf("%-36s %12.1f %12.1f\n", classes[i].text, one, class_speed(&l, 2));
	}
}

static void check_product(const float *a, const float *b, const float *c)
{
	for (unsigned int i = 0; i < MATRIX; i += 37) {
		unsigned int j = i * 11 % MATRIX;
		double sum = 0;

		for (unsigned int k = 0; k < MATRIX; k++)
			sum += (double)a[i * MATRIX + k] * b[k * MATRIX + j];
		if (!(c[i * MATRIX + j] > sum - 1e-3 && c[i * MATRIX + j] < sum + 1e-3))
			isa_die("the product of matrices is wrong");
	}
}

static void bench_matmul(const char *path)
{
	static struct isa_space space;
	struct isa_object object = { 0 };
	uint64_t args[3];
	float *matrices[3];
	struct isa_launch l = {
		.object = &object, .space = &space, .kernel = "matmul",
		.grid = { MATRIX / 4, MATRIX / 4, 1 }, .group = { 16, 16, 1 }, .dims = 2,
		.args = args, .args_size = sizeof(args), .threads = threads(),
	};

	isa_object_load(&object, &space, path);
	for (unsigned int i = 0; i < 3; i++)
		matrices[i] = isa_space_add(&space, MATRIX * MATRIX * sizeof(float),
					    SOFTGPU_READ | SOFTGPU_WRITE, &args[i]);
	srand48(6);
	for (unsigned int i = 0; i < MATRIX * MATRIX; i++) {
		matrices[0][i] = drand48() - 0.5;
		matrices[1][i] = drand48() - 0.5;
	}
	isa_launch(&l);
	check_product(matrices[0], matrices[1], matrices[2]);
	printf("\nmatmul %u x %u x %u, f32, %u threads: %.2f s, %.2f s of CPU time, %.1f million instructions\n",
	       MATRIX, MATRIX, MATRIX, l.threads, l.seconds, l.cpu_seconds, l.executed * 1e-6);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		isa_die("usage: isa-bench CLASSES MATMUL [NAME...]");
	setlinebuf(stdout);
	bench_classes(argv[1], argv + 3);
	if (wanted("matmul", argv + 3))
		bench_matmul(argv[2]);
	return 0;
}
