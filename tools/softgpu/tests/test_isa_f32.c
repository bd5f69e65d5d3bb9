// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Arithmetic of F32 and F64: values that are worked out by hand.
 */
#define _GNU_SOURCE
#include <math.h>

#include "machine.h"

static uint32_t bits(float value)
{
	uint32_t b;

	memcpy(&b, &value, 4);
	return b;
}

static uint64_t bits64(double value)
{
	uint64_t b;

	memcpy(&b, &value, 8);
	return b;
}

static void set(struct machine *m, unsigned int n, uint32_t value)
{
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, VSRC(n))[i] = value;
}

static uint32_t run3(struct machine *m, const char *name, float a, float b, float c)
{
	insn(m, name);
	set(m, 0, bits(a));
	set(m, 1, bits(b));
	set(m, 2, bits(c));
	for (unsigned int i = 0; i < ISA_LANES; i++)
		v(m, VDST(0))[i] = bits(c);
	execute(m);
	return v(m, VDST(0))[37];
}

#define SIGNALING	0x7f800001u

static float f(uint32_t b)
{
	float value;

	memcpy(&value, &b, 4);
	return value;
}

static void test_arithmetic(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);

	(void)state;
	assert_int_equal(run3(m, "v_add_f32", 1.5f, 2, 0), bits(3.5f));
	assert_int_equal(run3(m, "v_sub_f32", 1.5f, 2, 0), bits(-0.5f));
	assert_int_equal(run3(m, "v_subrev_f32", 1.5f, 2, 0), bits(0.5f));
	assert_int_equal(run3(m, "v_mul_f32", 1.5f, 2, 0), bits(3));
	assert_int_equal(run3(m, "v_fma_f32", 1.5f, 2, 4), bits(7));
	assert_int_equal(run3(m, "v_fmac_f32", 1.5f, 2, 4), bits(7));
	assert_int_equal(run3(m, "v_add_f32", INFINITY, -INFINITY, 0), 0x7fc00000);
	assert_int_equal(run3(m, "v_mul_f32", INFINITY, 0, 0), 0x7fc00000);
	assert_int_equal(run3(m, "v_add_f32", f(SIGNALING), f(0x7fc00005), 0), 0x7fc00001);
	assert_int_equal(run3(m, "v_add_f32", 1, f(0xffc00005), 0), 0xffc00005);
	assert_int_equal(run3(m, "v_fma_f32", 1, 2, f(0xff800005)), 0xffc00005);
	assert_int_equal(run3(m, "v_min_f32", -0.f, 0.f, 0), 0x80000000);
	assert_int_equal(run3(m, "v_min_f32", 0.f, -0.f, 0), 0x80000000);
	assert_int_equal(run3(m, "v_max_f32", 0.f, -0.f, 0), 0);
	assert_int_equal(run3(m, "v_max_f32", -0.f, 0.f, 0), 0);
	assert_int_equal(run3(m, "v_max_f32", 3, NAN, 0), bits(3));
	assert_int_equal(run3(m, "v_max_f32", f(SIGNALING), 3, 0), SIGNALING | 0x400000);
	assert_int_equal(run3(m, "v_exp_f32", -3, 0, 0), bits(0.125f));
	assert_int_equal(run3(m, "v_log_f32", 0.125f, 0, 0), bits(-3));
	assert_int_equal(run3(m, "v_rcp_f32", 4, 0, 0), bits(0.25f));
	assert_int_equal(run3(m, "v_rsq_f32", 4, 0, 0), bits(0.5f));
	assert_int_equal(run3(m, "v_sqrt_f32", 4, 0, 0), bits(2));
	assert_int_equal(run3(m, "v_cvt_i32_f32", -2.9f, 0, 0), 0xfffffffe);
	assert_int_equal(run3(m, "v_cvt_u32_f32", 3e9f, 0, 0), 3000000000u);
	assert_int_equal(run3(m, "v_cvt_f32_u32", f(0xffffff7f), 0, 0), bits(0x1.fffffep31f));
	assert_int_equal(run3(m, "v_cvt_f32_i32", f(0xfffffffe), 0, 0), bits(-2));
	machine_free(m);
}

static void divide32(struct machine *m, uint32_t *n, uint32_t *d, uint32_t *q)
{
	uint32_t *nv = v(m, 1), *dv = v(m, 2);
	struct isa_operand one = constant(ISA_F32, bits(1));
	struct isa_insn *in;

	memcpy(nv, n, 256);
	memcpy(dv, d, 256);
	/* A row with its destination and sources, of which the first may be negative */
#define STEP(name, dst, a, b, c, mod)						\
	in = insn(m, name);							\
	in->args[0] = vgpr(ISA_F32, dst);					\
	in->args[1] = vgpr(ISA_F32, a);						\
	in->args[1].mods = mod;							\
	in->args[2] = vgpr(ISA_F32, b);						\
	if (in->num_args > 3)							\
		in->args[3] = c ? vgpr(ISA_F32, c) : one;			\
	execute(m);
#define SCALE(dst, vcc, a)							\
	in = insn(m, "v_div_scale_f32");					\
	in->args[0] = vgpr(ISA_F32, dst);					\
	in->args[1] = sgpr(ISA_B64, vcc);					\
	in->args[2] = vgpr(ISA_F32, a);						\
	in->args[3] = vgpr(ISA_F32, 2);						\
	in->args[4] = vgpr(ISA_F32, 1);						\
	execute(m);
	SCALE(3, 20, 2);
	in = insn(m, "v_rcp_f32");
	in->args[0] = vgpr(ISA_F32, 4);
	in->args[1] = vgpr(ISA_F32, 3);
	execute(m);
	SCALE(5, ISA_VCC, 1);
	STEP("v_fma_f32", 6, 3, 4, 0, ISA_NEG);
	STEP("v_fma_f32", 4, 6, 4, 4, 0);
	STEP("v_mul_f32", 6, 5, 4, 0, 0);
	STEP("v_fma_f32", 7, 3, 6, 5, ISA_NEG);
	STEP("v_fma_f32", 6, 7, 4, 6, 0);
	STEP("v_fma_f32", 3, 3, 6, 5, ISA_NEG);
	STEP("v_div_fmas_f32", 3, 3, 4, 6, 0);
	STEP("v_div_fixup_f32", 3, 3, 2, 1, 0);
	memcpy(q, v(m, 3), 256);
}

static void test_div32(void **state)
{
	struct machine *m = machine_new(ISA_GFX942);
	uint32_t n[64], d[64], q[64];
	unsigned int bad = 0;

	(void)state;
	for (unsigned int k = 0; k < 2000; k++) {
		for (unsigned int i = 0; i < 64; i++) {
			n[i] = edgy32();
			d[i] = edgy32();
		}
		divide32(m, n, d, q);
		for (unsigned int i = 0; i < 64; i++) {
			volatile float x = f(n[i]), y = f(d[i]);
			volatile float z = x / y;

			if (z != z ? !(f(q[i]) != f(q[i])) : bits(z) != q[i]) {
				if (bad++ < 20)
					printf("%x/%x = %x not %x\n", n[i], d[i], bits(z), q[i]);
			}
		}
	}
	assert_int_equal(bad, 0);
	machine_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_div32),
	};

	(void)bits64;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
