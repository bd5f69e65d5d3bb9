// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * OpenCL: samples whose results are of many steps: tiled matmul, n-body, 2D stencil. TAP.
 *
 * What lives here: those whose errors can be bounded, or that have none: whole numbers, sums of
 * which are exact in any order, and operations that are rounded in one way. What does not: what
 * such kernels are made of (cl_numbers.c, cl_groups.c).
 */
#include <float.h>
#include "cl.h"

#define TILE	16
#define SIDE	512
#define BODIES	512
#define STEPS	2
#define WIDTH	200
#define HEIGHT	150
#define ROUNDS	10

static const char source[] =
"#define TILE 16\n"
"kernel void matmul(global const float *a, global const float *b, global float *c, uint n)\n"
"{\n"
"	local float as[TILE][TILE], bs[TILE][TILE];\n"
"	uint x = get_local_id(0), y = get_local_id(1), column = get_global_id(0);\n"
"	uint row = get_global_id(1);\n"
"	float sum = 0;\n"
"	for (uint k = 0; k < n; k += TILE) {\n"
"		as[y][x] = a[row * n + k + x];\n"
"		bs[y][x] = b[(k + y) * n + column];\n"
"		barrier(CLK_LOCAL_MEM_FENCE);\n"
"		for (uint i = 0; i < TILE; i++)\n"
"			sum += as[y][i] * bs[i][x];\n"
"		barrier(CLK_LOCAL_MEM_FENCE);\n"
"	}\n"
"	c[row * n + column] = sum;\n"
"}\n"
"kernel void nbody(global const float4 *at, global float4 *speed, global float4 *to, float step,\n"
"		   float soft, local float4 *tile)\n"
"{\n"
"	uint i = get_global_id(0), n = get_global_size(0), me = get_local_id(0);\n"
"	uint group = get_local_size(0);\n"
"	float4 mine = at[i];\n"
"	float3 pull = 0;\n"
"	for (uint k = 0; k < n; k += group) {\n"
"		tile[me] = at[k + me];\n"
"		barrier(CLK_LOCAL_MEM_FENCE);\n"
"		for (uint j = 0; j < group; j++) {\n"
"			float3 d = tile[j].xyz - mine.xyz;\n"
"			float r = rsqrt(dot(d, d) + soft);\n"
"			pull += d * (tile[j].w * r * r * r);\n"
"		}\n"
"		barrier(CLK_LOCAL_MEM_FENCE);\n"
"	}\n"
"	speed[i].xyz += pull * step;\n"
"	to[i] = (float4)(mine.xyz + speed[i].xyz * step, mine.w);\n"
"}\n"
"#pragma OPENCL FP_CONTRACT OFF\n"
"kernel void stencil(global const float *in, global float *out, uint width, uint height)\n"
"{\n"
"	uint x = get_global_id(0), y = get_global_id(1), i = y * width + x;\n"
"	if (x >= width || y >= height)\n"
"		return;\n"
"	if (!x || !y || x == width - 1 || y == height - 1)\n"
"		out[i] = in[i];\n"
"	else\n"
"		out[i] = (in[i - width] + in[i + width] + (in[i - 1] + in[i + 1])) * 0.2f +\n"
"			 in[i] * 0.2f;\n"
"}\n";

/* @out = @matrix times @in */
static void times(const float *matrix, const double *in, double *out)
{
	for (size_t row = 0; row < SIDE; row++) {
		double sum = 0;

		for (size_t i = 0; i < SIDE; i++)
			sum += matrix[row * SIDE + i] * in[i];
		out[row] = sum;
	}
}

/*
 * A CPU that is emulated has no time for the whole product. It computes some rows; and of all, that
 * A * (B * v) is C * v for a random v, which it hardly ever is if an element is wrong. With whole
 * numbers all of that is exact.
 */
static void matmul(void)
{
	size_t size = SIDE * SIDE * sizeof(float);
	float *a = array(1, size), *b = array(1, size), *c = array(1, size);
	double v[SIDE], bv[SIDE], abv[SIDE], cv[SIDE];
	unsigned int n = SIDE;
	cl_mem da, db, dc;

	for (size_t i = 0; i < SIDE * SIDE; i++) {
		a[i] = (float)((int)(random_u32() % 201) - 100);
		b[i] = (float)((int)(random_u32() % 201) - 100);
	}
	da = to_device(a, size);
	db = to_device(b, size);
	dc = on_device(size);
	RUN("matmul", (&(struct range){ 2, { SIDE, SIDE }, { TILE, TILE }, {} }), BUFFER(da),
	    BUFFER(db), BUFFER(dc), NUMBER(n));
	from_device(dc, c, size);
	for (size_t row = 3; row < SIDE; row += 61) {
		float want[SIDE] = {};

		for (size_t i = 0; i < SIDE; i++) {
			for (size_t column = 0; column < SIDE; column++)
				want[column] += a[row * SIDE + i] * b[i * SIDE + column];
		}
		check(same(c + row * SIDE, want, SIDE, sizeof(*want)));
	}
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < SIDE; i++)
			v[i] = random_u32() % 10007;
		times(b, v, bv);
		times(a, bv, abv);
		times(c, v, cv);
		check(same(cv, abv, SIDE, sizeof(*cv)));
	}
	end_cl_test("tiled matmul of 512x512");
	free(a);
	free(b);
	free(c);
}

/* What the kernel does, and the sum of all it adds up, without signs: its error is part of that */
static void move_bodies(double (*at)[4], double (*speed)[4], double step, double soft, double *most)
{
	static double pull[BODIES][3];

	for (size_t i = 0; i < BODIES; i++) {
		for (int c = 0; c < 3; c++)
			pull[i][c] = 0;
		for (size_t j = 0; j < BODIES; j++) {
			double d[3], square = soft, r;

			for (int c = 0; c < 3; c++) {
				d[c] = at[j][c] - at[i][c];
				square += d[c] * d[c];
			}
			r = 1 / sqrt(square);
			for (int c = 0; c < 3; c++) {
				double part = d[c] * at[j][3] * r * r * r;

				pull[i][c] += part;
				most[i] += fabs(part);
			}
		}
	}
	for (size_t i = 0; i < BODIES; i++) {
		for (int c = 0; c < 3; c++) {
			speed[i][c] += pull[i][c] * step;
			at[i][c] += speed[i][c] * step;
		}
	}
}

static void nbody(void)
{
	static float start[BODIES][4], got[BODIES][4], zero[BODIES][4];
	static double at[BODIES][4], speed[BODIES][4], most[BODIES];
	float step = 0.01f, soft = 0.05f;
	cl_mem from, to, dspeed;

	for (size_t i = 0; i < BODIES; i++) {
		for (int c = 0; c < 4; c++) {
			start[i][c] = (float)random_between(c == 3 ? 0.1 : -1, 1);
			at[i][c] = start[i][c];
		}
	}
	from = to_device(start, sizeof(start));
	to = on_device(sizeof(start));
	dspeed = to_device(zero, sizeof(zero));
	for (int i = 0; i < STEPS; i++) {
		cl_mem old = from;

		RUN("nbody", RANGE(BODIES, 128), BUFFER(from), BUFFER(dspeed), BUFFER(to),
		    NUMBER(step), NUMBER(soft), LOCAL(128 * sizeof(*start)));
		from = to;
		to = old;
		move_bodies(at, speed, (double)step, (double)soft, most);
	}
	from_device(dspeed, got, sizeof(got));
	for (size_t i = 0; i < BODIES; i++) {
		/* Each part has some roundings, and as many may add up as there are parts. */
		double bound = most[i] * (double)step * (BODIES + 32) * FLT_EPSILON / 2;

		for (int c = 0; c < 3; c++)
			check(is_close(got[i][c], speed[i][c], bound, i));
	}
	from_device(from, got, sizeof(got));
	for (size_t i = 0; i < BODIES; i++) {
		double bound = most[i] * (double)step * (double)step * BODIES * FLT_EPSILON +
			       2 * FLT_EPSILON;

		for (int c = 0; c < 4; c++)
			check(is_close(got[i][c], at[i][c], bound, i));
	}
	end_cl_test("n-body");
}

static void stencil(void)
{
	size_t size = WIDTH * HEIGHT * sizeof(float);
	unsigned int width = WIDTH, height = HEIGHT;
	float *in = array(1, size), *out = array(1, size);
	cl_mem from, to;

	for (size_t i = 0; i < WIDTH * HEIGHT; i++)
		in[i] = (float)random_between(-100, 100);
	from = to_device(in, size);
	to = on_device(size);
	for (int i = 0; i < ROUNDS; i++) {
		cl_mem old = from;
		float *before = in;

		RUN("stencil", (&(struct range){ 2, { 208, 152 }, { 16, 8 }, {} }), BUFFER(from),
		    BUFFER(to), NUMBER(width), NUMBER(height));
		from = to;
		to = old;
		memcpy(out, in, size);
		for (size_t y = 1; y < HEIGHT - 1; y++) {
			for (size_t k = y * WIDTH + 1; k < (y + 1) * WIDTH - 1; k++)
				out[k] = (in[k - WIDTH] + in[k + WIDTH] + (in[k - 1] + in[k + 1])) *
					 0.2f + in[k] * 0.2f;
		}
		in = out;
		out = before;
	}
	from_device(from, out, size);
	check(same(out, in, WIDTH * HEIGHT, sizeof(float)));
	end_cl_test("2D stencil");
	free(in);
	free(out);
}

int main(void)
{
	begin_cl(source, "-cl-std=CL2.0");
	matmul();
	nbody();
	stencil();
	return end_cl();
}
